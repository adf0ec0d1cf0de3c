//! Slab caches: pages cut into objects of one size, with a list of free objects for each CPU.
//!
//! # Model
//! As in SLUB of Linux. A cache has objects of one size; a slab is some pages cut into as many as
//! fit. Each CPU allocates from one slab of a cache, from a list that it alone touches. What
//! another CPU gives back goes to the slab's shared list. A slab that is used up is forgotten until
//! an object comes back; then it is partial and stands in the cache's list, under a lock. An empty
//! slab returns its pages if enough partial ones are at hand. A request takes the cache with the
//! smallest objects that fit, as `kmalloc` does; a larger request takes whole pages.
//! # Ties
//! Lists of objects hand out what came last. Of the partial slabs, the one that waits longest is
//! taken.
//! # Left out
//! Partial slabs of a CPU, sheaves (Linux 6.18), nodes, debugging, constructors, colours (of the
//! older SLAB), merging of caches of one size, random order of free objects.
//! # Source
//! `bonwick-1994`; `bonwick-2001` for what each CPU has of its own; mm/slub.c of Linux.

mod cache;
#[cfg(test)]
mod laws;
mod play;
mod say;
mod scene;

use self::cache::Cache;
use self::play::Play;
pub(crate) use self::play::State;
use super::alloc_script::{Draw, Limits, Script, drawn, parse};
use crate::amounts::share;
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// Most statements of a script, and most requests that are drawn.
const OPS_MAX: u32 = 400;

/// Largest request, in bytes.
const SIZE_MAX: i64 = 1 << 20;

pub(crate) struct SlabCaches;

/// Caches, CPUs and script.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    object_bytes: Vec<u64>,
    align_bytes: u64,
    slab_order: u32,
    n_cpus: u32,
    min_partial: u64,
    memory_pages: u64,
    workload: Workload,
    script: String,
    seed: u64,
    n_operations: u64,
    alloc_percent: u64,
    size_bytes_max: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Workload {
    Script,
    Random,
}

impl Scenario {
    /// The script, typed or drawn.
    fn operations(&self) -> Result<Script, ScenarioError> {
        let size_max = u64::try_from(SIZE_MAX).unwrap_or_default();
        match self.workload {
            Workload::Script => {
                let ops_max = usize::try_from(OPS_MAX).unwrap_or_default();
                let limits = Limits { key: "script", size_max, ops_max, n_cpus: self.n_cpus };
                parse(&self.script, limits)
            }
            Workload::Random => Ok(drawn(Draw {
                seed: self.seed,
                n_ops: self.n_operations,
                alloc_percent: self.alloc_percent,
                size_max: self.size_bytes_max,
                n_cpus: self.n_cpus,
            })),
        }
    }

    fn caches(&self) -> Vec<Cache> {
        let of = |&size: &u64| Cache::new(size, self.align_bytes, self.slab_order, self.n_cpus);
        self.object_bytes.iter().map(of).collect()
    }
}

