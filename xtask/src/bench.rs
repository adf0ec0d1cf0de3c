//! The command `bench`: how fast and how big, beside the numbers that were committed.

use crate::process::{cargo, command, output, run as run_command};
use crate::{Result, repo::Repo, site};

/// Measures the engines, then the site in a browser. Reports only; with `save`, also writes the baseline.
pub(crate) fn run(repo: &Repo, save: bool) -> Result<()> {
    println!("measuring the engines");
    let bench = "run --release --locked -p sim --bin sim -- bench";
    let engines = output(cargo(repo).args(bench.split(' ')));
    let engines = engines.ok_or("`sim bench` failed; run it to see why")?;
    site::build(repo, None)?;
    println!("measuring the site");
    let mut node = command(repo, "node");
    node.arg("tests/browser/bench.mjs").env("ENGINE_NUMBERS", engines);
    if save {
        node.arg("--save");
    }
    run_command(&mut node)
}
