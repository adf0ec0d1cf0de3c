//! Earliest deadline first: the job that is due soonest always has the CPU.
//!
//! # Model
//! One CPU. Each task releases a job at the start of every period; a job needs its longest time
//! and is due by its deadline. Of all released jobs the one with the earliest absolute deadline
//! runs, so that a task's priority changes from job to job. A release preempts at once, and
//! switching costs nothing.
//! # Ties
//! Of equal deadlines the earlier release goes first, then the upper row; or, as a setting, only
//! the upper row. At one moment a job that ends counts before its deadline, the deadline before
//! the next release.
//! # Left out
//! Locks and blocking, jitter, deadlines after the period, several CPUs, the cost of a switch,
//! and the budgets that protect other tasks in real kernels. A utilisation of up to 1 suffices
//! only for independent tasks whose deadline is the end of the period; for shorter deadlines the
//! work due by each deadline is added up.
//! # Source
//! `liu-1973`, section 7; `baruah-1990` for the demand by a deadline.

use super::periodic::{self, Overrun, Rule, Set, State, Task};
use super::periodic_analysis::{self as analysis, Demand};
use super::{periodic_run, periodic_scene};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::Field;
use crate::scene::{Scene, Stat, Stats, number};
use serde::Deserialize;

/// The engine.
pub(crate) struct Edf;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    tasks: Vec<Task>,
    horizon_ticks: Option<u64>,
    overrun: Overrun,
    tie: Tie,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Tie {
    EarlierRelease,
    UpperRow,
}

impl Engine for Edf {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "cpu/edf",
        title: "Earliest deadline first",
        summary: "Periodic tasks with changing priorities: whoever is due soonest runs.",
        look_for: "A task that wins now may lose its next turn, because only the deadline counts.",
        source: "liu-1973/7",
        time_unit: "ticks",
        markers: &["preempt", "miss"],
    };
    const FORM: &'static [Field] = &[
        periodic::TASKS,
        periodic::ORDER.hide(true),
        periodic::TIE,
        periodic::OVERRUN,
        periodic::HORIZON,
    ];
    const EXAMPLE: &'static str = r#"{"tasks":[
        {"name":"T1","compute_ticks":1,"period_ticks":4},
        {"name":"T2","compute_ticks":2,"period_ticks":6},
        {"name":"T3","compute_ticks":3,"period_ticks":8}]}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        periodic::check(&scenario.tasks)?;
        let set = set(scenario);
        let state = || periodic::start(set.tasks.len(), 0);
        log.step(0, "start", || Shot::new(opening(&set), state()))?;
        if let Some(notice) = periodic::horizon_notice(&set) {
            log.step(0, "notice", || Shot::new(notice, state()))?;
        }
        let demand = analysis::demand(set.tasks);
        log.step(0, "test", || Shot::new(verdict(&set, demand), state()))?;
        periodic_run::simulate(&set, 0, log)?;
        metrics(&set, demand, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        let set = set(scenario);
        let Some(last) = past.last() else { return Scene::default() };
        let rows: Vec<usize> = (0..set.tasks.len()).collect();
        let table = periodic_scene::table(&set, &last.state, &["longest seen"], &rows, |at| {
            vec![periodic_scene::seen(&set, &last.state, at)]
        });
        let mut items = periodic_scene::bounds(&set);
        items.push(Stat::new("bound of U", "1", ""));
        let answer = match analysis::demand(set.tasks) {
            Demand::Fits => "every deadline is met".to_owned(),
            Demand::Overload => "more than the CPU is asked for".to_owned(),
            Demand::Exceeds { by, ticks } => format!("{ticks} ticks are due by {by}"),
            Demand::Unknown => "undecided: too long to add up".to_owned(),
        };
        items.push(Stat::new("work due by each deadline", answer, ""));
        periodic_scene::scene(&set, past, table, Stats { items })
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        scenario.tasks.iter().map(|task| task.name.clone()).collect()
    }
}

fn set(scenario: &Scenario) -> Set<'_> {
    let tasks = &scenario.tasks;
    let horizon = periodic::horizon(tasks, scenario.horizon_ticks);
    let rule = Rule::Deadline { by_release: scenario.tie == Tie::EarlierRelease };
    Set { tasks, horizon, overrun: scenario.overrun, rule }
}

fn opening(set: &Set) -> String {
    let share = number(100.0 * analysis::utilisation(set.tasks), 1);
    match set.tasks {
        [only] => format!("{} is the only task; it needs {share}% of the CPU.", only.name),
        tasks => format!(
            "No task has a fixed priority; the {} tasks together need {share}% of the CPU.",
            tasks.len()
        ),
    }
}

fn verdict(set: &Set, demand: Demand) -> String {
    let u = number(analysis::utilisation(set.tasks), 3);
    match demand {
        Demand::Fits if analysis::implicit(set.tasks) => format!(
            "Every deadline will be met, because the utilisation of {u} is at most 1 and each \
             deadline is the end of its period."
        ),
        Demand::Fits => "Every deadline will be met, because by no deadline is more work due than \
                         there is time."
            .to_owned(),
        Demand::Overload => format!(
            "Deadlines must be missed, because the utilisation of {u} is more than the CPU has."
        ),
        Demand::Exceeds { by, ticks } => format!(
            "Deadlines are missed when all start together, because {ticks} ticks of work are due \
             by {by}."
        ),
        Demand::Unknown => "The work due by each deadline is not added up, because the first busy \
                            stretch is too long."
            .to_owned(),
    }
}

fn metrics(set: &Set, demand: Demand, log: &mut Log<State>) {
    let neither = Better::Neither;
    let u = analysis::utilisation(set.tasks);
    log.metric("utilisation", "Utilisation asked for", u, "", neither);
    let repeats = analysis::hyperperiod(set.tasks) as f64;
    log.metric("hyperperiod_ticks", "All repeats after", repeats, "ticks", neither);
    let holds = match demand {
        Demand::Fits => 1.0,
        Demand::Overload | Demand::Exceeds { .. } => 0.0,
        Demand::Unknown => return,
    };
    log.metric("schedulable", "Schedulable", holds, "", Better::Higher);
}
