//! All cards of a learner: which one comes next, what a rating changes, and how to take it back.

use crate::json::{Fault, Reader, is_id};
use crate::{Card, Now, Phase, Rating};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Most new cards a day that can be asked for.
pub const NEW_A_DAY_MAX: u32 = 200;

/// Most cards that are kept.
pub(crate) const CARDS_MAX: usize = 10_000;

/// New cards a day unless the learner says otherwise.
const NEW_A_DAY: u32 = 10;

/// A card in a short wait comes this many seconds early if there is nothing else to do.
const AHEAD: i64 = 20 * 60;

/// Every card that was seen, and what the learner has chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Desk {
    /// Cards by id.
    pub cards: BTreeMap<String, Card>,
    /// New cards a day.
    pub new_a_day: u32,
    /// Names of the decks to learn from; `None` until the learner has chosen.
    pub decks: Option<Vec<String>>,
    /// The day of study on which `n_new` cards were seen for the first time.
    day: i64,
    n_new: u32,
}

impl Default for Desk {
    fn default() -> Self {
        Self { cards: BTreeMap::new(), new_a_day: NEW_A_DAY, decks: None, day: 0, n_new: 0 }
    }
}

/// What a rating has changed, so that it can be taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The card.
    pub id: String,
    before: Option<Card>,
    after: Card,
    counted: Option<i64>,
}

/// How many cards of some decks wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Being learned, or learned again, in short waits.
    pub learning: usize,
    /// Known, and due today or before.
    pub due: usize,
    /// Never seen, as many as the day still allows.
    pub new: usize,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub const fn all(self) -> usize {
        self.learning + self.due + self.new
    }
}

impl Desk {
    /// How many new cards the day still allows.
    #[must_use]
    pub fn new_left(&self, now: Now) -> u32 {
        let seen = if self.day == now.day() { self.n_new } else { 0 };
        self.new_a_day.saturating_sub(seen)
    }

    /// How many cards wait among `ids`, the cards of the chosen decks in the order of the course.
    #[must_use]
    pub fn counts(&self, ids: &[String], now: Now) -> Counts {
        let mut counts = Counts::default();
        for id in ids {
            match self.cards.get(id).map(|it| it.phase) {
                None => counts.new += 1,
                Some(Phase::Review { day }) => counts.due += usize::from(day <= now.day()),
                Some(Phase::Learning { .. } | Phase::Relearning { .. }) => counts.learning += 1,
            }
        }
        let left = usize::try_from(self.new_left(now)).unwrap_or(usize::MAX);
        Counts { new: counts.new.min(left), ..counts }
    }

