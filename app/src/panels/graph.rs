//! Nodes and edges.

use super::geometry::{FONT_PX, px, text_px};
use super::graph_edges::{Body, Way, arrow, bodies, way};
use super::marks::{mark_class, pattern, tip};
use crate::draw::{Element, el, shape};
use sim::scene::{Edge, Graph, Node};

/// Room around the picture, in pixels.
const MARGIN_PX: f64 = 14.0;

/// Draws edges below, nodes above. The picture keeps its size; its frame scrolls if it must.
pub(super) fn graph_view(graph: &Graph, title: &str) -> Element {
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
    let edges: Vec<Element> =
        ways.iter().map(|it| edge_view(it.0, &it.1, &it.2, graph.directed)).collect();
    let nodes: Vec<Element> =
        graph.nodes.iter().zip(&bodies).map(|(node, body)| node_view(node, body)).collect();
    let plot = shape("svg").class("graph").set("width", width).set("height", height);
    let plot = plot.set("viewBox", view_box).set("role", "img").set("aria-label", summary);
    el("div")
        .class("graph-frame")
        .set("tabindex", "0")
        .set("role", "group")
        .set("aria-label", format!("{title}, graph"))
        .with(plot.with(edges).with(nodes))
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

fn edge_view(edge: &Edge, way: &Way, text: &str, directed: bool) -> Element {
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
    let head = directed.then(|| {
        let points: Vec<String> =
            corners.iter().map(|(x, y)| format!("{},{}", px(*x), px(*y))).collect();
        shape("polygon").set("points", points.join(" "))
    });
    let label = (!edge.label.is_empty()).then(|| {
        let (x, y) = way.label(text_px(&edge.label, FONT_PX) / 2.0);
        let text = shape("text").set("x", px(x)).set("y", px(y)).set("dy", "0.35em");
        text.with(&edge.label)
    });
    shape("g")
        .class(class)
        .with(shape("title").with(text.to_owned()))
        .with(shape("path").set("d", curve))
        .with(head)
        .with(label)
}

fn node_view(node: &Node, body: &Body) -> Element {
    let Node { boxed, mark, note, .. } = node;
    let (w, h) = body.half;
    // The outline, so many pixels inside the border.
    let outline = |inside: f64, radius: &'static str| {
        let (w, h) = (w - inside, h - inside);
        if !boxed {
            return shape("circle").set("r", px(w));
        }
        let rect = shape("rect").set("x", px(-w)).set("y", px(-h));
        rect.set("width", px(w * 2.0)).set("height", px(h * 2.0)).set("rx", radius)
    };
    // On small shapes a pattern is a dashed line inside the border.
    let has_pattern = 0 < mark.actor.map_or(0, pattern);
    let inner = has_pattern.then(|| outline(4.0, "3").class("pattern-ring"));
    let label_dy = if note.is_empty() { "0.35em" } else { "-0.2em" };
    let note =
        (!note.is_empty()).then(|| shape("text").class("node-note").set("dy", "1.15em").with(note));
    let shift = format!("translate({} {})", px(body.center.0), px(body.center.1));
    let place = shape("g")
        .class(mark_class("node", mark))
        .set("data-key", &mark.key)
        .with(shape("title").with(tip(mark)))
        .with(outline(0.0, "6"))
        .with(inner)
        .with(shape("text").set("dy", label_dy).with(&mark.label))
        .with(note);
    // The key stands inside the shift, so that a move may be played on top of it.
    shape("g").set("transform", shift).with(place)
}
