//! Readiness: one call that sleeps for many descriptors, made in four ways.
//!
//! # Model
//! A program watches descriptors with consecutive numbers for reading, and calls in rounds. Before
//! each call some of the silent ones get data; a call that finds none sleeps until one comes.
//! select and poll are given the whole set at each call and ask every descriptor; epoll and kqueue
//! were given it once, and each arrival puts its descriptor on a ready list. What is copied, asked
//! and looked at is counted, and each count has a price that can be set. After each call the
//! program reads everything that was reported.
//! # Ties
//! Arrivals are spread over the set in a fixed order. The ready list is first come, first served.
//! # Left out
//! The reads themselves, which cost the same for all. Entering a list of waiters and leaving it is
//! part of asking. The set for writing, time limits, edge triggering, several threads. Adding to
//! epoll's tree has one price, though it grows slowly with the tree. The time asleep costs nothing.
//! # Source
//! `tlpi`, chapter 63; `lemon-2001`. The prices are those of the course's measurements with one
//! ready descriptor of 10 to 1,000; sizes are those of 64-bit Linux, for kqueue of macOS.

use super::readiness_run::{Kernel, Phase, State};
use super::readiness_scene as scene;
use crate::engine::{Engine, Frame, Log, Meta};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use serde::Deserialize;

/// The engine.
pub(crate) struct Readiness;

/// The four calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Api {
    Select,
    Poll,
    Epoll,
    Kqueue,
}

pub(super) const APIS: [Api; 4] = [Api::Select, Api::Poll, Api::Epoll, Api::Kqueue];

impl Api {
    /// The call that waits.
    pub(super) const fn call(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Poll => "poll",
            Self::Epoll => "epoll_wait",
            Self::Kqueue => "kevent",
        }
    }

    /// Whether the kernel keeps the set between calls.
    pub(super) const fn keeps(self) -> bool {
        matches!(self, Self::Epoll | Self::Kqueue)
    }

    /// Bytes of one entry: of poll's array, of an event of the others.
    pub(super) const fn change_bytes(self) -> u64 {
        match self {
            Self::Select => 0,
            Self::Poll => 8,
            Self::Epoll => 12,
            Self::Kqueue => 32,
        }
    }
}

/// What the reader sets.
#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(super) api: Api,
    pub(super) n_watched: u64,
    pub(super) first_fd: u64,
    arrivals: Vec<u64>,
    pub(super) set_size: u64,
    pub(super) events_max: u64,
    call_ns: u64,
    ask_ns: u64,
    look_ns: u64,
    event_ns: u64,
    add_ns: u64,
    copy_ns: u64,
}

/// What one call took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(super) in_bytes: u64,
    pub(super) out_bytes: u64,
    /// Descriptors that the kernel asked whether they are ready.
    pub(super) n_asked: u64,
    /// Bits or entries that kernel and program passed on their way.
    pub(super) n_looked: u64,
    /// Events that were taken from a ready list.
    pub(super) n_events: u64,
    pub(super) n_reported: u64,
    pub(super) n_calls: u64,
    pub(super) n_added: u64,
}

impl Scenario {
    /// The number of the descriptor at a place of the set.
    pub(super) fn fd(&self, place: u32) -> u64 {
        self.first_fd + u64::from(place)
    }
}

impl Cost {
    /// Its price.
    pub(super) fn ns(&self, scenario: &Scenario) -> u64 {
        self.n_calls * scenario.call_ns
            + self.n_asked * scenario.ask_ns
            + self.n_looked * scenario.look_ns
            + self.n_events * scenario.event_ns
            + self.n_added * scenario.add_ns
            + (self.in_bytes + self.out_bytes) * scenario.copy_ns / 1024
    }

    pub(super) fn add(&mut self, other: Self) {
        self.in_bytes += other.in_bytes;
        self.out_bytes += other.out_bytes;
        self.n_asked += other.n_asked;
        self.n_looked += other.n_looked;
        self.n_events += other.n_events;
        self.n_reported += other.n_reported;
        self.n_calls += other.n_calls;
        self.n_added += other.n_added;
    }
}

const fn ns(key: &'static str, label: &'static str, help: &'static str, preset: i64) -> Field {
    let field = Field::new(key, label, Kind::Int { min: 0, max: 100_000 });
    field.unit("ns").help(help).or(Preset::Int(preset))
}

/// Most descriptors that can be watched.
const WATCHED_MAX: i64 = 10_000;

