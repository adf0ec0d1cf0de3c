//! Lanes of time: who held what, and when.

use super::Mark;
use serde::Serialize;
use std::fmt::Write;

/// Lanes over one time axis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gantt {
    /// Time of this frame; drawn as a line.
    pub now: u64,
    /// Right end of the axis; at least `now`, and steady from frame to frame where it can be.
    pub end: u64,
    /// Unit of time, plural.
    pub unit: &'static str,
    /// Lanes from top to bottom.
    pub lanes: Vec<Lane>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lane {
    /// Stable key.
    pub key: String,
    /// Name at the left.
    pub label: String,
    /// Whose lane it is, if it is one actor's.
    pub actor: Option<u16>,
    /// Half-open spans, in order, not overlapping.
    pub spans: Vec<Span>,
    /// Moments, in order of time.
    pub events: Vec<Event>,
}

/// A half-open stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Span {
    /// First moment.
    pub start: u64,
    /// First moment after it; greater than `start`.
    pub end: u64,
    /// Whose it is and what it means.
    pub mark: Mark,
}

/// A moment on a lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When.
    pub at: u64,
    /// What happened.
    pub kind: EventKind,
    /// Full text.
    pub detail: String,
}

/// What happened at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A job arrived or was released.
    Arrive,
    /// A job ended.
    Finish,
    /// A deadline that was or will be met.
    Deadline,
    /// A deadline that was missed.
    Miss,
    /// Any other moment worth a mark.
    Note,
}

impl EventKind {
    /// The kind as one word, for styles and text.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Arrive => "arrive",
            Self::Finish => "finish",
            Self::Deadline => "deadline",
            Self::Miss => "miss",
            Self::Note => "note",
        }
    }
}

impl Gantt {
    pub(super) fn to_text(&self) -> String {
        let mut out = format!("time {} of {} {}\n", self.now, self.end, self.unit);
        for lane in &self.lanes {
            let _ = write!(out, "{} |", lane.label);
            for Span { start, end, mark } in &lane.spans {
                let _ = write!(out, " {start}..{end}");
                if mark.label != lane.label {
                    let _ = write!(out, " {}", mark.to_text());
                } else if !matches!(mark.tone, super::Tone::Running) {
                    out.push_str(&mark.tone.aside());
                }
            }
            for event in &lane.events {
                let _ = write!(out, " {}@{}", event.kind.slug(), event.at);
            }
            out.push('\n');
        }
        out
    }
}
