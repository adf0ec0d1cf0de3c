//! The resource graph: who holds what, who waits for what, and whether anybody can still finish.
//!
//! # Model
//! Processes ask for units of resources. All units of a resource are alike. A request that can be
//! met is met at once; otherwise the process waits and does nothing else. What a waiting process
//! asks for in addition joins its request, and it gets all of it together. After the script the
//! graph is reduced: whoever finds all it asks for free is taken to finish and to give everything
//! back. Those that remain are deadlocked.
//! # Ties
//! Those that wait are looked at in the order in which they began to wait. The reduction looks on
//! from the process that finished last, round and round; who finishes does not depend on that.
//! # Left out
//! Resources that are used up, such as messages. Processes that ask for one thing or another.
//! # Source
//! `holt-1972`; `silberschatz-10e`, 8.3.2, for the drawing.

use super::claims::{Claims, Scan};
use super::graph_scene::{self, cycle};
use super::paper;
use super::words::{count, find, list, named};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::{Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct ResourceGraph;

/// Processes, resources and a script.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    processes: Vec<Process>,
    resources: Vec<Resource>,
    script: Vec<Line>,
}

#[derive(Debug, Deserialize)]
struct Process {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Resource {
    name: String,
    units: u32,
}

/// One line of the script, as the reader gives it.
#[derive(Debug, Deserialize)]
struct Line {
    process: String,
    does: Does,
    resource: String,
    units: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Does {
    Requests,
    Releases,
    Finishes,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) claims: Claims,
    /// Those that wait, the one that waits longest first.
    queue: Vec<usize>,
    /// By process: whether it ended in the script.
    pub(crate) ended: Vec<bool>,
    /// Those that the reduction let finish, in order.
    pub(crate) finished: Vec<usize>,
    /// Whether the reduction has begun.
    pub(crate) reducing: bool,
    /// The process that the step is about.
    pub(crate) about: Option<usize>,
}

const ANSWERS: [&str; 3] = ["no cycle", "a cycle, but no deadlock", "a deadlock"];

impl Engine for ResourceGraph {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "deadlock/resource_graph",
        title: "Resource graph",
        summary: "Processes hold and ask for resources; a cycle may or may not be a deadlock.",
        look_for: "Follow the arrows until a cycle closes, and see who can still finish.",
        source: "holt-1972/179",
        time_unit: "steps",
        markers: &["wait", "cycle", "deadlock", "no_deadlock"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "processes",
            "Processes",
            Kind::Rows { columns: PROCESS, len_min: 1, len_max: 8 },
        ),
        Field::new(
            "resources",
            "Resources",
            Kind::Rows { columns: RESOURCE, len_min: 1, len_max: 8 },
        ),
        Field::new("script", "Script", Kind::Rows { columns: LINE, len_min: 0, len_max: 100 })
            .help("What the processes do, in this order.")
            .or(Preset::Empty),
    ];
    const EXAMPLE: &'static str = r#"{
        "processes": [{"name": "P1"}, {"name": "P2"}, {"name": "P3"}],
        "resources": [{"name": "R1"}, {"name": "R2"}, {"name": "R3"}],
        "script": [
            {"process": "P1", "resource": "R3"}, {"process": "P2", "resource": "R1"},
            {"process": "P3", "resource": "R2"}, {"process": "P1", "resource": "R1"},
            {"process": "P2", "resource": "R2"}, {"process": "P3", "resource": "R3"}
        ]
    }"#;

    const PAPER: Option<Paper> = Some(paper::RESOURCE_GRAPH);

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let script = read(scenario)?;
        let mut run = Run::new(scenario, log);
        run.start()?;
        for line in script {
            run.line(line)?;
        }
        run.reduce()?;
        let (state, had_cycle) = (run.state, run.had_cycle);
        metrics(scenario, &state, had_cycle, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
        let (processes, resources) = names(scenario);
        graph_scene::scene(&processes, &resources, state)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        names(scenario).0
    }
}

const PROCESS: &[Field] =
    &[Field::new("name", "Name", Kind::Name { max_chars: 12 }).or(Preset::Numbered("P"))];

const RESOURCE: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 12 }).or(Preset::Numbered("R")),
    Field::new("units", "Units", Kind::Int { min: 1, max: 9 })
        .help("How many of it there are, all alike.")
        .or(Preset::Int(1)),
];

