//! What each operation of the language does, one small program for each rule.

use crate::explore::{Exploration, Verdict};
use crate::{Mode, engine};
use serde_json::{Value, json};

#[track_caller]
fn explored(source: &str, rules: &Value) -> Exploration {
    let entry = engine("sync/program").unwrap();
    let mut scenario = rules.clone();
    scenario["source"] = json!(source);
    let found = entry.explore.unwrap()(&scenario, 1_000_000);
    found.unwrap_or_else(|error| panic!("{error}\n{source}"))
}

/// All outcomes, joined by `; `; the program keeps every law.
#[track_caller]
fn holds_with(source: &str, rules: &Value, expected: &str) {
    let found = explored(source, rules);
    assert_eq!(found.verdict, Verdict::Holds, "{source}");
    let labels: Vec<&str> = found.outcomes.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(labels.join("; "), expected, "{source}");
}

#[track_caller]
fn holds(source: &str, expected: &str) {
    holds_with(source, &json!({}), expected);
}

/// The law that breaks first and the length of a shortest schedule. Every step of it is told.
#[track_caller]
fn breaks_with(source: &str, rules: &Value, expected: &str, n_steps: usize) {
    let found = explored(source, rules);
    let Verdict::Broken { law, picks } = found.verdict else {
        panic!("{:?}\n{source}", found.verdict)
    };
    assert_eq!((law, picks.len()), (expected, n_steps), "{source}");
    let mut scenario = rules.clone();
    scenario["source"] = json!(source);
    scenario["picks"] = json!(picks);
    scenario["then"] = json!("stop");
    let run = engine("sync/program").unwrap().run(&scenario, Mode::Frames).unwrap();
    for at in 0..run.len() {
        let say = &run.step(at).unwrap().say;
        assert!(say.ends_with('.') && !say.starts_with(char::is_lowercase), "{say}");
        assert!(!run.scene(at).to_text().is_empty());
    }
}

#[track_caller]
fn breaks(source: &str, expected: &str, n_steps: usize) {
    breaks_with(source, &json!({}), expected, n_steps);
}

/// The sentences of the run in which the first possible thread always steps.
fn told(source: &str, rules: &Value) -> String {
    let mut scenario = rules.clone();
    scenario["source"] = json!(source);
    scenario["then"] = json!("first");
    let run = engine("sync/program").unwrap().run(&scenario, Mode::Frames).unwrap();
    (0..run.len()).map(|at| run.step(at).unwrap().say.clone() + "\n").collect()
}

#[track_caller]
fn refused(source: &str, expected: &str) {
    let run = engine("sync/program").unwrap().run(&json!({ "source": source }), Mode::MetricsOnly);
    let told = run.map_or_else(|it| it.to_string(), |_| "no fault".to_owned());
    assert_eq!(told.lines().next().unwrap(), format!("/source: {expected}"), "{source}");
}

#[test]
fn a_function_is_put_in_where_it_is_called() {
    holds(
        "int x; int twice(int n) { return n + n; } thread A { x = twice(3) + twice(4); }",
        "x = 14",
    );
    holds(
        "int x; int f(int n) { if (n == 1) return 5; return 6; } thread A { x = f(0) * 10 + f(1); }",
        "x = 65",
    );
    holds("int x; void add(int n) { x += n; } thread A { add(2); int r = x; add(r); }", "x = 4");
    holds(
        "int x, y; void inc(int &v) { v++; } thread A { inc(x); inc(y); inc(y); }",
        "x = 1, y = 2",
    );
    holds(
        "int x; mutex m; void with(mutex l) { lock(l); x++; unlock(l); } thread A, B { with(m); }",
        "x = 2",
    );
    holds(
        "int l, x; int tas() { return exchange(l, 1); }
         thread A, B { while (tas()) { } critical { x++; } store(l, 0); }",
        "l = 0, x = 2",
    );
    refused(
        "int f(int n) { return f(n); } thread A { f(1); }",
        "line 1, column 23: `f` calls itself, which no function may do",
    );
    refused("void f() { } thread A { f(1); }", "line 1, column 25: `f` takes 0 arguments, not 1");
    refused("void f() { } thread A { int x = f(); }", "line 1, column 33: `f` gives no value");
    refused(
        "int f() { return; } thread A { int x = f(); }",
        "line 1, column 11: this function must return a value",
    );
    refused(
        "void f() { break; } thread A { while (1) { f(); } }",
        "line 1, column 12: this stands in no loop",
    );
    refused(
        "void f() { r = 1; } thread A { int r = 0; f(); }",
        "line 1, column 12: `r` is not declared",
    );
}

