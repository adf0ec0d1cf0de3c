//! Reads the whole course, in the order in which one thing needs another.

use crate::check;
use crate::course::{Course, Module, Term};
use crate::desk::{Desk, Here, Names};
use crate::faults::{Faults, Sink};
use crate::files::Files;
use crate::markdown::{self, Shape};
use crate::tables::{self, GLOSSARY, Listed, RawTerm};
use crate::{errata, game, lesson, quiz, sheet};
use std::cell::RefCell;
use std::collections::BTreeMap;

impl Course {
    /// Reads the course from its files. What can be read is there even if there are faults.
    #[must_use]
    pub fn read(files: &Files) -> (Self, Faults) {
        let sink = Sink::of_course();
        let sources = tables::sources(files, &sink);
        let terms = tables::glossary(files, &sink);
        let runs = tables::scenarios(files, &sink);
        let listed = tables::outline(files, &sink);
        let source_lines = sources.iter().map(|(key, (line, _))| (key.clone(), *line)).collect();
        let sources = sources.into_iter().map(|(key, (_, source))| (key, source)).collect();
        let names = names(&listed, &terms, sources);
        let used = RefCell::default();
        let desk = Desk { files, sink: &sink, runs: &runs, names: &names, used };
        let mut course = Self {
            modules: listed.iter().map(|it| module(&desk, it)).collect(),
            glossary: terms.iter().map(|it| term(&desk, it)).collect(),
            sources: names.sources.clone(),
            scenarios: runs.named.clone(),
            errata: errata::read(&desk),
            cheat_sheet: sheet::read(&desk),
        };
        check::all(&desk, &course, &listed, &terms, &source_lines);
        course.name_lessons();
        let used = desk.used.into_inner();
        for (slug, lessons) in used.terms {
            if let Some(term) = course.glossary.get_mut(&slug) {
                term.lessons = lessons;
            }
        }
        for (key, lessons) in used.sources {
            if let Some(source) = course.sources.get_mut(&key) {
                source.lessons = lessons;
            }
        }
        (course, sink.into_faults())
    }
}

impl Course {
    /// Gives every level the title of its lesson.
    fn name_lessons(&mut self) {
        let lessons = self.modules.iter().flat_map(|it| &it.lessons);
        let titles: BTreeMap<String, String> =
            lessons.map(|it| (it.path(), it.title.clone())).collect();
        let chapters = self.modules.iter_mut().flat_map(|it| &mut it.chapters);
        for played in chapters.flat_map(|it| &mut it.levels) {
            let title = titles.get(&played.level.lesson);
            played.level.lesson_title = title.cloned().unwrap_or_default();
        }
    }
}

fn names(
    listed: &[Listed],
    terms: &BTreeMap<String, RawTerm>,
    sources: BTreeMap<String, crate::Source>,
) -> Names {
    let paths = listed.iter().flat_map(|Listed { module, lessons, .. }| {
        lessons.iter().map(|it| format!("{}/{}", module.slug, it.text))
    });
    let ready = listed.iter().filter(|it| !it.lessons.is_empty());
    Names {
        terms: terms.keys().cloned().collect(),
        sources,
        lessons: paths.zip(0..).collect(),
        modules: ready.map(|it| it.module.slug.clone()).collect(),
    }
}

fn module(desk: &Desk<'_>, Listed { module, lessons, .. }: &Listed) -> Module {
    let slug = &module.slug;
    let lessons: Vec<_> =
        lessons.iter().filter_map(|it| lesson::read(desk, slug, &it.text)).collect();
    let minutes = lessons.iter().map(|it| it.minutes).sum();
    let questions = if lessons.is_empty() { Vec::new() } else { quiz::of_module(desk, slug) };
    let chapters = if lessons.is_empty() { Vec::new() } else { game::of_module(desk, slug) };
    Module { lessons, minutes, questions, chapters, ..module.clone() }
}

fn term(desk: &Desk<'_>, (slug, raw): (&String, &RawTerm)) -> (String, Term) {
    let here = Here { desk, file: GLOSSARY, lesson: "" };
    let baked = markdown::bake(here, &raw.text, Shape::Note);
    let term = Term {
        slug: slug.clone(),
        title: raw.title.clone(),
        also: raw.also.clone(),
        html: baked.html(),
        plain_text: baked.plain_text,
        see: raw.see.iter().map(|it| it.text.clone()).collect(),
        lessons: Vec::new(),
    };
    (slug.clone(), term)
}
