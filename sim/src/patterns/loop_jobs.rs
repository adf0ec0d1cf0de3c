//! What waits for the loop, and what a step of it did.

use super::script::{Host, Op};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Node,
    /// Before version 11 the small queues were emptied between phases only.
    Node10,
    Browser,
}

impl Kind {
    pub(super) const fn host(self) -> Host {
        match self {
            Self::Node | Self::Node10 => Host::Node,
            Self::Browser => Host::Browser,
        }
    }
}

/// How long things take, in µs, and what comes from outside.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) kind: Kind,
    pub(super) script_us: u64,
    pub(super) callback_us: u64,
    pub(super) file_us: u64,
    pub(super) net_us: u64,
    pub(super) paint_us: u64,
    pub(super) until_us: u64,
    pub(super) n_threads: usize,
    /// When events come, rising.
    pub(super) events_us: Vec<u64>,
}

/// A callback that waits for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) id: u32,
    pub(super) what: What,
    /// Chain and place in it of the handler that follows.
    pub(super) then: Option<(usize, usize)>,
    /// When it could run, or will be able to.
    pub(super) at: u64,
    /// Time after which it is set again.
    pub(super) every: Option<u64>,
    pub(super) from: From,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Calls a function.
    Call(usize),
    /// Goes on in an `async` function that was left in the middle.
    Resume(usize),
    /// Settles the promise of an answer that has come.
    Settle,
}

/// Which queue a callback waits in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    Script,
    Tick,
    Micro,
    Timer,
    Check,
    /// Of the pool, by thread.
    Pool(usize),
    Network,
    Event,
    Picture,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Script,
    Timers,
    Poll,
    Check,
    /// Browser: a task is taken.
    Task,
    /// Browser: a picture is made.
    Picture,
}

/// A read that the pool does or did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) id: u32,
    pub(super) function: usize,
    pub(super) thread: usize,
    pub(super) start: u64,
    pub(super) end: u64,
}

/// What the metrics count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) callbacks: u32,
    pub(super) micros: u32,
    pub(super) pictures: u64,
    pub(super) missed: u64,
    pub(super) busy_us: u64,
    pub(super) event_wait_max: u64,
    pub(super) timer_late_max: u64,
}

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Did {
    /// A callback begins, in its queue's turn.
    Begin { job: Job, late: u64 },
    /// A statement ran.
    Ran { function: usize, op: Op, ended: bool, left: bool },
    /// The loop slept until `to`.
    Slept { from: u64, why: Wake },
    /// A picture was painted; so many were missed.
    Painted { missed: u64 },
    /// There is nothing left to wait for.
    End,
    /// The time or the steps of the model are over.
    Cut,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wake {
    Outside,
    Timer,
    Picture,
}
