//! What every single-CPU policy keeps, over random workloads; and slow, obvious oracles.

use crate::scene::{Gantt, Lane, Panel, Span, Tone};
use crate::{Mode, Rng, Run, engine};
use serde_json::{Value, json};

/// Every policy on the kernel.
const POLICIES: &[&str] = &[
    "cpu/fcfs",
    "cpu/sjf",
    "cpu/srtf",
    "cpu/priority",
    "cpu/round_robin",
    "cpu/multilevel_queue",
    "cpu/mlfq",
    "cpu/lottery",
    "cpu/stride",
    "cpu/cfs",
    "cpu/eevdf",
];

fn run(id: &str, scenario: &Value, mode: Mode) -> Run {
    let found = engine(id).unwrap().run(scenario, mode);
    found.unwrap_or_else(|error| panic!("{id} {scenario}: {error}"))
}

fn metric(run: &Run, key: &str) -> u64 {
    let value = run.metric(key).unwrap_or_else(|| panic!("no {key}"));
    assert!(value.fract() == 0.0 && 0.0 <= value, "{key} is {value}");
    value as u64
}

fn timeline(run: &Run) -> Gantt {
    let scene = run.scene(usize::MAX);
    let Some(Panel::Gantt(gantt)) = scene.panel("timeline") else { panic!("no timeline") };
    gantt.clone()
}

/// The spans of a lane in one tone, as start and end.
fn spans(lane: &Lane, tone: Tone) -> Vec<(u64, u64)> {
    let of = lane.spans.iter().filter(|span| span.mark.tone == tone);
    of.map(|span| (span.start, span.end)).collect()
}

fn total(spans: &[(u64, u64)]) -> u64 {
    spans.iter().map(|(start, end)| end - start).sum()
}

fn pick<'a>(rng: &mut Rng, words: &[&'a str]) -> &'a str {
    words[usize::try_from(rng.below(u64::try_from(words.len()).unwrap())).unwrap()]
}

fn bursts(rng: &mut Rng, n_most: u64) -> Vec<u64> {
    let n = 2 * rng.below(n_most) + 1;
    (0..n).map(|_| rng.between(1, 7)).collect()
}

/// A small workload with everything in it.
fn workload(rng: &mut Rng) -> Value {
    let (n_jobs, span) = (rng.between(1, 7), rng.below(25));
    let jobs: Vec<Value> = (0..n_jobs)
        .map(|_| {
            json!({
                "arrival_ticks": rng.between(0, span),
                "bursts_ticks": bursts(rng, 4),
                "priority": rng.below(5),
                "nice": i64::try_from(rng.below(40)).unwrap() - 20,
                "tickets": rng.between(1, 300),
            })
        })
        .collect();
    json!({
        "jobs": jobs,
        "quantum_ticks": rng.between(1, 5),
        "switch_cost_ticks": rng.below(3) * rng.below(2),
        "tie": pick(rng, &["arrival_first", "preempted_first"]),
    })
}

/// The workload with random settings of one engine.
fn with_settings(id: &str, workload: &Value, rng: &mut Rng) -> Value {
    let mut scenario = workload.clone();
    let mut set = |key: &str, value: Value| scenario[key] = value;
    match id {
        "cpu/priority" => {
            set("preemptive", json!(rng.below(2) == 0));
            set("aging_ticks", json!(rng.below(4)));
        }
        "cpu/multilevel_queue" => {
            set("class_quanta_ticks", json!([rng.below(4), rng.below(4), rng.below(4)]));
        }
        "cpu/mlfq" => {
            set("quanta_ticks", json!([rng.between(1, 3), rng.between(1, 5), rng.between(1, 9)]));
            set("allotments_quanta", json!([rng.between(1, 3), rng.between(1, 2)]));
            set("boost_ticks", json!(rng.below(2) * rng.between(1, 20)));
            set("rule", json!(pick(rng, &["allotment", "fresh_after_io"])));
            set("after_io", json!(pick(rng, &["tail", "head", "cpu"])));
        }
        "cpu/lottery" => set("seed", json!(rng.below(1_000))),
        "cpu/cfs" => {
            set("decide", json!(pick(rng, &["kernel", "every_tick", "exact"])));
            set("timer_ticks", json!(rng.between(1, 4)));
            set("latency_us", json!(rng.between(1_000, 20_000)));
            set("wakeup_granularity_us", json!(rng.below(4_000)));
            set("placement", json!(pick(rng, &["min", "debit"])));
            set("sleeper", json!(pick(rng, &["none", "half", "full"])));
        }
        "cpu/eevdf" => {
            set("slice_ticks", json!(rng.between(1, 4)));
            set("on_wakeup", json!(pick(rng, &["finish", "preempt"])));
            set("keep_lag", json!(rng.below(2) == 0));
        }
        _ => {}
    }
    scenario
}

