//! The newest reading, the suspects that are left, the users' numbers, and where the minutes went.

use super::host::{CAUSES, Cause};
use super::tools::{self, Measured};
use super::{Effect, Move, Setup, State};
use crate::engine::Frame;
use crate::scene::{
    Cell, Column, Mark, Panel, Part, Queue, QueueRow, Scene, Strip, StripRow, Table, TableRow, Tone,
};

/// Draws the newest frame of `past`.
pub(super) fn scene(setup: &Setup, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    let steps: Vec<(&State, Move, &State)> = past
        .windows(2)
        .filter_map(|it| Some((&it[0].state, it[1].state.since(&it[0].state)?, &it[1].state)))
        .collect();
    let (title, reading) = reading(setup, &steps);
    Scene::default()
        .with("reading", title, Panel::Table(reading))
        .with("suspects", "What it may be", Panel::Queue(suspects(setup, state)))
        .with("service", "What users get", Panel::Table(service(setup, &steps)))
        .with("time", "Where the minutes went", Panel::Strip(time(setup, &steps)))
        .with("seen", "What was seen", Panel::Table(seen(setup, &steps)))
}

/// The reading that was taken last; before the first, what is known without one.
fn reading(setup: &Setup, steps: &[(&State, Move, &State)]) -> (&'static str, Table) {
    let newest = steps.iter().rev().find_map(|(_, choice, after)| match choice {
        Move::Look(tool) => Some((*tool, *after)),
        _ => None,
    });
    if let Some((tool, after)) = newest {
        return (tool.label(), tools::reading(tool, setup.now(after)));
    }
    let host = &setup.host;
    let lines = [
        ("CPUs", host.n_cpus.to_string()),
        ("Threads in the pool", host.n_threads.to_string()),
        ("Requests a second", host.load.to_string()),
        ("Agreed: 99 of 100 within", format!("{} ms", setup.target_ms)),
    ];
    let line = |(at, (what, says)): (usize, (&str, String))| TableRow {
        key: format!("line.{at}"),
        actor: None,
        marked: false,
        cells: vec![Cell::new(what), Cell::new(says)],
    };
    let columns = vec![Column::words("Known"), Column::words("Value")];
    let rows = lines.into_iter().enumerate().map(line).collect();
    ("Before the first reading", Table { columns, rows })
}

fn suspects(setup: &Setup, state: &State) -> Queue {
    let mended = setup.is_mended(state);
    let chip = |cause: Cause| {
        let named = state.named() == Some(cause);
        let ruled = state.ruled & cause.bit() != 0;
        let tone = match (named, ruled) {
            (true, _) if mended && cause == setup.cause => Tone::Good,
            (true, _) => Tone::Used,
            (false, true) => Tone::Muted,
            (false, false) => Tone::Plain,
        };
        let mark = Mark::new(format!("suspect.{}", cause as u8), cause.short());
        (ruled, mark.detail(cause.label()).tone(tone))
    };
    let row = |key: &str, label: &str, out: bool| QueueRow {
        key: key.to_owned(),
        label: label.to_owned(),
        note: String::new(),
        marks: CAUSES.into_iter().map(chip).filter(|it| it.0 == out).map(|it| it.1).collect(),
    };
    Queue { rows: vec![row("possible", "possible", false), row("ruled_out", "ruled out", true)] }
}

fn service(setup: &Setup, steps: &[(&State, Move, &State)]) -> Table {
    let row = |key: String, what: String, tone: Tone, it: &Measured| {
        let report = &it.report;
        let met = report.p99_ms <= setup.target_ms;
        let cells = vec![
            Cell::new(what).tone(tone),
            Cell::new(report.p50_ms.to_string()),
            Cell::new(report.p99_ms.to_string()).tone(if met { Tone::Good } else { Tone::Danger }),
            Cell::new(report.all.a_second(report.all.n_done).to_string()),
            Cell::new(report.all.a_second(report.all.n_refused).to_string()),
        ];
        TableRow { key, actor: None, marked: false, cells }
    };
    let mut rows =
        vec![row("first".to_owned(), "at first".to_owned(), Tone::Plain, setup.measured(0))];
    for (before, choice, _) in steps {
        let Move::Change(fix) = choice else { continue };
        let (note, tone) = match setup.effect(before, *fix) {
            Effect::Mended => ("", Tone::Plain),
            Effect::Better => (" (stays)", Tone::Plain),
            Effect::None | Effect::Worse => (" (taken back)", Tone::Muted),
        };
        let it = setup.measured(before.kept | fix.bit());
        rows.push(row(format!("fix.{}", *fix as u8), format!("{}{note}", fix.label()), tone, it));
    }
    if let Some(newest) = rows.last_mut() {
        newest.marked = true;
    }
    let numbers = ["half within (ms)", "99 of 100 within (ms)", "answered/s", "turned away/s"];
    let mut columns = vec![Column::words("Host")];
    columns.extend(numbers.map(Column::numbers));
    Table { columns, rows }
}

fn time(setup: &Setup, steps: &[(&State, Move, &State)]) -> Strip {
    let mut parts = Vec::new();
    for (at, (before, choice, after)) in steps.iter().enumerate() {
        let (label, tone) = match choice {
            Move::Look(tool) => (tool.label(), Tone::Plain),
            Move::Name(_) => continue,
            Move::Change(fix) => match setup.effect(before, *fix) {
                Effect::Mended => (fix.label(), Tone::Good),
                Effect::Better => (fix.label(), Tone::Used),
                Effect::None | Effect::Worse => (fix.label(), Tone::Danger),
            },
        };
        let (start, end) = (u64::from(before.minutes), u64::from(after.minutes));
        let detail = format!("{label}: minute {start} to {end}");
        parts.push(Part {
            start,
            end,
            mark: Mark::new(format!("step.{at}"), label).detail(detail).tone(tone),
        });
    }
    let end = parts.last().map_or(0, |it: &Part| it.end).max(u64::from(setup.budget));
    let row = StripRow::new("minutes", "minutes", parts);
    Strip { start: 0, end, unit: "minutes", rows: vec![row] }
}

fn seen(setup: &Setup, steps: &[(&State, Move, &State)]) -> Table {
    let row = |(at, (_, choice, after)): (usize, &(&State, Move, &State))| {
        let Move::Look(tool) = choice else { return None };
        let it = setup.now(after);
        let out: Vec<&str> = tools::against(*tool, it).iter().map(|it| it.0.short()).collect();
        let cells = [tool.label().to_owned(), tools::summary(*tool, it), out.join(", ")];
        let (key, cells) = (format!("seen.{at}"), cells.map(Cell::new).to_vec());
        Some(TableRow { key, actor: None, marked: at + 1 == steps.len(), cells })
    };
    Table {
        columns: ["Tool", "Shows", "Speaks against"].map(Column::words).to_vec(),
        rows: steps.iter().enumerate().filter_map(row).collect(),
    }
}
