//! The pointers of an inode: from an offset in a file to a block of the disk, and what it costs.
//!
//! # Model
//! An inode with direct pointers and pointers to trees of one, two and three levels. The file has no
//! holes. Its blocks were given out one after the other, a pointer block just before the first block
//! that it leads to. An access reads one byte, so it reads one data block and the pointer blocks on
//! the way; what is in memory costs no read.
//! # Ties
//! None: nothing is chosen here.
//! # Left out
//! Holes, writing, reading ahead, limits by other fields of the inode, and extents, which ext4 uses
//! instead.
//! # Source
//! `ostep`, chapter 40; `ritchie-1974`.

#[cfg(test)]
mod laws;
mod scene;
pub(super) mod shape;

use super::guess;
use crate::amounts::are;
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::Scene;
use crate::words::{bytes, grouped, grouped_count as count, list, unit};
use serde::Deserialize;
use shape::{Hop, KINDS, N_KINDS, Place, Shape};
use std::collections::BTreeSet;

/// The engine.
pub(crate) struct InodeMap;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    block: Block,
    pointer_bytes: Pointer,
    direct: u64,
    single: u64,
    double: u64,
    triple: u64,
    size_bytes: u64,
    offsets: Vec<u64>,
    memory: Memory,
    first_block: u64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
enum Block {
    #[serde(rename = "512")]
    B512,
    #[serde(rename = "1k")]
    K1,
    #[serde(rename = "2k")]
    K2,
    #[serde(rename = "4k")]
    K4,
    #[serde(rename = "8k")]
    K8,
    #[serde(rename = "16k")]
    K16,
    #[serde(rename = "64k")]
    K64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Pointer {
    #[serde(rename = "4")]
    Four,
    #[serde(rename = "8")]
    Eight,
}

/// What is in memory, or stays there once it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Memory {
    Nothing,
    Inode,
    Pointers,
    All,
}

/// One access, as far as it got.
#[derive(Debug, Clone, Default)]
struct Access {
    place: Option<Place>,
    /// Blocks that were passed, and whether each had to be read.
    passed: Vec<(Hop, bool)>,
    /// Blocks read, the inode's among them.
    n_reads: u64,
    /// Whether it is over.
    is_done: bool,
}

/// What is seen after a step.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    accesses: Vec<Access>,
}

/// Largest offset and size: what a number of JSON holds exactly everywhere.
const BYTES_MAX: i64 = 1 << 53;

const fn pointers(key: &'static str, label: &'static str, max: i64, preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min: 0, max }).unit("pointers").or(Preset::Int(preset))
}

