//! What it costs to hand a message over: pipe, sockets, message queue and shared memory, by size.
//!
//! # Model
//! A message through the kernel is cut into pieces that fit. Each piece takes two system calls, two
//! copies, what the mechanism itself needs, and a wake-up if the receiver sleeps. Through a ring in
//! shared memory it takes the same copies or none, an exchange between two cores, and a wake-up if
//! the receiver sleeps. Each cost is a setting; the figures on other machines differ, the order hardly.
//! # Ties
//! Of two that cost the same, the first of the list is chosen.
//! # Left out
//! Caches and how they change the cost of a copy, several senders, full buffers, `splice`,
//! and the program that cuts a message that does not fit and puts it together again.
//! # Source
//! `tlpi`, chapter 43, for what each mechanism can do.

use super::ipc_cost_scene;
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use crate::words::{bytes, grouped_count};
use serde::Deserialize;

/// The engine.
pub(crate) struct IpcCost;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(super) message_bytes: u64,
    pub(super) sleeps: bool,
    pub(super) in_place: bool,
    unrelated: bool,
    both_ways: bool,
    boundaries: bool,
    priorities: bool,
    descriptors: bool,
    ready_made: bool,
    call_ns: u64,
    copy_ns: u64,
    wake_ns: u64,
    pipe_ns: u64,
    socket_ns: u64,
    queue_ns: u64,
    exchange_ns: u64,
}

/// A way to hand a message over, and what it can do.
#[derive(Debug)]
pub(super) struct Mechanism {
    pub(super) key: &'static str,
    pub(super) label: &'static str,
    /// Most bytes of one piece; 0 for no limit.
    piece_bytes: u64,
    unrelated: bool,
    both_ways: bool,
    boundaries: bool,
    priorities: bool,
    descriptors: bool,
    /// Whether the kernel makes both sides wait for each other.
    ready_made: bool,
}

/// All of them, in the order of the course.
pub(super) const MECHANISMS: [Mechanism; 5] = [
    Mechanism {
        key: "pipe",
        label: "Pipe",
        piece_bytes: 65_536,
        unrelated: false,
        both_ways: false,
        boundaries: false,
        priorities: false,
        descriptors: false,
        ready_made: true,
    },
    Mechanism {
        key: "stream",
        label: "UNIX socket, stream",
        piece_bytes: 212_992,
        unrelated: true,
        both_ways: true,
        boundaries: false,
        priorities: false,
        descriptors: true,
        ready_made: true,
    },
    Mechanism {
        key: "seqpacket",
        label: "UNIX socket, seqpacket",
        piece_bytes: 212_992,
        unrelated: true,
        both_ways: true,
        boundaries: true,
        priorities: false,
        descriptors: true,
        ready_made: true,
    },
    Mechanism {
        key: "queue",
        label: "POSIX message queue",
        piece_bytes: 8_192,
        unrelated: true,
        both_ways: false,
        boundaries: true,
        priorities: true,
        descriptors: false,
        ready_made: true,
    },
    Mechanism {
        key: "shared",
        label: "Ring in shared memory",
        piece_bytes: 0,
        unrelated: true,
        both_ways: true,
        boundaries: true,
        priorities: false,
        descriptors: false,
        ready_made: false,
    },
];

/// Parts of the cost of one message, in ns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) calls: u64,
    pub(super) copies: u64,
    pub(super) own: u64,
    pub(super) wakes: u64,
}

impl Cost {
    pub(super) const fn sum(self) -> u64 {
        self.calls + self.copies + self.own + self.wakes
    }
}

/// What is seen after a step.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// Sizes that are drawn.
    pub(super) n_sizes: usize,
    /// The size that the table is about.
    pub(super) size: u64,
    /// Why each mechanism is out; empty while it is in.
    pub(super) out: [&'static str; 5],
    pub(super) chosen: Option<usize>,
}

/// Sizes of the chart: 64 bytes to 1 MiB.
pub(super) const SIZES: [u64; 8] = [64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576];

