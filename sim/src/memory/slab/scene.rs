//! The picture: slabs to scale, the lists of free objects, the caches as a table.

use super::Scenario;
use super::cache::{Slab, Store};
use super::play::{Done, State, Totals};
use crate::amounts::{actor, percent};
use crate::engine::Frame;
use crate::memory::alloc_script::Script;
use crate::memory::words::count;
use crate::scene::{
    Cell, Column, Mark, Panel, Part, Queue, QueueRow, Scene, Stat, Stats, Strip, StripRow, Table,
    TableRow, Tone,
};
use std::sync::Arc;

/// Statements around the current one that are listed.
const LISTED_MAX: usize = 12;

/// Most slabs that are drawn, and most chips of one list.
const SLABS_MAX: usize = 10;
const CHIPS_MAX: usize = 14;

/// Slabs of more objects than this have their free objects drawn as stretches.
const OBJECTS_MAX: usize = 64;

/// Draws the last state of `past`.
pub(super) fn scene(scenario: &Scenario, script: &Script, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with("slabs", "Slabs, to scale", Panel::Strip(slabs(script, state)))
        .with("lists", "Free objects and partial slabs", Panel::Queue(lists(state)))
        .with("script", "Script", Panel::Table(table(scenario, script, state)))
        .with("caches", "Caches", Panel::Table(caches(state)))
        .with("numbers", "Now", Panel::Stats(numbers(state)))
}

/// The slabs that are drawn: those around the one that the step is about.
fn shown(state: &State) -> &[Arc<Slab>] {
    let slabs = &state.store.slabs;
    let middle = state.focus.and_then(|(id, _)| slabs.iter().position(|it| it.id == id));
    let last = slabs.len().saturating_sub(SLABS_MAX);
    let first = middle.unwrap_or(0).saturating_sub(SLABS_MAX / 2).min(last);
    &slabs[first..slabs.len().min(first + SLABS_MAX)]
}

fn slabs(script: &Script, state: &State) -> Strip {
    let shown = shown(state);
    let bytes = |slab: &Arc<Slab>| state.store.caches[slab.cache].slab_bytes();
    let end = shown.iter().map(bytes).max().unwrap_or(super::cache::PAGE_BYTES);
    let row = |slab: &Arc<Slab>| {
        let object = state.store.caches[slab.cache].object;
        let owner = match slab.cpu {
            Some(cpu) => format!("CPU {cpu}"),
            None if slab.n_held() == slab.objects.len() => "full".to_owned(),
            None if slab.n_held() == 0 => "empty".to_owned(),
            None => "partial".to_owned(),
        };
        let label = format!("S{}, {object}, {owner}", slab.id);
        StripRow::new(format!("slab.{}", slab.id), label, parts(script, state, slab))
    };
    let rows = if shown.is_empty() {
        vec![StripRow::new("none", "none yet", Vec::new())]
    } else {
        shown.iter().map(row).collect()
    };
    Strip { start: 0, end, unit: "bytes", rows }
}

fn parts(script: &Script, state: &State, slab: &Slab) -> Vec<Part> {
    let cache = &state.store.caches[slab.cache];
    let size = cache.object;
    let is_dense = OBJECTS_MAX < slab.objects.len();
    let mut parts: Vec<Part> = Vec::new();
    let mut start = 0;
    for (at, held) in (0_u16..).zip(&slab.objects) {
        let key = format!("object.{}.{at}", slab.id);
        let is_focus = state.focus == Some((slab.id, at));
        match held {
            None => match parts.last_mut() {
                Some(last) if is_dense && !is_focus && last.mark.tone == Tone::Free => {
                    last.end = start + size;
                    last.mark.label.clear();
                }
                _ => {
                    let tone = if is_focus { Tone::Good } else { Tone::Free };
                    let mark = Mark::new(key, at.to_string())
                        .detail(format!("object {at}, free"))
                        .tone(tone);
                    parts.push(Part { start, end: start + size, mark });
                }
            },
            Some(held) => {
                let name = &script.names[held.slot()];
                let tone = if is_focus { Tone::Good } else { Tone::Used };
                let told =
                    format!("object {at}, {name}, {} asked for", count(held.asked(), "bytes"));
                let mark = Mark::new(key.clone(), name.clone())
                    .detail(told)
                    .actor(actor(held.slot()))
                    .tone(tone);
                parts.push(Part { start, end: start + held.asked(), mark });
                if held.asked() < size {
                    let mark = Mark::new(format!("{key}.rest"), "+")
                        .detail(format!("rest of object {at}"))
                        .tone(Tone::Idle);
                    parts.push(Part { start: start + held.asked(), end: start + size, mark });
                }
            }
        }
        start += size;
    }
    if start < cache.slab_bytes() {
        let mark = Mark::new(format!("tail.{}", slab.id), "rest")
            .detail("too short for another object")
            .tone(Tone::Idle);
        parts.push(Part { start, end: cache.slab_bytes(), mark });
    }
    parts
}

