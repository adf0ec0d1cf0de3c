//! The deques, who worked when, and the bound.

use super::steal_run::{Did, Doing, Setup, Side, Task, World};
use super::work_stealing::{Scenario, State};
use crate::engine::Frame;
use crate::scene::{
    Gantt, Lane, Mark, Panel, Queue, QueueRow, Scene, Span, Stat, Stats, Tone, number,
};
use crate::words::count;

pub(super) fn tag(did: &Did) -> &'static str {
    match did {
        Did::Split { .. } => "split",
        Did::Work { .. } => "work",
        Did::Done { .. } => "done",
        Did::Take { .. } => "take",
        Did::Global { .. } => "global",
        Did::Steal { .. } => "steal",
        Did::Miss { .. } => "miss",
        Did::Sleep { .. } => "sleep",
        Did::Call { .. } => "call",
        Did::Handoff { .. } => "handoff",
        Did::Return { .. } => "return",
        Did::End => "end",
    }
}

/// A piece by its size, a goroutine by its name.
fn name(setup: &Setup, task: &Task) -> String {
    match setup.routines.get(task.routine) {
        Some(routine) => routine.name.clone(),
        None => task.size().to_string(),
    }
}

/// A task in a sentence.
fn piece(setup: &Setup, task: &Task) -> String {
    match setup.is_tree() {
        true => format!("the piece of {}", count(task.size(), "items")),
        false => name(setup, task),
    }
}

fn worker(setup: &Setup, at: usize) -> String {
    format!("{}{}", if setup.is_tree() { "W" } else { "P" }, at + 1)
}

pub(super) fn start(setup: &Setup) -> String {
    let n = count(setup.n_workers as u64, "workers");
    match setup.is_tree() {
        true => format!(
            "The deque of W1 holds all {}, and {n} begin to look for work.",
            count(setup.n_items, "items")
        ),
        false => format!(
            "{} wait in their queues, and {n} begin to look for work.",
            count(setup.routines.len() as u64, "goroutines")
        ),
    }
}

/// What is asked, the answers, and the right one.
pub(super) fn ask(setup: &Setup, did: &Did) -> Option<(String, Vec<String>, usize)> {
    let (who, task, from) = match did {
        Did::Take { worker: at, task, from } => {
            (format!("Which task does {} take from its own deque?", worker(setup, *at)), task, from)
        }
        Did::Steal { worker: at, victim, task, from, .. } => {
            let (thief, victim) = (worker(setup, *at), worker(setup, *victim));
            (format!("Which task does {thief} take first from {victim}?"), task, from)
        }
        _ => return None,
    };
    let option = |(at, it): (usize, &Task)| {
        let place = match at {
            0 => ", the oldest",
            _ if at + 1 == from.len() => ", the newest",
            _ => "",
        };
        format!("{}{place}", name(setup, it))
    };
    let answer = from.iter().position(|it| it.id == task.id)?;
    Some((who, from.iter().enumerate().map(option).collect(), answer))
}

