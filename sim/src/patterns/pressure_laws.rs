//! Laws of pipelines, with random stages.

use crate::{Entry, Mode, Rng, Run, engine};
use serde_json::{Value, json};

const ANSWERS: [&str; 5] = ["no_bound", "wait", "refuse", "drop_newest", "drop_oldest"];

fn entry() -> &'static Entry {
    engine("patterns/backpressure").unwrap()
}

fn run(given: &Value, answer: &str) -> Run {
    let mut given = given.clone();
    given["answer"] = json!(answer);
    entry().run(&given, Mode::MetricsOnly).unwrap_or_else(|it| panic!("{given}: {it}"))
}

fn metric(run: &Run, key: &str) -> u64 {
    run.metric(key).unwrap() as u64
}

fn services(rng: &mut Rng) -> Vec<u64> {
    (0..rng.between(1, 5)).map(|_| rng.between(1, 12)).collect()
}

fn scenario(services: &[u64], n: u64, gap: u64, bound: u64) -> Value {
    let stages: Vec<Value> = services.iter().map(|it| json!({"service_ms": it})).collect();
    json!({"stages": stages, "n_items": n, "gap_ms": gap, "bound": bound})
}

fn random(rng: &mut Rng) -> Value {
    let (n, gap, bound) = (rng.between(1, 80), rng.between(1, 10), rng.between(1, 6));
    let mut given = scenario(&services(rng), n, gap, bound);
    given["random"] = json!(rng.below(2) == 0);
    given["seed"] = json!(rng.below(1_000));
    given["burst"] = json!(rng.between(1, 6));
    given
}

#[test]
fn nothing_is_lost_when_blocking_and_every_item_ends_somewhere() {
    let mut rng = Rng::new(31);
    for _ in 0..100 {
        let given = random(&mut rng);
        let n = given["n_items"].as_u64().unwrap();
        for answer in ANSWERS {
            let run = run(&given, answer);
            let (lost, refused) = (metric(&run, "n_lost"), metric(&run, "n_refused"));
            assert_eq!(metric(&run, "n_served") + lost + refused, n, "{given} {answer}");
            assert!(lost == 0 || answer.starts_with("drop"), "{given} {answer}");
            assert!(refused == 0 || answer == "refuse", "{given} {answer}");
            let bound = given["bound"].as_u64().unwrap();
            assert!(answer == "no_bound" || metric(&run, "queue_max") <= bound, "{given}");
            assert!(answer == "wait" || metric(&run, "held_ms") == 0, "{given} {answer}");
        }
    }
}

/// Little's law: the mean number inside is the rate times the mean time inside.
#[test]
fn littles_law_holds_to_the_last_digit() {
    let mut rng = Rng::new(32);
    for _ in 0..100 {
        let given = random(&mut rng);
        for answer in ANSWERS {
            let run = run(&given, answer);
            let (inside, little) = (run.metric("inside_mean"), run.metric("little_items"));
            let (inside, little) = (inside.unwrap(), little.unwrap());
            assert!((inside - little).abs() < 1e-9, "{given} {answer}: {inside} {little}");
        }
    }
}

/// The whole takes the time of one item through all stages, and the slowest stage or the source for
/// each of the others; a bound changes nothing about that.
#[test]
fn the_throughput_is_that_of_the_slowest() {
    let mut rng = Rng::new(33);
    for _ in 0..150 {
        let services = services(&mut rng);
        let (n, gap, bound) = (rng.between(1, 60), rng.between(1, 12), rng.between(1, 5));
        let given = scenario(&services, n, gap, bound);
        let slowest = services.iter().copied().max().unwrap().max(gap);
        let all = services.iter().sum::<u64>() + (n - 1) * slowest;
        for answer in ["wait", "no_bound"] {
            assert_eq!(metric(&run(&given, answer), "time_ms"), all, "{given} {answer}");
        }
    }
}

/// When each item leaves each stage, from the recurrence of a line with blocking: an item begins when
/// it is there and the one before has left; it leaves when it is done and the item `bound` places
/// before it has begun in the next stage.
fn last_departure(services: &[u64], gaps: &[u64], bound: usize) -> u64 {
    let n_stages = services.len() + 1;
    let mut begin = vec![vec![0; gaps.len()]; n_stages];
    let mut leave = vec![vec![0; gaps.len()]; n_stages];
    for item in 0..gaps.len() {
        for stage in 0..n_stages {
            let there = if stage == 0 { 0 } else { leave[stage - 1][item] };
            let free = if item == 0 { 0 } else { leave[stage][item - 1] };
            begin[stage][item] = there.max(free);
            let work = if stage == 0 { gaps[item] } else { services[stage - 1] };
            let place = match item.checked_sub(bound) {
                Some(before) if stage + 1 < n_stages => begin[stage + 1][before],
                _ => 0,
            };
            leave[stage][item] = (begin[stage][item] + work).max(place);
        }
    }
    leave[n_stages - 1][gaps.len() - 1]
}

#[test]
fn waiting_agrees_with_the_recurrence_of_a_line() {
    let mut rng = Rng::new(34);
    for _ in 0..150 {
        let services = services(&mut rng);
        let (n, gap, bound) = (rng.between(1, 60), rng.between(1, 12), rng.between(1, 5));
        let mut given = scenario(&services, n, gap, bound);
        let seed = rng.below(1_000);
        given["random"] = json!(true);
        given["seed"] = json!(seed);
        let mut pauses = Rng::new(seed);
        let mut gaps = vec![0];
        gaps.extend((1..n).map(|_| pauses.below(2 * gap + 1)));
        let expected = last_departure(&services, &gaps, bound as usize);
        assert_eq!(metric(&run(&given, "wait"), "time_ms"), expected, "{given}");
    }
}

/// Under overload a bound keeps those inside few and quick; without one the last waits longest.
#[test]
fn a_bound_is_a_bound_on_the_time_inside() {
    let mut rng = Rng::new(35);
    for _ in 0..100 {
        let services = services(&mut rng);
        let slowest = services.iter().copied().max().unwrap();
        let (n, bound) = (rng.between(20, 120), rng.between(1, 4));
        let given = scenario(&services, n, 1, bound);
        for answer in ["wait", "refuse"] {
            let inside = (bound + 1) * services.len() as u64;
            let run = run(&given, answer);
            assert!(metric(&run, "inside_max") <= inside, "{given} {answer}");
            assert!(metric(&run, "latency_ms_max") <= inside * slowest + slowest, "{given}");
        }
        let free = run(&given, "no_bound");
        let late = services.iter().sum::<u64>() + (n - 1) * (slowest - 1);
        assert_eq!(metric(&free, "latency_ms_max"), late, "{given}");
    }
}

/// A refusal comes before any work; what is dropped inside has cost some.
#[test]
fn only_dropping_inside_wastes_work() {
    let mut rng = Rng::new(36);
    for _ in 0..100 {
        let given = random(&mut rng);
        assert_eq!(metric(&run(&given, "refuse"), "wasted_ms"), 0, "{given}");
        assert_eq!(metric(&run(&given, "wait"), "wasted_ms"), 0, "{given}");
    }
    let given = scenario(&[1, 9], 40, 1, 2);
    assert_ne!(metric(&run(&given, "drop_oldest"), "wasted_ms"), 0);
}

#[test]
fn bursts_without_a_pause_are_refused_at_their_place() {
    let mut given = scenario(&[1], 5, 0, 1);
    given["burst"] = json!(2);
    assert_eq!(entry().run(&given, Mode::Frames).unwrap_err().0[0].at, "/gap_ms");
}
