//! What must hold of the two real-time engines: reference timelines, and laws on random sets.

use crate::scene::Panel;
use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

type Row = (u64, u64, u64, u64);

fn run(id: &str, scenario: &Value) -> Run {
    engine(id).unwrap().run(scenario, Mode::Frames).unwrap_or_else(|it| panic!("{scenario}: {it}"))
}

/// Rows of work, period, deadline, first release.
fn scenario(rows: &[Row]) -> Value {
    let row = |&(compute, period, deadline, offset): &Row| {
        json!({"compute_ticks": compute, "period_ticks": period, "deadline_ticks": deadline,
            "offset_ticks": offset})
    };
    json!({"tasks": rows.iter().map(row).collect::<Vec<_>>()})
}

fn plain(rows: &[(u64, u64)]) -> Vec<Row> {
    rows.iter().map(|&(compute, period)| (compute, period, period, 0)).collect()
}

/// All spans of the timeline in order of time: who, from, to.
fn segments(run: &Run) -> Vec<(String, u64, u64)> {
    let scene = run.scene(usize::MAX);
    let Some(Panel::Gantt(gantt)) = scene.panel("timeline") else { panic!("no timeline") };
    let mut all: Vec<(String, u64, u64)> = Vec::new();
    for lane in &gantt.lanes {
        all.extend(lane.spans.iter().map(|it| (lane.label.clone(), it.start, it.end)));
    }
    all.sort_by_key(|it| it.1);
    // A late job has a span of its own; the reference joins it to the next.
    let mut joined: Vec<(String, u64, u64)> = Vec::new();
    for (who, start, end) in all {
        match joined.last_mut() {
            Some(last) if last.0 == who && last.2 == start => last.2 = end,
            _ => joined.push((who, start, end)),
        }
    }
    joined
}

fn told(run: &Run, tag: &str) -> Vec<(u64, String)> {
    let steps = (0..run.len()).map(|at| run.step(at).unwrap());
    steps.filter(|step| step.tag == tag).map(|step| (step.time, step.say.clone())).collect()
}

#[track_caller]
fn check(id: &str, rows: &[(u64, u64)], want: &[(&str, u64, u64)]) -> Run {
    let run = run(id, &scenario(&plain(rows)));
    let want: Vec<_> = want.iter().map(|&(who, from, to)| (who.to_owned(), from, to)).collect();
    assert_eq!(segments(&run), want);
    run
}

#[track_caller]
fn metrics(run: &Run, want: &[(&str, f64)]) {
    for &(key, value) in want {
        let got = run.metric(key).unwrap_or_else(|| panic!("no {key}"));
        assert!((got - value).abs() < 1e-6, "{key}: {got} is not {value}");
    }
}

#[test]
fn the_easy_example_gives_the_reference_timeline_under_both() {
    let want = [
        ("T1", 0, 2),
        ("T2", 2, 4),
        ("T3", 4, 5),
        ("T1", 5, 7),
        ("T3", 7, 9),
        ("idle", 9, 10),
        ("T1", 10, 12),
        ("T2", 12, 14),
        ("idle", 14, 15),
        ("T1", 15, 17),
        ("idle", 17, 20),
    ];
    let rows = [(2, 5), (2, 10), (3, 20)];
    let by_rate = check("cpu/rate_monotonic", &rows, &want);
    metrics(
        &by_rate,
        &[
            ("utilisation", 0.75),
            ("liu_layland_bound", 0.779_763),
            ("hyperbolic_product", 1.932),
            ("hyperperiod_ticks", 20.0),
            ("response_ticks.T1", 2.0),
            ("response_ticks.T2", 4.0),
            ("response_ticks.T3", 9.0),
            ("response_seen_ticks.T3", 9.0),
            ("idle_ticks", 5.0),
            ("n_misses", 0.0),
            ("schedulable", 1.0),
        ],
    );
    check("cpu/edf", &rows, &want);
}

#[test]
fn a_set_above_the_bound_can_still_meet_every_deadline() {
    let rows = [(3, 6), (2, 8), (2, 12)];
    let by_rate = check(
        "cpu/rate_monotonic",
        &rows,
        &[
            ("T1", 0, 3),
            ("T2", 3, 5),
            ("T3", 5, 6),
            ("T1", 6, 9),
            ("T2", 9, 11),
            ("T3", 11, 12),
            ("T1", 12, 15),
            ("T3", 15, 16),
            ("T2", 16, 18),
            ("T1", 18, 21),
            ("T3", 21, 22),
            ("idle", 22, 24),
        ],
    );
    metrics(
        &by_rate,
        &[
            ("utilisation", 11.0 / 12.0),
            ("hyperbolic_product", 2.1875),
            ("response_ticks.T2", 5.0),
            ("response_ticks.T3", 12.0),
            ("schedulable", 1.0),
            ("n_misses", 0.0),
            ("idle_ticks", 2.0),
        ],
    );
    let windows = told(&by_rate, "window");
    assert!(windows.iter().any(|it| it.1.starts_with("T3 finds in a window of 10")), "{windows:?}");
    let by_deadline = check(
        "cpu/edf",
        &rows,
        &[
            ("T1", 0, 3),
            ("T2", 3, 5),
            ("T3", 5, 7),
            ("T1", 7, 10),
            ("T2", 10, 12),
            ("T1", 12, 15),
            ("T3", 15, 17),
            ("T2", 17, 19),
            ("T1", 19, 22),
            ("idle", 22, 24),
        ],
    );
    metrics(&by_deadline, &[("n_misses", 0.0), ("schedulable", 1.0)]);
}

