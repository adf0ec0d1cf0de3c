//! Blocks, what they point to, and how a reader tells a good one from a bad one.

/// Where the checksum of a block stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sums {
    Parent,
    Beside,
    None,
}

/// What a line of the script does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Does {
    Write,
    Commit,
    Snapshot,
    Drop,
    Read,
    Scrub,
    Flip,
    FlipBoth,
    Lose,
}

/// A line of the script.
#[derive(Debug, Clone)]
pub(crate) struct Op {
    pub(crate) does: Does,
    /// Which data block of the file system.
    pub(crate) leaf: usize,
    /// Index of the snapshot among all that the script names.
    pub(crate) snapshot: usize,
}

/// The scenario made ready.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) fanout: usize,
    /// Levels of nodes above the data.
    pub(crate) depth: u32,
    pub(crate) n_blocks: usize,
    pub(crate) commit_every: usize,
    pub(crate) mirror: bool,
    pub(crate) sums: Sums,
    pub(crate) script: Vec<Op>,
    /// Names of snapshots, as the script first has them.
    pub(crate) snapshots: Vec<String>,
    pub(crate) crash_after: Option<u64>,
}

impl Plan {
    pub(crate) fn n_leaves(&self) -> usize {
        self.fanout.pow(self.depth)
    }

    /// Blocks below one node of a level; data is level 0.
    pub(super) fn span(&self, level: u32) -> usize {
        self.fanout.pow(level)
    }
}

/// A pointer: where a block is, and what its content must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pointer {
    pub(super) block: usize,
    /// The number of the content; stands for its checksum.
    pub(super) stamp: u32,
}

/// What is in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    Empty,
    Data { leaf: usize, version: u32 },
    Node { level: u32, index: usize, children: Vec<Pointer> },
}

/// One copy of a block as a disk holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) stamp: u32,
    pub(super) body: Body,
    pub(super) flipped: bool,
}

/// The superblock: the newest root, and the roots of snapshots by their index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Super {
    pub(super) generation: u64,
    pub(super) root: Pointer,
    pub(super) snapshots: Vec<(usize, Pointer)>,
}

/// What is on the disks.
#[derive(Debug, Clone)]
pub(super) struct Disks {
    /// One copy, or two where there is a mirror; by block.
    pub(super) copies: Vec<Vec<Stored>>,
    pub(super) supers: [Option<Super>; 2],
}

/// How a copy of a block looks to who reads it through a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Good,
    /// The checksum says that it is wrong.
    Bad,
    /// It is wrong, and nothing says so.
    Wrong,
}

impl Disks {
    /// The newest superblock.
    pub(super) fn newest(&self) -> Option<&Super> {
        self.supers.iter().flatten().max_by_key(|it| it.generation)
    }

    /// The copy of a block on one of the disks, and how it looks.
    pub(super) fn look(&self, sums: Sums, to: Pointer, copy: usize) -> (&Stored, Look) {
        let stored = &self.copies[copy][to.block];
        let right = stored.stamp == to.stamp && !stored.flipped;
        let fits = match sums {
            Sums::Parent => right,
            Sums::Beside => !stored.flipped,
            Sums::None => true,
        };
        let look = match (right, fits) {
            (true, _) => Look::Good,
            (false, false) => Look::Bad,
            (false, true) => Look::Wrong,
        };
        (stored, look)
    }

    /// How many pointers lead to each block: the count of references.
    pub(super) fn references(&self) -> Vec<u32> {
        let mut out = vec![0; self.copies[0].len()];
        if let Some(newest) = self.newest() {
            self.point(newest.root, &mut out);
            for (_, root) in &newest.snapshots {
                self.point(*root, &mut out);
            }
        }
        out
    }

    /// Counts one pointer; a block that was met before has counted its own.
    fn point(&self, to: Pointer, out: &mut [u32]) {
        out[to.block] += 1;
        if out[to.block] == 1 {
            for &child in self.children(to) {
                self.point(child, out);
            }
        }
    }

    /// The pointers of a node, of whichever copy is right; none of data.
    pub(super) fn children(&self, of: Pointer) -> &[Pointer] {
        let copy = self.copies.iter().map(|it| &it[of.block]);
        let right = copy.into_iter().find(|it| it.stamp == of.stamp);
        match right.map(|it| &it.body) {
            Some(Body::Node { children, .. }) => children,
            _ => &[],
        }
    }

    /// Blocks that can be reached from a root, each once, from the top.
    pub(super) fn reach(&self, root: Pointer) -> Vec<usize> {
        let mut out = vec![root.block];
        for &child in self.children(root) {
            out.extend(self.reach(child));
        }
        out
    }

    /// Versions of all data below a root, as it was written there.
    pub(super) fn content(&self, root: Pointer) -> Vec<u32> {
        let right = self.copies.iter().map(|it| &it[root.block]).find(|it| it.stamp == root.stamp);
        match right.map(|it| &it.body) {
            Some(Body::Data { version, .. }) => vec![*version],
            Some(Body::Node { children, .. }) => {
                children.iter().flat_map(|&it| self.content(it)).collect()
            }
            // A lost write leaves no right copy where there is no mirror.
            Some(Body::Empty) | None => vec![0],
        }
    }
}
