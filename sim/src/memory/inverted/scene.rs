//! The picture: the chains, the table by frame, and what the kernel knows beside it.

use super::super::words::{count, grouped};
use super::run::{Progress, State};
use super::script::{Key, Op};
use crate::engine::Frame;
use crate::scene::{
    Cell, Column, Mark, Panel, Queue, QueueRow, Scene, Stat, Stats, Table, TableRow, Tone,
};

/// Rows of a long list that are drawn, around the one that the step is about.
const ROWS_MAX: usize = 16;

/// Draws the last state of `past`.
pub(crate) fn scene(ops: &[Op], past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with("chains", "Anchors and their chains", Panel::Queue(chains(state)))
        .with("table", "The table, by frame", Panel::Table(table(state)))
        .with("known", "Mappings that the kernel notes", Panel::Table(known(state)))
        .with("script", "Script", Panel::Table(script(ops, state)))
        .with("cost", "Cost so far", Panel::Stats(cost(state)))
}

/// The part of a list of `n` that is drawn, with `at` in it.
fn window(n: usize, at: usize) -> std::ops::Range<usize> {
    let last = n.saturating_sub(ROWS_MAX);
    let first = at.saturating_sub(ROWS_MAX / 2).min(last);
    first..n.min(first + ROWS_MAX)
}

/// Tone of the entry that the step looks at.
fn tone(progress: Progress) -> Tone {
    match progress {
        Progress::Looking => Tone::Running,
        Progress::Done => Tone::Hit,
        Progress::Missed | Progress::Refused | Progress::Waiting => Tone::Plain,
    }
}

fn page(key: Key) -> String {
    format!("P{}:{:#x}", key.process + 1, key.page)
}

fn chains(state: &State) -> Queue {
    let table = &state.table;
    let n = table.anchors.len();
    let rows = window(n, state.anchor.unwrap_or(0) as usize).map(|anchor| {
        let number = u32::try_from(anchor).unwrap_or_default();
        let chip = |at: &u32| {
            let entry = table.entries[*at as usize];
            let key = entry.key?;
            let is_now = state.entry == Some(*at);
            let detail = format!("entry {at}: {}, in frame {}", key.said(), entry.frame);
            Some(
                Mark::new(format!("entry.{at}"), format!("{at} {}", page(key)))
                    .detail(detail)
                    .actor(key.process.into())
                    .tone(if is_now { tone(state.progress) } else { Tone::Plain }),
            )
        };
        let marks: Vec<Mark> = table.chain(number).iter().filter_map(chip).collect();
        let picked = state.anchor == Some(number);
        QueueRow {
            key: format!("anchor.{anchor}"),
            label: format!("{}anchor {anchor}", if picked { "→ " } else { "" }),
            note: if 1 < marks.len() {
                count(marks.len() as u64, "entries")
            } else {
                String::new()
            },
            marks,
        }
    });
    Queue { rows: rows.collect() }
}

fn table(state: &State) -> Table {
    let columns = vec![
        Column::numbers("entry"),
        Column::words("process"),
        Column::words("page"),
        Column::numbers("frame"),
        Column::numbers("next"),
    ];
    let entries = &state.table.entries;
    let rows = window(entries.len(), state.entry.unwrap_or(0) as usize).map(|at| {
        let entry = entries[at];
        let is_alias = (state.table.n_frames as usize) <= at;
        let is_now = state.entry.is_some_and(|it| it as usize == at);
        let name = if is_alias { format!("{at} (alias)") } else { at.to_string() };
        let cells = match entry.key {
            Some(key) => [
                name,
                format!("P{}", key.process + 1),
                format!("{:#x}", key.page),
                entry.frame.to_string(),
                entry.next.map(|it| it.to_string()).unwrap_or_default(),
            ],
            None => [name, String::new(), String::new(), String::new(), String::new()],
        };
        let mut cells = cells.map(Cell::new);
        cells[2].tone = match entry.key {
            None => Tone::Free,
            Some(_) if is_now => tone(state.progress),
            Some(_) => Tone::Plain,
        };
        let actor = entry.key.map(|it| it.process.into());
        TableRow { key: format!("row.{at}"), actor, marked: is_now, cells: cells.to_vec() }
    });
    Table { columns, rows: rows.collect() }
}

fn known(state: &State) -> Table {
    let columns = vec![
        Column::words("process"),
        Column::words("page"),
        Column::numbers("frame"),
        Column::words("in the table"),
    ];
    let all = &state.table.known;
    let at = all.iter().position(|it| Some(it.0) == state.key);
    let rows = window(all.len(), at.unwrap_or(all.len())).map(|n| {
        let (key, frame) = all[n];
        let (text, tone) = match state.table.entry_of(key) {
            Some(entry) => (format!("entry {entry}"), Tone::Plain),
            None => ("no: the next use faults".to_owned(), Tone::Miss),
        };
        let process = format!("P{}", key.process + 1);
        let mut cells =
            [process, format!("{:#x}", key.page), frame.to_string(), text].map(Cell::new);
        cells[3].tone = tone;
        TableRow {
            key: format!("known.{}", page(key)),
            actor: Some(key.process.into()),
            marked: at == Some(n),
            cells: cells.to_vec(),
        }
    });
    Table { columns, rows: rows.collect() }
}

fn script(ops: &[Op], state: &State) -> Table {
    let columns = vec![Column::numbers("line"), Column::words("statement")];
    let line = state.line as usize;
    let rows = window(ops.len(), line).map(|at| {
        let now = at == line && state.progress != Progress::Waiting;
        let tone = match state.progress {
            Progress::Missed if now => Tone::Fault,
            Progress::Refused if now => Tone::Danger,
            Progress::Looking if now => Tone::Running,
            Progress::Done if now => Tone::Done,
            _ if at < line => Tone::Done,
            _ => Tone::Plain,
        };
        TableRow {
            key: format!("line.{at}"),
            actor: None,
            marked: now,
            cells: vec![Cell::new((at + 1).to_string()), Cell::new(&ops[at].text).tone(tone)],
        }
    });
    Table { columns, rows: rows.collect() }
}

fn cost(state: &State) -> Stats {
    let totals = state.totals;
    let of = |label: &str, value: u64, unit| Stat::new(label, grouped(value), unit);
    let lengths = state.table.lengths();
    Stats {
        items: vec![
            of("Comparisons for this page", state.n_compares, "comparisons"),
            of("Lookups", totals.n_reads, "lookups"),
            of("Comparisons", totals.n_compares, "comparisons"),
            of("Table reads", totals.n_table_reads, "reads"),
            of("Page faults", totals.n_faults, "faults"),
            of("Entries in chains", lengths.iter().sum(), "entries"),
            of("Longest chain", lengths.iter().max().copied().unwrap_or(0), "entries"),
        ],
    }
}
