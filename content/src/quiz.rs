//! Questions: the schema of mdbook-quiz, and what an engine answers.

use crate::desk::{Desk, Here, Names};
use crate::escape::escape;
use crate::faults::{Faults, Sink};
use crate::files::Files;
use crate::markdown::{self, Shape};
use crate::runs::Runs;
use crate::schema::{Kind, Question};
use crate::toml_doc::{Doc, Row, Text};
use crate::{choice, figures, sim_quiz};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Where questions come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin<'a> {
    /// The module with this slug: id, lesson and explanation must be there.
    Module(&'a str),
    /// A quiz written for another book: what it lacks is left empty.
    Elsewhere,
}

/// The questions of a module.
pub(crate) fn of_module(desk: &Desk<'_>, module: &str) -> Vec<Question> {
    let file = format!("course/{module}/questions.toml");
    match desk.files.text(&file) {
        Some(text) => questions(desk, &file, text, Origin::Module(module)),
        None => Vec::new(),
    }
}

/// Reads a quiz that was written for mdbook-quiz: multiple choice, short answer, and tracing,
/// which is asked as text. A question without id is named after the file and its place.
///
/// ```
/// let quiz = r#"
/// [[questions]]
/// type = "ShortAnswer"
/// prompt.prompt = "Who runs next?"
/// answer.answer = "P2"
/// "#;
/// let questions = content::read_mdbook_quiz("who.toml", quiz)?;
/// assert_eq!(questions[0].id, "who_1");
/// assert!(questions[0].kind.is_right_text("p2"));
/// # Ok::<(), content::Faults>(())
/// ```
///
/// # Errors
/// Every fault, with its line.
pub fn read_mdbook_quiz(file: &str, text: &str) -> Result<Vec<Question>, Faults> {
    let (files, sink, runs, names) =
        (Files::default(), Sink::default(), Runs::default(), Names::default());
    let used = RefCell::default();
    let desk = Desk { files: &files, sink: &sink, runs: &runs, names: &names, used };
    let out = questions(&desk, file, text, Origin::Elsewhere);
    drop(desk);
    let faults = sink.into_faults();
    if faults.0.is_empty() { Ok(out) } else { Err(faults) }
}

fn questions(desk: &Desk<'_>, file: &str, text: &str, origin: Origin<'_>) -> Vec<Question> {
    let doc = Doc { file, line: 1, text, sink: desk.sink };
    let read = |root: &Row<'_>| {
        let parts = multipart(root);
        let rows = root.rows("questions");
        if rows.is_empty() {
            root.fault("questions", "there is no question");
        }
        let one = |(n, row): (usize, &Row<'_>)| question(desk, row, n, origin, &parts);
        rows.iter().enumerate().filter_map(one).collect()
    };
    doc.read(read).unwrap_or_default()
}

/// What several questions share, by key.
fn multipart(root: &Row<'_>) -> BTreeMap<String, Text> {
    let Some(parts) = root.row("multipart") else { return BTreeMap::new() };
    parts.named_texts()
}

fn question(
    desk: &Desk<'_>,
    row: &Row<'_>,
    n: usize,
    origin: Origin<'_>,
    parts: &BTreeMap<String, Text>,
) -> Option<Question> {
    let id = id(row, n, origin);
    desk.used.borrow_mut().question_ids.insert(id.clone());
    let lesson = lesson(desk, row, origin);
    let here = Here { desk, file: row.file(), lesson: "" };
    let part = row.opt_text("multipart");
    row.flag("promptExplanation");
    let why = row.markdown("context");
    if why.text.trim().is_empty() && origin != Origin::Elsewhere {
        row.fault("context", format!("question {id}: context, its explanation, is missing"));
    }
    let kind_word = row.text("type");
    let (prompt, answer) = (row.row("prompt"), row.row("answer"));
    let show = row.row("show").and_then(|it| figure(here, &it));
    let Some(prompt) = prompt else {
        row.fault("prompt", format!("question {id}: prompt is missing"));
        return None;
    };
    let asked = Asked { here, id: &id, prompt: &prompt, answer: answer.as_ref() };
    let kind = match kind_word.as_str() {
        "MultipleChoice" => choice::read(&asked),
        "ShortAnswer" => short_answer(&asked),
        "Tracing" => tracing(&asked),
        "Sim" => sim_quiz::read(&asked),
        other => {
            let known = "MultipleChoice, ShortAnswer, Tracing or Sim";
            row.fault("type", format!("type {other}: expected {known}"));
            return None;
        }
    };
    let mut prompt_html = String::new();
    if let Some(part) = part {
        match parts.get(&part) {
            Some(text) => prompt_html.push_str(&markdown::bake(here, text, Shape::Note).html()),
            None => row.fault("multipart", format!("multipart {part}: there is no such part")),
        }
    }
    prompt_html.push_str(&prompt_of(&asked, kind.as_ref()));
    if kind.is_some() {
        // A kind that could not be read would leave most keys over.
        prompt.done();
        answer.iter().for_each(Row::done);
    }
    row.done();
    let why_html = markdown::bake(here, &why, Shape::Note).html();
    Some(Question { id, lesson, kind: kind?, prompt_html, why_html, show })
}

