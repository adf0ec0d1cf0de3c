//! Starting other programs.

use crate::{Result, repo::Repo};
use std::ffi::{OsStr, OsString};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The flag that every Rust build here needs; `.cargo/config.toml` sets it and says why.
const RUSTFLAGS: &str = "--cfg erase_components";

/// How the native side is built, always the same, so that nothing is built twice.
pub(crate) const NATIVE: &str = "--locked --workspace --features app/ssr";

/// A program that runs at the top of the repository, finds the tools of `setup` first, and reads no input.
pub(crate) fn command(repo: &Repo, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(&repo.root).stdin(Stdio::null()).env("PATH", search_path(repo));
    // What cargo tells us about xtask itself would make the build scripts of others run again.
    for (key, _) in std::env::vars_os() {
        let text = key.to_string_lossy();
        let of_xtask =
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
        if of_xtask.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&key);
        }
    }
    // RUSTFLAGS replaces the flags of `.cargo/config.toml` instead of adding to them.
    if let Ok(flags) = std::env::var("RUSTFLAGS")
        && !flags.trim().is_empty()
        && !flags.contains("erase_components")
    {
        command.env("RUSTFLAGS", format!("{flags} {RUSTFLAGS}"));
    }
    command
}

/// Cargo, the same one that runs xtask.
pub(crate) fn cargo(repo: &Repo) -> Command {
    command(repo, std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Lets clippy compile: what it has looked at need not be compiled once more to be tested. Every warning is an error.
///
/// `cargo clippy` calls it in the same way, but only to look. As a compiler it leaves out some of rustc's own optimisations,
/// so that nothing is released that it has built.
pub(crate) fn lint(repo: &Repo, cargo: &mut Command) {
    cargo
        .env("RUSTC_WORKSPACE_WRAPPER", clippy(repo))
        .env("CLIPPY_ARGS", "-Dwarnings__CLIPPY_HACKERY__");
}

/// Clippy's compiler, beside rustc. `setup` has seen that it is there.
pub(crate) fn clippy(repo: &Repo) -> PathBuf {
    let sysroot = output(rustc(repo).args(["--print", "sysroot"])).unwrap_or_default();
    Path::new(&sysroot).join("bin/clippy-driver")
}

/// The compiler.
pub(crate) fn rustc(repo: &Repo) -> Command {
    command(repo, std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

/// Runs to the end; a bad exit is an error that names the command.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = shown(command);
    let status = command.status().map_err(|error| format!("`{line}` does not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed ({status})")) }
}

/// Runs to the end, and passes each line of the output both to the terminal and to `see`. Tells whether it went well.
pub(crate) fn run_seeing(command: &mut Command, mut see: impl FnMut(&str)) -> Result<bool> {
    let line = shown(command);
    let starts = |error| format!("`{line}` does not start: {error}");
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(starts)?;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n').map_while(std::io::Result::ok) {
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            see(&line);
        }
    }
    let status = child.wait().map_err(|error| format!("`{line}` was lost: {error}"))?;
    Ok(status.success())
}

/// What a program prints, or nothing when it does not start or fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Where a program is, searched as the shell does.
pub(crate) fn find(repo: &Repo, program: &str) -> Option<PathBuf> {
    std::env::split_paths(&search_path(repo))
        .map(|dir| dir.join(program))
        .find(|path| path.is_file())
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    let args = command.get_args().map(|arg| arg.to_string_lossy().into_owned());
    std::iter::once(name).chain(args).collect::<Vec<_>>().join(" ")
}

fn search_path(repo: &Repo) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::iter::once(repo.tools_bin()).chain(std::env::split_paths(&path));
    std::env::join_paths(dirs).unwrap_or(path)
}
