//! `io_uring`: requests and results go round in two rings that program and kernel share.
//!
//! # Model
//! The program writes up to a batch of requests into the submission ring and makes one call, which
//! takes them all, starts them and may sleep until so many results are there; then it fetches the
//! results from the completion ring without a call. Devices work on any number of requests at once.
//! A linked request starts when the one before it has succeeded, and is cancelled if that failed.
//! With a polling kernel thread no call is made while that thread is awake.
//! # Ties
//! Results of one moment are written in the order of submission.
//! # Left out
//! Registered files and buffers, multishot and provided buffers, cancelling and time limits, the
//! kernel's own worker threads and their number. A link ends with its batch, as in the kernel. With a
//! polling thread the program watches the completion ring instead of sleeping.
//! # Source
//! `axboe-2019`; `man-uring`. The prices of a call and of an operation are those of the course's
//! measurement with operations that do nothing, in batches of 1, 16 and 64.

use super::uring_run::{Program, State};
use super::uring_scene as scene;
use crate::engine::{Better, Engine, Frame, Log, Meta};
use crate::error::ScenarioError;
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct Uring;

/// When the program fetches results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fetch {
    Always,
    Late,
}

/// One request.
#[derive(Debug, Deserialize)]
pub(super) struct Operation {
    pub(super) name: String,
    pub(super) device_ns: u64,
    pub(super) link: bool,
    pub(super) fails: bool,
}

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(super) operations: Vec<Operation>,
    sq_entries: u32,
    cq_entries: Option<u32>,
    pub(super) batch: u32,
    pub(super) wait_for: u32,
    pub(super) fetch: Fetch,
    pub(super) sqpoll: bool,
    pub(super) idle_ns: u64,
    pub(super) pause_ns: u64,
    pub(super) enter_ns: u64,
    pub(super) op_ns: u64,
    pub(super) call_ns: u64,
    pub(super) work_ns: u64,
}

impl Scenario {
    /// Places of the submission ring: a power of two, as the kernel makes it.
    pub(super) fn sq_size(&self) -> u32 {
        self.sq_entries.next_power_of_two()
    }

    /// Places of the completion ring: twice as many, unless it was said.
    pub(super) fn cq_size(&self) -> u32 {
        self.cq_entries.map_or(2 * self.sq_size(), u32::next_power_of_two)
    }

    /// CPU time of `n` operations with `n_calls` of `io_uring_enter`.
    pub(super) const fn ring_ns(&self, n: u64, n_calls: u64) -> u64 {
        n * (self.op_ns + self.work_ns) + n_calls * self.enter_ns
    }

    /// CPU time of `n` operations with `n_calls` ordinary system calls.
    pub(super) const fn plain_ns(&self, n: u64, n_calls: u64) -> u64 {
        n * self.work_ns + n_calls * self.call_ns
    }
}

const OPERATION: &[Field] = &[
    Field::new("name", "Name", Kind::Name { max_chars: 6 }).or(Preset::Numbered("R")),
    Field::new("device_ns", "Takes", Kind::Int { min: 0, max: 10_000_000 })
        .unit("ns")
        .help("In the device, or until the other side sends; 0 for what can be had at once.")
        .or(Preset::Int(0)),
    Field::new("link", "The next one waits for it", Kind::Flag).or(Preset::Flag(false)),
    Field::new("fails", "Fails", Kind::Flag).or(Preset::Flag(false)),
];

const fn ns(key: &'static str, label: &'static str, help: &'static str, preset: i64) -> Field {
    let field = Field::new(key, label, Kind::Int { min: 0, max: 10_000_000 });
    field.unit("ns").help(help).or(Preset::Int(preset))
}

