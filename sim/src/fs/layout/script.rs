//! The script: calls that change the image.

use crate::error::{Problem, ScenarioError};
use crate::lines::{Line, lines};

const LINES_MAX: usize = 60;

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::fs) enum Does {
    Create(String, u64),
    MakeDirectory(String),
    Append(String, u64),
    Delete(String),
}

/// Reads a script: statements, and how they are shown.
pub(in crate::fs) fn read(text: &str) -> Result<Vec<(Does, String)>, ScenarioError> {
    let (mut ops, mut problems) = (Vec::new(), Vec::new());
    for mut line in lines(text) {
        if LINES_MAX <= ops.len() + problems.len() {
            problems.push(line.wrong(&format!("a script has at most {LINES_MAX} statements")));
            break;
        }
        let shown = line.text();
        match does(&mut line).and_then(|it| line.end().map(|()| it)) {
            Ok(does) => ops.push((does, shown)),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(ops) } else { Err(ScenarioError(problems)) }
}

fn does(line: &mut Line<'_>) -> Result<Does, Problem> {
    Ok(match line.word("create, mkdir, append or delete")? {
        "create" => Does::Create(path(line)?, line.number_up_to(12, "a number of blocks")?),
        "mkdir" => Does::MakeDirectory(path(line)?),
        "append" => match (path(line)?, line.number_up_to(12, "a number of blocks")?) {
            (_, 0) => return Err(line.wrong("at least one block")),
            (path, n) => Does::Append(path, n),
        },
        "delete" => Does::Delete(path(line)?),
        _ => return Err(line.wrong("expected create, mkdir, append or delete")),
    })
}

fn path(line: &mut Line<'_>) -> Result<String, Problem> {
    let path = line.word("a path, such as /home/ann")?;
    let fits = |it: &str| {
        !it.is_empty() && it.chars().count() <= 6 && it.chars().all(char::is_alphanumeric)
    };
    if path.strip_prefix('/').is_some_and(|it| it.split('/').all(fits)) {
        return Ok(path.to_owned());
    }
    Err(line.wrong("a path begins with /, and a name in it has at most 6 letters and digits"))
}
