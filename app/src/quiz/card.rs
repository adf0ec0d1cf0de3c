//! One question: what is asked, the learner's answer, and what becomes of it.

use super::inputs::inputs_view;
use super::{Given, Place, judge, order_shown, progress, right_html, seed_of};
use crate::figure::{Chrome, Where, broken_view, figure_view, ready};
use crate::link;
use content::{FigureSpec, Kind, Question};
use leptos::prelude::*;
use sim::Mode;

/// Panels of a run whose next step is asked for.
const N_PANELS: usize = 2;

/// Everything of a question that changes. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Card {
    /// The question.
    pub(super) question: StoredValue<Question>,
    /// What the learner has given.
    pub(super) given: RwSignal<Given>,
    /// Whether that is right; `None` until it is checked.
    pub(super) verdict: RwSignal<Option<bool>>,
    /// Whether there was nothing to judge at the last check.
    pub(super) missing: RwSignal<bool>,
    /// Whether the learner asked for the answer.
    pub(super) told: RwSignal<bool>,
    /// Whether the figure is open.
    pub(super) shown: RwSignal<bool>,
    /// Whether the last answer, on an earlier visit, was right.
    pub(super) before: RwSignal<Option<bool>>,
    /// Indexes of the options in the order on the screen.
    pub(super) order: RwSignal<Vec<usize>>,
}

impl Card {
    pub(super) fn new(question: Question, seed: Option<u64>) -> Self {
        let before = progress::load().of(&question.id);
        let order = order_shown(&question.kind, seed.map(|it| it ^ seed_of(&question)));
        Self {
            question: StoredValue::new(question),
            given: RwSignal::new(Given::Nothing),
            verdict: RwSignal::new(None),
            missing: RwSignal::new(false),
            told: RwSignal::new(false),
            shown: RwSignal::new(false),
            before: RwSignal::new(before),
            order: RwSignal::new(order),
        }
    }

    /// Marks what is given and keeps the result.
    fn check(self) {
        // Things that nobody has moved stand in the order in which they are shown.
        if let (Given::Nothing, Kind::Order { items, .. }) =
            (self.given.get_untracked(), self.question.with_value(|it| it.kind.clone()))
        {
            self.given.set(Given::Picked((0..items.len()).collect()));
        }
        let given = self.given.get_untracked();
        let verdict = self.question.with_value(|it| judge(&it.kind, &given));
        self.verdict.set(verdict);
        self.missing.set(verdict.is_none());
        if let Some(was_right) = verdict {
            self.question.with_value(|it| progress::keep(&it.id, was_right));
            self.before.set(Some(was_right));
        }
    }

    /// Takes the answer away; what was kept of an earlier visit stays.
    pub(super) fn reset(self, seed: Option<u64>) {
        self.given.set(Given::Nothing);
        self.verdict.set(None);
        self.missing.set(false);
        self.told.set(false);
        self.shown.set(false);
        self.shuffle(seed);
    }

    /// Puts the options in another order, or in the order of the page.
    pub(super) fn shuffle(self, seed: Option<u64>) {
        self.order.set(
            self.question
                .with_value(|it| order_shown(&it.kind, seed.map(|seed| seed ^ seed_of(it)))),
        );
    }

    /// Takes a new answer; the old verdict no longer holds.
    pub(super) fn give(self, given: Given) {
        self.given.set(given);
        self.verdict.set(None);
        self.missing.set(false);
    }
}

