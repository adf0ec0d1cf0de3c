//! Address translation: the CPU cuts an address into fields and walks the page tables.
//!
//! # Model
//! One CPU, one address space, a script of accesses. Four levels, five levels, or two levels of
//! 32 bits; pages of every size that these have. A fully associative TLB stands before the tables.
//! Each table entry that is read, and each access itself, costs one memory read.
//! # Ties
//! An upper entry gets its accessed bit as it is read, the page's own entry only when the access
//! is allowed. A write that hits a clean TLB entry walks again to set the dirty bit. The TLB gives
//! up the entry that was not used for longest.
//! # Left out
//! Caches of upper entries, several TLBs, address-space numbers, protection keys, reserved bits.
//! Upper entries let everything through, as those of Linux do, so rights differ in the last entry.
//! # Source
//! `intel-sdm`, volume 3A, chapter Paging.

use super::paging::geometry::{OFFSET_BITS, Paging, hexadecimal};
use super::paging::scene::{self, View};
use super::paging::tables::{AN_ADDRESS, Mapping, Tables};
use super::paging::walk::{Access, Cpu, Kind as Does, Progress, Ring, Settings, State, Totals};
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct Translation;

/// Tables, settings and a script.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    paging: Paging,
    mappings: Vec<Mapping>,
    accesses: Vec<Line>,
    tlb_entries: u32,
    read_ns: u64,
    write_protect: bool,
    smep: bool,
    smap: bool,
}

/// One line of the script, as the reader gives it.
#[derive(Debug, Deserialize)]
struct Line {
    address: String,
    kind: Does,
    mode: Ring,
}

const MAPPING: &[Field] = &[
    Field::new("page", "Page", Kind::Text { max_chars: 24 })
        .help("Its first address, in hexadecimal."),
    Field::new("frame", "Frame", Kind::Text { max_chars: 24 })
        .help("Its frame number, in hexadecimal: the physical address without its last 12 bits."),
    Field::new(
        "size",
        "Size",
        Kind::Choice(&[("4k", "4 KiB"), ("2m", "2 MiB"), ("4m", "4 MiB"), ("1g", "1 GiB")]),
    )
    .or(Preset::Text("4k")),
    Field::new("present", "Present", Kind::Flag).or(Preset::Flag(true)),
    Field::new("write", "Writable", Kind::Flag).or(Preset::Flag(true)),
    Field::new("user", "User", Kind::Flag).or(Preset::Flag(true)),
    Field::new("execute", "Executable", Kind::Flag)
        .help("Tables of 32 bits cannot forbid it.")
        .or(Preset::Flag(false)),
];

const LINE: &[Field] = &[
    Field::new("address", "Address", Kind::Text { max_chars: 24 }).help("In hexadecimal."),
    Field::new(
        "kind",
        "Does",
        Kind::Choice(&[
            ("read", "Read"),
            ("write", "Write"),
            ("execute", "Execute"),
            ("invlpg", "INVLPG"),
            ("flush", "Load CR3"),
        ]),
    )
    .or(Preset::Text("read")),
    Field::new("mode", "Mode", Kind::Choice(&[("user", "User"), ("kernel", "Kernel")]))
        .or(Preset::Text("user")),
];

