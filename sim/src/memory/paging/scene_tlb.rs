//! The picture of the buffers: what each holds, and whether the tables still say so.

use super::geometry::OFFSET_BITS;
use super::scene::{View, rights};
use super::tables::SPACES;
use super::tlb::{Buffer, Cached, Spot, Tlb};
use super::walk::{State, leads, truth};
use crate::scene::{Cell, CellRow, Cells, Column, Mark, Panel, Scene, Table, TableRow, Tone};

/// Longest buffer that is drawn slot by slot; of a longer one, only the used slots.
const SLOTS_DRAWN: usize = 16;

/// Adds a panel for each buffer.
pub(super) fn add(scene: Scene, view: &View<'_>, state: &State) -> Scene {
    let tlb = &state.tlb;
    let title = if tlb.second.slots.is_empty() { "TLB" } else { "First TLB" };
    let first = table(view, state, &tlb.first, Buffer::First);
    let mut scene = scene.with("tlb", title, Panel::Table(first));
    if let Some(large) = &tlb.large {
        let table = table(view, state, large, Buffer::Large);
        scene = scene.with("tlb_large", "TLB of large pages", Panel::Table(table));
    }
    if !tlb.second.slots.is_empty() {
        let cells = sets(view, state, &tlb.second);
        scene = scene.with("tlb2", "Second TLB", Panel::Cells(cells));
    }
    scene
}

/// Whether the tables no longer say what a buffer holds.
fn is_stale(view: &View<'_>, state: &State, cached: &Cached) -> bool {
    let space = if cached.global { state.space } else { cached.space };
    let found = truth(view.paging, view.tables, state, space, cached.page);
    found.is_none_or(|(entry, rights)| {
        leads(entry, cached.page) != cached.physical(cached.page) || rights != cached.rights
    })
}

/// Whose translation it is.
fn whose(cached: &Cached) -> &'static str {
    if cached.global {
        "all"
    } else {
        SPACES.get(usize::from(cached.space)).copied().unwrap_or("A")
    }
}

fn key(prefix: &str, cached: &Cached) -> String {
    format!("{prefix}.{:x}.{}", cached.page, cached.space)
}

fn table(view: &View<'_>, state: &State, tlb: &Tlb, buffer: Buffer) -> Table {
    let in_sets = 1 < tlb.n_sets();
    let mut heads = vec!["page", "frame", "size", "may", "bits"];
    if in_sets {
        heads.insert(0, "set");
    }
    if view.is_switched() {
        heads.push("of");
    }
    let prefix = if buffer == Buffer::Large { "tlb_large" } else { "tlb" };
    let row = |(slot, cached): (u32, &Option<Cached>)| {
        let marked = state.spot == Some(Spot { buffer, slot });
        let mut cells = match cached {
            None => vec![Cell::new("free").tone(Tone::Free)],
            Some(it) => slot_cells(view, state, it, marked),
        };
        if in_sets {
            cells.insert(0, Cell::new((slot as usize / tlb.ways).to_string()));
        }
        cells.resize(heads.len(), Cell::default());
        let key = match cached {
            Some(it) => key(prefix, it),
            None => format!("{prefix}.slot.{slot}"),
        };
        TableRow { key, actor: None, marked, cells }
    };
    let all = tlb.slots.len() <= SLOTS_DRAWN;
    let slots = (0..).zip(&tlb.slots).filter(|it| all || it.1.is_some());
    let mut rows: Vec<TableRow> = slots.map(row).collect();
    if rows.is_empty() {
        let text = if all { "no slot" } else { "all free" };
        let mut cells = vec![Cell::new(text).tone(Tone::Free)];
        cells.resize(heads.len(), Cell::default());
        rows.push(TableRow { key: format!("{prefix}.none"), actor: None, marked: false, cells });
    }
    Table { columns: heads.into_iter().map(Column::words).collect(), rows }
}

fn slot_cells(view: &View<'_>, state: &State, cached: &Cached, marked: bool) -> Vec<Cell> {
    let stale = is_stale(view, state, cached);
    let tone = match (stale, marked) {
        (true, _) => Tone::Danger,
        (false, true) => Tone::Hit,
        (false, false) => Tone::Plain,
    };
    let mut bits = Vec::new();
    if cached.dirty {
        bits.push("D");
    }
    if cached.global {
        bits.push("G");
    }
    if stale {
        bits.push("stale");
    }
    let mut cells = vec![
        Cell::new(format!("{:#x}", cached.page)).tone(tone),
        Cell::new(format!("{:#x}", cached.frame)),
        Cell::new(cached.size.said()),
        Cell::new(rights(cached.rights)),
        Cell::new(bits.join(" ")),
    ];
    if view.is_switched() {
        cells.push(Cell::new(whose(cached)));
    }
    cells
}

/// The second buffer as a grid: a row for each set, a cell for each way.
fn sets(view: &View<'_>, state: &State, tlb: &Tlb) -> Cells {
    let n_sets = tlb.n_sets();
    let row = |(set, slots): (usize, &[Option<Cached>])| {
        let mark = |(way, cached): (usize, &Option<Cached>)| match cached {
            None => Mark::new(format!("tlb2.slot.{set}.{way}"), "·")
                .detail(format!("set {set}, way {way}: free"))
                .tone(Tone::Free),
            Some(it) => {
                let access = view.script.get(state.line as usize);
                let hit = state.spot.is_some()
                    && access.is_some_and(|of| it.holds(of.address, state.space));
                let tone = match (is_stale(view, state, it), hit) {
                    (true, _) => Tone::Danger,
                    (false, true) => Tone::Hit,
                    (false, false) => Tone::Used,
                };
                let detail = format!(
                    "set {set}, way {way}: page {:#x} of {} in frame {:#x}, {}",
                    it.page,
                    whose(it),
                    it.frame,
                    rights(it.rights)
                );
                let label = format!("{:x}", it.page >> OFFSET_BITS);
                Mark::new(key("tlb2", it), label).detail(detail).tone(tone)
            }
        };
        let label = if n_sets < 2 { "all".to_owned() } else { format!("set {set}") };
        CellRow { label, heads: Vec::new(), marks: slots.iter().enumerate().map(mark).collect() }
    };
    Cells { rows: tlb.slots.chunks(tlb.ways).enumerate().map(row).collect() }
}
