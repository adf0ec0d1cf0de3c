//! Work stealing: a deque for each worker, and thieves who take from the other end.
//!
//! # Model
//! A worker takes tasks from one end of its own deque; one that has none takes from the global
//! queue, and else from a victim at random, from the other end. A tree of work halves itself: the
//! worker offers the right half and goes on with the left, until a piece is small enough. Goroutines
//! run, make a call that blocks their kernel thread, and run again; a worker, which Go calls a P, may
//! be handed to another thread while its own one is inside of a call.
//! # Ties
//! At one moment calls return first; then workers act by number. The victim is drawn evenly from all
//! others, whether it has something or not. With one task taken, a worker that has to choose between
//! the global queue and theft asks the global queue.
//! # Left out
//! Joining, which waits for the offered half by running other tasks; caches, for which the newest
//! task is the warm one; Go's look at the global queue one time in 61 and its network poller; a
//! goroutine that spins.
//! # Source
//! `blumofe-1999` for thieves and the bound, `go-runtime` for handing over.

use super::steal_run::{Did, Loot, Routine, Setup, Side, World};
use super::steal_scene;
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct WorkStealing;

/// Most pieces of a tree.
const LEAVES_MAX: u64 = 512;

#[derive(Debug, Deserialize)]
pub(super) struct Raw {
    routines: Vec<Row>,
    n_items: u64,
    leaf: u64,
    split_ticks: u64,
    n_workers: usize,
    own: Side,
    thief: Side,
    loot: Loot,
    steal_ticks: u64,
    handoff: bool,
    handoff_ticks: u64,
    seed: u64,
}

#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    on: usize,
    first_ticks: u64,
    call_ticks: u64,
    last_ticks: u64,
}

/// The same, and when it all ends.
#[derive(Debug, Deserialize)]
#[serde(from = "Raw")]
pub(crate) struct Scenario {
    pub(super) setup: Setup,
    pub(super) end: u64,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) world: World,
    pub(super) did: Option<Did>,
}

impl From<Raw> for Scenario {
    fn from(raw: Raw) -> Self {
        let routine = |row: Row| Routine {
            name: row.name,
            on: row.on,
            first: row.first_ticks,
            call: row.call_ticks,
            last: row.last_ticks,
        };
        let setup = Setup {
            routines: raw.routines.into_iter().map(routine).collect(),
            n_items: raw.n_items,
            leaf: raw.leaf,
            split_ticks: raw.split_ticks,
            n_workers: raw.n_workers,
            own: raw.own,
            thief: raw.thief,
            loot: raw.loot,
            steal_ticks: raw.steal_ticks,
            handoff: raw.handoff.then_some(raw.handoff_ticks),
            seed: raw.seed,
        };
        let mut world = World::new(&setup);
        if fits(&setup) {
            while world.next(&setup) != Did::End {}
        }
        Self { setup, end: world.now }
    }
}

fn fits(setup: &Setup) -> bool {
    !setup.is_tree() || setup.n_items <= LEAVES_MAX * setup.leaf
}

const ROUTINES: &[Field] = &[
    Field::new("name", "Goroutine", Kind::Name { max_chars: 6 }).or(Preset::Numbered("G")),
    Field::new("on", "Begins on worker", Kind::Int { min: 1, max: 8 }).or(Preset::Int(1)),
    Field::new("first_ticks", "Runs", Kind::Int { min: 1, max: 1_000 })
        .unit("ticks")
        .or(Preset::Int(4)),
    Field::new("call_ticks", "Call", Kind::Int { min: 0, max: 1_000 })
        .unit("ticks")
        .help("A system call that blocks its kernel thread.")
        .or(Preset::Int(0)),
    Field::new("last_ticks", "Runs again", Kind::Int { min: 1, max: 1_000 })
        .unit("ticks")
        .help("Only after a call.")
        .or(Preset::Int(1)),
];

const ENDS: Kind = Kind::Choice(&[("newest", "The newest"), ("oldest", "The oldest")]);

