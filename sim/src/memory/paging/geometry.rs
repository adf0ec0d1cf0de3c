//! How an address is cut into table indexes and an offset.

use serde::Deserialize;

/// Bits of the offset in the smallest page.
pub(crate) const OFFSET_BITS: u32 = 12;

/// A paging mode of the processor.
#[allow(clippy::enum_variant_names, reason = "the modes are told apart by their levels")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Paging {
    FourLevel,
    FiveLevel,
    TwoLevel,
}

/// A size of page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum PageSize {
    #[serde(rename = "4k")]
    Kib4,
    #[serde(rename = "2m")]
    Mib2,
    #[serde(rename = "4m")]
    Mib4,
    #[serde(rename = "1g")]
    Gib1,
}

impl PageSize {
    /// Bits of the offset within the page.
    pub(crate) const fn offset_bits(self) -> u32 {
        match self {
            Self::Kib4 => OFFSET_BITS,
            Self::Mib2 => 21,
            Self::Mib4 => 22,
            Self::Gib1 => 30,
        }
    }

    pub(crate) const fn bytes(self) -> u64 {
        1 << self.offset_bits()
    }

    /// The size in words: `4 KiB`.
    pub(crate) const fn said(self) -> &'static str {
        match self {
            Self::Kib4 => "4 KiB",
            Self::Mib2 => "2 MiB",
            Self::Mib4 => "4 MiB",
            Self::Gib1 => "1 GiB",
        }
    }
}

/// One level of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level {
    /// Short name, such as `PML4`.
    pub(crate) name: &'static str,
    /// The name as a key.
    pub(crate) slug: &'static str,
    /// Heading of its panel.
    pub(crate) title: &'static str,
    /// Lowest bit of its index.
    pub(crate) shift: u32,
    /// Bits of its index.
    pub(crate) bits: u32,
    /// Size of the pages that an entry of this level may map itself.
    pub(crate) page: Option<PageSize>,
}

const fn level(
    name: &'static str,
    slug: &'static str,
    title: &'static str,
    shift: u32,
    page: Option<PageSize>,
) -> Level {
    Level { name, slug, title, shift, bits: 9, page }
}

const FIVE: &[Level] = &[
    level("PML5", "pml5", "Page map level 5", 48, None),
    level("PML4", "pml4", "Page map level 4", 39, None),
    level("PDPT", "pdpt", "Page directory pointers", 30, Some(PageSize::Gib1)),
    level("PD", "pd", "Page directory", 21, Some(PageSize::Mib2)),
    level("PT", "pt", "Page table", 12, Some(PageSize::Kib4)),
];

const TWO: &[Level] = &[
    Level { bits: 10, ..level("PD", "pd", "Page directory", 22, Some(PageSize::Mib4)) },
    Level { bits: 10, ..level("PT", "pt", "Page table", 12, Some(PageSize::Kib4)) },
];

impl Level {
    /// The entry of a table of this level that an address selects.
    pub(crate) fn index(&self, address: u64) -> u16 {
        let index = (address >> self.shift) & ((1 << self.bits) - 1);
        u16::try_from(index).unwrap_or_default()
    }

    /// Highest bit of its index.
    pub(crate) const fn high(&self) -> u32 {
        self.shift + self.bits - 1
    }
}

