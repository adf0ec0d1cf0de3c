//! What is said of each thing that happens.

use super::super::words::count;
use super::run::{Core, Does, Doing, Line, Round, State};

/// `C1`.
pub(crate) fn name(core: u8) -> String {
    format!("C{core}")
}

/// `C1, C2 and C3`; `nobody`.
pub(crate) fn names(cores: u8) -> String {
    let all: Vec<String> = (0..8).filter(|it| cores >> it & 1 == 1).map(name).collect();
    match all.split_last() {
        None => "nobody".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// `page 1`, `pages 1 to 4`, `pages 1, 3`.
pub(crate) fn pages(mask: u64) -> String {
    let (low, n) = (mask.trailing_zeros(), mask.count_ones());
    let high = 63 - mask.leading_zeros().min(63);
    match n {
        0 => "no page".to_owned(),
        1 => format!("page {low}"),
        _ if high - low + 1 == n => format!("pages {low} to {high}"),
        _ => format!("{n} pages from {low} to {high}"),
    }
}

const fn entries(mask: u64) -> &'static str {
    if mask.count_ones() == 1 { "the entry" } else { "the entries" }
}

const fn frames(mask: u64) -> &'static str {
    if mask.count_ones() == 1 { "the frame" } else { "the frames" }
}

pub(super) fn start(state: &State) -> String {
    let held = state.cores.iter().filter(|it| it.tlb != 0).count();
    format!(
        "The process has {} and {} may hold translations of them.",
        count(u64::from(state.mapped.count_ones()), "pages"),
        count(held as u64, "cores")
    )
}

pub(super) fn absent(core: u8) -> String {
    format!("{} does not run the process now, so it does nothing here.", name(core))
}

pub(super) fn nothing(core: u8) -> String {
    format!("{} finds none of these pages mapped, so no core has to forget anything.", name(core))
}

pub(super) fn locked(core: u8) -> String {
    format!("{} waits, because another core is changing the tables of this process.", name(core))
}

/// Kind of the step that changes the tables.
pub(super) const fn tag_of(does: Does) -> &'static str {
    if matches!(does, Does::Protect) { "mprotect" } else { "munmap" }
}

pub(super) fn change(round: Round, ceiling: u32) -> String {
    let which = pages(round.mask);
    let does = match round.does {
        Does::Protect => format!("makes {which} read-only"),
        _ => format!("clears {} of {which}", entries(round.mask)),
    };
    let how = match round.full {
        true => {
            format!("empties its own TLB, because that is cheaper than more than {ceiling} INVLPG")
        }
        false => {
            let it = if round.mask.count_ones() == 1 { "it" } else { "them" };
            format!("drops {it} from its own TLB")
        }
    };
    format!("{} {does} in the tables and {how}.", name(round.initiator))
}

pub(super) fn send(round: Round) -> String {
    let who = name(round.initiator);
    let lazy = match round.skipped {
        0 => String::new(),
        it => format!("; {} idles in lazy mode and will catch up when it wakes", names(it)),
    };
    match round.targets {
        0 => format!("{who} interrupts nobody, because no other core uses these tables now{lazy}."),
        it => format!(
            "{who} interrupts {}, because {} may hold {}{lazy}.",
            names(it),
            if it.count_ones() == 1 { "its TLB" } else { "their TLBs" },
            pages(round.mask)
        ),
    }
}

/// What could be answered to the question who is interrupted, and the right answer.
pub(super) fn who(round: Round, members: u8, n_cores: usize) -> (Vec<String>, usize) {
    let all = u8::try_from((1_u32 << n_cores) - 1).unwrap_or(u8::MAX) & !(1 << round.initiator);
    let mut sets = vec![0, round.targets, members, all];
    sets.sort_unstable();
    sets.dedup();
    let answer = sets.iter().position(|it| *it == round.targets).unwrap_or(0);
    (sets.into_iter().map(names).collect(), answer)
}

pub(super) fn take(core: u8, was: Doing, round: Round) -> String {
    let stops = match was {
        Doing::Idle => "wakes from idling",
        Doing::Locked => "is interrupted in its wait",
        _ => "stops its thread",
    };
    let what = if round.full { "its whole TLB".to_owned() } else { pages(round.mask) };
    let by = name(round.initiator);
    format!("{} {stops} to drop {what}, because {by} interrupts it.", name(core))
}

pub(super) fn ack(core: u8, round: Round) -> String {
    let (acked, all) = (round.acked.count_ones(), round.targets.count_ones());
    let gone = match round.full {
        true => "its TLB is empty".to_owned(),
        false => format!("it no longer holds {}", pages(round.mask)),
    };
    let asked = name(round.initiator);
    format!("{} answers {asked} that {gone}: {acked} of {all} answers.", name(core))
}

pub(super) fn free(round: Round) -> String {
    let why = match round.targets {
        0 => "no other core had to be asked",
        _ => "every core that was asked has answered",
    };
    let who = name(round.initiator);
    let which = pages(round.mask);
    match round.does {
        Does::Protect => format!("{who} goes on with {which} read-only, because {why}."),
        _ => format!("{who} gives {} of {which} away, because {why}.", frames(round.mask)),
    }
}

pub(super) fn too_early(round: Round) -> String {
    let who = name(round.initiator);
    let which = pages(round.mask);
    match round.does {
        Does::Protect => {
            format!("{who} goes on and takes {which} for read-only without waiting for any answer.")
        }
        _ => format!(
            "{who} gives {} of {which} away without waiting for any answer.",
            frames(round.mask)
        ),
    }
}

pub(super) fn switch(line: Line, was: Core) -> String {
    let who = name(line.core);
    match (line.does, was.doing) {
        (Does::Wake, _) if was.behind => format!(
            "{who} runs the process again and empties its TLB first, because it was left out of a \
             shootdown while it idled."
        ),
        (Does::Wake, _) if !was.member => {
            format!("{who} switches to the process with an empty TLB, because it ran another one.")
        }
        (Does::Wake, _) => {
            format!(
                "{who} runs the process again, and its TLB is still true, because it missed nothing."
            )
        }
        (_, Doing::User) => format!(
            "{who} goes idle and keeps the tables of the process loaded, because a switch would be \
             for nothing if the thread came back soon."
        ),
        _ => format!("{who} does not run the process, so it stays as it is."),
    }
}

pub(super) fn touch(line: Line, tag: &str, mapped: bool) -> String {
    let who = name(line.core);
    let does = if line.does == Does::Write { "writes" } else { "reads" };
    let page = line.page;
    let why = match tag {
        "hit" => "and its TLB holds the page as the tables have it",
        "walk" => "and fills its TLB from the tables, because it did not hold the page",
        "late_use" if mapped => {
            "through an old entry that is writable, which does no harm, because mprotect has not \
             returned yet"
        }
        "late_use" => {
            "through an old entry, which does no harm, because its frame is still kept for it"
        }
        "stale_use" if mapped => {
            "through an old entry that is writable, although mprotect has returned: the protection \
             is broken"
        }
        "stale_use" => {
            "through an old entry, although the frame is given away: it touches somebody else's data"
        }
        _ if mapped => "and gets a page fault, because the page is read-only",
        _ => "and gets a page fault, because the tables do not map the page",
    };
    let gap = if why.starts_with("and") { "," } else { "" };
    format!("{who} {does} page {page}{gap} {why}.")
}
