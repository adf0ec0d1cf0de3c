//! The small language of litmus tests: text to [`Program`].
//!
//! # Grammar
//! `{ x }` is any number of x, `[ x ]` one or none. A comment is `// …`.
//!
//! ```text
//! program = { "thread" NAME "{" { line ";" } "}" }
//! line    = REG "=" place                       a load
//!         | REG "=" "load" "(" place [ "," order ] ")"
//!         | place "=" sum                       a store
//!         | "store" "(" place "," sum [ "," order ] ")"
//!         | "fence" "(" [ kind ] ")"
//!         | "branch" "(" sum ")"
//! place   = NAME [ "[" sum "]" ]
//! sum     = [ "-" ] term { ( "+" | "-" ) term }
//! term    = NUMBER | REG
//! order   = "plain" | "relaxed" | "acquire" | "release" | "seq_cst"
//! kind    = "seq_cst" | "acq_rel" | "acquire" | "release" | "load" | "store" | "compiler" | "isb"
//! ```
//!
//! # Meaning
//! A register is `r` and a number; every other name is a shared variable. Each register is loaded
//! once, by one thread. The sum in `[ ]` has to be 0 whatever the registers hold, such as
//! `[r1 - r1]`: it makes the address depend on them and nothing else. `branch(r1)` is a test whose
//! two sides meet at once: what comes after it depends on it. An access that names no order takes
//! the order of the scenario.

use super::program::{
    ACCESSES_MAX, Barrier, FENCES_MAX, Line, Op, Order, Program, Sum, THREADS_MAX, Thread, Told,
    VARS_MAX,
};
use crate::error::{Fault, Problem, ScenarioError};

/// A word of the text and its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) line: u32,
    pub(super) column: u32,
    /// First byte, and the first one after it.
    start: usize,
    end: usize,
}

/// The words of a text; the last one is empty.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let (mut line, mut column, mut words) = (1, 1, Vec::new());
    let mut rest = text.char_indices().peekable();
    while let Some((start, first)) = rest.next() {
        let place = (line, column);
        column += 1;
        if first == '\n' {
            (line, column) = (line + 1, 1);
            continue;
        }
        if first.is_whitespace() {
            continue;
        }
        if text[start..].starts_with("//") {
            while rest.next_if(|it| it.1 != '\n').is_some() {}
            continue;
        }
        let mut end = start + first.len_utf8();
        if is_letter(first) {
            while let Some((at, it)) = rest.next_if(|it| is_letter(it.1)) {
                end = at + it.len_utf8();
                column += 1;
            }
        }
        words.push(Word { text: &text[start..end], line: place.0, column: place.1, start, end });
    }
    words.push(Word { text: "", line, column, start: text.len(), end: text.len() });
    words
}

fn is_letter(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '_'
}

/// Reads a program; accesses that name no order are `unmarked`.
///
/// # Errors
/// The first fault of the text, at its place.
pub(super) fn parse(at: &str, text: &str, unmarked: Unmarked) -> Result<Program, ScenarioError> {
    let mut parser = Parser {
        text,
        words: words(text),
        next: 0,
        unmarked,
        program: Program::default(),
        n: [0; 2],
        loaded: Vec::new(),
    };
    match parser.program() {
        Ok(()) => Ok(parser.program),
        Err((word, why)) => {
            let fault = Fault::Source { line: word.line, column: word.column, why };
            Err(ScenarioError(vec![Problem { at: at.to_owned(), fault }]))
        }
    }
}

/// The orders that loads and stores take if they name none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unmarked {
    pub(super) load: Order,
    pub(super) store: Order,
}

struct Parser<'a> {
    text: &'a str,
    words: Vec<Word<'a>>,
    next: usize,
    unmarked: Unmarked,
    program: Program,
    /// Accesses and fences so far.
    n: [usize; 2],
    /// The thread of each register.
    loaded: Vec<usize>,
}

/// A fault and its place.
type Parsed<'a, T> = Result<T, (Word<'a>, String)>;

