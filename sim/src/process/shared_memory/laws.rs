//! A race is reachable without synchronisation and not with it; nothing is shared privately.

use super::SharedMemory;
use super::world::{Job, N, Op, Setup, State, Sync};
use crate::explore::{Exploration, Verdict, explore_value};
use crate::machine::Machine;
use serde_json::json;
use std::collections::BTreeSet;

fn explored(job: &str, sync: &str, mapping: &str, rounds: u8) -> Exploration {
    let scenario = json!({"job": job, "sync": sync, "mapping": mapping, "rounds": rounds});
    let found = explore_value::<SharedMemory>(&scenario, 1_000_000).unwrap();
    assert!(found.complete, "{scenario}");
    found
}

fn laws(found: &Exploration) -> Vec<&'static str> {
    let mut laws: Vec<&str> = found.laws.iter().map(|it| it.law).collect();
    laws.sort_unstable();
    laws
}

/// Every state that can be reached.
fn reachable(setup: &Setup) -> Vec<State> {
    let mut seen = vec![setup.start()];
    let mut at = 0;
    while at < seen.len() {
        for pick in 0..SharedMemory::n_choices(setup, &seen[at]) {
            let mut state = seen[at];
            SharedMemory::step(setup, &mut state, pick);
            if !seen.contains(&state) {
                seen.push(state);
            }
        }
        at += 1;
    }
    seen
}

#[test]
fn the_race_is_reachable_without_a_lock_and_not_with_one() {
    let free = explored("counter", "none", "shared", 1);
    let Verdict::Broken { law, picks } = &free.verdict else { panic!("it holds") };
    assert_eq!((*law, picks.len()), ("lost update", 6));
    for sync in ["mutex", "semaphore"] {
        for rounds in 1..=3 {
            let found = explored("counter", sync, "shared", rounds);
            assert_eq!(found.verdict, Verdict::Holds, "{sync} {rounds}");
            let labels: Vec<&str> = found.outcomes.iter().map(|it| it.label.as_str()).collect();
            assert_eq!(labels, [format!("counter = {}", 2 * rounds)]);
        }
    }
}

/// All that the counter may end at, by trying every order of loads and stores.
fn slowly(loaded: [Option<u8>; N], left: [u8; N], counter: u8, ends: &mut BTreeSet<u8>) {
    if left == [0; N] {
        ends.insert(counter);
    }
    for who in 0..N {
        let (mut loaded, mut left) = (loaded, left);
        match (left[who], loaded[who].take()) {
            (0, _) => {}
            (_, None) => {
                loaded[who] = Some(counter);
                slowly(loaded, left, counter, ends);
            }
            (_, Some(value)) => {
                left[who] -= 1;
                slowly(loaded, left, value + 1, ends);
            }
        }
    }
}

#[test]
fn the_counter_ends_where_a_slow_search_says() {
    for rounds in 1..=3 {
        let setup = Setup::new(Job::Counter, Sync::None, false, rounds);
        let ends: BTreeSet<u8> = reachable(&setup)
            .iter()
            .filter(|it| setup.is_over(it))
            .map(|it| setup.value(it, 0, super::COUNT))
            .collect();
        let mut slow = BTreeSet::new();
        slowly([None; N], [rounds; N], 0, &mut slow);
        assert_eq!(ends, slow);
        // As little as 2, however often both add, once they add twice.
        assert_eq!(ends.first(), Some(&rounds.min(2)));
        assert_eq!(ends.last(), Some(&(2 * rounds)));
    }
}

#[test]
fn between_taking_and_giving_there_is_one() {
    for sync in [Sync::Mutex, Sync::Semaphore] {
        let setup = Setup::new(Job::Counter, sync, false, 2);
        let inside = |state: &State, who: usize| {
            let lines = &setup.lines[who];
            let next = usize::from(state.procs[who].line);
            let taken = lines[..next.min(lines.len())].iter().any(|it| it.0 == Op::Take);
            taken && next < lines.len()
        };
        for state in reachable(&setup) {
            assert!(!(inside(&state, 0) && inside(&state, 1)), "{state:?}");
            assert!(setup.stale(&state, 0).is_none() && setup.stale(&state, 1).is_none());
        }
    }
}

#[test]
fn a_lock_keeps_a_record_whole_and_only_a_semaphore_makes_the_reader_wait() {
    let found = explored("record", "none", "shared", 1);
    assert_eq!(laws(&found), ["half a record", "read too early"]);
    let found = explored("record", "mutex", "shared", 1);
    assert_eq!(laws(&found), ["read too early"]);
    let found = explored("record", "semaphore", "shared", 1);
    assert_eq!(found.verdict, Verdict::Holds);
    let labels: Vec<&str> = found.outcomes.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(labels, ["B reads 7 and 7"]);
}

#[test]
fn what_is_stored_privately_is_seen_by_nobody_else() {
    for sync in ["none", "mutex", "semaphore"] {
        let found = explored("counter", sync, "private", 2);
        assert_eq!(laws(&found), ["not shared"], "{sync}");
    }
    let found = explored("record", "semaphore", "private", 1);
    assert_eq!(laws(&found), ["waits for ever"]);
    for job in [Job::Counter, Job::Record] {
        for sync in [Sync::None, Sync::Mutex, Sync::Semaphore] {
            let setup = Setup::new(job, sync, true, 2);
            let first = setup.start().pages[0];
            for state in reachable(&setup) {
                assert_eq!(state.pages[0], first);
            }
            // And shared, nothing is ever copied and nobody waits for ever.
            let setup = Setup::new(job, sync, false, 2);
            for state in reachable(&setup) {
                assert_eq!(state.copied, [false; N]);
                assert_eq!(setup.stuck(&state), None);
            }
        }
    }
}

#[test]
fn the_example_loses_one_addition() {
    let entry = crate::engine("process/shared_memory").unwrap();
    let run = entry.run_text(entry.example, crate::Mode::Frames).unwrap();
    assert_eq!(run.metric("n_lost"), Some(1.0));
    let lost = (0..run.len()).find(|&at| run.step(at).unwrap().tag == "lost");
    assert_eq!(lost, None, "the last step tells what it has come to");
    assert_eq!(run.step(6).unwrap().tag, "broken");
}
