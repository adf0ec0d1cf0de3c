//! A translation lookaside buffer: the last few translations, kept beside the CPU.

use super::geometry::{OFFSET_BITS, PageSize};
use super::tables::Rights;

/// One translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cached {
    /// First address of the page.
    pub(crate) page: u64,
    pub(crate) frame: u64,
    pub(crate) size: PageSize,
    /// What all levels let through together.
    pub(crate) rights: Rights,
    /// Whether the page's entry was dirty when it was cached.
    pub(crate) dirty: bool,
    /// When it was used last; greater is later.
    pub(crate) used: u64,
}

impl Cached {
    pub(crate) const fn holds(&self, address: u64) -> bool {
        self.page == address & !(self.size.bytes() - 1)
    }

    /// The physical address of an address of this page.
    pub(crate) const fn physical(&self, address: u64) -> u64 {
        (self.frame << OFFSET_BITS) + (address & (self.size.bytes() - 1))
    }
}

/// A fully associative buffer that gives up the entry that was not used for longest.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tlb {
    /// By slot.
    pub(crate) slots: Vec<Option<Cached>>,
    clock: u64,
}

impl Tlb {
    pub(crate) fn new(n_slots: u32) -> Self {
        Self { slots: (0..n_slots).map(|_| None).collect(), clock: 0 }
    }

    /// What a slot holds.
    pub(crate) fn slot(&self, slot: u32) -> Option<Cached> {
        self.slots.get(slot as usize).copied().flatten()
    }

    /// The slot that holds an address; it counts as used now.
    pub(crate) fn find(&mut self, address: u64) -> Option<u32> {
        let holds = |it: &Option<Cached>| it.is_some_and(|it| it.holds(address));
        let slot = self.slots.iter().position(holds)?;
        self.clock += 1;
        if let Some(cached) = &mut self.slots[slot] {
            cached.used = self.clock;
        }
        u32::try_from(slot).ok()
    }

    /// Keeps a translation; returns the slot and what had to make room.
    pub(crate) fn keep(&mut self, mut cached: Cached) -> Option<(u32, Option<Cached>)> {
        self.clock += 1;
        cached.used = self.clock;
        let same = |it: &Option<Cached>| it.is_some_and(|it| it.page == cached.page);
        let free = || self.slots.iter().position(Option::is_none);
        let oldest = || {
            let used = |slot: &usize| self.slots[*slot].map_or(0, |it| it.used);
            (0..self.slots.len()).min_by_key(used)
        };
        let known = self.slots.iter().position(same);
        let slot = known.or_else(free).or_else(oldest)?;
        let old = self.slots[slot].replace(cached);
        Some((u32::try_from(slot).ok()?, old.filter(|_| known.is_none())))
    }

    /// Forgets the translation of one address.
    pub(crate) fn forget(&mut self, address: u64) -> Option<Cached> {
        let holds = |it: &&mut Option<Cached>| it.is_some_and(|it| it.holds(address));
        self.slots.iter_mut().find(holds).and_then(Option::take)
    }

    /// Forgets everything; returns how many translations that were.
    pub(crate) fn flush(&mut self) -> usize {
        let n = self.slots.iter().flatten().count();
        self.slots.fill(None);
        n
    }
}
