//! wasm-opt and wasm-merge from npm.
//!
//! Debian's own binaryen 108 is no choice: it ends well and writes a file that crashes at its start.

use crate::files::{make_dir, read, write};
use crate::process::{command, run};
use crate::{Result, repo::Repo};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

const BINARYEN: &str = "132.0.0";

/// The programs of the package that a build calls.
const PROGRAMS: [&str; 2] = ["wasm-opt", "wasm-merge"];

pub(super) fn is_present(repo: &Repo) -> bool {
    let manifest = package(repo).join("package.json");
    let right =
        read(&manifest).is_ok_and(|text| text.contains(&format!("\"version\": \"{BINARYEN}\"")));
    right && PROGRAMS.iter().all(|it| repo.tools_bin().join(it).is_file())
}

pub(super) fn install(repo: &Repo) -> Result<()> {
    let prefix = repo.tools().join("node");
    make_dir(&prefix)?;
    let version = format!("binaryen@{BINARYEN}");
    run(command(repo, "npm")
        .args([
            "install",
            &version,
            "--save-exact",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefix",
        ])
        .arg(&prefix))?;
    make_dir(&repo.tools_bin())?;
    PROGRAMS.iter().try_for_each(|it| wrap(repo, it))
}

/// Puts a program under its name: Trunk asks for `wasm-opt` by it, and npm's is a script for Node.
fn wrap(repo: &Repo, program: &str) -> Result<()> {
    let path = repo.tools_bin().join(program);
    let text = format!(
        "#!/bin/sh\n# Written by cargo xtask setup.\n\
         exec node \"$(dirname \"$0\")/../node/node_modules/binaryen/bin/{program}\" \"$@\"\n"
    );
    write(&path, &text)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
        .map_err(|error| format!("{} cannot be made executable: {error}", path.display()))
}

fn package(repo: &Repo) -> PathBuf {
    repo.tools().join("node/node_modules/binaryen")
}
