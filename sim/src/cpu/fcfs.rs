//! First come, first served: jobs run in the order in which they became ready.
//!
//! # Model
//! One queue. A job keeps the CPU until its burst ends. After I/O it queues at the tail.
//! # Ties
//! Jobs that become ready together queue by earlier arrival, then by row. No job is ever taken off
//! the CPU, so `tie` changes nothing.
//! # Left out
//! Priorities; Linux keeps this policy inside each real-time priority as `SCHED_FIFO`.
//! # Source
//! `ostep/7`

use super::jobs::{self, Job, JobIdx, Setup, Tie, Uses, ticks};
use super::kernel::simulate;
use super::kernel_policy::{From, Moment, Policy, View};
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
pub(crate) struct Fcfs;

/// What the reader may set.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Scenario {
    jobs: Vec<Job>,
    switch_cost_ticks: u64,
    tie: Tie,
}

const COLUMNS: [Field; jobs::N_COLUMNS] = jobs::columns(Uses::Nothing);

impl Engine for Fcfs {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "cpu/fcfs",
        title: "First come, first served",
        summary: "Jobs run in the order in which they became ready, each to the end of its burst.",
        look_for: "Watch short jobs wait behind a long one: the convoy effect.",
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
        simulate(&setup, &mut Line::default(), log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        kernel_scene::scene(&scenario.jobs, Uses::Nothing, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        jobs::names(&scenario.jobs)
    }
}

/// The queue.
#[derive(Default)]
struct Line(VecDeque<JobIdx>);

impl Policy for Line {
    fn enter(&mut self, job: JobIdx, _: From, _: &View<'_>) {
        self.0.push_back(job);
    }

    fn choose(&mut self, _: &View<'_>) -> Option<JobIdx> {
        self.0.pop_front()
    }

    fn rows(&self, _: &View<'_>) -> Vec<ReadyRow> {
        ReadyRow::only("", self.0.iter().copied().collect())
    }

    fn place(&self, _: JobIdx) -> String {
        "the tail of the ready queue".to_owned()
    }

    fn why(&self, _: Moment, job: JobIdx, view: &View<'_>) -> String {
        let left = ticks(view.live(job).left_ticks);
        match self.0.len() {
            0 => format!("it is the only job that is ready; it needs {left}"),
            1 => format!("it was first in the queue; one job waits for its {left} to end"),
            n => format!("it was first in the queue; {n} jobs wait for its {left} to end"),
        }
    }
}
