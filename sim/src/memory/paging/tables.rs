//! The page tables of a few address spaces, built from a list of mappings.

use super::geometry::{Level, OFFSET_BITS, PageSize, Paging, hexadecimal};
use crate::error::{Fault, Problem, ScenarioError};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Frame of the first root; the other tables follow it, leaving out frames that mappings use.
const ROOT_FRAME: u64 = 0x2000;

/// Names of the address spaces, by number.
pub(crate) const SPACES: [&str; 3] = ["A", "B", "C"];

/// Whose page it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Whose {
    A,
    B,
    C,
    /// Every address space maps it, through tables that all of them share.
    All,
}

impl Whose {
    /// Number of the address space, if it is one.
    pub(crate) const fn space(self) -> Option<u8> {
        match self {
            Self::A => Some(0),
            Self::B => Some(1),
            Self::C => Some(2),
            Self::All => None,
        }
    }
}

/// One mapped page, as the reader gives it.
#[derive(Debug, Deserialize)]
pub(crate) struct Mapping {
    pub(crate) page: String,
    pub(crate) frame: String,
    pub(crate) size: PageSize,
    pub(crate) present: bool,
    pub(crate) write: bool,
    pub(crate) user: bool,
    pub(crate) execute: bool,
    pub(crate) space: Whose,
    pub(crate) global: bool,
}

/// What an entry lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rights {
    pub(crate) write: bool,
    pub(crate) user: bool,
    pub(crate) execute: bool,
}

impl Rights {
    pub(crate) const ALL: Self = Self { write: true, user: true, execute: true };

    /// What both let through.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            write: self.write && other.write,
            user: self.user && other.user,
            execute: self.execute && other.execute,
        }
    }
}

/// Where an entry points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A table of the next level, by number.
    Table(u32),
    /// A page: frame number and size.
    Page(u64, PageSize),
}

/// An entry that is not all zeros.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) present: bool,
    pub(crate) target: Target,
    pub(crate) rights: Rights,
    /// Whether its translation outlives a load of CR3.
    pub(crate) global: bool,
}

/// One table.
#[derive(Debug)]
pub(crate) struct Table {
    /// The frame it fills.
    pub(crate) frame: u64,
    /// Numbers of its entries, by index.
    pub(crate) entries: BTreeMap<u16, u32>,
}

/// All tables. What a run changes in an entry is kept by its state.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) tables: Vec<Table>,
    pub(crate) entries: Vec<Entry>,
    /// Number of the root table, by address space.
    pub(crate) roots: Vec<u32>,
}

/// A mapping that was read: its row, itself, its first address, its frame number.
type Known<'a> = (usize, &'a Mapping, u64, u64);

impl Tables {
    /// Builds the tables of the first `n_spaces` address spaces.
    ///
    /// # Errors
    /// Every mapping that is malformed, not aligned, of a size the mode has not, or that overlaps
    /// one before it.
    pub(crate) fn of(
        paging: Paging,
        mappings: &[Mapping],
        n_spaces: u8,
    ) -> Result<Self, ScenarioError> {
        let mut problems = Vec::new();
        let mut known: Vec<Known<'_>> = Vec::new();
        for (row, mapping) in mappings.iter().enumerate() {
            let place = |key: &str| format!("/mappings/{row}/{key}");
            match read(paging, mapping) {
                Ok((address, frame)) => known.push((row, mapping, address, frame)),
                Err(faults) => problems.extend(
                    faults.into_iter().map(|(key, fault)| Problem { at: place(key), fault }),
                ),
            }
        }
        let used =
            known.iter().map(|it| (it.3, it.3 + (it.1.size.bytes() >> OFFSET_BITS))).collect();
        let levels = paging.levels();
        let mut build = Build { paging, used, next_frame: ROOT_FRAME, shared: BTreeSet::new() };
        let root = build.table();
        let mut all = Self { tables: vec![root], entries: Vec::new(), roots: vec![0] };
        let mut map = |all: &mut Self, build: &mut Build, it: Known<'_>, space: u8| {
            if let Err(fault) = all.map(build, it.1, it.2, it.3, space) {
                problems.push(Problem { at: format!("/mappings/{}/page", it.0), fault });
            }
        };
        // What all share comes first: each root begins as a copy of it.
        for it in known.iter().filter(|it| it.1.space == Whose::All) {
            map(&mut all, &mut build, *it, 0);
            build.shared.insert(levels[0].index(it.2));
        }
        for _ in 1..n_spaces {
            all.copy_root(&mut build);
        }
        for it in &known {
            if let Some(space) = it.1.space.space() {
                map(&mut all, &mut build, *it, space);
            }
        }
        if problems.is_empty() { Ok(all) } else { Err(ScenarioError(problems)) }
    }

    fn copy_root(&mut self, build: &mut Build) {
        let number = number_of(self.tables.len());
        self.tables.push(build.table());
        self.roots.push(number);
        for (index, entry) in self.tables[0].entries.clone() {
            let found = self.entries[entry as usize];
            match found.target {
                Target::Table(_) => _ = self.add(number, index, found),
                // A page that the root itself maps: the copies are kept equal.
                Target::Page(..) => {
                    self.tables[number as usize].entries.insert(index, entry);
                }
            }
        }
    }

    fn map(
        &mut self,
        build: &mut Build,
        mapping: &Mapping,
        address: u64,
        frame: u64,
        space: u8,
    ) -> Result<(), Fault> {
        let rights = Rights {
            write: mapping.write,
            user: mapping.user,
            execute: mapping.execute || !build.paging.has_no_execute(),
        };
        let overlap = || Fault::Conflict("this page overlaps one that is mapped above".to_owned());
        let mut table = self.root(space);
        for (depth, level) in build.paging.levels().iter().enumerate() {
            let index = level.index(address);
            if depth == 0 && mapping.space != Whose::All && build.shared.contains(&index) {
                let why = format!(
                    "all address spaces share entry {index} of the {}: a page of one of them \
                     cannot lie under it",
                    level.name
                );
                return Err(Fault::Conflict(why));
            }
            let known = self.tables[table as usize].entries.get(&index).copied();
            if level.page == Some(mapping.size) {
                if known.is_some() {
                    return Err(overlap());
                }
                let target = Target::Page(frame, mapping.size);
                let (present, global) = (mapping.present, mapping.global);
                self.add(table, index, Entry { present, target, rights, global });
                return Ok(());
            }
            let number = match known {
                Some(number) => number,
                None => {
                    let next = number_of(self.tables.len());
                    self.tables.push(build.table());
                    // Upper entries let everything through, but users only to pages of users.
                    let rights = Rights { user: false, ..Rights::ALL };
                    let target = Target::Table(next);
                    self.add(table, index, Entry { present: true, target, rights, global: false })
                }
            };
            let Target::Table(next) = self.entries[number as usize].target else {
                return Err(overlap());
            };
            self.entries[number as usize].rights.user |= rights.user;
            table = next;
        }
        Ok(())
    }

    fn add(&mut self, table: u32, index: u16, entry: Entry) -> u32 {
        let number = number_of(self.entries.len());
        self.tables[table as usize].entries.insert(index, number);
        self.entries.push(entry);
        number
    }

    pub(crate) fn table(&self, number: u32) -> &Table {
        &self.tables[number as usize]
    }

    /// Number of the root table of an address space.
    pub(crate) fn root(&self, space: u8) -> u32 {
        self.roots.get(usize::from(space)).copied().unwrap_or(0)
    }

    /// The entry of a table at an index.
    pub(crate) fn entry(&self, table: u32, index: u16) -> Option<(u32, Entry)> {
        let number = *self.table(table).entries.get(&index)?;
        Some((number, self.entries[number as usize]))
    }

    /// The entry that maps an address as the tables were built: its level, index and number.
    pub(crate) fn leaf(
        &self,
        paging: Paging,
        space: u8,
        address: u64,
    ) -> Option<(&'static Level, u16, u32)> {
        let mut table = self.root(space);
        for level in paging.levels() {
            let index = level.index(address);
            let (number, entry) = self.entry(table, index)?;
            match entry.target {
                Target::Table(next) => table = next,
                Target::Page(..) => return Some((level, index, number)),
            }
        }
        None
    }
}

