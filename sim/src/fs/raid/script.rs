//! The script of an array: what is read and written, and what goes wrong, one statement a line.

use super::array::Array;
use crate::error::{Problem, ScenarioError};
use crate::lines::{Line, lines};

/// Most statements of a script.
const STATEMENTS_MAX: usize = 40;

/// Most blocks that one statement writes.
const BLOCKS_MAX: usize = 16;

/// A statement.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) op: Op,
}

/// What it does.
#[derive(Debug)]
pub(super) enum Op {
    Read(usize),
    Write {
        first: usize,
        values: Vec<u8>,
        /// Whether the power fails after the first write to a disk.
        is_cut: bool,
    },
    /// A bit of a block turns over without anybody's noticing.
    Flip(usize),
    Fail(usize),
    Replace(usize),
    Scrub,
}

/// Reads a script for an array.
///
/// # Errors
/// Every statement that cannot be read, at its line and column.
pub(super) fn parse(text: &str, array: &Array) -> Result<Vec<Statement>, ScenarioError> {
    let (mut statements, mut problems) = (Vec::new(), Vec::new());
    for mut line in lines(text) {
        let text = line.text();
        match statement(&mut line, array) {
            Ok(_) if STATEMENTS_MAX <= statements.len() => {
                problems.push(line.wrong(&format!("more than {STATEMENTS_MAX} statements")));
                break;
            }
            Ok(op) => statements.push(Statement { text, op }),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(statements) } else { Err(ScenarioError(problems)) }
}

const EXPECTED: &str = "read, write, crash, flip, fail, replace or scrub";

fn statement(line: &mut Line<'_>, array: &Array) -> Result<Op, Problem> {
    let op = match line.word(EXPECTED)? {
        "read" => Op::Read(below(line, array.n_blocks(), "block")?),
        "flip" => Op::Flip(below(line, array.n_blocks(), "block")?),
        "fail" => Op::Fail(below(line, array.n_disks(), "disk")?),
        "replace" => Op::Replace(below(line, array.n_disks(), "disk")?),
        "scrub" => Op::Scrub,
        "write" => write(line, array, false)?,
        "crash" => match line.take("write") {
            true => write(line, array, true)?,
            false => return Err(line.wrong("crash stands before a write: crash write 5 1010")),
        },
        other => {
            let why = format!("{other} is no statement; expected {EXPECTED}");
            return Err(line.wrong(&why));
        }
    };
    line.end()?;
    Ok(op)
}

/// The number of a block or a disk.
fn below(line: &mut Line<'_>, n: usize, what: &str) -> Result<usize, Problem> {
    let word = line.word(&format!("the number of a {what}"))?;
    match word.parse::<usize>() {
        Ok(number) if number < n => Ok(number),
        Ok(_) | Err(_) => {
            let why = format!("{word} is no {what}: they go from 0 to {}", n.saturating_sub(1));
            Err(line.wrong(&why))
        }
    }
}

fn write(line: &mut Line<'_>, array: &Array, is_cut: bool) -> Result<Op, Problem> {
    let first = below(line, array.n_blocks(), "block")?;
    let mut values = vec![value(line)?];
    while line.peek().is_some() {
        values.push(value(line)?);
        if BLOCKS_MAX < values.len() || array.n_blocks() < first + values.len() {
            return Err(line.wrong("more blocks than can be written here"));
        }
    }
    Ok(Op::Write { first, values, is_cut })
}

/// Four bits.
fn value(line: &mut Line<'_>) -> Result<u8, Problem> {
    let word = line.word("four bits, such as 0110")?;
    let is_bits = word.len() == 4 && word.bytes().all(|it| matches!(it, b'0' | b'1'));
    match u8::from_str_radix(word, 2) {
        Ok(value) if is_bits => Ok(value),
        Ok(_) | Err(_) => Err(line.wrong(&format!("{word} is not four bits, such as 0110"))),
    }
}
