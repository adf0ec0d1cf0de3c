//! Mounts the figures of a page, each as it comes near what is seen.

use crate::browser;
use crate::embed::Embedding;
use crate::figure::Chrome;
use crate::link::{self, Place};
use crate::pieces;
use crate::player::Player;
use crate::slot::Slot;
use leptos::mount::mount_to;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement, IntersectionObserver, IntersectionObserverEntry};

/// How far outside the viewport a figure is mounted, as a CSS margin.
const NEAR: &str = "600px 0px";

/// Finds every figure of the page and mounts it, now or when it comes near.
pub fn mount_figures() {
    let Some(body) = browser::document().and_then(|it| it.body()) else { return };
    let slots = browser::all(&body, "[data-figure]");
    match observer() {
        Some(observer) => slots.iter().for_each(|it| observer.observe(it)),
        None => slots.into_iter().for_each(mount_slot),
    }
}

fn observer() -> Option<IntersectionObserver> {
    let seen = |entries: js_sys::Array, observer: IntersectionObserver| {
        for entry in entries.iter().filter_map(|it| it.dyn_into::<IntersectionObserverEntry>().ok())
        {
            if entry.is_intersecting() {
                observer.unobserve(&entry.target());
                mount_slot(entry.target());
            }
        }
    };
    let callback = Closure::<dyn FnMut(js_sys::Array, IntersectionObserver)>::new(seen);
    let options = web_sys::IntersectionObserverInit::new();
    options.set_root_margin(NEAR);
    let observer =
        IntersectionObserver::new_with_options(callback.as_ref().unchecked_ref(), &options).ok()?;
    // It lives as long as the page.
    callback.forget();
    Some(observer)
}

/// Mounts one figure over its static self. A slot that cannot be read keeps it.
fn mount_slot(element: Element) {
    let Some(data) = element.get_attribute("data-figure") else { return };
    let (Some(slot), Ok(target)) = (Slot::read(&data), element.dyn_into::<HtmlElement>()) else {
        return;
    };
    // A figure may be mounted once: a second look at the slot finds nothing.
    let _ = target.remove_attribute("data-figure");
    spawn_local(async move {
        let came = pieces::bring([slot.spec.engine.as_str()]).await;
        let framed = slot.place.chrome != Chrome::Full;
        let embedding = if framed { pieces::bring_embedding().await } else { None };
        if came && embedding.is_some() == framed {
            mount(slot, target, embedding);
        } else {
            browser::say_still(&target);
        }
    });
}

/// Mounts `slot` in `target`, in the state that the address of the page asks for, with `embedding` in a frame.
fn mount(mut slot: Slot, target: HtmlElement, embedding: Option<&'static Embedding>) {
    let (query, fragment) = browser::address().unwrap_or_default();
    let (place, notices) = match slot.place.live_link {
        true => asked(&slot, &query, &fragment),
        false => (Place::default(), Vec::new()),
    };
    let framed = embedding.map(|it| (it, (it.prepare)(&query, &mut slot.place)));
    target.set_inner_html("");
    let frame = target.clone();
    let handle = mount_to(target, move || {
        match crate::figure::ready(&slot.spec, &slot.named, place, notices) {
            Ok(ready) => {
                let player = ready.player;
                if let Some((embedding, options)) = &framed {
                    (embedding.connect)(player, &frame, options);
                }
                if slot.place.live_link {
                    follow_address(slot.clone(), player);
                }
                crate::figure::figure_view(&slot.spec, slot.named, &slot.place, ready)
            }
            Err(why) => crate::figure::broken_view(&slot.spec, &why),
        }
    });
    // The figure stays as long as the page.
    handle.forget();
}

/// Follows a link to another state of the figure on the same page, and back and forward.
fn follow_address(slot: Slot, player: Player) {
    let changed = move || {
        let (query, fragment) = browser::address().unwrap_or_default();
        if !is_state(&fragment) {
            return;
        }
        let (place, notices) = asked(&slot, &query, &fragment);
        crate::figure::follow(player, &slot.spec, &slot.named, &place, notices);
        if let Some(element) = player.element() {
            element.scroll_into_view();
        }
    };
    let callback = Closure::<dyn FnMut()>::new(changed);
    if let Some(window) = browser::window() {
        let listener = callback.as_ref().unchecked_ref();
        let _ = window.add_event_listener_with_callback("hashchange", listener);
    }
    // It listens as long as the page stands.
    callback.forget();
}

/// Whether a fragment holds a state: one without a key is the name of a heading.
fn is_state(fragment: &str) -> bool {
    fragment.contains('=') && !fragment.starts_with("?secret=")
}

/// The state in the address: the keys of the fragment win over those of the query.
fn asked(slot: &Slot, query: &str, fragment: &str) -> (Place, Vec<String>) {
    let Some(entry) = pieces::engine(&slot.spec.engine) else { return Default::default() };
    let (mut place, mut notices) = link::parse(entry.form, query);
    // A host or a social site adds keys of its own to the query: they are no fault of a link.
    if !query.split('&').any(|part| part.starts_with("v=")) {
        notices.clear();
    }
    if is_state(fragment) {
        let (over, more) = link::parse(entry.form, fragment);
        notices.extend(more);
        place = place.under(over);
    }
    (place, notices)
}
