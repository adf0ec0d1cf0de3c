//! From a program as it was written to instructions: statements.
//!
//! Shared reads of an expression come first, each as a step, from left to right. Arithmetic whose
//! result is stored is one more step, and so is the store: `counter++` is three. Arithmetic within
//! a condition, an index or a local assignment belongs to that step.

use super::code::{
    INIT_STEPS_MAX, INSTRUCTIONS_MAX, Instruction, Node, Op, Program, REGISTERS_MAX, Rules, Spot,
    Thread, Value, Which,
};
use super::declare::{declare, first, layout};
use super::flow;
use super::inline::{Block, Frame, blocks, ends_itself};
use super::state::State;
use crate::error::ScenarioError;
use crate::lang::ast::{self, Ast, Binary, Expr, ExprKind, Kind, Stmt, StmtKind};
use crate::lang::parse;
use crate::text::{Faults, Place};
use std::rc::Rc;

/// Reads and compiles a program.
pub(crate) fn compile(source: &str, rules: Rules) -> Result<Program, ScenarioError> {
    let mut faults = Faults::default();
    let ast = parse(source, &mut faults);
    if !faults.is_empty() {
        return Err(faults.into_error());
    }
    let mut program = Program {
        lines: source.lines().map(|it| it.trim_end().to_owned()).collect(),
        rules,
        ..Program::default()
    };
    declare(&ast, &mut program, &mut faults);
    for (number, thread) in ast.threads.iter().enumerate() {
        let host = thread.host.as_ref().and_then(|it| host(&program, it, &mut faults));
        let mut writer = Writer::new(&ast, &mut program, &mut faults, number, &thread.body);
        if thread.host.is_some() {
            writer.begin(thread);
        }
        writer.block(&thread.body);
        let mut compiled = writer.finish(thread);
        compiled.host = host;
        program.threads.push(compiled);
    }
    for number in 0..program.threads.len() {
        if let Some(host) = program.threads[number].host {
            program.threads[host].handlers |= 1 << number;
        }
    }
    let mut shared = first(&program);
    if let Some((at, body)) = ast.init.as_ref().filter(|_| faults.is_empty()) {
        initialise(&ast, (*at, body), &mut shared, &mut faults);
    }
    if !faults.is_empty() {
        return Err(faults.into_error());
    }
    program.layout = layout(&program);
    program.first = shared;
    Ok(program)
}

/// The thread that a handler interrupts.
fn host(program: &Program, name: &ast::Name, faults: &mut Faults) -> Option<usize> {
    let found = program.threads.iter().position(|it| it.name == name.text && it.host.is_none());
    if found.is_none() {
        faults.add(name.at, format!("no thread before this one is called `{}`", name.text));
    }
    found
}

/// Runs `init` on its own and keeps what it leaves behind.
fn initialise(ast: &Ast, (at, body): (Place, &[Stmt]), shared: &mut [i32], faults: &mut Faults) {
    let mut setup = Program::default();
    declare(ast, &mut setup, &mut Faults::default());
    let mut writer = Writer::new(ast, &mut setup, faults, 0, body);
    writer.block(body);
    let name = ast::Name { text: "init".to_owned(), at };
    let (first_line, last_line) = (at.line, at.line);
    let thread = ast::Thread { name, body: Rc::default(), first_line, last_line, host: None };
    let compiled = writer.finish(&thread);
    if !faults.is_empty() {
        return;
    }
    let n_declared = setup.objects.len() - compiled.n_futexes(&setup);
    setup.threads.push(compiled);
    setup.first = first(&setup);
    setup.layout = layout(&setup);
    let mut state = State::start(&setup);
    for _ in 0..INIT_STEPS_MAX {
        let Some(action) = state.action(&setup, 0) else { break };
        if state.broken(&setup).is_some() {
            break;
        }
        state.act(&setup, action);
    }
    if let Some(law) = state.broken(&setup) {
        return faults.add(at, format!("`init` breaks a law: {}", law.name()));
    }
    if !state.ended(&setup, 0) {
        return faults.add(at, format!("`init` does not end within {INIT_STEPS_MAX} steps"));
    }
    let from = setup.layout.memory;
    let n_kept = setup.layout.objects - from + n_declared;
    for (to, word) in shared.iter_mut().zip(from..from + n_kept) {
        *to = state.word(word);
    }
    if let Some(last) = shared.last_mut().filter(|_| !setup.pools.is_empty()) {
        *last = state.word(setup.layout.heap);
    }
}

impl Thread {
    /// How many objects of a program are futexes.
    fn n_futexes(&self, program: &Program) -> usize {
        program.objects.iter().filter(|it| it.kind == Kind::Futex).count()
    }
}

