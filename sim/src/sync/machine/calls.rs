//! Operations that look like calls: locks, atomics, assertions, memory.

use super::code::{Atomic, Op, Order, Sync, Value, Which};
use super::compile::{Bound, Writer};
use crate::lang::ast::{Expr, ExprKind, Kind};
use crate::text::Place;

/// Operations on objects: name, what it does, and on what.
const SYNC: &[(&str, Sync, &[Kind])] = &[
    ("lock", Sync::Lock, &[Kind::Mutex]),
    ("trylock", Sync::TryLock, &[Kind::Mutex]),
    ("unlock", Sync::Unlock, &[Kind::Mutex, Kind::RwLock]),
    ("wait", Sync::Wait, &[Kind::Semaphore]),
    ("trywait", Sync::TryWait, &[Kind::Semaphore]),
    ("post", Sync::Post, &[Kind::Semaphore]),
    ("read_lock", Sync::ReadLock, &[Kind::RwLock]),
    ("write_lock", Sync::WriteLock, &[Kind::RwLock]),
    ("cond_wait", Sync::CondWait, &[Kind::Condition]),
    ("signal", Sync::Signal, &[Kind::Condition]),
    ("broadcast", Sync::Broadcast, &[Kind::Condition]),
    ("arrive", Sync::Arrive, &[Kind::Barrier]),
];

/// The other operations: name, and how many arguments at least and at most.
const OTHER: &[(&str, usize, usize)] = &[
    ("assert", 1, 1),
    ("yield", 0, 0),
    ("fence", 0, 1),
    ("futex_wait", 2, 2),
    ("futex_wake", 2, 2),
    ("malloc", 1, 1),
    ("free", 1, 1),
    ("disable_interrupts", 0, 0),
    ("enable_interrupts", 0, 0),
];

/// Whether a name means an operation and can name nothing else.
pub(super) fn is_builtin(name: &str) -> bool {
    SYNC.iter().any(|it| it.0 == name)
        || OTHER.iter().any(|it| it.0 == name)
        || Atomic::of(name).is_some()
}

