//! Plays the timeline of periodic tasks, from event to event: an end, a deadline, a release.
//!
//! Each event costs time in proportion to the tasks; a run has at most 3 events per task and
//! period, so that it ends.

use super::periodic::{Job, Moment, Overrun, Rule, Set, State, Task, start};
use crate::engine::{Better, Log, Shot};
use crate::error::ScenarioError;
use crate::scene::EventKind;
use crate::words::{count, list};
use std::collections::VecDeque;

/// Most waiting jobs that a picture shows.
const SHOWN_MAX: usize = 12;

/// Plays the timeline after the analysis, then adds the numbers of the run.
pub(super) fn simulate(
    set: &Set,
    n_analysed: u32,
    log: &mut Log<State>,
) -> Result<(), ScenarioError> {
    let mut sim = Sim::new(set, n_analysed);
    loop {
        sim.finish(log)?;
        sim.miss(log)?;
        if sim.now == set.horizon {
            break;
        }
        let released = sim.release(log)?;
        sim.dispatch(released, log)?;
        sim.advance();
    }
    sim.end(log)?;
    sim.metrics(log);
    Ok(())
}

struct Sim<'a> {
    set: &'a Set<'a>,
    now: u64,
    /// Released and unfinished jobs by task, the oldest first. Only the newest can be on time.
    jobs: Vec<VecDeque<Job>>,
    next_release: Vec<u64>,
    n_released: Vec<u64>,
    /// Task whose oldest job has the CPU.
    running: Option<usize>,
    idle: bool,
    last_run: Option<usize>,
    state: State,
    n_switches: u64,
    n_preemptions: u64,
    idle_ticks: u64,
}

impl<'a> Sim<'a> {
    fn new(set: &'a Set<'a>, n_analysed: u32) -> Self {
        let n = set.tasks.len();
        Self {
            set,
            now: 0,
            jobs: vec![VecDeque::new(); n],
            next_release: set.tasks.iter().map(|task| task.offset_ticks).collect(),
            n_released: vec![0; n],
            running: None,
            idle: false,
            last_run: None,
            state: start(n, n_analysed),
            n_switches: 0,
            n_preemptions: 0,
            idle_ticks: 0,
        }
    }

