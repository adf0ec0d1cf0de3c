//! Stride: every job walks at its own stride, and the one that is furthest behind runs next.
//!
//! # Model
//! A job's stride is a big number divided by its tickets, rounded down. Its pass grows by its
//! stride for every quantum it runs, and by the same part of it for a part of a quantum. At the end
//! of a quantum the job with the lowest pass runs. A new job starts at the lowest pass of those
//! that are there; one that comes back from I/O starts there too if it has fallen behind.
//! # Ties
//! Equal passes: the earlier arrival, then the row. A job that becomes ready as another's quantum
//! ends takes part in that decision; `tie` turns this round.
//! # Left out
//! Exchange of tickets, a global pass that moves on by itself.
//! # Source
//! `waldspurger-1995/2`

use super::jobs::{self, Job, JobIdx, Setup, Tie, Uses, ticks};
use super::kernel::simulate;
use super::kernel_policy::{Expiry, From, Moment, Policy, Turn, View};
use super::kernel_ranked::Ranked;
use super::kernel_scene;
use super::kernel_shares;
use super::kernel_state::{Detail, ReadyRow, State};
use super::paper;
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::{Cell, Column, Panel, Scene, Table, TableRow, Tone, number};
use serde::Deserialize;

/// The engine.
pub(crate) struct Stride;

/// What the reader may set.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Scenario {
    jobs: Vec<Job>,
    quantum_ticks: u64,
    big: i64,
    switch_cost_ticks: u64,
    tie: Tie,
}

const COLUMNS: [Field; jobs::N_COLUMNS] = jobs::columns(Uses::Tickets);

impl Engine for Stride {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "cpu/stride",
        title: "Stride scheduling",
        summary: "A job's pass grows as it runs, slower with more tickets; the lowest pass runs.",
        look_for: "Watch the passes: they never drift apart by more than a stride.",
        source: "waldspurger-1995/2",
        time_unit: "ticks",
        markers: &["dispatch", "finish"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        jobs::table(&COLUMNS),
        jobs::QUANTUM,
        Field::new("big", "Big number", Kind::Int { min: 1_000, max: 1_000_000 })
            .or(Preset::Int(10_000))
            .help("A stride is this number divided by the job's tickets, rounded down."),
        jobs::SWITCH_COST,
        jobs::TIE,
    ];
    const EXAMPLE: &'static str = r#"{"quantum_ticks": 1, "jobs": [
        {"name": "A", "burst_ticks": 10, "tickets": 100},
        {"name": "B", "burst_ticks": 5, "tickets": 50},
        {"name": "C", "burst_ticks": 25, "tickets": 250}]}"#;

    const PAPER: Option<Paper> = Some(paper::paper(|seed| paper::drawn(Self::FORM, seed)));

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Scenario { jobs, switch_cost_ticks, tie, .. } = scenario;
        let setup = Setup { jobs, switch_cost_ticks: *switch_cost_ticks, tie: *tie };
        simulate(&setup, &mut Passes::new(scenario), log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        kernel_scene::scene(&scenario.jobs, Uses::Tickets, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        jobs::names(&scenario.jobs)
    }
}

struct Passes {
    turn: Turn,
    ready: Ranked,
    /// By job index.
    stride: Vec<i64>,
    /// By job index: pass × quantum, so that a part of a quantum adds a whole number.
    pass: Vec<i64>,
    /// The lowest pass × quantum of all that were there; never falls.
    floor: i64,
}

impl Passes {
    fn new(scenario: &Scenario) -> Self {
        let stride = |job: &Job| scenario.big / i64::try_from(job.tickets).unwrap_or(1);
        Self {
            turn: Turn::new(scenario.quantum_ticks, scenario.tie),
            ready: Ranked::default(),
            stride: scenario.jobs.iter().map(stride).collect(),
            pass: vec![0; scenario.jobs.len()],
            floor: 0,
        }
    }

    fn pass(&self, job: JobIdx) -> i64 {
        self.pass[usize::from(job)]
    }

    fn raise_floor(&mut self, running: Option<JobIdx>) {
        let running = running.map(|job| self.pass(job));
        let ready = self.ready.first().map(|(pass, _)| pass);
        if let Some(lowest) = running.into_iter().chain(ready).min() {
            self.floor = self.floor.max(lowest);
        }
    }

    fn words(&self, pass: i64) -> String {
        words(pass, self.turn.quantum_ticks())
    }
}

