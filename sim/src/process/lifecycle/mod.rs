//! The life of processes: five states, the events between them, and what is left after the end.
//!
//! # Model
//! A script says what happens to which process. The kernel keeps each in one of five states, new,
//! ready, running, blocked and terminated, and refuses what has no arrow. A process that has ended
//! is a zombie until its parent takes the exit code; `P1` is init, which takes every code at once.
//! SIGKILL ends a process when it next has the CPU, and cannot wake one that waits for a disk.
//! # Ties
//! `wait` takes the zombie with the lowest number.
//! # Left out
//! Who is picked when: the script says so. Stopped and traced processes, threads, and waits that
//! only a fatal signal ends.
//! # Source
//! `silberschatz-10e`, 3.1.2; `man-wait`, `man-subreaper` and `man-proc` for Linux.

#[cfg(test)]
mod laws;
mod scene;
mod script;
mod world;

use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use script::{Does, PROCS_MAX};
use serde::Deserialize;
use world::{LIVES, Life, World, name};

/// The engine.
pub(crate) struct Lifecycle;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    script: String,
    n_cpus: usize,
}

impl Engine for Lifecycle {
    type Scenario = Scenario;
    type State = World;
    const META: Meta = Meta {
        id: "process/lifecycle",
        title: "States of a process",
        summary: "Processes are admitted, dispatched, blocked, woken, ended and reaped.",
        look_for: "Chips move from state to state; some arrows do not exist.",
        source: "silberschatz-10e/3.1.2",
        time_unit: "steps",
        markers: &["zombie", "orphan", "reap", "refused"],
    };
    const FORM: &'static [Field] = &[
        Field::new("script", "Script", Kind::Code { max_chars: 4_000 }).help(
            "One a line: P1 fork P2, P2 admit, dispatch, preempt, block, block disk, wake, \
                 exit 1, wait, kill, subreaper, ignore; P1 is init.",
        ),
        Field::new("n_cpus", "CPUs", Kind::Int { min: 1, max: 4 })
            .help("As many processes may be running at a time.")
            .or(Preset::Int(1)),
    ];
    const EXAMPLE: &'static str = r#"{"script": "P1 fork P2\nP2 admit\nP2 dispatch\nP2 fork P3\nP3 admit\nP2 block disk\nP3 dispatch\nP3 preempt\nP3 dispatch\nP2 wake\nP3 exit 7\nP2 dispatch\nP2 wait\nP2 exit\n"}"#;

    fn run(scenario: &Scenario, log: &mut Log<World>) -> Result<(), ScenarioError> {
        let ops = script::parse(&scenario.script)?;
        let mut world = World::new(scenario.n_cpus);
        let mut zombies_max = 0;
        log.step(0, "start", || {
            let say = "P1 is init and sleeps in wait, because nothing has been started yet.";
            Shot::new(say.to_owned(), world.clone())
        })?;
        for (time, op) in (1..).zip(&ops) {
            let (tag, say) = world.take(op);
            zombies_max = zombies_max.max(world.count(Life::Zombie));
            log.step(time, tag, || {
                let shot = Shot::new(say, world.clone());
                let (asked, about) = match op.does {
                    Does::Fork(child) => (child, name(child)),
                    _ => (op.who, name(op.who)),
                };
                let answer = world.life(asked).and_then(|it| LIVES.iter().position(|l| *l == it));
                let question = format!("`{}` comes next. What is {about} then?", op.text);
                let options = LIVES.iter().map(|it| it.word().to_owned()).collect();
                match answer {
                    Some(answer) => shot.ask(&question, options, answer),
                    None => shot,
                }
            })?;
        }
        let mut count = |key, label, value: f64, unit, better| {
            log.metric(key, label, value, unit, better);
        };
        let zombies = world.count(Life::Zombie) as f64;
        count("n_zombies", "Zombies at the end", zombies, "processes", Better::Lower);
        let most = zombies_max as f64;
        count("zombies_max", "Most zombies at a time", most, "processes", Better::Lower);
        let orphans = f64::from(world.n_orphans);
        count("n_orphans", "Orphans", orphans, "processes", Better::Neither);
        let reaped = f64::from(world.n_reaped);
        count("n_reaped", "Processes reaped", reaped, "processes", Better::Neither);
        let refused = f64::from(world.n_refused);
        count("n_refused", "Statements refused", refused, "statements", Better::Lower);
        Ok(())
    }

    fn scene(_: &Scenario, past: &[Frame<World>]) -> Scene {
        scene::scene(past)
    }

    fn actors(_: &Scenario) -> Vec<String> {
        (0..usize::from(PROCS_MAX)).map(name).collect()
    }
}
