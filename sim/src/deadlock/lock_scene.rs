//! The order of locks drawn, who holds what, and the warnings.

use super::lock_checks::{Arrow, Report};
use super::lock_order::{Context, LockKind, Scenario, Standing, State};
use super::words::{actor, ring};
use crate::scene::{
    Cell, Column, Edge, Graph, Mark, Node, Panel, Scene, Stat, Stats, Table, TableRow, Tone,
};

/// Draws one state.
pub(crate) fn scene(scenario: &Scenario, state: &State) -> Scene {
    let view = View {
        scenario,
        state,
        locks: scenario.locks.iter().map(|it| it.name.clone()).collect(),
        tasks: scenario.tasks.iter().map(|it| it.name.clone()).collect(),
    };
    Scene::default()
        .with("order", "Which lock was taken under which", Panel::Graph(view.graph()))
        .with("tasks", "Tasks", Panel::Table(view.task_table()))
        .with("locks", "What the checker knows", Panel::Table(view.lock_table()))
        .with("warnings", "Warnings", Panel::Table(view.warnings()))
        .with("now", "So far", Panel::Stats(view.stats()))
}

struct View<'a> {
    scenario: &'a Scenario,
    state: &'a State,
    locks: Vec<String>,
    tasks: Vec<String>,
}

impl View<'_> {
    fn in_round(&self, arrow: &Arrow) -> bool {
        self.state.reports.iter().any(|report| {
            let round = report.round();
            let closed = matches!(report, Report::Order { .. });
            let at = round.iter().position(|&it| it == arrow.from);
            at.is_some_and(|at| match round.get(at + 1) {
                Some(&to) => to == arrow.to,
                None => closed && round[0] == arrow.to,
            })
        })
    }

    fn graph(&self) -> Graph {
        let places = ring(self.locks.len());
        let node = |(at, name): (usize, &String)| {
            let owner = self.state.owners[at];
            let tone = if owner.is_some() { Tone::Used } else { Tone::Plain };
            let held = owner.map_or_else(|| "free".to_owned(), |it| self.tasks[it].clone());
            let mut mark = Mark::new(format!("lock.{name}"), name).tone(tone).detail(match owner {
                Some(_) => format!("{name} is held by {held}"),
                None => format!("{name} is free"),
            });
            mark.actor = owner.map(actor);
            Node { at: places[at], boxed: true, mark, note: held }
        };
        let key = |at: usize| format!("lock.{}", self.locks[at]);
        let edge = |it: &Arrow| {
            let tone = if self.in_round(it) { Tone::Danger } else { Tone::Plain };
            let label = self.tasks[it.task].clone();
            Edge { from: key(it.from), to: key(it.to), label, tone }
        };
        Graph {
            directed: true,
            nodes: self.locks.iter().enumerate().map(node).collect(),
            edges: self.state.rules.arrows().iter().map(edge).collect(),
        }
    }

    fn names(&self, which: &[usize]) -> String {
        which.iter().map(|&it| self.locks[it].as_str()).collect::<Vec<_>>().join(", ")
    }

    fn task_table(&self) -> Table {
        let columns = ["Task", "Runs as", "Holds", "Interrupts", "State"].map(Column::words);
        let row = |(at, it): (usize, &Standing)| {
            let task = &self.scenario.tasks[at];
            let kind = match task.context {
                Context::Process => format!("thread on CPU {}", task.cpu),
                Context::Interrupt => format!("handler on CPU {}", task.cpu),
            };
            let (tone, note) = match it.waits {
                _ if self.state.dead.contains(&at) => (Tone::Danger, "deadlocked".to_owned()),
                Some(lock) => (Tone::Blocked, format!("waits for {}", self.locks[lock])),
                None => (Tone::Plain, "can go on".to_owned()),
            };
            let cells = vec![
                Cell::new(&task.name),
                Cell::new(kind),
                Cell::new(self.names(&it.held)),
                Cell::new(if it.irqs_off { "off" } else { "on" }),
                Cell::new(note).tone(tone),
            ];
            let marked = self.state.about == Some(at);
            TableRow { key: format!("task.{}", task.name), actor: Some(actor(at)), marked, cells }
        };
        let rows = self.state.tasks.iter().enumerate().map(row).collect();
        Table { columns: columns.to_vec(), rows }
    }

    fn lock_table(&self) -> Table {
        let columns = ["Lock", "Kind", "Taken in an interrupt by", "Held with interrupts on by"];
        let rules = &self.state.rules;
        let row = |(at, name): (usize, &String)| {
            let kind = match self.scenario.locks[at].kind {
                LockKind::Mutex => "mutex",
                LockKind::Spinlock => "spinlock",
            };
            let both = rules.in_irq(at).is_some() && rules.irqs_on(at).is_some();
            let tone = if both { Tone::Danger } else { Tone::Plain };
            let by = |who: Option<usize>| {
                Cell::new(who.map_or_else(String::new, |it| self.tasks[it].clone())).tone(tone)
            };
            let cells =
                vec![Cell::new(name), Cell::new(kind), by(rules.in_irq(at)), by(rules.irqs_on(at))];
            TableRow { key: format!("known.{name}"), actor: None, marked: false, cells }
        };
        let rows = self.locks.iter().enumerate().map(row).collect();
        Table { columns: columns.map(Column::words).to_vec(), rows }
    }

    fn warnings(&self) -> Table {
        let columns = ["Of", "Warning"].map(Column::words).to_vec();
        let row = |(at, report): (usize, &Report)| {
            let text = report.words(&self.locks, &self.tasks);
            let cells = vec![Cell::new(report.kind()), Cell::new(text).tone(Tone::Danger)];
            let marked = at + 1 == self.state.reports.len();
            TableRow { key: format!("warning.{at}"), actor: None, marked, cells }
        };
        Table { columns, rows: self.state.reports.iter().enumerate().map(row).collect() }
    }

    fn stats(&self) -> Stats {
        let dead: Vec<&str> = self.state.dead.iter().map(|&it| self.tasks[it].as_str()).collect();
        let dead = if dead.is_empty() { "nobody".to_owned() } else { dead.join(", ") };
        let n = |it: usize| it.to_string();
        Stats {
            items: vec![
                Stat::new("arrows", n(self.state.rules.arrows().len()), ""),
                Stat::new("warnings", n(self.state.reports.len()), ""),
                Stat::new("deadlocked", dead, ""),
            ],
        }
    }
}
