//! The real course: every file of it read, checked and baked.
#![cfg(not(target_arch = "wasm32"))]

use content::{Course, Files};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../content")
}

/// The course as far as it can be read; its faults are told by the first test alone.
fn course() -> Course {
    let files = Files::read(&root()).unwrap_or_default();
    Course::read(&files).0
}

#[test]
fn the_course_has_no_fault() {
    if let Err(faults) = Course::load(&root()) {
        panic!("{} faults\n{faults}", faults.0.len());
    }
}

/// Most named scenarios of an engine. Six are plenty for most; a signature view has more modes.
const NAMED_MAX: usize = 9;

/// Most of a machine with programs: one machine runs all of its modules, correct and broken ones in
/// pairs.
const NAMED_PROGRAMS_MAX: usize = 120;

#[test]
fn every_engine_has_named_scenarios_and_a_source() {
    let course = course();
    let mut wrong = Vec::new();
    for entry in sim::engines() {
        let id = entry.meta.id;
        let n_named = course.scenarios.get(id).map_or(0, Vec::len);
        let programs = entry.form.iter().any(|it| matches!(it.kind, sim::Kind::Code { .. }));
        let most = if programs { NAMED_PROGRAMS_MAX } else { NAMED_MAX };
        if !(2..=most).contains(&n_named) {
            wrong.push(format!("{id} has {n_named} named scenarios, not 2 to {most}"));
        }
        let key = entry.meta.source.split('/').next().unwrap_or_default();
        if !course.sources.contains_key(key) {
            wrong.push(format!("{id}: content/sources.toml has no {key}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_engine_of_a_written_module_is_shown_in_a_lesson() {
    let course = course();
    let figures =
        || course.modules.iter().flat_map(|it| &it.lessons).flat_map(content::Lesson::figures);
    let shown: BTreeSet<&str> = figures()
        .flat_map(|it| it.compare.iter().map(String::as_str).chain([it.engine.as_str()]))
        .collect();
    let is_written = |domain: &str| course.module(domain).is_some_and(|it| !it.lessons.is_empty());
    let missing: Vec<&str> = sim::engines()
        .filter(|entry| is_written(entry.domain()))
        .map(|entry| entry.meta.id)
        .filter(|id| !shown.contains(id))
        .collect();
    assert!(missing.is_empty(), "no lesson shows {}", missing.join(", "));
}

#[test]
fn the_scheduling_module_has_enough_questions_of_every_kind() {
    use content::Kind;
    let course = course();
    let Some(module) = course.module("cpu") else { panic!("there is no module cpu") };
    let n = |is: fn(&Kind) -> bool| module.questions.iter().filter(|it| is(&it.kind)).count();
    assert!(25 <= module.questions.len(), "{} questions", module.questions.len());
    assert_ne!(0, n(|it| matches!(it, Kind::Choice { .. })), "no choice");
    assert_ne!(0, n(|it| matches!(it, Kind::Number { .. })), "no number");
    assert_ne!(0, n(|it| matches!(it, Kind::Order { .. })), "no order");
    assert_ne!(0, n(|it| matches!(it, Kind::Predict { .. })), "no decision");
}
