//! The picture: the program, what is in memory and on the disk, and where the name leads there.

use super::replace::{DISK, File, MEMORY, Names, OLD, Setup, State, TEMP, Under, Way};
use crate::scene::{
    CellRow, Cells, Code, Edge, Graph, Listing, Mark, Node, Panel, Scene, Stat, Stats, Tone,
};

/// Draws one state.
pub(super) fn scene(setup: &Setup, state: &State) -> Scene {
    Scene::default()
        .with("disk", "Names, inodes and blocks on the disk", Panel::Graph(disk(setup, state)))
        .with("copies", "In memory and on the disk", Panel::Cells(copies(setup, state)))
        .with("program", "Program", Panel::Code(code(setup, state)))
        .with("crash", "If the power fails now", Panel::Stats(crash(setup, state)))
}

fn said(under: Under) -> Tone {
    match under {
        Under::Old => Tone::Used,
        Under::New => Tone::Good,
        _ => Tone::Danger,
    }
}

/// Names at the left, inodes in the middle, blocks at the right.
fn disk(setup: &Setup, state: &State) -> Graph {
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    let mut edge = |from: &str, to: String, tone: Tone| {
        edges.push(Edge { from: from.to_owned(), to, label: String::new(), tone });
    };
    let named = state.named();
    let tone = said(state.under(setup));
    let mut node = |at: (i32, i32), boxed: bool, mark: Mark, note: &str| {
        nodes.push(Node { at, boxed, mark, note: note.to_owned() });
    };
    let n = i32::from(setup.n);
    let middle = |file: usize| i32::try_from(file).unwrap_or_default() * (n + 1);
    let name = Mark::new("name.f", "f").tone(tone).detail("the name, in the directory on the disk");
    node((0, middle(named)), true, name, "name");
    edge("name.f", format!("inode.{named}"), tone);
    if state.names[DISK] == Names::Both {
        let mark = Mark::new("name.tmp", "f.tmp").tone(Tone::Muted).detail("the temporary name");
        node((0, middle(TEMP)), true, mark, "name");
        edge("name.tmp", format!("inode.{TEMP}"), Tone::Muted);
    }
    let shown = [true, matches!(setup.way, Way::Rename | Way::Copy)];
    for file in (0..2).filter(|&it| shown[it]) {
        let File { size, .. } = state.files[file];
        let reached = file == named;
        let tone = if reached { said(state.under(setup)) } else { Tone::Muted };
        let size_words = crate::words::count(u64::from(size[DISK]), "blocks");
        let which = if file == TEMP { "new inode" } else { "old inode" };
        let key = format!("inode.{file}");
        let mark = Mark::new(&key, which)
            .tone(tone)
            .detail(format!("the {which}, on the disk with a size of {size_words}"));
        node((2, middle(file)), false, mark, &size_words);
        for block in 0..setup.n {
            let place = (4, middle(file) + i32::from(block));
            let key_of = format!("block.{file}.{block}");
            let (text, mut tone) = match state.block(setup, file, block) {
                Some(true) => ("new", Tone::Good),
                Some(false) => ("old", Tone::Used),
                None => ("none", Tone::Free),
            };
            let inside = block < size[DISK];
            if inside && text == "none" && reached {
                tone = Tone::Danger;
            }
            if !inside {
                tone = if text == "none" { Tone::Free } else { Tone::Muted };
            }
            let detail = format!("block {block} of the {which}: {text}");
            node(place, true, Mark::new(&key_of, text).tone(tone).detail(detail), "");
            if inside {
                edge(&key, key_of, if reached { tone } else { Tone::Muted });
            }
        }
    }
    Graph { directed: true, nodes, edges }
}

/// A row for memory and a row for the disk; what is newer in memory travels down.
fn copies(setup: &Setup, state: &State) -> Cells {
    let mut heads = Vec::new();
    let mut rows = [Vec::new(), Vec::new()];
    let mut cell = |head: &str, words: [String; 2]| {
        heads.push(head.to_owned());
        let same = words[MEMORY] == words[DISK];
        for (at, text) in words.into_iter().enumerate() {
            // The newest copy has the key that moves.
            let moves = same == (at == DISK);
            let place = if at == DISK { "disk" } else { "memory" };
            let key = if moves { format!("{head}.{text}") } else { format!("{head}.{place}") };
            let tone = match (at, same) {
                (MEMORY, false) => Tone::Dirty,
                (MEMORY, true) => Tone::Muted,
                _ => Tone::Used,
            };
            let lost = at == MEMORY && state.crashed;
            let text = if lost { String::new() } else { text };
            let tone = if lost { Tone::Free } else { tone };
            let detail = format!("{head}: {}", if lost { "lost" } else { &text });
            rows[at].push(Mark::new(key, text.clone()).tone(tone).detail(detail));
        }
    };
    let names = |it: Names| {
        match it {
            Names::Old => "f",
            Names::Both => "f, f.tmp",
            Names::Renamed => "f is new",
        }
        .to_owned()
    };
    cell("names", state.names.map(names));
    let shown = [!matches!(setup.way, Way::Rename), matches!(setup.way, Way::Rename | Way::Copy)];
    for (file, what) in [(OLD, "f"), (TEMP, "tmp")] {
        if !shown[file] {
            continue;
        }
        let File { size, new, fresh } = state.files[file];
        cell(&format!("{what} size"), size.map(|it| it.to_string()));
        for block in 0..setup.n {
            let word = |at: usize| match (new[at] >> block & 1, fresh[at]) {
                (1, _) => "new",
                (_, false) => "old",
                _ => "none",
            };
            cell(&format!("{what} {block}"), [word(MEMORY).to_owned(), word(DISK).to_owned()]);
        }
    }
    let [memory, disk] = rows;
    let row = |label: &str, marks: Vec<Mark>, heads: &[String]| CellRow {
        label: label.to_owned(),
        heads: heads.to_vec(),
        marks,
    };
    Cells { rows: vec![row("memory", memory, &heads), row("disk", disk, &heads)] }
}

fn code(setup: &Setup, state: &State) -> Code {
    let lines = setup.program.iter().map(|&it| setup.code(it)).collect();
    let (next, tone, note) = match (state.crashed, setup.next(state)) {
        (true, _) => (None, Tone::Danger, "the power has failed"),
        (false, None) => (None, Tone::Done, "has said \"saved\""),
        (false, Some(_)) => (Some(u32::from(state.line)), Tone::Ready, ""),
    };
    let label = "program".to_owned();
    let (key, actor, note) = ("program".to_owned(), Some(0), note.to_owned());
    Code { listings: vec![Listing { key, label, actor, lines, next, tone, note }] }
}

fn crash(setup: &Setup, state: &State) -> Stats {
    let said = if state.has_said(setup) { "yes" } else { "no" };
    let named = if state.named() == TEMP { "the new inode" } else { "the old inode" };
    Stats {
        items: vec![
            Stat::new("f holds", state.under(setup).said(), ""),
            Stat::new("f leads to", named, ""),
            Stat::new("The program has said \"saved\"", said, ""),
        ],
    }
}
