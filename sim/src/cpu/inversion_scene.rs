//! Draws tasks, locks and the inversion.

use super::inversion_body::{Op, text};
use super::inversion_plan::{Doing, Plan, Protocol, State, Status, Task};
use super::lanes::{actor, extend, lane, moment, sort_events};
use crate::engine::Frame;
use crate::scene::{
    Cell, Code, Column, EventKind, Gantt, Lane, Listing, Mark, Panel, Queue, QueueRow, Scene,
    Table, TableRow, Tone,
};
use crate::words::count;

pub(super) fn scene(plan: &Plan, past: &[Frame<State>]) -> Scene {
    let Some(last) = past.last() else { return Scene::default() };
    Scene::default()
        .with("timeline", "Timeline", Panel::Gantt(timeline(plan, past)))
        .with("locks", "CPU and locks", Panel::Queue(locks(plan, &last.state)))
        .with("tasks", "Tasks", Panel::Table(tasks(plan, &last.state)))
        .with("bodies", "What each task does", Panel::Code(bodies(plan, &last.state)))
}

/// The names of the locks that a task holds.
fn held(plan: &Plan, state: &State, task: usize) -> String {
    let held = (0..plan.locks.len()).filter(|&lock| state.holders[lock] == Some(task));
    held.map(|lock| plan.locks[lock].as_str()).collect::<Vec<_>>().join("+")
}

fn timeline(plan: &Plan, past: &[Frame<State>]) -> Gantt {
    let now = past.last().map_or(0, |frame| frame.step.time);
    let mut lanes: Vec<Lane> = plan
        .tasks
        .iter()
        .enumerate()
        .map(|(at, task)| lane(format!("lane.{at}"), task.name.clone(), Some(actor(at))))
        .collect();
    let mut inversion = lane("lane.inversion", "inversion", None);
    for pair in past.windows(2) {
        let [from, to] = pair else { continue };
        let (start, end, state) = (from.step.time, to.step.time, &from.state);
        for (at, lane) in lanes.iter_mut().enumerate() {
            if let Some(mark) = stretch(plan, state, at) {
                extend(lane, start, end, mark.actor(actor(at)));
            }
        }
        if let Some((victim, free)) = state.inversion(plan) {
            let victim = &plan.tasks[victim].name;
            let (tone, why) = match free {
                true => (Tone::Danger, "a less urgent task that holds no lock"),
                false => (Tone::Blocked, "the holder of a lock"),
            };
            let mark = Mark::new("", victim.clone()).detail(format!("{victim} waits for {why}"));
            extend(&mut inversion, start, end, mark.tone(tone));
        }
    }
    for it in past.iter().flat_map(|frame| &frame.state.moments) {
        let lane = &mut lanes[it.task];
        if it.kind == EventKind::Miss {
            lane.events.retain(|event| (event.at, event.kind) != (it.at, EventKind::Deadline));
        }
        moment(lane, it.at, it.kind, format!("{} at {}", it.detail, it.at));
    }
    lanes.push(inversion);
    sort_events(&mut lanes);
    let end = horizon(plan).max(now);
    Gantt { now, end, unit: "ticks", lanes }
}

/// A time by which everything has ended: after the last arrival all the work fits.
fn horizon(plan: &Plan) -> u64 {
    let ticks = |op: &Op| if let Op::Run(ticks) = op { *ticks } else { 0 };
    let work = |ops: &[Op]| ops.iter().map(ticks).sum::<u64>();
    let mut arrivals: Vec<_> =
        plan.tasks.iter().map(|task| (task.arrival_ticks, work(&task.ops))).collect();
    crate::order::by_key(&mut arrivals, |&it| it);
    let busy = arrivals.iter().fold(0, |end: u64, &(arrival, work)| end.max(arrival) + work);
    let due = plan.tasks.iter().filter_map(|task| Some(task.arrival_ticks + task.deadline_ticks?));
    due.chain([busy]).max().unwrap_or(busy)
}

fn stretch(plan: &Plan, state: &State, at: usize) -> Option<Mark> {
    let (name, doing) = (&plan.tasks[at].name, &state.tasks[at]);
    let held = held(plan, state, at);
    Some(match doing.status {
        Status::Away | Status::Done => return None,
        Status::Blocked(lock) => Mark::new("", "blocked")
            .detail(format!("{name} waits for {}", plan.locks[lock]))
            .tone(Tone::Blocked),
        Status::Ready if state.running != Some(at) => {
            let with = if held.is_empty() { held } else { format!(" with {held} held") };
            Mark::new("", "ready").detail(format!("{name} is ready{with}")).tone(Tone::Ready)
        }
        Status::Ready if held.is_empty() => {
            Mark::new("", name.clone()).detail(format!("{name} runs")).tone(Tone::Running)
        }
        Status::Ready => {
            let detail = format!("{name} runs with {held} held, at priority {}", doing.priority);
            Mark::new("", held).detail(detail).tone(Tone::Running)
        }
    })
}

