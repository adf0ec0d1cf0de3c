//! From a program as it was written to instructions.
//!
//! Shared reads of an expression come first, each as a step, from left to right. Arithmetic whose
//! result is stored is one more step, and so is the store: `counter++` is three. Arithmetic within
//! a condition, an index or a local assignment belongs to that step.

use super::calls::is_builtin;
use super::code::{
    INSTRUCTIONS_MAX, Instruction, Memory, Node, Op, Program, REGISTERS_MAX, STACK_MAX, Spot,
    Thread, Value,
};
use super::declare::{declare, layout};
use super::flow;
use crate::error::ScenarioError;
use crate::sync::lang::ast::{self, Binary, Expr, ExprKind, Stmt, StmtKind, Unary};
use crate::sync::lang::{Faults, Place, parse};

/// Reads and compiles a program.
pub(crate) fn compile(source: &str, memory: Memory) -> Result<Program, ScenarioError> {
    let mut faults = Faults::default();
    let ast = parse(source, &mut faults);
    if !faults.is_empty() {
        return Err(faults.into_error());
    }
    let mut program = Program {
        lines: source.lines().map(|it| it.trim_end().to_owned()).collect(),
        ..Program::default()
    };
    declare(&ast, &mut program, &mut faults);
    for (number, thread) in ast.threads.iter().enumerate() {
        let mut writer = Writer::new(&mut program, &mut faults, number, &thread.body);
        writer.block(&thread.body);
        let compiled = writer.finish(thread);
        program.threads.push(compiled);
    }
    if !faults.is_empty() {
        return Err(faults.into_error());
    }
    program.memory = memory;
    program.layout = layout(&program);
    Ok(program)
}

/// Where a jump goes once the place is known.
type Label = usize;

/// Writes the instructions of one thread. A fault gives harmless code: it is not run.
pub(super) struct Writer<'a> {
    pub(super) program: &'a mut Program,
    faults: &'a mut Faults,
    number: usize,
    code: Vec<Instruction>,
    /// Jump targets by instruction: after it, and if its condition does not hold.
    jumps: Vec<(Option<Label>, Option<Label>)>,
    /// Instruction that each label stands before.
    labels: Vec<usize>,
    /// Locals in scope, innermost last, with their registers.
    scope: Vec<(String, u8)>,
    registers: Vec<String>,
    /// First register that holds no local, and first that holds nothing.
    n_locals: usize,
    pub(super) top: usize,
    /// Labels of `break` and `continue`, and the depth of critical sections, innermost last.
    loops: Vec<(Label, Label, u32)>,
    inside: u32,
    line: u32,
    text: u16,
    at: Place,
    full: bool,
}

impl<'a> Writer<'a> {
    fn new(program: &'a mut Program, faults: &'a mut Faults, number: usize, body: &[Stmt]) -> Self {
        let n_locals = count_locals(body);
        Self {
            program,
            faults,
            number,
            code: Vec::new(),
            jumps: Vec::new(),
            labels: Vec::new(),
            scope: Vec::new(),
            registers: vec![String::new(); n_locals],
            n_locals,
            top: n_locals,
            loops: Vec::new(),
            inside: 0,
            line: 0,
            text: 0,
            at: Place { line: 1, column: 1 },
            full: false,
        }
    }

    fn finish(mut self, thread: &ast::Thread) -> Thread {
        self.line = thread.last_line - 1;
        self.emit(Op::End, self.n_locals);
        flow::resolve(&mut self.code, &self.jumps, &self.labels);
        flow::may_free(&mut self.code);
        let lines = (thread.first_line as usize - 1, thread.last_line as usize);
        let (name, code, registers) = (thread.name.text.clone(), self.code, self.registers);
        Thread { name, code, registers, lines }
    }

    pub(super) fn fault(&mut self, at: Place, why: String) {
        self.faults.add(at, why);
    }

    /// Appends a step; registers from `dead_from` on are not needed after it.
    pub(super) fn emit(&mut self, op: Op, dead_from: usize) {
        self.emit_to(op, dead_from, None, None);
    }

