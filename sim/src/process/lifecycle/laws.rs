//! Only legal changes of state, and zombies that stay until they are reaped.

use super::scene::ARROWS;
use super::world::{INIT, Life};
use super::{Lifecycle, Scenario};
use crate::engine::{Engine, Log};
use crate::{Mode, Rng, Run, engine};
use serde_json::json;

fn run(script: &str) -> Run {
    engine("process/lifecycle").unwrap().run(&json!({ "script": script }), Mode::Frames).unwrap()
}

fn tags(run: &Run) -> Vec<&'static str> {
    (1..run.len()).map(|at| run.step(at).unwrap().tag).collect()
}

fn random_script(rng: &mut Rng) -> String {
    let verbs = [
        "admit",
        "dispatch",
        "dispatch",
        "preempt",
        "block",
        "block disk",
        "wake",
        "exit 3",
        "wait",
        "wait",
        "kill",
        "subreaper",
        "ignore",
    ];
    let mut script = "P1 fork P2\nP1 fork P3\nP2 admit\nP2 dispatch\n".to_owned();
    for _ in 0..rng.between(5, 90) {
        let who = rng.between(1, 8);
        let line = match rng.below(5) {
            0 => format!("P{who} fork P{}\n", rng.between(2, 8)),
            _ => {
                let at = usize::try_from(rng.below(verbs.len() as u64)).unwrap();
                format!("P{who} {}\n", verbs[at])
            }
        };
        script.push_str(&line);
    }
    script
}

#[test]
fn only_the_arrows_of_the_diagram_are_taken() {
    let mut rng = Rng::new(31);
    let mut taken = [0_u32; 7];
    for _ in 0..400 {
        let n_cpus = usize::try_from(rng.between(1, 3)).unwrap();
        let scenario = Scenario { script: random_script(&mut rng), n_cpus };
        let mut log = Log::new(Mode::Frames);
        Lifecycle::run(&scenario, &mut log).unwrap();
        for pair in log.frames().windows(2) {
            let [before, after] = pair else { continue };
            let (tag, say) = (after.step.tag, &after.step.say);
            assert!(after.state.count(Life::Running) <= n_cpus, "{say}");
            for &(_, from, to) in &after.state.moves {
                let arrow = ARROWS.iter().position(|it| (it.0, it.1) == (from, to));
                taken[arrow.unwrap_or_else(|| panic!("{from:?} to {to:?}: {say}"))] += 1;
            }
            assert!(tag != "refused" || after.state.moves.is_empty(), "{say}");
            for (who, it) in before.state.known() {
                let now = after.state.procs[who].as_ref().unwrap();
                // A zombie stays one until it is reaped, and what is gone stays gone.
                let over = matches!(now.life, Life::Zombie | Life::Gone);
                assert!(it.life != Life::Zombie || over, "{say}");
                assert!(it.life != Life::Gone || now.life == Life::Gone, "{say}");
                let reaped = it.life == Life::Zombie && now.life == Life::Gone;
                assert!(!reaped || matches!(tag, "reap" | "exit" | "zombie" | "orphan" | "kill"));
                // Nobody who is left has a parent that has ended.
                let parent = after.state.life(now.parent).unwrap();
                assert!(now.life == Life::Gone || parent < Life::Zombie, "{say}");
                assert!(who != INIT || now.life == Life::Blocked);
            }
        }
    }
    assert!(taken.iter().all(|it| 0 < *it), "{taken:?}");
}

#[test]
fn the_example_is_told_as_the_lesson_has_it() {
    let entry = engine("process/lifecycle").unwrap();
    let run = entry.run_text(entry.example, Mode::Frames).unwrap();
    let want = [
        "fork", "admit", "dispatch", "fork", "admit", "block", "dispatch", "preempt", "dispatch",
        "wake", "zombie", "dispatch", "reap", "exit",
    ];
    assert_eq!(tags(&run), want);
    assert_eq!(run.metric("n_zombies"), Some(0.0));
    assert_eq!(run.metric("zombies_max"), Some(1.0));
}

#[test]
fn the_missing_arrows_are_refused() {
    let start = "P1 fork P2\nP2 admit\n";
    for (script, why) in [
        ("P2 block", "P2 stays ready, because whoever asks"),
        ("P2 dispatch\nP2 block\nP2 dispatch", "P2 stays blocked, because its event"),
        ("P2 dispatch\nP2 exit\nP2 wake", "P2 stays gone, because it has ended"),
        ("P1 fork P3\nP3 admit\nP2 dispatch\nP3 dispatch", "P3 stays ready, because P2 has"),
        ("P3 admit", "P3 does not exist yet"),
        ("P1 exit", "P1 is init"),
    ] {
        let run = run(&format!("{start}{script}"));
        let last = run.step(usize::MAX).unwrap();
        assert_eq!(last.tag, "refused", "{script}");
        assert!(last.say.starts_with(why), "{}", last.say);
    }
}

#[test]
fn orphans_go_to_the_nearest_subreaper_or_to_init() {
    let family = "P1 fork P2\nP2 admit\nP2 dispatch\nP2 fork P3\nP2 preempt\nP3 admit\n\
                  P3 dispatch\nP3 fork P4\n";
    let ends = "P3 exit\nP4 admit\nP4 dispatch\nP4 exit\n";
    let to_init = run(&format!("{family}{ends}"));
    assert_eq!(to_init.metric("n_orphans"), Some(1.0));
    // P3 waits for P2; P4, an orphan of init, leaves nothing.
    assert_eq!(to_init.metric("n_zombies"), Some(1.0));
    let family = family.replace("P2 fork P3", "P2 subreaper\nP2 fork P3");
    let to_subreaper = run(&format!("{family}{ends}"));
    assert_eq!(to_subreaper.metric("n_zombies"), Some(2.0), "a subreaper must wait itself");
    let ignored = family.replace("subreaper", "ignore");
    assert_eq!(run(&format!("{ignored}{ends}")).metric("n_zombies"), Some(0.0));
}

#[test]
fn a_kill_waits_for_the_disk_but_not_for_an_event() {
    let start = "P1 fork P2\nP2 admit\nP2 dispatch\n";
    let disk = run(&format!("{start}P2 block disk\nP2 kill\nP2 wake\nP2 dispatch"));
    assert_eq!(tags(&disk)[3..], ["block", "kill", "wake", "exit"]);
    let event = run(&format!("{start}P2 block\nP2 kill\nP2 dispatch"));
    assert_eq!(tags(&event)[3..], ["block", "kill", "exit"]);
}

#[test]
fn faults_are_told_where_they_stand() {
    let script = "P1 fork P9\nP2 jump\nP2 exit 300\nP2 admit now";
    let told = engine("process/lifecycle")
        .unwrap()
        .run(&json!({ "script": script }), Mode::Frames)
        .unwrap_err()
        .to_string();
    for place in [
        "line 1, column 9: expected a process",
        "line 2, column 4: expected fork",
        "line 3, column 9: 300 is more than",
        "line 4, column 10: now is one word too many",
    ] {
        assert!(told.contains(place), "{place} in\n{told}");
    }
}
