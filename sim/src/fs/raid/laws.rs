//! What an array keeps, over random scripts.

use crate::{Mode, Rng, Run, engine};
use serde_json::json;

const LEVELS: [&str; 5] = ["raid0", "raid1", "raid4", "raid5", "raidz1"];

fn run(level: &str, disks: u64, stripes: u64, script: &str) -> Run {
    let scenario = json!({"level": level, "disks": disks, "stripes": stripes, "script": script});
    let found = engine("fs/raid").unwrap().run(&scenario, Mode::MetricsOnly);
    found.unwrap_or_else(|error| panic!("{scenario}: {error}"))
}

fn metric(run: &Run, key: &str) -> u64 {
    run.metric(key).unwrap_or_else(|| panic!("no {key}")) as u64
}

fn room(level: &str, disks: u64, stripes: u64) -> u64 {
    stripes
        * match level {
            "raid0" => disks,
            "raid1" => disks / 2,
            _ => disks - 1,
        }
}

/// An array of some size, and writes to it.
fn writes(rng: &mut Rng, level: &str) -> (u64, u64, String) {
    let disks = if level == "raid1" { 2 * rng.between(1, 4) } else { rng.between(3, 8) };
    let stripes = rng.between(1, 6);
    let room = room(level, disks, stripes);
    let mut script = String::new();
    for _ in 0..rng.below(6) {
        let first = rng.below(room);
        script += &format!("write {first}");
        for _ in 0..rng.between(1, (room - first).min(9)) {
            script += &format!(" {:04b}", rng.below(16));
        }
        script += "\n";
    }
    (disks, stripes, script)
}

/// Reads a dozen blocks, or all if there are fewer.
fn reads(rng: &mut Rng, room: u64) -> String {
    let first = rng.below(room);
    (0..room.min(12)).map(|it| format!("read {}\n", (first + it) % room)).collect()
}

#[test]
fn what_was_written_is_read_and_any_one_failure_is_survived_where_promised() {
    let mut rng = Rng::new(21);
    for _ in 0..120 {
        for level in LEVELS {
            let (disks, stripes, writes) = writes(&mut rng, level);
            let room = room(level, disks, stripes);
            let (reads, more) = (reads(&mut rng, room), reads(&mut rng, room));
            let disk = rng.below(disks);
            let sound = run(level, disks, stripes, &format!("{writes}{reads}scrub"));
            for key in ["n_wrong", "n_lost", "n_gone", "n_unfit", "n_repaired"] {
                assert_eq!(metric(&sound, key), 0, "{level} {disks} {key}\n{writes}");
            }
            assert_eq!(metric(&sound, "capacity_blocks"), room);
            if level == "raid0" {
                let lost = run(level, disks, stripes, &format!("{writes}fail {disk}"));
                assert_eq!(metric(&lost, "n_gone"), stripes, "every stripe has a block there");
                continue;
            }
            let script = format!("fail {disk}\n{writes}{reads}replace {disk}\n{more}scrub");
            let script = script.lines().take(40).collect::<Vec<_>>().join("\n");
            let run = run(level, disks, stripes, &script);
            for key in ["n_wrong", "n_lost", "n_gone", "n_unfit", "n_repaired"] {
                assert_eq!(metric(&run, key), 0, "{level} {disks} {key}\n{script}");
            }
        }
    }
}

#[test]
fn a_second_failure_loses_what_one_parity_cannot_restore() {
    for level in ["raid4", "raid5", "raidz1"] {
        let run = run(level, 5, 4, "fail 1\nfail 3");
        assert_ne!(metric(&run, "n_gone"), 0, "{level}");
    }
    assert_eq!(metric(&run("raid1", 4, 3, "fail 0\nfail 1"), "n_gone"), 3, "both of a pair");
    assert_eq!(metric(&run("raid1", 4, 3, "fail 0\nfail 3"), "n_gone"), 0, "one of each pair");
}

