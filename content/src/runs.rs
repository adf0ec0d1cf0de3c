//! Engines, their named scenarios and their runs. Each scenario runs once, however often it is
//! asked for.

use crate::course::NamedScenario;
use serde_json::{Map, Value};
use sim::{Entry, Mode, Run};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a run came to: the run, or every fault in words.
type Outcome = Result<Rc<Run>, String>;

/// All named scenarios, and the runs made so far.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    /// By engine id, each by rank.
    pub(crate) named: BTreeMap<String, Vec<NamedScenario>>,
    done: RefCell<BTreeMap<(String, String), Outcome>>,
}

/// A scenario as a lesson names it: `benchmark`, or `benchmark+quantum_ticks=4`.
#[derive(Debug, Clone)]
pub(crate) struct Picked {
    /// The name, if nothing was changed.
    pub(crate) name: Option<String>,
    /// The named scenario it starts from.
    pub(crate) base: NamedScenario,
    /// With the changes.
    pub(crate) scenario: Value,
}

impl Runs {
    /// The engine with this id, or what is wrong with it.
    pub(crate) fn engine(id: &str) -> Result<&'static Entry, String> {
        sim::engine(id).ok_or_else(|| format!("there is no engine {id}"))
    }

    /// What stands for the named scenario where there is none.
    pub(crate) fn unnamed() -> NamedScenario {
        let (name, title, about) = (String::new(), String::new(), String::new());
        NamedScenario { name, title, about, rank: 0, at: None, scenario: Value::Null }
    }

    /// The run of a scenario, with its frames.
    pub(crate) fn run(&self, engine: &str, scenario: &Value) -> Outcome {
        let key = (engine.to_owned(), scenario.to_string());
        if let Some(outcome) = self.done.borrow().get(&key) {
            return outcome.clone();
        }
        let outcome = Self::engine(engine).and_then(|entry| {
            let run = entry.run(scenario, Mode::Frames).map_err(|error| {
                let problems: Vec<String> = error.0.iter().map(ToString::to_string).collect();
                format!("{engine} refuses the scenario: {}", problems.join("; "))
            })?;
            Ok(Rc::new(run))
        });
        self.done.borrow_mut().insert(key, outcome.clone());
        outcome
    }

    /// The scenario that `spelled` names, with the changes behind each `+`.
    pub(crate) fn pick(&self, engine: &str, spelled: &str) -> Result<Picked, String> {
        Self::engine(engine)?;
        let (name, changes) = match spelled.split_once('+') {
            Some((name, changes)) => (name, Some(changes)),
            None => (spelled, None),
        };
        let known = self.named.get(engine).map(Vec::as_slice).unwrap_or_default();
        let base = known.iter().find(|it| it.name == name).ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|it| it.name.as_str()).collect();
            match names.is_empty() {
                true => format!("{engine} has no scenario {name}, nor any other"),
                false => format!("{engine} has no scenario {name}; it has {}", names.join(", ")),
            }
        })?;
        let mut scenario = base.scenario.clone();
        for change in changes.into_iter().flat_map(|it| it.split('+')) {
            let (key, value) = change
                .split_once('=')
                .ok_or_else(|| format!("{change}: expected setting=value"))?;
            // What is not JSON is a word, so that a choice needs no quotes.
            let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
            if let Value::Object(fields) = &mut scenario {
                fields.insert(key.to_owned(), value);
            }
        }
        let name = changes.is_none().then(|| name.to_owned());
        Ok(Picked { name, base: base.clone(), scenario })
    }

    /// One metric of a run.
    pub(crate) fn metric(&self, engine: &str, scenario: &Value, key: &str) -> Result<f64, String> {
        let run = self.run(engine, scenario)?;
        run.metric(key).ok_or_else(|| no_metric(&run, key))
    }
}

/// Says that a run has no such metric, and which ones it has.
pub(crate) fn no_metric(run: &Run, key: &str) -> String {
    let keys: Vec<&str> = run.metrics.iter().map(|metric| metric.key.as_str()).collect();
    format!("{} has no metric {key}; it has {}", run.meta.id, keys.join(", "))
}

/// The part of a scenario that another engine's form knows, for setting the two side by side.
pub(crate) fn fitted(entry: &Entry, scenario: &Value) -> Value {
    let Some(fields) = scenario.as_object() else { return scenario.clone() };
    let known = |key: &str| entry.form.iter().any(|field| field.key == key);
    let kept: Map<String, Value> = fields
        .iter()
        .filter(|(key, _)| known(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    Value::Object(kept)
}
