//! Panels: one function a kind, from plain data to what is seen.
//!
//! A panel is drawn by a pure function without signals or state, so that the server and the
//! browser draw the same. Whatever stands for a mark carries its key in `data-key` and its full
//! text as a tooltip. Looks come from classes (`actor-0`, `tone-ready`) and geometry from SVG
//! attributes: the pages' Content-Security-Policy allows no style attribute.

mod bits;
mod cells;
mod chart;
mod chart_names;
mod chart_theme;
mod code;
mod excerpt;
mod gantt;
mod gantt_axis;
mod gantt_dense;
mod gantt_legend;
mod geometry;
mod graph;
mod graph_edges;
pub(crate) mod marks;
mod note;
mod pager;
mod queue;
mod stats;
mod strip;
mod table;

#[cfg(test)]
mod palette;
#[cfg(all(test, feature = "ssr"))]
mod samples;
#[cfg(all(test, feature = "ssr"))]
mod sheet;
#[cfg(all(test, feature = "ssr"))]
mod tests;

pub use excerpt::hero;
pub use marks::{actor_class, name_chip};
pub use pager::FOLLOW;

use crate::draw::{Content as _, Element, Node, el};
use sim::scene::{Chart, Panel, Slot};

/// Draws a chart with a title.
pub type ChartView = fn(&Chart, &str) -> Element;

/// What draws charts: a piece of the program of its own, since most figures have none.
pub static CHARTS: ChartView = chart::chart_view;

/// Draws a chart, once what draws it is here.
#[must_use]
pub fn chart_view(chart: &Chart, title: &str) -> Element {
    match crate::pieces::charts() {
        Some(draw) => draw(chart, title),
        None => el("p")
            .class("quiet-note")
            .with("The chart did not come. Check the connection, then load the page again."),
    }
}

/// Draws one panel of one frame, whole. `actors` are the run's names by actor index.
#[must_use]
pub fn panel_view(slot: &Slot, actors: &[String]) -> Element {
    framed(slot, actors, None, None)
}

/// Draws one panel of one frame; of very many rows the page of index `chosen`, or the one where the step happens, which
/// `hero` tells. Whoever passes `turns` handles a click on what carries `data-turn`.
#[must_use]
pub fn paged_view(
    mut slot: Slot,
    actors: &[String],
    chosen: Option<usize>,
    hero: Option<u16>,
    turns: bool,
) -> Element {
    let page = excerpt::cut(&mut slot, chosen, hero);
    let pager = page.map(|page| pager::pager_view(page, slot.slug, chosen.is_none(), turns));
    framed(&slot, actors, hero, pager)
}

fn framed(slot: &Slot, actors: &[String], hero: Option<u16>, pager: Option<Element>) -> Element {
    let Slot { slug, title, panel } = slot;
    let mut body: Vec<Node> = Vec::new();
    match panel {
        Panel::Gantt(it) => body = gantt::gantt_view(it, actors, hero, title),
        Panel::Queue(it) => queue::queue_view(it).put(&mut body),
        Panel::Cells(it) => cells::cells_view(it).put(&mut body),
        Panel::Strip(it) => strip::strip_view(it, title).put(&mut body),
        Panel::Table(it) => table::table_view(it, title).put(&mut body),
        Panel::Bits(it) => bits::bits_view(it).put(&mut body),
        Panel::Graph(it) => graph::graph_view(it, title).put(&mut body),
        Panel::Code(it) => code::code_view(it, actors).put(&mut body),
        Panel::Chart(it) => chart_view(it, title).put(&mut body),
        Panel::Stats(it) => stats::stats_view(it).put(&mut body),
        Panel::Note { text } => note::note_view(text).put(&mut body),
    }
    el("div")
        .class(format!("panel panel-{}", panel.kind()))
        .set("data-slug", *slug)
        .set("role", "group")
        .set("aria-label", *title)
        .with(el("p").class("panel-title").set("aria-hidden", "true").with(*title))
        .with(pager)
        .with(body)
}
