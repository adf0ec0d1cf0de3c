//! One card: what is remembered of it, and when it comes again.

use crate::Now;
use crate::fsrs::{Memory, Model, RETENTION};
use crate::json::{Fault, Reader};
use serde_json::{Value, json};

/// Seconds from step to step while a card is learned, and after it was forgotten.
const LEARNING: [i64; 2] = [60, 600];
const RELEARNING: [i64; 1] = [600];

/// How well a card was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rating {
    /// Not at all.
    Again,
    /// With effort.
    Hard,
    /// As it should be.
    Good,
    /// Without thinking.
    Easy,
}

impl Rating {
    /// Every rating, from the worst.
    pub const ALL: [Self; 4] = [Self::Again, Self::Hard, Self::Good, Self::Easy];

    /// From 1 to 4.
    #[must_use]
    pub const fn number(self) -> usize {
        self as usize + 1
    }

    /// The same, to calculate with.
    pub(crate) fn grade(self) -> f64 {
        match self {
            Self::Again => 1.0,
            Self::Hard => 2.0,
            Self::Good => 3.0,
            Self::Easy => 4.0,
        }
    }

    /// The word on its button.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Again => "Again",
            Self::Hard => "Hard",
            Self::Good => "Good",
            Self::Easy => "Easy",
        }
    }
}

/// Where a card stands, and when it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Seen for the first time a short while ago: due at a second.
    Learning {
        /// Which of the short waits it is in, from 0.
        step: usize,
        /// Seconds since the start of 1970.
        due: i64,
    },
    /// Known: due on a day of study.
    Review {
        /// Days since the start of 1970.
        day: i64,
    },
    /// Known once, then forgotten: due at a second.
    Relearning {
        /// Which of the short waits it is in, from 0.
        step: usize,
        /// Seconds since the start of 1970.
        due: i64,
    },
}

/// A card that was seen at least once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Card {
    /// What is remembered of it.
    pub memory: Memory,
    /// Where it stands.
    pub phase: Phase,
    /// When it was rated last: seconds since the start of 1970.
    pub last: i64,
    /// How often it was rated.
    pub n_ratings: u32,
    /// How often it was known and then forgotten.
    pub n_lapses: u32,
}

impl Card {
    /// A card after a rating; `None` is one that was never seen.
    #[must_use]
    pub fn rated(card: Option<&Self>, rating: Rating, now: Now) -> Self {
        let Some(card) = card else {
            let memory = Model::default().first(rating);
            let phase = Self::stepped(0, &LEARNING, rating, now).map_or_else(
                || review(days(memory), now),
                |(step, due)| Phase::Learning { step, due },
            );
            return Self { memory, phase, last: now.seconds, n_ratings: 1, n_lapses: 0 };
        };
        let memory = card.remembered(rating, now);
        let stepped = match card.phase {
            Phase::Learning { step, .. } => Self::stepped(step, &LEARNING, rating, now)
                .map(|(step, due)| Phase::Learning { step, due }),
            Phase::Relearning { step, .. } => Self::stepped(step, &RELEARNING, rating, now)
                .map(|(step, due)| Phase::Relearning { step, due }),
            Phase::Review { .. } => (rating == Rating::Again).then(|| Phase::Relearning {
                step: 0,
                due: now.seconds.saturating_add(RELEARNING[0]),
            }),
        };
        let is_lapse = rating == Rating::Again && matches!(card.phase, Phase::Review { .. });
        Self {
            memory,
            phase: stepped.unwrap_or_else(|| review(card.days_after(rating, now), now)),
            last: now.seconds,
            n_ratings: card.n_ratings.saturating_add(1),
            n_lapses: card.n_lapses.saturating_add(u32::from(is_lapse)),
        }
    }

    /// The step that a rating leads to, and when it is due; `None` if the card is known now.
    fn stepped(step: usize, steps: &[i64], rating: Rating, now: Now) -> Option<(usize, i64)> {
        let (step, wait) = match rating {
            Rating::Again => (0, *steps.first()?),
            Rating::Hard => match (step, steps) {
                (0, [only]) => (0, only + only / 2),
                (0, [first, second, ..]) => (0, i64::midpoint(*first, *second)),
                _ => (step, *steps.get(step)?),
            },
            Rating::Good => (step + 1, *steps.get(step + 1)?),
            Rating::Easy => return None,
        };
        Some((step, now.seconds.saturating_add(wait)))
    }

    fn remembered(&self, rating: Rating, now: Now) -> Memory {
        let days = now.day().saturating_sub(now.day_of(self.last)).max(0);
        Model::default().next(self.memory, u32::try_from(days).unwrap_or(u32::MAX), rating)
    }

