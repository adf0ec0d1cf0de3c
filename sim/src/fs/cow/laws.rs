//! Random scripts against plain arrays: what every root holds, and what a crash leaves.

use super::super::copy_on_write::{CopyOnWrite, plan};
use super::disk::{Disks, Plan};
use super::run::State;
use crate::Rng;
use crate::engine::{Engine, Frame, Log, Mode, typed};
use serde_json::{Value, json};

fn drawn(rng: &mut Rng, faults: bool) -> Value {
    let pick = |rng: &mut Rng, all: &[u64]| all[rng.below(all.len() as u64) as usize];
    let (fanout, depth) = [(2, 2), (2, 3), (3, 2), (4, 1), (2, 4)][rng.below(5) as usize];
    let n_leaves = u64::pow(fanout, depth);
    let mut alive: Vec<&str> = Vec::new();
    let mut script = Vec::new();
    for _ in 0..4 + rng.below(20) {
        let leaf = rng.below(n_leaves);
        let kind = rng.below(if faults { 14 } else { 10 });
        script.push(match kind {
            0 | 1 => match ["S1", "S2", "S3"].into_iter().find(|it| !alive.contains(it)) {
                Some(name) => {
                    alive.push(name);
                    json!({"does": "snapshot", "snapshot": name})
                }
                None => json!({"does": "scrub"}),
            },
            2 if !alive.is_empty() => {
                let name = alive.remove(rng.below(alive.len() as u64) as usize);
                json!({"does": "drop", "snapshot": name})
            }
            3 => json!({"does": "commit"}),
            10 | 11 => json!({"does": "flip", "leaf": leaf}),
            12 => json!({"does": "lose", "leaf": leaf}),
            4 | 13 => json!({"does": "read", "leaf": leaf}),
            _ => json!({"does": "write", "leaf": leaf}),
        });
    }
    json!({
        "fanout": fanout, "depth": depth, "script": script,
        "commit_every": pick(rng, &[1, 1, 2, 5]),
        "n_blocks": pick(rng, &[34, 40, 64]),
        "mirror": faults || rng.below(2) == 0,
    })
}

fn ready(scenario: &Value) -> Plan {
    let checked = crate::check(CopyOnWrite::FORM, scenario).unwrap();
    plan(&typed(&checked).unwrap()).unwrap()
}

fn played(scenario: &Value) -> Vec<Frame<State>> {
    let checked = crate::check(CopyOnWrite::FORM, scenario).unwrap();
    let mut log = Log::new(Mode::Frames);
    CopyOnWrite::run(&typed(&checked).unwrap(), &mut log)
        .unwrap_or_else(|it| panic!("{scenario}: {it}"));
    log.frames().to_vec()
}

fn metric(scenario: &Value, key: &str) -> f64 {
    let entry = crate::engine::Entry::of::<CopyOnWrite>();
    let run =
        entry.run(scenario, Mode::MetricsOnly).unwrap_or_else(|it| panic!("{scenario}: {it}"));
    run.metric(key).unwrap()
}

fn roots(disks: &Disks) -> Vec<(Option<usize>, Vec<u32>)> {
    let newest = disks.newest().unwrap();
    let kept = newest.snapshots.iter().map(|it| (Some(it.0), disks.content(it.1)));
    kept.chain([(None, disks.content(newest.root))]).collect()
}

#[test]
fn the_content_of_a_snapshot_never_changes() {
    let mut rng = Rng::new(1);
    for _ in 0..200 {
        let scenario = drawn(&mut rng, false);
        let plan = ready(&scenario);
        // The oracle: arrays that are copied whole.
        let mut kept: Vec<(usize, Vec<u32>)> = Vec::new();
        for Frame { step, state } in played(&scenario) {
            let now = roots(&state.disks);
            if let (Some(line), "snapshot" | "drop") = (state.line, step.tag) {
                let which = plan.script[line].snapshot;
                kept.retain(|it| it.0 != which);
                if step.tag == "snapshot" {
                    kept.push((which, state.memory.clone()));
                }
            }
            for (which, content) in &kept {
                let found = now.iter().find(|it| it.0 == Some(*which)).unwrap();
                assert_eq!(&found.1, content, "{scenario}");
            }
            if state.dirty.is_empty() {
                assert_eq!(now.last().unwrap().1, state.memory, "{scenario}");
            }
        }
    }
}

