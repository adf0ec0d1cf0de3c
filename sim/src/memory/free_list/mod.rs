//! A heap with a free list: requests cut blocks, blocks given back merge with free neighbours.
//!
//! # Model
//! One stretch of memory, one thread, a script of requests. A request is rounded up to the
//! alignment, gets a header in front, and is cut off the front of a free block; the rest stays
//! free. A pointer leads to the first byte after the header. A block given back merges with the
//! free blocks that touch it.
//! # Ties
//! Of blocks of equal size the first of the list is taken. Next fit goes on at the rest of the
//! block that served last, or at the block after it if nothing was left. A merged block stands
//! where one that was just freed would stand.
//! # Left out
//! A least size for what is left over, bins by size, growth of the heap, several threads. Starts
//! are as aligned as the base and the header make them.
//! # Source
//! `ostep`, chapter 17. The settings include those of its homework program, `malloc.py`, whose
//! own ways are settings too: it merges only blocks that follow each other in the list, and leaves
//! the rest of a cut block where it was, whatever its size.

mod heap;
#[cfg(test)]
mod laws;
mod play;
mod say;
mod scene;

use self::heap::{Coalescing, Order, Policy, Rules};
use self::play::Play;
pub(crate) use self::play::State;
use super::alloc_script::{Draw, Limits, Script, drawn, parse};
use crate::amounts::share;
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::Scene;
use serde::Deserialize;

/// Most statements of a script, and most requests that are drawn.
const OPS_MAX: u32 = 1_000;

/// Largest heap, in bytes.
const HEAP_BYTES_MAX: i64 = 1 << 20;

pub(crate) struct FreeList;

/// Policy, heap and script.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    policy: Policy,
    list_order: Order,
    coalescing: Coalescing,
    keep_sorted: bool,
    heap_bytes: u64,
    base_address: u64,
    header_bytes: u64,
    align_bytes: u64,
    workload: Workload,
    script: String,
    seed: u64,
    n_operations: u64,
    alloc_percent: u64,
    size_bytes_max: u64,
    show_search: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Workload {
    Script,
    Random,
}

impl Scenario {
    const fn rules(&self) -> Rules {
        Rules {
            policy: self.policy,
            order: self.list_order,
            coalescing: self.coalescing,
            keep_sorted: self.keep_sorted,
            header: self.header_bytes,
            align: self.align_bytes,
        }
    }

    /// The script, typed or drawn.
    fn operations(&self) -> Result<Script, ScenarioError> {
        let size_max = u64::try_from(HEAP_BYTES_MAX).unwrap_or_default();
        match self.workload {
            Workload::Script => {
                let ops_max = usize::try_from(OPS_MAX).unwrap_or_default();
                let limits = Limits { key: "script", size_max, ops_max, n_cpus: 1 };
                parse(&self.script, limits)
            }
            Workload::Random => Ok(drawn(Draw {
                seed: self.seed,
                n_ops: self.n_operations,
                alloc_percent: self.alloc_percent,
                size_max: self.size_bytes_max,
                n_cpus: 1,
            })),
        }
    }
}

const POLICIES: &[(&str, &str)] = &[
    ("first", "First fit: the first of the list that fits"),
    ("best", "Best fit: the smallest that fits"),
    ("worst", "Worst fit: the largest"),
    ("next", "Next fit: the first that fits after the last one"),
];

const ORDERS: &[(&str, &str)] = &[
    ("address", "By address"),
    ("size_up", "Smallest first"),
    ("size_down", "Largest first"),
    ("front", "Freed blocks go to the front"),
    ("back", "Freed blocks go to the back"),
];

const COALESCINGS: &[(&str, &str)] = &[
    ("neighbours", "All that touch"),
    ("list", "Only those that follow each other in the list"),
    ("off", "Never"),
];

