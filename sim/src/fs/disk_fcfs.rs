//! FCFS: the arm visits the requests in the order in which they came.
//!
//! # Model
//! No request is overtaken, and the arm goes where the next one is, however far.
//! A decision holds until the request is served: what comes in meanwhile waits for the next one. A
//! movement takes a fixed time and a time for each cylinder, then come rotation and transfer.
//! # Ties
//! Requests that come at the same time count as having come in the order of the table.
//! # Left out
//! The speeding up of the arm, steps from track to track within a transfer, the cache of the disk,
//! and the order that a modern disk makes for itself.
//! # Source
//! `silberschatz-10e`, 11.2.1; `denning-1967` has the comparison with the others.

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
pub(crate) struct DiskFcfs;

impl Engine for DiskFcfs {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "fs/disk_fcfs",
        title: "First come, first served (disk)",
        summary: "The arm visits the requests in the order in which they came.",
        look_for: "Follow the arm to and fro: it passes requests that it will have to come back for.",
        source: "silberschatz-10e/11.2.1",
        time_unit: "µs",
        markers: &["turn"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &workload::form(false, false, false);
    const EXAMPLE: &'static str = workload::EXAMPLE;
    const PAPER: Option<Paper> = Some(paper::FCFS);

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        simulate(scenario, Policy::Fcfs, log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(scenario, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        workload::actors(scenario)
    }
}
