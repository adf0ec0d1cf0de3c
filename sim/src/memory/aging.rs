//! Aging: counters of a few bits remember in which of the last clock intervals a page was used.
//!
//! # Model
//! At each clock interrupt every counter moves one bit to the right, the page's reference bit
//! comes in at the left, and the reference bit is cleared. The page of the lowest counter goes:
//! a use in the last interval outweighs all uses before it. An approximation of LRU that needs no
//! more than a reference bit from the hardware.
//! # Ties
//! Counters are often equal: `tie` says which page goes. The reference bit that is being collected
//! does not count. A page comes in with the counter 0 and its reference bit set, so it may be the
//! next to go until the clock interrupts. The interrupt comes after the reference it counts.
//! # Left out
//! Interrupts in time instead of in references.
//! # Source
//! `tanenbaum-2014/3.4.7`

use super::replacement::kernel::{Event, State, simulate};
use super::replacement::paper;
use super::replacement::policy::{FrameIdx, Look, Policy, Resident, Seek, View};
use super::replacement::ranked::{lowest, tie_key, tie_words};
use super::replacement::scene::{self, panel};
use super::replacement::workload::{self, PageIdx, Scenario, Tie, Workload};
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::{CellRow, Cells, Mark, Panel, Scene, Slot, Tone};
use std::sync::Arc;

/// The engine.
pub(crate) struct Aging;

const TIE: Field = workload::TIE.or(Preset::Text("frame"));

const BITS: Field = Field::new("counter_bits", "Counter", Kind::Int { min: 1, max: 16 })
    .unit("bits")
    .or(Preset::Int(4))
    .help("How many intervals a page's past goes back.");

impl Engine for Aging {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/aging",
        title: "Aging",
        summary: "Counters remember in which of the last clock intervals a page was used.",
        look_for: "At each interrupt the reference bit R moves in at the left of the counter.",
        source: "tanenbaum-2014/3.4.7",
        time_unit: "references",
        markers: &["load", "replace", "tick"],
    };
    const FORM: &'static [Field] = &[
        workload::FRAMES,
        workload::REFERENCES,
        workload::INTERVAL,
        BITS,
        TIE,
        workload::PATTERN,
        workload::LENGTH,
        workload::PAGES,
        workload::LOCALITY,
        workload::PHASE,
        workload::WRITES,
        workload::SEED,
    ];
    const EXAMPLE: &'static str = r#"{"frames": 4, "interval_references": 3,
        "references": "1 2 3 4 1 2 1 2 4 1 3 2 5 1 2 6 1 4"}"#;

    const PAPER: Option<Paper> = Some(paper::paper(drawn));

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let workload = Arc::new(Workload::of(scenario)?);
        let mut ages = Ages {
            interval: scenario.interval_references.unwrap_or_default(),
            n_bits: scenario.counter_bits.unwrap_or(8),
            tie: scenario.tie.unwrap_or(Tie::Frame),
            counters: Vec::new(),
            n_ticks: 0,
            gone: None,
        };
        simulate(scenario.frames, &workload, &mut ages, log)
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
        &[("interval_references", 3.into()), ("counter_bits", 4.into()), ("tie", "frame".into())],
    )
}

/// Rows of counters that are drawn.
const ROWS_MAX: usize = 16;

#[derive(Debug, Clone)]
struct Ages {
    interval: u32,
    n_bits: u32,
    tie: Tie,
    /// By frame.
    counters: Vec<u32>,
    n_ticks: u32,
    /// The last victim as it was.
    gone: Option<(Resident, u32)>,
}

impl Ages {
    fn binary(&self, counter: u32) -> String {
        (0..self.n_bits).rev().map(|bit| if counter >> bit & 1 == 1 { '1' } else { '0' }).collect()
    }

