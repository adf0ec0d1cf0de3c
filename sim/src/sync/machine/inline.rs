//! Functions: each call puts the body of its function in.

use super::code::{Node, Value};
use super::compile::{Bound, Label, Writer, count_locals};
use crate::lang::ast::{Ast, Expr, ExprKind, Function, ParamKind, Stmt, StmtKind};
use crate::text::Place;
use std::rc::Rc;

/// Deepest nesting of calls.
const CALLS_MAX: usize = 8;

/// The registers of one function within a thread. It never runs twice at once, so that all its
/// calls share them.
#[derive(Debug)]
pub(super) struct Block {
    name: String,
    pub(super) first: usize,
    pub(super) len: usize,
    /// Lines of its listing, from 1, both inclusive.
    pub(super) lines: (u32, u32),
}

/// A body that is being written: a thread's, or a function's.
#[derive(Debug, Default, Clone)]
pub(super) struct Frame {
    /// Names before this one belong to the callers.
    pub(super) scope_from: usize,
    /// First register that a statement may use for temporaries.
    pub(super) floor: usize,
    /// Register of the next local.
    pub(super) next_local: usize,
    /// Where `return` goes.
    pub(super) end: Label,
    /// Where the value goes that is returned.
    pub(super) to: Option<u8>,
    /// How many critical sections the caller is in.
    pub(super) inside: u32,
    /// The function, if it is one.
    pub(super) function: Option<Rc<Function>>,
}

/// Registers for every function that a body calls, and for those that they call, from `first` on.
pub(super) fn blocks(ast: &Ast, body: &[Stmt], mut first: usize) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut names = Vec::new();
    calls(body, &mut names);
    let mut at = 0;
    while let Some(name) = names.get(at).cloned() {
        at += 1;
        let Some(function) = ast.functions.iter().find(|it| it.name.text == name) else { continue };
        if blocks.iter().any(|it| it.name == name) {
            continue;
        }
        let n_values = function.params.iter().filter(|it| it.kind == ParamKind::Value).count();
        let len = n_values + count_locals(&function.body);
        blocks.push(Block { name, first, len, lines: (function.first_line, function.last_line) });
        first += len;
        calls(&function.body, &mut names);
    }
    blocks
}

/// The names that are called in a body, in the order of the text.
fn calls(body: &[Stmt], names: &mut Vec<String>) {
    each(body, &mut |stmt| {
        if let StmtKind::Call { name, .. } = &stmt.kind {
            names.push(name.text.clone());
        }
        for expr in exprs(stmt) {
            called(expr, names);
        }
    });
}

fn called(expr: &Expr, names: &mut Vec<String>) {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::Name(_) => {}
        ExprKind::Index(_, inner) | ExprKind::Field(inner, _) | ExprKind::Unary(_, inner) => {
            called(inner, names);
        }
        ExprKind::Binary(_, left, right) => {
            called(left, names);
            called(right, names);
        }
        ExprKind::Call(name, args) => {
            names.push(name.clone());
            args.iter().for_each(|it| called(it, names));
        }
    }
}

/// The expressions of a statement itself.
fn exprs(stmt: &Stmt) -> Vec<&Expr> {
    match &stmt.kind {
        StmtKind::Local { value, .. } | StmtKind::Return(value) => value.iter().collect(),
        StmtKind::Assign { to, value, .. } => vec![to, value],
        StmtKind::Call { args, .. } => args.iter().collect(),
        StmtKind::If { test, .. }
        | StmtKind::While { test, .. }
        | StmtKind::DoWhile { test, .. } => vec![test],
        StmtKind::For { test, .. } => test.iter().collect(),
        StmtKind::Critical { .. }
        | StmtKind::Block(_)
        | StmtKind::Break
        | StmtKind::Continue
        | StmtKind::Nothing => Vec::new(),
    }
}

