//! Laws of namespaces: eight kinds, numbers downwards only, and power that never reaches upwards.

use super::namespaces_script::{KINDS, PID, read};
use super::namespaces_world::{State, run};
use crate::engine::Log;
use crate::{Mode, Rng, Run, engine};
use serde_json::json;

fn played(user: u64, script: &str) -> State {
    let mut state = State::new(user);
    let mut log = Log::new(Mode::Frames);
    run(&mut state, &read(script).unwrap(), &mut log).unwrap();
    state
}

fn sim(user: u64, script: &str) -> Run {
    let value = json!({"user": user, "script": script});
    engine("process/namespaces").unwrap().run(&value, Mode::Frames).unwrap()
}

fn last(user: u64, script: &str) -> &'static str {
    sim(user, script).step(usize::MAX).unwrap().tag
}

/// The catalog's law, and the flags of `clone`.
#[test]
fn there_are_eight_kinds() {
    assert_eq!(KINDS.len(), 8);
    let run = sim(0, "P1 clone mnt uts ipc pid net user cgroup time");
    assert_eq!(run.metric("n_namespaces"), Some(16.0));
    assert!(KINDS.iter().all(|it| it.1.starts_with("CLONE_NEW")));
}

#[test]
fn a_process_has_a_number_in_its_own_and_in_each_outer_pid_namespace() {
    let mut rng = Rng::new(71);
    for _ in 0..200 {
        // The depth of each process, kept beside the engine.
        let mut depths = vec![1];
        let mut script = String::new();
        for _ in 0..rng.between(1, 5) {
            let parent = usize::try_from(rng.below(depths.len() as u64)).unwrap();
            let deeper = rng.below(2) == 0;
            depths.push(depths[parent] + usize::from(deeper));
            script += &format!("P{} clone{}\n", parent + 1, if deeper { " pid" } else { "" });
        }
        let state = played(0, &script);
        for (it, depth) in state.processes.iter().zip(&depths) {
            assert_eq!(it.numbers.len(), *depth, "{script}");
        }
        for at in 0..depths.len() {
            // Everybody sees itself, and in one namespace no number is used twice.
            assert!(state.number(at, at).is_some());
            let seen: Vec<u64> = (0..depths.len()).filter_map(|it| state.number(it, at)).collect();
            let mut once = seen.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), seen.len(), "{script}");
            for other in 0..depths.len() {
                let own = state.processes[other].spaces[PID];
                let below = state.processes[other]
                    .numbers
                    .iter()
                    .any(|it| it.0 == state.processes[at].spaces[PID]);
                assert_eq!(state.number(other, at).is_some(), below, "{own} {script}");
            }
        }
    }
}

#[test]
fn the_first_process_of_a_new_namespace_is_number_one_and_sees_nobody_outside() {
    let state = played(0, "P1 clone pid\nP2 clone\nP2 clone pid");
    assert_eq!(state.number(1, 1), Some(1));
    assert_eq!(state.number(2, 1), Some(2));
    assert_eq!(
        (state.number(3, 3), state.number(3, 1), state.number(3, 0)),
        (Some(1), Some(3), Some(703))
    );
    assert_eq!(state.number(0, 1), None);
    assert_eq!(last(0, "P1 clone pid\nP2 kill P1"), "refused");
    assert_eq!(last(0, "P1 clone pid\nP1 kill P2"), "kill");
}

#[test]
fn unshare_leaves_the_own_number_as_it_is() {
    let state = played(0, "P1 unshare pid\nP1 clone\nP1 clone");
    assert_eq!(state.number(0, 0), Some(700));
    assert_eq!((state.number(1, 1), state.number(2, 1)), (Some(1), Some(2)));
    assert_eq!(state.processes[0].numbers.len(), 1);
}

#[test]
fn root_inside_is_nobody_outside() {
    // An ordinary user gets namespaces only together with a user namespace.
    assert_eq!(last(1_000, "P1 clone uts"), "refused");
    assert_eq!(last(1_000, "P1 clone user uts"), "clone");
    assert_eq!(last(1_000, "P1 clone user uts\nP2 hostname web"), "change");
    // What was made outside belongs to outside.
    assert_eq!(last(1_000, "P1 clone user\nP2 hostname web"), "refused");
    assert_eq!(last(1_000, "P1 clone user\nP2 listen 80"), "refused");
    assert_eq!(last(1_000, "P1 clone user net\nP2 listen 80"), "change");
    // Power reaches inwards.
    assert_eq!(last(0, "P1 clone user\nP2 clone user uts\nP3 hostname a"), "change");
    assert_eq!(last(1_000, "P1 hostname web"), "refused");
}

#[test]
fn the_same_port_and_the_same_queue_exist_once_in_each_namespace() {
    assert_eq!(last(0, "P1 listen 80\nP1 clone\nP2 listen 80"), "refused");
    assert_eq!(last(0, "P1 listen 80\nP1 clone net\nP2 listen 80"), "change");
    let asked = |script: &str| {
        let run = sim(0, script);
        run.step(usize::MAX).unwrap().ask.as_ref().map(|it| it.answer)
    };
    assert_eq!(asked("P1 queue q\nP1 clone\nP2 queue q"), Some(0));
    assert_eq!(asked("P1 queue q\nP1 clone ipc\nP2 queue q"), Some(1));
}

#[test]
fn clocks_are_set_before_anybody_lives_there() {
    assert_eq!(last(0, "P1 offset 5"), "refused");
    assert_eq!(last(0, "P1 unshare time\nP1 offset 5"), "change");
    assert_eq!(last(0, "P1 unshare time\nP1 clone\nP1 offset 5"), "refused");
    assert_eq!(played(0, "P1 unshare time\nP1 offset 5\nP1 clone").of(1, 7).offset, 5);
}
