//! A loop with a batch of events, and a number that is given out anew while the batch is handled.

use super::epoll_bugs::{Scenario, State};
use crate::engine::{Better, Log, Shot};
use crate::error::{Fault, ScenarioError};
use serde::Deserialize;

/// How the program knows an event that is out of date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Guard {
    None,
    Generation,
    Later,
}

/// What a client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Does {
    Connects,
    Sends,
    HangsUp,
    Closes,
}

/// A line of the script.
#[derive(Debug, Deserialize)]
pub(super) struct Happening {
    at_ticks: u64,
    name: String,
    does: Does,
    other: String,
}

/// Most clients: what fits on the page.
const CLIENTS_MAX: usize = 6;

/// Number of the listener; clients get the numbers after it.
pub(super) const LISTENER: usize = 4;

/// Rounds after the script in which only the events of closed connections come.
const ROUNDS_MAX: u32 = 2;

/// Where a client's connection is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Unknown,
    /// At the listener, not accepted.
    Waits,
    Open,
    /// To be closed after the batch.
    Closing,
    Closed,
}

#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) life: Life,
    /// Number and generation it was registered with.
    pub(super) tag: (usize, u32),
    pub(super) in_epoll: bool,
    /// Messages nobody has read; some of them make the program close another client.
    pub(super) unread: Vec<Option<usize>>,
    pub(super) hung_up: bool,
}

/// An event as the program got it; without a client, of the listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) client: Option<usize>,
    pub(super) tag: (usize, u32),
    pub(super) hung_up: bool,
}

/// How an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Right,
    Wrong,
    Thrown,
    Nobody,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct Stale {
    pub(super) now: u64,
    pub(super) clients: Vec<Client>,
    /// Who holds each number from the first after the listener.
    pub(super) numbers: Vec<Option<usize>>,
    pub(super) generations: Vec<u32>,
    /// The kernel's ready list; the listener is past the last client.
    pub(super) ready: Vec<usize>,
    pub(super) batch: Vec<Event>,
    pub(super) done: Vec<(Event, End)>,
    pub(super) later: Vec<usize>,
    pub(super) n_handled: u64,
    pub(super) n_wrong: u64,
    pub(super) n_thrown: u64,
    pub(super) n_nobody: u64,
    pub(super) n_cut_off: u64,
}

/// The clients in the order in which the script names them.
pub(super) fn names(scenario: &Scenario) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for it in &scenario.happenings {
        if !names.contains(&it.name) {
            names.push(it.name.clone());
        }
    }
    names
}

struct World<'a> {
    scenario: &'a Scenario,
    names: Vec<String>,
    /// The script by time.
    script: Vec<&'a Happening>,
    n_happened: usize,
    it: Stale,
}

fn check(scenario: &Scenario) -> Result<(), ScenarioError> {
    let mut known: Vec<&str> = Vec::new();
    let mut script: Vec<(usize, &Happening)> = scenario.happenings.iter().enumerate().collect();
    crate::order::by_key(&mut script, |it| it.1.at_ticks);
    for (row, it) in script {
        let fault = |key: &str, why: String| {
            Err(ScenarioError::one(format!("/happenings/{row}/{key}"), Fault::Conflict(why)))
        };
        if it.name.trim().is_empty() {
            return fault("name", "a name is needed here".to_owned());
        }
        let is_known = known.contains(&it.name.as_str());
        match it.does {
            Does::Connects if is_known => {
                return fault("does", format!("{} has connected before", it.name));
            }
            Does::Connects => known.push(&it.name),
            _ if !is_known => {
                return fault("name", format!("{} has not connected by then", it.name));
            }
            Does::Closes if it.other == it.name || !known.contains(&it.other.as_str()) => {
                return fault("other", "another client that has connected is needed".to_owned());
            }
            _ => {}
        }
        if CLIENTS_MAX < known.len() {
            return fault("name", format!("a client too many; at most {CLIENTS_MAX} fit"));
        }
    }
    Ok(())
}

