//! A small part of Rust: async functions as operations between which they may stop.
//!
//! # Grammar
//! ```text
//! program   = { "static" NAME "=" number ";" | function | main }
//! function  = "async" "fn" NAME "(" [ NAME { "," NAME } ] ")" block
//! main      = "fn" "main" "(" ")" "{" { "spawn" "(" NAME "(" [ number { "," number } ] ")" ")" ";" } "}"
//! block     = "{" { statement } "}"
//! statement = "let" [ "mut" ] NAME "=" ( expr | "[" NUMBER ";" NUMBER "]" ) ";"
//!           | NAME "=" expr ";" | ( "print" | "work" ) "(" expr ")" ";" | await ";" | block
//!           | "if" expr block [ "else" ( block | if ) ] | "while" expr block | "return" [ expr ] ";"
//! await     = NAME "(" [ expr { "," expr } ] ")" "." "await"
//! expr      = || && == != < <= > >= + - * / % ! - ( ) NUMBER NAME NAME "[" NUMBER "]" await
//! number    = [ "-" ] NUMBER
//! ```
//! Futures that the language brings along: `fetch(value, ms)`, `sleep(ms)`, `yield_now()`,
//! `ready(value)`, and `forgetful(ms)`, which does not keep the waker.

use crate::lang::ast::{Binary, Unary};

/// Most variables and intermediate values of a function: a set of them is one number of 64 bits.
pub(super) const SLOTS_MAX: usize = 64;

/// A set of slots, one bit each.
pub(super) type Slots = u64;

/// Bytes of a number.
pub(super) const NUMBER_BYTES: u64 = 4;

/// Bytes of the field that holds the state.
pub(super) const STATE_BYTES: u64 = 1;

/// A program that was read. Times are in ms.
#[derive(Debug)]
pub(crate) struct Program {
    pub(super) lines: Vec<String>,
    /// Variables that all tasks share, and their first values.
    pub(super) shared: Vec<(String, i32)>,
    pub(super) functions: Vec<Function>,
    /// Function and arguments of each task.
    pub(super) tasks: Vec<(usize, Vec<i32>)>,
}

#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) slots: Vec<Slot>,
    pub(super) n_params: usize,
    pub(super) ops: Vec<Op>,
    /// Where it may stop, in the order of the text: state n + 1 waits at stop n.
    pub(super) stops: Vec<Stop>,
    /// Size of its state machine.
    pub(super) bytes: u64,
}

/// A variable, or a value that an expression needs later.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) kind: SlotKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SlotKind {
    Number,
    /// Bytes that are all the same.
    Buffer,
    /// A number that has no name in the text.
    Temp,
}

/// A place where a function may stop.
#[derive(Debug)]
pub(super) struct Stop {
    /// Its operation.
    pub(super) op: usize,
    /// What is awaited, as it was written.
    pub(super) text: String,
    /// What is used afterwards and was set before.
    pub(super) kept: Slots,
    /// What the state machine needs while it waits here.
    pub(super) bytes: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Op {
    /// Line of the text, from 0.
    pub(super) line: usize,
    pub(super) does: Does,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Number(i32),
    Slot(usize),
}

/// Futures that wait for the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaf {
    Fetch,
    Sleep,
    Yield,
    Ready,
    Forgetful,
}

impl Leaf {
    pub(super) const ALL: [(&'static str, Self, usize); 5] = [
        ("fetch", Self::Fetch, 2),
        ("sleep", Self::Sleep, 1),
        ("yield_now", Self::Yield, 0),
        ("ready", Self::Ready, 1),
        ("forgetful", Self::Forgetful, 1),
    ];
}

/// The first slot of most is where the result goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Does {
    Set(usize, Value),
    Load(usize, usize),
    Store(usize, Value),
    Unary(usize, Unary, Value),
    Binary(usize, Binary, Value, Value),
    Print(Value),
    Work(Value),
    Call(usize, usize, Vec<Value>),
    Leaf(usize, Leaf, Vec<Value>),
    Jump(usize),
    /// Jumps if the value is 0.
    Unless(Value, usize),
    Return(Value),
}

impl Does {
    /// The slot that it sets.
    pub(super) const fn sets(&self) -> Option<usize> {
        match self {
            Self::Set(to, _)
            | Self::Load(to, _)
            | Self::Unary(to, ..)
            | Self::Binary(to, ..)
            | Self::Call(to, ..)
            | Self::Leaf(to, ..) => Some(*to),
            _ => None,
        }
    }

    pub(super) const fn set_instead(&mut self, slot: usize) {
        match self {
            Self::Set(to, _)
            | Self::Load(to, _)
            | Self::Unary(to, ..)
            | Self::Binary(to, ..)
            | Self::Call(to, ..)
            | Self::Leaf(to, ..) => *to = slot,
            _ => {}
        }
    }

    /// The slots that it reads.
    pub(super) fn reads(&self) -> Slots {
        let one = |value: &Value| match value {
            Value::Slot(slot) => bit(*slot),
            Value::Number(_) => 0,
        };
        match self {
            Self::Set(_, it)
            | Self::Store(_, it)
            | Self::Unary(_, _, it)
            | Self::Print(it)
            | Self::Work(it)
            | Self::Unless(it, _)
            | Self::Return(it) => one(it),
            Self::Binary(_, _, left, right) => one(left) | one(right),
            Self::Call(_, _, args) | Self::Leaf(_, _, args) => {
                args.iter().fold(0, |all, it| all | one(it))
            }
            Self::Load(..) | Self::Jump(_) => 0,
        }
    }
}

