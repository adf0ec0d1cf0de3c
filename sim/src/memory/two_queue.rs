//! 2Q: a page has to be wanted twice before it may stay for long.
//!
//! # Model
//! A page that is new goes to the queue A1in, first in, first out. When it leaves that queue, its
//! name is kept in A1out for a while, without its content. A page that is wanted while its name is
//! in A1out comes in again and goes to Am, which is LRU. So a scan over many pages passes through
//! A1in and never touches Am. At a fault A1in gives up its oldest page if it holds more than its
//! share, else Am gives up its least recently used one. A hit in A1in changes nothing.
//! # Ties
//! Shares are rounded down, to 1 at least unless they are 0. With Am empty, A1in gives a page even
//! within its share. The name of the page that is wanted leaves A1out before another one enters.
//! # Left out
//! Linux keeps two lists to the same end: a page of a file comes in on the inactive list, a second
//! use moves it to the active list, and the lists are balanced. A page that comes back soon after
//! it was evicted goes straight to the active list: its trace is in the place where it was cached.
//! # Source
//! `johnson-1994`: the full version of 2Q.

use super::replacement::kernel::{State, simulate};
use super::replacement::policy::{FrameIdx, Look, Policy, Resident, Seek, View};
use super::replacement::scene::{self, chip, panel};
use super::replacement::workload::{self, PageIdx, Scenario, Workload, whole};
use super::words::count;
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::{Panel, Queue, QueueRow, Scene, Slot, Tone};
use std::collections::VecDeque;
use std::sync::Arc;

/// The engine.
pub(crate) struct TwoQueue;

const A1IN: Field = Field::new("a1in_percent", "Share of A1in", Kind::Int { min: 0, max: 100 })
    .unit("%")
    .or(Preset::Int(25))
    .help("Of the frames: what pages seen once may fill before one of them goes first.");

const A1OUT: Field = Field::new("a1out_percent", "Names in A1out", Kind::Int { min: 0, max: 400 })
    .unit("%")
    .or(Preset::Int(50))
    .help("Of the frames: how many names of pages that went are remembered.");

impl Engine for TwoQueue {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/two_queue",
        title: "2Q",
        summary: "A page has to be wanted twice before it may stay for long.",
        look_for: "A scan passes through A1in; pages that come back while A1out knows them go to Am.",
        source: "johnson-1994/2Q full version",
        time_unit: "references",
        markers: &["load", "replace"],
    };
    const FORM: &'static [Field] = &[
        workload::FRAMES,
        workload::REFERENCES,
        A1IN,
        A1OUT,
        workload::PATTERN,
        workload::LENGTH,
        workload::PAGES,
        workload::LOCALITY,
        workload::PHASE,
        workload::WRITES,
        workload::SEED,
    ];
    const EXAMPLE: &'static str =
        r#"{"frames": 4, "references": "1 2 3 4 5 1 6 2 1 2 7 8 9 1 2 10 11 12 1 2"}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let workload = Arc::new(Workload::of(scenario)?);
        let share = |percent: Option<u32>| match percent.unwrap_or_default() {
            0 => 0,
            percent => (scenario.frames * percent / 100).max(1),
        };
        let mut queues = Queues {
            a1in_most: share(scenario.a1in_percent),
            a1out_most: share(scenario.a1out_percent),
            a1in: VecDeque::new(),
            a1out: VecDeque::new(),
            am: VecDeque::new(),
            known: false,
            from: From::A1in,
        };
        simulate(scenario.frames, &workload, &mut queues, log)
    }

    fn scene(_: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        workload::actors(scenario)
    }
}

/// Which queue gave up the last victim, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    /// It held more than its share; so many pages with the victim.
    A1in,
    /// Am was empty.
    OnlyA1in,
    /// A1in was within its share.
    Am,
}

/// The queues, each with the page that goes first at its front.
#[derive(Debug, Clone)]
struct Queues {
    a1in_most: u32,
    a1out_most: u32,
    a1in: VecDeque<PageIdx>,
    /// Names only: these pages are not in memory.
    a1out: VecDeque<PageIdx>,
    am: VecDeque<PageIdx>,
    /// Whether A1out knew the page that comes in.
    known: bool,
    from: From,
}

