//! The picture: the inode and its four ways, the offset cut into numbers, and the ranges.

use super::shape::{KINDS, N_KINDS, Shape};
use super::{Access, Memory, Scenario, State, pointer};
use crate::amounts::actor;
use crate::engine::Frame;
use crate::scene::{
    BitField, BitRow, Bits, Cell, CellRow, Cells, Column, Edge, Graph, Mark, Node, Panel, Scene,
    Stat, Stats, Table, TableRow, Tone,
};
use crate::words::{bytes, grouped};

/// Draws the last state of `past`.
pub(super) fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    let view = View {
        scenario,
        shape: scenario.shape(),
        state,
        n_blocks: scenario.shape().blocks_of(scenario.size_bytes),
    };
    Scene::default()
        .with("tree", "From the inode to the data", Panel::Graph(view.tree()))
        .with("inode", "Pointers of the inode", Panel::Cells(view.inode()))
        .with("cut", "The offset in binary", Panel::Bits(view.cut()))
        .with("ranges", "What each kind covers", Panel::Table(view.ranges()))
        .with("accesses", "Accesses", Panel::Table(view.accesses()))
        .with("cost", "Cost so far", Panel::Stats(view.cost()))
}

struct View<'a> {
    scenario: &'a Scenario,
    shape: Shape,
    state: &'a State,
    n_blocks: u64,
}

