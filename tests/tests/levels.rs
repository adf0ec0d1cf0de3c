//! Every level of every game, played: what is to be broken breaks in as many steps as are pinned, hints
//! lead there, and what is to be mended is broken at first and holds in its solution.
#![cfg(not(target_arch = "wasm32"))]
// A test that cannot go on fails.
#![allow(clippy::unwrap_used, clippy::panic)]

use content::{Course, Difficulty, End, Ensure, Files, Goal, Level, Played};
use serde_json::{Value, json};
use sim::{Exploration, Mode, SearchOptions, Verdict};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

/// Most states of a level: a page must answer in a moment.
const STATES_MAX: u32 = 50_000;

/// All levels of the course.
static LEVELS: LazyLock<Vec<Played>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../content");
    let course = Course::read(&Files::read(&root).unwrap()).0;
    let chapters = course.modules.into_iter().flat_map(|it| it.chapters);
    chapters.flat_map(|it| it.levels).collect()
});

fn scenario(level: &Level, source: Option<&str>, picks: &[u32]) -> Value {
    let mut scenario: Value = serde_json::from_str(&level.scenario).unwrap();
    if let Some(source) = source {
        scenario[&level.code] = json!(source);
    }
    scenario["picks"] = json!(picks);
    scenario
}

/// What the page finds, from where the picks lead.
fn searched(level: &Level, source: Option<&str>, picks: &[u32]) -> Exploration {
    let after_picks = !picks.is_empty();
    let options = SearchOptions { states_max: STATES_MAX, reduce: !after_picks, after_picks };
    let start = sim::engine(&level.engine).unwrap().search.unwrap();
    let mut search = start(&scenario(level, source, picks), options).unwrap();
    while !search.advance(10_000).done {}
    search.finish()
}

/// The shortest schedule that ends so.
fn schedule(found: &Exploration, end: &End) -> Option<Vec<u32>> {
    match end {
        End::Law(law) => found.laws.iter().find(|it| it.law == law).map(|it| it.picks.clone()),
        End::Outcome(label) => {
            found.outcomes.iter().find(|it| it.label == *label).map(|it| it.picks.clone())
        }
    }
}

/// What keeps a program from being mended, in words.
fn faults(level: &Level, ensure: &Ensure, source: &str) -> Vec<String> {
    let run =
        sim::engine(&level.engine).unwrap().run(&scenario(level, Some(source), &[]), Mode::Frames);
    let found = searched(level, Some(source), &[]);
    let ends: BTreeSet<&str> = found.outcomes.iter().map(|it| it.label.as_str()).collect();
    let wanted: BTreeSet<&str> = ensure.ends.iter().map(String::as_str).collect();
    let mut faults: Vec<String> = Vec::new();
    if found.verdict != Verdict::Holds {
        faults.push(format!("{:?}", found.verdict));
    }
    if run.unwrap().actors != ensure.threads {
        faults.push("other threads".to_owned());
    }
    if ends != wanted {
        faults.push(format!("ends are {ends:?}"));
    }
    faults.extend(ensure.missing(source).iter().map(|it| format!("{it} is missing")));
    faults.extend(ensure.forbidden(source).iter().map(|it| format!("{it} is not allowed")));
    faults
}

#[test]
fn there_are_levels_of_both_kinds_from_tutorial_to_hard() {
    let levels = &*LEVELS;
    let is_mend = |it: &&Played| matches!(it.level.goal, Goal::Mend { .. });
    let n_mend = levels.iter().filter(is_mend).count();
    assert!(12 <= n_mend && 12 <= levels.len() - n_mend, "{n_mend} of {}", levels.len());
    for difficulty in Difficulty::ALL {
        let n = levels.iter().filter(|it| it.level.difficulty == difficulty).count();
        assert!(2 <= n, "{difficulty:?}: {n}");
    }
    let ids: BTreeSet<&str> = levels.iter().map(|it| it.level.id.as_str()).collect();
    assert_eq!(ids.len(), levels.len(), "progress is kept under the id");
    for Played { level, .. } in levels {
        assert_ne!(level.lesson_title, "", "{}", level.id);
    }
}

