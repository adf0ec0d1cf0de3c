//! Channels with who waits at both ends, the functions with a marker each, and sentences.

use super::go_lang::{Comm, Op, Program, value};
use super::go_state::{Goroutine, Panic, State, Status};
use crate::engine::Frame;
use crate::scene::{Code, Listing, Mark, Panel, Queue, QueueRow, Scene, Tone};
use crate::words::{count, list};

/// `main`, or G1 and the name of its function.
pub(super) fn who(program: &Program, state: &State, at: usize) -> String {
    match at {
        0 => "main".to_owned(),
        _ => {
            let function = usize::from(state.goroutines[at].function);
            format!("G{at} {}", program.functions[function].name)
        }
    }
}

/// The same as the head of a sentence.
fn head(program: &Program, state: &State, at: usize) -> String {
    if at == 0 { "The goroutine main".to_owned() } else { who(program, state, at) }
}

/// A channel by the name it was made under.
fn channel_name(program: &Program, state: &State, at: usize) -> String {
    let (function, slot) = state.channels[at].name;
    program.functions[usize::from(function)].slots[usize::from(slot)].name.clone()
}

/// Goroutines that have not ended when `main` has.
pub(super) fn n_left(state: &State) -> usize {
    state.goroutines.iter().filter(|it| it.status != Status::Ended).count()
}

fn named(program: &Program, state: &State, at: usize, slot: usize) -> String {
    match state.channel(at, slot) {
        Some(channel) => channel_name(program, state, channel),
        None => "a nil channel".to_owned(),
    }
}

/// What a communication would do, in a few words.
fn comm(program: &Program, state: &State, at: usize, comm: &Comm) -> String {
    let channel = named(program, state, at, comm.channel());
    match comm {
        Comm::Send(_, expr) => {
            let value = value(expr, &state.goroutines[at].slots).unwrap_or(0);
            format!("send {value} into {channel}")
        }
        Comm::Receive(..) => format!("receive from {channel}"),
    }
}

/// The next step of a goroutine, in a few words.
fn next(program: &Program, state: &State, at: usize, case: usize) -> String {
    let slots = &state.goroutines[at].slots;
    match &state.op(program, at).1 {
        Op::Comm(it) => comm(program, state, at, it),
        Op::Range(slot, ..) => format!("receive from {}", named(program, state, at, *slot)),
        Op::Close(slot) => format!("close {}", named(program, state, at, *slot)),
        Op::Print(expr) => format!("print {}", value(expr, slots).unwrap_or(0)),
        Op::Go(function, _) => format!("start {}", program.functions[*function].name),
        Op::Select(cases, default) => {
            let ready = state.moves(program).contains(&(at, case));
            match cases.get(case).filter(|it| ready && state.can(at, &it.0)) {
                Some(it) => format!("select: {}", comm(program, state, at, &it.0)),
                None if default.is_some() => "select: default".to_owned(),
                None => "select: wait".to_owned(),
            }
        }
        Op::Return => "return".to_owned(),
        _ => String::new(),
    }
}

pub(super) fn choice(program: &Program, state: &State, at: usize, case: usize) -> String {
    format!("{}: {}", who(program, state, at), next(program, state, at, case))
}

pub(super) fn tell(
    program: &Program,
    before: Option<(&State, u32)>,
    after: &State,
) -> (&'static str, String) {
    let Some((before, pick)) = before else {
        return ("start", "The program starts with one goroutine, main.".to_owned());
    };
    let moves = before.moves(program);
    let Some(&(at, case)) = usize::try_from(pick).ok().and_then(|it| moves.get(it)) else {
        return ("step", "Nothing can step here, because all have ended.".to_owned());
    };
    let name = head(program, after, at);
    let (tag, mut told) = told(program, (before, after), at, case, &name);
    let woken: Vec<String> = (0..before.goroutines.len())
        .filter(|&it| it != at && before.goroutines[it].status == Status::Parked)
        .filter(|&it| after.goroutines[it].status != Status::Parked)
        .map(|it| who(program, after, it))
        .collect();
    if !woken.is_empty() {
        told = format!("{told}; that lets {} go on", list(&woken));
    }
    if let Some((by, panic)) = after.panic {
        let by = head(program, after, by.into());
        let why = match panic {
            Panic::SendClosed => "nothing may be sent into a closed channel",
            Panic::CloseClosed => "a channel is closed only once",
            Panic::CloseNil => "there is no channel to close",
            Panic::Divide => "it divides by 0",
            Panic::TooMany => "the model has room for eight goroutines and eight channels",
            Panic::Spins => "its loop never communicates",
        };
        return ("panic", format!("{by} ends the program, because {why}."));
    }
    if after.is_over() {
        let left = match n_left(after) {
            0 => "nobody is left behind".to_owned(),
            n => format!("{} left behind, wherever they stand", count(n as u64, "goroutines")),
        };
        return ("end", format!("{told}; then main returns and the program ends: {left}."));
    }
    if after.moves(program).is_empty() {
        return (
            "deadlock",
            format!("{told}: now all goroutines are asleep, and Go reports a deadlock."),
        );
    }
    (tag, told + ".")
}

