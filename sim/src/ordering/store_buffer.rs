//! A machine with store buffers, as x86 may be thought of: who steps and what drains is a choice.
//!
//! # Model
//! Each CPU runs one thread and has a first-in first-out store buffer. A store goes into the buffer.
//! A load takes the newest store to its variable from the own buffer, or else what memory holds. At
//! any time the oldest store of a buffer may reach memory, where all see it at once. A full fence
//! waits until the own buffer is empty, and so does a `seq_cst` store, which is an exchange: it
//! writes to memory at once. All other orders and fences are instructions that do nothing here.
//! With buffers of 0 entries every store is in memory at once: that is sequential consistency.
//! # Ties
//! Choices are listed by thread: first the steps, then the buffers.
//! # Left out
//! What compilers reorder; caches and their time; read-modify-writes; non-temporal stores, for which
//! `sfence` and `lfence` are.
//! # Source
//! `sewell-2010`, section 3.

use super::litmus::{ORDERS_FIELD, Orders, PROGRAM_FIELD};
use super::program::{ACCESSES_MAX, Barrier, Op, Order, Program, THREADS_MAX, Told, VARS_MAX};
use super::store_buffer_scene as view;
use super::text::parse;
use crate::engine::{Better, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::machine::{
    AfterPicks, Machine, PICKS_ARE_STEPS, SEED_FIELD, Then, picks_field, then_field,
};
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct StoreBuffer;

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    program: String,
    orders: Orders,
    entries: u8,
    unwanted: String,
    picks: Vec<u32>,
    then: AfterPicks,
    seed: u64,
}

/// The scenario made ready.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(super) program: Program,
    pub(super) entries: u8,
    pub(super) told: Vec<Told>,
    unwanted: Vec<(Told, i64)>,
}

/// A store by its thread and line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Store {
    pub(super) thread: u8,
    pub(super) line: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    /// The next line of each thread.
    pub(super) lines: [u8; THREADS_MAX],
    pub(super) regs: [i64; ACCESSES_MAX],
    /// The store that each variable holds; `None` at the start.
    pub(super) memory: [Option<Store>; VARS_MAX],
    /// Lines of the stores that wait, the oldest first.
    buffers: [[u8; ACCESSES_MAX]; THREADS_MAX],
    n_waiting: [u8; THREADS_MAX],
}

/// Something that can happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Step(usize),
    Drain(usize),
}

impl State {
    /// Lines of the stores in a buffer, the oldest first.
    pub(super) fn waiting(&self, thread: usize) -> &[u8] {
        &self.buffers[thread][..usize::from(self.n_waiting[thread])]
    }
}

impl Setup {
    pub(super) fn op(&self, thread: usize, line: u8) -> Option<&Op> {
        Some(&self.program.threads[thread].lines.get(usize::from(line))?.op)
    }

    /// What can happen, threads first.
    fn able(&self, state: &State) -> impl Iterator<Item = Act> {
        let n = self.program.threads.len();
        let steps = (0..n).filter(|&it| self.can_step(state, it)).map(Act::Step);
        let drains = (0..n).filter(|&it| 0 < state.n_waiting[it]).map(Act::Drain);
        steps.chain(drains)
    }

    /// Whether a thread can take its next line.
    pub(super) fn can_step(&self, state: &State, thread: usize) -> bool {
        let n_waiting = state.n_waiting[thread];
        match self.op(thread, state.lines[thread]) {
            None => false,
            Some(Op::Fence(Barrier::Full) | Op::Store { order: Order::SeqCst, .. }) => {
                n_waiting == 0
            }
            Some(Op::Store { .. }) => self.entries == 0 || n_waiting < self.entries,
            Some(_) => true,
        }
    }

    pub(super) fn pick(&self, state: &State, pick: u32) -> Option<Act> {
        self.able(state).nth(usize::try_from(pick).ok()?)
    }

