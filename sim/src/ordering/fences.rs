//! What may cross a fence: one thread's accesses, and the orders in which others may see them.
//!
//! # Model
//! The accesses of one thread stand in a row, as the text has them. In each step one of them moves
//! before the one that stands before it, if nothing keeps the two in order; or the reader says that
//! this is the order which others see. A move is one that the compiler, an x86 or an ARMv8 processor
//! may make: the compiler any two accesses to different variables, x86 a load before an earlier
//! store, ARMv8 any two without a dependency. A full fence lets nothing pass. An acquire fence keeps
//! loads before it, and all that follows behind it. A release fence keeps all before it, and later
//! stores behind it. A load fence keeps loads on their side, a store fence stores. A compiler fence
//! is a full one for the compiler and nothing for a processor. An acquire load keeps all that
//! follows behind it, a release store all that stands before it, as doors that open one way.
//! # Ties
//! Moves are listed from left to right; to stop moving comes last.
//! # Left out
//! What other threads do, which `ordering/litmus` has: an order seen here need not be one that they
//! can tell. Stores that several threads see at different times. The instructions that fences become,
//! for which is `ordering/mapping`: here `dmb ish` stands for a release fence as for a full one, so
//! ARMv8 may keep more than what C11 asks for.
//! # Source
//! `c11`, 7.17.4, for acquire and release; `linux-barriers` for load, store and compiler fences.

use super::fences_scene as view;
use super::litmus::{ORDERS_FIELD, Orders};
use super::program::{Barrier, Op, Order, Thread};
use super::text::parse;
use crate::engine::{Better, Frame, Log, Meta};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::machine::{
    AfterPicks, Machine, PICKS_ARE_STEPS, SEED_FIELD, Then, picks_field, then_field,
};
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct Fences;

/// Most lines of the thread.
pub(super) const LINES_MAX: usize = 8;

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    program: String,
    orders: Orders,
    mover: Mover,
    keep: Vec<u8>,
    picks: Vec<u32>,
    then: AfterPicks,
    seed: u64,
}

/// Who moves accesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mover {
    Compiler,
    X86,
    Armv8,
}

impl Mover {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Compiler => "The compiler",
            Self::X86 => "x86",
            Self::Armv8 => "ARMv8",
        }
    }
}

/// The scenario made ready.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(super) thread: Thread,
    pub(super) mover: Mover,
    /// Two lines, the first of which should be seen first.
    pub(super) keep: Option<(usize, usize)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    /// Lines in the order in which others see them.
    pub(super) order: [u8; LINES_MAX],
    pub(super) is_over: bool,
}

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// What stands at this place moves before what stands before it.
    Move(usize),
    Stop,
}

impl Setup {
    pub(super) fn n(&self) -> usize {
        self.thread.lines.len()
    }

