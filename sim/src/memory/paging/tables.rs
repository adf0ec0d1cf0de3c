//! The page tables of one address space, built from a list of mappings.

use super::geometry::{OFFSET_BITS, PageSize, Paging, hexadecimal};
use crate::error::{Fault, Problem, ScenarioError};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Frame of the root table; the others follow it, leaving out frames that mappings use.
const ROOT_FRAME: u64 = 0x2000;

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
}

/// One table.
#[derive(Debug)]
pub(crate) struct Table {
    /// The frame it fills.
    pub(crate) frame: u64,
    /// Numbers of its entries, by index.
    pub(crate) entries: BTreeMap<u16, u32>,
}

/// All tables; number 0 is the root. Accessed and dirty bits are kept by the state of a run.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) tables: Vec<Table>,
    pub(crate) entries: Vec<Entry>,
}

impl Tables {
    /// Builds the tables.
    ///
    /// # Errors
    /// Every mapping that is malformed, not aligned, of a size the mode has not, or that overlaps
    /// one before it.
    pub(crate) fn of(paging: Paging, mappings: &[Mapping]) -> Result<Self, ScenarioError> {
        let mut problems = Vec::new();
        let mut known = Vec::new();
        for (row, mapping) in mappings.iter().enumerate() {
            let place = |key: &str| format!("/mappings/{row}/{key}");
            match read(paging, mapping) {
                Ok(found) => known.push((row, mapping, found)),
                Err(faults) => problems.extend(
                    faults.into_iter().map(|(key, fault)| Problem { at: place(key), fault }),
                ),
            }
        }
        let used: BTreeSet<u64> = known.iter().map(|it| it.2.1).collect();
        let mut build = Build { paging, used, next_frame: ROOT_FRAME };
        let root = build.table();
        let mut all = Self { tables: vec![root], entries: Vec::new() };
        for (row, mapping, (address, frame)) in known {
            if let Err(fault) = all.map(&mut build, mapping, address, frame) {
                problems.push(Problem { at: format!("/mappings/{row}/page"), fault });
            }
        }
        if problems.is_empty() { Ok(all) } else { Err(ScenarioError(problems)) }
    }

    fn map(
        &mut self,
        build: &mut Build,
        mapping: &Mapping,
        address: u64,
        frame: u64,
    ) -> Result<(), Fault> {
        let rights = Rights {
            write: mapping.write,
            user: mapping.user,
            execute: mapping.execute || !build.paging.has_no_execute(),
        };
        let overlap = || Fault::Conflict("this page overlaps one that is mapped above".to_owned());
        let mut table = 0_u32;
        for level in build.paging.levels() {
            let index = level.index(address);
            let known = self.tables[table as usize].entries.get(&index).copied();
            if level.page == Some(mapping.size) {
                if known.is_some() {
                    return Err(overlap());
                }
                let target = Target::Page(frame, mapping.size);
                self.add(table, index, Entry { present: mapping.present, target, rights });
                return Ok(());
            }
            let number = match known {
                Some(number) => number,
                None => {
                    let next = number_of(self.tables.len());
                    self.tables.push(build.table());
                    // Upper entries let everything through, but users only to pages of users.
                    let rights = Rights { user: false, ..Rights::ALL };
                    self.add(
                        table,
                        index,
                        Entry { present: true, target: Target::Table(next), rights },
                    )
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

    /// The entry of a table at an index.
    pub(crate) fn entry(&self, table: u32, index: u16) -> Option<(u32, Entry)> {
        let number = *self.table(table).entries.get(&index)?;
        Some((number, self.entries[number as usize]))
    }
}

fn number_of(len: usize) -> u32 {
    u32::try_from(len).unwrap_or_default()
}

/// Gives each table a frame of its own.
struct Build {
    paging: Paging,
    used: BTreeSet<u64>,
    next_frame: u64,
}

impl Build {
    fn table(&mut self) -> Table {
        while self.used.contains(&self.next_frame) {
            self.next_frame += 1;
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