    /// Days until a known card comes again: a better rating never means an earlier day.
    fn days_after(&self, rating: Rating, now: Now) -> u32 {
        let after = |rating| days(self.remembered(rating, now));
        let good = after(Rating::Good);
        let hard = after(Rating::Hard).min(good);
        let good = match self.phase {
            Phase::Review { .. } => good.max(hard.saturating_add(1)),
            Phase::Learning { .. } | Phase::Relearning { .. } => good,
        };
        match rating {
            Rating::Again | Rating::Hard => hard,
            Rating::Good => good,
            Rating::Easy => after(Rating::Easy).max(good.saturating_add(1)),
        }
    }

    /// How long it waits from now on, in words.
    #[must_use]
    pub fn wait(&self, now: Now) -> String {
        match self.phase {
            Phase::Learning { due, .. } | Phase::Relearning { due, .. } => {
                let minutes = due.saturating_sub(now.seconds).max(0).saturating_add(59) / 60;
                format!("{minutes} min")
            }
            Phase::Review { day } => match day.saturating_sub(now.day()).max(0) {
                0 => "today".to_owned(),
                1 => "1 day".to_owned(),
                days @ 2..=30 => format!("{days} days"),
                days @ 31..=364 => tenths(days, 304, "month"),
                days => tenths(days, 3_652, "year"),
            },
        }
    }

    /// The card as an object.
    pub(crate) fn to_json(self) -> Value {
        let (phase, step, due) = match self.phase {
            Phase::Learning { step, due } => ("learning", Some(step), due),
            Phase::Review { day } => ("review", None, day),
            Phase::Relearning { step, due } => ("relearning", Some(step), due),
        };
        let mut object = json!({
            "phase": phase, "stability": self.memory.stability, "difficulty": self.memory.difficulty,
            "last": self.last, "ratings": self.n_ratings, "lapses": self.n_lapses,
        });
        match step {
            Some(step) => {
                object["step"] = json!(step);
                object["due_at"] = json!(due);
            }
            None => object["due_day"] = json!(due),
        }
        object
    }

    /// Reads an object, every field of it.
    pub(crate) fn from_json(value: &Value, place: &str) -> Result<Self, Fault> {
        let reader = Reader::new(value, place)?;
        let steps = match reader.text("phase")? {
            "learning" => LEARNING.len(),
            "relearning" => RELEARNING.len(),
            "review" => 0,
            _ => return Err(reader.fault("phase", "is none of learning, review and relearning")),
        };
        // What is far beyond any calendar would overflow somewhere.
        let phase = if steps == 0 {
            Phase::Review { day: reader.whole("due_day", -100_000, 10_000_000)? }
        } else {
            let due = reader.whole("due_at", 0, SECONDS_MAX)?;
            let last_step = i64::try_from(steps).unwrap_or(i64::MAX) - 1;
            let step = usize::try_from(reader.whole("step", 0, last_step)?).unwrap_or(0);
            match steps == LEARNING.len() {
                true => Phase::Learning { step, due },
                false => Phase::Relearning { step, due },
            }
        };
        let of_phase: &[&str] = if steps == 0 { &["due_day"] } else { &["due_at", "step"] };
        let fields = ["phase", "stability", "difficulty", "last", "ratings", "lapses"];
        reader.only(&[&fields, of_phase].concat())?;
        let count = |key, least| {
            reader.whole(key, least, 1_000_000_000).map(|it| u32::try_from(it).unwrap_or(u32::MAX))
        };
        Ok(Self {
            memory: Memory {
                stability: reader.number("stability", 0.0, 36_500.0)?,
                difficulty: reader.number("difficulty", 1.0, 10.0)?,
            },
            phase,
            last: reader.whole("last", 0, SECONDS_MAX)?,
            n_ratings: count("ratings", 1)?,
            n_lapses: count("lapses", 0)?,
        })
    }
}

/// The year 9999.
const SECONDS_MAX: i64 = 253_402_300_799;

fn days(memory: Memory) -> u32 {
    Model::default().interval(memory.stability, RETENTION)
}

fn review(days: u32, now: Now) -> Phase {
    Phase::Review { day: now.day().saturating_add(i64::from(days)) }
}

