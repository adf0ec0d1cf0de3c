//! Rows of stretches, each as long as it is: memory, a file, a disk, a log.

use super::Mark;
use serde::Serialize;
use std::fmt::Write;

/// Rows over one axis of places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Strip {
    /// Left end of the axis.
    pub start: u64,
    /// Right end of the axis; steady from frame to frame where it can be.
    pub end: u64,
    /// Unit of places, plural.
    pub unit: &'static str,
    /// Rows from top to bottom.
    pub rows: Vec<StripRow>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StripRow {
    /// Stable key.
    pub key: String,
    /// Name at the left.
    pub label: String,
    /// Half-open stretches, in order, not overlapping; there may be gaps.
    pub parts: Vec<Part>,
    /// Places that are pointed at, drawn above the stretches.
    pub pins: Vec<Pin>,
}

/// A half-open stretch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// First place.
    pub start: u64,
    /// First place after it; greater than `start`.
    pub end: u64,
    /// Whose it is and what it means.
    pub mark: Mark,
}

/// A place that is pointed at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pin {
    /// Where.
    pub at: u64,
    /// What points there.
    pub mark: Mark,
}

impl StripRow {
    /// A row with stretches and nothing that points at them.
    pub fn new(key: impl Into<String>, label: impl Into<String>, parts: Vec<Part>) -> Self {
        Self { key: key.into(), label: label.into(), parts, pins: Vec::new() }
    }
}

impl Strip {
    pub(super) fn to_text(&self) -> String {
        let mut out = format!("{} to {} {}\n", self.start, self.end, self.unit);
        for row in &self.rows {
            let _ = write!(out, "{} |", row.label);
            for Part { start, end, mark } in &row.parts {
                let _ = write!(out, " {start}..{end} {}", mark.to_text());
            }
            for Pin { at, mark } in &row.pins {
                let _ = write!(out, " {}@{at}", mark.to_text());
            }
            out.push('\n');
        }
        out
    }
}
