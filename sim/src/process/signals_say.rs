//! What happens to a signal, in sentences that say why.

use super::signals_run::{Doing, Fate, Sent, State};
use super::signals_script::{Act, Action, Signal};
use crate::engine::Shot;
use crate::words::list;

/// A thread by its name.
pub(super) fn name(thread: usize) -> String {
    format!("T{}", thread + 1)
}

fn with_value(sent: Sent) -> String {
    match sent.value {
        Some(value) => format!("{} with the value {value}", sent.signal.name()),
        None => sent.signal.name(),
    }
}

pub(super) fn start() -> String {
    "T1 is the only thread of the process; it blocks no signal, and nothing is set, so every signal \
     would do what it does by default."
        .to_owned()
}

pub(super) fn send(
    state: &State,
    to: Option<usize>,
    sent: Sent,
    fate: Fate,
    woken: bool,
) -> String {
    let signal = with_value(sent);
    let whom = to.map_or_else(|| "the process".to_owned(), name);
    let blockers = if to.is_some() { "it blocks" } else { "every thread blocks" };
    let waits = |it: usize| matches!(state.threads[it].doing, Doing::SigWait(_));
    let what = match fate {
        Fate::To(thread) if waits(thread) => format!("{} waits for it in sigwait", name(thread)),
        Fate::To(thread) if to.is_none() && 1 < state.threads.len() => {
            format!("{} is the first thread that does not block it", name(thread))
        }
        Fate::To(thread) => format!("{} does not block it and takes it at once", name(thread)),
        Fate::Pending if state.stopped => {
            "it stays pending, because the process is stopped".to_owned()
        }
        Fate::Pending => format!("it stays pending, because {blockers} it"),
        Fate::Lost => format!(
            "it is lost, because one {} is pending already and standard signals do not queue",
            sent.signal.name()
        ),
        Fate::Ignored => {
            let how = match state.action(sent.signal) {
                Action::Ignore => "it is set to be ignored",
                Action::Default | Action::Handler { .. } => "that is its default",
            };
            format!("it is thrown away, because {how}")
        }
    };
    let woken = if woken { " The process goes on, whoever blocks the signal." } else { "" };
    format!("Somebody sends {signal} to {whom}: {what}.{woken}")
}

/// Who gets the signal, where there is more than one answer.
pub(super) fn ask_send(before: &State, fate: Fate, shot: Shot<State>) -> Shot<State> {
    let n = before.threads.len();
    let mut options: Vec<String> = (0..n).map(|it| format!("{} gets it", name(it))).collect();
    options.extend(["it stays pending", "it is lost or thrown away"].map(str::to_owned));
    let answer = match fate {
        Fate::To(thread) => thread,
        Fate::Pending => n,
        Fate::Lost | Fate::Ignored => n + 1,
    };
    shot.ask("What becomes of the signal?", options, answer)
}

pub(super) fn skip(state: &State, thread: usize, act: &Act) -> String {
    let it = &state.threads[thread];
    let why = match (act, &it.doing) {
        _ if state.stopped => "the process is stopped",
        (Act::Return, Doing::Runs) => "no handler of it runs",
        (Act::Done, Doing::Runs) if !it.handlers.is_empty() => "its handler runs first",
        (Act::Done, Doing::Runs) => "it is in no call",
        (_, Doing::SigWait(_)) => "it waits in sigwait",
        _ => "it waits in a call",
    };
    format!("{} cannot do that now, because {why}.", name(thread))
}

pub(super) fn act(state: &State, thread: usize, act: &Act) -> String {
    let who = name(thread);
    match act {
        Act::Create => format!(
            "{who} creates {}, which begins with the mask of its creator.",
            name(state.threads.len() - 1)
        ),
        Act::Block(signal) => format!(
            "{who} blocks {}: from now on it stays pending instead of interrupting {who}.",
            signal.name()
        ),
        Act::Unblock(signal) => {
            let waits = state.threads[thread].pending.iter().chain(&state.shared);
            match waits.into_iter().any(|it| it.signal == *signal) {
                true => format!("{who} unblocks {}, and one is pending.", signal.name()),
                false => format!("{who} unblocks {}; none is pending.", signal.name()),
            }
        }
        Act::Set(signal, action) => {
            let what = match action {
                Action::Default => "back to its default",
                Action::Ignore => "to be ignored; what is pending of it is thrown away",
                Action::Handler { restart: true } => "to a handler, with SA_RESTART",
                Action::Handler { restart: false } => "to a handler, without SA_RESTART",
            };
            format!("{who} sets {} {what}, and that holds for all threads.", signal.name())
        }
        Act::Call { restarts: true } => format!("{who} waits in read, because no data is there."),
        Act::Call { restarts: false } => format!("{who} sleeps in nanosleep."),
        Act::Done => {
            format!("{who} comes back from its call, because what it waited for is there.")
        }
        Act::SigWait(set) => {
            let names: Vec<String> = set.iter().map(|it| it.name()).collect();
            format!(
                "{who} waits in sigwait for {}; no handler runs for what it takes.",
                list(&names)
            )
        }
        Act::Fault(_) | Act::Return => format!("{who} goes on."),
    }
}

