//! The event loop: one thread that runs callbacks in a fixed order of queues, phase after phase.
//!
//! # Model
//! The thread runs a script, and then callbacks, each to its end. In Node a turn has phases: timers
//! that are due, poll for what has come from outside, check for immediates; after every callback the
//! queue of ticks and the queue of microtasks are emptied. In a browser a turn is one task, then all
//! microtasks, and sixty times a second the callbacks for the picture and the picture. A callback
//! takes a fixed time and what it computes; reads of files share a pool of threads.
//! # Ties
//! In a queue whoever came first runs first. Timers run by their time, then by their age. A timer
//! counts as due by the clock that is read when the phase begins. In a browser the task that has
//! been ready for longest comes first; a real one may prefer some queues.
//! # Left out
//! The phases for pending callbacks, preparation and closing, which run nothing here; that reading
//! a file takes several rounds through the pool; a clock that counts in whole ms; modules, in whose
//! main part microtasks come before ticks.
//! # Source
//! `node-event-loop`, and `html-event-loops` for the browser.

use super::loop_jobs::{Did, Kind, Setup};
use super::loop_run::World;
use super::loop_scene;
use super::script::{Script, parse};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind as Takes, Preset};
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct EventLoop;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(super) struct Raw {
    kind: RawKind,
    source: String,
    events_ms: Vec<u64>,
    script_us: u64,
    callback_us: u64,
    file_us: u64,
    n_threads: usize,
    net_us: u64,
    paint_us: u64,
    until_ms: u64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawKind {
    Node,
    Node10,
    Browser,
}

/// The same, read.
#[derive(Debug, Deserialize)]
#[serde(from = "Raw")]
pub(crate) struct Scenario {
    pub(super) setup: Setup,
    script: Result<Script, ScenarioError>,
    /// When it all ends.
    pub(super) end_us: u64,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) world: World,
    pub(super) did: Option<Did>,
}

impl From<Raw> for Scenario {
    fn from(raw: Raw) -> Self {
        let kind = match raw.kind {
            RawKind::Node => Kind::Node,
            RawKind::Node10 => Kind::Node10,
            RawKind::Browser => Kind::Browser,
        };
        let mut events_us: Vec<u64> = raw.events_ms.iter().map(|it| it * 1_000).collect();
        events_us.sort_unstable();
        let setup = Setup {
            kind,
            script_us: raw.script_us,
            callback_us: raw.callback_us,
            file_us: raw.file_us,
            net_us: raw.net_us,
            paint_us: raw.paint_us,
            until_us: raw.until_ms * 1_000,
            n_threads: raw.n_threads,
            events_us,
        };
        let script = parse(&raw.source, kind.host());
        let end_us = script.as_ref().map_or(0, |script| {
            let mut world = World::new(&setup);
            while !matches!(world.next(script, &setup), Did::End | Did::Cut) {}
            world.now
        });
        Self { setup, script, end_us }
    }
}

impl Scenario {
    /// The script; `None` for a faulty one, of which nothing is drawn.
    pub(super) fn script(&self) -> Option<&Script> {
        self.script.as_ref().ok()
    }
}

const fn us(key: &'static str, label: &'static str, preset: i64) -> Field {
    let kind = Takes::Int { min: 1, max: 1_000_000 };
    Field::new(key, label, kind).unit("µs").or(Preset::Int(preset))
}

