//! The script: what programs do with files.

use crate::error::{Problem, ScenarioError};
use crate::lines::{Line, lines};

/// Most files, statements, and writes that they come to.
pub(super) const FILES_MAX: usize = 8;
const LINES_MAX: usize = 60;
const WRITES_MAX: u64 = 600;

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Does {
    /// Files in turn get so many blocks each, so many at a time.
    Append {
        files: Vec<usize>,
        n: u64,
        by: u64,
    },
    /// Blocks at a place of the file.
    Write {
        file: usize,
        n: u64,
        at: u64,
    },
    /// Blocks without content.
    Allocate {
        file: usize,
        n: u64,
    },
    /// Writes back what waits, of one file or all.
    Sync(Option<usize>),
    Delete(usize),
}

#[derive(Debug, Clone, Default)]
pub(super) struct Script {
    pub(super) names: Vec<String>,
    pub(super) ops: Vec<(Does, String)>,
}

impl Script {
    fn file(&mut self, line: &mut Line<'_>) -> Result<usize, Problem> {
        let name = line.word("the name of a file")?;
        let is_name = name.chars().count() <= 8 && name.chars().all(char::is_alphanumeric);
        if !is_name || name == "by" || name == "at" {
            return Err(line.wrong("a name has at most 8 letters and digits"));
        }
        if let Some(at) = self.names.iter().position(|it| it == name) {
            return Ok(at);
        }
        if self.names.len() == FILES_MAX {
            return Err(line.wrong(&format!("there are at most {FILES_MAX} files")));
        }
        self.names.push(name.to_owned());
        Ok(self.names.len() - 1)
    }

    fn op(&mut self, line: &mut Line<'_>, n_max: u64) -> Result<Does, Problem> {
        Ok(match line.word("append, write, fallocate, sync or delete")? {
            "append" => {
                let mut files = vec![self.file(line)?];
                while line.peek().is_some_and(|it| it.starts_with(char::is_alphabetic)) {
                    files.push(self.file(line)?);
                }
                let n = blocks(line, n_max)?;
                let by = if line.take("by") { blocks(line, n_max)? } else { n };
                Does::Append { files, n, by }
            }
            "write" => {
                let file = self.file(line)?;
                let n = blocks(line, n_max)?;
                if !line.take("at") {
                    line.word("at and a block of the file")?;
                    return Err(line.wrong("expected at and a block of the file"));
                }
                let at = line.number_up_to(1 << 32, "a block of the file")?;
                Does::Write { file, n, at }
            }
            "fallocate" => Does::Allocate { file: self.file(line)?, n: blocks(line, n_max)? },
            "sync" if line.peek().is_some() => Does::Sync(Some(self.file(line)?)),
            "sync" => Does::Sync(None),
            "delete" => Does::Delete(self.file(line)?),
            _ => return Err(line.wrong("expected append, write, fallocate, sync or delete")),
        })
    }
}

fn blocks(line: &mut Line<'_>, n_max: u64) -> Result<u64, Problem> {
    match line.number_up_to(n_max, "a number of blocks")? {
        0 => Err(line.wrong("at least one block")),
        n => Ok(n),
    }
}

/// Reads a script for a disk of so many blocks.
pub(super) fn read(text: &str, n_max: u64) -> Result<Script, ScenarioError> {
    let (mut script, mut problems, mut n_writes) = (Script::default(), Vec::new(), 0_u64);
    for mut line in lines(text) {
        let shown = line.text();
        let op = script.op(&mut line, n_max).and_then(|it| line.end().map(|()| it));
        n_writes += match &op {
            Ok(Does::Append { files, n, by }) => n.div_ceil(*by) * files.len() as u64,
            Ok(_) | Err(_) => 1,
        };
        match op {
            Ok(op) => script.ops.push((op, shown)),
            Err(problem) => problems.push(problem),
        }
        if WRITES_MAX < n_writes {
            problems
                .push(line.wrong(&format!("the script comes to more than {WRITES_MAX} writes")));
        }
        if LINES_MAX < script.ops.len() {
            problems.push(line.wrong(&format!("a script has at most {LINES_MAX} statements")));
        }
        if 20 < problems.len() || WRITES_MAX < n_writes || LINES_MAX < script.ops.len() {
            break;
        }
    }
    if problems.is_empty() { Ok(script) } else { Err(ScenarioError(problems)) }
}
