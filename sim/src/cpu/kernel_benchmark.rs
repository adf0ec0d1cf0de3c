//! The benchmark of the course under every policy, against schedules worked out beforehand.
//!
//! Five jobs, arrival and burst: P1 0 7, P2 2 4, P3 4 1, P4 5 4, P5 6 6. A row holds the engine,
//! its settings, the schedule as job digit, start and end of every span, the mean waiting,
//! turnaround and response time in tenths, and the switches.

use crate::scene::{Panel, Tone};
use crate::{Mode, Run, engine};
use serde_json::{Value, json};

type Expected = (&'static str, &'static str, &'static str, [u64; 3], u64);

const FCFS: &str = "1 0 7, 2 7 11, 3 11 12, 4 12 16, 5 16 22";
const ROWS: &[Expected] = &[
    ("cpu/fcfs", "{}", FCFS, [58, 102, 58], 4),
    ("cpu/sjf", "{}", "1 0 7, 3 7 8, 2 8 12, 4 12 16, 5 16 22", [52, 96, 52], 4),
    ("cpu/srtf", "{}", "1 0 2, 2 2 4, 3 4 5, 2 5 7, 4 7 11, 1 11 16, 5 16 22", [44, 88, 24], 6),
    ("cpu/priority", "{}", "1 0 2, 2 2 6, 4 6 10, 1 10 15, 3 15 16, 5 16 22", [60, 104, 44], 5),
    (
        "cpu/priority",
        r#"{"preemptive": false}"#,
        "1 0 7, 2 7 11, 4 11 15, 3 15 16, 5 16 22",
        [64, 108, 64],
        4,
    ),
    (
        "cpu/round_robin",
        r#"{"quantum_ticks": 1}"#,
        "1 0 2, 2 2 3, 1 3 4, 2 4 5, 3 5 6, 1 6 7, 4 7 8, 2 8 9, 5 9 10, 1 10 11, 4 11 12, \
         2 12 13, 5 13 14, 1 14 15, 4 15 16, 5 16 17, 1 17 18, 4 18 19, 5 19 22",
        [78, 122, 12],
        18,
    ),
    (
        "cpu/round_robin",
        r#"{"quantum_ticks": 2}"#,
        "1 0 2, 2 2 4, 1 4 6, 3 6 7, 2 7 9, 4 9 11, 5 11 13, 1 13 15, 4 15 17, 5 17 19, 1 19 20, \
         5 20 22",
        [72, 116, 22],
        11,
    ),
    (
        "cpu/round_robin",
        r#"{"quantum_ticks": 2, "tie": "preempted_first"}"#,
        "1 0 4, 2 4 6, 1 6 8, 3 8 9, 4 9 11, 2 11 13, 5 13 15, 1 15 16, 4 16 18, 5 18 22",
        [78, 122, 34],
        9,
    ),
    (
        "cpu/round_robin",
        r#"{"quantum_ticks": 3}"#,
        "1 0 3, 2 3 6, 1 6 9, 3 9 10, 4 10 13, 5 13 16, 2 16 17, 1 17 18, 4 18 19, 5 19 22",
        [94, 138, 36],
        9,
    ),
    (
        "cpu/round_robin",
        r#"{"quantum_ticks": 4}"#,
        "1 0 4, 2 4 8, 3 8 9, 1 9 12, 4 12 16, 5 16 22",
        [56, 100, 46],
        5,
    ),
    (
        "cpu/round_robin",
        r#"{"quantum_ticks": 5}"#,
        "1 0 5, 2 5 9, 3 9 10, 4 10 14, 1 14 16, 5 16 22",
        [64, 108, 46],
        5,
    ),
    (
        "cpu/round_robin",
        r#"{"quantum_ticks": 6}"#,
        "1 0 6, 2 6 10, 3 10 11, 4 11 15, 5 15 21, 1 21 22",
        [80, 124, 50],
        5,
    ),
    ("cpu/round_robin", r#"{"quantum_ticks": 7}"#, FCFS, [58, 102, 58], 4),
    ("cpu/round_robin", r#"{"quantum_ticks": 8}"#, FCFS, [58, 102, 58], 4),
    ("cpu/mlfq", "{}", MLFQ, [82, 126, 2], 9),
    ("cpu/mlfq", r#"{"tie": "preempted_first"}"#, MLFQ, [82, 126, 2], 9),
    (
        "cpu/mlfq",
        r#"{"boost_ticks": 5}"#,
        "1 0 2, 2 2 4, 3 4 5, 4 5 7, 1 7 9, 2 9 10, 5 10 12, 4 12 14, 1 14 15, 2 15 16, 5 16 18, \
         1 18 20, 5 20 22",
        [76, 120, 8],
        12,
    ),
    (
        "cpu/mlfq",
        r#"{"boost_ticks": 10}"#,
        "1 0 2, 2 2 4, 3 4 5, 4 5 7, 5 7 9, 1 9 10, 2 10 12, 4 12 14, 5 14 16, 1 16 18, 5 18 20, \
         1 20 22",
        [68, 112, 2],
        11,
    ),
    ("cpu/cfs", r#"{"decide": "every_tick"}"#, CFS, [80, 124, 10], 18),
    (
        "cpu/cfs",
        r#"{"decide": "every_tick", "tie": "preempted_first"}"#,
        "1 0 3, 2 3 4, 1 4 5, 2 5 6, 3 6 7, 4 7 8, 5 8 9, 1 9 10, 2 10 11, 4 11 12, 5 12 13, \
         1 13 14, 2 14 15, 4 15 16, 5 16 17, 1 17 18, 4 18 19, 5 19 22",
        [84, 128, 14],
        17,
    ),
    (
        "cpu/cfs",
        "{}",
        "1 0 3, 2 3 5, 1 5 7, 3 7 8, 4 8 10, 5 10 12, 2 12 14, 1 14 16, 4 16 18, 5 18 22",
        [78, 122, 22],
        9,
    ),
    (
        "cpu/cfs",
        r#"{"latency_us": 24000, "min_granularity_us": 3000, "wakeup_granularity_us": 4000,
            "timer_ticks": 4}"#,
        FCFS,
        [58, 102, 58],
        4,
    ),
    (
        "cpu/cfs",
        r#"{"latency_us": 24000, "min_granularity_us": 3000, "wakeup_granularity_us": 4000}"#,
        "1 0 6, 2 6 10, 3 10 11, 4 11 15, 5 15 21, 1 21 22",
        [80, 124, 50],
        5,
    ),
    ("cpu/eevdf", r#"{"slice_ticks": 1}"#, CFS, [80, 124, 10], 18),
    (
        "cpu/eevdf",
        r#"{"slice_ticks": 2}"#,
        "1 0 2, 2 2 4, 1 4 6, 3 6 7, 4 7 9, 5 9 11, 2 11 13, 1 13 15, 4 15 17, 5 17 19, 1 19 20, \
         5 20 22",
        [80, 124, 14],
        11,
    ),
    (
        "cpu/eevdf",
        r#"{"slice_ticks": 3}"#,
        "1 0 3, 2 3 6, 1 6 9, 3 9 10, 4 10 13, 5 13 16, 2 16 17, 1 17 18, 4 18 19, 5 19 22",
        [94, 138, 36],
        9,
    ),
];
/// Also what the eligible deadlines of slices of one tick give.
const CFS: &str = "1 0 2, 2 2 3, 1 3 4, 2 4 5, 3 5 6, 1 6 7, 4 7 8, 5 8 9, 2 9 10, 1 10 11, \
    4 11 12, 5 12 13, 2 13 14, 1 14 15, 4 15 16, 5 16 17, 1 17 18, 4 18 19, 5 19 22";
const MLFQ: &str = "1 0 2, 2 2 4, 3 4 5, 4 5 7, 5 7 9, 1 9 13, 2 13 15, 4 15 17, 5 17 21, 1 21 22";

/// Runs the five jobs with these settings.
pub(super) fn run(id: &str, settings: &str) -> Run {
    let mut scenario: Value = serde_json::from_str(settings).unwrap();
    scenario["jobs"] = json!([
        {"arrival_ticks": 0, "burst_ticks": 7, "priority": 3},
        {"arrival_ticks": 2, "burst_ticks": 4, "priority": 1},
        {"arrival_ticks": 4, "burst_ticks": 1, "priority": 4},
        {"arrival_ticks": 5, "burst_ticks": 4, "priority": 2},
        {"arrival_ticks": 6, "burst_ticks": 6, "priority": 5},
    ]);
    engine(id).unwrap().run(&scenario, Mode::Frames).unwrap()
}

/// The spans of the CPU in which a job ran: actor, start, end.
pub(super) fn ran(run: &Run) -> Vec<(u16, u64, u64)> {
    let scene = run.scene(usize::MAX);
    let Some(Panel::Gantt(gantt)) = scene.panel("timeline") else { panic!("no timeline") };
    let spans = gantt.lanes[0].spans.iter().filter(|span| span.mark.tone == Tone::Running);
    spans.map(|span| (span.mark.actor.unwrap(), span.start, span.end)).collect()
}

#[test]
fn every_policy_gives_the_schedule_worked_out_for_the_benchmark() {
    for &(id, settings, schedule, [waiting, turnaround, response], n_switches) in ROWS {
        let run = run(id, settings);
        let spans: Vec<String> = ran(&run)
            .iter()
            .map(|(job, start, end)| format!("{} {start} {end}", job + 1))
            .collect();
        assert_eq!(spans.join(", "), schedule, "{id} {settings}");
        let tenths = |key: &str| (run.metric(key).unwrap() * 10.0).round() as u64;
        let means = ["waiting_ticks_mean", "turnaround_ticks_mean", "response_ticks_mean"];
        assert_eq!(means.map(tenths), [waiting, turnaround, response], "{id} {settings}");
        assert_eq!(run.metric("n_switches"), Some(n_switches as f64), "{id} {settings}");
        assert_eq!(run.metric("makespan_ticks"), Some(22.0), "{id} {settings}");
    }
}

#[test]
fn the_numbers_of_each_job_are_those_of_round_robin_with_quantum_two() {
    let run = run("cpu/round_robin", r#"{"quantum_ticks": 2}"#);
    let keys = ["start_ticks", "finish_ticks", "waiting_ticks", "turnaround_ticks"];
    let of = |name: &str| keys.map(|key| run.metric(&format!("{key}.{name}")).unwrap() as u64);
    assert_eq!(of("P1"), [0, 20, 13, 20]);
    assert_eq!(of("P2"), [2, 9, 3, 7]);
    assert_eq!(of("P3"), [6, 7, 2, 3]);
    assert_eq!(of("P4"), [9, 17, 8, 12]);
    assert_eq!(of("P5"), [11, 22, 10, 16]);
}

#[test]
fn shortest_job_first_gives_the_textbook_wait_for_three_jobs() {
    let text = r#"{"jobs": [{"burst_ticks": 6}, {"burst_ticks": 2}, {"burst_ticks": 8}]}"#;
    for id in ["cpu/sjf", "cpu/srtf"] {
        let run = engine(id).unwrap().run_text(text, Mode::Frames).unwrap();
        assert_eq!(ran(&run), [(1, 0, 2), (0, 2, 8), (2, 8, 16)]);
        let mean = run.metric("waiting_ticks_mean").unwrap();
        assert!((mean - 10.0 / 3.0).abs() < 1e-9, "{mean}");
    }
}

#[test]
fn jobs_sink_and_rise_as_worked_out_for_the_benchmark() {
    let run = run("cpu/mlfq", r#"{"boost_ticks": 10}"#);
    let steps = (0..run.len()).filter_map(|at| run.step(at));
    let moves: Vec<String> = steps
        .filter(|step| ["demote", "boost"].contains(&step.tag))
        .map(|step| format!("{} {}", step.time, step.say.split(' ').next().unwrap()))
        .collect();
    assert_eq!(moves, ["2 P1", "4 P2", "7 P4", "9 P5", "10 All", "16 P5", "18 P1", "20 All"]);
}