/// Calls `law` with every policy and many scenarios.
fn for_all(seed: u64, n_rounds: u32, mut law: impl FnMut(&str, &Value, &Run)) {
    let mut rng = Rng::new(seed);
    for _ in 0..n_rounds {
        let workload = workload(&mut rng);
        for id in POLICIES {
            let scenario = with_settings(id, &workload, &mut rng);
            law(id, &scenario, &run(id, &scenario, Mode::Frames));
        }
    }
}

#[test]
fn each_job_gets_exactly_its_bursts_and_never_before_it_arrives() {
    for_all(1, 80, |id, scenario, run| {
        let gantt = timeline(run);
        for (job, lane) in scenario["jobs"].as_array().unwrap().iter().zip(&gantt.lanes[1..]) {
            let bursts: Vec<u64> = job["bursts_ticks"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it.as_u64().unwrap())
                .collect();
            // CPU time between two stretches of I/O is one burst.
            let mut got = vec![0];
            for Span { start, end, mark } in &lane.spans {
                match mark.tone {
                    Tone::Running => *got.last_mut().unwrap() += end - start,
                    Tone::Blocked => got.extend([end - start, 0]),
                    _ => {}
                }
            }
            assert_eq!(got, bursts, "{id} {scenario}");
            let first = lane.spans.first().unwrap().start;
            assert_eq!(first, job["arrival_ticks"].as_u64().unwrap(), "{id} {scenario}");
        }
    });
}

#[test]
fn the_cpu_runs_one_job_at_a_time_and_is_never_idle_with_work_ready() {
    for_all(2, 80, |id, scenario, run| {
        let gantt = timeline(run);
        let (cpu, jobs) = (&gantt.lanes[0], &gantt.lanes[1..]);
        let mut all: Vec<(u64, u64)> =
            jobs.iter().flat_map(|lane| spans(lane, Tone::Running)).collect();
        all.sort_unstable();
        assert_eq!(all, spans(cpu, Tone::Running), "{id} {scenario}");
        assert!(cpu.spans.windows(2).all(|it| it[0].end == it[1].start), "{id} {scenario}");
        for (start, end) in spans(cpu, Tone::Idle) {
            let ready = jobs.iter().flat_map(|lane| spans(lane, Tone::Ready));
            let idles = ready.filter(|it| start < it.1 && it.0 < end).count();
            assert_eq!(idles, 0, "{id} {scenario}: idle from {start} to {end}");
        }
    });
}

