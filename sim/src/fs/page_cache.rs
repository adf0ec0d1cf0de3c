//! The page cache: reads come from memory, writes return early, and a flusher writes back later.
//!
//! # Model
//! One program and its files, page by page. A read takes a page from memory or waits for the device,
//! and a file that is read in order is fetched ahead in windows that double, as Linux does it. A
//! write makes a page dirty and returns. A flusher wakes up at intervals and writes what is old, or
//! works all the time above one threshold; above another, writers wait. What the device was given
//! lies in its own cache until a flush. Costs are a request and each of its pages.
//! # Ties
//! The least recently used clean page gives way. Dirty pages are written oldest first, and those of
//! one request by place.
//! # Left out
//! Mappings, writes of parts of pages, several programs at once, the slow brake between the two
//! thresholds, metadata, errors, and the ways in which a device empties its cache by itself.
//! # Source
//! `linux-vm-sysctl`, for timers and thresholds; `tlpi/13`; `man-open`, for `O_DIRECT`.

use super::caching::{Costs, Does, Kernel, Op, Plan, State, scene};
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct PageCache;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    files: Vec<File>,
    script: Vec<Line>,
    n_frames: usize,
    ahead_pages: usize,
    background_percent: usize,
    limit_percent: usize,
    expire_s: u64,
    interval_s: u64,
    copy_us: u64,
    request_us: u64,
    page_us: u64,
    flush_us: u64,
}

#[derive(Debug, Deserialize)]
struct File {
    name: String,
    pages: usize,
}

/// One line of the script, as the reader gives it.
#[derive(Debug, Deserialize)]
struct Line {
    does: Does,
    file: Option<String>,
    page: usize,
    n: usize,
    ms: u64,
}

const FILES: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 4 }),
    Field::new("pages", "Size", Kind::Int { min: 1, max: 64 }).unit("pages").or(Preset::Int(16)),
];

const LINE: &[Field] = &[
    Field::new(
        "does",
        "Does",
        Kind::Choice(&[
            ("read", "read"),
            ("write", "write"),
            ("fsync", "fsync"),
            ("sync", "sync"),
            ("direct_read", "read with O_DIRECT"),
            ("direct_write", "write with O_DIRECT"),
            ("sleep", "sleep"),
            ("drop", "clean pages are taken away"),
        ]),
    ),
    Field::new("file", "File", Kind::Text { max_chars: 4 })
        .help("Left out, the first.")
        .or(Preset::Unset),
    Field::new("page", "From page", Kind::Int { min: 0, max: 63 }).or(Preset::Int(0)),
    Field::new("n", "Pages", Kind::Int { min: 1, max: 64 }).or(Preset::Int(1)),
    Field::new("ms", "Sleeps", Kind::Int { min: 0, max: 100_000 })
        .unit("ms")
        .or(Preset::Int(1_000)),
];

const fn us(key: &'static str, label: &'static str, preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min: 0, max: 100_000 }).unit("µs").or(Preset::Int(preset))
}

const fn percent(key: &'static str, label: &'static str, preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min: 1, max: 100 }).unit("%").or(Preset::Int(preset))
}

