//! Page faults: the kernel sorts an access that the page table does not allow, and serves it.
//!
//! # Model
//! One process in user mode, its regions and the state of its pages, and a script of accesses. What
//! the page table allows costs nothing here. Everything else goes the kernel's way step by step,
//! each step with a cost that can be set. A signal ends one access; the program has a handler and
//! goes on with the next line. Names of functions are those of Linux on x86-64.
//! # Ties
//! A region that holds the address comes before a stack that could grow to it. Rights are checked
//! before the end of the file. New frames are numbered as they are taken.
//! # Left out
//! Faults in kernel mode, locks and their waiting, huge pages, read-ahead, pages on their way from a
//! device, memory that runs out, page tables themselves, and what a debugger changes.
//! # Source
//! `linux-process-addrs`; `intel-sdm`, volume 3A, for error codes.

use super::faults::class::{Access, Kind as Does, Limits, N_ROWS};
use super::faults::kernel::{Costs, Kernel, State};
use super::faults::scene;
use super::faults::space::{Before, Region, Space};
use super::paging::geometry::hexadecimal;
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct PageFault;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    regions: Vec<Region>,
    pages: Vec<Before>,
    accesses: Vec<Line>,
    stack_limit_pages: u64,
    stack_gap_pages: u64,
    around_pages: u64,
    trap_ns: u64,
    lookup_ns: u64,
    alloc_ns: u64,
    zero_ns: u64,
    copy_ns: u64,
    map_ns: u64,
    flush_ns: u64,
    device_ns: u64,
    io_ns: u64,
    signal_ns: u64,
}

/// One line of the script, as the reader gives it.
#[derive(Debug, Deserialize)]
struct Line {
    address: String,
    kind: Does,
}

const REGION: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 12 }).or(Preset::Numbered("R")),
    Field::new("start", "Start", Kind::Text { max_chars: 24 }).help("In hexadecimal."),
    Field::new("pages", "Size", Kind::Int { min: 1, max: 1 << 28 }).unit("pages"),
    Field::new(
        "rights",
        "Allows to",
        Kind::Choice(&[
            ("none", "do nothing"),
            ("r", "read"),
            ("rw", "read and write"),
            ("rx", "read and execute"),
            ("rwx", "do everything"),
        ]),
    )
    .or(Preset::Text("rw")),
    Field::new(
        "kind",
        "Behind it",
        Kind::Choice(&[
            ("anonymous", "nothing"),
            ("file", "a file"),
            ("stack", "nothing, a stack"),
        ]),
    )
    .or(Preset::Text("anonymous")),
    Field::new("shared", "Shared", Kind::Flag).or(Preset::Flag(false)),
    Field::new("file_bytes", "Size of the file", Kind::Int { min: 0, max: 1 << 40 })
        .unit("bytes")
        .help("From the start of the region; left out, it fills the region.")
        .or(Preset::Unset),
];

const BEFORE: &[Field] = &[
    Field::new("page", "Page", Kind::Text { max_chars: 24 }).help("An address in it."),
    Field::new(
        "state",
        "Is",
        Kind::Choice(&[
            ("cached", "in the page cache"),
            ("present", "present"),
            ("zero", "the page of zeros"),
            ("shared_copy", "shared since a fork"),
            ("last_copy", "left alone after a fork"),
            ("swapped", "in the swap area"),
        ]),
    ),
    Field::new("frame", "Frame", Kind::Int { min: 0, max: 1 << 40 })
        .help("Its number, if it matters.")
        .or(Preset::Unset),
];

const LINE: &[Field] = &[
    Field::new("address", "Address", Kind::Text { max_chars: 24 }).help("In hexadecimal."),
    Field::new(
        "kind",
        "Does",
        Kind::Choice(&[("read", "Read"), ("write", "Write"), ("execute", "Execute")]),
    )
    .or(Preset::Text("read")),
];

const fn ns(key: &'static str, label: &'static str, preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min: 0, max: 100_000 }).unit("ns").or(Preset::Int(preset))
}