    fn emit_to(&mut self, op: Op, dead_from: usize, yes: Option<Label>, no: Option<Label>) {
        if INSTRUCTIONS_MAX <= self.code.len() {
            if !self.full {
                let why = format!("this thread has more than {INSTRUCTIONS_MAX} steps");
                self.fault(self.at, why);
            }
            self.full = true;
            return;
        }
        self.code.push(Instruction {
            op,
            next: 0,
            line: self.line,
            text: self.text,
            dead_from: u8::try_from(dead_from).unwrap_or(u8::MAX),
            inside: 0 < self.inside,
            may_free: 0,
        });
        self.jumps.push((yes, no));
    }

    fn label(&mut self) -> Label {
        self.labels.push(0);
        self.labels.len() - 1
    }

    fn place(&mut self, label: Label) {
        self.labels[label] = self.code.len();
    }

    fn jump(&mut self, label: Label) {
        self.emit_to(Op::Jump, usize::from(u8::MAX), Some(label), None);
    }

    /// The next register above those in use.
    fn register(&mut self) -> u8 {
        let number = self.top;
        self.top += 1;
        while self.registers.len() < self.top {
            let n = self.registers.len() + 1 - self.n_locals;
            self.registers.push(format!("t{n}"));
        }
        if REGISTERS_MAX < self.top {
            let why = format!("this thread needs more than {REGISTERS_MAX} locals and temporaries");
            self.fault(self.at, why);
        }
        u8::try_from(number).unwrap_or_default()
    }

    pub(super) fn value(&mut self, nodes: &[Node]) -> Value {
        match *nodes {
            [Node::Number(number)] => Value::Number(number),
            [Node::Register(register)] => Value::Register(register),
            _ => {
                let start = self.program.nodes.len();
                self.program.nodes.extend(nodes);
                let number = |it| u32::try_from(it).unwrap_or_default();
                Value::Tree(number(start), number(self.program.nodes.len()))
            }
        }
    }

    fn say(&mut self, at: Place, text: &str) {
        self.at = at;
        self.line = at.line - 1;
        let known = self.program.texts.iter().position(|it| it == text);
        let number = known.unwrap_or_else(|| {
            self.program.texts.push(text.to_owned());
            self.program.texts.len() - 1
        });
        self.text = u16::try_from(number).unwrap_or_default();
    }

    fn block(&mut self, body: &[Stmt]) {
        let n_scope = self.scope.len();
        for stmt in body {
            self.statement(stmt);
            self.top = self.n_locals;
        }
        self.scope.truncate(n_scope);
    }

    fn statement(&mut self, stmt: &Stmt) {
        self.say(stmt.at, &stmt.text);
        match &stmt.kind {
            StmtKind::Nothing => {}
            StmtKind::Block(body) => self.block(body),
            StmtKind::Local { name, value } => self.local(name, value.as_ref()),
            StmtKind::Assign { to, op, value } => self.assign(to, *op, value),
            StmtKind::Call { name, args } => self.call(name, args),
            StmtKind::If { test, yes, no } => self.if_else(test, yes, no),
            StmtKind::While { test, body } => {
                self.repeat(Some(test), None, body, (stmt.at, &stmt.text));
            }
            StmtKind::For { first, test, each, body } => {
                let n_scope = self.scope.len();
                if let Some(first) = first {
                    self.statement(first);
                }
                self.repeat(test.as_ref(), each.as_deref(), body, (stmt.at, &stmt.text));
                self.scope.truncate(n_scope);
            }
            StmtKind::Critical { body, last_line } => {
                self.emit(Op::Enter, self.n_locals);
                self.inside += 1;
                self.block(body);
                self.line = last_line - 1;
                self.emit(Op::Leave, self.n_locals);
                self.inside -= 1;
            }
            StmtKind::Break | StmtKind::Continue => self.leave_loop(stmt),
        }
    }

    fn leave_loop(&mut self, stmt: &Stmt) {
        let breaks = matches!(stmt.kind, StmtKind::Break);
        match self.loops.last().copied() {
            None => self.fault(stmt.at, "this stands in no loop".to_owned()),
            Some((_, _, inside)) if inside != self.inside => {
                self.fault(stmt.at, "this would leave a critical section by a jump".to_owned());
            }
            Some((end, again, _)) => self.jump(if breaks { end } else { again }),
        }
    }

