//! A program of several threads that take turns at every step, in any order that somebody picks.
//!
//! # Model
//! Threads share variables, mutexes, semaphores, conditions, read-write locks, barriers, futexes
//! and a small heap; each has its own registers. One step is one load, one store, one computation,
//! one test or one operation: `counter++` is three steps, and another thread may come between any
//! two. Memory is sequentially consistent, or each CPU has a first-in first-out store buffer, as
//! on x86. An interrupt handler runs on the CPU of its thread, which stands still until it ends.
//! The language is described in `sync/lang`.
//! # Ties
//! Whoever can take a free mutex may take it. Conditions, barriers and futexes wake in the order of
//! arrival. Choices are listed by thread: steps first, then buffers, then wake-ups for no reason. A
//! thread that must wait has no step until it can go on. `malloc` takes the lowest free address.
//! # Left out
//! Priorities, what compilers reorder, and weaker memory than x86: orders of atomics matter for
//! data races only. Locks on real systems take more than one step; here they cannot be torn apart.
//! Store buffers are longer on real processors.
//! # Source
//! `ostep`, chapters 26 to 32; `intel-sdm`, volume 3A, for store buffers.

use super::machine::code::{Memory, Program as Compiled, Rules, THREADS_MAX};
use super::machine::compile::compile;
use super::machine::scene;
use super::machine::state::{Action, Law, State};
use super::machine::tell;
use crate::engine::{Better, Frame, Log, Meta};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::machine::{
    AfterPicks, Machine, PICKS_ARE_STEPS, Pace, SEED_FIELD, Then, picks_field, then_field,
};
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct Program;

