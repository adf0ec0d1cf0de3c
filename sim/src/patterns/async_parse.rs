//! Text to a program of async functions.

use super::async_lang::{
    Does, Function, Leaf, NUMBER_BYTES, Op, Program, SLOTS_MAX, Slot, SlotKind, Value,
};
use crate::text::{Cursor, Dialect, Faults, Place, Word};

const DIALECT: Dialect = Dialect {
    symbols: &[
        "==", "!=", "<=", ">=", "&&", "||", "(", ")", "{", "}", "[", "]", ";", ",", ".", "=", "<",
        ">", "+", "-", "*", "/", "%", "!",
    ],
    quotes: false,
};

pub(super) const DEPTH_MAX: u32 = 16;
const FUNCTIONS_MAX: usize = 6;
const SHARED_MAX: usize = 4;
const STOPS_MAX: usize = 8;
pub(super) const TASKS_MAX: usize = 6;
const BUFFER_BYTES_MAX: i32 = 65_536;

/// Reads a program, or tells all that is wrong with it.
pub(super) fn parse(text: &str, leaf_bytes: u64) -> Result<Program, crate::ScenarioError> {
    let mut faults = Faults::default();
    let cursor = Cursor::new(text, DIALECT, &mut faults);
    let lines = text.lines().map(|it| it.replace('\t', "    ")).collect();
    let (shared, functions, tasks) = (Vec::new(), Vec::new(), Vec::new());
    let program = Program { lines, shared, functions, tasks };
    let mut parser = Parser {
        cursor,
        program,
        places: Vec::new(),
        n_read: 0,
        own: None,
        names: Vec::new(),
        depth: 0,
    };
    parser.declare();
    parser.whole();
    let (mut program, places) = (parser.program, parser.places);
    if faults.is_empty() {
        match program.order() {
            Ok(order) => program.find_bytes(&order, leaf_bytes),
            Err(at) => faults.add(
                places[at],
                format!(
                    "`{}` awaits itself in the end, so its size has no end",
                    program.functions[at].name
                ),
            ),
        }
    }
    if faults.is_empty() { Ok(program) } else { Err(faults.into_error()) }
}

pub(super) struct Parser<'a, 'f> {
    pub(super) cursor: Cursor<'a, 'f>,
    pub(super) program: Program,
    /// Where each function is written.
    places: Vec<Place>,
    n_read: usize,
    /// The function that is being read.
    pub(super) own: Option<Function>,
    /// Its variables that can be seen here.
    pub(super) names: Vec<(&'a str, usize)>,
    pub(super) depth: u32,
}

impl<'a> Parser<'a, '_> {
    /// Finds the functions and their parameters, so that they may be used before they are written.
    fn declare(&mut self) {
        loop {
            match self.cursor.peek() {
                Word::End => break,
                Word::Name("async") => {
                    self.cursor.skip();
                    let place = self.cursor.place();
                    if let (Word::Name("fn"), Word::Name(name)) =
                        (self.cursor.peek(), self.cursor.peek_after(1))
                    {
                        (0..2).for_each(|_| self.cursor.skip());
                        let function = self.head(name);
                        self.program.functions.push(function);
                        self.places.push(place);
                    }
                }
                _ => self.cursor.skip(),
            }
        }
        self.cursor.next = 0;
    }

    /// A function with its parameters, as far as they can be read; faults are told later.
    fn head(&mut self, name: &str) -> Function {
        let mut slots = Vec::new();
        if self.cursor.take("(") {
            while let Word::Name(name) = self.cursor.peek() {
                slots.push(slot(name, NUMBER_BYTES, SlotKind::Number));
                self.cursor.skip();
                self.cursor.take(",");
            }
        }
        let n_params = slots.len();
        let (ops, stops) = (Vec::new(), Vec::new());
        Function { name: name.to_owned(), slots, n_params, ops, stops, bytes: 0 }
    }

