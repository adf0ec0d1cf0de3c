//! What is refused, and what every task ends up with.

use super::flags::{
    FLAGS, FS, NEWIPC, NEWNS, NEWPID, NEWUSER, SIGHAND, SYSVSEM, THREAD, VM, refused,
};
use super::world::{KINDS, World};
use super::{CloneFlags, Scenario};
use crate::engine::{Engine, Log};
use crate::{Mode, Rng, Run, engine};
use serde_json::json;

fn run(script: &str) -> Run {
    engine("process/clone_flags").unwrap().run(&json!({ "script": script }), Mode::Frames).unwrap()
}

fn last(script: &str) -> World {
    let scenario = Scenario { script: script.to_owned(), privileged: true };
    let mut log = Log::new(Mode::Frames);
    CloneFlags::run(&scenario, &mut log).unwrap();
    log.frames().last().unwrap().state.clone()
}

/// The conditions of clone(2), written down once more.
#[test]
fn senseless_flags_are_refused_and_no_others() {
    let mut rng = Rng::new(5);
    for _ in 0..20_000 {
        let flags = FLAGS.iter().filter(|_| rng.below(2) == 0).fold(0, |sum, it| sum | it.bits);
        let has = |it: u64| flags & it != 0;
        let wrong = (has(THREAD) && !has(SIGHAND))
            || (has(SIGHAND) && !has(VM))
            || (has(NEWNS) && has(FS))
            || (has(NEWUSER) && has(FS))
            || (has(NEWIPC) && has(SYSVSEM))
            || (has(THREAD) && (has(NEWPID) || has(NEWUSER)));
        assert_eq!(refused(flags, true).is_some(), wrong, "{flags:#x}");
    }
    assert_eq!(refused(NEWPID, false).map(|it| it.0), Some("EPERM"));
    assert_eq!(refused(NEWPID | NEWUSER, false), None);
    assert_eq!(refused(VM, false), None);
}

#[test]
fn an_object_is_shared_if_and_only_if_its_flag_is_set() {
    let mut rng = Rng::new(6);
    for _ in 0..500 {
        let mut words = vec!["T1 clone".to_owned()];
        let mut flags = 0;
        for flag in FLAGS.iter().filter(|_| rng.below(3) == 0) {
            words.push(flag.name.to_owned());
            flags |= flag.bits;
        }
        let world = last(&words.join(" "));
        if refused(flags, true).is_some() {
            assert_eq!((world.tasks.len(), world.n_refused), (1, 1));
            continue;
        }
        let (maker, new) = (&world.tasks[0], &world.tasks[1]);
        for (at, kind) in KINDS.iter().enumerate() {
            assert_eq!(maker.objects[at] == new.objects[at], flags & kind.flag != 0);
        }
        let thread = flags & THREAD != 0;
        assert_eq!(world.getpid(1) == world.getpid(0), thread, "{words:?}");
        assert_eq!(new.tid, Some(701));
        assert_eq!(new.tid_inside == 1, flags & NEWPID != 0);
    }
}

#[test]
fn the_numbers_are_those_of_the_lesson() {
    let run = run("T1 pthread_create\nT2 pthread_create\nT3 fork\nT1 container\nT5 fork\n");
    let numbers = |key: &str| {
        (1..=6).map(|it| run.metric(&format!("{key}.T{it}")).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(numbers("gettid"), [700.0, 701.0, 702.0, 703.0, 1.0, 2.0]);
    assert_eq!(numbers("getpid"), [700.0, 700.0, 700.0, 703.0, 1.0, 2.0]);
    assert_eq!(run.metric("n_processes"), Some(4.0));
    // A process that a thread makes is a child of the whole process.
    let world = last("T1 pthread_create\nT2 fork\nT1 container\n");
    assert_eq!(world.tasks[2].parent, Some(0));
    assert_eq!(world.getppid(2), Some(700));
    assert_eq!(world.getppid(3), Some(0), "the parent is outside");
}

#[test]
fn after_vfork_the_maker_sleeps_until_exec() {
    let run = run("T1 vfork\nT1 fork\nT2 exec\nT1 fork\n");
    assert_eq!(run.metric("n_refused"), Some(1.0));
    let world = last("T1 vfork\nT2 exec\n");
    let memory = |who: usize| world.tasks[who].objects[super::world::MEMORY];
    assert!(memory(0) != memory(1) && world.tasks[0].sleeps_for.is_none());
    // Memory that was shared with a third one is left to it.
    let world = last("T1 fork\nT2 clone VM\nT2 exec\n");
    let memory = |who: usize| world.tasks[who].objects[super::world::MEMORY];
    assert!(memory(1) != memory(2));
}

#[test]
fn faults_are_told_where_they_stand() {
    let script = "T9 fork\nT1 jump\nT1 clone VM CLONE_WHAT\nT1 exec VM";
    let told = engine("process/clone_flags")
        .unwrap()
        .run(&json!({ "script": script }), Mode::Frames)
        .unwrap_err()
        .to_string();
    for place in ["line 1, column 1", "line 2, column 4", "line 3, column 13", "line 4, column 9"] {
        assert!(told.contains(place), "{place} in\n{told}");
    }
}