/// Days as a number of longer units with one decimal; `unit` is ten times its length in days.
fn tenths(days: i64, unit: i64, name: &str) -> String {
    let tenths = (days.saturating_mul(100) + unit / 2) / unit;
    match (tenths / 10, tenths % 10) {
        (1, 0) => format!("1 {name}"),
        (whole, 0) => format!("{whole} {name}s"),
        (whole, tenth) => format!("{whole}.{tenth} {name}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Card, Phase, Rating};
    use crate::Now;

    const NOON: i64 = 20_000 * 86_400 + 12 * 3_600;

    fn at(seconds: i64) -> Now {
        Now { seconds, ahead_minutes: 0 }
    }

    /// When a card is due, in seconds; a day begins where the last rating stood in it.
    fn due(card: &Card, now: Now) -> i64 {
        match card.phase {
            Phase::Learning { due, .. } | Phase::Relearning { due, .. } => due,
            Phase::Review { day } => now.seconds + (day - now.day()) * 86_400,
        }
    }

    /// From ts-fsrs, `FSRS-6.test.ts`, "ivl_history": each rating comes when the card is due.
    #[test]
    fn a_history_of_waits_is_that_of_the_reference() {
        use Rating::{Again, Good};
        let ratings =
            [Good, Good, Good, Good, Good, Good, Again, Again, Good, Good, Good, Good, Good];
        let (mut card, mut now, mut waits) = (None, at(NOON), Vec::new());
        for rating in ratings {
            let next = Card::rated(card.as_ref(), rating, now);
            waits.push(match next.phase {
                Phase::Review { day } => day - now.day(),
                Phase::Learning { .. } | Phase::Relearning { .. } => 0,
            });
            now = at(due(&next, now));
            card = Some(next);
        }
        assert_eq!(waits, [0, 2, 11, 46, 163, 498, 0, 0, 2, 4, 7, 12, 21]);
    }

    /// From py-fsrs, `tests/test_basic.py`: the short waits of a card that is new or was forgotten.
    #[test]
    fn the_short_waits_are_those_of_the_reference() {
        let now = at(NOON);
        let wait = |card: Option<&Card>, rating| Card::rated(card, rating, now).wait(now);
        let waits = Rating::ALL.map(|it| wait(None, it));
        assert_eq!(waits, ["1 min", "6 min", "10 min", "8 days"]);
        let good = Card::rated(None, Rating::Good, now);
        let waits = Rating::ALL.map(|it| wait(Some(&good), it));
        assert_eq!(waits, ["1 min", "10 min", "2 days", "4 days"]);
        let known = Card::rated(Some(&good), Rating::Good, now);
        let later = at(due(&known, now));
        let forgotten = Card::rated(Some(&known), Rating::Again, later);
        assert_eq!((forgotten.wait(later).as_str(), forgotten.n_lapses), ("10 min", 1));
        assert_eq!(Card::rated(Some(&forgotten), Rating::Hard, later).wait(later), "15 min");
        assert!(matches!(forgotten.phase, Phase::Relearning { step: 0, .. }));
    }

    #[test]
    fn a_better_rating_never_comes_back_earlier() {
        let mut state = 7_u64;
        let mut random = |n: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        };
        for _ in 0..300 {
            let (mut card, mut now) = (None, at(NOON));
            for _ in 0..12 {
                let next = Rating::ALL.map(|it| Card::rated(card.as_ref(), it, now));
                let dues = next.map(|it| due(&it, now));
                assert!(dues.is_sorted(), "{card:?} {dues:?}");
                if next.iter().skip(1).all(|it| matches!(it.phase, Phase::Review { .. })) {
                    assert!(dues[1] < dues[2] && dues[2] < dues[3], "{card:?} {dues:?}");
                }
                let by = usize::try_from(random(4)).unwrap_or(0);
                // Early, on time, or late.
                let late = i64::try_from(random(3 * 86_400)).unwrap_or(0) - 86_400;
                now = at((dues[by] + late).max(now.seconds));
                card = Some(next[by]);
            }
        }
    }

    #[test]
    fn a_clock_that_was_put_back_is_no_loss() {
        let card = Card::rated(None, Rating::Easy, at(NOON));
        let back = Card::rated(Some(&card), Rating::Good, at(NOON - 900_000));
        assert!(back.memory.stability >= card.memory.stability);
    }

    #[test]
    fn a_wait_is_said_in_words() {
        let wait = |days: i64| {
            let card = Card::rated(None, Rating::Easy, at(NOON));
            Card { phase: Phase::Review { day: at(NOON).day() + days }, ..card }.wait(at(NOON))
        };
        let waits = [0, 1, 30, 31, 152, 365, 3_650].map(wait);
        assert_eq!(
            waits,
            ["today", "1 day", "30 days", "1 month", "5 months", "1 year", "10 years"]
        );
    }

    #[test]
    fn a_card_is_read_back_and_a_wrong_one_is_not() {
        for rating in Rating::ALL {
            let card = Card::rated(None, rating, at(NOON));
            assert_eq!(Card::from_json(&card.to_json(), "it"), Ok(card));
        }
        let good = Card::rated(None, Rating::Easy, at(NOON)).to_json();
        for (key, value) in [
            ("phase", "\"new\""),
            ("phase", "\"learning\""),
            ("stability", "-1"),
            ("difficulty", "11"),
            ("last", "0.5"),
            ("ratings", "0"),
            ("lapses", "null"),
            ("due_day", "1e300"),
            ("more", "1"),
        ] {
            let mut bad = good.clone();
            bad[key] = value.parse().unwrap_or_default();
            assert!(Card::from_json(&bad, "it").is_err(), "{key} {value}");
        }
    }
}
