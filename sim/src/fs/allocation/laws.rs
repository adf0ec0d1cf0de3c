//! What the methods must keep.

use super::run::{Block, State};
use super::{Allocation, Scenario};
use crate::engine::{Engine, Log, typed};
use crate::form::check;
use crate::{Mode, Rng, engine};
use serde_json::{Value, json};

const METHODS: [&str; 4] = ["contiguous", "linked", "fat", "indexed"];

fn states(scenario: &Value) -> Vec<State> {
    let scenario: Scenario = typed(&check(Allocation::FORM, scenario).unwrap()).unwrap();
    let mut log = Log::new(Mode::Frames);
    Allocation::run(&scenario, &mut log).unwrap();
    log.frames().iter().map(|it| it.state.clone()).collect()
}

fn metric(scenario: &Value, key: &str) -> f64 {
    engine("fs/allocation").unwrap().run(scenario, Mode::MetricsOnly).unwrap().metric(key).unwrap()
}

#[test]
fn block_k_takes_one_read_or_two_or_k_and_one_more() {
    for k in 0..8 {
        let reads = METHODS.map(|method| {
            let script = format!("create A 8\nread A {k}");
            metric(&json!({ "method": method, "script": script }), "reads.2")
        });
        assert_eq!(reads, [1.0, f64::from(k) + 1.0, 1.0, 2.0]);
        let all = METHODS
            .map(|it| metric(&json!({ "method": it, "script": "create A 8\nread A" }), "n_reads"));
        assert_eq!(all, [8.0, 8.0, 8.0, 9.0]);
    }
}

#[test]
fn a_broken_block_costs_one_the_rest_of_a_chain_or_all() {
    let lost = METHODS.map(|it| {
        let script = "create A 8\nlose 0";
        metric(&json!({ "method": it, "script": script }), "n_unreadable")
    });
    assert_eq!(lost, [1.0, 8.0, 1.0, 8.0]);
}

#[test]
fn only_contiguous_files_fail_while_there_is_room() {
    let script = "create A 5\ncreate B 5\ncreate C 5\ndelete A\ndelete C\ncreate D 12";
    let failed = METHODS.map(|it| {
        let scenario = json!({ "method": it, "script": script, "index_entries": 20 });
        metric(&scenario, "n_failed")
    });
    assert_eq!(failed, [1.0, 0.0, 0.0, 0.0]);
}

fn random_script(rng: &mut Rng) -> String {
    let mut script = String::new();
    for _ in 0..24 {
        let file = ["A", "B", "C", "D"][rng.below(4) as usize];
        let n = 1 + rng.below(7);
        let line = match rng.below(8) {
            0..=2 => format!("create {file} {n}"),
            3 => format!("extend {file} {n}"),
            4 | 5 => format!("delete {file}"),
            6 => format!("read {file} {n}"),
            _ => format!("read {file}"),
        };
        script = format!("{script}{line}\n");
    }
    script
}

#[test]
fn every_block_has_one_owner_and_contiguous_files_are_runs() {
    let mut rng = Rng::new(14);
    for _ in 0..20 {
        let script = random_script(&mut rng);
        for method in METHODS {
            for (fit, grow) in [("first", "fail"), ("best", "move"), ("worst", "move")] {
                let scenario =
                    json!({ "method": method, "fit": fit, "grow": grow, "script": script });
                for state in states(&scenario) {
                    look_at(&state, method, &script);
                }
            }
        }
    }
}

fn look_at(state: &State, method: &str, script: &str) {
    let mut expected = vec![Block::Free; state.disk.len()];
    for (at, file) in state.files.iter().enumerate() {
        for (n, block) in (0..).zip(&file.blocks) {
            assert_eq!(expected[*block as usize], Block::Free, "{script}");
            expected[*block as usize] = Block::Data(at, n);
        }
        if let Some(index) = file.index {
            assert_eq!(expected[index as usize], Block::Free, "{script}");
            expected[index as usize] = Block::Index(at);
        }
        assert_eq!(file.index.is_some(), method == "indexed" && !file.blocks.is_empty());
        let is_run = file.blocks.windows(2).all(|it| it[0] + 1 == it[1]);
        assert!(method != "contiguous" || is_run, "{script}");
    }
    assert_eq!(state.disk, expected, "{method}\n{script}");
}

/// Whether a contiguous request is refused is the same as whether a run of that length exists.
#[test]
fn a_contiguous_file_is_refused_if_and_only_if_no_run_holds_it() {
    let mut rng = Rng::new(15);
    for _ in 0..200 {
        let setup: String =
            (0..6).map(|it| format!("create F{it} {}\n", 1 + rng.below(4))).collect();
        let holes: String =
            (0..6).filter(|_| rng.below(2) == 0).map(|it| format!("delete F{it}\n")).collect();
        let n = 1 + rng.below(12);
        let script = format!("{setup}{holes}create X {n}");
        let all = states(&json!({ "method": "contiguous", "script": script }));
        let [.., before, after] = &all[..] else { panic!("two states") };
        let free: Vec<bool> = before.disk.iter().map(|it| *it == Block::Free).collect();
        let fits = free.windows(n as usize).any(|it| it.iter().all(|it| *it));
        let got = after.files.last().unwrap().blocks.len() as u64;
        assert_eq!(got == n, fits, "{script}");
    }
}
