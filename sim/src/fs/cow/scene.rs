//! The picture: the tree with its shared parts, the blocks of the disk, and what each root holds.

use super::disk::{Body, Plan, Pointer};
use super::run::State;
use super::tell::{letter, node};
use crate::engine::Frame;
use crate::scene::{
    Cell, CellRow, Cells, Column, Edge, Graph, Mark, Node, Panel, Scene, Stat, Stats, Table,
    TableRow, Tone, number,
};

/// Versions of one place in the tree that are drawn beside each other, and below.
const BESIDE: usize = 2;
const VERSIONS_MAX: usize = 4;

/// Rows that a level of the tree takes.
const LEVEL_ROWS: i32 = 3;

/// Draws the last frame.
pub(crate) fn scene(plan: &Plan, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    let seen = Seen::of(plan, state);
    Scene::default()
        .with("tree", "Roots, nodes and data", Panel::Graph(tree(plan, state, &seen)))
        .with("blocks", "Blocks of the disk", Panel::Cells(blocks(plan, state, &seen)))
        .with("roots", "What each root holds", Panel::Table(roots(plan, state)))
        .with("cost", "Cost", Panel::Stats(cost(plan, state)))
}

/// Who reaches which block.
struct Seen {
    live: Vec<bool>,
    kept: Vec<bool>,
    /// Place of a block among the versions of its node or data.
    slot: Vec<usize>,
}

impl Seen {
    fn of(plan: &Plan, state: &State) -> Self {
        let mut live = vec![false; plan.n_blocks];
        let mut kept = vec![false; plan.n_blocks];
        if let Some(newest) = state.disks.newest() {
            state.disks.reach(newest.root).into_iter().for_each(|it| live[it] = true);
            for (_, root) in &newest.snapshots {
                state.disks.reach(*root).into_iter().for_each(|it| kept[it] = true);
            }
        }
        let drawn = |it: usize| live[it] || kept[it] || state.fresh.contains(&it);
        let mut slot = vec![VERSIONS_MAX; plan.n_blocks];
        for block in (0..plan.n_blocks).filter(|&it| drawn(it)) {
            let place = spot(state, block);
            let before = (0..block).filter(|&it| drawn(it) && spot(state, it) == place);
            slot[block] = before.count();
        }
        Self { live, kept, slot }
    }
}

/// Level and index of what a block holds, of whichever copy was written last.
fn spot(state: &State, block: usize) -> Option<(u32, usize)> {
    match body(state, block) {
        Body::Data { leaf, .. } => Some((0, *leaf)),
        Body::Node { level, index, .. } => Some((*level, *index)),
        Body::Empty => None,
    }
}

fn body(state: &State, block: usize) -> &Body {
    let mut newest = &state.disks.copies[0][block];
    for disk in &state.disks.copies {
        if newest.stamp < disk[block].stamp {
            newest = &disk[block];
        }
    }
    &newest.body
}

fn label(plan: &Plan, body: &Body) -> String {
    match body {
        Body::Data { leaf, version } => format!("{}{version}", letter(*leaf)),
        Body::Node { level, index, .. } => node(plan, *level, *index),
        Body::Empty => String::new(),
    }
}

fn tone(state: &State, seen: &Seen, block: usize) -> (Tone, &'static str) {
    match () {
        () if state.disks.copies.iter().any(|it| it[block].flipped) => {
            (Tone::Danger, "a copy is bad")
        }
        () if state.fresh.contains(&block) => (Tone::Dirty, "written, under no root yet"),
        () if seen.live[block] && seen.kept[block] => (Tone::Hit, "shared with a snapshot"),
        () if seen.live[block] => (Tone::Used, "of the live tree"),
        () if seen.kept[block] => (Tone::Muted, "kept by a snapshot only"),
        () => (Tone::Free, "free"),
    }
}

