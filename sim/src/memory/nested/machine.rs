//! What one access costs, reference by reference, under each technique.

use serde::Deserialize;
use std::collections::BTreeSet;

/// How a guest's addresses are translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Technique {
    /// No hypervisor: one set of tables.
    Native,
    /// The CPU walks the guest's tables, and for each address in them the host's.
    Nested,
    /// The hypervisor keeps tables that lead from guest-virtual to host-physical.
    Shadow,
    /// The guest's tables hold host frames, and the hypervisor checks each change.
    Paravirtual,
}

pub(crate) const TECHNIQUES: [Technique; 4] =
    [Technique::Native, Technique::Nested, Technique::Shadow, Technique::Paravirtual];

impl Technique {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Nested => "nested",
            Self::Shadow => "shadow",
            Self::Paravirtual => "paravirtual",
        }
    }

    /// Begins the names of its levels.
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::Native | Self::Paravirtual => "L",
            Self::Nested => "gL",
            Self::Shadow => "sL",
        }
    }
}

/// What the CPU caches besides whole translations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Caches {
    None,
    /// Where the last table of the guest's walk lies.
    Guest,
    /// And where the last table of the host's walk lies.
    Both,
}

/// What a line of the script does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Does {
    Read,
    Map,
    Unmap,
    Switch,
}

/// One line of the script.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Line {
    pub(crate) does: Does,
    pub(crate) page: u32,
}

/// The shape of both sets of tables, and what is cached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) guest_levels: u32,
    pub(crate) host_levels: u32,
    pub(crate) caches: Caches,
    pub(crate) tlb_entries: u32,
    /// Whether host frames stand behind all guest frames from the start.
    pub(crate) backed: bool,
    pub(crate) mapped_pages: u32,
}

/// Pages that may be named.
pub(crate) const PAGES_MAX: u32 = 512;

impl Shape {
    /// Bits of the index of one level: tables of two levels are those of 32 bits.
    const fn index_bits(levels: u32) -> u32 {
        if levels == 2 { 10 } else { 9 }
    }

    /// Virtual address of a page of the guest.
    pub(crate) fn virtual_of(self, page: u32) -> u64 {
        let base = if self.guest_levels < 4 { 0x1234_0000 } else { 0x7ffe_1234_0000 };
        base + (u64::from(page) << 12)
    }

    /// The entry that an address selects in the guest's table at a depth, 0 being the root.
    pub(crate) fn guest_index(self, page: u32, depth: u32) -> u64 {
        let bits = Self::index_bits(self.guest_levels);
        let below = self.guest_levels.saturating_sub(depth + 1);
        self.virtual_of(page) >> (12 + bits * below) & ((1 << bits) - 1)
    }

    /// The entry that a guest-physical address selects in the host's table at a depth.
    pub(crate) fn host_index(self, address: u64, depth: u32) -> u64 {
        let bits = Self::index_bits(self.host_levels);
        let below = self.host_levels.saturating_sub(depth + 1);
        address >> (12 + bits * below) & ((1 << bits) - 1)
    }

    /// Number of the last table that an address uses: pages with the same one are neighbours.
    pub(crate) fn region(self, page: u32) -> u64 {
        self.virtual_of(page) >> (12 + Self::index_bits(self.guest_levels))
    }

    /// Guest frame of the guest's table at a depth.
    pub(crate) fn table_frame(self, page: u32, depth: u32) -> u64 {
        let last = depth + 1 == self.guest_levels;
        let second = last && self.region(page) != self.region(0);
        0x10 + u64::from(depth) + if second { 8 } else { 0 }
    }

    /// Guest-physical address of the entry that a walk reads at a depth; below the last table,
    /// that of the page.
    pub(crate) fn guest_physical(self, page: u32, depth: u32) -> u64 {
        match depth < self.guest_levels {
            true => {
                let bytes = if self.guest_levels == 2 { 4 } else { 8 };
                (self.table_frame(page, depth) << 12) + self.guest_index(page, depth) * bytes
            }
            false => guest_frame(page) << 12,
        }
    }
}

/// Guest frame of a page. Seven and 512 have no common factor, so each page has its own.
pub(crate) fn guest_frame(page: u32) -> u64 {
    0x100 + u64::from(page) * 7 % 512
}

/// Host frame behind a guest frame.
pub(crate) const fn host_frame(frame: u64) -> u64 {
    0x5000 + frame * 37 % 4096
}

/// Host-physical address behind a guest-physical one.
pub(crate) const fn host_physical(address: u64) -> u64 {
    (host_frame(address >> 12) << 12) + (address & 0xfff)
}

/// One thing that happens on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The TLB holds the page.
    Hit,
    /// It does not: a walk begins.
    Miss,
    /// An entry is read: row and column of the grid.
    Reference(u32, u32),
    /// These columns of a row are known, from the first up to and without the second.
    Cached(u32, u32, u32),
    /// The hypervisor is entered.
    Exit(Why),
    /// The guest asks the hypervisor.
    Hypercall(Why),
    /// The walk begins again.
    Again,
    /// The guest handles a page fault of its own.
    GuestFault,
    /// The access reaches this host-physical address.
    Data(u64),
    /// The guest changes an entry or loads CR3, and nobody needs to know.
    Told,
}

/// Why the hypervisor is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// No host frame stands behind the guest frame.
    Backing,
    /// The shadow table lacks an entry that the guest's table has.
    Fill,
    /// A page fault that is the guest's own.
    Reflect,
    /// The guest writes an entry of its tables.
    Write,
    /// The guest runs INVLPG.
    Invlpg,
    /// The guest loads CR3.
    Cr3,
}

