//! Numbers that engines compute: `{{cpu/round_robin benchmark waiting_ticks_mean .1}}`.

use crate::desk::Here;
use crate::runs::Runs;
use pulldown_cmark::{Event, Options, Parser, Tag};
use std::borrow::Cow;
use std::ops::Range;

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Format {
    /// Digits after the point, if they are fixed.
    digits: Option<usize>,
    /// As per cent of 1.
    percent: bool,
    /// Thousands divided by commas.
    grouped: bool,
}

/// Puts numbers for all references in Markdown, but not in code. The lines stay as they are.
pub(crate) fn in_markdown<'t>(
    here: &Here<'_>,
    line: u32,
    text: &'t str,
    options: Options,
) -> Cow<'t, str> {
    match text.contains("{{") {
        true => Cow::Owned(replaced(here, line, text, &code(text, options))),
        false => Cow::Borrowed(text),
    }
}

/// Puts numbers for all references in plain text.
pub(crate) fn in_plain(here: &Here<'_>, line: u32, text: &str) -> String {
    replaced(here, line, text, &[])
}

/// Where the code is.
fn code(text: &str, options: Options) -> Vec<Range<usize>> {
    let is_code =
        |event: &Event<'_>| matches!(event, Event::Code(_) | Event::Start(Tag::CodeBlock(_)));
    Parser::new_ext(text, options)
        .into_offset_iter()
        .filter(|(event, _)| is_code(event))
        .map(|(_, range)| range)
        .collect()
}

fn replaced(here: &Here<'_>, line: u32, text: &str, code: &[Range<usize>]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(open) = text[at..].find("{{").map(|it| at + it) {
        out.push_str(&text[at..open]);
        if let Some(range) = code.iter().find(|range| range.contains(&open)) {
            out.push_str(&text[open..range.end]);
            at = range.end;
            continue;
        }
        let inside = &text[open + 2..];
        let line = line + u32::try_from(text[..open].matches('\n').count()).unwrap_or(0);
        let end = inside.find("}}").filter(|end| !inside[..*end].contains('\n'));
        let Some(end) = end else {
            here.fault(line, "{{ without }} on the same line");
            out.push_str("{{");
            at = open + 2;
            continue;
        };
        match value(here.desk.runs, inside[..end].trim()) {
            Ok(number) => out.push_str(&number),
            Err(what) => here.fault(line, format!("{{{{{}}}}}: {what}", inside[..end].trim())),
        }
        at = open + 2 + end + 2;
    }
    out.push_str(&text[at..]);
    out
}

/// The number that a reference stands for, as text.
fn value(runs: &Runs, reference: &str) -> Result<String, String> {
    let words: Vec<&str> = reference.split_whitespace().collect();
    match words.as_slice() {
        ["%of", a @ .., "over", b_engine, b_scenario, b_metric] if a.len() == 3 => {
            let above = metric(runs, a[0], a[1], a[2])?;
            let below = metric(runs, b_engine, b_scenario, b_metric)?;
            let more = above / below - 1.0;
            match more.is_finite() {
                true => Ok(Format { percent: true, ..Format::default() }.write(more)),
                false => Err(format!("{above} over {below} has no value")),
            }
        }
        ["%of", ..] => {
            Err("expected %of ENGINE SCENARIO METRIC over ENGINE SCENARIO METRIC".into())
        }
        [engine, scenario, key] => {
            Ok(Format::default().write(metric(runs, engine, scenario, key)?))
        }
        [engine, scenario, key, format] => {
            Ok(Format::read(format)?.write(metric(runs, engine, scenario, key)?))
        }
        _ => Err("expected ENGINE SCENARIO METRIC".into()),
    }
}

/// A metric of the scenario that is spelled with its changes.
pub(crate) fn metric(runs: &Runs, engine: &str, scenario: &str, key: &str) -> Result<f64, String> {
    let picked = runs.pick(engine, scenario)?;
    runs.metric(engine, &picked.scenario, key)
}

impl Format {
    /// Reads `.1`, `%`, `.1%` or `,`.
    fn read(spelled: &str) -> Result<Self, String> {
        let wrong = || format!("format {spelled}: expected .1, %, .1% or a comma");
        if spelled == "," {
            return Ok(Self { grouped: true, ..Self::default() });
        }
        let (rest, percent) = match spelled.strip_suffix('%') {
            Some(rest) => (rest, true),
            None => (spelled, false),
        };
        let digits = match rest.strip_prefix('.') {
            Some(digits) => {
                let digits: usize = digits.parse().map_err(|_| wrong())?;
                Some(digits.min(9))
            }
            None if rest.is_empty() && percent => None,
            None => return Err(wrong()),
        };
        Ok(Self { digits, percent, grouped: false })
    }

    fn write(self, value: f64) -> String {
        let value = if self.percent { value * 100.0 } else { value };
        let text = match (self.digits, self.percent) {
            (Some(digits), _) => format!("{value:.digits$}"),
            (None, true) => sim::scene::number(value, 0),
            (None, false) => sim::scene::number(value, 2),
        };
        let text = if self.grouped { grouped(&text) } else { text };
        let text = text.replace('-', "\u{2212}");
        if self.percent { format!("{text}%") } else { text }
    }
}

/// The digits before the point in groups of three.
pub(crate) fn grouped(text: &str) -> String {
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let (sign, digits) = whole.split_at(usize::from(whole.starts_with('-')));
    let mut out = String::from(sign);
    for (n, digit) in digits.chars().enumerate() {
        if 0 < n && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn numbers_are_written_as_asked() {
        let written = |spelled: &str, value: f64| Format::read(spelled).unwrap().write(value);
        assert_eq!(Format::default().write(7.2), "7.2");
        assert_eq!(Format::default().write(-10.0 / 3.0), "\u{2212}3.33");
        assert_eq!(written(".1", 7.0), "7.0");
        assert_eq!(written("%", 0.6364), "64%");
        assert_eq!(written(".1%", 0.6364), "63.6%");
        assert_eq!(written(",", 1_234_567.5), "1,234,567.5");
        assert_eq!(written(",", -1000.0), "\u{2212}1,000");
        assert_eq!(written(",", 999.0), "999");
    }

    #[test]
    fn other_formats_are_refused() {
        for spelled in ["", ".", "1", "x", ".x%", ",,"] {
            assert!(Format::read(spelled).is_err(), "{spelled}");
        }
    }
}
