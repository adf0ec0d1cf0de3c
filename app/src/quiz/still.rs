//! A quiz as it stands on the page: to read, with each answer folded.

use super::card::predicted;
use super::{Data, Place, right_html};
use content::{Kind, Question};
use leptos::prelude::*;

/// The questions with folded answers, and the data from which the app makes a quiz of them.
#[must_use]
pub fn quiz_view(questions: &[Question], root: &str, place: Place) -> AnyView {
    let data = Data { questions: questions.to_vec(), root: root.to_owned(), place };
    let cards = questions.iter().enumerate().map(|(n, it)| question(n + 1, it, root, place));
    view! {
        <div class="quiz" role="group" aria-label=label(questions.len()) data-quiz=data.text()>
            {cards.collect_view()}
        </div>
    }
    .into_any()
}

/// Name of a quiz.
pub(super) fn label(n_questions: usize) -> &'static str {
    if n_questions == 1 { "Question" } else { "Questions" }
}

fn question(number: usize, question: &Question, root: &str, place: Place) -> AnyView {
    let why = question.why_html.clone();
    view! {
        <div class="question" data-question=question.id.clone()>
            {place.heading(number, ())}
            <div class="question-prompt" id=format!("q-{}-prompt", question.id) inner_html=question.prompt_html.clone()></div>
            {predicted(question, root)}
            {given(&question.kind)}
            <details class="answer">
                <summary>"Answer"</summary>
                <p class="answer-right" inner_html=right_html(&question.kind)></p>
                <div inner_html=why></div>
            </details>
        </div>
    }
    .into_any()
}

/// What there is to choose from.
fn given(kind: &Kind) -> AnyView {
    let list = |texts: &[String]| {
        let items = texts.iter().map(|it| view! { <li inner_html=it.clone()></li> });
        view! { <ul class="options-still">{items.collect_view()}</ul> }.into_any()
    };
    match kind {
        Kind::Choice { options, .. } | Kind::Predict { options, .. } => list(options),
        Kind::Order { items, .. } => list(items),
        Kind::Number { .. } | Kind::Text { .. } => ().into_any(),
    }
}
