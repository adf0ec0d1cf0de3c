//! Laws of fibers: what blocks, what starves, and what is atomic.

use super::fiber_run::{Did, Status, World};
use super::fiber_script::{Op, Setup};
use super::fibers::Fibers;
use crate::engine::Engine;
use crate::form::check;
use crate::{Mode, Rng, engine};
use serde_json::{Value, json};

fn metric(scenario: &Value, key: &str) -> f64 {
    let run = engine("patterns/fibers").unwrap().run(scenario, Mode::Frames);
    run.unwrap_or_else(|it| panic!("{it}")).metric(key).unwrap()
}

/// All steps of a run and the worlds after them.
fn steps(scenario: &Value) -> (Setup, Vec<(Did, World)>) {
    let checked = check(Fibers::FORM, scenario).unwrap();
    let setup = Setup::new(&serde_json::from_value(checked).unwrap()).unwrap();
    let mut world = World::new(&setup);
    let mut all = vec![(Did::Start, world.clone())];
    loop {
        let did = world.next(&setup);
        all.push((did, world.clone()));
        if matches!(did, Did::End | Did::Cut) {
            return (setup, all);
        }
    }
}

fn random(rng: &mut Rng, n_threads: u64, io: &str, preempt_us: u64, words: &[&str]) -> Value {
    let mut fibers = Vec::new();
    for _ in 0..rng.between(1, 8) {
        let step = |rng: &mut Rng| {
            let word = words[usize::try_from(rng.below(words.len() as u64)).unwrap()];
            word.replace('#', &rng.below(6).to_string())
        };
        let does: Vec<String> = (0..rng.between(1, 5)).map(|_| step(rng)).collect();
        fibers.push(json!({"does": does.join(", "), "times": rng.between(1, 3)}));
    }
    json!({"fibers": fibers, "n_threads": n_threads, "io": io, "preempt_us": preempt_us})
}

const WORDS: &[&str] = &["run #", "yield", "read #", "run #", "get, run #, add #"];

fn computing(setup: &Setup) -> u64 {
    let one = |op: &Op| if let Op::Run(us) = op { *us } else { 0 };
    setup.fibers.iter().map(|it| it.times * it.ops.iter().map(one).sum::<u64>()).sum()
}

#[test]
fn all_that_is_to_be_computed_is_computed_and_never_by_more_than_may_run() {
    let mut rng = Rng::new(51);
    for round in 0..300 {
        let io = ["blocks", "wrapped", "threads"][round % 3];
        let scenario = {
            let (n, us) = (rng.between(1, 4), rng.below(4));
            random(&mut rng, n, io, us, WORDS)
        };
        let (setup, steps) = steps(&scenario);
        let mut computed = 0;
        for pair in steps.windows(2) {
            let (before, after) = (&pair[0].1, &pair[1].1);
            let running = before.fibers.iter().filter(|it| matches!(it.status, Status::Running(_)));
            let n = running.count() as u64;
            assert!(n <= setup.n_threads as u64);
            computed += n * (after.now - before.now);
        }
        assert_eq!(steps.last().unwrap().0, Did::End);
        assert_eq!(computed, computing(&setup));
    }
}

#[test]
fn on_one_thread_a_call_that_blocks_stops_everybody() {
    let mut rng = Rng::new(52);
    for _ in 0..200 {
        let (setup, steps) = steps(&random(&mut rng, 1, "blocks", 0, WORDS));
        for (_, world) in &steps {
            let is = |fits: fn(Status) -> bool| world.fibers.iter().any(|it| fits(it.status));
            assert!(
                !(is(|it| matches!(it, Status::InKernel(..)))
                    && is(|it| matches!(it, Status::Running(_))))
            );
        }
        // So computing and reading come one after another.
        let one = |op: &Op| if let Op::Run(us) | Op::Read(us) = op { *us } else { 0 };
        let all = setup.fibers.iter().map(|it| it.times * it.ops.iter().map(one).sum::<u64>());
        assert_eq!(steps.last().unwrap().1.now, all.sum::<u64>());
    }
}

#[test]
fn where_reads_are_wrapped_or_threads_take_over_nobody_stands_still() {
    let mut rng = Rng::new(53);
    for round in 0..200 {
        let io = ["wrapped", "threads"][round % 2];
        let n = rng.between(1, 3);
        let (setup, steps) = steps(&random(&mut rng, n, io, 0, WORDS));
        let last = &steps.last().unwrap().1;
        assert_eq!(last.stood, 0);
        assert!(io == "threads" || last.threads.len() == setup.n_threads);
    }
}

#[test]
fn without_a_yield_in_between_no_update_is_lost_on_one_thread() {
    let mut rng = Rng::new(54);
    for _ in 0..200 {
        let words = ["get, run #, add #", "yield", "read #", "get, add #"];
        for io in ["blocks", "wrapped"] {
            let (setup, steps) = steps(&random(&mut rng, 1, io, 0, &words));
            let one = |op: &Op| if let Op::Add(it) = op { *it } else { 0 };
            let all = setup
                .fibers
                .iter()
                .map(|it| i64::try_from(it.times).unwrap() * it.ops.iter().map(one).sum::<i64>());
            assert_eq!(steps.last().unwrap().1.balance, all.sum::<i64>());
        }
    }
}

/// The listing `fiber_race.c`: 100 with a yield in between, 200 without.
#[test]
fn a_yield_between_reading_and_writing_loses_an_update() {
    let two = |does: &str, set: Value| {
        let mut scenario = json!({"fibers": [{"does": does}, {"does": does}]});
        scenario.as_object_mut().unwrap().extend(set.as_object().unwrap().clone());
        metric(&scenario, "balance")
    };
    assert_eq!(two("get, yield, add 100", json!({})), 100.0);
    assert_eq!(two("yield, get, add 100", json!({})), 200.0);
    // Without a yield, but with two kernel threads, or with the thread taken away.
    assert_eq!(two("get, run 5, add 100", json!({})), 200.0);
    assert_eq!(two("get, run 5, add 100", json!({"n_threads": 2})), 100.0);
    assert_eq!(two("get, run 5, add 100", json!({"preempt_us": 2})), 100.0);
}

#[test]
fn who_never_yields_lets_the_others_wait_until_it_is_stopped() {
    let scenario = |preempt_us: u64| json!({"fibers": [{"does": "run 1000"}, {"does": "run 1"}], "preempt_us": preempt_us});
    assert_eq!(metric(&scenario(0), "wait_us_max"), 1_000.0);
    assert_eq!(metric(&scenario(10), "wait_us_max"), 10.0);
}

#[test]
fn faults_are_told_where_they_are() {
    let scenario = json!({"fibers": [{"does": "run 3, jump"}, {"does": "read -1"}, {"does": ""}]});
    let told = engine("patterns/fibers").unwrap().run(&scenario, Mode::Frames).unwrap_err();
    assert_eq!(
        told.to_string(),
        "/fibers/0/does: `jump` is not run, read or add with a number, yield or get\n\
         /fibers/1/does: `-1` is not a number up to 100000\n\
         /fibers/2/does: `` is not run, read or add with a number, yield or get"
    );
}
