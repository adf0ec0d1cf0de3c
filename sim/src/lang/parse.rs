//! Words to a program. Goes on after a fault, so that all of them are told.

use super::ast::{Ast, Function, Kind, Name, Object, Param, ParamKind, Pool, Shared, Stmt, Thread};
use crate::text::{Cursor, Dialect, Faults, Word};
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// Deepest nesting of blocks and of parentheses.
pub(super) const DEPTH_MAX: u32 = 24;

pub(super) const KEYWORDS: &[&str] = &[
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
    "do",
    "return",
    "self",
];

const DIALECT: Dialect = Dialect {
    symbols: &[
        "++", "--", "+=", "-=", "==", "!=", "<=", ">=", "&&", "||", "->", "(", ")", "{", "}", "[",
        "]", ";", ",", "=", "<", ">", "+", "-", "*", "/", "%", "!", "&", "|", "^",
    ],
    quotes: false,
};

/// Reads a whole program. What it returns is meaningful only if no fault was added.
pub(crate) fn parse(text: &str, faults: &mut Faults) -> Ast {
    let mut ast = Ast::default();
    Parser::new(text, DIALECT, faults).all(|it| it.item(&mut ast));
    ast
}

/// Reads a program that is statements only, as for one process. What it returns is meaningful only
/// if no fault was added.
pub(crate) fn statements(text: &str, faults: &mut Faults) -> Vec<Stmt> {
    let mut body = Vec::new();
    let dialect = Dialect { quotes: true, ..DIALECT };
    Parser::new(text, dialect, faults).all(|it| it.statement(&mut body));
    body
}

/// A result of `None` means that the fault is already told.
pub(super) struct Parser<'a, 'f> {
    cursor: Cursor<'a, 'f>,
    pub(super) depth: u32,
    /// Names that stand for numbers.
    consts: Vec<(String, i32)>,
}

impl<'a, 'f> Deref for Parser<'a, 'f> {
    type Target = Cursor<'a, 'f>;
    fn deref(&self) -> &Self::Target {
        &self.cursor
    }
}

impl DerefMut for Parser<'_, '_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.cursor
    }
}

impl<'a, 'f> Parser<'a, 'f> {
    fn new(text: &'a str, dialect: Dialect, faults: &'f mut Faults) -> Self {
        Self { cursor: Cursor::new(text, dialect, faults), depth: 0, consts: Vec::new() }
    }

    /// Reads one thing after another up to the end of the text.
    fn all(mut self, mut read: impl FnMut(&mut Self) -> Option<()>) {
        while self.peek() != Word::End {
            let before = self.next;
            if read(&mut self).is_none() {
                self.recover();
                // A stray `}` ends no block here.
                if self.next == before || self.peek() == Word::Symbol("}") {
                    self.skip();
                }
            }
        }
    }

    /// Skips to the end of a statement that could not be read.
    pub(super) fn recover(&mut self) {
        loop {
            match self.peek() {
                Word::End | Word::Symbol("}") | Word::Name("thread") => return,
                Word::Symbol(";") => return self.skip(),
                Word::Name(_) | Word::Number(_) | Word::Symbol(_) | Word::Text(_) => self.skip(),
            }
        }
    }

    pub(super) fn name(&mut self, what: &str) -> Option<Name> {
        match self.peek() {
            Word::Name(text) if !KEYWORDS.contains(&text) => {
                let name = Name { text: text.to_owned(), at: self.place() };
                self.skip();
                Some(name)
            }
            Word::Name(_) | Word::Number(_) | Word::Symbol(_) | Word::Text(_) | Word::End => {
                self.wrong(what)
            }
        }
    }

    pub(super) fn number(&mut self) -> Option<i32> {
        let negative = self.take("-");
        match self.peek() {
            Word::Number(number) => {
                self.skip();
                Some(if negative { -number } else { number })
            }
            Word::Name(name) if self.constant(name).is_some() => {
                self.skip();
                self.constant(name).map(|it| if negative { it.wrapping_neg() } else { it })
            }
            Word::Name(_) | Word::Symbol(_) | Word::Text(_) | Word::End => self.wrong("a number"),
        }
    }

    /// The number that a name stands for.
    pub(super) fn constant(&self, name: &str) -> Option<i32> {
        self.consts.iter().find(|it| it.0 == name).map(|it| it.1)
    }

    /// Something between commas, up to a semicolon.
    pub(super) fn list(&mut self, mut one: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        one(self)?;
        while self.take(",") {
            one(self)?;
        }
        self.expect(";")
    }

