//! Wait-die: an older transaction waits for a younger one, and a younger one dies.
//!
//! # Model
//! Each transaction gets a time stamp when it begins, locks its items one after the other, works
//! after each, keeps all until the end, and runs on a CPU of its own. A transaction that
//! wants an item that another holds waits if it is older; otherwise it dies: it is undone, gives back
//! what it holds, and starts again after a pause with the time stamp it had.
//! # Ties
//! In one tick, older transactions act first. A freed item goes to the youngest that waits for it: the
//! others are older than that one, so that every arrow still leads from older to younger.
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

pub(crate) struct WaitDie;

impl Engine for WaitDie {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "deadlock/wait_die",
        title: "Wait-die",
        summary: "An older transaction may wait for a younger one; a younger one dies and starts again.",
        look_for: "Every arrow leads to the right, from older to younger, so none can come back.",
        source: "rosenkrantz-1978/178",
        time_unit: "ticks",
        markers: &["wait", "die", "commit"],
    };
    const FORM: &'static [Field] = stamps::FORM;
    const EXAMPLE: &'static str = stamps::EXAMPLE;

    const PAPER: Option<Paper> = Some(paper::WAIT_DIE);

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        stamps::simulate(scenario, Rule::WaitDie, log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        let plan = stamps::plan(scenario, Rule::WaitDie);
        plan.map_or_else(|_| Scene::default(), |plan| stamp_scene::scene(&plan, past))
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        stamps::names(scenario)
    }
}
