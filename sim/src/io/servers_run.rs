//! Requests, cores, waits and a pool, from one event to the next.

use super::servers::{Scenario, Wait};
use crate::Rng;
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use crate::words::grouped_count as count;
use serde::Deserialize;

/// The shape of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Shape {
    Process,
    Thread,
    EventLoop,
    LoopPool,
}

pub(super) const SHAPES: [Shape; 4] =
    [Shape::Process, Shape::Thread, Shape::EventLoop, Shape::LoopPool];

impl Shape {
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Thread => "thread",
            Self::EventLoop => "event_loop",
            Self::LoopPool => "loop_pool",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Process => "a process each",
            Self::Thread => "a thread each",
            Self::EventLoop => "event loops",
            Self::LoopPool => "loops and a pool",
        }
    }

    /// Whether each connection has a flow of control of its own.
    pub(super) const fn is_own(self) -> bool {
        matches!(self, Self::Process | Self::Thread)
    }
}

/// What a run comes to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Summary {
    pub(super) p50_us: u64,
    pub(super) p95_us: u64,
    pub(super) p99_us: u64,
    pub(super) max_us: u64,
    pub(super) n_switches: u64,
    pub(super) end_us: u64,
    pub(super) memory_kib: u64,
}

/// Whose burst a core runs, or which wait holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Burst {
    pub(super) who: u16,
    pub(super) start: u64,
    pub(super) end: u64,
    /// The loop itself waits for a file.
    pub(super) blocks: bool,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) now: u64,
    pub(super) cores: Vec<Option<Burst>>,
    /// Not accepted yet, because all threads are in use.
    pub(super) backlog: Vec<u16>,
    /// Ready for a core; with loops, each for the core of its connection.
    pub(super) ready: Vec<u16>,
    /// Waiting, and until when.
    pub(super) waiting: Vec<(u16, u64)>,
    pub(super) pool_queue: Vec<u16>,
    pub(super) pool_busy: Vec<(u16, u64)>,
    /// Latencies of those that are served, in the order in which they were.
    pub(super) served: Vec<(u16, u64)>,
    pub(super) n_switches: u64,
    /// The four shapes under these requests.
    pub(super) others: Vec<Summary>,
}

/// The value below which so many per cent lie: the nearest rank.
pub(super) fn percentile(sorted: &[u64], percent: u64) -> u64 {
    let rank = (sorted.len() as u64 * percent).div_ceil(100).max(1);
    let at = usize::try_from(rank - 1).unwrap_or_default();
    sorted.get(at).copied().unwrap_or_default()
}

/// Memory of so many connections, with what serves them.
pub(super) fn memory_kib(scenario: &Scenario, shape: Shape, n: u64) -> u64 {
    let own = scenario.socket_kib + scenario.state_kib;
    match shape {
        Shape::Process => n * (own + scenario.process_kib),
        Shape::Thread => n * (own + scenario.thread_kib),
        Shape::EventLoop => n * own + scenario.cores * scenario.thread_kib,
        Shape::LoopPool => n * own + (scenario.cores + scenario.pool) * scenario.thread_kib,
    }
}

pub(super) fn summary(scenario: &Scenario, shape: Shape, state: &State) -> Summary {
    let mut sorted: Vec<u64> = state.served.iter().map(|it| it.1).collect();
    crate::order::by_key(&mut sorted, |it| *it);
    Summary {
        p50_us: percentile(&sorted, 50),
        p95_us: percentile(&sorted, 95),
        p99_us: percentile(&sorted, 99),
        max_us: percentile(&sorted, 100),
        n_switches: state.n_switches,
        end_us: state.now,
        memory_kib: memory_kib(scenario, shape, scenario.n_connections),
    }
}

struct Server<'a> {
    scenario: &'a Scenario,
    shape: Shape,
    state: State,
    arrivals: Vec<u64>,
    /// Which have computed and waited, and now compute the second time.
    is_second: Vec<bool>,
    n_arrived: usize,
    n_inside: u64,
}