/// A guest under one technique.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    shape: Shape,
    technique: Technique,
    /// Pages that the guest's tables map.
    mapped: BTreeSet<u32>,
    /// Pages that the shadow table maps.
    shadow: BTreeSet<u32>,
    /// Pages whose guest frame has a host frame.
    backed: BTreeSet<u32>,
    /// Pages in the TLB, the one unused for longest first.
    pub(crate) tlb: Vec<u32>,
    /// Last tables of the guest's walk whose place is cached.
    regions: BTreeSet<u64>,
    /// Last tables of the host's walk whose place is cached.
    host_regions: BTreeSet<u64>,
}

impl Machine {
    pub(crate) fn new(shape: Shape, technique: Technique) -> Self {
        Self {
            shape,
            technique,
            mapped: (0..shape.mapped_pages).collect(),
            shadow: BTreeSet::new(),
            backed: if shape.backed { (0..PAGES_MAX).collect() } else { BTreeSet::new() },
            tlb: Vec::new(),
            regions: BTreeSet::new(),
            host_regions: BTreeSet::new(),
        }
    }

    /// Whether the guest's tables map a page.
    pub(crate) fn maps(&self, page: u32) -> bool {
        self.mapped.contains(&page)
    }

    /// Carries out a line; returns what happens, in order.
    pub(crate) fn line(&mut self, line: Line) -> Vec<Event> {
        let mut events = Vec::new();
        match line.does {
            Does::Read => self.read(line.page, &mut events),
            Does::Map => {
                self.mapped.insert(line.page);
                self.ask(&[Why::Write], &mut events);
            }
            Does::Unmap => {
                self.mapped.remove(&line.page);
                self.shadow.remove(&line.page);
                self.tlb.retain(|it| *it != line.page);
                self.regions.clear();
                self.ask(&[Why::Write, Why::Invlpg], &mut events);
            }
            Does::Switch => {
                self.tlb.clear();
                self.regions.clear();
                self.ask(&[Why::Cr3], &mut events);
            }
        }
        events
    }

    /// What the hypervisor has to be told of a change.
    fn ask(&self, whys: &[Why], events: &mut Vec<Event>) {
        match self.technique {
            Technique::Native | Technique::Nested => events.push(Event::Told),
            Technique::Shadow => events.extend(whys.iter().map(|it| Event::Exit(*it))),
            // One call changes the entry and drops the translation.
            Technique::Paravirtual => events.extend(whys.first().map(|it| Event::Hypercall(*it))),
        }
    }

    fn read(&mut self, page: u32, events: &mut Vec<Event>) {
        if let Some(at) = self.tlb.iter().position(|it| *it == page) {
            self.tlb.remove(at);
            self.tlb.push(page);
            events.push(Event::Hit);
            return self.reach(page, events);
        }
        events.push(Event::Miss);
        self.walk(page, events);
        if !self.mapped.contains(&page) {
            if matches!(self.technique, Technique::Shadow | Technique::Paravirtual) {
                events.push(Event::Exit(Why::Reflect));
            }
            return events.push(Event::GuestFault);
        }
        let missing = match self.technique {
            Technique::Nested => !self.backed.contains(&page),
            Technique::Shadow => !self.shadow.contains(&page),
            Technique::Native | Technique::Paravirtual => false,
        };
        if missing {
            let nested = self.technique == Technique::Nested;
            events.push(Event::Exit(if nested { Why::Backing } else { Why::Fill }));
            self.backed.insert(page);
            self.shadow.insert(page);
            events.push(Event::Again);
            self.walk(page, events);
        }
        self.tlb.push(page);
        if (self.shape.tlb_entries as usize) < self.tlb.len() {
            self.tlb.remove(0);
        }
        self.reach(page, events);
    }

    fn reach(&self, page: u32, events: &mut Vec<Event>) {
        let frame = guest_frame(page);
        // Without a hypervisor a frame is a frame.
        let found = if self.technique == Technique::Native { frame } else { host_frame(frame) };
        events.push(Event::Data(found << 12));
    }

    /// The references of one walk, to the page or to the entry that is missing.
    fn walk(&mut self, page: u32, events: &mut Vec<Event>) {
        let Shape { guest_levels, host_levels, caches, .. } = self.shape;
        let nested = self.technique == Technique::Nested;
        let region = self.shape.region(page);
        let known = caches != Caches::None && self.regions.contains(&region);
        for row in 0..guest_levels {
            let last = row + 1 == guest_levels;
            match (known, last) {
                (true, false) => events.push(Event::Cached(row, 0, host_levels + 1)),
                (true, true) => events.push(Event::Cached(row, 0, host_levels)),
                (false, _) if nested => self.host_walk(page, row, events),
                (false, _) => {}
            }
            if !known || last {
                events.push(Event::Reference(row, host_levels));
            }
        }
        self.regions.insert(region);
        if nested && self.mapped.contains(&page) {
            self.host_walk(page, guest_levels, events);
        }
    }

    /// The references that turn a guest-physical address of a row into a host-physical one.
    fn host_walk(&mut self, page: u32, row: u32, events: &mut Vec<Event>) {
        let Shape { host_levels, caches, .. } = self.shape;
        let address = self.shape.guest_physical(page, row);
        let region = address >> (12 + Shape::index_bits(host_levels));
        let first = match caches == Caches::Both && self.host_regions.contains(&region) {
            true => host_levels - 1,
            false => 0,
        };
        if first != 0 {
            events.push(Event::Cached(row, 0, first));
        }
        events.extend((first..host_levels).map(|col| Event::Reference(row, col)));
        self.host_regions.insert(region);
    }
}
