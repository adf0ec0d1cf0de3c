//! What fibers do: words with commas between them.
//!
//! # Grammar
//! ```text
//! script = step { "," step }
//! step   = "run" NUMBER | "yield" | "read" NUMBER | "get" | "add" NUMBER
//! ```

use super::fibers::Raw;
use crate::error::{Fault, Problem, ScenarioError};

/// Most steps of a script.
const OPS_MAX: usize = 16;

/// Longest time, and largest amount.
const NUMBER_MAX: u64 = 100_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Run(u64),
    Yield,
    Read(u64),
    /// Reads the balance.
    Get,
    /// Writes what was read and so much more.
    Add(i64),
}

#[derive(Debug)]
pub(super) struct Script {
    pub(super) name: String,
    pub(super) ops: Vec<Op>,
    pub(super) times: u64,
}

#[derive(Debug)]
pub(super) struct Setup {
    pub(super) fibers: Vec<Script>,
    pub(super) n_threads: usize,
    /// Whether a read asks for readiness and lets others run, instead of blocking.
    pub(super) wraps: bool,
    pub(super) adds_threads: bool,
    /// 0 for never.
    pub(super) preempt_us: u64,
    pub(super) saved_bytes: u64,
    pub(super) switch_ns: u64,
    pub(super) kernel_switch_ns: u64,
}

impl Setup {
    pub(super) fn new(raw: &Raw) -> Result<Self, ScenarioError> {
        let mut problems = Vec::new();
        let mut fibers = Vec::new();
        for (at, it) in raw.fibers.iter().enumerate() {
            match script(&it.does) {
                Ok(ops) => fibers.push(Script { name: it.name.clone(), ops, times: it.times }),
                Err(why) => problems
                    .push(Problem { at: format!("/fibers/{at}/does"), fault: Fault::Syntax(why) }),
            }
        }
        match problems.is_empty() {
            true => Ok(Self {
                fibers,
                n_threads: raw.n_threads,
                wraps: raw.io == super::fibers::Io::Wrapped,
                adds_threads: raw.io == super::fibers::Io::Threads,
                preempt_us: raw.preempt_us,
                saved_bytes: raw.saved_bytes,
                switch_ns: raw.switch_ns,
                kernel_switch_ns: raw.kernel_switch_ns,
            }),
            false => Err(ScenarioError(problems)),
        }
    }
}

fn script(text: &str) -> Result<Vec<Op>, String> {
    let mut ops = Vec::new();
    for step in text.split(',') {
        let words: Vec<&str> = step.split_whitespace().collect();
        let number = |word: &str| match word.parse::<u64>() {
            Ok(number) if number <= NUMBER_MAX => Ok(number),
            _ => Err(format!("`{word}` is not a number up to {NUMBER_MAX}")),
        };
        ops.push(match words.as_slice() {
            ["run", us] => Op::Run(number(us)?),
            ["read", us] => Op::Read(number(us)?),
            ["add", amount] => Op::Add(i64::try_from(number(amount)?).unwrap_or(0)),
            ["yield"] => Op::Yield,
            ["get"] => Op::Get,
            _ => {
                let step = step.trim();
                return Err(format!(
                    "`{step}` is not run, read or add with a number, yield or get"
                ));
            }
        });
    }
    if OPS_MAX < ops.len() {
        return Err(format!("more than {OPS_MAX} steps"));
    }
    Ok(ops)
}
