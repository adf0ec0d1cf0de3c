//! The picture: the disk, the files in their own order, extents, and what pointers would cost.

use super::POINTERS;
use super::disk::{IN_INODE, tree_blocks};
use super::run::{File, State};
use super::script::Script;
use crate::amounts::actor;
use crate::engine::Frame;
use crate::scene::{
    Cell, Column, Mark, Panel, Part, Pin, Scene, Stat, Stats, Strip, StripRow, Table, TableRow,
    Tone,
};
use crate::words::grouped;

/// Rows of the list of extents that are drawn.
const ROWS_MAX: usize = 24;

/// Draws the last state of `past`.
pub(super) fn scene(script: &Script, n_blocks: u64, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with("disk", "The disk", Panel::Strip(disk(script, n_blocks, state)))
        .with("files", "The files, in their own order", Panel::Strip(files(script, state)))
        .with("extents", "Extents", Panel::Table(extents(script, state)))
        .with("sizes", "What must be remembered", Panel::Table(sizes(script, state)))
        .with("script", "Script", Panel::Table(lines(script, state)))
        .with("room", "Room", Panel::Stats(room(state)))
}

/// A file block range on its extent.
fn range(start: u64, len: u64) -> String {
    match len {
        1 => grouped(start),
        _ => format!("{}–{}", grouped(start), grouped(start + len - 1)),
    }
}

fn disk(script: &Script, n_blocks: u64, state: &State) -> Strip {
    let mut parts = Vec::new();
    for (at, file) in state.files.iter().enumerate() {
        let name = &script.names[at];
        parts.extend(file.map.extents.iter().map(|it| {
            let is_now = state.now.is_some_and(|now| {
                now.0 == at && it.physical < now.2 && now.1 < it.physical + it.len
            });
            let (tone, what) = match (is_now, it.is_unwritten) {
                (true, _) => (Tone::Running, "chosen now"),
                (false, true) => (Tone::Overhead, "unwritten"),
                (false, false) => (Tone::Used, "written"),
            };
            let label = format!("{name} {}", range(it.logical, it.len));
            let mark = Mark::new(format!("disk.{name}.{}", it.logical), label)
                .detail(format!("blocks {} of {name}, {what}", range(it.logical, it.len)))
                .actor(actor(at))
                .tone(tone);
            Part { start: it.physical, end: it.physical + it.len, mark }
        }));
    }
    crate::order::by_key(&mut parts, |it| it.start);
    let mut row = StripRow::new("disk", "blocks", parts);
    if let Some((file, start, _)) = state.now {
        let mark = Mark::new("pin", &*script.names[file]).actor(actor(file)).tone(Tone::Running);
        row.pins.push(Pin { at: start, mark });
    }
    Strip { start: 0, end: n_blocks, unit: "blocks", rows: vec![row] }
}

fn files(script: &Script, state: &State) -> Strip {
    let end = state.files.iter().map(|it| it.size).max().unwrap_or(0).max(1);
    let row = |(at, file): (usize, &File)| {
        let name = &script.names[at];
        let mut parts: Vec<Part> = Vec::new();
        for it in &file.map.extents {
            let (tone, what) = match it.is_unwritten {
                true => (Tone::Overhead, "unwritten"),
                false => (Tone::Used, "written"),
            };
            let to = range(it.physical, it.len);
            let mark = Mark::new(format!("file.{name}.{}", it.logical), &*to)
                .detail(format!("on blocks {to} of the disk, {what}"))
                .actor(actor(at))
                .tone(tone);
            parts.push(Part { start: it.logical, end: it.end(), mark });
        }
        for &(from, n) in &file.waiting {
            let mut place = from;
            while place < from + n {
                let (is, len) = file.map.at(place, from + n - place);
                if is == super::disk::Is::Missing {
                    let mark = Mark::new(format!("file.{name}.{place}"), "no block yet")
                        .detail("in memory only")
                        .actor(actor(at))
                        .tone(Tone::Dirty);
                    parts.push(Part { start: place, end: place + len, mark });
                }
                place += len;
            }
        }
        crate::order::by_key(&mut parts, |it| it.start);
        StripRow::new(format!("file.{name}"), &**name, parts)
    };
    let mut rows: Vec<StripRow> = state.files.iter().enumerate().map(row).collect();
    if rows.is_empty() {
        rows.push(StripRow::new("none", "no files", Vec::new()));
    }
    Strip { start: 0, end, unit: "blocks", rows }
}

