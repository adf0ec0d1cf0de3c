//! C-LOOK: the arm serves in one direction only and jumps back to the farthest request.
//!
//! # Model
//! As LOOK, but where nothing is ahead the arm jumps back to the request at the far end and starts
//! again in the same direction. It never goes to an edge for its own sake. `count_return` says
//! whether the jump counts: if not, it takes no time either.
//! A decision holds until the request is served: what comes in meanwhile waits for the next one. A
//! movement takes a fixed time and a time for each cylinder, then come rotation and transfer.
//! # Ties
//! On one cylinder the request goes that came first, and of those the upper row. `direction` is where
//! the arm serves.
//! # Left out
//! The speeding up of the arm, steps from track to track within a transfer, the cache of the disk,
//! and the order that a modern disk makes for itself.
//! # Source
//! `silberschatz-10e`, 11.2.

use super::disk::kernel::{State, simulate};
use super::disk::paper;
use super::disk::policy::Policy;
use super::disk::scene;
use super::disk::workload::{self, Scenario};
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::Field;
use crate::paper::Paper;
use crate::scene::Scene;

/// The engine.
pub(crate) struct DiskClook;

impl Engine for DiskClook {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "fs/disk_clook",
        title: "C-LOOK",
        summary: "The arm serves in one direction only and jumps back to the farthest request.",
        look_for: "See the jump: it ends at a request, not at the edge.",
        source: "silberschatz-10e/11.2",
        time_unit: "µs",
        markers: &["jump"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &workload::form(true, false, true);
    const EXAMPLE: &'static str = workload::EXAMPLE;
    const PAPER: Option<Paper> = Some(paper::CLOOK);

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        simulate(scenario, Policy::CLook, log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(scenario, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        workload::actors(scenario)
    }
}