#[test]
fn the_numbers_are_those_of_the_timeline() {
    for_all(3, 80, |id, scenario, run| {
        let gantt = timeline(run);
        let mut waiting_sum = 0;
        for (job, lane) in scenario["jobs"].as_array().unwrap().iter().zip(&gantt.lanes[1..]) {
            let of = |key: &str| metric(run, &format!("{key}.{}", lane.label));
            let (ran, waited) = (spans(lane, Tone::Running), spans(lane, Tone::Ready));
            let (cpu, io) = (total(&ran), total(&spans(lane, Tone::Blocked)));
            let arrival = job["arrival_ticks"].as_u64().unwrap();
            assert_eq!(of("start_ticks"), ran[0].0, "{id} {scenario}");
            assert_eq!(of("finish_ticks"), ran.last().unwrap().1, "{id} {scenario}");
            assert_eq!(of("waiting_ticks"), total(&waited), "{id} {scenario}");
            assert_eq!(of("turnaround_ticks"), of("finish_ticks") - arrival, "{id} {scenario}");
            assert_eq!(of("turnaround_ticks"), of("waiting_ticks") + cpu + io, "{id} {scenario}");
            assert_eq!(of("response_ticks"), of("start_ticks") - arrival, "{id} {scenario}");
            waiting_sum += of("waiting_ticks");
        }
        let mean = waiting_sum as f64 / (gantt.lanes.len() - 1) as f64;
        assert_eq!(run.metric("waiting_ticks_mean"), Some(mean), "{id} {scenario}");
        let cpu = &gantt.lanes[0];
        let cost = scenario["switch_cost_ticks"].as_u64().unwrap();
        let n_switches = metric(run, "n_switches");
        assert_eq!(total(&spans(cpu, Tone::Overhead)), n_switches * cost, "{id} {scenario}");
        if cost == 0 {
            let mut ran: Vec<_> = cpu.spans.iter().filter_map(|it| it.mark.actor).collect();
            ran.dedup();
            assert_eq!(n_switches, u64::try_from(ran.len() - 1).unwrap(), "{id} {scenario}");
        }
        let fairness = run.metric("fairness_jain").unwrap();
        assert!(0.0 < fairness && fairness < 1.0 + 1e-9, "{id} {scenario}: {fairness}");
    });
}

#[test]
fn the_order_of_the_rows_means_nothing_if_no_two_arrivals_are_equal() {
    let mut rng = Rng::new(4);
    for _ in 0..60 {
        let mut workload = workload(&mut rng);
        let jobs = workload["jobs"].as_array_mut().unwrap();
        for (row, job) in jobs.iter_mut().enumerate() {
            job["name"] = json!(format!("J{row}"));
            job["arrival_ticks"] = json!(row * 5 + 1);
        }
        for id in POLICIES.iter().filter(|id| **id != "cpu/lottery") {
            let mut scenario = with_settings(id, &workload, &mut rng);
            let one = run(id, &scenario, Mode::MetricsOnly);
            scenario["jobs"].as_array_mut().unwrap().reverse();
            let two = run(id, &scenario, Mode::MetricsOnly);
            for metric in &one.metrics {
                let other = two.metric(&metric.key).unwrap();
                assert!((metric.value - other).abs() < 1e-9, "{id} {scenario}: {}", metric.key);
            }
        }
    }
}

/// The least sum of waiting times over all pre-emptive schedules, tick by tick.
fn least_waiting(jobs: &[(u64, u64)]) -> u64 {
    fn best(
        now: u64,
        left: &mut Vec<u64>,
        jobs: &[(u64, u64)],
        known: &mut std::collections::BTreeMap<(u64, Vec<u64>), u64>,
    ) -> u64 {
        if left.iter().all(|&it| it == 0) {
            return 0;
        }
        if let Some(&sum) = known.get(&(now, left.clone())) {
            return sum;
        }
        let here: Vec<usize> =
            (0..jobs.len()).filter(|&job| jobs[job].0 <= now && 0 < left[job]).collect();
        let mut least = if here.is_empty() { best(now + 1, left, jobs, known) } else { u64::MAX };
        for &job in &here {
            left[job] -= 1;
            let waiting = u64::try_from(here.len() - 1).unwrap();
            least = least.min(waiting + best(now + 1, left, jobs, known));
            left[job] += 1;
        }
        known.insert((now, left.clone()), least);
        least
    }
    let mut left = jobs.iter().map(|job| job.1).collect();
    best(0, &mut left, jobs, &mut std::collections::BTreeMap::new())
}

fn simple(jobs: &[(u64, u64)]) -> Value {
    let row =
        |&(arrival, burst): &(u64, u64)| json!({"arrival_ticks": arrival, "burst_ticks": burst});
    json!({"jobs": jobs.iter().map(row).collect::<Vec<_>>()})
}

fn waiting_sum(id: &str, scenario: &Value, n_jobs: usize) -> u64 {
    let mean = run(id, scenario, Mode::MetricsOnly).metric("waiting_ticks_mean").unwrap();
    (mean * n_jobs as f64).round() as u64
}

