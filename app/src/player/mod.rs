//! One figure over time: which run, which step, playing or not.
//!
//! State is a pure function of the step; animation only fills the way between two of them.

pub mod controls;
pub mod keys;
pub mod motion;
pub mod narration;
pub mod picture;

pub use controls::{Controls, Help};
pub use keys::{Action, Target, action};
pub use narration::{Piece, pieces};
pub use picture::{Narration, Picture, Words};

use crate::browser;
use leptos::html;
use leptos::prelude::*;
use serde_json::Value;
use sim::{Entry, Mode, Run, ScenarioError};
use std::sync::Arc;
use std::time::Duration;

/// Speeds to choose from, in steps a second.
pub const SPEEDS: [(f64, &str); 5] =
    [(0.25, "0.25 times"), (0.5, "0.5 times"), (1.0, "normal"), (2.0, "2 times"), (4.0, "4 times")];

/// Index of the normal speed.
const SPEED_NORMAL: usize = 2;

/// Time of a step at normal speed, in milliseconds.
const STEP_MS: f64 = 1_000.0;

/// Everything of one figure that changes. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Player {
    /// The engine.
    pub entry: &'static Entry,
    /// The run that is shown.
    pub run: RwSignal<Arc<Run>>,
    /// Index of the step that is shown.
    pub at: RwSignal<usize>,
    /// Whether time goes on by itself.
    pub playing: RwSignal<bool>,
    /// Index into [`SPEEDS`].
    pub speed: RwSignal<usize>,
    /// Whether playing starts again at the end.
    pub looping: RwSignal<bool>,
    /// What a screen reader is told; empty until the reader acts.
    pub spoken: RwSignal<String>,
    /// A future that was kept, to be seen beside the one that is shown.
    pub kept: RwSignal<Option<Arc<Run>>>,
    /// Whether the list of keys is open.
    pub help: RwSignal<bool>,
    /// Whether decisions are asked before they are shown.
    pub predicting: RwSignal<bool>,
    /// Index of the step whose decision is being asked.
    pub asked: RwSignal<Option<usize>>,
    /// Right and all answers so far.
    pub score: RwSignal<(u32, u32)>,
    /// What an address asked for and the figure could not follow.
    pub notices: RwSignal<Vec<String>>,
    /// The figure's element.
    pub root: NodeRef<html::Figure>,
}

impl std::fmt::Debug for Player {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Player({})", self.entry.meta.id)
    }
}

impl Player {
    /// A player of a finished run that opens on step `at`.
    #[must_use]
    pub fn new(entry: &'static Entry, run: Run, at: usize) -> Self {
        let at = at.min(run.len().saturating_sub(1));
        Self {
            entry,
            run: RwSignal::new(Arc::new(run)),
            at: RwSignal::new(at),
            playing: RwSignal::new(false),
            speed: RwSignal::new(SPEED_NORMAL),
            looping: RwSignal::new(false),
            spoken: RwSignal::new(String::new()),
            kept: RwSignal::new(None),
            help: RwSignal::new(false),
            predicting: RwSignal::new(false),
            asked: RwSignal::new(None),
            score: RwSignal::new((0, 0)),
            notices: RwSignal::new(Vec::new()),
            root: NodeRef::new(),
        }
    }

    /// Steps of the run that is shown.
    #[must_use]
    pub fn len(self) -> usize {
        self.run.with(|run| run.len())
    }

    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Shows another scenario; where it is wrong, the old one stays.
    ///
    /// # Errors
    /// Every fault of the scenario.
    pub fn load(self, scenario: &Value, at: Option<usize>) -> Result<(), ScenarioError> {
        let run = self.entry.run(scenario, Mode::Frames)?;
        let last = run.len().saturating_sub(1);
        self.playing.set(false);
        self.asked.set(None);
        // The step first: a step past the new end shows the last one, never nothing.
        self.at.set(at.unwrap_or_else(|| self.at.get_untracked()).min(last));
        self.run.set(Arc::new(run));
        Ok(())
    }

