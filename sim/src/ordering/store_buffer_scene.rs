//! Store buffers drawn: stores travel from their thread through its buffer to memory.

use super::program::{Barrier, Op, Order};
use super::store_buffer::{Act, Setup, State, Store};
use crate::scene::{CellRow, Cells, Code, Listing, Mark, Panel, Queue, QueueRow, Scene, Tone};

/// Where a thread's next line reads from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// It reads nothing.
    Nothing,
    Own,
    Memory,
    /// Memory, while a store of another thread waits.
    Stale,
}

pub(super) fn source(setup: &Setup, state: &State, thread: usize) -> Source {
    let Some(&Op::Load { var, .. }) = setup.op(thread, state.lines[thread]) else {
        return Source::Nothing;
    };
    if setup.own(state, thread, var).is_some() {
        return Source::Own;
    }
    match rival(setup, state, thread, var) {
        Some(_) => Source::Stale,
        None => Source::Memory,
    }
}

/// Another thread whose buffer holds a store to a variable.
fn rival(setup: &Setup, state: &State, thread: usize, var: usize) -> Option<usize> {
    let others = (0..setup.program.threads.len()).filter(|&it| it != thread);
    others.into_iter().find(|&it| setup.own(state, it, var).is_some())
}

fn name(setup: &Setup, thread: usize) -> &str {
    &setup.program.threads[thread].name
}

fn text(setup: &Setup, thread: usize, line: u8) -> &str {
    let lines = &setup.program.threads[thread].lines;
    lines.get(usize::from(line)).map_or("", |it| it.text.as_str())
}

/// `x = 1`.
fn stored(setup: &Setup, state: &State, store: Store) -> String {
    let (var, value) = setup.stored(state, store);
    format!("{} = {value}", setup.program.vars[var])
}

fn oldest(state: &State, thread: usize) -> Store {
    let line = state.waiting(thread).first().copied().unwrap_or_default();
    Store { thread: u8::try_from(thread).unwrap_or_default(), line }
}

pub(super) fn choice(setup: &Setup, state: &State, act: Act) -> String {
    match act {
        Act::Step(thread) => {
            format!("{}: {}", name(setup, thread), text(setup, thread, state.lines[thread]))
        }
        Act::Drain(thread) => {
            let store = stored(setup, state, oldest(state, thread));
            format!("{}'s buffer: {store} to memory", name(setup, thread))
        }
    }
}

pub(super) fn tell(
    setup: &Setup,
    taken: Option<(&State, Act)>,
    after: &State,
) -> (&'static str, String) {
    let Some((before, act)) = taken else {
        let say =
            "Memory holds 0 everywhere and all buffers are empty, because nothing has run yet.";
        return ("start", say.to_owned());
    };
    let thread = match act {
        Act::Step(thread) => thread,
        Act::Drain(thread) => {
            let say = format!(
                "{}'s {} reaches memory, because it is the oldest store of the buffer; all see it now.",
                name(setup, thread),
                stored(setup, before, oldest(before, thread))
            );
            return ("drain", say);
        }
    };
    let who = name(setup, thread);
    let line = before.lines[thread];
    match setup.op(thread, line) {
        Some(&Op::Load { reg, var, .. }) => {
            let what = format!("{} = {}", setup.program.vars[var], after.regs[reg]);
            load(setup, before, thread, var, &what)
        }
        Some(Op::Store { order, .. }) => {
            let store = Store { thread: u8::try_from(thread).unwrap_or_default(), line };
            let what = stored(setup, after, store);
            match (setup.entries, order) {
                (0, _) => (
                    "store",
                    format!("{who} stores {what} in memory at once, because it has no buffer."),
                ),
                (_, Order::SeqCst) => (
                    "exchange",
                    format!(
                        "{who} exchanges {what} into memory, because its buffer is empty and a seq_cst store does not wait there."
                    ),
                ),
                (_, _) => (
                    "store",
                    format!(
                        "{who} puts {what} into its store buffer, because a store does not wait for memory; only {who} sees it."
                    ),
                ),
            }
        }
        Some(Op::Fence(Barrier::Full)) => {
            ("fence", format!("{who} passes its fence, because its buffer is empty."))
        }
        Some(Op::Fence(_)) => {
            ("fence", format!("{who} passes its fence, because this kind costs nothing under TSO."))
        }
        Some(Op::Branch(_)) | None => {
            ("branch", format!("{who} takes its branch, because both sides meet at once."))
        }
    }
}

