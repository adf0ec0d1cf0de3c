//! Virtual memory: from an address to a byte.

mod paging;
mod translation;

use crate::engine::Entry;

/// In the order in which the course meets them.
pub(crate) const ENGINES: &[Entry] = &[Entry::of::<translation::Translation>()];
