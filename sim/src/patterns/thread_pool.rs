//! A thread pool: a few workers, a queue with a bound, and a rule for what does not fit.
//!
//! # Model
//! One caller submits tasks as they come. An idle worker takes one at once; otherwise it waits in
//! the queue; when that is full, a worker is added if that is allowed, and else the policy decides.
//! A task first waits for something outside and then computes on a core; it may then give a child
//! to the same pool and wait for it. Cores are given in the order of asking, and nobody is
//! pre-empted. With bulkheads each kind of task has a pool of its own, and the workers are divided.
//! # Ties
//! At one moment tasks end first, then workers take from the queue, then tasks are submitted.
//! Workers are asked by number, tasks submitted by row.
//! # Left out
//! The time of switching and of the queue's lock; workers that go when they are idle; children
//! that are refused: the bound is for tasks that come from outside.
//! # Source
//! `goetz-2006/8` for sizes and policies, `java-executor` for adding workers last.

use super::pool_run::{Did, Policy, Setup, Size, Task, World};
use super::pool_scene;
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

pub(crate) struct ThreadPool;

/// Most tasks of a scenario.
const TASKS_MAX: usize = 1_000;

#[derive(Debug, Deserialize)]
pub(super) struct Raw {
    kinds: Vec<Row>,
    n_workers: usize,
    n_workers_max: Option<usize>,
    n_places: Option<usize>,
    policy: Policy,
    bulkheads: bool,
    n_cores: usize,
    patience_ms: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    n: usize,
    first_ms: u64,
    gap_ms: u64,
    wait_ms: u64,
    compute_ms: u64,
    asks: bool,
}

/// The same, with one entry for each task.
#[derive(Debug, Deserialize)]
#[serde(from = "Raw")]
pub(crate) struct Scenario {
    pub(super) setup: Setup,
    n_tasks: usize,
    /// Workers that keep all cores busy, by the formula.
    pool_size: f64,
    /// When it all ends.
    pub(super) end_ms: u64,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) world: World,
    pub(super) did: Option<Did>,
}

impl From<Raw> for Scenario {
    fn from(raw: Raw) -> Self {
        let n_tasks = raw.kinds.iter().map(|it| it.n).sum();
        let mut tasks = Vec::new();
        for (kind, row) in raw.kinds.iter().enumerate().filter(|_| n_tasks <= TASKS_MAX) {
            tasks.extend((0..row.n).map(|at| task(row, kind, at)));
        }
        crate::order::by_key(&mut tasks, |it| (it.arrive, it.kind));
        let n_pools = if raw.bulkheads { raw.kinds.len() } else { 1 };
        let share = |n: usize, at: usize| (n / n_pools + usize::from(at < n % n_pools)).max(1);
        let size = |at: usize| {
            let workers = share(raw.n_workers, at);
            Size {
                workers,
                workers_max: raw.n_workers_max.map_or(workers, |it| share(it, at).max(workers)),
                places: raw.n_places.map(|it| it / n_pools + usize::from(at < it % n_pools)),
            }
        };
        let (wait, compute) = raw.kinds.iter().fold((0, 0), |(wait, compute), it| {
            (wait + it.wait_ms * it.n as u64, compute + it.compute_ms * it.n as u64)
        });
        let ratio = if compute == 0 { 0.0 } else { wait as f64 / compute as f64 };
        let setup = Setup {
            tasks,
            kinds: raw.kinds.into_iter().map(|it| it.name).collect(),
            policy: raw.policy,
            n_cores: raw.n_cores,
            pools: (0..n_pools).map(size).collect(),
            patience: raw.patience_ms,
        };
        let mut world = World::new(&setup);
        while !matches!(world.next(&setup), Did::End | Did::Starved) {}
        let pool_size = setup.n_cores as f64 * (1.0 + ratio);
        Self { setup, n_tasks, pool_size, end_ms: world.now }
    }
}

fn task(row: &Row, kind: usize, at: usize) -> Task {
    let name = match row.n {
        1 => row.name.clone(),
        _ if row.name.ends_with(|it: char| it.is_ascii_digit()) => {
            format!("{}.{}", row.name, at + 1)
        }
        _ => format!("{}{}", row.name, at + 1),
    };
    let arrive = row.first_ms + row.gap_ms * at as u64;
    let (wait, compute) = (row.wait_ms, row.compute_ms);
    Task { name, kind, arrive, wait, compute, asks: row.asks }
}

const fn ms(key: &'static str, label: &'static str, max: i64, preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min: 0, max }).unit("ms").or(Preset::Int(preset))
}

const KINDS: &[Field] = &[
    Field::new("name", "Kind", Kind::Name { max_chars: 8 }).or(Preset::Numbered("T")),
    Field::new("n", "Tasks", Kind::Int { min: 1, max: 1_000 }).or(Preset::Int(1)),
    ms("first_ms", "First comes at", 60_000, 0),
    ms("gap_ms", "Time between two", 60_000, 0),
    ms("wait_ms", "Waits", 60_000, 0)
        .help("For a disk, a database, another service: without a core."),
    ms("compute_ms", "Computes", 10_000, 10),
    Field::new("asks", "Waits for a child", Kind::Flag)
        .help(
            "At its end it gives a task that computes as long to the same pool, and waits for it.",
        )
        .or(Preset::Flag(false)),
];

