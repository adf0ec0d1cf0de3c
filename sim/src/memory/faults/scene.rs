//! The picture: what the CPU reports, the kernel's way, regions, pages, and the table of faults.

use super::super::words::grouped;
use super::class::{Access, Class, ENDS, N_ROWS};
use super::kernel::{Costs, Stage, State, time};
use super::space::{Backing, PAGE_BITS, Page, Pte};
use crate::engine::Frame;
use crate::scene::{
    BitField, BitRow, Bits, Cell, Column, Mark, Panel, Scene, Stat, Stats, Table, TableRow, Tone,
};
use std::collections::BTreeMap;

/// Rows of a long list that are drawn.
const ROWS_MAX: usize = 16;

/// The table of faults: what it is, what the kernel finds, what it does, how it ends.
const ROWS: [[&str; 4]; N_ROWS] = [
    ["first read, anonymous", "not present, nothing behind it", "maps the page of zeros", "minor"],
    ["first write, anonymous", "not present, nothing behind it", "a new frame of zeros", "minor"],
    ["file page in the page cache", "not present, frame in memory", "maps or copies it", "minor"],
    ["first write, shared file", "present, read-only", "notes it as dirty", "minor"],
    ["write to a shared copy", "present, read-only", "copies it, or keeps the last one", "minor"],
    ["file page not in memory", "not present", "reads it from the file", "major"],
    ["page in the swap area", "not present, place in the entry", "reads it back", "major"],
    [
        "just below a stack",
        "no region, but one above grows",
        "extends it, then as anonymous",
        "minor",
    ],
    ["no region", "no region", "SEGV_MAPERR", "SIGSEGV"],
    ["forbidden", "a region that does not allow it", "SEGV_ACCERR", "SIGSEGV"],
    ["past the end of the file", "a region, but no page of the file", "BUS_ADRERR", "SIGBUS"],
    ["not canonical", "no page fault: the CPU raises #GP", "SI_KERNEL", "SIGSEGV"],
];

/// Draws the last state of `past`.
pub(crate) fn scene(script: &[Access], costs: &Costs, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    let access = script.get(state.line as usize).copied().filter(|_| state.class.is_some());
    Scene::default()
        .with("report", "What the CPU reports", Panel::Bits(report(state, access)))
        .with("path", "The way of this access", Panel::Table(path(state)))
        .with("regions", "Regions", Panel::Table(regions(state)))
        .with("pages", "Pages", Panel::Table(pages(state, access)))
        .with("faults", "Kinds of faults", Panel::Table(faults(state, costs)))
        .with("script", "Script", Panel::Table(lines(script, past)))
        .with("cost", "Cost so far", Panel::Stats(cost(state)))
}

fn report(state: &State, access: Option<Access>) -> Bits {
    let mut rows = Vec::new();
    let address = access.map_or(0, |it| it.address);
    let field = |high: u8, low: u8, value: u64, name: &str, detail: String| BitField {
        high,
        low,
        value,
        mark: Mark::new(format!("field.{name}"), name).detail(detail),
    };
    let reported = state.code.is_some();
    let mut fields = vec![
        field(63, 12, address >> PAGE_BITS, "page", format!("page {:#x}", address >> PAGE_BITS)),
        field(11, 0, address & 0xfff, "offset", format!("byte {} of it", address & 0xfff)),
    ];
    for field in &mut fields {
        field.mark.tone = if reported { Tone::Fault } else { Tone::Muted };
    }
    let (label, text) = match (access, reported) {
        (None, _) => ("address", "none yet".to_owned()),
        (Some(_), true) => ("CR2", format!("{address:#x}")),
        (Some(_), false) => ("address", format!("{address:#x}")),
    };
    rows.push(BitRow { label: label.to_owned(), text, fields });
    let names = [
        (4, "I/D", "it was an instruction fetch"),
        (3, "RSVD", "a reserved bit was set"),
        (2, "U/S", "it came from user mode"),
        (1, "W/R", "it was a write"),
        (0, "P", "the page was present, its rights forbid the access"),
    ];
    let code = u64::from(state.code.unwrap_or_default());
    let bits = names.iter().map(|(at, name, detail)| {
        let value = code >> at & 1;
        let mut field = field(*at, *at, value, name, (*detail).to_owned());
        field.mark.tone = match (reported, value) {
            (false, _) => Tone::Muted,
            (true, 0) => Tone::Plain,
            (true, _) => Tone::Fault,
        };
        field
    });
    let text = if reported { format!("{code:#x}") } else { "none".to_owned() };
    rows.push(BitRow { label: "error code".to_owned(), text, fields: bits.collect() });
    Bits { rows }
}

