//! What a policy answers and what it sees: the seam between the kernel and every scheduler.

use super::jobs::{Job, JobIdx, Tie};
use super::kernel_state::{Detail, Live, ReadyRow};

/// Decides who runs. The kernel keeps time, the CPU and I/O; the policy keeps the ready jobs.
///
/// Between two calls of [`Policy::enter`] for one job there is one [`Policy::choose`] that returns
/// it. A job is never chosen before it entered, and the running job is never among the ready ones.
pub(crate) trait Policy {
    /// A job joins the ready ones.
    fn enter(&mut self, job: JobIdx, from: From, view: &View<'_>);

    /// Takes the job that runs next out of the ready ones; `None` if there is none.
    fn choose(&mut self, view: &View<'_>) -> Option<JobIdx>;

    /// How long this job may run before [`Policy::expire`] is asked; `None` for the whole burst.
    /// Asked when the job gets the CPU, and after it was kept.
    fn slice(&mut self, job: JobIdx, view: &View<'_>) -> Option<u64> {
        let _ = (job, view);
        None
    }

    /// The running job has run for so many ticks more.
    fn ran(&mut self, job: JobIdx, ticks: u64, view: &View<'_>) {
        let _ = (job, ticks, view);
    }

    /// The slice of the running job is over.
    fn expire(&mut self, job: JobIdx, view: &View<'_>) -> Expiry {
        let _ = (job, view);
        Expiry::Keep("keep")
    }

    /// Whether a ready job takes the CPU from the running one now.
    /// Asked once a moment, after all that became ready has entered.
    fn preempts(&mut self, running: JobIdx, view: &View<'_>) -> bool {
        let _ = (running, view);
        false
    }

    /// A job became ready while this one runs: what is left of the slice from now on. Zero asks
    /// [`Policy::expire`] at once. `None` leaves the slice as it is.
    fn joined(&mut self, running: JobIdx, view: &View<'_>) -> Option<u64> {
        let _ = (running, view);
        None
    }

    /// The running job blocks or ends.
    fn leave(&mut self, job: JobIdx, view: &View<'_>) {
        let _ = (job, view);
    }

    /// What else happened to the job as it blocked; without its full stop.
    fn aside(&self, job: JobIdx) -> Option<String> {
        let _ = job;
        None
    }

    /// When the policy wants to act by itself; later than the last time it fired.
    fn timer(&self) -> Option<u64> {
        None
    }

    /// The timer is due.
    fn fire(&mut self, view: &View<'_>) -> Fired {
        let _ = view;
        Fired::Nothing
    }

    /// The ready jobs, row by row, each in the order in which they wait.
    fn rows(&self, view: &View<'_>) -> Vec<ReadyRow>;

    /// Where a ready job waits, as the end of "joins …".
    fn place(&self, job: JobIdx) -> String {
        let _ = job;
        "the ready queue".to_owned()
    }

    /// Why this happened to this job, as the end of "…, because …".
    fn why(&self, moment: Moment, job: JobIdx, view: &View<'_>) -> String;

    /// The policy's own panels, as they are now; the same ones at every step.
    fn detail(&self, view: &View<'_>) -> Option<Box<dyn Detail>> {
        let _ = view;
        None
    }
}

/// What a policy may look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    /// Model time.
    pub(crate) now: u64,
    /// The workload.
    pub(crate) jobs: &'a [Job],
    /// How far each job is, by job index.
    pub(crate) live: &'a [Live],
    /// Who is on the CPU.
    pub(crate) running: Option<JobIdx>,
}

impl<'a> View<'a> {
    /// The job.
    pub(crate) fn job(&self, job: JobIdx) -> &'a Job {
        &self.jobs[usize::from(job)]
    }

    /// How far it is.
    pub(crate) fn live(&self, job: JobIdx) -> &'a Live {
        &self.live[usize::from(job)]
    }

    /// Its name.
    pub(crate) fn name(&self, job: JobIdx) -> &'a str {
        &self.job(job).name
    }

    /// The order of equals: the earlier arrival, then the row.
    pub(crate) fn rank(&self, job: JobIdx) -> (u64, JobIdx) {
        (self.job(job).arrival_ticks, job)
    }
}

/// Where a job comes from when it joins the ready ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// It is new.
    Arrival,
    /// Its I/O is done.
    Io,
    /// Another job took the CPU from it.
    Preempted,
    /// Its slice was over.
    Expired,
    /// The policy's timer took it off the CPU.
    Timer,
}

/// What happens at the end of a slice; the word is the step's tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// It stays on the CPU and gets another slice.
    Keep(&'static str),
    /// It joins the ready jobs.
    Requeue(&'static str),
}

/// What a timer did; the word is the step's tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fired {
    /// Nothing that a reader should see.
    Nothing,
    /// Something among the ready jobs.
    Step(&'static str),
    /// The same, and the running job gives up the CPU and joins them.
    Requeue(&'static str),
}

/// What a policy is asked to explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Why this job was chosen.
    Dispatch,
    /// Why this running job has to give up the CPU to another.
    Preempt,
    /// Why its slice is over and it joins the ready jobs.
    Expire,
    /// Why its slice is over and it still keeps the CPU.
    Keep,
    /// What the timer did: a whole sentence, without its full stop.
    Timer,
}

/// A quantum that is renewed in silence while no other job is ready.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    quantum_ticks: u64,
    tie: Tie,
    /// Whether no other job was ready since the job got the CPU.
    alone: bool,
    /// Time since then.
    ran_ticks: u64,
}

impl Turn {
    /// Quanta of this length.
    pub(crate) const fn new(quantum_ticks: u64, tie: Tie) -> Self {
        Self { quantum_ticks, tie, alone: false, ran_ticks: 0 }
    }

    /// Its length.
    pub(crate) const fn quantum_ticks(&self) -> u64 {
        self.quantum_ticks
    }

    /// A job gets the CPU, or keeps it, with or without others that are ready: its slice.
    pub(crate) fn begin(&mut self, alone: bool) -> Option<u64> {
        self.alone = alone;
        self.ran_ticks = 0;
        (!alone).then_some(self.quantum_ticks)
    }

    /// It has run for so long.
    pub(crate) fn ran(&mut self, ticks: u64) {
        self.ran_ticks += ticks;
    }

    /// Another job became ready: the rest of the quantum that runs now, if it ends from now on.
    pub(crate) fn joined(&mut self) -> Option<u64> {
        if !std::mem::take(&mut self.alone) {
            return None;
        }
        let used = self.ran_ticks % self.quantum_ticks;
        let ends_now = used == 0 && 0 < self.ran_ticks && self.tie == Tie::ArrivalFirst;
        Some(if ends_now { 0 } else { self.quantum_ticks - used })
    }
}
