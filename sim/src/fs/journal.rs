//! A journal: several scattered writes become all or nothing, and a crash may come at any of them.
//!
//! # Model
//! A file system of one bitmap, an inode for each file and blocks of data, with a journal beside it,
//! as jbd2 keeps it: descriptor, new images, commit record. Changes of all programs gather in one
//! transaction until a commit. Each wait is a flush of the disk's own cache; after it, all that was
//! given is on the disk. A crash keeps what was written and loses memory and that cache. Time is the
//! number of blocks written.
//! # Ties
//! The lowest free block is taken first. A transaction's images are written in the order in which
//! they joined it. A checkpoint goes by home, lowest first.
//! # Left out
//! Deleting files and revoke records, delayed allocation, a commit on the way while the next
//! transaction runs, journals that fail to be written, blocks that are written in part.
//! # Source
//! `tweedie-1998`, `linux-ext4-journal`, and `prabhakaran-2005` for the modes.

use super::journaling::{Check, Disk, Does, Kernel, Mode, Op, Plan, State, scene};
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct Journal;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    mode: Mode,
    files: Vec<File>,
    script: Vec<Line>,
    crash_after: Option<u64>,
    crash_again_after: Option<u64>,
    disk: Disk,
    flushes: bool,
    checksums: bool,
    cache_blocks: usize,
    data_blocks: usize,
    journal_blocks: usize,
}

#[derive(Debug, Deserialize)]
struct File {
    name: String,
    blocks: usize,
}

/// One line of the script, as the reader gives it.
#[derive(Debug, Deserialize)]
struct Line {
    does: Does,
    file: Option<String>,
    n: Option<usize>,
}

const FILES: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 3 }),
    Field::new("blocks", "Blocks at the start", Kind::Int { min: 0, max: 16 })
        .unit("blocks")
        .or(Preset::Int(0)),
];

const LINE: &[Field] = &[
    Field::new(
        "does",
        "Does",
        Kind::Choice(&[
            ("append", "append blocks"),
            ("overwrite", "overwrite a block"),
            ("fsync", "fsync"),
            ("write_back", "flusher thread writes dirty data"),
            ("commit", "the timer commits"),
            ("checkpoint", "checkpoint"),
        ]),
    ),
    Field::new("file", "File", Kind::Text { max_chars: 3 })
        .help("Of append, overwrite and fsync; left out, the first.")
        .or(Preset::Unset),
    Field::new("n", "Number", Kind::Int { min: 0, max: 32 })
        .help("Blocks to append, 1 if left out; or which block is overwritten, from 0.")
        .or(Preset::Unset),
];

