//! What is said of each step.

use super::check::{Access, Direction, Kind, Stage, Verdict};
use super::{Mode, Scenario, Segment, base};
use crate::memory::words::{count, grouped};

pub(super) fn start(scenario: &Scenario) -> String {
    match scenario.mode {
        Mode::Segments => format!(
            "The top {} the segment, because there are {}; the other {} are the offset in it.",
            match scenario.segment_bits {
                1 => "bit of an address names".to_owned(),
                n => format!("{n} bits of an address name"),
            },
            count(scenario.segments.len() as u64, "segments"),
            scenario.offset_bits(),
        ),
        Mode::Flat64 => {
            "In 64-bit mode all bases count as 0 but those of fs and gs, and no length \
                         is checked, because pages protect memory."
                .to_owned()
        }
    }
}

const fn verb(kind: Kind) -> &'static str {
    match kind {
        Kind::Read => "read",
        Kind::Write => "written",
        Kind::Execute => "executed",
    }
}

pub(super) fn stage(scenario: &Scenario, access: Access, stage: Stage, verdict: Verdict) -> String {
    if scenario.mode == Mode::Flat64 {
        return flat(scenario, access, stage, verdict);
    }
    let (number, offset) = scenario.split(access.address);
    let Some(segment) = scenario.segments.get(number) else {
        return missing(scenario, access, stage, number);
    };
    match (stage, verdict) {
        (Stage::Select, _) => format!(
            "Address {} lies in segment {number}, {}, because its top bits are {number:0width$b}; \
             its offset is {}.",
            grouped(access.address),
            segment.name,
            grouped(offset),
            width = usize::try_from(scenario.segment_bits).unwrap_or_default(),
        ),
        (Stage::Bounds, _) => bounds(scenario, segment, offset, verdict != Verdict::Bounds),
        (Stage::Rights, Verdict::Rights) => {
            format!("Segment {} may not be {}.", segment.name, verb(access.kind))
        }
        (Stage::Rights | Stage::Add, _) => {
            format!("Segment {} may be {}, so the access goes on.", segment.name, verb(access.kind))
        }
        (Stage::Done, Verdict::Reaches(physical)) => reached(scenario, segment, offset, physical),
        (Stage::Done, Verdict::NoSegment) => format!(
            "Segment {} is empty, so the CPU traps, and the kernel sends SIGSEGV.",
            segment.name
        ),
        (Stage::Done, Verdict::Bounds) => format!(
            "Segment {} is left by offset {}, so the CPU traps, and the kernel sends SIGSEGV.",
            segment.name,
            grouped(offset),
        ),
        (Stage::Done, Verdict::Rights | Verdict::NotCanonical(_)) => format!(
            "Segment {} does not allow it, so the CPU traps, and the kernel sends SIGSEGV.",
            segment.name
        ),
    }
}

fn missing(scenario: &Scenario, access: Access, stage: Stage, number: usize) -> String {
    if stage == Stage::Select {
        return format!(
            "Address {} names segment {number} in its top {}.",
            grouped(access.address),
            count(scenario.segment_bits.into(), "bits"),
        );
    }
    format!(
        "Segment {number} does not exist, because the table has {}: the CPU traps, and the kernel \
         sends SIGSEGV.",
        count(scenario.segments.len() as u64, "rows"),
    )
}

fn bounds(scenario: &Scenario, segment: &Segment, offset: u64, holds: bool) -> String {
    let name = &segment.name;
    let size = grouped(segment.size_bytes);
    let room = 1_u64 << scenario.offset_bits();
    match (segment.grows, holds) {
        (Direction::Up, true) => format!(
            "Segment {name} holds offset {}, because it is below the size of {size}.",
            grouped(offset)
        ),
        (Direction::Up, false) => format!(
            "Segment {name} does not hold offset {}, because it is not below the size of {size}.",
            grouped(offset)
        ),
        (Direction::Down, holds) => {
            let back = room - offset;
            let (does, is) = if holds { ("holds", "within") } else { ("does not hold", "beyond") };
            format!(
                "Segment {name} {does} offset {}, because it grows down: {} - {} = -{}, and {} is \
                 {is} the size of {size}.",
                grouped(offset),
                grouped(offset),
                grouped(room),
                grouped(back),
                grouped(back),
            )
        }
    }
}

fn reached(scenario: &Scenario, segment: &Segment, offset: u64, physical: u64) -> String {
    let base = grouped(segment.base_address);
    let sum = match segment.grows {
        Direction::Up => format!("{base} + {}", grouped(offset)),
        Direction::Down => {
            format!("{base} - {}", grouped((1 << scenario.offset_bits()) - offset))
        }
    };
    format!(
        "Segment {} leads to physical address {}, because {sum} makes that.",
        segment.name,
        grouped(physical)
    )
}

fn flat(scenario: &Scenario, access: Access, stage: Stage, verdict: Verdict) -> String {
    let register = access.register.name();
    let base = base(scenario, access.register);
    let (Verdict::Reaches(linear) | Verdict::NotCanonical(linear)) = verdict else {
        return String::new();
    };
    match (stage, verdict) {
        (Stage::Done, Verdict::Reaches(_)) => format!(
            "Address {linear:#x} is canonical, so the access goes on to the page tables; no length \
             was checked."
        ),
        (Stage::Done, _) => format!(
            "Address {linear:#x} is not canonical, because bits 63 to 47 differ, so the CPU raises \
             {} before it looks at any table.",
            if access.register == super::Register::Ss { "#SS" } else { "#GP" },
        ),
        _ if access.register.actor().is_some() => format!(
            "Register {register} adds its base: {base:#x} {} is {linear:#x}.",
            match i64::try_from(access.address) {
                Ok(offset) => format!("+ {offset:#x}"),
                Err(_) => format!("- {:#x}", access.address.wrapping_neg()),
            },
        ),
        _ => format!(
            "Register {register} adds nothing, because its base counts as 0 whatever its descriptor \
             says: the address stays {linear:#x}."
        ),
    }
}
