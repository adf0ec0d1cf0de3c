//! The set, the way of an event from its descriptor into the program, and what each call took.

use super::readiness::{APIS, Api, Cost, Scenario, price};
use super::readiness_run::{Phase, State};
use crate::scene::{
    Cell, CellRow, Cells, Chart, ChartKind, Column, Mark, Panel, Queue, QueueRow, Scene, Series,
    Stat, Stats, Table, TableRow, Tone,
};
use crate::words::{grouped, grouped_count as count};

/// Most cells of the set; a larger set is drawn in blocks.
const CELLS_MAX: u64 = 48;

/// Cells in a row.
const ROW: usize = 12;

/// Most chips in a row of the way.
const CHIPS_MAX: usize = 16;

/// Points of a line in the chart.
const POINTS: u64 = 8;

/// Draws one state.
pub(super) fn scene(scenario: &Scenario, state: &State) -> Scene {
    Scene::default()
        .with("set", "Watched descriptors", Panel::Cells(set(scenario, state)))
        .with("way", "From the descriptor to the program", Panel::Queue(way(scenario, state)))
        .with("calls", "What each call took", Panel::Table(calls(scenario, state)))
        .with("now", "In all calls", Panel::Stats(stats(scenario, state)))
        .with("chart", "One call, by how many are watched", Panel::Chart(chart(scenario, state)))
}

/// What is to be said of a block of descriptors.
#[derive(Clone, Copy, Default)]
struct Block {
    n_ready: u64,
    n_asked: u64,
}

fn set(scenario: &Scenario, state: &State) -> Cells {
    let n = scenario.n_watched;
    let size = n.div_ceil(CELLS_MAX);
    let n_blocks = usize::try_from(n.div_ceil(size)).unwrap_or_default();
    let mut blocks = vec![Block::default(); n_blocks];
    let block_of = |place: u32| usize::try_from(u64::from(place) / size).unwrap_or_default();
    for &place in &state.ready {
        blocks[block_of(place)].n_ready += 1;
    }
    for &place in &state.asked {
        blocks[block_of(place)].n_asked += 1;
    }
    let mut rows = Vec::new();
    for (row, some) in blocks.chunks(ROW).enumerate() {
        let (mut heads, mut marks) = (Vec::new(), Vec::new());
        for (column, block) in some.iter().enumerate() {
            let start = ((row * ROW + column) as u64) * size;
            heads.push(grouped(scenario.first_fd + start));
            marks.push(cell(scenario, state, *block, start, size.min(n - start)));
        }
        rows.push(CellRow { label: String::new(), heads, marks });
    }
    Cells { rows }
}

fn cell(scenario: &Scenario, state: &State, block: Block, start: u64, size: u64) -> Mark {
    let first = scenario.first_fd + start;
    let Block { n_ready, n_asked } = block;
    let behind = state.phase == Phase::Broken && scenario.set_size < first + size;
    let (tone, said) = match (n_asked, n_ready) {
        _ if behind => (Tone::Danger, "behind the set"),
        (0, 0) => (Tone::Muted, "no data"),
        (0, _) => (Tone::Ready, "has data"),
        (_, 0) if state.phase == Phase::Asleep => (Tone::Blocked, "the thread waits here"),
        (_, 0) => (Tone::Miss, "asked in vain"),
        _ => (Tone::Hit, "asked, and has data"),
    };
    let label = match (n_ready, size) {
        (0, _) => "–".to_owned(),
        (_, 1) => "data".to_owned(),
        (n, _) => grouped(n),
    };
    let detail = if size == 1 {
        format!("descriptor {}: {said}", grouped(first))
    } else {
        let last = grouped(first + size - 1);
        format!("descriptors {} to {last}: {} with data, {said}", grouped(first), grouped(n_ready))
    };
    Mark::new(format!("cell.{first}"), label).tone(tone).detail(detail)
}

