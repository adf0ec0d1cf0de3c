//! The picture: the disk as a field of blocks with arrows, the directory, the script.

use super::run::{Block, File, State};
use super::script::{Does, Script};
use super::{Method, Scenario};
use crate::amounts::actor;
use crate::engine::Frame;
use crate::scene::{
    Cell, Column, Edge, Graph, Mark, Node, Panel, Scene, Stat, Stats, Table, TableRow, Tone,
};

/// Blocks in a row of the picture.
const COLUMNS: u64 = 10;

/// Draws the last state of `past`.
pub(super) fn scene(scenario: &Scenario, script: &Script, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with("disk", "The disk", Panel::Graph(disk(scenario, script, state)))
        .with("directory", "The directory", Panel::Table(directory(scenario, script, state)))
        .with("script", "Script", Panel::Table(lines(script, state)))
        .with("room", "Room and cost", Panel::Stats(room(state)))
}

fn key(block: u64) -> String {
    format!("block.{block}")
}

fn disk(scenario: &Scenario, script: &Script, state: &State) -> Graph {
    let node = |(at, block): (u64, &Block)| {
        let (label, detail, owner) = match *block {
            Block::Free => ("·".to_owned(), "free".to_owned(), None),
            Block::Data(file, n) => {
                let name = &script.names[file];
                (format!("{name}{n}"), format!("block {n} of {name}"), Some(file))
            }
            Block::Index(file) => {
                let name = &script.names[file];
                (format!("{name} ix"), format!("index block of {name}"), Some(file))
            }
        };
        let is_lost = usize::try_from(at).ok().and_then(|it| state.lost.get(it)) == Some(&true);
        let tone = match (is_lost, state.now.contains(&at), state.passed.contains(&at), owner) {
            (true, ..) => Tone::Danger,
            (_, true, ..) => Tone::Running,
            (_, _, true, _) => Tone::Miss,
            (.., None) => Tone::Free,
            (.., Some(_)) if matches!(block, Block::Index(_)) => Tone::Overhead,
            (.., Some(_)) => Tone::Used,
        };
        let mut mark = Mark::new(key(at), label).detail(format!("block {at}: {detail}")).tone(tone);
        mark.actor = owner.map(actor);
        let place = |it: u64| i32::try_from(it).unwrap_or_default();
        let at_grid = (place(at % COLUMNS), place(at / COLUMNS));
        Node { at: at_grid, boxed: true, mark, note: at.to_string() }
    };
    let nodes = (0..).zip(&state.disk).map(node).collect();
    let mut edges = Vec::new();
    for file in &state.files {
        let edge = |from: u64, to: u64| {
            let is_now = state.passed.contains(&from)
                && (state.passed.contains(&to) || state.now.contains(&to));
            let tone = if is_now { Tone::Running } else { Tone::Plain };
            Edge { from: key(from), to: key(to), label: String::new(), tone }
        };
        match (scenario.method, file.index) {
            (Method::Linked | Method::Fat, _) => {
                edges.extend(file.blocks.windows(2).map(|it| edge(it[0], it[1])));
            }
            (Method::Indexed, Some(index)) => {
                edges.extend(file.blocks.iter().map(|it| edge(index, *it)));
            }
            (Method::Indexed, None) | (Method::Contiguous, _) => {}
        }
    }
    Graph { directed: true, nodes, edges }
}

fn directory(scenario: &Scenario, script: &Script, state: &State) -> Table {
    let columns = vec![
        Column::words("file"),
        Column::words("the directory notes"),
        Column::numbers("blocks"),
        Column::words("which are known from"),
        Column::words("in order"),
    ];
    let row = |(at, file): (usize, &File)| {
        let first = file.blocks.first().map_or_else(String::new, u64::to_string);
        let n = file.blocks.len();
        let (note, from) = match scenario.method {
            Method::Contiguous => (format!("start {first}, length {n}"), "the directory"),
            Method::Linked => (format!("first {first}"), "the blocks, one after the other"),
            Method::Fat => (format!("first {first}"), "the table"),
            Method::Indexed => {
                let index = file.index.map_or_else(String::new, |it| it.to_string());
                (format!("index {index}"), "the index block")
            }
        };
        let blocks: Vec<String> = file.blocks.iter().map(u64::to_string).collect();
        let texts = match n {
            0 => ["no file".to_owned(), String::new(), String::new(), String::new()],
            _ => [note, n.to_string(), from.to_owned(), blocks.join(", ")],
        };
        let name = &script.names[at];
        let mut cells = vec![Cell::new(&**name)];
        cells.extend(texts.map(Cell::new));
        TableRow { key: format!("file.{name}"), actor: Some(actor(at)), marked: false, cells }
    };
    Table { columns, rows: state.files.iter().enumerate().map(row).collect() }
}

fn lines(script: &Script, state: &State) -> Table {
    let columns = vec![
        Column::numbers("#"),
        Column::words("statement"),
        Column::words("result"),
        Column::numbers("blocks read"),
    ];
    let row = |(at, (_, text)): (usize, &(Does, String))| {
        let result = state.results.get(at).cloned().unwrap_or_default();
        let is_error = result.starts_with('E') && result.chars().all(char::is_uppercase);
        let tone = if is_error { Tone::Fault } else { Tone::Plain };
        let reads = state.reads.get(at).map_or_else(String::new, u64::to_string);
        TableRow {
            key: format!("line.{at}"),
            actor: None,
            marked: state.line == Some(at),
            cells: vec![
                Cell::new((at + 1).to_string()),
                Cell::new(&**text),
                Cell::new(result).tone(tone),
                Cell::new(reads),
            ],
        }
    };
    Table { columns, rows: script.ops.iter().enumerate().map(row).collect() }
}

fn room(state: &State) -> Stats {
    let runs = state.runs();
    let of = |label: &str, value: u64, unit| Stat::new(label, value.to_string(), unit);
    Stats {
        items: vec![
            of("Free", runs.iter().map(|it| it.1).sum(), "blocks"),
            of("Free runs", runs.len() as u64, "runs"),
            of("Longest free run", runs.iter().map(|it| it.1).max().unwrap_or(0), "blocks"),
            of("Blocks read", state.totals.n_reads, "blocks"),
            of("Steps in the table", state.totals.n_steps, "steps"),
            of("Way of the arm", state.totals.arm, "blocks"),
        ],
    }
}
