//! Series over an axis.

use super::number;
use serde::Serialize;
use std::fmt::Write;

/// Series over one axis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chart {
    /// Lines, steps or bars.
    #[serde(rename = "style")]
    pub kind: ChartKind,
    /// What runs to the right, with its unit.
    pub x_label: String,
    /// What runs upwards, with its unit.
    pub y_label: String,
    /// Series, drawn in this order.
    pub series: Vec<Series>,
}

/// How the points are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChartKind {
    /// Straight lines from point to point.
    Line,
    /// The value holds until the next point.
    Step,
    /// One bar a point.
    Bars,
}

/// One series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// Name in the legend.
    pub label: String,
    /// Whose series it is, if it is one actor's.
    pub actor: Option<u16>,
    /// Points, x rising; finite.
    pub points: Vec<(f64, f64)>,
}

impl Chart {
    pub(super) fn to_text(&self) -> String {
        let mut out = format!("{} over {}\n", self.y_label, self.x_label);
        for series in &self.series {
            let _ = write!(out, "{}:", series.label);
            for (x, y) in &series.points {
                let _ = write!(out, " {}:{}", number(*x, 3), number(*y, 3));
            }
            out.push('\n');
        }
        out
    }
}
