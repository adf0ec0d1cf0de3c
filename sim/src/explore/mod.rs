//! Every schedule of a machine, breadth first.
//!
//! A [`Search`] can be asked to go on for some states at a time, so that a page stays awake. It
//! walks over all states of a small program. For a larger one it tries a reduced walk first: where
//! the next step of some thread commutes with everything that others may do before it, and can
//! break no law, that step is taken alone. A reduced walk that finds nothing wrong has met the same
//! final states. One that does is put aside, since the shortest schedule needs all states.

mod cycles;
mod map;
mod seen;
mod walk;

#[cfg(test)]
#[cfg(feature = "sync")]
mod laws;

pub use map::{MapEdge, MapEnd, MapNode, StateMap};

use crate::engine::typed;
use crate::error::ScenarioError;
use crate::form::check;
use crate::machine::{Machine, replay};
use cycles::Cycles;
use serde_json::Value;
use walk::Walk;

/// States after which a reduced walk is tried.
const REDUCE_AFTER: u32 = 20_000;

/// Most states of a program whose map is drawn.
pub const MAP_STATES_MAX: u32 = 400;

/// What a fair schedule without progress is called.
const LIVELOCK: &str = "livelock";

/// What a search may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchOptions {
    /// States after which it gives up.
    pub states_max: u32,
    /// Whether large programs are walked through with fewer states where that changes neither
    /// verdict nor outcomes.
    pub reduce: bool,
    /// Whether it starts where the picks of the scenario lead, and not where the machine starts.
    pub after_picks: bool,
}

/// How far a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Whether it has ended; [`Search::finish`] then says all there is to say.
    pub done: bool,
    /// What it does now.
    pub stage: Stage,
    /// Different states that were reached in this stage.
    pub n_states: u32,
    /// States among them that are still to be looked at.
    pub n_open: u32,
    /// The law that was broken first, if one was.
    pub broken: Option<&'static str>,
}

/// What a search does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Looks at every state.
    All,
    /// Looks at fewer states that answer the same.
    Reduced,
    /// Looks for cycles without progress.
    Cycles,
}

/// What a walk over all schedules found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exploration {
    /// Whether the laws hold.
    pub verdict: Verdict,
    /// Whether every reachable state was looked at; if not, there may be more of everything.
    pub complete: bool,
    /// Whether states were left out that change neither verdict nor outcomes.
    pub reduced: bool,
    /// Different states that were reached.
    pub n_states: u32,
    /// Steps between them that were tried.
    pub n_transitions: u64,
    /// Final outcomes in alphabetical order, each with a witness, which is a shortest one unless
    /// the walk was reduced.
    pub outcomes: Vec<Outcome>,
    /// Every law that is broken somewhere, those with the shortest schedules first.
    pub laws: Vec<BrokenLaw>,
    /// For a livelock, how many of the last picks of its schedule go once round the cycle.
    pub n_round: u32,
    /// All schedules; `None` if some never end, or there are too many, or not all states are
    /// known.
    pub n_schedules: Option<u64>,
    /// The states as a graph, if all are known and they are few.
    pub map: Option<StateMap>,
}

/// Whether the laws of a machine hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// In every reachable state.
    Holds,
    /// Not in the state that these picks reach; no shorter schedule breaks a law.
    Broken {
        /// Name of the law.
        law: &'static str,
        /// Picks that lead there.
        picks: Vec<u32>,
    },
    /// The limit came first.
    Unknown,
}

/// A final state seen from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What it amounts to, such as `counter = 2`.
    pub label: String,
    /// How many different final states amount to it.
    pub n_states: u32,
    /// How many schedules end there, if they can be counted.
    pub n_schedules: Option<u64>,
    /// Picks of a schedule that ends there.
    pub picks: Vec<u32>,
}

