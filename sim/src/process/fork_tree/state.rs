//! Processes, and what a step does to them.

use super::code::{Op, Order, Piece, Program, REGISTERS_MAX, VALUES_MAX, pid};

/// Stands for a parent outside: process 1, and the shell that started the first process.
pub(super) const INIT: u8 = u8::MAX;
pub(super) const SHELL: u8 = u8::MAX - 1;
/// Steps that nobody notices, after which a process is taken to loop for ever.
const SILENT_MAX: u32 = 500;
/// Lines of output, after which the model stops whoever writes on.
pub(super) const LINES_MAX: usize = 200;
/// Exit code of a process that the signal for a division by zero has killed.
const KILLED: u8 = 136;

/// Where a process is that is not at a step of the program.
pub(super) const SPINS: u16 = u16::MAX;
pub(super) const CRASHES: u16 = u16::MAX - 1;

/// How far a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Life {
    Alive,
    /// Has ended; nobody has asked for its exit code.
    Zombie,
    /// Its exit code was taken.
    Gone,
}

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Proc {
    pub(super) life: Life,
    /// Whose child it is now, and who made it.
    pub(super) parent: u8,
    pub(super) maker: u8,
    /// The step that comes next.
    pub(super) next: u16,
    pub(super) code: u8,
    pub(super) registers: [i32; REGISTERS_MAX],
    /// Text that is not written yet.
    pub(super) buffer: Vec<Line>,
}

/// A line of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Line {
    /// Who wrote it out.
    pub(super) writer: u8,
    /// The step that made it.
    pub(super) step: u16,
    pub(super) values: [i32; VALUES_MAX],
}

/// All processes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(super) procs: Vec<Proc>,
    pub(super) output: Vec<Line>,
    /// Of a scheduler that takes turns: who is next in this round, and how many are in it.
    turn: u8,
    round_end: u8,
}

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Did {
    Forked { child: usize },
    ForkFailed,
    Reaped { child: usize, code: u8 },
    NoChild,
    Parent,
    Wrote(Line),
    Buffered(Line),
    Flushed { n_lines: usize },
    Replaced,
    NotReplaced,
    Ended(End),
    Full,
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    pub(super) code: u8,
    /// Children that have lost their parent, and those among them that had ended and are reaped.
    pub(super) orphans: Vec<usize>,
    pub(super) reaped: Vec<usize>,
    /// Lines that left its buffer, and lines that were lost with it.
    pub(super) n_flushed: usize,
    pub(super) n_lost: usize,
}

/// Tests that processes made on their way: who, at which step, and whether it held.
pub(super) type Tests = Vec<(usize, u16, bool)>;

fn small(number: usize) -> u8 {
    u8::try_from(number).unwrap_or(SHELL)
}

impl State {
    pub(super) fn new(program: &Program, tests: &mut Tests) -> Self {
        let first = Proc {
            life: Life::Alive,
            parent: SHELL,
            maker: SHELL,
            next: 0,
            code: 0,
            registers: [0; REGISTERS_MAX],
            buffer: Vec::new(),
        };
        let mut state = Self { procs: vec![first], output: Vec::new(), turn: 0, round_end: 1 };
        state.advance(program, 0, tests);
        state
    }

