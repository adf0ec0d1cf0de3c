//! How fast this build is: one `name value unit` a line.

use crate::timed;
use serde_json::{Map, Value, json};
use sim::{Entry, Field, Kind, Mode, Rng, engines};
use std::fmt::Write;

/// Rounds of every measurement; the best one counts, since a busy machine only makes it slower.
const ROUNDS: u32 = 3;

/// States that an exploration visits while it is timed.
const STATES: u32 = 1_000_000;

/// Four threads that each add three times to one counter: a few million states.
const COUNTERS: &str = "int counter = 0;
mutex m;
thread A, B, C, D {
    for (int i = 0; i < 3; i++) {
        counter++;
    }
    lock(m);
    counter = counter + 2;
    unlock(m);
}";

/// Measures every engine at the limits of its form, and exploration.
pub(crate) fn report() -> String {
    let mut out = String::new();
    for entry in engines() {
        run_at_limits(entry, &mut out);
    }
    for entry in engines() {
        explore(entry, &mut out);
    }
    out
}

fn run_at_limits(entry: &Entry, out: &mut String) {
    let id = entry.meta.id;
    let Some(scenario) = limit_scenario(entry) else {
        let _ = writeln!(out, "run.{id} refused -");
        return;
    };
    for (name, mode) in [("run", Mode::Frames), ("metrics", Mode::MetricsOnly)] {
        let mut best = f64::INFINITY;
        for _ in 0..ROUNDS {
            let (_, seconds) = timed(|| entry.run(&scenario, mode).map(|run| run.n_steps));
            best = best.min(seconds);
        }
        let _ = writeln!(out, "{name}.{id} {:.3} ms", best * 1e3);
    }
    if let Ok(run) = entry.run(&scenario, Mode::Frames) {
        let (_, seconds) = timed(|| run.scene(usize::MAX));
        let _ = writeln!(out, "scene.{id} {:.3} ms", seconds * 1e3);
        let _ = writeln!(out, "steps.{id} {} steps", run.n_steps);
    }
}

fn explore(entry: &Entry, out: &mut String) {
    let Some(explore) = entry.explore else { return };
    let coded = entry.form.iter().find(|it| matches!(it.kind, Kind::Code { .. }));
    let scenario = match coded {
        Some(field) => json!({ field.key: COUNTERS }),
        None => example(entry),
    };
    let mut best = 0.0_f64;
    for _ in 0..ROUNDS {
        let (found, seconds) = timed(|| explore(&scenario, STATES));
        if let Ok(found) = found {
            best = best.max(f64::from(found.n_states) / seconds);
        }
    }
    let _ = writeln!(out, "explore.{} {best:.0} states/s", entry.meta.id);
}

fn example(entry: &Entry) -> Value {
    sim::parse(entry.example).unwrap_or_default()
}

/// The largest scenario of the form that the engine takes: long lists with values from all over
/// their range, else the example's own values again and again.
fn limit_scenario(entry: &Entry) -> Option<Value> {
    let example = example(entry);
    let wild = Value::Object(largest(entry.form, &example, Values::AllOver));
    let tame = Value::Object(largest(entry.form, &example, Values::OfExample));
    [wild, tame, example].into_iter().find(|it| entry.run(it, Mode::MetricsOnly).is_ok())
}

#[derive(Clone, Copy)]
enum Values {
    AllOver,
    OfExample,
}

fn largest(form: &[Field], example: &Value, values: Values) -> Map<String, Value> {
    let mut rng = Rng::new(1);
    let mut scenario = Map::new();
    for field in form {
        let given = example.get(field.key).filter(|it| !it.is_null());
        let value = match field.kind {
            Kind::Ints { len_max, .. } => Some(
                (0..len_max).map(|n| item(field, given, n, values, &mut rng)).collect::<Value>(),
            ),
            Kind::Rows { columns, len_max, .. } => {
                let row = |n| Value::Object(one_row(columns, given, n, values, &mut rng));
                Some((0..len_max).map(row).collect())
            }
            Kind::Int { .. }
            | Kind::Choice(_)
            | Kind::Flag
            | Kind::Text { .. }
            | Kind::Name { .. }
            | Kind::Code { .. } => given.cloned(),
        };
        // Picks of a machine must fit its program; the example's do.
        let value = if field.key == "picks" { given.cloned() } else { value };
        scenario.extend(value.map(|it| (field.key.to_owned(), it)));
    }
    scenario
}

fn one_row(
    columns: &[Field],
    rows: Option<&Value>,
    n: u32,
    values: Values,
    rng: &mut Rng,
) -> Map<String, Value> {
    let n_rows = rows.and_then(Value::as_array).map_or(0, Vec::len);
    let row = rows.filter(|_| 0 < n_rows).map(|it| &it[n as usize % n_rows]);
    let mut object = Map::new();
    for column in columns {
        let given = row.and_then(|it| it.get(column.key)).filter(|it| !it.is_null());
        let value = match (column.kind, values) {
            (Kind::Name { .. }, _) => Some(json!(format!("N{n}"))),
            (Kind::Int { min, max }, Values::AllOver) => Some(within(min, max, rng)),
            (Kind::Ints { len_max, .. }, Values::AllOver) => {
                Some((0..len_max).map(|n| item(column, given, n, values, rng)).collect())
            }
            _ => given.cloned(),
        };
        object.extend(value.map(|it| (column.key.to_owned(), it)));
    }
    object
}

fn item(field: &Field, given: Option<&Value>, n: u32, values: Values, rng: &mut Rng) -> Value {
    let known = given.and_then(Value::as_array).filter(|it| !it.is_empty());
    match (field.kind, values, known) {
        (_, Values::OfExample, Some(items)) => items[n as usize % items.len()].clone(),
        (Kind::Ints { min, max, .. }, ..) => within(min, max, rng),
        _ => Value::Null,
    }
}

fn within(min: i64, max: i64, rng: &mut Rng) -> Value {
    let span = u64::try_from(max.saturating_sub(min)).unwrap_or_default();
    let offset = i64::try_from(rng.between(0, span)).unwrap_or_default();
    json!(min.saturating_add(offset))
}
