//! A red-black tree of jobs by virtual runtime: equal keys go to the right of those before them.
//!
//! Nodes live in one list, at the index of their job. Insert and remove take O(log n). Every path
//! from the root down has as many black nodes, and no red node has a red child.

use super::jobs::JobIdx;
use std::cmp::Ordering;

/// The tree.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    root: Option<JobIdx>,
    /// The leftmost node, kept at hand: looking at it takes O(1).
    first: Option<JobIdx>,
}

/// A node; what it holds means nothing while its job is not in the tree.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Node {
    /// Virtual runtime.
    pub(super) key: i64,
    /// The child with lower keys.
    pub(super) left: Option<JobIdx>,
    /// The child with keys as high or higher.
    pub(super) right: Option<JobIdx>,
    parent: Option<JobIdx>,
    /// Red or black.
    pub(super) red: bool,
}

/// Which child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

impl Side {
    const fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

impl Tree {
    /// An empty tree for jobs below `n_jobs`.
    pub(super) fn new(n_jobs: usize) -> Self {
        Self { nodes: vec![Node::default(); n_jobs], root: None, first: None }
    }

    /// The job with the lowest key; of equals the one that came first.
    pub(super) fn first(&self) -> Option<JobIdx> {
        self.first
    }

    /// The top of the tree.
    pub(super) fn root(&self) -> Option<JobIdx> {
        self.root
    }

    /// A job's node.
    pub(super) fn node(&self, job: JobIdx) -> &Node {
        &self.nodes[usize::from(job)]
    }

    /// The jobs from left to right, each with its depth.
    pub(super) fn in_order(&self) -> Vec<(JobIdx, u16)> {
        let mut out = Vec::new();
        let mut open: Vec<(JobIdx, u16)> = Vec::new();
        let mut next = self.root.map(|root| (root, 0));
        loop {
            if let Some((job, depth)) = next {
                open.push((job, depth));
                next = self.node(job).left.map(|left| (left, depth + 1));
                continue;
            }
            let Some((job, depth)) = open.pop() else { return out };
            out.push((job, depth));
            next = self.node(job).right.map(|right| (right, depth + 1));
        }
    }

    /// Adds a job that is not in the tree.
    pub(super) fn insert(&mut self, job: JobIdx, key: i64) {
        let mut parent = None;
        let mut at = self.root;
        let mut side = Side::Left;
        let mut is_first = true;
        while let Some(here) = at {
            parent = Some(here);
            side = match key.cmp(&self.node(here).key) {
                Ordering::Less => Side::Left,
                Ordering::Equal | Ordering::Greater => Side::Right,
            };
            is_first &= side == Side::Left;
            at = self.child(here, side);
        }
        self.nodes[usize::from(job)] = Node { key, parent, red: true, ..Node::default() };
        match parent {
            None => self.root = Some(job),
            Some(parent) => self.set_child(parent, side, Some(job)),
        }
        if is_first {
            self.first = Some(job);
        }
        self.mend_insert(job);
    }

    /// Takes a job out that is in the tree.
    pub(super) fn remove(&mut self, job: JobIdx) {
        if self.first == Some(job) {
            self.first = self.next(job);
        }
        let node = *self.node(job);
        // What moves up, below which parent, and whether a black node went missing there.
        let (up, parent, was_red) = match (node.left, node.right) {
            (None, up) | (up, None) => {
                self.replace(job, up);
                (up, node.parent, node.red)
            }
            (Some(left), Some(right)) => {
                let heir = self.leftmost(right);
                let (up, was_red) = (self.node(heir).right, self.node(heir).red);
                let parent = if heir == right {
                    heir
                } else {
                    let parent = self.node(heir).parent.unwrap_or(heir);
                    self.replace(heir, up);
                    self.set_child(heir, Side::Right, Some(right));
                    parent
                };
                self.replace(job, Some(heir));
                self.set_child(heir, Side::Left, Some(left));
                self.nodes[usize::from(heir)].red = node.red;
                (up, Some(parent), was_red)
            }
        };
        if !was_red {
            self.mend_remove(up, parent);
        }
    }

    fn child(&self, job: JobIdx, side: Side) -> Option<JobIdx> {
        match side {
            Side::Left => self.node(job).left,
            Side::Right => self.node(job).right,
        }
    }

    fn set_child(&mut self, job: JobIdx, side: Side, child: Option<JobIdx>) {
        let node = &mut self.nodes[usize::from(job)];
        match side {
            Side::Left => node.left = child,
            Side::Right => node.right = child,
        }
        if let Some(child) = child {
            self.nodes[usize::from(child)].parent = Some(job);
        }
    }

    fn side_of(&self, parent: JobIdx, child: Option<JobIdx>) -> Side {
        if self.node(parent).left == child { Side::Left } else { Side::Right }
    }

    fn is_red(&self, job: Option<JobIdx>) -> bool {
        job.is_some_and(|job| self.node(job).red)
    }

    fn paint(&mut self, job: JobIdx, red: bool) {
        self.nodes[usize::from(job)].red = red;
    }

    fn leftmost(&self, job: JobIdx) -> JobIdx {
        let mut at = job;
        while let Some(left) = self.node(at).left {
            at = left;
        }
        at
    }

    /// The next job to the right.
    fn next(&self, job: JobIdx) -> Option<JobIdx> {
        if let Some(right) = self.node(job).right {
            return Some(self.leftmost(right));
        }
        let mut at = job;
        while let Some(parent) = self.node(at).parent {
            if self.node(parent).left == Some(at) {
                return Some(parent);
            }
            at = parent;
        }
        None
    }

