//! The conventions of the single-CPU engines, one by one: who queues first, who pays, who is asked.

use super::kernel_benchmark::{ran, run as benchmark};
use crate::scene::Panel;
use crate::{Mode, Run, engine};

fn run(id: &str, text: &str) -> Run {
    engine(id).unwrap().run_text(text, Mode::Frames).unwrap_or_else(|error| panic!("{error}"))
}

/// The step's time and tag, and the first word of its sentence.
fn steps(run: &Run) -> Vec<String> {
    let steps = (0..run.len()).filter_map(|at| run.step(at));
    steps
        .map(|it| format!("{} {} {}", it.time, it.tag, it.say.split(' ').next().unwrap()))
        .collect()
}

/// The labels in a row of the queues after a step.
fn queue(run: &Run, at: usize, row: &str) -> String {
    let scene = run.scene(at);
    let Some(Panel::Queue(queue)) = scene.panel("ready") else { panic!("no queues") };
    let row = queue.rows.iter().find(|it| it.label == row).unwrap();
    row.marks.iter().map(|it| it.label.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_ready_queue_after_each_quantum_is_the_one_worked_out() {
    // The queue before the next dispatch, its head in front.
    let expected = [
        (2, "P2 P1"),
        (4, "P1 P3 P2"),
        (6, "P3 P2 P4 P5 P1"),
        (7, "P2 P4 P5 P1"),
        (9, "P4 P5 P1"),
        (11, "P5 P1 P4"),
        (13, "P1 P4 P5"),
        (15, "P4 P5 P1"),
        (17, "P5 P1"),
        (19, "P1 P5"),
        (20, "P5"),
    ];
    let run = benchmark("cpu/round_robin", r#"{"quantum_ticks": 2}"#);
    let got: Vec<(u64, String)> = (1..run.len())
        .filter(|&at| run.step(at).unwrap().tag == "dispatch" && 0 < run.step(at).unwrap().time)
        .map(|at| (run.step(at).unwrap().time, queue(&run, at - 1, "Ready")))
        .collect();
    assert_eq!(got, expected.map(|(time, jobs)| (time, jobs.to_owned())));
}

#[test]
fn each_choice_between_two_or_more_jobs_is_a_question_with_its_answer() {
    let run = benchmark("cpu/srtf", "{}");
    for at in 0..run.len() {
        let step = run.step(at).unwrap();
        let Some(ask) = &step.ask else { continue };
        let answer = &ask.options[usize::try_from(ask.answer).unwrap()];
        assert_eq!(step.tag, "dispatch");
        assert!(step.say.starts_with(&format!("{answer} runs")), "{}", step.say);
        assert_eq!(*answer, queue(&run, at, "CPU"));
    }
    let asked = (0..run.len()).filter(|&at| run.step(at).unwrap().ask.is_some()).count();
    assert_eq!(asked, 5);
}

#[test]
fn a_switch_costs_all_that_are_ready_and_the_first_one_is_free() {
    let text = r#"{"switch_cost_ticks": 3, "quantum_ticks": 4, "jobs": [
        {"name": "A", "burst_ticks": 4}, {"name": "B", "burst_ticks": 6}]}"#;
    let run = run("cpu/round_robin", text);
    assert_eq!(ran(&run), [(0, 0, 4), (1, 7, 13)]);
    assert_eq!(run.metric("waiting_ticks.B"), Some(7.0));
    assert_eq!(run.metric("response_ticks.B"), Some(7.0));
    assert_eq!(run.metric("n_switches"), Some(1.0));
    assert_eq!(run.metric("utilisation"), Some(10.0 / 13.0));
}

#[test]
fn a_job_that_comes_back_to_an_idle_cpu_is_no_switch() {
    let text = r#"{"switch_cost_ticks": 3, "jobs": [{"name": "A", "bursts_ticks": [2, 5, 2]}]}"#;
    let run = run("cpu/fcfs", text);
    assert_eq!(
        steps(&run),
        [
            "0 arrive A",
            "0 dispatch A",
            "2 block A",
            "2 idle The",
            "7 wake A",
            "7 dispatch A",
            "9 finish A"
        ]
    );
    assert_eq!(run.metric("n_switches"), Some(0.0));
    assert_eq!(run.metric("utilisation"), Some(4.0 / 9.0));
}

#[test]
fn a_switch_that_has_begun_is_finished_even_if_a_better_job_comes() {
    let text = r#"{"switch_cost_ticks": 4, "jobs": [{"name": "A", "burst_ticks": 3},
        {"name": "B", "burst_ticks": 9}, {"name": "C", "arrival_ticks": 5, "burst_ticks": 1}]}"#;
    let run = run("cpu/srtf", text);
    assert_eq!(ran(&run), [(0, 0, 3), (2, 11, 12), (1, 16, 25)]);
    assert_eq!(run.metric("n_switches"), Some(3.0));
    assert_eq!(run.metric("start_ticks.B"), Some(16.0));
}

#[test]
fn at_one_moment_the_earlier_arrival_queues_first_then_the_row() {
    // At 4 job A comes back from I/O as B and C arrive.
    let text = r#"{"jobs": [{"name": "C", "arrival_ticks": 4, "burst_ticks": 1},
        {"name": "B", "arrival_ticks": 4, "burst_ticks": 1},
        {"name": "A", "bursts_ticks": [1, 3, 1]}]}"#;
    let run = run("cpu/fcfs", text);
    assert_eq!(ran(&run), [(2, 0, 1), (2, 4, 5), (0, 5, 6), (1, 6, 7)]);
}