impl Engine for PageFault {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/page_fault",
        title: "Page faults",
        summary: "The kernel finds out why an access failed, and serves it or sends a signal.",
        look_for: "Ask at each fault what the kernel finds, and whether a device is needed.",
        source: "linux-process-addrs/fault",
        time_unit: "ns",
        markers: &["minor", "major", "signal", "hit"],
    };
    const FORM: &'static [Field] = &[
        Field::new("regions", "Regions", Kind::Rows { columns: REGION, len_min: 0, len_max: 24 })
            .or(Preset::Empty),
        Field::new(
            "pages",
            "Pages before",
            Kind::Rows { columns: BEFORE, len_min: 0, len_max: 64 },
        )
        .help("All others were never touched and are not in memory.")
        .or(Preset::Empty),
        Field::new("accesses", "Script", Kind::Rows { columns: LINE, len_min: 1, len_max: 200 }),
        Field::new("device_ns", "Device", Kind::Int { min: 0, max: 100_000_000 })
            .unit("ns")
            .help("One read: 20,000 from flash, 10,000,000 from a disk.")
            .or(Preset::Int(20_000)),
        ns("io_ns", "Around the device", 4_300).help("To ask for it, sleep, and wake up."),
        ns("trap_ns", "Exception", 250).help("Into the kernel and back."),
        ns("lookup_ns", "Find the region", 150),
        ns("alloc_ns", "Take a frame", 100),
        ns("zero_ns", "Fill with zeros", 300),
        ns("copy_ns", "Copy a page", 400),
        ns("map_ns", "Set the entry", 200),
        ns("flush_ns", "Forget in the TLB", 100),
        ns("signal_ns", "Signal", 1_000),
        Field::new("stack_limit_pages", "Stack limit", Kind::Int { min: 1, max: 1 << 28 })
            .unit("pages")
            .help("8 MiB are 2,048 pages.")
            .or(Preset::Int(2_048)),
        Field::new("stack_gap_pages", "Gap below a stack", Kind::Int { min: 0, max: 65_536 })
            .unit("pages")
            .help("Stays free between a growing stack and the region below it.")
            .or(Preset::Int(256)),
        Field::new("around_pages", "Pages mapped around", Kind::Int { min: 1, max: 64 })
            .unit("pages")
            .help("A read that finds a file's page in memory maps its neighbours there as well.")
            .or(Preset::Int(16)),
    ];
    const EXAMPLE: &'static str = r#"{
        "regions": [
            {"name": "text", "start": "0x400000", "pages": 16, "rights": "rx", "kind": "file"},
            {"name": "heap", "start": "0x1000000", "pages": 64},
            {"name": "log", "start": "0x7f0000000000", "pages": 4, "kind": "file",
             "shared": true, "file_bytes": 6000},
            {"name": "stack", "start": "0x7ffffffde000", "pages": 33, "kind": "stack"}
        ],
        "pages": [
            {"page": "0x400000", "state": "cached"},
            {"page": "0x1003000", "state": "swapped"},
            {"page": "0x1004000", "state": "shared_copy"},
            {"page": "0x7f0000000000", "state": "cached"}
        ],
        "accesses": [
            {"address": "0x400010", "kind": "execute"},
            {"address": "0x1000008"},
            {"address": "0x1000008", "kind": "write"},
            {"address": "0x1004000", "kind": "write"},
            {"address": "0x1003000"},
            {"address": "0x7f0000000010"},
            {"address": "0x7f0000000010", "kind": "write"},
            {"address": "0x7f0000001000"},
            {"address": "0x7f0000002000"},
            {"address": "0x7ffffffddff8", "kind": "write"},
            {"address": "0x400010", "kind": "write"},
            {"address": "0x0"},
            {"address": "0x0000800000000000"}
        ]
    }"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let (space, script) =
            match (Space::of(&scenario.regions, &scenario.pages), script(scenario)) {
                (Ok(space), Ok(script)) => (space, script),
                (space, script) => {
                    let mut problems = space.err().map_or_else(Vec::new, |it| it.0);
                    problems.extend(script.err().into_iter().flat_map(|it| it.0));
                    return Err(ScenarioError(problems));
                }
            };
        let limits =
            Limits { stack_pages: scenario.stack_limit_pages, gap_pages: scenario.stack_gap_pages };
        let mut kernel = Kernel::new(space, costs(scenario), limits, scenario.around_pages);
        kernel.run(&script, log)?;
        metrics(&kernel, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        // The script was read without a fault when the run was made.
        let Ok(script) = script(scenario) else { return Scene::default() };
        scene::scene(&script, &costs(scenario), past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        let space = Space::of(&scenario.regions, &[]);
        space.map_or_else(|_| Vec::new(), |it| it.vmas.into_iter().map(|it| it.name).collect())
    }
}

