//! Typed text to values and back.

use serde_json::Value;

/// A value as it stands in an input: a list with commas, nothing for "not set".
#[must_use]
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text_of).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// A whole number; nothing for an empty input; what is none stays text, to be told as a fault.
#[must_use]
pub(super) fn read_number(text: &str) -> Value {
    let text = text.trim();
    if text.is_empty() {
        return Value::Null;
    }
    text.parse::<i64>().map_or_else(|_| text.into(), Value::from)
}

/// Whole numbers divided by commas, semicolons or spaces.
#[must_use]
pub(super) fn read_ints(text: &str) -> Value {
    let parts = text.split([',', ';', ' ', '\t', '\n']).filter(|it| !it.is_empty());
    Value::Array(parts.map(read_number).collect())
}

/// Sets the value at a JSON pointer; a key that is missing in its object is added.
pub(super) fn put(whole: &mut Value, at: &str, value: Value) {
    if let Some(place) = whole.pointer_mut(at) {
        *place = value;
        return;
    }
    let Some((parent, key)) = at.rsplit_once('/') else { return };
    if let Some(Value::Object(fields)) = whole.pointer_mut(parent) {
        fields.insert(key.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::{put, read_ints, read_number, text_of};
    use serde_json::json;

    #[test]
    fn lists_are_read_as_people_type_them() {
        assert_eq!(read_ints("5, 3;4  -1"), json!([5, 3, 4, -1]));
        assert_eq!(read_ints(""), json!([]));
        assert_eq!(read_ints("5, x"), json!([5, "x"]));
        assert_eq!(text_of(&json!([5, 3])), "5, 3");
    }

    #[test]
    fn a_number_that_is_none_is_kept() {
        assert_eq!(read_number(" 7 "), json!(7));
        assert_eq!(read_number("7.5"), json!("7.5"));
        assert_eq!(read_number(""), json!(null));
    }

    #[test]
    fn a_missing_key_is_added() {
        let mut whole = json!({"rows": [{"a": 1}]});
        put(&mut whole, "/rows/0/b", json!(2));
        put(&mut whole, "/rows/0/a", json!(3));
        put(&mut whole, "/nowhere/0", json!(4));
        assert_eq!(whole, json!({"rows": [{"a": 3, "b": 2}]}));
    }
}
