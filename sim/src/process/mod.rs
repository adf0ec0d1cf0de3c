//! Processes and threads: how processes and threads are made, what they share, and how they end and talk.

use crate::engine::Entry;

/// Made, shared, joined, ended.
pub(crate) const LIFE: &[Entry] = &[];

/// What a process and a thread consist of, and what they may see and do.
pub(crate) const INSIDE: &[Entry] = &[];
