//! Two pages that lead to one frame, what it holds, and where each process is.

use super::world::{COUNT, Job, LOCK, N, NAMES, Setup, State, Sync, WORDS};
use crate::amounts::actor;
use crate::scene::{CellRow, Cells, Code, Edge, Graph, Listing, Mark, Node, Panel, Scene, Tone};

/// Where each process has mapped the object: addresses as an example.
const ADDRESSES: [&str; N] = ["0x7f1a6000", "0x7fc32000"];
const PAGES: [&str; 1 + N] = ["object", "A's copy", "B's copy"];

/// Draws one state.
pub(super) fn scene(setup: &Setup, state: &State) -> Scene {
    Scene::default()
        .with("mapping", "Who sees which page", Panel::Graph(mapping(setup, state)))
        .with("memory", "Memory and registers", Panel::Cells(memory(setup, state)))
        .with("code", "What each does", Panel::Code(code(setup, state)))
}

/// Pages that exist: the object, and the copies that were made.
fn pages(state: &State) -> impl Iterator<Item = usize> {
    let copied = state.copied;
    (0..=N).filter(move |&it| it == 0 || copied[it - 1])
}

fn mapping(setup: &Setup, state: &State) -> Graph {
    let column = |it: usize| if it == 0 { 0 } else { 2 };
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    for (who, name) in NAMES.iter().enumerate() {
        let page = Setup::page(state, who);
        let detail = format!("{name} has mapped the object at {}", ADDRESSES[who]);
        let mark = Mark::new(format!("map.{who}"), *name).actor(actor(who)).detail(detail);
        let note = ADDRESSES[who].to_owned();
        nodes.push(Node { at: (column(who), 0), boxed: false, mark, note });
        edges.push(Edge {
            from: format!("map.{who}"),
            to: format!("page.{page}"),
            label: String::new(),
            tone: if page == 0 { Tone::Used } else { Tone::Dirty },
        });
    }
    for page in pages(state) {
        let used = (0..N).any(|it| Setup::page(state, it) == page);
        let tone = match (page, used) {
            (_, false) => Tone::Muted,
            (0, true) => Tone::Used,
            (_, true) => Tone::Dirty,
        };
        let at = if page == 0 { (1, 1) } else { (column(page - 1), 1) };
        let (label, detail) = match page {
            0 => ("object", "The frame of the object that was mapped"),
            _ => (PAGES[page], "A frame that a store into a private mapping has made"),
        };
        let mark = Mark::new(format!("page.{page}"), label).tone(tone).detail(detail);
        let note = match setup.job {
            Job::Counter => format!("counter {}", state.pages[page][COUNT]),
            Job::Record => format!("{} and {}", state.pages[page][COUNT], state.pages[page][2]),
        };
        nodes.push(Node { at, boxed: true, mark, note });
    }
    Graph { directed: true, nodes, edges }
}

/// The name of a place in the page; empty if it is not used.
fn head(setup: &Setup, word: usize) -> &'static str {
    match (word, setup.sync, setup.job) {
        (LOCK, Sync::Mutex, _) => "lock",
        (LOCK, Sync::Semaphore, _) => "sem",
        (COUNT, _, Job::Counter) => "count",
        (COUNT, _, Job::Record) => "x",
        (2, _, Job::Record) => "y",
        _ => "",
    }
}

fn memory(setup: &Setup, state: &State) -> Cells {
    let used: Vec<usize> = (0..WORDS).filter(|&it| !head(setup, it).is_empty()).collect();
    let mut rows = Vec::new();
    for page in pages(state) {
        let cell = |&word: &usize| {
            let value = state.pages[page][word];
            let key = format!("word.{page}.{word}");
            let mark = match (word, setup.sync, value) {
                (LOCK, Sync::Mutex, 0) => Mark::new(key, "free").tone(Tone::Free),
                (LOCK, Sync::Mutex, _) => {
                    let who = usize::from(value) - 1;
                    Mark::new(key, NAMES[who]).actor(actor(who)).tone(Tone::Used)
                }
                _ => Mark::new(key, value.to_string()).tone(Tone::Used),
            };
            mark.detail(format!("{} in the page: {value}", head(setup, word)))
        };
        rows.push(CellRow {
            label: PAGES[page].to_owned(),
            heads: used.iter().map(|&it| head(setup, it).to_owned()).collect(),
            marks: used.iter().map(cell).collect(),
        });
    }
    let reads: &[usize] = if setup.job == Job::Counter { &[0, 1] } else { &[1] };
    for &who in reads {
        let words: &[usize] = if setup.job == Job::Counter { &[COUNT] } else { &[COUNT, 2] };
        let cell = |&word: &usize| {
            let value = state.procs[who].registers[word];
            let stale = setup.stale(state, who).is_some();
            let (tone, what) = match stale {
                true => (Tone::Danger, "out of date: the memory has changed since it was loaded"),
                false => (Tone::Plain, "seen by this process only"),
            };
            Mark::new(format!("register.{who}.{word}"), value.to_string())
                .actor(actor(who))
                .tone(tone)
                .detail(format!("A register of {}, {what}", NAMES[who]))
        };
        let name = |&word: &usize| match setup.job {
            Job::Counter => "r".to_owned(),
            Job::Record => head(setup, word).to_owned(),
        };
        rows.push(CellRow {
            label: format!("{}'s own", NAMES[who]),
            heads: words.iter().map(name).collect(),
            marks: words.iter().map(cell).collect(),
        });
    }
    Cells { rows }
}

fn code(setup: &Setup, state: &State) -> Code {
    let listing = |who: usize| {
        let next = setup.line(state, who).map(|_| u32::from(state.procs[who].line));
        let (tone, note) = match next {
            None => (Tone::Done, "done"),
            Some(_) if setup.stuck(state) == Some(who) => (Tone::Danger, "waits for ever"),
            Some(_) if setup.waits(state, who) => (Tone::Blocked, "waits"),
            Some(_) if setup.stale(state, who).is_some() => (Tone::Danger, "r is out of date"),
            Some(_) => (Tone::Ready, ""),
        };
        Listing {
            key: format!("code.{who}"),
            label: NAMES[who].to_owned(),
            actor: Some(actor(who)),
            lines: setup.lines[who].iter().map(|it| it.1.to_owned()).collect(),
            next,
            tone,
            note: note.to_owned(),
        }
    };
    Code { listings: (0..N).map(listing).collect() }
}
