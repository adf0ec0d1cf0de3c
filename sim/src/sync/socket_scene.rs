//! Three CPUs over time, and where the packets are.

use super::socket_receive::{State, name};
use super::socket_run::{Did, Kind, N_CPUS, Setup};
use crate::engine::Frame;
use crate::scene::{Gantt, Lane, Mark, Panel, Queue, QueueRow, Scene, Span, Stat, Stats, Tone};

/// Draws the last state of `past`.
pub(super) fn scene(setup: &Setup, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with("timeline", "CPUs over time", Panel::Gantt(gantt(setup, past)))
        .with("packets", "Where the packets are", Panel::Queue(packets(setup, state)))
        .with("totals", "So far", Panel::Stats(stats(state)))
}

fn actor(cpu: usize) -> u16 {
    u16::try_from(cpu).unwrap_or_default()
}

const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Interrupt => "interrupt",
        Kind::Route => "route",
        Kind::Enqueue => "enqueue",
        Kind::Receive => "recv",
    }
}

/// Spans of one step, up to `now`.
fn spans(did: &Did, now: u64, out: &mut Vec<Span>) {
    let parts = [
        (did.start, did.from, Tone::Blocked, "spins"),
        (did.from, did.unlock, Tone::Running, word(did.kind)),
        (did.unlock, did.end, Tone::Plain, "copy"),
    ];
    for (start, end, tone, word) in parts {
        let end = end.min(now);
        if start < end {
            let tone = if did.kind == Kind::Interrupt { Tone::Overhead } else { tone };
            let mark = Mark::new(format!("span.{}.{start}", did.cpu), word)
                .actor(actor(did.cpu))
                .tone(tone)
                .detail(format!("{} for packet {}: {word}", name(did.cpu), did.packet));
            out.push(Span { start, end, mark });
        }
    }
}

fn gantt(setup: &Setup, past: &[Frame<State>]) -> Gantt {
    let now = past.last().map_or(0, |it| it.step.time);
    let lane = |cpu: usize| {
        let mut own = Vec::new();
        for did in past.iter().filter_map(|it| it.state.did).filter(|it| it.cpu == cpu) {
            spans(&did, now, &mut own);
        }
        let key = format!("lane.{cpu}");
        Lane { key, label: name(cpu), actor: Some(actor(cpu)), spans: own, events: Vec::new() }
    };
    let least = u64::from(setup.n_packets) * setup.gap_ns;
    Gantt { now, end: now.max(least).max(1), unit: "ns", lanes: (0..N_CPUS).map(lane).collect() }
}

fn packets(setup: &Setup, state: &State) -> Queue {
    let chip = |packet: u32, tone: Tone| {
        Mark::new(format!("packet.{packet}"), packet.to_string())
            .tone(tone)
            .detail(format!("packet {packet}"))
    };
    let mut rows = Vec::new();
    let rings = if setup.per_cpu { N_CPUS } else { 1 };
    for (cpu, it) in state.world.cpus.iter().enumerate().take(rings) {
        rows.push(QueueRow {
            key: format!("ring.{cpu}"),
            label: format!("ring of {}", name(cpu)),
            note: if it.polls { "polled" } else { "interrupts on" }.to_owned(),
            marks: it.ring.iter().map(|&it| chip(it, Tone::Ready)).collect(),
        });
    }
    for (at, queue) in state.world.queues.iter().enumerate() {
        let label = match setup.per_cpu {
            true => format!("queue of {}", name(at)),
            false => "socket queue".to_owned(),
        };
        rows.push(QueueRow {
            key: format!("queue.{at}"),
            label,
            note: String::new(),
            marks: queue.iter().map(|it| chip(it.0, Tone::Used)).collect(),
        });
    }
    let busy = state.did.iter().map(|did| {
        let mut mark = chip(did.packet, Tone::Running);
        mark.key = format!("now.{}", did.packet);
        mark.actor(actor(did.cpu))
    });
    rows.push(QueueRow {
        key: "now".to_owned(),
        label: "in this step".to_owned(),
        note: state.did.map_or(String::new(), |it| word(it.kind).to_owned()),
        marks: busy.collect(),
    });
    Queue { rows }
}

fn stats(state: &State) -> Stats {
    let world = &state.world;
    Stats {
        items: vec![
            Stat::new("read", world.n_delivered.to_string(), "packets"),
            Stat::new("dropped", world.n_dropped.to_string(), "packets"),
            Stat::new("spun", world.spin_ns.to_string(), "ns"),
        ],
    }
}
