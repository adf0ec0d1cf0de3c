//! Address translation: the CPU cuts an address into fields and walks the page tables.
//!
//! # Model
//! One CPU, up to three address spaces, a script of accesses. Four levels, five levels, or two
//! levels of 32 bits; pages of every size that these have. A first TLB stands before the tables,
//! and if wanted a second one and one for large pages. Each has sets of some ways; a page stands
//! in the set that the low bits of its number name. Each table entry that is read, and each access
//! itself, costs one memory read; what the kernel does to tables and registers costs nothing.
//! Address spaces share the tables of pages that all of them map. A load of CR3 drops what is not
//! global; with PCID a switch drops nothing, and a load of the same root drops its own.
//! After munmap and mprotect a TLB may hold what the tables no longer say. That is the bug that
//! INVLPG prevents: if the setting leaves it out, an access that goes there is told as stale.
//! # Ties
//! An upper entry gets its accessed bit as it is read, the page's own entry only when the access
//! is allowed. A write that hits a clean TLB entry walks again to set the dirty bit. A set gives
//! up the entry that was not used for longest. A fault drops the page from the TLB.
//! # Left out
//! Caches of upper entries, separate TLBs for code, protection keys, reserved bits, other CPUs.
//! Upper entries let everything through, as those of Linux do, so rights differ in the last entry.
//! # Source
//! `intel-sdm`, volume 3A, chapter Paging.

use super::paging::geometry::{OFFSET_BITS, Paging, hexadecimal};
use super::paging::scene::{self, View};
use super::paging::tables::{AN_ADDRESS, Mapping, Tables};
use super::paging::tlb::Sizes;
use super::paging::walk::{Access, Cpu, Kind as Does, Progress, Ring, Settings, State, Totals};
use super::paper;
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
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
    tlb_ways: u32,
    tlb_large_entries: Option<u32>,
    tlb2_entries: u32,
    tlb2_ways: u32,
    tlb2_ns: u64,
    pcid: bool,
    invlpg: bool,
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
    Field::new(
        "space",
        "Address space",
        Kind::Choice(&[("a", "A"), ("b", "B"), ("c", "C"), ("all", "All")]),
    )
    .help("A page of all stands in tables that the address spaces share, as the kernel's do.")
    .or(Preset::Text("a")),
    Field::new("global", "Global", Kind::Flag)
        .help("The TLB keeps it through a load of CR3.")
        .or(Preset::Flag(false)),
];

