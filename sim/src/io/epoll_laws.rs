//! Laws of the three worlds, with random scenarios.

use crate::scene::Panel;
use crate::{Entry, Mode, Rng, Run, engine};
use serde_json::{Value, json};

fn entry() -> &'static Entry {
    engine("io/epoll_bugs").unwrap()
}

fn run(given: &Value, mode: Mode) -> Run {
    entry().run(given, mode).unwrap_or_else(|it| panic!("{given}: {it}"))
}

fn metric(run: &Run, key: &str) -> u64 {
    run.metric(key).unwrap() as u64
}

fn with(given: &Value, key: &str, value: Value) -> Value {
    let mut given = given.clone();
    given[key] = value;
    given
}

fn tags(run: &Run) -> Vec<&'static str> {
    (0..run.len()).map(|at| run.step(at).unwrap().tag).collect()
}

const ARRANGEMENTS: [&str; 5] = ["plain", "exclusive", "one_instance", "accept", "reuseport"];

fn herd(rng: &mut Rng) -> Value {
    json!({"bug": "herd", "n_threads": rng.between(1, 9), "n_connections": rng.between(1, 40),
        "gap_ticks": rng.below(6), "work_ticks": rng.between(1, 12),
        "slow_connection": rng.below(8), "slow_ticks": rng.between(1, 60),
        "exclusive_wakes": rng.between(1, 4), "seed": rng.below(1_000)})
}

#[test]
fn exactly_one_thread_gets_each_connection() {
    let mut rng = Rng::new(21);
    for _ in 0..200 {
        let given = herd(&mut rng);
        for listen in ARRANGEMENTS {
            let run = run(&with(&given, "listen", json!(listen)), Mode::MetricsOnly);
            let n_threads = given["n_threads"].as_u64().unwrap();
            let sum: u64 = (1..=n_threads).map(|it| metric(&run, &format!("n_served.T{it}"))).sum();
            assert_eq!(sum, given["n_connections"].as_u64().unwrap(), "{given} {listen}");
            assert_eq!(metric(&run, "n_served"), sum, "{given} {listen}");
            assert!(metric(&run, "n_in_vain") <= metric(&run, "n_woken"), "{given} {listen}");
        }
    }
}

/// Whoever is woken in vain changes nothing for the others: the same connections wait as long.
#[test]
fn an_exclusive_herd_is_smaller_and_just_as_quick() {
    let mut rng = Rng::new(22);
    for _ in 0..300 {
        let given = with(&herd(&mut rng), "exclusive_wakes", json!(1));
        let plain = run(&with(&given, "listen", json!("plain")), Mode::MetricsOnly);
        let exclusive = run(&with(&given, "listen", json!("exclusive")), Mode::MetricsOnly);
        assert!(metric(&exclusive, "n_woken") <= metric(&plain, "n_woken"), "{given}");
        assert!(metric(&exclusive, "n_woken") <= given["n_connections"].as_u64().unwrap());
        for key in ["wait_ticks_mean", "wait_ticks_max", "time_ticks"] {
            assert_eq!(exclusive.metric(key), plain.metric(key), "{given} {key}");
        }
        let threads = given["n_threads"].clone();
        let all = with(&given, "exclusive_wakes", threads);
        let all = run(&with(&all, "listen", json!("exclusive")), Mode::MetricsOnly);
        assert_eq!(all.metric("n_woken"), plain.metric("n_woken"), "{given}");
    }
}

/// Nobody sleeps while a connection waits, except with a listener for each thread.
#[test]
fn one_at_least_wakes_for_what_waits() {
    let mut rng = Rng::new(23);
    for _ in 0..60 {
        let given = herd(&mut rng);
        for listen in &ARRANGEMENTS[..4] {
            let run = run(&with(&given, "listen", json!(listen)), Mode::Frames);
            for at in 0..run.len() {
                let scene = run.scene(at);
                let Some(Panel::Queue(places)) = scene.panel("places") else { panic!() };
                let n =
                    |key: &str| places.rows.iter().find(|it| it.key == key).unwrap().marks.len();
                if run.step(at).unwrap().tag == "come" {
                    let awake = n("woken") != 0 || n("asleep") == 0;
                    assert!(awake, "{given} {listen} step {at}");
                }
            }
        }
        let reuse = run(&with(&given, "listen", json!("reuseport")), Mode::MetricsOnly);
        assert_eq!(metric(&reuse, "n_in_vain"), 0, "{given}");
    }
}

