//! What exploration must find in known programs, and what it must find in any.

use crate::explore::{Exploration, Verdict};
use crate::{Mode, Rng, engine};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[track_caller]
fn explored(source: &str, memory: &str) -> Exploration {
    let explore = engine("sync/program").unwrap().explore.unwrap();
    let found = explore(&json!({ "source": source, "memory": memory }), 3_000_000);
    found.unwrap_or_else(|error| panic!("{error}\n{source}"))
}

/// Labels of the outcomes, joined by `; `.
fn outcomes(found: &Exploration) -> String {
    let labels: Vec<&str> = found.outcomes.iter().map(|it| it.label.as_str()).collect();
    labels.join("; ")
}

#[track_caller]
fn holds(source: &str, memory: &str, expected: &str) {
    let found = explored(source, memory);
    assert_eq!(found.verdict, Verdict::Holds, "{source}");
    assert_eq!(outcomes(&found), expected, "{source}");
}

/// The first broken law and the length of its shortest schedule; the schedule must replay.
#[track_caller]
fn breaks(source: &str, memory: &str, expected: &str, n_steps: usize) {
    let found = explored(source, memory);
    let Verdict::Broken { law, picks } = found.verdict else { panic!("it holds:\n{source}") };
    assert_eq!((law, picks.len()), (expected, n_steps), "{source}");
    let scenario = json!({ "source": source, "memory": memory, "picks": picks, "then": "stop" });
    let run = engine("sync/program").unwrap().run(&scenario, Mode::Frames).unwrap();
    assert_eq!(run.metric("n_broken"), Some(1.0));
    let last = run.step(usize::MAX).unwrap();
    assert!(last.choices.is_empty(), "{last:?}");
}

fn counter(threads: usize, increments: usize) -> String {
    let names = &["A", "B", "C", "D"][..threads];
    let body = "counter++; ".repeat(increments);
    format!("int counter;\nthread {} {{ {body} }}", names.join(", "))
}

#[test]
fn a_counter_without_a_lock_loses_updates_down_to_two() {
    // Reference: `lost_update`, the rows that were checked.
    for (threads, increments, min, max) in
        [(2, 1, 1, 2), (2, 2, 2, 4), (2, 3, 2, 6), (2, 5, 2, 10), (3, 2, 2, 6), (4, 2, 2, 8)]
    {
        let found = explored(&counter(threads, increments), "sc");
        assert_eq!(found.verdict, Verdict::Holds);
        let labels: BTreeSet<String> = found.outcomes.into_iter().map(|it| it.label).collect();
        let expected: BTreeSet<String> = (min..=max).map(|it| format!("counter = {it}")).collect();
        assert_eq!(labels, expected, "{threads} threads, {increments} increments");
    }
}

#[test]
fn three_threads_with_three_increments_end_between_two_and_nine() {
    let found = explored(&counter(3, 3), "sc");
    let expected: Vec<String> = (2..=9).map(|it| format!("counter = {it}")).collect();
    assert_eq!(outcomes(&found), expected.join("; "));
}

#[test]
fn two_increments_have_six_steps_and_twenty_one_states() {
    let found = explored(&counter(2, 1), "sc");
    assert_eq!((found.n_states, found.n_transitions), (21, 28));
    assert_eq!(outcomes(&found), "counter = 1; counter = 2");
    assert!(found.outcomes.iter().all(|it| it.picks.len() == 6));
}

#[test]
fn a_mutex_or_an_atomic_saves_every_update() {
    let locked = "int counter; mutex m; thread A, B { lock(m); counter++; unlock(m); }";
    holds(locked, "sc", "counter = 2");
    holds(locked, "tso", "counter = 2");
    holds("int counter; thread A, B { fetch_add(counter, 1); }", "sc", "counter = 2");
    let retry = "int counter; thread A, B { int old = counter;
        while (cas(counter, old, old + 1) == 0) { old = counter; } }";
    holds(retry, "sc", "counter = 2");
    let semaphore = "int counter; semaphore s = 1; thread A, B { wait(s); counter++; post(s); }";
    holds(semaphore, "tso", "counter = 2");
}

