//! A program as the machine runs it: flat instructions over a fixed layout of words.

use crate::lang::ast::{Binary, Kind, Unary};

/// Most threads of a program.
pub(crate) const THREADS_MAX: usize = 8;
/// Most words of shared variables.
pub(crate) const SHARED_WORDS_MAX: usize = 64;
/// Most mutexes, semaphores, conditions and the like together, each element of an array for itself.
pub(crate) const OBJECTS_MAX: usize = 32;
/// Most structs that may be allocated at once.
pub(crate) const HEAP_MAX: usize = 16;
/// Most steps that `init` may take.
pub(crate) const INIT_STEPS_MAX: u32 = 2_000;
/// What says that somebody may still enable interrupts; see [`Instruction::may_free`].
pub(crate) const INTERRUPTS: u64 = 1 << 63;
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
    /// What threads wait for, each element of an array for itself.
    pub(crate) objects: Vec<Object>,
    /// Structs that can be allocated.
    pub(crate) pools: Vec<Pool>,
    /// Numbers of the shared variables that an outcome tells.
    pub(crate) observed: Vec<usize>,
    /// Expressions in postfix order; see [`Value::Tree`].
    pub(crate) nodes: Vec<Node>,
    /// Texts of statements and conditions; see [`Instruction::text`].
    pub(crate) texts: Vec<String>,
    /// Lines of the source.
    pub(crate) lines: Vec<String>,
    pub(crate) rules: Rules,
    pub(crate) layout: Layout,
    /// The shared part of the first state: memory, objects and heap.
    pub(crate) first: Vec<i32>,
    /// Which operations it uses.
    pub(crate) uses: Uses,
}

/// What may be set about the machine.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) memory: Memory,
    /// Whether `signal` hands the mutex over at once, as Hoare's monitors do.
    pub(crate) hands_over: bool,
    /// Whether sleepers may wake for no reason.
    pub(crate) spurious: bool,
    /// Whether a data race is a fault.
    pub(crate) races: bool,
}

/// What a program needs words for.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Uses {
    /// Waits in queues: conditions, barriers, futexes.
    pub(crate) sleep: bool,
    pub(crate) interrupts: bool,
    /// Fences that are no full barrier, or relaxed accesses beside fences.
    pub(crate) fences: bool,
}

/// A mutex, a semaphore or the like.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// Such as `fork[1]`.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// What a semaphore starts at, or how many threads a barrier collects.
    pub(crate) count: i32,
}

/// A struct, and the addresses of those that may be allocated at once.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) name: String,
    /// Address of the first one; 0 is no address.
    pub(crate) first: usize,
    pub(crate) len: usize,
    /// Numbers of the shared variables that hold its fields.
    pub(crate) fields: (usize, usize),
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
/// and its registers; then the shared variables; then a word for each mutex and the like; then
/// what is allocated; then, only if the program needs them, the store buffers, the sleepers, the
/// interrupt flags and what each thread has seen.
#[derive(Debug, Default, Clone)]
pub(crate) struct Layout {
    /// First word of each thread: its program counter, then its registers.
    pub(crate) threads: Vec<usize>,
    pub(crate) memory: usize,
    /// First word of the objects: owner plus one of a mutex; count of a semaphore; readers in
    /// bits 0 to 7 and writer plus one above them of a read-write lock; arrivals at a barrier.
    pub(crate) objects: usize,
    /// Bit n: address n is allocated.
    pub(crate) heap: usize,
    /// First word of each thread's store buffer: its length, then word and value of each entry,
    /// oldest first, zeros after the last. Empty without buffers.
    pub(crate) buffers: Vec<usize>,
    /// First word of the sleepers, one for each thread; see [`super::queue`].
    pub(crate) sleep: Option<usize>,
    /// Bit n: the CPU of thread n takes no interrupts.
    pub(crate) interrupts: Option<usize>,
    /// What each thread has seen; see [`super::race`].
    pub(crate) seen: Option<super::race::Seen>,
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
    /// Lines of its listing, from 0, each range without its end: the functions that it calls, then
    /// itself.
    pub(crate) lines: Vec<(usize, usize)>,
    /// The thread whose CPU it interrupts, if it is an interrupt handler.
    pub(crate) host: Option<usize>,
    /// Bit n: thread n is a handler on its CPU.
    pub(crate) handlers: u32,
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
    /// Address of its first element, if it is a field of a struct.
    pub(crate) address: Option<usize>,
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
    /// Bit n: object n may still be unlocked, posted or signalled from here on.
    pub(crate) may_free: u64,
    /// Bit n: shared variable n may still be written from here on.
    pub(crate) may_write: u64,
    /// Bit n: register n is dead afterwards and becomes 0, on top of `dead_from`.
    pub(crate) clear: u32,
    /// Whether it begins a round of a loop that nothing ends.
    pub(crate) round: bool,
}

