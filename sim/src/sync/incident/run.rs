//! A few seconds of a host, event by event.

use super::host::{CACHE_US, Host, MISS_ONE_IN, PERIOD_US, TOUCHES};
use crate::rng::Rng;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// What a thread does at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// Has no request.
    Idle,
    /// On a CPU, in the program: its own work, the hot function, the cache.
    Work,
    Hot,
    Cache,
    /// On a CPU, in the kernel: under its lock, or spinning for it.
    Kernel,
    Spin,
    /// Ready, and no CPU is free.
    Ready,
    /// Ready, and the quota is used up.
    Throttled,
    /// Sleeps for the lock of the cache.
    Mutex,
    /// Sleeps for the database, or for the service behind this one.
    Query,
    Call,
    /// Sleeps for the disk: for a page that was swapped out, or for the log.
    Fault,
    Write,
}

/// How many kinds of [`Doing`] there are.
pub(super) const N_DOING: usize = 13;

/// Sums over a stretch of time.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    pub(super) time_us: u64,
    /// Thread time by what was done.
    pub(super) doing_us: [u64; N_DOING],
    /// CPU time without work while a request is at the disk.
    pub(super) wait_io_us: u64,
    pub(super) n_switches: u64,
    /// Part of the program's CPU time that went into switching.
    pub(super) switch_us: u64,
    pub(super) n_swaps: u64,
    pub(super) n_writes: u64,
    /// Waits for a kernel lock.
    pub(super) n_spins: u64,
    pub(super) n_done: u64,
    pub(super) n_refused: u64,
    pub(super) n_throttled: u64,
    /// Ready tasks at its end.
    pub(super) n_ready: u64,
    /// Sum of the times of finished requests, and CPU time that idled although a task was ready.
    pub(super) latency_us: u64,
    pub(super) wasted_us: u64,
}

/// Seconds until the queues are full, and seconds that are measured, one by one.
const WARM_S: usize = 3;
pub(super) const MEASURED_S: usize = 4;
const SECOND_US: u64 = 1_000_000;
/// A second is not a whole number of quota periods, so that samples fall anywhere in one.
const SAMPLE_US: u64 = SECOND_US + 23_000;
/// Longest turn on a CPU while somebody else is ready.
const SLICE_US: u64 = 5_000;
/// Latencies are counted by the millisecond, up to this one.
const LATENCY_MS_MAX: usize = 9_999;

/// What was measured.
#[derive(Debug, Clone)]
pub(super) struct Report {
    /// Second by second.
    pub(super) seconds: Vec<Sums>,
    pub(super) all: Sums,
    pub(super) p50_ms: u64,
    pub(super) p99_ms: u64,
}

/// What a thread is at in its request, in order.
const WORK: u8 = 0;
const HOT: u8 = 1;
const KERNEL: u8 = 2;
const CACHE: u8 = 3;
const QUERY_INSIDE: u8 = 4;
const UNLOCK: u8 = 5;
const QUERY: u8 = 6;
const TOUCH: u8 = 7;
const CALL: u8 = TOUCH + TOUCHES;
const WRITE: u8 = CALL + 1;

#[derive(Debug, Clone)]
struct Thread {
    doing: Doing,
    line: u8,
    left_us: u64,
    request: u64,
    came_us: u64,
    since_us: u64,
}

/// A lock and who waits for it.
#[derive(Debug, Clone, Default)]
struct Lock {
    taken: bool,
    queue: VecDeque<usize>,
}

struct World<'a> {
    host: &'a Host,
    seed: u64,
    rng: Rng,
    now_us: u64,
    /// A thread's next event, or one of the three of the host.
    events: BinaryHeap<Reverse<(u64, usize)>>,
    threads: Vec<Thread>,
    counts: [u64; N_DOING],
    idle: Vec<usize>,
    ready: VecDeque<usize>,
    n_free: u64,
    kernel: Vec<Lock>,
    cache: Vec<Lock>,
    disk: Lock,
    /// Requests without a thread: number and time of arrival.
    backlog: VecDeque<(u64, u64)>,
    n_requests: u64,
    quota_us: u64,
    sums: Sums,
    latencies: Vec<u32>,
}

