//! TLB shootdown: the cores that may hold a page are interrupted before its frame is given away.
//!
//! # Model
//! Up to eight cores, each with a TLB of its own that no hardware keeps in step. One process; a core
//! runs it, idles with its tables still loaded, or runs another process. munmap and mprotect change
//! the tables, drop the pages from the core's own TLB, interrupt the cores that may hold them, and
//! wait for their answers; only then is a frame given away or a page taken for read-only. One such
//! call at a time. A use of an old entry before the call returns does no harm; one after it is told
//! as stale, and happens only if the kernel does not wait. An idle core may be left out: it notes
//! that it is behind and empties its TLB before it runs the process again.
//! # Ties
//! What is due at one time happens in the order in which it was planned, lines of the script first.
//! A line waits while its core is in the kernel. Cores wait for the lock in the order in which they
//! came. An entry is dropped when the handler ends.
//! # Left out
//! Contention for the interrupt controller, tags of address spaces, INVLPGB, page-table pages that
//! are freed, and threads that change cores.
//! # Source
//! `black-1989`; `intel-sdm`, volume 3A, propagation of changes to several processors.

use super::shootdown::run::{CORES_MAX, CoreLine, Line, Settings, Sim, State, Totals};
use super::shootdown::scene::{self, View};
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct TlbShootdown;

/// Cores, a script and the kernel's ways.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    cores: Vec<CoreLine>,
    pages: u32,
    script: Vec<Line>,
    batch: bool,
    lazy: bool,
    wait: bool,
    warm: bool,
    ceiling_pages: u32,
    ipi_ns: u64,
    handler_ns: u64,
    invlpg_ns: u64,
    flush_ns: u64,
}

const CORE: &[Field] = &[
    Field::new(
        "runs",
        "Runs",
        Kind::Choice(&[
            ("same", "The process"),
            ("idle", "Nothing, tables loaded"),
            ("other", "Another process"),
        ]),
    )
    .or(Preset::Text("same")),
    Field::new("irq_ns", "Interrupts off", Kind::Int { min: 0, max: 100_000 })
        .unit("ns")
        .help("An interrupt waits this long before the core takes it.")
        .or(Preset::Int(0)),
];

const LINE: &[Field] = &[
    Field::new("at", "At", Kind::Int { min: 0, max: 1_000_000 }).unit("ns").or(Preset::Int(0)),
    Field::new("core", "Core", Kind::Int { min: 0, max: 7 }).help("From 0.").or(Preset::Int(0)),
    Field::new(
        "does",
        "Does",
        Kind::Choice(&[
            ("read", "Reads"),
            ("write", "Writes"),
            ("munmap", "munmap"),
            ("protect", "mprotect: read-only"),
            ("sleep", "Goes idle"),
            ("wake", "Runs the process"),
        ]),
    )
    .or(Preset::Text("read")),
    Field::new("page", "First page", Kind::Int { min: 0, max: 63 }).or(Preset::Int(0)),
    Field::new("pages", "Pages", Kind::Int { min: 1, max: 64 })
        .help("For munmap and mprotect.")
        .or(Preset::Int(1)),
];

const fn price(key: &'static str, label: &'static str, help: &'static str, ns: i64) -> Field {
    Field::new(key, label, Kind::Int { min: 0, max: 100_000 })
        .unit("ns")
        .help(help)
        .or(Preset::Int(ns))
}

