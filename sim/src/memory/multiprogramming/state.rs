//! What the reader sets, and what a run looks like at one step.

use super::process::{Phase, ProcessIdx};
use super::store::Held;
use serde::Deserialize;
use std::sync::{Arc, OnceLock};

/// Who must not run when memory is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Control {
    /// Nobody looks.
    None,
    /// The working sets of all that run must fit.
    WorkingSet,
    /// The time between two faults of a process gives or takes frames.
    PageFaultFrequency,
}

/// Whose page goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    /// Anybody's.
    Global,
    /// One's own, when one's share is full.
    Local,
}

/// What the reader may set.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Scenario {
    pub(crate) processes: u16,
    pub(crate) frames: u32,
    pub(crate) pages: u32,
    pub(crate) locality_pages: u32,
    pub(crate) phase_references: u64,
    pub(crate) compute_references: u64,
    pub(crate) io_ticks: u64,
    pub(crate) service_ticks: u64,
    pub(crate) quantum_ticks: u64,
    pub(crate) replacement: Scope,
    pub(crate) control: Control,
    pub(crate) window_references: u32,
    pub(crate) fault_gap_references: u64,
    pub(crate) horizon_ticks: u64,
    pub(crate) seed: u64,
}

/// One process at one step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Brief {
    pub(crate) phase: Phase,
    pub(crate) n_resident: u32,
    pub(crate) n_working: u32,
    pub(crate) n_references: u64,
    pub(crate) n_faults: u64,
}

/// A step's snapshot.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) processes: Vec<Brief>,
    pub(crate) frames: Vec<Option<Held>>,
    pub(crate) cpu: Option<ProcessIdx>,
    pub(crate) ready: Vec<ProcessIdx>,
    /// Whoever waits for the disk; the first one is served.
    pub(crate) disk: Vec<ProcessIdx>,
    pub(crate) tally: Tally,
    /// Time of the last frame that was kept.
    pub(crate) end: Arc<OnceLock<u64>>,
}

/// Where time went.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) busy_ticks: u64,
    pub(crate) disk_ticks: u64,
    pub(crate) n_faults: u64,
    pub(crate) n_suspensions: u64,
}

/// A process's name.
pub(crate) fn name(process: ProcessIdx) -> String {
    format!("P{}", process + 1)
}
