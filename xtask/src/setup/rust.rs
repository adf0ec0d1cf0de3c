//! What comes from rustup and from Rust's package registry.

use crate::files::{make_dir, read, write};
use crate::process::{self, cargo, clippy, command, output, run, rustc};
use crate::{Result, repo::Repo};
use std::path::{Path, PathBuf};

const TRUNK: &str = "0.21.14";
const WASM: &str = "wasm32-unknown-unknown";

/// The names under which one program answers.
const BINDGEN_NAMES: [&str; 2] = ["wasm-bindgen", "wasm-bindgen-test-runner"];

/// The program that answers under those names.
const BINDGEN_SOURCE: &str = include_str!("../bin/bindgen_tools.rs");

pub(super) fn has_wasm_target(repo: &Repo) -> bool {
    output(rustc(repo).args(["--print", "target-libdir", "--target", WASM]))
        .is_some_and(|dir| Path::new(&dir).is_dir())
}

/// Asks for the target by name: rustup may be told not to install anything by itself.
pub(super) fn add_wasm_target(repo: &Repo) -> Result<()> {
    need_rustup(repo, &format!("the target {WASM}"))?;
    run(command(repo, "rustup").args(["target", "add", WASM]))
}

pub(super) fn has_lints(repo: &Repo) -> bool {
    let Some(sysroot) = output(rustc(repo).args(["--print", "sysroot"])) else { return false };
    let bin = PathBuf::from(sysroot).join("bin");
    ["cargo-fmt", "rustfmt"].iter().all(|name| bin.join(name).is_file()) && clippy(repo).is_file()
}

pub(super) fn add_lints(repo: &Repo) -> Result<()> {
    need_rustup(repo, "rustfmt and clippy")?;
    run(command(repo, "rustup").args(["component", "add", "rustfmt", "clippy"]))
}

pub(super) fn has_trunk(repo: &Repo) -> bool {
    output(command(repo, "trunk").env_remove("NO_COLOR").arg("--version"))
        .is_some_and(|version| version == format!("trunk {TRUNK}"))
}

/// A debug build without notes for a debugger: it compiles in half the time, and Trunk mostly waits for others.
pub(super) fn install_trunk(repo: &Repo) -> Result<()> {
    let version = format!("trunk@{TRUNK}");
    run(cargo(repo)
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTFLAGS")
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .args(["install", &version, "--locked", "--no-default-features", "--debug"])
        .arg("--root")
        .arg(repo.tools()))
}

/// True when the tools have the version of the library. An error when `Cargo.lock` itself disagrees.
pub(super) fn has_bindgen(repo: &Repo) -> Result<bool> {
    let library = repo.locked_version("wasm-bindgen")?;
    let tools = repo.locked_version("wasm-bindgen-cli")?;
    if library != tools {
        return Err(format!(
            "Cargo.lock has wasm-bindgen {library} but wasm-bindgen-cli {tools}. Both must be the same: \
             set both `=` versions, in Cargo.toml and in xtask/Cargo.toml"
        ));
    }
    let is_ours = read(&stamp(repo)).is_ok_and(|text| text == BINDGEN_SOURCE);
    Ok(is_ours
        && BINDGEN_NAMES.iter().all(|name| {
            let version = output(command(repo, repo.tools_bin().join(name)).arg("--version"));
            version.is_some_and(|text| text.split(' ').nth(1) == Some(library.as_str()))
        }))
}

/// What the tools were built from, beside them: a change of the source builds them anew.
fn stamp(repo: &Repo) -> PathBuf {
    repo.tools_bin().join("wasm-bindgen.rs")
}

/// Builds one program and links it under both names.
pub(super) fn build_bindgen(repo: &Repo) -> Result<()> {
    run(cargo(repo).args([
        "build",
        "--locked",
        "-p",
        "xtask",
        "--features",
        "bindgen",
        "--bin",
        "bindgen-tools",
    ]))?;
    let built = repo.target().join("debug/bindgen-tools");
    make_dir(&repo.tools_bin())?;
    for name in BINDGEN_NAMES {
        let link = repo.tools_bin().join(name);
        let failed =
            |error| format!("{} cannot be linked to {}: {error}", built.display(), link.display());
        if link.exists() {
            std::fs::remove_file(&link).map_err(failed)?;
        }
        // A copy serves as well where links are not allowed, or across file systems.
        if std::fs::hard_link(&built, &link).is_err() {
            std::fs::copy(&built, &link).map_err(failed)?;
        }
    }
    write(&stamp(repo), BINDGEN_SOURCE)
}

fn need_rustup(repo: &Repo, what: &str) -> Result<()> {
    match process::find(repo, "rustup") {
        Some(_) => Ok(()),
        None => Err(format!(
            "this Rust did not come from rustup: please install {what} the way it was installed"
        )),
    }
}
