//! Every schedule of a machine, breadth first.

use crate::engine::typed;
use crate::error::ScenarioError;
use crate::form::check;
use crate::machine::Machine;
use serde_json::Value;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};

/// What a walk over all schedules found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exploration {
    /// Whether the laws hold.
    pub verdict: Verdict,
    /// Whether every reachable state was looked at; if not, there may be more of everything.
    pub complete: bool,
    /// Different states that were reached.
    pub n_states: u32,
    /// Steps between them that were tried.
    pub n_transitions: u64,
    /// Final outcomes in alphabetical order, each with a shortest witness.
    pub outcomes: Vec<Outcome>,
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
    /// Picks of a shortest schedule that ends there.
    pub picks: Vec<u32>,
}

/// Walks every schedule of a scenario, whatever its picks.
pub(crate) fn explore_value<M: Machine>(
    scenario: &Value,
    limit: u32,
) -> Result<Exploration, ScenarioError> {
    let scenario: M::Scenario = typed(&check(M::FORM, scenario)?)?;
    Ok(explore::<M>(&M::load(&scenario)?, limit))
}

/// Walks every schedule until all states are known or `limit` of them.
///
/// A state that breaks a law or cannot step is not followed further. Takes time and memory in
/// proportion to the states.
pub(crate) fn explore<M: Machine>(program: &M::Program, limit: u32) -> Exploration {
    let mut walk = Walk::<M>::new(program, limit);
    while walk.advance(u32::MAX) {}
    walk.finish()
}

/// A walk that can pause, so that a page may show how far it is.
struct Walk<'a, M: Machine> {
    program: &'a M::Program,
    limit: u32,
    seen: Seen<M::State>,
    /// The next state to look at; those below it are done.
    at: u32,
    n_transitions: u64,
    /// The law that was broken first, and the state.
    broken: Option<(&'static str, u32)>,
    /// Number of final states and the first of them, by label.
    outcomes: BTreeMap<String, (u32, u32)>,
    /// One state that is overwritten again and again, so that a step to a known state allocates
    /// nothing.
    scratch: M::State,
}

impl<'a, M: Machine> Walk<'a, M> {
    fn new(program: &'a M::Program, limit: u32) -> Self {
        let scratch = M::start(program);
        let seen = Seen::new(&scratch);
        let outcomes = BTreeMap::new();
        Self { program, limit, seen, at: 0, n_transitions: 0, broken: None, outcomes, scratch }
    }

    /// Looks at up to `n_states` more states. False when there are none left, or at the limit.
    fn advance(&mut self, n_states: u32) -> bool {
        let end = self.at.saturating_add(n_states);
        while self.at < end && self.at < self.seen.len() && self.seen.len() < self.limit {
            self.look();
        }
        self.at == end
    }

    /// Looks at the next state: its laws, its steps, and what it amounts to if it has none.
    fn look(&mut self) {
        let at = self.at;
        self.at += 1;
        let state = self.seen.get(at);
        if let Some(law) = M::broken(self.program, state) {
            self.broken.get_or_insert((law, at));
            return;
        }
        let n_choices = M::n_choices(self.program, state);
        if n_choices == 0 {
            self.outcomes.entry(M::outcome(self.program, state)).or_insert((0, at)).0 += 1;
        }
        for pick in 0..n_choices {
            self.scratch.clone_from(self.seen.get(at));
            M::step(self.program, &mut self.scratch, pick);
            self.n_transitions += 1;
            self.seen.insert(&self.scratch, at, pick);
        }
    }

    fn finish(self) -> Exploration {
        let complete = self.at == self.seen.len();
        let verdict = match self.broken {
            Some((law, at)) => Verdict::Broken { law, picks: self.seen.picks(at) },
            None if complete => Verdict::Holds,
            None => Verdict::Unknown,
        };
        let seen = &self.seen;
        let outcome = |(label, (n_states, at))| Outcome { label, n_states, picks: seen.picks(at) };
        Exploration {
            verdict,
            complete,
            n_states: seen.len(),
            n_transitions: self.n_transitions,
            outcomes: self.outcomes.into_iter().map(outcome).collect(),
        }
    }
}

/// The states in the order in which they were met, each with the step that first led to it, and
/// an open-addressed index over them. Lookups only: no order of a hash is ever seen.
struct Seen<S> {
    states: Vec<S>,
    /// Parent and pick, by state.
    came_from: Vec<(u32, u32)>,
    /// Hash and state number plus one; number 0 is free. Length a power of two, at most half
    /// full. The hash is kept so that other states are seldom read, which costs a cache miss.
    slots: Vec<(u32, u32)>,
}

impl<S: Clone + Eq + std::hash::Hash> Seen<S> {
    fn new(first: &S) -> Self {
        let mut seen = Self { states: Vec::new(), came_from: Vec::new(), slots: vec![(0, 0); 64] };
        seen.insert(first, 0, 0);
        seen
    }

    fn len(&self) -> u32 {
        u32::try_from(self.states.len()).unwrap_or(u32::MAX)
    }

    /// The state with this number, which is below the length.
    fn get(&self, at: u32) -> &S {
        &self.states[index(at)]
    }

    fn insert(&mut self, state: &S, parent: u32, pick: u32) {
        let hash = fold(state);
        let mask = self.slots.len() - 1;
        let mut slot = index(hash) & mask;
        while self.slots[slot].1 != 0 {
            let (other, number) = self.slots[slot];
            if other == hash && self.states[index(number - 1)] == *state {
                return;
            }
            slot = (slot + 1) & mask;
        }
        self.states.push(state.clone());
        self.came_from.push((parent, pick));
        self.slots[slot] = (hash, self.len());
        if self.slots.len() < 2 * self.states.len() {
            self.grow();
        }
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        let old = std::mem::replace(&mut self.slots, vec![(0, 0); mask + 1]);
        for (hash, number) in old.into_iter().filter(|it| it.1 != 0) {
            let mut slot = index(hash) & mask;
            while self.slots[slot].1 != 0 {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = (hash, number);
        }
    }

    /// The picks from the first state to this one.
    fn picks(&self, mut at: u32) -> Vec<u32> {
        let mut picks = Vec::new();
        while at != 0 {
            let (parent, pick) = self.came_from[index(at)];
            picks.push(pick);
            at = parent;
        }
        picks.reverse();
        picks
    }
}

fn index(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// The high half of the hash, which is the better mixed one.
fn fold<S: std::hash::Hash>(state: &S) -> u32 {
    u32::try_from(Fold.hash_one(state) >> 32).unwrap_or_default()
}

/// A fast multiplicative hash, the same on every target; quality matters, secrecy does not.
struct Fold;

impl BuildHasher for Fold {
    type Hasher = FoldHasher;
    fn build_hasher(&self) -> FoldHasher {
        FoldHasher(0)
    }
}

struct FoldHasher(u64);

impl FoldHasher {
    fn mix(&mut self, bits: u64) {
        self.0 = (self.0.rotate_left(5) ^ bits).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Hasher for FoldHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.mix(u64::from_le_bytes(word));
        }
    }
    fn write_u8(&mut self, it: u8) {
        self.mix(u64::from(it));
    }
    fn write_u32(&mut self, it: u32) {
        self.mix(u64::from(it));
    }
    fn write_u64(&mut self, it: u64) {
        self.mix(it);
    }
    fn write_usize(&mut self, it: usize) {
        self.mix(it as u64);
    }
    fn finish(&self) -> u64 {
        let mut bits = self.0;
        bits ^= bits >> 32;
        bits.wrapping_mul(0xD6E8_FEB8_6659_FD93)
    }
}
