//! The diagram, who is in which state, the states over time, and Linux's names.

use super::world::{For, INIT, LIVES, Life, Proc, World, name};
use crate::amounts::actor;
use crate::engine::Frame;
use crate::scene::{
    Cell, Column, Edge, Event, EventKind, Gantt, Graph, Lane, Mark, Node, Panel, Queue, QueueRow,
    Scene, Span, Table, TableRow, Tone,
};

/// The arrows: from, to, and what causes them.
pub(super) const ARROWS: [(Life, Life, &str); 7] = [
    (Life::New, Life::Ready, "admit"),
    (Life::Ready, Life::Running, "dispatch"),
    (Life::Running, Life::Ready, "preempt"),
    (Life::Running, Life::Blocked, "block"),
    (Life::Blocked, Life::Ready, "wake"),
    (Life::Running, Life::Zombie, "exit"),
    (Life::Zombie, Life::Gone, "reap"),
];

/// Draws the last state.
pub(super) fn scene(past: &[Frame<World>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with("diagram", "State diagram", Panel::Graph(diagram(state)))
        .with("states", "Who is in which state", Panel::Queue(states(state)))
        .with("timeline", "States over time", Panel::Gantt(timeline(past)))
        .with("processes", "Processes, and what Linux calls it", Panel::Table(table(state)))
}

const fn tone(life: Life) -> Tone {
    match life {
        Life::New => Tone::Plain,
        Life::Ready => Tone::Ready,
        Life::Running => Tone::Running,
        Life::Blocked => Tone::Blocked,
        Life::Zombie => Tone::Dirty,
        Life::Gone => Tone::Muted,
    }
}

/// What Linux calls a state: the letter of `ps`, and the fields of the kernel.
fn linux(it: &Proc) -> (&'static str, &'static str) {
    match (it.life, it.waits) {
        (Life::New, _) => ("–", "TASK_NEW"),
        (Life::Ready, _) => ("R", "TASK_RUNNING, on_cpu 0"),
        (Life::Running, _) => ("R", "TASK_RUNNING, on_cpu 1"),
        (Life::Blocked, Some(For::Disk)) => ("D", "TASK_UNINTERRUPTIBLE"),
        (Life::Blocked, _) => ("S", "TASK_INTERRUPTIBLE"),
        (Life::Zombie, _) => ("Z", "EXIT_ZOMBIE"),
        (Life::Gone, _) => ("–", "no record"),
    }
}

fn diagram(world: &World) -> Graph {
    let place = |life: Life| match life {
        Life::New => (0, 0),
        Life::Ready => (2, 0),
        Life::Running => (4, 0),
        Life::Blocked => (3, 2),
        Life::Zombie => (6, 0),
        Life::Gone => (8, 0),
    };
    let node = |life: Life| {
        let names: Vec<String> =
            world.known().filter(|it| it.1.life == life).map(|it| name(it.0)).collect();
        let moved = world.moves.iter().any(|it| it.2 == life);
        let mark = Mark::new(life.word(), life.word())
            .tone(if moved { tone(life) } else { Tone::Plain })
            .detail(format!("{}: {} of the processes", life.word(), names.len()));
        Node { at: place(life), boxed: true, mark, note: names.join(" ") }
    };
    let edge = |&(from, to, label): &(Life, Life, &str)| {
        let taken = world.moves.iter().any(|it| (it.1, it.2) == (from, to));
        Edge {
            from: from.word().to_owned(),
            to: to.word().to_owned(),
            label: label.to_owned(),
            tone: if taken { Tone::Running } else { Tone::Muted },
        }
    };
    Graph {
        directed: true,
        nodes: LIVES.iter().map(|&it| node(it)).collect(),
        edges: ARROWS.iter().map(edge).collect(),
    }
}

/// A few words about a process in its state.
fn aside(who: usize, it: &Proc) -> String {
    let what = match (it.life, it.waits) {
        (Life::Blocked, Some(For::Disk)) => "waits for a disk",
        (Life::Blocked, Some(For::Child)) => "waits for a child",
        (Life::Blocked, _) => "waits for an event",
        (Life::Ready, Some(For::Child)) => "a child has ended",
        (Life::Zombie, _) => "only its exit code is left",
        (Life::Ready | Life::Running, _) if who != INIT && it.orphan => "orphan",
        _ => "",
    };
    let kill = if it.killed && it.life < Life::Zombie { "SIGKILL is pending" } else { "" };
    match (what.is_empty(), kill.is_empty()) {
        (false, false) => format!("{what}; {kill}"),
        _ => format!("{what}{kill}"),
    }
}

fn states(world: &World) -> Queue {
    let row = |life: Life| {
        let chip = |(who, it): (usize, &Proc)| {
            let about = aside(who, it);
            let detail = match about.is_empty() {
                true => format!("{} is {}", name(who), life.word()),
                false => format!("{} is {}: {about}", name(who), life.word()),
            };
            Mark::new(format!("proc.{who}"), name(who))
                .actor(actor(who))
                .tone(if who == INIT { Tone::Muted } else { tone(life) })
                .detail(detail)
        };
        let note = match life {
            Life::New => "being made",
            Life::Ready => "could run, has no CPU",
            Life::Running => "has a CPU",
            Life::Blocked => "waits for an event",
            Life::Zombie => "has ended, not reaped",
            Life::Gone => "no record is left",
        };
        QueueRow {
            key: format!("state.{}", life.word()),
            label: life.word().to_owned(),
            note: note.to_owned(),
            marks: world.known().filter(|it| it.1.life == life).map(chip).collect(),
        }
    };
    Queue { rows: LIVES.iter().map(|&it| row(it)).collect() }
}

/// One lane for each process: its state between any two steps.
fn timeline(past: &[Frame<World>]) -> Gantt {
    let now = past.last().map_or(0, |it| it.step.time);
    let mut lanes = Vec::new();
    let n = past.last().map_or(0, |it| it.state.procs.len());
    for who in 0..n {
        let mut spans: Vec<Span> = Vec::new();
        let mut events = Vec::new();
        let mut seen = None;
        for frame in past {
            let time = frame.step.time;
            let life = frame.state.life(who);
            if life == Some(Life::Gone) && seen != Some(Life::Gone) {
                let detail = format!("{} is gone", name(who));
                events.push(Event { at: time, kind: EventKind::Finish, detail });
            }
            if seen.is_none() && life.is_some() && who != INIT {
                let detail = format!("{} is made", name(who));
                events.push(Event { at: time, kind: EventKind::Arrive, detail });
            }
            seen = life;
            let Some(life) = life.filter(|it| *it != Life::Gone) else { continue };
            match spans.last_mut() {
                Some(last) if last.end == time && last.mark.label == life.word() => {
                    last.end = time + 1;
                }
                _ => spans.push(Span {
                    start: time,
                    end: time + 1,
                    mark: Mark::new(format!("span.{who}.{time}"), life.word())
                        .actor(actor(who))
                        .tone(tone(life))
                        .detail(format!("{} is {}", name(who), life.word())),
                }),
            }
        }
        if seen.is_some() {
            let (key, label) = (format!("lane.{who}"), name(who));
            lanes.push(Lane { key, label, actor: Some(actor(who)), spans, events });
        }
    }
    Gantt { now, end: now + 1, unit: "steps", lanes }
}

fn table(world: &World) -> Table {
    let columns =
        ["Process", "Parent", "State", "Letter in ps", "In the kernel", "About"].map(Column::words);
    let row = |(who, it): (usize, &Proc)| {
        let (letter, kernel) = linux(it);
        let mut about = aside(who, it);
        if it.life >= Life::Zombie {
            about = format!("exit code {}", it.code);
        }
        if it.subreaper {
            about = format!("{about}{}subreaper", if about.is_empty() { "" } else { "; " });
        }
        let parent = match who {
            INIT => "–".to_owned(),
            _ if it.life == Life::Gone => String::new(),
            _ if it.orphan => format!("{}, adopted", name(it.parent)),
            _ => name(it.parent),
        };
        let cells = vec![
            Cell::new(name(who)),
            Cell::new(parent),
            Cell::new(it.life.word()).tone(tone(it.life)),
            Cell::new(letter),
            Cell::new(kernel),
            Cell::new(about),
        ];
        let marked = world.moves.iter().any(|it| it.0 == who);
        TableRow { key: format!("row.{who}"), actor: Some(actor(who)), marked, cells }
    };
    Table { columns: columns.to_vec(), rows: world.known().map(row).collect() }
}
