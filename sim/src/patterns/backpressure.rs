//! A pipeline of stages with queues between them, and what happens when a queue is full.
//!
//! # Model
//! A source gives items, each stage works on one item at a time and hands it to the queue of the next.
//! A queue holds a fixed number of items besides the one that its stage works on, or any number.
//! If it is full, whoever brings an item waits with it (*wait*), the source is told to go away while
//! the stages wait (*refuse*), or an item of the queue is lost, the one that comes or the oldest.
//! A source that can wait counts its pause from the moment at which it got rid of its last item;
//! one that cannot gives its items at fixed times.
//! # Ties
//! At one moment the last stage comes first, and the source last. First in, first out.
//! # Left out
//! Stages with several workers, batches, service times that vary, clients that come back after a
//! refusal, and the cost of a refusal.
//! # Source
//! `welsh-2001`; `little-1961` for what the lengths and the times have to do with each other.

use super::pressure_run::{ANSWERS, Answer, State, Tally, flow};
use super::pressure_scene as scene;
use crate::amounts::share;
use crate::engine::{Better, Engine, Frame, Log, Meta, Mode};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct Backpressure;

/// One stage.
#[derive(Debug, Deserialize)]
pub(super) struct Stage {
    pub(super) name: String,
    pub(super) service_ms: u64,
}

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(super) answer: Answer,
    pub(super) bound: u64,
    pub(super) stages: Vec<Stage>,
    pub(super) n_items: u64,
    pub(super) gap_ms: u64,
    pub(super) burst: u64,
    pub(super) random: bool,
    pub(super) seed: u64,
    pub(super) item_kb: u64,
}

const fn int(key: &'static str, label: &'static str, (min, max): (i64, i64), preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min, max }).or(Preset::Int(preset))
}

const STAGE: &[Field] = &[
    Field::new("name", "Stage", Kind::Name { max_chars: 8 }).or(Preset::Numbered("S")),
    Field::new("service_ms", "Works on an item for", Kind::Int { min: 1, max: 1_000 }).unit("ms"),
];

impl Engine for Backpressure {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "patterns/backpressure",
        title: "Pipelines and back-pressure",
        summary: "A pipeline whose slowest stage cannot keep up, with five answers to a full queue.",
        look_for: "Find the slowest stage by the queue in front of it, and see how far its pressure reaches.",
        source: "welsh-2001/3",
        time_unit: "ms",
        markers: &["full", "refuse", "drop"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new(
            "answer",
            "A full queue",
            Kind::Choice(&[
                ("no_bound", "cannot happen: no bound"),
                ("wait", "makes whoever brings wait"),
                ("refuse", "refuses what the source brings"),
                ("drop_newest", "drops the newest item"),
                ("drop_oldest", "drops the oldest item"),
            ]),
        )
        .help("With refusals the stages wait for each other, and only the source is turned away.")
        .or(Preset::Text("wait")),
        int("bound", "Places in each queue", (1, 200), 4).unit("items"),
        Field::new("stages", "Stages", Kind::Rows { columns: STAGE, len_min: 1, len_max: 5 })
            .work(),
        int("n_items", "Items", (1, 300), 24).unit("items").work(),
        int("gap_ms", "The source gives one every", (0, 1_000), 2).unit("ms").work(),
        int("burst", "So many at a time", (1, 50), 1).unit("items").work(),
        Field::new("random", "At random", Kind::Flag)
            .help("Pauses between nothing and twice as long.")
            .or(Preset::Flag(false))
            .work(),
        int("seed", "Seed", (0, 1_000_000), 1).work(),
        int("item_kb", "An item takes", (0, 10_000), 2).unit("KB"),
    ];
    const EXAMPLE: &'static str = r#"{"answer":"wait","bound":4,"n_items":24,"gap_ms":2,
        "stages":[{"name":"parse","service_ms":2},{"name":"store","service_ms":5}]}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        if scenario.gap_ms == 0 && scenario.burst != 1 {
            let why = "bursts need a pause between them".to_owned();
            return Err(ScenarioError::one("/gap_ms", Fault::Conflict(why)));
        }
        let mut others = Vec::new();
        for (answer, ..) in ANSWERS {
            let mut quiet = Log::new(Mode::MetricsOnly);
            others.push(flow(scenario, answer, &[], &mut quiet)?.tally);
        }
        let state = flow(scenario, scenario.answer, &others, log)?;
        metrics(scenario, &state, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(scenario, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        (1..=scenario.n_items).map(|it| it.to_string()).collect()
    }
}

fn metrics(scenario: &Scenario, state: &State, log: &mut Log<State>) {
    let it = &state.tally;
    let mut add = |key: &str, label: &str, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    add("n_served", "Got through", it.n_served, "items", Better::Higher);
    add("n_refused", "Refused", it.n_refused, "items", Better::Lower);
    add("n_lost", "Dropped", it.n_lost, "items", Better::Lower);
    add("queue_max", "Longest queue", it.queue_max, "items", Better::Lower);
    add("inside_max", "Most inside", it.inside_max, "items", Better::Lower);
    let kb = it.inside_max * scenario.item_kb;
    add("memory_kb_max", "Most memory for items", kb, "KB", Better::Lower);
    add("latency_ms_max", "The slowest item", it.latency_ms_max, "ms", Better::Lower);
    add("wasted_ms", "Work on dropped items", it.wasted_ms, "ms", Better::Lower);
    add("held_ms", "The source waited", it.held_ms, "ms", Better::Neither);
    add("time_ms", "Until the last is through", it.end_ms, "ms", Better::Lower);
    let (area, inside) = (it.area_item_ms, it.latency_ms);
    let mean = share(it.served_ms, it.n_served);
    log.metric("latency_ms_mean", "Mean time inside", mean, "ms", Better::Lower);
    let rate = 1_000.0 * share(it.n_served, it.end_ms);
    log.metric("throughput", "Throughput", rate, "items/s", Better::Higher);
    log.metric("inside_mean", "Mean inside", share(area, it.end_ms), "items", Better::Lower);
    let little = share(it.n_entered, it.end_ms) * share(inside, it.n_entered);
    log.metric("little_items", "Rate × mean time", little, "items", Better::Neither);
    for (stage, most) in scenario.stages.iter().zip(&state.queue_max) {
        log.metric_of("queue_max", &stage.name, "Longest queue", *most as f64, "items");
    }
    for ((_, key, ..), it) in ANSWERS.iter().zip(&state.others) {
        let mut add = |name, label, value: u64, unit| {
            log.metric_of(name, key, label, value as f64, unit);
        };
        add("n_served", "Got through", it.n_served, "items");
        add("inside_max", "Most inside", it.inside_max, "items");
        add("latency_ms_max", "The slowest item", it.latency_ms_max, "ms");
    }
}

/// What an answer comes to, for the table.
pub(super) fn row(it: &Tally) -> [u64; 4] {
    [it.n_served, it.n_refused + it.n_lost, it.inside_max, it.latency_ms_max]
}
