//! One access after another: buffer, walk, check, memory.

use super::geometry::{Level, OFFSET_BITS, Paging};
use super::tables::{Entry, Rights, Tables, Target};
use super::tlb::{Cached, Tlb};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use serde::Deserialize;

/// Bit of an entry's use: it took part in a translation.
pub(crate) const ACCESSED: u8 = 1;
/// Bit of an entry's use: its page was written.
pub(crate) const DIRTY: u8 = 2;

/// What is done with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Read,
    Write,
    Execute,
    /// Forgets the buffered translation of the address.
    Invlpg,
    /// Forgets all of them, as a switch of address space does.
    Flush,
}

/// Who does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ring {
    User,
    Kernel,
}

/// One line of the script.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access {
    pub(crate) address: u64,
    pub(crate) kind: Kind,
    pub(crate) ring: Ring,
}

/// What the processor is set to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) paging: Paging,
    /// The kernel may not write read-only pages either.
    pub(crate) write_protect: bool,
    /// The kernel may not execute pages of users.
    pub(crate) smep: bool,
    /// The kernel may not read or write pages of users.
    pub(crate) smap: bool,
    /// Time of one memory read.
    pub(crate) read_ns: u64,
}

/// Bits of the error code of a page fault.
pub(crate) mod code {
    /// The page was there, but its rights forbid the access.
    pub(crate) const PRESENT: u8 = 1;
    /// It was a write.
    pub(crate) const WRITE: u8 = 2;
    /// It came from user mode.
    pub(crate) const USER: u8 = 4;
    /// It was an instruction fetch.
    pub(crate) const FETCH: u8 = 16;
}

/// An entry that the walk has read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Read {
    /// Number of the table.
    pub(crate) table: u32,
    pub(crate) index: u16,
    /// Number of the entry, if it is not all zeros.
    pub(crate) entry: Option<u32>,
}

/// How far an access has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing has begun.
    Waiting,
    /// On its way.
    Going,
    /// It reached this physical address.
    Reached(u64),
    /// #GP: the address is not canonical.
    Refused,
    /// #PF with this error code.
    Fault(u8),
    /// A command to the buffer was carried out.
    Told,
}

/// Everything that is seen at one step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    /// Accessed and dirty bits, by number of the entry.
    pub(crate) uses: Vec<u8>,
    pub(crate) tlb: Tlb,
    /// Number of the line of the script, from 0.
    pub(crate) line: u32,
    pub(crate) progress: Progress,
    /// Entries read for this line, from the root.
    pub(crate) reads: Vec<Read>,
    /// The slot that this line found or filled.
    pub(crate) slot: Option<u32>,
    pub(crate) totals: Totals,
}

/// Counts since the start.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Totals {
    pub(crate) n_accesses: u64,
    /// Entries read from tables.
    pub(crate) n_reads: u64,
    /// Accesses that reached memory.
    pub(crate) n_data: u64,
    pub(crate) n_tlb_hits: u64,
    pub(crate) n_tlb_misses: u64,
    pub(crate) n_page_faults: u64,
    pub(crate) n_protection_faults: u64,
    pub(crate) time_ns: u64,
}

/// A CPU with its tables and its script.
pub(crate) struct Cpu<'a> {
    pub(crate) settings: Settings,
    pub(crate) tables: &'a Tables,
    pub(crate) script: &'a [Access],
    pub(crate) state: State,
}

impl<'a> Cpu<'a> {
    pub(crate) fn new(
        settings: Settings,
        tables: &'a Tables,
        script: &'a [Access],
        n_slots: u32,
    ) -> Self {
        let state = State {
            uses: vec![0; tables.entries.len()],
            tlb: Tlb::new(n_slots),
            line: 0,
            progress: Progress::Waiting,
            reads: Vec::new(),
            slot: None,
            totals: Totals::default(),
        };
        Self { settings, tables, script, state }
    }

    /// Runs the whole script.
    pub(crate) fn run(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let n = self.script.len();
        self.log(log, "start", || {
            let accesses = if n == 1 { "one line".to_owned() } else { format!("{n} lines") };
            format!("The tables are built and nothing is buffered; the script has {accesses}.")
        })?;
        for (line, access) in (0..).zip(self.script) {
            self.state.line = line;
            self.state.progress = Progress::Going;
            self.state.reads.clear();
            self.state.slot = None;
            self.access(*access, log)?;
        }
        Ok(())
    }

    fn log(
        &self,
        log: &mut Log<State>,
        tag: &'static str,
        say: impl FnOnce() -> String,
    ) -> Result<(), ScenarioError> {
        log.step(self.state.totals.time_ns, tag, || Shot::new(say(), self.state.clone()))
    }

