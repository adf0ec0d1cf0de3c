//! The banker's algorithm: a request is granted only if everybody can still finish afterwards.
//!
//! # Model
//! Every process has told the most it will ever hold: what it holds and what it may still need. A state is safe if there is an order in which
//! each process can get all the rest of what it may still ask for, finish, and give everything
//! back. A request is first granted in thought; if the state is then safe, it is granted.
//! # Ties
//! The walk looks at the processes from the first one, and after each that can finish either on
//! from there, round and round, or from the first one again: `scan`. The verdict is the same.
//! # Left out
//! Processes that come and go, and requests that are tried again later: one that is refused is
//! not remembered.
//! # Source
//! `habermann-1969`, after Dijkstra's banker with one kind of coin; `silberschatz-10e`, 8.6.3, for
//! the numbers.

use super::banker_scene;
use super::claims::{Claims, Look, Scan, fits};
use super::paper;
use super::words::{count, find, list, named};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct Bankers;

/// Most safe sequences that are written out; all of them are counted.
pub(crate) const LISTED_MAX: usize = 24;

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    resources: Vec<Resource>,
    processes: Vec<Process>,
    requests: Vec<Request>,
    scan: Scan,
}

#[derive(Debug, Deserialize)]
struct Resource {
    name: String,
    free: u32,
}

#[derive(Debug, Deserialize)]
struct Process {
    name: String,
    held: Vec<u32>,
    need: Vec<u32>,
}

#[derive(Debug, Deserialize)]
struct Request {
    process: String,
    units: Vec<u32>,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    /// What is held, and what may still be asked for.
    pub(crate) claims: Claims,
    /// The request that is being looked at.
    pub(crate) request: Option<(usize, Vec<u32>)>,
    pub(crate) request_note: &'static str,
    /// Free units in the walk: what would be free with those that have finished so far.
    pub(crate) work: Vec<u32>,
    /// Those that the walk let finish, in order, with what was free after each.
    pub(crate) walked: Vec<(usize, Vec<u32>)>,
    /// The process that the step is about, and whether it can finish.
    pub(crate) about: Option<Look>,
    /// All safe sequences: how many, and the first of them. `None` while it is not known.
    pub(crate) sequences: Option<(u64, Vec<Vec<usize>>)>,
}

impl Engine for Bankers {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "deadlock/bankers",
        title: "Banker's algorithm",
        summary: "A request is granted only if every process can still finish afterwards.",
        look_for: "Compare what a process may still need with what is free, row by row.",
        source: "habermann-1969/373",
        time_unit: "steps",
        markers: &["safe", "unsafe", "request", "grant", "refuse"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "resources",
            "Resources",
            Kind::Rows { columns: RESOURCE, len_min: 1, len_max: 6 },
        ),
        Field::new(
            "processes",
            "Processes",
            Kind::Rows { columns: PROCESS, len_min: 1, len_max: 10 },
        ),
        Field::new(
            "requests",
            "Requests",
            Kind::Rows { columns: REQUEST, len_min: 0, len_max: 20 },
        )
        .help("Decided one after the other; what is granted stays granted.")
        .or(Preset::Empty),
        Field::new(
            "scan",
            "After one can finish",
            Kind::Choice(&[
                ("onwards", "Look on from there"),
                ("restart", "Start again from the first"),
            ]),
        )
        .help("Another order, the same verdict.")
        .or(Preset::Text("onwards")),
    ];
    const EXAMPLE: &'static str = r#"{
        "resources": [{"name": "A", "free": 3}, {"name": "B", "free": 3}, {"name": "C", "free": 2}],
        "processes": [
            {"name": "P0", "held": [0, 1, 0], "need": [7, 4, 3]},
            {"name": "P1", "held": [2, 0, 0], "need": [1, 2, 2]},
            {"name": "P2", "held": [3, 0, 2], "need": [6, 0, 0]},
            {"name": "P3", "held": [2, 1, 1], "need": [0, 1, 1]},
            {"name": "P4", "held": [0, 0, 2], "need": [4, 3, 1]}
        ]
    }"#;

    const PAPER: Option<Paper> = Some(paper::BANKERS);

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let (claims, requests) = read(scenario)?;
        let names: Vec<String> = scenario.processes.iter().map(|it| it.name.clone()).collect();
        let work = claims.free();
        let state = State {
            claims,
            request: None,
            request_note: "",
            work,
            walked: Vec::new(),
            about: None,
            sequences: None,
        };
        let mut run = Run { names, scan: scenario.scan, state, time: 0, log };
        run.start()?;
        let was_safe = run.check()?;
        let mut outcome = Outcome::default();
        for (process, units) in requests {
            run.request(process, &units, &mut outcome)?;
        }
        let state = run.state;
        metrics(scenario, &state, was_safe, &outcome, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
        let resources: Vec<String> = scenario.resources.iter().map(|it| it.name.clone()).collect();
        banker_scene::scene(&Self::actors(scenario), &resources, state)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        scenario.processes.iter().map(|it| it.name.clone()).collect()
    }
}

