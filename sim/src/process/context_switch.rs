//! A context switch: one thread leaves the CPU, another gets it, and what both steps cost.
//!
//! # Model
//! The direct cost is the sum of its parts, in cycles, and each part can be set. The indirect cost
//! comes afterwards: T2 touches its data once more, newest first, and pays for each line and each
//! translation that T1 has pushed out. Cache and TLB keep what was used last, without sets. What T2
//! would miss without any switch, because its data is larger than the cache, is not counted.
//! # Ties
//! None: nothing is chosen here. What both threads use counts as used last by T1.
//! # Left out
//! Which thread is picked; misses of the kernel itself; misses of the branch predictor; two threads
//! of one core. Linux saves a part of the registers only after it has picked: the sum is the same.
//! # Source
//! `li-2007` for direct and indirect cost; `intel-sdm`, volume 1, for the saved vector state.

use super::context_switch_cost::{Cost, LINE_BYTES, Part, PartKind};
use super::context_switch_scene;
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::{Scene, number};
use crate::words::{grouped, grouped_count};
use serde::Deserialize;

/// The engine.
pub(crate) struct ContextSwitch;

/// What the reader sets.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Scenario {
    pub(super) same_process: bool,
    pub(super) pcid: bool,
    pub(super) ibpb: bool,
    pub(super) vector: Vector,
    pub(super) set_kib: u64,
    pub(super) other_kib: u64,
    pub(super) shared_kib: u64,
    pub(super) cache_kib: u64,
    pub(super) tlb_entries: u64,
    pub(super) miss_cycles: u64,
    pub(super) overlap_misses: u64,
    pub(super) walk_cycles: u64,
    pub(super) trap_cycles: u64,
    pub(super) save_cycles: u64,
    pub(super) pick_cycles: u64,
    pub(super) switch_mm_cycles: u64,
    pub(super) ibpb_cycles: u64,
    pub(super) restore_cycles: u64,
    pub(super) bytes_per_cycle: u64,
    pub(super) mhz: u64,
    pub(super) switches_per_s: u64,
}

/// Which vector registers the threads have used: what XSAVE has to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Vector {
    None,
    Sse,
    Avx,
    Avx512,
}

impl Vector {
    /// Bytes of the saved area in its standard layout: 512 of old, a header of 64, then the upper
    /// halves of 16 registers, and for AVX-512 a gap of 256, masks, the rest of 32 registers, PKRU.
    pub(super) const fn bytes(self) -> u64 {
        match self {
            Self::None => 0,
            Self::Sse => 512 + 64,
            Self::Avx => 512 + 64 + 16 * 16,
            Self::Avx512 => 512 + 64 + 16 * 16 + 256 + 8 * 8 + 16 * 32 + 16 * 64 + 8,
        }
    }
}

/// What is seen after a step.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct State {
    /// Parts of the switch that are done.
    pub(super) n_parts: usize,
    /// What T2 has touched since, in KiB.
    pub(super) touched_kib: u64,
}

const fn cycles(key: &'static str, label: &'static str, preset: i64) -> Field {
    let field = Field::new(key, label, Kind::Int { min: 0, max: 100_000 });
    field.unit("cycles").or(Preset::Int(preset))
}

const fn kib(key: &'static str, label: &'static str, min: i64, preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min, max: 65_536 }).unit("KiB").or(Preset::Int(preset))
}

