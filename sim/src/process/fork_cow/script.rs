//! The script: what the processes do after one another.

use super::world::{Kind, Layout};
use crate::error::{Fault, Problem, ScenarioError};
use crate::lines::{Line, lines};

/// Most processes.
pub(super) const PROCS_MAX: u8 = 4;
/// Most statements.
const OPS_MAX: usize = 100;

/// One statement.
#[derive(Debug, Clone)]
pub(super) struct Op {
    pub(super) who: usize,
    pub(super) does: Does,
    /// The statement as it is shown.
    pub(super) text: String,
}

/// What a process does; pages are numbers within the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    Fork(usize),
    Read(usize),
    Write(usize),
    Exec,
    Exit,
}

const VERBS: &str = "fork, read, write, exec or exit";

/// Reads a script.
///
/// # Errors
/// Every statement that cannot be read, at its line and column.
pub(super) fn parse(text: &str, layout: Layout) -> Result<Vec<Op>, ScenarioError> {
    let mut ops = Vec::new();
    let mut problems = Vec::new();
    for mut line in lines(text) {
        match statement(&mut line, layout) {
            Ok((who, does)) => ops.push(Op { who, does, text: line.text() }),
            Err(problem) => problems.push(problem),
        }
    }
    if OPS_MAX < ops.len() {
        let why = format!("more than {OPS_MAX} statements");
        problems.push(Problem { at: "/script".to_owned(), fault: Fault::Conflict(why) });
    }
    problems.truncate(20);
    if problems.is_empty() { Ok(ops) } else { Err(ScenarioError(problems)) }
}

fn statement(line: &mut Line<'_>, layout: Layout) -> Result<(usize, Does), Problem> {
    let who = usize::from(line.process(PROCS_MAX)?);
    let does = match line.word(VERBS)? {
        "fork" => Does::Fork(usize::from(line.process(PROCS_MAX)?)),
        "read" => Does::Read(page(line, layout)?),
        "write" => Does::Write(page(line, layout)?),
        "exec" => Does::Exec,
        "exit" => Does::Exit,
        _ => return Err(line.wrong(&format!("expected {VERBS}"))),
    };
    line.end()?;
    Ok((who, does))
}

/// A page by its name: `t0` of the text, `d1` of the data, `s0` of a shared mapping.
fn page(line: &mut Line<'_>, layout: Layout) -> Result<usize, Problem> {
    let word = line.word("a page, such as d0")?;
    let found = (0..layout.n_pages()).find(|&it| layout.name(it) == word);
    found.ok_or_else(|| {
        let last = |kind: Kind| (0..layout.n_pages()).rev().find(|&it| layout.kind(it) == kind);
        let kinds = [Kind::Text, Kind::Data, Kind::Shared];
        let names: Vec<String> =
            kinds.into_iter().filter_map(last).map(|it| layout.name(it)).collect();
        let up_to = crate::words::join(&names, "or");
        line.wrong(&format!("there is no page {word}; they are numbered from 0 up to {up_to}"))
    })
}