fn locks(plan: &Plan, state: &State) -> Queue {
    let chip = |at: usize, tone| {
        let (name, priority) = (&plan.tasks[at].name, state.tasks[at].priority);
        Mark::new(format!("job.{name}"), name.clone())
            .detail(format!("{name} at priority {priority}"))
            .actor(actor(at))
            .tone(tone)
    };
    let row = |key: String, label: String, note, marks| QueueRow { key, label, note, marks };
    let mut ready: Vec<usize> = (0..plan.tasks.len())
        .filter(|&it| state.tasks[it].status == Status::Ready && state.running != Some(it))
        .collect();
    crate::order::by_key(&mut ready, |&it| state.tasks[it].priority);
    let running = state.running.iter().map(|&it| chip(it, Tone::Running)).collect();
    let ready = ready.into_iter().map(|it| chip(it, Tone::Ready)).collect();
    let mut rows = vec![
        row("cpu".into(), "CPU".into(), String::new(), running),
        row("ready".into(), "ready".into(), "most urgent first".into(), ready),
    ];
    for (lock, name) in plan.locks.iter().enumerate() {
        let mut waiting: Vec<usize> = (0..plan.tasks.len())
            .filter(|&it| state.tasks[it].status == Status::Blocked(lock))
            .collect();
        crate::order::by_key(&mut waiting, |&it| state.tasks[it].priority);
        let mut note = match state.holders[lock] {
            Some(holder) => format!("held by {}", plan.tasks[holder].name),
            None => "free".to_owned(),
        };
        if plan.protocol == Protocol::Ceiling {
            note += &format!(", ceiling {}", plan.ceiling(lock));
        }
        let marks = waiting.into_iter().map(|it| chip(it, Tone::Blocked)).collect();
        rows.push(row(format!("lock.{name}"), format!("waits for {name}"), note, marks));
    }
    Queue { rows }
}

fn tasks(plan: &Plan, state: &State) -> Table {
    let columns = vec![
        Column::words("Task"),
        Column::numbers("priority"),
        Column::numbers("counts as"),
        Column::words("state"),
        Column::words("holds"),
        Column::numbers("waited for less urgent (ticks)"),
    ];
    let row = |(at, doing): (usize, &Doing)| {
        let task = &plan.tasks[at];
        let marked = state.running == Some(at);
        let status = match doing.status {
            Status::Away => Cell::new("not here yet").tone(Tone::Muted),
            Status::Ready if marked => Cell::new("runs").tone(Tone::Running),
            Status::Ready => Cell::new("ready").tone(Tone::Ready),
            Status::Blocked(lock) => {
                Cell::new(format!("waits for {}", plan.locks[lock])).tone(Tone::Blocked)
            }
            Status::Done => Cell::new("ended").tone(Tone::Done),
        };
        let raised = if doing.priority < task.priority { Tone::Good } else { Tone::Plain };
        let cells = vec![
            Cell::new(task.name.clone()),
            Cell::new(task.priority.to_string()),
            Cell::new(doing.priority.to_string()).tone(raised),
            status,
            Cell::new(held(plan, state, at)),
            Cell::new(doing.inverted_ticks.to_string()),
        ];
        TableRow { key: format!("task.{at}"), actor: Some(actor(at)), marked, cells }
    };
    Table { columns, rows: state.tasks.iter().enumerate().map(row).collect() }
}

fn bodies(plan: &Plan, state: &State) -> Code {
    let listing = |(at, task): (usize, &Task)| {
        let doing = &state.tasks[at];
        let ends = matches!(doing.status, Status::Done) || task.ops.len() <= doing.at;
        let (tone, note) = match doing.status {
            Status::Away => (Tone::Muted, format!("arrives at {}", task.arrival_ticks)),
            Status::Done => (Tone::Done, String::new()),
            Status::Blocked(lock) => (Tone::Blocked, format!("waits for {}", plan.locks[lock])),
            Status::Ready if state.running == Some(at) => (Tone::Running, left(doing.left_ticks)),
            Status::Ready => (Tone::Ready, left(doing.left_ticks)),
        };
        Listing {
            key: format!("body.{at}"),
            label: task.name.clone(),
            actor: Some(actor(at)),
            lines: task.ops.iter().map(|&op| text(op, &plan.locks)).collect(),
            next: if ends { None } else { u32::try_from(doing.at).ok() },
            tone,
            note,
        }
    };
    Code { listings: plan.tasks.iter().enumerate().map(listing).collect() }
}

fn left(ticks: u64) -> String {
    if ticks == 0 { String::new() } else { format!("{} left", count(ticks, "ticks")) }
}
