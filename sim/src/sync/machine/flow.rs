//! Where the steps of a thread lead.

use super::code::{Instruction, Op};

/// Turns labels into instruction numbers and skips jumps, which are not steps.
pub(super) fn resolve(
    code: &mut [Instruction],
    jumps: &[(Option<usize>, Option<usize>)],
    labels: &[usize],
) {
    let last = code.len().saturating_sub(1);
    let target = |label: Option<usize>, after: usize| label.map_or(after, |it| labels[it]);
    let follow = |start: usize| {
        let mut at = start.min(last);
        // A round of jumps only cannot be written; the bound is a second guard.
        for _ in 0..code.len() {
            if !matches!(code[at].op, Op::Jump) {
                break;
            }
            at = target(jumps[at].0, at + 1).min(last);
        }
        u16::try_from(at).unwrap_or_default()
    };
    let targets: Vec<(u16, u16)> = (0..code.len())
        .map(|at| (follow(target(jumps[at].0, at + 1)), follow(target(jumps[at].1, at + 1))))
        .collect();
    // A thread may begin with a jump: its first step is found by the same rule.
    let first = usize::from(follow(0));
    for (instruction, (yes, other)) in code.iter_mut().zip(targets) {
        instruction.next = yes;
        if let Op::Branch { no, .. } = &mut instruction.op {
            *no = other;
        }
    }
    if first != 0 {
        code[0] = code[first].clone();
    }
}

/// Marks at each instruction what may still be unlocked or posted from there on.
pub(super) fn may_free(code: &mut [Instruction]) {
    loop {
        let mut changed = false;
        for at in (0..code.len()).rev() {
            let own = match code[at].op {
                Op::Unlock(mutex) => 1 << mutex,
                Op::Post(semaphore) => 1 << (32 + semaphore),
                _ => 0,
            };
            let after = match code[at].op {
                Op::End => 0,
                Op::Branch { no, .. } => code[usize::from(no)].may_free,
                _ => 0,
            };
            let next = match code[at].op {
                Op::End => 0,
                _ => code[usize::from(code[at].next)].may_free,
            };
            let mask = own | after | next;
            changed |= mask != code[at].may_free;
            code[at].may_free = mask;
        }
        if !changed {
            return;
        }
    }
}
