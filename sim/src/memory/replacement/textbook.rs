//! Strings with known answers.

use super::laws::{frames, metric, run};
use crate::Mode;
use serde_json::json;

fn faults(id: &str, references: &str, n_frames: u32) -> u32 {
    let scenario = json!({"frames": n_frames, "references": references});
    metric(&run(id, &scenario, Mode::MetricsOnly), "n_faults")
}

const BELADY: &str = "1 2 3 4 1 2 5 1 2 3 4 5";

#[test]
fn belady_s_anomaly_more_frames_more_faults_under_fifo_alone() {
    assert_eq!((faults("memory/fifo", BELADY, 3), faults("memory/fifo", BELADY, 4)), (9, 10));
    assert_eq!((faults("memory/lru", BELADY, 3), faults("memory/lru", BELADY, 4)), (10, 8));
    assert_eq!((faults("memory/opt", BELADY, 3), faults("memory/opt", BELADY, 4)), (7, 6));
}

#[test]
fn the_string_of_silberschatz_chapter_10() {
    let string = "7 0 1 2 0 3 0 4 2 3 0 3 2 1 2 0 1 7 0 1";
    let all = ["memory/fifo", "memory/opt", "memory/lru"].map(|id| faults(id, string, 3));
    assert_eq!(all, [15, 9, 12]);
}

/// `expected.json` `problem5_001`.
#[test]
fn problem_5_with_every_number_of_frames() {
    let string = "1 2 3 4 1 2 5 6 7 8 1 2 3 4 5 6 7 8";
    let answers = [
        ("memory/lru", [18, 18, 18, 16, 16, 14, 14, 8, 8]),
        ("memory/fifo", [18, 18, 18, 16, 16, 16, 16, 8, 8]),
        ("memory/opt", [18, 15, 13, 12, 11, 10, 9, 8, 8]),
        ("memory/clock", [18, 18, 18, 16, 16, 16, 16, 8, 8]),
    ];
    for (id, expected) in answers {
        let got: Vec<u32> = (1..=9).map(|n_frames| faults(id, string, n_frames)).collect();
        assert_eq!(got, expected, "{id}");
    }
    let clock = json!({"frames": 4, "references": string});
    assert_eq!(frames(&run("memory/clock", &clock, Mode::MetricsOnly)), [5, 6, 7, 8]);
}

#[test]
fn a_loop_one_page_too_long_is_lost_on_lru_and_fifo_and_not_on_mru() {
    let string = "1-5x20";
    for id in ["memory/lru", "memory/fifo", "memory/clock"] {
        assert_eq!(faults(id, string, 4), 100, "{id}");
    }
    // Of five references in a row one misses or two do: 4 to fill, then 24 in 96.
    assert_eq!(faults("memory/mru", string, 4), 28);
    assert_eq!(faults("memory/opt", string, 4), faults("memory/mru", string, 4));
}

#[test]
fn a_scan_empties_lru_and_not_2q() {
    let scenario = |n_frames: u32| {
        json!({"frames": n_frames, "pattern": "scan", "locality_pages": 8, "phase_references": 100,
            "pages": 60, "n_references": 3_000})
    };
    let n = |id: &str| metric(&run(id, &scenario(16), Mode::MetricsOnly), "n_faults");
    assert!(
        n("memory/two_queue") < n("memory/lru"),
        "{} {}",
        n("memory/two_queue"),
        n("memory/lru")
    );
}

#[test]
fn the_enhanced_clock_writes_less_back() {
    let scenario = |enhanced: bool| {
        json!({"frames": 12, "pattern": "eighty_twenty", "pages": 40, "n_references": 2_000,
            "write_percent": 30, "enhanced": enhanced})
    };
    let n = |enhanced| {
        metric(&run("memory/clock", &scenario(enhanced), Mode::MetricsOnly), "n_writebacks")
    };
    assert!(n(true) < n(false));
}
