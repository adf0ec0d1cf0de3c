//! Async functions as state machines, polled by an executor step by step.
//!
//! # Model
//! Each async function becomes a machine: it has not begun, waits at one of its awaits, or has
//! ended. While it waits it keeps what is set before the await and used after it, found by looking
//! backwards through the function; the future that it awaits lies inside of it. The executor has
//! one thread and a queue of tasks that are ready. It polls the first one, which goes on to its next
//! await. A future that has no value yet leaves the waker of its task with the kernel, and its task
//! returns pending; when the answer is there, the waker puts the task into the queue. Computing takes
//! no time but for `work(ms)`. A machine needs one byte for its state, and as many as its largest
//! state keeps: a number is 4 bytes, states share the room.
//! # Ties
//! The queue is first in, first out. Of answers that come at the same time, the task that was
//! spawned first is woken first. An executor that asks in turns does so once in a ms.
//! # Left out
//! References to local variables, which are kept as long as their block lasts; join and select
//! inside of a task; cancelling; several threads. A compiler also aligns fields, and Rust 1.95 keeps
//! arguments twice: it makes 20 bytes of an argument and a number across two awaits, where this
//! counts 6. Of the buffer of 1,024 bytes it makes the same 1,026.
//! # Source
//! `rust-async-book`, for futures, wakers and the executor.

use super::async_lang::Program;
use super::async_parse::{TASKS_MAX, parse};
use super::async_run::{Did, Setup, Status, World};
use super::{async_say, async_scene};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct AsyncAwait;

/// What the reader sets.
#[derive(Debug, Deserialize)]
struct Raw {
    source: String,
    executor: Executor,
    tasks: Tasks,
    leaf_bytes: u64,
    stack_bytes: u64,
    until_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Executor {
    Wakers,
    Turns,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Tasks {
    Machines,
    Stacks,
}

/// The same, read.
#[derive(Debug, Deserialize)]
#[serde(from = "Raw")]
pub(crate) struct Scenario {
    pub(super) setup: Setup,
    program: Result<Program, ScenarioError>,
}

impl From<Raw> for Scenario {
    fn from(raw: Raw) -> Self {
        let setup = Setup {
            in_turns: raw.executor == Executor::Turns,
            keeps_stack: raw.tasks == Tasks::Stacks,
            stack_bytes: raw.stack_bytes,
            until_ms: raw.until_ms,
        };
        Self { setup, program: parse(&raw.source, raw.leaf_bytes) }
    }
}

impl Scenario {
    /// The program; `None` for a faulty one, of which nothing is drawn.
    pub(super) fn program(&self) -> Option<&Program> {
        self.program.as_ref().ok()
    }
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) world: World,
    /// Line of the step, from 0, and whose it is.
    pub(super) line: Option<(usize, usize)>,
}

impl Engine for AsyncAwait {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "patterns/async_await",
        title: "Async and await",
        summary: "Async functions become state machines, and an executor polls them when they are woken.",
        look_for: "At each await, say what the task must keep; everything else of it is gone.",
        source: "rust-async-book/state machines",
        time_unit: "ms",
        markers: &["poll", "pending", "wake", "done", "stuck"],
    };
    const FORM: &'static [Field] = &[
        Field::new("source", "Program", Kind::Code { max_chars: 3_000 }).help(
            "Functions with async fn, numbers and buffers such as [0; 1024]; let, if, while, print, return, \
             work(ms), static variables, and main, which spawns tasks. To await: other functions, fetch(value, ms), \
             sleep(ms), ready(value), yield_now() and forgetful(ms), which forgets its waker.",
        ),
        Field::new(
            "executor",
            "The executor polls",
            Kind::Choice(&[("wakers", "tasks that are woken"), ("turns", "all tasks, once in a ms")]),
        )
        .help("Asking all in turns needs no waker, and costs a poll of each task again and again.")
        .or(Preset::Text("wakers")),
        Field::new(
            "tasks",
            "A task that waits keeps",
            Kind::Choice(&[("machines", "what it needs later"), ("stacks", "its whole stack")]),
        )
        .help("Stackless, as in Rust and C#, or stackful, as in Go and Java 21.")
        .or(Preset::Text("machines")),
        Field::new("leaf_bytes", "A future that waits for the world", Kind::Int { min: 0, max: 4_096 })
            .unit("bytes")
            .help("One byte: whether it was polled before. That of a library with timers is larger.")
            .or(Preset::Int(1)),
        Field::new("stack_bytes", "Stack of a task", Kind::Int { min: 256, max: 8_388_608 })
            .unit("bytes")
            .help("For comparison. Go begins with 2,048; threads reserve 8 MiB and touch part of it.")
            .or(Preset::Int(2_048)),
        Field::new("until_ms", "Watched for", Kind::Int { min: 1, max: 100_000 })
            .unit("ms")
            .help("A program may have no end of its own.")
            .or(Preset::Int(1_000)),
    ];
    const EXAMPLE: &'static str = concat!(
        r#"{"source": "async fn sum(ms) {\n"#,
        r#"    let first = fetch(12, ms).await;\n"#,
        r#"    let second = fetch(30, ms).await;\n"#,
        r#"    print(first + second);\n"#,
        r#"}\n"#,
        r#"\n"#,
        r#"fn main() {\n"#,
        r#"    spawn(sum(20));\n"#,
        r#"    spawn(sum(15));\n"#,
        r#"}\n"}"#
    );

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let program = scenario.program.as_ref().map_err(Clone::clone)?;
        let setup = &scenario.setup;
        let mut world = World::new(program);
        let mut did = Did::Start;
        let mut before = world.clone();
        loop {
            log.step(world.now, async_say::tag(&did), || {
                let say = async_say::say(program, setup, &before, &world, &did);
                let line = async_scene::line(program, &before, &world);
                let shot = Shot::new(say, State { world: world.clone(), line });
                match async_say::ask(program, setup, &before, &did) {
                    Some((question, options, answer)) => shot.ask(question, options, answer),
                    None => shot,
                }
            })?;
            if matches!(did, Did::Spins | Did::Stuck | Did::Cut | Did::End) {
                break;
            }
            before.clone_from(&world);
            did = world.next(program, setup);
        }
        metrics(program, setup, &world, &did, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        async_scene::scene(scenario, past)
    }

    fn actors(_: &Scenario) -> Vec<String> {
        (1..=TASKS_MAX).map(|it| format!("T{it}")).collect()
    }
}

