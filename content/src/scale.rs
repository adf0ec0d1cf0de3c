//! A scale of powers of ten as SVG. Places are shares of the width, so that one drawing fits every
//! screen and its words keep their size.

use crate::escape::escape;
use crate::latency::{KINDS, Latency, range, time};

/// Height of a row, and of the axis above all of them.
const ROW: u32 = 42;
const AXIS: u32 = 30;

/// Ends of the scale as powers of ten of a nanosecond.
const FIRST: i32 = -1;
const LAST: i32 = 9;

/// The scale; the rows are sorted.
pub(crate) fn draw(rows: &[Latency]) -> String {
    let n_rows = u32::try_from(rows.len()).unwrap_or_default();
    let height = AXIS + n_rows * ROW + 8;
    let mut out = String::from("<figure class=\"scale breakout\" id=\"scale\">");
    out.push_str("<ul class=\"scale-key\" aria-hidden=\"true\">");
    for (_, name, class) in KINDS {
        out.push_str(&format!("<li><span class=\"swatch {class}\"></span>{name}</li>"));
    }
    out.push_str(&format!(
        "</ul><svg width=\"100%\" height=\"{height}\" role=\"img\" aria-label=\"Times from 0.1 nanoseconds to 10 seconds \
         on a scale on which each line is ten times the one before. The table below has the same numbers.\">"
    ));
    axis(&mut out, height);
    for (n, row) in (0..).zip(rows) {
        bar(&mut out, AXIS + n * ROW, row);
    }
    out.push_str(
        "</svg><figcaption>Each line is ten times the one before it. A bar reaches from the shortest to the longest that is usual.</figcaption></figure>\n",
    );
    out
}

/// A line for each power of ten, and words for every third.
fn axis(out: &mut String, height: u32) {
    for power in FIRST..=LAST {
        let x = place(10f64.powi(power));
        let is_named = power.rem_euclid(3) == 0;
        let class = if is_named { "tick named" } else { "tick" };
        out.push_str(&format!(
            "<line class=\"{class}\" x1=\"{x}%\" x2=\"{x}%\" y1=\"{}\" y2=\"{height}\"/>",
            AXIS - 8
        ));
        if is_named {
            let class = if power == LAST { "small end" } else { "small mid" };
            out.push_str(&format!(
                "<text class=\"{class}\" x=\"{x}%\" y=\"14\">{}</text>",
                time(10f64.powi(power))
            ));
        }
    }
}

/// The words above, the bar below.
fn bar(out: &mut String, top: u32, row: &Latency) {
    let (left, right) = (place(row.ns.0), place(row.ns.1));
    let class = KINDS.get(row.kind).map_or("", |it| it.2);
    let label = escape(&row.what);
    let span = range(&time(row.ns.0), &time(row.ns.1));
    out.push_str(&format!(
        "<g><text x=\"0\" y=\"{}\">{label}</text><text class=\"end value\" x=\"100%\" y=\"{}\">{span}</text>",
        top + 14,
        top + 14
    ));
    let y = top + 24;
    out.push_str(&format!("<line class=\"lead\" x1=\"0\" x2=\"{left}%\" y1=\"{y}\" y2=\"{y}\"/>"));
    // A round end on both sides, so that a single number is a dot.
    out.push_str(&format!(
        "<line class=\"span {class}\" x1=\"{left}%\" x2=\"{}%\" y1=\"{y}\" y2=\"{y}\"><title>{label}: {span}</title></line></g>",
        if left < right { right } else { left + 0.01 }
    ));
}

/// Where a time stands, in per cent of the width.
fn place(ns: f64) -> f64 {
    let (first, last) = (f64::from(FIRST), f64::from(LAST) + 0.6);
    let share = (ns.log10() - first) / (last - first);
    (share * 10_000.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn each_power_of_ten_is_as_far_from_the_next() {
        assert!(place(0.1).abs() < 1e-9);
        let steps: Vec<f64> =
            (0..8).map(|n| place(10f64.powi(n + 1)) - place(10f64.powi(n))).collect();
        assert!(steps.iter().all(|it| (it - steps[0]).abs() < 0.02), "{steps:?}");
        assert!(place(1e9) < 100.0);
    }
}
