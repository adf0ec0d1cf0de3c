//! What holds after every step of random scripts.

use super::super::page_cache::{PageCache, plan};
use super::run::State;
use crate::Rng;
use crate::engine::{Engine, Frame, Log, Mode, typed};
use serde_json::{Value, json};

fn drawn(rng: &mut Rng) -> Value {
    let mut script = Vec::new();
    for _ in 0..3 + rng.below(20) {
        let n = 1 + rng.below(8);
        let does = [
            "read",
            "read",
            "read",
            "write",
            "write",
            "write",
            "fsync",
            "sync",
            "direct_read",
            "direct_write",
            "sleep",
            "drop",
        ];
        let file = ["A", "B"][rng.below(2) as usize];
        script.push(json!({
            "does": does[rng.below(12) as usize],
            "file": file,
            "page": rng.below(25 - n), "n": n, "ms": rng.below(20_000),
        }));
    }
    json!({
        "files": [{"name": "A", "pages": 24}, {"name": "B", "pages": 24}],
        "script": script,
        "n_frames": 4 + rng.below(60),
        "ahead_pages": rng.below(40),
    })
}

fn played(scenario: &Value) -> Vec<Frame<State>> {
    let checked = crate::check(PageCache::FORM, scenario).unwrap();
    let mut log = Log::new(Mode::Frames);
    PageCache::run(&typed(&checked).unwrap(), &mut log)
        .unwrap_or_else(|it| panic!("{scenario}: {it}"));
    log.frames().to_vec()
}

fn metric(scenario: &Value, key: &str) -> u64 {
    let entry = crate::engine::Entry::of::<PageCache>();
    let run =
        entry.run(scenario, Mode::MetricsOnly).unwrap_or_else(|it| panic!("{scenario}: {it}"));
    run.metric(key).unwrap() as u64
}

/// Memory is never older than the device, and what it gives up is on the device.
#[test]
fn no_write_is_lost_while_the_system_runs() {
    let mut rng = Rng::new(1);
    for _ in 0..250 {
        let scenario = drawn(&mut rng);
        for Frame { step, state } in played(&scenario) {
            for file in 0..2 {
                for (page, newest) in state.newest[file].iter().enumerate() {
                    let device = state.device[file][page];
                    assert!(device.durable <= device.given && device.given <= *newest);
                    match state.find(file, page).map(|it| &state.pages[it]) {
                        None => assert_eq!(device.given, *newest, "{scenario}"),
                        Some(it) => {
                            assert_eq!(it.version, *newest, "{scenario}");
                            let dirty = it.dirty_since.is_some();
                            assert_eq!(dirty, device.given < *newest, "{scenario}");
                        }
                    }
                }
            }
            if step.tag == "sync" {
                assert!((0..2).all(|it| state.at_risk(it) == (0, 0)), "{scenario}");
            }
        }
    }
}

#[test]
fn the_cache_and_its_dirty_pages_keep_their_bounds() {
    let mut rng = Rng::new(2);
    for _ in 0..250 {
        let scenario = drawn(&mut rng);
        let checked = crate::check(PageCache::FORM, &scenario).unwrap();
        let plan = plan(&typed(&checked).unwrap()).unwrap();
        for Frame { step, state } in played(&scenario) {
            assert!(state.pages.len() <= plan.n_frames, "{scenario}");
            let over = usize::from(step.tag == "write");
            assert!(state.n_dirty() <= plan.limit + over, "{scenario}");
            let age = state.pages.iter().filter_map(|it| Some(state.now - it.dirty_since?)).max();
            // One interval late, and by what the steps on the way take.
            let most = plan.expire_us + plan.interval_us + 100_000;
            assert!(age.unwrap_or(0) <= most, "{scenario}: {age:?}");
        }
    }
}

#[test]
fn an_fsync_that_has_returned_survives_a_power_cut() {
    let mut rng = Rng::new(3);
    let mut n_synced = 0;
    for _ in 0..150 {
        let scenario = drawn(&mut rng);
        let script = scenario["script"].as_array().unwrap();
        for Frame { step, state } in played(&scenario) {
            if step.tag == "fsync" {
                let file = usize::from(script[state.line.unwrap()]["file"] == "B");
                assert_eq!(state.at_risk(file), (0, 0), "{scenario}");
                n_synced += 1;
            }
        }
    }
    assert!(50 < n_synced);
}

#[test]
fn windows_of_read_ahead_double_up_to_the_most() {
    let mut scenario = json!({
        "files": [{"name": "A", "pages": 64}],
        "script": [{"does": "read", "n": 64}],
        "n_frames": 256,
    });
    // 4, 8, 16, 32 and the 4 that are left.
    assert_eq!(metric(&scenario, "n_requests"), 5);
    assert_eq!(metric(&scenario, "n_pages_read"), 64);
    assert_eq!(metric(&scenario, "n_misses"), 1);
    let with = metric(&scenario, "wait_us");
    scenario["ahead_pages"] = json!(0);
    assert_eq!(metric(&scenario, "n_requests"), 64);
    assert_eq!(metric(&scenario, "wait_us"), 64 * 81);
    assert!(with < 64 * 81 / 5);
    // In random order nothing is read ahead.
    scenario["ahead_pages"] = json!(32);
    let page = |it: u64| json!({"does": "read", "page": 1 + it * 13 % 63});
    scenario["script"] = (0..40).map(page).collect();
    assert_eq!(metric(&scenario, "n_ahead"), 0);
}

#[test]
fn a_writer_that_goes_on_is_as_slow_as_the_device() {
    let all: Vec<Value> = (0..40).map(|_| json!({"does": "write", "n": 64})).collect();
    let scenario = json!({"files": [{"name": "A", "pages": 64}], "script": all, "n_frames": 100});
    assert!(0 < metric(&scenario, "n_throttled"));
    assert!(metric(&scenario, "n_pages_written") < 40 * 64);
}
