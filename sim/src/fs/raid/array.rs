//! The disks of an array: which block stands where, and what can be computed from what.

use serde::Deserialize;

/// Stripes that a RAID-Z keeps free, so that a stripe can be written elsewhere.
const SPARES: usize = 2;

/// How the disks are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    Raid0,
    Raid1,
    Raid4,
    Raid5,
    Raidz1,
}

/// A place: a row of the picture and a disk.
pub(super) type Place = (usize, usize);

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A block, and which copy of it.
    Data(usize, u8),
    /// The parity of a stripe.
    Parity(usize),
    /// Nothing that is in use.
    Free,
}

/// A place's content. What is not valid is gone: its disk has failed, or was not filled yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    pub(super) value: u8,
    pub(super) is_valid: bool,
}

/// A disk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Disk {
    pub(super) works: bool,
    pub(super) n_reads: u32,
    pub(super) n_writes: u32,
}

/// All disks.
#[derive(Debug, Clone)]
pub(super) struct Array {
    pub(super) level: Level,
    pub(super) disks: Vec<Disk>,
    pub(super) n_stripes: usize,
    /// By row, then by disk.
    pub(super) cells: Vec<Vec<Cell>>,
    /// By stripe: its row. Only a RAID-Z ever changes it.
    pub(super) row_of: Vec<usize>,
    /// By stripe: the data that the checksums in the tree stand for.
    pub(super) sums: Vec<Vec<u8>>,
}

impl Level {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Raid0 => "RAID 0",
            Self::Raid1 => "RAID 1",
            Self::Raid4 => "RAID 4",
            Self::Raid5 => "RAID 5",
            Self::Raidz1 => "RAID-Z1",
        }
    }
}

impl Array {
    /// A sound array. Block n holds the low bits of 5 n + 3, so that neighbours differ.
    pub(super) fn new(level: Level, n_disks: usize, n_stripes: usize) -> Self {
        let disk = Disk { works: true, n_reads: 0, n_writes: 0 };
        let spares = if level == Level::Raidz1 { SPARES } else { 0 };
        let cell = Cell { value: 0, is_valid: true };
        let mut array = Self {
            level,
            disks: vec![disk; n_disks],
            n_stripes,
            cells: vec![vec![cell; n_disks]; n_stripes + spares],
            row_of: (0..n_stripes).collect(),
            sums: Vec::new(),
        };
        let width = array.width();
        let value = |block: usize| u8::try_from((5 * block + 3) % 16).unwrap_or_default();
        for stripe in 0..n_stripes {
            let data: Vec<u8> = (0..width).map(|it| value(stripe * width + it)).collect();
            array.fill(stripe, &data);
            array.sums.push(data);
        }
        array
    }

    fn fill(&mut self, row: usize, data: &[u8]) {
        for (at, &value) in data.iter().enumerate() {
            for disk in self.disks_of(row, at) {
                self.cells[row][disk].value = value;
            }
        }
        if let Some(disk) = self.parity_disk(row) {
            self.cells[row][disk].value = data.iter().fold(0, |sum, it| sum ^ it);
        }
    }

    pub(super) fn n_disks(&self) -> usize {
        self.disks.len()
    }

    /// Blocks of one stripe.
    pub(super) fn width(&self) -> usize {
        match self.level {
            Level::Raid0 => self.n_disks(),
            Level::Raid1 => self.n_disks() / 2,
            Level::Raid4 | Level::Raid5 | Level::Raidz1 => self.n_disks() - 1,
        }
    }

    pub(super) fn n_blocks(&self) -> usize {
        self.n_stripes * self.width()
    }

    /// The disk with the parity of a row.
    pub(super) fn parity_disk(&self, row: usize) -> Option<usize> {
        let n = self.n_disks();
        match self.level {
            Level::Raid0 | Level::Raid1 => None,
            Level::Raid4 => Some(n - 1),
            Level::Raid5 | Level::Raidz1 => Some(n - 1 - row % n),
        }
    }

    /// The disks that hold a block of a row, by its number in the stripe.
    pub(super) fn disks_of(&self, row: usize, at: usize) -> Vec<usize> {
        match (self.level, self.parity_disk(row)) {
            (Level::Raid1, _) => vec![2 * at, 2 * at + 1],
            (Level::Raid5 | Level::Raidz1, Some(parity)) => {
                vec![(parity + 1 + at) % self.n_disks()]
            }
            (Level::Raid0 | Level::Raid4 | Level::Raid5 | Level::Raidz1, _) => vec![at],
        }
    }

