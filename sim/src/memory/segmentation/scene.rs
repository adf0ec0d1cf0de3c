//! The picture: the address in fields, the segments in both memories, the table that is checked.

use super::check::{Access, Direction, Kind, Register, Stage, Verdict};
use super::{Mode, Scenario, Segment, State, base, verdict};
use crate::amounts::{actor, percent};
use crate::memory::words::{count, grouped};
use crate::scene::{
    BitField, BitRow, Bits, Cell, Column, Mark, Panel, Part, Pin, Scene, Stat, Stats, Strip,
    StripRow, Table, TableRow, Tone,
};

/// Accesses around the current one that are listed.
const LISTED_MAX: usize = 12;

/// Draws a state.
pub(super) fn scene(scenario: &Scenario, script: &[Access], state: State) -> Scene {
    let access = state.line.and_then(|it| script.get(it)).copied();
    let now = access.map(|it| (it, verdict(scenario, it)));
    match scenario.mode {
        Mode::Segments => Scene::default()
            .with("address", "Address", Panel::Bits(address(scenario, state, now)))
            .with("virtual", "Address space", Panel::Strip(virtual_space(scenario, state, now)))
            .with("physical", "Physical memory", Panel::Strip(physical(scenario, state, now)))
            .with("table", "Segment table", Panel::Table(table(scenario, state, now)))
            .with("script", "Script", Panel::Table(lines(scenario, script, state)))
            .with("numbers", "So far", Panel::Stats(numbers(scenario, script, state))),
        Mode::Flat64 => Scene::default()
            .with("address", "Address", Panel::Bits(linear(scenario, state, now)))
            .with("registers", "Segment registers", Panel::Table(registers(scenario, now)))
            .with("script", "Script", Panel::Table(lines(scenario, script, state)))
            .with("numbers", "So far", Panel::Stats(numbers(scenario, script, state))),
    }
}

type Now = Option<(Access, Verdict)>;

fn byte(n: u32) -> u8 {
    u8::try_from(n).unwrap_or_default()
}

fn field(high: u32, low: u32, value: u64, mark: Mark) -> BitField {
    let n_bits = high - low + 1;
    let mask = if n_bits < 64 { (1 << n_bits) - 1 } else { u64::MAX };
    BitField { high: byte(high), low: byte(low), value: (value >> low) & mask, mark }
}

/// The physical address, once it is known.
fn reached(state: State, now: Now) -> Option<u64> {
    match (state.stage, now) {
        (Stage::Done, Some((_, Verdict::Reaches(at)))) => Some(at),
        _ => None,
    }
}

fn address(scenario: &Scenario, state: State, now: Now) -> Bits {
    let address = now.map_or(0, |(access, _)| access.address);
    let bits = scenario.offset_bits();
    let (number, offset) = scenario.split(address);
    let name = scenario.segments.get(number).map_or("none", |it| &it.name);
    let fault = match (state.stage, now) {
        (Stage::Done, Some((_, verdict))) => Some(verdict),
        _ => None,
    };
    let tone = |failed: bool| if failed { Tone::Fault } else { Tone::Plain };
    let mut mark = Mark::new("field.segment", "segment")
        .detail(format!("segment {number}, {name}"))
        .tone(tone(fault == Some(Verdict::NoSegment)));
    if number < scenario.segments.len() && now.is_some() {
        mark = mark.actor(actor(number));
    }
    let fields = vec![
        field(scenario.address_bits - 1, bits, address, mark),
        field(
            bits - 1,
            0,
            address,
            Mark::new("field.offset", "offset")
                .detail(format!("{} into the segment", count(offset, "bytes")))
                .tone(tone(fault == Some(Verdict::Bounds))),
        ),
    ];
    let text = if now.is_some() { grouped(address) } else { "no access yet".to_owned() };
    let mut rows = vec![BitRow { label: "virtual".to_owned(), text, fields }];
    if let Some(physical) = reached(state, now) {
        let n_bits = scenario.physical_bytes.next_power_of_two().trailing_zeros().max(1);
        let mark = Mark::new("field.physical", "physical").tone(Tone::Good);
        let fields = vec![field(n_bits - 1, 0, physical, mark)];
        rows.push(BitRow { label: "physical".to_owned(), text: grouped(physical), fields });
    }
    Bits { rows }
}

/// A segment as a stretch.
fn part(key: &str, number: usize, segment: &Segment, start: u64, end: u64) -> Part {
    let told = format!("segment {number}, {}, {}", segment.name, count(end - start, "bytes"));
    let mark = Mark::new(format!("{key}.{number}"), segment.name.clone())
        .detail(told)
        .actor(actor(number))
        .tone(Tone::Used);
    Part { start, end, mark }
}

fn pin(key: &str, label: &str, at: u64, is_fault: bool) -> Pin {
    let tone = if is_fault { Tone::Fault } else { Tone::Plain };
    Pin { at, mark: Mark::new(key, label).tone(tone) }
}

