//! A fork in a program with threads: the lock is copied, the thread that holds it is not.
//!
//! # Model
//! Thread A takes a lock, changes data in two steps that belong together, and opens the lock. Thread
//! B starts a child and waits for it; the child wants the same lock. A fork copies the memory, locks
//! and half changed data too, and the one thread that forks. One step is one line of a thread, in any
//! order that somebody picks. The fixes change who does what around the fork.
//! # Ties
//! Choices are listed A, B, child. A thread that must wait has no step until it can go on.
//! # Left out
//! More threads and locks, and the order in which handlers take several; signals; what exec does
//! before it runs the new program; a fork inside of `posix_spawn`, which runs no code of the program.
//! # Source
//! `posix-fork`, `man-atfork`; `baumann-2019` on fork and threads.

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
use world::{B, CHILD, Fix, N, NAMES, Owner, Setup, State};

/// The engine.
pub(crate) struct ForkThreads;

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    fix: Fix,
    owner: Owner,
    rounds: u8,
    picks: Vec<u32>,
    then: AfterPicks,
    seed: u64,
}

impl Machine for ForkThreads {
    type Scenario = Scenario;
    type Program = Setup;
    type State = State;
    const META: Meta = Meta {
        id: "process/fork_threads",
        title: "fork in a program with threads",
        summary: "A child gets the memory of its parent with a lock taken, and not the holder.",
        look_for: "After the fork there are two locks; only the one of the parent is ever opened.",
        source: "man-atfork/3",
        time_unit: "steps",
        markers: &["fork", "fork_taken", "spawn", "exec", "renew", "broken"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "fix",
            "Way out",
            Kind::Choice(&[
                ("none", "None"),
                ("atfork", "pthread_atfork"),
                ("exec", "exec at once"),
                ("spawn", "posix_spawn"),
                ("early", "Fork before the threads"),
                ("log_then_exec", "A line in the log, then exec"),
                ("renew", "A new lock in the child"),
            ]),
        )
        .help("Two of these do not help: look which.")
        .or(Preset::Text("none")),
        Field::new(
            "owner",
            "Whose lock it is",
            Kind::Choice(&[("program", "The program's"), ("library", "A library's")]),
        )
        .help("The handlers of the program know its own lock only.")
        .or(Preset::Text("program")),
        Field::new("rounds", "Rounds of A", Kind::Int { min: 1, max: 3 })
            .help("How often A takes the lock.")
            .or(Preset::Int(1)),
        picks_field("Schedule so far", PICKS_ARE_STEPS, N),
        then_field(
            "After the schedule",
            &[
                ("stop", "Stop and let me pick"),
                ("first", "The first that can"),
                ("turns", "In turns"),
                ("random", "At random"),
            ],
            "turns",
        ),
        SEED_FIELD,
    ];
    const EXAMPLE: &'static str = "{}";

    fn load(scenario: &Scenario) -> Result<Setup, ScenarioError> {
        Ok(Setup::new(scenario.fix, scenario.owner, scenario.rounds))
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
        let label = |who: usize| {
            let text = setup.line(state, who).map_or("", |it| it.1.as_str());
            format!("{}: {text}", NAMES[who])
        };
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
        match setup.broken(state) {
            Some(law) => law.to_owned(),
            None => "all end".to_owned(),
        }
    }

    fn metrics(setup: &Setup, picks: &[u32], last: &State, log: &mut Log<State>) {
        let mut state = setup.start();
        let (mut n_held, mut taken) = (0_u32, false);
        for &pick in picks {
            let had_child = state.has_child;
            n_held += u32::from(setup.waits_to_fork(&state));
            Self::step(setup, &mut state, pick);
            taken |= !had_child && setup.is_orphaned(&state);
        }
        let mut count = |key, label, value: u32, unit, better| {
            log.metric(key, label, f64::from(value), unit, better);
        };
        let n_steps = u32::try_from(picks.len()).unwrap_or_default();
        count("n_steps", "Steps taken", n_steps, "steps", Better::Neither);
        let label = "Steps in which the fork waited for the lock";
        count("waiting_steps", label, n_held, "steps", Better::Lower);
        count("copied_taken", "Lock copied as taken (1 = yes)", taken.into(), "", Better::Lower);
        let hangs = setup.broken(last) == Some(world::HANGS);
        count("hangs", "The child hangs (1 = yes)", hangs.into(), "", Better::Lower);
        let n = u32::from(setup.broken(last).is_some());
        count("n_broken", "Laws broken", n, "laws", Better::Lower);
        let ended = [B, CHILD].iter().filter(|&&it| setup.has_ended(last, it)).count();
        let ended = u32::try_from(ended).unwrap_or_default();
        count("n_ended", "B and the child: how many ended", ended, "threads", Better::Higher);
    }

    fn actors(_: &Setup) -> Vec<String> {
        NAMES.map(str::to_owned).to_vec()
    }

    fn actor(setup: &Setup, state: &State, pick: u32) -> Option<u16> {
        setup.pick(state, pick).map(crate::amounts::actor)
    }
}
