//! Pages of files in memory: who reads and writes them, and when they reach the disk.

mod cache;
#[cfg(test)]
mod laws;
mod run;
mod scene;
mod tell;

pub(super) use cache::{Costs, Does, Op, Plan};
pub(super) use run::{Kernel, State};
pub(super) use scene::scene;
