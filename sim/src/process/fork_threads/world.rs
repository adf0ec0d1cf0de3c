//! The threads, the two memories with their locks, and what a step does.

use serde::Deserialize;

/// Threads: two of the parent, one of the child.
pub(super) const N: usize = 3;
pub(super) const A: usize = 0;
pub(super) const B: usize = 1;
pub(super) const CHILD: usize = 2;
pub(super) const NAMES: [&str; N] = ["A", "B", "child"];

/// The laws.
pub(super) const HANGS: &str = "the child hangs";
const HALF: &str = "half changed data";

/// What is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fix {
    None,
    Atfork,
    Exec,
    Spawn,
    Early,
    LogThenExec,
    Renew,
}

/// Who has the lock in its code: the handlers of the program know only its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Owner {
    Program,
    Library,
}

/// One step of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Lock,
    /// The first and the second part of a change.
    Half,
    Whole,
    Unlock,
    /// The whole change at once, by the child.
    Write,
    /// What handlers do: before the fork, after it in the parent, after it in the child.
    Before,
    AfterHere,
    AfterThere,
    Renew,
    Fork,
    Spawn,
    Create,
    Exec,
    Wait,
    Exit,
}

/// A step and how it is written.
pub(super) type Line = (Op, String);

/// The scenario made ready.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(super) fix: Fix,
    pub(super) owner: Owner,
    rounds: u8,
    pub(super) lines: [Vec<Line>; N],
}

/// A lock and the data that it guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Memory {
    pub(super) holder: Option<usize>,
    pub(super) half: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct State {
    /// The line of each thread that comes next; past the last one, it has ended.
    pub(super) at: [u8; N],
    n_done: u8,
    pub(super) has_a: bool,
    pub(super) has_child: bool,
    /// Whether the child runs a program that has nothing to do with the memory of the parent.
    pub(super) is_fresh: bool,
    /// The memory of the parent and that of the child.
    pub(super) memory: [Memory; 2],
    /// Whether the child has built on what was half changed.
    pub(super) spoiled: bool,
}

impl Setup {
    pub(super) fn new(fix: Fix, owner: Owner, rounds: u8) -> Self {
        let lock = if owner == Owner::Program { "log" } else { "dns" };
        let line = |op: Op| -> Line {
            let text = match op {
                Op::Lock => format!("lock(&{lock})"),
                Op::Unlock => format!("unlock(&{lock})"),
                Op::Half => "list[n] = line".to_owned(),
                Op::Whole => "n = n + 1".to_owned(),
                Op::Write => "list[n++] = line".to_owned(),
                Op::Before => "before_fork()".to_owned(),
                Op::AfterHere | Op::AfterThere => "after_fork()".to_owned(),
                Op::Renew => "init(&log)".to_owned(),
                Op::Fork => "pid = fork()".to_owned(),
                Op::Spawn => "posix_spawn()".to_owned(),
                Op::Create => "create(A)".to_owned(),
                Op::Exec => "exec(prog)".to_owned(),
                Op::Wait => "waitpid(pid)".to_owned(),
                Op::Exit => "_exit(0)".to_owned(),
            };
            (op, text)
        };
        let list = |ops: &[Op]| ops.iter().map(|it| line(*it)).collect::<Vec<Line>>();
        let b: &[Op] = match fix {
            Fix::Atfork => &[Op::Before, Op::Fork, Op::AfterHere, Op::Wait],
            Fix::Spawn => &[Op::Spawn, Op::Wait],
            Fix::Early => &[Op::Fork, Op::Create, Op::Wait],
            Fix::None | Fix::Exec | Fix::LogThenExec | Fix::Renew => &[Op::Fork, Op::Wait],
        };
        let mut child = vec![Op::Lock, Op::Write, Op::Unlock, Op::Exit];
        match fix {
            Fix::Atfork => child.insert(0, Op::AfterThere),
            Fix::Renew => child.insert(0, Op::Renew),
            Fix::Exec => child.insert(0, Op::Exec),
            Fix::LogThenExec => child.insert(3, Op::Exec),
            Fix::None | Fix::Spawn | Fix::Early => {}
        }
        let a = list(&[Op::Lock, Op::Half, Op::Whole, Op::Unlock]);
        Self { fix, owner, rounds, lines: [a, list(b), list(&child)] }
    }

