//! The script: what processes do with memory and files.

use super::world::PAGE_BYTES;
use crate::error::{Problem, ScenarioError};
use crate::lines::{Line, lines};

/// Processes that there may be.
pub(crate) const PROCESSES_MAX: u8 = 4;

/// Most statements.
pub(crate) const LINES_MAX: usize = 100;

/// Most pages of one region: 1 GiB.
pub(crate) const PAGES_MAX: u64 = 1 << 18;

/// First address that no region may reach.
const ADDRESS_END: u64 = 1 << 47;

/// What a region maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Map {
    pub(crate) address: u64,
    pub(crate) n_pages: u64,
    pub(crate) shared: bool,
    pub(crate) read_only: bool,
    /// Index of the file; `None` for memory without one.
    pub(crate) file: Option<usize>,
    /// First page of the file.
    pub(crate) offset: u64,
}

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    Map(Map),
    Read(u64),
    Write(u64, i64),
    /// Touches one byte every so many bytes, over the whole region.
    Touch {
        address: u64,
        step: u64,
        write: bool,
    },
    FileRead(usize, u64),
    FileWrite(usize, u64, i64),
    Sync(u64),
    Unmap(u64),
    Fork(u8),
    Exit,
    WriteBack,
    Crash,
}

/// One statement.
#[derive(Debug, Clone)]
pub(crate) struct Op {
    /// Index of the process; 0 where none acts.
    pub(crate) process: u8,
    pub(crate) does: Does,
    /// The statement as it is shown.
    pub(crate) text: String,
}

/// Reads a script; `files` are the names that it may use.
pub(crate) fn read(text: &str, files: &[&str]) -> Result<Vec<Op>, ScenarioError> {
    let mut problems = Vec::new();
    let mut ops = Vec::new();
    for mut line in lines(text) {
        if LINES_MAX <= ops.len() + problems.len() {
            problems.push(line.wrong(&format!("a script has at most {LINES_MAX} statements")));
            break;
        }
        match op(&mut line, files) {
            Ok(op) => ops.push(op),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(ops) } else { Err(ScenarioError(problems)) }
}

const VERBS: &str = "mmap, read, write, touch, pread, pwrite, msync, munmap, fork or exit";

fn op(line: &mut Line<'_>, files: &[&str]) -> Result<Op, Problem> {
    let text = line.text();
    let alone = if line.take("writeback") {
        Some(Does::WriteBack)
    } else if line.take("crash") {
        Some(Does::Crash)
    } else {
        None
    };
    if let Some(does) = alone {
        line.end()?;
        return Ok(Op { process: 0, does, text });
    }
    let process = line.process(PROCESSES_MAX)?;
    let does = match line.word(VERBS)? {
        "mmap" => Does::Map(map(line, files)?),
        "read" => Does::Read(address(line)?),
        "write" => Does::Write(address(line)?, value(line)?),
        "touch" => {
            let address = address(line)?;
            let step = line.number_up_to(1 << 30, "a step in bytes")?;
            if step == 0 {
                return Err(line.wrong("a step is at least 1 byte"));
            }
            Does::Touch { address, step, write: line.take("write") }
        }
        "pread" => Does::FileRead(file(line, files)?, offset(line)?),
        "pwrite" => Does::FileWrite(file(line, files)?, offset(line)?, value(line)?),
        "msync" => Does::Sync(address(line)?),
        "munmap" => Does::Unmap(address(line)?),
        "fork" => Does::Fork(line.process(PROCESSES_MAX)?),
        "exit" => Does::Exit,
        _ => return Err(line.wrong(&format!("expected {VERBS}"))),
    };
    line.end()?;
    Ok(Op { process, does, text })
}

fn map(line: &mut Line<'_>, files: &[&str]) -> Result<Map, Problem> {
    let address = address(line)?;
    if !address.is_multiple_of(PAGE_BYTES) {
        return Err(line.wrong("a region begins at a multiple of 4 KiB, 0x1000"));
    }
    let n_pages = line.number_up_to(PAGES_MAX, "a number of pages")?;
    if n_pages == 0 || ADDRESS_END < address + n_pages * PAGE_BYTES {
        return Err(line.wrong("a region has a page and ends below 0x800000000000"));
    }
    let shared = match line.word("shared or private")? {
        "shared" => true,
        "private" => false,
        _ => return Err(line.wrong("expected shared or private")),
    };
    let file = if line.take("anonymous") { None } else { Some(file(line, files)?) };
    let is_offset = line.peek().is_some_and(|it| it != "ro");
    let offset = match file {
        Some(_) if is_offset => line.number_up_to(PAGES_MAX, "a page of the file, or ro")?,
        _ => 0,
    };
    Ok(Map { address, n_pages, shared, read_only: line.take("ro"), file, offset })
}

fn address(line: &mut Line<'_>) -> Result<u64, Problem> {
    line.number_up_to(ADDRESS_END - 1, "an address, such as 0x10000")
}

fn offset(line: &mut Line<'_>) -> Result<u64, Problem> {
    line.number_up_to(PAGES_MAX * PAGE_BYTES - 1, "a place in the file, in bytes")
}

fn value(line: &mut Line<'_>) -> Result<i64, Problem> {
    if !line.take("=") {
        line.word("= and a value")?;
        return Err(line.wrong("expected = and a value, such as = 7"));
    }
    let value = line.number_up_to(1_000_000, "a value up to 1000000")?;
    Ok(i64::try_from(value).unwrap_or_default())
}

fn file(line: &mut Line<'_>, files: &[&str]) -> Result<usize, Problem> {
    let name = line.word("the name of a file, or anonymous")?;
    let found = files.iter().position(|it| *it == name);
    found.ok_or_else(|| line.wrong(&format!("no file has the name {name}")))
}