impl Paging {
    /// The levels from the root down.
    pub(crate) fn levels(self) -> &'static [Level] {
        match self {
            Self::FiveLevel => FIVE,
            Self::FourLevel => &FIVE[1..],
            Self::TwoLevel => TWO,
        }
    }

    /// Bits of an address that are translated.
    pub(crate) const fn address_bits(self) -> u32 {
        match self {
            Self::FourLevel => 48,
            Self::FiveLevel => 57,
            Self::TwoLevel => 32,
        }
    }

    /// Bits of a register that holds an address.
    pub(crate) const fn register_bits(self) -> u32 {
        match self {
            Self::FourLevel | Self::FiveLevel => 64,
            Self::TwoLevel => 32,
        }
    }

    /// Bits of a physical frame number.
    pub(crate) const fn frame_bits(self) -> u32 {
        match self {
            Self::FourLevel | Self::FiveLevel => 40,
            Self::TwoLevel => 20,
        }
    }

    /// Bytes of a table entry.
    pub(crate) const fn entry_bytes(self) -> u64 {
        match self {
            Self::FourLevel | Self::FiveLevel => 8,
            Self::TwoLevel => 4,
        }
    }

    /// Whether an entry can forbid execution.
    pub(crate) const fn has_no_execute(self) -> bool {
        matches!(self, Self::FourLevel | Self::FiveLevel)
    }

    /// Whether the bits above the translated ones all equal the highest translated bit.
    pub(crate) const fn is_canonical(self, address: u64) -> bool {
        match self {
            Self::TwoLevel => address >> 32 == 0,
            Self::FourLevel | Self::FiveLevel => {
                let upper = address >> (self.address_bits() - 1);
                upper == 0 || upper == u64::MAX >> (self.address_bits() - 1)
            }
        }
    }
}

/// Reads an address or a frame number: hexadecimal, with or without `0x`, `_` anywhere.
pub(crate) fn hexadecimal(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let digits: String = digits.chars().filter(|it| *it != '_').collect();
    if digits.is_empty() || !digits.chars().all(|it| it.is_ascii_hexdigit()) {
        return None;
    }
    u64::from_str_radix(&digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::{Paging, hexadecimal};

    #[test]
    fn canonical_addresses_end_where_the_manual_says() {
        // Reference: `canonical`.
        for (paging, user_last, kernel_first) in [
            (Paging::FourLevel, 0x7fff_ffff_ffff, 0xffff_8000_0000_0000),
            (Paging::FiveLevel, 0x00ff_ffff_ffff_ffff, 0xff00_0000_0000_0000),
        ] {
            assert!(paging.is_canonical(0) && paging.is_canonical(u64::MAX));
            assert!(paging.is_canonical(user_last) && !paging.is_canonical(user_last + 1));
            assert!(paging.is_canonical(kernel_first) && !paging.is_canonical(kernel_first - 1));
        }
        assert!(Paging::TwoLevel.is_canonical(0xffff_ffff));
    }

    #[test]
    fn indexes_are_those_of_the_worked_examples() {
        // Reference: `translation_000`, `problem6_001`, `two_level_001`.
        for (paging, address, indexes) in [
            (Paging::FourLevel, 0x7ffe_1234_5abc, vec![255, 504, 145, 325]),
            (Paging::FourLevel, 0x3abc_4def, vec![0, 0, 469, 452]),
            (Paging::TwoLevel, 0x2a4b_0c1c, vec![169, 176]),
        ] {
            let found: Vec<u16> = paging.levels().iter().map(|it| it.index(address)).collect();
            assert_eq!(found, indexes, "{address:#x}");
        }
    }

    #[test]
    fn levels_cover_the_address_without_a_gap() {
        for paging in [Paging::FourLevel, Paging::FiveLevel, Paging::TwoLevel] {
            let mut high = paging.address_bits();
            for level in paging.levels() {
                assert_eq!(level.high() + 1, high);
                high = level.shift;
            }
            assert_eq!(high, super::OFFSET_BITS);
        }
    }

    #[test]
    fn hexadecimal_numbers_are_read_as_people_write_them() {
        assert_eq!(hexadecimal("0x7FFE_1234_5ABC"), Some(0x7ffe_1234_5abc));
        assert_eq!(hexadecimal(" 1a5 "), Some(0x1a5));
        for wrong in ["", "0x", "0xg", "-1", "_", "1ffffffffffffffff"] {
            assert_eq!(hexadecimal(wrong), None, "{wrong}");
        }
    }
}