#[test]
fn what_is_to_be_broken_breaks_in_as_many_steps_as_the_file_says() {
    for Played { level, .. } in LEVELS.iter() {
        let Goal::Break { end, steps } = &level.goal else { continue };
        let found = searched(level, None, &[]);
        let picks = schedule(&found, end).unwrap_or_else(|| panic!("{}: {found:?}", level.id));
        assert_eq!(picks.len(), *steps as usize, "{}", level.id);
        let run = sim::engine(&level.engine).unwrap();
        let run = run.run(&scenario(level, None, &picks), Mode::Frames).unwrap();
        let last = run.step(run.len() - 1).unwrap();
        assert!(last.choices.is_empty(), "{}: nothing goes on behind the goal", level.id);
    }
}

#[test]
fn hints_lead_to_the_goal_without_a_detour() {
    for Played { level, .. } in LEVELS.iter() {
        let Goal::Break { end, steps } = &level.goal else { continue };
        let mut picks: Vec<u32> = Vec::new();
        for left in (1..=*steps).rev() {
            let found = searched(level, None, &picks);
            let rest = schedule(&found, end).unwrap_or_else(|| panic!("{} {picks:?}", level.id));
            assert_eq!(rest.len(), left as usize, "{} after {picks:?}", level.id);
            picks.push(rest[0]);
        }
        let found = searched(level, None, &picks);
        assert_eq!(schedule(&found, end), Some(Vec::new()), "{}", level.id);
    }
}

#[test]
fn what_is_to_be_mended_is_broken_and_can_be_mended() {
    for Played { level, end, steps, solution } in LEVELS.iter() {
        let Goal::Mend { ensure, .. } = &level.goal else { continue };
        let id = &level.id;
        let start: Value = serde_json::from_str(&level.scenario).unwrap();
        let start = start[&level.code].as_str().unwrap();
        let found = searched(level, None, &[]);
        let picks = schedule(&found, end).unwrap_or_else(|| panic!("{id}: {found:?}"));
        assert_eq!(picks.len(), *steps as usize, "{id}");
        match (end, &found.verdict) {
            (End::Law(law), Verdict::Broken { law: first, .. }) => assert_eq!(law, first, "{id}"),
            (End::Law(_), other) => panic!("{id}: {other:?}"),
            (End::Outcome(label), _) => assert!(!ensure.ends.contains(label), "{id}"),
        }
        assert_eq!(ensure.missing(start), Vec::<&str>::new(), "{id} at the start");
        assert_eq!(ensure.forbidden(start), Vec::<&str>::new(), "{id} at the start");
        assert_ne!(faults(level, ensure, start), Vec::<String>::new(), "{id} at the start");
        assert_eq!(faults(level, ensure, solution), Vec::<String>::new(), "{id}");
    }
}

/// The program with the bodies of its threads emptied.
fn emptied(source: &str) -> String {
    let mut out = String::new();
    let mut depth = 0_u32;
    let mut in_thread = false;
    for line in source.lines() {
        in_thread |= line.starts_with("thread ") || line.starts_with("interrupt ");
        let opens = u32::try_from(line.matches('{').count()).unwrap();
        let closes = u32::try_from(line.matches('}').count()).unwrap();
        depth += opens;
        if !in_thread || depth - closes == 0 || depth == opens {
            out.push_str(line);
            out.push('\n');
        }
        depth -= closes;
        in_thread &= 0 < depth;
    }
    out
}

#[test]
fn doing_nothing_does_not_win() {
    for Played { level, .. } in LEVELS.iter() {
        let Goal::Mend { ensure, .. } = &level.goal else { continue };
        let start: Value = serde_json::from_str(&level.scenario).unwrap();
        let nothing = emptied(start[&level.code].as_str().unwrap());
        let found = searched(level, Some(&nothing), &[]);
        assert_eq!(found.verdict, Verdict::Holds, "{}: {nothing}", level.id);
        let ends: BTreeSet<&str> = found.outcomes.iter().map(|it| it.label.as_str()).collect();
        let wanted: BTreeSet<&str> = ensure.ends.iter().map(String::as_str).collect();
        assert_ne!(ends, wanted, "{}: the outcomes alone tell it", level.id);
        assert_ne!(ensure.missing(&nothing), Vec::<&str>::new(), "{}", level.id);
    }
}
