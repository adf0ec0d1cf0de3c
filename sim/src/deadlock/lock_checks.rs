//! What the checker remembers of locks, and what it warns of.

/// An arrow of the order: `to` was taken while `from` was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrow {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Who did it first.
    pub(crate) task: usize,
}

/// How a lock was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Usage {
    /// Taken in an interrupt handler.
    InIrq,
    /// Held by a thread with interrupts on.
    IrqsOn,
}

/// Everything seen so far.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    arrows: Vec<Arrow>,
    /// By lock: who first took it in an interrupt.
    in_irq: Vec<Option<usize>>,
    /// By lock: who first held it with interrupts on.
    irqs_on: Vec<Option<usize>>,
}

/// A warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Report {
    /// An arrow closes a cycle: the locks in order, and who drew the arrow.
    Order { round: Vec<usize>, task: usize },
    /// A task takes a lock that it holds.
    Again { lock: usize, task: usize },
    /// A lock is taken in interrupts and held with interrupts on.
    Irq { lock: usize, in_irq: usize, irqs_on: usize },
    /// A lock of interrupts leads to one that is held with interrupts on.
    Mixed { chain: Vec<usize>, in_irq: usize, irqs_on: usize },
    /// A task may sleep while it holds a spinlock, or in a handler.
    Sleeps { lock: usize, under: Option<usize>, task: usize },
}

impl Rules {
    pub(crate) fn new(n_locks: usize) -> Self {
        Self { arrows: Vec::new(), in_irq: vec![None; n_locks], irqs_on: vec![None; n_locks] }
    }

    pub(crate) fn arrows(&self) -> &[Arrow] {
        &self.arrows
    }

    pub(crate) fn in_irq(&self, lock: usize) -> Option<usize> {
        self.in_irq[lock]
    }

    pub(crate) fn irqs_on(&self, lock: usize) -> Option<usize> {
        self.irqs_on[lock]
    }

    /// A shortest chain of arrows from one lock to another, both included.
    pub(crate) fn chain(&self, from: usize, to: usize) -> Option<Vec<usize>> {
        let mut came_from: Vec<Option<usize>> = vec![None; self.in_irq.len()];
        let mut open = std::collections::VecDeque::from([from]);
        while let Some(at) = open.pop_front() {
            if at == to {
                let mut chain = vec![to];
                let mut at = to;
                while at != from {
                    at = came_from[at]?;
                    chain.push(at);
                }
                chain.reverse();
                return Some(chain);
            }
            for arrow in self.arrows.iter().filter(|it| it.from == at) {
                if arrow.to != from && came_from[arrow.to].is_none() {
                    came_from[arrow.to] = Some(at);
                    open.push_back(arrow.to);
                }
            }
        }
        None
    }

    /// `lock` is taken while `under` is held. A warning if the arrow closes a cycle.
    pub(crate) fn order(&mut self, under: usize, lock: usize, task: usize) -> Option<Report> {
        if self.arrows.iter().any(|it| (it.from, it.to) == (under, lock)) {
            return None;
        }
        let back = self.chain(lock, under);
        self.arrows.push(Arrow { from: under, to: lock, task });
        let round = back?;
        Some(Report::Order { round, task })
    }

    /// Notes how a lock is used. A warning if it is now used in both ways.
    pub(crate) fn used(&mut self, lock: usize, usage: Usage, task: usize) -> Vec<Report> {
        let place = match usage {
            Usage::InIrq => &mut self.in_irq[lock],
            Usage::IrqsOn => &mut self.irqs_on[lock],
        };
        if place.is_some() {
            return Vec::new();
        }
        *place = Some(task);
        match (self.in_irq[lock], self.irqs_on[lock]) {
            (Some(in_irq), Some(irqs_on)) => vec![Report::Irq { lock, in_irq, irqs_on }],
            _ => Vec::new(),
        }
    }

