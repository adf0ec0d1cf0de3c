//! The picture: listings, memory, registers, locks, and who ran when.

use super::code::{Atomic, Object, Op, Order, Program, THREADS_MAX};
use super::state::{Action, State};
use super::tell;
use super::wait::Wait;
use crate::engine::Frame;
use crate::lang::ast::Kind;
use crate::scene::{
    CellRow, Cells, Code, Gantt, Lane, Listing, Mark, Panel, Queue, QueueRow, Scene, Span, Tone,
};

/// The time axis is a multiple of this long.
const AXIS_STEPS: u64 = 12;

/// Draws the last state of `past`.
pub(crate) fn scene(program: &Program, past: &[Frame<State>]) -> Scene {
    let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
    let actions = actions(program, past);
    let last = actions.last().copied();
    let mut scene = Scene::default()
        .with("code", "Threads", Panel::Code(code(program, state, last)))
        .with("memory", "Shared memory", Panel::Cells(memory(program, past, &actions)));
    if !program.layout.buffers.is_empty() {
        scene = scene.with("buffers", "Store buffers", Panel::Queue(buffers(program, state)));
    }
    if !program.objects.is_empty() {
        let only_locks =
            program.objects.iter().all(|it| matches!(it.kind, Kind::Mutex | Kind::Semaphore));
        let title = if only_locks { "Locks" } else { "Locks and queues" };
        scene = scene.with("locks", title, Panel::Queue(locks(program, state)));
    }
    scene.with("registers", "Registers", Panel::Cells(registers(program, state, last))).with(
        "schedule",
        "Who ran when",
        Panel::Gantt(schedule(program, &actions)),
    )
}

/// The action of every frame but the first.
fn actions(program: &Program, past: &[Frame<State>]) -> Vec<Action> {
    let pairs = past.iter().zip(past.iter().skip(1));
    pairs.filter_map(|(from, to)| from.state.action(program, to.step.pick?)).collect()
}

fn actor(thread: usize) -> u16 {
    u16::try_from(thread).unwrap_or_default()
}

fn code(program: &Program, state: &State, last: Option<Action>) -> Code {
    let broken = state.broken(program).is_some();
    let possible = state.possible(program);
    let listing = |(number, thread): (usize, &super::code::Thread)| {
        let ended = state.ended(program, number);
        let moved = last == Some(Action::Step(number));
        let line = state.next(program, number).line as usize;
        let next = if ended { None } else { shown_at(&thread.lines, line) };
        let wait = state.waits(program, number);
        let (tone, note) = match wait {
            Some(wait) => {
                (Tone::Blocked, format!("waits for {}", tell::waiting(program, state, wait)))
            }
            None if ended => (Tone::Done, "has ended".to_owned()),
            None if moved && broken => (Tone::Danger, "broke a law".to_owned()),
            None if matches!(state.next(program, number).op, Op::Begin) => {
                (Tone::Ready, "may interrupt at any time".to_owned())
            }
            None if possible & (1 << number) == 0 => {
                (Tone::Blocked, "waits until its store buffer is empty".to_owned())
            }
            None => {
                let tone = if moved { Tone::Running } else { Tone::Ready };
                (tone, format!("next: {}", tell::short(program, state, number)))
            }
        };
        Listing {
            key: format!("thread.{}", thread.name),
            label: thread.name.clone(),
            actor: Some(actor(number)),
            lines: shown(program, &thread.lines),
            next,
            tone,
            note,
        }
    };
    Code { listings: program.threads.iter().enumerate().map(listing).collect() }
}

/// The lines of a listing; an empty one stands between functions.
fn shown(program: &Program, ranges: &[(usize, usize)]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for &(first, end) in ranges {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend_from_slice(program.lines.get(first..end).unwrap_or_default());
    }
    lines
}

/// Where a line of the program stands in a listing.
fn shown_at(ranges: &[(usize, usize)], line: usize) -> Option<u32> {
    let mut before = 0;
    for &(first, end) in ranges {
        if (first..end).contains(&line) {
            return u32::try_from(before + line - first).ok();
        }
        before += end - first + 1;
    }
    None
}