/// Runs the host.
pub(super) fn run(host: &Host, seed: u64) -> Report {
    let n = usize::try_from(host.n_threads).unwrap_or_default();
    let lock = |n: u64| (0..n).map(|_| Lock::default()).collect();
    let idle =
        Thread { doing: Doing::Idle, line: 0, left_us: 0, request: 0, came_us: 0, since_us: 0 };
    let mut counts = [0; N_DOING];
    counts[Doing::Idle as usize] = host.n_threads;
    let mut world = World {
        host,
        seed,
        rng: Rng::new(seed),
        now_us: 0,
        events: BinaryHeap::new(),
        threads: vec![idle; n],
        counts,
        idle: (0..n).rev().collect(),
        ready: VecDeque::new(),
        n_free: host.n_cpus,
        kernel: lock(host.n_kernel_locks),
        cache: lock(host.n_cache_locks),
        disk: Lock::default(),
        backlog: VecDeque::new(),
        n_requests: 0,
        quota_us: host.quota_us,
        sums: Sums::default(),
        latencies: vec![0; LATENCY_MS_MAX + 1],
    };
    let mut seconds = world.play(n);
    seconds.drain(..WARM_S);
    let mut all = Sums::default();
    seconds.iter().for_each(|it| all.add(it));
    let [p50_ms, p99_ms] = [50, 99].map(|it| world.latency(all.n_done, it));
    Report { seconds, all, p50_ms, p99_ms }
}

impl Sums {
    fn add(&mut self, other: &Self) {
        for (sum, it) in self.doing_us.iter_mut().zip(other.doing_us) {
            *sum += it;
        }
        self.time_us += other.time_us;
        self.wait_io_us += other.wait_io_us;
        self.n_switches += other.n_switches;
        self.switch_us += other.switch_us;
        self.n_swaps += other.n_swaps;
        self.n_writes += other.n_writes;
        self.n_spins += other.n_spins;
        self.n_done += other.n_done;
        self.n_refused += other.n_refused;
        self.n_throttled += other.n_throttled;
        self.latency_us += other.latency_us;
        self.wasted_us += other.wasted_us;
    }
}

