//! The resource graph drawn: processes above, resources below, an arrow for every claim.

use super::claims::Claims;
use super::resource_graph::State;
use super::words::{actor, list, named, place};
use crate::scene::{
    Cell, Column, Edge, Graph, Mark, Node, Panel, Scene, Stat, Stats, Table, TableRow, Tone,
};

/// Draws one state.
pub(crate) fn scene(processes: &[String], resources: &[String], state: &State) -> Scene {
    let view = View { processes, resources, state, stuck: state.claims.stuck() };
    let round = cycle(&state.claims);
    Scene::default()
        .with("graph", "Who holds what, who waits for what", Panel::Graph(view.graph(&round)))
        .with("processes", "Processes", Panel::Table(view.table()))
        .with("now", "Now", Panel::Stats(view.stats(&round)))
}

/// The nodes of a cycle in order: processes by index, resources after them. Empty if there is
/// none.
pub(crate) fn cycle(claims: &Claims) -> Vec<usize> {
    let n = claims.n_processes();
    let next = |node: usize| -> Vec<usize> {
        match node < n {
            true => (0..claims.n_resources())
                .filter(|&it| 0 < claims.asked(node)[it])
                .map(|it| n + it)
                .collect(),
            false => (0..n).filter(|&it| 0 < claims.held(it)[node - n]).collect(),
        }
    };
    let mut done = vec![false; n + claims.n_resources()];
    let mut path: Vec<(usize, Vec<usize>)> = Vec::new();
    for start in 0..n {
        if !done[start] {
            path.push((start, next(start)));
        }
        while let Some((node, ahead)) = path.last_mut() {
            let Some(to) = (!ahead.is_empty()).then(|| ahead.remove(0)) else {
                done[*node] = true;
                path.pop();
                continue;
            };
            if let Some(at) = path.iter().position(|it| it.0 == to) {
                return path[at..].iter().map(|it| it.0).collect();
            }
            if !done[to] {
                path.push((to, next(to)));
            }
        }
    }
    Vec::new()
}

struct View<'a> {
    processes: &'a [String],
    resources: &'a [String],
    state: &'a State,
    stuck: Vec<bool>,
}

impl View<'_> {
    fn graph(&self, round: &[usize]) -> Graph {
        let mut nodes = Vec::new();
        for (at, name) in self.processes.iter().enumerate() {
            let (tone, note) = self.standing(at);
            let mark = Mark::new(format!("process.{name}"), name)
                .actor(actor(at))
                .tone(tone)
                .detail(format!("{name} {note}"));
            nodes.push(Node { at: (place(2 * at), 0), boxed: false, mark, note: String::new() });
        }
        let free = self.state.claims.free();
        for (at, name) in self.resources.iter().enumerate() {
            let total = self.state.claims.total()[at];
            let tone = if free[at] == 0 { Tone::Used } else { Tone::Free };
            let note = format!("{} of {total} free", free[at]);
            let mark = Mark::new(format!("resource.{name}"), name)
                .tone(tone)
                .detail(format!("{name}: {note}"));
            nodes.push(Node { at: (place(2 * at + 1), 2), boxed: true, mark, note });
        }
        Graph { directed: true, nodes, edges: self.edges(round) }
    }

    fn edges(&self, round: &[usize]) -> Vec<Edge> {
        let n = self.processes.len();
        let in_round = |from: usize, to: usize| {
            let at = round.iter().position(|&it| it == from);
            at.is_some_and(|at| round[(at + 1) % round.len()] == to)
        };
        let dead = self.stuck.contains(&true);
        let mut edges = Vec::new();
        let mut add = |from: usize, to: usize, units: u32, tone: Tone| {
            if units == 0 {
                return;
            }
            let key = |node: usize| match node < n {
                true => format!("process.{}", self.processes[node]),
                false => format!("resource.{}", self.resources[node - n]),
            };
            let tone = match (in_round(from, to), dead) {
                (true, true) => Tone::Danger,
                (true, false) => Tone::Hit,
                (false, _) => tone,
            };
            let label = if units == 1 { String::new() } else { format!("×{units}") };
            edges.push(Edge { from: key(from), to: key(to), label, tone });
        };
        for process in 0..n {
            for resource in 0..self.resources.len() {
                let claims = &self.state.claims;
                add(n + resource, process, claims.held(process)[resource], Tone::Used);
                add(process, n + resource, claims.asked(process)[resource], Tone::Blocked);
            }
        }
        edges
    }

    /// How a process stands, as a tone and in words.
    fn standing(&self, process: usize) -> (Tone, &'static str) {
        let State { claims, ended, finished, .. } = self.state;
        if ended[process] {
            (Tone::Done, "has ended")
        } else if finished.contains(&process) {
            (Tone::Good, "can finish")
        } else if self.stuck[process] {
            (Tone::Danger, "can never go on")
        } else if claims.waits(process) {
            (Tone::Blocked, "waits")
        } else {
            (Tone::Plain, "can go on")
        }
    }

    fn table(&self) -> Table {
        let columns = ["Process", "Holds", "Waits for", "State"].map(Column::words).to_vec();
        let row = |(at, name): (usize, &String)| {
            let (tone, note) = self.standing(at);
            let cells = vec![
                Cell::new(name),
                Cell::new(self.amounts(self.state.claims.held(at))),
                Cell::new(self.amounts(self.state.claims.asked(at))),
                Cell::new(note).tone(tone),
            ];
            let marked = self.state.about == Some(at);
            TableRow { key: format!("row.{name}"), actor: Some(actor(at)), marked, cells }
        };
        Table { columns, rows: self.processes.iter().enumerate().map(row).collect() }
    }

    fn amounts(&self, units: &[u32]) -> String {
        let some = units.iter().zip(self.resources).filter(|it| 0 < *it.0);
        let words = some.map(|(&units, name)| match units {
            1 => name.clone(),
            _ => format!("{units} of {name}"),
        });
        words.collect::<Vec<_>>().join(", ")
    }

    fn stats(&self, round: &[usize]) -> Stats {
        let n = self.processes.len();
        let name = |&node: &usize| match node < n {
            true => self.processes[node].clone(),
            false => self.resources[node - n].clone(),
        };
        let closed = round.iter().chain(round.first());
        let cycle: Vec<String> = closed.map(name).collect();
        let cycle = if cycle.is_empty() { "none".to_owned() } else { cycle.join(" → ") };
        let stuck = (0..n).filter(|&it| self.stuck[it]);
        let stuck = named(self.processes, stuck);
        let stuck = if stuck.is_empty() { "nobody".to_owned() } else { list(&stuck) };
        let finished = named(self.processes, self.state.finished.iter().copied());
        let finished = if finished.is_empty() { "–".to_owned() } else { finished.join(", ") };
        let mut items =
            vec![Stat::new("cycle", cycle, ""), Stat::new("can never go on", stuck, "")];
        if self.state.reducing {
            items.push(Stat::new("can finish, in this order", finished, ""));
        }
        Stats { items }
    }
}
