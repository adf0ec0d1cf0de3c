//! What a host is made of, what can be wrong with it, and what can be changed.

/// What is wrong with a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    LockHeld,
    Spinning,
    Thrashing,
    DiskFull,
    SlowService,
    HotCode,
    Quota,
}

/// What a learner may name, in the order of the list.
pub(super) const CAUSES: [Cause; 7] = [
    Cause::LockHeld,
    Cause::Spinning,
    Cause::Thrashing,
    Cause::DiskFull,
    Cause::SlowService,
    Cause::HotCode,
    Cause::Quota,
];

impl Cause {
    /// Word in scenarios, short name, long name.
    const fn words(self) -> [&'static str; 3] {
        match self {
            Self::LockHeld => ["lock_held", "long lock", "a lock that is held too long"],
            Self::Spinning => ["spinning", "spinlock", "CPUs that spin on one kernel lock"],
            Self::Thrashing => ["thrashing", "memory", "more memory in use than there is"],
            Self::DiskFull => ["disk_full", "disk", "a disk that cannot take all the writes"],
            Self::SlowService => ["slow_service", "slow service", "a slow service behind this one"],
            Self::HotCode => ["hot_code", "hot code", "a function that needs too much CPU"],
            Self::Quota => ["quota", "quota", "a CPU quota that is used up"],
        }
    }

    pub(super) const fn key(self) -> &'static str {
        self.words()[0]
    }

    pub(super) const fn short(self) -> &'static str {
        self.words()[1]
    }

    pub(super) const fn label(self) -> &'static str {
        self.words()[2]
    }

    /// Its place in [`CAUSES`] as a bit.
    pub(super) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A change to the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fix {
    RaisePool,
    CapPool,
    MoveCall,
    CutCache,
    OwnQueues,
    ShrinkCache,
    BatchWrites,
    Timeout,
    MendCode,
    RaiseQuota,
}

/// Every change, in the order of the list.
pub(super) const FIXES: [Fix; 10] = [
    Fix::RaisePool,
    Fix::CapPool,
    Fix::MoveCall,
    Fix::CutCache,
    Fix::OwnQueues,
    Fix::ShrinkCache,
    Fix::BatchWrites,
    Fix::Timeout,
    Fix::MendCode,
    Fix::RaiseQuota,
];

impl Fix {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::RaisePool => "four times the threads",
            Self::CapPool => "half the threads",
            Self::MoveCall => "ask the database outside the lock",
            Self::CutCache => "cut the cache into 16, each with a lock",
            Self::OwnQueues => "a queue in the kernel for each CPU",
            Self::ShrinkCache => "make the cache as small as it was",
            Self::BatchWrites => "write the log in batches",
            Self::Timeout => "do not wait for the slow service",
            Self::MendCode => "mend the slow function",
            Self::RaiseQuota => "raise the CPU quota",
        }
    }

    /// Minutes until it is in place and its effect is measured: a setting is turned at once, code
    /// has to be built and rolled out.
    pub(super) const fn minutes(self) -> u16 {
        match self {
            Self::MoveCall | Self::CutCache | Self::MendCode => 20,
            Self::BatchWrites => 10,
            Self::OwnQueues | Self::Timeout => 5,
            Self::RaisePool | Self::CapPool | Self::ShrinkCache | Self::RaiseQuota => 3,
        }
    }

    /// Its place in [`FIXES`] as a bit.
    pub(super) const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// Time under the lock of the cache, without any question to the database.
pub(super) const CACHE_US: u64 = 100;
/// One request in so many does not find its data in the cache.
pub(super) const MISS_ONE_IN: u64 = 5;
/// Places in memory that a request touches and that may be swapped out.
pub(super) const TOUCHES: u8 = 4;
/// Length of a period of the CPU quota.
pub(super) const PERIOD_US: u64 = 100_000;
/// Share of the CPUs that the load needs when nothing is wrong, in percent.
const BUSY: u64 = 55;
/// What one thread needs, and what there is, and the cache has, for each CPU.
const THREAD_MB: u64 = 4;
const MEMORY_MB: u64 = 1_024;
const CACHE_MB: u64 = 512;

/// Settings of the model. Times of a request are means.
#[derive(Debug, Clone)]
pub(super) struct Host {
    pub(super) n_cpus: u64,
    /// Requests that come in a second.
    pub(super) load: u64,
    pub(super) n_threads: u64,
    /// CPU time outside of locks, and in the hot function.
    pub(super) work_us: u64,
    pub(super) hot_us: u64,
    /// CPU time under a kernel lock, and how many of those locks there are.
    pub(super) kernel_us: u64,
    pub(super) n_kernel_locks: u64,
    pub(super) n_cache_locks: u64,
    /// An answer of the database takes so long; whether the lock of the cache is held meanwhile.
    pub(super) query_us: u64,
    pub(super) query_inside: bool,
    pub(super) call_us: u64,
    /// Requests in a hundred that write to the log.
    pub(super) write_percent: u64,
    pub(super) write_us: u64,
    pub(super) swap_us: u64,
    pub(super) cache_mb: u64,
    /// CPU time in a period; 0: without limit.
    pub(super) quota_us: u64,
}

