//! Shapes of page tables: how many bits of a page number each level takes.

use super::map::{Group, count, union};
use serde::Deserialize;

/// How wide addresses are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Width {
    #[serde(rename = "32_bits")]
    Bits32,
    #[serde(rename = "48_bits")]
    Bits48,
    #[serde(rename = "57_bits")]
    Bits57,
}

/// An address space and its pages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Space {
    pub(crate) width: Width,
    pub(crate) page_bits: u32,
}

impl Space {
    /// Bits of an address.
    pub(crate) const fn bits(self) -> u32 {
        match self.width {
            Width::Bits32 => 32,
            Width::Bits48 => 48,
            Width::Bits57 => 57,
        }
    }

    /// First address after the last.
    pub(crate) const fn end(self) -> u64 {
        1 << self.bits()
    }

    /// Bits of a page number.
    pub(crate) const fn page_number_bits(self) -> u32 {
        self.bits() - self.page_bits
    }

    /// The place of an address from 0: leading ones of the upper half are cut off.
    pub(crate) const fn place(self, address: u64) -> Option<u64> {
        let upper = address >> (self.bits() - 1);
        let is_extended = self.bits() != 32 && upper == u64::MAX >> (self.bits() - 1);
        match address < self.end() || is_extended {
            true => Some(address & (self.end() - 1)),
            false => None,
        }
    }
}

/// An organisation of page tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Shape {
    Flat,
    TwoLevel,
    MultiLevel,
}

/// All of them, in the order in which they are compared.
pub(crate) const SHAPES: [Shape; 3] = [Shape::Flat, Shape::TwoLevel, Shape::MultiLevel];

/// Bits of the index into a table that is one page of 512 entries.
const NINE: u32 = 9;

impl Shape {
    /// The name as a key.
    pub(crate) const fn slug(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::TwoLevel => "two_level",
            Self::MultiLevel => "multi_level",
        }
    }

    /// The name in words.
    pub(crate) fn name(self, space: Space) -> &'static str {
        match self {
            Self::Flat => "flat table",
            Self::TwoLevel => "two levels",
            Self::MultiLevel => match self.widths(space).len() {
                3 => "three levels",
                4 => "four levels",
                _ => "five levels",
            },
        }
    }

    /// Bits of the index of each level, root first.
    pub(crate) fn widths(self, space: Space) -> Vec<u32> {
        let bits = space.page_number_bits();
        match self {
            Self::Flat => vec![bits],
            Self::TwoLevel => vec![bits.div_ceil(2), bits / 2],
            Self::MultiLevel => {
                let first = bits % NINE;
                let start = if first == 0 { Vec::new() } else { vec![first] };
                start.into_iter().chain((0..bits / NINE).map(|_| NINE)).collect()
            }
        }
    }

    /// Names of the levels, root first.
    pub(crate) fn level_names(self, space: Space) -> &'static [&'static str] {
        const NAMES: [&str; 5] = ["PML5", "PML4", "PDPT", "PD", "PT"];
        match self {
            Self::Flat => &["table"],
            Self::TwoLevel => &NAMES[3..],
            // Large pages are mapped one level higher up.
            Self::MultiLevel => match (space.width, space.page_bits) {
                (Width::Bits32, _) => &NAMES[2..],
                (Width::Bits48, 12) => &NAMES[1..],
                (Width::Bits48, _) => &NAMES[1..4],
                (Width::Bits57, 12) => &NAMES,
                (Width::Bits57, _) => &NAMES[..4],
            },
        }
    }

    /// Bytes of an entry: the wider addresses of three levels need wider entries.
    pub(crate) const fn entry_bytes(self, space: Space) -> u64 {
        match (space.width, self) {
            (Width::Bits32, Self::Flat | Self::TwoLevel) => 4,
            _ => 8,
        }
    }

    /// Bits of the page number below the index of a level: what one of its tables covers, without
    /// the index itself. `level` is from the root, at 0.
    pub(crate) fn shift(self, space: Space, level: usize) -> u32 {
        self.widths(space)[level + 1..].iter().sum()
    }

    /// Bytes of one table of a level.
    pub(crate) fn table_bytes(self, space: Space, level: usize) -> u64 {
        self.entry_bytes(space) << self.widths(space)[level]
    }

    /// Tables of a level that exist for these regions. The root always does.
    pub(crate) fn n_tables(self, space: Space, level: usize, groups: &[Group]) -> u64 {
        match level {
            0 => 1,
            _ => count(&union(groups, self.shift(space, level - 1))),
        }
    }

    /// All tables and their bytes.
    pub(crate) fn cost(self, space: Space, groups: &[Group]) -> (u64, u64) {
        let level = |level: usize| {
            let n = self.n_tables(space, level, groups);
            (n, n * self.table_bytes(space, level))
        };
        (0..self.widths(space).len())
            .map(level)
            .fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1))
    }
}

/// Bytes of an inverted table: an entry for each frame, whatever is mapped.
pub(crate) fn inverted_bytes(space: Space, memory_mib: u64, entry_bytes: u64) -> u64 {
    (memory_mib << 20).div_ceil(1 << space.page_bits) * entry_bytes
}