/// A law that some schedule breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenLaw {
    /// Its name.
    pub law: &'static str,
    /// How many different states break it.
    pub n_states: u32,
    /// How many schedules end there, if they can be counted.
    pub n_schedules: Option<u64>,
    /// Picks of a shortest schedule that breaks it.
    pub picks: Vec<u32>,
}

/// A search that goes on when it is told to.
pub struct Search(Box<dyn Searching>);

impl std::fmt::Debug for Search {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Search({:?})", self.progress())
    }
}

impl Search {
    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.0.progress()
    }

    /// Goes on for about so many states. Takes time in proportion to them.
    pub fn advance(&mut self, n_states: u32) -> Progress {
        self.0.advance(n_states);
        self.0.progress()
    }

    /// What it has found. A search that is not done says what it knows so far.
    #[must_use]
    pub fn finish(&self) -> Exploration {
        self.0.finish()
    }
}

/// A typed search behind a plain face.
trait Searching: Send {
    fn progress(&self) -> Progress;
    fn advance(&mut self, n_states: u32);
    fn finish(&self) -> Exploration;
}

/// Starts a search over the schedules of a scenario.
pub(crate) fn search_value<M: Machine>(
    scenario: &Value,
    options: SearchOptions,
) -> Result<Search, ScenarioError> {
    let scenario: M::Scenario = typed(&check(M::FORM, scenario)?)?;
    let program = M::load(&scenario)?;
    let mut start = M::start(&program);
    if options.after_picks {
        replay::<M>(&program, &mut start, M::picks(&scenario))?;
    }
    Ok(Search(Box::new(Typed::<M>::new(program, start, options, REDUCE_AFTER))))
}

/// Walks every schedule of a scenario, every state of it, whatever its picks.
pub(crate) fn explore_value<M: Machine>(
    scenario: &Value,
    limit: u32,
) -> Result<Exploration, ScenarioError> {
    let options = SearchOptions { states_max: limit, reduce: false, after_picks: false };
    let mut search = search_value::<M>(scenario, options)?;
    while !search.advance(u32::MAX).done {}
    Ok(search.finish())
}

struct Typed<M: Machine> {
    program: M::Program,
    /// Where all schedules start.
    start: M::State,
    options: SearchOptions,
    /// States after which a reduced walk is tried.
    reduce_after: u32,
    all: Walk<M>,
    reduced: Option<Walk<M>>,
    /// Whether the reduced walk did not answer the question.
    given_up: bool,
    cycles: Option<Cycles>,
}

impl<M: Machine> Typed<M> {
    fn new(
        program: M::Program,
        start: M::State,
        options: SearchOptions,
        reduce_after: u32,
    ) -> Self {
        let all = Walk::new(&start, options.states_max, false);
        let (reduced, given_up, cycles) = (None, false, None);
        Self { program, start, options, reduce_after, all, reduced, given_up, cycles }
    }

    /// The walk whose answer counts.
    fn walk(&self) -> &Walk<M> {
        self.reduced.as_ref().filter(|_| !self.given_up).unwrap_or(&self.all)
    }

    /// Whether the reduced walk is worth a try, or goes on.
    fn reduces(&self) -> bool {
        let large = self.reduce_after <= self.all.at && !self.all.ended();
        self.options.reduce && !self.given_up && large && self.all.broken.is_empty()
    }

    /// Only a machine that knows progress has livelocks; laws that are broken come first.
    fn wants_cycles(&self) -> bool {
        M::PACED && self.walk().complete() && self.walk().broken.is_empty()
    }

    fn stage(&self) -> Stage {
        match (&self.cycles, self.reduces()) {
            (Some(_), _) => Stage::Cycles,
            (None, true) => Stage::Reduced,
            (None, false) => Stage::All,
        }
    }

    fn done(&self) -> bool {
        let walk = self.walk();
        walk.ended() && (!self.wants_cycles() || self.cycles.as_ref().is_some_and(Cycles::ended))
    }

