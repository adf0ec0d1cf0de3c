//! Completely fair: the least virtual runtime runs, and weight slows virtual runtime down.
//!
//! # Model
//! Linux's fair class before 6.6, on one CPU. While a job runs for a time t, its vruntime grows by
//! t × 1024 ÷ weight, in whole nanoseconds. Ready jobs stand in a red-black tree; the leftmost is
//! next. A period is `latency`, or the number of jobs × `min_granularity` if that many do not fit;
//! a job's slice is its part of the period by weight. One tick of the timeline is `us_per_tick`.
//! Three ways to decide: the kernel's rules at each timer tick (slice used up, or the running job
//! more than a slice ahead of the leftmost); least vruntime at each timer tick, as in textbooks; or
//! a timer that ends each slice exactly. A job that becomes ready takes the CPU if its vruntime is
//! less by more than `wakeup_granularity`, scaled by its weight (not in the textbook way). A new
//! job starts at min_vruntime, or a slice later; a sleeper gets at most its credit below it.
//! # Ties
//! Equal vruntime: who entered the tree first. A slice that is exactly used up ends (the kernel
//! waits for the next tick). A job that becomes ready at a timer tick enters the tree before the
//! running job is looked at; `tie` turns this round.
//! # Left out
//! Several CPUs, groups, buddies, autogroups. Slices are whole ticks of the timeline, rounded up.
//! # Source
//! `linux-cfs/design`

use super::cfs_queue::RunQueue;
use super::cfs_weight::weight;
use super::jobs::{self, Job, Setup, Tie, Uses};
use super::kernel::simulate;
use super::kernel_scene;
use super::kernel_state::State;
use super::paper;
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct Cfs;

/// What the reader may set.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Scenario {
    pub(super) jobs: Vec<Job>,
    pub(super) decide: Decide,
    pub(super) timer_ticks: u64,
    pub(super) us_per_tick: u64,
    pub(super) latency_us: u64,
    pub(super) min_granularity_us: u64,
    pub(super) wakeup_granularity_us: u64,
    pub(super) placement: Placement,
    pub(super) sleeper: Sleeper,
    switch_cost_ticks: u64,
    pub(super) tie: Tie,
}

/// When the running job is looked at, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decide {
    /// At each timer tick, by the kernel's rules.
    Kernel,
    /// At each timer tick: least vruntime.
    EveryTick,
    /// At the end of its slice.
    Exact,
}

/// Where a new job starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Placement {
    /// At min_vruntime.
    Min,
    /// A slice later.
    Debit,
}

/// How far below min_vruntime a job may be after I/O.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sleeper {
    /// Not at all.
    None,
    /// Half the latency.
    Half,
    /// The latency.
    Full,
}

const COLUMNS: [Field; jobs::N_COLUMNS] = jobs::columns(Uses::Nice);

const fn micros(key: &'static str, label: &'static str, min: i64, preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min, max: 1_000_000 }).unit("µs").or(Preset::Int(preset))
}

impl Engine for Cfs {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "cpu/cfs",
        title: "Completely fair scheduler",
        summary: "The job with the least virtual runtime runs; weight slows virtual runtime down.",
        look_for: "Watch the leftmost node of the tree: it is the next to run.",
        source: "linux-cfs/design",
        time_unit: "ticks",
        markers: &["dispatch", "finish"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        jobs::table(&COLUMNS),
        Field::new(
            "decide",
            "The running job is looked at",
            Kind::Choice(&[
                ("kernel", "at each timer tick, by the kernel's rules"),
                ("every_tick", "at each timer tick: least vruntime"),
                ("exact", "when its slice ends"),
            ]),
        )
        .or(Preset::Text("kernel")),
        Field::new("timer_ticks", "Timer tick every", Kind::Int { min: 1, max: 1_000 })
            .unit("ticks")
            .or(Preset::Int(1))
            .help("Nothing to do with slices that end exactly."),
        micros("latency_us", "Latency", 100, 6_000)
            .help("Time in which each ready job should run once."),
        micros("min_granularity_us", "Least granularity", 10, 750)
            .help("The latency grows so that a slice of nice 0 is not shorter than this."),
        micros("wakeup_granularity_us", "Wake-up granularity", 0, 1_000)
            .help("How far below the running job a job must be to take the CPU as it wakes up."),
        micros("us_per_tick", "One tick stands for", 1, 1_000)
            .help("Real time of a tick of the timeline."),
        Field::new(
            "placement",
            "A new job starts",
            Kind::Choice(&[("min", "at min_vruntime"), ("debit", "one slice after min_vruntime")]),
        )
        .or(Preset::Text("min")),
        Field::new(
            "sleeper",
            "Credit after I/O",
            Kind::Choice(&[
                ("none", "none"),
                ("half", "half the latency"),
                ("full", "the latency"),
            ]),
        )
        .or(Preset::Text("half")),
        jobs::QUANTUM.hide(true),
        jobs::SWITCH_COST,
        jobs::TIE,
    ];
    const EXAMPLE: &'static str = r#"{"decide": "every_tick", "jobs": [
        {"name": "P1", "arrival_ticks": 0, "burst_ticks": 7, "priority": 3},
        {"name": "P2", "arrival_ticks": 2, "burst_ticks": 4, "priority": 1},
        {"name": "P3", "arrival_ticks": 4, "burst_ticks": 1, "priority": 4},
        {"name": "P4", "arrival_ticks": 5, "burst_ticks": 4, "priority": 2},
        {"name": "P5", "arrival_ticks": 6, "burst_ticks": 6, "priority": 5}]}"#;

    const PAPER: Option<Paper> = Some(paper::paper(|seed| paper::drawn(Self::FORM, seed)));

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Scenario { jobs, switch_cost_ticks, tie, .. } = scenario;
        let setup = Setup { jobs, switch_cost_ticks: *switch_cost_ticks, tie: *tie };
        let mut queue = RunQueue::new(scenario);
        simulate(&setup, &mut queue, log)?;
        let load = jobs.iter().map(weight).sum();
        let n_jobs = u64::try_from(jobs.len()).unwrap_or_default();
        for (job, vruntime) in jobs.iter().zip(queue.vruntimes()) {
            let slice = queue.slice_ns(weight(job), load, n_jobs);
            log.metric_of("slice_ms", &job.name, "Slice among all", slice as f64 / 1e6, "ms");
            log.metric_of("vruntime_ms", &job.name, "Vruntime", *vruntime as f64 / 1e6, "ms");
        }
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        kernel_scene::scene(&scenario.jobs, Uses::Nice, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        jobs::names(&scenario.jobs)
    }
}

