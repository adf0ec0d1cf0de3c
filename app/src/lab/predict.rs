//! The next decision as a question, before it is shown.

use crate::erased::{checked, click, flag, live, text};
use crate::player::Player;
use leptos::prelude::*;

/// The switch and the score.
#[component]
pub fn Predict(
    /// Whose decisions.
    player: Player,
) -> impl IntoView {
    let toggle = checked(move |on| {
        player.predicting.set(on);
        player.asked.set(None);
    });
    let score = text(move || match player.score.get() {
        (_, 0) => String::new(),
        (right, all) => format!("{right} of {all} right"),
    });
    view! {
        <div class="predict">
            <label class="choice">
                <input type="checkbox" data-act="predict" prop:checked=flag(move || player.predicting.get()) on:change=toggle/>
                <span>"Stop before each decision and ask me"</span>
            </label>
            <span class="predict-score">{score}</span>
        </div>
    }
    .into_any()
}

/// The question, when one is open.
#[component]
pub fn Ask(
    /// Whose decision.
    player: Player,
) -> impl IntoView {
    // Whether the last answer was right, and the step that it was about.
    let told = RwSignal::new(None::<(usize, bool)>);
    let question = move || {
        let next = player.asked.get()?;
        let ask = player.run.with(|run| run.step(next).and_then(|it| it.ask.clone()))?;
        let option = |(n, label): (usize, String)| {
            let answer = click(move || {
                let right = player.answer(n);
                told.set(right.map(|it| (player.at.get_untracked(), it)));
            });
            view! { <button type="button" class="quiet" on:click=answer>{label}</button> }
                .into_any()
        };
        Some(view! {
            <div class="ask" role="group" aria-label=ask.question.clone()>
                <p>{ask.question.clone()}</p>
                {ask.options.into_iter().enumerate().map(option).collect_view()}
            </div>
        })
    };
    let verdict = move || {
        let (at, right) = told.get()?;
        if player.at.get() != at || player.asked.get().is_some() {
            return None;
        }
        let (class, text) = if right {
            ("ask-right", "Right.")
        } else {
            ("ask-wrong", "Not this time: see why below.")
        };
        Some(view! { <p class=class>{text}</p> })
    };
    view! { {live(move || question().into_any())}{live(move || verdict().into_any())} }.into_any()
}