impl Queues {
    /// Takes the next victim off its queue.
    fn take(&mut self) -> Option<PageIdx> {
        let over = self.a1in_most < whole(self.a1in.len());
        if !over && !self.am.is_empty() {
            self.from = From::Am;
            return self.am.pop_front();
        }
        self.from = if over { From::A1in } else { From::OnlyA1in };
        let page = self.a1in.pop_front()?;
        self.a1out.push_back(page);
        if self.a1out_most < whole(self.a1out.len()) {
            self.a1out.pop_front();
        }
        Some(page)
    }
}

fn remove(queue: &mut VecDeque<PageIdx>, page: PageIdx) -> bool {
    match queue.iter().position(|it| *it == page) {
        Some(at) => queue.remove(at).is_some(),
        None => false,
    }
}

impl Policy for Queues {
    fn hit(&mut self, _: FrameIdx, view: &View<'_>) {
        if remove(&mut self.am, view.page) {
            self.am.push_back(view.page);
        }
    }

    fn loaded(&mut self, _: FrameIdx, view: &View<'_>) {
        let queue = if self.known { &mut self.am } else { &mut self.a1in };
        queue.push_back(view.page);
    }

    fn seek(&mut self, frames: &mut [Resident], view: &View<'_>) -> Seek {
        self.known = remove(&mut self.a1out, view.page);
        let page = self.take();
        // Every page in memory stands in one of the two queues, so one is found.
        let frame = frames.iter().position(|it| Some(it.page) == page);
        Seek::Victim(frame.unwrap_or_default())
    }

    fn why(&self, _: FrameIdx, _: &[Resident], _: &View<'_>) -> String {
        let share = count(u64::from(self.a1in_most), "pages");
        match self.from {
            From::A1in => {
                format!("A1in held more than its share of {share} and it was the oldest there")
            }
            From::OnlyA1in => "Am is empty and it was the oldest page of A1in".to_owned(),
            From::Am => format!(
                "A1in holds no more than its share of {share} and it was the least recently used page of Am"
            ),
        }
    }

    fn after_hit(&self, _: FrameIdx, _: &[Resident], view: &View<'_>) -> String {
        match self.am.back() == Some(&view.page) {
            true => "it goes to the safe end of Am".to_owned(),
            false => "it keeps its place in A1in".to_owned(),
        }
    }

    fn after_load(&self, _: FrameIdx, _: &[Resident], view: &View<'_>) -> String {
        let name = view.workload.name(view.page);
        match self.known {
            true => format!("{name} goes to Am, because A1out still knew its name"),
            false => format!("{name} goes to A1in, because it is new"),
        }
    }

    fn look(&self) -> Box<dyn Look> {
        Box::new(self.clone())
    }
}

impl Look for Queues {
    fn draw(&self, state: &State) -> Vec<Slot> {
        let row = |label: &str, queue: &VecDeque<PageIdx>, tone, what: &str, note: String| {
            let mark =
                |&page: &PageIdx| chip(&state.workload, "queue", page).tone(tone).detail(what);
            QueueRow {
                key: format!("queue.{label}"),
                label: label.to_owned(),
                note,
                marks: queue.iter().map(mark).collect(),
            }
        };
        let rows = vec![
            row(
                "A1in",
                &self.a1in,
                Tone::Ready,
                "in memory, wanted once",
                format!("oldest first, share {}", self.a1in_most),
            ),
            row(
                "A1out",
                &self.a1out,
                Tone::Muted,
                "only its name, not in memory",
                format!("names only, at most {}", self.a1out_most),
            ),
            row(
                "Am",
                &self.am,
                Tone::Used,
                "in memory, wanted again",
                "by last use, the oldest first".to_owned(),
            ),
        ];
        vec![panel("queues", "The queues", Panel::Queue(Queue { rows }))]
    }
}
