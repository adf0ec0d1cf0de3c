//! Signals on their way: sent, pending, delivered or lost.

use super::signals_say as say;
use super::signals_script::{Act, Action, ByDefault, Does, Op, Signal};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;

/// One signal that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) id: u32,
    pub(super) signal: Signal,
    /// What `sigqueue` sent along.
    pub(super) value: Option<u64>,
}

/// What a thread does outside of handlers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Doing {
    Runs,
    /// In a blocking call; `restarts` if the kernel can begin it again.
    Call {
        restarts: bool,
    },
    SigWait(Vec<Signal>),
}

/// A handler that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Handler {
    pub(super) sent: Sent,
    /// The mask that comes back when it returns.
    mask: u64,
    /// What the thread goes on with then.
    then: Doing,
}

/// One thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Thread {
    pub(super) mask: u64,
    pub(super) doing: Doing,
    /// The newest last.
    pub(super) handlers: Vec<Handler>,
    pub(super) pending: Vec<Sent>,
    /// What `sigwait` took last.
    pub(super) taken: Option<Sent>,
    /// How its last call ended, if a signal came.
    pub(super) result: &'static str,
}

/// Everything that changes.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) threads: Vec<Thread>,
    /// Pending for the process.
    pub(super) shared: Vec<Sent>,
    pub(super) actions: Vec<(Signal, Action)>,
    pub(super) stopped: bool,
    pub(super) ended: Option<Signal>,
    /// Sent and gone without effect: the newest last.
    pub(super) gone: Vec<Sent>,
    pub(super) n_done: usize,
    next_id: u32,
}

/// What became of what was sent.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) n_sent: u64,
    pub(super) n_handled: u64,
    pub(super) n_taken: u64,
    pub(super) n_lost: u64,
    pub(super) n_ignored: u64,
    pub(super) n_eintr: u64,
    pub(super) n_restarts: u64,
}

/// Where a signal goes when it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// This thread can take it at once.
    To(usize),
    /// All that might take it block it, or the process is stopped.
    Pending,
    /// One of its kind is pending already.
    Lost,
    /// Nobody is to be told.
    Ignored,
}

/// A run.
pub(super) struct Runner {
    pub(super) state: State,
    pub(super) totals: Totals,
    time: u64,
}

type Ended = Result<(), ScenarioError>;

impl State {
    pub(super) fn action(&self, signal: Signal) -> Action {
        let found = self.actions.iter().find(|it| it.0 == signal);
        found.map_or(Action::Default, |it| it.1)
    }

    /// Whether a signal does nothing at all, whoever gets it.
    fn is_ignored(&self, signal: Signal) -> bool {
        match self.action(signal) {
            Action::Ignore => true,
            Action::Default => signal.default() == ByDefault::Ignore,
            Action::Handler { .. } => false,
        }
    }

    /// Whether a thread would take a signal now.
    fn takes(&self, thread: usize, signal: Signal) -> bool {
        let it = &self.threads[thread];
        let waited_for = matches!(&it.doing, Doing::SigWait(set) if set.contains(&signal));
        waited_for || it.mask & signal.bit() == 0
    }

    /// Where a signal would go that is sent now, to a thread or to the process.
    pub(super) fn fate(&self, to: Option<usize>, signal: Signal) -> Fate {
        let all = 0..self.threads.len();
        let taker = match to {
            Some(thread) => Some(thread).filter(|&it| self.takes(it, signal)),
            None => all.clone().find(|&it| self.takes(it, signal)),
        };
        let waits = |it: &Thread| matches!(&it.doing, Doing::SigWait(set) if set.contains(&signal));
        // A blocked signal stays pending even if it is ignored: that may change before it is unblocked.
        if taker.is_some_and(|it| !waits(&self.threads[it])) && self.is_ignored(signal) {
            return Fate::Ignored;
        }
        let pending = to.map_or(&self.shared, |it| &self.threads[it].pending);
        if !signal.queues() && pending.iter().any(|it| it.signal == signal) {
            return Fate::Lost;
        }
        match taker {
            Some(thread) if !self.stopped || signal == Signal::KILL => Fate::To(thread),
            _ => Fate::Pending,
        }
    }
}

impl Runner {
    pub(super) fn new() -> Self {
        let state = State {
            threads: vec![Thread::new(0)],
            shared: Vec::new(),
            actions: Vec::new(),
            stopped: false,
            ended: None,
            gone: Vec::new(),
            n_done: 0,
            next_id: 1,
        };
        Self { state, totals: Totals::default(), time: 0 }
    }

