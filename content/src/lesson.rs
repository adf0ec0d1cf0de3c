//! A lesson: TOML front matter between two lines `+++`, then Markdown.

use crate::course::{Block, Citation, Lesson};
use crate::desk::{Desk, Here};
use crate::markdown::{self, Shape};
use crate::tables::is_sentence;
use crate::targets;
use crate::toml_doc::{Doc, Row, Text};

/// What opens and closes the front matter.
const FENCE: &str = "+++\n";

/// Reads a lesson; `None` without front matter.
pub(crate) fn read(desk: &Desk<'_>, module: &str, slug: &str) -> Option<Lesson> {
    let file = format!("course/{module}/{slug}.md");
    let path = format!("{module}/{slug}");
    let here = Here { desk, file: &file, lesson: &path };
    // A missing file is told at the outline.
    let text = desk.files.text(&file)?;
    let Some((front, body)) =
        text.strip_prefix(FENCE).and_then(|rest| rest.split_once(&format!("\n{FENCE}")))
    else {
        here.fault(1, "front matter is missing: TOML between two lines +++");
        return None;
    };
    let doc = Doc { file: &file, line: 2, text: front, sink: desk.sink };
    let mut lesson = doc.read(|row| front_matter(here, row))?;
    lesson.module = module.to_owned();
    lesson.slug = slug.to_owned();
    let line = 3 + u32::try_from(front.split('\n').count()).unwrap_or(0);
    let body = Text { text: body.to_owned(), line };
    if body.text.trim().is_empty() {
        here.fault(line, "the lesson has no text");
    }
    let baked = markdown::bake(here, &body, Shape::Lesson);
    if !baked.blocks.iter().any(|block| matches!(block, Block::Html(_))) {
        here.fault(line, "the lesson has no prose");
    }
    lesson.blocks = baked.blocks;
    lesson.headings = baked.headings;
    lesson.plain_text = baked.plain_text;
    lesson.terms = baked.terms;
    Some(lesson)
}

fn front_matter(here: Here<'_>, row: &Row<'_>) -> Lesson {
    let summary = row.text("summary");
    if !summary.is_empty() && !is_sentence(&summary) {
        row.fault("summary", "summary: expected a sentence");
    }
    let minutes = row.count("minutes").unwrap_or_default();
    if !(1..=60).contains(&minutes) {
        row.fault("minutes", "minutes: expected 1 to 60");
    }
    let goals = row.texts("goals");
    if goals.is_empty() {
        row.fault("goals", "goals: expected at least one");
    }
    for goal in goals.iter().filter(|goal| !is_sentence(&goal.text)) {
        here.fault(goal.line, format!("goal {:?}: expected a sentence", goal.text));
    }
    Lesson {
        title: row.text("title"),
        summary,
        minutes,
        goals: goals.iter().map(|goal| markdown::line(here, goal)).collect(),
        needs: row.texts("needs").iter().filter_map(|it| needed(here, it)).collect(),
        sources: citations(here, row),
        script: row.text_or_empty("script"),
        ..Lesson::default()
    }
}

/// A lesson to read before: it must come before in the course.
fn needed(here: Here<'_>, need: &Text) -> Option<String> {
    let lessons = &here.desk.names.lessons;
    let (module, _) = here.lesson.split_once('/')?;
    let path = match need.text.contains('/') {
        true => need.text.clone(),
        false => format!("{module}/{}", need.text),
    };
    let wrong = match (lessons.get(&path), lessons.get(here.lesson)) {
        (None, _) => format!("there is no lesson {path}"),
        (Some(need_at), Some(own_at)) if own_at <= need_at => "it does not come before".to_owned(),
        (Some(_), _) => return Some(path),
    };
    here.fault(need.line, format!("needs {}: {wrong}", need.text));
    None
}

fn citations(here: Here<'_>, row: &Row<'_>) -> Vec<Citation> {
    let sources = row.texts("sources");
    if sources.is_empty() {
        row.fault("sources", "sources: expected at least one");
    }
    let mut out = Vec::new();
    for source in &sources {
        match targets::citation(&here, &source.text) {
            Ok(citation) => out.push(citation),
            Err(what) => here.fault(source.line, what),
        }
    }
    out
}
