//! Building and serving the site. Trunk does the work; here it gets its tools, and its hook draws the pages.

use crate::files::{make_dir, read, write};
use crate::parts;
use crate::process::{NATIVE, cargo, command, lint, run, shown};
use crate::{Result, repo::Repo};
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

/// Tells a page in the browser that Trunk has built anew.
const RELOAD_SCRIPT: &str = include_str!("reload.js");

/// What draws the pages, a program of the app.
const PRERENDER: &str = "prerender";

/// Tells the build script of the app to prepare the program for being cut into pieces.
const SPLIT: &str = "INTERLEAVE_SPLIT";

/// Tells Trunk's hook that the native side is built with clippy, so that it takes the same program.
const LINTED: &str = "INTERLEAVE_LINTED";

/// The release site in `dist/`.
pub(crate) fn build(repo: &Repo, base_path: Option<&str>) -> Result<()> {
    let mut trunk = release(repo)?;
    if let Some(base) = base_path {
        if !base.starts_with("https://") {
            println!(
                "the site works under {base} as it is; only a whole address, https://…, goes into its tags"
            );
        }
        trunk.env("INTERLEAVE_BASE_URL", base);
    }
    run(&mut trunk)
}

/// A build of the release site that goes on in the background.
pub(crate) struct Building {
    command: String,
    child: Child,
    /// What it says.
    log: PathBuf,
}

impl Building {
    pub(crate) fn start(repo: &Repo) -> Result<Building> {
        let mut trunk = release(repo)?;
        trunk.env(LINTED, "1");
        let log = repo.target().join("site.log");
        let failed =
            |error: std::io::Error| format!("{} cannot be written: {error}", log.display());
        let file = File::create(&log).map_err(failed)?;
        trunk.stdout(file.try_clone().map_err(failed)?).stderr(file);
        let command = shown(&trunk);
        let child =
            trunk.spawn().map_err(|error| format!("`{command}` does not start: {error}"))?;
        Ok(Building { command, child, log })
    }

    /// Waits until the site is there, and shows what the build has said.
    pub(crate) fn finish(mut self) -> Result<()> {
        let status =
            self.child.wait().map_err(|error| format!("`{}` was lost: {error}", self.command))?;
        print!("{}", read(&self.log)?);
        if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", self.command)) }
    }
}

/// Trunk, about to build the release site.
fn release(repo: &Repo) -> Result<Command> {
    fetch(repo)?;
    let mut trunk = trunk(repo, "build");
    trunk.args(["--release", "--locked"]).env(SPLIT, "1");
    Ok(trunk)
}

/// Serves a debug build that follows every change. It stays out of `dist/`, which belongs to the release build.
pub(crate) fn serve(repo: &Repo, port: Option<u16>) -> Result<()> {
    fetch(repo)?;
    let dist = repo.root.join("target/serve");
    make_dir(&dist)?;
    let mut trunk = trunk(repo, "serve");
    trunk.arg("--dist").arg(dist);
    if let Some(port) = port {
        trunk.args(["--port", &port.to_string()]);
    }
    // Trunk takes our place, so that whoever stops us stops the server.
    Err(format!("trunk does not start: {}", trunk.exec()))
}

/// Trunk's hook after a build: draws every page into the folder that Trunk is about to publish.
pub(crate) fn pages(repo: &Repo) -> Result<()> {
    let dir = std::env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from);
    let dir = dir.ok_or("Trunk calls `pages`, and says in TRUNK_STAGING_DIR where the pages go")?;
    // Trunk adds its own reload script to the one page that it knows. That page is about to be replaced.
    let is_served = read(&dir.join("index.html"))?.contains(".well-known/trunk/ws");
    parts::place(repo, &dir)?;
    let mut prerender = prerender_command(repo, &dir)?;
    if is_served {
        // A worker would keep what is being changed.
        prerender.env("INTERLEAVE_OFFLINE", "0");
    }
    run(&mut prerender)?;
    if is_served {
        write(&dir.join("reload.js"), RELOAD_SCRIPT)?;
        add_reload(&dir)?;
    }
    Ok(())
}

/// The prerenderer, built as the native tests build it, so that after them it is there.
fn prerender_command(repo: &Repo, dir: &Path) -> Result<Command> {
    let mut build = cargo(repo);
    if std::env::var_os(LINTED).is_some() {
        lint(repo, &mut build);
    }
    run(build.args(["build", "--quiet"]).args(NATIVE.split(' ')).args(["--bin", PRERENDER]))?;
    let mut command = command(repo, repo.target().join("debug").join(PRERENDER));
    command.arg("--dist").arg(dir);
    Ok(command)
}

/// Adds the reload script to every page below a folder.
fn add_reload(dir: &Path) -> Result<()> {
    let failed = |error: std::io::Error| format!("{} cannot be read: {error}", dir.display());
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            add_reload(&path)?;
        } else if path.extension().is_some_and(|extension| extension == "html") {
            let page = read(&path)?;
            let script = "<script src=\"/reload.js\" defer></script></body>";
            write(&path, &page.replacen("</body>", script, 1))?;
        }
    }
    Ok(())
}

/// Downloads the crates of `Cargo.lock`, so that Trunk needs no network.
fn fetch(repo: &Repo) -> Result<()> {
    run(cargo(repo).args(["fetch", "--locked", "--quiet"]))
}

/// Trunk, told to take its tools from `setup` and never from the network.
fn trunk(repo: &Repo, verb: &str) -> Command {
    let mut trunk = command(repo, "trunk");
    // Trunk reads NO_COLOR=1 as a bad value of its own option.
    trunk.env_remove("NO_COLOR").args([verb, "--offline=true"]);
    trunk
}
