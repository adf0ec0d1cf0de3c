//! The flash memory and the table of the translation layer.

/// A page of the flash memory: its block, and its place there.
pub(super) type Place = (usize, usize);

/// What a page holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    /// Erased: it can be programmed.
    Free,
    /// A logical page, and which write of the host it is from.
    Held(u16, u32),
}

#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) pages: Vec<Page>,
    /// Pages that have been programmed since the block was erased.
    pub(super) n_used: usize,
    pub(super) n_erases: u32,
    /// Writes of the host when a page of it was last programmed or became stale.
    pub(super) touched: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Ftl {
    pub(super) size: usize,
    pub(super) blocks: Vec<Block>,
    /// By logical page: where its newest version is.
    pub(super) map: Vec<Option<Place>>,
    /// The block that is being filled.
    pub(super) open: Option<usize>,
}

impl Ftl {
    pub(super) fn new(n_blocks: usize, size: usize, n_logical: usize) -> Self {
        let block = Block { pages: vec![Page::Free; size], n_used: 0, n_erases: 0, touched: 0 };
        Self { size, blocks: vec![block; n_blocks], map: vec![None; n_logical], open: None }
    }

    /// Whether a page is the newest version of what it holds.
    pub(super) fn is_valid(&self, (block, page): Place) -> bool {
        match self.blocks[block].pages[page] {
            Page::Free => false,
            Page::Held(logical, _) => self.map[usize::from(logical)] == Some((block, page)),
        }
    }

    pub(super) fn n_valid(&self, block: usize) -> usize {
        (0..self.size).filter(|it| self.is_valid((block, *it))).count()
    }

    /// Erased blocks that nothing is written to yet, by number.
    pub(super) fn free(&self) -> Vec<usize> {
        let is_free = |it: &usize| self.blocks[*it].n_used == 0 && self.open != Some(*it);
        (0..self.blocks.len()).filter(is_free).collect()
    }

    /// Full blocks, by number: those that can be collected.
    pub(super) fn full(&self) -> Vec<usize> {
        (0..self.blocks.len()).filter(|it| self.blocks[*it].n_used == self.size).collect()
    }

    /// Pages that can be programmed before another block must be opened.
    pub(super) fn room(&self) -> usize {
        self.open.map_or(0, |it| self.size - self.blocks[it].n_used)
    }

    /// Programs the next page of the open block, which has one; its older version is stale from now on.
    pub(super) fn program(&mut self, logical: u16, version: u32, now: u32) -> Option<Place> {
        self.forget(logical, now);
        let open = self.open?;
        let block = &mut self.blocks[open];
        let place = block.n_used;
        *block.pages.get_mut(place)? = Page::Held(logical, version);
        block.n_used += 1;
        block.touched = now;
        self.map[usize::from(logical)] = Some((open, place));
        Some((open, place))
    }

    /// Takes a logical page out of the table; says where it was.
    pub(super) fn forget(&mut self, logical: u16, now: u32) -> Option<Place> {
        let place = self.map[usize::from(logical)].take()?;
        self.blocks[place.0].touched = now;
        Some(place)
    }

    /// What is read of a logical page: which write of the host it is from.
    pub(super) fn read(&self, logical: u16) -> Option<u32> {
        let (block, page) = self.map[usize::from(logical)]?;
        match self.blocks[block].pages[page] {
            Page::Free => None,
            Page::Held(_, version) => Some(version),
        }
    }

    pub(super) fn erase(&mut self, block: usize) {
        let block = &mut self.blocks[block];
        block.pages.fill(Page::Free);
        block.n_used = 0;
        block.n_erases += 1;
    }

    /// Valid pages of a block: what they hold.
    pub(super) fn valid(&self, block: usize) -> Vec<(u16, u32)> {
        let mut all = Vec::new();
        for (at, page) in self.blocks[block].pages.iter().enumerate() {
            if let (true, Page::Held(logical, version)) = (self.is_valid((block, at)), *page) {
                all.push((logical, version));
            }
        }
        all
    }

    /// Fewest and most erasures of any block.
    pub(super) fn wear(&self) -> (u32, u32) {
        let each = || self.blocks.iter().map(|it| it.n_erases);
        (each().min().unwrap_or_default(), each().max().unwrap_or_default())
    }
}
