//! The picture: the entry in fields, the accesses against the checks, the error code.

use super::entry::bit;
use super::rules::{ACCESSES, Access, CHECKS, Does, Given, Mark as Result, Rights, Verdict};
use crate::engine::Frame;
use crate::scene::{
    BitField, BitRow, Bits, Cell, Column, Mark, Panel, Scene, Table, TableRow, Tone,
};

/// How many accesses have been tried.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) tried: u32,
}

/// What the entry is, in one sentence.
pub(crate) fn say_entry(given: &Given) -> String {
    let entry = given.entry;
    let (raw, name) = (entry.raw, entry.form.name());
    if !entry.has(bit::P) {
        return format!(
            "The {name} {raw:#018x} is not present, because P is 0; all its other bits belong to \
             the kernel, which may keep a place on disk there."
        );
    }
    let cpu = given.cpu;
    match entry.reserved(cpu.nxe, cpu.pke, cpu.address_bits) {
        Some(part) => format!(
            "The {name} {raw:#018x} is malformed, because {} {}.",
            bits_said(part.high, part.low),
            part.meaning
        ),
        None => format!(
            "The {name} {raw:#018x} leads to {} at physical address {:#x}, because P is 1.",
            entry.leads_to(),
            entry.address()
        ),
    }
}

fn bits_said(high: u32, low: u32) -> String {
    if high == low { format!("bit {high}") } else { format!("bits {high} to {low}") }
}

/// How an access ends and why, in one sentence.
pub(crate) fn say_access(given: &Given, access: Access, verdict: &Verdict) -> String {
    let what = access.said();
    match (verdict.failed, verdict.code) {
        (Some(at), Some(code)) => {
            let why = why_not(given, access, at);
            format!("A {what} raises #PF with error code {code:#x}, because {why}.")
        }
        _ => {
            let sets = match given.sets(access) {
                (true, true) => "; the CPU sets A and D",
                (true, false) => "; the CPU sets A",
                (false, true) => "; the CPU sets D",
                (false, false) => "",
            };
            format!("A {what} goes through, because {}{sets}.", why(given, access))
        }
    }
}

/// Which entry forbids it: this one or another.
fn whose(own: bool) -> &'static str {
    if own { "in this entry" } else { "in another entry of the walk" }
}

fn why_not(given: &Given, access: Access, at: usize) -> String {
    let (own, cpu) = (given.own(), given.cpu);
    match at {
        0 => "P is 0, so nothing is mapped".to_owned(),
        1 => match given.entry.reserved(cpu.nxe, cpu.pke, cpu.address_bits) {
            Some(part) => format!("{} {}", bits_said(part.high, part.low), part.meaning),
            None => String::new(),
        },
        2 => format!("U/S is 0 {}, so the page is the supervisor's", whose(!own.user)),
        3 => {
            let binds = if access.user { "" } else { ", and CR0.WP binds the supervisor as well" };
            format!("R/W is 0 {}{binds}", whose(!own.write))
        }
        4 => format!("XD is 1 {}", whose(own.xd)),
        5 => "SMEP is on and the page is one of users".to_owned(),
        6 => "SMAP is on, AC is 0, and the page is one of users".to_owned(),
        _ => {
            let key = given.entry.key().unwrap_or(0);
            let bit = if cpu.key_ad { "accesses" } else { "writes" };
            format!("PKRU forbids {bit} with key {key}")
        }
    }
}

fn why(given: &Given, access: Access) -> String {
    let rights = given.together();
    let page = if rights.user { "a page of users" } else { "the supervisor's own page" };
    let may = match access.does {
        Does::Read => "every present page can be read",
        Does::Write if rights.write => "R/W is 1 at every level",
        Does::Write => "CR0.WP is 0, so R/W does not bind the supervisor",
        Does::Fetch if given.cpu.nxe => "XD is 0 at every level",
        Does::Fetch => "EFER.NXE is 0, so nothing forbids execution",
    };
    match (access.user, access.does, rights.user) {
        (true, ..) => format!("U/S is 1 at every level and {may}"),
        (false, Does::Fetch, true) => format!("SMEP is off and {may}"),
        (false, _, true) if given.cpu.smap => format!("AC lifts SMAP and {may}"),
        (false, ..) => format!("it is {page} and {may}"),
    }
}

/// Draws the last state of `past`.
pub(crate) fn scene(given: &Given, past: &[Frame<State>]) -> Scene {
    let tried = past.last().map_or(0, |it| it.state.tried as usize);
    let verdict = tried.checked_sub(1).map(|at| (ACCESSES[at], given.try_access(ACCESSES[at])));
    Scene::default()
        .with("entry", "Entry", Panel::Bits(entry(given, verdict)))
        .with("accesses", "Accesses against checks", Panel::Table(accesses(given, tried)))
        .with("fault", "Error code", Panel::Bits(code(verdict)))
        .with("levels", "Rights of the walk", Panel::Table(levels(given, verdict)))
}

fn small(number: u32) -> u8 {
    u8::try_from(number).unwrap_or_default()
}

/// The bits that a check looks at.
const fn looks_at(check: usize) -> &'static str {
    match check {
        0 => "P",
        2 | 5 | 6 => "U/S",
        3 => "R/W",
        4 => "XD",
        7 => "key",
        _ => "",
    }
}

/// Whether this entry alone makes a check fail, whatever the others say.
const fn guilty(given: &Given, check: usize) -> bool {
    let own = given.own();
    match check {
        2 => !own.user,
        3 => !own.write,
        4 => own.xd,
        _ => true,
    }
}

