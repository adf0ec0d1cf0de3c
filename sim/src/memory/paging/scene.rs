//! The picture: the address in fields, the tables on the way, the buffer, and what it cost.

use super::geometry::{Level, OFFSET_BITS, PageSize, Paging};
use super::tables::{Entry, Rights, Tables, Target};
use super::walk::{ACCESSED, Access, DIRTY, Kind, Progress, Read, Ring, State};
use crate::engine::Frame;
use crate::scene::{
    BitField, BitRow, Bits, Cell, Column, Mark, Panel, Scene, Stat, Stats, Table, TableRow, Tone,
};

/// What a scene is drawn from besides the state.
pub(crate) struct View<'a> {
    pub(crate) paging: Paging,
    pub(crate) tables: &'a Tables,
    pub(crate) script: &'a [Access],
}

/// Names of the parts of an address: each keeps its colour in the address and at its table.
pub(crate) fn actors(paging: Paging) -> Vec<String> {
    let levels = paging.levels().iter().map(|it| it.name.to_owned());
    levels.chain(std::iter::once("offset".to_owned())).collect()
}

/// Draws the last state of `past`.
pub(crate) fn scene(view: &View<'_>, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    let mut scene = Scene::default().with("address", "Address", Panel::Bits(address(view, state)));
    for (depth, level) in view.paging.levels().iter().enumerate() {
        scene = scene.with(level.slug, level.title, Panel::Table(table(view, state, depth, level)));
    }
    scene
        .with("tlb", "TLB", Panel::Table(tlb(state)))
        .with("fault", "Error code", Panel::Bits(fault(state)))
        .with("script", "Script", Panel::Table(script(view, state)))
        .with("cost", "Cost so far", Panel::Stats(cost(state)))
}

fn actor(number: usize) -> u16 {
    u16::try_from(number).unwrap_or_default()
}

fn bit(number: u32) -> u8 {
    u8::try_from(number).unwrap_or_default()
}

fn field(high: u32, low: u32, value: u64, mark: Mark) -> BitField {
    BitField { high: bit(high), low: bit(low), value: (value >> low) & mask(high - low + 1), mark }
}

const fn mask(bits: u32) -> u64 {
    if 64 <= bits { u64::MAX } else { (1 << bits) - 1 }
}

/// Bits below the index of the page's level: the offset, as far as it is known.
fn offset_bits(view: &View<'_>, state: &State) -> u32 {
    let of_slot = state.slot.and_then(|it| state.tlb.slot(it)).map(|it| it.size);
    let last =
        state.reads.last().and_then(|it| it.entry).map(|it| view.tables.entries[it as usize]);
    let of_walk = match last.map(|it| it.target) {
        Some(Target::Page(_, size)) => Some(size),
        Some(Target::Table(_)) | None => None,
    };
    of_walk.or(of_slot).map_or(OFFSET_BITS, PageSize::offset_bits)
}

fn address(view: &View<'_>, state: &State) -> Bits {
    let paging = view.paging;
    let Some(access) = view.script.get(state.line as usize) else {
        return Bits { rows: Vec::new() };
    };
    let address = access.address;
    let (top, n_bits) = (paging.register_bits(), paging.address_bits());
    let mut fields = Vec::new();
    if n_bits < top {
        let tone = if state.progress == Progress::Refused { Tone::Fault } else { Tone::Muted };
        let mark = Mark::new("field.sign", "sign")
            .detail(format!("bits {} to {n_bits} must equal bit {}", top - 1, n_bits - 1))
            .tone(tone);
        fields.push(field(top - 1, n_bits, address, mark));
    }
    let offset = offset_bits(view, state);
    for (depth, level) in paging.levels().iter().enumerate() {
        if level.shift < offset {
            break;
        }
        let tone = match state.reads.len() {
            n if n == depth + 1 && state.progress == Progress::Going => Tone::Running,
            n if n == depth + 1 && matches!(state.progress, Progress::Fault(_)) => Tone::Fault,
            n if n <= depth => Tone::Plain,
            _ => Tone::Done,
        };
        let index = level.index(address);
        let mark = Mark::new(format!("field.{}", level.slug), level.name)
            .detail(format!(
                "entry {index} ({index:#x}) of the {}, {} bytes into it",
                level.name,
                u64::from(index) * paging.entry_bytes()
            ))
            .actor(actor(depth))
            .tone(tone);
        fields.push(field(level.high(), level.shift, address, mark));
    }
    let within = address & mask(offset);
    let offset_mark = |key: &str| {
        Mark::new(key, "offset")
            .detail(format!("byte {within} ({within:#x}) of the page"))
            .actor(actor(paging.levels().len()))
    };
    fields.push(field(offset - 1, 0, address, offset_mark("field.offset")));
    let mut rows =
        vec![BitRow { label: "virtual".to_owned(), text: format!("{address:#x}"), fields }];
    if let Progress::Reached(physical) = state.progress {
        let top = (paging.frame_bits() + OFFSET_BITS).max(offset + 1);
        let frame = physical >> OFFSET_BITS;
        let mark =
            Mark::new("field.frame", "frame").detail(format!("frame {frame:#x}")).tone(Tone::Good);
        let fields = vec![
            field(top - 1, offset, physical, mark),
            field(offset - 1, 0, physical, offset_mark("field.physical_offset")),
        ];
        rows.push(BitRow { label: "physical".to_owned(), text: format!("{physical:#x}"), fields });
    }
    Bits { rows }
}