const LINE: &[Field] = &[
    Field::new("process", "Process", Kind::Text { max_chars: 12 }),
    Field::new(
        "does",
        "Does",
        Kind::Choice(&[("requests", "Asks for"), ("releases", "Gives back"), ("finishes", "Ends")]),
    )
    .help("One that ends gives back all it holds.")
    .or(Preset::Text("requests")),
    Field::new("resource", "Resource", Kind::Text { max_chars: 12 })
        .help("Empty for a process that ends.")
        .or(Preset::Text("")),
    Field::new("units", "Units", Kind::Int { min: 1, max: 9 }).or(Preset::Int(1)),
];

/// Names of processes and of resources.
fn names(scenario: &Scenario) -> (Vec<String>, Vec<String>) {
    let processes = scenario.processes.iter().map(|it| it.name.clone());
    (processes.collect(), scenario.resources.iter().map(|it| it.name.clone()).collect())
}

/// A line of the script with its names looked up.
#[derive(Clone, Copy)]
struct Act {
    process: usize,
    does: Does,
    resource: usize,
    units: u32,
}

fn read(scenario: &Scenario) -> Result<Vec<Act>, ScenarioError> {
    let (processes, resources) = names(scenario);
    let mut problems: Vec<Problem> = Vec::new();
    let mut script = Vec::new();
    for (row, line) in scenario.script.iter().enumerate() {
        let at = || format!("/script/{row}/process");
        let process = find(&processes, &line.process, at, &mut problems);
        let resource = match line.does {
            Does::Finishes => 0,
            Does::Requests | Does::Releases => {
                let at = || format!("/script/{row}/resource");
                find(&resources, &line.resource, at, &mut problems)
            }
        };
        script.push(Act { process, does: line.does, resource, units: line.units });
    }
    if problems.is_empty() { Ok(script) } else { Err(ScenarioError(problems)) }
}

struct Run<'a> {
    processes: Vec<String>,
    resources: Vec<String>,
    state: State,
    time: u64,
    /// Whether the graph had a cycle when the script ended.
    had_cycle: bool,
    log: &'a mut Log<State>,
}

impl<'a> Run<'a> {
    fn new(scenario: &Scenario, log: &'a mut Log<State>) -> Self {
        let (processes, resources) = names(scenario);
        let n = processes.len();
        let total = scenario.resources.iter().map(|it| it.units).collect();
        let state = State {
            claims: Claims::new(n, total),
            queue: Vec::new(),
            ended: vec![false; n],
            finished: Vec::new(),
            reducing: false,
            about: None,
        };
        Self { processes, resources, state, time: 0, had_cycle: false, log }
    }

    fn step(&mut self, tag: &'static str, say: String) -> Result<(), ScenarioError> {
        let state = &self.state;
        self.log.step(self.time, tag, || Shot::new(say, state.clone()))?;
        self.time += 1;
        Ok(())
    }

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

    fn start(&mut self) -> Result<(), ScenarioError> {
        let say = format!(
            "Nobody holds anything yet: {} and {}, all free.",
            count(self.processes.len() as u64, "processes"),
            count(self.resources.len() as u64, "resources")
        );
        self.step("start", say)
    }

    fn line(&mut self, act: Act) -> Result<(), ScenarioError> {
        self.state.about = Some(act.process);
        let name = &self.processes[act.process];
        if self.state.ended[act.process] {
            let say = format!("{name} does nothing, because it has ended.");
            return self.step("skip", say);
        }
        match act.does {
            Does::Requests => self.request(act),
            Does::Releases | Does::Finishes if self.state.claims.waits(act.process) => {
                let what = list(&self.asked(act.process));
                let say = format!(
                    "{name} gives nothing back, because it waits for {what} and does nothing else."
                );
                self.step("skip", say)
            }
            Does::Releases => self.release(act),
            Does::Finishes => self.finish(act.process),
        }
    }