impl Engine for ContextSwitch {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "process/context_switch",
        title: "A context switch",
        summary: "The parts of a switch with their cycles, and the misses that come after it.",
        look_for: "Add up the parts, and compare the sum with what T2 pays afterwards.",
        source: "li-2007/2",
        time_unit: "cycles",
        markers: &["pick", "switch_mm", "resume", "warm"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new("same_process", "Threads of one process", Kind::Flag)
            .help("Then the address space stays.")
            .or(Preset::Flag(false)),
        Field::new("pcid", "Numbered address spaces", Kind::Flag)
            .help("With PCID the TLB keeps the entries of several processes.")
            .or(Preset::Flag(true)),
        Field::new("ibpb", "Clear the branch predictor", Kind::Flag)
            .help("Between processes that do not trust each other, since Spectre.")
            .or(Preset::Flag(false)),
        Field::new(
            "vector",
            "Vector registers in use",
            Kind::Choice(&[
                ("none", "None"),
                ("sse", "SSE, 576 bytes"),
                ("avx", "AVX, 832 bytes"),
                ("avx512", "AVX-512, 2,696 bytes"),
            ]),
        )
        .help("What is not in use need not be moved.")
        .or(Preset::Text("none")),
        kib("set_kib", "Data of T2", 1, 32).help("What it uses in one turn."),
        kib("other_kib", "Data of T1", 0, 32).help("What it has used in its turn before."),
        kib("shared_kib", "Used by both", 0, 0),
        kib("cache_kib", "Cache", 1, 32).help("32 KiB is a usual first level."),
        Field::new("tlb_entries", "TLB", Kind::Int { min: 1, max: 65_536 })
            .unit("entries")
            .help("Pages of 4 KiB whose translation is kept.")
            .or(Preset::Int(1_536)),
        cycles("miss_cycles", "A line is fetched in", 40)
            .help("About 40 from the L3, 300 from memory."),
        Field::new("overlap_misses", "Lines at once", Kind::Int { min: 1, max: 32 })
            .unit("lines")
            .help("10 or so if the addresses are known beforehand.")
            .or(Preset::Int(1)),
        cycles("walk_cycles", "A walk takes", 40)
            .help("One read from the L3; the upper tables are remembered."),
        cycles("trap_cycles", "Trap", 100).help("Into the kernel."),
        cycles("save_cycles", "Save", 200).help("Of T1, without vector registers."),
        cycles("pick_cycles", "Pick", 500).help("500 with few ready threads, 2,000 with many."),
        cycles("switch_mm_cycles", "Change the address space", 300),
        cycles("ibpb_cycles", "Clear the predictor", 15_000).help("5 µs on older CPUs."),
        cycles("restore_cycles", "Load and return", 200).help("Of T2, without vector registers."),
        Field::new("bytes_per_cycle", "Vector state moves", Kind::Int { min: 1, max: 64 })
            .unit("bytes")
            .help("In one cycle; a simple model, no measurement.")
            .or(Preset::Int(8)),
        Field::new("mhz", "Clock", Kind::Int { min: 100, max: 10_000 })
            .unit("MHz")
            .or(Preset::Int(3_000)),
        Field::new("switches_per_s", "Switches a second", Kind::Int { min: 0, max: 1_000_000 })
            .help("For the share of one core that they take.")
            .or(Preset::Int(50_000)),
    ];
    const EXAMPLE: &'static str = "{}";

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        if scenario.set_kib.min(scenario.other_kib) < scenario.shared_kib {
            let why = "both cannot use more than the one that uses less".to_owned();
            return Err(ScenarioError::one("/shared_kib", Fault::Conflict(why)));
        }
        let cost = Cost::of(scenario);
        log.step(0, "start", || Shot::new(start(scenario), State::default()))?;
        direct(&cost, log)?;
        resumed(&cost, log)?;
        metrics(&cost, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        let Some(last) = past.last() else { return Scene::default() };
        context_switch_scene::scene(&Cost::of(scenario), last.state)
    }

    fn actors(_: &Scenario) -> Vec<String> {
        vec!["T1".to_owned(), "T2".to_owned()]
    }
}

fn start(scenario: &Scenario) -> String {
    let whose = match scenario.same_process {
        true => "a thread of the same process",
        false => "a thread of another process",
    };
    format!(
        "T1 runs in user mode, and T2, {whose}, waits for the CPU with its registers saved in \
         memory."
    )
}

fn direct(cost: &Cost<'_>, log: &mut Log<State>) -> Result<(), ScenarioError> {
    let mut time = 0;
    for (at, part) in cost.parts.iter().enumerate() {
        time += part.cycles;
        log.step(time, part.kind.tag(), || {
            let say = format!("{} This takes {}.", part.say, grouped_count(part.cycles, "cycles"));
            let state = State { n_parts: at + 1, touched_kib: 0 };
            ask(cost, at, part, Shot::new(say, state))
        })?;
    }
    Ok(())
}

/// A question where a learner can know the answer: what comes first, and what a new table does.
fn ask(cost: &Cost<'_>, at: usize, part: &Part, shot: Shot<State>) -> Shot<State> {
    let options = |all: &[&str]| all.iter().map(ToString::to_string).collect();
    if at == 0 {
        let both = ["T1's registers are saved", "T1 enters the kernel"];
        return shot.ask("What comes first?", options(&both), 1);
    }
    if part.kind == PartKind::Restore {
        let all = ["nothing", "up to a page", "more than a page"];
        let bytes = cost.lost_lines * LINE_BYTES;
        let answer = usize::from(0 < bytes) + usize::from(4_096 < bytes);
        return shot.ask(
            "How much of T2's data has T1 pushed out of the cache?",
            options(&all),
            answer,
        );
    }
    if part.kind == PartKind::SwitchMm {
        let all = ["they are thrown away", "they stay, with a number"];
        let question = "What becomes of the translations in the TLB?";
        return shot.ask(question, options(&all), usize::from(cost.scenario.pcid));
    }
    shot
}

