//! Draws CPUs, their run queues, and the domains.

use super::lanes::{actor, extend, lane};
use super::smp_state::{Doing, Plan, State, Status};
use crate::engine::Frame;
use crate::scene::{
    Cell, Column, Event, EventKind, Gantt, Lane, Mark, Panel, Queue, QueueRow, Scene, Table,
    TableRow, Tone,
};

pub(super) fn scene(plan: &Plan, past: &[Frame<State>]) -> Scene {
    let Some(last) = past.last() else { return Scene::default() };
    Scene::default()
        .with("timeline", "Timeline", Panel::Gantt(timeline(plan, past)))
        .with("queues", "Run queues", Panel::Queue(queues(plan, &last.state)))
        .with("tasks", "Tasks", Panel::Table(tasks(plan, &last.state)))
        .with("domains", "Balanced sets of CPUs", Panel::Table(domains(&last.state)))
}

fn timeline(plan: &Plan, past: &[Frame<State>]) -> Gantt {
    let now = past.last().map_or(0, |frame| frame.step.time);
    let mut lanes: Vec<Lane> =
        (0..plan.cpus).map(|cpu| lane(format!("cpu.{cpu}"), format!("CPU{cpu}"), None)).collect();
    for pair in past.windows(2) {
        let [from, to] = pair else { continue };
        let (start, end) = (from.step.time, to.step.time);
        for (cpu, lane) in lanes.iter_mut().enumerate() {
            let Some(task) = from.state.cpus[cpu].running else {
                extend(lane, start, end, Mark::new("", "idle").tone(Tone::Idle));
                continue;
            };
            let doing = &from.state.tasks[task];
            let warm = (start + doing.cold_ticks).min(end);
            let name = &plan.tasks[task].name;
            let cold = Mark::new("", "cold").detail(format!("{name} fills cold caches"));
            extend(lane, start, warm, cold.actor(actor(task)).tone(Tone::Overhead));
            let far = doing.home.is_some_and(|home| home != plan.node(cpu));
            let where_from = if far { ", its memory on another node" } else { "" };
            let label = if far { format!("{name} far") } else { name.clone() };
            let mark = Mark::new("", label).detail(format!("{name} runs{where_from}"));
            extend(lane, warm, end, mark.actor(actor(task)).tone(Tone::Running));
        }
    }
    for frame in past {
        let kind = match frame.step.tag {
            "pull" | "balance" | "push" => EventKind::Note,
            _ => continue,
        };
        for &cpu in &frame.state.locks {
            let (at, detail) = (frame.step.time, frame.step.say.clone());
            lanes[cpu].events.push(Event { at, kind, detail });
        }
    }
    Gantt { now, end: horizon(plan).max(now), unit: "ticks", lanes }
}

/// A rough right end: the work shared out evenly after the last arrival, with room for moves.
fn horizon(plan: &Plan) -> u64 {
    let work: u64 = plan.tasks.iter().map(|task| task.work_ticks).sum();
    let longest = plan.tasks.iter().map(|task| task.work_ticks).max().unwrap_or_default();
    let last = plan.tasks.iter().map(|task| task.arrival_ticks).max().unwrap_or_default();
    last + work.div_ceil(plan.cpus as u64).max(longest) + plan.cold_ticks + plan.cold_node_ticks
}

fn queues(plan: &Plan, state: &State) -> Queue {
    let chip = |task: usize, tone| {
        let (name, left) = (&plan.tasks[task].name, state.tasks[task].left_ticks);
        Mark::new(format!("job.{name}"), name.clone())
            .detail(format!("{name}, {left} ticks of work left"))
            .actor(actor(task))
            .tone(tone)
    };
    let row = |cpu: usize| {
        let seat = &state.cpus[cpu];
        let mut note =
            if plan.nodes == 1 { String::new() } else { format!("node {}", plan.node(cpu)) };
        if let Some(at) = state.locks.iter().position(|&it| it == cpu) {
            let gap = if note.is_empty() { "" } else { ", " };
            let nth = if at == 0 { "first" } else { "second" };
            note += &format!("{gap}locked {nth}");
        }
        let running = seat.running.iter().map(|&task| chip(task, Tone::Running));
        let marks = running.chain(seat.queue.iter().map(|&task| chip(task, Tone::Ready))).collect();
        QueueRow { key: format!("cpu.{cpu}"), label: format!("CPU{cpu}"), note, marks }
    };
    Queue { rows: (0..plan.cpus).map(row).collect() }
}

fn tasks(plan: &Plan, state: &State) -> Table {
    let columns = vec![
        Column::words("Task"),
        Column::words("state"),
        Column::numbers("left (ticks)"),
        Column::numbers("waited (ticks)"),
        Column::numbers("moves"),
        Column::words("may run on"),
        Column::words("memory"),
    ];
    let row = |(at, doing): (usize, &Doing)| {
        let task = &plan.tasks[at];
        let status = match doing.status {
            Status::Away => Cell::new("not here yet").tone(Tone::Muted),
            Status::Queued(cpu) => Cell::new(format!("waits on CPU{cpu}")).tone(Tone::Ready),
            Status::Running(cpu) => Cell::new(format!("runs on CPU{cpu}")).tone(Tone::Running),
            Status::Done => Cell::new("ended").tone(Tone::Done),
        };
        let cpus: Vec<String> =
            (0..plan.cpus).filter(|&it| task.allowed[it]).map(|it| it.to_string()).collect();
        let allowed = if cpus.len() == plan.cpus { "all".to_owned() } else { cpus.join(", ") };
        let cells = vec![
            Cell::new(task.name.clone()),
            status,
            Cell::new(doing.left_ticks.to_string()),
            Cell::new(doing.waited_ticks.to_string()),
            Cell::new(doing.n_moves.to_string()),
            Cell::new(allowed),
            Cell::new(doing.home.map(|node| format!("node {node}")).unwrap_or_default()),
        ];
        let marked = matches!(doing.status, Status::Running(_));
        TableRow { key: format!("task.{at}"), actor: Some(actor(at)), marked, cells }
    };
    Table { columns, rows: state.tasks.iter().enumerate().map(row).collect() }
}

fn domains(state: &State) -> Table {
    let columns = vec![
        Column::words("Set"),
        Column::words("CPUs"),
        Column::numbers("interval (ticks)"),
        Column::numbers("next check at"),
        Column::numbers("failed rounds"),
    ];
    let rows = state.domains.iter().map(|domain| {
        let cpus: Vec<String> = domain.cpus.iter().map(ToString::to_string).collect();
        let cells = [
            domain.name.clone(),
            cpus.join(", "),
            domain.interval.to_string(),
            domain.next.to_string(),
            domain.n_failed.to_string(),
        ];
        let cells = cells.into_iter().map(Cell::new).collect();
        TableRow { key: domain.name.clone(), actor: None, marked: false, cells }
    });
    Table { columns, rows: rows.collect() }
}
