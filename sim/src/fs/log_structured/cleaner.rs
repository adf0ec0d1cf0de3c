//! Which segments are worth cleaning.

use super::Policy;
use super::disk::Disk;
use std::cmp::Ordering;

/// How a segment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rating {
    pub(super) segment: usize,
    pub(super) n_live: usize,
    /// Blocks written since its youngest live block was changed.
    pub(super) age: u32,
}

/// All segments that can be cleaned, the best first.
pub(super) fn ranked(disk: &Disk, policy: Policy, now: u32) -> Vec<Rating> {
    let rating = |segment: usize| Rating {
        segment,
        n_live: disk.n_live(segment),
        age: now - disk.youngest(segment).min(now),
    };
    let mut all: Vec<Rating> = disk.full().into_iter().map(rating).collect();
    // Few segments: each is put in its place.
    for end in 1..all.len() {
        let mut at = end;
        while 0 < at && better(&all[at], &all[at - 1], policy, disk.segment_blocks) {
            all.swap(at, at - 1);
            at -= 1;
        }
    }
    all
}

/// Whether one is better than another that has a lower number or is as good as it.
fn better(one: &Rating, other: &Rating, policy: Policy, size: usize) -> bool {
    match policy {
        Policy::Greedy => one.n_live < other.n_live,
        Policy::CostBenefit => {
            let (gain, cost) = fraction(one, size);
            let (other_gain, other_cost) = fraction(other, size);
            (gain * other_cost).cmp(&(other_gain * cost)) == Ordering::Greater
        }
    }
}

/// Benefit over cost as a fraction. With n blocks in a segment and l of them live, (1 - u) / (1 + u)
/// is (n - l) / (n + l). An empty segment costs nothing to read and comes first at any age.
fn fraction(rating: &Rating, size: usize) -> (u64, u64) {
    let (size, live) = (size as u64, rating.n_live as u64);
    match live {
        0 => (u64::from(u32::MAX), 1),
        live => ((size - live) * u64::from(rating.age), size + live),
    }
}

/// Benefit over cost as a number, for the eye.
pub(super) fn value(rating: &Rating, size: usize) -> Option<f64> {
    let (gain, cost) = fraction(rating, size);
    (rating.n_live != 0).then(|| gain as f64 / cost as f64)
}

/// The best segments, as many as are wanted and as there is room for their live blocks.
pub(super) fn picked(ranked: &[Rating], n: usize, mut room: usize) -> Vec<Rating> {
    let mut picked: Vec<Rating> = Vec::new();
    for rating in ranked {
        if picked.len() == n || room < rating.n_live {
            break;
        }
        room -= rating.n_live;
        picked.push(*rating);
    }
    picked
}
