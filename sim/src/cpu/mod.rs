//! CPU scheduling: who runs next, for how long, and what it costs the others.

use crate::engine::Entry;

/// In the order in which the course meets them.
pub(crate) const ENGINES: &[Entry] = &[];
