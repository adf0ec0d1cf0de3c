//! Threads of the program, threads of the kernel and cores: who sits where, and what happens next.

use super::thread_models::{Model, Row, Scenario, Wait};
use super::thread_models_say as say;
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use std::sync::{Arc, OnceLock};

/// Where a thread of the program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In this queue.
    Ready(usize),
    /// On this core, or about to be once the switch is over.
    On(usize),
    /// In a blocking call: its kernel thread sleeps with it.
    Call { until: u64 },
    /// Waits for an event, without a kernel thread.
    Parked { until: u64 },
    /// Has ended.
    Done,
}

/// What a core does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seat {
    Idle,
    /// Runs a thread from this time on; before it, switches to it.
    Run {
        thread: usize,
        from: u64,
        slice_end: u64,
    },
    /// Belongs to a kernel thread that sleeps in a call of this thread since then.
    Held {
        thread: usize,
        since: u64,
    },
}

/// Everything that changes.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) places: Vec<Place>,
    /// The common queue, then in M:N one for each core.
    pub(super) queues: Vec<Vec<usize>>,
    pub(super) seats: Vec<Seat>,
    /// The kernel thread of each core, and of each thread that is on one.
    pub(super) kernel_of_seat: Vec<Option<usize>>,
    pub(super) kernel_of: Vec<Option<usize>>,
    /// Kernel threads that exist, and those that have nothing to do.
    pub(super) n_kernel: usize,
    pub(super) pool: Vec<usize>,
    pub(super) worked_ticks: u64,
    pub(super) n_kernel_switches: u64,
    pub(super) n_user_switches: u64,
    /// When all have ended, once that is known: for a steady axis.
    pub(super) end: Arc<OnceLock<u64>>,
    /// What is left of each thread's burst, and how many bursts are behind it.
    left: Vec<u64>,
    n_bursts: Vec<usize>,
    /// Who ran on a core last, and whether another kernel thread sits there since.
    last: Vec<Option<usize>>,
    fresh: Vec<bool>,
}

/// Totals that only the metrics need.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) finish: Vec<u64>,
    pub(super) worked: Vec<u64>,
    pub(super) cores_max: usize,
    pub(super) stuck_ticks: u64,
    pub(super) n_steals: u64,
    pub(super) n_handoffs: u64,
}

/// A run: the scenario, the state and the clock.
pub(super) struct World<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) state: State,
    pub(super) totals: Totals,
    pub(super) now: u64,
}

type Ended = Result<(), ScenarioError>;

impl<'a> World<'a> {
    pub(super) fn new(scenario: &'a Scenario) -> Self {
        let n = scenario.threads.len();
        let n_seats = scenario.cores;
        let n_kernel = match scenario.model {
            Model::OneToOne => n,
            Model::ManyToOne => 1,
            Model::ManyToMany => n_seats,
        };
        let mut queues = vec![Vec::new()];
        if scenario.model == Model::ManyToMany {
            queues.resize(n_seats + 1, Vec::new());
        }
        let mut places = Vec::new();
        for thread in 0..n {
            let queue = match (scenario.model, scenario.spread) {
                (Model::OneToOne | Model::ManyToOne, _) => 0,
                (Model::ManyToMany, false) => 1,
                (Model::ManyToMany, true) => thread % n_seats + 1,
            };
            queues[queue].push(thread);
            places.push(Place::Ready(queue));
        }
        let one_to_one = scenario.model == Model::OneToOne;
        let own = |at| one_to_one.then_some(at);
        let state = State {
            places,
            queues,
            seats: vec![Seat::Idle; n_seats],
            kernel_of_seat: (0..n_seats)
                .map(|it| (!one_to_one && it < n_kernel).then_some(it))
                .collect(),
            kernel_of: (0..n).map(own).collect(),
            n_kernel,
            pool: Vec::new(),
            worked_ticks: 0,
            n_kernel_switches: 0,
            n_user_switches: 0,
            end: Arc::default(),
            left: scenario.threads.iter().map(|it| it.bursts[0]).collect(),
            n_bursts: vec![0; n],
            last: vec![None; n_seats],
            fresh: vec![false; n_seats],
        };
        let totals = Totals { finish: vec![0; n], worked: vec![0; n], ..Totals::default() };
        Self { scenario, state, totals, now: 0 }
    }