impl Host {
    /// A host that is well, and one that is asked for `severity` percent of what it can do.
    pub(super) fn ill(n_cpus: u64, load: u64, severity: u64, cause: Cause) -> Self {
        // From one request to the next: what can take this long for each of them is just full.
        let gap_us = 1_000_000 / load;
        let mut host = Self {
            n_cpus,
            load,
            n_threads: 8 * n_cpus,
            work_us: 0,
            hot_us: 0,
            kernel_us: gap_us / 10,
            n_kernel_locks: 16,
            n_cache_locks: 1,
            query_us: MISS_ONE_IN * gap_us,
            query_inside: false,
            call_us: n_cpus * gap_us,
            write_percent: 20,
            write_us: gap_us,
            swap_us: gap_us,
            cache_mb: CACHE_MB * n_cpus,
            quota_us: 0,
        };
        let times = |us: u64| us * severity / 100;
        match cause {
            Cause::LockHeld => {
                host.query_us = MISS_ONE_IN * (times(gap_us) - CACHE_US);
                host.query_inside = true;
            }
            Cause::Spinning => (host.kernel_us, host.n_kernel_locks) = (times(gap_us), 1),
            Cause::Thrashing => {
                // With the writes of the log, the faults ask the disk for so much.
                let faults = (severity - host.write_percent) / u64::from(TOUCHES);
                let need_mb = MEMORY_MB * n_cpus * 100 / (100 - faults);
                host.cache_mb = need_mb - host.n_threads * THREAD_MB;
            }
            Cause::DiskFull => (host.write_percent, host.write_us) = (100, times(gap_us)),
            Cause::SlowService => host.call_us = times(host.n_threads * gap_us),
            Cause::HotCode => host.hot_us = (severity - BUSY) * n_cpus * gap_us / 100,
            Cause::Quota => host.quota_us = BUSY * n_cpus * PERIOD_US / severity,
        }
        let cpu_us = BUSY * n_cpus * gap_us / 100;
        host.work_us = cpu_us.saturating_sub(host.kernel_us + CACHE_US).max(CACHE_US);
        host
    }

    /// Makes changes, given as bits.
    pub(super) fn changed(mut self, fixes: u16) -> Self {
        for fix in FIXES.iter().filter(|it| it.bit() & fixes != 0) {
            match fix {
                Fix::RaisePool => self.n_threads = 32 * self.n_cpus,
                Fix::CapPool => self.n_threads = 4 * self.n_cpus,
                Fix::MoveCall => self.query_inside = false,
                Fix::CutCache => self.n_cache_locks = 16,
                Fix::OwnQueues => self.n_kernel_locks = 16,
                Fix::ShrinkCache => self.cache_mb = CACHE_MB * self.n_cpus,
                Fix::BatchWrites => {
                    self.write_percent = 20;
                    self.write_us = self.write_us.min(self.swap_us);
                }
                Fix::Timeout => self.call_us = self.call_us.min(self.n_cpus * self.swap_us),
                Fix::MendCode => self.hot_us = 0,
                Fix::RaiseQuota => self.quota_us = 0,
            }
        }
        self
    }

    /// Mean time of a request that never waits for its turn.
    pub(super) fn alone_us(&self) -> u64 {
        let writes_us = self.write_us * self.write_percent / 100;
        let cpu_us = self.work_us + self.hot_us + self.kernel_us + CACHE_US;
        cpu_us + self.query_us / MISS_ONE_IN + self.call_us + writes_us
    }

    /// Memory that is asked for.
    pub(super) const fn need_mb(&self) -> u64 {
        self.cache_mb + self.n_threads * THREAD_MB
    }

    pub(super) const fn memory_mb(&self) -> u64 {
        MEMORY_MB * self.n_cpus
    }

    /// Of 10,000 touches, how many find their page swapped out.
    pub(super) const fn faults(&self) -> u64 {
        let need = self.need_mb();
        need.saturating_sub(self.memory_mb()) * 10_000 / need
    }

    /// Requests that wait for a thread before the next is turned away.
    pub(super) const fn backlog(&self) -> u64 {
        self.load / 4
    }

    /// What it costs to put another thread on a CPU: the more share its caches, the more.
    pub(super) const fn switch_us(&self) -> u64 {
        5 * self.n_threads / self.n_cpus
    }

    /// What each CPU that waits for a kernel lock adds to the time under it.
    pub(super) const fn bounce_us(&self) -> u64 {
        1_000_000 / self.load / 100
    }
}
