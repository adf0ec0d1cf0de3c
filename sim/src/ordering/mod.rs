//! Memory model and atomics: which values a load may see.

mod axioms;
mod events;
mod happens_before_scene;
mod litmus_scene;
mod program;
mod relation;
mod store_buffer_scene;
mod study;
mod text;
mod trace;

mod happens_before;
mod litmus;
#[cfg(test)]
mod litmus_laws;
mod store_buffer;

use crate::engine::Entry;

/// In the order in which the course meets them.
pub(crate) const ALL: &[Entry] = &[
    Entry::of::<litmus::Litmus>(),
    Entry::of_machine::<store_buffer::StoreBuffer>(),
    Entry::of::<happens_before::HappensBefore>(),
];
