//! Lock contention: what one more thread brings when all of them need the same lock.
//!
//! # Model
//! Each thread goes round: it waits for a device, works on a CPU, takes a lock, holds it, gives it
//! back. Times of waiting and working vary evenly between half and one and a half of their mean. A
//! hand-over to a spinner costs a cache-line transfer for everybody who spins; a hand-over to a
//! sleeper costs a switch out and a switch in. Each number of threads is run from the start.
//! # Ties
//! Locks and CPUs are given in the order of asking. A free lock goes to the first in its queue, even
//! if that one still has to wake up.
//! # Left out
//! Pre-emption, so that whoever holds a spinlock keeps its CPU; memory bandwidth; time to copy and
//! to free versions under RCU.
//! # Source
//! `gunther-2007`, for the law of scaling; `ostep`, chapter 28, for spinning and sleeping.

use super::contention_run::{Lock, Point, Setup, point};
use super::contention_scene;
use super::paper;
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::paper::Paper;
use crate::scene::{Scene, number};
use serde::Deserialize;

pub(crate) struct Contention;

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    lock: Lock,
    n_threads: u32,
    n_cpus: u32,
    n_shards: u32,
    read_percent: u64,
    wait_ns: u64,
    work_ns: u64,
    hold_ns: u64,
    switch_ns: u64,
    bounce_ns: u64,
    kappa_ppm: u64,
    seed: u64,
}

/// The points so far: one for each number of threads.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) points: Vec<Point>,
}

/// What else the picture shows beside the points.
#[derive(Debug, Clone, Copy)]
pub(super) struct Laws {
    /// Share of a pass that is done under the lock.
    pub(super) serial: f64,
    kappa: f64,
    pub(super) n_cpus: f64,
    /// Threads that keep all CPUs busy.
    pub(super) pool: f64,
}

impl Laws {
    pub(super) fn amdahl(&self, n: f64) -> f64 {
        n / (1.0 + self.serial * (n - 1.0))
    }

    /// The universal scalability law: Amdahl's, less what everybody costs everybody else.
    pub(super) fn usl(&self, n: f64) -> f64 {
        n / (1.0 + self.serial * (n - 1.0) + self.kappa * n * (n - 1.0))
    }
}

const fn time(key: &'static str, label: &'static str, min: i64, preset: i64) -> Field {
    Field::new(key, label, Kind::Int { min, max: 100_000_000 }).unit("ns").or(Preset::Int(preset))
}

