//! What one step of a thread did and why.

use super::code::{Atomic, Memory, Op, Order, Program, Spot, Value};
use super::state::{Law, State};
use super::tell::{listed, outcome, said, spot_name, word_name};

/// Tells one step.
pub(super) struct Teller<'a> {
    pub(super) program: &'a Program,
    pub(super) before: &'a State,
    pub(super) after: &'a State,
}

impl Teller<'_> {
    pub(super) fn name(&self, thread: usize) -> String {
        said(&self.program.threads[thread].name)
    }

    pub(super) fn spot(&self, thread: usize, spot: Spot) -> String {
        spot_name(self.program, self.before, thread, spot)
    }

    pub(super) fn value(&self, thread: usize, value: Value) -> i32 {
        let registers = self.before.registers(self.program, thread);
        self.program.value(registers, value).unwrap_or_default()
    }

    /// What a thread sees of an element before the step.
    pub(super) fn seen(&self, thread: usize, spot: Spot) -> i32 {
        let registers = self.before.registers(self.program, thread);
        let word = self.program.word(registers, spot);
        word.map_or(0, |it| self.before.seen(self.program, thread, it))
    }

    pub(super) fn register(&self, thread: usize, register: u8) -> (&str, i32) {
        let at = usize::from(register);
        let name = self.program.threads[thread].registers[at].as_str();
        (name, self.after.registers(self.program, thread)[at])
    }

    pub(super) fn drain(&self, thread: usize) -> String {
        let (word, value) =
            self.before.buffer(self.program, thread).first().copied().unwrap_or_default();
        let (name, old) = (word_name(self.program, word), self.before.word(word));
        let thread = self.name(thread);
        format!(
            "{thread}'s oldest buffered store reaches memory, because buffers empty in their own \
             time: {name} goes from {old} to {value} for everyone"
        )
    }

    pub(super) fn wake(&self, thread: usize) -> String {
        let what = self.before.bed(self.program, thread).map_or_else(String::new, |it| {
            let name = &self.program.objects[usize::from(it.0.number())].name;
            format!(" on {name}")
        });
        format!(
            "{} wakes although nobody has woken it, as a wait{what} may at any time",
            self.name(thread)
        )
    }

    pub(super) fn step(&self, thread: usize) -> (&'static str, String) {
        let program = self.program;
        let who = self.name(thread);
        let instruction = self.before.next(program, thread);
        let text = &program.texts[usize::from(instruction.text).min(program.texts.len() - 1)];
        if let Some(
            Law::IndexInRange
            | Law::NoDivisionByZero
            | Law::UseAfterFree
            | Law::NullPointer
            | Law::DataRace,
        ) = self.after.broken(program)
        {
            return ("fault", self.refused(thread, text));
        }
        match &instruction.op {
            Op::Load { to, from } => ("load", self.load(thread, *to, *from, text)),
            Op::Store { to, value } => ("store", self.store(thread, *to, *value, text)),
            Op::Set { to, .. } => {
                let (name, value) = self.register(thread, *to);
                let say = format!(
                    "{who} computes {value} into {name} for `{text}`, where no other thread can \
                     see it"
                );
                ("compute", say)
            }
            Op::Branch { test, .. } => {
                let holds = self.value(thread, *test) != 0;
                ("branch", self.branch(thread, text, holds))
            }
            Op::Sync { kind, on, .. } => self.sync(thread, *kind, *on),
            Op::FutexWait { spot, value, .. } => {
                ("futex_wait", self.futex_wait(thread, *spot, self.value(thread, *value)))
            }
            Op::FutexWake { .. } => ("futex_wake", self.futex_wake(thread, text)),
            Op::Malloc { to, .. } => ("malloc", self.malloc(thread, *to)),
            Op::Free(value) => {
                let address = self.value(thread, *value);
                let say = format!("{who} frees {address}, so that the next `malloc` may reuse it");
                ("free", say)
            }
            Op::Interrupts(on) => ("interrupts", self.interrupts(thread, *on)),
            Op::Begin => ("interrupt", self.begin(thread)),
            Op::Atomic { kind, order, spot, value, new, .. } => {
                let values = (self.value(thread, *value), self.value(thread, *new));
                ("atomic", self.atomic(thread, (*kind, *order), *spot, values, text))
            }
            Op::Assert(_) => match self.after.broken(program) {
                Some(Law::Assertion) => {
                    let shared = outcome(program, self.after);
                    ("assert", format!("{who} finds that `{text}` does not hold, with {shared}"))
                }
                _ => ("assert", format!("{who} checks `{text}` and goes on, because it holds")),
            },
            Op::Enter => ("enter", self.enter(thread)),
            Op::Leave => {
                ("leave", format!("{who} leaves its critical section, so that others may enter"))
            }
            Op::Yield | Op::Jump | Op::End => {
                ("yield", format!("{who} yields, which changes nothing but the time"))
            }
            Op::Fence(order) if *order != Order::SeqCst => (
                "fence",
                format!("{who} passes the fence, which orders what it does and delays nothing"),
            ),
            Op::Fence(_) => {
                ("fence", format!("{who} passes the fence, because none of its stores is buffered"))
            }
        }
    }

    fn refused(&self, thread: usize, text: &str) -> String {
        let why = match self.after.broken(self.program) {
            Some(Law::IndexInRange) => "the array has no such element",
            Some(Law::UseAfterFree) => "the memory that it points to is not allocated",
            Some(Law::NullPointer) => "the pointer points nowhere",
            Some(Law::DataRace) => {
                "another thread accesses the same variable and nothing orders the two: a data race"
            }
            _ => "it divides by 0",
        };
        format!("{} cannot run `{text}`, because {why}", self.name(thread))
    }

    fn load(&self, thread: usize, to: u8, from: Spot, text: &str) -> String {
        let (who, spot) = (self.name(thread), self.spot(thread, from));
        let (name, value) = self.register(thread, to);
        let registers = self.before.registers(self.program, thread);
        let word = self.program.word(registers, from).unwrap_or_default();
        let shared = self.before.word(word);
        if shared != value {
            return format!(
                "{who} reads {spot} and gets {value} from its own store buffer, while memory \
                 still holds {shared}"
            );
        }
        format!("{who} copies {spot}, which is {value}, into {name}, because `{text}` reads it")
    }

    fn store(&self, thread: usize, to: Spot, value: Value, text: &str) -> String {
        let (who, spot) = (self.name(thread), self.spot(thread, to));
        let (value, old) = (self.value(thread, value), self.seen(thread, to));
        if !self.program.layout.buffers.is_empty() {
            return format!(
                "{who} puts {value} for {spot} into its store buffer, because a store does not \
                 wait for memory; the others do not see it yet"
            );
        }
        if value == old {
            format!("{who} stores {value} in {spot}, which held {old} already, so nothing changes")
        } else {
            format!("{who} stores {value} in {spot} in place of {old}, because `{text}` ends so")
        }
    }

    fn branch(&self, thread: usize, text: &str, holds: bool) -> String {
        let who = self.name(thread);
        let line = self.after.next(self.program, thread).line + 1;
        match (text, holds) {
            ("", _) => format!("{who} begins the loop again, because nothing ends it here"),
            (_, true) => format!("{who} goes on at line {line}, because `{text}` holds"),
            (_, false) => format!("{who} goes on at line {line}, because `{text}` does not hold"),
        }
    }

    fn enter(&self, thread: usize) -> String {
        let who = self.name(thread);
        let inside: Vec<&str> = (0..self.program.threads.len())
            .filter(|&it| it != thread && self.before.inside(self.program, it))
            .map(|it| self.program.threads[it].name.as_str())
            .collect();
        match inside.as_slice() {
            [] => format!("{who} enters its critical section, and nobody else is inside one"),
            others => format!(
                "{who} enters its critical section although {} {} inside one: they no longer \
                 exclude each other",
                listed(others),
                if others.len() == 1 { "is" } else { "are" }
            ),
        }
    }

    fn atomic(
        &self,
        thread: usize,
        (kind, order): (Atomic, Order),
        spot: Spot,
        (value, new): (i32, i32),
        text: &str,
    ) -> String {
        let (who, name, old) =
            (self.name(thread), self.spot(thread, spot), self.seen(thread, spot));
        match kind {
            Atomic::Load => format!(
                "{who} reads {name} in one indivisible step and gets {old}, because `{text}` asks \
                 for it"
            ),
            Atomic::Store
                if self.program.rules.memory == Memory::StoreBuffers
                    && matches!(order, Order::Relaxed | Order::Release) =>
            {
                format!(
                    "{who} puts {value} for {name} into its store buffer, because a store of this \
                     order does not wait for memory; the others do not see it yet"
                )
            }
            Atomic::Store => {
                format!("{who} stores {value} in {name} in one indivisible step, in place of {old}")
            }
            Atomic::Exchange => format!(
                "{who} puts {value} into {name} and takes {old} out in one indivisible step, so \
                 nobody can come between"
            ),
            Atomic::FetchAdd => format!(
                "{who} adds {value} to {name}, from {old} to {}, in one indivisible step, so no \
                 update can be lost between",
                old.wrapping_add(value)
            ),
            Atomic::CompareAndSwap if old == value => format!(
                "{who} finds {value} in {name}, as it expected, and stores {new} in the same step"
            ),
            Atomic::CompareAndSwap => {
                format!("{who} finds {old} in {name}, not {value}, so it stores nothing")
            }
        }
    }
}
