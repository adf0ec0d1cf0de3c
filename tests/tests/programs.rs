//! What exploration finds in every program of the course: the verdict, how long the shortest schedule
//! is that breaks a law, and how many states there are.
#![cfg(not(target_arch = "wasm32"))]
// A test that cannot go on fails.
#![allow(clippy::unwrap_used, clippy::panic)]

use interleave_tests::NAMED;
use serde_json::{Value, json};
use sim::{Exploration, Mode, SearchOptions, Verdict};
use std::collections::BTreeSet;

const ID: &str = "sync/program";

/// Name, law that breaks first or `holds`, steps of a shortest schedule that breaks it (with one
/// round, for a livelock), states. In the order of the course.
const PROGRAMS: &[(&str, &str, usize, u32)] = &[
    ("lost_update", "holds", 0, 21),
    ("lost_update_minimum", "holds", 0, 1199),
    ("mutex_counter", "holds", 0, 20),
    ("atomic_counter", "holds", 0, 4),
    ("torn_store", "assertion", 4, 22),
    ("torn_store_locked", "holds", 0, 23),
    ("half_modified", "assertion", 7, 55),
    ("half_modified_locked", "holds", 0, 35),
    ("data_race", "data race", 5, 12),
    ("published", "holds", 0, 13),
    ("broken_lock", "mutual exclusion", 8, 63),
    ("test_and_set", "holds", 0, 48),
    ("test_and_test_and_set", "holds", 0, 104),
    ("ticket_lock", "holds", 0, 604),
    ("mcs_lock", "holds", 0, 5586),
    ("dekker", "holds", 0, 127),
    ("dekker_buffered", "mutual exclusion", 8, 616),
    ("dekker_fenced", "holds", 0, 275),
    ("peterson", "holds", 0, 124),
    ("peterson_buffered", "mutual exclusion", 10, 892),
    ("peterson_fenced", "holds", 0, 249),
    ("unlock_not_owner", "unlock by the owner", 4, 34),
    ("futex_mutex", "holds", 0, 4223),
    ("futex_always_wakes", "holds", 0, 915),
    ("futex_check_then_store", "deadlock", 21, 5942),
    ("futex_no_second_look", "blocked for ever", 9, 69),
    ("semaphore_as_lock", "holds", 0, 28),
    ("semaphore_misused", "mutual exclusion", 5, 83),
    ("semaphore_pool", "holds", 0, 476),
    ("connection_pool", "holds", 0, 2747),
    ("connection_pool_unlocked", "assertion", 15, 2687),
    ("rendezvous", "holds", 0, 24),
    ("rendezvous_deadlock", "deadlock", 2, 4),
    ("barrier", "holds", 0, 59),
    ("barrier_reused", "blocked for ever", 15, 147),
    ("monitor_while", "holds", 0, 602),
    ("monitor_if", "assertion", 27, 608),
    ("monitor_if_hoare", "holds", 0, 397),
    ("spurious_if", "assertion", 8, 25),
    ("spurious_while", "holds", 0, 22),
    ("lost_wakeup", "blocked for ever", 6, 21),
    ("lost_wakeup_mended", "holds", 0, 17),
    ("bounded_buffer", "holds", 0, 26112),
    ("bounded_buffer_producer_reversed", "deadlock", 59, 19888),
    ("bounded_buffer_consumer_reversed", "deadlock", 7, 19888),
    ("bounded_buffer_unguarded", "assertion", 10, 1733),
    ("bounded_buffer_single", "holds", 0, 1628),
    ("bounded_buffer_conditions", "holds", 0, 3952),
    ("bounded_buffer_one_condition", "deadlock", 50, 3516),
    ("bounded_buffer_futexes", "holds", 0, 2585),
    ("readers_first", "holds", 0, 610),
    ("readers_unguarded", "assertion", 13, 4697),
    ("writers_first", "holds", 0, 2881),
    ("readers_writers_fair", "holds", 0, 1415),
    ("read_write_lock", "holds", 0, 97),
    ("seqlock", "holds", 0, 3722),
    ("seqlock_no_retry", "assertion", 15, 1307),
    ("rcu_list", "holds", 0, 1858),
    ("rcu_list_no_grace", "use after free", 8, 749),
    ("aba_stack", "assertion", 43, 1131),
    ("aba_tagged", "holds", 0, 1409),
    ("interrupt_spinlock", "deadlock", 2, 26),
    ("interrupt_irqsave", "holds", 0, 144),
    ("opposite_locks", "deadlock", 2, 31),
    ("ordered_locks", "holds", 0, 28),
    ("trylock_livelock", "livelock", 10, 54),
    ("trylock_backoff", "holds", 0, 32),
    ("philosophers", "deadlock", 5, 2623),
    ("philosophers_ordered", "holds", 0, 45399),
    ("philosophers_waiter", "holds", 0, 4092),
    ("philosophers_limit", "holds", 0, 15712),
    ("philosophers_trylock", "livelock", 15, 459),
    ("three_locks", "deadlock", 3, 87),
    ("three_locks_ordered", "holds", 0, 72),
    ("hallway", "livelock", 24, 216),
    ("hallway_polite", "holds", 0, 38),
    ("store_buffering", "holds", 0, 113),
    ("store_buffering_orders", "holds", 0, 113),
    ("store_buffering_fenced", "holds", 0, 79),
    ("message_passing", "holds", 0, 203),
    ("load_buffering", "holds", 0, 61),
    ("two_plus_two_writes", "holds", 0, 42),
    ("independent_reads", "holds", 0, 1980),
    ("cas_loop", "holds", 0, 37),
    ("double_checked", "data race", 9, 63),
    ("double_checked_mended", "holds", 0, 127),
    ("ref_count_two_steps", "use after free", 14, 72),
    ("ref_count", "holds", 0, 43),
    ("ref_count_relaxed", "data race", 10, 44),
    ("hazard_unfenced", "use after free", 11, 226),
    ("hazard_pointer", "holds", 0, 94),
    ("ring_buffer", "holds", 0, 1540),
];