fn integer(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

/// Column and row of a block in the tree.
fn place(plan: &Plan, seen: &Seen, (level, index): (u32, usize), block: usize) -> (i32, i32) {
    let span = plan.span(level);
    let slot = seen.slot[block];
    let column = (2 * index + 1) * span - 1 + slot % BESIDE;
    let below = integer(slot / BESIDE);
    let row = (i32::try_from(plan.depth - level).unwrap_or_default() + 1) * LEVEL_ROWS + below;
    (integer(column), row)
}

fn tree(plan: &Plan, state: &State, seen: &Seen) -> Graph {
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    let drawn = |it: usize| seen.slot[it] < VERSIONS_MAX;
    let key = |block: usize| format!("block.{block}.{}", label(plan, body(state, block)));
    for block in (0..plan.n_blocks).filter(|&it| drawn(it)) {
        let Some(spot) = spot(state, block) else { continue };
        let (tone, why) = tone(state, seen, block);
        let text = label(plan, body(state, block));
        let times = crate::words::count(u64::from(state.references[block]), "references");
        let detail = format!("{text} in block {block}, {why}, {times}");
        let mark = Mark::new(key(block), text).tone(tone).detail(detail);
        let note = format!("block {block}");
        nodes.push(Node { at: place(plan, seen, spot, block), boxed: spot.0 == 0, mark, note });
        for to in links(state, block) {
            if drawn(to.block) {
                let tone = if state.fresh.contains(&block) { Tone::Dirty } else { tone };
                let tone = if tone == Tone::Danger { Tone::Used } else { tone };
                edges.push(Edge {
                    from: key(block),
                    to: key(to.block),
                    label: String::new(),
                    tone,
                });
            }
        }
    }
    let Some(newest) = state.disks.newest() else { return Graph { directed: true, nodes, edges } };
    let first = integer(plan.n_leaves()) - 1;
    let mut root = |at: i32, name: &str, to: Pointer, actor: u16, tone: Tone| {
        let mark = Mark::new(format!("root.{name}"), name).actor(actor).tone(tone);
        let mark = mark.detail(format!("{name} points to block {}", to.block));
        let from = mark.key.clone();
        nodes.push(Node { at: (at, 0), boxed: true, mark, note: String::new() });
        if drawn(to.block) {
            edges.push(Edge { from, to: key(to.block), label: String::new(), tone });
        }
    };
    root(first, "super", newest.root, 0, Tone::Good);
    for (at, (which, to)) in newest.snapshots.iter().enumerate() {
        let actor = u16::try_from(which + 1).unwrap_or_default();
        root(first + 2 + 2 * integer(at), &plan.snapshots[*which], *to, actor, Tone::Muted);
    }
    Graph { directed: true, nodes, edges }
}

fn links(state: &State, block: usize) -> Vec<Pointer> {
    match body(state, block) {
        Body::Node { children, .. } => children.clone(),
        Body::Data { .. } | Body::Empty => Vec::new(),
    }
}

fn blocks(plan: &Plan, state: &State, seen: &Seen) -> Cells {
    let heads: Vec<String> = (0..plan.n_blocks).map(|it| it.to_string()).collect();
    let copy = |(at, disk): (usize, &Vec<super::disk::Stored>)| {
        let mark = |block: usize| {
            let stored = &disk[block];
            let (mut tone, mut why) = tone(state, seen, block);
            let used = 0 < state.references[block] || state.fresh.contains(&block);
            let stale = stored.body != *body(state, block);
            match () {
                () if used && stored.flipped => (tone, why) = (Tone::Danger, "bits flipped"),
                () if used && stale => (tone, why) = (Tone::Danger, "the last write was lost"),
                () if tone == Tone::Danger => (tone, why) = (Tone::Used, "this copy is good"),
                () => {}
            }
            let text = label(plan, &stored.body);
            let detail = format!("block {block}: {text}, {why}");
            Mark::new(format!("copy.{at}.{block}"), text).tone(tone).detail(detail)
        };
        let label = if at == 0 { "disk" } else { "mirror" };
        let marks = (0..plan.n_blocks).map(mark).collect();
        CellRow { label: label.to_owned(), heads: heads.clone(), marks }
    };
    let mut rows: Vec<CellRow> = state.disks.copies.iter().enumerate().map(copy).collect();
    let count = |block: usize| {
        let n = state.references[block];
        let tone = if n == 0 { Tone::Free } else { Tone::Plain };
        Mark::new(format!("references.{block}"), n.to_string()).tone(tone)
    };
    let marks = (0..plan.n_blocks).map(count).collect();
    rows.push(CellRow { label: "references".to_owned(), heads, marks });
    Cells { rows }
}

fn roots(plan: &Plan, state: &State) -> Table {
    let columns = vec![
        Column::words("root"),
        Column::numbers("block"),
        Column::words("data"),
        Column::numbers("blocks of its own"),
    ];
    let mut rows = Vec::new();
    let mut row = |name: &str, to: Pointer, which: Option<usize>| {
        let versions = state.disks.content(to);
        let say = |(leaf, version): (usize, &u32)| match version {
            0 => format!("{}?", letter(leaf)),
            _ => format!("{}{version}", letter(leaf)),
        };
        let data: Vec<String> = versions.iter().enumerate().map(say).collect();
        let texts = [
            name.to_owned(),
            to.block.to_string(),
            data.join(" "),
            state.own(plan, which).to_string(),
        ];
        rows.push(TableRow {
            key: format!("root.{name}"),
            actor: u16::try_from(which.map_or(0, |it| it + 1)).ok(),
            marked: which.is_none(),
            cells: texts.map(Cell::new).to_vec(),
        });
    };
    if let Some(newest) = state.disks.newest() {
        row("super", newest.root, None);
        for (which, to) in &newest.snapshots {
            row(&plan.snapshots[*which], *to, Some(*which));
        }
    }
    Table { columns, rows }
}

fn cost(plan: &Plan, state: &State) -> Stats {
    let counts = state.counts;
    let used = state.n_used();
    let ratio = counts.writes as f64 / counts.changes.max(1) as f64;
    let stat = |label: &str, n: u64, unit| Stat::new(label, n.to_string(), unit);
    let free = plan.n_blocks - used;
    Stats {
        items: vec![
            stat("Changed by programs", counts.changes, "blocks"),
            stat("Written", counts.writes, "blocks"),
            stat("Superblocks written", counts.supers, ""),
            Stat::new("Write amplification", number(ratio, 2), ""),
            stat("In use", used as u64, "blocks"),
            stat("Free", free as u64, "blocks"),
            stat("Copies mended", counts.repaired, ""),
        ],
    }
}
