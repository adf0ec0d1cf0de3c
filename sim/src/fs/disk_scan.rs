//! SCAN: the arm sweeps from edge to edge and serves what it meets.
//!
//! # Model
//! The arm goes on in its direction as long as anything waits, serves the nearest request ahead, runs
//! to the edge of the disk when nothing is ahead, and turns there. A request on its own cylinder
//! counts as ahead. When nothing waits any more, it stays where it is.
//! A decision holds until the request is served: what comes in meanwhile waits for the next one. A
//! movement takes a fixed time and a time for each cylinder, then come rotation and transfer.
//! # Ties
//! On one cylinder the request goes that came first, and of those the upper row. `direction` is where
//! the arm is going at the start.
//! # Left out
//! The speeding up of the arm, steps from track to track within a transfer, the cache of the disk,
//! and the order that a modern disk makes for itself.
//! # Source
//! `denning-1967`; `silberschatz-10e`, 11.2.3 has the variant that runs to the edge.

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
pub(crate) struct DiskScan;

impl Engine for DiskScan {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "fs/disk_scan",
        title: "SCAN",
        summary: "The arm sweeps from edge to edge and serves what it meets.",
        look_for: "See the arm run on to the edge though nobody waits there, and turn.",
        source: "denning-1967/SCAN",
        time_unit: "µs",
        markers: &["edge", "turn"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &workload::form(true, false, false);
    const EXAMPLE: &'static str = workload::EXAMPLE;
    const PAPER: Option<Paper> = Some(paper::SCAN);

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        simulate(scenario, Policy::Scan, log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(scenario, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        workload::actors(scenario)
    }
}
