//! wasm-opt from npm.
//!
//! Debian's own binaryen 108 is no choice: it ends well and writes a file that crashes at its start.

use crate::files::{make_dir, read, write};
use crate::process::{command, run};
use crate::{Result, repo::Repo};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

const BINARYEN: &str = "132.0.0";

/// Trunk asks for `wasm-opt` by its name, and npm's is a script for Node.
const WRAPPER: &str = "#!/bin/sh\n# Written by cargo xtask setup.\n\
    exec node \"$(dirname \"$0\")/../node/node_modules/binaryen/bin/wasm-opt\" \"$@\"\n";

pub(super) fn is_present(repo: &Repo) -> bool {
    let manifest = package(repo).join("package.json");
    let right =
        read(&manifest).is_ok_and(|text| text.contains(&format!("\"version\": \"{BINARYEN}\"")));
    right && wrapper(repo).is_file()
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
    let path = wrapper(repo);
    write(&path, WRAPPER)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
        .map_err(|error| format!("{} cannot be made executable: {error}", path.display()))
}

fn package(repo: &Repo) -> PathBuf {
    repo.tools().join("node/node_modules/binaryen")
}

fn wrapper(repo: &Repo) -> PathBuf {
    repo.tools_bin().join("wasm-opt")
}