pub(super) fn fault(thread: usize, signal: Signal) -> String {
    format!(
        "{who} makes a mistake that the CPU reports: {} goes to {who} itself, because it caused it.",
        signal.name(),
        who = name(thread)
    )
}

pub(super) fn fatal_fault(state: &State, thread: usize, signal: Signal, blocked: bool) -> String {
    let why = match (blocked, state.action(signal)) {
        (true, _) => "a mistake cannot wait, so a blocked one ends the process",
        (false, Action::Ignore) => "a mistake cannot be ignored, because the thread cannot go on",
        (false, Action::Default | Action::Handler { .. }) => "nothing handles it",
    };
    format!(
        "{} causes {}, and the whole process ends with all its threads, because {why}.",
        name(thread),
        signal.name()
    )
}

pub(super) fn taken(thread: usize, sent: Sent) -> String {
    format!(
        "{} takes {} out of the pending ones and returns from sigwait: no handler runs.",
        name(thread),
        with_value(sent)
    )
}

pub(super) fn ignored(thread: usize, sent: Sent) -> String {
    format!("{} takes {}, which does nothing.", name(thread), with_value(sent))
}

pub(super) fn stop(sent: Sent) -> String {
    format!(
        "{} stops the whole process, because that is its default; only SIGCONT and SIGKILL reach it \
         now.",
        sent.signal.name()
    )
}

pub(super) fn fatal(state: &State, thread: usize, sent: Sent) -> String {
    let all = match state.threads.len() {
        1 => "",
        _ => " with all its threads",
    };
    format!(
        "{} takes {}, and the process ends{all}, because that is the default and nothing else was \
         set.",
        name(thread),
        sent.signal.name()
    )
}

pub(super) fn handle(thread: usize, sent: Sent, was: &Doing, restart: bool) -> String {
    let who = name(thread);
    let call = match (was, restart) {
        (Doing::Runs, _) => String::new(),
        (Doing::Call { restarts: true }, true) => {
            " Its read will start again afterwards, because of SA_RESTART.".to_owned()
        }
        (Doing::Call { restarts: true }, false) => {
            " Its read will return −1 with EINTR afterwards, because SA_RESTART is not set."
                .to_owned()
        }
        (Doing::Call { restarts: false }, _) => {
            " Its nanosleep will return −1 with EINTR afterwards, as it always does.".to_owned()
        }
        (Doing::SigWait(_), _) => {
            " Its sigwait ends with EINTR, because this signal was not waited for.".to_owned()
        }
    };
    format!(
        "{who} runs the handler of {}, and blocks that signal until the handler returns.{call}",
        with_value(sent)
    )
}

/// What becomes of the call that the thread was in.
pub(super) fn ask_handle(was: &Doing, again: bool, shot: Shot<State>) -> Shot<State> {
    if *was == Doing::Runs {
        return shot;
    }
    let options = ["it starts again", "it returns −1 with EINTR"].map(str::to_owned).to_vec();
    shot.ask("What becomes of the call that it interrupts?", options, usize::from(!again))
}

pub(super) fn leave(state: &State, thread: usize, sent: &Sent, then: &Doing) -> String {
    let goes_on = match then {
        Doing::Runs if state.threads[thread].handlers.is_empty() => "goes on where it was",
        Doing::Runs => "goes on in the handler that was interrupted",
        Doing::Call { .. } => "is back in its read, which has started again",
        Doing::SigWait(_) => "waits in sigwait again",
    };
    format!(
        "{} returns from the handler of {}, gets its old mask back and {goes_on}.",
        name(thread),
        sent.signal.name()
    )
}

pub(super) fn end(state: &State) -> String {
    let n = state.shared.len() + state.threads.iter().map(|it| it.pending.len()).sum::<usize>();
    match (state.ended, n) {
        (Some(signal), _) => {
            format!("The parent will learn from wait that {} ended the process.", signal.name())
        }
        (None, 0) => "The script is over, and no signal is pending.".to_owned(),
        (None, 1) => "The script is over, and one signal is still pending.".to_owned(),
        (None, n) => format!("The script is over, and {n} signals are still pending."),
    }
}