    fn whole(&mut self) {
        let mut has_main = false;
        while self.cursor.peek() != Word::End {
            let place = self.cursor.place();
            let read = match self.cursor.peek() {
                Word::Name("static") => self.shared(),
                Word::Name("async") => self.function(),
                Word::Name("fn") => {
                    if std::mem::replace(&mut has_main, true) {
                        self.cursor.faults.add(place, "`main` is written twice".to_owned());
                    }
                    self.main()
                }
                _ => self.cursor.wrong("`async fn`, `fn main` or `static`"),
            };
            if read.is_none() {
                self.recover();
            }
        }
        if self.program.tasks.is_empty() {
            let why = "no task: `fn main() { spawn(…); }` is missing".to_owned();
            self.cursor.faults.add(self.cursor.place(), why);
        }
    }

    /// Skips what is left of an item that could not be read.
    fn recover(&mut self) {
        self.own = None;
        self.cursor.skip();
        while !matches!(self.cursor.peek(), Word::End | Word::Name("async" | "fn" | "static")) {
            self.cursor.skip();
        }
    }

    fn name(&mut self, what: &str) -> Option<&'a str> {
        let Word::Name(name) = self.cursor.peek() else { return self.cursor.wrong(what) };
        self.cursor.skip();
        Some(name)
    }

    pub(super) fn number(&mut self, what: &str) -> Option<i32> {
        let minus = self.cursor.take("-");
        let Word::Number(number) = self.cursor.peek() else { return self.cursor.wrong(what) };
        self.cursor.skip();
        Some(if minus { -number } else { number })
    }

    fn shared(&mut self) -> Option<()> {
        self.cursor.skip();
        let place = self.cursor.place();
        let name = self.name("a name for the shared variable")?;
        if SHARED_MAX <= self.program.shared.len() {
            self.cursor.faults.add(place, format!("more than {SHARED_MAX} shared variables"));
        }
        self.cursor.expect("=")?;
        let value = self.number("a number")?;
        self.cursor.expect(";")?;
        self.program.shared.push((name.to_owned(), value));
        Some(())
    }

    fn main(&mut self) -> Option<()> {
        self.cursor.skip();
        if !self.cursor.take_keyword("main") {
            return self.cursor.wrong("`main`; other functions are `async`");
        }
        for symbol in ["(", ")", "{"] {
            self.cursor.expect(symbol)?;
        }
        while !self.cursor.take("}") {
            let place = self.cursor.place();
            if !self.cursor.take_keyword("spawn") {
                return self.cursor.wrong("`spawn(…)` or `}`");
            }
            self.cursor.expect("(")?;
            let function = self.known("the name of an async function")?;
            self.cursor.expect("(")?;
            let mut args = Vec::new();
            for n in 0..self.program.functions[function].n_params {
                if 0 < n {
                    self.cursor.expect(",")?;
                }
                args.push(self.number("a number")?);
            }
            for symbol in [")", ")", ";"] {
                self.cursor.expect(symbol)?;
            }
            if TASKS_MAX <= self.program.tasks.len() {
                self.cursor.faults.add(place, format!("more than {TASKS_MAX} tasks"));
            }
            self.program.tasks.push((function, args));
        }
        Some(())
    }

    pub(super) fn known(&mut self, expected: &str) -> Option<usize> {
        let Word::Name(name) = self.cursor.peek() else { return self.cursor.wrong(expected) };
        match self.program.functions.iter().position(|it| it.name == name) {
            Some(at) => {
                self.cursor.skip();
                Some(at)
            }
            None => self.cursor.wrong(expected),
        }
    }

    fn function(&mut self) -> Option<()> {
        self.cursor.skip();
        if !self.cursor.take_keyword("fn") {
            return self.cursor.wrong("`fn`");
        }
        let place = self.cursor.place();
        let name = self.name("a name for the function")?;
        let index = self.n_read;
        self.n_read += 1;
        let taken =
            Leaf::ALL.iter().any(|it| it.0 == name) || ["main", "print", "work"].contains(&name);
        let twice = self.program.functions[..index].iter().any(|it| it.name == name);
        if taken || twice || FUNCTIONS_MAX <= index {
            let why = match taken || twice {
                true => format!("`{name}` is there already"),
                false => format!("more than {FUNCTIONS_MAX} functions"),
            };
            self.cursor.faults.add(place, why);
        }
        self.cursor.expect("(")?;
        self.names.clear();
        while !self.cursor.take(")") {
            if !self.names.is_empty() {
                self.cursor.expect(",")?;
            }
            let at = self.names.len();
            let param = self.name("a name for the parameter")?;
            self.names.push((param, at));
        }
        let slots =
            self.names.iter().map(|it| slot(it.0, NUMBER_BYTES, SlotKind::Number)).collect();
        let (n_params, ops, stops) = (self.names.len(), Vec::new(), Vec::new());
        self.own = Some(Function { name: name.to_owned(), slots, n_params, ops, stops, bytes: 0 });
        self.block()?;
        self.emit(Does::Return(Value::Number(0)));
        let mut own = self.own.take()?;
        if SLOTS_MAX < own.slots.len() || STOPS_MAX < own.stops.len() {
            let why = format!("more than {STOPS_MAX} awaits or {SLOTS_MAX} values in a function");
            self.cursor.faults.add(place, why);
            return Some(());
        }
        own.find_kept();
        self.program.functions[index] = own;
        Some(())
    }

    pub(super) fn emit(&mut self, does: Does) -> usize {
        // The word that was read last says in which line it stands.
        let next = self.cursor.next;
        self.cursor.next = next.saturating_sub(1);
        let line = usize::try_from(self.cursor.place().line).map_or(0, |it| it - 1);
        self.cursor.next = next;
        let Some(own) = &mut self.own else { return 0 };
        own.ops.push(Op { line, does });
        own.ops.len() - 1
    }

    pub(super) fn here(&self) -> usize {
        self.own.as_ref().map_or(0, |it| it.ops.len())
    }

    /// Lets a jump lead to here.
    pub(super) fn lands(&mut self, jump: usize) {
        let here = self.here();
        let op = self.own.as_mut().and_then(|it| it.ops.get_mut(jump));
        if let Some(Op { does: Does::Jump(to) | Does::Unless(_, to), .. }) = op {
            *to = here;
        }
    }

    pub(super) fn slot(&mut self, name: &str, bytes: u64, kind: SlotKind) -> usize {
        let Some(own) = &mut self.own else { return 0 };
        own.slots.push(slot(name, bytes, kind));
        own.slots.len() - 1
    }

    fn block(&mut self) -> Option<()> {
        let place = self.cursor.place();
        self.cursor.expect("{")?;
        if DEPTH_MAX <= self.depth {
            self.cursor.faults.add(place, format!("nested more than {DEPTH_MAX} deep"));
            return None;
        }
        self.depth += 1;
        let n_names = self.names.len();
        while !self.cursor.take("}") {
            if self.statement().is_none() {
                self.depth = 0;
                return None;
            }
        }
        self.names.truncate(n_names);
        self.depth -= 1;
        Some(())
    }

    fn statement(&mut self) -> Option<()> {
        match (self.cursor.peek(), self.cursor.peek_after(1)) {
            (Word::Symbol("{"), _) => self.block(),
            (Word::Name("let"), _) => self.declaration(),
            (Word::Name("if"), _) => self.choice(),
            (Word::Name("while"), _) => {
                self.cursor.skip();
                let start = self.here();
                let test = self.expr()?;
                let out = self.emit(Does::Unless(test, 0));
                self.block()?;
                self.emit(Does::Jump(start));
                self.lands(out);
                Some(())
            }
            (Word::Name("return"), _) => {
                self.cursor.skip();
                let nothing = self.cursor.peek() == Word::Symbol(";");
                let value = if nothing { Value::Number(0) } else { self.expr()? };
                self.emit(Does::Return(value));
                self.cursor.expect(";")
            }
            (Word::Name(what @ ("print" | "work")), _) => {
                self.cursor.skip();
                self.cursor.expect("(")?;
                let value = self.expr()?;
                self.cursor.expect(")")?;
                self.emit(if what == "print" { Does::Print(value) } else { Does::Work(value) });
                self.cursor.expect(";")
            }
            (Word::Name(name), Word::Symbol("=")) => self.assignment(name),
            (Word::Name(_), _) => {
                self.expr()?;
                self.cursor.expect(";")
            }
            _ => self.cursor.wrong("a statement or `}`"),
        }
    }

    fn choice(&mut self) -> Option<()> {
        self.cursor.skip();
        let test = self.expr()?;
        let no = self.emit(Does::Unless(test, 0));
        self.block()?;
        if self.cursor.take_keyword("else") {
            let out = self.emit(Does::Jump(0));
            self.lands(no);
            match self.cursor.peek() {
                Word::Name("if") => self.choice()?,
                _ => self.block()?,
            }
            self.lands(out);
        } else {
            self.lands(no);
        }
        Some(())
    }

    fn declaration(&mut self) -> Option<()> {
        self.cursor.skip();
        self.cursor.take_keyword("mut");
        let name = self.name("a name for the variable")?;
        self.cursor.expect("=")?;
        let at = if self.cursor.take("[") {
            let fill = self.number("a number")?;
            self.cursor.expect(";")?;
            let place = self.cursor.place();
            let bytes = self.number("how many bytes")?;
            if !(1..=BUFFER_BYTES_MAX).contains(&bytes) {
                self.cursor
                    .faults
                    .add(place, format!("a buffer has 1 to {BUFFER_BYTES_MAX} bytes"));
            }
            self.cursor.expect("]")?;
            let bytes = u64::try_from(bytes).unwrap_or(1);
            let at = self.slot(name, bytes, SlotKind::Buffer);
            self.emit(Does::Set(at, Value::Number(fill)));
            at
        } else {
            let value = self.expr()?;
            self.variable(name, value)
        };
        self.names.push((name, at));
        self.cursor.expect(";")
    }

    /// A new variable with this value: an intermediate value gets the name itself.
    fn variable(&mut self, name: &str, value: Value) -> usize {
        if let (Value::Slot(at), Some(own)) = (value, &mut self.own)
            && own.slots[at].kind == SlotKind::Temp
        {
            own.slots[at] = slot(name, NUMBER_BYTES, SlotKind::Number);
            return at;
        }
        let at = self.slot(name, NUMBER_BYTES, SlotKind::Number);
        self.emit(Does::Set(at, value));
        at
    }

    fn assignment(&mut self, name: &str) -> Option<()> {
        let place = self.cursor.place();
        (0..2).for_each(|_| self.cursor.skip());
        let local = self.names.iter().rev().find(|it| it.0 == name).map(|it| it.1);
        let shared = self.program.shared.iter().position(|it| it.0 == name);
        let value = self.expr()?;
        match (local, shared) {
            (Some(at), _) => {
                if self.own.as_ref().is_some_and(|it| it.slots[at].kind == SlotKind::Buffer) {
                    self.cursor
                        .faults
                        .add(place, format!("`{name}` is a buffer, and stays as it is"));
                }
                self.set(at, value);
            }
            (None, Some(at)) => {
                self.emit(Does::Store(at, value));
            }
            (None, None) => self.cursor.faults.add(place, format!("there is no variable `{name}`")),
        }
        self.cursor.expect(";")
    }

    /// Sets a variable, by the operation itself that made the value if only that one did.
    fn set(&mut self, to: usize, value: Value) {
        if let (Value::Slot(at), Some(own)) = (value, &mut self.own)
            && own.slots[at].kind == SlotKind::Temp
            && own.ops.iter().filter(|it| it.does.sets() == Some(at)).count() == 1
            && let Some(last) = own.ops.last_mut()
            && last.does.sets() == Some(at)
        {
            last.does.set_instead(to);
            return;
        }
        self.emit(Does::Set(to, value));
    }
}

fn slot(name: &str, bytes: u64, kind: SlotKind) -> Slot {
    Slot { name: name.to_owned(), bytes, kind }
}
