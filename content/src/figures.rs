//! Figures: what a lesson or a question asks for, checked against the engine.

use crate::desk::Here;
use crate::refs;
use crate::runs::{Picked, Runs, fitted, no_metric};
use crate::schema::{FigureSpec, Sweep, Tab};
use crate::tables::is_sentence;
use crate::toml_doc::{Doc, Row};
use serde_json::Value;
use sim::{Entry, Field, Kind, Run};

/// The figure of a fence; `None` if it has a fault that leaves nothing to show.
pub(crate) fn from_fence(
    here: Here<'_>,
    line: u32,
    engine: &str,
    body: &str,
) -> Option<FigureSpec> {
    let entry = match Runs::engine(engine) {
        Ok(entry) => entry,
        Err(what) => {
            here.fault(line, what);
            return None;
        }
    };
    let doc = Doc { file: here.file, line: line + 1, text: body, sink: here.desk.sink };
    doc.read(|row| from_row(here, row, entry))?
}

/// The figure that a table asks for. Reads all keys of a figure but the engine.
pub(crate) fn from_row(here: Here<'_>, row: &Row<'_>, entry: &Entry) -> Option<FigureSpec> {
    let engine = entry.meta.id;
    // All keys are read first: a wrong scenario does not make the others unknown.
    let spelled = row.opt_text("scenario");
    let json = row.opt_text("json");
    let title = plain(here, row, "title");
    let look_for = plain(here, row, "look_for");
    let at = row.count("at");
    let show = row.texts("show");
    let compare = row.texts("compare");
    let tab = tab(row);
    let sweep_row = row.row("sweep");
    let (name, base, scenario) = match picked(here.desk.runs, engine, spelled, json) {
        Ok(Picked { name, base, scenario }) => (name, base, scenario),
        Err(what) => {
            row.fault("scenario", what);
            return None;
        }
    };
    let run = match here.desk.runs.run(engine, &scenario) {
        Ok(run) => run,
        Err(what) => {
            row.fault(if row.has("json") { "json" } else { "scenario" }, what);
            return None;
        }
    };
    check_at(row, &run, at);
    // The step of a named scenario is checked there, and says nothing about a changed one.
    let at = at.or(if name.is_some() { base.at } else { None });
    let show: Vec<String> = show.into_iter().map(|it| it.text).collect();
    check_show(row, &run, &show);
    let compare: Vec<String> = compare.into_iter().map(|it| it.text).collect();
    check_compare(here.desk.runs, row, entry, &compare, &scenario);
    let sweep = sweep_row.map(|it| sweep(here.desk.runs, &it, entry, &scenario));
    check_tab(row, entry, &run, tab, !compare.is_empty(), sweep.is_some());
    let or = |given: Option<String>, other: String| given.unwrap_or(other);
    let title = or(title, if base.title.is_empty() { entry.meta.title.into() } else { base.title });
    let about = if base.about.is_empty() { entry.meta.look_for.into() } else { base.about };
    let look_for = or(look_for, about);
    let (engine, scenario) = (engine.to_owned(), scenario.to_string());
    Some(FigureSpec { engine, name, scenario, at, title, look_for, show, tab, compare, sweep })
}

/// A plain text with its numbers put in.
fn plain(here: Here<'_>, row: &Row<'_>, key: &'static str) -> Option<String> {
    let text = refs::in_plain(&here, row.line(key), &row.opt_text(key)?);
    if text.is_empty() {
        row.fault(key, format!("{key} is empty"));
    } else if key == "look_for" && !is_sentence(&text) {
        row.fault(key, "look_for: expected a sentence");
    }
    Some(text)
}

fn picked(
    runs: &Runs,
    engine: &str,
    spelled: Option<String>,
    json: Option<String>,
) -> Result<Picked, String> {
    match (spelled, json) {
        (Some(spelled), None) => runs.pick(engine, &spelled),
        (None, Some(json)) => match serde_json::from_str(&json) {
            Ok(scenario) => Ok(Picked { name: None, base: Runs::unnamed(), scenario }),
            Err(error) => Err(format!("json: {error}")),
        },
        (Some(_), Some(_)) => Err("give scenario or json, not both".to_owned()),
        (None, None) => Err("scenario is missing".to_owned()),
    }
}

fn check_at(row: &Row<'_>, run: &Run, at: Option<u32>) {
    let at = at.and_then(|at| usize::try_from(at).ok());
    if at.is_some_and(|at| run.len() <= at) {
        let last = run.len().saturating_sub(1);
        row.fault("at", format!("at is beyond the run, whose last step is {last}"));
    }
}

