//! The checks of the hardware, and the sum.

use super::{Scenario, Segment};
use crate::order::by_key;
use serde::Deserialize;

/// Bits of an address that x86-64 with four levels translates.
const CANONICAL_BITS: u32 = 48;

/// What an access does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Read,
    Write,
    Execute,
}

/// Which way a segment grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Direction {
    Up,
    Down,
}

/// A segment register of x86-64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Register {
    Cs,
    Ds,
    Es,
    Ss,
    Fs,
    Gs,
}

impl Register {
    pub(super) const ALL: [Self; 6] = [Self::Cs, Self::Ds, Self::Es, Self::Ss, Self::Fs, Self::Gs];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Cs => "cs",
            Self::Ds => "ds",
            Self::Es => "es",
            Self::Ss => "ss",
            Self::Fs => "fs",
            Self::Gs => "gs",
        }
    }

    /// Index of its actor: only fs and gs have one.
    pub(super) const fn actor(self) -> Option<u16> {
        match self {
            Self::Fs => Some(0),
            Self::Gs => Some(1),
            Self::Cs | Self::Ds | Self::Es | Self::Ss => None,
        }
    }
}

/// One line of the script, read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Access {
    pub(super) address: u64,
    pub(super) kind: Kind,
    pub(super) register: Register,
}

/// What an access comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It reaches this physical address; in 64-bit mode, this linear one.
    Reaches(u64),
    /// No segment has this number, or it is empty.
    NoSegment,
    /// The offset lies outside.
    Bounds,
    /// The segment does not allow it.
    Rights,
    /// The sum of base and offset is no canonical address.
    NotCanonical(u64),
}

/// How far an access has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// The top bits pick the segment.
    Select,
    /// The offset is compared with the length.
    Bounds,
    /// The access is compared with the rights.
    Rights,
    /// Base and offset are added, in 64-bit mode.
    Add,
    /// It has reached memory or faulted.
    Done,
}

impl Stage {
    pub(super) const fn tag(self, verdict: Verdict) -> &'static str {
        match (self, verdict) {
            (Self::Select, _) => "select",
            (Self::Bounds, _) => "bounds",
            (Self::Rights, _) => "rights",
            (Self::Add, _) => "add",
            (Self::Done, Verdict::Reaches(_)) => "access",
            (Self::Done, Verdict::NotCanonical(_)) => "protection",
            (Self::Done, _) => "segfault",
        }
    }
}

/// A number as text: decimal, or hexadecimal with `0x`.
pub(super) fn number(text: &str) -> Option<u64> {
    let text = text.trim().replace('_', "");
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Whether the upper bits repeat bit 47.
pub(super) const fn is_canonical(address: u64) -> bool {
    let upper = address >> (CANONICAL_BITS - 1);
    upper == 0 || upper == u64::MAX >> (CANONICAL_BITS - 1)
}

impl Scenario {
    pub(super) const fn offset_bits(&self) -> u32 {
        self.address_bits - self.segment_bits
    }

    /// Number of the segment and offset of an address.
    pub(super) fn split(&self, address: u64) -> (usize, u64) {
        let bits = self.offset_bits();
        let number = usize::try_from(address >> bits).unwrap_or(usize::MAX);
        (number, address & ((1 << bits) - 1))
    }
}

impl Segment {
    pub(super) const fn allows(&self, kind: Kind) -> bool {
        match kind {
            Kind::Read => self.read,
            Kind::Write => self.write,
            Kind::Execute => self.execute,
        }
    }

    /// Where it lies in physical memory: first byte, and first byte after it.
    pub(super) const fn span(&self) -> (u64, u64) {
        match self.grows {
            Direction::Up => (self.base_address, self.base_address + self.size_bytes),
            Direction::Down => (self.base_address - self.size_bytes, self.base_address),
        }
    }

    /// The offsets that lie in it: first, and first after it; `room` is what the offset can hold.
    pub(super) const fn offsets(&self, room: u64) -> (u64, u64) {
        match self.grows {
            Direction::Up => (0, self.size_bytes),
            Direction::Down => (room - self.size_bytes, room),
        }
    }
}

/// Why a segment cannot be as it is given.
pub(super) fn misfit(scenario: &Scenario, segment: &Segment) -> Option<String> {
    let Segment { base_address, size_bytes, grows, .. } = *segment;
    let room = 1_u64 << scenario.offset_bits();
    if room < size_bytes {
        return Some(format!("an offset of {} bits reaches {room} bytes", scenario.offset_bits()));
    }
    let fits = match grows {
        Direction::Up => base_address + size_bytes <= scenario.physical_bytes,
        Direction::Down => size_bytes <= base_address && base_address <= scenario.physical_bytes,
    };
    (!fits).then(|| format!("{} does not lie in physical memory", segment.name))
}

/// Translates by the segment table.
pub(super) fn table(scenario: &Scenario, access: Access) -> Verdict {
    let (number, offset) = scenario.split(access.address);
    let room = 1_u64 << scenario.offset_bits();
    let Some(segment) = scenario.segments.get(number).filter(|it| 0 < it.size_bytes) else {
        return Verdict::NoSegment;
    };
    let (first, end) = segment.offsets(room);
    if offset < first || end <= offset {
        return Verdict::Bounds;
    }
    if !segment.allows(access.kind) {
        return Verdict::Rights;
    }
    // For a segment that grows down, the distance from the top is taken off the base.
    Verdict::Reaches(segment.span().0 + (offset - first))
}

/// Translates in 64-bit mode: a sum that wraps, and one check.
pub(super) const fn flat(base: u64, offset: u64) -> Verdict {
    let linear = base.wrapping_add(offset);
    if is_canonical(linear) { Verdict::Reaches(linear) } else { Verdict::NotCanonical(linear) }
}

/// Lengths of the stretches of physical memory that no segment covers, by address.
pub(super) fn holes(scenario: &Scenario) -> Vec<u64> {
    let mut spans: Vec<(u64, u64)> =
        scenario.segments.iter().filter(|it| 0 < it.size_bytes).map(Segment::span).collect();
    by_key(&mut spans, |it| it.0);
    let mut holes = Vec::new();
    let mut at = 0;
    for (start, end) in spans {
        if at < start {
            holes.push(start - at);
        }
        at = at.max(end);
    }
    if at < scenario.physical_bytes {
        holes.push(scenario.physical_bytes - at);
    }
    holes
}
