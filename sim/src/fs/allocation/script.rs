//! The script: files that come, grow, are read, and go.

use crate::error::{Problem, ScenarioError};
use crate::lines::{Line, lines};

const FILES_MAX: usize = 8;
const LINES_MAX: usize = 60;

/// One statement; files by their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    Create(usize, u64),
    Extend(usize, u64),
    Delete(usize),
    /// One block of a file, or all of them in order.
    Read(usize, Option<u64>),
    /// A block of the disk that can no longer be read.
    Lose(u64),
}

#[derive(Debug, Clone, Default)]
pub(super) struct Script {
    pub(super) names: Vec<String>,
    pub(super) ops: Vec<(Does, String)>,
}

impl Script {
    fn file(&mut self, line: &mut Line<'_>) -> Result<usize, Problem> {
        let name = line.word("the name of a file")?;
        let fits = name.chars().count() <= 4 && name.chars().all(char::is_alphanumeric);
        if !fits || name.starts_with(|it: char| it.is_ascii_digit()) {
            return Err(
                line.wrong("a name has at most 4 letters and digits and begins with a letter")
            );
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

    fn op(&mut self, line: &mut Line<'_>, n_blocks: u64) -> Result<Does, Problem> {
        Ok(match line.word("create, extend, delete, read or lose")? {
            "create" => Does::Create(self.file(line)?, blocks(line, n_blocks)?),
            "extend" => Does::Extend(self.file(line)?, blocks(line, n_blocks)?),
            "delete" => Does::Delete(self.file(line)?),
            "read" => {
                let file = self.file(line)?;
                let block =
                    line.peek().map(|_| line.number_up_to(n_blocks - 1, "a block of the file"));
                Does::Read(file, block.transpose()?)
            }
            "lose" => Does::Lose(line.number_up_to(n_blocks - 1, "a block of the disk")?),
            _ => return Err(line.wrong("expected create, extend, delete, read or lose")),
        })
    }
}

fn blocks(line: &mut Line<'_>, n_blocks: u64) -> Result<u64, Problem> {
    match line.number_up_to(n_blocks, "a number of blocks")? {
        0 => Err(line.wrong("at least one block")),
        n => Ok(n),
    }
}

/// Reads a script for a disk of so many blocks.
pub(super) fn read(text: &str, n_blocks: u64) -> Result<Script, ScenarioError> {
    let (mut script, mut problems) = (Script::default(), Vec::new());
    for mut line in lines(text) {
        if LINES_MAX <= script.ops.len() + problems.len() {
            problems.push(line.wrong(&format!("a script has at most {LINES_MAX} statements")));
            break;
        }
        let shown = line.text();
        match script.op(&mut line, n_blocks).and_then(|it| line.end().map(|()| it)) {
            Ok(op) => script.ops.push((op, shown)),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(script) } else { Err(ScenarioError(problems)) }
}
