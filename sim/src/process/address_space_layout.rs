//! Where x86-64 Linux puts the regions of a process, and where the C library takes memory from.

use crate::Rng;

/// Bytes of a page.
pub(super) const PAGE: u64 = 4_096;

/// End of what the kernel hands out without being asked for more: one page below 128 TiB.
const TOP: u64 = 0x7fff_ffff_f000;

/// Where a position-independent program would begin without randomness, and one that is not.
const PIE_BASE: u64 = 0x5555_5555_4000;
const FIXED_BASE: u64 = 0x40_0000;

/// From here on the C library asks for a region of its own.
pub(super) const MMAP_THRESHOLD: u64 = 128 * 1_024;

/// Bytes that the heap grows by beyond what is needed, and bytes before the first piece.
const TOP_PAD: u64 = 128 * 1_024;
const HEAP_HEAD: u64 = 656;

/// First pages of the stack, and what stays free below it.
const STACK_START: u64 = 33 * PAGE;
const STACK_GAP: u64 = 256 * PAGE;

/// Nothing may be mapped below.
pub(super) const LOWEST: u64 = 64 * 1_024;

/// What may be done in a region.
pub(super) type Rights = &'static str;

/// A stretch of addresses with the same rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) name: String,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) rights: Rights,
}

/// How the kernel lays out: what the reader sets of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) aslr: bool,
    pub(super) pie: bool,
    pub(super) seed: u64,
    pub(super) stack_limit: u64,
    pub(super) thread_stack: u64,
}

/// The regions and where the next ones go.
#[derive(Debug, Clone)]
pub(super) struct Space {
    /// From low to high.
    pub(super) regions: Vec<Region>,
    pub(super) stack_pointer: u64,
    rules: Rules,
    frames: Vec<u64>,
    /// Next regions end here: they are placed downwards.
    mmap_low: u64,
    /// The next piece of the heap.
    heap_used: u64,
    n_maps: u64,
    n_threads: u64,
}

/// Where a piece of memory came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// The heap had room.
    Heap,
    /// The heap grew by so many bytes.
    Grown(u64),
    /// A region of its own.
    Own(u64),
}

const fn page_up(bytes: u64) -> u64 {
    bytes.next_multiple_of(PAGE)
}

impl Space {
    pub(super) fn new(rules: Rules) -> Self {
        let mut rng = Rng::new(rules.seed);
        let mut random = |bits: u32| if rules.aslr { rng.below(1 << bits) * PAGE } else { 0 };
        // As many random bits as Linux uses: 28 for text and mapped regions, 22 for the stack.
        let text = if rules.pie { PIE_BASE + random(28) } else { FIXED_BASE };
        let mut space = Self {
            regions: Vec::new(),
            stack_pointer: 0,
            rules,
            frames: Vec::new(),
            mmap_low: 0,
            heap_used: 0,
            n_maps: 0,
            n_threads: 0,
        };
        let mut at = text;
        for (name, n_pages, rights) in
            [("text", 5, "r-x"), ("rodata", 3, "r--"), ("data", 1, "rw-"), ("bss", 1, "rw-")]
        {
            at = space.add(name, at, n_pages * PAGE, rights);
        }
        let heap = at + random(18);
        space.add("heap", heap, 0, "rw-");
        space.heap_used = heap;
        let pad = if rules.aslr { (1 << 22) * PAGE } else { 0 };
        let gap = (rules.stack_limit + STACK_GAP + pad).max(128 << 20);
        space.mmap_low = TOP - page_up(gap) - random(28);
        for (name, n_pages, rights) in
            [("ld.so", 54, "r-x"), ("libc.data", 6, "rw-"), ("libc", 342, "r-x")]
        {
            space.place(name, n_pages * PAGE, rights);
        }
        let top = TOP - random(22);
        space.add("stack", top - STACK_START, STACK_START, "rw-");
        // Arguments and environment lie above the first frame.
        space.stack_pointer = top - PAGE;
        space
    }

