//! What the other commands need on this machine, and how it gets there.
//!
//! Sources are Rust's package registry, npm and the package manager of the system. A tool that is already there is used. Looking
//! costs milliseconds, so every command looks before it starts.

mod browser;
mod rust;
mod wasm_opt;

use crate::{Result, repo::Repo};
use std::time::Instant;

/// Something that must be on the machine.
#[derive(Clone, Copy)]
pub(crate) enum Tool {
    WasmTarget,
    Lints,
    Trunk,
    Bindgen,
    Node,
    WasmOpt,
    Browser,
    NodePackages,
}

/// For the release site.
pub(crate) const FOR_BUILD: &[Tool] =
    &[Tool::WasmTarget, Tool::Trunk, Tool::Bindgen, Tool::Node, Tool::WasmOpt];

/// For the native tests.
pub(crate) const FOR_QUICK_TEST: &[Tool] = &[Tool::Lints];

/// Everything, in an order in which each finds what it needs.
pub(crate) const ALL: &[Tool] = &[
    Tool::WasmTarget,
    Tool::Lints,
    Tool::Trunk,
    Tool::Bindgen,
    Tool::Node,
    Tool::WasmOpt,
    Tool::Browser,
    Tool::NodePackages,
];

impl Tool {
    /// What it is, and what it is for.
    fn title(self) -> &'static str {
        match self {
            Tool::WasmTarget => "wasm32-unknown-unknown, to compile for the browser",
            Tool::Lints => "rustfmt and clippy, to check the code",
            Tool::Trunk => "trunk 0.21.14, to build and serve the site",
            Tool::Bindgen => "wasm-bindgen and its test runner, to join wasm and JavaScript",
            Tool::Node => "node 20 or newer and npm, to run wasm-opt and the browser tests",
            Tool::WasmOpt => "wasm-opt 132, to make the wasm smaller",
            Tool::Browser => "chromium and chromedriver, to test in a real browser",
            Tool::NodePackages => "Node packages of tests/browser, to drive the browser",
        }
    }

    fn is_present(self, repo: &Repo) -> Result<bool> {
        Ok(match self {
            Tool::WasmTarget => rust::has_wasm_target(repo),
            Tool::Lints => rust::has_lints(repo),
            Tool::Trunk => rust::has_trunk(repo),
            Tool::Bindgen => rust::has_bindgen(repo)?,
            Tool::Node => browser::has_node(repo),
            Tool::WasmOpt => wasm_opt::is_present(repo),
            Tool::Browser => browser::is_present(repo),
            Tool::NodePackages => browser::has_packages(repo),
        })
    }

    fn install(self, repo: &Repo) -> Result<()> {
        match self {
            Tool::WasmTarget => rust::add_wasm_target(repo),
            Tool::Lints => rust::add_lints(repo),
            Tool::Trunk => rust::install_trunk(repo),
            Tool::Bindgen => rust::build_bindgen(repo),
            Tool::Node => browser::install_from_system(repo, &["nodejs", "npm"]),
            Tool::WasmOpt => wasm_opt::install(repo),
            Tool::Browser => browser::install_from_system(repo, &["chromium", "chromium-driver"]),
            Tool::NodePackages => browser::install_packages(repo),
        }
    }
}

/// Installs those that are missing, and says so. Says nothing when none is.
pub(crate) fn ensure(repo: &Repo, tools: &[Tool]) -> Result<()> {
    for tool in tools {
        if !tool.is_present(repo)? {
            install(repo, *tool)?;
        }
    }
    Ok(())
}

/// The command `setup`: everything, with one line for each.
pub(crate) fn all(repo: &Repo) -> Result<()> {
    for tool in ALL {
        if tool.is_present(repo)? {
            println!("setup: have {}", tool.title());
        } else {
            install(repo, *tool)?;
        }
    }
    Ok(())
}

fn install(repo: &Repo, tool: Tool) -> Result<()> {
    println!("setup: get {}", tool.title());
    let begin = Instant::now();
    tool.install(repo)?;
    if !tool.is_present(repo)? {
        return Err(format!("after its installation there still is no {}", tool.title()));
    }
    println!("setup: done in {:.0} s", begin.elapsed().as_secs_f64());
    Ok(())
}