impl Engine for Contention {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "sync/contention",
        title: "Lock contention",
        summary: "Threads share a lock; more of them bring less and less, and then less than before.",
        look_for: "Find the number of threads from which one more makes everything slower.",
        source: "gunther-2007/6",
        time_unit: "threads",
        markers: &["flat", "falls"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new(
            "lock",
            "Lock",
            Kind::Choice(&[
                ("spin", "Spinlock"),
                ("sleep", "Mutex that sleeps"),
                ("read_write", "Read-write lock"),
                ("rcu", "RCU: readers take no lock"),
            ]),
        )
        .or(Preset::Text("spin")),
        Field::new("n_threads", "Threads up to", Kind::Int { min: 2, max: 96 }).or(Preset::Int(32)),
        Field::new("n_cpus", "CPUs", Kind::Int { min: 1, max: 128 }).or(Preset::Int(32)),
        Field::new("n_shards", "Locks", Kind::Int { min: 1, max: 64 })
            .help("The data is cut into so many parts, each with a lock of its own.")
            .or(Preset::Int(1)),
        Field::new("read_percent", "Reads", Kind::Int { min: 0, max: 100 })
            .unit("%")
            .help("They go in together with a read-write lock, and need none under RCU.")
            .or(Preset::Int(0)),
        time("wait_ns", "Waits for a device", 0, 0),
        time("work_ns", "Works alone", 1, 9_500),
        time("hold_ns", "Holds the lock", 0, 500),
        time("switch_ns", "Switch of threads", 0, 1_500),
        time("bounce_ns", "Cache-line transfer", 0, 60)
            .help("Paid at each hand-over for everybody who spins."),
        Field::new("kappa_ppm", "Kappa of the law", Kind::Int { min: 0, max: 100_000 })
            .unit("ppm")
            .help("What each pair of threads costs in the universal scalability law.")
            .or(Preset::Int(1_000)),
        Field::new("seed", "Seed", Kind::Int { min: 0, max: 999_999 }).or(Preset::Int(1)),
    ];
    const PAPER: Option<Paper> = Some(paper::CONTENTION);
    const EXAMPLE: &'static str = r#"{"lock": "spin"}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let setup = setup(scenario);
        let mut points: Vec<Point> = Vec::new();
        for n in 1..=scenario.n_threads {
            points.push(point(&setup, n));
            let (tag, say) = tell(&setup, &points);
            let answer = ["grows", "flat", "falls"].iter().position(|&it| it == tag);
            let shot = || {
                let options = ["it grows", "it stays", "it falls"].map(ToOwned::to_owned).to_vec();
                let shot = Shot::new(say, State { points: points.clone() });
                match n {
                    1 => shot,
                    _ => shot.ask(
                        "What does one more thread do to the throughput?",
                        options,
                        answer.unwrap_or_default(),
                    ),
                }
            };
            log.step(u64::from(n), tag, shot)?;
        }
        metrics(&laws(scenario), &points, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        let Some(Frame { state, .. }) = past.last() else { return Scene::default() };
        contention_scene::scene(&setup(scenario), &laws(scenario), &state.points)
    }
}

fn setup(scenario: &Scenario) -> Setup {
    let Scenario { lock, n_cpus, n_shards, read_percent, wait_ns, .. } = *scenario;
    let Scenario { work_ns, hold_ns, switch_ns, bounce_ns, seed, .. } = *scenario;
    Setup {
        lock,
        n_cpus,
        n_shards,
        read_percent,
        wait_ns,
        work_ns,
        hold_ns,
        switch_ns,
        bounce_ns,
        seed,
    }
}

fn laws(scenario: &Scenario) -> Laws {
    let busy = (scenario.work_ns + scenario.hold_ns) as f64;
    let n_cpus = f64::from(scenario.n_cpus);
    Laws {
        serial: scenario.hold_ns as f64 / busy,
        kappa: scenario.kappa_ppm as f64 / 1e6,
        n_cpus,
        pool: n_cpus * (1.0 + scenario.wait_ns as f64 / busy),
    }
}

impl Point {
    /// Passes a second.
    pub(super) fn rate(&self) -> f64 {
        self.n_passes as f64 * 1e9 / self.time_ns as f64
    }

    pub(super) fn wait_us(&self) -> f64 {
        self.wait_sum_ns as f64 / 1e3 / self.n_passes.max(1) as f64
    }

    /// Share of the time in which a lock kept others out.
    pub(super) fn lock_busy(&self, setup: &Setup) -> f64 {
        let all = self.time_ns as f64 * f64::from(setup.n_shards);
        (self.lock_busy_ns as f64 / all).min(1.0)
    }

    pub(super) fn cpu_busy(&self, setup: &Setup) -> f64 {
        (self.cpu_busy_ns as f64 / self.time_ns as f64 / f64::from(setup.n_cpus)).min(1.0)
    }

    /// Share of the CPU time in use that went into spinning and switching.
    pub(super) fn lost(&self) -> f64 {
        (self.cpu_lost_ns as f64 / self.cpu_busy_ns.max(1) as f64).min(1.0)
    }
}

fn percent(share: f64) -> String {
    format!("{}%", number(share * 100.0, 0))
}

