//! Pages for many CPUs: a list for each in front of the buddy lists, and reclaim when few are left.
//!
//! # Model
//! One zone with buddy lists under one lock, which CPUs get in the order in which they ask. Each
//! CPU asks for single pages, with work in between, until it holds some number of them, and then
//! gives them all back. A page comes from the CPU's own list; if that is empty, a batch is fetched
//! under the lock. A page given back goes to the own list; if that grows too long, a batch goes
//! back. Some pages come to hold parts of files: nobody gives them back, so they must be reclaimed.
//! Below the low mark of free pages the thread kswapd reclaims until the high mark is reached;
//! below the min mark whoever asks must reclaim first, and if nothing can be reclaimed, the lists of
//! all CPUs come back before a request fails. Reclaim goes through the inactive list; a
//! page that was used since is made active instead.
//! # Ties
//! Of things at one moment the CPU with the lowest number comes first, kswapd last. Free pages in
//! the CPUs' lists do not count for the marks.
//! # Left out
//! Several zones and nodes, larger orders, the cost of the spinlock that each list has since Linux
//! 6.0, lists that tune their own length, writing in the background, swap,
//! generations of pages (MGLRU). The write of a dirty page is waited for.
//! # Source
//! `linux-page-alloc`; `linux-physical-memory`; `gorman-2004`, chapters 6 and 10.

mod agent;
#[cfg(test)]
mod laws;
mod run;
mod say;
mod scene;
mod world;

pub(crate) use self::agent::State;
use self::run::Machine;
use crate::amounts::share;
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct PerCpuPages;

/// CPUs, memory, costs.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    n_cpus: u16,
    memory_pages: u64,
    per_cpu_lists: bool,
    batch_pages: u64,
    list_pages_max: u64,
    n_requests: u64,
    hold_pages: u64,
    work_ns: u64,
    list_ns: u64,
    lock_ns: u64,
    page_ns: u64,
    cached_percent: u64,
    dirty_percent: u64,
    touch_percent: u64,
    min_pages: u64,
    low_pages: u64,
    high_pages: u64,
    reclaim_pages: u64,
    scan_ns: u64,
    write_ns: u64,
    seed: u64,
}

const fn pages(key: &'static str, label: &'static str, min: i64, max: i64) -> Field {
    Field::new(key, label, Kind::Int { min, max }).unit("pages")
}

const fn nanoseconds(key: &'static str, label: &'static str, max: i64) -> Field {
    Field::new(key, label, Kind::Int { min: 0, max }).unit("ns")
}

const fn share_of(key: &'static str, label: &'static str) -> Field {
    Field::new(key, label, Kind::Int { min: 0, max: 100 }).unit("%")
}