    fn name(&self, task: usize) -> &'a str {
        &self.set.tasks[task].name
    }

    /// Lower comes first.
    fn key(&self, job: &Job) -> (u64, u64, u32) {
        let task = job.task as usize;
        match &self.set.rule {
            Rule::Fixed(order, _) => {
                let rank = order.iter().position(|&it| it == task).unwrap_or_default();
                (rank as u64, 0, job.task)
            }
            Rule::Deadline { by_release: true } => (job.deadline, job.release, job.task),
            Rule::Deadline { by_release: false } => (job.deadline, 0, job.task),
        }
    }

    fn first(&self) -> Option<&Job> {
        let oldest = self.jobs.iter().filter_map(VecDeque::front);
        oldest.min_by_key(|job| self.key(job))
    }

    /// Logs a step; the moments collected since the last one go with it.
    fn log(
        &mut self,
        log: &mut Log<State>,
        tag: &'static str,
        build: impl FnOnce(&Self, State) -> Shot<State>,
    ) -> Result<(), ScenarioError> {
        let moments = std::mem::take(&mut self.state.moments);
        log.step(self.now, tag, || {
            let running = self.running.and_then(|task| self.jobs[task].front().copied());
            let mut ready: Vec<Job> =
                self.jobs.iter().flatten().filter(|&job| Some(*job) != running).copied().collect();
            crate::order::by_key(&mut ready, |job| (self.key(job), job.number));
            let n_more = u32::try_from(ready.len().saturating_sub(SHOWN_MAX)).unwrap_or(u32::MAX);
            ready.truncate(SHOWN_MAX);
            let state = State { running, ready, n_more, moments, ..self.state.clone() };
            build(self, state)
        })
    }

    fn finish(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Some(task) = self.running else { return Ok(()) };
        let Some(job) = self.jobs[task].front().copied().filter(|job| job.left_ticks == 0) else {
            return Ok(());
        };
        self.jobs[task].pop_front();
        self.running = None;
        let took = self.now - job.release;
        self.state.worst_ticks[task] = self.state.worst_ticks[task].max(took);
        self.moment(&job, self.now, EventKind::Finish);
        self.log(log, "finish", |sim, state| {
            let spare = match job.deadline.checked_sub(sim.now) {
                None => format!("{} late", count(sim.now - job.deadline, "ticks")),
                Some(0) => "exactly at its deadline".to_owned(),
                Some(spare) => format!("{} before its deadline", count(spare, "ticks")),
            };
            let (name, took) = (sim.name(task), count(took, "ticks"));
            let number = job.number;
            let say = format!("{name} ends job {number}, {took} after its release and {spare}.");
            Shot::new(say, state)
        })
    }

    fn miss(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        for task in 0..self.jobs.len() {
            let now = self.now;
            let Some(job) = self.jobs[task].back_mut().filter(|job| job.deadline == now) else {
                continue;
            };
            job.late = true;
            let job = *job;
            self.state.n_misses += 1;
            self.moment(&job, now, EventKind::Miss);
            let drop = self.set.overrun == Overrun::Drop;
            if drop {
                self.jobs[task].pop_back();
                self.running = self.running.filter(|&it| it != task);
            }
            self.log(log, "miss", |sim, state| {
                let (name, left) = (sim.name(task), count(job.left_ticks, "ticks"));
                let then = if drop { "the job is dropped" } else { "the late job goes on" };
                let say = format!(
                    "{name} misses the deadline of job {} with {left} of work left; {then}.",
                    job.number
                );
                Shot::new(say, state)
            })?;
        }
        Ok(())
    }

    /// Releases what is due; whether anything was.
    fn release(&mut self, log: &mut Log<State>) -> Result<bool, ScenarioError> {
        let due: Vec<usize> =
            (0..self.jobs.len()).filter(|&task| self.next_release[task] == self.now).collect();
        for &task in &due {
            let row = &self.set.tasks[task];
            self.n_released[task] += 1;
            self.next_release[task] += row.period_ticks;
            let job = Job {
                task: u32::try_from(task).unwrap_or(u32::MAX),
                number: self.n_released[task],
                release: self.now,
                deadline: self.now + row.deadline(),
                left_ticks: row.compute_ticks,
                late: false,
            };
            self.jobs[task].push_back(job);
            self.moment(&job, self.now, EventKind::Arrive);
            self.moment(&job, job.deadline, EventKind::Deadline);
        }
        if due.is_empty() {
            return Ok(false);
        }
        self.log(log, "release", |sim, state| {
            let names: Vec<&str> = due.iter().map(|&task| sim.name(task)).collect();
            let deadlines: Vec<String> = due
                .iter()
                .map(|&task| (sim.now + sim.set.tasks[task].deadline()).to_string())
                .collect();
            let (names, deadlines) = (list(&names), list(&deadlines));
            let say = match due.len() {
                1 => format!("{names} is released, because its period begins; it is due by {deadlines}."),
                _ => format!(
                    "{names} are released, because their periods begin; they are due by {deadlines}."
                ),
            };
            Shot::new(say, state)
        })?;
        Ok(true)
    }

    /// Gives the CPU to the first job; a step if that is a change or a release asked for a decision.
    fn dispatch(&mut self, released: bool, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let before = self.running;
        let Some(next) = self.first().copied() else {
            self.running = None;
            return self.idle(log);
        };
        let task = next.task as usize;
        self.idle = false;
        self.running = Some(task);
        if before == Some(task) {
            let asked = released && self.n_waiting() != 0;
            return if asked { self.tell(log, "keep", next, before) } else { Ok(()) };
        }
        self.n_switches += u64::from(self.last_run.is_some_and(|last| last != task));
        self.last_run = Some(task);
        self.n_preemptions += u64::from(before.is_some());
        let tag = if before.is_some() { "preempt" } else { "dispatch" };
        self.tell(log, tag, next, before)
    }

    fn idle(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        if std::mem::replace(&mut self.idle, true) {
            return Ok(());
        }
        self.log(log, "idle", |sim, state| {
            let next = sim.next_release.iter().min().copied().unwrap_or(sim.set.horizon);
            let say =
                format!("The CPU idles, because no job waits; the next release is at {next}.");
            Shot::new(say, state)
        })
    }

    fn n_waiting(&self) -> usize {
        self.jobs.iter().filter(|jobs| !jobs.is_empty()).count().saturating_sub(1)
    }

    fn tell(
        &mut self,
        log: &mut Log<State>,
        tag: &'static str,
        next: Job,
        before: Option<usize>,
    ) -> Result<(), ScenarioError> {
        let task = next.task as usize;
        self.log(log, tag, |sim, state| {
            let name = sim.name(task);
            let does = match before {
                None => format!("{name} runs"),
                Some(it) if it == task => format!("{name} keeps the CPU"),
                Some(it) => format!("{name} preempts {}", sim.name(it)),
            };
            let say = format!("{does}, because {}.", sim.reason(&next));
            let waiting: Vec<usize> =
                (0..sim.jobs.len()).filter(|&it| !sim.jobs[it].is_empty()).collect();
            let answer = waiting.iter().position(|&it| it == task).unwrap_or_default();
            let options = waiting.iter().map(|&it| sim.name(it).to_owned()).collect();
            Shot::new(say, state).ask("Who runs next?", options, answer)
        })
    }

    fn reason(&self, next: &Job) -> String {
        if self.n_waiting() == 0 {
            return "no other job waits".to_owned();
        }
        let tasks = self.set.tasks;
        let fronts =
            || self.jobs.iter().filter_map(VecDeque::front).filter(|job| job.task != next.task);
        match &self.set.rule {
            Rule::Fixed(_, what) => {
                let of = |task: &Task| match *what {
                    "deadline" => task.deadline(),
                    _ => task.period_ticks,
                };
                let own = of(&tasks[next.task as usize]);
                let tied = fronts().any(|job| of(&tasks[job.task as usize]) == own);
                let tie = if tied { " and its row stands above its equals" } else { "" };
                format!("its {what} of {own} is the shortest of those that wait{tie}")
            }
            Rule::Deadline { by_release } => {
                let rivals: Vec<&Job> =
                    fronts().filter(|job| job.deadline == next.deadline).collect();
                let due = next.deadline;
                let tie = match rivals.as_slice() {
                    [] => "",
                    rivals if *by_release && rivals.iter().all(|it| next.release < it.release) => {
                        " and it was released before its equals"
                    }
                    _ => " and its row stands above its equals",
                };
                format!("its deadline at {due} is the earliest{tie}")
            }
        }
    }

    fn moment(&mut self, job: &Job, at: u64, kind: EventKind) {
        self.state.moments.push(Moment { task: job.task, at, kind, number: job.number });
    }

    /// Goes to the next event. There is always one after `now`, the horizon at the latest.
    fn advance(&mut self) {
        let running = self.running.and_then(|task| self.jobs[task].front());
        let end = running.map(|job| self.now + job.left_ticks);
        let due = self.jobs.iter().filter_map(VecDeque::back).map(|job| job.deadline);
        let due = due.filter(|&deadline| self.now < deadline).min();
        let release = self.next_release.iter().min().copied();
        let first = [end, due, release].into_iter().flatten().min().unwrap_or(u64::MAX);
        let next = first.min(self.set.horizon);
        let ticks = next - self.now;
        match self.running.and_then(|task| self.jobs[task].front_mut()) {
            Some(job) => job.left_ticks -= ticks,
            None => self.idle_ticks += ticks,
        }
        self.now = next;
    }

    fn end(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.running = None;
        self.log(log, "end", |sim, state| {
            let misses = match sim.state.n_misses {
                0 => "no deadline is missed".to_owned(),
                1 => "1 deadline is missed".to_owned(),
                n => format!("{n} deadlines are missed"),
            };
            Shot::new(format!("The timeline ends at {}: {misses}.", sim.now), state)
        })
    }

    fn metrics(&self, log: &mut Log<State>) {
        let n_jobs: u64 = self.n_released.iter().sum();
        let misses = f64::from(self.state.n_misses);
        log.metric("n_misses", "Missed deadlines", misses, "jobs", Better::Lower);
        log.metric("n_jobs", "Released jobs", n_jobs as f64, "jobs", Better::Neither);
        log.metric("idle_ticks", "Idle time", self.idle_ticks as f64, "ticks", Better::Neither);
        let switches = self.n_switches as f64;
        log.metric("n_switches", "Context switches", switches, "switches", Better::Lower);
        let preemptions = self.n_preemptions as f64;
        log.metric("n_preemptions", "Preemptions", preemptions, "preemptions", Better::Lower);
        for (task, &worst) in self.set.tasks.iter().zip(&self.state.worst_ticks) {
            let (key, label) = ("response_seen_ticks", "Longest response seen");
            log.metric_of(key, &task.name, label, worst as f64, "ticks");
        }
    }
}
