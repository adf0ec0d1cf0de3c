//! Laws: no page is lost or twice, the lock has one owner, marks are kept.

use super::agent::{Doing, State};
use super::world::Place;
use super::{PerCpuPages, Scenario};
use crate::engine::{Engine, Frame, Log, Mode, typed};
use crate::form::check;
use crate::memory::buddy::zone::Owner;
use crate::{Rng, engine};
use serde_json::{Value, json};

fn frames(scenario: &Value) -> (Scenario, Vec<Frame<State>>) {
    let scenario: Scenario = typed(&check(PerCpuPages::FORM, scenario).unwrap()).unwrap();
    let mut log = Log::new(Mode::Frames);
    PerCpuPages::run(&scenario, &mut log).unwrap();
    let frames = log.frames().to_vec();
    (scenario, frames)
}

fn random(rng: &mut Rng) -> Value {
    let min = rng.below(6);
    let low = min + rng.below(6);
    json!({
        "n_cpus": rng.between(1, 6),
        "memory_pages": rng.between(20, 100),
        "per_cpu_lists": rng.below(4) != 0,
        "batch_pages": rng.between(1, 10),
        "list_pages_max": rng.below(20),
        "n_requests": rng.between(1, 60),
        "hold_pages": rng.between(1, 20),
        "work_ns": rng.below(1_000),
        "list_ns": rng.below(50),
        "lock_ns": rng.below(400),
        "cached_percent": rng.below(2) * rng.below(101),
        "dirty_percent": rng.below(101),
        "touch_percent": rng.below(101),
        "min_pages": min,
        "low_pages": low,
        "high_pages": low + rng.below(8),
        "reclaim_pages": rng.between(1, 10),
        "seed": rng.below(1_000),
    })
}

/// Each page is in exactly the place that the map says, and in no other.
#[track_caller]
fn assert_conserved(state: &State) {
    let world = &state.world;
    let mut found = vec![None; world.places.len()];
    let mut put = |page: u16, place: Place| {
        assert_eq!(found[usize::from(page)].replace(place), None, "page {page} is twice");
    };
    for (cpu, list) in (0_u16..).zip(&world.lists) {
        list.iter().for_each(|&page| put(page, Place::Listed(cpu)));
    }
    for (cpu, held) in (0_u16..).zip(&world.held) {
        held.iter().for_each(|&page| put(page, Place::Held(cpu)));
    }
    for (list, active) in [(&world.active, true), (&world.inactive, false)] {
        for &page in list {
            let place = world.places[usize::from(page)];
            assert!(matches!(place, Place::Cached(it) if it.active == active), "page {page}");
            put(page, place);
        }
    }
    for block in world.zone.blocks.iter().filter(|it| it.owner == Owner::Free) {
        for page in block.page..block.page + block.pages() {
            put(u16::try_from(page).unwrap(), Place::Free);
        }
    }
    for (page, (found, place)) in found.iter().zip(&world.places).enumerate() {
        match place {
            // On its way: in the hands of somebody, in no list.
            Place::Isolated(_) => assert_eq!(*found, None, "page {page}"),
            place => assert_eq!(*found, Some(*place), "page {page}"),
        }
    }
}

#[test]
fn pages_are_conserved_and_the_lock_has_one_owner() {
    let mut rng = Rng::new(53);
    for _ in 0..250 {
        let given = random(&mut rng);
        let (scenario, frames) = frames(&given);
        let mut locked = Vec::new();
        let mut time = 0;
        for Frame { state, step } in &frames {
            assert!(time <= step.time, "{given}");
            time = step.time;
            assert_conserved(state);
            let spans = state.spans.iter().filter(|it| it.doing == Doing::Locked);
            locked.extend(spans.map(|it| (it.start, it.end)));
            let totals = state.totals;
            assert!(totals.n_fast + totals.n_failed <= totals.n_allocs);
        }
        locked.sort_unstable();
        assert!(locked.windows(2).all(|it| it[0].1 <= it[1].0), "{given}: two have the lock");
        let most = u64::from(scenario.n_cpus) * scenario.n_requests;
        assert!(frames.last().unwrap().state.totals.n_allocs <= most);
    }
}

#[test]
fn each_cpu_does_its_requests_one_after_the_other() {
    let mut rng = Rng::new(59);
    for _ in 0..100 {
        let given = random(&mut rng);
        let (scenario, frames) = frames(&given);
        for who in 0..=scenario.n_cpus {
            let of = frames.iter().flat_map(|it| &it.state.spans).filter(|it| it.who == who);
            let mut end = 0;
            for span in of {
                assert!(end <= span.start && span.start < span.end, "{given}: {span:?}");
                end = span.end;
            }
        }
    }
}

fn metric(given: &Value, key: &str) -> f64 {
    let entry = engine("memory/per_cpu_pages").unwrap();
    entry.run(given, Mode::MetricsOnly).unwrap().metric(key).unwrap()
}

#[test]
fn a_batch_takes_the_lock_once_in_so_many_requests() {
    // One CPU that only asks: 48 pages are one lock each, or one in eight.
    let given = |batch: u64| json!({"n_cpus": 1, "n_requests": 48, "hold_pages": 256, "batch_pages": batch});
    assert_eq!([1, 8, 16].map(|it| metric(&given(it), "n_locks")), [48.0, 6.0, 3.0]);
}

#[test]
fn without_lists_the_lock_is_the_limit() {
    let given = |n_cpus: u64, lists: bool| {
        json!({"n_cpus": n_cpus, "per_cpu_lists": lists, "n_requests": 60,
            "memory_pages": 1_024, "work_ns": 600})
    };
    let rate = |n_cpus, lists| metric(&given(n_cpus, lists), "allocs_per_us");
    // Twice the CPUs, and hardly more pages: the lock is held nearly all the time.
    assert!(rate(16, false) < 1.1 * rate(8, false));
    assert!(0.9 < metric(&given(16, false), "lock_utilisation"));
    assert!(1.6 * rate(8, true) < rate(16, true));
}

#[test]
fn kswapd_keeps_those_who_ask_from_reclaiming_if_it_is_woken_early() {
    let given = |low: u64, high: u64| {
        json!({"n_cpus": 2, "memory_pages": 64, "cached_percent": 100, "n_requests": 100,
            "min_pages": 4, "low_pages": low, "high_pages": high})
    };
    assert!(0.0 < metric(&given(4, 4), "n_direct_stalls"));
    assert!(metric(&given(20, 30), "n_direct_stalls").abs() < 1e-9);
    assert!(0.0 < metric(&given(20, 30), "n_reclaimed_kswapd"));
}

#[test]
fn if_nothing_can_be_reclaimed_requests_fail() {
    let given = json!({"n_cpus": 2, "memory_pages": 16, "hold_pages": 100, "n_requests": 40,
        "batch_pages": 2, "high_pages": 12});
    assert!(0.0 < metric(&given, "n_failed"));
    let given = json!({"n_cpus": 2, "memory_pages": 64, "n_requests": 40});
    assert!(metric(&given, "n_failed").abs() < 1e-9);
}
