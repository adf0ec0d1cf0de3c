//! Inverted page table: one entry for each frame of memory, found by a hash of process and page.
//!
//! # Model
//! A hash of process and page picks an anchor, which leads into a chain of entries; the number of
//! the entry that holds the page is the frame. Each anchor and each entry costs one memory read.
//! A frame that two pages share has one entry that the kernel gives from page to page at faults, or
//! an alias entry for each further page.
//! # Ties
//! The lowest free frame is taken. A new entry stands at the head of its chain.
//! # Left out
//! The TLB, which answers most accesses before any table is read; groups of entries as PowerPC has
//! them; replacement when memory is full; pages on disk, which need a table of their own.
//! # Source
//! `silberschatz-10e`, 9.4.3.

use super::inverted::run::{Aliases, Runner, State};
use super::inverted::scene;
use super::inverted::script::{Key, PAGE_MAX, PROCESSES_MAX, read};
use super::inverted::table::{Hash, Table};
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::rng::Rng;
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct InvertedTable;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    frames: u32,
    anchors: u32,
    hash: Hash,
    aliases: Aliases,
    script: String,
    filled: u32,
    seed: u64,
}

impl Engine for InvertedTable {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/inverted_table",
        title: "Inverted page table",
        summary: "One entry for each frame is found through a hash of process and page.",
        look_for: "Follow a chain, and watch what sharing does to an entry that can name one page.",
        source: "silberschatz-10e/9.4.3",
        time_unit: "steps",
        markers: &["miss", "remap", "invalid"],
    };
    const FORM: &'static [Field] = &[
        Field::new("frames", "Frames", Kind::Int { min: 1, max: 256 })
            .unit("frames")
            .or(Preset::Int(8)),
        Field::new("anchors", "Anchors", Kind::Int { min: 1, max: 256 })
            .unit("anchors")
            .help("Chains that the hash can pick.")
            .or(Preset::Int(4)),
        Field::new(
            "hash",
            "Hash",
            Kind::Choice(&[("add", "page + process"), ("mix", "all bits mixed")]),
        )
        .or(Preset::Text("add")),
        Field::new(
            "aliases",
            "A shared frame has",
            Kind::Choice(&[
                ("remap", "one entry, given from page to page"),
                ("entries", "an entry for each page"),
            ]),
        )
        .or(Preset::Text("remap")),
        Field::new("script", "Script", Kind::Code { max_chars: 8_000 }).help(
            "One statement a line: P1 map 0x10, P1 read 0x10, P2 share 0x30 = P1 0x10, \
             P1 unmap 0x10.",
        ),
        Field::new("filled", "Frames filled before", Kind::Int { min: 0, max: 256 })
            .unit("frames")
            .help("With random pages of four processes.")
            .or(Preset::Int(0)),
        Field::new("seed", "Seed", Kind::Int { min: 0, max: 1_000_000 }).or(Preset::Int(1)),
    ];
    const EXAMPLE: &'static str = r#"{"script":
"P1 map 0x10\nP2 map 0x0f\nP1 map 0x14\nP1 read 0x10\nP2 read 0x10\nP2 share 0x20 = P1 0x10\nP2 read 0x20\nP1 read 0x10"}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let ops = read(&scenario.script);
        if scenario.frames < scenario.filled {
            let why = format!("there are only {} frames", scenario.frames);
            let mut error = ScenarioError::one("/filled", Fault::Conflict(why));
            error.0.extend(ops.err().into_iter().flat_map(|it| it.0));
            return Err(error);
        }
        let ops = ops?;
        let mut runner = Runner::new(table(scenario), scenario.aliases);
        runner.run(&ops, log)?;
        metrics(&runner.state, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        // The script was read without a fault when the run was made.
        read(&scenario.script).map_or_else(|_| Scene::default(), |it| scene::scene(&it, past))
    }

    fn actors(_: &Scenario) -> Vec<String> {
        (1..=PROCESSES_MAX).map(|it| format!("P{it}")).collect()
    }
}

/// The table with the frames that are filled before the script begins.
fn table(scenario: &Scenario) -> Table {
    let mut table = Table::new(scenario.hash, scenario.frames, scenario.anchors);
    let mut rng = Rng::new(scenario.seed);
    for frame in 0..scenario.filled {
        let key = loop {
            let process = u8::try_from(rng.below(4)).unwrap_or_default();
            let key = Key { process, page: rng.below(PAGE_MAX) };
            if table.frame(key).is_none() {
                break key;
            }
        };
        table.known.push((key, frame));
        table.link(frame, key);
    }
    table
}