/// Pointers counted one by one over every block that a root reaches.
#[test]
fn references_are_the_pointers_that_there_are() {
    let mut rng = Rng::new(2);
    for _ in 0..150 {
        let scenario = drawn(&mut rng, false);
        for Frame { state, .. } in played(&scenario) {
            let newest = state.disks.newest().unwrap();
            let tops = newest.snapshots.iter().map(|it| it.1).chain([newest.root]);
            let mut reached: Vec<_> = Vec::new();
            let mut n = vec![0; state.references.len()];
            for top in tops {
                n[top.block] += 1;
                let mut open = vec![top];
                while let Some(it) = open.pop() {
                    if !reached.contains(&it) {
                        reached.push(it);
                        open.extend(state.disks.children(it));
                    }
                }
            }
            for it in &reached {
                state.disks.children(*it).iter().for_each(|it| n[it.block] += 1);
            }
            assert_eq!(n, state.references, "{scenario}");
            // What is on its way lies in blocks that nobody points to.
            assert!(state.fresh.iter().all(|&it| n[it] == 0), "{scenario}");
        }
    }
}

#[test]
fn every_crash_leaves_what_the_last_superblock_said() {
    let mut rng = Rng::new(3);
    for _ in 0..40 {
        let mut scenario = drawn(&mut rng, false);
        let frames = played(&scenario);
        let n = frames.last().unwrap().step.time;
        for at in 0..=n {
            // The last frame before the write that is missing.
            let before = frames.iter().rev().find(|it| it.step.time <= at).unwrap();
            scenario["crash_after"] = json!(at);
            let crashed = played(&scenario);
            let last = crashed.last().unwrap();
            assert_eq!(last.step.tag, "mount");
            assert_eq!(roots(&last.state.disks), roots(&before.state.disks), "{scenario}");
            assert_eq!(last.state.memory, roots(&last.state.disks).last().unwrap().1);
        }
    }
}

#[test]
fn a_single_change_writes_its_path_and_gathered_ones_share_it() {
    for (fanout, depth) in [(2, 1), (2, 2), (2, 3), (2, 4), (4, 2)] {
        let n_leaves = u64::pow(fanout, depth);
        let all: Vec<Value> = (0..n_leaves).map(|it| json!({"leaf": it})).collect();
        let mut scenario = json!({
            "fanout": fanout, "depth": depth, "n_blocks": 64, "script": all,
        });
        let single = f64::from(1 + depth);
        assert!((metric(&scenario, "write_amplification") - single).abs() < 1e-9);
        scenario["commit_every"] = json!(n_leaves);
        let tree: u64 = (0..=depth).map(|it| u64::pow(fanout, it)).sum();
        assert!((metric(&scenario, "n_writes") - tree as f64).abs() < 1e-9);
    }
}

#[test]
fn a_mirror_and_checksums_in_the_parent_give_right_content_always() {
    let mut rng = Rng::new(4);
    let mut n_wrong = [0.0; 2];
    for _ in 0..200 {
        let mut scenario = drawn(&mut rng, true);
        // A lost write hides from a root only until somebody looks through the pointer.
        assert!(metric(&scenario, "n_wrong") == 0.0, "{scenario}");
        assert!(metric(&scenario, "n_errors") == 0.0, "{scenario}");
        scenario["mirror"] = json!(false);
        assert!(metric(&scenario, "n_wrong") == 0.0, "{scenario}");
        for (at, sums) in ["beside", "none"].into_iter().enumerate() {
            scenario["sums"] = json!(sums);
            n_wrong[at] += metric(&scenario, "n_wrong");
        }
    }
    // Beside the data, lost writes are believed; without checksums, flipped bits as well.
    assert!(0.0 < n_wrong[0] && n_wrong[0] < n_wrong[1], "{n_wrong:?}");
}

#[test]
fn a_full_disk_refuses_and_keeps_what_it_has() {
    let script = json!([
        {"does": "snapshot", "snapshot": "S1"}, {"leaf": 0}, {"leaf": 1}, {"leaf": 0},
        {"does": "drop", "snapshot": "S1"}, {"leaf": 0}]);
    let scenario = json!({"script": script, "n_blocks": 10});
    assert!((metric(&scenario, "n_refused") - 2.0).abs() < 1e-9);
    let frames = played(&scenario);
    let last = &frames.last().unwrap().state;
    assert_eq!(roots(&last.disks), [(None, vec![3, 1, 1, 1])]);
}