    fn access(&mut self, access: Access, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Access { address, kind, ring } = access;
        let verb = match kind {
            Kind::Read => "reads",
            Kind::Write => "writes",
            Kind::Execute => "fetches an instruction from",
            Kind::Invlpg | Kind::Flush => return self.command(access, log),
        };
        self.state.totals.n_accesses += 1;
        let paging = self.settings.paging;
        if !paging.is_canonical(address) {
            self.state.progress = Progress::Refused;
            self.state.totals.n_protection_faults += 1;
            let top = paging.address_bits() - 1;
            return self.log(log, "protection_fault", || {
                format!(
                    "The CPU raises #GP for {address:#x} before any lookup, because bits 63 to \
                     {top} are not all equal."
                )
            });
        }
        self.log(log, "access", || {
            let who = if ring == Ring::User { "A user program" } else { "The kernel" };
            let parts: Vec<String> = paging
                .levels()
                .iter()
                .map(|it| format!("{} {}", it.name, it.index(address)))
                .collect();
            format!(
                "{who} {verb} {address:#x}, which the CPU cuts into {} and offset {}.",
                parts.join(", "),
                address & 0xfff
            )
        })?;
        if self.lookup(access, log)? { Ok(()) } else { self.walk(access, log) }
    }

    fn command(&mut self, access: Access, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let address = access.address;
        self.state.progress = Progress::Told;
        if access.kind == Kind::Flush {
            let n = self.state.tlb.flush();
            return self.log(log, "flush", || {
                format!("The kernel loads CR3, so the TLB forgets all {n} of its translations.")
            });
        }
        let gone = self.state.tlb.forget(address);
        self.log(log, "invlpg", || match gone {
            Some(_) => format!(
                "The kernel runs INVLPG for {address:#x}, so the TLB forgets this translation."
            ),
            None => format!(
                "The kernel runs INVLPG for {address:#x}, which changes nothing, because the TLB \
                 does not hold this page."
            ),
        })
    }

    /// Asks the buffer. True if the access is over.
    fn lookup(&mut self, access: Access, log: &mut Log<State>) -> Result<bool, ScenarioError> {
        let address = access.address;
        if self.state.tlb.slots.is_empty() {
            self.state.totals.n_tlb_misses += 1;
            return Ok(false);
        }
        let found = self.state.tlb.find(address);
        self.state.slot = found;
        let cached = found.and_then(|it| self.state.tlb.slot(it));
        let totals = &mut self.state.totals;
        let options = || vec!["It hits".to_owned(), "It misses".to_owned()];
        let question = "Does the TLB hold this page?";
        let Some(cached) = cached else {
            totals.n_tlb_misses += 1;
            let time = totals.time_ns;
            let levels = self.settings.paging.levels().len();
            log.step(time, "tlb_miss", || {
                let say = format!(
                    "The TLB does not hold the page of {address:#x}, so the CPU must walk up to \
                     {levels} levels of tables."
                );
                Shot::new(say, self.state.clone()).ask(question, options(), 1)
            })?;
            return Ok(false);
        };
        totals.n_tlb_hits += 1;
        let time = totals.time_ns;
        log.step(time, "tlb_hit", || {
            let say = format!(
                "The TLB holds the page of {address:#x} in frame {:#x}, so no table is read.",
                cached.frame
            );
            Shot::new(say, self.state.clone()).ask(question, options(), 0)
        })?;
        if let Some(why) = self.forbidden(access, cached.rights) {
            // The CPU drops what made the fault, so that a mended table is seen at once.
            self.state.tlb.forget(address);
            self.fault(access, code::PRESENT, why, log)?;
            return Ok(true);
        }
        if access.kind == Kind::Write && !cached.dirty {
            self.log(log, "dirty_walk", || {
                "The TLB says that the page is clean, so the CPU walks once more to set the dirty \
                 bit."
                    .to_owned()
            })?;
            return Ok(false);
        }
        self.reach(cached.physical(address), log)?;
        Ok(true)
    }

    fn walk(&mut self, access: Access, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let mut table = 0;
        let mut rights = Rights::ALL;
        for level in self.settings.paging.levels() {
            let index = level.index(access.address);
            let found = self.tables.entry(table, index);
            self.state.reads.push(Read { table, index, entry: found.map(|it| it.0) });
            self.state.totals.n_reads += 1;
            self.state.totals.time_ns += self.settings.read_ns;
            let Some((number, entry)) = found.filter(|it| it.1.present) else {
                let why = format!("entry {index} of the {} is not present", level.name);
                self.read_step(level, index, "is not present", log)?;
                return self.fault(access, 0, &why, log);
            };
            rights = rights.and(entry.rights);
            match entry.target {
                Target::Table(next) => {
                    self.state.uses[number as usize] |= ACCESSED;
                    table = next;
                    let frame = self.tables.table(next).frame;
                    self.read_step(
                        level,
                        index,
                        &format!("leads to the table in frame {frame:#x}"),
                        log,
                    )?;
                }
                Target::Page(frame, size) => {
                    let leads = format!("maps a page of {} to frame {frame:#x}", size.said());
                    self.read_step(level, index, &leads, log)?;
                    return self.finish(access, (number, entry), rights, log);
                }
            }
        }
        Ok(())
    }

