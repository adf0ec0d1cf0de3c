//! The game: break a program by picking who steps, or mend one until no schedule breaks it.
//!
//! The page lists all levels as text; the play part takes their place once it has come.

mod board;
mod finish;
mod judge;
mod live;
mod map;
mod progress;
mod still;
mod workshop;

pub(crate) use progress::KEY;

pub use live::live_view;
pub use still::game_view;

use content::{Difficulty, Goal, Level};
use serde::{Deserialize, Serialize};

/// What a page holds for the app: all levels, links resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data {
    /// Chapters in order.
    pub chapters: Vec<Chapter>,
    /// From the page to the root of the site.
    pub root: String,
}

/// Levels that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chapter {
    /// Title; plain text.
    pub title: String,
    /// One sentence; plain text.
    pub about: String,
    /// Its levels in order.
    pub levels: Vec<Level>,
}

impl Data {
    /// Reads what [`game_view`] wrote.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_value(serde_json::from_str(text).ok()?).ok()
    }

    /// The text form.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// All levels in order.
    pub fn levels(&self) -> impl Iterator<Item = &Level> {
        self.chapters.iter().flat_map(|it| &it.levels)
    }
}

/// What is to be done with a program.
fn verb(goal: &Goal) -> &'static str {
    match goal {
        Goal::Break { .. } => "Break it",
        Goal::Mend { .. } => "Mend it",
    }
}

/// The kind of a level as a class and in links.
fn kind(goal: &Goal) -> &'static str {
    match goal {
        Goal::Break { .. } => "break",
        Goal::Mend { .. } => "mend",
    }
}

/// A degree as a reader reads it.
fn degree(difficulty: Difficulty) -> &'static str {
    difficulty.word()
}

/// What a level is, in a few words: `Break it · easy`.
fn kicker(level: &Level) -> String {
    format!("{} · {}", verb(&level.goal), degree(level.difficulty))
}
