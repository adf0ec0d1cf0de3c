//! The one list of engines, by domain, in the order in which the course meets them.

use crate::engine::Entry;

/// A domain and its engines.
#[derive(Debug, Clone, Copy)]
pub struct Domain {
    /// First part of the ids.
    pub id: &'static str,
    /// What the gallery calls it.
    pub title: &'static str,
    /// Its engines, in the order of the course.
    pub engines: &'static [Entry],
}

/// Engines of `memory`.
#[cfg(feature = "memory")]
pub static MEMORY: Domain =
    Domain { id: "memory", title: "Virtual memory", engines: crate::memory::ENGINES };

/// Engines of `cpu`.
#[cfg(feature = "cpu")]
pub static CPU: Domain =
    Domain { id: "cpu", title: "CPU scheduling", engines: crate::cpu::ENGINES };

/// Engines of `sync`.
#[cfg(feature = "sync")]
pub static SYNC: Domain =
    Domain { id: "sync", title: "Synchronization", engines: crate::sync::ENGINES };

/// Engines of `deadlock`.
#[cfg(feature = "deadlock")]
pub static DEADLOCK: Domain =
    Domain { id: "deadlock", title: "Deadlock", engines: crate::deadlock::ENGINES };

/// Every domain of this build. Each has a name of its own above, so that a program can hold some
/// of them and fetch the others when they are asked for.
pub static DOMAINS: &[&Domain] = &[
    #[cfg(feature = "memory")]
    &MEMORY,
    #[cfg(feature = "cpu")]
    &CPU,
    #[cfg(feature = "sync")]
    &SYNC,
    #[cfg(feature = "deadlock")]
    &DEADLOCK,
];

/// Every engine of this build.
pub fn engines() -> impl Iterator<Item = &'static Entry> {
    DOMAINS.iter().flat_map(|domain| domain.engines)
}

/// The engine with this id.
#[must_use]
pub fn engine(id: &str) -> Option<&'static Entry> {
    engines().find(|entry| entry.meta.id == id)
}
