//! Small words for narration.

/// `T1`, `T1 and T2`, `T1, T2 and T3`.
pub(super) fn list<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [start @ .., last] => {
            let start: Vec<&str> = start.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", start.join(", "), last.as_ref())
        }
    }
}

/// `1 tick`, `2 ticks`: a number and its unit, given in the plural.
pub(super) fn count(n: u64, units: &str) -> String {
    let unit = if n == 1 { units.strip_suffix('s').unwrap_or(units) } else { units };
    format!("{n} {unit}")
}

#[cfg(test)]
mod tests {
    use super::{count, list};

    #[test]
    fn lists_and_counts_read_like_english() {
        assert_eq!(list::<&str>(&[]), "");
        assert_eq!(list(&["A"]), "A");
        assert_eq!(list(&["A", "B", "C"]), "A, B and C");
        assert_eq!(count(1, "ticks"), "1 tick");
        assert_eq!(count(0, "ticks"), "0 ticks");
    }
}
