//! Priority: of the ready jobs, the one with the lowest number has the CPU.
//!
//! # Model
//! A low number is a high priority. Pre-emptive: a ready job with a strictly lower number takes the
//! CPU at once. Otherwise a job keeps the CPU until its burst ends. With aging, a ready job's
//! number falls by one for every `aging_ticks` it waits, down to 0; it keeps what it has gained
//! until its CPU burst ends, then it is back at its own number.
//! # Ties
//! Equal numbers: the running job stays; among ready jobs the earlier arrival, then the row. `tie`
//! changes nothing.
//! # Left out
//! Time slices among equals (`SCHED_RR`), priorities that depend on past CPU use.
//! # Source
//! `silberschatz-10e/5.3.4`

use super::jobs::{self, Job, JobIdx, Setup, Tie, Uses, ticks};
use super::kernel::simulate;
use super::kernel_policy::{Fired, From, Moment, Policy, View};
use super::kernel_ranked::Ranked;
use super::kernel_scene::{self, chip};
use super::kernel_state::{Detail, Phase, ReadyRow, State};
use super::paper;
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::{CellRow, Cells, Panel, Scene, Tone};
use serde::Deserialize;
use std::collections::BTreeSet;

/// The engine.
pub(crate) struct Priority;

/// What the reader may set.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Scenario {
    jobs: Vec<Job>,
    preemptive: bool,
    aging_ticks: u64,
    switch_cost_ticks: u64,
    tie: Tie,
}

const COLUMNS: [Field; jobs::N_COLUMNS] = jobs::columns(Uses::Priority);

impl Engine for Priority {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "cpu/priority",
        title: "Priority scheduling",
        summary: "The CPU goes to the ready job with the lowest priority number.",
        look_for: "Watch the job with the highest number: without aging it may wait for ever.",
        source: "silberschatz-10e/5.3.4",
        time_unit: "ticks",
        markers: &["preempt", "age", "finish"],
    };
    const FORM: &'static [Field] = &[
        jobs::table(&COLUMNS),
        Field::new("preemptive", "Pre-emptive", Kind::Flag)
            .or(Preset::Flag(true))
            .help("A ready job with a lower number takes the CPU at once."),
        Field::new("aging_ticks", "Aging every", Kind::Int { min: 0, max: 10_000 })
            .unit("ticks")
            .or(Preset::Int(0))
            .help("A job that waits this long gains one priority; 0 switches aging off."),
        jobs::QUANTUM.hide(true),
        jobs::SWITCH_COST,
        jobs::TIE.hide(true),
    ];
    const EXAMPLE: &'static str = r#"{"jobs": [
        {"name": "P1", "arrival_ticks": 0, "burst_ticks": 7, "priority": 3},
        {"name": "P2", "arrival_ticks": 2, "burst_ticks": 4, "priority": 1},
        {"name": "P3", "arrival_ticks": 4, "burst_ticks": 1, "priority": 4},
        {"name": "P4", "arrival_ticks": 5, "burst_ticks": 4, "priority": 2},
        {"name": "P5", "arrival_ticks": 6, "burst_ticks": 6, "priority": 5}]}"#;

    const PAPER: Option<Paper> = Some(paper::paper(|seed| paper::drawn(Self::FORM, seed)));

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Scenario { jobs, switch_cost_ticks, tie, .. } = scenario;
        let setup = Setup { jobs, switch_cost_ticks: *switch_cost_ticks, tie: *tie };
        simulate(&setup, &mut Urgency::new(scenario), log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        kernel_scene::scene(&scenario.jobs, Uses::Priority, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        jobs::names(&scenario.jobs)
    }
}

struct Urgency {
    preemptive: bool,
    aging_ticks: u64,
    ready: Ranked,
    /// By job index: the number that counts now.
    number: Vec<i64>,
    /// Ready jobs by when they gain the next priority; empty without aging.
    due: BTreeSet<(u64, JobIdx)>,
    /// By job index: its entry in `due`.
    due_at: Vec<u64>,
    /// Who gained at the last timer.
    gained: Vec<JobIdx>,
}

impl Urgency {
    fn new(scenario: &Scenario) -> Self {
        let number = scenario.jobs.iter().map(|job| i64::from(job.priority)).collect();
        Self {
            preemptive: scenario.preemptive,
            aging_ticks: scenario.aging_ticks,
            ready: Ranked::default(),
            number,
            due: BTreeSet::new(),
            due_at: vec![0; scenario.jobs.len()],
            gained: Vec::new(),
        }
    }

