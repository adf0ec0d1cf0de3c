//! LFU: the page that was used least often goes.
//!
//! # Model
//! A count at every page rises with each use. The count starts at 1 when a page comes in, or goes
//! on where it was if `keep_counts` is set.
//! # Ties
//! Low counts are often equal: `tie` says which page goes.
//! # Left out
//! Counts that fade. Without that, a page that was busy long ago stays for good.
//! # Source
//! `silberschatz-10e/10.4`

use super::replacement::kernel::{State, simulate};
use super::replacement::paper;
use super::replacement::ranked::{Rank, Ranked};
use super::replacement::scene;
use super::replacement::workload::{self, Scenario, Tie, Workload};
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::Scene;
use std::sync::Arc;

/// The engine.
pub(crate) struct Lfu;

const TIE: Field = workload::TIE.or(Preset::Text("oldest"));
const KEEP_COUNTS: Field = Field::new("keep_counts", "Remember counts", Kind::Flag)
    .or(Preset::Flag(false))
    .help("A page that comes back goes on from its old count.");

impl Engine for Lfu {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/lfu",
        title: "Least frequently used",
        summary: "The page that was used least often goes.",
        look_for: "Look at the counts: a page that was busy once stays, needed or not.",
        source: "silberschatz-10e/10.4",
        time_unit: "references",
        markers: &["load", "replace"],
    };
    const FORM: &'static [Field] = &[
        workload::FRAMES,
        workload::REFERENCES,
        TIE,
        KEEP_COUNTS,
        workload::PATTERN,
        workload::LENGTH,
        workload::PAGES,
        workload::LOCALITY,
        workload::PHASE,
        workload::WRITES,
        workload::SEED,
    ];
    const EXAMPLE: &'static str = r#"{"frames": 3, "references": "1 1 1 2 2 3 4 3 4 3 4 5 3 4"}"#;

    const PAPER: Option<Paper> = Some(paper::paper(drawn));

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let workload = Arc::new(Workload::of(scenario)?);
        let tie = scenario.tie.unwrap_or(Tie::Oldest);
        let keep_counts = scenario.keep_counts.unwrap_or_default();
        let mut policy = Ranked { rank: Rank::Count, tie, keep_counts };
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
    crate::paper::set(
        paper::plain(seed),
        &[("tie", "oldest".into()), ("keep_counts", false.into())],
    )
}
