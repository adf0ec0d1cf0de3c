//! Where every page is: in the buddy lists, in a CPU's list, held, cached, or being reclaimed.

use crate::memory::buddy::zone::{ListOrder, ORDER_MAX, Owner, Zone};
use std::sync::Arc;

/// Where a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the buddy lists.
    Free,
    /// In the list of a CPU.
    Listed(u16),
    /// A program on a CPU has it.
    Held(u16),
    /// It holds a part of a file.
    Cached(Cached),
    /// Somebody reclaims it.
    Isolated(u16),
}

/// What is known of a cached page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cached {
    pub(super) active: bool,
    pub(super) referenced: bool,
    pub(super) dirty: bool,
}

/// What a scan has come to.
#[derive(Debug, Clone, Default)]
pub(super) struct Scan {
    pub(super) freed: Vec<u16>,
    pub(super) n_scanned: u64,
    pub(super) n_written: u64,
    pub(super) n_activated: u64,
}

/// All pages.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) zone: Arc<Zone>,
    pub(super) places: Vec<Place>,
    /// The list of each CPU; the last is taken next.
    pub(super) lists: Vec<Vec<u16>>,
    /// What each CPU holds, the oldest first.
    pub(super) held: Vec<Vec<u16>>,
    /// Cached pages, the next to be looked at first.
    pub(super) active: Vec<u16>,
    pub(super) inactive: Vec<u16>,
}

impl World {
    pub(super) fn new(n_pages: u64, n_cpus: usize) -> Self {
        let zone = Zone::new(n_pages, ORDER_MAX, ListOrder::Address);
        let n = usize::try_from(n_pages).unwrap_or_default();
        Self {
            zone: Arc::new(zone),
            places: vec![Place::Free; n],
            lists: vec![Vec::new(); n_cpus],
            held: vec![Vec::new(); n_cpus],
            active: Vec::new(),
            inactive: Vec::new(),
        }
    }

    pub(super) fn free_pages(&self) -> u64 {
        self.zone.free_pages()
    }

    /// Pages that reclaim may look at.
    pub(super) fn n_cached(&self) -> usize {
        self.active.len() + self.inactive.len()
    }

    /// Takes one page out of the buddy lists, halving blocks as needed.
    fn take(&mut self) -> Option<u16> {
        let zone = Arc::make_mut(&mut self.zone);
        let source = zone.source(0)?;
        let page = zone.take(source)?;
        for _ in 0..source {
            zone.split(page);
        }
        zone.own(page, Owner::Held(0));
        u16::try_from(page).ok()
    }

    /// Moves up to `n` pages from the buddy lists to a CPU's list. Returns how many.
    pub(super) fn refill(&mut self, cpu: u16, n: u64) -> u64 {
        let mut moved = 0;
        while moved < n
            && let Some(page) = self.take()
        {
            self.places[usize::from(page)] = Place::Listed(cpu);
            // The first that came is the first to be used.
            self.lists[usize::from(cpu)].insert(0, page);
            moved += 1;
        }
        moved
    }

    /// Takes up to `n` pages off the cold end of a CPU's list.
    pub(super) fn drain(&mut self, cpu: u16, n: u64) -> Vec<u16> {
        let list = &mut self.lists[usize::from(cpu)];
        let n = usize::try_from(n).unwrap_or(usize::MAX).min(list.len());
        list.drain(..n).collect()
    }

    /// Takes all pages off the lists of all CPUs.
    pub(super) fn drain_all(&mut self) -> Vec<u16> {
        self.lists.iter_mut().flat_map(std::mem::take).collect()
    }

    /// Pages in the lists of all CPUs.
    pub(super) fn n_listed(&self) -> u64 {
        self.lists.iter().map(|it| it.len() as u64).sum()
    }

    /// Gives pages back to the buddy lists, where they merge.
    pub(super) fn give_back(&mut self, pages: &[u16]) {
        let zone = Arc::make_mut(&mut self.zone);
        for &page in pages {
            self.places[usize::from(page)] = Place::Free;
            let mut page = u64::from(page);
            zone.own(page, Owner::Hand);
            while let Some(buddy) = zone.free_buddy(page) {
                page = zone.merge(page, buddy);
            }
            zone.put(page);
        }
    }

    /// Uses the next page of a CPU's list: for a program, or for a part of a file.
    pub(super) fn use_page(&mut self, cpu: u16, cached: Option<Cached>) -> Option<u16> {
        let page = self.lists[usize::from(cpu)].pop()?;
        self.places[usize::from(page)] = match cached {
            None => {
                self.held[usize::from(cpu)].push(page);
                Place::Held(cpu)
            }
            Some(cached) => {
                self.inactive.push(page);
                Place::Cached(cached)
            }
        };
        Some(page)
    }

    /// The program on a CPU frees its oldest page: it goes to the warm end of the CPU's list.
    pub(super) fn free_page(&mut self, cpu: u16) -> Option<u16> {
        let held = &mut self.held[usize::from(cpu)];
        if held.is_empty() {
            return None;
        }
        let page = held.remove(0);
        self.places[usize::from(page)] = Place::Listed(cpu);
        self.lists[usize::from(cpu)].push(page);
        Some(page)
    }

    /// A cached page is used: the first time it is marked, the second time it becomes active.
    pub(super) fn touch(&mut self, page: u16) {
        let Place::Cached(cached) = &mut self.places[usize::from(page)] else { return };
        if cached.active || !cached.referenced {
            cached.referenced = true;
            return;
        }
        *cached = Cached { active: true, referenced: false, ..*cached };
        self.inactive.retain(|&it| it != page);
        self.active.push(page);
    }

    /// Looks at cached pages from the cold end, until `n` can be freed or 2n were looked at. A
    /// page that was used since is spared once.
    pub(super) fn scan(&mut self, who: u16, n: u64) -> Scan {
        let mut scan = Scan::default();
        while (scan.freed.len() as u64) < n && scan.n_scanned < 2 * n && 0 < self.n_cached() {
            scan.n_scanned += 1;
            if self.inactive.len() < self.active.len() {
                let page = self.active.remove(0);
                let Place::Cached(cached) = &mut self.places[usize::from(page)] else { continue };
                if cached.referenced {
                    cached.referenced = false;
                    self.active.push(page);
                } else {
                    cached.active = false;
                    self.inactive.push(page);
                }
                continue;
            }
            let page = self.inactive.remove(0);
            let place = &mut self.places[usize::from(page)];
            let Place::Cached(cached) = place else { continue };
            if cached.referenced {
                *cached = Cached { active: true, referenced: false, ..*cached };
                self.active.push(page);
                scan.n_activated += 1;
                continue;
            }
            scan.n_written += u64::from(cached.dirty);
            *place = Place::Isolated(who);
            scan.freed.push(page);
        }
        scan
    }
}
