//! Threads asleep at a listener: who wakes for a connection, and who gets it.

use super::epoll_bugs::{Scenario, State};
use crate::Rng;
use crate::amounts::actor;
use crate::engine::{Better, Frame, Log, Mode, Shot};
use crate::error::ScenarioError;
use crate::scene::{
    Cell, Column, Event, EventKind, Gantt, Lane, Mark, Panel, Queue, QueueRow, Scene, Span, Table,
    TableRow, Tone,
};
use crate::words::{count, list};
use serde::Deserialize;

/// How the threads wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Listen {
    Plain,
    Exclusive,
    OneInstance,
    Accept,
    #[serde(rename = "reuseport")]
    ReusePort,
}

/// The arrangements, each with its key, its name in the table and why it wakes whom it wakes.
const ARRANGEMENTS: [(Listen, &str, &str, &str); 5] = [
    (Listen::Plain, "plain", "own instances", "each has an instance of its own and all are told"),
    (Listen::Exclusive, "exclusive", "EXCLUSIVE", "with EPOLLEXCLUSIVE not all are told"),
    (
        Listen::OneInstance,
        "one_instance",
        "one instance",
        "an edge in a common instance wakes one of its sleepers",
    ),
    (Listen::Accept, "accept", "accept", "the kernel wakes one sleeper of accept"),
    (Listen::ReusePort, "reuseport", "REUSEPORT", "the hash has chosen its listener"),
];

/// What a thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Asleep,
    /// On its way to `accept`, since when.
    Woken(u64),
    Works {
        connection: u16,
        from: u64,
        until: u64,
    },
}

#[derive(Debug, Clone)]
struct Thread {
    doing: Doing,
    /// Number of the sleep: lower has slept longer.
    slept: u64,
    /// Accepted and not begun.
    own: Vec<u16>,
    /// Waiting at a listener of its own.
    queue: Vec<u16>,
}

/// What one arrangement comes to.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    n_woken: u64,
    n_in_vain: u64,
    wait_ticks: u64,
    wait_ticks_max: u64,
    end_ticks: u64,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct Herd {
    now: u64,
    threads: Vec<Thread>,
    /// At the common listener.
    backlog: Vec<u16>,
    served: Vec<u16>,
    /// Who worked on each connection, as far as it was begun.
    workers: Vec<(u16, u16)>,
    so_far: Tally,
    others: Vec<Tally>,
}

struct World<'a> {
    scenario: &'a Scenario,
    listen: Listen,
    herd: Herd,
    /// Threads by the hash of each connection.
    hashes: Vec<usize>,
    n_come: u64,
    n_sleeps: u64,
}

fn thread(at: usize) -> String {
    format!("T{}", at + 1)
}

/// `T1`, `T2 to T8`, `T1 and T3 to T8`.
fn threads(them: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &at in them {
        match runs.last_mut() {
            Some(last) if last.1 + 1 == at => last.1 = at,
            _ => runs.push((at, at)),
        }
    }
    let name = |&(first, last): &(usize, usize)| match last - first {
        0 => thread(first),
        1 => format!("{} and {}", thread(first), thread(last)),
        _ => format!("{} to {}", thread(first), thread(last)),
    };
    list(&runs.iter().map(name).collect::<Vec<_>>())
}

