//! The workload of every single-CPU engine, and the fields of the form that set it.

use super::job_list::JOB_LIST;
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use serde::Deserialize;

/// Index of a job: its row in the scenario, and its actor.
pub(crate) type JobIdx = u16;

/// One job of a workload.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Job {
    /// Unique among the jobs.
    pub(crate) name: String,
    /// When it first becomes ready.
    pub(crate) arrival_ticks: u64,
    /// CPU, I/O, CPU, … in turn: of odd length, so that it ends with a CPU burst.
    pub(crate) bursts_ticks: Vec<u64>,
    /// A low number goes first.
    pub(crate) priority: u32,
    /// From -20 (most weight) to 19 (least).
    pub(crate) nice: i32,
    /// Share in a draw.
    pub(crate) tickets: u64,
    /// What it asks for at a time, if not what all ask for.
    pub(crate) slice_ticks: Option<u64>,
}

impl Job {
    /// All its CPU bursts together.
    pub(crate) fn cpu_ticks(&self) -> u64 {
        self.bursts_ticks.iter().step_by(2).sum()
    }
}

/// Who queues first when a job becomes ready at the moment at which another leaves the CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tie {
    /// The job that arrives or comes back from I/O.
    ArrivalFirst,
    /// The job that leaves the CPU.
    PreemptedFirst,
}

/// Which of a job's numbers a policy looks at, besides its arrival and its bursts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Uses {
    /// None.
    Nothing,
    /// Its priority.
    Priority,
    /// Its nice value.
    Nice,
    /// Its tickets.
    Tickets,
}

/// What every single-CPU run is given, besides its policy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup<'a> {
    /// The workload; one job or more.
    pub(crate) jobs: &'a [Job],
    /// What a switch to another job costs.
    pub(crate) switch_cost_ticks: u64,
    /// Who queues first.
    pub(crate) tie: Tie,
}

const NAME: Field = Field::new("name", "Name", Kind::Name { max_chars: 8 })
    .or(Preset::Numbered("P"))
    .help("Shown on its chip.");
const ARRIVAL: Field = Field::new("arrival_ticks", "Arrival", Kind::Int { min: 0, max: 100_000 })
    .unit("ticks")
    .or(Preset::Int(0))
    .help("When the job first becomes ready.");
const BURSTS: Field = Field::new(
    "bursts_ticks",
    "Bursts",
    Kind::Ints { min: 1, max: 10_000, len_min: 1, len_max: 99, single_key: "burst_ticks" },
)
.unit("ticks")
.help("CPU, I/O, CPU, … in turn; the first and the last are CPU time.");
const PRIORITY: Field = Field::new("priority", "Priority", Kind::Int { min: 0, max: 99 })
    .or(Preset::Int(0))
    .help("A low number goes first.");
const NICE: Field = Field::new("nice", "Nice", Kind::Int { min: -20, max: 19 })
    .or(Preset::Int(0))
    .help("A low value gets a larger share.");
const TICKETS: Field = Field::new("tickets", "Tickets", Kind::Int { min: 1, max: 1_000 })
    .or(Preset::Int(100))
    .help("Its share is its tickets against the tickets of all that are ready.");

const SLICE: Field = Field::new("slice_ticks", "Slice", Kind::Int { min: 1, max: 1_000 })
    .unit("ticks")
    .or(Preset::Unset)
    .help("What it asks for at a time; empty: what all ask for.")
    .hide(true);

/// How many columns the table of jobs has.
pub(crate) const N_COLUMNS: usize = 7;

/// The columns of the table of jobs, of which a form shows those that the policy looks at.
pub(crate) const fn columns(uses: Uses) -> [Field; N_COLUMNS] {
    let (mut priority, mut nice, mut tickets) = (PRIORITY, NICE, TICKETS);
    priority.hidden = !matches!(uses, Uses::Priority);
    nice.hidden = !matches!(uses, Uses::Nice);
    tickets.hidden = !matches!(uses, Uses::Tickets);
    [NAME, ARRIVAL, BURSTS, priority, nice, tickets, SLICE]
}

/// The columns of a policy by which each job may ask for slices of its own.
pub(crate) const fn columns_with_slices() -> [Field; N_COLUMNS] {
    let mut columns = columns(Uses::Nice);
    columns[N_COLUMNS - 1].hidden = false;
    columns
}

/// The table of jobs with these columns.
pub(crate) const fn table(columns: &'static [Field]) -> Field {
    let rows = Kind::Rows { columns, len_min: 1, len_max: 200 };
    Field::new("jobs", "Jobs", rows).work().typed(&JOB_LIST)
}

/// How long a job may run in one go.
pub(crate) const QUANTUM: Field =
    Field::new("quantum_ticks", "Quantum", Kind::Int { min: 1, max: 1_000 })
        .unit("ticks")
        .or(Preset::Int(2))
        .help("A job that has run this long makes room for the next one.");

/// What a switch costs.
pub(crate) const SWITCH_COST: Field =
    Field::new("switch_cost_ticks", "Switch cost", Kind::Int { min: 0, max: 100 })
        .unit("ticks")
        .or(Preset::Int(0))
        .help("CPU time lost each time the CPU changes to another job.");

/// Who queues first.
pub(crate) const TIE: Field = Field::new(
    "tie",
    "At the same moment, first in the queue is",
    Kind::Choice(&[
        ("arrival_first", "the job that arrives"),
        ("preempted_first", "the job that leaves the CPU"),
    ]),
)
.or(Preset::Text("arrival_first"))
.help("Textbooks differ here, and the answers with them.");

/// Checks what the form cannot see: every list of bursts ends with CPU time.
pub(crate) fn check_bursts(jobs: &[Job]) -> Result<(), ScenarioError> {
    let problems: Vec<Problem> = jobs
        .iter()
        .enumerate()
        .filter(|(_, job)| job.bursts_ticks.len().is_multiple_of(2))
        .map(|(row, _)| Problem {
            at: format!("/jobs/{row}/bursts_ticks"),
            fault: Fault::Conflict(
                "CPU and I/O take turns and the last is CPU: give an odd number of bursts"
                    .to_owned(),
            ),
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(ScenarioError(problems)) }
}

/// The names of the jobs: the actors of a run.
pub(crate) fn names(jobs: &[Job]) -> Vec<String> {
    jobs.iter().map(|job| job.name.clone()).collect()
}

/// A number of ticks in words: `1 tick`, `3 ticks`.
pub(crate) fn ticks(n: u64) -> String {
    crate::words::count(n, "ticks")
}

#[cfg(test)]
mod tests {
    use crate::{Mode, engine};

    #[test]
    fn a_list_of_bursts_that_ends_with_io_is_refused_at_its_place() {
        let text = r#"{"jobs": [{"burst_ticks": 1}, {"bursts_ticks": [1, 2]}]}"#;
        let told = engine("cpu/round_robin").unwrap().run_text(text, Mode::MetricsOnly);
        let told = told.unwrap_err();
        assert_eq!(told.0.len(), 1);
        assert_eq!(told.0[0].at, "/jobs/1/bursts_ticks");
    }
}
