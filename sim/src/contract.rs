//! What every engine must keep, checked for the whole registry.
#![cfg(test)]

use crate::engine::{Entry, FRAMES_MAX, Mode};
use crate::form::{Field, Kind, check};
use crate::registry::{DOMAINS, engines};
use serde_json::{Map, Value, json};

fn example(entry: &Entry) -> Value {
    serde_json::from_str(entry.example).unwrap_or_else(|error| panic!("{}: {error}", entry.meta.id))
}

#[test]
fn ids_are_unique_and_well_formed() {
    let mut seen = std::collections::BTreeSet::new();
    for domain in DOMAINS {
        for entry in domain.engines() {
            let (prefix, name) = entry.meta.id.split_once('/').unwrap();
            assert_eq!(prefix, domain.id);
            assert!(
                name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_')
            );
            assert!(seen.insert(entry.meta.id), "{} twice", entry.meta.id);
        }
    }
}

#[test]
fn titles_and_sentences_are_written_out() {
    for entry in engines() {
        let meta = entry.meta;
        assert!(!meta.title.ends_with('.') && !meta.title.is_empty(), "{}", meta.id);
        for text in [meta.summary, meta.look_for] {
            assert!(text.ends_with('.') && 20 < text.len(), "{}: {text}", meta.id);
        }
        assert!(meta.source.contains('/') && !meta.time_unit.is_empty(), "{}", meta.id);
    }
}

#[test]
fn every_field_explains_itself() {
    fn walk(id: &str, form: &[Field]) {
        for field in form {
            assert!(!field.label.is_empty() && !field.label.ends_with('.'), "{id} {}", field.key);
            assert!(field.help.is_empty() || field.help.ends_with('.'), "{id} {}", field.key);
            if let Kind::Rows { columns, .. } = field.kind {
                walk(id, columns);
            }
        }
    }
    engines().for_each(|entry| walk(entry.meta.id, entry.form));
}

#[test]
fn the_example_runs_and_every_step_is_a_sentence() {
    for entry in engines() {
        let id = entry.meta.id;
        let run =
            entry.run_text(entry.example, Mode::Frames).unwrap_or_else(|it| panic!("{id}: {it}"));
        assert!(1 < run.len() && run.len() < FRAMES_MAX && !run.is_cut(), "{id}: {}", run.len());
        let mut time = 0;
        for at in 0..run.len() {
            let step = run.step(at).unwrap();
            assert!(time <= step.time, "{id} step {at}: time goes back");
            time = step.time;
            assert!(20 < step.say.len() && step.say.ends_with('.'), "{id} step {at}: {}", step.say);
            assert!(
                step.say.chars().next().is_some_and(|it| !it.is_lowercase()),
                "{id}: {}",
                step.say
            );
            assert!(
                step.tag.chars().all(|it| it.is_ascii_lowercase() || it == '_'),
                "{id}: {}",
                step.tag
            );
            if let Some(ask) = &step.ask {
                assert!(
                    (ask.answer as usize) < ask.options.len() && ask.question.ends_with('?'),
                    "{id}"
                );
            }
        }
        for metric in &run.metrics {
            assert!(metric.value.is_finite(), "{id} {}", metric.key);
        }
        let mut keys: Vec<&str> = run.metrics.iter().map(|it| it.key.as_str()).collect();
        keys.sort_unstable();
        let n_keys = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), n_keys, "{id}: a metric twice");
    }
}

#[test]
fn panels_are_the_same_in_every_frame() {
    for entry in engines() {
        let id = entry.meta.id;
        let run = entry.run_text(entry.example, Mode::Frames).unwrap();
        let shape = |at| {
            let panels = run.scene(at).panels;
            panels.iter().map(|it| (it.slug, it.panel.kind())).collect::<Vec<_>>()
        };
        let first = shape(0);
        assert!(!first.is_empty(), "{id}: nothing is drawn");
        for at in 0..run.len() {
            assert_eq!(shape(at), first, "{id} step {at}");
            let scene = run.scene(at);
            assert!(scene.panels.iter().all(|it| !it.panel.to_text().is_empty()), "{id} step {at}");
            for mark in scene.panels.iter().flat_map(|it| marks(&it.panel)) {
                let known = mark.actor.is_none_or(|it| (it as usize) < run.actors.len());
                assert!(known, "{id} step {at}: actor of {mark:?}");
            }
        }
    }
}

fn marks(panel: &crate::scene::Panel) -> Vec<&crate::scene::Mark> {
    use crate::scene::Panel;
    match panel {
        Panel::Gantt(it) => {
            it.lanes.iter().flat_map(|lane| lane.spans.iter().map(|span| &span.mark)).collect()
        }
        Panel::Queue(it) => it.rows.iter().flat_map(|row| &row.marks).collect(),
        Panel::Cells(it) => it.rows.iter().flat_map(|row| &row.marks).collect(),
        Panel::Bits(it) => {
            it.rows.iter().flat_map(|row| row.fields.iter().map(|field| &field.mark)).collect()
        }
        Panel::Graph(it) => it.nodes.iter().map(|node| &node.mark).collect(),
        Panel::Strip(it) => {
            let parts = it.rows.iter().flat_map(|row| row.parts.iter().map(|part| &part.mark));
            let pins = it.rows.iter().flat_map(|row| row.pins.iter().map(|pin| &pin.mark));
            parts.chain(pins).collect()
        }
        Panel::Table(_)
        | Panel::Code(_)
        | Panel::Chart(_)
        | Panel::Stats(_)
        | Panel::Note { .. } => Vec::new(),
    }
}

