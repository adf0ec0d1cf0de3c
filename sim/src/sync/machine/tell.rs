//! What a step did and why, in one sentence.

use super::code::{Op, Program, Shared, Spot, Sync, Which};
use super::state::{Action, Law, State};
use super::tell_step::Teller;
use super::wait::Wait;
use crate::lang::ast::Kind;
use std::fmt::Write;

/// Tag and sentence of the start.
pub(crate) fn start(program: &Program, state: &State) -> (&'static str, String) {
    let names: Vec<&str> = program.threads.iter().map(|it| it.name.as_str()).collect();
    let say = match names.as_slice() {
        [only] => format!("{} stands at its first line and has no company.", said(only)),
        _ => format!(
            "{} stand at their first lines, and any of them may go first.",
            capital(&listed(&names))
        ),
    };
    match state.broken(program) {
        Some(law) => (law.tag(), format!("{}{}.", say.trim_end_matches('.'), stop(program, state))),
        None => ("start", say),
    }
}

/// Tag and sentence of the action that led from one state to another.
pub(crate) fn step(
    program: &Program,
    before: &State,
    action: Action,
    after: &State,
) -> (&'static str, String) {
    let teller = Teller { program, before, after };
    let (tag, mut say) = match action {
        Action::Drain(thread) => ("drain", teller.drain(thread)),
        Action::Wake(thread) => ("wake", teller.wake(thread)),
        Action::Step(thread) => teller.step(thread),
    };
    let broken = after.broken(program);
    if let Action::Step(thread) = action
        && after.ended(program, thread)
    {
        let all = (0..program.threads.len()).all(|it| after.ended(program, it));
        let _ = match (all && after.possible(program) == 0, program.threads.len()) {
            (true, 2..) => {
                write!(say, "; all threads have ended, with {}", outcome(program, after))
            }
            _ => write!(say, "; with this {} ends", program.threads[thread].name),
        };
    }
    say.push_str(&stop(program, after));
    say.push('.');
    (broken.map_or(tag, Law::tag), say)
}

/// The observed variables, such as `counter = 2`.
pub(crate) fn outcome(program: &Program, state: &State) -> String {
    let one = |&number: &usize| {
        let values: Vec<String> =
            state.shared(program, number).iter().map(ToString::to_string).collect();
        format!("{} = {}", program.shared[number].name, values.join(" "))
    };
    match program.observed.as_slice() {
        [] => "every thread at its end".to_owned(),
        observed => observed.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}

/// What an action would do, as a label: `A: load counter`.
pub(crate) fn label(program: &Program, state: &State, action: Action) -> String {
    match action {
        Action::Step(thread) => {
            format!("{}: {}", program.threads[thread].name, short(program, state, thread))
        }
        Action::Wake(thread) => {
            format!("{}: wakes for no reason", program.threads[thread].name)
        }
        Action::Drain(thread) => {
            let oldest = state.buffer(program, thread).first().copied();
            let (word, value) = oldest.unwrap_or_default();
            let name = &program.threads[thread].name;
            format!("{name}: buffer to memory, {} = {value}", word_name(program, word))
        }
    }
}

/// The next step of a thread in a few words.
pub(crate) fn short(program: &Program, state: &State, thread: usize) -> String {
    let instruction = state.next(program, thread);
    let text = &program.texts.get(usize::from(instruction.text)).map_or("", String::as_str);
    let spot = |it: Spot| spot_name(program, state, thread, it);
    match &instruction.op {
        Op::Load { from, .. } => format!("load {}", spot(*from)),
        Op::Store { to, .. } => format!("store {}", spot(*to)),
        Op::Set { .. } => format!("compute {text}"),
        Op::Branch { .. } if text.is_empty() => "again".to_owned(),
        Op::Branch { .. } => format!("test {text}"),
        Op::Sync { kind, on, .. } => {
            format!("{} {}", verb(*kind), object_name(program, state, thread, *on))
        }
        Op::FutexWait { spot: it, .. } => format!("futex_wait {}", spot(*it)),
        Op::FutexWake { spot: it, .. } => format!("futex_wake {}", spot(*it)),
        Op::Malloc { .. } | Op::Free(_) => (*text).to_string(),
        Op::Interrupts(true) => "enable interrupts".to_owned(),
        Op::Interrupts(false) => "disable interrupts".to_owned(),
        Op::Begin => "the interrupt comes".to_owned(),
        Op::Atomic { .. } | Op::Assert(_) => (*text).to_string(),
        Op::Enter => "enter critical section".to_owned(),
        Op::Leave => "leave critical section".to_owned(),
        Op::Yield | Op::Jump => "yield".to_owned(),
        Op::Fence(_) => "fence".to_owned(),
        Op::End => "end".to_owned(),
    }
}

/// What an operation on an object is called in a label.
fn verb(kind: Sync) -> &'static str {
    match kind {
        Sync::Lock => "lock",
        Sync::TryLock => "trylock",
        Sync::Unlock => "unlock",
        Sync::Wait => "wait",
        Sync::TryWait => "trywait",
        Sync::Post => "post",
        Sync::ReadLock => "read_lock",
        Sync::WriteLock => "write_lock",
        Sync::CondWait => "cond_wait",
        Sync::Relock => "lock again",
        Sync::Signal => "signal",
        Sync::Broadcast => "broadcast",
        Sync::Arrive => "arrive",
    }
}

