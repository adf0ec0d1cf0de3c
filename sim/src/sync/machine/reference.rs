//! Numbers of `expected.json` that were found by a model of other make.
//!
//! Models count alike only if their steps are the same. In the reference, to go round a loop is no step; here it is one, so that
//! a thread that goes round without end can be told from one that stands still. So a slow and obvious search stands between the
//! two: without that step it finds the numbers of the reference, with it those of the machine.

use crate::engine;
use crate::explore::{Exploration, Verdict};
use serde_json::json;
use std::collections::{BTreeSet, VecDeque};

const EMPTY: usize = 0;
const FULL: usize = 1;
const GUARD: usize = 2;
const NAMES: [&str; 3] = ["empty", "full", "guard"];

/// What a thread does next.
#[derive(Clone, Copy)]
enum Call {
    Wait(usize),
    Post(usize),
    Work,
    GoRound,
}

/// The calls of one round, the two waits in this order.
fn calls(waits: [usize; 2], posts: usize) -> Vec<Call> {
    let [first, second] = waits.map(Call::Wait);
    vec![first, second, Call::Work, Call::Post(GUARD), Call::Post(posts)]
}

/// How many states two producers and two consumers of four slots reach, and the fewest steps to a deadlock.
fn searched(producer: &[Call], consumer: &[Call]) -> (usize, Option<usize>) {
    let threads = [producer, producer, consumer, consumer];
    let start = ([0_usize; 4], [4_u8, 0, 1]);
    let mut seen = BTreeSet::from([start]);
    let mut ahead = VecDeque::from([(start, 0)]);
    let mut shortest = None;
    while let Some(((places, counts), n_steps)) = ahead.pop_front() {
        let mut is_stuck = true;
        for (thread, calls) in threads.iter().enumerate() {
            let (mut places, mut counts) = (places, counts);
            match calls[places[thread]] {
                Call::Wait(count) if counts[count] == 0 => continue,
                Call::Wait(count) => counts[count] -= 1,
                Call::Post(count) => counts[count] += 1,
                Call::Work | Call::GoRound => {}
            }
            is_stuck = false;
            places[thread] = (places[thread] + 1) % calls.len();
            if seen.insert((places, counts)) {
                ahead.push_back(((places, counts), n_steps + 1));
            }
        }
        if is_stuck && shortest.is_none() {
            shortest = Some(n_steps);
        }
    }
    (seen.len(), shortest)
}

/// The same by the machine.
fn explored(producer: &[Call], consumer: &[Call]) -> Exploration {
    let body = |calls: &[Call]| {
        let lines = calls.iter().map(|it| match it {
            Call::Wait(count) => format!("wait({}); ", NAMES[*count]),
            Call::Post(count) => format!("post({}); ", NAMES[*count]),
            Call::Work => "store(work, 0); ".to_owned(),
            Call::GoRound => String::new(),
        });
        format!("for (;;) {{ {}}}", lines.collect::<String>())
    };
    let source = format!(
        "semaphore empty = 4, full, guard = 1;\nint work;\nthread P0, P1 {{ {} }}\nthread C0, C1 {{ {} }}\n",
        body(producer),
        body(consumer)
    );
    let explore = engine("sync/program").unwrap().explore.unwrap();
    explore(&json!({ "source": source }), 100_000).unwrap()
}

/// Reference: `bounded_buffer_000`: 621 states in the right order, and the lengths of `shortest_trace` in the others.
#[test]
fn the_bounded_buffer_has_the_states_and_the_deadlocks_of_the_reference() {
    for (producer, consumer, n_states, deadlock) in [
        ([EMPTY, GUARD], [FULL, GUARD], Some(621), None),
        ([GUARD, EMPTY], [FULL, GUARD], None, Some(23)),
        ([EMPTY, GUARD], [GUARD, FULL], None, Some(3)),
        ([GUARD, EMPTY], [GUARD, FULL], None, Some(1)),
    ] {
        let (producer, consumer) = (calls(producer, FULL), calls(consumer, EMPTY));
        let reference = searched(&producer, &consumer);
        assert_eq!(reference.1, deadlock);
        assert!(n_states.is_none_or(|it| it == reference.0), "{}", reference.0);

        let round = |calls: &[Call]| [&[Call::GoRound], calls].concat();
        let ours = searched(&round(&producer), &round(&consumer));
        let found = explored(&producer, &consumer);
        match found.verdict {
            Verdict::Broken { law, picks } => {
                assert_eq!((law, Some(picks.len())), ("deadlock", ours.1));
            }
            verdict => {
                assert_eq!((verdict, ours.1), (Verdict::Holds, None));
                assert_eq!(usize::try_from(found.n_states), Ok(ours.0));
            }
        }
    }
}
