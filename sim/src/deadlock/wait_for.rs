//! The wait-for graph: a search in three colours finds a cycle, and a victim breaks it.
//!
//! # Model
//! An arrow leads from a process to one that holds what it waits for; every resource has one unit,
//! so a cycle is a deadlock. The search goes down along the arrows: white nodes are new, grey ones
//! lie on the path, black ones are done. An arrow to a grey node closes a cycle. Then a victim of
//! the cycle pays for recovery: the cheapest by the cost that fits the way of recovery, plus a
//! surcharge for each time it was a victim before. After it, the search starts again.
//! # Ties
//! Processes and arrows are looked at in the order of their tables. Of equally cheap victims the
//! first row is taken.
//! # Left out
//! What the processes do between two searches. A process that was rolled back asks again later,
//! after those that waited for it.
//! # Source
//! `silberschatz-10e`, 8.7 and 8.8; `ostep`, chapter 32.

use super::paper;
use super::wait_scene;
use super::wait_search::{Colour, Search};
use super::words::{count, find, list, named};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::{Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct WaitFor;

/// Most victims of one run.
const VICTIMS_MAX: u32 = 100;

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(super) processes: Vec<Process>,
    waits: Vec<Wait>,
    pub(super) recovery: Recovery,
    again_ticks: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Process {
    pub(super) name: String,
    terminate_ticks: u64,
    roll_back_ticks: u64,
    preempt_ticks: u64,
}

#[derive(Debug, Deserialize)]
struct Wait {
    from: String,
    to: String,
}

/// How a deadlock is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Recovery {
    /// It is only found.
    None,
    /// Every process of the cycle is terminated.
    TerminateAll,
    /// One is terminated.
    Terminate,
    /// One goes back to before it held anything.
    RollBack,
    /// What one holds is taken away; it waits to get it back.
    Preempt,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) search: Search,
    /// Arrows: who waits for whom.
    pub(crate) waits: Vec<(usize, usize)>,
    /// By process: whether it was terminated.
    pub(crate) gone: Vec<bool>,
    /// By process: how often it was a victim.
    pub(crate) n_chosen: Vec<u32>,
    /// The cycle that was found and is not yet broken, in order.
    pub(crate) cycle: Vec<usize>,
    /// The victim of this step.
    pub(crate) victim: Option<usize>,
    /// Work lost so far.
    pub(crate) lost_ticks: u64,
    /// Line of the listing.
    pub(crate) line: Option<u32>,
}

impl Engine for WaitFor {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "deadlock/wait_for",
        title: "Wait-for graph",
        summary: "A search in three colours finds a deadlock, and the cheapest victim breaks it.",
        look_for: "Watch the grey path: an arrow back into it closes a cycle.",
        source: "silberschatz-10e/8.7",
        time_unit: "steps",
        markers: &["back_edge", "victim", "no_cycle"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "processes",
            "Processes",
            Kind::Rows { columns: PROCESS, len_min: 1, len_max: 12 },
        ),
        Field::new(
            "waits",
            "Who waits for whom",
            Kind::Rows { columns: WAIT, len_min: 0, len_max: 40 },
        )
        .or(Preset::Empty),
        Field::new(
            "recovery",
            "A deadlock is broken by",
            Kind::Choice(&[
                ("none", "Nothing: it is only found"),
                ("terminate_all", "Terminating all of it"),
                ("terminate", "Terminating one victim"),
                ("roll_back", "Rolling one victim back"),
                ("preempt", "Taking from one victim what it holds"),
            ]),
        )
        .or(Preset::Text("terminate")),
        Field::new("again_ticks", "Surcharge", Kind::Int { min: 0, max: 1_000 })
            .unit("ticks")
            .help("Added to the cost of a victim for each time it was one before.")
            .or(Preset::Int(10)),
    ];
    const EXAMPLE: &'static str = r#"{
        "processes": [
            {"name": "P1", "terminate_ticks": 40, "roll_back_ticks": 15, "preempt_ticks": 5},
            {"name": "P2", "terminate_ticks": 12, "roll_back_ticks": 12, "preempt_ticks": 9},
            {"name": "P3", "terminate_ticks": 30, "roll_back_ticks": 8, "preempt_ticks": 7},
            {"name": "P4", "terminate_ticks": 5, "roll_back_ticks": 5, "preempt_ticks": 5},
            {"name": "P5", "terminate_ticks": 20, "roll_back_ticks": 10, "preempt_ticks": 2}
        ],
        "waits": [
            {"from": "P1", "to": "P2"}, {"from": "P2", "to": "P5"}, {"from": "P2", "to": "P3"},
            {"from": "P3", "to": "P1"}, {"from": "P4", "to": "P1"}
        ]
    }"#;

    const PAPER: Option<Paper> = Some(paper::WAIT_FOR);

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let waits = read(scenario)?;
        let n = scenario.processes.len();
        let state = State {
            search: Search::new(n),
            waits,
            gone: vec![false; n],
            n_chosen: vec![0; n],
            cycle: Vec::new(),
            victim: None,
            lost_ticks: 0,
            line: None,
        };
        let mut run = Run { scenario, names: names(scenario), state, time: 0, log };
        let totals = run.all()?;
        let state = run.state;
        metrics(scenario, &state, totals, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
        wait_scene::scene(scenario, state)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        names(scenario)
    }
}

