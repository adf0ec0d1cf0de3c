//! The 64 bits of a table entry: what each means in each form.

use serde::Deserialize;

/// The level at which the entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Form {
    Pte,
    Pde,
    Pdpte,
    Pml4e,
}

impl Form {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pte => "PTE",
            Self::Pde => "PDE",
            Self::Pdpte => "PDPTE",
            Self::Pml4e => "PML4E",
        }
    }
}

/// Lowest bits of the fields that are wider than one bit, and the single bits.
pub(crate) mod bit {
    pub(crate) const P: u32 = 0;
    pub(crate) const WRITE: u32 = 1;
    pub(crate) const USER: u32 = 2;
    pub(crate) const PWT: u32 = 3;
    pub(crate) const PCD: u32 = 4;
    pub(crate) const ACCESSED: u32 = 5;
    pub(crate) const DIRTY: u32 = 6;
    /// PAT in a PTE, PS above it.
    pub(crate) const SEVEN: u32 = 7;
    pub(crate) const GLOBAL: u32 = 8;
    pub(crate) const FRAME: u32 = 12;
    pub(crate) const FRAME_END: u32 = 52;
    pub(crate) const KEY: u32 = 59;
    pub(crate) const XD: u32 = 63;
}

/// An entry and the level at which it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) raw: u64,
    pub(crate) form: Form,
}

/// One field of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) high: u32,
    pub(crate) low: u32,
    pub(crate) name: &'static str,
    pub(crate) meaning: &'static str,
    /// Whether the CPU reads it in this form.
    pub(crate) used: bool,
    /// Whether it has to be zero.
    pub(crate) reserved: bool,
}

const fn part(high: u32, low: u32, name: &'static str, meaning: &'static str) -> Part {
    Part { high, low, name, meaning, used: true, reserved: false }
}

const fn free(high: u32, low: u32) -> Part {
    let meaning = "the CPU ignores it; software may use it";
    Part { used: false, ..part(high, low, "free", meaning) }
}

const fn zero(high: u32, low: u32, meaning: &'static str) -> Part {
    Part { reserved: true, ..part(high, low, "zero", meaning) }
}

impl Entry {
    pub(crate) const fn has(self, bit: u32) -> bool {
        self.raw >> bit & 1 == 1
    }

    /// The bits from `low` to `high`, both inclusive.
    pub(crate) const fn bits(self, high: u32, low: u32) -> u64 {
        let n = high - low + 1;
        let mask = if n == 64 { u64::MAX } else { (1 << n) - 1 };
        self.raw >> low & mask
    }

    /// Whether it maps a page itself.
    pub(crate) const fn is_page(self) -> bool {
        match self.form {
            Form::Pte => true,
            Form::Pde | Form::Pdpte => self.has(bit::SEVEN),
            Form::Pml4e => false,
        }
    }

    /// Bits of the offset in the page that it maps, or in the table that it leads to.
    pub(crate) const fn offset_bits(self) -> u32 {
        match (self.form, self.is_page()) {
            (Form::Pde, true) => 21,
            (Form::Pdpte, true) => 30,
            _ => bit::FRAME,
        }
    }

    /// What it leads to, in words.
    pub(crate) const fn leads_to(self) -> &'static str {
        match (self.form, self.is_page()) {
            (Form::Pte, _) => "a page of 4 KiB",
            (Form::Pde, true) => "a page of 2 MiB",
            (Form::Pde, false) => "a page table",
            (Form::Pdpte, true) => "a page of 1 GiB",
            (Form::Pdpte, false) => "a page directory",
            (Form::Pml4e, _) => "a page-directory-pointer table",
        }
    }

    /// The physical address that it holds.
    pub(crate) const fn address(self) -> u64 {
        let low = self.offset_bits();
        self.bits(bit::FRAME_END - 1, low) << low
    }

    /// The protection key, where the entry has one.
    pub(crate) fn key(self) -> Option<u64> {
        self.is_page().then(|| self.bits(bit::XD - 1, bit::KEY))
    }

    /// The fields from the highest bit down. `nxe` and `pke` are on where the CPU knows XD and
    /// protection keys; a physical address has `address_bits`.
    pub(crate) fn parts(self, nxe: bool, pke: bool, address_bits: u32) -> Vec<Part> {
        let page = self.is_page();
        let offset = self.offset_bits();
        let mut all = vec![match nxe {
            true => part(bit::XD, bit::XD, "XD", "1: no instruction may be fetched"),
            false => Part { name: "XD", ..zero(bit::XD, bit::XD, "must be 0 while EFER.NXE is 0") },
        }];
        if page && pke {
            all.push(part(bit::XD - 1, bit::KEY, "key", "protection key: names two bits of PKRU"));
            all.push(free(bit::KEY - 1, bit::FRAME_END));
        } else {
            all.push(free(bit::XD - 1, bit::FRAME_END));
        }
        if address_bits < bit::FRAME_END {
            let why = "must be 0: physical addresses have fewer bits";
            all.push(zero(bit::FRAME_END - 1, address_bits, why));
        }
        let what = if page { "frame of the page" } else { "frame of the next table" };
        all.push(part(address_bits - 1, offset, "frame", what));
        if bit::FRAME < offset {
            all.push(zero(offset - 1, bit::FRAME + 1, "must be 0: a large page is aligned"));
            all.push(part(bit::FRAME, bit::FRAME, "PAT", "memory type, with PWT and PCD"));
        }
        all.push(free(bit::FRAME - 1, bit::GLOBAL + 1));
        let one = |at, name, meaning| part(at, at, name, meaning);
        all.push(match page {
            true => one(bit::GLOBAL, "G", "1: the TLB keeps it when CR3 is loaded"),
            false => free(bit::GLOBAL, bit::GLOBAL),
        });
        all.push(match self.form {
            Form::Pte => one(bit::SEVEN, "PAT", "memory type, with PWT and PCD"),
            Form::Pde | Form::Pdpte => one(bit::SEVEN, "PS", "1: maps a page, 0: leads to a table"),
            Form::Pml4e => {
                Part { name: "PS", ..zero(bit::SEVEN, bit::SEVEN, "must be 0 at this level") }
            }
        });
        all.push(match page {
            true => one(bit::DIRTY, "D", "the CPU sets it when the page is written"),
            false => free(bit::DIRTY, bit::DIRTY),
        });
        all.push(one(bit::ACCESSED, "A", "the CPU sets it when it uses the entry"));
        all.push(one(bit::PCD, "PCD", "memory type: do not cache"));
        all.push(one(bit::PWT, "PWT", "memory type: write through"));
        all.push(one(bit::USER, "U/S", "1: user mode may pass, if it may at every level"));
        all.push(one(bit::WRITE, "R/W", "1: may be written, if it may at every level"));
        all.push(one(bit::P, "P", "1: the CPU reads the other bits"));
        all
    }

    /// The first field that has to be zero and is not.
    pub(crate) fn reserved(self, nxe: bool, pke: bool, address_bits: u32) -> Option<Part> {
        let wrong = |it: &Part| it.reserved && self.bits(it.high, it.low) != 0;
        self.parts(nxe, pke, address_bits).into_iter().find(wrong)
    }
}
