//! What is wrong with the course files, all of it, each with file and line.

use std::cell::RefCell;
use std::fmt;

/// Every fault of a course, by file and line. Never empty when it is returned as an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults(pub Vec<Fault>);

/// One fault and its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Path below the repository, with `/`, such as `content/glossary.toml`.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// What is wrong, what was found and what is allowed; no full stop.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.file, self.line, self.what)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.0.iter().enumerate() {
            if 0 < n {
                writeln!(out)?;
            }
            write!(out, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// Where the readers put faults. Shared by all of them, so it changes behind a plain reference.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    /// What stands before every file.
    folder: &'static str,
    all: RefCell<Vec<Fault>>,
}

impl Sink {
    /// A sink for files that are named relative to the content folder.
    pub(crate) fn of_course() -> Self {
        Self { folder: "content/", all: RefCell::default() }
    }

    /// Notes a fault.
    pub(crate) fn add(&self, file: &str, line: u32, what: impl Into<String>) {
        let file = format!("{}{file}", self.folder);
        self.all.borrow_mut().push(Fault { file, line, what: what.into() });
    }

    /// All faults, by file and line, each once.
    pub(crate) fn into_faults(self) -> Faults {
        let mut all = self.all.into_inner();
        all.sort();
        all.dedup();
        Faults(all)
    }
}

#[cfg(test)]
mod tests {
    use super::Sink;

    #[test]
    fn faults_are_told_in_order_and_once() {
        let sink = Sink::of_course();
        sink.add("b.md", 2, "second");
        sink.add("a.toml", 9, "first");
        sink.add("b.md", 2, "second");
        let told = sink.into_faults().to_string();
        assert_eq!(told, "content/a.toml:9: first\ncontent/b.md:2: second");
    }
}
