//! A lane with too many spans to draw one by one: one path for each look and actor.

use super::gantt::{LANE_PX, Look, event_view};
use super::marks::classes;
use crate::draw::{Element, shape};
use sim::scene::{EventKind, Gantt, Lane, Tone};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Most events of a lane that are drawn.
const EVENTS_MAX: usize = 60;

/// Draws a lane. Spans of one look that are closer than a pixel run together.
pub(super) fn dense_lane(lane: &Lane, n: usize, gantt: &Gantt, min_px: u64) -> Element {
    let pixel = gantt.end / min_px.max(1);
    let paths: Vec<Element> = runs(lane, pixel).into_iter().map(path_view).collect();
    let box_of_time = format!("0 0 {} {LANE_PX}", gantt.end.max(1));
    let shift = format!("translate(0 {})", n * LANE_PX);
    let n_bars = lane.spans.iter().filter(|it| Look::of(it.mark.tone) == Look::Bar).count();
    let total: u64 = lane
        .spans
        .iter()
        .filter(|span| Look::of(span.mark.tone) == Look::Bar)
        .map(|span| span.end - span.start)
        .sum();
    let total = sim::quantity(&total.to_string(), gantt.unit);
    let text = format!("{}: {n_bars} bars, {total} in all", lane.label);
    // What matters most is kept where there are too many.
    let events = lane.events.iter().filter(|it| it.kind != EventKind::Note).take(EVENTS_MAX);
    let events: Vec<Element> = events.map(|it| event_view(it, lane.actor, gantt)).collect();
    let touch = shape("rect").class("span-touch").set("width", "100%").set("height", "100%");
    let plot = shape("svg").set("x", "0").set("y", "0").set("width", "100%").set("height", LANE_PX);
    let plot = plot.set("viewBox", box_of_time).set("preserveAspectRatio", "none");
    let plot = plot.with(shape("title").with(text)).with(touch).with(paths);
    shape("g").class("gantt-lane").set("transform", shift).with(plot).with(events)
}

/// Who is drawn how: one path each.
type Group = (Look, Option<u16>, Tone);

/// Half-open runs of time by group; runs less than `pixel` apart are joined.
fn runs(lane: &Lane, pixel: u64) -> BTreeMap<Group, Vec<(u64, u64)>> {
    let mut groups: BTreeMap<Group, Vec<(u64, u64)>> = BTreeMap::new();
    for span in &lane.spans {
        let group = (Look::of(span.mark.tone), span.mark.actor, span.mark.tone);
        let runs = groups.entry(group).or_default();
        match runs.last_mut() {
            Some(last) if span.start <= last.1.saturating_add(pixel) => last.1 = span.end,
            _ => runs.push((span.start, span.end)),
        }
    }
    groups
}

fn path_view(((look, actor, tone), runs): (Group, Vec<(u64, u64)>)) -> Element {
    let (top, height) = look.rows_px();
    let mut path = String::new();
    for (start, end) in runs {
        let width = end.saturating_sub(start);
        let _ = write!(path, "M{start} {top}h{width}v{height}h-{width}z");
    }
    let class = classes(&format!("run run-{}", look.slug()), actor, tone);
    shape("path").class(class).set("d", path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::scene::{Mark, Span};

    #[test]
    fn runs_closer_than_a_pixel_are_joined() {
        let span = |start, end| Span { start, end, mark: Mark::new("k", "P1").actor(1) };
        let spans = vec![span(0, 4), span(5, 9), span(20, 30)];
        let lane = Lane {
            key: "lane".to_owned(),
            label: "P1".to_owned(),
            actor: Some(1),
            spans,
            events: Vec::new(),
        };
        let joined = runs(&lane, 2);
        assert_eq!(joined[&(Look::Bar, Some(1), Tone::Plain)], [(0, 9), (20, 30)]);
        assert_eq!(runs(&lane, 0)[&(Look::Bar, Some(1), Tone::Plain)].len(), 3);
    }
}