fn metrics(program: &Program, setup: &Setup, world: &World, end: &Did, log: &mut Log<State>) {
    let n = |of: Status| world.tasks.iter().filter(|it| it.status == of).count() as f64;
    let sleeps = if *end == Did::Stuck { world.unfinished().len() as f64 } else { 0.0 };
    let mut neither = |key: &str, label: &str, value: f64, unit: &'static str| {
        log.metric(key, label, value, unit, Better::Neither);
    };
    neither("end_ms", "End", world.now as f64, "ms");
    neither("printed", "Lines printed", world.printed.len() as f64, "lines");
    neither("done", "Tasks that ended", n(Status::Done), "tasks");
    log.metric("sleeps", "Tasks that sleep for ever", sleeps, "tasks", Better::Lower);
    log.metric("polls", "Polls", world.n_polls as f64, "polls", Better::Lower);
    let empty = world.n_empty as f64;
    log.metric("polls_empty", "Polls that found nothing", empty, "polls", Better::Lower);
    let bytes = async_scene::waiting_bytes(program, setup);
    log.metric("task_bytes_max", "Largest task that waits", bytes as f64, "bytes", Better::Lower);
    for function in &program.functions {
        let (name, bytes) = (&function.name, function.bytes as f64);
        log.metric_of("machine_bytes", name, "State machine", bytes, "bytes");
        log.metric_of("states", name, "States", function.end() as f64 + 1.0, "states");
    }
    for ((name, _), value) in program.shared.iter().zip(&world.shared) {
        log.metric_of("shared", name, "Last value", f64::from(*value), "");
    }
}
