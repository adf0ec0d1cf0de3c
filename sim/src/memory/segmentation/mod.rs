//! Segments: a base, a length and rights for each part of a program, and what is left of it.
//!
//! # Model
//! The top bits of an address name a segment, the others are the offset in it. The hardware checks
//! that the segment exists, that the offset lies in it, and that the access is allowed; then it
//! adds the base. A segment that grows down ends where its base is: its offsets count back from the
//! largest one. The other mode is x86-64 in 64-bit mode: all bases count as 0 but those of fs and
//! gs, no length is checked, and the sum must be a canonical address.
//! # Ties
//! The checks are made in this order, and the first that fails is told. An offset equal to the
//! length lies outside.
//! # Left out
//! Descriptor tables, selectors, privilege levels, gates; pages below the segments; moving of
//! segments. Segments may overlap in physical memory: so two programs share code.
//! # Source
//! `ostep`, chapter 16; `intel-sdm`, volume 1, segmentation in 64-bit mode.

mod check;
#[cfg(test)]
mod laws;
mod say;
mod scene;

use self::check::{Access, Direction, Kind as Does, Register, Stage, Verdict, flat, number, table};
use crate::amounts::share;
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct Segmentation;

/// Segments and a script of accesses.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    mode: Mode,
    address_bits: u32,
    segment_bits: u32,
    physical_bytes: u64,
    segments: Vec<Segment>,
    fs_base: String,
    gs_base: String,
    script: Vec<Line>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Segments,
    Flat64,
}

/// One segment, as the reader gives it; its number is that of its row.
#[derive(Debug, Deserialize)]
struct Segment {
    name: String,
    base_address: u64,
    size_bytes: u64,
    grows: Direction,
    read: bool,
    write: bool,
    execute: bool,
}

/// One line of the script, as the reader gives it.
#[derive(Debug, Deserialize)]
struct Line {
    address: String,
    kind: Does,
    register: Register,
}

/// What is seen after a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State {
    /// Line of the script; `None` before the first.
    line: Option<usize>,
    stage: Stage,
}

const SEGMENT: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 12 }).or(Preset::Numbered("S")),
    Field::new("base_address", "Base", Kind::Int { min: 0, max: 1 << 32 })
        .help("Where it begins in physical memory; where it ends, if it grows down."),
    Field::new("size_bytes", "Size", Kind::Int { min: 0, max: 1 << 32 }).unit("bytes"),
    Field::new("grows", "Grows", Kind::Choice(&[("up", "Up"), ("down", "Down")]))
        .or(Preset::Text("up")),
    Field::new("read", "Read", Kind::Flag).or(Preset::Flag(true)),
    Field::new("write", "Write", Kind::Flag).or(Preset::Flag(true)),
    Field::new("execute", "Execute", Kind::Flag).or(Preset::Flag(false)),
];

const LINE: &[Field] = &[
    Field::new("address", "Address", Kind::Text { max_chars: 24 })
        .help("Decimal, or hexadecimal with 0x."),
    Field::new(
        "kind",
        "Does",
        Kind::Choice(&[("read", "Read"), ("write", "Write"), ("execute", "Execute")]),
    )
    .or(Preset::Text("read")),
    Field::new(
        "register",
        "Register",
        Kind::Choice(&[
            ("ds", "ds"),
            ("cs", "cs"),
            ("ss", "ss"),
            ("es", "es"),
            ("fs", "fs"),
            ("gs", "gs"),
        ]),
    )
    .help("In x86-64 mode only.")
    .or(Preset::Text("ds")),
];

