//! What a step did and why, in one sentence.

use super::code::{Atomic, Op, Program, Spot, Value};
use super::state::{Action, Law, State, Wait};
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
        Some(law) => {
            (tag_of(law), format!("{}{}.", say.trim_end_matches('.'), stop(program, state)))
        }
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
    (broken.map_or(tag, tag_of), say)
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
        Op::Lock(mutex) => format!("lock {}", program.mutexes[usize::from(*mutex)]),
        Op::Unlock(mutex) => format!("unlock {}", program.mutexes[usize::from(*mutex)]),
        Op::Wait(semaphore) => format!("wait {}", program.semaphores[usize::from(*semaphore)].0),
        Op::Post(semaphore) => format!("post {}", program.semaphores[usize::from(*semaphore)].0),
        Op::Atomic { .. } | Op::Assert(_) => (*text).to_string(),
        Op::Enter => "enter critical section".to_owned(),
        Op::Leave => "leave critical section".to_owned(),
        Op::Yield | Op::Jump => "yield".to_owned(),
        Op::Fence => "fence".to_owned(),
        Op::End => "end".to_owned(),
    }
}

/// What a blocked thread waits for: `m, which B holds`.
pub(crate) fn waiting(program: &Program, wait: Wait) -> String {
    match wait {
        Wait::Mutex(mutex, owner) => {
            let mutex = &program.mutexes[usize::from(mutex)];
            format!("{mutex}, which {} holds", program.threads[owner].name)
        }
        Wait::Semaphore(semaphore) => {
            format!("{}, whose count is 0", program.semaphores[usize::from(semaphore)].0)
        }
    }
}

/// The name of a word of shared memory.
pub(crate) fn word_name(program: &Program, word: usize) -> String {
    let at = word.saturating_sub(program.layout.memory);
    let found = program.shared.iter().find(|it| (it.base..it.base + it.len).contains(&at));
    match found {
        Some(shared) if shared.array => format!("{}[{}]", shared.name, at - shared.base),
        Some(shared) => shared.name.clone(),
        None => String::new(),
    }
}

fn spot_name(program: &Program, state: &State, thread: usize, spot: Spot) -> String {
    let shared = &program.shared[usize::from(spot.shared)];
    match program.value(state.registers(program, thread), spot.index) {
        Some(index) if shared.array => format!("{}[{index}]", shared.name),
        _ => shared.name.clone(),
    }
}

/// A name that begins a sentence.
fn said(name: &str) -> String {
    capital(name)
}

fn capital(text: &str) -> String {
    match text.starts_with(char::is_lowercase) {
        true => format!("Thread {text}"),
        false => text.to_owned(),
    }
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

fn tag_of(law: Law) -> &'static str {
    match law {
        Law::Assertion => "assertion_failed",
        Law::MutualExclusion => "exclusion_broken",
        Law::UnlockByOwner => "unlock_refused",
        Law::IndexInRange => "bad_index",
        Law::NoDivisionByZero => "bad_division",
        Law::Deadlock => "deadlock",
        Law::BlockedForEver => "blocked_for_ever",
    }
}

/// Why nobody, or one thread, can never go on; empty if that is not so.
fn stop(program: &Program, state: &State) -> String {
    let law = state.broken(program);
    let blocked: Vec<(usize, Wait)> =
        (0..program.threads.len()).filter_map(|it| Some((it, state.waits(program, it)?))).collect();
    let one = |&(thread, wait): &(usize, Wait)| {
        format!("{} waits for {}", program.threads[thread].name, waiting(program, wait))
    };
    match law {
        Some(Law::Deadlock) => {
            let all: Vec<String> = blocked.iter().map(one).collect();
            let who = if state.possible(program) == 0 { "nobody" } else { "none of them" };
            format!("; now {}, so {who} can ever go on", all.join(", and "))
        }
        Some(Law::BlockedForEver) => {
            let hopeless = blocked.iter().find(|it| !state.may_end(program, it.0, it.1));
            hopeless.map_or_else(String::new, |it| {
                format!("; now {}, and nobody is left who would free it", one(it))
            })
        }
        Some(
            Law::Assertion
            | Law::MutualExclusion
            | Law::UnlockByOwner
            | Law::IndexInRange
            | Law::NoDivisionByZero,
        )
        | None => String::new(),
    }
}

struct Teller<'a> {
    program: &'a Program,
    before: &'a State,
    after: &'a State,
}