const fn cost(key: &'static str, label: &'static str, help: &'static str) -> Field {
    Field::new(key, label, Kind::Int { min: 0, max: 100_000 })
        .unit("ticks")
        .help(help)
        .or(Preset::Int(10))
}

const PROCESS: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 12 }).or(Preset::Numbered("P")),
    cost("terminate_ticks", "Lost if terminated", "Work done since it began."),
    cost("roll_back_ticks", "Lost if rolled back", "Work done since its last saved state."),
    cost("preempt_ticks", "Lost if taken from", "Work on what it holds that must be done again."),
];

const WAIT: &[Field] = &[
    Field::new("from", "Waits", Kind::Text { max_chars: 12 }),
    Field::new("to", "For", Kind::Text { max_chars: 12 }),
];

pub(super) fn names(scenario: &Scenario) -> Vec<String> {
    scenario.processes.iter().map(|it| it.name.clone()).collect()
}

fn read(scenario: &Scenario) -> Result<Vec<(usize, usize)>, ScenarioError> {
    let names = names(scenario);
    let mut problems: Vec<Problem> = Vec::new();
    let mut waits = Vec::new();
    for (row, wait) in scenario.waits.iter().enumerate() {
        let from = find(&names, &wait.from, || format!("/waits/{row}/from"), &mut problems);
        let to = find(&names, &wait.to, || format!("/waits/{row}/to"), &mut problems);
        if !waits.contains(&(from, to)) {
            waits.push((from, to));
        }
    }
    if problems.is_empty() { Ok(waits) } else { Err(ScenarioError(problems)) }
}

impl Scenario {
    /// What a process loses as a victim; it was one `n_chosen` times before.
    pub(super) fn cost(&self, process: usize, n_chosen: u32) -> u64 {
        let it = &self.processes[process];
        let lost = match self.recovery {
            Recovery::None => 0,
            Recovery::Terminate | Recovery::TerminateAll => it.terminate_ticks,
            Recovery::RollBack => it.roll_back_ticks,
            Recovery::Preempt => it.preempt_ticks,
        };
        lost + u64::from(n_chosen) * self.again_ticks
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Totals {
    n_cycles: u32,
    n_victims: u32,
    n_looks: u32,
}

struct Run<'a> {
    scenario: &'a Scenario,
    names: Vec<String>,
    state: State,
    time: u64,
    log: &'a mut Log<State>,
}

impl Run<'_> {
    fn ask(
        &mut self,
        tag: &'static str,
        say: String,
        question: &str,
        options: Vec<String>,
        answer: usize,
    ) -> Result<(), ScenarioError> {
        let state = &self.state;
        let shot = || Shot::new(say, state.clone()).ask(question, options, answer);
        self.log.step(self.time, tag, shot)?;
        self.time += 1;
        Ok(())
    }