/// What it costs to hand over one message of so many bytes.
pub(super) fn cost(scenario: &Scenario, at: usize, n_bytes: u64) -> Cost {
    let it = &MECHANISMS[at];
    let pieces = if it.piece_bytes == 0 { 1 } else { n_bytes.div_ceil(it.piece_bytes).max(1) };
    let copy = (2 * n_bytes * scenario.copy_ns).div_ceil(1_024);
    let shared = it.key == "shared";
    let own = match it.key {
        "pipe" => scenario.pipe_ns,
        "queue" => scenario.queue_ns,
        "shared" => scenario.exchange_ns,
        _ => scenario.socket_ns,
    };
    // A wake-up in shared memory is a futex: a call of each side.
    let calls = if shared { 2 * u64::from(scenario.sleeps) } else { 2 * pieces };
    Cost {
        calls: calls * scenario.call_ns,
        copies: if shared && scenario.in_place { 0 } else { copy },
        own: own * pieces,
        wakes: if scenario.sleeps { scenario.wake_ns * pieces } else { 0 },
    }
}

/// Why a mechanism cannot do the job; empty if it can.
fn lack(scenario: &Scenario, it: &Mechanism) -> &'static str {
    let needs = [
        (scenario.unrelated, it.unrelated, "it has no name, so only relatives can share it"),
        (scenario.both_ways, it.both_ways, "it goes one way only"),
        (scenario.boundaries, it.boundaries, "it keeps no boundaries between messages"),
        (scenario.priorities, it.priorities, "its messages have no priorities"),
        (scenario.descriptors, it.descriptors, "it cannot carry descriptors"),
        (scenario.ready_made, it.ready_made, "waiting and order must be programmed by hand"),
    ];
    needs.iter().find(|it| it.0 && !it.1).map_or("", |it| it.2)
}

const fn flag(key: &'static str, label: &'static str) -> Field {
    Field::new(key, label, Kind::Flag).or(Preset::Flag(false))
}

const fn ns(key: &'static str, label: &'static str, preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min: 0, max: 100_000 }).unit("ns").or(Preset::Int(preset))
}

impl Engine for IpcCost {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "process/ipc_cost",
        title: "What a message costs",
        summary: "Five ways to hand a message over are compared by size, and one is chosen.",
        look_for: "For small messages calls and wake-ups count, for large ones only the copies.",
        source: "tlpi/43",
        time_unit: "steps",
        markers: &["out", "chosen"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new("message_bytes", "Message", Kind::Int { min: 1, max: 16_777_216 })
            .unit("bytes")
            .help("The size that the choice is made for.")
            .or(Preset::Int(1_024)),
        flag("sleeps", "The receiver sleeps").help("Each piece must wake it."),
        flag("in_place", "Made in place")
            .help("The sender builds the message in the shared memory."),
        flag("unrelated", "Between strangers")
            .help("The processes have no common ancestor that could open it."),
        flag("both_ways", "Both ways").help("One object for questions and answers."),
        flag("boundaries", "Keeps boundaries").help("What was one message arrives as one."),
        flag("priorities", "With priorities"),
        flag("descriptors", "Carries descriptors"),
        flag("ready_made", "Waits by itself")
            .help("The kernel makes a reader wait for data and a writer for room."),
        ns("call_ns", "System call", 150).help("Measured: 151 ns for getppid on a small machine."),
        ns("copy_ns", "Copy of 1 KiB", 100).help("About 10 GB/s."),
        ns("wake_ns", "Wake-up and switch", 1_200)
            .help("A hand-over through a pipe took 1.5 µs, with two calls in it."),
        ns("pipe_ns", "Pipe itself", 100).help("Lock, and a page to hold the bytes; a model."),
        ns("socket_ns", "Socket itself", 400).help("A buffer with a header for each; a model."),
        ns("queue_ns", "Message queue itself", 500)
            .help("Memory for the message, and its place by priority; a model."),
        ns("exchange_ns", "Exchange between cores", 100)
            .help("The line with the positions of the ring travels there and back."),
    ];
    const EXAMPLE: &'static str = "{}";

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let mut state = State::default();
        let mut time = 0;
        for (at, &size) in SIZES.iter().enumerate() {
            (state.n_sizes, state.size) = (at + 1, size);
            log.step(time, "size", || Shot::new(compared(scenario, size), state.clone()))?;
            time += 1;
        }
        state.size = scenario.message_bytes;
        for (at, it) in MECHANISMS.iter().enumerate() {
            let why = lack(scenario, it);
            if why.is_empty() {
                continue;
            }
            state.out[at] = why;
            log.step(time, "out", || {
                let say = format!("The {} is out, because {why}.", spoken(at));
                Shot::new(say, state.clone())
            })?;
            time += 1;
        }
        state.chosen = choose(scenario, &state.out);
        log.step(time, "chosen", || chosen(scenario, &state))?;
        metrics(scenario, &state, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        let Some(last) = past.last() else { return Scene::default() };
        ipc_cost_scene::scene(scenario, &last.state)
    }

