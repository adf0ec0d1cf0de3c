//! Thread models: threads of the program on threads of the kernel, one to one, many to one, or many
//! to many.
//!
//! # Model
//! Threads compute and wait in turns. One to one, the kernel schedules all of them. Many to one, a
//! library switches between them on one kernel thread, without pre-emption. Many to many, a runtime
//! has one P for each core, each with a queue and a kernel thread. A kernel thread that blocks keeps
//! its P until the runtime notices, then another kernel thread gets it. A wait for an event blocks no
//! kernel thread where a library or a runtime schedules.
//! # Ties
//! At the same moment bursts end first, then waits, then a P is handed over, then quanta end, then
//! cores pick; each in the order of cores or threads. A steal takes the front half, rounded up, of
//! the longest queue. Who was pre-empted or has lost its P goes into the common queue.
//! # Left out
//! Other processes, so that each kernel thread of a P has its core; priorities, affinity, caches,
//! the cost of creating threads, and random choice of whom to steal from. The first thread of a core
//! costs no switch.
//! # Source
//! `silberschatz-10e`, 4.3; `go-scheduler` for many to many.

use super::thread_models_scene;
use super::thread_models_world::{State, World};
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct ThreadModels;

/// Who schedules the threads of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Model {
    OneToOne,
    ManyToOne,
    ManyToMany,
}

/// How a thread waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wait {
    Call,
    Event,
}

/// One thread of the program.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub(super) name: String,
    /// Computes, waits, computes, and so on; in ticks.
    pub(super) bursts: Vec<u64>,
    pub(super) wait: Wait,
}

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(super) model: Model,
    pub(super) cores: usize,
    pub(super) threads: Vec<Row>,
    pub(super) quantum_ticks: u64,
    pub(super) kernel_switch_ticks: u64,
    pub(super) user_switch_ticks: u64,
    pub(super) hand_over: bool,
    pub(super) notice_ticks: u64,
    pub(super) stealing: bool,
    pub(super) spread: bool,
}

impl Scenario {
    /// Whether a kernel thread that blocks loses its core to another.
    pub(super) fn hands_over(&self) -> bool {
        self.hand_over && self.model == Model::ManyToMany
    }
}

const THREAD: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 8 }).or(Preset::Numbered("T")),
    Field::new(
        "bursts",
        "Computes, waits, computes, …",
        Kind::Ints { min: 1, max: 200, len_min: 1, len_max: 15, single_key: "burst" },
    )
    .unit("ticks")
    .help("In turns, beginning and ending with computing."),
    Field::new(
        "wait",
        "Waits in",
        Kind::Choice(&[("call", "a blocking call"), ("event", "a wait for an event")]),
    )
    .or(Preset::Text("call")),
];

const fn flag(key: &'static str, label: &'static str, preset: bool) -> Field {
    Field::new(key, label, Kind::Flag).or(Preset::Flag(preset))
}

const fn ticks(key: &'static str, label: &'static str, preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min: 0, max: 100 }).unit("ticks").or(Preset::Int(preset))
}

impl Engine for ThreadModels {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "process/thread_models",
        title: "Thread models",
        summary: "Threads of the program run on threads of the kernel, one to one or many on few.",
        look_for: "When a thread blocks, see which lines from threads to cores are cut.",
        source: "silberschatz-10e/4.3",
        time_unit: "ticks",
        markers: &["block", "hand_off", "steal"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "model",
            "Model",
            Kind::Choice(&[
                ("one_to_one", "One to one: the kernel schedules"),
                ("many_to_one", "Many to one: a library schedules"),
                ("many_to_many", "Many to many: a runtime schedules"),
            ]),
        ),
        Field::new("cores", "Cores", Kind::Int { min: 1, max: 6 }).unit("cores").or(Preset::Int(2)),
        Field::new("threads", "Threads", Kind::Rows { columns: THREAD, len_min: 1, len_max: 10 }),
        ticks("quantum_ticks", "Quantum", 4)
            .help("Of the kernel or the runtime; 0 for none. A library of many to one has none."),
        ticks("kernel_switch_ticks", "Switch by the kernel", 1)
            .help("To another kernel thread on a core."),
        ticks("user_switch_ticks", "Switch without the kernel", 0)
            .help("To another thread on the same kernel thread; in reality 10 to 100 times less."),
        flag("hand_over", "Hand over at blocking calls", true)
            .help("Many to many: another kernel thread gets the core."),
        ticks("notice_ticks", "Noticed after", 2)
            .help("Many to many: how long a call may take before that. In Go 20 µs or more."),
        flag("stealing", "Work stealing", true)
            .help("Many to many: a core without work takes half of another's queue."),
        flag("spread", "Begin in all queues", false)
            .help("Many to many: otherwise all threads begin in the queue of P1."),
    ];
    const EXAMPLE: &'static str = r#"{"model": "many_to_one", "threads": [
        {"bursts": [3, 7, 2]}, {"bursts": [6]}, {"bursts": [2, 4, 3]}, {"bursts": [5]}]}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        check(scenario)?;
        let mut world = World::new(scenario);
        world.run(log)?;
        metrics(&world, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        thread_models_scene::scene(scenario, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        scenario.threads.iter().map(|it| it.name.clone()).collect()
    }
}

fn check(scenario: &Scenario) -> Result<(), ScenarioError> {
    let even = |(_, row): &(usize, &Row)| row.bursts.len().is_multiple_of(2);
    let problems: Vec<Problem> = scenario
        .threads
        .iter()
        .enumerate()
        .filter(even)
        .map(|(n, _)| {
            let why = "a thread ends with computing, so the number of values is odd".to_owned();
            Problem { at: format!("/threads/{n}/bursts"), fault: Fault::Conflict(why) }
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(ScenarioError(problems)) }
}

fn metrics(world: &World<'_>, log: &mut Log<State>) {
    let (state, totals) = (&world.state, &world.totals);
    let end = world.now;
    let all = (end * world.scenario.cores as u64).max(1);
    let mut add =
        |key, label, value: f64, unit, better| log.metric(key, label, value, unit, better);
    add("elapsed_ticks", "All have ended after", end as f64, "ticks", Better::Lower);
    let utilisation = state.worked_ticks as f64 / all as f64;
    add("utilisation", "Share of the cores' time used", utilisation, "", Better::Higher);
    let stuck = totals.stuck_ticks as f64;
    add("stuck_ticks", "Nobody runs, though some could", stuck, "ticks", Better::Lower);
    let cores = totals.cores_max as f64;
    add("n_cores_max", "Cores used at the same time", cores, "cores", Better::Higher);
    let kernel = state.n_kernel as f64;
    add("n_kernel_threads", "Kernel threads", kernel, "threads", Better::Lower);
    let by_kernel = state.n_kernel_switches as f64;
    add("n_kernel_switches", "Switches by the kernel", by_kernel, "switches", Better::Lower);
    let by_user = state.n_user_switches as f64;
    add("n_user_switches", "Switches without it", by_user, "switches", Better::Neither);
    add("n_hand_overs", "Cores handed over", totals.n_handoffs as f64, "", Better::Neither);
    add("n_steals", "Threads stolen", totals.n_steals as f64, "threads", Better::Neither);
    let sum: u64 = totals.finish.iter().sum();
    let mean = sum as f64 / totals.finish.len().max(1) as f64;
    add("turnaround_ticks_mean", "Mean turnaround", mean, "ticks", Better::Lower);
    for (row, finish) in world.scenario.threads.iter().zip(&totals.finish) {
        log.metric_of("finish_ticks", &row.name, "End", *finish as f64, "ticks");
    }
}
