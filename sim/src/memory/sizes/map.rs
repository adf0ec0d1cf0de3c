//! The regions of an address space as ranges of pages.

use super::super::paging::geometry::hexadecimal;
use super::shape::Space;
use crate::error::{Fault, Problem, ScenarioError};
use crate::order::by_key;
use serde::Deserialize;

/// A region as the reader gives it.
#[derive(Debug, Deserialize)]
pub(crate) struct Region {
    pub(crate) name: String,
    start: String,
    size_kib: u64,
}

/// Equal regions at equal distances.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) n: u64,
    pub(crate) size_kib: u64,
}

/// Regions that come into being together: one of the list, or all of the spread ones.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// First and last page of each region, sorted.
    pub(crate) ranges: Vec<(u64, u64)>,
}

/// First and last number of each run of numbers, sorted, with a gap between any two.
pub(crate) type Ranges = Vec<(u64, u64)>;

/// What an address of a region is, in an error.
const AN_ADDRESS: &str = "an address in hexadecimal, such as 0x400000";

/// The regions of a scenario as pages.
pub(crate) fn groups(
    space: Space,
    regions: &[Region],
    spread: Spread,
) -> Result<Vec<Group>, ScenarioError> {
    let mut problems = Vec::new();
    let mut groups = Vec::new();
    for (row, region) in regions.iter().enumerate() {
        let mut wrong = |field: &str, fault: Fault| {
            problems.push(Problem { at: format!("/regions/{row}/{field}"), fault });
        };
        let Some(start) = hexadecimal(&region.start) else {
            wrong("start", Fault::WrongKind(AN_ADDRESS));
            continue;
        };
        let Some(start) = space.place(start) else {
            let why = format!("{start:#x} is no address of {} bits", space.bits());
            wrong("start", Fault::Conflict(why));
            continue;
        };
        let end = start + (region.size_kib << 10);
        if space.end() < end {
            let why = format!("the region ends past the last address, {:#x}", space.end() - 1);
            wrong("size_kib", Fault::Conflict(why));
            continue;
        }
        let ranges = vec![(start >> space.page_bits, (end - 1) >> space.page_bits)];
        groups.push(Group { name: region.name.clone(), ranges });
    }
    match spread_group(space, spread) {
        Ok(group) => groups.extend(group),
        Err(problem) => problems.push(problem),
    }
    if problems.is_empty() { Ok(groups) } else { Err(ScenarioError(problems)) }
}

fn spread_group(space: Space, spread: Spread) -> Result<Option<Group>, Problem> {
    if spread.n == 0 {
        return Ok(None);
    }
    let (distance, size) = (space.end() / spread.n, spread.size_kib << 10);
    if distance < size {
        let why = format!("{} regions of {} KiB do not fit", spread.n, spread.size_kib);
        return Err(Problem { at: "/spread_kib".to_owned(), fault: Fault::Conflict(why) });
    }
    // Each begins with a page.
    let page = 1 << space.page_bits;
    let range = |at: u64| {
        let start = at * distance / page * page;
        (start >> space.page_bits, (start + size - 1) >> space.page_bits)
    };
    let ranges = (0..spread.n).map(range).collect();
    Ok(Some(Group { name: "spread".to_owned(), ranges }))
}

/// The numbers of all these groups after the last `shift` bits are cut off.
pub(crate) fn union(groups: &[Group], shift: u32) -> Ranges {
    let mut all: Ranges = groups.iter().flat_map(|it| &it.ranges).copied().collect();
    by_key(&mut all, |it| it.0);
    let mut merged: Ranges = Vec::new();
    for (first, last) in all.iter().map(|it| (it.0 >> shift, it.1 >> shift)) {
        match merged.last_mut() {
            Some(open) if first <= open.1.saturating_add(1) => open.1 = open.1.max(last),
            _ => merged.push((first, last)),
        }
    }
    merged
}

/// How many numbers there are in these ranges from `first` to `last`.
pub(crate) fn count_within(ranges: &Ranges, first: u64, last: u64) -> u64 {
    let from = ranges.partition_point(|it| it.1 < first);
    let within = ranges[from..].iter().take_while(|it| it.0 <= last);
    within.map(|it| it.1.min(last) - it.0.max(first) + 1).sum()
}

/// How many numbers there are in these ranges.
pub(crate) fn count(ranges: &Ranges) -> u64 {
    count_within(ranges, 0, u64::MAX)
}
