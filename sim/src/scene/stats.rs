//! Named values with units.

use crate::words::quantity;
use serde::Serialize;
use std::fmt::Write;

/// A few named values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Values in the order in which they matter.
    pub items: Vec<Stat>,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stat {
    /// What it is.
    pub label: String,
    /// Its value as text.
    pub value: String,
    /// Its unit, plural; may be empty.
    pub unit: &'static str,
}

impl Stat {
    /// A value with its unit.
    pub fn new(label: impl Into<String>, value: impl Into<String>, unit: &'static str) -> Self {
        Self { label: label.into(), value: value.into(), unit }
    }
}

impl Stats {
    pub(super) fn to_text(&self) -> String {
        let mut out = String::new();
        for Stat { label, value, unit } in &self.items {
            let _ = writeln!(out, "{label}: {}", quantity(value, unit));
        }
        out
    }
}
