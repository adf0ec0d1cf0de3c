//! Whoever is said to wait in vain never steps again, and whoever is not may still.

use super::code::{Program, Rules};
use super::compile::compile;
use super::state::{Law, State};
use crate::Rng;
use std::collections::BTreeMap;

/// Every state that can be reached from here, also past a thread that waits in vain, and the
/// states that each one leads to. `None` if there are too many.
fn graph(program: &Program) -> Option<(Vec<State>, Vec<Vec<usize>>)> {
    let mut states = vec![State::start(program)];
    let mut known = BTreeMap::from([(format!("{:?}", states[0]), 0)]);
    let mut next = Vec::new();
    let mut at = 0;
    while at < states.len() {
        let state = states[at].clone();
        let mut to = Vec::new();
        let mut pick = 0;
        while Law::of_word(state.word(0)).is_none()
            && let Some(action) = state.action(program, pick)
        {
            pick += 1;
            let mut after = state.clone();
            after.act(program, action);
            let number = *known.entry(format!("{after:?}")).or_insert(states.len());
            if number == states.len() {
                states.push(after);
            }
            to.push(number);
        }
        next.push(to);
        at += 1;
        if 4_000 < states.len() {
            return None;
        }
    }
    Some((states, next))
}

/// Whether a thread has stepped somewhere from a state on.
fn ever_steps(
    program: &Program,
    (states, next): &(Vec<State>, Vec<Vec<usize>>),
    from: usize,
    thread: usize,
) -> bool {
    let waits = |at: usize| states[at].waits(program, thread).is_some();
    let mut seen = vec![false; states.len()];
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        if std::mem::replace(&mut seen[at], true) {
            continue;
        }
        if !waits(at) {
            return true;
        }
        open.extend(&next[at]);
    }
    false
}

fn random_program(rng: &mut Rng) -> String {
    let statements = [
        "lock(m); unlock(m);",
        "lock(m); lock(n); unlock(n); unlock(m);",
        "lock(n); lock(m); unlock(m); unlock(n);",
        "lock(m); if (x == 0) cond_wait(c, m); unlock(m);",
        "lock(m); x = 1; signal(c); unlock(m);",
        "lock(m); broadcast(c); unlock(m);",
        "lock(m); if (x == 1) { wait(s); } unlock(m);",
        "wait(s);",
        "post(s);",
        "arrive(b);",
        "if (x == 0) arrive(b);",
        "futex_wait(x, 0);",
        "x = 1; futex_wake(x, 1);",
        "if (x == 1) futex_wake(x, 2);",
        "read_lock(l); lock(m); unlock(m); unlock(l);",
        "lock(m); write_lock(l); unlock(l); unlock(m);",
        "read_lock(l); write_lock(k); unlock(k); unlock(l);",
        "read_lock(k); write_lock(l); unlock(l); unlock(k);",
        "disable_interrupts(); lock(n); unlock(n); enable_interrupts();",
        "disable_interrupts();",
        "if (trylock(n)) unlock(n);",
        "x = 1 - x;",
        "lock(m);",
    ];
    let mut source =
        "int x; mutex m, n; condition c; semaphore s; barrier b = 2; rwlock l, k;\n".to_owned();
    let names = ["A", "B", "C"];
    for name in &names[..usize::try_from(rng.between(2, 3)).unwrap()] {
        let mut body = String::new();
        for _ in 0..rng.between(1, 3) {
            body += statements[usize::try_from(rng.below(statements.len() as u64)).unwrap()];
        }
        source += &format!("thread {name} {{ {body} }}\n");
    }
    if rng.below(3) == 0 {
        let body = statements[usize::try_from(rng.below(10)).unwrap()];
        source += &format!("interrupt H on A {{ {body} }}\n");
    }
    source
}

#[test]
fn who_waits_in_vain_never_steps_again() {
    let mut rng = Rng::new(8);
    let (mut n_vain, mut n_dead) = (0, 0);
    for round in 0..250 {
        let source = random_program(&mut rng);
        let hands_over = round % 2 == 0;
        let program = compile(&source, Rules { hands_over, ..Rules::default() }).unwrap();
        let Some(graph) = graph(&program) else { continue };
        for (at, state) in graph.0.iter().enumerate() {
            let blocked: Vec<usize> = (0..program.threads.len())
                .filter(|&it| state.waits(&program, it).is_some())
                .collect();
            match state.broken(&program) {
                Some(Law::BlockedForEver | Law::Deadlock) => {
                    n_dead += 1;
                    let vain = |&it: &usize| !ever_steps(&program, &graph, at, it);
                    assert!(blocked.iter().any(vain), "{source}\n{state:?}");
                    n_vain += 1;
                }
                None if graph.1[at].is_empty() => {
                    let ended = (0..program.threads.len()).all(|it| state.ended(&program, it));
                    assert!(ended, "{source}\n{state:?}");
                }
                _ => {}
            }
        }
    }
    assert!(500 < n_vain && n_vain == n_dead, "{n_vain} of {n_dead}");
}
