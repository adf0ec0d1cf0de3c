//! One table entry, bit by bit, and the rules by which the CPU reads it.

pub(super) mod entry;
pub(super) mod rules;
pub(super) mod scene;

#[cfg(test)]
mod laws;
