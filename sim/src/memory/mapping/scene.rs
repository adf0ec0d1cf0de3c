//! The picture: page tables, frames with their counts, blocks of files, and the cost.
//!
//! A world may hold a gigabyte of pages; what is drawn of it is cut to a size.

use super::super::words::{bytes, count, grouped};
use super::script::Op;
use super::world::{Frame as Slot, Region, Totals, Use, Words, World};
use crate::engine::Frame;
use crate::scene::{
    Cell, CellRow, Cells, Column, Mark, Panel, Scene, Stat, Stats, Table, TableRow, Tone,
};

/// Pages of a region, and blocks of a file, that are drawn.
const PAGES_MAX: usize = 8;

/// Frames and regions that are drawn.
const ROWS_MAX: usize = 16;

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    line: u32,
    refused: bool,
    time_ns: u64,
    totals: Totals,
    regions: Vec<(u16, [String; 5])>,
    tables: Vec<CellRow>,
    frames: Vec<(u32, bool, Tone, [String; 4])>,
    files: Vec<CellRow>,
}

/// The words of a page in short.
fn said(words: &Words) -> String {
    let one = |it: &(u16, i64)| match it.0 {
        0 => it.1.to_string(),
        offset => format!("{} at {offset:#x}", it.1),
    };
    let mut parts: Vec<String> = words.iter().take(3).map(one).collect();
    if 3 < words.len() {
        parts.push("…".to_owned());
    }
    if parts.is_empty() { "0".to_owned() } else { parts.join(", ") }
}

impl Picture {
    /// What is drawn of a world.
    pub(crate) fn of(
        world: &World,
        line: u32,
        now: Option<u32>,
        time_ns: u64,
        refused: bool,
    ) -> Self {
        let mut picture = Self {
            line,
            refused,
            time_ns,
            totals: world.totals,
            regions: Vec::new(),
            tables: Vec::new(),
            frames: Vec::new(),
            files: Vec::new(),
        };
        for (process, regions) in (0..).zip(&world.processes) {
            for region in regions.iter().flatten().take(ROWS_MAX) {
                picture.region(world, process, region, now);
            }
        }
        let slots = (0..).zip(&world.frames).filter(|it| it.1.used != Use::Free);
        let mut all: Vec<(u32, &Slot)> = slots.take(ROWS_MAX).collect();
        // The frame that the step is about is always there.
        if let Some(at) = now.filter(|it| all.last().is_some_and(|last| last.0 < *it)) {
            all.pop();
            all.push((at, &world.frames[at as usize]));
        }
        picture.frames = all.into_iter().map(|it| frame(world, it, now)).collect();
        picture.files =
            world.objects.iter().take(ROWS_MAX).filter_map(|it| blocks(world, it)).collect();
        picture
    }

    fn region(&mut self, world: &World, process: u16, region: &Region, now: Option<u32>) {
        let map = region.map;
        let name = region.object.map_or("anonymous", |it| world.objects[it].name.as_str());
        let how = if map.shared { "shared" } else { "private" };
        let n_present = region.entries.iter().filter(|it| it.frame.is_some()).count();
        self.regions.push((
            process,
            [
                format!("P{}", process + 1),
                format!("{:#x}", map.address),
                bytes(map.n_pages * super::world::PAGE_BYTES),
                format!("{name}, {how}{}", if map.read_only { ", read-only" } else { "" }),
                format!("{} of {}", grouped(n_present as u64), grouped(map.n_pages)),
            ],
        ));
        let mark = |(page, entry): (usize, &super::world::Entry)| {
            let key = format!("entry.{process}.{:x}.{page}", map.address);
            let mark = match entry.frame {
                None => Mark::new(key, "–").detail("not present").tone(Tone::Free),
                Some(frame) => {
                    let (rights, tone) = match entry.writable {
                        true => ("writable", Tone::Dirty),
                        false => ("read-only", Tone::Used),
                    };
                    let tone = if now == Some(frame) { Tone::Running } else { tone };
                    let letter = if entry.writable { "w" } else { "r" };
                    Mark::new(key, format!("{frame} {letter}"))
                        .detail(format!("frame {frame}, {rights}"))
                        .tone(tone)
                }
            };
            mark.actor(process)
        };
        let heads = (0..region.entries.len().min(PAGES_MAX)).map(|it| {
            let page = u64::try_from(it).unwrap_or_default();
            format!("{:#x}", map.address + page * super::world::PAGE_BYTES)
        });
        let mut row = CellRow {
            label: format!("P{} {name} {how}", process + 1),
            heads: heads.collect(),
            marks: region.entries.iter().enumerate().take(PAGES_MAX).map(mark).collect(),
        };
        rest(&mut row, region.entries.len());
        self.tables.push(row);
    }
}

/// Adds a mark for what is not drawn.
fn rest(row: &mut CellRow, n: usize) {
    if PAGES_MAX < n {
        let more = format!("+{}", grouped((n - PAGES_MAX) as u64));
        row.heads.push(String::new());
        row.marks.push(
            Mark::new(format!("more.{}", row.label), more)
                .detail("more that are not drawn")
                .tone(Tone::Muted),
        );
    }
}

