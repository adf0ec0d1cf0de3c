//! What all panels share: classes, tooltips, chips.

use leptos::prelude::*;
use sim::scene::{Mark, Tone};

/// Hues for actors; the next actor gets the first hue again, with a pattern.
const N_HUES: u16 = 8;

/// Patterns after plain; actors beyond all of them begin again at plain.
const N_PATTERNS: u16 = 3;

/// Classes of an actor, such as `has-actor actor-3 actor-pattern-1`; empty for nobody.
#[must_use]
pub fn actor_class(actor: Option<u16>) -> String {
    let Some(actor) = actor else { return String::new() };
    let hue = actor % N_HUES;
    match pattern(actor) {
        0 => format!("has-actor actor-{hue}"),
        pattern => format!("has-actor actor-{hue} actor-pattern-{pattern}"),
    }
}

/// Number of an actor's pattern; 0 is plain.
pub(super) fn pattern(actor: u16) -> u16 {
    actor / N_HUES % (N_PATTERNS + 1)
}

/// Classes of a mark: `base`, its tone, its actor.
pub(super) fn mark_class(base: &str, mark: &Mark) -> String {
    classes(base, mark.actor, mark.tone)
}

/// `base`, a tone and an actor as one class attribute.
pub(super) fn classes(base: &str, actor: Option<u16>, tone: Tone) -> String {
    let who = actor_class(actor);
    let gap = if who.is_empty() { "" } else { " " };
    format!("{base} tone-{}{gap}{who}", tone.slug())
}

/// Full text of a mark: its detail, or else its label and tone.
pub(super) fn tip(mark: &Mark) -> String {
    if !mark.detail.is_empty() {
        return mark.detail.clone();
    }
    match mark.tone {
        Tone::Plain => mark.label.clone(),
        tone => format!("{}, {}", mark.label, tone.slug()),
    }
}

/// A mark as a chip in a line of text.
pub(super) fn chip(base: &str, mark: &Mark) -> AnyView {
    let (key, label) = (mark.key.clone(), mark.label.clone());
    view! {
        <span class=mark_class(base, mark) data-key=key title=tip(mark)>{label}</span>
    }
    .into_any()
}

/// An actor's name on its colour and pattern; the plain text if there is no such actor.
#[must_use]
pub fn actor_chip(actor: Option<u16>, actors: &[String], text: &str) -> AnyView {
    let text = text.to_owned();
    let Some(idx) = actor else {
        return view! { <span class="name">{text}</span> }.into_any();
    };
    match actors.get(usize::from(idx)) {
        // A longer name than the actor's own: the chip holds the actor's.
        Some(name) if *name != text => {
            let class = format!("chip chip-name {}", actor_class(actor));
            view! { <span class=class>{name.clone()}</span>" "<span class="name">{text}</span> }
                .into_any()
        }
        Some(_) | None => {
            let class = format!("chip chip-name {}", actor_class(actor));
            view! { <span class=class>{text}</span> }.into_any()
        }
    }
}

/// The tone as a word of its own, for states that have no other text; nothing if it says nothing.
pub(super) fn tone_word(tone: Tone) -> AnyView {
    match tone {
        Tone::Plain | Tone::Muted => ().into_any(),
        tone => {
            let class = format!("tone-word tone-{}", tone.slug());
            view! { <span class=class>{tone.slug()}</span> }.into_any()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ninth_actor_repeats_the_first_hue_with_a_pattern() {
        assert_eq!(actor_class(None), "");
        assert_eq!(actor_class(Some(7)), "has-actor actor-7");
        assert_eq!(actor_class(Some(8)), "has-actor actor-0 actor-pattern-1");
        assert_eq!(actor_class(Some(31)), "has-actor actor-7 actor-pattern-3");
        assert_eq!(actor_class(Some(32)), "has-actor actor-0");
    }

    #[test]
    fn a_tooltip_is_never_empty_when_the_label_is_not() {
        let mark = Mark::new("a", "P1").tone(Tone::Ready);
        assert_eq!(tip(&mark), "P1, ready");
        assert_eq!(tip(&mark.detail("waits since 3")), "waits since 3");
    }
}
