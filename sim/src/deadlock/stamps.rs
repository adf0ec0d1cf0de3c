//! Transactions with time stamps that lock items one after the other: what both rules share.

use super::stamp_run::Run;
use super::words::count;
use crate::engine::{Better, Log};
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use serde::Deserialize;

/// Most items that all transactions together may name.
const ITEMS_MAX: usize = 8;

/// Transactions and settings, the same for both rules.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(super) transactions: Vec<Transaction>,
    pub(super) pause_ticks: u64,
    pub(super) keep_stamp: bool,
}

/// One transaction, as the reader gives it.
#[derive(Debug, Deserialize)]
pub(crate) struct Transaction {
    pub(super) name: String,
    pub(super) start_ticks: u64,
    items: String,
    pub(super) work_ticks: u64,
}

/// What happens when an item is locked by somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// An older one waits, a younger one dies.
    WaitDie,
    /// An older one wounds, a younger one waits.
    WoundWait,
}

/// What a transaction does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It has not begun.
    New,
    /// It works on what it locked, up to this time.
    Works(u64),
    /// It waits for this item.
    Waits(usize),
    /// It was aborted and starts again at this time.
    Pauses(u64),
    /// It has committed.
    Done,
}

/// One transaction as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Its time stamp: less is older. None before it begins.
    pub(crate) stamp: Option<u32>,
    pub(crate) phase: Phase,
    /// Items that it holds: so many of its list, from the first.
    pub(crate) n_held: usize,
    /// Work done since it last started, without what goes on now.
    pub(crate) done_ticks: u64,
    pub(crate) n_restarts: u32,
    /// When it committed.
    pub(crate) finish_ticks: u64,
}

/// What is seen after a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) all: Vec<Standing>,
    /// By item: who holds it.
    pub(crate) owners: Vec<Option<usize>>,
    /// The transaction that the step is about.
    pub(crate) about: Option<usize>,
    pub(crate) n_waits: u32,
    pub(crate) n_aborts: u32,
    pub(crate) lost_ticks: u64,
}

/// The scenario with its items read.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) rule: Rule,
    /// Names of items in the order in which they are first named.
    pub(super) items: Vec<String>,
    /// By transaction: the items it locks, in order.
    pub(super) wants: Vec<Vec<usize>>,
}

pub(crate) const FORM: &[Field] = &[
    Field::new(
        "transactions",
        "Transactions",
        Kind::Rows { columns: TRANSACTION, len_min: 1, len_max: 8 },
    )
    .work(),
    Field::new("pause_ticks", "Pause before a restart", Kind::Int { min: 1, max: 50 })
        .unit("ticks")
        .or(Preset::Int(2)),
    Field::new("keep_stamp", "Keep the time stamp", Kind::Flag)
        .help("Without it, a restart gets a new stamp and is the youngest again.")
        .or(Preset::Flag(true)),
];

const TRANSACTION: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 12 }).or(Preset::Numbered("T")),
    Field::new("start_ticks", "Starts at", Kind::Int { min: 0, max: 200 })
        .unit("ticks")
        .or(Preset::Int(0)),
    Field::new("items", "Locks", Kind::Text { max_chars: 40 })
        .help("Names with spaces between them, in the order in which it locks them.")
        .or(Preset::Text("A B")),
    Field::new("work_ticks", "Work after each", Kind::Int { min: 1, max: 50 })
        .unit("ticks")
        .or(Preset::Int(3)),
];

pub(crate) const EXAMPLE: &str = r#"{"transactions": [
    {"name": "T1", "start_ticks": 0, "items": "A B", "work_ticks": 4},
    {"name": "T2", "start_ticks": 1, "items": "B A", "work_ticks": 4}
]}"#;

pub(super) fn names(scenario: &Scenario) -> Vec<String> {
    scenario.transactions.iter().map(|it| it.name.clone()).collect()
}

/// Reads the items.
pub(super) fn plan(scenario: &Scenario, rule: Rule) -> Result<Plan<'_>, ScenarioError> {
    let mut items: Vec<String> = Vec::new();
    let mut wants = Vec::new();
    let mut problems: Vec<Problem> = Vec::new();
    for (row, transaction) in scenario.transactions.iter().enumerate() {
        let mut own: Vec<usize> = Vec::new();
        for name in transaction.items.split_whitespace() {
            let at = items.iter().position(|it| it == name).unwrap_or_else(|| {
                items.push(name.to_owned());
                items.len() - 1
            });
            if !own.contains(&at) {
                own.push(at);
            }
        }
        let at = || format!("/transactions/{row}/items");
        if own.is_empty() {
            let why = "a transaction locks one item or more".to_owned();
            problems.push(Problem { at: at(), fault: Fault::Conflict(why) });
        }
        if ITEMS_MAX < items.len() {
            let why = format!("there are more than {}", count(ITEMS_MAX as u64, "items"));
            problems.push(Problem { at: at(), fault: Fault::Conflict(why) });
            break;
        }
        wants.push(own);
    }
    match problems.is_empty() {
        true => Ok(Plan { scenario, rule, items, wants }),
        false => Err(ScenarioError(problems)),
    }
}

impl Plan<'_> {
    pub(super) fn name(&self, at: usize) -> &str {
        &self.scenario.transactions[at].name
    }

    /// Who waits for whom.
    pub(super) fn waits(&self, state: &State) -> Vec<(usize, usize)> {
        let arrow = |(at, it): (usize, &Standing)| match it.phase {
            Phase::Waits(item) => Some((at, state.owners[item]?)),
            Phase::New | Phase::Works(_) | Phase::Pauses(_) | Phase::Done => None,
        };
        state.all.iter().enumerate().filter_map(arrow).collect()
    }

    /// Transactions from the oldest on; those without a stamp come last.
    pub(super) fn by_age(&self, state: &State) -> Vec<usize> {
        let mut all: Vec<usize> = (0..state.all.len()).collect();
        let key = |&at: &usize| (state.all[at].stamp.unwrap_or(u32::MAX), at);
        crate::order::by_key(&mut all, key);
        all
    }
}

/// Runs a scenario under a rule.
pub(super) fn simulate(
    scenario: &Scenario,
    rule: Rule,
    log: &mut Log<State>,
) -> Result<(), ScenarioError> {
    let plan = plan(scenario, rule)?;
    let last = Run::new(&plan, log).all()?;
    let n = |it: u32| f64::from(it);
    log.metric("n_aborts", "Aborts", n(last.n_aborts), "aborts", Better::Lower);
    log.metric("n_waits", "Waits", n(last.n_waits), "waits", Better::Lower);
    let lost = last.lost_ticks as f64;
    log.metric("lost_ticks", "Work lost", lost, "ticks", Better::Lower);
    let end = last.all.iter().map(|it| it.finish_ticks).max().unwrap_or_default();
    log.metric("makespan_ticks", "All have committed", end as f64, "ticks", Better::Lower);
    for (transaction, it) in scenario.transactions.iter().zip(&last.all) {
        let name = &transaction.name;
        log.metric_of("finish_ticks", name, "Commit", it.finish_ticks as f64, "ticks");
        log.metric_of("n_restarts", name, "Restarts", n(it.n_restarts), "restarts");
    }
    Ok(())
}
