//! Blocks and where they are: memory, the disk's own cache, the journal, and home.

use super::read::{Check, Seen};

/// When data is written, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    Journal,
    Ordered,
    Writeback,
}

/// In which order the disk writes what it was given between two flushes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Disk {
    InOrder,
    NewestFirst,
}

/// What a line of the script does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Does {
    Append,
    Overwrite,
    Fsync,
    WriteBack,
    Commit,
    Checkpoint,
}

/// A line of the script, with its file found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Op {
    pub(crate) does: Does,
    /// Index of its file; 0 where it has none.
    pub(crate) file: usize,
    /// Blocks to append, or the block to overwrite.
    pub(crate) n: usize,
}

/// The scenario made ready.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) mode: Mode,
    pub(crate) files: Vec<String>,
    /// Blocks of each file at the start.
    pub(crate) sizes: Vec<usize>,
    pub(crate) script: Vec<Op>,
    pub(crate) n_data: usize,
    pub(crate) n_slots: usize,
    pub(crate) disk: Disk,
    /// Blocks that the disk's cache holds before it writes without being told.
    pub(crate) n_cache: usize,
    pub(crate) flushes: bool,
    pub(crate) checksums: bool,
    pub(crate) crash_after: Option<u64>,
    pub(crate) crash_again_after: Option<u64>,
}

impl Plan {
    /// Home of the first block for data: after the bitmap and one inode for each file.
    pub(super) fn first_data(&self) -> usize {
        1 + self.files.len()
    }

    /// Blocks at home.
    pub(super) fn n_homes(&self) -> usize {
        self.first_data() + self.n_data
    }

    /// Home of the inode of a file.
    pub(super) fn inode(&self, file: usize) -> usize {
        1 + file
    }

    /// The slot after this one; slot 0 is the journal's superblock and not part of the ring.
    pub(super) fn after(&self, slot: usize) -> usize {
        if slot + 1 < self.n_slots { slot + 1 } else { 1 }
    }
}

/// What is in a block. A home is a number of a block from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Body {
    /// Never written.
    Zero,
    /// Content of a file that was deleted long ago.
    Old,
    /// Bit n: home n is in use.
    Bitmap(u64),
    /// Homes of a file's blocks, in order; its length is the size.
    Inode(Vec<u8>),
    /// A block of a file, and how often it was written.
    Data { file: usize, index: usize, version: u32 },
    /// Where the ring begins, and the number of the transaction there.
    Super { tail: usize, seq: u32 },
    /// What the slots behind it are the images of.
    Descriptor { seq: u32, homes: Vec<usize> },
    /// The end of a transaction, and a checksum of its images.
    Commit { seq: u32, sum: u64 },
}

/// A block's content with a number of its own: two blocks with one number are copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    pub(super) stamp: u32,
    pub(super) body: Body,
}

/// A place on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Home(usize),
    Slot(usize),
}

/// How far a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Running,
    Committing,
    Committed,
    AtHome,
    Replayed,
    Forgotten,
}

/// A transaction.
#[derive(Debug, Clone)]
pub(crate) struct Txn {
    pub(super) seq: u32,
    pub(super) stage: Stage,
    /// Homes whose new images it holds, as they joined.
    pub(super) homes: Vec<usize>,
    /// Homes of new data that must be written before it commits.
    pub(super) data: Vec<usize>,
}

/// Blocks written so far, by what they were for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) journal: u64,
    pub(crate) data: u64,
    pub(crate) home: u64,
    pub(crate) flushes: u64,
    pub(crate) recovery: u64,
    /// Blocks that programs wrote.
    pub(crate) asked: u64,
}

impl Counts {
    /// All blocks that reached the disk before a crash.
    pub(crate) const fn written(&self) -> u64 {
        self.journal + self.data + self.home
    }
}

/// Everything after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    /// By home: what memory holds, if anything.
    pub(super) mem: Vec<Option<Block>>,
    /// By home: data that is newer in memory and belongs to no transaction.
    pub(super) dirty: Vec<bool>,
    /// In the disk's cache, oldest first: lost when the power fails.
    pub(super) cache: Vec<(Place, Block)>,
    pub(super) slots: Vec<Block>,
    pub(super) disk: Vec<Block>,
    /// Newest committed images that are not at home yet.
    pub(super) waiting: Vec<(usize, Block)>,
    pub(super) txns: Vec<Txn>,
    pub(super) tail: usize,
    pub(super) head: usize,
    pub(super) n_used: usize,
    /// What was written last.
    pub(super) fresh: Option<Place>,
    pub(super) line: Option<usize>,
    pub(super) crashed: bool,
    pub(crate) counts: Counts,
    /// What each file would hold, or holds, after a crash here and recovery.
    pub(crate) seen: Vec<Seen>,
    pub(crate) check: Check,
}

