//! Happens-before drawn: a lane for each thread, and arrows between them.

use super::happens_before::{State, Story};
use super::trace::Verb;
use crate::scene::{Cell, Column, Edge, Graph, Mark, Node, Panel, Scene, Table, TableRow, Tone};
use crate::words::count;

pub(super) fn tag(story: &Story, at: usize) -> &'static str {
    let done = &story.done[at];
    match (done.races.is_empty(), done.learns) {
        (false, _) => "race",
        (true, Some(_)) => "learns",
        (true, None) if story.events[at].verb.releases() => "leaves",
        (true, None) => "access",
    }
}

pub(super) fn opening(story: &Story) -> String {
    let n = count(story.threads.len() as u64, "threads");
    format!("The clocks of {n} count nothing yet, because no event has taken place.")
}

fn clock(clock: &[u32]) -> String {
    let parts: Vec<String> = clock.iter().map(u32::to_string).collect();
    format!("[{}]", parts.join(" "))
}

/// `A's write`.
fn whose(story: &Story, at: usize) -> String {
    let event = story.events[at];
    format!("{}'s {}", story.threads[event.thread], event.verb.word())
}

/// What an event is about.
fn what(story: &Story, at: usize) -> &str {
    let event = story.events[at];
    match event.verb {
        Verb::Start | Verb::Join => &story.threads[event.what],
        _ => &story.things[event.what],
    }
}

/// An earlier access that could race, the latest one.
fn rival(story: &Story, at: usize) -> Option<usize> {
    let event = story.events[at];
    let is_rival = |&it: &usize| {
        let other = story.events[it];
        other.what == event.what && other.thread != event.thread && event.verb.conflicts(other.verb)
    };
    (0..at).rev().find(is_rival)
}

pub(super) fn question(story: &Story, at: usize) -> String {
    let before = story.done[at].races.first().copied().or_else(|| rival(story, at));
    let before = before.map_or_else(|| "what came before".to_owned(), |it| whose(story, it));
    format!("Does {before} of {} happen before {}?", what(story, at), whose(story, at))
}

pub(super) fn say(story: &Story, at: usize) -> String {
    let event = story.events[at];
    let done = &story.done[at];
    let (who, it) = (&story.threads[event.thread], what(story, at));
    let now = clock(&done.clock);
    if let Some(&other) = done.races.first() {
        let theirs = story.events[other].thread;
        return format!(
            "{who}'s {} of {it} races with {}, because that is event {} of {} and {who}'s clock has \
             counted {} only.",
            event.verb.word(),
            whose(story, other),
            story.done[other].clock[theirs],
            story.threads[theirs],
            done.clock[theirs]
        );
    }
    let from = done.learns.map(|from| &story.threads[story.events[from].thread]);
    match (event.verb, from) {
        (Verb::Acquire | Verb::Update, Some(from)) => format!(
            "{who} reads what {from} released to {it}, so all that {from} had done happens before: \
             the clock is {now}."
        ),
        (Verb::Acquire | Verb::Update, None) => {
            format!(
                "{who} learns nothing from {it}, because it reads no value that another thread released."
            )
        }
        (Verb::Lock, Some(from)) => format!(
            "{who} locks {it} after {from}, so all up to {from}'s unlock happens before: the clock is {now}."
        ),
        (Verb::Lock, None) => {
            format!("{who} locks {it} and learns nothing, because no other thread has unlocked it.")
        }
        (Verb::Join, Some(from)) => format!(
            "{who} joins {it}, so all of {from} happens before what follows: the clock is {now}."
        ),
        (Verb::Join, None) => {
            format!("{who} joins {it} and learns nothing, because {it} has done nothing.")
        }
        (Verb::Release | Verb::Unlock, _) => format!(
            "{who} leaves its clock {now} with {it}, because whoever gets it next has to know."
        ),
        (Verb::Start, _) => {
            format!("{who} starts {it} with its clock {now}, because all so far happens before it.")
        }
        (Verb::Store, _) => format!(
            "{who} stores {it} relaxed, so it leaves no clock: whoever reads it learns nothing."
        ),
        (Verb::Load, _) => {
            format!("{who} loads {it} relaxed, and takes over no clock with the value.")
        }
        (Verb::Read | Verb::Write, _) => match rival(story, at) {
            Some(other) => format!(
                "{who}'s {} of {it} is in order, because its clock {now} has counted {}.",
                event.verb.word(),
                whose(story, other)
            ),
            None => format!(
                "{who}'s {} of {it} is in order, because no other thread has an access that could race.",
                event.verb.word()
            ),
        },
    }
}

