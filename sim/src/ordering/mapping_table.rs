//! The tables: an operation and its order, as instructions.

use super::mapping::Flavour;
use serde::Deserialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Operation {
    Load,
    Store,
    Exchange,
    FetchAdd,
    Fence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    Relaxed,
    Acquire,
    Release,
    AcqRel,
    SeqCst,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Target {
    X86,
    Armv8,
    Riscv,
}

impl Operation {
    #[cfg(test)]
    pub(super) const ALL: [Self; 5] =
        [Self::Load, Self::Store, Self::Exchange, Self::FetchAdd, Self::Fence];

    pub(super) const fn word(self) -> &'static str {
        ["load", "store", "exchange", "fetch_add", "fence"][self as usize]
    }
}

impl Order {
    const ALL: [Self; 5] =
        [Self::Relaxed, Self::Acquire, Self::Release, Self::AcqRel, Self::SeqCst];

    pub(super) const fn word(self) -> &'static str {
        ["relaxed", "acquire", "release", "acq_rel", "seq_cst"][self as usize]
    }
}

impl Target {
    pub(super) const ALL: [Self; 3] = [Self::X86, Self::Armv8, Self::Riscv];

    pub(super) const fn name(self) -> &'static str {
        ["x86-64", "ARMv8", "RISC-V"][self as usize]
    }

    pub(super) const fn key(self) -> &'static str {
        ["x86", "armv8", "riscv"][self as usize]
    }
}

/// Whether C11 has an operation with an order.
pub(super) const fn is_legal(operation: Operation, order: Order) -> bool {
    match operation {
        Operation::Load => !matches!(order, Order::Release | Order::AcqRel),
        Operation::Store => !matches!(order, Order::Acquire | Order::AcqRel),
        Operation::Exchange | Operation::FetchAdd => true,
        Operation::Fence => !matches!(order, Order::Relaxed),
    }
}

/// The instructions, with `; ` between them; empty for none.
pub(super) const fn code(
    operation: Operation,
    order: Order,
    target: Target,
    flavour: Flavour,
) -> &'static str {
    match target {
        Target::X86 => x86(operation, order),
        Target::Armv8 => arm(operation, order, flavour),
        Target::Riscv => riscv(operation, order),
    }
}

/// What an operation may become on a processor, each once, from the weakest order.
pub(super) fn options(operation: Operation, target: Target, flavour: Flavour) -> Vec<&'static str> {
    let mut all = Vec::new();
    for order in Order::ALL.into_iter().filter(|it| is_legal(operation, *it)) {
        let it = code(operation, order, target, flavour);
        if !all.contains(&it) {
            all.push(it);
        }
    }
    all
}

const fn x86(operation: Operation, order: Order) -> &'static str {
    match (operation, order) {
        (Operation::Store, Order::SeqCst) | (Operation::Exchange, _) => "xchg",
        (Operation::Load | Operation::Store, _) => "mov",
        (Operation::FetchAdd, _) => "lock xadd",
        (Operation::Fence, Order::SeqCst) => "lock or",
        (Operation::Fence, _) => "",
    }
}

const fn arm(operation: Operation, order: Order, flavour: Flavour) -> &'static str {
    match (operation, order) {
        (Operation::Load, Order::Relaxed) => "ldr",
        (Operation::Load, Order::Acquire) if flavour.rcpc => "ldapr",
        (Operation::Load, _) => "ldar",
        (Operation::Store, Order::Relaxed) => "str",
        (Operation::Store, _) => "stlr",
        (Operation::Fence, Order::Acquire) => "dmb ishld",
        (Operation::Fence, _) => "dmb ish",
        (Operation::Exchange, _) if flavour.lse => {
            ["swp", "swpa", "swpl", "swpal", "swpal"][order as usize]
        }
        (Operation::FetchAdd, _) if flavour.lse => {
            ["ldadd", "ldadda", "ldaddl", "ldaddal", "ldaddal"][order as usize]
        }
        (Operation::Exchange, _) => exclusive(order, false),
        (Operation::FetchAdd, _) => exclusive(order, true),
    }
}

/// The loop of ARMv8.0: again if the line was written in between.
const fn exclusive(order: Order, adds: bool) -> &'static str {
    let at = order as usize;
    if adds {
        return [
            "ldxr; add; stxr; cbnz",
            "ldaxr; add; stxr; cbnz",
            "ldxr; add; stlxr; cbnz",
            "ldaxr; add; stlxr; cbnz",
            "ldaxr; add; stlxr; cbnz",
        ][at];
    }
    [
        "ldxr; stxr; cbnz",
        "ldaxr; stxr; cbnz",
        "ldxr; stlxr; cbnz",
        "ldaxr; stlxr; cbnz",
        "ldaxr; stlxr; cbnz",
    ][at]
}

const fn riscv(operation: Operation, order: Order) -> &'static str {
    match (operation, order) {
        (Operation::Load, Order::Relaxed) => "l",
        (Operation::Load, Order::SeqCst) => "fence rw,rw; l; fence r,rw",
        (Operation::Load, _) => "l; fence r,rw",
        (Operation::Store, Order::Relaxed) => "s",
        (Operation::Store, _) => "fence rw,w; s",
        (Operation::Exchange, _) => {
            ["amoswap", "amoswap.aq", "amoswap.rl", "amoswap.aqrl", "amoswap.aqrl"][order as usize]
        }
        (Operation::FetchAdd, _) => {
            ["amoadd", "amoadd.aq", "amoadd.rl", "amoadd.aqrl", "amoadd.aqrl"][order as usize]
        }
        (Operation::Fence, Order::Acquire) => "fence r,rw",
        (Operation::Fence, Order::Release) => "fence rw,w",
        (Operation::Fence, Order::AcqRel) => "fence.tso",
        (Operation::Fence, _) => "fence rw,rw",
    }
}
