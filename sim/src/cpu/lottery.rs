//! Lottery: a ticket is drawn for every quantum, and its holder runs.
//!
//! # Model
//! Every ready job holds its tickets. For each quantum one of them is drawn, all alike; the jobs
//! hold them in the order of the ready queue. No ticket is drawn when only one job is ready. A job
//! that blocks before its quantum ends gets nothing for the rest.
//! # Ties
//! There are none in a draw. The order of the queue decides who holds which ticket: a job that
//! becomes ready as another's quantum ends queues first; `tie` turns this round.
//! # Left out
//! Compensation tickets for jobs that block early, ticket transfer, currencies.
//! # Source
//! `waldspurger-1994/2`

use super::jobs::{self, Job, JobIdx, Setup, Tie, Uses, ticks};
use super::kernel::simulate;
use super::kernel_policy::{Expiry, From, Moment, Policy, Turn, View};
use super::kernel_scene::{self, chip};
use super::kernel_shares;
use super::kernel_state::{Detail, ReadyRow, State};
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::rng::Rng;
use crate::scene::{CellRow, Cells, Panel, Scene, Tone};
use serde::Deserialize;

/// The engine.
pub(crate) struct Lottery;

/// What the reader may set.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Scenario {
    jobs: Vec<Job>,
    quantum_ticks: u64,
    seed: u64,
    switch_cost_ticks: u64,
    tie: Tie,
}

const COLUMNS: [Field; jobs::N_COLUMNS] = jobs::columns(Uses::Tickets);

impl Engine for Lottery {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "cpu/lottery",
        title: "Lottery scheduling",
        summary: "For every quantum a ticket is drawn, and the job that holds it runs.",
        look_for: "Watch the share error: it wanders at first and matters less and less.",
        source: "waldspurger-1994/2",
        time_unit: "ticks",
        markers: &["dispatch", "finish"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        jobs::table(&COLUMNS),
        jobs::QUANTUM,
        Field::new("seed", "Seed", Kind::Int { min: 0, max: 999_999 })
            .or(Preset::Int(1))
            .help("The same seed draws the same tickets."),
        jobs::SWITCH_COST,
        jobs::TIE,
    ];
    const EXAMPLE: &'static str = r#"{"quantum_ticks": 1, "seed": 3, "jobs": [
        {"name": "A", "burst_ticks": 60, "tickets": 75},
        {"name": "B", "burst_ticks": 60, "tickets": 25}]}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Scenario { jobs, switch_cost_ticks, tie, .. } = scenario;
        let setup = Setup { jobs, switch_cost_ticks: *switch_cost_ticks, tie: *tie };
        simulate(&setup, &mut Draws::new(scenario), log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        kernel_scene::scene(&scenario.jobs, Uses::Tickets, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        jobs::names(&scenario.jobs)
    }
}

struct Draws {
    turn: Turn,
    rng: Rng,
    queue: Vec<JobIdx>,
    /// Tickets of all ready jobs.
    n_tickets: u64,
    /// The draw of this step.
    last: Option<Draw>,
}

/// A ticket, how many there were, and who stood in front of the winner.
#[derive(Debug, Clone, Copy)]
struct Draw {
    ticket: u64,
    of: u64,
    /// The winner's first ticket.
    first: u64,
    /// The winner's place in the queue.
    place: u16,
    winner: JobIdx,
}

impl Draws {
    fn new(scenario: &Scenario) -> Self {
        Self {
            turn: Turn::new(scenario.quantum_ticks, scenario.tie),
            rng: Rng::new(scenario.seed),
            queue: Vec::new(),
            n_tickets: 0,
            last: None,
        }
    }

    fn draw(&mut self, view: &View<'_>) -> Option<Draw> {
        let of = self.n_tickets;
        let ticket = if 1 < self.queue.len() { self.rng.below(of) } else { 0 };
        let mut first = 0;
        for (place, &winner) in (0..).zip(&self.queue) {
            let end = first + view.job(winner).tickets;
            if ticket < end {
                return Some(Draw { ticket, of, first, place, winner });
            }
            first = end;
        }
        None
    }
}

