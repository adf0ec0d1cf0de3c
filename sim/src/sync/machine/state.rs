//! The machine's state: what it holds, and what it says about each thread.
//!
//! What can happen next is an *action*: number t is a step of thread t, number
//! [`THREADS_MAX`](super::code::THREADS_MAX) + t takes the oldest store out of the buffer of
//! thread t, and twice that number + t wakes thread t for no reason. Choices are the possible
//! actions in this order. A wait is an action that is not possible: a thread whose lock is held
//! has no step until it is free.

use super::code::{Instruction, Op, Program};
use crate::lang::ast::Kind;

/// Everything that a step can change, in the words of [`super::code::Layout`].
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct State(Box<[i32]>);

impl Clone for State {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }

    /// Allocates nothing if the lengths agree, as they do for the states of one program.
    fn clone_from(&mut self, other: &Self) {
        self.0.clone_from(&other.0);
    }
}

/// A law that every state must keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Law {
    Assertion = 1,
    MutualExclusion,
    UnlockByOwner,
    IndexInRange,
    NoDivisionByZero,
    UseAfterFree,
    NullPointer,
    DataRace,
    Deadlock,
    BlockedForEver,
}

/// Laws that a single step breaks, as word 0 numbers them, then those of a whole state: each with
/// its name and the tag of the step that breaks it.
const LAWS: [(Law, &str, &str); 10] = [
    (Law::Assertion, "assertion", "assertion_failed"),
    (Law::MutualExclusion, "mutual exclusion", "exclusion_broken"),
    (Law::UnlockByOwner, "unlock by the owner", "unlock_refused"),
    (Law::IndexInRange, "index in range", "bad_index"),
    (Law::NoDivisionByZero, "no division by zero", "bad_division"),
    (Law::UseAfterFree, "use after free", "use_after_free"),
    (Law::NullPointer, "null pointer", "null_pointer"),
    (Law::DataRace, "data race", "data_race"),
    (Law::Deadlock, "deadlock", "deadlock"),
    (Law::BlockedForEver, "blocked for ever", "blocked_for_ever"),
];

impl Law {
    /// What a broken law is called.
    pub(crate) const fn name(self) -> &'static str {
        LAWS[self as usize - 1].1
    }

    /// The tag of the step that breaks it.
    pub(crate) const fn tag(self) -> &'static str {
        LAWS[self as usize - 1].2
    }

    /// The law that word 0 names.
    pub(super) fn of_word(word: i32) -> Option<Self> {
        let at = usize::try_from(word).ok()?.checked_sub(1)?;
        LAWS.get(at).map(|it| it.0)
    }
}

/// What an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// The next instruction of a thread.
    Step(usize),
    /// The oldest store of a thread's buffer reaches memory.
    Drain(usize),
    /// A sleeper wakes for no reason.
    Wake(usize),
}

impl State {
    pub(crate) fn start(program: &Program) -> Self {
        let mut words = vec![0; program.layout.len].into_boxed_slice();
        let first = program.layout.memory;
        words[first..first + program.first.len()].copy_from_slice(&program.first);
        if let Some(seen) = &program.layout.seen {
            seen.start(&mut words);
        }
        Self(words)
    }

