//! The ring, the processes at its ends, and what a call does.

use super::script::{Does, Op, Part};
use crate::words::{grouped_count, list};

/// Bytes that one write keeps together, on Linux.
pub(super) const PIPE_BUF: u64 = 4_096;

/// Bytes of one call that lie next to one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bytes {
    /// Who wrote them, in which of its calls, and at which place of all that it wrote.
    pub(super) who: usize,
    pub(super) call: u32,
    pub(super) from: u64,
    pub(super) len: u64,
}

/// How far a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Awake,
    Asleep,
    Ended,
    /// By SIGPIPE.
    Killed,
}

/// A process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proc {
    pub(super) life: Life,
    pub(super) reads: bool,
    pub(super) writes: bool,
    /// The statement that comes next, and how much of its call is done.
    pub(super) at: usize,
    pub(super) done: u64,
    n_calls: u32,
    pub(super) n_written: u64,
    /// What it has read, in order.
    pub(super) got: Vec<Bytes>,
}

/// Everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct World {
    pub(super) procs: Vec<Proc>,
    /// What is in the ring, the oldest first.
    pub(super) ring: Vec<Bytes>,
    /// Bytes that ever went out and in.
    pub(super) n_out: u64,
    pub(super) n_in: u64,
    pub(super) acting: Option<usize>,
    pub(super) totals: Totals,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Totals {
    pub(super) n_sleeps: u32,
    pub(super) n_switches: u32,
    pub(super) n_eof: u32,
    pub(super) n_broken: u32,
    pub(super) n_again: u32,
    pub(super) used_max: u64,
}

/// What is fixed.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) parts: Vec<Part>,
    pub(super) capacity: u64,
    pub(super) nonblocking: bool,
    pub(super) ignores_sigpipe: bool,
}

/// What a call amounts to, as a learner may predict it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    All,
    Part,
    Sleeps,
    End,
    Again,
    Broken,
}

pub(super) const ANSWERS: [(Answer, &str); 6] = [
    (Answer::All, "it gets through at once"),
    (Answer::Part, "it does a part and sleeps"),
    (Answer::Sleeps, "it sleeps"),
    (Answer::End, "it gets 0: end of file"),
    (Answer::Again, "it fails with EAGAIN"),
    (Answer::Broken, "SIGPIPE or EPIPE: nobody reads"),
];

/// What a step did: its tag, its sentence, and the answer of a call.
pub(super) struct Told {
    pub(super) tag: &'static str,
    pub(super) say: String,
    pub(super) answer: Option<Answer>,
}

fn told(tag: &'static str, say: String, answer: Option<Answer>) -> Told {
    Told { tag, say, answer }
}

pub(super) fn name(who: usize) -> String {
    format!("P{}", who + 1)
}

pub(super) fn bytes(n: u64) -> String {
    grouped_count(n, "bytes")
}

impl World {
    pub(super) fn new(setup: &Setup) -> Self {
        let proc = |part: &Part| Proc {
            life: Life::Awake,
            reads: part.reads,
            writes: part.writes,
            at: 0,
            done: 0,
            n_calls: 0,
            n_written: 0,
            got: Vec::new(),
        };
        Self {
            procs: setup.parts.iter().map(proc).collect(),
            ring: Vec::new(),
            n_out: 0,
            n_in: 0,
            acting: None,
            totals: Totals::default(),
        }
    }

    /// Bytes in the ring.
    pub(super) const fn used(&self) -> u64 {
        self.n_in - self.n_out
    }

    fn is_over(&self, who: usize) -> bool {
        matches!(self.procs[who].life, Life::Ended | Life::Killed)
    }

    /// Who still has an end open.
    pub(super) fn holders(&self, read: bool) -> Vec<usize> {
        let holds = |&it: &usize| {
            !self.is_over(it) && if read { self.procs[it].reads } else { self.procs[it].writes }
        };
        (0..self.procs.len()).filter(holds).collect()
    }

