//! References add up, nothing is copied without need, and nobody sees what another one wrote.

use super::world::{Kind, Memory, World};
use super::{ForkCow, Scenario};
use crate::engine::{Engine, Frame, Log, typed};
use crate::{Mode, Rng, Run, check, engine};
use serde_json::{Value, json};

fn run(scenario: &Value) -> Run {
    engine("process/fork_cow").unwrap().run(scenario, Mode::Frames).unwrap()
}

fn frames(scenario: &Value) -> (Scenario, Vec<Frame<World>>) {
    let setup: Scenario = typed(&check(ForkCow::FORM, scenario).unwrap()).unwrap();
    let mut log = Log::new(Mode::Frames);
    ForkCow::run(&setup, &mut log).unwrap();
    let frames = log.frames().to_vec();
    (setup, frames)
}

fn random_script(rng: &mut Rng) -> String {
    let mut script = String::new();
    for _ in 0..rng.between(5, 60) {
        let who = rng.between(1, 4);
        let line = match rng.below(12) {
            0..=2 => format!("P{who} fork P{}\n", rng.between(1, 4)),
            3 => format!("P{who} read d{}\n", rng.below(3)),
            4 => format!("P{who} write s0\n"),
            5 if rng.below(3) == 0 => format!("P{who} exit\n"),
            6 if rng.below(3) == 0 => format!("P{who} exec\n"),
            _ => format!("P{who} write d{}\n", rng.below(3)),
        };
        script.push_str(&line);
    }
    script
}

#[test]
fn references_are_the_entries_that_refer() {
    let mut rng = Rng::new(8);
    for _ in 0..200 {
        for method in ["fork", "copy", "vfork", "spawn"] {
            let scenario = json!({"script": random_script(&mut rng), "method": method});
            let (setup, frames) = frames(&scenario);
            for frame in &frames {
                let world = &frame.state;
                let mut refs = vec![0_u32; world.frames.len()];
                for memory in world.procs.iter().flatten() {
                    let Memory::Own(ptes) = memory else { continue };
                    for (page, pte) in ptes.iter().enumerate() {
                        refs[pte.frame] += 1;
                        assert_eq!(world.frames[pte.frame].page, page);
                        // What may be written privately has one user only.
                        let private = setup.layout().kind(page) == Kind::Data && pte.writable;
                        assert!(!private || world.frames[pte.frame].refs == 1, "{scenario}");
                    }
                }
                let told: Vec<u32> = world.frames.iter().map(|it| it.refs).collect();
                assert_eq!(refs, told, "{scenario}");
            }
        }
    }
}

/// The slow oracle: every process has memory of its own, and shared pages are one for all.
#[test]
fn everybody_reads_what_a_full_copy_would_read() {
    let mut rng = Rng::new(9);
    for _ in 0..200 {
        let script = random_script(&mut rng);
        let fork = frames(&json!({"script": script, "method": "fork"}));
        let copy = frames(&json!({"script": script, "method": "copy"}));
        let view = |world: &World| {
            let mut all = Vec::new();
            for memory in &world.procs {
                all.push(match memory {
                    Some(Memory::Own(ptes)) => {
                        ptes.iter().map(|it| world.frames[it.frame].version).collect()
                    }
                    _ => Vec::new(),
                });
            }
            all
        };
        for (lazy, eager) in fork.1.iter().zip(&copy.1) {
            assert_eq!(view(&lazy.state), view(&eager.state), "{script}");
        }
        let n_copies = |frames: &[Frame<World>]| {
            let totals = frames.last().unwrap().state.totals;
            totals.n_pages_in_calls + totals.n_pages_later
        };
        assert!(n_copies(&fork.1) <= n_copies(&copy.1), "{script}");
    }
}

#[test]
fn a_page_is_copied_for_each_sharer_but_the_last() {
    for sharers in 2..=4 {
        let forks = (2..=sharers).map(|it| format!("P1 fork P{it}\n"));
        let writes = (1..=sharers).map(|it| format!("P{it} write d0\n"));
        let script: String = forks.chain(writes).collect();
        let run = run(&json!({ "script": script }));
        assert_eq!(run.metric("n_copies"), Some(f64::from(sharers - 1)));
        assert_eq!(run.metric("n_faults"), Some(f64::from(sharers)));
        assert_eq!(run.step(usize::MAX).unwrap().tag, "unprotect");
    }
}

/// `fork_cost_000`: exact pages and bytes of entries, and the model of the note.
#[test]
fn the_prices_are_those_of_the_formula() {
    for (mib, pages, table_kib) in [
        (10, 2_560.0, 20.0),
        (100, 25_600.0, 200.0),
        (1_024, 262_144.0, 2_048.0),
        (10_240, 2_621_440.0, 20_480.0),
    ] {
        for pte_ns in [10.0, 15.0, 100.0] {
            let scenario = json!({"script": "", "mapped_mib": mib, "pte_ns": pte_ns as u64});
            let run = run(&scenario);
            assert_eq!(run.metric("mapped_pages"), Some(pages));
            assert_eq!(run.metric("table_kib"), Some(table_kib));
            let want = (35_000.0 + pages * pte_ns) / 1e6;
            let got = run.metric("call_ms.fork").unwrap();
            assert!((got - want).abs() < 1e-9, "{mib} {got} {want}");
            assert_eq!(run.metric("call_ms.vfork"), Some(0.035));
        }
    }
    let huge = run(&json!({"script": "", "page": "2m", "mapped_mib": 1_024}));
    assert_eq!(huge.metric("mapped_pages"), Some(512.0));
}

#[test]
fn the_sum_can_exceed_that_of_a_plain_copy() {
    let all = run(&json!({"script": "", "written_percent": 100}));
    let total = |key: &str| all.metric(key).unwrap();
    assert!(total("total_ms.copy") < total("total_ms.fork"));
    let few = run(&json!({"script": "", "written_percent": 10}));
    assert!(few.metric("total_ms.fork") < few.metric("total_ms.copy"));
}

#[test]
fn vfork_lends_and_spawn_shares_nothing() {
    let script = "P1 fork P2\nP1 write d0\nP2 write d0\nP2 exec\nP1 write d0\n";
    let tags = |method: &str| {
        let run = run(&json!({"script": script, "method": method}));
        (1..run.len()).map(|at| run.step(at).unwrap().tag).collect::<Vec<_>>()
    };
    assert_eq!(tags("vfork"), ["fork", "refused", "damage", "exec", "write"]);
    assert_eq!(tags("spawn"), ["fork", "write", "refused", "refused", "write"]);
    assert_eq!(tags("copy"), ["fork", "write", "write", "exec", "write"]);
    assert_eq!(tags("fork"), ["fork", "copy", "unprotect", "exec", "write"]);
}

#[test]
fn faults_are_told_where_they_stand() {
    let script = "P1 write d9\nP5 exit\nP1 jump\nP1 exec now";
    let told = engine("process/fork_cow")
        .unwrap()
        .run(&json!({ "script": script }), Mode::Frames)
        .unwrap_err()
        .to_string();
    for place in [
        "line 1, column 10: there is no page d9",
        "line 2, column 1",
        "line 3, column 4",
        "line 4, column 9",
    ] {
        assert!(told.contains(place), "{place} in\n{told}");
    }
}
