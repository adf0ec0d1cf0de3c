//! Series over an axis, drawn with plotters.
//!
//! plotters draws shapes and text in marker colours; these become classes, so that the chart
//! follows the theme. Two drawings stand side by side, for narrow and for wide frames, and a
//! container query shows one of them: text is never shrunk.

use super::chart_names::{BOLD, Place, names_px, names_view, place};
use super::chart_theme::{AXIS, GRID, NAME, NUMBER, SERIES, SERIES_NAME, themed};
use super::geometry::{decimals, text_px, ticks};
use crate::draw::{Element, el, shape};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use sim::scene::{Chart, ChartKind, Series, number};

/// Size of text, in units of the drawing. The same as in figure.css.
pub(super) const TEXT_PX: f64 = 13.0;

/// Sizes of the two drawings.
const NARROW: (u32, u32) = (340, 260);
const WIDE: (u32, u32) = (560, 290);

/// Least distance of two series labels, in units of the drawing.
const LABEL_GAP_PX: i32 = 16;

/// A drawing that could not be written; the writer is a string, so it does not happen.
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Draws the chart.
#[must_use]
pub(super) fn chart_view(chart: &Chart, title: &str) -> Element {
    let names: Vec<&str> = chart.series.iter().map(|it| it.label.as_str()).collect();
    let summary =
        format!("{title}: {} over {}; {}", chart.y_label, chart.x_label, names.join(", "));
    let drawing = |class: &'static str, size: (u32, u32)| {
        let inner = inner_svg(chart, size).unwrap_or_default();
        let view_box = format!("0 0 {} {}", size.0, size.1);
        let label = summary.clone();
        let plot = shape("svg").class(class).set("viewBox", view_box).set("role", "img");
        plot.set("aria-label", label).html(inner)
    };
    el("div")
        .class("chart")
        .with(drawing("chart-narrow", NARROW))
        .with(drawing("chart-wide", WIDE))
        .with(names_view(chart, place(chart, NARROW.0), place(chart, WIDE.0)))
}

/// The drawing without its outer element.
fn inner_svg(chart: &Chart, size: (u32, u32)) -> Result<String, Box<dyn std::error::Error>> {
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, size).into_drawing_area();
        draw(chart, size, &root)?;
        root.present()?;
    }
    let body = text.split_once('>').map_or("", |(_, rest)| rest);
    Ok(themed(body.trim_end().trim_end_matches("</svg>"), chart))
}

/// Where values fall in the drawing.
struct Scale {
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
    x: (f64, f64),
    y: (f64, f64),
}

impl Scale {
    fn new(chart: &Chart, (width, height): (u32, u32), x: (f64, f64), y_ticks: &[f64]) -> Self {
        let y = (*y_ticks.first().unwrap_or(&0.0), *y_ticks.last().unwrap_or(&1.0));
        let digits = y_digits(y_ticks);
        let numbers = y_ticks.iter().map(|at| text_px(&number(*at, digits), TEXT_PX));
        let left = numbers.fold(0.0, f64::max) as i32 + 10;
        let names = match place(chart, width) {
            Place::Ends => names_px(chart) as i32 + 12,
            Place::Nowhere | Place::List => 14,
        };
        let right = width as i32 - names;
        Self { left, right, top: 30, bottom: height as i32 - 42, x, y }
    }

    fn x(&self, at: f64) -> i32 {
        self.left + share(at, self.x, self.right - self.left)
    }

    fn y(&self, at: f64) -> i32 {
        self.bottom - share(at, self.y, self.bottom - self.top)
    }
}

fn share(at: f64, (low, high): (f64, f64), length: i32) -> i32 {
    ((at - low) / (high - low).max(1e-12) * f64::from(length)).round() as i32
}

fn y_digits(y_ticks: &[f64]) -> usize {
    y_ticks.windows(2).next().map_or(0, |pair| decimals(pair[1] - pair[0]))
}

