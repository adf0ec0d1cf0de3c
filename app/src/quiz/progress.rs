//! What the learner has answered so far, in the store of the browser.

use study::Answers;

/// Key in the store. The version changes when the text form does.
pub const KEY: &str = "interleave.v1.quiz";

/// The answers as they are kept; none if the store cannot be used.
#[must_use]
pub fn load() -> Answers {
    Answers::read(&crate::browser::stored(KEY).unwrap_or_default())
}

/// Keeps an answer. Another tab may have answered meanwhile, so the store is read first.
pub fn keep(id: &str, was_right: bool) {
    let mut answers = load();
    answers.note(id, was_right);
    let _ = crate::browser::store(KEY, &answers.text());
}

/// Forgets an answer.
pub fn forget(id: &str) {
    let mut answers = load();
    answers.forget(id);
    let _ = crate::browser::store(KEY, &answers.text());
}
