//! The picture: the address in fields, the tables on the way, the buffer, and what it cost.

use super::geometry::{Level, OFFSET_BITS, PageSize, Paging};
use super::scene_tlb;
use super::tables::{Entry, Rights, SPACES, Tables, Target};
use super::walk::{ACCESSED, Access, CLEARED, DIRTY, Kind, Progress, Read, Ring, State};
use crate::engine::Frame;
use crate::scene::{
    BitField, BitRow, Bits, Cell, Column, Mark, Panel, Scene, Stat, Stats, Table, TableRow, Tone,
};

/// What a scene is drawn from besides the state.
pub(crate) struct View<'a> {
    pub(crate) paging: Paging,
    pub(crate) tables: &'a Tables,
    pub(crate) script: &'a [Access],
    /// Whether translations carry the number of their address space.
    pub(crate) pcid: bool,
}

impl View<'_> {
    /// Whether there is more than one address space.
    pub(super) fn is_switched(&self) -> bool {
        1 < self.tables.roots.len()
    }
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
        let table = table(view, past, state, depth, level);
        scene = scene.with(level.slug, level.title, Panel::Table(table));
    }
    scene = scene_tlb::add(scene, view, state);
    scene
        .with("fault", "Error code", Panel::Bits(fault(state)))
        .with("script", "Script", Panel::Table(script(view, past, state)))
        .with("cost", "Cost so far", Panel::Stats(cost(view, state)))
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
    let of_slot = state.spot.and_then(|it| state.tlb.at(it)).map(|it| it.size);
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
    let mut rows = Vec::new();
    let loads = access.kind == Kind::Flush || access.kind.space().is_some();
    if loads || view.is_switched() {
        rows.push(cr3(view, state));
    }
    if !loads {
        rows.push(BitRow { label: "virtual".to_owned(), text: format!("{address:#x}"), fields });
    }
    if let Progress::Reached(physical) | Progress::Stale(physical) = state.progress {
        let top = (paging.frame_bits() + OFFSET_BITS).max(offset + 1);
        let frame = physical >> OFFSET_BITS;
        let mark =
            Mark::new("field.frame", "frame").detail(format!("frame {frame:#x}")).tone(match state
                .progress
            {
                Progress::Stale(_) => Tone::Danger,
                _ => Tone::Good,
            });
        let fields = vec![
            field(top - 1, offset, physical, mark),
            field(offset - 1, 0, physical, offset_mark("field.physical_offset")),
        ];
        rows.push(BitRow { label: "physical".to_owned(), text: format!("{physical:#x}"), fields });
    }
    Bits { rows }
}

/// The register that leads to the root table.
fn cr3(view: &View<'_>, state: &State) -> BitRow {
    let frame = view.tables.table(view.tables.root(state.space)).frame;
    let space = SPACES.get(usize::from(state.space)).copied().unwrap_or("A");
    let pcid = if view.pcid { u64::from(state.space) + 1 } else { 0 };
    let value = frame << OFFSET_BITS | pcid;
    let top = view.paging.frame_bits() + OFFSET_BITS - 1;
    let root = Mark::new("cr3.root", "root").detail(format!("frame of the root table of {space}"));
    let low = match view.pcid {
        true => Mark::new("cr3.pcid", "PCID").detail(format!("number of {space} in the TLB")),
        false => Mark::new("cr3.flags", "flags").detail("no PCID").tone(Tone::Muted),
    };
    let fields = vec![field(top, OFFSET_BITS, value, root), field(OFFSET_BITS - 1, 0, value, low)];
    BitRow { label: format!("CR3 of {space}"), text: format!("{value:#x}"), fields }
}

/// The last walk in this address space that came to a level, up to now.
fn seen(past: &[Frame<State>], state: &State, depth: usize) -> Option<Read> {
    let here = past.iter().rev().take_while(|it| it.state.space == state.space);
    here.filter_map(|it| it.state.reads.get(depth)).copied().next()
}

