//! Thread models drawn: threads over kernel threads over cores, the queues, and lanes of time.
//!
//! Spans are read off the frames: between two frames nothing changes. O(frames × lanes) a picture.

use super::thread_models::{Model, Scenario};
use super::thread_models_world::{Place, Seat, State};
use crate::amounts::{actor, percent};
use crate::engine::Frame;
use crate::scene::{
    Edge, Gantt, Graph, Lane, Mark, Node, Panel, Queue, QueueRow, Scene, Span, Stat, Stats, Tone,
};

/// Draws the last frame of `past`.
pub(super) fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
    let Some(last) = past.last() else { return Scene::default() };
    let (now, state) = (last.step.time, &last.state);
    Scene::default()
        .with("models", "Threads, kernel threads, cores", Panel::Graph(graph(scenario, now, state)))
        .with("timeline", "Timeline", Panel::Gantt(timeline(scenario, past, now, state)))
        .with("queues", "Who waits where", Panel::Queue(queues(scenario, state)))
        .with("stats", "So far", Panel::Stats(stats(scenario, now, state)))
}

/// What a thread does at a time: a tone and a word.
fn doing(state: &State, thread: usize, now: u64) -> (Tone, &'static str) {
    match state.places[thread] {
        Place::Ready(_) => (Tone::Ready, "ready"),
        Place::On(seat) => match state.seats[seat] {
            Seat::Run { from, .. } if now < from => (Tone::Overhead, "switch"),
            _ => (Tone::Running, "runs"),
        },
        Place::Call { .. } => (Tone::Blocked, "in a call"),
        Place::Parked { .. } => (Tone::Blocked, "parked"),
        Place::Done => (Tone::Done, "ended"),
    }
}

fn seat_tone(seat: Seat, now: u64) -> Tone {
    match seat {
        Seat::Idle => Tone::Idle,
        Seat::Run { from, .. } if now < from => Tone::Overhead,
        Seat::Run { .. } => Tone::Running,
        Seat::Held { .. } => Tone::Blocked,
    }
}

fn place(n: usize) -> i32 {
    i32::try_from(n).unwrap_or_default()
}

fn graph(scenario: &Scenario, now: u64, state: &State) -> Graph {
    let n = scenario.threads.len();
    let base = n.max(scenario.cores);
    let centred = |count: usize| place((base - count.min(base)) / 2);
    let mut nodes = Vec::new();
    let mut add = |at: (i32, i32), boxed: bool, mark: Mark, note: &str| {
        nodes.push(Node { at, boxed, mark, note: note.to_owned() });
    };
    let mut edges = Vec::new();
    let mut join = |from: String, to: String, tone: Tone| {
        edges.push(Edge { from, to, label: String::new(), tone });
    };
    for (at, row) in scenario.threads.iter().enumerate() {
        let (tone, note) = doing(state, at, now);
        let mark = Mark::new(format!("node.{}", row.name), row.name.clone());
        let detail = format!("{}, a thread of the program: {note}", row.name);
        let mark = mark.actor(actor(at)).tone(tone).detail(detail);
        add((centred(n) + place(at), 0), false, mark, note);
        if let Some(kernel) = state.kernel_of[at]
            && state.places[at] != Place::Done
        {
            join(format!("node.{}", row.name), format!("kernel.{kernel}"), tone);
        }
    }
    let first = match scenario.model {
        Model::OneToOne => centred(n),
        Model::ManyToOne => centred(1),
        Model::ManyToMany => centred(scenario.cores),
    };
    for kernel in 0..state.n_kernel {
        let (tone, note) = kernel_doing(state, kernel, now);
        let mark = Mark::new(format!("kernel.{kernel}"), format!("K{}", kernel + 1));
        let detail = format!("K{}, a thread of the kernel: {note}", kernel + 1);
        add((first + place(kernel), 1), true, mark.tone(tone).detail(detail), note);
    }
    for (core, &seat) in state.seats.iter().enumerate() {
        let tone = seat_tone(seat, now);
        let mark = Mark::new(format!("core.{core}"), format!("core {}", core + 1)).tone(tone);
        let note = if tone == Tone::Running { "works" } else { "idle" };
        add((centred(scenario.cores) + place(core), 2), true, mark, note);
        if let Some(kernel) = state.kernel_of_seat[core] {
            join(format!("kernel.{kernel}"), format!("core.{core}"), tone);
        }
    }
    Graph { directed: false, nodes, edges }
}

fn kernel_doing(state: &State, kernel: usize, now: u64) -> (Tone, &'static str) {
    let asleep = (0..state.places.len()).any(|it| {
        state.kernel_of[it] == Some(kernel) && matches!(state.places[it], Place::Call { .. })
    });
    if asleep {
        return (Tone::Blocked, "sleeps");
    }
    match state.kernel_of_seat.iter().position(|it| *it == Some(kernel)) {
        Some(seat) => match seat_tone(state.seats[seat], now) {
            Tone::Idle => (Tone::Idle, "no work"),
            tone => (tone, "runs"),
        },
        None if state.pool.contains(&kernel) => (Tone::Idle, "in the pool"),
        None => match state.places.get(kernel) {
            Some(Place::Ready(_)) => (Tone::Ready, "ready"),
            _ => (Tone::Done, "ended"),
        },
    }
}

/// Start, end and what fills the time between: a thread, if it is a core's lane, and a tone.
type Stretch = (u64, u64, (Option<usize>, Tone));

fn extend(lane: &mut Vec<Stretch>, start: u64, end: u64, fill: (Option<usize>, Tone)) {
    if end <= start {
        return;
    }
    match lane.last_mut() {
        Some(last) if last.1 == start && last.2 == fill => last.1 = end,
        _ => lane.push((start, end, fill)),
    }
}

