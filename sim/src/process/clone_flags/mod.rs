//! The flags of clone: what a new task shares with its maker, what it gets as a copy, and what is new.
//!
//! # Model
//! Every task, be it a process or a thread, refers to objects of the kernel: memory, open files,
//! directories, handlers, its thread group, namespaces. `clone` makes a task and goes from object to
//! object; one flag each says whether the new task refers to the same one. First it refuses flags
//! that make no sense together. Numbers count up from 700.
//! # Ties
//! Of several faults in the flags, the one that the kernel looks for first is told.
//! # Left out
//! Credentials, I/O contexts, PID file descriptors, tracing; `exec` by one of several threads; nested
//! PID namespaces show the innermost number and that of the first namespace only.
//! # Source
//! `man-clone`; `man-nptl` for what the C library passes.

mod flags;
#[cfg(test)]
mod laws;
mod run;
mod scene;
mod script;
mod world;

use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use script::TASKS_MAX;
use serde::Deserialize;
use world::{World, name};

/// The engine.
pub(crate) struct CloneFlags;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    script: String,
    privileged: bool,
}

impl Engine for CloneFlags {
    type Scenario = Scenario;
    type State = World;
    const META: Meta = Meta {
        id: "process/clone_flags",
        title: "The flags of clone",
        summary: "One call makes processes, threads and containers; its flags say what is shared.",
        look_for: "Cells of one colour in a column are the same object of the kernel.",
        source: "man-clone/2",
        time_unit: "steps",
        markers: &["call", "refused", "returns"],
    };
    const FORM: &'static [Field] = &[
        Field::new("script", "Calls", Kind::Code { max_chars: 2_000 }).help(
            "One a line: T1 fork, T1 vfork, T2 pthread_create, T1 container, T1 clone VM \
                 FILES, T2 exec. Flags may follow any of them.",
        ),
        Field::new("privileged", "Has CAP_SYS_ADMIN", Kind::Flag)
            .help("Needed for new namespaces, unless a new user namespace comes along.")
            .or(Preset::Flag(true)),
    ];
    const EXAMPLE: &'static str = r#"{"script": "T1 pthread_create\nT1 fork\n"}"#;

    fn run(scenario: &Scenario, log: &mut Log<World>) -> Result<(), ScenarioError> {
        let calls = script::parse(&scenario.script)?;
        let mut world = World::new();
        run::run(scenario, &calls, &mut world, log)?;
        let mut count = |key, label, value: usize, unit, better| {
            log.metric(key, label, value as f64, unit, better);
        };
        let (n_tasks, n_groups) = (world.tasks.len(), world.n_groups());
        count("n_tasks", "Tasks", n_tasks, "tasks", Better::Neither);
        count("n_processes", "Thread groups", n_groups, "processes", Better::Neither);
        let refused = usize::try_from(world.n_refused).unwrap_or_default();
        count("n_refused", "Calls refused", refused, "calls", Better::Lower);
        for who in 0..n_tasks {
            let tid = f64::from(world.tasks[who].tid_inside);
            log.metric_of("gettid", &name(who), "gettid", tid, "");
            log.metric_of("getpid", &name(who), "getpid", f64::from(world.getpid(who)), "");
        }
        Ok(())
    }

    fn scene(_: &Scenario, past: &[Frame<World>]) -> Scene {
        scene::scene(past)
    }

    fn actors(_: &Scenario) -> Vec<String> {
        (0..TASKS_MAX).map(name).collect()
    }
}
