//! A log-structured file system: every write is an append, and a cleaner makes room again.
//!
//! # Model
//! The disk is cut into segments. A write appends new versions of its blocks, then, with
//! `metadata`, the inode of the file and the map of inodes, one block each; the old versions are
//! dead where they lie. A full segment is followed by the next free one. When no more than
//! `reserve` segments are free, the cleaner reads segments, appends what is live in them, and sets
//! them free, one pass after the other; a segment without a live block need not be read. Greedy
//! takes the segments with the fewest live blocks; cost-benefit those with the highest
//! (1 - u) x age / (1 + u), where u is the live share and age the time since the youngest live
//! block was changed, counted in blocks written. With `sort_by_age` it appends the oldest first.
//! Drawn workloads overwrite blocks at random: all alike, or with nine of ten writes on
//! the tenth of them that is file H, and the others on file C.
//! The write cost is all blocks moved over the new ones: (read + copied + new) / new.
//! # Ties
//! Of segments that are worth the same, the one with the lower number is cleaned. The next free
//! segment is the next one going round.
//! # Left out
//! Writes that are gathered in memory and lost in a crash, directories, indirect blocks, the
//! summaries of segments, a map of several pieces, and time. A pass ends with a checkpoint, so
//! that what it set free can be used again; checkpoints do not count as blocks of the log.
//! # Source
//! `rosenblum-1992`, sections 3 to 5, for the structure, the cost and both policies.

mod cleaner;
mod disk;
#[cfg(test)]
mod laws;
mod run;
mod say;
mod scene;
mod script;

pub(crate) use self::run::State;
use self::script::Script;
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct LogStructured;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    segments: usize,
    segment_blocks: usize,
    metadata: bool,
    policy: Policy,
    reserve: usize,
    at_once: usize,
    sort_by_age: bool,
    workload: Workload,
    script: String,
    full_percent: usize,
    n_writes: u32,
    seed: u64,
}

/// Which segments are cleaned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Policy {
    Greedy,
    CostBenefit,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Workload {
    Typed,
    Uniform,
    HotCold,
}

impl Engine for LogStructured {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "fs/log_structured",
        title: "Log-structured file system",
        summary: "Every write is an append to the log, and a cleaner makes whole segments free again.",
        look_for: "See each write leave dead blocks behind, and what the cleaner must move to get a segment free.",
        source: "rosenblum-1992/3 to 5",
        time_unit: "statements",
        markers: &["pick", "clean", "crash", "full"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new("segments", "Segments", Kind::Int { min: 3, max: 24 })
            .unit("segments")
            .or(Preset::Int(6)),
        Field::new("segment_blocks", "Size of a segment", Kind::Int { min: 2, max: 16 })
            .unit("blocks")
            .or(Preset::Int(8))
            .help("Real ones have hundreds."),
        Field::new(
            "workload",
            "What is written",
            Kind::Choice(&[
                ("typed", "the script below"),
                ("uniform", "blocks at random, all alike"),
                ("hot_cold", "90 % of the writes on 10 % of the blocks"),
            ]),
        )
        .or(Preset::Text("typed")),
        Field::new("script", "Script", Kind::Code { max_chars: 3_000 })
            .or(Preset::Text(""))
            .help(
                "One statement a line: write A 0-3, delete A 2, read A 1, clean 2 (segments), checkpoint, crash.",
            ),
        Field::new("metadata", "Inodes and map are written too", Kind::Flag)
            .or(Preset::Flag(true))
            .help("Off, only data are in the log; drawn workloads need that."),
        Field::new(
            "policy",
            "The cleaner takes",
            Kind::Choice(&[
                ("greedy", "the emptiest segments"),
                ("cost_benefit", "the best by cost and benefit"),
            ]),
        )
        .or(Preset::Text("greedy")),
        Field::new("reserve", "It starts at", Kind::Int { min: 1, max: 8 })
            .unit("free segments")
            .or(Preset::Int(1))
            .help("It works until more are free than that."),
        Field::new("at_once", "Segments in one pass", Kind::Int { min: 1, max: 8 })
            .unit("segments")
            .or(Preset::Int(1))
            .help("Fewer if there is no room for what is live in them."),
        Field::new("sort_by_age", "It sorts by age", Kind::Flag)
            .or(Preset::Flag(true))
            .help("What it copies in one pass is appended oldest first."),
        Field::new("full_percent", "Drawn: share of the disk in use", Kind::Int { min: 5, max: 90 })
            .unit("%")
            .or(Preset::Int(60)),
        Field::new("n_writes", "Drawn: writes after the first fill", Kind::Int { min: 1, max: 5_000 })
            .unit("blocks")
            .or(Preset::Int(200)),
        Field::new("seed", "Seed", Kind::Int { min: 0, max: 1_000_000_000 })
            .or(Preset::Int(1))
            .help("The same seed draws the same writes."),
    ];
    const EXAMPLE: &'static str = r#"{"segments": 6, "segment_blocks": 8, "script": "write A 0-2\nwrite B 0-1\nwrite A 0\ncheckpoint\nwrite A 1\nread A 1\ncrash"}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let script = Script::of(scenario)?;
        run::run(scenario, &script, log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        let Some(last) = past.last() else { return Scene::default() };
        scene::scene(scenario, &last.state)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        Script::of(scenario).map(|it| it.files).unwrap_or_default()
    }
}