    /// Why an earlier line stays before a later one; `None` if they may change places.
    pub(super) fn keeps(&self, first: usize, second: usize) -> Option<&'static str> {
        let (a, b) = (&self.thread.lines[first].op, &self.thread.lines[second].op);
        if let Some(why) = self.depends(a, b) {
            return Some(why);
        }
        let access = |op: &Op| match *op {
            Op::Load { var, .. } => Some((true, var)),
            Op::Store { var, .. } => Some((false, var)),
            Op::Fence(_) | Op::Branch(_) => None,
        };
        match (access(a), access(b)) {
            (Some((_, x)), Some((_, y))) if x == y => Some("they use the same variable"),
            (Some(x), Some(y)) => self.between(first, second, x.0, y.0, (a, b)),
            (Some((is_load, _)), None) => self.against(b, is_load, true),
            (None, Some((is_load, _))) => self.against(a, is_load, false),
            (None, None) => Some("fences keep their order"),
        }
    }

    /// The same, also by way of a line between the two: the reason, and that line.
    pub(super) fn keeps_far(
        &self,
        first: usize,
        second: usize,
    ) -> Option<(&'static str, Option<usize>)> {
        if let Some(why) = self.keeps(first, second) {
            return Some((why, None));
        }
        let kept = |a: usize, b: usize| self.keeps_far(a, b).is_some();
        let between = (first + 1..second).find(|&it| kept(first, it) && kept(it, second))?;
        Some(("", Some(between)))
    }

    /// Whether the second line needs what the first one loads.
    fn depends(&self, a: &Op, b: &Op) -> Option<&'static str> {
        let Op::Load { reg, .. } = *a else {
            // What follows a branch is on trial only: a store is never made on a guess.
            let guessed = self.mover != Mover::Compiler
                && matches!((a, b), (Op::Branch(_), Op::Store { .. }));
            return guessed.then_some("a store does not run on a guess");
        };
        let bit = 1 << reg;
        let (value, address, tested) = match b {
            Op::Store { value, address, .. } => {
                let real = value.terms.iter().any(|it| it.0 == reg && it.1 != 0);
                if real {
                    return Some("its value is needed");
                }
                (value.named(), *address, 0)
            }
            Op::Load { address, .. } => (0, *address, 0),
            Op::Branch(tested) => (0, 0, *tested),
            Op::Fence(_) => (0, 0, 0),
        };
        let named = (value | address | tested) & bit != 0;
        // The compiler sees that a sum is always 0, and that both sides of a branch are the same.
        (named && self.mover != Mover::Compiler).then_some("a dependency keeps them")
    }

    /// What keeps two accesses to different variables in order.
    fn between(
        &self,
        first: usize,
        second: usize,
        from_load: bool,
        to_load: bool,
        (a, b): (&Op, &Op),
    ) -> Option<&'static str> {
        if matches!(a, Op::Load { order: Order::Acquire | Order::SeqCst, .. }) {
            return Some("nothing moves above an acquire load");
        }
        if matches!(b, Op::Store { order: Order::Release | Order::SeqCst, .. }) {
            return Some("nothing moves below a release store");
        }
        let sequential = |op: &Op| {
            matches!(
                op,
                Op::Load { order: Order::SeqCst, .. } | Op::Store { order: Order::SeqCst, .. }
            )
        };
        if sequential(a) && sequential(b) {
            return Some("seq_cst accesses keep their order");
        }
        if self.mover == Mover::X86 && (from_load || !to_load) {
            return Some("TSO keeps all but a store before a load");
        }
        // A fence of both kinds stands for two, so no place of its own says all that it keeps.
        let both = self.thread.lines[first..second]
            .iter()
            .any(|it| matches!(it.op, Op::Fence(Barrier::AcqRel)));
        (both && (from_load || !to_load)).then_some("the fence between keeps them")
    }

    /// What keeps an access on its side of a fence: before it, or behind it.
    fn against(&self, fence: &Op, is_load: bool, is_before: bool) -> Option<&'static str> {
        let Op::Fence(barrier) = *fence else { return None };
        let stays = match barrier {
            Barrier::Full => true,
            Barrier::Acquire => is_load || !is_before,
            Barrier::Release => is_before || !is_load,
            Barrier::AcqRel => is_load == is_before,
            Barrier::Load => is_load,
            Barrier::Store => !is_load,
            Barrier::Compiler => self.mover == Mover::Compiler,
            Barrier::Instruction => false,
        };
        stays.then_some(match barrier {
            Barrier::Full => "nothing crosses a full fence",
            Barrier::Acquire => "an acquire fence keeps loads before it, and all that follows",
            Barrier::Release => "a release fence keeps all before it, and the stores that follow",
            Barrier::AcqRel => "the fence acquires and releases",
            Barrier::Load => "a load fence keeps loads on their side",
            Barrier::Store => "a store fence keeps stores on their side",
            Barrier::Compiler => "the compiler moves nothing across its fence",
            Barrier::Instruction => "",
        })
    }

    pub(super) fn at(&self, state: &State, place: usize) -> usize {
        usize::from(state.order[place])
    }

    fn can_move(&self, state: &State, place: usize) -> bool {
        let (before, own) = (self.at(state, place - 1), self.at(state, place));
        before < own && self.keeps(before, own).is_none()
    }

    fn able(&self, state: &State) -> impl Iterator<Item = Act> {
        let moves = (1..self.n()).filter(|&it| self.can_move(state, it)).map(Act::Move);
        let stop = (!state.is_over).then_some(Act::Stop);
        moves.chain(stop).filter(move |_| !state.is_over)
    }

    pub(super) fn pick(&self, state: &State, pick: u32) -> Option<Act> {
        self.able(state).nth(usize::try_from(pick).ok()?)
    }

    /// Pairs of accesses that others see the other way round.
    pub(super) fn n_turned(&self, state: &State) -> usize {
        let is_access =
            |line: usize| matches!(self.thread.lines[line].op, Op::Load { .. } | Op::Store { .. });
        let pairs = (0..self.n()).flat_map(|a| (a + 1..self.n()).map(move |b| (a, b)));
        pairs
            .map(|(a, b)| (self.at(state, a), self.at(state, b)))
            .filter(|&(a, b)| b < a && is_access(a) && is_access(b))
            .count()
    }

    fn is_broken(&self, state: &State) -> bool {
        let place = |line: usize| (0..self.n()).find(|&it| self.at(state, it) == line);
        self.keep.is_some_and(|(first, second)| place(second) < place(first))
    }
}

