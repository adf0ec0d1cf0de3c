//! Texts that a reader writes in a small language: words, places and faults.

mod cursor;
mod lex;

pub(crate) use cursor::Cursor;
pub(crate) use lex::{Dialect, Word};

use crate::error::{Fault, Problem, ScenarioError};

/// Where a program stands in a scenario.
const SOURCE: &str = "/source";

/// Most faults that are told of one program.
const FAULTS_MAX: usize = 20;

/// Line and column, both from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// What is wrong with a program, so far.
#[derive(Debug)]
pub(crate) struct Faults {
    /// Where the text stands in the scenario.
    field: &'static str,
    all: Vec<(Place, String)>,
}

impl Default for Faults {
    fn default() -> Self {
        Self::at(SOURCE)
    }
}

impl Faults {
    /// Of a text that stands at this pointer in its scenario.
    pub(crate) const fn at(field: &'static str) -> Self {
        Self { field, all: Vec::new() }
    }

    /// Notes a fault. Only the first one of a place is kept: what follows it is mostly noise.
    pub(crate) fn add(&mut self, at: Place, why: String) {
        if self.all.len() < FAULTS_MAX && self.all.iter().all(|known| known.0 != at) {
            self.all.push((at, why));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The faults in the order of the text, as an error of the scenario.
    pub(crate) fn into_error(mut self) -> ScenarioError {
        crate::order::by_key(&mut self.all, |it| it.0);
        let problem = |(Place { line, column }, why)| Problem {
            at: self.field.to_owned(),
            fault: Fault::Source { line, column, why },
        };
        ScenarioError(self.all.into_iter().map(problem).collect())
    }
}