/// Least and greatest of one side of all points; `None` if there is no point.
fn range(chart: &Chart, pick: fn(&(f64, f64)) -> f64) -> Option<(f64, f64)> {
    let values = chart.series.iter().flat_map(|it| it.points.iter().map(pick));
    values.filter(|it| it.is_finite()).fold(None, |range, value| match range {
        None => Some((value, value)),
        Some((low, high)) => Some((low.min(value), high.max(value))),
    })
}

fn draw<B: DrawingBackend>(
    chart: &Chart,
    size: (u32, u32),
    root: &DrawingArea<B, plotters::coord::Shift>,
) -> Drawn
where
    B::ErrorType: 'static,
{
    let mut x = range(chart, |it| it.0).unwrap_or((0.0, 1.0));
    let y = range(chart, |it| it.1).unwrap_or((0.0, 1.0));
    let bar = bar_width(chart);
    if chart.kind == ChartKind::Bars {
        x = (x.0 - bar / 2.0, x.1 + bar / 2.0);
    } else if x.0 == x.1 {
        x = (x.0 - 0.5, x.1 + 0.5);
    }
    // Counts and times are read against zero, unless all of them are far from it.
    let low =
        if 0.0 <= y.0 && (y.0 < y.1 * 0.6 || chart.kind == ChartKind::Bars) { 0.0 } else { y.0 };
    let high = if low < y.1 { y.1 } else { low + 1.0 };
    let y_ticks = ticks(low, high, 4);
    let scale = Scale::new(chart, size, x, &y_ticks);
    draw_axes(chart, &scale, &y_ticks, root)?;
    for (n, series) in chart.series.iter().enumerate() {
        draw_series(chart, (n, series), &scale, root)?;
    }
    match place(chart, size.0) {
        Place::Ends => draw_names(chart, &scale, root),
        Place::Nowhere | Place::List => Ok(()),
    }
}

/// Width of one point's bars, in units of x.
fn bar_width(chart: &Chart) -> f64 {
    let points = chart.series.iter().flat_map(|it| it.points.windows(2));
    points.map(|pair| pair[1].0 - pair[0].0).filter(|it| 0.0 < *it).reduce(f64::min).unwrap_or(1.0)
}

/// Whether all points stand at whole numbers.
fn whole_x(chart: &Chart) -> bool {
    chart.series.iter().flat_map(|it| &it.points).all(|(x, _)| x.fract() == 0.0)
}

fn marker(role: u8, n: usize) -> RGBColor {
    RGBColor(role, 0, u8::try_from(n).unwrap_or(u8::MAX))
}

fn words(role: u8, n: usize, h: HPos, v: VPos) -> TextStyle<'static> {
    let mut style = TextStyle::from(("sans-serif", TEXT_PX)).pos(Pos::new(h, v));
    style.color = marker(role, n).to_backend_color();
    style
}

fn draw_axes<B: DrawingBackend>(
    chart: &Chart,
    scale: &Scale,
    y_ticks: &[f64],
    root: &DrawingArea<B, plotters::coord::Shift>,
) -> Drawn
where
    B::ErrorType: 'static,
{
    let digits = y_digits(y_ticks);
    for at in y_ticks {
        let y = scale.y(*at);
        let role = if *at == 0.0 { AXIS } else { GRID };
        root.draw(&PathElement::new(vec![(scale.left, y), (scale.right, y)], marker(role, 0)))?;
        let style = words(NUMBER, 0, HPos::Right, VPos::Center);
        root.draw_text(&number(*at, digits), &style, (scale.left - 6, y))?;
    }
    let number_px = text_px(&number(scale.x.1, 1), TEXT_PX) as i32 + 14;
    let n = ((scale.right - scale.left) / number_px).clamp(2, 12).unsigned_abs();
    let n = if whole_x(chart) { n.min((scale.x.1 - scale.x.0) as u32 + 1) } else { n };
    let x_ticks = ticks(scale.x.0, scale.x.1, n);
    let x_digits = y_digits(&x_ticks);
    for at in x_ticks.iter().filter(|at| (scale.x.0..=scale.x.1).contains(*at)) {
        let x = scale.x(*at);
        let foot = vec![(x, scale.bottom), (x, scale.bottom + 4)];
        root.draw(&PathElement::new(foot, marker(AXIS, 0)))?;
        let style = words(NUMBER, 0, HPos::Center, VPos::Top);
        root.draw_text(&number(*at, x_digits), &style, (x, scale.bottom + 7))?;
    }
    let style = words(NAME, 0, HPos::Right, VPos::Top);
    // It ends where the axis ends, unless it is longer than that.
    let label_px = text_px(&chart.x_label, TEXT_PX * BOLD) as i32;
    root.draw_text(&chart.x_label, &style, (scale.right.max(label_px), scale.bottom + 24))?;
    let style = words(NAME, 0, HPos::Left, VPos::Top);
    root.draw_text(&chart.y_label, &style, (0, 4))?;
    Ok(())
}

