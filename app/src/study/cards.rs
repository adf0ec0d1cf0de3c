//! Flash cards: what is chosen, what was fetched, and which card lies on the table.

use super::deck::{Deck, QUESTIONS, Shelf, TERMS, is_chosen};
use super::keep::{Kept, lessons_read};
use super::overview::overview;
use super::review::review;
use super::{Data, Module};
use crate::browser;
use leptos::prelude::*;
use study::{Change, Counts, Now, Rating};
use wasm_bindgen_futures::spawn_local;

/// Most ratings that can be taken back.
const UNDO_MAX: usize = 100;

/// Whether the cards of the chosen decks are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coming {
    /// They are on their way.
    Soon,
    /// They did not come.
    Failed,
    /// They are here.
    Here,
}

/// Everything that changes. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Table {
    pub(super) data: StoredValue<Data>,
    /// The learner's cards, and how they are kept.
    pub(super) kept: RwSignal<Kept>,
    /// Names of the chosen decks, and of the chosen kinds of card.
    pub(super) chosen: RwSignal<Vec<String>>,
    /// The cards of the chosen decks.
    pub(super) deck: RwSignal<Deck>,
    pub(super) coming: RwSignal<Coming>,
    /// The time of the last act.
    pub(super) now: RwSignal<Now>,
    /// Whether cards are being rated.
    pub(super) is_on: RwSignal<bool>,
    /// The card on the table; `None` once all are done.
    pub(super) current: RwSignal<Option<String>>,
    /// Whether its back is seen.
    pub(super) is_shown: RwSignal<bool>,
    /// What became of the last act, for the live region.
    pub(super) said: RwSignal<String>,
    /// What can be taken back, the last one at the end.
    pub(super) changes: RwSignal<Vec<Change>>,
    shelf: StoredValue<Shelf>,
    clock: fn() -> Now,
}

/// The flash cards of a page.
pub(super) fn view(data: Data, clock: fn() -> Now) -> AnyView {
    let kept = Kept::load();
    let chosen = kept.desk.decks.clone().unwrap_or_else(|| first_choice(&data.modules));
    let table = Table {
        data: StoredValue::new(data),
        kept: RwSignal::new(kept),
        chosen: RwSignal::new(chosen),
        deck: RwSignal::new(Deck::default()),
        coming: RwSignal::new(Coming::Soon),
        now: RwSignal::new(clock()),
        is_on: RwSignal::new(false),
        current: RwSignal::new(None),
        is_shown: RwSignal::new(false),
        said: RwSignal::new(String::new()),
        changes: RwSignal::new(Vec::new()),
        shelf: StoredValue::new(Shelf::default()),
        clock,
    };
    table.fetch();
    // Another tab may rate cards, and time passes while the page is not looked at.
    let look = move |_| {
        table.now.set((table.clock)());
        table.kept.update(Kept::refresh);
    };
    let listeners = ["storage", "focus"].map(|it| window_event_listener_untyped(it, look));
    on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));
    view! {
        {move || table.kept.with(|it| it.was_broken).then(|| view! {
            <p class="study-note">"A part of what was kept of your cards cannot be read. It is set aside, and the rest goes on."</p>
        })}
        {move || (!table.kept.with(|it| it.is_kept)).then(|| view! {
            <p class="study-note" role="alert">"This browser has no room for your ratings, or keeps nothing for this page. They last until you close it."</p>
        })}
        {move || if table.is_on.get() { review(table) } else { overview(table) }}
    }
    .into_any()
}

/// The modules that were begun, or the first one, and cards of both kinds.
fn first_choice(modules: &[Module]) -> Vec<String> {
    let read = lessons_read();
    let is_begun = |it: &&Module| read.iter().any(|path| path.split('/').next() == Some(&it.slug));
    let mut names: Vec<String> =
        modules.iter().filter(is_begun).map(|it| it.slug.clone()).collect();
    if names.is_empty() {
        names.extend(modules.first().map(|it| it.slug.clone()));
    }
    names.extend([TERMS, QUESTIONS].map(String::from));
    names
}

