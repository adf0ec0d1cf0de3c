//! The tree with the way that was taken, the answers so far, and what the model comes to.

use super::choice::{Scenario, State};
use super::choice_tree::{Leaf, QUESTIONS, Way, answer};
use crate::engine::Frame;
use crate::scene::{
    Cell, Column, Edge, Graph, Mark, Node, Panel, Scene, Stat, Stats, Table, TableRow, Tone, number,
};
use crate::words::bytes;

/// Draws the last state of `past`.
pub(super) fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
    let Some(last) = past.last() else { return Scene::default() };
    let state = &last.state;
    let walked = walked(scenario, state);
    Scene::default()
        .with("tree", "The tree", Panel::Graph(tree(state, &walked)))
        .with("answers", "Your answers", Panel::Table(answers(&walked)))
        .with("numbers", "In numbers", Panel::Stats(numbers(scenario, state)))
        .with(
            "setting",
            "The setting of Shapes of a server",
            Panel::Table(setting(scenario, state)),
        )
}

/// The questions that are answered, in order, and how.
fn walked(scenario: &Scenario, state: &State) -> Vec<(usize, bool)> {
    let mut walked = Vec::new();
    let mut at = Some(0);
    for _ in 0..state.n_answered {
        let Some(question) = at else { break };
        let yes = answer(scenario, question).yes;
        walked.push((question, yes));
        at = QUESTIONS[question].next(yes);
    }
    walked
}

fn leaf_key(leaf: Leaf) -> String {
    format!("leaf.{}", leaf.key())
}

fn tree(state: &State, walked: &[(usize, bool)]) -> Graph {
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    for (at, question) in QUESTIONS.iter().enumerate() {
        let given = walked.iter().find(|it| it.0 == at).map(|it| it.1);
        let tone = match given {
            Some(_) => Tone::Done,
            None if state.at == Some(at) => Tone::Running,
            None => Tone::Muted,
        };
        let mark = Mark::new(question.key, question.label).tone(tone).detail(question.question);
        nodes.push(Node { at: question.at, boxed: false, mark, note: String::new() });
        for (way, yes) in question.ways.iter().zip([true, false]) {
            let to = match way {
                Way::To(next) => QUESTIONS[*next].key.to_owned(),
                Way::Ends(leaf) => leaf_key(*leaf),
            };
            let tone = if given == Some(yes) { Tone::Good } else { Tone::Muted };
            let label = if yes { "yes" } else { "no" }.to_owned();
            edges.push(Edge { from: question.key.to_owned(), to, label, tone });
        }
    }
    for leaf in Leaf::ALL {
        let (label, note) = leaf.label();
        let tone = if state.leaf == Some(leaf) { Tone::Good } else { Tone::Muted };
        let mark = Mark::new(leaf_key(leaf), label).tone(tone).detail(format!("{label} {note}"));
        nodes.push(Node { at: leaf.at(), boxed: true, mark, note: note.to_owned() });
    }
    Graph { directed: true, nodes, edges }
}

fn answers(walked: &[(usize, bool)]) -> Table {
    let columns = vec![Column::words("Question"), Column::words("Answer")];
    let row = |(at, question): (usize, &super::choice_tree::Question)| {
        let given = walked.iter().find(|it| it.0 == at).map(|it| it.1);
        let text = match given {
            Some(true) => "yes",
            Some(false) => "no",
            None => "",
        };
        let marked = walked.last().is_some_and(|it| it.0 == at);
        let cells = vec![Cell::new(question.question), Cell::new(text)];
        TableRow { key: question.key.to_owned(), actor: None, marked, cells }
    };
    let asked = QUESTIONS.iter().enumerate().filter(|it| walked.iter().any(|at| at.0 == it.0));
    Table { columns, rows: asked.map(row).collect() }
}

fn numbers(it: &Scenario, state: &State) -> Stats {
    let flows = 1.0 + crate::amounts::share(it.wait_us, it.compute_us);
    let of_second = |us: u64| number(crate::amounts::share(it.rate * us, 1_000_000), 2);
    let mut items = vec![
        Stat::new("cores kept busy", of_second(it.compute_us), "cores"),
        Stat::new("flows that keep a core busy", number(flows, 1), ""),
        Stat::new("under way at once", of_second(it.compute_us + it.wait_us), "requests"),
    ];
    if let Some(leaf) = state.leaf {
        items.push(Stat::new("memory", bytes(leaf.memory_kib(it) * 1_024), ""));
    }
    Stats { items }
}

fn setting(scenario: &Scenario, state: &State) -> Table {
    let columns = vec![Column::words("Field"), Column::words("Value")];
    let row = |(key, value): (&'static str, String)| TableRow {
        key: key.to_owned(),
        actor: None,
        marked: false,
        cells: vec![Cell::new(key), Cell::new(value)],
    };
    let rows = state.leaf.map_or_else(Vec::new, |it| it.setting(scenario));
    Table { columns, rows: rows.into_iter().map(row).collect() }
}
