//! Multi-level feedback queue: a job starts at the top and sinks as it uses up its time there.
//!
//! # Model
//! Queue 0 goes first; inside a queue jobs take turns. A job may run for one quantum of its queue
//! in a row, and for `allotments_quanta` quanta of it in all; then it moves one queue down. A ready
//! job in a higher queue takes the CPU at once; the pre-empted job goes back to the head of its
//! queue with what is left of its quantum. With the final rule 4 a job that blocks keeps its
//! account; with the old rules 4a and 4b it gets a fresh quantum and allotment each time it blocks,
//! which can be gamed. Every `boost_ticks` all jobs move to queue 0 with a fresh account.
//! # Ties
//! A job that becomes ready as another's quantum ends queues first; `tie` turns this round. A boost
//! keeps the order of the queues, from the top down, and puts the running job last. At one moment
//! the quantum ends before the boost.
//! # Left out
//! Several CPUs, and the many knobs of real kernels that lower a job's queue by its history.
//! # Source
//! `ostep/8`

use super::jobs::{self, Job, Setup, Tie, Uses};
use super::kernel::simulate;
use super::kernel_scene;
use super::kernel_state::State;
use super::mlfq_levels::Levels;
use super::paper;
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct Mlfq;

/// What the reader may set.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Scenario {
    pub(super) jobs: Vec<Job>,
    /// By level, the top one first.
    pub(super) quanta_ticks: Vec<u64>,
    /// By level; the last one holds for all levels below.
    pub(super) allotments_quanta: Vec<u64>,
    /// 0 for none.
    pub(super) boost_ticks: u64,
    pub(super) rule: Rule,
    pub(super) after_io: AfterIo,
    switch_cost_ticks: u64,
    tie: Tie,
}

/// What becomes of a job's account when it blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rule {
    /// It is kept: the final rule 4.
    Allotment,
    /// It starts afresh: the old rules 4a and 4b.
    FreshAfterIo,
}

/// Where a job queues after its I/O.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AfterIo {
    /// At the tail of its queue.
    Tail,
    /// At the head of its queue.
    Head,
    /// At the head, and ahead of a running job of the same queue.
    Cpu,
}

const COLUMNS: [Field; jobs::N_COLUMNS] = jobs::columns(Uses::Nothing);
const QUANTA: Kind = Kind::Ints { min: 1, max: 1_000, len_min: 1, len_max: 8, single_key: "" };
const ALLOTMENTS: Kind = Kind::Ints { min: 1, max: 100, len_min: 1, len_max: 8, single_key: "" };

impl Engine for Mlfq {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "cpu/mlfq",
        title: "Multi-level feedback queue",
        summary: "Jobs start in the top queue and sink as they use up their time there.",
        look_for: "Watch how a job that computes sinks, and who stays at the top.",
        source: "ostep/8",
        time_unit: "ticks",
        markers: &["demote", "boost", "finish"],
    };
    const FORM: &'static [Field] = &[
        jobs::table(&COLUMNS),
        Field::new("quanta_ticks", "Quantum of each queue", QUANTA)
            .unit("ticks")
            .or(Preset::Ints(&[2, 4, 8]))
            .help("One number a queue, the top queue first."),
        Field::new("allotments_quanta", "Allotment of each queue", ALLOTMENTS)
            .unit("quanta")
            .or(Preset::Ints(&[1]))
            .help("Quanta a job may use before it sinks; the last number holds for the rest."),
        Field::new("boost_ticks", "Boost every", Kind::Int { min: 0, max: 100_000 })
            .unit("ticks")
            .or(Preset::Int(0))
            .help("All jobs move to the top queue this often; 0 switches the boost off."),
        Field::new(
            "rule",
            "A job that blocks",
            Kind::Choice(&[
                ("allotment", "keeps what it has used (rule 4)"),
                ("fresh_after_io", "starts afresh (old rules 4a, 4b)"),
            ]),
        )
        .or(Preset::Text("allotment"))
        .help("The old rules let a job stay at the top by blocking just in time."),
        Field::new(
            "after_io",
            "After I/O a job goes",
            Kind::Choice(&[
                ("tail", "to the tail of its queue"),
                ("head", "to the head of its queue"),
                ("cpu", "to the head and past a running job of that queue"),
            ]),
        )
        .or(Preset::Text("tail")),
        jobs::QUANTUM.hide(true),
        jobs::SWITCH_COST,
        jobs::TIE,
    ];
    const EXAMPLE: &'static str = r#"{"quanta_ticks": [2, 4, 8], "jobs": [
        {"name": "P1", "arrival_ticks": 0, "burst_ticks": 7, "priority": 3},
        {"name": "P2", "arrival_ticks": 2, "burst_ticks": 4, "priority": 1},
        {"name": "P3", "arrival_ticks": 4, "burst_ticks": 1, "priority": 4},
        {"name": "P4", "arrival_ticks": 5, "burst_ticks": 4, "priority": 2},
        {"name": "P5", "arrival_ticks": 6, "burst_ticks": 6, "priority": 5}]}"#;

    const PAPER: Option<Paper> = Some(paper::paper(|seed| paper::drawn(Self::FORM, seed)));

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Scenario { jobs, switch_cost_ticks, tie, .. } = scenario;
        let setup = Setup { jobs, switch_cost_ticks: *switch_cost_ticks, tie: *tie };
        simulate(&setup, &mut Levels::new(scenario), log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        kernel_scene::scene(&scenario.jobs, Uses::Nothing, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        jobs::names(&scenario.jobs)
    }
}
