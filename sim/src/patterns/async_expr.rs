//! Expressions, and what is awaited in them.

use super::async_lang::{Does, Leaf, NUMBER_BYTES, SlotKind, Stop, Value};
use super::async_parse::{DEPTH_MAX, Parser};
use crate::lang::ast::{Binary, Unary};
use crate::text::{Place, Word};

impl Parser<'_, '_> {
    pub(super) fn expr(&mut self) -> Option<Value> {
        if DEPTH_MAX <= self.depth {
            return self.cursor.wrong("an expression that is nested less deep");
        }
        self.depth += 1;
        let value = self.binary(1);
        self.depth = self.depth.saturating_sub(1);
        value
    }

    /// A value that the expression needs later, named by its text.
    fn temp(&mut self, first: usize, does: impl FnOnce(usize) -> Does) -> usize {
        let text = self.cursor.said(first, self.cursor.next);
        let at = self.slot(&text, NUMBER_BYTES, SlotKind::Temp);
        self.emit(does(at));
        at
    }

    /// Operators that bind at least as tightly as `least`, from the left.
    fn binary(&mut self, least: u8) -> Option<Value> {
        let first = self.cursor.next;
        let mut left = self.primary()?;
        loop {
            let Word::Symbol(symbol) = self.cursor.peek() else { return Some(left) };
            let Some((op, binds)) = Binary::of(symbol).filter(|it| least <= it.1) else {
                return Some(left);
            };
            self.cursor.skip();
            left = match op {
                Binary::And | Binary::Or => {
                    let is = |at| Does::Binary(at, Binary::NotEqual, left, Value::Number(0));
                    let at = self.temp(first, is);
                    let skip = match op {
                        Binary::And => Value::Slot(at),
                        _ => Value::Slot(
                            self.temp(first, |no| Does::Unary(no, Unary::Not, Value::Slot(at))),
                        ),
                    };
                    let jump = self.emit(Does::Unless(skip, 0));
                    let right = self.binary(binds + 1)?;
                    self.emit(Does::Binary(at, Binary::NotEqual, right, Value::Number(0)));
                    self.lands(jump);
                    Value::Slot(at)
                }
                _ => {
                    let right = self.binary(binds + 1)?;
                    Value::Slot(self.temp(first, |at| Does::Binary(at, op, left, right)))
                }
            };
        }
    }

    fn primary(&mut self) -> Option<Value> {
        let first = self.cursor.next;
        let place = self.cursor.place();
        match self.cursor.peek() {
            Word::Number(number) => {
                self.cursor.skip();
                Some(Value::Number(number))
            }
            Word::Symbol("(") => {
                self.cursor.skip();
                let value = self.expr()?;
                self.cursor.expect(")")?;
                Some(value)
            }
            Word::Symbol(sign @ ("-" | "!")) => {
                self.cursor.skip();
                if DEPTH_MAX <= self.depth {
                    return self.cursor.wrong("an expression that is nested less deep");
                }
                self.depth += 1;
                let value = self.primary();
                self.depth -= 1;
                let (value, op) = (value?, if sign == "-" { Unary::Minus } else { Unary::Not });
                Some(match value {
                    Value::Number(number) => Value::Number(op.apply(number)),
                    Value::Slot(_) => {
                        Value::Slot(self.temp(first, |at| Does::Unary(at, op, value)))
                    }
                })
            }
            Word::Name(_) if self.cursor.peek_after(1) == Word::Symbol("(") => self.awaited(),
            Word::Name(name) => {
                self.cursor.skip();
                let local = self.names.iter().rev().find(|it| it.0 == name).map(|it| it.1);
                let shared = self.program.shared.iter().position(|it| it.0 == name);
                match (local, shared) {
                    (Some(at), _) => self.local(name, at, place),
                    (None, Some(it)) => {
                        let at = self.slot(&format!("{name} (read)"), NUMBER_BYTES, SlotKind::Temp);
                        self.emit(Does::Load(at, it));
                        Some(Value::Slot(at))
                    }

                    (None, None) => {
                        self.cursor.faults.add(place, format!("there is no variable `{name}`"));
                        Some(Value::Number(0))
                    }
                }
            }
            _ => self.cursor.wrong("a value"),
        }
    }

    /// A variable, or one byte of a buffer.
    fn local(&mut self, name: &str, at: usize, place: Place) -> Option<Value> {
        let (bytes, kind) = self
            .own
            .as_ref()
            .map_or((0, SlotKind::Number), |it| (it.slots[at].bytes, it.slots[at].kind));
        let indexed = self.cursor.take("[");
        if indexed {
            let index = self.number("a number")?;
            self.cursor.expect("]")?;
            if !u64::try_from(index).is_ok_and(|it| it < bytes) {
                self.cursor.faults.add(place, format!("`{name}` has {bytes} bytes, from 0"));
            }
        }
        if indexed != (kind == SlotKind::Buffer) {
            let why = match indexed {
                true => format!("`{name}` is a number, not a buffer"),
                false => format!("`{name}` is a buffer: `{name}[0]` is its first byte"),
            };
            self.cursor.faults.add(place, why);
        }
        Some(Value::Slot(at))
    }

    fn awaited(&mut self) -> Option<Value> {
        let (first, place) = (self.cursor.next, self.cursor.place());
        let Word::Name(name) = self.cursor.peek() else { return None };
        let leaf = Leaf::ALL.iter().find(|it| it.0 == name);
        let (function, n_params) = match leaf {
            Some(it) => (0, it.2),
            None => {
                let at = self.known(
                    "an async function, or `fetch`, `sleep`, `yield_now`, `ready` or `forgetful`",
                )?;
                self.cursor.next -= 1;
                (at, self.program.functions[at].n_params)
            }
        };
        (0..2).for_each(|_| self.cursor.skip());
        let mut args = Vec::new();
        for n in 0..n_params {
            if 0 < n {
                self.cursor.expect(",")?;
            }
            args.push(self.expr()?);
        }
        self.cursor.expect(")")?;
        let text = self.cursor.said(first, self.cursor.next);
        if !(self.cursor.take(".") && self.cursor.take_keyword("await")) {
            let why = "without `.await` this future is never polled, and nothing of it runs";
            self.cursor.faults.add(place, why.to_owned());
        }
        let at = self.temp(first, |at| match leaf {
            Some(it) => Does::Leaf(at, it.1, args),
            None => Does::Call(at, function, args),
        });
        let op = self.here().saturating_sub(1);
        if let Some(own) = &mut self.own {
            own.stops.push(Stop { op, text, kept: 0, bytes: 0 });
        }
        Some(Value::Slot(at))
    }
}
