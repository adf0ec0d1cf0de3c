//! A small part of JavaScript: text to functions with one operation a statement.
//!
//! # Grammar
//! ```text
//! script    = { statement [ ";" ] }
//! statement = [ "async" ] "function" NAME "(" ")" block
//!           | "const" NAME "=" [ "async" ] "(" ")" "=>" body
//!           | "const" NAME "=" "require" "(" TEXT ")"
//!           | "console" "." "log" "(" TEXT ")"
//!           | "setTimeout" "(" function "," NUMBER ")"       | "setInterval" …
//!           | "setImmediate" "(" function ")"                | "queueMicrotask" …
//!           | "process" "." "nextTick" "(" function ")"      | "requestAnimationFrame" …
//!           | "Promise" "." "resolve" "(" ")" thens
//!           | "fetch" "(" TEXT ")" thens
//!           | "fs" "." "readFile" "(" ( TEXT | NAME ) "," function ")"
//!           | NAME "." ( "on" | "addEventListener" ) "(" TEXT "," function ")"
//!           | "work" "(" NUMBER ")"
//!           | [ "await" ] NAME "(" ")"
//!           | "await" ( "null" | "Promise" "." "resolve" "(" ")" )
//! thens     = { "." "then" "(" function ")" }
//! function  = NAME | [ "async" ] "(" ")" "=>" body
//! body      = block | statement
//! block     = "{" { statement [ ";" ] } "}"
//! ```
//! `work(n)` computes for n ms.

use crate::text::{Cursor, Dialect, Faults, Place, Word};

/// Most functions, the script among them.
const FUNCTIONS_MAX: usize = 32;

/// Deepest nesting of blocks.
const DEPTH_MAX: u32 = 16;

/// Longest time in a script, in ms.
const MS_MAX: i32 = 10_000;

const DIALECT: Dialect =
    Dialect { symbols: &["=>", "(", ")", "{", "}", ".", ",", ";", "="], quotes: true };

/// A script that was read. Function 0 is the script itself.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) lines: Vec<String>,
    pub(super) functions: Vec<Function>,
    /// Handlers that follow each other: `.then(a).then(b)`.
    pub(super) chains: Vec<Vec<usize>>,
}

#[derive(Debug)]
pub(super) struct Function {
    /// Its name; without one, the first text it prints, or its line.
    pub(super) label: String,
    /// Whether the label is its name.
    pub(super) named: bool,
    pub(super) is_async: bool,
    pub(super) body: Vec<Stmt>,
    at: Place,
}

#[derive(Debug, Clone)]
pub(super) struct Stmt {
    pub(super) at: Place,
    pub(super) op: Op,
}

/// What a statement does. Functions and chains are told by their index, times in µs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Op {
    Print(String),
    Call(usize),
    Timeout(usize, u64),
    Interval(usize, u64),
    Immediate(usize),
    Tick(usize),
    /// The first handler of a chain becomes a microtask.
    Then(usize),
    Frame(usize),
    Read(usize),
    /// An answer will come over the network, for a chain.
    Fetch(usize),
    Listen(usize),
    Work(u64),
    /// Awaits what a function gives, or a promise that is settled.
    Await(Option<usize>),
}

/// Which loop a script is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Host {
    Node,
    Browser,
}

/// Reads a script, or tells all that is wrong with it.
pub(super) fn parse(text: &str, host: Host) -> Result<Script, crate::ScenarioError> {
    let mut faults = Faults::default();
    let cursor = Cursor::new(text, DIALECT, &mut faults);
    let lines = text.lines().map(str::to_owned).collect();
    let script = Script { lines, functions: Vec::new(), chains: Vec::new() };
    let mut parser = Parser { cursor, host, script, named: Vec::new(), depth: 0, is_async: false };
    parser.declare();
    parser.whole();
    let script = parser.script;
    no_endless_calls(&script, &mut faults);
    if faults.is_empty() { Ok(script) } else { Err(faults.into_error()) }
}