/// The same under another memory.
const UNDER: &[(&str, &str, &str, usize)] = &[
    // What plain loads and stores build needs every store to be seen at once.
    ("broken_lock", "tso", "mutual exclusion", 8),
    ("dekker", "tso", "mutual exclusion", 8),
    ("peterson", "tso", "mutual exclusion", 10),
    ("dekker_fenced", "sc", "holds", 0),
    ("peterson_buffered", "sc", "holds", 0),
    ("peterson_fenced", "sc", "holds", 0),
    // What atomics and locks build does not.
    ("test_and_set", "tso", "holds", 0),
    ("test_and_test_and_set", "tso", "holds", 0),
    ("ticket_lock", "tso", "holds", 0),
    ("mcs_lock", "tso", "holds", 0),
    ("futex_mutex", "tso", "holds", 0),
    ("futex_always_wakes", "tso", "holds", 0),
    ("futex_check_then_store", "tso", "deadlock", 22),
    ("futex_no_second_look", "tso", "blocked for ever", 9),
    ("monitor_while", "tso", "holds", 0),
    ("monitor_if", "tso", "assertion", 30),
    ("bounded_buffer", "tso", "holds", 0),
    ("bounded_buffer_single", "tso", "holds", 0),
    ("bounded_buffer_conditions", "tso", "holds", 0),
    ("bounded_buffer_futexes", "tso", "holds", 0),
    ("seqlock", "sc", "holds", 0),
    ("seqlock_no_retry", "sc", "assertion", 13),
    ("rcu_list", "tso", "holds", 0),
    ("rcu_list_no_grace", "tso", "use after free", 9),
    ("aba_tagged", "tso", "holds", 0),
    ("interrupt_spinlock", "tso", "deadlock", 2),
    ("interrupt_irqsave", "tso", "holds", 0),
    ("cas_loop", "tso", "holds", 0),
    ("ref_count", "tso", "holds", 0),
    // The announcement and the look behind it are store buffering again.
    ("hazard_unfenced", "sc", "holds", 0),
    ("hazard_pointer", "sc", "holds", 0),
    ("ring_buffer", "sc", "holds", 0),
];

