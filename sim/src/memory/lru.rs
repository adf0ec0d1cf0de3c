//! LRU: the page that was not used for the longest time goes.
//!
//! # Model
//! One process, a fixed number of frames. Every reference notes its time at its page; the victim
//! is the page of the earliest note. The pages in order of that time are a stack: what is in
//! memory with n frames is in memory with n + 1, so more frames never mean more faults.
//! # Ties
//! None: no two pages are used at one reference. Frames fill from frame 0 up.
//! # Left out
//! What it would cost to note the time of every use: real systems approximate, see the clock.
//! # Source
//! `mattson-1970`: stack algorithms.

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
pub(crate) struct Lru;

impl Engine for Lru {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/lru",
        title: "Least recently used",
        summary: "The page that was not used for the longest time goes.",
        look_for: "Find the last use of each page in the string: the one farthest back goes.",
        source: "mattson-1970/Stack algorithms",
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
        let mut policy = Ranked::strict(Rank::Used);
        simulate(scenario.frames, &workload, &mut policy, log)
    }

    fn scene(_: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        workload::actors(scenario)
    }
}
