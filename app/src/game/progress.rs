//! Which levels were won, and how well: one line of text in the store, which may be missing or broken.

use crate::browser;
use std::collections::BTreeMap;

/// Key in the store. The version changes when the text form does.
pub(super) const KEY: &str = "interleave.v1.game";

/// Most levels that are kept.
const LEVELS_MAX: usize = 1_000;

/// Most stars of a level.
pub(super) const STARS_MAX: u8 = 3;

/// Stars by level id; a level that was never won is not there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Progress(BTreeMap<String, u8>);

impl Progress {
    /// Reads `id=3 id=1`; whatever cannot be read is left out.
    #[must_use]
    pub(super) fn read(text: &str) -> Self {
        let pair = |part: &str| {
            let (id, stars) = part.rsplit_once('=')?;
            let stars = stars.parse().ok().filter(|it| (1..=STARS_MAX).contains(it))?;
            (!id.is_empty()).then(|| (id.to_owned(), stars))
        };
        Self(text.split(' ').filter_map(pair).take(LEVELS_MAX).collect())
    }

    /// The text form.
    #[must_use]
    pub(super) fn text(&self) -> String {
        let parts: Vec<String> = self.0.iter().map(|(id, stars)| format!("{id}={stars}")).collect();
        parts.join(" ")
    }

    /// Stars of a level; 0 if it was never won.
    #[must_use]
    pub(super) fn of(&self, id: &str) -> u8 {
        self.0.get(id).copied().unwrap_or(0)
    }

    /// Notes a win. A better one stays.
    pub(super) fn note(&mut self, id: &str, stars: u8) {
        let stars = stars.clamp(1, STARS_MAX).max(self.of(id));
        if self.0.len() < LEVELS_MAX || self.0.contains_key(id) {
            self.0.insert(id.to_owned(), stars);
        }
    }
}

/// The progress as it is kept; empty if the store cannot be used.
#[must_use]
pub(super) fn load() -> Progress {
    Progress::read(&browser::stored(KEY).unwrap_or_default())
}

/// Keeps what was won, with what another tab has won meanwhile. False if the store cannot be used.
pub(super) fn keep(progress: &mut Progress) -> bool {
    for (id, stars) in load().0 {
        progress.note(&id, stars);
    }
    browser::store(KEY, &progress.text()).is_some()
}

#[cfg(test)]
mod tests {
    use super::Progress;

    #[test]
    fn what_is_kept_is_read_back_and_the_best_stays() {
        let mut progress = Progress::default();
        progress.note("aba", 2);
        progress.note("lost_update", 3);
        progress.note("lost_update", 1);
        progress.note("strange", 9);
        assert_eq!(progress.text(), "aba=2 lost_update=3 strange=3");
        assert_eq!(Progress::read(&progress.text()), progress);
        assert_eq!((progress.of("aba"), progress.of("none")), (2, 0));
    }

    #[test]
    fn rubbish_in_the_store_wins_nothing() {
        for text in ["", " ", "=1", "a=0", "a=4", "a=x", "a", "{\"a\":3}", "a=-1"] {
            assert_eq!(Progress::read(text), Progress::default(), "{text}");
        }
        assert_eq!(Progress::read("a=1  b=x c=3").text(), "a=1 c=3");
    }
}