fn virtual_space(scenario: &Scenario, state: State, now: Now) -> Strip {
    let room = 1_u64 << scenario.offset_bits();
    let mut parts = Vec::new();
    let slots = 1_usize << scenario.segment_bits;
    for number in 0..slots {
        let first = number as u64 * room;
        let gap = |start: u64, end: u64, parts: &mut Vec<Part>| {
            if start < end {
                let mark = Mark::new(format!("gap.{start}"), "none")
                    .detail("no segment: an access faults")
                    .tone(Tone::Muted);
                parts.push(Part { start, end, mark });
            }
        };
        match scenario.segments.get(number).filter(|it| 0 < it.size_bytes) {
            None => gap(first, first + room, &mut parts),
            Some(segment) => {
                let (start, end) = segment.offsets(room);
                gap(first, first + start, &mut parts);
                parts.push(part("virtual", number, segment, first + start, first + end));
                gap(first + end, first + room, &mut parts);
            }
        }
    }
    let mut row = StripRow::new("virtual", "virtual", parts);
    if let Some((access, verdict)) = now {
        let is_fault = state.stage == Stage::Done && !matches!(verdict, Verdict::Reaches(_));
        row.pins.push(pin("pin.virtual", &grouped(access.address), access.address, is_fault));
    }
    Strip { start: 0, end: 1 << scenario.address_bits, unit: "bytes", rows: vec![row] }
}

fn physical(scenario: &Scenario, state: State, now: Now) -> Strip {
    // Segments may overlap: each gets a row of its own once the rows above it are taken.
    let mut rows: Vec<Vec<Part>> = vec![Vec::new()];
    for (number, segment) in scenario.segments.iter().enumerate() {
        let (start, end) = segment.span();
        if start == end {
            continue;
        }
        let is_free = |row: &Vec<Part>| row.iter().all(|it| it.end <= start || end <= it.start);
        let at = rows.iter().position(is_free).unwrap_or_else(|| {
            rows.push(Vec::new());
            rows.len() - 1
        });
        rows[at].push(part("physical", number, segment, start, end));
        crate::order::by_key(&mut rows[at], |it| it.start);
    }
    let mut rows: Vec<StripRow> = rows
        .into_iter()
        .enumerate()
        .map(|(n, parts)| {
            let label = if n == 0 { "physical" } else { "shared" };
            StripRow::new(format!("physical.{n}"), label, parts)
        })
        .collect();
    if let (Some(at), Some(row)) = (reached(state, now), rows.first_mut()) {
        row.pins.push(pin("pin.physical", &grouped(at), at, false));
    }
    Strip { start: 0, end: scenario.physical_bytes, unit: "bytes", rows }
}

fn table(scenario: &Scenario, state: State, now: Now) -> Table {
    let columns = vec![
        Column::numbers("#"),
        Column::words("segment"),
        Column::numbers("base"),
        Column::numbers("size (bytes)"),
        Column::words("grows"),
        Column::words("may be"),
    ];
    let used = now.map(|(access, _)| scenario.split(access.address).0);
    let row = |(number, segment): (usize, &Segment)| {
        let marked = used == Some(number);
        let checked = |stage: Stage, failure: Verdict| match now {
            Some((_, verdict)) if marked && stage <= state.stage => {
                if verdict == failure {
                    Tone::Fault
                } else if verdict == Verdict::NoSegment
                    || (failure == Verdict::Rights && verdict == Verdict::Bounds)
                {
                    Tone::Plain
                } else {
                    Tone::Good
                }
            }
            _ => Tone::Plain,
        };
        let rights = [(Kind::Read, "read"), (Kind::Write, "written"), (Kind::Execute, "executed")];
        let rights: Vec<&str> =
            rights.iter().filter(|it| segment.allows(it.0)).map(|it| it.1).collect();
        let grows = match segment.grows {
            Direction::Up => "up",
            Direction::Down => "down",
        };
        let base = if marked && reached(state, now).is_some() { Tone::Good } else { Tone::Plain };
        TableRow {
            key: format!("segment.{number}"),
            actor: Some(actor(number)),
            marked,
            cells: vec![
                Cell::new(number.to_string()),
                Cell::new(segment.name.clone()),
                Cell::new(segment.base_address.to_string()).tone(base),
                Cell::new(segment.size_bytes.to_string())
                    .tone(checked(Stage::Bounds, Verdict::Bounds)),
                Cell::new(grows),
                Cell::new(rights.join(", ")).tone(checked(Stage::Rights, Verdict::Rights)),
            ],
        }
    };
    Table { columns, rows: scenario.segments.iter().enumerate().map(row).collect() }
}

