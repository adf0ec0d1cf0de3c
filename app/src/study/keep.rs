//! The learner's record in the store of the browser, which may be missing, full or broken.
//!
//! `interleave.v1.read` holds the lessons, `interleave.v1.quiz` the answers, `interleave.v1.cards`
//! the cards, `interleave.v1.interview` the ratings of interview questions, `interleave.v1.game`
//! the levels that were won. The version in the key changes when the text form does. What cannot be read of the cards is set aside under a key of its
//! own before anything is written over it.

use crate::browser::{store, stored, unstore};
use crate::game;
use crate::quiz::progress;
use study::{Answers, Desk, Ratings, Record, Stars};

/// Key of the lessons; `assets/page.js` writes it.
const READ: &str = "interleave.v1.read";

/// Key of the ratings of interview questions; `assets/interview.js` writes it.
const INTERVIEW: &str = "interleave.v1.interview";

/// Key of the cards.
const CARDS: &str = "interleave.v1.cards";

/// Key under which unreadable cards are set aside.
const BROKEN: &str = "interleave.v1.cards.unread";

/// Everything that is kept.
pub(super) fn load() -> Record {
    Record {
        read: Record::lessons(&stored(READ).unwrap_or_default()),
        answers: Answers::read(&stored(progress::KEY).unwrap_or_default()),
        desk: Kept::load().desk,
        interview: Ratings::read(&stored(INTERVIEW).unwrap_or_default()),
        game: Stars::read(&stored(game::KEY).unwrap_or_default()),
    }
}

/// Keeps all of it, or nothing of it. False if the store cannot be used or is full.
pub(super) fn save(record: &Record) -> bool {
    let parts = [
        (READ, record.lessons_text()),
        (progress::KEY, record.answers.text()),
        (CARDS, record.desk.text()),
        (INTERVIEW, record.interview.text()),
        (game::KEY, record.game.text()),
    ];
    let before = parts.each_ref().map(|(key, _)| stored(key));
    let is_kept = parts.iter().all(|(key, text)| store(key, text).is_some());
    if !is_kept {
        for ((key, _), text) in parts.iter().zip(before) {
            let _ = match text {
                Some(text) => store(key, &text),
                None => unstore(key),
            };
        }
    }
    is_kept
}

/// Drops everything.
pub(super) fn erase() {
    for key in [READ, progress::KEY, CARDS, BROKEN, INTERVIEW, game::KEY] {
        let _ = unstore(key);
    }
}

/// The lessons that were read.
pub(super) fn lessons_read() -> std::collections::BTreeSet<String> {
    Record::lessons(&stored(READ).unwrap_or_default())
}

/// The cards, and how they stand in the store.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// The cards as they are now.
    pub(super) desk: Desk,
    /// Whether a part of what was kept could not be read.
    pub(super) was_broken: bool,
    /// Whether the last change has reached the store.
    pub(super) is_kept: bool,
    text: String,
}

impl Kept {
    pub(super) fn load() -> Self {
        let text = stored(CARDS).unwrap_or_default();
        let (desk, is_whole) = Desk::read(&text);
        Self { desk, was_broken: !is_whole, is_kept: true, text }
    }

    /// Another tab may have changed the cards since.
    pub(super) fn refresh(&mut self) {
        let text = stored(CARDS).unwrap_or_default();
        if self.is_kept && text != self.text {
            self.desk = Desk::read(&text).0;
            self.text = text;
        }
    }

    /// Keeps the cards. If that fails they live as long as the page.
    pub(super) fn save(&mut self) {
        if self.was_broken && !self.text.is_empty() {
            let _ = store(BROKEN, &self.text);
            self.was_broken = false;
        }
        let text = self.desk.text();
        self.is_kept = store(CARDS, &text).is_some();
        if self.is_kept {
            self.text = text;
        }
    }
}
