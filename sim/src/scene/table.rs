//! Columns and rows.

use super::Tone;
use serde::Serialize;

/// A table; every row is as long as `columns`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Columns from left to right.
    pub columns: Vec<Column>,
    /// Rows from top to bottom.
    pub rows: Vec<TableRow>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Heading, with its unit.
    pub label: String,
    /// Whether its cells are numbers, set flush right.
    pub numeric: bool,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableRow {
    /// Stable key.
    pub key: String,
    /// Whose row it is, if it is one actor's: its first cell gets the actor's chip.
    pub actor: Option<u16>,
    /// Whether this is the row the step is about.
    pub marked: bool,
    /// Cells from left to right.
    pub cells: Vec<Cell>,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Cell {
    /// Its text; may be empty.
    pub text: String,
    /// What state it is in.
    pub tone: Tone,
}

impl Column {
    /// A column of words.
    pub fn words(label: impl Into<String>) -> Self {
        Self { label: label.into(), numeric: false }
    }

    /// A column of numbers.
    pub fn numbers(label: impl Into<String>) -> Self {
        Self { label: label.into(), numeric: true }
    }
}

impl Cell {
    /// A plain cell.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Plain }
    }

    /// Adds the tone.
    #[must_use]
    pub const fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}

impl Table {
    pub(super) fn to_text(&self) -> String {
        let heads: Vec<&str> = self.columns.iter().map(|it| it.label.as_str()).collect();
        let mut out = heads.join(" | ");
        out.push('\n');
        for row in &self.rows {
            let cells: Vec<String> =
                row.cells.iter().map(|it| format!("{}{}", it.text, it.tone.aside())).collect();
            out.push_str(if row.marked { "> " } else { "" });
            out.push_str(&cells.join(" | "));
            out.push('\n');
        }
        out
    }
}
