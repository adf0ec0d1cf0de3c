//! Straight-line programs of two to four threads: the tests that memory models are asked.

use crate::error::ScenarioError;

/// Most threads, shared variables, and accesses and fences of all threads together.
pub(super) const THREADS_MAX: usize = 4;
pub(super) const VARS_MAX: usize = 4;
pub(super) const ACCESSES_MAX: usize = 12;
pub(super) const FENCES_MAX: usize = 8;

/// How strongly an access is ordered, from the weakest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    /// Not atomic at all in C11; on a processor an ordinary access.
    Plain,
    Relaxed,
    /// Of a load.
    Acquire,
    /// Of a store.
    Release,
    SeqCst,
}

impl Order {
    /// A few letters for a picture; nothing for an ordinary access.
    pub(super) const fn short(self) -> &'static str {
        match self {
            Self::Plain | Self::Relaxed => "",
            Self::Acquire => "acquire",
            Self::Release => "release",
            Self::SeqCst => "seq_cst",
        }
    }
}

/// What a fence holds back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Barrier {
    /// `atomic_thread_fence(memory_order_seq_cst)`.
    Full,
    AcqRel,
    Acquire,
    Release,
    /// Loads before it against all after it, as `dmb ishld`; C11 has none of its own.
    Load,
    /// Stores before it against stores after it, as `dmb ishst`.
    Store,
    /// Binds the compiler only; no instruction.
    Compiler,
    /// `isb`: what comes after it is fetched anew.
    Instruction,
}

impl Barrier {
    /// The word in the brackets of `fence(…)`.
    pub(super) const ALL: [(&'static str, Self); 8] = [
        ("seq_cst", Self::Full),
        ("acq_rel", Self::AcqRel),
        ("acquire", Self::Acquire),
        ("release", Self::Release),
        ("load", Self::Load),
        ("store", Self::Store),
        ("compiler", Self::Compiler),
        ("isb", Self::Instruction),
    ];

    pub(super) fn word(self) -> &'static str {
        Self::ALL.iter().find(|it| it.1 == self).map_or("", |it| it.0)
    }
}

/// A constant and some registers, added and subtracted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Sum {
    pub(super) constant: i64,
    /// Registers by number, each with how often it is added.
    pub(super) terms: Vec<(usize, i64)>,
}

impl Sum {
    /// The value, where the registers that matter are known.
    pub(super) fn value(&self, register: impl Fn(usize) -> Option<i64>) -> Option<i64> {
        let mut sum = self.constant;
        for &(reg, times) in self.terms.iter().filter(|it| it.1 != 0) {
            sum = sum.wrapping_add(times.wrapping_mul(register(reg)?));
        }
        Some(sum)
    }

    /// Registers that are named, whether they change the value or not: bit n for number n.
    pub(super) fn named(&self) -> u32 {
        self.terms.iter().fold(0, |bits, it| bits | 1 << it.0)
    }
}

/// What a line does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Op {
    Store {
        var: usize,
        value: Sum,
        order: Order,
        /// Registers that the address is made from.
        address: u32,
    },
    Load {
        reg: usize,
        var: usize,
        order: Order,
        address: u32,
    },
    Fence(Barrier),
    /// A test of some registers, whose two sides meet at once.
    Branch(u32),
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) op: Op,
    /// As it was written, without its end.
    pub(super) text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Thread {
    pub(super) name: String,
    pub(super) lines: Vec<Line>,
}

/// A whole test. Everything is 0 before it starts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Program {
    pub(super) threads: Vec<Thread>,
    pub(super) vars: Vec<String>,
    /// Registers; each is loaded once, by one thread.
    pub(super) regs: Vec<String>,
}

/// A register or a variable that an outcome tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Register(usize),
    /// What is in memory at the end.
    Final(usize),
}

impl Program {
    /// What an outcome tells: every register, and each variable that several stores fight for.
    pub(super) fn told(&self) -> Vec<Told> {
        let stored = |var: usize| {
            let lines = self.threads.iter().flat_map(|it| &it.lines);
            lines.filter(|it| matches!(it.op, Op::Store { var: at, .. } if at == var)).count()
        };
        let finals = (0..self.vars.len()).filter(|&var| 1 < stored(var)).map(Told::Final);
        (0..self.regs.len()).map(Told::Register).chain(finals).collect()
    }

    pub(super) fn name_of(&self, told: Told) -> &str {
        match told {
            Told::Register(reg) => &self.regs[reg],
            Told::Final(var) => &self.vars[var],
        }
    }

    /// `r1 = 0, r2 = 0`: an outcome in words.
    pub(super) fn outcome(&self, told: &[Told], values: &[i64]) -> String {
        let one = |(told, value): (&Told, &i64)| format!("{} = {value}", self.name_of(*told));
        told.iter().zip(values).map(one).collect::<Vec<_>>().join(", ")
    }

    /// What a reader asks for, such as `r1 = 0 and r2 = 0`.
    ///
    /// # Errors
    /// A name that nothing defines, or a text that is no list of values.
    pub(super) fn asked(&self, at: &str, text: &str) -> Result<Vec<(Told, i64)>, ScenarioError> {
        super::text::asked(self, at, text)
    }
}
