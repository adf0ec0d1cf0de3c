//! One access after another: buffer, walk, check, memory.

use super::check::{Check, error_code, forbidden};
use super::geometry::{Level, OFFSET_BITS, Paging};
use super::tables::{Entry, Rights, Tables, Target};
use super::tlb::{Buffer, Buffers, Cached, Sizes, Spot};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use serde::Deserialize;

/// Bit of an entry's use: it took part in a translation.
pub(crate) const ACCESSED: u8 = 1;
/// Bit of an entry's use: its page was written.
pub(crate) const DIRTY: u8 = 2;
/// Bit of an entry's use: the kernel has cleared it.
pub(crate) const CLEARED: u8 = 4;
/// Bit of an entry's use: the kernel has taken the right to write.
pub(crate) const READ_ONLY: u8 = 8;
/// Bit of an entry's use: the kernel has given the right to write.
pub(crate) const WRITABLE: u8 = 16;

/// What is done with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Read,
    Write,
    Execute,
    /// Forgets the buffered translation of the address.
    Invlpg,
    /// Loads CR3 with the root it holds already.
    Flush,
    /// Loads CR3 with the root of address space A.
    ToA,
    ToB,
    ToC,
    /// The kernel clears the entry of the page.
    Munmap,
    /// The kernel makes the page read-only.
    Protect,
    /// The kernel makes the page writable.
    Unprotect,
}

impl Kind {
    /// Whether what the TLB holds may come to differ from the tables.
    pub(crate) const fn is_change(self) -> bool {
        matches!(self, Self::Munmap | Self::Protect | Self::Unprotect) || self.space().is_some()
    }

    /// The address space that it goes to, if it is a switch.
    pub(crate) const fn space(self) -> Option<u8> {
        match self {
            Self::ToA => Some(0),
            Self::ToB => Some(1),
            Self::ToC => Some(2),
            _ => None,
        }
    }
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

/// What the processor and the kernel are set to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) paging: Paging,
    /// The kernel may not write read-only pages either.
    pub(crate) write_protect: bool,
    /// The kernel may not execute pages of users.
    pub(crate) smep: bool,
    /// The kernel may not read or write pages of users.
    pub(crate) smap: bool,
    /// Translations carry the number of their address space.
    pub(crate) pcid: bool,
    /// The kernel runs INVLPG when it has changed an entry.
    pub(crate) invlpg: bool,
    /// Time of one memory read.
    pub(crate) read_ns: u64,
    /// Time of a hit in the second buffer.
    pub(crate) second_ns: u64,
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
    /// It reached this physical address, where the tables no longer lead.
    Stale(u64),
    /// #GP: the address is not canonical.
    Refused,
    /// #PF with this error code.
    Fault(u8),
    /// A command was carried out.
    Told,
}

/// Everything that is seen at one step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    /// What became of each entry: accessed, dirty, changed by the kernel.
    pub(crate) uses: Vec<u8>,
    pub(crate) tlb: Buffers,
    /// The address space whose root CR3 holds.
    pub(crate) space: u8,
    /// Number of the line of the script, from 0.
    pub(crate) line: u32,
    pub(crate) progress: Progress,
    /// Entries read for this line, from the root.
    pub(crate) reads: Vec<Read>,
    /// The slot that this line found or filled.
    pub(crate) spot: Option<Spot>,
    pub(crate) totals: Totals,
}

impl State {
    /// An entry as it is now.
    pub(crate) fn now(&self, number: u32, mut entry: Entry) -> Entry {
        let uses = self.uses.get(number as usize).copied().unwrap_or(0);
        entry.present &= uses & CLEARED == 0;
        entry.rights.write = (entry.rights.write || uses & WRITABLE != 0) && uses & READ_ONLY == 0;
        entry
    }
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
    /// Those of them that only the second buffer held.
    pub(crate) n_second_hits: u64,
    pub(crate) n_tlb_misses: u64,
    /// Translations that loads of CR3 and INVLPG have dropped.
    pub(crate) n_dropped: u64,
    pub(crate) n_page_faults: u64,
    pub(crate) n_protection_faults: u64,
    /// Accesses that went where the tables no longer lead.
    pub(crate) n_stale_uses: u64,
    pub(crate) time_ns: u64,
}

