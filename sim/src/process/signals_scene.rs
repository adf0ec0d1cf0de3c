//! Signals drawn: where each one is, who blocks what, and what the threads do.

use super::signals_run::{Doing, Sent, State};
use super::signals_say::name;
use super::signals_script::{Act, Action, ByDefault, Does, Op, Signal};
use crate::amounts::actor;
use crate::scene::{
    Cell, CellRow, Cells, Code, Column, Listing, Mark, Panel, Queue, QueueRow, Scene, Table,
    TableRow, Tone,
};
use crate::words::list;

/// Draws one state.
pub(super) fn scene(state: &State, ops: &[Op], n_threads: usize) -> Scene {
    Scene::default()
        .with("signals", "Where the signals are", Panel::Queue(queue(state, n_threads)))
        .with(
            "masks",
            "What is done, and who blocks it",
            Panel::Cells(masks(state, ops, n_threads)),
        )
        .with("threads", "What the threads do", Panel::Table(threads(state)))
        .with("script", "Script", Panel::Code(script(state, ops)))
}

fn chip(sent: &Sent, tone: Tone) -> Mark {
    let short = sent.signal.name().trim_start_matches("SIG").to_owned();
    let label = match sent.value {
        Some(value) => format!("{short} = {value}"),
        None => short,
    };
    let detail = format!("{}, number {}", sent.signal.name(), sent.signal.0);
    Mark::new(format!("signal.{}", sent.id), label).tone(tone).detail(detail)
}

/// Signals that are gone and still shown.
const GONE_SHOWN: usize = 5;

fn queue(state: &State, n_threads: usize) -> Queue {
    let row = |key: String, label: String, marks: Vec<Mark>| QueueRow {
        key,
        label,
        note: String::new(),
        marks,
    };
    let all = |sent: &[Sent], tone| sent.iter().map(|it| chip(it, tone)).collect::<Vec<_>>();
    let shared = all(&state.shared, Tone::Ready);
    let mut rows = vec![row("shared".to_owned(), "Pending for the process".to_owned(), shared)];
    for at in 0..n_threads {
        let who = name(at);
        let it = state.threads.get(at);
        let pending = it.map_or_else(Vec::new, |it| all(&it.pending, Tone::Ready));
        rows.push(row(format!("pending.{who}"), format!("Pending for {who}"), pending));
        let handlers = it.map_or(&[][..], |it| &it.handlers);
        let marks = handlers.iter().map(|it| chip(&it.sent, Tone::Running).actor(actor(at)));
        rows.push(row(format!("handlers.{who}"), format!("{who} handles"), marks.collect()));
        let taken = it.and_then(|it| it.taken.as_ref());
        let marks = taken.map(|it| chip(it, Tone::Good).actor(actor(at)));
        if taken.is_some() || it.is_some_and(|it| matches!(it.doing, Doing::SigWait(_))) {
            rows.push(row(
                format!("taken.{who}"),
                format!("{who} got from sigwait"),
                marks.into_iter().collect(),
            ));
        }
    }
    let from = state.gone.len().saturating_sub(GONE_SHOWN);
    let gone = all(&state.gone[from..], Tone::Muted);
    rows.push(row("gone".to_owned(), "Gone, with no handler".to_owned(), gone));
    Queue { rows }
}

