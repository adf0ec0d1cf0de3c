//! Thrashing: processes that need more frames than there are keep the disk busy and the CPU idle.
//!
//! # Model
//! Every process draws its references from a locality of a few pages, which changes from phase to
//! phase. One reference takes one tick of the one CPU. A page that is not in memory is read by a
//! disk that serves one page at a time, while other processes run. Between stretches on the CPU a
//! process does I/O on a device of its own, so a single process cannot keep the CPU busy. All run
//! until the time is up. The page unused for longest goes: anybody's, or one's own.
//! Load control: by working set, a process may stay in only if the working sets of all that are in
//! fit into memory; by page-fault frequency, a process that faults again too soon gets another
//! frame and one that does not gives up the pages outside its window. If there is no frame to
//! give, the process let in last is suspended and its frames are free.
//! # Ties
//! At one moment a page comes first, then I/O ends in the order of the processes, then suspended
//! ones are let in, first out first in. A process that waits for the disk is not suspended.
//! # Left out
//! Dirty pages and swapping out, shared pages, several disks, several CPUs, and processes that
//! end. Suspending costs nothing by itself; the pages have to be read again.
//! # Source
//! `denning-1968` for the working set, `chu-1976` for the frequency, `denning-1976` for L and S.

use super::multiprogramming::run::simulate;
use super::multiprogramming::scene;
use super::multiprogramming::state::{Scenario, State, name};
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;

/// The engine.
pub(crate) struct Thrashing;

const REPLACEMENT: Field = Field::new(
    "replacement",
    "The page that goes is",
    Kind::Choice(&[("global", "anybody's"), ("local", "one's own, with equal shares")]),
)
.or(Preset::Text("global"))
.help("Without load control; with it, the control decides.");

const CONTROL: Field = Field::new(
    "control",
    "Load control",
    Kind::Choice(&[
        ("none", "none: all run"),
        ("working_set", "working sets must fit"),
        ("page_fault_frequency", "page-fault frequency"),
    ]),
)
.or(Preset::Text("none"))
.help("Whether a process is suspended when memory is short.");

const fn int(
    key: &'static str,
    label: &'static str,
    (min, max): (i64, i64),
    preset: i64,
    unit: &'static str,
) -> Field {
    Field::new(key, label, Kind::Int { min, max }).or(Preset::Int(preset)).unit(unit)
}

impl Engine for Thrashing {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "memory/thrashing",
        title: "Thrashing and load control",
        summary: "Processes that need more frames than there are keep the disk busy and the CPU idle.",
        look_for: "Vary the number of processes: past the point where the localities fit, all wait.",
        source: "denning-1968/Thrashing",
        time_unit: "ticks",
        markers: &["suspend", "resume", "idle"],
    };
    const FORM: &'static [Field] = &[
        int("processes", "Processes", (1, 32), 8, "processes")
            .help("The degree of multiprogramming. Vary it to see the curve."),
        int("frames", "Frames", (2, 512), 40, "frames").help("Shared by all processes."),
        CONTROL,
        REPLACEMENT,
        int("locality_pages", "Locality", (1, 128), 8, "pages")
            .help("Pages that a process uses in one phase."),
        int("phase_references", "Phase", (1, 100_000), 400, "references")
            .help("How long a locality lasts."),
        int("pages", "Pages", (1, 256), 40, "pages").help("Of each process."),
        int("compute_references", "Between I/O", (1, 10_000), 60, "references")
            .help("What a process computes between two requests."),
        int("io_ticks", "I/O", (0, 10_000), 200, "ticks").help("How long its own I/O takes."),
        int("service_ticks", "To read a page", (1, 10_000), 20, "ticks")
            .help("How long the disk takes for one page: S."),
        int("quantum_ticks", "Quantum", (1, 10_000), 30, "ticks")
            .help("A process that has run this long makes room for the next one."),
        int("window_references", "Window", (1, 2_000), 60, "references")
            .help("The pages used in the last so many references are the working set."),
        int("fault_gap_references", "Least gap between faults", (1, 10_000), 40, "references")
            .help("A process that faults sooner again needs more frames, by its frequency."),
        int("horizon_ticks", "Time", (100, 100_000), 3_000, "ticks").help("When the run stops."),
        int("seed", "Seed", (0, 1_000_000_000), 1, "")
            .help("The same seed draws the same strings."),
    ];
    const EXAMPLE: &'static str = r#"{"processes": 8, "frames": 40}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Scenario { processes, frames, .. } = *scenario;
        // Each may wait for one page, and one more frame is needed for whoever faults next.
        if frames < u32::from(processes) {
            let why = format!("{processes} processes need as many frames, one each");
            return Err(ScenarioError::one("/processes", Fault::Conflict(why)));
        }
        simulate(scenario, log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        scene::scene(scenario.service_ticks, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        (0..scenario.processes).map(name).collect()
    }
}