#[test]
fn shortest_remaining_time_waits_least_of_all_schedules() {
    let mut rng = Rng::new(5);
    for _ in 0..150 {
        let n_jobs = rng.between(1, 4);
        let jobs: Vec<(u64, u64)> =
            (0..n_jobs).map(|_| (rng.below(8), rng.between(1, 5))).collect();
        let scenario = simple(&jobs);
        let least = least_waiting(&jobs);
        assert_eq!(waiting_sum("cpu/srtf", &scenario, jobs.len()), least, "{jobs:?}");
        for id in POLICIES {
            assert!(least <= waiting_sum(id, &scenario, jobs.len()), "{id} {jobs:?}");
        }
    }
}

/// The least sum of waiting times over all orders of jobs that are all there at 0.
fn least_order(bursts: &mut Vec<u64>, from: usize) -> u64 {
    if from == bursts.len() {
        let n = u64::try_from(bursts.len()).unwrap();
        return (1..=n).rev().zip(bursts.iter()).map(|(behind, burst)| (behind - 1) * burst).sum();
    }
    let mut least = u64::MAX;
    for at in from..bursts.len() {
        bursts.swap(from, at);
        least = least.min(least_order(bursts, from + 1));
        bursts.swap(from, at);
    }
    least
}

#[test]
fn shortest_job_first_is_the_best_order_if_all_are_there_at_the_start() {
    let mut rng = Rng::new(6);
    for _ in 0..40 {
        let n_jobs = rng.between(1, 7);
        let jobs: Vec<(u64, u64)> = (0..n_jobs).map(|_| (0, rng.between(1, 30))).collect();
        let mut bursts = jobs.iter().map(|job| job.1).collect();
        let least = least_order(&mut bursts, 0);
        assert_eq!(waiting_sum("cpu/sjf", &simple(&jobs), jobs.len()), least, "{jobs:?}");
    }
}

#[test]
fn a_round_robin_job_stays_past_its_quantum_only_if_no_other_is_ready() {
    let mut rng = Rng::new(7);
    for _ in 0..150 {
        let scenario = workload(&mut rng);
        let quantum = scenario["quantum_ticks"].as_u64().unwrap();
        let gantt = timeline(&run("cpu/round_robin", &scenario, Mode::Frames));
        let ready: Vec<(u64, u64)> =
            gantt.lanes[1..].iter().flat_map(|lane| spans(lane, Tone::Ready)).collect();
        for (start, end) in spans(&gantt.lanes[0], Tone::Running) {
            let mut ends = start + quantum;
            while ends < end {
                let waits = ready.iter().any(|it| it.0 < ends && ends < it.1);
                assert!(!waits, "{scenario}: {start} to {end}");
                ends += quantum;
            }
        }
    }
}

#[test]
fn no_job_gets_more_than_its_allotment_in_a_queue_under_rule_four() {
    let mut rng = Rng::new(8);
    for _ in 0..80 {
        let mut scenario = with_settings("cpu/mlfq", &workload(&mut rng), &mut rng);
        scenario["rule"] = json!("allotment");
        scenario["boost_ticks"] = json!(0);
        let run = run("cpu/mlfq", &scenario, Mode::Frames);
        let n_jobs = scenario["jobs"].as_array().unwrap().len();
        let mut used = vec![[0_u64; 3]; n_jobs];
        for at in 0..run.len() - 1 {
            let scene = run.scene(at);
            let (Some(Panel::Queue(queue)), Some(Panel::Table(levels))) =
                (scene.panel("ready"), scene.panel("levels"))
            else {
                panic!("no queues")
            };
            let Some(mark) = queue.rows[0].marks.first().filter(|it| it.tone == Tone::Running)
            else {
                continue;
            };
            let job = usize::from(mark.actor.unwrap());
            let level = levels.rows[job].cells[1].text[1..].parse::<usize>().unwrap();
            used[job][level] += run.step(at + 1).unwrap().time - run.step(at).unwrap().time;
        }
        for level in 0..2 {
            let quantum = scenario["quanta_ticks"][level].as_u64().unwrap();
            let most = quantum * scenario["allotments_quanta"][level].as_u64().unwrap();
            assert!(used.iter().all(|it| it[level] <= most), "{scenario}: {used:?}");
        }
    }
}

