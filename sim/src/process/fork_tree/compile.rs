//! Statements to the steps of a program.

use super::code::{Op, Piece, Program, Pure, REGISTERS_MAX, Step, VALUES_MAX};
use crate::error::ScenarioError;
use crate::lang::ast::{Binary, Expr, ExprKind, Stmt, StmtKind, Unary};
use crate::lang::statements;
use crate::text::{Faults, Place};

/// Most steps of a program.
const STEPS_MAX: usize = 300;

/// A place that is not known yet.
type Label = u16;

const CALLS: &str = "expected `fork`, `wait`, `waitpid`, `exit`, `_exit`, `exec`, `print`, \
                     `fflush`, `getpid` or `getppid`";

/// Reads a program.
///
/// # Errors
/// Every fault of the text, at its line and column.
pub(super) fn compile(text: &str) -> Result<Program, ScenarioError> {
    let mut faults = Faults::default();
    let body = statements(text, &mut faults);
    let mut variables = Vec::new();
    collect(&body, &mut variables);
    let mut writer = Writer {
        steps: Vec::new(),
        labels: Vec::new(),
        top: variables.len(),
        variables,
        loops: Vec::new(),
        line: 0,
        faults: &mut faults,
    };
    if let Some(name) = writer.variables.get(REGISTERS_MAX).cloned() {
        let at = Place { line: 1, column: 1 };
        writer.fault(at, format!("more than {REGISTERS_MAX} variables: `{name}` is one too many"));
    }
    writer.block(&body);
    writer.line = u32::try_from(text.lines().count().saturating_sub(1)).unwrap_or_default();
    writer.emit(Op::Exit { code: Pure::Number(0), flushes: true }, "the end of the program");
    if STEPS_MAX < writer.steps.len() {
        let at = Place { line: 1, column: 1 };
        writer.fault(at, format!("the program has more than {STEPS_MAX} steps"));
    }
    let (steps, variables) = writer.done();
    if !faults.is_empty() {
        return Err(faults.into_error());
    }
    let lines = text.lines().map(|it| it.trim_end().to_owned()).collect();
    Ok(Program { steps, variables, lines, ..Program::default() })
}

/// The names that are declared or changed somewhere, in the order of the text.
fn collect(body: &[Stmt], names: &mut Vec<String>) {
    for stmt in body {
        match &stmt.kind {
            StmtKind::Local { name, .. } => note(&name.text, names),
            StmtKind::Assign { to, .. } => {
                if let ExprKind::Name(name) = &to.kind {
                    note(name, names);
                }
            }
            StmtKind::If { yes, no, .. } => {
                collect(yes, names);
                collect(no, names);
            }
            StmtKind::For { first, each, body, .. } => {
                for part in [first, each].into_iter().flatten() {
                    collect(std::slice::from_ref(part), names);
                }
                collect(body, names);
            }
            StmtKind::While { body, .. }
            | StmtKind::DoWhile { body, .. }
            | StmtKind::Critical { body, .. }
            | StmtKind::Block(body) => collect(body, names),
            StmtKind::Call { .. }
            | StmtKind::Return(_)
            | StmtKind::Break
            | StmtKind::Continue
            | StmtKind::Nothing => {}
        }
    }
}

fn note(name: &str, names: &mut Vec<String>) {
    if !names.iter().any(|it| it == name) {
        names.push(name.to_owned());
    }
}

struct Writer<'f> {
    steps: Vec<Step>,
    /// Where each label stands.
    labels: Vec<u16>,
    variables: Vec<String>,
    /// First register that is free.
    top: usize,
    /// Where `continue` and `break` go.
    loops: Vec<(Label, Label)>,
    line: u32,
    faults: &'f mut Faults,
}

