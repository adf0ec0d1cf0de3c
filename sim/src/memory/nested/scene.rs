//! The picture: the grid of references, the addresses, the techniques side by side.

use super::machine::{
    Does, Event, Line, Shape, TECHNIQUES, Technique, guest_frame, host_frame, host_physical,
};
use super::tell::{host_name, row_name};
use crate::engine::Frame;
use crate::scene::{
    BitField, BitRow, Bits, Cell, CellRow, Cells, Column, Gantt, Lane, Mark, Panel, Scene, Span,
    Stat, Stats, Table, TableRow, Tone,
};

/// Counts of one technique.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) n_references: u64,
    /// Of the line that is carried out.
    pub(crate) n_refs_line: u64,
    /// Of the walk that is under way.
    pub(crate) n_refs_walk: u64,
    /// Most in one walk.
    pub(crate) n_refs_max: u64,
    pub(crate) n_exits: u64,
    pub(crate) n_hypercalls: u64,
    pub(crate) n_hits: u64,
    pub(crate) n_misses: u64,
    pub(crate) n_guest_faults: u64,
    pub(crate) time_ns: u64,
}

/// A cell of the grid that the walk has come to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    row: u32,
    col: u32,
    /// Which reference it was; `None` if a cache saved it.
    number: Option<u64>,
}

/// Everything that is seen at one step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    /// Number of the line, from 0; `None` before the first.
    pub(crate) line: Option<u32>,
    pub(crate) seen: Vec<Seen>,
    /// What happened last.
    pub(crate) event: Event,
    pub(crate) tally: [Tally; 4],
    /// Number of the technique that is shown.
    pub(crate) chosen: usize,
    pub(crate) tlb: Vec<u32>,
}

impl State {
    pub(crate) fn new(chosen: usize) -> Self {
        let tally = [Tally::default(); 4];
        Self { line: None, seen: Vec::new(), event: Event::Told, tally, chosen, tlb: Vec::new() }
    }

    /// Begins a line.
    pub(crate) fn begin(&mut self, line: u32) {
        self.line = Some(line);
        self.seen.clear();
        for tally in &mut self.tally {
            tally.n_refs_line = 0;
        }
    }

    /// Notes what happened in the grid.
    pub(crate) fn show(&mut self, event: Event) {
        self.event = event;
        match event {
            Event::Miss | Event::Again => self.seen.clear(),
            Event::Reference(row, col) => {
                let number = Some(self.tally[self.chosen].n_refs_walk);
                self.seen.push(Seen { row, col, number });
            }
            Event::Cached(row, from, to) => {
                self.seen.extend((from..to).map(|col| Seen { row, col, number: None }));
            }
            _ => {}
        }
    }
}

/// What a scene is drawn from besides the state.
pub(crate) struct View<'a> {
    pub(crate) shape: Shape,
    pub(crate) technique: Technique,
    pub(crate) script: &'a [Line],
}

/// Draws the last state of `past`.
pub(crate) fn scene(view: &View<'_>, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with("grid", "References of this walk", Panel::Cells(grid(view, state)))
        .with("techniques", "The same script under each technique", Panel::Table(techniques(state)))
        .with("address", "Addresses", Panel::Bits(address(view, state)))
        .with("timeline", "Guest and hypervisor", Panel::Gantt(timeline(past)))
        .with("tlb", "TLB", Panel::Cells(tlb(view, state)))
        .with("script", "Script", Panel::Table(script(view, past, state)))
        .with("cost", "Cost so far", Panel::Stats(cost(state)))
}

fn small(number: u32) -> u8 {
    u8::try_from(number).unwrap_or_default()
}

/// A row for each level of the guest and one for the page, a column for each level of the host.
fn grid(view: &View<'_>, state: &State) -> Cells {
    let View { shape, technique, .. } = *view;
    let nested = technique == Technique::Nested;
    let n_rows = shape.guest_levels + u32::from(nested);
    let row = |row: u32| {
        let first = if nested { 0 } else { shape.host_levels };
        let is_page = row == shape.guest_levels;
        let end = if is_page { shape.host_levels } else { shape.host_levels + 1 };
        let name = row_name(shape, technique, row);
        let head = |col: u32| match col < shape.host_levels {
            true => host_name(shape, col),
            false => "entry".to_owned(),
        };
        let mark = |col: u32| {
            let seen = state.seen.iter().find(|it| it.row == row && it.col == col);
            let now = state.event == Event::Reference(row, col);
            let (label, tone) = match seen.map(|it| it.number) {
                Some(Some(number)) if now => (number.to_string(), Tone::Running),
                Some(Some(number)) => (number.to_string(), Tone::Done),
                Some(None) => ("–".to_owned(), Tone::Muted),
                None => ("·".to_owned(), Tone::Free),
            };
            let what = match col < shape.host_levels {
                true if is_page => format!("{} for the page", head(col)),
                true => format!("{} for the entry of {name}", head(col)),
                false => format!("the entry of {name} itself"),
            };
            let how = match seen.map(|it| it.number) {
                Some(Some(number)) => format!("reference {number}"),
                Some(None) => "saved by a cache".to_owned(),
                None => "not read in this walk".to_owned(),
            };
            Mark::new(format!("ref.{row}.{col}"), label).detail(format!("{what}: {how}")).tone(tone)
        };
        let heads = (first..end).map(head).collect();
        CellRow { heads, marks: (first..end).map(mark).collect(), label: name.clone() }
    };
    Cells { rows: (0..n_rows).map(row).collect() }
}