    /// Variable and value of a store.
    pub(super) fn stored(&self, state: &State, store: Store) -> (usize, i64) {
        match self.op(usize::from(store.thread), store.line) {
            Some(Op::Store { var, value, .. }) => {
                (*var, value.value(|reg| Some(state.regs[reg])).unwrap_or_default())
            }
            _ => (0, 0),
        }
    }

    /// What memory holds.
    pub(super) fn held(&self, state: &State, var: usize) -> i64 {
        state.memory[var].map_or(0, |it| self.stored(state, it).1)
    }

    /// The newest store to a variable in a thread's buffer.
    pub(super) fn own(&self, state: &State, thread: usize, var: usize) -> Option<Store> {
        let stores = state.waiting(thread).iter().rev().map(|&line| named(thread, line));
        stores.into_iter().find(|&it| self.stored(state, it).0 == var)
    }

    fn go(&self, state: &mut State, act: Act) {
        let thread = match act {
            Act::Drain(thread) => {
                let store = named(thread, state.buffers[thread][0]);
                state.memory[self.stored(state, store).0] = Some(store);
                state.buffers[thread].rotate_left(1);
                state.buffers[thread][ACCESSES_MAX - 1] = 0;
                state.n_waiting[thread] -= 1;
                return;
            }
            Act::Step(thread) => thread,
        };
        let line = state.lines[thread];
        match self.op(thread, line) {
            Some(Op::Load { reg, var, .. }) => {
                let own = self.own(state, thread, *var);
                state.regs[*reg] = match own {
                    Some(store) => self.stored(state, store).1,
                    None => self.held(state, *var),
                };
            }
            Some(Op::Store { var, order, .. }) => {
                if self.entries == 0 || *order == Order::SeqCst {
                    state.memory[*var] = Some(named(thread, line));
                } else {
                    state.buffers[thread][usize::from(state.n_waiting[thread])] = line;
                    state.n_waiting[thread] += 1;
                }
            }
            Some(Op::Fence(_) | Op::Branch(_)) | None => {}
        }
        state.lines[thread] += 1;
    }

    /// The values that an outcome tells.
    pub(super) fn values(&self, state: &State) -> Vec<i64> {
        let value = |it: &Told| match *it {
            Told::Register(reg) => state.regs[reg],
            Told::Final(var) => self.held(state, var),
        };
        self.told.iter().map(value).collect()
    }

    pub(super) fn has_ended(&self, state: &State) -> bool {
        self.able(state).next().is_none()
    }
}

fn named(thread: usize, line: u8) -> Store {
    Store { thread: u8::try_from(thread).unwrap_or_default(), line }
}

