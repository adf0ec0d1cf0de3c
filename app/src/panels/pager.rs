//! Which page of a long panel is seen, and the buttons that turn it.

use super::excerpt::Page;
use crate::draw::{Element, el};

/// The value of `data-turn` that lets the panel follow the step again. Any other is the index of a page.
pub const FOLLOW: &str = "follow";

/// Draws "Lanes 41 to 80 of 200", and with `turns` the buttons. `follows` tells whether the page changes with the step.
pub(super) fn pager_view(page: Page, slug: &'static str, follows: bool, turns: bool) -> Element {
    let Page { name, first, last, of, .. } = page;
    let words = el("span").class("pager-words").with(format!("{name}s {first} to {last} of {of}"));
    let pager = el("p").class("pager").with(words);
    if !turns {
        return pager;
    }
    let (here, end) = page.place();
    let button = |to: String| {
        let button = el("button").class("quiet").set("type", "button");
        button.set("data-panel", slug).set("data-turn", to)
    };
    let step = |to: usize, sign: &'static str, which: &str| {
        let step = button(to.to_string()).set("aria-label", format!("{which} {name}s"));
        // A button that goes nowhere stays, so that the focus does.
        step.set_if("aria-disabled", (to == here).then_some("true")).with(sign)
    };
    let follow = button(if follows { here.to_string() } else { FOLLOW.to_owned() });
    pager
        .with(step(here.saturating_sub(1), "‹", "Earlier"))
        .with(step(end.min(here + 1), "›", "Later"))
        .with(
            follow
                .set("aria-pressed", follows.to_string())
                .set("title", "Show what the step is about")
                .with("Follow"),
        )
}