impl Engine for TlbShootdown {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/tlb_shootdown",
        title: "TLB shootdown",
        summary: "One core unmaps a page, and all others must forget it before the frame is reused.",
        look_for: "See how long the core that unmaps waits, and whose work is interrupted for it.",
        source: "black-1989/shootdown",
        time_unit: "ns",
        markers: &["munmap", "mprotect", "ipi", "free", "stale_use", "late_use", "page_fault"],
    };
    const FORM: &'static [Field] = &[
        Field::new("cores", "Cores", Kind::Rows { columns: CORE, len_min: 1, len_max: 8 }),
        Field::new("pages", "Mapped pages", Kind::Int { min: 1, max: 64 }).or(Preset::Int(8)),
        Field::new("script", "Script", Kind::Rows { columns: LINE, len_min: 1, len_max: 60 }),
        Field::new("batch", "Batching", Kind::Flag)
            .help("One round for all pages of a call, instead of one for each page.")
            .or(Preset::Flag(true)),
        Field::new("lazy", "Lazy TLB mode", Kind::Flag)
            .help("Idle cores are left out, and catch up when they wake.")
            .or(Preset::Flag(true)),
        Field::new("wait", "Wait for the answers", Kind::Flag)
            .help("If not, the frame is given away while other cores may still use it.")
            .or(Preset::Flag(true)),
        Field::new("warm", "Warm TLBs", Kind::Flag)
            .help("Cores with the tables loaded hold all pages from the start.")
            .or(Preset::Flag(true)),
        Field::new("ceiling_pages", "Flush all above", Kind::Int { min: 0, max: 64 })
            .unit("pages")
            .help("For more pages than this the whole TLB is emptied.")
            .or(Preset::Int(33)),
        price("ipi_ns", "Interrupt", "From sending it to its arrival at the other core.", 500),
        price("handler_ns", "Handler", "Into the kernel and back, without the dropping.", 400),
        price("invlpg_ns", "INVLPG", "Drops one page.", 100),
        price("flush_ns", "Whole flush", "Empties the TLB.", 300),
    ];
    const EXAMPLE: &'static str = r#"{
        "cores": [{}, {}, {"irq_ns": 700}, {"runs": "idle"}, {"runs": "other"}],
        "script": [
            {"at": 400, "core": 0, "does": "munmap", "page": 2, "pages": 2},
            {"at": 900, "core": 1, "page": 3},
            {"at": 3000, "core": 1, "page": 3},
            {"at": 3400, "core": 3, "does": "wake"},
            {"at": 3600, "core": 3, "page": 2}
        ]
    }"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let mut problems = Vec::new();
        for (row, line) in scenario.script.iter().enumerate() {
            if scenario.cores.len() <= usize::from(line.core) {
                let at = format!("/script/{row}/core");
                problems
                    .push(Problem { at, fault: Fault::Dangling(format!("core {}", line.core)) });
            }
            if scenario.pages < line.page + line.pages {
                let why = format!("the process has {} pages, numbered from 0", scenario.pages);
                let at = format!("/script/{row}/page");
                problems.push(Problem { at, fault: Fault::Conflict(why) });
            }
        }
        if !problems.is_empty() {
            return Err(ScenarioError(problems));
        }
        let settings = Settings {
            n_pages: scenario.pages,
            warm: scenario.warm,
            lazy: scenario.lazy,
            batch: scenario.batch,
            wait: scenario.wait,
            ceiling: scenario.ceiling_pages,
            ipi_ns: scenario.ipi_ns,
            handler_ns: scenario.handler_ns,
            invlpg_ns: scenario.invlpg_ns,
            flush_ns: scenario.flush_ns,
        };
        let mut sim = Sim::new(settings, &scenario.cores, &scenario.script);
        sim.run(log)?;
        metrics(sim.state.totals, sim.now, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(&View { n_pages: scenario.pages, script: &scenario.script }, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        (0..scenario.cores.len().min(CORES_MAX)).map(|it| format!("C{it}")).collect()
    }
}

fn metrics(totals: Totals, time_ns: u64, log: &mut Log<State>) {
    let mut count = |key, label, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    let Totals { n_rounds, n_ipis, n_acks, n_skips, n_full, stall_ns, taken_ns, .. } = totals;
    count("n_rounds", "Rounds", n_rounds, "rounds", Better::Lower);
    count("n_interrupts", "Interrupts", n_ipis, "interrupts", Better::Lower);
    count("n_answers", "Answers", n_acks, "answers", Better::Neither);
    count("n_left_out", "Cores left out", n_skips, "cores", Better::Neither);
    count("n_full_flushes", "Rounds that empty the TLB", n_full, "rounds", Better::Neither);
    count("stall_ns", "Wait for answers", stall_ns, "ns", Better::Lower);
    count("taken_ns", "Taken from other cores", taken_ns, "ns", Better::Lower);
    count("n_walks", "Walks of the tables", totals.n_walks, "walks", Better::Lower);
    count("n_faults", "Page faults", totals.n_faults, "faults", Better::Neither);
    count("n_late_uses", "Uses of old entries in time", totals.n_late, "uses", Better::Neither);
    count("n_stale_uses", "Stale uses", totals.n_stale, "uses", Better::Lower);
    count("time_ns", "Time", time_ns, "ns", Better::Neither);
}
