//! The picture: the space, the tables that exist, and what every organisation costs.

use super::super::words::{bytes, count, grouped};
use super::map::{Group, Ranges, count as count_all, count_within, union};
use super::shape::{SHAPES, Shape, Space, Width};
use crate::engine::Frame;
use crate::scene::{
    Cell, Column, Edge, Graph, Mark, Node, Panel, Part, Pin, Scene, Strip, StripRow, Table,
    TableRow, Tone, number,
};

/// What is seen after a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State {
    /// Groups of regions that are mapped, the present one with them.
    pub(crate) n_groups: usize,
    /// Levels, from the root, that the present group has its tables of.
    pub(crate) n_levels: usize,
}

/// What a scene is drawn from besides the state.
pub(crate) struct View<'a> {
    pub(crate) space: Space,
    pub(crate) groups: &'a [Group],
    pub(crate) drawn: Shape,
    pub(crate) n_processes: u64,
    pub(crate) inverted_bytes: u64,
}

/// Draws the last state of `past`.
pub(crate) fn scene(view: &View<'_>, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    let tree = Tree::new(view, *state);
    Scene::default()
        .with("tree", "Tables that exist", Panel::Graph(tree.graph()))
        .with("space", "Address space", Panel::Strip(space(view, *state)))
        .with("levels", "Level by level", Panel::Table(tree.levels()))
        .with("cost", "Cost", Panel::Table(cost(view, *state)))
        .with("regions", "Regions", Panel::Table(regions(view, *state)))
}

fn actor(at: usize) -> u16 {
    u16::try_from(at).unwrap_or_default()
}

/// The tables of the drawn organisation, level by level.
struct Tree<'a> {
    view: &'a View<'a>,
    state: State,
    names: &'static [&'static str],
    widths: Vec<u32>,
    /// Numbers of the tables of each level; the root is number 0.
    tables: Vec<Ranges>,
    /// Numbers of the mapped pages.
    pages: Ranges,
}

/// A table: its level and its number there.
type Place = (usize, u64);

impl<'a> Tree<'a> {
    fn new(view: &'a View<'a>, state: State) -> Self {
        let (shape, space) = (view.drawn, view.space);
        let widths = shape.widths(space);
        let tables = |level: usize| match level {
            0 => vec![(0, 0)],
            _ => union(mapped(view, state, level), shape.shift(space, level - 1)),
        };
        Self {
            view,
            state,
            names: shape.level_names(space),
            tables: (0..widths.len()).map(tables).collect(),
            pages: union(mapped(view, state, widths.len()), 0),
            widths,
        }
    }

    /// What the entries of a table of this level lead to.
    fn below(&self, level: usize) -> &Ranges {
        self.tables.get(level + 1).unwrap_or(&self.pages)
    }

    fn graph(&self) -> Graph {
        let mut graph = Graph { directed: true, nodes: Vec::new(), edges: Vec::new() };
        let mut column = 0;
        self.draw((0, 0), &mut column, &mut graph);
        graph
    }

    /// Draws a table and those below it; it stands above the middle of them.
    fn draw(&self, place: Place, column: &mut i32, graph: &mut Graph) {
        let (level, id) = place;
        let own = graph.nodes.len();
        graph.nodes.push(self.node(place, *column));
        if self.names.len() <= level + 1 {
            *column += 1;
            return;
        }
        let width = self.widths[level];
        let (first, last) = (id << width, (id << width) + (1 << width) - 1);
        let n = count_within(self.below(level), first, last);
        let shown = shown(self.below(level), first, last, n, if level == 0 { 3 } else { 2 });
        let start = *column;
        for (at, child) in shown.iter().enumerate() {
            if at + 1 == shown.len() && (shown.len() as u64) < n {
                let row = i32::try_from(level + 1).unwrap_or_default();
                graph.nodes.push(more(place, n - shown.len() as u64, (*column, row)));
                *column += 1;
            }
            graph.edges.push(Edge {
                from: key(place),
                to: key((level + 1, *child)),
                label: (child - first).to_string(),
                tone: Tone::Plain,
            });
            self.draw((level + 1, *child), column, graph);
        }
        if *column == start {
            *column += 1;
        }
        graph.nodes[own].at.0 = (start + *column - 1) / 2;
    }

