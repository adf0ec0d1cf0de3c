//! Every outcome of a litmus test, with an execution for each model that allows it.

use super::axioms::{Arrow, Laws, Model};
use super::events::{Execution, Shape, Values, Ways};
use super::program::{Program, Told};
use crate::error::ScenarioError;

/// One outcome and who allows it.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub(super) values: Vec<i64>,
    /// Per model the first execution that it allows, by number.
    pub(super) witness: [Option<u64>; 4],
    /// The first execution with this outcome, a coherent one if there is one.
    sample: u64,
    is_coherent: bool,
}

impl Outcome {
    pub(super) fn is_allowed(&self, model: Model) -> bool {
        self.witness[model as usize].is_some()
    }
}

/// A test and all that can come of it.
#[derive(Debug)]
pub(super) struct Study {
    pub(super) program: Program,
    pub(super) shape: Shape,
    pub(super) told: Vec<Told>,
    /// From what most models allow to what none does.
    pub(super) outcomes: Vec<Outcome>,
    pub(super) n_executions: u64,
    /// Two accesses that race in an execution that C11 allows.
    pub(super) race: Option<(usize, usize)>,
}

/// One execution, looked at through a model.
pub(super) struct Seen {
    pub(super) run: Execution,
    pub(super) values: Values,
    /// What forbids it; empty if it is allowed.
    pub(super) circle: Vec<Arrow>,
    /// The circle that one memory for all would not have, and which of its arrows SC, TSO and
    /// ARMv8 count. Empty if SC allows it.
    pub(super) sc_circle: Vec<(Arrow, [bool; 3])>,
}

impl Study {
    /// Looks at every execution.
    ///
    /// # Errors
    /// If there are too many.
    pub(super) fn new(program: Program, more: &[Told]) -> Result<Self, ScenarioError> {
        let shape = Shape::new(&program);
        let mut told = program.told();
        told.extend(more.iter().filter(|it| !program.told().contains(it)));
        let mut study = Self {
            program,
            shape: shape.clone(),
            told,
            outcomes: Vec::new(),
            n_executions: 0,
            race: None,
        };
        let laws = Laws::new(&shape);
        let ways = shape.ways()?;
        for number in 0..ways.n {
            let Some((run, values)) = ways.get(number) else { continue };
            study.n_executions += 1;
            study.see(&laws, number, &run, &values);
        }
        let key = |it: &Outcome| {
            let n_allow = it.witness.iter().filter(|it| it.is_some()).count();
            let strongest = it.witness.iter().position(Option::is_some);
            (4 - n_allow, strongest, it.values.clone())
        };
        crate::order::by_key(&mut study.outcomes, key);
        Ok(study)
    }

    fn see(&mut self, laws: &Laws<'_>, number: u64, run: &Execution, values: &Values) {
        let is_coherent = laws.is_coherent(run);
        let told = self.shape.outcome(&self.told, run, values);
        let at = match self.outcomes.binary_search_by(|it| it.values.cmp(&told)) {
            Ok(at) => at,
            Err(at) => {
                let witness = [None; 4];
                let new = Outcome { values: told, witness, sample: number, is_coherent };
                self.outcomes.insert(at, new);
                at
            }
        };
        let outcome = &mut self.outcomes[at];
        if !is_coherent {
            return;
        }
        if !outcome.is_coherent {
            (outcome.sample, outcome.is_coherent) = (number, true);
        }
        for model in Model::ALL {
            if laws.allows(model, run) {
                outcome.witness[model as usize].get_or_insert(number);
                if model == Model::C11 && self.race.is_none() {
                    self.race = laws.race(run);
                }
            }
        }
    }

    /// The execution that a model has for an outcome, or the one that it forbids.
    pub(super) fn seen(&self, at: usize, model: Model) -> Option<Seen> {
        let outcome = self.outcomes.get(at)?;
        let ways: Ways<'_> = self.shape.ways().ok()?;
        // Where all allow it, a run with one memory is the easiest to follow.
        let simple = outcome.witness[0].or(outcome.witness[model as usize]);
        let found = if outcome.is_allowed(model) { simple } else { None };
        let (run, values) = ways.get(found.unwrap_or(outcome.sample))?;
        let laws = Laws::new(&self.shape);
        let circle = if found.is_some() { Vec::new() } else { laws.circle(model, &run) };
        let kept = [Model::Sc, Model::Tso, Model::Arm].map(|it| laws.kept(it, &run).closure());
        let counts = |arrow: Arrow| {
            let own = self.shape.po.has(arrow.from, arrow.to);
            let met = run.co.has(arrow.from, arrow.to) || run.fr.has(arrow.from, arrow.to);
            let by = |at: usize| at == 0 || !own || kept[at].has(arrow.from, arrow.to) || met;
            (arrow, [by(0), by(1), by(2)])
        };
        let sc_circle = laws.circle(Model::Sc, &run).into_iter().map(counts).collect();
        Some(Seen { run, values, circle, sc_circle })
    }

    /// How many outcomes a model allows.
    pub(super) fn n_allowed(&self, model: Model) -> usize {
        self.outcomes.iter().filter(|it| it.is_allowed(model)).count()
    }
}