#[test]
fn constants_loops_and_returns_are_those_of_c() {
    holds(
        "const N = 3; int a[N]; observe a; thread A { for (int i = 0; i < N; i++) a[i] = N; }",
        "a = 3 3 3",
    );
    holds("int x; thread A { do { x++; } while (x < 3); }", "x = 3");
    holds("int x; thread A { x = 1; if (x == 1) return; x = 2; }", "x = 1");
    refused(
        "thread A { critical { return; } }",
        "line 1, column 23: this would leave a critical section by a jump",
    );
}

#[test]
fn locks_may_stand_in_arrays() {
    let forks = "const N = 3; mutex fork[N]; thread A, B, C {
        lock(fork[self]); lock(fork[(self + 1) % N]); unlock(fork[self]); unlock(fork[(self + 1) % N]); }";
    breaks(forks, "deadlock", 3);
    breaks("mutex m[2]; int i = 2; thread A { lock(m[i]); }", "index in range", 2);
    refused(
        "mutex m[2]; thread A { lock(m); }",
        "line 1, column 29: `m` is an array: say which element, such as `m[0]`",
    );
    refused("mutex m; thread A { lock(m[0]); }", "line 1, column 26: `m` is one mutex, no array");
    refused(
        "mutex m[40]; thread A { }",
        "line 1, column 1: 33 mutexes, semaphores and the like are more than 32",
    );
}

#[test]
fn a_try_takes_or_goes_on() {
    holds(
        "int x, y; mutex m; thread A, B { if (trylock(m)) { x++; unlock(m); } else fetch_add(y, 1); }",
        "x = 1, y = 1; x = 2, y = 0",
    );
    holds("int x; semaphore s = 1; thread A { x = trywait(s) * 10 + trywait(s); }", "x = 10");
    breaks("mutex m; thread A { trylock(m); } thread B { unlock(m); }", "unlock by the owner", 1);
}

const MONITOR: &str = "int full, got; mutex m; condition c; observe got;
thread A { lock(m); TEST (full == 0) cond_wait(c, m); got = full; full = 0; unlock(m); }
thread B { lock(m); full = 1; signal(c); unlock(m); }";

#[test]
fn a_condition_gives_the_mutex_back_and_takes_it_again() {
    for test in ["if", "while"] {
        for signals in ["mesa", "hoare"] {
            holds_with(&MONITOR.replace("TEST", test), &json!({ "signals": signals }), "got = 1");
        }
    }
    // With `if`, a wake-up for no reason goes on without a value.
    let spurious = json!({ "spurious": true });
    holds_with(&MONITOR.replace("TEST", "while"), &spurious, "got = 1");
    holds_with(&MONITOR.replace("TEST", "if"), &spurious, "got = 0; got = 1");
    breaks("mutex m; condition c; thread A { cond_wait(c, m); }", "unlock by the owner", 1);
    // Nobody remembers a signal.
    let lost = "mutex m; condition c; thread A { lock(m); cond_wait(c, m); unlock(m); }
        thread B { lock(m); signal(c); unlock(m); }";
    breaks(lost, "blocked for ever", 5);
}

