//! The loop under every single-CPU policy: time, the CPU, I/O and the order of what happens at
//! once.
//!
//! Event driven: the clock jumps to the next moment at which something happens. One moment costs
//! O(log n) for n jobs and what the policy takes. A run is refused past [`CPU_STEPS_MAX`] steps.
//!
//! At one moment, in this order: jobs come back from I/O, then jobs arrive (each by earlier
//! arrival, then by row); the running job's burst or slice ends; the policy's timer fires; a ready
//! job may take the CPU; a switch ends; a free CPU gets the next job. With [`Tie::PreemptedFirst`]
//! the running job's burst or slice ends before the others come.
//!
//! A switch from one job to a different one takes `switch_cost_ticks`. No job runs meanwhile, so
//! all ready jobs pay for it with waiting, the chosen one too. The first job is switched to for
//! free, and so is the job that ran last. A switch that has begun is not broken off.
//!
//! Every job has an I/O device of its own: I/O bursts never queue.

use super::jobs::{JobIdx, Setup, Tie, check_bursts};
use super::kernel_metrics::metrics;
use super::kernel_policy::{Expiry, Fired, From, Moment, Policy, View};
use super::kernel_say as say;
use super::kernel_state::{Cpu, Live, Phase, State, Tally};
use crate::engine::{FRAMES_MAX, Log, Shot};
use crate::error::{Fault, ScenarioError};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, OnceLock};

/// Most steps of one run: enough for a reader, and at the form's limits still a moment.
pub(crate) const CPU_STEPS_MAX: u64 = 250_000;

/// Most ready jobs among which a learner is asked to choose.
const OPTIONS_MAX: usize = 8;

/// Runs a workload under a policy, logging every step, then the metrics.
pub(crate) fn simulate(
    setup: &Setup<'_>,
    policy: &mut dyn Policy,
    log: &mut Log<State>,
) -> Result<(), ScenarioError> {
    check_bursts(setup.jobs)?;
    let mut sim = Sim::new(setup, policy);
    sim.moment(log)?;
    while let Some(next) = sim.next_moment() {
        sim.advance(next);
        sim.moment(log)?;
    }
    let _ = sim.end.set(sim.last_frame);
    metrics(setup.jobs, &sim.live, sim.tally, log);
    Ok(())
}

/// Says something about one job.
type SayOf = fn(&dyn Policy, &View<'_>, JobIdx) -> String;

struct Sim<'a> {
    setup: &'a Setup<'a>,
    policy: &'a mut dyn Policy,
    now: u64,
    live: Vec<Live>,
    /// Jobs that have not arrived, the next one last.
    arrivals: Vec<JobIdx>,
    /// When blocked jobs come back: time, arrival, row.
    wakes: BinaryHeap<Reverse<(u64, u64, JobIdx)>>,
    cpu: Cpu,
    /// What is left of the running job's slice.
    slice_left: Option<u64>,
    /// Who ran last, or was switched to last.
    last: Option<JobIdx>,
    /// Whether the idle stretch has been told.
    idle_is_told: bool,
    n_unfinished: usize,
    tally: Tally,
    n_steps: u64,
    last_frame: u64,
    end: Arc<OnceLock<u64>>,
}

impl<'a> Sim<'a> {
    fn new(setup: &'a Setup<'a>, policy: &'a mut dyn Policy) -> Self {
        let n_jobs = u16::try_from(setup.jobs.len()).unwrap_or(u16::MAX);
        let mut arrivals: Vec<JobIdx> = (0..n_jobs).collect();
        crate::order::by_key(&mut arrivals, |&job| {
            Reverse((setup.jobs[usize::from(job)].arrival_ticks, job))
        });
        Self {
            setup,
            policy,
            now: 0,
            live: setup.jobs.iter().map(Live::new).collect(),
            n_unfinished: arrivals.len(),
            arrivals,
            wakes: BinaryHeap::new(),
            cpu: Cpu::Free,
            slice_left: None,
            last: None,
            idle_is_told: false,
            tally: Tally::default(),
            n_steps: 0,
            last_frame: 0,
            end: Arc::default(),
        }
    }