fn path(state: &State) -> Table {
    let columns = vec![
        Column::words("step"),
        Column::words("where"),
        Column::words("takes"),
        Column::words("so far"),
    ];
    let mut sum = 0;
    let row = |(at, (stage, ns)): (usize, &(Stage, u64))| {
        sum += ns;
        let (name, place, tone) = match stage {
            Stage::Translate => ("translation", "CPU", Tone::Plain),
            Stage::Trap => ("exception", "CPU, then exc_page_fault", Tone::Fault),
            Stage::Find => ("find the region", "do_user_addr_fault", Tone::Plain),
            Stage::Grow => ("extend the stack", "expand_stack", Tone::Plain),
            Stage::Check => ("check the rights", "access_error", Tone::Plain),
            Stage::Choose => ("choose a handler", "handle_mm_fault", Tone::Plain),
            Stage::Io => ("read from a device", "the thread sleeps", Tone::Blocked),
            Stage::Frame => ("fill a new frame", "handler", Tone::Plain),
            Stage::Install => ("set the entry", "handler", Tone::Plain),
            Stage::Return => ("return and try again", "CPU", Tone::Good),
            Stage::Signal => ("send a signal", "force_sig_fault", Tone::Danger),
        };
        let texts = [name.to_owned(), place.to_owned(), time(*ns), time(sum)];
        let mut cells = texts.map(Cell::new);
        cells[0].tone = tone;
        let marked = at + 1 == state.path.len();
        TableRow { key: format!("stage.{at}"), actor: None, marked, cells: cells.to_vec() }
    };
    let rows = state.path.iter().enumerate().map(row).collect();
    Table { columns, rows }
}

fn regions(state: &State) -> Table {
    let columns = vec![
        Column::words("region"),
        Column::words("from"),
        Column::words("to"),
        Column::words("rights"),
        Column::words("behind it"),
    ];
    let row = |(at, vma): (usize, &super::space::Vma)| {
        let behind = match (vma.backing, vma.shared) {
            (Backing::Anonymous, false) => "anonymous".to_owned(),
            (Backing::Anonymous, true) => "anonymous, shared".to_owned(),
            (Backing::Stack, _) => "stack, grows down".to_owned(),
            (Backing::File, shared) => {
                let kind = if shared { "shared" } else { "private" };
                match vma.n_file_pages < vma.end - vma.start {
                    true => format!("file, {kind}, {} of its pages", vma.n_file_pages),
                    false => format!("file, {kind}"),
                }
            }
        };
        let texts = [
            vma.name.clone(),
            format!("{:#x}", vma.start << PAGE_BITS),
            format!("{:#x}", (vma.end << PAGE_BITS) - 1),
            format!("{}{}", vma.rights.said(), if vma.shared { "s" } else { "p" }),
            behind,
        ];
        TableRow {
            key: format!("region.{}", vma.name),
            actor: u16::try_from(at).ok(),
            marked: state.vma == Some(at),
            cells: texts.map(Cell::new).to_vec(),
        }
    };
    Table { columns, rows: state.space.vmas.iter().enumerate().map(row).collect() }
}

/// The pages that were touched or given, those around the present one if they are many.
fn pages(state: &State, access: Option<Access>) -> Table {
    let columns = vec![
        Column::words("page"),
        Column::words("entry"),
        Column::words("frame"),
        Column::words("page cache"),
    ];
    let now = access.map(Access::page);
    let all = &state.space.pages;
    let before = now.map_or(0, |it| all.range(..it).count());
    let skip = before.saturating_sub(ROWS_MAX / 2).min(all.len().saturating_sub(ROWS_MAX));
    let row = |(number, page): (&u64, &Page)| {
        let (entry, tone) = match page.pte {
            Pte::None => ("not present", Tone::Free),
            Pte::Zero => ("P, read-only, zeros", Tone::Used),
            Pte::Cached { writable: true } => ("P, writable, dirty", Tone::Dirty),
            Pte::Cached { writable: false } => ("P, read-only", Tone::Used),
            Pte::Own => ("P", Tone::Used),
            Pte::Copy { others: true } => ("P, read-only, shared", Tone::Used),
            Pte::Copy { others: false } => ("P, read-only, alone", Tone::Used),
            Pte::Swapped => ("not present, in swap", Tone::Blocked),
        };
        let hex = |frame: Option<u64>| frame.map(|it| format!("{it:#x}")).unwrap_or_default();
        let mapped = match page.pte {
            Pte::Cached { .. } => page.cached,
            _ => page.frame.filter(|_| page.pte.present()),
        };
        let address = format!("{:#x}", number << PAGE_BITS);
        let mut cells = [address, entry.to_owned(), hex(mapped), hex(page.cached)].map(Cell::new);
        cells[1].tone = tone;
        TableRow {
            key: format!("page.{number:x}"),
            actor: state.space.find(*number).and_then(|it| u16::try_from(it).ok()),
            marked: now == Some(*number),
            cells: cells.to_vec(),
        }
    };
    Table { columns, rows: all.iter().skip(skip).take(ROWS_MAX).map(row).collect() }
}