impl Engine for InodeMap {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "fs/inode_map",
        title: "Pointers of an inode",
        summary: "An offset in a file becomes a block of the disk, over up to three pointer blocks.",
        look_for: "The further into the file, the longer the way: count the blocks that are read.",
        source: "ostep/40",
        time_unit: "reads",
        markers: &["data", "end"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "block",
            "Blocks",
            Kind::Choice(&[
                ("512", "512 bytes"),
                ("1k", "1 KiB"),
                ("2k", "2 KiB"),
                ("4k", "4 KiB"),
                ("8k", "8 KiB"),
                ("16k", "16 KiB"),
                ("64k", "64 KiB"),
            ]),
        )
        .or(Preset::Text("4k")),
        Field::new(
            "pointer_bytes",
            "One pointer",
            Kind::Choice(&[("4", "4 bytes"), ("8", "8 bytes")]),
        )
        .help("A block holds as many pointers as fit.")
        .or(Preset::Text("4")),
        pointers("direct", "Direct", 16, 12),
        pointers("single", "Single indirect", 4, 1),
        pointers("double", "Double indirect", 4, 1),
        pointers("triple", "Triple indirect", 4, 1),
        Field::new("size_bytes", "Size of the file", Kind::Int { min: 0, max: BYTES_MAX })
            .unit("bytes")
            .help("At most what the pointers reach."),
        Field::new(
            "offsets",
            "Read at",
            Kind::Ints { min: 0, max: BYTES_MAX, len_min: 1, len_max: 24, single_key: "offset" },
        )
        .unit("bytes")
        .help(
            "One access each, to the byte at this place in the file; the first byte has place 0.",
        ),
        Field::new(
            "memory",
            "In memory",
            Kind::Choice(&[
                ("nothing", "nothing"),
                ("inode", "the inode"),
                ("pointers", "the inode, and pointer blocks once read"),
                ("all", "the inode, and all blocks once read"),
            ]),
        )
        .help("What is in memory costs no read.")
        .or(Preset::Text("inode")),
        Field::new("first_block", "First block on the disk", Kind::Int { min: 0, max: 1 << 40 })
            .help("The blocks of the file follow it one after the other.")
            .or(Preset::Int(5_000)),
    ];
    const EXAMPLE: &'static str = r#"{"size_bytes": 6442450944,
        "offsets": [5000, 100000, 20000000, 5000000000]}"#;

    const PAPER: Option<Paper> = Some(super::paper::INODE_MAP);

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let shape = scenario.shape();
        if shape.bytes_max() < scenario.size_bytes {
            let why = format!(
                "these pointers reach only {} bytes, {} in all",
                grouped(shape.bytes_max()),
                bytes(shape.bytes_max())
            );
            return Err(ScenarioError::one("/size_bytes", Fault::Conflict(why)));
        }
        let mut runner = Runner {
            scenario,
            shape,
            kept: BTreeSet::new(),
            state: State::default(),
            n_reads: 0,
            n_pointer_reads: 0,
        };
        log.step(0, "start", || Shot::new(runner.opening(), runner.state.clone()))?;
        for &offset in &scenario.offsets {
            runner.access(offset, log)?;
        }
        runner.metrics(log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(scenario, past)
    }

    fn actors(_: &Scenario) -> Vec<String> {
        KINDS.map(str::to_owned).to_vec()
    }
}

impl Scenario {
    fn shape(&self) -> Shape {
        let block_bytes = match self.block {
            Block::B512 => 512,
            Block::K1 => 1 << 10,
            Block::K2 => 1 << 11,
            Block::K4 => 1 << 12,
            Block::K8 => 1 << 13,
            Block::K16 => 1 << 14,
            Block::K64 => 1 << 16,
        };
        let per_block = block_bytes / if self.pointer_bytes == Pointer::Four { 4 } else { 8 };
        Shape { block_bytes, per_block, n: [self.direct, self.single, self.double, self.triple] }
    }
}

/// What a pointer of a kind is called in a sentence.
const fn pointer(kind: usize) -> &'static str {
    match kind {
        0 => "direct pointer",
        1 => "single indirect pointer",
        2 => "double indirect pointer",
        _ => "triple indirect pointer",
    }
}

struct Runner<'a> {
    scenario: &'a Scenario,
    shape: Shape,
    /// Blocks of the disk that are in memory.
    kept: BTreeSet<u64>,
    state: State,
    n_reads: u64,
    n_pointer_reads: u64,
}

