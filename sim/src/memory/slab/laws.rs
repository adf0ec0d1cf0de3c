//! Laws of the caches, against a plain list of what is held.

use super::cache::{From, Store, To};
use super::play::{Done, State};
use super::{Scenario, SlabCaches};
use crate::engine::{Engine, Frame, Log, Mode, typed};
use crate::form::check;
use crate::memory::alloc_script::What;
use crate::{Rng, engine};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn frames(scenario: &Value) -> (Scenario, Vec<Frame<State>>) {
    let scenario: Scenario = typed(&check(SlabCaches::FORM, scenario).unwrap()).unwrap();
    let mut log = Log::new(Mode::Frames);
    SlabCaches::run(&scenario, &mut log).unwrap();
    let frames = log.frames().to_vec();
    (scenario, frames)
}

fn random(rng: &mut Rng) -> Value {
    let sizes: &[&[u64]] = &[&[64], &[600, 2_000], &[8, 100, 5_000], &[4_096], &[1_365, 16_384]];
    json!({
        "object_bytes": sizes[usize::try_from(rng.below(5)).unwrap()],
        "align_bytes": if rng.below(2) == 0 { 8 } else { 64 },
        "slab_order": rng.below(2),
        "n_cpus": rng.between(1, 4),
        "min_partial": rng.below(3),
        "memory_pages": rng.between(1, 40),
        "workload": "random",
        "seed": rng.below(1_000_000),
        "n_operations": rng.between(1, 120),
        "alloc_percent": rng.between(30, 80),
        "size_bytes_max": rng.between(1, 6_000),
    })
}

/// Each object is held or in exactly one list; each slab is in the place that its state says.
#[track_caller]
fn assert_conserved(store: &Store, pages_apart: u64) {
    let mut pages = pages_apart;
    for slab in &store.slabs {
        let cache = &store.caches[slab.cache];
        pages += 1 << cache.order;
        assert!(cache.object * slab.objects.len() as u64 <= cache.slab_bytes());
        let mut free: Vec<u16> = slab.own.iter().chain(&slab.shared).copied().collect();
        free.sort_unstable();
        let want: Vec<u16> =
            (0_u16..).zip(&slab.objects).filter(|(_, it)| it.is_none()).map(|(at, _)| at).collect();
        assert_eq!(free, want, "an object is lost or twice");
        let active = cache.active.iter().filter(|it| **it == Some(slab.id)).count();
        assert_eq!(active, usize::from(slab.cpu.is_some()));
        let n_partial = cache.partial.iter().filter(|it| **it == slab.id).count();
        assert_eq!(n_partial, usize::from(slab.cpu.is_none() && !free.is_empty()));
        assert!(slab.cpu.is_some() || slab.own.is_empty());
    }
    assert_eq!(store.pages, pages);
}

#[test]
fn objects_and_pages_are_conserved() {
    let mut rng = Rng::new(31);
    for _ in 0..800 {
        let given = random(&mut rng);
        let (scenario, frames) = frames(&given);
        let script = scenario.operations().unwrap();
        let mut held: BTreeMap<usize, (u32, u16)> = BTreeMap::new();
        let mut apart: BTreeMap<usize, u64> = BTreeMap::new();
        for (at, Frame { state, .. }) in frames.iter().skip(1).enumerate() {
            let op = script.ops[at];
            match (op.what, state.results[at]) {
                (What::Alloc(asked), Done::Got(_, id, object)) => {
                    assert!(held.values().all(|it| *it != (id, object)), "{given}: given twice");
                    held.insert(op.slot, (id, object));
                    let cache = &state.store.caches[state.store.slab(id).unwrap().cache];
                    assert!(asked <= cache.object, "{given}");
                    let smaller = state.store.caches.iter().filter(|it| it.object < cache.object);
                    assert!(smaller.into_iter().all(|it| it.object < asked), "{given}");
                }
                (What::Alloc(_), Done::Pages(pages)) => {
                    apart.insert(op.slot, pages);
                }
                (What::Alloc(_), done) => assert_eq!(done, Done::Failed),
                (What::Free, Done::Back(_, id, object)) => {
                    assert_eq!(held.remove(&op.slot), Some((id, object)), "{given}");
                }
                (What::Free, _) => {
                    apart.remove(&op.slot);
                }
            }
            let told: usize = state.store.slabs.iter().map(|it| it.n_held()).sum();
            assert_eq!(told, held.len(), "{given}");
            assert!(state.store.pages <= scenario.memory_pages, "{given}");
            assert_conserved(&state.store, apart.values().sum());
        }
    }
}

#[test]
fn one_cpu_takes_a_lock_only_when_its_slab_is_used_up() {
    // 4,096 / 1,024: four objects a slab, no remote frees on one CPU but to slabs of the past.
    let script = "+1000,+1000,+1000,+1000,+1000,-4,-0,-1,+1000,+1000,+1000,+1000,+1000";
    let (_, frames) = frames(&json!({"object_bytes": [1_024], "script": script}));
    let told: Vec<String> = frames
        .last()
        .unwrap()
        .state
        .results
        .iter()
        .map(|it| match it {
            Done::Got(from, id, _) => format!("{from:?} {id}"),
            Done::Back(to, id, _) => format!("{to:?} {id}"),
            other => format!("{other:?}"),
        })
        .collect();
    let want = [
        "New 1",
        "Own 1",
        "Own 1",
        "Own 1",
        "New 2",
        "Own 2",
        "Partial 1",
        "Shared 1",
        "Own 2",
        "Own 2",
        "Own 2",
        "Own 2",
        "Partial 1",
    ];
    assert_eq!(told, want);
}

#[test]
fn what_another_cpu_gives_back_is_taken_over_at_once() {
    let script = "cpu 0: A = alloc 2000\ncpu 0: B = alloc 2000\ncpu 1: free A\ncpu 1: free B\n\
                  cpu 0: C = alloc 2000\ncpu 0: D = alloc 2000";
    let (_, frames) = frames(&json!({"object_bytes": [2_048], "n_cpus": 2, "script": script}));
    let results = &frames.last().unwrap().state.results;
    assert_eq!(results[2], Done::Back(To::Shared, 1, 0));
    assert_eq!(results[4], Done::Got(From::Shared, 1, 1));
    assert_eq!(results[5], Done::Got(From::Own, 1, 0));
}

#[test]
fn an_empty_slab_returns_its_pages_if_enough_are_partial() {
    let run = |min_partial: u64| {
        let entry = engine("memory/slab").unwrap();
        let given = json!({"object_bytes": [4_096], "min_partial": min_partial,
            "script": "+4000,+4000,+4000,-0,-1"});
        let run = entry.run(&given, Mode::MetricsOnly).unwrap();
        (run.metric("n_slabs_returned").unwrap(), run.metric("memory_pages").unwrap())
    };
    assert_eq!([run(0), run(1), run(2)], [(2.0, 1.0), (1.0, 2.0), (0.0, 3.0)]);
}

/// An object of 600 bytes: six in a page of its own cache, four in a page of kmalloc-1024.
#[test]
fn a_cache_of_its_own_wastes_less_than_a_size_class() {
    let entry = engine("memory/slab").unwrap();
    let run = |sizes: Value| {
        let script = vec!["+600"; 24].join(",");
        let mut given = json!({"script": script});
        if !sizes.is_null() {
            given["object_bytes"] = sizes;
        }
        entry.run(&given, Mode::MetricsOnly).unwrap().metric("memory_pages").unwrap()
    };
    assert_eq!((run(json!([600])), run(Value::Null)), (4.0, 6.0));
}