pub(super) fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
    let mut others = Vec::new();
    for (listen, ..) in ARRANGEMENTS {
        others.push(serve(scenario, listen, &[], &mut Log::new(Mode::MetricsOnly))?.so_far);
    }
    let herd = serve(scenario, scenario.listen, &others, log)?;
    let it = herd.so_far;
    let mut add = |key: &str, label: &str, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    add("n_served", "Served", herd.served.len() as u64, "connections", Better::Higher);
    add("n_woken", "Woken", it.n_woken, "times", Better::Lower);
    add("n_in_vain", "Woken for nothing", it.n_in_vain, "times", Better::Lower);
    add("n_switches", "Switches", 2 * it.n_woken, "switches", Better::Lower);
    add("wait_ticks_max", "Longest wait", it.wait_ticks_max, "ticks", Better::Lower);
    add("time_ticks", "Until all are served", it.end_ticks, "ticks", Better::Lower);
    let each = crate::amounts::share(it.n_woken, scenario.n_connections);
    log.metric("woken_mean", "Woken for a connection", each, "threads", Better::Lower);
    let mean = crate::amounts::share(it.wait_ticks, scenario.n_connections);
    log.metric("wait_ticks_mean", "Mean wait", mean, "ticks", Better::Lower);
    for ((_, key, ..), it) in ARRANGEMENTS.iter().zip(&others) {
        log.metric_of("n_woken", key, "Woken", it.n_woken as f64, "times");
        log.metric_of("n_in_vain", key, "Woken for nothing", it.n_in_vain as f64, "times");
        log.metric_of("wait_ticks_max", key, "Longest wait", it.wait_ticks_max as f64, "ticks");
    }
    for at in 0..herd.threads.len() {
        let n = herd.workers.iter().filter(|it| usize::from(it.1) == at).count();
        log.metric_of("n_served", &thread(at), "Served", n as f64, "connections");
    }
    Ok(())
}

fn serve(
    scenario: &Scenario,
    listen: Listen,
    others: &[Tally],
    log: &mut Log<State>,
) -> Result<Herd, ScenarioError> {
    let mut rng = Rng::new(scenario.seed);
    let n_threads = usize::try_from(scenario.n_threads).unwrap_or(1);
    let hash = |_| usize::try_from(rng.below(scenario.n_threads)).unwrap_or_default();
    let hashes = (0..scenario.n_connections).map(hash).collect();
    let asleep =
        |at| Thread { doing: Doing::Asleep, slept: at, own: Vec::new(), queue: Vec::new() };
    let herd = Herd {
        now: 0,
        threads: (0..scenario.n_threads).map(asleep).collect(),
        backlog: Vec::new(),
        served: Vec::new(),
        workers: Vec::new(),
        so_far: Tally::default(),
        others: others.to_vec(),
    };
    let n_sleeps = scenario.n_threads;
    let mut world = World { scenario, listen, herd, hashes, n_come: 0, n_sleeps };
    let sleep = if n_threads == 1 { "sleeps" } else { "sleep" };
    let all = threads(&(0..n_threads).collect::<Vec<_>>());
    let say = format!("{all} {sleep}; nobody has come yet.");
    world.step("start", say, log)?;
    while (world.herd.served.len() as u64) < scenario.n_connections {
        world.next(log)?;
    }
    world.herd.so_far.end_ticks = world.herd.now;
    Ok(world.herd)
}

