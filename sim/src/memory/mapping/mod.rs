//! Mappings: a script, processes with their page tables, frames, files, and the picture.

pub(super) mod run;
pub(super) mod scene;
pub(super) mod script;
pub(super) mod world;

#[cfg(test)]
mod laws;