/// Where a jump goes once the place is known.
pub(super) type Label = usize;

/// What a name means inside a body.
#[derive(Debug, Clone, Copy)]
pub(super) enum Bound {
    Register(u8),
    Number(i32),
    Shared(Spot),
    Object(Kind, Which),
}

/// Writes the instructions of one thread. A fault gives harmless code: it is not run.
pub(super) struct Writer<'a> {
    pub(super) ast: &'a Ast,
    pub(super) program: &'a mut Program,
    faults: &'a mut Faults,
    pub(super) number: usize,
    code: Vec<Instruction>,
    /// Jump targets by instruction: after it, and if its condition does not hold.
    jumps: Vec<(Option<Label>, Option<Label>)>,
    /// Instruction that each label stands before.
    labels: Vec<usize>,
    /// Names of locals and parameters, innermost last.
    pub(super) scope: Vec<(String, Bound)>,
    pub(super) registers: Vec<String>,
    /// Registers of the functions that are called from here.
    pub(super) blocks: Vec<Block>,
    /// The function whose body is being written, outermost first: names before `scope_from` are
    /// its callers'.
    pub(super) frame: Frame,
    pub(super) frames: Vec<Frame>,
    /// First register that holds no local, and first that holds nothing.
    n_locals: usize,
    pub(super) top: usize,
    /// Labels of `break` and `continue`, and the depth of critical sections, innermost last.
    pub(super) loops: Vec<(Label, Label, u32)>,
    pub(super) inside: u32,
    pub(super) line: u32,
    pub(super) text: u16,
    pub(super) at: Place,
    full: bool,
}

impl<'a> Writer<'a> {
    fn new(
        ast: &'a Ast,
        program: &'a mut Program,
        faults: &'a mut Faults,
        number: usize,
        body: &[Stmt],
    ) -> Self {
        let own = count_locals(body);
        let blocks = blocks(ast, body, own);
        let n_locals = blocks.last().map_or(own, |it| it.first + it.len);
        let frame = Frame { floor: n_locals, ..Frame::default() };
        Self {
            ast,
            program,
            faults,
            number,
            code: Vec::new(),
            jumps: Vec::new(),
            // Label 0 is the end of the thread.
            labels: vec![0],
            scope: Vec::new(),
            registers: vec![String::new(); n_locals],
            blocks,
            frame,
            frames: Vec::new(),
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

    /// The step with which an interrupt comes.
    fn begin(&mut self, thread: &ast::Thread) {
        self.program.uses.interrupts = true;
        self.say(Place { line: thread.first_line, column: 1 }, "");
        self.emit(Op::Begin, self.n_locals);
    }

    fn finish(mut self, thread: &ast::Thread) -> Thread {
        self.line = thread.last_line - 1;
        self.place(0);
        self.emit(Op::End, self.n_locals);
        flow::resolve(&mut self.code, &self.jumps, &self.labels);
        let own = count_locals(&thread.body);
        flow::follow(&mut self.code, self.program, (own, self.n_locals));
        let line = |it: u32| it as usize;
        let mut lines: Vec<(usize, usize)> =
            self.blocks.iter().map(|it| (line(it.lines.0) - 1, line(it.lines.1))).collect();
        crate::order::by_key(&mut lines, |it| it.0);
        lines.push((line(thread.first_line) - 1, line(thread.last_line)));
        let (name, code, registers) = (thread.name.text.clone(), self.code, self.registers);
        Thread { name, code, registers, lines, host: None, handlers: 0 }
    }

    pub(super) fn fault(&mut self, at: Place, why: String) {
        self.faults.add(at, why);
    }

    /// Appends a step; registers from `dead_from` on are not needed after it.
    pub(super) fn emit(&mut self, op: Op, dead_from: usize) {
        self.emit_to(op, dead_from, None, None);
    }

    pub(super) fn emit_to(
        &mut self,
        op: Op,
        dead_from: usize,
        yes: Option<Label>,
        no: Option<Label>,
    ) {
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
            may_write: 0,
            clear: 0,
            round: false,
        });
        self.jumps.push((yes, no));
    }

    pub(super) fn label(&mut self) -> Label {
        self.labels.push(0);
        self.labels.len() - 1
    }

    pub(super) fn place(&mut self, label: Label) {
        self.labels[label] = self.code.len();
    }

    pub(super) fn jump(&mut self, label: Label) {
        self.emit_to(Op::Jump, usize::from(u8::MAX), Some(label), None);
    }

