//! An image like that of ext2: groups with bitmaps and inode tables, and counts of what is free.

/// Inodes in one block of a table: 256 bytes each in 4 KiB.
const PER_BLOCK: u64 = 16;

/// Direct pointers of an inode; there are no others here.
pub(in crate::fs) const POINTERS: usize = 12;

/// The inode of the root directory; the one before it is reserved.
pub(in crate::fs) const ROOT: u64 = 2;

/// Groups, and what each of them has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fs) struct Shape {
    pub(in crate::fs) n_groups: u64,
    pub(in crate::fs) blocks: u64,
    pub(in crate::fs) inodes: u64,
}

/// What a block of the disk is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fs) enum Part {
    Superblock,
    Descriptors,
    BlockBitmap,
    InodeBitmap,
    /// A block of the inode table, counted in its group.
    Table(u64),
    Data,
}

impl Shape {
    pub(in crate::fs) const fn table_blocks(&self) -> u64 {
        self.inodes.div_ceil(PER_BLOCK)
    }

    /// Blocks of a group before its data.
    pub(in crate::fs) const fn overhead(&self) -> u64 {
        4 + self.table_blocks()
    }

    pub(in crate::fs) const fn n_blocks(&self) -> u64 {
        self.n_groups * self.blocks
    }

    pub(in crate::fs) const fn n_inodes(&self) -> u64 {
        self.n_groups * self.inodes
    }

    pub(in crate::fs) const fn part(&self, block: u64) -> Part {
        match block % self.blocks {
            0 => Part::Superblock,
            1 => Part::Descriptors,
            2 => Part::BlockBitmap,
            3 => Part::InodeBitmap,
            at if at < self.overhead() => Part::Table(at - 4),
            _ => Part::Data,
        }
    }

    pub(in crate::fs) const fn group_of_inode(&self, number: u64) -> u64 {
        (number - 1) / self.inodes
    }

    pub(in crate::fs) const fn group_of_block(&self, block: u64) -> u64 {
        block / self.blocks
    }

    /// The block of the table where an inode stands.
    pub(in crate::fs) const fn table_block(&self, number: u64) -> u64 {
        let inside = (number - 1) % self.inodes;
        self.group_of_inode(number) * self.blocks + 4 + inside / PER_BLOCK
    }
}

/// What an inode is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fs) enum Kind {
    Free,
    Reserved,
    File,
    Directory,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::fs) struct Inode {
    pub(in crate::fs) kind: Kind,
    pub(in crate::fs) n_links: u64,
    pub(in crate::fs) blocks: Vec<u64>,
    /// What a directory's block holds, without `.` and `..`.
    pub(in crate::fs) entries: Vec<(String, u64)>,
    pub(in crate::fs) parent: u64,
}

/// Everything on the disk but the content of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::fs) struct Image {
    pub(in crate::fs) shape: Shape,
    pub(in crate::fs) block_bits: Vec<bool>,
    pub(in crate::fs) inode_bits: Vec<bool>,
    pub(in crate::fs) inodes: Vec<Inode>,
    /// Free blocks and inodes of each group, as its descriptor says.
    pub(in crate::fs) free: Vec<(u64, u64)>,
    /// The sums, as the superblock says.
    pub(in crate::fs) free_sum: (u64, u64),
}

/// A number as an index.
pub(in crate::fs) fn at(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl Image {
    /// A new file system with an empty root directory.
    pub(in crate::fs) fn new(shape: Shape) -> Self {
        let empty = Inode {
            kind: Kind::Free,
            n_links: 0,
            blocks: Vec::new(),
            entries: Vec::new(),
            parent: ROOT,
        };
        let is_overhead = |block: u64| shape.part(block) != Part::Data;
        let mut image = Self {
            shape,
            block_bits: (0..shape.n_blocks()).map(is_overhead).collect(),
            inode_bits: vec![false; at(shape.n_inodes())],
            inodes: vec![empty; at(shape.n_inodes())],
            free: vec![(shape.blocks - shape.overhead(), shape.inodes); at(shape.n_groups)],
            free_sum: (0, 0),
        };
        image.inode_bits[0] = true;
        image.inodes[0].kind = Kind::Reserved;
        image.free[0].1 -= 1;
        image.take_inode(ROOT);
        image.take_block(shape.overhead());
        let root = image.inode_mut(ROOT);
        (root.kind, root.n_links, root.blocks) = (Kind::Directory, 2, vec![shape.overhead()]);
        image.sum_up();
        image
    }

    pub(in crate::fs) fn inode(&self, number: u64) -> &Inode {
        &self.inodes[at(number - 1)]
    }

    pub(in crate::fs) fn inode_mut(&mut self, number: u64) -> &mut Inode {
        &mut self.inodes[at(number - 1)]
    }

    pub(in crate::fs) fn take_inode(&mut self, number: u64) {
        self.inode_bits[at(number - 1)] = true;
        self.free[at(self.shape.group_of_inode(number))].1 -= 1;
    }

    pub(in crate::fs) fn give_inode(&mut self, number: u64) {
        self.inode_bits[at(number - 1)] = false;
        self.free[at(self.shape.group_of_inode(number))].1 += 1;
    }

    pub(in crate::fs) fn take_block(&mut self, block: u64) {
        self.block_bits[at(block)] = true;
        self.free[at(self.shape.group_of_block(block))].0 -= 1;
    }

    pub(in crate::fs) fn give_block(&mut self, block: u64) {
        self.block_bits[at(block)] = false;
        self.free[at(self.shape.group_of_block(block))].0 += 1;
    }

    /// Brings the superblock's counts up to date.
    pub(in crate::fs) fn sum_up(&mut self) {
        let sum = |of: fn(&(u64, u64)) -> u64| self.free.iter().map(of).sum();
        self.free_sum = (sum(|it| it.0), sum(|it| it.1));
    }

    /// The first free inode, looked for from a group on.
    pub(in crate::fs) fn free_inode(&self, group: u64) -> Option<u64> {
        let first = group * self.shape.inodes;
        let n = self.shape.n_inodes();
        (0..n).map(|it| (first + it) % n).find(|it| !self.inode_bits[at(*it)]).map(|it| it + 1)
    }

    /// The first free blocks, looked for from a group on.
    pub(in crate::fs) fn free_blocks(&self, group: u64, n: u64) -> Vec<u64> {
        let (first, all) = (group * self.shape.blocks, self.shape.n_blocks());
        let order = (0..all).map(|it| (first + it) % all);
        order.filter(|it| !self.block_bits[at(*it)]).take(at(n)).collect()
    }

    pub(in crate::fs) fn n_free_blocks(&self) -> u64 {
        self.block_bits.iter().filter(|it| !**it).count() as u64
    }

    /// The group for a new directory: the one with most free blocks that has a free inode.
    pub(in crate::fs) fn roomy_group(&self) -> Option<u64> {
        let groups = (0..self.shape.n_groups).filter(|it| self.free[at(*it)].1 != 0);
        // The first one of equals.
        groups.rev().max_by_key(|it| self.free[at(*it)].0)
    }

    /// What a path leads to.
    pub(in crate::fs) fn find(&self, path: &str) -> Option<u64> {
        let mut number = ROOT;
        for name in path.split('/').filter(|it| !it.is_empty()) {
            // A damaged entry may name an inode that is not there.
            let inode = self.inodes.get(at(number.checked_sub(1)?))?;
            number = inode.entries.iter().find(|it| it.0 == name)?.1;
        }
        Some(number)
    }
}
