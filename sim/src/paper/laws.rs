//! What every problem for pen and paper must keep, checked for the whole registry.

use super::{Layout, Paper, Part};
use crate::registry::engines;
use crate::{Entry, Mode, Run};
use std::collections::BTreeSet;

/// Problems of each engine that are looked at.
const SEEDS: u64 = 200;

fn papers() -> impl Iterator<Item = (&'static Entry, Paper)> {
    engines().filter_map(|entry| Some((entry, entry.paper?)))
}

fn run(entry: &Entry, paper: &Paper, seed: u64) -> Run {
    let drawn = (paper.drawn)(seed);
    let run = entry.run(&drawn, Mode::Frames);
    run.unwrap_or_else(|it| panic!("{} seed {seed}: {it} in {drawn}", entry.meta.id))
}

#[test]
fn every_paper_is_written_out() {
    for (entry, paper) in papers() {
        let id = entry.meta.id;
        assert!(paper.rules.is_empty() || paper.rules.ends_with('.'), "{id}");
        assert!(!paper.sheets.is_empty(), "{id}");
        let mut keys = BTreeSet::new();
        for sheet in paper.sheets {
            assert!(keys.insert(sheet.key), "{id}: {} twice", sheet.key);
            assert!(sheet.key.chars().all(|it| it.is_ascii_lowercase()), "{id} {}", sheet.key);
            assert!(sheet.title.starts_with("the "), "{id} {}", sheet.title);
            assert!(sheet.task.ends_with('.') && !sheet.fills.is_empty(), "{id} {}", sheet.key);
            assert!(sheet.hint.is_empty() || sheet.hint.ends_with('.'), "{id} {}", sheet.key);
        }
        let drawn = (paper.drawn)(1);
        let known = |key: &str| entry.form.iter().any(|it| it.key == key && !it.hidden);
        assert!(paper.untold.iter().all(|it| known(it) && drawn.get(it).is_some()), "{id}");
    }
}

#[test]
fn a_seed_always_draws_the_same_problem_and_another_one_mostly_another() {
    for (entry, paper) in papers() {
        let id = entry.meta.id;
        let mut different = BTreeSet::new();
        for seed in 0..SEEDS {
            let drawn = (paper.drawn)(seed);
            assert_eq!(drawn, (paper.drawn)(seed), "{id} seed {seed}");
            different.insert(drawn.to_string());
        }
        assert!(SEEDS * 9 / 10 < different.len() as u64, "{id}: {} problems", different.len());
    }
}

#[test]
fn every_problem_is_of_a_size_for_paper() {
    for (entry, paper) in papers() {
        for seed in 0..SEEDS {
            let run = run(entry, &paper, seed);
            let id = entry.meta.id;
            assert!(1 < run.len() && !run.is_cut(), "{id} seed {seed}: {} steps", run.len());
            for sheet in paper.sheets {
                let name = format!("{id} seed {seed}, {}", sheet.key);
                let parts = sheet.parts(&run);
                assert!(!parts.is_empty(), "{name}: nothing to fill in");
                look_at(&name, &run, &parts);
            }
        }
    }
}

fn look_at(name: &str, run: &Run, parts: &[Part]) {
    let mut n_asked = 0;
    for part in parts {
        assert!(part.rows.len() <= 24, "{name}: {} rows", part.rows.len());
        for row in &part.rows {
            let n_cells = row.given.len() + row.blanks.len();
            assert!(part.layout != Layout::Table || n_cells == part.head.len(), "{name}");
            for blank in &row.blanks {
                let Part { layout, .. } = part;
                n_asked += usize::from(!blank.may_stay);
                assert!(blank.at < run.len() && !blank.name.is_empty(), "{name}");
                assert!(blank.takes(&blank.answer), "{name}: {blank:?}");
                assert!(!blank.takes("no such answer"), "{name}: {blank:?}");
                assert!(blank.may_stay || !blank.answer.is_empty(), "{name}: {blank:?}");
                let is_option = blank.options.contains(&blank.answer);
                assert!(blank.options.is_empty() || is_option, "{name}: {blank:?} {layout:?}");
            }
        }
    }
    assert!((2..=60).contains(&n_asked), "{name}: {n_asked} blanks");
    let answers: BTreeSet<&str> = blanks(parts).map(|it| it.answer.as_str()).collect();
    assert!(1 < answers.len() || n_asked < 5, "{name}: one answer fits all: {answers:?}");
}

fn blanks(parts: &[Part]) -> impl Iterator<Item = &super::Blank> {
    parts.iter().flat_map(|it| &it.rows).flat_map(|it| &it.blanks)
}

/// What a learner is sent to shows the answer, and not only the end of the run.
#[test]
fn a_blank_of_a_table_is_shown_before_the_end() {
    for (entry, paper) in papers() {
        let run = run(entry, &paper, 1);
        for sheet in paper.sheets {
            let parts = sheet.parts(&run);
            let steps: BTreeSet<usize> = blanks(&parts).map(|it| it.at).collect();
            let is_long = 12 < blanks(&parts).count();
            assert!(!is_long || 3 < steps.len(), "{} {}: {steps:?}", entry.meta.id, sheet.key);
        }
    }
}

/// A place is shown by the step that gives it, in every problem.
#[test]
fn a_place_is_shown_where_it_is_given() {
    for (entry, paper) in papers() {
        for fill in paper.sheets.iter().flat_map(|it| it.fills) {
            let super::Fill::Numbers { seen: super::Seen::Place(tag, _), .. } = *fill else {
                continue;
            };
            for seed in 0..SEEDS {
                let run = run(entry, &paper, seed);
                for sheet in paper
                    .sheets
                    .iter()
                    .filter(|it| it.fills.iter().any(|it| std::ptr::eq(it, fill)))
                {
                    let parts = sheet.parts(&run);
                    for blank in
                        blanks(&parts).filter(|it| it.name.starts_with("Place") && it.answer != "0")
                    {
                        let step = run.step(blank.at).unwrap();
                        let actor = blank.name.rsplit(' ').next().unwrap();
                        let own = step.tag == tag && step.say.starts_with(&format!("{actor} "));
                        assert!(own, "{} seed {seed}: {}: {}", entry.meta.id, blank.name, step.say);
                    }
                }
            }
        }
    }
}
