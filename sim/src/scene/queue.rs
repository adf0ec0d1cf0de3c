//! Named rows of chips, in order.

use super::Mark;
use serde::Serialize;
use std::fmt::Write;

/// Rows of chips: ready queues, wait lists, a CPU and who is on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Queue {
    /// Rows from top to bottom.
    pub rows: Vec<QueueRow>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueRow {
    /// Stable key.
    pub key: String,
    /// Name at the left.
    pub label: String,
    /// A few words about the row, such as its quantum; may be empty.
    pub note: String,
    /// Chips, the head of the queue first.
    pub marks: Vec<Mark>,
}

impl Queue {
    pub(super) fn to_text(&self) -> String {
        let mut out = String::new();
        for row in &self.rows {
            let _ = write!(out, "{}", row.label);
            if !row.note.is_empty() {
                let _ = write!(out, " ({})", row.note);
            }
            out.push(':');
            for mark in &row.marks {
                let _ = write!(out, " {}", mark.to_text());
            }
            out.push('\n');
        }
        out
    }
}
