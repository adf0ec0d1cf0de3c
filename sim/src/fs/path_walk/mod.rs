//! Paths, names and links: how a name becomes an inode, and when a file is gone.
//!
//! # Model
//! Directories are lists of names and inode numbers, one block each. A walk begins at the root, reads
//! for each name the directory's block and then the inode that the name leads to, follows symbolic
//! links, and goes through mounts. What was read stays in memory, and so do names that were looked up
//! and names that were not found. An inode is freed when it has no name and nobody has it open.
//! # Ties
//! A new inode gets the lowest free number, a new descriptor too.
//! # Left out
//! Working directories, all rights but that to search a directory, bind mounts and namespaces, writing
//! to the disk, and locks. A symbolic link's path stands in its inode, as short ones do on ext4.
//! # Source
//! `man-path`; `linux-vfs`; `ostep`, chapter 39.

mod cache;
#[cfg(test)]
mod laws;
mod run;
mod scene;
mod script;
mod tree;
mod walk;

use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;
use tree::{SYSTEMS_MAX, World};
use walk::{Runner, State};

/// The engine.
pub(crate) struct PathWalk;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    setup: String,
    script: String,
    memory: Memory,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Memory {
    Keeps,
    Forgets,
}

const STATEMENTS: &str = "One a line: create /a; mkdir /d; link /a /d/b; symlink /a /s; unlink /a; rmdir /d; \
     rename /a /b; stat /a; lstat /s; open /a; read 3; close 3; mount usb /d; umount /d; chmod -x /d; drop.";

impl Engine for PathWalk {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "fs/path_walk",
        title: "Paths, names and links",
        summary: "A path is walked name by name to an inode, and calls change names, not files.",
        look_for: "Names are on the arrows: a file may have several, and is gone after the last.",
        source: "man-path/walk",
        time_unit: "reads",
        markers: &["found", "error", "free", "orphan", "link", "rename", "open"],
    };
    const FORM: &'static [Field] = &[
        Field::new("script", "Calls", Kind::Code { max_chars: 3_000 }).help(STATEMENTS),
        Field::new("setup", "Before", Kind::Code { max_chars: 3_000 })
            .help("Calls that build the tree before the first step; none of them may fail.")
            .or(Preset::Text("")),
        Field::new(
            "memory",
            "Memory",
            Kind::Choice(&[("keeps", "keeps what was read"), ("forgets", "forgets at once")]),
        )
        .help("Names, inodes and blocks of directories; at the first step nothing is in memory.")
        .or(Preset::Text("keeps")),
    ];
    const EXAMPLE: &'static str = r#"{"setup": "mkdir /home\nmkdir /home/ann\ncreate /home/ann/todo",
"script": "stat /home/ann/todo\nstat /home/ann/todo\nlink /home/ann/todo /home/list\nsymlink ann/todo /home/soft\nstat /home/soft\nunlink /home/ann/todo\nstat /home/soft\nopen /home/list\nunlink /home/list\nread 3\nclose 3"}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let setup = script::read(&scenario.setup, "setup")?;
        let ops = script::read(&scenario.script, "script")?;
        let mut runner = Runner::new(scenario.memory == Memory::Keeps);
        runner.set_up(&setup, log)?;
        let say = || runner.opening();
        runner.tell(log, "start", say, || None)?;
        for (at, op) in ops.iter().enumerate() {
            runner.statement(at, op, log)?;
        }
        metrics(&runner.state, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        // The script was read without a fault when the run was made.
        let Ok(ops) = script::read(&scenario.script, "script") else { return Scene::default() };
        scene::scene(&ops, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        let mut names = vec!["root".to_owned()];
        let scripts = [(&scenario.setup, "setup"), (&scenario.script, "script")];
        for op in scripts.iter().flat_map(|it| script::read(it.0, it.1)).flatten() {
            if let script::Does::Mount(name, _) = op.does
                && !names.contains(&name)
                && names.len() < SYSTEMS_MAX
            {
                names.push(name);
            }
        }
        names
    }
}

fn metrics(state: &State, log: &mut Log<State>) {
    let totals = state.totals;
    let mut add = |key: &str, label: &str, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    add("n_reads", "Reads", totals.reads(), "reads", Better::Lower);
    add("n_inode_reads", "Inodes read", totals.n_inode_reads, "reads", Better::Lower);
    add(
        "n_block_reads",
        "Blocks of directories read",
        totals.n_block_reads,
        "reads",
        Better::Lower,
    );
    add("n_hits", "Found in the dentry cache", totals.n_hits, "names", Better::Higher);
    add("n_symlinks", "Symbolic links followed", totals.n_symlinks, "links", Better::Neither);
    add("n_errors", "Calls that failed", totals.n_errors, "calls", Better::Neither);
    let world: &World = &state.world;
    let live = || world.inodes.iter().filter(|it| !it.is_freed);
    add("n_inodes", "Inodes in use", live().count() as u64, "inodes", Better::Neither);
    let orphans = live().filter(|it| it.n_links == 0).count() as u64;
    add("n_orphans", "Inodes without a name", orphans, "inodes", Better::Neither);
    for (at, (_, reads)) in state.results.iter().enumerate() {
        log.metric_of("reads", &format!("{}", at + 1), "Reads", *reads as f64, "reads");
    }
    for inode in live().filter(|it| it.system == 0) {
        let number = inode.number.to_string();
        log.metric_of("links", &number, "Links", f64::from(inode.n_links), "links");
    }
}
