//! An image like that of ext2: what stands where, and which blocks a call must change.
//!
//! # Model
//! A disk cut into groups. Each has a superblock (copies in all but the first), group descriptors, two
//! bitmaps, an inode table and data. A call changes bitmaps, inodes, directories, data and counts, one
//! block after the other. Directories have one block, files at most 12.
//! # Ties
//! A new directory goes to the group with most free blocks, the first of equals; a file's inode to its
//! directory's group, and its blocks to the group of the inode, the lowest free ones; then to the
//! groups behind.
//! # Left out
//! The journal, indirect blocks, the inodes that ext2 reserves beyond one, and the copies of superblock
//! and descriptors, which only tools write. A real group has 32,768 blocks.
//! # Source
//! `mckusick-1984`; `ostep`, chapter 40.

pub(super) mod image;
#[cfg(test)]
pub(super) mod laws;
pub(super) mod run;
pub(super) mod scene;
pub(super) mod script;

use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use image::Shape;
use run::{Runner, State};
use serde::Deserialize;

/// The engine.
pub(crate) struct Layout;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    script: String,
    groups: u64,
    group_blocks: u64,
    group_inodes: u64,
}

impl Engine for Layout {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "fs/layout",
        title: "What stands where on the disk",
        summary: "Superblock, groups, bitmaps and inode tables, and what a call changes in them.",
        look_for: "Count the different blocks that one small call must change.",
        source: "mckusick-1984/layout",
        time_unit: "writes",
        markers: &["done", "refused"],
    };
    const FORM: &'static [Field] = &[
        Field::new("script", "Script", Kind::Code { max_chars: 3_000 }).help(
            "One statement a line: mkdir /d; create /d/a 2 (two blocks); append /d/a 1; delete /d/a.",
        ),
        Field::new("groups", "Groups", Kind::Int { min: 1, max: 6 })
            .unit("groups")
            .or(Preset::Int(3)),
        Field::new("group_blocks", "Blocks of a group", Kind::Int { min: 8, max: 32 })
            .unit("blocks")
            .or(Preset::Int(16)),
        Field::new("group_inodes", "Inodes of a group", Kind::Int { min: 2, max: 32 })
            .unit("inodes")
            .help("16 fit into a block of the inode table.")
            .or(Preset::Int(8)),
    ];
    const EXAMPLE: &'static str = r#"{"script": "create /a 1\nappend /a 1\nmkdir /d\ncreate /d/b 3\ncreate /d/c 2\ndelete /d/b\ncreate /d/e 4"}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let ops = script::read(&scenario.script)?;
        let mut runner = Runner::new(scenario.shape());
        runner.run(&ops, log)?;
        metrics(&runner.state, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        // The script was read without a fault when the run was made.
        let ops = script::read(&scenario.script);
        ops.map_or_else(|_| Scene::default(), |it| scene::scene(&it, past))
    }
}

impl Scenario {
    const fn shape(&self) -> Shape {
        Shape { n_groups: self.groups, blocks: self.group_blocks, inodes: self.group_inodes }
    }
}

fn metrics(state: &State, log: &mut Log<State>) {
    let image = &state.image;
    let mut add = |key: &str, label: &str, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    add("n_writes", "Blocks written", state.n_writes, "blocks", Better::Lower);
    add("n_free_blocks", "Free blocks", image.free_sum.0, "blocks", Better::Neither);
    add("n_free_inodes", "Free inodes", image.free_sum.1, "inodes", Better::Neither);
    let overhead = image.shape.overhead() * image.shape.n_groups;
    add("n_overhead_blocks", "Blocks that hold no data", overhead, "blocks", Better::Lower);
    let refused = state.results.iter().filter(|it| it.0 != "ok").count() as u64;
    add("n_refused", "Calls that failed", refused, "calls", Better::Neither);
    for (at, (_, writes)) in state.results.iter().enumerate() {
        log.metric_of("writes", &format!("{}", at + 1), "Blocks changed", *writes as f64, "blocks");
    }
}
