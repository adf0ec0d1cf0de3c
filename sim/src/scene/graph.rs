//! Nodes and edges.

use super::{Mark, Tone};
use serde::Serialize;
use std::fmt::Write;

/// Nodes on a grid, joined by edges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Graph {
    /// Whether edges point from `from` to `to`.
    pub directed: bool,
    /// Nodes; at most one at any place.
    pub nodes: Vec<Node>,
    /// Edges; each end is the key of a node.
    pub edges: Vec<Edge>,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Column and row on a grid of its own; one step is about a node and a half.
    pub at: (i32, i32),
    /// Drawn as a box instead of a circle.
    pub boxed: bool,
    /// Its key, label, colour and state.
    pub mark: Mark,
    /// A second line under the label; may be empty.
    pub note: String,
}

/// One edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// Key of the node it leaves.
    pub from: String,
    /// Key of the node it reaches.
    pub to: String,
    /// Text at its middle; may be empty.
    pub label: String,
    /// What state it is in.
    pub tone: Tone,
}

impl Graph {
    pub(super) fn to_text(&self) -> String {
        let label = |key: &str| {
            let found = self.nodes.iter().find(|node| node.mark.key == key);
            found.map_or_else(|| key.to_owned(), |node| node.mark.label.clone())
        };
        let mut out = String::new();
        for node in &self.nodes {
            let _ = write!(out, "{}", node.mark.to_text());
            if !node.note.is_empty() {
                let _ = write!(out, " {}", node.note);
            }
            out.push('\n');
        }
        for edge in &self.edges {
            let arrow = if self.directed { "->" } else { "--" };
            let _ = write!(out, "{} {arrow} {}", label(&edge.from), label(&edge.to));
            if !edge.label.is_empty() {
                let _ = write!(out, " {}", edge.label);
            }
            let _ = writeln!(out, "{}", edge.tone.aside());
        }
        out
    }
}
