//! One paragraph.

use leptos::prelude::*;

/// Draws the paragraph.
pub(super) fn note_view(text: &str) -> AnyView {
    view! { <p class="note">{text.to_owned()}</p> }.into_any()
}
