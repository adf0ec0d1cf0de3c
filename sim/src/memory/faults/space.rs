//! The address space before and during a run: regions, and what stands behind their pages.

use super::super::paging::geometry::hexadecimal;
use crate::error::{Fault, Problem, ScenarioError};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Bits of the offset in a page.
pub(crate) const PAGE_BITS: u32 = 12;

/// First address that user code may not have.
pub(crate) const USER_END: u64 = 1 << 47;

const AN_ADDRESS: &str = "an address in hexadecimal, such as 0x7ffe12345000";

/// What a region allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rights {
    None,
    R,
    Rw,
    Rx,
    Rwx,
}

impl Rights {
    pub(crate) const fn write(self) -> bool {
        matches!(self, Self::Rw | Self::Rwx)
    }

    pub(crate) const fn execute(self) -> bool {
        matches!(self, Self::Rx | Self::Rwx)
    }

    /// As `ls` and `/proc` write them.
    pub(crate) const fn said(self) -> &'static str {
        match self {
            Self::None => "---",
            Self::R => "r--",
            Self::Rw => "rw-",
            Self::Rx => "r-x",
            Self::Rwx => "rwx",
        }
    }
}

/// What stands behind a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Backing {
    Anonymous,
    File,
    /// Anonymous, and it grows downwards.
    Stack,
}

/// A region as the reader gives it.
#[derive(Debug, Deserialize)]
pub(crate) struct Region {
    pub(crate) name: String,
    start: String,
    pages: u64,
    rights: Rights,
    kind: Backing,
    shared: bool,
    file_bytes: Option<u64>,
}

/// A virtual memory area. Places are page numbers.
#[derive(Debug, Clone)]
pub(crate) struct Vma {
    pub(crate) name: String,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) rights: Rights,
    pub(crate) backing: Backing,
    pub(crate) shared: bool,
    /// Pages, from the start of the region, that the file has.
    pub(crate) n_file_pages: u64,
}

/// The state of a page as the reader gives it.
#[derive(Debug, Deserialize)]
pub(crate) struct Before {
    page: String,
    state: Start,
    frame: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Start {
    Cached,
    Present,
    Zero,
    SharedCopy,
    LastCopy,
    Swapped,
}

/// What the page table says of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pte {
    /// Not present.
    None,
    /// Present, read-only: the one page of zeros that all share.
    Zero,
    /// Present: the frame of the page cache.
    Cached { writable: bool },
    /// Present: a frame of the process's own, as writable as its region.
    Own,
    /// Present, read-only: a private frame after a fork, with or without others that have it.
    Copy { others: bool },
    /// Not present; the entry says where in the swap area the page is.
    Swapped,
}

impl Pte {
    pub(crate) const fn present(self) -> bool {
        !matches!(self, Self::None | Self::Swapped)
    }
}

/// A page that was touched, or whose state was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) pte: Pte,
    /// Frame of the page cache that holds it, whether it is mapped or not.
    pub(crate) cached: Option<u64>,
    /// Frame that the entry maps, if it is not that of the page cache.
    pub(crate) frame: Option<u64>,
}

impl Page {
    pub(crate) const NEW: Self = Self { pte: Pte::None, cached: None, frame: None };
}

/// Regions in the order of their addresses, and pages.
#[derive(Debug, Clone)]
pub(crate) struct Space {
    pub(crate) vmas: Vec<Vma>,
    pub(crate) pages: BTreeMap<u64, Page>,
    /// Number of the next new frame.
    pub(crate) next_frame: u64,
}

impl Space {
    /// The space of a scenario.
    pub(crate) fn of(regions: &[Region], before: &[Before]) -> Result<Self, ScenarioError> {
        let mut problems = Vec::new();
        let mut vmas: Vec<Vma> = Vec::new();
        for (row, region) in regions.iter().enumerate() {
            match vma(region, &vmas) {
                Ok(vma) => {
                    let place = vmas.partition_point(|it| it.start < vma.start);
                    vmas.insert(place, vma);
                }
                Err((key, fault)) => {
                    problems.push(Problem { at: format!("/regions/{row}/{key}"), fault });
                }
            }
        }
        let mut space = Self { vmas, pages: BTreeMap::new(), next_frame: 0x100 };
        // A page may stand in a region that is at fault: then only the region is told.
        let whole = problems.is_empty();
        for (row, before) in before.iter().enumerate().filter(|_| whole) {
            if let Err((key, fault)) = space.set(before) {
                problems.push(Problem { at: format!("/pages/{row}/{key}"), fault });
            }
        }
        if problems.is_empty() { Ok(space) } else { Err(ScenarioError(problems)) }
    }