/// A CPU with its tables and its script.
pub(crate) struct Cpu<'a> {
    pub(crate) settings: Settings,
    pub(crate) tables: &'a Tables,
    pub(crate) script: &'a [Access],
    pub(crate) state: State,
}

/// What the tables say of an address: frame and page, and what all levels let through together.
type Found = (Entry, Rights);

impl<'a> Cpu<'a> {
    pub(crate) fn new(
        settings: Settings,
        tables: &'a Tables,
        script: &'a [Access],
        sizes: Sizes,
    ) -> Self {
        let state = State {
            uses: vec![0; tables.entries.len()],
            tlb: Buffers::new(sizes),
            space: 0,
            line: 0,
            progress: Progress::Waiting,
            reads: Vec::new(),
            spot: None,
            totals: Totals::default(),
        };
        Self { settings, tables, script, state }
    }

    /// Runs the whole script.
    pub(crate) fn run(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let n = self.script.len();
        self.log(log, "start", || {
            let lines = if n == 1 { "one line".to_owned() } else { format!("{n} lines") };
            format!("The tables are built and nothing is buffered; the script has {lines}.")
        })?;
        for (line, access) in (0..).zip(self.script) {
            self.state.line = line;
            self.state.progress = Progress::Going;
            self.state.reads.clear();
            self.state.spot = None;
            match access.kind {
                Kind::Read | Kind::Write | Kind::Execute => self.access(*access, log)?,
                _ => self.command(*access, log)?,
            }
        }
        Ok(())
    }

    pub(super) fn log(
        &self,
        log: &mut Log<State>,
        tag: &'static str,
        say: impl FnOnce() -> String,
    ) -> Result<(), ScenarioError> {
        log.step(self.state.totals.time_ns, tag, || Shot::new(say(), self.state.clone()))
    }

