//! The outline, the sources, the glossary and the named scenarios: what lessons refer to.

use crate::course::{Module, NamedScenario, Source, Status};
use crate::faults::Sink;
use crate::files::Files;
use crate::runs::Runs;
use crate::toml_doc::{Doc, Row, Text};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Path of the outline.
pub(crate) const OUTLINE: &str = "course/outline.toml";
/// Path of the glossary.
pub(crate) const GLOSSARY: &str = "glossary.toml";
/// Path of the sources.
pub(crate) const SOURCES: &str = "sources.toml";
/// Path of what common notes get wrong.
pub(crate) const ERRATA: &str = "errata.toml";
/// Path of how long things take.
pub(crate) const LATENCY: &str = "latency.toml";
/// Path of the calls of POSIX and Linux.
pub(crate) const CALLS: &str = "calls.toml";
/// Path of the cheat sheet.
pub(crate) const SHEET: &str = "cheat_sheet.md";

/// A module as the outline lists it: without its lessons' text.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    line: u32,
    pub(crate) module: Module,
    /// Slugs of its lessons and the line of each in the outline.
    pub(crate) lessons: Vec<Text>,
}

/// A term as the glossary file has it: Markdown, not yet baked.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawTerm {
    pub(crate) line: u32,
    pub(crate) title: String,
    pub(crate) also: Vec<String>,
    pub(crate) text: Text,
    pub(crate) see: Vec<Text>,
}

/// Whether a word can stand in a path and in a link: small letters, digits, and one kind of joint.
pub(crate) fn is_slug(word: &str, joint: char) -> bool {
    let fits = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == joint;
    word.starts_with(|it: char| it.is_ascii_lowercase() || it.is_ascii_digit())
        && word.chars().all(fits)
}

/// Whether a text ends as a sentence does.
pub(crate) fn is_sentence(text: &str) -> bool {
    text.ends_with(['.', '?', '!'])
}

fn file<'a>(files: &'a Files, path: &'a str, sink: &'a Sink) -> Option<Doc<'a>> {
    let text = files.text(path);
    if text.is_none() {
        sink.add(path, 1, "the file is missing");
    }
    Some(Doc { file: path, line: 1, text: text?, sink })
}

/// The modules in order.
pub(crate) fn outline(files: &Files, sink: &Sink) -> Vec<Listed> {
    let read = |root: &Row<'_>| root.rows("modules").iter().map(listed).collect();
    let all: Vec<Listed> =
        file(files, OUTLINE, sink).and_then(|doc| doc.read(read)).unwrap_or_default();
    for (n, Listed { line, module, .. }) in all.iter().enumerate() {
        if all[..n].iter().any(|it| it.module.slug == module.slug) {
            sink.add(OUTLINE, *line, format!("module {} is listed twice", module.slug));
        }
    }
    all
}

fn listed(row: &Row<'_>) -> Listed {
    let number = row.count("number").unwrap_or_default();
    if number == 0 {
        row.fault("number", "number: expected the module's number, from 1");
    }
    let slug = row.text("slug");
    if !is_slug(&slug, '_') {
        row.fault("slug", format!("slug {slug}: expected small letters, digits and _"));
    }
    let summary = row.text("summary");
    if !is_sentence(&summary) {
        row.fault("summary", "summary: expected a sentence");
    }
    let lessons = row.texts("lessons");
    for lesson in &lessons {
        if !is_slug(&lesson.text, '_') {
            let what = format!("lesson {}: expected small letters, digits and _", lesson.text);
            row.sink().add(row.file(), lesson.line, what);
        }
        if 1 < lessons.iter().filter(|it| it.text == lesson.text).count() {
            let what = format!("lesson {} is listed twice", lesson.text);
            row.sink().add(row.file(), lesson.line, what);
        }
    }
    let status = if lessons.is_empty() { Status::InPreparation } else { Status::Ready };
    let (title, icon) = (row.text("title"), row.text("icon"));
    let module = Module { slug, number, title, summary, icon, status, ..Module::default() };
    row.done();
    Listed { line: row.line("slug"), module, lessons }
}

/// The sources by key, and the line of each.
pub(crate) fn sources(files: &Files, sink: &Sink) -> BTreeMap<String, (u32, Source)> {
    let read = |root: &Row<'_>| root.named_rows().iter().map(source).collect();
    file(files, SOURCES, sink).and_then(|doc| doc.read(read)).unwrap_or_default()
}

