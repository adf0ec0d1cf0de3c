//! Tasks with priorities, bodies and locks, and what is seen of them after a step.

use super::inversion_body::Op;
use crate::scene::EventKind;
use serde::Deserialize;

/// What is done against inversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Protocol {
    /// Nothing.
    None,
    /// A holder has the priority of the most urgent task that waits for it.
    Inheritance,
    /// A holder has the priority of the most urgent task that ever uses the lock.
    Ceiling,
}

/// A task as the run needs it. A lower priority number is more urgent.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub name: String,
    pub priority: u32,
    pub arrival_ticks: u64,
    /// Counted from the arrival.
    pub deadline_ticks: Option<u64>,
    pub ops: Vec<Op>,
}

/// Tasks, the names of their locks, and the protocol.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub tasks: Vec<Task>,
    pub locks: Vec<String>,
    pub protocol: Protocol,
}

impl Plan {
    /// Priority of the most urgent task that uses a lock.
    pub(super) fn ceiling(&self, lock: usize) -> u32 {
        let users = self.tasks.iter().filter(|task| task.ops.contains(&Op::Lock(lock)));
        users.map(|task| task.priority).min().unwrap_or(u32::MAX)
    }
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// Has not arrived.
    Away,
    /// Runs or could run.
    Ready,
    /// Waits for this lock.
    Blocked(usize),
    /// Has ended.
    Done,
}

/// A task in a state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Doing {
    pub status: Status,
    /// Index of the part that comes next or goes on.
    pub at: usize,
    /// Ticks left of that part, if it is work.
    pub left_ticks: u64,
    /// Priority that counts now.
    pub priority: u32,
    /// Order among equals: lower goes first.
    pub turn: i64,
    /// Time it had to wait for a less urgent task, so far.
    pub inverted_ticks: u64,
    /// Time it waited for locks, so far.
    pub blocked_ticks: u64,
}

/// A moment that the step adds to the timeline.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    pub task: usize,
    pub at: u64,
    pub kind: EventKind,
    pub detail: String,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) tasks: Vec<Doing>,
    pub(super) running: Option<usize>,
    /// Who holds each lock.
    pub(super) holders: Vec<Option<usize>>,
    pub(super) moments: Vec<Moment>,
}

impl State {
    /// The most urgent task that waits although a less urgent one runs, and whether that one
    /// holds no lock at all, so that nothing bounds the wait.
    pub(super) fn inversion(&self, plan: &Plan) -> Option<(usize, bool)> {
        let running = self.running?;
        let waits = |it: &usize| {
            let status = self.tasks[*it].status;
            *it != running && matches!(status, Status::Ready | Status::Blocked(_))
        };
        let urgency = |it: usize| plan.tasks[it].priority;
        let victim = (0..self.tasks.len()).filter(waits).min_by_key(|&it| urgency(it))?;
        let free = !self.holders.contains(&Some(running));
        (urgency(victim) < urgency(running)).then_some((victim, free))
    }
}
