//! Earliest eligible virtual deadline first: of the jobs that are owed time, the first due runs.
//!
//! # Model
//! The idea of Linux from 6.6 on, one CPU. While a job runs for a time t, its vruntime grows by t ×
//! 1024 ÷ weight. V is the mean vruntime of all ready and running jobs, by weight. Lag is what a
//! job is owed: weight × (V − vruntime) ÷ 1024. A job is eligible if its lag is not negative. Each
//! job asks for one slice at a time, its own if it has one; the request is due when its vruntime has grown by slice × 1024
//! ÷ weight. Of the eligible jobs the one with the earliest deadline runs its request to the end. A
//! new job starts at V. A job that blocks keeps its lag, limited to two slices, or starts at V
//! again. Virtual times are whole millionths of a tick, rounded down.
//! # Ties
//! Equal deadlines: who became ready or used up its request first. A job that becomes ready as
//! another's request ends takes part in that decision; `tie` turns this round.
//! # Left out
//! Sleepers with negative lag that stay on the queue, several CPUs, groups.
//! # Source
//! `stoica-1995/3`

use super::cfs_weight::weight;
use super::eevdf_queue::Fair;
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
pub(crate) struct Eevdf;

/// What the reader may set.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Scenario {
    pub(super) jobs: Vec<Job>,
    pub(super) slice_ticks: u64,
    pub(super) on_wakeup: OnWakeup,
    pub(super) keep_lag: bool,
    switch_cost_ticks: u64,
    pub(super) tie: Tie,
}

/// What an eligible job with an earlier deadline does to the running one as it becomes ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OnWakeup {
    /// It waits for the request to end.
    Finish,
    /// It takes the CPU.
    Preempt,
}

const COLUMNS: [Field; jobs::N_COLUMNS] = jobs::columns_with_slices();

impl Engine for Eevdf {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "cpu/eevdf",
        title: "Earliest eligible virtual deadline first",
        summary: "Of the jobs that are owed CPU time, the one with the earliest deadline runs.",
        look_for: "Watch the lag: only a job that is owed time may run; all lags add up to zero.",
        source: "stoica-1995/3",
        time_unit: "ticks",
        markers: &["dispatch", "finish"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        jobs::table(&COLUMNS),
        Field::new("slice_ticks", "Slice of all", Kind::Int { min: 1, max: 1_000 })
            .unit("ticks")
            .or(Preset::Int(2))
            .help("What a job asks for at a time; a shorter slice has an earlier deadline."),
        Field::new(
            "on_wakeup",
            "A job that becomes ready with an earlier deadline",
            Kind::Choice(&[
                ("finish", "waits for the running request to end"),
                ("preempt", "takes the CPU"),
            ]),
        )
        .or(Preset::Text("finish")),
        Field::new("keep_lag", "Keep the lag over I/O", Kind::Flag)
            .or(Preset::Flag(true))
            .help("Otherwise a job starts with no lag each time."),
        jobs::QUANTUM.hide(true),
        jobs::SWITCH_COST,
        jobs::TIE,
    ];
    const EXAMPLE: &'static str = r#"{"slice_ticks": 2, "jobs": [
        {"name": "P1", "arrival_ticks": 0, "burst_ticks": 7, "priority": 3},
        {"name": "P2", "arrival_ticks": 2, "burst_ticks": 4, "priority": 1},
        {"name": "P3", "arrival_ticks": 4, "burst_ticks": 1, "priority": 4},
        {"name": "P4", "arrival_ticks": 5, "burst_ticks": 4, "priority": 2},
        {"name": "P5", "arrival_ticks": 6, "burst_ticks": 6, "priority": 5}]}"#;

    const PAPER: Option<Paper> = Some(paper::paper(|seed| paper::drawn(Self::FORM, seed)));

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Scenario { jobs, switch_cost_ticks, tie, .. } = scenario;
        let setup = Setup { jobs, switch_cost_ticks: *switch_cost_ticks, tie: *tie };
        let weights = jobs.iter().map(weight).collect();
        simulate(&setup, &mut Fair::new(scenario, weights), log)
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
    use crate::scene::Panel;
    use crate::{Mode, Rng, Run, engine};
    use serde_json::json;

    /// The lags in the table after a step, of the jobs that have one.
    fn lags(run: &Run, at: usize) -> Vec<f64> {
        let scene = run.scene(at);
        let Some(Panel::Table(table)) = scene.panel("fair") else { panic!("no table") };
        table.rows.iter().filter_map(|row| row.cells[3].text.parse().ok()).collect()
    }

    #[test]
    fn lags_add_up_to_zero_and_stay_within_a_slice_while_all_are_ready() {
        let mut rng = Rng::new(5);
        for _ in 0..40 {
            let slice = rng.between(1, 4);
            let jobs: Vec<_> = (0..rng.between(2, 5))
                .map(|_| json!({"burst_ticks": 40, "nice": rng.between(0, 10) as i64 - 5}))
                .collect();
            let scenario = json!({"slice_ticks": slice, "jobs": jobs});
            let run = engine("cpu/eevdf").unwrap().run(&scenario, Mode::Frames).unwrap();
            for at in 0..run.len() {
                if run.step(at).unwrap().tag == "finish" {
                    break;
                }
                let lags = lags(&run, at);
                assert!(lags.iter().sum::<f64>().abs() < 0.01, "{scenario} step {at}: {lags:?}");
                let most = slice as f64 + 0.01;
                assert!(lags.iter().all(|it| it.abs() <= most), "{scenario} step {at}: {lags:?}");
            }
        }
    }

    #[test]
    fn a_shorter_slice_answers_sooner_and_gets_no_larger_share() {
        let run = |slice: Option<u64>| {
            let sleeper =
                json!({"name": "S", "bursts_ticks": [1, 9, 1, 9, 1, 9, 1], "slice_ticks": slice});
            let jobs = json!([{"name": "A", "burst_ticks": 60}, {"name": "B", "burst_ticks": 60}, sleeper]);
            let scenario = json!({"slice_ticks": 6, "on_wakeup": "preempt", "jobs": jobs});
            engine("cpu/eevdf").unwrap().run(&scenario, Mode::MetricsOnly).unwrap()
        };
        let waited = |slice| run(slice).metric("waiting_ticks.S").unwrap();
        assert!(waited(Some(1)) < waited(None), "{} {}", waited(Some(1)), waited(None));
        assert_eq!(waited(Some(6)), waited(None));

        // Both always ready: the same share to within a slice, and more switches.
        let text = r#"{"slice_ticks": 8, "jobs": [
            {"name": "A", "burst_ticks": 160}, {"name": "B", "burst_ticks": 80, "slice_ticks": 2}]}"#;
        let run = engine("cpu/eevdf").unwrap().run_text(text, Mode::MetricsOnly).unwrap();
        let finish = run.metric("finish_ticks.B").unwrap();
        assert!((152.0..=168.0).contains(&finish), "{finish}");
    }

    #[test]
    fn a_heavier_job_gets_more_requests() {
        let text = r#"{"slice_ticks": 1, "jobs": [
            {"name": "A", "burst_ticks": 300, "nice": -5}, {"name": "B", "burst_ticks": 100}]}"#;
        let run = engine("cpu/eevdf").unwrap().run_text(text, Mode::MetricsOnly).unwrap();
        // 3121 to 1024: when A has its 300 ticks, B has had 98.
        assert_eq!(run.metric("finish_ticks.A"), Some(399.0));
    }
}
