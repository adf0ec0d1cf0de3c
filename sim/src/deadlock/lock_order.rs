//! Lock order: a graph of which lock was taken under which, and warnings before anybody is stuck.
//!
//! # Model
//! A checker watches every lock that is taken. Taking B while A is held draws an arrow from A to B
//! for ever. An arrow that would close a cycle is a warning: some other timing of the same code can
//! deadlock, even if this run does not. The checker also notes which locks are taken in interrupts
//! and which are held with interrupts on, and whether somebody may sleep where sleeping is
//! forbidden.
//! # Ties
//! Of several chains that close a cycle a shortest is told. Whoever waits longest gets a lock.
//! # Left out
//! Read locks, nesting levels, several kinds of interrupts, and that the kernel's checker turns
//! itself off after its first warning. An arrow is checked when the lock is asked for.
//! # Source
//! `linux-lockdep`, the design of the kernel's lock validator.

use super::lock_checks::{Report, Rules, Usage};
use super::lock_scene;
use super::words::{count, find, list, named};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::{Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct LockOrder;

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(super) locks: Vec<Lock>,
    pub(super) tasks: Vec<Task>,
    script: Vec<Line>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Lock {
    pub(super) name: String,
    pub(super) kind: LockKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LockKind {
    /// Whoever waits for it sleeps.
    Mutex,
    /// Whoever waits for it spins.
    Spinlock,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Task {
    pub(super) name: String,
    pub(super) context: Context,
    pub(super) cpu: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Context {
    /// A thread.
    Process,
    /// An interrupt handler: interrupts are off, and what it interrupted waits for its end.
    Interrupt,
}

#[derive(Debug, Deserialize)]
struct Line {
    task: String,
    does: Does,
    lock: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Does {
    Lock,
    Unlock,
    IrqOff,
    IrqOn,
}

/// A task as it stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing {
    /// Locks that it holds, the first one first.
    pub(crate) held: Vec<usize>,
    pub(crate) waits: Option<usize>,
    pub(crate) irqs_off: bool,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) tasks: Vec<Standing>,
    /// By lock: who holds it.
    pub(crate) owners: Vec<Option<usize>>,
    /// By lock: those that wait, the first one first.
    queues: Vec<Vec<usize>>,
    /// What the checker has seen.
    pub(crate) rules: Rules,
    /// Warnings so far.
    pub(crate) reports: Vec<Report>,
    pub(crate) about: Option<usize>,
    /// Those that are deadlocked.
    pub(crate) dead: Vec<usize>,
}

impl Engine for LockOrder {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "deadlock/lock_order",
        title: "Lock order",
        summary: "A checker draws which lock is taken under which, and warns before a deadlock.",
        look_for: "The warning comes when an arrow closes a cycle, not when somebody is stuck.",
        source: "linux-lockdep/design",
        time_unit: "steps",
        markers: &["warning", "deadlock", "wait"],
    };
    const FORM: &'static [Field] = &[
        Field::new("locks", "Locks", Kind::Rows { columns: LOCK, len_min: 1, len_max: 8 }),
        Field::new("tasks", "Tasks", Kind::Rows { columns: TASK, len_min: 1, len_max: 8 }),
        Field::new("script", "Script", Kind::Rows { columns: LINE, len_min: 0, len_max: 200 })
            .help("What the tasks do, in this order.")
            .or(Preset::Empty),
    ];
    const EXAMPLE: &'static str = r#"{
        "locks": [{"name": "m1"}, {"name": "m2"}],
        "tasks": [{"name": "A"}, {"name": "B"}],
        "script": [
            {"task": "A", "lock": "m1"}, {"task": "A", "lock": "m2"},
            {"task": "A", "does": "unlock", "lock": "m2"}, {"task": "A", "does": "unlock", "lock": "m1"},
            {"task": "B", "lock": "m2"}, {"task": "B", "lock": "m1"},
            {"task": "B", "does": "unlock", "lock": "m1"}, {"task": "B", "does": "unlock", "lock": "m2"}
        ]
    }"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let script = read(scenario)?;
        let mut run = Run::new(scenario, log);
        let n = count(scenario.locks.len() as u64, "locks");
        run.step("start", format!("The checker knows of {n} and has seen none of them taken."))?;
        for act in script {
            run.line(act)?;
        }
        run.end()?;
        let state = run.state;
        metrics(scenario, &state, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
        lock_scene::scene(scenario, state)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        scenario.tasks.iter().map(|it| it.name.clone()).collect()
    }
}

