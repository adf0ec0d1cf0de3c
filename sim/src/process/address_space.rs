//! The address space of one process: its regions, how they grow, and what a touch of any address does.
//!
//! # Model
//! The layout of Linux on x86-64: program, heap, mapped regions placed downwards, stacks, and the
//! kernel's half. Starts are random by a seed, with as many random bits as Linux uses. The C library
//! takes pieces below 128 KiB from the heap, and maps a region for larger ones. The stack of the
//! first thread grows when it is touched below its end; other threads have fixed stacks above a guard
//! page. A signal ends one access; the program has a handler and goes on with the next line.
//! # Ties
//! None: nothing is chosen here.
//! # Left out
//! `free` and `munmap`, the arenas of further threads, the vDSO, more libraries, and page tables: a
//! region that is mapped counts as touchable, in memory or not.
//! # Source
//! `tlpi`, chapter 6; `linux-process-addrs` for growth; `intel-sdm`, volume 1, for canonical form.

use super::address_space_layout::{Rules, Space};
use super::address_space_run::{Runner, State};
use super::address_space_scene;
use super::address_space_script::{Op, read};
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct AddressSpace;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    script: String,
    aslr: bool,
    seed: u64,
    pie: bool,
    stack_limit_kib: u64,
    thread_stack_kib: u64,
    levels: u32,
}

impl Scenario {
    /// Bits of an address that count: nine for each level of page tables, and the offset.
    const fn bits(&self) -> u32 {
        9 * self.levels + 12
    }

    fn ops(&self) -> Result<Vec<Op>, ScenarioError> {
        read(&self.script)
    }
}

impl Engine for AddressSpace {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "process/address_space",
        title: "The address space of a process",
        summary: "Regions of one process and how they grow, and what a touch of any address does.",
        look_for: "See which region a piece of memory comes from, and what lies between regions.",
        source: "tlpi/6",
        time_unit: "statements",
        markers: &["segv", "grow", "map"],
    };
    const FORM: &'static [Field] = &[
        Field::new("script", "Script", Kind::Code { max_chars: 3_000 }).help(
            "One statement a line: malloc 100; map log 65536; thread; call 4096; return; read heap; \
             write stack-8; jump data; write T1.guard; read 0x0. A place is an address or a region, \
             with .end, + and -.",
        ),
        Field::new("aslr", "Random starts", Kind::Flag).help("ASLR.").or(Preset::Flag(true)),
        Field::new("seed", "Seed", Kind::Int { min: 0, max: 1_000_000 })
            .help("Another seed is another start of the same program.")
            .or(Preset::Int(1)),
        Field::new("pie", "Position-independent program", Kind::Flag)
            .help("Otherwise its text is at 0x400000.")
            .or(Preset::Flag(true)),
        Field::new("stack_limit_kib", "Stack limit", Kind::Int { min: 132, max: 1_048_576 })
            .unit("KiB")
            .help("The first thread's stack grows no further.")
            .or(Preset::Int(8_192)),
        Field::new("thread_stack_kib", "Stack of a thread", Kind::Int { min: 16, max: 1_048_576 })
            .unit("KiB")
            .or(Preset::Int(8_192)),
        Field::new("levels", "Levels of page tables", Kind::Int { min: 4, max: 5 })
            .unit("levels")
            .help("48 bits of an address count with four levels, 57 with five.")
            .or(Preset::Int(4)),
    ];
    const EXAMPLE: &'static str = r#"{"script":
"malloc 100\nmalloc 1048576\nthread\ncall 200000\nwrite stack\nwrite heap+16\nwrite piece1\nwrite text\nwrite T1.guard\nread 0x0\nread kernel\nread 0x0000800000000000"}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let ops = scenario.ops()?;
        let page = |kib: u64| (kib * 1_024).next_multiple_of(super::address_space_layout::PAGE);
        let rules = Rules {
            aslr: scenario.aslr,
            pie: scenario.pie,
            seed: scenario.seed,
            stack_limit: page(scenario.stack_limit_kib),
            thread_stack: page(scenario.thread_stack_kib),
        };
        let mut runner = Runner::new(Space::new(rules), scenario.bits());
        runner.run(&ops, log)?;
        metrics(&runner, scenario.bits(), log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        // The script was read without a fault when the run was made.
        let (Some(last), Ok(ops)) = (past.last(), scenario.ops()) else { return Scene::default() };
        address_space_scene::scene(&last.state, &ops, scenario.bits())
    }
}

fn metrics(runner: &Runner, bits: u32, log: &mut Log<State>) {
    let space = &runner.state.space;
    let size = |name: &str| space.region(name).map_or(0, |it| it.end - it.start);
    let mapped: u64 = space.regions.iter().map(|it| it.end - it.start).sum();
    let kib = |bytes: u64| bytes as f64 / 1_024.0;
    let mut add = |key, label, value: f64, unit| {
        log.metric(key, label, value, unit, Better::Neither);
    };
    let n_regions = space.regions.iter().filter(|it| it.start < it.end).count();
    add("n_regions", "Regions", n_regions as f64, "regions");
    add("mapped_kib", "Mapped", kib(mapped), "KiB");
    add("heap_kib", "Heap", kib(size("heap")), "KiB");
    add("stack_kib", "Stack of the first thread", kib(size("stack")), "KiB");
    add("n_touches", "Touches", runner.n_touches as f64, "touches");
    add("n_segv", "SIGSEGV", runner.n_segv as f64, "signals");
    let half = (1_u64 << (bits - 1)) as f64 / (1_u64 << 40) as f64;
    add("half_tib", "One half of all addresses", half, "TiB");
}
