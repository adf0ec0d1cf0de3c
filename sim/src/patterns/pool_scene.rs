//! Queues and workers, who worked when, how long the queues were, and what the tasks had of it.

use super::pool_run::{Did, Id, Phase, Policy, Setup, World};
use super::thread_pool::{Scenario, State, percentile};
use crate::engine::Frame;
use crate::scene::{
    Cell, Chart, ChartKind, Column, Gantt, Lane, Mark, Panel, Queue, QueueRow, Scene, Series, Span,
    Table, TableRow, Tone,
};
use crate::words::count;

/// Most chips of a row, and most lanes.
const SHOWN_MAX: usize = 20;

/// What may become of a task that is submitted.
pub(super) const FATES: [&str; 6] = [
    "a worker takes it at once",
    "it waits in the queue",
    "it is refused",
    "the caller runs it himself",
    "it is dropped",
    "the oldest in the queue is dropped for it",
];

/// Whether each task has a colour of its own.
pub(super) fn by_task(setup: &Setup) -> bool {
    setup.tasks.len() <= 16
}

fn actor(setup: &Setup, id: Id) -> u16 {
    let at = if by_task(setup) { id.task } else { setup.tasks[id.task].kind };
    u16::try_from(at).unwrap_or(0)
}

fn name(setup: &Setup, id: Id) -> String {
    let name = &setup.tasks[id.task].name;
    if id.child { format!("{name}'") } else { name.clone() }
}

pub(super) fn tag(did: &Did) -> &'static str {
    match did {
        Did::Taken { .. } => "take",
        Did::Grown { .. } => "grow",
        Did::Queued { .. } => "queue",
        Did::Refused { .. }
        | Did::Discarded { .. }
        | Did::Replaced { .. }
        | Did::CallerRuns { .. } => "full",
        Did::Started { .. } => "start",
        Did::NoCore { .. } => "no_core",
        Did::Asked { .. } => "ask",
        Did::ChildDone { .. } | Did::Done { .. } => "done",
        Did::End => "end",
        Did::Starved => "starved",
    }
}

/// What is asked when a task is submitted, and which of [`FATES`] is right.
pub(super) fn ask(setup: &Setup, did: &Did) -> Option<(String, usize)> {
    let (id, fate) = match *did {
        Did::Taken { id, .. } => (id, 0),
        Did::Queued { id } => (id, 1),
        Did::Refused { id } => (id, 2),
        Did::CallerRuns { id } => (id, 3),
        Did::Discarded { id } => (id, 4),
        Did::Replaced { id, .. } => (id, 5),
        _ => return None,
    };
    Some((format!("What becomes of {}, which is submitted next?", name(setup, id)), fate))
}

pub(super) fn start(setup: &Setup) -> String {
    let size = |at: usize| {
        let size = &setup.pools[at];
        let places = match size.places {
            Some(places) => count(places as u64, "places"),
            None => "no bound".to_owned(),
        };
        format!("{} and a queue with {places}", count(size.workers as u64, "workers"))
    };
    match setup.pools.len() {
        1 => format!("The pool has {}, and nothing to do yet.", size(0)),
        n => format!("Each of the {n} pools has about {}, and nothing to do yet.", size(n - 1)),
    }
}