/// Serves all requests in one shape.
pub(super) fn serve(
    scenario: &Scenario,
    shape: Shape,
    others: &[Summary],
    log: &mut Log<State>,
) -> Result<State, ScenarioError> {
    let mut rng = Rng::new(scenario.seed);
    let mut at = 0;
    let mut arrivals = Vec::new();
    for _ in 0..scenario.n_requests {
        arrivals.push(at);
        at += if scenario.random { rng.below(2 * scenario.gap_us + 1) } else { scenario.gap_us };
    }
    let n = arrivals.len();
    let cores = vec![None; usize::try_from(scenario.cores).unwrap_or(1)];
    let state = State {
        now: 0,
        cores,
        backlog: Vec::new(),
        ready: Vec::new(),
        waiting: Vec::new(),
        pool_queue: Vec::new(),
        pool_busy: Vec::new(),
        served: Vec::new(),
        n_switches: 0,
        others: others.to_vec(),
    };
    let is_second = vec![false; n];
    let mut server =
        Server { scenario, shape, state, arrivals, is_second, n_arrived: 0, n_inside: 0 };
    while server.state.served.len() < n {
        server.next(log)?;
    }
    Ok(server.state)
}

fn name(who: u16) -> String {
    format!("Request {}", who + 1)
}

impl Server<'_> {
    fn step(
        &self,
        tag: &'static str,
        say: String,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        log.step(self.state.now, tag, || Shot::new(say, self.state.clone()))
    }

    /// The core of a connection's loop.
    fn home(&self, who: u16) -> usize {
        usize::from(who) % self.state.cores.len()
    }

    /// Handles the next moment at which something happens: one event of it.
    fn next(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let core = (0..self.state.cores.len())
            .filter_map(|at| Some((self.state.cores[at]?.end, at)))
            .min();
        let earliest = |of: &[(u16, u64)]| (0..of.len()).map(|at| (of[at].1, at)).min();
        let wait = earliest(&self.state.waiting);
        let pool = earliest(&self.state.pool_busy);
        let arrival = self.arrivals.get(self.n_arrived).map(|&it| (it, 0));
        let times = [core, wait, pool, arrival];
        let Some(now) = times.iter().flatten().map(|it| it.0).min() else { return Ok(()) };
        self.state.now = now;
        let due = |it: Option<(u64, usize)>| it.filter(|it| it.0 == now).map(|it| it.1);
        if let Some(at) = due(core) {
            return self.burst_ends(at, log);
        }
        if let Some(at) = due(wait) {
            let (who, _) = self.state.waiting.remove(at);
            return self.back(who, "what it waited for is there", log);
        }
        if let Some(at) = due(pool) {
            let (who, _) = self.state.pool_busy.remove(at);
            self.fill_pool();
            return self.back(who, "a thread of the pool has read its file", log);
        }
        let who = u16::try_from(self.n_arrived).unwrap_or_default();
        self.n_arrived += 1;
        self.arrive(who, log)
    }

    fn arrive(&mut self, who: u16, log: &mut Log<State>) -> Result<(), ScenarioError> {
        if self.shape.is_own() && self.scenario.workers_max <= self.n_inside {
            self.state.backlog.push(who);
            let unit = if self.shape == Shape::Thread { "threads" } else { "processes" };
            let say = format!(
                "{} waits to be accepted, because no more than {} may run.",
                name(who),
                count(self.scenario.workers_max, unit)
            );
            return self.step("full", say, log);
        }
        self.n_inside += 1;
        self.state.ready.push(who);
        self.fill_cores();
        let say = self.said_of_ready(who, "comes");
        self.step("arrive", say, log)
    }

    fn back(&mut self, who: u16, why: &str, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.is_second[usize::from(who)] = true;
        self.state.ready.push(who);
        self.fill_cores();
        let say = self.said_of_ready(who, &format!("can go on, because {why}"));
        self.step("back", say, log)
    }

    fn said_of_ready(&self, who: u16, does: &str) -> String {
        let who_does = format!("{} {does}", name(who));
        if self.state.cores.iter().flatten().any(|it| it.who == who) {
            return format!("{who_does}; it gets a core at once.");
        }
        let own = self.shape.is_own();
        let same = |it: &&u16| **it != who && (own || self.home(**it) == self.home(who));
        let ahead = match self.state.ready.iter().filter(same).count() as u64 {
            0 => "is next".to_owned(),
            n => format!("queues behind {}", count(n, "others")),
        };
        let home = self.state.cores.get(self.home(who)).copied().flatten();
        let why = match home {
            _ if own => "no core is free",
            Some(burst) if burst.blocks => "its loop waits for a file",
            _ => "its loop is busy",
        };
        format!("{who_does}; it {ahead}, because {why}.")
    }

    fn burst_ends(&mut self, core: usize, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Some(burst) = self.state.cores[core].take() else { return Ok(()) };
        let who = burst.who;
        let at = usize::from(who);
        let Scenario { wait_us, compute_us, wait, .. } = *self.scenario;
        let now = self.state.now;
        if burst.blocks {
            // The loop has its file and goes on with the same request.
            self.is_second[at] = true;
            let end = now + compute_us - compute_us / 2;
            self.state.cores[core] = Some(Burst { who, start: now, end, blocks: false });
            let say = format!("{} has its file, and the loop goes on with it.", name(who));
            return self.step("unblock", say, log);
        }
        if self.is_second[at] {
            return self.done(who, log);
        }
        if wait == Wait::File && self.shape == Shape::EventLoop && 0 < wait_us {
            self.state.cores[core] =
                Some(Burst { who, start: now, end: now + wait_us, blocks: true });
            let say = format!(
                "{} reads a file, and the loop stands still for {}, because a file cannot be watched.",
                name(who),
                count(wait_us, "µs")
            );
            let options = ["only this one", "everybody on this core"].map(str::to_owned).to_vec();
            return log.step(now, "block", || {
                Shot::new(say, self.state.clone()).ask("Who waits now?", options, 1)
            });
        }
        let (tag, said) = if wait == Wait::File && self.shape == Shape::LoopPool {
            self.state.pool_queue.push(who);
            self.fill_pool();
            let queued = self.state.pool_queue.contains(&who);
            let said = if queued { "which are all busy" } else { "and the loop is free" };
            (
                "pool",
                format!(
                    "{} goes to the pool of {}, {said}.",
                    name(who),
                    count(self.scenario.pool, "threads")
                ),
            )
        } else {
            self.state.waiting.push((who, now + wait_us));
            let said = match self.shape {
                Shape::Process => "its process sleeps",
                Shape::Thread => "its thread sleeps",
                Shape::EventLoop | Shape::LoopPool => "the loop watches its socket",
            };
            (
                "wait",
                format!(
                    "{} waits {}: {said}, and the core is free.",
                    name(who),
                    count(wait_us, "µs")
                ),
            )
        };
        self.fill_cores();
        self.step(tag, said, log)
    }

    fn done(&mut self, who: u16, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let latency = self.state.now - self.arrivals[usize::from(who)];
        self.state.served.push((who, latency));
        self.n_inside -= 1;
        let mut next = String::new();
        if self.shape.is_own() && !self.state.backlog.is_empty() {
            let accepted = self.state.backlog.remove(0);
            self.n_inside += 1;
            self.state.ready.push(accepted);
            next = format!("; its place goes to request {}", accepted + 1);
        }
        self.fill_cores();
        let say = format!("{} is served after {}{next}.", name(who), count(latency, "µs"));
        self.step("done", say, log)
    }

    /// Free cores take whoever is ready: anybody, or with loops their own.
    fn fill_cores(&mut self) {
        let Scenario { compute_us, switch_us, dispatch_us, .. } = *self.scenario;
        for core in 0..self.state.cores.len() {
            if self.state.cores[core].is_some() {
                continue;
            }
            let own = self.shape.is_own();
            let fits = |&who: &u16| own || self.home(who) == core;
            let Some(at) = self.state.ready.iter().position(fits) else { continue };
            let who = self.state.ready.remove(at);
            let half = compute_us / 2;
            let part = if self.is_second[usize::from(who)] { compute_us - half } else { half };
            let extra = if own { switch_us } else { dispatch_us };
            self.state.n_switches += u64::from(own);
            let (start, end) = (self.state.now, self.state.now + part + extra);
            self.state.cores[core] = Some(Burst { who, start, end, blocks: false });
        }
    }

    /// Free threads of the pool take what waits for them.
    fn fill_pool(&mut self) {
        let Scenario { wait_us, switch_us, pool, .. } = *self.scenario;
        while (self.state.pool_busy.len() as u64) < pool && !self.state.pool_queue.is_empty() {
            let who = self.state.pool_queue.remove(0);
            self.state.n_switches += 2;
            self.state.pool_busy.push((who, self.state.now + wait_us + 2 * switch_us));
        }
    }
}