    fn actors(_: &Scenario) -> Vec<String> {
        MECHANISMS.iter().map(|it| it.label.to_owned()).collect()
    }
}

/// A name as it stands in a sentence.
fn spoken(at: usize) -> &'static str {
    match MECHANISMS[at].key {
        "pipe" => "pipe",
        "stream" => "UNIX stream socket",
        "seqpacket" => "UNIX seqpacket socket",
        "queue" => "POSIX message queue",
        _ => "ring in shared memory",
    }
}

/// The cheapest of those that are in.
fn choose(scenario: &Scenario, out: &[&str; 5]) -> Option<usize> {
    let all = (0..MECHANISMS.len()).filter(|&it| out[it].is_empty());
    all.min_by_key(|&it| cost(scenario, it, scenario.message_bytes).sum())
}

/// What is the larger part of a cost.
fn reason(cost: Cost) -> &'static str {
    let Cost { calls, copies, own, wakes } = cost;
    let most = calls.max(copies).max(own).max(wakes);
    if most == copies {
        "copies"
    } else if most == wakes {
        "wake-ups"
    } else if most == calls {
        "system calls"
    } else {
        "the work of the mechanism itself"
    }
}

fn compared(scenario: &Scenario, size: u64) -> String {
    let (pipe, shared) = (cost(scenario, 0, size), cost(scenario, 4, size));
    format!(
        "A message of {} takes {} through a pipe, most of it for {}, and {} through the ring, most of \
         it for {}.",
        bytes(size),
        grouped_count(pipe.sum(), "ns"),
        reason(pipe),
        grouped_count(shared.sum(), "ns"),
        reason(shared)
    )
}

fn chosen(scenario: &Scenario, state: &State) -> Shot<State> {
    let Some(at) = state.chosen else {
        let say = "Nothing is left, because no single mechanism can do all of this: combine two of \
                   them.";
        return Shot::new(say.to_owned(), state.clone());
    };
    let time = cost(scenario, at, scenario.message_bytes);
    let say = format!(
        "The {} is chosen, because of those that can do the job it takes the least time for {}: {}.",
        spoken(at),
        bytes(scenario.message_bytes),
        grouped_count(time.sum(), "ns")
    );
    let options = (0..MECHANISMS.len()).filter(|&it| state.out[it].is_empty());
    let options: Vec<usize> = options.collect();
    let answer = options.iter().position(|it| *it == at).unwrap_or_default();
    let labels = options.iter().map(|&it| MECHANISMS[it].label.to_owned()).collect();
    Shot::new(say, state.clone()).ask("Which one takes the least time?", labels, answer)
}

fn metrics(scenario: &Scenario, state: &State, log: &mut Log<State>) {
    let n_out = state.out.iter().filter(|it| !it.is_empty()).count();
    let better = Better::Neither;
    log.metric("n_left", "Mechanisms that can do it", (5 - n_out) as f64, "mechanisms", better);
    let best = state.chosen.map_or(0, |it| cost(scenario, it, scenario.message_bytes).sum());
    log.metric("best_ns", "Time of the chosen one", best as f64, "ns", Better::Lower);
    for (at, it) in MECHANISMS.iter().enumerate() {
        let time = cost(scenario, at, scenario.message_bytes).sum();
        log.metric_of("message_ns", it.key, "Time", time as f64, "ns");
        let speed = rate(scenario.message_bytes, time);
        log.metric_of("rate_mb_per_s", it.key, "Throughput", speed, "MB/s");
    }
}

/// Throughput in MB/s: bytes by ns, times a thousand.
pub(super) fn rate(n_bytes: u64, time_ns: u64) -> f64 {
    1_000.0 * n_bytes as f64 / time_ns.max(1) as f64
}