    /// The card to show next: what a short wait has made due, then what is due today, the longest
    /// overdue first, then what is new, and at the end what a short wait would make due soon.
    #[must_use]
    pub fn next<'a>(&self, ids: &'a [String], now: Now) -> Option<&'a str> {
        let waiting = || {
            let short = ids.iter().filter_map(|id| match self.cards.get(id)?.phase {
                Phase::Learning { due, .. } | Phase::Relearning { due, .. } => Some((due, id)),
                Phase::Review { .. } => None,
            });
            short.min()
        };
        let due_within = |seconds: i64| {
            waiting().filter(|(due, _)| *due <= now.seconds.saturating_add(seconds)).map(|it| it.1)
        };
        let due_today = || {
            let due =
                ids.iter().enumerate().filter_map(|(at, id)| match self.cards.get(id)?.phase {
                    Phase::Review { day } if day <= now.day() => Some((day, at, id)),
                    Phase::Review { .. } | Phase::Learning { .. } | Phase::Relearning { .. } => {
                        None
                    }
                });
            due.min().map(|it| it.2)
        };
        let new = || match self.new_left(now) {
            0 => None,
            _ => ids.iter().find(|id| !self.cards.contains_key(*id)),
        };
        due_within(0)
            .or_else(due_today)
            .or_else(new)
            .or_else(|| due_within(AHEAD))
            .map(String::as_str)
    }

    /// Ids of the cards that are due today or in a short wait, the most urgent first.
    #[must_use]
    pub fn due<'a>(&self, ids: &'a [String], now: Now) -> Vec<&'a str> {
        let key = |id: &'a String| match self.cards.get(id)?.phase {
            Phase::Learning { due, .. } | Phase::Relearning { due, .. } => {
                Some((i64::MIN, due, id))
            }
            Phase::Review { day } => (day <= now.day()).then_some((day, 0, id)),
        };
        let mut due: Vec<(i64, i64, &String)> = ids.iter().filter_map(key).collect();
        due.sort_unstable();
        due.into_iter().map(|it| it.2.as_str()).collect()
    }

    /// How many known cards come on each of the days after today.
    #[must_use]
    pub fn ahead(&self, ids: &[String], n_days: usize, now: Now) -> Vec<usize> {
        let mut ahead = vec![0; n_days];
        for card in ids.iter().filter_map(|id| self.cards.get(id)) {
            if let Phase::Review { day } = card.phase
                && let Ok(at) = usize::try_from(day - now.day() - 1)
                && let Some(n) = ahead.get_mut(at)
            {
                *n += 1;
            }
        }
        ahead
    }

    /// Rates a card. `None` if there is no room for one more.
    pub fn rate(&mut self, id: &str, rating: Rating, now: Now) -> Option<Change> {
        let before = self.cards.get(id).copied();
        if before.is_none() && CARDS_MAX <= self.cards.len() {
            return None;
        }
        let after = Card::rated(before.as_ref(), rating, now);
        let counted = before.is_none().then(|| now.day());
        if counted.is_some() {
            self.n_new = if self.day == now.day() { self.n_new.saturating_add(1) } else { 1 };
            self.day = now.day();
        }
        self.cards.insert(id.to_owned(), after);
        Some(Change { id: id.to_owned(), before, after, counted })
    }

    /// Takes a rating back. False if the card has changed since then, perhaps in another tab.
    pub fn undo(&mut self, change: &Change) -> bool {
        if self.cards.get(&change.id) != Some(&change.after) {
            return false;
        }
        match change.before {
            Some(before) => self.cards.insert(change.id.clone(), before),
            None => self.cards.remove(&change.id),
        };
        if change.counted == Some(self.day) {
            self.n_new = self.n_new.saturating_sub(1);
        }
        true
    }

    /// The text form.
    #[must_use]
    pub fn text(&self) -> String {
        let mut object = self.to_json();
        object["day"] = json!(self.day);
        object["new"] = json!(self.n_new);
        object.to_string()
    }

    /// Reads the text form. Whatever cannot be read is left out; `false` if anything was.
    #[must_use]
    pub fn read(text: &str) -> (Self, bool) {
        let mut desk = Self::default();
        if text.is_empty() {
            return (desk, true);
        }
        let Ok(value) = serde_json::from_str::<Value>(text) else { return (desk, false) };
        let mut is_whole = value.is_object();
        if let Some(cards) = value.get("cards").and_then(Value::as_object) {
            for (id, card) in cards.iter().take(CARDS_MAX) {
                match Card::from_json(card, id) {
                    Ok(card) if is_id(id) => drop(desk.cards.insert(id.clone(), card)),
                    Ok(_) | Err(_) => is_whole = false,
                }
            }
        }
        let reader = Reader::new(&value, "the cards");
        match reader.and_then(|it| choices(&it)) {
            Ok((new_a_day, decks)) => (desk.new_a_day, desk.decks) = (new_a_day, decks),
            Err(_) => is_whole = false,
        }
        let count = |key: &str| value.get(key).and_then(Value::as_i64);
        desk.day = count("day").unwrap_or(0);
        desk.n_new = count("new").and_then(|it| u32::try_from(it).ok()).unwrap_or(0);
        (desk, is_whole)
    }

    /// The part of an exported file.
    pub(crate) fn to_json(&self) -> Value {
        let cards: Map<String, Value> =
            self.cards.iter().map(|(id, card)| (id.clone(), card.to_json())).collect();
        json!({ "new_a_day": self.new_a_day, "decks": self.decks, "cards": cards })
    }

    /// Reads the part of an exported file, every field of it.
    pub(crate) fn from_json(value: &Value, place: &str, faults: &mut Vec<Fault>) -> Self {
        let mut desk = Self::default();
        let mut read = || {
            let reader = Reader::new(value, place)?;
            reader.only(&["new_a_day", "decks", "cards"])?;
            (desk.new_a_day, desk.decks) = choices(&reader)?;
            let cards = reader.get("cards")?.as_object();
            cards.filter(|it| it.len() <= CARDS_MAX).ok_or_else(|| {
                reader.fault("cards", format!("is not an object of at most {CARDS_MAX} cards"))
            })
        };
        let cards = match read() {
            Ok(cards) => cards,
            Err(fault) => {
                faults.push(fault);
                return desk;
            }
        };
        for (id, card) in cards {
            let place = format!("{place} › cards › {id}");
            if !is_id(id) {
                faults.push(Fault { place, why: "is not an id".to_owned() });
                continue;
            }
            match Card::from_json(card, &place) {
                Ok(card) => drop(desk.cards.insert(id.clone(), card)),
                Err(fault) => faults.push(fault),
            }
        }
        desk
    }

    /// Lays other cards over these: of two states of a card the one that was rated later stays.
    /// How many cards are new or newer by that.
    pub(crate) fn merge(&mut self, other: &Self) -> usize {
        let mut n_changed = 0;
        for (id, card) in &other.cards {
            let is_newer = self.cards.get(id).is_none_or(|it| it.last < card.last);
            if is_newer && (self.cards.len() < CARDS_MAX || self.cards.contains_key(id)) {
                self.cards.insert(id.clone(), *card);
                n_changed += 1;
            }
        }
        if self.decks.is_none() {
            self.decks.clone_from(&other.decks);
        }
        n_changed
    }
}

