//! What is set, and what the cache knows of one page.

/// What a line of the script does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Does {
    Read,
    Write,
    Fsync,
    Sync,
    DirectRead,
    DirectWrite,
    Sleep,
    Drop,
}

/// A line of the script, with its file found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Op {
    pub(crate) does: Does,
    pub(crate) file: usize,
    /// First page, and how many.
    pub(crate) page: usize,
    pub(crate) n: usize,
    /// How long a sleep takes.
    pub(crate) ms: u64,
}

/// What things take, in microseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Costs {
    pub(crate) copy_us: u64,
    /// A request to the device, and each page of it besides.
    pub(crate) request_us: u64,
    pub(crate) page_us: u64,
    pub(crate) flush_us: u64,
}

/// The scenario made ready.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) files: Vec<String>,
    /// Pages of each file.
    pub(crate) sizes: Vec<usize>,
    pub(crate) script: Vec<Op>,
    pub(crate) n_frames: usize,
    /// Most pages that are read ahead; 0 for none.
    pub(crate) ahead_max: usize,
    /// Dirty pages above which the flusher writes, and above which writers wait.
    pub(crate) background: usize,
    pub(crate) limit: usize,
    pub(crate) expire_us: u64,
    pub(crate) interval_us: u64,
    pub(crate) costs: Costs,
}

/// A page in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cached {
    pub(super) file: usize,
    pub(super) page: usize,
    pub(super) version: u32,
    /// When it became dirty, if it is.
    pub(super) dirty_since: Option<u64>,
    /// When it will be there; later than now while it is on its way.
    pub(super) ready_at: u64,
    /// Order of its last use.
    pub(super) used: u64,
    /// Read ahead, and not asked for yet.
    pub(super) ahead: bool,
    /// Whoever reads it starts the next read-ahead.
    pub(super) marker: bool,
    /// Read from the device and not written since.
    pub(super) came: bool,
}

/// What the device has of a page: the newest version it was given, and the newest that survives a
/// power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Device {
    pub(crate) given: u32,
    pub(crate) durable: u32,
}

/// Read-ahead of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ahead {
    /// Page that a sequential reader asks for next.
    pub(super) next: usize,
    /// First page after the window, and pages in it.
    pub(super) end: usize,
    pub(super) size: usize,
}

impl Plan {
    /// Pages of the first window of a sequential reader: four times what it asks for, if the most is
    /// large, twice if it is not.
    pub(super) fn first_window(&self) -> usize {
        let size = match self.ahead_max {
            it if 32 <= it => 4,
            it if 4 <= it => 2,
            it => it,
        };
        size.max(1)
    }

    /// The next window: it grows fast while it is small.
    pub(super) fn next_window(&self, size: usize) -> usize {
        let grown = if size < self.ahead_max / 16 { 4 * size } else { 2 * size };
        grown.min(self.ahead_max).max(1)
    }
}