impl Engine for Translation {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/translation",
        title: "Address translation",
        summary: "The CPU cuts an address into fields and walks the page tables to a frame.",
        look_for: "Follow each coloured field of the address to the table entry that it picks.",
        source: "intel-sdm/Paging",
        time_unit: "ns",
        markers: &["page_fault", "protection_fault", "translate", "flush", "invlpg"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "paging",
            "Paging",
            Kind::Choice(&[
                ("four_level", "4 levels, 48 bits"),
                ("five_level", "5 levels, 57 bits"),
                ("two_level", "2 levels, 32 bits"),
            ]),
        )
        .or(Preset::Text("four_level")),
        Field::new(
            "mappings",
            "Mapped pages",
            Kind::Rows { columns: MAPPING, len_min: 0, len_max: 64 },
        )
        .or(Preset::Empty),
        Field::new("accesses", "Script", Kind::Rows { columns: LINE, len_min: 1, len_max: 400 }),
        Field::new("tlb_entries", "TLB entries", Kind::Int { min: 0, max: 64 })
            .help("With 0 there is no TLB.")
            .or(Preset::Int(4)),
        Field::new("read_ns", "Memory read", Kind::Int { min: 1, max: 1_000 })
            .unit("ns")
            .help("Time of one read, of a table entry or of the data itself.")
            .or(Preset::Int(100)),
        Field::new("write_protect", "CR0.WP", Kind::Flag)
            .help("Read-only pages bind the kernel as well.")
            .or(Preset::Flag(true)),
        Field::new("smep", "SMEP", Kind::Flag)
            .help("The kernel may not execute pages of users.")
            .or(Preset::Flag(true)),
        Field::new("smap", "SMAP", Kind::Flag)
            .help("The kernel may not read or write pages of users.")
            .or(Preset::Flag(false)),
    ];
    const EXAMPLE: &'static str = r#"{
        "mappings": [
            {"page": "0x7ffe12345000", "frame": "0x1a5"},
            {"page": "0x7ffe12346000", "frame": "0x2b0", "write": false},
            {"page": "0x400000", "frame": "0x77", "write": false, "execute": true}
        ],
        "accesses": [
            {"address": "0x7ffe12345abc"},
            {"address": "0x7ffe12345ac4", "kind": "write"},
            {"address": "0x7ffe12346010", "kind": "write"}
        ]
    }"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let tables = Tables::of(scenario.paging, &scenario.mappings);
        let script = script(scenario);
        let (tables, script) = match (tables, script) {
            (Ok(tables), Ok(script)) => (tables, script),
            (tables, script) => {
                let mut problems = tables.err().map_or_else(Vec::new, |it| it.0);
                problems.extend(script.err().into_iter().flat_map(|it| it.0));
                return Err(ScenarioError(problems));
            }
        };
        let settings = Settings {
            paging: scenario.paging,
            write_protect: scenario.write_protect,
            smep: scenario.smep,
            smap: scenario.smap,
            read_ns: scenario.read_ns,
        };
        let mut cpu = Cpu::new(settings, &tables, &script, scenario.tlb_entries);
        cpu.run(log)?;
        let last = cpu.state;
        metrics(scenario.paging, &script, &last, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        // Both were read without a fault when the run was made.
        let (Ok(tables), Ok(script)) =
            (Tables::of(scenario.paging, &scenario.mappings), script(scenario))
        else {
            return Scene::default();
        };
        scene::scene(&View { paging: scenario.paging, tables: &tables, script: &script }, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        scene::actors(scenario.paging)
    }
}

/// The script with its addresses read.
fn script(scenario: &Scenario) -> Result<Vec<Access>, ScenarioError> {
    let mut problems = Vec::new();
    let mut script = Vec::new();
    for (row, line) in scenario.accesses.iter().enumerate() {
        let wide = scenario.paging.register_bits() == 64;
        let at = format!("/accesses/{row}/address");
        match hexadecimal(&line.address) {
            None => problems.push(Problem { at, fault: Fault::WrongKind(AN_ADDRESS) }),
            Some(address) if !wide && address >> 32 != 0 => {
                let why = format!("{address:#x} has more than 32 bits");
                problems.push(Problem { at, fault: Fault::Conflict(why) });
            }
            Some(address) => script.push(Access { address, kind: line.kind, ring: line.mode }),
        }
    }
    if problems.is_empty() { Ok(script) } else { Err(ScenarioError(problems)) }
}

fn metrics(paging: Paging, script: &[Access], last: &State, log: &mut Log<State>) {
    let Totals {
        n_accesses,
        n_reads,
        n_data,
        n_tlb_hits,
        n_tlb_misses,
        n_page_faults,
        n_protection_faults,
        time_ns,
    } = last.totals;
    let mut count = |key, label, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    count("n_accesses", "Accesses", n_accesses, "accesses", Better::Neither);
    count("n_reads", "Table reads", n_reads, "reads", Better::Lower);
    count("n_data", "Accesses that reached memory", n_data, "accesses", Better::Neither);
    count("n_memory", "Memory reads in all", n_reads + n_data, "reads", Better::Lower);
    count("n_tlb_hits", "TLB hits", n_tlb_hits, "hits", Better::Higher);
    count("n_tlb_misses", "TLB misses", n_tlb_misses, "misses", Better::Lower);
    count("n_faults", "Page faults", n_page_faults, "faults", Better::Lower);
    count(
        "n_protection_faults",
        "General protection faults",
        n_protection_faults,
        "faults",
        Better::Lower,
    );
    count("time_ns", "Time in memory", time_ns, "ns", Better::Lower);
    let looked = n_tlb_hits + n_tlb_misses;
    let rate = if looked == 0 { 0.0 } else { n_tlb_hits as f64 / looked as f64 };
    log.metric("tlb_hit_rate", "TLB hit rate", rate, "", Better::Higher);
    let Some(access) = script.last() else { return };
    for level in paging.levels() {
        let index = f64::from(level.index(access.address));
        log.metric_of("index", level.slug, "Index", index, "");
    }
    let offset = access.address & ((1 << OFFSET_BITS) - 1);
    log.metric("offset", "Offset of the last access", offset as f64, "bytes", Better::Neither);
    match last.progress {
        Progress::Reached(physical) => {
            let label = "Physical address of the last access";
            log.metric("physical", label, physical as f64, "", Better::Neither);
        }
        Progress::Fault(code) => {
            let label = "Error code of the last access";
            log.metric("error_code", label, f64::from(code), "", Better::Neither);
        }
        Progress::Waiting | Progress::Going | Progress::Refused | Progress::Told => {}
    }
}
