//! Lanes of time: who held what, and when.
//!
//! Places in time are shares of the width, so that the picture fills its frame; a spacer of fixed
//! width keeps a tick readable, and the frame scrolls where there is less room than that.

use super::gantt_axis::{axis_view, plot_min_px, rules};
use super::gantt_dense::dense_lane;
use super::gantt_legend::legend_view;
use super::geometry::{FONT_PX, percent, text_px};
use super::marks::{actor_chip, classes, mark_class, pattern, tip};
use crate::draw::{Element, Node, el, shape};
use crate::words::count;
use sim::scene::{Event, EventKind, Gantt, Lane, Span, Tone};

/// Height of a lane, in pixels. The same as in figure.css.
pub(super) const LANE_PX: usize = 36;

/// Top and height of a bar in its lane, in pixels. Glyphs of events stand above it.
const BAR_TOP_PX: usize = 10;
const BAR_PX: usize = 21;

/// Room that a label leaves at both ends of its bar together, in pixels.
const BAR_PADDING_PX: f64 = 5.0;

/// More spans or events than this are drawn as a few paths a lane, without text on them.
const MARKS_MAX: usize = 400;

/// How a span is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    /// A full bar: something happens.
    Bar,
    /// A thin line: ready, and made to wait.
    Thin,
    /// A hatched strip: waits for something else than its turn.
    Hatch,
    /// A faint dotted line: nothing happens.
    Rest,
    /// A dark bar: time spent on management.
    Cost,
}

impl Look {
    pub(super) const fn of(tone: Tone) -> Self {
        match tone {
            Tone::Plain
            | Tone::Running
            | Tone::Hit
            | Tone::Miss
            | Tone::Fault
            | Tone::Used
            | Tone::Dirty
            | Tone::Danger
            | Tone::Good => Self::Bar,
            Tone::Ready => Self::Thin,
            Tone::Blocked => Self::Hatch,
            Tone::Done | Tone::Idle | Tone::Free | Tone::Muted => Self::Rest,
            Tone::Overhead => Self::Cost,
        }
    }

    pub(super) const fn slug(self) -> &'static str {
        match self {
            Self::Bar => "bar",
            Self::Thin => "thin",
            Self::Hatch => "hatch",
            Self::Rest => "rest",
            Self::Cost => "cost",
        }
    }

    /// Top and height in the lane, in pixels.
    pub(super) const fn rows_px(self) -> (usize, usize) {
        let middle = BAR_TOP_PX + BAR_PX / 2;
        match self {
            Self::Bar | Self::Cost => (BAR_TOP_PX, BAR_PX),
            Self::Thin => (middle - 1, 3),
            Self::Hatch => (middle - 6, 13),
            Self::Rest => (middle, 1),
        }
    }
}

/// Draws labels at the left, lanes at the right, the axis below.
pub(super) fn gantt_view(
    gantt: &Gantt,
    actors: &[String],
    hero: Option<u16>,
    title: &str,
) -> Vec<Node> {
    let Gantt { now, end, unit, lanes } = gantt;
    let height = lanes.len() * LANE_PX;
    let n_marks: usize = lanes.iter().map(|lane| lane.spans.len() + lane.events.len()).sum();
    let min_px = plot_min_px(gantt);
    let draw = |(n, lane): (usize, &Lane)| match n_marks <= MARKS_MAX {
        true => lane_view(lane, n, gantt, min_px),
        false => dense_lane(lane, n, gantt, min_px),
    };
    let rows: Vec<Element> = lanes.iter().enumerate().map(draw).collect();
    let labels: Vec<Element> = lanes.iter().map(|lane| label_view(lane, actors, hero)).collect();
    let summary =
        format!("{title}: {} from 0 to {end} {unit}, now {now}", count(lanes.len(), "lane"));
    let now_at = percent(*now, *end);
    let future_width = percent(end.saturating_sub(*now), *end);
    let future = shape("rect").class("gantt-future").set("x", &now_at).set("y", "0");
    let future = future.set("width", future_width).set("height", height);
    let now_line = shape("line").class("gantt-now").set("x1", &now_at).set("x2", now_at);
    let now_line = now_line.set("y1", "0").set("y2", height);
    let spacer = shape("svg").class("gantt-spacer").set("width", min_px).set("height", "1");
    let plot = shape("svg").class("gantt-plot").set("width", "100%").set("height", height);
    let plot = plot.set("role", "img").set("aria-label", summary);
    let plot = plot.with(future).with(rules(*end, lanes.len(), min_px)).with(rows).with(now_line);
    let frame = el("div")
        .class("gantt-frame")
        .set("tabindex", "0")
        .set("role", "group")
        .set("aria-label", format!("{title} over time"))
        .with(el("div").class("gantt-labels").with(labels))
        .with(el("div").class("gantt-lanes").with(spacer.set("aria-hidden", "true")).with(plot))
        .with(el("div").class("gantt-corner").with(*unit))
        .with(el("div").class("gantt-axis").with(axis_view(*now, *end, min_px)));
    let legend = legend_view(gantt, MARKS_MAX < n_marks);
    std::iter::once(frame).chain(legend).map(Node::Element).collect()
}

