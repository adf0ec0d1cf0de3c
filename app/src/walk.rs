//! A search that goes on in slices, so that the page stays awake.

use crate::browser;
use leptos::prelude::*;
use sim::{Exploration, Progress, ScenarioError, Search, Stage};
use std::time::Duration;

/// States after which a walk in the page gives up and says so: some 100 MB, which a phone has.
pub const STATES_MAX: u32 = 400_000;

/// How long a slice may take, in milliseconds: half a frame, and the page draws in the other half.
const SLICE_MS: f64 = 8.0;

/// States of the first slice; later ones follow the speed of the machine.
const SLICE_STATES: u32 = 500;

/// A walk that is under way, has ended, or was not begun. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Walk {
    search: StoredValue<Option<Search>, LocalStorage>,
    /// How far it is, while it is under way.
    pub progress: RwSignal<Option<Progress>>,
    /// What it has found, or why it could not start.
    pub found: RwSignal<Option<Result<Exploration, ScenarioError>>>,
    /// Counts the walks, so that the slices of one that was given up end.
    number: StoredValue<u32>,
}

impl std::fmt::Debug for Walk {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Walk({:?})", self.progress.get_untracked())
    }
}

impl Default for Walk {
    fn default() -> Self {
        Self {
            search: StoredValue::new_local(None),
            progress: RwSignal::new(None),
            found: RwSignal::new(None),
            number: StoredValue::new(0),
        }
    }
}

impl Walk {
    /// Begins; what another walk has found is forgotten.
    pub fn start(self, search: Result<Search, ScenarioError>) {
        self.clear();
        match search {
            Ok(search) => {
                self.progress.set(Some(search.progress()));
                self.search.set_value(Some(search));
                self.slice(self.number.get_value(), SLICE_STATES);
            }
            Err(error) => self.found.set(Some(Err(error))),
        }
    }

    /// Ends it before it has found anything.
    pub fn cancel(self) {
        self.number.update_value(|it| *it += 1);
        self.search.set_value(None);
        self.progress.set(None);
    }

    /// Ends it, and forgets what was found.
    pub fn clear(self) {
        self.cancel();
        self.found.set(None);
    }

    /// Goes on for some states, then lets the page breathe.
    fn slice(self, number: u32, n_states: u32) {
        let begun = browser::now_ms();
        let advance = |it: &mut Option<Search>| it.as_mut().map(|it| it.advance(n_states));
        let Some(Some(progress)) = self.search.try_update_value(advance) else { return };
        if progress.done {
            let found = self.search.with_value(|it| it.as_ref().map(Search::finish));
            self.cancel();
            self.found.set(found.map(Ok));
            return;
        }
        self.progress.set(Some(progress));
        let took = (browser::now_ms() - begun).max(0.1);
        let next = f64::from(n_states) * (SLICE_MS / took).clamp(0.25, 4.0);
        let next = next.clamp(50.0, 200_000.0) as u32;
        let go_on = move || {
            if self.number.try_get_value() == Some(number) {
                self.slice(number, next);
            }
        };
        set_timeout(go_on, Duration::ZERO);
    }
}

/// How far a walk is, as a sentence.
#[must_use]
pub fn told(progress: Progress) -> String {
    let Progress { stage, n_states, n_open, broken, .. } = progress;
    let stage = match stage {
        Stage::All => "Looking at every state",
        Stage::Reduced => "Looking at fewer states that answer the same",
        Stage::Cycles => "Looking for threads that run for ever and get nowhere",
    };
    let broken = broken.map(|law| format!(" Broken so far: {law}.")).unwrap_or_default();
    format!("{stage}: {n_states} reached, {n_open} still to look at.{broken}")
}
