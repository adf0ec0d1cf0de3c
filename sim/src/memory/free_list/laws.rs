//! Laws of the heap, against a map with one entry for each byte.

use super::heap::{Heap, Policy};
use super::play::{End, State};
use super::{FreeList, Scenario};
use crate::engine::{Engine, Frame, Log, Mode, typed};
use crate::form::check;
use crate::memory::alloc_script::What;
use crate::{Rng, engine};
use serde_json::{Value, json};

fn frames(scenario: &Value) -> (Scenario, Vec<Frame<State>>) {
    let scenario: Scenario = typed(&check(FreeList::FORM, scenario).unwrap()).unwrap();
    let mut log = Log::new(Mode::Frames);
    FreeList::run(&scenario, &mut log).unwrap();
    let frames = log.frames().to_vec();
    (scenario, frames)
}

fn random(rng: &mut Rng) -> Value {
    let mut pick = |of: &[&str]| json!(of[usize::try_from(rng.below(of.len() as u64)).unwrap()]);
    json!({
        "policy": pick(&["first", "best", "worst", "next"]),
        "list_order": pick(&["address", "size_up", "size_down", "front", "back"]),
        "coalescing": pick(&["neighbours", "neighbours", "list", "off"]),
        "keep_sorted": rng.below(2) == 0,
        "heap_bytes": rng.between(1, 200),
        "base_address": rng.below(3) * 1_000,
        "header_bytes": rng.below(2) * rng.below(9),
        "align_bytes": rng.between(1, 8),
        "workload": "random",
        "seed": rng.below(1_000_000),
        "n_operations": rng.between(1, 80),
        "alloc_percent": rng.between(30, 80),
        "size_bytes_max": rng.between(1, 40),
        "show_search": rng.below(4) == 0,
    })
}

/// Chunks are disjoint and cover the heap; the list holds exactly the free ones.
#[track_caller]
fn assert_covers(heap: &Heap, scenario: &Scenario) {
    let mut at = scenario.base_address;
    for chunk in &heap.chunks {
        assert_eq!(chunk.start, at);
        assert!(0 < chunk.len);
        at += chunk.len;
    }
    assert_eq!(at, scenario.base_address + scenario.heap_bytes);
    let mut listed: Vec<(u32, u64, u64)> =
        heap.list.iter().map(|it| (it.id, it.start, it.len)).collect();
    listed.sort_by_key(|it| it.1);
    let free: Vec<(u32, u64, u64)> = heap
        .chunks
        .iter()
        .filter(|it| it.held.is_none())
        .map(|it| (it.id, it.start, it.len))
        .collect();
    assert_eq!(listed, free);
}

/// The owner of each byte, kept by hand.
struct Bytes(Vec<Option<usize>>);

impl Bytes {
    /// Maximal stretches of free bytes: start and length.
    fn free(&self) -> Vec<(u64, u64)> {
        let mut runs: Vec<(u64, u64)> = Vec::new();
        for (at, owner) in self.0.iter().enumerate() {
            let at = at as u64;
            match runs.last_mut() {
                _ if owner.is_some() => {}
                Some((start, len)) if *start + *len == at => *len += 1,
                Some(_) | None => runs.push((at, 1)),
            }
        }
        runs
    }
}

#[test]
fn every_run_agrees_with_a_map_of_bytes() {
    let mut rng = Rng::new(17);
    for _ in 0..1_500 {
        let given = random(&mut rng);
        let (scenario, frames) = frames(&given);
        let script = scenario.operations().unwrap();
        let rules = scenario.rules();
        let mut bytes = Bytes(vec![None; usize::try_from(scenario.heap_bytes).unwrap()]);
        let mut lens = vec![(0, 0); script.names.len()];
        for Frame { state, .. } in frames.iter().filter(|it| it.state.is_done) {
            assert_covers(&state.heap, &scenario);
            let op = script.ops[state.op.unwrap()];
            let base = scenario.base_address;
            match (op.what, state.end) {
                (What::Alloc(asked), end) => {
                    let need = asked.next_multiple_of(scenario.align_bytes) + scenario.header_bytes;
                    let runs = bytes.free();
                    let fits = runs.iter().any(|it| need <= it.1);
                    let whole = scenario.list_is_by_address_and_whole();
                    if let End::Placed(start) = end {
                        let first = start - base;
                        for at in first..first + need {
                            let byte = &mut bytes.0[usize::try_from(at).unwrap()];
                            assert_eq!(*byte, None, "{given}: a byte is given twice");
                            *byte = Some(op.slot);
                        }
                        lens[op.slot] = (first, need);
                        if whole {
                            let fitting = runs.iter().filter(|it| need <= it.1);
                            let want = match rules.policy {
                                Policy::First => fitting.min_by_key(|it| it.0),
                                Policy::Best => fitting.min_by_key(|it| (it.1, it.0)),
                                Policy::Worst => fitting.max_by_key(|it| (it.1, u64::MAX - it.0)),
                                Policy::Next => runs.iter().find(|it| it.0 == first),
                            };
                            assert_eq!(want.map(|it| it.0), Some(first), "{given}");
                        }
                    } else {
                        assert_eq!(end, End::Failed);
                        assert!(!(fits && whole), "{given}: a request fails though a run fits");
                    }
                }
                (What::Free, End::Freed(_)) => {
                    let (first, need) = lens[op.slot];
                    for at in first..first + need {
                        let byte = &mut bytes.0[usize::try_from(at).unwrap()];
                        assert_eq!(byte.take(), Some(op.slot), "{given}");
                    }
                }
                (What::Free, _) => {}
            }
            let n_free = bytes.0.iter().filter(|it| it.is_none()).count();
            assert_eq!(state.heap.free_bytes(), n_free as u64, "{given}");
            if given["coalescing"] == "neighbours" {
                let mut list: Vec<(u64, u64)> =
                    state.heap.list.iter().map(|it| (it.start - base, it.len)).collect();
                list.sort_unstable();
                assert_eq!(list, bytes.free(), "{given}: free neighbours stay apart");
            }
        }
    }
}

