//! The pipeline with its items, the lengths of the queues over time, and the five answers compared.

use super::backpressure::{Scenario, row};
use super::pressure_run::{ANSWERS, Answer, Doing, State};
use crate::engine::Frame;
use crate::scene::{
    Cell, Chart, ChartKind, Column, Gantt, Lane, Mark, Panel, Queue, QueueRow, Scene, Series, Span,
    Stat, Stats, Table, TableRow, Tone, number,
};

/// Most chips in a row.
const CHIPS_MAX: usize = 14;

/// Draws the last state of `past`.
pub(super) fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
    let Some(last) = past.last() else { return Scene::default() };
    let state = &last.state;
    Scene::default()
        .with("pipeline", "The pipeline", Panel::Queue(pipeline(scenario, state)))
        .with("lengths", "The queues over time", Panel::Chart(lengths(scenario, past, state)))
        .with("stages", "What each stage does", Panel::Gantt(stages(scenario, past, state)))
        .with("now", "So far", Panel::Stats(stats(scenario, state)))
        .with("answers", "The same items under each answer", Panel::Table(answers(scenario, state)))
}

fn chip(item: u16, tone: Tone) -> Mark {
    let name = (u32::from(item) + 1).to_string();
    Mark::new(format!("item.{name}"), name.as_str()).actor(item).tone(tone)
}

fn pipeline(scenario: &Scenario, state: &State) -> Queue {
    let line = |key: String, label: String, note: String, marks: Vec<Mark>| QueueRow {
        key,
        label,
        note,
        marks,
    };
    let held = state.held.iter().map(|it| chip(it.0, Tone::Blocked).detail("the source waits"));
    let note = if state.held.is_some() { "waits" } else { "" };
    let mut rows = vec![line("source".into(), "Source".into(), note.to_owned(), held.collect())];
    for (at, stage) in scenario.stages.iter().enumerate() {
        let queue = &state.queues[at];
        let note = match scenario.answer {
            Answer::NoBound => queue.len().to_string(),
            _ => format!("{} of {}", queue.len(), scenario.bound),
        };
        // The head stands next to its stage, so the row is long before it is cut.
        let marks = queue.iter().take(CHIPS_MAX).map(|it| chip(*it, Tone::Ready));
        let name = &stage.name;
        rows.push(line(format!("queue.{name}"), format!("for {name}"), note, marks.collect()));
        let (note, mark) = match state.stages[at] {
            Doing::Idle => ("no work", None),
            Doing::Works { item, .. } => ("", Some(chip(item, Tone::Running))),
            Doing::Waits { item, .. } => ("waits for room", Some(chip(item, Tone::Blocked))),
        };
        let marks = mark.into_iter().collect();
        rows.push(line(format!("stage.{name}"), name.clone(), note.to_owned(), marks));
    }
    let gone = |them: &[u16], tone| them.iter().map(|it| chip(*it, tone)).collect();
    let served = state.tally.n_served.to_string();
    rows.push(line("out".into(), "Through".into(), served, gone(&state.out, Tone::Done)));
    let (label, n) = match scenario.answer {
        Answer::Refuse => ("Refused", state.tally.n_refused),
        _ => ("Dropped", state.tally.n_lost),
    };
    let lost = gone(&state.lost, Tone::Danger);
    rows.push(line("lost".into(), label.to_owned(), n.to_string(), lost));
    Queue { rows }
}

fn lengths(scenario: &Scenario, past: &[Frame<State>], state: &State) -> Chart {
    let series = |(at, stage): (usize, &super::backpressure::Stage)| {
        let mut points: Vec<(f64, f64)> = Vec::new();
        for frame in past {
            let point = (frame.state.now as f64, frame.state.queues[at].len() as f64);
            match points.last_mut() {
                Some(last) if point.0 <= last.0 => *last = point,
                _ => points.push(point),
            }
        }
        points.push((state.now as f64 + 1.0, state.queues[at].len() as f64));
        Series { label: format!("for {}", stage.name), actor: None, points }
    };
    Chart {
        kind: ChartKind::Step,
        x_label: "time (ms)".to_owned(),
        y_label: "waiting (items)".to_owned(),
        series: scenario.stages.iter().enumerate().map(series).collect(),
    }
}

fn stages(scenario: &Scenario, past: &[Frame<State>], state: &State) -> Gantt {
    let now = state.now;
    let lane = |(at, stage): (usize, &super::backpressure::Stage)| {
        let mut spans: Vec<Span> = Vec::new();
        let mut before = Doing::Idle;
        let blocked = |since: u64, item: u16, end: u64| {
            let mark = Mark::new(format!("wait.{at}.{since}"), (item + 1).to_string())
                .actor(item)
                .tone(Tone::Blocked)
                .detail(format!("waits for room for item {}", item + 1));
            (since < end).then_some(Span { start: since, end, mark })
        };
        for frame in past {
            let doing = frame.state.stages[at];
            if doing == before {
                continue;
            }
            if let Doing::Waits { item, since } = before {
                spans.extend(blocked(since, item, frame.state.now));
            }
            if let Doing::Works { item, from, until } = doing
                && from < now
            {
                let mark = Mark::new(format!("work.{at}.{item}"), (item + 1).to_string())
                    .actor(item)
                    .tone(Tone::Running)
                    .detail(format!("works on item {}", item + 1));
                spans.push(Span { start: from, end: until.min(now), mark });
            }
            before = doing;
        }
        if let Doing::Waits { item, since } = before {
            spans.extend(blocked(since, item, now));
        }
        let (key, label) = (format!("lane.{}", stage.name), stage.name.clone());
        Lane { key, label, actor: None, spans, events: Vec::new() }
    };
    let own = ANSWERS.iter().position(|it| it.0 == scenario.answer).unwrap_or_default();
    let end = state.others.get(own).map_or(now, |it| it.end_ms).max(now + 1);
    Gantt { now, end, unit: "ms", lanes: scenario.stages.iter().enumerate().map(lane).collect() }
}

fn stats(scenario: &Scenario, state: &State) -> Stats {
    let it = &state.tally;
    let n_inside: usize = state.queues.iter().map(Vec::len).sum::<usize>()
        + state.stages.iter().filter(|it| **it != Doing::Idle).count();
    let mean = crate::amounts::share(it.area_item_ms, state.now);
    let waited = crate::amounts::share(it.served_ms, it.n_served);
    Stats {
        items: vec![
            Stat::new("inside", n_inside.to_string(), "items"),
            Stat::new("memory", (n_inside as u64 * scenario.item_kb).to_string(), "KB"),
            Stat::new("inside, on average", number(mean, 2), "items"),
            Stat::new("an item is inside for", number(waited, 1), "ms"),
        ],
    }
}

fn answers(scenario: &Scenario, state: &State) -> Table {
    let columns = vec![
        Column::words("Answer"),
        Column::numbers("through"),
        Column::numbers("lost"),
        Column::numbers("most inside"),
        Column::numbers("slowest (ms)"),
    ];
    let rows = ANSWERS.iter().zip(&state.others).map(|((answer, key, label), all)| {
        let mut cells = vec![Cell::new(*label)];
        cells.extend(row(all).map(|it| Cell::new(it.to_string())));
        let marked = *answer == scenario.answer;
        TableRow { key: (*key).to_owned(), actor: None, marked, cells }
    });
    Table { columns, rows: rows.collect() }
}
