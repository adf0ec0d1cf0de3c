//! The banker's books drawn: who holds what, who may still need what, and what is free.

use super::bankers::{LISTED_MAX, State, words};
use super::words::actor;
use crate::scene::{
    Cell, CellRow, Cells, Column, Mark, Panel, Queue, QueueRow, Scene, Stat, Stats, Table,
    TableRow, Tone,
};

/// Draws one state.
pub(crate) fn scene(processes: &[String], resources: &[String], state: &State) -> Scene {
    Scene::default()
        .with("books", "The books", Panel::Table(books(processes, state)))
        .with("free", "Free units", Panel::Cells(free(resources, state)))
        .with("walk", "The walk", Panel::Queue(walk(processes, state)))
        .with("orders", "Safe orders", Panel::Table(orders(processes, state)))
        .with("now", "Now", Panel::Stats(stats(processes, state)))
}

fn books(processes: &[String], state: &State) -> Table {
    let columns = vec![
        Column::words("Process"),
        Column::numbers("Holds"),
        Column::numbers("At most"),
        Column::numbers("May still need"),
        Column::words("In the walk"),
    ];
    let row = |(at, name): (usize, &String)| {
        let (held, need) = (state.claims.held(at), state.claims.asked(at));
        let most: Vec<u32> = held.iter().zip(need).map(|(a, b)| a + b).collect();
        let done = state.walked.iter().position(|it| it.0 == at);
        let about = state.about.is_some_and(|it| it.process == at);
        let (note, tone) = match done {
            Some(place) => (format!("finishes as number {}", place + 1), Tone::Good),
            None if about => ("not yet".to_owned(), Tone::Miss),
            None => (String::new(), Tone::Plain),
        };
        let cells = vec![
            Cell::new(name),
            Cell::new(words(held)),
            Cell::new(words(&most)),
            Cell::new(words(need)).tone(if about { tone } else { Tone::Plain }),
            Cell::new(note).tone(tone),
        ];
        TableRow { key: format!("row.{name}"), actor: Some(actor(at)), marked: about, cells }
    };
    Table { columns, rows: processes.iter().enumerate().map(row).collect() }
}

fn free(resources: &[String], state: &State) -> Cells {
    let now = state.claims.free();
    let row = |key: &str, label: &str, units: &[u32], tone: Tone| CellRow {
        label: label.to_owned(),
        heads: resources.to_vec(),
        marks: units
            .iter()
            .zip(resources)
            .map(|(units, name)| {
                Mark::new(format!("{key}.{name}"), units.to_string())
                    .detail(format!("{units} of {name} {label}"))
                    .tone(tone)
            })
            .collect(),
    };
    Cells {
        rows: vec![
            row("total", "in all", state.claims.total(), Tone::Muted),
            row("free", "free now", &now, Tone::Plain),
            row("work", "free in the walk", &state.work, Tone::Good),
        ],
    }
}

fn chip(at: usize, name: &str, key: &str) -> Mark {
    Mark::new(format!("{key}.{name}"), name).actor(actor(at))
}

fn walk(processes: &[String], state: &State) -> Queue {
    let finished: Vec<Mark> = state
        .walked
        .iter()
        .map(|(at, free)| {
            let detail = format!("{} free after {}", words(free), processes[*at]);
            chip(*at, &processes[*at], "process").tone(Tone::Done).detail(detail)
        })
        .collect();
    let waiting = (0..processes.len())
        .filter(|it| state.walked.iter().all(|walked| walked.0 != *it))
        .map(|at| {
            let about = state.about.is_some_and(|it| it.process == at);
            let tone = if about { Tone::Miss } else { Tone::Plain };
            chip(at, &processes[at], "process").tone(tone)
        })
        .collect();
    let row = |key: &str, label: &str, marks: Vec<Mark>| QueueRow {
        key: key.to_owned(),
        label: label.to_owned(),
        note: String::new(),
        marks,
    };
    Queue {
        rows: vec![row("finished", "can finish", finished), row("waiting", "not yet", waiting)],
    }
}

fn orders(processes: &[String], state: &State) -> Table {
    let columns = vec![Column::numbers("Number"), Column::words("Order")];
    let listed = state.sequences.as_ref().map(|it| it.1.as_slice()).unwrap_or_default();
    let walked: Vec<usize> = state.walked.iter().map(|it| it.0).collect();
    let row = |(at, order): (usize, &Vec<usize>)| {
        let names: Vec<&str> = order.iter().map(|&it| processes[it].as_str()).collect();
        let cells = vec![Cell::new((at + 1).to_string()), Cell::new(names.join(", "))];
        TableRow { key: format!("order.{at}"), actor: None, marked: *order == walked, cells }
    };
    Table { columns, rows: listed.iter().enumerate().map(row).collect() }
}

fn stats(processes: &[String], state: &State) -> Stats {
    let request = match &state.request {
        Some((process, units)) => {
            format!("{} for {} {}", processes[*process], words(units), state.request_note)
        }
        None => "none".to_owned(),
    };
    let sequences = match &state.sequences {
        None => "–".to_owned(),
        Some((n, listed)) if (listed.len() as u64) < *n => {
            format!("{n}, of which {LISTED_MAX} are listed")
        }
        Some((n, _)) => n.to_string(),
    };
    Stats {
        items: vec![Stat::new("request", request, ""), Stat::new("safe orders", sequences, "")],
    }
}
