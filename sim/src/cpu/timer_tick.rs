//! The timer tick: how a running task loses the CPU, from the interrupt to the switch.
//!
//! # Model
//! One CPU, tasks in a ring, all ready from the start. The timer interrupts at every multiple of
//! the tick. The kernel's path costs time in a fixed order: enter and save, take the run queue's
//! lock, bring the clock and the running task's account up to date, decide, give the lock back,
//! return. The decision only sets a flag, `need_resched`; the switch comes at the next safe point,
//! which is the return from the interrupt, or the end of a stretch with preemption disabled. A
//! tick that comes due inside the kernel's path waits until the path ends.
//! # Ties
//! A task whose work ends at the very moment of a tick ends first. A task that is switched away
//! goes to the end of the ring.
//! # Left out
//! Several CPUs, except as somebody who may hold the lock; wake-ups, fair scheduling inside the
//! decision, ticks that stop on an idle CPU, high-resolution timers. The costs are large, so that
//! they can be seen; real ones are a few microseconds in all.
//! # Source
//! `love-2010`, chapters 4 and 11.

use super::tick_run::{State, simulate};
use super::tick_scene;
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct TimerTick;

/// What the reader sets.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Scenario {
    pub(super) tasks: Vec<Task>,
    hz: String,
    pub(super) slice_us: u64,
    pub(super) entry_us: u64,
    pub(super) lock_wait_us: u64,
    pub(super) account_us: u64,
    pub(super) exit_us: u64,
    pub(super) switch_us: u64,
}

impl Scenario {
    /// From tick to tick, in microseconds.
    pub(super) fn tick_us(&self) -> u64 {
        match self.hz.as_str() {
            "100" => 10_000,
            "250" => 4_000,
            "300" => 3_333,
            _ => 1_000,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Task {
    pub name: String,
    pub work_us: u64,
    pub off_after_us: Option<u64>,
    pub off_us: u64,
}

const COLUMNS: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 12 }).or(Preset::Numbered("T")),
    Field::new("work_us", "Work", Kind::Int { min: 1, max: 50_000 })
        .unit("µs")
        .or(Preset::Int(5_000)),
    Field::new("off_after_us", "Disables preemption after", Kind::Int { min: 0, max: 50_000 })
        .unit("µs")
        .help("Of its own CPU time; left out, it never does.")
        .or(Preset::Unset),
    Field::new("off_us", "For", Kind::Int { min: 1, max: 50_000 })
        .unit("µs")
        .help("Of its own CPU time.")
        .or(Preset::Int(1_000)),
];

const fn cost(key: &'static str, label: &'static str, max: i64, preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min: 0, max }).unit("µs").or(Preset::Int(preset))
}

