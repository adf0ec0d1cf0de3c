//! The script of signals: what threads do, and what is sent to them.

use crate::error::{Fault, Problem, ScenarioError};
use crate::lines::{Line, lines};

/// Most statements, and most threads.
const LINES_MAX: usize = 60;
pub(super) const THREADS_MAX: u8 = 4;

/// First real-time signal of the C library, and how many of them may be named.
const RTMIN: u8 = 34;
const N_REAL_TIME: u8 = 8;

/// What a signal does if nothing else was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByDefault {
    End,
    Core,
    Ignore,
    Stop,
    Continue,
}

/// A signal, by its number on x86 and ARM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Signal(pub(super) u8);

const NAMES: [(&str, u8, ByDefault); 17] = [
    ("SIGHUP", 1, ByDefault::End),
    ("SIGINT", 2, ByDefault::End),
    ("SIGQUIT", 3, ByDefault::Core),
    ("SIGILL", 4, ByDefault::Core),
    ("SIGABRT", 6, ByDefault::Core),
    ("SIGBUS", 7, ByDefault::Core),
    ("SIGFPE", 8, ByDefault::Core),
    ("SIGKILL", 9, ByDefault::End),
    ("SIGUSR1", 10, ByDefault::End),
    ("SIGSEGV", 11, ByDefault::Core),
    ("SIGUSR2", 12, ByDefault::End),
    ("SIGPIPE", 13, ByDefault::End),
    ("SIGALRM", 14, ByDefault::End),
    ("SIGTERM", 15, ByDefault::End),
    ("SIGCHLD", 17, ByDefault::Ignore),
    ("SIGCONT", 18, ByDefault::Continue),
    ("SIGSTOP", 19, ByDefault::Stop),
];

impl Signal {
    pub(super) const KILL: Self = Self(9);
    pub(super) const CONT: Self = Self(18);
    pub(super) const STOP: Self = Self(19);

    pub(super) fn of(name: &str) -> Option<Self> {
        if let Some(found) =
            NAMES.iter().find(|it| it.0 == name || it.0.strip_prefix("SIG") == Some(name))
        {
            return Some(Self(found.1));
        }
        let rest = name.strip_prefix("SIG").unwrap_or(name).strip_prefix("RTMIN")?;
        let number = match rest.strip_prefix('+') {
            Some(number) => number.parse().ok().filter(|it| *it < N_REAL_TIME)?,
            None if rest.is_empty() => 0,
            None => return None,
        };
        Some(Self(RTMIN + number))
    }

    pub(super) fn name(self) -> String {
        match NAMES.iter().find(|it| it.1 == self.0) {
            Some(found) => found.0.to_owned(),
            None if self.0 == RTMIN => "SIGRTMIN".to_owned(),
            None => format!("SIGRTMIN+{}", self.0.saturating_sub(RTMIN)),
        }
    }

    pub(super) fn default(self) -> ByDefault {
        NAMES.iter().find(|it| it.1 == self.0).map_or(ByDefault::End, |it| it.2)
    }

    /// Whether each one that is sent is kept.
    pub(super) const fn queues(self) -> bool {
        RTMIN <= self.0
    }

    /// Whether it can be blocked, ignored or handled.
    pub(super) const fn may_be_changed(self) -> bool {
        !matches!(self, Self::KILL | Self::STOP)
    }

    /// Whether the CPU reports such a mistake of a thread.
    pub(super) const fn is_synchronous(self) -> bool {
        matches!(self.0, 4 | 7 | 8 | 11)
    }

    pub(super) const fn bit(self) -> u64 {
        1 << (self.0 - 1)
    }
}

/// What is done about a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Default,
    Ignore,
    Handler { restart: bool },
}

/// What one thread does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    Create,
    Block(Signal),
    Unblock(Signal),
    Set(Signal, Action),
    /// A blocking call; `restarts` if the kernel can begin it again.
    Call {
        restarts: bool,
    },
    /// The call that it is in ends by itself.
    Done,
    SigWait(Vec<Signal>),
    Fault(Signal),
    /// The handler returns.
    Return,
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Does {
    Kill(Signal, Option<u64>),
    ThreadKill(u8, Signal, Option<u64>),
    Thread(u8, Act),
}

/// One statement.
#[derive(Debug, Clone)]
pub(super) struct Op {
    pub(super) does: Does,
    pub(super) text: String,
}

