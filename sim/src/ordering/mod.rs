//! Memory model and atomics: which values a load may see.

mod aba_scene;
mod aba_state;
mod axioms;
mod double_checked_scene;
mod events;
mod fences_scene;
mod happens_before_scene;
mod litmus_scene;
mod mapping_table;
mod program;
mod relation;
mod store_buffer_scene;
mod study;
mod text;
mod trace;

mod aba;
mod double_checked;
mod fences;
mod happens_before;
mod litmus;
#[cfg(test)]
mod litmus_laws;
mod mapping;
mod store_buffer;

use crate::engine::Entry;

/// In the order in which the course meets them.
pub(crate) const ALL: &[Entry] = &[
    Entry::of::<litmus::Litmus>(),
    Entry::of_machine::<store_buffer::StoreBuffer>(),
    Entry::of::<happens_before::HappensBefore>(),
    Entry::of_machine::<fences::Fences>(),
    Entry::of::<mapping::Mapping>(),
    Entry::of_machine::<aba::Aba>(),
    Entry::of_machine::<double_checked::DoubleChecked>(),
];