impl Writer<'_> {
    fn fault(&mut self, at: Place, why: String) {
        self.faults.add(at, why);
    }

    fn emit(&mut self, op: Op, text: &str) {
        // What is beyond is refused at the end.
        if self.steps.len() <= STEPS_MAX {
            self.steps.push(Step { op, line: self.line, text: text.to_owned() });
        }
    }

    fn label(&mut self) -> Label {
        self.labels.push(0);
        u16::try_from(self.labels.len() - 1).unwrap_or_default()
    }

    fn place(&mut self, label: Label) {
        let here = u16::try_from(self.steps.len()).unwrap_or_default();
        if let Some(place) = self.labels.get_mut(usize::from(label)) {
            *place = here;
        }
    }

    /// The steps with places instead of labels.
    fn done(mut self) -> (Vec<Step>, Vec<String>) {
        for step in &mut self.steps {
            if let Op::Branch { no: to, .. } | Op::Jump { to } | Op::Exec { no: to, .. } =
                &mut step.op
            {
                *to = self.labels.get(usize::from(*to)).copied().unwrap_or_default();
            }
        }
        (self.steps, self.variables)
    }

    /// A register for a value in between.
    fn register(&mut self, at: Place) -> u8 {
        if REGISTERS_MAX <= self.top {
            let why = format!("more than {REGISTERS_MAX} variables and values at once");
            self.fault(at, why);
            return 0;
        }
        self.top += 1;
        u8::try_from(self.top - 1).unwrap_or_default()
    }

    fn variable(&mut self, at: Place, name: &str) -> u8 {
        match self.variables.iter().position(|it| it == name) {
            Some(place) => u8::try_from(place).unwrap_or_default(),
            None => {
                self.fault(at, format!("`{name}` gets no value anywhere"));
                0
            }
        }
    }

    fn block(&mut self, body: &[Stmt]) {
        body.iter().for_each(|stmt| self.statement(stmt));
    }

    fn statement(&mut self, stmt: &Stmt) {
        let mark = self.top;
        self.line = stmt.at.line.saturating_sub(1);
        match &stmt.kind {
            StmtKind::Nothing => {}
            StmtKind::Block(body) => self.block(body),
            StmtKind::Local { name, value } => {
                let to = self.variable(name.at, &name.text);
                match value {
                    Some(value) => self.assign(to, value, &stmt.text),
                    None => self.emit(Op::Set { to, value: Pure::Number(0) }, &stmt.text),
                }
            }
            StmtKind::Assign { to, op, value } => self.change(to, *op, value, &stmt.text),
            StmtKind::Call { name, args } => {
                self.call(name.at, &name.text, args, None, &stmt.text);
            }
            StmtKind::Return(value) => {
                let code = value.as_ref().map_or(Pure::Number(0), |it| self.operand(it));
                self.emit(Op::Exit { code, flushes: true }, &stmt.text);
            }
            StmtKind::If { test, yes, no } => self.if_else(test, yes, no),
            StmtKind::While { test, body } => self.repeat(Some(test), None, body, true),
            StmtKind::DoWhile { body, test } => self.repeat(Some(test), None, body, false),
            StmtKind::For { first, test, each, body } => {
                if let Some(first) = first {
                    self.statement(first);
                }
                self.repeat(test.as_ref(), each.as_deref(), body, true);
            }
            StmtKind::Critical { .. } => {
                self.fault(stmt.at, "processes share no memory here: nothing is critical".into());
            }
            StmtKind::Break | StmtKind::Continue => match self.loops.last() {
                Some(&(next, end)) => {
                    let to = if matches!(stmt.kind, StmtKind::Break) { end } else { next };
                    self.emit(Op::Jump { to }, "");
                }
                None => self.fault(stmt.at, "there is no loop around this".to_owned()),
            },
        }
        self.top = mark;
    }

    fn change(&mut self, to: &Expr, op: Option<Binary>, value: &Expr, text: &str) {
        let ExprKind::Name(name) = &to.kind else {
            self.fault(to.at, "only a variable can be changed here".to_owned());
            return;
        };
        let to = self.variable(to.at, name);
        match op {
            None => self.assign(to, value, text),
            Some(op) => {
                let (left, right) = (Box::new(Pure::Register(to)), Box::new(self.operand(value)));
                self.emit(Op::Set { to, value: Pure::Binary(op, left, right) }, text);
            }
        }
    }

    fn assign(&mut self, to: u8, value: &Expr, text: &str) {
        match &value.kind {
            ExprKind::Call(name, args) if name != "getpid" => {
                self.call(value.at, name, args, Some(to), text);
            }
            _ => {
                let value = self.operand(value);
                self.emit(Op::Set { to, value }, text);
            }
        }
    }

    fn if_else(&mut self, test: &Expr, yes: &[Stmt], no: &[Stmt]) {
        let (then, other, end) = (self.label(), self.label(), self.label());
        self.condition(test, then, other);
        self.place(then);
        self.block(yes);
        if !no.is_empty() {
            self.emit(Op::Jump { to: end }, "");
        }
        self.place(other);
        self.block(no);
        self.place(end);
    }

    fn repeat(&mut self, test: Option<&Expr>, each: Option<&Stmt>, body: &[Stmt], first: bool) {
        let (start, begin, next, end) = (self.label(), self.label(), self.label(), self.label());
        let line = self.line;
        let testing = |it: &mut Self| {
            it.line = line;
            match test {
                Some(test) => it.condition(test, begin, end),
                None => it.emit(Op::Jump { to: begin }, ""),
            }
        };
        self.place(start);
        if first {
            testing(self);
        }
        self.place(begin);
        self.loops.push((next, end));
        self.block(body);
        self.loops.pop();
        self.place(next);
        if let Some(each) = each {
            self.statement(each);
        }
        if first {
            self.emit(Op::Jump { to: start }, "");
        } else {
            testing(self);
        }
        self.place(end);
    }

    /// Goes to one of two labels; `&&` and `||` stop early.
    fn condition(&mut self, test: &Expr, yes: Label, no: Label) {
        let mark = self.top;
        match &test.kind {
            ExprKind::Binary(Binary::And, left, right) => {
                let middle = self.label();
                self.condition(left, middle, no);
                self.place(middle);
                self.condition(right, yes, no);
            }
            ExprKind::Binary(Binary::Or, left, right) => {
                let middle = self.label();
                self.condition(left, yes, middle);
                self.place(middle);
                self.condition(right, yes, no);
            }
            ExprKind::Unary(Unary::Not, inner) => self.condition(inner, no, yes),
            _ => {
                let pure = self.operand(test);
                self.emit(Op::Branch { test: pure, no }, &test.to_string());
                self.emit(Op::Jump { to: yes }, "");
            }
        }
        self.top = mark;
    }

    /// The value of an expression; its calls come before, as steps.
    fn operand(&mut self, expr: &Expr) -> Pure {
        match &expr.kind {
            ExprKind::Number(number) => Pure::Number(*number),
            ExprKind::Name(name) => Pure::Register(self.variable(expr.at, name)),
            ExprKind::Unary(op, inner) => Pure::Unary(*op, Box::new(self.operand(inner))),
            ExprKind::Binary(Binary::And | Binary::Or, _, right) if calls(right) => {
                let to = self.register(expr.at);
                let (yes, no, end) = (self.label(), self.label(), self.label());
                self.condition(expr, yes, no);
                for (label, value) in [(yes, 1), (no, 0)] {
                    self.place(label);
                    self.emit(Op::Set { to, value: Pure::Number(value) }, "");
                    self.emit(Op::Jump { to: end }, "");
                }
                self.place(end);
                Pure::Register(to)
            }
            ExprKind::Binary(op, left, right) => {
                let left = Box::new(self.operand(left));
                Pure::Binary(*op, left, Box::new(self.operand(right)))
            }
            ExprKind::Call(name, args) if name == "getpid" => {
                self.arguments(expr.at, name, args, 0..=0);
                Pure::Own
            }
            ExprKind::Call(name, args) => {
                let to = self.register(expr.at);
                self.call(expr.at, name, args, Some(to), &expr.to_string());
                Pure::Register(to)
            }
            ExprKind::Text(_) | ExprKind::Index(..) | ExprKind::Field(..) => {
                self.fault(expr.at, "expected a number, a variable or a call".to_owned());
                Pure::Number(0)
            }
        }
    }

    fn arguments(
        &mut self,
        at: Place,
        name: &str,
        args: &[Expr],
        n: std::ops::RangeInclusive<usize>,
    ) {
        if !n.contains(&args.len()) {
            let want = match (n.start(), n.end()) {
                (0, 0) => "nothing".to_owned(),
                (from, to) if from == to => from.to_string(),
                (from, to) => format!("{from} to {to} values"),
            };
            self.fault(at, format!("`{name}` takes {want} between its parentheses"));
        }
    }

    /// A call whose value goes to a register, if it is wanted.
    fn call(&mut self, at: Place, name: &str, args: &[Expr], to: Option<u8>, text: &str) {
        let op = match name {
            "fork" => {
                self.arguments(at, name, args, 0..=0);
                Op::Fork { to }
            }
            "wait" => {
                self.arguments(at, name, args, 0..=1);
                Op::Wait { to, code: self.place_for_code(args.first()), pid: None }
            }
            "waitpid" => {
                self.arguments(at, name, args, 1..=2);
                let pid = args.first().map(|it| self.operand(it));
                Op::Wait { to, code: self.place_for_code(args.get(1)), pid }
            }
            "getppid" => {
                self.arguments(at, name, args, 0..=0);
                let to = to.unwrap_or_else(|| self.register(at));
                Op::Parent { to }
            }
            "exec" => return self.exec(at, args, to, text),
            "exit" | "_exit" | "print" | "printf" | "puts" | "fflush" if to.is_some() => {
                self.fault(at, format!("`{name}` gives no value here"));
                return;
            }
            "exit" | "_exit" => {
                self.arguments(at, name, args, 0..=1);
                let code = args.first().map_or(Pure::Number(0), |it| self.operand(it));
                Op::Exit { code, flushes: name == "exit" }
            }
            "print" | "printf" | "puts" => Op::Print { pieces: self.pieces(at, args) },
            "fflush" => Op::Flush,
            "getpid" => return,
            _ => {
                self.fault(at, format!("`{name}` is not known here: {CALLS}"));
                return;
            }
        };
        self.emit(op, text);
    }

    /// The variable that gets the exit code.
    fn place_for_code(&mut self, arg: Option<&Expr>) -> Option<u8> {
        let arg = arg?;
        if let ExprKind::Name(name) = &arg.kind {
            return Some(self.variable(arg.at, name));
        }
        if !matches!(arg.kind, ExprKind::Number(0)) {
            let why = "expected a variable for the exit code, such as `wait(code)`, or 0";
            self.fault(arg.at, why.to_owned());
        }
        None
    }

    fn exec(&mut self, at: Place, args: &[Expr], to: Option<u8>, text: &str) {
        let [Expr { kind: ExprKind::Text(name), .. }] = args else {
            self.fault(at, "`exec` takes the name of a program, such as `exec(\"ls\")`".to_owned());
            return;
        };
        let no = self.label();
        self.emit(Op::Exec { to, no }, text);
        self.emit(Op::Image { name: name.clone() }, name);
        self.place(no);
    }

    fn pieces(&mut self, at: Place, args: &[Expr]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for arg in args {
            match &arg.kind {
                ExprKind::Text(text) => {
                    let text = text.strip_suffix("\\n").unwrap_or(text);
                    if text.contains(['%', '\\']) {
                        let why = "expected a plain text; values stand on their own, such as \
                                   `print(\"x is\", x)`";
                        self.fault(arg.at, why.to_owned());
                    }
                    pieces.push(Piece::Text(text.to_owned()));
                }
                _ => pieces.push(Piece::Value(self.operand(arg))),
            }
        }
        let n_values = pieces.iter().filter(|it| matches!(it, Piece::Value(_))).count();
        if VALUES_MAX < n_values {
            self.fault(at, format!("a line shows at most {VALUES_MAX} values"));
        }
        if pieces.is_empty() {
            self.fault(at, "expected something to print, such as `print(\"hello\")`".to_owned());
        }
        pieces
    }
}

/// Whether an expression calls anything that others could notice.
fn calls(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call(name, _) => name != "getpid",
        ExprKind::Unary(_, inner) => calls(inner),
        ExprKind::Binary(_, left, right) => calls(left) || calls(right),
        ExprKind::Number(_)
        | ExprKind::Text(_)
        | ExprKind::Name(_)
        | ExprKind::Index(..)
        | ExprKind::Field(..) => false,
    }
}
