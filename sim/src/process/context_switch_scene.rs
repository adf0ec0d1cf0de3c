//! A switch drawn: its parts to scale, where the registers are, and how T2 gets its data back.

use super::context_switch::{State, Vector, micros};
use super::context_switch_cost::{Cost, LINE_BYTES, PartKind};
use crate::scene::{
    Chart, ChartKind, Event, EventKind, Gantt, Lane, Mark, Panel, Part, Pin, Queue, QueueRow,
    Scene, Series, Span, Stat, Stats, Strip, StripRow, Tone, number,
};

/// Draws one state.
pub(super) fn scene(cost: &Cost<'_>, state: State) -> Scene {
    Scene::default()
        .with("parts", "The parts of the switch", Panel::Gantt(gantt(cost, state)))
        .with("registers", "Where the registers are", Panel::Queue(registers(cost, state)))
        .with("data", "T2's data, newest first", Panel::Strip(data(cost, state)))
        .with("after", "What T2 pays afterwards", Panel::Chart(chart(cost, state)))
        .with("stats", "So far", Panel::Stats(stats(cost, state)))
}

fn done(cost: &Cost<'_>, state: State, kind: PartKind) -> bool {
    cost.parts[..state.n_parts].iter().any(|it| it.kind == kind)
}

/// One lane for each part, like stairs: what is done has a span, the rest is still empty.
fn gantt(cost: &Cost<'_>, state: State) -> Gantt {
    let mut start = 0;
    let mut now = 0;
    let mut lanes = Vec::new();
    for (at, part) in cost.parts.iter().enumerate() {
        let end = start + part.cycles;
        let key = format!("part.{}", part.kind.tag());
        let mut spans = Vec::new();
        if at < state.n_parts {
            now = end;
            if start < end {
                let detail = format!("{}: {} cycles", part.kind.label(), part.cycles);
                let mark = Mark::new(key.clone(), part.cycles.to_string());
                spans.push(Span { start, end, mark: mark.detail(detail).tone(Tone::Overhead) });
            }
        }
        let label = part.kind.label().to_owned();
        lanes.push(Lane { key: format!("lane.{key}"), label, actor: None, spans, events: vec![] });
        start = end;
    }
    let event = |at, detail: &str| Event { at, kind: EventKind::Note, detail: detail.to_owned() };
    if let Some(lane) = lanes.first_mut() {
        lane.events.push(event(0, "T1 stops"));
    }
    if state.n_parts == cost.parts.len()
        && let Some(lane) = lanes.last_mut()
    {
        lane.events.push(event(start, "T2 runs"));
    }
    Gantt { now, end: start.max(1), unit: "cycles", lanes }
}

/// Chips travel from the CPU into T1's places in memory, and T2's from there to the CPU.
fn registers(cost: &Cost<'_>, state: State) -> Queue {
    let is = |kind| done(cost, state, kind);
    let vector = cost.scenario.vector != Vector::None;
    let chip = |actor: u16, what: &str, label: &str, detail: &str| {
        let name = if actor == 0 { "T1" } else { "T2" };
        let mark = Mark::new(format!("{name}.{what}"), format!("{name} {label}"));
        mark.actor(actor).detail(format!("{name}'s {detail}"))
    };
    let place = |it| chip(it, "place", "place", "program counter, stack pointer and flags");
    let general = |it| chip(it, "registers", "registers", "general registers and FS base");
    let wide = |it| chip(it, "vector", "vectors", "vector registers");
    let tables = |it| chip(it, "tables", "tables", "page tables: the value for CR3");
    let kernel = Mark::new("kernel", "kernel").tone(Tone::Overhead).detail("kernel code runs");
    let (restored, saved) = (is(PartKind::Restore), is(PartKind::Save));
    let mut rows = [const { Vec::new() }; 5];
    let [cpu, stack_1, task_1, stack_2, task_2] = &mut rows;
    let entered = is(PartKind::Trap);
    if restored {
        cpu.push(place(1));
    } else if entered {
        cpu.push(kernel);
    } else {
        cpu.push(place(0));
    }
    if entered {
        stack_1.push(place(0));
    }
    if saved { &mut *stack_1 } else { &mut *cpu }.push(general(0));
    if !restored {
        stack_2.push(place(1));
    }
    if restored { &mut *cpu } else { stack_2 }.push(general(1));
    if vector {
        if saved { &mut *task_1 } else { &mut *cpu }.push(wide(0));
        if restored { &mut *cpu } else { &mut *task_2 }.push(wide(1));
    }
    if cost.scenario.same_process {
        let detail = "page tables of the process of both threads: the value in CR3";
        cpu.push(Mark::new("tables", "tables of both").detail(detail));
    } else {
        let switched = is(PartKind::SwitchMm);
        if switched { &mut *task_1 } else { &mut *cpu }.push(tables(0));
        if switched { cpu } else { task_2 }.push(tables(1));
    }
    let labels = [
        ("cpu", "CPU"),
        ("stack.T1", "T1's kernel stack"),
        ("task.T1", "T1's task_struct"),
        ("stack.T2", "T2's kernel stack"),
        ("task.T2", "T2's task_struct"),
    ];
    let row = |((key, label), marks): ((&str, &str), Vec<Mark>)| QueueRow {
        key: key.to_owned(),
        label: label.to_owned(),
        note: String::new(),
        marks,
    };
    Queue { rows: labels.into_iter().zip(rows).map(row).collect() }
}

