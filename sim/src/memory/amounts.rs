//! Amounts in words, and shares.

/// `1 byte`, `2 bytes`: a number and its unit, given in the plural.
pub(super) fn count(n: u64, units: &str) -> String {
    let unit = if n == 1 { units.strip_suffix('s').unwrap_or(units) } else { units };
    format!("{n} {unit}")
}

/// `is` for one, `are` for any other number.
pub(super) const fn are(n: u64) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

/// A part of a whole; 0 of nothing.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A share as per cent, without digits after the point unless it is small.
pub(super) fn percent(part: u64, whole: u64) -> String {
    crate::scene::number(100.0 * share(part, whole), 1)
}

/// An index into a table of actors; tables are shorter than that.
pub(super) fn actor(at: usize) -> u16 {
    u16::try_from(at).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{are, count, percent, share};

    #[test]
    fn amounts_read_like_english() {
        assert_eq!(count(1, "bytes"), "1 byte");
        assert_eq!(count(2, "bytes"), "2 bytes");
        assert_eq!((are(1), are(0)), ("is", "are"));
        assert_eq!(percent(1, 3), "33.3");
        assert_eq!(percent(1, 2), "50");
        assert!(share(1, 0).abs() < 1e-12);
    }
}
