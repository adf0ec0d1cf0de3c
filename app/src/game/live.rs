//! A game page that answers: the map of all levels, and the level that is open.

use super::board::board_view;
use super::map::map_view;
use super::progress;
use super::workshop::workshop_view;
use super::{Data, kicker, kind};
use crate::browser;
use crate::erased::{click, live};
use content::{Goal, Level};
use leptos::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use study::{STARS_MAX, Stars};

/// Everything of the game that changes. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Game {
    /// All levels in order.
    pub(super) levels: StoredValue<Arc<Vec<Level>>>,
    /// From the page to the root of the site.
    pub(super) root: StoredValue<String>,
    /// Number of the level that is open, from 0.
    pub(super) at: RwSignal<usize>,
    /// What was won so far.
    pub(super) won: RwSignal<Stars>,
    /// Whether wins can be kept for the next visit.
    pub(super) keeps: RwSignal<bool>,
    /// Programs that were edited on this visit, by level id.
    pub(super) drafts: StoredValue<BTreeMap<String, String>>,
}

impl Game {
    pub(super) fn level(self, at: usize) -> Option<Level> {
        self.levels.with_value(|it| it.get(at).cloned())
    }

    pub(super) fn n_levels(self) -> usize {
        self.levels.with_value(|it| it.len())
    }

    /// Notes that a level was won.
    pub(super) fn win(self, id: &str, stars: u8) {
        self.won.update(|it| {
            it.note(id, stars);
            self.keeps.set(progress::keep(it));
        });
    }

    /// Opens another level, as a link to it does.
    pub(super) fn open(self, at: usize) {
        let Some(level) = self.level(at) else { return };
        browser::set_fragment(&fragment(&level));
        self.at.set(at);
        show_level();
    }

    /// Number of the level with this id.
    fn find(self, id: &str) -> Option<usize> {
        self.levels.with_value(|it| it.iter().position(|level| level.id == id))
    }
}

/// What the address of a level ends in.
pub(super) fn fragment(level: &Level) -> String {
    format!("level={}", level.id)
}

/// Id of the level that a fragment asks for: `level=lost_update`, or `level-lost_update` as the
/// page without scripts has it.
fn asked(fragment: &str) -> Option<&str> {
    let parts = fragment.split('&');
    parts.filter_map(|it| it.strip_prefix("level=").or_else(|| it.strip_prefix("level-"))).next()
}

/// Brings the level that is open into sight, and the focus to its title.
fn show_level() {
    request_animation_frame(|| {
        let found = browser::document().and_then(|it| it.get_element_by_id("level-title"));
        if let Some(title) = found {
            browser::focus(&title);
            if let Some(level) = title.closest(".level").ok().flatten() {
                level.scroll_into_view();
            }
        }
    });
}

/// The whole game; opens the level in the address, or the first that is not won.
#[must_use]
pub fn live_view(data: Data) -> AnyView {
    let won = progress::load();
    let chapters: Vec<(String, String, usize)> = data
        .chapters
        .iter()
        .map(|it| (it.title.clone(), it.about.clone(), it.levels.len()))
        .collect();
    let levels: Vec<Level> = data.levels().cloned().collect();
    let first = levels.iter().position(|it| won.of(&it.id) == 0).unwrap_or(0);
    let game = Game {
        levels: StoredValue::new(Arc::new(levels)),
        root: StoredValue::new(data.root),
        at: RwSignal::new(first),
        won: RwSignal::new(won),
        keeps: RwSignal::new(true),
        drafts: StoredValue::new(BTreeMap::new()),
    };
    let follow = move || {
        let (_, fragment) = browser::address().unwrap_or_default();
        let at = asked(&fragment).and_then(|id| game.find(id));
        if let Some(at) = at {
            if game.at.get_untracked() != at {
                game.at.set(at);
            }
            show_level();
        }
    };
    follow();
    let listener = window_event_listener(leptos::ev::hashchange, move |_| follow());
    on_cleanup(move || listener.remove());
    let level = live(move || {
        let at = game.at.get();
        game.level(at).map(|it| level_view(game, at, &it)).into_any()
    });
    let lost = live(move || {
        let told = (!game.keeps.get()).then(|| {
            view! { <p class="game-lost" role="status">"This browser keeps nothing for this page: what you win is gone when you leave."</p> }
        });
        told.into_any()
    });
    view! { {map_view(game, chapters)} {lost} {level} }.into_any()
}

/// One level: what is to be done, the play, and the ways on.
fn level_view(game: Game, at: usize, level: &Level) -> AnyView {
    let id = level.id.clone();
    let stars = live(move || stars_view(game.won.with(|it| it.of(&id))));
    let number = format!("Level {} of {}", at + 1, game.n_levels());
    let lesson = game.root.with_value(|root| format!("{root}course/{}.html", level.lesson));
    let play = match level.goal {
        Goal::Break { .. } => board_view(game, level),
        Goal::Mend { .. } => workshop_view(game, level),
    };
    view! {
        <article class=format!("level level-{}", kind(&level.goal)) data-level=level.id.clone()>
            <header class="level-head">
                <p class="level-kicker"><span>{number}</span><span class="level-kind">{kicker(level)}</span>{stars}</p>
                <h2 id="level-title" tabindex="-1">{level.title.clone()}</h2>
                <p class="level-task"><strong>"Your task"</strong>" "<span inner_html=level.task_html.clone()></span></p>
                <div class="level-text" inner_html=level.text_html.clone()></div>
            </header>
            {play}
            <nav class="level-ways" aria-label="Levels before and after">
                {way(game, at.checked_sub(1), "Before")}
                <a href=lesson class="level-lesson">"Lesson: "{level.lesson_title.clone()}</a>
                {way(game, Some(at + 1), "Next")}
            </nav>
        </article>
    }
    .into_any()
}

/// A button to a neighbour; nothing where there is none.
fn way(game: Game, at: Option<usize>, word: &'static str) -> AnyView {
    let Some((at, level)) = at.and_then(|at| Some((at, game.level(at)?))) else {
        return view! { <span></span> }.into_any();
    };
    let name = format!("{word}: {}", level.title);
    view! {
        <button type="button" class="quiet" data-act=word.to_ascii_lowercase() on:click=click(move || game.open(at))>{name}</button>
    }
    .into_any()
}

/// So many stars of three.
pub(super) fn stars_view(stars: u8) -> AnyView {
    let full = usize::from(stars.min(STARS_MAX));
    let all = usize::from(STARS_MAX);
    let name = match full {
        0 => "not won yet".to_owned(),
        n => format!("{n} of {all} stars"),
    };
    let star = |n: usize| {
        let class = if n < full { "star is-full" } else { "star" };
        view! {
            <svg class=class viewBox="0 0 24 24" aria-hidden="true" focusable="false">
                <path d="M12 2.8l2.8 6 6.5.7-4.9 4.4 1.4 6.4L12 17l-5.8 3.3 1.4-6.4L2.7 9.5l6.5-.7z"></path>
            </svg>
        }
        .into_any()
    };
    view! {
        <span class="stars" role="img" aria-label=name>{(0..all).map(star).collect_view()}</span>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::asked;

    #[test]
    fn a_level_is_found_in_the_address() {
        assert_eq!(asked("level=aba"), Some("aba"));
        assert_eq!(asked("v=1&level=aba"), Some("aba"));
        assert_eq!(asked("level-aba"), Some("aba"));
        assert_eq!(asked("main"), None);
        assert_eq!(asked(""), None);
    }
}
