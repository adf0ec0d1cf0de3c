//! What the learner has answered so far: one line of text in the store, which may be missing or broken.

use std::collections::BTreeMap;

/// Key in the store. The version changes when the text form does.
pub const KEY: &str = "interleave.v1.quiz";

/// Most answers that are kept.
const ANSWERS_MAX: usize = 5_000;

/// Answers by question id; true if the last one was right.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress(BTreeMap<String, bool>);

impl Progress {
    /// Reads `id=1 id=0`; whatever cannot be read is left out.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let pair = |part: &str| {
            let (id, was_right) = part.rsplit_once('=')?;
            let fits = !id.is_empty() && matches!(was_right, "0" | "1");
            fits.then(|| (id.to_owned(), was_right == "1"))
        };
        Self(text.split(' ').filter_map(pair).take(ANSWERS_MAX).collect())
    }

    /// The text form.
    #[must_use]
    pub fn text(&self) -> String {
        let parts: Vec<String> =
            self.0.iter().map(|(id, was_right)| format!("{id}={}", u8::from(*was_right))).collect();
        parts.join(" ")
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
}

/// The progress as it is kept; empty if the store cannot be used.
#[must_use]
pub fn load() -> Progress {
    Progress::read(&crate::browser::stored(KEY).unwrap_or_default())
}

/// Keeps an answer. Another tab may have answered meanwhile, so the store is read first.
pub fn keep(id: &str, was_right: bool) {
    let mut progress = load();
    progress.note(id, was_right);
    let _ = crate::browser::store(KEY, &progress.text());
}

/// Forgets an answer.
pub fn forget(id: &str) {
    let mut progress = load();
    progress.forget(id);
    let _ = crate::browser::store(KEY, &progress.text());
}

#[cfg(test)]
mod tests {
    use super::Progress;

    #[test]
    fn what_is_kept_is_read_back() {
        let mut progress = Progress::default();
        progress.note("fcfs_mean", true);
        progress.note("srtf_best", false);
        progress.note("gone", true);
        progress.forget("gone");
        assert_eq!(progress.text(), "fcfs_mean=1 srtf_best=0");
        assert_eq!(Progress::read(&progress.text()), progress);
        assert_eq!(progress.of("srtf_best"), Some(false));
        assert_eq!(progress.of("gone"), None);
    }

    #[test]
    fn rubbish_in_the_store_is_no_answer() {
        for text in ["", " ", "=1", "a=2", "a", "{\"a\":1}"] {
            assert_eq!(Progress::read(text), Progress::default(), "{text}");
        }
        assert_eq!(Progress::read("a=1  b=x c=0").text(), "a=1 c=0");
    }
}