impl Policy for Passes {
    fn enter(&mut self, job: JobIdx, from: From, view: &View<'_>) {
        if matches!(from, From::Arrival | From::Io) {
            self.raise_floor(view.running);
            let pass = self.pass(job).max(self.floor);
            self.pass[usize::from(job)] = pass;
        }
        self.ready.insert(self.pass(job), job, view);
    }

    fn choose(&mut self, _: &View<'_>) -> Option<JobIdx> {
        self.raise_floor(None);
        self.ready.pop()
    }

    fn slice(&mut self, _: JobIdx, _: &View<'_>) -> Option<u64> {
        self.turn.begin(self.ready.first().is_none())
    }

    fn joined(&mut self, _: JobIdx, _: &View<'_>) -> Option<u64> {
        self.turn.joined()
    }

    fn ran(&mut self, job: JobIdx, ticks: u64, _: &View<'_>) {
        self.turn.ran(ticks);
        let ticks = i64::try_from(ticks).unwrap_or_default();
        self.pass[usize::from(job)] += self.stride[usize::from(job)] * ticks;
    }

    fn expire(&mut self, job: JobIdx, view: &View<'_>) -> Expiry {
        if self.ready.is_led_by(self.pass(job), job, view) {
            Expiry::Keep("keep")
        } else {
            Expiry::Requeue("expire")
        }
    }

    fn leave(&mut self, job: JobIdx, _: &View<'_>) {
        self.raise_floor(Some(job));
    }

    fn rows(&self, _: &View<'_>) -> Vec<ReadyRow> {
        ReadyRow::only("lowest pass first", self.ready.jobs())
    }

    fn why(&self, moment: Moment, job: JobIdx, view: &View<'_>) -> String {
        let own = self.words(self.pass(job));
        let quantum = ticks(self.turn.quantum_ticks());
        let Some((pass, other)) = self.ready.first() else {
            return format!("no other job is ready; its pass is {own}");
        };
        let (rival, name) = (self.words(pass), view.name(other));
        match moment {
            Moment::Dispatch | Moment::Keep if pass == self.pass(job) => {
                format!("no pass is lower than its {own}; {name} has the same but comes later")
            }
            Moment::Dispatch | Moment::Keep => {
                format!("its pass {own} is the lowest; the next is {name} with {rival}")
            }
            Moment::Expire | Moment::Preempt | Moment::Timer => {
                format!("its quantum of {quantum} has raised its pass to {own}")
            }
        }
    }

    fn detail(&self, _: &View<'_>) -> Option<Box<dyn Detail>> {
        let quantum_ticks = self.turn.quantum_ticks();
        let (stride, pass) = (self.stride.clone(), self.pass.clone());
        Some(Box::new(Walk { quantum_ticks, stride, pass }))
    }
}

/// A pass × quantum as a pass in text.
fn words(pass: i64, quantum_ticks: u64) -> String {
    number(pass as f64 / quantum_ticks as f64, 2)
}

/// Strides and passes × quantum, by job index.
#[derive(Debug)]
struct Walk {
    quantum_ticks: u64,
    stride: Vec<i64>,
    pass: Vec<i64>,
}

impl Detail for Walk {
    fn draw(&self, scene: Scene, jobs: &[Job], past: &[Frame<State>]) -> Scene {
        let columns = vec![
            Column::words("Job"),
            Column::numbers("Tickets"),
            Column::numbers("Stride"),
            Column::numbers("Pass"),
        ];
        let running = past.last().and_then(|frame| frame.state.cpu.job());
        let values = jobs.iter().zip(self.stride.iter().zip(&self.pass));
        let rows = (0..).zip(values).map(|(job, (it, (stride, pass)))| {
            let tone = if running == Some(job) { Tone::Running } else { Tone::Plain };
            let cells = vec![
                Cell::new(it.name.clone()),
                Cell::new(it.tickets.to_string()),
                Cell::new(stride.to_string()),
                Cell::new(words(*pass, self.quantum_ticks)).tone(tone),
            ];
            TableRow { key: format!("pass.{}", it.name), actor: Some(job), marked: false, cells }
        });
        let table = Table { rows: rows.collect(), columns };
        let scene = scene.with("passes", "Passes", Panel::Table(table));
        kernel_shares::draw(scene, jobs, past, |job| job.tickets)
    }
}
