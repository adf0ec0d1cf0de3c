//! What a level ends with: the stars, why it broke or holds, and the way on.

use super::live::{Game, stars_view};
use crate::browser;
use crate::erased::click;
use content::Level;
use leptos::prelude::*;

/// A win: its stars, a sentence that says what was done, why it came so, and the next level.
pub(super) fn won_view(game: Game, level: &Level, stars: u8, told: String, more: &str) -> AnyView {
    let at = game.at.get_untracked();
    let next = game.level(at + 1).map(|next| {
        let name = format!("Next: {}", next.title);
        view! {
            <button type="button" class="primary" data-act="next-level" on:click=click(move || game.open(at + 1))>{name}</button>
        }
        .into_any()
    });
    let next = next
        .unwrap_or_else(|| view! { <p class="end-last">"That was the last level."</p> }.into_any());
    let lesson = game.root.with_value(|root| format!("{root}course/{}.html", level.lesson));
    view! {
        <div class="level-end level-won" data-end="won" tabindex="-1">
            <p class="end-head">{stars_view(stars)}<strong>{told}</strong></p>
            <p class="end-more">{more.to_owned()}</p>
            <div class="end-why" inner_html=level.why_html.clone()></div>
            <p class="end-ways">
                {next}
                <a href=lesson>"Read more: "{level.lesson_title.clone()}</a>
            </p>
        </div>
    }
    .into_any()
}

/// Moves the focus to what a level has ended with, if it was inside the level.
pub(super) fn focus_end() {
    request_animation_frame(|| {
        let found = browser::document().and_then(|it| it.query_selector(".level-end").ok()?);
        if let Some(end) = found {
            browser::focus(&end);
            let inside = || {
                let rect = end.get_bounding_client_rect();
                let height = browser::window()?.inner_height().ok()?.as_f64()?;
                Some(0.0 <= rect.top() && rect.bottom() <= height)
            };
            if inside() == Some(false) {
                end.scroll_into_view_with_bool(false);
            }
        }
    });
}
