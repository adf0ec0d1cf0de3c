//! What can happen next, and who waits for what, perhaps in vain.

use super::code::{Atomic, BUFFER_MAX, INTERRUPTS, Op, Order, Program, Sync, THREADS_MAX, Which};
use super::queue::Bed;
use super::state::{Action, Law, State};
use crate::lang::ast::Kind;

/// What a blocked thread waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// An object that it cannot take now.
    Object(u8),
    /// To be woken.
    Asleep(Bed),
    /// For the interrupt handler on its CPU to end.
    Handler(usize),
    /// For its CPU, which takes no interrupts, or already handles one.
    Cpu(usize),
}

impl State {
    /// What a thread waits for, if it cannot step because of others.
    pub(crate) fn waits(&self, program: &Program, thread: usize) -> Option<Wait> {
        if let Some((bed, _)) = self.bed(program, thread) {
            return Some(Wait::Asleep(bed));
        }
        let next = self.next(program, thread);
        if !matches!(next.op, Op::End)
            && let Some(handler) = self.handler(program, thread)
        {
            return Some(Wait::Handler(handler));
        }
        match next.op {
            Op::Sync { kind, on, .. } => {
                let object = self.object(program, thread, on)?;
                (!self.free(program, kind, object)).then_some(Wait::Object(object))
            }
            Op::Begin => {
                let host = program.threads[thread].host?;
                (!self.takes_interrupts(program, host)).then_some(Wait::Cpu(host))
            }
            _ => None,
        }
    }

    pub(super) fn object(&self, program: &Program, thread: usize, which: Which) -> Option<u8> {
        program.object(self.registers(program, thread), which)
    }

    /// Whether an operation on an object need not wait.
    fn free(&self, program: &Program, kind: Sync, object: u8) -> bool {
        match kind {
            Sync::Lock | Sync::Relock | Sync::ReadLock => self.owner(program, object).is_none(),
            Sync::WriteLock => self.count(program, object) == 0,
            Sync::Wait => 0 < self.count(program, object),
            Sync::TryLock
            | Sync::Unlock
            | Sync::TryWait
            | Sync::Post
            | Sync::CondWait
            | Sync::Signal
            | Sync::Broadcast
            | Sync::Arrive => true,
        }
    }

    fn takes_interrupts(&self, program: &Program, host: usize) -> bool {
        let off = program.layout.interrupts.map_or(0, |it| self.word(it));
        off & (1 << host) == 0 && self.handler(program, host).is_none()
    }

    /// Bit n is set if action n is possible.
    pub(crate) fn possible(&self, program: &Program) -> u32 {
        let mut mask = 0;
        for (thread, code) in program.threads.iter().enumerate() {
            let buffered = self.buffered(program, thread);
            if 0 < buffered && code.host.is_none() {
                mask |= 1 << (THREADS_MAX + thread);
            }
            if let Some((bed, _)) = self.bed(program, thread) {
                let object = &program.objects[usize::from(bed.number())];
                let wakes = program.rules.spurious
                    && !bed.is_urgent()
                    && matches!(object.kind, Kind::Condition | Kind::Futex);
                mask |= u32::from(wakes) << (2 * THREADS_MAX + thread);
            } else if code.handlers == 0 || self.handler(program, thread).is_none() {
                mask |= u32::from(self.can(program, thread, buffered)) << thread;
            }
        }
        mask
    }

    /// Whether a thread that is awake can take its next step.
    fn can(&self, program: &Program, thread: usize, buffered: usize) -> bool {
        match self.next(program, thread).op {
            Op::End => false,
            // What publishes or orders stores starts with an empty buffer.
            Op::Sync { kind, on, .. } => {
                let object = self.object(program, thread, on);
                buffered == 0 && object.is_none_or(|it| self.free(program, kind, it))
            }
            Op::FutexWait { .. } | Op::FutexWake { .. } | Op::Malloc { .. } | Op::Free(_) => {
                buffered == 0
            }
            Op::Fence(order) => order != Order::SeqCst || buffered == 0,
            Op::Atomic { kind: Atomic::Load, .. } => true,
            Op::Atomic { kind: Atomic::Store, order: Order::Relaxed | Order::Release, .. }
            | Op::Store { .. } => buffered < BUFFER_MAX,
            Op::Atomic { .. } => buffered == 0,
            Op::Begin => {
                program.threads[thread].host.is_some_and(|it| self.takes_interrupts(program, it))
            }
            Op::Load { .. }
            | Op::Set { .. }
            | Op::Branch { .. }
            | Op::Assert(_)
            | Op::Enter
            | Op::Leave
            | Op::Yield
            | Op::Interrupts(_)
            | Op::Jump => true,
        }
    }

