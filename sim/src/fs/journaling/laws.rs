//! What every crash must leave, for random scripts and any order that a disk may choose.

use super::super::journal::{Journal, plan};
use super::read::{Check, Past, Verdict, check, recovered, see};
use super::world::{Block, Place, Plan, State};
use crate::Rng;
use crate::engine::{Engine, Log, Mode, typed};
use serde_json::{Value, json};

/// A script of two files that begin empty and grow by two blocks each.
fn drawn(rng: &mut Rng) -> Value {
    let pick = |rng: &mut Rng, all: &[&str]| all[rng.below(all.len() as u64) as usize].to_owned();
    let append = |name: &str, n: u64| json!({"does": "append", "file": name, "n": n});
    let mut script = vec![append("A", 2), append("B", 2)];
    let mut sizes = [2_u64, 2];
    let all = ["append", "append", "overwrite", "fsync", "write_back", "commit", "checkpoint"];
    for _ in 0..4 + rng.below(9) {
        let file = rng.below(2) as usize;
        let name = ["A", "B"][file];
        let does = pick(rng, &all);
        let n = match does.as_str() {
            "append" => 1 + rng.below(2),
            _ => rng.below(sizes[file]),
        };
        if does == "append" {
            sizes[file] += n;
        }
        script.push(json!({"does": does, "file": name, "n": n}));
    }
    script.push(json!({"does": "commit"}));
    let slots = [8, 12, 40][rng.below(3) as usize];
    json!({
        "mode": pick(rng, &["journal", "ordered", "writeback"]),
        "files": [{"name": "A"}, {"name": "B"}],
        "script": script,
        "disk": pick(rng, &["in_order", "newest_first"]),
        "checksums": rng.below(2) == 0,
        "data_blocks": 32,
        "journal_blocks": slots,
    })
}

fn ready(scenario: &Value) -> Plan {
    let checked = crate::check(Journal::FORM, scenario).unwrap();
    plan(&typed(&checked).unwrap()).unwrap()
}

fn played(scenario: &Value) -> Log<State> {
    let checked = crate::check(Journal::FORM, scenario).unwrap();
    let mut log = Log::new(Mode::Frames);
    Journal::run(&typed(&checked).unwrap(), &mut log)
        .unwrap_or_else(|it| panic!("{scenario}: {it}"));
    log
}

fn metric(scenario: &Value, key: &str) -> u64 {
    let entry = crate::engine::Entry::of::<Journal>();
    let run =
        entry.run(scenario, Mode::MetricsOnly).unwrap_or_else(|it| panic!("{scenario}: {it}"));
    run.metric(key).unwrap() as u64
}

#[test]
fn every_crash_point_is_consistent_and_keeps_what_fsync_promised() {
    let mut rng = Rng::new(1);
    for _ in 0..400 {
        let scenario = drawn(&mut rng);
        assert_eq!(metric(&scenario, "n_points_inconsistent"), 0, "{scenario}");
        assert_eq!(metric(&scenario, "n_points_lost"), 0, "{scenario}");
        if scenario["mode"] != "writeback" {
            assert_eq!(metric(&scenario, "n_points_stale"), 0, "{scenario}");
        }
        if scenario["mode"] == "journal" && scenario["journal_blocks"] == 40 {
            assert_eq!(metric(&scenario, "n_points_mixed"), 0, "{scenario}");
        }
    }
}

/// The points that a run counts are those that its crashes show, and to crash again in recovery
/// changes nothing.
#[test]
fn what_a_crash_would_leave_is_what_it_leaves() {
    let mut rng = Rng::new(2);
    for round in 0..40 {
        let mut scenario = drawn(&mut rng);
        if round % 2 == 0 {
            scenario["flushes"] = json!(false);
        }
        let n = metric(&scenario, "n_writes");
        let (mut inconsistent, mut stale) = (0, 0);
        for at in 0..=n {
            scenario["crash_after"] = json!(at);
            scenario["crash_again_after"] = json!(null);
            let end = |scenario: &Value| {
                let log = played(scenario);
                let last = &log.frames().last().unwrap().state;
                (last.seen.clone(), last.check, last.disk.clone())
            };
            let once = end(&scenario);
            inconsistent += u64::from(once.1 != Check::Clean);
            stale += u64::from(once.0.iter().any(|it| it.verdict == Verdict::Stale));
            scenario["crash_again_after"] = json!(rng.below(6));
            let twice = end(&scenario);
            assert_eq!((&once.0, once.1), (&twice.0, twice.1), "{scenario}");
            assert_eq!(once.2, twice.2, "{scenario}");
        }
        scenario["crash_after"] = json!(null);
        assert_eq!(inconsistent, metric(&scenario, "n_points_inconsistent"), "{scenario}");
        assert_eq!(stale, metric(&scenario, "n_points_stale"), "{scenario}");
    }
}

