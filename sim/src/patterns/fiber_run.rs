//! Fibers, the kernel threads below them, and who runs when.

use super::fiber_script::{Op, Setup};

/// Most steps of a run.
pub(super) const STEPS_MAX: u32 = 1_500;

/// Most kernel threads, with those that are added when others block.
pub(super) const THREADS_MAX: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Ready,
    Running(usize),
    /// In a call that blocks its kernel thread, until then.
    InKernel(usize, u64),
    /// Waits for data without a kernel thread, until then.
    Waits(u64),
    Done,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fiber {
    /// Its operation, and how many rounds it has begun.
    pub(super) at: usize,
    pub(super) round: u64,
    /// What is left of the computing that it is at.
    pub(super) left: u64,
    pub(super) status: Status,
    /// The balance as it has read it.
    pub(super) read: i64,
    /// Since when it could run.
    since: u64,
    /// Whether it has run at all.
    pub(super) begun: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Thread {
    pub(super) fiber: Option<usize>,
    /// Who ran on it last.
    last: Option<usize>,
    /// For how long its fiber has computed in one go.
    used: u64,
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Did {
    Start,
    Switch {
        thread: usize,
        fiber: usize,
        from: Option<usize>,
    },
    Computes {
        us: u64,
    },
    Yields {
        fiber: usize,
    },
    /// Yields, but nobody else is ready.
    Alone {
        fiber: usize,
    },
    Blocks {
        fiber: usize,
        thread: usize,
        until: u64,
        added: bool,
    },
    Returns {
        fiber: usize,
        thread: usize,
        queued: bool,
    },
    Waits {
        fiber: usize,
        until: u64,
    },
    Ready {
        fiber: usize,
    },
    Preempted {
        fiber: usize,
    },
    Gets {
        fiber: usize,
    },
    Adds {
        fiber: usize,
        amount: i64,
        lost: bool,
    },
    Done {
        fiber: usize,
    },
    Cut,
    End,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct World {
    pub(super) now: u64,
    pub(super) fibers: Vec<Fiber>,
    pub(super) threads: Vec<Thread>,
    pub(super) ready: Vec<usize>,
    pub(super) balance: i64,
    pub(super) switches: u64,
    /// Time in which a kernel thread slept while a fiber was ready and none could take it.
    pub(super) stood: u64,
    pub(super) wait_max: u64,
    n_steps: u32,
}

impl World {
    pub(super) fn new(setup: &Setup) -> Self {
        let fiber = Fiber {
            at: 0,
            round: 0,
            left: 0,
            status: Status::Ready,
            read: 0,
            since: 0,
            begun: false,
        };
        let mut world = Self {
            now: 0,
            fibers: vec![fiber; setup.fibers.len()],
            threads: vec![Thread { fiber: None, last: None, used: 0 }; setup.n_threads],
            ready: (0..setup.fibers.len()).collect(),
            balance: 0,
            switches: 0,
            stood: 0,
            wait_max: 0,
            n_steps: 0,
        };
        for at in 0..world.fibers.len() {
            world.fibers[at].left = computing(setup, at, 0);
        }
        world
    }

    /// The next step.
    pub(super) fn next(&mut self, setup: &Setup) -> Did {
        self.n_steps += 1;
        if STEPS_MAX <= self.n_steps {
            return Did::Cut;
        }
        if let Some(did) = self.comes_back(setup) {
            return did;
        }
        for thread in 0..self.threads.len() {
            if let Some(did) = self.operation(setup, thread) {
                return did;
            }
        }
        if let Some(did) = self.switch(setup) {
            return did;
        }
        self.advance(setup)
    }

    /// Data that has come, and calls that return.
    fn comes_back(&mut self, setup: &Setup) -> Option<Did> {
        for fiber in 0..self.fibers.len() {
            match self.fibers[fiber].status {
                Status::Waits(until) if until <= self.now => {
                    self.goes_on(setup, fiber);
                    self.queue(fiber);
                    return Some(Did::Ready { fiber });
                }
                Status::InKernel(thread, until) if until <= self.now => {
                    self.goes_on(setup, fiber);
                    let queued = setup.n_threads <= self.n_running();
                    if queued {
                        self.threads[thread].fiber = None;
                        self.queue(fiber);
                    } else {
                        self.fibers[fiber].status = Status::Running(thread);
                        self.threads[thread].used = 0;
                    }
                    return Some(Did::Returns { fiber, thread, queued });
                }
                _ => {}
            }
        }
        None
    }

    fn queue(&mut self, fiber: usize) {
        self.fibers[fiber].status = Status::Ready;
        self.fibers[fiber].since = self.now;
        self.ready.push(fiber);
    }

    /// Threads that run a fiber and are not asleep.
    fn n_running(&self) -> usize {
        self.fibers.iter().filter(|it| matches!(it.status, Status::Running(_))).count()
    }

    /// The fiber of a thread, if it runs.
    fn running(&self, thread: usize) -> Option<usize> {
        let fiber = self.threads[thread].fiber?;
        (self.fibers[fiber].status == Status::Running(thread)).then_some(fiber)
    }

    /// Behind its operation.
    fn goes_on(&mut self, setup: &Setup, fiber: usize) {
        let it = &mut self.fibers[fiber];
        it.at += 1;
        if it.at == setup.fibers[fiber].ops.len() && it.round + 1 < setup.fibers[fiber].times {
            it.at = 0;
            it.round += 1;
        }
        it.left = computing(setup, fiber, it.at);
    }

    /// Leaves its thread, and says which that was.
    fn leaves(&mut self, fiber: usize) {
        if let Status::Running(thread) = self.fibers[fiber].status {
            self.threads[thread].fiber = None;
        }
    }

    /// What the fiber of a thread does without time passing.
    fn operation(&mut self, setup: &Setup, thread: usize) -> Option<Did> {
        let fiber = self.running(thread)?;
        let Some(op) = setup.fibers[fiber].ops.get(self.fibers[fiber].at) else {
            self.leaves(fiber);
            self.fibers[fiber].status = Status::Done;
            return Some(Did::Done { fiber });
        };
        match *op {
            Op::Run(_) if self.fibers[fiber].left == 0 => {
                self.goes_on(setup, fiber);
                self.operation(setup, thread)
            }
            Op::Run(_) => {
                let over = 0 < setup.preempt_us && setup.preempt_us <= self.threads[thread].used;
                if !over || self.ready.is_empty() {
                    return None;
                }
                self.leaves(fiber);
                self.queue(fiber);
                Some(Did::Preempted { fiber })
            }
            Op::Yield => {
                self.goes_on(setup, fiber);
                if self.ready.is_empty() {
                    return Some(Did::Alone { fiber });
                }
                self.leaves(fiber);
                self.queue(fiber);
                Some(Did::Yields { fiber })
            }
            Op::Read(us) if setup.wraps => {
                self.leaves(fiber);
                let until = self.now + us;
                self.fibers[fiber].status = Status::Waits(until);
                Some(Did::Waits { fiber, until })
            }
            Op::Read(us) => {
                let until = self.now + us;
                self.fibers[fiber].status = Status::InKernel(thread, until);
                let in_kernel = |it: &&Fiber| matches!(it.status, Status::InKernel(..));
                let awake = self.threads.len() - self.fibers.iter().filter(in_kernel).count();
                let added = setup.adds_threads
                    && awake < setup.n_threads
                    && self.threads.len() < THREADS_MAX;
                if added {
                    self.threads.push(Thread { fiber: None, last: None, used: 0 });
                }
                Some(Did::Blocks { fiber, thread, until, added })
            }
            Op::Get => {
                self.fibers[fiber].read = self.balance;
                self.goes_on(setup, fiber);
                Some(Did::Gets { fiber })
            }
            Op::Add(amount) => {
                let lost = self.fibers[fiber].read != self.balance;
                self.balance = self.fibers[fiber].read + amount;
                self.goes_on(setup, fiber);
                Some(Did::Adds { fiber, amount, lost })
            }
        }
    }

    /// A thread without a fiber takes the first that is ready.
    fn switch(&mut self, setup: &Setup) -> Option<Did> {
        if self.ready.is_empty() || setup.n_threads <= self.n_running() {
            return None;
        }
        let thread = self.threads.iter().position(|it| it.fiber.is_none())?;
        let fiber = self.ready.remove(0);
        let from = self.threads[thread].last;
        self.switches += u64::from(from.is_some());
        self.threads[thread] = Thread { fiber: Some(fiber), last: Some(fiber), used: 0 };
        let it = &mut self.fibers[fiber];
        it.status = Status::Running(thread);
        it.begun = true;
        self.wait_max = self.wait_max.max(self.now - it.since);
        Some(Did::Switch { thread, fiber, from })
    }

    /// Lets time pass until something happens.
    fn advance(&mut self, setup: &Setup) -> Did {
        let mut next: Option<u64> = None;
        for it in &self.fibers {
            let at = match it.status {
                Status::Running(thread) => {
                    let slice = setup.preempt_us.saturating_sub(self.threads[thread].used);
                    let cut = 0 < setup.preempt_us && !self.ready.is_empty() && 0 < slice;
                    self.now + if cut { it.left.min(slice) } else { it.left }
                }
                Status::InKernel(_, until) | Status::Waits(until) => until,
                Status::Ready | Status::Done => continue,
            };
            next = Some(next.map_or(at, |it| it.min(at)));
        }
        let Some(next) = next else { return Did::End };
        let us = next - self.now;
        self.now = next;
        let n_running = self.n_running();
        if !self.ready.is_empty() && n_running < setup.n_threads {
            self.stood += us;
        }
        for thread in 0..self.threads.len() {
            if let Some(fiber) = self.running(thread) {
                self.fibers[fiber].left -= us;
                self.threads[thread].used += us;
            }
        }
        Did::Computes { us }
    }
}

/// How long the operation computes.
fn computing(setup: &Setup, fiber: usize, at: usize) -> u64 {
    match setup.fibers[fiber].ops.get(at) {
        Some(Op::Run(us)) => *us,
        _ => 0,
    }
}
