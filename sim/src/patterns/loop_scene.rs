//! The turn as a ring, the queues, the script, what is printed, and the time it took.

use super::event_loop::{Scenario, State};
use super::loop_jobs::{Did, From, Job, Kind, Phase, Read};
use super::loop_run::World;
use super::loop_say::ms;
use super::script::{Op, Script};
use crate::engine::Frame;
use crate::scene::{
    Code, Edge, Event, EventKind, Gantt, Graph, Lane, Listing, Mark, Node, Panel, Queue, QueueRow,
    Scene, Span, Tone,
};
use crate::words::count;

pub(super) fn tag(did: &Did) -> &'static str {
    match did {
        Did::Begin { job, .. } => match job.from {
            From::Script => "script",
            From::Tick => "tick",
            From::Micro => "microtask",
            From::Timer => "timer",
            From::Check => "check",
            From::Pool(_) | From::Network => "poll",
            From::Event => "event",
            From::Picture => "callback",
        },
        Did::Ran { op: Op::Work(_), .. } => "work",
        Did::Ran { op: Op::Print(_), .. } => "print",
        Did::Ran { .. } => "statement",
        Did::Slept { .. } => "sleep",
        Did::Painted { .. } => "picture",
        Did::End | Did::Cut => "end",
    }
}

/// What was printed so far, line by line.
pub(super) fn printed<'a>(script: &'a Script, world: &World) -> Vec<&'a str> {
    let text = |&(function, at): &(usize, usize)| match &script.functions[function].body[at].op {
        Op::Print(text) => Some(text.as_str()),
        _ => None,
    };
    world.printed.iter().filter_map(text).collect()
}

pub(super) fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
    let (Some(last), Some(script)) = (past.last(), scenario.script()) else {
        return Scene::default();
    };
    let world = &last.state.world;
    let browser = scenario.setup.kind == Kind::Browser;
    let ring = if browser { browser_ring(world) } else { node_ring(world) };
    Scene::default()
        .with("turn", "One turn of the loop", Panel::Graph(ring))
        .with("queues", "Queues", Panel::Queue(queues(script, world, browser)))
        .with("script", "Script", Panel::Code(code(script, world)))
        .with("console", "Printed", Panel::Queue(console(script, world)))
        .with("timeline", "The thread", Panel::Gantt(timeline(scenario, script, past)))
}

/// Whether the callback that runs, if one does, comes from here.
fn runs(world: &World, from: impl Fn(From) -> bool) -> bool {
    !world.stack.is_empty() && world.shown.is_some_and(|(job, _)| from(job.from))
}

struct Ring<'a> {
    world: &'a World,
    nodes: Vec<Node>,
}

impl Ring<'_> {
    /// A phase or a small queue: where it stands, how many wait in it, whether one of them runs.
    fn add(
        &mut self,
        key: &str,
        label: &str,
        at: (i32, i32),
        n: Option<usize>,
        on: bool,
        now: bool,
    ) {
        let tone = match () {
            () if on => Tone::Running,
            () if n.is_none() => Tone::Muted,
            () if now => Tone::Used,
            () if n == Some(0) => Tone::Plain,
            () => Tone::Ready,
        };
        let note = match n {
            None | Some(0) => String::new(),
            Some(n) => format!("{n} wait{}", if n == 1 { "s" } else { "" }),
        };
        let detail = match now {
            true => format!("{label}: the loop is here"),
            false => label.to_owned(),
        };
        let mark = Mark::new(key, label).tone(tone).detail(detail);
        self.nodes.push(Node { at, boxed: true, mark, note });
    }

    fn phase(&mut self, key: &str, at: (i32, i32), phase: Phase, n: usize) {
        let now = self.world.phase == phase;
        let main = runs(self.world, |it| !matches!(it, From::Tick | From::Micro));
        self.add(key, key, at, Some(n), now && main, now);
    }

    fn small(&mut self, key: &str, at: (i32, i32), from: From, n: usize) {
        let on = runs(self.world, |it| it == from);
        self.add(key, key, at, Some(n), on, false);
    }

    fn graph(self, edges: &[(&str, &str, &str)]) -> Graph {
        let edge = |&(from, to, label): &(&str, &str, &str)| Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            label: label.to_owned(),
            tone: Tone::Plain,
        };
        Graph { directed: true, nodes: self.nodes, edges: edges.iter().map(edge).collect() }
    }
}