fn check_show(row: &Row<'_>, run: &Run, show: &[String]) {
    if show.is_empty() {
        return;
    }
    let scene = run.scene(0);
    let slugs: Vec<&str> = scene.panels.iter().map(|slot| slot.slug).collect();
    for slug in show {
        if !slugs.contains(&slug.as_str()) {
            row.fault("show", format!("show {slug}: the panels are {}", slugs.join(", ")));
        }
    }
}

fn check_compare(runs: &Runs, row: &Row<'_>, entry: &Entry, others: &[String], scenario: &Value) {
    for id in others {
        if id == entry.meta.id {
            row.fault("compare", format!("compare {id}: that is this engine"));
            continue;
        }
        let outcome = Runs::engine(id).and_then(|it| runs.run(id, &fitted(it, scenario)));
        if let Err(what) = outcome {
            row.fault("compare", format!("compare: {what}"));
        }
    }
}

fn tab(row: &Row<'_>) -> Option<Tab> {
    let slug = row.opt_text("tab")?;
    let tab = Tab::from_slug(&slug);
    if tab.is_none() {
        let known: Vec<&str> = Tab::ALL.iter().map(|it| it.slug()).collect();
        row.fault("tab", format!("tab {slug}: expected one of {}", known.join(", ")));
    }
    tab
}

fn check_tab(
    row: &Row<'_>,
    entry: &Entry,
    run: &Run,
    tab: Option<Tab>,
    has_compare: bool,
    has_sweep: bool,
) {
    let asks = || (1..run.len()).any(|at| run.step(at).is_some_and(|step| step.ask.is_some()));
    let missing = match tab {
        Some(Tab::Compare) if !has_compare => "compare names no engine",
        Some(Tab::Sweep) if !has_sweep => "there is no sweep",
        Some(Tab::Explore) if entry.explore.is_none() => "the engine has no choices to explore",
        Some(Tab::Predict) if !asks() => "the run asks for no decision",
        Some(Tab::Change | Tab::Compare | Tab::Sweep | Tab::Explore | Tab::Predict) | None => {
            return;
        }
    };
    row.fault("tab", format!("tab {}: {missing}", tab.map_or("", Tab::slug)));
}

fn sweep(runs: &Runs, row: &Row<'_>, entry: &Entry, scenario: &Value) -> Sweep {
    let field = row.text("field");
    let (from, to) = (row.int("from").unwrap_or_default(), row.int("to").unwrap_or_default());
    let metrics: Vec<String> = row.texts("metrics").into_iter().map(|it| it.text).collect();
    row.done();
    if metrics.is_empty() {
        row.fault("metrics", "metrics: expected at least one");
    }
    if to <= from {
        row.fault("to", "to: expected more than from");
    }
    match entry.form.iter().find_map(|it| bounds(it, &field)) {
        None => {
            let known: Vec<&str> = entry
                .form
                .iter()
                .filter(|it| bounds(it, it.key).is_some())
                .map(|it| it.key)
                .collect();
            let what = format!(
                "field {field}: expected a setting of {} that is a whole number: {}",
                entry.meta.id,
                known.join(", ")
            );
            row.fault("field", what);
        }
        Some((min, max)) if from < min || max < to => {
            row.fault("from", format!("the sweep leaves {field}'s bounds {min} to {max}"));
        }
        Some(_) => {
            for value in [from, to] {
                check_swept(runs, row, entry, (&field, value), scenario, &metrics);
            }
        }
    }
    Sweep { field, from, to, metrics }
}

/// Bounds of a field that takes a single whole number under this key.
fn bounds(field: &Field, key: &str) -> Option<(i64, i64)> {
    match field.kind {
        Kind::Int { min, max } if field.key == key => Some((min, max)),
        Kind::Ints { min, max, single_key, .. } if single_key == key => Some((min, max)),
        Kind::Int { .. }
        | Kind::Ints { .. }
        | Kind::Choice(_)
        | Kind::Flag
        | Kind::Text { .. }
        | Kind::Name { .. }
        | Kind::Code { .. }
        | Kind::Rows { .. } => None,
    }
}

fn check_swept(
    runs: &Runs,
    row: &Row<'_>,
    entry: &Entry,
    (field, value): (&str, i64),
    scenario: &Value,
    metrics: &[String],
) {
    let mut scenario = scenario.clone();
    if let Value::Object(fields) = &mut scenario {
        fields.insert(field.to_owned(), value.into());
        // A list under the long key would contradict the single number.
        let long = entry.form.iter().find(|it| it.key != field && bounds(it, field).is_some());
        if let Some(long) = long {
            fields.remove(long.key);
        }
    }
    match runs.run(entry.meta.id, &scenario) {
        Err(what) => row.fault("field", format!("at {field} = {value}: {what}")),
        Ok(run) => {
            for key in metrics.iter().filter(|key| run.metric(key).is_none()) {
                row.fault("metrics", no_metric(&run, key));
            }
        }
    }
}
