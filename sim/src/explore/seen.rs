//! The states that a walk has met, and how it came to each.

use std::hash::{BuildHasher, Hasher};

/// The states in the order in which they were met, each with the step that first led to it, and
/// an open-addressed index over them. Lookups only: no order of a hash is ever seen.
pub(super) struct Seen<S> {
    states: Vec<S>,
    /// Parent and pick, by state.
    came_from: Vec<(u32, u32)>,
    /// Hash and state number plus one; number 0 is free. Length a power of two, at most half
    /// full. The hash is kept so that other states are seldom read, which costs a cache miss.
    slots: Vec<(u32, u32)>,
}

impl<S: Clone + Eq + std::hash::Hash> Seen<S> {
    pub(super) fn new(first: &S) -> Self {
        let mut seen = Self { states: Vec::new(), came_from: Vec::new(), slots: vec![(0, 0); 64] };
        seen.insert(first, 0, 0);
        seen
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.states.len()).unwrap_or(u32::MAX)
    }

    /// The state with this number, which is below the length.
    pub(super) fn get(&self, at: u32) -> &S {
        &self.states[index(at)]
    }

    /// The number of a state, which is new if it equals the length before.
    pub(super) fn insert(&mut self, state: &S, parent: u32, pick: u32) -> u32 {
        let hash = fold(state);
        let mask = self.slots.len() - 1;
        let mut slot = index(hash) & mask;
        while self.slots[slot].1 != 0 {
            let (other, number) = self.slots[slot];
            if other == hash && self.states[index(number - 1)] == *state {
                return number - 1;
            }
            slot = (slot + 1) & mask;
        }
        self.states.push(state.clone());
        self.came_from.push((parent, pick));
        self.slots[slot] = (hash, self.len());
        if self.slots.len() < 2 * self.states.len() {
            self.grow();
        }
        self.len() - 1
    }

    /// Steps from the first state to this one.
    pub(super) fn depth(&self, mut at: u32) -> u32 {
        let mut depth = 0;
        while at != 0 {
            at = self.came_from[index(at)].0;
            depth += 1;
        }
        depth
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
    pub(super) fn picks(&self, mut at: u32) -> Vec<u32> {
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

pub(super) fn index(at: u32) -> usize {
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
