//! Where the names of a chart's series stand: at their ends, or in a list under the drawing.

use super::chart::TEXT_PX;
use super::geometry::text_px;
use super::marks::actor_class;
use crate::draw::{Element, el, shape};
use sim::scene::{Chart, ChartKind, Series};

/// Names are bold, and wider for that.
pub(super) const BOLD: f64 = 1.12;

/// Most of the drawing's width that names at its right may take.
const NAMES_SHARE_MAX: f64 = 0.45;

/// Where the names stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Nowhere: bars of one series need no name beyond the title.
    Nowhere,
    /// Each where its series ends.
    Ends,
    /// In a list under the drawing: one of them is too long.
    List,
}

/// Where the names stand beside or under a drawing of `width`.
pub(super) fn place(chart: &Chart, width: u32) -> Place {
    match chart.series.len() {
        0 => Place::Nowhere,
        1 if chart.kind == ChartKind::Bars => Place::Nowhere,
        _ if names_px(chart) <= f64::from(width) * NAMES_SHARE_MAX => Place::Ends,
        _ => Place::List,
    }
}

/// Width of the longest name, in units of the drawing.
pub(super) fn names_px(chart: &Chart) -> f64 {
    let names = chart.series.iter().map(|it| text_px(&it.label, TEXT_PX * BOLD));
    names.fold(0.0, f64::max).ceil()
}

/// The list of names, where the narrow or also the wide drawing leaves them out.
pub(super) fn names_view(chart: &Chart, narrow: Place, wide: Place) -> Option<Element> {
    let class = match (narrow, wide) {
        (_, Place::List) => "legend",
        (Place::List, _) => "legend legend-narrow",
        _ => return None,
    };
    let items: Vec<Element> =
        chart.series.iter().enumerate().map(|(n, it)| item_view(chart.kind, n, it)).collect();
    Some(el("ul").class(class).with(items))
}

/// A name after a piece of its line, in the same hue and dashes.
fn item_view(kind: ChartKind, n: usize, series: &Series) -> Element {
    let hue = series.actor.or_else(|| u16::try_from(n).ok());
    let class = format!("chart-series series-{} {}", n % 4, actor_class(hue));
    let line = match kind {
        ChartKind::Bars => {
            let rect = shape("rect").class(class).set("x", "2").set("y", "2");
            rect.set("width", "20").set("height", "12")
        }
        ChartKind::Line | ChartKind::Step => {
            shape("polyline").class(class).set("points", "1,8 31,8")
        }
    };
    let sign = shape("svg").set("width", "32").set("height", "16").set("aria-hidden", "true");
    el("li").with(sign.with(line)).with(el("span").with(&series.label))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(names: &[&str]) -> Chart {
        let series = names.iter().map(|name| Series {
            label: (*name).to_owned(),
            actor: None,
            points: vec![(0.0, 0.0), (1.0, 1.0)],
        });
        Chart {
            kind: ChartKind::Line,
            x_label: "x".to_owned(),
            y_label: "y".to_owned(),
            series: series.collect(),
        }
    }

    #[test]
    fn long_names_are_listed_instead_of_cut() {
        assert_eq!(place(&chart(&[]), 340), Place::Nowhere);
        assert_eq!(place(&chart(&["round robin"]), 340), Place::Ends);
        let long = chart(&["shortest remaining time", "first come, first served"]);
        assert_eq!(place(&long, 340), Place::List);
        assert_eq!(place(&long, 560), Place::Ends);
        let longer = chart(&["predicted from the average of all bursts before it"]);
        assert_eq!(place(&longer, 560), Place::List);
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn the_list_has_every_name_in_full() {
        use leptos::prelude::RenderHtml as _;
        let long = chart(&["shortest remaining time", "first come, first served"]);
        let html = super::super::chart_view(&long, "Title").to_html();
        assert!(html.contains("legend legend-narrow"), "{html}");
        assert_eq!(html.matches("chart-series series-").count(), 6, "{html}");
        assert_eq!(html.matches("<li>").count(), 2);
        // Once in the wide drawing and once in the list; twice in the two summaries.
        assert_eq!(html.matches("shortest remaining time").count(), 4, "{html}");
    }
}