fn timeline(scenario: &Scenario, past: &[Frame<State>], now: u64, state: &State) -> Gantt {
    let mut cores = vec![Vec::new(); scenario.cores];
    let mut threads = vec![Vec::new(); scenario.threads.len()];
    let ends = past.iter().skip(1).map(|frame| frame.step.time).chain([now]);
    for (frame, end) in past.iter().zip(ends).filter(|(frame, end)| frame.step.time < *end) {
        let (start, then) = (frame.step.time, &frame.state);
        for (lane, seat) in cores.iter_mut().zip(&then.seats) {
            match *seat {
                Seat::Idle => {}
                Seat::Held { thread, .. } => {
                    extend(lane, start, end, (Some(thread), Tone::Blocked));
                }
                Seat::Run { thread, from, .. } => {
                    extend(lane, start, from.min(end), (None, Tone::Overhead));
                    extend(lane, from.clamp(start, end), end, (Some(thread), Tone::Running));
                }
            }
        }
        for (at, lane) in threads.iter_mut().enumerate() {
            let until = match then.places[at] {
                Place::On(seat) => match then.seats[seat] {
                    Seat::Run { from, .. } => from.clamp(start, end),
                    Seat::Idle | Seat::Held { .. } => start,
                },
                _ => start,
            };
            extend(lane, start, until, (None, Tone::Overhead));
            let (tone, _) = doing(then, at, end);
            if tone != Tone::Done {
                extend(lane, until, end, (None, tone));
            }
        }
    }
    let mut lanes = Vec::new();
    for (at, stretches) in cores.into_iter().enumerate() {
        lanes.push(lane(
            scenario,
            (format!("lane.core.{at}"), format!("core {}", at + 1)),
            None,
            stretches,
        ));
    }
    for (at, stretches) in threads.into_iter().enumerate() {
        let name = &scenario.threads[at].name;
        let title = (format!("lane.{name}"), name.clone());
        lanes.push(lane(scenario, title, Some(actor(at)), stretches));
    }
    let end = state.end.get().copied().unwrap_or(now).max(now).max(1);
    Gantt { now, end, unit: "ticks", lanes }
}

fn lane(
    scenario: &Scenario,
    (key, label): (String, String),
    whose: Option<u16>,
    stretches: Vec<Stretch>,
) -> Lane {
    let span = |(start, end, (thread, tone)): Stretch| {
        let name = thread.map_or("", |it| scenario.threads[it].name.as_str());
        let does = match (tone, thread) {
            (Tone::Running, _) => "runs",
            (Tone::Ready, _) => "is ready",
            (Tone::Overhead, _) => "switch",
            (_, Some(_)) => "waits with the core",
            (_, None) => "waits",
        };
        let text = if name.is_empty() { does.to_owned() } else { name.to_owned() };
        let detail = format!("{name} {does} from {start} to {end}").trim_start().to_owned();
        let mut mark = Mark::new(format!("{key}.{start}"), text).tone(tone).detail(detail);
        mark.actor = thread.map(actor).or(whose);
        Span { start, end, mark }
    };
    let spans = stretches.into_iter().map(span).collect();
    Lane { key: key.clone(), label, actor: whose, spans, events: Vec::new() }
}

fn queues(scenario: &Scenario, state: &State) -> Queue {
    let chip = |thread: usize| {
        let name = &scenario.threads[thread].name;
        Mark::new(format!("thread.{name}"), name.clone()).actor(actor(thread))
    };
    let row = |key: &str, label: String, threads: Vec<usize>, tone: Tone| QueueRow {
        key: key.to_owned(),
        label,
        note: String::new(),
        marks: threads.into_iter().map(|it| chip(it).tone(tone)).collect(),
    };
    let mut rows = Vec::new();
    for (at, queue) in state.queues.iter().enumerate() {
        let label = match (scenario.model, at) {
            (Model::OneToOne, _) => "Kernel's queue".to_owned(),
            (Model::ManyToOne, _) => "Library's queue".to_owned(),
            (Model::ManyToMany, 0) => "Common queue".to_owned(),
            (Model::ManyToMany, core) => format!("P{core}'s queue"),
        };
        rows.push(row(&format!("queue.{at}"), label, queue.clone(), Tone::Ready));
    }
    let of = |wanted: &dyn Fn(Place) -> bool| -> Vec<usize> {
        (0..state.places.len()).filter(|&it| wanted(state.places[it])).collect()
    };
    for core in 0..scenario.cores {
        let label = format!("Core {}", core + 1);
        let on = of(&|it| it == Place::On(core));
        rows.push(row(&format!("core.{core}"), label, on, Tone::Running));
    }
    let in_call = of(&|it| matches!(it, Place::Call { .. }));
    rows.push(row("call", "In a blocking call".to_owned(), in_call, Tone::Blocked));
    if scenario.model != Model::OneToOne {
        let parked = of(&|it| matches!(it, Place::Parked { .. }));
        rows.push(row("parked", "Parked".to_owned(), parked, Tone::Blocked));
    }
    rows.push(row("ended", "Ended".to_owned(), of(&|it| it == Place::Done), Tone::Done));
    Queue { rows }
}

fn stats(scenario: &Scenario, now: u64, state: &State) -> Stats {
    let all = now * scenario.cores as u64;
    Stats {
        items: vec![
            Stat::new("work done", state.worked_ticks.to_string(), "ticks"),
            Stat::new("of the cores' time", percent(state.worked_ticks, all), "%"),
            Stat::new("kernel threads", state.n_kernel.to_string(), ""),
            Stat::new("switches by the kernel", state.n_kernel_switches.to_string(), ""),
            Stat::new("switches without it", state.n_user_switches.to_string(), ""),
        ],
    }
}
