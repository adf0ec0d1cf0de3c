//! Mounts the quizzes, practice sheets, games, progress and flash cards of a page over their static selves.

use crate::pieces::{self, Mount};
use crate::practice::{self, Sheet};
use crate::{browser, game, quiz, study};
use content::Question;
use leptos::mount::mount_to;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement};

/// What mounts a quiz.
pub static QUIZ: Mount = |element| {
    let data = element.get_attribute("data-quiz").and_then(|it| quiz::Data::read(&it));
    if let Some(data) = data {
        spawn_local(mount_quiz(element, data));
    } else if let Some(data) =
        element.get_attribute("data-mixed").and_then(|it| study::Data::read(&it))
        && let Some(target) = cleared(element, "data-mixed")
    {
        mount_to(target, move || quiz::mixed_view(data, dice)).forget();
    }
};

/// What mounts a practice sheet.
pub static PRACTICE: Mount = |element| {
    let data = element.get_attribute("data-practice").and_then(|it| practice::Data::read(&it));
    if let Some(data) = data {
        mount_practice(element, data);
    }
};

/// What mounts a game.
pub static GAME: Mount = |element| {
    let data = element.get_attribute("data-game").and_then(|it| game::Data::read(&it));
    if let Some(data) = data {
        spawn_local(mount_game(element, data));
    }
};

/// What mounts progress or flash cards.
pub static STUDY: Mount = |element| {
    let Some(data) = element.get_attribute("data-study").and_then(|it| study::Data::read(&it))
    else {
        return;
    };
    if let Some(target) = cleared(element, "data-study") {
        mount_to(target, move || study::live_view(data, browser::clock)).forget();
    }
};

/// Finds every such part of the page, and mounts it as soon as its code is here.
pub fn mount_parts() {
    let Some(body) = browser::document().and_then(|it| it.body()) else { return };
    let quizzes = browser::all(&body, "[data-quiz], [data-mixed]");
    if !quizzes.is_empty() {
        spawn_local(async move { mount_all(pieces::bring_quiz().await, quizzes) });
    }
    let sheets = browser::all(&body, "[data-practice]");
    if !sheets.is_empty() {
        spawn_local(async move { mount_all(pieces::bring_practice().await, sheets) });
    }
    let games = browser::all(&body, "[data-game]");
    if !games.is_empty() {
        spawn_local(async move { mount_all(pieces::bring_game().await, games) });
    }
    let desks = browser::all(&body, "[data-study]");
    if !desks.is_empty() {
        spawn_local(async move { mount_all(pieces::bring_study().await, desks) });
    }
}

fn mount_all(mount: Option<&'static Mount>, elements: Vec<Element>) {
    for element in elements {
        match mount {
            Some(mount) => mount(element),
            None => browser::say_still(&element),
        }
    }
}

async fn mount_quiz(element: Element, data: quiz::Data) {
    if !pieces::bring(data.questions.iter().flat_map(Question::engines)).await {
        browser::say_still(&element);
    } else if let Some(target) = cleared(element, "data-quiz") {
        mount_to(target, move || quiz::live_view(data, dice())).forget();
    }
}

async fn mount_game(element: Element, data: game::Data) {
    if !pieces::bring(data.levels().map(|it| it.engine.as_str())).await {
        browser::say_still(&element);
    } else if let Some(target) = cleared(element, "data-game") {
        mount_to(target, move || game::live_view(data)).forget();
    }
}

fn mount_practice(element: Element, data: practice::Data) {
    if let Some(target) = cleared(element, "data-practice") {
        let (query, fragment) = browser::address().unwrap_or_default();
        let sheet = Sheet::asked(&query, &fragment);
        mount_to(target, move || practice::live_view(&data, sheet, dice)).forget();
    }
}

/// The element without what stood in it; it is not found a second time.
fn cleared(element: Element, attribute: &str) -> Option<HtmlElement> {
    let target: HtmlElement = element.dyn_into().ok()?;
    let _ = target.remove_attribute(attribute);
    let _ = target.set_attribute("data-ready", "");
    target.set_inner_html("");
    Some(target)
}

/// A number that nobody can foresee; where the browser has none, always the same.
fn dice() -> u64 {
    if cfg!(target_arch = "wasm32") { (js_sys::Math::random() * 4_294_967_296.0) as u64 } else { 4 }
}
