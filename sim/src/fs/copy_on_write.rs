//! A copy-on-write tree: a block in use is never overwritten, and a root swings at one stroke.
//!
//! # Model
//! A full tree of nodes over data blocks. Changes gather in memory. A commit writes each changed
//! block and every node above it to free places, children first, and then one of two superblocks.
//! A snapshot is one more root. References are counted: a block that nothing points to is free. A
//! pointer holds the checksum of what it points to. Each superblock is written whole or not at all.
//! # Ties
//! The lowest free block is taken. Of changed data, the leftmost is written first.
//! # Left out
//! The intent log that makes a single fsync durable, the counts' own blocks on the disk, clones that
//! are written to, compression, bad nodes, a reserve for full disks.
//! # Source
//! `rodeh-2013` for counted references, `bonwick-2003` for checksums in the parent, `hitz-1994`.

use super::cow::{Does, Kernel, Op, Plan, State, Sums, scene};
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct CopyOnWrite;

/// Most data blocks under a tree.
const LEAVES_MAX: usize = 16;

/// Most snapshots that a script may name.
const SNAPSHOTS_MAX: usize = 7;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    fanout: usize,
    depth: u32,
    script: Vec<Line>,
    commit_every: usize,
    n_blocks: usize,
    mirror: bool,
    sums: Sums,
    crash_after: Option<u64>,
}

/// One line of the script, as the reader gives it.
#[derive(Debug, Deserialize)]
struct Line {
    does: Does,
    leaf: usize,
    snapshot: Option<String>,
}

const LINE: &[Field] = &[
    Field::new(
        "does",
        "Does",
        Kind::Choice(&[
            ("write", "change a data block"),
            ("commit", "commit"),
            ("snapshot", "take a snapshot"),
            ("drop", "delete a snapshot"),
            ("read", "read a data block"),
            ("scrub", "scrub"),
            ("flip", "bits flip on the first disk"),
            ("flip_both", "bits flip on both disks"),
            ("lose", "the next write of it is lost"),
        ]),
    )
    .or(Preset::Text("write")),
    Field::new("leaf", "Data block", Kind::Int { min: 0, max: LEAVES_MAX as i64 - 1 })
        .help("From 0, which is A.")
        .or(Preset::Int(0)),
    Field::new("snapshot", "Snapshot", Kind::Text { max_chars: 4 })
        .help("Its name, to take or delete it.")
        .or(Preset::Unset),
];

impl Engine for CopyOnWrite {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "fs/copy_on_write",
        title: "A copy-on-write tree",
        summary: "A changed block and all nodes above it are written anew, and then the root \
                  swings; a snapshot keeps the old one.",
        look_for: "Watch how far up a change reaches, and which blocks the old and the new tree \
                   share.",
        source: "rodeh-2013/3",
        time_unit: "block writes",
        markers: &["root", "snapshot", "repair", "error", "crash", "full"],
    };
    const FORM: &'static [Field] = &[
        Field::new("fanout", "Pointers in a node", Kind::Int { min: 2, max: 4 }).or(Preset::Int(2)),
        Field::new("depth", "Levels of nodes", Kind::Int { min: 1, max: 4 })
            .help("At most 16 data blocks in all.")
            .or(Preset::Int(2)),
        Field::new("script", "Script", Kind::Rows { columns: LINE, len_min: 1, len_max: 60 }),
        Field::new("commit_every", "Commit after", Kind::Int { min: 1, max: 16 })
            .unit("changes")
            .help("Changes that are gathered share the nodes above them.")
            .or(Preset::Int(1)),
        Field::new("n_blocks", "Blocks of the disk", Kind::Int { min: 8, max: 64 })
            .unit("blocks")
            .or(Preset::Int(16)),
        Field::new("mirror", "A second disk with the same", Kind::Flag).or(Preset::Flag(false)),
        Field::new(
            "sums",
            "Checksums",
            Kind::Choice(&[
                ("parent", "in the parent, beside the pointer"),
                ("beside", "beside the data"),
                ("none", "none"),
            ]),
        )
        .or(Preset::Text("parent")),
        Field::new("crash_after", "The power fails after", Kind::Int { min: 0, max: 1_000 })
            .unit("block writes")
            .help("Just before the next one; left out, there is no crash.")
            .or(Preset::Unset),
    ];
    const EXAMPLE: &'static str = r#"{
        "fanout": 2,
        "depth": 2,
        "script": [
            {"does": "snapshot", "snapshot": "S1"},
            {"does": "write", "leaf": 1},
            {"does": "write", "leaf": 2},
            {"does": "drop", "snapshot": "S1"}
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
        count("n_changes", "Changed by programs", counts.changes, "blocks", Better::Neither);
        count("n_writes", "Blocks written", counts.writes, "blocks", Better::Lower);
        count("n_super_writes", "Superblocks written", counts.supers, "blocks", Better::Lower);
        count("n_used", "Blocks in use", state.n_used() as u64, "blocks", Better::Lower);
        let own = state.own(&plan, None) as u64;
        count("n_own", "Blocks of the live tree alone", own, "blocks", Better::Neither);
        count("n_repaired", "Copies mended", counts.repaired, "copies", Better::Neither);
        count("n_errors", "Errors reported", counts.errors, "errors", Better::Lower);
        count("n_wrong", "Reads of wrong content", counts.wrong, "reads", Better::Lower);
        count("n_refused", "Changes refused", counts.refused, "blocks", Better::Lower);
        let ratio = counts.writes as f64 / counts.changes.max(1) as f64;
        log.metric("write_amplification", "Write amplification", ratio, "", Better::Lower);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        // The plan was made without a fault when the run was made.
        plan(scenario).map_or_else(|_| Scene::default(), |it| scene(&it, past))
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        let names = plan(scenario).map_or_else(|_| Vec::new(), |it| it.snapshots);
        std::iter::once("super".to_owned()).chain(names).collect()
    }
}

