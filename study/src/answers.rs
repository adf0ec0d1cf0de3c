//! Answered questions: one line of text, which may be missing or broken.

use crate::line::{line, pairs};
use std::collections::BTreeMap;

/// Most answers that are kept.
pub(crate) const ANSWERS_MAX: usize = 5_000;

/// Answers by question id; true if the last one was right.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answers(BTreeMap<String, bool>);

impl Answers {
    /// Reads `id=1 id=0`; whatever cannot be read is left out.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut answers = Self::default();
        for (id, was_right) in pairs(text).filter(|it| matches!(it.1, "0" | "1")) {
            answers.note(id, was_right == "1");
        }
        answers
    }

    /// The text form.
    #[must_use]
    pub fn text(&self) -> String {
        line(self.0.iter().map(|(id, was_right)| (id.clone(), u8::from(*was_right))))
    }

    /// Whether the last answer to a question was right; `None` if there was none.
    #[must_use]
    pub fn of(&self, id: &str) -> Option<bool> {
        self.0.get(id).copied()
    }

    /// Notes an answer.
    pub fn note(&mut self, id: &str, was_right: bool) {
        if self.0.len() < ANSWERS_MAX || self.0.contains_key(id) {
            self.0.insert(id.to_owned(), was_right);
        }
    }

    /// Forgets a question.
    pub fn forget(&mut self, id: &str) {
        self.0.remove(id);
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

    /// Every answer, by id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, bool)> {
        self.0.iter().map(|(id, was_right)| (id.as_str(), *was_right))
    }
}

#[cfg(test)]
mod tests {
    use super::Answers;

    #[test]
    fn what_is_kept_is_read_back() {
        let mut answers = Answers::default();
        answers.note("fcfs_mean", true);
        answers.note("srtf_best", false);
        answers.note("gone", true);
        answers.forget("gone");
        assert_eq!(answers.text(), "fcfs_mean=1 srtf_best=0");
        assert_eq!(Answers::read(&answers.text()), answers);
        assert_eq!(answers.of("srtf_best"), Some(false));
        assert_eq!(answers.of("gone"), None);
    }

    #[test]
    fn rubbish_in_the_store_is_no_answer() {
        for text in ["", " ", "=1", "a=2", "a", "{\"a\":1}"] {
            assert_eq!(Answers::read(text), Answers::default(), "{text}");
        }
        assert_eq!(Answers::read("a=1  b=x c=0").text(), "a=1 c=0");
    }
}