/// The lists of the cache that the step is about.
fn lists(state: &State) -> Queue {
    let Some(cache) = state.cache else {
        let row = QueueRow {
            key: "none".to_owned(),
            label: "no cache".to_owned(),
            note: String::new(),
            marks: Vec::new(),
        };
        return Queue { rows: vec![row] };
    };
    let Store { caches, slabs, .. } = &*state.store;
    let mut rows = Vec::new();
    let mut row = |key: String, label: String, note: String, marks: Vec<Mark>| {
        rows.push(QueueRow { key, label, note, marks });
    };
    let chips = |key: &str, slab: &Slab, list: &[u16]| {
        let chip = |object: &u16| {
            let tone = match state.focus == Some((slab.id, *object)) {
                true => Tone::Good,
                false => Tone::Free,
            };
            Mark::new(format!("{key}.{}.{object}", slab.id), object.to_string())
                .detail(format!("object {object} of S{}, free", slab.id))
                .tone(tone)
        };
        let mut marks: Vec<Mark> = list.iter().take(CHIPS_MAX).map(chip).collect();
        if CHIPS_MAX < list.len() {
            let more = format!("+{}", list.len() - CHIPS_MAX);
            marks.push(Mark::new(format!("{key}.{}.more", slab.id), more).tone(Tone::Muted));
        }
        marks
    };
    for (cpu, id) in caches[cache].active.iter().enumerate() {
        let Some(slab) = slabs.iter().find(|it| Some(it.id) == *id) else {
            row(format!("cpu.{cpu}"), format!("CPU {cpu}"), "no slab".to_owned(), Vec::new());
            continue;
        };
        let own = chips("own", slab, &slab.own);
        row(format!("cpu.{cpu}"), format!("CPU {cpu}"), format!("S{}, its own", slab.id), own);
        if !slab.shared.is_empty() {
            let marks = chips("shared", slab, &slab.shared);
            row(format!("shared.{cpu}"), String::new(), "given back by others".to_owned(), marks);
        }
    }
    let partial: Vec<Mark> = caches[cache]
        .partial
        .iter()
        .filter_map(|&id| state.store.slab(id))
        .map(|slab| {
            let told = format!("{} of {} free", slab.shared.len(), slab.objects.len());
            Mark::new(format!("partial.{}", slab.id), format!("S{}", slab.id)).detail(told)
        })
        .collect();
    row("partial".to_owned(), "partial slabs".to_owned(), "under a lock".to_owned(), partial);
    Queue { rows }
}

fn caches(state: &State) -> Table {
    let columns = vec![
        Column::numbers("object (bytes)"),
        Column::numbers("objects in a slab"),
        Column::numbers("pages in a slab"),
        Column::numbers("slabs"),
        Column::numbers("held"),
        Column::numbers("free"),
        Column::numbers("partial"),
    ];
    let mut rows = Vec::new();
    for (at, cache) in state.store.caches.iter().enumerate() {
        let of = || state.store.slabs.iter().filter(|it| it.cache == at);
        let held: usize = of().map(|it| it.n_held()).sum();
        let all: usize = of().map(|it| it.objects.len()).sum();
        let cells = [
            cache.object,
            cache.per_slab.into(),
            1 << cache.order,
            of().count() as u64,
            held as u64,
            (all - held) as u64,
            cache.partial.len() as u64,
        ];
        if all == 0 && state.cache.is_some_and(|it| it != at) {
            continue;
        }
        let tone = if all == 0 { Tone::Muted } else { Tone::Plain };
        let cells = cells.iter().map(|it| Cell::new(it.to_string()).tone(tone)).collect();
        let (key, marked) = (format!("cache.{at}"), state.cache == Some(at));
        rows.push(TableRow { key, actor: None, marked, cells });
    }
    Table { columns, rows }
}

fn table(scenario: &Scenario, script: &Script, state: &State) -> Table {
    let columns = vec![
        Column::numbers("#"),
        Column::numbers("CPU"),
        Column::words("statement"),
        Column::words("result"),
    ];
    let first = state
        .op
        .unwrap_or(0)
        .saturating_sub(LISTED_MAX / 2)
        .min(script.ops.len().saturating_sub(LISTED_MAX));
    let mut rows = Vec::new();
    for (at, &op) in script.ops.iter().enumerate().skip(first).take(LISTED_MAX) {
        let (told, tone) = match state.results.get(at) {
            Some(Done::Got(_, id, object)) => (format!("S{id}, object {object}"), Tone::Plain),
            Some(Done::Pages(pages)) => (count(*pages, "pages"), Tone::Plain),
            Some(Done::Failed) => ("fails".to_owned(), Tone::Danger),
            Some(Done::Back(_, id, object)) => (format!("to S{id}, object {object}"), Tone::Plain),
            Some(Done::PagesBack) => ("pages back".to_owned(), Tone::Plain),
            Some(Done::Nothing) => ("nothing".to_owned(), Tone::Danger),
            None => (String::new(), Tone::Plain),
        };
        let cpu = if scenario.n_cpus == 1 { "0".to_owned() } else { op.cpu.to_string() };
        let cells = vec![
            Cell::new((at + 1).to_string()),
            Cell::new(cpu),
            Cell::new(script.text(op)),
            Cell::new(told).tone(tone),
        ];
        let (key, marked) = (format!("op.{at}"), state.op == Some(at));
        rows.push(TableRow { key, actor: None, marked, cells });
    }
    Table { columns, rows }
}

fn numbers(state: &State) -> Stats {
    let Totals { n_allocs, n_fast, n_locks, n_remote, held, asked, .. } = state.totals;
    let all = state.store.pages * super::cache::PAGE_BYTES;
    Stats {
        items: vec![
            Stat::new("pages in use", state.store.pages.to_string(), "pages"),
            Stat::new("held", held.to_string(), "bytes"),
            Stat::new("asked for", asked.to_string(), "bytes"),
            Stat::new("internal fragmentation", percent(held - asked, held), "%"),
            Stat::new("used of the pages", percent(asked, all), "%"),
            Stat::new("from the CPU's own list", format!("{n_fast} of {n_allocs}"), ""),
            Stat::new("given back to a shared list", n_remote.to_string(), "objects"),
            Stat::new("locks taken", n_locks.to_string(), ""),
        ],
    }
}
