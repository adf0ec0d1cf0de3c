//! What is built once for all engines: compare, sweep, predict, explore, steps, share.

pub mod compare;
pub mod explore;
pub mod predict;
pub mod share;
pub mod steps;
pub mod sweep;
pub mod tab;
pub mod workload;

pub use compare::Compare;
pub use explore::{Choices, Explore};
pub use predict::{Ask, Predict};
pub use share::Share;
pub use steps::Steps;
pub use sweep::Sweeper;
pub use tab::{TOOLS, Tab, Tools, Under};
pub use workload::{carried, peers};
