//! Threads that go round between a device, the CPUs and a lock, event by event.

use crate::rng::Rng;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// What guards the shared data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Lock {
    /// Whoever waits keeps its CPU.
    Spin,
    /// Whoever waits gives its CPU up.
    Sleep,
    /// Readers go in together, and all of them write to one counter.
    ReadWrite,
    /// Readers take no lock.
    Rcu,
}

/// Settings of a run.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    pub(super) lock: Lock,
    pub(super) n_cpus: u32,
    pub(super) n_shards: u32,
    pub(super) read_percent: u64,
    pub(super) wait_ns: u64,
    pub(super) work_ns: u64,
    pub(super) hold_ns: u64,
    pub(super) switch_ns: u64,
    pub(super) bounce_ns: u64,
    pub(super) seed: u64,
}

/// What a number of threads achieves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) n_threads: u32,
    pub(super) n_passes: u64,
    pub(super) time_ns: u64,
    /// From asking for the lock to having it.
    pub(super) wait_sum_ns: u64,
    /// 99 of 100 waits are no longer.
    pub(super) wait_99_ns: u64,
    /// Time in which locks could not be had, over all shards.
    pub(super) lock_busy_ns: u64,
    /// Time of CPUs in use, and that part of it that was spent on spinning and switching.
    pub(super) cpu_busy_ns: u64,
    pub(super) cpu_lost_ns: u64,
}

/// Passes after which a number of threads has shown what it can do.
const PASSES: u64 = 1_500;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// At the device.
    Away,
    /// Waits for a CPU, to work or to use the lock that it was given.
    ForCpu {
        holds: bool,
    },
    Works,
    Spins,
    /// Gives its CPU up; true if it got the lock meanwhile.
    GoesToSleep {
        given: bool,
    },
    Sleeps,
    Holds,
}

struct Thread {
    phase: Phase,
    shard: usize,
    reads: bool,
    asked_ns: u64,
    /// Since when it has had its CPU.
    on_cpu_ns: u64,
}

#[derive(Default)]
struct Shard {
    writer: bool,
    n_readers: u64,
    queue: VecDeque<usize>,
}

struct World<'a> {
    setup: &'a Setup,
    rng: Rng,
    now: u64,
    threads: Vec<Thread>,
    shards: Vec<Shard>,
    free_cpus: u32,
    for_cpu: VecDeque<usize>,
    events: BinaryHeap<Reverse<(u64, usize)>>,
    waits: Vec<u64>,
    point: Point,
}

/// Runs so many threads until they have made enough passes.
pub(super) fn point(setup: &Setup, n_threads: u32) -> Point {
    let n = usize::try_from(n_threads).unwrap_or_default();
    let thread =
        || Thread { phase: Phase::Away, shard: 0, reads: false, asked_ns: 0, on_cpu_ns: 0 };
    let mut world = World {
        setup,
        rng: Rng::new(setup.seed),
        now: 0,
        threads: (0..n).map(|_| thread()).collect(),
        shards: (0..setup.n_shards).map(|_| Shard::default()).collect(),
        free_cpus: setup.n_cpus,
        for_cpu: VecDeque::new(),
        events: BinaryHeap::new(),
        waits: Vec::new(),
        point: Point {
            n_threads,
            n_passes: 0,
            time_ns: 0,
            wait_sum_ns: 0,
            wait_99_ns: 0,
            lock_busy_ns: 0,
            cpu_busy_ns: 0,
            cpu_lost_ns: 0,
        },
    };
    for at in 0..n {
        world.begin(at);
    }
    while world.point.n_passes < PASSES {
        let Some(Reverse((time, at))) = world.events.pop() else { break };
        world.now = time;
        world.event(at);
    }
    world.finish()
}

