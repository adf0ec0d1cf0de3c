//! The state of a figure in a link: one text form, both directions.
//!
//! `v=1&s=convoy&quantum_ticks=4&jobs=P1:0:7,P2:2:4&step=12`: readable keys, version first, what
//! equals the named scenario left out. Unknown keys are ignored with a notice, never a failure.

use serde_json::{Map, Value};
use sim::{Field, Kind};

/// Version of the text form.
const VERSION: &str = "1";

/// Longest link text that is written or read, in bytes; browsers and chat programs cut longer ones.
pub const LINK_BYTES_MAX: usize = 8_000;

/// What a link says about a figure.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Place {
    /// Named scenario to start from; `None` for the figure's own.
    pub scenario: Option<String>,
    /// Fields that differ from it.
    pub changed: Map<String, Value>,
    /// Step that is shown, from 1 as on screen; `None` for the opening step.
    pub step: Option<usize>,
    /// Panel that is open under the figure, by its slug.
    pub tab: Option<String>,
    /// Engines compared with this one, by id.
    pub compare: Vec<String>,
    /// Fields in which a future that was kept differs from what is shown; `None` if none was kept.
    pub kept: Option<Map<String, Value>>,
}

impl Place {
    /// This place with everything that `over` says laid over it.
    #[must_use]
    pub fn under(mut self, over: Self) -> Self {
        self.changed.extend(over.changed);
        Self {
            scenario: over.scenario.or(self.scenario),
            changed: self.changed,
            step: over.step.or(self.step),
            tab: over.tab.or(self.tab),
            compare: if over.compare.is_empty() { self.compare } else { over.compare },
            kept: over.kept.or(self.kept),
        }
    }
}

/// Keys with a meaning of their own; no form uses them (a test sees to it).
pub const RESERVED: &[&str] = &["v", "s", "step", "tab", "with", "kept"];

/// A row in which every cell has its default.
const DEFAULT_ROW: &str = "~";

/// Options of an embedded figure: they are in the query and are no state.
pub const OPTIONS: &[&str] = &[
    "theme", "controls", "autoplay", "loop", "speed", "start", "end", "markers", "lang", "title",
    "storage", "quiz",
];

/// Writes a place as the text after `#`.
#[must_use]
pub fn format(form: &[Field], place: &Place) -> String {
    let mut parts = vec![format!("v={VERSION}")];
    if let Some(name) = &place.scenario {
        parts.push(format!("s={}", encode(name)));
    }
    parts.extend(write_fields(form, &place.changed));
    if let Some(kept) = &place.kept {
        // One part of the link, with its own `&` and `=` inside.
        parts.push(format!("kept={}", encode(&write_fields(form, kept).join("&"))));
    }
    if !place.compare.is_empty() {
        let ids: Vec<String> = place.compare.iter().map(|id| encode(id)).collect();
        parts.push(format!("with={}", ids.join(",")));
    }
    if let Some(tab) = &place.tab {
        parts.push(format!("tab={}", encode(tab)));
    }
    if let Some(step) = place.step {
        parts.push(format!("step={step}"));
    }
    parts.join("&")
}

/// `key=value` for each field that is set.
fn write_fields(form: &[Field], fields: &Map<String, Value>) -> Vec<String> {
    let part = |field: &Field| {
        Some(format!("{}={}", field.key, write_value(field, fields.get(field.key)?)))
    };
    form.iter().filter_map(part).collect()
}

/// Reads the text after `#` or `?`. What cannot be read is told and left out.
#[must_use]
pub fn parse(form: &[Field], text: &str) -> (Place, Vec<String>) {
    let mut place = Place::default();
    let mut notices = Vec::new();
    if LINK_BYTES_MAX < text.len() {
        notices.push(format!("The link is longer than {LINK_BYTES_MAX} bytes and was not read"));
        return (place, notices);
    }
    // WordPress appends its own secret to the fragment of a frame.
    let text = text.split_once("?secret=").map_or(text, |(state, _)| state);
    let text = text.trim_matches(['#', '?']);
    for part in text.split('&').filter(|it| !it.is_empty()) {
        let (key, raw) = part.split_once('=').unwrap_or((part, ""));
        if let Err(notice) = read_part(form, &mut place, key.trim_start_matches('?'), raw) {
            notices.push(notice);
        }
    }
    (place, notices)
}

