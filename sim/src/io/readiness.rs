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

use super::readiness_scene as scene;
use crate::engine::{Better, Engine, Frame, Log, Meta, Shot};
use crate::error::{Fault, ScenarioError};
use crate::form::{Field, Kind, Preset};
use crate::scene::Scene;
use crate::words::{bytes, grouped, grouped_count as count, list};
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
    const fn change_bytes(self) -> u64 {
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
    events_max: u64,
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
    n_events: u64,
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

    fn add(&mut self, other: Self) {
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

/// How far the kernel is with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The program does something else.
    Away,
    /// The request lies in the kernel.
    Called,
    /// All that the call asks have been asked.
    Asked,
    Asleep,
    /// The answer lies in the program.
    Answered,
    /// The program knows which are ready, and has read them.
    Served,
    /// A bit was written behind the set.
    Broken,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) phase: Phase,
    /// Places in the set that have data, in the order of their arrival.
    pub(super) ready: Vec<u32>,
    /// The ready list of the kernel.
    pub(super) list: Vec<u32>,
    /// Whom the kernel has asked in this call.
    pub(super) asked: Vec<u32>,
    /// What was found ready and not yet read.
    pub(super) events: Vec<u32>,
    /// Calls, from the first one.
    pub(super) calls: Vec<Cost>,
    /// What it took to hand over the set, where it is handed over once.
    pub(super) setup: Cost,
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
fn request(api: Api, first_fd: u64, n: u64) -> Cost {
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

fn answer_bytes(api: Api, first_fd: u64, n: u64, n_reported: u64) -> u64 {
    match api {
        Api::Select => set_bytes(first_fd, n),
        // Two bytes of each entry are the answer.
        Api::Poll => 2 * n,
        Api::Epoll | Api::Kqueue => api.change_bytes() * n_reported,
    }
}

/// Entries that the program passes to find what was reported.
const fn walked(api: Api, n: u64, n_reported: u64) -> u64 {
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

struct Kernel<'a> {
    scenario: &'a Scenario,
    now: State,
    /// By place: whether there is data, and whether it is on the ready list.
    has_data: Vec<bool>,
    is_listed: Vec<bool>,
    /// How many have arrived so far: where the next one is looked for.
    n_arrived: u64,
    n_sleeps: u64,
}

const fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn at(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

impl<'a> Kernel<'a> {
    fn new(scenario: &'a Scenario) -> Self {
        let now = State {
            phase: Phase::Away,
            ready: Vec::new(),
            list: Vec::new(),
            asked: Vec::new(),
            events: Vec::new(),
            calls: Vec::new(),
            setup: Cost::default(),
        };
        let places = usize::try_from(scenario.n_watched).unwrap_or_default();
        let (has_data, is_listed) = (vec![false; places], vec![false; places]);
        Self { scenario, now, has_data, is_listed, n_arrived: 0, n_sleeps: 0 }
    }

    /// CPU time so far.
    fn time(&self) -> u64 {
        let calls: u64 = self.now.calls.iter().map(|it| it.ns(self.scenario)).sum();
        calls + self.now.setup.ns(self.scenario)
    }

    /// `descriptors 3 and 9`, or how many where they are many.
    fn fds(&self, places: &[u32]) -> String {
        let name = |place: u32| grouped(self.scenario.fd(place));
        match places {
            [one] => format!("descriptor {}", name(*one)),
            _ if places.len() <= 4 => {
                let names: Vec<String> = places.iter().map(|&it| name(it)).collect();
                format!("descriptors {}", list(&names))
            }
            _ => count(places.len() as u64, "descriptors"),
        }
    }

    fn step(
        &self,
        tag: &'static str,
        say: String,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        log.step(self.time(), tag, || Shot::new(say, self.now.clone()))
    }

    fn cost(&mut self, cost: Cost) {
        if let Some(call) = self.now.calls.last_mut() {
            call.add(cost);
        }
    }

    fn register(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Scenario { api, n_watched: n, first_fd, set_size, .. } = *self.scenario;
        let watched = count(n, "descriptors");
        let say = match api {
            Api::Select => format!(
                "The program wants to watch {watched}; the kernel knows nothing of it, because \
                 select is told the set at each call."
            ),
            Api::Poll => format!(
                "The program has an array of {watched}; the kernel knows nothing of it, because \
                 poll is told the array at each call."
            ),
            Api::Epoll => {
                let in_bytes = api.change_bytes() * n;
                self.now.setup = Cost { n_calls: n, n_added: n, in_bytes, ..Cost::default() };
                format!(
                    "The program calls epoll_ctl {}, so the kernel now keeps the set, with a \
                     callback at each descriptor.",
                    count(n, "times")
                )
            }
            Api::Kqueue => {
                let in_bytes = api.change_bytes() * n;
                self.now.setup = Cost { n_calls: 1, n_added: n, in_bytes, ..Cost::default() };
                format!(
                    "The program hands over {} in one kevent, so the kernel now keeps the set, \
                     with a filter at each descriptor.",
                    count(n, "changes")
                )
            }
        };
        self.step("watch", say, log)?;
        if api != Api::Select || first_fd + n <= set_size {
            return Ok(());
        }
        self.now.phase = Phase::Broken;
        let say = format!(
            "FD_SET writes bit {}, which lies behind the set of {} bits; nothing checks, so it \
             changes whatever stands there in memory.",
            grouped(set_size.max(first_fd)),
            grouped(set_size)
        );
        self.step("past_set", say, log)
    }

    /// Data comes for `n` descriptors that have none.
    fn arrive(&mut self, n: u64) -> Vec<u32> {
        let watched = self.scenario.n_watched;
        let mut stride = (watched * 5 / 8).max(1);
        while gcd(watched, stride) != 1 {
            stride += 1;
        }
        let mut came = Vec::new();
        for _ in 0..n.min(watched - self.now.ready.len() as u64) {
            let mut place = (self.n_arrived * stride + watched / 3) % watched;
            self.n_arrived += 1;
            while self.has_data.get(place as usize).is_some_and(|&it| it) {
                place = (place + 1) % watched;
            }
            let place = u32::try_from(place).unwrap_or_default();
            self.has_data[at(place)] = true;
            self.now.ready.push(place);
            if self.scenario.api.keeps() && !self.is_listed[at(place)] {
                self.is_listed[at(place)] = true;
                self.now.list.push(place);
            }
            came.push(place);
        }
        came
    }

    /// One round: data comes, the program calls, and reads what is reported.
    fn round(&mut self, arrivals: u64, log: &mut Log<State>) -> Result<(), ScenarioError> {
        if 0 < arrivals {
            let came = self.arrive(arrivals);
            self.now.phase = Phase::Away;
            let say = if came.is_empty() {
                "More data comes, but all descriptors have some already.".to_owned()
            } else {
                self.told_of(&came)
            };
            self.step("arrive", say, log)?;
        }
        self.enter(log)?;
        self.ask(log)?;
        if self.now.ready.is_empty() {
            self.sleep(log)?;
            self.ask(log)?;
        }
        self.report(log)?;
        self.find(log)?;
        Ok(())
    }

    /// What an arrival does.
    fn told_of(&self, came: &[u32]) -> String {
        let fds = self.fds(came);
        match self.scenario.api {
            Api::Select | Api::Poll => {
                format!("Data comes for {fds}; it stays there, because nobody has asked yet.")
            }
            Api::Epoll => format!(
                "Data comes for {fds}, and the callback there puts {} on the ready list.",
                it(came.len())
            ),
            Api::Kqueue => format!(
                "Data comes for {fds}, and the filter there puts {} on the list of active events.",
                it(came.len())
            ),
        }
    }

    fn enter(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Scenario { api, n_watched: n, first_fd, .. } = *self.scenario;
        self.now.calls.push(Cost::default());
        self.now.phase = Phase::Called;
        let say = if api.keeps() {
            self.cost(Cost { n_calls: 1, ..Cost::default() });
            format!(
                "The program calls {}; nothing is copied in, because the kernel has the set.",
                api.call()
            )
        } else {
            let cost = request(api, first_fd, n);
            self.cost(cost);
            format!(
                "The program calls {}, and {} are copied into the kernel, because it has \
                 forgotten the last call.",
                api.call(),
                bytes(cost.in_bytes)
            )
        };
        self.step("call", say, log)
    }

    /// The kernel asks: all, or those on its list until the answer is full.
    fn ask(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Scenario { api, n_watched: n, first_fd, events_max, .. } = *self.scenario;
        let n_ready = self.now.ready.len() as u64;
        let n_listed = self.now.list.len() as u64;
        let (n_asked, say) = if api.keeps() {
            self.take_from_list(events_max);
            let n_asked = self.now.asked.len() as u64;
            (n_asked, self.said_of_list(n_asked))
        } else {
            let n_looked = if api == Api::Select { first_fd + n } else { 0 };
            self.cost(Cost { n_asked: n, n_looked, ..Cost::default() });
            self.now.asked = (0..u32::try_from(n).unwrap_or_default()).collect();
            self.now.events.clone_from(&self.now.ready);
            let found = match n_ready {
                0 => "and none has data".to_owned(),
                k => format!(
                    "and {} of them {} data",
                    grouped(k),
                    if k == 1 { "has" } else { "have" }
                ),
            };
            let passed = match api {
                Api::Select => format!("passes {} and ", count(first_fd + n, "bits")),
                _ => String::new(),
            };
            let why = "because it cannot know who has news";
            (n, format!("The kernel {passed}asks {}, {why}, {found}.", all(n)))
        };
        self.now.phase = Phase::Asked;
        let mut options = vec![0, n_ready, n_listed, n, n_asked];
        crate::order::by_key(&mut options, |it| *it);
        options.dedup();
        let answer = options.iter().position(|&it| it == n_asked).unwrap_or_default();
        let options = options.iter().map(|&it| grouped(it)).collect();
        log.step(self.time(), "ask", || {
            let question = "How many descriptors does the kernel ask?";
            Shot::new(say, self.now.clone()).ask(question, options, answer)
        })
    }

    /// Takes from the ready list until the answer is full. Who still has data is reported, and goes
    /// to the end of the list, where the next call asks it again.
    fn take_from_list(&mut self, events_max: u64) {
        let (mut asked, mut events) = (Vec::new(), Vec::new());
        for &place in &self.now.list {
            if events_max <= events.len() as u64 {
                break;
            }
            asked.push(place);
            if self.has_data[at(place)] {
                events.push(place);
            } else {
                self.is_listed[at(place)] = false;
            }
        }
        self.now.list.drain(..asked.len());
        self.now.list.extend(&events);
        let n_events = events.len() as u64;
        self.cost(Cost { n_asked: asked.len() as u64, n_events, ..Cost::default() });
        (self.now.asked, self.now.events) = (asked, events);
    }

    fn said_of_list(&self, n_asked: u64) -> String {
        let n_found = self.now.events.len() as u64;
        let n_stale = n_asked - n_found;
        let asked = match n_asked {
            0 => return "The kernel asks nobody, because its ready list is empty.".to_owned(),
            _ => format!(
                "The kernel asks only {} from its ready list",
                count(n_asked, "descriptors")
            ),
        };
        match (n_found, n_stale) {
            (n, 0) if n == self.scenario.n_watched => {
                format!("The kernel asks {}, because all are on its ready list.", all(n))
            }
            (_, 0) => format!("{asked}, because no callback has come from the others."),
            (0, _) => format!(
                "{asked}, left there by the last report; read empty since then, {}.",
                if n_stale == 1 { "it drops out" } else { "they drop out" }
            ),
            _ => format!(
                "{asked}: {} {} data, and {} since the last report, so it drops out.",
                grouped(n_found),
                if n_found == 1 { "has" } else { "have" },
                if n_stale == 1 {
                    "one was read empty".to_owned()
                } else {
                    format!("each of {} was read empty", grouped(n_stale))
                }
            ),
        }
    }

    fn sleep(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.n_sleeps += 1;
        self.now.phase = Phase::Asleep;
        let n = self.scenario.n_watched;
        let say = if self.scenario.api.keeps() {
            "The thread sleeps, because the ready list is empty; it waits at one place only."
                .to_owned()
        } else {
            format!(
                "The thread sleeps, because none is ready; it stands in {}.",
                count(n, "lists of waiters")
            )
        };
        self.step("sleep", say, log)?;
        let came = self.arrive(1);
        self.now.phase = Phase::Called;
        let fds = self.fds(&came);
        let say = if self.scenario.api.keeps() {
            format!(
                "Data comes for {fds}: the callback puts it on the ready list and wakes the thread."
            )
        } else {
            format!("Data comes for {fds} and wakes the thread, which is not told by whom.")
        };
        self.step("wake", say, log)
    }

    fn report(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Scenario { api, n_watched: n, first_fd, .. } = *self.scenario;
        let n_reported = self.now.events.len() as u64;
        let out_bytes = answer_bytes(api, first_fd, n, n_reported);
        self.cost(Cost { out_bytes, n_reported, ..Cost::default() });
        self.now.phase = Phase::Answered;
        let what = match api {
            Api::Select => "the set is overwritten with the answer",
            Api::Poll => "each entry gets its answer, also the silent ones",
            Api::Epoll | Api::Kqueue => "only those that are ready",
        };
        let left = self.now.ready.len() as u64 - n_reported;
        let room = match left {
            0 => String::new(),
            _ => format!("; {} for the next call, because the room for events is full", stay(left)),
        };
        let say = format!(
            "The kernel copies {} out and returns {}: {what}{room}.",
            bytes(out_bytes),
            grouped(n_reported)
        );
        self.step("report", say, log)
    }

    fn find(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Scenario { api, n_watched: n, .. } = *self.scenario;
        let n_found = self.now.events.len() as u64;
        let n_looked = walked(api, n, n_found);
        self.cost(Cost { n_looked, ..Cost::default() });
        let found = self.fds(&self.now.events);
        let n_walk = if api.keeps() { n_found } else { n };
        let say = if api.keeps() {
            format!("The program reads {found} and looks at nothing else.")
        } else {
            format!("The program passes {} to find and read {found}.", count(n_walk, "entries"))
        };
        for place in std::mem::take(&mut self.now.events) {
            self.has_data[at(place)] = false;
        }
        let has_data = &self.has_data;
        self.now.ready.retain(|&it| has_data[at(it)]);
        self.now.asked.clear();
        self.now.phase = Phase::Served;
        let options = if n_found == n { Vec::new() } else { vec![grouped(n_found), grouped(n)] };
        log.step(self.time(), "find", || {
            let question = "How many entries does the program look at to find the ready ones?";
            Shot::new(say, self.now.clone()).ask(question, options, usize::from(n_walk == n))
        })
    }

    fn metrics(&self, log: &mut Log<State>) {
        let mut sum = Cost::default();
        self.now.calls.iter().for_each(|it| sum.add(*it));
        let ns: u64 = self.now.calls.iter().map(|it| it.ns(self.scenario)).sum();
        let setup_ns = self.now.setup.ns(self.scenario);
        let n_calls = self.now.calls.len() as u64;
        let in_vain = sum.n_asked - sum.n_reported;
        let copied = sum.in_bytes + sum.out_bytes;
        let mut add = |key, label, value: u64, unit, better| {
            log.metric(key, label, value as f64, unit, better);
        };
        add("n_asked", "Descriptors asked", sum.n_asked, "descriptors", Better::Lower);
        add("n_asked_in_vain", "Asked in vain", in_vain, "descriptors", Better::Lower);
        add("n_reported", "Reported", sum.n_reported, "descriptors", Better::Neither);
        add("copied_bytes", "Copied in the calls", copied, "bytes", Better::Lower);
        add("n_sleeps", "Calls that slept", self.n_sleeps, "calls", Better::Neither);
        let n_system_calls = sum.n_calls + self.now.setup.n_calls;
        add("n_system_calls", "System calls", n_system_calls, "calls", Better::Lower);
        add("setup_ns", "To hand over the set", setup_ns, "ns", Better::Lower);
        add("time_ns", "CPU time in all", ns + setup_ns, "ns", Better::Lower);
        if 0 < n_calls {
            let mean = ns as f64 / n_calls as f64;
            log.metric("call_ns_mean", "CPU time of a call", mean, "ns", Better::Lower);
        }
    }
}

/// `all 24 descriptors`.
fn all(n: u64) -> String {
    if n == 1 {
        "the one descriptor".to_owned()
    } else {
        format!("all {}", count(n, "descriptors"))
    }
}

const fn it(n: usize) -> &'static str {
    if n == 1 { "it" } else { "them" }
}

fn stay(n: u64) -> String {
    if n == 1 { "1 stays".to_owned() } else { format!("{} stay", grouped(n)) }
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
