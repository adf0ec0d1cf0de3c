//! FIFO: the page that came in first goes first, however much it is used.
//!
//! # Model
//! One process, a fixed number of frames, one reference after another. A page that is not in
//! memory takes a free frame, or the frame of the page that came in first. A hit changes nothing.
//! A page is dirty once it was written to; a dirty victim is written back.
//! # Ties
//! None: no two pages come in at one reference. Frames fill from frame 0 up.
//! # Left out
//! The time of a fault, pages brought in ahead, pages of other processes.
//! # Source
//! `belady-1969`: with FIFO, more frames can mean more faults.

use super::replacement::kernel::{State, simulate};
use super::replacement::paper;
use super::replacement::ranked::{Rank, Ranked};
use super::replacement::scene;
use super::replacement::workload::{self, Scenario, Workload};
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::Field;
use crate::paper::Paper;
use crate::scene::Scene;
use std::sync::Arc;

/// The engine.
pub(crate) struct Fifo;

impl Engine for Fifo {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/fifo",
        title: "First in, first out",
        summary: "The page that came in first goes first.",
        look_for: "Watch a page that is used all the time: when its turn comes it goes all the same.",
        source: "belady-1969/Anomaly",
        time_unit: "references",
        markers: &["load", "replace"],
    };
    const FORM: &'static [Field] = &[
        workload::FRAMES,
        workload::REFERENCES,
        workload::PATTERN,
        workload::LENGTH,
        workload::PAGES,
        workload::LOCALITY,
        workload::PHASE,
        workload::WRITES,
        workload::SEED,
    ];
    const EXAMPLE: &'static str = r#"{"frames": 3, "references": "1 2 3 4 1 2 5 1 2 3 4 5"}"#;

    const PAPER: Option<Paper> = Some(paper::paper(paper::plain));

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let workload = Arc::new(Workload::of(scenario)?);
        let mut policy = Ranked::strict(Rank::Loaded);
        simulate(scenario.frames, &workload, &mut policy, log)
    }

    fn scene(_: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        workload::actors(scenario)
    }
}