fn node_ring(world: &World) -> Graph {
    let now = world.now;
    let due = world.timers.iter().filter(|it| it.at <= now).count();
    let came = world.outside.iter().filter(|it| it.at <= now).count();
    let mut ring = Ring { world, nodes: Vec::new() };
    let script = world.phase == Phase::Script;
    ring.add(
        "script",
        "script",
        (0, 0),
        Some(0),
        script && runs(world, |it| it == From::Script),
        script,
    );
    ring.phase("timers", (1, 0), Phase::Timers, due);
    ring.add("pending", "pending", (2, 0), None, false, false);
    ring.add("idle", "idle, prepare", (3, 0), None, false, false);
    let ready = if script { 0 } else { world.ready.len() };
    ring.phase("poll", (3, 1), Phase::Poll, ready + came);
    ring.phase("check", (2, 1), Phase::Check, world.checks.len());
    ring.add("close", "close", (1, 1), None, false, false);
    ring.small("nextTick", (4, 0), From::Tick, world.ticks.len());
    ring.small("microtasks", (4, 1), From::Micro, world.micros.len());
    ring.graph(&[
        ("script", "timers", ""),
        ("timers", "pending", ""),
        ("pending", "idle", ""),
        ("idle", "poll", ""),
        ("poll", "check", ""),
        ("check", "close", ""),
        ("close", "timers", ""),
        ("nextTick", "microtasks", ""),
    ])
}

fn browser_ring(world: &World) -> Graph {
    let now = world.now;
    let due = world.timers.iter().filter(|it| it.at <= now).count();
    let came = world.outside.iter().filter(|it| it.at <= now).count();
    let script = world.phase == Phase::Script;
    let ready = if script { 0 } else { world.ready.len() };
    let mut ring = Ring { world, nodes: Vec::new() };
    ring.add(
        "script",
        "script",
        (0, 0),
        Some(0),
        script && runs(world, |it| it == From::Script),
        script,
    );
    ring.phase("task", (1, 0), Phase::Task, due + ready + came);
    ring.small("microtasks", (2, 0), From::Micro, world.micros.len());
    ring.phase("animation", (2, 1), Phase::Picture, world.pictures.len());
    ring.add("paint", "style, layout, paint", (1, 1), Some(0), false, false);
    ring.graph(&[
        ("script", "microtasks", ""),
        ("task", "microtasks", ""),
        ("microtasks", "task", ""),
        ("microtasks", "animation", "60 a second"),
        ("animation", "paint", ""),
        ("paint", "task", ""),
    ])
}

fn queues(script: &Script, world: &World, browser: bool) -> Queue {
    let now = world.now;
    let chip = |job: &Job, tone: Tone, detail: String| {
        let function = world.function(job, script);
        let label = script.functions[function].label.as_str();
        let mark = Mark::new(format!("cb.{}", job.id), label);
        mark.actor(function as u16).tone(tone).detail(format!("{label}: {detail}"))
    };
    let row = |key: &str, label: &str, marks: Vec<Mark>| QueueRow {
        key: key.to_owned(),
        label: label.to_owned(),
        note: String::new(),
        marks,
    };
    let waiting = |key: &str, label: &str, jobs: &[Job]| {
        let marks =
            jobs.iter().map(|it| chip(it, Tone::Ready, format!("ready since {}", ms(it.at))));
        row(key, label, marks.collect())
    };
    let mut stack = Vec::new();
    for (depth, call) in world.stack.iter().enumerate() {
        let label = script.functions[call.function].label.as_str();
        let bottom = world.shown.filter(|_| depth == 0);
        let key =
            bottom.map_or_else(|| format!("call.{depth}"), |(job, _)| format!("cb.{}", job.id));
        let mark = Mark::new(key, label).actor(call.function as u16).tone(Tone::Running);
        stack.push(mark.detail(format!("{label} runs")));
    }
    let mut rows = vec![row("stack", "runs now", stack)];
    if !browser {
        rows.push(waiting("ticks", "nextTick", &world.ticks));
    }
    rows.push(waiting("micros", "microtasks", &world.micros));
    let mut timers = world.timers.clone();
    crate::order::by_key(&mut timers, |it| (it.at, it.id));
    let timer = |job: &Job| {
        let due = job.at <= now;
        let tone = if due { Tone::Ready } else { Tone::Blocked };
        chip(job, tone, format!("{} at {}", if due { "was due" } else { "is due" }, ms(job.at)))
    };
    rows.push(row("timers", "timers", timers.iter().map(timer).collect()));
    let (come, coming): (Vec<Job>, Vec<Job>) = world.outside.iter().partition(|it| it.at <= now);
    let script_waits = world.phase == Phase::Script && world.shown.is_none();
    let mut ready = if script_waits { Vec::new() } else { world.ready.clone() };
    ready.extend(come);
    rows.push(waiting("ready", if browser { "other tasks" } else { "poll" }, &ready));
    if browser {
        rows.push(waiting("pictures", "animation", &world.pictures));
    } else {
        rows.push(waiting("checks", "check", &world.checks));
    }
    let outside = |job: &Job| {
        let where_ = match job.from {
            From::Pool(thread) => {
                let read = world.reads.iter().find(|it| it.id == job.id);
                let waits = read.is_some_and(|it| now < it.start);
                let word = if waits { "waits for" } else { "is read by" };
                format!("{word} thread {} of the pool", thread + 1)
            }
            _ => "waited for by the kernel".to_owned(),
        };
        chip(job, Tone::Blocked, format!("{where_}, ready at {}", ms(job.at)))
    };
    rows.push(row("outside", "outside", coming.iter().map(outside).collect()));
    Queue { rows }
}

