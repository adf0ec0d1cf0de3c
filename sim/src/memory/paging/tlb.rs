//! Translation lookaside buffers: the last translations, kept beside the CPU.

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
    /// Whether it answers for every address space.
    pub(crate) global: bool,
    /// The address space it was made in.
    pub(crate) space: u8,
    /// When it was used last; greater is later.
    pub(crate) used: u64,
}

impl Cached {
    /// Whether it translates an address of an address space.
    pub(crate) const fn holds(&self, address: u64, space: u8) -> bool {
        self.page == address & !(self.size.bytes() - 1) && (self.global || self.space == space)
    }

    /// The physical address of an address of this page.
    pub(crate) const fn physical(&self, address: u64) -> u64 {
        (self.frame << OFFSET_BITS) + (address & (self.size.bytes() - 1))
    }
}

/// A buffer of sets. Each set gives up the translation that was not used for longest.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tlb {
    /// The slots of the first set, then those of the next.
    pub(crate) slots: Vec<Option<Cached>>,
    /// Slots of a set.
    pub(crate) ways: usize,
    clock: u64,
}

/// Sizes that a lookup tries, since the address does not tell how large its page is.
const SIZES: [PageSize; 4] = [PageSize::Kib4, PageSize::Mib2, PageSize::Mib4, PageSize::Gib1];

impl Tlb {
    /// A buffer of `n_slots`; 0 ways stand for one set of all slots.
    pub(crate) fn new(n_slots: u32, ways: u32) -> Self {
        let ways = if ways == 0 { n_slots.max(1) } else { ways };
        Self { slots: vec![None; n_slots as usize], ways: ways as usize, clock: 0 }
    }

    pub(crate) fn n_sets(&self) -> usize {
        self.slots.len() / self.ways
    }

    /// What a slot holds.
    pub(crate) fn slot(&self, slot: u32) -> Option<Cached> {
        self.slots.get(slot as usize).copied().flatten()
    }

    /// The slots of the set in which a page of this size may stand.
    fn set(&self, address: u64, size: PageSize) -> std::ops::Range<usize> {
        let sets = self.n_sets().max(1);
        let number = (address >> size.offset_bits()) % sets as u64;
        let first = usize::try_from(number).unwrap_or(0) * self.ways;
        first..(first + self.ways).min(self.slots.len())
    }

    /// The slot that holds an address; it counts as used now.
    pub(crate) fn find(&mut self, address: u64, space: u8) -> Option<u32> {
        let holds = |slot: &usize, size| {
            self.slots[*slot].is_some_and(|it| it.size == size && it.holds(address, space))
        };
        let mut sizes = SIZES.into_iter();
        let slot = sizes.find_map(|size| self.set(address, size).find(|slot| holds(slot, size)))?;
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
        let set = self.set(cached.page, cached.size);
        let same = |it: Cached| it.size == cached.size && it.holds(cached.page, cached.space);
        let known = set.clone().find(|slot| self.slots[*slot].is_some_and(same));
        let free = || set.clone().find(|slot| self.slots[*slot].is_none());
        let oldest = || set.clone().min_by_key(|slot| self.slots[*slot].map_or(0, |it| it.used));
        let slot = known.or_else(free).or_else(oldest)?;
        let old = self.slots[slot].replace(cached);
        Some((u32::try_from(slot).ok()?, old.filter(|_| known.is_none())))
    }

    /// Forgets the translations for which `gone` holds; returns how many those were.
    pub(crate) fn forget(&mut self, gone: &dyn Fn(&Cached) -> bool) -> u32 {
        let mut n = 0;
        for slot in &mut self.slots {
            if slot.as_ref().is_some_and(gone) {
                *slot = None;
                n += 1;
            }
        }
        n
    }
}

/// One of the buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Buffer {
    /// The first that is asked.
    First,
    /// Stands beside the first and holds its large pages.
    Large,
    /// Asked when those two do not hold a page.
    Second,
}

/// A slot of one of the buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) buffer: Buffer,
    pub(crate) slot: u32,
}

/// How many slots and ways the buffers have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) first: (u32, u32),
    /// `None` where large pages share the first buffer.
    pub(crate) large: Option<u32>,
    pub(crate) second: (u32, u32),
}

/// All buffers of the CPU.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buffers {
    pub(crate) first: Tlb,
    pub(crate) large: Option<Tlb>,
    pub(crate) second: Tlb,
}

impl Buffers {
    pub(crate) fn new(sizes: Sizes) -> Self {
        Self {
            first: Tlb::new(sizes.first.0, sizes.first.1),
            large: sizes.large.map(|it| Tlb::new(it, 0)),
            second: Tlb::new(sizes.second.0, sizes.second.1),
        }
    }

    /// Whether there is no slot at all.
    pub(crate) fn is_absent(&self) -> bool {
        self.all().all(|it| it.slots.is_empty())
    }

    /// The buffers, in the order in which they are asked.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Tlb> {
        std::iter::once(&self.first).chain(&self.large).chain(std::iter::once(&self.second))
    }

    fn all_mut(&mut self) -> impl Iterator<Item = &mut Tlb> {
        std::iter::once(&mut self.first)
            .chain(&mut self.large)
            .chain(std::iter::once(&mut self.second))
    }

    /// Every translation that any buffer holds.
    pub(crate) fn held(&self) -> impl Iterator<Item = &Cached> {
        self.all().flat_map(|it| it.slots.iter().flatten())
    }

    pub(crate) fn at(&self, spot: Spot) -> Option<Cached> {
        match spot.buffer {
            Buffer::First => self.first.slot(spot.slot),
            Buffer::Large => self.large.as_ref().and_then(|it| it.slot(spot.slot)),
            Buffer::Second => self.second.slot(spot.slot),
        }
    }

    /// Asks one buffer after another.
    pub(crate) fn find(&mut self, address: u64, space: u8) -> Option<Spot> {
        let spot = |buffer| move |slot| Spot { buffer, slot };
        let first = self.first.find(address, space).map(spot(Buffer::First));
        let large = || self.large.as_mut()?.find(address, space).map(spot(Buffer::Large));
        let second = || self.second.find(address, space).map(spot(Buffer::Second));
        first.or_else(large).or_else(second)
    }

    /// Keeps a translation in the first buffer, or in the one for large pages.
    pub(crate) fn keep_first(&mut self, cached: Cached) -> Option<(Spot, Option<Cached>)> {
        let (buffer, tlb) = match &mut self.large {
            Some(large) if cached.size != PageSize::Kib4 => (Buffer::Large, large),
            Some(_) | None => (Buffer::First, &mut self.first),
        };
        let (slot, gone) = tlb.keep(cached)?;
        Some((Spot { buffer, slot }, gone))
    }

    /// Keeps a translation in both levels.
    pub(crate) fn keep(&mut self, cached: Cached) -> Option<(Spot, Option<Cached>)> {
        let second = self.second.keep(cached);
        let first = self.keep_first(cached);
        first.or_else(|| second.map(|(slot, gone)| (Spot { buffer: Buffer::Second, slot }, gone)))
    }

    /// Forgets the translations for which `gone` holds; returns how many those were.
    pub(crate) fn forget(&mut self, gone: &dyn Fn(&Cached) -> bool) -> u32 {
        self.all_mut().map(|it| it.forget(gone)).sum()
    }
}