/// The learner's choices: new cards a day, and decks.
fn choices(reader: &Reader<'_>) -> Result<(u32, Option<Vec<String>>), Fault> {
    let new_a_day = reader.whole("new_a_day", 0, i64::from(NEW_A_DAY_MAX))?;
    let decks = match reader.get("decks")? {
        Value::Null => None,
        Value::Array(names) => {
            let name = |it: &Value| it.as_str().filter(|it| is_id(it)).map(str::to_owned);
            let names: Option<Vec<String>> = names.iter().map(name).collect();
            Some(names.ok_or_else(|| reader.fault("decks", "holds something that is no name"))?)
        }
        _ => return Err(reader.fault("decks", "is not a list of names")),
    };
    Ok((u32::try_from(new_a_day).unwrap_or(NEW_A_DAY), decks))
}

#[cfg(test)]
mod tests {
    use super::Desk;
    use crate::{Now, Rating};

    const MORNING: i64 = 20_000 * 86_400 + 8 * 3_600;

    fn at(seconds: i64) -> Now {
        Now { seconds: MORNING + seconds, ahead_minutes: 0 }
    }

    fn ids(n: usize) -> Vec<String> {
        (0..n).map(|it| format!("t:{it}")).collect()
    }

    #[test]
    fn short_waits_come_first_then_what_is_due_then_what_is_new() {
        let ids = ids(3);
        let mut desk = Desk { new_a_day: 2, ..Desk::default() };
        assert_eq!(desk.next(&ids, at(0)), Some("t:0"));
        desk.rate("t:0", Rating::Easy, at(0));
        assert_eq!(desk.next(&ids, at(1)), Some("t:1"));
        desk.rate("t:1", Rating::Again, at(1));
        assert_eq!(desk.counts(&ids, at(2)).all(), 1, "the day allows two new cards");
        // Nothing else to do, so the short wait is cut.
        assert_eq!(desk.next(&ids, at(2)), Some("t:1"));
        desk.rate("t:1", Rating::Easy, at(2));
        assert_eq!(desk.next(&ids, at(3)), None);
        let later = at(9 * 86_400);
        assert_eq!(desk.new_left(later), 2);
        assert_eq!(desk.next(&ids, later), Some("t:1"), "due for longer");
        assert_eq!(desk.due(&ids, later), ["t:1", "t:0"]);
        let mut newer = desk.clone();
        newer.rate("t:1", Rating::Again, later);
        assert_eq!(newer.next(&ids, later), Some("t:0"));
        assert_eq!(newer.next(&ids, at(9 * 86_400 + 600)), Some("t:1"), "the wait is over");
    }

    #[test]
    fn cards_of_other_decks_are_left_alone() {
        let mut desk = Desk::default();
        desk.rate("t:other", Rating::Again, at(0));
        let ids = ids(1);
        assert_eq!(desk.next(&ids, at(90)), Some("t:0"));
        assert_eq!((desk.counts(&ids, at(90)).all(), desk.due(&ids, at(90)).len()), (1, 0));
        assert_eq!(desk.ahead(&ids, 3, at(0)), [0, 0, 0]);
    }

    #[test]
    fn a_rating_can_be_taken_back_once() {
        let mut desk = Desk::default();
        let start = desk.clone();
        let first = desk.rate("t:0", Rating::Good, at(0)).unwrap_or_else(|| unreachable!());
        let seen = desk.clone();
        let second = desk.rate("t:0", Rating::Again, at(60)).unwrap_or_else(|| unreachable!());
        assert!(!desk.undo(&first), "the card has changed since");
        assert!(desk.undo(&second) && desk == seen);
        assert!(desk.undo(&first) && desk.cards == start.cards);
        assert_eq!(desk.new_left(at(0)), start.new_left(at(0)));
        assert!(!desk.undo(&first));
    }

    #[test]
    fn the_coming_days_are_counted() {
        let mut desk = Desk::default();
        desk.rate("t:0", Rating::Easy, at(0));
        desk.rate("t:1", Rating::Easy, at(0));
        assert_eq!(desk.ahead(&ids(2), 8, at(0)), [0, 0, 0, 0, 0, 0, 0, 2]);
    }

    #[test]
    fn what_is_kept_is_read_back_and_rubbish_is_not() {
        let mut desk = Desk { decks: Some(vec!["cpu".into()]), ..Desk::default() };
        desk.rate("t:0", Rating::Good, at(0));
        desk.rate("q:1", Rating::Easy, at(0));
        assert_eq!(Desk::read(&desk.text()), (desk.clone(), true));
        assert_eq!(Desk::read(""), (Desk::default(), true));
        for text in ["{", "7", "{}", "[]", "{\"cards\":{\"a\":1},\"new_a_day\":5,\"decks\":null}"] {
            let (read, is_whole) = Desk::read(text);
            assert!(!is_whole && read.cards.is_empty(), "{text}");
        }
        let broken = desk.text().replace("\"learning\"", "\"asleep\"");
        let (read, is_whole) = Desk::read(&broken);
        assert!(!is_whole && read.cards.len() == 1 && read.cards.contains_key("q:1"));
    }
}