    fn node(&self, place: Place, column: i32) -> Node {
        let (level, id) = place;
        let width = self.widths[level];
        let (first, last) = (id << width, (id << width) + (1 << width) - 1);
        let n_used = count_within(self.below(level), first, last);
        let n_entries = grouped(1 << width);
        let size = bytes(self.view.drawn.table_bytes(self.view.space, level));
        let from = id << (self.view.drawn.shift(self.view.space, level) + width);
        let detail = format!(
            "{}: {} of {n_entries} in use, {size}, for addresses from {:#x}",
            self.names[level],
            count(n_used, "entries"),
            from << self.view.space.page_bits
        );
        let is_new = level + 1 == self.state.n_levels && self.is_new(place);
        let mut mark = Mark::new(key(place), self.names[level]).detail(detail);
        mark.tone = if is_new { Tone::Running } else { Tone::Used };
        mark.actor = self.owner(place);
        let note = format!("{} / {n_entries}", grouped(n_used));
        Node { at: (column, i32::try_from(level).unwrap_or_default()), boxed: true, mark, note }
    }

    /// Whether the present group brought the table.
    fn is_new(&self, (level, id): Place) -> bool {
        let Some(before) = self.state.n_groups.checked_sub(1).filter(|_| level != 0) else {
            return false;
        };
        let shift = self.view.drawn.shift(self.view.space, level - 1);
        count_within(&union(&self.view.groups[..before], shift), id, id) == 0
    }

    /// The group whose table it is, if it is one group's alone.
    fn owner(&self, (level, id): Place) -> Option<u16> {
        let shift = level.checked_sub(1).map(|it| self.view.drawn.shift(self.view.space, it))?;
        let uses = |group: &Group| {
            group.ranges.iter().any(|it| it.0 >> shift <= id && id <= it.1 >> shift)
        };
        let mut owners = (0..).zip(mapped(self.view, self.state, level)).filter(|it| uses(it.1));
        let first = owners.next()?;
        owners.next().is_none().then_some(first.0)
    }

    fn levels(&self) -> Table {
        let columns = vec![
            Column::words("level"),
            Column::numbers("entries of a table"),
            Column::words("a table takes"),
            Column::words("an entry covers"),
            Column::numbers("tables"),
            Column::words("together"),
        ];
        let (shape, space) = (self.view.drawn, self.view.space);
        let row = |(level, name): (usize, &&str)| {
            let n_tables = count_all(&self.tables[level]);
            let size = shape.table_bytes(space, level);
            let covers = 1 << (shape.shift(space, level) + space.page_bits);
            let texts = [
                (*name).to_owned(),
                grouped(1 << self.widths[level]),
                bytes(size),
                bytes(covers),
                grouped(n_tables),
                bytes(n_tables * size),
            ];
            TableRow {
                key: format!("level.{level}"),
                actor: None,
                marked: level + 1 == self.state.n_levels && self.state.n_groups != 0,
                cells: texts.map(Cell::new).to_vec(),
            }
        };
        Table { columns, rows: self.names.iter().enumerate().map(row).collect() }
    }
}

/// Groups that have their tables of a level.
fn mapped<'a>(view: &View<'a>, state: State, level: usize) -> &'a [Group] {
    let n = if level < state.n_levels { state.n_groups } else { state.n_groups.saturating_sub(1) };
    // Pages count as one more level, which the last step of a group brings.
    let is_last = view.drawn.widths(view.space).len() == state.n_levels;
    &view.groups[..if is_last { state.n_groups } else { n }]
}

fn key((level, id): Place) -> String {
    format!("table.{level}.{id}")
}

/// Some of the numbers in these ranges from `first` to `last`: all if they are few, else the first
/// ones and the last.
fn shown(ranges: &Ranges, first: u64, last: u64, n: u64, most: u64) -> Vec<u64> {
    let from = ranges.partition_point(|it| it.1 < first);
    let within = ranges[from..].iter().take_while(|it| it.0 <= last);
    let all = within.flat_map(|it| it.0.max(first)..=it.1.min(last));
    if n <= most {
        return all.collect();
    }
    let n_first = usize::try_from(most - 1).unwrap_or_default();
    let mut some: Vec<u64> = all.take(n_first).collect();
    let end = ranges.partition_point(|it| it.0 <= last);
    some.extend(ranges[..end].last().map(|it| it.1.min(last)));
    some
}

/// A node that stands for tables that are not drawn.
fn more(above: Place, n: u64, at: (i32, i32)) -> Node {
    let mark = Mark::new(format!("more.{}.{}", above.0, above.1), format!("+{}", grouped(n)))
        .detail(format!("{} more that are not drawn", count(n, "tables")))
        .tone(Tone::Muted);
    Node { at, boxed: false, mark, note: String::new() }
}