fn read_part(form: &[Field], place: &mut Place, key: &str, raw: &str) -> Result<(), String> {
    match key {
        "v" if raw == VERSION => {}
        "v" => {
            return Err(format!(
                "The link is of version {}; this page reads version 1",
                shown(raw)
            ));
        }
        "s" => place.scenario = Some(decode(raw)),
        "step" => match crate::options::step(raw) {
            Some(step) => place.step = Some(step),
            None => return Err(format!("step={} in the link is not a number", shown(raw))),
        },
        "tab" => place.tab = Some(decode(raw)),
        "with" => place.compare = raw.split(',').filter(|it| !it.is_empty()).map(decode).collect(),
        "kept" => {
            let mut kept = Map::new();
            for part in decode(raw).split('&').filter(|it| !it.is_empty()) {
                let (key, raw) = part.split_once('=').unwrap_or((part, ""));
                read_field(form, &mut kept, key, raw)?;
            }
            place.kept = Some(kept);
        }
        "secret" => {}
        _ if OPTIONS.contains(&key) => {}
        _ => read_field(form, &mut place.changed, key, raw)?,
    }
    Ok(())
}

fn read_field(
    form: &[Field],
    fields: &mut Map<String, Value>,
    key: &str,
    raw: &str,
) -> Result<(), String> {
    let field = form
        .iter()
        .find(|field| field.key == key)
        .ok_or_else(|| format!("The link sets {}, which this figure does not have", shown(key)))?;
    fields.insert(key.to_owned(), read_value(field, raw)?);
    Ok(())
}

/// The fields of `scenario` that differ from `base`; both as checked by the form.
#[must_use]
pub fn changes(form: &[Field], base: &Value, scenario: &Value) -> Map<String, Value> {
    let differs = |field: &&Field| scenario.get(field.key) != base.get(field.key);
    let pair = |field: &Field| Some((field.key.to_owned(), scenario.get(field.key)?.clone()));
    form.iter().filter(differs).filter_map(pair).collect()
}

/// `base` with some fields replaced.
#[must_use]
pub fn apply(base: &Value, changed: &Map<String, Value>) -> Value {
    let mut scenario = base.clone();
    if let Value::Object(fields) = &mut scenario {
        for (key, value) in changed {
            fields.insert(key.clone(), value.clone());
        }
    }
    scenario
}

/// One value as link text.
fn write_value(field: &Field, value: &Value) -> String {
    match (field.kind, value) {
        (Kind::Rows { columns, .. }, Value::Array(rows)) => {
            let rows: Vec<String> =
                rows.iter().enumerate().map(|(n, row)| write_row(columns, row, n)).collect();
            rows.join(",")
        }
        (Kind::Ints { .. }, Value::Array(items)) => {
            let items: Vec<String> = items.iter().map(Value::to_string).collect();
            items.join(".")
        }
        (Kind::Flag, Value::Bool(yes)) => if *yes { "1" } else { "0" }.to_owned(),
        (_, Value::Null) => String::new(),
        (_, Value::String(text)) => encode(text),
        (_, other) => encode(&other.to_string()),
    }
}

/// A row's cells in the order of the columns; what equals the default is empty.
fn write_row(columns: &[Field], row: &Value, n: usize) -> String {
    let cell = |column: &Field| {
        let value = row.get(column.key).unwrap_or(&Value::Null);
        let named = matches!(column.kind, Kind::Name { .. });
        if !named && column.preset_value(n).as_ref() == Some(value) {
            return String::new();
        }
        write_value(column, value)
    };
    let cells: Vec<String> = columns.iter().map(cell).collect();
    match cells.join(":").trim_end_matches(':') {
        // An empty part would be lost between its commas.
        "" => DEFAULT_ROW.to_owned(),
        row => row.to_owned(),
    }
}

fn read_value(field: &Field, raw: &str) -> Result<Value, String> {
    let bad = |what: &str| format!("{}={} in the link is not {what}", field.key, shown(raw));
    match field.kind {
        Kind::Int { .. } if raw.is_empty() => Ok(Value::Null),
        Kind::Int { .. } => raw.parse::<i64>().map(Value::from).map_err(|_| bad("a whole number")),
        Kind::Flag => match raw {
            "1" | "true" => Ok(true.into()),
            "0" | "false" => Ok(false.into()),
            _ => Err(bad("0 or 1")),
        },
        Kind::Choice(_) | Kind::Text { .. } | Kind::Name { .. } | Kind::Code { .. } => {
            Ok(decode(raw).into())
        }
        Kind::Ints { .. } => {
            let items = raw.split('.').filter(|it| !it.is_empty());
            let items: Result<Vec<i64>, _> = items.map(str::parse).collect();
            items.map(Value::from).map_err(|_| bad("a list of whole numbers"))
        }
        Kind::Rows { columns, .. } => {
            let rows = raw.split(',').filter(|it| !it.is_empty());
            let rows: Result<Vec<Value>, String> = rows.map(|row| read_row(columns, row)).collect();
            Ok(Value::Array(rows?))
        }
    }
}