pub(super) fn say(setup: &Setup, world: &World, did: &Did) -> String {
    let named = |id: Id| name(setup, id);
    let pool = |id: Id| setup.pool(setup.tasks[id.task].kind);
    let worker = |it: usize| match it {
        _ if it == world.caller() => "The caller".to_owned(),
        _ => format!("Worker {}", it + 1),
    };
    match *did {
        Did::Taken { id, worker } => {
            format!("{} goes to worker {} at once, because it is idle.", named(id), worker + 1)
        }
        Did::Grown { id, worker } => format!(
            "{} gets a new worker, number {}: the queue is full, and only now may the pool grow.",
            named(id),
            worker + 1
        ),
        Did::Queued { id } => {
            let length = world.queues[pool(id)].len();
            let places = setup.pools[pool(id)].places;
            let of =
                places.map_or_else(|| ", which has no bound".to_owned(), |it| format!(" of {it}"));
            format!("{} waits, because all workers are taken: place {length}{of}.", named(id))
        }
        Did::Refused { id } => format!(
            "{} is refused, because the queue is full: the caller is told, and can act on it.",
            named(id)
        ),
        Did::Discarded { id } => {
            format!("{} is dropped, because the queue is full, and nobody is told.", named(id))
        }
        Did::Replaced { id, oldest } => format!(
            "{} gets a place, because the oldest in the full queue, {}, is dropped for it.",
            named(id),
            named(oldest)
        ),
        Did::CallerRuns { id } => format!(
            "The caller has to run {} himself, because the queue is full: until it is done he submits nothing.",
            named(id)
        ),
        Did::Started { id, worker } if id.child => {
            format!("Worker {} takes {}, a child that its parent waits for.", worker + 1, named(id))
        }
        Did::Started { id, worker } => format!(
            "Worker {} takes {} from the queue, after {} since it came.",
            worker + 1,
            named(id),
            count(world.now - setup.tasks[id.task].arrive, "ms")
        ),
        Did::NoCore { id, worker: at } => format!(
            "{} could compute {}, but all {} are taken: more workers are of no use here.",
            worker(at),
            named(id),
            count(setup.n_cores as u64, "cores")
        ),
        Did::Asked { id, worker: at } => format!(
            "{} puts a child of {} into the queue of its own pool and waits for it, without doing anything else.",
            worker(at),
            named(id)
        ),
        Did::ChildDone { id, .. } => {
            format!("{} is done, so its parent can end.", named(id))
        }
        Did::Done { id, latency, late, .. } => {
            let took = count(latency, "ms");
            let late = match (late, setup.patience) {
                (true, Some(patience)) => {
                    format!(", for nobody: its client has gone after {}", count(patience, "ms"))
                }
                _ => String::new(),
            };
            format!("{} is done, {took} after it came{late}.", named(id))
        }
        Did::End => format!(
            "The work is over: {} done, {} refused, {} dropped.",
            count(world.count.done.into(), "tasks"),
            world.count.refused,
            world.count.dropped
        ),
        Did::Starved => {
            "The pool has starved itself: every worker waits for a child, and no worker is left to \
             take one."
                .to_owned()
        }
    }
}

pub(super) fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
    let Some(last) = past.last() else { return Scene::default() };
    let setup = &scenario.setup;
    let world = &last.state.world;
    Scene::default()
        .with("pool", "Queue and workers", Panel::Queue(pools(setup, world, past)))
        .with("timeline", "Who worked when", Panel::Gantt(timeline(scenario, past)))
        .with("length", "Tasks that wait", Panel::Chart(length(setup, past)))
        .with("latency", "From coming to done", Panel::Table(latency(setup, past)))
}

fn chip(setup: &Setup, id: Id, tone: Tone, detail: &str) -> Mark {
    let name = name(setup, id);
    let key = format!("task.{}{}", id.task, if id.child { ".child" } else { "" });
    Mark::new(key, name.clone())
        .actor(actor(setup, id))
        .tone(tone)
        .detail(format!("{name} {detail}"))
}

/// The first of a row, and how many more there are.
fn cut(mut marks: Vec<Mark>, key: &str) -> Vec<Mark> {
    let n = marks.len();
    if SHOWN_MAX < n {
        marks.truncate(SHOWN_MAX);
        let rest = n - SHOWN_MAX;
        let more = Mark::new(format!("more.{key}"), format!("+{rest}")).tone(Tone::Muted);
        marks.push(more.detail(format!("{rest} more")));
    }
    marks
}