impl Machine for Fences {
    type Scenario = Scenario;
    type Program = Setup;
    type State = State;
    const META: Meta = Meta {
        id: "ordering/fences",
        title: "What may cross a fence",
        summary: "One thread's accesses change places as far as fences and orders let them.",
        look_for: "A full fence is a wall; acquire and release are doors that open one way.",
        source: "c11/7.17.4",
        time_unit: "moves",
        markers: &["cross", "broken"],
    };
    const FORM: &'static [Field] = &[
        Field::new("program", "Program", Kind::Code { max_chars: 1_000 }).help(
            "One thread of at most 8 lines: loads, stores, and fence(seq_cst), acquire, release, \
             acq_rel, load, store or compiler.",
        ),
        ORDERS_FIELD,
        Field::new(
            "mover",
            "Who moves accesses",
            Kind::Choice(&[("compiler", "The compiler"), ("x86", "x86"), ("armv8", "ARMv8")]),
        )
        .or(Preset::Text("armv8")),
        Field::new(
            "keep",
            "Lines to keep in order",
            Kind::Ints { min: 1, max: LINES_MAX as i64, len_min: 0, len_max: 2, single_key: "" },
        )
        .help("Two lines, from 1: the law is that the first is seen before the second. Or none.")
        .or(Preset::Empty),
        picks_field("Moves so far", PICKS_ARE_STEPS, LINES_MAX),
        then_field(
            "After the moves",
            &[
                ("stop", "Stop and let me pick"),
                ("first", "The first that is possible"),
                ("turns", "In turns"),
                ("random", "At random"),
            ],
            "stop",
        ),
        SEED_FIELD,
    ];
    const EXAMPLE: &'static str = r#"{
        "program": "thread A {\n    x = 1;\n    fence(release);\n    y = 1;\n    r1 = z;\n}\n",
        "picks": [0, 0, 0, 0]
    }"#;

    fn load(scenario: &Scenario) -> Result<Setup, ScenarioError> {
        let program = parse("/program", &scenario.program, scenario.orders.unmarked())?;
        let mut threads = program.threads;
        let (Some(thread), true) = (threads.pop(), threads.is_empty()) else {
            let why = "one thread only: what several see of each other is for ordering/litmus";
            return Err(ScenarioError::one("/program", Fault::Conflict(why.to_owned())));
        };
        let n = thread.lines.len();
        if LINES_MAX < n {
            let why = format!("at most {LINES_MAX} lines fit, and there are {n}");
            return Err(ScenarioError::one("/program", Fault::Conflict(why)));
        }
        let keep = match *scenario.keep.as_slice() {
            [] => None,
            [a, b] if usize::from(a.max(b)) <= n && a < b => {
                Some((usize::from(a) - 1, usize::from(b) - 1))
            }
            _ => {
                let why = format!("two different lines from 1 to {n}, the first one first");
                return Err(ScenarioError::one("/keep", Fault::Conflict(why)));
            }
        };
        Ok(Setup { thread, mover: scenario.mover, keep })
    }

    fn picks(scenario: &Scenario) -> &[u32] {
        &scenario.picks
    }

    fn then(scenario: &Scenario) -> Then {
        scenario.then.with(scenario.seed)
    }

    fn start(_: &Setup) -> State {
        State { order: [0, 1, 2, 3, 4, 5, 6, 7], is_over: false }
    }

    fn choices(setup: &Setup, state: &State) -> Vec<String> {
        setup.able(state).map(|it| view::choice(setup, state, it)).collect()
    }

    fn n_choices(setup: &Setup, state: &State) -> u32 {
        u32::try_from(setup.able(state).count()).unwrap_or_default()
    }

    fn step(setup: &Setup, state: &mut State, pick: u32) {
        match setup.pick(state, pick) {
            Some(Act::Move(place)) => state.order.swap(place - 1, place),
            Some(Act::Stop) => state.is_over = true,
            None => {}
        }
    }

    fn tell(setup: &Setup, before: Option<(&State, u32)>, after: &State) -> (&'static str, String) {
        let taken = before.and_then(|(state, pick)| Some((state, setup.pick(state, pick)?)));
        let (tag, say) = view::tell(setup, taken, after);
        (if setup.is_broken(after) { "broken" } else { tag }, say)
    }

    fn scene(setup: &Setup, past: &[Frame<State>]) -> Scene {
        past.last().map_or_else(Scene::default, |it| view::scene(setup, &it.state))
    }

    fn broken(setup: &Setup, state: &State) -> Option<&'static str> {
        setup.is_broken(state).then_some("seen in the wrong order")
    }

    fn outcome(setup: &Setup, state: &State) -> String {
        view::order(setup, state)
    }

    fn metrics(setup: &Setup, picks: &[u32], last: &State, log: &mut Log<State>) {
        let n = setup.n();
        let pairs = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b)));
        let n_free = pairs.filter(|&(a, b)| setup.keeps_far(a, b).is_none()).count();
        let mut count = |key, label, value: usize, unit| {
            log.metric(key, label, value as f64, unit, Better::Neither);
        };
        count("n_steps", "Steps taken", picks.len(), "steps");
        count("n_turned", "Pairs that are seen the other way round", setup.n_turned(last), "pairs");
        count("n_free", "Pairs of lines that may change places", n_free, "pairs");
    }

    fn actors(setup: &Setup) -> Vec<String> {
        vec![setup.thread.name.clone()]
    }
}