    fn next_moment(&self) -> Option<u64> {
        if self.n_unfinished == 0 {
            return None;
        }
        let arrival =
            self.arrivals.last().map(|&job| self.setup.jobs[usize::from(job)].arrival_ticks);
        let wake = self.wakes.peek().map(|Reverse((wake, ..))| *wake);
        let cpu = match self.cpu {
            Cpu::Free => None,
            Cpu::Switching { left_ticks, .. } => Some(left_ticks),
            Cpu::Running(job) => {
                let left = self.live[usize::from(job)].left_ticks;
                Some(self.slice_left.map_or(left, |slice| slice.min(left)))
            }
        };
        let timer = self.policy.timer().map(|at| at.max(self.now + 1));
        [arrival, wake, cpu.map(|ticks| self.now + ticks), timer].into_iter().flatten().min()
    }

    fn advance(&mut self, next: u64) {
        let ticks = next - self.now;
        self.now = next;
        match &mut self.cpu {
            Cpu::Free => {}
            Cpu::Switching { left_ticks, .. } => {
                *left_ticks -= ticks;
                self.tally.switching_ticks += ticks;
            }
            Cpu::Running(job) => {
                let job = *job;
                let live = &mut self.live[usize::from(job)];
                live.left_ticks -= ticks;
                live.cpu_ticks += ticks;
                self.slice_left = self.slice_left.map(|left| left - ticks);
                self.tally.busy_ticks += ticks;
                let view = view(self.now, self.setup, &self.live, self.cpu);
                self.policy.ran(job, ticks, &view);
            }
        }
    }

    fn moment(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        match self.setup.tie {
            Tie::ArrivalFirst => {
                self.wake(log)?;
                self.arrive(log)?;
                self.settle(log)?;
            }
            Tie::PreemptedFirst => {
                self.settle(log)?;
                self.wake(log)?;
                self.arrive(log)?;
            }
        }
        self.fire(log)?;
        self.preempt(log)?;
        self.land(log)?;
        self.dispatch(log)
    }

    fn wake(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let mut back = Vec::new();
        while let Some(&Reverse((wake, _, job))) = self.wakes.peek() {
            if self.now < wake {
                break;
            }
            self.wakes.pop();
            self.enter(job, From::Io);
            back.push(job);
        }
        self.told(log, "wake", &back, say::wake)
    }

    fn arrive(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let mut new = Vec::new();
        while let Some(&job) = self.arrivals.last() {
            if self.now < self.setup.jobs[usize::from(job)].arrival_ticks {
                break;
            }
            self.arrivals.pop();
            self.enter(job, From::Arrival);
            new.push(job);
        }
        self.told(log, "arrive", &new, say::arrive)
    }