/// T2 touches its data again, in at most this many steps.
const N_TOUCHES: u64 = 8;

fn resumed(cost: &Cost<'_>, log: &mut Log<State>) -> Result<(), ScenarioError> {
    let set = cost.scenario.set_kib;
    let step = set.div_ceil(N_TOUCHES).next_multiple_of(4).max(4);
    let (n_parts, direct) = (cost.parts.len(), cost.direct_cycles());
    let mut before = 0;
    while before < set {
        let touched = set.min(before + step);
        let tag = if before == 0 { "resume" } else { "touch" };
        log.step(direct + cost.indirect_cycles(touched), tag, || {
            Shot::new(touch(cost, before, touched), State { n_parts, touched_kib: touched })
        })?;
        before = touched;
    }
    log.step(direct + cost.indirect_cycles(set), "warm", || {
        let (direct, after) = (direct, cost.indirect_cycles(set));
        let than = match after.cmp(&direct) {
            std::cmp::Ordering::Less => "less than",
            std::cmp::Ordering::Equal => "as much as",
            std::cmp::Ordering::Greater => "more than",
        };
        let say = format!(
            "T2 runs at full speed from here on, because all that fits is back: the misses cost it \
             {}, {than} the switch itself with its {}.",
            grouped_count(after, "cycles"),
            grouped(direct)
        );
        Shot::new(say, State { n_parts, touched_kib: 2 * set })
    })
}

/// Why T2 is slow, or is not, between two places of its data.
fn touch(cost: &Cost<'_>, before: u64, touched: u64) -> String {
    let lines = cost.cache_misses(touched) - cost.cache_misses(before);
    let walks = cost.tlb_misses(touched) - cost.tlb_misses(before);
    let what = match before {
        0 => format!("the newest {touched} KiB of its data"),
        _ => format!("the next {} KiB", touched - before),
    };
    let from_here = cost.indirect_cycles(touched) - cost.indirect_cycles(before);
    let fetched = format!("fetches {} that T1 has pushed out", grouped_count(lines, "lines"));
    let why = if cost.tlb_is_flushed() {
        "that the change of address space threw away"
    } else {
        "that T1's have pushed out"
    };
    let walked = format!("walks the tables for {} {why}", grouped_count(walks, "translations"));
    match (lines, walks) {
        (0, 0) => {
            format!(
                "T2 touches {what} and pays nothing extra, because no line of it was pushed out."
            )
        }
        (_, 0) => {
            format!("T2 touches {what} and {fetched}: {} more.", grouped_count(from_here, "cycles"))
        }
        (0, _) => {
            format!("T2 touches {what} and {walked}: {} more.", grouped_count(from_here, "cycles"))
        }
        (_, _) => format!(
            "T2 touches {what}, {fetched}, and {walked}: {} more.",
            grouped_count(from_here, "cycles")
        ),
    }
}

fn metrics(cost: &Cost<'_>, log: &mut Log<State>) {
    let scenario = cost.scenario;
    let ns = |cycles: u64| cycles as f64 * 1_000.0 / scenario.mhz as f64;
    let share = |cycles: u64| ns(cycles) * scenario.switches_per_s as f64 / 1e9;
    let (direct, indirect) = (cost.direct_cycles(), cost.indirect_cycles(scenario.set_kib));
    let mut lower = |key, label, value, unit| log.metric(key, label, value, unit, Better::Lower);
    lower("direct_cycles", "The switch itself", direct as f64, "cycles");
    lower("direct_ns", "The switch itself, as time", ns(direct), "ns");
    lower("indirect_cycles", "Misses afterwards", indirect as f64, "cycles");
    lower("indirect_ns", "Misses afterwards, as time", ns(indirect), "ns");
    lower("total_ns", "Both", ns(direct + indirect), "ns");
    lower("n_cache_misses", "Lines fetched again", cost.lost_lines as f64, "lines");
    lower("n_tlb_misses", "Walks", cost.lost_pages as f64, "walks");
    lower("direct_share", "Share of a core, direct", share(direct), "");
    lower("core_share", "Share of a core, both", share(direct + indirect), "");
    let bytes = scenario.vector.bytes() as f64;
    log.metric("vector_bytes", "Saved vector state", bytes, "bytes", Better::Neither);
    for part in &cost.parts {
        let tag = part.kind.tag();
        log.metric_of("part_cycles", tag, "Cycles", part.cycles as f64, "cycles");
        log.metric_of("part_ns", tag, "Time", ns(part.cycles), "ns");
    }
}

/// A time in µs as text, from cycles.
pub(super) fn micros(cycles: u64, mhz: u64) -> String {
    number(cycles as f64 / mhz as f64, 2)
}