impl Engine for Segmentation {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/segmentation",
        title: "Segmentation",
        summary: "An address names a segment and an offset; a check and a sum make it physical.",
        look_for: "Each access passes three checks before the base is added.",
        source: "ostep/16",
        time_unit: "accesses",
        markers: &["segfault", "protection", "access"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "mode",
            "Hardware",
            Kind::Choice(&[("segments", "Segments"), ("flat64", "x86-64, 64-bit mode")]),
        )
        .or(Preset::Text("segments")),
        Field::new("address_bits", "Address", Kind::Int { min: 4, max: 32 })
            .unit("bits")
            .or(Preset::Int(14)),
        Field::new("segment_bits", "Bits for the segment", Kind::Int { min: 1, max: 3 })
            .help("The top bits of the address.")
            .or(Preset::Int(2)),
        Field::new("physical_bytes", "Physical memory", Kind::Int { min: 16, max: 1 << 32 })
            .unit("bytes")
            .or(Preset::Int(65_536)),
        Field::new("segments", "Segments", Kind::Rows { columns: SEGMENT, len_min: 0, len_max: 8 })
            .help("The first row is segment 0.")
            .or(Preset::Empty),
        Field::new("fs_base", "Base of fs", Kind::Text { max_chars: 24 })
            .help("In x86-64 mode: where this thread has its own data.")
            .or(Preset::Text("0x7ffff7d8a740")),
        Field::new("gs_base", "Base of gs", Kind::Text { max_chars: 24 })
            .help("In x86-64 mode; the kernel has the data of the CPU there.")
            .or(Preset::Text("0xffff88807fc00000")),
        Field::new("script", "Script", Kind::Rows { columns: LINE, len_min: 1, len_max: 200 }),
    ];
    const EXAMPLE: &'static str = r#"{
        "segments": [
            {"name": "code", "base_address": 32768, "size_bytes": 2048, "write": false, "execute": true},
            {"name": "heap", "base_address": 34816, "size_bytes": 3072},
            {"name": "unused", "base_address": 0, "size_bytes": 0},
            {"name": "stack", "base_address": 28672, "size_bytes": 2048, "grows": "down"}
        ],
        "script": [
            {"address": "100", "kind": "execute"},
            {"address": "4200"},
            {"address": "15360", "kind": "write"},
            {"address": "7168"},
            {"address": "200", "kind": "write"},
            {"address": "13000"}
        ]
    }"#;

    const PAPER: Option<Paper> = Some(super::paper_checks::SEGMENTATION);

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let script = script(scenario)?;
        log.step(0, "start", || {
            let state = State { line: None, stage: Stage::Done };
            Shot::new(say::start(scenario), state)
        })?;
        for (line, &access) in script.iter().enumerate() {
            let verdict = verdict(scenario, access);
            let mut is_first = true;
            for &stage in stages(scenario.mode, verdict) {
                let tag = stage.tag(verdict);
                log.step(line as u64 + 1, tag, || {
                    let say = say::stage(scenario, access, stage, verdict);
                    let shot = Shot::new(say, State { line: Some(line), stage });
                    if is_first { asked(scenario.mode, shot, verdict) } else { shot }
                })?;
                is_first = false;
            }
        }
        metrics(scenario, &script, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        // It was read without a fault when the run was made.
        let (Ok(script), Some(last)) = (script(scenario), past.last()) else {
            return Scene::default();
        };
        scene::scene(scenario, &script, last.state)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        match scenario.mode {
            Mode::Segments => scenario.segments.iter().map(|it| it.name.clone()).collect(),
            Mode::Flat64 => vec!["fs".to_owned(), "gs".to_owned()],
        }
    }
}

/// What an access comes to.
fn verdict(scenario: &Scenario, access: Access) -> Verdict {
    match scenario.mode {
        Mode::Segments => table(scenario, access),
        Mode::Flat64 => flat(base(scenario, access.register), access.address),
    }
}

/// What counts as the base of a register in 64-bit mode.
fn base(scenario: &Scenario, register: Register) -> u64 {
    let text = match register {
        Register::Fs => &scenario.fs_base,
        Register::Gs => &scenario.gs_base,
        Register::Cs | Register::Ds | Register::Es | Register::Ss => return 0,
    };
    number(text).unwrap_or_default()
}

/// The steps of an access, up to the check that fails.
const fn stages(mode: Mode, verdict: Verdict) -> &'static [Stage] {
    match (mode, verdict) {
        (Mode::Flat64, _) => &[Stage::Add, Stage::Done],
        (Mode::Segments, Verdict::NoSegment) => &[Stage::Select, Stage::Done],
        (Mode::Segments, Verdict::Bounds) => &[Stage::Select, Stage::Bounds, Stage::Done],
        (Mode::Segments, _) => &[Stage::Select, Stage::Bounds, Stage::Rights, Stage::Done],
    }
}

fn asked(mode: Mode, shot: Shot<State>, verdict: Verdict) -> Shot<State> {
    let (options, answer): (&[&str], usize) = match mode {
        Mode::Segments => (
            &[
                "it reaches memory",
                "there is no such segment",
                "the offset lies outside",
                "the segment does not allow it",
            ],
            match verdict {
                Verdict::Reaches(_) => 0,
                Verdict::NoSegment => 1,
                Verdict::Bounds => 2,
                Verdict::Rights | Verdict::NotCanonical(_) => 3,
            },
        ),
        Mode::Flat64 => (
            &["the sum is a canonical address", "it is not, and the CPU faults"],
            usize::from(matches!(verdict, Verdict::NotCanonical(_))),
        ),
    };
    let options = options.iter().map(ToString::to_string).collect();
    shot.ask("What becomes of this access?", options, answer)
}

