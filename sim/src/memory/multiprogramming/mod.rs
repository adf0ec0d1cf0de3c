//! Several processes on one CPU, one pool of frames and one paging disk.

pub(super) mod process;
pub(super) mod run;
pub(super) mod scene;
pub(super) mod state;
mod store;

#[cfg(test)]
mod laws;