    fn set(&mut self, before: &Before) -> Result<(), (&'static str, Fault)> {
        let address = hexadecimal(&before.page).ok_or(("page", Fault::WrongKind(AN_ADDRESS)))?;
        let number = address >> PAGE_BITS;
        let conflict = |why: &str| Fault::Conflict(why.to_owned());
        let Some(vma) = self.find(number).map(|it| &self.vmas[it]) else {
            return Err(("page", conflict("no region holds this page")));
        };
        if self.pages.contains_key(&number) {
            return Err(("page", Fault::Duplicate(before.page.clone())));
        }
        let is_file = vma.backing == Backing::File;
        let wrong = match before.state {
            Start::Cached if !is_file => Some("only a page of a file is in the page cache"),
            Start::Zero if is_file || vma.shared => {
                Some("only a private page without a file can be the page of zeros")
            }
            Start::SharedCopy | Start::LastCopy | Start::Swapped if vma.shared => {
                Some("a page of a shared region is never a private copy")
            }
            Start::Cached | Start::Present if is_file && vma.start + vma.n_file_pages <= number => {
                Some("this page lies past the end of the file")
            }
            _ => None,
        };
        if let Some(why) = wrong {
            return Err(("state", conflict(why)));
        }
        let from_cache = is_file || vma.shared;
        let frame = before.frame.unwrap_or(self.next_frame);
        self.next_frame = self.next_frame.max(frame + 1);
        let page = match before.state {
            Start::Cached => Page { cached: Some(frame), ..Page::NEW },
            Start::Present if from_cache => {
                Page { pte: Pte::Cached { writable: !is_file }, cached: Some(frame), frame: None }
            }
            Start::Present => Page { pte: Pte::Own, cached: None, frame: Some(frame) },
            Start::Zero => Page { pte: Pte::Zero, ..Page::NEW },
            Start::SharedCopy | Start::LastCopy => {
                let others = before.state == Start::SharedCopy;
                Page { pte: Pte::Copy { others }, cached: None, frame: Some(frame) }
            }
            Start::Swapped => Page { pte: Pte::Swapped, ..Page::NEW },
        };
        self.pages.insert(number, page);
        Ok(())
    }

    /// The region that holds a page.
    pub(crate) fn find(&self, page: u64) -> Option<usize> {
        self.vmas.iter().position(|it| it.start <= page && page < it.end)
    }

    /// The lowest region above a page that lies in none.
    pub(crate) fn above(&self, page: u64) -> Option<usize> {
        self.vmas.iter().position(|it| page < it.start)
    }

    /// What is known of a page.
    pub(crate) fn page(&self, page: u64) -> Page {
        self.pages.get(&page).copied().unwrap_or(Page::NEW)
    }

    /// Takes a new frame.
    pub(crate) fn take_frame(&mut self) -> u64 {
        self.next_frame += 1;
        self.next_frame - 1
    }
}

fn vma(region: &Region, others: &[Vma]) -> Result<Vma, (&'static str, Fault)> {
    let address = hexadecimal(&region.start).ok_or(("start", Fault::WrongKind(AN_ADDRESS)))?;
    let conflict = |key, why: String| Err((key, Fault::Conflict(why)));
    if address & ((1 << PAGE_BITS) - 1) != 0 {
        return conflict("start", format!("{address:#x} is not a multiple of 4 KiB"));
    }
    if USER_END <= address || USER_END - address < region.pages << PAGE_BITS {
        return conflict("pages", format!("a region ends at {USER_END:#x} or below"));
    }
    let start = address >> PAGE_BITS;
    let end = start + region.pages;
    if let Some(other) = others.iter().find(|it| start < it.end && it.start < end) {
        return conflict("start", format!("this region overlaps {}", other.name));
    }
    let is_file = region.kind == Backing::File;
    if region.file_bytes.is_some() && !is_file {
        return conflict("file_bytes", "this region has no file".to_owned());
    }
    if region.shared && region.kind == Backing::Stack {
        return conflict("shared", "a stack is private".to_owned());
    }
    let n_file_pages = match region.file_bytes {
        Some(bytes) => bytes.div_ceil(1 << PAGE_BITS),
        None => region.pages,
    };
    let Region { rights, kind, shared, .. } = *region;
    let name = region.name.clone();
    Ok(Vma { name, start, end, rights, backing: kind, shared, n_file_pages })
}
