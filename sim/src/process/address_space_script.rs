//! The script of an address space: what the program asks for, and what it touches.

use crate::error::{Fault, Problem, ScenarioError};
use crate::lines::{Line, lines};

/// Most statements.
const LINES_MAX: usize = 40;

/// Most bytes of one piece, file or frame: 1 GiB.
const BYTES_MAX: u64 = 1 << 30;

/// How memory is touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Read,
    Write,
    Jump,
}

/// A place: an address, or the start or end of a region and a distance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Address(u64),
    Near { name: String, end: bool, plus: u64, minus: u64 },
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Does {
    Malloc(u64),
    Map(String, u64),
    Thread,
    Call(u64),
    Leave,
    Touch(Way, Place),
}

/// One statement.
#[derive(Debug, Clone)]
pub(super) struct Op {
    pub(super) does: Does,
    /// The statement as it is shown.
    pub(super) text: String,
}

const VERBS: &str = "malloc, map, thread, call, return, read, write or jump";

/// Reads a script, with every fault at its place.
pub(super) fn read(text: &str) -> Result<Vec<Op>, ScenarioError> {
    let mut problems = Vec::new();
    let mut ops = Vec::new();
    let mut known: Vec<String> =
        ["text", "rodata", "data", "bss", "heap", "ld.so", "libc.data", "libc", "stack", "kernel"]
            .map(str::to_owned)
            .to_vec();
    let (mut n_pieces, mut n_threads) = (0, 0);
    for mut line in lines(text) {
        if LINES_MAX <= ops.len() + problems.len() {
            problems.push(line.wrong(&format!("a script has at most {LINES_MAX} statements")));
            break;
        }
        match op(&mut line, &known) {
            Ok(op) => {
                match &op.does {
                    Does::Malloc(bytes)
                        if super::address_space_layout::MMAP_THRESHOLD <= *bytes =>
                    {
                        n_pieces += 1;
                        known.push(format!("piece{n_pieces}"));
                    }
                    Does::Map(name, _) => known.push(name.clone()),
                    Does::Thread => {
                        n_threads += 1;
                        known.extend([format!("T{n_threads}"), format!("T{n_threads}.guard")]);
                    }
                    Does::Malloc(_) | Does::Call(_) | Does::Leave | Does::Touch(..) => {}
                }
                ops.push(op);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if ops.is_empty() && problems.is_empty() {
        let why = "a script has at least one statement".to_owned();
        problems.push(Problem { at: "/script".to_owned(), fault: Fault::Conflict(why) });
    }
    if problems.is_empty() { Ok(ops) } else { Err(ScenarioError(problems)) }
}

fn op(line: &mut Line<'_>, known: &[String]) -> Result<Op, Problem> {
    let text = line.text();
    let does = match line.word(VERBS)? {
        "malloc" => Does::Malloc(bytes(line)?),
        "map" => {
            let name = line.word("the name of a file")?;
            let fits = |it: char| it.is_ascii_alphanumeric() || it == '_';
            if 12 < name.len() || !name.chars().all(fits) || known.iter().any(|it| it == name) {
                return Err(line.wrong("a name of up to 12 letters and digits, not used before"));
            }
            let name = name.to_owned();
            Does::Map(name, bytes(line)?)
        }
        "thread" => Does::Thread,
        "call" => Does::Call(bytes(line)?),
        "return" => Does::Leave,
        "read" => Does::Touch(Way::Read, place(line, known)?),
        "write" => Does::Touch(Way::Write, place(line, known)?),
        "jump" => Does::Touch(Way::Jump, place(line, known)?),
        _ => return Err(line.wrong(&format!("expected {VERBS}"))),
    };
    line.end()?;
    Ok(Op { does, text })
}

fn bytes(line: &mut Line<'_>) -> Result<u64, Problem> {
    match line.number_up_to(BYTES_MAX, "a number of bytes")? {
        0 => Err(line.wrong("at least 1 byte")),
        n => Ok(n),
    }
}

/// An address in hexadecimal, or a region's name with `.end`, `+` and `-`.
fn place(line: &mut Line<'_>, known: &[String]) -> Result<Place, Problem> {
    const EXPECTED: &str = "an address such as 0x1000, or a region such as heap, stack-8 or T1.end";
    if line.peek().is_some_and(|it| it.starts_with("0x")) {
        return Ok(Place::Address(line.number_up_to(u64::MAX, "an address")?));
    }
    let word = line.word(EXPECTED)?;
    let at = word.find(['+', '-']).unwrap_or(word.len());
    let (name, distance) = word.split_at(at);
    let (name, end) = match name.strip_suffix(".end") {
        Some(name) => (name, true),
        None => (name, false),
    };
    if !known.iter().any(|it| it == name) {
        return Err(line.wrong(&format!("there is no region {name} here; expected {EXPECTED}")));
    }
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    let (plus, minus) = match distance.split_at_checked(1) {
        None => (Some(0), Some(0)),
        Some(("+", far)) => (number(far), Some(0)),
        Some((_, far)) => (Some(0), number(far)),
    };
    match (plus, minus) {
        (Some(plus), Some(minus)) if plus.max(minus) <= 1 << 40 => {
            Ok(Place::Near { name: name.to_owned(), end, plus, minus })
        }
        _ => Err(line.wrong("after + or - comes a number of bytes, up to 1 TiB")),
    }
}
