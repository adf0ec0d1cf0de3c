//! The script: what each process does with the pipe.

use crate::error::{Fault, Problem, ScenarioError};
use crate::lines::{Line, lines};

/// Most processes.
pub(super) const PROCS_MAX: u8 = 4;
/// Most statements.
const OPS_MAX: usize = 60;
/// Most bytes of one call.
const BYTES_MAX: u64 = 1 << 20;

/// What a process does.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    pub(super) ops: Vec<Op>,
    pub(super) reads: bool,
    pub(super) writes: bool,
}

/// One statement.
#[derive(Debug, Clone)]
pub(super) struct Op {
    pub(super) does: Does,
    /// Again and again, until the call fails or there is no more.
    pub(super) repeat: bool,
    /// The statement as it is shown, without the process.
    pub(super) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    Write(u64),
    Read(u64),
    CloseRead,
    CloseWrite,
    /// For the end of all others, as a parent does.
    Wait,
}

const VERBS: &str = "holds, write, read, close or wait";

/// Reads a script: what each process does, by its number.
///
/// # Errors
/// Every statement that cannot be read, at its line and column.
pub(super) fn parse(text: &str) -> Result<Vec<Part>, ScenarioError> {
    let mut parts = vec![Part::default(); usize::from(PROCS_MAX)];
    let mut holds = vec![None; parts.len()];
    let mut problems = Vec::new();
    let mut n_ops = 0;
    for mut line in lines(text) {
        match statement(&mut line) {
            Ok((who, Said::Holds(ends))) => holds[who] = Some(ends),
            Ok((who, Said::Does(op))) => {
                parts[who].ops.push(op);
                n_ops += 1;
            }
            Err(problem) => problems.push(problem),
        }
    }
    let why = match n_ops {
        0 => Some("the script holds no statement".to_owned()),
        n if OPS_MAX < n => Some(format!("more than {OPS_MAX} statements")),
        _ => None,
    };
    if let Some(why) = why.filter(|_| problems.is_empty()) {
        problems.push(Problem { at: "/script".to_owned(), fault: Fault::Conflict(why) });
    }
    problems.truncate(20);
    if !problems.is_empty() {
        return Err(ScenarioError(problems));
    }
    for (part, holds) in parts.iter_mut().zip(holds) {
        let uses = |read: bool| {
            part.ops.iter().any(|it| match it.does {
                Does::Read(_) | Does::CloseRead => read,
                Does::Write(_) | Does::CloseWrite => !read,
                Does::Wait => false,
            })
        };
        (part.reads, part.writes) = holds.unwrap_or((uses(true), uses(false)));
    }
    while parts.last().is_some_and(|it| it.ops.is_empty() && !it.reads && !it.writes) {
        parts.pop();
    }
    Ok(parts)
}

enum Said {
    Holds((bool, bool)),
    Does(Op),
}

fn statement(line: &mut Line<'_>) -> Result<(usize, Said), Problem> {
    let who = usize::from(line.process(PROCS_MAX)?);
    let text = line.text();
    let text = text.split_once(' ').map_or("", |it| it.1).to_owned();
    let said = match line.word(VERBS)? {
        "holds" => Said::Holds(match line.word("r, w or rw")? {
            "r" => (true, false),
            "w" => (false, true),
            "rw" | "wr" => (true, true),
            _ => return Err(line.wrong("expected r, w or rw")),
        }),
        word @ ("write" | "read") => {
            let n = line.number_up_to(BYTES_MAX, "a number of bytes")?;
            if n == 0 {
                return Err(line.wrong("expected 1 byte or more"));
            }
            let does = if word == "write" { Does::Write(n) } else { Does::Read(n) };
            Said::Does(Op { does, repeat: line.take("repeat"), text })
        }
        "close" => {
            let does = match line.word("r or w")? {
                "r" => Does::CloseRead,
                "w" => Does::CloseWrite,
                _ => return Err(line.wrong("expected r or w")),
            };
            Said::Does(Op { does, repeat: false, text })
        }
        "wait" => Said::Does(Op { does: Does::Wait, repeat: false, text }),
        _ => return Err(line.wrong(&format!("expected {VERBS}"))),
    };
    line.end()?;
    Ok((who, said))
}
