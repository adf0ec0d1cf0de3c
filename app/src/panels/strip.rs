//! Rows of stretches, each as long as it is.
//!
//! Places are shares of the width: a strip always fits its frame, and a label is shown where it
//! has room.

use super::gantt::fits;
use super::geometry::{FONT_PX, percent, text_px, whole_step};
use super::marks::{mark_class, pattern, tip};
use crate::draw::{Element, el, shape};
use crate::words::count;
use sim::scene::{Part, Pin, Strip, StripRow, Tone};

/// Height of a row, in pixels. The same as in figure.css.
const ROW_PX: usize = 42;

/// Top and height of a stretch in its row, in pixels. What points at it stands above.
const PART_TOP_PX: usize = 14;
const PART_PX: usize = 25;

/// Narrowest frame for stretches that is planned for, in pixels.
const PLOT_PX: u64 = 220;

/// Room that a label leaves at both ends of its stretch together, in pixels.
const PADDING_PX: f64 = 6.0;

/// Least distance of two numbers on the axis, in pixels.
const NUMBER_GAP_PX: f64 = 18.0;

/// Draws labels at the left, rows at the right, the axis below.
pub(super) fn strip_view(strip: &Strip, title: &str) -> Element {
    let Strip { start, end, unit, rows } = strip;
    let height = rows.len() * ROW_PX;
    let labels: Vec<Element> = rows.iter().map(label_view).collect();
    let drawn: Vec<Element> =
        rows.iter().enumerate().map(|(n, row)| row_view(row, n, strip)).collect();
    let summary = format!("{title}: {} from {start} to {end} {unit}", count(rows.len(), "row"));
    let plot = shape("svg").class("strip-plot").set("width", "100%").set("height", height);
    let scale = shape("svg").class("strip-scale").set("width", "100%").set("height", "24");
    el("div")
        .class("strip-frame")
        .with(el("div").class("strip-labels").with(labels))
        .with(plot.set("role", "img").set("aria-label", summary).with(drawn))
        .with(el("div").class("strip-corner").with(*unit))
        .with(scale.set("aria-hidden", "true").with(numbers(strip)))
}

fn label_view(row: &StripRow) -> Element {
    el("div").class("strip-label").set("title", &row.label).with(&row.label)
}

/// A place as a share of the width.
fn place(at: u64, strip: &Strip) -> String {
    percent(at.saturating_sub(strip.start), strip.end.saturating_sub(strip.start))
}

fn row_view(row: &StripRow, n: usize, strip: &Strip) -> Element {
    let parts: Vec<Element> = row.parts.iter().map(|part| part_view(part, strip)).collect();
    let pins: Vec<Element> = row.pins.iter().map(|pin| pin_view(pin, strip)).collect();
    let shift = format!("translate(0 {})", n * ROW_PX);
    shape("g").class("strip-row").set("transform", shift).with(parts).with(pins)
}

fn part_view(part: &Part, strip: &Strip) -> Element {
    let Part { start, end, mark } = part;
    let (x, to) = (place(*start, strip), place(*end, strip));
    let length = end.saturating_sub(*start);
    let width = percent(length, strip.end.saturating_sub(strip.start));
    let text = format!("{}, {start} to {end} {}", tip(mark), strip.unit);
    let middle = PART_TOP_PX + PART_PX / 2;
    let has_pattern = mark.tone != Tone::Free && 0 < mark.actor.map_or(0, pattern);
    let overlay = has_pattern.then(|| {
        let line = shape("line").class("pattern-line").set("x1", &x).set("x2", to);
        line.set("y1", middle).set("y2", middle)
    });
    let share = length as f64 / strip.end.saturating_sub(strip.start).max(1) as f64;
    let need = (text_px(&mark.label, FONT_PX) + PADDING_PX) / share;
    let label = match fits(need, PLOT_PX) {
        Some(class) if !mark.label.is_empty() => {
            let from_start = |at: u64| at.saturating_sub(strip.start);
            let whole = from_start(strip.end).saturating_mul(2);
            let center = percent(from_start(*start).saturating_add(from_start(*end)), whole);
            let text = shape("text").class(class).set("x", center).set("y", middle);
            Some(text.set("dy", "0.35em").with(&mark.label))
        }
        Some(_) | None => None,
    };
    let rect = shape("rect").set("x", x).set("y", PART_TOP_PX).set("width", width);
    shape("g")
        .class(mark_class("part", mark))
        .set("data-key", &mark.key)
        .with(shape("title").with(text))
        .with(rect.set("height", PART_PX).set("rx", "3"))
        .with(overlay)
        .with(label)
}

/// A triangle that points down at its place, with its name beside it.
fn pin_view(pin: &Pin, strip: &Strip) -> Element {
    let Pin { at, mark } = pin;
    let x = place(*at, strip);
    let text = format!("{}, {}", tip(mark), sim::quantity(&at.to_string(), strip.unit));
    // Past the middle the name stands at the left, so that it is never cut.
    let half = strip.start + strip.end.saturating_sub(strip.start) / 2;
    let (shift, class) = if half < *at { ("-8", "pin-name pin-left") } else { ("8", "pin-name") };
    let name = shape("text").class(class).set("x", shift).set("y", "11").with(&mark.label);
    let pin = shape("g").class(mark_class("pin", mark)).set("data-key", &mark.key);
    let pin = pin.with(shape("title").with(text));
    let pin = pin.with(shape("path").set("d", "M-5 4H5L0 13Z")).with(name);
    shape("svg").class("pin-place").set("x", x).set("overflow", "visible").with(pin)
}

/// Round numbers below the rows, as many as the narrowest frame can hold.
fn numbers(strip: &Strip) -> Vec<Element> {
    let span = strip.end.saturating_sub(strip.start).max(1);
    let gap_px = text_px(&strip.end.to_string(), FONT_PX) + NUMBER_GAP_PX;
    let step = whole_step(gap_px * span as f64 / PLOT_PX as f64);
    let first = strip.start.div_ceil(step);
    let number = |n: u64| {
        let at = first.saturating_add(n).saturating_mul(step);
        let text = shape("text").class("gantt-number").set("x", place(at, strip));
        (at <= strip.end).then(|| text.set("y", "16").with(at))
    };
    // The step is chosen so that there are few; the bound holds whatever the numbers are.
    (0..64).map_while(number).collect()
}