const LINE: &[Field] = &[
    Field::new("address", "Address", Kind::Text { max_chars: 24 })
        .help("In hexadecimal. A load of CR3 needs none.")
        .or(Preset::Text("0x0")),
    Field::new(
        "kind",
        "Does",
        Kind::Choice(&[
            ("read", "Read"),
            ("write", "Write"),
            ("execute", "Execute"),
            ("invlpg", "INVLPG"),
            ("flush", "Load CR3 again"),
            ("to_a", "Switch to A"),
            ("to_b", "Switch to B"),
            ("to_c", "Switch to C"),
            ("munmap", "munmap"),
            ("protect", "Make read-only"),
            ("unprotect", "Make writable"),
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
        markers: &[
            "page_fault",
            "protection_fault",
            "translate",
            "stale_use",
            "flush",
            "invlpg",
            "munmap",
            "mprotect",
        ],
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
        Field::new("tlb_ways", "TLB ways", Kind::Int { min: 0, max: 64 })
            .help("Entries of a set. With 0 a page may stand in any entry.")
            .or(Preset::Int(0)),
        Field::new(
            "tlb_large_entries",
            "TLB entries for large pages",
            Kind::Int { min: 0, max: 32 },
        )
        .help("If it is left out, large pages share the TLB with small ones.")
        .or(Preset::Unset),
        Field::new("tlb2_entries", "Second TLB entries", Kind::Int { min: 0, max: 128 })
            .help("Asked when the first does not hold the page. With 0 there is none.")
            .or(Preset::Int(0)),
        Field::new("tlb2_ways", "Second TLB ways", Kind::Int { min: 0, max: 128 })
            .help("Entries of a set. With 0 a page may stand in any entry.")
            .or(Preset::Int(0)),
        Field::new("tlb2_ns", "Second TLB hit", Kind::Int { min: 0, max: 1_000 })
            .unit("ns")
            .help("Time of a hit there; a hit in the first costs nothing.")
            .or(Preset::Int(2)),
        Field::new("pcid", "PCID", Kind::Flag)
            .help("TLB entries carry the number of their address space, so a switch drops none.")
            .or(Preset::Flag(false)),
        Field::new("invlpg", "INVLPG after a change", Kind::Flag)
            .help("The kernel drops a page from the TLB after munmap and mprotect.")
            .or(Preset::Flag(true)),
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

    const PAPER: Option<Paper> = Some(paper::TRANSLATION);

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let tables = tables(scenario);
        let script = script(scenario);
        let mut problems = Vec::new();
        for (entries, ways, key) in [
            (scenario.tlb_entries, scenario.tlb_ways, "tlb_ways"),
            (scenario.tlb2_entries, scenario.tlb2_ways, "tlb2_ways"),
        ] {
            if ways != 0 && entries % ways != 0 {
                let why = format!("{entries} entries do not fill sets of {ways}");
                problems.push(Problem { at: format!("/{key}"), fault: Fault::Conflict(why) });
            }
        }
        let (tables, script) = match (tables, script) {
            (Ok(tables), Ok(script)) if problems.is_empty() => (tables, script),
            (tables, script) => {
                let faults = [tables.err(), script.err()].into_iter().flatten().flat_map(|it| it.0);
                problems.extend(faults);
                return Err(ScenarioError(problems));
            }
        };
        let settings = Settings {
            paging: scenario.paging,
            write_protect: scenario.write_protect,
            smep: scenario.smep,
            smap: scenario.smap,
            pcid: scenario.pcid,
            invlpg: scenario.invlpg,
            read_ns: scenario.read_ns,
            second_ns: scenario.tlb2_ns,
        };
        let sizes = Sizes {
            first: (scenario.tlb_entries, scenario.tlb_ways),
            large: scenario.tlb_large_entries,
            second: (scenario.tlb2_entries, scenario.tlb2_ways),
        };
        let mut cpu = Cpu::new(settings, &tables, &script, sizes);
        cpu.run(log)?;
        let last = cpu.state;
        metrics(scenario.paging, &script, &last, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        // Both were read without a fault when the run was made.
        let (Ok(tables), Ok(script)) = (tables(scenario), script(scenario)) else {
            return Scene::default();
        };
        let (paging, pcid) = (scenario.paging, scenario.pcid);
        scene::scene(&View { paging, tables: &tables, script: &script, pcid }, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        scene::actors(scenario.paging)
    }
}

/// The tables of every address space that a mapping or a switch names.
fn tables(scenario: &Scenario) -> Result<Tables, ScenarioError> {
    let mapped = scenario.mappings.iter().filter_map(|it| it.space.space());
    let gone_to = scenario.accesses.iter().filter_map(|it| it.kind.space());
    let n_spaces = mapped.chain(gone_to).max().unwrap_or(0) + 1;
    Tables::of(scenario.paging, &scenario.mappings, n_spaces)
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
        n_second_hits,
        n_tlb_misses,
        n_dropped,
        n_page_faults,
        n_protection_faults,
        n_stale_uses,
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
    count("n_tlb2_hits", "Hits in the second TLB", n_second_hits, "hits", Better::Neither);
    count("n_tlb_misses", "TLB misses", n_tlb_misses, "misses", Better::Lower);
    count("n_faults", "Page faults", n_page_faults, "faults", Better::Lower);
    count(
        "n_protection_faults",
        "General protection faults",
        n_protection_faults,
        "faults",
        Better::Lower,
    );
    count("n_dropped", "TLB entries dropped", n_dropped, "entries", Better::Lower);
    count("n_stale_uses", "Stale uses", n_stale_uses, "uses", Better::Lower);
    count("time_ns", "Time in memory", time_ns, "ns", Better::Lower);
    let looked = n_tlb_hits + n_tlb_misses;
    let rate = if looked == 0 { 0.0 } else { n_tlb_hits as f64 / looked as f64 };
    log.metric("tlb_hit_rate", "TLB hit rate", rate, "", Better::Higher);
    let mean = if n_accesses == 0 { 0.0 } else { n_reads as f64 / n_accesses as f64 };
    log.metric("reads_mean", "Table reads per access", mean, "reads", Better::Lower);
    let Some(access) = script.last() else { return };
    for level in paging.levels() {
        let index = f64::from(level.index(access.address));
        log.metric_of("index", level.slug, "Index", index, "");
    }
    let offset = access.address & ((1 << OFFSET_BITS) - 1);
    log.metric("offset", "Offset of the last access", offset as f64, "bytes", Better::Neither);
    match last.progress {
        Progress::Reached(physical) | Progress::Stale(physical) => {
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
