//! The one place where a state changes.

use super::code::{
    Atomic, BUFFER_MAX, Instruction, Memory, Op, Order, Program, Spot, Sync, Value, Which,
};
use super::queue::Bed;
use super::race::Access;
use super::state::{Action, Law, State};
use crate::lang::ast::Kind;

impl State {
    /// Takes an action that is possible.
    pub(crate) fn act(&mut self, program: &Program, action: Action) {
        match action {
            Action::Drain(thread) => self.drain(program, thread),
            Action::Wake(thread) => self.wake(program, thread),
            Action::Step(thread) => {
                if let Err(law) = self.step(program, thread) {
                    self.set_word(0, law as i32);
                }
            }
        }
    }

    fn drain(&mut self, program: &Program, thread: usize) {
        let Some(&first) = program.layout.buffers.get(thread) else { return };
        let entries = &mut self.words()[first..=first + 2 * BUFFER_MAX];
        let (word, value) = (entries[1], entries[2]);
        entries[0] -= 1;
        entries.copy_within(3.., 1);
        entries[2 * BUFFER_MAX - 1..].fill(0);
        self.set_word(usize::try_from(word).unwrap_or_default(), value);
    }

    fn step(&mut self, program: &Program, thread: usize) -> Result<(), Law> {
        let instruction = self.next(program, thread);
        let mut next = instruction.next;
        let mut bed = None;
        match instruction.op {
            Op::Load { to, from } => {
                let word = self.find(program, thread, from)?;
                self.touch(program, thread, word, Access::Read)?;
                let value = self.seen(program, thread, word);
                self.set(program, thread, to, value);
            }
            Op::Store { to, value } => {
                let word = self.find(program, thread, to)?;
                let value = self.value(program, thread, value)?;
                self.touch(program, thread, word, Access::Write)?;
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
            Op::Sync { kind, on, with, to } => {
                let on = self.which(program, thread, on)?;
                let with = match with {
                    Some(with) => Some(self.which(program, thread, with)?),
                    None => None,
                };
                let (result, sleeps) = self.sync(program, thread, kind, (on, with))?;
                bed = sleeps;
                self.give(program, thread, to, result);
            }
            Op::FutexWait { to, spot, value } => {
                let word = self.find(program, thread, spot)?;
                let value = self.value(program, thread, value)?;
                let sleeps = self.word(word) == value;
                bed = sleeps.then(|| futex(program, spot, word));
                self.give(program, thread, to, i32::from(!sleeps));
            }
            Op::FutexWake { to, spot, count } => {
                let word = self.find(program, thread, spot)?;
                let count = self.value(program, thread, count)?;
                let sleepers = self.sleepers(program, futex(program, spot, word));
                let n = usize::try_from(count).unwrap_or_default().min(sleepers.len());
                sleepers[..n].iter().for_each(|&it| self.wake(program, it));
                self.give(program, thread, to, i32::try_from(n).unwrap_or_default());
            }
            Op::Atomic { .. } => self.atomic(program, thread, &instruction.op)?,
            Op::Malloc { to, pool } => {
                let address = self.malloc(program, usize::from(pool));
                self.give(program, thread, to, address);
            }
            Op::Free(value) => {
                let address = self.value(program, thread, value)?;
                self.free_cell(program, thread, address)?;
            }
            Op::Assert(test) => {
                if self.value(program, thread, test)? == 0 {
                    return Err(Law::Assertion);
                }
            }
            Op::Enter => {
                if self.others_inside(program, thread) {
                    self.go(program, thread, instruction, next);
                    return Err(Law::MutualExclusion);
                }
            }
            Op::Interrupts(on) => {
                if let Some(word) = program.layout.interrupts {
                    let bit = 1 << thread;
                    let off = self.word(word);
                    self.set_word(word, if on { off & !bit } else { off | bit });
                }
            }
            Op::Fence(order) => self.fence_seen(program, thread, order),
            Op::Leave | Op::Yield | Op::Begin | Op::Jump | Op::End => {}
        }
        self.go(program, thread, instruction, next);
        if let Some(bed) = bed {
            self.sleep(program, thread, bed);
        }
        self.same_cpu_seen(program, thread);
        Ok(())
    }

    fn others_inside(&self, program: &Program, thread: usize) -> bool {
        (0..program.threads.len()).any(|it| it != thread && self.inside(program, it))
    }

    /// Moves the program counter on and clears the registers that are dead now.
    fn go(&mut self, program: &Program, thread: usize, from: &Instruction, next: u16) {
        let first = program.layout.threads[thread];
        self.set_word(first, i32::from(next));
        let n_registers = program.threads[thread].registers.len();
        let dead = usize::from(from.dead_from).min(n_registers);
        self.words()[first + 1 + dead..first + 1 + n_registers].fill(0);
        let mut clear = from.clear;
        while clear != 0 {
            self.set_word(first + 1 + clear.trailing_zeros() as usize, 0);
            clear &= clear - 1;
        }
    }

    fn find(&self, program: &Program, thread: usize, spot: Spot) -> Result<usize, Law> {
        let registers = self.registers(program, thread);
        let Some(index) = program.value(registers, spot.index) else {
            return Err(Law::NoDivisionByZero);
        };
        let is_field = program.shared[usize::from(spot.shared)].address.is_some();
        match program.word(registers, spot) {
            Some(_) if is_field && self.allocated(program, index) != Some(true) => {
                Err(Law::UseAfterFree)
            }
            Some(word) => Ok(word),
            None if is_field => Err(Law::NullPointer),
            None => Err(Law::IndexInRange),
        }
    }

    fn which(&self, program: &Program, thread: usize, which: Which) -> Result<u8, Law> {
        self.object(program, thread, which).ok_or(Law::IndexInRange)
    }

    fn value(&self, program: &Program, thread: usize, value: Value) -> Result<i32, Law> {
        let found = program.value(self.registers(program, thread), value);
        found.ok_or(Law::NoDivisionByZero)
    }

    fn set(&mut self, program: &Program, thread: usize, register: u8, value: i32) {
        self.set_word(program.layout.threads[thread] + 1 + usize::from(register), value);
    }

    fn give(&mut self, program: &Program, thread: usize, register: Option<u8>, value: i32) {
        if let Some(register) = register {
            self.set(program, thread, register, value);
        }
    }

    fn store(&mut self, program: &Program, thread: usize, word: usize, value: i32) {
        match program.layout.buffers.get(thread) {
            None => self.set_word(word, value),
            Some(&first) => {
                let n = self.buffered(program, thread);
                let words = self.words();
                words[first] += 1;
                words[first + 1 + 2 * n] = i32::try_from(word).unwrap_or_default();
                words[first + 2 + 2 * n] = value;
            }
        }
    }

    fn atomic(&mut self, program: &Program, thread: usize, op: &Op) -> Result<(), Law> {
        let Op::Atomic { kind, order, to, spot, value, new } = *op else { return Ok(()) };
        let word = self.find(program, thread, spot)?;
        let value = self.value(program, thread, value)?;
        let new = self.value(program, thread, new)?;
        let old = self.seen(program, thread, word);
        let stores = match kind {
            Atomic::Load => None,
            Atomic::Store | Atomic::Exchange => Some(value),
            Atomic::FetchAdd => Some(old.wrapping_add(value)),
            Atomic::CompareAndSwap => (old == value).then_some(new),
        };
        self.touch_atomic(program, thread, word, (kind, order, stores.is_some()))?;
        if let Some(stored) = stores {
            let waits = matches!(order, Order::Relaxed | Order::Release) && kind == Atomic::Store;
            match program.rules.memory {
                Memory::StoreBuffers if waits => self.store(program, thread, word, stored),
                Memory::StoreBuffers | Memory::AtOnce => self.set_word(word, stored),
            }
        }
        let result = if kind == Atomic::CompareAndSwap { i32::from(old == value) } else { old };
        self.give(program, thread, to, result);
        Ok(())
    }

    /// Does something with an object; the result, and where the thread goes to sleep.
    fn sync(
        &mut self,
        program: &Program,
        thread: usize,
        kind: Sync,
        (on, with): (u8, Option<u8>),
    ) -> Result<(i32, Option<Bed>), Law> {
        let word = program.layout.objects + usize::from(on);
        let count = self.word(word);
        let me = i32::try_from(thread + 1).unwrap_or_default();
        match kind {
            Sync::Relock
                if self.next(program, thread).inside && self.others_inside(program, thread) =>
            {
                return Err(Law::MutualExclusion);
            }
            Sync::Lock | Sync::Relock => self.take(program, thread, on, me),
            Sync::TryLock | Sync::TryWait if (kind == Sync::TryLock) == (count != 0) => {
                return Ok((0, None));
            }
            Sync::TryLock => self.take(program, thread, on, me),
            Sync::Wait | Sync::TryWait => self.take(program, thread, on, count - 1),
            Sync::ReadLock => self.take(program, thread, on, count | 1 << thread),
            Sync::WriteLock => self.take(program, thread, on, me << 8),
            Sync::Unlock => self.unlock(program, thread, on)?,
            Sync::Post => {
                self.publish(program, thread, on, false);
                self.set_word(word, count.saturating_add(1));
            }
            Sync::CondWait => {
                self.unlock(program, thread, with.unwrap_or_default())?;
                return Ok((0, Some(Bed::object(on))));
            }
            Sync::Signal => return Ok((0, self.signal(program, thread, on))),
            Sync::Broadcast => {
                for sleeper in self.sleepers(program, Bed::object(on)) {
                    self.wake(program, sleeper);
                }
            }
            Sync::Arrive => return Ok((0, self.arrive(program, thread, on))),
        }
        Ok((1, None))
    }

    /// Gives an object its new word, and the thread what the object's last user saw.
    fn take(&mut self, program: &Program, thread: usize, object: u8, word: i32) {
        self.set_word(program.layout.objects + usize::from(object), word);
        let reads = self.readers(program, object) & (1 << thread) != 0;
        self.subscribe(program, thread, object, reads);
    }

    fn unlock(&mut self, program: &Program, thread: usize, object: u8) -> Result<(), Law> {
        let word = program.layout.objects + usize::from(object);
        let is_lock = program.objects[usize::from(object)].kind == Kind::RwLock;
        if self.owner(program, object) == Some(thread) {
            self.publish(program, thread, object, false);
            self.set_word(word, 0);
        } else if is_lock && self.readers(program, object) & (1 << thread) != 0 {
            self.publish(program, thread, object, true);
            let left = self.word(word) & !(1 << thread);
            self.set_word(word, left);
        } else {
            return Err(Law::UnlockByOwner);
        }
        // Whoever gave the mutex away with a signal gets it back before anybody else.
        if let Some(&back) = self.sleepers(program, Bed::urgent(object)).last() {
            self.wake(program, back);
            let owner = i32::try_from(back + 1).unwrap_or_default();
            self.take(program, back, object, owner);
        }
        Ok(())
    }

    /// Wakes the first sleeper of a condition. With Hoare's rule it gets the mutex at once, and
    /// the thread that signals sleeps until it is given back.
    fn signal(&mut self, program: &Program, thread: usize, condition: u8) -> Option<Bed> {
        let sleeper = self.sleepers(program, Bed::object(condition)).first().copied()?;
        self.wake(program, sleeper);
        let relock = self.next(program, sleeper);
        let Op::Sync { kind: Sync::Relock, on, .. } = relock.op else { return None };
        let mutex = self.object(program, sleeper, on)?;
        if !program.rules.hands_over || self.owner(program, mutex) != Some(thread) {
            return None;
        }
        self.publish(program, thread, mutex, false);
        self.take(program, sleeper, mutex, i32::try_from(sleeper + 1).unwrap_or_default());
        self.go(program, sleeper, relock, relock.next);
        Some(Bed::urgent(mutex))
    }

    /// The last of the threads that a barrier waits for wakes the others.
    fn arrive(&mut self, program: &Program, thread: usize, barrier: u8) -> Option<Bed> {
        let word = program.layout.objects + usize::from(barrier);
        let arrived = self.word(word) + 1;
        self.publish(program, thread, barrier, false);
        if arrived < program.objects[usize::from(barrier)].count {
            self.set_word(word, arrived);
            return Some(Bed::object(barrier));
        }
        self.set_word(word, 0);
        self.subscribe(program, thread, barrier, false);
        for sleeper in self.sleepers(program, Bed::object(barrier)) {
            self.subscribe(program, sleeper, barrier, false);
            self.wake(program, sleeper);
        }
        self.barrier_passed(program, barrier);
        None
    }

    /// The lowest free address of a pool, which is allocated now; 0 if there is none.
    fn malloc(&mut self, program: &Program, pool: usize) -> i32 {
        let pool = &program.pools[pool];
        let heap = self.word(program.layout.heap);
        let free = (pool.first..pool.first + pool.len).find(|it| heap & 1 << it == 0);
        let Some(address) = free else { return 0 };
        self.set_word(program.layout.heap, heap | 1 << address);
        i32::try_from(address).unwrap_or_default()
    }

    fn free_cell(&mut self, program: &Program, thread: usize, address: i32) -> Result<(), Law> {
        if address == 0 {
            return Ok(());
        }
        match self.allocated(program, address) {
            None => return Err(Law::NullPointer),
            Some(false) => return Err(Law::UseAfterFree),
            Some(true) => {}
        }
        let at = usize::try_from(address).unwrap_or_default();
        let Some(pool) =
            program.pools.iter().find(|it| (it.first..it.first + it.len).contains(&at))
        else {
            return Ok(());
        };
        for shared in &program.shared[pool.fields.0..pool.fields.1] {
            let word = program.layout.memory + shared.base + at - pool.first;
            self.touch(program, thread, word, Access::Write)?;
            // Nobody may look at it again, so that what is left there does not matter.
            self.set_word(word, 0);
        }
        let heap = self.word(program.layout.heap);
        self.set_word(program.layout.heap, heap & !(1 << at));
        Ok(())
    }
}

/// Where threads sleep that wait for an element to change.
pub(super) fn futex(program: &Program, spot: Spot, word: usize) -> Bed {
    let number = program.futex(spot.shared).unwrap_or_default();
    Bed::futex(number, word - program.layout.memory)
}
