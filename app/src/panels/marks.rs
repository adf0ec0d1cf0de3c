//! What all panels share: classes, tooltips, chips.

use crate::draw::{Content as _, Element, Node, el};
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

/// A mark in a line of text.
pub(super) fn chip(base: &str, mark: &Mark) -> Element {
    let chip = el("span").class(mark_class(base, mark)).set("data-key", &mark.key);
    chip.set("title", tip(mark)).with(&mark.label)
}

/// A name on an actor's colour and pattern.
#[must_use]
pub fn name_chip(actor: Option<u16>, name: &str) -> Element {
    el("span").class(format!("chip chip-name {}", actor_class(actor))).with(name.to_owned())
}

/// An actor's name on its colour and pattern; the plain text if there is no such actor.
pub(super) fn actor_chip(actor: Option<u16>, actors: &[String], text: &str) -> Vec<Node> {
    let plain = || el("span").class("name").with(text.to_owned());
    let mut nodes = Vec::new();
    match actor.map(|actor| actors.get(usize::from(actor))) {
        None => plain().put(&mut nodes),
        // A longer name than the actor's own: the chip holds the actor's.
        Some(Some(name)) if *name != text => {
            name_chip(actor, name).put(&mut nodes);
            " ".put(&mut nodes);
            plain().put(&mut nodes);
        }
        Some(_) => name_chip(actor, text).put(&mut nodes),
    }
    nodes
}

/// The tone as a word of its own, for states that have no other text; nothing if it says nothing.
pub(super) fn tone_word(tone: Tone) -> Option<Element> {
    match tone {
        Tone::Plain | Tone::Muted => None,
        tone => Some(el("span").class(format!("tone-word tone-{}", tone.slug())).with(tone.slug())),
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
