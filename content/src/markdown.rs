//! Markdown to HTML, figures and quizzes, with every fault at its line.

use crate::callout;
use crate::course::{Block, Heading};
use crate::desk::{Here, Wanted};
use crate::escape::{escape, slug};
use crate::grid::{Cell, Grid};
use crate::toml_doc::Text;
use crate::{figures, listing, math, refs, targets};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use pulldown_latex::config::DisplayMode;
use std::ops::Range;

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
    let mut writer = Writer {
        here,
        shape,
        source: &resolved,
        line: text.line,
        events: &events,
        ..Writer::new(here, &events)
    };
    writer.all(0..events.len());
    writer.flush();
    let mut out = writer.done;
    out.plain_text = out.plain_text.split_whitespace().collect::<Vec<_>>().join(" ");
    out
}

/// Bakes one paragraph and gives what is inside of it.
pub(crate) fn line(here: Here<'_>, text: &Text) -> String {
    let html = bake(here, text, Shape::Line).html();
    let html = html.trim();
    match html.strip_prefix("<p>").and_then(|it| it.strip_suffix("</p>")) {
        Some(inside) => inside.to_owned(),
        None => html.to_owned(),
    }
}

struct Writer<'a> {
    here: Here<'a>,
    shape: Shape,
    source: &'a str,
    /// Line of the file on which the source starts.
    line: u32,
    events: &'a [(Event<'a>, Range<usize>)],
    done: Baked,
    html: String,
    grid: Grid,
    n_tables: usize,
    /// Blocks and callouts that are open.
    depth: u32,
    /// Where the HTML and the plain text of the innermost heading or cell start.
    marks: Vec<(usize, usize)>,
    /// Ends of the open quotations, innermost last.
    quotes: Vec<&'static str>,
    /// Whether the open links have an end.
    links: Vec<bool>,
    level: u8,
}