impl Runner<'_> {
    fn opening(&self) -> String {
        let size = self.scenario.size_bytes;
        let n_blocks = self.shape.blocks_of(size);
        if n_blocks == 0 {
            return "The file is empty, so none of the inode's pointers leads anywhere.".to_owned();
        }
        let used = |kind: usize| self.shape.slots_used(kind, n_blocks);
        let kinds = (0..N_KINDS).filter(|it| used(*it) != 0);
        let told =
            |kind: usize| format!("{} {}", used(kind), pointer(kind).replace(" pointer", ""));
        let told: Vec<String> = kinds.map(told).collect();
        let n: u64 = (0..N_KINDS).map(used).sum();
        let n_tables = self.shape.pointer_blocks(n_blocks);
        format!(
            "The file has {}, which {} {} of {}, so its inode uses {} {}; beside the data there {} {} of \
             pointers.",
            count(size, "bytes"),
            are(n_blocks),
            count(n_blocks, "blocks"),
            bytes(self.shape.block_bytes),
            list(&told),
            unit(&n.to_string(), "pointers"),
            are(n_tables),
            count(n_tables, "blocks"),
        )
    }

    fn current(&mut self) -> &mut Access {
        if self.state.accesses.is_empty() {
            self.state.accesses.push(Access::default());
        }
        let last = self.state.accesses.len() - 1;
        &mut self.state.accesses[last]
    }

    fn access(&mut self, offset: u64, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.state.accesses.push(Access::default());
        if self.scenario.size_bytes <= offset {
            self.current().is_done = true;
            return log.step(self.n_reads, "end", || {
                let say = format!(
                    "The read at byte {} gets nothing and reads no block, because the file ends \
                     after {}.",
                    grouped(offset),
                    count(self.scenario.size_bytes, "bytes")
                );
                Shot::new(say, self.state.clone())
            });
        }
        let block = offset / self.shape.block_bytes;
        if self.scenario.memory == Memory::Nothing {
            self.count_read(false);
        }
        log.step(self.n_reads, "offset", || {
            let (options, answer) = guess::numbers(block, &[block + 1, block.saturating_sub(1)]);
            let question = format!("Which block of the file holds byte {}?", grouped(offset));
            Shot::new(self.offset_said(offset), self.state.clone()).ask(&question, options, answer)
        })?;
        let Some(place) = self.shape.place(block) else { return Ok(()) };
        self.current().place = Some(place.clone());
        log.step(self.n_reads, "pointer", || {
            let kinds: Vec<usize> = (0..N_KINDS).filter(|it| self.shape.n[*it] != 0).collect();
            let answer = kinds.iter().position(|it| *it == place.kind).unwrap_or_default();
            let options = kinds.iter().map(|it| pointer(*it).to_owned()).collect();
            let question = format!("Which kind of pointer leads to file block {}?", grouped(block));
            let say = self.pointer_said(block, &place);
            Shot::new(say, self.state.clone()).ask(&question, options, answer)
        })?;
        let mut rest = place.rest;
        for (at, hop) in self.shape.way(block, self.scenario.first_block).into_iter().enumerate() {
            let is_read = self.pass(hop);
            let Some(entry) = hop.entry else {
                self.current().is_done = true;
                self.data(hop, is_read, log)?;
                continue;
            };
            let span = self.shape.span(place.kind - at - 1);
            log.step(self.n_reads, "entry", || {
                let near = [entry + 1, entry.saturating_sub(1), rest];
                let (options, answer) = guess::numbers(entry, &near);
                let question = format!(
                    "Which entry of pointer block {} is followed, counted from 0?",
                    grouped(hop.block)
                );
                let say = entry_said(hop, is_read, rest, span);
                Shot::new(say, self.state.clone()).ask(&question, options, answer)
            })?;
            rest %= span;
        }
        Ok(())
    }

    /// Passes a block on the way; whether it had to be read.
    fn pass(&mut self, hop: Hop) -> bool {
        let is_read = !self.kept.contains(&hop.block);
        let least = if hop.entry.is_some() { Memory::Pointers } else { Memory::All };
        if least <= self.scenario.memory {
            self.kept.insert(hop.block);
        }
        if is_read {
            self.count_read(hop.entry.is_some());
        }
        self.current().passed.push((hop, is_read));
        is_read
    }

    fn count_read(&mut self, of_pointers: bool) {
        self.n_reads += 1;
        self.n_pointer_reads += u64::from(of_pointers);
        self.current().n_reads += 1;
    }

    fn offset_said(&self, offset: u64) -> String {
        let (block, inside) = (offset / self.shape.block_bytes, offset % self.shape.block_bytes);
        let inode = match self.scenario.memory {
            Memory::Nothing => "The inode is read first",
            Memory::Inode | Memory::Pointers | Memory::All => "The inode is in memory",
        };
        format!(
            "{inode}; byte {} is byte {} of file block {}, because {} ÷ {} is {} and leaves {}.",
            grouped(offset),
            grouped(inside),
            grouped(block),
            grouped(offset),
            grouped(self.shape.block_bytes),
            grouped(block),
            grouped(inside),
        )
    }

    fn pointer_said(&self, block: u64, place: &Place) -> String {
        let kind = place.kind;
        let first = self.shape.first(kind);
        let last = first + self.shape.blocks(kind) - 1;
        let left = match kind {
            0 => "it leads straight to the data".to_owned(),
            _ => {
                let base = block - place.rest;
                format!(
                    "{} − {} leaves {} below it",
                    grouped(block),
                    grouped(base),
                    grouped(place.rest)
                )
            }
        };
        format!(
            "Pointer {} of the inode is followed, a {}, because this kind covers file blocks {} to \
             {}; {left}.",
            place.slot,
            pointer(kind),
            grouped(first),
            grouped(last),
        )
    }

    fn data(&mut self, hop: Hop, is_read: bool, log: &mut Log<State>) -> Result<(), ScenarioError> {
        log.step(self.n_reads, "data", || {
            let n = self.state.accesses.last().map_or(0, |it| it.n_reads);
            let place = match is_read {
                true => "is read",
                false => "is in memory already, so nothing is read for it",
            };
            let say = format!(
                "Block {} of the disk {place}; it holds the byte, and the access took {}.",
                grouped(hop.block),
                count(n, "reads")
            );
            let (options, answer) = guess::numbers(n, &[0, 1, 2, 3, 4]);
            let question = "How many blocks did this access read in all?";
            Shot::new(say, self.state.clone()).ask(question, options, answer)
        })
    }

    fn metrics(&self, log: &mut Log<State>) {
        let shape = self.shape;
        let n_blocks = shape.blocks_of(self.scenario.size_bytes);
        let mut add = |key: &str, label: &str, value: u64, unit, better| {
            log.metric(key, label, value as f64, unit, better);
        };
        let n_pointers: u64 = (0..N_KINDS).map(|it| shape.slots_used(it, n_blocks)).sum();
        let n_tables = shape.pointer_blocks(n_blocks);
        add("n_reads", "Blocks read", self.n_reads, "blocks", Better::Lower);
        let n = self.n_pointer_reads;
        add("n_pointer_reads", "Pointer blocks read", n, "blocks", Better::Lower);
        add("n_file_blocks", "Blocks of the file", n_blocks, "blocks", Better::Neither);
        add("n_pointer_blocks", "Pointer blocks of the file", n_tables, "blocks", Better::Lower);
        add("n_inode_pointers", "Inode's pointers in use", n_pointers, "pointers", Better::Neither);
        let n = shape.per_block;
        add("pointers_per_block", "Pointers in a block", n, "pointers", Better::Neither);
        add("max_blocks", "Largest file", shape.blocks_max(), "blocks", Better::Higher);
        add("max_bytes", "Largest file in bytes", shape.bytes_max(), "bytes", Better::Higher);
        let gib = shape.bytes_max() as f64 / f64::from(1 << 30);
        log.metric("max_gib", "Largest file in GiB", gib, "GiB", Better::Higher);
        for (kind, name) in KINDS.iter().enumerate() {
            let n = shape.blocks(kind);
            log.metric_of("kind_blocks", name, "Blocks", n as f64, "blocks");
            log.metric_of("kind_bytes", name, "Bytes", (n * shape.block_bytes) as f64, "bytes");
            log.metric_of("first_block", name, "First file block", shape.first(kind) as f64, "");
            let last = (shape.first(kind) + n).saturating_sub(1);
            log.metric_of("last_block", name, "Last file block", last as f64, "");
            log.metric_of("extra_reads", name, "Pointer blocks on the way", kind as f64, "reads");
        }
        for (at, access) in (1..).zip(&self.state.accesses) {
            let number: u64 = at;
            log.metric_of("reads", &number.to_string(), "Reads", access.n_reads as f64, "reads");
        }
        for (at, offset) in (1_u64..).zip(&self.scenario.offsets) {
            let block = (offset / shape.block_bytes) as f64;
            log.metric_of("file_block", &at.to_string(), "File block", block, "");
        }
    }
}

fn entry_said(hop: Hop, is_read: bool, rest: u64, span: u64) -> String {
    let place = match is_read {
        true => "is read",
        false => "is in memory already",
    };
    let entry = hop.entry.unwrap_or_default();
    let why = match span {
        1 => format!("each entry leads to one block, and {} {} left", grouped(entry), are(entry)),
        _ => format!(
            "each entry covers {} blocks: {} ÷ {} is {} and leaves {}",
            grouped(span),
            grouped(rest),
            grouped(span),
            grouped(entry),
            grouped(rest % span)
        ),
    };
    format!(
        "Pointer block {} {place}, and its entry {} is followed, because {why}.",
        grouped(hop.block),
        grouped(entry),
    )
}
