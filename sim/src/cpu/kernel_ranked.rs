//! Ready jobs ordered by a number: least first, equals by earlier arrival, then by row.

use super::jobs::JobIdx;
use super::kernel_policy::View;
use std::collections::BTreeSet;

/// Ready jobs by key. Every operation takes O(log n).
#[derive(Debug, Clone, Default)]
pub(crate) struct Ranked(BTreeSet<(i64, u64, JobIdx)>);

impl Ranked {
    /// Adds a job.
    pub(crate) fn insert(&mut self, key: i64, job: JobIdx, view: &View<'_>) {
        let (arrival, row) = view.rank(job);
        self.0.insert((key, arrival, row));
    }

    /// Takes out a job that was added with this key.
    pub(crate) fn remove(&mut self, key: i64, job: JobIdx, view: &View<'_>) {
        let (arrival, row) = view.rank(job);
        self.0.remove(&(key, arrival, row));
    }

    /// Takes out the first job.
    pub(crate) fn pop(&mut self) -> Option<JobIdx> {
        self.0.pop_first().map(|(.., job)| job)
    }

    /// Key of the first job and the job.
    pub(crate) fn first(&self) -> Option<(i64, JobIdx)> {
        self.0.first().map(|&(key, _, job)| (key, job))
    }

    /// Whether a job with this key would go before all that are here.
    pub(crate) fn is_led_by(&self, key: i64, job: JobIdx, view: &View<'_>) -> bool {
        let (arrival, row) = view.rank(job);
        self.0.first().is_none_or(|first| (key, arrival, row) < *first)
    }

    /// The jobs in their order.
    pub(crate) fn jobs(&self) -> Vec<JobIdx> {
        self.0.iter().map(|&(.., job)| job).collect()
    }
}
