//! What a run of the single-CPU kernel looks like at one step.

use super::jobs::{Job, JobIdx};
use crate::engine::Frame;
use crate::scene::Scene;
use std::sync::{Arc, OnceLock};

/// A step's snapshot.
#[derive(Debug)]
pub(crate) struct State {
    /// Who has the CPU.
    pub(crate) cpu: Cpu,
    /// How far each job is, by job index.
    pub(crate) live: Vec<Live>,
    /// The ready jobs, as the policy keeps them.
    pub(crate) rows: Vec<ReadyRow>,
    /// What only this policy has.
    pub(crate) detail: Option<Box<dyn Detail>>,
    /// Where the CPU's time went so far.
    pub(crate) tally: Tally,
    /// Whom the step is about.
    pub(crate) subject: Option<JobIdx>,
    /// Time of the last frame; filled in when the run has ended, shared by all its frames.
    pub(crate) end: Arc<OnceLock<u64>>,
}

/// Who has the CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cpu {
    /// Nobody.
    Free,
    /// Nobody yet: it switches to a job.
    Switching {
        /// Who runs after the switch.
        to: JobIdx,
        /// What is left of the switch.
        left_ticks: u64,
    },
    /// A job.
    Running(JobIdx),
}

impl Cpu {
    /// The job that runs or is being switched to.
    pub(crate) const fn job(self) -> Option<JobIdx> {
        match self {
            Self::Free => None,
            Self::Switching { to, .. } => Some(to),
            Self::Running(job) => Some(job),
        }
    }
}

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Not arrived.
    Future,
    /// Waits for the CPU, or the CPU is being switched to it.
    Ready,
    /// Has the CPU.
    Running,
    /// Waits for its I/O.
    Blocked,
    /// Has ended.
    Done,
}

/// How far a job is.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    /// Where it is.
    pub(crate) phase: Phase,
    /// Index of its burst, from 0.
    pub(crate) burst: u8,
    /// What is left of that CPU burst; what the next one takes while it is blocked.
    pub(crate) left_ticks: u64,
    /// CPU time it got so far.
    pub(crate) cpu_ticks: u64,
    /// Time of its I/O bursts that have begun.
    pub(crate) io_ticks: u64,
    /// When its I/O ends; past or 0 if it is not blocked.
    pub(crate) wake: u64,
    /// When it first ran.
    pub(crate) start: Option<u64>,
    /// When it ended.
    pub(crate) finish: Option<u64>,
}

impl Live {
    /// A job that has not arrived.
    pub(crate) fn new(job: &Job) -> Self {
        let left_ticks = job.bursts_ticks.first().copied().unwrap_or_default();
        Self {
            phase: Phase::Future,
            burst: 0,
            left_ticks,
            cpu_ticks: 0,
            io_ticks: 0,
            wake: 0,
            start: None,
            finish: None,
        }
    }

    /// Time it spent ready and not running, up to `now`: turnaround − CPU − I/O.
    pub(crate) fn waiting_ticks(&self, job: &Job, now: u64) -> u64 {
        if self.phase == Phase::Future {
            return 0;
        }
        let end = self.finish.unwrap_or(now);
        let io_to_come = if self.phase == Phase::Blocked { self.wake - now } else { 0 };
        (end - job.arrival_ticks) - self.cpu_ticks - (self.io_ticks - io_to_come)
    }
}

/// One row of ready jobs.
#[derive(Debug, Clone)]
pub(crate) struct ReadyRow {
    /// Name at the left.
    pub(crate) label: String,
    /// A few words about the row; may be empty.
    pub(crate) note: String,
    /// The jobs, first in line first.
    pub(crate) jobs: Vec<JobIdx>,
}

impl ReadyRow {
    /// The only row of a policy that keeps one.
    pub(crate) fn only(note: impl Into<String>, jobs: Vec<JobIdx>) -> Vec<Self> {
        vec![Self { label: "Ready".to_owned(), note: note.into(), jobs }]
    }
}

/// Where the CPU's time went.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Changes from one job to a different one.
    pub(crate) n_switches: u64,
    /// Time in which a job ran.
    pub(crate) busy_ticks: u64,
    /// Time spent on switches.
    pub(crate) switching_ticks: u64,
}

/// What only one policy has to show.
pub(crate) trait Detail: std::fmt::Debug + Send + Sync {
    /// Adds its panels to the scene of the last frame of `past`.
    fn draw(&self, scene: Scene, jobs: &[Job], past: &[Frame<State>]) -> Scene;
}
