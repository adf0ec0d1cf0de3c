//! Four shapes of a server under the same requests: a process or a thread for each connection, an
//! event loop on each core, and loops with a pool of threads.
//!
//! # Model
//! Requests come one after the other. Each computes, waits for a backend or a disk, and computes
//! again. With a thread or a process for each connection the cores take whoever is ready, one burst
//! after the other, and each burst costs a switch. A loop belongs to a core and to a share of the
//! connections; its bursts cost a little dispatching. A wait that a loop can watch costs it nothing; one
//! that it cannot, such as a file, stops it, or goes to the pool and comes back as an event.
//! # Ties
//! First come, first served, everywhere. What ends and what comes at one moment: the end first.
//! # Left out
//! Preemption, caches, locks, the network and its buffers. Switching between processes costs what it
//! costs between threads; measured, they differ by a few per cent. A core has no rest between bursts.
//! # Source
//! `kegel-1999`; `pai-1999`. Memory for each thread and connection is what the lesson measured.

use super::servers_run::{SHAPES, Shape, State, Summary, memory_kib, serve, summary};
use super::servers_scene as scene;
use crate::engine::{Better, Engine, Frame, Log, Meta, Mode};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct Servers;

/// What a request waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wait {
    Socket,
    File,
}

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(super) shape: Shape,
    pub(super) n_requests: u64,
    pub(super) gap_us: u64,
    pub(super) random: bool,
    pub(super) seed: u64,
    pub(super) compute_us: u64,
    pub(super) wait: Wait,
    pub(super) wait_us: u64,
    pub(super) cores: u64,
    pub(super) pool: u64,
    pub(super) workers_max: u64,
    pub(super) switch_us: u64,
    pub(super) dispatch_us: u64,
    pub(super) n_connections: u64,
    pub(super) socket_kib: u64,
    pub(super) state_kib: u64,
    pub(super) thread_kib: u64,
    pub(super) process_kib: u64,
    pub(super) stack_kib: u64,
}

const fn int(key: &'static str, label: &'static str, (min, max): (i64, i64), preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min, max }).or(Preset::Int(preset))
}

impl Engine for Servers {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "io/servers",
        title: "Shapes of a server",
        summary: "The same requests for processes, threads, event loops, and loops with a pool.",
        look_for: "See who waits for whom, and compare the slowest requests of the four shapes.",
        source: "kegel-1999/strategies",
        time_unit: "µs",
        markers: &["block", "full"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new(
            "shape",
            "Shape",
            Kind::Choice(&[
                ("process", "a process for each connection"),
                ("thread", "a thread for each connection"),
                ("event_loop", "an event loop on each core"),
                ("loop_pool", "loops, and a pool of threads"),
            ]),
        )
        .or(Preset::Text("thread")),
        int("n_requests", "Requests", (1, 200), 24).unit("requests").work(),
        int("gap_us", "One request every", (1, 100_000), 100).unit("µs").work(),
        Field::new("random", "At random", Kind::Flag)
            .help("Gaps between nothing and twice as much.")
            .or(Preset::Flag(false))
            .work(),
        int("seed", "Seed", (0, 1_000_000), 1).work(),
        int("compute_us", "A request computes", (2, 1_000_000), 80).unit("µs").work(),
        Field::new(
            "wait",
            "And waits for",
            Kind::Choice(&[("socket", "a socket, which a loop can watch"), ("file", "a file")]),
        )
        .or(Preset::Text("socket"))
        .work(),
        int("wait_us", "So long", (0, 1_000_000), 400).unit("µs").work(),
        int("cores", "Cores", (1, 8), 1).unit("cores"),
        int("pool", "Threads of the pool", (1, 64), 4).unit("threads"),
        int("workers_max", "Threads or processes at most", (1, 10_000), 1_000)
            .help("Whoever comes when all are in use waits to be accepted."),
        int("switch_us", "Switch", (0, 1_000), 2).unit("µs"),
        int("dispatch_us", "Dispatch of an event", (0, 1_000), 1).unit("µs"),
        int("n_connections", "Connections held open", (1, 1_000_000), 10_000)
            .unit("connections")
            .help("For the memory; most of them are silent."),
        int("socket_kib", "Socket", (0, 1_000), 4).unit("KiB").help("In the kernel, each."),
        int("state_kib", "State of a connection", (0, 10_000), 10).unit("KiB"),
        int("thread_kib", "Thread", (1, 100_000), 26).unit("KiB").help("Really used."),
        int("process_kib", "Process", (1, 1_000_000), 1_024).unit("KiB").help("Really used."),
        int("stack_kib", "Reserved for a stack", (16, 100_000), 1_024)
            .unit("KiB")
            .help("Addresses, not memory."),
    ];
    const EXAMPLE: &'static str = r#"{"shape":"event_loop","wait":"file","n_requests":24,
        "gap_us":300,"compute_us":80,"wait_us":400,"cores":1}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let mut others = Vec::new();
        for shape in SHAPES {
            let run = serve(scenario, shape, &[], &mut Log::new(Mode::MetricsOnly))?;
            others.push(summary(scenario, shape, &run));
        }
        let run = serve(scenario, scenario.shape, &others, log)?;
        metrics(scenario, &summary(scenario, scenario.shape, &run), log);
        for (shape, it) in SHAPES.iter().zip(&others) {
            log.metric_of("p99_us", shape.key(), "99% are faster", it.p99_us as f64, "µs");
            log.metric_of("memory_kib", shape.key(), "Memory", it.memory_kib as f64, "KiB");
        }
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(scenario, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        (1..=scenario.n_requests).map(|it| it.to_string()).collect()
    }
}