/// How much of T2's data the cache and the TLB hold: still there, gone, and back again.
fn data(cost: &Cost<'_>, state: State) -> Strip {
    let set = cost.scenario.set_kib;
    let touched = state.touched_kib.min(set);
    let flushed = cost.tlb_is_flushed() && !done(cost, state, PartKind::SwitchMm);
    let per_kib = 1_024 / LINE_BYTES;
    let lines = (cost.kept_lines / per_kib, cost.lost_lines.div_ceil(per_kib));
    // Until CR3 is written, the TLB still holds what T1 has left of it.
    let pages = match flushed {
        true => (4 * cost.lost_pages, 0),
        false => (4 * cost.kept_pages, 4 * cost.lost_pages),
    };
    let row = |key: &str, label: &str, (kept, lost): (u64, u64)| {
        let kept = kept.min(set);
        let lost_end = (kept + lost).min(set);
        let back = touched.clamp(kept, lost_end);
        let stretches = [
            ("kept", "still there", 0, kept, Tone::Hit),
            ("back", "fetched again", kept, back, Tone::Used),
            ("lost", "pushed out", back, lost_end, Tone::Miss),
            ("never", "does not fit", lost_end, set, Tone::Free),
        ];
        let parts = stretches.into_iter().filter(|it| it.2 < it.3);
        let parts = parts.map(|(what, text, start, end, tone)| {
            let mark = Mark::new(format!("{key}.{what}"), text).tone(tone);
            Part { start, end, mark: mark.detail(format!("{label}: {text}")) }
        });
        StripRow::new(key, label, parts.collect())
    };
    let mut cache = row("cache", "Cache", lines);
    if done(cost, state, PartKind::Restore) {
        let mark = Mark::new("T2.at", "T2").actor(1).detail("T2 has touched its data up to here");
        cache.pins.push(Pin { at: touched, mark });
    }
    Strip { start: 0, end: set, unit: "KiB", rows: vec![cache, row("tlb", "TLB", pages)] }
}

/// Points of a curve.
const N_POINTS: u64 = 16;

fn chart(cost: &Cost<'_>, state: State) -> Chart {
    let set = cost.scenario.set_kib;
    let step = (2 * set).div_ceil(N_POINTS).max(1);
    let mut places: Vec<u64> =
        (0..).map(|n| n * step).take_while(|it| *it < state.touched_kib).collect();
    places.push(state.touched_kib);
    let curve = |label: &str, of: &dyn Fn(u64) -> u64| Series {
        label: label.to_owned(),
        actor: None,
        points: places.iter().map(|&kib| (kib as f64, of(kib.min(set)) as f64)).collect(),
    };
    let direct = cost.direct_cycles();
    Chart {
        kind: ChartKind::Line,
        x_label: "touched by T2 (KiB)".to_owned(),
        y_label: "cycles".to_owned(),
        series: vec![
            curve("cache misses", &|kib| cost.cache_cycles(kib)),
            curve("TLB misses", &|kib| cost.tlb_cycles(kib)),
            Series {
                label: "the switch itself".to_owned(),
                actor: None,
                points: vec![(0.0, direct as f64), (2.0 * set as f64, direct as f64)],
            },
        ],
    }
}

fn stats(cost: &Cost<'_>, state: State) -> Stats {
    let scenario = cost.scenario;
    let direct: u64 = cost.parts[..state.n_parts].iter().map(|it| it.cycles).sum();
    let after = cost.indirect_cycles(state.touched_kib.min(scenario.set_kib));
    let time = micros(direct + after, scenario.mhz);
    let busy = (direct + after) as f64 * scenario.switches_per_s as f64;
    let share = number(busy / (scenario.mhz as f64 * 1e4), 1);
    let label = format!("of a core, at {} switches a second", scenario.switches_per_s);
    Stats {
        items: vec![
            Stat::new("switch", direct.to_string(), "cycles"),
            Stat::new("misses after it", after.to_string(), "cycles"),
            Stat::new("both", time, "µs"),
            Stat::new(label, share, "%"),
        ],
    }
}
