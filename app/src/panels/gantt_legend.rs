//! What the glyphs and lines of a Gantt chart stand for: those that occur in it.

use super::gantt::{Look, glyph};
use crate::draw::{Element, el, shape};
use sim::scene::{EventKind, Gantt};

/// A line under the chart; nothing if it has bars alone. A dense chart leaves notes out.
pub(super) fn legend_view(gantt: &Gantt, is_dense: bool) -> Option<Element> {
    let events = [
        (EventKind::Arrive, "arrives"),
        (EventKind::Finish, "ends"),
        (EventKind::Deadline, "deadline"),
        (EventKind::Miss, "missed deadline"),
        (EventKind::Note, "note"),
    ];
    let looks = [
        (Look::Thin, "ready, waits its turn"),
        (Look::Hatch, "blocked"),
        (Look::Rest, "idle"),
        (Look::Cost, "overhead"),
    ];
    let lanes = &gantt.lanes;
    let has_event = |kind: EventKind| {
        let is_drawn = kind != EventKind::Note || !is_dense;
        is_drawn && lanes.iter().flat_map(|it| &it.events).any(|it| it.kind == kind)
    };
    let spans = || lanes.iter().flat_map(|it| &it.spans);
    let is_seen = |look: &Look| spans().any(|it| Look::of(it.mark.tone) == *look);
    let events = events.into_iter().filter(|(kind, _)| has_event(*kind)).map(event_item);
    let looks = looks.into_iter().filter(|(look, _)| is_seen(look)).map(look_item);
    let items: Vec<Element> = events.chain(looks).collect();
    (!items.is_empty()).then(|| el("ul").class("legend legend-gantt").with(items))
}

fn event_item((kind, text): (EventKind, &'static str)) -> Element {
    let class = format!("event-{} legend-event", kind.slug());
    // Small shapes at full size, long ones at two thirds.
    let view_box = match kind {
        EventKind::Arrive | EventKind::Note => "-6 -4 12 18",
        EventKind::Finish | EventKind::Deadline | EventKind::Miss => "-9 8 18 27",
    };
    let sign = shape("svg").class(class).set("width", "12").set("height", "18");
    let sign = sign.set("viewBox", view_box).set("aria-hidden", "true");
    item(sign.with(shape("path").set("d", glyph(kind))), text)
}

fn look_item((look, text): (Look, &'static str)) -> Element {
    let class = format!("legend-look span-{}", look.slug());
    let drawn = match look {
        Look::Bar | Look::Cost => {
            let rect = shape("rect").set("x", "0").set("y", "3");
            rect.set("width", "24").set("height", "12").set("rx", "3")
        }
        Look::Thin | Look::Hatch | Look::Rest => {
            shape("line").set("x1", "0").set("x2", "24").set("y1", "9").set("y2", "9")
        }
    };
    let sign = shape("svg").class(class).set("width", "24").set("height", "18");
    item(sign.set("aria-hidden", "true").with(drawn), text)
}

fn item(sign: Element, text: &'static str) -> Element {
    el("li").with(sign).with(el("span").with(text))
}