impl<'a> Parser<'a> {
    fn peek(&self) -> Word<'a> {
        self.words[self.next.min(self.words.len() - 1)]
    }

    fn take(&mut self) -> Word<'a> {
        let word = self.peek();
        self.next += 1;
        word
    }

    fn is(&mut self, symbol: &str) -> bool {
        let found = self.peek().text == symbol;
        self.next += usize::from(found);
        found
    }

    fn need(&mut self, symbol: &str) -> Parsed<'a, ()> {
        let word = self.peek();
        if self.is(symbol) { Ok(()) } else { Err(unexpected(word, &format!("`{symbol}`"))) }
    }

    fn name(&mut self, what: &str) -> Parsed<'a, Word<'a>> {
        let word = self.take();
        let first = word.text.chars().next();
        let is_name = first.is_some_and(|it| it.is_ascii_alphabetic() || it == '_');
        if !is_name || 12 < word.text.len() {
            return Err(unexpected(word, &format!("{what} of at most 12 letters")));
        }
        Ok(word)
    }

    fn program(&mut self) -> Parsed<'a, ()> {
        while !self.peek().text.is_empty() {
            let place = self.peek();
            self.need("thread")?;
            let name = self.name("the name of a thread")?;
            if self.program.threads.iter().any(|it| it.name == name.text) {
                return Err((name, format!("`{}` is used twice", name.text)));
            }
            if self.program.threads.len() == THREADS_MAX {
                return Err((place, format!("at most {THREADS_MAX} threads fit")));
            }
            let name = name.text.to_owned();
            self.program.threads.push(Thread { name, lines: Vec::new() });
            self.need("{")?;
            while !self.is("}") {
                let start = self.peek();
                let op = self.line()?;
                self.bound(start, &op)?;
                let end = self.words[self.next - 1].end;
                let text = self.text[start.start..end].to_owned();
                self.need(";")?;
                if let Some(thread) = self.program.threads.last_mut() {
                    thread.lines.push(Line { op, text });
                }
            }
        }
        match self.program.threads.len() {
            0 => Err((self.peek(), "at least one thread is needed".to_owned())),
            _ if self.n[0] == 0 => Err((self.peek(), "at least one access is needed".to_owned())),
            _ => Ok(()),
        }
    }

    fn bound(&mut self, start: Word<'a>, op: &Op) -> Parsed<'a, ()> {
        let (which, max, what) = match op {
            Op::Store { .. } | Op::Load { .. } => (0, ACCESSES_MAX, "accesses"),
            Op::Fence(_) | Op::Branch(_) => (1, FENCES_MAX, "fences and branches"),
        };
        self.n[which] += 1;
        if max < self.n[which] {
            return Err((start, format!("at most {max} {what} fit into a test")));
        }
        Ok(())
    }

    fn line(&mut self) -> Parsed<'a, Op> {
        let first = self.peek();
        match first.text {
            "fence" => {
                self.next += 1;
                self.need("(")?;
                let kind = if self.peek().text == ")" { "seq_cst" } else { self.take().text };
                let Some((_, barrier)) = Barrier::ALL.iter().find(|it| it.0 == kind) else {
                    let names: Vec<&str> = Barrier::ALL.iter().map(|it| it.0).collect();
                    return Err((first, format!("a fence is one of {}", names.join(", "))));
                };
                self.need(")")?;
                Ok(Op::Fence(*barrier))
            }
            "branch" => {
                self.next += 1;
                self.need("(")?;
                let tested = self.sum()?.named();
                self.need(")")?;
                Ok(Op::Branch(tested))
            }
            "store" => {
                self.next += 1;
                self.need("(")?;
                let (var, address) = self.place()?;
                self.need(",")?;
                let value = self.sum()?;
                let order = self.order(false)?;
                self.need(")")?;
                Ok(Op::Store { var, value, order, address })
            }
            text if is_register(text) => self.load(),
            _ => {
                let (var, address) = self.place()?;
                self.need("=")?;
                let value = self.sum()?;
                Ok(Op::Store { var, value, order: self.unmarked.store, address })
            }
        }
    }

    fn load(&mut self) -> Parsed<'a, Op> {
        let name = self.take();
        self.need("=")?;
        let (var, address, order) = if self.is("load") {
            self.need("(")?;
            let (var, address) = self.place()?;
            let order = self.order(true)?;
            self.need(")")?;
            (var, address, order)
        } else {
            let (var, address) = self.place()?;
            (var, address, self.unmarked.load)
        };
        if self.program.regs.iter().any(|it| it == name.text) {
            let why = format!("`{}` is loaded twice; each register is loaded once", name.text);
            return Err((name, why));
        }
        self.program.regs.push(name.text.to_owned());
        self.loaded.push(self.program.threads.len() - 1);
        Ok(Op::Load { reg: self.program.regs.len() - 1, var, order, address })
    }

    /// `, order`, if it is there.
    fn order(&mut self, is_load: bool) -> Parsed<'a, Order> {
        if !self.is(",") {
            return Ok(if is_load { self.unmarked.load } else { self.unmarked.store });
        }
        let word = self.take();
        match (word.text, is_load) {
            ("plain", _) => Ok(Order::Plain),
            ("relaxed", _) => Ok(Order::Relaxed),
            ("acquire", true) => Ok(Order::Acquire),
            ("release", false) => Ok(Order::Release),
            ("seq_cst", _) => Ok(Order::SeqCst),
            (_, true) => Err((word, "a load is plain, relaxed, acquire or seq_cst".to_owned())),
            (_, false) => Err((word, "a store is plain, relaxed, release or seq_cst".to_owned())),
        }
    }

    /// A variable, and the registers that its address is made from.
    fn place(&mut self) -> Parsed<'a, (usize, u32)> {
        let name = self.name("a variable")?;
        if is_register(name.text) {
            let why = format!("`{}` is a register; here a shared variable is needed", name.text);
            return Err((name, why));
        }
        let vars = &mut self.program.vars;
        let var = vars.iter().position(|it| it == name.text).unwrap_or_else(|| {
            vars.push(name.text.to_owned());
            vars.len() - 1
        });
        if VARS_MAX < vars.len() {
            return Err((name, format!("at most {VARS_MAX} shared variables fit")));
        }
        if !self.is("[") {
            return Ok((var, 0));
        }
        let index = self.sum()?;
        if index.constant != 0 || index.terms.iter().any(|it| it.1 != 0) {
            let why = "the sum in the brackets has to be 0 whatever the registers hold, such as \
                       [r1 - r1]";
            return Err((name, why.to_owned()));
        }
        self.need("]")?;
        Ok((var, index.named()))
    }

    fn sum(&mut self) -> Parsed<'a, Sum> {
        let mut sum = Sum::default();
        let mut sign = if self.is("-") { -1 } else { 1 };
        loop {
            let word = self.take();
            if let Ok(number) = word.text.parse::<u16>() {
                sum.constant += sign * i64::from(number);
            } else if is_register(word.text) {
                let thread = self.program.threads.len() - 1;
                let known = self.program.regs.iter().position(|it| it == word.text);
                let Some(reg) = known.filter(|&it| self.loaded[it] == thread) else {
                    let why = format!("`{}` is not loaded before this, in this thread", word.text);
                    return Err((word, why));
                };
                match sum.terms.iter_mut().find(|it| it.0 == reg) {
                    Some(term) => term.1 += sign,
                    None => sum.terms.push((reg, sign)),
                }
            } else {
                return Err(unexpected(word, "a number up to 65535 or a register such as `r1`"));
            }
            sign = match self.peek().text {
                "+" => 1,
                "-" => -1,
                _ => return Ok(sum),
            };
            self.next += 1;
        }
    }
}

