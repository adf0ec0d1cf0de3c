//! Tasks, workers, queues and cores, event by event.

use serde::Deserialize;

/// What a pool does with a task for which there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Policy {
    Abort,
    CallerRuns,
    Discard,
    DiscardOldest,
}

/// A task as it will come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) name: String,
    pub(super) kind: usize,
    pub(super) arrive: u64,
    pub(super) wait: u64,
    pub(super) compute: u64,
    /// Whether it then waits for a task like itself that it gives to the same pool.
    pub(super) asks: bool,
}

#[derive(Debug)]
pub(super) struct Setup {
    pub(super) tasks: Vec<Task>,
    pub(super) kinds: Vec<String>,
    pub(super) policy: Policy,
    pub(super) n_cores: usize,
    /// Of each pool: workers at first, and at most, and places in its queue.
    pub(super) pools: Vec<Size>,
    pub(super) patience: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) workers: usize,
    pub(super) workers_max: usize,
    pub(super) places: Option<usize>,
}

impl Setup {
    /// The pool of a kind of task.
    pub(super) fn pool(&self, kind: usize) -> usize {
        if self.pools.len() == 1 { 0 } else { kind }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Idle,
    /// Waits for something outside, until then.
    Waits(u64),
    /// Could compute, but all cores are taken.
    WantsCore,
    Computes(u64),
    /// Waits for its child.
    Asks,
    /// Its child is done.
    Ends,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Worker {
    pub(super) pool: usize,
    pub(super) task: Id,
    pub(super) phase: Phase,
}

/// A task, or the child of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id {
    pub(super) task: usize,
    pub(super) child: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct World {
    pub(super) now: u64,
    /// The workers of all pools; the last one is the caller, who works only when he has to.
    pub(super) workers: Vec<Worker>,
    pub(super) queues: Vec<Vec<Id>>,
    /// Workers that wait for a core, in order.
    cores: Vec<usize>,
    /// Tasks that were submitted.
    pub(super) n_come: usize,
    pub(super) count: Count,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) done: u32,
    pub(super) refused: u32,
    pub(super) dropped: u32,
    pub(super) by_caller: u32,
    /// Done when nobody waited for it any more.
    pub(super) late: u32,
    pub(super) queue_max: usize,
    pub(super) core_ms: u64,
    pub(super) wait_ms: u64,
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Did {
    Taken {
        id: Id,
        worker: usize,
    },
    /// A worker is made for it, because the queue is full.
    Grown {
        id: Id,
        worker: usize,
    },
    Queued {
        id: Id,
    },
    Refused {
        id: Id,
    },
    Discarded {
        id: Id,
    },
    /// The oldest one made place.
    Replaced {
        id: Id,
        oldest: Id,
    },
    CallerRuns {
        id: Id,
    },
    /// A worker takes it from the queue, where it waited.
    Started {
        id: Id,
        worker: usize,
    },
    /// It has to wait for a core.
    NoCore {
        id: Id,
        worker: usize,
    },
    /// It gives a child to its pool and waits for it.
    Asked {
        id: Id,
        worker: usize,
    },
    ChildDone {
        id: Id,
        worker: usize,
    },
    Done {
        id: Id,
        worker: usize,
        latency: u64,
        late: bool,
    },
    End,
    /// Everybody waits for a child that nobody can take.
    Starved,
}

impl World {
    pub(super) fn new(setup: &Setup) -> Self {
        let mut workers = Vec::new();
        for (pool, size) in setup.pools.iter().enumerate() {
            workers.extend((0..size.workers).map(|_| Worker::idle(pool)));
        }
        workers.push(Worker::idle(usize::MAX));
        Self {
            now: 0,
            workers,
            queues: vec![Vec::new(); setup.pools.len()],
            cores: Vec::new(),
            n_come: 0,
            count: Count::default(),
        }
    }

    pub(super) fn caller(&self) -> usize {
        self.workers.len() - 1
    }

    fn is_idle(&self, worker: usize) -> bool {
        self.workers[worker].phase == Phase::Idle
    }

    /// The next step. Ends come before starts, and both before what is submitted.
    pub(super) fn next(&mut self, setup: &Setup) -> Did {
        loop {
            if let Some(did) = self.end_one(setup) {
                return did;
            }
            if let Some(did) = self.start_one(setup) {
                return did;
            }
            if let Some(did) = self.submit_one(setup) {
                return did;
            }
            let ends = self.workers.iter().filter_map(|it| match it.phase {
                Phase::Waits(until) | Phase::Computes(until) => Some(until),
                _ => None,
            });
            let caller = self.is_idle(self.caller());
            let comes = setup.tasks.get(self.n_come).filter(|_| caller).map(|it| it.arrive);
            let Some(to) = ends.chain(comes).min() else {
                let stuck = self.workers.iter().any(|it| it.phase != Phase::Idle);
                return if stuck { Did::Starved } else { Did::End };
            };
            self.now = self.now.max(to);
        }
    }

    /// Ends the phases of workers that end now, up to the first that is worth a step.
    fn end_one(&mut self, setup: &Setup) -> Option<Did> {
        for at in 0..self.workers.len() {
            let Worker { task: id, phase, .. } = self.workers[at];
            let Some(task) = setup.tasks.get(id.task) else { continue };
            match phase {
                Phase::Waits(until) if until <= self.now => {
                    self.count.wait_ms += if id.child { 0 } else { task.wait };
                    if self.want_core(at, setup) {
                        return Some(Did::NoCore { id, worker: at });
                    }
                }
                Phase::Computes(until) if until <= self.now => {
                    self.count.core_ms += task.compute;
                    self.give_core(setup);
                    if task.asks && !id.child {
                        self.workers[at].phase = Phase::Asks;
                        let child = Id { task: id.task, child: true };
                        // The caller's own task has its child done by the pool too.
                        self.queues[setup.pool(task.kind)].push(child);
                        return Some(Did::Asked { id, worker: at });
                    }
                    return Some(self.done(at, setup));
                }
                Phase::Ends => return Some(self.done(at, setup)),
                _ => {}
            }
        }
        None
    }

    /// Whether a worker has to wait for a core.
    fn want_core(&mut self, at: usize, setup: &Setup) -> bool {
        let computing = |it: &&Worker| matches!(it.phase, Phase::Computes(_));
        let busy = self.workers.iter().filter(computing).count();
        if setup.n_cores <= busy {
            self.workers[at].phase = Phase::WantsCore;
            self.cores.push(at);
            return true;
        }
        self.compute(at, setup);
        false
    }

    fn compute(&mut self, at: usize, setup: &Setup) {
        let task = &setup.tasks[self.workers[at].task.task];
        self.workers[at].phase = Phase::Computes(self.now + task.compute);
    }

    /// A core is free: the first that waits for one has it.
    fn give_core(&mut self, setup: &Setup) {
        if !self.cores.is_empty() {
            let next = self.cores.remove(0);
            self.compute(next, setup);
        }
    }

    fn done(&mut self, worker: usize, setup: &Setup) -> Did {
        let id = self.workers[worker].task;
        self.workers[worker].phase = Phase::Idle;
        if !id.child {
            return self.count_done(id, worker, setup);
        }
        let asks = |it: &Worker| it.task.task == id.task && it.phase == Phase::Asks;
        if let Some(parent) = self.workers.iter().position(asks) {
            self.workers[parent].phase = Phase::Ends;
        }
        Did::ChildDone { id, worker }
    }

    fn count_done(&mut self, id: Id, worker: usize, setup: &Setup) -> Did {
        let latency = self.now - setup.tasks[id.task].arrive;
        let late = setup.patience.is_some_and(|it| it < latency);
        self.count.done += 1;
        self.count.late += u32::from(late);
        Did::Done { id, worker, latency, late }
    }

    fn take(&mut self, worker: usize, id: Id, setup: &Setup) {
        let task = &setup.tasks[id.task];
        let wait = if id.child { 0 } else { task.wait };
        self.workers[worker].task = id;
        self.workers[worker].phase = Phase::Waits(self.now + wait);
    }

    /// An idle worker takes what waits in its queue.
    fn start_one(&mut self, setup: &Setup) -> Option<Did> {
        let worker = (0..self.caller())
            .find(|&it| self.is_idle(it) && !self.queues[self.workers[it].pool].is_empty())?;
        let id = self.queues[self.workers[worker].pool].remove(0);
        self.take(worker, id, setup);
        Some(Did::Started { id, worker })
    }

    fn submit_one(&mut self, setup: &Setup) -> Option<Did> {
        let task = setup.tasks.get(self.n_come)?;
        if self.now < task.arrive || !self.is_idle(self.caller()) {
            return None;
        }
        let id = Id { task: self.n_come, child: false };
        self.n_come += 1;
        let pool = setup.pool(task.kind);
        let size = setup.pools[pool];
        let of_pool = |it: &usize| self.workers[*it].pool == pool;
        if let Some(worker) = (0..self.caller()).filter(of_pool).find(|&it| self.is_idle(it)) {
            self.take(worker, id, setup);
            return Some(Did::Taken { id, worker });
        }
        let n_workers = (0..self.caller()).filter(of_pool).count();
        let full = size.places.is_some_and(|it| it <= self.queues[pool].len());
        if full && n_workers < size.workers_max {
            let worker = self.caller();
            // Nobody who waits for a core moves: the caller is idle now.
            self.workers.insert(worker, Worker::idle(pool));
            self.take(worker, id, setup);
            return Some(Did::Grown { id, worker });
        }
        if !full {
            return Some(self.enqueue(pool, id));
        }
        Some(match setup.policy {
            Policy::Abort => {
                self.count.refused += 1;
                Did::Refused { id }
            }
            Policy::Discard => {
                self.count.dropped += 1;
                Did::Discarded { id }
            }
            Policy::CallerRuns => {
                self.count.by_caller += 1;
                let caller = self.caller();
                self.take(caller, id, setup);
                Did::CallerRuns { id }
            }
            Policy::DiscardOldest => {
                self.count.dropped += 1;
                let oldest = self.queues[pool].iter().position(|it| !it.child);
                match oldest {
                    Some(at) => {
                        let oldest = self.queues[pool].remove(at);
                        self.enqueue(pool, id);
                        Did::Replaced { id, oldest }
                    }
                    None => Did::Discarded { id },
                }
            }
        })
    }

    fn enqueue(&mut self, pool: usize, id: Id) -> Did {
        self.queues[pool].push(id);
        self.count.queue_max = self.count.queue_max.max(self.queues[pool].len());
        Did::Queued { id }
    }
}

impl Worker {
    const fn idle(pool: usize) -> Self {
        Self { pool, task: Id { task: 0, child: false }, phase: Phase::Idle }
    }
}