fn entry(given: &Given, verdict: Option<(Access, Verdict)>) -> Bits {
    let (entry, cpu) = (given.entry, given.cpu);
    let present = entry.has(bit::P);
    let failed = verdict.and_then(|it| it.1.failed);
    let field = |part: &super::entry::Part| {
        let value = entry.bits(part.high, part.low);
        let wrong = part.reserved && value != 0;
        let asked = |n: usize| {
            let mark = verdict.map(|it| it.1.marks[n]);
            looks_at(n) == part.name && matches!(mark, Some(Result::Passed | Result::Failed))
        };
        let tone = match (0..CHECKS.len()).find(|n| asked(*n)) {
            _ if !present && part.name != "P" => Tone::Muted,
            _ if wrong => Tone::Danger,
            Some(n) if Some(n) == failed && guilty(given, n) => Tone::Fault,
            Some(n) if Some(n) == failed => Tone::Plain,
            Some(_) => Tone::Good,
            None if part.used => Tone::Plain,
            None => Tone::Muted,
        };
        let meaning = match present || part.name == "P" {
            true => part.meaning,
            false => "not read, because P is 0",
        };
        let mark = Mark::new(format!("bit.{}", part.low), part.name)
            .detail(format!("{}: {meaning}", bits_said(part.high, part.low)))
            .tone(tone);
        BitField { high: small(part.high), low: small(part.low), value, mark }
    };
    let parts = entry.parts(cpu.nxe, cpu.pke, cpu.address_bits);
    let fields = parts.iter().map(field).collect();
    let label = entry.form.name().to_owned();
    Bits { rows: vec![BitRow { label, text: format!("{:#018x}", entry.raw), fields }] }
}

/// A row for each access, a column for each check.
fn accesses(given: &Given, tried: usize) -> Table {
    let mut columns = vec![Column::words("access")];
    columns.extend(CHECKS.iter().map(|it| Column::words(it.0)));
    columns.push(Column::words("ends"));
    let row = |(n, access): (usize, &Access)| {
        let verdict = given.try_access(*access);
        let mut cells = vec![Cell::new(access.said().replace(" in", ","))];
        let known = n < tried;
        let mark = |it: &Result| match it {
            _ if !known => Cell::default(),
            Result::Passed => Cell::new("pass").tone(Tone::Good),
            Result::Failed => Cell::new("fails").tone(Tone::Fault),
            Result::Skipped => Cell::new("–").tone(Tone::Muted),
            Result::NotReached => Cell::default(),
        };
        cells.extend(verdict.marks.iter().map(mark));
        cells.push(match verdict.code {
            _ if !known => Cell::default(),
            Some(code) => Cell::new(format!("#PF {code:#x}")).tone(Tone::Fault),
            None => {
                let sets = match given.sets(*access) {
                    (true, true) => ", sets A D",
                    (true, false) => ", sets A",
                    (false, true) => ", sets D",
                    (false, false) => "",
                };
                Cell::new(format!("allowed{sets}")).tone(Tone::Good)
            }
        });
        TableRow { key: access.slug().to_owned(), actor: None, marked: n + 1 == tried, cells }
    };
    Table { columns, rows: ACCESSES.iter().enumerate().map(row).collect() }
}

/// The error code bit by bit; all zeros while there is none.
fn code(verdict: Option<(Access, Verdict)>) -> Bits {
    let code = verdict.and_then(|it| it.1.code);
    let names = [
        ("PK", "the protection key forbids it"),
        ("I/D", "it was an instruction fetch"),
        ("RSVD", "a reserved bit was set"),
        ("U/S", "it came from user mode"),
        ("W/R", "it was a write"),
        ("P", "the entry was present"),
    ];
    let field = |(n, (name, meaning)): (u32, &(&str, &str))| {
        let at = 5 - n;
        let value = u64::from(code.unwrap_or(0) >> at & 1);
        let tone = match (code, value) {
            (None, _) => Tone::Muted,
            (Some(_), 0) => Tone::Plain,
            (Some(_), _) => Tone::Fault,
        };
        let mark = Mark::new(format!("code.{name}"), *name).detail(*meaning).tone(tone);
        BitField { high: small(at), low: small(at), value, mark }
    };
    let text = code.map_or_else(|| "none".to_owned(), |it| format!("{it:#x}"));
    let fields = (0..).zip(&names).map(field).collect();
    Bits { rows: vec![BitRow { label: "error code".to_owned(), text, fields }] }
}

/// What this entry says, what the others say, and what counts.
fn levels(given: &Given, verdict: Option<(Access, Verdict)>) -> Table {
    let columns = ["entry", "R/W", "U/S", "XD"].map(Column::words).to_vec();
    let failed = verdict.and_then(|it| it.1.failed);
    let row = |key: &str, name: &str, rights: Rights, counts: bool| {
        let cell = |on: bool, checks: &[usize]| {
            let hit = counts && failed.is_some_and(|it| checks.contains(&it));
            let tone = if hit { Tone::Fault } else { Tone::Plain };
            Cell::new(if on { "1" } else { "0" }).tone(tone)
        };
        let cells = vec![
            Cell::new(name),
            cell(rights.write, &[3]),
            cell(rights.user, &[2, 5, 6]),
            cell(rights.xd, &[4]),
        ];
        TableRow { key: key.to_owned(), actor: None, marked: counts, cells }
    };
    let rows = vec![
        row("own", "this entry", given.own(), false),
        row("others", "the others together", given.others, false),
        row("all", "what counts", given.together(), true),
    ];
    Table { columns, rows }
}