/// A question in the making.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) here: Here<'a>,
    pub(crate) id: &'a str,
    pub(crate) prompt: &'a Row<'a>,
    pub(crate) answer: Option<&'a Row<'a>>,
}

impl<'a> Asked<'a> {
    /// The answer's table; a fault if there is none.
    pub(crate) fn answer(&self) -> Option<&'a Row<'a>> {
        if self.answer.is_none() {
            self.prompt.fault("", format!("question {}: answer is missing", self.id));
        }
        self.answer
    }
}

fn id(row: &Row<'_>, n: usize, origin: Origin<'_>) -> String {
    if origin == Origin::Elsewhere && !row.has("id") {
        let name = row.file().rsplit('/').next().unwrap_or_default();
        return format!("{}_{}", name.trim_end_matches(".toml"), n + 1);
    }
    row.text("id")
}

fn lesson(desk: &Desk<'_>, row: &Row<'_>, origin: Origin<'_>) -> String {
    let Origin::Module(module) = origin else {
        return row.text_or_empty("lesson");
    };
    let path = format!("{module}/{}", row.text("lesson"));
    if row.has("lesson") && !desk.names.lessons.contains_key(&path) {
        row.fault("lesson", format!("there is no lesson {path}"));
    }
    path
}

fn figure(here: Here<'_>, row: &Row<'_>) -> Option<crate::FigureSpec> {
    let engine = row.text("engine");
    if engine.is_empty() {
        return None;
    }
    let figure = match Runs::engine(&engine) {
        Ok(entry) => figures::from_row(here, row, entry),
        Err(what) => {
            row.fault("engine", what);
            return None;
        }
    };
    row.done();
    figure
}

/// The question itself: what the file says; for a decision, what the engine asks.
fn prompt_of(asked: &Asked<'_>, kind: Option<&Kind>) -> String {
    let text = asked.prompt.markdown("prompt");
    if !text.text.trim().is_empty() {
        return markdown::bake(asked.here, &text, Shape::Note).html();
    }
    if let Some(Kind::Predict { question, .. }) = kind {
        return format!("<p>{}</p>\n", escape(question));
    }
    if asked.prompt.has("program") {
        let program = asked.prompt.markdown("program").text;
        let code = crate::highlight::html("rust", &program);
        return format!(
            "<p>What does this program print?</p>\n<div class=\"listing\"><pre tabindex=\"0\">\
             <code class=\"language-rust\">{code}</code></pre></div>\n"
        );
    }
    // A decision that could not be read has its own fault.
    if kind.is_some() {
        asked.prompt.fault("prompt", format!("question {}: prompt is missing", asked.id));
    }
    String::new()
}

fn short_answer(asked: &Asked<'_>) -> Option<Kind> {
    // How large the field is there; here it is one line.
    asked.prompt.opt_text("response");
    let answer = asked.answer()?;
    let mut accepted = vec![answer.text("answer")];
    accepted.extend(answer.texts("alternatives").into_iter().map(|it| it.text));
    Some(Kind::Text { accepted })
}

/// What a program prints, typed; or, if it does not compile, whether it does.
fn tracing(asked: &Asked<'_>) -> Option<Kind> {
    asked.prompt.text("program");
    let answer = asked.answer()?;
    let compiles = answer.flag("doesCompile");
    let stdout = answer.opt_text("stdout");
    answer.int("lineNumber");
    if compiles {
        return Some(Kind::Text { accepted: vec![stdout.unwrap_or_default()] });
    }
    let options = ["It compiles", "It does not compile"].map(str::to_owned).to_vec();
    Some(Kind::Choice { options, right: vec![1], multiple: false, fixed: true })
}