impl Table {
    /// Fetches what the chosen decks need, and lays out their cards.
    fn fetch(self) {
        self.coming.set(Coming::Soon);
        let (data, chosen) = (self.data.get_value(), self.chosen.get_untracked());
        let mut shelf = self.shelf.get_value();
        spawn_local(async move {
            let is_here = shelf.fetch(&data, &chosen).await;
            // The learner may have chosen on meanwhile; the last choice counts.
            if self.shelf.try_update_value(|it| it.extend(shelf)).is_none()
                || self.chosen.with_untracked(|it| *it != chosen)
            {
                return;
            }
            self.deck.set(self.shelf.with_value(|it| it.deck(&data, &chosen)));
            self.coming.set(if is_here { Coming::Here } else { Coming::Failed });
        });
    }

    /// Chooses a deck or a kind of card, or leaves it out.
    pub(super) fn choose(self, name: &str) {
        self.chosen.update(|it| match it.iter().position(|it| it == name) {
            Some(at) => drop(it.remove(at)),
            None => it.push(name.to_owned()),
        });
        let chosen = self.chosen.get_untracked();
        self.change(|kept| kept.desk.decks = Some(chosen));
        self.fetch();
    }

    /// Whether a deck or a kind of card is chosen.
    pub(super) fn has(self, name: &str) -> bool {
        self.chosen.with(|it| is_chosen(it, name))
    }

    /// Changes the cards, as they are in the store now, and keeps them.
    pub(super) fn change<T>(self, act: impl FnOnce(&mut Kept) -> T) -> T {
        let mut kept = self.kept.get_untracked();
        kept.refresh();
        let done = act(&mut kept);
        kept.save();
        self.kept.set(kept);
        done
    }

    /// How many cards of the chosen decks wait.
    pub(super) fn counts(self) -> Counts {
        self.kept.with(|kept| self.deck.with(|deck| kept.desk.counts(&deck.ids, self.now.get())))
    }

    /// Begins to rate cards.
    pub(super) fn start(self) {
        self.said.set(String::new());
        self.changes.set(Vec::new());
        self.is_on.set(true);
        self.lay();
    }

    /// Lays the next card on the table.
    fn lay(self) {
        self.now.set((self.clock)());
        let now = self.now.get_untracked();
        let next = self.kept.with_untracked(|kept| {
            self.deck.with_untracked(|deck| kept.desk.next(&deck.ids, now).map(str::to_owned))
        });
        self.put(next);
    }

    fn put(self, id: Option<String>) {
        self.is_shown.set(false);
        self.current.set(id);
        focus_later("review");
    }

    /// Turns the card.
    pub(super) fn show(self) {
        if self.current.with_untracked(Option::is_some) && !self.is_shown.get_untracked() {
            self.now.set((self.clock)());
            self.said.set(String::new());
            self.is_shown.set(true);
            focus_later("card-back");
        }
    }

    /// Rates the card whose back is seen.
    pub(super) fn rate(self, rating: Rating) {
        let Some(id) = self.current.get_untracked() else { return };
        if !self.is_shown.get_untracked() {
            return;
        }
        let now = (self.clock)();
        let (change, wait) = self.change(|kept| {
            let change = kept.desk.rate(&id, rating, now);
            (change, kept.desk.cards.get(&id).map(|it| it.wait(now)).unwrap_or_default())
        });
        self.changes.update(|it| {
            it.extend(change);
            let n_over = it.len().saturating_sub(UNDO_MAX);
            it.drain(..n_over);
        });
        self.said.set(format!("{}. This card comes again in {wait}.", rating.word()));
        self.lay();
    }

    /// Takes the last rating back.
    pub(super) fn undo(self) {
        let Some(change) = self.changes.try_update(Vec::pop).flatten() else { return };
        let is_done = self.change(|kept| kept.desk.undo(&change));
        self.said.set(if is_done {
            "Taken back.".to_owned()
        } else {
            "This card was changed elsewhere, so it stays as it is.".to_owned()
        });
        if is_done {
            self.now.set((self.clock)());
            self.put(Some(change.id));
        }
    }

    /// Back to the choices.
    pub(super) fn stop(self) {
        self.now.set((self.clock)());
        self.is_on.set(false);
        focus_later("cards-choices");
    }
}

/// Puts the focus on a part once it has been drawn.
fn focus_later(id: &'static str) {
    request_animation_frame(move || {
        if let Some(element) = browser::document().and_then(|it| it.get_element_by_id(id)) {
            browser::focus(&element);
        }
    });
}