    fn number(&self, job: JobIdx) -> i64 {
        self.number[usize::from(job)]
    }

    fn wait(&mut self, job: JobIdx, now: u64) {
        if 0 < self.aging_ticks && 0 < self.number(job) {
            let at = now + self.aging_ticks;
            self.due.insert((at, job));
            self.due_at[usize::from(job)] = at;
        }
    }

    /// The number in words, with where it comes from if it has changed.
    fn words(&self, job: JobIdx, view: &View<'_>) -> String {
        let (own, number) = (i64::from(view.job(job).priority), self.number(job));
        if own == number { format!("{own}") } else { format!("{number} (aged from {own})") }
    }
}

impl Policy for Urgency {
    fn enter(&mut self, job: JobIdx, _: From, view: &View<'_>) {
        self.ready.insert(self.number(job), job, view);
        self.wait(job, view.now);
    }

    fn choose(&mut self, _: &View<'_>) -> Option<JobIdx> {
        let job = self.ready.pop()?;
        self.due.remove(&(self.due_at[usize::from(job)], job));
        Some(job)
    }

    fn preempts(&mut self, running: JobIdx, _: &View<'_>) -> bool {
        let first = self.ready.first();
        self.preemptive && first.is_some_and(|(number, _)| number < self.number(running))
    }

    fn leave(&mut self, job: JobIdx, view: &View<'_>) {
        self.number[usize::from(job)] = i64::from(view.job(job).priority);
    }

    fn timer(&self) -> Option<u64> {
        self.due.first().map(|&(at, _)| at)
    }

    fn fire(&mut self, view: &View<'_>) -> Fired {
        self.gained.clear();
        while let Some(&(at, job)) = self.due.first() {
            if view.now < at {
                break;
            }
            self.due.pop_first();
            self.ready.remove(self.number(job), job, view);
            self.number[usize::from(job)] -= 1;
            self.ready.insert(self.number(job), job, view);
            self.wait(job, view.now);
            self.gained.push(job);
        }
        if self.gained.is_empty() { Fired::Nothing } else { Fired::Step("age") }
    }

    fn rows(&self, _: &View<'_>) -> Vec<ReadyRow> {
        ReadyRow::only("lowest number first", self.ready.jobs())
    }

    fn why(&self, moment: Moment, job: JobIdx, view: &View<'_>) -> String {
        if moment == Moment::Timer {
            let gained = self
                .gained
                .iter()
                .map(|&it| format!("{} rises to priority {}", view.name(it), self.number(it)));
            let (gained, waited) = (gained.collect::<Vec<_>>().join(", "), ticks(self.aging_ticks));
            return format!("{gained}, because it has waited for {waited} more");
        }
        let own = self.words(job, view);
        let Some((number, other)) = self.ready.first() else {
            return format!("it is the only job that is ready; its priority is {own}");
        };
        let (name, rival) = (view.name(other), self.words(other, view));
        if moment == Moment::Preempt {
            return format!("{name} has priority {rival} and it has only {own}");
        }
        if number == self.number(job) {
            return format!("no number is lower than its {own}; {name} has it too but comes later");
        }
        format!("its priority {own} is the best; the next is {name} with {rival}")
    }

    fn detail(&self, view: &View<'_>) -> Option<Box<dyn Detail>> {
        (0 < self.aging_ticks).then(|| {
            let number = self.number.clone();
            let waits = view.live.iter().map(|it| it.phase == Phase::Ready).collect();
            Box::new(Numbers { number, waits }) as Box<dyn Detail>
        })
    }
}

/// The priority number of every job, aged.
#[derive(Debug)]
struct Numbers {
    number: Vec<i64>,
    waits: Vec<bool>,
}

impl Detail for Numbers {
    fn draw(&self, scene: Scene, jobs: &[Job], _: &[Frame<State>]) -> Scene {
        let mut row =
            CellRow { label: "Priority now".to_owned(), heads: Vec::new(), marks: Vec::new() };
        for (job, (it, (number, waits))) in
            (0..).zip(jobs.iter().zip(self.number.iter().zip(&self.waits)))
        {
            let mut mark = chip(jobs, job);
            mark.key = format!("number.{}", it.name);
            mark.label = number.to_string();
            mark.tone = if *waits { Tone::Ready } else { Tone::Plain };
            row.heads.push(it.name.clone());
            row.marks.push(mark.detail(format!("{}: {} by itself", it.name, it.priority)));
        }
        scene.with("aging", "Aging", Panel::Cells(Cells { rows: vec![row] }))
    }
}
