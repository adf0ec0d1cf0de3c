//! Laws of a switch of stacks: pointers and registers come back exactly, unless one is forgotten.

use super::thread_start::ThreadStart;
use super::thread_start_cpu::{Flow, State, code};
use crate::engine::{Log, typed};
use crate::form::check;
use crate::{Engine, Mode, Run, engine};
use serde_json::{Value, json};

fn run(scenario: &Value) -> Run {
    engine("process/thread_start").unwrap().run(scenario, Mode::Frames).unwrap()
}

fn states(scenario: &Value) -> Vec<(&'static str, State)> {
    let scenario = typed(&check(ThreadStart::FORM, scenario).unwrap()).unwrap();
    let mut log = Log::new(Mode::Frames);
    ThreadStart::run(&scenario, &mut log).unwrap();
    log.frames().iter().map(|it| (it.step.tag, it.state.clone())).collect()
}

#[test]
fn stack_pointers_and_registers_are_restored_exactly() {
    for turns in 1..=4 {
        let scenario = json!({"turns": turns});
        let run = run(&scenario);
        assert_eq!(run.metric("stack_moved_bytes"), Some(0.0));
        assert_eq!(run.metric("n_lost"), Some(0.0));
        // Fifteen instructions there and fifteen back.
        assert_eq!(run.metric("n_instructions"), Some(f64::from(30 * turns)));
        let all = states(&scenario);
        let first = &all[1].1;
        for (_, state) in all.iter().filter(|it| it.0 == "back") {
            assert_eq!(state.registers, first.registers);
            assert_eq!(state.stack_pointer, first.stack_pointer);
            assert_eq!(state.stacks[0], first.stacks[0], "main's stack is as it was");
        }
        // Each time the new thread begins a turn, it has the registers that it left.
        let mut left = None;
        for (tag, state) in &all {
            if *tag == "work" {
                left = Some(state.registers);
            } else if *tag == "ret"
                && state.flow == Flow::New
                && let Some(left) = left
            {
                assert_eq!(state.registers, left);
            }
        }
    }
}

#[test]
fn the_first_return_leads_into_the_entry_and_later_ones_do_not() {
    let all = run(&json!({"turns": 3}));
    let rets: Vec<String> = (0..all.len())
        .map(|it| all.step(it).unwrap())
        .filter(|it| it.tag == "ret")
        .map(|it| it.say.clone())
        .collect();
    assert_eq!(rets.len(), 6);
    assert_eq!(rets.iter().filter(|it| it.contains("returns into entry")).count(), 1);
    assert!(rets[0].contains("returns into entry"));
    assert!(rets[2].contains("the new thread's own call"));
}

#[test]
fn a_register_that_is_forgotten_is_lost() {
    for (at, name) in ["rbp", "rbx", "r12", "r13", "r14", "r15"].into_iter().enumerate() {
        let scenario = json!({"forget": name});
        let run = run(&scenario);
        assert_eq!(run.metric("n_lost"), Some(1.0), "{name}");
        assert_eq!(run.metric("switch_instructions"), Some(13.0));
        assert_eq!(run.metric("stack_moved_bytes"), Some(0.0));
        let last = run.step(usize::MAX).unwrap();
        assert_eq!(last.tag, "broken");
        assert!(last.say.contains(name));
        assert!(code(Some(at)).len() + 2 == code(None).len());
    }
}

#[test]
fn without_an_entry_the_switch_returns_to_nowhere() {
    let run = run(&json!({"entry_written": false}));
    let last = run.step(usize::MAX).unwrap();
    assert_eq!(last.tag, "broken");
    assert!(last.say.contains("address 0"));
}
