//! Reads the whole course, in the order in which one thing needs another.

use crate::course::{Course, Term};
use crate::faults::{Faults, Sink};
use crate::files::Files;
use crate::tables::{self, RawTerm};
use std::collections::BTreeMap;

impl Course {
    /// Reads the course from its files. What can be read is there even if there are faults.
    #[must_use]
    pub fn read(files: &Files) -> (Self, Faults) {
        let sink = Sink::default();
        let mut course = Self::default();
        let sources = tables::sources(files, &sink);
        let terms = tables::glossary(files, &sink);
        let runs = tables::scenarios(files, &sink);
        course.modules = tables::outline(files, &sink).into_iter().map(|it| it.module).collect();
        course.sources = sources.into_iter().map(|(key, (_, source))| (key, source)).collect();
        course.glossary = glossary(terms);
        course.scenarios = runs.named;
        (course, sink.into_faults())
    }
}

fn glossary(terms: BTreeMap<String, RawTerm>) -> BTreeMap<String, Term> {
    let term = |(slug, raw): (String, RawTerm)| {
        let see = raw.see.into_iter().map(|it| it.text).collect();
        let RawTerm { title, also, text, .. } = raw;
        let term =
            Term { slug: slug.clone(), title, also, plain_text: text.text, see, ..Term::default() };
        (slug, term)
    };
    terms.into_iter().map(term).collect()
}