    fn item(&mut self, ast: &mut Ast) -> Option<()> {
        const EXPECTED: &str = "a declaration or a thread, such as `int`, `mutex` or `thread`";
        let Word::Name(keyword) = self.peek() else { return self.wrong(EXPECTED) };
        if let Some(kind) = Kind::of(keyword) {
            self.skip();
            return self.list(|it| it.object(kind).map(|object| ast.objects.push(object)));
        }
        match keyword {
            "int" | "void" if self.peek_after(2) == Word::Symbol("(") => self.function(ast),
            "int" => {
                self.skip();
                self.list(|it| it.shared().map(|shared| ast.shared.push(shared)))
            }
            "const" => {
                self.skip();
                self.list(|it| it.define(ast))
            }
            "struct" => self.pool(ast),
            "observe" => {
                self.skip();
                self.list(|it| it.name("a shared variable").map(|name| ast.observed.push(name)))
            }
            "thread" => self.thread(ast),
            "interrupt" => self.thread(ast),
            "init" => {
                let at = self.place();
                self.skip();
                let (body, _) = self.block()?;
                if ast.init.is_some() {
                    self.faults.add(at, "there is one `init` already".to_owned());
                }
                ast.init = Some((at, body));
                Some(())
            }
            _ => self.wrong(EXPECTED),
        }
    }

    fn define(&mut self, ast: &mut Ast) -> Option<()> {
        let name = self.name("a name for the constant")?;
        self.expect("=")?;
        let number = self.number()?;
        self.consts.push((name.text.clone(), number));
        ast.consts.push(name);
        Some(())
    }

    /// A length in brackets, if there is one.
    fn length(&mut self) -> Option<Option<u32>> {
        if !self.take("[") {
            return Some(None);
        }
        let at = self.place();
        let len = self.number()?;
        let fits = u32::try_from(len).ok().filter(|&it| 0 < it);
        if fits.is_none() {
            self.faults.add(at, format!("an array needs 1 element or more, not {len}"));
        }
        self.expect("]")?;
        Some(Some(fits.unwrap_or(1)))
    }

    fn object(&mut self, kind: Kind) -> Option<Object> {
        let name = self.name(&format!("a name for the {}", kind.word()))?;
        let len = self.length()?;
        let counts = matches!(kind, Kind::Semaphore | Kind::Barrier);
        let count = if counts && self.take("=") { Some(self.number()?) } else { None };
        Some(Object { name, kind, len, count })
    }

    fn shared(&mut self) -> Option<Shared> {
        let name = self.name("a name for the variable")?;
        let mut shared = Shared { name, len: self.length()?, values: Vec::new() };
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

    /// `struct Node[3] { int value, next; };`
    fn pool(&mut self, ast: &mut Ast) -> Option<()> {
        self.skip();
        let name = self.name("a name for the struct")?;
        let Some(len) = self.length()? else {
            return self.wrong("`[` and how many there may be at most");
        };
        let mut pool = Pool { name, len, fields: Vec::new() };
        self.expect("{")?;
        while !self.take("}") {
            if !self.take_keyword("int") {
                return self.wrong("`int` or `}`");
            }
            self.list(|it| it.name("a name for the field").map(|name| pool.fields.push(name)))?;
        }
        ast.pools.push(pool);
        self.expect(";")
    }

    fn function(&mut self, ast: &mut Ast) -> Option<()> {
        let first_line = self.place().line;
        let gives = self.peek() == Word::Name("int");
        self.skip();
        let name = self.name("a name for the function")?;
        self.expect("(")?;
        let mut params = Vec::new();
        if !self.take(")") {
            loop {
                params.push(self.param()?);
                if !self.take(",") {
                    break;
                }
            }
            self.expect(")")?;
        }
        let (body, last_line) = self.block()?;
        let body = Rc::new(body);
        ast.functions.push(Rc::new(Function { name, gives, params, body, first_line, last_line }));
        Some(())
    }

    fn param(&mut self) -> Option<Param> {
        let Word::Name(word) = self.peek() else { return self.wrong("`int`, `mutex` or the like") };
        let kind = match Kind::of(word) {
            Some(kind) => ParamKind::Object(kind),
            None if word == "int" && self.peek_after(1) == Word::Symbol("&") => {
                self.skip();
                ParamKind::Shared
            }
            None if word == "int" => ParamKind::Value,
            None => return self.wrong("`int`, `mutex` or the like"),
        };
        self.skip();
        Some(Param { name: self.name("a name for the parameter")?, kind })
    }

    /// A thread, or an interrupt handler and whose CPU it comes to.
    fn thread(&mut self, ast: &mut Ast) -> Option<()> {
        let first_line = self.place().line;
        let handler = self.peek() == Word::Name("interrupt");
        self.skip();
        let mut names = vec![self.name("a name for the thread")?];
        while self.take(",") {
            names.push(self.name("a name for the thread")?);
        }
        let mut host = None;
        if handler {
            if !self.take_keyword("on") {
                return self.wrong("`on` and the thread whose CPU is interrupted");
            }
            host = Some(self.name("the thread whose CPU is interrupted")?);
        }
        let (body, last_line) = self.block()?;
        let body = Rc::new(body);
        for name in names {
            let (body, host) = (Rc::clone(&body), host.clone());
            ast.threads.push(Thread { name, body, first_line, last_line, host });
        }
        Some(())
    }
}
