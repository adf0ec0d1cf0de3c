//! The C programs of the course: each compiles without a warning, and on Linux runs to its end.
#![cfg(not(target_arch = "wasm32"))]

use content::Files;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What each listing is compiled with.
const FLAGS: [&str; 5] = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-pthread"];

/// Longest run of a listing. They take milliseconds; a machine may be busy.
const RUN_MAX: Duration = Duration::from_secs(30);

/// In the opening comment of a listing that is only compiled.
const NOT_RUN: &str = "Not run";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../content")
}

/// Compiles one listing into `program`; what the compiler says against it.
fn compile(path: &Path, program: &Path) -> Result<(), String> {
    // Some listings use calls that only Linux has; elsewhere they need not link.
    let last: &[&str] = if cfg!(target_os = "linux") { &[] } else { &["-S"] };
    let mut cc = Command::new("cc");
    cc.args(FLAGS).args(last).arg("-o").arg(program).arg(path);
    let output = cc.output().map_err(|it| it.to_string())?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{}\n{}", path.display(), String::from_utf8_lossy(&output.stderr))),
    }
}

/// Runs a program; how it went wrong.
fn run(path: &Path, program: &Path) -> Result<(), String> {
    let mut child = Command::new(program)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|it| format!("{}: {it}", path.display()))?;
    ended(&mut child).map_err(|what| format!("{}: {what}", path.display()))
}

fn ended(child: &mut Child) -> Result<(), String> {
    let started = Instant::now();
    loop {
        match child.try_wait().map_err(|it| it.to_string())? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(format!("ended with {status}")),
            None if RUN_MAX < started.elapsed() => {
                child.kill().map_err(|it| it.to_string())?;
                child.wait().map_err(|it| it.to_string())?;
                return Err(format!("still ran after {} s", RUN_MAX.as_secs()));
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    }
}

#[test]
fn every_listing_compiles_without_a_warning_and_runs_to_its_end() {
    if Command::new("cc").arg("--version").output().is_err() {
        eprintln!("skipped: there is no C compiler called cc, so the listings are not compiled");
        return;
    }
    let files = Files::read(&root()).unwrap_or_else(|faults| panic!("{faults}"));
    let dir = std::env::temp_dir().join(format!("interleave-listings-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut told = Vec::new();
    for (path, text) in files.below("listings") {
        let path = root().join(path);
        let program = dir.join(path.file_stem().unwrap_or_default());
        let opening = text.split("*/").next().unwrap_or_default();
        let is_run = cfg!(target_os = "linux") && !opening.contains(NOT_RUN);
        let outcome = compile(&path, &program);
        told.extend(
            outcome.and_then(|()| if is_run { run(&path, &program) } else { Ok(()) }).err(),
        );
    }
    // What is left behind in a temporary folder harms nobody.
    let _ = fs::remove_dir_all(&dir);
    assert!(told.is_empty(), "{}", told.join("\n"));
}
