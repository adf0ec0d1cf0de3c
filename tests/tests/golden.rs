//! The trace of every named scenario, as a reader gets it, kept as a file and reviewed as prose.
//!
//! `INTERLEAVE_UPDATE=1 cargo test -p interleave-tests --test golden` writes the files anew.
#![cfg(not(target_arch = "wasm32"))]
// A test that cannot go on fails.
#![allow(clippy::unwrap_used, clippy::panic)]

use interleave_tests::{NAMED, trace};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

#[test]
fn every_named_scenario_has_the_trace_that_was_reviewed() {
    let update = env::var_os("INTERLEAVE_UPDATE").is_some();
    let mut wrong = Vec::new();
    for (engine, name, file, _) in NAMED {
        let got = trace(engine, file).unwrap_or_else(|it| panic!("{engine} {name}: {it}"));
        let path = folder().join(engine).join(format!("{name}.txt"));
        if update {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &got).unwrap();
        } else if fs::read_to_string(&path).ok().as_ref() != Some(&got) {
            wrong.push(format!("{engine}/{name}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "run again with INTERLEAVE_UPDATE=1 and review: {}",
        wrong.join(", ")
    );
}

/// What draws charts is fetched for these engines only, and for each of them.
#[test]
fn the_engines_that_say_so_draw_charts_in_one_of_their_scenarios() {
    let mut drawn = BTreeSet::new();
    for (engine, name, file, _) in NAMED {
        let file: Value = serde_json::from_str(file).unwrap();
        let entry = sim::engine(engine).unwrap();
        let run = entry.run(&file["scenario"], sim::Mode::Frames);
        let run = run.unwrap_or_else(|it| panic!("{engine} {name}: {it}"));
        if run.scene(0).panels.iter().any(|it| matches!(it.panel, sim::scene::Panel::Chart(_))) {
            drawn.insert(*engine);
        }
    }
    let said: BTreeSet<&str> = sim::engines().filter(|it| it.charts).map(|it| it.meta.id).collect();
    assert_eq!(said, drawn);
}

#[test]
fn no_trace_is_left_of_a_scenario_that_is_gone() {
    let wanted: BTreeSet<PathBuf> = NAMED
        .iter()
        .map(|(engine, name, ..)| folder().join(engine).join(format!("{name}.txt")))
        .collect();
    let mut folders = vec![folder()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                assert!(wanted.contains(&path), "{} has no scenario", path.display());
            }
        }
    }
}