/// A program text and a schedule.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    source: String,
    memory: Store,
    signals: Signals,
    spurious: bool,
    races: bool,
    picks: Vec<u32>,
    then: AfterPicks,
    seed: u64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Store {
    Sc,
    Tso,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Signals {
    Mesa,
    Hoare,
}

impl Machine for Program {
    type Scenario = Scenario;
    type Program = Compiled;
    type State = State;
    const META: Meta = Meta {
        id: "sync/program",
        title: "Threads that share memory",
        summary: "A small program of several threads runs step by step in an order that you pick.",
        look_for: "Watch what one thread keeps in a register while another changes the variable.",
        source: "ostep/26",
        time_unit: "steps",
        markers: &[
            "lock",
            "unlock",
            "wait",
            "post",
            "enter",
            "leave",
            "atomic",
            "drain",
            "trylock",
            "sleep",
            "signal",
            "wake",
            "arrive",
            "futex_wait",
            "futex_wake",
            "interrupt",
            "malloc",
            "free",
            "assertion_failed",
            "exclusion_broken",
            "unlock_refused",
            "bad_index",
            "bad_division",
            "use_after_free",
            "null_pointer",
            "data_race",
            "deadlock",
            "blocked_for_ever",
        ],
    };
    const FORM: &'static [Field] = &[
        Field::new("source", "Program", Kind::Code { max_chars: 8_000 })
            .help("Shared variables and locks first, then the threads, in a small part of C."),
        Field::new(
            "memory",
            "Memory",
            Kind::Choice(&[("sc", "Stores are seen at once"), ("tso", "Stores wait in buffers")]),
        )
        .help("With buffers, a thread sees its own stores before the others do, as on x86.")
        .or(Preset::Text("sc")),
        Field::new(
            "signals",
            "Signals",
            Kind::Choice(&[("mesa", "Wake only (Mesa)"), ("hoare", "Hand the mutex over (Hoare)")]),
        )
        .help("Whether the thread that is woken by a signal runs at once, or must take its turn.")
        .or(Preset::Text("mesa")),
        Field::new("spurious", "Sleepers may wake for no reason", Kind::Flag)
            .help("A wait on a condition or a futex may end although nobody has woken the thread.")
            .or(Preset::Flag(false)),
        Field::new("races", "A data race is a fault", Kind::Flag)
            .help("Two plain accesses of one variable, one of them a store, that nothing orders.")
            .or(Preset::Flag(false)),
        // A step of each thread, and the buffer of each.
        picks_field("Schedule so far", PICKS_ARE_STEPS, 2 * THREADS_MAX),
        then_field(
            "After the schedule",
            &[
                ("stop", "Stop and let me pick"),
                ("first", "The first thread that can"),
                ("turns", "In turns"),
                ("random", "At random"),
            ],
            "turns",
        ),
        SEED_FIELD,
    ];
    const EXAMPLE: &'static str = r#"{
        "source": "int counter = 0;\n\nthread A, B {\n    counter++;\n}\n",
        "picks": [0, 1, 1, 1, 0, 0]
    }"#;

    fn load(scenario: &Scenario) -> Result<Compiled, ScenarioError> {
        let memory = match scenario.memory {
            Store::Sc => Memory::AtOnce,
            Store::Tso => Memory::StoreBuffers,
        };
        if scenario.races && memory == Memory::StoreBuffers {
            let why = "data races are looked for with stores that are seen at once; a program \
                       without one behaves the same with buffers";
            return Err(ScenarioError::one("/races", Fault::Conflict(why.to_owned())));
        }
        let hands_over = scenario.signals == Signals::Hoare;
        let (spurious, races) = (scenario.spurious, scenario.races);
        compile(&scenario.source, Rules { memory, hands_over, spurious, races })
    }

    fn picks(scenario: &Scenario) -> &[u32] {
        &scenario.picks
    }

    fn then(scenario: &Scenario) -> Then {
        scenario.then.with(scenario.seed)
    }

    fn start(program: &Compiled) -> State {
        State::start(program)
    }

    fn choices(program: &Compiled, state: &State) -> Vec<String> {
        let action = |pick| state.action(program, pick);
        let actions = (0..Self::n_choices(program, state)).filter_map(action);
        actions.map(|it| tell::label(program, state, it)).collect()
    }

    fn n_choices(program: &Compiled, state: &State) -> u32 {
        state.possible(program).count_ones()
    }

    fn step(program: &Compiled, state: &mut State, pick: u32) {
        if let Some(action) = state.action(program, pick) {
            state.act(program, action);
        }
    }

    fn tell(
        program: &Compiled,
        before: Option<(&State, u32)>,
        after: &State,
    ) -> (&'static str, String) {
        let action = |(state, pick): (&State, u32)| state.action(program, pick);
        match before.and_then(|it| Some((it.0, action(it)?))) {
            Some((before, action)) => tell::step(program, before, action, after),
            None => tell::start(program, after),
        }
    }

    fn scene(program: &Compiled, past: &[Frame<State>]) -> Scene {
        scene::scene(program, past)
    }

    fn broken(program: &Compiled, state: &State) -> Option<&'static str> {
        state.broken(program).map(Law::name)
    }

    fn outcome(program: &Compiled, state: &State) -> String {
        tell::outcome(program, state)
    }

    fn metrics(program: &Compiled, picks: &[u32], last: &State, log: &mut Log<State>) {
        let mut state = State::start(program);
        let mut n_switches = 0_u32;
        let mut running = None;
        for &pick in picks {
            if let Some(action) = state.action(program, pick) {
                if let Action::Step(thread) = action {
                    n_switches += u32::from(running.is_some_and(|it| it != thread));
                    running = Some(thread);
                }
                state.act(program, action);
            }
        }
        let n_steps = u32::try_from(picks.len()).unwrap_or(u32::MAX);
        let n_ended = (0..program.threads.len()).filter(|&it| last.ended(program, it)).count();
        let n_broken = u32::from(last.broken(program).is_some());
        let mut count = |key, label, value: u32, unit, better| {
            log.metric(key, label, f64::from(value), unit, better);
        };
        count("n_steps", "Steps taken", n_steps, "steps", Better::Neither);
        count("n_switches", "Changes of thread", n_switches, "switches", Better::Neither);
        let n_ended = u32::try_from(n_ended).unwrap_or(u32::MAX);
        count("n_ended", "Threads that ended", n_ended, "threads", Better::Neither);
        count("n_broken", "Laws broken", n_broken, "laws", Better::Lower);
        for (number, shared) in program.shared.iter().enumerate() {
            for (at, value) in last.shared(program, number).iter().enumerate() {
                let name = tell::element(shared, at + shared.address.unwrap_or(0));
                log.metric_of("value", &name, "Value", f64::from(*value), "");
            }
        }
    }

    fn actors(program: &Compiled) -> Vec<String> {
        program.threads.iter().map(|it| it.name.clone()).collect()
    }

    fn actor(program: &Compiled, state: &State, pick: u32) -> Option<u16> {
        match state.action(program, pick)? {
            Action::Step(thread) | Action::Drain(thread) | Action::Wake(thread) => {
                u16::try_from(thread).ok()
            }
        }
    }

    fn alone(program: &Compiled, state: &State) -> Option<u32> {
        state.alone(program)
    }

    const PACED: bool = true;

    fn pace(program: &Compiled, state: &State, pick: u32) -> Pace {
        state.pace(program, pick)
    }

    fn actions(program: &Compiled, state: &State) -> u32 {
        state.owed(program)
    }
}
