//! Workers, their deques, and what each of them does next.

use crate::Rng;
use serde::Deserialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Side {
    Newest,
    Oldest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Loot {
    One,
    Half,
}

/// A goroutine: it runs, makes a call that blocks, and runs again.
#[derive(Debug, Clone)]
pub(super) struct Routine {
    pub(super) name: String,
    pub(super) on: usize,
    pub(super) first: u64,
    pub(super) call: u64,
    pub(super) last: u64,
}

impl Routine {
    /// What it runs after its call.
    const fn again(&self) -> u64 {
        if self.call == 0 { 0 } else { self.last }
    }
}

#[derive(Debug)]
pub(super) struct Setup {
    /// Empty: the work is a tree over items.
    pub(super) routines: Vec<Routine>,
    pub(super) n_items: u64,
    pub(super) leaf: u64,
    pub(super) split_ticks: u64,
    pub(super) n_workers: usize,
    pub(super) own: Side,
    pub(super) thief: Side,
    pub(super) loot: Loot,
    pub(super) steal_ticks: u64,
    /// Ticks of a call after which its worker goes on with another thread.
    pub(super) handoff: Option<u64>,
    pub(super) seed: u64,
}

impl Setup {
    pub(super) fn is_tree(&self) -> bool {
        self.routines.is_empty()
    }

    /// All ticks of work.
    pub(super) fn work(&self) -> u64 {
        match self.is_tree() {
            true => self.n_items + self.split_ticks * (n_leaves(self.n_items, self.leaf) - 1),
            false => self.routines.iter().map(|it| it.first + it.again()).sum(),
        }
    }

    /// The longest chain of things that need each other.
    pub(super) fn span(&self) -> u64 {
        match self.is_tree() {
            true => chain(self.n_items, self.leaf, self.split_ticks),
            false => {
                let long = |it: &Routine| it.first + it.call + it.again();
                self.routines.iter().map(long).max().unwrap_or(0)
            }
        }
    }
}

fn n_leaves(n: u64, leaf: u64) -> u64 {
    if n <= leaf { 1 } else { n_leaves(n / 2, leaf) + n_leaves(n - n / 2, leaf) }
}

fn chain(n: u64, leaf: u64, split: u64) -> u64 {
    // The larger half is the longer one.
    if n <= leaf { n } else { split + chain(n - n / 2, leaf, split) }
}

/// Items from one up to another, or what is left of a goroutine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) id: u32,
    /// Who made it.
    pub(super) by: usize,
    pub(super) from: u64,
    pub(super) to: u64,
    /// Index of a goroutine, and whether its call is behind it.
    pub(super) routine: usize,
    pub(super) called: bool,
}

impl Task {
    pub(super) const fn size(&self) -> u64 {
        self.to - self.from
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// Nothing, until somebody has work.
    Idle,
    /// Has a task in hand and no step of it begun, or looks for one.
    Looks,
    Splits(u64),
    Works(u64),
    Steals(u64),
    /// Its thread is inside of a call until the first; at the second it gets another one.
    Calls(u64, Option<u64>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Worker {
    /// The oldest first.
    pub(super) deque: Vec<Task>,
    pub(super) task: Option<Task>,
    pub(super) doing: Doing,
    /// The kernel thread that carries it.
    pub(super) thread: usize,
}

/// A call whose thread has lost its worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) thread: usize,
    pub(super) task: Task,
    pub(super) until: u64,
}

#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) now: u64,
    pub(super) workers: Vec<Worker>,
    pub(super) global: Vec<Task>,
    pub(super) calls: Vec<Call>,
    /// Threads that sleep.
    pub(super) spare: Vec<usize>,
    pub(super) n_threads: usize,
    pub(super) count: Count,
    next_id: u32,
    rng: Rng,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) done: u64,
    pub(super) tasks: u32,
    pub(super) steals: u32,
    pub(super) stolen: u32,
    pub(super) misses: u32,
    pub(super) handoffs: u32,
    pub(super) worked: u64,
}