/// An address cut by levels, from the root's index down to the offset.
fn cut(label: &str, key: &str, address: u64, names: &[String], now: Option<u32>) -> BitRow {
    let bits = if names.len() == 2 { 10 } else { 9 };
    let mut high = 11 + bits * u32::try_from(names.len()).unwrap_or(0);
    let mut fields = Vec::new();
    for (depth, name) in (0..).zip(names) {
        let low = high + 1 - bits;
        let value = address >> low & ((1 << bits) - 1);
        let tone = if now == Some(depth) { Tone::Running } else { Tone::Plain };
        let mark = Mark::new(format!("{key}.{name}"), name.clone())
            .detail(format!("entry {value} of {name}"))
            .tone(tone);
        fields.push(BitField { high: small(high), low: small(low), value, mark });
        high = low - 1;
    }
    let mark = Mark::new(format!("{key}.offset"), "offset").tone(Tone::Muted);
    fields.push(BitField { high: 11, low: 0, value: address & 0xfff, mark });
    BitRow { label: label.to_owned(), text: format!("{address:#x}"), fields }
}

fn address(view: &View<'_>, state: &State) -> Bits {
    let View { shape, technique, script } = *view;
    let line = state.line.and_then(|it| script.get(it as usize));
    let page = line.map_or(0, |it| it.page);
    let at = match state.event {
        Event::Reference(row, col) => Some((row, col)),
        _ => None,
    };
    let guest: Vec<String> =
        (0..shape.guest_levels).map(|it| row_name(shape, technique, it)).collect();
    let own = at.filter(|it| it.1 == shape.host_levels).map(|it| it.0);
    let mut rows = vec![cut("virtual", "virtual", shape.virtual_of(page), &guest, own)];
    if technique == Technique::Nested {
        // Before the first reference: where the root's entry lies.
        let row = at.map_or(0, |it| it.0);
        let row = if matches!(state.event, Event::Data(_)) { shape.guest_levels } else { row };
        let physical = shape.guest_physical(page, row);
        let host: Vec<String> = (0..shape.host_levels).map(|it| host_name(shape, it)).collect();
        let col = at.map(|it| it.1).filter(|it| *it < shape.host_levels);
        rows.push(cut("guest-physical", "physical", physical, &host, col));
        let known = at.is_some_and(|it| it.1 == shape.host_levels);
        if known || matches!(state.event, Event::Data(_)) {
            rows.push(frame_row("host-physical", host_physical(physical)));
        }
    } else if let Event::Data(physical) = state.event {
        rows.push(frame_row("physical", physical));
    }
    Bits { rows }
}

fn frame_row(label: &str, address: u64) -> BitRow {
    let frame = Mark::new("frame", "frame").tone(Tone::Good);
    let offset = Mark::new("frame.offset", "offset").tone(Tone::Muted);
    let fields = vec![
        BitField { high: 47, low: 12, value: address >> 12, mark: frame },
        BitField { high: 11, low: 0, value: address & 0xfff, mark: offset },
    ];
    BitRow { label: label.to_owned(), text: format!("{address:#x}"), fields }
}

/// When the guest ran and when the hypervisor did.
fn timeline(past: &[Frame<State>]) -> Gantt {
    let mut lanes: [Vec<Span>; 2] = [Vec::new(), Vec::new()];
    let labels = ["guest", "hypervisor"];
    for pair in past.windows(2) {
        let (start, end) = (pair[0].step.time, pair[1].step.time);
        let outside = matches!(pair[1].state.event, Event::Exit(_) | Event::Hypercall(_));
        let lane = &mut lanes[usize::from(outside)];
        match lane.last_mut() {
            _ if start == end => {}
            // Each exit is a span of its own; the guest's references run together.
            Some(last) if last.end == start && !outside => last.end = end,
            _ => {
                let tone = if outside { Tone::Overhead } else { Tone::Running };
                let label = labels[usize::from(outside)];
                let mark = Mark::new(format!("{label}.{start}"), label)
                    .detail(if outside { pair[1].step.say.clone() } else { String::new() })
                    .tone(tone);
                lane.push(Span { start, end, mark });
            }
        }
    }
    let now = past.last().map_or(0, |it| it.step.time);
    let lane = |(label, spans): (&str, Vec<Span>)| Lane {
        key: label.to_owned(),
        label: label.to_owned(),
        actor: None,
        spans,
        events: Vec::new(),
    };
    let lanes = labels.into_iter().zip(lanes).map(lane).collect();
    Gantt { now, end: now.max(1), unit: "ns", lanes }
}

