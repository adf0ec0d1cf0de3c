//! The picture of a disk scheduler: the arm over its track, its way in time, who waits.
//!
//! Requests stand at their cylinders, on as many lines as it takes to tell neighbours apart. What
//! is over is read off the steps. O(steps + requests) a picture.

use super::kernel::{Event, Move, Phase, Service, State, ms};
use super::say::told_ms;
use super::workload::{RequestIdx, Scenario};
use crate::amounts::actor;
use crate::engine::Frame;
use crate::scene::{
    Cell, Chart, ChartKind, Column, Event as Moment, EventKind, Gantt, Lane, Mark, Panel, Part,
    Pin, Scene, Series, Span, Stat, Stats, Strip, StripRow, Table, TableRow, Tone, number,
};

/// Most requests that get a lane of time of their own.
const LANES_MAX: usize = 16;

/// Most lines of requests over the track.
const LINES_MAX: usize = 5;

/// Neighbours on one line are at least this part of the track apart.
const APART: u32 = 8;

/// Draws the last frame of `past`.
pub(crate) fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, step }) = past.last() else { return Scene::default() };
    let services: Vec<Service> = past.iter().filter_map(|it| served(&it.state)).collect();
    Scene::default()
        .with("track", "The arm over the disk", Panel::Strip(track(scenario, state)))
        .with("path", "Its way", Panel::Chart(path(scenario, past)))
        .with("requests", "Requests", Panel::Table(table(scenario, state, &services)))
        .with("timeline", "Time", Panel::Gantt(timeline(scenario, past, step.time)))
        .with("stats", "So far", Panel::Stats(stats(state)))
}

fn served(state: &State) -> Option<Service> {
    match state.event {
        Event::Serve(service) => Some(service),
        Event::Start | Event::Arrive(_) | Event::Move(_) | Event::End => None,
    }
}

fn tone(phase: Phase) -> Tone {
    match phase {
        Phase::Away => Tone::Muted,
        Phase::Waiting => Tone::Ready,
        Phase::Chosen => Tone::Running,
        Phase::Done => Tone::Done,
    }
}

fn track(scenario: &Scenario, state: &State) -> Strip {
    let mut arm = StripRow::new("arm", "arm", Vec::new());
    if let Event::Move(Move { from, to, is_return, .. }) = state.event
        && from != to
    {
        let (start, end) = (u64::from(from.min(to)), u64::from(from.max(to)));
        let tone = if is_return { Tone::Muted } else { Tone::Overhead };
        let n = (end - start).to_string();
        let mark = Mark::new("crossed", n).tone(tone).detail("cylinders crossed by this step");
        arm.parts.push(Part { start, end, mark });
    }
    let way = if state.way == super::workload::Way::Up { "→" } else { "←" };
    let detail = format!("the arm, going {}", state.way.word());
    let mark = Mark::new("head", way).tone(Tone::Running).detail(detail);
    arm.pins.push(Pin { at: state.head.into(), mark });
    let mut rows = vec![arm];
    rows.extend(lines(scenario, state));
    Strip { start: 0, end: scenario.last().into(), unit: "cylinders", rows }
}

/// The requests that have come, each on the first line where it has room. Which line it is hangs on
/// all requests, so that none changes its line.
fn lines(scenario: &Scenario, state: &State) -> Vec<StripRow> {
    let mut order: Vec<RequestIdx> = (0..scenario.requests.len()).collect();
    crate::order::by_key(&mut order, |&it| scenario.requests[it].cylinder);
    let apart = scenario.cylinders / APART;
    let mut ends: Vec<u32> = Vec::new();
    let mut rows: Vec<StripRow> = Vec::new();
    for request in order {
        let cylinder = scenario.requests[request].cylinder;
        let room = ends.iter().position(|&end| end + apart <= cylinder);
        let line = match room {
            Some(line) => line,
            None if ends.len() < LINES_MAX => {
                let label = if rows.is_empty() { "requests" } else { "" };
                rows.push(StripRow::new(format!("line.{}", rows.len()), label, Vec::new()));
                ends.push(cylinder);
                rows.len() - 1
            }
            None => LINES_MAX - 1,
        };
        ends[line] = cylinder;
        let phase = state.phases[request];
        if phase != Phase::Away {
            let name = &scenario.requests[request].name;
            let mark = Mark::new(format!("request.{name}"), name.clone())
                .actor(actor(request))
                .tone(tone(phase))
                .detail(format!("{name} at cylinder {cylinder}"));
            rows[line].pins.push(Pin { at: cylinder.into(), mark });
        }
    }
    rows
}

/// Where the arm was when.
fn path(scenario: &Scenario, past: &[Frame<State>]) -> Chart {
    let mut points = vec![(0.0, f64::from(scenario.head))];
    let mut add = |us: u64, cylinder: u32| {
        let point = (ms(us), f64::from(cylinder));
        if points.last() != Some(&point) {
            points.push(point);
        }
    };
    for Frame { state, .. } in past {
        match state.event {
            Event::Move(Move { from, to, start_us, end_us, .. }) => {
                add(start_us, from);
                add(end_us, to);
            }
            Event::Serve(service) => add(service.end_us, state.head),
            Event::Start | Event::Arrive(_) | Event::End => {}
        }
    }
    Chart {
        kind: ChartKind::Line,
        x_label: "time (ms)".to_owned(),
        y_label: "cylinder".to_owned(),
        series: vec![Series { label: "arm".to_owned(), actor: None, points }],
    }
}

