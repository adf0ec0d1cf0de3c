//! How well the learner has answered interview questions, by the learner's own judgement.

use crate::json::{Fault, is_id};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Most ratings that are kept.
const RATINGS_MAX: usize = 2_000;

/// The words, from the worst.
const WORDS: [&str; 3] = ["weak", "fair", "solid"];

/// Ratings by question.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ratings(BTreeMap<String, usize>);

impl Ratings {
    /// Reads what the page of interview questions keeps; whatever cannot be read is left out.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut ratings = Self::default();
        if let Ok(Value::Object(object)) = serde_json::from_str(text) {
            for (id, word) in object.iter().take(RATINGS_MAX) {
                let _ = ratings.take(id, word);
            }
        }
        ratings
    }

    /// The text form.
    #[must_use]
    pub fn text(&self) -> String {
        self.to_json().to_string()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn to_json(&self) -> Value {
        let pairs = self.0.iter().filter_map(|(id, at)| Some((id.clone(), json!(WORDS.get(*at)?))));
        Value::Object(pairs.collect::<Map<String, Value>>())
    }

    /// Reads the part of an exported file, every field of it.
    pub(crate) fn from_json(value: &Value, place: &str, faults: &mut Vec<Fault>) -> Self {
        let mut ratings = Self::default();
        let Some(object) = value.as_object().filter(|it| it.len() <= RATINGS_MAX) else {
            let why = format!("is not an object of at most {RATINGS_MAX} ratings");
            faults.push(Fault { place: place.to_owned(), why });
            return ratings;
        };
        for (id, word) in object {
            if let Err(why) = ratings.take(id, word) {
                faults.push(Fault { place: format!("{place} › {id}"), why: why.to_owned() });
            }
        }
        ratings
    }

    fn take(&mut self, id: &str, word: &Value) -> Result<(), &'static str> {
        let at = word.as_str().and_then(|word| WORDS.iter().position(|it| *it == word));
        match at {
            _ if !is_id(id) => Err("is not the id of a question"),
            None => Err("is none of weak, fair and solid"),
            Some(at) => {
                self.0.insert(id.to_owned(), at);
                Ok(())
            }
        }
    }

    /// Lays other ratings over these: of two for one question the better one stays. How many that changes.
    pub(crate) fn merge(&mut self, other: &Self) -> usize {
        let mut n_changed = 0;
        for (id, at) in &other.0 {
            if self.0.get(id).is_none_or(|it| it < at) {
                self.0.insert(id.clone(), *at);
                n_changed += 1;
            }
        }
        n_changed
    }
}

#[cfg(test)]
mod tests {
    use super::Ratings;

    #[test]
    fn what_is_kept_is_read_back_and_the_rest_is_not() {
        let text = r#"{"deadlock":"weak","fork":"solid"}"#;
        assert_eq!(Ratings::read(text).text(), text);
        for text in ["", "{", "[]", "7", r#"{"a":"great","b c":"weak","d":1}"#] {
            assert!(Ratings::read(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn the_better_rating_stays() {
        let one = Ratings::read(r#"{"a":"weak","b":"solid"}"#);
        let other = Ratings::read(r#"{"a":"fair","b":"weak","c":"weak"}"#);
        let (mut left, mut right) = (one.clone(), other.clone());
        assert_eq!((left.merge(&other), right.merge(&one)), (2, 1));
        assert_eq!(left, right);
        assert_eq!(left.merge(&other), 0);
    }
}