/// Programs in which something orders every two accesses of a variable, if one of them stores.
const RACE_FREE: &[&str] = &[
    "mutex_counter",
    "atomic_counter",
    "torn_store_locked",
    "half_modified_locked",
    "published",
    "test_and_set",
    "test_and_test_and_set",
    "ticket_lock",
    "mcs_lock",
    "futex_mutex",
    "futex_always_wakes",
    "semaphore_as_lock",
    "connection_pool",
    "rendezvous",
    "barrier",
    "monitor_while",
    "monitor_if_hoare",
    "lost_wakeup_mended",
    "bounded_buffer_single",
    "bounded_buffer_conditions",
    "bounded_buffer_futexes",
    "readers_first",
    "writers_first",
    "readers_writers_fair",
    "read_write_lock",
    "seqlock",
    "rcu_list",
    "aba_tagged",
    "interrupt_irqsave",
    "ordered_locks",
    "store_buffering_orders",
    "cas_loop",
    "double_checked_mended",
    "ref_count",
    "hazard_pointer",
    "ring_buffer",
];

fn scenario(name: &str) -> Value {
    let found = NAMED.iter().find(|it| it.0 == ID && it.1 == name);
    let named: Value = serde_json::from_str(found.unwrap_or_else(|| panic!("{name}")).2).unwrap();
    named["scenario"].clone()
}

fn explored(scenario: &Value) -> Exploration {
    let found = sim::engine(ID).unwrap().explore.unwrap()(scenario, 1_000_000);
    found.unwrap_or_else(|it| panic!("{it}\n{scenario}"))
}

/// The law that breaks first or `holds`, and the length of the schedule.
fn verdict(found: &Exploration) -> (&'static str, usize) {
    match &found.verdict {
        Verdict::Holds => ("holds", 0),
        Verdict::Broken { law, picks } => (law, picks.len()),
        Verdict::Unknown => ("unknown", 0),
    }
}

fn told(scenario: &Value) -> Vec<(&'static str, String)> {
    let run = sim::engine(ID).unwrap().run(scenario, Mode::Frames).unwrap();
    (0..run.len()).filter_map(|at| run.step(at)).map(|it| (it.tag, it.say.clone())).collect()
}

#[test]
fn every_program_has_its_verdict() {
    let mut named: Vec<(i64, &str)> = Vec::new();
    for (_, name, file, _) in NAMED.iter().filter(|it| it.0 == ID) {
        let file: Value = serde_json::from_str(file).unwrap();
        named.push((file["rank"].as_i64().unwrap(), name));
    }
    named.sort_unstable();
    let names: Vec<&str> = named.iter().map(|it| it.1).collect();
    let pinned: Vec<&str> = PROGRAMS.iter().map(|it| it.0).collect();
    assert_eq!(names, pinned, "the order of the scenarios is that of the course");
    for &(name, law, n_steps, n_states) in PROGRAMS {
        let found = explored(&scenario(name));
        let (got, n) = verdict(&found);
        assert_eq!((got, n, found.n_states), (law, n_steps, n_states), "{name}");
    }
}

#[test]
fn a_broken_program_opens_on_its_shortest_schedule() {
    for &(name, law, n_steps, _) in PROGRAMS.iter().filter(|it| it.1 != "holds") {
        let scenario = scenario(name);
        let picks = scenario["picks"].as_array().unwrap();
        assert_eq!(picks.len(), n_steps, "{name}");
        let run = sim::engine(ID).unwrap().run(&scenario, Mode::Frames).unwrap();
        let broken = if law == "livelock" { 0.0 } else { 1.0 };
        assert_eq!(run.metric("n_broken"), Some(broken), "{name}");
    }
}

#[test]
fn the_memory_decides_only_what_it_should() {
    for &(name, memory, law, n_steps) in UNDER {
        let mut scenario = scenario(name);
        scenario["memory"] = json!(memory);
        assert_eq!(verdict(&explored(&scenario)), (law, n_steps), "{name} under {memory}");
    }
}

#[test]
fn programs_that_are_mended_have_no_data_race() {
    for name in RACE_FREE {
        let mut scenario = scenario(name);
        scenario["memory"] = json!("sc");
        scenario["races"] = json!(true);
        assert_eq!(verdict(&explored(&scenario)).0, "holds", "{name}");
    }
    for name in ["lost_update", "torn_store", "broken_lock", "peterson", "readers_unguarded"] {
        let mut scenario = scenario(name);
        scenario["races"] = json!(true);
        assert_eq!(verdict(&explored(&scenario)).0, "data race", "{name}");
    }
}

