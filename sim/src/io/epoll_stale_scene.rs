//! Who has which number, where the events of a batch are, and where the loop stands.

use super::epoll_bugs::Scenario;
use super::epoll_stale::{End, Event, Guard, LISTENER, Life, Stale, names};
use crate::amounts::actor;
use crate::scene::{
    CellRow, Cells, Code, Listing, Mark, Panel, Queue, QueueRow, Scene, Stat, Stats, Tone,
};

/// Draws a state.
pub(super) fn scene(scenario: &Scenario, it: &Stale) -> Scene {
    let names = names(scenario);
    Scene::default()
        .with("numbers", "Who has which number", Panel::Cells(numbers(&names, it)))
        .with("events", "Where the events are", Panel::Queue(events(scenario, &names, it)))
        .with("code", "The program", Panel::Code(code(scenario, it)))
        .with("counts", "So far", Panel::Stats(counts(it)))
}

fn numbers(names: &[String], it: &Stale) -> Cells {
    let mut heads = vec![LISTENER.to_string()];
    let mut who = vec![Mark::new("listener", "listen").tone(Tone::Muted)];
    let mut generations = vec![Mark::new("generation.4", "0").tone(Tone::Muted)];
    for (slot, holder) in it.numbers.iter().enumerate() {
        let number = slot + LISTENER + 1;
        heads.push(number.to_string());
        who.push(match holder {
            Some(at) => Mark::new(format!("client.{}", names[*at]), names[*at].as_str())
                .actor(actor(*at))
                .tone(if it.clients[*at].life == Life::Closing {
                    Tone::Blocked
                } else {
                    Tone::Used
                })
                .detail(format!("{number} is the connection of {}", names[*at])),
            None => Mark::new(format!("free.{number}"), "").tone(Tone::Free),
        });
        let generation = it.generations[slot];
        let tone = if generation == 0 { Tone::Plain } else { Tone::Dirty };
        generations.push(
            Mark::new(format!("generation.{number}"), generation.to_string())
                .tone(tone)
                .detail(format!("{number} was closed so often")),
        );
    }
    Cells {
        rows: vec![
            CellRow { label: "Connection".to_owned(), heads, marks: who },
            CellRow { label: "Generation".to_owned(), heads: Vec::new(), marks: generations },
        ],
    }
}

fn events(scenario: &Scenario, names: &[String], it: &Stale) -> Queue {
    let chip = |client: Option<usize>, (number, generation): (usize, u32), tone: Tone| {
        let Some(at) = client else {
            return Mark::new("event.listener", "listener").tone(tone);
        };
        let name = &names[at];
        let label = match scenario.guard {
            Guard::Generation => format!("{number}.{generation} {name}"),
            Guard::None | Guard::Later => format!("{number} {name}"),
        };
        Mark::new(format!("event.{name}"), label)
            .actor(actor(at))
            .tone(tone)
            .detail(format!("an event of {name}: number {number}, generation {generation}"))
    };
    let is_stale =
        |event: &Event| event.client.is_some_and(|at| !matches!(it.clients[at].life, Life::Open));
    let fetched = |event: &Event| {
        chip(event.client, event.tag, if is_stale(event) { Tone::Danger } else { Tone::Ready })
    };
    let done = |(event, end): &(Event, End)| {
        let tone = match end {
            End::Right => Tone::Done,
            End::Wrong => Tone::Danger,
            End::Thrown => Tone::Muted,
            End::Nobody => Tone::Miss,
        };
        chip(event.client, event.tag, tone)
    };
    let out = |at: usize| {
        let client = if at < names.len() { Some(at) } else { None };
        let held = it.batch.iter().chain(it.done.iter().map(|it| &it.0));
        !held.into_iter().any(|it| it.client == client)
    };
    let in_kernel = it.ready.iter().copied().filter(|&at| out(at)).map(|at| {
        let client = it.clients.get(at);
        let tag = client.map_or((LISTENER, 0), |it| it.tag);
        chip(client.map(|_| at), tag, Tone::Plain)
    });
    let row = |key: &str, label: &str, marks: Vec<Mark>| QueueRow {
        key: key.to_owned(),
        label: label.to_owned(),
        note: String::new(),
        marks,
    };
    Queue {
        rows: vec![
            row("kernel", "Ready list", in_kernel.collect()),
            row("fetched", "Fetched", it.batch.iter().map(fetched).collect()),
            row("done", "Handled", it.done.iter().map(done).collect()),
        ],
    }
}

fn code(scenario: &Scenario, it: &Stale) -> Code {
    let mut lines = vec!["n = epoll_wait(ep, events, …);", "for each event e"];
    match scenario.guard {
        Guard::None => lines.push("    handle(e.fd);"),
        Guard::Generation => {
            lines.extend(["    if (generation[e.fd] == e.generation)", "        handle(e.fd);"]);
        }
        Guard::Later => {
            lines.extend(["    if (!e.connection->closing)", "        handle(e.connection);"]);
            lines.push("close what is on the list;");
        }
    }
    let next = match (it.batch.is_empty(), it.done.is_empty()) {
        (true, _) if !it.later.is_empty() => 4,
        (true, _) => 0,
        (false, _) => 2,
    };
    let note = it.batch.first().map_or(String::new(), |it| format!("e is of {}", it.tag.0));
    let tone = if it.batch.is_empty() { Tone::Idle } else { Tone::Running };
    let listing = Listing {
        key: "loop".to_owned(),
        label: "Loop".to_owned(),
        actor: None,
        lines: lines.into_iter().map(str::to_owned).collect(),
        next: Some(next),
        tone,
        note,
    };
    Code { listings: vec![listing] }
}

fn counts(it: &Stale) -> Stats {
    Stats {
        items: vec![
            Stat::new("handled", it.n_handled.to_string(), "events"),
            Stat::new("of the wrong connection", it.n_wrong.to_string(), ""),
            Stat::new("thrown away", it.n_thrown.to_string(), ""),
            Stat::new("cut off by mistake", it.n_cut_off.to_string(), ""),
        ],
    }
}
