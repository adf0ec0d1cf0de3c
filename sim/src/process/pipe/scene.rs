//! The ring with its bytes, what each process does, and what has arrived.

use super::world::{Bytes, Life, Setup, World, bytes, name};
use crate::amounts::actor;
use crate::engine::Frame;
use crate::scene::{
    Code, Listing, Mark, Panel, Part, Pin, Queue, QueueRow, Scene, Stat, Stats, Strip, StripRow,
    Tone,
};
use crate::words::grouped;

/// Chips that a row shows.
const CHIPS_MAX: usize = 12;

/// Draws the last state.
pub(super) fn scene(setup: &Setup, past: &[Frame<World>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    Scene::default()
        .with("ring", "The ring in the kernel", Panel::Strip(ring(setup, state)))
        .with("processes", "Processes", Panel::Code(code(setup, state)))
        .with("arrived", "What has arrived", Panel::Queue(arrived(state)))
        .with("now", "So far", Panel::Stats(stats(setup, state)))
}

fn key(it: &Bytes) -> String {
    format!("bytes.{}.{}", it.who, it.from)
}

/// The bytes lie still, and the two places go round.
fn ring(setup: &Setup, world: &World) -> Strip {
    let capacity = setup.capacity;
    let mut parts = Vec::new();
    let mut at = world.n_out;
    for it in &world.ring {
        let start = at % capacity;
        let end = start + it.len;
        at += it.len;
        let detail = format!("{}, from {}", bytes(it.len), name(it.who));
        let mark = |key: String| {
            Mark::new(key, name(it.who))
                .actor(actor(it.who))
                .tone(Tone::Used)
                .detail(detail.clone())
        };
        if end <= capacity {
            parts.push(Part { start, end, mark: mark(key(it)) });
        } else {
            // What does not fit at the end goes on at the beginning.
            parts.push(Part { start, end: capacity, mark: mark(key(it)) });
            let rest = mark(format!("{}.rest", key(it)));
            parts.push(Part { start: 0, end: end - capacity, mark: rest });
        }
    }
    crate::order::by_key(&mut parts, |it| it.start);
    let pin = |key: &str, label: &str, at: u64| Pin {
        at: at % capacity,
        mark: Mark::new(key, label).detail(format!("The next byte is {label} here")),
    };
    // In a ring that is empty or full both places are the same.
    let pins = if world.n_in % capacity == world.n_out % capacity {
        vec![pin("out", "read and written", world.n_out)]
    } else {
        vec![pin("out", "read", world.n_out), pin("in", "written", world.n_in)]
    };
    Strip {
        start: 0,
        end: capacity,
        unit: "bytes",
        rows: vec![StripRow { key: "ring".to_owned(), label: "ring".to_owned(), parts, pins }],
    }
}

fn code(setup: &Setup, world: &World) -> Code {
    let listing = |(who, it): (usize, &super::world::Proc)| {
        let over = matches!(it.life, Life::Ended | Life::Killed);
        let ends = match (it.reads && !over, it.writes && !over) {
            (true, true) => "both ends open",
            (true, false) => "read end open",
            (false, true) => "write end open",
            (false, false) => "no end open",
        };
        let (tone, what) = match it.life {
            Life::Asleep => (Tone::Blocked, "asleep, "),
            Life::Ended => (Tone::Done, "ended, "),
            Life::Killed => (Tone::Danger, "ended by SIGPIPE, "),
            Life::Awake if world.acting == Some(who) => (Tone::Running, ""),
            Life::Awake => (Tone::Ready, ""),
        };
        let mut lines: Vec<String> =
            setup.parts[who].ops.iter().map(|it| it.text.clone()).collect();
        lines.push("exit".to_owned());
        Listing {
            key: format!("code.{who}"),
            label: name(who),
            actor: Some(actor(who)),
            lines,
            next: u32::try_from(it.at).ok().filter(|_| !over),
            tone,
            note: format!("{what}{ends}"),
        }
    };
    Code { listings: world.procs.iter().enumerate().map(listing).collect() }
}

fn arrived(world: &World) -> Queue {
    let mut rows = Vec::new();
    for (who, it) in world.procs.iter().enumerate() {
        if !it.reads && it.got.is_empty() {
            continue;
        }
        let n: u64 = it.got.iter().map(|it| it.len).sum();
        let chip = |it: &Bytes| {
            let detail = format!("{}, written by {}", bytes(it.len), name(it.who));
            Mark::new(key(it), grouped(it.len)).actor(actor(it.who)).detail(detail)
        };
        let skip = it.got.len().saturating_sub(CHIPS_MAX);
        rows.push(QueueRow {
            key: format!("got.{who}"),
            label: format!("{} has read", name(who)),
            note: bytes(n),
            marks: it.got.iter().skip(skip).map(chip).collect(),
        });
    }
    if rows.is_empty() {
        rows.push(QueueRow {
            key: "nobody".to_owned(),
            label: "nobody reads".to_owned(),
            note: String::new(),
            marks: Vec::new(),
        });
    }
    Queue { rows }
}

fn stats(setup: &Setup, world: &World) -> Stats {
    let totals = &world.totals;
    let open = |read: bool| world.holders(read).len().to_string();
    Stats {
        items: vec![
            Stat::new("in the ring", grouped(world.used()), "bytes"),
            Stat::new("room", grouped(setup.capacity - world.used()), "bytes"),
            Stat::new("read end open in", open(true), "processes"),
            Stat::new("write end open in", open(false), "processes"),
            Stat::new("calls that slept", totals.n_sleeps.to_string(), "calls"),
            Stat::new("switches", totals.n_switches.to_string(), "switches"),
        ],
    }
}