#[test]
fn a_search_in_slices_agrees_and_stays_small() {
    for &(name, law, n_steps, _) in PROGRAMS {
        let options = SearchOptions { states_max: 200_000, reduce: true, after_picks: false };
        let mut search =
            sim::engine(ID).unwrap().search.unwrap()(&scenario(name), options).unwrap();
        while !search.advance(997).done {}
        assert_eq!(verdict(&search.finish()), (law, n_steps), "{name}");
    }
}

#[test]
fn two_is_the_least_that_is_left_of_many_additions() {
    // Reference: `lost_update`.
    let found = explored(&scenario("lost_update_minimum"));
    let labels: Vec<&str> = found.outcomes.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(labels, ["counter = 2", "counter = 3", "counter = 4", "counter = 5", "counter = 6"]);
    let last = told(&scenario("lost_update_minimum")).pop().unwrap().1;
    assert!(last.ends_with("with counter = 2."), "{last}");
}

/// Two producers and two consumers without what the buffer holds: each wait, post and piece of
/// work is one step, as in the reference.
fn semaphores_only(producer: &str, consumer: &str) -> Exploration {
    let body = |first: &str, count: &str, other: &str| {
        let waits = match first {
            "guard" => format!("wait(guard); wait({count});"),
            _ => format!("wait({count}); wait(guard);"),
        };
        format!("{waits} yield(); post(guard); post({other});").repeat(6)
    };
    let source = format!(
        "semaphore empty = 4, full, guard = 1;
         thread P0, P1 {{ {} }} thread C0, C1 {{ {} }}",
        body(producer, "empty", "full"),
        body(consumer, "full", "empty"),
    );
    explored(&json!({ "source": source }))
}

#[test]
fn reversed_semaphores_deadlock_after_as_many_steps_as_in_the_reference() {
    // Reference: `bounded_buffer_000`.
    assert_eq!(verdict(&semaphores_only("empty", "full")), ("holds", 0));
    assert_eq!(verdict(&semaphores_only("guard", "full")), ("deadlock", 23));
    assert_eq!(verdict(&semaphores_only("empty", "guard")), ("deadlock", 3));
    assert_eq!(verdict(&semaphores_only("guard", "guard")), ("deadlock", 1));
}

/// Calls of the kernel while A runs alone.
fn calls_without_contention(name: &str) -> usize {
    let mut scenario = scenario(name);
    scenario["picks"] = json!([]);
    scenario["then"] = json!("first");
    let steps = told(&scenario);
    let end = steps.iter().position(|it| it.1.contains("with this A ends")).unwrap();
    steps[..=end].iter().filter(|it| it.0.starts_with("futex")).count()
}

#[test]
fn the_futex_protocols_cost_and_lose_what_the_reference_says() {
    // Reference: `futex`.
    assert_eq!(calls_without_contention("futex_mutex"), 0);
    assert_eq!(calls_without_contention("futex_always_wakes"), 1);
    let found = explored(&scenario("futex_check_then_store"));
    let laws: BTreeSet<&str> = found.laws.iter().map(|it| it.law).collect();
    assert_eq!(laws, BTreeSet::from(["blocked for ever", "deadlock"]));
    // A real decrement drives the word below 0, and the kernel does not put the loser to sleep.
    let decrement = "int word = 1; int slept; observe slept;
        thread owner { if (fetch_add(word, -1) == 1) { yield(); store(word, 1); futex_wake(word, 1); } }
        thread loser { if (fetch_add(word, -1) == 0) slept = 1 + futex_wait(word, 0); }";
    let found = explored(&json!({ "source": decrement }));
    let labels: Vec<&str> = found.outcomes.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(labels, ["slept = 0", "slept = 2"], "1 stands for a sleep");
}

/// The outcomes of a litmus test under a memory, as the numbers of its labels.
fn outcomes(name: &str, memory: &str) -> Vec<Vec<u32>> {
    let mut scenario = scenario(name);
    scenario["memory"] = json!(memory);
    let numbers = |label: &str| {
        label.split(", ").map(|it| it.split(" = ").nth(1).unwrap().parse().unwrap()).collect()
    };
    explored(&scenario).outcomes.iter().map(|it| numbers(&it.label)).collect()
}

