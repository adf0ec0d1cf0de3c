//! The picture: the disk group by group, the bitmaps, inodes, counts and the script.

use super::image::{Image, Kind, Part, at};
use super::run::State;
use super::script::Does;
use crate::engine::Frame;
use crate::scene::{
    Cell, CellRow, Cells, Column, Mark, Panel, Scene, Stat, Stats, Table, TableRow, Tone,
};
use std::collections::BTreeSet;

/// Draws the last state of `past`.
pub(super) fn scene(ops: &[(Does, String)], past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with(
            "disk",
            "The disk, group by group",
            Panel::Cells(disk(&state.image, state.now, &state.changed)),
        )
        .with("bitmaps", "Bitmaps", Panel::Cells(bitmaps(state)))
        .with("inodes", "Inodes in use", Panel::Table(inodes(state)))
        .with("counts", "Counts of what is free", Panel::Table(counts(&state.image)))
        .with("script", "Script", Panel::Table(script(ops, state)))
        .with("cost", "This call, and all", Panel::Stats(cost(state)))
}

/// The inode that has a block, and which of its blocks it is.
fn owner(image: &Image, block: u64) -> Option<(u64, usize)> {
    (1..).zip(&image.inodes).find_map(|(number, inode)| {
        let place = inode.blocks.iter().position(|it| *it == block)?;
        Some((number, place))
    })
}

/// The blocks of a disk: the one a step is about, and those that have changed.
pub(in crate::fs) fn disk(image: &Image, now: Option<u64>, changed: &BTreeSet<u64>) -> Cells {
    let shape = image.shape;
    let mark = |block: u64| {
        let is_first = block < shape.blocks;
        let (label, detail, tone) = match (shape.part(block), owner(image, block)) {
            (Part::Superblock, _) if is_first => ("S", "superblock".to_owned(), Tone::Overhead),
            (Part::Superblock, _) => ("S", "copy of the superblock".to_owned(), Tone::Muted),
            (Part::Descriptors, _) if is_first => {
                ("G", "group descriptors".to_owned(), Tone::Overhead)
            }
            (Part::Descriptors, _) => {
                ("G", "copy of the group descriptors".to_owned(), Tone::Muted)
            }
            (Part::BlockBitmap, _) => ("B", "block bitmap".to_owned(), Tone::Overhead),
            (Part::InodeBitmap, _) => ("I", "inode bitmap".to_owned(), Tone::Overhead),
            (Part::Table(_), _) => ("T", "inode table".to_owned(), Tone::Overhead),
            (Part::Data, None) => ("·", "free".to_owned(), Tone::Free),
            (Part::Data, Some((number, place))) => {
                let what = match image.inode(number).kind {
                    Kind::Directory => format!("entries of the directory, inode {number}"),
                    Kind::Free | Kind::Reserved | Kind::File => {
                        format!("data, block {place} of inode {number}")
                    }
                };
                ("", what, Tone::Used)
            }
        };
        let label = match owner(image, block) {
            Some((number, _)) if label.is_empty() => number.to_string(),
            Some(_) | None => label.to_owned(),
        };
        let tone = match (now == Some(block), changed.contains(&block)) {
            (true, _) => Tone::Running,
            (false, true) => Tone::Dirty,
            (false, false) => tone,
        };
        Mark::new(format!("block.{block}"), label)
            .detail(format!("block {block}: {detail}"))
            .tone(tone)
    };
    let row = |group: u64| {
        let blocks = group * shape.blocks..(group + 1) * shape.blocks;
        CellRow {
            label: format!("group {group}"),
            heads: blocks.clone().map(|it| it.to_string()).collect(),
            marks: blocks.map(mark).collect(),
        }
    };
    Cells { rows: (0..shape.n_groups).map(row).collect() }
}

