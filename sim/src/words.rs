//! Numbers and lists in words.

use crate::scene::number;

/// What one of a unit is called; units are given in the plural: `tick` for `ticks`, `request/s` for
/// `requests/s`. What has no plural, such as `ms`, stays as it is.
fn singular(units: &str) -> String {
    let end = units.find(|it: char| !it.is_alphanumeric()).unwrap_or(units.len());
    let (many, rest) = units.split_at(end);
    let cut = |n: usize, add: &str| format!("{}{add}", &many[..many.len() - n]);
    let one = match many {
        _ if many.chars().count() < 3 || !many.ends_with('s') => many.to_owned(),
        _ if many.ends_with("ies") => cut(3, "y"),
        _ if ["sses", "tches", "nches", "shes", "xes"].iter().any(|it| many.ends_with(it)) => {
            cut(2, "")
        }
        _ => cut(1, ""),
    };
    one + rest
}

/// A unit, given in the plural, as it stands behind a value: `tick` behind `1`, `ticks` behind any
/// other.
#[must_use]
pub fn unit(value: &str, units: &str) -> String {
    if value == "1" { singular(units) } else { units.to_owned() }
}

/// A value and its unit, given in the plural: `1 tick`, `2.5 ticks`, and the value alone without one.
#[must_use]
pub fn quantity(value: &str, units: &str) -> String {
    if units.is_empty() { value.to_owned() } else { format!("{value} {}", unit(value, units)) }
}

/// `1 tick`, `2 ticks`: a number and its unit, given in the plural.
pub(crate) fn count(n: u64, units: &str) -> String {
    quantity(&n.to_string(), units)
}

/// `1 page`, `262,144 pages`: a large number and its unit, given in the plural.
pub(crate) fn grouped_count(n: u64, units: &str) -> String {
    quantity(&grouped(n), units)
}

/// A number with a comma before each group of three digits: `262,144`.
pub(crate) fn grouped(n: u64) -> String {
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
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [&str; 7] = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut unit = 0;
    while unit + 1 < UNITS.len() && n >> (10 * (unit + 1)) != 0 {
        unit += 1;
    }
    match unit {
        0 => grouped_count(n, "bytes"),
        _ => {
            let value = n as f64 / (1_u64 << (10 * unit)) as f64;
            // 1,023.999 MiB must not be said as 1,024 MiB.
            let digits = if value.fract() == 0.0 { 0 } else { 3 };
            format!("{} {}", number(value, digits), UNITS[unit])
        }
    }
}

/// `A`, `A and B`, `A, B and C`, with another word for `and` where that is said.
pub(crate) fn join<T: AsRef<str>>(names: &[T], and: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [start @ .., last] => {
            let start: Vec<&str> = start.iter().map(AsRef::as_ref).collect();
            format!("{} {and} {}", start.join(", "), last.as_ref())
        }
    }
}

/// `A`, `A and B`, `A, B and C`.
pub(crate) fn list<T: AsRef<str>>(names: &[T]) -> String {
    join(names, "and")
}

#[cfg(test)]
mod tests {
    use super::{bytes, count, grouped, grouped_count, join, list, quantity, unit};

    #[test]
    fn lists_read_like_english() {
        assert_eq!(list::<&str>(&[]), "");
        assert_eq!(list(&["A"]), "A");
        assert_eq!(list(&["A", "B", "C"]), "A, B and C");
        assert_eq!(join(&["A", "B"], "or"), "A or B");
    }

    #[test]
    fn one_of_a_thing_is_said_in_the_singular() {
        let units = [
            ("ticks", "tick"),
            ("entries", "entry"),
            ("processes", "process"),
            ("misses", "miss"),
            ("switches", "switch"),
            ("branches", "branch"),
            ("caches", "cache"),
            ("uses", "use"),
            ("bytes", "byte"),
            ("CPUs", "CPU"),
            ("requests/s", "request/s"),
            ("ticks per CPU of the domain", "tick per CPU of the domain"),
            ("ns", "ns"),
            ("ms", "ms"),
            ("µs", "µs"),
            ("KiB", "KiB"),
            ("%", "%"),
        ];
        for (many, one) in units {
            assert_eq!(unit("1", many), one);
            assert_eq!(unit("0", many), many);
            assert_eq!(unit("1.5", many), many);
        }
        assert_eq!(quantity("0.59", ""), "0.59");
        assert_eq!([count(1, "ticks"), count(2, "ticks")], ["1 tick", "2 ticks"]);
    }

    #[test]
    fn counts_and_sizes_read_like_english() {
        assert_eq!(grouped_count(1, "entries"), "1 entry");
        assert_eq!(grouped_count(262_144, "pages"), "262,144 pages");
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
