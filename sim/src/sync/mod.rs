//! Synchronization: programs of several threads, and every way they can interleave.

mod adaptive;
mod coherence;
mod coherence_bus;
mod coherence_run;
mod coherence_scene;
mod contention;
mod contention_run;
mod contention_scene;
mod incident;
mod machine;
mod paper;
mod program;
mod rcu;
mod rcu_scene;
mod socket_receive;
mod socket_run;
mod socket_scene;

#[cfg(test)]
pub(crate) use program::Program;

use crate::engine::Entry;

/// Programs, every way they can interleave.
pub(crate) const PROGRAM: &[Entry] = &[Entry::of_machine::<program::Program>()];

/// What synchronization costs, in the order in which the course meets it.
pub(crate) const COST: &[Entry] = &[
    Entry::of::<coherence::Coherence>(),
    Entry::of::<contention::Contention>(),
    Entry::of::<adaptive::Adaptive>(),
    Entry::of_machine::<rcu::Rcu>(),
    Entry::of::<socket_receive::SocketReceive>(),
    Entry::of_machine::<incident::Incident>(),
];
