//! Plays timer ticks, from event to event. A run ends, because every tick leaves time for work.

use super::timer_tick::Scenario;
use crate::engine::{Better, Log, Shot};
use crate::error::ScenarioError;
use crate::words::count;
use std::collections::VecDeque;

/// Where the CPU is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the running task.
    Task,
    /// Entering the interrupt.
    Enter,
    /// Spinning for the lock, then taking it.
    Lock,
    /// Charging the running task, with the lock held.
    Account,
    /// Deciding, with the lock held.
    Decide,
    /// Giving the lock back.
    Unlock,
    /// On the way back.
    Return,
    /// Switching to another task.
    Switch,
    /// Nothing is left to run.
    Idle,
}

/// A task in a state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Doing {
    pub left_us: u64,
    /// CPU time so far.
    pub ran_us: u64,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) tasks: Vec<Doing>,
    pub(super) running: Option<usize>,
    /// Tasks that wait, the next first.
    pub(super) ready: Vec<usize>,
    pub(super) place: Place,
    pub(super) locked: bool,
    pub(super) need_resched: bool,
    /// Whether the running task has preemption disabled.
    pub(super) off: bool,
    /// What the running task has used of its slice, as the kernel knows it.
    pub(super) used_us: u64,
    pub(super) n_ticks: u64,
}

/// Plays until all work is done and adds the numbers of the run.
pub(super) fn simulate(scenario: &Scenario, log: &mut Log<State>) -> Result<(), ScenarioError> {
    let mut sim = Sim::new(scenario);
    sim.begin(log)?;
    while sim.state.running.is_some() {
        sim.work();
        if sim.left() == 0 {
            sim.finish(log)?;
        } else if sim.next_tick <= sim.now {
            sim.tick(log)?;
        } else {
            sim.boundary(log)?;
        }
    }
    sim.metrics(log);
    Ok(())
}

struct Sim<'a> {
    scenario: &'a Scenario,
    now: u64,
    next_tick: u64,
    state: State,
    ready: VecDeque<usize>,
    /// When `need_resched` was set.
    flagged_at: u64,
    /// CPU time of the running task since it got the CPU.
    stretch_us: u64,
    /// What of that the kernel has charged.
    charged_us: u64,
    stretch_us_max: u64,
    delay_us_max: u64,
    overhead_us: u64,
    n_switches: u64,
}

impl<'a> Sim<'a> {
    fn new(scenario: &'a Scenario) -> Self {
        let doing = |work_us| Doing { left_us: work_us, ran_us: 0 };
        let state = State {
            tasks: scenario.tasks.iter().map(|task| doing(task.work_us)).collect(),
            running: Some(0),
            ready: Vec::new(),
            place: Place::Task,
            locked: false,
            need_resched: false,
            off: false,
            used_us: 0,
            n_ticks: 0,
        };
        Self {
            scenario,
            now: 0,
            next_tick: scenario.tick_us(),
            state,
            ready: (1..scenario.tasks.len()).collect(),
            flagged_at: 0,
            stretch_us: 0,
            charged_us: 0,
            stretch_us_max: 0,
            delay_us_max: 0,
            overhead_us: 0,
            n_switches: 0,
        }
    }