#[test]
fn a_set_can_miss_by_rate_and_meet_by_deadline() {
    let rows = [(1, 4), (2, 6), (3, 8)];
    let by_rate = check(
        "cpu/rate_monotonic",
        &rows,
        &[
            ("T1", 0, 1),
            ("T2", 1, 3),
            ("T3", 3, 4),
            ("T1", 4, 5),
            ("T3", 5, 6),
            ("T2", 6, 8),
            ("T1", 8, 9),
            ("T3", 9, 12),
            ("T1", 12, 13),
            ("T2", 13, 15),
            ("T3", 15, 16),
            ("T1", 16, 17),
            ("T3", 17, 18),
            ("T2", 18, 20),
            ("T1", 20, 21),
            ("T3", 21, 23),
            ("idle", 23, 24),
        ],
    );
    metrics(&by_rate, &[("n_misses", 1.0), ("schedulable", 0.0), ("response_ticks.T3", 9.0)]);
    let misses = told(&by_rate, "miss");
    assert_eq!(misses.len(), 1);
    assert!(misses[0].0 == 8 && misses[0].1.contains("job 1 with 1 tick of work left"));
    let by_deadline = check(
        "cpu/edf",
        &rows,
        &[
            ("T1", 0, 1),
            ("T2", 1, 3),
            ("T3", 3, 6),
            ("T1", 6, 7),
            ("T2", 7, 9),
            ("T1", 9, 10),
            ("T3", 10, 13),
            ("T1", 13, 14),
            ("T2", 14, 16),
            ("T1", 16, 17),
            ("T3", 17, 20),
            ("T2", 20, 22),
            ("T1", 22, 23),
            ("idle", 23, 24),
        ],
    );
    metrics(&by_deadline, &[("n_misses", 0.0), ("schedulable", 1.0)]);
}

#[test]
fn a_dropped_job_frees_the_cpu_at_its_deadline() {
    let mut late = scenario(&plain(&[(2, 4), (5, 8)]));
    late["overrun"] = json!("drop");
    let run = run("cpu/rate_monotonic", &late);
    let want: Vec<(String, u64, u64)> = [("T1", 0, 2), ("T2", 2, 4), ("T1", 4, 6), ("T2", 6, 8)]
        .map(|(a, b, c)| (a.into(), b, c))
        .into();
    assert_eq!(segments(&run), want);
    metrics(&run, &[("n_misses", 1.0), ("n_jobs", 3.0)]);
}

#[test]
fn a_deadline_after_the_period_is_refused_at_its_place() {
    let wrong = scenario(&[(1, 4, 5, 0)]);
    for id in ["cpu/edf", "cpu/rate_monotonic"] {
        let told = engine(id).unwrap().run(&wrong, Mode::Frames).unwrap_err().to_string();
        assert_eq!(told, "/tasks/0/deadline_ticks: a deadline of 5 is after the period of 4");
    }
}

#[test]
fn a_long_pattern_is_cut_and_said_to_be() {
    let run = run("cpu/edf", &scenario(&plain(&[(1, 997), (1, 991)])));
    assert_eq!(told(&run, "notice").len(), 1);
    assert_eq!(run.step(usize::MAX).unwrap().time, 2_000);
    metrics(&run, &[("hyperperiod_ticks", 997.0 * 991.0)]);
}

type Key<'a> = dyn Fn(usize, u64, u64) -> (u64, u64, u64) + 'a;

/// Who runs in each tick, one tick at a time, and how many deadlines are missed: the slow and
/// obvious way. Of a job's task, release and deadline, `key` makes what is least for the first.
fn oracle(rows: &[Row], horizon: u64, drop: bool, key: &Key) -> (Vec<Option<usize>>, u64) {
    // Task, release, deadline, work left.
    let mut jobs: Vec<(usize, u64, u64, u64)> = Vec::new();
    let (mut ran, mut n_misses) = (Vec::new(), 0);
    for now in 0..=horizon {
        n_misses += jobs.iter().filter(|it| it.2 == now && 0 < it.3).count() as u64;
        jobs.retain(|it| 0 < it.3 && !(drop && it.2 == now));
        if now == horizon {
            break;
        }
        for (task, &(compute, period, deadline, offset)) in rows.iter().enumerate() {
            if offset <= now && (now - offset) % period == 0 {
                jobs.push((task, now, now + deadline, compute));
            }
        }
        let first = jobs.iter_mut().min_by_key(|it| (key(it.0, it.1, it.2), it.1));
        ran.push(first.map(|it| {
            it.3 -= 1;
            it.0
        }));
    }
    (ran, n_misses)
}

