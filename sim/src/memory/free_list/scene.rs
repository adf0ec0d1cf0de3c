//! The picture: the heap to scale, how it came to be so, the list, and what it cost.

use super::Scenario;
use super::heap::{Chunk, Free, Policy};
use super::play::{End, Seen, State, Totals};
use crate::amounts::{actor, percent};
use crate::engine::Frame;
use crate::memory::alloc_script::Script;
use crate::memory::words::count;
use crate::scene::{
    Cell, Chart, ChartKind, Column, Mark, Panel, Part, Pin, Queue, QueueRow, Scene, Series, Stat,
    Stats, Strip, StripRow, Table, TableRow, Tone,
};

/// Earlier states of the heap that are drawn.
const HISTORY_MAX: usize = 6;

/// Statements around the current one that are listed.
const LISTED_MAX: usize = 12;

/// Draws the last state of `past`.
pub(super) fn scene(scenario: &Scenario, script: &Script, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    let strip = |rows| {
        let (start, len) = (scenario.base_address, scenario.heap_bytes);
        Panel::Strip(Strip { start, end: start + len, unit: "bytes", rows })
    };
    Scene::default()
        .with("heap", "Heap, to scale", strip(vec![now(scenario, script, state)]))
        .with("list", "Free list", Panel::Queue(list(state)))
        .with("numbers", "Now", Panel::Stats(numbers(state)))
        .with("history", "Heap before that", strip(history(scenario, script, past)))
        .with("script", "Script", Panel::Table(table(script, past)))
        .with("chart", "Free bytes", Panel::Chart(chart(past)))
}

/// The stretches of one chunk: header, what was asked for, rounding.
fn parts(key: &str, chunk: &Chunk, header: u64, script: &Script, tone: Tone, out: &mut Vec<Part>) {
    let Chunk { id, start, len, held } = *chunk;
    let end = start + len;
    let key = format!("{key}.{id}");
    let Some(held) = held else {
        let tone = if tone == Tone::Plain { Tone::Free } else { tone };
        let mark = Mark::new(key, len.to_string())
            .detail(format!("free, {}", count(len, "bytes")))
            .tone(tone);
        out.push(Part { start, end, mark });
        return;
    };
    let name = &script.names[held.slot];
    let first = start + header;
    if start < first {
        let mark = Mark::new(format!("{key}.header"), "h")
            .detail(format!("header of {name}"))
            .tone(Tone::Overhead);
        out.push(Part { start, end: first, mark });
    }
    let told = format!("{name}, {} asked for", count(held.asked, "bytes"));
    let mut mark = Mark::new(key.clone(), name.clone()).actor(actor(held.slot));
    mark = match held.lost {
        true => mark.detail(format!("{told}, lost")).tone(Tone::Danger),
        false => mark.detail(told).tone(if tone == Tone::Plain { Tone::Used } else { tone }),
    };
    out.push(Part { start: first, end: first + held.asked, mark });
    if first + held.asked < end {
        let mark = Mark::new(format!("{key}.round"), "+")
            .detail(format!("rounding of {name}"))
            .tone(Tone::Idle);
        out.push(Part { start: first + held.asked, end, mark });
    }
}

fn now(scenario: &Scenario, script: &Script, state: &State) -> StripRow {
    let mut all = Vec::new();
    for chunk in &state.heap.chunks {
        let tone = if chunk.held.is_some() {
            let is_new = state.end == End::Placed(chunk.start);
            if is_new { Tone::Good } else { Tone::Plain }
        } else {
            match (&state.search, state.end) {
                (Some(seen), End::Open | End::Failed) => seen_tone(seen, state.n_seen, chunk.id),
                _ => Tone::Plain,
            }
        };
        parts("block", chunk, scenario.header_bytes, script, tone, &mut all);
    }
    let mut row = StripRow::new("now", "now", all);
    let rover = state.heap.list.iter().find(|it| Some(it.id) == state.heap.rover);
    if let (Policy::Next, Some(Free { start, .. })) = (scenario.policy, rover) {
        let mark =
            Mark::new("rover", "next search").detail("the next search begins at this free block");
        row.pins.push(Pin { at: *start, mark });
    }
    row
}

/// What a search has found out about a free block after `n_seen` looks.
fn seen_tone(seen: &Seen, n_seen: usize, id: u32) -> Tone {
    let visited = &seen.search.visited[..n_seen.min(seen.search.visited.len())];
    let Some(at) = visited.iter().position(|&at| seen.list[at].id == id) else {
        return Tone::Plain;
    };
    if seen.list[visited[at]].len < seen.need { Tone::Miss } else { Tone::Hit }
}