    fn advance_walk(&mut self, n_states: u32) {
        if !self.reduces() {
            let left = if self.options.reduce && !self.given_up {
                self.reduce_after.saturating_sub(self.all.at).max(1)
            } else {
                u32::MAX
            };
            return self.all.advance(&self.program, n_states.min(left));
        }
        let new = || Walk::new(&self.start, self.options.states_max, true);
        let reduced = self.reduced.get_or_insert_with(new);
        reduced.advance(&self.program, n_states);
        if !reduced.broken.is_empty() || (reduced.ended() && !reduced.complete()) {
            self.give_up();
        }
    }

    /// Goes on with all states, and frees what the reduced walk has collected.
    fn give_up(&mut self) {
        self.given_up = true;
        self.reduced = None;
        self.cycles = None;
    }

    fn advance_cycles(&mut self, n_states: u32) {
        let walk = self.reduced.as_ref().filter(|_| !self.given_up).unwrap_or(&self.all);
        let cycles = self.cycles.get_or_insert_with(|| Cycles::new(walk.n_states()));
        cycles.advance(&self.program, walk, n_states);
        if cycles.found() && self.reduced.is_some() && cycles.ended() {
            self.give_up();
        }
    }
}

impl<M: Machine> Searching for Typed<M> {
    fn progress(&self) -> Progress {
        let walk = self.walk();
        Progress {
            done: self.done(),
            stage: self.stage(),
            n_states: walk.n_states(),
            n_open: walk.n_states() - walk.at,
            broken: walk.broken.first().map(|it| it.0),
        }
    }

    fn advance(&mut self, n_states: u32) {
        match (self.done(), self.walk().ended()) {
            (true, _) => {}
            (false, true) => self.advance_cycles(n_states),
            (false, false) => self.advance_walk(n_states),
        }
    }

    fn finish(&self) -> Exploration {
        let walk = self.walk();
        let complete = walk.complete();
        let all_known = complete && self.reduced.is_none();
        let counted = if all_known { map::schedules(&self.program, walk) } else { None };
        let of_law = |law| counted.as_ref().and_then(|it| it.of_law.get(law).copied());
        let law = |&(law, n_states, at): &(&'static str, u32, u32)| BrokenLaw {
            law,
            n_states,
            n_schedules: of_law(law),
            picks: walk.seen.picks(at),
        };
        let mut laws: Vec<BrokenLaw> = walk.broken.iter().map(law).collect();
        let mut n_round = 0;
        let cycles = self.cycles.as_ref().filter(|it| it.ended());
        if let Some((entry, round)) = cycles.and_then(|it| it.livelock(&self.program, walk)) {
            let mut picks = walk.seen.picks(entry);
            n_round = u32::try_from(round.len()).unwrap_or(u32::MAX);
            picks.extend(round);
            laws.push(BrokenLaw { law: LIVELOCK, n_states: 1, n_schedules: None, picks });
        }
        let verdict = match laws.first() {
            Some(first) => Verdict::Broken { law: first.law, picks: first.picks.clone() },
            None if complete && self.done() => Verdict::Holds,
            None => Verdict::Unknown,
        };
        let outcome = |(label, (n_states, at)): (&String, &(u32, u32))| Outcome {
            label: label.clone(),
            n_states: *n_states,
            n_schedules: counted.as_ref().and_then(|it| it.of_outcome.get(label).copied()),
            picks: walk.seen.picks(*at),
        };
        let small = all_known && walk.n_states() <= MAP_STATES_MAX;
        Exploration {
            verdict,
            complete,
            reduced: self.reduced.is_some() && !self.given_up,
            n_states: walk.n_states(),
            n_transitions: walk.n_transitions(),
            outcomes: walk.outcomes.iter().map(outcome).collect(),
            laws,
            n_round,
            n_schedules: counted.as_ref().map(|it| it.n),
            map: small.then(|| map::map(&self.program, walk)),
        }
    }
}