fn extents(script: &Script, state: &State) -> Table {
    let columns = vec![
        Column::words("file"),
        Column::numbers("extent"),
        Column::words("file blocks"),
        Column::words("disk blocks"),
        Column::numbers("length"),
        Column::words("state"),
        Column::words("stands in"),
    ];
    let mut rows = Vec::new();
    for (file, name) in script.names.iter().enumerate() {
        let all = &state.files[file].map.extents;
        let in_inode = all.len() as u64 <= IN_INODE;
        rows.extend(all.iter().enumerate().map(|(n, it)| {
            let is_now = state.now.is_some_and(|now| {
                now.0 == file && it.physical < now.2 && now.1 < it.physical + it.len
            });
            let texts = [
                name.clone(),
                (n + 1).to_string(),
                range(it.logical, it.len),
                range(it.physical, it.len),
                grouped(it.len),
                if it.is_unwritten { "unwritten" } else { "written" }.to_owned(),
                if in_inode { "the inode" } else { "a block of the tree" }.to_owned(),
            ];
            TableRow {
                key: format!("extent.{name}.{}", it.logical),
                actor: Some(actor(file)),
                marked: is_now,
                cells: texts.map(Cell::new).to_vec(),
            }
        }));
    }
    let n = rows.len();
    if ROWS_MAX < n {
        rows.truncate(ROWS_MAX);
        let mut cells = vec![Cell::default(); 7];
        cells[0].text = format!("{} more", n - ROWS_MAX);
        rows.push(TableRow { key: "more".to_owned(), actor: None, marked: false, cells });
    }
    Table { columns, rows }
}

fn sizes(script: &Script, state: &State) -> Table {
    let columns = vec![
        Column::words("file"),
        Column::numbers("blocks on the disk"),
        Column::numbers("in memory only"),
        Column::numbers("pieces"),
        Column::numbers("extents"),
        Column::numbers("blocks of their tree"),
        Column::numbers("pointers instead"),
        Column::numbers("pointer blocks"),
    ];
    let row = |(at, file): (usize, &File)| {
        let n = file.map.n_blocks();
        let n_extents = file.map.extents.len() as u64;
        let waiting: u64 = file.waiting.iter().map(|it| file.map.n_missing(it.0, it.1)).sum();
        let numbers = [
            n,
            waiting,
            file.map.n_pieces(),
            n_extents,
            tree_blocks(n_extents),
            n,
            POINTERS.pointer_blocks(n),
        ];
        let name = &script.names[at];
        let mut cells = vec![Cell::new(&**name)];
        cells.extend(numbers.map(|it| Cell::new(grouped(it))));
        TableRow {
            key: format!("size.{name}"),
            actor: Some(actor(at)),
            marked: state.now.is_some_and(|it| it.0 == at),
            cells,
        }
    };
    Table { columns, rows: state.files.iter().enumerate().map(row).collect() }
}

fn lines(script: &Script, state: &State) -> Table {
    let columns = vec![Column::numbers("#"), Column::words("statement"), Column::words("result")];
    let now = state.line.unwrap_or_default();
    let skip = now.saturating_sub(ROWS_MAX / 2).min(script.ops.len().saturating_sub(ROWS_MAX));
    let row = |(at, (_, text)): (usize, &(super::script::Does, String))| {
        let result = state.results.get(at).cloned().unwrap_or_default();
        let tone = if result == "ENOSPC" { Tone::Fault } else { Tone::Plain };
        TableRow {
            key: format!("line.{at}"),
            actor: None,
            marked: state.line == Some(at),
            cells: vec![
                Cell::new((at + 1).to_string()),
                Cell::new(&**text),
                Cell::new(result).tone(tone),
            ],
        }
    };
    Table {
        columns,
        rows: script.ops.iter().enumerate().skip(skip).take(ROWS_MAX).map(row).collect(),
    }
}

fn room(state: &State) -> Stats {
    let of = |label: &str, value: u64, unit| Stat::new(label, grouped(value), unit);
    Stats {
        items: vec![
            of("Free", state.free.n_blocks(), "blocks"),
            of("Free runs", state.free.0.len() as u64, "runs"),
            of("Longest free run", state.free.longest(), "blocks"),
            of("Times blocks were chosen", state.n_choices, "times"),
        ],
    }
}
