//! A small journalling file system: its blocks, its writes, and what recovery makes of them.

mod kernel;
#[cfg(test)]
mod laws;
mod read;
mod scene;
mod tell;
mod world;

pub(super) use kernel::Kernel;
pub(super) use read::Check;
pub(super) use scene::scene;
pub(super) use world::{Disk, Does, Mode, Op, Plan, State};
