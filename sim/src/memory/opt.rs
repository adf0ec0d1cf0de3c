//! OPT: the page whose next use is farthest away goes.
//!
//! # Model
//! The policy knows the whole reference string, so no real system can run it: it is the bound that
//! others are measured by. No policy that loads pages on demand has fewer faults.
//! # Ties
//! Pages that are never used again are equal. `tie` says which goes; it changes the frames that
//! are seen and the write-backs, never the number of faults.
//! # Left out
//! What a victim costs: it may write back a dirty page where a clean one would do.
//! # Source
//! `belady-1966`: the algorithm MIN; `mattson-1970` has the proof.

use super::replacement::kernel::{State, simulate};
use super::replacement::paper;
use super::replacement::ranked::{Rank, Ranked};
use super::replacement::scene;
use super::replacement::workload::{self, Scenario, Tie, Workload};
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Preset};
use crate::paper::Paper;
use crate::scene::Scene;
use std::sync::Arc;

/// The engine.
pub(crate) struct Opt;

const TIE: Field = workload::TIE.or(Preset::Text("oldest"));

impl Engine for Opt {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/opt",
        title: "Optimal",
        summary: "The page whose next use is farthest away goes.",
        look_for: "Find the next use of each page in memory: the one farthest ahead goes.",
        source: "belady-1966/MIN",
        time_unit: "references",
        markers: &["load", "replace"],
    };
    const FORM: &'static [Field] = &[
        workload::FRAMES,
        workload::REFERENCES,
        TIE,
        workload::PATTERN,
        workload::LENGTH,
        workload::PAGES,
        workload::LOCALITY,
        workload::PHASE,
        workload::WRITES,
        workload::SEED,
    ];
    const EXAMPLE: &'static str = r#"{"frames": 3, "references": "1 2 3 4 1 2 5 1 2 3 4 5"}"#;

    const PAPER: Option<Paper> = Some(paper::paper(drawn));

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let workload = Arc::new(Workload::of(scenario)?);
        let tie = scenario.tie.unwrap_or(Tie::Oldest);
        let mut policy = Ranked { rank: Rank::Next, tie, keep_counts: false };
        simulate(scenario.frames, &workload, &mut policy, log)
    }

    fn scene(_: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        workload::actors(scenario)
    }
}

/// A problem for pen and paper.
fn drawn(seed: u64) -> serde_json::Value {
    crate::paper::set(paper::plain(seed), &[("tie", "oldest".into())])
}
