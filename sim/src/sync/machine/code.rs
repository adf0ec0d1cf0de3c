//! A program as the machine runs it: flat instructions over a fixed layout of words.

use crate::sync::lang::ast::{Binary, Unary};

/// Most threads of a program.
pub(crate) const THREADS_MAX: usize = 8;
/// Most words of shared variables.
pub(crate) const SHARED_WORDS_MAX: usize = 64;
/// Most mutexes, and most semaphores.
pub(crate) const LOCKS_MAX: usize = 16;
/// Most locals and temporaries of a thread together.
pub(crate) const REGISTERS_MAX: usize = 24;
/// Most instructions of a thread.
pub(crate) const INSTRUCTIONS_MAX: usize = 512;
/// Stores that wait in the buffer of one thread.
pub(crate) const BUFFER_MAX: usize = 4;
/// Most values that an expression holds at once.
pub(crate) const STACK_MAX: usize = 64;

/// A compiled program.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) threads: Vec<Thread>,
    pub(crate) shared: Vec<Shared>,
    /// Names, by mutex number.
    pub(crate) mutexes: Vec<String>,
    /// Names and first counts, by semaphore number.
    pub(crate) semaphores: Vec<(String, i32)>,
    /// Numbers of the shared variables that an outcome tells.
    pub(crate) observed: Vec<usize>,
    /// Expressions in postfix order; see [`Value::Tree`].
    pub(crate) nodes: Vec<Node>,
    /// Texts of statements and conditions; see [`Instruction::text`].
    pub(crate) texts: Vec<String>,
    /// Lines of the source.
    pub(crate) lines: Vec<String>,
    pub(crate) memory: Memory,
    pub(crate) layout: Layout,
}

/// When a store reaches shared memory.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Memory {
    /// At once: sequential consistency.
    #[default]
    AtOnce,
    /// Later, through a first-in first-out buffer of its thread: total store order, as on x86.
    StoreBuffers,
}

/// Where things stand in the words of a state.
///
/// Word 0 says which law is broken, if one is. Then come, for each thread, its program counter
/// and its registers; then the shared variables; then the owners of the mutexes; then the counts
/// of the semaphores; then the store buffers, if there are any. What a later feature needs to
/// remember gets words of its own here.
#[derive(Debug, Default, Clone)]
pub(crate) struct Layout {
    /// First word of each thread: its program counter, then its registers.
    pub(crate) threads: Vec<usize>,
    pub(crate) memory: usize,
    pub(crate) mutexes: usize,
    pub(crate) semaphores: usize,
    /// First word of each thread's store buffer: its length, then word and value of each entry,
    /// oldest first, zeros after the last. Empty without buffers.
    pub(crate) buffers: Vec<usize>,
    /// Words of a whole state.
    pub(crate) len: usize,
}

/// A compiled thread.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) name: String,
    pub(crate) code: Vec<Instruction>,
    /// Names of its registers: locals, then temporaries.
    pub(crate) registers: Vec<String>,
    /// Lines of its listing, from 0: first and one past the last.
    pub(crate) lines: (usize, usize),
}

/// A shared variable.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) name: String,
    /// First word in memory, counted from [`Layout::memory`].
    pub(crate) base: usize,
    /// Elements; 1 for a plain variable.
    pub(crate) len: usize,
    pub(crate) array: bool,
    /// One for each element.
    pub(crate) values: Vec<i32>,
}

/// One step of a thread.
#[derive(Debug, Clone)]
pub(crate) struct Instruction {
    pub(crate) op: Op,
    /// What comes after it; for a branch, if the condition holds.
    pub(crate) next: u16,
    /// Line of its statement, from 0.
    pub(crate) line: u32,
    /// Number of its statement's text in [`Program::texts`].
    pub(crate) text: u16,
    /// Registers from this one on are dead afterwards and become 0, so that states which differ
    /// in them only are one.
    pub(crate) dead_from: u8,
    /// Whether the thread is in a critical section before this step.
    pub(crate) inside: bool,
    /// Bit n: mutex n may still be unlocked from here on; bit 32 + n: semaphore n posted.
    pub(crate) may_free: u64,
}