    /// The reference bit, then the counter from its high bit down. A bit keeps its key while it
    /// moves to the right.
    fn row(
        &self,
        state: &State,
        (page, used, counter): (PageIdx, bool, u32),
        gone: bool,
    ) -> CellRow {
        let name = state.workload.name(page);
        let cell = |age: u32, on: bool| {
            let tone = match (gone, on, age) {
                (true, ..) => Tone::Danger,
                (false, true, 0) => Tone::Running,
                (false, true, _) => Tone::Used,
                (false, false, _) => Tone::Muted,
            };
            let what = match (age, on) {
                (0, true) => "used since the last interrupt".to_owned(),
                (0, false) => "not used since the last interrupt".to_owned(),
                (age, true) => format!("used in the interval {age} before this one"),
                (age, false) => format!("not used in the interval {age} before this one"),
            };
            let key = format!("bit.{name}.{}", i64::from(self.n_ticks) + 1 - i64::from(age));
            Mark::new(key, if on { "1" } else { "0" }).tone(tone).detail(format!("{name} {what}"))
        };
        let mut marks = vec![cell(0, used)];
        for age in 1..=self.n_bits {
            marks.push(cell(age, counter >> (self.n_bits - age) & 1 == 1));
        }
        let label = if gone { format!("{name} went") } else { name.clone() };
        let heads = std::iter::once("R".to_owned())
            .chain((1..=self.n_bits).map(|age| (self.n_bits - age).to_string()));
        CellRow { label, heads: heads.collect(), marks }
    }
}

impl Policy for Ages {
    fn loaded(&mut self, frame: FrameIdx, _: &View<'_>) {
        match self.counters.get_mut(frame) {
            Some(counter) => *counter = 0,
            None => self.counters.push(0),
        }
    }

    fn seek(&mut self, frames: &mut [Resident], _: &View<'_>) -> Seek {
        let (counters, tie) = (&self.counters, self.tie);
        let key =
            |frame: FrameIdx, it: &Resident| (u64::from(counters[frame]), tie_key(tie, frame, it));
        let frame = lowest(frames, key);
        self.gone = Some((frames[frame], counters[frame]));
        Seek::Victim(frame)
    }

    fn interval(&self) -> u32 {
        self.interval
    }

    fn tick(&mut self, frames: &mut [Resident]) {
        let high = 1 << (self.n_bits - 1);
        for (resident, counter) in frames.iter_mut().zip(&mut self.counters) {
            *counter = *counter >> 1 | if resident.used { high } else { 0 };
            resident.used = false;
        }
        self.n_ticks += 1;
    }

    fn why(&self, frame: FrameIdx, frames: &[Resident], view: &View<'_>) -> String {
        let own = self.counters[frame];
        let equals = frames.iter().zip(&self.counters).filter(|(_, it)| **it == own);
        let equals: Vec<Resident> = equals.map(|(it, _)| *it).collect();
        let ties = tie_words(self.tie, &equals, view.workload);
        format!("its counter {} is the lowest{ties}", self.binary(own))
    }

    fn told(&self, _: &[Resident], _: &View<'_>) -> String {
        "The clock interrupts: every counter moves right by one bit, takes the reference bit in at \
         the left, and the reference bits are cleared."
            .to_owned()
    }

    fn after_hit(&self, frame: FrameIdx, _: &[Resident], _: &View<'_>) -> String {
        format!("its reference bit is 1, its counter stays {}", self.binary(self.counters[frame]))
    }

    fn look(&self) -> Box<dyn Look> {
        Box::new(self.clone())
    }
}

impl Look for Ages {
    fn draw(&self, state: &State) -> Vec<Slot> {
        let mut rows = Vec::new();
        if let (Event::Replace(..), Some((it, counter))) = (state.event, self.gone) {
            rows.push(self.row(state, (it.page, it.used, counter), true));
        }
        let all = state.frames.iter().zip(&self.counters).take(ROWS_MAX);
        rows.extend(all.map(|(it, counter)| self.row(state, (it.page, it.used, *counter), false)));
        vec![panel("counters", "Reference bits and counters", Panel::Cells(Cells { rows }))]
    }
}
