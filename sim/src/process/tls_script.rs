//! The script of thread-local storage: who runs, and which variables it reads and sets.

use crate::error::{Fault, Problem, ScenarioError};
use crate::lines::{Line, lines};

/// Most statements, and most threads.
const LINES_MAX: usize = 40;
const THREADS_MAX: u8 = 5;

/// One operation of the thread that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Does {
    Create,
    Run(u8),
    Set(usize, i64),
    Get(usize),
    /// Reads so many bytes above the FS base.
    Control(u64),
}

/// One statement.
#[derive(Debug, Clone)]
pub(super) struct Op {
    pub(super) does: Does,
    pub(super) text: String,
}

/// Reads a script; `names` are the variables that there are.
pub(super) fn read(text: &str, names: &[&str]) -> Result<Vec<Op>, ScenarioError> {
    let mut problems = Vec::new();
    let mut ops = Vec::new();
    let mut n_threads = 1;
    for mut line in lines(text) {
        if LINES_MAX <= ops.len() + problems.len() {
            problems.push(line.wrong(&format!("a script has at most {LINES_MAX} statements")));
            break;
        }
        match op(&mut line, names, &mut n_threads) {
            Ok(op) => ops.push(op),
            Err(problem) => problems.push(problem),
        }
    }
    if ops.is_empty() && problems.is_empty() {
        let why = "a script has at least one statement".to_owned();
        problems.push(Problem { at: "/script".to_owned(), fault: Fault::Conflict(why) });
    }
    if problems.is_empty() { Ok(ops) } else { Err(ScenarioError(problems)) }
}

fn op(line: &mut Line<'_>, names: &[&str], n_threads: &mut u8) -> Result<Op, Problem> {
    const VERBS: &str = "create, run, set or get";
    let text = line.text();
    let does = match line.word(VERBS)? {
        "create" if *n_threads == THREADS_MAX => {
            return Err(line.wrong(&format!("there are at most {THREADS_MAX} threads")));
        }
        "create" => {
            *n_threads += 1;
            Does::Create
        }
        "run" => {
            let word = line.word("a thread, such as T1")?;
            let number = word.strip_prefix('T').and_then(|it| it.parse::<u8>().ok());
            match number {
                Some(number) if (1..=*n_threads).contains(&number) => Does::Run(number - 1),
                _ => return Err(line.wrong("expected a thread that was created before")),
            }
        }
        "set" => {
            let at = variable(line, names)?;
            let value = line.number_up_to(1_000_000, "a value up to 1000000")?;
            Does::Set(at, i64::try_from(value).unwrap_or_default())
        }
        "get" => get(line, names)?,
        _ => return Err(line.wrong(&format!("expected {VERBS}"))),
    };
    line.end()?;
    Ok(Op { does, text })
}

fn get(line: &mut Line<'_>, names: &[&str]) -> Result<Does, Problem> {
    let Some(place) = line.peek().and_then(|it| it.strip_prefix("fs:")) else {
        return Ok(Does::Get(variable(line, names)?));
    };
    let number = match place.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => place.parse(),
    };
    line.word("a place")?;
    match number {
        Ok(number) if number < 704 && number.is_multiple_of(8) => Ok(Does::Control(number)),
        _ => Err(line.wrong("above the FS base: a multiple of 8 below 704, such as fs:16")),
    }
}

fn variable(line: &mut Line<'_>, names: &[&str]) -> Result<usize, Problem> {
    let word = line.word("a variable")?;
    let found = names.iter().position(|it| *it == word);
    found.ok_or_else(|| line.wrong(&format!("there is no variable {word}")))
}
