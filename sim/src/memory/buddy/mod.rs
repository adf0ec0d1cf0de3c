//! The buddy allocator: memory in blocks of powers of two pages, halved on demand and joined again.
//!
//! # Model
//! One zone of pages, one list of free blocks for each order; a block of order k has 2^k pages and
//! begins at a multiple of that. A request takes the least order that holds it. If no block of that
//! order is free, the next larger one is halved, as often as needed: the upper half goes to its
//! list, the lower is used. A block given back joins its buddy, the other half of the block that
//! it came from, as long as that one is whole and free.
//! # Ties
//! Of several free blocks of an order the one at the lowest address is taken, or the one that was
//! put there last, as set.
//! # Left out
//! Zones, nodes, kinds of mobility, the lists of each CPU in front (`memory/per_cpu_pages`),
//! compaction, the lock. Linux takes what was freed last and now and then puts a block at the end
//! of its list instead.
//! # Source
//! `knowlton-1965`; `knuth-1`, section 2.5; `ostep`, chapter 17.

#[cfg(test)]
mod laws;
mod play;
mod say;
mod scene;
mod tree;
pub(in crate::memory) mod zone;

use self::play::Play;
pub(crate) use self::play::State;
use self::zone::{ListOrder, ORDER_MAX};
use super::alloc_script::{Draw, Limits, Script, drawn, parse};
use crate::amounts::share;
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::Scene;
use serde::Deserialize;

/// Most statements of a script, and most requests that are drawn.
const OPS_MAX: u32 = 500;

/// Largest request that can be written.
const SIZE_MAX: i64 = 1 << 26;

pub(crate) struct Buddy;

/// Memory, rules and script.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    memory_pages: u64,
    max_order: u32,
    page_size_bytes: u64,
    request_unit: Unit,
    list_order: ListOrder,
    merging: bool,
    workload: Workload,
    script: String,
    seed: u64,
    n_operations: u64,
    alloc_percent: u64,
    request_max: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Workload {
    Script,
    Random,
}

/// In what the sizes of requests are given, and places are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Unit {
    Pages,
    Bytes,
}

impl Scenario {
    /// Units in a page, and their name.
    const fn unit(&self) -> (u64, &'static str) {
        match self.request_unit {
            Unit::Pages => (1, "pages"),
            Unit::Bytes => (self.page_size_bytes, "bytes"),
        }
    }

    /// The script, typed or drawn.
    fn operations(&self) -> Result<Script, ScenarioError> {
        let size_max = u64::try_from(SIZE_MAX).unwrap_or_default();
        match self.workload {
            Workload::Script => {
                let ops_max = usize::try_from(OPS_MAX).unwrap_or_default();
                parse(&self.script, Limits { key: "script", size_max, ops_max, n_cpus: 1 })
            }
            Workload::Random => Ok(drawn(Draw {
                seed: self.seed,
                n_ops: self.n_operations,
                alloc_percent: self.alloc_percent,
                size_max: self.request_max,
                n_cpus: 1,
            })),
        }
    }
}

