//! MRU: the page that was used last goes first.
//!
//! # Model
//! As LRU, but the victim is the page of the latest use. That is right for a loop over more pages
//! than frames: the page just used is the one that the loop comes back to last.
//! # Ties
//! None: no two pages are used at one reference. Frames fill from frame 0 up.
//! # Left out
//! As for LRU. Systems use it only where they know that a scan goes round: in database buffers.
//! # Source
//! `chou-1985`: which policy fits which pattern of a database.

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
pub(crate) struct Mru;

impl Engine for Mru {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/mru",
        title: "Most recently used",
        summary: "The page that was used last goes first.",
        look_for: "Compare it with LRU on the same loop: one keeps a part of it, the other nothing.",
        source: "chou-1985/Looping sequential",
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
    const EXAMPLE: &'static str = r#"{"frames": 4, "references": "1-5x4"}"#;

    const PAPER: Option<Paper> = Some(paper::paper(paper::plain));

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let workload = Arc::new(Workload::of(scenario)?);
        let mut policy = Ranked::strict(Rank::UsedLatest);
        simulate(scenario.frames, &workload, &mut policy, log)
    }

    fn scene(_: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        workload::actors(scenario)
    }
}
