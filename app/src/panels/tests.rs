//! Every panel as HTML, checked for what it means.

use super::{panel_view, samples};
use leptos::prelude::*;
use sim::scene::{Cells, ChartKind, Gantt, Graph, Panel, Queue, Slot, Stats, Strip, Table};
use std::time::Instant;

fn html(panel: Panel) -> String {
    let slot = Slot { slug: "slug", title: "Title", panel };
    panel_view(&slot, &samples::actors()).to_html()
}

fn count(html: &str, what: &str) -> usize {
    html.matches(what).count()
}

#[track_caller]
fn assert_has(html: &str, whats: &[&str]) {
    for what in whats {
        assert!(html.contains(what), "no {what:?} in\n{html}");
    }
}

#[test]
fn every_panel_names_itself_and_has_no_inline_style() {
    for slot in samples::slots() {
        let html = panel_view(&slot, &samples::actors()).to_html();
        let class = format!("panel panel-{}", slot.panel.kind());
        assert_has(&html, &[&class, slot.title, &format!("data-slug=\"{}\"", slot.slug)]);
        assert_eq!(count(&html, " style="), 0, "{html}");
        assert_eq!(count(&html, "<style"), 0);
        assert_eq!(count(&html, "<must>") + count(&html, "<shared>") + count(&html, "<come>"), 0);
    }
}

#[test]
fn gantt_has_lanes_bars_events_and_now() {
    let html = html(Panel::Gantt(samples::gantt()));
    assert_eq!(count(&html, "class=\"gantt-lane\""), 5);
    assert_eq!(count(&html, "span span-bar"), 7);
    assert_eq!(count(&html, "event event-arrive"), 5);
    assert_eq!(count(&html, "event event-finish"), 2);
    assert_has(
        &html,
        &[
            "class=\"legend legend-gantt\"",
            "event-arrive legend-event",
            "<span>arrives</span>",
            "data-key=\"P2.7\"",
            "P2, running, 7 to 9 ticks",
            "Title: 5 lanes from 0 to 22 ticks, now 13",
            "has-actor actor-4",
            "<line class=\"gantt-now\" x1=\"59.0909%\" x2=\"59.0909%\" y1=\"0\" y2=\"180\"",
        ],
    );
}

#[test]
fn gantt_hatches_what_is_blocked_and_repeats_hues_with_a_pattern() {
    let html = html(Panel::Gantt(samples::gantt_mixed()));
    assert_has(&html, &["span span-hatch", "span span-cost", "span span-rest", "span span-thin"]);
    assert_has(&html, &["<span>blocked</span>", "<span>missed deadline</span>"]);
    assert_has(&html, &["actor-1 actor-pattern-1", "class=\"pattern-line\"", "event event-miss"]);
}

#[test]
fn gantt_without_anything_is_still_drawn() {
    let html = html(Panel::Gantt(Gantt { now: 0, end: 0, unit: "ticks", lanes: vec![] }));
    assert_has(&html, &["0 lanes", "gantt-axis"]);
    assert_eq!(count(&html, "legend"), 0);
}

#[test]
fn a_long_gantt_stays_small_and_quick() {
    let began = Instant::now();
    let html = html(Panel::Gantt(samples::gantt_long(200, 10_000)));
    assert!(html.len() < 400_000, "{} bytes", html.len());
    assert!(began.elapsed().as_millis() < 1_000, "{:?}", began.elapsed());
    assert_eq!(count(&html, "class=\"gantt-lane\""), 200);
    assert_has(&html, &["job 3: 8 bars, 56 ticks in all"]);
}

#[test]
fn queue_marks_its_head_and_says_when_it_is_empty() {
    let html = html(Panel::Queue(samples::queue()));
    assert_eq!(count(&html, "queue-head"), 2);
    assert_eq!(count(&html, "title=\"empty\""), 1);
    assert_has(&html, &["data-key=\"job.P4\"", "quantum ends at 15", "P4, ready"]);
    let none = self::html(Panel::Queue(Queue { rows: vec![] }));
    assert_has(&none, &["class=\"queue\""]);
}

