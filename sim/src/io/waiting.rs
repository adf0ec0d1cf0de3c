//! What a thread does while it waits, in each of the five models.

use super::blocking_modes::{Scenario, arrivals};

/// How a program waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Model {
    Blocking,
    NonBlocking,
    Multiplexed,
    Signal,
    Asynchronous,
}

pub(super) const MODELS: [Model; 5] =
    [Model::Blocking, Model::NonBlocking, Model::Multiplexed, Model::Signal, Model::Asynchronous];

impl Model {
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Blocking => "blocking",
            Self::NonBlocking => "non_blocking",
            Self::Multiplexed => "multiplexed",
            Self::Signal => "signal",
            Self::Asynchronous => "asynchronous",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Blocking => "Blocking",
            Self::NonBlocking => "Non-blocking",
            Self::Multiplexed => "Multiplexed",
            Self::Signal => "Signal-driven",
            Self::Asynchronous => "Asynchronous",
        }
    }
}

/// What a stretch of time is spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Work,
    /// A call that starts the waiting, or the one that ends it.
    Call(&'static str),
    /// A read of which it is known that it need not wait.
    Read(&'static str),
    /// So many reads in vain.
    Again(u64),
    Sleep,
    Wake,
    Signal(&'static str),
    Copy(&'static str),
    Notice(&'static str),
}

/// A stretch of time of one thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) what: What,
}

/// Most single questions that are drawn; more are drawn as one stretch.
const QUESTIONS_MAX: u64 = 12;

struct Thread<'a> {
    scenario: &'a Scenario,
    now: u64,
    work_left: u64,
    spans: Vec<Span>,
}

/// Everything that one program does, in order.
pub(super) fn plan(scenario: &Scenario, model: Model) -> Vec<Span> {
    let mut thread = Thread { scenario, now: 0, work_left: scenario.work_ns, spans: Vec::new() };
    match model {
        Model::Blocking => thread.blocking(),
        Model::NonBlocking => thread.non_blocking(),
        Model::Multiplexed => thread.multiplexed(),
        Model::Signal => thread.signal(),
        Model::Asynchronous => thread.asynchronous(),
    }
    let rest = thread.work_left;
    thread.work(rest);
    thread.spans
}

impl Thread<'_> {
    fn spend(&mut self, ns: u64, what: What) {
        if 0 < ns {
            self.spans.push(Span { start: self.now, end: self.now + ns, what });
            self.now += ns;
        }
    }

    fn work(&mut self, ns: u64) {
        let ns = ns.min(self.work_left);
        self.work_left -= ns;
        self.spend(ns, What::Work);
    }

    /// Sleeps until a moment, unless it is past.
    fn sleep_until(&mut self, when: u64) {
        if self.now < when {
            self.spend(when - self.now, What::Sleep);
            self.spend(self.scenario.wake_ns, What::Wake);
        }
    }

    fn read(&mut self, name: &'static str) {
        self.spend(self.scenario.call_ns, What::Read(name));
        self.spend(self.scenario.copy_ns, What::Copy(name));
    }

    /// A read for each source, one after the other, in the order of their names.
    fn blocking(&mut self) {
        let mut sources = arrivals(self.scenario);
        crate::order::by_key(&mut sources, |it| it.0);
        for (name, when) in sources {
            self.spend(self.scenario.call_ns, What::Call(name));
            self.sleep_until(when);
            self.spend(self.scenario.copy_ns, What::Copy(name));
        }
    }

    /// A read that is tried again and again, with pieces of work between.
    fn non_blocking(&mut self) {
        let Scenario { call_ns, copy_ns, piece_ns, .. } = *self.scenario;
        for (name, when) in arrivals(self.scenario) {
            while self.now < when {
                let idle = self.work_left == 0;
                let left = (when - self.now).div_ceil(call_ns);
                // Without work it only asks: many questions are one stretch.
                let n = if idle && QUESTIONS_MAX < left { left } else { 1 };
                self.spend(n * call_ns, What::Again(n));
                self.work(piece_ns);
            }
            self.spend(call_ns, What::Call(name));
            self.spend(copy_ns, What::Copy(name));
        }
    }

    /// One call that sleeps for all, then a read for the one that is ready.
    fn multiplexed(&mut self) {
        for (name, when) in arrivals(self.scenario) {
            self.spend(self.scenario.call_ns, What::Call(name));
            self.sleep_until(when);
            self.read(name);
        }
    }

    /// Work until a signal comes.
    fn signal(&mut self) {
        for (name, when) in arrivals(self.scenario) {
            let free = when.saturating_sub(self.now);
            self.work(free);
            self.sleep_until(when);
            self.spend(self.scenario.signal_ns, What::Signal(name));
            self.read(name);
        }
    }

    /// The kernel waits and copies; the thread looks between two pieces of work.
    fn asynchronous(&mut self) {
        let Scenario { call_ns, copy_ns, piece_ns, .. } = *self.scenario;
        let sources = arrivals(self.scenario);
        let mut submitted = Vec::new();
        for (name, when) in sources {
            self.spend(call_ns, What::Call(name));
            submitted.push((name, when));
        }
        // The kernel copies one after the other, not before it has the buffer.
        let mut free = self.now;
        for (name, when) in submitted {
            let start = when.max(free);
            free = start + copy_ns;
            self.spans.push(Span { start, end: free, what: What::Copy(name) });
            while self.now < free && 0 < self.work_left {
                self.work(piece_ns);
            }
            self.sleep_until(free);
            self.spend(1, What::Notice(name));
        }
    }
}