/// Checks what the form cannot see, and reads the script.
fn script(scenario: &Scenario) -> Result<Vec<Access>, ScenarioError> {
    let mut problems = Vec::new();
    let mut fault = |at: String, fault: Fault| problems.push(Problem { at, fault });
    const A_NUMBER: Fault = Fault::WrongKind("a number, decimal or hexadecimal with 0x");
    match scenario.mode {
        Mode::Flat64 => {
            for (key, text) in [("fs_base", &scenario.fs_base), ("gs_base", &scenario.gs_base)] {
                match number(text) {
                    None => fault(format!("/{key}"), A_NUMBER),
                    Some(base) if !check::is_canonical(base) => {
                        let why = "the CPU refuses a base that is not canonical".to_owned();
                        fault(format!("/{key}"), Fault::Conflict(why));
                    }
                    Some(_) => {}
                }
            }
        }
        Mode::Segments => {
            if scenario.address_bits <= scenario.segment_bits {
                let why = "an address needs more bits than its segment".to_owned();
                fault("/segment_bits".to_owned(), Fault::Conflict(why));
                return Err(ScenarioError(problems));
            }
            if 1 << scenario.segment_bits < scenario.segments.len() {
                let why = format!("{} bits cannot name so many segments", scenario.segment_bits);
                fault("/segments".to_owned(), Fault::Conflict(why));
            }
            for (row, segment) in scenario.segments.iter().enumerate() {
                if let Some(why) = check::misfit(scenario, segment) {
                    fault(format!("/segments/{row}/size_bytes"), Fault::Conflict(why));
                }
            }
        }
    }
    let mut script = Vec::new();
    for (row, line) in scenario.script.iter().enumerate() {
        let at = format!("/script/{row}/address");
        match number(&line.address) {
            None => fault(at, A_NUMBER),
            Some(it) if scenario.mode == Mode::Segments && it >> scenario.address_bits != 0 => {
                let why = format!("{it:#x} has more than {} bits", scenario.address_bits);
                fault(at, Fault::Conflict(why));
            }
            Some(address) => {
                script.push(Access { address, kind: line.kind, register: line.register });
            }
        }
    }
    if problems.is_empty() { Ok(script) } else { Err(ScenarioError(problems)) }
}

fn metrics(scenario: &Scenario, script: &[Access], log: &mut Log<State>) {
    let verdicts: Vec<Verdict> = script.iter().map(|&it| verdict(scenario, it)).collect();
    let n = |of: fn(&Verdict) -> bool| verdicts.iter().filter(|it| of(it)).count() as f64;
    let (faults, none) = (Better::Lower, Better::Neither);
    log.metric("n_accesses", "Accesses", script.len() as f64, "accesses", none);
    let all = n(|it| !matches!(it, Verdict::Reaches(_)));
    log.metric("n_faults", "Faults", all, "faults", faults);
    match scenario.mode {
        Mode::Segments => {
            let missing = n(|it| *it == Verdict::NoSegment);
            log.metric("n_faults_segment", "No such segment", missing, "faults", faults);
            let outside = n(|it| *it == Verdict::Bounds);
            log.metric("n_faults_bounds", "Outside of the segment", outside, "faults", faults);
            let denied = n(|it| *it == Verdict::Rights);
            log.metric("n_faults_rights", "Not allowed", denied, "faults", faults);
            let holes = check::holes(scenario);
            let free: u64 = holes.iter().sum();
            let largest = holes.iter().max().copied().unwrap_or(0);
            log.metric("free_bytes", "Free physical memory", free as f64, "bytes", none);
            log.metric("n_holes", "Free pieces", holes.len() as f64, "pieces", Better::Lower);
            let label = "Largest free piece";
            log.metric("largest_hole_bytes", label, largest as f64, "bytes", Better::Higher);
            let outside = share(free - largest, free);
            let label = "External fragmentation";
            log.metric("external_fragmentation", label, outside, "", Better::Lower);
        }
        Mode::Flat64 => {}
    }
    if let Some(Verdict::Reaches(physical)) = verdicts.last() {
        let label = match scenario.mode {
            Mode::Segments => "Physical address of the last access",
            Mode::Flat64 => "Linear address of the last access",
        };
        log.metric("address", label, *physical as f64, "", none);
    }
}
