//! Livelocks: cycles in which everybody who can step does so, and nobody gets anywhere.
//!
//! A machine says which steps are progress. Without them, the states fall into strongly connected
//! components (`tarjan-1972`). A component is a livelock if each action that is possible in all of
//! its states is taken by one of the steps inside it: a scheduler that keeps nobody waiting for
//! ever may then stay in it for ever.

use super::seen::index;
use super::walk::Walk;
use crate::machine::Machine;

const UNKNOWN: u32 = u32::MAX;

/// A search for components that can pause.
pub(super) struct Cycles {
    /// Order in which each state was met, and the earliest one that it leads back to.
    met: Vec<(u32, u32)>,
    n_met: u32,
    /// States below this one have been met.
    root: u32,
    /// States whose component is not known yet.
    open: Vec<u32>,
    is_open: Vec<bool>,
    /// The path from the first state: states, and how many of their steps are done.
    path: Vec<(u32, u32)>,
    /// Place of each state of the component at hand.
    places: Vec<u32>,
    /// The livelock that is reached first: its states, the first of them in front.
    found: Option<Vec<u32>>,
}

impl Cycles {
    pub(super) fn new(n_states: u32) -> Self {
        let n = index(n_states);
        Self {
            met: vec![(UNKNOWN, UNKNOWN); n],
            n_met: 0,
            root: 0,
            open: Vec::new(),
            is_open: vec![false; n],
            path: Vec::new(),
            places: vec![UNKNOWN; n],
            found: None,
        }
    }

    pub(super) fn ended(&self) -> bool {
        self.path.is_empty() && index(self.n_met) == self.met.len()
    }

    pub(super) const fn found(&self) -> bool {
        self.found.is_some()
    }

    fn enter(&mut self, at: u32) {
        self.met[index(at)] = (self.n_met, self.n_met);
        self.n_met += 1;
        self.open.push(at);
        self.is_open[index(at)] = true;
        self.path.push((at, 0));
    }

    /// Begins at the next state that was not met, if there is one.
    fn begin(&mut self) -> bool {
        while let Some(&(met, _)) = self.met.get(index(self.root)) {
            let at = self.root;
            self.root += 1;
            if met == UNKNOWN {
                self.enter(at);
                return true;
            }
        }
        false
    }

    /// Follows up to so many steps more.
    pub(super) fn advance<M: Machine>(
        &mut self,
        program: &M::Program,
        walk: &Walk<M>,
        mut n_steps: u32,
    ) {
        while 0 < n_steps {
            n_steps -= 1;
            let Some(&(at, done)) = self.path.last() else {
                if self.begin() {
                    continue;
                }
                return;
            };
            let Some(&(to, pick)) = walk.next(at).get(index(done)) else {
                self.leave(program, walk, at);
                continue;
            };
            if let Some(last) = self.path.last_mut() {
                last.1 += 1;
            }
            if M::pace(program, walk.seen.get(at), u32::from(pick)).progress {
                continue;
            }
            if self.met[index(to)].0 == UNKNOWN {
                self.enter(to);
            } else if self.is_open[index(to)] {
                let back = self.met[index(to)].0;
                let low = &mut self.met[index(at)].1;
                *low = (*low).min(back);
            }
        }
    }

    /// All steps of a state are done. If it leads back to nothing earlier, the open states from it
    /// on are a component.
    fn leave<M: Machine>(&mut self, program: &M::Program, walk: &Walk<M>, at: u32) {
        self.path.pop();
        let (met, low) = self.met[index(at)];
        if let Some(&(before, _)) = self.path.last() {
            let of_before = &mut self.met[index(before)].1;
            *of_before = (*of_before).min(low);
        }
        if low != met {
            return;
        }
        let first = self.open.iter().rposition(|&it| it == at).unwrap_or(0);
        let mut states = self.open.split_off(first);
        for &state in &states {
            self.is_open[index(state)] = false;
        }
        let first = states.iter().enumerate().min_by_key(|it| it.1).map_or(0, |it| it.0);
        states.swap(0, first);
        if self.found.as_ref().is_some_and(|it| it[0] < states[0]) {
            return;
        }
        self.mark(&states);
        let component = Component { program, walk, states: &states, places: &self.places };
        let is_livelock = component.taken().is_some();
        self.unmark(&states);
        if is_livelock {
            self.found = Some(states);
        }
    }

