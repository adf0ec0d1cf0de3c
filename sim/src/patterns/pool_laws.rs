//! Laws of the pool: the formula, the listing's outcomes, and a slow pool that goes ms by ms.

use crate::scene::Panel;
use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

fn run(scenario: &Value) -> Run {
    engine("patterns/thread_pool").unwrap().run(scenario, Mode::Frames).unwrap()
}

fn metric(run: &Run, key: &str) -> f64 {
    run.metric(key).unwrap()
}

/// Tasks that were lost, the first first.
fn lost(run: &Run) -> Vec<String> {
    match run.scene(run.len() - 1).panel("pool") {
        Some(Panel::Queue(queue)) => {
            let row = queue.rows.iter().find(|it| it.key == "lost").unwrap();
            row.marks.iter().rev().map(|it| it.label.clone()).collect()
        }
        _ => Vec::new(),
    }
}

/// `pool_size_003` of the reference: 8 cores, 90 ms of waiting, 10 ms of computing.
#[test]
fn so_many_workers_as_the_formula_says_keep_all_cores_busy() {
    let tasks = json!([{"name": "T", "n": 960, "wait_ms": 90, "compute_ms": 10}]);
    let with = |n: u32| run(&json!({"kinds": tasks, "n_workers": n, "n_cores": 8}));
    let right = with(80);
    assert_eq!(metric(&right, "pool_size"), 80.0);
    // Only at the begin, until the first 80 have waited, do the cores have nothing to do.
    assert_eq!(metric(&right, "end_ms"), 90.0 + 960.0 / 8.0 * 10.0);
    assert_eq!(metric(&with(40), "end_ms"), 24.0 * 100.0 + 40.0);
    assert_eq!(metric(&with(120), "end_ms"), metric(&right, "end_ms"));
}

#[test]
fn the_policies_do_what_the_listing_asserts() {
    for (policy, lost_ones) in [
        ("abort", vec!["T6", "T7"]),
        ("discard", vec!["T6", "T7"]),
        ("discard_oldest", vec!["T3", "T4"]),
        ("caller_runs", vec![]),
    ] {
        let run = run(&json!({
            "kinds": [{"name": "T", "n": 7, "gap_ms": 1}],
            "n_workers": 2, "n_places": 3, "policy": policy,
        }));
        assert_eq!(lost(&run), lost_ones, "{policy}");
        let by_caller = metric(&run, "by_caller");
        assert_eq!(by_caller, if policy == "caller_runs" { 1.0 } else { 0.0 });
    }
}

/// Java: with an unbounded queue the maximum is never used.
#[test]
fn a_pool_without_a_bound_never_grows() {
    let with = |n_places: Option<u32>| {
        run(&json!({
            "kinds": [{"name": "T", "n": 100}], "n_workers": 4, "n_workers_max": 64,
            "n_places": n_places, "n_cores": 64,
        }))
    };
    assert_eq!(metric(&with(None), "end_ms"), 250.0);
    assert_eq!(metric(&with(Some(36)), "end_ms"), 20.0);
}

#[test]
fn as_many_parents_as_workers_starve_the_pool() {
    let with = |n_workers: u32| {
        run(&json!({"kinds": [{"name": "T", "n": 2, "asks": true}], "n_workers": n_workers}))
    };
    assert_eq!(metric(&with(2), "stuck"), 2.0);
    assert_eq!(metric(&with(3), "stuck"), 0.0);
}

#[test]
fn bulkheads_keep_a_slow_service_to_itself() {
    let with = |bulkheads: bool| {
        run(&json!({
            "kinds": [
                {"name": "A", "n": 100, "gap_ms": 100, "wait_ms": 30_000, "compute_ms": 0},
                {"name": "B", "n": 100, "gap_ms": 100, "wait_ms": 100, "compute_ms": 0},
            ],
            "n_workers": 40, "bulkheads": bulkheads,
        }))
    };
    assert_eq!(metric(&with(true), "latency_ms_p99.B"), 100.0);
    assert!(20_000.0 < metric(&with(false), "latency_ms_p99.B"));
}