    /// The instruction that a thread comes to next.
    pub(crate) fn next<'p>(&self, program: &'p Program, thread: usize) -> &'p Instruction {
        let at = usize::try_from(self.0[program.layout.threads[thread]]).unwrap_or_default();
        &program.threads[thread].code[at]
    }

    pub(crate) fn ended(&self, program: &Program, thread: usize) -> bool {
        matches!(self.next(program, thread).op, Op::End)
    }

    pub(crate) fn registers<'s>(&'s self, program: &Program, thread: usize) -> &'s [i32] {
        let first = program.layout.threads[thread] + 1;
        &self.0[first..first + program.threads[thread].registers.len()]
    }

    /// The elements of a shared variable as they stand in memory.
    pub(crate) fn shared<'s>(&'s self, program: &Program, number: usize) -> &'s [i32] {
        let shared = &program.shared[number];
        let first = program.layout.memory + shared.base;
        &self.0[first..first + shared.len]
    }

    pub(crate) fn word(&self, word: usize) -> i32 {
        self.0[word]
    }

    pub(super) fn set_word(&mut self, word: usize, value: i32) {
        self.0[word] = value;
    }

    pub(super) fn words(&mut self) -> &mut [i32] {
        &mut self.0
    }

    /// The thread that holds a mutex, or writes under a read-write lock.
    pub(crate) fn owner(&self, program: &Program, object: u8) -> Option<usize> {
        let word = match program.objects.get(usize::from(object))?.kind {
            Kind::Mutex => self.count(program, object),
            Kind::RwLock => self.count(program, object) >> 8,
            Kind::Semaphore | Kind::Condition | Kind::Barrier | Kind::Futex => 0,
        };
        usize::try_from(word).ok()?.checked_sub(1)
    }

    /// Bit n: thread n reads under a read-write lock.
    pub(crate) fn readers(&self, program: &Program, object: u8) -> u32 {
        u32::try_from(self.count(program, object) & 0xff).unwrap_or_default()
    }

    /// The word of an object: the count of a semaphore, the arrivals at a barrier.
    pub(crate) fn count(&self, program: &Program, object: u8) -> i32 {
        self.0[program.layout.objects + usize::from(object)]
    }

    /// Whether an address is allocated now; `None` if nothing can have it.
    pub(crate) fn allocated(&self, program: &Program, address: i32) -> Option<bool> {
        let last = program.pools.last().map_or(0, |it| it.first + it.len - 1);
        let at = usize::try_from(address).ok().filter(|it| (1..=last).contains(it))?;
        Some(self.0[program.layout.heap] & 1 << at != 0)
    }

    /// Whether a handler has begun and not ended.
    pub(crate) fn active(&self, program: &Program, handler: usize) -> bool {
        !matches!(self.next(program, handler).op, Op::Begin | Op::End)
    }

    /// The handler that runs on the CPU of a thread.
    pub(crate) fn handler(&self, program: &Program, host: usize) -> Option<usize> {
        let handlers = program.threads[host].handlers;
        if handlers == 0 {
            return None;
        }
        (0..program.threads.len()).find(|&it| handlers & (1 << it) != 0 && self.active(program, it))
    }

    /// Whether a thread is in a critical section, and neither asleep nor outside the mutex.
    pub(crate) fn inside(&self, program: &Program, thread: usize) -> bool {
        let next = self.next(program, thread);
        let relocks = matches!(next.op, Op::Sync { kind: super::code::Sync::Relock, .. });
        next.inside && !relocks && self.bed(program, thread).is_none()
    }

    /// Stores that have not reached memory, oldest first: word and value.
    pub(crate) fn buffer(&self, program: &Program, thread: usize) -> Vec<(usize, i32)> {
        let Some(&first) = program.layout.buffers.get(thread) else { return Vec::new() };
        let entry = |n: usize| {
            let word = usize::try_from(self.0[first + 1 + 2 * n]).unwrap_or_default();
            (word, self.0[first + 2 + 2 * n])
        };
        (0..self.buffered(program, thread)).map(entry).collect()
    }

    pub(crate) fn buffered(&self, program: &Program, thread: usize) -> usize {
        let first = program.layout.buffers.get(thread);
        first.map_or(0, |&it| usize::try_from(self.0[it]).unwrap_or_default())
    }

    /// What a thread sees in a word: its own newest store there, else memory.
    pub(crate) fn seen(&self, program: &Program, thread: usize, word: usize) -> i32 {
        if let Some(&first) = program.layout.buffers.get(thread) {
            for n in (0..self.buffered(program, thread)).rev() {
                if usize::try_from(self.0[first + 1 + 2 * n]) == Ok(word) {
                    return self.0[first + 2 + 2 * n];
                }
            }
        }
        self.0[word]
    }
}
