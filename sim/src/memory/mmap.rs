//! Mappings: memory that is a file, memory that is shared, and what each process sees.
//!
//! # Model
//! Up to four processes map files and memory, private or shared, and read and write; pages come in
//! by faults. The page cache has one frame for each page of a file, which shared mappings and system
//! calls use, and from which private ones copy. Write-back brings dirty pages to their blocks. A
//! fork copies the entries of private pages and makes them read-only.
//! # Ties
//! A frame that became free last is used first. A fork leaves out the entries of regions that never
//! had a page of their own, as Linux does: their faults can find the pages again.
//! # Left out
//! Read-ahead and pages mapped around a fault, eviction and swapping, permissions of files, parts of
//! regions, MAP_FIXED, and the order in which blocks reach the device.
//! # Source
//! `man-mmap`; `linux-process-addrs`.

use super::mapping::run::{Costs, Runner};
use super::mapping::scene::{self, Picture};
use super::mapping::script::{Op, PROCESSES_MAX, read};
use super::mapping::world::{Words, World};
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct Mmap;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    files: Vec<File>,
    script: String,
    minor_ns: u64,
    major_ns: u64,
    fork_us: u64,
    fork_page_ns: u64,
}

#[derive(Debug, Deserialize)]
struct File {
    name: String,
    pages: u64,
    values: Vec<i64>,
}

const FILE: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 12 }).or(Preset::Numbered("file")),
    Field::new("pages", "Size", Kind::Int { min: 1, max: 1 << 18 }).unit("pages"),
    Field::new(
        "values",
        "First words",
        Kind::Ints { min: 0, max: 1_000_000, len_min: 0, len_max: 16, single_key: "" },
    )
    .help("The value at the start of each page; zero where none is given.")
    .or(Preset::Empty),
];

impl Engine for Mmap {
    type Scenario = Scenario;
    type State = Picture;
    const META: Meta = Meta {
        id: "memory/mmap",
        title: "Memory maps",
        summary: "Files and memory are mapped, shared or private, and pages come in by faults.",
        look_for: "See which entries name the same frame, and when a write gets a frame of its own.",
        source: "man-mmap/flags",
        time_unit: "steps",
        markers: &["minor", "major", "cow", "msync", "writeback", "fork", "signal", "crash"],
    };
    const FORM: &'static [Field] = &[
        Field::new("files", "Files", Kind::Rows { columns: FILE, len_min: 0, len_max: 8 })
            .or(Preset::Empty),
        Field::new("script", "Script", Kind::Code { max_chars: 6_000 }).help(
            "One statement a line: P1 mmap 0x10000 2 shared data; P1 mmap 0x20000 4 private \
             anonymous; P1 write 0x10000 = 7; P2 read 0x10000; P1 touch 0x10000 4096 write; P1 \
             pread data 0; P1 pwrite data 0 = 5; P1 msync 0x10000; P1 munmap 0x10000; P1 fork P2; \
             P1 exit; writeback; crash.",
        ),
        Field::new("minor_ns", "Minor fault", Kind::Int { min: 0, max: 1_000_000 })
            .unit("ns")
            .or(Preset::Int(1_000)),
        Field::new("major_ns", "Major fault", Kind::Int { min: 0, max: 100_000_000 })
            .unit("ns")
            .or(Preset::Int(25_000)),
        Field::new("fork_us", "Fork of an empty process", Kind::Int { min: 0, max: 10_000 })
            .unit("µs")
            .or(Preset::Int(35)),
        Field::new("fork_page_ns", "Fork, for each entry", Kind::Int { min: 0, max: 1_000 })
            .unit("ns")
            .help("10 to 100, which depends on the machine.")
            .or(Preset::Int(65)),
    ];
    const EXAMPLE: &'static str = r#"{"files": [{"name": "data", "pages": 2, "values": [1, 2]}], "script":
"P1 mmap 0x10000 2 shared data\nP2 mmap 0x50000 2 shared data\nP2 mmap 0x90000 2 private data\nP2 read 0x90000\nP1 write 0x10000 = 7\nP2 read 0x50000\nP2 read 0x90000\nP2 write 0x90000 = 9\nP1 read 0x10000\nP1 msync 0x10000\nP1 write 0x10000 = 8\ncrash\nP1 pread data 0"}"#;

    fn run(scenario: &Scenario, log: &mut Log<Picture>) -> Result<(), ScenarioError> {
        let ops = script(scenario)?;
        let mut runner = Runner::new(world(scenario), costs(scenario));
        runner.run(&ops, log)?;
        metrics(&runner, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<Picture>]) -> Scene {
        // The script was read without a fault when the run was made.
        script(scenario).map_or_else(|_| Scene::default(), |it| scene::scene(&it, past))
    }

    fn actors(_: &Scenario) -> Vec<String> {
        (1..=PROCESSES_MAX).map(|it| format!("P{it}")).collect()
    }
}

fn script(scenario: &Scenario) -> Result<Vec<Op>, ScenarioError> {
    let names: Vec<&str> = scenario.files.iter().map(|it| it.name.as_str()).collect();
    read(&scenario.script, &names)
}

fn costs(scenario: &Scenario) -> Costs {
    Costs {
        minor_ns: scenario.minor_ns,
        major_ns: scenario.major_ns,
        fork_ns: scenario.fork_us * 1_000,
        fork_page_ns: scenario.fork_page_ns,
    }
}

fn world(scenario: &Scenario) -> World {
    let block = |file: &File, page: u64| {
        let value = usize::try_from(page).ok().and_then(|it| file.values.get(it)).copied();
        value.filter(|it| *it != 0).map_or_else(Words::new, |it| vec![(0, it)])
    };
    let file =
        |file: &File| (file.name.clone(), (0..file.pages).map(|page| block(file, page)).collect());
    World::new(scenario.files.iter().map(file).collect(), usize::from(PROCESSES_MAX))
}

fn metrics(runner: &Runner, log: &mut Log<Picture>) {
    let totals = runner.world.totals;
    let mut count = |key, label, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    count("n_accesses", "Accesses", totals.n_accesses, "accesses", Better::Neither);
    count("n_minor", "Minor faults", totals.n_minor, "faults", Better::Lower);
    count("n_major", "Major faults", totals.n_major, "faults", Better::Lower);
    count("n_signals", "Signals", totals.n_signals, "signals", Better::Lower);
    count("n_copies", "Pages copied", totals.n_copies, "pages", Better::Lower);
    count("n_touched", "Pages touched in loops", totals.n_touched, "pages", Better::Neither);
    count("n_blocks_read", "Blocks read", totals.n_blocks_read, "blocks", Better::Lower);
    count("n_blocks_written", "Blocks written", totals.n_blocks_written, "blocks", Better::Lower);
    count("n_lost", "Dirty pages lost", runner.n_lost, "pages", Better::Lower);
    let copied = totals.n_entries_copied;
    count("n_entries_copied", "Entries copied by forks", copied, "entries", Better::Lower);
    count("entries_copied_bytes", "Bytes of them", 8 * copied, "bytes", Better::Lower);
    count("fork_ns", "Time in forks", runner.fork_ns(), "ns", Better::Lower);
    count("time_ns", "Time in faults and forks", runner.time_ns(), "ns", Better::Lower);
}
