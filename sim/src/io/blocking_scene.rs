//! Five threads over one time axis, and what each has got and done.

use super::blocking_modes::{Scenario, State, all, arrivals};
use super::waiting::{MODELS, Model, Span, What};
use crate::scene::{
    Cell, Column, Event, EventKind, Gantt, Lane, Mark, Panel, Scene, Table, TableRow, Tone,
};
use crate::words::{grouped, grouped_count as count};

/// Draws one state.
pub(super) fn scene(scenario: &Scenario, state: &State) -> Scene {
    let spans = all(scenario);
    let begun = &spans[..state.n_begun.min(spans.len())];
    let end = spans.iter().map(|it| it.1.end).max().unwrap_or_default();
    Scene::default()
        .with("timeline", "Five threads", Panel::Gantt(timeline(scenario, state, begun, end)))
        .with("so_far", "So far", Panel::Table(so_far(scenario, state, begun)))
}

fn actor(name: &str) -> u16 {
    u16::from(name == "B")
}

/// The mark of a stretch: what it is called, and in which state the thread is.
fn mark(key: String, what: What) -> Mark {
    let (label, tone, who, detail) = match what {
        What::Work => ("work", Tone::Done, None, "other work"),
        What::Call(name) => {
            ("call", Tone::Overhead, Some(name), "a call that begins or ends the wait")
        }
        What::Read(name) => ("read", Tone::Overhead, Some(name), "a read that need not wait"),
        What::Again(_) => ("EAGAIN", Tone::Miss, None, "asked in vain"),
        What::Sleep => ("asleep", Tone::Idle, None, "asleep, without CPU time"),
        What::Wake => ("wake", Tone::Overhead, None, "woken, and switched to"),
        What::Signal(name) => ("SIGIO", Tone::Fault, Some(name), "a signal"),
        What::Copy(name) => ("copy", Tone::Running, Some(name), "data is copied into the program"),
        What::Notice(name) => ("done", Tone::Good, Some(name), "sees that the data is there"),
    };
    let label = match (what, who) {
        (What::Again(n), _) if 1 < n => format!("{} × EAGAIN", grouped(n)),
        (What::Copy(name), _) => format!("copy {name}"),
        _ => label.to_owned(),
    };
    let mut mark = Mark::new(key, label).tone(tone);
    mark.actor = who.map(actor);
    mark.detail(who.map_or(detail.to_owned(), |name| format!("{name}: {detail}")))
}

fn timeline(scenario: &Scenario, state: &State, begun: &[(Model, Span)], end: u64) -> Gantt {
    let now = state.now;
    let mut lanes = Vec::new();
    for (name, when) in arrivals(scenario) {
        let came = (when <= now).then(|| Event {
            at: when,
            kind: EventKind::Arrive,
            detail: format!("data for {name} at {}", count(when, "ns")),
        });
        lanes.push(Lane {
            key: format!("source.{name}"),
            label: format!("Data of {name}"),
            actor: Some(actor(name)),
            spans: Vec::new(),
            events: came.into_iter().collect(),
        });
    }
    for model in MODELS {
        let own = begun.iter().filter(|it| it.0 == model).map(|it| it.1);
        let in_kernel =
            |it: &Span| model == Model::Asynchronous && matches!(it.what, What::Copy(_));
        let (kernel, thread): (Vec<Span>, Vec<Span>) = own.partition(in_kernel);
        lanes.push(lane(model.key().to_owned(), model.label().to_owned(), &thread, now));
        if model == Model::Asynchronous {
            lanes.push(lane("kernel".to_owned(), "its kernel".to_owned(), &kernel, now));
        }
    }
    Gantt { now, end: end.max(1), unit: "ns", lanes }
}

fn lane(key: String, label: String, spans: &[Span], now: u64) -> Lane {
    let drawn = |span: &Span| {
        let end = span.end.min(now);
        (span.start < end).then(|| crate::scene::Span {
            start: span.start,
            end,
            mark: mark(format!("{key}.{}", span.start), span.what),
        })
    };
    let spans = spans.iter().filter_map(drawn).collect();
    Lane { key, label, actor: None, spans, events: Vec::new() }
}

fn so_far(scenario: &Scenario, state: &State, begun: &[(Model, Span)]) -> Table {
    let mut columns = vec![Column::words("Model"), Column::words("Now")];
    let sources = arrivals(scenario);
    columns.extend(sources.iter().map(|it| Column::words(format!("data of {}", it.0))));
    columns.extend(["other work (ns)", "asleep (ns)", "asked in vain (ns)"].map(Column::numbers));
    let row = |model: Model| {
        let own: Vec<Span> = begun.iter().filter(|it| it.0 == model).map(|it| it.1).collect();
        let spent = |wanted: fn(What) -> bool| -> u64 {
            let of = own.iter().filter(|it| wanted(it.what));
            of.map(|it| it.end.min(state.now) - it.start.min(state.now)).sum()
        };
        let last = own.iter().rev().find(|it| state.now < it.end);
        let doing = last.map_or_else(Mark::default, |it| mark(String::new(), it.what));
        let mut cells = vec![Cell::new(model.label()), Cell::new(doing.label).tone(doing.tone)];
        for (name, when) in &sources {
            let copied = own.iter().any(|it| it.what == What::Copy(name) && it.end <= state.now);
            cells.push(match (copied, *when <= state.now) {
                (true, _) => Cell::new("in the program").tone(Tone::Good),
                (false, true) => Cell::new("in the kernel").tone(Tone::Ready),
                (false, false) => Cell::new("not there").tone(Tone::Muted),
            });
        }
        cells.push(Cell::new(grouped(spent(|it| it == What::Work))));
        cells.push(Cell::new(grouped(spent(|it| it == What::Sleep))));
        cells.push(Cell::new(grouped(spent(|it| matches!(it, What::Again(_))))));
        TableRow { key: model.key().to_owned(), actor: None, marked: false, cells }
    };
    Table { columns, rows: MODELS.map(row).into() }
}
