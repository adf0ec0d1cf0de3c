//! The state space as a graph that can be drawn, and how many schedules end where.

use super::seen::index;
use super::walk::Walk;
use crate::machine::Machine;
use std::collections::BTreeMap;

/// The states of a small program, in the order of the shortest schedules to them. Final states with
/// the same outcome are one node, and so are states that break the same law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateMap {
    /// The first one is the start.
    pub nodes: Vec<MapNode>,
    /// Steps between nodes, by `from`; several between the same two nodes stand apart.
    pub edges: Vec<MapEdge>,
}

/// One state, or several that end alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapNode {
    /// Steps of a shortest schedule to it.
    pub depth: u32,
    /// How it ends, if it does.
    pub end: Option<MapEnd>,
    /// What is observed there, such as `counter = 1`.
    pub note: String,
    /// How many states it stands for.
    pub n_states: u32,
    /// Picks of a shortest schedule to it.
    pub picks: Vec<u32>,
    /// Nodes that end and can be reached from here, in rising order; a node that ends reaches
    /// itself.
    pub reaches: Vec<u32>,
}

/// How a schedule ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MapEnd {
    /// With this outcome.
    Outcome(String),
    /// By breaking this law.
    Broken(&'static str),
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapEdge {
    /// Number of the node that it leaves.
    pub from: u32,
    /// Number of the node that it reaches.
    pub to: u32,
    /// Which choice it is.
    pub pick: u32,
    /// What the step does, such as `A: load counter`.
    pub label: String,
    /// Whose step it is, by actor index.
    pub actor: Option<u16>,
}

/// Draws a map of a walk that is complete.
pub(super) fn map<M: Machine>(program: &M::Program, walk: &Walk<M>) -> StateMap {
    let mut nodes: Vec<MapNode> = Vec::new();
    let mut node_of: Vec<u32> = Vec::new();
    let number = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
    for at in 0..walk.n_states() {
        let state = walk.seen.get(at);
        let end = match M::broken(program, state) {
            Some(law) => Some(MapEnd::Broken(law)),
            None if M::n_choices(program, state) == 0 => {
                Some(MapEnd::Outcome(M::outcome(program, state)))
            }
            None => None,
        };
        let known = nodes.iter().position(|it| end.is_some() && it.end == end);
        if let Some(known) = known {
            nodes[known].n_states += 1;
            node_of.push(number(known));
            continue;
        }
        let reaches = if end.is_some() { vec![number(nodes.len())] } else { Vec::new() };
        node_of.push(number(nodes.len()));
        nodes.push(MapNode {
            depth: walk.seen.depth(at),
            end,
            note: M::outcome(program, state),
            n_states: 1,
            picks: walk.seen.picks(at),
            reaches,
        });
    }
    let mut edges = Vec::new();
    for at in 0..walk.n_states() {
        let state = walk.seen.get(at);
        let labels = if walk.next(at).is_empty() { Vec::new() } else { M::choices(program, state) };
        for &(to, pick) in walk.next(at) {
            let pick = u32::from(pick);
            edges.push(MapEdge {
                from: node_of[index(at)],
                to: node_of[index(to)],
                pick,
                label: labels.get(index(pick)).cloned().unwrap_or_default(),
                actor: M::actor(program, state, pick),
            });
        }
    }
    reach(&mut nodes, &edges);
    StateMap { nodes, edges }
}

/// Tells each node which ends can be reached from it.
fn reach(nodes: &mut [MapNode], edges: &[MapEdge]) {
    loop {
        let mut changed = false;
        for edge in edges.iter().rev() {
            let ends = nodes[index(edge.to)].reaches.clone();
            let from = &mut nodes[index(edge.from)].reaches;
            for end in ends {
                if let Err(place) = from.binary_search(&end) {
                    from.insert(place, end);
                    changed = true;
                }
            }
        }
        if !changed {
            return;
        }
    }
}

/// How many schedules end in each outcome and in each broken law; `None` if they cannot be
/// counted, because some never end or there are too many.
#[derive(Debug, Default)]
pub(super) struct Schedules {
    pub(super) of_outcome: BTreeMap<String, u64>,
    pub(super) of_law: BTreeMap<&'static str, u64>,
    pub(super) n: u64,
}

/// Counts the ways through a walk that is complete.
pub(super) fn schedules<M: Machine>(program: &M::Program, walk: &Walk<M>) -> Option<Schedules> {
    let n = walk.n_states();
    let mut missing = vec![0_u32; index(n)];
    for at in 0..n {
        for &(to, _) in walk.next(at) {
            missing[index(to)] += 1;
        }
    }
    let mut ways = vec![0_u64; index(n)];
    ways[0] = 1;
    let mut ready = if missing[0] == 0 { vec![0] } else { Vec::new() };
    let mut n_done = 0;
    let mut found = Schedules::default();
    while let Some(at) = ready.pop() {
        n_done += 1;
        let own = ways[index(at)];
        for &(to, _) in walk.next(at) {
            let sum = &mut ways[index(to)];
            *sum = sum.checked_add(own)?;
            missing[index(to)] -= 1;
            if missing[index(to)] == 0 {
                ready.push(to);
            }
        }
        if !walk.next(at).is_empty() {
            continue;
        }
        found.n = found.n.checked_add(own)?;
        let state = walk.seen.get(at);
        match M::broken(program, state) {
            Some(law) => *found.of_law.entry(law).or_default() += own,
            None => *found.of_outcome.entry(M::outcome(program, state)).or_default() += own,
        }
    }
    // Some states are never ready if there is a cycle.
    (n_done == n).then_some(found)
}
