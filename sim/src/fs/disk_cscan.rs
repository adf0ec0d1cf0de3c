//! C-SCAN: the arm serves in one direction only, from edge to edge, and runs back.
//!
//! # Model
//! As SCAN, but at the edge the arm runs back to the other edge without serving anything and starts
//! again in the same direction, so that all cylinders are treated alike. `count_return` says
//! whether the way back counts: if not, it takes no time either.
//! A decision holds until the request is served: what comes in meanwhile waits for the next one. A
//! movement takes a fixed time and a time for each cylinder, then come rotation and transfer.
//! # Ties
//! On one cylinder the request goes that came first, and of those the upper row. `direction` is where
//! the arm serves.
//! # Left out
//! The speeding up of the arm, steps from track to track within a transfer, the cache of the disk,
//! and the order that a modern disk makes for itself.
//! # Source
//! `teorey-1972`; `silberschatz-10e`, 11.2.4.

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
pub(crate) struct DiskCscan;

impl Engine for DiskCscan {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "fs/disk_cscan",
        title: "C-SCAN",
        summary: "The arm serves in one direction only, from edge to edge, and runs back.",
        look_for: "See the long way back on which nothing is served, and who waits for it.",
        source: "teorey-1972/C-SCAN",
        time_unit: "µs",
        markers: &["edge", "jump"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &workload::form(true, false, true);
    const EXAMPLE: &'static str = workload::EXAMPLE;
    const PAPER: Option<Paper> = Some(paper::CSCAN);

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        simulate(scenario, Policy::CScan, log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(scenario, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        workload::actors(scenario)
    }
}
