//! The picture: inodes joined by names, the path, the tables of inodes and of names in memory.

use super::script::Op;
use super::tree::{Id, What, World};
use super::walk::{Chip, State};
use crate::amounts::actor;
use crate::engine::Frame;
use crate::scene::{
    Cell, Column, Edge, Graph, Mark, Node, Panel, Queue, QueueRow, Scene, Stat, Stats, Table,
    TableRow, Tone,
};
use crate::words::count;

/// Rows of a long list that are drawn.
const ROWS_MAX: usize = 20;

/// Draws the last state of `past`.
pub(super) fn scene(ops: &[Op], past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with("tree", "Inodes, and names that lead to them", Panel::Graph(tree(state)))
        .with("path", "The path", Panel::Queue(path(state)))
        .with("inodes", "Inodes", Panel::Table(inodes(state)))
        .with("dentries", "Dentry cache", Panel::Table(dentries(state)))
        .with("script", "Calls", Panel::Table(script(ops, state)))
        .with("cost", "Cost so far", Panel::Stats(cost(state)))
}

/// Places of the inodes that can be reached, or are open.
struct Layout<'a> {
    world: &'a World,
    places: Vec<Option<(i32, i32)>>,
    next: i32,
    depth: i32,
}

impl Layout<'_> {
    fn put(&mut self, id: Id, row: i32) {
        if self.places[id].is_some() {
            return;
        }
        self.depth = self.depth.max(row);
        // A first place, so that no way leads here again; a directory stands over its first name.
        let column = self.next;
        self.places[id] = Some((column, row));
        let hidden = self.world.mounted_on(id);
        let below: Vec<Id> = match hidden {
            Some(system) => vec![self.world.systems[system].root],
            None => names(self.world, id).map(|it| it.1).collect(),
        };
        for id in below {
            self.put(id, row + 1);
        }
        if self.next == column {
            self.next += 1;
        }
    }
}

/// Names in a directory without `.` and `..`.
fn names(world: &World, id: Id) -> impl Iterator<Item = &(String, Id)> {
    world.entries(id).iter().filter(|it| it.0 != "." && it.0 != "..")
}

fn tree(state: &State) -> Graph {
    let world = &*state.world;
    let places = vec![None; world.inodes.len()];
    let mut layout = Layout { world, places, next: 0, depth: 0 };
    layout.put(world.systems[0].root, 0);
    for id in world.open.iter().flatten() {
        layout.put(*id, 1);
    }
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    for (id, place) in layout.places.iter().enumerate() {
        let Some(place) = *place else { continue };
        nodes.push(node(state, id, place));
        let edge = |name: &str, to: Id| {
            let tone = if state.edge == Some((id, to)) { Tone::Running } else { Tone::Plain };
            Edge { from: key(id), to: key(to), label: name.to_owned(), tone }
        };
        match world.mounted_on(id) {
            Some(system) => edges.push(edge("mounted", world.systems[system].root)),
            None => edges.extend(names(world, id).map(|it| edge(&it.0, it.1))),
        }
    }
    for (at, id) in world.open.iter().enumerate() {
        let Some(id) = id else { continue };
        let number = at + 3;
        let mark = Mark::new(format!("fd.{number}"), format!("fd {number}"))
            .detail("an open file of the process")
            .tone(Tone::Used);
        let column = i32::try_from(at).unwrap_or_default();
        let at = (column, layout.depth + 1);
        let from = mark.key.clone();
        nodes.push(Node { at, boxed: true, mark, note: String::new() });
        edges.push(Edge { from, to: key(*id), label: String::new(), tone: Tone::Plain });
    }
    Graph { directed: true, nodes, edges: joined(edges) }
}

/// Two names of one directory for one inode are one arrow with both.
fn joined(edges: Vec<Edge>) -> Vec<Edge> {
    let mut all: Vec<Edge> = Vec::new();
    for edge in edges {
        match all.iter_mut().find(|it| it.from == edge.from && it.to == edge.to) {
            Some(old) => old.label = format!("{}, {}", old.label, edge.label),
            None => all.push(edge),
        }
    }
    all
}

fn key(id: Id) -> String {
    format!("inode.{id}")
}

fn node(state: &State, id: Id, at: (i32, i32)) -> Node {
    let world = &*state.world;
    let inode = &world.inodes[id];
    let links = count(inode.n_links.into(), "links");
    let (note, detail) = match &inode.what {
        What::File => (links.clone(), format!("file, {links}")),
        What::Directory(_) if !inode.searchable => {
            (format!("{links}, no x"), format!("directory, {links}, may not be searched"))
        }
        What::Directory(_) => (links.clone(), format!("directory, {links}")),
        What::Link(target) => {
            (format!("→ {target}"), format!("symbolic link to {target}, {links}"))
        }
    };
    let tone = match (state.here == Some(id), inode.n_links, state.cache.inodes.contains(&id)) {
        (true, ..) => Tone::Running,
        (false, 0, _) => Tone::Danger,
        (false, _, true) => Tone::Hit,
        (false, _, false) => Tone::Plain,
    };
    let memory = if tone == Tone::Hit { ", in memory" } else { "" };
    let mark = Mark::new(key(id), inode.number.to_string())
        .detail(format!("{}: {detail}{memory}", world.called(id)))
        .actor(actor(inode.system))
        .tone(tone);
    Node { at, boxed: matches!(inode.what, What::Directory(_)), mark, note }
}

