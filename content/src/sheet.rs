//! The cheat sheet: Markdown with headings of level 2, for two pages of paper.

use crate::desk::{Desk, Here};
use crate::markdown::{self, Shape};
use crate::tables::SHEET;
use crate::toml_doc::Text;

/// The sheet as HTML; empty if there is no file.
pub(crate) fn read(desk: &Desk<'_>) -> String {
    let Some(text) = desk.files.text(SHEET) else { return String::new() };
    let here = Here { desk, file: SHEET, lesson: "" };
    let text = Text { text: text.to_owned(), line: 1 };
    markdown::bake(here, &text, Shape::Lesson).html()
}