    pub(super) fn row(&self, thread: usize) -> &'a Row {
        &self.scenario.threads[thread]
    }

    /// Runs until every thread has ended.
    pub(super) fn run(&mut self, log: &mut Log<State>) -> Ended {
        self.log(log, "start", |it| say::start(it))?;
        loop {
            for seat in 0..self.state.seats.len() {
                self.end_burst(seat, log)?;
            }
            for thread in 0..self.state.places.len() {
                self.end_wait(thread, log)?;
            }
            for seat in 0..self.state.seats.len() {
                self.hand_off(seat, log)?;
            }
            for seat in 0..self.state.seats.len() {
                self.preempt(seat, log)?;
            }
            for seat in 0..self.state.seats.len() {
                self.pick(seat, log)?;
            }
            let Some(next) = self.next_time() else { break };
            self.work_until(next);
        }
        // Set once: a second call would change nothing.
        let _ = self.state.end.set(self.now);
        self.log(log, "end", |it| say::end(it))
    }

    fn log(
        &self,
        log: &mut Log<State>,
        tag: &'static str,
        say: impl FnOnce(&Self) -> String,
    ) -> Ended {
        log.step(self.now, tag, || Shot::new(say(self), self.state.clone()))
    }

    /// The next moment at which something can happen.
    fn next_time(&self) -> Option<u64> {
        let seats = self.state.seats.iter().filter_map(|seat| match *seat {
            Seat::Run { thread, from, slice_end } => {
                Some((from + self.state.left[thread]).min(slice_end))
            }
            Seat::Held { since, .. } => {
                let due = since + self.scenario.notice_ticks;
                (self.scenario.hands_over() && self.now < due).then_some(due)
            }
            Seat::Idle => None,
        });
        let waits = self.state.places.iter().filter_map(|place| match *place {
            Place::Call { until } | Place::Parked { until } => Some(until),
            Place::Ready(_) | Place::On(_) | Place::Done => None,
        });
        seats.chain(waits).min()
    }

    /// Moves the clock; nothing happens on the way.
    fn work_until(&mut self, next: u64) {
        let mut n_busy = 0;
        for seat in &mut self.state.seats {
            let Seat::Run { thread, from, .. } = seat else { continue };
            let start = (*from).max(self.now);
            if start < next {
                let worked = next - start;
                self.state.left[*thread] -= worked;
                self.totals.worked[*thread] += worked;
                self.state.worked_ticks += worked;
                *from = next;
                n_busy += 1;
            }
        }
        let ready = self.state.places.iter().any(|it| matches!(it, Place::Ready(_)));
        if n_busy == 0 && ready && !self.switching() {
            self.totals.stuck_ticks += next - self.now;
        }
        self.totals.cores_max = self.totals.cores_max.max(n_busy);
        self.now = next;
    }

    fn switching(&self) -> bool {
        self.state.seats.iter().any(|it| matches!(it, Seat::Run { .. }))
    }

    /// The burst of the thread on this core ends: it has ended, or it waits.
    fn end_burst(&mut self, seat: usize, log: &mut Log<State>) -> Ended {
        let Seat::Run { thread, .. } = self.state.seats[seat] else { return Ok(()) };
        if 0 < self.state.left[thread] {
            return Ok(());
        }
        let row = self.row(thread);
        self.state.n_bursts[thread] += 1;
        let at = self.state.n_bursts[thread];
        self.state.seats[seat] = Seat::Idle;
        if row.bursts.len() <= at {
            self.state.places[thread] = Place::Done;
            self.totals.finish[thread] = self.now;
            self.leave(thread, seat);
            return self.log(log, "finish", |it| say::finish(it, thread));
        }
        let until = self.now + row.bursts[at];
        self.state.n_bursts[thread] += 1;
        self.state.left[thread] = row.bursts[at + 1];
        let model = self.scenario.model;
        if model != Model::OneToOne && row.wait == Wait::Event {
            self.state.places[thread] = Place::Parked { until };
            self.leave(thread, seat);
            return self.log(log, "park", |it| say::park(it, thread, until));
        }
        self.state.places[thread] = Place::Call { until };
        if model == Model::OneToOne {
            self.leave(thread, seat);
        } else {
            self.state.seats[seat] = Seat::Held { thread, since: self.now };
        }
        log.step(self.now, "block", || {
            let shot = Shot::new(say::block(self, thread, seat, until), self.state.clone());
            say::ask_block(self, shot)
        })
    }

    /// The thread gives up its kernel thread, and in 1:1 the kernel thread its core.
    fn leave(&mut self, thread: usize, seat: usize) {
        match self.scenario.model {
            Model::OneToOne => self.state.kernel_of_seat[seat] = None,
            Model::ManyToOne | Model::ManyToMany => self.state.kernel_of[thread] = None,
        }
    }

    /// A wait is over: the thread is ready, or goes on at once on the core that waited with it.
    fn end_wait(&mut self, thread: usize, log: &mut Log<State>) -> Ended {
        let (until, in_call) = match self.state.places[thread] {
            Place::Call { until } => (until, true),
            Place::Parked { until } => (until, false),
            Place::Ready(_) | Place::On(_) | Place::Done => return Ok(()),
        };
        if self.now < until {
            return Ok(());
        }
        let held = |seat: &Seat| matches!(seat, Seat::Held { thread: it, .. } if *it == thread);
        let back = if let Some(seat) = self.state.seats.iter().position(held) {
            self.sit(seat, thread, 0);
            say::Back::Waited(seat)
        } else if in_call && self.scenario.model == Model::ManyToMany {
            self.come_back(thread)
        } else {
            self.enqueue(thread, 0);
            say::Back::Ready
        };
        self.log(log, "return", |it| say::back(it, thread, back))
    }

    /// A kernel thread of M:N comes back from a call and has lost its place: it looks for a free one.
    fn come_back(&mut self, thread: usize) -> say::Back {
        let kernel = self.state.kernel_of[thread];
        let free = self.state.seats.iter().position(|it| *it == Seat::Idle);
        // Whoever waits in a queue has been picked before a core is idle, but for this moment.
        let waits = self.state.queues.iter().any(|it| !it.is_empty());
        if let Some(seat) = free.filter(|_| !waits) {
            self.state.pool.extend(self.state.kernel_of_seat[seat]);
            self.state.kernel_of_seat[seat] = kernel;
            self.state.n_kernel_switches += 1;
            self.sit(seat, thread, self.scenario.kernel_switch_ticks);
            return say::Back::Free(seat);
        }
        self.state.pool.extend(kernel);
        self.state.kernel_of[thread] = None;
        self.enqueue(thread, 0);
        say::Back::Global
    }

    fn enqueue(&mut self, thread: usize, queue: usize) {
        self.state.queues[queue].push(thread);
        self.state.places[thread] = Place::Ready(queue);
    }

    /// Puts a thread on a core; it works once the switch is over.
    fn sit(&mut self, seat: usize, thread: usize, switch_ticks: u64) {
        let from = self.now + switch_ticks;
        let slice_end = match (self.scenario.model, self.scenario.quantum_ticks) {
            (Model::ManyToOne, _) | (_, 0) => u64::MAX,
            (_, quantum) => from + quantum,
        };
        self.state.places[thread] = Place::On(seat);
        self.state.seats[seat] = Seat::Run { thread, from, slice_end };
        self.state.last[seat] = Some(thread);
        self.state.fresh[seat] = false;
        match self.scenario.model {
            Model::OneToOne => self.state.kernel_of_seat[seat] = Some(thread),
            Model::ManyToOne | Model::ManyToMany => {
                self.state.kernel_of[thread] = self.state.kernel_of_seat[seat];
            }
        }
    }

    /// The queues in which a core looks for work, in this order.
    fn source(&self, seat: usize) -> Option<usize> {
        let has = |queue: &usize| !self.state.queues[*queue].is_empty();
        match self.scenario.model {
            Model::OneToOne => Some(0).filter(has),
            Model::ManyToOne => Some(0).filter(has).filter(|_| seat == 0),
            Model::ManyToMany => Some(seat + 1).filter(has).or(Some(0).filter(has)),
        }
    }

    /// The queue that a core without work would steal from: the longest, the first of equals.
    fn victim(&self, seat: usize) -> Option<usize> {
        if self.scenario.model != Model::ManyToMany || !self.scenario.stealing {
            return None;
        }
        let mut best = None;
        for queue in (1..self.state.queues.len()).filter(|it| *it != seat + 1) {
            let len = self.state.queues[queue].len();
            if best.map_or(0, |it: usize| self.state.queues[it].len()) < len {
                best = Some(queue);
            }
        }
        best
    }

    /// The watcher takes a core away from a kernel thread that sleeps in a call.
    fn hand_off(&mut self, seat: usize, log: &mut Log<State>) -> Ended {
        let Seat::Held { thread, since } = self.state.seats[seat] else { return Ok(()) };
        let due = since + self.scenario.notice_ticks <= self.now;
        let work = self.source(seat).is_some() || self.victim(seat).is_some();
        if !self.scenario.hands_over() || !due || !work {
            return Ok(());
        }
        let pooled = !self.state.pool.is_empty();
        let kernel = if pooled { self.state.pool.remove(0) } else { self.state.n_kernel };
        self.state.n_kernel += usize::from(!pooled);
        self.state.kernel_of_seat[seat] = Some(kernel);
        self.state.seats[seat] = Seat::Idle;
        self.state.fresh[seat] = true;
        self.totals.n_handoffs += 1;
        self.log(log, "hand_off", |it| say::hand_off(it, (thread, since), seat, (kernel, pooled)))
    }

    /// The quantum is over: another one's turn, if another one is ready.
    fn preempt(&mut self, seat: usize, log: &mut Log<State>) -> Ended {
        let Seat::Run { thread, from, slice_end } = self.state.seats[seat] else { return Ok(()) };
        if self.now < slice_end {
            return Ok(());
        }
        if self.source(seat).is_none() {
            let slice_end = self.now + self.scenario.quantum_ticks;
            self.state.seats[seat] = Seat::Run { thread, from, slice_end };
            return Ok(());
        }
        self.state.seats[seat] = Seat::Idle;
        self.leave(thread, seat);
        self.enqueue(thread, 0);
        self.log(log, "preempt", |it| say::preempt(it, thread, seat))
    }

    /// A core without work looks for some.
    fn pick(&mut self, seat: usize, log: &mut Log<State>) -> Ended {
        if self.state.seats[seat] != Seat::Idle {
            return Ok(());
        }
        if self.source(seat).is_none()
            && let Some(victim) = self.victim(seat)
        {
            self.steal(seat, victim, log)?;
        }
        let Some(queue) = self.source(seat) else { return Ok(()) };
        let candidates = self.state.queues[queue].clone();
        let thread = self.state.queues[queue].remove(0);
        let same = self.state.last[seat].is_none_or(|it| it == thread);
        let (user, kernel) = (self.scenario.user_switch_ticks, self.scenario.kernel_switch_ticks);
        let by_kernel = self.scenario.model == Model::OneToOne || self.state.fresh[seat];
        let ticks = match (by_kernel, same) {
            (true, false) => {
                self.state.n_kernel_switches += 1;
                kernel
            }
            (false, false) => {
                self.state.n_user_switches += 1;
                user
            }
            (_, true) => 0,
        };
        self.sit(seat, thread, ticks);
        log.step(self.now, "run", || {
            let told = say::run(self, (thread, seat), queue, ticks);
            say::ask_pick(self, Shot::new(told, self.state.clone()), &candidates)
        })
    }

    /// Takes the first half of another core's queue, rounded up.
    fn steal(&mut self, seat: usize, victim: usize, log: &mut Log<State>) -> Ended {
        let n_before = self.state.queues[victim].len();
        let rest = self.state.queues[victim].split_off(n_before.div_ceil(2));
        let stolen = std::mem::replace(&mut self.state.queues[victim], rest);
        for &thread in &stolen {
            self.enqueue(thread, seat + 1);
        }
        self.totals.n_steals += stolen.len() as u64;
        self.log(log, "steal", |it| say::steal(it, seat, (victim, n_before), &stolen))
    }
}