    fn mark(&mut self, states: &[u32]) {
        for (place, &state) in states.iter().enumerate() {
            self.places[index(state)] = u32::try_from(place).unwrap_or(UNKNOWN);
        }
    }

    fn unmark(&mut self, states: &[u32]) {
        states.iter().for_each(|&it| self.places[index(it)] = UNKNOWN);
    }

    /// The first state of the livelock that is reached first, and the picks of one round from
    /// there, in which everybody steps who ever does.
    pub(super) fn livelock<M: Machine>(
        &self,
        program: &M::Program,
        walk: &Walk<M>,
    ) -> Option<(u32, Vec<u32>)> {
        let states = self.found.as_ref()?;
        let mut places = vec![UNKNOWN; self.places.len()];
        for (place, &state) in states.iter().enumerate() {
            places[index(state)] = u32::try_from(place).unwrap_or(UNKNOWN);
        }
        let component = Component { program, walk, states, places: &places };
        Some((states[0], component.round(component.taken()?)))
    }
}

/// States that lead to each other without progress, the one that is reached first in front.
struct Component<'a, M: Machine> {
    program: &'a M::Program,
    walk: &'a Walk<M>,
    states: &'a [u32],
    /// Place in `states`, by state.
    places: &'a [u32],
}

impl<M: Machine> Component<'_, M> {
    /// The steps of a state that stay inside: place that they lead to, pick and action.
    fn inside(&self, state: u32) -> Vec<(usize, u32, u32)> {
        let of = |&(to, pick): &(u32, u8)| {
            let to = self.places[index(to)];
            if to == UNKNOWN {
                return None;
            }
            let pace = M::pace(self.program, self.walk.seen.get(state), u32::from(pick));
            (!pace.progress).then_some((index(to), u32::from(pick), 1 << (pace.action & 31)))
        };
        self.walk.next(state).iter().filter_map(of).collect()
    }

    /// The actions that are taken inside, if a scheduler that starves nobody may stay.
    fn taken(&self) -> Option<u32> {
        let mut always = u32::MAX;
        let mut taken = 0;
        for &state in self.states {
            always &= M::actions(self.program, self.walk.seen.get(state));
            taken |= self.inside(state).iter().fold(0, |mask, it| mask | it.2);
        }
        (taken != 0 && always & !taken == 0).then_some(taken)
    }

    /// Picks from the first state back to it, with every one of these actions.
    fn round(&self, taken: u32) -> Vec<u32> {
        let (mut at, mut left, mut picks) = (0, taken, Vec::new());
        while left != 0 {
            let Some((to, actions)) = self.way(at, &mut picks, |_, action| action & left != 0)
            else {
                break;
            };
            at = to;
            left &= !actions;
        }
        if at != 0 {
            self.way(at, &mut picks, |to, _| to == 0);
        }
        picks
    }

    /// The shortest way to a step that fits; where it ends, and the actions on it.
    fn way(
        &self,
        from: usize,
        picks: &mut Vec<u32>,
        fits: impl Fn(usize, u32) -> bool,
    ) -> Option<(usize, u32)> {
        let mut came: Vec<Option<(usize, u32, u32)>> = vec![None; self.states.len()];
        let mut queue = vec![from];
        let mut next = 0;
        while let Some(&at) = queue.get(next) {
            next += 1;
            for (to, pick, action) in self.inside(self.states[at]) {
                if fits(to, action) {
                    let (mut way, mut actions, mut back) = (vec![pick], action, at);
                    while back != from {
                        let (before, pick, action) = came[back]?;
                        way.push(pick);
                        actions |= action;
                        back = before;
                    }
                    picks.extend(way.into_iter().rev());
                    return Some((to, actions));
                }
                if came[to].is_none() && to != from {
                    came[to] = Some((at, pick, action));
                    queue.push(to);
                }
            }
        }
        None
    }
}