/// Makes a scenario ready.
pub(super) fn plan(scenario: &Scenario) -> Result<Plan, ScenarioError> {
    let mut problems = Vec::new();
    let mut fault = |at: String, fault: Fault| problems.push(Problem { at, fault });
    let &Scenario { fanout, depth, n_blocks, .. } = scenario;
    let n_leaves = fanout.pow(depth);
    let n_tree: usize = (0..=depth).map(|it| fanout.pow(it)).sum();
    if LEAVES_MAX < n_leaves {
        let why =
            format!("{depth} levels of {fanout} pointers are {n_leaves} data blocks, more than 16");
        fault("/depth".to_owned(), Fault::Conflict(why));
    } else if n_blocks < n_tree {
        let why = format!("the tree has {n_tree} blocks, the disk has {n_blocks}");
        fault("/n_blocks".to_owned(), Fault::Conflict(why));
    }
    let mut snapshots: Vec<String> = Vec::new();
    let mut alive: Vec<usize> = Vec::new();
    let mut script = Vec::new();
    for (row, Line { does, leaf, snapshot }) in scenario.script.iter().enumerate() {
        if n_leaves <= *leaf {
            let (got, max) = (i64::try_from(*leaf).unwrap_or(i64::MAX), n_leaves as i64 - 1);
            fault(format!("/script/{row}/leaf"), Fault::OutOfRange { got, min: 0, max });
        }
        let mut which = 0;
        if matches!(does, Does::Snapshot | Does::Drop) {
            let at = format!("/script/{row}/snapshot");
            let Some(name) = snapshot.clone().filter(|it| !it.is_empty()) else {
                fault(at, Fault::Missing);
                continue;
            };
            which = snapshots.iter().position(|it| *it == name).unwrap_or(snapshots.len());
            if which == snapshots.len() {
                snapshots.push(name.clone());
            }
            match (does, alive.iter().position(|it| *it == which)) {
                (Does::Snapshot, None) => alive.push(which),
                (Does::Snapshot, Some(_)) => fault(at, Fault::Duplicate(name)),
                (_, Some(place)) => {
                    alive.remove(place);
                }
                (_, None) => fault(at, Fault::Dangling(name)),
            }
        }
        script.push(Op { does: *does, leaf: *leaf, snapshot: which });
    }
    if SNAPSHOTS_MAX < snapshots.len() {
        let why = format!("at most {SNAPSHOTS_MAX} names of snapshots");
        fault("/script".to_owned(), Fault::Conflict(why));
    }
    if !problems.is_empty() {
        return Err(ScenarioError(problems));
    }
    Ok(Plan {
        fanout,
        depth,
        n_blocks,
        commit_every: scenario.commit_every,
        mirror: scenario.mirror,
        sums: scenario.sums,
        script,
        snapshots,
        crash_after: scenario.crash_after,
    })
}
