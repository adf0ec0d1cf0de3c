//! Which levels of the game were won, and how well.

use crate::json::{Fault, is_id};
use crate::line::{line, pairs};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Most levels that are kept.
const LEVELS_MAX: usize = 1_000;

/// Most stars of a level.
pub const STARS_MAX: u8 = 3;

/// Stars by level id; a level that was never won is not there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stars(BTreeMap<String, u8>);

impl Stars {
    /// Reads `id=3 id=1`; whatever cannot be read is left out.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut won = Self::default();
        for (id, stars) in pairs(text).filter(|it| is_id(it.0)) {
            if let Ok(stars @ 1..=STARS_MAX) = stars.parse() {
                won.note(id, stars);
            }
        }
        won
    }

    /// The text form.
    #[must_use]
    pub fn text(&self) -> String {
        line(self.0.iter().map(|(id, stars)| (id.clone(), *stars)))
    }

    /// Stars of a level; 0 if it was never won.
    #[must_use]
    pub fn of(&self, id: &str) -> u8 {
        self.0.get(id).copied().unwrap_or(0)
    }

    /// Notes a win. A better one stays.
    pub fn note(&mut self, id: &str, stars: u8) {
        let stars = stars.clamp(1, STARS_MAX).max(self.of(id));
        if self.0.len() < LEVELS_MAX || self.0.contains_key(id) {
            self.0.insert(id.to_owned(), stars);
        }
    }

    /// How many levels were won.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none was won.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Lays other wins over these: of two for one level the better one stays. How many that changes.
    pub fn merge(&mut self, other: &Self) -> usize {
        let mut n_changed = 0;
        for (id, stars) in &other.0 {
            let before = self.of(id);
            self.note(id, *stars);
            n_changed += usize::from(self.of(id) != before);
        }
        n_changed
    }

    pub(crate) fn to_json(&self) -> Value {
        let pairs = self.0.iter().map(|(id, stars)| (id.clone(), json!(stars)));
        Value::Object(pairs.collect::<Map<String, Value>>())
    }

    /// Reads the part of an exported file, every field of it.
    pub(crate) fn from_json(value: &Value, place: &str, faults: &mut Vec<Fault>) -> Self {
        let mut won = Self::default();
        let mut fault = |place: String, why: String| faults.push(Fault { place, why });
        let Some(object) = value.as_object().filter(|it| it.len() <= LEVELS_MAX) else {
            let why = format!("is not an object of at most {LEVELS_MAX} levels");
            fault(place.to_owned(), why);
            return won;
        };
        for (id, stars) in object {
            let place = format!("{place} › {id}");
            let stars = stars.as_u64().and_then(|it| u8::try_from(it).ok());
            match stars.filter(|it| (1..=STARS_MAX).contains(it)) {
                _ if !is_id(id) => fault(place, "is not the id of a level".to_owned()),
                None => fault(place, format!("is not a number of stars from 1 to {STARS_MAX}")),
                Some(stars) => won.note(id, stars),
            }
        }
        won
    }
}

#[cfg(test)]
mod tests {
    use super::Stars;

    #[test]
    fn what_is_kept_is_read_back_and_the_best_stays() {
        let mut won = Stars::default();
        won.note("aba", 2);
        won.note("lost_update", 3);
        won.note("lost_update", 1);
        won.note("strange", 9);
        assert_eq!(won.text(), "aba=2 lost_update=3 strange=3");
        assert_eq!(Stars::read(&won.text()), won);
        assert_eq!((won.of("aba"), won.of("none")), (2, 0));
    }

    #[test]
    fn rubbish_in_the_store_wins_nothing() {
        for text in ["", " ", "=1", "a=0", "a=4", "a=x", "a", "{\"a\":3}", "a=-1"] {
            assert_eq!(Stars::read(text), Stars::default(), "{text}");
        }
        assert_eq!(Stars::read("a=1  b=x c=3").text(), "a=1 c=3");
    }

    #[test]
    fn two_records_of_wins_become_one() {
        let (mut one, other) = (Stars::read("a=1 b=3"), Stars::read("a=2 b=1 c=1"));
        assert_eq!(one.merge(&other), 2);
        assert_eq!(one.text(), "a=2 b=3 c=1");
        assert_eq!(one.merge(&other), 0);
    }
}