impl Engine for TimerTick {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "cpu/timer_tick",
        title: "The timer tick",
        summary: "A timer interrupt charges the running task and may ask for a switch.",
        look_for: "The decision only sets a flag; the switch waits for a safe point.",
        source: "love-2010/4",
        time_unit: "µs",
        markers: &["tick", "resched", "switch"],
    };
    const FORM: &'static [Field] = &[
        Field::new("tasks", "Tasks", Kind::Rows { columns: COLUMNS, len_min: 1, len_max: 6 }),
        Field::new(
            "hz",
            "Ticks per second (HZ)",
            Kind::Choice(&[
                ("100", "100, every 10 ms"),
                ("250", "250, every 4 ms"),
                ("300", "300, every 3.3 ms"),
                ("1000", "1,000, every 1 ms"),
            ]),
        )
        .or(Preset::Text("1000")),
        Field::new("slice_us", "Slice", Kind::Int { min: 1, max: 100_000 })
            .unit("µs")
            .help("CPU time after which another task should run; seen only at a tick.")
            .or(Preset::Int(1_500)),
        cost("entry_us", "Interrupt entry", 200, 30),
        cost("lock_wait_us", "Another CPU holds the lock for", 200, 0)
            .help("Time that each tick spins for the lock."),
        cost("account_us", "Accounting and decision", 200, 40),
        cost("exit_us", "Return from the interrupt", 200, 30),
        cost("switch_us", "Context switch", 200, 60),
    ];
    const EXAMPLE: &'static str = r#"{"tasks":[
        {"name":"A","work_us":3500},
        {"name":"B","work_us":3500,"off_after_us":1000,"off_us":1300}]}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let costs = scenario.entry_us
            + scenario.lock_wait_us
            + scenario.account_us
            + scenario.exit_us
            + scenario.switch_us;
        if scenario.tick_us() <= costs {
            let why =
                format!("the tick's path of {costs} us fills the whole tick, so no task would run");
            return Err(ScenarioError::one("/hz", Fault::Conflict(why)));
        }
        simulate(scenario, log)
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        tick_scene::scene(scenario, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        scenario.tasks.iter().map(|task| task.name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Mode, Rng, Run, engine};
    use serde_json::{Value, json};

    fn run(scenario: &Value) -> Run {
        let entry = engine("cpu/timer_tick").unwrap();
        entry.run(scenario, Mode::Frames).unwrap_or_else(|it| panic!("{scenario}: {it}"))
    }

    fn tags(run: &Run, from: usize) -> Vec<&'static str> {
        (from..run.len()).map(|at| run.step(at).unwrap().tag).collect()
    }

    #[test]
    fn the_kernel_locks_before_it_accounts_and_switches_only_on_the_way_back() {
        let run = run(&json!({"slice_us": 500, "tasks": [{}, {}]}));
        let first = (0..run.len()).find(|&at| run.step(at).unwrap().tag == "tick").unwrap();
        assert_eq!(
            tags(&run, first)[..8],
            ["tick", "lock", "account", "resched", "unlock", "return", "switch", "run"]
        );
        let time = |at: usize| run.step(first + at).unwrap().time;
        assert_eq!([time(0), time(1), time(3), time(7)], [1_000, 1_030, 1_070, 1_160]);
    }

    #[test]
    fn a_slice_is_overrun_until_the_next_tick() {
        // T1 runs from 0; at 1000 it has used 1000, at 2000 1900 of its own: 1500 are used up.
        let run = run(&json!({"tasks": [{}, {}]}));
        assert_eq!(run.metric("stretch_us_max"), Some(1_900.0));
    }

    #[test]
    fn a_stretch_without_preemption_delays_the_switch() {
        let plain = run(&json!({"slice_us": 500, "tasks": [{}, {}]}));
        let scenario =
            json!({"slice_us": 500, "tasks": [{"off_after_us": 900, "off_us": 700}, {}]});
        let held = run(&scenario);
        // Flag at 1070, return at 1100; T1 has used 1000 and keeps preemption off until 1600.
        assert_eq!(plain.metric("switch_delay_us_max"), Some(30.0));
        assert_eq!(held.metric("switch_delay_us_max"), Some(630.0));
    }

    #[test]
    fn a_tick_that_nobody_survives_is_refused() {
        let wrong = json!({"tasks": [{}], "entry_us": 200, "lock_wait_us": 200, "account_us": 200,
            "exit_us": 200, "switch_us": 200});
        let told = engine("cpu/timer_tick").unwrap().run(&wrong, Mode::Frames).unwrap_err();
        assert_eq!(told.0[0].at, "/hz");
    }

    #[test]
    fn every_task_gets_its_work_and_every_microsecond_is_accounted_for() {
        let mut rng = Rng::new(31);
        for _ in 0..200 {
            let n = rng.between(1, 4);
            let task = |rng: &mut Rng| {
                let mut row =
                    json!({"work_us": rng.between(1, 6_000), "off_us": rng.between(1, 3_000)});
                if rng.below(2) == 0 {
                    row["off_after_us"] = json!(rng.below(5_000));
                }
                row
            };
            let tasks: Vec<Value> = (0..n).map(|_| task(&mut rng)).collect();
            let work: u64 = tasks.iter().map(|it| it["work_us"].as_u64().unwrap()).sum();
            let hz = ["100", "250", "300", "1000"][rng.below(4) as usize];
            let scenario = json!({"tasks": tasks, "hz": hz, "slice_us": rng.between(1, 4_000),
                "lock_wait_us": rng.below(100)});
            let run = run(&scenario);
            let of = |key: &str| run.metric(key).unwrap();
            assert!(
                (of("makespan_us") - of("overhead_us") - work as f64).abs() < 0.5,
                "{scenario}"
            );
            assert_eq!(tags(&run, 0).iter().filter(|it| **it == "finish").count() as u64, n);
            let n_ticks = tags(&run, 0).iter().filter(|it| **it == "tick").count();
            assert_eq!(of("n_ticks"), n_ticks as f64);
        }
    }
}