fn metrics(scenario: &Scenario, it: &Summary, log: &mut Log<State>) {
    let mut add = |key, label, value: u64, unit| {
        log.metric(key, label, value as f64, unit, Better::Lower);
    };
    add("p50_us", "Half are faster", it.p50_us, "µs");
    add("p95_us", "95% are faster", it.p95_us, "µs");
    add("p99_us", "99% are faster", it.p99_us, "µs");
    add("latency_us_max", "The slowest", it.max_us, "µs");
    add("n_switches", "Switches", it.n_switches, "switches");
    add("time_us", "Until all are served", it.end_us, "µs");
    add("memory_kib", "Memory for the connections", it.memory_kib, "KiB");
    let reserved = match scenario.shape {
        Shape::Thread => scenario.n_connections * scenario.stack_kib,
        Shape::Process | Shape::EventLoop | Shape::LoopPool => 0,
    };
    add("stacks_kib", "Addresses reserved for stacks", reserved, "KiB");
    let each = memory_kib(scenario, scenario.shape, 1_000) as f64 / 1_000.0;
    log.metric("connection_kib", "Memory of a connection", each, "KiB", Better::Lower);
}

#[cfg(test)]
mod tests {
    use crate::{Entry, Mode, Rng, Run, engine};
    use serde_json::{Value, json};

    const NAMES: [&str; 4] = ["process", "thread", "event_loop", "loop_pool"];