impl World<'_> {
    /// A time around `mean`, between half of it and one and a half.
    fn around(&mut self, mean: u64) -> u64 {
        mean / 2 + self.rng.below(mean + 1)
    }

    fn after(&mut self, at: usize, ns: u64, phase: Phase) {
        self.threads[at].phase = phase;
        self.events.push(Reverse((self.now + ns, at)));
    }

    fn begin(&mut self, at: usize) {
        match self.setup.wait_ns {
            0 => self.want_cpu(at, false),
            mean => {
                let ns = self.around(mean);
                self.after(at, ns, Phase::Away);
            }
        }
    }

    fn want_cpu(&mut self, at: usize, holds: bool) {
        self.threads[at].phase = Phase::ForCpu { holds };
        if self.free_cpus == 0 {
            self.for_cpu.push_back(at);
        } else {
            self.free_cpus -= 1;
            self.run(at);
        }
    }

    /// Has just got a CPU.
    fn run(&mut self, at: usize) {
        self.threads[at].on_cpu_ns = self.now;
        match self.threads[at].phase {
            Phase::ForCpu { holds: true } => {
                self.point.cpu_lost_ns += self.setup.switch_ns;
                self.hold(at, self.setup.switch_ns);
            }
            _ => {
                let ns = self.around(self.setup.work_ns);
                self.after(at, ns, Phase::Works);
            }
        }
    }

    fn give_cpu_up(&mut self, at: usize) {
        self.point.cpu_busy_ns += self.now - self.threads[at].on_cpu_ns;
        match self.for_cpu.pop_front() {
            Some(next) => self.run(next),
            None => self.free_cpus += 1,
        }
    }

    /// Has the lock from now on, after `extra` for getting it.
    fn hold(&mut self, at: usize, extra: u64) {
        let asked = self.threads[at].asked_ns;
        let waited = self.now + extra - asked;
        self.point.wait_sum_ns += waited;
        self.waits.push(waited);
        let ns = extra + self.setup.hold_ns;
        let shared = matches!(self.setup.lock, Lock::ReadWrite | Lock::Rcu);
        if !(self.threads[at].reads && shared) {
            self.point.lock_busy_ns += ns;
        }
        self.after(at, ns, Phase::Holds);
    }

    fn event(&mut self, at: usize) {
        match self.threads[at].phase {
            Phase::Away => self.want_cpu(at, false),
            Phase::Works => self.ask(at),
            Phase::Holds => self.release(at),
            Phase::GoesToSleep { given } => {
                self.give_cpu_up(at);
                match given {
                    true => self.want_cpu(at, true),
                    false => self.threads[at].phase = Phase::Sleeps,
                }
            }
            Phase::ForCpu { .. } | Phase::Spins | Phase::Sleeps => {}
        }
    }

    fn ask(&mut self, at: usize) {
        let shard = self.rng.below(u64::from(self.setup.n_shards));
        let shard = usize::try_from(shard).unwrap_or_default();
        let reads = self.rng.below(100) < self.setup.read_percent;
        let it = &mut self.threads[at];
        (it.shard, it.reads, it.asked_ns) = (shard, reads, self.now);
        let shares = reads && self.setup.lock == Lock::ReadWrite;
        if reads && self.setup.lock == Lock::Rcu {
            return self.hold(at, 0);
        }
        let lock = &mut self.shards[shard];
        if !lock.writer && lock.queue.is_empty() && (shares || lock.n_readers == 0) {
            let extra = self.enter(at);
            return self.hold(at, extra);
        }
        lock.queue.push_back(at);
        match self.setup.lock {
            Lock::Sleep => {
                self.point.cpu_lost_ns += self.setup.switch_ns;
                self.after(at, self.setup.switch_ns, Phase::GoesToSleep { given: false });
            }
            Lock::Spin | Lock::ReadWrite | Lock::Rcu => self.threads[at].phase = Phase::Spins,
        }
    }

    /// Counts a thread in. What that costs because others are in.
    fn enter(&mut self, at: usize) -> u64 {
        let it = &self.threads[at];
        let lock = &mut self.shards[it.shard];
        if it.reads && self.setup.lock == Lock::ReadWrite {
            lock.n_readers += 1;
            // Each other reader has the line of the counter in its cache.
            return (lock.n_readers - 1) * self.setup.bounce_ns;
        }
        lock.writer = true;
        0
    }

    fn release(&mut self, at: usize) {
        self.point.n_passes += 1;
        let Thread { shard, reads, .. } = self.threads[at];
        let free = self.setup.lock == Lock::Rcu && reads;
        if !free {
            let lock = &mut self.shards[shard];
            match reads && self.setup.lock == Lock::ReadWrite {
                true => lock.n_readers -= 1,
                false => lock.writer = false,
            }
            self.hand_over(shard);
        }
        self.give_cpu_up(at);
        self.begin(at);
    }

    /// Lets in those at the head of the queue that may go in.
    fn hand_over(&mut self, shard: usize) {
        loop {
            let lock = &mut self.shards[shard];
            let Some(&next) = lock.queue.front() else { return };
            let shares = self.threads[next].reads && self.setup.lock == Lock::ReadWrite;
            if lock.writer || (!shares && 0 < lock.n_readers) {
                return;
            }
            lock.queue.pop_front();
            let n_left = lock.queue.len() as u64;
            let mut extra = self.enter(next);
            match self.threads[next].phase {
                Phase::Spins => {
                    // The line of the lock goes to everybody who spins on it.
                    extra += (n_left + 1) * self.setup.bounce_ns;
                    let spun = self.now - self.threads[next].asked_ns + extra;
                    self.point.cpu_lost_ns += spun;
                    self.hold(next, extra);
                }
                Phase::GoesToSleep { .. } => {
                    self.threads[next].phase = Phase::GoesToSleep { given: true };
                }
                _ => self.want_cpu(next, true),
            }
        }
    }

    fn finish(mut self) -> Point {
        for it in &self.threads {
            let busy = match it.phase {
                Phase::Works | Phase::Spins | Phase::GoesToSleep { .. } | Phase::Holds => {
                    self.now - it.on_cpu_ns
                }
                Phase::Away | Phase::ForCpu { .. } | Phase::Sleeps => 0,
            };
            self.point.cpu_busy_ns += busy;
        }
        self.point.time_ns = self.now.max(1);
        let at = self.waits.len() * 99 / 100;
        if at < self.waits.len() {
            self.point.wait_99_ns = *self.waits.select_nth_unstable(at).1;
        }
        self.point
    }
}
