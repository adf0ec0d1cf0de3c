//! The cores over time, where each request is, how long each took, and the four shapes compared.

use super::servers::Scenario;
use super::servers_run::{Burst, SHAPES, State, percentile};
use crate::engine::Frame;
use crate::scene::{
    Cell, Chart, ChartKind, Column, Event, EventKind, Gantt, Lane, Mark, Panel, Queue, QueueRow,
    Scene, Series, Span, Stat, Stats, Table, TableRow, Tone,
};
use crate::words::{bytes, grouped};

/// Most chips in a row.
const CHIPS_MAX: usize = 16;

/// Draws the last state of `past`.
pub(super) fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
    let Some(last) = past.last() else { return Scene::default() };
    let state = &last.state;
    Scene::default()
        .with("cores", "The cores", Panel::Gantt(cores(scenario, past, state)))
        .with("requests", "Where each request is", Panel::Queue(requests(scenario, state)))
        .with("latency", "From arrival to answer", Panel::Chart(latency(state)))
        .with("now", "So far", Panel::Stats(stats(state)))
        .with("shapes", "The same requests in four shapes", Panel::Table(shapes(scenario, state)))
}

fn number(who: u16) -> String {
    (u32::from(who) + 1).to_string()
}

fn cores(scenario: &Scenario, past: &[Frame<State>], state: &State) -> Gantt {
    let now = state.now;
    let loops = !scenario.shape.is_own();
    let lane = |core: usize| {
        let mut bursts: Vec<Burst> = Vec::new();
        for frame in past {
            let Some(burst) = frame.state.cores[core] else { continue };
            if bursts.last() != Some(&burst) {
                bursts.push(burst);
            }
        }
        let span = |burst: &Burst| {
            let end = burst.end.min(now);
            let who = number(burst.who);
            let (tone, said) = if burst.blocks {
                (Tone::Danger, "the loop waits for its file")
            } else {
                (Tone::Running, "computes")
            };
            let mark = Mark::new(format!("burst.{core}.{}", burst.start), who.as_str())
                .actor(burst.who)
                .tone(tone)
                .detail(format!("request {who}: {said}"));
            (burst.start < end).then_some(Span { start: burst.start, end, mark })
        };
        let what = if loops { "Loop" } else { "Core" };
        Lane {
            key: format!("core.{core}"),
            label: format!("{what} {}", core + 1),
            actor: None,
            spans: bursts.iter().filter_map(span).collect(),
            events: Vec::new(),
        }
    };
    let mut lanes: Vec<Lane> = (0..state.cores.len()).map(lane).collect();
    let served = state.served.iter().map(|it| number(it.0));
    let mut events = Vec::new();
    let mut n_seen = 0;
    for frame in past {
        if n_seen < frame.state.served.len() {
            n_seen = frame.state.served.len();
            let detail = served.clone().nth(n_seen - 1).unwrap_or_default();
            let detail = format!("request {detail} is served");
            events.push(Event { at: frame.state.now, kind: EventKind::Finish, detail });
        }
    }
    let label = "Answers".to_owned();
    lanes.push(Lane { key: "served".into(), label, actor: None, spans: Vec::new(), events });
    let own =
        state.others.get(SHAPES.iter().position(|it| *it == scenario.shape).unwrap_or_default());
    let end = own.map_or(now, |it| it.end_us).max(now + 1);
    Gantt { now, end, unit: "µs", lanes }
}

fn requests(scenario: &Scenario, state: &State) -> Queue {
    let chip = |who: u16, tone: Tone| {
        let who_is = number(who);
        Mark::new(format!("request.{who_is}"), who_is.as_str()).actor(who).tone(tone)
    };
    let row = |key: &str, label: &str, who: &[u16], tone: Tone| {
        let more = who.len().saturating_sub(CHIPS_MAX);
        QueueRow {
            key: key.to_owned(),
            label: label.to_owned(),
            note: if more == 0 { String::new() } else { format!("and {more} more") },
            marks: who.iter().take(CHIPS_MAX).map(|&it| chip(it, tone)).collect(),
        }
    };
    let on: Vec<u16> = state.cores.iter().flatten().map(|it| it.who).collect();
    let first = |of: &[(u16, u64)]| of.iter().map(|it| it.0).collect::<Vec<_>>();
    let mut done = first(&state.served);
    done.reverse();
    let (waits, tasks) = (first(&state.waiting), first(&state.pool_busy));
    let ready = if scenario.shape.is_own() { "Ready for a core" } else { "Events for the loops" };
    Queue {
        rows: vec![
            row("backlog", "Not accepted", &state.backlog, Tone::Blocked),
            row("ready", ready, &state.ready, Tone::Ready),
            row("on", "On a core", &on, Tone::Running),
            row("waiting", "Wait", &waits, Tone::Blocked),
            row("pool_queue", "Wait for the pool", &state.pool_queue, Tone::Ready),
            row("pool_busy", "Threads of the pool", &tasks, Tone::Blocked),
            row("served", "Served, the last first", &done, Tone::Done),
        ],
    }
}

fn latency(state: &State) -> Chart {
    let points = state.served.iter().map(|&(who, us)| (f64::from(who) + 1.0, us as f64));
    let mut points: Vec<(f64, f64)> = points.collect();
    crate::order::by_key(&mut points, |it| it.0 as u64);
    let series = vec![Series { label: "latency".to_owned(), actor: None, points }];
    Chart {
        kind: ChartKind::Bars,
        x_label: "request".to_owned(),
        y_label: "latency (µs)".to_owned(),
        series,
    }
}

fn stats(state: &State) -> Stats {
    let mut sorted: Vec<u64> = state.served.iter().map(|it| it.1).collect();
    crate::order::by_key(&mut sorted, |it| *it);
    Stats {
        items: vec![
            Stat::new("served", grouped(sorted.len() as u64), "requests"),
            Stat::new("half are faster than", grouped(percentile(&sorted, 50)), "µs"),
            Stat::new("99% are faster than", grouped(percentile(&sorted, 99)), "µs"),
            Stat::new("switches", grouped(state.n_switches), ""),
        ],
    }
}

fn shapes(scenario: &Scenario, state: &State) -> Table {
    let columns = vec![
        Column::words("Shape"),
        Column::numbers("half faster than (µs)"),
        Column::numbers("99% (µs)"),
        Column::numbers("slowest (µs)"),
        Column::numbers("switches"),
        Column::words(format!("memory for {} connections", grouped(scenario.n_connections))),
    ];
    let rows = SHAPES.iter().zip(&state.others).map(|(shape, it)| {
        let mut cells = vec![Cell::new(shape.label())];
        cells.extend(
            [it.p50_us, it.p99_us, it.max_us, it.n_switches].map(|it| Cell::new(grouped(it))),
        );
        cells.push(Cell::new(bytes(it.memory_kib * 1024)));
        let marked = *shape == scenario.shape;
        TableRow { key: shape.key().to_owned(), actor: None, marked, cells }
    });
    Table { columns, rows: rows.collect() }
}
