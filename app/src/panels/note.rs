//! One paragraph.

use crate::draw::{Element, el};

/// Draws the paragraph.
pub(super) fn note_view(text: &str) -> Element {
    el("p").class("note").with(text.to_owned())
}
