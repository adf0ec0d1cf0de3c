//! Laws of stealing: all work is done once, and the time keeps to the bounds.

use super::steal_run::{Did, Setup, World};
use crate::engine::typed;
use crate::form::check;
use crate::{Engine, Mode, Rng, Run, engine};
use serde_json::{Value, json};

fn run(scenario: &Value) -> Run {
    engine("patterns/work_stealing").unwrap().run(scenario, Mode::MetricsOnly).unwrap()
}

fn metric(run: &Run, key: &str) -> f64 {
    run.metric(key).unwrap()
}

fn setup(scenario: &Value) -> Setup {
    let form = super::work_stealing::WorkStealing::FORM;
    let read: super::work_stealing::Scenario = typed(&check(form, scenario).unwrap()).unwrap();
    read.setup
}

fn tree(rng: &mut Rng) -> Value {
    let end = |rng: &mut Rng| ["newest", "oldest"][usize::try_from(rng.below(2)).unwrap()];
    json!({
        "n_workers": rng.between(1, 8), "n_items": rng.between(2, 400), "leaf": rng.between(1, 60),
        "split_ticks": rng.between(1, 3), "steal_ticks": rng.between(1, 3),
        "own": end(rng), "thief": end(rng), "loot": if rng.below(2) == 0 { "one" } else { "half" },
        "seed": rng.below(1_000),
    })
}

/// Neither the work over the workers nor the longest chain can be beaten, and one worker alone
/// needs exactly the work.
#[test]
fn no_run_is_quicker_than_the_bounds() {
    let mut rng = Rng::new(4);
    for _ in 0..300 {
        let scenario = tree(&mut rng);
        let run = run(&scenario);
        let n = scenario["n_workers"].as_f64().unwrap();
        let (end, work) = (metric(&run, "end_ticks"), metric(&run, "work_ticks"));
        assert!(work <= n * end && metric(&run, "span_ticks") <= end, "{scenario}");
        assert!(n != 1.0 || end == work, "{scenario}");
        assert!(1.0 < n || metric(&run, "steals") == 0.0);
    }
}

/// The pieces that are worked on are all items, each once.
#[test]
fn every_item_is_worked_on_once() {
    let mut rng = Rng::new(6);
    for _ in 0..200 {
        let scenario = tree(&mut rng);
        let setup = setup(&scenario);
        let mut world = World::new(&setup);
        let mut seen = vec![0_u32; usize::try_from(setup.n_items).unwrap()];
        loop {
            match world.next(&setup) {
                Did::Done { task, .. } => {
                    for item in task.from..task.to {
                        seen[usize::try_from(item).unwrap()] += 1;
                    }
                }
                Did::End => break,
                _ => {}
            }
        }
        assert!(seen.iter().all(|&it| it == 1), "{scenario}");
    }
}

/// A thief who takes the oldest has the largest: the first theft of all is half of the work, as
/// the lesson's drawing shows, and fewer thefts are needed than with the newest.
#[test]
fn the_oldest_task_is_the_largest() {
    let setup = setup(&json!({"n_workers": 2, "n_items": 64, "leaf": 1}));
    let mut world = World::new(&setup);
    let first = loop {
        if let Did::Steal { task, .. } = world.next(&setup) {
            break task;
        }
    };
    assert_eq!(first.size(), 32);
    let thefts = |thief: &str| -> f64 {
        let one = |seed: u32| {
            let scenario =
                json!({"n_workers": 4, "n_items": 1_024, "leaf": 4, "thief": thief, "seed": seed});
            metric(&run(&scenario), "steals")
        };
        (0..20).map(one).sum()
    };
    let (oldest, newest) = (thefts("oldest"), thefts("newest"));
    assert!(1.5 * oldest < newest, "{oldest} {newest}");
}

/// On average the time is near work over workers plus a small multiple of the span.
#[test]
fn the_mean_time_keeps_to_the_bound_of_blumofe_and_leiserson() {
    for n in 2..=8_u32 {
        let times = (0..40).map(|seed| {
            let run = run(&json!({"n_workers": n, "n_items": 2_048, "leaf": 8, "seed": seed}));
            let least = metric(&run, "work_ticks") / f64::from(n);
            (metric(&run, "end_ticks") - least) / metric(&run, "span_ticks")
        });
        assert!(times.sum::<f64>() / 40.0 < 3.0, "{n}");
    }
}

#[test]
fn a_worker_that_is_handed_on_does_not_wait_for_a_call() {
    let routines = json!([
        {"name": "G1", "first_ticks": 2, "call_ticks": 50, "last_ticks": 1},
        {"name": "G2", "first_ticks": 20}, {"name": "G3", "first_ticks": 20},
    ]);
    let with = |handoff: bool, call: u32| {
        let mut routines = routines.clone();
        routines[0]["call_ticks"] = call.into();
        run(&json!({"n_workers": 1, "routines": routines, "own": "oldest", "handoff": handoff}))
    };
    // G1 runs 2; then 2 ticks until the worker is handed on, 40 of work, and G1 is back at 52.
    assert_eq!(metric(&with(true, 50), "end_ticks"), 53.0);
    assert_eq!(metric(&with(true, 50), "threads"), 2.0);
    assert_eq!(metric(&with(false, 50), "end_ticks"), 93.0);
    // A short call keeps its worker.
    assert_eq!(metric(&with(true, 2), "handoffs"), 0.0);
}

#[test]
fn every_goroutine_ends() {
    let mut rng = Rng::new(9);
    for _ in 0..200 {
        let row = |rng: &mut Rng| {
            json!({
                "on": rng.between(1, 8), "first_ticks": rng.between(1, 20),
                "call_ticks": rng.below(2) * rng.below(40), "last_ticks": rng.between(1, 9),
            })
        };
        let n = rng.between(1, 10);
        let rows: Vec<Value> = (0..n).map(|_| row(&mut rng)).collect();
        let run = run(&json!({
            "n_workers": rng.between(1, 8), "routines": rows, "handoff": rng.below(2) == 0,
            "own": "oldest", "loot": "half", "seed": rng.below(99),
        }));
        assert_eq!(metric(&run, "tasks"), n as f64);
    }
}

#[test]
fn too_many_pieces_are_refused() {
    let entry = engine("patterns/work_stealing").unwrap();
    let told = entry.run(&json!({"n_items": 4_096, "leaf": 7}), Mode::MetricsOnly).unwrap_err();
    assert_eq!(told.to_string(), "/leaf: with pieces of 7 items there are more than 512 of them");
}
