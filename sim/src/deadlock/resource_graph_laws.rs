//! Laws of the resource graph, and the answers of the reference.

use super::super::claims::random;
use super::super::graph_scene::cycle;
use super::{ResourceGraph, standing};
use crate::engine::Engine;
use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

/// `P1+R1` asks, `P1-R1` gives back; units of the resources in order.
fn run(n_processes: usize, units: &[u32], script: &str) -> Run {
    let line = |word: &str| -> Value {
        let (does, mark) = if word.contains('+') { ("requests", '+') } else { ("releases", '-') };
        let (process, resource) = word.split_once(mark).unwrap();
        json!({"process": process, "does": does, "resource": resource})
    };
    let scenario = json!({
        "processes": vec![json!({}); n_processes],
        "resources": units.iter().map(|it| json!({"units": it})).collect::<Vec<_>>(),
        "script": script.split_whitespace().map(line).collect::<Vec<_>>(),
    });
    engine("deadlock/resource_graph").unwrap().run(&scenario, Mode::Frames).unwrap()
}

/// Who can finish, in order, and how many cannot.
fn reduced(run: &Run) -> (Vec<String>, f64) {
    let mut places: Vec<(u64, String)> = run
        .metrics
        .iter()
        .filter_map(|it| Some((it.value as u64, it.key.strip_prefix("finish_place.")?.to_owned())))
        .filter(|it| it.0 != 0)
        .collect();
    places.sort();
    (places.into_iter().map(|it| it.1).collect(), run.metric("n_deadlocked").unwrap())
}

const HELD: &str = "P2+R1 P3+R2 P1+R3 ";

#[test]
fn rag_001() {
    let run3 = run(3, &[1, 1, 1], &format!("{HELD} P1+R1 P2+R2 P3+R3"));
    assert_eq!(reduced(&run3), (vec![], 3.0));
    let text = run3.scene(6).to_text();
    assert!(text.contains("cycle: P1 → R1 → P2 → R2 → P3 → R3 → P1"), "{text}");
    // after_adding_P3->R1
    let more = run(3, &[1, 1, 1], &format!("{HELD} P1+R1 P2+R2 P3+R3 P3+R1"));
    assert_eq!(reduced(&more), (vec![], 3.0));
    // after_adding_P4->R3: in no cycle, but deadlocked as well
    let fourth = run(4, &[1, 1, 1], &format!("{HELD} P1+R1 P2+R2 P3+R3 P4+R3"));
    assert_eq!(reduced(&fourth), (vec![], 4.0));
    // R3_two_instances_without_P3->R1
    let two = run(4, &[1, 1, 2], &format!("{HELD} P1+R1 P2+R2 P3+R3 P4+R3"));
    let names = |it: &[&str]| it.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(reduced(&two), (names(&["P3", "P4", "P2", "P1"]), 0.0));
    // R3_two_instances_with_P3->R1: P3 asks for R1 and R3 together
    let both = run(4, &[1, 1, 2], &format!("{HELD} P1+R1 P2+R2 P3+R1 P3+R3 P4+R3"));
    assert_eq!(reduced(&both), (names(&["P4"]), 3.0));
}

#[test]
fn rag_000_caption() {
    let run = run(2, &[1, 1], "P1+R1 P2+R2 P1+R2 P2+R1");
    assert_eq!(run.metric("n_deadlocked"), Some(2.0));
    assert!(run.scene(4).to_text().contains("cycle: P1 → R2 → P2 → R1 → P1"));
}

#[test]
fn problem11_001_and_its_order() {
    let turned = run(3, &[1, 1, 1], "P1+R1 P2+R2 P3+R3 P1+R2 P2+R3 P3+R1");
    assert_eq!(turned.metric("has_deadlock"), Some(1.0));
    // P3 takes A before C: it waits for A and holds nothing.
    let ordered = run(3, &[1, 1, 1], "P1+R1 P2+R2 P3+R1 P1+R2 P2+R3 P3+R3");
    assert_eq!(ordered.metric("has_deadlock"), Some(0.0));
}

#[test]
fn deadlock_example2_001() {
    let run = run(3, &[1, 1, 1], "P1+R1 P2+R2 P3+R3 P1+R2 P2+R3 P3+R1");
    assert!(run.scene(6).to_text().contains("cycle: P1 → R2 → P2 → R3 → P3 → R1 → P1"));
}

#[test]
fn with_single_units_a_cycle_is_a_deadlock_and_otherwise_it_need_not_be() {
    let mut rng = Rng::new(11);
    let mut harmless = 0;
    for round in 0..3_000 {
        let (n, m) = (2 + rng.below(4) as usize, 1 + rng.below(4) as usize);
        let single = round % 2 == 0;
        let claims = random(&mut rng, n, m, if single { 1 } else { 3 });
        let (round, stuck) = (cycle(&claims), claims.stuck().contains(&true));
        if single {
            assert_eq!(!round.is_empty(), stuck, "{claims:?}");
        }
        assert!(!stuck || !round.is_empty(), "a deadlock without a cycle: {claims:?}");
        harmless += u32::from(standing(&claims) == 1);
    }
    assert!(100 < harmless, "{harmless}");
}

#[test]
fn nobody_gets_what_is_not_there_and_nobody_waits_for_what_is_free() {
    let mut rng = Rng::new(12);
    for _ in 0..300 {
        let pick = |rng: &mut Rng, letter: &str, n| format!("{letter}{}", 1 + rng.below(n));
        let does = ["requests", "requests", "releases", "finishes"];
        let script: Vec<Value> = (0..30)
            .map(|_| {
                json!({"process": pick(&mut rng, "P", 4), "resource": pick(&mut rng, "R", 3),
                    "does": does[rng.below(4) as usize], "units": 1 + rng.below(2)})
            })
            .collect();
        let scenario = json!({"processes": [{}, {}, {}, {}],
            "resources": [{"units": 1}, {"units": 2}, {"units": 3}], "script": script});
        let checked = crate::check(ResourceGraph::FORM, &scenario).unwrap();
        let typed = crate::engine::typed(&checked).unwrap();
        let mut log = crate::engine::Log::new(Mode::Frames);
        ResourceGraph::run(&typed, &mut log).unwrap();
        let frames = log.frames();
        for (at, frame) in frames.iter().enumerate() {
            let claims = &frame.state.claims;
            for resource in 0..3 {
                let held: u32 = (0..4).map(|it| claims.held(it)[resource]).sum();
                assert!(held <= claims.total()[resource]);
            }
            // Between the lines of the script nobody waits for what is free.
            let settled = frames
                .get(at + 1)
                .is_none_or(|next| next.step.tag != "grant" || frame.step.tag != "release");
            if settled && frame.step.tag == "wait" {
                for process in (0..4).filter(|&it| claims.waits(it)) {
                    assert!(!super::super::claims::fits(claims.asked(process), &claims.free()));
                }
            }
        }
    }
}
