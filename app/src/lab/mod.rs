//! What is built once for all engines: compare, sweep, predict, explore, steps, share.

mod compare;
mod explore;
mod predict;
mod share;
mod steps;
mod sweep;
mod workload;

pub use compare::Compare;
pub use explore::{Choices, Explore};
pub use predict::{Ask, Predict};
pub use share::Share;
pub use steps::Steps;
pub use sweep::Sweeper;
pub use workload::{carried, peers};
