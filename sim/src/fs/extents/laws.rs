//! What extents must keep.

use super::disk::{Extent, tree_blocks};
use super::{Extents, Scenario, State};
use crate::engine::{Engine, Log, typed};
use crate::form::check;
use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn run(scenario: &Value) -> Run {
    engine("fs/extents").unwrap().run(scenario, Mode::MetricsOnly).unwrap()
}

fn states(scenario: &Value) -> Vec<State> {
    let scenario: Scenario = typed(&check(Extents::FORM, scenario).unwrap()).unwrap();
    let mut log = Log::new(Mode::Frames);
    Extents::run(&scenario, &mut log).unwrap();
    log.frames().iter().map(|it| it.state.clone()).collect()
}

#[test]
fn a_gibibyte_in_one_piece_is_eight_extents() {
    // Reference: `ext4_extents`.
    let file = |statement: &str| {
        run(&json!({ "disk_blocks": 1_048_576, "choose": "at_write", "script": statement }))
    };
    let written = file("append A 262144");
    for (key, value) in [
        ("n_extents.A", 8.0),
        ("n_pieces.A", 1.0),
        ("n_pointers.A", 262_144.0),
        ("n_tree_blocks.A", 1.0),
    ] {
        assert_eq!(written.metric(key), Some(value), "{key}");
    }
    let n = |statement: &str| file(statement).metric("n_extents.A").unwrap();
    assert_eq!([n("append A 32768"), n("append A 32769")], [1.0, 2.0]);
    assert_eq!([n("fallocate A 32767"), n("fallocate A 32768")], [1.0, 2.0]);
}

#[test]
fn four_extents_stand_in_the_inode_and_more_in_a_tree() {
    let n = [0, 4, 5, 340, 341, 4 * 340, 4 * 340 + 1].map(tree_blocks);
    assert_eq!(n, [0, 0, 1, 1, 2, 4, 6]);
}

#[test]
fn turns_at_once_give_pieces_and_delayed_ones_a_single_run() {
    let pieces = |choose: &str| {
        let script = "append A B 8 by 1\nsync";
        let run = run(&json!({ "choose": choose, "script": script }));
        ["A", "B"].map(|it| run.metric(&format!("n_pieces.{it}")).unwrap())
    };
    assert_eq!(pieces("at_write"), [8.0, 8.0]);
    assert_eq!(pieces("delayed"), [1.0, 1.0]);
}

#[test]
fn faults_of_the_script_are_told_at_their_words() {
    let told = |script: &str| {
        let scenario = json!({ "script": script });
        engine("fs/extents").unwrap().run(&scenario, Mode::Frames).unwrap_err().to_string()
    };
    assert_eq!(told("append A 0"), "/script: line 1, column 10: at least one block");
    assert_eq!(told("append A 99"), "/script: line 1, column 10: 99 is more than 0x40");
    assert_eq!(
        told("write A 1 on 3"),
        "/script: line 1, column 11: expected at and a block of the file"
    );
    let many = "append A B 60 by 1\n".repeat(6);
    assert!(told(&many).ends_with("the script comes to more than 600 writes"));
}

fn random_script(rng: &mut Rng) -> String {
    let file = |rng: &mut Rng| ["A", "B", "C"][rng.below(3) as usize];
    let line = |rng: &mut Rng| {
        let (one, two, n) = (file(rng), file(rng), 1 + rng.below(9));
        match rng.below(9) {
            0..=2 => format!("append {one} {n}"),
            3 | 4 => format!("append {one} {two} {n} by {}", 1 + rng.below(3)),
            5 => format!("write {one} {n} at {}", rng.below(20)),
            6 => format!("fallocate {one} {n}"),
            7 => format!("delete {one}"),
            _ => "sync".to_owned(),
        }
    };
    let lines: Vec<String> = (0..14).map(|_| line(rng)).collect();
    lines.join("\n")
}

/// The blocks of a file one by one.
fn blocks(extents: &[Extent]) -> BTreeMap<u64, (u64, bool)> {
    let each = |it: &Extent| {
        let it = *it;
        (0..it.len).map(move |n| (it.logical + n, (it.physical + n, it.is_unwritten)))
    };
    extents.iter().flat_map(each).collect()
}

#[test]
fn every_block_belongs_to_one_file_or_is_free_and_extents_are_as_long_as_they_can() {
    let mut rng = Rng::new(11);
    for round in 0..120 {
        let max = 1 + rng.below(6);
        let choose = if round % 2 == 0 { "at_write" } else { "delayed" };
        let script = random_script(&mut rng);
        let all = states(&json!({ "script": script, "choose": choose, "extent_max_blocks": max }));
        for state in &all {
            let mut owned = vec![0; 64];
            for &(start, len) in &state.free.0 {
                (start..start + len).for_each(|it| owned[it as usize] += 1);
            }
            for file in &state.files {
                let extents = &file.map.extents;
                assert!(extents.windows(2).all(|it| it[0].end() <= it[1].logical), "{script}");
                for extent in extents {
                    let most = super::disk::longest(max, extent.is_unwritten);
                    assert!(0 < extent.len && extent.len <= most && extent.end() <= file.size);
                }
                for (place, _) in blocks(extents).into_values() {
                    owned[place as usize] += 1;
                }
            }
            assert!(owned.iter().all(|it| *it == 1), "{owned:?} after\n{script}");
            let promised: u64 = state.files.iter().map(promised).sum();
            assert!(promised <= state.free.n_blocks(), "{script}");
        }
    }
}

/// Blocks that a file waits for, counted one by one.
fn promised(file: &super::run::File) -> u64 {
    let has = blocks(&file.map.extents);
    let waits: std::collections::BTreeSet<u64> =
        file.waiting.iter().flat_map(|it| it.0..it.0 + it.1).collect();
    waits.into_iter().filter(|it| !has.contains_key(it)).count() as u64
}

#[test]
fn a_file_has_the_blocks_that_were_written_whenever_they_are_chosen() {
    let mut rng = Rng::new(12);
    for _ in 0..120 {
        let script = random_script(&mut rng) + "\nsync";
        let [now, later] = ["at_write", "delayed"].map(|choose| {
            let all = states(&json!({ "script": script, "choose": choose, "disk_blocks": 4_096 }));
            let last = all.last().unwrap();
            let own = |it: &super::run::File| {
                let written = |it: (u64, (u64, bool))| (it.0, it.1.1);
                blocks(&it.map.extents).into_iter().map(written).collect::<Vec<_>>()
            };
            let n_pieces: u64 = last.files.iter().map(|it| it.map.n_pieces()).sum();
            (last.files.iter().map(own).collect::<Vec<_>>(), n_pieces)
        });
        assert_eq!(now.0, later.0, "{script}");
    }
}