    /// Keeps the run that is shown, so that another can be seen beside it.
    pub fn keep(self) {
        self.playing.set(false);
        self.kept.set(Some(self.run.get_untracked()));
        self.spoken
            .set("This future is kept. Change something to see another beside it.".to_owned());
    }

    /// Goes on with the kept run, and keeps the other.
    pub fn swap_kept(self) {
        let now = self.run.get_untracked();
        let Some(kept) = self.kept.get_untracked() else { return };
        self.playing.set(false);
        self.asked.set(None);
        self.at.update(|at| *at = (*at).min(kept.len().saturating_sub(1)));
        self.run.set(kept);
        self.kept.set(Some(now));
        self.say_step();
    }

    /// Shows step `to`, without a word to screen readers.
    pub fn show(self, to: usize) {
        let (at, last) = (self.at.get_untracked(), self.len_untracked().saturating_sub(1));
        let to = to.min(last);
        if to == at {
            return;
        }
        self.keep_focus();
        let before = self.element().filter(|_| at.abs_diff(to) == 1).and_then(|it| {
            let places = motion::places(&it)?;
            Some((it, places))
        });
        self.asked.set(None);
        self.at.set(to);
        if let Some((element, places)) = before {
            request_animation_frame(move || motion::play(&element, &places));
        }
    }

    /// Gives the focus back to the figure if what had it is gone after the next paint.
    pub fn keep_focus(self) {
        let focused = || browser::document()?.active_element();
        let Some(figure) = self.element() else { return };
        if !focused().is_some_and(|it| figure.contains(Some(&it))) {
            return;
        }
        request_animation_frame(move || {
            if focused().is_none_or(|it| it.tag_name() == "BODY") {
                browser::focus(&figure);
            }
        });
    }

    /// Keeps "now" in sight on timelines and in the table of steps.
    pub fn follow_now(self) {
        Effect::new(move |_| {
            self.at.track();
            self.run.track();
            request_animation_frame(move || {
                if let Some(element) = self.element() {
                    motion::follow_now(&element);
                    motion::follow_row(&element);
                }
            });
        });
    }

    /// Shows step `to` because the reader asked for it, and says so.
    pub fn go(self, to: usize) {
        self.playing.set(false);
        self.show(to);
        self.say_step();
    }

    /// One step forward; in predict mode, stops before a decision and asks.
    pub fn forward(self) {
        let next = self.at.get_untracked() + 1;
        if self.len_untracked() <= next {
            self.playing.set(false);
            return;
        }
        if self.predicting.get_untracked() && self.asked.get_untracked() != Some(next) {
            let question = self.run.with_untracked(|run| {
                run.step(next).and_then(|step| step.ask.as_ref()).map(|ask| ask.question.clone())
            });
            if let Some(question) = question {
                self.playing.set(false);
                self.asked.set(Some(next));
                self.spoken.set(question);
                return;
            }
        }
        self.show(next);
    }

    /// Answers the decision that is being asked, then shows it. True if the answer was right.
    pub fn answer(self, option: usize) -> Option<bool> {
        let next = self.asked.get_untracked()?;
        let right = self.run.with_untracked(|run| {
            let ask = run.step(next)?.ask.as_ref()?;
            usize::try_from(ask.answer).ok()
        })?;
        let hit = right == option;
        self.score.update(|(hits, all)| {
            *hits += u32::from(hit);
            *all += 1;
        });
        self.show(next);
        let word = if hit { "Right." } else { "Not right." };
        self.spoken.set(format!("{word} {}", self.sentence()));
        Some(hit)
    }

