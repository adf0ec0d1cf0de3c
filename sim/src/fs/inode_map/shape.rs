//! The arithmetic of an inode: which pointers lead to which block of a file, and where on the disk.

/// Kinds of pointers, by the number of pointer blocks between inode and data.
pub(in crate::fs) const N_KINDS: usize = 4;

/// What the kinds are called.
pub(in crate::fs) const KINDS: [&str; N_KINDS] = ["direct", "single", "double", "triple"];

/// Block size, pointers in a block, and how many pointers of each kind an inode has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fs) struct Shape {
    pub(in crate::fs) block_bytes: u64,
    pub(in crate::fs) per_block: u64,
    pub(in crate::fs) n: [u64; N_KINDS],
}

/// Where a block of a file hangs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::fs) struct Place {
    /// Pointer blocks on the way: 0 to 3.
    pub(in crate::fs) kind: usize,
    /// Which pointer of the inode, counted over all kinds.
    pub(in crate::fs) slot: u64,
    /// What is left of the block's number below that pointer.
    pub(in crate::fs) rest: u64,
    /// The entry of each pointer block on the way, the first one first.
    pub(in crate::fs) entries: Vec<u64>,
}

/// A block on the way to data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fs) struct Hop {
    /// Its number on the disk.
    pub(in crate::fs) block: u64,
    /// The entry that is followed; `None` for the data block.
    pub(in crate::fs) entry: Option<u64>,
}

impl Shape {
    /// Data blocks below one pointer of a kind.
    pub(in crate::fs) fn span(&self, kind: usize) -> u64 {
        (0..kind).map(|_| self.per_block).product()
    }

    /// Data blocks below all pointers of a kind.
    pub(in crate::fs) fn blocks(&self, kind: usize) -> u64 {
        self.n[kind] * self.span(kind)
    }

    /// First block of the file that a kind leads to.
    pub(in crate::fs) fn first(&self, kind: usize) -> u64 {
        (0..kind).map(|it| self.blocks(it)).sum()
    }

    /// Blocks of the largest file.
    pub(in crate::fs) fn blocks_max(&self) -> u64 {
        self.first(N_KINDS)
    }

    /// Bytes of the largest file.
    pub(in crate::fs) fn bytes_max(&self) -> u64 {
        self.blocks_max() * self.block_bytes
    }

    /// Pointers of the inode before those of a kind.
    pub(in crate::fs) fn slots_before(&self, kind: usize) -> u64 {
        self.n[..kind].iter().sum()
    }

    /// Blocks of a file of so many bytes.
    pub(in crate::fs) fn blocks_of(&self, bytes: u64) -> u64 {
        bytes.div_ceil(self.block_bytes)
    }

    /// Blocks of a kind that a file with `n_blocks` has.
    pub(in crate::fs) fn used(&self, kind: usize, n_blocks: u64) -> u64 {
        n_blocks.saturating_sub(self.first(kind)).min(self.blocks(kind))
    }

    /// Pointers of the inode of a kind that such a file uses.
    pub(in crate::fs) fn slots_used(&self, kind: usize, n_blocks: u64) -> u64 {
        self.used(kind, n_blocks).div_ceil(self.span(kind))
    }

    /// Pointer blocks of such a file.
    pub(in crate::fs) fn pointer_blocks(&self, n_blocks: u64) -> u64 {
        (0..N_KINDS).map(|kind| self.tables(kind, self.used(kind, n_blocks))).sum()
    }

    /// Pointer blocks for the first `used` data blocks of a kind.
    fn tables(&self, kind: usize, used: u64) -> u64 {
        (1..=kind).map(|level| used.div_ceil(self.span(level))).sum()
    }

    /// Where a block hangs; `None` beyond the largest file.
    pub(in crate::fs) fn place(&self, file_block: u64) -> Option<Place> {
        let holds = |&kind: &usize| file_block < self.first(kind) + self.blocks(kind);
        let kind = (0..N_KINDS).find(holds)?;
        let (inside, span) = (file_block - self.first(kind), self.span(kind));
        let rest = inside % span;
        let entry = |level: usize| rest / self.span(level) % self.per_block;
        let entries = (0..kind).rev().map(entry).collect();
        Some(Place { kind, slot: self.slots_before(kind) + inside / span, rest, entries })
    }

    /// The blocks on the way to a block of the file, pointer blocks first, if all were given out
    /// one after the other from `first` on, each pointer block just before what it leads to.
    pub(in crate::fs) fn way(&self, file_block: u64, first: u64) -> Vec<Hop> {
        let Some(place) = self.place(file_block) else { return Vec::new() };
        let data = |block: u64| first + block + self.pointer_blocks(block + 1);
        let hop = |(at, &entry): (usize, &u64)| {
            // The block at this level was taken for the first data block below it.
            let level = place.kind - at;
            let inside = file_block - self.first(place.kind);
            let start = self.first(place.kind) + inside / self.span(level) * self.span(level);
            Hop { block: data(start) - level as u64, entry: Some(entry) }
        };
        let mut way: Vec<Hop> = place.entries.iter().enumerate().map(hop).collect();
        way.push(Hop { block: data(file_block), entry: None });
        way
    }
}

