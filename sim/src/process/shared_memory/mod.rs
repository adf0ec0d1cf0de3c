//! Two processes map the same object: what they see of each other, and what is missing without synchronisation.
//!
//! # Model
//! An object of one page holds a lock or a semaphore and one or two variables. A and B have mapped
//! it, each at an address of its own. One step is one load, one addition in a register, one store,
//! or one operation on the lock; whose step comes next is a choice. In a private mapping the first
//! store of a process goes into a copy of the page that is its own from then on.
//! # Ties
//! Choices are listed A before B. A process that must wait has no step until it can go on.
//! # Left out
//! How the object is made and mapped, which `address_space` has; caches and the order of stores,
//! which are sequentially consistent here; a process that ends while it holds the lock.
//! # Source
//! `man-shm`; `man-mmap` for private mappings; `ostep`, chapter 26, for the race.

#[cfg(test)]
mod laws;
mod say;
mod scene;
mod world;

use crate::engine::{Better, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::machine::{
    AfterPicks, Machine, PICKS_ARE_STEPS, SEED_FIELD, Then, picks_field, then_field,
};
use crate::scene::Scene;
use serde::Deserialize;
use world::{COUNT, Job, N, NAMES, Setup, State, Sync};

/// The engine.
pub(crate) struct SharedMemory;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    job: Job,
    sync: Sync,
    mapping: Mapping,
    rounds: u8,
    picks: Vec<u32>,
    then: AfterPicks,
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mapping {
    Shared,
    Private,
}

impl Machine for SharedMemory {
    type Scenario = Scenario;
    type Program = Setup;
    type State = State;
    const META: Meta = Meta {
        id: "process/shared_memory",
        title: "Shared memory",
        summary: "Two processes map one object and use it with or without synchronisation.",
        look_for: "A register is private: what it holds may be out of date when it is stored.",
        source: "man-shm/7",
        time_unit: "steps",
        markers: &["take", "lost", "copy", "broken"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "job",
            "What they do",
            Kind::Choice(&[
                ("counter", "Both add to a counter"),
                ("record", "A writes a record, B reads it"),
            ]),
        )
        .help("The record is whole when both of its halves are 7.")
        .or(Preset::Text("counter")),
        Field::new(
            "sync",
            "Synchronisation",
            Kind::Choice(&[
                ("none", "None"),
                ("mutex", "A lock in the memory"),
                ("semaphore", "A semaphore in the memory"),
            ]),
        )
        .help("The semaphore begins at 1 for the counter and at 0 for the record.")
        .or(Preset::Text("none")),
        Field::new(
            "mapping",
            "Mapping",
            Kind::Choice(&[("shared", "MAP_SHARED"), ("private", "MAP_PRIVATE")]),
        )
        .help("In a private mapping, the first store of a process makes a copy of the page.")
        .or(Preset::Text("shared")),
        Field::new("rounds", "Additions of each", Kind::Int { min: 1, max: 3 })
            .help("How often each process adds 1; the record is written once.")
            .or(Preset::Int(1)),
        picks_field("Schedule so far", PICKS_ARE_STEPS, N),
        then_field(
            "After the schedule",
            &[
                ("stop", "Stop and let me pick"),
                ("first", "A first"),
                ("turns", "In turns"),
                ("random", "At random"),
            ],
            "turns",
        ),
        SEED_FIELD,
    ];
    const EXAMPLE: &'static str = "{}";

    fn load(scenario: &Scenario) -> Result<Setup, ScenarioError> {
        let Scenario { job, sync, mapping, rounds, .. } = *scenario;
        Ok(Setup::new(job, sync, mapping == Mapping::Private, rounds))
    }

    fn picks(scenario: &Scenario) -> &[u32] {
        &scenario.picks
    }

    fn then(scenario: &Scenario) -> Then {
        scenario.then.with(scenario.seed)
    }

    fn start(setup: &Setup) -> State {
        setup.start()
    }

    fn choices(setup: &Setup, state: &State) -> Vec<String> {
        let label = |who: usize| format!("{}: {}", NAMES[who], setup.text(state, who));
        setup.able(state).map(label).collect()
    }

    fn n_choices(setup: &Setup, state: &State) -> u32 {
        u32::try_from(setup.able(state).count()).unwrap_or_default()
    }

    fn step(setup: &Setup, state: &mut State, pick: u32) {
        if let Some(who) = setup.pick(state, pick) {
            setup.go(state, who);
        }
    }

    fn tell(setup: &Setup, before: Option<(&State, u32)>, after: &State) -> (&'static str, String) {
        match before.and_then(|(state, pick)| Some((state, setup.pick(state, pick)?))) {
            Some((before, who)) => say::step(setup, before, who, after),
            None => ("start", say::start(setup)),
        }
    }

    fn scene(setup: &Setup, past: &[Frame<State>]) -> Scene {
        past.last().map_or_else(Scene::default, |it| scene::scene(setup, &it.state))
    }

    fn broken(setup: &Setup, state: &State) -> Option<&'static str> {
        setup.broken(state)
    }

    fn outcome(setup: &Setup, state: &State) -> String {
        setup.outcome(state)
    }

    fn metrics(setup: &Setup, picks: &[u32], last: &State, log: &mut Log<State>) {
        let mut state = setup.start();
        let mut n_waited = 0;
        for &pick in picks {
            n_waited += (0..N).filter(|&it| setup.waits(&state, it)).count();
            Self::step(setup, &mut state, pick);
        }
        let mut count = |key, label, value: usize, unit, better| {
            log.metric(key, label, value as f64, unit, better);
        };
        count("n_steps", "Steps taken", picks.len(), "steps", Better::Neither);
        count("waiting_steps", "Steps in which one waited", n_waited, "steps", Better::Lower);
        let copied = last.copied.iter().filter(|it| **it).count();
        count("copied_pages", "Pages copied", copied, "pages", Better::Neither);
        if setup.job == Job::Counter {
            let counter = setup.value(last, 0, COUNT);
            count("counter", "The counter that A sees", counter.into(), "", Better::Neither);
            let lost = setup.expected().saturating_sub(counter);
            count("n_lost", "Additions that A misses", lost.into(), "additions", Better::Lower);
        }
        let broken = usize::from(setup.broken(last).is_some());
        count("n_broken", "Laws broken", broken, "laws", Better::Lower);
    }

    fn actors(_: &Setup) -> Vec<String> {
        NAMES.map(str::to_owned).to_vec()
    }

    fn actor(setup: &Setup, state: &State, pick: u32) -> Option<u16> {
        setup.pick(state, pick).map(crate::amounts::actor)
    }
}
