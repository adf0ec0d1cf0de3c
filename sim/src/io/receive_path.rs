//! From the card to the program: interrupts and polling with a budget, or an interrupt for each packet.
//!
//! # Model
//! Packets come at fixed times into the ring of a card; one that finds the ring full is lost. With NAPI
//! the first one interrupts: the handler turns the card's interrupts off and asks for a softirq, which
//! takes packet after packet through the protocols into the socket's queue. When the ring is empty,
//! interrupts are on again. When the budget is used up before, `ksoftirqd` goes on as a thread and takes
//! turns with the program; with threaded NAPI a thread does so from the start. With pure interrupts each packet interrupts: the handler puts it into a queue
//! of the protocols, a softirq takes it from there to the socket, and the program comes last. A handler
//! stops a softirq, and both stop the program. What finds a queue full is lost, with all work on it.
//! # Ties
//! What arrives at the moment when a step ends is in the ring before it. The program has the first turn
//! when a thread begins to poll; who has nothing to do passes its turn on.
//! # Left out
//! Several CPUs and queues, moderation by the card, GRO, the limit of time beside the budget, the 64
//! packets of one poll, which change nothing with a single device, and the cost of switching.
//! # Source
//! `linux-napi` and `linux-net-sysctl` for polling, threads and budget; `mogul-1997` for the livelock of
//! pure interrupts, and for the limit that polling needs so that programs go on. The prices are round
//! numbers: 2 µs for an interrupt are the lesson's, the others are assumptions.

use super::receive_run::{Sim, State};
use super::receive_scene as scene;
use crate::amounts::share;
use crate::engine::{Better, Engine, Frame, Log, Meta, Mode};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct ReceivePath;

/// How the kernel learns of packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Design {
    Napi,
    Interrupts,
}

/// What the reader sets.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Scenario {
    pub(super) design: Design,
    pub(super) packets: u64,
    pub(super) gap_ns: u64,
    pub(super) burst: u64,
    pub(super) pause_ns: u64,
    pub(super) ring: usize,
    pub(super) queue: usize,
    pub(super) socket: usize,
    pub(super) budget: u64,
    pub(super) threaded: bool,
    pub(super) slice_ns: u64,
    pub(super) interrupt_ns: u64,
    pub(super) protocol_ns: u64,
    pub(super) program_ns: u64,
}

impl Scenario {
    /// When a packet arrives.
    pub(super) const fn arrival(&self, packet: u64) -> u64 {
        packet * self.gap_ns + packet / self.burst * self.pause_ns
    }
}