    /// The next register above those in use.
    pub(super) fn register(&mut self) -> u8 {
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

    pub(super) fn say(&mut self, at: Place, text: &str) {
        self.at = at;
        self.line = at.line - 1;
        let known = self.program.texts.iter().position(|it| it == text);
        let number = known.unwrap_or_else(|| {
            self.program.texts.push(text.to_owned());
            self.program.texts.len() - 1
        });
        self.text = u16::try_from(number).unwrap_or_default();
    }

    pub(super) fn block(&mut self, body: &[Stmt]) {
        let n_scope = self.scope.len();
        for stmt in body {
            self.statement(stmt);
            self.top = self.frame.floor;
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
            StmtKind::Call { name, args } => {
                let mark = self.top;
                self.call((name.at, &name.text), args, None, mark);
                self.top = mark;
            }
            StmtKind::Return(value) => self.leave_function(stmt.at, value.as_ref()),
            StmtKind::If { test, yes, no } => self.if_else(test, yes, no),
            StmtKind::While { test, body } => {
                self.repeat(Some(test), None, body, (stmt.at, &stmt.text));
            }
            StmtKind::DoWhile { body, test } => {
                let (again, next, end) = (self.label(), self.label(), self.label());
                self.place(again);
                self.loops.push((end, next, self.inside));
                self.block(body);
                self.loops.pop();
                self.place(next);
                self.say(stmt.at, &stmt.text);
                self.condition(test, again, end);
                self.place(end);
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
                self.emit(Op::Enter, self.frame.floor);
                self.inside += 1;
                self.block(body);
                self.line = last_line - 1;
                self.emit(Op::Leave, self.frame.floor);
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
        if self.shadows(&name.text) {
            self.fault(name.at, format!("the name `{}` is used already", name.text));
        }
        let register = self.frame.next_local;
        self.frame.next_local += 1;
        if REGISTERS_MAX <= register {
            let why = format!("this thread needs more than {REGISTERS_MAX} locals and temporaries");
            self.fault(name.at, why);
        }
        self.name_register(register, &name.text);
        let register = u8::try_from(register).unwrap_or_default();
        if let Some(value) = value {
            self.set(register, value);
        }
        self.scope.push((name.text.clone(), Bound::Register(register)));
    }

    /// `local = expr`: a shared read goes straight into the local.
    pub(super) fn set(&mut self, to: u8, value: &Expr) {
        let mark = self.top;
        if let Some(spot) = self.shared_spot(value) {
            self.emit(Op::Load { to, from: spot }, mark);
        } else if let ExprKind::Call(name, args) = &value.kind {
            self.call((value.at, name), args, Some(to), mark);
        } else {
            let nodes = self.operand(value);
            let value = self.value(&nodes);
            self.emit(Op::Set { to, value }, mark);
        }
        self.top = mark;
    }

    fn assign(&mut self, to: &Expr, op: Option<Binary>, value: &Expr) {
        if let ExprKind::Name(name) = &to.kind
            && let Some(Bound::Register(register)) = self.bound(name)
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
            let result = mark.max(self.index_top(spot.index));
            self.top = result;
            let to = self.register();
            self.emit(Op::Set { to, value }, result + 1);
            nodes = vec![Node::Register(to)];
        }
        let value = self.value(&nodes);
        self.emit(Op::Store { to: spot, value }, mark);
        self.top = mark;
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
        let for_ever = test.is_none_or(|it| matches!(it.kind, ExprKind::Number(1..)));
        if let Some(last) = self.code.last_mut().filter(|_| for_ever && !ends_itself(body)) {
            last.round = true;
        }
        self.place(then);
        self.loops.push((end, again, self.inside));
        self.block(body);
        self.loops.pop();
        self.place(again);
        if let Some(each) = each {
            self.statement(each);
            self.top = self.frame.floor;
        }
        self.jump(start);
        self.place(end);
    }
}

/// Locals of a thread, each of which keeps a register of its own.
pub(super) fn count_locals(body: &[Stmt]) -> usize {
    let one = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Local { .. } => 1,
        StmtKind::If { yes, no, .. } => count_locals(yes) + count_locals(no),
        StmtKind::While { body, .. }
        | StmtKind::DoWhile { body, .. }
        | StmtKind::Critical { body, .. }
        | StmtKind::Block(body) => count_locals(body),
        StmtKind::For { first, each, body, .. } => {
            let heads = first.iter().chain(each).map(|it| count_locals(std::slice::from_ref(it)));
            heads.sum::<usize>() + count_locals(body)
        }
        StmtKind::Assign { .. }
        | StmtKind::Call { .. }
        | StmtKind::Return(_)
        | StmtKind::Break
        | StmtKind::Continue
        | StmtKind::Nothing => 0,
    };
    body.iter().map(one).sum()
}
