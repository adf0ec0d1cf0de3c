//! Progress and flash cards: what a page holds for them, and what they do once the app has come.

mod cards;
mod deck;
mod keep;
mod overview;
mod progress;
mod review;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use study::Now;

/// What a page is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Page {
    /// What was read and answered.
    Progress,
    /// Flash cards.
    Cards,
    /// Questions of several modules.
    Mixed,
}

/// What a page holds for the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data {
    /// What the page is for.
    pub page: Page,
    /// The modules that can be read.
    pub modules: Vec<Module>,
}

/// A module, as far as progress needs it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Module {
    /// Its folder, such as `cpu`.
    pub slug: String,
    /// Title; plain text.
    pub title: String,
    /// Slugs of its lessons in order.
    pub lessons: Vec<String>,
    /// Ids of its questions.
    pub questions: Vec<String>,
    /// Address of the file with its questions.
    pub file: String,
    /// Address of the file with its cards.
    pub cards: String,
}

impl Data {
    /// Reads what a page holds.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_value(serde_json::from_str(text).ok()?).ok()
    }

    /// The text form.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The part of a page that moves. `clock` tells the time whenever it is asked.
#[must_use]
pub fn live_view(data: Data, clock: fn() -> Now) -> AnyView {
    match data.page {
        Page::Progress => progress::view(data, clock),
        Page::Cards | Page::Mixed => cards::view(data, clock),
    }
}

/// Progress as it stands on the page before the app has come: nothing is read yet.
#[cfg(feature = "ssr")]
#[must_use]
pub fn progress_still(modules: &[Module]) -> AnyView {
    progress::still_view(modules)
}
