//! Markdown to HTML, figures and quizzes, with every fault at its line.

use crate::course::{Block, Heading};
use crate::desk::Here;
use crate::refs;
use crate::toml_doc::Text;
use crate::writer::Writer;
use pulldown_cmark::{Options, Parser};

/// Where a text stands, which says what it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A lesson's body: everything.
    Lesson,
    /// A prompt, an explanation, a definition: no heading, figure or quiz.
    Note,
    /// A goal, an option: one paragraph, given without its tags.
    Line,
}

/// A text after baking.
#[derive(Debug, Default)]
pub(crate) struct Baked {
    pub(crate) blocks: Vec<Block>,
    pub(crate) headings: Vec<Heading>,
    pub(crate) plain_text: String,
    pub(crate) terms: Vec<String>,
}

impl Baked {
    /// The HTML alone; figures and quizzes are left out.
    pub(crate) fn html(&self) -> String {
        let html = |block: &Block| match block {
            Block::Html(html) => Some(html.clone()),
            Block::Figure(_) | Block::Quiz(_) => None,
        };
        self.blocks.iter().filter_map(html).collect()
    }
}

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_MATH
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_SMART_PUNCTUATION
}

/// Bakes a text.
pub(crate) fn bake(here: Here<'_>, text: &Text, shape: Shape) -> Baked {
    let resolved = refs::in_markdown(&here, text.line, &text.text, options());
    let events: Vec<_> = Parser::new_ext(&resolved, options()).into_offset_iter().collect();
    let writer = Writer::new(here, shape, &resolved, text.line, &events);
    let mut out = writer.finish();
    out.plain_text = out.plain_text.split_whitespace().collect::<Vec<_>>().join(" ");
    out
}

/// Bakes one paragraph and gives what is inside of it.
pub(crate) fn line(here: Here<'_>, text: &Text) -> String {
    let html = bake(here, text, Shape::Line).html();
    let inside = html.trim().strip_prefix("<p>").and_then(|it| it.strip_suffix("</p>"));
    match inside.filter(|it| !it.contains("<p>")) {
        Some(inside) => inside.to_owned(),
        None => {
            if !text.text.trim().is_empty() {
                here.fault(text.line, "expected one paragraph without a list or a table");
            }
            html
        }
    }
}
