//! The card on the table: its front, then its back, and four buttons that say when it comes again.

use super::cards::Table;
use crate::words::count;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use study::{Card, Counts, Rating};
use wasm_bindgen::JsCast;

/// What has keys of its own.
const CONTROLS: &str = "button, a, input, select, textarea, summary";

pub(super) fn review(table: Table) -> AnyView {
    let is_done = move || table.current.with(Option::is_none);
    let label = move || if is_done() { "review-done" } else { "card-kind card-front" };
    view! {
        <div class="review">
            <p class="review-head">
                <span data-role="counts">{move || counts_text(table.counts())}</span>
                <button type="button" class="button small second" data-act="undo" aria-keyshortcuts="u"
                    disabled=move || table.changes.with(Vec::is_empty) on:click=move |_| table.undo()>
                    "Undo" <kbd aria-hidden="true">"u"</kbd>
                </button>
                <button type="button" class="button small second" data-act="stop" on:click=move |_| table.stop()>"Stop"</button>
            </p>
            <section class="flash-card" id="review" tabindex="-1" aria-labelledby=label on:keydown=move |event| on_key(table, &event)>
                {move || if is_done() { done(table) } else { card(table) }}
            </section>
            <p class="review-said" role="status" data-role="said">{move || table.said.get()}</p>
            <p class="review-keys needs-keys">
                "Keys while the card has the focus: "<kbd>"Space"</kbd>" shows the answer, "<kbd>"1"</kbd>" to "<kbd>"4"</kbd>" rate it, "
                <kbd>"u"</kbd>" takes the last rating back."
            </p>
        </div>
    }
    .into_any()
}

/// `2 being learned · 3 due · 5 new`.
pub(super) fn counts_text(counts: Counts) -> String {
    let Counts { learning, due, new } = counts;
    format!("{learning} being learned · {due} due · {new} new")
}

fn card(table: Table) -> AnyView {
    let Some(id) = table.current.get() else { return ().into_any() };
    let Some(sides) = table.deck.with_untracked(|it| it.sides.get(&id).cloned()) else {
        return ().into_any();
    };
    let kind = format!("{} · {}", sides.kind, sides.module);
    let back = StoredValue::new((sides.back, sides.lesson));
    view! {
        <p class="kicker" id="card-kind" data-card=id>{kind}</p>
        <div class="card-front prose" id="card-front" inner_html=sides.front></div>
        {move || match table.is_shown.get() {
            true => back.with_value(|(html, lesson)| shown(table, html.clone(), lesson.clone())),
            false => view! {
                <p class="card-actions">
                    <button type="button" class="button" data-act="show" aria-keyshortcuts="Space" on:click=move |_| table.show()>
                        "Show the answer" <kbd aria-hidden="true">"Space"</kbd>
                    </button>
                </p>
            }.into_any(),
        }}
    }
    .into_any()
}

/// The back, and a button for each rating with the wait that it leads to.
fn shown(table: Table, html: String, lesson: String) -> AnyView {
    let now = table.now.get_untracked();
    let before: Option<Card> = table.current.with_untracked(|id| {
        table
            .kept
            .with_untracked(|kept| kept.desk.cards.get(id.as_deref().unwrap_or_default()).copied())
    });
    let button = |rating: Rating| {
        let wait = Card::rated(before.as_ref(), rating, now).wait(now);
        let key = || rating.number().to_string();
        view! {
            <button type="button" class="button second rating" data-rating=rating.word() aria-keyshortcuts=key()
                on:click=move |_| table.rate(rating)>
                <span>{rating.word()}</span>
                <small>{wait}</small>
                <kbd aria-hidden="true">{key()}</kbd>
            </button>
        }
        .into_any()
    };
    let buttons: Vec<AnyView> = Rating::ALL.into_iter().map(button).collect();
    let lesson = (!lesson.is_empty())
        .then(|| view! { <p class="card-lesson"><a href=lesson>"Open the lesson"</a></p> });
    view! {
        <div class="card-back prose" id="card-back" tabindex="-1" role="group" aria-label="Answer" inner_html=html></div>
        {lesson}
        <div class="card-actions ratings" role="group" aria-label="How well did you know it?">{buttons}</div>
    }
    .into_any()
}

/// What remains to be said when no card is left.
fn done(table: Table) -> AnyView {
    let n = table.changes.with(Vec::len);
    let counts = table.counts();
    let rest = match counts.learning {
        0 => "Come back tomorrow, or allow more new cards a day.".to_owned(),
        n => format!("{} in a short wait; look in again in half an hour.", count(n, "card")),
    };
    view! {
        <p class="card-term" id="review-done">"Done for now"</p>
        <p>{format!("{} in this round. {rest}", count(n, "rating"))}</p>
        <p class="card-actions">
            <button type="button" class="button" data-act="leave" on:click=move |_| table.stop()>"Back to the overview"</button>
        </p>
    }
    .into_any()
}

/// Keys of the card. A button keeps its own Space and Enter.
fn on_key(table: Table, event: &KeyboardEvent) {
    if event.ctrl_key() || event.alt_key() || event.meta_key() {
        return;
    }
    let target = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
    let is_control = target.and_then(|it| it.closest(CONTROLS).ok().flatten()).is_some();
    match event.key().as_str() {
        " " if !is_control && !table.is_shown.get_untracked() => table.show(),
        "u" => table.undo(),
        key => match key.parse().ok().and_then(|it: usize| Rating::ALL.get(it.wrapping_sub(1))) {
            Some(rating) => table.rate(*rating),
            None => return,
        },
    }
    event.prevent_default();
}