/// Tag and sentence of the newest point.
fn tell(setup: &Setup, points: &[Point]) -> (&'static str, String) {
    let Some(now) = points.last() else { return ("start", String::new()) };
    let rate = number(now.rate(), 0);
    let Some(before) = points.len().checked_sub(2).map(|at| &points[at]) else {
        let say = format!("One thread makes {rate} passes a second, because nobody is in its way.");
        return ("start", say);
    };
    let change = now.rate() / before.rate() - 1.0;
    let tag = match change {
        it if 0.01 < it => "grows",
        it if it < -0.01 => "falls",
        _ => "flat",
    };
    let lock = percent(now.lock_busy(setup));
    let why = if 0.95 < now.cpu_busy(setup) && now.lost() < 0.02 {
        format!("all {} CPUs are busy", setup.n_cpus)
    } else if 0.85 < now.lock_busy(setup) && now.lost() < 0.02 {
        format!("the lock keeps others out {lock} of the time")
    } else if 0.85 < now.lock_busy(setup) {
        format!(
            "the lock keeps others out {lock} of the time, and {} of the CPU time goes into waiting for it",
            percent(now.lost())
        )
    } else if setup.hold_ns == 0 {
        format!("the CPUs are busy only {} of the time", percent(now.cpu_busy(setup)))
    } else {
        format!("the lock keeps others out only {lock} of the time")
    };
    let than = match tag {
        "grows" => format!("{} more than before", percent(change)),
        "falls" => format!("{} less than before", percent(-change)),
        _ => "as many as before".to_owned(),
    };
    let n = now.n_threads;
    (tag, format!("With {n} threads there are {rate} passes a second, {than}, because {why}."))
}

fn metrics(laws: &Laws, points: &[Point], log: &mut Log<State>) {
    let Some(last) = points.last() else { return };
    let best = points.iter().fold(last, |best, it| if best.rate() < it.rate() { it } else { best });
    let unit = "passes/s";
    log.metric("throughput", "Throughput", last.rate(), unit, Better::Higher);
    log.metric("throughput_max", "Most throughput", best.rate(), unit, Better::Higher);
    let n_best = f64::from(best.n_threads);
    log.metric("n_threads_best", "Threads for that", n_best, "threads", Better::Neither);
    log.metric("wait_us_mean", "Mean wait for the lock", last.wait_us(), "µs", Better::Lower);
    let late = last.wait_99_ns as f64 / 1e3;
    log.metric("wait_us_p99", "Wait that 1 of 100 exceeds", late, "µs", Better::Lower);
    log.metric("cpu_lost", "CPU time lost to waiting", last.lost(), "", Better::Lower);
    log.metric(
        "pool_size",
        "Threads that keep all CPUs busy",
        laws.pool,
        "threads",
        Better::Neither,
    );
    for n in [2_u32, 8, 32] {
        let (amdahl, usl) = (laws.amdahl(f64::from(n)), laws.usl(f64::from(n)));
        log.metric_of("amdahl", &n.to_string(), "Speed-up by Amdahl", amdahl, "");
        log.metric_of("usl", &n.to_string(), "Speed-up by the universal law", usl, "");
        if let Some(it) = points.iter().find(|it| it.n_threads == n) {
            let speed_up = it.rate() / points[0].rate();
            log.metric_of("speed_up", &n.to_string(), "Speed-up", speed_up, "");
        }
    }
    if 0.0 < laws.serial {
        let max = 1.0 / laws.serial;
        log.metric("amdahl_max", "Most speed-up by Amdahl", max, "", Better::Higher);
    }
}

#[cfg(test)]
mod tests {
    use super::super::contention_run::{Lock, Setup, point};
    use crate::{Mode, engine};
    use serde_json::{Value, json};

    fn run(scenario: &Value) -> crate::Run {
        engine("sync/contention").unwrap().run(scenario, Mode::MetricsOnly).unwrap()
    }

    fn near(got: f64, want: f64) {
        assert!((got - want).abs() < 0.0006, "{got} is not {want}");
    }