/// Pairs of events of different threads that nothing orders.
pub(super) fn n_concurrent(story: &Story) -> usize {
    let n = story.events.len();
    let apart = |(a, b): &(usize, usize)| {
        let (first, second) = (story.events[*a].thread, story.events[*b].thread);
        first != second && story.done[*b].clock[first] < story.done[*a].clock[first]
    };
    (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b))).filter(apart).count()
}

pub(super) fn scene(state: &State) -> Scene {
    Scene::default()
        .with("lanes", "What happens before what", Panel::Graph(graph(state)))
        .with("clocks", "Clocks of the threads", Panel::Table(clocks(state)))
        .with("variables", "What was left behind", Panel::Table(things(state)))
}

/// How far to the right each event stands: behind its own thread and what it learns from.
fn columns(story: &Story) -> Vec<i32> {
    let mut columns: Vec<i32> = Vec::new();
    for (at, event) in story.events.iter().enumerate() {
        let start = (0..at).find(|&it| {
            let other = story.events[it];
            other.verb == Verb::Start && other.what == event.thread
        });
        let before = [story.last_of(event.thread, at), story.done[at].learns, start];
        let column = before.into_iter().flatten().map(|it| columns[it]).max();
        columns.push(column.unwrap_or_default() + 1);
    }
    columns
}

fn graph(state: &State) -> Graph {
    let State { story, n } = state;
    let places = columns(story);
    let number = |it: usize| i32::try_from(it).unwrap_or_default();
    let lane = |(thread, name): (usize, &String)| {
        let actor = u16::try_from(thread).unwrap_or_default();
        let mark = Mark::new(format!("thread.{thread}"), name.clone()).actor(actor);
        Node { at: (0, number(thread)), boxed: false, mark, note: String::new() }
    };
    let mut nodes: Vec<Node> = story.threads.iter().enumerate().map(lane).collect();
    let mut edges = Vec::new();
    let mut add = |from: String, to: usize, label: &str, tone| {
        let (to, label) = (format!("event.{to}"), label.to_owned());
        edges.push(Edge { from, to, label, tone });
    };
    let last_race = n.checked_sub(1).map_or(&[][..], |at| story.done[at].races.as_slice());
    for (at, event) in story.events.iter().enumerate() {
        let done = &story.done[at];
        let took_place = at < *n;
        let tone = match (took_place, done.races.is_empty()) {
            (false, _) => Tone::Muted,
            (true, false) => Tone::Danger,
            (true, true) if last_race.contains(&at) => Tone::Danger,
            (true, true) if done.learns.is_some() => Tone::Good,
            (true, true) => Tone::Plain,
        };
        let text = format!("{} {}", event.verb.word(), what(story, at));
        let detail =
            format!("{}: {text}, clock {}", story.threads[event.thread], clock(&done.clock));
        let mark = Mark::new(format!("event.{at}"), text).detail(detail).tone(tone);
        let mark = mark.actor(u16::try_from(event.thread).unwrap_or_default());
        let note = if took_place { clock(&done.clock) } else { String::new() };
        nodes.push(Node { at: (places[at], number(event.thread)), boxed: true, mark, note });
        let before = story.last_of(event.thread, at);
        let own =
            before.map_or_else(|| format!("thread.{}", event.thread), |it| format!("event.{it}"));
        add(own, at, "", Tone::Muted);
        if !took_place {
            continue;
        }
        if let Some(from) = done.learns {
            add(format!("event.{from}"), at, label(event.verb), Tone::Good);
        }
        if let Some(with) = done.races.first() {
            add(format!("event.{with}"), at, "race", Tone::Danger);
        }
    }
    Graph { directed: true, nodes, edges }
}