fn is_register(text: &str) -> bool {
    text.strip_prefix('r').is_some_and(|it| {
        !it.is_empty() && it.len() <= 3 && it.chars().all(|it| it.is_ascii_digit())
    })
}

fn unexpected<'a>(word: Word<'a>, wanted: &str) -> (Word<'a>, String) {
    let found = match word.text {
        "" => "the end of the program".to_owned(),
        text => format!("`{text}`"),
    };
    (word, format!("expected {wanted}, found {found}"))
}

/// `r1 = 0 and x = 2`, also with commas or `&&`, or with nothing between.
pub(super) fn asked(
    program: &Program,
    at: &str,
    text: &str,
) -> Result<Vec<(Told, i64)>, ScenarioError> {
    let words = words(text);
    let wrong = |fault| ScenarioError::one(at, fault);
    let mut asked = Vec::new();
    let mut rest = words.iter().map(|it| it.text).filter(|it| !["", "and", ",", "&"].contains(it));
    while let Some(name) = rest.next() {
        let reg = program.regs.iter().position(|it| it == name).map(Told::Register);
        let var = program.vars.iter().position(|it| it == name).map(Told::Final);
        let Some(told) = reg.or(var) else {
            return Err(wrong(Fault::Dangling(name.to_owned())));
        };
        let is = rest.next() == Some("=");
        let (sign, value) = match rest.next() {
            Some("-") => (-1, rest.next()),
            other => (1, other),
        };
        let value = value.and_then(|it| it.parse::<u32>().ok()).filter(|_| is);
        let Some(value) = value else {
            let why = format!("expected a value after {name}, such as `{name} = 1`");
            return Err(wrong(Fault::Syntax(why)));
        };
        asked.push((told, sign * i64::from(value)));
    }
    Ok(asked)
}