    #[test]
    fn amdahl_as_in_the_reference() {
        let rows = [
            (1, 100.0, [1.98, 7.477, 24.427]),
            (5, 20.0, [1.905, 5.926, 12.549]),
            (10, 10.0, [1.818, 4.706, 7.805]),
            (20, 5.0, [1.667, 3.333, 4.444]),
            (50, 2.0, [1.333, 1.778, 1.939]),
        ];
        for (serial, max, want) in rows {
            let run = run(&json!({"work_ns": 100 - serial, "hold_ns": serial, "n_threads": 2}));
            near(run.metric("amdahl_max").unwrap(), max);
            for (n, want) in [2, 8, 32].iter().zip(want) {
                near(run.metric(&format!("amdahl.{n}")).unwrap(), want);
            }
        }
    }

    #[test]
    fn pool_size_003_is_what_the_run_needs() {
        let scenario = json!({"n_cpus": 8, "wait_ns": 90_000_000, "work_ns": 10_000_000,
            "hold_ns": 0, "n_threads": 80});
        let run = run(&scenario);
        assert_eq!(run.metric("pool_size"), Some(80.0));
        // 8 CPUs make 800 passes a second at most.
        let rate = run.metric("throughput").unwrap();
        assert!((660.0..=810.0).contains(&rate), "{rate}");
    }

    fn setup(lock: Lock) -> Setup {
        Setup {
            lock,
            n_cpus: 64,
            n_shards: 1,
            read_percent: 0,
            wait_ns: 0,
            work_ns: 9_000,
            hold_ns: 1_000,
            switch_ns: 1_500,
            bounce_ns: 60,
            seed: 1,
        }
    }

    #[test]
    fn no_throughput_above_its_bounds() {
        for lock in [Lock::Spin, Lock::Sleep, Lock::ReadWrite, Lock::Rcu] {
            for n in [1, 2, 5, 10, 20, 64] {
                let point = point(&setup(lock), n);
                // The lock passes one at a time, and no round is shorter than half its work.
                assert!(point.rate() <= 1e6 + 1_000.0, "{lock:?} {n}: {}", point.rate());
                assert!(point.rate() <= f64::from(n) * 1e9 / 5_500.0);
                assert!(point.cpu_busy_ns <= point.time_ns * 64);
            }
            let alone = point(&setup(lock), 1).rate();
            assert!((96e3..104e3).contains(&alone), "{alone}");
        }
    }

    #[test]
    fn spinning_collapses_and_each_remedy_helps() {
        let spin = setup(Lock::Spin);
        let peak = (1..=24).map(|n| point(&spin, n).rate()).fold(0.0, f64::max);
        let many = point(&spin, 64).rate();
        assert!(many < 0.5 * peak, "{many} of {peak}");
        let without = Setup { bounce_ns: 0, ..spin.clone() };
        assert!(950e3 < point(&without, 64).rate(), "a queue without cost is flat");
        let sharded = Setup { n_shards: 16, ..spin.clone() };
        assert!(3.0 * many < point(&sharded, 64).rate());
        let reads = |lock| point(&Setup { lock, read_percent: 100, ..spin.clone() }, 64).rate();
        let [read_write, rcu] = [Lock::ReadWrite, Lock::Rcu].map(reads);
        assert!(many < read_write && read_write < rcu, "{many} {read_write} {rcu}");
        assert!(6e6 < rcu, "readers under RCU do not wait: {rcu}");
    }

    #[test]
    fn a_mutex_that_sleeps_is_limited_by_its_hand_overs() {
        let point = point(&setup(Lock::Sleep), 64);
        // Hold and switch in: 2.5 microseconds each.
        assert!((350e3..=401e3).contains(&point.rate()), "{}", point.rate());
        assert!(point.cpu_busy_ns < point.time_ns * 32, "most threads sleep");
    }
}