impl Engine for WorkStealing {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "patterns/work_stealing",
        title: "Work stealing",
        summary: "Each worker has a deque; whoever has nothing steals from the other end of another's.",
        look_for: "Watch how large the piece is that a thief takes, and how rarely it has to come.",
        source: "blumofe-1999/3",
        time_unit: "ticks",
        markers: &["steal", "call", "handoff", "return"],
    };
    const FORM: &'static [Field] = &[
        Field::new("n_workers", "Workers", Kind::Int { min: 1, max: 8 })
            .help("One for each core; Go calls them P.")
            .or(Preset::Int(3)),
        Field::new("n_items", "Items", Kind::Int { min: 2, max: 4_096 })
            .help("A tree of work over so many items, one tick for each; it begins on worker 1.")
            .work()
            .or(Preset::Int(64)),
        Field::new("leaf", "Not split any more", Kind::Int { min: 1, max: 4_096 })
            .unit("items")
            .help("A piece of so many items or fewer is worked through.")
            .or(Preset::Int(8)),
        Field::new("split_ticks", "Splitting", Kind::Int { min: 1, max: 100 })
            .unit("ticks")
            .or(Preset::Int(1)),
        Field::new(
            "routines",
            "Goroutines",
            Kind::Rows { columns: ROUTINES, len_min: 0, len_max: 12 },
        )
        .help("With goroutines the tree is left out.")
        .work()
        .or(Preset::Empty),
        Field::new("own", "An owner takes", ENDS)
            .help("Fork-join pools take the newest, Go takes the oldest.")
            .or(Preset::Text("newest")),
        Field::new("thief", "A thief takes", ENDS).or(Preset::Text("oldest")),
        Field::new(
            "loot",
            "So many",
            Kind::Choice(&[("one", "One"), ("half", "Half of the deque")]),
        )
        .or(Preset::Text("one")),
        Field::new("steal_ticks", "An attempt to steal", Kind::Int { min: 1, max: 100 })
            .unit("ticks")
            .or(Preset::Int(1)),
        Field::new("handoff", "Hand a worker on while its thread is in a call", Kind::Flag)
            .or(Preset::Flag(true)),
        Field::new("handoff_ticks", "After", Kind::Int { min: 1, max: 1_000 })
            .unit("ticks")
            .help("A call that is shorter keeps its worker, and nothing happens.")
            .or(Preset::Int(2)),
        crate::machine::SEED_FIELD,
    ];
    const EXAMPLE: &'static str = r#"{"n_workers": 3, "n_items": 64, "leaf": 8}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let setup = &scenario.setup;
        if !fits(setup) {
            let why = format!(
                "with pieces of {} items there are more than {LEAVES_MAX} of them",
                setup.leaf
            );
            return Err(ScenarioError::one("/leaf", Fault::Conflict(why)));
        }
        let mut world = World::new(setup);
        log.step(0, "start", || {
            let say = steal_scene::start(setup);
            Shot::new(say, State { world: world.clone(), did: None })
        })?;
        loop {
            let did = world.next(setup);
            let ended = did == Did::End;
            log.step(world.now, steal_scene::tag(&did), || {
                let say = steal_scene::say(setup, &world, &did);
                let asked = steal_scene::ask(setup, &did);
                let shot = Shot::new(say, State { world: world.clone(), did: Some(did) });
                match asked {
                    Some((question, options, answer)) => shot.ask(&question, options, answer),
                    None => shot,
                }
            })?;
            if ended {
                break;
            }
        }
        metrics(setup, &world, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        steal_scene::scene(scenario, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        let setup = &scenario.setup;
        match setup.is_tree() {
            true => (1..=setup.n_workers).map(|it| format!("W{it}")).collect(),
            false => setup.routines.iter().map(|it| it.name.clone()).collect(),
        }
    }
}

fn metrics(setup: &Setup, world: &World, log: &mut Log<State>) {
    let (work, span, end) =
        (setup.work() as f64, setup.span().max(1) as f64, world.now.max(1) as f64);
    let count = world.count;
    log.metric("end_ticks", "End", world.now as f64, "ticks", Better::Lower);
    log.metric("speedup", "Speed-up", count.worked as f64 / end, "", Better::Higher);
    log.metric("work_ticks", "Work", work, "ticks", Better::Neither);
    log.metric("span_ticks", "Span", span, "ticks", Better::Lower);
    log.metric("parallelism", "Parallelism", work / span, "", Better::Higher);
    log.metric("steals", "Thefts", f64::from(count.steals), "thefts", Better::Lower);
    log.metric("stolen", "Tasks stolen", f64::from(count.stolen), "tasks", Better::Lower);
    log.metric(
        "misses",
        "Thefts that found nothing",
        f64::from(count.misses),
        "thefts",
        Better::Lower,
    );
    log.metric("tasks", "Pieces", f64::from(count.tasks), "tasks", Better::Neither);
    log.metric(
        "handoffs",
        "Workers handed on",
        f64::from(count.handoffs),
        "times",
        Better::Neither,
    );
    log.metric("threads", "Kernel threads", world.n_threads as f64, "threads", Better::Lower);
}
