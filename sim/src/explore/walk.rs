//! A breadth-first walk over the states of a machine, which can pause.

use super::seen::{Seen, index};
use crate::machine::Machine;
use std::collections::BTreeMap;

/// A walk that has come so far.
pub(super) struct Walk<M: Machine> {
    limit: u32,
    /// Whether steps that commute with all others are taken alone.
    reduced: bool,
    pub(super) seen: Seen<M::State>,
    /// The next state to look at; those below it are done.
    pub(super) at: u32,
    /// States that the steps of each state lead to, and the picks of these steps.
    targets: Vec<(u32, u8)>,
    /// First entry of each state in `targets`, and one more.
    starts: Vec<u32>,
    /// Number of states that break a law and the first of them, by law, in the order met.
    pub(super) broken: Vec<(&'static str, u32, u32)>,
    /// Number of final states and the first of them, by label.
    pub(super) outcomes: BTreeMap<String, (u32, u32)>,
    /// One state that is overwritten again and again, so that a step to a known state allocates
    /// nothing.
    scratch: M::State,
}

impl<M: Machine> Walk<M> {
    pub(super) fn new(start: &M::State, limit: u32, reduced: bool) -> Self {
        Self {
            limit,
            reduced,
            seen: Seen::new(start),
            at: 0,
            targets: Vec::new(),
            starts: vec![0],
            broken: Vec::new(),
            outcomes: BTreeMap::new(),
            scratch: start.clone(),
        }
    }

    pub(super) fn n_states(&self) -> u32 {
        self.seen.len()
    }

    pub(super) fn n_transitions(&self) -> u64 {
        self.targets.len() as u64
    }

    /// Whether every reachable state was looked at.
    pub(super) fn complete(&self) -> bool {
        self.at == self.seen.len()
    }

    /// Whether it cannot go on.
    pub(super) fn ended(&self) -> bool {
        self.complete() || self.limit <= self.seen.len()
    }

    /// Looks at up to `n_states` more states.
    pub(super) fn advance(&mut self, program: &M::Program, n_states: u32) {
        let end = self.at.saturating_add(n_states);
        while self.at < end && !self.ended() {
            self.look(program);
        }
    }

    /// The states that the steps of a state lead to, and the picks of these steps.
    pub(super) fn next(&self, at: u32) -> &[(u32, u8)] {
        let at = index(at);
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(&start), Some(&end)) => &self.targets[index(start)..index(end)],
            _ => &[],
        }
    }

    /// Looks at the next state: its laws, its steps, and what it amounts to if it has none.
    fn look(&mut self, program: &M::Program) {
        let at = self.at;
        self.at += 1;
        let state = self.seen.get(at);
        if let Some(law) = M::broken(program, state) {
            match self.broken.iter_mut().find(|it| it.0 == law) {
                Some(known) => known.1 += 1,
                None => self.broken.push((law, 1, at)),
            }
        } else {
            let n_choices = M::n_choices(program, state);
            if n_choices == 0 {
                self.outcomes.entry(M::outcome(program, state)).or_insert((0, at)).0 += 1;
            }
            let alone = if self.reduced && 1 < n_choices { M::alone(program, state) } else { None };
            if !alone.is_some_and(|pick| self.step_alone(program, at, pick)) {
                for pick in 0..n_choices {
                    self.step(program, at, pick);
                }
            }
        }
        self.starts.push(u32::try_from(self.targets.len()).unwrap_or(u32::MAX));
    }

    /// Takes the step that needs no other beside it. That must lead to a new state: else the
    /// others could be put off for ever along a cycle.
    fn step_alone(&mut self, program: &M::Program, at: u32, pick: u32) -> bool {
        let n_known = self.seen.len();
        let to = self.step(program, at, pick);
        if to < n_known {
            self.targets.pop();
        }
        n_known <= to
    }

    fn step(&mut self, program: &M::Program, at: u32, pick: u32) -> u32 {
        self.scratch.clone_from(self.seen.get(at));
        M::step(program, &mut self.scratch, pick);
        let to = self.seen.insert(&self.scratch, at, pick);
        self.targets.push((to, u8::try_from(pick).unwrap_or(u8::MAX)));
        to
    }
}