/// 16 threads, and connections that come one after the other: 15 wake in vain for each.
#[test]
fn a_quiet_herd_wakes_all_but_one_for_nothing() {
    let given = json!({"bug": "herd", "n_threads": 16, "n_connections": 100, "gap_ticks": 10});
    let run = run(&given, Mode::MetricsOnly);
    assert_eq!((metric(&run, "n_woken"), metric(&run, "n_in_vain")), (1_600, 1_500));
    assert_eq!(metric(&run, "n_in_vain.exclusive"), 0);
    assert_eq!(metric(&run, "n_switches"), 3_200);
}

fn script(rng: &mut Rng) -> Value {
    let names = ["A", "B", "C", "D", "E", "F"];
    let n = rng.between(1, 6) as usize;
    let mut rows: Vec<Value> = Vec::new();
    let mut at = 0;
    let mut n_known = 0;
    for _ in 0..rng.between(1, 20) {
        at += [0, 0, 0, 1, 4][rng.below(5) as usize];
        if n_known == 0 || (n_known < n && rng.below(3) == 0) {
            rows.push(json!({"at_ticks": at, "name": names[n_known], "does": "connects"}));
            n_known += 1;
            continue;
        }
        let who = rng.below(n_known as u64) as usize;
        let other = rng.below(n_known as u64) as usize;
        let does = match rng.below(4) {
            0 | 1 if other != who => "closes",
            2 => "hangs_up",
            _ => "sends",
        };
        rows.push(json!({"at_ticks": at, "name": names[who], "does": does, "other": names[other]}));
    }
    json!({"bug": "stale", "happenings": rows, "batch_max": rng.between(1, 8)})
}

#[test]
fn with_a_generation_no_event_reaches_the_wrong_connection() {
    let mut rng = Rng::new(24);
    let mut n_wrong = 0;
    let mut n_thrown = 0;
    for _ in 0..600 {
        let mut given = script(&mut rng);
        given["copies"] = json!(rng.below(2) == 0);
        given["delete_first"] = json!(rng.below(2) == 0);
        n_wrong += metric(&run(&given, Mode::MetricsOnly), "n_wrong");
        let guarded = run(&with(&given, "guard", json!("generation")), Mode::MetricsOnly);
        for key in ["n_wrong", "n_nobody", "n_cut_off"] {
            assert_eq!(metric(&guarded, key), 0, "{given} {key}");
        }
        n_thrown += metric(&guarded, "n_thrown");
        let later = run(&with(&given, "guard", json!("later")), Mode::MetricsOnly);
        let removed = given["copies"] == json!(false) || given["delete_first"] == json!(true);
        if removed {
            assert_eq!(metric(&later, "n_wrong"), 0, "{given}");
        }
    }
    assert!(10 < n_wrong && 10 < n_thrown, "{n_wrong} {n_thrown}");
}

/// Without copies an event can be stale only by way of the batch: after a close in the same batch,
/// and never in a batch of one.
#[test]
fn without_copies_only_a_batch_makes_an_event_stale() {
    let mut rng = Rng::new(25);
    for _ in 0..400 {
        let given = script(&mut rng);
        let all = run(&given, Mode::Frames);
        let tags = tags(&all);
        for at in (0..tags.len()).filter(|&at| tags[at] == "wrong" || tags[at] == "nobody") {
            let start = tags[..at].iter().rposition(|it| *it == "batch").unwrap();
            let closed = tags[start..at].iter().any(|it| *it == "close" || *it == "wrong");
            assert!(closed, "{given} step {at}");
            let anew = tags[start..at].contains(&"reuse");
            assert!(tags[at] == "nobody" || anew, "{given} step {at}");
        }
        let one = run(&with(&given, "batch_max", json!(1)), Mode::MetricsOnly);
        assert_eq!((metric(&one, "n_wrong"), metric(&one, "n_nobody")), (0, 0), "{given}");
        assert!(!tags.contains(&"spins"), "{given}");
        let copied = with(&with(&given, "copies", json!(true)), "delete_first", json!(true));
        let copied = run(&copied, Mode::MetricsOnly);
        assert_eq!(copied.metrics, all.metrics, "{given}");
    }
}

