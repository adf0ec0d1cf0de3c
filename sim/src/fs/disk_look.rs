//! LOOK: the arm sweeps as far as there are requests, and turns at the last one.
//!
//! # Model
//! As SCAN, but the arm looks ahead: if nothing waits in its direction, it turns where it is.
//! A decision holds until the request is served: what comes in meanwhile waits for the next one. A
//! movement takes a fixed time and a time for each cylinder, then come rotation and transfer.
//! # Ties
//! On one cylinder the request goes that came first, and of those the upper row. `direction` is where
//! the arm is going at the start.
//! # Left out
//! The speeding up of the arm, steps from track to track within a transfer, the cache of the disk,
//! and the order that a modern disk makes for itself.
//! # Source
//! `silberschatz-10e`, 11.2.
//! Which books call this SCAN differs; the one without the way to the edge is LOOK here.

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
pub(crate) struct DiskLook;

impl Engine for DiskLook {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "fs/disk_look",
        title: "LOOK",
        summary: "The arm sweeps as far as there are requests and turns at the last one.",
        look_for: "See where the arm turns: at the last request, not at the edge.",
        source: "silberschatz-10e/11.2",
        time_unit: "µs",
        markers: &["turn"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &workload::form(true, false, false);
    const EXAMPLE: &'static str = workload::EXAMPLE;
    const PAPER: Option<Paper> = Some(paper::LOOK);

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        simulate(scenario, Policy::Look, log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(scenario, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        workload::actors(scenario)
    }
}
