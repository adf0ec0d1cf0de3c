//! What a step is, in a sentence.

use super::world::{B, CHILD, Fix, HANGS, Op, Owner, Setup, State};

/// The sentence of the start.
pub(super) fn start(setup: &Setup) -> String {
    let what = match setup.owner {
        Owner::Program => "the list of the log",
        Owner::Library => "the list of a library",
    };
    match setup.fix {
        Fix::Early => {
            format!("B is alone and forks first; A, which will change {what}, comes later.")
        }
        Fix::Spawn => format!("A changes {what} under a lock, while B starts a program beside it."),
        _ => format!("A changes {what} under a lock, while B forks beside it."),
    }
}

/// Tag and sentence of a step.
pub(super) fn step(
    setup: &Setup,
    before: &State,
    who: usize,
    after: &State,
) -> (&'static str, String) {
    let Some(&(op, _)) = setup.line(before, who) else { return ("nothing", String::new()) };
    let (tag, mut say) = if who == CHILD {
        of_child(setup, before, op)
    } else {
        of_parent(setup, before, op, after)
    };
    if setup.waits_to_fork(before) && !setup.waits(after, B) {
        say.push_str(" B can go on to its fork.");
    }
    match setup.broken(after) {
        Some(HANGS) => {
            say.push_str(
                " Nobody can go on: the child waits for a lock that A has taken, and there is no A \
                 in the child; B waits for the child.",
            );
            ("broken", say)
        }
        Some(_) => ("broken", say),
        None => (tag, say),
    }
}

fn of_parent(setup: &Setup, before: &State, op: Op, after: &State) -> (&'static str, String) {
    let program = setup.owner == Owner::Program;
    let (tag, say) = match op {
        Op::Lock => ("lock", "A takes the lock, because it is free."),
        Op::Half => {
            ("half", "A stores a line and has not counted it yet, so the list is half changed.")
        }
        Op::Whole => ("whole", "A counts the line, so the list is whole again."),
        Op::Unlock if setup.is_orphaned(after) => (
            "unlock",
            "A opens the lock in the parent; the copy in the child is another lock and stays taken.",
        ),
        Op::Unlock => ("unlock", "A opens the lock, because its change is done."),
        Op::Before if program => (
            "before",
            "B takes the lock in its handler, so no other thread can hold it at the fork.",
        ),
        Op::Before => (
            "before",
            "B takes the lock of the log in its handler; it knows no lock of the library.",
        ),
        Op::AfterHere => {
            ("after", "B opens the lock in its handler after the fork, in the parent.")
        }
        Op::Fork => return fork(setup, before, after),
        Op::Spawn => (
            "spawn",
            "B starts a program with posix_spawn: its memory is new, so no lock is copied.",
        ),
        Op::Create => ("create", "B makes the thread A, now that the fork is over."),
        _ => ("reap", "B returns from waitpid, because the child has ended."),
    };
    (tag, say.to_owned())
}

fn fork(setup: &Setup, before: &State, after: &State) -> (&'static str, String) {
    let memory = before.memory[0];
    if setup.is_orphaned(after) {
        let data = if memory.half { ", and the list half changed" } else { "" };
        let say = format!(
            "B forks while A holds the lock: the memory is copied with the lock taken{data}; of the \
             threads, only B is."
        );
        return ("fork_taken", say);
    }
    let why = match (memory.holder, setup.fix) {
        (Some(_), _) => "it holds the lock itself, so the copy has a holder in the child",
        (None, Fix::Early) => "no other thread exists that could hold the lock",
        (None, _) => "the lock is free at this moment, so its copy is free too",
    };
    ("fork", format!("B forks, and {why}."))
}

fn of_child(setup: &Setup, before: &State, op: Op) -> (&'static str, String) {
    let program = setup.owner == Owner::Program;
    let (tag, say) = match op {
        Op::Lock if before.is_fresh => {
            ("lock", "The child takes a lock of its new memory, which nobody else has ever held.")
        }
        Op::Lock if setup.fix == Fix::Renew && program => {
            ("lock", "The child takes the lock, because it has just been made anew.")
        }
        Op::Lock => ("lock", "The child takes its copy of the lock, because it is free."),
        Op::Write if before.memory[1].half => (
            "broken",
            "The child adds to a list that is half changed: it overwrites the line of A, because A \
             was in the middle of its change at the fork.",
        ),
        Op::Write => ("write", "The child adds its line, because the list is whole."),
        Op::Unlock => ("unlock", "The child opens its lock, because its change is done."),
        Op::AfterThere if program => (
            "after",
            "The child opens its copy in its handler, because the thread that took it is here too.",
        ),
        Op::AfterThere => (
            "after",
            "The child opens the lock of the log in its handler; that of the library stays as it is.",
        ),
        Op::Renew if program => (
            "renew",
            "The child makes the lock anew, because nobody may be there to open it; it does not look \
             at the list.",
        ),
        Op::Renew => {
            ("renew", "The child makes the lock of the log anew; it knows no lock of the library.")
        }
        Op::Exec => (
            "exec",
            "The child calls exec, which throws the copied memory away with all its locks.",
        ),
        _ => ("exit", "The child ends, and B need not wait any more."),
    };
    (tag, say.to_owned())
}
