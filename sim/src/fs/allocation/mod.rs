//! Three ways to give blocks to files: contiguous, linked and indexed.
//!
//! # Model
//! A small disk and files that come, grow, are read and go. Contiguous: a file is one run. Linked: each
//! block holds the number of the next, or, as in FAT, a table in memory does. Indexed: a block of
//! pointers lists the blocks. Directories are in memory; what else is needed is read.
//! # Ties
//! Linked and indexed files take the free blocks with the lowest numbers, an index block first. Of runs
//! that fit equally well the one at the lowest block is taken.
//! # Left out
//! Trees of index blocks, which the inode has; the share of a linked block that its pointer takes;
//! writing; copies of the table.
//! # Source
//! `silberschatz-10e`, 14.4.

#[cfg(test)]
mod laws;
mod run;
mod scene;
mod script;

use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use run::{Runner, State};
use serde::Deserialize;

/// The engine.
pub(crate) struct Allocation;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    script: String,
    method: Method,
    fit: Fit,
    grow: Grow,
    disk_blocks: u64,
    index_entries: u64,
}

/// How blocks are given out and remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Method {
    Contiguous,
    Linked,
    Fat,
    Indexed,
}

/// Which run a contiguous file gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fit {
    First,
    Best,
    Worst,
}

/// What happens if a contiguous file cannot grow where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Grow {
    Fail,
    Move,
}

impl Engine for Allocation {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "fs/allocation",
        title: "Which blocks for which file",
        summary: "Contiguous, linked and indexed files on one disk: growth, random access, damage.",
        look_for: "Count the blocks that are read to reach one in the middle, and see who cannot grow.",
        source: "silberschatz-10e/14.4",
        time_unit: "reads",
        markers: &["full", "moved", "found", "lost"],
    };
    const FORM: &'static [Field] = &[
        Field::new("script", "Script", Kind::Code { max_chars: 3_000 }).help(
            "One statement a line, sizes in blocks: create A 4; extend A 2; delete A; read A (all of it); \
             read A 3 (one block, from 0); lose 5 (a block of the disk breaks).",
        ),
        Field::new(
            "method",
            "Method",
            Kind::Choice(&[
                ("contiguous", "contiguous"),
                ("linked", "linked, in the blocks"),
                ("fat", "linked, in a table (FAT)"),
                ("indexed", "indexed"),
            ]),
        )
        .or(Preset::Text("linked")),
        Field::new(
            "fit",
            "Contiguous files get",
            Kind::Choice(&[
                ("first", "the first run that fits"),
                ("best", "the shortest run that fits"),
                ("worst", "the longest run"),
            ]),
        )
        .or(Preset::Text("first")),
        Field::new(
            "grow",
            "If one cannot grow",
            Kind::Choice(&[("fail", "the call fails"), ("move", "it is moved as a whole")]),
        )
        .help("Only contiguous files.")
        .or(Preset::Text("fail")),
        Field::new("disk_blocks", "Disk", Kind::Int { min: 4, max: 60 })
            .unit("blocks")
            .or(Preset::Int(20)),
        Field::new("index_entries", "Pointers in an index block", Kind::Int { min: 1, max: 60 })
            .unit("pointers")
            .help("A block of 4 KiB would hold 1,024.")
            .or(Preset::Int(8)),
    ];
    const EXAMPLE: &'static str = r#"{"method": "linked", "script":
        "create A 4\ncreate B 4\ndelete A\ncreate C 7\nread C 5\nread B 2\nextend B 2\nread B 5"}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let script = script::read(&scenario.script, scenario.disk_blocks)?;
        let mut runner = Runner::new(scenario, &script);
        runner.run(log)?;
        metrics(&runner.state, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        // The script was read without a fault when the run was made.
        let script = script::read(&scenario.script, scenario.disk_blocks);
        script.map_or_else(|_| Scene::default(), |it| scene::scene(scenario, &it, past))
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        script::read(&scenario.script, scenario.disk_blocks)
            .map_or_else(|_| Vec::new(), |it| it.names)
    }
}

fn metrics(state: &State, log: &mut Log<State>) {
    let totals = state.totals;
    let mut add = |key: &str, label: &str, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    add("n_reads", "Blocks read", totals.n_reads, "blocks", Better::Lower);
    add("n_data_reads", "Blocks asked for", totals.n_data, "blocks", Better::Neither);
    add("n_table_steps", "Steps in the table", totals.n_steps, "steps", Better::Lower);
    add("n_copied", "Blocks copied by moves", totals.n_copied, "blocks", Better::Lower);
    add("arm_blocks", "Way of the arm", totals.arm, "blocks", Better::Lower);
    add("n_failed", "Calls that failed", totals.n_failed, "calls", Better::Lower);
    add("n_unreadable", "Blocks out of reach", totals.n_unreadable, "blocks", Better::Lower);
    let free = state.runs();
    add("n_free", "Free blocks", free.iter().map(|it| it.1).sum(), "blocks", Better::Neither);
    let longest = free.iter().map(|it| it.1).max().unwrap_or(0);
    add("n_free_longest", "Longest free run", longest, "blocks", Better::Higher);
    add("n_index_blocks", "Index blocks", state.n_index(), "blocks", Better::Lower);
    for (at, reads) in state.reads.iter().enumerate() {
        log.metric_of("reads", &format!("{}", at + 1), "Reads", *reads as f64, "blocks");
    }
}