/// Shared variables, each with the colour of the thread whose store it holds.
fn memory(program: &Program, past: &[Frame<State>], actions: &[Action]) -> Cells {
    let n_words = program.shared.iter().map(|it| it.len).sum();
    let mut writers = vec![None; n_words];
    let mut fresh = None;
    for (Frame { state, .. }, &action) in past.iter().zip(actions) {
        fresh = written(program, state, action);
        if let Some((word, thread)) = fresh
            && let Some(writer) = writers.get_mut(word - program.layout.memory)
        {
            *writer = Some(thread);
        }
    }
    let Some(Frame { state, .. }) = past.last() else { return Cells { rows: Vec::new() } };
    let mark = |word: usize| {
        let (name, value) = (tell::word_name(program, word), state.word(word));
        let mut mark = Mark::new(format!("memory.{name}"), value.to_string());
        mark.detail = match writers[word - program.layout.memory] {
            Some(thread) => {
                mark.actor = Some(actor(thread));
                format!("{name} is {value}, stored by {}", program.threads[thread].name)
            }
            None => format!("{name} is {value}, as at the start"),
        };
        if fresh.is_some_and(|it| it.0 == word) { mark.tone(Tone::Running) } else { mark }
    };
    // What is not allocated is nobody's.
    let cell = |address: usize, word: usize| {
        let at = i32::try_from(address).unwrap_or_default();
        if state.allocated(program, at) == Some(true) {
            return mark(word);
        }
        let name = tell::word_name(program, word);
        Mark::new(format!("memory.{name}"), "·").tone(Tone::Free).detail(format!("{name} is free"))
    };
    let mut plain = CellRow { label: "shared".to_owned(), heads: Vec::new(), marks: Vec::new() };
    let mut rows = Vec::new();
    for shared in &program.shared {
        let first = program.layout.memory + shared.base;
        let marks = (first..first + shared.len).map(mark);
        if let Some(address) = shared.address {
            let heads = (address..address + shared.len).map(|it| it.to_string()).collect();
            let marks = (0..shared.len).map(|it| cell(address + it, first + it)).collect();
            rows.push(CellRow { label: format!("->{}", shared.name), heads, marks });
        } else if shared.array {
            let heads = (0..shared.len).map(|it| it.to_string()).collect();
            rows.push(CellRow { label: shared.name.clone(), heads, marks: marks.collect() });
        } else {
            plain.heads.push(shared.name.clone());
            plain.marks.extend(marks);
        }
    }
    if !plain.marks.is_empty() || rows.is_empty() {
        rows.insert(0, plain);
    }
    Cells { rows }
}

/// The word of memory that an action writes, and whose store it is.
fn written(program: &Program, before: &State, action: Action) -> Option<(usize, usize)> {
    match action {
        Action::Drain(thread) => {
            before.buffer(program, thread).first().map(|entry| (entry.0, thread))
        }
        Action::Wake(_) => None,
        Action::Step(thread) => {
            let spot = match &before.next(program, thread).op {
                Op::Store { to, .. } if program.layout.buffers.is_empty() => *to,
                Op::Atomic { kind: Atomic::Load, .. } => return None,
                Op::Atomic {
                    kind: Atomic::Store, order: Order::Relaxed | Order::Release, ..
                } if !program.layout.buffers.is_empty() => return None,
                Op::Atomic { spot, .. } => *spot,
                _ => return None,
            };
            program.word(before.registers(program, thread), spot).map(|word| (word, thread))
        }
    }
}

fn registers(program: &Program, state: &State, last: Option<Action>) -> Cells {
    let row = |(number, thread): (usize, &super::code::Thread)| {
        let values = state.registers(program, number);
        let mark = |(name, value): (&String, &i32)| {
            Mark::new(format!("register.{}.{name}", thread.name), value.to_string())
                .detail(format!("{name} of {} is {value}", thread.name))
                .actor(actor(number))
                .tone(match last == Some(Action::Step(number)) {
                    true => Tone::Running,
                    false => Tone::Plain,
                })
        };
        CellRow {
            label: thread.name.clone(),
            heads: thread.registers.clone(),
            marks: thread.registers.iter().zip(values).map(mark).collect(),
        }
    };
    Cells { rows: program.threads.iter().enumerate().map(row).collect() }
}

fn chip(program: &Program, thread: usize, tone: Tone, detail: String) -> Mark {
    let name = &program.threads[thread].name;
    Mark::new(format!("thread.{name}"), name).actor(actor(thread)).tone(tone).detail(detail)
}

/// Whether a blocked thread waits for an object.
fn waits_at(wait: Wait, number: u8) -> bool {
    match wait {
        Wait::Object(object) => object == number,
        Wait::Asleep(bed) => bed.number() == number,
        Wait::Handler(_) | Wait::Cpu(_) => false,
    }
}

