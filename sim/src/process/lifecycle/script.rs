//! The script: what happens to which process.

use crate::error::{Fault, Problem, ScenarioError};
use crate::lines::{Line, lines};

/// Most processes, with init.
pub(super) const PROCS_MAX: u8 = 8;
/// Most statements.
const OPS_MAX: usize = 100;

/// One statement.
#[derive(Debug, Clone)]
pub(super) struct Op {
    /// Index of the process; `P1` is 0.
    pub(super) who: usize,
    pub(super) does: Does,
    /// The statement as it is shown.
    pub(super) text: String,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    /// Makes this one.
    Fork(usize),
    Admit,
    Dispatch,
    Preempt,
    /// Whether it waits for a disk, where no signal wakes it.
    Block {
        disk: bool,
    },
    Wake,
    Exit(u8),
    Wait,
    Kill,
    Subreaper,
    Ignore,
}

const VERBS: &str = "fork, admit, dispatch, preempt, block, wake, exit, wait, kill, subreaper or \
                     ignore";

/// Reads a script.
///
/// # Errors
/// Every statement that cannot be read, at its line and column.
pub(super) fn parse(text: &str) -> Result<Vec<Op>, ScenarioError> {
    let mut ops = Vec::new();
    let mut problems = Vec::new();
    for mut line in lines(text) {
        match statement(&mut line) {
            Ok((who, does)) => ops.push(Op { who, does, text: line.text() }),
            Err(problem) => problems.push(problem),
        }
    }
    let why = match ops.len() {
        0 => Some("the script holds no statement".to_owned()),
        n if OPS_MAX < n => Some(format!("more than {OPS_MAX} statements")),
        _ => None,
    };
    if let Some(why) = why.filter(|_| problems.is_empty()) {
        problems.push(Problem { at: "/script".to_owned(), fault: Fault::Conflict(why) });
    }
    problems.truncate(20);
    if problems.is_empty() { Ok(ops) } else { Err(ScenarioError(problems)) }
}

fn statement(line: &mut Line<'_>) -> Result<(usize, Does), Problem> {
    let who = usize::from(line.process(PROCS_MAX)?);
    let does = match line.word(VERBS)? {
        "fork" => Does::Fork(usize::from(line.process(PROCS_MAX)?)),
        "admit" => Does::Admit,
        "dispatch" => Does::Dispatch,
        "preempt" => Does::Preempt,
        "block" => Does::Block { disk: line.take("disk") },
        "wake" => Does::Wake,
        "exit" => {
            let code = match line.peek() {
                Some(_) => line.number_up_to(255, "an exit code")?,
                None => 0,
            };
            Does::Exit(u8::try_from(code).unwrap_or_default())
        }
        "wait" => Does::Wait,
        "kill" => Does::Kill,
        "subreaper" => Does::Subreaper,
        "ignore" => Does::Ignore,
        _ => return Err(line.wrong(&format!("expected {VERBS}"))),
    };
    line.end()?;
    Ok((who, does))
}
