//! Caches, slabs and the lists of their free objects.

use crate::memory::buddy::zone::order_of;
use std::sync::Arc;

/// Bytes of a page.
pub(super) const PAGE_BYTES: u64 = 4_096;

/// Objects of one size.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    /// Bytes from one object to the next.
    pub(super) object: u64,
    /// Pages of a slab are 2 to this power.
    pub(super) order: u32,
    pub(super) per_slab: u16,
    /// The slab that each CPU allocates from.
    pub(super) active: Vec<Option<u32>>,
    /// Slabs of no CPU that have a free object; the first is taken next.
    pub(super) partial: Vec<u32>,
}

impl Cache {
    /// The cache of objects of `size` bytes, in slabs of at least 2^`order` pages.
    pub(super) fn new(size: u64, align: u64, order: u32, n_cpus: u32) -> Self {
        let object = size.next_multiple_of(align);
        let order = order.max(order_of(object.div_ceil(PAGE_BYTES)));
        let per_slab = u16::try_from((PAGE_BYTES << order) / object).unwrap_or(1);
        let active = (0..n_cpus).map(|_| None).collect();
        Self { object, order, per_slab, active, partial: Vec::new() }
    }

    pub(super) const fn slab_bytes(&self) -> u64 {
        PAGE_BYTES << self.order
    }
}

/// Who holds an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    slot: u16,
    asked: u32,
}

impl Held {
    /// Scripts have less names, and requests that a cache serves fewer bytes, than these hold.
    pub(super) fn new(slot: usize, asked: u64) -> Self {
        let slot = u16::try_from(slot).unwrap_or(u16::MAX);
        Self { slot, asked: u32::try_from(asked).unwrap_or(u32::MAX) }
    }

    pub(super) fn slot(self) -> usize {
        usize::from(self.slot)
    }

    pub(super) fn asked(self) -> u64 {
        u64::from(self.asked)
    }
}

/// Some pages, cut into objects.
#[derive(Debug, Clone)]
pub(super) struct Slab {
    pub(super) id: u32,
    pub(super) cache: usize,
    pub(super) objects: Vec<Option<Held>>,
    /// The CPU that allocates from it.
    pub(super) cpu: Option<u32>,
    /// Free objects that this CPU alone touches; the first is taken next.
    pub(super) own: Vec<u16>,
    /// Free objects that any CPU may put here.
    pub(super) shared: Vec<u16>,
}

impl Slab {
    pub(super) fn n_held(&self) -> usize {
        self.objects.iter().flatten().count()
    }
}

/// Where an object comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// The list of the CPU's own slab.
    Own,
    /// What other CPUs have put back into that slab.
    Shared,
    /// A partial slab, which becomes the CPU's own.
    Partial,
    /// A new slab.
    New,
}

/// Where an object goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum To {
    /// The list of the CPU's own slab.
    Own,
    /// The shared list of a slab that another CPU allocates from, or that is partial.
    Shared,
    /// The shared list of a slab that was full, which becomes partial.
    Partial,
    /// Its slab is empty now, and its pages go back.
    Gone,
}

/// All caches and slabs.
#[derive(Debug, Clone)]
pub(super) struct Store {
    pub(super) caches: Vec<Cache>,
    /// By id.
    pub(super) slabs: Vec<Arc<Slab>>,
    pub(super) pages: u64,
    next_id: u32,
    pages_max: u64,
    min_partial: usize,
}

impl Store {
    pub(super) fn new(caches: Vec<Cache>, pages_max: u64, min_partial: usize) -> Self {
        Self { caches, slabs: Vec::new(), pages: 0, next_id: 1, pages_max, min_partial }
    }

    /// The cache of the smallest objects that hold `size` bytes.
    pub(super) fn cache_for(&self, size: u64) -> Option<usize> {
        let fits = self.caches.iter().enumerate().filter(|(_, it)| size <= it.object);
        fits.min_by_key(|(at, it)| (it.object, *at)).map(|(at, _)| at)
    }

    pub(super) fn slab(&self, id: u32) -> Option<&Slab> {
        self.place(id).map(|at| &*self.slabs[at])
    }

    fn place(&self, id: u32) -> Option<usize> {
        self.slabs.binary_search_by_key(&id, |it| it.id).ok()
    }

    /// Takes pages that are no slab.
    pub(super) fn take_pages(&mut self, pages: u64) -> bool {
        let fits = self.pages + pages <= self.pages_max;
        if fits {
            self.pages += pages;
        }
        fits
    }

    /// Hands out an object: where it comes from, its slab and its number; `None` if there are no
    /// pages for a new slab.
    pub(super) fn alloc(&mut self, cpu: u32, cache: usize, held: Held) -> Option<(From, u32, u16)> {
        let idx = usize::try_from(cpu).unwrap_or_default();
        if let Some(at) = self.caches[cache].active[idx].and_then(|id| self.place(id)) {
            let slab = Arc::make_mut(&mut self.slabs[at]);
            let mut from = From::Own;
            if slab.own.is_empty() {
                slab.own = std::mem::take(&mut slab.shared);
                from = From::Shared;
            }
            if !slab.own.is_empty() {
                return Some(hand_out(slab, from, held));
            }
            // It is full: no list holds it until an object comes back.
            slab.cpu = None;
            self.caches[cache].active[idx] = None;
        }
        let (from, at) = match self.caches[cache].partial.first() {
            Some(&id) => {
                self.caches[cache].partial.remove(0);
                (From::Partial, self.place(id)?)
            }
            None => (From::New, self.grow(cache)?),
        };
        let slab = Arc::make_mut(&mut self.slabs[at]);
        slab.cpu = Some(cpu);
        slab.own = std::mem::take(&mut slab.shared);
        self.caches[cache].active[idx] = Some(slab.id);
        Some(hand_out(slab, from, held))
    }

    /// Cuts new pages into objects.
    fn grow(&mut self, cache: usize) -> Option<usize> {
        let Cache { order, per_slab, .. } = self.caches[cache];
        if !self.take_pages(1 << order) {
            return None;
        }
        let slab = Slab {
            id: self.next_id,
            cache,
            objects: vec![None; usize::from(per_slab)],
            cpu: None,
            own: Vec::new(),
            shared: (0..per_slab).collect(),
        };
        self.slabs.push(Arc::new(slab));
        self.next_id += 1;
        Some(self.slabs.len() - 1)
    }

    /// Takes an object back; it is held.
    pub(super) fn free(&mut self, cpu: u32, id: u32, object: u16) -> To {
        let Some(at) = self.place(id) else { return To::Shared };
        let slab = Arc::make_mut(&mut self.slabs[at]);
        slab.objects[usize::from(object)] = None;
        if slab.cpu == Some(cpu) {
            slab.own.insert(0, object);
            return To::Own;
        }
        let was_full = slab.cpu.is_none() && slab.shared.is_empty();
        slab.shared.insert(0, object);
        if slab.cpu.is_some() {
            return To::Shared;
        }
        let is_empty = slab.shared.len() == slab.objects.len();
        let cache = &mut self.caches[slab.cache];
        if is_empty && self.min_partial <= cache.partial.len() {
            cache.partial.retain(|&it| it != id);
            self.pages -= 1 << cache.order;
            self.slabs.remove(at);
            return To::Gone;
        }
        if was_full {
            cache.partial.push(id);
            return To::Partial;
        }
        To::Shared
    }
}

fn hand_out(slab: &mut Slab, from: From, held: Held) -> (From, u32, u16) {
    let object = slab.own.remove(0);
    slab.objects[usize::from(object)] = Some(held);
    (from, slab.id, object)
}
