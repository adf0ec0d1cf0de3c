//! The program's loop, the kernel's side of the rings, and the devices.

use super::uring::{Fetch, Scenario};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use crate::words::{count, grouped_count, list};

/// How an operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    Failed,
    Cancelled,
}

/// Where a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Program,
    /// In the submission ring.
    Queued,
    /// Taken by the kernel; waits for the one before it.
    Linked,
    Running,
    /// Its result has a place in the completion ring.
    Result,
    /// Its result waits for a place.
    Overflow,
    Fetched,
}

/// One request and its times.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    pub(super) place: Place,
    pub(super) outcome: Outcome,
    pub(super) put_at: u64,
    pub(super) start_at: Option<u64>,
    /// When its device will be done, once it runs; when it was, afterwards.
    pub(super) done_at: Option<u64>,
    pub(super) fetched_at: Option<u64>,
    /// Whether the next one waits for it, in the same batch.
    holds_next: bool,
}

/// A ring: two counters that only grow, and who lies in which place.
#[derive(Debug, Clone)]
pub(super) struct Ring {
    pub(super) head: u32,
    pub(super) tail: u32,
    pub(super) slots: Vec<Option<u16>>,
}

impl Ring {
    fn new(size: u32) -> Self {
        Self { head: 0, tail: 0, slots: vec![None; usize::try_from(size).unwrap_or_default()] }
    }

    pub(super) fn len(&self) -> u32 {
        self.tail - self.head
    }

    fn size(&self) -> u32 {
        u32::try_from(self.slots.len()).unwrap_or_default()
    }

    fn place(&self, counter: u32) -> usize {
        usize::try_from(counter % self.size().max(1)).unwrap_or_default()
    }

    fn push(&mut self, who: u16) {
        let place = self.place(self.tail);
        self.slots[place] = Some(who);
        self.tail += 1;
    }

    fn pop(&mut self) -> Option<u16> {
        if self.head == self.tail {
            return None;
        }
        let place = self.place(self.head);
        self.head += 1;
        self.slots[place].take()
    }
}

/// What the program's thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thread {
    Program,
    Kernel,
    Asleep,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) now: u64,
    pub(super) requests: Vec<Request>,
    pub(super) sq: Ring,
    pub(super) cq: Ring,
    pub(super) overflow: Vec<u16>,
    pub(super) thread: Thread,
    /// Every call: begin and end, without the sleep in it.
    pub(super) enters: Vec<(u64, u64)>,
    /// Every sleep in a call; the last one may still last.
    pub(super) sleeps: Vec<(u64, u64)>,
    /// How long the polling thread has been idle since, and whether it sleeps.
    poller_idle_since: u64,
    pub(super) poller_asleep: bool,
    pub(super) n_fetches: u64,
    pub(super) n_overflows: u64,
    pub(super) n_wakes: u64,
}

impl State {
    pub(super) fn n_cancelled(&self) -> u64 {
        self.requests.iter().filter(|it| it.outcome == Outcome::Cancelled).count() as u64
    }

    /// Requests that the kernel has and whose results are not there yet.
    fn n_running(&self) -> u64 {
        let inside = |it: &&Request| matches!(it.place, Place::Running | Place::Linked);
        self.requests.iter().filter(inside).count() as u64
    }
}

pub(super) struct Program<'a> {
    scenario: &'a Scenario,
    state: State,
    /// Requests that were put into the ring so far.
    n_put: usize,
}

impl<'a> Program<'a> {
    pub(super) fn new(scenario: &'a Scenario) -> Self {
        let request = Request {
            place: Place::Program,
            outcome: Outcome::Done,
            put_at: 0,
            start_at: None,
            done_at: None,
            fetched_at: None,
            holds_next: false,
        };
        let state = State {
            now: 0,
            requests: vec![request; scenario.operations.len()],
            sq: Ring::new(scenario.sq_size()),
            cq: Ring::new(scenario.cq_size()),
            overflow: Vec::new(),
            thread: Thread::Program,
            enters: Vec::new(),
            sleeps: Vec::new(),
            poller_idle_since: 0,
            poller_asleep: false,
            n_fetches: 0,
            n_overflows: 0,
            n_wakes: 0,
        };
        Self { scenario, state, n_put: 0 }
    }

    fn step(
        &self,
        tag: &'static str,
        say: String,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        log.step(self.state.now, tag, || Shot::new(say, self.state.clone()))
    }

