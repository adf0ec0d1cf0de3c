//! Two worlds on one clock: a ready list, a loop, and what the loop reads.

use super::triggering::{Scenario, State};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use crate::words::{count, list};

/// When epoll reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Level,
    Edge,
}

pub(super) const MODES: [Mode; 2] = [Mode::Level, Mode::Edge];

impl Mode {
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Level => "level",
            Self::Edge => "edge",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Level => "Level",
            Self::Edge => "Edge",
        }
    }
}

/// What a thread does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// About to call `epoll_wait`.
    Waits,
    /// Asleep in `epoll_wait`.
    Sleeps,
    /// Goes through its events; next is a call for this one.
    Handles(u16),
    /// Asleep in a call for this one, which has nothing.
    Stuck(u16),
}

/// What a tick of the thread was spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Did {
    Report,
    /// A call for this descriptor, and what it gave.
    Call(u16, u32),
}

/// One descriptor in one world.
#[derive(Debug, Clone, Default)]
pub(super) struct Source {
    /// When each unit that lies there came.
    pub(super) came: Vec<u64>,
    /// Units that the program has taken.
    pub(super) n_taken: u32,
    listed: bool,
}

/// One loop with its descriptors.
#[derive(Debug, Clone)]
pub(super) struct World {
    mode: Mode,
    pub(super) sources: Vec<Source>,
    pub(super) doing: Doing,
    /// Reported and not handled yet.
    pub(super) events: Vec<u16>,
    ready: Vec<u16>,
    /// What it did last, and when.
    pub(super) did: Option<(u64, Did)>,
    pub(super) n_reports: u64,
    pub(super) n_calls: u64,
    pub(super) n_again: u64,
    pub(super) delay_ticks_max: u64,
    pub(super) stuck_ticks: u64,
}

impl World {
    fn new(mode: Mode, n_sources: usize) -> Self {
        Self {
            mode,
            sources: vec![Source::default(); n_sources],
            doing: Doing::Waits,
            events: Vec::new(),
            ready: Vec::new(),
            did: None,
            n_reports: 0,
            n_calls: 0,
            n_again: 0,
            delay_ticks_max: 0,
            stuck_ticks: 0,
        }
    }

    /// What nobody has taken.
    pub(super) fn left(&self) -> u64 {
        self.sources.iter().map(|it| it.came.len() as u64).sum()
    }

    fn arrive(&mut self, now: u64, at: usize, amount: u32) {
        let source = &mut self.sources[at];
        source.came.extend((0..amount).map(|_| now));
        if !source.listed {
            source.listed = true;
            self.ready.push(index(at));
        }
    }

    /// Takes the ready list; level puts back what has data.
    fn collect(&mut self) {
        for at in std::mem::take(&mut self.ready) {
            let source = &mut self.sources[usize::from(at)];
            source.listed = false;
            if !source.came.is_empty() {
                self.events.push(at);
            }
        }
        if self.mode == Mode::Level {
            for &at in &self.events {
                self.sources[usize::from(at)].listed = true;
                self.ready.push(at);
            }
        }
    }

    /// Whether something may still happen without new data.
    fn is_busy(&self) -> bool {
        matches!(self.doing, Doing::Waits | Doing::Handles(_))
    }
}

fn index(at: usize) -> u16 {
    u16::try_from(at).unwrap_or_default()
}

/// Runs both worlds until no data comes any more and both sleep.
pub(super) fn run_both(scenario: &Scenario, log: &mut Log<State>) -> Result<State, ScenarioError> {
    let names = scenario.names();
    let worlds = MODES.map(|mode| World::new(mode, names.len()));
    let mut clock = Clock { scenario, names, state: State { now: 0, worlds } };
    let last = scenario.arrivals.iter().map(|it| it.at_ticks).max().unwrap_or_default();
    let mut tick = 0;
    while tick <= last || clock.state.worlds.iter().any(World::is_busy) {
        clock.state.now = tick;
        clock.arrivals(log)?;
        for at in 0..MODES.len() {
            clock.turn(at, log)?;
        }
        tick += 1;
    }
    clock.end(log)?;
    Ok(clock.state)
}

struct Clock<'a> {
    scenario: &'a Scenario,
    names: Vec<String>,
    state: State,
}