impl Machine for StoreBuffer {
    type Scenario = Scenario;
    type Program = Setup;
    type State = State;
    const META: Meta = Meta {
        id: "ordering/store_buffer",
        title: "Store buffers",
        summary: "Stores wait in a buffer of their CPU, and loads may pass them on the way.",
        look_for: "A store is in the buffer first: its own thread sees it there, the others do not.",
        source: "sewell-2010/3",
        time_unit: "steps",
        markers: &["stale", "drain", "unwanted"],
    };
    const FORM: &'static [Field] = &[
        PROGRAM_FIELD,
        ORDERS_FIELD,
        Field::new("entries", "Entries of a store buffer", Kind::Int { min: 0, max: 12 })
            .help("0: no buffers, and every store is seen by all at once.")
            .unit("stores")
            .or(Preset::Int(4)),
        Field::new("unwanted", "Outcome that is not wanted", Kind::Text { max_chars: 80 })
            .help("Such as `r1 = 0 and r2 = 0`. Explore then looks for the shortest way to it.")
            .or(Preset::Text("")),
        picks_field("Schedule so far", PICKS_ARE_STEPS, 2 * THREADS_MAX),
        then_field(
            "After the schedule",
            &[
                ("stop", "Stop and let me pick"),
                ("first", "The first that can"),
                ("turns", "In turns"),
                ("random", "At random"),
            ],
            "first",
        ),
        SEED_FIELD,
    ];
    const EXAMPLE: &'static str = r#"{
        "program": "thread A {\n    x = 1;\n    r1 = y;\n}\n\nthread B {\n    y = 1;\n    r2 = x;\n}\n",
        "picks": [0, 1, 0, 0, 0, 0]
    }"#;

    fn load(scenario: &Scenario) -> Result<Setup, ScenarioError> {
        let program = parse("/program", &scenario.program, scenario.orders.unmarked())?;
        let unwanted = program.asked("/unwanted", &scenario.unwanted)?;
        let mut told = program.told();
        for (it, _) in &unwanted {
            if !told.contains(it) {
                told.push(*it);
            }
        }
        Ok(Setup { program, entries: scenario.entries, told, unwanted })
    }

    fn picks(scenario: &Scenario) -> &[u32] {
        &scenario.picks
    }

    fn then(scenario: &Scenario) -> Then {
        scenario.then.with(scenario.seed)
    }

    fn start(_: &Setup) -> State {
        State {
            lines: [0; THREADS_MAX],
            regs: [0; ACCESSES_MAX],
            memory: [None; VARS_MAX],
            buffers: [[0; ACCESSES_MAX]; THREADS_MAX],
            n_waiting: [0; THREADS_MAX],
        }
    }

    fn choices(setup: &Setup, state: &State) -> Vec<String> {
        setup.able(state).map(|it| view::choice(setup, state, it)).collect()
    }

    fn n_choices(setup: &Setup, state: &State) -> u32 {
        u32::try_from(setup.able(state).count()).unwrap_or_default()
    }

    fn step(setup: &Setup, state: &mut State, pick: u32) {
        if let Some(act) = setup.pick(state, pick) {
            setup.go(state, act);
        }
    }

    fn tell(setup: &Setup, before: Option<(&State, u32)>, after: &State) -> (&'static str, String) {
        let taken = before.and_then(|(state, pick)| Some((state, setup.pick(state, pick)?)));
        let (tag, say) = view::tell(setup, taken, after);
        match Self::broken(setup, after) {
            Some(_) => {
                let values = setup.program.outcome(&setup.told, &setup.values(after));
                ("unwanted", format!("{say} All have ended with {values}, which was not wanted."))
            }
            None => (tag, say),
        }
    }

    fn scene(setup: &Setup, past: &[Frame<State>]) -> Scene {
        past.last().map_or_else(Scene::default, |it| view::scene(setup, &it.state))
    }

    fn broken(setup: &Setup, state: &State) -> Option<&'static str> {
        if setup.unwanted.is_empty() || !setup.has_ended(state) {
            return None;
        }
        let value = |told: Told| match told {
            Told::Register(reg) => state.regs[reg],
            Told::Final(var) => setup.held(state, var),
        };
        let all = setup.unwanted.iter().all(|it| value(it.0) == it.1);
        all.then_some("unwanted outcome")
    }

    fn outcome(setup: &Setup, state: &State) -> String {
        setup.program.outcome(&setup.told, &setup.values(state))
    }

    fn metrics(setup: &Setup, picks: &[u32], last: &State, log: &mut Log<State>) {
        let mut state = Self::start(setup);
        let (mut n_stale, mut n_forwarded, mut n_drained, mut n_most) = (0_u32, 0_u32, 0_u32, 0);
        for &pick in picks {
            match setup.pick(&state, pick) {
                Some(Act::Drain(_)) => n_drained += 1,
                Some(Act::Step(thread)) => {
                    let from = view::source(setup, &state, thread);
                    n_stale += u32::from(from == view::Source::Stale);
                    n_forwarded += u32::from(from == view::Source::Own);
                }
                None => {}
            }
            Self::step(setup, &mut state, pick);
            n_most = n_most.max(state.n_waiting.iter().copied().max().unwrap_or_default());
        }
        let mut count = |key, label, value: f64, unit| {
            log.metric(key, label, value, unit, Better::Neither);
        };
        count("n_steps", "Steps taken", picks.len() as f64, "steps");
        let stale = f64::from(n_stale);
        count("n_stale", "Loads past a store that still waited", stale, "loads");
        let own = f64::from(n_forwarded);
        count("n_forwarded", "Loads from the own buffer", own, "loads");
        count("n_drained", "Stores that left a buffer", f64::from(n_drained), "stores");
        count("n_most", "Most stores in one buffer", f64::from(n_most), "stores");
        for (told, value) in setup.told.iter().zip(setup.values(last)) {
            log.metric_of("value", setup.program.name_of(*told), "Last value", value as f64, "");
        }
    }

    fn actors(setup: &Setup) -> Vec<String> {
        setup.program.threads.iter().map(|it| it.name.clone()).collect()
    }

    fn actor(setup: &Setup, state: &State, pick: u32) -> Option<u16> {
        let (Act::Step(thread) | Act::Drain(thread)) = setup.pick(state, pick)?;
        u16::try_from(thread).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::StoreBuffer;
    use crate::explore::{Verdict, explore_value};
    use crate::ordering::axioms::Model;
    use crate::ordering::litmus::Orders;
    use crate::ordering::litmus_laws::{random_program, study};
    use serde_json::json;
    use std::collections::BTreeSet;

    const WORDS: &[&str] = &[
        "V = N;",
        "V = N;",
        "R = V;",
        "R = V;",
        "fence();",
        "store(V, N, seq_cst);",
        "store(V, N, release);",
        "V = D;",
        "fence(store);",
        "branch(D);",
    ];

    /// The machine and the axioms are two descriptions of one model.
    #[test]
    fn it_agrees_with_the_axioms_of_litmus() {
        let mut rng = crate::Rng::new(7);
        let mut n_weak = 0;
        for round in 0..240 {
            // Without fences there is more that TSO has and SC has not.
            let words = if round % 2 == 0 { WORDS } else { &["V = N;", "R = V;"] };
            let text = random_program(&mut rng, words);
            let Some(study) = study(&text, Orders::Relaxed) else { continue };
            for (entries, model) in [(12, Model::Tso), (0, Model::Sc)] {
                let scenario = json!({"program": text, "entries": entries});
                let found = explore_value::<StoreBuffer>(&scenario, 1_000_000).unwrap();
                assert!(found.complete);
                let machine: BTreeSet<String> =
                    found.outcomes.iter().map(|it| it.label.clone()).collect();
                let allowed = study.outcomes.iter().filter(|it| it.is_allowed(model));
                let axioms: BTreeSet<String> =
                    allowed.map(|it| study.program.outcome(&study.told, &it.values)).collect();
                assert_eq!(machine, axioms, "{text}");
            }
            n_weak += usize::from(study.n_allowed(Model::Sc) < study.n_allowed(Model::Tso));
        }
        assert!(5 < n_weak, "{n_weak}");
    }

    #[test]
    fn the_shortest_way_to_both_zero_takes_six_steps() {
        let program = "thread A { x = 1; r1 = y; } thread B { y = 1; r2 = x; }";
        let scenario = json!({"program": program, "unwanted": "r1 = 0 and r2 = 0"});
        let found = explore_value::<StoreBuffer>(&scenario, 100_000).unwrap();
        let Verdict::Broken { law, picks } = found.verdict else { panic!("it holds") };
        // Two stores, two loads, and two drains before all have ended.
        assert_eq!((law, picks.len()), ("unwanted outcome", 6));
        for entries in [0, 1] {
            let scenario = json!({"program": program, "entries": entries,
                "unwanted": "r1 = 0 and r2 = 0"});
            let found = explore_value::<StoreBuffer>(&scenario, 100_000).unwrap();
            assert_eq!(found.verdict == Verdict::Holds, entries == 0);
        }
    }
}