fn pools(setup: &Setup, world: &World, past: &[Frame<State>]) -> Queue {
    let mut rows = Vec::new();
    let mut row = |key: String, label: String, note: String, marks: Vec<Mark>| {
        let marks = cut(marks, &key);
        rows.push(QueueRow { key, label, note, marks });
    };
    for (pool, queue) in world.queues.iter().enumerate() {
        let of = match setup.pools.len() {
            1 => String::new(),
            _ => format!(" {}", setup.kinds[pool]),
        };
        let waits = |&id: &Id| {
            let since = setup.tasks[id.task].arrive;
            chip(setup, id, Tone::Ready, &format!("waits in the queue; it came at {since} ms"))
        };
        let note = match setup.pools[pool].places {
            Some(places) => format!("{} of {places}", queue.len()),
            None => format!("{}, no bound", queue.len()),
        };
        row(format!("queue.{pool}"), format!("queue{of}"), note, queue.iter().map(waits).collect());
        let workers = world.workers.iter().enumerate().filter(|(_, it)| it.pool == pool);
        let n = workers.clone().count();
        let idle = workers.clone().filter(|(_, it)| it.phase == Phase::Idle).count();
        let marks = workers.filter_map(|(at, _)| at_work(setup, world, at));
        let note = format!("{n}, {idle} idle");
        row(format!("workers.{pool}"), format!("workers{of}"), note, marks.collect());
    }
    let caller = at_work(setup, world, world.caller());
    row("caller".to_owned(), "caller".to_owned(), String::new(), caller.into_iter().collect());
    let (mut done, mut lost) = (Vec::new(), Vec::new());
    for frame in past {
        match frame.state.did {
            Some(Did::Done { id, latency, late, .. }) => {
                let tone = if late { Tone::Danger } else { Tone::Done };
                done.push(chip(setup, id, tone, &format!("was done after {latency} ms")));
            }
            Some(Did::Refused { id }) => {
                lost.push(chip(setup, id, Tone::Fault, "was refused"));
            }
            Some(Did::Discarded { id } | Did::Replaced { oldest: id, .. }) => {
                lost.push(chip(setup, id, Tone::Danger, "was dropped"));
            }
            _ => {}
        }
    }
    for (key, marks) in [("done", done), ("lost", lost)] {
        let note = marks.len().to_string();
        // The newest first, so that they stay in sight.
        row(key.to_owned(), key.to_owned(), note, marks.into_iter().rev().collect());
    }
    Queue { rows }
}

/// The task of a worker, if it has one.
fn at_work(setup: &Setup, world: &World, at: usize) -> Option<Mark> {
    let worker = world.workers[at];
    let who =
        if at == world.caller() { "the caller".to_owned() } else { format!("worker {}", at + 1) };
    let (tone, does) = match worker.phase {
        Phase::Idle => return None,
        Phase::Waits(until) => {
            (Tone::Blocked, format!("waits for something outside until {until} ms"))
        }
        Phase::WantsCore => (Tone::Ready, "waits for a core".to_owned()),
        Phase::Computes(until) => (Tone::Running, format!("computes until {until} ms")),
        Phase::Asks | Phase::Ends => (Tone::Danger, "waits for its child".to_owned()),
    };
    Some(chip(setup, worker.task, tone, &format!("{does}, with {who}")))
}

fn timeline(scenario: &Scenario, past: &[Frame<State>]) -> Gantt {
    let setup = &scenario.setup;
    let Some(last) = past.last().map(|it| &it.state.world) else {
        return Gantt { now: 0, end: 1, unit: "ms", lanes: Vec::new() };
    };
    let now = last.now;
    // By worker: the spans that ended, and what it has now. The caller comes first.
    let n = last.workers.len();
    let mut spans: Vec<Vec<Span>> = vec![Vec::new(); n];
    let mut open: Vec<Option<(Id, u64)>> = vec![None; n];
    for Frame { state, .. } in past {
        let caller = state.world.caller();
        let slot = |worker: usize| if worker == caller { 0 } else { worker + 1 };
        match state.did {
            Some(
                Did::Taken { id, worker } | Did::Grown { id, worker } | Did::Started { id, worker },
            ) => {
                open[slot(worker)] = Some((id, state.world.now));
            }
            Some(Did::CallerRuns { id }) => open[0] = Some((id, state.world.now)),
            Some(Did::Done { worker, .. } | Did::ChildDone { worker, .. }) => {
                let at = slot(worker);
                if let Some((id, from)) = open[at].take() {
                    spans[at].push(span(setup, id, from, state.world.now));
                }
            }
            _ => {}
        }
    }
    let by_caller = past.iter().any(|it| matches!(it.state.did, Some(Did::CallerRuns { .. })));
    let mut lanes = Vec::new();
    for (at, mut spans) in spans.into_iter().enumerate() {
        if let Some((id, from)) = open[at] {
            spans.push(span(setup, id, from, now));
        }
        spans.retain(|it| it.start < it.end);
        if (0 < at || by_caller || setup.policy == Policy::CallerRuns) && lanes.len() < SHOWN_MAX {
            let label = if at == 0 { "caller".to_owned() } else { format!("worker {at}") };
            lanes.push(Lane {
                key: format!("w.{at}"),
                label,
                actor: None,
                spans,
                events: Vec::new(),
            });
        }
    }
    Gantt { now, end: scenario.end_ms.max(now).max(1), unit: "ms", lanes }
}

