//! Round robin: every ready job gets the CPU for one quantum in turn.
//!
//! # Model
//! One queue, first in, first out. A job runs until its burst ends or its quantum is used up; then
//! it goes to the tail. The quantum begins anew each time a job gets the CPU. While no
//! other job is ready, quantum follows quantum without a step.
//! # Ties
//! A job that becomes ready as another's quantum ends queues first; `tie` turns this round. Jobs
//! that become ready together queue by earlier arrival, then by row.
//! # Left out
//! Priorities, several CPUs, the timer interrupt's own cost.
//! # Source
//! `ostep/7`

use super::jobs::{self, Job, JobIdx, Setup, Tie, Uses, ticks};
use super::kernel::simulate;
use super::kernel_policy::{Expiry, From, Moment, Policy, Turn, View};
use super::kernel_scene;
use super::kernel_state::{ReadyRow, State};
use super::paper;
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::Field;
use crate::paper::Paper;
use crate::scene::Scene;
use serde::Deserialize;
use std::collections::VecDeque;

/// The engine.
pub(crate) struct RoundRobin;

/// What the reader may set.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Scenario {
    jobs: Vec<Job>,
    quantum_ticks: u64,
    switch_cost_ticks: u64,
    tie: Tie,
}

const COLUMNS: [Field; jobs::N_COLUMNS] = jobs::columns(Uses::Nothing);

impl Engine for RoundRobin {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "cpu/round_robin",
        title: "Round robin",
        summary: "Every ready job runs for one quantum in turn.",
        look_for: "Watch who stands in the queue at the moment a quantum ends.",
        source: "ostep/7",
        time_unit: "ticks",
        markers: &["expire", "finish"],
    };
    const FORM: &'static [Field] =
        &[jobs::table(&COLUMNS), jobs::QUANTUM, jobs::SWITCH_COST, jobs::TIE];
    const EXAMPLE: &'static str = r#"{"quantum_ticks": 2, "jobs": [
        {"name": "P1", "arrival_ticks": 0, "burst_ticks": 7, "priority": 3},
        {"name": "P2", "arrival_ticks": 2, "burst_ticks": 4, "priority": 1},
        {"name": "P3", "arrival_ticks": 4, "burst_ticks": 1, "priority": 4},
        {"name": "P4", "arrival_ticks": 5, "burst_ticks": 4, "priority": 2},
        {"name": "P5", "arrival_ticks": 6, "burst_ticks": 6, "priority": 5}]}"#;

    const PAPER: Option<Paper> = Some(paper::paper(|seed| paper::drawn(Self::FORM, seed)));

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Scenario { jobs, quantum_ticks, switch_cost_ticks, tie } = scenario;
        let setup = Setup { jobs, switch_cost_ticks: *switch_cost_ticks, tie: *tie };
        let mut turns = Turns { turn: Turn::new(*quantum_ticks, *tie), queue: VecDeque::new() };
        simulate(&setup, &mut turns, log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        kernel_scene::scene(&scenario.jobs, Uses::Nothing, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        jobs::names(&scenario.jobs)
    }
}

struct Turns {
    turn: Turn,
    queue: VecDeque<JobIdx>,
}

impl Policy for Turns {
    fn enter(&mut self, job: JobIdx, _: From, _: &View<'_>) {
        self.queue.push_back(job);
    }

    fn choose(&mut self, _: &View<'_>) -> Option<JobIdx> {
        self.queue.pop_front()
    }

    fn slice(&mut self, _: JobIdx, _: &View<'_>) -> Option<u64> {
        self.turn.begin(self.queue.is_empty())
    }

    fn ran(&mut self, _: JobIdx, ticks: u64, _: &View<'_>) {
        self.turn.ran(ticks);
    }

    fn joined(&mut self, _: JobIdx, _: &View<'_>) -> Option<u64> {
        self.turn.joined()
    }

    fn expire(&mut self, _: JobIdx, _: &View<'_>) -> Expiry {
        Expiry::Requeue("expire")
    }

    fn rows(&self, _: &View<'_>) -> Vec<ReadyRow> {
        let note = format!("quantum {}", self.turn.quantum_ticks());
        ReadyRow::only(note, self.queue.iter().copied().collect())
    }

    fn place(&self, _: JobIdx) -> String {
        "the tail of the ready queue".to_owned()
    }

    fn why(&self, moment: Moment, job: JobIdx, view: &View<'_>) -> String {
        let quantum = ticks(self.turn.quantum_ticks());
        let left = ticks(view.live(job).left_ticks);
        match moment {
            Moment::Dispatch if self.queue.is_empty() => {
                "it is the only job that is ready".to_owned()
            }
            Moment::Dispatch => "it was at the head of the ready queue".to_owned(),
            Moment::Expire | Moment::Keep | Moment::Preempt | Moment::Timer => {
                format!("its quantum of {quantum} is used up and it still needs {left}")
            }
        }
    }
}