impl World<'_> {
    fn step(
        &self,
        tag: &'static str,
        say: String,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        log.step(self.herd.now, tag, || Shot::new(say, State::Herd(self.herd.clone())))
    }

    fn come_at(&self, connection: u64) -> u64 {
        connection * self.scenario.gap_ticks
    }

    /// Goes to the next moment at which something happens, and does all of it.
    fn next(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let due = |it: &Thread| match it.doing {
            Doing::Asleep => None,
            Doing::Woken(since) => Some(since + 1),
            Doing::Works { until, .. } => Some(until),
        };
        let coming = (self.n_come < self.scenario.n_connections).then(|| self.come_at(self.n_come));
        let Some(now) = self.herd.threads.iter().filter_map(due).chain(coming).min() else {
            return Ok(());
        };
        self.herd.now = now;
        for at in 0..self.herd.threads.len() {
            if let Doing::Works { connection, until, .. } = self.herd.threads[at].doing
                && until == now
            {
                self.finish(at, connection, log)?;
            }
        }
        self.woken(log)?;
        while self.n_come < self.scenario.n_connections && self.come_at(self.n_come) == now {
            self.come(log)?;
        }
        Ok(())
    }

    fn finish(
        &mut self,
        at: usize,
        connection: u16,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        self.herd.served.push(connection);
        let does = match self.take(at) {
            Some(next) => format!("goes on with {}, which has waited", next + 1),
            None => {
                self.sleep(at);
                "sleeps again, because nobody waits".to_owned()
            }
        };
        self.step(
            "done",
            format!("{} is done with connection {} and {does}.", thread(at), connection + 1),
            log,
        )
    }

    fn sleep(&mut self, at: usize) {
        self.n_sleeps += 1;
        self.herd.threads[at].slept = self.n_sleeps;
        self.herd.threads[at].doing = Doing::Asleep;
    }

    /// Gives the thread what it has accepted, or what waits for it, and says which.
    fn take(&mut self, at: usize) -> Option<u16> {
        let Herd { threads, backlog, now, .. } = &mut self.herd;
        let thread = &mut threads[at];
        if thread.own.is_empty() {
            let waiting =
                if self.listen == Listen::ReusePort { &mut thread.queue } else { backlog };
            let n = match self.listen {
                // An edge comes once, so all that waits is accepted.
                Listen::OneInstance => waiting.len(),
                _ => waiting.len().min(1),
            };
            thread.own.extend(waiting.drain(..n));
        }
        if thread.own.is_empty() {
            return None;
        }
        let connection = thread.own.remove(0);
        let (from, number) = (*now, u64::from(connection));
        let work = match self.scenario.slow_connection == number + 1 {
            true => self.scenario.slow_ticks,
            false => self.scenario.work_ticks,
        };
        thread.doing = Doing::Works { connection, from, until: from + work };
        let waited = from - number * self.scenario.gap_ticks;
        self.herd.so_far.wait_ticks += waited;
        self.herd.so_far.wait_ticks_max = self.herd.so_far.wait_ticks_max.max(waited);
        self.herd.workers.push((connection, actor(at)));
        Some(connection)
    }

    /// Those who were woken call `accept`.
    fn woken(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let mut in_vain = Vec::new();
        for at in 0..self.herd.threads.len() {
            if !matches!(self.herd.threads[at].doing, Doing::Woken(_)) {
                continue;
            }
            let Some(connection) = self.take(at) else {
                in_vain.push(at);
                continue;
            };
            let more = match self.herd.threads[at].own.len() as u64 {
                0 => String::new(),
                n => format!(", and {} more, because an edge comes only once", count(n, "others")),
            };
            let say = format!("{} accepts connection {}{more}.", thread(at), connection + 1);
            self.step("accept", say, log)?;
        }
        if in_vain.is_empty() {
            return Ok(());
        }
        for &at in &in_vain {
            self.sleep(at);
        }
        self.herd.so_far.n_in_vain += in_vain.len() as u64;
        let (find, sleep) = match in_vain.len() {
            1 => ("finds", "it sleeps"),
            _ => ("find", "they sleep"),
        };
        let how = match self.listen {
            Listen::OneInstance => "the edge is fetched",
            Listen::Accept => "the queue is empty",
            Listen::Plain | Listen::Exclusive | Listen::ReusePort => "accept says EAGAIN",
        };
        let say = format!(
            "{} {find} nothing: {how}, because another was quicker, and {sleep} again.",
            threads(&in_vain)
        );
        self.step("in_vain", say, log)
    }

    fn come(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let connection = u16::try_from(self.n_come).unwrap_or_default();
        let hashed = self.hashes[usize::from(connection)];
        self.n_come += 1;
        match self.listen {
            Listen::ReusePort => self.herd.threads[hashed].queue.push(connection),
            _ => self.herd.backlog.push(connection),
        }
        let is_asleep = |at: &usize| self.herd.threads[*at].doing == Doing::Asleep;
        let asleep: Vec<usize> = (0..self.herd.threads.len()).filter(is_asleep).collect();
        let n_exclusive = usize::try_from(self.scenario.exclusive_wakes).unwrap_or(1);
        let woken: Vec<usize> = match self.listen {
            Listen::Plain => asleep.clone(),
            Listen::Exclusive => asleep.iter().copied().take(n_exclusive).collect(),
            Listen::OneInstance | Listen::Accept => {
                let longest = asleep.iter().copied().min_by_key(|&at| self.herd.threads[at].slept);
                longest.into_iter().collect()
            }
            Listen::ReusePort => asleep.iter().copied().filter(|it| *it == hashed).collect(),
        };
        for &at in &woken {
            self.herd.threads[at].doing = Doing::Woken(self.herd.now);
        }
        self.herd.so_far.n_woken += woken.len() as u64;
        let say = self.said_of_coming(connection, &asleep, &woken);
        let mut answers = vec![0, 1, asleep.len(), self.herd.threads.len()];
        crate::order::by_key(&mut answers, |it| *it);
        answers.dedup();
        if !answers.contains(&woken.len()) {
            answers.push(woken.len());
        }
        let answer = answers.iter().position(|it| *it == woken.len()).unwrap_or_default();
        let options = answers.iter().map(usize::to_string).collect();
        log.step(self.herd.now, "come", || {
            Shot::new(say, State::Herd(self.herd.clone())).ask(
                "A connection comes. How many threads wake?",
                options,
                answer,
            )
        })
    }

    fn said_of_coming(&self, connection: u16, asleep: &[usize], woken: &[usize]) -> String {
        let who = format!("Connection {} comes", connection + 1);
        let why = ARRANGEMENTS.iter().find(|it| it.0 == self.listen).map_or("", |it| it.3);
        match (woken.len(), asleep.len()) {
            (0, 0) => format!("{who} and waits, because all threads are awake already."),
            (0, n) => {
                let hashed = self.hashes[usize::from(connection)];
                let idle = count(n as u64, "others");
                let sleep = if n == 1 { "sleeps" } else { "sleep" };
                format!(
                    "{who} and waits at the listener of {}, which is awake and busy, while {idle} {sleep}: the hash does not know.",
                    thread(hashed)
                )
            }
            (1, _) => format!("{who}, and {} wakes, because {why}.", threads(woken)),
            _ => format!("{who}, and {} wake, because {why}.", threads(woken)),
        }
    }
}

