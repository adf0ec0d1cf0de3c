//! One table per engine: editor, limits, defaults and error text.

use crate::error::{Fault, Problem, ScenarioError};
use serde_json::{Map, Value};

/// One thing the reader may set.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Key in the scenario and in links.
    pub key: &'static str,
    /// Name on the form.
    pub label: &'static str,
    /// One sentence of help; may be empty.
    pub help: &'static str,
    /// Unit beside the input; may be empty.
    pub unit: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// What holds when it is left out.
    pub preset: Preset,
    /// Whether the engine takes the field only to fit in with its neighbours and does not use it:
    /// it is checked and filled in, and a form does not show it.
    pub hidden: bool,
    /// Whether it holds the work that the engine is given: engines that share such a field can be
    /// compared on it. A required table always counts as work.
    pub workload: bool,
    /// How a table may also be given: as one line of text.
    pub notation: Option<&'static Notation>,
}

/// A way to write the rows of a table as one line of text, as another tool takes it.
#[derive(Debug)]
pub struct Notation {
    /// What is understood, with examples.
    pub help: &'static str,
    /// A line that can be read.
    pub example: &'static str,
    /// Makes rows of it, which the form has still to check.
    pub read: fn(&str) -> Result<Value, Fault>,
}

/// What values a field takes.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A whole number, both bounds inclusive.
    Int {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
    },
    /// One of some words: the value, then its label.
    Choice(&'static [(&'static str, &'static str)]),
    /// Yes or no.
    Flag,
    /// One line of text.
    Text {
        /// Longest text, in characters.
        max_chars: u32,
    },
    /// A short name, unique among the rows of its table. Letters, digits, `_`, `-`, `.` and `'`.
    Name {
        /// Longest name, in characters.
        max_chars: u32,
    },
    /// A program or another text of several lines.
    Code {
        /// Longest text, in characters.
        max_chars: u32,
    },
    /// A list of whole numbers.
    Ints {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
        /// Fewest items.
        len_min: u32,
        /// Most items.
        len_max: u32,
        /// Key under which a single number is accepted as a list of one; empty for none.
        single_key: &'static str,
    },
    /// A table with one object a row.
    Rows {
        /// The columns; none of them is itself a table.
        columns: &'static [Field],
        /// Fewest rows.
        len_min: u32,
        /// Most rows.
        len_max: u32,
    },
}