impl Engine for Readiness {
    type Scenario = Scenario;
    type State = State;
    const META: Meta = Meta {
        id: "io/readiness",
        title: "select, poll, epoll and kqueue",
        summary: "One call sleeps for many descriptors; the four ways differ in what is copied and asked.",
        look_for: "Count the descriptors that are asked for each one that has something to say.",
        source: "tlpi/63",
        time_unit: "ns",
        markers: &["ask", "sleep", "past_set"],
    };
    const CHARTS: bool = true;
    const FORM: &'static [Field] = &[
        Field::new(
            "api",
            "Call",
            Kind::Choice(&[
                ("select", "select"),
                ("poll", "poll"),
                ("epoll", "epoll"),
                ("kqueue", "kqueue"),
            ]),
        )
        .or(Preset::Text("poll")),
        Field::new("n_watched", "Watched descriptors", Kind::Int { min: 1, max: WATCHED_MAX })
            .unit("descriptors")
            .or(Preset::Int(24)),
        Field::new(
            "arrivals",
            "Get data before each call",
            Kind::Ints { min: 0, max: WATCHED_MAX, len_min: 1, len_max: 12, single_key: "" },
        )
        .unit("descriptors")
        .help("One number a call. With 0 the call sleeps until one gets data.")
        .work(),
        Field::new("first_fd", "Lowest number", Kind::Int { min: 0, max: 100_000 })
            .help("Number of the first watched descriptor. select looks at every number from 0.")
            .or(Preset::Int(3)),
        Field::new("set_size", "Size of select's set", Kind::Int { min: 64, max: 131_072 })
            .unit("bits")
            .help("FD_SETSIZE is 1,024 in the GNU C library.")
            .or(Preset::Int(1_024)),
        Field::new("events_max", "Room for events", Kind::Int { min: 1, max: WATCHED_MAX })
            .unit("events")
            .help("How many events epoll and kqueue may return from one call.")
            .or(Preset::Int(64)),
        ns("call_ns", "System call", "Into the kernel and back.", 90),
        ns("ask_ns", "Ask one descriptor", "Also to enter its list of waiters and leave it.", 50),
        ns("look_ns", "Pass one entry", "A bit of a set or an entry of an array.", 1),
        ns("event_ns", "Take one event", "From the ready list, on top of asking.", 20),
        ns("add_ns", "Add one descriptor", "To the set that the kernel keeps.", 200),
        ns("copy_ns", "Copy 1 KiB", "Between program and kernel.", 100),
    ];
    const EXAMPLE: &'static str = r#"{"api":"poll","n_watched":24,"arrivals":[1,2,0]}"#;

    fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let n = scenario.n_watched;
        if let Some(at) = scenario.arrivals.iter().position(|&it| n < it) {
            let why = format!("{} are more than the {n} that are watched", scenario.arrivals[at]);
            return Err(ScenarioError::one(format!("/arrivals/{at}"), Fault::Conflict(why)));
        }
        let mut kernel = Kernel::new(scenario);
        kernel.register(log)?;
        if kernel.now.phase != Phase::Broken {
            for &arrivals in &scenario.arrivals {
                kernel.round(arrivals, log)?;
            }
        }
        kernel.metrics(log);
        Ok(())
    }

    fn scene(scenario: &Scenario, past: &[Frame<State>]) -> Scene {
        past.last().map_or_else(Scene::default, |last| scene::scene(scenario, &last.state))
    }
}

/// What handing over the request takes, where it is handed over at each call.
pub(super) fn request(api: Api, first_fd: u64, n: u64) -> Cost {
    let (in_bytes, n_looked) = match api {
        // The program sets n bits anew.
        Api::Select => (set_bytes(first_fd, n), n),
        Api::Poll => (api.change_bytes() * n, 0),
        Api::Epoll | Api::Kqueue => (0, 0),
    };
    Cost { in_bytes, n_looked, n_calls: 1, ..Cost::default() }
}

/// Bytes of a set that reaches to the largest number: whole words of 64 bits.
fn set_bytes(first_fd: u64, n: u64) -> u64 {
    (first_fd + n).div_ceil(64) * 8
}

pub(super) fn answer_bytes(api: Api, first_fd: u64, n: u64, n_reported: u64) -> u64 {
    match api {
        Api::Select => set_bytes(first_fd, n),
        // Two bytes of each entry are the answer.
        Api::Poll => 2 * n,
        Api::Epoll | Api::Kqueue => api.change_bytes() * n_reported,
    }
}

/// Entries that the program passes to find what was reported.
pub(super) const fn walked(api: Api, n: u64, n_reported: u64) -> u64 {
    if api.keeps() { n_reported } else { n }
}

/// The price of one call that finds `n_ready` of `n`, none of them left from the last call; `None`
/// where the descriptors do not fit.
pub(super) fn price(scenario: &Scenario, api: Api, n: u64, n_ready: u64) -> Option<u64> {
    let first_fd = scenario.first_fd;
    if api == Api::Select && scenario.set_size < first_fd + n {
        return None;
    }
    let mut cost = request(api, first_fd, n);
    cost.n_asked = if api.keeps() { n_ready } else { n };
    cost.n_events = if api.keeps() { n_ready } else { 0 };
    cost.n_looked += walked(api, n, n_ready);
    cost.n_looked += if api == Api::Select { first_fd + n } else { 0 };
    cost.out_bytes = answer_bytes(api, first_fd, n, n_ready);
    Some(cost.ns(scenario))
}

#[cfg(test)]
mod tests {
    use super::{APIS, Api, Readiness, Scenario, price};
    use crate::engine::{Engine, typed};
    use crate::form::check;
    use crate::{Entry, Mode, Rng, Run, engine};
    use serde_json::{Value, json};

    const NAMES: [&str; 4] = ["select", "poll", "epoll", "kqueue"];