const LOCK: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 12 }).or(Preset::Numbered("L")),
    Field::new("kind", "Kind", Kind::Choice(&[("mutex", "Mutex"), ("spinlock", "Spinlock")]))
        .help("Whoever waits for a mutex sleeps; whoever waits for a spinlock spins.")
        .or(Preset::Text("mutex")),
];

const TASK: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 12 }).or(Preset::Numbered("T")),
    Field::new(
        "context",
        "Runs as",
        Kind::Choice(&[("process", "Thread"), ("interrupt", "Interrupt handler")]),
    )
    .or(Preset::Text("process")),
    Field::new("cpu", "CPU", Kind::Int { min: 0, max: 7 })
        .help("A handler keeps the threads of its CPU from running.")
        .or(Preset::Int(0)),
];

const LINE: &[Field] = &[
    Field::new("task", "Task", Kind::Text { max_chars: 12 }),
    Field::new(
        "does",
        "Does",
        Kind::Choice(&[
            ("lock", "Locks"),
            ("unlock", "Unlocks"),
            ("irq_off", "Interrupts off"),
            ("irq_on", "Interrupts on"),
        ]),
    )
    .or(Preset::Text("lock")),
    Field::new("lock", "Lock", Kind::Text { max_chars: 12 }).or(Preset::Text("")),
];

/// A line of the script with its names looked up.
#[derive(Clone, Copy)]
struct Act {
    task: usize,
    does: Does,
    lock: usize,
}

fn read(scenario: &Scenario) -> Result<Vec<Act>, ScenarioError> {
    let tasks: Vec<String> = scenario.tasks.iter().map(|it| it.name.clone()).collect();
    let locks: Vec<String> = scenario.locks.iter().map(|it| it.name.clone()).collect();
    let mut problems: Vec<Problem> = Vec::new();
    let mut script = Vec::new();
    for (row, line) in scenario.script.iter().enumerate() {
        let task = find(&tasks, &line.task, || format!("/script/{row}/task"), &mut problems);
        let lock = match line.does {
            Does::IrqOff | Does::IrqOn => 0,
            Does::Lock | Does::Unlock => {
                find(&locks, &line.lock, || format!("/script/{row}/lock"), &mut problems)
            }
        };
        script.push(Act { task, does: line.does, lock });
    }
    if problems.is_empty() { Ok(script) } else { Err(ScenarioError(problems)) }
}

/// The question before a lock is taken under others.
const WARNS: &str = "Does the checker warn of the next lock?";

struct Run<'a> {
    scenario: &'a Scenario,
    tasks: Vec<String>,
    locks: Vec<String>,
    state: State,
    time: u64,
    log: &'a mut Log<State>,
}

impl<'a> Run<'a> {
    fn new(scenario: &'a Scenario, log: &'a mut Log<State>) -> Self {
        let tasks: Vec<String> = scenario.tasks.iter().map(|it| it.name.clone()).collect();
        let locks: Vec<String> = scenario.locks.iter().map(|it| it.name.clone()).collect();
        let n_locks = locks.len();
        let standing = |it: &Task| Standing {
            irqs_off: it.context == Context::Interrupt,
            ..Standing::default()
        };
        let state = State {
            tasks: scenario.tasks.iter().map(standing).collect(),
            owners: vec![None; n_locks],
            queues: vec![Vec::new(); n_locks],
            rules: Rules::new(n_locks),
            reports: Vec::new(),
            about: None,
            dead: Vec::new(),
        };
        Self { scenario, tasks, locks, state, time: 0, log }
    }

    fn ask(
        &mut self,
        tag: &'static str,
        say: String,
        question: &str,
        answer: usize,
    ) -> Result<(), ScenarioError> {
        let state = &self.state;
        let options = || ["no", "yes"].map(ToOwned::to_owned).to_vec();
        let shot = || match question.is_empty() {
            true => Shot::new(say, state.clone()),
            false => Shot::new(say, state.clone()).ask(question, options(), answer),
        };
        self.log.step(self.time, tag, shot)?;
        self.time += 1;
        Ok(())
    }

    fn step(&mut self, tag: &'static str, say: String) -> Result<(), ScenarioError> {
        self.ask(tag, say, "", 0)
    }

