//! A run as text and as JSON: the same for the command line and the page.

use crate::engine::{Better, Entry, Metric, Run, Step};
use crate::explore::{BrokenLaw, Exploration, Outcome, Verdict};
use crate::scene::number;
use crate::words::{count, quantity, unit};
use serde_json::{Value, json};
use std::fmt::Write;

/// The run as JSON: engine, scenario, metrics, steps, and the last scene.
#[must_use]
pub fn run_json(run: &Run) -> Value {
    let steps: Vec<Value> = (0..run.len()).filter_map(|at| run.step(at)).map(step_json).collect();
    let scene = run.scene(usize::MAX);
    json!({
        "engine": run.meta.id,
        "scenario": run.scenario,
        "metrics": run.metrics.iter().map(metric_json).collect::<Vec<_>>(),
        "n_steps": run.n_steps,
        "steps": steps,
        "scene": serde_json::to_value(scene).unwrap_or_default(),
    })
}

fn metric_json(metric: &Metric) -> Value {
    json!({ "key": metric.key, "value": short(metric.value), "unit": metric.unit })
}

fn step_json(step: &Step) -> Value {
    json!({ "time": step.time, "tag": step.tag, "say": step.say })
}

/// A whole number stays one in JSON: `7`, not `7.0`.
fn short(value: f64) -> Value {
    let whole = value as i64;
    #[allow(clippy::float_cmp)]
    if whole as f64 == value { whole.into() } else { value.into() }
}

/// The run as text: steps, the last scene, metrics.
#[must_use]
pub fn run_text(run: &Run) -> String {
    let mut out = format!("{} ({})\n", run.meta.title, run.meta.id);
    for at in 0..run.len() {
        if let Some(step) = run.step(at) {
            let _ = writeln!(out, "{:>6}  {:<12} {}", step.time, step.tag, step.say);
        }
    }
    if run.is_cut() {
        let _ = writeln!(out, "({} of {} steps are shown)", run.len(), run.n_steps);
    }
    out.push_str(&run.scene(usize::MAX).to_text());
    out.push_str("[metrics]\n");
    for Metric { key, value, unit, better, .. } in &run.metrics {
        let aim = match better {
            Better::Lower => ", lower is better",
            Better::Higher => ", higher is better",
            Better::Neither => "",
        };
        let _ = writeln!(out, "{key} = {}{aim}", quantity(&number(*value, 6), unit));
    }
    out
}

/// What a walk over all schedules found, as JSON.
#[must_use]
pub fn explore_json(entry: &Entry, scenario: &Value, found: &Exploration) -> Value {
    let (verdict, law_name, picks) = match &found.verdict {
        Verdict::Holds => ("holds", Value::Null, Value::Null),
        Verdict::Broken { law, picks } => ("broken", json!(law), json!(picks)),
        Verdict::Unknown => ("unknown", Value::Null, Value::Null),
    };
    let outcome = |it: &Outcome| {
        json!({ "label": it.label, "n_states": it.n_states, "n_schedules": it.n_schedules,
            "picks": it.picks })
    };
    let law = |it: &BrokenLaw| {
        json!({ "law": it.law, "n_states": it.n_states, "n_schedules": it.n_schedules,
            "picks": it.picks })
    };
    json!({
        "engine": entry.meta.id,
        "scenario": scenario,
        "verdict": verdict,
        "law": law_name,
        "picks": picks,
        "n_round": found.n_round,
        "complete": found.complete,
        "reduced": found.reduced,
        "n_states": found.n_states,
        "n_transitions": found.n_transitions,
        "n_schedules": found.n_schedules,
        "outcomes": found.outcomes.iter().map(outcome).collect::<Vec<_>>(),
        "laws": found.laws.iter().map(law).collect::<Vec<_>>(),
    })
}

/// What a walk over all schedules found, as text.
#[must_use]
pub fn explore_text(entry: &Entry, found: &Exploration) -> String {
    let mut out = format!("{} ({})\n", entry.meta.title, entry.meta.id);
    let _ = match &found.verdict {
        Verdict::Holds => writeln!(out, "holds: no schedule breaks a law"),
        Verdict::Broken { law, picks } => {
            writeln!(
                out,
                "broken: {law}, after {}, picks {picks:?}",
                count(picks.len() as u64, "steps")
            )
        }
        Verdict::Unknown => writeln!(out, "unknown: the limit came first"),
    };
    if 0 < found.n_round {
        let _ = writeln!(out, "the last {} picks go round for ever", found.n_round);
    }
    let so_far = if found.complete { "" } else { " so far" };
    let reduced = if found.reduced { ", others left out" } else { "" };
    let Exploration { n_states, n_transitions, .. } = found;
    let _ = writeln!(
        out,
        "{}, {}{so_far}{reduced}",
        count(u64::from(*n_states), "states"),
        count(*n_transitions, "transitions")
    );
    for BrokenLaw { law, n_states, picks, .. } in found.laws.iter().skip(1) {
        let _ = writeln!(
            out,
            "also broken: {law}, {}, such as after picks {picks:?}",
            count(u64::from(*n_states), "states")
        );
    }
    for Outcome { label, n_states, n_schedules, picks } in &found.outcomes {
        let share = match (n_schedules, found.n_schedules) {
            (Some(n), Some(all)) => format!(", {n} of {all} schedules"),
            _ => String::new(),
        };
        let _ = writeln!(
            out,
            "{label}: {n_states} final {}{share}, such as after picks {picks:?}",
            unit(&n_states.to_string(), "states")
        );
    }
    out
}
