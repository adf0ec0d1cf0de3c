//! Rules of the code base that a compiler does not know.
#![cfg(not(target_arch = "wasm32"))]
// A test that cannot go on fails.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

/// Longest source file, in lines.
const LINES_MAX: usize = 600;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every source file below a folder of the workspace, with its text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir()
                && !["target", "node_modules", "golden", "dist"].contains(&name.as_str())
            {
                folders.push(path);
            } else if [".rs", ".mjs", ".js", ".css"].iter().any(|it| name.ends_with(it)) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found
}

const FOLDERS: [&str; 7] = ["sim", "study", "app", "content", "tests", "xtask", "assets"];

#[test]
fn no_file_is_two_things() {
    for (path, text) in FOLDERS.iter().flat_map(|it| sources(it)) {
        let n_lines = text.lines().count();
        assert!(n_lines <= LINES_MAX, "{} has {n_lines} lines", path.display());
    }
}

#[test]
fn every_file_says_what_it_is() {
    for (path, text) in FOLDERS.iter().flat_map(|it| sources(it)) {
        let opens = match path.extension().and_then(|it| it.to_str()) {
            Some("rs") => text.starts_with("//! "),
            Some("css") => text.starts_with("/* "),
            _ => text.starts_with("//") || text.starts_with("/*") || text.starts_with("#!"),
        };
        assert!(opens, "{} does not open with what it is", path.display());
    }
}

#[test]
fn every_engine_states_its_model_its_ties_what_is_left_out_and_its_source() {
    for entry in sim::engines() {
        let file = root().join("sim/src").join(format!("{}.rs", entry.meta.id));
        let file = if file.exists() {
            file
        } else {
            root().join("sim/src").join(entry.meta.id).join("mod.rs")
        };
        let text =
            fs::read_to_string(&file).unwrap_or_else(|_| panic!("{} has no file", entry.meta.id));
        for heading in ["//! # Model", "//! # Ties", "//! # Left out", "//! # Source"] {
            assert!(text.contains(heading), "{}: no {heading}", file.display());
        }
    }
}

#[test]
fn the_app_names_no_engine() {
    for (path, text) in sources("app/src") {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for entry in sim::engines() {
            let named = code.lines().any(|line| {
                !line.trim_start().starts_with("//")
                    && line.contains(&format!("\"{}\"", entry.meta.id))
            });
            assert!(!named, "{} names {}", path.display(), entry.meta.id);
        }
    }
}

#[test]
fn scenes_know_no_domain() {
    for (path, text) in sources("sim/src/scene") {
        let fields = text.lines().filter(|line| line.trim_start().starts_with("pub "));
        for line in fields {
            for word in ["job", "page", "frame", "thread", "process", "lock", "vruntime", "quantum"]
            {
                assert!(!line.to_lowercase().contains(word), "{}: {line}", path.display());
            }
        }
    }
}

#[test]
fn nothing_is_left_for_later() {
    // Written in halves, so that this file passes its own rule.
    let words = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["to", "do!("],
        ["unimpl", "emented!("],
        ["#[ig", "nore"],
        ["should_", "panic"],
    ];
    for (path, text) in FOLDERS.iter().flat_map(|it| sources(it)) {
        for word in words.map(|it| it.concat()) {
            assert!(!text.contains(&word), "{} holds {word}", path.display());
        }
    }
}

#[test]
fn styles_write_no_colour_of_their_own() {
    for (path, text) in sources("assets/css") {
        if path.ends_with("tokens.css") {
            continue;
        }
        for line in text.lines() {
            let hex = line
                .split('#')
                .skip(1)
                .any(|it| it.chars().take(3).filter(char::is_ascii_hexdigit).count() == 3);
            assert!(!hex, "{}: {line}", path.display());
        }
    }
}