#[test]
fn opposite_lock_orders_deadlock_in_two_steps() {
    let body = |one, two| format!("lock({one}); lock({two}); unlock({two}); unlock({one});");
    let opposite =
        format!("mutex m, n; thread A {{ {} }} thread B {{ {} }}", body("m", "n"), body("n", "m"));
    breaks(&opposite, "sc", "deadlock", 2);
    let same = format!("mutex m, n; thread A, B {{ {} }}", body("m", "n"));
    holds(&same, "sc", "every thread at its end");
}

#[test]
fn a_deadlock_of_two_is_found_while_a_third_runs_on() {
    let source = "mutex m, n; int x;
        thread A { lock(m); lock(n); unlock(n); unlock(m); }
        thread B { lock(n); lock(m); unlock(m); unlock(n); }
        thread C { while (1) { x = 1 - x; } }";
    breaks(source, "sc", "deadlock", 2);
}

#[test]
fn whoever_waits_for_what_nobody_will_give_is_blocked_for_ever() {
    breaks("semaphore s; thread A { wait(s); } thread B { yield(); }", "sc", "blocked for ever", 0);
    breaks("mutex m; thread A { lock(m); } thread B { lock(m); }", "sc", "blocked for ever", 1);
    holds(
        "semaphore s; thread A { wait(s); } thread B { post(s); }",
        "sc",
        "every thread at its end",
    );
}

#[test]
fn two_semaphores_in_the_wrong_order_deadlock() {
    // The consumer sleeps for an item with the mutex in its hand; the producer needs the mutex.
    let source = "int slot; mutex m; semaphore items;
        thread producer { lock(m); slot = 1; unlock(m); post(items); }
        thread consumer { lock(m); wait(items); slot = 0; unlock(m); }";
    breaks(source, "sc", "deadlock", 1);
}

#[test]
fn broken_laws_are_named() {
    breaks("int x; thread A, B { critical { x = 1; } }", "sc", "mutual exclusion", 2);
    breaks("int x; thread A { x = 1; } thread B { assert(x == 0); }", "sc", "assertion", 3);
    breaks(
        "mutex m; thread A { lock(m); unlock(m); } thread B { unlock(m); }",
        "sc",
        "unlock by the owner",
        1,
    );
    breaks("int a[2]; int i = 2; thread A { a[i] = 1; }", "sc", "index in range", 2);
    breaks("int x; thread A { int y = 1 / x; }", "sc", "no division by zero", 2);
    breaks("mutex m; thread A { lock(m); lock(m); }", "sc", "deadlock", 1);
}

const PETERSON: &str = "int flag[2]; int turn;
observe turn;
thread A, B {
    flag[self] = 1;
    turn = 1 - self;
    FENCE
    while (flag[1 - self] == 1 && turn == 1 - self) { }
    critical { }
    flag[self] = 0;
}";

#[test]
fn peterson_holds_until_stores_are_buffered_and_holds_again_with_a_fence() {
    let (plain, fenced) = (PETERSON.replace("FENCE", ""), PETERSON.replace("FENCE", "fence();"));
    holds(&plain, "sc", "turn = 0; turn = 1");
    breaks(&plain, "tso", "mutual exclusion", 10);
    holds(&fenced, "tso", "turn = 0; turn = 1");
}

#[test]
fn the_store_buffer_litmus_test_tells_the_memories_apart() {
    let source = "int x, y, a, b; observe a, b;
        thread A { x = 1; a = y; } thread B { y = 1; b = x; }";
    holds(source, "sc", "a = 0, b = 1; a = 1, b = 0; a = 1, b = 1");
    holds(source, "tso", "a = 0, b = 0; a = 0, b = 1; a = 1, b = 0; a = 1, b = 1");
    // Message passing keeps its order: buffers are first in, first out.
    let source = "int data, ready, got, seen; observe seen, got;
        thread A { data = 1; ready = 1; } thread B { seen = ready; got = data; }";
    holds(source, "tso", "seen = 0, got = 0; seen = 0, got = 1; seen = 1, got = 1");
}