fn faults(state: &State, costs: &Costs) -> Table {
    let columns = vec![
        Column::words("kind"),
        Column::words("the kernel finds"),
        Column::words("it does"),
        Column::words("ends as"),
        Column::words("takes"),
        Column::numbers("so far"),
    ];
    // The kind is known once the way is told to its end.
    let now = state.class.and_then(Class::row).filter(|_| state.ended());
    let takes = costs.of_rows();
    let row = |(at, texts): (usize, &[&str; 4])| {
        let n = state.totals.n_rows[at];
        let mut cells: Vec<Cell> = texts.iter().map(|it| Cell::new(*it)).collect();
        cells[3].tone = match texts[3] {
            "minor" => Tone::Good,
            "major" => Tone::Blocked,
            _ => Tone::Danger,
        };
        cells.push(Cell::new(time(takes[at])));
        cells.push(Cell::new(if n == 0 { String::new() } else { grouped(n) }));
        TableRow { key: format!("kind.{at}"), actor: None, marked: now == Some(at), cells }
    };
    Table { columns, rows: ROWS.iter().enumerate().map(row).collect() }
}

fn lines(script: &[Access], past: &[Frame<State>]) -> Table {
    let Some(Frame { state, .. }) = past.last() else {
        return Table { columns: Vec::new(), rows: Vec::new() };
    };
    let ended = past.iter().filter(|it| it.state.ended());
    let ends: BTreeMap<u32, usize> =
        ended.filter_map(|it| Some((it.state.line, it.state.class?.end()))).collect();
    let columns = vec![
        Column::numbers("line"),
        Column::words("address"),
        Column::words("does"),
        Column::words("ends as"),
    ];
    let line = state.line as usize;
    let skip = line.saturating_sub(ROWS_MAX / 2).min(script.len().saturating_sub(ROWS_MAX));
    let row = |(at, access): (usize, &Access)| {
        let now = at == line && state.class.is_some();
        let tone = match (now, state.ended()) {
            (true, false) => Tone::Running,
            (true, true) => Tone::Done,
            (false, _) if at < line => Tone::Done,
            (false, _) => Tone::Plain,
        };
        let number = u32::try_from(at).unwrap_or(u32::MAX);
        let end = ends.get(&number).map_or("", |it| ENDS[*it]);
        let texts = [
            (at + 1).to_string(),
            format!("{:#x}", access.address),
            access.kind.said().to_owned(),
            end.to_owned(),
        ];
        let mut cells = texts.map(Cell::new);
        cells[1].tone = tone;
        TableRow { key: format!("line.{at}"), actor: None, marked: now, cells: cells.to_vec() }
    };
    Table { columns, rows: script.iter().enumerate().skip(skip).take(ROWS_MAX).map(row).collect() }
}

fn cost(state: &State) -> Stats {
    let totals = state.totals;
    let of = |label: &str, value: u64, unit| Stat::new(label, grouped(value), unit);
    Stats {
        items: vec![
            of("Accesses without a fault", totals.n_ends[0], "accesses"),
            of("Minor faults", totals.n_ends[1], "faults"),
            of("Major faults", totals.n_ends[2], "faults"),
            of("Signals", totals.n_ends[3] + totals.n_ends[4], "signals"),
            Stat::new("Time in the kernel", time(totals.time_ns), ""),
            Stat::new("Of it for major faults", time(totals.ns_of_ends[2]), ""),
        ],
    }
}
