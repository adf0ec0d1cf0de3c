//! Sorting that stays small.
//!
//! The library's stable sort is several kilobytes of program for every type it is used with, and
//! the engines sort short lists only: this one costs a few hundred bytes.

/// Sorts by a key, stably: equal keys keep their order. A list of n takes at most n² moves, and
/// n of them if it is sorted already.
pub(crate) fn by_key<T, K: Ord>(items: &mut [T], mut key: impl FnMut(&T) -> K) {
    for end in 1..items.len() {
        let mut at = end;
        while 0 < at && key(&items[at]) < key(&items[at - 1]) {
            items.swap(at, at - 1);
            at -= 1;
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
