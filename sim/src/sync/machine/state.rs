//! The machine's state, and the one place where it changes.
//!
//! What can happen next is an *action*: number t is a step of thread t, number
//! [`THREADS_MAX`] + t takes the oldest store out of the buffer of thread t. Choices are the
//! possible actions in this order. A wait is an action that is not possible: a thread whose lock
//! is held has no step until it is free.

use super::code::{Atomic, BUFFER_MAX, Instruction, Op, Program, Spot, THREADS_MAX, Value};

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
    Deadlock,
    BlockedForEver,
}

impl Law {
    /// What a broken law is called.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Assertion => "assertion",
            Self::MutualExclusion => "mutual exclusion",
            Self::UnlockByOwner => "unlock by the owner",
            Self::IndexInRange => "index in range",
            Self::NoDivisionByZero => "no division by zero",
            Self::Deadlock => "deadlock",
            Self::BlockedForEver => "blocked for ever",
        }
    }

    /// Laws that a single step breaks, as they stand in word 0.
    const fn of_word(word: i32) -> Option<Self> {
        Some(match word {
            1 => Self::Assertion,
            2 => Self::MutualExclusion,
            3 => Self::UnlockByOwner,
            4 => Self::IndexInRange,
            5 => Self::NoDivisionByZero,
            _ => return None,
        })
    }
}

/// What an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// The next instruction of a thread.
    Step(usize),
    /// The oldest store of a thread's buffer reaches memory.
    Drain(usize),
}

/// What a blocked thread waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// A mutex, and the thread that holds it.
    Mutex(u8, usize),
    Semaphore(u8),
}

