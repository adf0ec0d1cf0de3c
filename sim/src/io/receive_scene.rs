//! The picture: who has the CPU, where the packets are, and the curve of what is delivered.

use super::receive_path::{Design, Scenario, rates};
use super::receive_run::{Poll, State, WHO, Who, name};
use crate::engine::Frame;
use crate::scene::{
    Chart, ChartKind, Gantt, Lane, Mark, Panel, Queue, QueueRow, Scene, Series, Span, Stat, Stats,
    Tone,
};
use crate::words::grouped;
use std::collections::VecDeque;

/// Offered packets of the curve, in per cent of what one interrupt for each packet can bear.
const LOADS: [u64; 9] = [25, 50, 75, 100, 125, 150, 200, 250, 300];

/// Chips of a row.
const CHIPS: usize = 12;

/// Draws the last state of `past`.
pub(super) fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with("packets", "Where the packets are", Panel::Queue(packets(scenario, state)))
        .with("cpu", "Who has the CPU", Panel::Gantt(cpu(scenario, past, state)))
        .with("curve", "Offered and delivered, in both designs", Panel::Chart(curve(scenario)))
        .with("stats", "So far", Panel::Stats(stats(state)))
}

fn chip(packet: u64, tone: Tone) -> Mark {
    Mark::new(format!("packet.{packet}"), name(packet).to_string())
        .tone(tone)
        .detail(format!("packet {}", name(packet)))
}

fn row(key: &str, label: &str, note: String, list: &VecDeque<u64>, tone: Tone) -> QueueRow {
    let marks = list.iter().take(CHIPS).map(|it| chip(*it, tone)).collect();
    QueueRow { key: key.to_owned(), label: label.to_owned(), note, marks }
}

fn packets(scenario: &Scenario, state: &State) -> Queue {
    let of = |list: &VecDeque<u64>, most: usize| format!("{} of {most}", list.len());
    let coming = (state.n_arrived..scenario.packets).take(4).collect();
    let told = if state.poll == Poll::Off { "interrupts on" } else { "interrupts off" };
    let ring = format!("{}, {told}", of(&state.ring, scenario.ring));
    let mut rows = vec![
        row("wire", "To come", String::new(), &coming, Tone::Plain),
        row("ring", "Ring", ring, &state.ring, Tone::Ready),
    ];
    if scenario.design == Design::Interrupts {
        rows.push(row(
            "queue",
            "Queue",
            of(&state.queue, scenario.queue),
            &state.queue,
            Tone::Ready,
        ));
    }
    let n = |n: u64| if n == 0 { String::new() } else { n.to_string() };
    rows.extend([
        row("socket", "Socket", of(&state.socket, scenario.socket), &state.socket, Tone::Used),
        row("done", "Program", n(state.n_delivered), &state.done, Tone::Done),
        row("lost", "Lost", n(state.n_lost()), &state.lost, Tone::Danger),
    ]);
    Queue { rows }
}

fn cpu(scenario: &Scenario, past: &[Frame<State>], state: &State) -> Gantt {
    let mut lanes = Vec::new();
    for (who, label) in WHO {
        if who == Who::Thread && scenario.design == Design::Interrupts {
            continue;
        }
        let tone = match who {
            Who::Handler => Tone::Overhead,
            Who::Softirq | Who::Thread => Tone::Used,
            Who::Program => Tone::Running,
        };
        let mut spans: Vec<Span> = Vec::new();
        for &(start, end, _) in past.iter().flat_map(|it| &it.state.ran).filter(|it| it.2 == who) {
            match spans.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ => {
                    let mark = Mark::new(format!("{label}.{start}"), "").tone(tone).detail(label);
                    spans.push(Span { start, end, mark });
                }
            }
        }
        lanes.push(Lane {
            key: label.to_owned(),
            label: label.to_owned(),
            actor: None,
            spans,
            events: Vec::new(),
        });
    }
    let end = scenario.arrival(scenario.packets).max(state.now);
    Gantt { now: state.now, end, unit: "ns", lanes }
}

/// What reaches the program at each rate.
fn curve(scenario: &Scenario) -> Chart {
    let one = scenario.interrupt_ns + scenario.protocol_ns + scenario.program_ns;
    let series = [(Design::Interrupts, "an interrupt each"), (Design::Napi, "NAPI")];
    let line = |(design, label): (Design, &str)| {
        let point = |load: &u64| {
            let (offered, delivered) = rates(scenario, design, one * 100 / load);
            (offered as f64 / 1_000.0, delivered as f64 / 1_000.0)
        };
        Series { label: label.to_owned(), actor: None, points: LOADS.iter().map(point).collect() }
    };
    Chart {
        kind: ChartKind::Line,
        x_label: "offered (packets/ms)".to_owned(),
        y_label: "delivered (packets/ms)".to_owned(),
        series: series.map(line).into(),
    }
}

fn stats(state: &State) -> Stats {
    let of = |label: &str, n: u64, unit| Stat::new(label, grouped(n), unit);
    Stats {
        items: vec![
            of("Reached the program", state.n_delivered, "packets"),
            of("Lost in the ring, for nothing", state.n_lost_ring, "packets"),
            of("Lost after work", state.n_lost_queue + state.n_lost_socket, "packets"),
            of("Interrupts", state.n_interrupts, "interrupts"),
            of("Work on lost packets", state.wasted_ns, "ns"),
        ],
    }
}