struct Parser<'a, 'f> {
    cursor: Cursor<'a, 'f>,
    host: Host,
    script: Script,
    /// Named functions and their index.
    named: Vec<(&'a str, usize)>,
    depth: u32,
    /// Whether what is being read belongs to an `async` function.
    is_async: bool,
}

impl<'a> Parser<'a, '_> {
    /// Finds the named functions, so that they may be used before they are written.
    fn declare(&mut self) {
        self.function("script".to_owned(), false, Place { line: 1, column: 1 });
        let mut at = 0_usize;
        loop {
            let word = |n: usize| self.cursor.peek_after(at + n - self.cursor.next);
            let named = match (word(0), word(1), word(2), word(3)) {
                (Word::End, ..) => break,
                (Word::Name("function"), Word::Name(name), ..) => Some(name),
                (Word::Name("const"), Word::Name(name), Word::Symbol("="), value) => {
                    Some(name).filter(|_| value != Word::Name("require"))
                }
                _ => None,
            };
            if let Some(name) = named {
                let index = self.function(name.to_owned(), false, Place { line: 1, column: 1 });
                self.named.push((name, index));
            }
            at += 1;
        }
    }

    fn function(&mut self, label: String, is_async: bool, at: Place) -> usize {
        let named = !label.is_empty();
        self.script.functions.push(Function { label, named, is_async, body: Vec::new(), at });
        self.script.functions.len() - 1
    }

    fn whole(&mut self) {
        let mut body = Vec::new();
        while self.cursor.peek() != Word::End {
            let before = self.cursor.next;
            if self.statement(&mut body).is_none() {
                self.recover();
                if self.cursor.next == before {
                    self.cursor.skip();
                }
            }
        }
        self.script.functions[0].body = body;
        if FUNCTIONS_MAX < self.script.functions.len() {
            let at = self.script.functions[FUNCTIONS_MAX].at;
            self.cursor.faults.add(at, format!("more than {FUNCTIONS_MAX} functions"));
        }
    }

    /// Skips what is left of a line that could not be read.
    fn recover(&mut self) {
        let line = self.cursor.place().line;
        while self.cursor.place().line == line
            && !matches!(self.cursor.peek(), Word::End | Word::Symbol("}"))
        {
            self.cursor.skip();
        }
    }

    fn block(&mut self) -> Option<Vec<Stmt>> {
        self.cursor.expect("{")?;
        let mut body = Vec::new();
        while !self.cursor.take("}") {
            if self.cursor.peek() == Word::End {
                return self.cursor.wrong("a statement or `}`");
            }
            let before = self.cursor.next;
            if self.statement(&mut body).is_none() {
                self.recover();
                if self.cursor.next == before {
                    self.cursor.skip();
                }
            }
        }
        Some(body)
    }

    fn statement(&mut self, out: &mut Vec<Stmt>) -> Option<()> {
        if DEPTH_MAX <= self.depth {
            let at = self.cursor.place();
            self.cursor.faults.add(at, format!("nested more than {DEPTH_MAX} deep"));
            return None;
        }
        self.depth += 1;
        let read = self.one(out);
        self.depth -= 1;
        read?;
        self.cursor.take(";");
        Some(())
    }

    fn one(&mut self, out: &mut Vec<Stmt>) -> Option<()> {
        let at = self.cursor.place();
        let Word::Name(first) = self.cursor.peek() else {
            return if self.cursor.peek() == Word::Symbol(";") {
                Some(())
            } else {
                self.cursor.wrong("a statement")
            };
        };
        let op = match first {
            "async" | "function" => return self.named_function(),
            "const" => return self.constant(),
            "await" => {
                if !self.is_async {
                    let why = "`await` stands only in an `async` function";
                    self.cursor.faults.add(at, why.to_owned());
                }
                self.cursor.skip();
                self.awaited()?
            }
            _ => self.call(first)?,
        };
        out.push(Stmt { at, op });
        Some(())
    }

    fn awaited(&mut self) -> Option<Op> {
        if self.cursor.take_keyword("null") {
            return Some(Op::Await(None));
        }
        if self.cursor.take_keyword("Promise") {
            self.words(&[".", "resolve", "(", ")"])?;
            return Some(Op::Await(None));
        }
        let function = self.known("a function, `null` or `Promise.resolve()`")?;
        self.words(&["(", ")"])?;
        Some(Op::Await(Some(function)))
    }

