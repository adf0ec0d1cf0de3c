//! TOML read by hand, so that every fault has its line and one fault does not hide the next.

use crate::faults::Sink;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A TOML text in a course file: a whole file, its front matter, or the body of a fence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Doc<'a> {
    pub(crate) file: &'a str,
    /// Line of the file on which the text starts, from 1.
    pub(crate) line: u32,
    pub(crate) text: &'a str,
    pub(crate) sink: &'a Sink,
}

/// A table of a document. Remembers which keys were read, so that [`Row::done`] can name the rest.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    doc: Doc<'a>,
    table: &'a DeTable<'a>,
    line: u32,
    read: RefCell<BTreeSet<String>>,
}

/// A text and the line on which it starts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) line: u32,
}

impl<'a> Doc<'a> {
    /// The table of the whole text, handed to `read`; a syntax fault stops the reading.
    pub(crate) fn read<T>(self, read: impl FnOnce(&Row<'_>) -> T) -> Option<T> {
        match DeTable::parse(self.text) {
            Ok(root) => {
                let table = root.get_ref();
                let row = Row { doc: self, table, line: self.line, read: RefCell::default() };
                let out = read(&row);
                row.done();
                Some(out)
            }
            Err(error) => {
                let line = error.span().map_or(self.line, |span| self.line_at(span.start));
                self.sink.add(self.file, line, format!("not TOML: {}", error.message()));
                None
            }
        }
    }

    fn line_at(&self, offset: usize) -> u32 {
        let before = self.text.as_bytes().iter().take(offset);
        let n_ends = before.filter(|byte| **byte == b'\n').count();
        self.line + u32::try_from(n_ends).unwrap_or(u32::MAX / 2)
    }
}

impl<'a> Row<'a> {
    /// Where the table is.
    pub(crate) fn file(&self) -> &'a str {
        self.doc.file
    }

