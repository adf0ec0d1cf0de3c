//! The tree of halves: what was split stands above its two halves.

use super::zone::{Owner, Zone};
use crate::amounts::actor;
use crate::memory::alloc_script::Script;
use crate::scene::{Edge, Graph, Mark, Node, Tone};

/// Most leaves that are drawn.
const LEAVES_MAX: i32 = 40;

/// Draws the blocks of the zone and what they were cut from; `roots` are the blocks of the start.
pub(super) fn tree(roots: &Zone, zone: &Zone, script: &Script, focus: (u64, u32)) -> Graph {
    let mut drawn = Drawn {
        zone,
        script,
        focus,
        n_leaves: 0,
        graph: Graph { directed: false, nodes: Vec::new(), edges: Vec::new() },
    };
    let mut n_left = 0_usize;
    for root in &roots.blocks {
        if drawn.n_leaves < LEAVES_MAX {
            drawn.node(root.page, root.order);
        } else {
            n_left += 1;
        }
    }
    if 0 < n_left {
        let at = (drawn.n_leaves, 0);
        let mark = Mark::new("more", format!("+{n_left}"))
            .detail(format!("{n_left} more blocks of the largest order, not drawn"))
            .tone(Tone::Muted);
        drawn.graph.nodes.push(Node { at, boxed: true, mark, note: String::new() });
    }
    drawn.graph
}

struct Drawn<'a> {
    zone: &'a Zone,
    script: &'a Script,
    focus: (u64, u32),
    n_leaves: i32,
    graph: Graph,
}

impl Drawn<'_> {
    /// Draws a block and its halves; returns its column and key.
    fn node(&mut self, page: u64, order: u32) -> (i32, String) {
        let key = format!("node.{page}.{order}");
        let block = self.zone.at(page);
        let n_pages = 1_u64 << order;
        let told = format!("pages {page} to {}", page + n_pages - 1);
        let row = i32::try_from(self.zone.order_max - order).unwrap_or_default();
        let (column, mark) = if block.order < order {
            let (left, low) = self.node(page, order - 1);
            let (right, high) = self.node(page + n_pages / 2, order - 1);
            for to in [low, high] {
                let (from, label) = (key.clone(), String::new());
                self.graph.edges.push(Edge { from, to, label, tone: Tone::Muted });
            }
            let mark = Mark::new(key.clone(), n_pages.to_string())
                .detail(format!("{told}, halved"))
                .tone(Tone::Muted);
            (i32::midpoint(left, right), mark)
        } else {
            let column = self.n_leaves;
            self.n_leaves += 1;
            let is_focus = self.focus == (page, order);
            let mark = match block.owner {
                Owner::Free => Mark::new(key.clone(), n_pages.to_string())
                    .detail(format!("{told}, free"))
                    .tone(if is_focus { Tone::Good } else { Tone::Free }),
                Owner::Hand => Mark::new(key.clone(), n_pages.to_string())
                    .detail(format!("{told}, in the hand of the allocator"))
                    .tone(Tone::Running),
                Owner::Held(slot) => {
                    let name = &self.script.names[slot];
                    Mark::new(key.clone(), name.clone())
                        .detail(format!("{told}, held by {name}"))
                        .actor(actor(slot))
                        .tone(if is_focus { Tone::Good } else { Tone::Used })
                }
            };
            (column, mark)
        };
        let note = format!("at {page}");
        self.graph.nodes.push(Node { at: (column, row), boxed: true, mark, note });
        (column, key)
    }
}
