//! How long things take: a scale drawn from `latency.toml`, and the same as a table.

use crate::desk::Here;
use crate::escape::escape;
use crate::markdown;
use crate::scale;
use crate::tables::{LATENCY, is_sentence, is_slug};
use crate::targets;
use crate::toml_doc::{Doc, Row, Text};

/// One thing that takes time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Latency {
    pub(crate) id: String,
    /// Plain text.
    pub(crate) what: String,
    pub(crate) kind: usize,
    /// From the shortest to the longest that is usual; the same twice for one number.
    pub(crate) ns: (f64, f64),
    year: u32,
    /// Inline HTML.
    note: String,
    /// HTML of the link to its source, and of the one to its lesson.
    source: String,
    lesson: String,
}

/// What kinds there are: as the file spells it, as the reader reads it, and the class of its bars.
pub(crate) const KINDS: [(&str, &str, &str); 5] = [
    ("cpu", "Processor and memory", "a"),
    ("kernel", "Kernel and locks", "b"),
    ("storage", "Storage", "c"),
    ("network", "Network", "d"),
    ("work", "Work", "busy"),
];

/// The scale and its table, and what search finds of them.
pub(crate) fn html(here: Here<'_>, line: u32) -> (String, String) {
    let Some(text) = here.desk.files.text(LATENCY) else {
        here.fault(line, format!("there is no content/{LATENCY}"));
        return Default::default();
    };
    let there = Here { file: LATENCY, ..here };
    let doc = Doc { file: LATENCY, line: 1, text, sink: here.desk.sink };
    let rows = doc.read(|root| root.rows("rows").iter().map(|row| latency(there, row)).collect());
    let mut rows: Vec<Latency> = rows.unwrap_or_default();
    for n in 1..rows.len() {
        if rows[..n].iter().any(|it| it.id == rows[n].id) {
            there.fault(1, format!("id {} is there twice", rows[n].id));
        }
    }
    let is_one = |it: &&Latency| it.ns.0 <= 1.0 && 1.0 <= it.ns.1;
    let Some(one) = rows.iter().find(is_one).map(middle) else {
        there.fault(1, "expected a row of about 1 ns, which the others are compared with");
        return Default::default();
    };
    rows.sort_by(|a, b| middle(a).total_cmp(&middle(b)));
    let said: Vec<&str> = rows.iter().map(|it| it.what.as_str()).collect();
    let said = said.join(" ") + " ";
    (format!("{}{}", scale::draw(&rows), table(&rows, one)), said)
}

fn latency(here: Here<'_>, row: &Row<'_>) -> Latency {
    let id = row.text("id");
    if !is_slug(&id, '_') {
        row.fault("id", format!("id {id}: expected small letters, digits and _"));
    }
    let kind = row.text("kind");
    let known = KINDS.iter().position(|it| it.0 == kind);
    if known.is_none() {
        row.fault(
            "kind",
            format!("kind {kind}: expected one of cpu, kernel, storage, network, work"),
        );
    }
    let low = row.number("ns").unwrap_or_default();
    let high = row.number("to_ns").unwrap_or(low);
    if !(0.1..=1e10).contains(&low) || !(low..=1e10).contains(&high) {
        row.fault("ns", "ns: expected 0.1 to 10,000,000,000, and to_ns not below it");
    }
    let year = row.count("year").unwrap_or_default();
    if !(1990..=2100).contains(&year) {
        row.fault("year", "year: expected the year the number is from");
    }
    let note = row.markdown("note");
    let note = Text { text: note.text.trim().to_owned(), line: note.line };
    if !is_sentence(&note.text) {
        row.fault("note", "note: expected a sentence");
    }
    let out = Latency {
        id,
        what: row.text("what"),
        kind: known.unwrap_or_default(),
        ns: (low.clamp(0.1, 1e10), high.clamp(0.1, 1e10)),
        year,
        note: markdown::line(here, &note),
        source: targets::to_source(here, row, "source"),
        lesson: match row.has("lesson") {
            true => targets::to_lesson(here, row, "lesson"),
            false => String::new(),
        },
    };
    row.done();
    out
}

/// The middle on a scale of powers: the geometric mean.
fn middle(row: &Latency) -> f64 {
    (row.ns.0 * row.ns.1).sqrt()
}

