//! Priority inversion: an urgent task waits for a lock while less urgent ones run.
//!
//! # Model
//! One CPU, fixed priorities, preemption at once, switching costs nothing. A task's body is a list
//! of work, lock and unlock; locking takes no time. A lock that is given back goes straight to the
//! most urgent task that waits. Three protocols: none; inheritance, where a holder borrows the
//! priority of whoever waits for it, along whole chains; and the immediate ceiling, where a holder
//! has the priority of the most urgent user of the lock from the start.
//! # Ties
//! A lower number is more urgent. Of equal priorities the running task stays, then one that was
//! pushed aside goes on, then the longest waiting. At one moment the running task first gives back
//! locks and ends, then deadlines count, then tasks arrive, then locks are taken.
//! # Left out
//! Several CPUs, spinning, sleeping inside a body, the original ceiling protocol with its system
//! ceiling, read-write locks, the cost of a switch.
//! # Source
//! `sha-1990`; `jones-1997` for the story of the Mars Pathfinder.

use super::inversion_body::parse;
use super::inversion_plan::{Plan, Protocol, State, Task};
use super::inversion_run::simulate;
use super::inversion_scene;
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::{Fault, Problem, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct PriorityInversion;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    tasks: Vec<Row>,
    protocol: Protocol,
}

#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    priority: u32,
    arrival_ticks: u64,
    deadline_ticks: Option<u64>,
    body: String,
}

const COLUMNS: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 12 }).or(Preset::Numbered("T")),
    Field::new("priority", "Priority", Kind::Int { min: 1, max: 99 })
        .help("A lower number is more urgent."),
    Field::new("arrival_ticks", "Arrival", Kind::Int { min: 0, max: 1_000 })
        .unit("ticks")
        .or(Preset::Int(0)),
    Field::new("deadline_ticks", "Deadline", Kind::Int { min: 1, max: 10_000 })
        .unit("ticks")
        .help("Counted from the arrival; left out, there is none.")
        .or(Preset::Unset),
    Field::new("body", "Body", Kind::Text { max_chars: 200 })
        .help("Parts such as run 2; lock bus; run 3; unlock bus, in order.")
        .or(Preset::Text("run 3")),
];

impl Engine for PriorityInversion {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "cpu/priority_inversion",
        title: "Priority inversion",
        summary: "An urgent task waits for a lock while less urgent tasks run, and two cures.",
        look_for: "Watch the inversion lane while the most urgent task is blocked.",
        source: "sha-1990/2",
        time_unit: "ticks",
        markers: &["block", "inherit", "miss", "deadlock"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "protocol",
            "Against inversion",
            Kind::Choice(&[
                ("none", "nothing"),
                ("inheritance", "priority inheritance"),
                ("ceiling", "immediate priority ceiling"),
            ]),
        )
        .or(Preset::Text("none")),
        Field::new("tasks", "Tasks", Kind::Rows { columns: COLUMNS, len_min: 1, len_max: 8 }),
    ];
    const EXAMPLE: &'static str = r#"{"protocol":"none","tasks":[
        {"name":"Bus","priority":1,"arrival_ticks":4,"deadline_ticks":12,
            "body":"run 1; lock pipe; run 2; unlock pipe; run 1"},
        {"name":"Comms","priority":2,"arrival_ticks":5,"body":"run 10"},
        {"name":"Weather","priority":3,"body":"run 1; lock pipe; run 5; unlock pipe; run 1"}]}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        simulate(&plan(scenario)?, log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        match plan(scenario) {
            Ok(plan) => inversion_scene::scene(&plan, past),
            Err(_) => Scene::default(),
        }
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        scenario.tasks.iter().map(|task| task.name.clone()).collect()
    }
}

