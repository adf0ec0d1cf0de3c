//! Text to a program of goroutines.

use super::go_lang::{Comm, Function, Op, Part, Program, Slot};
use crate::text::{Cursor, Dialect, Faults, Place, Word};

const DIALECT: Dialect = Dialect {
    symbols: &[
        ":=", "<-", "++", "--", "==", "!=", "<=", ">=", "&&", "||", "(", ")", "{", "}", ";", ",",
        ".", ":", "=", "<", ">", "+", "-", "*", "/", "%", "!",
    ],
    quotes: true,
};

/// Deepest nesting.
pub(super) const DEPTH_MAX: u32 = 16;

/// Most variables of a function, and most operations.
const SLOTS_MAX: usize = 12;

pub(super) fn parse(text: &str) -> Result<Program, crate::ScenarioError> {
    let mut faults = Faults::default();
    let cursor = Cursor::new(text, DIALECT, &mut faults);
    let lines = text.lines().map(|it| it.replace('\t', "    ")).collect();
    let program = Program { functions: Vec::new(), lines };
    let mut parser =
        Parser { cursor, program, slots: Vec::new(), ops: Vec::new(), loops: Vec::new(), depth: 0 };
    parser.whole();
    let program = parser.program;
    if faults.is_empty() { Ok(program) } else { Err(faults.into_error()) }
}

/// Where `break` and `continue` lead: the jumps that wait for their target.
struct Loop {
    is_select: bool,
    breaks: Vec<usize>,
    continues: Vec<usize>,
}

pub(super) struct Parser<'a, 'f> {
    pub(super) cursor: Cursor<'a, 'f>,
    program: Program,
    slots: Vec<Slot>,
    ops: Vec<(usize, Op)>,
    loops: Vec<Loop>,
    pub(super) depth: u32,
}

impl Parser<'_, '_> {
    fn whole(&mut self) {
        self.declare();
        let mut written = 0;
        loop {
            match self.cursor.peek() {
                Word::End => break,
                Word::Name("package" | "import") => {
                    self.cursor.skip();
                    self.cursor.skip();
                }
                Word::Name("func") => {
                    if self.function(&mut written).is_none() {
                        self.skip_function();
                    }
                }
                _ => {
                    self.cursor.wrong::<()>("`func`");
                    self.skip_function();
                }
            }
        }
        let start = Place { line: 1, column: 1 };
        match self.program.functions.iter().position(|it| it.name == "main") {
            None => self.cursor.faults.add(start, "there is no `func main()`".to_owned()),
            Some(at) if 0 < self.program.functions[at].n_params => {
                self.cursor.faults.add(start, "`main` takes nothing".to_owned());
            }
            Some(_) => {}
        }
    }

    fn skip_function(&mut self) {
        self.cursor.skip();
        while !matches!(self.cursor.peek(), Word::End | Word::Name("func")) {
            self.cursor.skip();
        }
    }

    /// Finds the functions, so that they may be used before they are written; `main` is the first.
    fn declare(&mut self) {
        let mut names = Vec::new();
        let mut at = 0_usize;
        loop {
            match (self.cursor.peek_after(at), self.cursor.peek_after(at + 1)) {
                (Word::End, _) => break,
                (Word::Name("func"), Word::Name(name)) => names.push(name),
                _ => {}
            }
            at += 1;
        }
        crate::order::by_key(&mut names, |it| *it != "main");
        for name in names {
            let (first, last) = (0, 0);
            let (slots, ops) = (Vec::new(), Vec::new());
            let name = name.to_owned();
            self.program.functions.push(Function { name, first, last, slots, n_params: 0, ops });
        }
        // Parameters are needed at calls that come before the function itself.
        self.parameters();
    }

    fn parameters(&mut self) {
        let start = self.cursor.next;
        while self.cursor.peek() != Word::End {
            if self.cursor.take_keyword("func") {
                let index = match self.cursor.peek() {
                    Word::Name(name) => {
                        self.program.functions.iter().position(|it| it.name == name)
                    }
                    _ => None,
                };
                self.cursor.skip();
                let slots = self.params().unwrap_or_default();
                if let Some(function) = index.and_then(|it| self.program.functions.get_mut(it)) {
                    function.n_params = slots.len();
                    function.slots = slots;
                }
            } else {
                self.cursor.skip();
            }
        }
        self.cursor.next = start;
    }

