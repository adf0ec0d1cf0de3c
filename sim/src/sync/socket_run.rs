//! Packets on their way from the device to a reader, over several CPUs.

use std::collections::VecDeque;

/// CPUs of the model.
pub(super) const N_CPUS: usize = 3;

/// How the way is arranged.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    pub(super) n_packets: u32,
    pub(super) gap_ns: u64,
    pub(super) per_cpu: bool,
    pub(super) rcu: bool,
    pub(super) budget: u32,
    pub(super) ring: usize,
    pub(super) irq_ns: u64,
    pub(super) route_ns: u64,
    pub(super) queue_ns: u64,
    pub(super) copy_ns: u64,
    pub(super) bounce_ns: u64,
}

impl Setup {
    fn reads(&self, cpu: usize) -> bool {
        self.per_cpu || 0 < cpu
    }

    /// The socket queue that a CPU uses.
    pub(super) fn queue(&self, cpu: usize) -> usize {
        if self.per_cpu { cpu } else { 0 }
    }

    pub(super) fn n_queues(&self) -> usize {
        if self.per_cpu { N_CPUS } else { 1 }
    }
}

/// What a CPU does in one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Interrupt,
    Route,
    Enqueue,
    Receive,
}

/// One step of one CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Did {
    pub(super) cpu: usize,
    pub(super) kind: Kind,
    pub(super) packet: u32,
    pub(super) start: u64,
    /// It spins from the start up to here.
    pub(super) from: u64,
    /// It gives its lock back here.
    pub(super) unlock: u64,
    pub(super) end: u64,
    /// Who had the lock, if it had to spin.
    pub(super) holder: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Lock {
    free_ns: u64,
    last: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Cpu {
    clock: u64,
    /// Packets still to come: number and time.
    coming: VecDeque<(u32, u64)>,
    /// In the device's ring.
    pub(super) ring: VecDeque<u32>,
    /// Whether it polls the ring, so that the device stays silent.
    pub(super) polls: bool,
    /// A packet that has its route and goes into the queue next.
    routed: Option<u32>,
    n_polled: u32,
}

/// Everything at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct World {
    pub(super) cpus: [Cpu; N_CPUS],
    /// Socket queues: packets, and when each can be taken.
    pub(super) queues: Vec<VecDeque<(u32, u64)>>,
    route_lock: Lock,
    queue_locks: Vec<Lock>,
    pub(super) n_delivered: u32,
    pub(super) n_dropped: u32,
    pub(super) spin_ns: u64,
    pub(super) latency_sum_ns: u64,
    pub(super) end_ns: u64,
}

impl World {
    pub(super) fn new(setup: &Setup) -> Self {
        let mut cpus: [Cpu; N_CPUS] = Default::default();
        for packet in 0..setup.n_packets {
            // With a queue for each CPU, the device spreads the packets by flow.
            let flow = usize::try_from(packet).unwrap_or_default() % N_CPUS;
            let cpu = if setup.per_cpu { flow } else { 0 };
            cpus[cpu].coming.push_back((packet + 1, u64::from(packet) * setup.gap_ns));
        }
        let n = setup.n_queues();
        Self {
            cpus,
            queues: vec![VecDeque::new(); n],
            route_lock: Lock::default(),
            queue_locks: vec![Lock::default(); n],
            n_delivered: 0,
            n_dropped: 0,
            spin_ns: 0,
            latency_sum_ns: 0,
            end_ns: 0,
        }
    }

    /// When a CPU next has something to do: packets of the device, and a packet to read.
    fn ready(&self, setup: &Setup, at: usize) -> (Option<u64>, Option<u64>) {
        let cpu = &self.cpus[at];
        let soft = if cpu.routed.is_some() || !cpu.ring.is_empty() {
            Some(cpu.clock)
        } else {
            cpu.coming.front().map(|it| cpu.clock.max(it.1))
        };
        let head = self.queues[setup.queue(at)].front().filter(|_| setup.reads(at));
        (soft, head.map(|it| cpu.clock.max(it.1)))
    }

