//! Words, names and places that the engines of this domain share.

use crate::error::{Fault, Problem};
pub(crate) use crate::words::count;

/// `A`, `A and B`, `A, B and C`; `nothing` for an empty list.
pub(crate) fn list(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { crate::words::list(names) }
}

/// The names with these indexes.
pub(crate) fn named(names: &[String], which: impl IntoIterator<Item = usize>) -> Vec<String> {
    which.into_iter().filter_map(|it| names.get(it).cloned()).collect()
}

/// Where `name` stands in `names`; if it is nowhere, a fault at `at`.
pub(crate) fn find(
    names: &[String],
    name: &str,
    at: impl FnOnce() -> String,
    out: &mut Vec<Problem>,
) -> usize {
    let name = name.trim();
    names.iter().position(|it| it == name).unwrap_or_else(|| {
        out.push(Problem { at: at(), fault: Fault::Dangling(name.to_owned()) });
        0
    })
}

/// The actor with this index.
pub(crate) fn actor(at: usize) -> u16 {
    u16::try_from(at).unwrap_or_default()
}

/// A whole number as a place on a grid.
pub(crate) fn place(at: usize) -> i32 {
    i32::try_from(at).unwrap_or_default()
}

/// Places on a grid for `n` things in a ring: the first half from left to right, the rest below
/// from right to left.
pub(crate) fn ring(n: usize) -> Vec<(i32, i32)> {
    let top = n.div_ceil(2);
    let spot = |at: usize| match at < top {
        true => (place(2 * at), 0),
        // An odd number leaves a gap below, so that the lower row stands between the upper ones.
        false => (place(2 * (n - 1 - at) + n % 2), 2),
    };
    (0..n).map(spot).collect()
}

#[cfg(test)]
mod tests {
    use super::{count, list, ring};

    #[test]
    fn lists_and_counts_read_as_one_would_say_them() {
        let names = ["A", "B", "C"].map(ToOwned::to_owned);
        let said = |n: usize| list(&names[..n]);
        assert_eq!([said(0), said(1), said(2), said(3)], ["nothing", "A", "A and B", "A, B and C"]);
        assert_eq!([count(1, "ticks"), count(2, "ticks")], ["1 tick", "2 ticks"]);
        assert_eq!([count(1, "processes"), count(0, "processes")], ["1 process", "0 processes"]);
    }

    #[test]
    fn no_two_things_of_a_ring_share_a_place() {
        for n in 1..20 {
            let mut places = ring(n);
            places.sort_unstable();
            places.dedup();
            assert_eq!(places.len(), n);
        }
    }
}