    pub(super) fn run(&mut self, ops: &[Op], log: &mut Log<State>) -> Ended {
        self.log(log, "start", |_| say::start())?;
        for op in ops {
            self.time += 1;
            self.state.n_done += 1;
            match &op.does {
                Does::Kill(signal, value) => self.send(None, *signal, *value, log)?,
                Does::ThreadKill(thread, signal, value) => {
                    self.send(Some(usize::from(*thread)), *signal, *value, log)?;
                }
                Does::Thread(thread, act) => self.act(usize::from(*thread), act, log)?,
            }
            while self.state.ended.is_none() && self.deliver(log)? {}
            if self.state.ended.is_some() {
                break;
            }
        }
        self.time += 1;
        self.log(log, "end", |it| say::end(&it.state))
    }

    fn log(
        &self,
        log: &mut Log<State>,
        tag: &'static str,
        say: impl FnOnce(&Self) -> String,
    ) -> Ended {
        log.step(self.time, tag, || Shot::new(say(self), self.state.clone()))
    }

    fn send(
        &mut self,
        to: Option<usize>,
        signal: Signal,
        value: Option<u64>,
        log: &mut Log<State>,
    ) -> Ended {
        let before = self.state.clone();
        let sent = Sent { id: self.state.next_id, signal, value };
        self.state.next_id += 1;
        self.totals.n_sent += 1;
        // What stops and what continues cancel each other, whoever blocks them.
        let cancelled = match signal {
            Signal::CONT => Some(Signal::STOP),
            Signal::STOP => Some(Signal::CONT),
            _ => None,
        };
        if let Some(other) = cancelled {
            self.discard(other);
        }
        let woken = signal == Signal::CONT && self.state.stopped;
        self.state.stopped &= !woken;
        let fate = self.state.fate(to, signal);
        let tag = match fate {
            Fate::To(_) | Fate::Pending => {
                match to {
                    Some(thread) => &mut self.state.threads[thread].pending,
                    None => &mut self.state.shared,
                }
                .push(sent);
                "send"
            }
            Fate::Lost => {
                self.totals.n_lost += 1;
                self.state.gone.push(sent);
                "lost"
            }
            Fate::Ignored => {
                self.totals.n_ignored += 1;
                self.state.gone.push(sent);
                "ignored"
            }
        };
        log.step(self.time, tag, || {
            let shot = Shot::new(say::send(&self.state, to, sent, fate, woken), self.state.clone());
            say::ask_send(&before, fate, shot)
        })
    }

    /// Takes all pending ones of a kind away.
    fn discard(&mut self, signal: Signal) {
        let State { threads, shared, gone, .. } = &mut self.state;
        for pending in threads.iter_mut().map(|it| &mut it.pending).chain([shared]) {
            gone.extend(pending.iter().filter(|it| it.signal == signal));
            pending.retain(|it| it.signal != signal);
        }
    }

    fn act(&mut self, thread: usize, act: &Act, log: &mut Log<State>) -> Ended {
        let state = &mut self.state;
        let it = &mut state.threads[thread];
        let busy = it.doing != Doing::Runs;
        let cannot = match act {
            Act::Done => !matches!(it.doing, Doing::Call { .. }),
            Act::Return => busy || it.handlers.is_empty(),
            _ => busy,
        };
        if cannot || state.stopped {
            return self.log(log, "skip", |it| say::skip(&it.state, thread, act));
        }
        match act {
            Act::Create => {
                let mask = it.mask;
                state.threads.push(Thread::new(mask));
            }
            Act::Block(signal) => it.mask |= signal.bit(),
            Act::Unblock(signal) => it.mask &= !signal.bit(),
            Act::Set(signal, action) => {
                state.actions.retain(|it| it.0 != *signal);
                if *action != Action::Default {
                    state.actions.push((*signal, *action));
                }
                if state.is_ignored(*signal) {
                    self.discard(*signal);
                }
            }
            Act::Call { restarts } => {
                it.doing = Doing::Call { restarts: *restarts };
                it.result = "";
            }
            Act::Done => {
                it.doing = Doing::Runs;
                it.result = "";
            }
            Act::SigWait(set) => it.doing = Doing::SigWait(set.clone()),
            Act::Fault(signal) => return self.fault(thread, *signal, log),
            Act::Return => return self.leave(thread, log),
        }
        self.log(log, "act", |it| say::act(&it.state, thread, act))
    }

    /// The thread's own mistake: it cannot go on before the signal is delivered.
    fn fault(&mut self, thread: usize, signal: Signal, log: &mut Log<State>) -> Ended {
        let sent = Sent { id: self.state.next_id, signal, value: None };
        self.state.next_id += 1;
        self.totals.n_sent += 1;
        let blocked = self.state.threads[thread].mask & signal.bit() != 0;
        let action = self.state.action(signal);
        if blocked || !matches!(action, Action::Handler { .. }) {
            self.state.gone.push(sent);
            self.state.ended = Some(signal);
            return self
                .log(log, "fatal", |it| say::fatal_fault(&it.state, thread, signal, blocked));
        }
        self.state.threads[thread].pending.push(sent);
        self.log(log, "fault", |_| say::fault(thread, signal))
    }