/// The table of one level that this walk has come to, or else the one of the walk before it.
fn table(
    view: &View<'_>,
    past: &[Frame<State>],
    state: &State,
    depth: usize,
    level: &Level,
) -> Table {
    let columns = vec![
        Column::numbers("entry"),
        Column::words("leads to"),
        Column::words("may"),
        Column::words("bits"),
    ];
    let read = state.reads.get(depth).copied();
    let number = match (read.or_else(|| seen(past, state, depth)), depth) {
        (Some(read), _) => read.table,
        (None, 0) => view.tables.root(state.space),
        (None, _) => {
            let cells = ["", "not read yet", "", ""].map(|it| Cell::new(it).tone(Tone::Muted));
            let key = format!("{}.none", level.slug);
            let row = TableRow { key, actor: None, marked: false, cells: cells.to_vec() };
            return Table { columns, rows: vec![row] };
        }
    };
    let row = |index: u16, entry: Option<u32>| {
        let marked = read.is_some_and(|it| it.index == index);
        let now = entry.map(|it| (it, state.now(it, view.tables.entries[it as usize])));
        let (texts, tone) = match now {
            None => (
                vec![index.to_string(), "nothing".to_owned(), String::new(), String::new()],
                Tone::Free,
            ),
            Some((number, _)) if state.uses[number as usize] & CLEARED != 0 => (
                vec![index.to_string(), "cleared".to_owned(), String::new(), String::new()],
                Tone::Miss,
            ),
            Some((number, entry)) => {
                let bits = bits(entry, state.uses[number as usize]);
                let texts =
                    vec![index.to_string(), leads_to(view, entry), rights(entry.rights), bits];
                (texts, if entry.present { Tone::Plain } else { Tone::Miss })
            }
        };
        let cell = |text| Cell { text, tone: if marked { tone } else { Tone::Plain } };
        TableRow {
            key: format!("{}.{number}.{index}", level.slug),
            actor: marked.then(|| actor(depth)),
            marked,
            cells: texts.into_iter().map(cell).collect(),
        }
    };
    Table { columns, rows: rows_of(view, number, read, row) }
}

/// The entries of a table that are in use, and the chosen one among them.
fn rows_of(
    view: &View<'_>,
    number: u32,
    read: Option<Read>,
    row: impl Fn(u16, Option<u32>) -> TableRow,
) -> Vec<TableRow> {
    let mut entries: Vec<(u16, Option<u32>)> =
        view.tables.table(number).entries.iter().map(|it| (*it.0, Some(*it.1))).collect();
    if let Some(read) = read.filter(|it| it.entry.is_none()) {
        let place = entries.partition_point(|it| it.0 < read.index);
        entries.insert(place, (read.index, None));
    }
    entries.into_iter().map(|it| row(it.0, it.1)).collect()
}

fn leads_to(view: &View<'_>, entry: Entry) -> String {
    match entry.target {
        Target::Table(next) => format!("table in frame {:#x}", view.tables.table(next).frame),
        Target::Page(..) if !entry.present => "not present".to_owned(),
        Target::Page(frame, size) => format!("frame {frame:#x}, {}", size.said()),
    }
}

pub(super) fn rights(rights: Rights) -> String {
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
    if entry.global {
        bits.push("G");
    }
    bits.join(" ")
}

