//! Processes with page tables, frames with counts, files with a cache and blocks.

use super::script::Map;

/// Bytes of a page.
pub(crate) const PAGE_BYTES: u64 = 4_096;

/// Entries of all page tables together: a bound on memory.
pub(crate) const ENTRIES_MAX: usize = 1 << 19;

/// Number of the frame that holds zeros for all.
pub(crate) const ZERO: u32 = 0;

/// What is in a page: offsets and values, in order; everything else is zero.
pub(crate) type Words = Vec<(u16, i64)>;

/// What a frame is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Free,
    Zeros,
    /// A page of an object, by its index and page.
    Cache(usize, usize),
    Private,
}

/// A frame of memory.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) used: Use,
    pub(crate) words: Words,
    /// Page table entries that name it.
    pub(crate) n_entries: u32,
    /// Newer than the block of the file.
    pub(crate) dirty: bool,
}

/// A page table entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Entry {
    pub(crate) frame: Option<u32>,
    pub(crate) writable: bool,
}

/// A region of a process, with its part of the page table.
#[derive(Debug, Clone)]
pub(crate) struct Region {
    pub(crate) map: Map,
    /// Index of the object behind it.
    pub(crate) object: Option<usize>,
    pub(crate) entries: Vec<Entry>,
    /// Whether it ever had a page of its own.
    pub(crate) has_private: bool,
}

impl Region {
    pub(crate) fn end(&self) -> u64 {
        self.map.address + self.map.n_pages * PAGE_BYTES
    }
}

/// A file, or shared memory without one.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) name: String,
    /// Frame of each page that is in memory.
    pub(crate) cache: Vec<Option<u32>>,
    /// Blocks on the device; `None` for memory without a file.
    pub(crate) blocks: Option<Vec<Words>>,
}

/// What an access did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Did {
    Hit,
    MapZero,
    ZeroFill,
    ReplaceZero,
    /// Mapped a page of an object; writable for a shared write.
    MapCache,
    /// Copied a page of an object that was not mapped.
    CopyCache,
    /// Let a clean shared page be written.
    Upgrade,
    /// Copied a page that was mapped.
    Copy,
    Reuse,
}

/// Why an access failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    NoRegion,
    ReadOnly,
    PastEnd,
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Totals {
    pub(crate) n_accesses: u64,
    pub(crate) n_minor: u64,
    pub(crate) n_major: u64,
    pub(crate) n_copies: u64,
    pub(crate) n_signals: u64,
    pub(crate) n_blocks_read: u64,
    pub(crate) n_blocks_written: u64,
    pub(crate) n_forks: u64,
    /// Entries that forks copied.
    pub(crate) n_entries_copied: u64,
    /// Pages that `touch` came to.
    pub(crate) n_touched: u64,
}

/// Everything.
#[derive(Debug, Clone)]
pub(crate) struct World {
    /// Regions of each process; `None` if there is no such process.
    pub(crate) processes: Vec<Option<Vec<Region>>>,
    pub(crate) objects: Vec<Object>,
    pub(crate) frames: Vec<Frame>,
    free: Vec<u32>,
    n_files: usize,
    pub(crate) totals: Totals,
}

/// The value at an offset of a page.
pub(crate) fn value(words: &Words, offset: u16) -> i64 {
    words.iter().find(|it| it.0 == offset).map_or(0, |it| it.1)
}

fn set(words: &mut Words, offset: u16, value: i64) {
    let place = words.partition_point(|it| it.0 < offset);
    match words.get_mut(place) {
        Some(word) if word.0 == offset => word.1 = value,
        _ => words.insert(place, (offset, value)),
    }
}

/// Page and offset of a place.
fn split(place: u64) -> (usize, u16) {
    let page = usize::try_from(place / PAGE_BYTES).unwrap_or(usize::MAX);
    (page, u16::try_from(place % PAGE_BYTES).unwrap_or_default())
}