impl Engine for Journal {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "fs/journal",
        title: "A journal and a crash",
        summary: "Changes go into a journal before they go home, so that a crash leaves all of a \
                  transaction or nothing.",
        look_for: "Follow one block from memory into the journal and home, and read what a crash \
                   would leave at each step.",
        source: "tweedie-1998/1",
        time_unit: "block writes",
        markers: &["commit", "crash", "forget", "recovered"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "mode",
            "Mode",
            Kind::Choice(&[
                ("journal", "journal: data is logged too"),
                ("ordered", "ordered: data first"),
                ("writeback", "writeback: data at any time"),
            ]),
        )
        .or(Preset::Text("ordered")),
        Field::new("files", "Files", Kind::Rows { columns: FILES, len_min: 1, len_max: 4 }),
        Field::new("script", "Script", Kind::Rows { columns: LINE, len_min: 1, len_max: 40 }),
        Field::new("crash_after", "The power fails after", Kind::Int { min: 0, max: 4_000 })
            .unit("block writes")
            .help("Just before the next one; left out, there is no crash.")
            .or(Preset::Unset),
        Field::new("crash_again_after", "And again in recovery", Kind::Int { min: 0, max: 100 })
            .unit("block writes")
            .help("Blocks that recovery has written by then; left out, it is not interrupted.")
            .or(Preset::Unset),
        Field::new(
            "disk",
            "The disk",
            Kind::Choice(&[
                ("in_order", "writes in the order given"),
                ("newest_first", "has a cache and writes the newest first"),
            ]),
        )
        .help("What is given to the disk between two flushes may be written in any order.")
        .or(Preset::Text("in_order")),
        Field::new("cache_blocks", "The disk's cache", Kind::Int { min: 1, max: 32 })
            .unit("blocks")
            .help("When so many have gathered, it writes them without being told.")
            .or(Preset::Int(8)),
        Field::new("flushes", "Flushes", Kind::Flag)
            .help("Off: the kernel never waits for the disk's cache.")
            .or(Preset::Flag(true)),
        Field::new("checksums", "Checksum in the commit record", Kind::Flag)
            .help("Off: recovery believes every commit record.")
            .or(Preset::Flag(true)),
        Field::new("data_blocks", "Blocks for data", Kind::Int { min: 4, max: 40 })
            .unit("blocks")
            .help("The disk has so many, besides a bitmap and one inode for each file.")
            .or(Preset::Int(8)),
        Field::new("journal_blocks", "Journal", Kind::Int { min: 8, max: 48 })
            .unit("blocks")
            .help("One is its superblock, the others are a ring.")
            .or(Preset::Int(12)),
    ];
    const EXAMPLE: &'static str = r#"{
        "mode": "ordered",
        "files": [{"name": "A", "blocks": 1}],
        "script": [
            {"does": "append", "file": "A", "n": 2},
            {"does": "commit"},
            {"does": "checkpoint"}
        ],
        "crash_after": 7
    }"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let plan = plan(scenario)?;
        let mut kernel = Kernel::new(&plan, log);
        kernel.run()?;
        let (state, points) = (kernel.state, kernel.points);
        let mut count = |key, label, value: u64, unit, better| {
            log.metric(key, label, value as f64, unit, better);
        };
        let counts = state.counts;
        count("n_writes", "Blocks written", counts.written(), "blocks", Better::Lower);
        count("n_data_writes", "Data written home", counts.data, "blocks", Better::Lower);
        count(
            "n_journal_writes",
            "Written into the journal",
            counts.journal,
            "blocks",
            Better::Lower,
        );
        count("n_home_writes", "Metadata written home", counts.home, "blocks", Better::Lower);
        count("n_flushes", "Flushes", counts.flushes, "flushes", Better::Lower);
        count("n_recovery_writes", "Written by recovery", counts.recovery, "blocks", Better::Lower);
        count("n_asked", "Written by programs", counts.asked, "blocks", Better::Neither);
        count("n_points", "Points for a crash", points.all, "points", Better::Neither);
        let label = "Points that leave broken metadata";
        count("n_points_inconsistent", label, points.inconsistent, "points", Better::Lower);
        let label = "Points that leave stale content";
        count("n_points_stale", label, points.stale, "points", Better::Lower);
        let label = "Points that leave a mixture";
        count("n_points_mixed", label, points.mixed, "points", Better::Lower);
        let label = "Points that lose what fsync promised";
        count("n_points_lost", label, points.lost, "points", Better::Lower);
        let stale: usize = state.seen.iter().map(|it| it.stale.len()).sum();
        count("n_stale_blocks", "Stale blocks at the end", stale as u64, "blocks", Better::Lower);
        let clean = u64::from(state.check == Check::Clean);
        count("is_consistent", "Metadata consistent (1 = yes)", clean, "", Better::Higher);
        for (name, seen) in plan.files.iter().zip(&state.seen) {
            log.metric_of("size_blocks", name, "Size", seen.versions.len() as f64, "blocks");
        }
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
    let files: Vec<String> = scenario.files.iter().map(|it| it.name.clone()).collect();
    let sizes: Vec<usize> = scenario.files.iter().map(|it| it.blocks).collect();
    let (all, room) = (sizes.iter().sum::<usize>(), scenario.data_blocks);
    if room < all {
        let why = format!("the files have {all} blocks, the disk has {room} for data");
        problems.push(Problem { at: "/files".to_owned(), fault: Fault::Conflict(why) });
    }
    let mut script = Vec::new();
    for (row, Line { does, file, n }) in scenario.script.iter().enumerate() {
        let found = match file {
            None => Some(0),
            Some(name) => files.iter().position(|it| it == name),
        };
        if found.is_none() {
            let fault = Fault::Dangling(file.clone().unwrap_or_default());
            problems.push(Problem { at: format!("/script/{row}/file"), fault });
        }
        let n = n.unwrap_or(usize::from(*does == Does::Append));
        if n == 0 && *does == Does::Append {
            let fault = Fault::OutOfRange { got: 0, min: 1, max: 32 };
            problems.push(Problem { at: format!("/script/{row}/n"), fault });
        }
        script.push(Op { does: *does, file: found.unwrap_or_default(), n });
    }
    if !problems.is_empty() {
        return Err(ScenarioError(problems));
    }
    Ok(Plan {
        mode: scenario.mode,
        files,
        sizes,
        script,
        n_data: scenario.data_blocks,
        n_slots: scenario.journal_blocks,
        disk: scenario.disk,
        n_cache: scenario.cache_blocks,
        flushes: scenario.flushes,
        checksums: scenario.checksums,
        crash_after: scenario.crash_after,
        crash_again_after: scenario.crash_again_after,
    })
}