#[test]
fn hoares_signal_hands_the_mutex_over_and_mesas_does_not() {
    // C steals the value between the signal and the moment when A has the mutex again.
    let stolen = "int full, waits, got; mutex m; condition c; observe got;
        thread A { lock(m); if (full == 0) { waits = 1; cond_wait(c, m); waits = 0; } got = full;
            unlock(m); }
        thread B { lock(m); full = 1; signal(c); unlock(m); }
        thread C { lock(m); if (full && waits) full = 0; unlock(m); }";
    holds_with(stolen, &json!({ "signals": "mesa" }), "got = 0; got = 1");
    holds_with(stolen, &json!({ "signals": "hoare" }), "got = 1");
    let told = told(&MONITOR.replace("TEST", "if"), &json!({ "signals": "hoare" }));
    assert!(told.contains("B signals c and hands the mutex to A"), "{told}");
    assert!(told.contains("goes back to B, who gave it away with a signal"), "{told}");
}

#[test]
fn signals_wake_the_one_that_has_waited_longest_and_broadcasts_wake_all() {
    let two = "int first; mutex m; condition c; observe first;
        thread A, B { lock(m); cond_wait(c, m); if (first == 0) first = self + 1; unlock(m); }
        thread C { yield(); lock(m); WAKE(c); unlock(m); }";
    breaks(&two.replace("WAKE", "signal"), "blocked for ever", 6);
    let both = told(&two.replace("WAKE", "broadcast"), &json!({}));
    assert!(
        both.contains("C signals c and wakes all who wait there, A and B; they need"),
        "{both}"
    );
}

#[test]
fn a_read_write_lock_lets_readers_in_together() {
    let source = "int x, most, n; rwlock rw; observe most;
        thread A, B { read_lock(rw); int now = fetch_add(n, 1); if (now == 1) most = 2; fetch_add(n, -1); unlock(rw); }
        thread W { write_lock(rw); assert(n == 0); unlock(rw); }";
    holds(source, "most = 0; most = 2");
    breaks("rwlock rw; thread A { read_lock(rw); write_lock(rw); }", "deadlock", 1);
    breaks(
        "rwlock rw; thread A { read_lock(rw); } thread B { unlock(rw); }",
        "unlock by the owner",
        1,
    );
    breaks(
        "rwlock r, s; thread A { read_lock(r); write_lock(s); unlock(s); unlock(r); }
        thread B { read_lock(s); write_lock(r); unlock(r); unlock(s); }",
        "deadlock",
        2,
    );
}

#[test]
fn a_barrier_waits_for_all() {
    let source = "int before; barrier b = 3; observe before;
        thread A, B, C { fetch_add(before, 1); arrive(b); assert(before == 3); }";
    holds(source, "before = 3");
    breaks("barrier b = 3; thread A, B { arrive(b); }", "blocked for ever", 1);
    // It can be passed again and again.
    holds(
        "int x; barrier b = 2; thread A, B { for (int i = 0; i < 2; i++) { arrive(b); } fetch_add(x, 1); }",
        "x = 2",
    );
    refused(
        "barrier b; thread A { }",
        "line 1, column 9: a barrier needs the number of threads it waits for, such as `barrier b = 2`",
    );
}

#[test]
fn a_futex_looks_again_before_it_sleeps() {
    let source = "int word, r; observe r; thread A { r = futex_wait(word, 0); }
        thread B { store(word, 1); futex_wake(word, 1); }";
    holds(source, "r = 0; r = 1");
    breaks(
        "int word; thread A { futex_wait(word, 0); } thread B { store(word, 1); }",
        "blocked for ever",
        1,
    );
    holds(
        "int word, n; observe n; thread A, B { futex_wait(word, 0); } thread C { store(word, 1); n = futex_wake(word, 9); }",
        "n = 0; n = 1; n = 2",
    );
    // The elements of an array are apart.
    breaks(
        "int w[2]; thread A { futex_wait(w[0], 0); } thread B { futex_wake(w[1], 1); }",
        "blocked for ever",
        2,
    );
}

