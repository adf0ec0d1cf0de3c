//! Rows of stretches, each as long as it is.
//!
//! Places are shares of the width: a strip always fits its frame, and a label is shown where it
//! has room.

use super::gantt::fits;
use super::geometry::{FONT_PX, percent, text_px, whole_step};
use super::marks::{mark_class, pattern, tip};
use crate::words::count;
use leptos::prelude::*;
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
pub(super) fn strip_view(strip: &Strip, title: &str) -> AnyView {
    let Strip { start, end, unit, rows } = strip;
    let height = rows.len() * ROW_PX;
    let labels: Vec<AnyView> = rows.iter().map(label_view).collect();
    let drawn: Vec<AnyView> =
        rows.iter().enumerate().map(|(n, row)| row_view(row, n, strip)).collect();
    let summary = format!("{title}: {} from {start} to {end} {unit}", count(rows.len(), "row"));
    view! {
        <div class="strip-frame">
            <div class="strip-labels">{labels}</div>
            <svg class="strip-plot" width="100%" height=height role="img" aria-label=summary>
                {drawn}
            </svg>
            <div class="strip-corner">{*unit}</div>
            <svg class="strip-scale" width="100%" height="24" aria-hidden="true">
                {numbers(strip)}
            </svg>
        </div>
    }
    .into_any()
}

fn label_view(row: &StripRow) -> AnyView {
    let label = row.label.clone();
    view! { <div class="strip-label" title=label.clone()>{label.clone()}</div> }.into_any()
}

/// A place as a share of the width.
fn place(at: u64, strip: &Strip) -> String {
    percent(at.saturating_sub(strip.start), strip.end.saturating_sub(strip.start))
}

fn row_view(row: &StripRow, n: usize, strip: &Strip) -> AnyView {
    let parts: Vec<AnyView> = row.parts.iter().map(|part| part_view(part, strip)).collect();
    let pins: Vec<AnyView> = row.pins.iter().map(|pin| pin_view(pin, strip)).collect();
    let shift = format!("translate(0 {})", n * ROW_PX);
    view! { <g class="strip-row" transform=shift>{parts}{pins}</g> }.into_any()
}

fn part_view(part: &Part, strip: &Strip) -> AnyView {
    let Part { start, end, mark } = part;
    let (x, to) = (place(*start, strip), place(*end, strip));
    let length = end.saturating_sub(*start);
    let width = percent(length, strip.end.saturating_sub(strip.start));
    let text = format!("{}, {start} to {end} {}", tip(mark), strip.unit);
    let middle = PART_TOP_PX + PART_PX / 2;
    let overlay = match mark.actor.map_or(0, pattern) {
        1.. if mark.tone != Tone::Free => {
            view! { <line class="pattern-line" x1=x.clone() x2=to y1=middle y2=middle /> }
                .into_any()
        }
        _ => ().into_any(),
    };
    let share = length as f64 / strip.end.saturating_sub(strip.start).max(1) as f64;
    let need = (text_px(&mark.label, FONT_PX) + PADDING_PX) / share;
    let label = match fits(need, PLOT_PX) {
        Some(class) if !mark.label.is_empty() => {
            let from_start = |at: u64| at.saturating_sub(strip.start);
            let whole = from_start(strip.end).saturating_mul(2);
            let center = percent(from_start(*start).saturating_add(from_start(*end)), whole);
            view! { <text class=class x=center y=middle dy="0.35em">{mark.label.clone()}</text> }
                .into_any()
        }
        Some(_) | None => ().into_any(),
    };
    view! {
        <g class=mark_class("part", mark) data-key=mark.key.clone()>
            <title>{text}</title>
            <rect x=x y=PART_TOP_PX width=width height=PART_PX rx="3" />
            {overlay}
            {label}
        </g>
    }
    .into_any()
}

/// A triangle that points down at its place, with its name beside it.
fn pin_view(pin: &Pin, strip: &Strip) -> AnyView {
    let Pin { at, mark } = pin;
    let x = place(*at, strip);
    let text = format!("{}, {}", tip(mark), sim::quantity(&at.to_string(), strip.unit));
    // Past the middle the name stands at the left, so that it is never cut.
    let half = strip.start + strip.end.saturating_sub(strip.start) / 2;
    let (shift, class) = if half < *at { ("-8", "pin-name pin-left") } else { ("8", "pin-name") };
    view! {
        <svg class="pin-place" x=x overflow="visible">
            <g class=mark_class("pin", mark) data-key=mark.key.clone()>
                <title>{text}</title>
                <path d="M-5 4H5L0 13Z" />
                <text class=class x=shift y="11">{mark.label.clone()}</text>
            </g>
        </svg>
    }
    .into_any()
}

/// Round numbers below the rows, as many as the narrowest frame can hold.
fn numbers(strip: &Strip) -> Vec<AnyView> {
    let span = strip.end.saturating_sub(strip.start).max(1);
    let gap_px = text_px(&strip.end.to_string(), FONT_PX) + NUMBER_GAP_PX;
    let step = whole_step(gap_px * span as f64 / PLOT_PX as f64);
    let first = strip.start.div_ceil(step);
    let number = |n: u64| {
        let at = first.saturating_add(n).saturating_mul(step);
        let x = place(at, strip);
        (at <= strip.end)
            .then(|| view! { <text class="gantt-number" x=x y="16">{at}</text> }.into_any())
    };
    // The step is chosen so that there are few; the bound holds whatever the numbers are.
    (0..64).map_while(number).collect()
}
