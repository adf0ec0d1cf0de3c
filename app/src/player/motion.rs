//! Only what moved moves: elements with the same key glide from their old place to the new one.
//!
//! The picture is drawn anew from plain data at every step. Before that the places of all keyed
//! elements are noted; after it each one that has moved is played from there. It works across
//! panels, so a chip travels from a queue to the CPU.

use crate::browser;
use std::collections::BTreeMap;
use wasm_bindgen::JsValue;
use web_sys::Element;

/// How long a move takes, in milliseconds.
const MOVE_MS: u32 = 220;

/// More elements than this are not animated: it would cost more than a frame has.
const MOVING_MAX: usize = 240;

/// What is new comes out of nothing.
const APPEAR: &str = r#"{"opacity":[0,1]}"#;

/// Places of keyed elements, in CSS pixels from the corner of the figure.
#[derive(Debug, Default)]
pub struct Places(BTreeMap<String, (f64, f64)>);

/// Notes where everything is; `None` if nothing shall move.
#[must_use]
pub fn places(figure: &Element) -> Option<Places> {
    if browser::reduced_motion() {
        return None;
    }
    let elements = browser::all(figure, "[data-key]");
    if MOVING_MAX < elements.len() {
        return None;
    }
    let origin = figure.get_bounding_client_rect();
    let place = |element: &Element| {
        let rect = element.get_bounding_client_rect();
        let key = element.get_attribute("data-key")?;
        Some((key, (rect.x() - origin.x(), rect.y() - origin.y())))
    };
    // One by one: to collect them would sort them first, which is a program of its own.
    let mut places = BTreeMap::new();
    places.extend(elements.iter().filter_map(place));
    Some(Places(places))
}

/// Plays every element that has moved since `before` from there to where it is now.
pub fn play(figure: &Element, before: &Places) {
    let origin = figure.get_bounding_client_rect();
    let keyframes = |element: &Element| {
        let key = element.get_attribute("data-key")?;
        let Some((x, y)) = before.0.get(&key) else { return Some(APPEAR.to_owned()) };
        let rect = element.get_bounding_client_rect();
        let (dx, dy) = (x - (rect.x() - origin.x()), y - (rect.y() - origin.y()));
        (1.0 < dx.abs() || 1.0 < dy.abs()).then(|| glide(dx, dy))
    };
    // All places are read before anything moves: after each start of an animation the browser would work them out anew.
    let elements = browser::all(figure, "[data-key]");
    let moves: Vec<Option<String>> = elements.iter().map(keyframes).collect();
    for (element, keyframes) in elements.iter().zip(moves) {
        if let Some(keyframes) = keyframes {
            animate(element, &keyframes);
        }
    }
}

/// Scrolls every timeline that is larger than its frame, so that "now" and who runs are seen.
pub fn follow_now(figure: &Element) {
    for frame in browser::all(figure, ".gantt-frame") {
        follow_lane(&frame);
        let Ok(Some(now)) = frame.query_selector(".gantt-now") else { continue };
        let (seen, now) = (frame.get_bounding_client_rect(), now.get_bounding_client_rect());
        let middle = seen.x() + seen.width() / 2.0;
        let (left, right) = (seen.x() + seen.width() / 4.0, seen.x() + seen.width() * 7.0 / 8.0);
        if frame.client_width() < frame.scroll_width() && (now.x() < left || right < now.x()) {
            frame.set_scroll_left(frame.scroll_left() + (now.x() - middle) as i32);
        }
    }
}

fn follow_lane(frame: &Element) {
    if frame.scroll_height() <= frame.client_height() {
        return;
    }
    let Ok(Some(lane)) = frame.query_selector(".gantt-label[data-active]") else { return };
    let (seen, lane) = (frame.get_bounding_client_rect(), lane.get_bounding_client_rect());
    if lane.top() < seen.top() || seen.bottom() < lane.bottom() + lane.height() {
        let middle = seen.top() + seen.height() / 2.0;
        frame.set_scroll_top(frame.scroll_top() + (lane.top() - middle) as i32);
    }
}

/// Scrolls the table of steps in its own frame, so that the row of the current step is seen.
pub fn follow_row(figure: &Element) {
    let Ok(Some(row)) = figure.query_selector(".steps tr[aria-current]") else { return };
    let Ok(Some(frame)) = row.closest(".table-wrap") else { return };
    let (seen, row) = (frame.get_bounding_client_rect(), row.get_bounding_client_rect());
    if row.top() < seen.top() + row.height() || seen.bottom() < row.bottom() {
        let middle = seen.top() + seen.height() / 2.0;
        frame.set_scroll_top(frame.scroll_top() + (row.top() - middle) as i32);
    }
}

/// Added to the element's own transform, so that a shape placed by one stays where it is.
fn glide(dx: f64, dy: f64) -> String {
    format!(
        r#"{{"transform":["translate({dx:.1}px,{dy:.1}px)","translate(0px,0px)"],"composite":"add"}}"#
    )
}

fn animate(element: &Element, keyframes: &str) {
    let Ok(keyframes) = js_sys::JSON::parse(keyframes) else { return };
    let Ok(options) =
        js_sys::JSON::parse(&format!(r#"{{"duration":{MOVE_MS},"easing":"ease-out"}}"#))
    else {
        return;
    };
    // Called by name: a browser without it shows the same steps without the glide.
    let Ok(method) = js_sys::Reflect::get(element, &JsValue::from_str("animate")) else { return };
    if let Some(method) = wasm_bindgen::JsCast::dyn_ref::<js_sys::Function>(&method) {
        let _ = method.call2(element, &keyframes, &options);
    }
}
