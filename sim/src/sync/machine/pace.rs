//! Which steps need no other beside them, and which are progress.

use super::code::{Instruction, Memory, Node, Op, Program, THREADS_MAX, Value};
use super::state::State;
use crate::lang::ast::Binary;
use crate::machine::Pace;

/// The actions that a fair scheduler owes: steps and buffers, no wake-ups for no reason.
const OWED: u32 = (1 << (2 * THREADS_MAX)) - 1;

impl State {
    /// Bit n: action n is possible, and a fair scheduler does not put it off for ever.
    pub(crate) fn owed(&self, program: &Program) -> u32 {
        self.possible(program) & OWED
    }

    /// Entering a critical section is progress, and so is a round of a loop that is meant to run
    /// for ever. A wake-up for no reason is not the scheduler's: no cycle counts on it.
    pub(crate) fn pace(&self, program: &Program, pick: u32) -> Pace {
        let mut mask = self.possible(program);
        for _ in 0..pick {
            mask &= mask.wrapping_sub(1);
        }
        let action = mask.trailing_zeros();
        let thread = action as usize;
        let progress = if thread < THREADS_MAX {
            let next = self.next(program, thread);
            next.round || matches!(next.op, Op::Enter)
        } else {
            2 * THREADS_MAX <= thread
        };
        Pace { action, progress }
    }

    /// The pick of a step within one thread, or of a load that nobody can disturb any more.
    pub(crate) fn alone(&self, program: &Program) -> Option<u32> {
        let possible = self.possible(program);
        let free = |&thread: &usize| {
            possible & (1 << thread) != 0
                // An interrupt may stop it for a while.
                && program.threads[thread].handlers == 0
                && self.commutes(program, thread, self.next(program, thread))
        };
        let thread = (0..program.threads.len()).find(free)?;
        Some((possible & ((1 << thread) - 1)).count_ones())
    }

    fn commutes(&self, program: &Program, thread: usize, next: &Instruction) -> bool {
        let code = &program.threads[thread].code;
        let same_section = |to: u16| code[usize::from(to)].inside == next.inside;
        match next.op {
            Op::Set { value, .. } => cannot_fail(program, value) && same_section(next.next),
            Op::Branch { test, no } => {
                cannot_fail(program, test) && same_section(next.next) && same_section(no)
            }
            Op::Load { from, .. } => {
                let shared = &program.shared[usize::from(from.shared)];
                let in_range = match from.index {
                    Value::Number(index) => usize::try_from(index).is_ok_and(|it| it < shared.len),
                    Value::Register(_) | Value::Tree(..) => false,
                };
                let written = |it: usize| {
                    it != thread
                        && self.next(program, it).may_write & (1 << (from.shared & 63)) != 0
                };
                in_range
                    && shared.address.is_none()
                    && program.rules.memory == Memory::AtOnce
                    && !program.rules.races
                    && same_section(next.next)
                    && !(0..program.threads.len()).any(written)
            }
            _ => false,
        }
    }
}

fn cannot_fail(program: &Program, value: Value) -> bool {
    let Value::Tree(start, end) = value else { return true };
    let nodes = program.nodes.get(start as usize..end as usize).unwrap_or_default();
    !nodes.iter().any(|it| matches!(it, Node::Binary(Binary::Divide | Binary::Remainder)))
}
