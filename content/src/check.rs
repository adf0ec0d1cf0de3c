//! What can only be checked when everything is read: nothing dangles, and nothing is left over.

use crate::course::Course;
use crate::desk::{Desk, Used, Wanted};
use crate::game;
use crate::schema::Question;
use crate::tables::{GLOSSARY, Listed, OUTLINE, RawTerm, SOURCES};
use std::collections::{BTreeMap, BTreeSet};

/// Checks the course as a whole.
pub(crate) fn all(
    desk: &Desk<'_>,
    course: &Course,
    listed: &[Listed],
    terms: &BTreeMap<String, RawTerm>,
    source_lines: &BTreeMap<String, u32>,
) {
    let used = desk.used.borrow();
    leftovers(desk, &used, terms, source_lines);
    files(desk, &used, listed);
    lessons(desk, listed);
    anchors(desk, &used, course);
    questions(desk, &used, course);
}

/// Terms and sources that nobody uses.
fn leftovers(
    desk: &Desk<'_>,
    used: &Used,
    terms: &BTreeMap<String, RawTerm>,
    source_lines: &BTreeMap<String, u32>,
) {
    for (slug, term) in terms {
        if !used.terms.contains_key(slug) {
            desk.sink.add(
                GLOSSARY,
                term.line,
                format!("term {slug}: no lesson and no question links it"),
            );
        }
    }
    let by_engines: BTreeSet<&str> =
        sim::engines().filter_map(|entry| entry.meta.source.split('/').next()).collect();
    for (key, line) in source_lines {
        if !used.sources.contains_key(key) && !by_engines.contains(key.as_str()) {
            desk.sink.add(SOURCES, *line, format!("source {key}: nothing cites it"));
        }
    }
}

/// Files that nobody lists.
fn files(desk: &Desk<'_>, used: &Used, listed: &[Listed]) {
    let mut known = BTreeSet::from([OUTLINE.to_owned()]);
    for Listed { module, lessons, .. } in listed {
        if !lessons.is_empty() {
            known.insert(format!("course/{}/questions.toml", module.slug));
            known.insert(game::path(&module.slug));
        }
        known.extend(lessons.iter().map(|it| format!("course/{}/{}.md", module.slug, it.text)));
    }
    for (path, _) in desk.files.below("course") {
        if !known.contains(path) {
            desk.sink.add(path, 1, "the outline does not list this file");
        }
    }
    for (path, _) in desk.files.below("listings") {
        if !used.listings.contains_key(path) {
            desk.sink.add(path, 1, "no lesson shows this listing");
        }
    }
    for (path, _) in desk.files.below("drawings") {
        if !used.drawings.contains(path) {
            desk.sink.add(path, 1, "no lesson shows this drawing");
        }
    }
}

/// Lessons that are listed and not there.
fn lessons(desk: &Desk<'_>, listed: &[Listed]) {
    for Listed { module, lessons, .. } in listed {
        for lesson in lessons {
            let path = format!("course/{}/{}.md", module.slug, lesson.text);
            if desk.files.text(&path).is_none() {
                desk.sink.add(OUTLINE, lesson.line, format!("there is no content/{path}"));
            }
        }
    }
}

/// Links to places in lessons.
fn anchors(desk: &Desk<'_>, used: &Used, course: &Course) {
    for want in &used.anchors {
        // A lesson that could not be read has its own fault.
        let Some(lesson) = course.lesson(&want.lesson) else { continue };
        if !lesson.headings.iter().any(|heading| heading.id == want.name) {
            let ids: Vec<&str> = lesson.headings.iter().map(|it| it.id.as_str()).collect();
            let what = format!(
                "lesson {} has no heading #{}; it has {}",
                want.lesson,
                want.name,
                ids.join(", ")
            );
            desk.sink.add(&want.file, want.line, what);
        }
    }
}

/// Questions in lessons, and ids.
fn questions(desk: &Desk<'_>, used: &Used, course: &Course) {
    let mut seen = BTreeSet::new();
    for module in &course.modules {
        let file = format!("course/{}/questions.toml", module.slug);
        for question in &module.questions {
            if !seen.insert(question.id.as_str()) {
                let text = desk.files.text(&file).unwrap_or_default();
                let line = last_line_with(text, &format!("\"{}\"", question.id));
                desk.sink.add(&file, line, format!("question {} is there twice", question.id));
            }
        }
    }
    let mut asked = BTreeSet::new();
    for want in &used.questions {
        if !used.question_ids.contains(&want.name) {
            let what = format!("there is no question {}", want.name);
            desk.sink.add(&want.file, want.line, what);
        } else if course.question(&want.name).is_some_and(|it| elsewhere(desk, it, want)) {
            let what = format!("question {} belongs to another lesson", want.name);
            desk.sink.add(&want.file, want.line, what);
        } else if !asked.insert(want.name.as_str()) {
            let what = format!("question {} is asked in two places", want.name);
            desk.sink.add(&want.file, want.line, what);
        }
    }
}

/// Whether a question belongs to another lesson than the one it is asked in.
fn elsewhere(desk: &Desk<'_>, question: &Question, want: &Wanted) -> bool {
    // A lesson that there is not is told at the question.
    question.lesson != want.lesson && desk.names.lessons.contains_key(&question.lesson)
}

fn last_line_with(text: &str, word: &str) -> u32 {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| line.contains(word));
    lines.map(|(n, _)| n).last().unwrap_or(1)
}