/// The table of one level that the walk has come to; without rows before that.
fn table(view: &View<'_>, state: &State, depth: usize, level: &Level) -> Table {
    let columns = vec![
        Column::numbers("entry"),
        Column::words("leads to"),
        Column::words("may"),
        Column::words("bits"),
    ];
    let Some(read) = state.reads.get(depth) else { return Table { columns, rows: Vec::new() } };
    let row = |index: u16, number: Option<u32>| {
        let marked = index == read.index;
        let tone = match number.map(|it| view.tables.entries[it as usize].present) {
            Some(true) => Tone::Plain,
            Some(false) => Tone::Miss,
            None => Tone::Free,
        };
        let cells = match number {
            None => vec![index.to_string(), "nothing".to_owned(), String::new(), String::new()],
            Some(number) => {
                let entry = view.tables.entries[number as usize];
                let bits = bits(entry, state.uses[number as usize]);
                vec![index.to_string(), leads_to(view, entry), rights(entry.rights), bits]
            }
        };
        let cell = |text| Cell { text, tone: if marked { tone } else { Tone::Plain } };
        TableRow {
            key: format!("{}.{}.{index}", level.slug, read.table),
            actor: marked.then(|| actor(depth)),
            marked,
            cells: cells.into_iter().map(cell).collect(),
        }
    };
    Table { columns, rows: rows_around(view, read, row) }
}

/// The entries of the table that are in use, with the chosen one among them.
fn rows_around(
    view: &View<'_>,
    read: &Read,
    row: impl Fn(u16, Option<u32>) -> TableRow,
) -> Vec<TableRow> {
    let mut entries = view.tables.table(read.table).entries.clone();
    let chosen = entries.remove(&read.index);
    let before = entries.range(..read.index).map(|it| row(*it.0, Some(*it.1)));
    let after = entries.range(read.index..).map(|it| row(*it.0, Some(*it.1)));
    before.chain(std::iter::once(row(read.index, chosen))).chain(after).collect()
}

fn leads_to(view: &View<'_>, entry: Entry) -> String {
    match entry.target {
        Target::Table(next) => format!("table in frame {:#x}", view.tables.table(next).frame),
        Target::Page(..) if !entry.present => "not present".to_owned(),
        Target::Page(frame, size) => format!("frame {frame:#x}, {}", size.said()),
    }
}

fn rights(rights: Rights) -> String {
    let Rights { write, user, execute } = rights;
    let flag = |on, letter| if on { letter } else { '-' };
    let who = if user { "user" } else { "kernel" };
    format!("r{}{} {who}", flag(write, 'w'), flag(execute, 'x'))
}

fn bits(entry: Entry, uses: u8) -> String {
    let mut bits = Vec::new();
    if entry.present {
        bits.push("P");
    }
    if uses & ACCESSED != 0 {
        bits.push("A");
    }
    if uses & DIRTY != 0 {
        bits.push("D");
    }
    bits.join(" ")
}