    /// Chains from a lock of interrupts to another one that is held with interrupts on.
    pub(crate) fn mixed(&self) -> Vec<Report> {
        let mut found = Vec::new();
        for (from, in_irq) in self.in_irq.iter().enumerate() {
            for (to, irqs_on) in self.irqs_on.iter().enumerate() {
                let (Some(in_irq), Some(irqs_on)) = (*in_irq, *irqs_on) else { continue };
                if let Some(chain) = self.chain(from, to).filter(|it| 1 < it.len()) {
                    found.push(Report::Mixed { chain, in_irq, irqs_on });
                }
            }
        }
        found
    }
}

impl Report {
    pub(crate) const fn again(lock: usize, task: usize) -> Self {
        Self::Again { lock, task }
    }

    pub(crate) const fn sleeps(lock: usize, under: Option<usize>, task: usize) -> Self {
        Self::Sleeps { lock, under, task }
    }

    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Order { .. } | Self::Again { .. } => "order",
            Self::Irq { .. } | Self::Mixed { .. } => "interrupts",
            Self::Sleeps { .. } => "sleep",
        }
    }

    /// Whether another report warns of the same thing.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Mixed { chain: a, .. }, Self::Mixed { chain: b, .. }) => {
                (a.first(), a.last()) == (b.first(), b.last())
            }
            (Self::Sleeps { lock: a, under: b, .. }, Self::Sleeps { lock: c, under: d, .. }) => {
                (a, b) == (c, d)
            }
            _ => self == other,
        }
    }

    /// Locks whose arrows the warning is about, in order.
    pub(crate) fn round(&self) -> &[usize] {
        match self {
            Self::Order { round: locks, .. } | Self::Mixed { chain: locks, .. } => locks,
            Self::Again { .. } | Self::Irq { .. } | Self::Sleeps { .. } => &[],
        }
    }

    /// The warning as the middle of a sentence.
    pub(crate) fn words(&self, locks: &[String], tasks: &[String]) -> String {
        let chain = |it: &[usize]| {
            let names: Vec<&str> = it.iter().map(|&it| locks[it].as_str()).collect();
            names.join(" → ")
        };
        match self {
            Self::Order { round, task } => {
                let closed: Vec<usize> = round.iter().chain(round.first()).copied().collect();
                let (lock, under) = (&locks[round[0]], &locks[round[round.len() - 1]]);
                format!(
                    "{} asks for {lock} under {under}, but {} was the order before, and the circle \
                     {} can deadlock",
                    tasks[*task],
                    chain(round),
                    chain(&closed)
                )
            }
            Self::Again { lock, task } => {
                let (task, lock) = (&tasks[*task], &locks[*lock]);
                format!("{task} asks for {lock} while it holds it, and would wait for itself")
            }
            Self::Irq { lock, in_irq, irqs_on } => {
                let lock = &locks[*lock];
                let (in_irq, irqs_on) = (&tasks[*in_irq], &tasks[*irqs_on]);
                format!(
                    "{irqs_on} holds {lock} with interrupts on, and the handler {in_irq} takes \
                     {lock}; if it comes in then, on that CPU, it waits for ever"
                )
            }
            Self::Mixed { chain: locks_of, in_irq, irqs_on } => {
                let (in_irq, irqs_on) = (&tasks[*in_irq], &tasks[*irqs_on]);
                let first = &locks[locks_of[0]];
                let last = &locks[locks_of[locks_of.len() - 1]];
                format!(
                    "the handler {in_irq} takes {first}, and {last} is taken under it ({}), but \
                     {irqs_on} holds {last} with interrupts on",
                    chain(locks_of)
                )
            }
            Self::Sleeps { lock, under, task } => {
                let (task, lock) = (&tasks[*task], &locks[*lock]);
                match under {
                    Some(under) => format!(
                        "{task} may sleep for the mutex {lock} while it holds the spinlock {}",
                        locks[*under]
                    ),
                    None => format!("the handler {task} may sleep for the mutex {lock}"),
                }
            }
        }
    }
}