/// The row of the lesson: what a small write costs, and a write of a whole stripe.
#[test]
fn a_small_write_costs_one_two_or_four_accesses() {
    for disks in [4, 6, 8] {
        for (level, reads, writes) in [
            ("raid0", 0, 1),
            ("raid1", 0, 2),
            ("raid4", 2, 2),
            ("raid5", 2, 2),
            ("raidz1", disks - 2, disks),
        ] {
            let run = run(level, disks, 3, "write 1 0110");
            assert_eq!(
                (metric(&run, "n_reads"), metric(&run, "n_writes")),
                (reads, writes),
                "{level} {disks}"
            );
        }
        for level in ["raid4", "raid5", "raidz1"] {
            let values = " 1001".repeat(usize::try_from(disks - 1).unwrap());
            let run = run(level, disks, 3, &format!("write 0{values}"));
            assert_eq!(
                (metric(&run, "n_reads"), metric(&run, "n_writes")),
                (0, disks),
                "{level} {disks}"
            );
        }
    }
    let scenario = json!({"disks": 6, "parity_from": "rest", "script": "write 1 0110"});
    let run = engine("fs/raid").unwrap().run(&scenario, Mode::MetricsOnly).unwrap();
    assert_eq!((metric(&run, "n_reads"), metric(&run, "n_writes")), (4, 2));
}

#[test]
fn small_writes_load_the_parity_disk_of_raid_4_and_spread_in_raid_5() {
    let script: String = (0..12).map(|it| format!("write {it} 0101\n")).collect();
    let busiest = |level| metric(&run(level, 4, 4, &script), "n_accesses_max");
    assert_eq!((busiest("raid4"), busiest("raid5")), (24, 12));
}

#[test]
fn a_crash_leaves_a_hole_in_raid_5_and_never_in_raid_z() {
    let hole = "crash write 3 1111\nfail 0\nread 4\nread 5";
    let wrong = |level: &str, script: &str| metric(&run(level, 4, 4, script), "n_wrong");
    assert_ne!(
        (0..4)
            .map(|it| wrong("raid5", &hole.replace("fail 0", &format!("fail {it}"))))
            .sum::<u64>(),
        0
    );
    assert_eq!(
        wrong("raid5", &hole.replace("fail 0", "scrub\nfail 0")),
        0,
        "a scrub in time closes it"
    );
    let mut rng = Rng::new(22);
    for _ in 0..200 {
        let (disks, stripes, writes) = writes(&mut rng, "raidz1");
        let room = room("raidz1", disks, stripes);
        let reads = reads(&mut rng, room);
        let (block, disk) = (rng.below(room), rng.below(disks));
        let script = format!("{writes}crash write {block} 1010\nfail {disk}\n{reads}");
        let run = run("raidz1", disks, stripes, &script);
        assert_eq!(
            metric(&run, "n_wrong") + metric(&run, "n_lost"),
            0,
            "{disks} {stripes}\n{script}"
        );
    }
}

#[test]
fn a_bad_bit_is_given_out_by_raid_5_and_put_right_by_raid_z() {
    for block in 0..9 {
        let script = format!("flip {block}\nread {block}");
        assert_eq!(metric(&run("raid5", 4, 3, &script), "n_wrong"), 1);
        let healed = run("raidz1", 4, 3, &format!("{script}\nscrub"));
        assert_eq!((metric(&healed, "n_wrong"), metric(&healed, "n_repaired")), (0, 1));
        let refused = run("raidz1", 4, 3, &format!("flip {block}\nfail 0\nread {block}\nread 0"));
        assert_eq!(metric(&refused, "n_wrong"), 0, "rather no answer than a wrong one");
    }
}

#[test]
fn wrong_scripts_and_arrays_are_told_at_their_places() {
    let entry = engine("fs/raid").unwrap();
    let told = |scenario| entry.run(&scenario, Mode::MetricsOnly).unwrap_err().to_string();
    assert_eq!(
        told(json!({"disks": 3, "stripes": 1, "script": "read 2\nwrite 0 12\nfail 0 1\njump"})),
        "/script: line 1, column 6: 2 is no block: they go from 0 to 1\n\
         /script: line 2, column 9: 12 is not four bits, such as 0110\n\
         /script: line 3, column 8: 1 is one word too many\n\
         /script: line 4, column 1: jump is no statement; expected read, write, crash, flip, fail, replace or scrub"
    );
    assert!(
        told(json!({"level": "raid1", "disks": 3, "script": "scrub"}))
            .starts_with("/disks: RAID 1 needs")
    );
    assert!(
        told(json!({"level": "raid5", "disks": 2, "script": "scrub"}))
            .starts_with("/disks: RAID 5 needs")
    );
}