    /// Logs one step for all jobs that became ready at once.
    fn told(
        &mut self,
        log: &mut Log<State>,
        tag: &'static str,
        jobs: &[JobIdx],
        say: fn(&dyn Policy, &View<'_>, &[JobIdx]) -> String,
    ) -> Result<(), ScenarioError> {
        if let (Cpu::Running(running), false) = (self.cpu, jobs.is_empty()) {
            let view = view(self.now, self.setup, &self.live, self.cpu);
            self.slice_left = self.policy.joined(running, &view).or(self.slice_left);
        }
        match jobs.first() {
            None => Ok(()),
            Some(&first) => {
                self.step(log, tag, Some(first), |policy, view| say(policy, view, jobs))
            }
        }
    }

    /// Ends the running job's burst or slice.
    fn settle(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Cpu::Running(job) = self.cpu else { return Ok(()) };
        if self.live[usize::from(job)].left_ticks == 0 {
            return self.end_burst(log, job);
        }
        if self.slice_left != Some(0) {
            return Ok(());
        }
        let view = view(self.now, self.setup, &self.live, self.cpu);
        match self.policy.expire(job, &view) {
            Expiry::Keep(tag) => {
                self.slice_left = self.policy.slice(job, &view).map(|it| it.max(1));
                self.step(log, tag, Some(job), |policy, view| say::keep(policy, view, job))
            }
            Expiry::Requeue(tag) => {
                self.cpu = Cpu::Free;
                self.enter(job, From::Expired);
                self.step(log, tag, Some(job), |policy, view| say::expire(policy, view, job))
            }
        }
    }

    fn end_burst(&mut self, log: &mut Log<State>, job: JobIdx) -> Result<(), ScenarioError> {
        let bursts = &self.setup.jobs[usize::from(job)].bursts_ticks;
        let live = &mut self.live[usize::from(job)];
        self.cpu = Cpu::Free;
        let next = usize::from(live.burst) + 1;
        let (tag, say): (_, SayOf) = if next < bursts.len() {
            let io_ticks = bursts[next];
            live.phase = Phase::Blocked;
            live.burst += 2;
            live.left_ticks = bursts[next + 1];
            live.io_ticks += io_ticks;
            live.wake = self.now + io_ticks;
            let arrival = self.setup.jobs[usize::from(job)].arrival_ticks;
            self.wakes.push(Reverse((live.wake, arrival, job)));
            ("block", say::block)
        } else {
            live.phase = Phase::Done;
            live.finish = Some(self.now);
            self.n_unfinished -= 1;
            ("finish", say::finish)
        };
        let view = view(self.now, self.setup, &self.live, self.cpu);
        self.policy.leave(job, &view);
        self.step(log, tag, Some(job), |policy, view| say(policy, view, job))
    }

    fn fire(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        if self.n_unfinished == 0 || self.policy.timer().is_none_or(|at| self.now < at) {
            return Ok(());
        }
        let view = view(self.now, self.setup, &self.live, self.cpu);
        let (tag, requeue) = match self.policy.fire(&view) {
            Fired::Nothing => return Ok(()),
            Fired::Step(tag) => (tag, None),
            Fired::Requeue(tag) => (tag, self.cpu.job()),
        };
        if let (Some(job), Cpu::Running(_)) = (requeue, self.cpu) {
            self.cpu = Cpu::Free;
            self.enter(job, From::Timer);
        }
        self.step(log, tag, None, |policy, view| say::timer(policy, view))
    }

    fn preempt(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let job = match self.cpu {
            Cpu::Running(job) | Cpu::Switching { to: job, left_ticks: 0 } => job,
            Cpu::Free | Cpu::Switching { .. } => return Ok(()),
        };
        let view = view(self.now, self.setup, &self.live, self.cpu);
        if !self.policy.preempts(job, &view) {
            return Ok(());
        }
        let why = self.frame_is_kept().then(|| self.policy.why(Moment::Preempt, job, &view));
        self.cpu = Cpu::Free;
        self.enter(job, From::Preempted);
        self.step(log, "preempt", Some(job), |policy, view| {
            say::preempt(policy, view, job, why.as_deref().unwrap_or_default())
        })
    }

    /// Ends a switch: the chosen job runs.
    fn land(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Cpu::Switching { to, left_ticks: 0 } = self.cpu else { return Ok(()) };
        self.begin(to);
        self.step(log, "run", Some(to), |_, view| say::run(view, to))
    }

    fn dispatch(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        if self.cpu != Cpu::Free {
            return Ok(());
        }
        let view = view(self.now, self.setup, &self.live, self.cpu);
        let Some(job) = self.policy.choose(&view) else {
            return self.idle(log);
        };
        self.idle_is_told = false;
        let is_switch = self.last.is_some_and(|last| last != job);
        self.last = Some(job);
        self.tally.n_switches += u64::from(is_switch);
        let left_ticks = if is_switch { self.setup.switch_cost_ticks } else { 0 };
        if left_ticks == 0 {
            self.begin(job);
        } else {
            self.cpu = Cpu::Switching { to: job, left_ticks };
        }
        self.step_with(log, "dispatch", |sim, shot_view| {
            let text = say::dispatch(&*sim.policy, shot_view, job, sim.slice_left, left_ticks);
            let shot = Shot::new(text, sim.state(Some(job)));
            let (options, answer) = sim.options(job);
            shot.ask("Who runs next?", options, answer)
        })
    }

    fn idle(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let arrival =
            self.arrivals.last().map(|&job| self.setup.jobs[usize::from(job)].arrival_ticks);
        let wake = self.wakes.peek().map(|Reverse((wake, ..))| *wake);
        match arrival.into_iter().chain(wake).min().filter(|_| !self.idle_is_told) {
            None => Ok(()),
            Some(until) => {
                self.idle_is_told = true;
                self.step(log, "idle", None, |_, _| say::idle(until))
            }
        }
    }

    /// The names of the jobs that could run, in the order of their rows, and the place of the one
    /// that does. No options if they are too many to choose from.
    fn options(&self, job: JobIdx) -> (Vec<String>, usize) {
        let jobs = (0..).zip(&self.live);
        let ready: Vec<JobIdx> = jobs
            .filter(|(row, live)| live.phase == Phase::Ready || *row == job)
            .map(|(row, _)| row)
            .collect();
        if OPTIONS_MAX < ready.len() {
            return (Vec::new(), 0);
        }
        let answer = ready.iter().position(|&it| it == job).unwrap_or_default();
        (ready.iter().map(|&it| self.setup.jobs[usize::from(it)].name.clone()).collect(), answer)
    }

    fn begin(&mut self, job: JobIdx) {
        self.cpu = Cpu::Running(job);
        let live = &mut self.live[usize::from(job)];
        live.phase = Phase::Running;
        live.start = live.start.or(Some(self.now));
        let view = view(self.now, self.setup, &self.live, self.cpu);
        self.slice_left = self.policy.slice(job, &view).map(|it| it.max(1));
    }

    fn enter(&mut self, job: JobIdx, from: From) {
        self.live[usize::from(job)].phase = Phase::Ready;
        let view = view(self.now, self.setup, &self.live, self.cpu);
        self.policy.enter(job, from, &view);
    }

    fn frame_is_kept(&self) -> bool {
        usize::try_from(self.n_steps).is_ok_and(|n| n < FRAMES_MAX)
    }

    fn step(
        &mut self,
        log: &mut Log<State>,
        tag: &'static str,
        subject: Option<JobIdx>,
        say: impl FnOnce(&dyn Policy, &View<'_>) -> String,
    ) -> Result<(), ScenarioError> {
        self.step_with(log, tag, |sim, view| Shot::new(say(&*sim.policy, view), sim.state(subject)))
    }

    fn step_with(
        &mut self,
        log: &mut Log<State>,
        tag: &'static str,
        shot: impl FnOnce(&Self, &View<'_>) -> Shot<State>,
    ) -> Result<(), ScenarioError> {
        if self.frame_is_kept() {
            self.last_frame = self.now;
        }
        self.n_steps += 1;
        if CPU_STEPS_MAX < self.n_steps {
            return Err(ScenarioError::one("", Fault::TooManySteps(CPU_STEPS_MAX)));
        }
        let view = view(self.now, self.setup, &self.live, self.cpu);
        log.step(self.now, tag, || shot(self, &view))
    }

    fn state(&self, subject: Option<JobIdx>) -> State {
        let view = view(self.now, self.setup, &self.live, self.cpu);
        State {
            cpu: self.cpu,
            live: self.live.clone(),
            rows: self.policy.rows(&view),
            detail: self.policy.detail(&view),
            tally: self.tally,
            subject,
            end: Arc::clone(&self.end),
        }
    }
}

/// What the policy sees. A function of the parts, so that the policy itself may be borrowed.
fn view<'a>(now: u64, setup: &Setup<'a>, live: &'a [Live], cpu: Cpu) -> View<'a> {
    View { now, jobs: setup.jobs, live, running: cpu.job() }
}
