//! What the pointers must keep.

use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

fn run(scenario: &Value) -> Run {
    engine("fs/inode_map").unwrap().run(scenario, Mode::MetricsOnly).unwrap()
}

#[track_caller]
fn metrics(run: &Run, expected: &[(&str, f64)]) {
    for (key, value) in expected {
        assert_eq!(run.metric(key), Some(*value), "{key}");
    }
}

#[test]
fn each_kind_costs_one_read_more() {
    // Reference: `inode_000`.
    let run = run(&json!({ "size_bytes": 4_402_345_721_856_u64,
        "offsets": [49_151, 49_152, 4_243_456, 4_299_210_752_u64, 4_402_345_721_855_u64] }));
    metrics(
        &run,
        &[
            ("reads.1", 1.0),
            ("reads.2", 2.0),
            ("reads.3", 3.0),
            ("reads.4", 4.0),
            ("reads.5", 4.0),
            ("pointers_per_block", 1_024.0),
            ("kind_bytes.direct", 49_152.0),
            ("kind_bytes.single", 4_194_304.0),
            ("kind_bytes.double", 4_294_967_296.0),
            ("kind_bytes.triple", 4_398_046_511_104.0),
            ("max_bytes", 4_402_345_721_856.0),
            ("last_block.direct", 11.0),
            ("first_block.triple", 1_049_612.0),
            ("last_block.triple", 1_074_791_435.0),
            ("extra_reads.triple", 3.0),
            ("n_inode_pointers", 15.0),
        ],
    );
}

#[test]
fn ten_direct_pointers_and_blocks_of_1_kib() {
    // Reference: `problem12_001`.
    let run = run(&json!({ "block": "1k", "direct": 10, "size_bytes": 0, "offset": 0 }));
    metrics(
        &run,
        &[
            ("pointers_per_block", 256.0),
            ("kind_bytes.direct", 10_240.0),
            ("kind_bytes.single", 262_144.0),
            ("kind_bytes.double", 67_108_864.0),
            ("kind_bytes.triple", 17_179_869_184.0),
            ("max_bytes", 17_247_250_432.0),
            ("n_reads", 0.0),
        ],
    );
    let gib = run.metric("max_gib").unwrap();
    assert!((gib - 16.0628).abs() < 0.0001, "{gib}");
}

#[test]
fn a_file_of_16_384_bytes_uses_four_pointers() {
    let run = run(&json!({ "size_bytes": 16_384, "offsets": [16_383, 16_384] }));
    let used = [("n_inode_pointers", 4.0), ("n_pointer_blocks", 0.0), ("reads.2", 0.0)];
    metrics(&run, &used);
}

#[test]
fn what_is_in_memory_never_costs_more_and_a_second_time_nothing() {
    let mut rng = Rng::new(6);
    for _ in 0..200 {
        let bits = 10 + rng.below(30);
        let size = 1 + rng.below(1 << bits);
        let offsets: Vec<u64> = (0..12).map(|_| rng.below(size)).collect();
        let reads = |memory: &str, offsets: &[u64]| {
            let scenario = json!({ "size_bytes": size, "offsets": offsets, "memory": memory });
            run(&scenario).metric("n_reads").unwrap()
        };
        let all = ["nothing", "inode", "pointers", "all"].map(|it| reads(it, &offsets));
        assert!(all.windows(2).all(|it| it[1] <= it[0]), "{all:?}");
        assert_eq!(all[0], all[1] + 12.0);
        let twice: Vec<u64> = offsets.iter().chain(&offsets).copied().collect();
        assert_eq!(reads("all", &twice), all[3]);
    }
}

#[test]
fn a_file_beyond_the_pointers_is_refused_at_its_field() {
    let scenario =
        json!({ "single": 0, "double": 0, "triple": 0, "size_bytes": 50_000, "offset": 0 });
    let told = engine("fs/inode_map").unwrap().run(&scenario, Mode::Frames).unwrap_err();
    assert_eq!(
        told.to_string(),
        "/size_bytes: these pointers reach only 49,152 bytes, 48 KiB in all"
    );
}