/// The heap after earlier statements, the oldest on top.
fn history(scenario: &Scenario, script: &Script, past: &[Frame<State>]) -> Vec<StripRow> {
    let mut rows = Vec::new();
    let (last, earlier) = match past {
        [earlier @ .., last] => (last.state.op, earlier),
        [] => (None, past),
    };
    let done = earlier.iter().rev().filter(|it| it.state.is_done && it.state.op != last);
    for frame in done.take(HISTORY_MAX) {
        let Some(op) = frame.state.op else { continue };
        let mut all = Vec::new();
        let key = format!("then.{op}");
        for chunk in &frame.state.heap.chunks {
            parts(&key, chunk, scenario.header_bytes, script, Tone::Plain, &mut all);
        }
        rows.push(StripRow::new(key, script.text(script.ops[op]), all));
    }
    if rows.len() < HISTORY_MAX && last.is_some() {
        let (start, len) = (scenario.base_address, scenario.heap_bytes);
        let mark = Mark::new("then.start", len.to_string()).tone(Tone::Free);
        rows.push(StripRow::new(
            "then.start",
            "start",
            vec![Part { start, end: start + len, mark }],
        ));
    }
    rows.reverse();
    rows
}

fn list(state: &State) -> Queue {
    let chip =
        |key: &str, it: &Free| {
            Mark::new(format!("{key}.{}", it.id), format!("{}: {}", it.start, it.len))
                .detail(format!("{} free from {}", count(it.len, "bytes"), it.start))
        };
    let free: Vec<Mark> =
        state.heap.list.iter().map(|it| chip("list", it).tone(Tone::Free)).collect();
    let mut looked = Vec::new();
    let mut note = String::new();
    if let Some(seen) = &state.search {
        let n_seen = state.n_seen.min(seen.search.visited.len());
        for &at in &seen.search.visited[..n_seen] {
            let block = &seen.list[at];
            let tone = match seen.need <= block.len {
                true if state.is_done && seen.search.chosen == Some(at) => Tone::Good,
                true => Tone::Hit,
                false => Tone::Miss,
            };
            looked.push(chip("look", block).tone(tone));
        }
        note = format!("{}, need {}", count(n_seen as u64, "looks"), seen.need);
    }
    let n_free = count(free.len() as u64, "blocks");
    let row = |key: &str, label: &str, note, marks| QueueRow {
        key: key.to_owned(),
        label: label.to_owned(),
        note,
        marks,
    };
    Queue {
        rows: vec![
            row("search", "looked at", note, looked),
            row("free", "free list", n_free, free),
        ],
    }
}

fn numbers(state: &State) -> Stats {
    let Totals { free, largest, held, asked, n_failed, n_fragmented, n_visits, n_allocs, .. } =
        state.totals;
    let failed = match n_fragmented {
        0 => n_failed.to_string(),
        n => format!("{n_failed}, {n} of them with enough free"),
    };
    Stats {
        items: vec![
            Stat::new("free", free.to_string(), "bytes"),
            Stat::new("largest free block", largest.to_string(), "bytes"),
            Stat::new("external fragmentation", percent(free - largest, free), "%"),
            Stat::new("held", held.to_string(), "bytes"),
            Stat::new("internal fragmentation", percent(held - asked, held), "%"),
            Stat::new("failed requests", failed, ""),
            Stat::new("looks", format!("{n_visits} for {}", count(n_allocs, "requests")), ""),
        ],
    }
}

fn table(script: &Script, past: &[Frame<State>]) -> Table {
    let columns = vec![Column::numbers("#"), Column::words("statement"), Column::words("result")];
    let current = past.last().and_then(|it| it.state.op);
    let middle = current.unwrap_or(0);
    let first =
        middle.saturating_sub(LISTED_MAX / 2).min(script.ops.len().saturating_sub(LISTED_MAX));
    let mut rows = Vec::new();
    for (at, &op) in script.ops.iter().enumerate().skip(first).take(LISTED_MAX) {
        let ended = past.iter().rev().take_while(|it| it.state.op >= Some(at));
        let end = ended.filter(|it| it.state.op == Some(at) && it.state.is_done).last();
        let (told, tone) = match end.map(|it| it.state.end) {
            Some(End::Placed(start)) => (format!("at {start}"), Tone::Plain),
            Some(End::Failed) => ("fails".to_owned(), Tone::Danger),
            Some(End::Freed(freed)) if freed.below || freed.above => {
                (format!("merges into {}", freed.whole), Tone::Good)
            }
            Some(End::Freed(freed)) => (format!("{} free", freed.len), Tone::Plain),
            Some(End::Nothing) => ("nothing".to_owned(), Tone::Danger),
            Some(End::Open) | None => (String::new(), Tone::Plain),
        };
        rows.push(TableRow {
            key: format!("op.{at}"),
            actor: None,
            marked: current == Some(at),
            cells: vec![
                Cell::new((at + 1).to_string()),
                Cell::new(script.text(op)),
                Cell::new(told).tone(tone),
            ],
        });
    }
    Table { columns, rows }
}

fn chart(past: &[Frame<State>]) -> Chart {
    let mut free = Vec::new();
    let mut largest = Vec::new();
    for frame in past.iter().filter(|it| it.state.is_done || it.state.op.is_none()) {
        let Totals { free: all, largest: one, .. } = frame.state.totals;
        let x = frame.step.time as f64;
        free.push((x, all as f64));
        largest.push((x, one as f64));
    }
    let series = |label: &str, points| Series { label: label.to_owned(), actor: None, points };
    Chart {
        kind: ChartKind::Step,
        x_label: "operation".to_owned(),
        y_label: "bytes".to_owned(),
        series: vec![series("free", free), series("largest free block", largest)],
    }
}
