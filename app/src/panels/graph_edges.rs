//! Where nodes and edges of a graph lie, in pixels.

use super::geometry::{FONT_PX, text_px};
use sim::scene::{Edge, Graph, Node};

/// Size of the smallest node, in pixels.
const NODE_PX: f64 = 44.0;

/// Height of a boxed node with one line and with two, in pixels.
const BOX_PX: f64 = 32.0;
const BOX_TALL_PX: f64 = 46.0;

/// Least gap between nodes of one row, and between rows, in pixels.
const GAP_X_PX: f64 = 26.0;
const GAP_Y_PX: f64 = 36.0;

/// Least gap between rows where edges have labels, in pixels.
const LABELLED_GAP_Y_PX: f64 = 52.0;

/// Most labels that are kept apart, and the widest step of the grid that they may ask for, in
/// pixels.
const LABELS_MAX: usize = 100;
const WIDE_STEP_PX: f64 = 160.0;

/// How far out the bend of an edge lies that would run along another edge, in pixels.
const BEND_PX: f64 = 24.0;

/// How far an edge keeps away from a node that is in its way, in pixels.
const CLEAR_PX: f64 = 14.0;

/// A point, in pixels.
pub(super) type Point = (f64, f64);

/// A node's place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Body {
    pub(super) center: Point,
    /// Half of width and height.
    pub(super) half: Point,
    pub(super) boxed: bool,
}

/// Half of a node's width and height.
fn half(node: &Node) -> Point {
    let label = text_px(&node.mark.label, FONT_PX);
    let note = text_px(&node.note, FONT_PX - 1.5);
    if node.boxed {
        let width = (label.max(note) + 20.0).max(NODE_PX);
        let height = if node.note.is_empty() { BOX_PX } else { BOX_TALL_PX };
        return (width / 2.0, height / 2.0);
    }
    let width = (label.max(note) + 12.0).max(NODE_PX);
    (width / 2.0, width / 2.0)
}

/// Every node's place, in the order of the nodes. The grid is as wide as its fullest row needs.
pub(super) fn bodies(graph: &Graph) -> Vec<Body> {
    let halves: Vec<Point> = graph.nodes.iter().map(half).collect();
    let widest = halves.iter().map(|it| it.0).fold(NODE_PX / 2.0, f64::max);
    let tallest = halves.iter().map(|it| it.1).fold(BOX_PX / 2.0, f64::max);
    let mut step_x = widest * 1.1;
    for (n, a) in graph.nodes.iter().enumerate() {
        for (m, b) in graph.nodes.iter().enumerate().take(n) {
            let apart = f64::from(a.at.0.abs_diff(b.at.0));
            if a.at.1 == b.at.1 && 0.0 < apart {
                step_x = step_x.max((halves[n].0 + halves[m].0 + GAP_X_PX) / apart);
            }
        }
    }
    let mut gap_y = GAP_Y_PX;
    for edge in graph.edges.iter().filter(|edge| !edge.label.is_empty()) {
        gap_y = LABELLED_GAP_Y_PX;
        let find = |key: &str| graph.nodes.iter().position(|node| node.mark.key == key);
        let (Some(n), Some(m)) = (find(&edge.from), find(&edge.to)) else { continue };
        let (a, b) = (graph.nodes[n].at, graph.nodes[m].at);
        if a.1 == b.1 && a.0 != b.0 {
            // The label stands between the nodes, with a piece of the edge on either side.
            let need = halves[n].0 + halves[m].0 + text_px(&edge.label, FONT_PX) + GAP_X_PX;
            step_x = step_x.max(need / f64::from(a.0.abs_diff(b.0)));
        }
    }
    step_x = step_x.max(step_for_siblings(graph));
    let step_y = tallest * 2.0 + gap_y;
    let body = |(node, half): (&Node, Point)| Body {
        center: (f64::from(node.at.0) * step_x, f64::from(node.at.1) * step_y),
        half,
        boxed: node.boxed,
    };
    graph.nodes.iter().zip(halves).map(body).collect()
}

