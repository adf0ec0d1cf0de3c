//! Blocks that look ahead: headings, callouts, formulas, figures, listings and quizzes.

use crate::callout;
use crate::course::{Block, Heading};
use crate::desk::Wanted;
use crate::escape::{escape, slug};
use crate::markdown::Shape;
use crate::writer::Writer;
use crate::{calls, drawing, figures, latency, listing};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, TagEnd};
use pulldown_latex::config::DisplayMode;

impl Writer<'_> {
    /// Whether the paragraph is one formula alone.
    pub(crate) fn is_formula(&self, at: usize) -> bool {
        let event = |n: usize| self.events.get(at + n).map(|(event, _)| event);
        matches!(event(1), Some(Event::DisplayMath(_)))
            && matches!(event(2), Some(Event::End(TagEnd::Paragraph)))
    }

    pub(crate) fn formula(&mut self, at: usize, line: u32) -> usize {
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

    pub(crate) fn heading(
        &mut self,
        at: usize,
        line: u32,
        level: HeadingLevel,
        id: Option<&str>,
    ) -> usize {
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

    pub(crate) fn quote(&mut self, at: usize, line: u32) -> usize {
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

    pub(crate) fn code_block(&mut self, at: usize, line: u32, kind: &CodeBlockKind<'_>) -> usize {
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
            "sim" | "quiz" | "drawing" | "latency" | "calls"
                if self.shape != Shape::Lesson || self.depth != 0 =>
            {
                self.here.fault(line, format!("{word}: only at the top level of a lesson"));
            }
            "sim" => {
                if let Some(figure) = figures::from_fence(self.here, line, rest.trim(), &body) {
                    self.flush();
                    self.done.blocks.push(Block::Figure(figure));
                }
            }
            "quiz" => self.quiz(line, &body),
            "latency" | "calls" => {
                let html = if word == "calls" { calls::html } else { latency::html };
                let (html, said) = html(self.here, line);
                self.html.push_str(&html);
                self.done.plain_text.push_str(&said);
            }
            "drawing" => {
                let (html, said) = drawing::drawing(self.here, line, rest.trim(), &body);
                self.html.push_str(&html);
                self.done.plain_text.push_str(&said);
            }
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