pub(super) fn run(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
    check(scenario)?;
    let names = names(scenario);
    let mut script: Vec<&Happening> = scenario.happenings.iter().collect();
    crate::order::by_key(&mut script, |it| it.at_ticks);
    let client = Client {
        life: Life::Unknown,
        tag: (0, 0),
        in_epoll: false,
        unread: Vec::new(),
        hung_up: false,
    };
    let n = names.len();
    let it = Stale {
        now: 0,
        clients: vec![client; n],
        numbers: vec![None; n],
        generations: vec![0; n],
        ready: Vec::new(),
        batch: Vec::new(),
        done: Vec::new(),
        later: Vec::new(),
        n_handled: 0,
        n_wrong: 0,
        n_thrown: 0,
        n_nobody: 0,
        n_cut_off: 0,
    };
    let mut world = World { scenario, names, script, n_happened: 0, it };
    world.step("start", "The loop has a listener, number 4, and no client yet.".to_owned(), log)?;
    world.go(log)?;
    let it = &world.it;
    let mut add = |key: &str, label: &str, value: u64, unit, better| {
        log.metric(key, label, value as f64, unit, better);
    };
    add("n_events", "Events handled", it.n_handled, "events", Better::Neither);
    add("n_wrong", "Of the wrong connection", it.n_wrong, "events", Better::Lower);
    add("n_nobody", "Of a number nobody has", it.n_nobody, "events", Better::Lower);
    add("n_thrown", "Thrown away", it.n_thrown, "events", Better::Neither);
    add("n_cut_off", "Cut off by mistake", it.n_cut_off, "clients", Better::Lower);
    add("time_ticks", "Time", it.now, "ticks", Better::Neither);
    Ok(())
}