impl Engine for ThreadPool {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "patterns/thread_pool",
        title: "Thread pool",
        summary: "A few workers take tasks from a queue; a full queue makes somebody decide.",
        look_for: "Watch what happens to the task that finds the queue full, and who pays for it.",
        source: "goetz-2006/8",
        time_unit: "ms",
        markers: &["full", "grow", "no_core", "starved"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new("kinds", "Tasks", Kind::Rows { columns: KINDS, len_min: 1, len_max: 8 }),
        Field::new("n_workers", "Workers", Kind::Int { min: 1, max: 128 }).or(Preset::Int(2)),
        Field::new("n_workers_max", "Workers at most", Kind::Int { min: 1, max: 128 })
            .help("More are made only while the queue is full, as Java does. Left out: none.")
            .or(Preset::Unset),
        Field::new("n_places", "Places in the queue", Kind::Int { min: 0, max: 1_000 })
            .help("Left out: without a bound.")
            .or(Preset::Unset),
        Field::new(
            "policy",
            "If the queue is full",
            Kind::Choice(&[
                ("abort", "Refuse, and tell the caller"),
                ("caller_runs", "The caller runs it himself"),
                ("discard", "Drop it, and tell nobody"),
                ("discard_oldest", "Drop the oldest in the queue"),
            ]),
        )
        .or(Preset::Text("abort")),
        Field::new("bulkheads", "A pool for each kind", Kind::Flag)
            .help("Workers and places are divided among the kinds.")
            .or(Preset::Flag(false)),
        Field::new("n_cores", "Cores", Kind::Int { min: 1, max: 64 }).or(Preset::Int(8)),
        Field::new("patience_ms", "Clients wait for", Kind::Int { min: 1, max: 60_000 })
            .unit("ms")
            .help("A task that is done later is done for nobody. Left out: for ever.")
            .or(Preset::Unset),
    ];
    const EXAMPLE: &'static str = r#"{
        "kinds": [{"name": "T", "n": 7, "gap_ms": 1, "compute_ms": 10}],
        "n_workers": 2, "n_places": 3, "policy": "abort"
    }"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        if TASKS_MAX < scenario.n_tasks {
            let why = format!("{} tasks are more than {TASKS_MAX}", scenario.n_tasks);
            return Err(ScenarioError::one("/kinds", Fault::Conflict(why)));
        }
        let setup = &scenario.setup;
        let mut world = World::new(setup);
        log.step(0, "start", || {
            let say = pool_scene::start(setup);
            Shot::new(say, State { world: world.clone(), did: None })
        })?;
        let mut latencies = vec![Vec::new(); setup.kinds.len()];
        loop {
            let did = world.next(setup);
            if let Did::Done { id, latency, .. } = did {
                latencies[setup.tasks[id.task].kind].push(latency);
            }
            log.step(world.now, pool_scene::tag(&did), || {
                let shot = Shot::new(
                    pool_scene::say(setup, &world, &did),
                    State { world: world.clone(), did: Some(did) },
                );
                match pool_scene::ask(setup, &did) {
                    Some((question, answer)) => {
                        shot.ask(&question, pool_scene::FATES.map(str::to_owned).into(), answer)
                    }
                    None => shot,
                }
            })?;
            if matches!(did, Did::End | Did::Starved) {
                break;
            }
        }
        metrics(scenario, &world, &mut latencies, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        pool_scene::scene(scenario, past)
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        let setup = &scenario.setup;
        // A colour for each task, where there are few; else one for each kind.
        match pool_scene::by_task(setup) {
            true => setup.tasks.iter().map(|it| it.name.clone()).collect(),
            false => setup.kinds.clone(),
        }
    }
}

/// The least value that so many percent of a sorted list do not exceed; 0 of an empty one.
pub(super) fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

fn metrics(scenario: &Scenario, world: &World, latencies: &mut [Vec<u64>], log: &mut Log<State>) {
    let setup = &scenario.setup;
    let count = world.count;
    let mut all: Vec<u64> = latencies.concat();
    all.sort_unstable();
    for (key, label, percent) in [
        ("latency_ms_p50", "Latency, median", 50),
        ("latency_ms_p95", "Latency, 95th percentile", 95),
        ("latency_ms_p99", "Latency, 99th percentile", 99),
        ("latency_ms_max", "Longest latency", 100),
    ] {
        log.metric(key, label, percentile(&all, percent) as f64, "ms", Better::Lower);
    }
    let end = world.now.max(1) as f64;
    let done = f64::from(count.done);
    log.metric("throughput", "Throughput", done / end * 1_000.0, "tasks/s", Better::Higher);
    let busy = 100.0 * count.core_ms as f64 / (end * setup.n_cores as f64);
    log.metric("cores_busy", "Cores busy", busy, "%", Better::Higher);
    log.metric("done", "Done", done, "tasks", Better::Higher);
    for (key, label, n) in [
        ("refused", "Refused", count.refused),
        ("dropped", "Dropped", count.dropped),
        ("late", "Done for nobody", count.late),
    ] {
        log.metric(key, label, f64::from(n), "tasks", Better::Lower);
    }
    let by_caller = f64::from(count.by_caller);
    log.metric("by_caller", "Run by the caller", by_caller, "tasks", Better::Neither);
    let stuck = setup.tasks.len() as f64 - done - f64::from(count.refused + count.dropped);
    log.metric("stuck", "Never done", stuck, "tasks", Better::Lower);
    let longest = count.queue_max as f64;
    log.metric("queue_max", "Longest queue", longest, "tasks", Better::Lower);
    log.metric("end_ms", "End", world.now as f64, "ms", Better::Lower);
    log.metric(
        "pool_size",
        "Workers by the formula",
        scenario.pool_size,
        "workers",
        Better::Neither,
    );
    for (kind, name) in setup.kinds.iter().enumerate() {
        latencies[kind].sort_unstable();
        let p99 = percentile(&latencies[kind], 99);
        log.metric_of("latency_ms_p99", name, "99th percentile of latency", p99 as f64, "ms");
        log.metric_of("done", name, "Tasks done", latencies[kind].len() as f64, "tasks");
    }
}
