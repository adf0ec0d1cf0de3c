//! CPU scheduling: who runs next, for how long, and what it costs the others.

mod jobs;
mod kernel;
mod kernel_metrics;
mod kernel_policy;
mod kernel_say;
mod kernel_scene;
mod kernel_state;

mod lanes;
mod words;

mod periodic;
mod periodic_analysis;
#[cfg(test)]
mod periodic_laws;
mod periodic_run;
mod periodic_scene;

mod round_robin;

mod edf;
mod rate_monotonic;

use crate::engine::Entry;

/// In the order in which the course meets them.
pub(crate) const ENGINES: &[Entry] = &[
    Entry::of::<round_robin::RoundRobin>(),
    Entry::of::<rate_monotonic::RateMonotonic>(),
    Entry::of::<edf::Edf>(),
];
