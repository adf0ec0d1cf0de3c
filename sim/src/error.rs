//! What can be wrong with a scenario, each fault at its place.

use crate::words::quantity;
use std::fmt;

/// Every fault of a scenario. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioError(pub Vec<Problem>);

/// One fault and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// JSON pointer (RFC 6901) to the value at fault; empty for the whole scenario.
    pub at: String,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The text is not JSON, or not in the engine's own small language. Holds where and why.
    Syntax(String),
    /// A fault inside a program text, so that an editor can mark it.
    Source {
        /// Line, from 1.
        line: u32,
        /// Column in characters, from 1.
        column: u32,
        /// What is wrong, and what was expected.
        why: String,
    },
    /// A value of another kind was expected: "a whole number", "a list", …
    WrongKind(&'static str),
    /// A text is too short or too long, or a list has too few or too many items; bounds inclusive.
    Length {
        /// What there is.
        got: i64,
        /// Fewest.
        min: i64,
        /// Most.
        max: i64,
        /// What is counted, plural, such as `rows`.
        what: &'static str,
    },
    /// A number is outside its bounds, both inclusive.
    OutOfRange {
        /// What was given.
        got: i64,
        /// Least allowed value.
        min: i64,
        /// Greatest allowed value.
        max: i64,
    },
    /// A word that is not one of the choices; holds the choices.
    NotOneOf(Vec<&'static str>),
    /// A required value is missing.
    Missing,
    /// The form has no such key.
    Unknown,
    /// The same name is used twice.
    Duplicate(String),
    /// A name that nothing defines.
    Dangling(String),
    /// Two values cannot hold together; says which and why.
    Conflict(String),
    /// The run would take more steps than an engine may log.
    TooManySteps(u64),
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(why) | Self::Conflict(why) => write!(out, "{why}"),
            Self::Source { line, column, why } => {
                write!(out, "line {line}, column {column}: {why}")
            }
            Self::WrongKind(what) => write!(out, "expected {what}"),
            Self::OutOfRange { got, min, max } => {
                write!(out, "{got} is outside {min} to {max}")
            }
            Self::Length { got, min, max, what } if got < min => {
                let got = quantity(&got.to_string(), what);
                write!(out, "only {got}; at least {min} needed, at most {max}")
            }
            Self::Length { got, max, what, .. } => {
                write!(out, "{}; at most {max} fit", quantity(&got.to_string(), what))
            }
            Self::NotOneOf(choices) => write!(out, "expected one of {}", choices.join(", ")),
            Self::Missing => write!(out, "a value is needed here"),
            Self::Unknown => write!(out, "this engine has no such setting"),
            Self::Duplicate(name) => write!(out, "{name} is used twice"),
            Self::Dangling(name) => write!(out, "{name} is not defined"),
            Self::TooManySteps(max) => write!(out, "the run takes more than {max} steps"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = if self.at.is_empty() { "/" } else { &self.at };
        write!(out, "{at}: {}", self.fault)
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.0.iter().enumerate() {
            if 0 < n {
                writeln!(out)?;
            }
            write!(out, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ScenarioError {}

impl ScenarioError {
    /// One fault at one place.
    #[must_use]
    pub fn one(at: impl Into<String>, fault: Fault) -> Self {
        Self(vec![Problem { at: at.into(), fault }])
    }
}