const RESOURCE: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 12 }).or(Preset::Numbered("R")),
    Field::new("free", "Free", Kind::Int { min: 0, max: 99 })
        .help("Units that nobody holds at the start."),
];

/// One number a resource.
const UNITS: Kind = Kind::Ints { min: 0, max: 99, len_min: 1, len_max: 6, single_key: "" };

const PROCESS: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 12 }).or(Preset::Numbered("P")),
    Field::new("held", "Holds", UNITS).help("One number for each resource; left out means 0."),
    Field::new("need", "May still need", UNITS)
        .help("The most it may ever hold, less what it holds now."),
];

const REQUEST: &[Field] = &[
    Field::new("process", "Process", Kind::Text { max_chars: 12 }),
    Field::new("units", "Asks for", UNITS).help("One number for each resource; left out means 0."),
];

/// Requests that were granted and refused.
#[derive(Debug, Default)]
struct Outcome {
    n_granted: u32,
    n_refused: u32,
}

type Requests = Vec<(usize, Vec<u32>)>;

fn read(scenario: &Scenario) -> Result<(Claims, Requests), ScenarioError> {
    let Scenario { resources, processes, requests, .. } = scenario;
    let mut problems: Vec<Problem> = Vec::new();
    let m = resources.len();
    let long = |at: String, len: usize, problems: &mut Vec<Problem>| {
        if m < len {
            let why = format!("{len} numbers for {}", count(m as u64, "resources"));
            problems.push(Problem { at, fault: Fault::Conflict(why) });
        }
    };
    let mut total: Vec<u32> = resources.iter().map(|it| it.free).collect();
    for process in processes {
        total.iter_mut().zip(&process.held).for_each(|(total, held)| *total += held);
    }
    let mut claims = Claims::new(processes.len(), total);
    for (row, process) in processes.iter().enumerate() {
        long(format!("/processes/{row}/held"), process.held.len(), &mut problems);
        long(format!("/processes/{row}/need"), process.need.len(), &mut problems);
        claims.held_mut(row).iter_mut().zip(&process.held).for_each(|(to, from)| *to = *from);
        claims.asked_mut(row).iter_mut().zip(&process.need).for_each(|(to, from)| *to = *from);
    }
    let names: Vec<String> = processes.iter().map(|it| it.name.clone()).collect();
    let mut read = Vec::new();
    for (row, request) in requests.iter().enumerate() {
        let at = || format!("/requests/{row}/process");
        let process = find(&names, &request.process, at, &mut problems);
        long(format!("/requests/{row}/units"), request.units.len(), &mut problems);
        let mut units = request.units.clone();
        units.resize(m, 0);
        read.push((process, units));
    }
    if problems.is_empty() { Ok((claims, read)) } else { Err(ScenarioError(problems)) }
}

/// Units as text: `3 3 2`.
pub(crate) fn words(units: &[u32]) -> String {
    units.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

struct Run<'a> {
    names: Vec<String>,
    scan: Scan,
    state: State,
    time: u64,
    log: &'a mut Log<State>,
}