    fn local(&mut self, name: &ast::Name, value: Option<&Expr>) {
        let shadows = self.program.mutexes.contains(&name.text)
            || self.program.semaphores.iter().any(|it| it.0 == name.text)
            || self.program.shared.iter().any(|it| it.name == name.text)
            || self.scope.iter().any(|it| it.0 == name.text);
        if shadows || is_builtin(&name.text) {
            self.fault(name.at, format!("the name `{}` is used already", name.text));
        }
        // Locals come first among the registers, in the order of the text.
        let n_known = self.registers.iter().take(self.n_locals).filter(|it| !it.is_empty()).count();
        if let Some(register) = self.registers.get_mut(n_known) {
            register.clone_from(&name.text);
        }
        if REGISTERS_MAX <= n_known {
            let why = format!("this thread needs more than {REGISTERS_MAX} locals and temporaries");
            self.fault(name.at, why);
        }
        let register = u8::try_from(n_known).unwrap_or_default();
        if let Some(value) = value {
            self.set(register, value);
        }
        self.scope.push((name.text.clone(), register));
    }

    /// `local = expr`: a shared read goes straight into the local.
    fn set(&mut self, to: u8, value: &Expr) {
        let mark = self.top;
        if let Some(spot) = self.shared_spot(value) {
            self.emit(Op::Load { to, from: spot }, mark);
        } else if let ExprKind::Call(name, args) = &value.kind {
            self.atomic(value.at, name, args, Some(to), mark);
        } else {
            let nodes = self.operand(value);
            let value = self.value(&nodes);
            self.emit(Op::Set { to, value }, mark);
        }
        self.top = mark;
    }

    fn assign(&mut self, to: &Expr, op: Option<Binary>, value: &Expr) {
        if let ExprKind::Name(name) = &to.kind
            && let Some(register) = self.local_register(name)
        {
            if let Some(op) = op {
                let mark = self.top;
                let mut nodes = vec![Node::Register(register)];
                nodes.extend(self.operand(value));
                nodes.push(Node::Binary(op));
                let value = self.value(&nodes);
                self.emit(Op::Set { to: register, value }, mark);
            } else {
                self.set(register, value);
            }
            return;
        }
        let mark = self.top;
        let Some(spot) = self.shared_spot(to) else {
            // Reading it tells what is wrong with the name.
            self.operand(to);
            return;
        };
        let mut nodes = Vec::new();
        if op.is_some() {
            nodes.push(self.load(spot));
        }
        nodes.extend(self.operand(value));
        nodes.extend(op.map(Node::Binary));
        if 1 < nodes.len() {
            let value = self.value(&nodes);
            let result = mark.max(self.index_top(spot));
            self.top = result;
            let to = self.register();
            self.emit(Op::Set { to, value }, result + 1);
            nodes = vec![Node::Register(to)];
        }
        let value = self.value(&nodes);
        self.emit(Op::Store { to: spot, value }, mark);
        self.top = mark;
    }

    /// One past the highest register that the index of a spot reads.
    fn index_top(&self, spot: Spot) -> usize {
        let of = |node: &Node| match node {
            Node::Register(register) => usize::from(*register) + 1,
            Node::Number(_) | Node::Unary(_) | Node::Binary(_) => 0,
        };
        match spot.index {
            Value::Number(_) => 0,
            Value::Register(register) => usize::from(register) + 1,
            Value::Tree(start, end) => {
                let nodes = self.program.nodes.get(start as usize..end as usize);
                nodes.unwrap_or_default().iter().map(of).max().unwrap_or(0)
            }
        }
    }

    fn if_else(&mut self, test: &Expr, yes: &[Stmt], no: &[Stmt]) {
        let (then, other, end) = (self.label(), self.label(), self.label());
        self.condition(test, then, other);
        self.place(then);
        self.block(yes);
        if !no.is_empty() {
            self.jump(end);
        }
        self.place(other);
        self.block(no);
        self.place(end);
    }

    fn repeat(
        &mut self,
        test: Option<&Expr>,
        each: Option<&Stmt>,
        body: &[Stmt],
        (at, text): (Place, &str),
    ) {
        let (start, then, again, end) = (self.label(), self.label(), self.label(), self.label());
        self.place(start);
        self.say(at, text);
        match test {
            Some(test) => self.condition(test, then, end),
            // A loop without a condition still takes a step each time round.
            None => {
                let always = Op::Branch { test: Value::Number(1), no: 0 };
                self.emit_to(always, self.top, Some(then), Some(end));
            }
        }
        self.place(then);
        self.loops.push((end, again, self.inside));
        self.block(body);
        self.loops.pop();
        self.place(again);
        if let Some(each) = each {
            self.statement(each);
            self.top = self.n_locals;
        }
        self.jump(start);
        self.place(end);
    }