const VERBS: &str =
    "create, block, unblock, handle, ignore, default, read, sleep, done, sigwait, fault or return";

/// Reads a script, with every fault at its place.
pub(super) fn read(text: &str) -> Result<Vec<Op>, ScenarioError> {
    let mut problems = Vec::new();
    let mut ops: Vec<Op> = Vec::new();
    let mut n_threads = 1;
    for mut line in lines(text) {
        if LINES_MAX <= ops.len() + problems.len() {
            problems.push(line.wrong(&format!("a script has at most {LINES_MAX} statements")));
            break;
        }
        match op(&mut line, &mut n_threads) {
            Ok(op) => ops.push(op),
            Err(problem) => problems.push(problem),
        }
    }
    if ops.is_empty() && problems.is_empty() {
        let why = "a script has at least one statement".to_owned();
        problems.push(Problem { at: "/script".to_owned(), fault: Fault::Conflict(why) });
    }
    if problems.is_empty() { Ok(ops) } else { Err(ScenarioError(problems)) }
}

fn op(line: &mut Line<'_>, n_threads: &mut u8) -> Result<Op, Problem> {
    let text = line.text();
    let does = if line.take("kill") {
        let signal = signal(line)?;
        Does::Kill(signal, value(line)?)
    } else if line.take("tgkill") {
        let thread = thread(line, *n_threads)?;
        let signal = signal(line)?;
        Does::ThreadKill(thread, signal, value(line)?)
    } else {
        let thread = thread(line, *n_threads)?;
        Does::Thread(thread, act(line, n_threads)?)
    };
    line.end()?;
    Ok(Op { does, text })
}

fn thread(line: &mut Line<'_>, n_threads: u8) -> Result<u8, Problem> {
    let word = line.word("kill, tgkill or a thread, such as T1")?;
    let number = word.strip_prefix('T').and_then(|it| it.parse::<u8>().ok());
    match number {
        Some(number) if (1..=n_threads).contains(&number) => Ok(number - 1),
        _ => Err(line.wrong("expected kill, tgkill or a thread that was created before")),
    }
}

fn act(line: &mut Line<'_>, n_threads: &mut u8) -> Result<Act, Problem> {
    Ok(match line.word(VERBS)? {
        "create" if *n_threads == THREADS_MAX => {
            return Err(line.wrong(&format!("there are at most {THREADS_MAX} threads")));
        }
        "create" => {
            *n_threads += 1;
            Act::Create
        }
        "block" => Act::Block(changed(line)?),
        "unblock" => Act::Unblock(changed(line)?),
        "handle" => {
            let signal = changed(line)?;
            Act::Set(signal, Action::Handler { restart: line.take("restart") })
        }
        "ignore" => Act::Set(changed(line)?, Action::Ignore),
        "default" => Act::Set(changed(line)?, Action::Default),
        "read" => Act::Call { restarts: true },
        "sleep" => Act::Call { restarts: false },
        "done" => Act::Done,
        "return" => Act::Return,
        "sigwait" => {
            let mut set = vec![changed(line)?];
            while line.peek().is_some() {
                set.push(changed(line)?);
            }
            Act::SigWait(set)
        }
        "fault" => {
            let signal = signal(line)?;
            if !signal.is_synchronous() {
                return Err(line.wrong("the CPU reports SIGSEGV, SIGBUS, SIGFPE or SIGILL"));
            }
            Act::Fault(signal)
        }
        _ => return Err(line.wrong(&format!("expected {VERBS}"))),
    })
}

fn signal(line: &mut Line<'_>) -> Result<Signal, Problem> {
    let word = line.word("a signal, such as SIGINT or SIGRTMIN+1")?;
    Signal::of(word).ok_or_else(|| line.wrong(&format!("no signal here has the name {word}")))
}

/// A signal whose mask and action can be changed.
fn changed(line: &mut Line<'_>) -> Result<Signal, Problem> {
    let signal = signal(line)?;
    if signal.may_be_changed() {
        return Ok(signal);
    }
    Err(line.wrong(&format!("{} cannot be blocked, ignored or handled", signal.name())))
}

/// What `sigqueue` sends along.
fn value(line: &mut Line<'_>) -> Result<Option<u64>, Problem> {
    if !line.take("=") {
        return Ok(None);
    }
    Ok(Some(line.number_up_to(1_000_000, "a value up to 1000000")?))
}