fn source((key, row): &(String, Row<'_>)) -> (String, (u32, Source)) {
    if !is_slug(key, '-') {
        row.fault("", format!("source {key}: expected small letters, digits and -"));
    }
    let url = row.text_or_empty("url");
    if !url.is_empty() && !url.starts_with("https://") {
        row.fault("url", format!("url {url}: expected one that opens with https://"));
    }
    let source = Source {
        key: key.clone(),
        short: row.text("short"),
        title: row.text("title"),
        authors: row.texts("authors").into_iter().map(|it| it.text).collect(),
        year: row.int("year").and_then(|year| i32::try_from(year).ok()),
        place: row.text_or_empty("place"),
        url,
        unit: row.text_or_empty("unit"),
        note: row.text_or_empty("note"),
        lessons: Vec::new(),
    };
    row.done();
    (key.clone(), (row.line(""), source))
}

/// The glossary terms by slug.
pub(crate) fn glossary(files: &Files, sink: &Sink) -> BTreeMap<String, RawTerm> {
    let read = |root: &Row<'_>| root.named_rows().iter().map(term).collect();
    let terms: BTreeMap<String, RawTerm> =
        file(files, GLOSSARY, sink).and_then(|doc| doc.read(read)).unwrap_or_default();
    for (slug, term) in &terms {
        for see in &term.see {
            if !terms.contains_key(&see.text) || see.text == *slug {
                let what = format!("see {}: there is no such other term", see.text);
                sink.add(GLOSSARY, see.line, what);
            }
        }
    }
    terms
}

fn term((slug, row): &(String, Row<'_>)) -> (String, RawTerm) {
    if !is_slug(slug, '_') {
        row.fault("", format!("term {slug}: expected small letters, digits and _"));
    }
    let title = row.text("title");
    row.text("text");
    let term = RawTerm {
        line: row.line(""),
        title,
        also: row.texts("also").into_iter().map(|it| it.text).collect(),
        text: row.markdown("text"),
        see: row.texts("see"),
    };
    row.done();
    (slug.clone(), term)
}

/// The named scenarios by engine; each is run once to see that it does.
pub(crate) fn scenarios(files: &Files, sink: &Sink) -> Runs {
    let mut runs = Runs::default();
    for (path, text) in files.below("scenarios") {
        if let Some((engine, scenario)) = scenario(path, text, sink) {
            runs.named.entry(engine).or_default().push(scenario);
        }
    }
    for (engine, list) in &mut runs.named {
        list.sort_by_key(|it| it.rank);
        for pair in list.windows(2) {
            if pair[0].rank == pair[1].rank {
                let path = format!("scenarios/{engine}/{}.json", pair[1].name);
                let what = format!("rank {} is also that of {}", pair[1].rank, pair[0].name);
                sink.add(&path, 1, what);
            }
        }
    }
    for (engine, list) in &runs.named {
        for it in list {
            check_run(&runs, engine, it, files, sink);
        }
    }
    runs
}

fn check_run(runs: &Runs, engine: &str, named: &NamedScenario, files: &Files, sink: &Sink) {
    let path = format!("scenarios/{engine}/{}.json", named.name);
    let text = files.text(&path).unwrap_or_default();
    match runs.run(engine, &named.scenario) {
        Err(what) => sink.add(&path, line_of(text, "\"scenario\""), what),
        Ok(run) => {
            let at = named.at.and_then(|at| usize::try_from(at).ok());
            if at.is_some_and(|at| run.len() <= at) {
                let what = format!("at is beyond the run, whose last step is {}", run.len() - 1);
                sink.add(&path, line_of(text, "\"at\""), what);
            }
        }
    }
}

/// Line of the first place where a word stands, from 1.
fn line_of(text: &str, word: &str) -> u32 {
    let before = text.split(word).next().unwrap_or_default();
    u32::try_from(before.matches('\n').count() + 1).unwrap_or(1)
}

fn scenario(path: &str, text: &str, sink: &Sink) -> Option<(String, NamedScenario)> {
    let fault = |word: &str, what: String| {
        let line = if word.is_empty() { 1 } else { line_of(text, &format!("\"{word}\"")) };
        sink.add(path, line, what);
    };
    let stem = path.strip_prefix("scenarios/")?.strip_suffix(".json");
    let place = stem.and_then(|stem| stem.rsplit_once('/'));
    let Some((engine, name)) = place.filter(|(engine, _)| engine.contains('/')) else {
        fault("", "expected scenarios/<domain>/<engine>/<name>.json".to_owned());
        return None;
    };
    if !is_slug(name, '_') {
        fault("", format!("name {name}: expected small letters, digits and _"));
    }
    if let Err(what) = Runs::engine(engine) {
        fault("", what);
        return None;
    }
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            let line = u32::try_from(error.line()).unwrap_or(1).max(1);
            sink.add(path, line, format!("not JSON: {error}"));
            return None;
        }
    };
    check_scenario(&value, &fault);
    let word = |key: &str| value[key].as_str().unwrap_or_default().trim().to_owned();
    let named = NamedScenario {
        name: name.to_owned(),
        title: word("title"),
        about: word("about"),
        rank: count(&value, "rank").unwrap_or_default(),
        at: count(&value, "at"),
        scenario: value["scenario"].clone(),
    };
    Some((engine.to_owned(), named))
}

fn count(value: &Value, key: &str) -> Option<u32> {
    value[key].as_u64().and_then(|it| u32::try_from(it).ok())
}

/// Checks the keys of a scenario file; `fault` takes the key.
fn check_scenario(value: &Value, fault: &dyn Fn(&str, String)) {
    let known = ["title", "about", "rank", "at", "scenario"];
    for key in value.as_object().into_iter().flat_map(Map::keys) {
        if !known.contains(&key.as_str()) {
            fault(key, format!("{key}: there is no such key here"));
        }
    }
    let word = |key: &str| value[key].as_str().unwrap_or_default().trim();
    if word("title").is_empty() {
        fault("title", "title is missing".to_owned());
    }
    if !is_sentence(word("about")) {
        fault("about", "about: expected a sentence".to_owned());
    }
    if count(value, "rank").unwrap_or_default() == 0 {
        fault("rank", "rank: expected a whole number from 1".to_owned());
    }
    if !value["at"].is_null() && count(value, "at").is_none() {
        fault("at", "at: expected a whole number from 0".to_owned());
    }
    if !value["scenario"].is_object() {
        fault("scenario", "scenario: expected an object".to_owned());
    }
}
