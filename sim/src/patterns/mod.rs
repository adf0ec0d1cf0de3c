//! Concurrency patterns: ways to divide work among tasks, and to join it again.

mod loop_jobs;
#[cfg(test)]
mod loop_laws;
mod loop_run;
mod loop_say;
mod loop_scene;
mod script;

mod event_loop;

use crate::engine::Entry;

/// In the order in which the course meets them.
pub(crate) const ALL: &[Entry] = &[Entry::of::<event_loop::EventLoop>()];
