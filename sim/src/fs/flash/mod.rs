//! Flash memory behind a translation layer: pages that cannot be overwritten, and blocks to collect.
//!
//! # Model
//! A block has pages; a page is programmed once, in order, and only whole blocks are erased. The
//! translation layer has a table from each logical page to where its newest version is. A write goes to
//! the next page of the open block; the older version is stale. When the open block is full and no more
//! than `reserve` blocks are free, a full block is collected: its valid pages are copied to a free block,
//! which is then the open one, and it is erased. Greedy takes the block with fewest valid pages;
//! cost-benefit the highest (1 - u) x age / 2u, where u is the valid share and age the time since a page
//! of it was programmed or became stale, in writes of the host. TRIM takes a logical page out of the
//! table. Levelling: dynamic opens the least worn free block; static also moves the pages of the block
//! with fewest erasures when it is more than `gap` behind the most worn one, once for each collection.
//! Write amplification is all pages programmed over those that the host wrote.
//! # Ties
//! Of blocks that are worth the same, the one with fewer valid pages, then the lower number.
//! # Left out
//! Time, channels and planes that work side by side, blocks that wear out, caches, tables that do not fit
//! into memory, and cuts of power. Real blocks have hundreds of pages, and often the host and the collector
//! fill different open blocks, which parts hot pages from cold ones; here they share one.
//! # Source
//! `ostep`, chapter 44; `kawaguchi-1995` for cost and benefit; `agrawal-2008` for spare room and wear.

mod collect;
mod ftl;
#[cfg(test)]
mod laws;
mod run;
mod say;
mod scene;
mod script;

pub(crate) use self::run::State;
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct Flash;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    blocks: usize,
    pages: usize,
    logical: usize,
    reserve: usize,
    workload: Workload,
    script: String,
    policy: Policy,
    wear: Wear,
    gap: u32,
    n_writes: u32,
    deleted_percent: usize,
    trim: bool,
    seed: u64,
}

/// Which block is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Policy {
    Greedy,
    CostBenefit,
}

/// How wear is levelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wear {
    Off,
    Dynamic,
    Static,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Workload {
    Typed,
    Uniform,
    HotCold,
}

impl Engine for Flash {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "fs/flash",
        title: "Flash memory and its translation layer",
        summary: "Every write goes to a fresh page, and whole blocks are collected and erased behind it.",
        look_for: "See an overwritten page become stale where it is, and what must be copied before its block can be erased.",
        source: "ostep/44",
        time_unit: "writes",
        markers: &["pick", "level", "trim"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new("blocks", "Blocks", Kind::Int { min: 3, max: 32 })
            .unit("blocks")
            .or(Preset::Int(6)),
        Field::new("pages", "Pages of a block", Kind::Int { min: 2, max: 16 })
            .unit("pages")
            .or(Preset::Int(4))
            .help("Real blocks have hundreds."),
        Field::new("logical", "What the host sees", Kind::Int { min: 1, max: 500 })
            .unit("logical pages")
            .or(Preset::Int(12))
            .help("The rest is spare room: over-provisioning."),
        Field::new("reserve", "It collects at", Kind::Int { min: 1, max: 4 })
            .unit("free blocks")
            .or(Preset::Int(1)),
        Field::new(
            "workload",
            "What the host does",
            Kind::Choice(&[
                ("typed", "the script below"),
                ("uniform", "writes at random, all alike"),
                ("hot_cold", "90 % of the writes on 10 % of the pages"),
            ]),
        )
        .or(Preset::Text("typed")),
        Field::new("script", "Script", Kind::Code { max_chars: 2_000 }).or(Preset::Text("")).help(
            "One statement a line: write 0-3, read 1, trim 2-3. The numbers are logical pages.",
        ),
        Field::new(
            "policy",
            "The collector takes",
            Kind::Choice(&[
                ("greedy", "the block with fewest valid pages"),
                ("cost_benefit", "the best by cost and benefit"),
            ]),
        )
        .or(Preset::Text("greedy")),
        Field::new(
            "wear",
            "Wear levelling",
            Kind::Choice(&[
                ("off", "none: the first free block"),
                ("dynamic", "the least worn free block"),
                ("static", "that, and cold pages are moved"),
            ]),
        )
        .or(Preset::Text("dynamic")),
        Field::new("gap", "Cold pages are moved at a gap of", Kind::Int { min: 1, max: 50 })
            .unit("erasures")
            .or(Preset::Int(4))
            .help("Static levelling alone reads this."),
        Field::new(
            "n_writes",
            "Drawn: writes after the first fill",
            Kind::Int { min: 1, max: 5_000 },
        )
        .unit("pages")
        .or(Preset::Int(400)),
        Field::new(
            "deleted_percent",
            "Drawn: deleted after the fill",
            Kind::Int { min: 0, max: 90 },
        )
        .unit("%")
        .or(Preset::Int(0))
        .help("These logical pages are never written again."),
        Field::new("trim", "Drawn: the host trims what it deletes", Kind::Flag)
            .or(Preset::Flag(true)),
        Field::new("seed", "Seed", Kind::Int { min: 0, max: 1_000_000_000 })
            .or(Preset::Int(1))
            .help("The same seed draws the same writes."),
    ];
    const EXAMPLE: &'static str = r#"{"script": "write 0-7\nwrite 0-1\nread 0\nwrite 8-9\nwrite 4\nwrite 0-1\nwrite 8\nwrite 2\nwrite 4-6\nwrite 0-1\nwrite 8\ntrim 7\nread 7\nwrite 0-3"}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let ops = script::ops(scenario)?;
        run::run(scenario, &ops, log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        past.last().map_or_else(Scene::default, |last| scene::scene(scenario, &last.state))
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        match scenario.workload {
            Workload::HotCold => vec!["hot".to_owned(), "cold".to_owned()],
            Workload::Typed | Workload::Uniform => Vec::new(),
        }
    }
}
