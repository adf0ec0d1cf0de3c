//! The axis of a Gantt chart: how wide a tick is, which ticks are named, where now is.

use super::gantt::{LANE_PX, Look};
use super::geometry::{FONT_PX, percent, px, text_px, whole_step};
use crate::draw::{Element, shape};
use sim::scene::Gantt;
use std::fmt::Write;

/// Width of a tick below which a short picture does not shrink, in pixels.
const TICK_PX: u64 = 24;

/// Width that a page has for the lanes, in pixels: pictures of middle length fill it.
const PAGE_PX: u64 = 860;

/// Width of a tick in long pictures, in quarters of a pixel.
const LONG_TICK_QUARTERS: u64 = 18;

/// The same for units of time, of which models take many in one step.
const LONG_UNIT_QUARTERS: u64 = 2;

/// Width that a bar of a long picture has on average, in pixels. A picture of few bars does not
/// grow beyond what they need, however many ticks it spans.
const BAR_PX: u64 = 24;

/// No picture is wider, in pixels. Spans may then be narrower than a pixel.
const PLOT_PX_MAX: u64 = 6_000;

/// Least distance of two numbers on the axis, in pixels.
const NUMBER_GAP_PX: f64 = 18.0;

/// Least distance of two rules without numbers, in pixels.
const RULE_GAP_PX: u64 = 7;

/// Width below which the lanes scroll instead of shrinking, in pixels.
pub(super) fn plot_min_px(gantt: &Gantt) -> u64 {
    let spans = gantt.lanes.iter().flat_map(|lane| &lane.spans);
    let bars = spans.filter(|it| matches!(Look::of(it.mark.tone), Look::Bar | Look::Cost));
    let (mut n_bars, mut shortest) = (0_u64, gantt.end.max(1));
    for bar in bars {
        n_bars += 1;
        shortest = shortest.min(bar.end.saturating_sub(bar.start).max(1));
    }
    // Either each bar has its room if it is as short as the shortest, or all have it on average.
    let need = (gantt.end.saturating_mul(BAR_PX) / shortest).min(n_bars.saturating_mul(BAR_PX));
    // By doubling, so that the picture seldom changes its width while bars are added.
    let room = (0..4).map(|n| PAGE_PX << n).find(|room| need <= *room).unwrap_or(PLOT_PX_MAX);
    ticks_px(gantt.end, gantt.unit).min(room)
}

/// The width that readable ticks need, in pixels.
fn ticks_px(end: u64, unit: &str) -> u64 {
    let short = end.saturating_mul(TICK_PX).min(PAGE_PX);
    let quarters = if unit == "ticks" { LONG_TICK_QUARTERS } else { LONG_UNIT_QUARTERS };
    let long = end.saturating_mul(quarters) / 4;
    short.max(long).clamp(120, PLOT_PX_MAX)
}

/// Distance of the numbers on the axis, in ticks.
fn number_step(end: u64, min_px: u64) -> u64 {
    let gap_px = text_px(&end.to_string(), FONT_PX) + NUMBER_GAP_PX;
    whole_step(gap_px * end.max(1) as f64 / min_px as f64)
}

/// Vertical rules at the numbers of the axis, and a rule under each lane, as one path: there may
/// be many. Its x axis is time; the width of its lines is not scaled.
pub(super) fn rules(end: u64, n_lanes: usize, min_px: u64) -> Element {
    let end = end.max(1);
    let height = n_lanes * LANE_PX;
    let mut path = String::new();
    for at in (0..=end).step_by(whole(number_step(end, min_px))) {
        let _ = write!(path, "M{at} 0V{height}");
    }
    for n in 1..n_lanes {
        let _ = write!(path, "M0 {}.5H{end}", n * LANE_PX - 1);
    }
    time_path("gantt-rule", end, height, path)
}

/// A path whose x axis is time.
fn time_path(class: &'static str, end: u64, height: usize, path: String) -> Element {
    let view_box = format!("0 0 {end} {height}");
    shape("svg")
        .class("gantt-stretch")
        .set("width", "100%")
        .set("height", height)
        .set("viewBox", view_box)
        .set("preserveAspectRatio", "none")
        .with(shape("path").class(class).set("d", path))
}

