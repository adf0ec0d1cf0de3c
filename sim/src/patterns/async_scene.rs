//! Tasks on their way through the states, what they keep, and the executor's queue.

use super::async_await::{Scenario, State};
use super::async_lang::{Program, SlotKind};
use super::async_run::{Setup, Status, Task, World};
use super::async_say::who;
use crate::engine::Frame;
use crate::scene::{
    CellRow, Cells, Code, Listing, Mark, Panel, Queue, QueueRow, Scene, Stat, Stats, Tone,
};
use crate::words::{count, grouped, grouped_count};

/// Where the step is in the text, and whose step it was.
pub(super) fn line(program: &Program, before: &World, after: &World) -> Option<(usize, usize)> {
    let task = after.polled.or(before.polled)?;
    let frame = after.tasks[task].frames.last().or_else(|| before.tasks[task].frames.last())?;
    let op = program.functions[frame.function].ops.get(frame.at)?;
    Some((op.line, task))
}

/// Bytes of the largest task while it waits.
pub(super) fn waiting_bytes(program: &Program, setup: &Setup) -> u64 {
    let largest = program.tasks.iter().map(|it| program.functions[it.0].bytes).max();
    if setup.keeps_stack { setup.stack_bytes } else { largest.unwrap_or(0) }
}

pub(super) fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
    let (Some(program), Some(last)) = (scenario.program(), past.last()) else {
        return Scene::default();
    };
    let (setup, world) = (&scenario.setup, &last.state.world);
    Scene::default()
        .with("machine", "States and who is in them", Panel::Queue(machine(program, setup, world)))
        .with("kept", "What each task keeps", Panel::Cells(kept(program, setup, world)))
        .with("executor", "Executor", Panel::Queue(executor(setup, world)))
        .with("program", "Program", Panel::Code(code(program, &last.state)))
        .with("console", "Printed", Panel::Queue(console(world)))
        .with("sizes", "Bytes of one that waits", Panel::Stats(sizes(program, setup)))
}

fn row(key: String, label: String, note: String, marks: Vec<Mark>) -> QueueRow {
    QueueRow { key, label, note, marks }
}

fn chip(key: String, task: usize, tone: Tone) -> Mark {
    Mark::new(key, who(task)).actor(u16::try_from(task).unwrap_or(0)).tone(tone)
}

const fn tone(status: Status) -> Tone {
    match status {
        Status::Ready => Tone::Ready,
        Status::Polled => Tone::Running,
        Status::Asleep => Tone::Blocked,
        Status::Lost | Status::Panicked => Tone::Danger,
        Status::Done => Tone::Done,
    }
}

fn machine(program: &Program, setup: &Setup, world: &World) -> Queue {
    let mut rows = Vec::new();
    for (at, function) in program.functions.iter().enumerate() {
        for state in 0..=function.end() {
            let here = |(task, it): (usize, &Task)| {
                let inside = it.frames.iter().any(|it| it.function == at && it.state == state);
                let ended = it.frames.is_empty() && program.tasks[task].0 == at;
                let done = ended && state == function.end();
                let detail = match done {
                    true => format!("{} has ended", who(task)),
                    false => format!("{} is in state {state} of {}", who(task), function.name),
                };
                let key = format!("at.{at}.{task}");
                (inside || done).then(|| chip(key, task, tone(it.status)).detail(detail))
            };
            let marks = world.tasks.iter().enumerate().filter_map(here).collect();
            let line = |stop: usize| {
                let op = function.stops.get(stop).and_then(|it| function.ops.get(it.op));
                op.map_or(0, |it| it.line + 1)
            };
            let (label, place) = match state {
                0 => (format!("{} 0", function.name), String::new()),
                _ if state == function.end() => ("end".to_owned(), String::new()),
                _ => (state.to_string(), format!("line {}, ", line(state - 1))),
            };
            let names = function.names(function.kept(state));
            let keeps = match () {
                () if state == function.end() => String::new(),
                () if setup.keeps_stack => "keeps its stack".to_owned(),
                () if names.is_empty() => "keeps nothing".to_owned(),
                () => format!("keeps {}", names.join(", ")),
            };
            rows.push(row(format!("state.{at}.{state}"), label, place + &keeps, marks));
        }
    }
    Queue { rows }
}