    /// Where faults go.
    pub(crate) fn sink(&self) -> &'a Sink {
        self.doc.sink
    }

    /// Line of a key's value; of the table if there is no such key.
    pub(crate) fn line(&self, key: &str) -> u32 {
        self.table.get(key).map_or(self.line, |value| self.doc.line_at(value.span().start))
    }

    /// Notes a fault at a key; at the table if there is no such key.
    pub(crate) fn fault(&self, key: &str, what: impl Into<String>) {
        self.doc.sink.add(self.doc.file, self.line(key), what);
    }

    /// Whether the key is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn value(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.read.borrow_mut().insert(key.to_owned());
        self.table.get(key)
    }

    fn wrong(&self, key: &str, what: &str) {
        self.fault(key, format!("{key}: expected {what}"));
    }

    /// A text that must be there and say something.
    pub(crate) fn text(&self, key: &'static str) -> String {
        let text = self.text_or_empty(key);
        if !self.has(key) {
            self.fault(key, format!("{key} is missing"));
        } else if text.trim().is_empty() && self.table[key].get_ref().is_str() {
            self.fault(key, format!("{key} is empty"));
        }
        text
    }

    /// A text; empty if it is left out.
    pub(crate) fn text_or_empty(&self, key: &'static str) -> String {
        self.opt_text(key).unwrap_or_default()
    }

    /// A text, if it is there.
    pub(crate) fn opt_text(&self, key: &'static str) -> Option<String> {
        let value = self.value(key)?.get_ref().as_str();
        if value.is_none() {
            self.wrong(key, "a text");
        }
        value.map(|it| it.trim().to_owned())
    }

    /// A text with the line it starts on, for Markdown in TOML.
    pub(crate) fn markdown(&self, key: &'static str) -> Text {
        let mut line = self.line(key);
        let span = self.table.get(key).map(Spanned::span).unwrap_or_default();
        let quoted = self.doc.text.get(span).unwrap_or_default();
        // A line end right after the opening quotes is not part of the text.
        if quoted.starts_with("\"\"\"\n") || quoted.starts_with("'''\n") {
            line += 1;
        }
        let text = self.value(key).and_then(|it| it.get_ref().as_str()).unwrap_or_default();
        if self.has(key) && !self.table[key].get_ref().is_str() {
            self.wrong(key, "a text");
        }
        Text { text: text.to_owned(), line }
    }

    /// A list of texts; empty if it is left out.
    pub(crate) fn texts(&self, key: &'static str) -> Vec<Text> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(key, "a list of texts");
            return Vec::new();
        };
        let text = |item: &Spanned<DeValue<'_>>| {
            let line = self.doc.line_at(item.span().start);
            item.get_ref().as_str().map(|text| Text { text: text.trim().to_owned(), line })
        };
        let texts: Vec<Text> = items.iter().filter_map(text).collect();
        if texts.len() < items.len() {
            self.wrong(key, "a list of texts");
        }
        texts
    }

    /// A list of texts, or one text as a list of one.
    pub(crate) fn text_or_texts(&self, key: &'static str) -> (Vec<Text>, bool) {
        match self.table.get(key).is_some_and(|value| value.get_ref().is_str()) {
            true => (vec![self.markdown(key)], false),
            false => (self.texts(key), true),
        }
    }

    /// A whole number, if it is there.
    pub(crate) fn int(&self, key: &'static str) -> Option<i64> {
        let value = self.value(key)?.get_ref();
        let int =
            value.as_integer().and_then(|it| i64::from_str_radix(it.as_str(), it.radix()).ok());
        if int.is_none() {
            self.wrong(key, "a whole number");
        }
        int
    }

    /// A whole number from 0, if it is there.
    pub(crate) fn count(&self, key: &'static str) -> Option<u32> {
        let count = u32::try_from(self.int(key)?).ok();
        if count.is_none() {
            self.wrong(key, "a whole number from 0");
        }
        count
    }

    /// A number, if it is there; it may be infinite.
    pub(crate) fn number(&self, key: &'static str) -> Option<f64> {
        let value = self.value(key)?.get_ref();
        let text = match value {
            DeValue::Integer(it) if it.radix() == 10 => it.as_str(),
            DeValue::Float(it) => it.as_str(),
            DeValue::Integer(_)
            | DeValue::String(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => "",
        };
        let number = text.parse().ok();
        if number.is_none() {
            self.wrong(key, "a number");
        }
        number
    }

    /// Yes or no; no if it is left out.
    pub(crate) fn flag(&self, key: &'static str) -> bool {
        let Some(value) = self.value(key) else { return false };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong(key, "true or false");
            false
        })
    }

    /// A table, if it is there. The caller calls [`Row::done`] on it.
    pub(crate) fn row(&self, key: &'static str) -> Option<Row<'a>> {
        let value = self.value(key)?;
        let row = self.sub(value);
        if row.is_none() {
            self.wrong(key, "a table");
        }
        row
    }

    /// A list of tables. The caller calls [`Row::done`] on each.
    pub(crate) fn rows(&self, key: &'static str) -> Vec<Row<'a>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let rows = match value.get_ref() {
            DeValue::Array(items) => items.iter().map(|it| self.sub(it)).collect(),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Table(_) => None,
        };
        if rows.is_none() {
            self.wrong(key, "a list of tables");
        }
        rows.unwrap_or_default()
    }

    /// Every key with its table, for a document that is one table of named things.
    pub(crate) fn named_rows(&self) -> Vec<(String, Row<'a>)> {
        let mut rows = Vec::new();
        for (key, value) in self.table {
            let name = key.get_ref().to_string();
            self.read.borrow_mut().insert(name.clone());
            match self.sub(value) {
                Some(row) => rows.push((name, row)),
                None => self.wrong(&name, "a table"),
            }
        }
        rows
    }

    /// Every key with its text, for a table of named texts.
    pub(crate) fn named_texts(&self) -> BTreeMap<String, Text> {
        let mut texts = BTreeMap::new();
        for (key, value) in self.table {
            let name = key.get_ref().to_string();
            let line = self.doc.line_at(value.span().start);
            match value.get_ref().as_str() {
                Some(text) => {
                    texts.insert(name, Text { text: text.to_owned(), line });
                }
                None => self.wrong(&name, "a text"),
            }
        }
        texts
    }

    fn sub(&self, value: &'a Spanned<DeValue<'a>>) -> Option<Row<'a>> {
        let DeValue::Table(table) = value.get_ref() else { return None };
        let line = self.doc.line_at(value.span().start);
        Some(Row { doc: self.doc, table, line, read: RefCell::default() })
    }

    /// Notes every key that nothing has read.
    pub(crate) fn done(&self) {
        let read = self.read.borrow();
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if !read.contains(name) {
                let line = self.doc.line_at(key.span().start);
                self.doc.sink.add(
                    self.doc.file,
                    line,
                    format!("{name}: there is no such key here"),
                );
            }
        }
    }
}