    fn leave(&mut self, thread: usize, log: &mut Log<State>) -> Ended {
        let it = &mut self.state.threads[thread];
        let Some(handler) = it.handlers.pop() else { return Ok(()) };
        it.mask = handler.mask;
        it.doing.clone_from(&handler.then);
        self.log(log, "return", |run| say::leave(&run.state, thread, &handler.sent, &handler.then))
    }

    /// The next pending signal that a thread takes: its own before those of the process, mistakes
    /// first, then the lowest number, and of one kind the oldest.
    fn next_for(&self, thread: usize) -> Option<(bool, usize)> {
        let best = |pending: &[Sent]| {
            let takes = pending.iter().enumerate();
            let takes = takes.filter(|(_, it)| self.state.takes(thread, it.signal));
            takes
                .min_by_key(|(at, it)| (!it.signal.is_synchronous(), it.signal, *at))
                .map(|it| it.0)
        };
        let own = best(&self.state.threads[thread].pending).map(|at| (true, at));
        own.or_else(|| best(&self.state.shared).map(|at| (false, at)))
    }

    /// Delivers one signal; `false` if there is none that somebody takes.
    fn deliver(&mut self, log: &mut Log<State>) -> Result<bool, ScenarioError> {
        for thread in 0..self.state.threads.len() {
            let Some((own, at)) = self.next_for(thread) else { continue };
            let pending =
                if own { &self.state.threads[thread].pending } else { &self.state.shared };
            let sent = pending[at];
            if self.state.stopped && sent.signal != Signal::KILL {
                continue;
            }
            match own {
                true => self.state.threads[thread].pending.remove(at),
                false => self.state.shared.remove(at),
            };
            self.take(thread, sent, log)?;
            return Ok(true);
        }
        Ok(false)
    }

    fn take(&mut self, thread: usize, sent: Sent, log: &mut Log<State>) -> Ended {
        let it = &mut self.state.threads[thread];
        if matches!(&it.doing, Doing::SigWait(set) if set.contains(&sent.signal)) {
            it.doing = Doing::Runs;
            it.taken = Some(sent);
            self.totals.n_taken += 1;
            return self.log(log, "taken", |_| say::taken(thread, sent));
        }
        match (self.state.action(sent.signal), sent.signal.default()) {
            (Action::Handler { restart }, _) => self.handle(thread, sent, restart, log),
            (Action::Ignore, _) | (Action::Default, ByDefault::Ignore | ByDefault::Continue) => {
                self.totals.n_ignored += 1;
                self.state.gone.push(sent);
                self.log(log, "ignored", |_| say::ignored(thread, sent))
            }
            (Action::Default, ByDefault::Stop) => {
                self.state.stopped = true;
                self.state.gone.push(sent);
                self.log(log, "stop", |_| say::stop(sent))
            }
            (Action::Default, ByDefault::End | ByDefault::Core) => {
                self.state.ended = Some(sent.signal);
                self.state.gone.push(sent);
                self.log(log, "fatal", |it| say::fatal(&it.state, thread, sent))
            }
        }
    }

    fn handle(&mut self, thread: usize, sent: Sent, restart: bool, log: &mut Log<State>) -> Ended {
        let it = &mut self.state.threads[thread];
        let was = it.doing.clone();
        let again = matches!(was, Doing::Call { restarts: true }) && restart;
        let then = if again { was.clone() } else { Doing::Runs };
        let interrupted = was != Doing::Runs && !again;
        it.handlers.push(Handler { sent, mask: it.mask, then });
        it.mask |= sent.signal.bit();
        it.doing = Doing::Runs;
        if was != Doing::Runs {
            it.result = if again { "starts again" } else { "−1, EINTR" };
        }
        self.totals.n_handled += 1;
        self.totals.n_eintr += u64::from(interrupted);
        self.totals.n_restarts += u64::from(again);
        log.step(self.time, "handle", || {
            let shot = Shot::new(say::handle(thread, sent, &was, restart), self.state.clone());
            say::ask_handle(&was, again, shot)
        })
    }
}

impl Thread {
    const fn new(mask: u64) -> Self {
        Self {
            mask,
            doing: Doing::Runs,
            handlers: Vec::new(),
            pending: Vec::new(),
            taken: None,
            result: "",
        }
    }
}
