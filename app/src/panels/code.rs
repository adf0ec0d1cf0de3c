//! Listings with one marker each.

use super::marks::{actor_chip, classes, tone_word};
use leptos::prelude::*;
use sim::scene::{Code, Listing};

/// Draws the listings side by side; on phones, one under the other.
pub(super) fn code_view(code: &Code, actors: &[String]) -> AnyView {
    let listings: Vec<AnyView> = code.listings.iter().map(|it| listing_view(it, actors)).collect();
    view! { <div class="listings">{listings}</div> }.into_any()
}

fn listing_view(listing: &Listing, actors: &[String]) -> AnyView {
    let Listing { key, label, actor, lines, next, tone, note } = listing;
    let next = next.and_then(|next| usize::try_from(next).ok());
    let rows: Vec<AnyView> =
        lines.iter().enumerate().map(|(n, line)| line_view(line, next == Some(n), key)).collect();
    let note = match note.is_empty() {
        true => ().into_any(),
        false => view! { <span class="listing-note">{note.clone()}</span> }.into_any(),
    };
    view! {
        <div class=classes("listing", *actor, *tone) data-row=key.clone()>
            <p class="listing-head">{actor_chip(*actor, actors, label)}{tone_word(*tone)}{note}</p>
            <ol class="listing-lines" tabindex="0" aria-label=format!("Lines of {label}")>{rows}</ol>
        </div>
    }
    .into_any()
}

/// The marker is an element of its own with a key, so that it can be seen to move down.
fn line_view(line: &str, is_next: bool, key: &str) -> AnyView {
    let marker = match is_next {
        true => {
            let key = format!("{key}.next");
            view! { <span class="line-next" data-key=key title="comes next">"▶"</span> }.into_any()
        }
        false => ().into_any(),
    };
    let class = if is_next { "line is-next" } else { "line" };
    // An empty line keeps its height.
    let text = if line.is_empty() { " ".to_owned() } else { line.to_owned() };
    view! { <li class=class>{marker}<code>{text}</code></li> }.into_any()
}