impl<'a> Writer<'a> {
    fn new(here: Here<'a>, events: &'a [(Event<'a>, Range<usize>)]) -> Self {
        Self {
            here,
            shape: Shape::Note,
            source: "",
            line: 1,
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

    fn line_at(&self, offset: usize) -> u32 {
        let before = self.source.get(..offset).unwrap_or_default();
        self.line + u32::try_from(before.matches('\n').count()).unwrap_or(0)
    }

    /// Ends the piece of HTML.
    fn flush(&mut self) {
        let html = std::mem::take(&mut self.html);
        if !html.trim().is_empty() {
            self.done.blocks.push(Block::Html(html));
        }
    }

    fn text(&mut self, text: &str) {
        self.html.push_str(&escape(text));
        // Readers search with straight quotes.
        let straight = text.replace(['\u{2018}', '\u{2019}'], "'");
        self.done.plain_text.push_str(&straight);
    }

    fn space(&mut self) {
        self.done.plain_text.push(' ');
    }

    fn all(&mut self, range: Range<usize>) {
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
    fn cut(&mut self) -> (String, String) {
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

    fn math(&mut self, line: u32, latex: &str, mode: DisplayMode) {
        match math::mathml(latex.trim(), mode) {
            Ok(mathml) => self.html.push_str(&mathml),
            Err(what) => self.here.fault(line, what),
        }
        self.done.plain_text.push_str(latex);
    }

    /// Whether the paragraph is one formula alone.
    fn is_formula(&self, at: usize) -> bool {
        let event = |n: usize| self.events.get(at + n).map(|(event, _)| event);
        matches!(event(1), Some(Event::DisplayMath(_)))
            && matches!(event(2), Some(Event::End(TagEnd::Paragraph)))
    }

    fn formula(&mut self, at: usize, line: u32) -> usize {
        self.html.push_str(
            "<div class=\"formula\" tabindex=\"0\" role=\"group\" aria-label=\"Formula\">",
        );
        if let Some((Event::DisplayMath(latex), _)) = self.events.get(at + 1) {
            self.math(line, latex, DisplayMode::Block);
        }
        self.html.push_str("</div>\n");
        self.space();
        at + 3
    }

    fn heading(&mut self, at: usize, line: u32, level: HeadingLevel, id: Option<&str>) -> usize {
        let end = self.end_of(at, |tag| matches!(tag, TagEnd::Heading(_)));
        self.marks.push((self.html.len(), self.done.plain_text.len()));
        self.all(at + 1..end);
        let (html, text) = self.cut();
        let text = text.trim().to_owned();
        let level = level as u8;
        if self.shape != Shape::Lesson {
            self.here.fault(line, "a heading: only a lesson has them");
        } else if level == 1 {
            self.here.fault(line, "a heading of level 1: that is the title in the front matter");
        } else if self.level + 1 < level {
            let what = format!("a heading of level {level} right under level {}", self.level);
            self.here.fault(line, what);
        } else if self.depth != 0 {
            self.here.fault(line, "a heading inside of a list or a quotation");
        }
        if text.is_empty() {
            self.here.fault(line, "an empty heading");
        }
        self.level = level;
        let id = self.unique_id(line, id, &text);
        self.html.push_str(&format!("<h{level} id=\"{}\">{html}</h{level}>\n", escape(&id)));
        self.done.plain_text.push_str(&text);
        self.space();
        self.done.headings.push(Heading { level, id, text });
        end + 1
    }

    /// A set id must be unique; one made from the text is made so.
    fn unique_id(&self, line: u32, set: Option<&str>, text: &str) -> String {
        let taken = |id: &str| self.done.headings.iter().any(|it| it.id == id);
        if let Some(id) = set {
            if taken(id) {
                self.here.fault(line, format!("there are two headings with id {id}"));
            }
            return id.to_owned();
        }
        let base = slug(text);
        let mut id = base.clone();
        let mut n = 2;
        while taken(&id) {
            id = format!("{base}-{n}");
            n += 1;
        }
        id
    }

    /// Index of the end that belongs to the start at `at`.
    fn end_of(&self, at: usize, is_end: impl Fn(&TagEnd) -> bool) -> usize {
        let rest = self.events.iter().skip(at);
        at + rest.take_while(|(it, _)| !matches!(it, Event::End(tag) if is_end(tag))).count()
    }

    fn quote(&mut self, at: usize, line: u32) -> usize {
        self.depth += 1;
        let head = match callout::head(self.events, at) {
            Ok(head) => head,
            Err(what) => {
                self.here.fault(line, what);
                None
            }
        };
        let Some(head) = head else {
            self.html.push_str("<blockquote>\n");
            self.quotes.push("</blockquote>\n");
            return at + 1;
        };
        self.marks.push((self.html.len(), self.done.plain_text.len()));
        self.text(&head.first);
        self.all(head.title.clone());
        let (html, text) = self.cut();
        let (slug, name) = (head.slug, head.name);
        let label = match text.trim() {
            "" => name.to_owned(),
            title => format!("{name}: {title}"),
        };
        let gap = if html.trim().is_empty() { "" } else { " " };
        self.html.push_str(&format!(
            "<aside class=\"callout callout-{slug}\" role=\"note\" aria-label=\"{}\">\
             <p class=\"callout-title\"><span class=\"callout-kind\">{name}</span>{gap}{}</p>\n",
            escape(&label),
            html.trim()
        ));
        self.done.plain_text.push_str(&label);
        self.space();
        if head.paragraph {
            self.html.push_str("<p>");
        }
        self.quotes.push("</aside>\n");
        head.body
    }

    fn code_block(&mut self, at: usize, line: u32, kind: &CodeBlockKind<'_>) -> usize {
        let end = self.end_of(at, |tag| *tag == TagEnd::CodeBlock);
        let mut body = String::new();
        for (event, _) in &self.events[at + 1..end] {
            if let Event::Text(text) = event {
                body.push_str(text);
            }
        }
        let info = match kind {
            CodeBlockKind::Fenced(info) => info.trim(),
            CodeBlockKind::Indented => {
                self.here.fault(line, "an indented listing: use a fence with a language");
                ""
            }
        };
        let (word, rest) = info.split_once(' ').unwrap_or((info, ""));
        match word {
            "sim" | "quiz" if self.shape != Shape::Lesson || self.depth != 0 => {
                self.here.fault(line, format!("{word}: only at the top level of a lesson"));
            }
            "sim" => {
                if let Some(figure) = figures::from_fence(self.here, line, rest.trim(), &body) {
                    self.flush();
                    self.done.blocks.push(Block::Figure(figure));
                }
            }
            "quiz" => self.quiz(line, &body),
            _ if matches!(kind, CodeBlockKind::Fenced(_)) => {
                let (html, code) = listing::listing(&self.here, line, info, &body);
                self.html.push_str(&html);
                self.done.plain_text.push_str(&code);
                self.space();
            }
            _ => {}
        }
        end + 1
    }

    fn quiz(&mut self, line: u32, body: &str) {
        let mut ids = Vec::new();
        for (n, id) in (1..).zip(body.lines()) {
            let id = id.trim();
            if id.is_empty() {
                continue;
            }
            self.here.desk.used.borrow_mut().questions.push(Wanted {
                file: self.here.file.to_owned(),
                line: line + n,
                lesson: self.here.lesson.to_owned(),
                name: id.to_owned(),
            });
            ids.push(id.to_owned());
        }
        if ids.is_empty() {
            self.here.fault(line, "an empty quiz");
        }
        self.flush();
        self.done.blocks.push(Block::Quiz(ids));
    }
}
