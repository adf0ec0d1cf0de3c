//! A place in the words of a text, for a parser that goes from left to right.

use super::lex::{Dialect, Token, Word, words};
use super::{Faults, Place};

/// The words of a text and how far they are read. A result of `None` means that the fault is
/// already told.
pub(crate) struct Cursor<'a, 'f> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    pub(crate) next: usize,
    pub(crate) faults: &'f mut Faults,
}

impl<'a, 'f> Cursor<'a, 'f> {
    /// At the first word of a text.
    pub(crate) fn new(text: &'a str, dialect: Dialect, faults: &'f mut Faults) -> Self {
        let tokens = words(text, dialect, faults);
        Self { text, tokens, next: 0, faults }
    }

    fn token(&self) -> Token<'a> {
        let nothing = Token { word: Word::End, at: Place { line: 1, column: 1 }, start: 0, end: 0 };
        self.tokens.get(self.next).or(self.tokens.last()).copied().unwrap_or(nothing)
    }

    pub(crate) fn peek(&self) -> Word<'a> {
        self.token().word
    }

    /// The word after the next ones.
    pub(crate) fn peek_after(&self, n: usize) -> Word<'a> {
        self.tokens.get(self.next + n).map_or(Word::End, |it| it.word)
    }

    pub(crate) fn place(&self) -> Place {
        self.token().at
    }

    pub(crate) fn skip(&mut self) {
        self.next = (self.next + 1).min(self.tokens.len());
    }

    pub(crate) fn wrong<T>(&mut self, expected: &str) -> Option<T> {
        let found = self.peek().said();
        let hint = match (expected, found.as_str()) {
            ("`)`" | "`;`", "`=`") => "; `==` compares",
            _ => "",
        };
        self.faults.add(self.place(), format!("expected {expected}, found {found}{hint}"));
        None
    }

    pub(crate) fn take(&mut self, symbol: &'static str) -> bool {
        let found = self.peek() == Word::Symbol(symbol);
        if found {
            self.skip();
        }
        found
    }

    pub(crate) fn take_keyword(&mut self, keyword: &str) -> bool {
        let found = self.peek() == Word::Name(keyword);
        if found {
            self.skip();
        }
        found
    }

    pub(crate) fn expect(&mut self, symbol: &'static str) -> Option<()> {
        if self.take(symbol) { Some(()) } else { self.wrong(&format!("`{symbol}`")) }
    }

    /// The text between two tokens on one line.
    pub(crate) fn said(&self, first: usize, end: usize) -> String {
        let at = |n: usize| self.tokens.get(n).copied();
        let text = match (at(first), end.checked_sub(1).and_then(at)) {
            (Some(first), Some(last)) => self.text.get(first.start..last.end).unwrap_or_default(),
            _ => "",
        };
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
