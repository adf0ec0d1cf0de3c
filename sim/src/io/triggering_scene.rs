//! Two loops over one time axis, what lies in the sockets of each, and where each thread stands.

use super::triggering::{Scenario, State, Until, Watched};
use super::triggering_run::{Did, Doing, MODES, World};
use crate::engine::Frame;
use crate::scene::{
    Cell, Code, Column, Event, EventKind, Gantt, Lane, Listing, Mark, Panel, Queue, QueueRow,
    Scene, Span, Table, TableRow, Tone,
};
use crate::words::{count, list};

/// Most chips in a row.
const CHIPS_MAX: usize = 20;

/// Ticks that are drawn after the last arrival, at least.
const AFTER: u64 = 6;

/// Draws the last state of `past`.
pub(super) fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
    let Some(last) = past.last() else { return Scene::default() };
    let state = &last.state;
    Scene::default()
        .with("timeline", "What each thread does", Panel::Gantt(timeline(scenario, past, state)))
        .with("data", "Where the data is", Panel::Queue(data(scenario, state)))
        .with("code", "Where each thread stands", Panel::Code(code(scenario, state)))
        .with("counts", "So far", Panel::Table(counts(scenario, state)))
}

fn actor(at: usize) -> u16 {
    u16::try_from(at).unwrap_or_default()
}

fn timeline(scenario: &Scenario, past: &[Frame<State>], state: &State) -> Gantt {
    let names = scenario.names();
    let mut lanes: Vec<Lane> = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let mut events: Vec<Event> = Vec::new();
        for arrival in scenario.arrivals.iter().filter(|it| it.name == *name) {
            let amount = count(arrival.amount.into(), scenario.unit());
            let detail = format!("{amount} for {name} at {}", arrival.at_ticks);
            events.push(Event { at: arrival.at_ticks, kind: EventKind::Arrive, detail });
        }
        crate::order::by_key(&mut events, |it| it.at);
        lanes.push(Lane {
            key: format!("arrivals.{name}"),
            label: name.clone(),
            actor: Some(actor(at)),
            spans: Vec::new(),
            events,
        });
    }
    for (world, mode) in MODES.iter().enumerate() {
        lanes.push(Lane {
            key: mode.key().to_owned(),
            label: mode.label().to_owned(),
            actor: None,
            spans: spans(scenario, &names, past, world),
            events: Vec::new(),
        });
    }
    let last = scenario.arrivals.iter().map(|it| it.at_ticks).max().unwrap_or_default();
    Gantt { now: state.now, end: (last + AFTER).max(state.now + 1), unit: "ticks", lanes }
}

/// What one thread did, tick by tick.
fn spans(scenario: &Scenario, names: &[String], past: &[Frame<State>], world: usize) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    // A sleep that has begun: when, and in which call.
    let mut asleep: Option<(u64, Doing)> = None;
    let mut seen = None;
    let close = |spans: &mut Vec<Span>, from: Option<(u64, Doing)>, end: u64| {
        let Some((start, doing)) = from.filter(|it| it.0 < end) else { return };
        let (label, tone, detail) = match doing {
            Doing::Stuck(at) => {
                let name = &names[usize::from(at)];
                (name.clone(), Tone::Danger, format!("asleep in {} for {name}", scenario.call()))
            }
            _ => ("asleep".to_owned(), Tone::Idle, "asleep in epoll_wait".to_owned()),
        };
        let mark = Mark::new(format!("sleep.{world}.{start}"), label).tone(tone).detail(detail);
        spans.push(Span { start, end, mark });
    };
    let mut now = 0;
    for frame in past {
        let it = &frame.state.worlds[world];
        now = frame.state.now;
        if it.did.is_some() && it.did != seen {
            seen = it.did;
            if let Some((at, did)) = it.did {
                close(&mut spans, asleep.take(), at);
                spans.push(did_span(scenario, names, at, did));
            }
        }
        match it.doing {
            Doing::Sleeps | Doing::Stuck(_) if asleep.is_none() => asleep = Some((now, it.doing)),
            _ => {}
        }
    }
    close(&mut spans, asleep.take(), now);
    spans
}

fn did_span(scenario: &Scenario, names: &[String], at: u64, did: Did) -> Span {
    let mark = match did {
        Did::Report => Mark::new(format!("report.{at}"), "report")
            .tone(Tone::Overhead)
            .detail("epoll_wait returns"),
        Did::Call(who, got) => {
            let name = &names[usize::from(who)];
            let (label, said) = match got {
                0 => ("EAGAIN".to_owned(), "EAGAIN".to_owned()),
                _ => (format!("{name} {got}"), count(got.into(), scenario.unit())),
            };
            let tone = if got == 0 { Tone::Miss } else { Tone::Running };
            Mark::new(format!("call.{at}"), label)
                .actor(who)
                .tone(tone)
                .detail(format!("{} for {name}: {said}", scenario.call()))
        }
    };
    Span { start: at, end: at + 1, mark }
}

