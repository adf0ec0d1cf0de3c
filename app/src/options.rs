//! Options of an embedded figure, from the query of its address.

use crate::link::decode;

/// What a host asks of a frame. What it does not ask is as on a page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Options {
    /// `light` or `dark`; `None` follows the system.
    pub theme: Option<String>,
    /// `full`, `min` or `none`.
    pub controls: Option<String>,
    /// Whether it starts to play, unless the reader wants less motion.
    pub autoplay: bool,
    /// Whether playing starts again at the end.
    pub looping: bool,
    /// Steps a second.
    pub speed: Option<f64>,
    /// Step to open on, from 1.
    pub start: Option<usize>,
    /// Whether title and sentence are left out.
    pub untitled: bool,
}

impl Options {
    /// Reads a query; what it cannot read it leaves as it is on a page.
    #[must_use]
    pub fn read(query: &str) -> Self {
        let mut options = Self::default();
        for part in query.trim_start_matches(['?', '#']).split('&') {
            let (key, raw) = part.split_once('=').unwrap_or((part, "1"));
            let value = decode(raw);
            match key {
                "theme" if value == "light" || value == "dark" => options.theme = Some(value),
                "controls" if ["full", "min", "none"].contains(&value.as_str()) => {
                    options.controls = Some(value);
                }
                "autoplay" => options.autoplay = value == "1",
                "loop" => options.looping = value == "1",
                "speed" => options.speed = decimal(&value),
                "start" => options.start = step(&value),
                "title" => options.untitled = value == "0",
                _ => {}
            }
        }
        options
    }
}

/// A number such as `2` or `0.25`. The standard library reads every other form too, with tables that weigh more than a figure.
fn decimal(text: &str) -> Option<f64> {
    const DIGITS_MAX: usize = 6;
    let digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit()) && it.len() <= DIGITS_MAX;
    let number = |it: &str| if it.is_empty() { Some(0) } else { it.parse::<u32>().ok() };
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let fits = digits(whole) && digits(part) && whole.len() + part.len() > 0;
    let scale = 10_u32.pow(u32::try_from(part.len()).ok().filter(|_| fits)?);
    Some(f64::from(number(whole)?) + f64::from(number(part)?) / f64::from(scale))
}

/// A step, from 1; one that is past every run stands for the last.
#[must_use]
pub fn step(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Options, decimal};

    #[test]
    fn numbers_with_a_point_are_read() {
        for text in ["2", "0.25", "10.5", ".5", "3.", "007"] {
            assert_eq!(decimal(text), text.parse().ok(), "{text}");
        }
        for text in ["", ".", "-1", "1e3", "1.2.3", "NaN", "1234567"] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    #[test]
    fn known_options_are_read_and_the_rest_is_left_alone() {
        let read =
            Options::read("?theme=dark&controls=min&autoplay=1&loop=1&speed=2&start=4&title=0&q=2");
        assert_eq!(
            read,
            Options {
                theme: Some("dark".into()),
                controls: Some("min".into()),
                autoplay: true,
                looping: true,
                speed: Some(2.0),
                start: Some(4),
                untitled: true,
            }
        );
        assert_eq!(Options::read("theme=pink&controls=&speed=x&autoplay=yes"), Options::default());
    }
}
