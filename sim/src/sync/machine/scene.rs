//! The picture: listings, memory, registers, locks, and who ran when.

use super::code::{Op, Program, THREADS_MAX};
use super::state::{Action, State};
use super::tell;
use crate::engine::Frame;
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
    if !program.mutexes.is_empty() || !program.semaphores.is_empty() {
        scene = scene.with("locks", "Locks", Panel::Queue(locks(program, state)));
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
        let (first, end) = thread.lines;
        let line = state.next(program, number).line as usize;
        let next = (!ended).then(|| u32::try_from(line.saturating_sub(first)).unwrap_or_default());
        let wait = state.waits(program, number);
        let (tone, note) = match wait {
            Some(wait) => (Tone::Blocked, format!("waits for {}", tell::waiting(program, wait))),
            None if ended => (Tone::Done, "has ended".to_owned()),
            None if moved && broken => (Tone::Danger, "broke a law".to_owned()),
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
            lines: program.lines.get(first..end).unwrap_or_default().to_vec(),
            next,
            tone,
            note,
        }
    };
    Code { listings: program.threads.iter().enumerate().map(listing).collect() }
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
    let mut plain = CellRow { label: "shared".to_owned(), heads: Vec::new(), marks: Vec::new() };
    let mut rows = Vec::new();
    for shared in &program.shared {
        let first = program.layout.memory + shared.base;
        let marks = (first..first + shared.len).map(mark);
        if shared.array {
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
        Action::Step(thread) => {
            let spot = match &before.next(program, thread).op {
                Op::Store { to, .. } if program.layout.buffers.is_empty() => *to,
                Op::Atomic { kind, spot, .. } if *kind != super::code::Atomic::Load => *spot,
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

fn locks(program: &Program, state: &State) -> Queue {
    use super::state::Wait;
    let n = program.threads.len();
    let waiting = |fits: &dyn Fn(Wait) -> bool| -> Vec<Mark> {
        let wait = |thread: usize| {
            state.waits(program, thread).filter(|it| fits(*it)).map(|it| (thread, it))
        };
        let mark = |(thread, wait): (usize, Wait)| {
            let name = &program.threads[thread].name;
            let detail = format!("{name} waits for {}", tell::waiting(program, wait));
            chip(program, thread, Tone::Blocked, detail)
        };
        (0..n).filter_map(wait).map(mark).collect()
    };
    let mut rows = Vec::new();
    for (number, name) in program.mutexes.iter().enumerate() {
        let mutex = u8::try_from(number).unwrap_or_default();
        let mut marks = Vec::new();
        let note = match state.owner(program, mutex) {
            None => "free".to_owned(),
            Some(owner) => {
                let holder = &program.threads[owner].name;
                let mut mark = chip(program, owner, Tone::Used, format!("{holder} holds {name}"));
                mark.key = format!("holder.{name}");
                marks.push(mark);
                format!("held by {holder}")
            }
        };
        marks.extend(waiting(&|it| matches!(it, Wait::Mutex(other, _) if other == mutex)));
        rows.push(QueueRow { key: format!("mutex.{name}"), label: name.clone(), note, marks });
    }
    for (number, (name, _)) in program.semaphores.iter().enumerate() {
        let semaphore = u8::try_from(number).unwrap_or_default();
        let note = format!("count {}", state.count(program, semaphore));
        let marks = waiting(&|it| it == Wait::Semaphore(semaphore));
        rows.push(QueueRow { key: format!("semaphore.{name}"), label: name.clone(), note, marks });
    }
    Queue { rows }
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
    Queue { rows: program.threads.iter().enumerate().map(row).collect() }
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
            Action::Drain(thread) => (thread, Tone::Overhead),
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