/// What a step did. Workers by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Did {
    Split {
        worker: usize,
        kept: Task,
        pushed: Task,
    },
    Work {
        worker: usize,
        task: Task,
        until: u64,
    },
    Done {
        worker: usize,
        task: Task,
    },
    Take {
        worker: usize,
        task: Task,
        from: Vec<Task>,
    },
    Global {
        worker: usize,
        task: Task,
    },
    Steal {
        worker: usize,
        victim: usize,
        task: Task,
        n: usize,
        from: Vec<Task>,
    },
    Miss {
        worker: usize,
        victim: usize,
    },
    Sleep {
        worker: usize,
    },
    Call {
        worker: usize,
        task: Task,
        until: u64,
    },
    Handoff {
        worker: usize,
        task: Task,
        thread: usize,
        made: bool,
    },
    /// A call has returned: on its worker, on an idle one, or into the global queue.
    Return {
        task: Task,
        worker: Option<usize>,
        kept: bool,
    },
    End,
}

impl World {
    pub(super) fn new(setup: &Setup) -> Self {
        let worker =
            |thread: usize| Worker { deque: Vec::new(), task: None, doing: Doing::Looks, thread };
        let mut world = Self {
            now: 0,
            workers: (0..setup.n_workers).map(worker).collect(),
            global: Vec::new(),
            calls: Vec::new(),
            spare: Vec::new(),
            n_threads: setup.n_workers,
            count: Count::default(),
            next_id: 0,
            rng: Rng::new(setup.seed),
        };
        if setup.is_tree() {
            let root = world.task(0, 0, setup.n_items, 0);
            world.workers[0].deque.push(root);
        }
        for (at, routine) in setup.routines.iter().enumerate() {
            let on = routine.on.min(setup.n_workers) - 1;
            let task = world.task(on, 0, 0, at);
            world.workers[on].deque.push(task);
        }
        world
    }

    fn task(&mut self, by: usize, from: u64, to: u64, routine: usize) -> Task {
        self.next_id += 1;
        Task { id: self.next_id, by, from, to, routine, called: false }
    }

    /// The next step. At one moment calls return first, then workers act in their order.
    pub(super) fn next(&mut self, setup: &Setup) -> Did {
        loop {
            if let Some(did) = self.come_back() {
                return did;
            }
            for at in 0..self.workers.len() {
                if let Some(did) = self.act(at, setup) {
                    return did;
                }
            }
            let ends = self.workers.iter().flat_map(|it| match it.doing {
                Doing::Splits(until) | Doing::Works(until) | Doing::Steals(until) => {
                    [Some(until), None]
                }
                Doing::Calls(until, handoff) => [Some(until), handoff],
                Doing::Idle | Doing::Looks => [None, None],
            });
            let calls = self.calls.iter().map(|it| Some(it.until));
            let Some(to) = ends.chain(calls).flatten().filter(|&it| self.now < it).min() else {
                return Did::End;
            };
            self.now = to;
        }
    }

    fn come_back(&mut self) -> Option<Did> {
        let at = self.calls.iter().position(|it| it.until <= self.now)?;
        let Call { thread, task, .. } = self.calls.remove(at);
        let idle = self.workers.iter().position(|it| it.doing == Doing::Idle);
        match idle {
            Some(worker) => {
                self.spare.push(self.workers[worker].thread);
                let it = &mut self.workers[worker];
                (it.thread, it.task, it.doing) = (thread, Some(task), Doing::Looks);
            }
            None => {
                self.spare.push(thread);
                self.global.push(task);
            }
        }
        Some(Did::Return { task, worker: idle, kept: false })
    }

    /// Wakes those who sleep: there is something to take.
    fn wake(&mut self) {
        for worker in &mut self.workers {
            if worker.doing == Doing::Idle {
                worker.doing = Doing::Looks;
            }
        }
    }

    fn act(&mut self, at: usize, setup: &Setup) -> Option<Did> {
        let now = self.now;
        match self.workers[at].doing {
            Doing::Idle => None,
            Doing::Looks => match self.workers[at].task {
                Some(task) if setup.is_tree() && setup.leaf < task.size() => {
                    self.workers[at].doing = Doing::Splits(now + setup.split_ticks);
                    None
                }
                Some(task) => Some(self.work(at, task, setup)),
                None => Some(self.look(at, setup)),
            },
            Doing::Splits(until) if until <= now => {
                self.workers[at].doing = Doing::Looks;
                self.split(at, setup)
            }
            Doing::Steals(until) if until <= now => {
                self.workers[at].doing = Doing::Looks;
                self.act(at, setup)
            }
            Doing::Works(until) if until <= now => self.worked(at, setup),
            Doing::Calls(until, _) if until <= now => {
                self.workers[at].doing = Doing::Looks;
                let task = self.workers[at].task?;
                Some(Did::Return { task, worker: Some(at), kept: true })
            }
            Doing::Calls(until, Some(handoff)) if handoff <= now => {
                let task = self.workers[at].task.take()?;
                self.calls.push(Call { thread: self.workers[at].thread, task, until });
                let made = self.spare.is_empty();
                let thread = self.spare.pop().unwrap_or(self.n_threads);
                self.n_threads += usize::from(made);
                self.count.handoffs += 1;
                self.workers[at].thread = thread;
                self.workers[at].doing = Doing::Looks;
                Some(Did::Handoff { worker: at, task, thread, made })
            }
            _ => None,
        }
    }