#[cfg(test)]
mod tests {
    use super::{Hop, Shape};

    /// Gives out blocks one by one to a tree that is really built.
    fn built(shape: Shape, n_blocks: u64, first: u64) -> Vec<Vec<Hop>> {
        fn fill(
            shape: Shape,
            depth: usize,
            next: &mut u64,
            way: &mut Vec<Hop>,
            left: &mut u64,
            out: &mut Vec<Vec<Hop>>,
        ) {
            if *left == 0 {
                return;
            }
            let block = *next;
            *next += 1;
            if depth == 0 {
                way.push(Hop { block, entry: None });
                out.push(way.clone());
                way.pop();
                *left -= 1;
                return;
            }
            for entry in 0..shape.per_block {
                way.push(Hop { block, entry: Some(entry) });
                fill(shape, depth - 1, next, way, left, out);
                way.pop();
            }
        }
        let (mut out, mut next, mut left) = (Vec::new(), first, n_blocks);
        for (depth, n) in shape.n.iter().enumerate() {
            for _ in 0..*n {
                fill(shape, depth, &mut next, &mut Vec::new(), &mut left, &mut out);
            }
        }
        assert_eq!(next - first, n_blocks + shape.pointer_blocks(n_blocks));
        out
    }

    #[test]
    fn the_way_is_that_of_a_tree_built_block_by_block() {
        let shapes = [
            (2, [3, 1, 1, 1]),
            (3, [0, 2, 1, 1]),
            (4, [12, 1, 1, 1]),
            (3, [2, 0, 2, 2]),
            (2, [5, 0, 0, 0]),
        ];
        for (per_block, n) in shapes {
            let shape = Shape { block_bytes: 8, per_block, n };
            let ways = built(shape, shape.blocks_max(), 100);
            for (file_block, way) in (0..).zip(&ways) {
                assert_eq!(&shape.way(file_block, 100), way, "{shape:?} block {file_block}");
                let place = shape.place(file_block).unwrap();
                assert_eq!(place.kind + 1, way.len());
                let entries: Vec<u64> = way.iter().filter_map(|it| it.entry).collect();
                assert_eq!(place.entries, entries);
            }
            assert_eq!(ways.len() as u64, shape.blocks_max());
            assert!(shape.place(shape.blocks_max()).is_none());
            for n_blocks in 0..shape.blocks_max() {
                built(shape, n_blocks, 7);
            }
        }
    }

    #[test]
    fn blocks_of_4_kib_with_pointers_of_4_bytes_reach_a_little_over_4_tib() {
        // Reference: `inode_000`.
        let shape = Shape { block_bytes: 4_096, per_block: 1_024, n: [12, 1, 1, 1] };
        let bytes: Vec<u64> = (0..4).map(|it| shape.blocks(it) * 4_096).collect();
        assert_eq!(bytes, [49_152, 4_194_304, 4_294_967_296, 4_398_046_511_104]);
        assert_eq!(shape.bytes_max(), 4_402_345_721_856);
        let ends = [(0, 11), (12, 1_035), (1_036, 1_049_611), (1_049_612, 1_074_791_435)];
        for (kind, (first, last)) in ends.into_iter().enumerate() {
            assert_eq!(shape.first(kind), first);
            assert_eq!(shape.first(kind) + shape.blocks(kind) - 1, last);
            for block in [first, last] {
                assert_eq!(shape.place(block).unwrap().entries.len(), kind);
            }
        }
        // A file of 16,384 bytes uses four pointers and no pointer block.
        assert_eq!(shape.blocks_of(16_384), 4);
        assert_eq!((shape.slots_used(0, 4), shape.pointer_blocks(4)), (4, 0));
        // Block 5,000, as the lesson has it.
        assert_eq!(shape.place(5_000).unwrap().entries, [3, 892]);
    }

    #[test]
    fn blocks_of_1_kib_and_ten_direct_pointers_reach_a_little_over_16_gib() {
        // Reference: `problem12_001`.
        let shape = Shape { block_bytes: 1_024, per_block: 256, n: [10, 1, 1, 1] };
        let bytes: Vec<u64> = (0..4).map(|it| shape.blocks(it) * 1_024).collect();
        assert_eq!(bytes, [10_240, 262_144, 67_108_864, 17_179_869_184]);
        assert_eq!(shape.bytes_max(), 17_247_250_432);
    }
}
