//! The map of all levels: what was won, and where one is.

use super::live::{Game, fragment, stars_view};
use super::{kicker, kind};
use crate::browser;
use crate::erased::{live, text};
use leptos::prelude::*;

/// A window that is narrower shows the map folded.
const WIDE_PX: f64 = 760.0;

/// The map. Chapters are title, sentence and how many levels.
pub(super) fn map_view(game: Game, chapters: Vec<(String, String, usize)>) -> AnyView {
    let n_all = game.n_levels();
    let counted = text(move || {
        let stars: Vec<u8> = game.won.with(|won| {
            game.levels.with_value(|it| it.iter().map(|level| won.of(&level.id)).collect())
        });
        let n_won = stars.iter().filter(|it| 0 < **it).count();
        let n_stars: u32 = stars.iter().map(|it| u32::from(*it)).sum();
        format!("{n_won} of {n_all} won, {n_stars} of {} stars", 3 * n_all)
    });
    let width = browser::window().and_then(|it| it.inner_width().ok()?.as_f64());
    let is_open = width.is_none_or(|it| WIDE_PX <= it);
    let mut first = 0;
    let rows = chapters.into_iter().map(|(title, about, n)| {
        let tiles = (first..first + n).map(|at| tile(game, at)).collect_view();
        first += n;
        view! {
            <div class="map-chapter">
                <p class="map-name">{title}<span class="map-about">{about}</span></p>
                <ol class="map-tiles">{tiles}</ol>
            </div>
        }
        .into_any()
    });
    view! {
        <details class="game-map" open=is_open>
            <summary>
                <span class="map-head">"All levels"</span><span class="map-count" data-role="count">{counted}</span>
                <span class="map-legend"><span class="key tile-break"></span>"to break"<span class="key tile-mend"></span>"to mend"</span>
            </summary>
            {rows.collect_view()}
        </details>
    }
    .into_any()
}

fn tile(game: Game, at: usize) -> AnyView {
    let Some(level) = game.level(at) else { return ().into_any() };
    let current = Signal::derive(move || (game.at.get() == at).then_some("true"));
    let id = level.id.clone();
    let stars = Memo::new(move |_| game.won.with(|it| it.of(&id)));
    let data = text(move || stars.get().to_string());
    let name = format!("Level {}: {}, {}", at + 1, level.title, kicker(&level));
    let shown = live(move || stars_view(stars.get()));
    view! {
        <li>
            <a class=format!("tile tile-{}", kind(&level.goal)) href=format!("#{}", fragment(&level))
                data-tile=level.id.clone() data-stars=data aria-current=current title=format!("{} ({})", level.title, kicker(&level))>
                <span class="visually-hidden">{name}", "</span>
                <span class="tile-number" aria-hidden="true">{at + 1}</span>
                {shown}
            </a>
        </li>
    }
    .into_any()
}
