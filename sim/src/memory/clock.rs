//! The clock: a hand goes round the frames and takes the first page that was not used since it
//! came by last.
//!
//! # Model
//! Every page has a reference bit, which the hardware sets at each use. At a fault the hand looks
//! at one frame after another: a set bit is cleared and the page spared, a clear one means that
//! the page goes, and the hand stops at the next frame. A second chance, kept as a ring.
//! With `enhanced`, dirty bits count too: the hand looks first for a page that is neither used
//! nor dirty, then for one that is dirty but not used, clearing reference bits as it passes, then
//! it does both again.
//! # Ties
//! The order of the frames decides. A page comes in with its bit set; `loaded_bit` turns that off,
//! as some books do. Frames fill from frame 0 up, and the hand starts there.
//! # Left out
//! A second hand that clears bits ahead of the first, and a hand that moves between faults.
//! # Source
//! `corbato-1969`; `silberschatz-10e/10.4` for the enhanced one.

use super::replacement::kernel::{Event, State, simulate};
use super::replacement::paper;
use super::replacement::policy::{FrameIdx, Look, Policy, Resident, Seek, View};
use super::replacement::scene::{self, chip, panel};
use super::replacement::workload::{self, PageIdx, Scenario, Workload};
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::{Edge, Graph, Mark, Node, Panel, Queue, QueueRow, Scene, Slot, Tone};
use std::sync::Arc;

/// The engine.
pub(crate) struct Clock;

/// Most frames that are drawn as a ring.
const RING_MAX: usize = 20;

/// Most frames that are drawn as a row.
const ROW_MAX: usize = 64;

const ENHANCED: Field = Field::new("enhanced", "Look at dirty bits", Kind::Flag)
    .or(Preset::Flag(false))
    .help("Prefers pages that need not be written back.");

const LOADED_BIT: Field = Field::new("loaded_bit", "Come in as used", Kind::Flag)
    .or(Preset::Flag(true))
    .help("Whether a page that comes in has its reference bit set. Textbooks differ here.");

impl Engine for Clock {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/clock",
        title: "Clock",
        summary: "A hand goes round the frames and takes the first page not used since its last visit.",
        look_for: "Follow the hand: a filled page was used and is spared once, a hollow one goes.",
        source: "corbato-1969/Paging experiment",
        time_unit: "references",
        markers: &["load", "replace"],
    };
    const FORM: &'static [Field] = &[
        workload::FRAMES,
        workload::REFERENCES,
        ENHANCED,
        LOADED_BIT,
        workload::PATTERN,
        workload::LENGTH,
        workload::PAGES,
        workload::LOCALITY,
        workload::PHASE,
        workload::WRITES,
        workload::SEED,
    ];
    const EXAMPLE: &'static str = r#"{"frames": 4, "references": "1 2 3 4 5 2 6 2 3 7 2 8 3 2 5"}"#;

    const PAPER: Option<Paper> = Some(paper::paper(drawn));

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let workload = Arc::new(Workload::of(scenario)?);
        let mut hand = Hand {
            at: 0,
            enhanced: scenario.enhanced.unwrap_or_default(),
            loaded_bit: scenario.loaded_bit.unwrap_or(true),
            pass: 0,
            spared: None,
        };
        simulate(scenario.frames, &workload, &mut hand, log)
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
        &[("enhanced", false.into()), ("loaded_bit", true.into())],
    )
}

/// The hand and how far its search is.
#[derive(Debug, Clone, Copy)]
struct Hand {
    at: FrameIdx,
    enhanced: bool,
    loaded_bit: bool,
    /// Rounds of an enhanced search that found nothing, 0 to 3.
    pass: u8,
    /// Page and frame that it passed last.
    spared: Option<(PageIdx, FrameIdx)>,
}

impl Hand {
    /// One round of an enhanced search. Even ones look for clean pages and change nothing; odd
    /// ones take dirty pages and clear reference bits on the way.
    fn round(&mut self, frames: &mut [Resident]) -> Seek {
        let clears = self.pass % 2 == 1;
        for step in 0..frames.len() {
            let frame = (self.at + step) % frames.len();
            let resident = &mut frames[frame];
            if !resident.used && resident.dirty == clears {
                return self.stop(frame, frames.len());
            }
            if clears {
                resident.used = false;
            }
        }
        self.pass += 1;
        Seek::Going(if clears { "clear" } else { "pass" })
    }

    fn stop(&mut self, frame: FrameIdx, n_frames: usize) -> Seek {
        self.at = (frame + 1) % n_frames;
        self.pass = 0;
        Seek::Victim(frame)
    }
}

impl Policy for Hand {
    fn seek(&mut self, frames: &mut [Resident], _: &View<'_>) -> Seek {
        if self.enhanced {
            return self.round(frames);
        }
        let frame = self.at;
        let resident = &mut frames[frame];
        if !resident.used {
            return self.stop(frame, frames.len());
        }
        resident.used = false;
        self.spared = Some((resident.page, frame));
        self.at = (frame + 1) % frames.len();
        Seek::Going("spare")
    }

    fn foresee(&self, frames: &[Resident], view: &View<'_>) -> Option<FrameIdx> {
        let (mut hand, mut frames) = (*self, frames.to_vec());
        // Twice round, or four rounds, find a page whatever the bits are.
        let most = 2 * frames.len() + 4;
        (0..most).find_map(|_| match hand.seek(&mut frames, view) {
            Seek::Victim(frame) => Some(frame),
            Seek::Going(_) => None,
        })
    }

    fn bit_when_loaded(&self) -> bool {
        self.loaded_bit
    }