const fn label(verb: Verb) -> &'static str {
    match verb {
        Verb::Acquire | Verb::Update => "reads it",
        Verb::Lock => "lock",
        Verb::Join => "join",
        _ => "start",
    }
}

fn clocks(state: &State) -> Table {
    let State { story, n } = state;
    let mut columns = vec![Column::words("Thread")];
    columns.extend(story.threads.iter().map(|it| Column::numbers(format!("of {it}"))));
    let last = n.checked_sub(1).map(|it| story.events[it].thread);
    let row = |(thread, name): (usize, &String)| {
        let known = story.last_of(thread, *n);
        let before = known.and_then(|it| story.last_of(thread, it));
        let count = |it: usize, of: Option<usize>| of.map_or(0, |at| story.done[at].clock[it]);
        let cells = (0..story.threads.len()).map(|it| {
            let grew = last == Some(thread) && count(it, known) != count(it, before);
            let tone = if grew && it != thread { Tone::Good } else { Tone::Plain };
            Cell::new(count(it, known).to_string()).tone(tone)
        });
        TableRow {
            key: format!("thread.{thread}"),
            actor: u16::try_from(thread).ok(),
            marked: last == Some(thread),
            cells: std::iter::once(Cell::new(name.clone())).chain(cells).collect(),
        }
    };
    Table { columns, rows: story.threads.iter().enumerate().map(row).collect() }
}

fn things(state: &State) -> Table {
    let State { story, n } = state;
    let columns = ["Variable or lock", "Last writes", "Last reads", "Clock left for others"];
    let last = n.checked_sub(1);
    let row = |(thing, name): (usize, &String)| {
        let of = |it: usize| {
            let event = story.events[it];
            event.what == thing && !matches!(event.verb, Verb::Start | Verb::Join)
        };
        let stamp = |it: usize| {
            let thread = story.events[it].thread;
            format!("{}@{}", story.threads[thread], story.done[it].clock[thread])
        };
        let last_by = |which: &dyn Fn(Verb) -> bool| {
            let by = |thread: usize| {
                let is_it = |&it: &usize| {
                    story.events[it].thread == thread && of(it) && which(story.events[it].verb)
                };
                (0..*n).rev().find(is_it).map(stamp)
            };
            (0..story.threads.len()).filter_map(by).collect::<Vec<_>>().join(", ")
        };
        let is_access = |it: Verb| it.is_plain() || it.is_atomic();
        let writes = last_by(&|it| it.writes());
        let reads = last_by(&|it| is_access(it) && !it.writes());
        let store = |&it: &usize| {
            of(it) && (story.events[it].verb.writes() || story.events[it].verb == Verb::Unlock)
        };
        let left = (0..*n).rev().find(store).filter(|&it| story.events[it].verb.releases());
        let left = left.map_or_else(String::new, |it| clock(&story.done[it].clock));
        let racy = last.is_some_and(|it| of(it) && !story.done[it].races.is_empty());
        let tone = if racy { Tone::Danger } else { Tone::Plain };
        TableRow {
            key: format!("thing.{thing}"),
            actor: None,
            marked: last.is_some_and(of),
            cells: vec![
                Cell::new(name.clone()).tone(tone),
                Cell::new(writes),
                Cell::new(reads),
                Cell::new(left),
            ],
        }
    };
    let mut rows: Vec<TableRow> = story.things.iter().enumerate().map(row).collect();
    if rows.is_empty() {
        let cells = ["none", "", "", ""].map(Cell::new).to_vec();
        rows.push(TableRow { key: "none".to_owned(), actor: None, marked: false, cells });
    }
    Table { columns: columns.map(Column::words).to_vec(), rows }
}