    fn call(&mut self, first: &str) -> Option<Op> {
        let at = self.cursor.place();
        let only = |host: Host| match first {
            "setImmediate" | "process" | "fs" => host == Host::Node,
            "requestAnimationFrame" => host == Host::Browser,
            _ => true,
        };
        if !only(self.host) {
            let place = if self.host == Host::Node { "Node" } else { "a browser" };
            self.cursor.faults.add(at, format!("{place} has no `{first}`"));
        }
        let listens = matches!(self.cursor.peek_after(2), Word::Name("on" | "addEventListener"));
        if listens && self.cursor.peek_after(1) == Word::Symbol(".") {
            (0..3).for_each(|_| self.cursor.skip());
            self.cursor.expect("(")?;
            self.any_text()?;
            self.cursor.expect(",")?;
            return self.function_and_end().map(Op::Listen);
        }
        match first {
            "console" => {
                self.words(&["console", ".", "log", "("])?;
                let text = self.any_text()?;
                self.cursor.expect(")")?;
                Some(Op::Print(text.to_owned()))
            }
            "setTimeout" | "setInterval" => {
                self.words(&[first, "("])?;
                let function = self.function_value(true)?;
                let us = if self.cursor.take(",") { self.ms()?.max(1_000) } else { 1_000 };
                self.cursor.expect(")")?;
                Some(match first {
                    "setTimeout" => Op::Timeout(function, us),
                    _ => Op::Interval(function, us),
                })
            }
            "setImmediate" => {
                self.words(&[first, "("])?;
                self.function_and_end().map(Op::Immediate)
            }
            "requestAnimationFrame" => {
                self.words(&[first, "("])?;
                self.function_and_end().map(Op::Frame)
            }
            "queueMicrotask" => {
                self.words(&[first, "("])?;
                let function = self.function_and_end()?;
                Some(Op::Then(self.chain(vec![function])))
            }
            "process" => {
                self.words(&["process", ".", "nextTick", "("])?;
                self.function_and_end().map(Op::Tick)
            }
            "Promise" => {
                self.words(&["Promise", ".", "resolve", "(", ")"])?;
                self.thens().map(Op::Then)
            }
            "fetch" => {
                self.words(&["fetch", "("])?;
                self.any_text()?;
                self.cursor.expect(")")?;
                self.thens().map(Op::Fetch)
            }
            "fs" => {
                self.words(&["fs", ".", "readFile", "("])?;
                match self.cursor.peek() {
                    Word::Name(_) => self.cursor.skip(),
                    _ => {
                        self.any_text()?;
                    }
                }
                self.cursor.expect(",")?;
                self.function_and_end().map(Op::Read)
            }
            "work" => {
                self.words(&["work", "("])?;
                let us = self.ms()?;
                self.cursor.expect(")")?;
                Some(Op::Work(us))
            }
            _ => {
                let function = self.known("a call that this language knows")?;
                self.words(&["(", ")"])?;
                Some(Op::Call(function))
            }
        }
    }

    /// These words, one after another: names or symbols.
    fn words(&mut self, words: &[&str]) -> Option<()> {
        for &word in words {
            match self.cursor.peek() {
                Word::Name(it) if it == word => self.cursor.skip(),
                Word::Symbol(it) if it == word => self.cursor.skip(),
                _ => return self.cursor.wrong(&format!("`{word}`")),
            }
        }
        Some(())
    }