fn told(
    program: &Program,
    (before, after): (&State, &State),
    at: usize,
    case: usize,
    name: &str,
) -> (&'static str, String) {
    let parked = after.goroutines[at].status == Status::Parked;
    let slots = &before.goroutines[at].slots;
    match &before.op(program, at).1 {
        Op::Comm(it) => communicated(program, (before, after), at, it, name, parked),
        Op::Select(cases, default) => {
            let ready = cases.get(case).filter(|it| before.can(at, &it.0));
            match (ready, default) {
                (Some((it, _)), _) => {
                    let n = moves_of(program, before, at);
                    let (tag, told) = communicated(program, (before, after), at, it, name, false);
                    let why = if n < 2 {
                        "the only case that is ready"
                    } else {
                        "one of the cases that are ready"
                    };
                    (tag, format!("{told}, {why}"))
                }
                (None, Some(_)) => {
                    ("default", format!("{name} takes its default, because no case is ready"))
                }
                (None, None) => {
                    let cases: Vec<String> =
                        cases.iter().map(|it| comm(program, before, at, &it.0)).collect();
                    let cases = crate::words::join(&cases, "or");
                    ("wait", format!("{name} waits until it can {cases}"))
                }
            }
        }
        Op::Range(slot, ..) => {
            let it = Comm::Receive(*slot, None, None);
            let channel = before.channel(at, *slot);
            let empty = channel.is_some_and(|it| {
                let it = &before.channels[it];
                it.closed && it.values.is_empty() && it.senders.is_empty()
            });
            match empty {
                true => {
                    let channel = named(program, before, at, *slot);
                    (
                        "receive",
                        format!("{name} leaves its loop, because {channel} is closed and empty"),
                    )
                }
                false => communicated(program, (before, after), at, &it, name, parked),
            }
        }
        Op::Close(slot) => {
            let channel = named(program, before, at, *slot);
            (
                "close",
                format!("{name} closes {channel}: no more will come, and what is in it stays"),
            )
        }
        Op::Print(expr) => ("print", format!("{name} prints {}", value(expr, slots).unwrap_or(0))),
        Op::Go(..) => {
            let new = who(program, after, after.goroutines.len() - 1);
            ("go", format!("{name} starts {new}, which may run at any time from now on"))
        }
        _ => ("step", format!("{name} goes on")),
    }
}

fn moves_of(program: &Program, state: &State, at: usize) -> usize {
    state.moves(program).iter().filter(|it| it.0 == at).count()
}

fn communicated(
    program: &Program,
    (before, after): (&State, &State),
    at: usize,
    it: &Comm,
    name: &str,
    parked: bool,
) -> (&'static str, String) {
    let channel = named(program, before, at, it.channel());
    let Some(index) = before.channel(at, it.channel()) else {
        return ("wait", format!("{name} waits for ever, because its channel is nil"));
    };
    let was = &before.channels[index];
    match it {
        Comm::Send(_, expr) => {
            let value = value(expr, &before.goroutines[at].slots).unwrap_or(0);
            if parked {
                let why = match was.room {
                    0 => format!("nobody receives from {channel}, which has no room"),
                    room => format!("all {} of {channel} are taken", count(room.into(), "places")),
                };
                return ("wait", format!("{name} waits with {value} in its hand, because {why}"));
            }
            match was.receivers.first() {
                Some(&first) => {
                    let first = who(program, before, first.into());
                    ("send", format!("{name} hands {value} to {first}, which waited at {channel}"))
                }
                None => {
                    let n = after.channels[index].values.len();
                    let of = was.room;
                    (
                        "send",
                        format!("{name} leaves {value} in {channel}, which now holds {n} of {of}"),
                    )
                }
            }
        }
        Comm::Receive(..) => {
            if parked {
                let why = format!("{channel} is empty and still open");
                return ("wait", format!("{name} waits to receive, because {why}"));
            }
            match (was.values.first(), was.senders.first()) {
                (Some(value), _) => {
                    ("receive", format!("{name} takes {value}, the oldest in {channel}"))
                }
                (None, Some(&first)) => {
                    let first = who(program, before, first.into());
                    (
                        "receive",
                        format!(
                            "{name} takes a value from the hand of {first}, which waited at {channel}"
                        ),
                    )
                }
                (None, None) => (
                    "receive",
                    format!("{name} gets 0 from {channel} at once, because it is closed and empty"),
                ),
            }
        }
    }
}

pub(super) fn scene(program: &Program, past: &[Frame<State>]) -> Scene {
    let Some(last) = past.last() else { return Scene::default() };
    let state = &last.state;
    Scene::default()
        .with("channels", "Channels and who waits at them", Panel::Queue(channels(program, state)))
        .with("program", "Where each goroutine is", Panel::Code(code(program, state)))
        .with("console", "Printed", Panel::Queue(console(program, state)))
}