    /// The next step; `None` when all packets are gone.
    pub(super) fn next(&mut self, setup: &Setup) -> Option<Did> {
        let when = |at: &usize| {
            let (soft, read) = self.ready(setup, *at);
            soft.into_iter().chain(read).min().unwrap_or(u64::MAX)
        };
        let at = (0..N_CPUS).min_by_key(|it| (when(it), *it))?;
        let (soft, read) = self.ready(setup, at);
        let now = soft.into_iter().chain(read).min()?;
        let tired = setup.budget <= self.cpus[at].n_polled && self.cpus[at].routed.is_none();
        let reads = read == Some(now) && (soft != Some(now) || tired);
        self.cpus[at].clock = now;
        self.arrive(setup, at, now);
        let did = if reads { self.receive(setup, at) } else { self.soft(setup, at) };
        self.cpus[at].clock = did.end;
        self.spin_ns += did.from - did.start;
        self.end_ns = self.end_ns.max(did.end);
        Some(did)
    }

    /// Moves what has come by now into the ring, or drops it.
    fn arrive(&mut self, setup: &Setup, at: usize, now: u64) {
        let cpu = &mut self.cpus[at];
        while cpu.coming.front().is_some_and(|it| it.1 <= now) {
            let Some((packet, _)) = cpu.coming.pop_front() else { return };
            if cpu.ring.len() < setup.ring {
                cpu.ring.push_back(packet);
            } else {
                self.n_dropped += 1;
            }
        }
    }

    fn soft(&mut self, setup: &Setup, at: usize) -> Did {
        let start = self.cpus[at].clock;
        let free = |kind, packet, ns: u64| {
            let end = start + ns;
            Did { cpu: at, kind, packet, start, from: start, unlock: end, end, holder: None }
        };
        let cpu = &mut self.cpus[at];
        if let Some(packet) = cpu.routed.take() {
            let queue = setup.queue(at);
            cpu.n_polled += 1;
            cpu.polls = !cpu.ring.is_empty();
            let lock = &mut self.queue_locks[queue];
            let did = take(setup, lock, at, start, setup.queue_ns, Kind::Enqueue, packet);
            self.queues[queue].push_back((packet, did.unlock));
            return did;
        }
        let packet = cpu.ring.front().copied().unwrap_or_default();
        if !cpu.polls {
            (cpu.polls, cpu.n_polled) = (true, 0);
            return free(Kind::Interrupt, packet, setup.irq_ns);
        }
        if setup.budget <= cpu.n_polled {
            cpu.n_polled = 0;
        }
        cpu.ring.pop_front();
        cpu.routed = Some(packet);
        match setup.rcu {
            true => free(Kind::Route, packet, setup.route_ns),
            false => {
                let lock = &mut self.route_lock;
                take(setup, lock, at, start, setup.route_ns, Kind::Route, packet)
            }
        }
    }

    fn receive(&mut self, setup: &Setup, at: usize) -> Did {
        let queue = setup.queue(at);
        self.cpus[at].n_polled = 0;
        let packet = self.queues[queue].pop_front().map_or(0, |it| it.0);
        let start = self.cpus[at].clock;
        let lock = &mut self.queue_locks[queue];
        let mut did = take(setup, lock, at, start, setup.queue_ns, Kind::Receive, packet);
        did.end += setup.copy_ns;
        self.n_delivered += 1;
        self.latency_sum_ns += did.end - u64::from(packet.saturating_sub(1)) * setup.gap_ns;
        did
    }
}

/// Takes a spinlock, works under it, and gives it back.
fn take(
    setup: &Setup,
    lock: &mut Lock,
    cpu: usize,
    start: u64,
    hold_ns: u64,
    kind: Kind,
    packet: u32,
) -> Did {
    let from = start.max(lock.free_ns);
    let holder = lock.last.filter(|_| start < lock.free_ns);
    // The line of the lock comes from the other CPU's cache.
    let bounce = if lock.last.is_some_and(|it| it != cpu) { setup.bounce_ns } else { 0 };
    let unlock = from + bounce + hold_ns;
    *lock = Lock { free_ns: unlock, last: Some(cpu) };
    Did { cpu, kind, packet, start, from, unlock, end: unlock, holder }
}
