//! Levels of a game: programs to break by picking who steps, or to mend until no schedule breaks them.
//!
//! The page embeds a [`Level`] as JSON and the app plays it; what a mended program must keep is
//! checked here, so that the tests and the page judge alike.

use serde::{Deserialize, Serialize};

/// A level as the page embeds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// Unique in the course. Progress is kept under it, so it never changes.
    pub id: String,
    /// Title; plain text.
    pub title: String,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// Id of the engine that plays it.
    pub engine: String,
    /// Key of the setting that holds the program.
    pub code: String,
    /// The scenario as JSON text: the program, no picks, and nothing after them.
    pub scenario: String,
    /// What is to be done, in one sentence; inline HTML.
    pub task_html: String,
    /// What one should know; HTML blocks, may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text_html: String,
    /// Why it broke, or why it holds now; HTML blocks, shown afterwards.
    pub why_html: String,
    /// The lesson that explains it, as `module/lesson`.
    pub lesson: String,
    /// Title of that lesson; plain text.
    pub lesson_title: String,
    /// What is to be reached.
    pub goal: Goal,
}

/// How hard a level is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difficulty {
    /// Shows how the game is played.
    Tutorial,
    /// One idea.
    Easy,
    /// Two ideas, or a longer way.
    Medium,
    /// For an evening.
    Hard,
}

impl Difficulty {
    /// Every degree, rising.
    pub const ALL: [Self; 4] = [Self::Tutorial, Self::Easy, Self::Medium, Self::Hard];

    /// The degree as one word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tutorial => "tutorial",
            Self::Easy => "easy",
            Self::Medium => "medium",
            Self::Hard => "hard",
        }
    }

    /// The degree with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// What is to be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Pick steps until the run ends so.
    Break {
        /// How it must end.
        end: End,
        /// Steps of a shortest schedule.
        steps: u32,
    },
    /// Edit the program until no schedule breaks a law.
    Mend {
        /// What the edited program must be.
        ensure: Ensure,
        /// One after another, if asked for; inline HTML.
        hints: Vec<String>,
    },
}

/// How a run ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// With this law broken.
    Law(String),
    /// With this outcome, when all threads have ended.
    Outcome(String),
}

/// What keeps an edit honest: deleting everything would break no law either.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ensure {
    /// Names of the threads, in order.
    pub threads: Vec<String>,
    /// Pieces of the program that must stay, wherever; one that is listed twice must be there twice.
    pub keep: Vec<String>,
    /// Words that may not be used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    /// All outcomes, each of which must be possible, and no other.
    pub ends: Vec<String>,
}

impl Ensure {
    /// Which pieces are missing from a program, as they are listed.
    #[must_use]
    pub fn missing(&self, source: &str) -> Vec<&str> {
        let source = packed(source);
        let listed = |piece: &String| self.keep.iter().filter(|it| *it == piece).count();
        let is_missing = |piece: &&String| source.matches(&packed(piece)).count() < listed(piece);
        let mut missing: Vec<&str> = Vec::new();
        for piece in self.keep.iter().filter(is_missing) {
            if !missing.contains(&piece.as_str()) {
                missing.push(piece);
            }
        }
        missing
    }

    /// Which words of a program are not allowed.
    #[must_use]
    pub fn forbidden(&self, source: &str) -> Vec<&str> {
        let source = without_comments(source);
        let is_part = |it: char| it.is_ascii_alphanumeric() || it == '_';
        let words: Vec<&str> = source.split(|it: char| !is_part(it)).collect();
        self.without.iter().map(String::as_str).filter(|it| words.contains(it)).collect()
    }
}

/// A program without comments and spaces, so that neither hides or makes a piece.
fn packed(source: &str) -> String {
    without_comments(source).chars().filter(|it| !it.is_whitespace()).collect()
}

/// A program without what stands behind `//` and between `/*` and `*/`.
fn without_comments(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find("//").into_iter().chain(rest.find("/*")).min() {
        out.push_str(&rest[..at]);
        let comment = &rest[at..];
        let end = match comment.starts_with("//") {
            true => comment.find('\n'),
            false => comment.get(2..).and_then(|it| it.find("*/")).map(|it| it + 4),
        };
        // A comment divides words.
        out.push(' ');
        rest = end.and_then(|end| comment.get(end..)).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::{Difficulty, Ensure};

    fn ensure(keep: &[&str], without: &[&str]) -> Ensure {
        let list = |it: &[&str]| it.iter().map(|&it| it.to_owned()).collect();
        Ensure { keep: list(keep), without: list(without), ..Ensure::default() }
    }

    #[test]
    fn a_piece_is_found_whatever_its_spaces() {
        let ensure = ensure(&["counter ++ ;", "counter++;"], &[]);
        assert_eq!(ensure.missing("thread A {\n  counter\n++;}"), Vec::<&str>::new());
        assert_eq!(ensure.missing("thread A { }"), ["counter ++ ;", "counter++;"]);
    }

    #[test]
    fn a_piece_that_is_listed_twice_must_be_there_twice() {
        let ensure = ensure(&["x++", "lock(m)", "x++"], &[]);
        assert_eq!(ensure.missing("x++; lock(m); x++;"), Vec::<&str>::new());
        assert_eq!(ensure.missing("x++; lock(m); y++;"), ["x++"]);
        assert_eq!(ensure.missing("x++;"), ["x++", "lock(m)"]);
    }

    #[test]
    fn what_stands_in_a_comment_is_not_there() {
        let ensure = ensure(&["x++"], &["mutex"]);
        for source in ["// x++", "/* x++ */", "/* x++", "y; // x++\nz;", "x/**/+"] {
            assert_eq!(ensure.missing(source), ["x++"], "{source}");
        }
        assert!(ensure.missing("// a\nx++; /* b */").is_empty());
        assert!(ensure.forbidden("// mutex m;\nint mutexes;").is_empty());
        assert_eq!(ensure.forbidden("mutex m;"), ["mutex"]);
    }

    #[test]
    fn a_degree_is_found_by_its_word() {
        for it in Difficulty::ALL {
            assert_eq!(Difficulty::from_word(it.word()), Some(it));
        }
        assert_eq!(Difficulty::from_word("nightmare"), None);
    }
}
