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

/// As many threads as there may be, that never end.
const LOOPS: &str = "int cells[8];
mutex m;
thread A, B, C, D, E, F, G, H {
    while (1) {
        lock(m);
        cells[self]++;
        unlock(m);
    }
}";

/// Measures every engine at the limits of its form, and exploration.
pub(crate) fn report() -> String {
    let mut out = String::new();
    for entry in engines() {
        run_at_limits(entry, &mut out);
    }
    for entry in engines() {
        drawn_string(entry, &mut out);
        explore(entry, &mut out);
    }
    out
}

/// The longest string of references that can be drawn, with all frames.
fn drawn_string(entry: &Entry, out: &mut String) {
    let most = |key: &str| match entry.form.iter().find(|it| it.key == key)?.kind {
        Kind::Int { max, .. } => Some(max),
        _ => None,
    };
    let (Some(frames), Some(n_references)) = (most("frames"), most("n_references")) else { return };
    let scenario = json!({"frames": frames, "n_references": n_references, "pattern": "random",
        "pages": frames * 2, "write_percent": 30});
    let (_, seconds) = best(|| entry.run(&scenario, Mode::MetricsOnly).map(|it| it.n_steps));
    let _ = writeln!(out, "references.{} {:.3} ms", entry.meta.id, seconds * 1e3);
}

fn run_at_limits(entry: &Entry, out: &mut String) {
    let id = entry.meta.id;
    for scenario in limit_scenarios(entry) {
        let (told, seconds) = best(|| entry.run(&scenario, Mode::Frames).map(|it| it.n_steps));
        let ms = seconds * 1e3;
        let Ok(n_steps) = told else {
            // A refusal must come quickly as well.
            let _ = writeln!(out, "refused.{id} {ms:.3} ms");
            continue;
        };
        let _ = writeln!(out, "run.{id} {ms:.3} ms");
        let _ = writeln!(out, "steps.{id} {n_steps} steps");
        let (_, seconds) = best(|| entry.run(&scenario, Mode::MetricsOnly).map(|it| it.n_steps));
        let _ = writeln!(out, "metrics.{id} {:.3} ms", seconds * 1e3);
        if let Ok(run) = entry.run(&scenario, Mode::Frames) {
            let (_, seconds) = best(|| run.scene(usize::MAX));
            let _ = writeln!(out, "scene.{id} {:.3} ms", seconds * 1e3);
        }
        return;
    }
}

/// The last result and the shortest time, in seconds.
fn best<T>(mut work: impl FnMut() -> T) -> (T, f64) {
    let (mut done, mut least) = timed(&mut work);
    for _ in 1..ROUNDS {
        let (again, seconds) = timed(&mut work);
        done = again;
        least = least.min(seconds);
    }
    (done, least)
}

fn explore(entry: &Entry, out: &mut String) {
    let Some(explore) = entry.explore else { return };
    let scenario = match code(entry) {
        Some(field) => json!({ field.key: COUNTERS }),
        None => example(entry),
    };
    let (found, seconds) = best(|| explore(&scenario, STATES));
    if let Ok(found) = found {
        let speed = f64::from(found.n_states) / seconds;
        let _ = writeln!(out, "explore.{} {speed:.0} states/s", entry.meta.id);
    }
}

fn code(entry: &Entry) -> Option<&'static Field> {
    entry.form.iter().find(|it| matches!(it.kind, Kind::Code { .. }))
}

/// The engine's example with every default filled in.
fn example(entry: &Entry) -> Value {
    let given = sim::parse(entry.example).unwrap_or_default();
    sim::check(entry.form, &given).unwrap_or_default()
}

/// Where the numbers of a long list come from.
#[derive(Clone, Copy)]
enum Values {
    /// From all over their range, at random.
    AllOver,
    /// From the low end of their range, at random.
    Small,
    /// From the example, again and again.
    OfExample,
}

/// Scenarios at the limits of the form, the hardest first: every list as long as it may be, then
/// one list at a time beside the example's others. An engine may refuse some, because their values
/// do not fit together or take too many steps.
fn limit_scenarios(entry: &Entry) -> Vec<Value> {
    let example = example(entry);
    let full = |values| Value::Object(largest(entry.form, &example, values));
    let mut scenarios = vec![full(Values::AllOver), full(Values::Small), full(Values::OfExample)];
    let longest = full(Values::OfExample);
    for field in entry.form {
        if matches!(field.kind, Kind::Rows { .. } | Kind::Ints { .. }) {
            let mut scenario = example.clone();
            scenario[field.key] = longest[field.key].clone();
            scenarios.push(scenario);
        }
    }
    scenarios.push(example);
    if let Some(field) = code(entry) {
        for scenario in &mut scenarios {
            scenario[field.key] = json!(LOOPS);
            scenario["picks"] = json!([]);
        }
    }
    scenarios
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
            (Kind::Int { min, max }, Values::AllOver | Values::Small) => {
                Some(within(min, max, values, rng))
            }
            (Kind::Ints { len_max, .. }, Values::AllOver | Values::Small) => {
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
        (Kind::Ints { min, max, .. }, ..) => within(min, max, values, rng),
        _ => Value::Null,
    }
}

fn within(min: i64, max: i64, values: Values, rng: &mut Rng) -> Value {
    let span = u64::try_from(max.saturating_sub(min)).unwrap_or_default();
    let span = match values {
        Values::AllOver => span,
        Values::Small | Values::OfExample => span.min(20),
    };
    let offset = i64::try_from(rng.between(0, span)).unwrap_or_default();
    json!(min.saturating_add(offset))
}
