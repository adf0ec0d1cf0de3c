//! Caches drawn: the state of every line in every cache, who is in the lock, and the traffic.

use super::coherence::{State, name};
use super::coherence_bus::Line;
use super::coherence_run::{Phase, Setup};
use crate::engine::Frame;
use crate::scene::{
    Cell, CellRow, Cells, Chart, ChartKind, Column, Gantt, Lane, Mark, Panel, Scene, Series, Span,
    Stat, Stats, Table, TableRow, Tone,
};

/// Points of the traffic that are drawn at most.
const POINTS_MAX: usize = 200;

/// Draws the last state of `past`.
pub(super) fn scene(setup: &Setup, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with("caches", "Lines in the caches", Panel::Cells(caches(setup, state)))
        .with("cpus", "CPUs", Panel::Table(cpus(setup, state)))
        .with("timeline", "Over time", Panel::Gantt(gantt(setup, past)))
        .with("traffic", "Bus transactions so far", Panel::Chart(chart(past)))
        .with("totals", "Totals", Panel::Stats(stats(state)))
}

fn actor(cpu: usize) -> u16 {
    u16::try_from(cpu).unwrap_or_default()
}

/// Names of the lines: the words that lie in each.
pub(super) fn heads(setup: &Setup) -> Vec<String> {
    let mut heads = vec![Vec::new(); setup.n_lines()];
    for (word, name) in setup.words().into_iter().enumerate() {
        heads[setup.line(word)].push(name);
    }
    let short = |words: &Vec<String>| match words.as_slice() {
        [first, .., last] if 2 < words.len() => format!("{first}…{last}"),
        words => words.join("+"),
    };
    heads.iter().map(short).collect()
}

fn caches(setup: &Setup, state: &State) -> Cells {
    let heads = heads(setup);
    let row = |cpu: usize| {
        let mark = |line: usize| {
            let it = state.world.caches.line(cpu, line);
            let tone = match it {
                Line::Modified => Tone::Dirty,
                Line::Exclusive => Tone::Good,
                Line::Shared => Tone::Hit,
                Line::Invalid => Tone::Free,
            };
            let mut mark = Mark::new(format!("line.{cpu}.{line}"), it.letter())
                .tone(tone)
                .detail(format!("{}: {} is {}", name(cpu), heads[line], it.word()));
            if state.about == Some((cpu, line)) {
                mark.actor = Some(actor(cpu));
            }
            mark
        };
        CellRow {
            label: name(cpu),
            heads: heads.clone(),
            marks: (0..setup.n_lines()).map(mark).collect(),
        }
    };
    Cells { rows: (0..setup.n_cpus).map(row).collect() }
}

fn phase(phase: Phase, watches: bool) -> (Tone, &'static str) {
    match (phase, watches) {
        (Phase::Away, _) => (Tone::Plain, "works"),
        (Phase::Spins, true) => (Tone::Blocked, "spins on its own copy"),
        (Phase::Spins, false) => (Tone::Ready, "wants the lock"),
        (Phase::Holds, _) => (Tone::Running, "has the lock"),
        (Phase::Done, _) => (Tone::Done, "done"),
    }
}

fn cpus(setup: &Setup, state: &State) -> Table {
    let columns =
        vec![Column::words("CPU"), Column::words("State"), Column::numbers("Rounds done")];
    let row = |cpu: usize| {
        let it = &state.world.cpus[cpu];
        let (tone, word) = phase(it.phase, it.watches.is_some());
        let cells = vec![
            Cell::new(name(cpu)),
            Cell::new(word).tone(tone),
            Cell::new(it.rounds_done.to_string()),
        ];
        let marked = state.about.is_some_and(|it| it.0 == cpu);
        TableRow { key: format!("cpu.{cpu}"), actor: Some(actor(cpu)), marked, cells }
    };
    Table { columns, rows: (0..setup.n_cpus).map(row).collect() }
}

fn gantt(setup: &Setup, past: &[Frame<State>]) -> Gantt {
    let now = past.last().map_or(0, |it| it.step.time);
    let lane = |cpu: usize| {
        let mut spans: Vec<Span> = Vec::new();
        for pair in past.windows(2) {
            let (start, end) = (pair[0].step.time, pair[1].step.time);
            let it = &pair[0].state.world.cpus[cpu];
            if start == end || matches!(it.phase, Phase::Done | Phase::Away) {
                continue;
            }
            let holds = it.phase == Phase::Holds;
            let (tone, word) =
                if holds { (Tone::Running, "has the lock") } else { (Tone::Blocked, "spins") };
            match spans.last_mut() {
                Some(last) if last.end == start && last.mark.tone == tone => last.end = end,
                _ => {
                    let label = if holds { name(cpu) } else { "spins".to_owned() };
                    let mark = Mark::new(format!("span.{cpu}.{start}"), label)
                        .actor(actor(cpu))
                        .tone(tone)
                        .detail(format!("{} {word} from {start}", name(cpu)));
                    spans.push(Span { start, end, mark });
                }
            }
        }
        let key = format!("lane.{cpu}");
        Lane { key, label: name(cpu), actor: Some(actor(cpu)), spans, events: Vec::new() }
    };
    let lanes = (0..setup.n_cpus).map(lane).collect();
    Gantt { now, end: now.max(setup.bus_cycles), unit: "cycles", lanes }
}

fn chart(past: &[Frame<State>]) -> Chart {
    let every = past.len().div_ceil(POINTS_MAX).max(1);
    let point = |frame: &Frame<State>| {
        (frame.step.time as f64, frame.state.world.caches.traffic.n_bus() as f64)
    };
    let mut points: Vec<(f64, f64)> = Vec::new();
    let kept = past.iter().enumerate().filter(|it| it.0 % every == 0 || it.0 + 1 == past.len());
    for (_, frame) in kept {
        let (x, y) = point(frame);
        match points.last_mut() {
            Some(last) if x <= last.0 => last.1 = y,
            _ => points.push((x, y)),
        }
    }
    Chart {
        kind: ChartKind::Step,
        x_label: "time (cycles)".to_owned(),
        y_label: "bus transactions".to_owned(),
        series: vec![Series { label: "all CPUs".to_owned(), actor: None, points }],
    }
}

fn stats(state: &State) -> Stats {
    let traffic = state.world.caches.traffic;
    let item = |label: &str, n: u64| Stat::new(label, n.to_string(), "");
    Stats {
        items: vec![
            item("bus transactions", traffic.n_bus()),
            item("reads", traffic.n_reads),
            item("reads to write", traffic.n_owns),
            item("upgrades", traffic.n_upgrades),
            item("written back", traffic.n_write_backs),
            item("copies taken away", traffic.n_invalidations),
        ],
    }
}