fn costs(scenario: &Scenario) -> Costs {
    let &Scenario { trap_ns, lookup_ns, alloc_ns, zero_ns, copy_ns, .. } = scenario;
    let &Scenario { map_ns, flush_ns, device_ns, io_ns, signal_ns, .. } = scenario;
    Costs {
        trap_ns,
        lookup_ns,
        alloc_ns,
        zero_ns,
        copy_ns,
        map_ns,
        flush_ns,
        device_ns,
        io_ns,
        signal_ns,
    }
}

fn script(scenario: &Scenario) -> Result<Vec<Access>, ScenarioError> {
    let mut problems = Vec::new();
    let mut script = Vec::new();
    for (row, line) in scenario.accesses.iter().enumerate() {
        match hexadecimal(&line.address) {
            Some(address) => script.push(Access { address, kind: line.kind }),
            None => problems.push(Problem {
                at: format!("/accesses/{row}/address"),
                fault: Fault::WrongKind("an address in hexadecimal, such as 0x7ffe12345abc"),
            }),
        }
    }
    if problems.is_empty() { Ok(script) } else { Err(ScenarioError(problems)) }
}

/// Accesses whose time is a metric of its own.
const TIMES_MAX: usize = 16;

/// Names of the rows of the table of faults, as keys.
const KINDS: [&str; N_ROWS] = [
    "zero_page",
    "zero_fill",
    "page_cache",
    "first_dirty",
    "copy_on_write",
    "file_read",
    "swap_in",
    "stack_growth",
    "no_region",
    "forbidden",
    "past_end",
    "not_canonical",
];

fn metrics(kernel: &Kernel, log: &mut Log<State>) {
    let totals = kernel.state.totals;
    let [n_hits, n_minor, n_major, n_segv, n_bus] = totals.n_ends;
    let mut count = |key, label, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    count("n_accesses", "Accesses", totals.n_ends.iter().sum(), "accesses", Better::Neither);
    count("n_hits", "Accesses without a fault", n_hits, "accesses", Better::Higher);
    count("n_minor", "Minor faults", n_minor, "faults", Better::Lower);
    count("n_major", "Major faults", n_major, "faults", Better::Lower);
    count("n_segv", "SIGSEGV", n_segv, "signals", Better::Lower);
    count("n_bus", "SIGBUS", n_bus, "signals", Better::Lower);
    count("time_ns", "Time in the kernel", totals.time_ns, "ns", Better::Lower);
    let [_, minor_ns, major_ns, ..] = totals.ns_of_ends;
    let mean = |sum: u64, n: u64| sum as f64 / n.max(1) as f64;
    let (minor, major) = (mean(minor_ns, n_minor), mean(major_ns, n_major));
    log.metric("minor_ns_mean", "Minor fault", minor, "ns", Better::Lower);
    log.metric("major_ns_mean", "Major fault", major, "ns", Better::Lower);
    for (kind, n) in KINDS.iter().zip(totals.n_rows) {
        log.metric_of("n_faults", kind, "Faults", n as f64, "faults");
    }
    for (at, ns) in kernel.times_ns.iter().enumerate().take(TIMES_MAX) {
        log.metric_of("access_ns", &(at + 1).to_string(), "Time", *ns as f64, "ns");
    }
}