    fn access(&mut self, access: Access, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Access { address, kind, ring } = access;
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
            let verb = match kind {
                Kind::Write => "writes",
                Kind::Execute => "fetches an instruction from",
                _ => "reads",
            };
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

    /// Asks the buffers. True if the access is over.
    fn lookup(&mut self, access: Access, log: &mut Log<State>) -> Result<bool, ScenarioError> {
        let Access { address, kind, .. } = access;
        if self.state.tlb.is_absent() {
            self.state.totals.n_tlb_misses += 1;
            return Ok(false);
        }
        let found = self.state.tlb.find(address, self.state.space);
        self.state.spot = found;
        let options = || vec!["It hits".to_owned(), "It misses".to_owned()];
        let question = "Does the TLB hold this page?";
        let Some((spot, cached)) = found.and_then(|it| Some((it, self.state.tlb.at(it)?))) else {
            self.state.totals.n_tlb_misses += 1;
            let levels = self.settings.paging.levels().len();
            log.step(self.state.totals.time_ns, "tlb_miss", || {
                let say = format!(
                    "The TLB does not hold the page of {address:#x}, so the CPU must walk up to \
                     {levels} levels of tables."
                );
                Shot::new(say, self.state.clone()).ask(question, options(), 1)
            })?;
            return Ok(false);
        };
        self.state.totals.n_tlb_hits += 1;
        let second = spot.buffer == Buffer::Second;
        if second {
            self.state.totals.n_second_hits += 1;
            self.state.totals.time_ns += self.settings.second_ns;
            if let Some((spot, _)) = self.state.tlb.keep_first(cached) {
                self.state.spot = Some(spot);
            }
        }
        log.step(self.state.totals.time_ns, if second { "tlb2_hit" } else { "tlb_hit" }, || {
            let which = if second { "second TLB" } else { "TLB" };
            let also = if second { " and the first keeps it now" } else { "" };
            let say = format!(
                "The {which} holds the page of {address:#x} in frame {:#x}, so no table is \
                 read{also}.",
                cached.frame
            );
            Shot::new(say, self.state.clone()).ask(question, options(), 0)
        })?;
        let check = forbidden(&self.settings, access, cached.rights);
        if check.is_none() && kind == Kind::Write && !cached.dirty {
            self.log(log, "dirty_walk", || {
                "The TLB says that the page is clean, so the CPU walks once more to set the dirty \
                 bit."
                    .to_owned()
            })?;
            return Ok(false);
        }
        self.end_of_hit(access, cached, check, log)?;
        Ok(true)
    }

    /// The end of an access by what a buffer says, be it still true or not.
    fn end_of_hit(
        &mut self,
        access: Access,
        cached: Cached,
        check: Option<Check>,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let address = access.address;
        let truth = self.truth(self.state.space, address);
        let fails = |rights| forbidden(&self.settings, access, rights);
        let Some(check) = check else {
            let physical = cached.physical(address);
            let same = |it: &Found| fails(it.1).is_none() && leads(it.0, address) == physical;
            if truth.is_some_and(|it| same(&it)) {
                return self.reach(physical, log);
            }
            return self.stale(physical, cached, truth, log);
        };
        let old = match truth.map(|it| fails(it.1)) {
            Some(Some(_)) => "",
            Some(None) | None => "; the tables say otherwise by now, so the next try walks",
        };
        let why = check.said("the TLB");
        self.fault(access, true, &format!("{why}{old}"), log)
    }

    /// What the tables say of an address now, without a trace of having been asked.
    pub(crate) fn truth(&self, space: u8, address: u64) -> Option<Found> {
        truth(self.settings.paging, self.tables, &self.state, space, address)
    }

    fn stale(
        &mut self,
        physical: u64,
        cached: Cached,
        truth: Option<Found>,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        self.state.progress = Progress::Stale(physical);
        self.state.totals.n_data += 1;
        self.state.totals.n_stale_uses += 1;
        self.state.totals.time_ns += self.settings.read_ns;
        let home = self.truth(cached.space, cached.page);
        let strange = cached.global
            && cached.space != self.state.space
            && home.is_some_and(|it| leads(it.0, cached.page) == cached.physical(cached.page));
        self.log(log, "stale_use", || {
            let not = if strange { "do not" } else { "no longer" };
            let now = match truth {
                None => format!("the tables {not} map this page"),
                Some(it) if leads(it.0, cached.page) != cached.physical(cached.page) => {
                    "the tables lead elsewhere".to_owned()
                }
                Some(_) => format!("the tables {not} allow this"),
            };
            let why = match strange {
                true => {
                    "the translation is marked global, and the load of CR3 that brought other \
                     tables kept it"
                }
                false if 1 < self.tables.roots.len() => {
                    "the kernel changed the entry and ran no INVLPG in this address space"
                }
                false => "the kernel changed the entry and ran no INVLPG",
            };
            format!("The access reaches memory at {physical:#x} although {now}, because {why}.")
        })
    }

    fn walk(&mut self, access: Access, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let mut table = self.tables.root(self.state.space);
        let mut rights = Rights::ALL;
        for level in self.settings.paging.levels() {
            let index = level.index(access.address);
            let found = self.tables.entry(table, index);
            let found = found.map(|(number, entry)| (number, self.state.now(number, entry)));
            self.state.reads.push(Read { table, index, entry: found.map(|it| it.0) });
            self.state.totals.n_reads += 1;
            self.state.totals.time_ns += self.settings.read_ns;
            let Some((number, entry)) = found.filter(|it| it.1.present) else {
                let why = format!("P is 0 in entry {index} of the {}", level.name);
                self.read_step(level, index, "is not present", log)?;
                return self.fault(access, false, &why, log);
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
        if let Some(check) = forbidden(&self.settings, access, rights) {
            let why = check.said(&self.place_of(check));
            return self.fault(access, true, &why, log);
        }
        self.state.uses[number as usize] |= ACCESSED;
        if access.kind == Kind::Write {
            self.state.uses[number as usize] |= DIRTY;
        }
        let Target::Page(frame, size) = entry.target else { return Ok(()) };
        let page = access.address & !(size.bytes() - 1);
        let dirty = self.state.uses[number as usize] & DIRTY != 0;
        let (global, space) = (entry.global, self.state.space);
        let cached = Cached { page, frame, size, rights, dirty, global, space, used: 0 };
        if let Some((spot, gone)) = self.state.tlb.keep(cached) {
            self.state.spot = Some(spot);
            self.log(log, "tlb_fill", || match gone {
                Some(gone) => format!(
                    "The TLB keeps the page {page:#x} and gives up {:#x}, because that one was \
                     unused the longest{}.",
                    gone.page,
                    if self.state.tlb.first.n_sets() < 2 { "" } else { " of its set" }
                ),
                None => format!(
                    "The TLB keeps the page {page:#x}, so that the next access to it needs no walk."
                ),
            })?;
        }
        self.reach(cached.physical(access.address), log)
    }

    /// The entry of this walk that makes a check fail.
    fn place_of(&self, check: Check) -> String {
        let levels = self.settings.paging.levels();
        for (read, level) in self.state.reads.iter().zip(levels) {
            let Some(number) = read.entry else { continue };
            let entry = self.state.now(number, self.tables.entries[number as usize]);
            let leaf = matches!(entry.target, Target::Page(..));
            // That a page is one of users takes U/S of all levels; the page's entry is the last.
            let all = matches!(check, Check::Smep | Check::Smap);
            if check.fails(entry.rights) && (leaf || !all) {
                return format!("entry {} of the {}", read.index, level.name);
            }
        }
        "the tables".to_owned()
    }

    fn reach(&mut self, physical: u64, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.state.progress = Progress::Reached(physical);
        self.state.totals.n_data += 1;
        self.state.totals.time_ns += self.settings.read_ns;
        let n = self.state.reads.len();
        log.step(self.state.totals.time_ns, "translate", || {
            let reads = match n {
                0 => "no table read".to_owned(),
                1 => "1 table read".to_owned(),
                n => format!("{n} table reads"),
            };
            let (frame, offset) = (physical >> OFFSET_BITS, physical & 0xfff);
            let say = format!(
                "The access reaches memory at {physical:#x} after {reads}, because frame \
                 {frame:#x} and offset {offset:#x} together make that address."
            );
            self.asked(Shot::new(say, self.state.clone()), 0)
        })
    }

    /// Adds the question how the walk ends; an access without a walk asks only whether it hits.
    fn asked(&self, shot: Shot<State>, answer: usize) -> Shot<State> {
        if self.state.reads.is_empty() {
            return shot;
        }
        let options =
            ["It reaches memory", "#PF: the page is not present", "#PF: its rights forbid it"];
        shot.ask("How does the access end?", options.map(str::to_owned).to_vec(), answer)
    }

    fn fault(
        &mut self,
        access: Access,
        present: bool,
        why: &str,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        // The CPU drops what made the fault, so that a mended table is seen at once.
        let (address, space) = (access.address, self.state.space);
        _ = self.state.tlb.forget(&|it| it.holds(address, space));
        let bits = error_code(&self.settings, access, present);
        self.state.progress = Progress::Fault(bits);
        self.state.totals.n_page_faults += 1;
        log.step(self.state.totals.time_ns, "page_fault", || {
            let say = format!("The CPU raises #PF with error code {bits:#x}, because {why}.");
            self.asked(Shot::new(say, self.state.clone()), if present { 2 } else { 1 })
        })
    }
}

/// What the tables say of an address in this state.
pub(crate) fn truth(
    paging: Paging,
    tables: &Tables,
    state: &State,
    space: u8,
    address: u64,
) -> Option<Found> {
    let mut table = tables.root(space);
    let mut rights = Rights::ALL;
    for level in paging.levels() {
        let (number, entry) = tables.entry(table, level.index(address))?;
        let entry = state.now(number, entry);
        if !entry.present {
            return None;
        }
        rights = rights.and(entry.rights);
        match entry.target {
            Target::Table(next) => table = next,
            Target::Page(..) => return Some((entry, rights)),
        }
    }
    None
}

/// Where an entry of a page leads an address.
pub(crate) fn leads(entry: Entry, address: u64) -> u64 {
    match entry.target {
        Target::Page(frame, size) => (frame << OFFSET_BITS) + (address & (size.bytes() - 1)),
        Target::Table(_) => u64::MAX,
    }
}
