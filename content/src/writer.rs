//! Markdown events to HTML, one by one.

use crate::course::Block;
use crate::desk::Here;
use crate::escape::escape;
use crate::grid::{Cell, Grid};
use crate::markdown::{Baked, Shape};
use crate::{math, targets};
use pulldown_cmark::{Event, Tag, TagEnd};
use pulldown_latex::config::DisplayMode;
use std::ops::Range;

/// HTML that may stand in Markdown as it is.
const RAW: [&str; 11] = [
    "<kbd>",
    "</kbd>",
    "<sub>",
    "</sub>",
    "<sup>",
    "</sup>",
    "<br>",
    "<details>",
    "</details>",
    "<summary>",
    "</summary>",
];

/// HTML in the making. Its blocks that look ahead are in [`crate::blocks`].
pub(crate) struct Writer<'a> {
    pub(crate) here: Here<'a>,
    pub(crate) shape: Shape,
    source: &'a str,
    /// Line of the file on which the source starts.
    line: u32,
    pub(crate) events: &'a [(Event<'a>, Range<usize>)],
    pub(crate) done: Baked,
    pub(crate) html: String,
    grid: Grid,
    n_tables: usize,
    /// Blocks and callouts that are open.
    pub(crate) depth: u32,
    /// Where the HTML and the plain text of the innermost heading or cell start.
    pub(crate) marks: Vec<(usize, usize)>,
    /// Ends of the open quotations, innermost last.
    pub(crate) quotes: Vec<&'static str>,
    /// Whether the open links have an end.
    links: Vec<bool>,
    pub(crate) level: u8,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(
        here: Here<'a>,
        shape: Shape,
        source: &'a str,
        line: u32,
        events: &'a [(Event<'a>, Range<usize>)],
    ) -> Self {
        Self {
            here,
            shape,
            source,
            line,
            events,
            done: Baked::default(),
            html: String::new(),
            grid: Grid::default(),
            n_tables: 0,
            depth: 0,
            marks: Vec::new(),
            quotes: Vec::new(),
            links: Vec::new(),
            level: 1,
        }
    }

    /// Writes everything.
    pub(crate) fn finish(mut self) -> Baked {
        self.all(0..self.events.len());
        self.flush();
        self.done
    }

    fn line_at(&self, offset: usize) -> u32 {
        let before = self.source.get(..offset).unwrap_or_default();
        self.line + u32::try_from(before.matches('\n').count()).unwrap_or(0)
    }

    /// Ends the piece of HTML.
    pub(crate) fn flush(&mut self) {
        let html = std::mem::take(&mut self.html);
        if !html.trim().is_empty() {
            self.done.blocks.push(Block::Html(html));
        }
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.html.push_str(&escape(text));
        // Readers search with straight quotes.
        let straight = text.replace(['\u{2018}', '\u{2019}'], "'");
        self.done.plain_text.push_str(&straight);
    }

    pub(crate) fn space(&mut self) {
        self.done.plain_text.push(' ');
    }

    pub(crate) fn all(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            at = self.one(at);
        }
    }

    /// Writes the event at `at`, with what belongs to it, and says which one comes next.
    fn one(&mut self, at: usize) -> usize {
        let events = self.events;
        let Some((event, range)) = events.get(at) else { return at + 1 };
        let line = self.line_at(range.start);
        match event {
            Event::Start(Tag::CodeBlock(kind)) => return self.code_block(at, line, kind),
            Event::Start(Tag::BlockQuote(_)) => return self.quote(at, line),
            Event::Start(Tag::Paragraph) if self.is_formula(at) => return self.formula(at, line),
            Event::Start(Tag::Heading { level, id, .. }) => {
                return self.heading(at, line, *level, id.as_deref());
            }
            Event::Start(tag) => self.start(line, tag),
            Event::End(tag) => self.end(*tag),
            Event::Text(text) => self.text(text),
            Event::Code(code) => {
                self.html.push_str("<code>");
                self.html.push_str(&escape(code));
                self.html.push_str("</code>");
                self.done.plain_text.push_str(code);
            }
            Event::InlineMath(latex) => self.math(line, latex, DisplayMode::Inline),
            Event::DisplayMath(latex) => self.math(line, latex, DisplayMode::Block),
            Event::Html(raw) | Event::InlineHtml(raw) => self.raw(line, raw),
            Event::SoftBreak => {
                self.html.push('\n');
                self.space();
            }
            Event::HardBreak => {
                self.html.push_str("<br>\n");
                self.space();
            }
            Event::Rule => self.html.push_str("<hr>\n"),
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => {
                self.here.fault(line, "footnotes and task lists are not part of the format");
            }
        }
        at + 1
    }

    fn start(&mut self, line: u32, tag: &Tag<'_>) {
        match tag {
            Tag::Paragraph => self.html.push_str("<p>"),
            Tag::List(None) => self.html.push_str("<ul>\n"),
            Tag::List(Some(1)) => self.html.push_str("<ol>\n"),
            Tag::List(Some(first)) => self.html.push_str(&format!("<ol start=\"{first}\">\n")),
            Tag::Item => self.html.push_str("<li>"),
            Tag::Emphasis => self.html.push_str("<em>"),
            Tag::Strong => self.html.push_str("<strong>"),
            Tag::Link { dest_url, .. } => self.link(line, dest_url),
            Tag::Image { dest_url, .. } => {
                let what = match dest_url.contains(':') {
                    true => "an image from elsewhere: pages ask no other host",
                    false => "an image: draw it as a figure",
                };
                self.here.fault(line, what);
            }
            Tag::Table(alignments) => {
                self.grid = Grid { alignments: alignments.clone(), rows: Vec::new() };
            }
            Tag::TableHead | Tag::TableRow => self.grid.rows.push(Vec::new()),
            Tag::TableCell => self.marks.push((self.html.len(), self.done.plain_text.len())),
            Tag::HtmlBlock => {}
            // Caught before, or switched off.
            Tag::Heading { .. }
            | Tag::BlockQuote(_)
            | Tag::CodeBlock(_)
            | Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => {}
        }
        if matches!(tag, Tag::List(_) | Tag::Item | Tag::Table(_)) {
            self.depth += 1;
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => {
                self.html.push_str("</p>\n");
                self.space();
            }
            TagEnd::List(true) => self.html.push_str("</ol>\n"),
            TagEnd::List(false) => self.html.push_str("</ul>\n"),
            TagEnd::Item => {
                self.html.push_str("</li>\n");
                self.space();
            }
            TagEnd::Emphasis => self.html.push_str("</em>"),
            TagEnd::Strong => self.html.push_str("</strong>"),
            TagEnd::Link => {
                if self.links.pop() == Some(true) {
                    self.html.push_str("</a>");
                }
            }
            TagEnd::BlockQuote(_) => {
                self.html.push_str(self.quotes.pop().unwrap_or_default());
                self.depth -= 1;
            }
            TagEnd::Table => {
                self.n_tables += 1;
                let grid = std::mem::take(&mut self.grid);
                self.html.push_str(&grid.html(self.n_tables));
            }
            TagEnd::TableCell => {
                let (html, text) = self.cut();
                self.done.plain_text.push_str(&text);
                self.space();
                if let Some(row) = self.grid.rows.last_mut() {
                    row.push(Cell { html, text });
                }
            }
            TagEnd::TableHead
            | TagEnd::TableRow
            | TagEnd::Image
            | TagEnd::HtmlBlock
            | TagEnd::Heading(_)
            | TagEnd::CodeBlock
            | TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::MetadataBlock(_) => {}
        }
        if matches!(tag, TagEnd::List(_) | TagEnd::Item | TagEnd::Table) {
            self.depth -= 1;
        }
    }

    /// Takes back what was written since the last mark.
    pub(crate) fn cut(&mut self) -> (String, String) {
        let (html, text) = self.marks.pop().unwrap_or_default();
        (self.html.split_off(html), self.done.plain_text.split_off(text))
    }

    fn link(&mut self, line: u32, dest: &str) {
        match targets::target(&self.here, line, dest) {
            Ok(target) => {
                let (href, attributes) = (escape(&target.href), target.attributes);
                self.html.push_str(&format!("<a{attributes} href=\"{href}\">"));
                if let Some(term) = target.term.filter(|it| !self.done.terms.contains(it)) {
                    self.done.terms.push(term);
                }
                self.links.push(true);
            }
            Err(what) => {
                self.here.fault(line, what);
                self.links.push(false);
            }
        }
    }

    /// HTML in the Markdown: a few tags, and the text between them.
    fn raw(&mut self, line: u32, raw: &str) {
        let mut rest = raw;
        while !rest.is_empty() {
            if let Some(tag) = RAW.iter().find(|tag| rest.starts_with(**tag)) {
                self.html.push_str(tag);
                rest = &rest[tag.len()..];
            } else if let Some(comment) = rest.strip_prefix("<!--") {
                rest = comment.split_once("-->").map_or("", |(_, rest)| rest);
            } else if rest.starts_with('<') {
                return self.here.fault(line, format!("raw HTML: {}", raw.trim()));
            } else {
                let end = rest.find('<').unwrap_or(rest.len());
                self.text(&rest[..end]);
                rest = &rest[end..];
            }
        }
    }

    pub(crate) fn math(&mut self, line: u32, latex: &str, mode: DisplayMode) {
        match math::mathml(latex.trim(), mode) {
            Ok(mathml) => self.html.push_str(&mathml),
            Err(what) => self.here.fault(line, what),
        }
        self.done.plain_text.push_str(latex);
    }
}