fn span(setup: &Setup, id: Id, start: u64, end: u64) -> Span {
    let mut mark = chip(setup, id, Tone::Running, &format!("from {start} to {end} ms"));
    mark.key = format!("span.{}", mark.key);
    Span { start, end, mark }
}

fn length(setup: &Setup, past: &[Frame<State>]) -> Chart {
    let one = setup.pools.len() == 1;
    let series = |pool: usize| {
        let mut points: Vec<(f64, f64)> = Vec::new();
        for Frame { state, .. } in past {
            let point = (state.world.now as f64, state.world.queues[pool].len() as f64);
            match points.last_mut().filter(|it| it.0 >= point.0) {
                Some(last) => *last = point,
                None => points.push(point),
            }
        }
        let label = if one { "queue".to_owned() } else { setup.kinds[pool].clone() };
        let actor = (!one && !by_task(setup)).then(|| u16::try_from(pool).unwrap_or(0));
        Series { label, actor, points }
    };
    Chart {
        kind: ChartKind::Step,
        x_label: "time (ms)".to_owned(),
        y_label: "tasks".to_owned(),
        series: (0..setup.pools.len()).map(series).collect(),
    }
}

fn latency(setup: &Setup, past: &[Frame<State>]) -> Table {
    let columns = vec![
        Column::words("Kind"),
        Column::numbers("done"),
        Column::numbers("lost"),
        Column::numbers("median (ms)"),
        Column::numbers("95% within (ms)"),
        Column::numbers("99% within (ms)"),
        Column::numbers("longest (ms)"),
    ];
    let mut done: Vec<Vec<u64>> = vec![Vec::new(); setup.kinds.len()];
    let mut lost = vec![0_u32; setup.kinds.len()];
    for frame in past {
        match frame.state.did {
            Some(Did::Done { id, latency, .. }) => done[setup.tasks[id.task].kind].push(latency),
            Some(
                Did::Refused { id } | Did::Discarded { id } | Did::Replaced { oldest: id, .. },
            ) => {
                lost[setup.tasks[id.task].kind] += 1;
            }
            _ => {}
        }
    }
    let row = |(kind, name): (usize, &String)| {
        let mut sorted = done[kind].clone();
        sorted.sort_unstable();
        let mut cells = vec![Cell::new(name), Cell::new(sorted.len().to_string())];
        let tone = if lost[kind] == 0 { Tone::Plain } else { Tone::Danger };
        cells.push(Cell::new(lost[kind].to_string()).tone(tone));
        for percent in [50, 95, 99, 100] {
            let known = !sorted.is_empty();
            cells.push(Cell::new(match known {
                true => percentile(&sorted, percent).to_string(),
                false => String::new(),
            }));
        }
        let actor = (!by_task(setup)).then(|| u16::try_from(kind).unwrap_or(0));
        TableRow { key: format!("kind.{kind}"), actor, marked: false, cells }
    };
    Table { columns, rows: setup.kinds.iter().enumerate().map(row).collect() }
}
