//! A tree of questions from a workload to a concurrency model, walked by one's own answers.
//!
//! # Model
//! Each question is answered from what the form says about a request, the machine and the program: by
//! comparing two of its numbers, or by yes or no. The first answer that settles it ends the walk at a
//! model. The walk then names the setting with which `io/servers` shows that model under this load.
//! A bound on threads is twice what Little's law gives, so that a burst finds room.
//! # Ties
//! Who waits exactly as long as he computes waits. What is exactly as long as allowed is allowed.
//! # Left out
//! Languages beyond two questions about the runtime, machines beyond cores and memory, habits of a
//! team, and programs that have parts of several kinds: walk the tree once for each part.
//! # Source
//! `goetz-2006`, chapter 8, for flows and cores; the sizes are those that `io/servers` counts with.

use super::choice_scene as scene;
use super::choice_tree::{Leaf, QUESTIONS, Verdict, answer, leaf_at};
use crate::amounts::share;
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct Choice;

/// What a request waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WaitsFor {
    Socket,
    File,
}

/// Who uses data that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Data {
    None,
    Shared,
    Own,
}

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(super) compute_us: u64,
    pub(super) wait_us: u64,
    pub(super) waits_for: WaitsFor,
    pub(super) rate: u64,
    pub(super) cores: u64,
    pub(super) n_connections: u64,
    pub(super) memory_mib: u64,
    pub(super) stall_us: u64,
    pub(super) data: Data,
    pub(super) isolation: bool,
    pub(super) global_lock: bool,
    pub(super) cheap_tasks: bool,
}

/// What is seen after a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State {
    /// Questions that are answered.
    pub(super) n_answered: usize,
    /// The question that comes next.
    pub(super) at: Option<usize>,
    pub(super) leaf: Option<Leaf>,
}

const fn int(key: &'static str, label: &'static str, (min, max): (i64, i64), preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min, max }).or(Preset::Int(preset))
}

const fn flag(key: &'static str, label: &'static str, help: &'static str) -> Field {
    Field::new(key, label, Kind::Flag).help(help).or(Preset::Flag(false))
}

impl Engine for Choice {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "patterns/choice",
        title: "Choosing a concurrency model",
        summary: "A walk from a workload to processes, threads, tasks or a loop, by your own answers.",
        look_for: "At each question, ask which number of the form decides it, and what would turn the walk.",
        source: "goetz-2006/8",
        time_unit: "questions",
        markers: &["leaf"],
    };
    const FORM: &'static [Field] = &[
        int("compute_us", "A request computes", (2, 1_000_000), 80).unit("µs").work(),
        int("wait_us", "And waits", (0, 1_000_000), 400).unit("µs").work(),
        Field::new(
            "waits_for",
            "For",
            Kind::Choice(&[("socket", "a socket, which a loop can watch"), ("file", "a file")]),
        )
        .or(Preset::Text("socket"))
        .work(),
        int("rate", "Requests a second", (1, 100_000), 2_000).work(),
        int("cores", "Cores", (1, 8), 4).unit("cores"),
        int("n_connections", "Connections at once", (1, 1_000_000), 500).unit("connections"),
        int("memory_mib", "Memory for threads", (1, 1_000_000), 128)
            .unit("MiB")
            .help("What you would spend on them; a thread that waits really uses 26 KiB."),
        int("stall_us", "One may hold up the others for", (1, 1_000_000), 10_000)
            .unit("µs")
            .help("Above 10 ms a callback of a loop deserves a look."),
        Field::new(
            "data",
            "Data that changes",
            Kind::Choice(&[
                ("none", "hardly any"),
                ("shared", "all requests use the same"),
                ("own", "each thing has a little of its own"),
            ]),
        )
        .help("A thing: a room of a game, a device, a call.")
        .or(Preset::Text("none")),
        flag("isolation", "A crash must stay inside", "Code of strangers, or code that may crash."),
        flag(
            "global_lock",
            "A global lock",
            "Only one thread computes at a time, as in many builds of Python.",
        ),
        flag(
            "cheap_tasks",
            "The runtime has cheap tasks",
            "Goroutines, virtual threads, processes of Erlang.",
        ),
    ];
    const EXAMPLE: &'static str = r#"{"compute_us":80,"wait_us":4000,"rate":20000,"cores":4,
        "n_connections":500}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let mut state = State { n_answered: 0, at: Some(0), leaf: None };
        let first = "The walk begins at the top, with the cores.".to_owned();
        log.step(0, "start", || Shot::new(first, state))?;
        while let Some(at) = state.at {
            let Verdict { yes, say } = answer(scenario, at);
            let question = &QUESTIONS[at];
            state.n_answered += 1;
            state.at = question.next(yes);
            let options = ["yes", "no"].map(str::to_owned).to_vec();
            let time = state.n_answered as u64;
            log.step(time, if yes { "yes" } else { "no" }, || {
                Shot::new(say, state).ask(question.question, options, usize::from(!yes))
            })?;
            state.leaf = leaf_at(at, yes);
        }
        let Some(leaf) = state.leaf else { return Ok(()) };
        let time = state.n_answered as u64;
        log.step(time, "leaf", || Shot::new(leaf.say(scenario), state))?;
        let mut add = |key: &str, label: &str, value: u64, unit| {
            log.metric(key, label, value as f64, unit, Better::Neither);
        };
        add("n_questions", "Questions", time, "questions");
        add("flows", "Threads or processes", leaf.flows(scenario), "");
        add("memory_kib", "Memory for the connections", leaf.memory_kib(scenario), "KiB");
        let flows = 1.0 + share(scenario.wait_us, scenario.compute_us);
        log.metric("flows_per_core", "Flows that keep a core busy", flows, "", Better::Neither);
        let inside = share(scenario.rate * (scenario.compute_us + scenario.wait_us), 1_000_000);
        log.metric("inside", "Requests under way", inside, "requests", Better::Neither);
        let busy = share(scenario.rate * scenario.compute_us, 1_000_000);
        log.metric("cores_busy", "Cores kept busy", busy, "cores", Better::Neither);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(scenario, past)
    }
}