pub(super) fn scene(scenario: &Scenario, past: &[Frame<State>], herd: &Herd) -> Scene {
    let past: Vec<&Herd> = past
        .iter()
        .filter_map(|it| if let State::Herd(it) = &it.state { Some(it) } else { None })
        .collect();
    Scene::default()
        .with("timeline", "What each thread does", Panel::Gantt(timeline(scenario, &past, herd)))
        .with("places", "Who is where", Panel::Queue(places(scenario, herd)))
        .with("arrangements", "All arrangements", Panel::Table(arrangements(scenario, herd)))
}

fn timeline(scenario: &Scenario, past: &[&Herd], herd: &Herd) -> Gantt {
    let now = herd.now;
    let come = |it: u64| Event {
        at: it * scenario.gap_ticks,
        kind: EventKind::Arrive,
        detail: format!("connection {} comes", it + 1),
    };
    let mut lanes = vec![Lane {
        key: "come".to_owned(),
        label: "Comes".to_owned(),
        actor: None,
        spans: Vec::new(),
        events: (0..scenario.n_connections).map(come).filter(|it| it.at <= now).collect(),
    }];
    for at in 0..herd.threads.len() {
        lanes.push(Lane {
            key: thread(at),
            label: thread(at),
            actor: None,
            spans: spans(past, at, now),
            events: Vec::new(),
        });
    }
    let listen = ARRANGEMENTS.iter().position(|it| it.0 == scenario.listen).unwrap_or_default();
    let end = herd.others.get(listen).map_or(now, |it| it.end_ticks);
    Gantt { now, end: end.max(now + 1), unit: "ticks", lanes }
}