fn code(script: &Script, world: &World) -> Code {
    let top = world.stack.last();
    let place = top.and_then(|it| {
        script.functions[it.function].body.get(it.next).map(|stmt| stmt.at.line - 1)
    });
    let (tone, note) = match top {
        Some(call) => (Tone::Running, format!("{} runs", script.functions[call.function].label)),
        None => (Tone::Idle, String::new()),
    };
    let listing = Listing {
        key: "script".to_owned(),
        label: "script".to_owned(),
        actor: top.map(|it| it.function as u16),
        lines: script.lines.clone(),
        next: place,
        tone,
        note,
    };
    Code { listings: vec![listing] }
}

fn console(script: &Script, world: &World) -> Queue {
    let texts = printed(script, world);
    let mark = |(at, text): (usize, &&str)| {
        let (function, _) = world.printed[at];
        let detail =
            format!("line {} of the output, by {}", at + 1, script.functions[function].label);
        Mark::new(format!("line.{at}"), *text).actor(function as u16).detail(detail)
    };
    let marks: Vec<Mark> = texts.iter().enumerate().map(mark).collect();
    let row = QueueRow {
        key: "console".to_owned(),
        label: "console".to_owned(),
        note: count(marks.len() as u64, "lines"),
        marks,
    };
    Queue { rows: vec![row] }
}

fn timeline(scenario: &Scenario, script: &Script, past: &[Frame<State>]) -> Gantt {
    let mut spans: Vec<Span> = Vec::new();
    let mut last_id = 0;
    let mut now = 0;
    for frame in past {
        let world = &frame.state.world;
        if let Some((job, from)) = world.shown {
            if job.id == last_id && spans.last().is_some_and(|it| it.start == from) {
                if let Some(span) = spans.last_mut() {
                    span.end = world.now;
                }
            } else {
                last_id = job.id;
                let function = world.function(&job, script);
                let label = script.functions[function].label.as_str();
                let small = matches!(job.from, From::Tick | From::Micro);
                let tone = if small { Tone::Plain } else { Tone::Running };
                let mark = Mark::new(format!("span.{}", spans.len()), label)
                    .actor(function as u16)
                    .tone(tone)
                    .detail(format!("{label} from {}", ms(from)));
                spans.push(Span { start: from, end: world.now, mark });
            }
        }
        if let Some(Did::Painted { .. }) = frame.state.did {
            let mark = Mark::new(format!("span.{}", spans.len()), "paint").tone(Tone::Overhead);
            let start = world.now - scenario.setup.paint_us;
            spans.push(Span { start, end: world.now, mark: mark.detail("style, layout, paint") });
        }
        now = world.now;
    }
    let Some(world) = past.last().map(|it| &it.state.world) else {
        return Gantt { now, end: scenario.end_us.max(1), unit: "µs", lanes: Vec::new() };
    };
    let came = scenario.setup.events_us.iter().filter(|&&it| it <= now);
    let events = came.map(|&at| Event {
        at,
        kind: EventKind::Arrive,
        detail: format!("an event comes at {}", ms(at)),
    });
    let lane =
        |key: String, label: String, spans, events| Lane { key, label, actor: None, spans, events };
    let mut lanes = vec![lane("main".to_owned(), "thread".to_owned(), spans, events.collect())];
    let n_used = world.reads.iter().map(|it| it.thread + 1).max().unwrap_or(0);
    for thread in 0..n_used {
        let reads = world.reads.iter().filter(|it| it.thread == thread && it.start < now);
        let spans = reads.map(|it| read_span(script, it, now)).collect();
        lanes.push(lane(
            format!("pool.{thread}"),
            format!("pool {}", thread + 1),
            spans,
            Vec::new(),
        ));
    }
    Gantt { now, end: scenario.end_us.max(now).max(1), unit: "µs", lanes }
}

fn read_span(script: &Script, read: &Read, now: u64) -> Span {
    let label = script.functions[read.function].label.as_str();
    let mark = Mark::new(format!("read.{}", read.id), label)
        .actor(read.function as u16)
        .tone(Tone::Blocked)
        .detail(format!("a file is read for {label} until {}", ms(read.end)));
    Span { start: read.start, end: read.end.min(now), mark }
}