    fn entry() -> &'static Entry {
        engine("io/readiness").unwrap()
    }

    fn run(scenario: &Value) -> Run {
        entry().run(scenario, Mode::MetricsOnly).unwrap()
    }

    fn metric(run: &Run, key: &str) -> u64 {
        run.metric(key).unwrap() as u64
    }

    /// What a call of each kind has to ask, counted with plain sets and nothing else.
    fn asked(keeps: bool, n: u64, arrivals: &[u64]) -> (u64, u64) {
        let (mut n_asked, mut n_reported, mut stale) = (0, 0, 0);
        for &came in arrivals {
            let found = came.max(1);
            let n_scans = if came == 0 { 2 } else { 1 };
            // Who was reported before is asked once more, unless it got data again meanwhile; the
            // caller sees to it that it did not.
            n_asked += if keeps { stale + found } else { n * n_scans };
            n_reported += found;
            stale = found;
        }
        (n_asked, n_reported)
    }

    #[test]
    fn what_is_asked_is_what_the_definition_says() {
        let mut rng = Rng::new(63);
        for _ in 0..200 {
            let arrivals: Vec<u64> = (0..rng.between(1, 8)).map(|_| rng.below(6)).collect();
            // A set so large that nobody gets data twice.
            let n = rng.between(100, 900);
            for (api, name) in APIS.iter().zip(NAMES) {
                let got = run(&json!({"api": name, "n_watched": n, "arrivals": arrivals}));
                let (n_asked, n_reported) = asked(api.keeps(), n, &arrivals);
                assert_eq!(metric(&got, "n_asked"), n_asked, "{name} {n} {arrivals:?}");
                assert_eq!(metric(&got, "n_reported"), n_reported, "{name} {n} {arrivals:?}");
            }
        }
    }

    #[test]
    fn each_arrival_is_reported_once_whatever_the_room() {
        let mut rng = Rng::new(64);
        for _ in 0..200 {
            let n = rng.between(1, 30);
            let mut arrivals: Vec<u64> = (0..rng.between(1, 4)).map(|_| rng.below(n + 1)).collect();
            let room = rng.between(1, 8);
            let poll = run(&json!({"api": "poll", "n_watched": n, "arrivals": arrivals}));
            let first = arrivals[0].max(1);
            assert!(first <= metric(&poll, "n_reported"));
            // Calls at the end that fetch what did not fit; each sleeps only when all is fetched.
            arrivals.truncate(1);
            arrivals.resize(usize::try_from(first.div_ceil(room)).unwrap().min(12), 0);
            let given = json!({"api": "epoll", "n_watched": n, "arrivals": arrivals,
                "events_max": room});
            let got = run(&given);
            let most = first.min(room * arrivals.len() as u64);
            assert_eq!(metric(&got, "n_reported"), most, "{given}");
        }
    }

    #[test]
    fn the_price_of_the_chart_is_that_of_the_run() {
        let mut rng = Rng::new(65);
        for _ in 0..200 {
            let n = rng.between(1, 900);
            let n_ready = rng.between(1, n.min(64));
            for (api, name) in APIS.iter().zip(NAMES) {
                let given = json!({"api": name, "n_watched": n, "arrivals": [n_ready]});
                let scenario: Scenario = typed(&check(Readiness::FORM, &given).unwrap()).unwrap();
                let want = price(&scenario, *api, n, n_ready).unwrap();
                assert_eq!(run(&given).metric("call_ns_mean"), Some(want as f64), "{given}");
            }
        }
    }

    /// The course's own measurements: n, poll in ns.
    #[test]
    fn the_prices_are_near_those_measured() {
        for (n, poll_ns) in [(10, 590.0), (100, 4_800.0), (1_000, 53_000.0)] {
            let given = |api: &str| json!({"api": api, "n_watched": n, "arrivals": [1]});
            let poll = run(&given("poll")).metric("call_ns_mean").unwrap();
            assert!((0.88..1.12).contains(&(poll / poll_ns)), "{n}: {poll}");
            let epoll = run(&given("epoll")).metric("call_ns_mean").unwrap();
            assert!((0.9..1.1).contains(&(epoll / 160.0)), "{n}: {epoll}");
        }
    }

    #[test]
    fn a_number_past_the_set_breaks_select_and_nothing_else() {
        for (first_fd, n, fits) in [(1_023, 1, true), (1_024, 1, false), (1_000, 25, false)] {
            for (api, name) in APIS.iter().zip(NAMES) {
                let given = json!({"api": name, "n_watched": n, "first_fd": first_fd,
                    "arrivals": [1]});
                let run = entry().run(&given, Mode::Frames).unwrap();
                let broken = run.step(1).unwrap().tag == "past_set";
                assert_eq!(broken, *api == Api::Select && !fits, "{given}");
            }
        }
    }

    #[test]
    fn more_arrivals_than_descriptors_are_refused_at_their_place() {
        let given = json!({"n_watched": 4, "arrivals": [1, 5]});
        assert_eq!(entry().run(&given, Mode::Frames).unwrap_err().0[0].at, "/arrivals/1");
    }
}