    /// Goes to one of two labels. `&&` and `||` stop early where it could be noticed.
    fn condition(&mut self, test: &Expr, yes: Label, no: Label) {
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
    fn plain(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Number(_) => true,
            ExprKind::Name(name) => name == "self" || self.local_register(name).is_some(),
            ExprKind::Index(..) | ExprKind::Call(..) => false,
            ExprKind::Unary(_, inner) => self.plain(inner),
            ExprKind::Binary(Binary::Divide | Binary::Remainder, ..) => false,
            ExprKind::Binary(_, left, right) => self.plain(left) && self.plain(right),
        }
    }

    fn local_register(&self, name: &str) -> Option<u8> {
        self.scope.iter().rev().find(|it| it.0 == name).map(|it| it.1)
    }

    /// The element that an expression names, if it names shared memory. Steps that find the
    /// index come before.
    pub(super) fn shared_spot(&mut self, expr: &Expr) -> Option<Spot> {
        let (name, index) = match &expr.kind {
            ExprKind::Name(name) => (name, None),
            ExprKind::Index(name, index) => (name, Some(index)),
            ExprKind::Number(_)
            | ExprKind::Unary(..)
            | ExprKind::Binary(..)
            | ExprKind::Call(..) => return None,
        };
        let number = self.program.shared.iter().position(|it| it.name == *name)?;
        let array = self.program.shared[number].array;
        if array != index.is_some() {
            let why = match array {
                true => format!("`{name}` is an array: say which element, such as `{name}[0]`"),
                false => format!("`{name}` is no array"),
            };
            self.fault(expr.at, why);
        }
        let index = match index {
            None => Value::Number(0),
            Some(index) => {
                let nodes = self.operand(index);
                self.value(&nodes)
            }
        };
        Some(Spot { shared: u8::try_from(number).unwrap_or_default(), index })
    }

    /// Loads an element into the next temporary.
    fn load(&mut self, from: Spot) -> Node {
        // The index stays alive: a store to the same element may follow.
        let to = self.register();
        self.emit(Op::Load { to, from }, self.top);
        Node::Register(to)
    }

    /// The value of an expression over registers. Steps that read shared memory come before.
    pub(super) fn operand(&mut self, expr: &Expr) -> Vec<Node> {
        let nodes = match &expr.kind {
            ExprKind::Number(number) => vec![Node::Number(*number)],
            ExprKind::Name(name) if name == "self" => {
                vec![Node::Number(i32::try_from(self.number).unwrap_or_default())]
            }
            ExprKind::Name(name) => {
                if let Some(register) = self.local_register(name) {
                    vec![Node::Register(register)]
                } else if let Some(spot) = self.shared_spot(expr) {
                    vec![self.load(spot)]
                } else {
                    self.unknown(expr.at, name);
                    vec![Node::Number(0)]
                }
            }
            ExprKind::Index(name, _) => match self.shared_spot(expr) {
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
                self.atomic(expr.at, name, args, Some(to), mark + 1);
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
        let why = if self.program.mutexes.iter().any(|it| it == name) {
            format!("`{name}` is a mutex: `lock({name});` and `unlock({name});` take it")
        } else if self.program.semaphores.iter().any(|it| it.0 == name) {
            format!("`{name}` is a semaphore: `wait({name});` and `post({name});` take it")
        } else if self.local_register(name).is_some() {
            format!("`{name}` is a local and no array")
        } else {
            format!("`{name}` is not declared")
        };
        self.fault(at, why);
    }
}

/// Locals of a thread, each of which keeps a register of its own.
fn count_locals(body: &[Stmt]) -> usize {
    let one = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Local { .. } => 1,
        StmtKind::If { yes, no, .. } => count_locals(yes) + count_locals(no),
        StmtKind::While { body, .. } | StmtKind::Critical { body, .. } | StmtKind::Block(body) => {
            count_locals(body)
        }
        StmtKind::For { first, each, body, .. } => {
            let heads = first.iter().chain(each).map(|it| count_locals(std::slice::from_ref(it)));
            heads.sum::<usize>() + count_locals(body)
        }
        StmtKind::Assign { .. }
        | StmtKind::Call { .. }
        | StmtKind::Break
        | StmtKind::Continue
        | StmtKind::Nothing => 0,
    };
    body.iter().map(one).sum()
}
