//! Words to a program. Goes on after a fault, so that all of them are told.

use super::ast::{Ast, Binary, Expr, ExprKind, Name, Shared, Stmt, StmtKind, Thread, Unary};
use super::lex::{Token, Word, words};
use super::{Faults, Place};
use std::rc::Rc;

/// Deepest nesting of blocks and of parentheses.
const DEPTH_MAX: u32 = 24;

const KEYWORDS: &[&str] = &[
    "int",
    "mutex",
    "semaphore",
    "observe",
    "thread",
    "if",
    "else",
    "while",
    "for",
    "critical",
    "break",
    "continue",
    "self",
];

/// Reads a whole program. What it returns is meaningful only if no fault was added.
pub(crate) fn parse(text: &str, faults: &mut Faults) -> Ast {
    let tokens = words(text, faults);
    let mut parser = Parser { text, tokens, next: 0, depth: 0, faults };
    let mut ast = Ast::default();
    while parser.peek() != Word::End {
        let before = parser.next;
        if parser.item(&mut ast).is_none() {
            parser.recover();
            // A stray `}` ends no block here.
            if parser.next == before || parser.peek() == Word::Symbol("}") {
                parser.skip();
            }
        }
    }
    ast
}

/// A result of `None` means that the fault is already told.
struct Parser<'a, 'f> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    next: usize,
    depth: u32,
    faults: &'f mut Faults,
}