#[cfg(test)]
mod tests {
    use super::super::kernel_benchmark::ran;
    use crate::scene::Panel;
    use crate::{Mode, Run, engine};

    fn run(text: &str) -> Run {
        engine("cpu/cfs").unwrap().run_text(text, Mode::Frames).unwrap()
    }

    /// The vruntimes in the table after a step.
    fn vruntimes(run: &Run, at: usize) -> Vec<String> {
        let scene = run.scene(at);
        let Some(Panel::Table(table)) = scene.panel("vruntime") else { panic!("no table") };
        table.rows.iter().map(|row| row.cells[2].text.clone()).collect()
    }

    #[test]
    fn slices_are_parts_of_the_latency_by_weight() {
        let run = run(r#"{"jobs": [{"name": "A", "burst_ticks": 100, "nice": -5},
                                   {"name": "B", "burst_ticks": 50}]}"#);
        let near = |key: &str, ms: f64| {
            let got = run.metric(key).unwrap();
            assert!((got - ms).abs() < 1e-6, "{key} is {got}");
        };
        near("slice_ms.A", 4.517_732);
        near("slice_ms.B", 1.482_268);
    }

    #[test]
    fn slices_that_end_exactly_move_both_vruntimes_alike() {
        // One tick is a microsecond: 4517.7 and 1482.3 are rounded up.
        let run = run(r#"{"decide": "exact", "us_per_tick": 1, "jobs": [
            {"name": "A", "burst_ticks": 9036, "nice": -5}, {"name": "B", "burst_ticks": 2966}]}"#);
        assert_eq!(ran(&run), [(0, 0, 4518), (1, 4518, 6001), (0, 6001, 10519), (1, 10519, 12002)]);
        let end: Vec<f64> =
            ["A", "B"].map(|it| run.metric(&format!("vruntime_ms.{it}")).unwrap()).to_vec();
        assert!((end[0] - end[1]).abs() < 0.002 && (end[0] - 2.0 * 1.482_268).abs() < 0.002);
    }

    #[test]
    fn three_to_one_is_what_fixed_slices_of_three_ms_give_at_nice_minus_five() {
        let run = run(r#"{"decide": "every_tick", "us_per_tick": 3000, "jobs": [
            {"name": "A", "burst_ticks": 6, "nice": -5}, {"name": "B", "burst_ticks": 2}]}"#);
        assert_eq!(ran(&run), [(0, 0, 1), (1, 1, 2), (0, 2, 5), (1, 5, 6), (0, 6, 8)]);
    }

    #[test]
    fn the_benchmark_moves_vruntime_as_worked_out() {
        let run = super::super::kernel_benchmark::run("cpu/cfs", r#"{"decide": "every_tick"}"#);
        let at = |time| {
            (0..run.len())
                .rfind(|&at| run.step(at).unwrap().time == time)
                .map(|at| vruntimes(&run, at))
                .unwrap()
        };
        assert_eq!(at(2), ["2", "2", "–", "–", "–"]);
        assert_eq!(at(5), ["3", "4", "3", "3", "–"]);
        assert_eq!(at(8), ["4", "4", "4", "4", "3"]);
        assert_eq!(at(13), ["5", "5", "4", "5", "5"]);
        assert_eq!(at(18), ["7", "6", "4", "6", "6"]);
    }

    #[test]
    fn a_sleeper_comes_back_with_its_credit_and_takes_the_cpu() {
        let run = run(r#"{"timer_ticks": 4, "jobs": [{"name": "Cpu", "burst_ticks": 40},
            {"name": "Io", "bursts_ticks": [1, 10, 1]}]}"#);
        let steps: Vec<_> = (0..run.len()).filter_map(|at| run.step(at)).collect();
        let woke = steps.iter().position(|it| it.tag == "wake").unwrap();
        assert_eq!(steps[woke + 1].tag, "preempt");
        assert!(steps[woke + 1].say.starts_with("Cpu is pre-empted"), "{}", steps[woke + 1].say);
        let text = r#"{"timer_ticks": 4, "sleeper": "none", "jobs": [
            {"name": "Cpu", "burst_ticks": 40}, {"name": "Io", "bursts_ticks": [1, 10, 1]}]}"#;
        let run = engine("cpu/cfs").unwrap().run_text(text, Mode::Frames).unwrap();
        assert!((0..run.len()).all(|at| run.step(at).unwrap().tag != "preempt"));
    }
}