/// The card of a question; `number` counts from 1.
pub(super) fn card_view(card: Card, place: Place, number: usize, root: String) -> AnyView {
    let question = card.question.get_value();
    let prompt_id = format!("q-{}-prompt", question.id);
    let state = move || match card.verdict.get() {
        Some(true) => "right",
        Some(false) => "wrong",
        None => "open",
    };
    let before = move || match (card.before.get(), card.verdict.get()) {
        (Some(true), None) => "answered right before",
        (Some(false), None) => "not right the last time",
        _ => "",
    };
    let on_submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        card.check();
    };
    // Only a change opens or closes it: a second verdict leaves a figure as it is.
    let is_open = Memo::new(move |_| card.told.get() || card.verdict.get() == Some(true));
    view! {
        <div class="question" data-question=question.id.clone() data-state=state>
            {place.heading(number, view! { <span class="question-before">{before}</span> })}
            <div class="question-prompt" id=prompt_id.clone() inner_html=question.prompt_html.clone()></div>
            {predicted(&question, &root)}
            // A figure has inputs of its own, so none stands inside the form.
            <form on:submit=on_submit>
                {inputs_view(card, prompt_id)}
                <div class="question-actions">
                    <button type="submit" class="button small" data-act="check">"Check"</button>
                    {move || {
                        let may_tell = card.verdict.get() == Some(false) && !card.told.get();
                        may_tell.then(|| view! {
                            <button type="button" class="button small second" data-act="tell"
                                on:click=move |_| card.told.set(true)>"See the answer"</button>
                        })
                    }}
                </div>
            </form>
            <p class="verdict" role="status">{move || verdict(card)}</p>
            {move || is_open.get().then(|| explanation(card, &root))}
        </div>
    }
    .into_any()
}

fn verdict(card: Card) -> &'static str {
    match card.verdict.get() {
        Some(true) => "Right.",
        Some(false) if card.told.get() => "Not right. The answer is below.",
        Some(false) => "Not right. Change your answer and check again, or see the answer.",
        None => "",
    }
}

/// The right answer, why, and the way to see it.
fn explanation(card: Card, root: &str) -> AnyView {
    let question = card.question.get_value();
    let right = right_html(&question.kind);
    let right = move || {
        let html = right.clone();
        card.told.get().then(|| view! { <p class="answer-right" inner_html=html></p> })
    };
    let show = question.show.clone().map(|spec| show_me(card, spec, root.to_owned()));
    let why = question.why_html;
    view! {
        <div class="explanation">
            {right}
            <div inner_html=why></div>
            {show}
        </div>
    }
    .into_any()
}

/// A button that opens the figure in which the answer can be seen.
fn show_me(card: Card, spec: FigureSpec, root: String) -> AnyView {
    let figure = move || {
        card.shown.get().then(|| {
            let uid = card.question.with_value(|it| format!("show-{}", it.id));
            figure(&spec, &root, uid, Chrome::Full)
        })
    };
    let expanded = move || if card.shown.get() { "true" } else { "false" };
    view! {
        <p>
            <button type="button" class="button small second" data-act="show" aria-expanded=expanded
                on:click=move |_| card.shown.update(|it| *it = !*it)>
                {move || if card.shown.get() { "Hide the figure" } else { "Show me" }}
            </button>
        </p>
        {figure}
    }
    .into_any()
}

/// The run whose next step is asked for: the picture without controls, or one could look ahead.
pub(super) fn predicted(question: &Question, root: &str) -> Option<AnyView> {
    let Kind::Predict { figure: spec, question: asked, .. } = &question.kind else { return None };
    let uid = format!("ask-{}", question.id);
    // The most important panels say enough; the others would push the options out of sight.
    let show = leading_panels(spec, N_PANELS);
    let figure = figure(&FigureSpec { show, ..spec.clone() }, root, uid, Chrome::Bare);
    let is_said = question.prompt_html.contains(asked);
    let asked = (!is_said).then(|| view! { <p class="question-asked">{asked.clone()}</p> });
    Some(view! { {figure} {asked} }.into_any())
}

/// Slugs of the panels to show where there is room for a few: those that are asked for, or the first.
pub(crate) fn leading_panels(spec: &FigureSpec, n_panels: usize) -> Vec<String> {
    if !spec.show.is_empty() {
        return spec.show.clone();
    }
    let run = crate::pieces::engine(&spec.engine)
        .and_then(|it| it.run_text(&spec.scenario, Mode::Frames).ok());
    let panels = run.map(|run| run.scene(0).panels).unwrap_or_default();
    panels.iter().take(n_panels).map(|it| it.slug.to_owned()).collect()
}

/// A figure inside a quiz or a practice sheet.
pub(crate) fn figure(spec: &FigureSpec, root: &str, uid: String, chrome: Chrome) -> AnyView {
    let place = Where { root: root.to_owned(), uid, chrome, live_link: false };
    match ready(spec, &[], link::Place::default(), Vec::new()) {
        Ok(ready) => figure_view(spec, Vec::new(), &place, ready),
        Err(why) => broken_view(spec, &why),
    }
}