    fn params(&mut self) -> Option<Vec<Slot>> {
        let mut slots = Vec::new();
        self.cursor.expect("(")?;
        if self.cursor.take(")") {
            return Some(slots);
        }
        loop {
            let Word::Name(name) = self.cursor.peek() else {
                return self.cursor.wrong("a name for the parameter");
            };
            self.cursor.skip();
            let mut is_chan = self.cursor.take("<-");
            if self.cursor.take_keyword("chan") {
                is_chan = true;
                self.cursor.take("<-");
            }
            self.element()?;
            slots.push(Slot { name: name.to_owned(), is_chan });
            if !self.cursor.take(",") {
                self.cursor.expect(")")?;
                return Some(slots);
            }
        }
    }

    /// The type of what a channel carries: all are numbers here.
    fn element(&mut self) -> Option<()> {
        if self.cursor.take_keyword("int") || self.cursor.take_keyword("bool") {
            return Some(());
        }
        if self.cursor.take_keyword("struct") {
            self.cursor.expect("{")?;
            return self.cursor.expect("}");
        }
        self.cursor.wrong("`int`, `bool` or `struct{}`")
    }

    fn function(&mut self, written: &mut u64) -> Option<()> {
        let first = self.line();
        self.cursor.skip();
        let at = self.cursor.place();
        let index = match self.cursor.peek() {
            Word::Name(name) => self.program.functions.iter().position(|it| it.name == name),
            _ => return self.cursor.wrong("a name for the function"),
        }?;
        if 32 <= index || *written & (1 << index) != 0 {
            self.cursor.faults.add(at, "written twice, or one function too many".to_owned());
            return None;
        }
        *written |= 1 << index;
        self.cursor.skip();
        self.slots = self.params()?;
        self.block()?;
        let last = self.cursor.next.checked_sub(1).map_or(first, |_| self.last_line());
        self.emit(Op::Return);
        if let Some((line, _)) = self.ops.last_mut() {
            *line = last;
        }
        let function = &mut self.program.functions[index];
        (function.first, function.last) = (first, last);
        function.slots = std::mem::take(&mut self.slots);
        function.ops = std::mem::take(&mut self.ops);
        Some(())
    }

    /// Line of the next word, from 0.
    fn line(&self) -> usize {
        usize::try_from(self.cursor.place().line).unwrap_or(1) - 1
    }

    /// Line of the word before.
    fn last_line(&mut self) -> usize {
        self.cursor.next -= 1;
        let line = self.line();
        self.cursor.next += 1;
        line
    }

    fn emit(&mut self, op: Op) -> usize {
        let line = self.line();
        self.emit_at(line, op)
    }

    fn emit_at(&mut self, line: usize, op: Op) -> usize {
        self.ops.push((line, op));
        self.ops.len() - 1
    }

    /// Lets a jump lead to the operation that comes next.
    fn land(&mut self, jump: usize) {
        let here = self.ops.len();
        match &mut self.ops[jump].1 {
            Op::Jump(to) | Op::Unless(_, to) | Op::Range(_, _, to) => *to = here,
            _ => {}
        }
    }

    fn block(&mut self) -> Option<()> {
        self.cursor.expect("{")?;
        while !self.cursor.take("}") {
            if self.cursor.peek() == Word::End {
                return self.cursor.wrong("a statement or `}`");
            }
            self.statement()?;
        }
        Some(())
    }

    fn statement(&mut self) -> Option<()> {
        if DEPTH_MAX <= self.depth {
            let at = self.cursor.place();
            self.cursor.faults.add(at, format!("nested more than {DEPTH_MAX} deep"));
            return None;
        }
        self.depth += 1;
        let read = self.one();
        self.depth -= 1;
        self.cursor.take(";");
        read
    }

    fn one(&mut self) -> Option<()> {
        let line = self.line();
        let word = match self.cursor.peek() {
            Word::Name(word) => word,
            Word::Symbol("<-") => {
                let channel = self.receive()?;
                self.emit_at(line, Op::Comm(Comm::Receive(channel, None, None)));
                return Some(());
            }
            _ => return self.cursor.wrong("a statement"),
        };
        match word {
            "if" => self.choice(),
            "for" => self.repeat(),
            "select" => self.select(),
            "return" => {
                self.cursor.skip();
                self.emit_at(line, Op::Return);
                Some(())
            }
            "break" | "continue" => self.leave(word == "break"),
            "go" => self.go(),
            "close" => {
                self.cursor.skip();
                self.cursor.expect("(")?;
                let channel = self.channel()?;
                self.cursor.expect(")")?;
                self.emit_at(line, Op::Close(channel));
                Some(())
            }
            "println" | "fmt" => {
                self.cursor.skip();
                if word == "fmt" && !(self.cursor.take(".") && self.cursor.take_keyword("Println"))
                {
                    return self.cursor.wrong("`.Println`");
                }
                self.cursor.expect("(")?;
                let value = self.expr()?;
                self.cursor.expect(")")?;
                self.emit_at(line, Op::Print(value));
                Some(())
            }
            _ => match self.cursor.peek_after(1) {
                Word::Symbol("<-") => {
                    let comm = self.comm()?;
                    self.emit_at(line, Op::Comm(comm));
                    Some(())
                }
                _ => self.set(),
            },
        }
    }