#[test]
fn expressions_keep_the_rules_of_c() {
    let cases = [
        ("1 + 2 * 3 - 4 / 2 % 2", 7),
        ("-(2 - 5) == 3 && !0", 1),
        ("1 | 2 ^ 3 & 1", 3),
        ("10 - 3 - 2", 5),
        ("0 && 1 / 0", 0),
        ("1 || 1 / 0", 1),
        ("2147483647 + 1 < 0", 1),
        ("0x10 + 7 % 4", 19),
    ];
    for (expr, expected) in cases {
        let source = format!("int x; thread A {{ int r = {expr}; x = r; }}");
        holds(&source, "sc", &format!("x = {expected}"));
    }
    let loops = "int x; thread A { for (int i = 0; i < 9; i++) {
        if (i == 2) continue; else if (i == 5) break; x += i; } }";
    holds(loops, "sc", "x = 8");
    // The right side is not read if the left side decides.
    holds("int x, a[1]; thread A { if (x == 1 && a[5] == 0) { x = 2; } }", "sc", "x = 0, a = 0");
}

/// A small program of two or three threads.
fn random_program(rng: &mut Rng) -> String {
    let statements = [
        "x++;",
        "y = x;",
        "x = 2;",
        "y += 3;",
        "if (x == 0) { y = 1; } else x = 0;",
        "lock(m); x++; unlock(m);",
        "fetch_add(y, 1);",
        "int r = x; y = r + r;",
        "yield();",
        "a[self] = x;",
        "wait(s);",
        "post(s);",
        "critical { x = y; }",
        "lock(m);",
        "unlock(m);",
        "for (int i = 0; i < 2; i++) { a[i] = i; }",
        "assert(y < 3);",
        "fence();",
    ];
    let mut source = "int x, y, a[3]; mutex m; semaphore s = 1;\n".to_owned();
    for name in &["A", "B", "C"][..rng.between(2, 3) as usize] {
        let n = rng.between(1, 2);
        let pick = |_| statements[rng.below(statements.len() as u64) as usize];
        let mut body: Vec<&str> = (0..n).map(pick).collect();
        body.dedup_by_key(|it| it.starts_with("int r"));
        source.push_str(&format!("thread {name} {{ {} }}\n", body.join(" ")));
    }
    source
}

/// The same question answered the slow way: depth first, states told apart by their text.
fn slowly(source: &str, memory: super::code::Memory) -> (usize, BTreeSet<String>, bool) {
    use super::code::Rules;
    use super::state::State;
    let program = super::compile::compile(source, Rules { memory, ..Rules::default() }).unwrap();
    let mut seen = BTreeSet::new();
    let mut open = vec![State::start(&program)];
    let (mut outcomes, mut broken) = (BTreeSet::new(), false);
    while let Some(state) = open.pop() {
        if !seen.insert(format!("{state:?}")) {
            continue;
        }
        if state.broken(&program).is_some() {
            broken = true;
            continue;
        }
        let mut pick = 0;
        while let Some(action) = state.action(&program, pick) {
            let mut next = state.clone();
            next.act(&program, action);
            open.push(next);
            pick += 1;
        }
        if pick == 0 {
            outcomes.insert(super::tell::outcome(&program, &state));
        }
    }
    (seen.len(), outcomes, broken)
}

#[test]
fn exploration_agrees_with_a_slow_search_and_its_witnesses_replay() {
    use super::code::Memory;
    let mut rng = Rng::new(4);
    let entry = engine("sync/program").unwrap();
    for _ in 0..150 {
        let source = random_program(&mut rng);
        let mut labels = Vec::new();
        for (memory, kind) in [("sc", Memory::AtOnce), ("tso", Memory::StoreBuffers)] {
            let found = explored(&source, memory);
            let (n_states, outcomes, broken) = slowly(&source, kind);
            assert_eq!(found.n_states as usize, n_states, "{source}");
            assert_eq!(matches!(found.verdict, Verdict::Broken { .. }), broken, "{source}");
            let told: BTreeSet<String> = found.outcomes.iter().map(|it| it.label.clone()).collect();
            assert_eq!(told, outcomes, "{source}");
            if let Some(outcome) = found.outcomes.first() {
                let scenario = json!({ "source": source, "memory": memory, "then": "stop",
                    "picks": outcome.picks });
                let run = entry.run(&scenario, Mode::Frames).unwrap();
                assert_eq!(run.n_steps as usize, outcome.picks.len() + 1);
                assert!(run.step(usize::MAX).unwrap().choices.is_empty(), "{source}");
            }
            labels.push(told);
        }
        // Buffers only add outcomes; they take none away.
        assert!(labels[0].is_subset(&labels[1]), "{source}");
    }
}

