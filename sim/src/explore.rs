//! Every schedule of a machine, breadth first.

use crate::engine::typed;
use crate::error::ScenarioError;
use crate::machine::Machine;
use serde_json::Value;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};

/// What a walk over all schedules found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exploration {
    /// Whether the laws hold.
    pub verdict: Verdict,
    /// Different states that were reached.
    pub n_states: u32,
    /// Steps between them that were tried.
    pub n_transitions: u64,
    /// Final outcomes in alphabetical order, each with a shortest witness. Complete only if the
    /// walk was.
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

/// Walks every schedule of a checked scenario, whatever its picks.
pub(crate) fn explore_value<M: Machine>(
    checked: &Value,
    limit: u32,
) -> Result<Exploration, ScenarioError> {
    explore::<M>(&typed(checked)?, limit)
}

/// Walks every schedule until all states are known or `limit` of them.
///
/// A state that breaks a law or cannot step is not followed further. Takes time and memory in
/// proportion to the states.
pub(crate) fn explore<M: Machine>(
    scenario: &M::Scenario,
    limit: u32,
) -> Result<Exploration, ScenarioError> {
    let mut seen = Seen::new(M::start(scenario)?);
    let mut found = Exploration {
        verdict: Verdict::Holds,
        n_states: 0,
        n_transitions: 0,
        outcomes: Vec::new(),
    };
    let mut outcomes: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    let mut at = 0;
    while let Some(state) = seen.get(at) {
        if let Some(law) = M::broken(scenario, state) {
            if found.verdict == Verdict::Holds {
                found.verdict = Verdict::Broken { law, picks: seen.picks(at) };
            }
            at += 1;
            continue;
        }
        let n_choices = M::n_choices(scenario, state);
        if n_choices == 0 {
            outcomes.entry(M::outcome(scenario, state)).or_insert((0, at)).0 += 1;
        }
        for pick in 0..n_choices {
            let Some(from) = seen.get(at) else { break };
            let mut next = from.clone();
            M::step(scenario, &mut next, pick);
            found.n_transitions += 1;
            seen.insert(next, at, pick);
        }
        at += 1;
        if limit <= seen.len() && at < seen.len() {
            if found.verdict == Verdict::Holds {
                found.verdict = Verdict::Unknown;
            }
            break;
        }
    }
    found.n_states = seen.len();
    let outcome = |(label, (n_states, at))| Outcome { label, n_states, picks: seen.picks(at) };
    found.outcomes = outcomes.into_iter().map(outcome).collect();
    Ok(found)
}

/// The states in the order in which they were met, each with the step that first led to it, and
/// an open-addressed index over them. Lookups only: no order of a hash is ever seen.
struct Seen<S> {
    states: Vec<S>,
    /// Parent and pick, by state.
    came_from: Vec<(u32, u32)>,
    /// State number plus one; 0 is free. Length a power of two, at most half full.
    slots: Vec<u32>,
}

impl<S: Eq + std::hash::Hash> Seen<S> {
    fn new(first: S) -> Self {
        let mut seen = Self { states: Vec::new(), came_from: Vec::new(), slots: vec![0; 64] };
        seen.insert(first, 0, 0);
        seen
    }

    fn len(&self) -> u32 {
        u32::try_from(self.states.len()).unwrap_or(u32::MAX)
    }

    fn get(&self, at: u32) -> Option<&S> {
        self.states.get(index(at))
    }

    fn insert(&mut self, state: S, parent: u32, pick: u32) {
        let mask = self.slots.len() - 1;
        let mut slot = fold(&state) & mask;
        while let Some(at) = self.slots[slot].checked_sub(1) {
            if self.states[index(at)] == state {
                return;
            }
            slot = (slot + 1) & mask;
        }
        self.states.push(state);
        self.came_from.push((parent, pick));
        self.slots[slot] = self.len();
        if self.slots.len() < 2 * self.states.len() {
            self.grow();
        }
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        self.slots = vec![0; mask + 1];
        for (n, state) in self.states.iter().enumerate() {
            let mut slot = fold(state) & mask;
            while self.slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = u32::try_from(n + 1).unwrap_or(u32::MAX);
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

fn fold<S: std::hash::Hash>(state: &S) -> usize {
    let bits = Fold.hash_one(state);
    // The high half is the better mixed one; 32 bits fit usize on every target.
    usize::try_from(bits >> 32).unwrap_or_default()
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
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
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
