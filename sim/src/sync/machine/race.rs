//! What each thread has seen of the others' accesses, to find data races.
//!
//! Two accesses of one element race if they come from different threads, one of them stores, not
//! both are atomic, and nothing orders one before the other. Vector clocks answer that, but they
//! count for ever, and a walk over all states would never end. Only the last store and the last
//! loads of each element matter, though. So each of these has one bit, and each thread, lock and
//! atomic variable holds the set of those that it has seen: the same answer in a bounded state.
//!
//! The bits of an element: one for its last store; then one for the last load of each thread; then,
//! if it is accessed atomically as well, one for the last atomic store and the last atomic load of
//! each thread. A bit is 1 as long as there was no such access. An access clears its bit everywhere
//! but in its own thread. To release is to add one's set to that of the lock, to acquire is to
//! take over the lock's set.

use super::code::{Atomic, Op, Order, Program};
use super::state::{Law, State};
use crate::lang::ast::Kind;

/// An access that is not atomic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Where the sets stand in the words of a state.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    first: usize,
    /// Words of one set.
    width: usize,
    n_sets: usize,
    n_threads: usize,
    memory: usize,
    /// First bit of each word of memory that is accessed other than atomically.
    bits: Vec<Option<usize>>,
    /// Whether a word is accessed atomically as well.
    both: Vec<bool>,
    /// Set of each object; a read-write lock has a second one, for its readers, after it.
    objects: Vec<usize>,
    /// Set of each word of memory that is accessed atomically.
    atomics: Vec<Option<usize>>,
    /// First of two sets for each thread: what its last releasing fence had seen, and what its
    /// next acquiring fence will see.
    fences: Option<usize>,
}

impl Seen {
    /// Finds out which sets and bits a program needs; its words begin at `first`.
    pub(super) fn new(program: &Program, memory: usize, first: usize) -> Self {
        let n_threads = program.threads.len();
        let (plain, atomic) = accessed(program);
        let n_words = program.shared.last().map_or(0, |it| it.base + it.len);
        let mut seen = Self { first, n_threads, memory, ..Self::default() };
        seen.n_sets = n_threads;
        for object in &program.objects {
            seen.objects.push(seen.n_sets);
            seen.n_sets += if object.kind == Kind::RwLock { 2 } else { 1 };
        }
        let mut n_bits = 0;
        for word in 0..n_words {
            let is = |of: &[bool]| {
                let has = |it: &super::code::Shared| (it.base..it.base + it.len).contains(&word);
                program.shared.iter().position(has).is_some_and(|it| of[it])
            };
            let (plain, atomic) = (is(&plain), is(&atomic));
            seen.both.push(plain && atomic);
            seen.bits.push(plain.then_some(n_bits));
            if plain {
                n_bits += 1 + n_threads * if atomic { 3 } else { 1 };
            }
            seen.atomics.push(atomic.then_some(seen.n_sets));
            seen.n_sets += usize::from(atomic);
        }
        if program.uses.fences {
            seen.fences = Some(seen.n_sets);
            seen.n_sets += 2 * n_threads;
        }
        seen.width = n_bits.div_ceil(32);
        seen
    }

    pub(super) fn n_words(&self) -> usize {
        self.n_sets * self.width
    }

    /// At the start there is nothing that anybody could have missed.
    pub(super) fn start(&self, words: &mut [i32]) {
        words[self.first..self.first + self.n_words()].fill(-1);
    }

    fn set(&self, number: usize) -> std::ops::Range<usize> {
        let start = self.first + number * self.width;
        start..start + self.width
    }
}

/// Which variables are accessed other than atomically, and which atomically.
fn accessed(program: &Program) -> (Vec<bool>, Vec<bool>) {
    let n = program.shared.len();
    let (mut plain, mut atomic) = (vec![false; n], vec![false; n]);
    let ops = program.threads.iter().flat_map(|it| &it.code).map(|it| &it.op);
    for op in ops {
        match op {
            Op::Load { from: spot, .. } | Op::Store { to: spot, .. } => {
                plain[usize::from(spot.shared)] = true;
            }
            Op::Atomic { spot, .. } => atomic[usize::from(spot.shared)] = true,
            Op::Free(_) => {
                for (number, shared) in program.shared.iter().enumerate() {
                    plain[number] |= shared.address.is_some();
                }
            }
            _ => {}
        }
    }
    (plain, atomic)
}

impl State {
    fn has_seen(&self, seen: &Seen, set: usize, bit: usize) -> bool {
        self.word(seen.set(set).start + bit / 32) & 1 << (bit % 32) != 0
    }

    /// A new access: only its own thread knows of it.
    fn note(&mut self, seen: &Seen, thread: usize, bit: usize) {
        for set in 0..seen.n_sets {
            let at = seen.set(set).start + bit / 32;
            let word = self.word(at);
            let mask = 1 << (bit % 32);
            self.set_word(at, if set == thread { word | mask } else { word & !mask });
        }
    }

    /// What came before a store need not be asked for any more.
    fn forget(&mut self, seen: &Seen, bits: std::ops::Range<usize>) {
        for bit in bits {
            for set in 0..seen.n_sets {
                let at = seen.set(set).start + bit / 32;
                let word = self.word(at);
                self.set_word(at, word | 1 << (bit % 32));
            }
        }
    }

    /// Adds one set to another.
    fn join(&mut self, seen: &Seen, to: usize, from: usize) {
        for (to, from) in seen.set(to).zip(seen.set(from)) {
            let both = self.word(to) | self.word(from);
            self.set_word(to, both);
        }
    }

    fn copy(&mut self, seen: &Seen, to: usize, from: usize) {
        for (to, from) in seen.set(to).zip(seen.set(from)) {
            let word = self.word(from);
            self.set_word(to, word);
        }
    }

