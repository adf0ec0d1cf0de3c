//! Input and output: who waits for a device, who is told, and how often the bytes are copied.

mod readiness;
mod readiness_scene;
mod triggering;
mod triggering_run;
mod triggering_scene;

use crate::engine::Entry;

/// In the order in which the course meets them.
pub(crate) const ALL: &[Entry] =
    &[Entry::of::<readiness::Readiness>(), Entry::of::<triggering::Triggering>()];
