//! What the glyphs and lines of a Gantt chart stand for: those that occur in it.

use super::gantt::{Look, glyph};
use leptos::prelude::*;
use sim::scene::{EventKind, Gantt};

/// A line under the chart; nothing if it has bars alone. A dense chart leaves notes out.
pub(super) fn legend_view(gantt: &Gantt, is_dense: bool) -> AnyView {
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
    let items: Vec<AnyView> = events.chain(looks).collect();
    if items.is_empty() {
        return ().into_any();
    }
    view! { <ul class="legend legend-gantt">{items}</ul> }.into_any()
}

fn event_item((kind, text): (EventKind, &'static str)) -> AnyView {
    let class = format!("event-{} legend-event", kind.slug());
    // Small shapes at full size, long ones at two thirds.
    let view_box = match kind {
        EventKind::Arrive | EventKind::Note => "-6 -4 12 18",
        EventKind::Finish | EventKind::Deadline | EventKind::Miss => "-9 8 18 27",
    };
    view! {
        <li>
            <svg class=class width="12" height="18" viewBox=view_box aria-hidden="true">
                <path d=glyph(kind) />
            </svg>
            <span>{text}</span>
        </li>
    }
    .into_any()
}

fn look_item((look, text): (Look, &'static str)) -> AnyView {
    let class = format!("legend-look span-{}", look.slug());
    let shape = match look {
        Look::Bar | Look::Cost => {
            view! { <rect x="0" y="3" width="24" height="12" rx="3" /> }.into_any()
        }
        Look::Thin | Look::Hatch | Look::Rest => {
            view! { <line x1="0" x2="24" y1="9" y2="9" /> }.into_any()
        }
    };
    view! {
        <li>
            <svg class=class width="24" height="18" aria-hidden="true">{shape}</svg>
            <span>{text}</span>
        </li>
    }
    .into_any()
}