fn data(scenario: &Scenario, state: &State) -> Queue {
    let names = scenario.names();
    let mut rows = Vec::new();
    for (mode, world) in MODES.iter().zip(&state.worlds) {
        let asleep = matches!(world.doing, Doing::Sleeps | Doing::Stuck(_));
        let tone = if asleep { Tone::Danger } else { Tone::Ready };
        let chip = |at: usize, n: u64, tone: Tone| {
            Mark::new(format!("{}.{}.{n}", mode.key(), names[at]), n.to_string())
                .actor(actor(at))
                .tone(tone)
                .detail(format!("number {n} for {}", names[at]))
        };
        for (at, source) in world.sources.iter().enumerate() {
            let first = u64::from(source.n_taken) + 1;
            let n = source.came.len();
            let more = n.saturating_sub(CHIPS_MAX);
            let marks = (0..n.min(CHIPS_MAX)).map(|it| chip(at, first + it as u64, tone));
            rows.push(QueueRow {
                key: format!("{}.{}", mode.key(), names[at]),
                label: format!("{}: {}", mode.label(), names[at]),
                note: if more == 0 { String::new() } else { format!("and {more} more") },
                marks: marks.collect(),
            });
        }
        let sum: u64 = world.sources.iter().map(|it| u64::from(it.n_taken)).sum();
        let room = CHIPS_MAX / names.len().max(1);
        let taken = world.sources.iter().enumerate().flat_map(|(at, source)| {
            let n = u64::from(source.n_taken);
            let first = n.saturating_sub(room as u64) + 1;
            (first..=n).map(move |it| (at, it))
        });
        rows.push(QueueRow {
            key: format!("{}.program", mode.key()),
            label: format!("{}: program", mode.label()),
            note: count(sum, scenario.unit()),
            marks: taken.map(|(at, n)| chip(at, n, Tone::Done)).collect(),
        });
    }
    Queue { rows }
}

fn code(scenario: &Scenario, state: &State) -> Code {
    let call = match scenario.watched {
        Watched::Stream => format!("read(fd, buffer, {})", scenario.take()),
        Watched::Listener => "accept(fd, NULL, NULL)".to_owned(),
    };
    let handle = match scenario.until {
        Until::Once => format!("    n = {call};"),
        Until::Short if scenario.watched == Watched::Stream => {
            format!("    do n = {call}; while (n == {});", scenario.take())
        }
        Until::Short | Until::Empty => format!("    do n = {call}; while (0 <= n);"),
    };
    let lines = ["epoll_wait(ep, events, 16, -1);", "for each event", &handle];
    let listing = |at: usize| {
        let mode = MODES[at];
        let (next, tone, note) = standing(scenario, &state.worlds[at]);
        Listing {
            key: mode.key().to_owned(),
            label: mode.label().to_owned(),
            actor: None,
            lines: lines.map(str::to_owned).to_vec(),
            next: Some(next),
            tone,
            note,
        }
    };
    Code { listings: (0..MODES.len()).map(listing).collect() }
}

/// The line of a thread, its state, and that in words.
fn standing(scenario: &Scenario, world: &World) -> (u32, Tone, String) {
    let names = scenario.names();
    let name = |at: u16| names[usize::from(at)].clone();
    match world.doing {
        Doing::Waits => (0, Tone::Running, "about to wait".to_owned()),
        Doing::Sleeps => (0, Tone::Idle, "asleep".to_owned()),
        Doing::Handles(at) => {
            let later: Vec<String> = world.events.iter().map(|&it| name(it)).collect();
            let then = match later.as_slice() {
                [] => String::new(),
                _ => format!(", then {}", list(&later)),
            };
            (2, Tone::Running, format!("handles {}{then}", name(at)))
        }
        Doing::Stuck(at) => {
            (2, Tone::Blocked, format!("asleep in {} for {}", scenario.call(), name(at)))
        }
    }
}

fn counts(scenario: &Scenario, state: &State) -> Table {
    let columns = vec![
        Column::words("Loop"),
        Column::numbers("reports"),
        Column::numbers(format!("{} calls", scenario.call())),
        Column::numbers("EAGAIN"),
        Column::numbers(format!("not taken ({})", scenario.unit())),
        Column::numbers("longest wait (ticks)"),
    ];
    let row = |at: usize| {
        let it = &state.worlds[at];
        let mode = MODES[at];
        let numbers = [it.n_reports, it.n_calls, it.n_again, it.left(), it.delay_ticks_max];
        let mut cells = vec![Cell::new(mode.label())];
        cells.extend(numbers.map(|it| Cell::new(it.to_string())));
        let asleep = matches!(it.doing, Doing::Sleeps | Doing::Stuck(_));
        if asleep && 0 < it.left() {
            cells[4].tone = Tone::Danger;
        }
        TableRow { key: mode.key().to_owned(), actor: None, marked: false, cells }
    };
    Table { columns, rows: (0..MODES.len()).map(row).collect() }
}
