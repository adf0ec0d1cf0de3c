//! What is built once for all engines: compare, sweep, predict, explore, steps, share.

pub mod choices;
pub mod compare;
pub mod explore;
pub mod fork;
pub mod predict;
pub mod share;
mod state_map;
pub mod steps;
pub mod sweep;
pub mod tab;
pub mod workload;

pub use choices::Choices;
pub use compare::Compare;
pub use explore::Explore;
pub use fork::Fork;
pub use predict::{Ask, Predict};
pub use share::Share;
pub use steps::Steps;
pub use sweep::Sweeper;
pub use tab::{TOOLS, Tab, Tools, Under};
pub use workload::{carried, peers};
