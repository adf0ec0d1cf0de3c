//! Text to words, each with its place.

use super::{Faults, Place};

/// What a language is written with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect {
    /// Longer symbols first, so that `<=` is not read as `<` and `=`.
    pub(crate) symbols: &'static [&'static str],
    /// Whether there are texts in quotes: `"…"`, `'…'` and `` `…` ``.
    pub(crate) quotes: bool,
}

/// One word of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) word: Word<'a>,
    pub(crate) at: Place,
    /// Byte range in the text.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word<'a> {
    /// A name or a keyword.
    Name(&'a str),
    Number(i32),
    Symbol(&'static str),
    /// What stands between quotes.
    Text(&'a str),
    End,
}

impl Word<'_> {
    /// The word as a fault message names it.
    pub(crate) fn said(&self) -> String {
        match self {
            Self::Name(name) => format!("`{name}`"),
            Self::Number(number) => format!("`{number}`"),
            Self::Symbol(symbol) => format!("`{symbol}`"),
            Self::Text(text) => format!("`\"{text}\"`"),
            Self::End => "the end of the program".to_owned(),
        }
    }
}

/// The words of a text; the last one is [`Word::End`]. A character that begins no word is a fault
/// and is left out.
pub(crate) fn words<'a>(text: &'a str, dialect: Dialect, faults: &mut Faults) -> Vec<Token<'a>> {
    let mut reader = Reader { text, at: 0, place: Place { line: 1, column: 1 } };
    let mut tokens = Vec::new();
    loop {
        reader.skip_blank(faults);
        let (at, start) = (reader.place, reader.at);
        let Some(first) = reader.peek() else {
            tokens.push(Token { word: Word::End, at, start, end: start });
            return tokens;
        };
        let word = if first.is_ascii_digit() {
            let digits = reader.take_while(|it| it.is_ascii_alphanumeric());
            number(digits)
                .map(Word::Number)
                .ok_or_else(|| format!("`{digits}` is not a whole number up to {}", i32::MAX))
        } else if first.is_ascii_alphabetic() || first == '_' {
            Ok(Word::Name(reader.take_while(|it| it.is_ascii_alphanumeric() || it == '_')))
        } else if let Some(symbol) =
            dialect.symbols.iter().find(|it| reader.rest().starts_with(**it))
        {
            symbol.chars().for_each(|_| reader.skip());
            Ok(Word::Symbol(symbol))
        } else if dialect.quotes && "\"'`".contains(first) {
            reader.skip();
            let text = reader.take_while(|it| it != first && it != '\n');
            let closed = reader.peek() == Some(first);
            reader.skip();
            let why = || format!("this text has no end, expected {}", shown(first));
            if closed { Ok(Word::Text(text)) } else { Err(why()) }
        } else {
            reader.skip();
            Err(format!("{} does not begin any word of this language", shown(first)))
        };
        match word {
            Ok(word) => tokens.push(Token { word, at, start, end: reader.at }),
            Err(why) => faults.add(at, why),
        }
    }
}

fn shown(character: char) -> String {
    if character.is_control() {
        format!("the control character {:#x}", u32::from(character))
    } else {
        format!("`{character}`")
    }
}

fn number(digits: &str) -> Option<i32> {
    match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => i32::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    place: Place,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self) {
        let Some(character) = self.peek() else { return };
        self.at += character.len_utf8();
        if character == '\n' {
            self.place = Place { line: self.place.line + 1, column: 1 };
        } else {
            self.place.column += 1;
        }
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let start = self.at;
        while self.peek().is_some_and(&fits) {
            self.skip();
        }
        &self.text[start..self.at]
    }

    fn skip_blank(&mut self, faults: &mut Faults) {
        loop {
            self.take_while(char::is_whitespace);
            if self.rest().starts_with("//") {
                self.take_while(|it| it != '\n');
            } else if self.rest().starts_with("/*") {
                let at = self.place;
                while !self.rest().starts_with("*/") && self.peek().is_some() {
                    self.skip();
                }
                if self.peek().is_none() {
                    faults.add(at, "this comment has no end, expected `*/`".to_owned());
                }
                self.skip();
                self.skip();
            } else {
                return;
            }
        }
    }
}
