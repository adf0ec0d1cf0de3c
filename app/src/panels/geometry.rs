//! Numbers behind the pictures: scales, steps of axes, widths of text.

/// Width of one letter of a label of [`FONT_PX`], as a share of the font size, by kind of letter.
const NARROW: f64 = 0.34;
const DIGIT: f64 = 0.63;
const LOWER: f64 = 0.60;
const UPPER: f64 = 0.74;
const WIDE: f64 = 1.0;

/// Size of labels in SVG, in pixels. The same as in figure.css.
pub(super) const FONT_PX: f64 = 12.5;

/// Width that `text` takes at most in a usual sans-serif face, in pixels.
pub(super) fn text_px(text: &str, font_px: f64) -> f64 {
    let wide = |letter: char| match letter {
        ' ' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | 'i' | 'l' | 'j' | '(' | ')' => NARROW,
        '0'..='9' => DIGIT,
        'm' | 'w' | 'M' | 'W' => 0.95,
        'A'..='Z' => UPPER,
        letter if letter.is_ascii() => LOWER,
        _ => WIDE,
    };
    text.chars().map(wide).sum::<f64>() * font_px
}

/// `part` of `whole` as an SVG length, such as `31.25%`. A whole of 0 counts as 1.
pub(super) fn percent(part: u64, whole: u64) -> String {
    let whole = u128::from(whole.max(1));
    let scaled = (u128::from(part) * 1_000_000 + whole / 2) / whole;
    let (units, rest) = (scaled / 10_000, scaled % 10_000);
    if rest == 0 {
        return format!("{units}%");
    }
    let text = format!("{units}.{rest:04}");
    format!("{}%", text.trim_end_matches('0'))
}

/// A coordinate as short text.
pub(super) fn px(value: f64) -> String {
    sim::scene::number(value, 1)
}

/// The smallest of 1, 2, 5, 10, 20, 50, … that is at least `least`.
pub(super) fn whole_step(least: f64) -> u64 {
    let mut step: u64 = 1;
    for factor in [2.0, 2.5, 2.0].into_iter().cycle() {
        if least <= step as f64 || u64::MAX / 4 < step {
            break;
        }
        step = (step as f64 * factor) as u64;
    }
    step
}

/// Marks of an axis from `low` to `high`: about `n` of them, at multiples of 1, 2 or 5 times a
/// power of ten. The first is at or below `low`, the last at or above `high`.
pub(super) fn ticks(low: f64, high: f64, n: u32) -> Vec<f64> {
    let span = high - low;
    if !span.is_finite() || span <= 0.0 || n == 0 {
        return vec![low];
    }
    let step = nice_step(span / f64::from(n));
    let first = (low / step).floor() as i64;
    let last = (high / step - 1e-9).ceil() as i64;
    (first..=last).map(|at| at as f64 * step).collect()
}

/// The smallest 1, 2 or 5 times a power of ten that is at least `least`, which is above 0.
fn nice_step(least: f64) -> f64 {
    let mut power: f64 = 1.0;
    while power < least {
        power *= 10.0;
    }
    while least <= power / 10.0 && 1e-12 < power {
        power /= 10.0;
    }
    let fits = [0.2, 0.5].into_iter().map(|share| share * power).find(|step| least <= *step);
    fits.unwrap_or(power)
}

/// Digits after the point that marks at multiples of `step` need.
pub(super) fn decimals(step: f64) -> usize {
    let mut n = 0;
    let mut scaled = step;
    while n < 6 && 1e-9 < (scaled - scaled.round()).abs() {
        scaled *= 10.0;
        n += 1;
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_are_short_and_exact() {
        assert_eq!(percent(0, 22), "0%");
        assert_eq!(percent(5, 16), "31.25%");
        assert_eq!(percent(1, 3), "33.3333%");
        assert_eq!(percent(7, 0), "700%");
        assert_eq!(percent(u64::MAX, u64::MAX), "100%");
    }

    #[test]
    fn whole_steps_are_one_two_five() {
        let steps: Vec<u64> = [0.1, 1.0, 1.5, 2.1, 5.1, 11.0, 20.5, 50.0, 501.0]
            .into_iter()
            .map(whole_step)
            .collect();
        assert_eq!(steps, [1, 1, 2, 5, 10, 20, 50, 50, 1000]);
    }

    #[test]
    fn ticks_cover_the_range_in_round_steps() {
        assert_eq!(ticks(0.0, 22.0, 5), [0.0, 5.0, 10.0, 15.0, 20.0, 25.0]);
        assert_eq!(ticks(0.0, 1.0, 4), [0.0, 0.5, 1.0]);
        assert_eq!(ticks(-3.0, 7.0, 5), [-4.0, -2.0, 0.0, 2.0, 4.0, 6.0, 8.0]);
        assert_eq!(ticks(2.0, 2.0, 5), [2.0]);
        assert_eq!(ticks(0.0, f64::NAN, 5).len(), 1);
    }

    #[test]
    fn decimals_follow_the_step() {
        assert_eq!(decimals(5.0), 0);
        assert_eq!(decimals(0.5), 1);
        assert_eq!(decimals(0.02), 2);
    }

    #[test]
    fn longer_text_is_wider() {
        assert!(text_px("P1", FONT_PX) < text_px("P10", FONT_PX));
        assert!(text_px("ill", FONT_PX) < text_px("WWW", FONT_PX));
        assert!(14.0 < text_px("P1", FONT_PX) && text_px("P1", FONT_PX) < 22.0);
    }
}
