//! What every reader has at hand: the files, the names that may be linked, the runs, and a note
//! of everything that was used.

use crate::course::Source;
use crate::faults::Sink;
use crate::files::Files;
use crate::runs::Runs;
use crate::tables::GLOSSARY;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What may be linked.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Slugs of glossary terms.
    pub(crate) terms: BTreeSet<String>,
    /// Sources by key.
    pub(crate) sources: BTreeMap<String, Source>,
    /// Lessons as `module/lesson`, with their place in the course.
    pub(crate) lessons: BTreeMap<String, usize>,
    /// Slugs of modules that have lessons.
    pub(crate) modules: BTreeSet<String>,
}

/// What was used so far.
#[derive(Debug, Default)]
pub(crate) struct Used {
    /// Terms by slug, each with the lessons that link it.
    pub(crate) terms: BTreeMap<String, Vec<String>>,
    /// Sources by key, each with the lessons that cite it.
    pub(crate) sources: BTreeMap<String, Vec<String>>,
    /// Files of listings, each with the lesson that shows it first.
    pub(crate) listings: BTreeMap<String, String>,
    /// Files of drawings.
    pub(crate) drawings: BTreeSet<String>,
    /// Places in lessons that are linked; checked when all headings are known.
    pub(crate) anchors: Vec<Wanted>,
    /// Questions that stand in lessons; checked when all are known.
    pub(crate) questions: Vec<Wanted>,
    /// Ids of all questions that were found, faulty ones too.
    pub(crate) question_ids: BTreeSet<String>,
}

/// A name that must turn out to exist.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) file: String,
    pub(crate) line: u32,
    /// The lesson it stands in, or points into, as `module/lesson`.
    pub(crate) lesson: String,
    /// The anchor or the question id.
    pub(crate) name: String,
}

/// What every reader has at hand.
#[derive(Debug)]
pub(crate) struct Desk<'a> {
    pub(crate) files: &'a Files,
    pub(crate) sink: &'a Sink,
    pub(crate) runs: &'a Runs,
    pub(crate) names: &'a Names,
    pub(crate) used: RefCell<Used>,
}

/// A piece of text that is being read: its file, and the lesson it belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Here<'a> {
    pub(crate) desk: &'a Desk<'a>,
    pub(crate) file: &'a str,
    /// As `module/lesson`; empty outside of lessons.
    pub(crate) lesson: &'a str,
}

impl Here<'_> {
    /// Notes a fault.
    pub(crate) fn fault(&self, line: u32, what: impl Into<String>) {
        self.desk.sink.add(self.file, line, what);
    }

    /// Notes the use of a term; that terms explain each other is no use.
    pub(crate) fn use_term(&self, slug: &str) {
        if self.file == GLOSSARY {
            return;
        }
        note(&mut self.desk.used.borrow_mut().terms, slug, self.lesson);
    }

    /// Notes the use of a source.
    pub(crate) fn use_source(&self, key: &str) {
        note(&mut self.desk.used.borrow_mut().sources, key, self.lesson);
    }
}

/// Adds a lesson to a list of users, once; an empty one just marks the thing as used.
fn note(all: &mut BTreeMap<String, Vec<String>>, key: &str, lesson: &str) {
    let users = all.entry(key.to_owned()).or_default();
    if !lesson.is_empty() && !users.iter().any(|it| it == lesson) {
        users.push(lesson.to_owned());
    }
}