impl Engine for ReceivePath {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "io/receive_path",
        title: "Receiving packets: interrupt, then poll",
        summary: "A card's packets reach a program by interrupts and polling, or drown it in interrupts.",
        look_for: "See when interrupts are off, where packets are lost, and how much work was put into those that are lost.",
        source: "mogul-1997/3",
        time_unit: "ns",
        markers: &["interrupt", "budget", "complete", "lost"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new(
            "design",
            "Packets are told by",
            Kind::Choice(&[
                ("napi", "an interrupt, then polling (NAPI)"),
                ("interrupts", "an interrupt for each packet"),
            ]),
        ),
        Field::new("packets", "Packets", Kind::Int { min: 1, max: 400 })
            .unit("packets")
            .or(Preset::Int(24))
            .work(),
        Field::new("gap_ns", "From one to the next", Kind::Int { min: 10, max: 1_000_000 })
            .unit("ns")
            .or(Preset::Int(2_000))
            .help("67 ns are the smallest packets at 10 Gbit/s."),
        Field::new("burst", "Packets of a burst", Kind::Int { min: 1, max: 400 })
            .unit("packets")
            .or(Preset::Int(1)),
        Field::new("pause_ns", "Pause after a burst", Kind::Int { min: 0, max: 1_000_000 })
            .unit("ns")
            .or(Preset::Int(0)),
        Field::new("ring", "Ring of the card", Kind::Int { min: 1, max: 256 })
            .unit("packets")
            .or(Preset::Int(8))
            .help("Real ones have hundreds or thousands of places."),
        Field::new("queue", "Queue before the protocols", Kind::Int { min: 1, max: 256 })
            .unit("packets")
            .or(Preset::Int(8))
            .help("Only the design with an interrupt for each packet has one."),
        Field::new("socket", "Queue of the socket", Kind::Int { min: 1, max: 256 })
            .unit("packets")
            .or(Preset::Int(8)),
        Field::new("budget", "Budget of the softirq", Kind::Int { min: 1, max: 300 })
            .unit("packets")
            .or(Preset::Int(300))
            .help("NAPI alone reads it; Linux has 300."),
        Field::new("threaded", "Polling in a thread from the start", Kind::Flag)
            .or(Preset::Flag(false))
            .help("NAPI alone reads it: then there is no softirq, and the program has its turns at once."),
        Field::new(
            "slice_ns",
            "A turn of thread or program",
            Kind::Int { min: 1_000, max: 10_000_000 },
        )
        .unit("ns")
        .or(Preset::Int(10_000))
        .help("Really a few milliseconds."),
        Field::new("interrupt_ns", "An interrupt takes", Kind::Int { min: 1, max: 20_000 })
            .unit("ns")
            .or(Preset::Int(2_000))
            .help("With everything around it; 1 to 2 µs is usual."),
        Field::new("protocol_ns", "The protocols take", Kind::Int { min: 1, max: 20_000 })
            .unit("ns")
            .or(Preset::Int(1_000))
            .help("An assumption, for each packet; with NAPI the poll is in it."),
        Field::new("program_ns", "The program takes", Kind::Int { min: 1, max: 20_000 })
            .unit("ns")
            .or(Preset::Int(2_000))
            .help("An assumption, for each packet."),
    ];
    const EXAMPLE: &'static str = r#"{"design": "napi", "packets": 16, "gap_ns": 1500, "burst": 8, "pause_ns": 40000, "budget": 4}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let mut sim = Sim::new(scenario);
        sim.run(log)?;
        metrics(scenario, &sim.state, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(scenario, past)
    }
}

/// Packets offered and packets that reach the program, in a thousandth of a packet each ms, for another
/// design and gap.
pub(super) fn rates(scenario: &Scenario, design: Design, gap_ns: u64) -> (u64, u64) {
    let gap_ns = gap_ns.max(1);
    let other =
        Scenario { design, gap_ns, packets: 200, burst: 1, pause_ns: 0, ..scenario.clone() };
    let mut sim = Sim::new(&other);
    let is_done = sim.run(&mut Log::new(Mode::MetricsOnly)).is_ok();
    let n = if is_done { sim.state.n_in_time } else { 0 };
    (1_000_000_000 / gap_ns, n * 1_000_000_000 / other.arrival(other.packets).max(1))
}

fn metrics(scenario: &Scenario, state: &State, log: &mut Log<State>) {
    let (lower, neither) = (Better::Lower, Better::Neither);
    let mut put = |key: &str, label: &str, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    put("n_delivered", "Reached the program", state.n_delivered, "packets", Better::Higher);
    put("n_lost", "Lost", state.n_lost(), "packets", lower);
    put("n_lost_ring", "Lost before any work", state.n_lost_ring, "packets", lower);
    put(
        "n_lost_later",
        "Lost after work",
        state.n_lost_queue + state.n_lost_socket,
        "packets",
        lower,
    );
    put("n_interrupts", "Interrupts", state.n_interrupts, "interrupts", lower);
    put("n_budget", "Budget used up", state.n_budget, "times", neither);
    put("wasted_ns", "Work on packets that were lost", state.wasted_ns, "ns", lower);
    put("time_ns", "Until the last one is done", state.now, "ns", neither);
    put(
        "n_in_time",
        "Reached the program while packets came",
        state.n_in_time,
        "packets",
        Better::Higher,
    );
    let mean = share(state.latency_ns, state.n_delivered);
    log.metric("latency_ns_mean", "From the wire to the program, on average", mean, "ns", lower);
    let lost = share(state.n_lost(), scenario.packets);
    log.metric("lost_share", "Share that is lost", lost, "", lower);
    let handler = share(state.n_interrupts * scenario.interrupt_ns, state.now);
    log.metric("interrupt_share", "Share of the time in handlers", handler, "", lower);
}
