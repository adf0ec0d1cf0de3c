//! A system call filter: a short program of loads, comparisons, jumps forward and returns.

use crate::error::{Problem, ScenarioError};
use crate::lines::{Line, lines};

/// Most instructions.
const LINES_MAX: usize = 64;

/// What a filter looks at: number and architecture of the call, and its argument registers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Data {
    pub(super) number: u64,
    pub(super) args: [u64; 3],
}

/// Architecture of x86-64, as a filter sees it.
const ARCH: u64 = 0xc000_003e;

/// What a filter decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Allow,
    Errno(u64),
    Kill,
}

/// What is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    Number,
    Arch,
    Arg(usize),
}

/// How the loaded value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    Equal,
    AtLeast,
    AnyBit,
}

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Does {
    Load(Load),
    /// Skips so many instructions if it holds, and so many if not.
    Jump {
        test: Test,
        value: u64,
        then: usize,
        otherwise: usize,
    },
    Return(Verdict),
}

/// An instruction and how it is shown.
#[derive(Debug, Clone)]
pub(super) struct Op {
    pub(super) does: Does,
    pub(super) text: String,
}

/// System calls that have names here, with their numbers on x86-64.
const CALLS: [(&str, u64); 6] =
    [("read", 0), ("write", 1), ("open", 2), ("execve", 59), ("getppid", 110), ("openat", 257)];

/// The number of a system call.
pub(super) fn number(name: &str) -> u64 {
    CALLS.iter().find(|it| it.0 == name).map_or(u64::MAX, |it| it.1)
}

/// Errors that have names here.
const ERRORS: [(&str, u64); 4] = [("EPERM", 1), ("EBADF", 9), ("EACCES", 13), ("ENOSYS", 38)];

/// The name of an error.
pub(super) fn error_name(number: u64) -> String {
    let found = ERRORS.iter().find(|it| it.1 == number);
    found.map_or_else(|| format!("error {number}"), |it| it.0.to_owned())
}

/// Reads a filter; an empty one is no filter.
pub(super) fn read(text: &str) -> Result<Vec<Op>, ScenarioError> {
    let mut problems = Vec::new();
    let mut ops = Vec::new();
    let found = lines(text);
    let n = found.len();
    for (at, mut line) in found.into_iter().enumerate() {
        if LINES_MAX <= at {
            problems.push(line.wrong(&format!("a filter has at most {LINES_MAX} instructions")));
            break;
        }
        match op(&mut line, n - at - 1) {
            Ok(op) => ops.push(op),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(ops) } else { Err(ScenarioError(problems)) }
}

fn op(line: &mut Line<'_>, n_after: usize) -> Result<Op, Problem> {
    let text = line.text();
    let does = match line.word("ld, jeq, jge, jset or ret")? {
        "ld" => Does::Load(load(line)?),
        "jeq" => jump(line, Test::Equal, n_after)?,
        "jge" => jump(line, Test::AtLeast, n_after)?,
        "jset" => jump(line, Test::AnyBit, n_after)?,
        "ret" => Does::Return(verdict(line)?),
        _ => return Err(line.wrong("expected ld, jeq, jge, jset or ret")),
    };
    line.end()?;
    if n_after == 0 && !matches!(does, Does::Return(_)) {
        return Err(line.wrong("the last instruction is a ret, so that every way ends"));
    }
    Ok(Op { does, text })
}

fn load(line: &mut Line<'_>) -> Result<Load, Problem> {
    match line.word("nr, arch, arg0, arg1 or arg2")? {
        "nr" => Ok(Load::Number),
        "arch" => Ok(Load::Arch),
        "arg0" => Ok(Load::Arg(0)),
        "arg1" => Ok(Load::Arg(1)),
        "arg2" => Ok(Load::Arg(2)),
        _ => Err(line.wrong("expected nr, arch, arg0, arg1 or arg2")),
    }
}

fn jump(line: &mut Line<'_>, test: Test, n_after: usize) -> Result<Does, Problem> {
    let named = line.peek().and_then(|word| CALLS.iter().find(|it| it.0 == word));
    let value = match named {
        Some((_, number)) => {
            line.word("a call")?;
            *number
        }
        None => line.number_up_to(u64::from(u32::MAX), "a number or a system call")?,
    };
    let far = n_after.saturating_sub(1) as u64;
    let skip = |line: &mut Line<'_>| -> Result<usize, Problem> {
        let n = line.number_up_to(far, "how many instructions to skip")?;
        Ok(usize::try_from(n).unwrap_or_default())
    };
    Ok(Does::Jump { test, value, then: skip(line)?, otherwise: skip(line)? })
}

fn verdict(line: &mut Line<'_>) -> Result<Verdict, Problem> {
    match line.word("allow, kill or errno")? {
        "allow" => Ok(Verdict::Allow),
        "kill" => Ok(Verdict::Kill),
        "errno" => {
            let named = line.peek().and_then(|word| ERRORS.iter().find(|it| it.0 == word));
            match named {
                Some((_, number)) => {
                    line.word("an error")?;
                    Ok(Verdict::Errno(*number))
                }
                None => Ok(Verdict::Errno(line.number_up_to(4_095, "an error")?)),
            }
        }
        _ => Err(line.wrong("expected allow, kill or errno")),
    }
}

impl Data {
    /// What a load gives.
    pub(super) const fn load(&self, what: Load) -> u64 {
        match what {
            Load::Number => self.number,
            Load::Arch => ARCH,
            Load::Arg(at) => self.args[at],
        }
    }
}

/// Whether a comparison holds.
pub(super) const fn holds(test: Test, value: u64, accumulator: u64) -> bool {
    match test {
        Test::Equal => accumulator == value,
        Test::AtLeast => value <= accumulator,
        Test::AnyBit => accumulator & value != 0,
    }
}