fn bitmaps(state: &State) -> Cells {
    let image = &state.image;
    let shape = image.shape;
    let mut rows = Vec::new();
    for group in 0..shape.n_groups {
        let mut row = |what: &str, n: u64, first: u64, bits: &[bool], block: u64| {
            let is_now = state.now == Some(block);
            let mark = |it: u64| {
                let is_set = bits[at(group * n + it)];
                let tone = match (is_set, is_now) {
                    (true, true) => Tone::Running,
                    (true, false) => Tone::Used,
                    (false, _) => Tone::Free,
                };
                let number = first + group * n + it;
                let detail = format!("{what} {number}: {}", if is_set { "in use" } else { "free" });
                let label = if is_set { "1" } else { "0" };
                Mark::new(format!("{what}.{number}"), label).detail(detail).tone(tone)
            };
            rows.push(CellRow {
                label: format!("{what}s of group {group}"),
                heads: Vec::new(),
                marks: (0..n).map(mark).collect(),
            });
        };
        row("block", shape.blocks, 0, &image.block_bits, group * shape.blocks + 2);
        row("inode", shape.inodes, 1, &image.inode_bits, group * shape.blocks + 3);
    }
    Cells { rows }
}

fn inodes(state: &State) -> Table {
    let columns = vec![
        Column::numbers("inode"),
        Column::numbers("in block"),
        Column::words("type"),
        Column::numbers("links"),
        Column::words("pointers"),
        Column::words("entries"),
    ];
    let image = &state.image;
    let row = |number: u64| {
        let inode = image.inode(number);
        let kind = match inode.kind {
            Kind::Free => "free",
            Kind::Reserved => "reserved",
            Kind::File => "file",
            Kind::Directory => "directory",
        };
        let pointers: Vec<String> = inode.blocks.iter().map(u64::to_string).collect();
        let mut entries: Vec<String> = Vec::new();
        if inode.kind == Kind::Directory {
            entries.push(format!(". {number}"));
            entries.push(format!(".. {}", inode.parent));
            entries.extend(inode.entries.iter().map(|it| format!("{} {}", it.0, it.1)));
        }
        let texts = [
            number.to_string(),
            image.shape.table_block(number).to_string(),
            kind.to_owned(),
            inode.n_links.to_string(),
            pointers.join(", "),
            entries.join(", "),
        ];
        TableRow {
            key: format!("inode.{number}"),
            actor: None,
            marked: false,
            cells: texts.map(Cell::new).to_vec(),
        }
    };
    let used = (1..=image.shape.n_inodes()).filter(|it| image.inode_bits[at(it - 1)]);
    Table { columns, rows: used.map(row).collect() }
}

pub(in crate::fs) fn counts(image: &Image) -> Table {
    let columns =
        vec![Column::words("where"), Column::numbers("blocks"), Column::numbers("inodes")];
    let row = |key: String, name: String, (blocks, inodes): (u64, u64)| TableRow {
        key,
        actor: None,
        marked: false,
        cells: vec![Cell::new(name), Cell::new(blocks.to_string()), Cell::new(inodes.to_string())],
    };
    let groups = image.free.iter().enumerate();
    let mut rows: Vec<TableRow> = groups
        .map(|(at, it)| row(format!("group.{at}"), format!("descriptor of group {at}"), *it))
        .collect();
    rows.push(row("super".to_owned(), "superblock".to_owned(), image.free_sum));
    Table { columns, rows }
}

fn script(ops: &[(Does, String)], state: &State) -> Table {
    let columns = vec![
        Column::numbers("#"),
        Column::words("statement"),
        Column::words("result"),
        Column::numbers("blocks changed"),
    ];
    let row = |(at, (_, text)): (usize, &(Does, String))| {
        let (result, n) = state
            .results
            .get(at)
            .map_or_else(Default::default, |it| (it.0.clone(), it.1.to_string()));
        let tone = if result.starts_with('E') { Tone::Fault } else { Tone::Plain };
        TableRow {
            key: format!("line.{at}"),
            actor: None,
            marked: state.line == Some(at),
            cells: vec![
                Cell::new((at + 1).to_string()),
                Cell::new(&**text),
                Cell::new(result).tone(tone),
                Cell::new(n),
            ],
        }
    };
    Table { columns, rows: ops.iter().enumerate().map(row).collect() }
}

fn cost(state: &State) -> Stats {
    Stats {
        items: vec![
            Stat::new("Changed by this call", state.changed.len().to_string(), "blocks"),
            Stat::new("Written by all", state.n_writes.to_string(), "blocks"),
        ],
    }
}
