//! Extents: runs of blocks instead of pointers, and the moment when blocks are chosen.
//!
//! # Model
//! Files on a disk of blocks, each with a list of extents. A request takes blocks just behind the
//! file's block before if all of it fits there, else the first free run that holds all of it, else the
//! longest, and goes on with the rest. Blocks are chosen at each write, or, delayed, at the write-back
//! for all that waits. Four extents stand in the inode; more need blocks of a tree.
//! # Ties
//! Of runs that fit equally well the one at the lowest block is taken.
//! # Left out
//! Groups and their bitmaps, which break long runs; preallocation that a file system does by itself;
//! extents of the tree's own blocks; write-back by timers.
//! # Source
//! `mathur-2007`; `linux-ext4`.

mod disk;
#[cfg(test)]
mod laws;
mod run;
mod scene;
mod script;

use super::inode_map::shape::Shape;
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use run::{Runner, State};
use serde::Deserialize;

/// The engine.
pub(crate) struct Extents;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    script: String,
    choose: Choose,
    disk_blocks: u64,
    extent_max_blocks: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Choose {
    AtWrite,
    Delayed,
}

/// The inode of ext2 and ext3 with blocks of 4 KiB, to compare with.
const POINTERS: Shape = Shape { block_bytes: 4_096, per_block: 1_024, n: [12, 1, 1, 1] };

impl Engine for Extents {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "fs/extents",
        title: "Extents and delayed allocation",
        summary: "A file is a list of runs of blocks, and who chooses later chooses longer runs.",
        look_for: "Count the pieces of each file, and see when its blocks are chosen.",
        source: "mathur-2007/extents",
        time_unit: "steps",
        markers: &["sync", "fallocate", "delete", "full"],
    };
    const FORM: &'static [Field] = &[
        Field::new("script", "Script", Kind::Code { max_chars: 3_000 }).help(
            "One statement a line, sizes in blocks: append A B 8 by 1 (A and B in turn, 8 blocks each, 1 at \
             a time); write A 2 at 100; fallocate A 16; sync; sync A; delete A.",
        ),
        Field::new(
            "choose",
            "Blocks are chosen",
            Kind::Choice(&[("at_write", "at each write"), ("delayed", "at the write-back")]),
        )
        .help("ext4 delays the choice; sync in the script is the write-back.")
        .or(Preset::Text("delayed")),
        Field::new("disk_blocks", "Disk", Kind::Int { min: 8, max: 16_777_216 })
            .unit("blocks")
            .help("Of 4 KiB each: 262,144 are 1 GiB.")
            .or(Preset::Int(64)),
        Field::new("extent_max_blocks", "Longest extent", Kind::Int { min: 1, max: 32_768 })
            .unit("blocks")
            .help("The length has 16 bits, and half of the values mark unwritten extents, which have one block less.")
            .or(Preset::Int(32_768)),
    ];
    const EXAMPLE: &'static str = r#"{"choose": "at_write", "script": "append A B 6 by 1\ndelete B\nappend C 10\nappend A 3"}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let script = script::read(&scenario.script, scenario.disk_blocks)?;
        let delayed = scenario.choose == Choose::Delayed;
        let mut runner =
            Runner::new(&script, scenario.disk_blocks, delayed, scenario.extent_max_blocks);
        runner.run(log)?;
        metrics(&script.names, &runner.state, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        // The script was read without a fault when the run was made.
        let script = script::read(&scenario.script, scenario.disk_blocks);
        script.map_or_else(|_| Scene::default(), |it| scene::scene(&it, scenario.disk_blocks, past))
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        script::read(&scenario.script, scenario.disk_blocks)
            .map_or_else(|_| Vec::new(), |it| it.names)
    }
}

fn metrics(names: &[String], state: &State, log: &mut Log<State>) {
    let sum = |of: fn(&run::File) -> u64| -> u64 { state.files.iter().map(of).sum() };
    let mut add = |key: &str, label: &str, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    add("n_extents", "Extents", sum(|it| it.map.extents.len() as u64), "extents", Better::Lower);
    add("n_pieces", "Pieces on the disk", sum(|it| it.map.n_pieces()), "pieces", Better::Lower);
    add("n_choices", "Times blocks were chosen", state.n_choices, "times", Better::Lower);
    add("n_blocks", "Blocks of files", sum(|it| it.map.n_blocks()), "blocks", Better::Neither);
    let tree = |it: &run::File| disk::tree_blocks(it.map.extents.len() as u64);
    add("n_tree_blocks", "Blocks of extent trees", sum(tree), "blocks", Better::Lower);
    let waits = |it: &run::File| it.waiting.iter().map(|it| it.1).sum();
    add("n_waiting", "Blocks that wait", sum(waits), "blocks", Better::Neither);
    add("n_spared", "Blocks never chosen", state.n_spared, "blocks", Better::Neither);
    add("n_free", "Free blocks", state.free.n_blocks(), "blocks", Better::Neither);
    add("n_free_longest", "Longest free run", state.free.longest(), "blocks", Better::Higher);
    for (name, file) in names.iter().zip(&state.files) {
        let n = file.map.extents.len() as u64;
        log.metric_of("n_extents", name, "Extents", n as f64, "extents");
        log.metric_of("n_pieces", name, "Pieces", file.map.n_pieces() as f64, "pieces");
        log.metric_of("n_blocks", name, "Blocks", file.map.n_blocks() as f64, "blocks");
        log.metric_of("n_tree_blocks", name, "Tree blocks", disk::tree_blocks(n) as f64, "blocks");
        let pointers = file.map.n_blocks();
        log.metric_of("n_pointers", name, "Pointers the old way", pointers as f64, "pointers");
        let blocks = POINTERS.pointer_blocks(pointers);
        log.metric_of(
            "n_pointer_blocks",
            name,
            "Pointer blocks the old way",
            blocks as f64,
            "blocks",
        );
    }
}
