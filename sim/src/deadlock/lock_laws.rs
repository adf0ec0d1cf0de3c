//! Laws of the checker.

use super::LockOrder;
use crate::engine::{Engine, Frame, Log, typed};
use crate::{Mode, Rng, check};
use serde_json::{Value, json};

/// `A+m` locks, `A-m` unlocks, `A_` turns interrupts off, `A^` on.
fn script(text: &str) -> Vec<Value> {
    let line = |word: &str| match word.find(['+', '-', '_', '^']) {
        Some(at) => {
            let does = match &word[at..=at] {
                "+" => "lock",
                "-" => "unlock",
                "_" => "irq_off",
                _ => "irq_on",
            };
            json!({"task": word[..at], "does": does, "lock": word[at + 1..]})
        }
        None => json!({"task": word}),
    };
    text.split_whitespace().map(line).collect()
}

fn frames<T>(scenario: &Value, look: impl FnOnce(&[Frame<super::State>]) -> T) -> T {
    let scenario = typed(&check(LockOrder::FORM, scenario).unwrap()).unwrap();
    let mut log = Log::new(Mode::Frames);
    LockOrder::run(&scenario, &mut log).unwrap();
    look(log.frames())
}

/// Kinds of the warnings, and how many tasks are deadlocked.
fn verdict(kind: &str, handler: bool, text: &str) -> (Vec<&'static str>, usize) {
    let context = if handler { "interrupt" } else { "process" };
    let scenario = json!({
        "locks": [{"name": "a", "kind": kind}, {"name": "b", "kind": kind}, {"name": "c"}],
        "tasks": [{"name": "A"}, {"name": "B", "context": context}, {"name": "C", "cpu": 1}],
        "script": script(text)});
    frames(&scenario, |frames| {
        let last = &frames.last().unwrap().state;
        (last.reports.iter().map(super::Report::kind).collect(), last.dead.len())
    })
}

#[test]
fn opposite_orders_are_told_without_a_deadlock() {
    let one_by_one = "A+a A+b A-b A-a B+b B+a B-a B-b";
    assert_eq!(verdict("mutex", false, one_by_one), (vec!["order"], 0));
    assert_eq!(verdict("mutex", false, "A+a B+b A+b B+a"), (vec!["order"], 2));
    // problem11_001: A before B, B before C, C before A
    let three = "A+a A+b A-b A-a B+b B+c B-c B-b C+c C+a";
    assert_eq!(verdict("mutex", false, three), (vec!["order"], 0));
    let ordered = "A+a A+b A-b A-a B+b B+c B-c B-b C+a C+c";
    assert_eq!(verdict("mutex", false, ordered), (vec![], 0));
    assert_eq!(verdict("mutex", false, "A+a A+a"), (vec!["order"], 1));
}

#[test]
fn interrupts_are_told_unless_they_are_off() {
    assert_eq!(verdict("spinlock", true, "A+a B+a"), (vec!["interrupts"], 2));
    assert_eq!(verdict("spinlock", true, "A+a A-a B+a B-a"), (vec!["interrupts"], 0));
    assert_eq!(verdict("spinlock", true, "A_ A+a A-a A^ B+a B-a"), (vec![], 0));
    assert_eq!(verdict("spinlock", true, "A_ A+a A^ B+a"), (vec!["interrupts"], 2));
    // The handler takes a; b is taken under a; C holds b with interrupts on.
    let mixed = "B+a B-a A_ A+a A+b A-b A-a A^ C+b C-b";
    assert_eq!(verdict("spinlock", true, mixed), (vec!["interrupts"], 0));
}

#[test]
fn sleeping_under_a_spinlock_or_in_a_handler_is_told() {
    assert_eq!(verdict("spinlock", false, "A+a A+c"), (vec!["sleep"], 0));
    assert_eq!(verdict("spinlock", false, "A+c A+a"), (vec![], 0));
    assert_eq!(verdict("mutex", true, "B+a"), (vec!["sleep"], 0));
}

/// Threads that take and give back random locks, always from the top of what they hold.
fn random(rng: &mut Rng) -> Value {
    let mut held: Vec<Vec<u64>> = vec![Vec::new(); 3];
    let mut lines = Vec::new();
    for _ in 0..24 {
        let task = rng.below(3) as usize;
        if rng.below(5) < 2 {
            if let Some(lock) = held[task].pop() {
                lines.push(json!({"task": format!("T{}", task + 1), "does": "unlock",
                    "lock": format!("L{}", lock + 1)}));
            }
        } else {
            let lock = rng.below(4);
            held[task].push(lock);
            lines.push(json!({"task": format!("T{}", task + 1), "lock": format!("L{}", lock + 1)}));
        }
    }
    json!({"locks": [{}, {}, {}, {}], "tasks": [{}, {"cpu": 1}, {"cpu": 2}], "script": lines})
}

#[test]
fn the_first_warning_comes_with_the_first_cycle_and_before_any_deadlock() {
    let mut rng = Rng::new(51);
    let (mut n_warned, mut n_dead) = (0, 0);
    for _ in 0..1_500 {
        let scenario = random(&mut rng);
        frames(&scenario, |frames| {
            let mut warned = false;
            for frame in frames {
                let state = &frame.state;
                warned |= !state.reports.is_empty();
                // Reachability by closing the relation, not by a search.
                let mut reach = [[false; 4]; 4];
                for arrow in state.rules.arrows() {
                    reach[arrow.from][arrow.to] = true;
                }
                for via in 0..4 {
                    for from in 0..4 {
                        for to in 0..4 {
                            reach[from][to] |= reach[from][via] && reach[via][to];
                        }
                    }
                }
                let cyclic = (0..4).any(|it| reach[it][it]);
                let again =
                    state.reports.iter().any(|it| matches!(it, super::Report::Again { .. }));
                if frame.step.tag == "warning" {
                    assert!(cyclic || again, "{scenario}");
                }
                if frame.step.tag == "deadlock" {
                    assert!(warned, "a deadlock without a warning: {scenario}");
                }
            }
            let last = &frames.last().unwrap().state;
            n_warned += u32::from(warned);
            n_dead += u32::from(!last.dead.is_empty());
        });
    }
    assert!(n_dead < n_warned && 100 < n_dead, "{n_dead} of {n_warned}");
}