impl Engine for Uring {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "io/uring",
        title: "The two rings of io_uring",
        summary: "Requests go to the kernel in one ring, results come back in another, many to a call.",
        look_for: "Follow one request round, and count the system calls.",
        source: "axboe-2019/the rings",
        time_unit: "ns",
        markers: &["enter", "overflow", "cancel", "wake_poller"],
    };
    const FORM: &'static [Field] = &[
        Field::new(
            "operations",
            "Requests",
            Kind::Rows { columns: OPERATION, len_min: 1, len_max: 32 },
        ),
        Field::new("batch", "Requests for each call", Kind::Int { min: 1, max: 32 })
            .unit("requests")
            .or(Preset::Int(4)),
        Field::new("wait_for", "The call waits for", Kind::Int { min: 0, max: 32 })
            .unit("results")
            .help(
                "At most as many as are outstanding. When nothing is left to submit, at least one.",
            )
            .or(Preset::Int(1)),
        Field::new("sq_entries", "Submission ring", Kind::Int { min: 1, max: 32 })
            .unit("places")
            .help("Rounded up to a power of two.")
            .or(Preset::Int(4)),
        Field::new("cq_entries", "Completion ring", Kind::Int { min: 1, max: 64 })
            .unit("places")
            .help("Twice the submission ring if it is left out.")
            .or(Preset::Unset),
        Field::new(
            "fetch",
            "Results are fetched",
            Kind::Choice(&[
                ("always", "after each call"),
                ("late", "when all requests are submitted"),
            ]),
        )
        .or(Preset::Text("always")),
        Field::new("sqpoll", "Polling kernel thread", Kind::Flag)
            .help("IORING_SETUP_SQPOLL: a kernel thread watches the submission ring.")
            .or(Preset::Flag(false)),
        ns(
            "idle_ns",
            "It sleeps after",
            "Without new requests; then a call must wake it.",
            1_000_000,
        ),
        ns("pause_ns", "Pause between batches", "The program does something else.", 0),
        ns("enter_ns", "io_uring_enter", "The call itself, whatever it brings.", 115),
        ns("op_ns", "One request", "To write it, take it, and hand back its result.", 38),
        ns("work_ns", "Work of an operation", "Looking up, copying; the same in all ways.", 0),
        ns("call_ns", "An ordinary system call", "To compare with.", 74),
    ];
    const EXAMPLE: &'static str = r#"{"batch":4,"wait_for":2,"sq_entries":4,"operations":[
        {"name":"A","device_ns":80000},{"name":"B"},{"name":"C","device_ns":60000},
        {"name":"D","device_ns":90000},{"name":"E","device_ns":20000},{"name":"F"}]}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let state = Program::new(scenario).run(log)?;
        metrics(scenario, &state, log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        past.last().map_or_else(Scene::default, |last| scene::scene(scenario, &last.state))
    }

    fn actors(scenario: &Scenario) -> Vec<String> {
        scenario.operations.iter().map(|it| it.name.clone()).collect()
    }
}

fn metrics(scenario: &Scenario, state: &State, log: &mut Log<State>) {
    let n = scenario.operations.len() as u64;
    let (n_enters, n_epoll) = (state.enters.len() as u64, n + state.n_fetches);
    let mut add = |key, label, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    add("n_system_calls", "System calls with io_uring", n_enters, "calls", Better::Lower);
    add("n_calls_plain", "With a call each", n, "calls", Better::Lower);
    add("n_calls_epoll", "With epoll and a call each", n_epoll, "calls", Better::Lower);
    let cpu_ns = scenario.ring_ns(n, n_enters);
    add("cpu_ns", "CPU time with io_uring", cpu_ns, "ns", Better::Lower);
    add("cpu_ns_plain", "With a call each", scenario.plain_ns(n, n), "ns", Better::Lower);
    add("cpu_ns_epoll", "With epoll", scenario.plain_ns(n, n_epoll), "ns", Better::Lower);
    add("time_ns", "Until all results are fetched", state.now, "ns", Better::Lower);
    // One after the other, each waited for.
    let alone: u64 = scenario.operations.iter().map(|it| it.device_ns).sum();
    let serial_ns = alone + scenario.plain_ns(n, n);
    add("serial_ns", "One after the other", serial_ns, "ns", Better::Lower);
    add("n_overflows", "Results without a place", state.n_overflows, "results", Better::Lower);
    add("n_cancelled", "Cancelled", state.n_cancelled(), "requests", Better::Neither);
    add("n_wakes", "Wake-ups of the polling thread", state.n_wakes, "calls", Better::Lower);
    let per_op = cpu_ns as f64 / n as f64;
    log.metric("cpu_ns_mean", "CPU time for each request", per_op, "ns", Better::Lower);
}

#[cfg(test)]
mod tests {
    use crate::{Entry, Mode, Rng, Run, engine};
    use serde_json::{Value, json};

