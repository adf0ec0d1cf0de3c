//! Which block is collected, and which one is opened.

use super::ftl::Ftl;
use super::{Policy, Wear};
use std::cmp::Ordering;

/// How a full block stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rating {
    pub(super) block: usize,
    pub(super) n_valid: usize,
    /// Writes of the host since a page of it was programmed or became stale.
    pub(super) age: u32,
}

/// All full blocks, the best to collect first.
pub(super) fn ranked(ftl: &Ftl, policy: Policy, now: u32) -> Vec<Rating> {
    let rating = |block: usize| Rating {
        block,
        n_valid: ftl.n_valid(block),
        age: now.saturating_sub(ftl.blocks[block].touched),
    };
    let mut all: Vec<Rating> = ftl.full().into_iter().map(rating).collect();
    // Few blocks: each is put in its place.
    for end in 1..all.len() {
        let mut at = end;
        while 0 < at && is_better(&all[at], &all[at - 1], policy, ftl.size) {
            all.swap(at, at - 1);
            at -= 1;
        }
    }
    all
}

fn is_better(one: &Rating, other: &Rating, policy: Policy, size: usize) -> bool {
    match policy {
        Policy::Greedy => one.n_valid < other.n_valid,
        Policy::CostBenefit => {
            let (gain, cost) = fraction(one, size);
            let (other_gain, other_cost) = fraction(other, size);
            let worth = (gain * other_cost).cmp(&(other_gain * cost));
            // Of equals, such as two without any age, the emptier one.
            worth.then(other.n_valid.cmp(&one.n_valid)) == Ordering::Greater
        }
    }
}

/// Benefit over cost as a fraction: with n pages of which v are valid, (1 - u) / 2u is (n - v) / 2v. A
/// block without a valid page costs no copy and comes first at any age.
fn fraction(rating: &Rating, size: usize) -> (u64, u64) {
    let (size, valid) = (size as u64, rating.n_valid as u64);
    match valid {
        0 => (u64::from(u32::MAX), 1),
        valid => ((size - valid) * u64::from(rating.age), 2 * valid),
    }
}

/// Benefit over cost as a number, for the eye; none for a block that costs no copy.
pub(super) fn value(rating: &Rating, size: usize) -> Option<f64> {
    let (gain, cost) = fraction(rating, size);
    (rating.n_valid != 0).then(|| gain as f64 / cost as f64)
}

/// The free block that is opened next: the first, or the least worn; for pages that hardly change the
/// most worn one.
pub(super) fn next_open(ftl: &Ftl, wear: Wear, is_cold: bool) -> Option<usize> {
    let free = ftl.free();
    let worn = |it: &usize| ftl.blocks[*it].n_erases;
    match (wear, is_cold) {
        (Wear::Off, _) => free.first().copied(),
        (Wear::Dynamic | Wear::Static, false) => free.into_iter().min_by_key(worn),
        (Wear::Dynamic | Wear::Static, true) => free.into_iter().rev().max_by_key(worn),
    }
}

/// The full block that has been erased least, if the wear is too uneven.
pub(super) fn to_level(ftl: &Ftl, gap: u32) -> Option<usize> {
    let (_, most) = ftl.wear();
    let block = ftl.full().into_iter().min_by_key(|it| ftl.blocks[*it].n_erases)?;
    (gap < most - ftl.blocks[block].n_erases).then_some(block)
}
