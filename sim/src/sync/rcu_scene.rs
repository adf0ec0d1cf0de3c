//! Versions with their readers, the code, and how far the grace period is.

use super::rcu::{ENDED, READER, READERS_MAX, Setup, State, UPDATER, name, version};
use crate::scene::{
    Cell, Code, Column, Listing, Mark, Panel, Queue, QueueRow, Scene, Table, TableRow, Tone,
};

/// Draws one state.
pub(super) fn scene(setup: &Setup, state: &State) -> Scene {
    Scene::default()
        .with("versions", "Versions and who holds them", Panel::Queue(versions(setup, state)))
        .with("code", "Readers and updater", Panel::Code(code(setup, state)))
        .with("grace", "Grace period", Panel::Table(grace(setup, state)))
}

fn actor(who: usize) -> u16 {
    u16::try_from(who).unwrap_or_default()
}

fn versions(setup: &Setup, state: &State) -> Queue {
    let row = |it: u8| {
        let freed = it < state.n_freed;
        let note = if freed {
            "freed"
        } else if it == state.current {
            "current"
        } else {
            "old, not freed yet"
        };
        let holders = (0..setup.n).filter(|&who| state.readers[who].held == Some(it));
        let chip = |who: usize| {
            let tone = if freed { Tone::Danger } else { Tone::Running };
            Mark::new(format!("reader.{who}"), name(who))
                .actor(actor(who))
                .tone(tone)
                .detail(format!("{} holds {}", name(who), version(it)))
        };
        QueueRow {
            key: format!("version.{it}"),
            label: version(it),
            note: note.to_owned(),
            marks: holders.map(chip).collect(),
        }
    };
    let mut rows: Vec<QueueRow> = (0..=state.current).map(row).collect();
    let none = |who: &usize| state.readers[*who].held.is_none();
    let chip = |who: usize| {
        let ended = state.readers[who].line == ENDED;
        let tone = if ended { Tone::Done } else { Tone::Plain };
        Mark::new(format!("reader.{who}"), name(who)).actor(actor(who)).tone(tone)
    };
    rows.push(QueueRow {
        key: "none".to_owned(),
        label: "no version".to_owned(),
        note: String::new(),
        marks: (0..setup.n).filter(none).map(chip).collect(),
    });
    Queue { rows }
}

fn code(setup: &Setup, state: &State) -> Code {
    let lines = |text: &[&str]| text.iter().map(ToString::to_string).collect::<Vec<_>>();
    let next = |line: u8| (line != ENDED).then(|| u32::from(line));
    let mut listings = Vec::new();
    for who in 0..setup.n {
        let it = state.readers[who];
        let gone = it.held.is_some_and(|it| it < state.n_freed);
        let (tone, note) = match it.line {
            ENDED => (Tone::Done, "done".to_owned()),
            _ if gone => (Tone::Danger, "holds what is freed".to_owned()),
            1..=3 => (Tone::Running, "in a section".to_owned()),
            _ => (Tone::Plain, "outside".to_owned()),
        };
        listings.push(Listing {
            key: format!("code.{who}"),
            label: name(who),
            actor: Some(actor(who)),
            lines: lines(&READER),
            next: next(it.line),
            tone,
            note,
        });
    }
    let waiting = setup.is_waiting(state);
    let (tone, note) = match state.line {
        ENDED => (Tone::Done, "done"),
        _ if waiting => (Tone::Blocked, "waits for the grace period"),
        _ => (Tone::Running, "can go on"),
    };
    let mut text = lines(&UPDATER);
    if !setup.waits {
        "no waiting".clone_into(&mut text[2]);
    }
    listings.push(Listing {
        key: format!("code.{READERS_MAX}"),
        label: "updater".to_owned(),
        actor: Some(actor(setup.n)),
        lines: text,
        next: next(state.line),
        tone,
        note: note.to_owned(),
    });
    Code { listings }
}

fn grace(setup: &Setup, state: &State) -> Table {
    let columns =
        ["CPU", "Section", "Holds", "Quiescent since the last publication"].map(Column::words);
    let waits = matches!(state.line, 2 | 3);
    let row = |who: usize| {
        let it = state.readers[who];
        let inside = matches!(it.line, 1..=3);
        let held = it.held.map_or_else(String::new, version);
        let (word, tone) = match (waits, it.quiet) {
            (false, _) => ("–", Tone::Muted),
            (true, true) => ("yes", Tone::Good),
            (true, false) => ("not yet", Tone::Blocked),
        };
        let cells = vec![
            Cell::new(name(who)),
            Cell::new(if inside { "open" } else { "none" }),
            Cell::new(held),
            Cell::new(word).tone(tone),
        ];
        TableRow { key: format!("grace.{who}"), actor: Some(actor(who)), marked: false, cells }
    };
    Table { columns: columns.to_vec(), rows: (0..setup.n).map(row).collect() }
}