pub(super) fn say(setup: &Setup, world: &World, did: &Did) -> String {
    let who = |at: usize| worker(setup, at);
    let it = |task: &Task| piece(setup, task);
    match did {
        Did::Split { worker, kept, pushed } => format!(
            "{} halves its piece: {} go into its deque, for whoever wants them, and it goes on with {}.",
            who(*worker),
            count(pushed.size(), "items"),
            kept.size()
        ),
        Did::Work { worker, task, until } if setup.is_tree() => format!(
            "{} works through {} until {until}, because it is too small to be split.",
            who(*worker),
            it(task)
        ),
        Did::Work { worker, task, until } => {
            let thread = world.workers[*worker].thread;
            format!("{} runs {} until {until}, on thread M{thread}.", who(*worker), it(task))
        }
        Did::Done { worker, task } => format!("{} is done with {}.", who(*worker), it(task)),
        Did::Take { worker, task, .. } => {
            let why = match setup.own {
                Side::Newest => "the newest in its own deque, whose data is still warm",
                Side::Oldest => "the oldest in its own queue, so that nobody waits for long",
            };
            format!("{} takes {}, {why}.", who(*worker), it(task))
        }
        Did::Global { worker, task } => format!(
            "{} takes {} from the global queue, because its own is empty.",
            who(*worker),
            it(task)
        ),
        Did::Steal { worker, victim, task, n, .. } => {
            let end = match setup.thief {
                Side::Oldest => "the oldest",
                Side::Newest => "the newest",
            };
            let more = match n {
                1 => String::new(),
                n => format!(" and {} more", n - 1),
            };
            format!(
                "{} has nothing and steals {}{more} from {}: {end} in that deque.",
                who(*worker),
                it(task),
                who(*victim)
            )
        }
        Did::Miss { worker, victim } => format!(
            "{} has drawn {} as its victim and finds nothing there.",
            who(*worker),
            who(*victim)
        ),
        Did::Sleep { worker } => {
            format!("{} goes to sleep, because no queue holds anything.", who(*worker))
        }
        Did::Call { worker, task, until } => format!(
            "{} makes a call that keeps its thread M{} until {until}; {} is stuck with it for now.",
            it(task),
            world.workers[*worker].thread,
            who(*worker)
        ),
        Did::Handoff { worker, task, thread, made } => format!(
            "{} is taken from the thread of {}, whose call lasts, and goes on with {} M{thread}.",
            who(*worker),
            it(task),
            if *made { "a new thread," } else { "the thread" }
        ),
        Did::Return { task, worker: Some(at), kept: true } => format!(
            "{} returns from its call and still has {}: nobody else could use it meanwhile.",
            it(task),
            who(*at)
        ),
        Did::Return { task, worker: Some(at), .. } => {
            format!(
                "{} returns from its call and goes on with {}, which slept.",
                it(task),
                who(*at)
            )
        }
        Did::Return { task, .. } => format!(
            "{} returns from its call into the global queue, because no worker is free for its thread.",
            it(task)
        ),
        Did::End => format!(
            "All is done at {}: {} of work with {} on {}.",
            world.now,
            count(world.count.worked, "ticks"),
            count(world.count.steals.into(), "thefts"),
            count(setup.n_workers as u64, "workers")
        ),
    }
}

pub(super) fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
    let Some(last) = past.last() else { return Scene::default() };
    let setup = &scenario.setup;
    let world = &last.state.world;
    Scene::default()
        .with("deques", "Deques, the oldest task at the left", Panel::Queue(deques(setup, world)))
        .with("timeline", "Who worked when", Panel::Gantt(timeline(scenario, past)))
        .with("bound", "How quick it can be", Panel::Stats(bound(setup, world)))
}

fn chip(setup: &Setup, task: &Task, tone: Tone, does: &str) -> Mark {
    let actor = if setup.is_tree() { task.by } else { task.routine };
    let detail = match setup.is_tree() {
        true => format!("items {} to {}, offered by W{}: {does}", task.from, task.to, task.by + 1),
        false => format!("{}: {does}", name(setup, task)),
    };
    let mark = Mark::new(format!("task.{}", task.id), name(setup, task)).tone(tone).detail(detail);
    mark.actor(u16::try_from(actor).unwrap_or(0))
}

