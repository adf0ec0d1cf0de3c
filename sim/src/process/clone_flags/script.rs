//! The script: who calls clone, and how.

use super::flags::{FLAGS, PRESETS};
use crate::error::{Fault, Problem, ScenarioError};
use crate::lines::{Line, lines};

/// Most tasks.
pub(super) const TASKS_MAX: usize = 6;
/// Most calls.
const CALLS_MAX: usize = 12;

/// One call.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// Index of the task; `T1` is 0.
    pub(super) who: usize,
    pub(super) does: Does,
    /// The call as it is shown.
    pub(super) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    Clone(u64),
    Exec,
}

/// Reads a script.
///
/// # Errors
/// Every call that cannot be read, at its line and column.
pub(super) fn parse(text: &str) -> Result<Vec<Call>, ScenarioError> {
    let mut calls = Vec::new();
    let mut problems = Vec::new();
    for mut line in lines(text) {
        match call(&mut line) {
            Ok((who, does)) => calls.push(Call { who, does, text: line.text() }),
            Err(problem) => problems.push(problem),
        }
    }
    let why = match calls.len() {
        0 => Some("the script holds no call".to_owned()),
        n if CALLS_MAX < n => Some(format!("more than {CALLS_MAX} calls")),
        _ => None,
    };
    if let Some(why) = why.filter(|_| problems.is_empty()) {
        problems.push(Problem { at: "/script".to_owned(), fault: Fault::Conflict(why) });
    }
    problems.truncate(20);
    if problems.is_empty() { Ok(calls) } else { Err(ScenarioError(problems)) }
}

const VERBS: &str = "fork, vfork, pthread_create, container, clone or exec";

fn call(line: &mut Line<'_>) -> Result<(usize, Does), Problem> {
    let word = line.word("a task, such as T1")?;
    let number = word.strip_prefix('T').and_then(|it| it.parse::<usize>().ok());
    let Some(who) = number.filter(|it| (1..=TASKS_MAX).contains(it)) else {
        return Err(line.wrong(&format!("expected a task from T1 to T{TASKS_MAX}")));
    };
    let verb = line.word(VERBS)?;
    if verb == "exec" {
        line.end()?;
        return Ok((who - 1, Does::Exec));
    }
    let Some(preset) = PRESETS.iter().find(|it| it.0 == verb) else {
        return Err(line.wrong(&format!("expected {VERBS}")));
    };
    let mut flags = preset.1;
    while line.peek().is_some() {
        let word = line.word("a flag")?;
        let name = word.strip_prefix("CLONE_").unwrap_or(word);
        let Some(flag) = FLAGS.iter().find(|it| it.name == name) else {
            return Err(line.wrong(&format!("there is no flag {word}; VM and NEWPID are two")));
        };
        flags |= flag.bits;
    }
    Ok((who - 1, Does::Clone(flags)))
}