/// What a thread did: woken and what for, and its work.
fn spans(past: &[&Herd], at: usize, now: u64) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut before = Doing::Asleep;
    for frame in past {
        let doing = frame.threads[at].doing;
        if doing == before {
            continue;
        }
        if let Doing::Woken(since) = before {
            let (label, tone, detail) = match doing {
                Doing::Works { .. } => ("wakes", Tone::Overhead, "wakes, and gets a connection"),
                _ => ("nothing", Tone::Miss, "wakes for nothing: EAGAIN"),
            };
            let mark = Mark::new(format!("wake.{at}.{since}"), label).tone(tone).detail(detail);
            spans.push(Span { start: since, end: since + 1, mark });
        }
        if let Doing::Works { connection, from, until } = doing
            && from < now
        {
            let number = connection + 1;
            let mark = Mark::new(format!("work.{connection}"), number.to_string())
                .actor(connection)
                .tone(Tone::Running)
                .detail(format!("works on connection {number}"));
            spans.push(Span { start: from, end: until.min(now), mark });
        }
        before = doing;
    }
    spans
}

fn places(scenario: &Scenario, herd: &Herd) -> Queue {
    let chip = |it: u16, tone: Tone| {
        let number = (it + 1).to_string();
        Mark::new(format!("connection.{number}"), number.as_str())
            .actor(it)
            .tone(tone)
            .detail(format!("connection {number}"))
    };
    let row = |key: String, label: String, marks: Vec<Mark>| QueueRow {
        key,
        label,
        note: String::new(),
        marks,
    };
    let waiting = |them: &[u16]| them.iter().map(|it| chip(*it, Tone::Ready)).collect();
    let mut rows = Vec::new();
    if scenario.listen == Listen::ReusePort {
        for (at, it) in herd.threads.iter().enumerate() {
            rows.push(row(
                format!("listener.{at}"),
                format!("Listener {}", at + 1),
                waiting(&it.queue),
            ));
        }
    } else {
        rows.push(row("listener".to_owned(), "Listener".to_owned(), waiting(&herd.backlog)));
    }
    let mut groups: [Vec<Mark>; 3] = Default::default();
    for (at, it) in herd.threads.iter().enumerate() {
        let name = thread(at);
        let (group, tone) = match it.doing {
            Doing::Asleep => (0, Tone::Idle),
            Doing::Woken(_) => (1, Tone::Ready),
            Doing::Works { .. } => (2, Tone::Running),
        };
        groups[group].push(Mark::new(format!("thread.{name}"), name).tone(tone));
        if let Doing::Works { connection, .. } = it.doing {
            groups[group].push(chip(connection, Tone::Running));
        }
        groups[group].extend(it.own.iter().map(|it| chip(*it, Tone::Ready)));
    }
    for ((key, label), marks) in
        [("asleep", "Asleep"), ("woken", "Woken"), ("works", "At work")].into_iter().zip(groups)
    {
        rows.push(row(key.to_owned(), label.to_owned(), marks));
    }
    let served = herd.served.iter().rev().take(16).map(|it| chip(*it, Tone::Done));
    rows.push(row("served".to_owned(), "Served, the last first".to_owned(), served.collect()));
    Queue { rows }
}

fn arrangements(scenario: &Scenario, herd: &Herd) -> Table {
    let columns = vec![
        Column::words("They wait in"),
        Column::numbers("woken"),
        Column::numbers("for nothing"),
        Column::numbers("longest wait (ticks)"),
    ];
    let row = |((listen, key, label, _), all): (&(Listen, &str, &str, &str), &Tally)| {
        let marked = *listen == scenario.listen;
        let mut cells = vec![Cell::new(*label)];
        let numbers = [all.n_woken, all.n_in_vain, all.wait_ticks_max];
        cells.extend(numbers.map(|it| Cell::new(it.to_string())));
        if 0 < all.n_in_vain {
            cells[2].tone = Tone::Miss;
        }
        TableRow { key: (*key).to_owned(), actor: None, marked, cells }
    };
    Table { columns, rows: ARRANGEMENTS.iter().zip(&herd.others).map(row).collect() }
}