    fn name(&self, task: usize) -> &'a str {
        &self.scenario.tasks[task].name
    }

    fn current(&self) -> &'a str {
        self.state.running.map_or("nobody", |it| self.name(it))
    }

    fn log(
        &self,
        log: &mut Log<State>,
        tag: &'static str,
        build: impl FnOnce(State) -> Shot<State>,
    ) -> Result<(), ScenarioError> {
        let ready = || self.ready.iter().copied().collect();
        log.step(self.now, tag, || build(State { ready: ready(), ..self.state.clone() }))
    }

    fn say(
        &self,
        log: &mut Log<State>,
        tag: &'static str,
        say: impl FnOnce() -> String,
    ) -> Result<(), ScenarioError> {
        self.log(log, tag, |state| Shot::new(say(), state))
    }

    /// The kernel spends time at a place.
    fn spend(&mut self, place: Place, us: u64) {
        self.state.place = place;
        self.now += us;
        self.overhead_us += us;
    }

    fn begin(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.state.off = self.is_off();
        self.say(log, "run", || {
            let (name, at) = (self.current(), self.next_tick);
            format!("{name} runs, and the timer is set to interrupt it at {at}.")
        })
    }

    fn left(&self) -> u64 {
        self.state.running.map_or(0, |it| self.state.tasks[it].left_us)
    }

    /// First and last moment, in the running task's own time, of its stretch without preemption.
    fn off_span(&self) -> Option<(u64, u64)> {
        let task = &self.scenario.tasks[self.state.running?];
        let from = task.off_after_us?;
        Some((from, (from + task.off_us).min(task.work_us)))
    }

    fn is_off(&self) -> bool {
        let ran = self.state.running.map_or(0, |it| self.state.tasks[it].ran_us);
        self.off_span().is_some_and(|(from, to)| from <= ran && ran < to)
    }

    /// Runs the task up to its next event: its end, the tick, an end of the stretch without
    /// preemption.
    fn work(&mut self) {
        let Some(task) = self.state.running else { return };
        let ran = self.state.tasks[task].ran_us;
        let mut us = self.left().min(self.next_tick.saturating_sub(self.now));
        if let Some((from, to)) = self.off_span() {
            for edge in [from, to] {
                if ran < edge {
                    us = us.min(edge - ran);
                }
            }
        }
        self.now += us;
        self.stretch_us += us;
        self.stretch_us_max = self.stretch_us_max.max(self.stretch_us);
        self.state.tasks[task].ran_us += us;
        self.state.tasks[task].left_us -= us;
    }

    /// The stretch without preemption begins or ends.
    fn boundary(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let was = self.state.off;
        self.state.off = self.is_off();
        match (was, self.state.off) {
            (false, true) => self.say(log, "disable", || {
                let name = self.current();
                format!(
                    "{name} disables preemption, because it is about to touch data of this CPU."
                )
            }),
            (true, false) if self.state.need_resched => {
                self.say(log, "enable", || {
                    let name = self.current();
                    format!(
                        "{name} enables preemption and finds the flag set, so it gives way at once."
                    )
                })?;
                self.switch(log)
            }
            (true, false) => self.say(log, "enable", || {
                format!(
                    "{} enables preemption; the flag is not set, so it goes on.",
                    self.current()
                )
            }),
            (false, false) | (true, true) => Ok(()),
        }
    }

    fn tick(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.state.off = self.is_off();
        self.state.n_ticks += 1;
        self.state.place = Place::Enter;
        self.say(log, "tick", || {
            let name = self.current();
            format!(
                "The timer interrupts {name}; the CPU saves its registers and enters the kernel."
            )
        })?;
        self.spend(Place::Enter, self.scenario.entry_us);
        self.take_lock(log)?;
        self.account(log)?;
        self.decide(log)?;
        self.state.locked = false;
        self.state.place = Place::Unlock;
        self.say(log, "unlock", || {
            "The kernel gives the lock back before it leaves, so that other CPUs wait no longer."
                .to_owned()
        })?;
        self.spend(Place::Return, self.scenario.exit_us);
        while self.next_tick <= self.now {
            self.next_tick += self.scenario.tick_us();
        }
        self.go_back(log)
    }

    fn take_lock(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let wait = self.scenario.lock_wait_us;
        if wait != 0 {
            self.state.place = Place::Lock;
            self.say(log, "spin", || {
                let wait = count(wait, "µs");
                format!(
                    "The kernel spins for {wait}, because another CPU holds this run queue's lock."
                )
            })?;
            self.spend(Place::Lock, wait);
        }
        self.state.place = Place::Lock;
        self.state.locked = true;
        self.say(log, "lock", || {
            "The kernel takes the run queue's lock first, because accounts and queue are shared."
                .to_owned()
        })
    }

    fn account(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let charge = self.stretch_us - self.charged_us;
        self.charged_us = self.stretch_us;
        self.state.used_us = self.stretch_us;
        self.state.place = Place::Account;
        self.say(log, "account", || {
            let (name, used) = (self.current(), self.state.used_us);
            format!(
                "{name} is charged {charge} µs for running; it has used {used} µs of its slice."
            )
        })?;
        self.spend(Place::Account, self.scenario.account_us);
        Ok(())
    }

    fn decide(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.state.place = Place::Decide;
        let over = self.scenario.slice_us <= self.state.used_us;
        let sets = over && !self.ready.is_empty() && !self.state.need_resched;
        let again = self.state.need_resched;
        if sets {
            self.state.need_resched = true;
            self.flagged_at = self.now;
        }
        let tag = if sets { "resched" } else { "stay" };
        self.log(log, tag, |state| {
            let (name, slice, used) = (self.current(), self.scenario.slice_us, self.state.used_us);
            let say = match (again, over, self.ready.is_empty()) {
                (true, _, _) => {
                    format!("{name} already has need_resched set, so there is nothing to add.")
                }
                (_, true, false) => format!(
                    "{name} gets need_resched set, because its slice of {slice} µs is used up; \
                     nobody switches yet."
                ),
                (_, true, true) => format!("{name} may go on, because no other task waits."),
                (_, false, _) => {
                    format!("{name} may go on, because {} µs of its slice are left.", slice - used)
                }
            };
            let options = vec!["sets need_resched".to_owned(), "lets it go on".to_owned()];
            let shot = Shot::new(say, state);
            if again {
                shot
            } else {
                shot.ask("What does the tick decide?", options, usize::from(!sets))
            }
        })
    }

    /// The return from the interrupt: a safe point, unless preemption is disabled.
    fn go_back(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let (asked, off) = (self.state.need_resched, self.state.off);
        self.state.place = Place::Return;
        let name = self.current();
        self.log(log, "return", |state| {
            let say = match (asked, off) {
                (false, _) => format!("{name} goes on after the interrupt, because the flag is not set."),
                (true, true) => format!(
                    "{name} goes on although the flag is set, because it has preemption disabled."
                ),
                (true, false) => format!(
                    "{name} does not go on, because the flag is set and the way back is a safe point."
                ),
            };
            let options = vec!["it switches".to_owned(), format!("{name} goes on")];
            let shot = Shot::new(say, state);
            if asked { shot.ask("What happens on the way back?", options, usize::from(off)) } else { shot }
        })?;
        if asked && !off {
            return self.switch(log);
        }
        self.state.place = Place::Task;
        self.resume(log)
    }

    fn resume(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.say(log, "run", || {
            let at = self.next_tick;
            format!("{} runs again until the next tick at {at} at the latest.", self.current())
        })
    }

    /// Puts the running task, if it has not ended, last, and the first of the ring on the CPU.
    fn switch(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        if self.state.need_resched {
            self.delay_us_max = self.delay_us_max.max(self.now - self.flagged_at);
        }
        let before = self.state.running.filter(|&it| self.state.tasks[it].left_us != 0);
        self.ready.extend(before);
        let next = self.ready.pop_front();
        self.state.need_resched = false;
        let (Some(next), from) = (next, self.state.running) else {
            self.state.running = None;
            self.state.place = Place::Idle;
            return self
                .say(log, "idle", || "The CPU idles, because no task has work left.".to_owned());
        };
        self.n_switches += 1;
        self.state.place = Place::Switch;
        self.log(log, "switch", |state| {
            let (from, to) = (from.map_or("nobody", |it| self.name(it)), self.name(next));
            Shot::new(
                format!(
                    "The scheduler switches from {from} to {to}, because {to} has waited longest."
                ),
                state,
            )
        })?;
        self.spend(Place::Switch, self.scenario.switch_us);
        self.state.running = Some(next);
        (self.stretch_us, self.charged_us, self.state.used_us) = (0, 0, 0);
        self.state.place = Place::Task;
        self.state.off = self.is_off();
        self.say(log, "run", || {
            let (name, left) = (self.name(next), self.left());
            format!("{name} runs with a fresh slice; {left} µs of its work are left.")
        })
    }

    fn finish(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.state.off = false;
        // A task that ends gives way by itself: the delay of the flag does not count.
        self.state.need_resched = false;
        self.say(log, "finish", || {
            format!("{} has done its work and gives up the CPU by itself.", self.current())
        })?;
        self.switch(log)
    }

    fn metrics(&self, log: &mut Log<State>) {
        let mut add = |key, label, us: u64, better| log.metric(key, label, us as f64, "µs", better);
        add("makespan_us", "All work done at", self.now, Better::Lower);
        add("overhead_us", "Time in the kernel", self.overhead_us, Better::Lower);
        add("stretch_us_max", "Longest stretch of one task", self.stretch_us_max, Better::Neither);
        add(
            "switch_delay_us_max",
            "Longest time from flag to switch",
            self.delay_us_max,
            Better::Lower,
        );
        let busy = (self.now - self.overhead_us) as f64 / self.now as f64;
        log.metric("utilisation", "Time in tasks", busy, "", Better::Higher);
        log.metric("n_ticks", "Ticks", self.state.n_ticks as f64, "ticks", Better::Neither);
        log.metric(
            "n_switches",
            "Context switches",
            self.n_switches as f64,
            "switches",
            Better::Lower,
        );
    }
}
