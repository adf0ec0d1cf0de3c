//! The tree, the program with everybody's place in it, the output, and the processes.

use super::code::{Op, Program, name, pid};
use super::state::{CRASHES, INIT, Life, Line, Proc, SHELL, SPINS, State};
use super::tell::parent_name;
use crate::amounts::actor;
use crate::engine::Frame;
use crate::scene::{
    Cell, Code, Column, Edge, Graph, Listing, Mark, Node, Panel, Queue, QueueRow, Scene, Table,
    TableRow, Tone,
};

/// Chips that a row of text shows.
const CHIPS_MAX: usize = 40;

/// Draws the last state.
pub(super) fn scene(program: &Program, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    let before = past.len().checked_sub(2).and_then(|at| past.get(at)).map(|it| &it.state);
    let acting = past
        .last()
        .and_then(|it| it.step.pick)
        .zip(before)
        .and_then(|(pick, before)| super::picked(program, before, pick));
    Scene::default()
        .with("tree", "Process tree", Panel::Graph(tree(program, state, acting)))
        .with("output", "Output", Panel::Queue(output(program, state)))
        .with("program", "Program", Panel::Code(listing(program, state)))
        .with("processes", "Processes", Panel::Table(table(program, state, acting)))
}

/// What a process does next, as it is written.
pub(super) fn next_text(program: &Program, state: &State, who: usize) -> String {
    let it = &state.procs[who];
    match program.steps.get(usize::from(it.next)) {
        Some(step) => match &step.op {
            Op::Image { name } => format!("runs {name}"),
            _ => step.text.clone(),
        },
        None if it.next == CRASHES => "divides by zero".to_owned(),
        None => String::new(),
    }
}

/// State in a word or two, and its tone.
fn life(program: &Program, state: &State, who: usize, acts: bool) -> (String, Tone) {
    let it = &state.procs[who];
    match it.life {
        Life::Zombie => ("zombie".to_owned(), Tone::Dirty),
        Life::Gone => ("gone".to_owned(), Tone::Muted),
        Life::Alive if it.next == SPINS => ("loops".to_owned(), Tone::Idle),
        Life::Alive if state.waits(program, who) => ("waits".to_owned(), Tone::Blocked),
        Life::Alive if acts => ("running".to_owned(), Tone::Running),
        Life::Alive => ("ready".to_owned(), Tone::Ready),
    }
}

/// Columns of the tree: a leaf takes two, and a parent stands above the middle of its children.
fn columns(state: &State) -> Vec<i32> {
    fn place(state: &State, who: usize, next: &mut i32, out: &mut [i32]) {
        let made = |&it: &usize| usize::from(state.procs[it].maker) == who;
        let children: Vec<usize> = (who + 1..state.procs.len()).filter(made).collect();
        for &child in &children {
            place(state, child, next, out);
        }
        out[who] = match (children.first(), children.last()) {
            (Some(&first), Some(&last)) => (out[first] + out[last]) / 2,
            _ => {
                *next += 2;
                *next - 2
            }
        };
    }
    let mut out = vec![0; state.procs.len()];
    place(state, 0, &mut 0, &mut out);
    out
}

fn depth(state: &State, who: usize) -> i32 {
    match state.procs[who].maker {
        SHELL | INIT => 0,
        maker => 1 + depth(state, usize::from(maker)),
    }
}

fn tree(program: &Program, state: &State, acting: Option<usize>) -> Graph {
    let columns = columns(state);
    let mut nodes = vec![outside("shell", "shell", (columns[0], 0))];
    let mut edges = Vec::new();
    for (who, it) in state.procs.iter().enumerate() {
        let (word, tone) = life(program, state, who, acting == Some(who));
        let parent = parent_name(it.parent);
        let detail = format!("{}, PID {}, child of {parent}: {word}", name(who), pid(who));
        let key = format!("proc.{who}");
        nodes.push(Node {
            at: (columns[who], 1 + depth(state, who)),
            boxed: false,
            mark: Mark::new(key.clone(), name(who)).actor(actor(who)).tone(tone).detail(detail),
            note: word,
        });
        let edge = |from: u8, tone: Tone| Edge {
            from: node_key(from),
            to: key.clone(),
            label: String::new(),
            tone,
        };
        // Who made it stays in the picture; whose child it is matters as long as there is a record.
        if it.maker != it.parent || it.life == Life::Gone {
            edges.push(edge(it.maker, Tone::Muted));
        }
        if it.life != Life::Gone {
            edges.push(edge(it.parent, Tone::Plain));
        }
    }
    if state.procs.iter().any(|it| it.parent == INIT) {
        let right = columns.iter().max().copied().unwrap_or_default() + 2;
        nodes.push(outside("init", "init", (right, 0)));
    }
    Graph { directed: true, nodes, edges }
}