    fn leave(&mut self, breaks: bool) -> Option<()> {
        let at = self.cursor.place();
        self.cursor.skip();
        let jump = self.emit(Op::Jump(0));
        match self.loops.iter_mut().rev().find(|it| breaks || !it.is_select) {
            Some(it) if breaks => it.breaks.push(jump),
            Some(it) => it.continues.push(jump),
            None => self.cursor.faults.add(at, "there is no loop around this".to_owned()),
        }
        Some(())
    }

    fn go(&mut self) -> Option<()> {
        let line = self.line();
        self.cursor.skip();
        let at = self.cursor.place();
        let index = match self.cursor.peek() {
            Word::Name(name) => self.program.functions.iter().position(|it| it.name == name),
            _ => None,
        };
        let Some(index) = index else { return self.cursor.wrong("the name of a function") };
        self.cursor.skip();
        self.cursor.expect("(")?;
        let mut args = Vec::new();
        let params = self.program.functions[index].n_params;
        for n in 0..params {
            let is_chan = self.program.functions[index].slots[n].is_chan;
            args.push(if is_chan { vec![Part::Slot(self.channel()?)] } else { self.expr()? });
            if n + 1 < params {
                self.cursor.expect(",")?;
            }
        }
        self.cursor.expect(")")?;
        if index == 0 {
            self.cursor.faults.add(at, "`main` is started already".to_owned());
        }
        self.emit_at(line, Op::Go(index, args));
        Some(())
    }

    /// A name that holds a number or a channel.
    pub(super) fn slot(&mut self, is_chan: bool, declare: bool) -> Option<usize> {
        let what = if is_chan { "a channel" } else { "a variable" };
        let Word::Name(name) = self.cursor.peek() else { return self.cursor.wrong(what) };
        let at = self.cursor.place();
        let found = self.slots.iter().position(|it| it.name == name);
        let slot = match found {
            Some(slot) if self.slots[slot].is_chan == is_chan => slot,
            None if declare => {
                if SLOTS_MAX <= self.slots.len() {
                    self.cursor.faults.add(at, format!("more than {SLOTS_MAX} variables"));
                    return None;
                }
                self.slots.push(Slot { name: name.to_owned(), is_chan });
                self.slots.len() - 1
            }
            _ => return self.cursor.wrong(what),
        };
        self.cursor.skip();
        Some(slot)
    }

    fn channel(&mut self) -> Option<usize> {
        self.slot(true, false)
    }

    /// `<-ch`
    fn receive(&mut self) -> Option<usize> {
        self.cursor.expect("<-")?;
        self.channel()
    }

    /// `ch <- value`, `<-ch`, `v := <-ch` or `v, ok := <-ch`
    fn comm(&mut self) -> Option<Comm> {
        if self.cursor.peek() == Word::Symbol("<-") {
            return self.receive().map(|channel| Comm::Receive(channel, None, None));
        }
        if self.cursor.peek_after(1) == Word::Symbol("<-") {
            let channel = self.channel()?;
            self.cursor.skip();
            return self.expr().map(|value| Comm::Send(channel, value));
        }
        let declare = self.declares();
        let value = self.place(declare)?;
        let ok = if self.cursor.take(",") { self.place(declare)? } else { None };
        self.assigns()?;
        self.receive().map(|channel| Comm::Receive(channel, value, ok))
    }

    /// A variable, or `_` for none.
    fn place(&mut self, declare: bool) -> Option<Option<usize>> {
        if self.cursor.take_keyword("_") { Some(None) } else { self.slot(false, declare).map(Some) }
    }

    /// Whether `:=` follows after one name or two.
    fn declares(&self) -> bool {
        let after = |n| self.cursor.peek_after(n) == Word::Symbol(":=");
        after(1) || after(3) && self.cursor.peek_after(1) == Word::Symbol(",")
    }

    fn assigns(&mut self) -> Option<()> {
        if self.cursor.take(":=") { Some(()) } else { self.cursor.expect("=") }
    }

