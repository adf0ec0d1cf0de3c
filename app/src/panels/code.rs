//! Listings with one marker each.

use super::marks::{actor_chip, classes, tone_word};
use crate::draw::{Element, el};
use sim::scene::{Code, Listing};

/// Draws the listings side by side; on phones, one under the other.
pub(super) fn code_view(code: &Code, actors: &[String]) -> Element {
    let listings: Vec<Element> = code.listings.iter().map(|it| listing_view(it, actors)).collect();
    el("div").class("listings").with(listings)
}

fn listing_view(listing: &Listing, actors: &[String]) -> Element {
    let Listing { key, label, actor, lines, next, tone, note } = listing;
    let next = next.and_then(|next| usize::try_from(next).ok());
    let rows: Vec<Element> =
        lines.iter().enumerate().map(|(n, line)| line_view(line, next == Some(n), key)).collect();
    let note = (!note.is_empty()).then(|| el("span").class("listing-note").with(note));
    let head = el("p").class("listing-head").with(actor_chip(*actor, actors, label));
    let lines = el("ol").class("listing-lines").set("tabindex", "0");
    el("div")
        .class(classes("listing", *actor, *tone))
        .set("data-row", key)
        .with(head.with(tone_word(*tone)).with(note))
        .with(lines.set("aria-label", format!("Lines of {label}")).with(rows))
}

/// The marker is an element of its own with a key, so that it can be seen to move down.
fn line_view(line: &str, is_next: bool, key: &str) -> Element {
    let marker = is_next.then(|| {
        let marker = el("span").class("line-next").set("data-key", format!("{key}.next"));
        marker.set("title", "comes next").with("▶")
    });
    let class = if is_next { "line is-next" } else { "line" };
    // An empty line keeps its height.
    let text = if line.is_empty() { " ".to_owned() } else { line.to_owned() };
    el("li").class(class).with(marker).with(el("code").with(text))
}