fn kept(program: &Program, setup: &Setup, world: &World) -> Cells {
    let mut rows = Vec::new();
    for (at, task) in world.tasks.iter().enumerate() {
        if task.frames.is_empty() {
            let mark = Mark::new(format!("task.{at}"), "–").tone(Tone::Done);
            let mark = mark.detail(format!("{} has ended and keeps nothing", who(at)));
            rows.push(CellRow { label: who(at), heads: vec!["state".into()], marks: vec![mark] });
        }
        for (depth, frame) in task.frames.iter().enumerate() {
            let function = &program.functions[frame.function];
            let inside = if depth == 0 { "" } else { "› " };
            let label = format!("{inside}{} {}", who(at), function.name);
            let mut heads = vec!["state".to_owned()];
            let state = Mark::new(format!("task.{at}.{depth}"), frame.state.to_string())
                .actor(u16::try_from(at).unwrap_or(0))
                .tone(tone(task.status))
                .detail(format!("{} is in state {} of {}", who(at), frame.state, function.name));
            let mut marks = vec![state];
            let fields = function.fields();
            let shown = |it: &usize| match setup.keeps_stack {
                true => function.slots[*it].kind != SlotKind::Temp,
                false => fields & super::async_lang::bit(*it) != 0,
            };
            for slot in (0..function.slots.len()).filter(shown) {
                let it = &function.slots[slot];
                heads.push(it.name.clone());
                let key = format!("task.{at}.{depth}.{slot}");
                let bytes = grouped_count(it.bytes, "bytes");
                marks.push(match frame.slots[slot] {
                    None => Mark::new(key, "")
                        .tone(Tone::Free)
                        .detail(format!("{} has no value here, and nobody needs one", it.name)),
                    Some(value) => {
                        let more = if it.kind == SlotKind::Buffer { "…" } else { "" };
                        Mark::new(key, format!("{value}{more}"))
                            .tone(Tone::Used)
                            .detail(format!("{} = {value}, {bytes}", it.name))
                    }
                });
            }
            rows.push(CellRow { label, heads, marks });
        }
    }
    let shared = program.shared.iter().zip(&world.shared).enumerate();
    let mark = |(at, (_, value)): (usize, (&(String, i32), &i32))| {
        Mark::new(format!("shared.{at}"), value.to_string()).detail("all tasks share it")
    };
    let marks: Vec<Mark> = shared.map(mark).collect();
    if !marks.is_empty() {
        let heads = program.shared.iter().map(|it| it.0.clone()).collect();
        rows.push(CellRow { label: "shared".to_owned(), heads, marks });
    }
    Cells { rows }
}

fn executor(setup: &Setup, world: &World) -> Queue {
    let one = |task: usize| {
        let it = &world.tasks[task];
        let waits = it.asked.filter(|_| matches!(it.status, Status::Asleep | Status::Lost));
        let detail = match (it.status, waits) {
            (Status::Asleep, Some(asked)) if !setup.in_turns => {
                format!("{} is woken at {}", who(task), count(asked.due, "ms"))
            }
            (Status::Lost, Some(_)) => format!("nobody will wake {}", who(task)),
            _ => who(task),
        };
        chip(format!("task.{task}"), task, tone(it.status)).detail(detail)
    };
    let of = |status: Status| {
        let all = (0..world.tasks.len()).filter(|it| world.tasks[*it].status == status);
        all.map(one).collect::<Vec<Mark>>()
    };
    let lost = of(Status::Lost);
    let (asleep, lost) = match setup.in_turns {
        // Without wakers a future cannot forget one.
        true => (of(Status::Asleep).into_iter().chain(lost).collect(), Vec::new()),
        false => (of(Status::Asleep), lost),
    };
    let wake = world.next_wake().filter(|_| !setup.in_turns);
    let note = wake.map_or_else(String::new, |it| format!("next at {}", count(it.0, "ms")));
    let ended = of(Status::Done).into_iter().chain(of(Status::Panicked)).collect();
    let plain = |key: &str, label: &str, marks| row(key.into(), label.into(), String::new(), marks);
    let waits = if setup.in_turns { "waits" } else { "waker left" };
    Queue {
        rows: vec![
            plain("ready", "ready", world.ready.iter().map(|it| one(*it)).collect()),
            plain("polled", "polled", world.polled.map(one).into_iter().collect()),
            row("asleep".into(), waits.into(), note, asleep),
            plain("lost", "no waker left", lost),
            plain("ended", "ended", ended),
        ],
    }
}

fn code(program: &Program, state: &State) -> Code {
    let world = &state.world;
    let place = state.line;
    let listing = Listing {
        key: "program".to_owned(),
        label: "program".to_owned(),
        actor: place.and_then(|it| u16::try_from(it.1).ok()),
        lines: program.lines.clone(),
        next: place.and_then(|it| u32::try_from(it.0).ok()),
        tone: if world.polled.is_some() { Tone::Running } else { Tone::Idle },
        note: world.polled.map_or_else(String::new, |it| format!("{} runs", who(it))),
    };
    Code { listings: vec![listing] }
}

fn console(world: &World) -> Queue {
    let mark = |(line, &(task, value)): (usize, &(usize, i32))| {
        let detail = format!("printed by {}", who(task));
        Mark::new(format!("line.{line}"), value.to_string())
            .actor(u16::try_from(task).unwrap_or(0))
            .detail(detail)
    };
    let marks: Vec<Mark> = world.printed.iter().enumerate().map(mark).collect();
    let note = count(marks.len() as u64, "lines");
    Queue { rows: vec![row("console".into(), "console".into(), note, marks)] }
}

fn sizes(program: &Program, setup: &Setup) -> Stats {
    let mut items = Vec::new();
    for function in &program.functions {
        let label = format!("{} as a machine", function.name);
        items.push(Stat::new(label, grouped(function.bytes), "bytes"));
    }
    items.push(Stat::new("a stack", grouped(setup.stack_bytes), "bytes"));
    let largest = program.tasks.iter().map(|it| program.functions[it.0].bytes).max().unwrap_or(1);
    let n = setup.stack_bytes / largest.max(1);
    items.push(Stat::new("of the largest task, a stack holds", grouped(n), "machines"));
    Stats { items }
}
