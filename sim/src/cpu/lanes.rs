//! Lanes of a Gantt chart, put together from one stretch after the other.

use crate::scene::{Event, EventKind, Lane, Mark, Span};

/// A lane without spans and events.
pub(super) fn lane(key: impl Into<String>, label: impl Into<String>, actor: Option<u16>) -> Lane {
    let (spans, events) = (Vec::new(), Vec::new());
    Lane { key: key.into(), label: label.into(), actor, spans, events }
}

/// Adds the stretch `start..end`; it lengthens the last span where that one ends at `start` and
/// means the same. The span's key is made here; an empty stretch adds nothing.
pub(super) fn extend(lane: &mut Lane, start: u64, end: u64, mark: Mark) {
    if end <= start {
        return;
    }
    if let Some(last) = lane.spans.last_mut()
        && last.end == start
        && means_the_same(&last.mark, &mark)
    {
        last.end = end;
        return;
    }
    let key = format!("{}.{start}", lane.key);
    lane.spans.push(Span { start, end, mark: Mark { key, ..mark } });
}

fn means_the_same(one: &Mark, two: &Mark) -> bool {
    let look = |it: &Mark| (it.actor, it.tone);
    look(one) == look(two) && one.label == two.label && one.detail == two.detail
}

/// Adds a moment. Moments are put in order of time by [`sort_events`].
pub(super) fn moment(lane: &mut Lane, at: u64, kind: EventKind, detail: String) {
    lane.events.push(Event { at, kind, detail });
}

/// Puts the moments of all lanes in order of time; equal ones stay as they were added.
pub(super) fn sort_events(lanes: &mut [Lane]) {
    for lane in lanes {
        crate::order::by_key(&mut lane.events, |event| event.at);
    }
}

/// Position as an actor index.
pub(super) fn actor(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}