impl Clock<'_> {
    fn step(
        &self,
        tag: &'static str,
        say: String,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        log.step(self.state.now, tag, || Shot::new(say, self.state.clone()))
    }

    fn name(&self, at: u16) -> &str {
        &self.names[usize::from(at)]
    }

    fn amount(&self, n: u64) -> String {
        count(n, self.scenario.unit())
    }

    fn arrivals(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let now = self.state.now;
        let mut came = Vec::new();
        for arrival in self.scenario.arrivals.iter().filter(|it| it.at_ticks == now) {
            let at = self.names.iter().position(|it| *it == arrival.name).unwrap_or_default();
            self.state.worlds.iter_mut().for_each(|it| it.arrive(now, at, arrival.amount));
            came.push(format!("{} for {}", self.amount(arrival.amount.into()), arrival.name));
        }
        if came.is_empty() {
            return Ok(());
        }
        let say = format!("{} come, so the descriptor stands on both ready lists.", list(&came));
        let say = match came.len() {
            1 if say.starts_with("1 ") => say.replacen(" come,", " comes,", 1),
            1 => say,
            _ => say.replacen("the descriptor stands", "their descriptors stand", 1),
        };
        self.step("arrive", say, log)
    }

    /// One tick of one thread.
    fn turn(&mut self, world: usize, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let now = self.state.now;
        let it = &mut self.state.worlds[world];
        match it.doing {
            Doing::Sleeps if it.ready.is_empty() => Ok(()),
            Doing::Waits | Doing::Sleeps => self.wait(world, log),
            Doing::Stuck(at) if it.sources[usize::from(at)].came.is_empty() => {
                it.stuck_ticks += 1;
                Ok(())
            }
            Doing::Handles(at) | Doing::Stuck(at) => {
                let slept = matches!(it.doing, Doing::Stuck(_));
                let got = self.take(world, at);
                self.state.worlds[world].did = Some((now, Did::Call(at, got)));
                self.called(world, at, got, slept, log)
            }
        }
    }

    /// `epoll_wait`: it returns with what is to be reported, or sleeps.
    fn wait(&mut self, world: usize, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let mode = MODES[world];
        let it = &mut self.state.worlds[world];
        let had = it.left();
        it.collect();
        let question = format!("{} calls epoll_wait: what happens?", mode.label());
        let options = vec!["it returns at once".to_owned(), "it sleeps".to_owned()];
        if it.events.is_empty() {
            let asleep = it.doing == Doing::Sleeps;
            it.doing = Doing::Sleeps;
            if asleep {
                return Ok(());
            }
            let (tag, say) = if had == 0 {
                (
                    "sleep",
                    format!("{} sleeps in epoll_wait, because nothing is left.", mode.label()),
                )
            } else {
                let say = format!(
                    "{} sleeps in epoll_wait with {} {}, because no data has come since the report.",
                    mode.label(),
                    self.amount(had),
                    self.scenario.left_word()
                );
                ("forgot", say)
            };
            return log.step(self.state.now, tag, || {
                let shot = Shot::new(say, self.state.clone());
                if had == 0 { shot } else { shot.ask(&question, options, 1) }
            });
        }
        it.n_reports += it.events.len() as u64;
        it.doing = Doing::Handles(it.events.remove(0));
        it.did = Some((self.state.now, Did::Report));
        let say = self.reported(world);
        log.step(self.state.now, "report", || {
            Shot::new(say, self.state.clone()).ask(&question, options, 0)
        })
    }

    fn reported(&self, world: usize) -> String {
        let it = &self.state.worlds[world];
        let Doing::Handles(first) = it.doing else { return String::new() };
        let mut names = vec![self.name(first)];
        names.extend(it.events.iter().map(|&at| self.name(at)));
        let (names, mode) = (list(&names), MODES[world].label());
        match MODES[world] {
            Mode::Level => format!(
                "{mode} hears of {names}, because there are {} to take.",
                self.amount(it.left())
            )
            .replace("there are 1 ", "there is 1 "),
            Mode::Edge => {
                format!("{mode} hears of {names}, because data has come since the last report.")
            }
        }
    }

    /// Takes what one call takes.
    fn take(&mut self, world: usize, at: u16) -> u32 {
        let now = self.state.now;
        let it = &mut self.state.worlds[world];
        let source = &mut it.sources[usize::from(at)];
        let got = source.came.len().min(usize::try_from(self.scenario.take()).unwrap_or_default());
        let delay = source.came.drain(..got).map(|came| now - came).max().unwrap_or_default();
        it.delay_ticks_max = it.delay_ticks_max.max(delay);
        let got = u32::try_from(got).unwrap_or_default();
        source.n_taken += got;
        it.n_calls += 1;
        got
    }

    /// What the thread does after a call that gave `got`.
    fn called(
        &mut self,
        world: usize,
        at: u16,
        got: u32,
        slept: bool,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        if got == 0 {
            return self.empty(world, at, log);
        }
        let goes_on = self.scenario.goes_on(got);
        let left = self.state.worlds[world].sources[usize::from(at)].came.len() as u64;
        self.next(world, at, goes_on);
        let rest = match (left, goes_on) {
            (0, true) => "nothing is left, but it does not know that".to_owned(),
            (0, false) => "nothing is left".to_owned(),
            (_, true) => format!("it goes on, because {} may be left", self.amount(left)),
            (_, false) => format!("it stops there, and leaves {}", self.amount(left)),
        }
        .replace("may be left", if left == 1 { "is left" } else { "are left" });
        let woke = if slept { " wakes up and" } else { "" };
        let say = format!(
            "{}{woke} takes {} from {}; {rest}.",
            MODES[world].label(),
            self.amount(got.into()),
            self.name(at)
        );
        self.step("take", say, log)
    }

    /// A call found nothing.
    fn empty(&mut self, world: usize, at: u16, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let (mode, call) = (MODES[world].label(), self.scenario.call());
        let name = self.name(at).to_owned();
        let it = &mut self.state.worlds[world];
        let (tag, say, answer) = if self.scenario.blocking {
            it.doing = Doing::Stuck(at);
            it.stuck_ticks += 1;
            it.did = None;
            let others: Vec<&str> =
                self.names.iter().filter(|it| **it != name).map(String::as_str).collect();
            let wait = match others.as_slice() {
                [] => "the loop stands still".to_owned(),
                [one] => format!("{one} waits with it"),
                _ => format!("{} wait with it", list(&others)),
            };
            let say = format!(
                "{mode} sleeps in {call} for {name}, because it is empty and blocking: {wait}."
            );
            ("stuck", say, 1)
        } else {
            it.n_again += 1;
            self.next(world, at, false);
            let say = format!(
                "{mode} gets EAGAIN from {name}, because it is empty; only now it is sure of that."
            );
            ("again", say, 0)
        };
        let question = format!("{mode} calls {call} for {name}, which is empty: what happens?");
        let options = ["EAGAIN", "it sleeps in the call"].map(str::to_owned).to_vec();
        log.step(self.state.now, tag, || {
            Shot::new(say, self.state.clone()).ask(&question, options, answer)
        })
    }

    /// The same descriptor again, the next event, or back to `epoll_wait`.
    fn next(&mut self, world: usize, at: u16, goes_on: bool) {
        let it = &mut self.state.worlds[world];
        it.doing = if goes_on {
            Doing::Handles(at)
        } else if it.events.is_empty() {
            Doing::Waits
        } else {
            Doing::Handles(it.events.remove(0))
        };
    }

    fn end(&self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let said = |world: usize| {
            let it = &self.state.worlds[world];
            let mode = MODES[world].label();
            let left = format!("{} {}", self.amount(it.left()), self.scenario.left_word());
            match (it.doing, it.left()) {
                (Doing::Stuck(at), 0) => {
                    format!("{mode} still sleeps in a call for {}", self.name(at))
                }
                (Doing::Stuck(at), _) => {
                    format!("{mode} sleeps in a call for {}, with {left}", self.name(at))
                }
                (_, 0) => format!("{mode} has taken everything"),
                _ => format!("{mode} sleeps with {left}, and nobody will tell it"),
            }
        };
        let say = format!("No more data comes: {}. {}.", said(0), said(1));
        self.step("end", say, log)
    }
}
