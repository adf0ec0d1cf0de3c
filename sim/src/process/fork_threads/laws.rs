//! The hang can be reached without a fix and not with one; half of the ways out do less than they promise.

use super::ForkThreads;
use super::world::{A, CHILD, Fix, HANGS, Owner, Setup, State};
use crate::explore::{Exploration, Verdict, explore_value};
use crate::machine::Machine;
use crate::{Mode, engine};
use serde_json::json;

const FIXES: [(&str, Fix); 7] = [
    ("none", Fix::None),
    ("atfork", Fix::Atfork),
    ("exec", Fix::Exec),
    ("spawn", Fix::Spawn),
    ("early", Fix::Early),
    ("log_then_exec", Fix::LogThenExec),
    ("renew", Fix::Renew),
];

fn explored(fix: &str, owner: &str, rounds: u8) -> Exploration {
    let scenario = json!({"fix": fix, "owner": owner, "rounds": rounds});
    let found = explore_value::<ForkThreads>(&scenario, 1_000_000).unwrap();
    assert!(found.complete, "{scenario}");
    found
}

fn laws(found: &Exploration) -> Vec<&'static str> {
    found.laws.iter().map(|it| it.law).collect()
}

#[test]
fn the_hang_is_reachable_without_a_fix_and_not_with_one() {
    for rounds in 1..=3 {
        for (fix, _) in FIXES {
            let found = explored(fix, "program", rounds);
            let want: &[&str] = match fix {
                "none" | "log_then_exec" => &[HANGS],
                "renew" => &["half changed data"],
                _ => &[],
            };
            assert_eq!(laws(&found), want, "{fix} {rounds}");
            if want.is_empty() {
                assert_eq!(found.verdict, Verdict::Holds);
                let labels: Vec<&str> = found.outcomes.iter().map(|it| it.label.as_str()).collect();
                assert_eq!(labels, ["all end"], "{fix}");
            }
        }
    }
}

#[test]
fn handlers_of_the_program_do_not_help_a_library() {
    for (fix, _) in FIXES {
        let found = explored(fix, "library", 1);
        let want: &[&str] = match fix {
            "none" | "log_then_exec" | "atfork" | "renew" => &[HANGS],
            _ => &[],
        };
        assert_eq!(laws(&found), want, "{fix}");
    }
}

/// Every state that can be reached.
fn reachable(setup: &Setup) -> Vec<State> {
    let mut seen = vec![setup.start()];
    let mut at = 0;
    while at < seen.len() {
        for pick in 0..ForkThreads::n_choices(setup, &seen[at]) {
            let mut state = seen[at];
            ForkThreads::step(setup, &mut state, pick);
            if !seen.contains(&state) {
                seen.push(state);
            }
        }
        at += 1;
    }
    seen
}

#[test]
fn the_child_hangs_just_where_its_lock_was_copied_as_taken_by_another() {
    for (_, fix) in FIXES {
        for owner in [Owner::Program, Owner::Library] {
            let setup = Setup::new(fix, owner, 2);
            for state in reachable(&setup) {
                // Whoever is not there never opens it: no step from here frees the child's lock,
                // unless the memory is thrown away or the lock made anew.
                let remedy = matches!(fix, Fix::Exec | Fix::Renew);
                for pick in 0..ForkThreads::n_choices(&setup, &state) {
                    let mut after = state;
                    ForkThreads::step(&setup, &mut after, pick);
                    let freed = setup.is_orphaned(&state) && !setup.is_orphaned(&after);
                    assert!(!freed || remedy, "{fix:?} {state:?}");
                }
                let hangs = setup.broken(&state) == Some(HANGS);
                assert!(!hangs || setup.is_orphaned(&state), "{fix:?} {state:?}");
                // Data is half changed only while somebody holds the lock or was forgotten.
                let memory = state.memory[0];
                assert!(!memory.half || memory.holder == Some(A));
                if state.is_fresh {
                    assert_ne!(state.memory[1].holder, Some(A));
                }
                if !Setup::exists(&state, CHILD) {
                    assert_eq!(state.memory[1].holder, None);
                }
            }
        }
    }
}

#[test]
fn the_example_hangs_after_a_fork_in_the_middle() {
    let entry = engine("process/fork_threads").unwrap();
    let run = entry.run_text(entry.example, Mode::Frames).unwrap();
    assert_eq!(run.step(2).unwrap().tag, "fork_taken");
    assert_eq!(run.metric("hangs"), Some(1.0));
    assert_eq!(run.metric("copied_taken"), Some(1.0));
    // The same turns with handlers: the fork waits, and all end.
    let scenario = json!({"fix": "atfork", "owner": "program"});
    let run = entry.run(&scenario, Mode::Frames).unwrap();
    assert_eq!((run.metric("hangs"), run.metric("n_ended")), (Some(0.0), Some(2.0)));
    assert!(run.metric("waiting_steps").unwrap() >= 1.0);
}