fn metrics(state: &State, log: &mut Log<State>) {
    let totals = state.totals;
    let mut count = |key, label, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    count("n_reads", "Lookups", totals.n_reads, "lookups", Better::Neither);
    count("n_hits", "Entries found", totals.n_hits, "lookups", Better::Higher);
    count("n_faults", "Page faults", totals.n_faults, "faults", Better::Lower);
    count("n_remaps", "Entries given to another page", totals.n_remaps, "faults", Better::Lower);
    count("n_invalid", "Invalid accesses", totals.n_invalid, "faults", Better::Lower);
    count("n_compares", "Comparisons", totals.n_compares, "comparisons", Better::Lower);
    count("n_table_reads", "Table reads", totals.n_table_reads, "reads", Better::Lower);
    let table = &state.table;
    let n_linked: u64 = table.lengths().iter().sum();
    count("n_entries", "Entries in chains", n_linked, "entries", Better::Neither);
    count("n_mappings", "Mappings", table.known.len() as u64, "pages", Better::Neither);
    let lengths = table.lengths();
    let longest = lengths.iter().max().copied().unwrap_or_default();
    count("chain_entries_max", "Longest chain", longest, "entries", Better::Lower);
    let load = n_linked as f64 / lengths.len() as f64;
    log.metric("chain_entries_mean", "Mean chain", load, "entries", Better::Lower);
    // Finding the k-th entry of a chain takes k comparisons.
    let all: u64 = lengths.iter().map(|n| n * (n + 1) / 2).sum();
    let mean = all as f64 / n_linked.max(1) as f64;
    log.metric("found_compares_mean", "Comparisons to find an entry", mean, "", Better::Lower);
}

#[cfg(test)]
mod tests {
    use crate::{Mode, Run, engine};
    use serde_json::{Value, json};

    fn run(scenario: &Value) -> Run {
        engine("memory/inverted_table").unwrap().run(scenario, Mode::Frames).unwrap()
    }

    #[test]
    fn a_shared_frame_faults_at_every_change_of_hands_or_needs_an_alias() {
        // Problem 7: an entry can name one page only.
        let script = "P1 map 1\nP2 share 2 = P1 1\nP1 read 1\nP2 read 2\nP1 read 1\nP2 read 2";
        let faults = |aliases: &str| {
            let run = run(&json!({"aliases": aliases, "script": script}));
            let metric = |key: &str| run.metric(key).unwrap();
            (metric("n_faults"), metric("n_remaps"), metric("n_hits"), metric("n_entries"))
        };
        assert_eq!(faults("remap"), (3.0, 3.0, 4.0, 1.0));
        assert_eq!(faults("entries"), (0.0, 0.0, 4.0, 2.0));
    }

    #[test]
    fn more_anchors_make_the_mean_chain_shorter() {
        let mean = |anchors: u32| {
            let scenario = json!({"frames": 256, "filled": 256, "hash": "mix",
                "anchors": anchors, "script": ""});
            let run = run(&scenario);
            assert_eq!(run.metric("n_entries"), Some(256.0));
            (run.metric("chain_entries_mean").unwrap(), run.metric("found_compares_mean").unwrap())
        };
        assert_eq!(mean(1), (256.0, 128.5));
        let (all, half) = (mean(256), mean(128));
        assert!((all.0 - 1.0).abs() < 1e-12 && (half.0 - 2.0).abs() < 1e-12);
        // The expectation is 1 + (n - 1) / (2 anchors).
        assert!((all.1 - 1.5).abs() < 0.15 && (half.1 - 2.0).abs() < 0.25, "{all:?} {half:?}");
    }

    #[test]
    fn more_frames_cannot_be_filled_than_there_are() {
        let entry = engine("memory/inverted_table").unwrap();
        let told = entry
            .run(&json!({"frames": 4, "filled": 5, "script": "P1"}), Mode::MetricsOnly)
            .unwrap_err()
            .to_string();
        assert_eq!(
            told,
            "/filled: there are only 4 frames\n\
             /script: line 1, column 3: expected map, read, unmap or share"
        );
    }
}