fn table(scenario: &Scenario, state: &State, services: &[Service]) -> Table {
    let columns = vec![
        Column::words("request"),
        Column::numbers("cylinder"),
        Column::numbers("comes at (ms)"),
        Column::numbers("served as"),
        Column::numbers("cylinders crossed"),
        Column::numbers("waited (ms)"),
    ];
    let row = |(n, request): (RequestIdx, &super::workload::Request)| {
        let phase = state.phases[n];
        let has_come = phase != Phase::Away;
        let service = services.iter().find(|it| it.request == n);
        let of = |value: &dyn Fn(&Service) -> String| service.map(value).unwrap_or_default();
        let come = if has_come { number(ms(request.arrival_us()), 2) } else { String::new() };
        let cells = [
            request.name.clone(),
            if has_come { request.cylinder.to_string() } else { String::new() },
            come,
            of(&|it| it.place.to_string()),
            of(&|it| it.moved.to_string()),
            of(&|it| number(ms(it.start_us - request.arrival_us()), 2)),
        ];
        let mut cells: Vec<Cell> = cells.into_iter().map(Cell::new).collect();
        cells[0].tone = tone(phase);
        let is_subject = match state.event {
            Event::Arrive(request) => request == n,
            Event::Serve(service) => service.request == n,
            Event::Start | Event::Move(_) | Event::End => false,
        };
        let marked = phase == Phase::Chosen || is_subject;
        let key = format!("row.{}", request.name);
        TableRow { key, actor: Some(actor(n)), marked, cells }
    };
    Table { columns, rows: scenario.requests.iter().enumerate().map(row).collect() }
}

/// What the disk does, and how long each request waits for the arm.
fn timeline(scenario: &Scenario, past: &[Frame<State>], now: u64) -> Gantt {
    let end = past.last().and_then(|it| it.state.end.get().copied());
    let mut disk = Vec::new();
    let mut span = |start: u64, end: u64, mark: Mark| {
        if start < end.min(now) {
            disk.push(Span { start, end: end.min(now), mark });
        }
    };
    for (n, Frame { state, .. }) in past.iter().enumerate() {
        match state.event {
            Event::Move(Move { start_us, end_us, request, .. }) => {
                let mark = Mark::new(format!("seek.{n}"), "seek").tone(Tone::Overhead);
                let to = match request {
                    Some(request) => scenario.requests[request].name.clone(),
                    None => "an edge".to_owned(),
                };
                let took = told_ms(end_us - start_us);
                span(start_us, end_us, mark.detail(format!("seek to {to}, {took}")));
            }
            Event::Serve(Service { request, start_us, transfer_us, end_us, .. }) => {
                let name = &scenario.requests[request].name;
                let part = |what: &str, tone, took: u64| {
                    Mark::new(format!("{what}.{n}"), what)
                        .tone(tone)
                        .actor(actor(request))
                        .detail(format!("{what} for {name}, {}", told_ms(took)))
                };
                let rotation = transfer_us - start_us;
                span(start_us, transfer_us, part("rotation", Tone::Idle, rotation));
                let transfer = end_us - transfer_us;
                span(transfer_us, end_us, part("transfer", Tone::Running, transfer));
            }
            Event::Start | Event::Arrive(_) | Event::End => {}
        }
    }
    let lane = |key: &str, label: &str, actor, spans, events| Lane {
        key: format!("lane.{key}"),
        label: label.to_owned(),
        actor,
        spans,
        events,
    };
    let mut lanes = vec![lane("disk", "disk", None, disk, Vec::new())];
    if scenario.requests.len() <= LANES_MAX {
        for (n, request) in scenario.requests.iter().enumerate() {
            let (spans, events) = stay(scenario, past, now, n);
            lanes.push(lane(&request.name, &request.name, Some(actor(n)), spans, events));
        }
    }
    Gantt { now, end: end.unwrap_or(now).max(now), unit: "µs", lanes }
}

/// How long a request waits, and is served.
fn stay(
    scenario: &Scenario,
    past: &[Frame<State>],
    now: u64,
    request: RequestIdx,
) -> (Vec<Span>, Vec<Moment>) {
    let own = &scenario.requests[request];
    let come = own.arrival_us();
    let Some(last) = past.last().filter(|it| it.state.phases[request] != Phase::Away) else {
        return (Vec::new(), Vec::new());
    };
    let mut services = past.iter().filter_map(|it| served(&it.state));
    let service = services.find(|it| it.request == request);
    let mut spans = Vec::new();
    let mut span = |key: &str, start: u64, end: u64, label: &str, tone| {
        if start < end {
            let detail = format!("{} {label}, {}", own.name, told_ms(end - start));
            let mark = Mark::new(format!("{key}.{}", own.name), label).tone(tone).detail(detail);
            spans.push(Span { start, end, mark: mark.actor(actor(request)) });
        }
    };
    span("wait", come, service.map_or(now, |it| it.start_us), "waits", Tone::Ready);
    if let Some(service) = service {
        span("serve", service.start_us, service.end_us, "is served", Tone::Running);
    }
    let mut events = vec![Moment {
        at: come,
        kind: EventKind::Arrive,
        detail: format!("{} comes in", own.name),
    }];
    if let Some(service) = service.filter(|_| last.state.phases[request] == Phase::Done) {
        let detail = format!("{} is done", own.name);
        events.push(Moment { at: service.end_us, kind: EventKind::Finish, detail });
    }
    (spans, events)
}

fn stats(state: &State) -> Stats {
    let tally = state.tally;
    let of = |label: &str, us: u64| Stat::new(label, number(ms(us), 2), "ms");
    Stats {
        items: vec![
            Stat::new("Crossed", tally.moved.to_string(), "cylinders"),
            Stat::new("Served", tally.n_served.to_string(), "requests"),
            of("Seeking", tally.seek_us),
            of("Waiting for the sector", tally.rotation_us),
            of("Transferring", tally.transfer_us),
        ],
    }
}
