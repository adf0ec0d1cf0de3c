//! Where the steps of a thread lead.

use super::code::{
    Atomic, INTERRUPTS, Instruction, Node, Op, Program, REGISTERS_MAX, Spot, Sync, Value, Which,
};

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

/// Marks at each instruction what its thread may still do from there on, and which registers of
/// functions, from the first of `between` to before the second, nobody reads any more.
pub(super) fn follow(code: &mut [Instruction], program: &Program, between: (usize, usize)) {
    let of_functions = mask(between.0, between.1.min(REGISTERS_MAX));
    let mut live = vec![0_u32; code.len()];
    loop {
        let mut changed = false;
        for at in (0..code.len()).rev() {
            let after = match code[at].op {
                Op::End => Vec::new(),
                Op::Branch { no, .. } => vec![usize::from(code[at].next), usize::from(no)],
                _ => vec![usize::from(code[at].next)],
            };
            let (mut may_free, mut may_write) = effects(&code[at].op, program);
            let mut needed = 0;
            for next in after {
                may_free |= code[next].may_free;
                may_write |= code[next].may_write;
                needed |= live[next];
            }
            let result = code[at].op.result().map_or(0, |it| 1 << u32::from(it).min(31));
            let before = (needed & !result) | reads(&code[at].op, program);
            changed |= before != live[at]
                || may_free != code[at].may_free
                || may_write != code[at].may_write;
            live[at] = before;
            code[at].may_free = may_free;
            code[at].may_write = may_write;
            code[at].clear = of_functions & !needed;
        }
        if !changed {
            return;
        }
    }
}

/// Bits from `start` to before `end`, which is at most 31.
fn mask(start: usize, end: usize) -> u32 {
    (start..end).fold(0, |mask, it| mask | 1 << it.min(31))
}

/// The registers that an operation reads.
fn reads(op: &Op, program: &Program) -> u32 {
    let bit = |register: u8| 1 << u32::from(register).min(31);
    let of = |value: Value| match value {
        Value::Number(_) => 0,
        Value::Register(register) => bit(register),
        Value::Tree(start, end) => {
            let nodes = program.nodes.get(start as usize..end as usize).unwrap_or_default();
            nodes.iter().fold(0, |mask, node| match node {
                Node::Register(register) => mask | bit(*register),
                Node::Number(_) | Node::Unary(_) | Node::Binary(_) => mask,
            })
        }
    };
    op.values().into_iter().fold(0, |mask, value| mask | of(value))
}

/// What an operation may unlock, post or signal, and which variables it may write.
fn effects(op: &Op, program: &Program) -> (u64, u64) {
    let all = |which: &Which| {
        let numbers = match which.index {
            Value::Number(at) if 0 <= at && at < i32::from(which.len) => at..at + 1,
            _ => 0..i32::from(which.len),
        };
        numbers.fold(0, |mask, it| mask | 1 << ((i32::from(which.base) + it) & 63))
    };
    let variable = |spot: &Spot| 1 << (spot.shared & 63);
    match op {
        Op::Sync { kind, on, with, .. } => match kind {
            Sync::Unlock | Sync::Post | Sync::Signal | Sync::Broadcast | Sync::Arrive => {
                (all(on), 0)
            }
            Sync::CondWait => (with.as_ref().map_or(0, all), 0),
            Sync::Lock
            | Sync::TryLock
            | Sync::Wait
            | Sync::TryWait
            | Sync::ReadLock
            | Sync::WriteLock
            | Sync::Relock => (0, 0),
        },
        Op::FutexWake { spot, .. } => {
            (program.futex(spot.shared).map_or(0, |it| 1 << (it & 63)), 0)
        }
        Op::Interrupts(true) => (INTERRUPTS, 0),
        Op::Store { to, .. } => (0, variable(to)),
        Op::Atomic { kind, spot, .. } if *kind != Atomic::Load => (0, variable(spot)),
        Op::Free(_) => {
            let fields = program.shared.iter().enumerate().filter(|it| it.1.address.is_some());
            (0, fields.fold(0, |mask, it| mask | 1 << (it.0 & 63)))
        }
        Op::Load { .. }
        | Op::Set { .. }
        | Op::Branch { .. }
        | Op::FutexWait { .. }
        | Op::Atomic { .. }
        | Op::Malloc { .. }
        | Op::Assert(_)
        | Op::Enter
        | Op::Leave
        | Op::Yield
        | Op::Fence(_)
        | Op::Interrupts(false)
        | Op::Begin
        | Op::Jump
        | Op::End => (0, 0),
    }
}
