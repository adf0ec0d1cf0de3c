//! Operations that look like calls: locks, atomics, assertions.

use super::code::{Atomic, Op, Value};
use super::compile::Writer;
use crate::sync::lang::Place;
use crate::sync::lang::ast::{Expr, ExprKind, Name};

/// Whether a name means an operation and can name nothing else.
pub(super) fn is_builtin(name: &str) -> bool {
    ["lock", "unlock", "wait", "post", "assert", "yield", "fence"].contains(&name)
        || Atomic::of(name).is_some()
}

impl Writer<'_> {
    /// A call as a statement.
    pub(super) fn call(&mut self, name: &Name, args: &[Expr]) {
        let mark = self.top;
        match (name.text.as_str(), args) {
            ("lock" | "unlock" | "wait" | "post", [arg]) => self.lock_call(name, arg),
            ("assert", [test]) => {
                let nodes = self.operand(test);
                let test = self.value(&nodes);
                self.emit(Op::Assert(test), mark);
            }
            ("yield", []) => self.emit(Op::Yield, mark),
            ("fence", []) => self.emit(Op::Fence, mark),
            ("lock" | "unlock" | "wait" | "post" | "assert", _) => {
                let why = format!("`{}` takes one argument, not {}", name.text, args.len());
                self.fault(name.at, why);
            }
            ("yield" | "fence", _) => {
                self.fault(name.at, format!("`{}` takes no argument", name.text));
            }
            _ => self.atomic(name.at, &name.text, args, None, mark),
        }
        self.top = mark;
    }

    fn lock_call(&mut self, name: &Name, arg: &Expr) {
        let (of_mutex, what) = match name.text.as_str() {
            "lock" | "unlock" => (true, "mutex"),
            _ => (false, "semaphore"),
        };
        let given = if let ExprKind::Name(given) = &arg.kind { given.as_str() } else { "" };
        let found = match of_mutex {
            true => self.program.mutexes.iter().position(|it| it == given),
            false => self.program.semaphores.iter().position(|it| it.0 == given),
        };
        let Some(number) = found.and_then(|it| u8::try_from(it).ok()) else {
            return self.fault(arg.at, format!("`{}` takes the name of a {what}", name.text));
        };
        let op = match name.text.as_str() {
            "lock" => Op::Lock(number),
            "unlock" => Op::Unlock(number),
            "wait" => Op::Wait(number),
            _ => Op::Post(number),
        };
        self.emit(op, self.top);
    }

    /// An atomic operation; its result goes to a register, if it is wanted.
    pub(super) fn atomic(
        &mut self,
        at: Place,
        name: &str,
        args: &[Expr],
        to: Option<u8>,
        dead_from: usize,
    ) {
        let Some(kind) = Atomic::of(name) else {
            let known = "lock, unlock, wait, post, assert, yield, fence, load, store, exchange, \
                         fetch_add and cas";
            return self.fault(at, format!("no operation is called `{name}`; there are {known}"));
        };
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
        self.emit(Op::Atomic { kind, to, spot, value, new }, dead_from);
    }
}