fn read_row(columns: &[Field], raw: &str) -> Result<Value, String> {
    let cells: Vec<&str> = if raw == DEFAULT_ROW { Vec::new() } else { raw.split(':').collect() };
    if columns.len() < cells.len() {
        return Err(format!("{} in the link has more than {} parts", shown(raw), columns.len()));
    }
    let mut row = Map::new();
    for (column, cell) in columns.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        row.insert(column.key.to_owned(), read_value(column, cell)?);
    }
    Ok(Value::Object(row))
}

/// What a link says, short enough for a notice.
#[must_use]
pub fn shown(raw: &str) -> String {
    let text = decode(raw);
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Percent-encodes all but letters, digits, `_`, `-` and `~`.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut out = String::new();
    for &byte in text.as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'~' => {
                out.push(char::from(byte));
            }
            b'/' => out.push('/'),
            _ => {
                out.push('%');
                for half in [byte >> 4, byte & 15] {
                    out.push(char::from(b"0123456789ABCDEF"[usize::from(half)]));
                }
            }
        }
    }
    out
}

/// Undoes [`encode`]; whatever is not a code stays as it is, and broken UTF-8 is replaced.
#[must_use]
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = bytes.get(at + 1..at + 3).and_then(|it| std::str::from_utf8(it).ok());
        match (byte, code.and_then(|it| u8::from_str_radix(it, 16).ok())) {
            (b'%', Some(code)) => {
                out.push(code);
                at += 3;
            }
            (b'+', _) => {
                out.push(b' ');
                at += 1;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Place, RESERVED, apply, changes, decode, encode, format, parse};
    use serde_json::{Value, json};
    use sim::{Field, Kind, Preset, check};

    const JOBS: &[Field] = &[
        Field::new("name", "Name", Kind::Name { max_chars: 8 }).or(Preset::Numbered("P")),
        Field::new("arrival", "Arrival", Kind::Int { min: 0, max: 99 }).or(Preset::Int(0)),
        Field::new(
            "bursts",
            "Bursts",
            Kind::Ints { min: -9, max: 9, len_min: 1, len_max: 5, single_key: "" },
        ),
        Field::new("nice", "Nice", Kind::Int { min: -20, max: 19 }).or(Preset::Int(0)),
        Field::new("wild", "Wild", Kind::Flag).or(Preset::Flag(false)),
    ];
    const FORM: &[Field] = &[
        Field::new("n", "N", Kind::Int { min: 1, max: 30 }).or(Preset::Int(2)),
        Field::new("cap", "Cap", Kind::Int { min: 1, max: 30 }).or(Preset::Unset),
        Field::new("mode", "Mode", Kind::Choice(&[("a", "A"), ("b", "B")])).or(Preset::Text("a")),
        Field::new("source", "Source", Kind::Code { max_chars: 90 }).or(Preset::Text("")),
        Field::new("jobs", "Jobs", Kind::Rows { columns: JOBS, len_min: 0, len_max: 9 })
            .or(Preset::Empty),
    ];

    fn place(scenario: &Value) -> Place {
        let base = check(FORM, &json!({})).unwrap();
        let checked = check(FORM, scenario).unwrap();
        Place { changed: changes(FORM, &base, &checked), ..Place::default() }
    }

    fn back(text: &str) -> Value {
        let (place, notices) = parse(FORM, text);
        assert!(notices.is_empty(), "{notices:?}");
        check(FORM, &apply(&check(FORM, &json!({})).unwrap(), &place.changed)).unwrap()
    }

    #[test]
    fn a_link_is_readable() {
        let mut it = place(&json!({"n": 4, "jobs": [
            {"bursts": [7]}, {"name": "B.", "arrival": 2, "bursts": [4, 1], "nice": -5}]}));
        it.scenario = Some("convoy".into());
        it.step = Some(12);
        it.compare = vec!["cpu/fcfs".into()];
        assert_eq!(
            format(FORM, &it),
            "v=1&s=convoy&n=4&jobs=P1::7,B%2E:2:4.1:-5&with=cpu/fcfs&step=12"
        );
        assert_eq!(parse(FORM, &format!("#{}", format(FORM, &it))).0.step, Some(12));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut rng = sim::Rng::new(5);
        let texts = ["", "a:b,c&d=e #%2", "thread a {\n  x = 1;\n}", "é~"];
        for _ in 0..500 {
            let jobs: Vec<Value> = (0..rng.below(4))
                .map(|_| {
                    let bursts: Vec<i64> =
                        (0..1 + rng.below(5)).map(|_| rng.below(19) as i64 - 9).collect();
                    json!({"arrival": rng.below(99), "bursts": bursts, "nice": rng.below(40) as i64 - 20,
                        "wild": rng.below(2) == 0})
                })
                .collect();
            let mode = if rng.below(2) == 0 { "a" } else { "b" };
            let mut scenario = json!({"n": 1 + rng.below(30), "mode": mode,
                "source": texts[rng.below(4) as usize], "jobs": jobs});
            if rng.below(2) == 0 {
                scenario["cap"] = json!(1 + rng.below(30));
            }
            let text = format(FORM, &place(&scenario));
            assert_eq!(back(&text), check(FORM, &scenario).unwrap(), "{text}");
        }
    }

    #[test]
    fn a_kept_future_is_one_part_of_the_link() {
        let mut it = place(&json!({"n": 4, "source": "a&b=c"}));
        it.kept = Some(
            place(&json!({"n": 7, "jobs": [{"bursts": [7, 1]}], "source": "x = 1 & 2"})).changed,
        );
        let text = format(FORM, &it);
        assert!(text.contains("&kept=n%3D7%26"), "{text}");
        let (back, notices) = parse(FORM, &text);
        assert!(notices.is_empty(), "{notices:?}");
        let scenario = |it: &Place| {
            let shown = apply(&check(FORM, &json!({})).unwrap(), &it.changed);
            (
                check(FORM, &shown).unwrap(),
                check(FORM, &apply(&shown, it.kept.as_ref().unwrap())).unwrap(),
            )
        };
        assert_eq!(scenario(&back), scenario(&it));
        assert_eq!(parse(FORM, "kept=").0.kept, Some(serde_json::Map::new()));
        assert!(parse(FORM, "kept=zzz%3D1").1[0].contains("zzz"));
    }

    #[test]
    fn what_cannot_be_read_is_told_and_loses_nothing_else() {
        let (place, notices) = parse(FORM, "v=1&n=x&zzz=1&mode=b&step=-&v=9");
        assert_eq!(place.changed.get("mode"), Some(&json!("b")));
        assert_eq!(notices.len(), 4, "{notices:?}");
        assert!(notices[1].contains("zzz"), "{notices:?}");
        assert!(parse(FORM, "v=1&jobs=a:1:2:3:1:9").1[0].contains("parts"));
        assert!(parse(FORM, "?secret=abc&theme=dark&controls=min").1.is_empty());
    }

    #[test]
    fn the_secret_of_a_host_is_cut_off() {
        let (place, notices) = parse(FORM, "v=1&n=3&step=4#?secret=abc123");
        assert_eq!(place.step, Some(4));
        assert!(notices.is_empty(), "{notices:?}");
    }

    #[test]
    fn the_fragment_is_laid_over_the_query() {
        let (query, _) = parse(FORM, "n=3&step=2");
        let (fragment, _) = parse(FORM, "step=99999999999999999999&mode=b");
        let both = query.under(fragment);
        assert_eq!(both.step, Some(usize::MAX));
        assert_eq!(both.changed.len(), 2);
    }

    #[test]
    fn random_text_never_panics() {
        let mut rng = sim::Rng::new(6);
        let bits = [
            "v=1", "&", "=", "jobs", "n", ":", ",", ".", "%", "%é", "%2", "9", "step", "é", "#",
            "kept=",
        ];
        for _ in 0..3_000 {
            let text: String = (0..rng.below(20)).map(|_| bits[rng.below(16) as usize]).collect();
            let (place, _) = parse(FORM, &text);
            let _ = format(FORM, &place);
        }
        assert!(!parse(FORM, &"a".repeat(9_000)).1.is_empty());
    }

    #[test]
    fn encoding_is_undone() {
        for text in ["", "a b", "100%", "é/ö", "a+b&c"] {
            assert_eq!(decode(&encode(text)), text);
        }
        assert_eq!(decode("%zz%4"), "%zz%4");
    }

    #[test]
    fn no_form_uses_a_reserved_key() {
        for entry in sim::engines() {
            for field in entry.form {
                let taken = RESERVED.contains(&field.key) || super::OPTIONS.contains(&field.key);
                assert!(!taken, "{}: {}", entry.meta.id, field.key);
            }
        }
    }
}
