//! Scripts of one statement a line: words with their places, so that a fault is told where it is.

use crate::error::{Fault, Problem};

/// One line that is not empty: its words, and how many of them were read.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    number: u32,
    words: Vec<(u32, &'a str)>,
    at: usize,
    /// Column after the last word.
    end: u32,
}

/// The lines of a script without comments, which begin with `#`, and without empty lines.
pub(crate) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut found = Vec::new();
    for (number, text) in (1..).zip(text.lines()) {
        let code = text.split('#').next().unwrap_or_default();
        let words = words(code);
        if !words.is_empty() {
            let end = column(code.trim_end().chars().count());
            found.push(Line { number, words, at: 0, end });
        }
    }
    found
}

fn column(n_before: usize) -> u32 {
    u32::try_from(n_before + 1).unwrap_or(u32::MAX)
}

/// Words and their columns; `=` is a word of its own.
fn words(code: &str) -> Vec<(u32, &str)> {
    let mut found = Vec::new();
    let mut start: Option<(u32, usize)> = None;
    for (n, (at, letter)) in code.char_indices().enumerate() {
        if letter.is_whitespace() || letter == '=' {
            if let Some((column, from)) = start.take() {
                found.push((column, &code[from..at]));
            }
            if letter == '=' {
                found.push((column(n), &code[at..=at]));
            }
        } else if start.is_none() {
            start = Some((column(n), at));
        }
    }
    if let Some((column, from)) = start {
        found.push((column, &code[from..]));
    }
    found
}

impl<'a> Line<'a> {
    /// The line as it is shown: its words with one space between them.
    pub(crate) fn text(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|it| it.1).collect();
        words.join(" ")
    }

    /// The next word, without reading it.
    pub(crate) fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).map(|it| it.1)
    }

    /// Reads the next word.
    pub(crate) fn word(&mut self, expected: &str) -> Result<&'a str, Problem> {
        let word = self.peek().ok_or_else(|| self.missing(expected))?;
        self.at += 1;
        Ok(word)
    }

    /// Reads the next word if it is this one.
    pub(crate) fn take(&mut self, word: &str) -> bool {
        let is_next = self.peek() == Some(word);
        self.at += usize::from(is_next);
        is_next
    }

    /// Reads a number, decimal or in hexadecimal with `0x`, up to `max`.
    pub(crate) fn number_up_to(&mut self, max: u64, expected: &str) -> Result<u64, Problem> {
        let word = self.word(expected)?;
        let plain: String = word.chars().filter(|it| *it != '_').collect();
        let number = match plain.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => plain.parse(),
        };
        match number {
            Ok(number) if number <= max => Ok(number),
            Ok(_) => Err(self.wrong(&format!("{word} is more than {max:#x}"))),
            Err(_) => Err(self.wrong(&format!("{word} is not {expected}"))),
        }
    }

    /// Reads a process, `P1` and so on, as its index from 0.
    pub(crate) fn process(&mut self, n_max: u8) -> Result<u8, Problem> {
        let word = self.word("a process, such as P1")?;
        let number = word.strip_prefix('P').and_then(|it| it.parse::<u8>().ok());
        match number {
            Some(number) if (1..=n_max).contains(&number) => Ok(number - 1),
            _ => Err(self.wrong(&format!("expected a process from P1 to P{n_max}"))),
        }
    }

    /// Checks that nothing is left to read.
    pub(crate) fn end(&mut self) -> Result<(), Problem> {
        match self.peek() {
            None => Ok(()),
            Some(word) => {
                let why = format!("{word} is one word too many");
                self.at += 1;
                Err(self.wrong(&why))
            }
        }
    }

    /// A fault at the word that was read last.
    pub(crate) fn wrong(&self, why: &str) -> Problem {
        let column = self.at.checked_sub(1).and_then(|it| self.words.get(it)).map_or(1, |it| it.0);
        self.fault(column, why.to_owned())
    }

    fn missing(&self, expected: &str) -> Problem {
        self.fault(self.end, format!("expected {expected}"))
    }

    fn fault(&self, column: u32, why: String) -> Problem {
        let fault = Fault::Source { line: self.number, column, why };
        Problem { at: "/script".to_owned(), fault }
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn words_have_places_and_faults_are_told_there() {
        let text = "# first\n\n  P1 map 0x10=7 # then\nP9 go\né";
        let mut found = lines(text);
        assert_eq!(found.len(), 3);
        let line = &mut found[0];
        assert_eq!(line.text(), "P1 map 0x10 = 7");
        assert_eq!(line.process(8), Ok(0));
        assert_eq!(line.word("what to do"), Ok("map"));
        assert_eq!(line.number_up_to(16, "a page"), Ok(16));
        assert!(line.take("=") && !line.take("="));
        assert_eq!(
            line.end().unwrap_err().to_string(),
            "/script: line 3, column 15: 7 is one word too many"
        );
        assert_eq!(
            line.word("a page").unwrap_err().to_string(),
            "/script: line 3, column 16: expected a page"
        );
        let told = found[1].process(8).unwrap_err().to_string();
        assert_eq!(told, "/script: line 4, column 1: expected a process from P1 to P8");
        assert!(found[2].number_up_to(9, "a number").is_err());
    }
}