fn draw_series<B: DrawingBackend>(
    chart: &Chart,
    (n, series): (usize, &Series),
    scale: &Scale,
    root: &DrawingArea<B, plotters::coord::Shift>,
) -> Drawn
where
    B::ErrorType: 'static,
{
    let color = marker(SERIES, n);
    if chart.kind == ChartKind::Bars {
        let n_series = chart.series.len().max(1) as f64;
        let width = bar_width(chart) * 0.8 / n_series;
        let zero = scale.y(0.0_f64.clamp(scale.y.0, scale.y.1));
        for (x, y) in &series.points {
            let left = x - width * n_series / 2.0 + width * n as f64;
            let (from, to) = (scale.x(left), scale.x(left + width).max(scale.x(left) + 2) - 1);
            root.draw(&Rectangle::new([(from, scale.y(*y)), (to, zero)], color.filled()))?;
        }
        return Ok(());
    }
    let mut path: Vec<(i32, i32)> = Vec::new();
    for (x, y) in &series.points {
        if let (ChartKind::Step, Some(last)) = (chart.kind, path.last().copied()) {
            path.push((scale.x(*x), last.1));
        }
        path.push((scale.x(*x), scale.y(*y)));
    }
    if path.len() == 1 {
        root.draw(&Circle::new(path[0], 4, color.filled()))?;
    }
    root.draw(&PathElement::new(path, color))?;
    Ok(())
}

/// Each series is named where it ends; names that would touch move apart.
fn draw_names<B: DrawingBackend>(
    chart: &Chart,
    scale: &Scale,
    root: &DrawingArea<B, plotters::coord::Shift>,
) -> Drawn
where
    B::ErrorType: 'static,
{
    let end = |series: &Series| series.points.last().map_or(scale.bottom, |(_, y)| scale.y(*y));
    let wanted: Vec<i32> = chart.series.iter().map(end).collect();
    for ((n, series), y) in
        chart.series.iter().enumerate().zip(spread(&wanted, scale.top, scale.bottom))
    {
        let style = words(SERIES_NAME, n, HPos::Left, VPos::Center);
        root.draw_text(&series.label, &style, (scale.right + 8, y))?;
    }
    Ok(())
}

/// Heights as near to the wanted ones as a gap between all of them allows.
fn spread(wanted: &[i32], top: i32, bottom: i32) -> Vec<i32> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    sim::order::by_key(&mut order, |n| wanted[*n]);
    let mut placed = wanted.to_vec();
    let mut free = top;
    for n in &order {
        placed[*n] = placed[*n].max(free);
        free = placed[*n] + LABEL_GAP_PX;
    }
    let mut limit = bottom;
    for n in order.iter().rev() {
        placed[*n] = placed[*n].min(limit);
        limit = placed[*n] - LABEL_GAP_PX;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn labels_move_apart_and_stay_inside() {
        assert_eq!(spread(&[100, 100, 40], 0, 300), [100, 116, 40]);
        assert_eq!(spread(&[298, 299], 0, 300), [284, 300]);
    }
}