impl Engine for FreeList {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/free_list",
        title: "Free list",
        summary: "A heap serves requests from a list of free blocks, cutting and merging them.",
        look_for: "Free space in many small pieces is free, and yet of no use to a large request.",
        source: "ostep/17",
        time_unit: "operations",
        markers: &["fail", "merge", "bad_free"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new("policy", "Policy", Kind::Choice(POLICIES))
            .help("Which free block serves a request.")
            .or(Preset::Text("first")),
        Field::new("list_order", "Order of the list", Kind::Choice(ORDERS))
            .or(Preset::Text("address")),
        Field::new("coalescing", "Free blocks that merge", Kind::Choice(COALESCINGS))
            .help("The homework program of OSTEP merges by the list; touching is what counts.")
            .or(Preset::Text("neighbours")),
        Field::new("keep_sorted", "Keep the list sorted", Kind::Flag)
            .help("In lists by size, a block that was cut or merged moves to its place.")
            .or(Preset::Flag(true)),
        Field::new("heap_bytes", "Heap", Kind::Int { min: 1, max: HEAP_BYTES_MAX })
            .unit("bytes")
            .or(Preset::Int(100)),
        Field::new("base_address", "First address", Kind::Int { min: 0, max: 1 << 40 })
            .or(Preset::Int(1_000)),
        Field::new("header_bytes", "Header", Kind::Int { min: 0, max: 64 })
            .unit("bytes")
            .help("Stands in front of each block that is held; 0 leaves it out.")
            .or(Preset::Int(0)),
        Field::new("align_bytes", "Alignment", Kind::Int { min: 1, max: 64 })
            .unit("bytes")
            .help("Sizes are rounded up to a multiple of it; with 1 they are not.")
            .or(Preset::Int(1)),
        Field::new(
            "workload",
            "Requests",
            Kind::Choice(&[("script", "As typed"), ("random", "Drawn by lot")]),
        )
        .or(Preset::Text("script")),
        Field::new("script", "Script", Kind::Code { max_chars: 20_000 })
            .help("Lines such as A = alloc 10 and free A, or short: +10,-0,+20.")
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
            .or(Preset::Int(50)),
        Field::new("size_bytes_max", "Largest request", Kind::Int { min: 1, max: HEAP_BYTES_MAX })
            .unit("bytes")
            .help("For requests drawn by lot.")
            .or(Preset::Int(10)),
        Field::new("show_search", "Show each look", Kind::Flag)
            .help("One step for each free block that a search looks at.")
            .or(Preset::Flag(false)),
    ];
    const EXAMPLE: &'static str = r#"{
        "policy": "first",
        "script": "A = alloc 20\nB = alloc 15\nC = alloc 25\nD = alloc 20\nfree A\nfree C\nE = alloc 40\nfree D\nE = alloc 40\nfree B\nF = alloc 30\nG = alloc 12"
    }"#;

    const PAPER: Option<Paper> = Some(super::paper::FREE_LIST);

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let script = scenario.operations()?;
        let mut play = Play::new(scenario, &script);
        play.run(log)?;
        metrics(&play, log);
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

fn metrics(play: &Play<'_>, log: &mut Log<State>) {
    let totals = play.totals;
    let heap = &play.heap;
    let (free, largest) = (heap.free_bytes(), heap.largest());
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
    count("n_visits", "Free blocks looked at", totals.n_visits, "blocks", Better::Lower);
    count("n_splits", "Blocks cut", totals.n_splits, "blocks", Better::Neither);
    count("n_merges", "Merges", totals.n_merges, "merges", Better::Neither);
    count(
        "n_free_blocks",
        "Free blocks at the end",
        heap.list.len() as u64,
        "blocks",
        Better::Lower,
    );
    count("n_free_blocks_max", "Most free blocks", totals.n_free_max, "blocks", Better::Lower);
    count("free_bytes", "Free at the end", free, "bytes", Better::Neither);
    count("largest_free_bytes", "Largest free block at the end", largest, "bytes", Better::Higher);
    count("held_bytes", "Held at the end", totals.held, "bytes", Better::Neither);
    count("held_bytes_max", "Most bytes held", totals.held_max, "bytes", Better::Neither);
    count("lost_bytes", "Lost for ever", totals.lost, "bytes", Better::Lower);
    let mean = share(totals.n_visits, totals.n_allocs);
    log.metric("visits_mean", "Mean look-ups of a request", mean, "blocks", Better::Lower);
    let outside = share(free - largest, free);
    log.metric("external_fragmentation", "External fragmentation", outside, "", Better::Lower);
    let worst = totals.outside_ppm_max as f64 / 1e6;
    let label = "Worst external fragmentation";
    log.metric("external_fragmentation_max", label, worst, "", Better::Lower);
    let inside = share(totals.held - totals.asked, totals.held);
    log.metric("internal_fragmentation", "Internal fragmentation", inside, "", Better::Lower);
}