#[test]
fn an_engine_that_draws_a_chart_says_so() {
    for entry in engines() {
        let run = entry.run_text(entry.example, Mode::Frames).unwrap();
        let draws =
            run.scene(0).panels.iter().any(|it| matches!(it.panel, crate::scene::Panel::Chart(_)));
        assert!(entry.charts || !draws, "{}: CHARTS", entry.meta.id);
    }
}

#[test]
fn two_runs_are_equal_and_metrics_do_not_need_frames() {
    for entry in engines() {
        let id = entry.meta.id;
        let one = entry.run_text(entry.example, Mode::Frames).unwrap();
        let two = entry.run_text(entry.example, Mode::Frames).unwrap();
        assert_eq!(crate::run_text(&one), crate::run_text(&two), "{id}");
        let bare = entry.run_text(entry.example, Mode::MetricsOnly).unwrap();
        assert_eq!(bare.metrics, one.metrics, "{id}");
        assert_eq!(bare.n_steps, one.n_steps, "{id}");
        assert!(bare.is_empty(), "{id}");
    }
}

#[test]
fn unknown_keys_and_neighbours_of_bounds_are_refused() {
    for entry in engines() {
        let id = entry.meta.id;
        let mut scenario = example(entry);
        scenario["no_such_key"] = json!(1);
        assert!(entry.run(&scenario, Mode::MetricsOnly).is_err(), "{id}");
        for field in entry.form {
            if let Kind::Int { min, max } = field.kind {
                for out in [min.saturating_sub(1), max.saturating_add(1)] {
                    let mut scenario = example(entry);
                    scenario[field.key] = json!(out);
                    let told = entry.run(&scenario, Mode::MetricsOnly).unwrap_err();
                    assert_eq!(told.0[0].at, format!("/{}", field.key), "{id}");
                }
            }
        }
    }
}

#[test]
fn a_checked_scenario_checks_to_itself() {
    for entry in engines() {
        let once = check(entry.form, &example(entry)).unwrap();
        assert_eq!(check(entry.form, &once).unwrap(), once, "{}", entry.meta.id);
    }
}

/// A random value for a field: mostly inside its bounds, now and then not.
fn random_value(field: &Field, rng: &mut crate::Rng) -> Value {
    let wild = rng.below(60) == 0;
    if wild {
        return [
            json!(null),
            json!(-1),
            json!("x"),
            json!([]),
            json!({}),
            json!(1.5),
            json!(1e300),
            json!(u64::MAX),
        ][rng.below(8) as usize]
            .clone();
    }
    let small = |rng: &mut crate::Rng, min: i64, max: i64| {
        let span = max.saturating_sub(min).clamp(0, if rng.below(8) == 0 { i64::MAX } else { 12 });
        json!(min.saturating_add(i64::try_from(rng.below(span as u64 + 1)).unwrap_or(0)))
    };
    match field.kind {
        Kind::Int { min, max } => small(rng, min, max),
        Kind::Choice(choices) => json!(choices[rng.below(choices.len() as u64) as usize].0),
        Kind::Flag => json!(rng.below(2) == 0),
        Kind::Text { .. } | Kind::Code { .. } => {
            let bits = ["0x1f", "thread a {", "}", "x = 1;", ";", "while", "\u{0}", "é", " ", "9"];
            let n = rng.below(9);
            json!((0..n).map(|_| bits[rng.below(10) as usize]).collect::<String>())
        }
        Kind::Name { .. } => json!(["A", "B", "C9", "x-y", "D"][rng.below(5) as usize]),
        Kind::Ints { min, max, len_min, len_max, .. } => {
            let n = u64::from(len_min) + rng.below(u64::from((len_max - len_min).min(6)) + 1);
            (0..n).map(|_| small(rng, min, max)).collect()
        }
        Kind::Rows { columns, len_min, len_max } => {
            let n = u64::from(len_min) + rng.below(u64::from((len_max - len_min).min(6)) + 1);
            (0..n).map(|_| Value::Object(random_object(columns, rng))).collect()
        }
    }
}

fn random_object(form: &[Field], rng: &mut crate::Rng) -> Map<String, Value> {
    let mut object = Map::new();
    for field in form {
        let may_miss = field.preset_value(0).is_some();
        if !(may_miss && rng.below(2) == 0) {
            object.insert(field.key.to_owned(), random_value(field, rng));
        }
    }
    object
}

#[test]
fn random_scenarios_end_in_a_run_or_in_an_error_at_a_place() {
    for entry in engines() {
        let mut rng = crate::Rng::new(2_026);
        let mut n_run = 0;
        for _ in 0..150 {
            let scenario = Value::Object(random_object(entry.form, &mut rng));
            match entry.run(&scenario, Mode::Frames) {
                Ok(run) => {
                    n_run += 1;
                    assert!(!run.is_empty(), "{}", entry.meta.id);
                    let _ = run.scene(0).to_text();
                    let _ = run.scene(run.len() / 2).to_text();
                    let _ = run.scene(usize::MAX).to_text();
                    assert!(run.metrics.iter().all(|it| it.value.is_finite()), "{scenario}");
                }
                Err(error) => assert!(!error.0.is_empty()),
            }
        }
        let coded =
            entry.form.iter().any(|it| matches!(it.kind, Kind::Code { .. } | Kind::Text { .. }));
        assert!(0 < n_run || coded, "{}: no random scenario runs", entry.meta.id);
    }
}