impl View<'_> {
    fn now(&self) -> Option<(u64, &Access)> {
        let at = self.state.accesses.len().checked_sub(1)?;
        Some((*self.scenario.offsets.get(at)?, &self.state.accesses[at]))
    }

    fn kind_now(&self) -> Option<usize> {
        self.now().and_then(|it| it.1.place.as_ref()).map(|it| it.kind)
    }

    fn tree(&self) -> Graph {
        let kinds: Vec<usize> = (0..N_KINDS).filter(|it| self.shape.n[*it] != 0).collect();
        let node = |at: (i32, i32), mark: Mark, note: String| Node { at, boxed: true, mark, note };
        let size = bytes(self.scenario.size_bytes);
        let mark = Mark::new("inode", "inode").detail("type, owner, size, times and pointers");
        let tone = if self.now().is_some() { Tone::Running } else { Tone::Plain };
        let mut nodes = vec![node((0, 0), mark.tone(tone), size)];
        let mut edges = Vec::new();
        for (row, &kind) in (0..).zip(&kinds) {
            let is_now = self.kind_now() == Some(kind);
            let is_used = self.shape.slots_used(kind, self.n_blocks) != 0;
            let passed = if is_now { self.now().map(|it| &it.1.passed[..]) } else { None };
            let passed = passed.unwrap_or_default();
            let mut from = "inode".to_owned();
            for level in 0..=kind {
                let (mark, note) = self.block(kind, level, is_used, passed);
                let to = mark.key.clone();
                let on_way = is_now && level <= passed.len();
                let tone = match (on_way, is_used) {
                    (true, _) => Tone::Running,
                    (false, true) => Tone::Plain,
                    (false, false) => Tone::Muted,
                };
                let label = if level == 0 { self.slots(kind) } else { String::new() };
                edges.push(Edge { from, to: to.clone(), label, tone });
                let column = i32::try_from(level).unwrap_or_default() + 1;
                nodes.push(node((column, row), mark, note));
                from = to;
            }
        }
        Graph { directed: true, nodes, edges }
    }

    /// One block of a way: its mark, and what is taken of it.
    fn block(
        &self,
        kind: usize,
        level: usize,
        is_used: bool,
        passed: &[(super::Hop, bool)],
    ) -> (Mark, String) {
        let is_data = level == kind;
        let name = if is_data { "data" } else { "pointers" };
        let mark = Mark::new(format!("block.{}.{level}", KINDS[kind]), name).actor(actor(kind));
        let Some((hop, is_read)) = passed.get(level) else {
            let (tone, note) = match (is_used, is_data) {
                (false, _) => (Tone::Free, "not in use".to_owned()),
                (true, true) => (Tone::Muted, String::new()),
                (true, false) => (Tone::Muted, grouped(self.shape.per_block)),
            };
            return (mark.tone(tone).detail(format!("blocks of {name}")), note);
        };
        let (tone, how) = match is_read {
            true => (Tone::Miss, "read from the disk"),
            false => (Tone::Hit, "in memory already"),
        };
        let note = match (hop.entry, self.now()) {
            (Some(entry), _) => format!("entry {}", grouped(entry)),
            (None, Some((offset, _))) => {
                format!("byte {}", grouped(offset % self.shape.block_bytes))
            }
            (None, None) => String::new(),
        };
        let mark = Mark { label: grouped(hop.block), ..mark };
        (mark.tone(tone).detail(format!("{name}, {how}")), note)
    }

    /// Numbers of the inode's pointers of a kind.
    fn slots(&self, kind: usize) -> String {
        let first = self.shape.slots_before(kind);
        match (self.shape.n[kind], self.now().and_then(|it| it.1.place.as_ref())) {
            (_, Some(place)) if place.kind == kind => place.slot.to_string(),
            (1, _) => first.to_string(),
            (n, _) => format!("{first}–{}", first + n - 1),
        }
    }

    fn inode(&self) -> Cells {
        let row = |kind: usize| {
            let slots = 0..self.shape.n[kind];
            let mark = |at: u64| {
                let slot = self.shape.slots_before(kind) + at;
                let mark = Mark::new(format!("slot.{slot}"), "–").actor(actor(kind));
                if self.shape.slots_used(kind, self.n_blocks) <= at {
                    return mark.tone(Tone::Free).detail(format!("{}, not in use", pointer(kind)));
                }
                let start = self.shape.first(kind) + at * self.shape.span(kind);
                let way = self.shape.way(start, self.scenario.first_block);
                let block = way.first().map_or(0, |it| it.block);
                let place = self.now().and_then(|it| it.1.place.as_ref());
                let is_now = place.is_some_and(|it| it.slot == slot);
                let tone = if is_now { Tone::Running } else { Tone::Used };
                let end = start + self.shape.span(kind) - 1;
                let detail = match kind {
                    0 => format!("{}, file block {}", pointer(kind), grouped(start)),
                    _ => format!(
                        "{}, file blocks {} to {}",
                        pointer(kind),
                        grouped(start),
                        grouped(end)
                    ),
                };
                Mark { label: grouped(block), ..mark }.tone(tone).detail(detail)
            };
            CellRow {
                label: KINDS[kind].to_owned(),
                heads: slots
                    .clone()
                    .map(|it| (self.shape.slots_before(kind) + it).to_string())
                    .collect(),
                marks: slots.map(mark).collect(),
            }
        };
        let kinds = (0..N_KINDS).filter(|it| self.shape.n[*it] != 0);
        let mut rows: Vec<CellRow> = kinds.map(row).collect();
        if rows.is_empty() {
            rows.push(CellRow {
                label: "no pointers".to_owned(),
                heads: Vec::new(),
                marks: Vec::new(),
            });
        }
        Cells { rows }
    }

    fn cut(&self) -> Bits {
        let largest = self.scenario.offsets.iter().fold(self.scenario.size_bytes, |a, b| a.max(*b));
        let low = width(self.shape.block_bytes - 1);
        let high = (width(largest).max(low + 1)).max(32) - 1;
        let field =
            |high: u8, low: u8, value: u64, name: &str, detail: &str, tone: Tone| BitField {
                high,
                low,
                value,
                mark: Mark::new(format!("field.{name}"), name).detail(detail).tone(tone),
            };
        let (offset, tone) = match self.now() {
            Some((offset, _)) => (offset, Tone::Plain),
            None => (0, Tone::Muted),
        };
        let text = self.now().map_or("none yet".to_owned(), |it| grouped(it.0));
        let (block, inside) = (offset >> low, offset & (self.shape.block_bytes - 1));
        let fields = vec![
            field(high, low, block, "file block", "the offset, divided by the block size", tone),
            field(low - 1, 0, inside, "byte", "which byte of the block", tone),
        ];
        let mut rows = vec![BitRow { label: "offset".to_owned(), text, fields }];
        let place = self.now().and_then(|it| it.1.place.as_ref());
        if let Some(place) = place.filter(|it| it.kind != 0) {
            let bits = width(self.shape.per_block - 1);
            let n_passed = self.now().map_or(0, |it| it.1.passed.len());
            let entry = |(at, &value): (usize, &u64)| {
                let level = u8::try_from(place.kind - 1 - at).unwrap_or_default();
                let tone = match at + 1 == n_passed {
                    true => Tone::Running,
                    false => Tone::Plain,
                };
                let name = format!("entry {}", at + 1);
                let detail = "which entry of the pointer block is followed";
                field(bits * (level + 1) - 1, bits * level, value, &name, detail, tone)
            };
            rows.push(BitRow {
                label: format!("left below pointer {}", place.slot),
                text: grouped(place.rest),
                fields: place.entries.iter().enumerate().map(entry).collect(),
            });
        }
        Bits { rows }
    }

    fn ranges(&self) -> Table {
        let columns = vec![
            Column::words("pointers"),
            Column::numbers("of them"),
            Column::numbers("first file block"),
            Column::numbers("last file block"),
            Column::words("bytes"),
            Column::numbers("pointer blocks on the way"),
            Column::numbers("in use"),
        ];
        let row = |kind: usize| {
            let n = self.shape.blocks(kind);
            let first = self.shape.first(kind);
            let texts = [
                KINDS[kind].to_owned(),
                self.shape.n[kind].to_string(),
                grouped(first),
                grouped(first + n - 1),
                bytes(n * self.shape.block_bytes),
                kind.to_string(),
                grouped(self.shape.slots_used(kind, self.n_blocks)),
            ];
            TableRow {
                key: format!("kind.{}", KINDS[kind]),
                actor: Some(actor(kind)),
                marked: self.kind_now() == Some(kind),
                cells: texts.map(Cell::new).to_vec(),
            }
        };
        let kinds = (0..N_KINDS).filter(|it| self.shape.n[*it] != 0);
        Table { columns, rows: kinds.map(row).collect() }
    }

    fn accesses(&self) -> Table {
        let columns = vec![
            Column::numbers("#"),
            Column::numbers("offset"),
            Column::numbers("file block"),
            Column::words("kind"),
            Column::words("entries"),
            Column::numbers("disk block"),
            Column::numbers("reads"),
        ];
        let row = |(at, offset): (usize, &u64)| {
            let access = self.state.accesses.get(at);
            let mut texts = vec![(at + 1).to_string(), grouped(*offset)];
            let place = access.and_then(|it| it.place.as_ref());
            match (place, access) {
                (Some(place), Some(access)) => {
                    let entries: Vec<String> = place
                        .entries
                        .iter()
                        .take(access.passed.len())
                        .map(u64::to_string)
                        .collect();
                    let found = access.passed.last().filter(|_| access.is_done);
                    texts.push(grouped(offset / self.shape.block_bytes));
                    texts.push(KINDS[place.kind].to_owned());
                    texts.push(entries.join(", "));
                    texts.push(found.map_or_else(String::new, |it| grouped(it.0.block)));
                    let is_done = access.is_done;
                    texts.push(if is_done { access.n_reads.to_string() } else { String::new() });
                }
                (None, Some(access)) if access.is_done => {
                    texts.extend(["", "past the end", "", "", "0"].map(str::to_owned));
                }
                (None, _) | (Some(_), None) => {
                    texts.extend(["", "", "", "", ""].map(str::to_owned));
                }
            }
            TableRow {
                key: format!("access.{at}"),
                actor: None,
                marked: at + 1 == self.state.accesses.len(),
                cells: texts.into_iter().map(Cell::new).collect(),
            }
        };
        Table { columns, rows: self.scenario.offsets.iter().enumerate().map(row).collect() }
    }

    fn cost(&self) -> Stats {
        let passed = || self.state.accesses.iter().flat_map(|it| &it.passed);
        let reads = |of_data: bool| {
            passed().filter(|(hop, is_read)| *is_read && hop.entry.is_none() == of_data).count()
        };
        let n_reads: u64 = self.state.accesses.iter().map(|it| it.n_reads).sum();
        let mut items = vec![
            Stat::new("Blocks read", n_reads.to_string(), "blocks"),
            Stat::new("Of pointers", reads(false).to_string(), "blocks"),
            Stat::new("Of data", reads(true).to_string(), "blocks"),
        ];
        if self.scenario.memory == Memory::Nothing {
            let own = n_reads - (reads(true) + reads(false)) as u64;
            items.push(Stat::new("Of the inode", own.to_string(), "blocks"));
        }
        let n = self.shape.pointer_blocks(self.n_blocks);
        items.push(Stat::new("Pointer blocks of the file", grouped(n), "blocks"));
        items.push(Stat::new("Largest file", bytes(self.shape.bytes_max()), ""));
        Stats { items }
    }
}

/// Bits that a number takes.
fn width(number: u64) -> u8 {
    u8::try_from(64 - number.leading_zeros()).unwrap_or(64)
}
