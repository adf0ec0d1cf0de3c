//! Namespaces: eight kinds of private views, and what a process in them sees and may change.
//!
//! # Model
//! Processes are created in new namespaces or share those of their parents. PID and user namespaces
//! nest: a process has a number in its own PID namespace and in each above, and root of a user
//! namespace may change what belongs to it or to those below. A namespace belongs to the user
//! namespace in which it was made. A new PID or time namespace of `unshare` is for children only.
//! # Ties
//! With several kinds at once the user namespace is made first, so that the others belong to it.
//! # Left out
//! Propagation of mounts, tables of users beyond "root inside", interfaces and routes, `setns`,
//! control groups themselves, and the death of a PID namespace with its first process.
//! # Source
//! `man-namespaces`; `tlpi`, chapter 28, for `clone`.

use super::namespaces_scene;
use super::namespaces_script::{KINDS, read};
use super::namespaces_world::{State, name, run};
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct Namespaces;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    user: u64,
    script: String,
}

impl Engine for Namespaces {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "process/namespaces",
        title: "Namespaces",
        summary: "Eight kinds of namespaces show each process its own view of one kernel.",
        look_for: "One process has several numbers: compare the rows from outside to inside.",
        source: "tlpi/28",
        time_unit: "statements",
        markers: &["clone", "unshare", "refused"],
    };
    const FORM: &'static [Field] = &[
        Field::new("user", "User of P1", Kind::Int { min: 0, max: 65_535 })
            .help("0 is root of the first user namespace.")
            .or(Preset::Int(0)),
        Field::new("script", "Script", Kind::Code { max_chars: 2_000 }).help(
            "One statement a line: P1 clone pid net uts; P1 clone; P2 unshare mnt; P2 hostname web; \
             P2 mount /data; P2 queue jobs; P2 listen 80; P1 offset 3600; P2 kill P1; P2 look. Kinds \
             are mnt, uts, ipc, pid, net, user, cgroup and time.",
        ),
    ];
    const EXAMPLE: &'static str = r#"{"script":
"P1 clone pid uts net mnt ipc\nP2 clone\nP2 look\nP1 look\nP2 hostname web\nP1 listen 80\nP2 listen 80\nP3 listen 80\nP2 kill P3\nP2 kill P1\nP1 kill P3"}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let ops = read(&scenario.script)?;
        let mut state = State::new(scenario.user);
        run(&mut state, &ops, log)?;
        let mut add = |key: &str, label: &str, value: u64, unit| {
            log.metric(key, label, value as f64, unit, Better::Neither);
        };
        add("n_kinds", "Kinds of namespaces", KINDS.len() as u64, "kinds");
        add("n_namespaces", "Namespaces in all", state.spaces.len() as u64, "namespaces");
        add("n_processes", "Processes", state.processes.len() as u64, "processes");
        add("n_refused", "Refused", state.n_refused, "statements");
        for at in 0..state.processes.len() {
            let numbers = state.processes[at].numbers.len() as f64;
            log.metric_of("n_numbers", &name(at), "Numbers", numbers, "numbers");
        }
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        // The script was read without a fault when the run was made.
        let (Some(last), Ok(ops)) = (past.last(), read(&scenario.script)) else {
            return Scene::default();
        };
        namespaces_scene::scene(&last.state, &ops)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        let ops = read(&scenario.script).unwrap_or_default();
        let made = ops.iter().filter(|it| it.text.contains(" clone")).count();
        (0..=made).map(name).collect()
    }
}