fn path(state: &State) -> Queue {
    let chip =
        |(number, name): &Chip, tone: Tone| Mark::new(format!("name.{number}"), name).tone(tone);
    let walked = state.walked.iter().map(|it| chip(it, Tone::Done)).collect();
    let left = state.left.iter().map(|it| chip(it, Tone::Ready)).collect();
    let row = |key: &str, label: &str, note: String, marks: Vec<Mark>| QueueRow {
        key: key.to_owned(),
        label: label.to_owned(),
        note,
        marks,
    };
    let here = state.here.map_or_else(String::new, |it| state.world.called(it));
    Queue {
        rows: vec![
            row("walked", "Walked", here, walked),
            row("left", "Still to walk", String::new(), left),
        ],
    }
}

fn inodes(state: &State) -> Table {
    let columns = vec![
        Column::words("inode"),
        Column::words("type"),
        Column::numbers("links"),
        Column::numbers("entries that name it"),
        Column::numbers("open"),
        Column::words("in memory"),
        Column::words("holds"),
    ];
    let world = &*state.world;
    let row = |id: Id| {
        let inode = &world.inodes[id];
        let (kind, holds) = match &inode.what {
            What::File => ("file", "data".to_owned()),
            What::Link(target) => ("symbolic link", target.clone()),
            What::Directory(entries) => {
                let all: Vec<String> = entries
                    .iter()
                    .map(|it| format!("{} {}", it.0, world.inodes[it.1].number))
                    .collect();
                ("directory", all.join(", "))
            }
        };
        let number = match inode.system {
            0 => inode.number.to_string(),
            at => format!("{} of {}", inode.number, world.systems[at].name),
        };
        let memory = if state.cache.inodes.contains(&id) { "yes" } else { "" };
        let texts = [
            number,
            kind.to_owned(),
            inode.n_links.to_string(),
            world.names(id).to_string(),
            inode.n_open.to_string(),
            memory.to_owned(),
            holds,
        ];
        let mut cells = texts.map(Cell::new);
        if inode.n_links == 0 {
            cells[2].tone = Tone::Danger;
        }
        TableRow {
            key: key(id),
            actor: Some(actor(inode.system)),
            marked: state.here == Some(id),
            cells: cells.to_vec(),
        }
    };
    let live = (0..world.inodes.len()).filter(|it| !world.inodes[*it].is_freed);
    Table { columns, rows: live.take(ROWS_MAX * 2).map(row).collect() }
}

fn dentries(state: &State) -> Table {
    let columns = vec![Column::words("in"), Column::words("name"), Column::words("leads to")];
    let all = &state.cache.dentries;
    let skip = all.len().saturating_sub(ROWS_MAX);
    let row = |it: &super::cache::Dentry| {
        let to = match it.leads_to {
            Some(id) => Cell::new(state.world.called(id)).tone(Tone::Hit),
            None => Cell::new("no such name").tone(Tone::Miss),
        };
        let is_now = state.here.is_some() && state.edge == it.leads_to.map(|to| (it.directory, to));
        TableRow {
            key: format!("dentry.{}.{}", it.directory, it.name),
            actor: None,
            marked: is_now && it.leads_to.is_some(),
            cells: vec![Cell::new(state.world.called(it.directory)), Cell::new(&*it.name), to],
        }
    };
    let mut rows: Vec<TableRow> = all.iter().skip(skip).map(row).collect();
    if rows.is_empty() {
        let cells = vec![Cell::new("nothing yet"), Cell::default(), Cell::default()];
        rows.push(TableRow { key: "none".to_owned(), actor: None, marked: false, cells });
    }
    Table { columns, rows }
}

fn script(ops: &[Op], state: &State) -> Table {
    let columns = vec![
        Column::numbers("#"),
        Column::words("call"),
        Column::words("result"),
        Column::numbers("reads"),
    ];
    let now = state.line.unwrap_or_default();
    let skip = now.saturating_sub(ROWS_MAX / 2).min(ops.len().saturating_sub(ROWS_MAX));
    let row = |(at, op): (usize, &Op)| {
        let result = state.results.get(at);
        let (text, reads) =
            result.map_or_else(Default::default, |it| (it.0.clone(), it.1.to_string()));
        let is_error = text.starts_with('E') && !text.contains(' ');
        let tone = if is_error { Tone::Fault } else { Tone::Plain };
        TableRow {
            key: format!("call.{at}"),
            actor: None,
            marked: state.line == Some(at),
            cells: vec![
                Cell::new((at + 1).to_string()),
                Cell::new(&*op.text),
                Cell::new(text).tone(tone),
                Cell::new(reads),
            ],
        }
    };
    Table { columns, rows: ops.iter().enumerate().skip(skip).take(ROWS_MAX).map(row).collect() }
}

fn cost(state: &State) -> Stats {
    let totals = state.totals;
    let of = |label: &str, value: u64, unit| Stat::new(label, value.to_string(), unit);
    Stats {
        items: vec![
            of("Inodes read", totals.n_inode_reads, "reads"),
            of("Blocks of directories read", totals.n_block_reads, "reads"),
            of("Found in the dentry cache", totals.n_hits, "names"),
            of("Symbolic links followed", totals.n_symlinks, "links"),
        ],
    }
}