    fn request(&mut self, act: Act) -> Result<(), ScenarioError> {
        let Act { process, resource, units, .. } = act;
        let claims = &mut self.state.claims;
        let has = claims.held(process)[resource] + claims.asked(process)[resource];
        let total = claims.total()[resource];
        let (name, what) = (self.processes[process].clone(), self.amount(resource, units));
        if total < has + units {
            let say = format!(
                "{name} is refused {what}, because there are {total} in all and it holds or asks \
                 for {has} already."
            );
            return self.step("refuse", say);
        }
        let claims = &mut self.state.claims;
        let waited = claims.waits(process);
        let before = standing(claims);
        claims.asked_mut(process)[resource] += units;
        let free = claims.free()[resource];
        if !waited && units <= free {
            claims.grant(process);
            let why = match total {
                1 => "it is free".to_owned(),
                _ => format!("{free} of {total} units are free"),
            };
            let say = format!("{name} gets {what}, because {why}.");
            return self.step("grant", say);
        }
        if !waited {
            self.state.queue.push(process);
        }
        self.wait(act, before)
    }

    /// Tells that a request waits, and what that makes of the graph.
    fn wait(&mut self, act: Act, before: usize) -> Result<(), ScenarioError> {
        let Act { process, resource, units, .. } = act;
        let claims = &self.state.claims;
        let (name, what) = (&self.processes[process], self.amount(resource, units));
        let holders = (0..self.processes.len()).filter(|&it| 0 < claims.held(it)[resource]);
        let holders = named(&self.processes, holders);
        let verb = if holders.len() == 1 { "holds" } else { "hold" };
        let holders = list(&holders);
        let free = claims.free()[resource];
        let why = match (free, units <= free) {
            (0, _) => format!("because {holders} {verb} it"),
            (_, false) => format!("because only {free} are free"),
            (_, true) => "because it waits already and takes all it asks for together".to_owned(),
        };
        let now = standing(claims);
        let stuck = (0..self.processes.len()).filter(|&it| claims.stuck()[it]);
        let stuck = list(&named(&self.processes, stuck));
        let (tag, rest) = match (now, before) {
            (2, 2) => ("wait", format!(", and now {stuck} can never go on")),
            (2, _) => ("deadlock", format!("; that is a deadlock: {stuck} can never go on")),
            (1, 0) => ("cycle", "; that closes a cycle, but everybody can still finish".to_owned()),
            _ => ("wait", String::new()),
        };
        let say = format!("{name} waits for {what}, {why}{rest}.");
        let options = ANSWERS.map(ToOwned::to_owned).to_vec();
        self.ask(tag, say, "What does the graph hold after this request?", options, now)
    }

    fn release(&mut self, act: Act) -> Result<(), ScenarioError> {
        let Act { process, resource, units, .. } = act;
        let held = &mut self.state.claims.held_mut(process)[resource];
        let (has, enough) = (*held, units <= *held);
        if enough {
            *held -= units;
        }
        let (name, what) = (&self.processes[process], self.amount(resource, units));
        if !enough {
            let say = format!("{name} cannot give back {what}, because it holds {has}.");
            return self.step("skip", say);
        }
        let say = format!("{name} gives back {what}, because it needs it no longer.");
        self.step("release", say)?;
        self.serve()
    }

    fn finish(&mut self, process: usize) -> Result<(), ScenarioError> {
        let held = list(&self.held(process));
        self.state.claims.clear(process);
        self.state.ended[process] = true;
        let name = &self.processes[process];
        let say = format!("{name} ends and gives back {held}, because its work is done.");
        self.step("release", say)?;
        self.serve()
    }

    /// Gives those that wait what has become free.
    fn serve(&mut self) -> Result<(), ScenarioError> {
        let mut at = 0;
        while let Some(&process) = self.state.queue.get(at) {
            let claims = &mut self.state.claims;
            if !super::claims::fits(claims.asked(process), &claims.free()) {
                at += 1;
                continue;
            }
            self.state.queue.remove(at);
            self.state.about = Some(process);
            let what = list(&self.asked(process));
            self.state.claims.grant(process);
            let name = &self.processes[process];
            let say = format!("{name} gets {what} and goes on, because all of it is free now.");
            self.step("grant", say)?;
        }
        Ok(())
    }