impl Policy for Draws {
    fn enter(&mut self, job: JobIdx, _: From, view: &View<'_>) {
        self.last = None;
        self.queue.push(job);
        self.n_tickets += view.job(job).tickets;
    }

    fn choose(&mut self, view: &View<'_>) -> Option<JobIdx> {
        self.last = self.draw(view);
        let draw = self.last?;
        self.queue.remove(usize::from(draw.place));
        self.n_tickets -= view.job(draw.winner).tickets;
        Some(draw.winner)
    }

    fn slice(&mut self, _: JobIdx, _: &View<'_>) -> Option<u64> {
        self.turn.begin(self.queue.is_empty())
    }

    fn joined(&mut self, _: JobIdx, _: &View<'_>) -> Option<u64> {
        self.turn.joined()
    }

    fn ran(&mut self, _: JobIdx, ticks: u64, _: &View<'_>) {
        self.last = None;
        self.turn.ran(ticks);
    }

    fn expire(&mut self, _: JobIdx, _: &View<'_>) -> Expiry {
        Expiry::Requeue("expire")
    }

    fn rows(&self, _: &View<'_>) -> Vec<ReadyRow> {
        ReadyRow::only(format!("{} tickets", self.n_tickets), self.queue.clone())
    }

    fn place(&self, _: JobIdx) -> String {
        "the next draw".to_owned()
    }

    fn why(&self, moment: Moment, job: JobIdx, view: &View<'_>) -> String {
        let quantum = ticks(self.turn.quantum_ticks());
        match (moment, self.last) {
            (Moment::Dispatch, Some(Draw { ticket, of, first, .. })) if !self.queue.is_empty() => {
                let end = first + view.job(job).tickets - 1;
                format!(
                    "ticket {ticket} of 0 to {} was drawn and it holds {first} to {end}",
                    of - 1
                )
            }
            (Moment::Dispatch, _) => "it is the only job that is ready".to_owned(),
            (Moment::Expire | Moment::Keep | Moment::Preempt | Moment::Timer, _) => {
                format!("its quantum of {quantum} is over")
            }
        }
    }

    fn detail(&self, view: &View<'_>) -> Option<Box<dyn Detail>> {
        let mut holders = self.queue.clone();
        if let Some(draw) = self.last {
            holders.insert(usize::from(draw.place), draw.winner);
        } else if let (Some(running), true) = (view.running, holders.is_empty()) {
            holders.push(running);
        }
        Some(Box::new(Urn { holders, draw: self.last }))
    }
}

/// Who holds which tickets at this step.
#[derive(Debug)]
struct Urn {
    holders: Vec<JobIdx>,
    draw: Option<Draw>,
}

impl Detail for Urn {
    fn draw(&self, scene: Scene, jobs: &[Job], past: &[Frame<State>]) -> Scene {
        let mut row = CellRow { label: "Tickets".to_owned(), heads: Vec::new(), marks: Vec::new() };
        let mut first = 0;
        for &job in &self.holders {
            let end = first + jobs[usize::from(job)].tickets;
            let mut mark = chip(jobs, job);
            mark.key = format!("tickets.{}", mark.label);
            mark.detail = format!("{} holds tickets {first} to {}", mark.label, end - 1);
            if let Some(draw) = self.draw.filter(|draw| draw.winner == job) {
                mark.tone = Tone::Good;
                mark.detail = format!("{}; ticket {} was drawn", mark.detail, draw.ticket);
            }
            row.heads.push(format!("{first}–{}", end - 1));
            row.marks.push(mark);
            first = end;
        }
        let scene = scene.with("draw", "The draw", Panel::Cells(Cells { rows: vec![row] }));
        kernel_shares::draw(scene, jobs, past, |job| job.tickets)
    }
}
