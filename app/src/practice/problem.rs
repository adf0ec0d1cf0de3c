//! A practice problem: a seed makes the scenario, the engine knows the answers.

use serde_json::Value;
use sim::{Entry, Field, Kind, Mode, Paper, Run, ScenarioError};

/// A table that the learner is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// What it holds.
    pub label: &'static str,
    /// Headings with their units, and whether the column holds numbers.
    pub head: Vec<(String, bool)>,
    /// Cells, row by row.
    pub rows: Vec<Vec<String>>,
}

/// A problem with its answers.
#[derive(Debug)]
pub struct Problem {
    /// How it is worked out.
    pub paper: Paper,
    /// The scenario as it was run.
    pub scenario: Value,
    /// What is set besides the tables: label and value with unit.
    pub settings: Vec<(String, String)>,
    /// The tables that are given.
    pub tables: Vec<Given>,
    /// What the engine made of it.
    pub run: Run,
}

/// Why there is no problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoProblem {
    /// The engine draws none.
    NotByHand,
    /// The engine refuses what it drew.
    Refused(ScenarioError),
}

impl Problem {
    /// The problem of a seed for an engine.
    ///
    /// # Errors
    /// When the engine draws none, or refuses it.
    pub fn new(entry: &Entry, seed: u64) -> Result<Self, NoProblem> {
        let paper = entry.paper.ok_or(NoProblem::NotByHand)?;
        let drawn = (paper.drawn)(seed);
        let run = entry.run(&drawn, Mode::Frames).map_err(NoProblem::Refused)?;
        let mut settings = Vec::new();
        let mut tables = Vec::new();
        let told = |it: &&Field| !it.hidden && !paper.untold.contains(&it.key);
        for field in entry.form.iter().filter(told) {
            let Some(value) = drawn.get(field.key) else { continue };
            match (field.kind, value) {
                (Kind::Rows { columns, .. }, Value::Array(rows)) => {
                    tables.push(table(field.label, columns, rows));
                }
                _ => settings.push((field.label.to_owned(), with_unit(field, value))),
            }
        }
        let scenario = run.scenario.clone();
        Ok(Self { paper, scenario, settings, tables, run })
    }

    /// Title of the engine.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.run.meta.title
    }

    /// What the engine says at a step.
    #[must_use]
    pub fn why_at(&self, at: usize) -> &str {
        self.run.step(at).map_or("", |step| &step.say)
    }
}

/// The columns that some row sets.
fn table(label: &'static str, columns: &'static [Field], rows: &[Value]) -> Given {
    let is_set = |it: &&Field| !it.hidden && rows.iter().any(|row| cell(it, row).is_some());
    let columns: Vec<&Field> = columns.iter().filter(is_set).collect();
    let head = columns.iter().map(|it| {
        let is_number = matches!(it.kind, Kind::Int { .. } | Kind::Ints { .. });
        let unit = if it.unit.is_empty() { String::new() } else { format!(" ({})", it.unit) };
        (format!("{}{unit}", it.label), is_number)
    });
    let row = |(n, row): (usize, &Value)| {
        let text = |it: &&Field| {
            let value = cell(it, row).cloned().or_else(|| it.preset_value(n));
            value.map(|value| said(it, &value)).unwrap_or_default()
        };
        columns.iter().map(text).collect()
    };
    Given { label, head: head.collect(), rows: rows.iter().enumerate().map(row).collect() }
}

/// What a row sets a column to.
fn cell<'a>(column: &Field, row: &'a Value) -> Option<&'a Value> {
    let single = match column.kind {
        Kind::Ints { single_key, .. } => row.get(single_key),
        Kind::Int { .. }
        | Kind::Choice(_)
        | Kind::Flag
        | Kind::Text { .. }
        | Kind::Name { .. }
        | Kind::Code { .. }
        | Kind::Rows { .. } => None,
    };
    row.get(column.key).or(single)
}

fn with_unit(field: &Field, value: &Value) -> String {
    sim::quantity(&said(field, value), field.unit)
}

/// A value in words.
fn said(field: &Field, value: &Value) -> String {
    match (field.kind, value) {
        (Kind::Choice(choices), Value::String(word)) => {
            let label = choices.iter().find(|(it, _)| it == word);
            label.map_or(word.as_str(), |it| it.1).to_owned()
        }
        (_, Value::Bool(yes)) => if *yes { "yes" } else { "no" }.to_owned(),
        (_, Value::String(text)) => text.clone(),
        (_, Value::Array(items)) => {
            items.iter().map(|it| said(field, it)).collect::<Vec<_>>().join(" ")
        }
        (_, other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{NoProblem, Problem};

    #[test]
    fn every_setting_that_is_drawn_is_told() {
        for entry in sim::engines().filter(|it| it.paper.is_some()) {
            let id = entry.meta.id;
            for seed in 0..20 {
                let problem = Problem::new(entry, seed).unwrap();
                let drawn = (problem.paper.drawn)(seed);
                let n_drawn = drawn.as_object().unwrap().len() - problem.paper.untold.len();
                assert_eq!(n_drawn, problem.settings.len() + problem.tables.len(), "{id}: {drawn}");
                assert!(problem.settings.iter().all(|it| !it.1.is_empty()), "{id}");
                for table in &problem.tables {
                    assert!(table.rows.iter().all(|it| it.len() == table.head.len()), "{id}");
                }
            }
        }
    }

    #[test]
    fn an_engine_that_draws_nothing_makes_no_problem() {
        for entry in sim::engines().filter(|it| it.paper.is_none()) {
            assert_eq!(Problem::new(entry, 1).unwrap_err(), NoProblem::NotByHand);
        }
    }
}