    fn step(&mut self, tag: &'static str, say: String) -> Result<(), ScenarioError> {
        self.ask(tag, say, "", Vec::new(), 0)
    }

    fn all(&mut self) -> Result<Totals, ScenarioError> {
        let waiting = |&it: &usize| self.state.waits.iter().any(|wait| wait.0 == it);
        let n = (0..self.names.len()).filter(waiting).count() as u64;
        let all = count(self.names.len() as u64, "processes");
        let verb = if n == 1 { "waits" } else { "wait" };
        let say = format!("Of {all} {n} {verb}; all are white, because none was visited yet.");
        self.step("start", say)?;
        let mut totals = Totals::default();
        loop {
            let found = self.search(&mut totals)?;
            if !found {
                break;
            }
            if self.scenario.recovery == Recovery::None {
                continue;
            }
            self.recover(&mut totals)?;
            if VICTIMS_MAX <= totals.n_victims {
                break;
            }
            self.state.search = Search::new(self.names.len());
        }
        self.end(totals)?;
        Ok(totals)
    }

    /// Searches on. True when a cycle was found.
    fn search(&mut self, totals: &mut Totals) -> Result<bool, ScenarioError> {
        self.state.victim = None;
        self.state.cycle.clear();
        while let Some(found) = self.state.search.next(&self.state.waits, &self.state.gone) {
            totals.n_looks += 1;
            let (from, to) = (found.from.map(|it| self.names[it].clone()), found.to);
            let name = self.names[to].clone();
            self.state.line = Some(found.line());
            match (found.colour, from) {
                (Colour::White, None) => {
                    let say = format!(
                        "{name} becomes grey, because the search starts anew at the first white \
                         process."
                    );
                    self.step("visit", say)?;
                }
                (Colour::White, Some(from)) => {
                    let say = format!(
                        "{name} becomes grey, because {from} waits for it and it was white."
                    );
                    self.step("visit", say)?;
                }
                (Colour::Black, Some(from)) => {
                    let say = format!(
                        "{from} waits for {name}, but {name} is black: no cycle leads through it."
                    );
                    self.step("seen", say)?;
                }
                (Colour::Black, None) => {
                    let say = format!(
                        "{name} becomes black, because every arrow out of it has been followed."
                    );
                    self.step("leave", say)?;
                }
                (Colour::Grey, from) => {
                    totals.n_cycles += 1;
                    self.state.cycle = self.state.search.path_from(to);
                    let from = from.unwrap_or_default();
                    let mut round = named(&self.names, self.state.cycle.iter().copied());
                    round.push(name.clone());
                    let say = format!(
                        "{from} waits for {name}, which is grey: the arrow closes the cycle {}.",
                        round.join(" → ")
                    );
                    let options = ["white", "grey: a cycle", "black"].map(ToOwned::to_owned);
                    let question = format!("What colour does {from} find {name} in?");
                    self.ask("back_edge", say, &question, options.to_vec(), 1)?;
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn recover(&mut self, totals: &mut Totals) -> Result<(), ScenarioError> {
        let cycle = self.state.cycle.clone();
        if self.scenario.recovery == Recovery::TerminateAll {
            let mut lost = 0;
            for &process in &cycle {
                lost += self.scenario.cost(process, 0);
                totals.n_victims += 1;
                self.remove(process);
            }
            self.state.lost_ticks += lost;
            let all = list(&named(&self.names, cycle));
            let lost = count(lost, "ticks");
            let say = format!(
                "The system terminates {all}, because all of a deadlock must go; {lost} of work \
                 are lost."
            );
            self.state.cycle.clear();
            return self.step("victim", say);
        }
        let price = |it: usize| self.scenario.cost(it, self.state.n_chosen[it]);
        let Some(&victim) = cycle.iter().min_by_key(|&&it| (price(it), it)) else { return Ok(()) };
        let lost = price(victim);
        let answer = cycle.iter().position(|&it| it == victim).unwrap_or_default();
        let options = named(&self.names, cycle.iter().copied());
        self.state.lost_ticks += lost;
        self.state.n_chosen[victim] += 1;
        totals.n_victims += 1;
        let what = self.apply(victim);
        let name = &self.names[victim];
        let why = match cycle.len() {
            1 => "it waits for itself".to_owned(),
            _ => format!("its cost of {} is the lowest of the cycle", count(lost, "ticks")),
        };
        let say = format!("{name} is the victim, because {why}: {what}.");
        self.state.victim = Some(victim);
        self.state.cycle.clear();
        self.ask("victim", say, "Who is the victim?", options, answer)
    }

    /// Breaks the cycle at a victim; says how.
    fn apply(&mut self, victim: usize) -> &'static str {
        match self.scenario.recovery {
            Recovery::None | Recovery::TerminateAll | Recovery::Terminate => {
                self.remove(victim);
                "it is terminated and gives back all it holds"
            }
            Recovery::RollBack => {
                self.state.waits.retain(|it| it.0 != victim && it.1 != victim);
                "it goes back to its saved state and gives back all it holds"
            }
            Recovery::Preempt => {
                // Whoever waited for the victim has what it wanted; the victim waits for it.
                self.state.waits.retain(|it| *it != (victim, victim));
                for wait in &mut self.state.waits {
                    if wait.1 == victim {
                        *wait = (victim, wait.0);
                    }
                }
                let mut seen: Vec<(usize, usize)> = Vec::new();
                self.state.waits.retain(|it| {
                    let new = !seen.contains(it);
                    seen.push(*it);
                    new
                });
                "those that waited for it get what it holds, and now it waits for them"
            }
        }
    }

    fn remove(&mut self, process: usize) {
        self.state.gone[process] = true;
        self.state.waits.retain(|it| it.0 != process && it.1 != process);
    }

    fn end(&mut self, totals: Totals) -> Result<(), ScenarioError> {
        (self.state.line, self.state.victim) = (None, None);
        let lost = count(self.state.lost_ticks, "ticks");
        let say = match (totals.n_cycles, totals.n_victims) {
            (0, _) => {
                "Every process is black and no arrow led back: there is no deadlock.".to_owned()
            }
            (n, 0) => format!(
                "Every process is black; the search met {}, so there is a deadlock.",
                count(n.into(), "back arrows")
            ),
            (_, n) if VICTIMS_MAX <= n => {
                format!("The system gives up after {n} victims and {lost} of lost work.")
            }
            (_, n) => format!(
                "Every process is black and no cycle is left; {} cost {lost} of work.",
                count(n.into(), "victims")
            ),
        };
        self.step("no_cycle", say)
    }
}

fn metrics(scenario: &Scenario, last: &State, totals: Totals, log: &mut Log<State>) {
    let n = |it: u32| f64::from(it);
    let lost = last.lost_ticks as f64;
    log.metric("n_cycles", "Back arrows found", n(totals.n_cycles), "arrows", Better::Lower);
    log.metric("n_victims", "Victims", n(totals.n_victims), "processes", Better::Lower);
    log.metric("lost_ticks", "Work lost", lost, "ticks", Better::Lower);
    log.metric("n_looks", "Looks of the search", n(totals.n_looks), "looks", Better::Lower);
    for (process, &n_chosen) in scenario.processes.iter().zip(&last.n_chosen) {
        log.metric_of("n_chosen", &process.name, "Times a victim", n(n_chosen), "times");
    }
}

#[cfg(test)]
#[path = "wait_laws.rs"]
mod laws;
