//! The levels of a module's game, from `levels.toml`.

use crate::desk::{Desk, Here};
use crate::level::{Difficulty, End, Ensure, Goal, Level};
use crate::markdown::{self, Shape};
use crate::runs::Runs;
use crate::tables::{is_sentence, is_slug};
use crate::toml_doc::Doc;
use crate::toml_doc::{Row, Text};
use serde_json::{Map, Value, json};
use sim::{Entry, Kind};
use std::collections::BTreeSet;

/// Levels that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    /// Title; plain text.
    pub title: String,
    /// One sentence; plain text.
    pub about: String,
    /// Its levels in order.
    pub levels: Vec<Played>,
}

/// A level with what the page keeps to itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// What the page shows.
    pub level: Level,
    /// How the program breaks, and in how few steps: what is to be reached, or to be mended.
    pub end: End,
    /// Steps of a shortest schedule that ends so.
    pub steps: u32,
    /// A program that is mended; empty for a level to break.
    pub solution: String,
}

/// Path of a module's levels.
pub(crate) fn path(module: &str) -> String {
    format!("course/{module}/levels.toml")
}

/// The levels of a module; none if it has no such file.
pub(crate) fn of_module(desk: &Desk<'_>, module: &str) -> Vec<Chapter> {
    let file = path(module);
    let Some(text) = desk.files.text(&file) else { return Vec::new() };
    let doc = Doc { file: &file, line: 1, text, sink: desk.sink };
    doc.read(|root| chapters(desk, root, module)).unwrap_or_default()
}

fn chapters(desk: &Desk<'_>, root: &Row<'_>, module: &str) -> Vec<Chapter> {
    let engine = root.text("engine");
    let settings = settings(root);
    let rows = root.rows("chapters");
    let entry = match Runs::engine(&engine) {
        Ok(entry) => entry,
        Err(what) => {
            root.fault("engine", what);
            return Vec::new();
        }
    };
    let Some(code) = entry.form.iter().find(|it| matches!(it.kind, Kind::Code { .. })) else {
        root.fault("engine", format!("engine {engine}: it plays no program"));
        return Vec::new();
    };
    if entry.search.is_none() {
        root.fault("engine", format!("engine {engine}: it has no choices to explore"));
    }
    let mut reader = Reader { desk, module, entry, code: code.key, settings, ids: BTreeSet::new() };
    rows.iter().map(|row| reader.chapter(row)).collect()
}

/// Settings of the engine as JSON text in a row; none if they are left out.
fn settings(row: &Row<'_>) -> Map<String, Value> {
    let Some(text) = row.opt_text("settings") else { return Map::new() };
    match serde_json::from_str(&text) {
        Ok(Value::Object(settings)) => settings,
        Ok(_) => {
            row.fault("settings", "settings: expected a JSON object");
            Map::new()
        }
        Err(error) => {
            row.fault("settings", format!("settings: {error}"));
            Map::new()
        }
    }
}

/// What all levels of a file share.
struct Reader<'a> {
    desk: &'a Desk<'a>,
    module: &'a str,
    entry: &'static Entry,
    /// Key of the setting that holds the program.
    code: &'static str,
    settings: Map<String, Value>,
    /// Ids so far.
    ids: BTreeSet<String>,
}

