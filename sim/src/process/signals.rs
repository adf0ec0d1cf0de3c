//! Signals: sent to a process or a thread, pending or blocked, then handled, taken, ignored or fatal.
//!
//! # Model
//! One process of up to four threads and a script of what they do and what is sent to them. Actions
//! hold for the process, masks for each thread; a new thread inherits its creator's mask. A signal is
//! delivered as soon as a thread does not block it. While its handler runs, its own kind is blocked.
//! Standard signals are pending once, real-time signals queue. Numbers are those of x86 and ARM, and
//! real-time signals begin where the C library lets them begin, at 34.
//! # Ties
//! A signal for the process goes to the first thread that does not block it. Of several, a thread
//! takes its own before those of the process, then a mistake of its own, then the lowest number, then
//! the oldest.
//! # Left out
//! Permissions of the sender, alternate stacks, `SA_NODEFER`, `sa_mask`, `signalfd`, job control by a
//! terminal, groups of processes, and limits on queued signals. A handler of a mistake is taken to have
//! repaired it: in reality the instruction runs again when the handler returns.
//! # Source
//! `tlpi`, chapters 20 to 22; `man-signal` for the order and for what starts again.

use super::signals_run::{Runner, State};
use super::signals_say::name;
use super::signals_scene;
use super::signals_script::{Act, Does, Op, read};
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct Signals;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    script: String,
}

impl Engine for Signals {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "process/signals",
        title: "Signals",
        summary: "Signals wait while they are blocked, and then a thread handles or takes them.",
        look_for: "See which thread gets the signal, and how many of one kind can wait.",
        source: "tlpi/20",
        time_unit: "statements",
        markers: &["handle", "lost", "taken", "fatal"],
    };
    const FORM: &'static [Field] =
        &[Field::new("script", "Script", Kind::Code { max_chars: 3_000 }).help(
            "One statement a line: T1 create; T1 block SIGINT; T1 unblock SIGINT; T1 handle SIGINT \
             restart; T1 ignore SIGPIPE; T1 default SIGINT; T1 read; T1 sleep; T1 done; T2 sigwait \
             SIGINT SIGTERM; T1 fault SIGSEGV; T1 return; kill SIGINT; kill SIGRTMIN+1 = 7; tgkill \
             T2 SIGUSR1.",
        )];
    const EXAMPLE: &'static str = r#"{"script":
"T1 handle SIGUSR1\nT1 handle SIGRTMIN\nT1 block SIGUSR1\nT1 block SIGRTMIN\nkill SIGUSR1\nkill SIGUSR1\nkill SIGUSR1\nkill SIGRTMIN = 1\nkill SIGRTMIN = 2\nkill SIGRTMIN = 3\nT1 unblock SIGUSR1\nT1 return\nT1 unblock SIGRTMIN\nT1 return\nT1 return\nT1 return"}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let ops = read(&scenario.script)?;
        let mut runner = Runner::new();
        runner.run(&ops, log)?;
        let totals = runner.totals;
        let pending = runner.state.shared.len()
            + runner.state.threads.iter().map(|it| it.pending.len()).sum::<usize>();
        let mut add = |key, label, value: u64, unit| {
            log.metric(key, label, value as f64, unit, Better::Neither);
        };
        add("n_sent", "Signals sent", totals.n_sent, "signals");
        add("n_handled", "Handlers run", totals.n_handled, "handlers");
        add("n_taken", "Taken by sigwait", totals.n_taken, "signals");
        add("n_lost", "Lost, one was pending", totals.n_lost, "signals");
        add("n_ignored", "Ignored", totals.n_ignored, "signals");
        add("n_pending", "Pending at the end", pending as u64, "signals");
        add("n_eintr", "Calls that ended with EINTR", totals.n_eintr, "calls");
        add("n_restarts", "Calls that started again", totals.n_restarts, "calls");
        let ended = runner.state.ended.map_or(0, |it| u64::from(it.0));
        add("ended_by", "Number of the signal that ended it, or 0", ended, "");
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        // The script was read without a fault when the run was made.
        let (Some(last), Ok(ops)) = (past.last(), read(&scenario.script)) else {
            return Scene::default();
        };
        signals_scene::scene(&last.state, &ops, n_threads(&ops))
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        let ops = read(&scenario.script).unwrap_or_default();
        (0..n_threads(&ops)).map(name).collect()
    }
}

/// Threads that there will be, if every one of them is created.
fn n_threads(ops: &[Op]) -> usize {
    1 + ops.iter().filter(|it| matches!(it.does, Does::Thread(_, Act::Create))).count()
}