#[test]
fn faults_of_the_script_stand_at_their_rows() {
    let fault = |rows: Value| {
        let given = json!({"bug": "stale", "happenings": rows});
        entry().run(&given, Mode::Frames).unwrap_err().0[0].at.clone()
    };
    assert_eq!(fault(json!([{"name": "A"}])), "/happenings/0/name");
    let connects = json!({"name": "A", "does": "connects"});
    assert_eq!(fault(json!([connects, connects])), "/happenings/1/does");
    let closes = json!({"name": "A", "does": "closes", "other": "A"});
    assert_eq!(fault(json!([connects, closes])), "/happenings/1/other");
    let low = json!({"bug": "room", "buffer_kib": 4, "low_kib": 5});
    assert_eq!(entry().run(&low, Mode::Frames).unwrap_err().0[0].at, "/low_kib");
}

fn room(rng: &mut Rng) -> Value {
    let buffer = rng.between(1, 40);
    json!({"bug": "room", "n_answers": rng.between(1, 4), "answer_kib": rng.between(1, 60),
        "answer_gap_ticks": rng.between(1, 20), "buffer_kib": buffer,
        "low_kib": rng.between(1, buffer), "read_kib": rng.between(1, 20),
        "read_ticks": rng.between(1, 5), "watch_ticks": rng.between(5, 100)})
}

const ARMED: [&str; 4] = ["always", "while_left", "edge", "never"];

/// Not all answers have come.
fn is_early(run: &Run, given: &Value) -> bool {
    let n_come = tags(run).iter().filter(|it| **it == "answer").count() as u64;
    n_come < given["n_answers"].as_u64().unwrap()
}

#[test]
fn who_stops_asking_is_never_told_in_vain() {
    let mut rng = Rng::new(26);
    for _ in 0..300 {
        let given = room(&mut rng);
        let of = |armed: &str| run(&with(&given, "armed", json!(armed)), Mode::Frames);
        assert_eq!(metric(&of("while_left"), "n_useless"), 0, "{given}");
        assert_eq!(metric(&of("never"), "n_reports"), 0, "{given}");
        let edge = of("edge");
        let n_reads = tags(&edge).iter().filter(|it| **it == "read").count() as u64;
        assert!(metric(&edge, "n_reports") <= 1 + n_reads, "{given}");
        for armed in ARMED {
            let run = of(armed);
            let sum = metric(&run, "received_kib") + metric(&run, "left_kib");
            let all = given["n_answers"].as_u64().unwrap() * given["answer_kib"].as_u64().unwrap();
            assert!(sum <= all, "{given} {armed}");
            assert!(metric(&run, "busy_ticks") <= given["watch_ticks"].as_u64().unwrap());
            // What is neither read nor kept lies in the buffer.
            assert!(all - sum <= given["buffer_kib"].as_u64().unwrap() || is_early(&run, &given));
        }
    }
}

/// Once everything has arrived, ten ticks more are ten useless reports, or nothing.
#[test]
fn armed_with_nothing_to_send_it_never_sleeps_again() {
    let mut rng = Rng::new(27);
    for _ in 0..200 {
        let mut given = room(&mut rng);
        given["n_answers"] = json!(1);
        given["read_kib"] = json!(20);
        let all = given["answer_kib"].as_u64().unwrap();
        for armed in ARMED {
            let given = with(&given, "armed", json!(armed));
            let early = run(&with(&given, "watch_ticks", json!(390)), Mode::MetricsOnly);
            let late = run(&with(&given, "watch_ticks", json!(400)), Mode::MetricsOnly);
            assert_eq!(metric(&early, "received_kib"), all, "{given}");
            let more = |key: &str| metric(&late, key) - metric(&early, key);
            let expected = if armed == "always" { 10 } else { 0 };
            assert_eq!((more("n_useless"), more("busy_ticks")), (expected, expected), "{given}");
        }
    }
}
