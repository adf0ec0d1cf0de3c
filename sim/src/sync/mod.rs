//! Synchronization: programs of several threads, and every way they can interleave.

mod coherence;
mod coherence_bus;
mod coherence_run;
mod coherence_scene;
mod lang;
mod machine;
mod program;

#[cfg(test)]
pub(crate) use program::Program;

use crate::engine::Entry;

/// In the order in which the course meets them.
pub(crate) const ENGINES: &[Entry] =
    &[Entry::of_machine::<program::Program>(), Entry::of::<coherence::Coherence>()];
