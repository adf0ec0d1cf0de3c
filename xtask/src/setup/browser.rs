//! Chromium from the system's packages, and the Node packages that drive it.

use crate::process::{command, find, output, run};
use crate::{Result, repo::Repo};
use std::path::PathBuf;

/// The names that Chromium goes by. `CHROMIUM` names another one.
const CHROMIUM_NAMES: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

pub(super) fn is_present(repo: &Repo) -> bool {
    chromium(repo).is_some() && find(repo, "chromedriver").is_some()
}

/// Playwright asks for Node 20.
pub(super) fn has_node(repo: &Repo) -> bool {
    let version = output(command(repo, "node").arg("--version"));
    let major = version.as_deref().and_then(major_version);
    major.is_some_and(|major| major >= 20) && find(repo, "npm").is_some()
}

/// 20 of `v20.1.2`.
fn major_version(text: &str) -> Option<u32> {
    text.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Where Chromium is.
fn chromium(repo: &Repo) -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from).filter(|path| path.is_file());
    named.or_else(|| CHROMIUM_NAMES.iter().find_map(|name| find(repo, name)))
}

/// Installs packages where that is possible without asking: apt, as root or by sudo without a password.
pub(super) fn install_from_system(repo: &Repo, packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    if find(repo, "apt-get").is_none() {
        return Err(format!(
            "please install these with the package manager of your system: {names}"
        ));
    }
    let is_root = output(command(repo, "id").arg("-u")).as_deref() == Some("0");
    let sudo = !is_root && output(command(repo, "sudo").args(["-n", "true"])).is_some();
    if !is_root && !sudo {
        return Err(format!("please run: sudo apt-get install {names}"));
    }
    let apt = |args: &[&str]| {
        let mut apt = if sudo { command(repo, "sudo") } else { command(repo, "env") };
        if sudo {
            apt.args(["-n", "env"]);
        }
        run(apt.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y"]).args(args))
    };
    // The lists may be empty or old. When they cannot be renewed, the old ones may still do.
    if let Err(error) = apt(&["update"]) {
        eprintln!("setup: {error}; going on with the lists that are here");
    }
    let mut install = vec!["install", "--no-install-recommends"];
    install.extend(packages);
    apt(&install)
}

/// npm leaves its own record of what it installed. Ours is the lock file that it was installed from.
pub(super) fn has_packages(repo: &Repo) -> bool {
    let wanted = std::fs::read(repo.browser_tests().join("package-lock.json"));
    let installed = std::fs::read(stamp(repo));
    matches!((wanted, installed), (Ok(wanted), Ok(installed)) if wanted == installed)
}

pub(super) fn install_packages(repo: &Repo) -> Result<()> {
    let dir = repo.browser_tests();
    run(command(repo, "npm").current_dir(&dir).args([
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ]))?;
    let stamp = stamp(repo);
    std::fs::copy(dir.join("package-lock.json"), &stamp)
        .map_err(|error| format!("{} cannot be written: {error}", stamp.display()))?;
    Ok(())
}

fn stamp(repo: &Repo) -> PathBuf {
    repo.browser_tests().join("node_modules/.installed-from.json")
}