impl World {
    pub(crate) fn new(files: Vec<(String, Vec<Words>)>, n_processes: usize) -> Self {
        let zeros = Frame { used: Use::Zeros, words: Vec::new(), n_entries: 0, dirty: false };
        let n_files = files.len();
        let object = |(name, blocks): (String, Vec<Words>)| Object {
            name,
            cache: vec![None; blocks.len()],
            blocks: Some(blocks),
        };
        Self {
            processes: vec![None; n_processes],
            objects: files.into_iter().map(object).collect(),
            frames: vec![zeros],
            free: Vec::new(),
            n_files,
            totals: Totals::default(),
        }
    }

    /// The regions of a process, which comes into being if it must.
    fn regions(&mut self, process: usize) -> &mut Vec<Region> {
        self.processes[process].get_or_insert_with(Vec::new)
    }

    /// The region of a process that holds an address.
    pub(crate) fn find(&self, process: usize, address: u64) -> Option<usize> {
        let regions = self.processes[process].as_ref()?;
        regions.iter().position(|it| it.map.address <= address && address < it.end())
    }

    fn n_entries(&self) -> usize {
        let regions = self.processes.iter().flatten().flatten();
        regions.map(|it| it.entries.len()).sum()
    }

    /// Adds a region; says why it cannot, if so.
    pub(crate) fn map(&mut self, process: usize, map: Map) -> Result<(), &'static str> {
        let n_pages = usize::try_from(map.n_pages).unwrap_or(usize::MAX);
        if ENTRIES_MAX < self.n_entries() + n_pages {
            return Err("the page tables would be larger than this model holds");
        }
        let end = map.address + map.n_pages * PAGE_BYTES;
        let regions = self.regions(process);
        if regions.iter().any(|it| map.address < it.end() && it.map.address < end) {
            return Err("another region is there already");
        }
        let object = match map.file {
            Some(file) => Some(file),
            None if map.shared => {
                let name = format!("shared {}", self.objects.len() - self.n_files + 1);
                self.objects.push(Object { name, cache: vec![None; n_pages], blocks: None });
                Some(self.objects.len() - 1)
            }
            None => None,
        };
        let entries = vec![Entry::default(); n_pages];
        let regions = self.regions(process);
        let place = regions.partition_point(|it| it.map.address < map.address);
        regions.insert(place, Region { map, object, entries, has_private: false });
        Ok(())
    }

    fn take_frame(&mut self, used: Use, words: Words) -> u32 {
        let frame = Frame { used, words, n_entries: 0, dirty: false };
        match self.free.pop() {
            Some(at) => {
                self.frames[at as usize] = frame;
                at
            }
            None => {
                self.frames.push(frame);
                u32::try_from(self.frames.len() - 1).unwrap_or(u32::MAX)
            }
        }
    }

    /// An entry no longer names a frame; a private frame that none names is free.
    fn release(&mut self, frame: u32) {
        let it = &mut self.frames[frame as usize];
        it.n_entries -= 1;
        if it.n_entries == 0 && it.used == Use::Private {
            (it.used, it.words) = (Use::Free, Vec::new());
            self.free.push(frame);
        }
    }

    /// The frame of an object's page, read from the device if it must be; `None` past the end.
    fn cached(&mut self, object: usize, page: usize) -> Option<(u32, bool)> {
        match *self.objects[object].cache.get(page)? {
            Some(frame) => Some((frame, false)),
            None => {
                let words = self.objects[object].blocks.as_ref().map(|it| it[page].clone());
                let from_device = words.is_some();
                let frame = self.take_frame(Use::Cache(object, page), words.unwrap_or_default());
                self.objects[object].cache[page] = Some(frame);
                self.totals.n_blocks_read += u64::from(from_device);
                Some((frame, from_device))
            }
        }
    }

    /// Makes an access possible. Returns what it did, and whether a device was needed.
    pub(crate) fn access(
        &mut self,
        process: usize,
        address: u64,
        write: bool,
    ) -> Result<(Did, bool), Signal> {
        self.totals.n_accesses += 1;
        let result = self.resolve(process, address, write);
        match result {
            Ok((Did::Hit, _)) => {}
            Ok((_, true)) => self.totals.n_major += 1,
            Ok((_, false)) => self.totals.n_minor += 1,
            Err(_) => self.totals.n_signals += 1,
        }
        if let Ok((Did::Copy | Did::CopyCache, _)) = result {
            self.totals.n_copies += 1;
        }
        result
    }

    fn resolve(
        &mut self,
        process: usize,
        address: u64,
        write: bool,
    ) -> Result<(Did, bool), Signal> {
        let at = self.find(process, address).ok_or(Signal::NoRegion)?;
        let region = &self.regions(process)[at];
        let (map, object) = (region.map, region.object);
        if write && map.read_only {
            return Err(Signal::ReadOnly);
        }
        let (page, _) = split(address - map.address);
        let entry = region.entries[page];
        let mut major = false;
        let (did, frame, writable) = match (entry.frame, object) {
            (Some(frame), _) if !write || entry.writable => (Did::Hit, frame, entry.writable),
            (Some(frame), _) if map.shared => (Did::Upgrade, frame, true),
            (Some(ZERO), _) => (Did::ReplaceZero, self.take_frame(Use::Private, Vec::new()), true),
            (Some(frame), _) => {
                let old = &self.frames[frame as usize];
                if old.used == Use::Private && old.n_entries == 1 {
                    (Did::Reuse, frame, true)
                } else {
                    let words = old.words.clone();
                    (Did::Copy, self.take_frame(Use::Private, words), true)
                }
            }
            (None, Some(object)) => {
                let file_page = page + usize::try_from(map.offset).unwrap_or(usize::MAX);
                let (frame, read) = self.cached(object, file_page).ok_or(Signal::PastEnd)?;
                major = read;
                if write && !map.shared {
                    let words = self.frames[frame as usize].words.clone();
                    (Did::CopyCache, self.take_frame(Use::Private, words), true)
                } else {
                    // Memory without a file has nothing to be written back to.
                    let is_file = self.objects[object].blocks.is_some();
                    let writable = map.shared && !map.read_only && (write || !is_file);
                    (Did::MapCache, frame, writable)
                }
            }
            (None, None) if write => {
                (Did::ZeroFill, self.take_frame(Use::Private, Vec::new()), true)
            }
            (None, None) => (Did::MapZero, ZERO, false),
        };
        if entry.frame != Some(frame) {
            self.frames[frame as usize].n_entries += 1;
            if let Some(old) = entry.frame {
                self.release(old);
            }
        }
        let is_private = self.frames[frame as usize].used == Use::Private;
        let region = &mut self.regions(process)[at];
        region.entries[page] = Entry { frame: Some(frame), writable };
        region.has_private |= is_private;
        if write && map.shared {
            self.frames[frame as usize].dirty = true;
        }
        Ok((did, major))
    }

    /// The frame behind an address that is mapped, and the offset in it.
    fn place(&self, process: usize, address: u64) -> Option<(u32, u16)> {
        let at = self.find(process, address)?;
        let region = &self.processes[process].as_ref()?[at];
        let (page, offset) = split(address - region.map.address);
        Some((region.entries[page].frame?, offset))
    }

    /// The value at an address that is mapped.
    pub(crate) fn value(&self, process: usize, address: u64) -> Option<i64> {
        let (frame, offset) = self.place(process, address)?;
        Some(value(&self.frames[frame as usize].words, offset))
    }

    /// Puts a value at an address that is mapped and writable.
    pub(crate) fn put(&mut self, process: usize, address: u64, value: i64) {
        if let Some((frame, offset)) = self.place(process, address) {
            set(&mut self.frames[frame as usize].words, offset, value);
        }
    }

    /// The frame behind an address, if there is one.
    pub(crate) fn frame_of(&self, process: usize, address: u64) -> Option<u32> {
        self.place(process, address).map(|it| it.0)
    }

    /// Reads or writes a file by a system call: its page, and whether a device was needed.
    pub(crate) fn file(
        &mut self,
        file: usize,
        place: u64,
        put: Option<i64>,
    ) -> Option<(i64, bool)> {
        let (page, offset) = split(place);
        let (frame, read) = self.cached(file, page)?;
        let frame = &mut self.frames[frame as usize];
        if let Some(value) = put {
            set(&mut frame.words, offset, value);
            frame.dirty = true;
        }
        Some((value(&frame.words, offset), read))
    }

    /// Writes dirty pages of a file to its blocks, from one page up to another; how many.
    pub(crate) fn write_back(&mut self, object: usize, first: usize, end: usize) -> u64 {
        let Object { cache, blocks: Some(blocks), .. } = &mut self.objects[object] else {
            return 0;
        };
        let mut n = 0;
        for (page, block) in blocks.iter_mut().enumerate().take(end).skip(first) {
            let Some(frame) = cache[page] else { continue };
            let frame = &mut self.frames[frame as usize];
            if frame.dirty {
                block.clone_from(&frame.words);
                frame.dirty = false;
                n += 1;
            }
        }
        // The next write must be noticed again, so no entry of a clean page stays writable.
        for region in self.processes.iter_mut().flatten().flatten() {
            if region.object == Some(object) && region.map.shared {
                for entry in &mut region.entries {
                    let frame = entry.frame.map(|it| &self.frames[it as usize]);
                    entry.writable &= frame.is_some_and(|it| it.dirty);
                }
            }
        }
        self.totals.n_blocks_written += n;
        n
    }

    /// Removes the region that holds an address; how many entries it had.
    pub(crate) fn unmap(&mut self, process: usize, address: u64) -> Option<u64> {
        let at = self.find(process, address)?;
        let region = self.regions(process).remove(at);
        Some(self.drop_entries(&region))
    }

    fn drop_entries(&mut self, region: &Region) -> u64 {
        let mut n = 0;
        for frame in region.entries.iter().filter_map(|it| it.frame) {
            self.release(frame);
            n += 1;
        }
        n
    }

    /// Ends a process; how many regions it had.
    pub(crate) fn exit(&mut self, process: usize) -> Option<u64> {
        let regions = self.processes[process].take()?;
        for region in &regions {
            self.drop_entries(region);
        }
        Some(regions.len() as u64)
    }

    /// Copies a process; how many entries were copied, or why it cannot be.
    pub(crate) fn fork(&mut self, parent: usize, child: usize) -> Result<u64, &'static str> {
        if self.processes[child].is_some() {
            return Err("that process exists already");
        }
        let n_parent: usize = self.regions(parent).iter().map(|it| it.entries.len()).sum();
        if ENTRIES_MAX < self.n_entries() + n_parent {
            return Err("the page tables would be larger than this model holds");
        }
        let mut regions = self.regions(parent).clone();
        let mut n = 0;
        for (at, region) in regions.iter_mut().enumerate() {
            if region.map.shared || !region.has_private {
                // Faults of the child can find these pages again.
                region.entries.fill(Entry::default());
                continue;
            }
            for (page, entry) in region.entries.iter_mut().enumerate() {
                let Some(frame) = entry.frame else { continue };
                entry.writable = false;
                self.frames[frame as usize].n_entries += 1;
                self.regions(parent)[at].entries[page].writable = false;
                n += 1;
            }
        }
        self.processes[child] = Some(regions);
        self.totals.n_forks += 1;
        self.totals.n_entries_copied += n;
        Ok(n)
    }

    /// The power fails: blocks stay. How many dirty pages of files are lost.
    pub(crate) fn crash(&mut self) -> u64 {
        let is_lost = |frame: &&Frame| match frame.used {
            Use::Cache(object, _) => frame.dirty && self.objects[object].blocks.is_some(),
            Use::Free | Use::Zeros | Use::Private => false,
        };
        let n = self.frames.iter().filter(is_lost).count() as u64;
        self.processes.fill(None);
        self.objects.truncate(self.n_files);
        for object in &mut self.objects {
            object.cache.fill(None);
        }
        self.frames.truncate(1);
        self.frames[0].n_entries = 0;
        self.free.clear();
        n
    }
}
