//! Periodic tasks with deadlines on one CPU: the kernel of the two real-time engines.

use super::periodic_analysis::{hyperperiod, together};
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::EventKind;
use crate::words::count;
use serde::Deserialize;

/// Where a timeline ends that would be longer, unless the reader sets its end.
const HORIZON_PRESET_MAX: u64 = 2_000;

const COLUMNS: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 12 }).or(Preset::Numbered("T")),
    Field::new("compute_ticks", "Work", Kind::Int { min: 1, max: 1_000 })
        .unit("ticks")
        .help("Longest CPU time of one job."),
    Field::new("period_ticks", "Period", Kind::Int { min: 1, max: 1_000 })
        .unit("ticks")
        .help("Time from one release to the next."),
    Field::new("deadline_ticks", "Deadline", Kind::Int { min: 1, max: 1_000 })
        .unit("ticks")
        .help("Counted from the release, at most the period; left out, it is the period.")
        .or(Preset::Unset),
    Field::new("offset_ticks", "First release", Kind::Int { min: 0, max: 1_000 })
        .unit("ticks")
        .or(Preset::Int(0)),
];

pub(super) const TASKS: Field =
    Field::new("tasks", "Tasks", Kind::Rows { columns: COLUMNS, len_min: 1, len_max: 10 }).work();

pub(super) const HORIZON: Field =
    Field::new("horizon_ticks", "End of the timeline", Kind::Int { min: 1, max: 10_000 })
        .unit("ticks")
        .help("Left out, it is the time after which all repeats, but at most 2,000 ticks.")
        .or(Preset::Unset);

pub(super) const OVERRUN: Field = Field::new(
    "overrun",
    "A job past its deadline",
    Kind::Choice(&[("continue", "goes on late"), ("drop", "is dropped")]),
)
.or(Preset::Text("continue"));

/// Used by fixed priorities only; the other engine takes it, so that they can be compared.
pub(super) const ORDER: Field = Field::new(
    "order",
    "Higher priority for",
    Kind::Choice(&[
        ("period", "the shorter period (rate-monotonic)"),
        ("deadline", "the shorter deadline (deadline-monotonic)"),
    ]),
)
.or(Preset::Text("period"));

/// Used by changing priorities only; the other engine takes it, so that they can be compared.
pub(super) const TIE: Field = Field::new(
    "tie",
    "Of equal deadlines",
    Kind::Choice(&[
        ("earlier_release", "the earlier release goes first"),
        ("upper_row", "the upper row goes first"),
    ]),
)
.or(Preset::Text("earlier_release"));

/// One row of the task table.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Task {
    pub name: String,
    pub compute_ticks: u64,
    pub period_ticks: u64,
    pub deadline_ticks: Option<u64>,
    pub offset_ticks: u64,
}

impl Task {
    /// From release to deadline, in ticks.
    pub(super) fn deadline(&self) -> u64 {
        self.deadline_ticks.unwrap_or(self.period_ticks)
    }

    /// Share of the CPU that it asks for.
    pub(super) fn share(&self) -> f64 {
        self.compute_ticks as f64 / self.period_ticks as f64
    }

    /// Work released within `window` ticks of a release, that one included.
    pub(super) fn released_work(&self, window: u64) -> u64 {
        window.div_ceil(self.period_ticks) * self.compute_ticks
    }

    /// Work due within `window` ticks of the first release.
    pub(super) fn due_work(&self, window: u64) -> u64 {
        let n_due = (window + self.period_ticks).saturating_sub(self.deadline());
        n_due / self.period_ticks * self.compute_ticks
    }

    #[cfg(test)]
    pub(super) fn plain(compute_ticks: u64, period_ticks: u64) -> Self {
        let name = format!("T{period_ticks}");
        Self { name, compute_ticks, period_ticks, deadline_ticks: None, offset_ticks: 0 }
    }
}

/// What happens to a job past its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Overrun {
    /// It goes on, and delays the next ones.
    Continue,
    /// It is dropped with the work it has left.
    Drop,
}

/// Who runs before whom.
#[derive(Debug, Clone)]
pub(super) enum Rule {
    /// Tasks by priority, the highest first; the text says what makes it so, such as `period`.
    Fixed(Vec<usize>, &'static str),
    /// The earliest absolute deadline first; of equal ones the earlier release, if this is set,
    /// then the upper row.
    Deadline {
        /// Whether the earlier release breaks ties.
        by_release: bool,
    },
}

/// A task set and how it runs.
#[derive(Debug, Clone)]
pub(super) struct Set<'a> {
    pub tasks: &'a [Task],
    pub horizon: u64,
    pub overrun: Overrun,
    pub rule: Rule,
}

/// A released job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Job {
    /// Index of its task.
    pub task: u32,
    /// Number among the jobs of its task, from 1.
    pub number: u64,
    pub release: u64,
    /// Absolute.
    pub deadline: u64,
    pub left_ticks: u64,
    /// Whether its deadline has passed.
    pub late: bool,
}

/// A moment that the step adds to the timeline.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    pub task: u32,
    pub at: u64,
    pub kind: EventKind,
    pub number: u64,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub running: Option<Job>,
    /// Jobs that wait, the next first; the first 12 of them.
    pub ready: Vec<Job>,
    /// Jobs that wait beyond those.
    pub n_more: u32,
    pub moments: Vec<Moment>,
    /// Rounds of analysis that were shown so far, over all tasks.
    pub n_analysed: u32,
    pub n_misses: u32,
    /// Worst response so far, by task; 0 if no job has ended.
    pub worst_ticks: Vec<u64>,
}

/// Faults that the form cannot see.
pub(super) fn check(tasks: &[Task]) -> Result<(), ScenarioError> {
    let mut problems = Vec::new();
    for (row, task) in tasks.iter().enumerate() {
        let (deadline, period) = (task.deadline(), task.period_ticks);
        if period < deadline {
            let why = format!("a deadline of {deadline} is after the period of {period}");
            let at = format!("/tasks/{row}/deadline_ticks");
            problems.push(Problem { at, fault: Fault::Conflict(why) });
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(ScenarioError(problems)) }
}

/// End of the timeline: as given, or after one whole pattern (two after the last first release).
pub(super) fn horizon(tasks: &[Task], given: Option<u64>) -> u64 {
    let pattern = u64::try_from(hyperperiod(tasks)).unwrap_or(u64::MAX);
    let whole = match tasks.iter().map(|task| task.offset_ticks).max() {
        None | Some(0) => pattern,
        Some(last) => pattern.saturating_mul(2).saturating_add(last),
    };
    given.unwrap_or(whole.min(HORIZON_PRESET_MAX))
}

/// A sentence about a timeline that ends before the pattern does, or nothing.
pub(super) fn horizon_notice(set: &Set) -> Option<String> {
    let pattern = hyperperiod(set.tasks);
    (together(set.tasks) && u128::from(set.horizon) < pattern).then(|| {
        let end = count(set.horizon, "ticks");
        format!("The timeline stops after {end}, although all repeats only after {pattern}.")
    })
}

/// The state before anything has happened.
pub(super) fn start(n_tasks: usize, n_analysed: u32) -> State {
    State {
        running: None,
        ready: Vec::new(),
        n_more: 0,
        moments: Vec::new(),
        n_analysed,
        n_misses: 0,
        worst_ticks: vec![0; n_tasks],
    }
}
