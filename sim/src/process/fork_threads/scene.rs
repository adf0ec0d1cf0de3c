//! Who exists on each side, the two copies of the lock, and where each thread is.

use super::world::{A, B, CHILD, N, NAMES, Setup, State};
use crate::amounts::actor;
use crate::scene::{CellRow, Cells, Code, Listing, Mark, Panel, Queue, QueueRow, Scene, Tone};

/// Draws one state.
pub(super) fn scene(setup: &Setup, state: &State) -> Scene {
    Scene::default()
        .with("threads", "Who is there", Panel::Queue(threads(setup, state)))
        .with("memory", "The two memories", Panel::Cells(memory(setup, state)))
        .with("code", "What each does", Panel::Code(code(setup, state)))
}

/// Whether A was in the parent at the fork and is missed in the child.
fn misses_a(setup: &Setup, state: &State) -> bool {
    let forked = setup.fix != super::Fix::Spawn && setup.fix != super::Fix::Early;
    state.has_child && forked && !state.is_fresh && !setup.has_ended(state, CHILD)
}

fn tone(setup: &Setup, state: &State, who: usize) -> (Tone, &'static str) {
    let hangs = setup.broken(state) == Some(super::world::HANGS);
    match (setup.has_ended(state, who), setup.waits(state, who)) {
        (true, _) => (Tone::Done, "done"),
        (_, true) if who == CHILD && (hangs || setup.is_orphaned(state)) => {
            (Tone::Danger, "waits for ever")
        }
        (_, true) if who == B && hangs => (Tone::Danger, "waits for ever"),
        (_, true) => (Tone::Blocked, "waits"),
        _ => (Tone::Ready, ""),
    }
}

fn threads(setup: &Setup, state: &State) -> Queue {
    let chip = |who: usize| {
        let (tone, _) = tone(setup, state, who);
        let label = match (who, state.is_fresh) {
            (CHILD, true) => "new program",
            (CHILD, false) => "copy of B",
            _ => NAMES[who],
        };
        Mark::new(format!("thread.{who}"), label).actor(actor(who)).tone(tone)
    };
    let row = |key: &str, note: &str, marks: Vec<Mark>| QueueRow {
        key: key.to_owned(),
        label: key.to_owned(),
        note: note.to_owned(),
        marks,
    };
    let of = |all: [usize; 2]| {
        let there = all.into_iter().filter(|&it| Setup::exists(state, it));
        there.map(chip).collect::<Vec<Mark>>()
    };
    let mut child = if state.has_child { vec![chip(CHILD)] } else { Vec::new() };
    if misses_a(setup, state) {
        let detail = "A was not copied: only the thread that forks is in the child";
        let tone = if setup.is_orphaned(state) { Tone::Danger } else { Tone::Muted };
        child.push(Mark::new("ghost", "no A").actor(actor(A)).tone(tone).detail(detail));
    }
    let note = match (state.has_child, state.is_fresh) {
        (false, _) => "not there yet",
        (true, true) => "another program",
        (true, false) => "a copy",
    };
    Queue { rows: vec![row("parent", "", of([A, B])), row("child", note, child)] }
}

fn memory(setup: &Setup, state: &State) -> Cells {
    let row = |of: usize| {
        let memory = state.memory[of];
        let gone = of == 1 && (!state.has_child || setup.has_ended(state, CHILD));
        let (lock, data) = (format!("lock.{of}"), format!("data.{of}"));
        let marks = match memory.holder {
            _ if gone => vec![Mark::new(lock, "–"), Mark::new(data, "–")],
            holder => {
                let lock = match holder {
                    None => {
                        Mark::new(lock, "free").tone(Tone::Free).detail("Nobody holds the lock")
                    }
                    Some(A) if of == 1 => Mark::new(lock, "A, not here")
                        .actor(actor(A))
                        .tone(Tone::Danger)
                        .detail("Copied as taken by A; nobody in the child can open it"),
                    Some(who) => {
                        let detail = format!("The lock is held by {}", NAMES[who]);
                        Mark::new(lock, NAMES[who])
                            .actor(actor(who))
                            .tone(Tone::Used)
                            .detail(detail)
                    }
                };
                let (word, tone, detail) = match memory.half {
                    true => {
                        ("half", Tone::Dirty, "One of two stores that belong together is missing")
                    }
                    false => ("whole", Tone::Plain, "Nobody is in the middle of a change"),
                };
                vec![lock, Mark::new(data, word).tone(tone).detail(detail)]
            }
        };
        CellRow {
            label: if of == 0 { "parent" } else { "child" }.to_owned(),
            heads: vec!["lock".to_owned(), "list".to_owned()],
            marks,
        }
    };
    Cells { rows: vec![row(0), row(1)] }
}

fn code(setup: &Setup, state: &State) -> Code {
    let listing = |who: usize| {
        let exists = Setup::exists(state, who);
        let (tone, note) =
            if exists { tone(setup, state, who) } else { (Tone::Idle, "not there yet") };
        Listing {
            key: format!("code.{who}"),
            label: NAMES[who].to_owned(),
            actor: Some(actor(who)),
            lines: setup.lines[who].iter().map(|it| it.1.clone()).collect(),
            next: setup.line(state, who).map(|_| u32::from(state.at[who])),
            tone,
            note: note.to_owned(),
        }
    };
    Code { listings: (0..N).map(listing).collect() }
}