#[test]
fn lottery_shares_come_close_to_the_tickets() {
    for seed in 0..5 {
        let scenario = json!({"quantum_ticks": 1, "seed": seed, "jobs": [
            {"name": "A", "burst_ticks": 9_000, "tickets": 300},
            {"name": "B", "burst_ticks": 10_000, "tickets": 100}]});
        let run = run("cpu/lottery", &scenario, Mode::MetricsOnly);
        let share = 9_000.0 / run.metric("finish_ticks.A").unwrap();
        assert!((share - 0.75).abs() < 0.02, "seed {seed}: {share}");
    }
}

#[test]
fn stride_passes_stay_within_a_quantum_of_each_other() {
    let mut rng = Rng::new(9);
    for _ in 0..40 {
        let tickets: Vec<u64> = (0..rng.between(2, 5)).map(|_| 10 * rng.between(1, 20)).collect();
        let quantum = rng.between(1, 4);
        let rows: Vec<Value> =
            tickets.iter().map(|it| json!({"burst_ticks": 60, "tickets": it})).collect();
        let scenario = json!({"quantum_ticks": quantum, "big": 1_000_000, "jobs": rows});
        let run = run("cpu/stride", &scenario, Mode::Frames);
        let gantt = timeline(&run);
        let finish = |lane: &Lane| spans(lane, Tone::Running).last().unwrap().1;
        let end = gantt.lanes[1..].iter().map(finish).min().unwrap();
        for time in 0..end {
            let virtual_time = |job: usize| {
                let ran = spans(&gantt.lanes[job + 1], Tone::Running);
                let ran: u64 = ran.iter().map(|it| it.1.min(time).saturating_sub(it.0)).sum();
                ran as f64 / tickets[job] as f64
            };
            let all: Vec<f64> = (0..tickets.len()).map(virtual_time).collect();
            let spread = all.iter().copied().fold(f64::MIN, f64::max)
                - all.iter().copied().fold(f64::MAX, f64::min);
            let most = quantum as f64 / *tickets.iter().min().unwrap() as f64;
            assert!(spread <= most * 1.05, "{scenario} at {time}: {spread} of {most}");
        }
    }
}

#[test]
fn two_hundred_jobs_one_job_and_equal_jobs_run_under_every_policy() {
    let row =
        |n: u64| json!({"arrival_ticks": n % 50, "bursts_ticks": [3, 2, 2], "priority": n % 7});
    let many: Vec<Value> = (0..200).map(row).collect();
    let equal: Vec<Value> = (0..5).map(|_| json!({"arrival_ticks": 3, "burst_ticks": 4})).collect();
    for id in POLICIES {
        let run_of = |jobs: &[Value]| run(id, &json!({"jobs": jobs}), Mode::Frames);
        let run = run_of(&many);
        // 200 times 5 ticks of CPU; the I/O of the last job may leave the CPU idle.
        assert!((1_000..1_010).contains(&metric(&run, "makespan_ticks")), "{id}");
        assert!(!run.scene(run.len() / 2).to_text().is_empty());
        let run = run_of(&equal);
        assert_eq!(metric(&run, "makespan_ticks"), 20, "{id}");
        assert_eq!(metric(&run, "idle_ticks"), 0, "{id}");
        let run = run_of(&[json!({"arrival_ticks": 5, "bursts_ticks": [10_000, 1, 10_000]})]);
        assert_eq!(metric(&run, "finish_ticks.P1"), 20_006, "{id}");
        assert_eq!(metric(&run, "n_switches"), 0, "{id}");
        assert_eq!(metric(&run, "waiting_ticks.P1"), 0, "{id}");
        assert_eq!(run.step(0).map(|it| it.tag), Some("idle"), "{id}");
    }
}

#[test]
fn a_run_with_too_many_steps_is_refused() {
    let rows: Vec<Value> = (0..200).map(|_| json!({"burst_ticks": 10_000})).collect();
    let scenario = json!({"quantum_ticks": 1, "jobs": rows});
    let told = engine("cpu/round_robin").unwrap().run(&scenario, Mode::MetricsOnly).unwrap_err();
    assert!(told.to_string().contains("250000 steps"), "{told}");
}