/// The set with one slot.
pub(super) const fn bit(slot: usize) -> Slots {
    1 << (slot % SLOTS_MAX)
}

impl Function {
    /// The slots of a set, in order.
    pub(super) fn named(&self, set: Slots) -> Vec<usize> {
        (0..self.slots.len()).filter(|&it| set & bit(it) != 0).collect()
    }

    /// The names of a set of slots.
    pub(super) fn names(&self, set: Slots) -> Vec<&str> {
        self.named(set).into_iter().map(|it| self.slots[it].name.as_str()).collect()
    }

    fn bytes_of(&self, set: Slots) -> u64 {
        self.named(set).into_iter().map(|it| self.slots[it].bytes).sum()
    }

    /// The parameters: what is kept before it has begun.
    pub(super) fn params(&self) -> Slots {
        (0..self.n_params).fold(0, |all, it| all | bit(it))
    }

    /// Everything that is kept in any state.
    pub(super) fn fields(&self) -> Slots {
        self.stops.iter().fold(self.params(), |all, it| all | it.kept)
    }

    /// What is kept in a state, if it is one in which the function waits or has not begun.
    pub(super) fn kept(&self, state: usize) -> Slots {
        match state.checked_sub(1) {
            None => self.params(),
            Some(stop) => self.stops.get(stop).map_or(0, |it| it.kept),
        }
    }

    /// The state after the last stop: it has ended.
    pub(super) fn end(&self) -> usize {
        self.stops.len() + 1
    }

    /// Finds for each stop what is used after it: backwards, until nothing more is found.
    pub(super) fn find_kept(&mut self) {
        let mut needed = vec![0; self.ops.len() + 1];
        loop {
            let mut found = false;
            for at in (0..self.ops.len()).rev() {
                let does = &self.ops[at].does;
                let after = self.needed_after(at, &needed);
                let set = does.sets().map_or(0, bit);
                let now = does.reads() | after & !set;
                found |= needed[at] != now;
                needed[at] = now;
            }
            if !found {
                break;
            }
        }
        for stop in 0..self.stops.len() {
            let op = self.stops[stop].op;
            let set = self.ops[op].does.sets().map_or(0, bit);
            self.stops[stop].kept = self.needed_after(op, &needed) & !set;
        }
    }

    fn needed_after(&self, at: usize, needed: &[Slots]) -> Slots {
        let of = |at: usize| needed.get(at).copied().unwrap_or(0);
        match &self.ops[at].does {
            Does::Jump(to) => of(*to),
            Does::Unless(_, to) => of(*to) | of(at + 1),
            Does::Return(_) => 0,
            _ => of(at + 1),
        }
    }

    /// Counts bytes; those of the functions that it calls are known.
    fn find_bytes(&mut self, known: &[u64], leaf_bytes: u64) {
        let mut most = self.bytes_of(self.params());
        for stop in 0..self.stops.len() {
            let awaited = match &self.ops[self.stops[stop].op].does {
                Does::Call(_, function, _) => known.get(*function).copied().unwrap_or(0),
                _ => leaf_bytes,
            };
            let bytes = self.bytes_of(self.stops[stop].kept) + awaited;
            self.stops[stop].bytes = STATE_BYTES + bytes;
            most = most.max(bytes);
        }
        self.bytes = STATE_BYTES + most;
    }
}

impl Program {
    /// Counts the bytes of all state machines, those that are called first.
    pub(super) fn find_bytes(&mut self, order: &[usize], leaf_bytes: u64) {
        let mut known = vec![0; self.functions.len()];
        for &at in order {
            self.functions[at].find_bytes(&known, leaf_bytes);
            known[at] = self.functions[at].bytes;
        }
    }

    /// The functions, each after those that it calls; or one that calls itself in the end.
    pub(super) fn order(&self) -> Result<Vec<usize>, usize> {
        let mut order: Vec<usize> = Vec::new();
        while order.len() < self.functions.len() {
            let waits = |it: &usize| !order.contains(it);
            let ready = |&it: &usize| {
                waits(&it) && self.functions[it].calls().iter().all(|to| order.contains(to))
            };
            match (0..self.functions.len()).find(ready) {
                Some(next) => order.push(next),
                None => {
                    return Err(
                        self.circle((0..self.functions.len()).find(waits).unwrap_or(0), &order)
                    );
                }
            }
        }
        Ok(order)
    }

    /// A function of a circle of calls: whoever stays outside of the order leads to one.
    fn circle(&self, from: usize, order: &[usize]) -> usize {
        let mut at = from;
        for _ in 0..self.functions.len() {
            let calls = self.functions[at].calls();
            at = calls.into_iter().find(|it| !order.contains(it)).unwrap_or(at);
        }
        at
    }
}

impl Function {
    fn calls(&self) -> Vec<usize> {
        let call = |op: &Op| match op.does {
            Does::Call(_, function, _) => Some(function),
            _ => None,
        };
        self.ops.iter().filter_map(call).collect()
    }
}
