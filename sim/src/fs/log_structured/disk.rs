//! The disk as a log: segments of blocks, the head, and which blocks are live.

use std::collections::BTreeMap;

/// The number of a block on the disk: segment times blocks of a segment, plus its place there.
pub(super) type Address = usize;

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// A block of a file: the file and the number of the block in it.
    Data(u16, u16),
    /// The inode of a file.
    Inode(u16),
    /// A piece of the map of inodes.
    Map,
}

/// A block that was written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    pub(super) what: What,
    pub(super) is_live: bool,
    /// When what it holds was changed, in blocks that the application had written by then.
    pub(super) changed: u32,
}

/// The disk, and what is kept in memory of it.
#[derive(Debug, Clone)]
pub(super) struct Disk {
    pub(super) segment_blocks: usize,
    /// By address; none where nothing was written since the segment became free.
    pub(super) blocks: Vec<Option<Block>>,
    /// Where the newest version of each thing is.
    pub(super) places: BTreeMap<What, Address>,
    /// By segment: whether it is free.
    pub(super) is_free: Vec<bool>,
    /// Segment that is being filled, and how full it is.
    pub(super) head: Option<(usize, usize)>,
}

impl Disk {
    pub(super) fn new(segments: usize, segment_blocks: usize) -> Self {
        Self {
            segment_blocks,
            blocks: vec![None; segments * segment_blocks],
            places: BTreeMap::new(),
            is_free: vec![true; segments],
            head: None,
        }
    }

    pub(super) fn n_segments(&self) -> usize {
        self.is_free.len()
    }

    pub(super) fn n_free(&self) -> usize {
        self.is_free.iter().filter(|it| **it).count()
    }

    /// Blocks that can still be written before a segment must become free.
    pub(super) fn room(&self) -> usize {
        let rest = self.head.map_or(0, |(_, used)| self.segment_blocks - used);
        self.n_free() * self.segment_blocks + rest
    }

    /// Blocks that can be written without another segment.
    pub(super) fn rest_of_head(&self) -> usize {
        self.head.map_or(0, |(_, used)| self.segment_blocks - used)
    }

    pub(super) fn segment(&self, segment: usize) -> &[Option<Block>] {
        &self.blocks[segment * self.segment_blocks..(segment + 1) * self.segment_blocks]
    }

    pub(super) fn n_live(&self, segment: usize) -> usize {
        self.segment(segment).iter().flatten().filter(|it| it.is_live).count()
    }

    /// Live blocks of the whole disk.
    pub(super) fn n_live_all(&self) -> usize {
        self.places.len()
    }

    /// When the youngest live block of a segment was changed; of none, when its youngest block was.
    pub(super) fn youngest(&self, segment: usize) -> u32 {
        let all = || self.segment(segment).iter().flatten();
        let live = all().filter(|it| it.is_live).map(|it| it.changed).max();
        live.or_else(|| all().map(|it| it.changed).max()).unwrap_or_default()
    }

    /// Segments that are full of blocks, live or dead: those that could be cleaned.
    pub(super) fn full(&self) -> Vec<usize> {
        let size = self.segment_blocks;
        let is_head = |it: usize| self.head.is_some_and(|head| head.0 == it && head.1 < size);
        (0..self.n_segments()).filter(|&it| !self.is_free[it] && !is_head(it)).collect()
    }

    /// Appends a block; its older version is dead from now on. `None` if the disk is full.
    pub(super) fn append(&mut self, what: What, changed: u32) -> Option<Address> {
        if self.rest_of_head() == 0 {
            let after = self.head.map_or(0, |(segment, _)| segment + 1);
            let n = self.n_segments();
            let next = (0..n).map(|it| (after + it) % n).find(|&it| self.is_free[it])?;
            self.is_free[next] = false;
            self.head = Some((next, 0));
        }
        let (segment, used) = self.head?;
        let address = segment * self.segment_blocks + used;
        self.head = Some((segment, used + 1));
        self.forget(what);
        self.blocks[address] = Some(Block { what, is_live: true, changed });
        self.places.insert(what, address);
        Some(address)
    }

    /// Makes the newest version of a thing dead.
    pub(super) fn forget(&mut self, what: What) {
        if let Some(block) = self.places.remove(&what).and_then(|it| self.blocks[it].as_mut()) {
            block.is_live = false;
        }
    }

    /// Makes a segment free. Nothing in it is live any more.
    pub(super) fn free(&mut self, segment: usize) {
        let start = segment * self.segment_blocks;
        self.blocks[start..start + self.segment_blocks].fill(None);
        self.is_free[segment] = true;
    }
}
