//! Multilevel queue: jobs belong to fixed classes, and a class runs only if those above are empty.
//!
//! # Model
//! A job's priority number is its class; numbers past the last class belong to the last. Each class
//! has its own policy: round robin with its quantum, or, with a quantum of 0, first come, first
//! served. A job of a higher class takes the CPU at once; the pre-empted job goes back to the head
//! of its class with what is left of its quantum. Jobs never change class.
//! # Ties
//! A job that becomes ready as another's quantum ends queues first; `tie` turns this round.
//! # Left out
//! Sharing the CPU between classes by time, which would keep low classes from starving.
//! # Source
//! `silberschatz-10e/5.3.5`

use super::jobs::{self, Job, JobIdx, Setup, Tie, Uses, ticks};
use super::kernel::simulate;
use super::kernel_policy::{Expiry, From, Moment, Policy, View};
use super::kernel_scene;
use super::kernel_state::{ReadyRow, State};
use super::paper;
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::Scene;
use serde::Deserialize;
use std::collections::VecDeque;

/// The engine.
pub(crate) struct MultilevelQueue;

/// What the reader may set.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Scenario {
    jobs: Vec<Job>,
    /// By class, the most urgent first; 0 for first come, first served.
    class_quanta_ticks: Vec<u64>,
    switch_cost_ticks: u64,
    tie: Tie,
}

const COLUMNS: [Field; jobs::N_COLUMNS] = jobs::columns(Uses::Priority);
const QUANTA: Kind = Kind::Ints { min: 0, max: 1_000, len_min: 1, len_max: 8, single_key: "" };

impl Engine for MultilevelQueue {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "cpu/multilevel_queue",
        title: "Multilevel queue",
        summary: "Jobs belong to fixed classes; a class runs only if all classes above are empty.",
        look_for: "Watch the lowest class: it gets only what the others leave.",
        source: "silberschatz-10e/5.3.5",
        time_unit: "ticks",
        markers: &["preempt", "finish"],
    };
    const FORM: &'static [Field] = &[
        jobs::table(&COLUMNS),
        Field::new("class_quanta_ticks", "Quantum of each class", QUANTA)
            .unit("ticks")
            .or(Preset::Ints(&[2, 4, 0]))
            .help("One number a class, the most urgent first; 0 is first come, first served."),
        jobs::QUANTUM.hide(true),
        jobs::SWITCH_COST,
        jobs::TIE,
    ];
    const EXAMPLE: &'static str = r#"{"class_quanta_ticks": [2, 4, 0], "jobs": [
        {"name": "Key", "bursts_ticks": [1, 5, 1, 5, 1], "priority": 0},
        {"name": "Edit", "bursts_ticks": [2, 6, 2], "priority": 0},
        {"name": "Make1", "burst_ticks": 7, "priority": 1},
        {"name": "Make2", "arrival_ticks": 1, "burst_ticks": 6, "priority": 1},
        {"name": "Night", "burst_ticks": 5, "priority": 2}]}"#;

    const PAPER: Option<Paper> = Some(paper::paper(|seed| paper::drawn(Self::FORM, seed)));

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Scenario { jobs, switch_cost_ticks, tie, .. } = scenario;
        let setup = Setup { jobs, switch_cost_ticks: *switch_cost_ticks, tie: *tie };
        simulate(&setup, &mut Classes::new(scenario), log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        kernel_scene::scene(&scenario.jobs, Uses::Priority, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        jobs::names(&scenario.jobs)
    }
}

struct Classes {
    quanta: Vec<u64>,
    queues: Vec<VecDeque<JobIdx>>,
    /// By job index.
    class: Vec<u8>,
    /// By job index: what is left of the quantum.
    left: Vec<u64>,
}

impl Classes {
    fn new(scenario: &Scenario) -> Self {
        let quanta = scenario.class_quanta_ticks.clone();
        let last = u32::try_from(quanta.len() - 1).unwrap_or_default();
        let class = |job: &Job| u8::try_from(job.priority.min(last)).unwrap_or_default();
        Self {
            queues: vec![VecDeque::new(); quanta.len()],
            class: scenario.jobs.iter().map(class).collect(),
            left: vec![0; scenario.jobs.len()],
            quanta,
        }
    }

    fn class(&self, job: JobIdx) -> u8 {
        self.class[usize::from(job)]
    }

    fn quantum(&self, job: JobIdx) -> u64 {
        self.quanta[usize::from(self.class(job))]
    }

    fn top(&self) -> Option<u8> {
        let filled = (0_u8..).zip(&self.queues).find(|(_, queue)| !queue.is_empty());
        filled.map(|(class, _)| class)
    }
}

impl Policy for Classes {
    fn enter(&mut self, job: JobIdx, from: From, _: &View<'_>) {
        let quantum = self.quantum(job);
        let queue = &mut self.queues[usize::from(self.class[usize::from(job)])];
        match from {
            From::Preempted => queue.push_front(job),
            From::Arrival | From::Io | From::Expired | From::Timer => {
                self.left[usize::from(job)] = quantum;
                queue.push_back(job);
            }
        }
    }

    fn choose(&mut self, _: &View<'_>) -> Option<JobIdx> {
        let top = self.top()?;
        self.queues[usize::from(top)].pop_front()
    }

    fn slice(&mut self, job: JobIdx, _: &View<'_>) -> Option<u64> {
        (0 < self.quantum(job)).then_some(self.left[usize::from(job)])
    }

    fn ran(&mut self, job: JobIdx, ticks: u64, _: &View<'_>) {
        let left = &mut self.left[usize::from(job)];
        *left = left.saturating_sub(ticks);
    }

    fn expire(&mut self, job: JobIdx, _: &View<'_>) -> Expiry {
        if self.top().is_some_and(|top| top <= self.class(job)) {
            return Expiry::Requeue("expire");
        }
        self.left[usize::from(job)] = self.quantum(job);
        Expiry::Keep("keep")
    }

    fn preempts(&mut self, running: JobIdx, _: &View<'_>) -> bool {
        self.top().is_some_and(|top| top < self.class(running))
    }

    fn rows(&self, _: &View<'_>) -> Vec<ReadyRow> {
        let rows = self.queues.iter().zip(&self.quanta).enumerate();
        rows.map(|(class, (queue, quantum))| ReadyRow {
            label: format!("Class {class}"),
            note: match quantum {
                0 => "first come, first served".to_owned(),
                quantum => format!("round robin, quantum {quantum}"),
            },
            jobs: queue.iter().copied().collect(),
        })
        .collect()
    }

    fn place(&self, job: JobIdx) -> String {
        format!("class {}", self.class(job))
    }

    fn why(&self, moment: Moment, job: JobIdx, view: &View<'_>) -> String {
        let class = self.class(job);
        let quantum = ticks(self.quantum(job));
        match moment {
            Moment::Dispatch if self.top().is_none() => {
                "it is the only job that is ready".to_owned()
            }
            Moment::Dispatch if class == 0 => "it was at the head of the top class".to_owned(),
            Moment::Dispatch => {
                format!("it was at the head of class {class} and the classes above are empty")
            }
            Moment::Preempt => {
                let top = self.top().unwrap_or_default();
                let head = self.queues[usize::from(top)].front().map(|&it| view.name(it));
                format!("{} of class {top} is ready", head.unwrap_or_default())
            }
            Moment::Expire | Moment::Timer => format!("its quantum of {quantum} is used up"),
            Moment::Keep => {
                format!("its quantum of {quantum} is used up but no job of its class is ready")
            }
        }
    }
}
