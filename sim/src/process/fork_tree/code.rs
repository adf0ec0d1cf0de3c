//! A program of one process, made ready: what it does step by step.

use crate::lang::ast::{Binary, Unary};

/// Variables and values in between that a process may have.
pub(super) const REGISTERS_MAX: usize = 8;
/// Values that one line of output may show.
pub(super) const VALUES_MAX: usize = 2;
/// PID of the first process; the others count on from there.
pub(super) const FIRST_PID: i32 = 100;

/// A program.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(super) steps: Vec<Step>,
    /// Names of the variables: the first registers.
    pub(super) variables: Vec<String>,
    /// The text, line by line.
    pub(super) lines: Vec<String>,
    /// Whether text waits in a buffer until the process ends.
    pub(super) buffered: bool,
    /// Whether orphans go to the parent of their parent, and not to init.
    pub(super) to_grandparent: bool,
    /// Whether exec finds its program.
    pub(super) exec_works: bool,
    pub(super) order: Order,
    /// Most processes that are made.
    pub(super) limit: usize,
}

/// Who is listed first among those that can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    /// The oldest.
    #[default]
    Parent,
    /// The youngest.
    Child,
    /// Everybody once, then everybody again.
    Turns,
}

/// One place in the program.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) op: Op,
    /// Line of the text, from 0.
    pub(super) line: u32,
    /// How it is written.
    pub(super) text: String,
}

/// What is done there. Places are indexes into the steps.
#[derive(Debug)]
pub(super) enum Op {
    /// Nobody else notices the first three.
    Set {
        to: u8,
        value: Pure,
    },
    Branch {
        test: Pure,
        no: u16,
    },
    Jump {
        to: u16,
    },
    Fork {
        to: Option<u8>,
    },
    /// For one child, or for any; with a place for the exit code.
    Wait {
        to: Option<u8>,
        code: Option<u8>,
        pid: Option<Pure>,
    },
    Parent {
        to: u8,
    },
    Print {
        pieces: Vec<Piece>,
    },
    Flush,
    /// Goes on with the next step if it works, and to `no` if it does not.
    Exec {
        to: Option<u8>,
        no: u16,
    },
    /// The other program: writes its name and ends.
    Image {
        name: String,
    },
    Exit {
        code: Pure,
        flushes: bool,
    },
}

/// A part of a line of output.
#[derive(Debug)]
pub(super) enum Piece {
    Text(String),
    Value(Pure),
}

/// An expression that looks at the process itself only.
#[derive(Debug, Clone)]
pub(super) enum Pure {
    Number(i32),
    Register(u8),
    /// The PID of the process.
    Own,
    Unary(Unary, Box<Pure>),
    Binary(Binary, Box<Pure>, Box<Pure>),
}

impl Pure {
    /// Its value in a process; `None` for a division by zero.
    pub(super) fn value(&self, own: i32, registers: &[i32; REGISTERS_MAX]) -> Option<i32> {
        Some(match self {
            Self::Number(number) => *number,
            Self::Register(at) => registers.get(usize::from(*at)).copied().unwrap_or_default(),
            Self::Own => own,
            Self::Unary(op, inner) => op.apply(inner.value(own, registers)?),
            Self::Binary(op, left, right) => {
                let left = left.value(own, registers)?;
                match (op, left != 0) {
                    (Binary::And, false) => 0,
                    (Binary::Or, true) => 1,
                    _ => op.apply(left, right.value(own, registers)?)?,
                }
            }
        })
    }
}

/// The name of a process: the one at the start, then its descendants in the order of their birth.
pub(super) fn name(who: usize) -> String {
    if who == 0 { "P0".to_owned() } else { format!("C{who}") }
}

/// The PID of a process.
pub(super) fn pid(who: usize) -> i32 {
    FIRST_PID.saturating_add(i32::try_from(who).unwrap_or_default())
}