/// One pool without a bound on cores: ms by ms, ends, then starts, then arrivals.
fn slow(arrive: &[u64], takes: &[u64], n_workers: usize, places: usize) -> (Vec<u64>, u32) {
    let mut left: Vec<Option<(u64, usize)>> = vec![None; n_workers];
    let mut queue: Vec<usize> = Vec::new();
    let (mut latencies, mut refused) = (Vec::new(), 0);
    for now in 0..5_000 {
        for slot in &mut left {
            if let Some((_, task)) = slot.filter(|it| it.0 <= now) {
                latencies.push(now - arrive[task]);
                *slot = None;
            }
        }
        for slot in left.iter_mut().filter(|it| it.is_none()) {
            if !queue.is_empty() {
                let task = queue.remove(0);
                *slot = Some((now + takes[task], task));
            }
        }
        for task in (0..arrive.len()).filter(|&it| arrive[it] == now) {
            if let Some(slot) = left.iter_mut().find(|it| it.is_none()) {
                *slot = Some((now + takes[task], task));
            } else if queue.len() < places {
                queue.push(task);
            } else {
                refused += 1;
            }
        }
    }
    latencies.sort_unstable();
    (latencies, refused)
}

#[test]
fn a_pool_ms_by_ms_does_the_same() {
    let mut rng = Rng::new(12);
    for _ in 0..150 {
        let n = rng.between(1, 8);
        let mut arrive: Vec<u64> = (0..n).map(|_| rng.below(30)).collect();
        arrive.sort_unstable();
        let takes: Vec<u64> = (0..n).map(|_| rng.between(1, 20)).collect();
        let n_workers = usize::try_from(rng.between(1, 3)).unwrap();
        let places = usize::try_from(rng.below(4)).unwrap();
        let row = |(at, compute): (&u64, &u64)| json!({"first_ms": at, "compute_ms": compute});
        let kinds: Vec<Value> = arrive.iter().zip(&takes).map(row).collect();
        let run = run(&json!({"kinds": kinds, "n_workers": n_workers, "n_places": places}));
        let (latencies, refused) = slow(&arrive, &takes, n_workers, places);
        assert_eq!(metric(&run, "refused"), f64::from(refused));
        assert_eq!(metric(&run, "done"), latencies.len() as f64);
        let longest = latencies.last().copied().unwrap_or(0);
        assert_eq!(metric(&run, "latency_ms_max"), longest as f64);
        let median = latencies.get(latencies.len().div_ceil(2).max(1) - 1).copied().unwrap_or(0);
        assert_eq!(metric(&run, "latency_ms_p50"), median as f64);
    }
}

/// Whatever happens, every task is done, refused, dropped or stuck.
#[test]
fn no_task_is_lost_without_a_trace() {
    let mut rng = Rng::new(21);
    for _ in 0..200 {
        let kind = |rng: &mut Rng| {
            json!({
                "n": rng.between(1, 20), "first_ms": rng.below(20), "gap_ms": rng.below(6),
                "wait_ms": rng.below(30), "compute_ms": rng.below(12), "asks": rng.below(4) == 0,
            })
        };
        let kinds: Vec<Value> = (0..rng.between(1, 4)).map(|_| kind(&mut rng)).collect();
        let policy = ["abort", "caller_runs", "discard", "discard_oldest"];
        let run = run(&json!({
            "kinds": kinds, "n_workers": rng.between(1, 5), "n_places": rng.below(5),
            "n_workers_max": rng.between(1, 9), "n_cores": rng.between(1, 4),
            "policy": policy[usize::try_from(rng.below(4)).unwrap()], "bulkheads": rng.below(2) == 0,
        }));
        let asks = kinds.iter().any(|it| it["asks"] == true);
        assert!(asks || metric(&run, "stuck") == 0.0, "{kinds:?}");
        assert!(metric(&run, "cores_busy") <= 100.0);
    }
}

#[test]
fn more_tasks_than_the_limit_are_refused() {
    let entry = engine("patterns/thread_pool").unwrap();
    let scenario = json!({"kinds": [{"n": 600}, {"n": 401}]});
    let told = entry.run(&scenario, Mode::MetricsOnly).unwrap_err().to_string();
    assert_eq!(told, "/kinds: 1001 tasks are more than 1000");
}