    /// The step that a process is about to make, if it is at one.
    pub(super) fn op<'a>(&self, program: &'a Program, who: usize) -> Option<&'a Op> {
        let it = &self.procs[who];
        if it.life != Life::Alive {
            return None;
        }
        program.steps.get(usize::from(it.next)).map(|step| &step.op)
    }

    /// The children of a process that are not gone; of them those that `pid` names, if it does.
    fn children(&self, who: usize, pid_wanted: Option<i32>) -> impl Iterator<Item = usize> {
        let fits = move |&it: &usize| {
            let child = &self.procs[it];
            usize::from(child.parent) == who
                && child.life != Life::Gone
                && pid_wanted.is_none_or(|wanted| pid(it) == wanted)
        };
        (0..self.procs.len()).filter(fits)
    }

    /// Whom a process waits for: a PID, or anybody.
    fn wanted(&self, who: usize, pid_wanted: Option<&super::code::Pure>) -> Option<i32> {
        let value = pid_wanted?.value(pid(who), &self.procs[who].registers)?;
        // As the call has it, -1 stands for any child.
        (0 < value).then_some(value)
    }

    /// Whether a process sleeps in `wait`: it has children, and none of them has ended.
    pub(super) fn waits(&self, program: &Program, who: usize) -> bool {
        let Some(Op::Wait { pid, .. }) = self.op(program, who) else { return false };
        let wanted = self.wanted(who, pid.as_ref());
        let mut children = self.children(who, wanted);
        let any = self.children(who, wanted).next().is_some();
        any && children.all(|it| self.procs[it].life == Life::Alive)
    }

    fn able(&self, program: &Program, who: usize) -> bool {
        let it = &self.procs[who];
        it.life == Life::Alive && it.next != SPINS && !self.waits(program, who)
    }

    /// Who can go on, in the order of the scheduler.
    pub(super) fn order(&self, program: &Program) -> Vec<usize> {
        let n = self.procs.len();
        let all: Vec<usize> = match program.order {
            Order::Parent => (0..n).collect(),
            Order::Child => (0..n).rev().collect(),
            Order::Turns => {
                let round = usize::from(self.turn)..usize::from(self.round_end).min(n);
                let rest = (0..n).filter(|it| !round.contains(it));
                round.clone().chain(rest).collect()
            }
        };
        all.into_iter().filter(|&it| self.able(program, it)).collect()
    }

    /// Goes on to the next step that others could notice.
    fn advance(&mut self, program: &Program, who: usize, tests: &mut Tests) {
        let it = &mut self.procs[who];
        for _ in 0..SILENT_MAX {
            let Some(step) = program.steps.get(usize::from(it.next)) else { return };
            let here = it.next;
            let value = match &step.op {
                Op::Set { value, .. } => value.value(pid(who), &it.registers),
                Op::Branch { test, .. } => test.value(pid(who), &it.registers),
                Op::Jump { to } => {
                    it.next = *to;
                    continue;
                }
                _ => return,
            };
            let Some(value) = value else {
                it.next = CRASHES;
                return;
            };
            it.next += 1;
            match &step.op {
                Op::Set { to, .. } => it.set(Some(*to), value),
                Op::Branch { no, .. } => {
                    tests.push((who, here, value != 0));
                    if value == 0 {
                        it.next = *no;
                    }
                }
                _ => {}
            }
        }
        it.next = SPINS;
    }

    /// Takes the step of a process, and what follows it that nobody notices.
    pub(super) fn go(&mut self, program: &Program, who: usize, tests: &mut Tests) -> Did {
        if program.order == Order::Turns {
            if !(self.turn..self.round_end).contains(&small(who)) {
                self.round_end = small(self.procs.len());
            }
            self.turn = small(who + 1);
        }
        let did = self.act(program, who);
        if self.procs[who].life == Life::Alive && self.procs[who].next != SPINS {
            self.advance(program, who, tests);
        }
        if let Did::Forked { child } = did {
            self.advance(program, child, tests);
        }
        did
    }

    fn act(&mut self, program: &Program, who: usize) -> Did {
        let next = self.procs[who].next;
        let Some(op) = self.op(program, who) else {
            return self.end(program, who, KILLED, false);
        };
        let value = |of: &super::code::Pure| of.value(pid(who), &self.procs[who].registers);
        match op {
            Op::Fork { to } => self.fork(program, who, *to),
            Op::Wait { to, code, pid: wanted } => {
                let wanted = self.wanted(who, wanted.as_ref());
                self.wait(who, *to, *code, wanted)
            }
            Op::Parent { to } => {
                let parent = match self.procs[who].parent {
                    INIT => 1,
                    SHELL => pid(0) - 1,
                    parent => pid(usize::from(parent)),
                };
                self.go_on(who).set(Some(*to), parent);
                Did::Parent
            }
            Op::Print { pieces } => {
                let mut values = [0; VALUES_MAX];
                let shown = pieces.iter().filter_map(|it| match it {
                    Piece::Value(it) => Some(value(it)),
                    Piece::Text(_) => None,
                });
                let shown: Vec<Option<i32>> = shown.collect();
                for (place, shown) in values.iter_mut().zip(shown) {
                    let Some(shown) = shown else {
                        return self.end(program, who, KILLED, false);
                    };
                    *place = shown;
                }
                self.print(program, who, Line { writer: small(who), step: next, values })
            }
            Op::Flush => {
                self.go_on(who);
                Did::Flushed { n_lines: self.flush(who) }
            }
            Op::Exec { to, no } => {
                let it = self.go_on(who);
                if program.exec_works {
                    it.buffer.clear();
                    it.registers = [0; REGISTERS_MAX];
                    Did::Replaced
                } else {
                    it.next = *no;
                    it.set(*to, -1);
                    Did::NotReplaced
                }
            }
            Op::Image { .. } => {
                let line = Line { writer: small(who), step: next, values: [0; VALUES_MAX] };
                if self.output.len() < LINES_MAX {
                    self.output.push(line);
                }
                self.end(program, who, 0, true)
            }
            Op::Exit { code, flushes } => match value(code) {
                // Eight bits of it are kept.
                Some(code) => self.end(program, who, code.to_le_bytes()[0], *flushes),
                None => self.end(program, who, KILLED, false),
            },
            // These are never waited at.
            Op::Set { .. } | Op::Branch { .. } | Op::Jump { .. } => Did::Parent,
        }
    }

    fn go_on(&mut self, who: usize) -> &mut Proc {
        let it = &mut self.procs[who];
        it.next += 1;
        it
    }

    fn fork(&mut self, program: &Program, who: usize, to: Option<u8>) -> Did {
        let child = self.procs.len();
        let fails = program.limit <= child;
        let it = self.go_on(who);
        it.set(to, if fails { -1 } else { pid(child) });
        if fails {
            return Did::ForkFailed;
        }
        let mut copy = it.clone();
        copy.set(to, 0);
        (copy.parent, copy.maker) = (small(who), small(who));
        self.procs.push(copy);
        Did::Forked { child }
    }

    fn wait(&mut self, who: usize, to: Option<u8>, code: Option<u8>, wanted: Option<i32>) -> Did {
        let ended = |&it: &usize| self.procs[it].life == Life::Zombie;
        let found = self.children(who, wanted).find(ended);
        let Some(child) = found else {
            self.go_on(who).set(to, -1);
            return Did::NoChild;
        };
        self.procs[child].life = Life::Gone;
        let got = self.procs[child].code;
        let it = self.go_on(who);
        it.set(code, i32::from(got));
        it.set(to, pid(child));
        Did::Reaped { child, code: got }
    }

    fn print(&mut self, program: &Program, who: usize, line: Line) -> Did {
        let out = if program.buffered { &mut self.procs[who].buffer } else { &mut self.output };
        if LINES_MAX <= out.len() {
            self.procs[who].next = SPINS;
            return Did::Full;
        }
        out.push(line);
        self.go_on(who);
        if program.buffered { Did::Buffered(line) } else { Did::Wrote(line) }
    }

    /// Writes out what is in a buffer.
    fn flush(&mut self, who: usize) -> usize {
        let lines = std::mem::take(&mut self.procs[who].buffer);
        let room = LINES_MAX.saturating_sub(self.output.len());
        for line in lines.iter().take(room) {
            self.output.push(Line { writer: small(who), ..*line });
        }
        lines.len()
    }

    /// A process ends: its children go to somebody else, and it stays until its parent asks.
    fn end(&mut self, program: &Program, who: usize, code: u8, flushes: bool) -> Did {
        let n_flushed = if flushes { self.flush(who) } else { 0 };
        let n_lost = std::mem::take(&mut self.procs[who].buffer).len();
        let heir = if program.to_grandparent { self.procs[who].parent } else { INIT };
        let children: Vec<usize> = self.children(who, None).collect();
        let (mut orphans, mut reaped) = (Vec::new(), Vec::new());
        for child in children {
            let it = &mut self.procs[child];
            it.parent = heir;
            match it.life {
                Life::Alive => orphans.push(child),
                Life::Zombie if heir == INIT || heir == SHELL => {
                    it.life = Life::Gone;
                    reaped.push(child);
                }
                Life::Zombie | Life::Gone => {}
            }
        }
        let it = &mut self.procs[who];
        // Init and the shell wait at all times.
        it.life = if matches!(it.parent, INIT | SHELL) { Life::Gone } else { Life::Zombie };
        (it.code, it.next, it.registers) = (code, 0, [0; REGISTERS_MAX]);
        Did::Ended(End { code, orphans, reaped, n_flushed, n_lost })
    }

    /// Processes that have not ended.
    pub(super) fn n_alive(&self) -> usize {
        self.count(Life::Alive)
    }

    pub(super) fn count(&self, life: Life) -> usize {
        self.procs.iter().filter(|it| it.life == life).count()
    }

    /// How many children a process has made.
    pub(super) fn made_by(&self, who: usize) -> usize {
        self.procs.iter().filter(|it| usize::from(it.maker) == who).count()
    }
}

impl Proc {
    fn set(&mut self, to: Option<u8>, value: i32) {
        if let Some(place) = to.and_then(|it| self.registers.get_mut(usize::from(it))) {
            *place = value;
        }
    }
}

impl Program {
    /// A line of output as text.
    pub(super) fn line_text(&self, line: &Line) -> String {
        let mut values = line.values.iter();
        let mut words = Vec::new();
        match self.steps.get(usize::from(line.step)).map(|step| &step.op) {
            Some(Op::Print { pieces }) => {
                for piece in pieces {
                    words.push(match piece {
                        Piece::Text(text) => text.clone(),
                        Piece::Value(_) => values.next().copied().unwrap_or_default().to_string(),
                    });
                }
            }
            Some(Op::Image { name }) => words.push(name.clone()),
            _ => {}
        }
        words.join(" ")
    }
}