fn load(
    setup: &Setup,
    before: &State,
    thread: usize,
    var: usize,
    what: &str,
) -> (&'static str, String) {
    let who = name(setup, thread);
    match (source(setup, before, thread), rival(setup, before, thread, var)) {
        (Source::Own, _) => (
            "forward",
            format!(
                "{who} reads {what} from its own buffer, because its newest store to it waits there."
            ),
        ),
        (Source::Stale, Some(other)) => (
            "stale",
            format!(
                "{who} reads {what} from memory, because the newer store of {} still waits in {}'s buffer.",
                name(setup, other),
                name(setup, other)
            ),
        ),
        _ => (
            "load",
            format!("{who} reads {what} from memory, because no store to it waits anywhere."),
        ),
    }
}

pub(super) fn scene(setup: &Setup, state: &State) -> Scene {
    let n = setup.program.threads.len();
    let code = Code { listings: (0..n).map(|it| listing(setup, state, it)).collect() };
    let buffers = Queue { rows: (0..n).map(|it| buffer(setup, state, it)).collect() };
    Scene::default()
        .with("code", "Threads", Panel::Code(code))
        .with("buffers", "Store buffers, the oldest store first", Panel::Queue(buffers))
        .with("memory", "Memory", Panel::Cells(memory(setup, state)))
}

fn listing(setup: &Setup, state: &State, thread: usize) -> Listing {
    let lines = &setup.program.threads[thread].lines;
    let next = u32::from(state.lines[thread]);
    let ended = lines.len() <= usize::from(state.lines[thread]);
    let blocked = !ended && !setup.can_step(state, thread);
    let read: Vec<String> = lines[..usize::from(state.lines[thread])]
        .iter()
        .filter_map(|it| match it.op {
            Op::Load { reg, .. } => {
                Some(format!("{} = {}", setup.program.regs[reg], state.regs[reg]))
            }
            Op::Store { .. } | Op::Fence(_) | Op::Branch(_) => None,
        })
        .collect();
    let note = match (blocked, read.is_empty()) {
        (true, true) => "waits for its buffer".to_owned(),
        (true, false) => format!("{}; waits for its buffer", read.join(", ")),
        (false, _) => read.join(", "),
    };
    Listing {
        key: format!("thread.{thread}"),
        label: name(setup, thread).to_owned(),
        actor: u16::try_from(thread).ok(),
        lines: lines.iter().map(|it| format!("{};", it.text)).collect(),
        next: (!ended).then_some(next),
        tone: match (ended, blocked) {
            (true, _) => Tone::Done,
            (false, true) => Tone::Blocked,
            (false, false) => Tone::Ready,
        },
        note,
    }
}

/// The chip of a store, wherever it is.
fn chip(setup: &Setup, state: &State, store: Store, tone: Tone) -> Mark {
    let thread = usize::from(store.thread);
    let what = stored(setup, state, store);
    Mark::new(format!("store.{thread}.{}", store.line), what.clone())
        .detail(format!("{what}, stored by {}", name(setup, thread)))
        .actor(u16::from(store.thread))
        .tone(tone)
}

fn buffer(setup: &Setup, state: &State, thread: usize) -> QueueRow {
    let number = u8::try_from(thread).unwrap_or_default();
    let waiting = state.waiting(thread);
    let marks = waiting
        .iter()
        .map(|&line| chip(setup, state, Store { thread: number, line }, Tone::Dirty))
        .collect();
    let note = match (setup.entries, waiting.is_empty()) {
        (0, _) => "none",
        (_, true) => "empty",
        (_, false) => "seen by its own thread only",
    };
    QueueRow {
        key: format!("buffer.{thread}"),
        label: name(setup, thread).to_owned(),
        note: note.to_owned(),
        marks,
    }
}

fn memory(setup: &Setup, state: &State) -> Cells {
    let vars = &setup.program.vars;
    let cell = |(var, name): (usize, &String)| match state.memory[var] {
        None => Mark::new(format!("start.{var}"), "0").detail(format!("{name} began at 0")),
        Some(store) => {
            let mut mark = chip(setup, state, store, Tone::Plain);
            mark.label = setup.held(state, var).to_string();
            mark
        }
    };
    let marks = vars.iter().enumerate().map(cell).collect();
    Cells { rows: vec![CellRow { label: "memory".to_owned(), heads: vars.clone(), marks }] }
}
