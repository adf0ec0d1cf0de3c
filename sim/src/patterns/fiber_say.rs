//! Sentences and questions.

use super::fiber_run::{Did, STEPS_MAX, Status, World};
use super::fiber_script::Setup;
use crate::words::{count, list};

pub(super) const fn tag(did: Did) -> &'static str {
    match did {
        Did::Start => "start",
        Did::Switch { .. } => "switch",
        Did::Computes { .. } => "run",
        Did::Yields { .. } | Did::Alone { .. } => "yield",
        Did::Blocks { .. } => "block",
        Did::Returns { .. } => "return",
        Did::Waits { .. } => "wait",
        Did::Ready { .. } => "ready",
        Did::Preempted { .. } => "preempt",
        Did::Gets { .. } => "get",
        Did::Adds { lost: true, .. } => "lost",
        Did::Adds { .. } => "add",
        Did::Done { .. } => "done",
        Did::Cut => "cut",
        Did::End => "end",
    }
}

/// A kernel thread in a sentence; alone it needs no number.
pub(super) fn thread(world: &World, at: usize) -> String {
    if world.threads.len() == 1 {
        "the kernel thread".to_owned()
    } else {
        format!("kernel thread {}", at + 1)
    }
}

fn names(setup: &Setup, all: &[usize]) -> String {
    list(&all.iter().map(|it| setup.fibers[*it].name.as_str()).collect::<Vec<&str>>())
}

fn is_or_are(n: usize) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

pub(super) fn say(setup: &Setup, before: &World, after: &World, did: Did) -> String {
    let name = |it: usize| setup.fibers[it].name.as_str();
    let thread = |at: usize| thread(after, at);
    match did {
        Did::Start => format!(
            "The fibers {} have a stack each and are ready; the kernel knows {} only.",
            names(setup, &after.ready),
            count(setup.n_threads as u64, "threads")
        ),
        Did::Switch { thread: at, fiber, from: None } => {
            format!(
                "Fiber {} is the first on {}: the stack pointer is set to its stack.",
                name(fiber),
                thread(at)
            )
        }
        Did::Switch { thread: at, fiber, from: Some(from) } if from == fiber => {
            format!("Fiber {} goes on: {} loads its stack pointer again.", name(fiber), thread(at))
        }
        Did::Switch { fiber, from: Some(from), .. } => {
            let begins =
                if before.fibers[fiber].begun { "goes on where it stopped" } else { "begins" };
            let saved = match after.fibers[from].status {
                Status::Done => format!("{} needs its stack no more", name(from)),
                _ => format!(
                    "{} lie on the stack of {}",
                    count(setup.saved_bytes, "bytes"),
                    name(from)
                ),
            };
            format!(
                "Fiber {} {begins}: {saved}, and the stack pointer changes, without the kernel.",
                name(fiber)
            )
        }
        Did::Computes { us } => passes(setup, before, us),
        Did::Yields { fiber } => {
            format!("Fiber {} yields, and goes to the end of the queue.", name(fiber))
        }
        Did::Alone { fiber } => {
            format!(
                "Fiber {} yields, but goes on at once, because nobody else is ready.",
                name(fiber)
            )
        }
        Did::Blocks { fiber, thread: at, until, added } => {
            let then = match (added, before.ready.len()) {
                (true, _) => "the runtime adds a kernel thread for the others".to_owned(),
                (false, 0) => "nobody else is ready".to_owned(),
                (false, n) => {
                    format!("{} {} ready behind it", names(setup, &before.ready), is_or_are(n))
                }
            };
            format!(
                "Fiber {} reads, and the kernel lets {} sleep until {}; {then}.",
                name(fiber),
                thread(at),
                count(until, "µs")
            )
        }
        Did::Returns { fiber, thread: at, queued: true } => format!(
            "Fiber {} returns from the kernel on {}, but as many run as may: it queues up.",
            name(fiber),
            thread(at)
        ),
        Did::Returns { fiber, thread: at, .. } => {
            format!(
                "Fiber {} returns from the kernel, which wakes {}, and goes on.",
                name(fiber),
                thread(at)
            )
        }
        Did::Waits { fiber, .. } => format!(
            "Fiber {} wants to read: the runtime asks the kernel to tell when data is there, and lets others run.",
            name(fiber)
        ),
        Did::Ready { fiber } => {
            format!("Fiber {} can go on, because its data has come: it queues up.", name(fiber))
        }
        Did::Preempted { fiber } => format!(
            "Fiber {} has computed for {} in one go, and the runtime takes the thread away from it.",
            name(fiber),
            count(setup.preempt_us, "µs")
        ),
        Did::Gets { fiber } => {
            format!("Fiber {} reads the balance: {}.", name(fiber), after.balance)
        }
        Did::Adds { fiber, amount, lost: true } => format!(
            "Fiber {} writes {}, the {} it had read and {amount}: what came between, {}, is lost.",
            name(fiber),
            after.balance,
            after.balance - amount,
            before.balance
        ),
        Did::Adds { fiber, amount, .. } => {
            format!(
                "Fiber {} adds {amount} to what it has read and writes {}.",
                name(fiber),
                after.balance
            )
        }
        Did::Done { fiber } => {
            format!("Fiber {} returns from its first function: its stack is free.", name(fiber))
        }
        Did::Cut => format!("The model stops here, after {STEPS_MAX} steps."),
        Did::End => format!(
            "All fibers have ended, at {}, after {}.",
            count(after.now, "µs"),
            count(after.switches, "switches")
        ),
    }
}

