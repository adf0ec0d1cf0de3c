//! The script: what processes do with pages.

use crate::error::{Problem, ScenarioError};
use crate::lines::{Line, lines};

/// Processes that there may be.
pub(crate) const PROCESSES_MAX: u8 = 8;

/// Greatest page number.
pub(crate) const PAGE_MAX: u64 = 0xfff_ffff;

/// Most statements.
pub(crate) const LINES_MAX: usize = 200;

/// A page of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// Index of the process, from 0.
    pub(crate) process: u8,
    pub(crate) page: u64,
}

impl Key {
    /// `page 0x10 of P1`.
    pub(crate) fn said(self) -> String {
        format!("page {:#x} of P{}", self.page, self.process + 1)
    }
}

/// What is done with a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    Map,
    Read,
    Unmap,
    /// Maps the frame of another page.
    Share(Key),
}

/// One statement.
#[derive(Debug, Clone)]
pub(crate) struct Op {
    pub(crate) key: Key,
    pub(crate) does: Does,
    /// The statement as it is shown.
    pub(crate) text: String,
}

/// Reads a script.
pub(crate) fn read(text: &str) -> Result<Vec<Op>, ScenarioError> {
    let mut problems = Vec::new();
    let mut ops = Vec::new();
    for mut line in lines(text) {
        if LINES_MAX <= ops.len() + problems.len() {
            problems.push(line.wrong(&format!("a script has at most {LINES_MAX} statements")));
            break;
        }
        match op(&mut line) {
            Ok(op) => ops.push(op),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(ops) } else { Err(ScenarioError(problems)) }
}

fn op(line: &mut Line<'_>) -> Result<Op, Problem> {
    let process = line.process(PROCESSES_MAX)?;
    let verb = line.word("map, read, unmap or share")?;
    if !["map", "read", "unmap", "share"].contains(&verb) {
        return Err(line.wrong("expected map, read, unmap or share"));
    }
    let key = Key { process, page: page(line)? };
    let does = match verb {
        "map" => Does::Map,
        "read" => Does::Read,
        "unmap" => Does::Unmap,
        _ => {
            if !line.take("=") {
                line.word("= and the page to share")?;
                return Err(line.wrong("expected = and the page to share, such as = P1 0x10"));
            }
            let process = line.process(PROCESSES_MAX)?;
            Does::Share(Key { process, page: page(line)? })
        }
    };
    line.end()?;
    Ok(Op { key, does, text: line.text() })
}

fn page(line: &mut Line<'_>) -> Result<u64, Problem> {
    line.number_up_to(PAGE_MAX, "a page number, such as 0x10")
}