impl Engine for PageCache {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "fs/page_cache",
        title: "The page cache",
        summary: "Pages of files stay in memory, are read ahead and written back later, and what \
                  is not yet on the disk can be lost.",
        look_for: "Watch how long a page stays dirty, and what a crash would lose at each moment.",
        source: "linux-vm-sysctl/dirty_expire_centisecs",
        time_unit: "µs",
        markers: &["miss", "flusher", "throttle", "fsync", "sync"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new("files", "Files", Kind::Rows { columns: FILES, len_min: 1, len_max: 3 }),
        Field::new("script", "Script", Kind::Rows { columns: LINE, len_min: 1, len_max: 40 }),
        Field::new("n_frames", "Memory for the cache", Kind::Int { min: 4, max: 256 })
            .unit("pages")
            .or(Preset::Int(40)),
        Field::new("ahead_pages", "Read-ahead", Kind::Int { min: 0, max: 64 })
            .unit("pages")
            .help("Most pages of a window; Linux has 128 KiB, which are 32 pages. 0 for none.")
            .or(Preset::Int(32)),
        percent("background_percent", "The flusher begins above", 10)
            .help("Of the cache; dirty_background_ratio."),
        percent("limit_percent", "Writers wait above", 20).help("Of the cache; dirty_ratio."),
        Field::new("expire_s", "Written back after", Kind::Int { min: 1, max: 100 })
            .unit("s")
            .help("A page may be dirty for so long; dirty_expire_centisecs is 3,000.")
            .or(Preset::Int(30)),
        Field::new("interval_s", "The flusher wakes up every", Kind::Int { min: 1, max: 100 })
            .unit("s")
            .help("The setting dirty_writeback_centisecs is 500.")
            .or(Preset::Int(5)),
        us("copy_us", "To copy a page", 2).help("From memory to the program or back."),
        us("request_us", "A request to the device", 80).help("80 is an SSD, 8,000 a hard disk."),
        us("page_us", "Each page of a request", 1).help("1 is 4 GB/s, 20 a hard disk."),
        us("flush_us", "A flush of the device", 240).help("20 to 5,000 on SSDs."),
    ];
    const EXAMPLE: &'static str = r#"{
        "files": [{"name": "A", "pages": 16}],
        "script": [
            {"does": "sleep", "ms": 1000},
            {"does": "write", "page": 2, "n": 3},
            {"does": "write", "page": 3},
            {"does": "sleep", "ms": 12000},
            {"does": "write", "page": 8},
            {"does": "sleep", "ms": 24000},
            {"does": "fsync"}
        ]
    }"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let plan = plan(scenario)?;
        let mut kernel = Kernel::new(&plan, log);
        kernel.run()?;
        let state = kernel.state;
        let counts = state.counts;
        let mut count = |key, label, value: u64, unit, better| {
            log.metric(key, label, value as f64, unit, better);
        };
        count("n_reads", "Pages read by the program", counts.reads, "pages", Better::Neither);
        count("n_hits", "Reads from memory", counts.hits, "reads", Better::Higher);
        count("n_misses", "Reads from the device", counts.misses, "reads", Better::Lower);
        count("n_waits", "Reads of pages on their way", counts.waits, "reads", Better::Lower);
        count("n_requests", "Requests to the device", counts.requests, "requests", Better::Lower);
        count(
            "n_pages_read",
            "Pages that the device read",
            counts.pages_read,
            "pages",
            Better::Lower,
        );
        count("n_ahead", "Of them ahead", counts.pages_ahead, "pages", Better::Neither);
        count("n_wasted", "Read ahead for nothing", counts.wasted, "pages", Better::Lower);
        count("n_writes", "Pages written by the program", counts.writes, "pages", Better::Neither);
        let written = counts.pages_written;
        count("n_pages_written", "Pages written to the device", written, "pages", Better::Lower);
        count("n_flushes", "Flushes", counts.flushes, "flushes", Better::Lower);
        count("n_throttled", "Writes that had to wait", counts.throttled, "writes", Better::Lower);
        count("wait_us", "Waited for the device", counts.wait_us, "µs", Better::Lower);
        let mut lost = (0, 0);
        for file in 0..plan.files.len() {
            let (kernel, power) = state.at_risk(file);
            lost = (lost.0 + kernel, lost.1 + power);
        }
        count("n_dirty", "Dirty at the end", state.n_dirty() as u64, "pages", Better::Lower);
        count("n_lost_crash", "Lost if the kernel crashes", lost.0 as u64, "pages", Better::Lower);
        count("n_lost_power", "Lost if the power fails", lost.1 as u64, "pages", Better::Lower);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        // The plan was made without a fault when the run was made.
        plan(scenario).map_or_else(|_| Scene::default(), |it| scene(&it, past))
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        scenario.files.iter().map(|it| it.name.clone()).collect()
    }
}

/// Makes a scenario ready.
pub(super) fn plan(scenario: &Scenario) -> Result<Plan, ScenarioError> {
    let mut problems = Vec::new();
    let mut fault = |at: String, fault: Fault| problems.push(Problem { at, fault });
    let files: Vec<String> = scenario.files.iter().map(|it| it.name.clone()).collect();
    let sizes: Vec<usize> = scenario.files.iter().map(|it| it.pages).collect();
    if scenario.limit_percent < scenario.background_percent {
        let why = "writers cannot wait before the flusher begins".to_owned();
        fault("/limit_percent".to_owned(), Fault::Conflict(why));
    }
    let mut script = Vec::new();
    for (row, &Line { does, ref file, page, n, ms }) in scenario.script.iter().enumerate() {
        let found = match file {
            None => Some(0),
            Some(name) => files.iter().position(|it| it == name),
        };
        let Some(file) = found else {
            let name = file.clone().unwrap_or_default();
            fault(format!("/script/{row}/file"), Fault::Dangling(name));
            continue;
        };
        let moves = matches!(does, Does::Read | Does::Write | Does::DirectRead | Does::DirectWrite);
        if moves && sizes[file] < page + n {
            let why = format!("the file has {} pages", sizes[file]);
            let key = if page < sizes[file] { "n" } else { "page" };
            fault(format!("/script/{row}/{key}"), Fault::Conflict(why));
        }
        script.push(Op { does, file, page, n, ms });
    }
    if !problems.is_empty() {
        return Err(ScenarioError(problems));
    }
    let of_cache = |percent: usize| scenario.n_frames * percent / 100;
    let limit = of_cache(scenario.limit_percent).max(1);
    Ok(Plan {
        files,
        sizes,
        script,
        n_frames: scenario.n_frames,
        // A window must not push itself out of the cache.
        ahead_max: scenario.ahead_pages.min(scenario.n_frames / 2),
        background: of_cache(scenario.background_percent).min(limit),
        limit,
        expire_us: scenario.expire_s * 1_000_000,
        interval_us: scenario.interval_s * 1_000_000,
        costs: Costs {
            copy_us: scenario.copy_us,
            request_us: scenario.request_us,
            page_us: scenario.page_us,
            flush_us: scenario.flush_us,
        },
    })
}
