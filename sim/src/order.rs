//! Sorting that stays small.
//!
//! The library's stable sort is several kilobytes of program for every type it is used with, and
//! the engines sort short lists only: this one costs a few hundred bytes.

/// Sorts by a key, stably: equal keys keep their order. A list of n asks for about n log n keys,
/// n if it is sorted already, and moves each item past those that it overtakes.
pub fn by_key<T, K: Ord>(items: &mut [T], mut key: impl FnMut(&T) -> K) {
    for end in 1..items.len() {
        let own = key(&items[end]);
        if key(&items[end - 1]) <= own {
            continue;
        }
        let place = items[..end].partition_point(|it| key(it) <= own);
        for at in (place..end).rev() {
            items.swap(at, at + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::by_key;

    #[test]
    fn it_sorts_as_the_library_does() {
        let mut rng = crate::Rng::new(3);
        for n in 0..60 {
            let mut ours: Vec<(u64, u64)> = (0..n).map(|at| (rng.below(9), at)).collect();
            let mut theirs = ours.clone();
            by_key(&mut ours, |it| it.0);
            theirs.sort_by_key(|it| it.0);
            assert_eq!(ours, theirs);
        }
    }
}
