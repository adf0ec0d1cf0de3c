//! Listings with one marker each.

use super::Tone;
use serde::Serialize;
use std::fmt::Write;

/// Listings side by side, one for each thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Code {
    /// Listings from left to right.
    pub listings: Vec<Listing>,
}

/// One listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// Stable key.
    pub key: String,
    /// Name above it.
    pub label: String,
    /// Whose listing it is, if it is one actor's.
    pub actor: Option<u16>,
    /// Lines without their ends.
    pub lines: Vec<String>,
    /// Index of the line that comes next; `None` when it has ended.
    pub next: Option<u32>,
    /// State of whoever runs it.
    pub tone: Tone,
    /// A few words about that state, such as what it waits for; may be empty.
    pub note: String,
}

impl Code {
    pub(super) fn to_text(&self) -> String {
        let mut out = String::new();
        for listing in &self.listings {
            let _ = write!(out, "{}{}", listing.label, listing.tone.aside());
            if !listing.note.is_empty() {
                let _ = write!(out, " {}", listing.note);
            }
            out.push('\n');
            for (n, line) in listing.lines.iter().enumerate() {
                let here = listing.next.is_some_and(|next| usize::try_from(next) == Ok(n));
                let _ = writeln!(out, "{} {line}", if here { ">" } else { " " });
            }
        }
        out
    }
}