#[test]
fn every_step_of_random_runs_is_a_sentence_and_can_be_drawn() {
    let mut rng = Rng::new(11);
    let entry = engine("sync/program").unwrap();
    for seed in 0..150 {
        let source = random_program(&mut rng);
        let memory = if seed % 2 == 0 { "sc" } else { "tso" };
        let scenario =
            json!({ "source": source, "memory": memory, "then": "random", "seed": seed });
        let run = entry.run(&scenario, Mode::Frames).unwrap();
        for at in 0..run.len() {
            let step = run.step(at).unwrap();
            assert!(step.say.ends_with('.') && !step.say.contains("``"), "{}", step.say);
            assert!(!step.say.starts_with(char::is_lowercase), "{}", step.say);
            assert!(!run.scene(at).to_text().is_empty());
        }
    }
}

fn faults(source: &str) -> String {
    let run = engine("sync/program").unwrap().run(&json!({ "source": source }), Mode::MetricsOnly);
    run.map_or_else(|it| it.to_string(), |_| "no fault".to_owned())
}

#[test]
fn faults_say_where_and_what_was_expected() {
    let cases = [
        ("", "line 1, column 1: expected a thread, such as `thread A { }`"),
        ("int x\nthread A { }", "line 2, column 1: expected `;`, found `thread`"),
        ("thread A { x = 1; }", "line 1, column 12: `x` is not declared"),
        (
            "int x; thread A { if (x = 1) { } }",
            "line 1, column 25: expected `)`, found `=`; `==` compares",
        ),
        ("int x; thread A { lock(x); }", "line 1, column 24: `lock` takes the name of a mutex"),
        (
            "mutex m; thread A { m = 1; }",
            "line 1, column 21: `m` is a mutex: `lock(m);` and `unlock(m);` take it",
        ),
        (
            "int a[2]; thread A { a = 1; }",
            "line 1, column 22: `a` is an array: say which element, such as `a[0]`",
        ),
        ("thread A { break; }", "line 1, column 12: this stands in no loop"),
        (
            "thread A { int x = 99999999999; }",
            "line 1, column 20: `99999999999` is not a whole number up to 2147483647",
        ),
        ("thread A { yield(); } thread A { }", "line 1, column 30: the name `A` is used twice"),
        (
            "int a[99]; thread A { }",
            "line 1, column 5: the shared variables hold more than 64 values",
        ),
        ("thread A { § }", "line 1, column 12: `§` does not begin any word of this language"),
        ("thread A, B, C, D, E, F, G, H, I { }", "line 1, column 1: 9 threads are more than 8"),
        (
            "int x; thread A { cas(x, 1); }",
            "line 1, column 19: `cas` takes a variable and two values",
        ),
        ("thread A { /* }", "line 1, column 12: this comment has no end, expected `*/`"),
    ];
    for (source, expected) in cases {
        let told = faults(source);
        let first = told.lines().next().unwrap_or_default();
        assert_eq!(first, format!("/source: {expected}"), "{source}");
    }
}

#[test]
fn all_faults_of_a_program_are_told_at_once() {
    let told = faults("int x;\nthread A {\n  x = ;\n  y = 1 +;\n  x++\n}\nthread B { ) }");
    assert_eq!(
        told,
        "/source: line 3, column 7: expected a value, found `;`\n\
         /source: line 4, column 10: expected a value, found `;`\n\
         /source: line 6, column 1: expected `;`, found `}`\n\
         /source: line 7, column 12: expected a statement, found `)`"
    );
}

