//! Draws periodic tasks: the timeline, who waits, and the bounds.

use super::lanes::{actor, extend, lane, moment, sort_events};
use super::periodic::{Job, Rule, Set, State};
use super::periodic_analysis as analysis;
use crate::engine::Frame;
use crate::scene::{
    Cell, Column, EventKind, Gantt, Mark, Panel, Queue, QueueRow, Scene, Stat, Stats, Table,
    TableRow, Tone, number,
};
use crate::words::count;

/// The panels that both engines share, followed by the table of `rows` and the bounds.
pub(super) fn scene(set: &Set, past: &[Frame<State>], table: Table, bounds: Stats) -> Scene {
    let Some(last) = past.last() else { return Scene::default() };
    Scene::default()
        .with("timeline", "Timeline", Panel::Gantt(timeline(set, past)))
        .with("ready", "CPU and waiting jobs", Panel::Queue(ready(set, &last.state)))
        .with("analysis", "Task by task", Panel::Table(table))
        .with("bounds", "Tests of the whole set", Panel::Stats(bounds))
}

fn timeline(set: &Set, past: &[Frame<State>]) -> Gantt {
    let now = past.last().map_or(0, |frame| frame.step.time);
    let mut lanes: Vec<_> = set
        .tasks
        .iter()
        .enumerate()
        .map(|(at, task)| lane(format!("lane.{at}"), task.name.clone(), Some(actor(at))))
        .collect();
    let mut idle = lane("lane.idle", "idle", None);
    for pair in past.windows(2) {
        let [from, to] = pair else { continue };
        let (start, end) = (from.step.time, to.step.time);
        match from.state.running {
            Some(job) => {
                let at = job.task as usize;
                let late = if job.late { ", past its deadline" } else { "" };
                let detail = format!("{} runs job {}{late}", set.tasks[at].name, job.number);
                let tone = if job.late { Tone::Danger } else { Tone::Running };
                let mark = Mark::new("", set.tasks[at].name.clone()).detail(detail);
                extend(&mut lanes[at], start, end, mark.actor(actor(at)).tone(tone));
            }
            None => extend(&mut idle, start, end, Mark::new("", "idle").tone(Tone::Idle)),
        }
    }
    for it in past.iter().flat_map(|frame| &frame.state.moments) {
        let lane = &mut lanes[it.task as usize];
        let what = match it.kind {
            EventKind::Arrive => "released",
            EventKind::Finish => "ended",
            EventKind::Deadline => "due",
            EventKind::Miss => "missed its deadline",
            EventKind::Note => "noted",
        };
        if it.kind == EventKind::Miss {
            lane.events.retain(|event| (event.at, event.kind) != (it.at, EventKind::Deadline));
        }
        let detail = format!("{} job {} {what} at {}", lane.label, it.number, it.at);
        moment(lane, it.at, it.kind, detail);
    }
    for lane in &mut lanes {
        lane.events.retain(|event| event.at <= set.horizon);
    }
    lanes.push(idle);
    sort_events(&mut lanes);
    Gantt { now, end: set.horizon, unit: "ticks", lanes }
}

fn ready(set: &Set, state: &State) -> Queue {
    let chip = |job: &Job, tone| {
        let task = &set.tasks[job.task as usize];
        let (left, due) = (count(job.left_ticks, "ticks"), job.deadline);
        let detail = format!("{} job {}: {left} left, due at {due}", task.name, job.number);
        let label = format!("{} {}", task.name, job.number);
        let tone = if job.late { Tone::Danger } else { tone };
        Mark::new(format!("job.{}.{}", job.task, job.number), label)
            .detail(detail)
            .actor(actor(job.task as usize))
            .tone(tone)
    };
    let row = |key: &str, label: &str, note: String, marks| QueueRow {
        key: key.to_owned(),
        label: label.to_owned(),
        note,
        marks,
    };
    let order = match &set.rule {
        Rule::Fixed(_, what) => format!("shortest {what} first"),
        Rule::Deadline { .. } => "earliest deadline first".to_owned(),
    };
    let note = match state.n_more {
        0 => order,
        more => format!("{order}; {more} more wait"),
    };
    let running = state.running.iter().map(|job| chip(job, Tone::Running)).collect();
    let waiting = state.ready.iter().map(|job| chip(job, Tone::Ready)).collect();
    Queue {
        rows: vec![
            row("cpu", "CPU", String::new(), running),
            row("ready", "waiting", note, waiting),
        ],
    }
}

/// One row per task: work, period, deadline, share, then what `cells` adds for it.
pub(super) fn table(
    set: &Set,
    last: &State,
    more: &[&str],
    order: &[usize],
    cells: impl Fn(usize) -> Vec<Cell>,
) -> Table {
    let mut columns = vec![Column::words("Task")];
    let heads = ["C (ticks)", "T (ticks)", "D (ticks)", "U = C/T"];
    columns.extend(heads.iter().chain(more).map(|&head| Column::numbers(head)));
    let rows = order.iter().map(|&at| {
        let task = &set.tasks[at];
        let fixed = [
            task.name.clone(),
            task.compute_ticks.to_string(),
            task.period_ticks.to_string(),
            task.deadline().to_string(),
            number(task.share(), 3),
        ];
        let mut row: Vec<Cell> = fixed.into_iter().map(Cell::new).collect();
        row.extend(cells(at));
        let marked = last.running.is_some_and(|job| job.task as usize == at);
        TableRow { key: format!("task.{at}"), actor: Some(actor(at)), marked, cells: row }
    });
    let rows = rows.collect();
    Table { columns, rows }
}

/// The cell of the longest response seen so far.
pub(super) fn seen(set: &Set, last: &State, at: usize) -> Cell {
    match last.worst_ticks[at] {
        0 => Cell::new(""),
        ticks if set.tasks[at].deadline() < ticks => {
            Cell::new(ticks.to_string()).tone(Tone::Danger)
        }
        ticks => Cell::new(ticks.to_string()),
    }
}

/// The values that both engines show of a whole set.
pub(super) fn bounds(set: &Set) -> Vec<Stat> {
    vec![
        Stat::new("utilisation U", number(analysis::utilisation(set.tasks), 3), ""),
        Stat::new("all repeats after", analysis::hyperperiod(set.tasks).to_string(), "ticks"),
    ]
}