    fn line(&mut self, act: Act) -> Result<(), ScenarioError> {
        let Act { task, does, lock } = act;
        self.state.about = Some(task);
        let name = self.tasks[task].clone();
        if let Some(waits) = self.state.tasks[task].waits {
            let what = &self.locks[waits];
            return self.step("skip", format!("{name} does nothing, because it waits for {what}."));
        }
        match does {
            Does::Lock => self.lock(task, lock),
            Does::Unlock => self.unlock(task, lock),
            Does::IrqOff => {
                self.state.tasks[task].irqs_off = true;
                let say = format!("{name} turns interrupts off on its CPU, so that none comes in.");
                self.step("irq_off", say)
            }
            Does::IrqOn if self.scenario.tasks[task].context == Context::Interrupt => {
                let say = format!("{name} leaves interrupts off, because it is a handler itself.");
                self.step("skip", say)
            }
            Does::IrqOn => {
                self.state.tasks[task].irqs_off = false;
                let say = format!("{name} turns interrupts on again.");
                self.step("irq_on", say)?;
                // What it holds is from now on held with interrupts on.
                for lock in self.state.tasks[task].held.clone() {
                    let found = self.state.rules.used(lock, Usage::IrqsOn, task);
                    self.warn(found)?;
                }
                Ok(())
            }
        }
    }

    fn lock(&mut self, task: usize, lock: usize) -> Result<(), ScenarioError> {
        let name = self.tasks[task].clone();
        let what = self.locks[lock].clone();
        let held = self.state.tasks[task].held.clone();
        let found = self.check(task, lock, &held);
        let own = held.contains(&lock);
        let question = match held.is_empty() || !found.is_empty() {
            true => "",
            false => WARNS,
        };
        self.warn(found)?;
        let Some(owner) = self.state.owners[lock] else {
            self.state.owners[lock] = Some(task);
            self.state.tasks[task].held.push(lock);
            let under = match held.is_empty() {
                true => String::new(),
                false => format!(" under {}", list(&named(&self.locks, held))),
            };
            let say = format!("{name} takes {what}{under}, because it is free.");
            return self.ask("lock", say, question, 0);
        };
        self.state.tasks[task].waits = Some(lock);
        if !own {
            self.state.queues[lock].push(task);
        }
        let spins = self.scenario.locks[lock].kind == LockKind::Spinlock;
        let how = if spins { "spins" } else { "sleeps" };
        let why = match own {
            true => "it holds it itself".to_owned(),
            false => format!("{} holds it", self.tasks[owner]),
        };
        let say = format!("{name} {how} and waits for {what}, because {why}.");
        self.ask("wait", say, question, 0)?;
        self.deadlock()
    }

    /// Everything that is wrong with taking this lock here.
    fn check(&mut self, task: usize, lock: usize, held: &[usize]) -> Vec<Report> {
        let rules = &mut self.state.rules;
        let mut found = Vec::new();
        let handler = self.scenario.tasks[task].context == Context::Interrupt;
        if held.contains(&lock) {
            found.push(Report::again(lock, task));
        } else {
            for &under in held {
                found.extend(rules.order(under, lock, task));
            }
        }
        let spin = |it: &&usize| self.scenario.locks[**it].kind == LockKind::Spinlock;
        if self.scenario.locks[lock].kind == LockKind::Mutex {
            match held.iter().find(spin) {
                Some(&under) => found.push(Report::sleeps(lock, Some(under), task)),
                None if handler => found.push(Report::sleeps(lock, None, task)),
                None => {}
            }
        }
        if handler {
            found.extend(rules.used(lock, Usage::InIrq, task));
        } else if !self.state.tasks[task].irqs_off {
            found.extend(rules.used(lock, Usage::IrqsOn, task));
        }
        found.extend(rules.mixed());
        found
    }

    fn warn(&mut self, found: Vec<Report>) -> Result<(), ScenarioError> {
        for report in found {
            if self.state.reports.iter().any(|it| it.same(&report)) {
                continue;
            }
            let say = format!("The checker warns: {}.", report.words(&self.locks, &self.tasks));
            self.state.reports.push(report);
            self.ask("warning", say, WARNS, 1)?;
        }
        Ok(())
    }

