//! The loop under every disk scheduler: requests come in, the arm moves, the disk turns.
//!
//! One decision costs O(waiting requests). A decision is made when a transfer or a movement to an
//! edge has ended, and holds until the request is served: what comes in meanwhile waits.

use super::policy::{Next, Policy, View};
use super::say;
use super::workload::{RequestIdx, Scenario, Way};
use crate::engine::{Better, Log, Shot};
use crate::error::ScenarioError;
use std::sync::{Arc, OnceLock};

/// Most places among which a learner is asked to choose.
const OPTIONS_MAX: usize = 10;

/// A step's snapshot.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) head: u32,
    pub(crate) way: Way,
    pub(crate) event: Event,
    /// By request: what has become of it.
    pub(crate) phases: Vec<Phase>,
    pub(crate) tally: Tally,
    /// When the run ends, in microseconds; filled in when it has ended.
    pub(crate) end: Arc<OnceLock<u64>>,
}

/// What has become of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It has not come yet.
    Away,
    Waiting,
    /// The arm is under way to it, or there.
    Chosen,
    Done,
}

/// What happened at a step.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    Start,
    Arrive(RequestIdx),
    Move(Move),
    Serve(Service),
    End,
}

/// A movement of the arm.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Move {
    pub(crate) from: u32,
    pub(crate) to: u32,
    /// Whether it is on the way back of a policy that serves in one direction.
    pub(crate) is_return: bool,
    /// Whose request it is for; none on the way to an edge.
    pub(crate) request: Option<RequestIdx>,
    pub(crate) start_us: u64,
    pub(crate) end_us: u64,
    /// Whether the arm has turned for it.
    pub(crate) turned: bool,
}

/// An access, after the arm has come to its cylinder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Service {
    pub(crate) request: RequestIdx,
    /// Its number in the order of service, from 1.
    pub(crate) place: u32,
    /// Cylinders that were crossed since the request before.
    pub(crate) moved: u64,
    /// When the arm was there, in microseconds.
    pub(crate) start_us: u64,
    /// When the first sector came by.
    pub(crate) transfer_us: u64,
    pub(crate) end_us: u64,
}

/// Sums of a run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) moved: u64,
    pub(crate) seek_us: u64,
    pub(crate) rotation_us: u64,
    pub(crate) transfer_us: u64,
    pub(crate) n_served: u32,
}

/// Serves all requests under a policy, logging every step, then the metrics.
pub(crate) fn simulate(
    scenario: &Scenario,
    policy: Policy,
    log: &mut Log<State>,
) -> Result<(), ScenarioError> {
    scenario.check()?;
    let mut sim = Sim {
        scenario,
        policy,
        head: scenario.head,
        way: scenario.direction,
        last_way: policy.follows().then_some(scenario.direction),
        now_us: 0,
        moved_before: 0,
        to_come: scenario.arrivals(),
        waiting: Vec::new(),
        phases: vec![Phase::Away; scenario.requests.len()],
        tally: Tally::default(),
        services: Vec::new(),
        end: Arc::default(),
    };
    sim.to_come.reverse();
    sim.run(log)?;
    metrics(&sim, log);
    Ok(())
}

pub(super) struct Sim<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) policy: Policy,
    pub(super) head: u32,
    pub(super) way: Way,
    /// Where the arm moved last; none before a movement of a policy that was given no direction.
    last_way: Option<Way>,
    now_us: u64,
    /// Cylinders crossed when the last request was served.
    moved_before: u64,
    /// Requests still to come, the next one last.
    to_come: Vec<RequestIdx>,
    /// Requests that wait, in the order in which they came.
    pub(super) waiting: Vec<RequestIdx>,
    phases: Vec<Phase>,
    pub(super) tally: Tally,
    services: Vec<Service>,
    end: Arc<OnceLock<u64>>,
}