fn techniques(state: &State) -> Table {
    let columns = vec![
        Column::words("technique"),
        Column::numbers("references"),
        Column::numbers("exits"),
        Column::numbers("hypercalls"),
        Column::numbers("ns"),
    ];
    let row = |(at, technique): (usize, &Technique)| {
        let tally = state.tally[at];
        let numbers = [tally.n_references, tally.n_exits, tally.n_hypercalls, tally.time_ns];
        let mut cells = vec![Cell::new(technique.name())];
        cells.extend(numbers.iter().map(|it| Cell::new(it.to_string())));
        let key = technique.name().to_owned();
        TableRow { key, actor: None, marked: at == state.chosen, cells }
    };
    Table { columns, rows: TECHNIQUES.iter().enumerate().map(row).collect() }
}

fn tlb(view: &View<'_>, state: &State) -> Cells {
    let held = state.tlb.iter().rev().map(|page| {
        let frame = host_frame(guest_frame(*page));
        let address = view.shape.virtual_of(*page);
        Mark::new(format!("tlb.{page}"), format!("page {page}"))
            .detail(format!("{address:#x} lies in host frame {frame:#x}"))
            .tone(Tone::Used)
    });
    let n_free = (view.shape.tlb_entries as usize).saturating_sub(state.tlb.len());
    let free = (0..n_free.min(8)).map(|it| Mark::new(format!("free.{it}"), "·").tone(Tone::Free));
    let mut marks: Vec<Mark> = held.chain(free).collect();
    if marks.is_empty() {
        marks.push(Mark::new("none", "no TLB").tone(Tone::Muted));
    }
    Cells { rows: vec![CellRow { label: "last used first".to_owned(), heads: Vec::new(), marks }] }
}

/// Lines of the script that are drawn.
const SCRIPT_ROWS: usize = 16;

fn script(view: &View<'_>, past: &[Frame<State>], state: &State) -> Table {
    let columns = vec![
        Column::numbers("line"),
        Column::words("the guest"),
        Column::numbers("references"),
        Column::numbers("exits"),
        Column::words("ends"),
    ];
    let now = state.line;
    let row = |(number, line): (u32, &Line)| {
        let does = match line.does {
            Does::Read => format!("reads page {}", line.page),
            Does::Map => format!("maps page {}", line.page),
            Does::Unmap => format!("unmaps page {}", line.page),
            Does::Switch => "loads CR3".to_owned(),
        };
        let came = past.partition_point(|it| it.state.line <= Some(number));
        let last = came.checked_sub(1).map(|it| &past[it].state);
        let last = last.filter(|it| it.line == Some(number));
        let first = past.partition_point(|it| it.state.line < Some(number));
        let before = first.checked_sub(1).map_or(0, |it| {
            let state = &past[it].state;
            state.tally[state.chosen].n_exits
        });
        let tally = last.map(|it| it.tally[it.chosen]);
        let (ends, tone) = match last.map(|it| it.event) {
            Some(Event::Data(physical)) => (format!("frame {:#x}", physical >> 12), Tone::Done),
            Some(Event::GuestFault) => ("#PF of the guest".to_owned(), Tone::Fault),
            Some(_) if line.does == Does::Read => (String::new(), Tone::Running),
            Some(_) => ("done".to_owned(), Tone::Done),
            None => (String::new(), Tone::Plain),
        };
        let cells = vec![
            Cell::new((number + 1).to_string()),
            Cell::new(does),
            Cell::new(tally.map_or_else(String::new, |it| it.n_refs_line.to_string())),
            Cell::new(tally.map_or_else(String::new, |it| (it.n_exits - before).to_string())),
            Cell::new(ends).tone(tone),
        ];
        TableRow { key: format!("line.{number}"), actor: None, marked: now == Some(number), cells }
    };
    let first = (now.unwrap_or(0) as usize).saturating_sub(SCRIPT_ROWS / 2);
    let lines = (0..).zip(view.script).skip(first).take(SCRIPT_ROWS);
    Table { columns, rows: lines.map(row).collect() }
}

fn cost(state: &State) -> Stats {
    let tally = state.tally[state.chosen];
    let of = |label: &str, value: u64, unit| Stat::new(label, value.to_string(), unit);
    Stats {
        items: vec![
            of("References of this walk", tally.n_refs_walk, "references"),
            of("References", tally.n_references, "references"),
            of("VM exits", tally.n_exits, "exits"),
            of("TLB hits", tally.n_hits, "hits"),
            of("TLB misses", tally.n_misses, "misses"),
            of("Time", tally.time_ns, "ns"),
        ],
    }
}
