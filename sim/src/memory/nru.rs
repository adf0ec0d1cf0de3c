//! NRU: a page from the lowest class goes, by its reference bit and its dirty bit.
//!
//! # Model
//! The hardware sets a page's reference bit at every use and its dirty bit at every write. A clock
//! interrupt clears all reference bits after every few references. The bits make four classes: 0
//! neither used nor dirty, 1 dirty only, 2 used only, 3 both. The victim comes from the lowest
//! class that is not empty: a dirty page that is idle goes before a clean one in use.
//! # Ties
//! Inside a class `tie` decides. The original draws at random; a rule can be followed by hand. A
//! page comes in with its reference bit set. The interrupt comes after the reference it counts.
//! # Left out
//! Interrupts in time instead of in references.
//! # Source
//! `tanenbaum-2014/3.4.2`

use super::replacement::kernel::{State, simulate};
use super::replacement::paper;
use super::replacement::policy::{FrameIdx, Look, Policy, Resident, Seek, View};
use super::replacement::ranked::{lowest, tie_key, tie_words};
use super::replacement::scene::{self, chip, panel};
use super::replacement::workload::{self, Scenario, Tie, Workload};
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Preset};
use crate::paper::Paper;
use crate::scene::{Panel, Queue, QueueRow, Scene, Slot, Tone};
use std::sync::Arc;

/// The engine.
pub(crate) struct Nru;

const TIE: Field = workload::TIE.or(Preset::Text("frame"));

impl Engine for Nru {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/nru",
        title: "Not recently used",
        summary: "A page from the lowest class goes, by its reference bit and its dirty bit.",
        look_for: "At each clock interrupt pages drop by two classes; a use lifts them again.",
        source: "tanenbaum-2014/3.4.2",
        time_unit: "references",
        markers: &["load", "replace", "tick"],
    };
    const FORM: &'static [Field] = &[
        workload::FRAMES,
        workload::REFERENCES,
        workload::INTERVAL,
        TIE,
        workload::PATTERN,
        workload::LENGTH,
        workload::PAGES,
        workload::LOCALITY,
        workload::PHASE,
        workload::WRITES,
        workload::SEED,
    ];
    const EXAMPLE: &'static str =
        r#"{"frames": 4, "references": "1 2w 3 4w 1 5 2 6 1w 7 3 1 4 2"}"#;

    const PAPER: Option<Paper> = Some(paper::paper_with_writes(drawn));

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let workload = Arc::new(Workload::of(scenario)?);
        let mut classes = Classes {
            interval: scenario.interval_references.unwrap_or_default(),
            tie: scenario.tie.unwrap_or(Tie::Frame),
        };
        simulate(scenario.frames, &workload, &mut classes, log)
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
        paper::with_writes(seed),
        &[("interval_references", 4.into()), ("tie", "frame".into())],
    )
}

#[derive(Debug, Clone, Copy)]
struct Classes {
    interval: u32,
    tie: Tie,
}

const NAMES: [&str; 4] = ["not used, clean", "not used, dirty", "used, clean", "used, dirty"];

fn class(resident: &Resident) -> usize {
    usize::from(resident.used) * 2 + usize::from(resident.dirty)
}

impl Policy for Classes {
    fn seek(&mut self, frames: &mut [Resident], _: &View<'_>) -> Seek {
        let tie = self.tie;
        let key = |frame, it: &Resident| (class(it) as u64, tie_key(tie, frame, it));
        Seek::Victim(lowest(frames, key))
    }

    fn interval(&self) -> u32 {
        self.interval
    }

    fn tick(&mut self, frames: &mut [Resident]) {
        for resident in frames {
            resident.used = false;
        }
    }

    fn why(&self, frame: FrameIdx, frames: &[Resident], view: &View<'_>) -> String {
        let own = class(&frames[frame]);
        let equals: Vec<Resident> = frames.iter().filter(|it| class(it) == own).copied().collect();
        let ties = tie_words(self.tie, &equals, view.workload);
        format!("its class {own} ({}) is the lowest that is not empty{ties}", NAMES[own])
    }

    fn told(&self, _: &[Resident], _: &View<'_>) -> String {
        "The clock interrupts and clears every reference bit, so that only pages used from now on \
         count as used."
            .to_owned()
    }

    fn after_hit(&self, frame: FrameIdx, frames: &[Resident], _: &View<'_>) -> String {
        let own = class(&frames[frame]);
        format!("it is in class {own} ({}) now", NAMES[own])
    }

    fn look(&self) -> Box<dyn Look> {
        Box::new(*self)
    }
}

impl Look for Classes {
    fn draw(&self, state: &State) -> Vec<Slot> {
        let row = |number: usize| {
            let of_class = state.frames.iter().enumerate().filter(|(_, it)| class(it) == number);
            let mark = |(frame, it): (FrameIdx, &Resident)| {
                let tone = if it.dirty { Tone::Dirty } else { Tone::Used };
                chip(&state.workload, "class", it.page).tone(tone).detail(format!("frame {frame}"))
            };
            QueueRow {
                key: format!("class.{number}"),
                label: format!("Class {number}"),
                note: NAMES[number].to_owned(),
                marks: of_class.map(mark).collect(),
            }
        };
        let rows = (0..NAMES.len()).map(row).collect();
        vec![panel("classes", "Classes, the lowest goes first", Panel::Queue(Queue { rows }))]
    }
}
