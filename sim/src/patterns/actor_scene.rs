//! The tree of supervisors, the mailboxes, and who handled what when.

use super::actor_plan::{Child, Setup};
use super::actor_run::{Did, Doing, World};
use super::actor_say::letter;
use super::actors::{Scenario, State};
use crate::engine::Frame;
use crate::scene::{
    Cell, Column, Edge, Event, EventKind, Gantt, Graph, Lane, Mark, Node, Panel, Queue, QueueRow,
    Scene, Span, Table, TableRow, Tone,
};
use crate::words::count;

/// Most chips of a row; of longer ones the rest is a number.
const CHIPS_MAX: usize = 14;

pub(super) fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
    let (Some(setup), Some(last)) = (scenario.setup(), past.last()) else {
        return Scene::default();
    };
    let State { world, did } = &last.state;
    Scene::default()
        .with("tree", "Supervisors and actors", Panel::Graph(tree(setup, world)))
        .with("mailboxes", "In the hand, and in the mailbox", Panel::Queue(mailboxes(setup, world)))
        .with("restarts", "Restarts", Panel::Table(restarts(setup, world, *did)))
        .with("timeline", "Who handled what", Panel::Gantt(timeline(scenario, setup, past)))
}

fn index(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(0)
}

fn key(it: Child) -> String {
    match it {
        Child::Actor(at) => format!("actor.{at}"),
        Child::Supervisor(at) => format!("supervisor.{at}"),
    }
}

fn actor_tone(doing: Doing) -> Tone {
    match doing {
        Doing::Nothing => Tone::Idle,
        Doing::Handles(..) => Tone::Running,
        Doing::Waits(_) => Tone::Blocked,
        Doing::Down => Tone::Danger,
    }
}

/// Children side by side, each supervisor above its own.
struct Tree<'a> {
    setup: &'a Setup,
    world: &'a World,
    next: i32,
    graph: Graph,
}

impl Tree<'_> {
    /// Lays out what is below, and gives the column.
    fn lay(&mut self, it: Child, depth: i32) -> i32 {
        let node = match it {
            Child::Actor(at) => {
                let (actor, worker) = (&self.setup.actors[at], &self.world.workers[at]);
                let down = worker.doing == Doing::Down;
                let note = if down { "down".to_owned() } else { format!("state {}", worker.count) };
                let mark = Mark::new(key(it), actor.name.clone())
                    .actor(index(at))
                    .tone(actor_tone(worker.doing))
                    .detail(format!(
                        "{}: {note}, {} in its mailbox",
                        actor.name,
                        worker.mailbox.len()
                    ));
                self.next += 1;
                Node { at: (self.next - 1, depth), boxed: false, mark, note }
            }
            Child::Supervisor(at) => {
                let (supervisor, watch) = (&self.setup.supervisors[at], &self.world.watches[at]);
                let mut columns = Vec::new();
                for &child in &supervisor.children {
                    columns.push(self.lay(child, depth + 1));
                    let up = self.world.is_up(child);
                    let tone = if up { Tone::Plain } else { Tone::Danger };
                    let (from, to) = (key(it), key(child));
                    self.graph.edges.push(Edge { from, to, label: String::new(), tone });
                }
                let x = match (columns.first(), columns.last()) {
                    (Some(&first), Some(&last)) => i32::midpoint(first, last),
                    _ => {
                        self.next += 1;
                        self.next - 1
                    }
                };
                let note = if watch.up { String::new() } else { "down".to_owned() };
                let tone = if watch.up { Tone::Plain } else { Tone::Danger };
                let mark = Mark::new(key(it), supervisor.name.clone()).tone(tone).detail(format!(
                    "{} watches {}",
                    supervisor.name,
                    count(columns.len() as u64, "children")
                ));
                Node { at: (x, depth), boxed: true, mark, note }
            }
        };
        let x = node.at.0;
        self.graph.nodes.push(node);
        x
    }
}

fn tree(setup: &Setup, world: &World) -> Graph {
    let graph = Graph { directed: true, nodes: Vec::new(), edges: Vec::new() };
    let mut tree = Tree { setup, world, next: 0, graph };
    tree.lay(Child::Supervisor(0), 0);
    tree.graph
}

fn chip(setup: &Setup, at: usize, tone: Tone, detail: &str) -> Mark {
    let it = &setup.letters[at];
    let name = letter(setup, at);
    let tone = if it.bad && tone != Tone::Muted { Tone::Fault } else { tone };
    let sense = if it.bad { ", which makes no sense" } else { "" };
    Mark::new(format!("m.{at}"), name.clone())
        .actor(index(setup.actors.len() + it.client))
        .tone(tone)
        .detail(format!("{name}{sense}: {detail}"))
}

fn row(key: String, label: String, note: String, marks: Vec<Mark>) -> QueueRow {
    let mut marks = marks;
    let rest = marks.len().saturating_sub(CHIPS_MAX);
    if 0 < rest {
        marks.truncate(CHIPS_MAX);
        marks.push(Mark::new(format!("{key}.rest"), format!("+{rest}")).tone(Tone::Muted));
    }
    QueueRow { key, label, note, marks }
}