    fn entry() -> &'static Entry {
        engine("io/uring").unwrap()
    }

    fn run(scenario: &Value) -> Run {
        entry().run(scenario, Mode::MetricsOnly).unwrap()
    }

    fn metric(run: &Run, key: &str) -> u64 {
        run.metric(key).unwrap() as u64
    }

    fn random(rng: &mut Rng) -> Value {
        let operations: Vec<Value> = (0..rng.between(1, 20))
            .map(|_| {
                let (link, fails) = (rng.below(3) == 0, rng.below(5) == 0);
                json!({"device_ns": rng.below(4) * 10_000, "link": link, "fails": fails})
            })
            .collect();
        let fetch = ["always", "late"][rng.below(2) as usize];
        json!({"operations": operations, "batch": rng.between(1, 8), "fetch": fetch,
            "wait_for": rng.below(6), "sq_entries": rng.between(1, 8), "cq_entries": rng.between(1, 8),
            "sqpoll": rng.below(3) == 0, "idle_ns": rng.below(3) * 5_000,
            "pause_ns": rng.below(3) * 4_000})
    }

    /// Every request gets one result, and a chain is cancelled behind its first failure, looked up in
    /// the list of requests and nothing else.
    #[test]
    fn each_request_ends_once_and_links_are_kept() {
        let mut rng = Rng::new(5);
        for _ in 0..400 {
            let given = random(&mut rng);
            let got = entry().run(&given, Mode::Frames).unwrap();
            let operations = got.scenario["operations"].as_array().unwrap();
            let size = |key: &str| given[key].as_u64().unwrap();
            let batch = size("batch").min(size("sq_entries").next_power_of_two());
            let (mut dead, mut n_cancelled) = (false, 0);
            for (at, operation) in operations.iter().enumerate() {
                let linked =
                    !(at as u64).is_multiple_of(batch) && operations[at - 1]["link"] == json!(true);
                dead &= linked;
                n_cancelled += u64::from(dead);
                dead |= operation["fails"] == json!(true);
            }
            assert_eq!(metric(&got, "n_cancelled"), n_cancelled, "{given}");
            let fetched = (0..got.len()).filter(|&at| got.step(at).unwrap().tag == "fetch");
            assert!(0 < fetched.count(), "{given}");
            let last = got.scene(usize::MAX).to_text();
            let line = last.lines().find(|it| it.starts_with("Fetched")).unwrap();
            assert_eq!(line.matches(" (").count() - 1, operations.len(), "{given}\n{line}");
        }
    }

    #[test]
    fn calls_are_one_a_batch_when_nothing_waits() {
        let mut rng = Rng::new(6);
        for _ in 0..200 {
            let (n, batch) = (rng.between(1, 32), rng.between(1, 32));
            let operations = vec![json!({}); usize::try_from(n).unwrap()];
            let given = json!({"operations": operations, "batch": batch, "sq_entries": 32});
            let got = run(&given);
            assert_eq!(metric(&got, "n_system_calls"), n.div_ceil(batch), "{given}");
            assert_eq!(metric(&got, "n_calls_plain"), n);
            let mut polled = given.clone();
            polled["sqpoll"] = json!(true);
            assert_eq!(metric(&run(&polled), "n_system_calls"), 0, "{given}");
        }
    }

    /// The course's measurement of operations that do nothing: batch, ns for each.
    #[test]
    fn the_prices_are_near_those_measured() {
        for (batch, n, ns) in [(1, 32, 153.0), (16, 32, 45.0)] {
            let operations = vec![json!({}); n];
            let given = json!({"operations": operations, "batch": batch, "sq_entries": 32});
            let got = run(&given).metric("cpu_ns_mean").unwrap();
            assert!((0.97..1.03).contains(&(got / ns)), "{batch}: {got}");
            assert_eq!(run(&given).metric("cpu_ns_plain"), Some(74.0 * n as f64));
        }
    }

    #[test]
    fn waiting_together_takes_as_long_as_the_slowest() {
        let mut rng = Rng::new(7);
        for _ in 0..200 {
            let times: Vec<u64> = (0..rng.between(1, 32)).map(|_| rng.below(90_000)).collect();
            let operations: Vec<Value> = times.iter().map(|it| json!({"device_ns": it})).collect();
            let n = times.len() as u64;
            let given =
                json!({"operations": operations, "batch": 32, "sq_entries": 32, "wait_for": 32});
            let got = run(&given);
            // The call, then each request is started after the ones before it.
            let starts = times.iter().enumerate().map(|(at, it)| 115 + 38 * (at as u64 + 1) + it);
            let want = starts.max().unwrap().max(115 + 38 * n);
            assert_eq!(metric(&got, "time_ns"), want, "{given}");
            assert_eq!(metric(&got, "n_system_calls"), 1);
        }
    }

    #[test]
    fn results_without_a_place_wait_in_a_list_and_none_is_lost() {
        let operations = vec![json!({}); 8];
        let given = json!({"operations": operations, "batch": 2, "sq_entries": 2, "fetch": "late"});
        let late = run(&given);
        // Four places for eight results.
        assert_eq!(metric(&late, "n_overflows"), 4);
        assert_eq!(metric(&late, "n_system_calls"), 5);
        let mut always = given;
        always["fetch"] = json!("always");
        assert_eq!(metric(&run(&always), "n_overflows"), 0);
        assert_eq!(metric(&run(&always), "n_system_calls"), 4);
    }

    #[test]
    fn a_polling_thread_that_sleeps_needs_a_call_for_each_batch() {
        let operations = vec![json!({}); 6];
        let given = json!({"operations": operations, "batch": 2, "sqpoll": true,
            "idle_ns": 1_000, "pause_ns": 5_000});
        let got = run(&given);
        assert_eq!((metric(&got, "n_wakes"), metric(&got, "n_system_calls")), (2, 2));
    }
}
