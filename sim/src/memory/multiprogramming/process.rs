//! A process that draws its references from a locality, and knows its own working set.

use crate::rng::Rng;
use std::collections::VecDeque;

/// Index of a process, from 0; its actor.
pub(crate) type ProcessIdx = u16;

/// What a process is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Waits for the CPU.
    Ready,
    /// Has the CPU.
    Running,
    /// Waits for a page from the disk.
    Paging,
    /// Does input or output of its own.
    Io,
    /// Was taken out of memory to make room for the others.
    Suspended,
}

/// How references are drawn: the same numbers for every process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    pub(crate) pages: u32,
    pub(crate) locality_pages: u32,
    pub(crate) phase_references: u64,
    pub(crate) window_references: u32,
}

/// One process.
#[derive(Debug)]
pub(crate) struct Process {
    program: Program,
    pub(crate) phase: Phase,
    rng: Rng,
    /// References by which its phases are shifted against those of the others.
    shift: u64,
    /// First page of its locality.
    base: u32,
    /// The page that it uses next, once it is drawn.
    wanted: Option<u32>,
    /// References that are done: its own time.
    pub(crate) n_references: u64,
    pub(crate) since_io: u64,
    pub(crate) n_faults: u64,
    /// Its own time at its last fault.
    pub(crate) fault_at: u64,
    /// The pages in its window, the oldest first, and how often each is in it.
    recent: VecDeque<u32>,
    counts: Vec<u32>,
    /// Pages in the window: the size of its working set.
    pub(crate) n_working: u32,
    /// Pages in memory or on their way.
    pub(crate) n_resident: u32,
    pub(crate) io_until: u64,
    /// Rises with every process that is let in.
    pub(crate) admitted: u64,
    /// Frames that it asks for before it is let in again.
    pub(crate) need: u32,
}

impl Process {
    /// A process that has done nothing yet.
    pub(crate) fn new(program: Program, idx: ProcessIdx, n_processes: u64, seed: u64) -> Self {
        // Seeds of neighbours lie far apart, so that no two processes draw the same string.
        let rng = Rng::new(seed ^ u64::from(idx).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut process = Self {
            program,
            phase: Phase::Ready,
            rng,
            shift: program.phase_references * u64::from(idx) / n_processes,
            base: 0,
            wanted: None,
            n_references: 0,
            since_io: 0,
            n_faults: 0,
            fault_at: 0,
            recent: VecDeque::new(),
            counts: vec![0; program.pages as usize],
            n_working: 0,
            n_resident: 0,
            io_until: 0,
            admitted: u64::from(idx),
            need: 0,
        };
        process.move_on();
        process
    }

    fn below(&mut self, n: u32) -> u32 {
        u32::try_from(self.rng.below(u64::from(n))).unwrap_or_default()
    }

    /// A new phase: another locality.
    fn move_on(&mut self) {
        let Program { pages, locality_pages, .. } = self.program;
        self.base = self.below(pages - locality_pages + 1);
    }

    /// The page that it uses next; the same until [`Process::used`].
    pub(crate) fn wants(&mut self) -> u32 {
        if let Some(page) = self.wanted {
            return page;
        }
        let own = self.n_references + self.shift;
        if own.is_multiple_of(self.program.phase_references) {
            self.move_on();
        }
        let page = self.base + self.below(self.program.locality_pages);
        self.wanted = Some(page);
        page
    }

    /// The page that it uses next was used.
    pub(crate) fn used(&mut self) {
        let page = self.wants();
        self.wanted = None;
        self.n_references += 1;
        self.since_io += 1;
        self.recent.push_back(page);
        let count = &mut self.counts[page as usize];
        self.n_working += u32::from(*count == 0);
        *count += 1;
        if (self.program.window_references as usize) < self.recent.len()
            && let Some(old) = self.recent.pop_front()
        {
            let count = &mut self.counts[old as usize];
            *count -= 1;
            self.n_working -= u32::from(*count == 0);
        }
    }

    /// Whether a page is in its working set.
    pub(crate) fn works_on(&self, page: u32) -> bool {
        self.counts[page as usize] != 0
    }

    /// Frames that its working set takes with the page that it waits for.
    pub(crate) fn asks_for(&self) -> u32 {
        self.n_working + u32::from(self.wanted.is_some_and(|it| !self.works_on(it)))
    }
}