    fn read_step(
        &self,
        level: &Level,
        index: u16,
        leads: &str,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let n = self.state.reads.len();
        self.log(log, "read_entry", || {
            let (high, low) = (level.high(), level.shift);
            let frame = self.state.reads.last().map_or(0, |it| self.tables.table(it.table).frame);
            let at = (frame << OFFSET_BITS) + u64::from(index) * self.settings.paging.entry_bytes();
            format!(
                "The CPU reads entry {index} of the {} at {at:#x}, because bits {high} to {low} \
                 say so; it {leads} (read {n} of this walk).",
                level.name
            )
        })
    }

    /// The page is found: checks its rights, sets its bits, and buffers the translation.
    fn finish(
        &mut self,
        access: Access,
        (number, entry): (u32, Entry),
        rights: Rights,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        if let Some(why) = self.forbidden(access, rights) {
            return self.fault(access, code::PRESENT, why, log);
        }
        self.state.uses[number as usize] |= ACCESSED;
        if access.kind == Kind::Write {
            self.state.uses[number as usize] |= DIRTY;
        }
        let Target::Page(frame, size) = entry.target else { return Ok(()) };
        let page = access.address & !(size.bytes() - 1);
        let dirty = self.state.uses[number as usize] & DIRTY != 0;
        let cached = Cached { page, frame, size, rights, dirty, used: 0 };
        if let Some((slot, gone)) = self.state.tlb.keep(cached) {
            self.state.slot = Some(slot);
            self.log(log, "tlb_fill", || match gone {
                Some(gone) => format!(
                    "The TLB keeps the page {page:#x} and gives up {:#x}, because that one was \
                     unused the longest.",
                    gone.page
                ),
                None => format!(
                    "The TLB keeps the page {page:#x}, so that the next access to it needs no walk."
                ),
            })?;
        }
        self.reach(cached.physical(access.address), log)
    }

    fn reach(&mut self, physical: u64, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.state.progress = Progress::Reached(physical);
        self.state.totals.n_data += 1;
        self.state.totals.time_ns += self.settings.read_ns;
        let reads = match self.state.reads.len() {
            0 => "no table read".to_owned(),
            1 => "1 table read".to_owned(),
            n => format!("{n} table reads"),
        };
        self.log(log, "translate", || {
            let (frame, offset) = (physical >> OFFSET_BITS, physical & 0xfff);
            format!(
                "The access reaches memory at {physical:#x} after {reads}, because frame \
                 {frame:#x} and offset {offset:#x} together make that address."
            )
        })
    }

    fn fault(
        &mut self,
        access: Access,
        present: u8,
        why: &str,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let mut bits = present;
        if access.kind == Kind::Write {
            bits |= code::WRITE;
        }
        if access.ring == Ring::User {
            bits |= code::USER;
        }
        // Without a no-execute bit or SMEP the processor does not tell fetches from reads.
        let tells = self.settings.paging.has_no_execute() || self.settings.smep;
        if access.kind == Kind::Execute && tells {
            bits |= code::FETCH;
        }
        self.state.progress = Progress::Fault(bits);
        self.state.totals.n_page_faults += 1;
        self.log(log, "page_fault", || {
            format!("The CPU raises #PF with error code {bits:#x}, because {why}.")
        })
    }

    /// Why these rights forbid the access, if they do.
    fn forbidden(&self, access: Access, rights: Rights) -> Option<&'static str> {
        let Settings { write_protect, smep, smap, .. } = self.settings;
        Some(match (access.ring, access.kind) {
            (Ring::User, _) if !rights.user => "user mode may not touch a page of the kernel",
            (Ring::User, Kind::Write) if !rights.write => "the page is read-only",
            (Ring::Kernel, Kind::Write) if !rights.write && write_protect => {
                "the page is read-only and CR0.WP binds the kernel as well"
            }
            (_, Kind::Execute) if !rights.execute => "the no-execute bit is set",
            (Ring::Kernel, Kind::Execute) if rights.user && smep => {
                "SMEP forbids the kernel to execute a page of users"
            }
            (Ring::Kernel, Kind::Read | Kind::Write) if rights.user && smap => {
                "SMAP forbids the kernel to touch a page of users"
            }
            (Ring::User | Ring::Kernel, _) => return None,
        })
    }
}
