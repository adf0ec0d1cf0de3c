//! SSTF: the nearest request is served next.
//!
//! # Model
//! The greedy rule: the shortest seek comes first, in either direction. It is not the shortest way in
//! all, and a request far away may wait without end while others keep coming in nearer.
//! A decision holds until the request is served: what comes in meanwhile waits for the next one. A
//! movement takes a fixed time and a time for each cylinder, then come rotation and transfer.
//! # Ties
//! `tie` says which of two requests goes that are equally near on both sides. On one cylinder it is
//! the one that came first, and of those the upper row.
//! # Left out
//! The speeding up of the arm, steps from track to track within a transfer, the cache of the disk,
//! and the order that a modern disk makes for itself.
//! # Source
//! `denning-1967`.

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
pub(crate) struct DiskSstf;

impl Engine for DiskSstf {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "fs/disk_sstf",
        title: "Shortest seek first (disk)",
        summary: "The request nearest to the arm is served next.",
        look_for: "Each step is the shortest there is. Compare the sum with the least of any order.",
        source: "denning-1967/SSTF",
        time_unit: "µs",
        markers: &["turn"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &workload::form(false, true, false);
    const EXAMPLE: &'static str = workload::EXAMPLE;
    const PAPER: Option<Paper> = Some(paper::SSTF);

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        simulate(scenario, Policy::Sstf, log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(scenario, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        workload::actors(scenario)
    }
}