    /// Adds a region; an empty one is kept for when it grows.
    fn add(&mut self, name: &str, start: u64, bytes: u64, rights: Rights) -> u64 {
        let end = start + bytes;
        let at = self.regions.partition_point(|it| it.start < start);
        self.regions.insert(at, Region { name: name.to_owned(), start, end, rights });
        end
    }

    /// Places a region below those that were mapped before.
    fn place(&mut self, name: &str, bytes: u64, rights: Rights) -> u64 {
        self.mmap_low -= bytes;
        let start = self.mmap_low;
        self.add(name, start, bytes, rights);
        start
    }

    /// The region with this name.
    pub(super) fn region(&self, name: &str) -> Option<&Region> {
        self.regions.iter().find(|it| it.name == name)
    }

    fn region_mut(&mut self, name: &str) -> Option<&mut Region> {
        self.regions.iter_mut().find(|it| it.name == name)
    }

    /// The region that holds an address.
    pub(super) fn at(&self, address: u64) -> Option<&Region> {
        self.regions.iter().find(|it| it.start <= address && address < it.end)
    }

    /// What `malloc` does: room in the heap, a larger heap, or a region of its own.
    pub(super) fn malloc(&mut self, bytes: u64) -> (Piece, String) {
        // Eight bytes before each piece, whole sixteens, and no piece below 32.
        let chunk = (bytes + 8).next_multiple_of(16).max(32);
        if MMAP_THRESHOLD <= bytes {
            self.n_maps += 1;
            let name = format!("piece{}", self.n_maps);
            let size = page_up(chunk + 8);
            self.place(&name, size, "rw-");
            return (Piece::Own(size), name);
        }
        // The first request is the library's own; the program's piece fits behind it.
        let first = self.region("heap").is_some_and(|it| it.start == it.end);
        let used = self.heap_used + if first { HEAP_HEAD } else { chunk };
        self.heap_used = if first { used + chunk } else { used };
        let Some(heap) = self.region_mut("heap") else { return (Piece::Heap, "heap".to_owned()) };
        if used + 32 <= heap.end {
            return (Piece::Heap, "heap".to_owned());
        }
        let end = page_up(used + TOP_PAD + 32);
        let grown = end - heap.end;
        heap.end = end;
        (Piece::Grown(grown), "heap".to_owned())
    }

    /// Maps a file.
    pub(super) fn map_file(&mut self, name: &str, bytes: u64) -> u64 {
        self.place(name, page_up(bytes), "rw-")
    }

    /// Maps the stack of another thread, above a page that nobody may touch.
    pub(super) fn thread(&mut self) -> String {
        self.n_threads += 1;
        let name = format!("T{}", self.n_threads);
        self.place(&name, self.rules.thread_stack, "rw-");
        self.place(&format!("{name}.guard"), PAGE, "---");
        name
    }

    /// Calls a function: its frame goes below the others.
    pub(super) fn call(&mut self, bytes: u64) {
        self.frames.push(bytes);
        self.stack_pointer = self.stack_pointer.saturating_sub(bytes);
    }

    /// Returns from the last function; `false` if there is none.
    pub(super) fn leave(&mut self) -> bool {
        let bytes = self.frames.pop();
        self.stack_pointer += bytes.unwrap_or_default();
        bytes.is_some()
    }

    /// Lets the stack grow down to an address, if the limit and its neighbours allow that.
    pub(super) fn grow_stack(&mut self, address: u64) -> Option<u64> {
        let start = address - address % PAGE;
        let stack = self.region("stack")?.clone();
        let below = self.regions.iter().rev().find(|it| it.end <= stack.start && it.start < it.end);
        let free = below.map_or(0, |it| it.end.saturating_add(STACK_GAP));
        if stack.start <= start
            || start < stack.end.saturating_sub(self.rules.stack_limit)
            || start < free
        {
            return None;
        }
        self.region_mut("stack")?.start = start;
        Some(stack.start - start)
    }
}
