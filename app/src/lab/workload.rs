//! One workload through many engines.

use serde_json::Value;
use sim::registry::shelf_of;
use sim::{Entry, Field, Kind};

/// Engines that can take the workload of `entry`, in the order of the registry, without it. They
/// stand on the same shelf, so that words mean the same and all of them are here, and share a field
/// that holds the work; of a table they need no column that it lacks.
#[must_use]
pub fn peers(entry: &Entry) -> Vec<&'static Entry> {
    let takes =
        |other: &Entry| works(other.form).any(|it| works(entry.form).any(|own| holds(own, it)));
    let shelf = shelf_of(entry.meta.id);
    crate::pieces::engines()
        .filter(|it| it.meta.id != entry.meta.id && shelf_of(it.meta.id) == shelf && takes(it))
        .collect()
}

/// Fields of a form that hold work.
fn works(form: &'static [Field]) -> impl Iterator<Item = &'static Field> {
    form.iter().filter(|it| it.workload)
}

/// Whether the work of `own` can be given to `other`.
fn holds(own: &Field, other: &Field) -> bool {
    alike(own, other)
        && match (own.kind, other.kind) {
            (Kind::Rows { columns: given, .. }, Kind::Rows { columns, .. }) => {
                columns.iter().all(|it| covered(it, given))
            }
            _ => true,
        }
}

fn alike(one: &Field, other: &Field) -> bool {
    one.key == other.key && same_kind(one.kind, other.kind)
}

/// Whether a column means the same as the given one of its name, or may be left out.
fn covered(column: &Field, given: &[Field]) -> bool {
    match given.iter().find(|it| it.key == column.key) {
        Some(own) => same_kind(own.kind, column.kind),
        None => column.preset_value(0).is_some(),
    }
}

/// The scenario of `other` that holds the workload of `scenario`, which `entry` has checked: the
/// other engine's example, with every setting that both forms have taken over.
#[must_use]
pub fn carried(entry: &Entry, scenario: &Value, other: &Entry) -> Value {
    if entry.meta.id == other.meta.id {
        return scenario.clone();
    }
    let mut carried: Value = serde_json::from_str(other.example).unwrap_or_default();
    let Value::Object(fields) = &mut carried else { return carried };
    for field in other.form {
        let same = |it: &&Field| it.key == field.key && same_kind(it.kind, field.kind);
        if let Some(value) = entry.form.iter().find(same).and_then(|it| scenario.get(it.key)) {
            fields.insert(field.key.to_owned(), fitting(field, value));
        }
    }
    carried
}

/// A table with only the columns that the other engine has.
fn fitting(field: &Field, value: &Value) -> Value {
    let (Kind::Rows { columns, .. }, Value::Array(rows)) = (field.kind, value) else {
        return value.clone();
    };
    let row = |row: &Value| {
        let cell = |column: &Field| Some((column.key.to_owned(), row.get(column.key)?.clone()));
        Value::Object(columns.iter().filter_map(cell).collect())
    };
    Value::Array(rows.iter().map(row).collect())
}

/// Whether every value of `one` is one of `other` too, as far as the kind tells.
fn same_kind(one: Kind, other: Kind) -> bool {
    match (one, other) {
        (Kind::Choice(one), Kind::Choice(other)) => {
            one.iter().all(|(word, _)| other.iter().any(|it| it.0 == *word))
        }
        _ => std::mem::discriminant(&one) == std::mem::discriminant(&other),
    }
}

#[cfg(test)]
mod tests {
    use super::{carried, peers};
    use sim::{Mode, engines};

    #[test]
    fn every_example_runs_on_every_peer() {
        for entry in engines() {
            let example = entry.run_text(entry.example, Mode::MetricsOnly).unwrap();
            for peer in peers(entry) {
                let scenario = carried(entry, &example.scenario, peer);
                let told = peer.run(&scenario, Mode::MetricsOnly).err();
                assert!(told.is_none(), "{} on {}: {told:?}", entry.meta.id, peer.meta.id);
            }
        }
    }
}