/// What a step does. Registers, mutexes and semaphores by number.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    /// Copies a shared value into a register.
    Load {
        to: u8,
        from: Spot,
    },
    /// Copies a value into shared memory.
    Store {
        to: Spot,
        value: Value,
    },
    /// Computes within the thread.
    Set {
        to: u8,
        value: Value,
    },
    /// Goes on at the next instruction if the value is not 0, else at `no`.
    Branch {
        test: Value,
        no: u16,
    },
    Lock(u8),
    Unlock(u8),
    Wait(u8),
    Post(u8),
    /// One indivisible access; the register gets what the operation returns.
    Atomic {
        kind: Atomic,
        to: Option<u8>,
        spot: Spot,
        value: Value,
        new: Value,
    },
    Assert(Value),
    Enter,
    Leave,
    Yield,
    /// Lets the thread go on only when its stores have reached memory.
    Fence,
    /// Not a step: goes on elsewhere. None is left after compiling.
    Jump,
    End,
}

/// Indivisible operations on shared memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Atomic {
    Load,
    Store,
    Exchange,
    FetchAdd,
    /// Stores `new` if `value` was there; gives 1 if it was, else 0.
    CompareAndSwap,
}

impl Atomic {
    /// The operation by its name in a program.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "load" => Self::Load,
            "store" => Self::Store,
            "exchange" => Self::Exchange,
            "fetch_add" => Self::FetchAdd,
            "cas" => Self::CompareAndSwap,
            _ => return None,
        })
    }

    /// How many values follow the variable.
    pub(crate) const fn n_values(self) -> usize {
        match self {
            Self::Load => 0,
            Self::Store | Self::Exchange | Self::FetchAdd => 1,
            Self::CompareAndSwap => 2,
        }
    }
}

/// An element of shared memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    /// Number of the variable.
    pub(crate) shared: u8,
    /// Which element.
    pub(crate) index: Value,
}

/// A value that a thread can tell without looking at shared memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    Number(i32),
    Register(u8),
    /// A range of [`Program::nodes`].
    Tree(u32, u32),
}

/// One part of an expression in postfix order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Node {
    Number(i32),
    Register(u8),
    Unary(Unary),
    Binary(Binary),
}

impl Program {
    /// The value for a thread with these registers; `None` for a division by zero.
    pub(crate) fn value(&self, registers: &[i32], value: Value) -> Option<i32> {
        match value {
            Value::Number(number) => Some(number),
            Value::Register(register) => registers.get(usize::from(register)).copied(),
            Value::Tree(start, end) => {
                let range = usize::try_from(start).ok()?..usize::try_from(end).ok()?;
                self.tree(registers, self.nodes.get(range)?)
            }
        }
    }

    fn tree(&self, registers: &[i32], nodes: &[Node]) -> Option<i32> {
        let mut stack = [0; STACK_MAX];
        let mut len = 0;
        for node in nodes {
            let value = match *node {
                Node::Number(number) => number,
                Node::Register(register) => *registers.get(usize::from(register))?,
                Node::Unary(op) => {
                    len -= 1;
                    op.apply(*stack.get(len)?)
                }
                Node::Binary(op) => {
                    len -= 2;
                    op.apply(*stack.get(len)?, *stack.get(len + 1)?)?
                }
            };
            *stack.get_mut(len)? = value;
            len += 1;
        }
        Some(stack[0])
    }

    /// The element's word in memory; `None` if there is no such element.
    pub(crate) fn word(&self, registers: &[i32], spot: Spot) -> Option<usize> {
        let shared = &self.shared[usize::from(spot.shared)];
        let index = usize::try_from(self.value(registers, spot.index)?).ok()?;
        (index < shared.len).then_some(self.layout.memory + shared.base + index)
    }
}
