//! Laws of the banker, and the answers of the reference.

use super::super::claims::{Claims, Scan, fits, random};
use super::{Bankers, sequences};
use crate::engine::Engine;
use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

fn example(requests: &[(&str, [u32; 3])], scan: &str) -> Run {
    let mut scenario: Value = serde_json::from_str(Bankers::EXAMPLE).unwrap();
    scenario["requests"] =
        requests.iter().map(|(who, units)| json!({"process": who, "units": units})).collect();
    scenario["scan"] = json!(scan);
    engine("deadlock/bankers").unwrap().run(&scenario, Mode::Frames).unwrap()
}

fn said(run: &Run, tag: &str) -> Vec<String> {
    let steps = (0..run.len()).map(|at| run.step(at).unwrap());
    steps.filter(|it| it.tag == tag).map(|it| it.say.clone()).collect()
}

#[test]
fn bankers_is_safe_with_sixteen_orders() {
    let run = example(&[], "onwards");
    assert_eq!(run.metric("is_safe"), Some(1.0));
    assert_eq!(run.metric("n_safe_sequences"), Some(16.0));
    let books = run.scene(usize::MAX).to_text();
    for row in ["P0 | 0 1 0 | 7 5 3 | 7 4 3", "P2 | 3 0 2 | 9 0 2 | 6 0 0", "in all: A=10"] {
        assert!(books.contains(row), "{books}");
    }
    // listing_000_order and walk_P1_P3_P4_P0_P2
    let freed: Vec<String> = said(&run, "can_finish");
    let want =
        [("P1", "5 3 2"), ("P3", "7 4 3"), ("P4", "7 4 5"), ("P0", "7 5 5"), ("P2", "10 5 7")];
    assert_eq!(freed.len(), 5);
    for (say, (who, free)) in freed.iter().zip(want) {
        assert!(say.starts_with(who) && say.contains(&format!("makes {free} free")), "{say}");
    }
    // restart_from_P0_scan_order
    let restarted = example(&[], "restart");
    assert!(said(&restarted, "safe")[0].contains("P1, P3, P0, P2, P4"));
    let listed = run.scene(usize::MAX).to_text();
    for order in ["P1, P3, P0, P2, P4", "P1, P4, P3, P2, P0", "P3, P4, P1, P2, P0"] {
        assert!(listed.contains(order), "{order}");
    }
}

#[test]
fn bankers_requests_on_the_first_state() {
    // Request, words of the answer, safe orders and free units after it.
    let cases = [
        ("P1", [1, 0, 2], "gets", 8.0, [2.0, 3.0, 0.0]),
        ("P4", [3, 3, 0], "no longer be safe", 16.0, [3.0, 3.0, 2.0]),
        ("P0", [0, 2, 0], "gets", 3.0, [3.0, 1.0, 2.0]),
        ("P0", [0, 0, 2], "no longer be safe", 16.0, [3.0, 3.0, 2.0]),
        ("P2", [6, 0, 0], "only 3 3 2 are free", 16.0, [3.0, 3.0, 2.0]),
        ("P0", [7, 5, 3], "is an error", 16.0, [3.0, 3.0, 2.0]),
    ];
    for (who, units, words, n, free) in cases {
        let run = example(&[(who, units)], "onwards");
        let last = run.step(usize::MAX).unwrap();
        assert!(last.say.contains(words), "{}", last.say);
        assert_eq!(run.metric("n_safe_sequences"), Some(n), "{who}");
        for (name, free) in ["A", "B", "C"].iter().zip(free) {
            assert_eq!(run.metric(&format!("free.{name}")), Some(free), "{who}");
        }
    }
}

#[test]
fn bankers_after_granting_p1_102() {
    let run = example(&[("P1", [1, 0, 2]), ("P4", [3, 3, 0]), ("P0", [0, 2, 0])], "onwards");
    let refused = said(&run, "refuse");
    assert!(refused[0].contains("only 2 3 0 are free") && refused[1].contains("no longer be safe"));
    assert_eq!((run.metric("n_granted"), run.metric("n_refused")), (Some(1.0), Some(2.0)));
}

/// Every order of the processes that `done` lacks, tried one by one.
fn brute(claims: &Claims, order: &mut Vec<usize>, out: &mut Vec<Vec<usize>>) {
    let n = claims.n_processes();
    if order.len() == n {
        out.push(order.clone());
    }
    let mut free = claims.free();
    for &process in order.iter() {
        free.iter_mut().zip(claims.held(process)).for_each(|(free, held)| *free += held);
    }
    for process in 0..n {
        if !order.contains(&process) && fits(claims.asked(process), &free) {
            order.push(process);
            brute(claims, order, out);
            order.pop();
        }
    }
}

#[test]
fn all_safe_orders_agree_with_trying_every_order() {
    let mut rng = Rng::new(21);
    let mut n_safe = 0;
    for _ in 0..600 {
        let (n, m) = (1 + rng.below(5) as usize, 1 + rng.below(3) as usize);
        let claims = random(&mut rng, n, m, 6);
        let mut want = Vec::new();
        brute(&claims, &mut Vec::new(), &mut want);
        let (count, listed) = sequences(&claims);
        assert_eq!(count, want.len() as u64, "{claims:?}");
        want.truncate(super::LISTED_MAX);
        assert_eq!(listed, want);
        for scan in [Scan::Onwards, Scan::Restart] {
            assert_eq!(claims.finish_order(scan).len() == n, 0 < count);
        }
        n_safe += u32::from(0 < count);
    }
    assert!((50..550).contains(&n_safe), "{n_safe}");
}

#[test]
fn numbers_that_do_not_fit_together_are_refused_at_their_place() {
    let scenario = json!({"resources": [{"free": 2}],
        "processes": [{"held": [3], "need": [2, 2]}, {"held": [1, 1], "need": [1]}],
        "requests": [{"process": "P9", "units": [1, 1]}]});
    let told = engine("deadlock/bankers").unwrap().run(&scenario, Mode::MetricsOnly).unwrap_err();
    let places: Vec<&str> = told.0.iter().map(|it| it.at.as_str()).collect();
    assert_eq!(
        places,
        ["/processes/0/need", "/processes/1/held", "/requests/0/process", "/requests/0/units"]
    );
}