/// One row for each mutex and the like: who holds it, then who waits for it. Sleepers stand in the
/// order of their queue.
fn locks(program: &Program, state: &State) -> Queue {
    let n = program.threads.len();
    let row = |(at, object): (usize, &Object)| {
        let number = u8::try_from(at).unwrap_or_default();
        let name = &object.name;
        let mut waiting: Vec<(i32, usize, Wait)> = Vec::new();
        for thread in 0..n {
            if let Some(wait) = state.waits(program, thread).filter(|it| waits_at(*it, number)) {
                let place = state.bed(program, thread).map_or(0, |it| it.1);
                waiting.push((place, thread, wait));
            }
        }
        crate::order::by_key(&mut waiting, |it| it.0);
        let (note, holders) = held(program, state, number);
        let holder = |thread: usize| {
            let holder = &program.threads[thread].name;
            let mut mark = chip(program, thread, Tone::Used, format!("{holder} holds {name}"));
            mark.key = match object.kind {
                Kind::Mutex => format!("holder.{name}"),
                _ => format!("holder.{name}.{holder}"),
            };
            mark
        };
        let mut marks: Vec<Mark> = holders.into_iter().map(holder).collect();
        marks.extend(waiting.into_iter().map(|(_, thread, wait)| {
            let who = &program.threads[thread].name;
            let detail = format!("{who} waits for {}", tell::waiting(program, state, wait));
            chip(program, thread, Tone::Blocked, detail)
        }));
        let key = format!("{}.{name}", object.kind.word());
        QueueRow { key, label: name.clone(), note, marks }
    };
    Queue { rows: program.objects.iter().enumerate().map(row).collect() }
}

/// What is said about an object, and who holds it.
fn held(program: &Program, state: &State, number: u8) -> (String, Vec<usize>) {
    let object = &program.objects[usize::from(number)];
    let owner = state.owner(program, number);
    let count = state.count(program, number);
    match (object.kind, owner) {
        (Kind::Mutex, Some(owner)) => {
            (format!("held by {}", program.threads[owner].name), vec![owner])
        }
        (Kind::RwLock, Some(owner)) => {
            (format!("{} writes", program.threads[owner].name), vec![owner])
        }
        (Kind::Mutex, None) => ("free".to_owned(), Vec::new()),
        (Kind::RwLock, None) if count == 0 => ("free".to_owned(), Vec::new()),
        (Kind::RwLock, None) => {
            let readers = state.readers(program, number);
            let all = (0..program.threads.len()).filter(|it| readers & (1 << it) != 0);
            ("read".to_owned(), all.collect())
        }
        (Kind::Semaphore, _) => (format!("count {count}"), Vec::new()),
        (Kind::Condition, _) => ("condition".to_owned(), Vec::new()),
        (Kind::Barrier, _) => (format!("{count} of {} are here", object.count), Vec::new()),
        (Kind::Futex, _) => ("asleep".to_owned(), Vec::new()),
    }
}

fn buffers(program: &Program, state: &State) -> Queue {
    let row = |(number, thread): (usize, &super::code::Thread)| {
        let entries = state.buffer(program, number);
        let mark = |(n, &(word, value)): (usize, &(usize, i32))| {
            let name = tell::word_name(program, word);
            Mark::new(format!("buffer.{}.{n}", thread.name), format!("{name} = {value}"))
                .detail(format!("{} stored {value} in {name}; memory waits", thread.name))
                .actor(actor(number))
                .tone(Tone::Dirty)
        };
        QueueRow {
            key: format!("buffer.{}", thread.name),
            label: thread.name.clone(),
            note: format!("{} of {}", entries.len(), super::code::BUFFER_MAX),
            marks: entries.iter().enumerate().map(mark).collect(),
        }
    };
    // A handler puts its stores into the buffer of its CPU.
    let own = program.threads.iter().enumerate().filter(|it| it.1.host.is_none());
    Queue { rows: own.map(row).collect() }
}

/// One lane a thread; neighbouring steps of one thread are one span.
fn schedule(program: &Program, actions: &[Action]) -> Gantt {
    let mut lanes: Vec<Lane> = program
        .threads
        .iter()
        .enumerate()
        .take(THREADS_MAX)
        .map(|(number, thread)| Lane {
            key: format!("thread.{}", thread.name),
            label: thread.name.clone(),
            actor: Some(actor(number)),
            spans: Vec::new(),
            events: Vec::new(),
        })
        .collect();
    for (at, action) in actions.iter().enumerate() {
        let start = at as u64;
        let (thread, tone) = match *action {
            Action::Step(thread) => (thread, Tone::Running),
            Action::Drain(thread) | Action::Wake(thread) => (thread, Tone::Overhead),
        };
        let lane = &mut lanes[thread];
        match lane.spans.last_mut() {
            Some(span) if span.end == start && span.mark.tone == tone => span.end += 1,
            _ => {
                let mark = Mark::new(format!("span.{start}"), lane.label.clone());
                let mark = mark.actor(actor(thread)).tone(tone);
                lane.spans.push(Span { start, end: start + 1, mark });
            }
        }
    }
    let now = actions.len() as u64;
    // The axis grows by strides, so that it does not move at every step.
    Gantt { unit: "steps", now, end: (now / AXIS_STEPS + 1) * AXIS_STEPS, lanes }
}
