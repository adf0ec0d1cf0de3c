//! Frames with the entries that refer to them, the page tables, and the prices.

use super::cost::{Price, price, prices};
use super::world::{Kind, Memory, Pte, World, contents, frame_name, name};
use super::{METHODS, Method, Scenario};
use crate::amounts::actor;
use crate::engine::Frame;
use crate::scene::{
    Cell, CellRow, Cells, Chart, ChartKind, Column, Mark, Panel, Queue, QueueRow, Scene, Series,
    Stat, Stats, Table, TableRow, Tone, number,
};
use crate::words::count;

/// Points of each line of the chart.
const N_POINTS: u64 = 8;

/// Draws the last state.
pub(super) fn scene(setup: &Scenario, past: &[Frame<World>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with("frames", "Frames, and who refers to them", Panel::Queue(frames(setup, state)))
        .with("tables", "Page tables", Panel::Cells(tables(setup, state)))
        .with("now", "So far", Panel::Stats(stats(state)))
        .with("prices", "What it costs", Panel::Table(price_table(setup)))
        .with("sizes", "The call by size", Panel::Chart(chart(setup)))
}

/// What an entry allows, in a word.
fn rights(setup: &Scenario, page: usize, pte: Pte) -> (&'static str, Tone) {
    match (setup.layout().kind(page), pte.writable) {
        (_, true) => ("rw", Tone::Used),
        (Kind::Text, false) => ("r", Tone::Muted),
        (_, false) => ("cow", Tone::Ready),
    }
}

fn own(world: &World) -> impl Iterator<Item = (usize, &Vec<Pte>)> {
    world.procs.iter().enumerate().filter_map(|(who, it)| match it {
        Some(Memory::Own(ptes)) => Some((who, ptes)),
        _ => None,
    })
}

fn frames(setup: &Scenario, world: &World) -> Queue {
    let layout = setup.layout();
    let row = |(at, frame): (usize, &super::world::Frame)| {
        let mut marks = Vec::new();
        for (who, ptes) in own(world) {
            for (page, pte) in ptes.iter().enumerate().filter(|it| it.1.frame == at) {
                let (word, tone) = rights(setup, page, *pte);
                let text = format!("{} {}", name(who), layout.name(page));
                let detail = format!("Page {} of {}: {word}", layout.name(page), name(who));
                let acts = world.about == Some((who, Some(page)));
                marks.push(
                    Mark::new(format!("pte.{who}.{page}"), text)
                        .actor(actor(who))
                        .tone(if acts { Tone::Running } else { tone })
                        .detail(detail),
                );
            }
        }
        let note = match frame.refs {
            0 => "free".to_owned(),
            refs => {
                format!("{}, {}", contents(layout, *frame), count(refs.into(), "references"))
            }
        };
        QueueRow { key: format!("frame.{at}"), label: frame_name(at), note, marks }
    };
    Queue { rows: world.frames.iter().enumerate().map(row).collect() }
}

fn tables(setup: &Scenario, world: &World) -> Cells {
    let layout = setup.layout();
    let heads: Vec<String> = (0..layout.n_pages()).map(|it| layout.name(it)).collect();
    let mut rows = Vec::new();
    for (who, memory) in world.procs.iter().enumerate() {
        let Some(memory) = memory else { continue };
        let me = name(who);
        let cell = |(page, pte): (usize, &Pte)| {
            let (word, tone) = rights(setup, page, *pte);
            let acts = world.about == Some((who, Some(page)));
            let frame = frame_name(pte.frame);
            Mark::new(format!("entry.{who}.{page}"), format!("{frame} {word}"))
                .actor(actor(who))
                .tone(if acts { Tone::Running } else { tone })
                .detail(format!("Entry of {} in {me}: {frame}, {word}", layout.name(page)))
        };
        let only = |text: &str| {
            vec![Mark::new(format!("entry.{who}"), text).actor(actor(who)).tone(Tone::Muted)]
        };
        let (heads, marks) = match memory {
            Memory::Own(ptes) => (heads.clone(), ptes.iter().enumerate().map(cell).collect()),
            Memory::Lent(owner) => (Vec::new(), only(&format!("uses that of {}", name(*owner)))),
            Memory::Other => (Vec::new(), only("runs another program")),
            Memory::Ended => (Vec::new(), only("has ended")),
        };
        let label = match world.lent_to(who) {
            Some(_) => format!("{me}, asleep"),
            None => me.clone(),
        };
        rows.push(CellRow { label, heads, marks });
    }
    Cells { rows }
}

fn stats(world: &World) -> Stats {
    let totals = &world.totals;
    let ns = |label: &str, ns: u64| Stat::new(label, number(ns as f64 / 1e3, 2), "µs");
    let copies = totals.n_pages_in_calls + totals.n_pages_later;
    Stats {
        items: vec![
            Stat::new("entries copied", totals.n_entries.to_string(), "entries"),
            Stat::new("pages copied", copies.to_string(), "pages"),
            Stat::new("write faults", totals.n_faults.to_string(), "faults"),
            ns("time in calls", totals.calls_ns),
            ns("time in faults", totals.later_ns),
        ],
    }
}

fn ms(ns: u64) -> String {
    number(ns as f64 / 1e6, 3)
}

fn price_table(setup: &Scenario) -> Table {
    let mut columns = vec![Column::words(format!("A process of {} MiB", setup.mapped_mib))];
    let heads = [
        "entries copied",
        "pages copied in the call",
        "call (ms)",
        "pages copied later",
        "later (ms)",
        "in all (ms)",
    ];
    columns.extend(heads.map(Column::numbers));
    let row = |(method, it): (Method, Price)| {
        let numbers = [
            it.n_entries.to_string(),
            it.n_in_call.to_string(),
            ms(it.call_ns),
            it.n_later.to_string(),
            ms(it.later_ns),
            ms(it.total_ns()),
        ];
        let mut cells = vec![Cell::new(method.label())];
        cells.extend(numbers.into_iter().map(Cell::new));
        TableRow {
            key: format!("price.{}", method.key()),
            actor: None,
            marked: method == setup.method,
            cells,
        }
    };
    Table { columns, rows: prices(setup).map(row).collect() }
}

fn chart(setup: &Scenario) -> Chart {
    let line = |method: Method| {
        let point = |n: u64| {
            let mib = setup.mapped_mib * n / N_POINTS;
            (mib as f64, price(setup, method, mib).call_ns as f64 / 1e6)
        };
        let mut points: Vec<(f64, f64)> = (0..=N_POINTS).map(point).collect();
        // A small process has fewer sizes than the line has points.
        points.dedup_by(|a, b| a.0 <= b.0);
        Series { label: method.label().to_owned(), actor: None, points }
    };
    Chart {
        kind: ChartKind::Line,
        x_label: "mapped memory (MiB)".to_owned(),
        y_label: "time of the call (ms)".to_owned(),
        series: METHODS.into_iter().map(line).collect(),
    }
}