    fn any_text(&mut self) -> Option<&'a str> {
        let Word::Text(text) = self.cursor.peek() else {
            return self.cursor.wrong("a text in quotes");
        };
        self.cursor.skip();
        Some(text)
    }

    /// A time in ms, as µs.
    fn ms(&mut self) -> Option<u64> {
        let Word::Number(ms) = self.cursor.peek() else {
            return self.cursor.wrong("a number of ms");
        };
        let at = self.cursor.place();
        if MS_MAX < ms {
            self.cursor.faults.add(at, format!("{ms} ms are more than {MS_MAX}"));
        }
        self.cursor.skip();
        u64::try_from(ms.min(MS_MAX)).ok().map(|it| it * 1_000)
    }

    /// A function that the script names.
    fn known(&mut self, expected: &str) -> Option<usize> {
        let Word::Name(name) = self.cursor.peek() else { return self.cursor.wrong(expected) };
        match self.named.iter().find(|it| it.0 == name) {
            Some(&(_, index)) => {
                self.cursor.skip();
                Some(index)
            }
            None => self.cursor.wrong(expected),
        }
    }

    fn function_and_end(&mut self) -> Option<usize> {
        let function = self.function_value(true)?;
        self.cursor.expect(")")?;
        Some(function)
    }

    /// A function as a value: its name, or `() => …`.
    fn function_value(&mut self, may_be_async: bool) -> Option<usize> {
        let at = self.cursor.place();
        if matches!(self.cursor.peek(), Word::Name(name) if name != "async") {
            let index = self.known("`() =>` or the name of a function")?;
            return Some(index);
        }
        let is_async = self.cursor.take_keyword("async");
        if is_async && !may_be_async {
            let why = "a handler of a promise may not be `async` in this language";
            self.cursor.faults.add(at, why.to_owned());
        }
        let index = self.function(String::new(), is_async, at);
        self.arrow(index)?;
        Some(index)
    }

    /// `() => …` as the body of a function.
    fn arrow(&mut self, index: usize) -> Option<()> {
        self.words(&["(", ")", "=>"])?;
        let outer = std::mem::replace(&mut self.is_async, self.script.functions[index].is_async);
        let body = if self.cursor.peek() == Word::Symbol("{") {
            self.block()
        } else {
            let mut body = Vec::new();
            self.one(&mut body).map(|()| body)
        };
        self.is_async = outer;
        self.ended(index, body?);
        Some(())
    }

    fn ended(&mut self, index: usize, body: Vec<Stmt>) {
        let function = &mut self.script.functions[index];
        if function.label.is_empty() {
            let printed = body.iter().find_map(|it| match &it.op {
                Op::Print(text) => Some(text.clone()),
                _ => None,
            });
            function.label = printed.unwrap_or_else(|| format!("line {}", function.at.line));
        }
        function.body = body;
    }

    fn named_function(&mut self) -> Option<()> {
        let at = self.cursor.place();
        let is_async = self.cursor.take_keyword("async");
        if !self.cursor.take_keyword("function") {
            return self.cursor.wrong("`function`");
        }
        let index = self.open(is_async, at)?;
        self.words(&["(", ")"])?;
        let outer = std::mem::replace(&mut self.is_async, is_async);
        let body = self.block();
        self.is_async = outer;
        self.ended(index, body?);
        Some(())
    }

    /// The name of a function that is written here.
    fn open(&mut self, is_async: bool, at: Place) -> Option<usize> {
        let here = self.cursor.place();
        let index = self.known("a name for the function")?;
        if 0 < self.script.functions[index].at.column && self.is_written(index) {
            let label = &self.script.functions[index].label;
            self.cursor.faults.add(here, format!("`{label}` is written twice"));
        }
        let function = &mut self.script.functions[index];
        (function.is_async, function.at) = (is_async, at);
        Some(index)
    }

    fn is_written(&self, index: usize) -> bool {
        !self.script.functions[index].body.is_empty()
    }

    fn constant(&mut self) -> Option<()> {
        let at = self.cursor.place();
        self.cursor.skip();
        if self.cursor.peek_after(2) == Word::Name("require") {
            self.cursor.skip();
            self.words(&["=", "require", "("])?;
            self.any_text()?;
            return self.cursor.expect(")");
        }
        let is_async = self.cursor.peek_after(2) == Word::Name("async");
        let index = self.open(is_async, at)?;
        self.cursor.expect("=")?;
        self.cursor.take_keyword("async");
        self.arrow(index)
    }

    fn thens(&mut self) -> Option<usize> {
        let mut handlers = Vec::new();
        while self.cursor.take(".") {
            self.words(&["then", "("])?;
            let at = self.cursor.place();
            let handler = self.function_value(false)?;
            if self.script.functions[handler].is_async {
                let why = "a handler of a promise may not be `async` in this language";
                self.cursor.faults.add(at, why.to_owned());
            }
            handlers.push(handler);
            self.cursor.expect(")")?;
        }
        if handlers.is_empty() {
            return self.cursor.wrong("`.then`");
        }
        Some(self.chain(handlers))
    }

    fn chain(&mut self, handlers: Vec<usize>) -> usize {
        self.script.chains.push(handlers);
        self.script.chains.len() - 1
    }
}

/// There are no conditions, so a function that calls itself at once would never end.
fn no_endless_calls(script: &Script, faults: &mut Faults) {
    fn visit(
        script: &Script,
        at: usize,
        path: &mut Vec<usize>,
        known: &mut [bool],
    ) -> Option<Place> {
        if known[at] {
            return None;
        }
        path.push(at);
        for stmt in &script.functions[at].body {
            let (Op::Call(to) | Op::Await(Some(to))) = stmt.op else { continue };
            if path.contains(&to) {
                return Some(stmt.at);
            }
            let found = visit(script, to, path, known);
            if found.is_some() {
                return found;
            }
        }
        path.pop();
        known[at] = true;
        None
    }
    let mut known = vec![false; script.functions.len()];
    for at in 0..script.functions.len() {
        if let Some(place) = visit(script, at, &mut Vec::new(), &mut known) {
            let why = "this call comes back to its own function and never ends";
            faults.add(place, why.to_owned());
            return;
        }
    }
}