    pub(super) fn op<'a>(&self, setup: &'a Setup, who: usize) -> Option<&'a Op> {
        setup.parts[who].ops.get(self.procs[who].at)
    }

    /// Whether a call of this process would have to sleep now.
    fn must_sleep(&self, setup: &Setup, who: usize) -> bool {
        let Some(op) = self.op(setup, who) else { return false };
        match op.does {
            Does::Write(n) => {
                let room = setup.capacity - self.used();
                let left = n - self.procs[who].done;
                // What is promised to stay together goes in as a whole.
                let need = if n <= PIPE_BUF { left } else { 1 };
                self.procs[who].writes && !self.holders(true).is_empty() && room < need
            }
            Does::Read(_) => {
                self.procs[who].reads && self.used() == 0 && !self.holders(false).is_empty()
            }
            Does::Wait => (0..self.procs.len()).any(|it| it != who && !self.is_over(it)),
            Does::CloseRead | Does::CloseWrite => false,
        }
    }

    pub(super) fn able(&self, setup: &Setup, who: usize) -> bool {
        match self.procs[who].life {
            Life::Awake => true,
            Life::Asleep => !self.must_sleep(setup, who),
            Life::Ended | Life::Killed => false,
        }
    }

    /// Takes one step of a process that can go on.
    pub(super) fn step(&mut self, setup: &Setup, who: usize) -> Told {
        let asleep: Vec<usize> =
            (0..self.procs.len()).filter(|&it| self.procs[it].life == Life::Asleep).collect();
        let could: Vec<usize> = asleep.iter().copied().filter(|&it| self.able(setup, it)).collect();
        if self.acting.is_some_and(|it| it != who) {
            self.totals.n_switches += 1;
        }
        self.acting = Some(who);
        let mut told = self.act(setup, who);
        self.totals.used_max = self.totals.used_max.max(self.used());
        let woken = asleep
            .into_iter()
            .filter(|it| *it != who && !could.contains(it) && self.able(setup, *it));
        let woken: Vec<String> = woken.map(name).collect();
        if !woken.is_empty() {
            let wake = if woken.len() == 1 { "wakes up" } else { "wake up" };
            let end = told.say.pop();
            told.say.push_str(&format!("; {} {wake}", list(&woken)));
            told.say.extend(end);
        }
        told
    }

    fn act(&mut self, setup: &Setup, who: usize) -> Told {
        let me = name(who);
        let Some(op) = self.op(setup, who) else {
            let it = &mut self.procs[who];
            it.life = Life::Ended;
            let held = it.reads || it.writes;
            let say = if held {
                format!("{me} ends, and the kernel closes the ends that it held.")
            } else {
                format!("{me} ends and had no end of the pipe open any more.")
            };
            return told("exit", say, None);
        };
        match op.does {
            Does::CloseRead => {
                self.procs[who].reads = false;
                self.closed(who, true)
            }
            Does::CloseWrite => {
                self.procs[who].writes = false;
                self.closed(who, false)
            }
            Does::Wait if self.must_sleep(setup, who) => {
                self.sleep(who);
                told("wait", format!("{me} sleeps in wait, because others have not ended."), None)
            }
            Does::Wait => {
                self.next(setup, who, false);
                told(
                    "wait",
                    format!("{me} returns from wait, because all others have ended."),
                    None,
                )
            }
            Does::Read(n) => self.read(setup, who, n),
            Does::Write(n) => self.write(setup, who, n),
        }
    }

    fn closed(&mut self, who: usize, read: bool) -> Told {
        self.procs[who].at += 1;
        let (end, others) = (if read { "read" } else { "write" }, self.holders(read));
        let others: Vec<String> = others.into_iter().map(name).collect();
        let left = match others.len() {
            0 => "nobody has it open any more".to_owned(),
            1 => format!("{} still has it open", others[0]),
            _ => format!("{} still have it open", list(&others)),
        };
        told("close", format!("{} closes its {end} end; {left}.", name(who)), None)
    }

    /// The call is over; `again` if a repeated statement comes again.
    fn next(&mut self, setup: &Setup, who: usize, again: bool) {
        let repeats = self.op(setup, who).is_some_and(|it| it.repeat);
        let it = &mut self.procs[who];
        (it.done, it.life) = (0, Life::Awake);
        it.n_calls += 1;
        if !(again && repeats) {
            it.at += 1;
        }
    }

    fn sleep(&mut self, who: usize) {
        self.procs[who].life = Life::Asleep;
        self.totals.n_sleeps += 1;
    }

    fn read(&mut self, setup: &Setup, who: usize, n: u64) -> Told {
        let me = name(who);
        if !self.procs[who].reads {
            self.next(setup, who, false);
            let say = format!("{me} gets EBADF from read, because it has closed the read end.");
            return told("failed", say, None);
        }
        if self.used() == 0 {
            let writers = self.holders(false);
            if writers.is_empty() {
                self.totals.n_eof += 1;
                self.next(setup, who, false);
                let say = format!(
                    "{me} gets 0 from read, the end of the file, because the pipe is empty and \
                     nobody can write any more."
                );
                return told("eof", say, Some(Answer::End));
            }
            if setup.nonblocking {
                self.totals.n_again += 1;
                self.next(setup, who, true);
                let say = format!("{me} gets EAGAIN from read, because the pipe is empty.");
                return told("again", say, Some(Answer::Again));
            }
            self.sleep(who);
            let names: Vec<String> = writers.into_iter().map(name).collect();
            let say = format!(
                "{me} sleeps in read, because the pipe is empty and {} may still write.",
                list(&names)
            );
            return told("sleep", say, Some(Answer::Sleeps));
        }
        let taken = n.min(self.used());
        self.take(who, taken);
        self.next(setup, who, true);
        let why = if taken < n { "that is all there is" } else { "that is what it asked for" };
        let say = format!("{me} reads {}, because {why}.", bytes(taken));
        told("read", say, Some(Answer::All))
    }

    /// Moves bytes from the ring to a reader.
    fn take(&mut self, who: usize, mut n: u64) {
        self.n_out += n;
        while 0 < n {
            let Some(first) = self.ring.first_mut() else { break };
            let part = first.len.min(n);
            let taken = Bytes { len: part, ..*first };
            (first.from, first.len) = (first.from + part, first.len - part);
            n -= part;
            if first.len == 0 {
                self.ring.remove(0);
            }
            let got = &mut self.procs[who].got;
            match got.last_mut() {
                Some(last)
                    if (last.who, last.call, last.from + last.len)
                        == (taken.who, taken.call, taken.from) =>
                {
                    last.len += part;
                }
                _ => got.push(taken),
            }
        }
    }

    fn write(&mut self, setup: &Setup, who: usize, n: u64) -> Told {
        let me = name(who);
        if !self.procs[who].writes {
            self.next(setup, who, false);
            let say = format!("{me} gets EBADF from write, because it has closed the write end.");
            return told("failed", say, None);
        }
        if self.holders(true).is_empty() {
            return self.broken(setup, who);
        }
        let (done, room) = (self.procs[who].done, setup.capacity - self.used());
        if self.must_sleep(setup, who) {
            let why = match (n <= PIPE_BUF, room) {
                (_, 0) => "the pipe is full".to_owned(),
                _ => format!("{} must stay together and only {} are free", bytes(n), bytes(room)),
            };
            if setup.nonblocking {
                self.totals.n_again += 1;
                self.next(setup, who, true);
                let say = format!("{me} gets EAGAIN from write, because {why}.");
                return told("again", say, Some(Answer::Again));
            }
            self.sleep(who);
            let say = format!("{me} sleeps in write, because {why}.");
            return told("sleep", say, Some(Answer::Sleeps));
        }
        let part = room.min(n - done);
        self.put(who, part);
        if done + part == n {
            self.next(setup, who, true);
            let what = if 0 < done { "the last " } else { "" };
            let say = format!("{me} writes {what}{}, because there is room.", bytes(part));
            return told("write", say, Some(Answer::All));
        }
        let rest = bytes(n - done - part);
        if setup.nonblocking {
            self.next(setup, who, true);
            let say = format!(
                "{me} writes {} and is told so, because there is no room for the other {rest}.",
                bytes(part)
            );
            return told("write", say, Some(Answer::All));
        }
        self.procs[who].done = done + part;
        self.sleep(who);
        let say = format!(
            "{me} writes {} and sleeps with {rest} left, because the pipe is full now.",
            bytes(part)
        );
        told("sleep", say, Some(Answer::Part))
    }

    fn put(&mut self, who: usize, len: u64) {
        let it = &mut self.procs[who];
        let new = Bytes { who, call: it.n_calls, from: it.n_written, len };
        it.n_written += len;
        self.n_in += len;
        self.ring.push(new);
    }

    fn broken(&mut self, setup: &Setup, who: usize) -> Told {
        let me = name(who);
        self.totals.n_broken += 1;
        let say = if setup.ignores_sigpipe {
            self.next(setup, who, false);
            format!("{me} gets EPIPE from write, because nobody can read any more.")
        } else {
            self.procs[who].life = Life::Killed;
            format!("{me} is ended by SIGPIPE in write, because nobody can read any more.")
        };
        told("broken", say, Some(Answer::Broken))
    }
}
