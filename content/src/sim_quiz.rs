//! Questions whose answer an engine computes: a number, an order, the next decision.

use crate::escape::escape;
use crate::markdown;
use crate::quiz::Asked;
use crate::runs::{Picked, Runs, no_metric};
use crate::schema::{FigureSpec, Kind};
use crate::toml_doc::Row;
use sim::Run;
use std::rc::Rc;

/// Reads the question behind `prompt.kind`.
pub(crate) fn read(asked: &Asked<'_>) -> Option<Kind> {
    match asked.prompt.text("kind").as_str() {
        "number" => number(asked),
        "order" => order(asked),
        "predict" => predict(asked),
        "" => None,
        other => {
            let what = format!("kind {other}: expected number, order or predict");
            asked.prompt.fault("kind", what);
            None
        }
    }
}

/// The scenario and the run that a table names by `engine` and `scenario`.
fn run(asked: &Asked<'_>, row: &Row<'_>) -> Option<(Picked, Rc<Run>)> {
    let (engine, scenario) = (row.text("engine"), row.text("scenario"));
    let runs = asked.here.desk.runs;
    if engine.is_empty() || scenario.is_empty() {
        return None;
    }
    if let Err(what) = Runs::engine(&engine) {
        row.fault("engine", what);
        return None;
    }
    let ran = runs.pick(&engine, &scenario).and_then(|picked| {
        let run = runs.run(&engine, &picked.scenario)?;
        Ok((picked, run))
    });
    ran.map_err(|what| row.fault("scenario", what)).ok()
}

fn number(asked: &Asked<'_>) -> Option<Kind> {
    let unit = asked.prompt.text_or_empty("unit");
    let answer = asked.answer()?;
    let tolerance = answer.number("tolerance").unwrap_or(0.0);
    if !tolerance.is_finite() || tolerance < 0.0 {
        answer.fault("tolerance", "tolerance: expected a number from 0");
    }
    let right = if answer.has("value") {
        if answer.has("metric") {
            answer.fault("value", "give value or metric, not both");
        }
        answer.number("value")?
    } else {
        let key = answer.text("metric");
        let (_, run) = run(asked, answer)?;
        let value = run.metric(&key);
        if value.is_none() && !key.is_empty() {
            answer.fault("metric", no_metric(&run, &key));
        }
        value?
    };
    if !right.is_finite() {
        answer.fault("value", format!("question {}: the answer is not a finite number", asked.id));
        return None;
    }
    Some(Kind::Number { right, tolerance, unit })
}

fn order(asked: &Asked<'_>) -> Option<Kind> {
    let items: Vec<String> =
        asked.prompt.texts("items").iter().map(|it| markdown::line(asked.here, it)).collect();
    let answer = asked.answer()?;
    let sorted: Vec<String> = match answer.has("order") {
        true => answer.texts("order").iter().map(|it| markdown::line(asked.here, it)).collect(),
        false => by_metric(asked, answer)?,
    };
    let items = if items.is_empty() { shown(&sorted) } else { items };
    let place = |it: &String| items.iter().position(|item| item == it);
    let right: Vec<usize> = sorted.iter().filter_map(place).collect();
    let mut all = right.clone();
    all.sort_unstable();
    let complete = all.iter().copied().eq(0..items.len());
    if !complete || sorted.len() != items.len() || items.len() < 2 {
        let what = format!("question {}: items and the right order do not match", asked.id);
        asked.prompt.fault("items", what);
        return None;
    }
    if right == all {
        let what = format!("question {}: the items are in the right order already", asked.id);
        asked.prompt.fault("items", what);
    }
    Some(Kind::Order { items, right })
}

/// The things of a run, the one with the least value first.
fn by_metric(asked: &Asked<'_>, answer: &Row<'_>) -> Option<Vec<String>> {
    let by = answer.text("by");
    let (_, run) = run(asked, answer)?;
    let value = |metric: &sim::Metric| {
        let thing = metric.key.strip_prefix(&by)?.strip_prefix('.')?;
        Some((thing.to_owned(), metric.value))
    };
    let mut things: Vec<(String, f64)> = run.metrics.iter().filter_map(value).collect();
    if things.is_empty() {
        answer.fault("by", format!("{} has no metric {by} of each thing", run.meta.id));
        return None;
    }
    things.sort_by(|a, b| a.1.total_cmp(&b.1));
    for pair in things.windows(2) {
        if pair[0].1.total_cmp(&pair[1].1).is_eq() {
            let what = format!("by {by}: {} and {} are equal", pair[0].0, pair[1].0);
            answer.fault("by", what);
        }
    }
    Some(things.into_iter().map(|(thing, _)| escape(&thing)).collect())
}

/// Some other order than the right one: by name, or else backwards.
fn shown(sorted: &[String]) -> Vec<String> {
    let mut shown = sorted.to_vec();
    shown.sort();
    if shown == sorted {
        shown.reverse();
    }
    shown
}

fn predict(asked: &Asked<'_>) -> Option<Kind> {
    let prompt = asked.prompt;
    let at = prompt.count("at");
    if !prompt.has("at") {
        prompt.fault("at", "at is missing");
    }
    let (picked, run) = run(asked, prompt)?;
    let at = at?;
    let index = usize::try_from(at).ok()?;
    let ask = (0 < index && index < run.len())
        .then(|| run.step(index).and_then(|step| step.ask.clone()))
        .flatten();
    let Some(ask) = ask else {
        prompt.fault("at", format!("step {at} asks for no decision; {}", decisions(&run)));
        return None;
    };
    let figure = FigureSpec {
        engine: run.meta.id.to_owned(),
        name: picked.name,
        scenario: picked.scenario.to_string(),
        // One step before, so that the picture does not give it away.
        at: Some(at - 1),
        title: picked.base.title,
        look_for: ask.question.clone(),
        ..FigureSpec::default()
    };
    let options = ask.options.iter().map(|it| escape(it)).collect();
    let right = usize::try_from(ask.answer).unwrap_or_default();
    Some(Kind::Predict { question: ask.question, options, right, figure })
}

/// Says which steps of a run ask for a decision.
fn decisions(run: &Run) -> String {
    let asks = |at: &usize| run.step(*at).is_some_and(|step| step.ask.is_some());
    let steps: Vec<String> = (1..run.len()).filter(asks).map(|at| at.to_string()).collect();
    match steps.is_empty() {
        true => "nor does any other".to_owned(),
        false => format!("these do: {}", steps.join(", ")),
    }
}
