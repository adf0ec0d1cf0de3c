//! Random replacement: any page goes, with equal chances.
//!
//! # Model
//! One process, a fixed number of frames. At a fault with all frames full a frame is drawn; the
//! page in it goes. Nothing is noted at a use, so a hit costs nothing.
//! # Ties
//! None: the draw decides. `victim_seed` makes it the same in every run.
//! # Left out
//! Everything that the string tells about the future.
//! # Source
//! `belady-1966`: the rule RAND.

use super::replacement::kernel::{Event, State, simulate};
use super::replacement::policy::{FrameIdx, Look, Policy, Resident, Seek, View};
use super::replacement::scene::{self, panel};
use super::replacement::workload::{self, Scenario, Workload};
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::rng::Rng;
use crate::scene::{Cell, Column, Panel, Scene, Slot, Table, TableRow, Tone};
use std::sync::Arc;

/// The engine.
pub(crate) struct Random;

const VICTIM_SEED: Field =
    Field::new("victim_seed", "Seed of the draws", Kind::Int { min: 0, max: 1_000_000_000 })
        .or(Preset::Int(1))
        .help("The same seed draws the same frames.");

impl Engine for Random {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/random",
        title: "Random",
        summary: "Any page goes, with equal chances.",
        look_for: "Change the seed: the draws differ, the number of faults hardly does.",
        source: "belady-1966/RAND",
        time_unit: "references",
        markers: &["load", "replace"],
    };
    const FORM: &'static [Field] = &[
        workload::FRAMES,
        workload::REFERENCES,
        VICTIM_SEED,
        workload::PATTERN,
        workload::LENGTH,
        workload::PAGES,
        workload::LOCALITY,
        workload::PHASE,
        workload::WRITES,
        workload::SEED,
    ];
    const EXAMPLE: &'static str = r#"{"frames": 4, "references": "1-5x4"}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let workload = Arc::new(Workload::of(scenario)?);
        let rng = Rng::new(scenario.victim_seed.unwrap_or(1));
        simulate(scenario.frames, &workload, &mut Draw { rng }, log)
    }

    fn scene(_: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        workload::actors(scenario)
    }
}

#[derive(Debug)]
struct Draw {
    rng: Rng,
}

impl Policy for Draw {
    fn seek(&mut self, frames: &mut [Resident], _: &View<'_>) -> Seek {
        let drawn = self.rng.below(frames.len() as u64);
        Seek::Victim(FrameIdx::try_from(drawn).unwrap_or_default())
    }

    fn why(&self, frame: FrameIdx, frames: &[Resident], _: &View<'_>) -> String {
        format!("the draw of a frame from 0 to {} gave {frame}", frames.len() - 1)
    }

    fn look(&self) -> Box<dyn Look> {
        Box::new(Chances)
    }
}

/// Rows of the table of chances.
const ROWS_MAX: usize = 64;

#[derive(Debug)]
struct Chances;

impl Look for Chances {
    fn draw(&self, state: &State) -> Vec<Slot> {
        let columns =
            vec![Column::numbers("Frame"), Column::words("Page"), Column::words("Chance to go")];
        let drawn = match state.event {
            Event::Replace(frame, _) => Some(frame),
            Event::Hit(_) | Event::Load(_) | Event::Wanted | Event::Tick => None,
        };
        let full = state.frames.len() == state.n_frames as usize;
        let row = |(frame, resident): (FrameIdx, &Resident)| {
            let marked = drawn == Some(frame);
            let chance = match (marked, full) {
                (true, _) => "drawn".to_owned(),
                (false, true) => format!("1 in {}", state.n_frames),
                (false, false) => "none, a frame is free".to_owned(),
            };
            let tone = if marked { Tone::Danger } else { Tone::Plain };
            let name = state.workload.name(resident.page);
            let cells =
                vec![Cell::new(frame.to_string()), Cell::new(name), Cell::new(chance).tone(tone)];
            TableRow { key: format!("chance.{frame}"), actor: None, marked, cells }
        };
        let rows = state.frames.iter().enumerate().take(ROWS_MAX).map(row).collect();
        vec![panel("draw", "The draw", Panel::Table(Table { columns, rows }))]
    }
}