    fn names(&self, who: &[u16]) -> String {
        let name = |at: &u16| self.scenario.operations[usize::from(*at)].name.as_str();
        list(&who.iter().map(name).collect::<Vec<_>>())
    }

    pub(super) fn run(mut self, log: &mut Log<State>) -> Result<State, ScenarioError> {
        let n = self.state.requests.len();
        let say = format!(
            "The program has {}; both rings are empty, and {}.",
            count(n as u64, "requests"),
            if self.scenario.sqpoll {
                "a kernel thread watches the first one"
            } else {
                "the kernel looks at them only when it is called"
            }
        );
        self.step("start", say, log)?;
        loop {
            let submitted = self.n_put == n;
            if !submitted {
                self.put(log)?;
            } else if self.state.requests.iter().all(|it| it.place == Place::Fetched) {
                return Ok(self.state);
            }
            if self.scenario.sqpoll {
                self.poll(log)?;
            } else {
                self.enter(log)?;
            }
            let all_put = self.n_put == n;
            if self.scenario.fetch == Fetch::Always || all_put {
                self.fetch(log)?;
            }
            if !all_put && 0 < self.scenario.pause_ns {
                self.pass(self.scenario.pause_ns, log)?;
            }
        }
    }

    /// The program writes a batch and moves the tail.
    fn put(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let room = self.state.sq.size() - self.state.sq.len();
        let left = self.state.requests.len() - self.n_put;
        let n = usize::try_from(self.scenario.batch.min(room)).unwrap_or_default().min(left);
        let mut put = Vec::new();
        for at in self.n_put..self.n_put + n {
            let who = u16::try_from(at).unwrap_or_default();
            self.state.sq.push(who);
            let request = &mut self.state.requests[at];
            (request.place, request.put_at) = (Place::Queued, self.state.now);
            request.holds_next = self.scenario.operations[at].link && at + 1 < self.n_put + n;
            put.push(who);
        }
        self.n_put += n;
        let full = if self.scenario.batch > room { ", which is full now" } else { "" };
        let say = format!(
            "The program writes {} into the submission ring{full}, and only then moves the tail to \
             {}, so that the kernel never sees half a request.",
            self.names(&put),
            self.state.sq.tail
        );
        self.step("put", say, log)
    }

    /// One call: it takes what is in the ring, and may sleep.
    fn enter(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let n_new = self.state.sq.len();
        let begin = self.state.now;
        self.state.thread = Thread::Kernel;
        self.state.enters.push((begin, begin + self.scenario.enter_ns));
        self.advance(begin + self.scenario.enter_ns, log)?;
        let listed = self.make_room();
        let taken = self.take();
        let end = self.state.now;
        if let Some(last) = self.state.enters.last_mut() {
            last.1 = end;
        }
        let what = match (n_new, listed) {
            (0, 0) => "submits nothing and asks for results".to_owned(),
            (0, n) => format!("lets {} into the ring that waited for a place", count(n, "results")),
            (n, _) => format!("hands over {} at once", count(n.into(), "requests")),
        };
        let say = format!(
            "The program calls io_uring_enter, which {what}: call number {}.",
            self.state.enters.len()
        );
        let options: Vec<String> = [0, 1, n_new].iter().map(ToString::to_string).collect();
        log.step(end, "enter", || {
            let shot = Shot::new(say, self.state.clone());
            if n_new < 2 {
                return shot;
            }
            shot.ask("How many system calls do these requests take?", options, 1)
        })?;
        self.started(&taken, log)?;
        self.sleep(log)
    }

    /// The kernel takes all requests and starts them, one after the other.
    fn take(&mut self) -> Vec<u16> {
        let mut taken = Vec::new();
        let mut held = false;
        while let Some(who) = self.state.sq.pop() {
            let at = usize::from(who);
            if held {
                self.state.requests[at].place = Place::Linked;
            } else {
                self.start(who);
            }
            held = self.state.requests[at].holds_next;
            taken.push(who);
        }
        taken
    }

    fn start(&mut self, who: u16) {
        let at = usize::from(who);
        self.state.now += self.scenario.op_ns + self.scenario.work_ns;
        let request = &mut self.state.requests[at];
        request.place = Place::Running;
        request.start_at = Some(self.state.now);
        request.done_at = Some(self.state.now + self.scenario.operations[at].device_ns);
    }

