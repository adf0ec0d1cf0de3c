//! The wait-for graph drawn: nodes in their three colours, the path, and what victims cost.

use super::wait_for::{Recovery, Scenario, State, names};
use super::wait_search::{Colour, LISTING};
use super::words::{actor, ring};
use crate::scene::{
    Cell, Code, Column, Edge, Graph, Listing, Mark, Node, Panel, Queue, QueueRow, Scene, Stat,
    Stats, Table, TableRow, Tone,
};

/// Draws one state.
pub(crate) fn scene(scenario: &Scenario, state: &State) -> Scene {
    let names = names(scenario);
    Scene::default()
        .with("graph", "Who waits for whom", Panel::Graph(graph(&names, state)))
        .with("path", "The grey path", Panel::Queue(path(&names, state)))
        .with("search", "The search", Panel::Code(listing(state)))
        .with("costs", "What a victim costs", Panel::Table(costs(scenario, &names, state)))
        .with("now", "Now", Panel::Stats(stats(&names, state)))
}

const fn word(colour: Colour) -> &'static str {
    match colour {
        Colour::White => "white",
        Colour::Grey => "grey",
        Colour::Black => "black",
    }
}

/// How a process stands, as a tone and a word.
fn standing(at: usize, state: &State) -> (Tone, &'static str) {
    if state.gone[at] {
        (Tone::Muted, "gone")
    } else if state.cycle.contains(&at) {
        (Tone::Danger, "in the cycle")
    } else {
        let tone = match state.search.colours[at] {
            Colour::White => Tone::Plain,
            Colour::Grey => Tone::Running,
            Colour::Black => Tone::Done,
        };
        (tone, word(state.search.colours[at]))
    }
}

fn graph(names: &[String], state: &State) -> Graph {
    let places = ring(names.len());
    let node = |(at, name): (usize, &String)| {
        let (tone, note) = standing(at, state);
        let mark = Mark::new(format!("node.{name}"), name)
            .actor(actor(at))
            .tone(tone)
            .detail(format!("{name} is {note}"));
        Node { at: places[at], boxed: false, mark, note: note.to_owned() }
    };
    let in_cycle = |from: usize, to: usize| {
        let cycle = &state.cycle;
        let at = cycle.iter().position(|&it| it == from);
        at.is_some_and(|at| cycle[(at + 1) % cycle.len()] == to)
    };
    let path: Vec<usize> = state.search.path().collect();
    let on_path = |from: usize, to: usize| path.windows(2).any(|it| it == [from, to]);
    let edge = |&(from, to): &(usize, usize)| {
        let tone = if in_cycle(from, to) {
            Tone::Danger
        } else if on_path(from, to) {
            Tone::Running
        } else if state.search.colours[from] == Colour::Black {
            Tone::Muted
        } else {
            Tone::Plain
        };
        let key = |at: usize| format!("node.{}", names[at]);
        Edge { from: key(from), to: key(to), label: String::new(), tone }
    };
    Graph {
        directed: true,
        nodes: names.iter().enumerate().map(node).collect(),
        edges: state.waits.iter().map(edge).collect(),
    }
}

fn path(names: &[String], state: &State) -> Queue {
    let chip = |at: usize| {
        let tone = if state.cycle.contains(&at) { Tone::Danger } else { Tone::Running };
        Mark::new(format!("path.{}", names[at]), &names[at]).actor(actor(at)).tone(tone)
    };
    let row = QueueRow {
        key: "path".to_owned(),
        label: "path".to_owned(),
        note: "the newest last".to_owned(),
        marks: state.search.path().map(chip).collect(),
    };
    Queue { rows: vec![row] }
}

fn listing(state: &State) -> Code {
    let listing = Listing {
        key: "search".to_owned(),
        label: "search".to_owned(),
        actor: None,
        lines: LISTING.map(ToOwned::to_owned).to_vec(),
        next: state.line,
        tone: if state.cycle.is_empty() { Tone::Plain } else { Tone::Danger },
        note: String::new(),
    };
    Code { listings: vec![listing] }
}

fn costs(scenario: &Scenario, names: &[String], state: &State) -> Table {
    let cost = match scenario.recovery {
        Recovery::None => "Cost now (ticks)",
        Recovery::TerminateAll | Recovery::Terminate => "Lost if terminated (ticks)",
        Recovery::RollBack => "Lost if rolled back (ticks)",
        Recovery::Preempt => "Lost if taken from (ticks)",
    };
    let columns = vec![
        Column::words("Process"),
        Column::words("State"),
        Column::numbers(cost),
        Column::numbers("Victim before (times)"),
    ];
    let row = |(at, name): (usize, &String)| {
        let (tone, note) = standing(at, state);
        let cost = match (scenario.recovery, state.gone[at]) {
            (Recovery::None, _) | (_, true) => String::new(),
            (_, false) => scenario.cost(at, state.n_chosen[at]).to_string(),
        };
        let cells = vec![
            Cell::new(name),
            Cell::new(note).tone(tone),
            Cell::new(cost),
            Cell::new(state.n_chosen[at].to_string()),
        ];
        let marked = state.victim == Some(at);
        TableRow { key: format!("row.{name}"), actor: Some(actor(at)), marked, cells }
    };
    Table { columns, rows: names.iter().enumerate().map(row).collect() }
}

fn stats(names: &[String], state: &State) -> Stats {
    let closed = state.cycle.iter().chain(state.cycle.first());
    let cycle: Vec<&str> = closed.map(|&it| names[it].as_str()).collect();
    let cycle = if cycle.is_empty() { "none".to_owned() } else { cycle.join(" → ") };
    Stats {
        items: vec![
            Stat::new("cycle", cycle, ""),
            Stat::new("arrows", state.waits.len().to_string(), ""),
            Stat::new("work lost", state.lost_ticks.to_string(), "ticks"),
        ],
    }
}