#[test]
fn deep_and_long_programs_are_refused_politely() {
    let deep = format!("thread A {{ int x = {}1{}; }}", "(".repeat(500), ")".repeat(500));
    assert!(faults(&deep).contains("nested more than 24 deep"), "{}", faults(&deep));
    let deep = format!("thread A {{ {} }}", "if (1) ".repeat(500));
    assert!(faults(&deep).contains("nested more than 24 deep"));
    let long = format!("int x; thread A {{ {} }}", "x++;".repeat(400));
    assert!(faults(&long).contains("this thread has more than 512 steps"));
    let wide = format!("thread A {{ int x = 1{}; }}", " + 1".repeat(100));
    assert!(faults(&wide).contains("more than 24 operators in a row"));
    let many: String = (0..40).map(|it| format!("int r{it};")).collect();
    assert!(faults(&format!("thread A {{ {many} }}")).contains("more than 24 locals"));
}

/// A program with a few bytes changed, left out or doubled.
fn mutated(source: &str, rng: &mut Rng) -> String {
    let mut chars: Vec<char> = source.chars().collect();
    let bits: Vec<char> = "(){}[];,=<>+-*/%!&|^ x1\n\u{0}é\u{1F600}".chars().collect();
    for _ in 0..rng.between(1, 2) {
        let at = rng.below(chars.len() as u64) as usize;
        let bit = bits[rng.below(bits.len() as u64) as usize];
        match rng.below(4) {
            0 => {
                chars.remove(at);
            }
            1 => chars.insert(at, bit),
            2 => chars[at] = bit,
            _ => {
                let end = (at + rng.below(20) as usize).min(chars.len());
                let piece: Vec<char> = chars[at..end].to_vec();
                let to = rng.below(chars.len() as u64) as usize;
                chars.splice(to..to, piece);
            }
        }
        if chars.is_empty() {
            chars.push('x');
        }
    }
    chars.into_iter().collect()
}

#[test]
fn mutated_programs_run_or_are_refused_inside_their_text() {
    let mut rng = Rng::new(99);
    let entry = engine("sync/program").unwrap();
    let (mut n_run, mut n_refused) = (0, 0);
    for _ in 0..4_000 {
        let base = if rng.below(3) == 0 { PETERSON.to_owned() } else { random_program(&mut rng) };
        let source = mutated(&base, &mut rng);
        let scenario = json!({ "source": source, "then": "random", "seed": rng.below(9) });
        match entry.run(&scenario, Mode::MetricsOnly) {
            Ok(_) => n_run += 1,
            Err(error) => {
                n_refused += 1;
                let n_lines = u32::try_from(source.split('\n').count()).unwrap();
                for problem in &error.0 {
                    let crate::Fault::Source { line, column, why } = &problem.fault else {
                        panic!("{problem:?}\n{source}")
                    };
                    assert!((1..=n_lines).contains(line) && 0 < *column, "{why}\n{source}");
                }
            }
        }
    }
    assert!(100 < n_run && 1_000 < n_refused, "{n_run} run, {n_refused} refused");
}

#[test]
fn random_text_is_refused_without_harm() {
    let mut rng = Rng::new(5);
    let words = [
        "int", "thread", "A", "{", "}", "(", ")", ";", "while", "if", "else", "=", "==", "x", "1",
        "mutex", "lock", "[", "]", ",", "for", "critical", "&&", "-", "!", "/*", "//", "\n",
        "self",
    ];
    for _ in 0..3_000 {
        let n = rng.below(60);
        let text: Vec<&str> =
            (0..n).map(|_| words[rng.below(words.len() as u64) as usize]).collect();
        let _: String = faults(&text.join(" "));
    }
}

#[test]
fn every_choice_of_a_run_has_a_label_and_every_step_its_pick() {
    let scenario: Value = json!({ "source": PETERSON.replace("FENCE", "fence();"),
        "memory": "tso", "then": "random", "seed": 3 });
    let run = engine("sync/program").unwrap().run(&scenario, Mode::Frames).unwrap();
    for at in 1..run.len() {
        let pick = run.step(at).unwrap().pick.unwrap() as usize;
        assert!(pick < run.step(at - 1).unwrap().choices.len());
    }
}
