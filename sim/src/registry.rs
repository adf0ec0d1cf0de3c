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

/// Every domain of this build.
pub const DOMAINS: &[Domain] = &[
    #[cfg(feature = "memory")]
    Domain { id: "memory", title: "Virtual memory", engines: crate::memory::ENGINES },
    #[cfg(feature = "cpu")]
    Domain { id: "cpu", title: "CPU scheduling", engines: crate::cpu::ENGINES },
    #[cfg(feature = "sync")]
    Domain { id: "sync", title: "Synchronization", engines: crate::sync::ENGINES },
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