fn frame(
    world: &World,
    (at, slot): (u32, &Slot),
    now: Option<u32>,
) -> (u32, bool, Tone, [String; 4]) {
    let holds = match slot.used {
        Use::Free => String::new(),
        Use::Zeros => "zeros for all".to_owned(),
        Use::Private => "private".to_owned(),
        Use::Cache(object, page) => format!("{} page {page}", world.objects[object].name),
    };
    let is_file = match slot.used {
        Use::Cache(object, _) => world.objects[object].blocks.is_some(),
        Use::Free | Use::Zeros | Use::Private => false,
    };
    let (state, tone) = match (is_file, slot.dirty) {
        (true, true) => ("dirty", Tone::Dirty),
        (true, false) => ("clean", Tone::Used),
        (false, _) => ("", Tone::Plain),
    };
    let texts = [holds, slot.n_entries.to_string(), said(&slot.words), state.to_owned()];
    (at, now == Some(at), tone, texts)
}

fn blocks(world: &World, object: &super::world::Object) -> Option<CellRow> {
    let blocks = object.blocks.as_ref()?;
    let mark = |(page, words): (usize, &Words)| {
        let cached = object.cache[page].map(|it| &world.frames[it as usize]);
        let (tone, detail) = match cached {
            None => (Tone::Plain, "not in memory"),
            Some(frame) if frame.dirty => (Tone::Dirty, "older than the page in memory"),
            Some(_) => (Tone::Good, "as the page in memory"),
        };
        Mark::new(format!("block.{}.{page}", object.name), said(words)).detail(detail).tone(tone)
    };
    let heads = (0..blocks.len().min(PAGES_MAX)).map(|it| format!("block {it}"));
    let mut row = CellRow {
        label: object.name.clone(),
        heads: heads.collect(),
        marks: blocks.iter().enumerate().take(PAGES_MAX).map(mark).collect(),
    };
    rest(&mut row, blocks.len());
    Some(row)
}

/// Draws the last picture of `past`.
pub(crate) fn scene(ops: &[Op], past: &[Frame<Picture>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    let tables = Cells { rows: state.tables.clone() };
    let files = Cells { rows: state.files.clone() };
    Scene::default()
        .with("tables", "Page tables: frame and rights", Panel::Cells(or_none(tables)))
        .with("frames", "Frames", Panel::Table(frames(state)))
        .with("files", "Files on the device", Panel::Cells(or_none(files)))
        .with("regions", "Regions", Panel::Table(regions(state)))
        .with("script", "Script", Panel::Table(script(ops, state)))
        .with("cost", "Cost so far", Panel::Stats(cost(state)))
}

/// An empty grid says so.
fn or_none(mut cells: Cells) -> Cells {
    if cells.rows.is_empty() {
        cells.rows.push(CellRow { label: "none".to_owned(), heads: Vec::new(), marks: Vec::new() });
    }
    cells
}

fn frames(state: &Picture) -> Table {
    let columns = vec![
        Column::numbers("frame"),
        Column::words("holds"),
        Column::numbers("entries that name it"),
        Column::words("contents"),
        Column::words("against its block"),
    ];
    let row = |(at, marked, tone, texts): &(u32, bool, Tone, [String; 4])| {
        let mut cells = vec![Cell::new(at.to_string())];
        cells.extend(texts.iter().map(Cell::new));
        cells[4].tone = if texts[3].is_empty() { Tone::Plain } else { *tone };
        TableRow { key: format!("frame.{at}"), actor: None, marked: *marked, cells }
    };
    Table { columns, rows: state.frames.iter().map(row).collect() }
}

fn regions(state: &Picture) -> Table {
    let columns = vec![
        Column::words("process"),
        Column::words("from"),
        Column::words("size"),
        Column::words("maps"),
        Column::words("pages present"),
    ];
    let row = |(process, texts): &(u16, [String; 5])| TableRow {
        key: format!("region.{process}.{}", texts[1]),
        actor: Some(*process),
        marked: false,
        cells: texts.iter().map(Cell::new).collect(),
    };
    Table { columns, rows: state.regions.iter().map(row).collect() }
}

fn script(ops: &[Op], state: &Picture) -> Table {
    let columns = vec![Column::numbers("line"), Column::words("statement")];
    let line = state.line as usize;
    let skip = line.saturating_sub(ROWS_MAX / 2).min(ops.len().saturating_sub(ROWS_MAX));
    let row = |(at, op): (usize, &Op)| {
        let now = at + 1 == line;
        let tone = match (now, state.refused) {
            (true, true) => Tone::Danger,
            (true, false) => Tone::Running,
            (false, _) if at < line => Tone::Done,
            (false, _) => Tone::Plain,
        };
        TableRow {
            key: format!("line.{at}"),
            actor: None,
            marked: now,
            cells: vec![Cell::new((at + 1).to_string()), Cell::new(&op.text).tone(tone)],
        }
    };
    Table { columns, rows: ops.iter().enumerate().skip(skip).take(ROWS_MAX).map(row).collect() }
}

fn cost(state: &Picture) -> Stats {
    let totals = state.totals;
    let of = |label: &str, value: u64, unit| Stat::new(label, grouped(value), unit);
    let micro = crate::scene::number(state.time_ns as f64 / 1_000.0, 1);
    let copied = count(totals.n_entries_copied, "entries");
    Stats {
        items: vec![
            of("Accesses", totals.n_accesses, "accesses"),
            of("Minor faults", totals.n_minor, "faults"),
            of("Major faults", totals.n_major, "faults"),
            of("Pages copied", totals.n_copies, "pages"),
            Stat::new("Copied by forks", copied, ""),
            of("Blocks read", totals.n_blocks_read, "blocks"),
            of("Blocks written", totals.n_blocks_written, "blocks"),
            Stat::new("Time in faults and forks", micro, "µs"),
        ],
    }
}
