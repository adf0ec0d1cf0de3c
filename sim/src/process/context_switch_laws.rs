//! Laws of a context switch: sums of its parts, and misses against caches that are played out.

use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

fn run(scenario: &Value) -> Run {
    engine("process/context_switch").unwrap().run(scenario, Mode::Frames).unwrap()
}

fn metric(run: &Run, key: &str) -> f64 {
    run.metric(key).unwrap_or_else(|| panic!("no {key}"))
}

/// `context_switch_000`: rows, sums in cycles and in µs at 3 GHz, with and without `switch_mm`.
#[test]
fn the_reference_table_adds_up() {
    for (pick, with, without) in [(500, 1_300.0, 1_000.0), (2_000, 2_800.0, 2_500.0)] {
        let process = run(&json!({"pick_cycles": pick}));
        assert_eq!(metric(&process, "direct_cycles"), with);
        let thread = run(&json!({"pick_cycles": pick, "same_process": true}));
        assert_eq!(metric(&thread, "direct_cycles"), without);
    }
    let us = |pick: u64| metric(&run(&json!({"pick_cycles": pick})), "direct_ns") / 1_000.0;
    assert!((us(500) - 0.433).abs() < 0.001 && (us(2_000) - 0.933).abs() < 0.001);
    let rows = [("trap", 100), ("save", 200), ("switch_mm", 300), ("restore", 200)];
    for (row, cycles) in rows {
        let key = format!("part_cycles.{row}");
        assert_eq!(metric(&run(&json!({})), &key), f64::from(cycles), "{row}");
    }
}

/// `context_switch_000`: 50,000 switches a second of 1 µs are 5% of one core.
#[test]
fn fifty_thousand_switches_of_one_microsecond_take_a_twentieth_of_a_core() {
    let run = run(&json!({"pick_cycles": 2_200}));
    assert!((metric(&run, "direct_ns") - 1_000.0).abs() < 1e-9);
    assert!((metric(&run, "direct_share") - 0.05).abs() < 1e-12);
}

/// `context_switch_000`: bytes of the vector state.
#[test]
fn the_vector_state_has_the_bytes_of_its_layout() {
    for (vector, bytes) in [("none", 0.0), ("sse", 576.0), ("avx", 832.0), ("avx512", 2_696.0)] {
        let run = run(&json!({"vector": vector}));
        assert_eq!(metric(&run, "vector_bytes"), bytes);
    }
    let moved = metric(&run(&json!({"vector": "avx512"})), "direct_cycles");
    assert_eq!(moved, 1_300.0 + 2.0 * 337.0);
}

/// A store that gives up what was not used for longest; the newest stands last.
struct Store {
    room: usize,
    items: Vec<u64>,
}

impl Store {
    fn touch(&mut self, item: u64) -> bool {
        let found = self.items.iter().position(|&it| it == item);
        if let Some(at) = found {
            self.items.remove(at);
        } else if self.items.len() == self.room {
            self.items.remove(0);
        }
        self.items.push(item);
        found.is_some()
    }
}

/// Misses of T2 beyond those that it has without T1: T1 uses its own first, then what both use.
fn misses_played(set: u64, other: u64, shared: u64, room: u64, empties: bool) -> u64 {
    let missed = |turn: bool| {
        let mut store = Store { room: usize::try_from(room).unwrap(), items: Vec::new() };
        (0..set).rev().for_each(|it| _ = store.touch(it));
        if turn {
            (0..other - shared).for_each(|it| _ = store.touch(1_000_000 + it));
            (0..shared).rev().for_each(|it| _ = store.touch(it));
            if empties {
                store.items.clear();
            }
        }
        (0..set).filter(|&it| !store.touch(it)).count() as u64
    };
    missed(true) - missed(false)
}

#[test]
fn misses_are_those_of_stores_that_are_played_out() {
    let mut rng = Rng::new(21);
    for _ in 0..250 {
        let [set, other] = [rng.between(1, 24), rng.between(0, 24)];
        let shared = rng.between(0, set.min(other));
        let (cache, tlb) = (rng.between(1, 40), rng.between(1, 8));
        let (same, pcid) = (rng.below(2) == 0, rng.below(2) == 0);
        let scenario = json!({"set_kib": 4 * set, "other_kib": 4 * other, "shared_kib": 4 * shared,
            "cache_kib": cache, "tlb_entries": tlb, "same_process": same, "pcid": pcid});
        let run = run(&scenario);
        let lines = misses_played(64 * set, 64 * other, 64 * shared, 16 * cache, false);
        assert_eq!(metric(&run, "n_cache_misses"), lines as f64, "{scenario}");
        let both = if same { shared } else { 0 };
        let walks = misses_played(set, other, both, tlb, !same && !pcid);
        assert_eq!(metric(&run, "n_tlb_misses"), walks as f64, "{scenario}");
    }
}

#[test]
fn sums_equal_the_rows() {
    let mut rng = Rng::new(22);
    for _ in 0..300 {
        let part = |rng: &mut Rng| rng.below(3_000);
        let scenario = json!({
            "same_process": rng.below(2) == 0, "pcid": rng.below(2) == 0,
            "ibpb": rng.below(2) == 0, "vector": (["none", "sse", "avx", "avx512"])[rng.below(4) as usize],
            "trap_cycles": part(&mut rng), "save_cycles": part(&mut rng),
            "pick_cycles": part(&mut rng), "switch_mm_cycles": part(&mut rng),
            "restore_cycles": part(&mut rng), "set_kib": rng.between(1, 300),
            "other_kib": rng.below(300), "cache_kib": rng.between(1, 300),
            "overlap_misses": rng.between(1, 9)});
        let run = run(&scenario);
        let rows = run.metrics.iter().filter(|it| it.key.starts_with("part_cycles."));
        assert_eq!(rows.map(|it| it.value).sum::<f64>(), metric(&run, "direct_cycles"));
        let last = run.step(usize::MAX).unwrap();
        let sum = metric(&run, "direct_cycles") + metric(&run, "indirect_cycles");
        assert_eq!(last.time as f64, sum, "{scenario}");
        assert!(sum / 3.0 - metric(&run, "total_ns") < 1e-6);
        assert_eq!(last.tag, "warm");
        let bar = run.metric("part_cycles.switch_mm").is_some();
        assert_eq!(bar, scenario["same_process"] == false);
    }
}

#[test]
fn more_shared_than_used_is_refused() {
    let entry = engine("process/context_switch").unwrap();
    let wrong = json!({"set_kib": 8, "other_kib": 4, "shared_kib": 5});
    let told = entry.run(&wrong, Mode::MetricsOnly).unwrap_err().to_string();
    assert_eq!(told, "/shared_kib: both cannot use more than the one that uses less");
}
