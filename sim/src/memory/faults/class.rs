//! What an access turns out to be: one look at the page table, the regions and the pages.

use super::space::{Backing, PAGE_BITS, Page, Pte, Space, USER_END, Vma};
use serde::Deserialize;

/// What is done with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Read,
    Write,
    Execute,
}

impl Kind {
    /// `read`, for "to read".
    pub(crate) const fn said(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Execute => "execute",
        }
    }
}

/// One line of the script.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access {
    pub(crate) address: u64,
    pub(crate) kind: Kind,
}

impl Access {
    pub(crate) const fn page(self) -> u64 {
        self.address >> PAGE_BITS
    }
}

/// How far a stack may grow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) stack_pages: u64,
    /// Pages that stay free between a stack and the region below it.
    pub(crate) gap_pages: u64,
}

/// What the kernel does for a fault that can be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Maps the page of zeros, read-only.
    MapZero,
    /// Gives a new frame of zeros.
    ZeroFill,
    /// Gives a new frame of zeros in place of the page of zeros.
    ReplaceZero,
    /// Maps the frame that the page cache has.
    MapCached,
    /// Copies the frame of the page cache, which is not mapped.
    CopyCached,
    /// Copies the frame of the page cache, which is mapped read-only.
    CopyMapped,
    /// Lets a clean page of a shared file be written.
    MakeDirty,
    /// Copies a frame that others have too.
    Copy,
    /// Keeps a frame that nobody else has any more.
    Reuse,
    /// Reads the page from the file first; then as the one of these two.
    ReadFile { copy: bool },
    /// Reads the page from the swap area.
    SwapIn,
}

/// Why an access is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The address is not canonical: no page fault at all.
    NotCanonical,
    /// It belongs to the kernel.
    KernelHalf,
    NoRegion,
    /// The stack may not grow so far.
    StackLimit,
    /// The stack would come too near to the region below it.
    StackGap,
    /// The region does not allow it.
    Rights,
    /// The file has no such page.
    PastEnd,
}

/// What an access turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// The page table allows it.
    Hit,
    /// The kernel serves it; a stack grows to this page first, if it must.
    Served {
        work: Work,
        grows: bool,
    },
    Refused(Refusal),
}

/// Rows of the table of faults.
pub(crate) const N_ROWS: usize = 12;

impl Class {
    /// Row of the table of faults that it belongs to.
    pub(crate) const fn row(self) -> Option<usize> {
        Some(match self {
            Self::Hit => return None,
            Self::Served { grows: true, .. } => 7,
            Self::Served { work, .. } => match work {
                Work::MapZero => 0,
                Work::ZeroFill => 1,
                Work::MapCached | Work::CopyCached => 2,
                Work::MakeDirty => 3,
                Work::Copy | Work::CopyMapped | Work::Reuse | Work::ReplaceZero => 4,
                Work::ReadFile { .. } => 5,
                Work::SwapIn => 6,
            },
            Self::Refused(refusal) => match refusal {
                Refusal::NoRegion
                | Refusal::KernelHalf
                | Refusal::StackLimit
                | Refusal::StackGap => 8,
                Refusal::Rights => 9,
                Refusal::PastEnd => 10,
                Refusal::NotCanonical => 11,
            },
        })
    }

    /// Index into [`ENDS`].
    pub(crate) const fn end(self) -> usize {
        match self {
            Self::Hit => 0,
            Self::Served { work: Work::ReadFile { .. } | Work::SwapIn, .. } => 2,
            Self::Served { .. } => 1,
            Self::Refused(Refusal::PastEnd) => 4,
            Self::Refused(_) => 3,
        }
    }
}

/// How an access can end.
pub(crate) const ENDS: [&str; 5] =
    ["no fault", "a minor fault", "a major fault", "SIGSEGV", "SIGBUS"];

/// What an access turns out to be.
pub(crate) fn classify(space: &Space, access: Access, limits: Limits) -> Class {
    let upper = access.address >> 47;
    if upper != 0 && upper != u64::MAX >> 47 {
        return Class::Refused(Refusal::NotCanonical);
    }
    if USER_END <= access.address {
        return Class::Refused(Refusal::KernelHalf);
    }
    let number = access.page();
    let (vma, grows) = match space.find(number) {
        Some(at) => (&space.vmas[at], false),
        None => match growth(space, number, limits) {
            Ok(at) => (&space.vmas[at], true),
            Err(refusal) => return Class::Refused(refusal),
        },
    };
    let page = space.page(number);
    if !allowed(vma, access.kind) {
        return Class::Refused(Refusal::Rights);
    }
    if page.pte.present() && (access.kind != Kind::Write || writable(page.pte)) {
        return Class::Hit;
    }
    match work(vma, number, page, access.kind == Kind::Write) {
        Some(work) => Class::Served { work, grows },
        None => Class::Refused(Refusal::PastEnd),
    }
}

/// Whether the entry lets a page be written, in a region that allows it.
const fn writable(pte: Pte) -> bool {
    matches!(pte, Pte::Own | Pte::Cached { writable: true })
}

/// Whether a region allows an access. What can be written or executed can be read.
pub(crate) const fn allowed(vma: &Vma, kind: Kind) -> bool {
    match kind {
        Kind::Read => !matches!(vma.rights, super::space::Rights::None),
        Kind::Write => vma.rights.write(),
        Kind::Execute => vma.rights.execute(),
    }
}

/// The stack that can grow down to a page, or why there is none.
fn growth(space: &Space, page: u64, limits: Limits) -> Result<usize, Refusal> {
    let at = space.above(page).ok_or(Refusal::NoRegion)?;
    let stack = &space.vmas[at];
    if stack.backing != Backing::Stack {
        return Err(Refusal::NoRegion);
    }
    if limits.stack_pages < stack.end - page {
        return Err(Refusal::StackLimit);
    }
    let below = at.checked_sub(1).map(|it| &space.vmas[it]);
    // A region that nobody may touch needs no distance.
    let near = below.is_some_and(|it| {
        allowed(it, Kind::Read) && it.backing != Backing::Stack && page - it.end < limits.gap_pages
    });
    if near { Err(Refusal::StackGap) } else { Ok(at) }
}

/// What is to be done for a page that its entry does not give; `None` if there is no such page.
fn work(vma: &Vma, number: u64, page: Page, write: bool) -> Option<Work> {
    let is_file = vma.backing == Backing::File;
    Some(match page.pte {
        Pte::Swapped => Work::SwapIn,
        Pte::Zero => Work::ReplaceZero,
        Pte::Copy { others: true } => Work::Copy,
        Pte::Copy { others: false } | Pte::Own => Work::Reuse,
        Pte::Cached { .. } if vma.shared => Work::MakeDirty,
        Pte::Cached { .. } => Work::CopyMapped,
        Pte::None if is_file && vma.start + vma.n_file_pages <= number => return None,
        Pte::None if is_file => match (page.cached.is_some(), write && !vma.shared) {
            (true, false) => Work::MapCached,
            (true, true) => Work::CopyCached,
            (false, copy) => Work::ReadFile { copy },
        },
        Pte::None if !write && !vma.shared => Work::MapZero,
        Pte::None => Work::ZeroFill,
    })
}
