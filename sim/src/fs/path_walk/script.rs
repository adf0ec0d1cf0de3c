//! The script: calls that work on names.

use crate::error::{Problem, ScenarioError};
use crate::lines::{Line, lines};

/// Most statements, of both scripts together.
pub(super) const LINES_MAX: usize = 60;

/// Longest path, in characters.
const PATH_MAX: usize = 60;

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Does {
    Make(String),
    MakeDirectory(String),
    Link(String, String),
    /// What the link holds, and its name.
    Symlink(String, String),
    Unlink(String),
    RemoveDirectory(String),
    Rename(String, String),
    /// Follows a symbolic link at the end, or not.
    Stat(String, bool),
    Open(String),
    Close(u64),
    Read(u64),
    Mount(String, String),
    Unmount(String),
    /// Gives the right to search, or takes it.
    Search(String, bool),
    /// Empties the caches.
    Drop,
}

/// A call and how it is shown.
#[derive(Debug, Clone)]
pub(super) struct Op {
    pub(super) does: Does,
    pub(super) text: String,
}

/// Reads a script that stands under a key of the form.
pub(super) fn read(text: &str, key: &str) -> Result<Vec<Op>, ScenarioError> {
    let (mut ops, mut problems) = (Vec::new(), Vec::new());
    for mut line in lines(text) {
        let text = line.text();
        let read = match ops.len() + problems.len() < LINES_MAX {
            true => does(&mut line).and_then(|it| line.end().map(|()| it)),
            false => Err(line.wrong(&format!("a script has at most {LINES_MAX} statements"))),
        };
        match read {
            Ok(does) => ops.push(Op { does, text }),
            Err(problem) => problems.push(Problem { at: format!("/{key}"), ..problem }),
        }
        if LINES_MAX < ops.len() + problems.len() {
            break;
        }
    }
    if problems.is_empty() { Ok(ops) } else { Err(ScenarioError(problems)) }
}

const VERBS: &str = "create, mkdir, link, symlink, unlink, rmdir, rename, stat, lstat, open, close, \
                     read, mount, umount, chmod or drop";

fn does(line: &mut Line<'_>) -> Result<Does, Problem> {
    Ok(match line.word(VERBS)? {
        "create" => Does::Make(path(line)?),
        "mkdir" => Does::MakeDirectory(path(line)?),
        "link" => Does::Link(path(line)?, path(line)?),
        "symlink" => Does::Symlink(text(line, "what the link holds")?, path(line)?),
        "unlink" => Does::Unlink(path(line)?),
        "rmdir" => Does::RemoveDirectory(path(line)?),
        "rename" => Does::Rename(path(line)?, path(line)?),
        "stat" => Does::Stat(path(line)?, true),
        "lstat" => Does::Stat(path(line)?, false),
        "open" => Does::Open(path(line)?),
        "close" => Does::Close(descriptor(line)?),
        "read" => Does::Read(descriptor(line)?),
        "mount" => Does::Mount(text(line, "the name of a file system")?, path(line)?),
        "umount" => Does::Unmount(path(line)?),
        "chmod" => {
            let right = match line.word("-x or +x")? {
                "-x" => false,
                "+x" => true,
                _ => return Err(line.wrong("expected -x or +x")),
            };
            Does::Search(path(line)?, right)
        }
        "drop" => Does::Drop,
        _ => return Err(line.wrong(&format!("expected {VERBS}"))),
    })
}

fn descriptor(line: &mut Line<'_>) -> Result<u64, Problem> {
    line.number_up_to(99, "the number of an open file, such as 3")
}

fn text(line: &mut Line<'_>, what: &str) -> Result<String, Problem> {
    let word = line.word(what)?;
    match word.chars().count() <= PATH_MAX {
        true => Ok(word.to_owned()),
        false => Err(line.wrong(&format!("at most {PATH_MAX} characters"))),
    }
}

fn path(line: &mut Line<'_>) -> Result<String, Problem> {
    let path = text(line, "a path, such as /home/ann")?;
    match path.starts_with('/') {
        true => Ok(path),
        false => {
            Err(line.wrong("a path begins with / here, because nobody has a working directory"))
        }
    }
}
