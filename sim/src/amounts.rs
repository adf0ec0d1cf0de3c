//! Shares, and what stands beside numbers in sentences.

/// `is` for one, `are` for any other number.
pub(crate) const fn are(n: u64) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

/// A part of a whole; 0 of nothing.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A share as per cent, without digits after the point unless it is small.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    crate::scene::number(100.0 * share(part, whole), 1)
}

/// An index into a table of actors; tables are shorter than that.
pub(crate) fn actor(at: usize) -> u16 {
    u16::try_from(at).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{are, percent, share};

    #[test]
    fn shares_are_short_and_never_divide_by_nothing() {
        assert_eq!((are(1), are(0)), ("is", "are"));
        assert_eq!(percent(1, 3), "33.3");
        assert_eq!(percent(1, 2), "50");
        assert!(share(1, 0).abs() < 1e-12);
    }
}
