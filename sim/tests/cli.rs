//! The command line from outside: what it prints, and how it ends.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use serde_json::Value;
use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};

fn sim(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sim"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that needs no input may close it before it is written.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn answer(args: &[&str], input: &str) -> String {
    let output = sim(args, input);
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

#[track_caller]
fn refusal(args: &[&str], input: &str) -> String {
    let output = sim(args, input);
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    assert!(output.stdout.is_empty(), "{args:?}");
    text(&output.stderr)
}

#[test]
fn list_names_every_engine() {
    let told = answer(&["list"], "");
    for entry in sim::engines() {
        assert!(told.contains(entry.meta.id) && told.contains(entry.meta.title));
    }
}

#[test]
fn show_names_every_setting() {
    for entry in sim::engines() {
        let told = answer(&["show", entry.meta.id], "");
        assert!(told.contains(entry.meta.summary));
        for field in entry.form.iter().filter(|it| !it.hidden) {
            assert!(told.contains(field.key), "{}: {}", entry.meta.id, field.key);
        }
    }
}

#[test]
fn run_gives_the_promised_json() {
    for entry in sim::engines() {
        let told = answer(&["run", entry.meta.id, "--format", "json"], "");
        let value: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(value["engine"], entry.meta.id);
        assert!(value["scenario"].is_object() && value["scene"]["panels"].is_array());
        let metric = &value["metrics"][0];
        let has = |key: &str| metric.get(key).is_some();
        assert!(has("key") && has("value") && has("unit"), "{metric}");
        let step = &value["steps"][0];
        assert!(step["time"].is_u64() && step["tag"].is_string() && step["say"].is_string());
    }
}

#[test]
fn run_without_frames_gives_the_same_metrics() {
    for entry in sim::engines() {
        let id = entry.meta.id;
        let read = |args: &[&str]| -> Value { serde_json::from_str(&answer(args, "")).unwrap() };
        let full = read(&["run", id, "--format=json"]);
        let bare = read(&["run", id, "--format=json", "--metrics-only"]);
        assert_eq!(full["metrics"], bare["metrics"], "{id}");
        assert_eq!(bare["steps"], serde_json::json!([]), "{id}");
    }
}

#[test]
fn a_scenario_comes_from_a_file_or_from_standard_input() {
    for entry in sim::engines() {
        let id = entry.meta.id;
        let plain = answer(&["run", id], "");
        assert_eq!(answer(&["run", id, "--scenario", "-"], entry.example), plain, "{id}");
    }
    let named = r#"{"title": "T", "about": "A.", "scenario": {"source": "thread A { yield(); }"}}"#;
    assert!(answer(&["run", "sync/program", "--scenario", "-"], named).contains("A yields"));
    let told = refusal(&["run", "sync/program", "--scenario", "no/such/file.json"], "");
    assert!(told.starts_with("no/such/file.json: "), "{told}");
}

#[test]
fn every_fault_of_a_scenario_is_told_with_its_place() {
    let wrong = r#"{"source": 1, "memory": "psc", "then": "stop", "sed": 3, "picks": [0, 99]}"#;
    let told = refusal(&["run", "sync/program", "--scenario", "-"], wrong);
    assert_eq!(
        told,
        "sync/program cannot run this scenario:\n\
         /sed: this engine has no such setting\n\
         /source: expected a text\n\
         /memory: expected one of sc, tso\n\
         /picks/1: 99 is outside 0 to 15\n"
    );
    let wrong = r#"{"source": "thread A { x = 1; y = 2; }"}"#;
    let told = refusal(&["explore", "sync/program", "--scenario", "-"], wrong);
    assert_eq!(told.lines().count(), 3, "{told}");
    let told = refusal(&["run", "sync/program", "--scenario", "-"], "{\"source\": ");
    assert!(told.contains("EOF while parsing"), "{told}");
    let told = refusal(&["run", "sync/program", "--scenario", "-"], &" ".repeat(300_000));
    assert!(told.contains("262145 bytes are more than 262144"), "{told}");
}

#[test]
fn explore_tells_verdict_outcomes_and_witnesses() {
    let told = answer(&["explore", "sync/program", "--format", "json"], "");
    let value: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(value["verdict"], "holds");
    assert_eq!(value["complete"], true);
    assert_eq!(value["outcomes"][0]["label"], "counter = 1");
    let told = answer(&["explore", "sync/program", "--limit", "5", "--format", "json"], "");
    let value: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&value["verdict"], &value["complete"]), (&"unknown".into(), &false.into()));
}

#[test]
fn a_wrong_command_line_is_told_what_is_right() {
    let told = refusal(&["run", "cpu/nothing"], "");
    assert!(told.contains("there is no engine cpu/nothing") && told.contains("sync/program"));
    assert!(refusal(&["run"], "").contains("the engines are"));
    assert!(refusal(&["explore", "memory/translation"], "").contains("sync/program"));
    assert!(refusal(&["run", "sync/program", "--loud"], "").contains("--loud is not an option"));
    assert!(refusal(&["run", "sync/program", "--format", "xml"], "").contains("text or json"));
    assert!(refusal(&["explore", "sync/program", "--limit", "0"], "").contains("a number from 1"));
    assert!(refusal(&["dance"], "").contains("sim list"));
    assert!(refusal(&[], "").contains("sim list"));
    assert!(answer(&["--help"], "").contains("sim explore"));
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sim"))
        .args(["run", "sync/program", "--format", "json", "--scenario", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let endless = r#"{"source": "int x; thread A, B { while (1) { x++; } }"}"#;
    child.stdin.take().unwrap().write_all(endless.as_bytes()).unwrap();
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(child.wait().unwrap().success(), "{told}");
    assert_eq!(told, "");
}

#[test]
fn work_is_given_as_the_simulators_of_ostep_take_it() {
    let told = answer(&["run", "cpu/mlfq", "-l", "0,6,0:0,4,2", "-i", "3", "--format", "json"], "");
    let run: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(run["scenario"]["jobs"][1]["bursts_ticks"], serde_json::json!([2, 3, 2]));
    assert!(
        refusal(&["run", "cpu/fcfs", "-l", "1,x"], "").contains("/jobs: \"x\" is no whole number")
    );
    assert!(refusal(&["run", "sync/program", "-l", "1"], "").contains("takes no -l"));
    assert!(refusal(&["explore", "sync/program", "-l", "1"], "").contains("belong to run"));
    assert!(answer(&["show", "cpu/lottery"], "").contains("as one line"));
}
