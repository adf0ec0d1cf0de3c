//! Fibers on few kernel threads: who yields, who blocks, and who has to stand still.
//!
//! # Model
//! Each fiber has a stack. A fiber that is ready waits in one queue; a kernel thread without a fiber
//! takes the first one, by saving the registers that a call must preserve and changing the stack
//! pointer. It runs until it yields, ends or reads. A read that blocks puts the kernel thread to sleep
//! with the fiber on it; a runtime may ask for readiness instead and let others run, or have another
//! kernel thread take over. With a time limit the runtime takes the thread away from whoever
//! computes longer. A fiber may read a balance that all share, and later write what it has read and
//! something more.
//! # Ties
//! At one moment data that comes and calls that return come first, then what running fibers do,
//! then threads that take a fiber; each in the order of the tables.
//! # Left out
//! Switches take no time and are counted. Queues for each thread with stealing are in another
//! simulation; so are stacks that grow. A fiber whose call returns to full cores queues up.
//! # Source
//! `conway-1963` for the idea, `go-runtime` for time limits and threads that take over.

use super::fiber_run::{Did, World};
use super::fiber_script::Setup;
use super::{fiber_say, fiber_scene};
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct Fibers;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(super) struct Raw {
    pub(super) fibers: Vec<RawFiber>,
    pub(super) n_threads: usize,
    pub(super) io: Io,
    pub(super) preempt_us: u64,
    pub(super) saved_bytes: u64,
    pub(super) switch_ns: u64,
    pub(super) kernel_switch_ns: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawFiber {
    pub(super) name: String,
    pub(super) does: String,
    pub(super) times: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Io {
    Blocks,
    Wrapped,
    Threads,
}

/// The same, read.
#[derive(Debug, Deserialize)]
#[serde(from = "Raw")]
pub(crate) struct Scenario {
    setup: Result<Setup, ScenarioError>,
    /// When it all ends.
    pub(super) end_us: u64,
}

impl From<Raw> for Scenario {
    fn from(raw: Raw) -> Self {
        let setup = Setup::new(&raw);
        let end_us = setup.as_ref().map_or(0, |setup| {
            let mut world = World::new(setup);
            while !matches!(world.next(setup), Did::End | Did::Cut) {}
            world.now
        });
        Self { setup, end_us }
    }
}

impl Scenario {
    /// `None` for a faulty one, of which nothing is drawn.
    pub(super) fn setup(&self) -> Option<&Setup> {
        self.setup.as_ref().ok()
    }
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) world: World,
}

impl Engine for Fibers {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "patterns/fibers",
        title: "Fibers",
        summary: "Fibers share a kernel thread by yielding to each other, and a blocking call stops them all.",
        look_for: "Find the times in which fibers are ready and none of them runs.",
        source: "conway-1963/coroutines",
        time_unit: "µs",
        markers: &["switch", "block", "preempt", "lost"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "fibers",
            "Fibers",
            Kind::Rows {
                columns: &[
                    Field::new("name", "Name", Kind::Name { max_chars: 8 }).or(Preset::Numbered("F")),
                    Field::new("does", "Does", Kind::Text { max_chars: 120 }).or(Preset::Text("run 1")).help(
                        "Steps with commas between them: run 3, yield, read 10, get, add 100; times in µs. \
                         get reads the balance, add writes what was read and so much more.",
                    ),
                    Field::new("times", "Times", Kind::Int { min: 1, max: 20 }).or(Preset::Int(1)),
                ],
                len_min: 1,
                len_max: 8,
            },
        ),
        Field::new("n_threads", "Kernel threads", Kind::Int { min: 1, max: 4 })
            .help("Those that run at the same time.")
            .or(Preset::Int(1)),
        Field::new(
            "io",
            "A read",
            Kind::Choice(&[
                ("blocks", "blocks its kernel thread"),
                ("wrapped", "lets others run"),
                ("threads", "blocks it; another takes over"),
            ]),
        )
        .help("Wrapped: the runtime asks for readiness and yields. Another takes over: as Go does for files.")
        .or(Preset::Text("blocks")),
        Field::new("preempt_us", "Taken away after", Kind::Int { min: 0, max: 100_000 })
            .unit("µs")
            .help("0: never. Go sends a signal after 10,000 µs.")
            .or(Preset::Int(0)),
        Field::new("saved_bytes", "Saved at a switch", Kind::Int { min: 8, max: 4_096 })
            .unit("bytes")
            .help("A return address and the six registers that a call must preserve on x86-64.")
            .or(Preset::Int(56)),
        Field::new("switch_ns", "A switch of stacks", Kind::Int { min: 1, max: 100_000 })
            .unit("ns")
            .help("Measured for the course; swapcontext took 160 to 300.")
            .or(Preset::Int(14)),
        Field::new("kernel_switch_ns", "A switch by the kernel", Kind::Int { min: 1, max: 100_000 })
            .unit("ns")
            .help("For comparison: handing over through a pipe, measured for the course.")
            .or(Preset::Int(1_500)),
    ];
    const EXAMPLE: &'static str = r#"{
  "fibers": [
    {"name": "A", "does": "run 2, yield", "times": 4},
    {"name": "B", "does": "run 3, read 10, run 2"},
    {"name": "C", "does": "run 2, yield", "times": 4}]}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let setup = scenario.setup.as_ref().map_err(Clone::clone)?;
        let mut world = World::new(setup);
        let mut did = Did::Start;
        let mut before = world.clone();
        loop {
            log.step(world.now, fiber_say::tag(did), || {
                let say = fiber_say::say(setup, &before, &world, did);
                let shot = Shot::new(say, State { world: world.clone() });
                match fiber_say::ask(setup, &before, did) {
                    Some((question, options, answer)) => shot.ask(question, options, answer),
                    None => shot,
                }
            })?;
            if matches!(did, Did::End | Did::Cut) {
                break;
            }
            before.clone_from(&world);
            did = world.next(setup);
        }
        let mut lower = |key: &str, label: &str, value: f64, unit| {
            log.metric(key, label, value, unit, Better::Lower);
        };
        let us = |ns: u64| (world.switches * ns) as f64 / 1_000.0;
        lower("end_us", "End", world.now as f64, "µs");
        lower("stood_us", "Fibers were ready and none took the thread", world.stood as f64, "µs");
        lower("wait_us_max", "Longest wait of a ready fiber", world.wait_max as f64, "µs");
        lower("switches", "Switches", world.switches as f64, "switches");
        lower("switch_us", "Time for these switches", us(setup.switch_ns), "µs");
        lower("kernel_switch_us", "The same by the kernel", us(setup.kernel_switch_ns), "µs");
        log.metric(
            "threads",
            "Kernel threads",
            world.threads.len() as f64,
            "threads",
            Better::Lower,
        );
        log.metric("balance", "Balance", world.balance as f64, "", Better::Neither);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        fiber_scene::scene(scenario, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        let Some(setup) = scenario.setup() else { return Vec::new() };
        setup.fibers.iter().map(|it| it.name.clone()).collect()
    }
}