#[test]
fn an_interrupt_stops_its_thread_until_the_handler_ends() {
    holds(
        "int x, y; observe y; thread A { x = 1; y = x; } interrupt H on A { x = 2; }",
        "y = 1; y = 2",
    );
    holds("int x; thread A { x++; } interrupt H on A { x++; }", "x = 1; x = 2");
    holds(
        "int x; thread A { disable_interrupts(); x++; enable_interrupts(); } interrupt H on A { x++; }",
        "x = 2",
    );
    // The handler wants what its own CPU holds.
    breaks(
        "mutex m; thread A { lock(m); unlock(m); } interrupt H on A { lock(m); unlock(m); }",
        "deadlock",
        2,
    );
    holds(
        "mutex m; thread A { disable_interrupts(); lock(m); unlock(m); enable_interrupts(); }
        interrupt H on A { lock(m); unlock(m); }",
        "every thread at its end",
    );
    breaks("thread A { disable_interrupts(); } interrupt H on A { }", "blocked for ever", 1);
    refused(
        "interrupt H on A { } thread A { }",
        "line 1, column 16: no thread before this one is called `A`",
    );
    // It sees the stores of its own CPU before they reach memory.
    let own =
        "int x, seen; observe seen; thread A { x = 1; yield(); } interrupt H on A { seen = x; }";
    holds_with(own, &json!({ "memory": "tso" }), "seen = 0; seen = 1");
    holds_with(
        &own.replace("x = 1;", "x = 1; disable_interrupts(); yield(); enable_interrupts();"),
        &json!({ "memory": "tso" }),
        "seen = 0; seen = 1",
    );
}

const LIST: &str = "struct Node[2] { int value, next; }; int head, got; observe got;
init { head = malloc(Node); head->value = 7; }\n";

#[test]
fn memory_is_allocated_and_freed() {
    holds(&format!("{LIST} thread A {{ got = head->value; }}"), "got = 7");
    holds(
        &format!(
            "{LIST} thread A {{ int p = malloc(Node); p->next = head; p->value = 1; got = p->next->value; }}"
        ),
        "got = 7",
    );
    holds(
        &format!(
            "{LIST} thread A {{ int p = malloc(Node); int q = malloc(Node); got = q; free(p); got = malloc(Node); }}"
        ),
        "got = 2",
    );
    breaks(
        &format!("{LIST} thread A {{ free(head); }} thread B {{ int p = head; got = p->value; }}"),
        "use after free",
        4,
    );
    breaks(&format!("{LIST} thread A {{ free(head); free(head); }}"), "use after free", 4);
    breaks("struct Node[2] { int value; }; int p; thread A { p->value = 1; }", "null pointer", 2);
    refused(
        "thread A { free(0); }",
        "line 1, column 12: no struct is declared that could be freed",
    );
    refused(
        "int x; thread A { x->value = 1; }",
        "line 1, column 19: no struct has a field `value`",
    );
    refused(
        "int x; init { x = 1 / x; } thread A { }",
        "line 1, column 8: `init` breaks a law: no division by zero",
    );
    refused(
        "int x; init { while (1) { x = 1; } } thread A { }",
        "line 1, column 8: `init` does not end within 2000 steps",
    );
}

#[test]
fn orders_decide_what_waits_in_the_buffer() {
    let tso = json!({ "memory": "tso" });
    let test = |order: &str| {
        format!(
            "int x, y, a, b; observe a, b;
            thread A {{ store(x, 1, {order}); a = load(y, acquire); }}
            thread B {{ store(y, 1, {order}); b = load(x, acquire); }}"
        )
    };
    holds_with(&test("release"), &tso, "a = 0, b = 0; a = 0, b = 1; a = 1, b = 0; a = 1, b = 1");
    holds_with(&test("seq_cst"), &tso, "a = 0, b = 1; a = 1, b = 0; a = 1, b = 1");
    let fenced = test("relaxed").replace("relaxed); ", "relaxed); fence(seq_cst); ");
    holds_with(&fenced, &tso, "a = 0, b = 1; a = 1, b = 0; a = 1, b = 1");
    refused(
        "int x; thread A { store(x, 1, acquire); }",
        "line 1, column 31: `store` cannot have this order",
    );
    refused(
        "thread A { fence(relaxed); }",
        "line 1, column 18: `fence` takes acquire, release, acq_rel, seq_cst",
    );
}