impl World<'_> {
    /// Plays all seconds and returns the sums of each.
    fn play(&mut self, n: usize) -> Vec<Sums> {
        let (arrive, period, sample) = (n, n + 1, n + 2);
        self.events.push(Reverse((0, arrive)));
        self.events.push(Reverse((SAMPLE_US, sample)));
        if 0 < self.host.quota_us {
            self.events.push(Reverse((PERIOD_US, period)));
        }
        let mut seconds = Vec::new();
        while let Some(Reverse((time_us, who))) = self.events.pop() {
            self.pass(time_us);
            if who == arrive {
                let gap_us = SECOND_US / self.host.load;
                self.events.push(Reverse((time_us + self.rng.between(1, 2 * gap_us), arrive)));
                self.arrive();
            } else if who == period {
                self.sums.n_throttled += u64::from(self.is_throttled());
                self.quota_us = self.host.quota_us;
                self.events.push(Reverse((time_us + PERIOD_US, period)));
            } else if who == sample {
                self.sums.n_ready = self.runnable();
                seconds.push(std::mem::take(&mut self.sums));
                if seconds.len() == WARM_S {
                    self.latencies.fill(0);
                }
                if seconds.len() == WARM_S + MEASURED_S {
                    break;
                }
                self.events.push(Reverse((time_us + SAMPLE_US, sample)));
            } else {
                self.wake(who);
            }
            self.dispatch();
        }
        seconds
    }

    /// The latency that `percent` of the requests do not exceed, in whole milliseconds.
    fn latency(&self, n_done: u64, percent: u64) -> u64 {
        let mut left = (n_done * percent).div_ceil(100);
        for (ms, &n) in self.latencies.iter().enumerate() {
            if left <= u64::from(n) {
                return ms as u64;
            }
            left -= u64::from(n);
        }
        LATENCY_MS_MAX as u64
    }

    const fn is_throttled(&self) -> bool {
        0 < self.host.quota_us && self.quota_us == 0
    }

    /// Tasks that run or could run, as the kernel counts them: throttled ones are not among them.
    fn runnable(&self) -> u64 {
        let on_cpu = self.host.n_cpus - self.n_free;
        let ready = if self.is_throttled() { 0 } else { self.counts[Doing::Ready as usize] };
        on_cpu + ready
    }

    /// Lets time go by.
    fn pass(&mut self, time_us: u64) {
        let gone_us = time_us - self.now_us;
        self.now_us = time_us;
        let sums = &mut self.sums;
        sums.time_us += gone_us;
        for (sum, n) in sums.doing_us.iter_mut().zip(self.counts) {
            *sum += n * gone_us;
        }
        let n_ready = self.counts[Doing::Ready as usize];
        if 0 < self.host.quota_us && self.quota_us == 0 {
            sums.doing_us[Doing::Ready as usize] -= n_ready * gone_us;
            sums.doing_us[Doing::Throttled as usize] += n_ready * gone_us;
        } else {
            sums.wasted_us += n_ready.min(self.n_free) * gone_us;
        }
        let at_disk = self.counts[Doing::Fault as usize] + self.counts[Doing::Write as usize];
        sums.wait_io_us += at_disk.min(self.n_free) * gone_us;
    }

    fn set(&mut self, who: usize, doing: Doing) {
        self.counts[self.threads[who].doing as usize] -= 1;
        self.counts[doing as usize] += 1;
        self.threads[who].doing = doing;
    }

    /// Wakes a thread, or tells that it did something, after a time.
    fn later(&mut self, who: usize, us: u64) {
        self.events.push(Reverse((self.now_us + us, who)));
    }

    fn arrive(&mut self) {
        let request = self.n_requests;
        self.n_requests += 1;
        if let Some(who) = self.idle.pop() {
            self.begin(who, request, self.now_us);
        } else if (self.backlog.len() as u64) < self.host.backlog() {
            self.backlog.push_back((request, self.now_us));
        } else {
            self.sums.n_refused += 1;
        }
    }

    fn begin(&mut self, who: usize, request: u64, came_us: u64) {
        let left_us = self.about(request, WORK, self.host.work_us);
        let thread = &mut self.threads[who];
        (thread.line, thread.left_us) = (WORK, left_us);
        (thread.request, thread.came_us) = (request, came_us);
        self.make_ready(who);
    }

    fn make_ready(&mut self, who: usize) {
        self.set(who, Doing::Ready);
        self.ready.push_back(who);
    }

    /// Between half and one and a half of a mean: the same for a request whatever was changed.
    fn about(&self, request: u64, line: u8, mean_us: u64) -> u64 {
        mean_us / 2 + self.drawn(request, line, mean_us + 1)
    }

    fn drawn(&self, request: u64, line: u8, below: u64) -> u64 {
        let place = request.wrapping_mul(64).wrapping_add(u64::from(line));
        Rng::new(self.seed.wrapping_mul(1 << 40).wrapping_add(place)).below(below)
    }

    /// Puts ready threads on free CPUs, while the quota lasts.
    fn dispatch(&mut self) {
        while 0 < self.n_free && !self.is_throttled() {
            let Some(who) = self.ready.pop_front() else { return };
            self.n_free -= 1;
            self.sums.n_switches += 1;
            self.slice(who, self.host.switch_us());
        }
    }

    /// Begins a turn of a thread that has a CPU.
    fn slice(&mut self, who: usize, switch_us: u64) {
        let Thread { line, left_us, .. } = self.threads[who];
        let mut turn_us = left_us.min(SLICE_US);
        if 0 < self.host.quota_us {
            turn_us = turn_us.min(self.quota_us);
            self.quota_us -= turn_us;
        }
        let doing = match line {
            WORK => Doing::Work,
            HOT => Doing::Hot,
            CACHE => Doing::Cache,
            _ => Doing::Kernel,
        };
        if doing != Doing::Kernel {
            self.sums.switch_us += switch_us;
        }
        self.set(who, doing);
        self.threads[who].left_us -= turn_us;
        self.later(who, switch_us + turn_us);
    }

    /// Something that a thread did or waited for is over.
    fn wake(&mut self, who: usize) {
        match self.threads[who].doing {
            Doing::Work | Doing::Hot | Doing::Cache | Doing::Kernel => self.turn_over(who),
            Doing::Fault | Doing::Write => {
                self.make_ready(who);
                match self.disk.queue.pop_front() {
                    Some(next) => self.serve(next),
                    None => self.disk.taken = false,
                }
            }
            _ => self.make_ready(who),
        }
    }

    fn turn_over(&mut self, who: usize) {
        if 0 < self.threads[who].left_us {
            if self.ready.is_empty() && !self.is_throttled() {
                self.slice(who, 0);
            } else {
                self.n_free += 1;
                self.make_ready(who);
            }
            return;
        }
        if self.threads[who].line == KERNEL {
            self.unlock_kernel(who);
        }
        self.threads[who].line += 1;
        self.go(who);
    }

    /// Goes on with the lines of a request until the thread needs time or has to wait.
    fn go(&mut self, who: usize) {
        loop {
            let Thread { line, request, .. } = self.threads[who];
            let host = self.host;
            let misses = self.drawn(request, CACHE, MISS_ONE_IN) == 0;
            match line {
                HOT if 0 < host.hot_us => {
                    self.threads[who].left_us = self.about(request, HOT, host.hot_us);
                    return self.slice(who, 0);
                }
                KERNEL => return self.lock_kernel(who),
                CACHE => return self.lock_cache(who),
                QUERY_INSIDE if misses && host.query_inside => return self.query(who, request),
                UNLOCK => self.unlock_cache(request),
                QUERY if misses && !host.query_inside => return self.query(who, request),
                TOUCH..CALL if self.drawn(request, line, 10_000) < host.faults() => {
                    self.sums.n_swaps += 1;
                    return self.ask_disk(who, Doing::Fault);
                }
                CALL => {
                    self.leave(who, Doing::Call);
                    return self.later(who, self.about(request, CALL, host.call_us));
                }
                WRITE if self.drawn(request, line, 100) < host.write_percent => {
                    self.sums.n_writes += 1;
                    return self.ask_disk(who, Doing::Write);
                }
                it if WRITE < it => return self.finish(who),
                _ => {}
            }
            self.threads[who].line += 1;
        }
    }

    /// Gives up the CPU.
    fn leave(&mut self, who: usize, doing: Doing) {
        self.n_free += 1;
        self.set(who, doing);
    }

    fn query(&mut self, who: usize, request: u64) {
        self.leave(who, Doing::Query);
        self.later(who, self.about(request, QUERY, self.host.query_us));
    }

    fn kernel_lock(&self, who: usize) -> usize {
        usize::try_from(self.threads[who].request % self.host.n_kernel_locks).unwrap_or_default()
    }

    fn lock_kernel(&mut self, who: usize) {
        let lock = self.kernel_lock(who);
        if self.kernel[lock].taken {
            self.sums.n_spins += 1;
            self.set(who, Doing::Spin);
            self.threads[who].since_us = self.now_us;
            self.kernel[lock].queue.push_back(who);
        } else {
            self.kernel[lock].taken = true;
            self.hold_kernel(who, lock);
        }
    }

    fn hold_kernel(&mut self, who: usize, lock: usize) {
        let n_spin = self.kernel[lock].queue.len() as u64;
        let us = self.host.kernel_us + n_spin * self.host.bounce_us();
        // Nobody is stopped under a spinlock: the quota is overdrawn rather.
        self.quota_us = self.quota_us.saturating_sub(us);
        self.set(who, Doing::Kernel);
        self.threads[who].left_us = 0;
        self.later(who, us);
    }

    fn unlock_kernel(&mut self, who: usize) {
        let lock = self.kernel_lock(who);
        match self.kernel[lock].queue.pop_front() {
            Some(next) => {
                let spun_us = self.now_us - self.threads[next].since_us;
                self.quota_us = self.quota_us.saturating_sub(spun_us);
                self.hold_kernel(next, lock);
            }
            None => self.kernel[lock].taken = false,
        }
    }

    fn cache_lock(&self, request: u64) -> usize {
        usize::try_from(request % self.host.n_cache_locks).unwrap_or_default()
    }

    fn lock_cache(&mut self, who: usize) {
        let lock = self.cache_lock(self.threads[who].request);
        self.threads[who].left_us = CACHE_US;
        if self.cache[lock].taken {
            self.leave(who, Doing::Mutex);
            self.cache[lock].queue.push_back(who);
        } else {
            self.cache[lock].taken = true;
            self.slice(who, 0);
        }
    }

    /// Hands the lock of the cache to the first that sleeps for it.
    fn unlock_cache(&mut self, request: u64) {
        let lock = self.cache_lock(request);
        match self.cache[lock].queue.pop_front() {
            Some(next) => self.make_ready(next),
            None => self.cache[lock].taken = false,
        }
    }

    fn ask_disk(&mut self, who: usize, doing: Doing) {
        self.leave(who, doing);
        if self.disk.taken {
            self.disk.queue.push_back(who);
        } else {
            self.disk.taken = true;
            self.serve(who);
        }
    }

    fn serve(&mut self, who: usize) {
        let fault = self.threads[who].doing == Doing::Fault;
        self.later(who, if fault { self.host.swap_us } else { self.host.write_us });
    }

    fn finish(&mut self, who: usize) {
        let us = self.now_us - self.threads[who].came_us;
        self.sums.n_done += 1;
        self.sums.latency_us += us;
        let ms = usize::try_from(us / 1_000).unwrap_or(LATENCY_MS_MAX).min(LATENCY_MS_MAX);
        self.latencies[ms] += 1;
        self.leave(who, Doing::Idle);
        match self.backlog.pop_front() {
            Some((request, came_us)) => self.begin(who, request, came_us),
            None => self.idle.push(who),
        }
    }
}