impl State {
    /// The disk as it was formatted, with the files of the plan.
    pub(super) fn new(plan: &Plan) -> Self {
        let mut stamp = 0;
        let mut block = |body: Body| {
            stamp += 1;
            Block { stamp, body }
        };
        let mut next = plan.first_data();
        let mut inodes = Vec::new();
        let mut data = Vec::new();
        for (file, &size) in plan.sizes.iter().enumerate() {
            let homes = (next..next + size).filter_map(|it| u8::try_from(it).ok()).collect();
            inodes.push(Body::Inode(homes));
            data.extend((0..size).map(|index| Body::Data { file, index, version: 1 }));
            next += size;
        }
        let mut disk = vec![block(Body::Bitmap((1 << next) - 1))];
        disk.extend(inodes.into_iter().chain(data).map(&mut block));
        disk.resize_with(plan.n_homes(), || block(Body::Old));
        let mut slots = vec![block(Body::Super { tail: 1, seq: 1 })];
        slots.resize_with(plan.n_slots, || block(Body::Zero));
        let mut mem: Vec<Option<Block>> = disk[..next].iter().cloned().map(Some).collect();
        mem.resize(plan.n_homes(), None);
        Self {
            mem,
            dirty: vec![false; plan.n_homes()],
            cache: Vec::new(),
            slots,
            disk,
            waiting: Vec::new(),
            txns: Vec::new(),
            tail: 1,
            head: 1,
            n_used: 0,
            fresh: None,
            line: None,
            crashed: false,
            counts: Counts::default(),
            seen: Vec::new(),
            check: Check::Clean,
        }
    }

    /// The transaction that gathers changes now.
    pub(super) fn running(&self) -> Option<&Txn> {
        self.txns.last().filter(|it| it.stage == Stage::Running)
    }

    /// Homes of a file's blocks as memory has them.
    pub(super) fn blocks_of(&self, plan: &Plan, file: usize) -> Vec<u8> {
        match self.mem.get(plan.inode(file)) {
            Some(Some(Block { body: Body::Inode(homes), .. })) => homes.clone(),
            _ => Vec::new(),
        }
    }
}

/// A checksum of images: a number that a block of other content does not give.
pub(super) fn sum_of(blocks: &[Block]) -> u64 {
    let fold = |sum: u64, it: &Block| (sum ^ u64::from(it.stamp)).wrapping_mul(0x0100_0000_01b3);
    blocks.iter().fold(0xcbf2_9ce4_8422_2325, fold)
}

/// A block in as few letters as can be.
pub(super) fn label(plan: &Plan, home: usize) -> String {
    match home {
        0 => "map".to_owned(),
        _ if home < plan.first_data() => format!("i{}", plan.files[home - 1]),
        _ => home.to_string(),
    }
}

/// A block in words.
pub(super) fn words(plan: &Plan, body: &Body) -> String {
    let file = |at: usize| plan.files.get(at).map_or("?", String::as_str);
    match body {
        Body::Zero => "zeros".to_owned(),
        Body::Old => "old content of a deleted file".to_owned(),
        Body::Bitmap(bits) => format!("bitmap with {} blocks in use", bits.count_ones()),
        Body::Inode(homes) => {
            format!("an inode of size {}", crate::words::count(homes.len() as u64, "blocks"))
        }
        Body::Data { file: at, index, version } => {
            format!("block {index} of {}, version {version}", file(*at))
        }
        Body::Super { seq, .. } => {
            format!("the journal's superblock: the ring begins with transaction {seq}")
        }
        Body::Descriptor { seq, homes } => {
            let homes: Vec<String> = homes.iter().map(|&it| label(plan, it)).collect();
            format!("descriptor of transaction {seq}: images of {}", crate::words::list(&homes))
        }
        Body::Commit { seq, .. } => format!("commit record of transaction {seq}"),
    }
}