/// A slow oracle for disks: between two flushes any part of the writes may have arrived.
#[test]
fn any_part_of_what_is_not_flushed_leaves_a_consistent_disk() {
    let mut rng = Rng::new(3);
    for _ in 0..150 {
        let mut scenario = drawn(&mut rng);
        scenario["disk"] = json!("in_order");
        // Without checksums a record would be believed whatever stands before it.
        scenario["checksums"] = json!(rng.below(2) == 0);
        let plan = ready(&scenario);
        let log = played(&scenario);
        let start = &log.frames()[0].state;
        let mut base = (start.disk.clone(), start.slots.clone());
        let mut pending: Vec<(Place, Block)> = Vec::new();
        for frame in log.frames() {
            let state = &frame.state;
            match (frame.step.tag, state.fresh) {
                ("flush", _) => {
                    base = (state.disk.clone(), state.slots.clone());
                    pending.clear();
                }
                ("data" | "descriptor" | "image" | "commit" | "home" | "tail", Some(place)) => {
                    let block = match place {
                        Place::Home(at) => &state.disk[at],
                        Place::Slot(at) => &state.slots[at],
                    };
                    pending.push((place, block.clone()));
                }
                _ => {}
            }
            for _ in 0..6 {
                let (mut disk, mut slots) = base.clone();
                for (place, block) in &pending {
                    match place {
                        _ if rng.below(2) == 0 => {}
                        Place::Home(at) => disk[*at] = block.clone(),
                        Place::Slot(at) => slots[*at] = block.clone(),
                    }
                }
                let after = recovered(&plan, &slots, &disk);
                assert_eq!(check(&plan, &after), Check::Clean, "{scenario}");
                for file in 0..plan.files.len() {
                    let seen = see(&plan, &after, file, &Past::default());
                    assert!(scenario["mode"] == "writeback" || seen.stale.is_empty(), "{scenario}");
                }
            }
        }
    }
}

#[test]
fn a_disk_that_reorders_needs_flushes_or_checksums() {
    let change = [json!({"does": "append", "n": 1}), json!({"does": "commit"})];
    let mut script = [change.clone(), change.clone()].concat();
    script.push(json!({"does": "checkpoint"}));
    script.extend(change.clone());
    let mut scenario = json!({
        "files": [{"name": "A", "blocks": 1}], "script": script, "cache_blocks": 5,
        "disk": "newest_first", "flushes": false, "data_blocks": 8, "journal_blocks": 16,
    });
    // The superblock says that the ring is empty, and not every home is written.
    assert!(0 < metric(&scenario, "n_points_inconsistent"));
    scenario["flushes"] = json!(true);
    assert_eq!(metric(&scenario, "n_points_inconsistent"), 0);
    let thrice = [change.clone(), change.clone(), change].concat();
    // A record is on the disk, an image before it is not.
    let mut scenario = json!({
        "mode": "writeback", "files": [{"name": "A", "blocks": 1}], "cache_blocks": 3,
        "script": thrice,
        "disk": "newest_first", "flushes": false, "data_blocks": 8, "journal_blocks": 16,
    });
    assert_eq!(metric(&scenario, "n_points_inconsistent"), 0);
    scenario["checksums"] = json!(false);
    assert!(0 < metric(&scenario, "n_points_inconsistent"));
    scenario["flushes"] = json!(true);
    assert_eq!(metric(&scenario, "n_points_inconsistent"), 0);
}

/// `problem13_001` of the reference: 100 KB appended, the crash after the metadata are committed and
/// before all data is written.
#[test]
fn problem_13_ends_as_the_reference_says() {
    let scenario = |mode: &str| {
        json!({
            "mode": mode, "files": [{"name": "A", "blocks": 1}],
            "script": [
                {"does": "append", "n": 25}, {"does": "commit"}, {"does": "write_back"},
            ],
            "data_blocks": 32, "journal_blocks": 32,
        })
    };
    // Writeback: the new size, and some blocks hold what was on the disk before.
    let mut writeback = scenario("writeback");
    let all = metric(&writeback, "n_writes");
    let committed = 4;
    for at in committed..all {
        writeback["crash_after"] = json!(at);
        assert_eq!(metric(&writeback, "size_blocks.A"), 26);
        assert_eq!(metric(&writeback, "n_stale_blocks"), 25 - (at - committed));
    }
    // Ordered: it cannot arise; before the commit the size is the old one.
    let mut ordered = scenario("ordered");
    let all = metric(&ordered, "n_writes");
    for at in 0..=all {
        ordered["crash_after"] = json!(at);
        assert_eq!(metric(&ordered, "n_stale_blocks"), 0);
        assert_eq!(metric(&ordered, "size_blocks.A"), if at < all { 1 } else { 26 });
    }
    assert_eq!(metric(&ordered, "n_data_writes"), 25);
    // Journal: all or nothing.
    let mut journal = scenario("journal");
    let all = metric(&journal, "n_writes");
    for at in 0..=all {
        journal["crash_after"] = json!(at);
        assert_eq!(metric(&journal, "n_stale_blocks"), 0);
        assert_eq!(metric(&journal, "size_blocks.A"), if at < all { 1 } else { 26 });
    }
}
