//! Who refers to which object, the numbers, and the flags.

use super::flags::{FLAGS, NAMESPACES};
use super::script::TASKS_MAX;
use super::world::{KINDS, Task, World, name};
use crate::amounts::actor;
use crate::engine::Frame;
use crate::scene::{
    Cell, CellRow, Cells, Column, Edge, Graph, Mark, Node, Panel, Scene, Table, TableRow, Tone,
};
use crate::words::list;

/// Draws the last state.
pub(super) fn scene(past: &[Frame<World>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with("objects", "Who refers to which object", Panel::Cells(objects(state)))
        .with("groups", "Processes and their threads", Panel::Graph(groups(state)))
        .with("numbers", "Numbers", Panel::Table(numbers(state)))
        .with("flags", "Flags of the call", Panel::Table(flags(state)))
}

/// Whose an object is, by the colour of the task that it was made for.
fn object(who: usize, kind: usize, task: &Task, world: &World) -> Mark {
    let key = format!("object.{who}.{kind}");
    let Some(id) = task.objects[kind] else {
        return Mark::new(key, "?").tone(Tone::Free).detail("The kernel has not got there yet");
    };
    let (made, exec) = (id % TASKS_MAX, id / TASKS_MAX);
    let others = (0..world.tasks.len())
        .filter(|&it| it != who && world.tasks[it].objects[kind] == Some(id))
        .map(name);
    let others: Vec<String> = others.collect();
    let label = KINDS[kind].label;
    let detail = match others.is_empty() {
        true => format!("{}: {label} of its own", name(who)),
        false => format!("{}: the same {label} as {}", name(who), list(&others)),
    };
    let after = if exec == 0 { String::new() } else { format!(", exec {exec}") };
    let about = world.about == Some((who, kind));
    Mark::new(key, format!("of {}{after}", name(made)))
        .actor(actor(made))
        .tone(if about { Tone::Running } else { Tone::Used })
        .detail(detail)
}

fn objects(world: &World) -> Cells {
    let mut heads: Vec<String> = KINDS.iter().map(|it| it.label.to_owned()).collect();
    heads.push("namespaces".to_owned());
    let row = |(who, task): (usize, &Task)| {
        let mut marks: Vec<Mark> =
            (0..KINDS.len()).map(|kind| object(who, kind, task, world)).collect();
        let about = world.about == Some((who, KINDS.len()));
        marks.push(spaces(who, task).tone(if about { Tone::Running } else { Tone::Used }));
        CellRow { label: name(who), heads: heads.clone(), marks }
    };
    Cells { rows: world.tasks.iter().enumerate().map(row).collect() }
}

/// The namespaces of a task in one cell, coloured by the last one that is new.
fn spaces(who: usize, task: &Task) -> Mark {
    let own: Vec<&str> = (0..NAMESPACES.len())
        .filter(|&it| task.spaces[it] != 0)
        .map(|it| NAMESPACES[it].1)
        .collect();
    let made = task.spaces.iter().max().copied().unwrap_or_default();
    let (label, detail) = match own.len() {
        0 => ("of T1".to_owned(), "All namespaces are those of T1".to_owned()),
        n => (format!("{n} of {}", name(made)), format!("Not those of T1: {}", list(&own))),
    };
    Mark::new(format!("spaces.{who}"), label).actor(actor(made)).detail(detail)
}

/// Thread groups side by side: the leader on top, its threads below, edges from parent to child.
fn groups(world: &World) -> Graph {
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    let mut column = 0;
    let leaders = (0..world.tasks.len()).filter(|&it| world.tasks[it].leader == it);
    for leader in leaders {
        let members = (0..world.tasks.len()).filter(|&it| world.tasks[it].leader == leader);
        for (row, who) in (0..).zip(members) {
            let task = &world.tasks[who];
            let tid = task.tid.map_or_else(|| "no TID yet".to_owned(), |it| format!("TID {it}"));
            let asleep = task.sleeps_for.is_some();
            let tone = match (task.tid, asleep) {
                (None, _) => Tone::Free,
                (_, true) => Tone::Blocked,
                _ => Tone::Ready,
            };
            let mark = Mark::new(format!("task.{who}"), name(who))
                .actor(actor(who))
                .tone(tone)
                .detail(format!("{}, {tid}, TGID {}", name(who), world.getpid(who)));
            let note = if asleep { "asleep".to_owned() } else { tid };
            nodes.push(Node { at: (column, row * 2), boxed: who == leader, mark, note });
            if who != leader {
                edges.push(Edge {
                    from: format!("task.{leader}"),
                    to: format!("task.{who}"),
                    label: "thread".to_owned(),
                    tone: Tone::Plain,
                });
            }
        }
        if let Some(parent) = world.tasks[leader].parent {
            edges.push(Edge {
                from: format!("task.{parent}"),
                to: format!("task.{leader}"),
                label: "child".to_owned(),
                tone: Tone::Muted,
            });
        }
        column += 2;
    }
    Graph { directed: true, nodes, edges }
}

fn numbers(world: &World) -> Table {
    let mut columns = vec![Column::words("Task")];
    let heads = ["pid in the kernel", "tgid", "gettid()", "getpid()", "getppid()"];
    columns.extend(heads.map(Column::numbers));
    columns.push(Column::words("It is"));
    let row = |(who, task): (usize, &Task)| {
        let known = task.tid.is_some();
        let shown = |number: Option<u32>| match number.filter(|_| known) {
            Some(number) => number.to_string(),
            None => "–".to_owned(),
        };
        let leader = world.tasks[task.leader].tid;
        let kind = match (task.leader == who, task.spaces[3] == 0) {
            (true, true) => "a process",
            (true, false) => "a process in another PID namespace",
            (false, _) => "a thread",
        };
        let cells = vec![
            Cell::new(name(who)),
            Cell::new(shown(task.tid)),
            Cell::new(shown(leader)),
            Cell::new(shown(Some(task.tid_inside))),
            Cell::new(shown(Some(world.getpid(who)))),
            Cell::new(shown(world.getppid(who))),
            Cell::new(kind),
        ];
        let marked = world.about.is_some_and(|it| it.0 == who);
        TableRow { key: format!("task.{who}"), actor: Some(actor(who)), marked, cells }
    };
    Table { columns, rows: world.tasks.iter().enumerate().map(row).collect() }
}

fn flags(world: &World) -> Table {
    let columns = vec![
        Column::words("Flag"),
        Column::numbers("Bit"),
        Column::words("Set"),
        Column::words("What it does"),
    ];
    let kind = world.about.and_then(|it| KINDS.get(it.1));
    let row = |it: &super::flags::Flag| {
        let set = world.flags & it.bits != 0;
        let tone = match (set, world.refused) {
            (true, true) => Tone::Danger,
            (true, false) => Tone::Good,
            (false, _) => Tone::Muted,
        };
        let cells = vec![
            Cell::new(format!("CLONE_{}", it.name)),
            Cell::new(format!("{:#x}", it.bits)),
            Cell::new(if set { "yes" } else { "no" }).tone(tone),
            Cell::new(it.does),
        ];
        let marked = kind.is_some_and(|kind| kind.flag == it.bits);
        TableRow { key: format!("flag.{}", it.name), actor: None, marked, cells }
    };
    Table { columns, rows: FLAGS.iter().map(row).collect() }
}