/// What a blocked thread waits for: `m, which B holds`.
pub(crate) fn waiting(program: &Program, state: &State, wait: Wait) -> String {
    let thread = |it: usize| program.threads[it].name.as_str();
    match wait {
        Wait::Object(number) => {
            let name = &program.objects[usize::from(number)].name;
            let readers = state.readers(program, number);
            match (program.objects[usize::from(number)].kind, state.owner(program, number)) {
                (Kind::Mutex, Some(owner)) => format!("{name}, which {} holds", thread(owner)),
                (Kind::RwLock, Some(owner)) => {
                    format!("{name}, under which {} writes", thread(owner))
                }
                (Kind::RwLock, None) => {
                    let names: Vec<&str> = (0..program.threads.len())
                        .filter(|it| readers & (1 << it) != 0)
                        .map(thread)
                        .collect();
                    let verb = if names.len() == 1 { "reads" } else { "read" };
                    format!("{name}, under which {} {verb}", listed(&names))
                }
                _ => format!("{name}, whose count is 0"),
            }
        }
        Wait::Asleep(bed) => {
            let object = &program.objects[usize::from(bed.number())];
            let name = &object.name;
            match object.kind {
                Kind::Condition => format!("a signal on {name}"),
                Kind::Barrier => {
                    let missing = object.count - state.count(program, bed.number());
                    format!("{missing} more at {name}")
                }
                Kind::Futex => format!("a wake-up on {name}"),
                Kind::Mutex | Kind::RwLock | Kind::Semaphore => {
                    format!("{name}, which it gave away with its signal")
                }
            }
        }
        Wait::Handler(handler) => format!("{}, which has interrupted it", thread(handler)),
        Wait::Cpu(host) => match state.handler(program, host) {
            Some(handler) => format!("{} to end", thread(handler)),
            None => format!("interrupts, which {} has disabled", thread(host)),
        },
    }
}

/// The name of an object that a thread is about to use.
pub(super) fn object_name(program: &Program, state: &State, thread: usize, on: Which) -> String {
    let number = program.object(state.registers(program, thread), on).unwrap_or(on.base);
    program.objects[usize::from(number)].name.clone()
}

/// The name of a word of shared memory.
pub(crate) fn word_name(program: &Program, word: usize) -> String {
    let at = word.saturating_sub(program.layout.memory);
    let found = program.shared.iter().find(|it| (it.base..it.base + it.len).contains(&at));
    match found {
        Some(shared) => element(shared, at - shared.base + shared.address.unwrap_or(0)),
        None => String::new(),
    }
}

/// The name of an element: `x`, `a[1]` or `1->next`.
pub(crate) fn element(shared: &Shared, index: usize) -> String {
    match (shared.address, shared.array) {
        (Some(_), _) => format!("{index}->{}", shared.name),
        (None, true) => format!("{}[{index}]", shared.name),
        (None, false) => shared.name.clone(),
    }
}

pub(super) fn spot_name(program: &Program, state: &State, thread: usize, spot: Spot) -> String {
    let shared = &program.shared[usize::from(spot.shared)];
    match program.value(state.registers(program, thread), spot.index) {
        Some(index) => match usize::try_from(index) {
            Ok(index) => element(shared, index),
            Err(_) => format!("{}[{index}]", shared.name),
        },
        None => shared.name.clone(),
    }
}

/// A name that begins a sentence.
pub(super) fn said(name: &str) -> String {
    capital(name)
}

pub(super) fn capital(text: &str) -> String {
    match text.starts_with(char::is_lowercase) {
        true => format!("Thread {text}"),
        false => text.to_owned(),
    }
}

pub(super) fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

/// Why nobody, or one thread, can never go on; empty if that is not so.
fn stop(program: &Program, state: &State) -> String {
    let law = state.broken(program);
    let blocked: Vec<(usize, Wait)> =
        (0..program.threads.len()).filter_map(|it| Some((it, state.waits(program, it)?))).collect();
    let one = |&(thread, wait): &(usize, Wait)| {
        format!("{} waits for {}", program.threads[thread].name, waiting(program, state, wait))
    };
    match law {
        Some(Law::Deadlock) => {
            let all: Vec<String> = blocked.iter().map(one).collect();
            let who = if state.goes_on(program) { "none of them" } else { "nobody" };
            format!("; now {}, so {who} can ever go on", all.join(", and "))
        }
        Some(Law::BlockedForEver) => {
            let hopeless = blocked.iter().find(|it| !state.may_end(program, it.0, it.1));
            hopeless.map_or_else(String::new, |it| {
                let (thing, does) = match it.1 {
                    Wait::Asleep(_) => ("it", "wake"),
                    Wait::Cpu(_) => ("them", "enable"),
                    Wait::Object(_) | Wait::Handler(_) => ("it", "free"),
                };
                format!("; now {}, and nobody is left who would {does} {thing}", one(it))
            })
        }
        Some(
            Law::Assertion
            | Law::MutualExclusion
            | Law::UnlockByOwner
            | Law::IndexInRange
            | Law::NoDivisionByZero
            | Law::UseAfterFree
            | Law::NullPointer
            | Law::DataRace,
        )
        | None => String::new(),
    }
}