fn plan(scenario: &Scenario) -> Result<Plan, ScenarioError> {
    let (mut tasks, mut locks, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    for (at, row) in scenario.tasks.iter().enumerate() {
        let ops = parse(&row.body, &mut locks).unwrap_or_else(|why| {
            problems.push(Problem { at: format!("/tasks/{at}/body"), fault: Fault::Syntax(why) });
            Vec::new()
        });
        let &Row { priority, arrival_ticks, deadline_ticks, .. } = row;
        tasks.push(Task { name: row.name.clone(), priority, arrival_ticks, deadline_ticks, ops });
    }
    match problems.is_empty() {
        true => Ok(Plan { tasks, locks, protocol: scenario.protocol }),
        false => Err(ScenarioError(problems)),
    }
}

#[cfg(test)]
mod tests {
    use super::PriorityInversion;
    use crate::engine::Engine;
    use crate::{Mode, Rng, Run, engine};
    use serde_json::{Value, json};

    fn run(scenario: &Value) -> Run {
        let entry = engine("cpu/priority_inversion").unwrap();
        entry.run(scenario, Mode::Frames).unwrap_or_else(|it| panic!("{scenario}: {it}"))
    }

    fn example(protocol: &str) -> Run {
        let mut scenario: Value = serde_json::from_str(PriorityInversion::EXAMPLE).unwrap();
        scenario["protocol"] = json!(protocol);
        run(&scenario)
    }

    #[test]
    fn the_medium_task_makes_the_urgent_one_miss_its_deadline_without_a_cure() {
        // Weather holds the pipe from 1 with 2 ticks left when Bus blocks at 5; Comms takes 10.
        let bare = example("none");
        assert_eq!(bare.metric("inverted_ticks.Bus"), Some(12.0));
        assert_eq!(
            (bare.metric("finish_ticks.Bus"), bare.metric("n_misses")),
            (Some(20.0), Some(1.0))
        );
        for (protocol, finish) in [("inheritance", 10.0), ("ceiling", 10.0)] {
            let cured = example(protocol);
            assert_eq!(cured.metric("inverted_ticks.Bus"), Some(2.0), "{protocol}");
            assert_eq!(cured.metric("finish_ticks.Bus"), Some(finish), "{protocol}");
            assert_eq!(cured.metric("n_misses"), Some(0.0), "{protocol}");
        }
        // The ceiling never blocks: its holder cannot be pushed aside by a user of the lock.
        assert_eq!(example("ceiling").metric("blocked_ticks.Bus"), Some(0.0));
    }

    #[test]
    fn priority_is_inherited_along_a_chain() {
        let scenario = json!({"protocol": "inheritance", "tasks": [
            {"name": "A", "priority": 1, "arrival_ticks": 4, "body": "lock x; run 1; unlock x"},
            {"name": "B", "priority": 2, "arrival_ticks": 2,
                "body": "lock x; run 1; lock y; run 1; unlock y; unlock x"},
            {"name": "M", "priority": 3, "arrival_ticks": 4, "body": "run 50"},
            {"name": "C", "priority": 4, "body": "lock y; run 6; unlock y"}]});
        let run = run(&scenario);
        let inherits = (0..run.len()).filter(|&at| run.step(at).unwrap().tag == "inherit").count();
        assert_eq!(inherits, 3);
        // C needs 3 more ticks from 4, then B 1, then A.
        assert_eq!(run.metric("finish_ticks.A"), Some(9.0));
    }

    #[test]
    fn opposite_lock_orders_deadlock_unless_there_is_a_ceiling() {
        for (protocol, stuck) in [("none", 1.0), ("inheritance", 1.0), ("ceiling", 0.0)] {
            let run = run(&json!({"protocol": protocol, "tasks": [
                {"priority": 1, "arrival_ticks": 1, "body": "lock a;1;lock b;1;unlock b;unlock a"},
                {"priority": 2, "body": "lock b;2;lock a;1;unlock a;unlock b"}]}));
            assert_eq!(run.metric("deadlock"), Some(stuck), "{protocol}");
        }
    }

    #[test]
    fn a_body_that_cannot_be_is_refused_at_its_place() {
        let wrong = json!({"tasks": [{"priority": 1}, {"priority": 2, "body": "unlock a"}]});
        let entry = engine("cpu/priority_inversion").unwrap();
        let told = entry.run(&wrong, Mode::Frames).unwrap_err();
        assert_eq!(told.0[0].at, "/tasks/1/body");
    }

    /// Three to five tasks of different priorities; every critical section on one of `n_locks`,
    /// never nested. The longest section comes with them.
    fn random(rng: &mut Rng, n_locks: u64) -> (Value, u64) {
        let n = rng.between(3, 5);
        let mut longest = 0;
        let tasks: Vec<Value> = (1..=n)
            .map(|priority| {
                let mut body = format!("run {}", rng.between(1, 4));
                for _ in 0..rng.below(3) {
                    let (lock, inside) = (rng.below(n_locks), rng.between(1, 6));
                    longest = longest.max(inside);
                    let after = rng.between(1, 3);
                    body += &format!("; lock L{lock}; run {inside}; unlock L{lock}; run {after}");
                }
                json!({"priority": priority, "arrival_ticks": rng.below(12), "body": body})
            })
            .collect();
        (json!({"tasks": tasks}), longest)
    }

    #[test]
    fn with_either_cure_nobody_waits_longer_than_one_critical_section() {
        let mut rng = Rng::new(3);
        let mut n_worse = 0;
        for _ in 0..400 {
            let (mut scenario, longest) = random(&mut rng, 1);
            let mut worst = |protocol: &str| {
                scenario["protocol"] = json!(protocol);
                run(&scenario).metric("inverted_ticks_max").unwrap()
            };
            n_worse += u32::from((longest as f64) < worst("none"));
            for protocol in ["inheritance", "ceiling"] {
                assert!(worst(protocol) <= longest as f64, "{protocol}: {scenario}");
            }
        }
        assert!(5 < n_worse, "{n_worse}");
        for _ in 0..400 {
            let (mut scenario, longest) = random(&mut rng, 3);
            scenario["protocol"] = json!("ceiling");
            let run = run(&scenario);
            assert!(run.metric("inverted_ticks_max") <= Some(longest as f64), "{scenario}");
            let blocked = |at: usize| run.step(at).unwrap().tag == "block";
            assert!(!(0..run.len()).any(blocked), "{scenario}");
        }
    }

    #[test]
    fn every_protocol_does_the_same_work() {
        let mut rng = Rng::new(4);
        for _ in 0..200 {
            let (mut scenario, _) = random(&mut rng, 2);
            let mut ends = |protocol: &str| {
                scenario["protocol"] = json!(protocol);
                let run = run(&scenario);
                assert_eq!(run.metric("deadlock"), Some(0.0));
                let ends = run.actors.iter().map(|it| run.metric(&format!("finish_ticks.{it}")));
                ends.map(Option::unwrap).fold(0.0, f64::max)
            };
            let end = ends("none");
            assert!(end == ends("inheritance") && end == ends("ceiling"), "{scenario}");
        }
    }
}
