//! Laws of the wait-for graph.

use super::super::wait_search::{Colour, Search};
use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

fn random_waits(rng: &mut Rng, n: u64, n_waits: u64) -> Vec<(usize, usize)> {
    let mut waits: Vec<(usize, usize)> =
        (0..n_waits).map(|_| (rng.below(n) as usize, rng.below(n) as usize)).collect();
    waits.sort_unstable();
    waits.dedup();
    waits
}

fn run(n: usize, waits: &[(usize, usize)], recovery: &str, rng: &mut Rng) -> Run {
    let processes: Vec<Value> = (0..n)
        .map(|_| {
            let mut cost = || rng.below(50);
            json!({"terminate_ticks": cost(), "roll_back_ticks": cost(), "preempt_ticks": cost()})
        })
        .collect();
    let name = |it: usize| format!("P{}", it + 1);
    let waits: Vec<Value> =
        waits.iter().map(|it| json!({"from": name(it.0), "to": name(it.1)})).collect();
    let scenario = json!({"processes": processes, "waits": waits, "recovery": recovery});
    engine("deadlock/wait_for").unwrap().run(&scenario, Mode::Frames).unwrap()
}

/// Strongly connected components by Tarjan: the number of each node's component, and how many
/// nodes it has.
struct Tarjan<'a> {
    waits: &'a [(usize, usize)],
    index: Vec<Option<usize>>,
    low: Vec<usize>,
    stack: Vec<usize>,
    components: Vec<Vec<usize>>,
    n_met: usize,
}

impl Tarjan<'_> {
    fn visit(&mut self, node: usize) {
        self.index[node] = Some(self.n_met);
        self.low[node] = self.n_met;
        self.n_met += 1;
        self.stack.push(node);
        for &(_, to) in self.waits.iter().filter(|it| it.0 == node) {
            match self.index[to] {
                None => {
                    self.visit(to);
                    self.low[node] = self.low[node].min(self.low[to]);
                }
                Some(index) if self.stack.contains(&to) => {
                    self.low[node] = self.low[node].min(index);
                }
                Some(_) => {}
            }
        }
        if Some(self.low[node]) == self.index[node] {
            let at = self.stack.iter().position(|&it| it == node).unwrap();
            self.components.push(self.stack.split_off(at));
        }
    }
}

fn components(n: usize, waits: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut tarjan = Tarjan {
        waits,
        index: vec![None; n],
        low: vec![0; n],
        stack: Vec::new(),
        components: Vec::new(),
        n_met: 0,
    };
    for node in 0..n {
        if tarjan.index[node].is_none() {
            tarjan.visit(node);
        }
    }
    tarjan.components
}

#[test]
fn the_search_agrees_with_tarjan() {
    let mut rng = Rng::new(31);
    let mut n_dead = 0;
    for _ in 0..3_000 {
        let n = 1 + rng.below(8);
        let n_waits = rng.below(2 * n);
        let waits = random_waits(&mut rng, n, n_waits);
        let n = n as usize;
        let components = components(n, &waits);
        let of = |node| components.iter().position(|it| it.contains(&node));
        let looped = |it: &[usize]| it.len() == 1 && waits.contains(&(it[0], it[0]));
        let dead = components.iter().any(|it| 1 < it.len() || looped(it));
        let (mut search, gone) = (Search::new(n), vec![false; n]);
        let (mut found, mut n_looks) = (false, 0);
        while let Some(look) = search.next(&waits, &gone) {
            n_looks += 1;
            if look.colour == Colour::Grey {
                found = true;
                let cycle = search.path_from(look.to);
                assert!(!cycle.is_empty());
                for (at, &node) in cycle.iter().enumerate() {
                    let to = cycle[(at + 1) % cycle.len()];
                    assert!(waits.contains(&(node, to)), "no arrow: {waits:?}");
                    assert_eq!(of(node), of(look.to));
                }
            }
        }
        assert_eq!(found, dead, "{waits:?}");
        assert_eq!(n_looks, 2 * n + waits.len() - tree(&waits, n));
        n_dead += u32::from(dead);
    }
    assert!((500..2_800).contains(&n_dead), "{n_dead}");
}

/// Arrows to nodes that were white: the look that starts them is counted with the node.
fn tree(waits: &[(usize, usize)], n: usize) -> usize {
    let (mut search, gone) = (Search::new(n), vec![false; n]);
    let mut n_tree = 0;
    while let Some(look) = search.next(waits, &gone) {
        n_tree += usize::from(look.colour == Colour::White && look.from.is_some());
    }
    n_tree
}

#[test]
fn every_recovery_leaves_no_cycle() {
    let mut rng = Rng::new(32);
    for round in 0..600 {
        let n = 1 + rng.below(8);
        let n_waits = rng.below(2 * n + 2);
        let waits = random_waits(&mut rng, n, n_waits);
        let way = ["terminate_all", "terminate", "roll_back", "preempt"][round % 4];
        let run = run(n as usize, &waits, way, &mut rng);
        let last = run.step(usize::MAX).unwrap();
        assert!(!last.say.contains("gives up"), "{way}: {waits:?}");
        assert_eq!(run.metric("n_victims") == Some(0.0), run.metric("n_cycles") == Some(0.0));
    }
}

#[test]
fn a_node_that_only_others_wait_for_is_visited_too() {
    let run = run(2, &[(0, 1)], "none", &mut Rng::new(1));
    assert_eq!(run.metric("n_cycles"), Some(0.0));
    assert_eq!(run.metric("n_looks"), Some(4.0));
}

#[test]
fn the_surcharge_keeps_one_process_from_paying_for_all() {
    // Two cycles through the cheapest one; it is rolled back for the first.
    let scenario = |again: u32| {
        json!({"processes": [{"preempt_ticks": 1}, {"preempt_ticks": 5}, {"preempt_ticks": 9}],
            "waits": [{"from": "P1", "to": "P2"}, {"from": "P2", "to": "P1"}],
            "recovery": "preempt", "again_ticks": again})
    };
    let entry = engine("deadlock/wait_for").unwrap();
    let run = entry.run(&scenario(10), Mode::Frames).unwrap();
    assert_eq!(run.metric("lost_ticks"), Some(1.0));
    assert_eq!(run.metric("n_chosen.P1"), Some(1.0));
}
