//! Wound-wait: an older transaction takes what it wants from a younger one, which starts again.
//!
//! # Model
//! Each transaction gets a time stamp when it begins, locks its items one after the other, works
//! after each, keeps all until the end, and runs on a CPU of its own. A transaction that
//! wants an item that another holds waits if it is younger; otherwise it wounds the holder, which is
//! undone, gives back all it holds, and starts again after a pause with the time stamp it had.
//! # Ties
//! In one tick, older transactions act first. A freed item goes to the oldest that waits for it: the
//! others are younger than that one, so that every arrow still leads from younger to older.
//! # Left out
//! Shared locks, transactions that choose their items as they go, and the time that undoing takes.
//! # Source
//! `rosenkrantz-1978`.

use super::paper;
use super::stamp_scene;
use super::stamps::{self, Rule, Scenario, State};
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::Field;
use crate::paper::Paper;
use crate::scene::Scene;

pub(crate) struct WoundWait;

impl Engine for WoundWait {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "deadlock/wound_wait",
        title: "Wound-wait",
        summary: "An older transaction takes what a younger one holds; a younger one waits.",
        look_for: "Every arrow leads to the left, from younger to older, so none can come back.",
        source: "rosenkrantz-1978/178",
        time_unit: "ticks",
        markers: &["wait", "wound", "commit"],
    };
    const FORM: &'static [Field] = stamps::FORM;
    const EXAMPLE: &'static str = stamps::EXAMPLE;

    const PAPER: Option<Paper> = Some(paper::WOUND_WAIT);

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        stamps::simulate(scenario, Rule::WoundWait, log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        let plan = stamps::plan(scenario, Rule::WoundWait);
        plan.map_or_else(|_| Scene::default(), |plan| stamp_scene::scene(&plan, past))
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        stamps::names(scenario)
    }
}
