//! Small words for narration: counts and sizes.

use crate::scene::number;
use crate::words::quantity;

/// `1 page`, `2 pages`: a number and its unit, given in the plural.
pub(super) fn count(n: u64, units: &str) -> String {
    quantity(&grouped(n), units)
}

/// A number with a comma before each group of three digits: `262,144`.
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at != 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A size in the largest unit that leaves a number of one or more: `4 KiB`, `1.5 MiB`.
pub(super) fn bytes(n: u64) -> String {
    const UNITS: [&str; 7] = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut unit = 0;
    while unit + 1 < UNITS.len() && n >> (10 * (unit + 1)) != 0 {
        unit += 1;
    }
    match unit {
        0 => count(n, "bytes"),
        _ => {
            let value = n as f64 / (1_u64 << (10 * unit)) as f64;
            // 1,023.999 MiB must not be said as 1,024 MiB.
            let digits = if value.fract() == 0.0 { 0 } else { 3 };
            format!("{} {}", number(value, digits), UNITS[unit])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, count, grouped};

    #[test]
    fn counts_and_sizes_read_like_english() {
        assert_eq!(count(1, "pages"), "1 page");
        assert_eq!(count(1, "entries"), "1 entry");
        assert_eq!(count(262_144, "pages"), "262,144 pages");
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(123_456_789), "123,456,789");
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(1023), "1,023 bytes");
        assert_eq!(bytes(4096), "4 KiB");
        assert_eq!(bytes(4_198_400), "4.004 MiB");
        assert_eq!(bytes(1 << 47), "128 TiB");
        assert_eq!(bytes(u64::MAX), "16 EiB");
    }
}
