//! The picture: passes, the map of pass 1 beside the bitmaps, inodes with their names, and repairs.

use super::run::{PASSES, State, names};
use crate::engine::Frame;
use crate::fs::layout::image::{Image, Kind, at};
use crate::fs::layout::scene::{counts, disk};
use crate::scene::{Cell, CellRow, Cells, Column, Mark, Panel, Scene, Table, TableRow, Tone};

/// Draws the last state of `past`.
pub(super) fn scene(past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    let image = &state.image;
    Scene::default()
        .with("passes", "Passes", Panel::Table(passes(state)))
        .with("map", "Bits on the disk, and the map of pass 1", Panel::Cells(map(state)))
        .with("inodes", "Inodes, and how many entries name them", Panel::Table(inodes(state)))
        .with("repairs", "Repairs", Panel::Table(repairs(state)))
        .with(
            "disk",
            "The disk, group by group",
            Panel::Cells(disk(image, state.block, &state.block.into_iter().collect())),
        )
        .with("counts", "Counts of what is free", Panel::Table(counts(image)))
}

fn passes(state: &State) -> Table {
    let columns =
        vec![Column::numbers("pass"), Column::words("checks"), Column::numbers("repairs")];
    let row = |(at, what): (usize, &&str)| {
        let number = at + 1;
        let n = state.repairs.iter().filter(|it| it.pass == number).count();
        let (text, tone) = match (number <= state.pass, n) {
            (false, _) => (String::new(), Tone::Plain),
            (true, 0) => ("0".to_owned(), Tone::Good),
            (true, n) => (n.to_string(), Tone::Dirty),
        };
        let cells =
            vec![Cell::new(number.to_string()), Cell::new(*what), Cell::new(text).tone(tone)];
        let marked = number == state.pass;
        TableRow { key: format!("pass.{number}"), actor: None, marked, cells }
    };
    Table { columns, rows: PASSES.iter().enumerate().map(row).collect() }
}

/// The bits of the blocks, and below them who has each block as far as pass 1 has found.
fn map(state: &State) -> Cells {
    let shape = state.image.shape;
    let mut rows = Vec::new();
    for group in 0..shape.n_groups {
        let all = group * shape.blocks..(group + 1) * shape.blocks;
        let bit = |block: u64| {
            let is_set = state.image.block_bits[at(block)];
            let tone = match (state.block == Some(block), is_set) {
                (true, _) => Tone::Dirty,
                (false, true) => Tone::Used,
                (false, false) => Tone::Free,
            };
            let says = if is_set { "used" } else { "free" };
            Mark::new(format!("bit.{block}"), if is_set { "1" } else { "0" })
                .tone(tone)
                .detail(format!("the bit of block {block} says {says}"))
        };
        let found = |block: u64| owner(state, block);
        rows.push(CellRow {
            label: format!("bits {group}"),
            heads: all.clone().map(|it| it.to_string()).collect(),
            marks: all.clone().map(bit).collect(),
        });
        rows.push(CellRow {
            label: format!("map {group}"),
            heads: Vec::new(),
            marks: all.map(found).collect(),
        });
    }
    Cells { rows }
}

/// What pass 1 has found of a block, and whether the bit agrees once the pass is over.
fn owner(state: &State, block: u64) -> Mark {
    let owner = state.owner[at(block)];
    let differs = 1 < state.pass && state.image.block_bits[at(block)] != (owner != 0);
    let (label, detail) = match owner {
        0 => ("·".to_owned(), "nobody has it, as far as is known".to_owned()),
        1 => ("×".to_owned(), "the group's own".to_owned()),
        number => (number.to_string(), format!("inode {number} has it")),
    };
    let tone = match (differs, owner) {
        (true, _) => Tone::Danger,
        (false, 0) => Tone::Free,
        (false, 1) => Tone::Overhead,
        (false, number) if state.inode == Some(number) => Tone::Running,
        (false, _) => Tone::Used,
    };
    let against = if differs { "; its bit says otherwise" } else { "" };
    Mark::new(format!("map.{block}"), label)
        .tone(tone)
        .detail(format!("block {block}: {detail}{against}"))
}

fn inodes(state: &State) -> Table {
    let columns = vec![
        Column::numbers("inode"),
        Column::numbers("links"),
        Column::numbers("names"),
        Column::words("blocks"),
        Column::words("entries"),
    ];
    let image: &Image = &state.image;
    let row = |number: u64| {
        let inode = image.inode(number);
        let names = names(image, number);
        let pointers: Vec<String> = inode.blocks.iter().map(u64::to_string).collect();
        let mut entries: Vec<String> = Vec::new();
        if inode.kind == Kind::Directory {
            entries.push(format!(".. {}", inode.parent));
            entries.extend(inode.entries.iter().map(|it| format!("{} {}", it.0, it.1)));
        }
        let tone = if names == inode.n_links { Tone::Plain } else { Tone::Danger };
        let cells = vec![
            Cell::new(number.to_string()),
            Cell::new(inode.n_links.to_string()),
            Cell::new(names.to_string()).tone(tone),
            Cell::new(pointers.join(", ")),
            Cell::new(entries.join(", ")),
        ];
        let marked = state.inode == Some(number);
        TableRow { key: format!("inode.{number}"), actor: None, marked, cells }
    };
    let is_live = |it: &u64| matches!(image.inode(*it).kind, Kind::File | Kind::Directory);
    Table { columns, rows: (1..=image.shape.n_inodes()).filter(is_live).map(row).collect() }
}

fn repairs(state: &State) -> Table {
    let columns =
        vec![Column::numbers("pass"), Column::words("was wrong"), Column::words("what is done")];
    let row = |key: String, marked: bool, texts: [&str; 3]| TableRow {
        key,
        actor: None,
        marked,
        cells: texts.map(Cell::new).to_vec(),
    };
    let mut rows = Vec::new();
    for (at, it) in state.repairs.iter().enumerate() {
        let texts = [&*it.pass.to_string(), &it.wrong, &it.done];
        rows.push(row(format!("repair.{at}"), at + 1 == state.repairs.len(), texts));
    }
    if rows.is_empty() {
        rows.push(row("none".to_owned(), false, ["–", "nothing yet", ""]));
    }
    Table { columns, rows }
}