impl Writer<'_> {
    /// An operation or a function; its result goes to a register, if it is wanted.
    pub(super) fn call(
        &mut self,
        (at, name): (Place, &str),
        args: &[Expr],
        to: Option<u8>,
        dead_from: usize,
    ) {
        let ast = self.ast;
        if let Some(function) = ast.functions.iter().find(|it| it.name.text == name) {
            self.inline(at, function, args, to);
        } else if let Some((_, kind, on)) = SYNC.iter().find(|it| it.0 == name) {
            self.sync(at, name, (*kind, on), args, to, dead_from);
        } else if let Some(&(_, least, most)) = OTHER.iter().find(|it| it.0 == name) {
            if args.len() < least || most < args.len() {
                return self.count_fault(at, name, least, args.len());
            }
            self.other((at, name), args, to, dead_from);
        } else {
            self.atomic(at, name, args, to, dead_from);
        }
    }

    fn count_fault(&mut self, at: Place, name: &str, n: usize, got: usize) {
        let takes = match n {
            0 => "no argument".to_owned(),
            1 => format!("one argument, not {got}"),
            _ => format!("two arguments, not {got}"),
        };
        self.fault(at, format!("`{name}` takes {takes}"));
    }

    fn sync(
        &mut self,
        at: Place,
        name: &str,
        (kind, kinds): (Sync, &[Kind]),
        args: &[Expr],
        to: Option<u8>,
        dead_from: usize,
    ) {
        let n_args = if kind == Sync::CondWait { 2 } else { 1 };
        if args.len() != n_args {
            return self.count_fault(at, name, n_args, args.len());
        }
        if to.is_some() && !matches!(kind, Sync::TryLock | Sync::TryWait) {
            return self.fault(at, format!("`{name}` gives no value"));
        }
        let Some(on) = self.which(&args[0], kinds) else {
            let what: Vec<&str> = kinds.iter().map(|it| it.word()).collect();
            let why = format!("`{name}` takes the name of a {}", what.join(" or "));
            return self.fault(args[0].at, why);
        };
        if kind != Sync::CondWait {
            self.program.uses.sleep |= kind == Sync::Arrive;
            return self.emit(Op::Sync { kind, on, with: None, to }, dead_from);
        }
        self.program.uses.sleep = true;
        let Some(mutex) = self.which(&args[1], &[Kind::Mutex]) else {
            return self.fault(args[1].at, format!("`{name}` takes the name of a mutex here"));
        };
        // The index of the mutex must outlive the sleep.
        self.emit(Op::Sync { kind, on, with: Some(mutex), to }, self.top);
        self.emit(Op::Sync { kind: Sync::Relock, on: mutex, with: None, to }, dead_from);
    }

    /// Kind, first number and length of the objects with this name.
    pub(super) fn object_named(&self, name: &str) -> Option<(Kind, u8, Option<u8>)> {
        let objects = &self.program.objects;
        let of = |it: &str| it.split_once('[').map_or(it == name, |it| it.0 == name);
        let base = objects.iter().position(|it| of(&it.name) && it.kind != Kind::Futex)?;
        let array = objects[base].name.contains('[');
        let len = objects[base..].iter().take_while(|it| of(&it.name)).count();
        let number = |it: usize| u8::try_from(it).unwrap_or_default();
        Some((objects[base].kind, number(base), array.then(|| number(len))))
    }

    /// The object of one of these kinds that an expression names.
    pub(super) fn which(&mut self, expr: &Expr, kinds: &[Kind]) -> Option<Which> {
        let (name, index) = match &expr.kind {
            ExprKind::Name(name) => (name, None),
            ExprKind::Index(name, index) => (name, Some(&**index)),
            ExprKind::Number(_)
            | ExprKind::Text(_)
            | ExprKind::Field(..)
            | ExprKind::Unary(..)
            | ExprKind::Binary(..)
            | ExprKind::Call(..) => return None,
        };
        if let (Some(Bound::Object(kind, which)), None) = (self.bound(name), index) {
            return kinds.contains(&kind).then_some(which);
        }
        let (kind, base, len) = self.object_named(name).filter(|it| kinds.contains(&it.0))?;
        if len.is_some() != index.is_some() {
            let why = match index {
                None => format!("`{name}` is an array: say which element, such as `{name}[0]`"),
                Some(_) => format!("`{name}` is one {}, no array", kind.word()),
            };
            self.fault(expr.at, why);
        }
        let index = self.index(index);
        Some(Which { base, len: len.unwrap_or(1), index })
    }

    fn other(&mut self, (at, name): (Place, &str), args: &[Expr], to: Option<u8>, dead: usize) {
        if to.is_some() && !matches!(name, "malloc" | "futex_wait" | "futex_wake") {
            return self.fault(at, format!("`{name}` gives no value"));
        }
        let op = match (name, args) {
            ("assert", [test]) => {
                let nodes = self.operand(test);
                Op::Assert(self.value(&nodes))
            }
            ("yield", _) => Op::Yield,
            ("fence", []) => Op::Fence(Order::SeqCst),
            ("fence", [order]) => {
                let Some(order) = order_of(order).filter(|&it| it != Order::Relaxed) else {
                    return self
                        .fault(order.at, format!("`fence` takes {}", ORDERS[1..].join(", ")));
                };
                self.program.uses.fences = true;
                Op::Fence(order)
            }
            ("disable_interrupts" | "enable_interrupts", _) => {
                self.program.uses.interrupts = true;
                Op::Interrupts(name == "enable_interrupts")
            }
            ("malloc", [what]) => {
                let known = |it: &str| self.program.pools.iter().position(|pool| pool.name == it);
                let pool = if let ExprKind::Name(it) = &what.kind { known(it) } else { None };
                let Some(pool) = pool.and_then(|it| u8::try_from(it).ok()) else {
                    return self.fault(what.at, "`malloc` takes the name of a struct".to_owned());
                };
                Op::Malloc { to, pool }
            }
            ("free", [what]) => {
                if self.program.pools.is_empty() {
                    return self.fault(at, "no struct is declared that could be freed".to_owned());
                }
                let nodes = self.operand(what);
                Op::Free(self.value(&nodes))
            }
            ("futex_wait" | "futex_wake", [word, value]) => {
                let Some(spot) = self.shared_spot(word) else {
                    return self.fault(word.at, format!("`{name}` takes a shared variable first"));
                };
                self.futex(spot.shared);
                let nodes = self.operand(value);
                let value = self.value(&nodes);
                match name {
                    "futex_wait" => Op::FutexWait { to, spot, value },
                    _ => Op::FutexWake { to, spot, count: value },
                }
            }
            _ => Op::Yield,
        };
        self.emit(op, dead);
    }

    /// Makes a futex of a shared variable.
    fn futex(&mut self, shared: u8) {
        self.program.uses.sleep = true;
        if self.program.futex(shared).is_none() {
            let name = self.program.shared[usize::from(shared)].name.clone();
            self.program.objects.push(super::code::Object { name, kind: Kind::Futex, count: 0 });
        }
    }

    /// An atomic operation.
    fn atomic(&mut self, at: Place, name: &str, args: &[Expr], to: Option<u8>, dead_from: usize) {
        let Some(kind) = Atomic::of(name) else {
            let of_sync = SYNC.iter().map(|it| it.0);
            let mut known: Vec<&str> = of_sync.chain(OTHER.iter().map(|it| it.0)).collect();
            known.extend(["load", "store", "exchange", "fetch_add"]);
            let known = known.join(", ");
            let why = format!("no operation is called `{name}`; there are {known} and cas");
            return self.fault(at, why);
        };
        let mut args = args;
        let mut order = Order::SeqCst;
        if let Some((last, init)) = args.split_last()
            && init.len() == kind.n_values() + 1
            && let Some(given) = order_of(last)
        {
            (args, order) = (init, given);
            let wrong = match kind {
                Atomic::Load => order == Order::Release || order == Order::AcqRel,
                Atomic::Store => order == Order::Acquire || order == Order::AcqRel,
                Atomic::Exchange | Atomic::FetchAdd | Atomic::CompareAndSwap => false,
            };
            if wrong {
                self.fault(last.at, format!("`{name}` cannot have this order"));
            }
        }
        let Some((first, values)) = args.split_first().filter(|it| it.1.len() == kind.n_values())
        else {
            let expected = ["a variable", "a variable and a value", "a variable and two values"];
            let why = format!("`{name}` takes {}", expected[kind.n_values()]);
            return self.fault(at, why);
        };
        if kind == Atomic::Store && to.is_some() {
            return self.fault(at, "`store` gives no value".to_owned());
        }
        let Some(spot) = self.shared_spot(first) else {
            return self.fault(first.at, format!("`{name}` takes a shared variable first"));
        };
        let mut both = [Value::Number(0); 2];
        for (slot, value) in both.iter_mut().zip(values) {
            let nodes = self.operand(value);
            *slot = self.value(&nodes);
        }
        let [value, new] = both;
        self.emit(Op::Atomic { kind, order, to, spot, value, new }, dead_from);
    }
}

const ORDERS: [&str; 5] = ["relaxed", "acquire", "release", "acq_rel", "seq_cst"];

/// The memory order that an expression names.
fn order_of(expr: &Expr) -> Option<Order> {
    if let ExprKind::Name(name) = &expr.kind { Order::of(name) } else { None }
}
