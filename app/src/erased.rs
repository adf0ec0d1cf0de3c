//! One type for all closures of a kind.
//!
//! Leptos makes a copy of its own machinery for every closure that stands in a view, and a figure
//! has some hundred of them. Through these functions they share one copy, which is worth a third
//! of the program's size.

use leptos::ev::{Event, MouseEvent};
use leptos::prelude::*;

/// What handles a click.
pub type OnClick = Box<dyn FnMut(MouseEvent)>;

/// What handles a change or an input.
pub type OnChange = Box<dyn FnMut(Event)>;

/// A part of a view that is drawn anew when what it reads changes.
pub fn live(view: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    fn shared(view: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
        (move || view()).into_any()
    }
    shared(Box::new(view))
}

/// A text that is written anew when what it reads changes; for attributes and between tags.
pub fn text(text: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    fn shared(text: Box<dyn Fn() -> String + Send + Sync>) -> Signal<String> {
        Signal::derive(text)
    }
    shared(Box::new(text))
}

/// A yes or no that follows what it reads; for attributes that are there or not.
pub fn flag(flag: impl Fn() -> bool + Send + Sync + 'static) -> Signal<bool> {
    fn shared(flag: Box<dyn Fn() -> bool + Send + Sync>) -> Signal<bool> {
        Signal::derive(flag)
    }
    shared(Box::new(flag))
}

/// Handles a click.
pub fn click(act: impl Fn() + 'static) -> OnClick {
    Box::new(move |_| act())
}

/// Handles a change with the value of the field.
pub fn value(act: impl Fn(String) + 'static) -> OnChange {
    Box::new(move |event| act(event_target_value(&event)))
}

/// Handles a change with whether the box is checked.
pub fn checked(act: impl Fn(bool) + 'static) -> OnChange {
    Box::new(move |event| act(event_target_checked(&event)))
}