impl World<'_> {
    fn step(
        &self,
        tag: &'static str,
        say: String,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        log.step(self.it.now, tag, || Shot::new(say, State::Stale(self.it.clone())))
    }

    fn at(&self, name: &str) -> usize {
        self.names.iter().position(|it| it == name).unwrap_or_default()
    }

    fn listener(&self) -> usize {
        self.names.len()
    }

    fn go(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let mut n_rounds = 0;
        loop {
            self.happen(log)?;
            let batch = self.fetch();
            if batch.is_empty() {
                let Some(next) = self.script.get(self.n_happened) else { break };
                self.it.now = next.at_ticks.max(self.it.now);
                continue;
            }
            let is_over = self.n_happened == self.script.len();
            let ghost =
                |it: &Event| it.client.is_some_and(|at| self.it.clients[at].life == Life::Closed);
            let only_ghosts = batch.iter().all(ghost);
            self.it.done.clear();
            self.it.batch = batch;
            let say = self.said_of_batch();
            self.it.now += 1;
            self.step("batch", say, log)?;
            while !self.it.batch.is_empty() {
                self.happen(log)?;
                let event = self.it.batch.remove(0);
                self.it.now += 1;
                self.handle(event, log)?;
            }
            self.close_later(log)?;
            n_rounds = if is_over && only_ghosts { n_rounds + 1 } else { 0 };
            if n_rounds == ROUNDS_MAX {
                let say = "The loop goes on like this for ever, because nobody can read what is left or remove it from epoll.";
                return self.step("spins", say.to_owned(), log);
            }
        }
        self.step("end", "The loop sleeps, because no event is left.".to_owned(), log)
    }

    /// What the script does up to now.
    fn happen(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        while let Some(&it) = self.script.get(self.n_happened)
            && it.at_ticks <= self.it.now
        {
            self.n_happened += 1;
            let (at, name) = (self.at(&it.name), &it.name);
            let other = self.at(&it.other);
            let client = &mut self.it.clients[at];
            let is_heard = match client.life {
                Life::Waits | Life::Open | Life::Closing => true,
                Life::Closed => client.in_epoll,
                Life::Unknown => it.does == Does::Connects,
            };
            let does = match it.does {
                Does::Connects => {
                    client.life = Life::Waits;
                    "connects".to_owned()
                }
                Does::Sends => {
                    client.unread.push(None);
                    "sends data".to_owned()
                }
                Does::Closes => {
                    client.unread.push(Some(other));
                    format!("sends a message for which {} will be closed", it.other)
                }
                Does::HangsUp => {
                    client.hung_up = true;
                    "hangs up".to_owned()
                }
            };
            let ready = match it.does {
                Does::Connects => Some(self.listener()),
                _ => client.in_epoll.then_some(at),
            };
            if let Some(at) = ready
                && !self.it.ready.contains(&at)
            {
                self.it.ready.push(at);
            }
            let unheard = if is_heard { "" } else { ", and nobody hears it, because it is closed" };
            self.step("happens", format!("{name} {does}{unheard}."), log)?;
        }
        Ok(())
    }

    /// Whether the kernel would report it now.
    fn is_ready(&self, at: usize) -> bool {
        match self.it.clients.get(at) {
            Some(it) => it.in_epoll && (it.hung_up || !it.unread.is_empty()),
            None => self.it.clients.iter().any(|it| it.life == Life::Waits),
        }
    }

    /// `epoll_wait`: what is ready, in the order of the ready list; it goes to the end of the list.
    fn fetch(&mut self) -> Vec<Event> {
        let max = usize::try_from(self.scenario.batch_max).unwrap_or(1);
        let ready: Vec<usize> =
            self.it.ready.iter().copied().filter(|&at| self.is_ready(at)).collect();
        let n = ready.len().min(max);
        self.it.ready = [&ready[n..], &ready[..n]].concat();
        let event = |&at: &usize| match self.it.clients.get(at) {
            Some(it) => Event { client: Some(at), tag: it.tag, hung_up: it.hung_up },
            None => Event { client: None, tag: (LISTENER, 0), hung_up: false },
        };
        ready[..n].iter().map(event).collect()
    }

    fn event_name(&self, event: &Event) -> String {
        match event.client {
            Some(at) => format!("number {} for {}", event.tag.0, self.names[at]),
            None => "the listener".to_owned(),
        }
    }

    fn said_of_batch(&self) -> String {
        let events: Vec<String> = self.it.batch.iter().map(|it| self.event_name(it)).collect();
        let events = crate::words::list(&events);
        match self.it.batch.len() {
            1 => format!("The loop fetches one event: {events}."),
            n => format!("The loop fetches a batch of {n} events: {events}."),
        }
    }

    fn handle(&mut self, event: Event, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let before = Stale::clone(&self.it);
        let number = event.tag.0;
        let (end, tag, say) = match event.client {
            None => self.accept(),
            Some(at) => self.outcome(event, at),
        };
        self.it.n_handled += 1;
        match end {
            End::Wrong => self.it.n_wrong += 1,
            End::Thrown => self.it.n_thrown += 1,
            End::Nobody => self.it.n_nobody += 1,
            End::Right => {}
        }
        self.it.done.push((event, end));
        let question = event.client.map(|_| self.question(&before, event, end));
        log.step(self.it.now, tag, || {
            let shot = Shot::new(say, State::Stale(self.it.clone()));
            match question {
                Some((options, answer)) => shot.ask(
                    &format!("Next is an event of number {number}. Who gets it?"),
                    options,
                    answer,
                ),
                None => shot,
            }
        })
    }

    /// What comes of an event of a connection.
    fn outcome(&mut self, event: Event, at: usize) -> (End, &'static str, String) {
        let (number, generation) = event.tag;
        let slot = number - LISTENER - 1;
        let holder = self.it.numbers[slot];
        let current = self.it.generations[slot];
        let life = self.it.clients[at].life;
        let name = self.names[at].clone();
        match self.scenario.guard {
            Guard::Generation if current != generation => (
                End::Thrown,
                "thrown",
                format!(
                    "The loop throws the event away: it says generation {generation}, and {number} is in generation {current}."
                ),
            ),
            Guard::Later if life == Life::Closing => (
                End::Thrown,
                "thrown",
                format!(
                    "The loop skips the event, because {name} is on its list of those to close."
                ),
            ),
            Guard::Later if life == Life::Closed => (
                End::Wrong,
                "wrong",
                format!(
                    "The event points to the memory of {name}, which was freed after an earlier batch."
                ),
            ),
            _ if holder == Some(at) => {
                let (tag, say) = self.served(at, event.hung_up);
                (End::Right, tag, say)
            }
            _ => self.astray(event, &name, holder),
        }
    }

    /// Who could get an event: the clients, or nobody.
    fn question(&self, before: &Stale, event: Event, end: End) -> (Vec<String>, usize) {
        let known: Vec<usize> =
            (0..self.names.len()).filter(|&at| before.clients[at].life != Life::Unknown).collect();
        let mut options: Vec<String> = known.iter().map(|&at| self.names[at].clone()).collect();
        options.push("nobody".to_owned());
        let holder = before.numbers[event.tag.0 - LISTENER - 1];
        let gets = match end {
            End::Right => event.client,
            End::Wrong => holder,
            End::Thrown | End::Nobody => None,
        };
        let place = gets.and_then(|at| known.iter().position(|it| *it == at));
        (options, place.unwrap_or(known.len()))
    }

    fn accept(&mut self) -> (End, &'static str, String) {
        let waits = self.it.clients.iter().position(|it| it.life == Life::Waits);
        let free = self.it.numbers.iter().position(Option::is_none);
        let (Some(at), Some(slot)) = (waits, free) else {
            return (End::Right, "accept", "The loop finds nobody at the listener.".to_owned());
        };
        let generation = self.it.generations[slot];
        let number = slot + LISTENER + 1;
        self.it.numbers[slot] = Some(at);
        let client = &mut self.it.clients[at];
        client.life = Life::Open;
        client.tag = (number, generation);
        client.in_epoll = true;
        if !client.unread.is_empty() || client.hung_up {
            self.it.ready.push(at);
        }
        let name = &self.names[at];
        if generation == 0 {
            return (
                End::Right,
                "accept",
                format!(
                    "The loop accepts {name}, which gets number {number}, the lowest that is free."
                ),
            );
        }
        let say = format!(
            "The loop accepts {name}, which gets number {number} anew, because it is the lowest that is free since its close."
        );
        (End::Right, "reuse", say)
    }

    /// An event reaches the connection that it is of.
    fn served(&mut self, at: usize, hung_up: bool) -> (&'static str, String) {
        let name = self.names[at].clone();
        let client = &mut self.it.clients[at];
        if client.unread.is_empty() {
            if hung_up {
                let how = self.close(at);
                return ("close", format!("{name} has hung up, so the loop closes it{how}."));
            }
            return ("serve", format!("The loop reads from {name} and gets EAGAIN."));
        }
        match client.unread.remove(0) {
            Some(other) if self.it.clients[other].life == Life::Open => {
                let number = self.it.clients[other].tag.0;
                let how = self.close(other);
                let say = format!(
                    "The loop reads the message of {name} and closes {}, number {number}{how}.",
                    self.names[other]
                );
                ("close", say)
            }
            Some(other) => (
                "serve",
                format!(
                    "The loop reads the message of {name}; {} is closed already.",
                    self.names[other]
                ),
            ),
            None => ("serve", format!("The loop reads the data of {name}.")),
        }
    }

    /// An event of a closed connection, in a program without a guard.
    fn astray(
        &mut self,
        event: Event,
        name: &str,
        holder: Option<usize>,
    ) -> (End, &'static str, String) {
        let number = event.tag.0;
        let Some(victim) = holder else {
            let say = format!(
                "The loop reads from {number} for {name} and gets EBADF, because nobody has that number now."
            );
            return (End::Nobody, "nobody", say);
        };
        let new = self.names[victim].clone();
        let client = &mut self.it.clients[victim];
        let does = if event.hung_up {
            self.it.n_cut_off += 1;
            let how = self.close(victim);
            format!("the loop closes {new}, which never hung up{how}")
        } else if client.unread.is_empty() {
            format!("the loop reads from {new}, which has sent nothing, and gets EAGAIN")
        } else {
            client.unread.remove(0);
            format!("the loop takes what {new} has sent for the data of {name}")
        };
        (
            End::Wrong,
            "wrong",
            format!("{new} gets an event of {name}, because it has number {number} now: {does}."),
        )
    }

    /// Closes a connection, now or after the batch, and says how.
    fn close(&mut self, at: usize) -> &'static str {
        if self.scenario.guard == Guard::Later {
            self.it.clients[at].life = Life::Closing;
            self.it.later.push(at);
            return " after this batch";
        }
        self.close_now(at)
    }

    fn close_now(&mut self, at: usize) -> &'static str {
        let client = &mut self.it.clients[at];
        let slot = client.tag.0 - LISTENER - 1;
        client.life = Life::Closed;
        self.it.numbers[slot] = None;
        self.it.generations[slot] += 1;
        if self.scenario.copies && !self.scenario.delete_first {
            return ", but the child's copy keeps it in epoll";
        }
        client.in_epoll = false;
        self.it.ready.retain(|it| *it != at);
        ""
    }

    fn close_later(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let later = std::mem::take(&mut self.it.later);
        for &at in &later {
            self.close_now(at);
        }
        if later.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = later.iter().map(|&at| self.names[at].as_str()).collect();
        let say = format!(
            "The batch is done, and the loop closes {}; no event that it holds can mean a number that is given out anew.",
            crate::words::list(&names)
        );
        self.step("later", say, log)
    }
}
