//! The script: who sends, receives, and asks to be told.

use crate::error::{Fault, Problem, ScenarioError};
use crate::lines::{Line, lines};

/// Most processes.
pub(super) const PROCS_MAX: u8 = 6;
/// Most statements.
const OPS_MAX: usize = 100;
/// Greatest priority: Linux has 32,768 of them.
const PRIORITY_MAX: u64 = 32_767;
/// Longest name of a message.
const NAME_CHARS_MAX: usize = 12;

/// One statement.
#[derive(Debug, Clone)]
pub(super) struct Op {
    pub(super) who: usize,
    pub(super) does: Does,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Does {
    /// A message by its name, with a priority.
    Send(String, u16),
    Receive,
    Notify,
}

const VERBS: &str = "send, receive or notify";

/// Reads a script.
///
/// # Errors
/// Every statement that cannot be read, at its line and column.
pub(super) fn parse(text: &str) -> Result<Vec<Op>, ScenarioError> {
    let mut ops = Vec::new();
    let mut problems = Vec::new();
    for mut line in lines(text) {
        match statement(&mut line) {
            Ok((who, does)) => ops.push(Op { who, does }),
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
        "send" => {
            let message = line.word("a name for the message")?.to_owned();
            if NAME_CHARS_MAX < message.chars().count() {
                return Err(line.wrong(&format!("a name has at most {NAME_CHARS_MAX} characters")));
            }
            let priority = match line.peek() {
                Some(_) => line.number_up_to(PRIORITY_MAX, "a priority")?,
                None => 0,
            };
            Does::Send(message, u16::try_from(priority).unwrap_or_default())
        }
        "receive" => Does::Receive,
        "notify" => Does::Notify,
        _ => return Err(line.wrong(&format!("expected {VERBS}"))),
    };
    line.end()?;
    Ok((who, does))
}
