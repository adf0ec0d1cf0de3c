//! Statements.

use super::ast::{Binary, Expr, ExprKind, Stmt, StmtKind};
use super::parse::{DEPTH_MAX, Parser};
use crate::text::Word;

impl Parser<'_, '_> {
    /// A block and the line of its end.
    pub(super) fn block(&mut self) -> Option<(Vec<Stmt>, u32)> {
        self.expect("{")?;
        let mut body = Vec::new();
        loop {
            match self.peek() {
                Word::Symbol("}") => {
                    let line = self.place().line;
                    self.skip();
                    return Some((body, line));
                }
                Word::End | Word::Name("thread") => return self.wrong("a statement or `}`"),
                Word::Name(_) | Word::Number(_) | Word::Symbol(_) | Word::Text(_) => {
                    if self.statement(&mut body).is_none() {
                        self.recover();
                    }
                }
            }
        }
    }

    /// A statement where one is wanted, such as after `else`.
    fn branch(&mut self) -> Option<Vec<Stmt>> {
        let mut body = Vec::new();
        self.statement(&mut body)?;
        Some(body)
    }

    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if DEPTH_MAX <= self.depth {
            let why = format!("nested more than {DEPTH_MAX} deep");
            let at = self.place();
            self.faults.add(at, why);
            return None;
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    pub(super) fn statement(&mut self, out: &mut Vec<Stmt>) -> Option<()> {
        self.deeper(|it| it.one_statement(out))
    }

    fn one_statement(&mut self, out: &mut Vec<Stmt>) -> Option<()> {
        let (at, first) = (self.place(), self.next);
        let keyword = if let Word::Name(keyword) = self.peek() { keyword } else { "" };
        let kind = match (keyword, self.peek()) {
            ("int", _) => {
                self.skip();
                return self.list(|it| it.local(out));
            }
            ("if", _) => return self.if_statement(out),
            ("while", _) => {
                self.skip();
                let (test, text) = self.test()?;
                let body = self.branch()?;
                out.push(Stmt { at, text, kind: StmtKind::While { test, body } });
                return Some(());
            }
            ("for", _) => return self.for_statement(out),
            ("do", _) => return self.do_statement(out),
            ("return", _) => {
                self.skip();
                let value =
                    if self.peek() == Word::Symbol(";") { None } else { Some(self.expr()?) };
                let text = self.said(first, self.next);
                self.expect(";")?;
                out.push(Stmt { at, text, kind: StmtKind::Return(value) });
                return Some(());
            }
            ("critical", _) => {
                self.skip();
                let (body, last_line) = self.block()?;
                StmtKind::Critical { body, last_line }
            }
            ("break", _) => {
                self.skip();
                self.expect(";")?;
                StmtKind::Break
            }
            ("continue", _) => {
                self.skip();
                self.expect(";")?;
                StmtKind::Continue
            }
            (_, Word::Symbol("{")) => StmtKind::Block(self.block()?.0),
            (_, Word::Symbol(";")) => {
                self.skip();
                StmtKind::Nothing
            }
            _ => {
                let kind = self.change_or_call()?;
                let text = self.said(first, self.next);
                self.expect(";")?;
                out.push(Stmt { at, text, kind });
                return Some(());
            }
        };
        out.push(Stmt { at, text: String::new(), kind });
        Some(())
    }

    /// The condition of `if` or `while` in its parentheses, and its text.
    fn test(&mut self) -> Option<(Expr, String)> {
        self.expect("(")?;
        let first = self.next;
        let test = self.expr()?;
        let text = self.said(first, self.next);
        self.expect(")")?;
        Some((test, text))
    }

    fn if_statement(&mut self, out: &mut Vec<Stmt>) -> Option<()> {
        let at = self.place();
        self.skip();
        let (test, text) = self.test()?;
        let yes = self.branch()?;
        let no = if self.take_keyword("else") { self.branch()? } else { Vec::new() };
        out.push(Stmt { at, text, kind: StmtKind::If { test, yes, no } });
        Some(())
    }

    fn do_statement(&mut self, out: &mut Vec<Stmt>) -> Option<()> {
        self.skip();
        let body = self.branch()?;
        let at = self.place();
        if !self.take_keyword("while") {
            return self.wrong("`while` and the condition of this `do`");
        }
        let (test, text) = self.test()?;
        out.push(Stmt { at, text, kind: StmtKind::DoWhile { body, test } });
        self.expect(";")
    }

    fn for_statement(&mut self, out: &mut Vec<Stmt>) -> Option<()> {
        let at = self.place();
        self.skip();
        self.expect("(")?;
        let first = match self.peek() {
            Word::Symbol(";") => None,
            Word::Name("int") => {
                self.skip();
                let mut local = Vec::new();
                self.local(&mut local)?;
                local.pop().map(Box::new)
            }
            Word::Name(_) | Word::Number(_) | Word::Symbol(_) | Word::Text(_) | Word::End => {
                Some(Box::new(self.change()?))
            }
        };
        self.expect(";")?;
        let from = self.next;
        let test = if self.peek() == Word::Symbol(";") { None } else { Some(self.expr()?) };
        let text = self.said(from, self.next);
        self.expect(";")?;
        let each = match self.peek() {
            Word::Symbol(")") => None,
            Word::Name(_) | Word::Number(_) | Word::Symbol(_) | Word::Text(_) | Word::End => {
                Some(Box::new(self.change()?))
            }
        };
        self.expect(")")?;
        let body = self.branch()?;
        out.push(Stmt { at, text, kind: StmtKind::For { first, test, each, body } });
        Some(())
    }

    fn local(&mut self, out: &mut Vec<Stmt>) -> Option<()> {
        let (at, first) = (self.place(), self.next);
        let name = self.name("a name for the local variable")?;
        let value = if self.take("=") { Some(self.expr()?) } else { None };
        let text = format!("int {}", self.said(first, self.next));
        out.push(Stmt { at, text, kind: StmtKind::Local { name, value } });
        Some(())
    }

    /// A change of a variable inside the head of `for`.
    fn change(&mut self) -> Option<Stmt> {
        let (at, first) = (self.place(), self.next);
        let kind = self.change_or_call()?;
        Some(Stmt { at, text: self.said(first, self.next), kind })
    }

    pub(super) fn change_or_call(&mut self) -> Option<StmtKind> {
        let at = self.place();
        let name = self.name("a statement")?;
        if self.peek() == Word::Symbol("(") {
            let args = self.arguments()?;
            return Some(StmtKind::Call { name, args });
        }
        let kind = if self.take("[") {
            let index = Box::new(self.expr()?);
            self.expect("]")?;
            ExprKind::Index(name.text, index)
        } else {
            ExprKind::Name(name.text)
        };
        let to = self.fields(Expr { at, kind })?;
        let here = self.place();
        let one = || Expr { at: here, kind: ExprKind::Number(1) };
        let (op, value) = match self.peek() {
            Word::Symbol("++") => (Some(Binary::Add), one()),
            Word::Symbol("--") => (Some(Binary::Subtract), one()),
            Word::Symbol(symbol @ ("=" | "+=" | "-=")) => {
                self.skip();
                let op = match symbol {
                    "+=" => Some(Binary::Add),
                    "-=" => Some(Binary::Subtract),
                    _ => None,
                };
                return Some(StmtKind::Assign { to, op, value: self.expr()? });
            }
            Word::Name(_) | Word::Number(_) | Word::Symbol(_) | Word::Text(_) | Word::End => {
                return self.wrong("`=`, `+=`, `-=`, `++`, `--` or `(`");
            }
        };
        self.skip();
        Some(StmtKind::Assign { to, op, value })
    }
}
