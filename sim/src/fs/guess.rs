//! Answers to choose from where a number is asked for.

use crate::words::grouped;

/// The right number among others, rising, and its place.
pub(super) fn numbers(right: u64, others: &[u64]) -> (Vec<String>, usize) {
    let mut all = vec![right];
    all.extend(others);
    crate::order::by_key(&mut all, |it| *it);
    all.dedup();
    let at = all.iter().position(|it| *it == right).unwrap_or_default();
    (all.into_iter().map(grouped).collect(), at)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_right_number_is_found_among_the_others() {
        let (options, at) = super::numbers(2_000, &[3, 2_000, 1]);
        assert_eq!((options, at), (["1", "3", "2,000"].map(str::to_owned).to_vec(), 2));
    }
}