#[test]
fn the_order_at_the_end_of_a_quantum_is_a_setting() {
    let text = |tie: &str| {
        format!(
            r#"{{"quantum_ticks": 2, "tie": "{tie}", "jobs": [
            {{"name": "A", "burst_ticks": 4}}, {{"name": "B", "burst_ticks": 2}},
            {{"name": "C", "arrival_ticks": 2, "burst_ticks": 2}}]}}"#
        )
    };
    let order = |tie: &str| {
        ran(&run("cpu/round_robin", &text(tie))).iter().map(|it| it.0).collect::<Vec<_>>()
    };
    assert_eq!(order("arrival_first"), [0, 1, 2, 0]);
    assert_eq!(order("preempted_first"), [0, 1, 0, 2]);
}

#[test]
fn aging_lets_the_low_job_in_before_the_stream_of_high_ones_ends() {
    let text = |aging| {
        format!(
            r#"{{"aging_ticks": {aging}, "jobs": [
            {{"name": "Low", "burst_ticks": 2, "priority": 9}},
            {{"burst_ticks": 9, "priority": 4}},
            {{"arrival_ticks": 8, "burst_ticks": 9, "priority": 4}},
            {{"arrival_ticks": 16, "burst_ticks": 9, "priority": 4}}]}}"#
        )
    };
    let start = |aging| run("cpu/priority", &text(aging)).metric("start_ticks.Low");
    assert_eq!(start(0), Some(27.0));
    // After 10 ticks it is at 4, an equal of the others; after 12 at 3, ahead of the running one.
    assert_eq!(start(2), Some(12.0));
}

/// Part of the CPU that a job which blocks just in time gets while the other one computes.
fn gamed(rule: &str) -> f64 {
    let text = format!(
        r#"{{"quanta_ticks": [10, 20, 40], "rule": "{rule}", "jobs": [
        {{"name": "Gamer", "bursts_ticks": [9,1,9,1,9,1,9,1,9,1,9,1,9,1,9]}},
        {{"name": "Honest", "burst_ticks": 400}}]}}"#
    );
    72.0 / run("cpu/mlfq", &text).metric("finish_ticks.Gamer").unwrap()
}

#[test]
fn the_old_rules_can_be_gamed_and_rule_four_cannot() {
    assert!(0.75 < gamed("fresh_after_io"), "{}", gamed("fresh_after_io"));
    assert!(gamed("allotment") < 0.5, "{}", gamed("allotment"));
}

#[test]
fn a_job_may_go_past_the_running_one_of_its_queue_after_io() {
    let text = |after_io: &str| {
        format!(
            r#"{{"quanta_ticks": [8], "after_io": "{after_io}", "jobs": [
            {{"name": "Io", "bursts_ticks": [1, 4, 1]}}, {{"name": "A", "burst_ticks": 6}},
            {{"name": "B", "burst_ticks": 6}}]}}"#
        )
    };
    let order = |after_io: &str| ran(&run("cpu/mlfq", &text(after_io)));
    assert_eq!(order("tail"), [(0, 0, 1), (1, 1, 7), (2, 7, 13), (0, 13, 14)]);
    assert_eq!(order("head"), [(0, 0, 1), (1, 1, 7), (0, 7, 8), (2, 8, 14)]);
    assert_eq!(order("cpu"), [(0, 0, 1), (1, 1, 5), (0, 5, 6), (1, 6, 8), (2, 8, 14)]);
}

#[test]
fn a_class_runs_only_while_those_above_are_empty() {
    let text = r#"{"class_quanta_ticks": [2, 0], "jobs": [
        {"name": "Low", "burst_ticks": 5, "priority": 7},
        {"name": "A", "arrival_ticks": 1, "burst_ticks": 3, "priority": 0},
        {"name": "B", "arrival_ticks": 2, "burst_ticks": 3, "priority": 0}]}"#;
    let run = run("cpu/multilevel_queue", text);
    assert_eq!(ran(&run), [(0, 0, 1), (1, 1, 3), (2, 3, 5), (1, 5, 6), (2, 6, 7), (0, 7, 11)]);
}

#[test]
fn a_seed_draws_the_same_tickets_for_ever() {
    let text = r#"{"quantum_ticks": 1, "seed": 1, "jobs": [
        {"burst_ticks": 6, "tickets": 50}, {"burst_ticks": 6, "tickets": 50}]}"#;
    let order: Vec<_> = ran(&run("cpu/lottery", text));
    let ticks: Vec<u16> = order
        .iter()
        .flat_map(|it| std::iter::repeat_n(it.0, usize::try_from(it.2 - it.1).unwrap()))
        .collect();
    // Worked out apart from this code, from the generator alone.
    assert_eq!(ticks, [1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0]);
}

#[test]
fn a_late_job_starts_at_the_lowest_pass() {
    let text = r#"{"quantum_ticks": 1, "jobs": [{"burst_ticks": 20},
        {"arrival_ticks": 10, "burst_ticks": 10}]}"#;
    let first = ran(&run("cpu/stride", text))[..4].to_vec();
    // At 10 both are at the same pass, and the earlier arrival goes first.
    assert_eq!(first, [(0, 0, 11), (1, 11, 12), (0, 12, 13), (1, 13, 14)]);
}
