//! Plays tasks with fixed priorities and locks on one CPU.
//!
//! From event to event: the end of a stretch of work, an arrival, a deadline. Taking and giving
//! back a lock costs no time. Every round at one moment takes a part of a body or blocks a task,
//! so that a run ends.

use super::inversion_body::Op;
use super::inversion_plan::{Doing, Moment, Plan, Protocol, State, Status, Task};
use crate::engine::{Better, Log, Shot};
use crate::error::ScenarioError;
use crate::scene::EventKind;
use crate::words::{count, list};

/// Plays to the end and adds the numbers of the run.
pub(super) fn simulate(plan: &Plan, log: &mut Log<State>) -> Result<(), ScenarioError> {
    let mut sim = Sim::new(plan);
    sim.log(log, "start", |sim, state| Shot::new(sim.opening(), state))?;
    loop {
        sim.release_phase(log)?;
        sim.miss(log)?;
        sim.arrive(log)?;
        while sim.settle(log)? {}
        if !sim.advance() {
            break;
        }
    }
    sim.end(log)?;
    sim.metrics(log);
    Ok(())
}

struct Sim<'a> {
    plan: &'a Plan,
    now: u64,
    state: State,
    /// Whether the idle CPU has been told.
    idle: bool,
    /// Whether somebody arrived at this moment, so that the next decision is told.
    arrived: bool,
    last_run: Option<usize>,
    next_turn: i64,
    finish: Vec<Option<u64>>,
    missed: Vec<bool>,
    n_switches: u64,
    n_raises: u64,
    deadlock: bool,
}

impl<'a> Sim<'a> {
    fn new(plan: &'a Plan) -> Self {
        let n = plan.tasks.len();
        let doing = |task: &Task| Doing {
            status: Status::Away,
            at: 0,
            left_ticks: 0,
            priority: task.priority,
            turn: 0,
            inverted_ticks: 0,
            blocked_ticks: 0,
        };
        let state = State {
            tasks: plan.tasks.iter().map(doing).collect(),
            running: None,
            holders: vec![None; plan.locks.len()],
            moments: Vec::new(),
        };
        let (finish, missed) = (vec![None; n], vec![false; n]);
        let (now, next_turn, n_switches, n_raises) = (0, 0, 0, 0);
        let (idle, arrived, last_run, deadlock) = (false, false, None, false);
        Self {
            plan,
            now,
            state,
            idle,
            arrived,
            last_run,
            next_turn,
            finish,
            missed,
            n_switches,
            n_raises,
            deadlock,
        }
    }