impl Engine for PerCpuPages {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/per_cpu_pages",
        title: "Pages for many CPUs",
        summary: "Each CPU has a list of free pages before the shared ones, which have one lock.",
        look_for: "How often CPUs stand in line for the lock, and who pays when pages run out.",
        source: "gorman-2004/6",
        time_unit: "ns",
        markers: &["wait", "direct", "wake", "fail"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new("n_cpus", "CPUs", Kind::Int { min: 1, max: 32 }).or(Preset::Int(4)),
        pages("memory_pages", "Memory", 16, 1_024).or(Preset::Int(128)),
        Field::new("per_cpu_lists", "Each CPU has a list", Kind::Flag)
            .help("Without, every page is taken and given back under the lock.")
            .or(Preset::Flag(true)),
        pages("batch_pages", "Batch", 1, 63)
            .help("So many pages go from the buddy lists to a CPU's list at once, and back.")
            .or(Preset::Int(8)),
        pages("list_pages_max", "Longest list", 0, 512)
            .help("If a CPU's list has more, a batch goes back.")
            .or(Preset::Int(16)),
        Field::new("n_requests", "Requests of each CPU", Kind::Int { min: 1, max: 400 })
            .help("Pages asked for and given back, together.")
            .or(Preset::Int(24)),
        pages("hold_pages", "Pages held", 1, 256)
            .help("A CPU asks until it holds so many, then gives all of them back.")
            .or(Preset::Int(6)),
        nanoseconds("work_ns", "Work between requests", 1_000_000)
            .help("On average; each time between half and one and a half of it.")
            .or(Preset::Int(600)),
        nanoseconds("list_ns", "Use of the own list", 10_000).or(Preset::Int(20)),
        nanoseconds("lock_ns", "Lock and buddy lists", 100_000)
            .help("How long the lock is held, besides the time for each page.")
            .or(Preset::Int(200)),
        nanoseconds("page_ns", "For each page under the lock", 10_000).or(Preset::Int(10)),
        share_of("cached_percent", "Pages for files")
            .help("Such a page stays in memory until it is reclaimed.")
            .or(Preset::Int(0)),
        share_of("dirty_percent", "Dirty ones among them")
            .help("They are written before they can be reclaimed.")
            .or(Preset::Int(0)),
        share_of("touch_percent", "Requests that use a file's page again").or(Preset::Int(0)),
        pages("min_pages", "Mark min", 0, 512)
            .help("With fewer free pages, whoever asks must reclaim first.")
            .or(Preset::Int(4)),
        pages("low_pages", "Mark low", 0, 512)
            .help("With fewer free pages, kswapd wakes up.")
            .or(Preset::Int(8)),
        pages("high_pages", "Mark high", 0, 512)
            .help("With so many free pages, kswapd sleeps again.")
            .or(Preset::Int(16)),
        pages("reclaim_pages", "Pages reclaimed at once", 1, 64).or(Preset::Int(8)),
        nanoseconds("scan_ns", "Look at a page", 100_000).or(Preset::Int(50)),
        nanoseconds("write_ns", "Write of a dirty page", 10_000_000).or(Preset::Int(2_000)),
        Field::new("seed", "Seed", Kind::Int { min: 0, max: 1_000_000 }).or(Preset::Int(1)),
    ];
    const EXAMPLE: &'static str = "{}";

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Scenario { min_pages, low_pages, high_pages, memory_pages, .. } = *scenario;
        let ordered = [
            ("/low_pages", min_pages <= low_pages, "the low mark lies below the min mark"),
            ("/high_pages", low_pages <= high_pages, "the high mark lies below the low mark"),
            ("/high_pages", high_pages <= memory_pages, "there are fewer pages than the high mark"),
        ];
        if let Some((at, _, why)) = ordered.into_iter().find(|it| !it.1) {
            return Err(ScenarioError::one(at, Fault::Conflict(why.to_owned())));
        }
        let mut machine = Machine::new(scenario);
        machine.run(log)?;
        metrics(&machine, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(scenario, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        let cpus = (0..scenario.n_cpus).map(|it| format!("CPU {it}"));
        cpus.chain(std::iter::once("kswapd".to_owned())).collect()
    }
}

fn metrics(machine: &Machine<'_>, log: &mut Log<State>) {
    let totals = machine.totals;
    let time = machine.end_ns;
    let (lower, higher, none) = (Better::Lower, Better::Higher, Better::Neither);
    let mut count = |key, label, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    count("n_allocs", "Pages asked for", totals.n_allocs, "pages", none);
    count("n_failed", "Requests that failed", totals.n_failed, "requests", lower);
    count("n_fast", "Pages from the CPU's own list", totals.n_fast, "pages", higher);
    count("n_locks", "Times that the zone lock was taken", totals.n_locks, "times", lower);
    count("n_lock_waits", "Times that somebody waited for it", totals.n_waits, "times", lower);
    count("lock_wait_ns", "Time in line for the lock", totals.wait_ns, "ns", lower);
    count("time_ns", "Time until all are done", time, "ns", lower);
    count("alloc_ns_max", "Longest wait for a page", totals.alloc_ns_max, "ns", lower);
    count("n_kswapd_wakes", "Times that kswapd woke", totals.n_wakes, "times", none);
    count("n_reclaimed_kswapd", "Pages reclaimed by kswapd", totals.n_by_kswapd, "pages", none);
    count("n_reclaimed_direct", "Pages reclaimed by who asked", totals.n_direct, "pages", lower);
    count("n_direct_stalls", "Requests that had to reclaim", totals.n_stalls, "requests", lower);
    count("direct_stall_ns", "Time that they spent on it", totals.stall_ns, "ns", lower);
    count("n_scanned", "Pages looked at by reclaim", totals.n_scanned, "pages", lower);
    count("n_activated", "Pages spared, because they were used", totals.n_activated, "pages", none);
    count("n_written", "Dirty pages written", totals.n_written, "pages", lower);
    let n_got = totals.n_allocs - totals.n_failed;
    let mean = share(totals.alloc_ns, n_got);
    log.metric("alloc_ns_mean", "Mean time to get a page", mean, "ns", lower);
    let busy = share(totals.lock_ns, time);
    log.metric("lock_utilisation", "Share of time in which the lock is held", busy, "", lower);
    let rate = 1_000.0 * share(n_got, time);
    log.metric("allocs_per_us", "Pages given out in a microsecond", rate, "pages", higher);
    let fast = share(totals.n_fast, totals.n_allocs);
    log.metric("fast_share", "Share from the CPU's own list", fast, "", higher);
}