    /// Makes a set hold only what every thread has seen, which tells nobody anything.
    fn empty(&mut self, seen: &Seen, to: usize) {
        for at in 0..seen.width {
            let all =
                (0..seen.n_threads).fold(-1, |all, it| all & self.word(seen.set(it).start + at));
            self.set_word(seen.set(to).start + at, all);
        }
    }

    /// An access that is not atomic: whether it races, and what it leaves behind.
    pub(super) fn touch(
        &mut self,
        program: &Program,
        thread: usize,
        word: usize,
        access: Access,
    ) -> Result<(), Law> {
        let Some(seen) = &program.layout.seen else { return Ok(()) };
        let Some(first) = seen.bits[word - seen.memory] else { return Ok(()) };
        let n = seen.n_threads;
        let both = seen.both[word - seen.memory];
        let loads = first + 1..first + 1 + n;
        let atomic_stores = first + 1 + n..first + 1 + if both { 2 * n } else { n };
        let atomic_loads = first + 1 + 2 * n..first + 1 + if both { 3 * n } else { 2 * n };
        let all_seen = |bits: std::ops::Range<usize>| {
            bits.into_iter().all(|it| self.has_seen(seen, thread, it))
        };
        let ordered = self.has_seen(seen, thread, first)
            && all_seen(atomic_stores.clone())
            && (access == Access::Read
                || all_seen(loads.clone()) && all_seen(atomic_loads.clone()));
        if !ordered {
            return Err(Law::DataRace);
        }
        match access {
            Access::Read => self.note(seen, thread, loads.start + thread),
            Access::Write => {
                self.forget(seen, loads);
                self.forget(seen, atomic_stores);
                self.forget(seen, atomic_loads);
                self.note(seen, thread, first);
            }
        }
        Ok(())
    }

    /// An atomic access: whether it races with one that is not, and what it orders.
    pub(super) fn touch_atomic(
        &mut self,
        program: &Program,
        thread: usize,
        word: usize,
        (kind, order, stores): (Atomic, Order, bool),
    ) -> Result<(), Law> {
        let Some(seen) = &program.layout.seen else { return Ok(()) };
        let n = seen.n_threads;
        let loads = kind != Atomic::Store;
        if let Some(first) = seen.bits[word - seen.memory] {
            let after_loads = || (0..n).all(|it| self.has_seen(seen, thread, first + 1 + it));
            if !self.has_seen(seen, thread, first) || (stores && !after_loads()) {
                return Err(Law::DataRace);
            }
            if stores {
                self.note(seen, thread, first + 1 + n + thread);
            }
            if loads {
                self.note(seen, thread, first + 1 + 2 * n + thread);
            }
        }
        let Some(set) = seen.atomics[word - seen.memory] else { return Ok(()) };
        if loads {
            match (order.acquires(), seen.fences) {
                (true, _) => self.join(seen, thread, set),
                (false, Some(fences)) => self.join(seen, fences + 2 * thread + 1, set),
                (false, None) => {}
            }
        }
        if !stores {
            return Ok(());
        }
        // A store begins anew; an exchange and its like go on with what was there.
        let anew = kind == Atomic::Store;
        match (order.releases(), seen.fences) {
            (true, _) if anew => self.copy(seen, set, thread),
            (true, _) => self.join(seen, set, thread),
            (false, Some(fences)) if anew => self.copy(seen, set, fences + 2 * thread),
            (false, Some(fences)) => self.join(seen, set, fences + 2 * thread),
            (false, None) if anew => self.empty(seen, set),
            (false, None) => {}
        }
        Ok(())
    }

    /// A fence.
    pub(super) fn fence_seen(&mut self, program: &Program, thread: usize, order: Order) {
        let Some(seen) = &program.layout.seen else { return };
        let Some(fences) = seen.fences else { return };
        if order.acquires() {
            self.join(seen, thread, fences + 2 * thread + 1);
        }
        if order.releases() {
            self.copy(seen, fences + 2 * thread, thread);
        }
    }

    /// The set of an object that a thread adds to, or that it takes over.
    fn object_set(seen: &Seen, program: &Program, object: u8, reads: bool) -> usize {
        let at = usize::from(object);
        let second = reads && program.objects[at].kind == Kind::RwLock;
        seen.objects[at] + usize::from(second)
    }

    /// Leaves what a thread has seen with an object, for whoever takes it next. A reader's part
    /// of a read-write lock is for writers only.
    pub(super) fn publish(&mut self, program: &Program, thread: usize, object: u8, reads: bool) {
        let Some(seen) = &program.layout.seen else { return };
        let set = Self::object_set(seen, program, object, reads);
        self.join(seen, set, thread);
    }

    /// Takes over what was left with an object.
    pub(super) fn subscribe(&mut self, program: &Program, thread: usize, object: u8, reads: bool) {
        let Some(seen) = &program.layout.seen else { return };
        self.join(seen, thread, seen.objects[usize::from(object)]);
        if !reads && program.objects[usize::from(object)].kind == Kind::RwLock {
            let set = Self::object_set(seen, program, object, true);
            self.join(seen, thread, set);
        }
    }

    /// A barrier that everybody has passed begins anew.
    pub(super) fn barrier_passed(&mut self, program: &Program, barrier: u8) {
        let Some(seen) = &program.layout.seen else { return };
        self.empty(seen, seen.objects[usize::from(barrier)]);
    }

    /// A handler and the thread that it interrupts run on one CPU: each sees what the other did.
    pub(super) fn same_cpu_seen(&mut self, program: &Program, thread: usize) {
        let (Some(seen), Some(host)) = (&program.layout.seen, program.threads[thread].host) else {
            return;
        };
        self.join(seen, host, thread);
        self.join(seen, thread, host);
    }
}
