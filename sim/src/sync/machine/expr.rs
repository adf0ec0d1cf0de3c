//! Expressions and conditions.

use super::code::{Node, Op, STACK_MAX, Shared, Spot, Value};
use super::compile::{Bound, Label, Writer};
use crate::lang::ast::{Binary, Expr, ExprKind, Kind, Unary};
use crate::text::Place;

impl Writer<'_> {
    /// One past the highest register that the index of a spot reads.
    pub(super) fn index_top(&self, index: Value) -> usize {
        let of = |node: &Node| match node {
            Node::Register(register) => usize::from(*register) + 1,
            Node::Number(_) | Node::Unary(_) | Node::Binary(_) => 0,
        };
        match index {
            Value::Number(_) => 0,
            Value::Register(register) => usize::from(register) + 1,
            Value::Tree(start, end) => {
                let nodes = self.program.nodes.get(start as usize..end as usize);
                nodes.unwrap_or_default().iter().map(of).max().unwrap_or(0)
            }
        }
    }

    /// Goes to one of two labels. `&&` and `||` stop early where it could be noticed.
    pub(super) fn condition(&mut self, test: &Expr, yes: Label, no: Label) {
        let mark = self.top;
        match &test.kind {
            ExprKind::Binary(op @ (Binary::And | Binary::Or), left, right) if !self.plain(test) => {
                let middle = self.label();
                match op {
                    Binary::And => self.condition(left, middle, no),
                    _ => self.condition(left, yes, middle),
                }
                self.place(middle);
                self.condition(right, yes, no);
            }
            ExprKind::Unary(Unary::Not, inner) if !self.plain(test) => {
                self.condition(inner, no, yes);
            }
            _ => {
                // Each part of a longer condition is told by its own text.
                let whole = self.text;
                self.say(self.at, &test.to_string());
                let nodes = self.operand(test);
                let test = self.value(&nodes);
                self.emit_to(Op::Branch { test, no: 0 }, mark, Some(yes), Some(no));
                self.text = whole;
            }
        }
        self.top = mark;
    }

    /// Whether an expression reads nothing shared and cannot fail.
    pub(super) fn plain(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Number(_) | ExprKind::Text(_) => true,
            ExprKind::Name(name) => {
                name == "self"
                    || matches!(self.bound(name), Some(Bound::Register(_) | Bound::Number(_)))
            }
            ExprKind::Index(..) | ExprKind::Field(..) | ExprKind::Call(..) => false,
            ExprKind::Unary(_, inner) => self.plain(inner),
            ExprKind::Binary(Binary::Divide | Binary::Remainder, ..) => false,
            ExprKind::Binary(_, left, right) => self.plain(left) && self.plain(right),
        }
    }

    /// What a name means here, if it is a local or a parameter.
    pub(super) fn bound(&self, name: &str) -> Option<Bound> {
        let own = self.scope.get(self.frame.scope_from..).unwrap_or_default();
        own.iter().rev().find(|it| it.0 == name).map(|it| it.1)
    }

    /// The element that an expression names, if it names shared memory. Steps that find the
    /// index come before.
    pub(super) fn shared_spot(&mut self, expr: &Expr) -> Option<Spot> {
        let (name, index) = match &expr.kind {
            ExprKind::Name(name) => (name, None),
            ExprKind::Index(name, index) => (name, Some(index)),
            ExprKind::Field(of, name) => return self.field_spot(expr.at, of, name),
            ExprKind::Number(_)
            | ExprKind::Text(_)
            | ExprKind::Unary(..)
            | ExprKind::Binary(..)
            | ExprKind::Call(..) => return None,
        };
        if let (Some(Bound::Shared(spot)), None) = (self.bound(name), index) {
            return Some(spot);
        }
        let is = |it: &Shared| it.address.is_none() && it.name == *name;
        let number = self.program.shared.iter().position(is)?;
        let array = self.program.shared[number].array;
        if array != index.is_some() {
            let why = match array {
                true => format!("`{name}` is an array: say which element, such as `{name}[0]`"),
                false => format!("`{name}` is no array"),
            };
            self.fault(expr.at, why);
        }
        let index = self.index(index.map(|it| &**it));
        Some(Spot { shared: u8::try_from(number).unwrap_or_default(), index })
    }

    /// The value of an index; 0 without one.
    pub(super) fn index(&mut self, index: Option<&Expr>) -> Value {
        let Some(index) = index else { return Value::Number(0) };
        let nodes = self.operand(index);
        self.value(&nodes)
    }

    fn field_spot(&mut self, at: Place, of: &Expr, name: &str) -> Option<Spot> {
        let is = |it: &Shared| it.address.is_some() && it.name == *name;
        let Some(number) = self.program.shared.iter().position(is) else {
            self.fault(at, format!("no struct has a field `{name}`"));
            return Some(Spot { shared: 0, index: Value::Number(0) });
        };
        let index = self.index(Some(of));
        Some(Spot { shared: u8::try_from(number).unwrap_or_default(), index })
    }

    /// Loads an element into the next temporary.
    pub(super) fn load(&mut self, from: Spot) -> Node {
        // The index stays alive: a store to the same element may follow.
        let to = self.register();
        self.emit(Op::Load { to, from }, self.top);
        Node::Register(to)
    }

    /// The value of an expression over registers. Steps that read shared memory come before.
    pub(super) fn operand(&mut self, expr: &Expr) -> Vec<Node> {
        let nodes = match &expr.kind {
            ExprKind::Number(number) => vec![Node::Number(*number)],
            ExprKind::Text(_) => {
                self.fault(expr.at, "a text is no value here".to_owned());
                vec![Node::Number(0)]
            }
            ExprKind::Name(name) if name == "self" => {
                vec![Node::Number(i32::try_from(self.number).unwrap_or_default())]
            }
            ExprKind::Name(name) => {
                if let Some(Bound::Register(register)) = self.bound(name) {
                    vec![Node::Register(register)]
                } else if let Some(Bound::Number(number)) = self.bound(name) {
                    vec![Node::Number(number)]
                } else if let Some(spot) = self.shared_spot(expr) {
                    vec![self.load(spot)]
                } else {
                    self.unknown(expr.at, name);
                    vec![Node::Number(0)]
                }
            }
            ExprKind::Index(name, _) | ExprKind::Field(_, name) => match self.shared_spot(expr) {
                Some(spot) => vec![self.load(spot)],
                None => {
                    self.unknown(expr.at, name);
                    vec![Node::Number(0)]
                }
            },
            ExprKind::Unary(op, inner) => match self.operand(inner).as_slice() {
                [Node::Number(number)] => vec![Node::Number(op.apply(*number))],
                inner => [inner, &[Node::Unary(*op)]].concat(),
            },
            ExprKind::Binary(Binary::And | Binary::Or, ..) if !self.plain(expr) => {
                vec![self.truth(expr)]
            }
            ExprKind::Binary(op, left, right) => {
                let left = self.operand(left);
                let right = self.operand(right);
                // What is known now costs no step, as with any compiler.
                let known = match (left.as_slice(), right.as_slice()) {
                    ([Node::Number(left)], [Node::Number(right)]) => op.apply(*left, *right),
                    _ => None,
                };
                match known {
                    Some(number) => vec![Node::Number(number)],
                    None => [left.as_slice(), right.as_slice(), &[Node::Binary(*op)]].concat(),
                }
            }
            ExprKind::Call(name, args) => {
                let mark = self.top;
                let to = self.register();
                self.call((expr.at, name), args, Some(to), mark + 1);
                self.top = mark + 1;
                vec![Node::Register(to)]
            }
        };
        if STACK_MAX / 2 < nodes.len() {
            let why = format!("this expression has more than {} parts", STACK_MAX / 2);
            self.fault(expr.at, why);
        }
        nodes
    }

    /// 1 or 0 in a temporary, by way of branches.
    fn truth(&mut self, expr: &Expr) -> Node {
        let to = self.register();
        let (yes, no, end) = (self.label(), self.label(), self.label());
        self.condition(expr, yes, no);
        self.place(yes);
        self.emit(Op::Set { to, value: Value::Number(1) }, self.top);
        self.jump(end);
        self.place(no);
        self.emit(Op::Set { to, value: Value::Number(0) }, self.top);
        self.place(end);
        Node::Register(to)
    }

    fn unknown(&mut self, at: Place, name: &str) {
        let kind = self.object_named(name).map(|it| it.0);
        let why = match (kind, self.bound(name)) {
            (Some(Kind::Mutex), _) => {
                format!("`{name}` is a mutex: `lock({name});` and `unlock({name});` take it")
            }
            (Some(Kind::Semaphore), _) => {
                format!("`{name}` is a semaphore: `wait({name});` and `post({name});` take it")
            }
            (Some(kind), _) => format!("`{name}` is a {}, which has no value", kind.word()),
            (None, Some(_)) => format!("`{name}` is a local and no array"),
            (None, None) => format!("`{name}` is not declared"),
        };
        self.fault(at, why);
    }
}
