//! The command `bench`: how fast and how big, beside the numbers that were committed.

use crate::process::{cargo, command, output, run};
use crate::{Result, repo::Repo, site};

/// Measures the engines, then the site in a browser. Reports only.
pub(crate) fn run_all(repo: &Repo) -> Result<()> {
    println!("== engines");
    let engines = output(cargo(repo).args([
        "run",
        "--release",
        "--locked",
        "-p",
        "sim",
        "--bin",
        "sim",
        "--",
        "bench",
    ]));
    let engines = engines.unwrap_or_else(|| {
        println!("`sim bench` did not run");
        String::new()
    });
    println!("{engines}\n== site");
    site::build(repo, None)?;
    run(command(repo, "node").arg("tests/browser/bench.mjs").env("SIM_BENCH", engines))
}