    /// Does what a key or a button asks.
    pub fn act(self, action: Action) {
        let (at, len) = (self.at.get_untracked(), self.len_untracked());
        let last = len.saturating_sub(1);
        match action {
            Action::PlayPause => self.toggle(),
            Action::Back => self.go(at.saturating_sub(1)),
            Action::Forward => {
                self.playing.set(false);
                self.forward();
                if self.asked.get_untracked().is_none() {
                    self.say_step();
                }
            }
            Action::MarkerBefore => {
                let markers = self.run.with_untracked(|run| run.markers());
                self.go(markers.into_iter().rev().find(|&it| it < at).unwrap_or(0));
            }
            Action::MarkerAfter => {
                let markers = self.run.with_untracked(|run| run.markers());
                self.go(markers.into_iter().find(|&it| at < it).unwrap_or(last));
            }
            Action::First | Action::Restart => self.go(0),
            Action::Last => self.go(last),
            Action::Tenths(n) => self.go(last * usize::from(n) / 10),
            Action::Fork => self.keep(),
            Action::Help => self.help.update(|open| *open = !*open),
            Action::Fullscreen => self.fullscreen(),
        }
    }

    fn toggle(self) {
        let playing = !self.playing.get_untracked();
        if playing && self.len_untracked() <= self.at.get_untracked() + 1 {
            self.show(0);
        }
        self.playing.set(playing);
        let word = if playing { "Playing" } else { "Paused" };
        let at = self.at.get_untracked() + 1;
        self.spoken.set(format!("{word} at step {at} of {}", self.len_untracked()));
    }

    fn fullscreen(self) {
        let Some(document) = browser::document() else { return };
        if document.fullscreen_element().is_some() {
            document.exit_fullscreen();
        } else if let Some(element) = self.element() {
            let _ = element.request_fullscreen();
        }
    }

    /// The step in one sentence: "Step 5 of 17, t = 4: …".
    #[must_use]
    pub fn sentence(self) -> String {
        let at = self.at.get_untracked();
        self.run.with_untracked(|run| {
            let Some(step) = run.step(at) else { return String::new() };
            let time = sim::quantity(&step.time.to_string(), run.meta.time_unit);
            format!("Step {} of {}, {time}: {}", at + 1, run.len(), step.say)
        })
    }

    fn say_step(self) {
        self.spoken.set(self.sentence());
    }

    fn len_untracked(self) -> usize {
        self.run.with_untracked(|run| run.len())
    }

    /// The figure's element, if it is on a page.
    #[must_use]
    pub fn element(self) -> Option<web_sys::Element> {
        self.root.get_untracked().map(Into::into)
    }

    /// Lets time go on while playing; pauses when the figure or the page is out of sight.
    pub fn keep_time(self) {
        Effect::new(move |_| {
            if !self.playing.get() {
                return;
            }
            let pace = SPEEDS.get(self.speed.get()).map_or(1.0, |(pace, _)| *pace);
            let every = Duration::from_millis((STEP_MS / pace) as u64);
            let Ok(handle) = set_interval_with_handle(move || self.tick(), every) else { return };
            on_cleanup(move || handle.clear());
        });
    }

    /// One beat while playing. Screen readers hear markers and the end only: a sentence a beat
    /// would never catch up.
    fn tick(self) {
        if self.out_of_sight() {
            self.playing.set(false);
            return;
        }
        self.forward();
        let (at, len) = (self.at.get_untracked(), self.len_untracked());
        if len <= at + 1 {
            if self.looping.get_untracked() {
                self.show(0);
                return;
            }
            self.playing.set(false);
            self.spoken.set(format!("The end: {}", self.sentence()));
        } else if self.run.with_untracked(|run| {
            run.step(at).is_some_and(|step| run.meta.markers.contains(&step.tag))
        }) {
            self.say_step();
        }
    }

    fn out_of_sight(self) -> bool {
        let hidden = browser::document().is_some_and(|it| it.hidden());
        let gone = || {
            let rect = self.element()?.get_bounding_client_rect();
            let height = browser::window()?.inner_height().ok()?.as_f64()?;
            Some(rect.bottom() < 0.0 || height < rect.top())
        };
        hidden || gone().unwrap_or(false)
    }
}