    /// Results that are there already when the requests are taken.
    fn started(&mut self, taken: &[u16], log: &mut Log<State>) -> Result<(), ScenarioError> {
        let linked: Vec<u16> = taken
            .iter()
            .filter(|&&it| self.state.requests[usize::from(it)].place == Place::Linked)
            .copied()
            .collect();
        if !linked.is_empty() {
            let say = format!(
                "The kernel holds {} back, because a linked request starts only when the one before \
                 it has succeeded.",
                self.names(&linked)
            );
            self.step("hold", say, log)?;
        }
        self.advance(self.state.now, log)
    }

    /// Sleeps in the call until enough results are there.
    fn sleep(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let all_put = self.n_put == self.state.requests.len();
        let least = if all_put { 1 } else { 0 };
        let there = u64::from(self.state.cq.len()) + self.state.overflow.len() as u64;
        let want = u64::from(self.scenario.wait_for.max(least)).min(there + self.state.n_running());
        if want <= there {
            self.state.thread = Thread::Program;
            return Ok(());
        }
        let begin = self.state.now;
        self.state.thread = Thread::Asleep;
        self.state.sleeps.push((begin, begin));
        let say = format!(
            "The program sleeps in the call, because it wants {} and {}.",
            count(want, "results"),
            match there {
                0 => "none is there".to_owned(),
                1 => "only 1 is there".to_owned(),
                n => format!("only {n} are there"),
            }
        );
        self.step("sleep", say, log)?;
        while u64::from(self.state.cq.len()) + (self.state.overflow.len() as u64) < want {
            let Some((at, _)) = self.next_done() else { break };
            self.advance(at, log)?;
        }
        if let Some(last) = self.state.sleeps.last_mut() {
            last.1 = self.state.now;
        }
        self.state.thread = Thread::Program;
        Ok(())
    }

    /// The next request whose device will be done; at one moment, the one submitted first.
    fn next_done(&self) -> Option<(u64, u16)> {
        let mut next: Option<(u64, u16)> = None;
        for (who, request) in self.state.requests.iter().enumerate() {
            let Some(done) = request.done_at.filter(|_| request.place == Place::Running) else {
                continue;
            };
            if next.is_none_or(|it| done < it.0) {
                next = Some((done, u16::try_from(who).unwrap_or_default()));
            }
        }
        next
    }

    /// Everything that devices finish up to a moment.
    fn advance(&mut self, until: u64, log: &mut Log<State>) -> Result<(), ScenarioError> {
        while let Some((at, who)) = self.next_done().filter(|it| it.0 <= until) {
            self.state.now = self.state.now.max(at);
            self.finish(who, log)?;
        }
        self.state.now = self.state.now.max(until);
        Ok(())
    }

    /// A device is done: its result gets a place, and what was linked goes on or is cancelled.
    fn finish(&mut self, who: u16, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let running: Vec<u16> = (0..self.state.requests.len())
            .filter(|&at| self.state.requests[at].place == Place::Running)
            .filter_map(|at| u16::try_from(at).ok())
            .collect();
        let fails = self.scenario.operations[usize::from(who)].fails;
        let outcome = if fails { Outcome::Failed } else { Outcome::Done };
        let place = self.result(who, outcome);
        let ended = if fails { "fails" } else { "is done" };
        let late = match running.first() {
            Some(first) if *first < who => {
                format!(", before {}, because nothing keeps the order", self.names(&[*first]))
            }
            _ => String::new(),
        };
        let say = match place {
            Place::Overflow => format!(
                "{} {ended}{late}, but the completion ring is full: its result waits in a list of the \
                 kernel.",
                self.names(&[who])
            ),
            _ => format!(
                "{} {ended}{late}: the kernel writes its result and moves the tail to {}.",
                self.names(&[who]),
                self.state.cq.tail
            ),
        };
        let answer = running.iter().position(|&it| it == who).unwrap_or_default();
        let options = running.iter().map(|it| self.names(&[*it])).collect();
        let tag = if place == Place::Overflow { "overflow" } else { "complete" };
        log.step(self.state.now, tag, || {
            Shot::new(say, self.state.clone()).ask("Whose result comes next?", options, answer)
        })?;
        if !self.state.requests[usize::from(who)].holds_next {
            return Ok(());
        }
        if fails { self.cancel(who, log) } else { self.release(who, log) }
    }

    fn result(&mut self, who: u16, outcome: Outcome) -> Place {
        let full = self.state.cq.len() == self.state.cq.size() || !self.state.overflow.is_empty();
        let place = if full { Place::Overflow } else { Place::Result };
        if full {
            self.state.overflow.push(who);
            self.state.n_overflows += 1;
        } else {
            self.state.cq.push(who);
        }
        let request = &mut self.state.requests[usize::from(who)];
        (request.place, request.outcome) = (place, outcome);
        request.done_at = Some(self.state.now);
        place
    }