fn whole(step: u64) -> usize {
    usize::try_from(step).unwrap_or(usize::MAX)
}

/// Numbers, small rules between them, and a flag at `now`.
pub(super) fn axis_view(now: u64, end: u64, min_px: u64) -> Element {
    let step = number_step(end, min_px);
    let numbers: Vec<Element> =
        (0..=end).step_by(whole(step)).map(|at| number_view(at, end)).collect();
    let mut small = String::new();
    for at in (0..=end).step_by(minor_step(end, min_px, step)) {
        let _ = write!(small, "M{at} 0V4");
    }
    let flag_px = text_px(&now.to_string(), FONT_PX) + 12.0;
    let pole = shape("path").set("d", "M-4 6L0 0L4 6Z");
    let cloth = shape("rect").set("x", px(-flag_px / 2.0)).set("y", "5").set("width", px(flag_px));
    let flag = shape("svg").class("gantt-flag").set("x", percent(now, end));
    let flag = flag.set("overflow", "visible").with(pole);
    let flag = flag.with(cloth.set("height", "18").set("rx", "4"));
    shape("svg")
        .class("gantt-scale")
        .set("width", "100%")
        .set("height", "26")
        .set("aria-hidden", "true")
        .with(time_path("gantt-small", end.max(1), 4, small))
        .with(numbers)
        .with(flag.with(shape("text").set("y", "18").with(now)))
}

/// The least step that divides `step` and leaves room between rules.
fn minor_step(end: u64, min_px: u64, step: u64) -> usize {
    let roomy =
        |minor: &u64| step.is_multiple_of(*minor) && RULE_GAP_PX <= minor * min_px / end.max(1);
    let minors = [1, step / 10, step / 5, step / 2];
    let found = minors.into_iter().filter(|minor| 0 < *minor).find(|minor| roomy(minor));
    whole(found.unwrap_or(step))
}

fn number_view(at: u64, end: u64) -> Element {
    shape("text").class("gantt-number").set("x", percent(at, end)).set("y", "18").with(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::scene::{Lane, Mark, Span};

    #[test]
    fn short_pictures_keep_their_ticks_wide_and_long_ones_scroll() {
        assert_eq!(ticks_px(0, "ticks"), 120);
        assert_eq!(ticks_px(22, "ticks"), 528);
        assert_eq!(ticks_px(100, "ticks"), PAGE_PX);
        assert_eq!(ticks_px(400, "ticks"), 1_800);
        assert_eq!(ticks_px(10_000, "ticks"), PLOT_PX_MAX);
        assert_eq!(ticks_px(u64::MAX, "ticks"), PLOT_PX_MAX);
        assert_eq!(ticks_px(1_000, "us"), PAGE_PX);
    }

    #[test]
    fn a_picture_of_few_bars_fits_the_page_however_long() {
        let span = |n: u64| Span { start: n * 20, end: n * 20 + 20, mark: Mark::new("k", "P1") };
        let gantt = |n_spans: u64, end: u64| {
            let lane = Lane {
                key: "lane".to_owned(),
                label: "P1".to_owned(),
                actor: Some(1),
                spans: (0..n_spans).map(span).collect(),
                events: Vec::new(),
            };
            Gantt { now: end, end, unit: "ticks", lanes: vec![lane] }
        };
        assert_eq!(plot_min_px(&gantt(17, 2_404)), PAGE_PX);
        assert_eq!(plot_min_px(&gantt(60, 2_404)), 2 * PAGE_PX);
        assert_eq!(plot_min_px(&gantt(400, 8_000)), PLOT_PX_MAX);
        assert_eq!(plot_min_px(&gantt(10, 200)), PAGE_PX);
    }

    #[test]
    fn numbers_are_round_and_apart() {
        assert_eq!(number_step(22, 528), 2);
        assert_eq!(number_step(10_000, 6_000), 100);
        assert_eq!(minor_step(22, 528, 2), 1);
        assert_eq!(minor_step(10_000, 6_000, 100), 20);
    }

    #[test]
    fn a_long_axis_has_few_numbers() {
        let end = 1_000_000_000_000;
        let step = number_step(end, ticks_px(end, "ticks"));
        assert!(end / step < 100, "{step}");
    }
}