    /// The possible action with this pick.
    pub(crate) fn action(&self, program: &Program, pick: u32) -> Option<Action> {
        let mut mask = self.possible(program);
        for _ in 0..pick {
            mask &= mask.wrapping_sub(1);
        }
        let number = usize::try_from(mask.trailing_zeros()).ok().filter(|_| mask != 0)?;
        let thread = number % THREADS_MAX;
        Some(match number / THREADS_MAX {
            0 => Action::Step(thread),
            1 => Action::Drain(thread),
            _ => Action::Wake(thread),
        })
    }

    /// The first law that is broken here.
    pub(crate) fn broken(&self, program: &Program) -> Option<Law> {
        Law::of_word(self.word(0)).or_else(|| self.stuck(program))
    }

    /// Whether anything can happen that may be relied on: nobody can count on waking for no reason.
    pub(crate) fn goes_on(&self, program: &Program) -> bool {
        self.possible(program) & ((1 << (2 * THREADS_MAX)) - 1) != 0
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
        } else if 0 < hopeless && (hopeless == blocked || self.goes_on(program)) {
            Some(Law::BlockedForEver)
        } else if self.goes_on(program) {
            None
        } else {
            Some(Law::Deadlock)
        }
    }

    /// Bit n: a blocked thread cannot go on before thread n has.
    pub(crate) fn holders(&self, program: &Program, thread: usize, wait: Wait) -> u32 {
        let owner = |object| self.owner(program, object).map_or(0, |it| 1 << it);
        match wait {
            Wait::Object(object) => match self.next(program, thread).op {
                Op::Sync { kind: Sync::WriteLock, .. } => {
                    owner(object) | self.readers(program, object)
                }
                _ => owner(object),
            },
            Wait::Asleep(bed) if bed.is_urgent() => owner(bed.number()),
            Wait::Asleep(_) => 0,
            Wait::Handler(handler) => 1 << handler,
            Wait::Cpu(host) => 1 << self.handler(program, host).unwrap_or(host),
        }
    }

    /// Whether a chain of waiting threads leads from a thread back to it.
    pub(crate) fn waits_for_itself(&self, program: &Program, thread: usize) -> bool {
        let of =
            |it: usize| self.waits(program, it).map_or(0, |wait| self.holders(program, it, wait));
        let mut reached = of(thread);
        for _ in 0..program.threads.len() {
            if reached & (1 << thread) != 0 {
                return true;
            }
            let more = (0..program.threads.len()).filter(|it| reached & (1 << it) != 0);
            let wider = more.fold(reached, |mask, it| mask | of(it));
            if wider == reached {
                return false;
            }
            reached = wider;
        }
        false
    }

    /// Whether somebody's code still has what the thread waits for.
    pub(crate) fn may_end(&self, program: &Program, thread: usize, wait: Wait) -> bool {
        let frees = |mask: u32, bits: u64| {
            let holds = |it: &usize| mask & (1 << it) != 0;
            let all = (0..program.threads.len()).filter(holds);
            all.into_iter().all(|it| self.next(program, it).may_free & bits != 0)
        };
        match wait {
            Wait::Object(object) => match program.objects[usize::from(object)].kind {
                Kind::Mutex | Kind::RwLock => {
                    frees(self.holders(program, thread, wait), 1 << (object & 63))
                }
                Kind::Semaphore | Kind::Condition | Kind::Barrier | Kind::Futex => {
                    0 < self.n_freeing(program, thread, object)
                }
            },
            Wait::Asleep(bed) if bed.is_urgent() => true,
            Wait::Asleep(bed) => {
                let number = bed.number();
                let object = &program.objects[usize::from(number)];
                let missing = match object.kind {
                    Kind::Barrier => object.count - self.count(program, number),
                    _ => 1,
                };
                usize::try_from(missing)
                    .is_ok_and(|it| it <= self.n_freeing(program, thread, number))
            }
            Wait::Handler(_) => true,
            Wait::Cpu(host) => match self.handler(program, host) {
                Some(_) => true,
                None => self.next(program, host).may_free & INTERRUPTS != 0,
            },
        }
    }

    /// How many others that are not in the same queue may still free an object.
    fn n_freeing(&self, program: &Program, thread: usize, object: u8) -> usize {
        let same = |it: usize| {
            self.bed(program, it).is_some_and(|it| it.0 == Bed::object(object))
                && program.objects[usize::from(object)].kind == Kind::Barrier
        };
        (0..program.threads.len())
            .filter(|&it| it != thread && !same(it))
            .filter(|&it| self.next(program, it).may_free & (1 << (object & 63)) != 0)
            .count()
    }
}
