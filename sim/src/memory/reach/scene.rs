//! The picture: the address in fields, the sets of both levels, the pattern, and the cost.

use super::super::words::{bytes, grouped};
use super::run::{Found, Settings, State};
use crate::engine::Frame;
use crate::scene::{
    BitField, BitRow, Bits, CellRow, Cells, Chart, ChartKind, Mark, Panel, Scene, Series, Stat,
    Stats, Tone, number,
};

/// Parts of an address, each with a colour of its own.
pub(crate) const ACTORS: [&str; 3] = ["page", "set", "offset"];

/// Accesses that the pattern shows.
const PATTERN_POINTS: usize = 96;

/// Draws the last state of `past`.
pub(crate) fn scene(settings: &Settings, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with("address", "Address", Panel::Bits(address(settings, state)))
        .with("first", "First level, newest first", Panel::Cells(first(settings, state)))
        .with("second", "Second level, newest first", Panel::Cells(second(settings, state)))
        .with("pattern", "Pages one after another", Panel::Chart(pattern(settings, past)))
        .with("rate", "Hits so far", Panel::Chart(rate(past)))
        .with("cost", "Cost so far", Panel::Stats(cost(settings, state)))
}

fn bit(number: u32) -> u8 {
    u8::try_from(number).unwrap_or_default()
}

fn field(high: u32, low: u32, address: u64, mark: Mark) -> BitField {
    let value = (address >> low) & (u64::MAX >> (63 - (high - low)));
    BitField { high: bit(high), low: bit(low), value, mark }
}

fn address(settings: &Settings, state: &State) -> Bits {
    let Some(address) = state.address else { return row("none yet".to_owned(), Vec::new()) };
    let offset = settings.page_bits;
    let page = address >> offset;
    // Only a number of sets that is a power of two is a field of the address.
    let n_sets = settings.n_sets[0];
    let set_bits = if n_sets.is_power_of_two() { n_sets.trailing_zeros() } else { 0 };
    let bits = 64 - (settings.working_set_bytes - 1).leading_zeros();
    let top = bits.max(offset + set_bits + 1) - 1;
    let mark = |actor: u16, detail: String| {
        let name = ACTORS[usize::from(actor)];
        Mark::new(format!("field.{name}"), name).actor(actor).detail(detail)
    };
    let set = settings.set(0, page);
    let whole = format!("page {page}; it may only be in set {set}");
    let mut fields = vec![field(top, offset + set_bits, address, mark(0, whole))];
    if 0 < set_bits {
        let detail = format!("set {set} of {n_sets} of the first level");
        fields.push(field(offset + set_bits - 1, offset, address, mark(1, detail)));
    }
    let within = address & ((1 << offset) - 1);
    fields.push(field(offset - 1, 0, address, mark(2, format!("byte {within} of the page"))));
    row(format!("{address:#x}"), fields)
}

fn row(text: String, fields: Vec<BitField>) -> Bits {
    Bits { rows: vec![BitRow { label: "address".to_owned(), text, fields }] }
}

/// The pages of one set, newest first, then its free places.
fn set_row(
    label: String,
    level: &str,
    n_ways: u32,
    pages: &[u64],
    now: Option<(u64, Tone)>,
) -> CellRow {
    let page = |page: &u64| {
        let tone = now.filter(|it| it.0 == *page).map_or(Tone::Used, |it| it.1);
        Mark::new(format!("{level}.{page}"), page.to_string())
            .detail(format!("the translation of page {page}"))
            .tone(tone)
    };
    let n_free = (n_ways as usize).saturating_sub(pages.len()).min(MARKS_MAX - pages.len());
    let free =
        (0..n_free).map(|at| Mark::new(format!("{level}.{label}.{at}"), "").tone(Tone::Free));
    let marks = pages.iter().map(page).chain(free).collect();
    CellRow { label, heads: Vec::new(), marks }
}

/// Places of a set that are drawn.
const MARKS_MAX: usize = 64;

fn first(settings: &Settings, state: &State) -> Cells {
    let page = state.address.map(|it| it >> settings.page_bits);
    let tone = if state.found == Found::First { Tone::Hit } else { Tone::Miss };
    let now = page.map(|it| (it, tone));
    let row = |(at, pages): (u32, &Vec<u64>)| {
        let label = format!("set {}", state.first_set + at);
        set_row(label, "first", settings.n_ways[0], pages, now)
    };
    Cells { rows: (0..).zip(&state.first).map(row).collect() }
}

fn second(settings: &Settings, state: &State) -> Cells {
    let page = state.address.unwrap_or(0) >> settings.page_bits;
    let row = match settings.n_sets[1] {
        0 => CellRow { label: "none".to_owned(), heads: Vec::new(), marks: Vec::new() },
        _ => {
            let now = state.address.and(match state.found {
                Found::First => None,
                Found::Second => Some((page, Tone::Hit)),
                Found::Walk => Some((page, Tone::Miss)),
            });
            let label = format!("set {}", settings.set(1, page));
            set_row(label, "second", settings.n_ways[1], &state.second, now)
        }
    };
    Cells { rows: vec![row] }
}

fn pattern(settings: &Settings, past: &[Frame<State>]) -> Chart {
    let shown = &past[past.len().saturating_sub(PATTERN_POINTS)..];
    let point = |frame: &Frame<State>| {
        let page = frame.state.address? >> settings.page_bits;
        Some((frame.step.time as f64, page as f64))
    };
    Chart {
        kind: ChartKind::Line,
        x_label: "access".to_owned(),
        y_label: "page".to_owned(),
        series: vec![Series {
            label: "page".to_owned(),
            actor: Some(0),
            points: shown.iter().filter_map(point).collect(),
        }],
    }
}

fn rate(past: &[Frame<State>]) -> Chart {
    let percent = |of: fn(&State) -> u64| {
        let point = |frame: &Frame<State>| {
            let n = frame.state.totals.n_accesses;
            (n != 0).then(|| (n as f64, 100.0 * of(&frame.state) as f64 / n as f64))
        };
        past.iter().filter_map(point).collect()
    };
    let series = |label: &str, points| Series { label: label.to_owned(), actor: None, points };
    Chart {
        kind: ChartKind::Line,
        x_label: "access".to_owned(),
        y_label: "share of the accesses (%)".to_owned(),
        series: vec![
            series("hits of level 1", percent(|it| it.totals.n_hits)),
            series("no walk", percent(|it| it.totals.n_hits + it.totals.n_l2_hits)),
        ],
    }
}

fn cost(settings: &Settings, state: &State) -> Stats {
    let totals = state.totals;
    let n = totals.n_accesses.max(1) as f64;
    let mean = number(totals.cycles(settings) as f64 / n, 2);
    let rate = number(100.0 * totals.n_hits as f64 / n, 1);
    Stats {
        items: vec![
            Stat::new("Reach", bytes(settings.reach(0)), ""),
            Stat::new("Reach of level 2", bytes(settings.reach(1)), ""),
            Stat::new("Working set", bytes(settings.working_set_bytes), ""),
            Stat::new("Pages of the working set", grouped(settings.n_pages()), "pages"),
            Stat::new("Accesses", grouped(totals.n_accesses), "accesses"),
            Stat::new("Hits", format!("{rate}%"), ""),
            Stat::new("Walks", grouped(totals.n_walks), "walks"),
            Stat::new("Cycles of an access", mean, "cycles"),
        ],
    }
}