fn table(rows: &[Latency], one: f64) -> String {
    let mut out = String::from(
        "<div class=\"table-wrap latency-table\" tabindex=\"0\" role=\"region\" aria-label=\"The same as a table\">\
         <table>\n<thead><tr><th scope=\"col\">What</th><th scope=\"col\" class=\"num\">Time</th>\
         <th scope=\"col\" class=\"num\">Relative</th><th scope=\"col\" class=\"num\">If 1 ns were 1 s</th>\
         <th scope=\"col\">Remark</th><th scope=\"col\">From</th></tr></thead>\n<tbody>\n",
    );
    for row in rows {
        let pair = |one: &dyn Fn(f64) -> String| range(&one(row.ns.0), &one(row.ns.1));
        let more = if row.lesson.is_empty() { String::new() } else { format!(" {}", row.lesson) };
        out.push_str(&format!(
            "<tr id=\"{}\"><th scope=\"row\">{}</th><td class=\"num\">{}</td><td class=\"num\">{}</td>\
             <td class=\"num\">{}</td><td>{}{more}</td><td>{}, {}</td></tr>\n",
            row.id.replace('_', "-"),
            escape(&row.what),
            pair(&time),
            times(row.ns.0 / one, row.ns.1 / one),
            pair(&as_seconds),
            row.note,
            row.source,
            row.year,
        ));
    }
    out.push_str("</tbody></table></div>\n");
    out
}

/// `a`, or `a to b` with a unit that both share written once.
pub(crate) fn range(low: &str, high: &str) -> String {
    if low == high {
        return low.to_owned();
    }
    match (low.rsplit_once(' '), high.rsplit_once(' ')) {
        (Some((number, unit)), Some((_, other))) if unit == other => {
            format!("{number}\u{2013}{high}")
        }
        _ => format!("{low}\u{2013}{high}"),
    }
}

/// A time in the unit that fits it: `100 ns`, `1.5 µs`.
pub(crate) fn time(ns: f64) -> String {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")];
    let (size, unit) = units.into_iter().find(|(size, _)| *size <= ns).unwrap_or((1.0, "ns"));
    format!("{} {unit}", sim::scene::number(ns / size, if ns < 1.0 { 2 } else { 1 }))
}

/// The same number of seconds instead of nanoseconds, in words a person has a feeling for.
fn as_seconds(ns: f64) -> String {
    const YEAR: f64 = 365.25 * 86_400.0;
    let units =
        [(YEAR, "year"), (86_400.0, "day"), (3_600.0, "hour"), (60.0, "minute"), (1.0, "second")];
    let (size, unit) = units.into_iter().find(|it| it.0 <= ns).unwrap_or((1.0, "second"));
    let number = rounded(ns / size);
    let s = if number == "1" { "" } else { "s" };
    format!("{number} {unit}{s}")
}

/// How many times the first: `1×`, `3–10×`.
fn times(low: f64, high: f64) -> String {
    format!("{}\u{d7}", range(&rounded(low), &rounded(high)))
}

/// Two digits that count, with commas.
fn rounded(value: f64) -> String {
    if value < 9.95 {
        return sim::scene::number(value, 1);
    }
    let mut unit: f64 = 1.0;
    while unit * 100.0 <= value {
        unit *= 10.0;
    }
    crate::refs::grouped(&sim::scene::number((value / unit).round() * unit, 0))
}

#[cfg(test)]
mod tests {
    use super::{as_seconds, range, time, times};

    #[test]
    fn a_time_has_the_unit_that_fits() {
        assert_eq!(time(0.25), "0.25 ns");
        assert_eq!(time(100.0), "100 ns");
        assert_eq!(time(1500.0), "1.5 µs");
        assert_eq!(time(150_000_000.0), "150 ms");
        assert_eq!(time(1e9), "1 s");
    }

    #[test]
    fn nanoseconds_become_seconds() {
        assert_eq!(as_seconds(1.0), "1 second");
        assert_eq!(as_seconds(100.0), "1.7 minutes");
        assert_eq!(as_seconds(1e6), "12 days");
        assert_eq!(as_seconds(1e7), "120 days");
        assert_eq!(as_seconds(1.5e8), "4.8 years");
    }

    #[test]
    fn a_ratio_has_two_digits_that_count() {
        assert_eq!(times(1.0, 1.0), "1\u{d7}");
        assert_eq!(times(17.4, 17.4), "17\u{d7}");
        assert_eq!(times(3.0, 123_456.0), "3\u{2013}120,000\u{d7}");
    }

    #[test]
    fn a_range_says_its_unit_once() {
        assert_eq!(range("1 ns", "1 ns"), "1 ns");
        assert_eq!(range("1 ns", "4 ns"), "1\u{2013}4 ns");
        assert_eq!(range("900 ns", "5 µs"), "900 ns\u{2013}5 µs");
        assert_eq!(range("1 second", "2 seconds"), "1 second\u{2013}2 seconds");
    }
}
