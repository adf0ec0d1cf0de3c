//! Nodes and edges.

use super::geometry::{FONT_PX, px, text_px};
use super::graph_edges::{Body, Way, arrow, bodies, way};
use super::marks::{mark_class, pattern, tip};
use leptos::prelude::*;
use sim::scene::{Edge, Graph, Node};

/// Room around the picture, in pixels.
const MARGIN_PX: f64 = 14.0;

/// Draws edges below, nodes above. The picture keeps its size; its frame scrolls if it must.
pub(super) fn graph_view(graph: &Graph, title: &str) -> AnyView {
    let bodies = bodies(graph);
    let find = |key: &str| graph.nodes.iter().position(|node| node.mark.key == key);
    let mut ways: Vec<(&Edge, Way, String)> = Vec::new();
    for edge in &graph.edges {
        let (Some(from), Some(to)) = (find(&edge.from), find(&edge.to)) else { continue };
        let names = (&graph.nodes[from].mark.label, &graph.nodes[to].mark.label);
        let joint = if graph.directed { "to" } else { "and" };
        let text = format!("{} {joint} {} {}", names.0, names.1, edge.label);
        ways.push((edge, way(graph, &bodies, from, to), text.trim_end().to_owned()));
    }
    let (view_box, width, height) = frame(&bodies, &ways);
    let summary = format!("{title}: {} nodes, {} edges", graph.nodes.len(), graph.edges.len());
    let edges: Vec<AnyView> =
        ways.iter().map(|it| edge_view(it.0, &it.1, &it.2, graph.directed)).collect();
    let nodes: Vec<AnyView> =
        graph.nodes.iter().zip(&bodies).map(|(node, body)| node_view(node, body)).collect();
    view! {
        <div class="graph-frame" tabindex="0" role="group" aria-label=format!("{title}, graph")>
            <svg class="graph" width=width height=height viewBox=view_box role="img"
                aria-label=summary>
                {edges}
                {nodes}
            </svg>
        </div>
    }
    .into_any()
}

/// View box, width and height around everything.
fn frame(bodies: &[Body], ways: &[(&Edge, Way, String)]) -> (String, String, String) {
    let corners = bodies.iter().flat_map(|body| {
        let ((x, y), (w, h)) = (body.center, body.half);
        [(x - w, y - h), (x + w, y + h)]
    });
    let mut points: Vec<(f64, f64)> = corners.collect();
    for (edge, way, _) in ways {
        let half = text_px(&edge.label, FONT_PX) / 2.0;
        let (x, y) = way.label(half);
        points.extend([(x - half, y), (x + half, y)]);
    }
    let least = |pick: fn(&(f64, f64)) -> f64| points.iter().map(pick).reduce(f64::min);
    let most = |pick: fn(&(f64, f64)) -> f64| points.iter().map(pick).reduce(f64::max);
    let left = least(|it| it.0).unwrap_or(0.0) - MARGIN_PX;
    let top = least(|it| it.1).unwrap_or(0.0) - MARGIN_PX;
    let width = most(|it| it.0).unwrap_or(0.0) + MARGIN_PX - left;
    let height = most(|it| it.1).unwrap_or(0.0) + MARGIN_PX - top;
    let view_box = format!("{} {} {} {}", px(left), px(top), px(width), px(height));
    (view_box, px(width), px(height))
}

fn edge_view(edge: &Edge, way: &Way, text: &str, directed: bool) -> AnyView {
    let class = format!("edge tone-{}", edge.tone.slug());
    let (corners, back) = arrow(way);
    let end = if directed { back } else { way.to };
    let curve = format!(
        "M{} {}Q{} {} {} {}",
        px(way.from.0),
        px(way.from.1),
        px(way.bend.0),
        px(way.bend.1),
        px(end.0),
        px(end.1)
    );
    let head = match directed {
        true => {
            let points: Vec<String> =
                corners.iter().map(|(x, y)| format!("{},{}", px(*x), px(*y))).collect();
            view! { <polygon points=points.join(" ") /> }.into_any()
        }
        false => ().into_any(),
    };
    let label = match edge.label.is_empty() {
        true => ().into_any(),
        false => {
            let (x, y) = way.label(text_px(&edge.label, FONT_PX) / 2.0);
            view! { <text x=px(x) y=px(y) dy="0.35em">{edge.label.clone()}</text> }.into_any()
        }
    };
    view! { <g class=class><title>{text.to_owned()}</title><path d=curve />{head}{label}</g> }
        .into_any()
}

fn node_view(node: &Node, body: &Body) -> AnyView {
    let Node { boxed, mark, note, .. } = node;
    let (w, h) = body.half;
    let shape = match boxed {
        true => {
            let (x, y) = (px(-w), px(-h));
            view! { <rect x=x y=y width=px(w * 2.0) height=px(h * 2.0) rx="6" /> }.into_any()
        }
        false => view! { <circle r=px(w) /> }.into_any(),
    };
    // On small shapes a pattern is a dashed line inside the border.
    let inner = match (mark.actor.map_or(0, pattern), boxed) {
        (0, _) => ().into_any(),
        (_, true) => {
            let (x, y) = (px(4.0 - w), px(4.0 - h));
            let (width, height) = (px(w * 2.0 - 8.0), px(h * 2.0 - 8.0));
            view! { <rect class="pattern-ring" x=x y=y width=width height=height rx="3" /> }
                .into_any()
        }
        (_, false) => view! { <circle class="pattern-ring" r=px(w - 4.0) /> }.into_any(),
    };
    let (label_dy, note) = match note.is_empty() {
        true => ("0.35em", ().into_any()),
        false => (
            "-0.2em",
            view! { <text class="node-note" dy="1.15em">{note.clone()}</text> }.into_any(),
        ),
    };
    let shift = format!("translate({} {})", px(body.center.0), px(body.center.1));
    let place = view! {
        <g class=mark_class("node", mark) data-key=mark.key.clone()>
            <title>{tip(mark)}</title>
            {shape}
            {inner}
            <text dy=label_dy>{mark.label.clone()}</text>
            {note}
        </g>
    };
    // The key stands inside the shift, so that a move may be played on top of it.
    view! { <g transform=shift>{place}</g> }.into_any()
}