impl Engine for SlabCaches {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/slab",
        title: "Slab caches",
        summary: "Pages are cut into objects of one size, and each CPU has a slab to take from.",
        look_for: "Nearly every object comes from the list of its CPU, without a lock.",
        source: "bonwick-1994/3",
        time_unit: "operations",
        markers: &["new_slab", "partial", "gone", "fail"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "object_bytes",
            "Object sizes",
            Kind::Ints { min: 8, max: 16_384, len_min: 1, len_max: 16, single_key: "" },
        )
        .unit("bytes")
        .help("One cache each; those of kmalloc, unless set.")
        .or(Preset::Ints(&[8, 16, 32, 64, 96, 128, 192, 256, 512, 1_024, 2_048, 4_096, 8_192])),
        Field::new("align_bytes", "Alignment", Kind::Int { min: 8, max: 64 })
            .unit("bytes")
            .help("Objects begin at multiples of it; 64 is a cache line.")
            .or(Preset::Int(8)),
        Field::new("slab_order", "Order of a slab", Kind::Int { min: 0, max: 3 })
            .help("A slab has 2 to this power pages of 4,096 bytes, more if an object needs more.")
            .or(Preset::Int(0)),
        Field::new("n_cpus", "CPUs", Kind::Int { min: 1, max: 8 }).or(Preset::Int(1)),
        Field::new("min_partial", "Partial slabs kept", Kind::Int { min: 0, max: 10 })
            .help("An empty slab returns its pages if the cache has at least so many; SLUB has 5.")
            .or(Preset::Int(1)),
        Field::new("memory_pages", "Memory", Kind::Int { min: 1, max: 4_096 })
            .unit("pages")
            .or(Preset::Int(256)),
        Field::new(
            "workload",
            "Requests",
            Kind::Choice(&[("script", "As typed"), ("random", "Drawn by lot")]),
        )
        .or(Preset::Text("script")),
        Field::new("script", "Script", Kind::Code { max_chars: 20_000 })
            .help("Lines such as A = alloc 90 and free A; cpu 1: in front says on which CPU.")
            .or(Preset::Text("")),
        Field::new("seed", "Seed", Kind::Int { min: 0, max: 1_000_000 })
            .help("For requests drawn by lot.")
            .or(Preset::Int(0)),
        Field::new("n_operations", "Operations", Kind::Int { min: 1, max: OPS_MAX as i64 })
            .help("For requests drawn by lot.")
            .or(Preset::Int(40)),
        Field::new("alloc_percent", "Requests among them", Kind::Int { min: 0, max: 100 })
            .unit("%")
            .help("The others give back an object drawn from those that are held.")
            .or(Preset::Int(60)),
        Field::new("size_bytes_max", "Largest request", Kind::Int { min: 1, max: SIZE_MAX })
            .unit("bytes")
            .help("For requests drawn by lot.")
            .or(Preset::Int(600)),
    ];
    const EXAMPLE: &'static str = r#"{
        "n_cpus": 2,
        "script": "cpu 0: A = alloc 900\ncpu 0: B = alloc 700\ncpu 0: C = alloc 1000\ncpu 1: D = alloc 800\ncpu 0: free B\ncpu 0: E = alloc 600\ncpu 1: free A\ncpu 0: F = alloc 900\ncpu 0: G = alloc 900\ncpu 0: H = alloc 900\ncpu 1: free C\ncpu 1: I = alloc 900\ncpu 1: J = alloc 900\ncpu 1: K = alloc 900\ncpu 1: L = alloc 900"
    }"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        if !scenario.align_bytes.is_power_of_two() {
            let why = "an alignment is a power of two".to_owned();
            return Err(ScenarioError::one("/align_bytes", Fault::Conflict(why)));
        }
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
    let mut count = |key, label, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    let n_slabs = play.store.slabs.len() as u64;
    count("n_requests", "Requests", totals.n_allocs, "requests", Better::Neither);
    count("n_failed", "Requests that failed", totals.n_failed, "requests", Better::Lower);
    count(
        "n_fast",
        "Requests served from the CPU's own list",
        totals.n_fast,
        "requests",
        Better::Higher,
    );
    count(
        "n_locks",
        "Times that the lock of a list was taken",
        totals.n_locks,
        "times",
        Better::Lower,
    );
    count(
        "n_remote_frees",
        "Objects that went to a shared list",
        totals.n_remote,
        "objects",
        Better::Lower,
    );
    count("n_slabs_made", "Slabs made", totals.n_made, "slabs", Better::Lower);
    count(
        "n_slabs_returned",
        "Slabs whose pages went back",
        totals.n_returned,
        "slabs",
        Better::Neither,
    );
    count("n_slabs", "Slabs at the end", n_slabs, "slabs", Better::Neither);
    count("memory_pages", "Pages in use at the end", play.store.pages, "pages", Better::Lower);
    count("memory_pages_max", "Most pages in use", totals.pages_max, "pages", Better::Lower);
    count("held_bytes", "Bytes in objects that are held", totals.held, "bytes", Better::Neither);
    count("asked_bytes", "Bytes asked for of them", totals.asked, "bytes", Better::Neither);
    let fast = share(totals.n_fast, totals.n_allocs);
    log.metric("fast_share", "Share served from the CPU's own list", fast, "", Better::Higher);
    let inside = share(totals.held - totals.asked, totals.held);
    log.metric("internal_fragmentation", "Internal fragmentation", inside, "", Better::Lower);
    let used = share(totals.asked, play.store.pages * cache::PAGE_BYTES);
    log.metric("utilisation", "Share of the pages that was asked for", used, "", Better::Higher);
}