impl Sim<'_> {
    fn run(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        while self.comes_by(0).is_some() {}
        self.step(log, 0, "start", Event::Start, say::start)?;
        loop {
            if self.waiting.is_empty() {
                let Some(&next) = self.to_come.last() else { break };
                let at = self.scenario.requests[next].arrival_us();
                self.admit(at, None, log)?;
                self.now_us = at;
            }
            self.serve_next(log)?;
        }
        let _ = self.end.set(self.now_us);
        self.step(log, self.now_us, "end", Event::End, say::end)
    }

    /// Takes in the next request if it comes by a moment.
    fn comes_by(&mut self, until_us: u64) -> Option<RequestIdx> {
        let next = *self.to_come.last()?;
        if until_us < self.scenario.requests[next].arrival_us() {
            return None;
        }
        self.to_come.pop();
        self.waiting.push(next);
        self.phases[next] = Phase::Waiting;
        Some(next)
    }

    /// Takes in what comes by a moment, while the disk is busy with a request or, without one,
    /// idle or on the way to an edge.
    fn admit(
        &mut self,
        until_us: u64,
        busy: Option<RequestIdx>,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let was_idle = self.waiting.is_empty() && busy.is_none();
        while let Some(request) = self.comes_by(until_us) {
            let at = self.scenario.requests[request].arrival_us();
            self.step(log, at, "arrive", Event::Arrive(request), |sim| {
                say::arrive(sim, request, busy, was_idle)
            })?;
        }
        Ok(())
    }

    /// Decides, moves and serves one request.
    fn serve_next(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let mut turned = false;
        loop {
            let options = say::options(self);
            let next = self.policy.next(&View {
                scenario: self.scenario,
                head: self.head,
                way: self.way,
                waiting: &self.waiting,
            });
            let (edge, other) = (self.scenario.edge(self.way), self.scenario.edge(self.way.back()));
            match next {
                Next::Turn => {
                    self.way = self.way.back();
                    turned = true;
                }
                Next::Edge => self.go(edge, None, false, turned, &options, log)?,
                Next::Return => self.go(other, None, true, turned, &options, log)?,
                Next::Serve(request) | Next::Jump(request) => {
                    let to = self.scenario.requests[request].cylinder;
                    let is_return = matches!(next, Next::Jump(_));
                    self.waiting.retain(|&it| it != request);
                    self.phases[request] = Phase::Chosen;
                    self.go(to, Some(request), is_return, turned, &options, log)?;
                    return self.serve(request, log);
                }
            }
        }
    }

    /// Moves the arm.
    fn go(
        &mut self,
        to: u32,
        request: Option<RequestIdx>,
        is_return: bool,
        turned: bool,
        options: &[String],
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let (from, start_us) = (self.head, self.now_us);
        let counts = !is_return || self.scenario.count_return;
        let crossed = if counts { from.abs_diff(to) } else { 0 };
        let took = self.scenario.seek(crossed);
        let end_us = start_us + took;
        let way = if from < to { Way::Up } else { Way::Down };
        let reverses = from != to && !is_return && self.last_way.is_some_and(|it| it != way);
        if from != to && !is_return {
            self.last_way = Some(way);
        }
        if !self.policy.follows() && from != to {
            self.way = way;
        }
        (self.head, self.now_us) = (to, end_us);
        self.tally.moved += u64::from(crossed);
        self.tally.seek_us += took;
        let tag = match (is_return, request) {
            (true, _) => "jump",
            (false, None) => "edge",
            (false, Some(_)) if reverses => "turn",
            (false, Some(_)) => "seek",
        };
        let event = Move { from, to, is_return, request, start_us, end_us, turned };
        let answer = say::answer(self, options, &event);
        log.step(start_us, tag, || {
            let shot = Shot::new(say::moves(self, &event), self.state(Event::Move(event)));
            let shown = if OPTIONS_MAX < options.len() { Vec::new() } else { options.to_vec() };
            shot.ask("Where does the arm go next?", shown, answer)
        })?;
        self.admit(end_us, request, log)
    }

    /// Waits for the sector and transfers.
    fn serve(&mut self, request: RequestIdx, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let own = &self.scenario.requests[request];
        let start_us = self.now_us;
        let transfer_us = start_us + self.scenario.rotation(own, start_us);
        let end_us = transfer_us + self.scenario.transfer(own);
        self.admit(end_us, Some(request), log)?;
        self.now_us = end_us;
        self.phases[request] = Phase::Done;
        self.tally.n_served += 1;
        self.tally.rotation_us += transfer_us - start_us;
        self.tally.transfer_us += end_us - transfer_us;
        let moved = self.tally.moved - self.moved_before;
        self.moved_before = self.tally.moved;
        let place = self.tally.n_served;
        let service = Service { request, place, moved, start_us, transfer_us, end_us };
        self.services.push(service);
        self.step(log, end_us, "serve", Event::Serve(service), |sim| say::serve(sim, &service))
    }

    fn step(
        &self,
        log: &mut Log<State>,
        time: u64,
        tag: &'static str,
        event: Event,
        say: impl FnOnce(&Self) -> String,
    ) -> Result<(), ScenarioError> {
        log.step(time, tag, || Shot::new(say(self), self.state(event)))
    }

    fn state(&self, event: Event) -> State {
        State {
            head: self.head,
            way: self.way,
            event,
            phases: self.phases.clone(),
            tally: self.tally,
            end: Arc::clone(&self.end),
        }
    }
}

/// Microseconds as milliseconds.
pub(super) fn ms(us: u64) -> f64 {
    us as f64 / 1_000.0
}

fn metrics(sim: &Sim<'_>, log: &mut Log<State>) {
    let Sim { scenario, tally, services, .. } = sim;
    let waits = |it: &Service| it.start_us - scenario.requests[it.request].arrival_us();
    let responses = |it: &Service| it.end_us - scenario.requests[it.request].arrival_us();
    let n = services.len().max(1) as f64;
    let mean = |of: &dyn Fn(&Service) -> u64| ms(services.iter().map(of).sum()) / n;
    let max = |of: &dyn Fn(&Service) -> u64| ms(services.iter().map(of).max().unwrap_or_default());
    let (lower, neither) = (Better::Lower, Better::Neither);
    let moved = tally.moved as f64;
    log.metric("moved_cylinders", "Head movement", moved, "cylinders", lower);
    log.metric("waiting_ms_mean", "Mean wait", mean(&waits), "ms", lower);
    log.metric("waiting_ms_max", "Longest wait", max(&waits), "ms", lower);
    log.metric("response_ms_mean", "Mean response", mean(&responses), "ms", lower);
    log.metric("total_ms", "All served after", ms(sim.now_us), "ms", lower);
    log.metric("seek_ms", "Seeking", ms(tally.seek_us), "ms", lower);
    log.metric("rotation_ms", "Waiting for the sector", ms(tally.rotation_us), "ms", lower);
    log.metric("transfer_ms", "Transferring", ms(tally.transfer_us), "ms", neither);
    if let Some(least) = scenario.least() {
        let label = "Least movement of any order";
        log.metric("least_cylinders", label, least.into(), "cylinders", neither);
    }
    for service in services {
        let name = &scenario.requests[service.request].name;
        log.metric_of("place", name, "Place in the order", service.place.into(), "");
        log.metric_of("moved_cylinders", name, "Way", service.moved as f64, "cylinders");
        log.metric_of("waiting_ms", name, "Wait", ms(waits(service)), "ms");
    }
}