    fn name(&self, task: usize) -> &'a str {
        &self.plan.tasks[task].name
    }

    fn log(
        &mut self,
        log: &mut Log<State>,
        tag: &'static str,
        build: impl FnOnce(&Self, State) -> Shot<State>,
    ) -> Result<(), ScenarioError> {
        let moments = std::mem::take(&mut self.state.moments);
        log.step(self.now, tag, || build(self, State { moments, ..self.state.clone() }))
    }

    fn note(&mut self, task: usize, kind: EventKind, detail: String) {
        let at = self.now;
        self.state.moments.push(Moment { task, at, kind, detail });
    }

    fn opening(&self) -> String {
        match self.plan.protocol {
            Protocol::None => "A task that holds a lock keeps its own priority, however urgent \
                               the tasks are that wait for it."
                .to_owned(),
            Protocol::Inheritance => "A task that holds a lock inherits the priority of the most \
                                      urgent task that waits for it."
                .to_owned(),
            Protocol::Ceiling => "A task that takes a lock rises at once to the priority of the \
                                  most urgent task that ever uses it."
                .to_owned(),
        }
    }

    /// Brings the priorities up to date. Locks form chains, so one pass per task is enough.
    fn set_priorities(&mut self) {
        for (task, row) in self.plan.tasks.iter().enumerate() {
            self.state.tasks[task].priority = row.priority;
        }
        if self.plan.protocol == Protocol::None {
            return;
        }
        for _ in 0..self.plan.tasks.len() {
            for lock in 0..self.plan.locks.len() {
                let Some(holder) = self.state.holders[lock] else { continue };
                let lent = match self.plan.protocol {
                    Protocol::Ceiling => self.plan.ceiling(lock),
                    Protocol::Inheritance | Protocol::None => {
                        let waiters = self.waiters(lock).into_iter();
                        let urgency = waiters.map(|it| self.state.tasks[it].priority);
                        urgency.min().unwrap_or(u32::MAX)
                    }
                };
                let own = self.state.tasks[holder].priority;
                self.state.tasks[holder].priority = own.min(lent);
            }
        }
    }

    /// Tasks that wait for a lock, who gets it next first.
    fn waiters(&self, lock: usize) -> Vec<usize> {
        let tasks = &self.state.tasks;
        let waits = |&it: &usize| tasks[it].status == Status::Blocked(lock);
        let mut waiters: Vec<usize> = (0..tasks.len()).filter(waits).collect();
        crate::order::by_key(&mut waiters, |&it| (tasks[it].priority, tasks[it].turn));
        waiters
    }

    /// Goes on to the next part of a task's body.
    fn next_op(&mut self, task: usize) {
        let ops = &self.plan.tasks[task].ops;
        let doing = &mut self.state.tasks[task];
        doing.at += 1;
        doing.left_ticks = match ops.get(doing.at) {
            Some(&Op::Run(ticks)) => ticks,
            Some(Op::Lock(_) | Op::Unlock(_)) | None => 0,
        };
    }

    /// The running task, its work done, gives back locks and ends before anybody arrives.
    fn release_phase(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let Some(task) = self.state.running else { return Ok(()) };
        if self.state.tasks[task].left_ticks != 0 {
            return Ok(());
        }
        self.next_op(task);
        loop {
            match self.op(task) {
                Some(Op::Unlock(lock)) => self.unlock(task, lock, log)?,
                None => return self.finish(task, log),
                Some(Op::Run(_) | Op::Lock(_)) => return Ok(()),
            }
        }
    }

    fn op(&self, task: usize) -> Option<Op> {
        self.plan.tasks[task].ops.get(self.state.tasks[task].at).copied()
    }

    fn finish(&mut self, task: usize, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.state.tasks[task].status = Status::Done;
        self.state.running = None;
        self.finish[task] = Some(self.now);
        self.note(task, EventKind::Finish, format!("{} ends", self.name(task)));
        self.log(log, "finish", |sim, state| {
            let took = count(sim.now - sim.plan.tasks[task].arrival_ticks, "ticks");
            Shot::new(format!("{} ends, {took} after it arrived.", sim.name(task)), state)
        })
    }

    fn miss(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        for task in 0..self.plan.tasks.len() {
            let row = &self.plan.tasks[task];
            let due = row.deadline_ticks.map(|ticks| row.arrival_ticks + ticks);
            if due != Some(self.now) || self.state.tasks[task].status == Status::Done {
                continue;
            }
            self.missed[task] = true;
            self.note(task, EventKind::Miss, format!("{} misses its deadline", row.name));
            self.log(log, "miss", |sim, state| {
                let why = match state.tasks[task].status {
                    Status::Blocked(lock) => {
                        let holder = state.holders[lock].map_or("nobody", |it| sim.name(it));
                        format!("it still waits for {}, which {holder} holds", sim.plan.locks[lock])
                    }
                    Status::Away | Status::Ready | Status::Done => {
                        "its work is not done".to_owned()
                    }
                };
                Shot::new(format!("{} misses its deadline, because {why}.", sim.name(task)), state)
            })?;
        }
        Ok(())
    }

    fn arrive(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        for task in 0..self.plan.tasks.len() {
            let row = &self.plan.tasks[task];
            if row.arrival_ticks != self.now || self.state.tasks[task].status != Status::Away {
                continue;
            }
            self.state.tasks[task].status = Status::Ready;
            self.arrived = true;
            self.queue_last(task);
            if let Some(&Op::Run(ticks)) = row.ops.first() {
                self.state.tasks[task].left_ticks = ticks;
            }
            self.note(task, EventKind::Arrive, format!("{} arrives", row.name));
            if let Some(ticks) = row.deadline_ticks {
                let (at, detail) = (self.now + ticks, format!("{} is due", row.name));
                self.state.moments.push(Moment { task, at, kind: EventKind::Deadline, detail });
            }
            self.log(log, "arrive", |sim, state| {
                let due =
                    row.deadline_ticks.map(|ticks| format!(" and is due by {}", sim.now + ticks));
                let (name, priority) = (&row.name, row.priority);
                let due = due.unwrap_or_default();
                Shot::new(format!("{name} arrives with priority {priority}{due}."), state)
            })?;
        }
        Ok(())
    }

    fn queue_last(&mut self, task: usize) {
        self.next_turn += 1;
        self.state.tasks[task].turn = self.next_turn;
    }

    fn ready(&self) -> Vec<usize> {
        let ready = |&it: &usize| self.state.tasks[it].status == Status::Ready;
        (0..self.plan.tasks.len()).filter(ready).collect()
    }

    /// Gives the CPU to the most urgent task and lets it do one part that costs no time. Whether
    /// something was done, so that it has to be looked at again.
    fn settle(&mut self, log: &mut Log<State>) -> Result<bool, ScenarioError> {
        let running = self.state.running;
        let key = |it: &usize| {
            let doing = &self.state.tasks[*it];
            (doing.priority, running != Some(*it), doing.turn)
        };
        let Some(first) = self.ready().into_iter().min_by_key(key) else {
            self.idle(log)?;
            return Ok(false);
        };
        let arrived = std::mem::take(&mut self.arrived);
        if running != Some(first) {
            self.dispatch(first, running, log)?;
            return Ok(true);
        }
        if arrived {
            self.keep(first, log)?;
            return Ok(true);
        }
        match self.op(first) {
            Some(Op::Run(_)) => Ok(false),
            Some(Op::Lock(lock)) => self.lock(first, lock, log).map(|()| true),
            Some(Op::Unlock(lock)) => self.unlock(first, lock, log).map(|()| true),
            None => self.finish(first, log).map(|()| true),
        }
    }

    fn dispatch(
        &mut self,
        task: usize,
        before: Option<usize>,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        if let Some(before) = before {
            // A task that is pushed aside goes on before its equals.
            self.state.tasks[before].turn = -self.next_turn;
            self.next_turn += 1;
        }
        self.idle = false;
        self.n_switches += u64::from(self.last_run.is_some_and(|last| last != task));
        self.last_run = Some(task);
        let ready = self.ready();
        self.state.running = Some(task);
        self.log(log, if before.is_some() { "preempt" } else { "dispatch" }, |sim, state| {
            let name = sim.name(task);
            let does = match before {
                Some(it) => format!("{name} preempts {}", sim.name(it)),
                None => format!("{name} runs"),
            };
            let say = format!("{does}, because {}.", sim.reason(task, ready.len()));
            let answer = ready.iter().position(|&it| it == task).unwrap_or_default();
            let options = ready.iter().map(|&it| sim.name(it).to_owned()).collect();
            Shot::new(say, state).ask("Who runs next?", options, answer)
        })
    }

    fn keep(&mut self, task: usize, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let ready = self.ready();
        self.log(log, "keep", |sim, state| {
            let (name, now) = (sim.name(task), sim.state.tasks[task].priority);
            let raised = if now < sim.plan.tasks[task].priority { "raised " } else { "" };
            let say = format!(
                "{name} keeps the CPU, because no ready task is more urgent than its \
                 {raised}priority {now}."
            );
            let answer = ready.iter().position(|&it| it == task).unwrap_or_default();
            let options = ready.iter().map(|&it| sim.name(it).to_owned()).collect();
            Shot::new(say, state).ask("Who runs next?", options, answer)
        })
    }

    fn reason(&self, task: usize, n_ready: usize) -> String {
        let (own, now) = (self.plan.tasks[task].priority, self.state.tasks[task].priority);
        let waits: Vec<&str> = (0..self.plan.tasks.len())
            .filter(|&it| matches!(self.state.tasks[it].status, Status::Blocked(_)))
            .filter(|&it| self.plan.tasks[it].priority < own)
            .map(|it| self.name(it))
            .collect();
        let blocked = match waits.len() {
            0 => String::new(),
            1 => format!(" while {} is blocked", list(&waits)),
            _ => format!(" while {} are blocked", list(&waits)),
        };
        match (n_ready, now < own) {
            (1, _) => format!("no other task is ready{blocked}"),
            (_, true) => format!("its raised priority {now} is the most urgent"),
            (_, false) => format!("its priority {own} is the most urgent of those ready{blocked}"),
        }
    }

    fn lock(
        &mut self,
        task: usize,
        lock: usize,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let what = &self.plan.locks[lock];
        let Some(holder) = self.state.holders[lock] else {
            self.state.holders[lock] = Some(task);
            self.next_op(task);
            self.note(task, EventKind::Note, format!("{} takes {what}", self.name(task)));
            let was = self.state.tasks[task].priority;
            self.set_priorities();
            self.n_raises += u64::from(self.state.tasks[task].priority < was);
            return self.log(log, "lock", |sim, state| {
                let now = state.tasks[task].priority;
                let rise = if now < was {
                    format!(", and rises to priority {now}")
                } else {
                    String::new()
                };
                Shot::new(
                    format!("{} takes {what}, because it is free{rise}.", sim.name(task)),
                    state,
                )
            });
        };
        self.state.tasks[task].status = Status::Blocked(lock);
        self.state.running = None;
        self.queue_last(task);
        let before: Vec<u32> = self.state.tasks.iter().map(|it| it.priority).collect();
        self.note(task, EventKind::Note, format!("{} waits for {what}", self.name(task)));
        self.log(log, "block", |sim, state| {
            let (name, holder) = (sim.name(task), sim.name(holder));
            Shot::new(format!("{name} waits for {what}, because {holder} holds it."), state)
        })?;
        self.set_priorities();
        for (raised, before) in before.into_iter().enumerate() {
            let now = self.state.tasks[raised].priority;
            if before <= now {
                continue;
            }
            self.n_raises += 1;
            self.note(raised, EventKind::Note, format!("priority rises to {now}"));
            self.log(log, "inherit", |sim, state| {
                let (name, from) = (sim.name(raised), sim.name(task));
                Shot::new(
                    format!(
                        "{name} inherits priority {now}, because {from} cannot go on without it."
                    ),
                    state,
                )
            })?;
        }
        Ok(())
    }

    fn unlock(
        &mut self,
        task: usize,
        lock: usize,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let what = &self.plan.locks[lock];
        let next = self.waiters(lock).first().copied();
        self.state.holders[lock] = next;
        self.next_op(task);
        self.note(task, EventKind::Note, format!("{} gives back {what}", self.name(task)));
        if let Some(next) = next {
            self.state.tasks[next].status = Status::Ready;
            self.next_op(next);
            self.queue_last(next);
            self.note(next, EventKind::Note, format!("{} gets {what}", self.name(next)));
        }
        let was = self.state.tasks[task].priority;
        self.set_priorities();
        self.log(log, "unlock", |sim, state| {
            let now = state.tasks[task].priority;
            let fall = if was < now {
                format!(" and falls back to priority {now}")
            } else {
                String::new()
            };
            let then = match next {
                Some(next) => {
                    format!("{} gets it, because it is the most urgent that waits", sim.name(next))
                }
                None => "nobody waits for it".to_owned(),
            };
            Shot::new(format!("{} gives back {what}{fall}; {then}.", sim.name(task)), state)
        })
    }

    fn idle(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let to_come = self.state.tasks.iter().any(|it| it.status == Status::Away);
        let blocked: Vec<&str> = (0..self.plan.tasks.len())
            .filter(|&it| matches!(self.state.tasks[it].status, Status::Blocked(_)))
            .map(|it| self.name(it))
            .collect();
        if !to_come && !blocked.is_empty() && !self.deadlock {
            self.deadlock = true;
            let names = list(&blocked);
            return self.log(log, "deadlock", |_, state| {
                let say = format!("{names} wait for each other for ever, because each holds a lock that another needs.");
                Shot::new(say, state)
            });
        }
        if self.idle || !to_come {
            return Ok(());
        }
        self.idle = true;
        self.log(log, "idle", |_, state| {
            Shot::new("The CPU idles, because no task that has arrived can run.".to_owned(), state)
        })
    }

    /// Goes to the next event; whether there is one.
    fn advance(&mut self) -> bool {
        let tasks = &self.plan.tasks;
        let end = self.state.running.map(|task| self.now + self.state.tasks[task].left_ticks);
        let arrivals = tasks.iter().map(|task| task.arrival_ticks);
        let unfinished = (0..tasks.len()).filter(|&it| self.finish[it].is_none());
        let due =
            unfinished.filter_map(|it| Some(tasks[it].arrival_ticks + tasks[it].deadline_ticks?));
        let later = arrivals.chain(due).filter(|&at| self.now < at);
        let Some(next) = later.chain(end).min() else { return false };
        let ticks = next - self.now;
        self.account(ticks);
        self.now = next;
        true
    }

    fn account(&mut self, ticks: u64) {
        let running = self.state.running;
        for (task, row) in self.plan.tasks.iter().enumerate() {
            let less_urgent =
                running.is_some_and(|it| it != task && row.priority < self.plan.tasks[it].priority);
            let doing = &mut self.state.tasks[task];
            match doing.status {
                Status::Blocked(_) => doing.blocked_ticks += ticks,
                Status::Ready => {}
                Status::Away | Status::Done => continue,
            }
            doing.inverted_ticks += if less_urgent { ticks } else { 0 };
        }
        if let Some(task) = running {
            self.state.tasks[task].left_ticks -= ticks;
        }
    }

    fn end(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.state.running = None;
        self.log(log, "end", |sim, state| {
            let n_missed = sim.missed.iter().filter(|&&it| it).count();
            let done = if sim.deadlock { "The tasks are stuck" } else { "All tasks have ended" };
            let missed = match n_missed {
                0 => "no deadline was missed".to_owned(),
                n => format!("{} missed", count(n as u64, "deadlines")),
            };
            Shot::new(format!("{done} at {}: {missed}.", sim.now), state)
        })
    }

    fn metrics(&self, log: &mut Log<State>) {
        let n_misses = self.missed.iter().filter(|&&it| it).count() as f64;
        log.metric("n_misses", "Missed deadlines", n_misses, "tasks", Better::Lower);
        let worst = self.state.tasks.iter().map(|it| it.inverted_ticks).max().unwrap_or_default();
        let label = "Longest wait for less urgent tasks";
        log.metric("inverted_ticks_max", label, worst as f64, "ticks", Better::Lower);
        let switches = self.n_switches as f64;
        log.metric("n_switches", "Context switches", switches, "switches", Better::Lower);
        log.metric("n_raises", "Raised priorities", self.n_raises as f64, "times", Better::Neither);
        let stuck = f64::from(u8::from(self.deadlock));
        log.metric("deadlock", "Ends in deadlock", stuck, "", Better::Lower);
        for (at, task) in self.plan.tasks.iter().enumerate() {
            let (name, doing) = (&task.name, &self.state.tasks[at]);
            let of = doing.inverted_ticks as f64;
            log.metric_of("inverted_ticks", name, "Wait for less urgent tasks", of, "ticks");
            let of = doing.blocked_ticks as f64;
            log.metric_of("blocked_ticks", name, "Wait for locks", of, "ticks");
            if let Some(finish) = self.finish[at] {
                log.metric_of("finish_ticks", name, "End", finish as f64, "ticks");
                let took = (finish - task.arrival_ticks) as f64;
                log.metric_of("turnaround_ticks", name, "Turnaround", took, "ticks");
            }
        }
    }
}
