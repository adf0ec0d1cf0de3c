//! Deadlock: how a set of processes comes to a stop for ever, and how to make that impossible.

mod banker_scene;
mod claims;
mod coffman_scene;
mod graph_scene;
mod lock_checks;
mod lock_scene;
mod paper;
#[cfg(test)]
mod stamp_laws;
mod stamp_run;
mod stamp_scene;
mod stamps;
mod wait_scene;
mod wait_search;
mod words;

mod bankers;
mod coffman;
mod lock_order;
mod resource_graph;
mod wait_die;
mod wait_for;
mod wound_wait;

use crate::engine::Entry;

/// In the order in which the course meets them.
pub(crate) const ENGINES: &[Entry] = &[
    Entry::of::<resource_graph::ResourceGraph>(),
    Entry::of::<wait_for::WaitFor>(),
    Entry::of::<bankers::Bankers>(),
    Entry::of::<lock_order::LockOrder>(),
    Entry::of::<wait_die::WaitDie>(),
    Entry::of::<wound_wait::WoundWait>(),
    Entry::of_machine::<coffman::Coffman>(),
];
