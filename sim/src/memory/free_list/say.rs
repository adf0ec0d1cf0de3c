//! What is said of each step.

use super::heap::{Coalescing, Freed, Heap, Policy, Rules};
use super::play::Seen;
use crate::amounts::are;
use crate::memory::words::count;

pub(super) fn start(len: u64) -> String {
    format!("The heap is one free block of {}, because nothing has been asked for yet.", bytes(len))
}

fn bytes(n: u64) -> String {
    count(n, "bytes")
}

pub(super) fn leak(name: &str, start: u64) -> String {
    format!(
        "{name} is about to point elsewhere, so its block at {start} is lost: no pointer leads to \
         it, and nobody can give it back."
    )
}

pub(super) fn look(name: &str, policy: Policy, seen: &Seen, n: usize) -> String {
    let visited = &seen.search.visited[..=n];
    let block = seen.list[visited[n]];
    let found = format!("{name} looks at the block at {}: its {}", block.start, bytes(block.len));
    if block.len < seen.need {
        return format!("{found} {} too few for {}.", are(block.len), seen.need);
    }
    let mut earlier =
        visited[..n].iter().map(|&at| seen.list[at].len).filter(|&len| seen.need <= len);
    let verdict = match policy {
        Policy::First | Policy::Next => "and the search ends, because the first that fits will do",
        Policy::Best if earlier.all(|len| block.len < len) => "and none so far fits more closely",
        Policy::Best => "but one that fits more closely was found before",
        Policy::Worst if earlier.all(|len| len < block.len) => "and none so far is larger",
        Policy::Worst => "but one as large was found before",
    };
    format!("{found} {} enough for {}, {verdict}.", are(block.len), seen.need)
}

pub(super) fn placed(name: &str, asked: u64, rules: &Rules, seen: &Seen) -> String {
    let Some(block) = seen.search.chosen.map(|at| seen.list[at]) else { return String::new() };
    let n_fit = seen.list.iter().filter(|it| seen.need <= it.len).count();
    let why = match (rules.policy, n_fit) {
        (_, 1) if seen.list.len() == 1 => "is the only free one".to_owned(),
        (_, 1) => "is the only one that fits".to_owned(),
        (Policy::First, _) => "is the first of the list that fits".to_owned(),
        (Policy::Next, _) => "is the first that fits from where the last search ended".to_owned(),
        (Policy::Best, n) => format!("is the smallest of the {n} that fit"),
        (Policy::Worst, n) => format!("is the largest of the {n} that fit"),
    };
    let round = rules.padded(asked) - asked;
    let added = match (rules.header, round) {
        (0, 0) => String::new(),
        (header, 0) => format!("; a header of {} stands before it", bytes(header)),
        (0, round) => format!("; {} {} added to round it up", bytes(round), are(round)),
        (header, round) => {
            format!("; a header of {header} and {} of rounding are added", bytes(round))
        }
    };
    let rest = match block.len - seen.need {
        0 => "nothing is left of it".to_owned(),
        rest => format!("{} of it stay{} free", bytes(rest), if rest == 1 { "s" } else { "" }),
    };
    let joint = if added.is_empty() { ";" } else { ", and" };
    format!(
        "{name} gets {} at {}, because the block of {} at {} {why}{added}{joint} {rest}.",
        bytes(asked),
        block.start + rules.header,
        bytes(block.len),
        block.start,
    )
}

pub(super) fn failed(name: &str, need: u64, heap: &Heap) -> String {
    let (free, largest) = (heap.free_bytes(), heap.largest());
    let is_short = free < need;
    let need = bytes(need);
    if free == 0 {
        return format!("{name} gets nothing, because it needs {need} and no byte is free.");
    }
    if is_short {
        let free = bytes(free);
        return format!("{name} gets nothing, because it needs {need} and only {free} are free.");
    }
    format!(
        "{name} gets nothing, because it needs {need} in one piece: {} {} free, but the largest of \
         the {} free blocks has {largest}.",
        bytes(free),
        are(free),
        heap.list.len(),
    )
}

pub(super) fn null(name: &str) -> String {
    format!("{name} is null, because its request failed; to free a null pointer does nothing.")
}

pub(super) fn twice(name: &str) -> String {
    format!(
        "{name} is given back a second time: nothing is done here, but a real allocator may put \
         one block into its list twice and hand it out to two owners."
    )
}

pub(super) fn freed(name: &str, start: u64, rules: &Rules, freed: &Freed) -> String {
    let Freed { len, below, above, apart, whole, .. } = *freed;
    let gives = format!("{name} gives back {} at {start}", bytes(len));
    let why_apart = match rules.coalescing {
        Coalescing::Off => "merging is switched off",
        Coalescing::List => "the two do not follow each other in the list",
        Coalescing::Neighbours => "they do not touch",
    };
    let merged = match (below, above) {
        (false, false) if apart => {
            return format!(
                "{gives}, and a free block that touches it stays apart, because {why_apart}."
            );
        }
        (false, false) => {
            return format!("{gives}, and nothing merges, because no free block touches it.");
        }
        (true, true) => "with the free blocks below and above",
        (true, false) => "with the free block below",
        (false, true) => "with the free block above",
    };
    let rest = if apart { "; another that touches it does not follow in the list" } else { "" };
    format!(
        "{gives}, and it merges {merged} into {} at {}, because they touch{rest}.",
        bytes(whole),
        freed.start,
    )
}
