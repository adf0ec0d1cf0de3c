//! The two rings with their counters, where each request is, its times, and the calls so far.

use super::uring::Scenario;
use super::uring_run::{Outcome, Place, Request, Ring, State, Thread};
use crate::scene::{
    Cell, Column, Gantt, Lane, Mark, Panel, Part, Pin, Queue, QueueRow, Scene, Span, Strip,
    StripRow, Table, TableRow, Tone,
};
use crate::words::grouped;

/// Most requests with a lane of their own.
const LANES_MAX: usize = 10;

/// Draws one state.
pub(super) fn scene(scenario: &Scenario, state: &State) -> Scene {
    Scene::default()
        .with("rings", "The two rings", Panel::Strip(rings(scenario, state)))
        .with("places", "Outside the rings", Panel::Queue(places(scenario, state)))
        .with("timeline", "Over time", Panel::Gantt(timeline(scenario, state)))
        .with("calls", "So far, and in other ways", Panel::Table(calls(scenario, state)))
}

fn chip(scenario: &Scenario, state: &State, who: u16) -> Mark {
    let name = &scenario.operations[usize::from(who)].name;
    let request = &state.requests[usize::from(who)];
    let (tone, said) = standing(request);
    Mark::new(format!("request.{name}"), name.as_str())
        .actor(who)
        .tone(tone)
        .detail(format!("{name}: {said}"))
}

fn standing(request: &Request) -> (Tone, &'static str) {
    match (request.place, request.outcome) {
        (Place::Program, _) => (Tone::Plain, "not submitted yet"),
        (Place::Queued, _) => (Tone::Ready, "submitted, not taken by the kernel yet"),
        (Place::Linked, _) => (Tone::Blocked, "waits for the one before it"),
        (Place::Running, _) => (Tone::Running, "under way"),
        (_, Outcome::Failed) => (Tone::Fault, "failed"),
        (_, Outcome::Cancelled) => (Tone::Danger, "cancelled"),
        (Place::Overflow, _) => (Tone::Dirty, "done, without a place in the ring"),
        (Place::Result | Place::Fetched, _) => (Tone::Done, "done"),
    }
}

fn rings(scenario: &Scenario, state: &State) -> Strip {
    let size = scenario.sq_size().max(scenario.cq_size());
    let row = |key: &str, label: String, ring: &Ring, head: &str, tail: &str| {
        let part = |at: usize| {
            let place = at as u64;
            let mark = match ring.slots[at] {
                Some(who) => chip(scenario, state, who),
                None => Mark::new(format!("{key}.{at}"), "–").tone(Tone::Free),
            };
            Part { start: place, end: place + 1, mark }
        };
        let size = ring.slots.len().max(1) as u64;
        let pin = |name: &str, counter: u32, whose: &str| Pin {
            at: u64::from(counter) % size,
            mark: Mark::new(format!("{key}.{name}"), format!("{name} {counter}"))
                .detail(format!("{name} {counter}: moved by the {whose}")),
        };
        StripRow {
            key: key.to_owned(),
            label,
            parts: (0..ring.slots.len()).map(part).collect(),
            pins: vec![pin("head", ring.head, head), pin("tail", ring.tail, tail)],
        }
    };
    Strip {
        start: 0,
        end: size.into(),
        unit: "places",
        rows: vec![
            row("sq", "Submission".to_owned(), &state.sq, "kernel", "program"),
            row("cq", "Completion".to_owned(), &state.cq, "program", "kernel"),
        ],
    }
}

fn places(scenario: &Scenario, state: &State) -> Queue {
    let row = |key: &str, label: &str, note: String, wanted: &[Place]| {
        let each = state.requests.iter().enumerate();
        let who = each.filter(|(_, it)| wanted.contains(&it.place));
        QueueRow {
            key: key.to_owned(),
            label: label.to_owned(),
            note,
            marks: who
                .filter_map(|(at, _)| Some(chip(scenario, state, u16::try_from(at).ok()?)))
                .collect(),
        }
    };
    let thread = match state.thread {
        Thread::Program => "in the program",
        Thread::Kernel => "in the kernel",
        Thread::Asleep => "asleep in the call",
    };
    let poller = match (scenario.sqpoll, state.poller_asleep) {
        (false, _) => String::new(),
        (true, false) => "polling thread awake".to_owned(),
        (true, true) => "polling thread asleep".to_owned(),
    };
    Queue {
        rows: vec![
            row("program", "To do", format!("thread {thread}"), &[Place::Program]),
            row("kernel", "In the kernel", poller, &[Place::Running, Place::Linked]),
            row("overflow", "Results without a place", String::new(), &[Place::Overflow]),
            row("fetched", "Fetched", "by the program".to_owned(), &[Place::Fetched]),
        ],
    }
}