impl Engine for EventLoop {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "patterns/event_loop",
        title: "The event loop",
        summary: "One thread runs callbacks from several queues, in an order that can be known.",
        look_for: "After every callback the two small queues are emptied before the loop goes on.",
        source: "node-event-loop/phases",
        time_unit: "µs",
        markers: &["timer", "check", "poll", "event", "picture", "work", "sleep"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "kind",
            "Loop",
            Takes::Choice(&[
                ("node", "Node.js"),
                ("node10", "Node.js before version 11"),
                ("browser", "Browser"),
            ]),
        )
        .help("Before version 11 ticks and microtasks ran between phases, not after every callback.")
        .or(Preset::Text("node")),
        Field::new("source", "Script", Takes::Code { max_chars: 4_000 }).help(
            "Functions without parameters; console.log, setTimeout, setInterval, setImmediate, \
             queueMicrotask, process.nextTick, Promise.resolve().then, async and await, fs.readFile, \
             fetch, x.on or addEventListener, requestAnimationFrame, and work(n), which computes for n ms.",
        ),
        Field::new(
            "events_ms",
            "Events come at",
            Takes::Ints { min: 0, max: 2_000, len_min: 0, len_max: 40, single_key: "" },
        )
        .unit("ms")
        .help("Requests or clicks: each calls what the script gave to x.on or addEventListener.")
        .or(Preset::Empty),
        us("script_us", "From the script to the loop", 1_500)
            .help("A timer of 0 ms means 1 ms: with less than that it is not yet due when the loop starts."),
        us("callback_us", "Each callback", 100),
        us("file_us", "Reading a file", 3_000).help("By a thread of the pool, from begin to end."),
        Field::new("n_threads", "Threads of the pool", Takes::Int { min: 1, max: 8 })
            .help("Node has 4 unless UV_THREADPOOL_SIZE says otherwise.")
            .or(Preset::Int(4)),
        us("net_us", "Answer over the network", 3_000),
        us("paint_us", "Painting a picture", 2_000).help("Browser: style, layout and paint."),
        Field::new("until_ms", "Watched for", Takes::Int { min: 1, max: 2_000 })
            .unit("ms")
            .help("A script with an interval has no end of its own.")
            .or(Preset::Int(200)),
    ];
    const EXAMPLE: &'static str = concat!(
        r#"{"kind": "node", "source": "const fs = require(\"node:fs\");\n"#,
        r#"\n"#,
        r#"setTimeout(() => {\n"#,
        r#"  console.log(\"timeout\");\n"#,
        r#"  Promise.resolve().then(() => console.log(\"promise in timeout\"));\n"#,
        r#"  process.nextTick(() => console.log(\"tick in timeout\"));\n"#,
        r#"}, 0);\n"#,
        r#"setImmediate(() => console.log(\"immediate\"));\n"#,
        r#"Promise.resolve().then(() => console.log(\"promise\"));\n"#,
        r#"process.nextTick(() => console.log(\"tick\"));\n"#,
        r#"fs.readFile(__filename, () => {\n"#,
        r#"  console.log(\"file\");\n"#,
        r#"  setTimeout(() => console.log(\"timeout from file\"), 0);\n"#,
        r#"  setImmediate(() => console.log(\"immediate from file\"));\n"#,
        r#"});\n"#,
        r#"console.log(\"script\");\n"#,
        r#""}"#,
    );

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let script = scenario.script.as_ref().map_err(Clone::clone)?;
        let setup = &scenario.setup;
        let mut world = World::new(setup);
        log.step(0, "start", || {
            let say = "The script is loaded, and nothing has run yet.".to_owned();
            Shot::new(say, State { world: world.clone(), did: None })
        })?;
        loop {
            let before = world.clone();
            let did = world.next(script, setup);
            let ended = matches!(did, Did::End | Did::Cut);
            log.step(world.now, loop_scene::tag(&did), || {
                let say = super::loop_say::say(script, setup, &before, &world, &did);
                let state = State { world: world.clone(), did: Some(did.clone()) };
                let shot = Shot::new(say, state);
                match super::loop_say::ask(script, &before, &did) {
                    Some((options, answer)) => {
                        shot.ask("Which callback runs next?", options, answer)
                    }
                    None => shot,
                }
            })?;
            if ended {
                break;
            }
        }
        metrics(script, &world, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        loop_scene::scene(scenario, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        let functions = scenario.script().map(|it| it.functions.as_slice()).unwrap_or_default();
        functions.iter().map(|it| it.label.clone()).collect()
    }
}

fn metrics(script: &Script, world: &World, log: &mut Log<State>) {
    let ms = |us: u64| us as f64 / 1_000.0;
    let count = world.count;
    let mut lower = |key: &str, label: &str, value: f64, unit: &'static str| {
        log.metric(key, label, value, unit, Better::Lower);
    };
    lower("end_ms", "End", ms(world.now), "ms");
    lower("event_wait_ms_max", "Longest wait of an event", ms(count.event_wait_max), "ms");
    lower("timer_late_ms_max", "Latest timer", ms(count.timer_late_max), "ms");
    lower("pictures_missed", "Pictures missed", count.missed as f64, "pictures");
    let mut neither = |key: &str, label: &str, value: f64, unit: &'static str| {
        log.metric(key, label, value, unit, Better::Neither);
    };
    neither("pictures", "Pictures painted", count.pictures as f64, "pictures");
    neither("turns", "Turns of the loop", f64::from(world.turn), "turns");
    neither("callbacks", "Callbacks", f64::from(count.callbacks), "callbacks");
    neither("small", "From the small queues", f64::from(count.micros), "callbacks");
    neither("busy_ms", "Busy", ms(count.busy_us), "ms");
    let texts: Vec<&str> = loop_scene::printed(script, world);
    for (at, text) in texts.iter().enumerate().filter(|&(at, text)| !texts[..at].contains(text)) {
        log.metric_of("place", text, "Place in what is printed", at as f64 + 1.0, "");
    }
}
