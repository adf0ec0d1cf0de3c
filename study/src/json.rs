//! Reading JSON field by field, and saying what is wrong and where.

use serde_json::{Map, Value};
use std::fmt;

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where, such as `cards › q:fcfs_mean › stability`.
    pub place: String,
    /// What, as the end of a sentence that begins with the place.
    pub why: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.place, self.why)
    }
}

/// An object, and where it stands.
pub(crate) struct Reader<'a> {
    object: &'a Map<String, Value>,
    place: &'a str,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(value: &'a Value, place: &'a str) -> Result<Self, Fault> {
        match value {
            Value::Object(object) => Ok(Self { object, place }),
            _ => Err(Fault { place: place.to_owned(), why: "is not an object".to_owned() }),
        }
    }

    /// What is wrong with a field.
    pub(crate) fn fault(&self, key: &str, why: impl Into<String>) -> Fault {
        Fault { place: format!("{} › {key}", self.place), why: why.into() }
    }

    pub(crate) fn get(&self, key: &str) -> Result<&'a Value, Fault> {
        self.object.get(key).ok_or_else(|| self.fault(key, "is missing"))
    }

    pub(crate) fn text(&self, key: &str) -> Result<&'a str, Fault> {
        self.get(key)?.as_str().ok_or_else(|| self.fault(key, "is not a text"))
    }

    pub(crate) fn number(&self, key: &str, from: f64, to: f64) -> Result<f64, Fault> {
        let number = self.get(key)?.as_f64().filter(|it| (from..=to).contains(it));
        number.ok_or_else(|| self.fault(key, format!("is not a number from {from} to {to}")))
    }

    pub(crate) fn whole(&self, key: &str, from: i64, to: i64) -> Result<i64, Fault> {
        let number = self.get(key)?.as_i64().filter(|it| (from..=to).contains(it));
        number.ok_or_else(|| self.fault(key, format!("is not a whole number from {from} to {to}")))
    }

    /// A fault if there is any other field.
    pub(crate) fn only(&self, keys: &[&str]) -> Result<(), Fault> {
        match self.object.keys().find(|it| !keys.contains(&it.as_str())) {
            Some(key) => Err(self.fault(key, "is not a field that this version knows")),
            None => Ok(()),
        }
    }
}

/// Whether a text can be an id: short, without a space, so that it stands in a line of ids.
pub(crate) fn is_id(text: &str) -> bool {
    let fits = |it: char| it.is_alphanumeric() || "_-/:.".contains(it);
    (1..=200).contains(&text.len()) && text.chars().all(fits)
}
