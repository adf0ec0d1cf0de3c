//! Free blocks of a disk, and the extents of its files.

/// Free blocks as runs: first block and length, in order, none touching another.
#[derive(Debug, Clone)]
pub(super) struct Free(pub(super) Vec<(u64, u64)>);

/// Which run a request took, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// It goes on behind the file's block before.
    Behind,
    /// The first run that holds all of it.
    First,
    /// No run holds all of it, so the longest.
    Longest,
}

impl Free {
    pub(super) fn new(n_blocks: u64) -> Self {
        Self(vec![(0, n_blocks)])
    }

    pub(super) fn n_blocks(&self) -> u64 {
        self.0.iter().map(|it| it.1).sum()
    }

    pub(super) fn longest(&self) -> u64 {
        self.0.iter().map(|it| it.1).max().unwrap_or(0)
    }

    /// Takes up to `n` blocks, behind `goal` if all of them are free there; first block and length.
    /// `None` only if nothing is free.
    pub(super) fn take(&mut self, goal: Option<u64>, n: u64) -> Option<(u64, u64, Why)> {
        let behind = goal.and_then(|goal| self.0.iter().position(|it| it.0 == goal && n <= it.1));
        let first = || self.0.iter().position(|it| n <= it.1);
        let longest = self.longest();
        let (at, why) = match (behind, first()) {
            (Some(at), _) => (at, Why::Behind),
            (None, Some(at)) => (at, Why::First),
            (None, None) => (self.0.iter().position(|it| it.1 == longest)?, Why::Longest),
        };
        let (start, len) = self.0[at];
        let got = n.min(len);
        match got == len {
            true => drop(self.0.remove(at)),
            false => self.0[at] = (start + got, len - got),
        }
        Some((start, got, why))
    }

    /// Gives blocks back.
    pub(super) fn give(&mut self, start: u64, len: u64) {
        let at = self.0.partition_point(|it| it.0 < start);
        self.0.insert(at, (start, len));
        if let Some(next) = self.0.get(at + 1).copied()
            && next.0 == start + len
        {
            self.0[at].1 += next.1;
            self.0.remove(at + 1);
        }
        if let Some(before) = at.checked_sub(1)
            && self.0[before].0 + self.0[before].1 == start
        {
            self.0[before].1 += self.0[at].1;
            self.0.remove(at);
        }
    }
}

/// Neighbouring blocks of a file that are neighbours on the disk as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// First block of the file.
    pub(super) logical: u64,
    /// First block of the disk.
    pub(super) physical: u64,
    pub(super) len: u64,
    /// Whether it has blocks but no content yet.
    pub(super) is_unwritten: bool,
}

impl Extent {
    pub(super) const fn end(&self) -> u64 {
        self.logical + self.len
    }
}

/// The extents of a file, in order of the file.
#[derive(Debug, Clone, Default)]
pub(super) struct Map {
    pub(super) extents: Vec<Extent>,
}

/// What a stretch of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Is {
    Written,
    Unwritten,
    Missing,
}

impl Map {
    /// What the file has at a block, and how many of the next `n` blocks are the same.
    pub(super) fn at(&self, logical: u64, n: u64) -> (Is, u64) {
        let next = self.extents.iter().find(|it| logical < it.end());
        match next {
            Some(it) if it.logical <= logical => {
                let is = if it.is_unwritten { Is::Unwritten } else { Is::Written };
                (is, n.min(it.end() - logical))
            }
            Some(it) => (Is::Missing, n.min(it.logical - logical)),
            None => (Is::Missing, n),
        }
    }

    /// Blocks of a stretch that the file does not have.
    pub(super) fn n_missing(&self, mut logical: u64, n: u64) -> u64 {
        let (end, mut missing) = (logical + n, 0);
        while logical < end {
            let (is, len) = self.at(logical, end - logical);
            missing += if is == Is::Missing { len } else { 0 };
            logical += len;
        }
        missing
    }

    /// The block of the disk behind the one before `logical`.
    pub(super) fn goal(&self, logical: u64) -> Option<u64> {
        let before = self.extents.iter().find(|it| it.end() == logical)?;
        Some(before.physical + before.len)
    }

    /// Adds a stretch that the file does not have.
    pub(super) fn add(&mut self, extent: Extent, max: u64) {
        let at = self.extents.partition_point(|it| it.logical < extent.logical);
        self.extents.insert(at, extent);
        self.tidy(max);
    }

    /// Marks a stretch of unwritten blocks as written.
    pub(super) fn write(&mut self, logical: u64, n: u64, max: u64) {
        let holds = |it: &Extent| it.logical <= logical && logical < it.end() && it.is_unwritten;
        let Some(at) = self.extents.iter().position(holds) else { return };
        let old = self.extents.remove(at);
        let part = |from: u64, to: u64, is_unwritten: bool| Extent {
            logical: from,
            physical: old.physical + (from - old.logical),
            len: to - from,
            is_unwritten,
        };
        let end = logical + n;
        let parts = [
            part(old.logical, logical, true),
            part(logical, end, false),
            part(end, old.end(), true),
        ];
        for (n, part) in parts.into_iter().filter(|it| it.len != 0).enumerate() {
            self.extents.insert(at + n, part);
        }
        self.tidy(max);
    }

    /// Joins neighbours that fit into one extent.
    fn tidy(&mut self, max: u64) {
        let mut joined: Vec<Extent> = Vec::new();
        for extent in self.extents.drain(..) {
            let limit = longest(max, extent.is_unwritten);
            match joined.last_mut() {
                Some(last)
                    if last.end() == extent.logical
                        && last.physical + last.len == extent.physical
                        && last.is_unwritten == extent.is_unwritten
                        && last.len + extent.len <= limit =>
                {
                    last.len += extent.len;
                }
                Some(_) | None => joined.push(extent),
            }
        }
        self.extents = joined;
    }

    pub(super) fn n_blocks(&self) -> u64 {
        self.extents.iter().map(|it| it.len).sum()
    }

    /// Pieces of the disk that a reader in order goes to.
    pub(super) fn n_pieces(&self) -> u64 {
        let breaks = self.extents.windows(2);
        let breaks = breaks.filter(|it| it[0].physical + it[0].len != it[1].physical).count();
        u64::from(!self.extents.is_empty()) + breaks as u64
    }
}

/// Longest extent: of unwritten ones the length has one value less.
pub(super) fn longest(max: u64, is_unwritten: bool) -> u64 {
    if is_unwritten { (max - 1).max(1) } else { max }
}

/// Extents that stand in the inode itself, and in a block of 4 KiB of the tree.
pub(super) const IN_INODE: u64 = 4;
pub(super) const IN_BLOCK: u64 = 340;

/// Blocks of the tree for so many extents: none while they fit into the inode.
pub(super) fn tree_blocks(n_extents: u64) -> u64 {
    let (mut level, mut sum) = (n_extents, 0);
    while IN_INODE < level {
        level = level.div_ceil(IN_BLOCK);
        sum += level;
    }
    sum
}
