//! The controls of a question: radio buttons, boxes, an input, or a list to put in order.

use super::card::Card;
use super::{Given, first_do};
use content::Kind;
use leptos::prelude::*;

/// The controls of a question.
pub(super) fn inputs_view(card: Card, prompt_id: String) -> AnyView {
    let (id, kind) = card.question.with_value(|it| (it.id.clone(), it.kind.clone()));
    match kind {
        Kind::Choice { options, multiple, .. } => {
            options_view(card, &id, options, multiple, prompt_id)
        }
        Kind::Predict { options, .. } => options_view(card, &id, options, false, prompt_id),
        Kind::Number { unit, .. } => typed_view(card, &id, &unit, true, prompt_id),
        Kind::Text { .. } => typed_view(card, &id, "", false, prompt_id),
        Kind::Order { items, .. } => order_view(card, &id, &items, prompt_id),
    }
}

/// Id of the line that says what to do first.
fn missing_id(id: &str) -> String {
    format!("q-{id}-missing")
}

/// What to do first, after a check with nothing to judge.
fn missing_view(card: Card, id: &str) -> AnyView {
    let words = card.question.with_value(|it| first_do(&it.kind));
    let said = move || if card.missing.get() { words } else { "" };
    view! { <p class="question-missing" id=missing_id(id) role="status">{said}</p> }.into_any()
}

/// `aria-invalid` of the controls.
fn invalid(card: Card) -> impl Fn() -> Option<&'static str> + Copy {
    move || card.missing.get().then_some("true")
}

fn options_view(
    card: Card,
    id: &str,
    options: Vec<String>,
    multiple: bool,
    prompt_id: String,
) -> AnyView {
    let missing = missing_view(card, id);
    let described = missing_id(id);
    let id = id.to_owned();
    let hint = multiple.then(|| view! { <p class="question-hint">"Choose all that hold."</p> });
    let rows = move || {
        let row =
            |&at: &usize| option_row(card, &id, at, options.get(at)?.clone(), multiple).into();
        card.order.get().iter().filter_map(row).collect::<Vec<AnyView>>()
    };
    view! {
        <fieldset class="options" role=(!multiple).then_some("radiogroup") aria-labelledby=prompt_id
            aria-describedby=described aria-invalid=move || (!multiple).then(invalid(card)).flatten()>
            {hint}{rows}
        </fieldset>
        {missing}
    }
    .into_any()
}

fn option_row(card: Card, id: &str, at: usize, html: String, multiple: bool) -> AnyView {
    let is_chosen =
        move || card.given.with(|it| matches!(it, Given::Picked(picked) if picked.contains(&at)));
    let choose = move |_| {
        let mut picked = match card.given.get_untracked() {
            Given::Picked(picked) if multiple => picked,
            Given::Picked(_) | Given::Nothing | Given::Typed(_) => Vec::new(),
        };
        match picked.iter().position(|&it| it == at) {
            Some(place) => {
                picked.remove(place);
            }
            None => picked.push(at),
        }
        picked.sort_unstable();
        card.give(Given::Picked(picked));
    };
    let (kind, name) = (if multiple { "checkbox" } else { "radio" }, format!("q-{id}"));
    view! {
        <label class="option">
            <input type=kind name=name aria-invalid=move || multiple.then(invalid(card)).flatten() prop:checked=is_chosen on:change=choose/>
            <span inner_html=html></span>
        </label>
    }
    .into_any()
}

fn typed_view(card: Card, id: &str, unit: &str, is_number: bool, prompt_id: String) -> AnyView {
    let typed = move || match card.given.get() {
        Given::Typed(text) => text,
        Given::Nothing | Given::Picked(_) => String::new(),
    };
    let mode = if is_number { "decimal" } else { "text" };
    let input_id = format!("q-{id}");
    let unit = (!unit.is_empty()).then(|| view! { <span class="unit">{unit.to_owned()}</span> });
    view! {
        <p class="typed">
            <input id=input_id type="text" inputmode=mode autocomplete="off" autocapitalize="off" spellcheck="false"
                class:is-number=is_number aria-labelledby=prompt_id aria-describedby=missing_id(id)
                aria-invalid=invalid(card) prop:value=typed
                on:input=move |event| card.give(Given::Typed(event_target_value(&event)))/>
            {unit}
        </p>
        {missing_view(card, id)}
    }
    .into_any()
}

/// A list whose things move up and down by buttons; the focus goes with the thing.
fn order_view(card: Card, id: &str, items: &[String], prompt_id: String) -> AnyView {
    let n_items = items.len();
    let placed = move || match card.given.get() {
        Given::Picked(order) if order.len() == n_items => order,
        Given::Picked(_) | Given::Nothing | Given::Typed(_) => (0..n_items).collect(),
    };
    let said = RwSignal::new(String::new());
    let swap = {
        let id = id.to_owned();
        move |from: usize, to: usize, act: &'static str| {
            let mut order = untrack(placed);
            order.swap(from, to);
            card.give(Given::Picked(order));
            said.set(format!("Now number {} of {n_items}", to + 1));
            // At an end of the list that button is off, and the other one takes the focus.
            let act = match (act, to) {
                ("up", 0) => "down",
                ("down", to) if to + 1 == n_items => "up",
                _ => act,
            };
            focus_later(format!("q-{id}-{act}-{to}"));
        }
    };
    let items = items.to_vec();
    let id = id.to_owned();
    let rows = move || {
        let row = |(place, at): (usize, &usize)| {
            let html = items.get(*at).cloned().unwrap_or_default();
            order_row(&id, place, n_items, html, swap.clone())
        };
        placed().iter().enumerate().map(row).collect::<Vec<AnyView>>()
    };
    view! {
        <fieldset class="order" aria-labelledby=prompt_id>
            <ol>{rows}</ol>
            <p class="visually-hidden" role="status">{move || said.get()}</p>
        </fieldset>
    }
    .into_any()
}

fn order_row(
    id: &str,
    place: usize,
    n_items: usize,
    html: String,
    swap: impl Fn(usize, usize, &'static str) + Clone + 'static,
) -> AnyView {
    let (up, down) = (swap.clone(), swap);
    let item_id = format!("q-{id}-item-{place}");
    let labelled = |act: &str| format!("q-{id}-{act}-{place} {item_id}");
    view! {
        <li>
            <span class="order-item" id=item_id.clone() inner_html=html></span>
            <button type="button" class="move" id=format!("q-{id}-up-{place}") aria-label="Up" aria-labelledby=labelled("up")
                disabled={place == 0} on:click=move |_| up(place, place - 1, "up")>"↑"</button>
            <button type="button" class="move" id=format!("q-{id}-down-{place}") aria-label="Down" aria-labelledby=labelled("down")
                disabled={place + 1 == n_items} on:click=move |_| down(place, place + 1, "down")>"↓"</button>
        </li>
    }
    .into_any()
}

/// Puts the focus on an element once the list has been drawn anew.
fn focus_later(id: String) {
    request_animation_frame(move || {
        let element = crate::browser::document().and_then(|it| it.get_element_by_id(&id));
        if let Some(element) =
            element.and_then(|it| wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(it).ok())
        {
            let _ = element.focus();
        }
    });
}