impl Run<'_> {
    fn step(&mut self, tag: &'static str, say: String) -> Result<(), ScenarioError> {
        self.ask(tag, say, "", Vec::new(), 0)
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
        let n = count(self.names.len() as u64, "processes");
        let free = words(&self.state.work);
        let say = format!("The banker has {free} free and {n} that may still ask for more.");
        self.step("start", say)
    }

    /// Walks from the claims as they are; tells every look and the verdict.
    fn check(&mut self) -> Result<bool, ScenarioError> {
        self.state.work = self.state.claims.free();
        self.state.walked.clear();
        self.state.sequences = None;
        for look in self.state.claims.walk(self.scan) {
            self.look(look)?;
        }
        self.state.about = None;
        let n_left = self.names.len() - self.state.walked.len();
        let found = sequences(&self.state.claims);
        let n = found.0;
        self.state.sequences = Some(found);
        let order: Vec<String> = self.walked();
        let (tag, say) = match n_left {
            0 => {
                let others = match n {
                    1 => "it is the only safe order".to_owned(),
                    _ => format!("{n} orders are safe in all"),
                };
                let order = order.join(", ");
                ("safe", format!("The state is safe, because all can finish: {order}; {others}."))
            }
            _ => {
                let left =
                    (0..self.names.len()).filter(|it| self.state.walked.iter().all(|w| w.0 != *it));
                let left = list(&named(&self.names, left));
                let work = words(&self.state.work);
                let say = format!(
                    "The state is unsafe, because with {work} free none of {left} is sure to \
                     finish."
                );
                ("unsafe", say)
            }
        };
        self.step(tag, say)?;
        Ok(n_left == 0)
    }

    fn walked(&self) -> Vec<String> {
        named(&self.names, self.state.walked.iter().map(|it| it.0))
    }

    fn look(&mut self, look: Look) -> Result<(), ScenarioError> {
        let Look { process, fits } = look;
        let name = &self.names[process];
        let need = words(self.state.claims.asked(process));
        let was = words(&self.state.work);
        self.state.about = Some(look);
        let (tag, say) = if fits {
            let held = self.state.claims.held(process);
            for (work, held) in self.state.work.iter_mut().zip(held) {
                *work += held;
            }
            let now = words(&self.state.work);
            let held = words(held);
            self.state.walked.push((process, self.state.work.clone()));
            let say = format!(
                "{name} can finish, because its need of {need} fits into {was}; it gives back \
                 {held}, which makes {now} free."
            );
            ("can_finish", say)
        } else {
            let say = format!(
                "{name} is not sure to finish yet, because its need of {need} does not fit into \
                 {was}."
            );
            ("cannot_yet", say)
        };
        let question = format!("Can {name} get all it may need and finish?");
        let options = vec!["yes".to_owned(), "no".to_owned()];
        self.ask(tag, say, &question, options, usize::from(!fits))
    }

    fn request(
        &mut self,
        process: usize,
        units: &[u32],
        outcome: &mut Outcome,
    ) -> Result<(), ScenarioError> {
        let name = self.names[process].clone();
        let asked = words(units);
        let free = self.state.claims.free();
        self.state.request = Some((process, units.to_vec()));
        self.state.request_note = "is looked at";
        (self.state.work, self.state.about) = (free.clone(), None);
        self.state.walked.clear();
        self.state.sequences = None;
        self.step("request", format!("{name} asks for {asked}; {} are free.", words(&free)))?;
        outcome.n_refused += 1;
        let need = self.state.claims.asked(process);
        if !fits(units, need) {
            let need = words(need);
            self.state.request_note = "is an error";
            let say = format!(
                "{name} is refused {asked}, because it said it may need at most {need} more: that is \
                 an error."
            );
            return self.step("refuse", say);
        }
        if !fits(units, &free) {
            self.state.request_note = "must wait: not free";
            let say =
                format!("{name} must wait for {asked}, because only {} are free.", words(&free));
            return self.step("refuse", say);
        }
        let before = self.state.claims.clone();
        give(&mut self.state.claims, process, units);
        self.state.request_note = "is granted in thought";
        self.state.work = self.state.claims.free();
        let say = format!(
            "The banker grants {name} {asked} in thought, because that much is free, and looks \
             whether the state stays safe."
        );
        self.step("suppose", say)?;
        let safe = self.check()?;
        let (tag, say) = match safe {
            true => {
                (outcome.n_refused, outcome.n_granted) =
                    (outcome.n_refused - 1, outcome.n_granted + 1);
                self.state.request_note = "is granted";
                ("grant", format!("{name} gets {asked}, because the state stays safe."))
            }
            false => {
                self.state.claims = before;
                self.state.work = self.state.claims.free();
                self.state.walked.clear();
                self.state.sequences = None;
                self.state.request_note = "must wait: unsafe";
                let say = format!(
                    "{name} must wait although {asked} are free, because the state would no longer \
                     be safe."
                );
                ("refuse", say)
            }
        };
        let options = ["granted", "it must wait"].map(ToOwned::to_owned).to_vec();
        self.ask(tag, say, "Is the request granted?", options, usize::from(!safe))
    }
}

