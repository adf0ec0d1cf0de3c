//! An inverted page table: entries by frame, chains from a hash, a script, and the picture.

pub(super) mod run;
pub(super) mod scene;
pub(super) mod script;
pub(super) mod table;

#[cfg(test)]
mod laws;
