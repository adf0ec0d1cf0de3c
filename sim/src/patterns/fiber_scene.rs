//! Kernel threads and the fibers on them, stack pointers, and time.

use super::fiber_run::{Status, World};
use super::fiber_script::Setup;
use super::fibers::{Scenario, State};
use crate::engine::Frame;
use crate::scene::{
    CellRow, Cells, Gantt, Lane, Mark, Panel, Queue, QueueRow, Scene, Span, Stat, Stats, Tone,
    number,
};
use crate::words::{count, grouped};

pub(super) fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
    let (Some(setup), Some(last)) = (scenario.setup(), past.last()) else {
        return Scene::default();
    };
    let world = &last.state.world;
    Scene::default()
        .with("threads", "Who is where", Panel::Queue(threads(setup, world)))
        .with("pointers", "Stack pointers", Panel::Cells(pointers(setup, world)))
        .with("timeline", "Each fiber in time", Panel::Gantt(timeline(scenario, setup, past)))
        .with("numbers", "So far", Panel::Stats(numbers(setup, world)))
}

fn index(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(0)
}

fn tone(status: Status) -> Tone {
    match status {
        Status::Ready => Tone::Ready,
        Status::Running(_) => Tone::Running,
        Status::InKernel(..) => Tone::Blocked,
        Status::Waits(_) => Tone::Idle,
        Status::Done => Tone::Done,
    }
}

/// What a fiber is doing, in a few words.
fn state(status: Status) -> String {
    match status {
        Status::Ready => "ready".to_owned(),
        Status::Running(_) => "runs".to_owned(),
        Status::InKernel(thread, until) => {
            format!("in the kernel with thread {} until {}", thread + 1, count(until, "µs"))
        }
        Status::Waits(until) => {
            format!("waits for data until {}, without a thread", count(until, "µs"))
        }
        Status::Done => "has ended".to_owned(),
    }
}

fn threads(setup: &Setup, world: &World) -> Queue {
    let chip = |at: usize| {
        let (name, status) = (&setup.fibers[at].name, world.fibers[at].status);
        Mark::new(format!("fiber.{at}"), name.clone())
            .actor(index(at))
            .tone(tone(status))
            .detail(format!("{name}: {}", state(status)))
    };
    let of = |fits: fn(Status) -> bool| {
        let all = (0..world.fibers.len()).filter(|it| fits(world.fibers[*it].status));
        all.map(chip).collect::<Vec<Mark>>()
    };
    let row = |key: String, label: String, note: &str, marks| QueueRow {
        key,
        label,
        note: note.to_owned(),
        marks,
    };
    let mut rows = Vec::new();
    for (at, thread) in world.threads.iter().enumerate() {
        let note = match thread.fiber.map(|it| world.fibers[it].status) {
            Some(Status::InKernel(..)) => "sleeps in the kernel",
            Some(_) => "runs",
            None => "has nothing to run",
        };
        let marks = thread.fiber.into_iter().map(chip).collect();
        rows.push(row(format!("thread.{at}"), format!("thread {}", at + 1), note, marks));
    }
    let ready = world.ready.iter().map(|it| chip(*it)).collect();
    rows.push(row("ready".into(), "ready".into(), "", ready));
    let waits = of(|it| matches!(it, Status::Waits(_)));
    rows.push(row("waits".into(), "wait for data".into(), "no thread", waits));
    rows.push(row("done".into(), "ended".into(), "", of(|it| it == Status::Done)));
    Queue { rows }
}

/// A stack pointer is in a CPU, or saved with its fiber.
fn pointers(setup: &Setup, world: &World) -> Cells {
    let pointer = |fiber: usize, detail: String| {
        Mark::new(format!("sp.{fiber}"), format!("sp of {}", setup.fibers[fiber].name))
            .actor(index(fiber))
            .tone(tone(world.fibers[fiber].status))
            .detail(detail)
    };
    let free = |key: String| Mark::new(key, "").tone(Tone::Free).detail("nothing is saved here");
    let mut rows = Vec::new();
    for (at, thread) in world.threads.iter().enumerate() {
        let mark = match thread.fiber {
            None => free(format!("cpu.{at}")),
            Some(fiber) => match world.fibers[fiber].status {
                Status::InKernel(..) => pointer(
                    fiber,
                    "saved by the kernel, with all registers of the thread".to_owned(),
                ),
                _ => pointer(fiber, "in the register of the CPU".to_owned()),
            },
        };
        let label = format!("thread {}", at + 1);
        rows.push(CellRow { label, heads: Vec::new(), marks: vec![mark] });
    }
    for (at, fiber) in world.fibers.iter().enumerate() {
        let name = &setup.fibers[at].name;
        let mark = match fiber.status {
            Status::Ready | Status::Waits(_) => {
                let saved = count(setup.saved_bytes, "bytes");
                let what = match fiber.begun {
                    true => format!("saved; {saved} of registers lie on the stack of {name}"),
                    false => format!("the top of the fresh stack of {name}"),
                };
                pointer(at, what)
            }
            _ => free(format!("saved.{at}")),
        };
        rows.push(CellRow {
            label: format!("saved for {name}"),
            heads: Vec::new(),
            marks: vec![mark],
        });
    }
    Cells { rows }
}

fn timeline(scenario: &Scenario, setup: &Setup, past: &[Frame<State>]) -> Gantt {
    let now = past.last().map_or(0, |it| it.step.time);
    let lane = |(at, script): (usize, &super::fiber_script::Script)| {
        let mut spans: Vec<Span> = Vec::new();
        for pair in past.windows(2) {
            let (start, end) = (pair[0].step.time, pair[1].step.time);
            let status = pair[0].state.world.fibers[at].status;
            if start == end || status == Status::Done {
                continue;
            }
            let tone = tone(status);
            if let Some(last) =
                spans.last_mut().filter(|it| it.end == start && it.mark.tone == tone)
            {
                last.end = end;
                continue;
            }
            let word = match status {
                Status::Ready => "ready",
                Status::InKernel(..) => "blocked",
                Status::Waits(_) => "waits",
                Status::Running(_) | Status::Done => script.name.as_str(),
            };
            let mark = Mark::new(format!("span.{at}.{}", spans.len()), word)
                .actor(index(at))
                .tone(tone)
                .detail(format!("{}: {}", script.name, state(status)));
            spans.push(Span { start, end, mark });
        }
        let (label, actor) = (script.name.clone(), Some(index(at)));
        Lane { key: format!("fiber.{at}"), label, actor, spans, events: Vec::new() }
    };
    let lanes = setup.fibers.iter().enumerate().map(lane).collect();
    Gantt { now, end: scenario.end_us.max(now).max(1), unit: "µs", lanes }
}

fn numbers(setup: &Setup, world: &World) -> Stats {
    let us = |ns: u64| number((world.switches * ns) as f64 / 1_000.0, 3);
    let items = vec![
        Stat::new("balance", world.balance.to_string(), ""),
        Stat::new("ready, and nobody took the thread", grouped(world.stood), "µs"),
        Stat::new("switches", grouped(world.switches), "switches"),
        Stat::new("time for them", us(setup.switch_ns), "µs"),
        Stat::new("the same by the kernel", us(setup.kernel_switch_ns), "µs"),
    ];
    Stats { items }
}