#[test]
fn litmus_tests_have_the_outcomes_of_the_reference() {
    // Reference: `litmus`.
    let without_both = [[0, 1], [1, 0], [1, 1]];
    let all = [[0, 0], [0, 1], [1, 0], [1, 1]];
    for name in ["store_buffering", "store_buffering_orders"] {
        assert_eq!(outcomes(name, "sc"), without_both, "{name}");
        assert_eq!(outcomes(name, "tso"), all, "{name}");
    }
    assert_eq!(outcomes("store_buffering_fenced", "tso"), without_both);
    // What a first-in, first-out buffer does not allow, no memory with one copy allows.
    for memory in ["sc", "tso"] {
        assert_eq!(outcomes("message_passing", memory), [[0, 0], [0, 42], [1, 42]]);
        assert_eq!(outcomes("load_buffering", memory), [[0, 0], [0, 1], [1, 0]]);
        assert_eq!(outcomes("two_plus_two_writes", memory), [[1, 2], [2, 1], [2, 2]]);
        let seen = outcomes("independent_reads", memory);
        assert_eq!(seen.len(), 15);
        assert!(!seen.contains(&vec![1, 0, 1, 0]));
    }
}

#[test]
fn three_processes_wait_in_the_circle_of_the_reference() {
    // Reference: `problem11_001` and `deadlock_example2_001`, whose circle is the same.
    let last = told(&scenario("three_locks")).pop().unwrap().1;
    for part in [
        "P1 waits for b, which P2 holds",
        "P2 waits for c, which P3 holds",
        "P3 waits for a, which P1 holds",
    ] {
        assert!(last.contains(part), "{last}");
    }
}

/// A program with a few characters changed, left out or doubled.
fn mutated(source: &str, rng: &mut sim::Rng) -> String {
    let mut chars: Vec<char> = source.chars().collect();
    let bits: Vec<char> = "(){}[];,=<>+-*/%!&|^ x01\n\u{0}é".chars().collect();
    let below = |rng: &mut sim::Rng, n: usize| usize::try_from(rng.below(n as u64)).unwrap();
    for _ in 0..rng.between(1, 2) {
        let at = below(rng, chars.len());
        let bit = bits[below(rng, bits.len())];
        match rng.below(4) {
            0 => {
                chars.remove(at);
            }
            1 => chars.insert(at, bit),
            2 => chars[at] = bit,
            _ => {
                let end = (at + below(rng, 20)).min(chars.len());
                let piece: Vec<char> = chars[at..end].to_vec();
                let to = below(rng, chars.len());
                chars.splice(to..to, piece);
            }
        }
    }
    chars.into_iter().collect()
}

#[test]
fn mutated_programs_run_or_are_refused_inside_their_text() {
    let mut rng = sim::Rng::new(31);
    let entry = sim::engine(ID).unwrap();
    let (mut n_run, mut n_refused) = (0, 0);
    for round in 0..60 {
        for &(name, ..) in PROGRAMS {
            let mut scenario = scenario(name);
            let source = mutated(scenario["source"].as_str().unwrap(), &mut rng);
            scenario["source"] = json!(source);
            scenario["picks"] = json!([]);
            scenario["then"] = json!("random");
            scenario["seed"] = json!(round);
            match entry.run(&scenario, Mode::Frames) {
                Ok(run) => {
                    n_run += 1;
                    for at in [0, run.len() / 2, run.len() - 1] {
                        assert!(!run.scene(at).to_text().is_empty(), "{source}");
                    }
                    let found = entry.explore.unwrap()(&scenario, 300).unwrap();
                    assert!(0 < found.n_states);
                }
                Err(error) => {
                    n_refused += 1;
                    let n_lines = u32::try_from(source.split('\n').count()).unwrap();
                    for problem in &error.0 {
                        let sim::Fault::Source { line, column, why } = &problem.fault else {
                            panic!("{problem:?}\n{source}")
                        };
                        assert!((1..=n_lines).contains(line) && 0 < *column, "{why}\n{source}");
                    }
                }
            }
        }
    }
    assert!(300 < n_run && 1_000 < n_refused, "{n_run} run, {n_refused} refused");
}
