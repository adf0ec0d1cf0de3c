//! File systems: from a name to a block, and what survives a crash.

mod guess;
mod inode_map;
mod paper;
mod path_walk;

use crate::engine::Entry;

/// Where the bytes of a file are.
pub(crate) const FILES: &[Entry] =
    &[Entry::of::<inode_map::InodeMap>(), Entry::of::<path_walk::PathWalk>()];

/// What is on the disk after a crash.
pub(crate) const CRASH: &[Entry] = &[];

/// The devices below, and layouts made for them.
pub(crate) const DISK: &[Entry] = &[];