    /// Gives a variable a value.
    fn set(&mut self) -> Option<()> {
        let line = self.line();
        let after = |n: usize| self.cursor.peek_after(n);
        let receives = after(1) == Word::Symbol(",") || after(2) == Word::Symbol("<-");
        if receives {
            let comm = self.comm()?;
            self.emit_at(line, Op::Comm(comm));
            return Some(());
        }
        if after(2) == Word::Name("make") {
            let slot = self.slot(true, true)?;
            self.assigns()?;
            self.cursor.skip();
            self.cursor.expect("(")?;
            if !self.cursor.take_keyword("chan") {
                return self.cursor.wrong("`chan`");
            }
            self.element()?;
            let room = if self.cursor.take(",") { self.expr()? } else { vec![Part::Number(0)] };
            self.cursor.expect(")")?;
            self.emit_at(line, Op::Make(slot, room));
            return Some(());
        }
        if after(2) == Word::Name("nil") {
            let slot = self.channel()?;
            self.assigns()?;
            self.cursor.skip();
            self.emit_at(line, Op::Nil(slot));
            return Some(());
        }
        let declare = self.declares();
        let slot = self.slot(false, declare)?;
        let one = |sign| vec![Part::Slot(slot), Part::Number(1), Part::Binary(sign)];
        let value = if self.cursor.take("++") {
            one("+")
        } else if self.cursor.take("--") {
            one("-")
        } else {
            self.assigns()?;
            self.expr()?
        };
        self.emit_at(line, Op::Set(slot, value));
        Some(())
    }

    fn choice(&mut self) -> Option<()> {
        let line = self.line();
        self.cursor.skip();
        let test = self.expr()?;
        let over = self.emit_at(line, Op::Unless(test, 0));
        self.block()?;
        if self.cursor.take_keyword("else") {
            let end = self.emit(Op::Jump(0));
            self.land(over);
            if self.cursor.peek() == Word::Name("if") {
                self.statement()?;
            } else {
                self.block()?;
            }
            self.land(end);
        } else {
            self.land(over);
        }
        Some(())
    }

    fn repeat(&mut self) -> Option<()> {
        let line = self.line();
        self.cursor.skip();
        let ranged = self.cursor.peek_after(2) == Word::Name("range");
        let bare = self.cursor.peek() == Word::Name("range");
        let mut exits = Vec::new();
        let mut each = Vec::new();
        let start;
        if ranged || bare {
            let slot = if ranged {
                let slot = self.place(true)?;
                self.assigns()?;
                slot
            } else {
                None
            };
            self.cursor.skip();
            let channel = self.channel()?;
            start = self.ops.len();
            // Where the value is not wanted, it goes where the next one overwrites it.
            let slot = slot.unwrap_or(usize::MAX);
            exits.push(self.emit_at(line, Op::Range(channel, slot, 0)));
        } else {
            let counted = self.cursor.peek_after(1) == Word::Symbol(":=");
            if counted {
                self.set()?;
                self.cursor.expect(";")?;
            }
            start = self.ops.len();
            if self.cursor.peek() != Word::Symbol("{") {
                let test = self.expr()?;
                exits.push(self.emit_at(line, Op::Unless(test, 0)));
            }
            if counted {
                self.cursor.expect(";")?;
                if self.cursor.peek() != Word::Symbol("{") {
                    let before = self.ops.len();
                    self.set()?;
                    each = self.ops.split_off(before);
                }
            }
        }
        self.loops.push(Loop { is_select: false, breaks: exits, continues: Vec::new() });
        self.block()?;
        let done = self.loops.pop()?;
        for jump in done.continues {
            self.land(jump);
        }
        self.ops.append(&mut each);
        self.emit_at(line, Op::Jump(start));
        for jump in done.breaks {
            self.land(jump);
        }
        Some(())
    }

    fn select(&mut self) -> Option<()> {
        let line = self.line();
        self.cursor.skip();
        self.cursor.expect("{")?;
        let select = self.emit_at(line, Op::Select(Vec::new(), None));
        self.loops.push(Loop { is_select: true, breaks: Vec::new(), continues: Vec::new() });
        let (mut cases, mut default) = (Vec::new(), None);
        while !self.cursor.take("}") {
            if self.cursor.take_keyword("default") {
                default = Some(self.ops.len());
            } else if self.cursor.take_keyword("case") {
                let comm = self.comm()?;
                cases.push((comm, self.ops.len()));
            } else {
                return self.cursor.wrong("`case`, `default` or `}`");
            }
            self.cursor.expect(":")?;
            while !matches!(
                self.cursor.peek(),
                Word::Symbol("}") | Word::Name("case" | "default") | Word::End
            ) {
                self.statement()?;
            }
            let end = self.emit(Op::Jump(0));
            self.loops.last_mut()?.breaks.push(end);
        }
        let done = self.loops.pop()?;
        self.ops[select].1 = Op::Select(cases, default);
        for jump in done.breaks {
            self.land(jump);
        }
        Some(())
    }
}