fn channels(program: &Program, state: &State) -> Queue {
    let mut rows = Vec::new();
    let mut row = |key: String, label: String, note: String, marks: Vec<Mark>| {
        rows.push(QueueRow { key, label, note, marks });
    };
    let chip = |at: usize, key: String, tone: Tone, does: &str| {
        let name = who(program, state, at);
        let mark = Mark::new(key, name.clone()).tone(tone).detail(format!("{name} {does}"));
        mark.actor(u16::try_from(at).unwrap_or(0))
    };
    let of = |status: Status, tone: Tone, does: &str| {
        let all = state.goroutines.iter().enumerate().filter(|(_, it)| it.status == status);
        all.map(|(at, _)| chip(at, format!("g.{at}"), tone, does)).collect::<Vec<Mark>>()
    };
    row(
        "ready".into(),
        "can step".into(),
        String::new(),
        of(Status::Ready, Tone::Ready, "can step"),
    );
    let mut shown = Vec::new();
    for (index, channel) in state.channels.iter().enumerate() {
        let name = channel_name(program, state, index);
        let mut waiting = |queue: &[u8], does: &str| {
            let one = |&at: &u8| {
                // In a select one goroutine waits in several queues.
                let key = if shown.contains(&at) {
                    format!("g.{at}.{index}.{does}")
                } else {
                    format!("g.{at}")
                };
                shown.push(at);
                chip(at.into(), key, Tone::Blocked, does)
            };
            queue.iter().map(one).collect::<Vec<Mark>>()
        };
        let senders = waiting(&channel.senders, "waits to send");
        let receivers = waiting(&channel.receivers, "waits to receive");
        row(format!("send.{index}"), format!("to {name}"), String::new(), senders);
        let room = match channel.room {
            0 => "no room".to_owned(),
            room => format!("{} of {room}", channel.values.len()),
        };
        let end = if channel.closed { ", closed" } else { "" };
        let value = |(at, value): (usize, &i32)| {
            let number = (usize::from(channel.taken) + at) % 16;
            Mark::new(format!("v.{index}.{number}"), value.to_string())
                .tone(if channel.closed { Tone::Muted } else { Tone::Used })
                .detail(format!("{value} in {name}, number {} to leave it", at + 1))
        };
        let values = channel.values.iter().enumerate().map(value).collect();
        row(format!("room.{index}"), name.clone(), format!("{room}{end}"), values);
        row(format!("receive.{index}"), format!("from {name}"), String::new(), receivers);
    }
    let lost = |it: &usize| !shown.contains(&u8::try_from(*it).unwrap_or(0));
    let parked =
        (0..state.goroutines.len()).filter(|&it| state.goroutines[it].status == Status::Parked);
    let nil = parked
        .filter(lost)
        .map(|it| chip(it, format!("g.{it}"), Tone::Danger, "waits at nil for ever"));
    row("nil".into(), "at nil, for ever".into(), String::new(), nil.collect());
    row("ended".into(), "ended".into(), String::new(), of(Status::Ended, Tone::Done, "has ended"));
    Queue { rows }
}

fn code(program: &Program, state: &State) -> Code {
    let listing = |(at, goroutine): (usize, &Goroutine)| {
        let function = &program.functions[usize::from(goroutine.function)];
        let lines: Vec<String> =
            program.lines.get(function.first..=function.last).unwrap_or_default().to_vec();
        let ended = goroutine.status == Status::Ended;
        let line = state.op(program, at).0.saturating_sub(function.first);
        let variables = function.slots.iter().zip(&goroutine.slots).filter(|it| !it.0.is_chan);
        let variables: Vec<String> =
            variables.map(|(slot, value)| format!("{} = {value}", slot.name)).collect();
        let tone = match goroutine.status {
            Status::Ready => Tone::Ready,
            Status::Parked => Tone::Blocked,
            Status::Ended => Tone::Done,
        };
        Listing {
            key: format!("g.{at}"),
            label: who(program, state, at),
            actor: u16::try_from(at).ok(),
            lines,
            next: if ended { None } else { u32::try_from(line).ok() },
            tone,
            note: variables.join(", "),
        }
    };
    Code { listings: state.goroutines.iter().enumerate().map(listing).collect() }
}

fn console(program: &Program, state: &State) -> Queue {
    let mark = |(line, &(at, value)): (usize, &(u8, i32))| {
        let by = who(program, state, at.into());
        Mark::new(format!("line.{line}"), value.to_string())
            .actor(at.into())
            .detail(format!("printed by {by}"))
    };
    let marks: Vec<Mark> = state.printed.iter().enumerate().map(mark).collect();
    let note = count(marks.len() as u64, "lines");
    Queue { rows: vec![QueueRow { key: "console".into(), label: "console".into(), note, marks }] }
}