/// Offset, base and sum in 64-bit mode.
fn linear(scenario: &Scenario, state: State, now: Now) -> Bits {
    let row = |label: &str, value: u64, tone: Tone| {
        let sign = Mark::new(format!("{label}.sign"), "sign")
            .detail("bits 63 to 48 must repeat bit 47")
            .tone(tone);
        let rest = Mark::new(format!("{label}.rest"), "address").tone(match tone {
            Tone::Fault => Tone::Plain,
            tone => tone,
        });
        let fields = vec![field(63, 48, value, sign), field(47, 0, value, rest)];
        BitRow { label: label.to_owned(), text: format!("{value:#x}"), fields }
    };
    let Some((access, verdict)) = now else {
        return Bits { rows: vec![row("offset", 0, Tone::Muted)] };
    };
    let mut rows = vec![
        row("offset", access.address, Tone::Plain),
        row(access.register.name(), base(scenario, access.register), Tone::Muted),
    ];
    if let (Stage::Done, Verdict::Reaches(linear)) = (state.stage, verdict) {
        rows.push(row("linear", linear, Tone::Good));
    } else if let Verdict::Reaches(sum) | Verdict::NotCanonical(sum) = verdict {
        let is_done = state.stage == Stage::Done;
        rows.push(row("linear", sum, if is_done { Tone::Fault } else { Tone::Plain }));
    }
    Bits { rows }
}

fn registers(scenario: &Scenario, now: Now) -> Table {
    let columns = vec![
        Column::words("register"),
        Column::words("base"),
        Column::words("length"),
        Column::words("used for"),
    ];
    let row = |&register: &Register| {
        let (used_for, tone) = match register {
            Register::Cs => ("code", Tone::Muted),
            Register::Ss => ("stack", Tone::Muted),
            Register::Ds | Register::Es => ("data", Tone::Muted),
            Register::Fs => ("data of this thread", Tone::Plain),
            Register::Gs => ("data of this CPU, in the kernel", Tone::Plain),
        };
        let name = register.name();
        TableRow {
            key: format!("register.{name}"),
            actor: register.actor(),
            marked: now.is_some_and(|(access, _)| access.register == register),
            cells: vec![
                Cell::new(name),
                Cell::new(format!("{:#x}", base(scenario, register))).tone(tone),
                Cell::new("not checked").tone(Tone::Muted),
                Cell::new(used_for),
            ],
        }
    };
    Table { columns, rows: Register::ALL.iter().map(row).collect() }
}

const fn does(kind: Kind) -> &'static str {
    match kind {
        Kind::Read => "read",
        Kind::Write => "write",
        Kind::Execute => "execute",
    }
}

/// How many accesses have ended.
fn n_done(state: State) -> usize {
    state.line.map_or(0, |it| it + usize::from(state.stage == Stage::Done))
}

fn lines(scenario: &Scenario, script: &[Access], state: State) -> Table {
    let columns = vec![
        Column::numbers("#"),
        Column::words("access"),
        Column::numbers("address"),
        Column::words("result"),
    ];
    let first = state
        .line
        .unwrap_or(0)
        .saturating_sub(LISTED_MAX / 2)
        .min(script.len().saturating_sub(LISTED_MAX));
    let row = |(at, access): (usize, &Access)| {
        let (told, tone) = match verdict(scenario, *access) {
            _ if n_done(state) <= at => (String::new(), Tone::Plain),
            Verdict::Reaches(to) if scenario.mode == Mode::Segments => (grouped(to), Tone::Good),
            Verdict::Reaches(to) => (format!("{to:#x}"), Tone::Good),
            Verdict::NoSegment => ("no such segment".to_owned(), Tone::Fault),
            Verdict::Bounds => ("outside".to_owned(), Tone::Fault),
            Verdict::Rights => ("not allowed".to_owned(), Tone::Fault),
            Verdict::NotCanonical(_) => ("not canonical".to_owned(), Tone::Fault),
        };
        let (access_text, address) = match scenario.mode {
            Mode::Segments => (does(access.kind).to_owned(), grouped(access.address)),
            Mode::Flat64 => {
                let text = format!("{} by {}", does(access.kind), access.register.name());
                (text, format!("{:#x}", access.address))
            }
        };
        TableRow {
            key: format!("line.{at}"),
            actor: None,
            marked: state.line == Some(at),
            cells: vec![
                Cell::new((at + 1).to_string()),
                Cell::new(access_text),
                Cell::new(address),
                Cell::new(told).tone(tone),
            ],
        }
    };
    let rows = script.iter().enumerate().skip(first).take(LISTED_MAX).map(row).collect();
    Table { columns, rows }
}

fn numbers(scenario: &Scenario, script: &[Access], state: State) -> Stats {
    let done = &script[..n_done(state)];
    let n_faults =
        done.iter().filter(|&&it| !matches!(verdict(scenario, it), Verdict::Reaches(_))).count();
    let mut items = vec![
        Stat::new("accesses", done.len().to_string(), ""),
        Stat::new("faults", n_faults.to_string(), ""),
    ];
    if scenario.mode == Mode::Segments {
        let holes = super::check::holes(scenario);
        let free: u64 = holes.iter().sum();
        let largest = holes.iter().max().copied().unwrap_or(0);
        items.push(Stat::new("free physical memory", grouped(free), "bytes"));
        items.push(Stat::new("in pieces", holes.len().to_string(), ""));
        items.push(Stat::new("largest piece", grouped(largest), "bytes"));
        let outside = percent(free - largest, free);
        items.push(Stat::new("external fragmentation", outside, "%"));
    }
    Stats { items }
}
