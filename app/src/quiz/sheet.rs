//! A quiz that answers: its questions, and on a page of its own the score and the shuffle.

use super::card::{Card, card_view};
use super::{Data, Place};
use leptos::prelude::*;

/// A quiz; `seed` shuffles the options.
#[must_use]
pub fn live_view(data: Data, seed: u64) -> AnyView {
    let Data { questions, root, place } = data;
    let cards: Vec<Card> = questions.into_iter().map(|it| Card::new(it, Some(seed))).collect();
    let shuffles = RwSignal::new(true);
    let head = (place == Place::Page).then(|| head(cards.clone(), shuffles, seed));
    let foot = (place == Place::Page).then(|| score(cards.clone(), shuffles, seed));
    let rows =
        cards.iter().enumerate().map(|(n, &card)| card_view(card, place, n + 1, root.clone()));
    view! { {head} {rows.collect_view()} {foot} }.into_any()
}

fn head(cards: Vec<Card>, shuffles: RwSignal<bool>, seed: u64) -> AnyView {
    let toggle = move |_| {
        shuffles.update(|it| *it = !*it);
        let seed = shuffles.get_untracked().then_some(seed);
        // An answered question stays as it was answered.
        for card in cards.iter().filter(|card| card.verdict.get_untracked().is_none()) {
            card.shuffle(seed);
        }
    };
    view! {
        <p class="quiz-head">
            <label class="option inline">
                <input type="checkbox" data-act="shuffle" prop:checked=move || shuffles.get() on:change=toggle/>
                <span>"Shuffle the options"</span>
            </label>
        </p>
    }
    .into_any()
}

/// How many are right, and the way to try the others again.
fn score(cards: Vec<Card>, shuffles: RwSignal<bool>, seed: u64) -> AnyView {
    let n_all = cards.len();
    let count = {
        let cards = cards.clone();
        move |verdict: bool| cards.iter().filter(|it| it.verdict.get() == Some(verdict)).count()
    };
    let counted = count.clone();
    let text = move || {
        let (right, wrong) = (counted(true), counted(false));
        format!("{right} of {n_all} right, {wrong} wrong")
    };
    let retry = move |only_wrong: bool| {
        for card in &cards {
            if !only_wrong || card.verdict.get_untracked() == Some(false) {
                card.reset(shuffles.get_untracked().then_some(seed.wrapping_add(1)));
            }
        }
    };
    let again = retry.clone();
    view! {
        <div class="quiz-score">
            <p role="status" data-role="score">{text}</p>
            <button type="button" class="button small" data-act="retry-wrong"
                disabled=move || count(false) == 0 on:click=move |_| retry(true)>"Retry the wrong ones"</button>
            <button type="button" class="button small second" data-act="restart"
                on:click=move |_| again(false)>"Start over"</button>
        </div>
    }
    .into_any()
}
