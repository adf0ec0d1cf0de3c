//! A tree of blocks that are never overwritten while something points to them.

mod disk;
#[cfg(test)]
mod laws;
mod run;
mod scene;
mod tell;

pub(super) use disk::{Does, Op, Plan, Sums};
pub(super) use run::{Kernel, State};
pub(super) use scene::scene;
