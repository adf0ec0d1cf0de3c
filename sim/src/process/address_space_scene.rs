//! An address space drawn: regions from high to low as long as their size is on a logarithmic scale.

use super::address_space_layout::Region;
use super::address_space_run::{Outcome, State, hex, kernel_start};
use super::address_space_script::Op;
use crate::scene::{
    BitField, BitRow, Bits, Cell, Code, Column, Listing, Mark, Panel, Part, Pin, Scene, Strip,
    StripRow, Table, TableRow, Tone,
};
use crate::words::bytes;

/// Draws one state.
pub(super) fn scene(state: &State, ops: &[Op], bits: u32) -> Scene {
    Scene::default()
        .with(
            "regions",
            "From high to low: a bar of n bits is 2^n bytes",
            Panel::Strip(strip(state, bits)),
        )
        .with("script", "Script", Panel::Code(script(state, ops)))
        .with("address", "The address, bit by bit", Panel::Bits(address(state, bits)))
        .with("maps", "The same as a list, as in /proc/self/maps", Panel::Table(table(state)))
}

/// Left end of the axis: no bar is shorter than a page, and a page has a bar.
const FIRST_BIT: u64 = 8;

/// Nearest power of two.
fn log2(size: u64) -> u64 {
    let below = u64::from(size.max(1).ilog2());
    // Past 2^n times the square root of two, 2^(n+1) is nearer.
    let half = (u128::from(size) * u128::from(size)) >> (2 * below);
    if 1 < half { below + 1 } else { below }
}

fn tone(state: &State, region: &Region) -> Tone {
    match state.touched {
        Some((_, outcome)) if state.focus == region.name => match outcome {
            Outcome::Fine => Tone::Hit,
            Outcome::Grown(_) => Tone::Good,
            Outcome::Segv => Tone::Fault,
        },
        None if state.focus == region.name => Tone::Good,
        _ if region.rights == "---" => Tone::Blocked,
        _ => Tone::Used,
    }
}

/// A row: a stretch with its size, and what was touched in it.
fn row(
    state: &State,
    (key, label): (String, &str),
    (start, end): (u64, u64),
    tone: Tone,
) -> StripRow {
    // The kernel's half ends with the last address: one less than what no number holds.
    let size = end.wrapping_sub(start);
    let mark = Mark::new(format!("{key}.size"), bytes(size)).tone(tone).detail(format!(
        "{label}: {} to {}",
        hex(start),
        hex(end.wrapping_sub(1))
    ));
    let part = Part { start: FIRST_BIT, end: log2(size).max(FIRST_BIT + 1), mark };
    let mut row = StripRow::new(key, label, vec![part]);
    if let Some((address, outcome)) = state.touched
        && start <= address
        && (address < end || end == 0)
    {
        let text = if outcome == Outcome::Segv { "SIGSEGV" } else { "touched" };
        let tone = if outcome == Outcome::Segv { Tone::Fault } else { Tone::Hit };
        let mark = Mark::new("touch", text).tone(tone).detail(hex(address));
        row.pins.push(Pin { at: (FIRST_BIT + log2(size).max(FIRST_BIT)) / 2, mark });
    }
    row
}

fn strip(state: &State, bits: u32) -> Strip {
    let mut rows = Vec::new();
    let kernel = kernel_start(bits);
    let failed = |what: &str, otherwise: Tone| match state.touched {
        Some((_, Outcome::Segv)) if state.focus == what => Tone::Fault,
        _ => otherwise,
    };
    rows.push(row(
        state,
        ("kernel".to_owned(), "kernel's half"),
        (kernel, 0),
        failed("kernel", Tone::Muted),
    ));
    let user_end = 1 << (bits - 1);
    rows.push(row(
        state,
        ("hole".to_owned(), "no addresses"),
        (user_end, kernel),
        failed("hole", Tone::Free),
    ));
    let mut above = user_end;
    let regions: Vec<&Region> = state.space.regions.iter().filter(|it| it.start < it.end).collect();
    for region in regions.into_iter().rev() {
        if region.end < above {
            rows.push(gap(state, &region.name, (region.end, above)));
        }
        let key = (format!("region.{}", region.name), region.name.as_str());
        rows.push(row(state, key, (region.start, region.end), tone(state, region)));
        above = region.start;
    }
    rows.push(gap(state, "", (0, above)));
    Strip { start: FIRST_BIT, end: 64, unit: "bits", rows }
}

fn gap(state: &State, below: &str, (start, end): (u64, u64)) -> StripRow {
    let inside = state.touched.is_some_and(|it| start <= it.0 && it.0 < end);
    let tone = if inside { Tone::Fault } else { Tone::Free };
    row(state, (format!("gap.{below}"), "nothing"), (start, end), tone)
}

fn script(state: &State, ops: &[Op]) -> Code {
    let next = u32::try_from(state.n_done).ok().filter(|_| state.n_done < ops.len());
    let listing = Listing {
        key: "script".to_owned(),
        label: "Program".to_owned(),
        actor: None,
        lines: ops.iter().map(|it| it.text.clone()).collect(),
        next,
        tone: if next.is_some() { Tone::Running } else { Tone::Done },
        note: String::new(),
    };
    Code { listings: vec![listing] }
}

/// The address that was touched, or the stack pointer, cut into what the CPU looks at.
fn address(state: &State, bits: u32) -> Bits {
    let (label, value) = match state.touched {
        Some((address, _)) => ("touched", address),
        None => ("stack pointer", state.space.stack_pointer),
    };
    let top = u8::try_from(bits).unwrap_or(48);
    let field = |high: u8, low: u8, name: &str, detail: &str, tone: Tone| {
        let value = (value >> low) & (u64::MAX >> (63 - high + low));
        let mark = Mark::new(format!("bits.{low}"), name).detail(detail).tone(tone);
        BitField { high, low, value, mark }
    };
    let alike = super::address_space_run::canonical(value, bits);
    let tone = if alike { Tone::Muted } else { Tone::Fault };
    let fields = vec![
        field(
            63,
            top,
            "copies",
            "all the same as the next bit, or the address does not exist",
            tone,
        ),
        field(top - 1, top - 1, "half", "0: the process, 1: the kernel", Tone::Used),
        field(top - 2, 12, "page", "number of the page", Tone::Plain),
        field(11, 0, "offset", "place in the page", Tone::Plain),
    ];
    Bits { rows: vec![BitRow { label: label.to_owned(), text: hex(value), fields }] }
}

fn table(state: &State) -> Table {
    let columns = vec![
        Column::words("From"),
        Column::words("To, without"),
        Column::words("Rights"),
        Column::numbers("Size"),
        Column::words("Region"),
    ];
    let row = |region: &Region| TableRow {
        key: format!("maps.{}", region.name),
        actor: None,
        marked: state.focus == region.name,
        cells: vec![
            Cell::new(hex(region.start)),
            Cell::new(hex(region.end)),
            Cell::new(region.rights),
            Cell::new(bytes(region.end - region.start)),
            Cell::new(region.name.clone()),
        ],
    };
    let regions = state.space.regions.iter().filter(|it| it.start < it.end);
    Table { columns, rows: regions.map(row).collect() }
}
