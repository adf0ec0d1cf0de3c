//! What a log keeps, over random scripts and drawn workloads.

use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn run(scenario: &Value) -> Run {
    let found = engine("fs/log_structured").unwrap().run(scenario, Mode::MetricsOnly);
    found.unwrap_or_else(|error| panic!("{scenario}: {error}"))
}

fn metric(run: &Run, key: &str) -> u64 {
    run.metric(key).unwrap_or_else(|| panic!("no {key}")) as u64
}

#[test]
fn cleaning_never_loses_or_doubles_what_is_live() {
    let mut rng = Rng::new(31);
    let mut n_passes = 0;
    for round in 0..300 {
        let (segments, size) = (rng.between(4, 10), rng.between(3, 9));
        let metadata = rng.below(2) == 0;
        let mut live: BTreeSet<(u64, u64)> = BTreeSet::new();
        let mut files: BTreeSet<u64> = BTreeSet::new();
        let mut script = String::new();
        // Few enough blocks that the disk never fills.
        let n_blocks = (segments - 3) * size / 3;
        for _ in 0..rng.between(10, 60) {
            let (file, block) = (rng.below(3), rng.below(n_blocks.max(3) / 3));
            match rng.below(8) {
                0 => {
                    script += &format!("delete F{file} {block}\n");
                    live.remove(&(file, block));
                    files.insert(file);
                }
                1 => script += &format!("clean {}\n", rng.between(1, 3)),
                2 => script += "checkpoint\n",
                _ => {
                    script += &format!("write F{file} {block}\n");
                    live.insert((file, block));
                    files.insert(file);
                }
            }
        }
        let scenario = json!({"segments": segments, "segment_blocks": size, "metadata": metadata,
            "policy": (["greedy", "cost_benefit"][rng.below(2) as usize]),
            "at_once": rng.between(1, 3), "sort_by_age": rng.below(2) == 0, "script": script});
        let run = run(&scenario);
        if metric(&run, "is_full") == 1 {
            continue;
        }
        let inodes = if metadata { files.len() + usize::from(!files.is_empty()) } else { 0 };
        assert_eq!(metric(&run, "n_live"), (live.len() + inodes) as u64, "{round} {scenario}");
        n_passes += metric(&run, "n_passes");
    }
    assert!(100 < n_passes, "{n_passes} passes");
}

#[test]
fn a_drawn_workload_keeps_every_block_of_its_file() {
    for workload in ["uniform", "hot_cold"] {
        for policy in ["greedy", "cost_benefit"] {
            for (full, at_once) in [(30, 1), (60, 2), (75, 4)] {
                let scenario = json!({"segments": 20, "segment_blocks": 10, "metadata": false,
                    "workload": workload, "policy": policy, "full_percent": full,
                    "at_once": at_once, "reserve": 2, "n_writes": 1_000});
                let run = run(&scenario);
                assert_eq!(metric(&run, "is_full"), 0, "{scenario}");
                assert_eq!(metric(&run, "n_live"), 2 * full, "{scenario}");
                let moved =
                    metric(&run, "n_new") + metric(&run, "n_read") + metric(&run, "n_copied");
                let cost = moved as f64 / metric(&run, "n_new") as f64;
                assert!((run.metric("write_cost").unwrap() - cost).abs() < 1e-9);
            }
        }
    }
}

/// `expected.json`: `lfs_write_cost`. Segments that are all equally full are cleaned, and what is
/// moved for each block of room, the new one included, is 2 / (1 - u); 1 if nothing is live.
#[test]
fn lfs_write_cost_is_two_over_what_is_dead() {
    for (size, live, cost) in
        [(10, 0, 1.0), (10, 2, 2.5), (10, 5, 4.0), (8, 6, 8.0), (10, 8, 10.0), (10, 9, 20.0)]
    {
        let mut script = String::new();
        for segment in 0..10 {
            let first = segment * size;
            script += &format!("write A {first}-{}\n", first + size - 1);
        }
        for segment in 0..10 {
            if live < size {
                let first = segment * size;
                script += &format!("delete A {}-{}\n", first + live, first + size - 1);
            }
        }
        let scenario = json!({"segments": 24, "segment_blocks": size, "metadata": false,
            "script": script + "clean 10"});
        let run = run(&scenario);
        assert_eq!(metric(&run, "n_cleaned"), 10);
        assert!((run.metric("room_cost").unwrap() - cost).abs() < 1e-9, "{live} of {size}");
    }
}

#[test]
fn the_inode_moves_with_every_write_and_a_read_takes_three_steps() {
    let scenario = json!({"script": "write A 0-2\nwrite A 1\nread A 1\nread A 9"});
    let run = engine("fs/log_structured").unwrap().run(&scenario, Mode::Frames).unwrap();
    let says: Vec<String> = (0..run.len()).map(|it| run.step(it).unwrap().say.clone()).collect();
    assert!(says[3].contains("segment 0, block 7") && says[3].contains("segment 0, block 6"));
    assert!(says[3].contains("that is at segment 0, block 5"), "{}", says[3]);
    assert!(says[4].contains("does not exist"));
}

#[test]
fn a_cold_segment_goes_before_a_hot_one_by_cost_and_benefit() {
    // The table of the lesson: segment 0 is 0.8 live and 40 old, segment 4 is 0.5 live and 2 old.
    let script = "write A 0-9\nwrite C 0-9\nwrite D 0-9\nwrite E 0-9\nwrite B 0-9\n\
                  delete A 0-1\ndelete B 0-2\ndelete B 8-9\nclean 1";
    let first = |policy: &str| {
        let scenario = json!({"segments": 8, "segment_blocks": 10, "metadata": false,
            "policy": policy, "script": script});
        let run = engine("fs/log_structured").unwrap().run(&scenario, Mode::Frames).unwrap();
        let ask = (0..run.len()).find_map(|it| run.step(it).unwrap().ask.clone()).unwrap();
        ask.options[ask.answer as usize].clone()
    };
    assert_eq!((first("greedy"), first("cost_benefit")), ("segment 4".into(), "segment 0".into()));
}

#[test]
fn wrong_scripts_are_told_at_their_places() {
    let entry = engine("fs/log_structured").unwrap();
    let told = |script: &str| {
        let scenario = json!({ "script": script });
        entry.run(&scenario, Mode::MetricsOnly).unwrap_err().to_string()
    };
    assert_eq!(
        told("write A 3-1\nread A 0-2\nmove A"),
        "/script: line 1, column 9: 3-1 is no block from 0 to 255, such as 3 or 0-3\n\
         /script: line 2, column 8: read takes one block\n\
         /script: line 3, column 1: move is no statement; expected write, delete, read, clean, checkpoint or crash"
    );
    let drawn = json!({"workload": "uniform"});
    assert!(entry.run(&drawn, Mode::MetricsOnly).unwrap_err().to_string().starts_with("/metadata"));
}