/// What a step does. Registers and objects by number.
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
    /// Something with a mutex, a semaphore or the like; `with` is the mutex of a condition.
    Sync {
        kind: Sync,
        on: Which,
        with: Option<Which>,
        to: Option<u8>,
    },
    /// Sleeps if the element holds the value. The register gets 0, or 1 without sleep.
    FutexWait {
        to: Option<u8>,
        spot: Spot,
        value: Value,
    },
    /// Wakes up to so many sleepers. The register gets their number.
    FutexWake {
        to: Option<u8>,
        spot: Spot,
        count: Value,
    },
    /// One indivisible access; the register gets what the operation returns.
    Atomic {
        kind: Atomic,
        order: Order,
        to: Option<u8>,
        spot: Spot,
        value: Value,
        new: Value,
    },
    /// The register gets the address, or 0 if all are in use.
    Malloc {
        to: Option<u8>,
        pool: u8,
    },
    Free(Value),
    Assert(Value),
    Enter,
    Leave,
    Yield,
    Fence(Order),
    /// Whether this CPU takes interrupts from now on.
    Interrupts(bool),
    /// The interrupt comes.
    Begin,
    /// Not a step: goes on elsewhere. None is left after compiling.
    Jump,
    End,
}

/// Operations on mutexes and the like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sync {
    Lock,
    TryLock,
    Unlock,
    Wait,
    TryWait,
    Post,
    ReadLock,
    WriteLock,
    /// Releases the mutex and sleeps.
    CondWait,
    /// Takes the mutex again after the sleep.
    Relock,
    Signal,
    Broadcast,
    Arrive,
}

/// An object, or an element of an array of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Which {
    pub(crate) base: u8,
    pub(crate) len: u8,
    pub(crate) index: Value,
}

/// What an atomic access or a fence orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Relaxed,
    Acquire,
    Release,
    AcqRel,
    SeqCst,
}

impl Order {
    /// The order by its name in a program.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "relaxed" => Self::Relaxed,
            "acquire" => Self::Acquire,
            "release" => Self::Release,
            "acq_rel" => Self::AcqRel,
            "seq_cst" => Self::SeqCst,
            _ => return None,
        })
    }

    pub(crate) const fn acquires(self) -> bool {
        matches!(self, Self::Acquire | Self::AcqRel | Self::SeqCst)
    }

    pub(crate) const fn releases(self) -> bool {
        matches!(self, Self::Release | Self::AcqRel | Self::SeqCst)
    }
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
        let index = index.checked_sub(shared.address.unwrap_or(0))?;
        (index < shared.len).then_some(self.layout.memory + shared.base + index)
    }

    /// The number of an object; `None` if there is no such element.
    pub(crate) fn object(&self, registers: &[i32], which: Which) -> Option<u8> {
        let index = u8::try_from(self.value(registers, which.index)?).ok()?;
        (index < which.len).then(|| which.base + index)
    }

    /// The number of the futex that a shared variable is, if threads sleep on it.
    pub(crate) fn futex(&self, shared: u8) -> Option<u8> {
        let name = &self.shared[usize::from(shared)].name;
        let is = |it: &Object| it.kind == Kind::Futex && it.name == *name;
        u8::try_from(self.objects.iter().position(is)?).ok()
    }
}

impl Op {
    /// The values that it reads.
    pub(crate) fn values(&self) -> [Value; 3] {
        let none = Value::Number(0);
        match *self {
            Self::Load { from, .. } => [from.index, none, none],
            Self::Store { to, value } => [to.index, value, none],
            Self::Set { value, .. } | Self::Free(value) | Self::Assert(value) => {
                [value, none, none]
            }
            Self::Branch { test, .. } => [test, none, none],
            Self::Sync { on, with, .. } => [on.index, with.map_or(none, |it| it.index), none],
            Self::FutexWait { spot, value, .. } => [spot.index, value, none],
            Self::FutexWake { spot, count, .. } => [spot.index, count, none],
            Self::Atomic { spot, value, new, .. } => [spot.index, value, new],
            Self::Malloc { .. }
            | Self::Enter
            | Self::Leave
            | Self::Yield
            | Self::Fence(_)
            | Self::Interrupts(_)
            | Self::Begin
            | Self::Jump
            | Self::End => [none; 3],
        }
    }

    /// The register that it writes.
    pub(crate) const fn result(&self) -> Option<u8> {
        match *self {
            Self::Load { to, .. } | Self::Set { to, .. } => Some(to),
            Self::Sync { to, .. }
            | Self::FutexWait { to, .. }
            | Self::FutexWake { to, .. }
            | Self::Atomic { to, .. }
            | Self::Malloc { to, .. } => to,
            Self::Store { .. }
            | Self::Branch { .. }
            | Self::Free(_)
            | Self::Assert(_)
            | Self::Enter
            | Self::Leave
            | Self::Yield
            | Self::Fence(_)
            | Self::Interrupts(_)
            | Self::Begin
            | Self::Jump
            | Self::End => None,
        }
    }
}