impl Reader<'_> {
    fn chapter(&mut self, row: &Row<'_>) -> Chapter {
        let chapter = Chapter {
            title: row.text("title"),
            about: sentence(row, "about"),
            levels: row.rows("levels").iter().filter_map(|it| self.level(it)).collect(),
        };
        row.done();
        chapter
    }

    fn level(&mut self, row: &Row<'_>) -> Option<Played> {
        let here = Here { desk: self.desk, file: row.file(), lesson: "" };
        let id = row.text("id");
        if !is_slug(&id, '_') {
            row.fault("id", format!("id {id}: expected small letters, digits and _"));
        } else if !self.ids.insert(id.clone()) {
            row.fault("id", format!("level {id} is there twice"));
        }
        let title = row.text("title");
        let difficulty = difficulty(row);
        let lesson = self.lesson(row);
        sentence(row, "task");
        let task_html = markdown::line(here, &row.markdown("task"));
        let text_html = note(here, &row.markdown("text"));
        let why_html = note(here, &row.markdown("why"));
        if why_html.is_empty() {
            row.fault("why", format!("level {id}: why is missing"));
        }
        let scenario = self.scenario(row, "program")?;
        let (end, steps) = end(row)?;
        let kind = row.text("goal");
        let (goal, solution) = match kind.as_str() {
            "break" => (Goal::Break { end: end.clone(), steps }, String::new()),
            "mend" => self.mend(here, row),
            other => {
                row.fault("goal", format!("goal {other}: expected break or mend"));
                return None;
            }
        };
        row.done();
        let (engine, code) = (self.entry.meta.id.to_owned(), self.code.to_owned());
        let scenario = scenario.to_string();
        let lesson_title = String::new();
        let level = Level {
            id,
            title,
            difficulty,
            engine,
            code,
            scenario,
            task_html,
            text_html,
            why_html,
            lesson,
            lesson_title,
            goal,
        };
        Some(Played { level, end, steps, solution })
    }

    fn mend(&self, here: Here<'_>, row: &Row<'_>) -> (Goal, String) {
        let ensure = row.row("ensure").map(|it| ensure(&it)).unwrap_or_default();
        if ensure.threads.is_empty() || ensure.keep.is_empty() || ensure.ends.is_empty() {
            row.fault("ensure", "ensure: expected threads, keep and ends");
        }
        let hints = row.texts("hints");
        if hints.is_empty() {
            row.fault("hints", "hints: expected at least one");
        }
        let hints = hints.iter().map(|it| markdown::line(here, it)).collect();
        self.scenario(row, "solution");
        (Goal::Mend { ensure, hints }, program(row, "solution"))
    }

    /// The scenario that plays the program under a key; `None` if the engine refuses it.
    fn scenario(&self, row: &Row<'_>, key: &'static str) -> Option<Value> {
        let mut scenario = self.settings.clone();
        scenario.extend(settings(row));
        scenario.insert(self.code.to_owned(), json!(program(row, key)));
        let scenario = Value::Object(scenario);
        match self.desk.runs.run(self.entry.meta.id, &scenario) {
            Ok(_) => Some(scenario),
            Err(what) => {
                row.fault(key, format!("{key}: {what}"));
                None
            }
        }
    }

    /// The lesson as `module/lesson`; one of this module goes without its name.
    fn lesson(&self, row: &Row<'_>) -> String {
        let lesson = row.text("lesson");
        let lesson = match lesson.contains('/') {
            true => lesson,
            false => format!("{}/{lesson}", self.module),
        };
        if row.has("lesson") && !self.desk.names.lessons.contains_key(&lesson) {
            row.fault("lesson", format!("there is no lesson {lesson}"));
        }
        lesson
    }
}

/// A program without the line end after the opening quotes.
fn program(row: &Row<'_>, key: &'static str) -> String {
    let text = row.markdown(key).text;
    if text.trim().is_empty() {
        row.fault(key, format!("{key} is missing"));
    }
    format!("{}\n", text.trim_matches('\n'))
}

fn note(here: Here<'_>, text: &Text) -> String {
    if text.text.trim().is_empty() {
        return String::new();
    }
    markdown::bake(here, text, Shape::Note).html()
}

fn sentence(row: &Row<'_>, key: &'static str) -> String {
    let text = row.text(key);
    if !text.is_empty() && !is_sentence(&text) {
        row.fault(key, format!("{key}: expected a sentence"));
    }
    text
}

fn difficulty(row: &Row<'_>) -> Difficulty {
    let word = row.text("difficulty");
    Difficulty::from_word(&word).unwrap_or_else(|| {
        let known: Vec<&str> = Difficulty::ALL.iter().map(|it| it.word()).collect();
        row.fault("difficulty", format!("difficulty {word}: expected one of {}", known.join(", ")));
        Difficulty::Easy
    })
}

/// How the program breaks; `None` if that cannot be read.
fn end(row: &Row<'_>) -> Option<(End, u32)> {
    let Some(end) = row.row("end") else {
        row.fault("end", "end is missing");
        return None;
    };
    let (law, outcome) = (end.opt_text("law"), end.opt_text("outcome"));
    let steps = end.count("steps").unwrap_or_default();
    end.done();
    if steps == 0 {
        end.fault("steps", "steps: expected the length of a shortest schedule");
    }
    match (law, outcome) {
        (Some(law), None) => Some((End::Law(law), steps)),
        (None, Some(outcome)) => Some((End::Outcome(outcome), steps)),
        (Some(_), Some(_)) | (None, None) => {
            end.fault("", "end: expected a law or an outcome");
            None
        }
    }
}

fn ensure(row: &Row<'_>) -> Ensure {
    let texts = |key| row.texts(key).into_iter().map(|it| it.text).collect();
    let ensure = Ensure {
        threads: texts("threads"),
        keep: texts("keep"),
        without: texts("without"),
        ends: texts("ends"),
    };
    row.done();
    ensure
}
