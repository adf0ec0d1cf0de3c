//! Mounts the quizzes and practice sheets of a page over their static selves.

use crate::browser;
use crate::practice::{self, Sheet};
use crate::quiz;
use leptos::mount::mount_to;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Finds every quiz and every practice sheet of the page, and mounts it.
pub fn mount_parts() {
    let Some(body) = browser::document().and_then(|it| it.body()) else { return };
    for element in browser::all(&body, "[data-quiz]") {
        let data = element.get_attribute("data-quiz").and_then(|it| quiz::Data::read(&it));
        if let (Some(data), Some(target)) = (data, cleared(element, "data-quiz")) {
            mount_to(target, move || quiz::live_view(data, dice())).forget();
        }
    }
    for element in browser::all(&body, "[data-practice]") {
        let data = element.get_attribute("data-practice").and_then(|it| practice::Data::read(&it));
        if let (Some(data), Some(target)) = (data, cleared(element, "data-practice")) {
            let (query, fragment) = browser::address().unwrap_or_default();
            let sheet = Sheet::default().read(&query).read(&fragment);
            mount_to(target, move || practice::live_view(&data, sheet, dice)).forget();
        }
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