/// The label of the lane that the step is about can be found, so that it is scrolled into the frame.
fn label_view(lane: &Lane, actors: &[String], hero: Option<u16>) -> Element {
    let chip = actor_chip(lane.actor, actors, &lane.label);
    let active = (lane.actor.is_some() && lane.actor == hero).then_some("");
    let label = el("div").class("gantt-label").set_if("data-active", active);
    label.set("title", &lane.label).with(chip)
}

fn lane_view(lane: &Lane, n: usize, gantt: &Gantt, min_px: u64) -> Element {
    let spans: Vec<Element> =
        lane.spans.iter().map(|span| span_view(span, lane, gantt, min_px)).collect();
    let events: Vec<Element> =
        lane.events.iter().map(|event| event_view(event, lane.actor, gantt)).collect();
    let shift = format!("translate(0 {})", n * LANE_PX);
    shape("g").class("gantt-lane").set("transform", shift).with(spans).with(events)
}

fn span_view(span: &Span, lane: &Lane, gantt: &Gantt, min_px: u64) -> Element {
    let Span { start, end, mark } = span;
    let look = Look::of(mark.tone);
    let (x, width) = (percent(*start, gantt.end), percent(end.saturating_sub(*start), gantt.end));
    let text = format!("{}, {start} to {end} {}", tip(mark), gantt.unit);
    let class = mark_class(&format!("span span-{}", look.slug()), mark);
    let middle = BAR_TOP_PX + BAR_PX / 2;
    let line = || shape("line").set("x1", &x).set("x2", percent(*end, gantt.end));
    let line = || line().set("y1", middle).set("y2", middle);
    let rect = |top: usize, height: usize| {
        let rect = shape("rect").set("x", &x).set("y", top);
        rect.set("width", &width).set("height", height)
    };
    let has_pattern = look == Look::Bar && 0 < mark.actor.map_or(0, pattern);
    let drawn = match look {
        Look::Bar | Look::Cost => {
            let mut drawn = vec![rect(BAR_TOP_PX, BAR_PX).set("rx", "5")];
            drawn.extend(has_pattern.then(|| line().class("pattern-line")));
            drawn.extend(bar_label(span, lane, gantt, min_px));
            drawn
        }
        // The whole height of the lane can be pointed at, not only the line.
        Look::Thin | Look::Hatch | Look::Rest => {
            vec![rect(0, LANE_PX).class("span-touch"), line()]
        }
    };
    let title = shape("title").with(text);
    shape("g").class(class).set("data-key", &mark.key).with(title).with(drawn)
}

/// The bar's label; in the actor's own lane, where that would say nothing new, its length.
fn bar_label(span: &Span, lane: &Lane, gantt: &Gantt, min_px: u64) -> Option<Element> {
    let Span { start, end, mark } = span;
    let text = match mark.label == lane.label {
        true => (end - start).to_string(),
        false => mark.label.clone(),
    };
    let share = (end - start) as f64 / gantt.end.max(1) as f64;
    let fits = fits((text_px(&text, FONT_PX) + BAR_PADDING_PX) / share, min_px)?;
    let x = percent(start + end, gantt.end.saturating_mul(2));
    let y = BAR_TOP_PX + BAR_PX / 2;
    Some(shape("text").class(fits).set("x", x).set("y", y).set("dy", "0.35em").with(text))
}

/// From which width of the frame on a text is shown that needs a plot of `need_px`; `None` if
/// from none. The widths behind the classes stand in figure.css.
pub(super) fn fits(need_px: f64, min_px: u64) -> Option<&'static str> {
    let steps = [(min_px as f64, "fits"), (420.0, "fits-2"), (600.0, "fits-3"), (820.0, "fits-4")];
    steps.into_iter().find(|(has_px, _)| need_px <= *has_px).map(|(_, class)| class)
}

/// The shape of an event, as high as a lane. Each kind has its own, so that none needs its colour.
pub(super) const fn glyph(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Arrive => "M-5 1H5L0 8.5Z",
        EventKind::Finish => "M-1.5 8H1.5V33H-1.5Z",
        EventKind::Deadline => "M0 9V33.5M-4.5 28.5L0 33.5L4.5 28.5",
        EventKind::Miss => "M0 9V25.5M-4 26L4 34M4 26L-4 34",
        EventKind::Note => "M0 1L4 5L0 9L-4 5Z",
    }
}

/// A glyph at a moment.
pub(super) fn event_view(event: &Event, actor: Option<u16>, gantt: &Gantt) -> Element {
    let Event { at, kind, detail } = event;
    let path = glyph(*kind);
    let class = classes(&format!("event event-{}", kind.slug()), actor, Tone::Plain);
    let text = match detail.is_empty() {
        true => format!("{} at {}", kind.slug(), sim::quantity(&at.to_string(), gantt.unit)),
        false => detail.clone(),
    };
    let x = percent(*at, gantt.end);
    shape("svg")
        .class(class)
        .set("x", x)
        .set("overflow", "visible")
        .with(shape("title").with(text))
        .with(shape("path").class("event-halo").set("d", path))
        .with(shape("path").set("d", path))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn labels_wait_for_the_room_they_need() {
        assert_eq!(fits(100.0, 440), Some("fits"));
        assert_eq!(fits(500.0, 440), Some("fits-3"));
        assert_eq!(fits(900.0, 440), None);
    }
}
