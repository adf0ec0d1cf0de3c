//! The little that a figure asks of the browser. Everything may fail: storage may throw, a frame
//! may be sandboxed, a prerenderer has no browser at all. So everything answers with an option.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, Element, HtmlElement, Window};

/// The window, if there is one.
#[must_use]
pub fn window() -> Option<Window> {
    if cfg!(target_arch = "wasm32") { web_sys::window() } else { None }
}

/// Whether what is drawn now waits for the program: then its buttons cannot be reached yet.
#[must_use]
pub const fn asleep() -> bool {
    cfg!(not(target_arch = "wasm32"))
}

/// Whether the page is a file on a disk.
#[must_use]
pub fn is_file() -> bool {
    window().and_then(|it| it.location().protocol().ok()).is_some_and(|it| it == "file:")
}

/// The document, if there is one.
#[must_use]
pub fn document() -> Option<Document> {
    window()?.document()
}

/// Whether the reader asked for less motion, in the system or for this site.
#[must_use]
pub fn reduced_motion() -> bool {
    let asked = || {
        let query = window()?.match_media("(prefers-reduced-motion: reduce)").ok()??;
        Some(query.matches())
    };
    asked().unwrap_or(true)
}

/// Milliseconds since some moment; always 0 where there is no browser.
#[must_use]
pub fn now_ms() -> f64 {
    window().and_then(|it| it.performance()).map_or(0.0, |it| it.now())
}

/// Tells the page that a part of it stays as it was written: what makes it move did not come.
pub fn say_still(part: &Element) {
    let _ = web_sys::Event::new("interleave-still").and_then(|event| part.dispatch_event(&event));
}

/// A value kept for this site; `None` if there is none or the store cannot be used.
#[must_use]
pub fn stored(key: &str) -> Option<String> {
    window()?.local_storage().ok()??.get_item(key).ok()?
}

/// Keeps a value for this site; `None` if the store cannot be used or is full.
pub fn store(key: &str, value: &str) -> Option<()> {
    window()?.local_storage().ok()??.set_item(key, value).ok()
}

/// Drops a value kept for this site; `None` if the store cannot be used.
pub fn unstore(key: &str) -> Option<()> {
    window()?.local_storage().ok()??.remove_item(key).ok()
}

/// What the reader's clock says. Without a browser it is the first moment of 1970.
#[must_use]
pub fn clock() -> ::study::Now {
    if !cfg!(target_arch = "wasm32") {
        return ::study::Now { seconds: 0, ahead_minutes: 0 };
    }
    let behind = js_sys::Date::new_0().get_timezone_offset();
    let seconds = (js_sys::Date::now() / 1000.0) as i64;
    ::study::Now { seconds, ahead_minutes: -(behind as i64) }
}

/// The text of a file of this site; `None` if it does not come.
pub async fn fetched(path: &str) -> Option<String> {
    let answer = JsFuture::from(window()?.fetch_with_str(path)).await.ok()?;
    let answer: web_sys::Response = answer.dyn_into().ok()?;
    if !answer.ok() {
        return None;
    }
    JsFuture::from(answer.text().ok()?).await.ok()?.as_string()
}

/// Absolute address of `path`, relative to the page.
#[must_use]
pub fn absolute(path: &str) -> Option<String> {
    let base = window()?.location().href().ok()?;
    web_sys::Url::new_with_base(path, &base).ok().map(|url| url.href())
}

/// The query and the fragment of the page, without `?` and `#`.
#[must_use]
pub fn address() -> Option<(String, String)> {
    let location = window()?.location();
    let query = location.search().ok()?;
    let fragment = location.hash().ok()?;
    Some((query.trim_start_matches('?').to_owned(), fragment.trim_start_matches('#').to_owned()))
}

/// Replaces the fragment of the page without a new entry in the history.
pub fn set_fragment(fragment: &str) -> Option<()> {
    let history = window()?.history().ok()?;
    history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("#{fragment}"))).ok()
}

/// Offers `text` as a file to save.
pub fn download(name: &str, mime: &str, text: &str) -> Option<()> {
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(mime);
    let blob = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options).ok()?;
    let url = web_sys::Url::create_object_url_with_blob(&blob).ok()?;
    let anchor: HtmlElement = document()?.create_element("a").ok()?.dyn_into().ok()?;
    anchor.set_attribute("href", &url).ok()?;
    anchor.set_attribute("download", name).ok()?;
    anchor.click();
    // The click has started the download; the address is not needed after the next turn.
    leptos::prelude::set_timeout(
        move || {
            let _ = web_sys::Url::revoke_object_url(&url);
        },
        std::time::Duration::from_secs(10),
    );
    Some(())
}

/// Copies `text`, then tells whether that worked.
pub fn copy(text: &str, told: impl Fn(bool) + 'static) {
    let Some(clipboard) = window().map(|it| it.navigator().clipboard()) else { return told(false) };
    // A page that is not served securely has no clipboard object.
    if JsValue::from(clipboard.clone()).is_undefined() {
        return told(false);
    }
    let copied = clipboard.write_text(text);
    leptos::task::spawn_local(async move {
        told(JsFuture::from(copied).await.is_ok());
    });
}

/// Moves the focus to an element without scrolling.
pub fn focus(element: &Element) {
    let options = web_sys::FocusOptions::new();
    options.set_prevent_scroll(true);
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus_with_options(&options);
    }
}

/// Every element below `root` that matches, in document order.
#[must_use]
pub fn all(root: &Element, selector: &str) -> Vec<Element> {
    let Ok(found) = root.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|n| found.item(n)?.dyn_into().ok()).collect()
}

/// The rules of all styles of the page, as text.
#[must_use]
pub fn page_styles() -> String {
    let rules = |sheet: web_sys::StyleSheet| {
        let sheet: web_sys::CssStyleSheet = sheet.dyn_into().ok()?;
        let rules = sheet.css_rules().ok()?;
        let texts = (0..rules.length()).filter_map(|n| Some(rules.item(n)?.css_text()));
        Some(texts.collect::<Vec<_>>().join("\n"))
    };
    let Some(document) = document() else { return String::new() };
    let sheets = document.style_sheets();
    let texts: Vec<String> = (0..sheets.length()).filter_map(|n| rules(sheets.item(n)?)).collect();
    texts.join("\n")
}