    /// Puts another subtree, or none, where this one hangs.
    fn replace(&mut self, job: JobIdx, by: Option<JobIdx>) {
        match self.node(job).parent {
            Some(parent) => {
                let side = self.side_of(parent, Some(job));
                self.set_child(parent, side, by);
            }
            None => {
                self.root = by;
                if let Some(by) = by {
                    self.nodes[usize::from(by)].parent = None;
                }
            }
        }
    }

    /// Moves a node down to this side; its child on the other side takes its place.
    fn rotate(&mut self, job: JobIdx, down: Side) {
        let Some(up) = self.child(job, down.other()) else { return };
        let inner = self.child(up, down);
        self.replace(job, Some(up));
        self.set_child(job, down.other(), inner);
        self.set_child(up, down, Some(job));
    }

    /// A red node was added: no red node may keep a red child.
    fn mend_insert(&mut self, job: JobIdx) {
        let mut at = job;
        while let Some(parent) = self.node(at).parent.filter(|&it| self.node(it).red) {
            // A red node is never the root, so this one has a parent.
            let Some(grand) = self.node(parent).parent else { break };
            let side = self.side_of(grand, Some(parent));
            if let Some(uncle) = self.child(grand, side.other()).filter(|&it| self.node(it).red) {
                self.paint(parent, false);
                self.paint(uncle, false);
                self.paint(grand, true);
                at = grand;
                continue;
            }
            let mut top = parent;
            if self.side_of(parent, Some(at)) != side {
                self.rotate(parent, side);
                top = at;
            }
            self.paint(top, false);
            self.paint(grand, true);
            self.rotate(grand, side.other());
            break;
        }
        if let Some(root) = self.root {
            self.paint(root, false);
        }
    }

    /// The paths through `at`, below `parent`, lack a black node.
    fn mend_remove(&mut self, at: Option<JobIdx>, parent: Option<JobIdx>) {
        let (mut at, mut parent) = (at, parent);
        while let Some(above) = parent.filter(|_| !self.is_red(at)) {
            let side = self.side_of(above, at);
            // The other side is a black node higher, so there is one.
            let Some(mut sibling) = self.child(above, side.other()) else { break };
            if self.node(sibling).red {
                self.paint(sibling, false);
                self.paint(above, true);
                self.rotate(above, side);
                let Some(nephew) = self.child(above, side.other()) else { break };
                sibling = nephew;
            }
            let (near, far) = (self.child(sibling, side), self.child(sibling, side.other()));
            if !self.is_red(near) && !self.is_red(far) {
                self.paint(sibling, true);
                at = Some(above);
                parent = self.node(above).parent;
                continue;
            }
            if let Some(near) = near.filter(|_| !self.is_red(far)) {
                self.paint(near, false);
                self.paint(sibling, true);
                self.rotate(sibling, side.other());
                sibling = near;
            }
            self.paint(sibling, self.node(above).red);
            self.paint(above, false);
            if let Some(far) = self.child(sibling, side.other()) {
                self.paint(far, false);
            }
            self.rotate(above, side);
            at = self.root;
            parent = None;
        }
        if let Some(at) = at {
            self.paint(at, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{JobIdx, Tree};
    use crate::Rng;

    /// Black nodes on every path below, or a broken law.
    fn black_height(tree: &Tree, at: Option<JobIdx>, parent: Option<JobIdx>) -> u32 {
        let Some(job) = at else { return 1 };
        let node = tree.node(job);
        assert_eq!(node.parent, parent);
        if node.red {
            assert!(!tree.is_red(node.left) && !tree.is_red(node.right), "red below red");
        }
        let left = black_height(tree, node.left, Some(job));
        assert_eq!(left, black_height(tree, node.right, Some(job)), "uneven black height");
        left + u32::from(!node.red)
    }

    #[test]
    fn the_tree_agrees_with_a_sorted_list_and_keeps_its_colours() {
        let mut rng = Rng::new(41);
        for n_jobs in [1_u16, 2, 3, 7, 40, 200] {
            let mut tree = Tree::new(usize::from(n_jobs));
            let mut list: Vec<(i64, u32, JobIdx)> = Vec::new();
            for turn in 0..1_500_u32 {
                let job = JobIdx::try_from(rng.below(u64::from(n_jobs))).unwrap();
                if let Some(at) = list.iter().position(|it| it.2 == job) {
                    list.remove(at);
                    tree.remove(job);
                } else {
                    let key = i64::try_from(rng.below(9)).unwrap() - 4;
                    list.push((key, turn, job));
                    list.sort_unstable();
                    tree.insert(job, key);
                }
                let jobs: Vec<JobIdx> = list.iter().map(|it| it.2).collect();
                let order = tree.in_order();
                assert_eq!(order.iter().map(|it| it.0).collect::<Vec<_>>(), jobs);
                assert_eq!(tree.first(), jobs.first().copied());
                assert!(!tree.is_red(tree.root()));
                black_height(&tree, tree.root(), None);
                let deepest = order.iter().map(|it| u32::from(it.1)).max().unwrap_or_default();
                let n_nodes = u32::try_from(jobs.len()).unwrap();
                assert!(deepest <= 2 * (n_nodes + 1).ilog2(), "{deepest} deep for {n_nodes}");
            }
        }
    }
}