/// The error code of a page fault, bit by bit; all zeros while there is none.
fn fault(state: &State) -> Bits {
    let (text, code) = match state.progress {
        Progress::Fault(code) => (format!("{code:#x}"), Some(code)),
        Progress::Refused => ("0, of #GP".to_owned(), None),
        _ => ("none".to_owned(), None),
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

fn script(view: &View<'_>, past: &[Frame<State>], state: &State) -> Table {
    let columns = vec![
        Column::numbers("line"),
        Column::words("address"),
        Column::words("does"),
        Column::words("mode"),
        Column::numbers("table reads"),
        Column::numbers("ns"),
        Column::words("ends"),
    ];
    // A long script shows the lines around the present one.
    let first = (state.line as usize).saturating_sub(SCRIPT_ROWS / 2);
    let lines = (0..).zip(view.script).skip(first).take(SCRIPT_ROWS);
    Table { columns, rows: lines.map(|it| line(past, state, it)).collect() }
}

fn line(past: &[Frame<State>], state: &State, (number, access): (u32, &Access)) -> TableRow {
    let (does, is_access) = match access.kind {
        Kind::Read => ("read", true),
        Kind::Write => ("write", true),
        Kind::Execute => ("execute", true),
        Kind::Invlpg => ("invlpg", false),
        Kind::Flush => ("load CR3", false),
        Kind::ToA => ("switch to A", false),
        Kind::ToB => ("switch to B", false),
        Kind::ToC => ("switch to C", false),
        Kind::Munmap => ("munmap", false),
        Kind::Protect => ("make read-only", false),
        Kind::Unprotect => ("make writable", false),
    };
    let user = is_access && access.ring == Ring::User;
    let now = number == state.line && state.progress != Progress::Waiting;
    // The last frame of the line, and when the line before it ended.
    let came = match state.progress {
        Progress::Waiting => 0,
        _ => past.partition_point(|it| it.state.line <= number),
    };
    let frame = came.checked_sub(1).map(|it| &past[it]).filter(|it| it.state.line == number);
    let before = past[..came].iter().rev().find(|it| it.state.line < number);
    let start = before.map_or(0, |it| it.step.time);
    let (tone, ends) = match frame.map(|it| it.state.progress) {
        Some(Progress::Fault(code)) => (Tone::Fault, format!("#PF {code:#x}")),
        Some(Progress::Refused) => (Tone::Fault, "#GP".to_owned()),
        Some(Progress::Reached(physical)) => (Tone::Done, format!("{physical:#x}")),
        Some(Progress::Stale(physical)) => (Tone::Danger, format!("{physical:#x}, stale")),
        Some(Progress::Told) => (Tone::Done, String::new()),
        Some(Progress::Going) => (Tone::Running, String::new()),
        Some(Progress::Waiting) | None => (Tone::Plain, String::new()),
    };
    let of = |value: u64| if is_access { value.to_string() } else { String::new() };
    let reads = frame.map_or_else(String::new, |it| of(it.state.reads.len() as u64));
    let time = frame.map_or_else(String::new, |it| of(it.step.time - start));
    let address = match access.kind {
        kind if kind == Kind::Flush || kind.space().is_some() => String::new(),
        _ => format!("{:#x}", access.address),
    };
    let mode = if user { "user" } else { "kernel" };
    let mut cells = [
        Cell::new((number + 1).to_string()),
        Cell::new(address),
        Cell::new(does),
        Cell::new(mode),
        Cell::new(reads),
        Cell::new(time),
        Cell::new(ends),
    ];
    cells[if tone == Tone::Running { 2 } else { 6 }].tone = tone;
    TableRow { key: format!("line.{number}"), actor: None, marked: now, cells: cells.to_vec() }
}

/// Lines of the script that are drawn.
const SCRIPT_ROWS: usize = 16;

fn cost(view: &View<'_>, state: &State) -> Stats {
    let totals = state.totals;
    let of = |label: &str, value: u64, unit| Stat::new(label, value.to_string(), unit);
    let mut items = vec![
        of("Table reads for this access", state.reads.len() as u64, "reads"),
        of("Table reads", totals.n_reads, "reads"),
        of("Data accesses", totals.n_data, "accesses"),
        of("TLB hits", totals.n_tlb_hits, "hits"),
        of("TLB misses", totals.n_tlb_misses, "misses"),
        of("Page faults", totals.n_page_faults, "faults"),
        of("Time in memory", totals.time_ns, "ns"),
    ];
    if view.script.iter().any(|it| it.kind.is_change()) {
        items.push(of("Stale uses", totals.n_stale_uses, "uses"));
    }
    Stats { items }
}
