//! Named rows of chips, in order.

use super::marks::chip;
use leptos::prelude::*;
use sim::scene::{Mark, Queue, QueueRow, Tone};

/// Draws one line a row: its name, its chips, a few words about it.
pub(super) fn queue_view(queue: &Queue) -> AnyView {
    let rows: Vec<AnyView> = queue.rows.iter().map(row_view).collect();
    view! { <div class="queue">{rows}</div> }.into_any()
}

fn row_view(row: &QueueRow) -> AnyView {
    let QueueRow { key, label, note, marks } = row;
    let chips: Vec<AnyView> = match marks.is_empty() {
        true => vec![view! { <span class="queue-none" title="empty">"–"</span> }.into_any()],
        false => marks.iter().enumerate().map(place_view).collect(),
    };
    let note = match note.is_empty() {
        true => ().into_any(),
        false => view! { <span class="queue-note">{note.clone()}</span> }.into_any(),
    };
    view! {
        <div class="queue-row" data-row=key.clone()>
            <span class="queue-label">{label.clone()}</span>
            <span class="queue-chips">{chips}</span>
            {note}
        </div>
    }
    .into_any()
}

/// A chip; the first of those that wait has a mark before it.
fn place_view((n, mark): (usize, &Mark)) -> AnyView {
    let head = n == 0 && !matches!(mark.tone, Tone::Running | Tone::Done | Tone::Idle);
    chip(if head { "chip queue-head" } else { "chip" }, mark)
}