#[test]
fn races_are_accesses_that_nothing_orders() {
    let races = json!({ "races": true });
    breaks_with("int x; thread A, B { x++; }", &races, "data race", 4);
    holds_with("int x; mutex m; thread A, B { lock(m); x++; unlock(m); }", &races, "x = 2");
    holds_with("int x; thread A, B { fetch_add(x, 1); }", &races, "x = 2");
    holds_with("int x, r; thread A, B { int r1 = x; }", &races, "x = 0, r = 0");
    breaks_with("int x; thread A { store(x, 1); } thread B { int r = x; }", &races, "data race", 2);
    let message = |store: &str, load: &str| {
        format!(
            "int data, ready, got; observe got;
            thread A {{ data = 1; store(ready, 1, {store}); }}
            thread B {{ if (load(ready, {load})) got = data; }}"
        )
    };
    holds_with(&message("release", "acquire"), &races, "got = 0; got = 1");
    holds_with(&message("seq_cst", "seq_cst"), &races, "got = 0; got = 1");
    breaks_with(&message("relaxed", "acquire"), &races, "data race", 5);
    breaks_with(&message("release", "relaxed"), &races, "data race", 5);
    let fences = "int data, ready, got; observe got;
        thread A { data = 1; fence(release); store(ready, 1, relaxed); }
        thread B { if (load(ready, relaxed)) { fence(acquire); got = data; } }";
    holds_with(fences, &races, "got = 0; got = 1");
    breaks_with(&fences.replace("fence(acquire); ", "fence(release); "), &races, "data race", 7);
    // Passing through a semaphore, a barrier, a read-write lock or a condition is order enough.
    holds_with(
        "int x; semaphore s; observe x; thread A { x = 1; post(s); } thread B { wait(s); x = 2; }",
        &races,
        "x = 2",
    );
    holds_with(
        "int x; barrier b = 2; thread A { x = 1; arrive(b); } thread B { arrive(b); x = 2; }",
        &races,
        "x = 2",
    );
    holds_with(
        "int x; rwlock l; thread A { write_lock(l); x = 1; unlock(l); } thread B { read_lock(l); int r = x; unlock(l); }",
        &races,
        "x = 1",
    );
    breaks_with(
        "int x; rwlock l; thread A { read_lock(l); x = 1; unlock(l); } thread B { read_lock(l); int r = x; unlock(l); }",
        &races,
        "data race",
        4,
    );
    holds_with(&MONITOR.replace("TEST", "while"), &races, "got = 1");
    // What an exchange carries on, a plain atomic store cuts off.
    let chain = "int data, flag, got; observe got;
        thread A { data = 1; store(flag, 1, release); }
        thread B { if (load(flag, relaxed) == 1) CHANGE }
        thread C { if (load(flag, acquire) == 2) got = data; }";
    holds_with(
        &chain.replace("CHANGE", "fetch_add(flag, 1, relaxed);"),
        &races,
        "got = 0; got = 1",
    );
    breaks_with(&chain.replace("CHANGE", "store(flag, 2, relaxed);"), &races, "data race", 8);
    let refused = engine("sync/program").unwrap().run(
        &json!({ "source": "thread A { }", "races": true, "memory": "tso" }),
        Mode::MetricsOnly,
    );
    assert!(refused.unwrap_err().to_string().starts_with("/races: data races are looked for"));
}

#[test]
fn a_fault_of_a_declaration_is_told_at_its_place() {
    refused("semaphore s = -1; thread A { }", "line 1, column 11: a semaphore cannot start at -1");
    refused("int lock; thread A { }", "line 1, column 5: `lock` is the name of an operation");
    refused(
        "struct Node { int x; }; thread A { }",
        "line 1, column 13: expected `[` and how many there may be at most, found `{`",
    );
    refused(
        "struct A[99] { int x; }; thread B { }",
        "line 1, column 8: more than 16 structs can be allocated at once",
    );
    refused(
        "condition c; thread A { c = 1; }",
        "line 1, column 25: `c` is a condition, which has no value",
    );
    refused(
        "mutex m; thread A { signal(m); }",
        "line 1, column 28: `signal` takes the name of a condition",
    );
    refused(
        "thread A { do { } }",
        "line 1, column 19: expected `while` and the condition of this `do`, found `}`",
    );
}