/// Least width of the grid's step at which labels of edges to neighbours of one row, out of one
/// node, stand side by side: they stand half as far apart as the neighbours.
fn step_for_siblings(graph: &Graph) -> f64 {
    let place = |key: &str| graph.nodes.iter().find(|it| it.mark.key == key).map(|it| it.at);
    let labelled: Vec<&Edge> = graph.edges.iter().filter(|it| !it.label.is_empty()).collect();
    let mut step: f64 = 0.0;
    for (n, a) in labelled.iter().enumerate().take(LABELS_MAX) {
        for b in labelled.iter().take(n) {
            let others = if a.from == b.from {
                (place(&a.to), place(&b.to))
            } else if a.to == b.to {
                (place(&a.from), place(&b.from))
            } else {
                continue;
            };
            let (Some(at_a), Some(at_b)) = others else { continue };
            if at_a.1 == at_b.1 && at_a.0 != at_b.0 {
                let width = text_px(&a.label, FONT_PX) + text_px(&b.label, FONT_PX);
                step = step.max((width + 16.0) / f64::from(at_a.0.abs_diff(at_b.0)));
            }
        }
    }
    step.min(WIDE_STEP_PX)
}

impl Body {
    /// Where the line from the center towards `to` leaves the node.
    pub(super) fn border(&self, to: Point) -> Point {
        let (dx, dy) = (to.0 - self.center.0, to.1 - self.center.1);
        let length = dx.hypot(dy);
        if length < 1e-9 {
            return self.center;
        }
        let share = match self.boxed {
            true => (self.half.0 / dx.abs().max(1e-9)).min(self.half.1 / dy.abs().max(1e-9)),
            false => self.half.0 / length,
        };
        (self.center.0 + dx * share, self.center.1 + dy * share)
    }

    /// Whether the straight line from `a` to `b` comes too near to be read as passing by.
    fn hides(&self, a: Point, b: Point) -> bool {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let along = ((self.center.0 - a.0) * dx + (self.center.1 - a.1) * dy)
            / (dx * dx + dy * dy).max(1e-9);
        if !(0.05..=0.95).contains(&along) {
            return false;
        }
        let foot = (a.0 + dx * along, a.1 + dy * along);
        (self.center.0 - foot.0).abs() < self.half.0 + 4.0
            && (self.center.1 - foot.1).abs() < self.half.1 + 4.0
    }
}

/// The way of one edge: a curve from border to border.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Way {
    pub(super) from: Point,
    pub(super) bend: Point,
    pub(super) to: Point,
}

impl Way {
    /// The middle of a label of half the width `half_px`: on the curve, and outside its bend.
    pub(super) fn label(&self, half_px: f64) -> Point {
        let (x, y) = self.middle();
        let straight = ((self.from.0 + self.to.0) / 2.0, (self.from.1 + self.to.1) / 2.0);
        let (dx, dy) = (x - straight.0, y - straight.1);
        let out = dx.hypot(dy);
        if out < CLEAR_PX {
            return (x, y);
        }
        (x + dx / out * half_px * (dx.abs() / out), y)
    }

    /// The middle of the curve.
    fn middle(&self) -> Point {
        let mix = |a: f64, b: f64, c: f64| a / 4.0 + b / 2.0 + c / 4.0;
        (mix(self.from.0, self.bend.0, self.to.0), mix(self.from.1, self.bend.1, self.to.1))
    }
}

/// The way of the edge from node `from` to node `to`, by index.
pub(super) fn way(graph: &Graph, bodies: &[Body], from: usize, to: usize) -> Way {
    let (a, b) = (bodies[from], bodies[to]);
    if from == to {
        let (x, y) = a.center;
        let (left, right) = (x - a.half.0 * 0.5, x + a.half.0 * 0.5);
        let top = y - a.half.1 * 0.9;
        return Way { from: (left, top), bend: (x, top - 56.0), to: (right, top) };
    }
    let keys = (&graph.nodes[from].mark.key, &graph.nodes[to].mark.key);
    let both_ways = graph.edges.iter().any(|edge| (&edge.to, &edge.from) == keys);
    let middle = ((a.center.0 + b.center.0) / 2.0, (a.center.1 + b.center.1) / 2.0);
    let (dx, dy) = (b.center.0 - a.center.0, b.center.1 - a.center.1);
    let length = dx.hypot(dy).max(1e-9);
    let (across_x, across_y) = (dy / length, -dx / length);
    let others = bodies.iter().enumerate().filter(|(n, _)| *n != from && *n != to);
    let in_the_way = others.map(|it| it.1).filter(|it| it.hides(a.center, b.center));
    let by = match (detour(in_the_way, a.center, (across_x, across_y)), both_ways) {
        // The curve goes half as far out as its bend.
        (Some(out), _) => 2.0 * out,
        (None, true) => BEND_PX,
        (None, false) => 0.0,
    };
    let bend = (middle.0 + across_x * by, middle.1 + across_y * by);
    Way { from: a.border(bend), bend, to: b.border(bend) }
}