/// What holds when a field is left out.
#[derive(Debug, Clone, Copy)]
pub enum Preset {
    /// It may not be left out.
    Required,
    /// It stays `null`, which the engine reads as "not set".
    Unset,
    /// This number.
    Int(i64),
    /// This word or text.
    Text(&'static str),
    /// This answer.
    Flag(bool),
    /// No items.
    Empty,
    /// These items.
    Ints(&'static [i64]),
    /// This letter and the number of the row, from 1: `P1`, `P2`, ….
    Numbered(&'static str),
}

impl Field {
    /// A required field without help or unit; the other parts are added by the methods below.
    #[must_use]
    pub const fn new(key: &'static str, label: &'static str, kind: Kind) -> Self {
        let (preset, hidden, workload) = (Preset::Required, false, false);
        Self { key, label, help: "", unit: "", kind, preset, hidden, workload, notation: None }
    }

    /// Adds a sentence of help.
    #[must_use]
    pub const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    /// Adds the unit.
    #[must_use]
    pub const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    /// Adds what holds when it is left out.
    #[must_use]
    pub const fn or(mut self, preset: Preset) -> Self {
        self.preset = preset;
        self
    }

    /// Hides it from editors, where `hidden` says so.
    #[must_use]
    pub const fn hide(mut self, hidden: bool) -> Self {
        self.hidden = hidden;
        self
    }

    /// Marks it as the work that the engine is given.
    #[must_use]
    pub const fn work(mut self) -> Self {
        self.workload = true;
        self
    }

    /// Adds a way to write the rows as one line.
    #[must_use]
    pub const fn typed(mut self, notation: &'static Notation) -> Self {
        self.notation = Some(notation);
        self
    }

    /// The value that holds when the field of row `row` (from 0) is left out; `None` if it may not be.
    #[must_use]
    pub fn preset_value(&self, row: usize) -> Option<Value> {
        Some(match self.preset {
            Preset::Required => return None,
            Preset::Unset => Value::Null,
            Preset::Int(it) => it.into(),
            Preset::Text(it) => it.into(),
            Preset::Flag(it) => it.into(),
            Preset::Empty => Value::Array(Vec::new()),
            Preset::Ints(it) => it.into(),
            Preset::Numbered(letter) => format!("{letter}{}", row + 1).into(),
        })
    }
}

/// Checks a scenario against its form and fills in what is left out.
///
/// # Errors
/// Every fault, each at its JSON pointer.
pub fn check(form: &[Field], scenario: &Value) -> Result<Value, ScenarioError> {
    let mut problems = Vec::new();
    let checked = object(form, scenario, "", 0, &mut problems);
    if problems.is_empty() { Ok(checked) } else { Err(ScenarioError(problems)) }
}

/// The scenario of an empty object, where the form allows it: every default.
#[must_use]
pub fn filled(form: &[Field]) -> Map<String, Value> {
    let given = |field: &Field| Some((field.key.to_owned(), field.preset_value(0)?));
    form.iter().filter_map(given).collect()
}

fn object(form: &[Field], value: &Value, at: &str, row: usize, out: &mut Vec<Problem>) -> Value {
    let Value::Object(given) = value else {
        fault(out, at, Fault::WrongKind("an object"));
        return Value::Null;
    };
    for key in given.keys() {
        if !form.iter().any(|field| field.key == key || single_key(field) == key) {
            fault(out, &pointer(at, key), Fault::Unknown);
        }
    }
    let mut checked = Map::new();
    for field in form {
        let place = pointer(at, field.key);
        let value = match pick(field, given, &place, out) {
            Some(Value::Null) | None => match field.preset_value(row) {
                Some(preset) => preset,
                None => {
                    fault(out, &place, Fault::Missing);
                    Value::Null
                }
            },
            Some(value) => one(field, &value, &place, out),
        };
        checked.insert(field.key.to_owned(), value);
    }
    Value::Object(checked)
}

/// The value given for a field, under its own key or its key for a single number.
fn pick(
    field: &Field,
    given: &Map<String, Value>,
    at: &str,
    out: &mut Vec<Problem>,
) -> Option<Value> {
    let whole = given.get(field.key).filter(|it| !it.is_null());
    let single = Some(single_key(field))
        .filter(|key| !key.is_empty())
        .and_then(|key| given.get(key))
        .filter(|it| !it.is_null());
    match (whole, single) {
        (Some(_), Some(_)) => {
            let why = format!("give {} or {}, not both", field.key, single_key(field));
            fault(out, at, Fault::Conflict(why));
            None
        }
        (None, Some(one)) => Some(Value::Array(vec![one.clone()])),
        (whole, None) => whole.cloned(),
    }
}

fn single_key(field: &Field) -> &'static str {
    match field.kind {
        Kind::Ints { single_key, .. } => single_key,
        Kind::Int { .. }
        | Kind::Choice(_)
        | Kind::Flag
        | Kind::Text { .. }
        | Kind::Name { .. }
        | Kind::Code { .. }
        | Kind::Rows { .. } => "",
    }
}

fn one(field: &Field, value: &Value, at: &str, out: &mut Vec<Problem>) -> Value {
    match field.kind {
        Kind::Int { min, max } => int(value, min, max, at, out),
        Kind::Choice(choices) => {
            if !choices.iter().any(|(word, _)| value.as_str() == Some(word)) {
                fault(out, at, Fault::NotOneOf(choices.iter().map(|(word, _)| *word).collect()));
            }
            value.clone()
        }
        Kind::Flag => {
            if !value.is_boolean() {
                fault(out, at, Fault::WrongKind("true or false"));
            }
            value.clone()
        }
        Kind::Text { max_chars } | Kind::Code { max_chars } => text(value, 0, max_chars, at, out),
        Kind::Name { max_chars } => name(value, max_chars, at, out),
        Kind::Ints { min, max, len_min, len_max, .. } => {
            let mut each = |value: &Value, at: &str, _: usize, out: &mut Vec<Problem>| {
                int(value, min, max, at, out)
            };
            list(value, (len_min, len_max), at, out, "a list of whole numbers", &mut each)
        }
        Kind::Rows { columns, len_min, len_max } => {
            let written = field.notation.zip(value.as_str());
            let written = written.map(|(notation, text)| (notation.read)(text));
            let value = match &written {
                None => value,
                Some(Ok(rows)) => rows,
                Some(Err(why)) => {
                    fault(out, at, why.clone());
                    return Value::Null;
                }
            };
            let mut each = |value: &Value, at: &str, row: usize, out: &mut Vec<Problem>| {
                object(columns, value, at, row, out)
            };
            let rows = list(value, (len_min, len_max), at, out, "a list of rows", &mut each);
            unique_names(columns, &rows, at, out);
            rows
        }
    }
}

fn int(value: &Value, min: i64, max: i64, at: &str, out: &mut Vec<Problem>) -> Value {
    let got = match (value.as_i64(), value.as_u64()) {
        (Some(got), _) => got,
        (None, Some(_)) => i64::MAX,
        (None, None) => {
            fault(out, at, Fault::WrongKind("a whole number"));
            return Value::Null;
        }
    };
    if got < min || max < got {
        fault(out, at, Fault::OutOfRange { got, min, max });
    }
    value.clone()
}

fn text(value: &Value, min_chars: u32, max_chars: u32, at: &str, out: &mut Vec<Problem>) -> Value {
    match value.as_str() {
        None => fault(out, at, Fault::WrongKind("a text")),
        Some(text) => {
            length(text.chars().count(), min_chars, max_chars, "characters", at, out);
        }
    }
    value.clone()
}

fn name(value: &Value, max_chars: u32, at: &str, out: &mut Vec<Problem>) -> Value {
    let fits = |it: char| it.is_alphanumeric() || "_-.'".contains(it);
    if value.as_str().is_some_and(|name| !name.chars().all(fits)) {
        fault(out, at, Fault::WrongKind("a name of letters, digits, _, -, . or '"));
    }
    text(value, 1, max_chars, at, out)
}

fn length(got: usize, min: u32, max: u32, what: &'static str, at: &str, out: &mut Vec<Problem>) {
    let got = i64::try_from(got).unwrap_or(i64::MAX);
    let (min, max) = (i64::from(min), i64::from(max));
    if got < min || max < got {
        fault(out, at, Fault::Length { got, min, max, what });
    }
}

/// Checks one item of a list: its value, its place, its number.
type Each<'a> = &'a mut dyn FnMut(&Value, &str, usize, &mut Vec<Problem>) -> Value;

fn list(
    value: &Value,
    (len_min, len_max): (u32, u32),
    at: &str,
    out: &mut Vec<Problem>,
    what: &'static str,
    each: Each<'_>,
) -> Value {
    let Value::Array(items) = value else {
        fault(out, at, Fault::WrongKind(what));
        return Value::Null;
    };
    let counted = if what == "a list of rows" { "rows" } else { "values" };
    length(items.len(), len_min, len_max, counted, at, out);
    // Past the limit the items are not read: a hostile list costs nothing.
    let kept = items.iter().take(usize::try_from(len_max).unwrap_or(usize::MAX));
    kept.enumerate().map(|(n, item)| each(item, &format!("{at}/{n}"), n, out)).collect()
}

/// Names must differ; the later one of a pair is at fault.
fn unique_names(columns: &[Field], rows: &Value, at: &str, out: &mut Vec<Problem>) {
    let Some(rows) = rows.as_array() else { return };
    for column in columns.iter().filter(|it| matches!(it.kind, Kind::Name { .. })) {
        let names: Vec<&str> =
            rows.iter().map(|row| row[column.key].as_str().unwrap_or_default()).collect();
        for (n, name) in names.iter().enumerate() {
            if !name.is_empty() && names[..n].contains(name) {
                let place = format!("{at}/{n}/{}", column.key);
                fault(out, &place, Fault::Duplicate((*name).to_owned()));
            }
        }
    }
}

fn pointer(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn fault(out: &mut Vec<Problem>, at: &str, fault: Fault) {
    // A scenario with more faults than this is not worth describing further.
    if out.len() < 100 {
        out.push(Problem { at: at.to_owned(), fault });
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, Kind, Preset, check};
    use serde_json::json;

    const ROWS: &[Field] = &[
        Field::new("name", "Name", Kind::Name { max_chars: 4 }).or(Preset::Numbered("P")),
        Field::new(
            "bursts",
            "Bursts",
            Kind::Ints { min: 1, max: 9, len_min: 1, len_max: 3, single_key: "burst" },
        ),
    ];
    const FORM: &[Field] = &[
        Field::new("n", "N", Kind::Int { min: 1, max: 3 }).or(Preset::Int(2)),
        Field::new("mode", "Mode", Kind::Choice(&[("a", "A"), ("b", "B")])).or(Preset::Text("a")),
        Field::new("rows", "Rows", Kind::Rows { columns: ROWS, len_min: 1, len_max: 2 }),
    ];

    #[test]
    fn what_is_left_out_is_filled_in() {
        let checked = check(FORM, &json!({"rows": [{"burst": 3}, {"bursts": [1, 2]}]})).unwrap();
        assert_eq!(
            checked,
            json!({"n": 2, "mode": "a", "rows": [
                {"name": "P1", "bursts": [3]}, {"name": "P2", "bursts": [1, 2]}]})
        );
    }

    #[test]
    fn all_faults_are_told_at_once_each_at_its_place() {
        let wrong = json!({"n": 4, "mode": "c", "x/y": 1, "rows": [
            {"name": "A", "bursts": [0]}, {"name": "A", "burst": 1, "bursts": [1]}]});
        let told = check(FORM, &wrong).unwrap_err().to_string();
        assert_eq!(
            told,
            "/x~1y: this engine has no such setting\n\
             /n: 4 is outside 1 to 3\n\
             /mode: expected one of a, b\n\
             /rows/0/bursts/0: 0 is outside 1 to 9\n\
             /rows/1/bursts: give bursts or burst, not both\n\
             /rows/1/bursts: a value is needed here\n\
             /rows/1/name: A is used twice"
        );
    }

    #[test]
    fn wrong_kinds_are_told() {
        let told = check(FORM, &json!({"n": "2", "rows": 7})).unwrap_err().to_string();
        assert_eq!(told, "/n: expected a whole number\n/rows: expected a list of rows");
        let told = check(FORM, &json!([])).unwrap_err().to_string();
        assert_eq!(told, "/: expected an object");
    }
}