fn random_rows(rng: &mut Rng) -> Vec<Row> {
    let n = rng.between(1, 5);
    let row = |rng: &mut Rng| {
        let period = [2_u64, 3, 4, 5, 6, 8, 10, 12][rng.below(8) as usize];
        let compute = rng.between(1, period.div_ceil(2));
        let deadline = if rng.below(3) == 0 { rng.between(1, period) } else { period };
        (compute, period, deadline, if rng.below(4) == 0 { rng.below(7) } else { 0 })
    };
    (0..n).map(|_| row(rng)).collect()
}

fn rank(rows: &[Row], of: impl Fn(&Row) -> u64) -> Vec<u64> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&at| of(&rows[at]));
    (0..rows.len()).map(|at| order.iter().position(|&it| it == at).unwrap() as u64).collect()
}

#[test]
fn both_agree_with_a_tick_by_tick_oracle() {
    let mut rng = Rng::new(11);
    for round in 0..400 {
        let rows = random_rows(&mut rng);
        let drop = rng.below(2) == 0;
        let mut given = scenario(&rows);
        given["horizon_ticks"] = json!(90);
        given["overrun"] = json!(if drop { "drop" } else { "continue" });
        let (id, ranks) = match round % 3 {
            0 => ("cpu/edf", None),
            1 => ("cpu/rate_monotonic", Some(rank(&rows, |it| it.1))),
            _ => {
                given["order"] = json!("deadline");
                ("cpu/rate_monotonic", Some(rank(&rows, |it| it.2)))
            }
        };
        let key = |task: usize, release: u64, deadline: u64| match &ranks {
            Some(ranks) => (ranks[task], 0, 0),
            None => (deadline, release, task as u64),
        };
        let (want, n_misses) = oracle(&rows, 90, drop, &key);
        let run = run(id, &given);
        let mut got = vec![None; 90];
        for (who, from, to) in segments(&run) {
            let task = run.actors.iter().position(|it| *it == who);
            (from..to).for_each(|at| got[at as usize] = task);
        }
        assert_eq!(got, want, "{given}");
        metrics(&run, &[("n_misses", n_misses as f64)]);
    }
}

#[test]
fn earliest_deadline_first_meets_every_deadline_up_to_full_utilisation() {
    let mut rng = Rng::new(5);
    let mut n_full = 0;
    for _ in 0..600 {
        let mut rows = random_rows(&mut rng);
        rows.iter_mut().for_each(|it| it.2 = it.1);
        let run = run("cpu/edf", &scenario(&rows));
        let (u, misses) = (run.metric("utilisation").unwrap(), run.metric("n_misses").unwrap());
        let synchronous = rows.iter().all(|it| it.3 == 0);
        assert_eq!(run.metric("schedulable"), Some(f64::from(u8::from(u <= 1.0 + 1e-9))));
        if u <= 1.0 + 1e-9 {
            assert!(misses == 0.0, "{rows:?}");
            n_full += u32::from(0.95 < u);
        } else if synchronous {
            assert!(0.0 < misses, "{rows:?}");
        }
    }
    assert!(20 < n_full, "{n_full}");
}

#[test]
fn the_demand_test_is_exact_when_all_start_together() {
    let mut rng = Rng::new(6);
    for _ in 0..600 {
        let mut rows = random_rows(&mut rng);
        rows.iter_mut().for_each(|it| it.3 = 0);
        let run = run("cpu/edf", &scenario(&rows));
        let meets = run.metric("n_misses") == Some(0.0);
        assert_eq!(run.metric("schedulable"), Some(f64::from(u8::from(meets))), "{rows:?}");
    }
}

#[test]
fn response_times_are_exact_from_the_critical_instant() {
    let mut rng = Rng::new(8);
    let mut n_undecided = 0;
    for round in 0..600 {
        let mut rows = random_rows(&mut rng);
        rows.iter_mut().for_each(|it| it.3 = 0);
        let mut given = scenario(&rows);
        given["order"] = json!(if round % 2 == 0 { "period" } else { "deadline" });
        let run = run("cpu/rate_monotonic", &given);
        let meets = run.metric("n_misses") == Some(0.0);
        assert_eq!(run.metric("schedulable"), Some(f64::from(u8::from(meets))), "{given}");
        if meets {
            for name in &run.actors {
                let of = |key: &str| run.metric(&format!("{key}.{name}"));
                assert_eq!(of("response_ticks"), of("response_seen_ticks"), "{given}");
            }
        }
        let implicit = rows.iter().all(|it| it.1 == it.2);
        let u = run.metric("utilisation").unwrap();
        if implicit && u <= run.metric("liu_layland_bound").unwrap() {
            assert!(meets && run.metric("hyperbolic_product").unwrap() <= 2.0 + 1e-9, "{given}");
        } else if implicit && meets {
            n_undecided += 1;
        }
    }
    assert!(10 < n_undecided);
}

#[test]
fn each_takes_the_settings_of_the_other() {
    let mut given = scenario(&plain(&[(1, 4), (2, 6)]));
    given["order"] = json!("deadline");
    given["tie"] = json!("upper_row");
    assert_eq!(run("cpu/edf", &given).scenario, run("cpu/rate_monotonic", &given).scenario);
}