fn number_of(len: usize) -> u32 {
    u32::try_from(len).unwrap_or_default()
}

/// Gives each table a frame of its own.
struct Build {
    paging: Paging,
    /// Frames of the mapped pages: first, and first after them.
    used: Vec<(u64, u64)>,
    next_frame: u64,
    /// Indexes of the root's entries that all address spaces share.
    shared: BTreeSet<u16>,
}

impl Build {
    fn table(&mut self) -> Table {
        let next = self.next_frame;
        let covers = |it: &&(u64, u64)| (it.0..it.1).contains(&next);
        if let Some((_, end)) = self.used.iter().find(covers) {
            self.next_frame = *end;
            return self.table();
        }
        self.next_frame += 1;
        Table { frame: self.next_frame - 1, entries: BTreeMap::new() }
    }
}

/// First address and frame number of a mapping, or what is wrong with each field.
fn read(paging: Paging, mapping: &Mapping) -> Result<(u64, u64), Vec<(&'static str, Fault)>> {
    let mut faults = Vec::new();
    let size = mapping.size;
    if !paging.levels().iter().any(|it| it.page == Some(size)) {
        let why = format!("this mode has no pages of {}", size.said());
        faults.push(("size", Fault::Conflict(why)));
    }
    let page = hexadecimal(&mapping.page);
    match page {
        None => faults.push(("page", Fault::WrongKind(AN_ADDRESS))),
        Some(page) if !paging.is_canonical(page) => {
            let why = format!("{page:#x} is no address of this mode");
            faults.push(("page", Fault::Conflict(why)));
        }
        Some(page) if page % size.bytes() != 0 => {
            let why = format!("{page:#x} is not a multiple of {}", size.said());
            faults.push(("page", Fault::Conflict(why)));
        }
        Some(_) => {}
    }
    let frame = hexadecimal(&mapping.frame);
    match frame {
        None => faults.push(("frame", Fault::WrongKind(A_FRAME))),
        Some(frame) if frame >> paging.frame_bits() != 0 => {
            let why = format!("{frame:#x} has more than {} bits", paging.frame_bits());
            faults.push(("frame", Fault::Conflict(why)));
        }
        Some(frame) if frame % (size.bytes() >> OFFSET_BITS) != 0 => {
            let why = format!("a page of {} cannot begin at frame {frame:#x}", size.said());
            faults.push(("frame", Fault::Conflict(why)));
        }
        Some(_) => {}
    }
    match (page, frame) {
        (Some(page), Some(frame)) if faults.is_empty() => Ok((page, frame)),
        _ => Err(faults),
    }
}

/// What is said of a text that is no address.
pub(crate) const AN_ADDRESS: &str = "an address in hexadecimal, such as 0x7ffe12345abc";
const A_FRAME: &str = "a frame number in hexadecimal, such as 0x1a5";