    /// Lets all finish that can, in thought, and tells who cannot.
    fn reduce(&mut self) -> Result<(), ScenarioError> {
        self.had_cycle = !cycle(&self.state.claims).is_empty();
        self.state.reducing = true;
        let open: Vec<usize> = (0..self.processes.len())
            .filter(|&it| !self.state.ended[it] && self.matters(it))
            .collect();
        let order = self.state.claims.finish_order(Scan::Onwards);
        let order: Vec<usize> = order.into_iter().filter(|it| open.contains(it)).collect();
        for &process in &order {
            let left: Vec<usize> =
                open.iter().copied().filter(|it| !self.state.finished.contains(it)).collect();
            let answer = left.iter().position(|&it| it == process).unwrap_or_default();
            // A question with several right answers is none.
            let claims = &self.state.claims;
            let free = claims.free();
            let able = |it: usize| super::claims::fits(claims.asked(it), &free);
            let sole = left.iter().filter(|&&it| able(it)).count() == 1;
            let options = if sole { named(&self.processes, left) } else { Vec::new() };
            let why = match claims.waits(process) {
                true => format!("all it waits for is free: {}", list(&self.asked(process))),
                false => "it waits for nothing".to_owned(),
            };
            let held = list(&self.held(process));
            let name = &self.processes[process];
            let say = format!("{name} can finish, because {why}; it would give back {held}.");
            self.state.claims.clear(process);
            self.state.finished.push(process);
            self.state.about = Some(process);
            self.ask("reduce", say, "Who can finish now?", options, answer)?;
        }
        self.verdict(&open)
    }

    /// Whether a process holds or asks for anything.
    fn matters(&self, process: usize) -> bool {
        let claims = &self.state.claims;
        claims.waits(process) || claims.held(process).iter().any(|&it| 0 < it)
    }

    fn verdict(&mut self, open: &[usize]) -> Result<(), ScenarioError> {
        self.state.about = None;
        let left = open.iter().copied().filter(|it| !self.state.finished.contains(it));
        let left = named(&self.processes, left);
        let (tag, say) = match (left.is_empty(), self.had_cycle) {
            (true, true) => (
                "no_deadlock",
                "No process is left, so the cycle was no deadlock: enough units lay outside it."
                    .to_owned(),
            ),
            (true, false) => (
                "no_deadlock",
                "No process is left, so there is no deadlock: the graph had no cycle.".to_owned(),
            ),
            (false, _) => (
                "deadlock",
                format!(
                    "Deadlock: {} can never finish, because each waits for units that only \
                     another of them could give back.",
                    list(&left)
                ),
            ),
        };
        self.step(tag, say)
    }

    fn amount(&self, resource: usize, units: u32) -> String {
        match units {
            1 => self.resources[resource].clone(),
            n => format!("{n} of {}", self.resources[resource]),
        }
    }

    fn amounts(&self, units: &[u32]) -> Vec<String> {
        let some = units.iter().enumerate().filter(|it| 0 < *it.1);
        some.map(|(resource, &n)| self.amount(resource, n)).collect()
    }

    fn asked(&self, process: usize) -> Vec<String> {
        self.amounts(self.state.claims.asked(process))
    }

    fn held(&self, process: usize) -> Vec<String> {
        self.amounts(self.state.claims.held(process))
    }
}

/// 0: no cycle. 1: a cycle, but all can finish. 2: a deadlock.
pub(crate) fn standing(claims: &Claims) -> usize {
    match (claims.stuck().contains(&true), cycle(claims).is_empty()) {
        (true, _) => 2,
        (false, false) => 1,
        (false, true) => 0,
    }
}

fn metrics(scenario: &Scenario, state: &State, had_cycle: bool, log: &mut Log<State>) {
    let stuck = state.claims.stuck();
    let n = |it: usize| it as f64;
    let n_stuck = stuck.iter().filter(|&&it| it).count();
    let n_waiting = state.queue.len();
    log.metric("n_deadlocked", "Deadlocked", n(n_stuck), "processes", Better::Lower);
    log.metric("n_waiting", "Waiting at the end", n(n_waiting), "processes", Better::Lower);
    let has_cycle = f64::from(u8::from(had_cycle));
    log.metric("has_cycle", "Cycle in the graph (1 = yes)", has_cycle, "", Better::Neither);
    let deadlock = f64::from(u8::from(0 < n_stuck));
    log.metric("has_deadlock", "Deadlock (1 = yes)", deadlock, "", Better::Lower);
    for (at, process) in scenario.processes.iter().enumerate() {
        let place = state.finished.iter().position(|&it| it == at);
        let place = place.map_or(0.0, |it| n(it + 1));
        log.metric_of("finish_place", &process.name, "Place in the reduction", place, "");
    }
}

#[cfg(test)]
#[path = "resource_graph_laws.rs"]
mod laws;
