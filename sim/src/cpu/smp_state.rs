//! CPUs, tasks and domains, and what is seen of them after a step.

use std::collections::VecDeque;

/// A task as the run needs it.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub name: String,
    pub arrival_ticks: u64,
    pub work_ticks: u64,
    pub start_cpu: Option<usize>,
    /// By CPU.
    pub allowed: Vec<bool>,
}

/// Machine and tasks.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub tasks: Vec<Task>,
    pub cpus: usize,
    pub nodes: usize,
    pub slice_ticks: u64,
    /// 0 if periodic balancing is off.
    pub balance_ticks_per_cpu: u64,
    pub newidle: bool,
    pub active: bool,
    pub cold_ticks: u64,
    pub cold_node_ticks: u64,
    pub far_percent: u64,
}

impl Plan {
    /// The node of a CPU; nodes are blocks of neighbours, as even as can be.
    pub(super) fn node(&self, cpu: usize) -> usize {
        cpu * self.nodes / self.cpus
    }

    /// The domains that are balanced, narrow ones first: every node of several CPUs, then all.
    pub(super) fn domains(&self) -> Vec<Domain> {
        let mut domains = Vec::new();
        let mut add = |name: String, cpus: Vec<usize>, wide| {
            if 1 < cpus.len() && self.balance_ticks_per_cpu != 0 {
                let interval = self.balance_ticks_per_cpu * cpus.len() as u64;
                domains.push(Domain { name, cpus, wide, interval, next: interval, n_failed: 0 });
            }
        };
        for node in 0..self.nodes {
            let cpus = (0..self.cpus).filter(|&cpu| self.node(cpu) == node).collect();
            let name = if self.nodes == 1 { "all CPUs".to_owned() } else { format!("node {node}") };
            add(name, cpus, false);
        }
        if 1 < self.nodes {
            add("all nodes".to_owned(), (0..self.cpus).collect(), true);
        }
        domains
    }
}

/// A set of CPUs that is balanced on its own clock.
#[derive(Debug, Clone)]
pub(super) struct Domain {
    pub name: String,
    pub cpus: Vec<usize>,
    /// Whether it spans nodes.
    pub wide: bool,
    /// From check to check now, in ticks.
    pub interval: u64,
    /// When it is checked next.
    pub next: u64,
    /// Rounds in a row that found a difference and nothing to move.
    pub n_failed: u32,
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// Has not arrived.
    Away,
    /// Waits on a CPU.
    Queued(usize),
    /// Runs on a CPU.
    Running(usize),
    /// Has ended.
    Done,
}

/// A task in a state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Doing {
    pub status: Status,
    pub left_ticks: u64,
    /// Ticks that it will lose to cold caches.
    pub cold_ticks: u64,
    /// Node of its memory: where it first ran.
    pub home: Option<usize>,
    pub waited_ticks: u64,
    pub n_moves: u32,
    /// Percent of a tick that it has worked on the next tick of its work.
    pub percent: u64,
    pub finish: Option<u64>,
}

/// A CPU in a state.
#[derive(Debug, Clone, Default)]
pub(super) struct Cpu {
    pub running: Option<usize>,
    /// Tasks that wait, the next first.
    pub queue: VecDeque<usize>,
    pub slice_left_ticks: u64,
    pub busy_ticks: u64,
}

impl Cpu {
    /// Tasks on it.
    pub(super) fn load(&self) -> usize {
        self.queue.len() + usize::from(self.running.is_some())
    }
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) tasks: Vec<Doing>,
    pub(super) cpus: Vec<Cpu>,
    pub(super) domains: Vec<Domain>,
    /// CPUs whose run-queue locks this step took, in that order.
    pub(super) locks: Vec<usize>,
}
