//! Pictures as plain data: a closed set of panels that carry meaning, never looks.
//!
//! A front end draws panels; [`Scene::to_text`] says the same in words, for screen readers, print
//! and tests. A panel that cannot be said in text is not understood yet.

mod bits;
mod cells;
mod chart;
mod code;
mod gantt;
mod graph;
mod queue;
mod stats;
mod strip;
mod table;

pub use bits::{BitField, BitRow, Bits};
pub use cells::{CellRow, Cells};
pub use chart::{Chart, ChartKind, Series};
pub use code::{Code, Listing};
pub use gantt::{Event, EventKind, Gantt, Lane, Span};
pub use graph::{Edge, Graph, Node};
pub use queue::{Queue, QueueRow};
pub use stats::{Stat, Stats};
pub use strip::{Part, Pin, Strip, StripRow};
pub use table::{Cell, Column, Table, TableRow};

use serde::Serialize;

/// Everything that is seen at one step.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Scene {
    /// The panels, most important first; the same slugs and kinds in every frame of a run.
    pub panels: Vec<Slot>,
}

/// A panel and its place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slot {
    /// Short stable name, such as `timeline`: unique in the scene.
    pub slug: &'static str,
    /// Heading on the page.
    pub title: &'static str,
    /// What is drawn.
    pub panel: Panel,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Panel {
    /// Lanes of time: who held what, and when.
    Gantt(Gantt),
    /// Named rows of chips, in order.
    Queue(Queue),
    /// A grid with one value in each cell.
    Cells(Cells),
    /// Rows of stretches, each as long as it is.
    Strip(Strip),
    /// Columns and rows.
    Table(Table),
    /// Numbers cut into bit fields.
    Bits(Bits),
    /// Nodes and edges.
    Graph(Graph),
    /// Listings with one marker each.
    Code(Code),
    /// Series over an axis.
    Chart(Chart),
    /// Named values with units.
    Stats(Stats),
    /// One paragraph.
    Note {
        /// The paragraph.
        text: String,
    },
}

impl Panel {
    /// The kind as one word, for contract tests and styles.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Gantt(_) => "gantt",
            Self::Queue(_) => "queue",
            Self::Cells(_) => "cells",
            Self::Strip(_) => "strip",
            Self::Table(_) => "table",
            Self::Bits(_) => "bits",
            Self::Graph(_) => "graph",
            Self::Code(_) => "code",
            Self::Chart(_) => "chart",
            Self::Stats(_) => "stats",
            Self::Note { .. } => "note",
        }
    }
}

/// What state a mark is in. A front end gives each a colour and a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// Has the CPU.
    Running,
    /// Could run, waits for its turn.
    Ready,
    /// Waits for something else than its turn.
    Blocked,
    /// Has ended.
    Done,
    /// Nothing happens.
    Idle,
    /// Time or space spent on management, such as a context switch.
    Overhead,
    /// Found where it was looked for.
    Hit,
    /// Not found there.
    Miss,
    /// A trap or an exception.
    Fault,
    /// Not in use.
    Free,
    /// In use.
    Used,
    /// Changed and not yet written back.
    Dirty,
    /// A law is broken or a deadline missed.
    Danger,
    /// Proven right or chosen.
    Good,
    /// Present but not the subject.
    Muted,
}

impl Tone {
    /// The tone as one word, for styles and text.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Running => "running",
            Self::Ready => "ready",
            Self::Blocked => "blocked",
            Self::Done => "done",
            Self::Idle => "idle",
            Self::Overhead => "overhead",
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Fault => "fault",
            Self::Free => "free",
            Self::Used => "used",
            Self::Dirty => "dirty",
            Self::Danger => "danger",
            Self::Good => "good",
            Self::Muted => "muted",
        }
    }

    /// The tone in brackets, or nothing if it is plain: ` (dirty)`.
    fn aside(self) -> String {
        match self {
            Self::Plain => String::new(),
            tone => format!(" ({})", tone.slug()),
        }
    }
}

/// A thing that is drawn: a chip, a cell, a bar, a node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Mark {
    /// Stable from frame to frame, so that a thing can be seen to move; unique in its panel.
    pub key: String,
    /// Short text drawn on it.
    pub label: String,
    /// Full text: shown when it is pointed at or focused. May be empty.
    pub detail: String,
    /// Index into the run's actors; gives it the actor's colour and pattern.
    pub actor: Option<u16>,
    /// What state it is in.
    pub tone: Tone,
}

impl Mark {
    /// A mark with a key and a label.
    pub fn new(key: impl Into<String>, label: impl Into<String>) -> Self {
        Self { key: key.into(), label: label.into(), ..Self::default() }
    }

    /// Adds the full text.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Adds the actor.
    #[must_use]
    pub const fn actor(mut self, actor: u16) -> Self {
        self.actor = Some(actor);
        self
    }

    /// Adds the tone.
    #[must_use]
    pub const fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    fn to_text(&self) -> String {
        format!("{}{}", self.label, self.tone.aside())
    }
}

impl Scene {
    /// Adds a panel; for building a scene in one expression.
    #[must_use]
    pub fn with(mut self, slug: &'static str, title: &'static str, panel: Panel) -> Self {
        self.panels.push(Slot { slug, title, panel });
        self
    }

    /// The panel with this slug.
    #[must_use]
    pub fn panel(&self, slug: &str) -> Option<&Panel> {
        self.panels.iter().find(|slot| slot.slug == slug).map(|slot| &slot.panel)
    }

    /// The whole scene in words: `[slug]`, then the panel's lines.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for slot in &self.panels {
            out.push('[');
            out.push_str(slot.slug);
            out.push_str("]\n");
            out.push_str(&slot.panel.to_text());
        }
        out
    }
}

impl Panel {
    /// The panel in words, one line each, every line ended.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Gantt(it) => it.to_text(),
            Self::Queue(it) => it.to_text(),
            Self::Cells(it) => it.to_text(),
            Self::Strip(it) => it.to_text(),
            Self::Table(it) => it.to_text(),
            Self::Bits(it) => it.to_text(),
            Self::Graph(it) => it.to_text(),
            Self::Code(it) => it.to_text(),
            Self::Chart(it) => it.to_text(),
            Self::Stats(it) => it.to_text(),
            Self::Note { text } => format!("{text}\n"),
        }
    }
}

/// A number as short text: no trailing zeros, at most `digits` after the point.
#[must_use]
pub fn number(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => {
            let short = text.trim_end_matches('0').trim_end_matches('.');
            if short == "-0" { "0".to_owned() } else { short.to_owned() }
        }
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_short() {
        assert_eq!(number(7.2, 3), "7.2");
        assert_eq!(number(10.0, 3), "10");
        assert_eq!(number(-0.0001, 2), "0");
        assert_eq!(number(1.0 / 3.0, 3), "0.333");
        assert_eq!(number(100.0, 0), "100");
    }
}