impl Engine for Buddy {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/buddy",
        title: "Buddy allocator",
        summary: "Blocks of powers of two pages are halved for small requests and joined again.",
        look_for: "A block and its buddy differ in one bit of their page number.",
        source: "knuth-1/2.5",
        time_unit: "operations",
        markers: &["split", "merge", "fail"],
    };
    const FORM: &'static [Field] = &[
        Field::new("memory_pages", "Memory", Kind::Int { min: 1, max: 1_024 })
            .unit("pages")
            .or(Preset::Int(16)),
        Field::new("max_order", "Largest order", Kind::Int { min: 0, max: ORDER_MAX as i64 })
            .help("No block is larger than 2 to this power; Linux has 10.")
            .or(Preset::Int(4)),
        Field::new("page_size_bytes", "Page", Kind::Int { min: 1, max: 65_536 })
            .unit("bytes")
            .or(Preset::Int(4_096)),
        Field::new(
            "request_unit",
            "Requests are in",
            Kind::Choice(&[("pages", "Pages"), ("bytes", "Bytes")]),
        )
        .or(Preset::Text("pages")),
        Field::new(
            "list_order",
            "Free block that is taken",
            Kind::Choice(&[("address", "The lowest one"), ("last_in", "The one freed last")]),
        )
        .or(Preset::Text("address")),
        Field::new("merging", "Buddies merge", Kind::Flag).or(Preset::Flag(true)),
        Field::new(
            "workload",
            "Requests",
            Kind::Choice(&[("script", "As typed"), ("random", "Drawn by lot")]),
        )
        .or(Preset::Text("script")),
        Field::new("script", "Script", Kind::Code { max_chars: 20_000 })
            .help("Lines such as A = alloc 3 and free A, or short: +3,-0,+1.")
            .or(Preset::Text("")),
        Field::new("seed", "Seed", Kind::Int { min: 0, max: 1_000_000 })
            .help("For requests drawn by lot.")
            .or(Preset::Int(0)),
        Field::new("n_operations", "Operations", Kind::Int { min: 1, max: OPS_MAX as i64 })
            .help("For requests drawn by lot.")
            .or(Preset::Int(20)),
        Field::new("alloc_percent", "Requests among them", Kind::Int { min: 0, max: 100 })
            .unit("%")
            .help("The others give back a block drawn from those that are held.")
            .or(Preset::Int(60)),
        Field::new("request_max", "Largest request", Kind::Int { min: 1, max: SIZE_MAX })
            .help("For requests drawn by lot; in pages or bytes as set.")
            .or(Preset::Int(4)),
    ];
    const EXAMPLE: &'static str = r#"{
        "memory_pages": 16,
        "script": "A = alloc 1\nB = alloc 3\nC = alloc 2\nfree A\nD = alloc 8\nfree C\nfree B\nE = alloc 5"
    }"#;

    const PAPER: Option<Paper> = Some(super::paper::BUDDY);

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let script = scenario.operations()?;
        let mut play = Play::new(scenario, &script);
        play.run(log)?;
        metrics(scenario, &play, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        // It was read without a fault when the run was made.
        let Ok(script) = scenario.operations() else { return Scene::default() };
        scene::scene(scenario, &script, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        scenario.operations().map(|it| it.names).unwrap_or_default()
    }
}

fn metrics(scenario: &Scenario, play: &Play<'_>, log: &mut Log<State>) {
    let totals = play.totals;
    let (free, largest) = (play.zone.free_pages(), play.zone.largest().map_or(0, |it| 1 << it));
    let mut count = |key, label, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    count("n_requests", "Requests", totals.n_allocs, "requests", Better::Neither);
    count("n_failed", "Requests that failed", totals.n_failed, "requests", Better::Lower);
    count(
        "n_failed_fragmented",
        "Requests that failed although enough was free",
        totals.n_fragmented,
        "requests",
        Better::Lower,
    );
    count("n_splits", "Blocks halved", totals.n_splits, "blocks", Better::Neither);
    count("n_merges", "Pairs joined", totals.n_merges, "merges", Better::Neither);
    count("free_pages", "Free at the end", free, "pages", Better::Neither);
    count("largest_free_pages", "Largest free block at the end", largest, "pages", Better::Higher);
    count("held_pages_max", "Most pages held", totals.held_max, "pages", Better::Neither);
    let outside = share(free - largest, free);
    log.metric("external_fragmentation", "External fragmentation", outside, "", Better::Lower);
    let (unit, _) = scenario.unit();
    let held = totals.held * unit;
    let inside = share(held - totals.asked, held);
    log.metric("internal_fragmentation", "Internal fragmentation", inside, "", Better::Lower);
    let inside = totals.inside_ppm_max as f64 / 1e6;
    let label = "Worst internal fragmentation";
    log.metric("internal_fragmentation_max", label, inside, "", Better::Lower);
}
