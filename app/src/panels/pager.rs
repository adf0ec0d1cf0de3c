//! Which page of a long panel is seen, and the buttons that turn it.

use super::excerpt::{Page, ROWS_MAX};
use leptos::prelude::*;

/// The value of `data-turn` that lets the panel follow the step again. Any other is the index of a page.
pub const FOLLOW: &str = "follow";

/// Draws "Lanes 41 to 80 of 200", and with `turns` the buttons. `follows` tells whether the page changes with the step.
pub(super) fn pager_view(page: Page, slug: &'static str, follows: bool, turns: bool) -> AnyView {
    let Page { name, first, last, of } = page;
    let words = format!("{name}s {first} to {last} of {of}");
    let here = (first - 1) / ROWS_MAX;
    let end = (of - 1) / ROWS_MAX;
    let button = |to: usize, sign: &'static str, which: &str| {
        // A button that goes nowhere stays, so that the focus does.
        let off = (to == here).then_some("true");
        view! {
            <button type="button" class="quiet" data-panel=slug data-turn=to.to_string() aria-disabled=off
                aria-label=format!("{which} {name}s")>{sign}</button>
        }
        .into_any()
    };
    let buttons = match turns {
        true => view! {
            {button(here.saturating_sub(1), "‹", "Earlier")}
            {button(end.min(here + 1), "›", "Later")}
            <button type="button" class="quiet" data-panel=slug aria-pressed=follows.to_string()
                data-turn=if follows { here.to_string() } else { FOLLOW.to_owned() }>"Follow the step"</button>
        }
        .into_any(),
        false => ().into_any(),
    };
    view! { <p class="pager"><span class="pager-words">{words}</span>{buttons}</p> }.into_any()
}