/// A stretch of time: who ran, and who could have.
fn passes(setup: &Setup, before: &World, us: u64) -> String {
    let all = 0..before.fibers.len();
    let run: Vec<usize> =
        all.filter(|it| matches!(before.fibers[*it].status, Status::Running(_))).collect();
    let time = count(us, "µs");
    let ready = before.ready.len();
    let told = names(setup, &before.ready);
    match (run.len(), ready) {
        (0, 0) => format!("Nobody runs for {time}, because all wait."),
        (0, _) => format!(
            "Nobody runs for {time}: {told} {} ready, but {} in the kernel.",
            is_or_are(ready),
            if setup.n_threads == 1 { "their only thread sleeps" } else { "all threads sleep" }
        ),
        (n, _) => {
            let verb = if n == 1 { "computes" } else { "compute" };
            let who = if n == 1 { "Fiber" } else { "Fibers" };
            let rest = match ready {
                0 => String::new(),
                1 => format!("; {told} is ready and stands still"),
                _ => format!("; {told} are ready and stand still"),
            };
            format!("{who} {} {verb} for {time}{rest}.", names(setup, &run))
        }
    }
}

type Question = (&'static str, Vec<String>, usize);

pub(super) fn ask(setup: &Setup, before: &World, did: Did) -> Option<Question> {
    match did {
        Did::Switch { fiber, .. } if 1 < before.ready.len() => {
            let mut all = before.ready.clone();
            all.sort_unstable();
            let answer = all.iter().position(|it| *it == fiber)?;
            let options = all.into_iter().map(|it| setup.fibers[it].name.clone()).collect();
            Some(("Which fiber gets the thread?", options, answer))
        }
        Did::Computes { .. } if !before.ready.is_empty() => {
            let nobody = !before.fibers.iter().any(|it| matches!(it.status, Status::Running(_)));
            let runs = before.fibers.iter().position(|it| matches!(it.status, Status::Running(_)));
            if runs.is_some() && before.threads.len() != 1 {
                return None;
            }
            let mut options: Vec<String> = setup.fibers.iter().map(|it| it.name.clone()).collect();
            options.push("nobody".to_owned());
            let answer = if nobody { options.len() - 1 } else { runs? };
            Some(("Who computes now?", options, answer))
        }
        _ => None,
    }
}