fn mailboxes(setup: &Setup, world: &World) -> Queue {
    let mut rows = Vec::new();
    for (at, client) in
        setup.clients.iter().enumerate().filter(|_| setup.sender_waits && 0 < setup.room)
    {
        let held =
            world.held[at].map(|it| chip(setup, it, Tone::Blocked, "its client waits for room"));
        rows.push(row(
            format!("client.{at}"),
            format!("client {client}"),
            String::new(),
            held.into_iter().collect(),
        ));
    }
    for (at, (actor, worker)) in setup.actors.iter().zip(&world.workers).enumerate() {
        let mut marks = Vec::new();
        match worker.doing {
            Doing::Handles(it, until) => {
                let detail = format!("{} handles it until {}", actor.name, count(until, "ms"));
                marks.push(chip(setup, it.letter, Tone::Running, &detail));
            }
            Doing::Waits(it) => {
                marks.push(chip(setup, it.letter, Tone::Blocked, "handled, and waits for room"));
            }
            Doing::Nothing | Doing::Down => {}
        }
        for it in &worker.mailbox {
            let detail =
                format!("in the mailbox of {} since {}", actor.name, count(it.since, "ms"));
            marks.push(chip(setup, it.letter, Tone::Ready, &detail));
        }
        let note = match worker.doing {
            Doing::Down => "down".to_owned(),
            _ => format!("state {}", worker.count),
        };
        rows.push(row(format!("actor.{at}"), actor.name.clone(), note, marks));
    }
    let mut end = |key: &str, all: &[usize], tone: Tone, detail: &str| {
        let shown = all.len().saturating_sub(CHIPS_MAX);
        let marks = all[shown..].iter().map(|it| chip(setup, *it, tone, detail)).collect();
        let note = if all.is_empty() { String::new() } else { all.len().to_string() };
        rows.push(row(key.to_owned(), key.to_owned(), note, marks));
    };
    end("done", &world.done, Tone::Done, "done");
    end("lost", &world.lost, Tone::Muted, "lost");
    if 0 < setup.room && !setup.sender_waits {
        end("refused", &world.refused, Tone::Muted, "refused");
    }
    Queue { rows }
}

fn restarts(setup: &Setup, world: &World, did: Did) -> Table {
    let columns =
        vec![Column::words("supervisor"), Column::words("restarts"), Column::words("of late")];
    let row = |(at, (it, watch)): (
        usize,
        (&super::actor_plan::Supervisor, &super::actor_run::Watch),
    )| {
        let strategy = match it.strategy {
            super::actors::RawStrategy::OneForOne => "the one",
            super::actors::RawStrategy::RestForOne => "it and later ones",
            super::actors::RawStrategy::OneForAll => "all",
        };
        let recent =
            watch.restarts.iter().filter(|since| world.now <= **since + it.period_ms).count();
        let tone = if watch.up { Tone::Plain } else { Tone::Danger };
        let of = format!("{recent} of {}", it.intensity);
        let cells = vec![Cell::new(it.name.clone()), Cell::new(strategy), Cell::new(of).tone(tone)];
        let marked = matches!(did, Did::Judge { supervisor, .. } | Did::GaveUp { supervisor } if supervisor == at);
        TableRow { key: format!("supervisor.{at}"), actor: None, marked, cells }
    };
    let rows = setup.supervisors.iter().zip(&world.watches).enumerate().map(row).collect();
    Table { columns, rows }
}

fn timeline(scenario: &Scenario, setup: &Setup, past: &[Frame<State>]) -> Gantt {
    let now = past.last().map_or(0, |it| it.step.time);
    let lane = |(at, actor): (usize, &super::actor_plan::Actor)| {
        let (mut spans, mut events): (Vec<Span>, Vec<Event>) = (Vec::new(), Vec::new());
        // The message in its hand, and since when.
        let mut open: Option<(usize, u64)> = None;
        for frame in past {
            let time = frame.step.time;
            let held = match frame.state.world.workers[at].doing {
                Doing::Handles(it, _) => Some((it.letter, Tone::Running)),
                Doing::Waits(it) => Some((it.letter, Tone::Blocked)),
                Doing::Nothing | Doing::Down => None,
            };
            if let Some((message, since)) = open
                && held.map(|it| it.0) != Some(message)
            {
                close(setup, at, message, since, time, &mut spans);
                open = None;
            }
            if let (None, Some((message, _))) = (open, held) {
                open = Some((message, time));
            }
            let mut event = |kind, detail: &str| {
                events.push(Event { at: time, kind, detail: format!("{} {detail}", actor.name) });
            };
            match frame.state.did {
                Did::Crash { actor, .. } if actor == at => event(EventKind::Miss, "dies"),
                Did::Stop { child: Child::Actor(it), .. } if it == at => {
                    event(EventKind::Note, "is stopped");
                }
                Did::Restart { child: Child::Actor(it), .. } if it == at => {
                    event(EventKind::Arrive, "is started anew");
                }
                _ => {}
            }
        }
        if let Some((message, since)) = open {
            close(setup, at, message, since, now, &mut spans);
        }
        let label = actor.name.clone();
        Lane { key: format!("actor.{at}"), label, actor: Some(index(at)), spans, events }
    };
    let lanes = setup.actors.iter().enumerate().map(lane).collect();
    Gantt { now, end: scenario.end_ms.max(now).max(1), unit: "ms", lanes }
}

fn close(setup: &Setup, actor: usize, at: usize, start: u64, end: u64, spans: &mut Vec<Span>) {
    if start < end {
        let name = letter(setup, at);
        let detail = format!(
            "{} has {name} in its hand from {start} to {}",
            setup.actors[actor].name,
            count(end, "ms")
        );
        let mark = Mark::new(format!("span.{actor}.{}", spans.len()), name)
            .actor(index(setup.actors.len() + setup.letters[at].client))
            .tone(Tone::Running)
            .detail(detail);
        spans.push(Span { start, end, mark });
    }
}
