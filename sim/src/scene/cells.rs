//! A grid with one value in each cell.

use super::Mark;
use serde::Serialize;
use std::fmt::Write;

/// Rows of cells: frames, caches, bitmaps, buffers, variables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cells {
    /// Rows from top to bottom.
    pub rows: Vec<CellRow>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CellRow {
    /// Name at the left; may be empty.
    pub label: String,
    /// A short heading above each cell; empty if there is none, else as long as `marks`.
    pub heads: Vec<String>,
    /// Cells from left to right.
    pub marks: Vec<Mark>,
}

impl Cells {
    pub(super) fn to_text(&self) -> String {
        let mut out = String::new();
        for row in &self.rows {
            let _ = write!(out, "{}:", row.label);
            for (n, mark) in row.marks.iter().enumerate() {
                match row.heads.get(n) {
                    Some(head) => {
                        let _ = write!(out, " {head}={}", mark.to_text());
                    }
                    None => {
                        let _ = write!(out, " {}", mark.to_text());
                    }
                }
            }
            out.push('\n');
        }
        out
    }
}