impl Scenario {
    /// Whether the list is the maximal free stretches in order of address.
    fn list_is_by_address_and_whole(&self) -> bool {
        use super::heap::{Coalescing, Order};
        self.list_order == Order::Address && self.coalescing == Coalescing::Neighbours
    }
}

#[test]
fn a_list_sorted_by_size_stays_so_if_it_is_kept() {
    let mut rng = Rng::new(5);
    for _ in 0..300 {
        let mut given = random(&mut rng);
        given["list_order"] = json!("size_up");
        given["keep_sorted"] = json!(true);
        for Frame { state, .. } in frames(&given).1 {
            assert!(state.heap.list.is_sorted_by_key(|it| it.len), "{given}");
        }
    }
}

#[test]
fn next_fit_goes_on_where_it_stopped() {
    let script = "+10,+10,+10,+10,+60,-0,-2,+5,+5,+5";
    let (_, frames) = frames(&json!({"policy": "next", "script": script}));
    let starts: Vec<u64> = frames
        .iter()
        .filter_map(|it| match it.state.end {
            End::Placed(start) => Some(start),
            End::Open | End::Failed | End::Freed(_) | End::Nothing => None,
        })
        .collect();
    // p4 used up the last block; the search then goes round from the front of the list.
    assert_eq!(starts, [1_000, 1_010, 1_020, 1_030, 1_040, 1_000, 1_005, 1_020]);
}

/// Looks, and the list after each statement, of a run of the homework program of OSTEP chapter 17.
#[test]
fn the_homework_program_gives_the_same_lists() {
    let (_, frames) = frames(&json!({
        "policy": "best", "coalescing": "off", "script": "+3,-0,+5,-1,+8,-2,+8,-3,+2,+7"}));
    let told: Vec<(usize, String)> = frames
        .iter()
        .skip(1)
        .map(|it| {
            let list = it.state.heap.list.iter();
            let list: Vec<String> = list.map(|it| format!("{}:{}", it.start, it.len)).collect();
            (it.state.n_seen, list.join(" "))
        })
        .collect();
    let want = [
        (1, "1003:97"),
        (0, "1000:3 1003:97"),
        (2, "1000:3 1008:92"),
        (0, "1000:3 1003:5 1008:92"),
        (3, "1000:3 1003:5 1016:84"),
        (0, "1000:3 1003:5 1008:8 1016:84"),
        (4, "1000:3 1003:5 1016:84"),
        (0, "1000:3 1003:5 1008:8 1016:84"),
        (4, "1002:1 1003:5 1008:8 1016:84"),
        (4, "1002:1 1003:5 1015:1 1016:84"),
    ];
    for (got, want) in told.iter().zip(want) {
        assert_eq!((got.0, got.1.as_str()), want);
    }
}

/// A pass over the list in its own order sees only pairs that follow each other there.
#[test]
fn merging_by_the_list_misses_neighbours_that_lie_apart_in_it() {
    let run = |coalescing: &str, order: &str| {
        let entry = engine("memory/free_list").unwrap();
        let given = json!({"coalescing": coalescing, "list_order": order,
            "script": "+10,+10,+10,+70,-0,-2,-1,-3"});
        entry.run(&given, Mode::MetricsOnly).unwrap().metric("n_free_blocks").unwrap()
    };
    let orders = ["address", "front", "back", "size_up", "size_down"];
    assert_eq!(orders.map(|it| run("neighbours", it)), [1.0; 5]);
    assert!((run("list", "address") - 1.0).abs() < 1e-9);
    assert!(1.0 < run("list", "back"));
    assert!(orders.iter().all(|it| (run("off", it) - 4.0).abs() < 1e-9));
}

#[test]
fn a_pointer_that_is_overwritten_loses_its_block() {
    let (_, frames) = frames(&json!({"script": "a = alloc 10\na = alloc 20\nfree a\nfree a"}));
    let tags: Vec<&str> = frames.iter().map(|it| it.step.tag).collect();
    assert_eq!(tags, ["start", "alloc", "leak", "alloc", "merge", "bad_free"]);
    let last = frames.last().unwrap();
    assert_eq!(last.state.totals.lost, 10);
    assert_eq!(last.state.heap.free_bytes(), 90);
}

#[test]
fn failures_say_whether_enough_was_free() {
    let entry = engine("memory/free_list").unwrap();
    let run = entry.run_text(entry.example, Mode::Frames).unwrap();
    let fails: Vec<&str> = (0..run.len())
        .filter_map(|at| run.step(at).filter(|it| it.tag == "fail"))
        .map(|it| it.say.as_str())
        .collect();
    assert!(fails.iter().any(|it| it.contains("in one piece")), "{fails:?}");
}
