//! Named rows of chips, in order.

use super::marks::chip;
use crate::draw::{Element, el};
use sim::scene::{Mark, Queue, QueueRow, Tone};

/// Draws one line a row: its name, its chips, a few words about it.
pub(super) fn queue_view(queue: &Queue) -> Element {
    let rows: Vec<Element> = queue.rows.iter().map(row_view).collect();
    el("div").class("queue").with(rows)
}

fn row_view(row: &QueueRow) -> Element {
    let QueueRow { key, label, note, marks } = row;
    let chips: Vec<Element> = match marks.is_empty() {
        true => vec![el("span").class("queue-none").set("title", "empty").with("–")],
        false => marks.iter().enumerate().map(place_view).collect(),
    };
    el("div")
        .class("queue-row")
        .set("data-row", key)
        .with(el("span").class("queue-label").with(label))
        .with(el("span").class("queue-chips").with(chips))
        .with((!note.is_empty()).then(|| el("span").class("queue-note").with(note)))
}

/// A chip; the first of those that wait has a mark before it.
fn place_view((n, mark): (usize, &Mark)) -> Element {
    let head = n == 0 && !matches!(mark.tone, Tone::Running | Tone::Done | Tone::Idle);
    chip(if head { "chip queue-head" } else { "chip" }, mark)
}
