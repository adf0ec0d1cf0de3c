//! Who acts: CPUs and kswapd; and what is seen of them.

use super::world::World;

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) world: World,
    /// Stretches of time that this step begins: lane, start, end, what.
    pub(super) spans: Vec<Stretch>,
    /// Page that the step is about.
    pub(super) page: Option<u16>,
    pub(super) totals: Totals,
}

/// A stretch of time of somebody, or of the lock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    /// Number of the CPU, then kswapd.
    pub(super) who: u16,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) doing: Doing,
}

/// What is done in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// The program's own work.
    Work,
    /// Taking from or putting to the own list.
    Listing,
    /// Standing in line for the lock.
    Waiting,
    /// Moving pages under the lock.
    Locked,
    /// Reclaiming.
    Reclaiming,
}

/// Numbers of the run so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) n_allocs: u64,
    pub(super) n_failed: u64,
    pub(super) n_fast: u64,
    pub(super) n_locks: u64,
    pub(super) n_waits: u64,
    pub(super) wait_ns: u64,
    pub(super) lock_ns: u64,
    pub(super) alloc_ns: u64,
    pub(super) alloc_ns_max: u64,
    pub(super) n_wakes: u64,
    pub(super) n_by_kswapd: u64,
    pub(super) n_direct: u64,
    pub(super) n_stalls: u64,
    pub(super) stall_ns: u64,
    pub(super) n_scanned: u64,
    pub(super) n_activated: u64,
    pub(super) n_written: u64,
}

/// What somebody does when their time comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The next request.
    Next,
    /// They have got the lock.
    Locked(Job),
    /// They have looked through cached pages, and bring what they found.
    Bring,
    /// kswapd looks through cached pages.
    Look,
    /// kswapd sleeps.
    Asleep,
    /// No request is left.
    Over,
}

/// What is done under the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Job {
    /// Fetch a batch for the own list, and use a page of it.
    Refill,
    /// Give a batch of the own list back.
    Drain,
    /// Give back what was reclaimed.
    Return,
    /// Give back the lists of all CPUs.
    DrainAll,
}

/// A CPU or kswapd.
#[derive(Debug, Clone)]
pub(super) struct Agent {
    /// When it acts next.
    pub(super) at: u64,
    pub(super) phase: Phase,
    pub(super) n_left: u64,
    /// Whether it gives back what it holds.
    pub(super) gives: bool,
    /// When the request that is under way was made.
    pub(super) asked_at: Option<u64>,
    /// Pages that it reclaims.
    pub(super) found: Vec<u16>,
}

impl Agent {
    pub(super) const fn new(at: u64, phase: Phase, n_left: u64) -> Self {
        Self { at, phase, n_left, gives: false, asked_at: None, found: Vec::new() }
    }
}
