//! Deadlock: how a set of processes comes to a stop for ever, and how to make that impossible.

mod banker_scene;
mod claims;
mod graph_scene;
mod wait_scene;
mod wait_search;
mod words;

mod bankers;
mod resource_graph;
mod wait_for;

use crate::engine::Entry;

/// In the order in which the course meets them.
pub(crate) const ENGINES: &[Entry] = &[
    Entry::of::<resource_graph::ResourceGraph>(),
    Entry::of::<wait_for::WaitFor>(),
    Entry::of::<bankers::Bankers>(),
];