impl State {
    pub(crate) fn start(program: &Program) -> Self {
        let mut words = vec![0; program.layout.len].into_boxed_slice();
        for shared in &program.shared {
            let first = program.layout.memory + shared.base;
            words[first..first + shared.len].copy_from_slice(&shared.values);
        }
        for (number, (_, count)) in program.semaphores.iter().enumerate() {
            words[program.layout.semaphores + number] = *count;
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

    /// The thread that holds a mutex.
    pub(crate) fn owner(&self, program: &Program, mutex: u8) -> Option<usize> {
        let word = self.0[program.layout.mutexes + usize::from(mutex)];
        usize::try_from(word).ok()?.checked_sub(1)
    }

    pub(crate) fn count(&self, program: &Program, semaphore: u8) -> i32 {
        self.0[program.layout.semaphores + usize::from(semaphore)]
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

    /// What a thread waits for, if it cannot step because of others.
    pub(crate) fn waits(&self, program: &Program, thread: usize) -> Option<Wait> {
        match self.next(program, thread).op {
            Op::Lock(mutex) => self.owner(program, mutex).map(|it| Wait::Mutex(mutex, it)),
            Op::Wait(semaphore) if self.count(program, semaphore) <= 0 => {
                Some(Wait::Semaphore(semaphore))
            }
            _ => None,
        }
    }

    /// Bit n is set if action n is possible.
    pub(crate) fn possible(&self, program: &Program) -> u32 {
        let mut mask = 0;
        for thread in 0..program.threads.len() {
            let buffered = self.buffered(program, thread);
            if 0 < buffered {
                mask |= 1 << (THREADS_MAX + thread);
            }
            let can = match self.next(program, thread).op {
                Op::End => false,
                Op::Lock(mutex) => buffered == 0 && self.owner(program, mutex).is_none(),
                Op::Wait(semaphore) => buffered == 0 && 0 < self.count(program, semaphore),
                // What publishes or orders stores starts with an empty buffer.
                Op::Unlock(_) | Op::Post(_) | Op::Fence => buffered == 0,
                Op::Atomic { kind, .. } => kind == Atomic::Load || buffered == 0,
                Op::Store { .. } => buffered < BUFFER_MAX,
                Op::Load { .. }
                | Op::Set { .. }
                | Op::Branch { .. }
                | Op::Assert(_)
                | Op::Enter
                | Op::Leave
                | Op::Yield
                | Op::Jump => true,
            };
            mask |= u32::from(can) << thread;
        }
        mask
    }

    /// The possible action with this pick.
    pub(crate) fn action(&self, program: &Program, pick: u32) -> Option<Action> {
        let mut mask = self.possible(program);
        for _ in 0..pick {
            mask &= mask.wrapping_sub(1);
        }
        let number = usize::try_from(mask.trailing_zeros()).ok().filter(|_| mask != 0)?;
        Some(match number.checked_sub(THREADS_MAX) {
            None => Action::Step(number),
            Some(thread) => Action::Drain(thread),
        })
    }

    /// Takes an action that is possible.
    pub(crate) fn act(&mut self, program: &Program, action: Action) {
        match action {
            Action::Drain(thread) => self.drain(program, thread),
            Action::Step(thread) => {
                if let Err(law) = self.step(program, thread) {
                    self.0[0] = law as i32;
                }
            }
        }
    }

    fn drain(&mut self, program: &Program, thread: usize) {
        let Some(&first) = program.layout.buffers.get(thread) else { return };
        let entries = &mut self.0[first..=first + 2 * BUFFER_MAX];
        let (word, value) = (entries[1], entries[2]);
        entries[0] -= 1;
        entries.copy_within(3.., 1);
        entries[2 * BUFFER_MAX - 1..].fill(0);
        self.0[usize::try_from(word).unwrap_or_default()] = value;
    }

    fn step(&mut self, program: &Program, thread: usize) -> Result<(), Law> {
        let instruction = self.next(program, thread);
        let mut next = instruction.next;
        match instruction.op {
            Op::Load { to, from } => {
                let word = self.find(program, thread, from)?;
                let value = self.seen(program, thread, word);
                self.set(program, thread, to, value);
            }
            Op::Store { to, value } => {
                let word = self.find(program, thread, to)?;
                let value = self.value(program, thread, value)?;
                self.store(program, thread, word, value);
            }
            Op::Set { to, value } => {
                let value = self.value(program, thread, value)?;
                self.set(program, thread, to, value);
            }
            Op::Branch { test, no } => {
                if self.value(program, thread, test)? == 0 {
                    next = no;
                }
            }
            Op::Lock(mutex) => {
                let owner = i32::try_from(thread + 1).unwrap_or_default();
                self.0[program.layout.mutexes + usize::from(mutex)] = owner;
            }
            Op::Unlock(mutex) => {
                if self.owner(program, mutex) != Some(thread) {
                    return Err(Law::UnlockByOwner);
                }
                self.0[program.layout.mutexes + usize::from(mutex)] = 0;
            }
            Op::Wait(semaphore) => {
                self.0[program.layout.semaphores + usize::from(semaphore)] -= 1;
            }
            Op::Post(semaphore) => {
                let count = &mut self.0[program.layout.semaphores + usize::from(semaphore)];
                *count = count.saturating_add(1);
            }
            Op::Atomic { kind, to, spot, value, new } => {
                let word = self.find(program, thread, spot)?;
                let value = self.value(program, thread, value)?;
                let new = self.value(program, thread, new)?;
                let result = self.atomic(program, thread, kind, (word, value, new));
                if let Some(to) = to {
                    self.set(program, thread, to, result);
                }
            }
            Op::Assert(test) => {
                if self.value(program, thread, test)? == 0 {
                    return Err(Law::Assertion);
                }
            }
            Op::Enter => {
                let others = (0..program.threads.len()).filter(|&it| it != thread);
                if others.into_iter().any(|it| self.next(program, it).inside) {
                    self.go(program, thread, instruction, next);
                    return Err(Law::MutualExclusion);
                }
            }
            Op::Leave | Op::Yield | Op::Fence | Op::Jump | Op::End => {}
        }
        self.go(program, thread, instruction, next);
        Ok(())
    }

    /// Moves the program counter on and clears the registers that are dead now.
    fn go(&mut self, program: &Program, thread: usize, from: &Instruction, next: u16) {
        let first = program.layout.threads[thread];
        self.0[first] = i32::from(next);
        let n_registers = program.threads[thread].registers.len();
        let dead = usize::from(from.dead_from).min(n_registers);
        self.0[first + 1 + dead..first + 1 + n_registers].fill(0);
    }

    fn find(&self, program: &Program, thread: usize, spot: Spot) -> Result<usize, Law> {
        let registers = self.registers(program, thread);
        match program.word(registers, spot) {
            Some(word) => Ok(word),
            None if program.value(registers, spot.index).is_none() => Err(Law::NoDivisionByZero),
            None => Err(Law::IndexInRange),
        }
    }

    fn value(&self, program: &Program, thread: usize, value: Value) -> Result<i32, Law> {
        let found = program.value(self.registers(program, thread), value);
        found.ok_or(Law::NoDivisionByZero)
    }

    fn set(&mut self, program: &Program, thread: usize, register: u8, value: i32) {
        self.0[program.layout.threads[thread] + 1 + usize::from(register)] = value;
    }

    fn store(&mut self, program: &Program, thread: usize, word: usize, value: i32) {
        match program.layout.buffers.get(thread) {
            None => self.0[word] = value,
            Some(&first) => {
                let n = self.buffered(program, thread);
                self.0[first] += 1;
                self.0[first + 1 + 2 * n] = i32::try_from(word).unwrap_or_default();
                self.0[first + 2 + 2 * n] = value;
            }
        }
    }

    fn atomic(
        &mut self,
        program: &Program,
        thread: usize,
        kind: Atomic,
        (word, value, new): (usize, i32, i32),
    ) -> i32 {
        let old = self.seen(program, thread, word);
        match kind {
            Atomic::Load => old,
            Atomic::Store | Atomic::Exchange => {
                self.0[word] = value;
                old
            }
            Atomic::FetchAdd => {
                self.0[word] = old.wrapping_add(value);
                old
            }
            Atomic::CompareAndSwap => {
                if old == value {
                    self.0[word] = new;
                }
                i32::from(old == value)
            }
        }
    }

    /// The first law that is broken here.
    pub(crate) fn broken(&self, program: &Program) -> Option<Law> {
        Law::of_word(self.0[0]).or_else(|| self.stuck(program))
    }

    /// Whether somebody waits in vain.
    fn stuck(&self, program: &Program) -> Option<Law> {
        let n = program.threads.len();
        let mut hopeless = 0;
        let mut blocked = 0;
        for thread in 0..n {
            let Some(wait) = self.waits(program, thread) else { continue };
            if self.waits_for_itself(program, thread) {
                return Some(Law::Deadlock);
            }
            blocked += 1;
            if !self.may_end(program, thread, wait) {
                hopeless += 1;
            }
        }
        if blocked == 0 {
            None
        } else if 0 < hopeless && (hopeless == blocked || self.possible(program) != 0) {
            Some(Law::BlockedForEver)
        } else if self.possible(program) == 0 {
            Some(Law::Deadlock)
        } else {
            None
        }
    }

    /// Whether a chain of mutexes and owners leads from a thread back to it.
    pub(crate) fn waits_for_itself(&self, program: &Program, thread: usize) -> bool {
        let mut at = thread;
        for _ in 0..program.threads.len() {
            let Some(Wait::Mutex(_, owner)) = self.waits(program, at) else { return false };
            if owner == thread {
                return true;
            }
            at = owner;
        }
        false
    }

    /// Whether somebody's code still has what the thread waits for.
    pub(crate) fn may_end(&self, program: &Program, thread: usize, wait: Wait) -> bool {
        match wait {
            Wait::Mutex(mutex, owner) => self.next(program, owner).may_free & (1 << mutex) != 0,
            Wait::Semaphore(semaphore) => (0..program.threads.len())
                .filter(|&it| it != thread)
                .any(|it| self.next(program, it).may_free & (1 << (32 + semaphore)) != 0),
        }
    }
}