fn timeline(scenario: &Scenario, state: &State) -> Gantt {
    let now = state.now;
    let span =
        |start: u64, end: u64, mark: Mark| (start < end).then_some(Span { start, end, mark });
    let mut calls: Vec<Span> = Vec::new();
    for (at, &(start, end)) in state.enters.iter().enumerate() {
        let mark = Mark::new(format!("call.{at}"), (at + 1).to_string())
            .tone(Tone::Overhead)
            .detail(format!("call {} of io_uring_enter", at + 1));
        calls.extend(span(start, end.min(now), mark));
    }
    for (at, &(start, end)) in state.sleeps.iter().enumerate() {
        let end = if end == start { now } else { end };
        let mark = Mark::new(format!("sleep.{at}"), "asleep").tone(Tone::Idle);
        calls.extend(span(start, end, mark.detail("asleep in the call")));
    }
    crate::order::by_key(&mut calls, |it| it.start);
    let thread = "Thread".to_owned();
    let mut lanes = vec![Lane {
        key: "thread".into(),
        label: thread,
        actor: None,
        spans: calls,
        events: vec![],
    }];
    for (at, request) in state.requests.iter().enumerate().take(LANES_MAX) {
        let name = &scenario.operations[at].name;
        let mark = |what: &str, tone: Tone, said: &str| {
            let mark = Mark::new(format!("{what}.{name}"), name.as_str()).tone(tone);
            mark.actor(u16::try_from(at).unwrap_or_default()).detail(format!("{name}: {said}"))
        };
        let put = request.place != Place::Program;
        let start = request.start_at.unwrap_or(now).min(now);
        let done = request.done_at.unwrap_or(now).min(now);
        let fetched = request.fetched_at.unwrap_or(now);
        let begun = request.start_at.is_some();
        let waits = span(
            request.put_at,
            if begun { start } else { done },
            mark("wait", Tone::Ready, "waits"),
        );
        let runs = span(start, done, mark("run", Tone::Running, "under way"));
        let rests = span(done, fetched, mark("rest", Tone::Muted, "its result is there"));
        let spans = [waits.filter(|_| put), runs.filter(|_| begun), rests.filter(|_| put)];
        lanes.push(Lane {
            key: format!("lane.{name}"),
            label: name.clone(),
            actor: u16::try_from(at).ok(),
            spans: spans.into_iter().flatten().collect(),
            events: Vec::new(),
        });
    }
    Gantt { now, end: now.max(longest(scenario)), unit: "ns", lanes }
}

/// A right end that most runs keep to: a batch after the other, each as long as its slowest.
fn longest(scenario: &Scenario) -> u64 {
    let batch = usize::try_from(scenario.batch.min(scenario.sq_size())).unwrap_or(1).max(1);
    let slowest = |some: &[super::uring::Operation]| {
        some.iter().map(|it| it.device_ns).max().unwrap_or_default()
    };
    scenario.operations.chunks(batch).map(slowest).sum::<u64>() + 1_000
}

fn calls(scenario: &Scenario, state: &State) -> Table {
    let columns = vec![
        Column::words("Way"),
        Column::numbers("requests"),
        Column::numbers("system calls"),
        Column::numbers("CPU time (ns)"),
    ];
    let taken = |it: &&Request| !matches!(it.place, Place::Program | Place::Queued);
    let n = state.requests.iter().filter(taken).count() as u64;
    let n_enters = state.enters.len() as u64;
    let n_epoll = n + state.n_fetches;
    let row = |key: &str, way: &str, n_calls: u64, ns: u64, marked: bool| TableRow {
        key: key.to_owned(),
        actor: None,
        marked,
        cells: vec![
            Cell::new(way),
            Cell::new(grouped(n)),
            Cell::new(grouped(n_calls)),
            Cell::new(grouped(ns)),
        ],
    };
    Table {
        columns,
        rows: vec![
            row("ring", "io_uring", n_enters, scenario.ring_ns(n, n_enters), true),
            row("plain", "a call for each", n, scenario.plain_ns(n, n), false),
            row(
                "epoll",
                "epoll, then a call for each",
                n_epoll,
                scenario.plain_ns(n, n_epoll),
                false,
            ),
        ],
    }
}