#[test]
fn cells_have_heads_and_tones() {
    let html = html(Panel::Cells(samples::cells()));
    assert_eq!(count(&html, "class=\"cell\""), 28);
    assert_eq!(count(&html, "class=\"cell-head\""), 12);
    assert_has(
        &html,
        &["tone-dirty", "data-key=\"frame.11\"", "has-actor actor-2 actor-pattern-1"],
    );
    self::html(Panel::Cells(Cells { rows: vec![] }));
}

#[test]
fn table_aligns_numbers_and_marks_its_row() {
    let html = html(Panel::Table(samples::table()));
    assert_eq!(count(&html, "scope=\"col\""), 4);
    assert_eq!(count(&html, "scope=\"row\""), 3);
    assert_eq!(count(&html, "<td class=\"numeric"), 6);
    assert_eq!(count(&html, "aria-current=\"true\""), 1);
    assert_has(&html, &["is-marked", "P3 &lt;b&gt;", "tone-running"]);
    self::html(Panel::Table(Table { columns: vec![], rows: vec![] }));
}

#[test]
fn strip_has_stretches_pins_and_numbers() {
    let html = html(Panel::Strip(samples::strip()));
    assert_eq!(count(&html, "class=\"strip-row\""), 2);
    assert_has(&html, &["x=\"30%\"", "P1, 1004 to 1030 bytes", "rover", ">1050<", "pin-left"]);
    self::html(Panel::Strip(Strip { start: 0, end: 0, unit: "bytes", rows: vec![] }));
}

#[test]
fn bits_show_ends_digits_and_values() {
    let html = html(Panel::Bits(samples::bits()));
    assert_eq!(count(&html, "data-key="), 5);
    assert_has(&html, &["0x00403abc", "<span>31</span><span>22</span>", "1010", "2748"]);
    assert_eq!(count(&html, "field-2"), 2, "one name has one hue");
}

#[test]
fn graph_draws_every_node_and_edge() {
    let html = html(Panel::Graph(samples::graph_ring()));
    assert_eq!(count(&html, "class=\"node "), 5);
    assert_eq!(count(&html, "class=\"edge "), 7);
    assert_eq!(count(&html, "<polygon"), 7);
    assert_has(&html, &["A to tape wants", "Title: 5 nodes, 7 edges", "data-key=\"disk\""]);
    let tree = self::html(Panel::Graph(samples::graph_tree()));
    assert_eq!(count(&tree, "<polygon"), 0);
    self::html(Panel::Graph(Graph { directed: true, nodes: vec![], edges: vec![] }));
}

#[test]
fn code_marks_the_next_line_of_each_listing() {
    let html = html(Panel::Code(samples::code()));
    assert_eq!(count(&html, "class=\"line is-next\""), 2);
    assert_eq!(count(&html, "<li"), 12);
    assert_has(&html, &["data-key=\"thread.1.next\"", "waits for the lock", "&lt;shared&gt;"]);
}

#[test]
fn chart_follows_the_theme_and_names_its_series() {
    for kind in [ChartKind::Line, ChartKind::Step, ChartKind::Bars] {
        let html = html(Panel::Chart(samples::chart(kind)));
        assert_eq!(count(&html, "#0") + count(&html, "font-size") + count(&html, "font-family"), 0);
        assert_has(&html, &["mean waiting time, ticks", "quantum, ticks", "chart-series"]);
        if kind != ChartKind::Bars {
            assert_has(&html, &["first &lt;come&gt;", "has-actor actor-2"]);
            assert_eq!(count(&html, "class=\"chart-series-name"), 6);
        }
    }
    let empty = sim::scene::Chart { series: vec![], ..samples::chart(ChartKind::Line) };
    html(Panel::Chart(empty));
}

#[test]
fn stats_have_values_and_units() {
    let html = html(Panel::Stats(samples::stats()));
    assert_eq!(count(&html, "<dt>"), 4);
    assert_eq!(count(&html, "stat-unit"), 2);
    self::html(Panel::Stats(Stats { items: vec![] }));
}