fn node_key(parent: u8) -> String {
    match parent {
        INIT => "init".to_owned(),
        SHELL => "shell".to_owned(),
        parent => format!("proc.{parent}"),
    }
}

fn outside(key: &str, label: &str, at: (i32, i32)) -> Node {
    let detail = match key {
        "init" => "Process 1: adopts orphans and waits for them at all times",
        _ => "The shell that started P0 and waits for it",
    };
    let mark = Mark::new(key, label).tone(Tone::Muted).detail(detail);
    Node { at, boxed: true, mark, note: String::new() }
}

/// Chips of some lines, the first of which is number `from` of those of its writer.
fn chip(program: &Program, line: &Line, who: usize, number: usize) -> Mark {
    let text = program.line_text(line);
    let detail = format!("“{text}”, from {}", name(who));
    Mark::new(format!("line.{who}.{number}"), text).actor(actor(who)).detail(detail)
}

fn output(program: &Program, state: &State) -> Queue {
    let mut written = vec![0_usize; state.procs.len()];
    let mut marks = Vec::new();
    for line in &state.output {
        let who = usize::from(line.writer);
        marks.push(chip(program, line, who, written[who]));
        written[who] += 1;
    }
    let n = marks.len();
    let note = match n {
        0 => "nothing yet".to_owned(),
        n if CHIPS_MAX < n => format!("the last {CHIPS_MAX} of {n} lines"),
        n => crate::words::count(n as u64, "lines"),
    };
    marks.drain(..n.saturating_sub(CHIPS_MAX));
    let label = if program.buffered { "file" } else { "terminal" };
    let mut rows =
        vec![QueueRow { key: "output".to_owned(), label: label.to_owned(), note, marks }];
    for (who, it) in state.procs.iter().enumerate().filter(|_| program.buffered) {
        if it.life != Life::Alive {
            continue;
        }
        let lines = it.buffer.iter().take(CHIPS_MAX).enumerate();
        let marks = lines.map(|(n, line)| chip(program, line, who, written[who] + n)).collect();
        rows.push(QueueRow {
            key: format!("buffer.{who}"),
            label: format!("buffer of {}", name(who)),
            note: String::new(),
            marks,
        });
    }
    Queue { rows }
}

/// The line of the program at which a process is.
fn line_of(program: &Program, it: &Proc) -> Option<u32> {
    if it.life != Life::Alive {
        return None;
    }
    program.steps.get(usize::from(it.next)).map(|step| step.line)
}

/// The program; behind each line stands who is there.
fn listing(program: &Program, state: &State) -> Code {
    let widest = program.lines.iter().map(|it| it.chars().count()).max().unwrap_or_default();
    let mut lines = Vec::new();
    for (number, text) in (0_u32..).zip(&program.lines) {
        let here = state.procs.iter().enumerate();
        let here = here.filter(|(_, it)| line_of(program, it) == Some(number));
        let names: Vec<String> = here.map(|(who, _)| name(who)).collect();
        lines.push(match names.is_empty() {
            true => text.clone(),
            false => format!("{text:widest$}  // {}", names.join(" ")),
        });
    }
    let next = state.order(program).first().copied();
    let listing = Listing {
        key: "program".to_owned(),
        label: "program".to_owned(),
        actor: None,
        lines,
        next: next.and_then(|who| line_of(program, &state.procs[who])),
        tone: Tone::Plain,
        note: next.map_or_else(
            || "nobody can go on".to_owned(),
            |who| format!("{} is the first who can go on", name(who)),
        ),
    };
    Code { listings: vec![listing] }
}

fn table(program: &Program, state: &State, acting: Option<usize>) -> Table {
    let mut columns = vec![
        Column::words("Process"),
        Column::numbers("PID"),
        Column::words("Parent"),
        Column::words("State"),
        Column::words("Next"),
    ];
    columns.extend(program.variables.iter().map(Column::numbers));
    let row = |(who, it): (usize, &Proc)| {
        let (word, tone) = life(program, state, who, acting == Some(who));
        let alive = it.life == Life::Alive;
        let word = if alive { word } else { format!("{word}, code {}", it.code) };
        let next = match line_of(program, it) {
            Some(line) => format!("{}: {}", line + 1, next_text(program, state, who)),
            None => String::new(),
        };
        let parent = if it.life == Life::Gone { String::new() } else { parent_name(it.parent) };
        let mut cells = vec![
            Cell::new(name(who)),
            Cell::new(pid(who).to_string()),
            Cell::new(parent),
            Cell::new(word).tone(tone),
            Cell::new(next),
        ];
        let values = it.registers.iter().take(program.variables.len());
        cells.extend(
            values.map(|value| Cell::new(if alive { value.to_string() } else { String::new() })),
        );
        TableRow {
            key: format!("row.{who}"),
            actor: Some(actor(who)),
            marked: acting == Some(who),
            cells,
        }
    };
    Table { columns, rows: state.procs.iter().enumerate().map(row).collect() }
}