    fn release(&mut self, who: u16, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let next = who + 1;
        let at = usize::from(next);
        let now = self.state.now;
        let request = &mut self.state.requests[at];
        request.place = Place::Running;
        request.start_at = Some(now);
        request.done_at = Some(now + self.scenario.operations[at].device_ns);
        let say = format!(
            "{} starts, because {} before it has succeeded.",
            self.names(&[next]),
            self.names(&[who])
        );
        self.step("link", say, log)
    }

    fn cancel(&mut self, who: u16, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let mut cancelled = Vec::new();
        let mut next = who + 1;
        loop {
            self.result(next, Outcome::Cancelled);
            cancelled.push(next);
            if !self.state.requests[usize::from(next)].holds_next {
                break;
            }
            next += 1;
        }
        let say = format!(
            "The kernel ends {} with ECANCELED, because {} before {} has failed.",
            self.names(&cancelled),
            self.names(&[who]),
            if cancelled.len() == 1 { "it" } else { "them" }
        );
        self.step("cancel", say, log)
    }

    /// Results of the kernel's list get places that are free now.
    fn make_room(&mut self) -> u64 {
        let free = usize::try_from(self.state.cq.size() - self.state.cq.len()).unwrap_or_default();
        let n = free.min(self.state.overflow.len());
        for who in self.state.overflow.drain(..n) {
            self.state.cq.push(who);
            self.state.requests[usize::from(who)].place = Place::Result;
        }
        n as u64
    }

    /// The program takes all results that are in the ring.
    fn fetch(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let mut got = Vec::new();
        while let Some(who) = self.state.cq.pop() {
            let request = &mut self.state.requests[usize::from(who)];
            (request.place, request.fetched_at) = (Place::Fetched, Some(self.state.now));
            got.push(who);
        }
        if got.is_empty() {
            return Ok(());
        }
        self.state.n_fetches += 1;
        let say = format!(
            "The program fetches {} and moves the head to {}; that takes no call, because the ring \
             is its own memory too.",
            match got.as_slice() {
                [one] => format!("the result of {}", self.names(&[*one])),
                all => format!("the results of {}", self.names(all)),
            },
            self.state.cq.head
        );
        self.step("fetch", say, log)
    }

    /// The program does something else; devices go on.
    fn pass(&mut self, ns: u64, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.advance(self.state.now + ns, log)?;
        self.step("pause", "The program does something else for a while.".to_owned(), log)
    }

    /// A round with a polling kernel thread.
    fn poll(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let idle = self.state.now - self.state.poller_idle_since;
        let n_new = self.state.sq.len();
        if 0 < n_new {
            let asleep = self.scenario.idle_ns <= idle && 0 < idle;
            if asleep {
                self.wake_poller(idle, log)?;
            }
            let taken = self.take();
            self.state.poller_idle_since = self.state.now;
            let say = format!(
                "The kernel thread sees the new tail and takes {}, {}.",
                self.names(&taken),
                if asleep { "now that it is awake" } else { "so no system call is needed" }
            );
            let options: Vec<String> = [0, 1, n_new].iter().map(ToString::to_string).collect();
            let answer = usize::from(asleep);
            log.step(self.state.now, "take", || {
                let shot = Shot::new(say, self.state.clone());
                if n_new < 2 {
                    return shot;
                }
                shot.ask("How many system calls do these requests take?", options, answer)
            })?;
            return self.started(&taken, log);
        }
        if self.state.overflow.is_empty() || 0 < self.state.cq.len() {
            if let Some((at, _)) = self.next_done() {
                self.advance(at, log)?;
            }
            return Ok(());
        }
        self.enter(log)
    }

    fn wake_poller(&mut self, idle: u64, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let begin = self.state.now;
        self.state.n_wakes += 1;
        self.state.poller_asleep = true;
        self.state.enters.push((begin, begin + self.scenario.enter_ns));
        self.advance(begin + self.scenario.enter_ns, log)?;
        self.state.poller_asleep = false;
        let say = format!(
            "The program calls io_uring_enter to wake the kernel thread, which went to sleep after \
             {} without a request: {} have passed.",
            grouped_count(self.scenario.idle_ns, "ns"),
            grouped_count(idle, "ns")
        );
        self.step("wake_poller", say, log)
    }
}
