//! Shortest job first: of the ready jobs, the one with the shortest next burst runs to its end.
//!
//! # Model
//! Burst lengths are known. A job keeps the CPU until its burst ends, even if a shorter one comes.
//! If all jobs are there at the start, no order gives a smaller mean wait.
//! # Ties
//! Equal bursts: the earlier arrival, then the row. No job is ever taken off the CPU, so `tie`
//! changes nothing.
//! # Left out
//! Guessing the next burst from the past ones, which a real scheduler must; aging.
//! # Source
//! `ostep/7`

use super::jobs::{self, Job, JobIdx, Setup, Tie, Uses, ticks};
use super::kernel::simulate;
use super::kernel_policy::{From, Moment, Policy, View};
use super::kernel_ranked::Ranked;
use super::kernel_scene;
use super::kernel_state::{ReadyRow, State};
use super::paper;
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::Field;
use crate::paper::Paper;
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct Sjf;

/// What the reader may set.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Scenario {
    jobs: Vec<Job>,
    switch_cost_ticks: u64,
    tie: Tie,
}

const COLUMNS: [Field; jobs::N_COLUMNS] = jobs::columns(Uses::Nothing);

impl Engine for Sjf {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "cpu/sjf",
        title: "Shortest job first",
        summary: "Of the ready jobs the one with the shortest next burst runs to its end.",
        look_for: "Watch a short job that comes a moment too late.",
        source: "ostep/7",
        time_unit: "ticks",
        markers: &["dispatch", "finish"],
    };
    const FORM: &'static [Field] =
        &[jobs::table(&COLUMNS), jobs::QUANTUM.hide(true), jobs::SWITCH_COST, jobs::TIE.hide(true)];
    const EXAMPLE: &'static str = r#"{"jobs": [
        {"name": "P1", "arrival_ticks": 0, "burst_ticks": 7, "priority": 3},
        {"name": "P2", "arrival_ticks": 2, "burst_ticks": 4, "priority": 1},
        {"name": "P3", "arrival_ticks": 4, "burst_ticks": 1, "priority": 4},
        {"name": "P4", "arrival_ticks": 5, "burst_ticks": 4, "priority": 2},
        {"name": "P5", "arrival_ticks": 6, "burst_ticks": 6, "priority": 5}]}"#;

    const PAPER: Option<Paper> = Some(paper::paper(|seed| paper::drawn(Self::FORM, seed)));

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Scenario { jobs, switch_cost_ticks, tie } = scenario;
        let setup = Setup { jobs, switch_cost_ticks: *switch_cost_ticks, tie: *tie };
        simulate(&setup, &mut Shortest::default(), log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        kernel_scene::scene(&scenario.jobs, Uses::Nothing, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        jobs::names(&scenario.jobs)
    }
}

/// Ready jobs by what is left of their burst.
#[derive(Default)]
struct Shortest(Ranked);

/// What is left of a job's burst, as a key.
fn left(job: JobIdx, view: &View<'_>) -> i64 {
    i64::try_from(view.live(job).left_ticks).unwrap_or(i64::MAX)
}

impl Policy for Shortest {
    fn enter(&mut self, job: JobIdx, _: From, view: &View<'_>) {
        self.0.insert(left(job, view), job, view);
    }

    fn choose(&mut self, _: &View<'_>) -> Option<JobIdx> {
        self.0.pop()
    }

    fn rows(&self, _: &View<'_>) -> Vec<ReadyRow> {
        ReadyRow::only("shortest first", self.0.jobs())
    }

    fn why(&self, moment: Moment, job: JobIdx, view: &View<'_>) -> String {
        let own = ticks(view.live(job).left_ticks);
        let Some((next, other)) = self.0.first() else {
            return format!("it is the only job that is ready; it needs {own}");
        };
        let (other, rival) = (view.name(other), ticks(u64::try_from(next).unwrap_or_default()));
        match moment {
            Moment::Dispatch if next == left(job, view) => {
                format!("its burst of {own} is the shortest; {other} has as much but comes later")
            }
            _ => format!("its burst of {own} is the shortest; the next is {other} with {rival}"),
        }
    }
}
