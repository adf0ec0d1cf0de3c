//! What is done to a log: typed, one statement a line, or drawn.

use super::{Scenario, Workload};
use crate::error::{Fault, Problem, ScenarioError};
use crate::lines::{Line, lines};
use crate::rng::Rng;

/// Most statements of a script.
const STATEMENTS_MAX: usize = 100;

/// Most files of a script.
pub(super) const FILES_MAX: usize = 8;

/// Greatest number of a block in a file.
const BLOCK_MAX: u16 = 255;

/// Statements, and the names of the files in them.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) files: Vec<String>,
    pub(super) statements: Vec<Op>,
}

/// A statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    /// File, first and last block.
    Write(u16, u16, u16),
    Delete(u16, u16, u16),
    Read(u16, u16),
    Clean(usize),
    Checkpoint,
    Crash,
}

impl Script {
    /// Reads or draws the statements.
    pub(super) fn of(scenario: &Scenario) -> Result<Self, ScenarioError> {
        match scenario.workload {
            Workload::Typed => typed(&scenario.script),
            Workload::Uniform | Workload::HotCold => drawn(scenario),
        }
    }
}

fn typed(text: &str) -> Result<Script, ScenarioError> {
    let (mut script, mut problems) = (Script::default(), Vec::new());
    for mut line in lines(text) {
        match statement(&mut line, &mut script.files) {
            Ok(_) if STATEMENTS_MAX <= script.statements.len() => {
                problems.push(line.wrong(&format!("more than {STATEMENTS_MAX} statements")));
                break;
            }
            Ok(op) => script.statements.push(op),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(script) } else { Err(ScenarioError(problems)) }
}

const EXPECTED: &str = "write, delete, read, clean, checkpoint or crash";

fn statement(line: &mut Line<'_>, files: &mut Vec<String>) -> Result<Op, Problem> {
    let op = match line.word(EXPECTED)? {
        "write" => {
            let (file, first, last) = blocks(line, files)?;
            Op::Write(file, first, last)
        }
        "delete" => {
            let (file, first, last) = blocks(line, files)?;
            Op::Delete(file, first, last)
        }
        "read" => {
            let (file, first, last) = blocks(line, files)?;
            if first != last {
                return Err(line.wrong("read takes one block"));
            }
            Op::Read(file, first)
        }
        "clean" => Op::Clean(match line.peek() {
            Some(_) => line.number_up_to(24, "a number of segments")?.try_into().unwrap_or(1),
            None => 1,
        }),
        "checkpoint" => Op::Checkpoint,
        "crash" => Op::Crash,
        other => {
            let why = format!("{other} is no statement; expected {EXPECTED}");
            return Err(line.wrong(&why));
        }
    };
    line.end()?;
    Ok(op)
}

/// A file, and one block of it or several: `A 3` or `A 0-3`.
fn blocks(line: &mut Line<'_>, files: &mut Vec<String>) -> Result<(u16, u16, u16), Problem> {
    let name = line.word("a file, such as A")?.to_owned();
    if 4 < name.chars().count() || !name.chars().all(char::is_alphanumeric) {
        return Err(line.wrong(&format!("{name} is no file: up to 4 letters and digits")));
    }
    let file = match files.iter().position(|it| *it == name) {
        Some(file) => file,
        None if files.len() < FILES_MAX => {
            files.push(name);
            files.len() - 1
        }
        None => return Err(line.wrong(&format!("more than {FILES_MAX} files"))),
    };
    let word = line.word("a block, such as 0, or several, such as 0-3")?;
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let number = |text: &str| text.parse::<u16>().ok().filter(|it| *it <= BLOCK_MAX);
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => {
            Ok((u16::try_from(file).unwrap_or_default(), first, last))
        }
        _ => {
            Err(line.wrong(&format!("{word} is no block from 0 to {BLOCK_MAX}, such as 3 or 0-3")))
        }
    }
}

/// Blocks that fill a share of the disk: first all of them are written, then some at random. Hot
/// ones are those of a file H, cold ones those of a file C.
fn drawn(scenario: &Scenario) -> Result<Script, ScenarioError> {
    let room = scenario.segments * scenario.segment_blocks;
    let n = (room * scenario.full_percent / 100).max(1);
    let n = u16::try_from(n).unwrap_or(u16::MAX);
    if scenario.metadata {
        let why = "a drawn workload is of data alone: leave inodes and map out".to_owned();
        return Err(ScenarioError::one("/metadata", Fault::Conflict(why)));
    }
    let is_split = scenario.workload == Workload::HotCold;
    let hot = if is_split { n.div_ceil(10) } else { n };
    let write = |block: u16| match block.checked_sub(hot) {
        None => Op::Write(0, block, block),
        Some(cold) => Op::Write(1, cold, cold),
    };
    let mut statements: Vec<Op> = (0..n).map(write).collect();
    let mut rng = Rng::new(scenario.seed);
    let mut below = |n: u16| u16::try_from(rng.below(u64::from(n))).unwrap_or_default();
    for _ in 0..scenario.n_writes {
        let block = match hot < n && 90 <= below(100) {
            true => hot + below(n - hot),
            false => below(hot),
        };
        statements.push(write(block));
    }
    let files = if is_split { ["H", "C"].as_slice() } else { &["A"] };
    Ok(Script { files: files.iter().map(ToString::to_string).collect(), statements })
}