    fn entry() -> &'static Entry {
        engine("io/servers").unwrap()
    }

    fn run(given: &Value) -> Run {
        entry().run(given, Mode::MetricsOnly).unwrap()
    }

    fn metric(run: &Run, key: &str) -> u64 {
        run.metric(key).unwrap() as u64
    }

    fn with(given: &Value, key: &str, value: Value) -> Value {
        let mut given = given.clone();
        given[key] = value;
        given
    }

    /// One request alone: its two bursts, its wait, and what the shape adds.
    #[test]
    fn alone_a_request_takes_what_it_is_made_of() {
        let mut rng = Rng::new(10);
        for _ in 0..200 {
            let (compute, wait) = (rng.between(2, 500), rng.between(1, 500));
            let kind = ["socket", "file"][rng.below(2) as usize];
            let given = json!({"n_requests": 1, "compute_us": compute, "wait_us": wait,
                "wait": kind, "switch_us": 3, "dispatch_us": 1});
            for name in NAMES {
                let extra = match (name, kind) {
                    ("process" | "thread", _) => 6,
                    ("event_loop", "file") => 1,
                    ("loop_pool", "file") => 2 + 6,
                    _ => 2,
                };
                let got = run(&with(&given, "shape", json!(name)));
                assert_eq!(metric(&got, "p50_us"), compute + wait + extra, "{given} {name}");
            }
        }
    }

    #[test]
    fn every_request_is_served_and_none_before_its_work_is_done() {
        let mut rng = Rng::new(11);
        for _ in 0..100 {
            let wait = ["socket", "file"][rng.below(2) as usize];
            let given = json!({"n_requests": rng.between(1, 60), "gap_us": rng.between(1, 300),
                "random": true, "seed": rng.below(1_000), "compute_us": rng.between(2, 200),
                "wait_us": rng.below(600), "wait": wait,
                "cores": rng.between(1, 4), "pool": rng.between(1, 4),
                "workers_max": rng.between(1, 20)});
            for name in NAMES {
                let run = entry().run(&with(&given, "shape", json!(name)), Mode::Frames).unwrap();
                let n_done =
                    (0..run.len()).filter(|&at| run.step(at).unwrap().tag == "done").count();
                assert_eq!(n_done as u64, given["n_requests"].as_u64().unwrap(), "{given} {name}");
                let least =
                    given["compute_us"].as_u64().unwrap() + given["wait_us"].as_u64().unwrap();
                assert!(least <= metric(&run, "p50_us"), "{given} {name}");
                let order = ["p50_us", "p95_us", "p99_us", "latency_us_max"];
                assert!(order.is_sorted_by_key(|it| metric(&run, it)), "{given} {name}");
                // Cores cannot do more work than there is time.
                let work = given["compute_us"].as_u64().unwrap() * n_done as u64;
                let cores = given["cores"].as_u64().unwrap();
                assert!(work <= cores * metric(&run, "time_us"), "{given} {name}");
            }
        }
    }

    /// A loop that reads files itself serves one request after the other; a pool cures that.
    #[test]
    fn a_file_stops_a_loop_and_not_a_pool() {
        let given = json!({"shape": "event_loop", "wait": "file", "n_requests": 40, "gap_us": 300,
            "compute_us": 80, "wait_us": 400});
        let alone = run(&given);
        // 481 µs of work come every 300 µs: the queue grows by 181 µs with each request.
        assert_eq!(metric(&alone, "latency_us_max"), 481 + 39 * 181);
        assert!(metric(&alone, "p99_us.loop_pool") < 600);
        assert!(metric(&alone, "p99_us.thread") < 600);
        let watched = run(&with(&given, "wait", json!("socket")));
        assert_eq!(metric(&watched, "latency_us_max"), 482);
    }

    /// expected.json, `connections_004`: `threads_10000_x_1MiB_GiB`, `realistic_resident_10000_threads_MiB`.
    #[test]
    fn memory_is_that_of_the_reference() {
        let given = json!({"shape": "thread", "n_connections": 10_000, "thread_kib": 24,
            "socket_kib": 0, "state_kib": 0});
        let threads = run(&given);
        let gib = threads.metric("stacks_kib").unwrap() / f64::from(1 << 20);
        assert!((gib - 9.7656).abs() < 1e-4, "{gib}");
        let mib = threads.metric("memory_kib").unwrap() / 1024.0;
        assert!((mib - 234.4).abs() < 0.05, "{mib}");
    }

    /// `processes_1000_x_10MB_GB` and `event_loop_1e6_x_10KB_GB`, with the same units on both sides.
    #[test]
    fn a_thousand_processes_are_a_million_connections() {
        let processes = json!({"shape": "process", "n_connections": 1_000, "process_kib": 10_000,
            "socket_kib": 0, "state_kib": 0});
        let events = json!({"shape": "event_loop", "n_connections": 1_000_000, "state_kib": 10,
            "socket_kib": 0, "cores": 1, "thread_kib": 1});
        assert_eq!(metric(&run(&processes), "memory_kib"), 10_000_000);
        assert_eq!(metric(&run(&events), "memory_kib"), 10_000_001);
    }
}