impl Teller<'_> {
    fn name(&self, thread: usize) -> String {
        said(&self.program.threads[thread].name)
    }

    fn spot(&self, thread: usize, spot: Spot) -> String {
        spot_name(self.program, self.before, thread, spot)
    }

    fn value(&self, thread: usize, value: Value) -> i32 {
        let registers = self.before.registers(self.program, thread);
        self.program.value(registers, value).unwrap_or_default()
    }

    /// What a thread sees of an element before the step.
    fn seen(&self, thread: usize, spot: Spot) -> i32 {
        let registers = self.before.registers(self.program, thread);
        let word = self.program.word(registers, spot);
        word.map_or(0, |it| self.before.seen(self.program, thread, it))
    }

    fn register(&self, thread: usize, register: u8) -> (&str, i32) {
        let at = usize::from(register);
        let name = self.program.threads[thread].registers[at].as_str();
        (name, self.after.registers(self.program, thread)[at])
    }

    /// Threads that wait for the same thing, as a clause with this ending.
    fn waiters(&self, wait: impl Fn(Wait) -> bool, ending: &str) -> String {
        let names: Vec<&str> = (0..self.program.threads.len())
            .filter(|&it| self.before.waits(self.program, it).is_some_and(&wait))
            .map(|it| self.program.threads[it].name.as_str())
            .collect();
        if names.is_empty() { String::new() } else { format!("{} {ending}", listed(&names)) }
    }

    fn drain(&self, thread: usize) -> String {
        let (word, value) =
            self.before.buffer(self.program, thread).first().copied().unwrap_or_default();
        let (name, old) = (word_name(self.program, word), self.before.word(word));
        let thread = self.name(thread);
        format!(
            "{thread}'s oldest buffered store reaches memory, because buffers empty in their own \
             time: {name} goes from {old} to {value} for everyone"
        )
    }

    fn step(&self, thread: usize) -> (&'static str, String) {
        let program = self.program;
        let who = self.name(thread);
        let instruction = self.before.next(program, thread);
        let text = &program.texts[usize::from(instruction.text).min(program.texts.len() - 1)];
        if let Some(Law::IndexInRange | Law::NoDivisionByZero) = self.after.broken(program) {
            return ("fault", self.refused(thread, text));
        }
        match &instruction.op {
            Op::Load { to, from } => ("load", self.load(thread, *to, *from, text)),
            Op::Store { to, value } => ("store", self.store(thread, *to, *value, text)),
            Op::Set { to, .. } => {
                let (name, value) = self.register(thread, *to);
                let say = format!(
                    "{who} computes {value} into {name} for `{text}`, where no other thread can \
                     see it"
                );
                ("compute", say)
            }
            Op::Branch { test, .. } => {
                let holds = self.value(thread, *test) != 0;
                ("branch", self.branch(thread, text, holds))
            }
            Op::Lock(_) | Op::Unlock(_) | Op::Wait(_) | Op::Post(_) => {
                self.lock(thread, &instruction.op)
            }
            Op::Atomic { kind, spot, value, new, .. } => {
                let values = (self.value(thread, *value), self.value(thread, *new));
                ("atomic", self.atomic(thread, *kind, *spot, values))
            }
            Op::Assert(_) => match self.after.broken(program) {
                Some(Law::Assertion) => {
                    let shared = outcome(program, self.after);
                    ("assert", format!("{who} finds that `{text}` does not hold, with {shared}"))
                }
                _ => ("assert", format!("{who} checks `{text}` and goes on, because it holds")),
            },
            Op::Enter => ("enter", self.enter(thread)),
            Op::Leave => {
                ("leave", format!("{who} leaves its critical section, so that others may enter"))
            }
            Op::Yield | Op::Jump | Op::End => {
                ("yield", format!("{who} yields, which changes nothing but the time"))
            }
            Op::Fence => {
                ("fence", format!("{who} passes the fence, because none of its stores is buffered"))
            }
        }
    }

    fn refused(&self, thread: usize, text: &str) -> String {
        let why = match self.after.broken(self.program) {
            Some(Law::IndexInRange) => "the array has no such element",
            _ => "it divides by 0",
        };
        format!("{} cannot run `{text}`, because {why}", self.name(thread))
    }

    fn load(&self, thread: usize, to: u8, from: Spot, text: &str) -> String {
        let (who, spot) = (self.name(thread), self.spot(thread, from));
        let (name, value) = self.register(thread, to);
        let registers = self.before.registers(self.program, thread);
        let word = self.program.word(registers, from).unwrap_or_default();
        let shared = self.before.word(word);
        if shared != value {
            return format!(
                "{who} reads {spot} and gets {value} from its own store buffer, while memory \
                 still holds {shared}"
            );
        }
        format!("{who} copies {spot}, which is {value}, into {name}, because `{text}` reads it")
    }

    fn store(&self, thread: usize, to: Spot, value: Value, text: &str) -> String {
        let (who, spot) = (self.name(thread), self.spot(thread, to));
        let (value, old) = (self.value(thread, value), self.seen(thread, to));
        if !self.program.layout.buffers.is_empty() {
            return format!(
                "{who} puts {value} for {spot} into its store buffer, because a store does not \
                 wait for memory; the others do not see it yet"
            );
        }
        if value == old {
            format!("{who} stores {value} in {spot}, which held {old} already, so nothing changes")
        } else {
            format!("{who} stores {value} in {spot} in place of {old}, because `{text}` ends so")
        }
    }

    fn branch(&self, thread: usize, text: &str, holds: bool) -> String {
        let who = self.name(thread);
        let line = self.after.next(self.program, thread).line + 1;
        match (text, holds) {
            ("", _) => format!("{who} begins the loop again, because nothing ends it here"),
            (_, true) => format!("{who} goes on at line {line}, because `{text}` holds"),
            (_, false) => format!("{who} goes on at line {line}, because `{text}` does not hold"),
        }
    }

    fn lock(&self, thread: usize, op: &Op) -> (&'static str, String) {
        let (program, who) = (self.program, self.name(thread));
        match op {
            Op::Lock(mutex) => {
                let name = &program.mutexes[usize::from(*mutex)];
                ("lock", format!("{who} locks {name}, because nobody holds it"))
            }
            Op::Unlock(mutex) => {
                let name = &program.mutexes[usize::from(*mutex)];
                if self.after.broken(program) == Some(Law::UnlockByOwner) {
                    let why = match self.before.owner(program, *mutex) {
                        Some(owner) => format!("{} holds it", program.threads[owner].name),
                        None => "nobody holds it".to_owned(),
                    };
                    return ("unlock", format!("{who} must not unlock {name}, because {why}"));
                }
                let waits = |it| matches!(it, Wait::Mutex(other, _) if other == *mutex);
                let next = match self.waiters(waits, "may lock it").as_str() {
                    "" => "anybody may lock it".to_owned(),
                    waiters => waiters.to_owned(),
                };
                ("unlock", format!("{who} unlocks {name}, so that {next}"))
            }
            Op::Wait(semaphore) => {
                let name = &program.semaphores[usize::from(*semaphore)].0;
                let (old, new) = self.counts(*semaphore);
                let say = format!(
                    "{who} passes {name}, because its count is {old}, and leaves a count of {new}"
                );
                ("wait", say)
            }
            Op::Post(semaphore) => {
                let name = &program.semaphores[usize::from(*semaphore)].0;
                let (_, new) = self.counts(*semaphore);
                let waits = |it| matches!(it, Wait::Semaphore(other) if other == *semaphore);
                let next = match self.waiters(waits, "may pass it").as_str() {
                    "" => "the next one need not wait".to_owned(),
                    waiters => waiters.to_owned(),
                };
                ("post", format!("{who} raises {name} to {new}, so that {next}"))
            }
            _ => ("yield", String::new()),
        }
    }

    fn counts(&self, semaphore: u8) -> (i32, i32) {
        (self.before.count(self.program, semaphore), self.after.count(self.program, semaphore))
    }

    fn enter(&self, thread: usize) -> String {
        let who = self.name(thread);
        let inside: Vec<&str> = (0..self.program.threads.len())
            .filter(|&it| it != thread && self.before.next(self.program, it).inside)
            .map(|it| self.program.threads[it].name.as_str())
            .collect();
        match inside.as_slice() {
            [] => format!("{who} enters its critical section, and nobody else is inside one"),
            others => format!(
                "{who} enters its critical section although {} {} inside one: they no longer \
                 exclude each other",
                listed(others),
                if others.len() == 1 { "is" } else { "are" }
            ),
        }
    }

    fn atomic(&self, thread: usize, kind: Atomic, spot: Spot, (value, new): (i32, i32)) -> String {
        let (who, name, old) =
            (self.name(thread), self.spot(thread, spot), self.seen(thread, spot));
        match kind {
            Atomic::Load => format!("{who} reads {name} in one indivisible step and gets {old}"),
            Atomic::Store => {
                format!("{who} stores {value} in {name} in one indivisible step, in place of {old}")
            }
            Atomic::Exchange => format!(
                "{who} puts {value} into {name} and takes {old} out in one indivisible step, so \
                 nobody can come between"
            ),
            Atomic::FetchAdd => format!(
                "{who} adds {value} to {name}, from {old} to {}, in one indivisible step, so no \
                 update can be lost between",
                old.wrapping_add(value)
            ),
            Atomic::CompareAndSwap if old == value => format!(
                "{who} finds {value} in {name}, as it expected, and stores {new} in the same step"
            ),
            Atomic::CompareAndSwap => {
                format!("{who} finds {old} in {name}, not {value}, so it stores nothing")
            }
        }
    }
}