/// How far out, along `across`, a curve passes by all `bodies`, on the side where that is less.
/// `None` if there are none.
fn detour<'a>(bodies: impl Iterator<Item = &'a Body>, from: Point, across: Point) -> Option<f64> {
    let mut sides: Option<(f64, f64)> = None;
    for body in bodies {
        let reach = across.0.abs() * body.half.0 + across.1.abs() * body.half.1 + CLEAR_PX;
        let (x, y) = (body.center.0 - from.0, body.center.1 - from.1);
        let off = x * across.0 + y * across.1;
        let (left, right) = sides.unwrap_or((0.0, 0.0));
        sides = Some((left.max(reach + off), right.max(reach - off)));
    }
    sides.map(|(left, right)| if left <= right { left } else { -right })
}

/// Three corners of an arrow head whose tip is the end of `way`, and the middle of its back.
pub(super) fn arrow(way: &Way) -> ([Point; 3], Point) {
    const LONG: f64 = 9.0;
    const WIDE: f64 = 4.2;
    let (dx, dy) = (way.to.0 - way.bend.0, way.to.1 - way.bend.1);
    let length = dx.hypot(dy).max(1e-9);
    let (ux, uy) = (dx / length, dy / length);
    let back = (way.to.0 - ux * LONG, way.to.1 - uy * LONG);
    let left = (back.0 - uy * WIDE, back.1 + ux * WIDE);
    let right = (back.0 + uy * WIDE, back.1 - ux * WIDE);
    ([way.to, left, right], back)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND: Body = Body { center: (0.0, 0.0), half: (20.0, 20.0), boxed: false };
    const BOXED: Body = Body { center: (0.0, 0.0), half: (30.0, 10.0), boxed: true };

    #[test]
    fn edges_end_at_the_border_of_a_node() {
        assert_eq!(ROUND.border((100.0, 0.0)), (20.0, 0.0));
        assert_eq!(BOXED.border((0.0, -50.0)), (0.0, -10.0));
        assert_eq!(BOXED.border((100.0, 0.0)), (30.0, 0.0));
        let (x, y) = BOXED.border((100.0, 100.0));
        assert!((x - 10.0).abs() < 1e-9 && (y - 10.0).abs() < 1e-9);
        assert_eq!(ROUND.border((0.0, 0.0)), (0.0, 0.0));
    }

    #[test]
    fn a_node_between_two_others_hides_their_edge() {
        assert!(ROUND.hides((-100.0, 0.0), (100.0, 0.0)));
        assert!(!ROUND.hides((-100.0, 60.0), (100.0, 60.0)));
        assert!(!ROUND.hides((0.0, 0.0), (100.0, 0.0)));
    }

    #[test]
    fn an_arrow_points_along_its_edge() {
        let way = Way { from: (0.0, 0.0), bend: (50.0, 0.0), to: (100.0, 0.0) };
        let ([tip, left, right], back) = arrow(&way);
        assert_eq!((tip, back), ((100.0, 0.0), (91.0, 0.0)));
        assert_eq!((left, right), ((91.0, 4.2), (91.0, -4.2)));
        assert_eq!(way.label(10.0), (50.0, 0.0));
    }

    #[test]
    fn labels_of_bent_edges_stand_outside() {
        let way = Way { from: (0.0, 0.0), bend: (60.0, 50.0), to: (0.0, 100.0) };
        assert_eq!(way.label(20.0), (50.0, 50.0));
    }

    #[test]
    fn a_detour_takes_the_shorter_side() {
        let body = Body { center: (8.0, 50.0), half: (20.0, 20.0), boxed: true };
        assert_eq!(detour([body].iter(), (0.0, 0.0), (1.0, 0.0)), Some(-26.0));
        assert_eq!(detour([].iter(), (0.0, 0.0), (1.0, 0.0)), None);
    }
}