#[cfg(test)]
mod tests {
    use super::Fences;
    use crate::explore::{Verdict, explore_value};
    use serde_json::json;
    use std::collections::BTreeSet;

    fn orders(lines: &str, mover: &str) -> BTreeSet<String> {
        let program = format!("thread A {{ {lines} }}");
        let found = explore_value::<Fences>(&json!({"program": program, "mover": mover}), 100_000);
        let found = found.unwrap();
        assert!(found.complete);
        found.outcomes.into_iter().map(|it| it.label).collect()
    }

    fn holds(lines: &str, mover: &str, keep: [u8; 2]) -> bool {
        let program = format!("thread A {{ {lines} }}");
        let scenario = json!({"program": program, "mover": mover, "keep": keep});
        explore_value::<Fences>(&scenario, 100_000).unwrap().verdict == Verdict::Holds
    }

    /// The table of the lesson: pairs of kinds, in front of and behind each fence.
    #[test]
    fn each_fence_keeps_the_pairs_that_it_promises() {
        let kept = |fence: &str, mover: &str| -> String {
            let access = [("r1 = x;", "r2 = y;"), ("x = 1;", "y = 1;")];
            let mut out = String::new();
            for first in [0, 1] {
                for second in [0, 1] {
                    let lines = format!("{} {fence} {}", access[first].0, access[second].1);
                    out.push(if holds(&lines, mover, [1, 3]) { 'k' } else { '-' });
                }
            }
            out
        };
        // Load-load, load-store, store-load, store-store.
        for (fence, by_compiler, by_arm, by_x86) in [
            ("fence();", "kkkk", "kkkk", "kkkk"),
            ("fence(acquire);", "kk--", "kk--", "kk-k"),
            ("fence(release);", "-k-k", "-k-k", "kk-k"),
            ("fence(acq_rel);", "kk-k", "kk-k", "kk-k"),
            ("fence(load);", "k---", "k---", "kk-k"),
            ("fence(store);", "---k", "---k", "kk-k"),
            ("fence(compiler);", "kkkk", "----", "kk-k"),
        ] {
            assert_eq!(kept(fence, "compiler"), by_compiler, "{fence}");
            assert_eq!(kept(fence, "armv8"), by_arm, "{fence}");
            assert_eq!(kept(fence, "x86"), by_x86, "{fence}");
        }
    }

    #[test]
    fn acquire_and_release_are_doors_that_open_one_way() {
        // In front of an acquire load may sink, behind it may not rise; a release store mirrors it.
        let acquire = "a = 1; r1 = load(f, acquire); b = 1;";
        assert!(!holds(acquire, "armv8", [1, 2]) && holds(acquire, "armv8", [2, 3]));
        let release = "a = 1; store(f, 1, release); b = 1;";
        assert!(holds(release, "armv8", [1, 2]) && !holds(release, "armv8", [2, 3]));
        // Neither stops store buffering; seq_cst does.
        assert!(!holds("store(x, 1, release); r1 = load(y, acquire);", "armv8", [1, 2]));
        assert!(holds("store(x, 1, seq_cst); r1 = load(y, seq_cst);", "x86", [1, 2]));
    }

    #[test]
    fn dependencies_bind_the_processor_and_a_false_one_not_the_compiler() {
        assert!(holds("r1 = x; y = r1;", "compiler", [1, 2]));
        assert!(!holds("r1 = x; y = 1 + r1 - r1;", "compiler", [1, 2]));
        assert!(holds("r1 = x; y = 1 + r1 - r1;", "armv8", [1, 2]));
        // A branch holds back stores, and not loads.
        assert!(holds("r1 = x; branch(r1); y = 1;", "armv8", [1, 3]));
        assert!(!holds("r1 = x; branch(r1); r2 = y;", "armv8", [1, 3]));
    }

    /// Without a fence every order is possible in which accesses to one variable keep theirs.
    #[test]
    fn orders_are_all_that_the_pairs_allow() {
        assert_eq!(orders("a = 1; b = 1; c = 1; d = 1;", "armv8").len(), 24);
        assert_eq!(orders("a = 1; b = 1; c = 1; d = 1;", "x86").len(), 1);
        assert_eq!(orders("x = 1; x = 2; y = 1;", "armv8").len(), 3);
        assert_eq!(orders("a = 1; b = 1; fence(); c = 1; d = 1;", "armv8").len(), 4);
        assert_eq!(orders("x = 1; r1 = y;", "x86").len(), 2);
    }
}