impl<'a> Parser<'a, '_> {
    fn token(&self) -> Token<'a> {
        let nothing = Token { word: Word::End, at: Place { line: 1, column: 1 }, start: 0, end: 0 };
        self.tokens.get(self.next).or(self.tokens.last()).copied().unwrap_or(nothing)
    }

    fn peek(&self) -> Word<'a> {
        self.token().word
    }

    fn place(&self) -> Place {
        self.token().at
    }

    fn skip(&mut self) {
        self.next = (self.next + 1).min(self.tokens.len());
    }

    /// Skips to the end of a statement that could not be read.
    fn recover(&mut self) {
        loop {
            match self.peek() {
                Word::End | Word::Symbol("}") | Word::Name("thread") => return,
                Word::Symbol(";") => return self.skip(),
                Word::Name(_) | Word::Number(_) | Word::Symbol(_) => self.skip(),
            }
        }
    }

    fn wrong<T>(&mut self, expected: &str) -> Option<T> {
        let found = self.peek().said();
        let hint = match (expected, found.as_str()) {
            ("`)`" | "`;`", "`=`") => "; `==` compares",
            _ => "",
        };
        self.faults.add(self.place(), format!("expected {expected}, found {found}{hint}"));
        None
    }

    fn take(&mut self, symbol: &'static str) -> bool {
        let found = self.peek() == Word::Symbol(symbol);
        if found {
            self.skip();
        }
        found
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let found = self.peek() == Word::Name(keyword);
        if found {
            self.skip();
        }
        found
    }

    fn expect(&mut self, symbol: &'static str) -> Option<()> {
        if self.take(symbol) { Some(()) } else { self.wrong(&format!("`{symbol}`")) }
    }

    fn name(&mut self, what: &str) -> Option<Name> {
        match self.peek() {
            Word::Name(text) if !KEYWORDS.contains(&text) => {
                let name = Name { text: text.to_owned(), at: self.place() };
                self.skip();
                Some(name)
            }
            Word::Name(_) | Word::Number(_) | Word::Symbol(_) | Word::End => self.wrong(what),
        }
    }

    fn number(&mut self) -> Option<i32> {
        let negative = self.take("-");
        match self.peek() {
            Word::Number(number) => {
                self.skip();
                Some(if negative { -number } else { number })
            }
            Word::Name(_) | Word::Symbol(_) | Word::End => self.wrong("a number"),
        }
    }

    /// The text between two tokens on one line.
    fn said(&self, first: usize, end: usize) -> String {
        let at = |n: usize| self.tokens.get(n).copied();
        let text = match (at(first), end.checked_sub(1).and_then(at)) {
            (Some(first), Some(last)) => self.text.get(first.start..last.end).unwrap_or_default(),
            _ => "",
        };
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Something between commas, up to a semicolon.
    fn list(&mut self, mut one: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        one(self)?;
        while self.take(",") {
            one(self)?;
        }
        self.expect(";")
    }

    fn item(&mut self, ast: &mut Ast) -> Option<()> {
        const EXPECTED: &str = "`int`, `mutex`, `semaphore`, `observe` or `thread`";
        let Word::Name(keyword) = self.peek() else { return self.wrong(EXPECTED) };
        match keyword {
            "int" => {
                self.skip();
                self.list(|it| it.shared().map(|shared| ast.shared.push(shared)))
            }
            "mutex" => {
                self.skip();
                self.list(|it| it.name("a name for the mutex").map(|name| ast.mutexes.push(name)))
            }
            "semaphore" => {
                self.skip();
                self.list(|it| {
                    let name = it.name("a name for the semaphore")?;
                    let count = if it.take("=") { it.number()? } else { 0 };
                    ast.semaphores.push((name, count));
                    Some(())
                })
            }
            "observe" => {
                self.skip();
                self.list(|it| it.name("a shared variable").map(|name| ast.observed.push(name)))
            }
            "thread" => self.thread(ast),
            _ => self.wrong(EXPECTED),
        }
    }

    fn shared(&mut self) -> Option<Shared> {
        let name = self.name("a name for the variable")?;
        let mut shared = Shared { name, len: None, values: Vec::new() };
        if self.take("[") {
            let at = self.place();
            let len = self.number()?;
            let fits = u32::try_from(len).ok().filter(|&it| 0 < it);
            if fits.is_none() {
                self.faults.add(at, format!("an array needs 1 element or more, not {len}"));
            }
            shared.len = Some(fits.unwrap_or(1));
            self.expect("]")?;
        }
        if self.take("=") {
            let at = self.place();
            if shared.len.is_some() {
                self.expect("{")?;
                shared.values.push(self.number()?);
                while self.take(",") {
                    shared.values.push(self.number()?);
                }
                self.expect("}")?;
            } else {
                shared.values.push(self.number()?);
            }
            let n_values = shared.values.len();
            let len = shared.len.unwrap_or(1);
            if u32::try_from(n_values).map_or(true, |it| len < it) {
                self.faults.add(at, format!("{n_values} values are more than {len} elements"));
            }
        }
        Some(shared)
    }

    fn thread(&mut self, ast: &mut Ast) -> Option<()> {
        let first_line = self.place().line;
        self.skip();
        let mut names = vec![self.name("a name for the thread")?];
        while self.take(",") {
            names.push(self.name("a name for the thread")?);
        }
        let (body, last_line) = self.block()?;
        let body = Rc::new(body);
        for name in names {
            ast.threads.push(Thread { name, body: Rc::clone(&body), first_line, last_line });
        }
        Some(())
    }

    /// A block and the line of its end.
    fn block(&mut self) -> Option<(Vec<Stmt>, u32)> {
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
                Word::Name(_) | Word::Number(_) | Word::Symbol(_) => {
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

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if DEPTH_MAX <= self.depth {
            let why = format!("nested more than {DEPTH_MAX} deep");
            self.faults.add(self.place(), why);
            return None;
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn statement(&mut self, out: &mut Vec<Stmt>) -> Option<()> {
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
            Word::Name(_) | Word::Number(_) | Word::Symbol(_) | Word::End => {
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
            Word::Name(_) | Word::Number(_) | Word::Symbol(_) | Word::End => {
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

    fn change_or_call(&mut self) -> Option<StmtKind> {
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
        let to = Expr { at, kind };
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
            Word::Name(_) | Word::Number(_) | Word::Symbol(_) | Word::End => {
                return self.wrong("`=`, `+=`, `-=`, `++`, `--` or `(`");
            }
        };
        self.skip();
        Some(StmtKind::Assign { to, op, value })
    }

    fn arguments(&mut self) -> Option<Vec<Expr>> {
        self.expect("(")?;
        let mut args = Vec::new();
        if self.take(")") {
            return Some(args);
        }
        loop {
            args.push(self.expr()?);
            if !self.take(",") {
                self.expect(")")?;
                return Some(args);
            }
        }
    }

    fn expr(&mut self) -> Option<Expr> {
        self.deeper(|it| it.binary(1))
    }

    /// Operators that bind at least as tightly as `least`, from the left.
    fn binary(&mut self, least: u8) -> Option<Expr> {
        let mut left = self.unary()?;
        let mut n_operators = 0;
        loop {
            let Word::Symbol(symbol) = self.peek() else { return Some(left) };
            let Some((op, binds)) = Binary::of(symbol).filter(|it| least <= it.1) else {
                return Some(left);
            };
            let at = self.place();
            n_operators += 1;
            if DEPTH_MAX < n_operators {
                self.faults.add(at, format!("more than {DEPTH_MAX} operators in a row"));
                return None;
            }
            self.skip();
            let right = self.deeper(|it| it.binary(binds + 1))?;
            left = Expr { at, kind: ExprKind::Binary(op, Box::new(left), Box::new(right)) };
        }
    }

    fn unary(&mut self) -> Option<Expr> {
        let at = self.place();
        let op = match self.peek() {
            Word::Symbol("-") => Unary::Minus,
            Word::Symbol("!") => Unary::Not,
            Word::Name(_) | Word::Number(_) | Word::Symbol(_) | Word::End => return self.primary(),
        };
        self.skip();
        let value = self.deeper(Self::unary)?;
        Some(Expr { at, kind: ExprKind::Unary(op, Box::new(value)) })
    }

    fn primary(&mut self) -> Option<Expr> {
        let at = self.place();
        let kind = match self.peek() {
            Word::Number(number) => {
                self.skip();
                ExprKind::Number(number)
            }
            Word::Symbol("(") => {
                self.skip();
                let inner = self.expr()?;
                self.expect(")")?;
                return Some(inner);
            }
            Word::Name(name) if name == "self" || !KEYWORDS.contains(&name) => {
                self.skip();
                match self.peek() {
                    Word::Symbol("(") => ExprKind::Call(name.to_owned(), self.arguments()?),
                    Word::Symbol("[") => {
                        self.skip();
                        let index = Box::new(self.expr()?);
                        self.expect("]")?;
                        ExprKind::Index(name.to_owned(), index)
                    }
                    Word::Name(_) | Word::Number(_) | Word::Symbol(_) | Word::End => {
                        ExprKind::Name(name.to_owned())
                    }
                }
            }
            Word::Name(_) | Word::Symbol(_) | Word::End => return self.wrong("a value"),
        };
        Some(Expr { at, kind })
    }
}