fn give(claims: &mut Claims, process: usize, units: &[u32]) {
    for (resource, units) in units.iter().enumerate() {
        claims.asked_mut(process)[resource] -= units;
        claims.held_mut(process)[resource] += units;
    }
}

/// How many orders let everybody finish, and the first [`LISTED_MAX`] of them. Counts over sets
/// of finished processes, 2^n of them.
pub(crate) fn sequences(claims: &Claims) -> (u64, Vec<Vec<usize>>) {
    let n = claims.n_processes();
    let all = (1_usize << n) - 1;
    let free_of = |set: usize| {
        let mut free = claims.free();
        for process in (0..n).filter(|it| set >> it & 1 == 1) {
            free.iter_mut().zip(claims.held(process)).for_each(|(free, held)| *free += held);
        }
        free
    };
    // Ways to go from a set to all; bigger sets first.
    let mut ways = vec![0_u64; all + 1];
    let mut able = vec![0_usize; all + 1];
    ways[all] = 1;
    for set in (0..all).rev() {
        let free = free_of(set);
        for process in (0..n).filter(|it| set >> it & 1 == 0) {
            if fits(claims.asked(process), &free) {
                able[set] |= 1 << process;
                ways[set] += ways[set | 1 << process];
            }
        }
    }
    let mut listed = Vec::new();
    let mut open = vec![(0_usize, Vec::new())];
    while let Some((set, order)) = open.pop() {
        if set == all && listed.len() < LISTED_MAX {
            listed.push(order);
            continue;
        }
        for process in (0..n).rev().filter(|it| able[set] >> it & 1 == 1) {
            let next = set | 1 << process;
            if listed.len() < LISTED_MAX && 0 < ways[next] {
                let mut order = order.clone();
                order.push(process);
                open.push((next, order));
            }
        }
    }
    (ways[0], listed)
}

fn metrics(
    scenario: &Scenario,
    last: &State,
    was_safe: bool,
    outcome: &Outcome,
    log: &mut Log<State>,
) {
    let flag = |it: bool| f64::from(u8::from(it));
    log.metric("is_safe", "Safe at the start (1 = yes)", flag(was_safe), "", Better::Higher);
    let (n, _) = sequences(&last.claims);
    log.metric("n_safe_sequences", "Safe orders at the end", n as f64, "orders", Better::Higher);
    let granted = f64::from(outcome.n_granted);
    log.metric("n_granted", "Requests granted", granted, "requests", Better::Neither);
    let refused = f64::from(outcome.n_refused);
    log.metric("n_refused", "Requests not granted", refused, "requests", Better::Neither);
    for (resource, free) in scenario.resources.iter().zip(last.claims.free()) {
        log.metric_of("free", &resource.name, "Free at the end", f64::from(free), "");
    }
    let order = last.claims.finish_order(scenario.scan);
    for (at, process) in scenario.processes.iter().enumerate() {
        let place = order.iter().position(|&it| it == at).map_or(0.0, |it| (it + 1) as f64);
        log.metric_of("finish_place", &process.name, "Place in the walk", place, "");
    }
}

#[cfg(test)]
#[path = "banker_laws.rs"]
mod laws;
