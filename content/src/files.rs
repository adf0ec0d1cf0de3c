//! The text files of a course, by path: read from a folder once, or made by hand in a test.

use crate::faults::{Fault, Faults};
use std::collections::BTreeMap;
use std::path::Path;

/// Parts of the content folder that hold course files.
const FOLDERS: [&str; 4] = ["course", "scenarios", "listings", "drawings"];

/// Files beside them.
const SINGLES: [&str; 6] = [
    "calls.toml",
    "cheat_sheet.md",
    "errata.toml",
    "glossary.toml",
    "latency.toml",
    "sources.toml",
];

/// The course files: path relative to the content folder, with `/`, and text.
#[derive(Debug, Clone, Default)]
pub struct Files(BTreeMap<String, String>);

impl Files {
    /// Reads the course files below `root`, the content folder.
    ///
    /// # Errors
    /// Every file that cannot be read, or is not UTF-8.
    pub fn read(root: &Path) -> Result<Self, Faults> {
        let mut files = Self::default();
        let mut faults = Faults::default();
        for name in SINGLES {
            files.file(root, name, &mut faults);
        }
        for name in FOLDERS {
            if root.join(name).is_dir() {
                files.folder(root, name, &mut faults);
            }
        }
        if faults.0.is_empty() { Ok(files) } else { Err(faults) }
    }

    /// Adds one file.
    #[must_use]
    pub fn with(mut self, path: &str, text: &str) -> Self {
        self.0.insert(path.to_owned(), text.to_owned());
        self
    }

    /// The text of a file.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// All files below a folder, by path.
    pub fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let below =
            move |path: &str| path.strip_prefix(folder).is_some_and(|it| it.starts_with('/'));
        self.0.iter().filter(move |(path, _)| below(path)).map(|(path, text)| (&**path, &**text))
    }

    fn folder(&mut self, root: &Path, name: &str, faults: &mut Faults) {
        let entries = match std::fs::read_dir(root.join(name)) {
            Ok(entries) => entries,
            Err(error) => return unreadable(name, &error, faults),
        };
        for entry in entries.flatten() {
            let below = format!("{name}/{}", entry.file_name().to_string_lossy());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.folder(root, &below, faults),
                Ok(_) => self.file(root, &below, faults),
                Err(error) => unreadable(&below, &error, faults),
            }
        }
    }

    fn file(&mut self, root: &Path, name: &str, faults: &mut Faults) {
        match std::fs::read_to_string(root.join(name)) {
            // A checkout with other line ends is the same course.
            Ok(text) => {
                self.0.insert(name.to_owned(), text.replace("\r\n", "\n"));
            }
            Err(error) => unreadable(name, &error, faults),
        }
    }
}

fn unreadable(name: &str, error: &std::io::Error, faults: &mut Faults) {
    let what = format!("cannot be read: {error}");
    faults.0.push(Fault { file: format!("content/{name}"), line: 1, what });
}

#[cfg(test)]
mod tests {
    use super::Files;

    #[test]
    fn a_folder_is_listed_with_all_below_it() {
        let files = Files::default().with("course/a/b.md", "b").with("courses/c.md", "c");
        assert_eq!(files.below("course").collect::<Vec<_>>(), [("course/a/b.md", "b")]);
    }

    #[test]
    fn a_missing_folder_is_told() {
        let told = Files::read(std::path::Path::new("no such folder")).unwrap_err().to_string();
        assert!(told.contains("content/glossary.toml:1: cannot be read"), "{told}");
    }
}