fn deques(setup: &Setup, world: &World) -> Queue {
    let mut rows = Vec::new();
    let mut row = |key: String, label: String, note: String, marks: Vec<Mark>| {
        rows.push(QueueRow { key, label, note, marks });
    };
    for (at, worker) in world.workers.iter().enumerate() {
        let (tone, does) = match worker.doing {
            Doing::Idle => (Tone::Idle, "sleeps"),
            Doing::Looks => (Tone::Ready, "in hand"),
            Doing::Splits(_) => (Tone::Overhead, "is being split"),
            Doing::Works(_) => (Tone::Running, "is worked on"),
            Doing::Steals(_) => (Tone::Overhead, "has been stolen"),
            Doing::Calls(..) => (Tone::Blocked, "is inside of a call"),
        };
        let who = self::worker(setup, at);
        let thread =
            if setup.is_tree() { String::new() } else { format!("thread M{}", worker.thread) };
        let note = match worker.task {
            None if worker.doing == Doing::Idle => "sleeps".to_owned(),
            _ => thread,
        };
        let hand = worker.task.iter().map(|it| chip(setup, it, tone, does)).collect();
        row(format!("hand.{at}"), format!("{who} has"), note, hand);
        let waits = |it: &Task| chip(setup, it, Tone::Ready, "waits in the deque");
        let marks = worker.deque.iter().map(waits).collect();
        row(format!("deque.{at}"), format!("{who} deque"), String::new(), marks);
    }
    if !setup.is_tree() {
        let waits = |it: &Task| chip(setup, it, Tone::Ready, "waits in the global queue");
        row(
            "global".into(),
            "global".into(),
            String::new(),
            world.global.iter().map(waits).collect(),
        );
        let calls = world.calls.iter().map(|it| {
            let does = format!("keeps thread M{} inside of a call until {}", it.thread, it.until);
            chip(setup, &it.task, Tone::Blocked, &does)
        });
        row("calls".into(), "in calls, without a P".into(), String::new(), calls.collect());
        let spare = world.spare.iter().map(|it| {
            Mark::new(format!("thread.{it}"), format!("M{it}"))
                .tone(Tone::Idle)
                .detail("a thread that sleeps")
        });
        row("spare".into(), "threads asleep".into(), String::new(), spare.collect());
    }
    Queue { rows }
}

fn timeline(scenario: &Scenario, past: &[Frame<State>]) -> Gantt {
    let setup = &scenario.setup;
    let now = past.last().map_or(0, |it| it.state.world.now);
    let mut spans: Vec<Vec<Span>> = vec![Vec::new(); setup.n_workers];
    for frame in past {
        let Some(did) = &frame.state.did else { continue };
        // A split is told at its end, everything else at its begin.
        let splits = matches!(did, Did::Split { .. });
        let from = frame.state.world.now - if splits { setup.split_ticks } else { 0 };
        let (at, until, tone, label, task) = match did {
            Did::Work { worker, task, until } => {
                (*worker, *until, Tone::Running, name(setup, task), Some(task))
            }
            Did::Split { worker, kept, .. } => {
                (*worker, from + setup.split_ticks, Tone::Overhead, "split".to_owned(), Some(kept))
            }
            Did::Steal { worker, task, .. } => {
                (*worker, from + setup.steal_ticks, Tone::Good, "steal".to_owned(), Some(task))
            }
            Did::Miss { worker, .. } => {
                (*worker, from + setup.steal_ticks, Tone::Miss, "miss".to_owned(), None)
            }
            Did::Call { worker, task, until } => {
                let until = match frame.state.world.workers[*worker].doing {
                    Doing::Calls(_, Some(handoff)) => handoff,
                    _ => *until,
                };
                (*worker, until, Tone::Blocked, name(setup, task), Some(task))
            }
            _ => continue,
        };
        let until = until.min(now);
        if from < until {
            let detail = format!("{label} from {from} to {until}");
            let mut mark = Mark::new(format!("span.{at}.{}", spans[at].len()), label)
                .tone(tone)
                .detail(detail);
            mark.actor = task.and_then(|it| chip(setup, it, tone, "").actor);
            spans[at].push(Span { start: from, end: until, mark });
        }
    }
    let lane = |(at, spans): (usize, Vec<Span>)| Lane {
        key: format!("worker.{at}"),
        label: worker(setup, at),
        actor: None,
        spans,
        events: Vec::new(),
    };
    let lanes = spans.into_iter().enumerate().map(lane).collect();
    Gantt { now, end: scenario.end.max(now).max(1), unit: "ticks", lanes }
}

fn bound(setup: &Setup, world: &World) -> Stats {
    let (work, span) = (setup.work(), setup.span());
    let least = number(work as f64 / setup.n_workers as f64, 1);
    let stat = |label: &str, value: String, unit| Stat::new(label, value, unit);
    Stats {
        items: vec![
            stat("work, on one core", work.to_string(), "ticks"),
            stat("span, the longest chain", span.to_string(), "ticks"),
            stat("work over workers", least, "ticks"),
            stat("parallelism", number(work as f64 / span.max(1) as f64, 1), ""),
            stat("now", world.now.to_string(), "ticks"),
            stat("thefts so far", world.count.steals.to_string(), "thefts"),
        ],
    }
}