    /// The places that hold a block now.
    pub(super) fn places_of(&self, block: usize) -> Vec<Place> {
        let (row, at) = (self.row_of[block / self.width()], block % self.width());
        self.disks_of(row, at).into_iter().map(|disk| (row, disk)).collect()
    }

    /// The stripe in a row.
    pub(super) fn stripe_in(&self, row: usize) -> Option<usize> {
        self.row_of.iter().position(|&it| it == row)
    }

    /// What stands at a place.
    pub(super) fn role(&self, (row, disk): Place) -> Role {
        let Some(stripe) = self.stripe_in(row) else { return Role::Free };
        if self.parity_disk(row) == Some(disk) {
            return Role::Parity(stripe);
        }
        let copy = |at: usize| self.disks_of(row, at).iter().position(|&it| it == disk);
        let found = (0..self.width()).find_map(|at| Some((at, copy(at)?)));
        found.map_or(Role::Free, |(at, copy)| {
            Role::Data(stripe * self.width() + at, u8::from(copy != 0))
        })
    }

    pub(super) fn cell(&self, (row, disk): Place) -> Cell {
        self.cells[row][disk]
    }

    /// Reads a place; counts the access.
    pub(super) fn read(&mut self, (row, disk): Place) -> u8 {
        self.disks[disk].n_reads += 1;
        self.cells[row][disk].value
    }

    /// Writes a place, if its disk works; counts the access.
    pub(super) fn write(&mut self, (row, disk): Place, value: u8) {
        if self.disks[disk].works {
            self.disks[disk].n_writes += 1;
            self.cells[row][disk] = Cell { value, is_valid: true };
        }
    }

    /// Every place of a row but one.
    pub(super) fn others(&self, (row, disk): Place) -> Vec<Place> {
        (0..self.n_disks()).filter(|&it| it != disk).map(|it| (row, it)).collect()
    }

    /// What a place that is gone can be computed from; `None` if that is gone too.
    pub(super) fn sources(&self, place: Place) -> Option<Vec<Place>> {
        let all = match self.level {
            Level::Raid0 => return None,
            Level::Raid1 => vec![(place.0, place.1 ^ 1)],
            Level::Raid4 | Level::Raid5 | Level::Raidz1 => self.others(place),
        };
        all.iter().all(|&it| self.cell(it).is_valid).then_some(all)
    }

    /// Whether a block can still be had.
    pub(super) fn is_reachable(&self, block: usize) -> bool {
        let places = self.places_of(block);
        let has = |&it: &Place| self.cell(it).is_valid || self.sources(it).is_some();
        places.iter().any(has)
    }

    /// Whether copies or parity of a row fit its data; a row with something gone is not judged.
    pub(super) fn fits(&self, row: usize) -> bool {
        let cells = &self.cells[row];
        let Some(stripe) = self.stripe_in(row).filter(|_| cells.iter().all(|it| it.is_valid))
        else {
            return true;
        };
        match self.level {
            Level::Raid0 => true,
            Level::Raid1 => cells.chunks(2).all(|it| it[0].value == it[it.len() - 1].value),
            Level::Raid4 | Level::Raid5 | Level::Raidz1 => {
                self.wrong_in(stripe).is_empty()
                    && cells.iter().fold(0, |sum, it| sum ^ it.value) == 0
            }
        }
    }

    /// The blocks of a stripe that do not fit their checksums, by their number in it; only a RAID-Z
    /// has checksums.
    pub(super) fn wrong_in(&self, stripe: usize) -> Vec<usize> {
        if self.level != Level::Raidz1 {
            return Vec::new();
        }
        let row = self.row_of[stripe];
        let value = |at: usize| self.cells[row][self.disks_of(row, at)[0]].value;
        (0..self.width()).filter(|&it| value(it) != self.sums[stripe][it]).collect()
    }

    /// The next row that is free, after that of a stripe.
    pub(super) fn free_row(&self, stripe: usize) -> Option<usize> {
        let (n, own) = (self.cells.len(), self.row_of[stripe]);
        (1..n).map(|it| (own + it) % n).find(|&it| self.stripe_in(it).is_none())
    }
}