fn tlb(state: &State) -> Table {
    let columns = vec![
        Column::words("page"),
        Column::words("frame"),
        Column::words("size"),
        Column::words("may"),
        Column::words("bits"),
    ];
    let row = |(slot, cached): (u32, &Option<super::tlb::Cached>)| {
        let marked = state.slot == Some(slot);
        let (key, texts) = match cached {
            Some(it) => (
                format!("tlb.{:x}", it.page),
                vec![
                    format!("{:#x}", it.page),
                    format!("{:#x}", it.frame),
                    it.size.said().to_owned(),
                    rights(it.rights),
                    if it.dirty { "D".to_owned() } else { String::new() },
                ],
            ),
            None => (format!("tlb.slot.{slot}"), vec!["free".to_owned(); 1]),
        };
        let tone = match (cached, marked) {
            (None, _) => Tone::Free,
            (Some(_), true) => Tone::Hit,
            (Some(_), false) => Tone::Plain,
        };
        let mut cells: Vec<Cell> = texts.into_iter().map(Cell::new).collect();
        cells.resize(5, Cell::default());
        cells[0].tone = tone;
        TableRow { key, actor: None, marked, cells }
    };
    Table { columns, rows: (0..).zip(&state.tlb.slots).map(row).collect() }
}

/// The error code of a page fault, bit by bit; all zeros while there is none.
fn fault(state: &State) -> Bits {
    let (text, code) = match state.progress {
        Progress::Fault(code) => (format!("{code:#x}"), Some(code)),
        Progress::Refused => ("0, of #GP".to_owned(), None),
        Progress::Waiting | Progress::Going | Progress::Reached(_) | Progress::Told => {
            ("none".to_owned(), None)
        }
    };
    let names = [
        ("PK", "a protection key forbids it"),
        ("I/D", "it was an instruction fetch"),
        ("RSVD", "a reserved bit was set"),
        ("U/S", "it came from user mode"),
        ("W/R", "it was a write"),
        ("P", "the page was present, its rights forbid the access"),
    ];
    let one = |(n, (name, meaning)): (usize, &(&str, &str))| {
        let at = 5 - n;
        let value = u64::from(code.unwrap_or(0) >> at & 1);
        let tone = match (code, value) {
            (None, _) => Tone::Muted,
            (Some(_), 0) => Tone::Plain,
            (Some(_), _) => Tone::Fault,
        };
        let mark = Mark::new(format!("code.{name}"), *name).detail(*meaning).tone(tone);
        BitField { high: bit(at as u32), low: bit(at as u32), value, mark }
    };
    let fields = names.iter().enumerate().map(one).collect();
    Bits { rows: vec![BitRow { label: "error code".to_owned(), text, fields }] }
}

fn script(view: &View<'_>, state: &State) -> Table {
    let columns = vec![
        Column::numbers("line"),
        Column::words("address"),
        Column::words("does"),
        Column::words("mode"),
    ];
    let row = |(number, access): (u32, &Access)| {
        let does = match access.kind {
            Kind::Read => "read",
            Kind::Write => "write",
            Kind::Execute => "execute",
            Kind::Invlpg => "invlpg",
            Kind::Flush => "load CR3",
        };
        let mode = if access.ring == Ring::User { "user" } else { "kernel" };
        let now = number == state.line && state.progress != Progress::Waiting;
        let tone = match state.progress {
            Progress::Fault(_) | Progress::Refused if now => Tone::Fault,
            Progress::Reached(_) | Progress::Told if now => Tone::Done,
            _ if now => Tone::Running,
            _ if number < state.line => Tone::Done,
            _ => Tone::Plain,
        };
        let address = format!("{:#x}", access.address);
        let mut cells =
            [(number + 1).to_string(), address, does.to_owned(), mode.to_owned()].map(Cell::new);
        cells[1].tone = tone;
        TableRow { key: format!("line.{number}"), actor: None, marked: now, cells: cells.to_vec() }
    };
    // A long script shows the lines around the present one.
    let first = (state.line as usize).saturating_sub(SCRIPT_ROWS / 2);
    let lines = (0..).zip(view.script).skip(first).take(SCRIPT_ROWS);
    let rows = lines.map(row).collect();
    Table { columns, rows }
}

/// Lines of the script that are drawn.
const SCRIPT_ROWS: usize = 16;

fn cost(state: &State) -> Stats {
    let totals = state.totals;
    let of = |label: &str, value: u64, unit| Stat::new(label, value.to_string(), unit);
    let n_now = state.reads.len() as u64;
    Stats {
        items: vec![
            of("Table reads for this access", n_now, "reads"),
            of("Table reads", totals.n_reads, "reads"),
            of("Data accesses", totals.n_data, "accesses"),
            of("TLB hits", totals.n_tlb_hits, "hits"),
            of("TLB misses", totals.n_tlb_misses, "misses"),
            of("Page faults", totals.n_page_faults, "faults"),
            of("Time in memory", totals.time_ns, "ns"),
        ],
    }
}