    fn unlock(&mut self, task: usize, lock: usize) -> Result<(), ScenarioError> {
        let (name, what) = (self.tasks[task].clone(), self.locks[lock].clone());
        let held = &mut self.state.tasks[task].held;
        let Some(at) = held.iter().position(|&it| it == lock) else {
            let say = format!("{name} cannot unlock {what}, because it does not hold it.");
            return self.step("skip", say);
        };
        held.remove(at);
        self.state.owners[lock] = None;
        self.step("unlock", format!("{name} unlocks {what}, because it is done with it."))?;
        if self.state.queues[lock].is_empty() {
            return Ok(());
        }
        let next = self.state.queues[lock].remove(0);
        self.state.owners[lock] = Some(next);
        self.state.tasks[next].waits = None;
        self.state.tasks[next].held.push(lock);
        self.state.about = Some(next);
        let name = &self.tasks[next];
        self.step("lock", format!("{name} takes {what}, because it has waited longest for it."))
    }

    /// Whether a circle of waiting has closed: on a lock one waits for its owner; a thread that is
    /// interrupted waits for the handler on its CPU.
    fn deadlock(&mut self) -> Result<(), ScenarioError> {
        let n = self.tasks.len();
        let handles = |it: usize| {
            self.scenario.tasks[it].context == Context::Interrupt
                && (self.state.tasks[it].waits.is_some() || !self.state.tasks[it].held.is_empty())
        };
        let mut stuck = vec![false; n];
        for (start, stuck) in stuck.iter_mut().enumerate() {
            let (mut seen, mut open) = (vec![false; n], vec![start]);
            while let Some(at) = open.pop() {
                let mut next: Vec<usize> = Vec::new();
                next.extend(self.state.tasks[at].waits.and_then(|it| self.state.owners[it]));
                if self.scenario.tasks[at].context == Context::Process {
                    let cpu = self.scenario.tasks[at].cpu;
                    let here = |&it: &usize| handles(it) && self.scenario.tasks[it].cpu == cpu;
                    next.extend((0..n).filter(here));
                }
                for to in next {
                    *stuck |= to == start;
                    if !seen[to] {
                        seen[to] = true;
                        open.push(to);
                    }
                }
            }
        }
        let dead: Vec<usize> = (0..n).filter(|&it| stuck[it]).collect();
        if dead.len() <= self.state.dead.len() {
            return Ok(());
        }
        self.state.dead.clone_from(&dead);
        let all = named(&self.tasks, dead);
        let say = match all.as_slice() {
            [one] => format!("{one} is deadlocked, because it waits for itself."),
            all => format!(
                "{} are deadlocked: each waits for another of them, and none can go on.",
                list(all)
            ),
        };
        self.step("deadlock", say)
    }

    fn end(&mut self) -> Result<(), ScenarioError> {
        self.state.about = None;
        let n = count(self.state.reports.len() as u64, "warnings");
        let arrows = count(self.state.rules.arrows().len() as u64, "arrows");
        let say = match (self.state.reports.len(), self.state.dead.len()) {
            (0, _) => format!(
                "The checker has drawn {arrows} and found nothing to warn of, because no arrow leads \
                 back."
            ),
            (_, 0) => format!(
                "The run ends with {n} and without a deadlock, because the timing was lucky."
            ),
            _ => format!("The run ends with {n}, and this time the deadlock happened as well."),
        };
        self.step("end", say)
    }
}

fn metrics(scenario: &Scenario, last: &State, log: &mut Log<State>) {
    let n = |it: usize| it as f64;
    let kinds = |kind| last.reports.iter().filter(|it| it.kind() == kind).count();
    log.metric("n_warnings", "Warnings", n(last.reports.len()), "warnings", Better::Lower);
    log.metric("n_cycles", "Warnings of order", n(kinds("order")), "warnings", Better::Lower);
    let irq = kinds("interrupts");
    log.metric("n_irq", "Warnings of interrupts", n(irq), "warnings", Better::Lower);
    log.metric("n_sleeps", "Warnings of sleeping", n(kinds("sleep")), "warnings", Better::Lower);
    let arrows = last.rules.arrows().len();
    log.metric("n_arrows", "Arrows of the order", n(arrows), "arrows", Better::Neither);
    log.metric("n_deadlocked", "Deadlocked", n(last.dead.len()), "tasks", Better::Lower);
    for (at, lock) in scenario.locks.iter().enumerate() {
        let under = last.rules.arrows().iter().filter(|it| it.to == at).count();
        log.metric_of("n_under", &lock.name, "Locks it was taken under", n(under), "locks");
    }
}

#[cfg(test)]
#[path = "lock_laws.rs"]
mod laws;