    fn why(&self, frame: FrameIdx, frames: &[Resident], _: &View<'_>) -> String {
        match (self.enhanced, frames[frame].dirty) {
            (false, _) => "the hand comes to it and its reference bit is 0".to_owned(),
            (true, false) => {
                "it is the first page from the hand on neither used nor dirty".to_owned()
            }
            (true, true) => "no page is both unused and clean and it is the first from the hand \
                             on not used, while those before it lose their reference bits"
                .to_owned(),
        }
    }

    fn told(&self, _: &[Resident], view: &View<'_>) -> String {
        if self.enhanced {
            return match self.pass % 2 {
                1 => "The hand goes round once and finds no page that is neither used nor dirty.",
                _ => {
                    "The hand goes round again, finds no page that is dirty but not used, and has \
                     cleared every reference bit."
                }
            }
            .to_owned();
        }
        let Some((page, frame)) = self.spared else { return "The hand moves on.".to_owned() };
        let name = view.workload.name(page);
        format!(
            "Page {name} in frame {frame} is spared once, because its reference bit is 1: the hand \
             clears the bit and moves on."
        )
    }

    fn after_hit(&self, _: FrameIdx, _: &[Resident], _: &View<'_>) -> String {
        "its reference bit is 1".to_owned()
    }

    fn look(&self) -> Box<dyn Look> {
        Box::new(*self)
    }
}

impl Look for Hand {
    fn draw(&self, state: &State) -> Vec<Slot> {
        let n = state.n_frames as usize;
        let drawn = if n <= RING_MAX {
            Panel::Graph(self.ring(state, n))
        } else {
            Panel::Queue(self.row(state))
        };
        vec![panel("ring", "The clock", drawn)]
    }

    fn pointed(&self) -> Option<FrameIdx> {
        Some(self.at)
    }
}

/// A filled page was used, a hollow one was not.
fn fill(resident: &Resident) -> Tone {
    if resident.used { Tone::Used } else { Tone::Muted }
}

fn bits(resident: &Resident) -> String {
    let dirty = if resident.dirty { ", dirty" } else { "" };
    format!("R = {}{dirty}", u8::from(resident.used))
}

impl Hand {
    fn ring(&self, state: &State, n: usize) -> Graph {
        let key = |frame: usize| format!("ring.{frame}");
        let new = match state.event {
            Event::Load(frame) | Event::Replace(frame, _) => Some(frame),
            Event::Hit(_) | Event::Wanted | Event::Tick => None,
        };
        let mut nodes = Vec::new();
        let mut edges = Vec::new();
        for (frame, at) in places(n).into_iter().enumerate() {
            let (mut mark, note) = match state.frames.get(frame) {
                Some(resident) => {
                    let mark = chip(&state.workload, "ring", resident.page).tone(fill(resident));
                    let is_new = if new == Some(frame) { ", new" } else { "" };
                    let detail =
                        format!("{} in frame {frame}: {}{is_new}", mark.label, bits(resident));
                    (mark.detail(detail), bits(resident))
                }
                None => (Mark::new("", "free").tone(Tone::Free), String::new()),
            };
            mark.key = key(frame);
            nodes.push(Node { at, boxed: false, mark, note });
            if 1 < n {
                let (from, to) = (key(frame), key((frame + 1) % n));
                edges.push(Edge { from, to, label: String::new(), tone: Tone::Muted });
            }
        }
        let hand = Mark::new("ring.hand", "hand")
            .tone(Tone::Running)
            .detail(format!("the next search begins at frame {}", self.at));
        let centre = (columns(n) / 2, 1);
        nodes.push(Node { at: centre, boxed: true, mark: hand, note: String::new() });
        let (from, to) = ("ring.hand".to_owned(), key(self.at));
        edges.push(Edge { from, to, label: String::new(), tone: Tone::Running });
        Graph { directed: true, nodes, edges }
    }

    /// The frames in the order in which the hand comes to them.
    fn row(&self, state: &State) -> Queue {
        let n = state.frames.len();
        let order = (0..n).map(|step| (self.at + step) % n).take(ROW_MAX);
        let mark = |frame: usize| {
            let resident = &state.frames[frame];
            let mark = chip(&state.workload, "ring", resident.page).tone(fill(resident));
            mark.detail(format!("frame {frame}: {}", bits(resident)))
        };
        let row = QueueRow {
            key: "ring".to_owned(),
            label: "From the hand on".to_owned(),
            note: format!("{n} pages"),
            marks: order.map(mark).collect(),
        };
        Queue { rows: vec![row] }
    }
}

/// Columns of the ring: three rows high, the frames all round.
fn columns(n_frames: usize) -> i32 {
    let wide = n_frames.div_ceil(4).max(2) * 2 - 1;
    i32::try_from(wide).unwrap_or(i32::MAX)
}

/// Places of the frames, clockwise from the upper left corner.
fn places(n_frames: usize) -> Vec<(i32, i32)> {
    let right = columns(n_frames) - 1;
    let mut all: Vec<(i32, i32)> = (0..=right).map(|x| (x, 0)).collect();
    all.push((right, 1));
    all.extend((0..=right).rev().map(|x| (x, 2)));
    all.push((0, 1));
    (0..n_frames).map(|frame| all[frame * all.len() / n_frames]).collect()
}

#[cfg(test)]
mod tests {
    use super::places;

    #[test]
    fn no_two_frames_share_a_place_and_none_is_the_hands() {
        for n in 1..=super::RING_MAX {
            let mut places = places(n);
            assert_eq!(places.len(), n);
            assert!(!places.contains(&(super::columns(n) / 2, 1)), "{n}");
            places.sort_unstable();
            places.dedup();
            assert_eq!(places.len(), n, "{n}");
        }
    }
}