    /// Offers the right half of the task in hand.
    fn split(&mut self, at: usize, setup: &Setup) -> Option<Did> {
        let task = self.workers[at].task?;
        let middle = task.from + task.size() / 2;
        let pushed = self.task(at, middle, task.to, 0);
        let kept = Task { to: middle, by: at, ..task };
        self.workers[at].task = Some(kept);
        self.workers[at].deque.push(pushed);
        self.count.worked += setup.split_ticks;
        self.wake();
        Some(Did::Split { worker: at, kept, pushed })
    }

    /// Works on the task in hand.
    fn work(&mut self, at: usize, task: Task, setup: &Setup) -> Did {
        let ticks = match setup.routines.get(task.routine) {
            Some(routine) if task.called => routine.last,
            Some(routine) => routine.first,
            None => task.size(),
        };
        let until = self.now + ticks;
        self.count.worked += ticks;
        self.workers[at].doing = Doing::Works(until);
        Did::Work { worker: at, task, until }
    }

    fn worked(&mut self, at: usize, setup: &Setup) -> Option<Did> {
        let task = self.workers[at].task?;
        let call = setup.routines.get(task.routine).map_or(0, |it| it.call);
        if 0 < call && !task.called {
            let until = self.now + call;
            let handoff = setup.handoff.map(|it| self.now + it).filter(|&it| it < until);
            self.workers[at].task = Some(Task { called: true, ..task });
            self.workers[at].doing = Doing::Calls(until, handoff);
            return Some(Did::Call { worker: at, task, until });
        }
        self.count.done += if setup.is_tree() { task.size() } else { 1 };
        self.count.tasks += 1;
        self.workers[at].task = None;
        self.workers[at].doing = Doing::Looks;
        Some(Did::Done { worker: at, task })
    }

    /// Looks for a task: in its own deque, in the global queue, in the deque of somebody else.
    fn look(&mut self, at: usize, setup: &Setup) -> Did {
        let from = self.workers[at].deque.clone();
        if !from.is_empty() {
            let deque = &mut self.workers[at].deque;
            let task = match setup.own {
                Side::Newest => deque.remove(deque.len() - 1),
                Side::Oldest => deque.remove(0),
            };
            self.workers[at].task = Some(task);
            return Did::Take { worker: at, task, from };
        }
        if !self.global.is_empty() {
            let task = self.global.remove(0);
            self.workers[at].task = Some(task);
            return Did::Global { worker: at, task };
        }
        if self.workers.iter().all(|it| it.deque.is_empty()) {
            self.workers[at].doing = Doing::Idle;
            return Did::Sleep { worker: at };
        }
        let others = self.workers.len() as u64 - 1;
        let drawn = usize::try_from(self.rng.below(others)).unwrap_or(0);
        let victim = if drawn < at { drawn } else { drawn + 1 };
        self.steal(at, victim, setup)
    }

    fn steal(&mut self, at: usize, victim: usize, setup: &Setup) -> Did {
        self.workers[at].doing = Doing::Steals(self.now + setup.steal_ticks);
        let from = self.workers[victim].deque.clone();
        let n = match setup.loot {
            _ if from.is_empty() => {
                self.count.misses += 1;
                return Did::Miss { worker: at, victim };
            }
            Loot::One => 1,
            Loot::Half => from.len().div_ceil(2),
        };
        let mut taken: Vec<Task> = match setup.thief {
            Side::Oldest => self.workers[victim].deque.drain(..n).collect(),
            Side::Newest => self.workers[victim].deque.drain(from.len() - n..).collect(),
        };
        let task = match setup.thief {
            Side::Oldest => taken.remove(0),
            Side::Newest => taken.remove(n - 1),
        };
        self.workers[at].task = Some(task);
        self.workers[at].deque = taken;
        self.count.steals += 1;
        self.count.stolen += u32::try_from(n).unwrap_or(0);
        Did::Steal { worker: at, victim, task, n, from }
    }
}
