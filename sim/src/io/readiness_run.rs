//! The kernel's side of a call that waits for many descriptors, step by step.

use super::readiness::{Api, Cost, Scenario, answer_bytes, request, walked};
use crate::engine::{Better, Log, Shot};
use crate::error::ScenarioError;
use crate::words::{bytes, grouped, grouped_count as count, list};

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

pub(super) struct Kernel<'a> {
    scenario: &'a Scenario,
    pub(super) now: State,
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
    pub(super) fn new(scenario: &'a Scenario) -> Self {
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

    pub(super) fn register(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
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
    pub(super) fn round(
        &mut self,
        arrivals: u64,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
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

    pub(super) fn metrics(&self, log: &mut Log<State>) {
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