fn way(scenario: &Scenario, state: &State) -> Queue {
    let answered = matches!(state.phase, Phase::Answered);
    let out: &[u32] = if answered { &state.events } else { &[] };
    let waiting = if scenario.api.keeps() { &state.list } else { &state.ready };
    let has_data = |place: &u32| state.ready.contains(place);
    let chip = |place: u32, gone: bool| {
        let fd = grouped(scenario.fd(place));
        let (key, tone, said) = if gone {
            ("again", Tone::Muted, "reported, and asked again at the next call")
        } else if has_data(&place) {
            ("fd", Tone::Ready, "has data")
        } else {
            ("fd", Tone::Muted, "was read empty; the next call asks it and drops it")
        };
        Mark::new(format!("{key}.{fd}"), fd.clone()).tone(tone).detail(format!("{fd} {said}"))
    };
    let inside: Vec<u32> = if scenario.api.keeps() {
        waiting.clone()
    } else {
        waiting.iter().filter(|_| !answered).copied().collect()
    };
    let many = |len: usize| {
        let more = len.saturating_sub(CHIPS_MAX);
        if more == 0 { String::new() } else { format!("and {}", count(more as u64, "more")) }
    };
    let (label, note) = match scenario.api {
        Api::Select | Api::Poll => ("At the descriptors", "no list of them anywhere"),
        Api::Epoll => ("Ready list", "in the kernel"),
        Api::Kqueue => ("Active events", "in the kernel"),
    };
    let row = |key: &str, label: &str, note: String, marks: Vec<Mark>| QueueRow {
        key: key.to_owned(),
        label: label.to_owned(),
        note,
        marks,
    };
    let note = [note.to_owned(), many(inside.len())];
    let note = note.iter().filter(|it| !it.is_empty()).cloned().collect::<Vec<_>>().join(", ");
    let kept = inside.iter().take(CHIPS_MAX).map(|&it| chip(it, out.contains(&it))).collect();
    let mut answer: Vec<Mark> = out.iter().take(CHIPS_MAX).map(|&it| chip(it, false)).collect();
    answer.iter_mut().for_each(|it| it.tone = Tone::Hit);
    let rows = vec![
        row("inside", label, note, kept),
        row("answer", "Answer in the program", many(out.len()), answer),
    ];
    Queue { rows }
}

fn calls(scenario: &Scenario, state: &State) -> Table {
    let columns = vec![
        Column::words("Call"),
        Column::numbers("copied in (bytes)"),
        Column::numbers("asked"),
        Column::numbers("passed over"),
        Column::numbers("copied out (bytes)"),
        Column::numbers("reported"),
        Column::numbers("CPU time (ns)"),
    ];
    let row = |name: String, cost: &Cost, marked: bool| {
        let Cost { in_bytes, out_bytes, n_asked, n_looked, n_reported, .. } = *cost;
        let ns = cost.ns(scenario);
        let numbers = [in_bytes, n_asked, n_looked, out_bytes, n_reported, ns];
        let mut cells = vec![Cell::new(name.clone())];
        cells.extend(numbers.map(|it| Cell::new(grouped(it))));
        TableRow { key: name, actor: None, marked, cells }
    };
    let mut rows = Vec::new();
    let setup = &state.setup;
    if 0 < setup.n_calls {
        let name = match scenario.api {
            Api::Epoll => format!("{} × epoll_ctl", grouped(setup.n_calls)),
            _ => "first kevent".to_owned(),
        };
        rows.push(row(name, setup, state.calls.is_empty()));
    }
    let last = state.calls.len();
    let name = scenario.api.call();
    let each = state.calls.iter().enumerate();
    rows.extend(each.map(|(at, cost)| row(format!("{name} {}", at + 1), cost, at + 1 == last)));
    Table { columns, rows }
}

fn stats(scenario: &Scenario, state: &State) -> Stats {
    let sum = |of: fn(&Cost) -> u64| state.calls.iter().map(of).sum::<u64>();
    let (asked, reported) = (sum(|it| it.n_asked), sum(|it| it.n_reported));
    let copied = sum(|it| it.in_bytes + it.out_bytes);
    let ns: u64 = state.calls.iter().map(|it| it.ns(scenario)).sum();
    Stats {
        items: vec![
            Stat::new("asked", grouped(asked), "descriptors"),
            Stat::new("reported", grouped(reported), "descriptors"),
            Stat::new("copied", grouped(copied), "bytes"),
            Stat::new("CPU time of the calls", grouped(ns), "ns"),
        ],
    }
}

/// The price of one call by all four, from one descriptor to as many as are watched.
fn chart(scenario: &Scenario, state: &State) -> Chart {
    let n_ready = state.calls.last().map_or(1, |it| it.n_reported.max(1));
    let n = scenario.n_watched.max(n_ready);
    let point = |api: Api, n: u64| {
        price(scenario, api, n, n_ready.min(n)).map(|ns| (n as f64, ns as f64 / 1e3))
    };
    let mut xs: Vec<u64> = (0..=POINTS).map(|at| (n * at / POINTS).max(1)).collect();
    xs.dedup();
    let series = APIS.iter().map(|&api| Series {
        label: api.call().to_owned(),
        actor: None,
        points: xs.iter().filter_map(|&n| point(api, n)).collect(),
    });
    Chart {
        kind: ChartKind::Line,
        x_label: "watched (descriptors)".to_owned(),
        y_label: "CPU time of a call (µs)".to_owned(),
        series: series.collect(),
    }
}