/// The space to scale, in units that keep its numbers short.
fn space(view: &View<'_>, state: State) -> Strip {
    let (unit, bits) = match view.space.width {
        Width::Bits32 => ("MiB", 20),
        Width::Bits48 => ("GiB", 30),
        Width::Bits57 => ("TiB", 40),
    };
    let shift = bits - view.space.page_bits;
    let mut parts: Vec<Part> = Vec::new();
    let mut pins = Vec::new();
    let groups = &view.groups[..state.n_groups];
    let mut all: Vec<(u64, u64, usize)> = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        all.extend(group.ranges.iter().map(|it| (it.0 >> shift, (it.1 >> shift) + 1, at)));
        let mark = Mark::new(format!("pin.{}", group.name), group.name.clone()).actor(actor(at));
        pins.push(Pin { at: group.ranges[0].0 >> shift, mark });
    }
    crate::order::by_key(&mut all, |it| it.0);
    for (start, end, at) in all {
        // Regions that share a unit are drawn once there.
        let start = start.max(parts.last().map_or(0, |it| it.end));
        if start < end && parts.len() < PARTS_MAX {
            let name = &groups[at].name;
            let mark = Mark::new(format!("part.{name}.{start}"), name.clone())
                .detail(format!("{name} from {start} to {end} {unit}, to the next whole {unit}"))
                .actor(actor(at))
                .tone(Tone::Used);
            parts.push(Part { start, end, mark });
        }
    }
    let row = StripRow { key: "space".to_owned(), label: "space".to_owned(), parts, pins };
    Strip { start: 0, end: view.space.end() >> bits, unit, rows: vec![row] }
}

/// Stretches that the space shows.
const PARTS_MAX: usize = 128;

/// Groups that are mapped as a whole.
fn complete<'a>(view: &View<'a>, state: State) -> &'a [Group] {
    mapped(view, state, usize::MAX)
}

fn cost(view: &View<'_>, state: State) -> Table {
    let columns = vec![
        Column::words("organisation"),
        Column::numbers("tables"),
        Column::words("for one process"),
        Column::words(match view.n_processes {
            1 => "in all".to_owned(),
            n => format!("for {}", count(n, "processes")),
        }),
        Column::numbers("part of what is mapped (%)"),
    ];
    let groups = complete(view, state);
    let mapped = count_all(&union(groups, 0)) << view.space.page_bits;
    let percent = |size: u64, n: u64| match mapped {
        0 => String::new(),
        _ => number(100.0 * size as f64 / (mapped as f64 * n as f64), 3),
    };
    let mut rows = Vec::new();
    let mut totals = Vec::new();
    for shape in SHAPES {
        let (n_tables, size) = shape.cost(view.space, groups);
        let total = size * view.n_processes;
        totals.push(total);
        let cells = vec![
            shape.name(view.space).to_owned(),
            grouped(n_tables),
            bytes(size),
            bytes(total),
            percent(size, 1),
        ];
        rows.push((shape.slug(), shape == view.drawn, cells));
    }
    let size = view.inverted_bytes;
    totals.push(size);
    let of_all = percent(size, view.n_processes);
    let cells = vec!["inverted".to_owned(), "1".to_owned(), String::new(), bytes(size), of_all];
    rows.push(("inverted", false, cells));
    let least = totals.iter().min().copied();
    let row = |((slug, marked, cells), total): ((&str, bool, Vec<String>), u64)| {
        let mut cells: Vec<Cell> = cells.into_iter().map(Cell::new).collect();
        if Some(total) == least {
            cells[3].tone = Tone::Good;
        }
        TableRow { key: format!("cost.{slug}"), actor: None, marked, cells }
    };
    Table { columns, rows: rows.into_iter().zip(totals.clone()).map(row).collect() }
}

fn regions(view: &View<'_>, state: State) -> Table {
    let columns = vec![
        Column::words("region"),
        Column::words("from"),
        Column::words("to"),
        Column::numbers("pages"),
        Column::numbers("new tables"),
    ];
    let n_tables = |groups: &[Group]| view.drawn.cost(view.space, groups).0;
    let row = |(at, group): (usize, &Group)| {
        let bits = view.space.page_bits;
        let n_pages: u64 = group.ranges.iter().map(|it| it.1 - it.0 + 1).sum();
        let is_known = at < complete(view, state).len();
        let new = || n_tables(&view.groups[..=at]) - n_tables(&view.groups[..at]);
        let (first, last) = (group.ranges[0].0, group.ranges[group.ranges.len() - 1].1);
        let texts = [
            group.name.clone(),
            format!("{:#x}", first << bits),
            format!("{:#x}", ((last + 1) << bits) - 1),
            grouped(n_pages),
            if is_known { grouped(new()) } else { String::new() },
        ];
        TableRow {
            key: format!("region.{}", group.name),
            actor: Some(actor(at)),
            marked: at + 1 == state.n_groups,
            cells: texts.map(Cell::new).to_vec(),
        }
    };
    Table { columns, rows: view.groups.iter().enumerate().map(row).collect() }
}