/// Calls `see` for every statement of a body, nested ones included.
fn each(body: &[Stmt], see: &mut dyn FnMut(&Stmt)) {
    for stmt in body {
        see(stmt);
        match &stmt.kind {
            StmtKind::If { yes, no, .. } => {
                each(yes, see);
                each(no, see);
            }
            StmtKind::While { body, .. }
            | StmtKind::DoWhile { body, .. }
            | StmtKind::Critical { body, .. }
            | StmtKind::Block(body) => each(body, see),
            StmtKind::For { first, each: last, body, .. } => {
                for one in first.iter().chain(last) {
                    each(std::slice::from_ref(one), see);
                }
                each(body, see);
            }
            StmtKind::Local { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Call { .. }
            | StmtKind::Return(_)
            | StmtKind::Break
            | StmtKind::Continue
            | StmtKind::Nothing => {}
        }
    }
}

/// Whether the body of a loop may leave the loop.
pub(super) fn ends_itself(body: &[Stmt]) -> bool {
    let mut found = false;
    each(body, &mut |stmt| {
        found |= matches!(stmt.kind, StmtKind::Break | StmtKind::Return(_));
    });
    found
}

/// Whether a body changes a name.
fn assigns(body: &[Stmt], name: &str) -> bool {
    let mut found = false;
    each(body, &mut |stmt| {
        if let StmtKind::Assign { to, .. } = &stmt.kind {
            found |= matches!(&to.kind, ExprKind::Name(it) if it == name);
        }
    });
    found
}

impl Writer<'_> {
    /// Whether a new local of this name would hide something.
    pub(super) fn shadows(&self, name: &str) -> bool {
        let ast = self.ast;
        let is = |it: &crate::lang::ast::Name| it.text == name;
        self.bound(name).is_some()
            || super::calls::is_builtin(name)
            || ast.shared.iter().any(|it| is(&it.name))
            || ast.objects.iter().any(|it| is(&it.name))
            || ast.pools.iter().any(|it| is(&it.name))
            || ast.functions.iter().any(|it| is(&it.name))
            || ast.consts.iter().any(is)
    }

    /// Gives a register its name, if it has none.
    pub(super) fn name_register(&mut self, register: usize, name: &str) {
        let name = match &self.frame.function {
            Some(function) => format!("{}.{name}", function.name.text),
            None => name.to_owned(),
        };
        if let Some(slot) = self.registers.get_mut(register).filter(|it| it.is_empty()) {
            *slot = name;
        }
    }

    /// Puts the body of a function in; its value goes to `to`.
    pub(super) fn inline(
        &mut self,
        at: Place,
        function: &Rc<Function>,
        args: &[Expr],
        to: Option<u8>,
    ) {
        let name = &function.name.text;
        let runs = |it: &Frame| it.function.as_ref().is_some_and(|it| it.name.text == *name);
        if runs(&self.frame) || self.frames.iter().any(runs) {
            return self.fault(at, format!("`{name}` calls itself, which no function may do"));
        }
        if CALLS_MAX <= self.frames.len() {
            return self.fault(at, format!("calls are nested more than {CALLS_MAX} deep"));
        }
        if args.len() != function.params.len() {
            let n = function.params.len();
            let plural = if n == 1 { "" } else { "s" };
            let why = format!("`{name}` takes {n} argument{plural}, not {}", args.len());
            return self.fault(at, why);
        }
        if to.is_some() && !function.gives {
            return self.fault(at, format!("`{name}` gives no value"));
        }
        let first = self.blocks.iter().find(|it| it.name == *name).map_or(0, |it| it.first);
        let mut next_local = first;
        let mut bound = Vec::new();
        for (param, arg) in function.params.iter().zip(args) {
            let meaning = match param.kind {
                ParamKind::Value => {
                    let register = next_local;
                    next_local += 1;
                    self.argument(function, &param.name.text, arg, register)
                }
                ParamKind::Shared => match self.shared_spot(arg) {
                    Some(spot) => Bound::Shared(spot),
                    None => {
                        self.fault(arg.at, format!("`{name}` takes a shared variable here"));
                        continue;
                    }
                },
                ParamKind::Object(kind) => match self.which(arg, &[kind]) {
                    Some(which) => Bound::Object(kind, which),
                    None => {
                        self.fault(arg.at, format!("`{name}` takes a {} here", kind.word()));
                        continue;
                    }
                },
            };
            bound.push((param.name.text.clone(), meaning));
        }
        let (line, text, place) = (self.line, self.text, self.at);
        let end = self.label();
        let frame = Frame {
            scope_from: self.scope.len(),
            floor: self.top,
            next_local,
            end,
            to,
            inside: self.inside,
            function: Some(Rc::clone(function)),
        };
        self.frames.push(std::mem::replace(&mut self.frame, frame));
        self.scope.extend(bound);
        let loops = std::mem::take(&mut self.loops);
        self.block(&function.body);
        self.loops = loops;
        self.place(end);
        self.scope.truncate(self.frame.scope_from);
        self.frame = self.frames.pop().unwrap_or_default();
        (self.line, self.text, self.at) = (line, text, place);
    }

    /// A parameter that is never changed and known now costs no step and no register.
    fn argument(&mut self, function: &Function, name: &str, arg: &Expr, register: usize) -> Bound {
        if self.plain(arg) && !assigns(&function.body, name) {
            let nodes = self.operand(arg);
            if let Value::Number(number) = self.value(&nodes) {
                return Bound::Number(number);
            }
        }
        if let Some(slot) = self.registers.get_mut(register).filter(|it| it.is_empty()) {
            *slot = format!("{}.{name}", function.name.text);
        }
        let register = u8::try_from(register).unwrap_or_default();
        self.set(register, arg);
        Bound::Register(register)
    }

    /// `return`, from a function or from the thread.
    pub(super) fn leave_function(&mut self, at: Place, value: Option<&Expr>) {
        let gives = self.frame.function.as_ref().is_some_and(|it| it.gives);
        if self.inside != self.frame.inside {
            return self.fault(at, "this would leave a critical section by a jump".to_owned());
        }
        match value {
            Some(value) if gives => match self.frame.to {
                Some(to) => self.set(to, value),
                None => {
                    let _: Vec<Node> = self.operand(value);
                }
            },
            Some(_) => self.fault(at, "nothing takes this value".to_owned()),
            None if gives => self.fault(at, "this function must return a value".to_owned()),
            None => {}
        }
        self.jump(self.frame.end);
    }
}