    pub(super) fn start(&self) -> State {
        State {
            at: [0; N],
            n_done: 0,
            has_a: self.fix != Fix::Early,
            has_child: false,
            is_fresh: false,
            memory: [Memory::default(); 2],
            spoiled: false,
        }
    }

    /// Whether a thread exists or has existed.
    pub(super) const fn exists(state: &State, who: usize) -> bool {
        match who {
            A => state.has_a,
            CHILD => state.has_child,
            _ => true,
        }
    }

    /// The step that a thread takes next.
    pub(super) fn line(&self, state: &State, who: usize) -> Option<&Line> {
        self.lines[who].get(usize::from(state.at[who])).filter(|_| Self::exists(state, who))
    }

    fn op(&self, state: &State, who: usize) -> Option<Op> {
        self.line(state, who).map(|it| it.0)
    }

    pub(super) fn has_ended(&self, state: &State, who: usize) -> bool {
        Self::exists(state, who) && self.line(state, who).is_none()
    }

    /// The memory in which a thread lives.
    pub(super) const fn memory_of(who: usize) -> usize {
        if who == CHILD { 1 } else { 0 }
    }

    /// Whether the handlers know the lock.
    fn knows(&self) -> bool {
        self.owner == Owner::Program
    }

    /// Whether a thread stands where it cannot go on now.
    pub(super) fn waits(&self, state: &State, who: usize) -> bool {
        let is_taken = state.memory[Self::memory_of(who)].holder.is_some();
        match self.op(state, who) {
            Some(Op::Lock) => is_taken,
            Some(Op::Before) => is_taken && self.knows(),
            Some(Op::Wait) => !self.has_ended(state, CHILD),
            _ => false,
        }
    }

    pub(super) fn waits_to_fork(&self, state: &State) -> bool {
        self.op(state, B) == Some(Op::Before) && self.waits(state, B)
    }

    /// Who can step.
    pub(super) fn able(&self, state: &State) -> impl Iterator<Item = usize> {
        (0..N).filter(|&it| self.line(state, it).is_some() && !self.waits(state, it))
    }

    pub(super) fn pick(&self, state: &State, pick: u32) -> Option<usize> {
        self.able(state).nth(usize::try_from(pick).ok()?)
    }

    /// Takes the step of a thread that can.
    pub(super) fn go(&self, state: &mut State, who: usize) {
        let Some(op) = self.op(state, who) else { return };
        let own = Some(who);
        let knows = self.knows();
        let memory = &mut state.memory[Self::memory_of(who)];
        match op {
            Op::Lock => memory.holder = own,
            Op::Before if knows => memory.holder = own,
            Op::Unlock => memory.holder = None,
            Op::AfterHere | Op::AfterThere | Op::Renew if knows => memory.holder = None,
            Op::Half => memory.half = true,
            Op::Whole => memory.half = false,
            Op::Write => state.spoiled |= memory.half,
            Op::Fork => {
                let mut copy = *memory;
                // Of the threads, the one that forks exists on both sides.
                if copy.holder == own {
                    copy.holder = Some(CHILD);
                }
                state.memory[1] = copy;
                state.has_child = true;
            }
            Op::Spawn => (state.has_child, state.is_fresh) = (true, true),
            Op::Exec => {
                *memory = Memory::default();
                state.is_fresh = true;
            }
            Op::Create => state.has_a = true,
            Op::Before | Op::AfterHere | Op::AfterThere | Op::Renew | Op::Wait | Op::Exit => {}
        }
        state.at[who] += 1;
        if who == A && usize::from(state.at[A]) == self.lines[A].len() {
            state.n_done += 1;
            if state.n_done < self.rounds {
                state.at[A] = 0;
            }
        }
    }

    /// Whether the child's lock is held by a thread that is not in the child.
    pub(super) fn is_orphaned(&self, state: &State) -> bool {
        state.has_child && state.memory[1].holder == Some(A)
    }

    pub(super) fn broken(&self, state: &State) -> Option<&'static str> {
        if state.spoiled {
            return Some(HALF);
        }
        let stands = self.able(state).next().is_none();
        (stands && (0..N).any(|it| self.line(state, it).is_some())).then_some(HANGS)
    }
}