/// The signals of a script, each once, by number.
fn used(ops: &[Op]) -> Vec<Signal> {
    let mut all = Vec::new();
    for op in ops {
        match &op.does {
            Does::Kill(signal, _) | Does::ThreadKill(_, signal, _) => all.push(*signal),
            Does::Thread(_, act) => match act {
                Act::Block(signal)
                | Act::Unblock(signal)
                | Act::Set(signal, _)
                | Act::Fault(signal) => {
                    all.push(*signal);
                }
                Act::SigWait(set) => all.extend(set),
                Act::Create | Act::Call { .. } | Act::Done | Act::Return => {}
            },
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn masks(state: &State, ops: &[Op], n_threads: usize) -> Cells {
    let signals = used(ops);
    let heads: Vec<String> =
        signals.iter().map(|it| it.name().trim_start_matches("SIG").to_owned()).collect();
    let cell = |key: String, label: &str, tone: Tone, detail: String| {
        Mark::new(key, label).tone(tone).detail(detail)
    };
    let action = |signal: &Signal| {
        let (label, tone) = match (state.action(*signal), signal.default()) {
            (Action::Handler { restart: true }, _) => ("handler, restart", Tone::Good),
            (Action::Handler { restart: false }, _) => ("handler", Tone::Good),
            (Action::Ignore, _) | (Action::Default, ByDefault::Ignore) => ("ignored", Tone::Muted),
            (Action::Default, ByDefault::End) => ("ends", Tone::Danger),
            (Action::Default, ByDefault::Core) => ("ends, core", Tone::Danger),
            (Action::Default, ByDefault::Stop) => ("stops", Tone::Blocked),
            (Action::Default, ByDefault::Continue) => ("continues", Tone::Plain),
        };
        let detail = format!("{}: {label}", signal.name());
        cell(format!("action.{}", signal.0), label, tone, detail)
    };
    let marks = signals.iter().map(action).collect();
    let mut rows = vec![CellRow { label: "all threads".to_owned(), heads: heads.clone(), marks }];
    for at in 0..n_threads {
        let who = name(at);
        let of = |signal: &Signal| {
            let key = format!("mask.{who}.{}", signal.0);
            let Some(it) = state.threads.get(at) else {
                return cell(key, "", Tone::Free, format!("{who} does not exist yet"));
            };
            let waits = matches!(&it.doing, Doing::SigWait(set) if set.contains(signal));
            let blocks = it.mask & signal.bit() != 0;
            let (label, tone) = match (waits, blocks) {
                (true, _) => ("waits", Tone::Good),
                (false, true) => ("blocks", Tone::Blocked),
                (false, false) => ("open", Tone::Plain),
            };
            cell(key, label, tone, format!("{who}, {}: {label}", signal.name()))
        };
        let marks = signals.iter().map(of).collect();
        rows.push(CellRow { label: who.clone(), heads: heads.clone(), marks });
    }
    Cells { rows }
}

fn threads(state: &State) -> Table {
    let columns =
        vec![Column::words("Thread"), Column::words("does"), Column::words("its last call")];
    let row = |(at, it): (usize, &super::signals_run::Thread)| {
        let (does, tone) = match (&it.doing, it.handlers.last()) {
            _ if state.ended.is_some() => ("ended".to_owned(), Tone::Done),
            _ if state.stopped => ("stopped".to_owned(), Tone::Blocked),
            (_, Some(handler)) => {
                (format!("runs the handler of {}", handler.sent.signal.name()), Tone::Running)
            }
            (Doing::Runs, None) => ("runs".to_owned(), Tone::Running),
            (Doing::Call { restarts: true }, None) => ("waits in read".to_owned(), Tone::Blocked),
            (Doing::Call { restarts: false }, None) => {
                ("waits in nanosleep".to_owned(), Tone::Blocked)
            }
            (Doing::SigWait(set), None) => {
                let names: Vec<String> = set.iter().map(|it| it.name()).collect();
                (format!("waits for {}", list(&names)), Tone::Blocked)
            }
        };
        TableRow {
            key: format!("thread.{}", name(at)),
            actor: Some(actor(at)),
            marked: false,
            cells: vec![Cell::new(name(at)), Cell::new(does).tone(tone), Cell::new(it.result)],
        }
    };
    Table { columns, rows: state.threads.iter().enumerate().map(row).collect() }
}

fn script(state: &State, ops: &[Op]) -> Code {
    let goes_on = state.ended.is_none() && state.n_done < ops.len();
    let next = u32::try_from(state.n_done).ok().filter(|_| goes_on);
    let listing = Listing {
        key: "script".to_owned(),
        label: "What happens".to_owned(),
        actor: None,
        lines: ops.iter().map(|it| it.text.clone()).collect(),
        next,
        tone: if goes_on { Tone::Running } else { Tone::Done },
        note: String::new(),
    };
    Code { listings: vec![listing] }
}
