//! Laws of the zone, against a map with one entry for each page.

use super::play::{Done, State};
use super::zone::{Owner, Zone, order_of};
use super::{Buddy, Scenario};
use crate::engine::{Engine, Frame, Log, Mode, typed};
use crate::form::check;
use crate::memory::alloc_script::What;
use crate::{Rng, engine};
use serde_json::{Value, json};

fn frames(scenario: &Value) -> (Scenario, Vec<Frame<State>>) {
    let scenario: Scenario = typed(&check(Buddy::FORM, scenario).unwrap()).unwrap();
    let mut log = Log::new(Mode::Frames);
    Buddy::run(&scenario, &mut log).unwrap();
    let frames = log.frames().to_vec();
    (scenario, frames)
}

fn random(rng: &mut Rng) -> Value {
    json!({
        "memory_pages": rng.between(1, 100),
        "max_order": rng.below(7),
        "list_order": if rng.below(2) == 0 { "address" } else { "last_in" },
        "workload": "random",
        "seed": rng.below(1_000_000),
        "n_operations": rng.between(1, 60),
        "alloc_percent": rng.between(30, 80),
        "request_max": rng.between(1, 20),
    })
}

/// Blocks are aligned, disjoint and cover the memory; the lists hold exactly the free ones.
#[track_caller]
fn assert_covers(zone: &Zone, n_pages: u64) {
    let mut at = 0;
    let mut free = vec![Vec::new(); zone.lists.len()];
    for block in &zone.blocks {
        assert_eq!(block.page, at);
        assert_eq!(block.page % block.pages(), 0, "aligned");
        if block.owner == Owner::Free {
            free[block.order as usize].push(block.page);
        }
        at += block.pages();
    }
    assert_eq!(at, n_pages);
    for (list, want) in zone.lists.iter().zip(free) {
        let mut list = list.clone();
        list.sort_unstable();
        assert_eq!(list, want);
    }
}

/// The largest aligned blocks of free pages, found by trying every size at every place.
fn whole(owned: &[bool], order_max: u32) -> Vec<(u64, u32)> {
    let mut found = Vec::new();
    let mut covered = vec![false; owned.len()];
    for order in (0..=order_max).rev() {
        let len = 1_usize << order;
        for page in (0..owned.len()).step_by(len) {
            let Some(block) = owned.get(page..page + len) else { continue };
            if !covered[page] && block.iter().all(|it| !it) {
                covered[page..page + len].fill(true);
                found.push((page as u64, order));
            }
        }
    }
    found.sort_unstable();
    found
}

#[test]
fn every_run_agrees_with_a_map_of_pages() {
    let mut rng = Rng::new(23);
    for _ in 0..1_000 {
        let given = random(&mut rng);
        let (scenario, frames) = frames(&given);
        let script = scenario.operations().unwrap();
        let mut owned = vec![false; usize::try_from(scenario.memory_pages).unwrap()];
        let mut held = vec![(0, 0); script.names.len()];
        let mut n_done = 0;
        for Frame { state, .. } in &frames {
            assert_covers(&state.zone, scenario.memory_pages);
            let Some(&done) = state.results.get(n_done) else { continue };
            let op = script.ops[n_done];
            n_done += 1;
            let before = whole(&owned, scenario.max_order);
            match (op.what, done) {
                (What::Alloc(asked), Done::Got(page, order)) => {
                    assert_eq!(order, order_of(asked), "{given}");
                    let (from, to) = (page as usize, page as usize + (1 << order));
                    assert!(owned[from..to].iter().all(|it| !it), "{given}: given twice");
                    owned[from..to].fill(true);
                    held[op.slot] = (from, to);
                    let least = before.iter().filter(|it| order <= it.1).map(|it| it.1).min();
                    let from = before.iter().find(|it| it.0 <= page && page < it.0 + (1 << it.1));
                    assert_eq!(from.map(|it| it.1), least, "{given}: cut from the least block");
                    if given["list_order"] == "address" {
                        let first = before.iter().find(|it| Some(it.1) == least);
                        assert_eq!(first.map(|it| it.0), Some(page), "{given}");
                    }
                }
                (What::Alloc(asked), _) => {
                    assert!(before.iter().all(|it| it.1 < order_of(asked)), "{given}");
                }
                (What::Free, Done::Back(..)) => {
                    let (from, to) = held[op.slot];
                    owned[from..to].fill(false);
                }
                (What::Free, _) => {}
            }
            let free = state.zone.blocks.iter().filter(|it| it.owner == Owner::Free);
            let free: Vec<(u64, u32)> = free.map(|it| (it.page, it.order)).collect();
            assert_eq!(free, whole(&owned, scenario.max_order), "{given}: merged fully");
        }
        assert_eq!(n_done, script.ops.len());
    }
}

#[test]
fn when_all_is_given_back_the_memory_is_as_it_was() {
    let script = "+1,+3,+2,+5,-1,-0,-3,-2";
    let (_, frames) = frames(&json!({"memory_pages": 22, "max_order": 4, "script": script}));
    let (first, last) = (&frames[0].state.zone, &frames.last().unwrap().state.zone);
    assert_eq!(first.blocks, last.blocks);
}

/// 64 KiB in pages of 1 KiB and a request for 7 KiB, as in OSTEP chapter 17: the first 8 KiB.
#[test]
fn seven_of_sixty_four_kib_take_eight() {
    let (_, frames) = frames(&json!({"memory_pages": 64, "max_order": 6, "page_size_bytes": 1_024,
        "request_unit": "bytes", "script": "A = alloc 7168\nfree A"}));
    let tags: Vec<&str> = frames.iter().map(|it| it.step.tag).collect();
    let want =
        ["start", "split", "split", "split", "alloc", "free", "merge", "merge", "merge", "join"];
    assert_eq!(tags, want);
    let zone = &frames[4].state.zone;
    let told: Vec<(u64, u32)> = zone.blocks.iter().map(|it| (it.page, it.order)).collect();
    assert_eq!(told, [(0, 3), (8, 3), (16, 4), (32, 5)]);
}

#[test]
fn without_merging_the_memory_stays_in_pieces() {
    let entry = engine("memory/buddy").unwrap();
    let run = |merging: bool| {
        let given = json!({"merging": merging, "script": "+1,-0,+16"});
        entry.run(&given, Mode::MetricsOnly).unwrap().metric("n_failed_fragmented").unwrap()
    };
    assert!(run(true).abs() < 1e-9 && (run(false) - 1.0).abs() < 1e-9);
}
