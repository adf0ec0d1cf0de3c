//! Plays several CPUs, one tick at a time. A tick costs time in proportion to tasks and CPUs; the
//! ticks are bounded by [`TICKS_MAX`].

use super::smp_state::{Cpu, Doing, Plan, State, Status};
use crate::engine::{Better, Log, Shot};
use crate::error::{Fault, ScenarioError};
use crate::words::count;

/// Most ticks of a run: far above what tasks at the form's limits can take.
const TICKS_MAX: u64 = 500_000;

/// Plays until all tasks have ended and adds the numbers of the run.
pub(super) fn simulate(plan: &Plan, log: &mut Log<State>) -> Result<(), ScenarioError> {
    let mut sim = Sim::new(plan);
    sim.say(log, "start", || {
        let (cpus, tasks) = (plan.cpus as u64, plan.tasks.len() as u64);
        format!(
            "The machine has {} for {}, each with its own run queue.",
            count(cpus, "CPUs"),
            count(tasks, "tasks")
        )
    })?;
    while sim.state.tasks.iter().any(|task| task.status != Status::Done) {
        if TICKS_MAX < sim.now {
            return Err(ScenarioError::one("", Fault::TooManySteps(TICKS_MAX)));
        }
        sim.arrive(log)?;
        sim.dispatch(log)?;
        sim.newidle(log)?;
        sim.balance(log)?;
        sim.dispatch(log)?;
        sim.tick();
        sim.finish(log)?;
    }
    sim.say(log, "end", || {
        let moves = count(sim.n_moves, "moves");
        format!("All tasks have ended at {} after {moves} between CPUs.", sim.now)
    })?;
    sim.metrics(log);
    Ok(())
}

pub(super) struct Sim<'a> {
    pub plan: &'a Plan,
    pub now: u64,
    pub state: State,
    /// CPUs that have just run out of work.
    newly_idle: Vec<usize>,
    last_run: Vec<Option<usize>>,
    n_switches: u64,
    pub n_moves: u64,
    n_node_moves: u64,
    pub n_pulls: u64,
    pub n_balances: u64,
    pub n_pushes: u64,
    cold_ticks: u64,
}

impl<'a> Sim<'a> {
    fn new(plan: &'a Plan) -> Self {
        let doing = |left_ticks| Doing {
            status: Status::Away,
            left_ticks,
            cold_ticks: 0,
            home: None,
            waited_ticks: 0,
            n_moves: 0,
            percent: 0,
            finish: None,
        };
        let state = State {
            tasks: plan.tasks.iter().map(|task| doing(task.work_ticks)).collect(),
            cpus: vec![Cpu::default(); plan.cpus],
            domains: plan.domains(),
            locks: Vec::new(),
        };
        let (now, newly_idle, last_run) = (0, Vec::new(), vec![None; plan.cpus]);
        let (n_switches, n_moves, n_node_moves, n_pulls) = (0, 0, 0, 0);
        let (n_balances, n_pushes, cold_ticks) = (0, 0, 0);
        Self {
            plan,
            now,
            state,
            newly_idle,
            last_run,
            n_switches,
            n_moves,
            n_node_moves,
            n_pulls,
            n_balances,
            n_pushes,
            cold_ticks,
        }
    }

    pub(super) fn name(&self, task: usize) -> &'a str {
        &self.plan.tasks[task].name
    }

    /// Logs a step; the locks it took go with it and are free afterwards.
    pub(super) fn log(
        &mut self,
        log: &mut Log<State>,
        tag: &'static str,
        build: impl FnOnce(&Self, State) -> Shot<State>,
    ) -> Result<(), ScenarioError> {
        let result = log.step(self.now, tag, || build(self, self.state.clone()));
        self.state.locks.clear();
        result
    }

    fn say(
        &self,
        log: &mut Log<State>,
        tag: &'static str,
        say: impl FnOnce() -> String,
    ) -> Result<(), ScenarioError> {
        log.step(self.now, tag, || Shot::new(say(), self.state.clone()))
    }

    fn arrive(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        for task in 0..self.plan.tasks.len() {
            let row = &self.plan.tasks[task];
            if row.arrival_ticks != self.now || self.state.tasks[task].status != Status::Away {
                continue;
            }
            let allowed: Vec<usize> = (0..self.plan.cpus).filter(|&cpu| row.allowed[cpu]).collect();
            let loads: Vec<usize> = self.state.cpus.iter().map(Cpu::load).collect();
            let least = allowed.iter().copied().min_by_key(|&cpu| loads[cpu]).unwrap_or_default();
            let cpu = row.start_cpu.unwrap_or(least);
            self.state.cpus[cpu].queue.push_back(task);
            self.state.tasks[task].status = Status::Queued(cpu);
            self.log(log, "arrive", |_, state| {
                let name = &row.name;
                let why = match (row.start_cpu, allowed.len()) {
                    (Some(_), _) => "where it was started",
                    (None, 1) => "the only CPU it may run on",
                    (None, _) => "which has the fewest tasks",
                };
                let shot = Shot::new(format!("{name} arrives on CPU{cpu}, {why}."), state);
                if row.start_cpu.is_some() {
                    return shot;
                }
                let answer = allowed.iter().position(|&it| it == cpu).unwrap_or_default();
                let options = allowed.iter().map(|cpu| format!("CPU{cpu}")).collect();
                shot.ask("Which CPU gets the new task?", options, answer)
            })?;
        }
        Ok(())
    }

    /// Every CPU without a task, or whose slice is over, takes the first of its queue.
    fn dispatch(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        for cpu in 0..self.plan.cpus {
            let seat = &mut self.state.cpus[cpu];
            let over = seat.running.is_some() && seat.slice_left_ticks == 0;
            if over && seat.queue.is_empty() {
                seat.slice_left_ticks = self.plan.slice_ticks;
            }
            if seat.queue.is_empty() || (seat.running.is_some() && !over) {
                continue;
            }
            let before = seat.running.take();
            seat.queue.extend(before);
            let Some(task) = seat.queue.pop_front() else { continue };
            seat.running = Some(task);
            seat.slice_left_ticks = self.plan.slice_ticks;
            if let Some(before) = before {
                self.state.tasks[before].status = Status::Queued(cpu);
            }
            self.state.tasks[task].status = Status::Running(cpu);
            self.state.tasks[task].home.get_or_insert(self.plan.node(cpu));
            self.n_switches += u64::from(self.last_run[cpu].is_some_and(|last| last != task));
            self.last_run[cpu] = Some(task);
            self.log(log, "dispatch", |sim, state| {
                let name = sim.name(task);
                let why = match before {
                    Some(it) => format!(
                        "the slice of {} is over and {name} is next in the queue",
                        sim.name(it)
                    ),
                    None => "it is first in the queue there".to_owned(),
                };
                Shot::new(format!("{name} runs on CPU{cpu}, because {why}."), state)
            })?;
        }
        Ok(())
    }

    fn newidle(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        for cpu in std::mem::take(&mut self.newly_idle) {
            if self.state.cpus[cpu].load() != 0 {
                continue;
            }
            if self.plan.newidle && self.pull(cpu, log)? {
                self.dispatch(log)?;
                continue;
            }
            self.say(log, "idle", || {
                let why = match self.plan.newidle {
                    true => "no task that waits elsewhere may come",
                    false => "it does not look at the other queues",
                };
                format!("CPU{cpu} idles, because its queue is empty and {why}.")
            })?;
        }
        Ok(())
    }

    /// Takes `task` off `from` and queues it on `to`, under both locks.
    pub(super) fn migrate(&mut self, task: usize, from: usize, to: usize) {
        self.state.locks = vec![from.min(to), from.max(to)];
        let seat = &mut self.state.cpus[from];
        seat.queue.retain(|&it| it != task);
        seat.running = seat.running.filter(|&it| it != task);
        self.state.cpus[to].queue.push_back(task);
        let across = self.plan.node(from) != self.plan.node(to);
        let doing = &mut self.state.tasks[task];
        doing.status = Status::Queued(to);
        doing.n_moves += 1;
        // Before its first turn a task has nothing in the caches.
        if doing.home.is_some() {
            doing.cold_ticks =
                if across { self.plan.cold_node_ticks } else { self.plan.cold_ticks };
        }
        self.n_moves += 1;
        self.n_node_moves += u64::from(across);
    }

    /// What a move of `task` costs, in words.
    pub(super) fn cost(&self, task: usize) -> String {
        match self.state.tasks[task].cold_ticks {
            0 => String::new(),
            ticks => format!(" and costs {} of cold caches", count(ticks, "ticks")),
        }
    }

    fn tick(&mut self) {
        for cpu in 0..self.plan.cpus {
            let node = self.plan.node(cpu);
            let Some(task) = self.state.cpus[cpu].running else { continue };
            self.state.cpus[cpu].busy_ticks += 1;
            let slice = &mut self.state.cpus[cpu].slice_left_ticks;
            *slice = slice.saturating_sub(1);
            let doing = &mut self.state.tasks[task];
            if doing.cold_ticks != 0 {
                doing.cold_ticks -= 1;
                self.cold_ticks += 1;
                continue;
            }
            let far = doing.home.is_some_and(|home| home != node);
            let need = if far { 100 + self.plan.far_percent } else { 100 };
            doing.percent += 100;
            if need <= doing.percent {
                doing.percent -= need;
                doing.left_ticks -= 1;
            }
        }
        for doing in &mut self.state.tasks {
            doing.waited_ticks += u64::from(matches!(doing.status, Status::Queued(_)));
        }
        self.now += 1;
    }

    fn finish(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        for cpu in 0..self.plan.cpus {
            let Some(task) = self.state.cpus[cpu].running else { continue };
            if self.state.tasks[task].left_ticks != 0 {
                continue;
            }
            self.state.cpus[cpu].running = None;
            self.state.tasks[task].status = Status::Done;
            self.state.tasks[task].finish = Some(self.now);
            if self.state.cpus[cpu].queue.is_empty() {
                self.newly_idle.push(cpu);
            }
            self.log(log, "finish", |sim, state| {
                let took = count(sim.now - sim.plan.tasks[task].arrival_ticks, "ticks");
                let name = sim.name(task);
                Shot::new(format!("{name} ends on CPU{cpu}, {took} after it arrived."), state)
            })?;
        }
        Ok(())
    }

    fn metrics(&self, log: &mut Log<State>) {
        let end = self.now as f64;
        let n = self.plan.tasks.len() as f64;
        let waited: u64 = self.state.tasks.iter().map(|it| it.waited_ticks).sum();
        let took = |(at, doing): (usize, &Doing)| {
            doing.finish.unwrap_or(self.now) - self.plan.tasks[at].arrival_ticks
        };
        let took: u64 = self.state.tasks.iter().enumerate().map(took).sum();
        let busy: u64 = self.state.cpus.iter().map(|it| it.busy_ticks).sum();
        let mut add = |key, label, value, unit, better| log.metric(key, label, value, unit, better);
        add("makespan_ticks", "All work done at", end, "ticks", Better::Lower);
        add("waiting_ticks_mean", "Mean waiting time", waited as f64 / n, "ticks", Better::Lower);
        add("turnaround_ticks_mean", "Mean turnaround", took as f64 / n, "ticks", Better::Lower);
        let all = busy as f64 / (end * self.plan.cpus as f64);
        add("utilisation", "Utilisation of all CPUs", all, "", Better::Higher);
        add("n_migrations", "Moves between CPUs", self.n_moves as f64, "moves", Better::Lower);
        let across = self.n_node_moves as f64;
        add("n_node_migrations", "Moves between nodes", across, "moves", Better::Lower);
        add(
            "n_pulls",
            "Tasks pulled by newly idle CPUs",
            self.n_pulls as f64,
            "tasks",
            Better::Neither,
        );
        let label = "Tasks moved by periodic balancing";
        add("n_balances", label, self.n_balances as f64, "tasks", Better::Neither);
        let label = "Running tasks pushed by active balancing";
        add("n_pushes", label, self.n_pushes as f64, "tasks", Better::Neither);
        add(
            "cold_ticks",
            "Time lost to cold caches",
            self.cold_ticks as f64,
            "ticks",
            Better::Lower,
        );
        add("n_switches", "Context switches", self.n_switches as f64, "switches", Better::Lower);
        for (cpu, seat) in self.state.cpus.iter().enumerate() {
            let part = seat.busy_ticks as f64 / end;
            log.metric_of("utilisation", &format!("CPU{cpu}"), "Utilisation", part, "");
        }
        for (task, doing) in self.plan.tasks.iter().zip(&self.state.tasks) {
            let finish = doing.finish.unwrap_or(self.now) as f64;
            log.metric_of("finish_ticks", &task.name, "End", finish, "ticks");
            let waited = doing.waited_ticks as f64;
            log.metric_of("waiting_ticks", &task.name, "Waiting time", waited, "ticks");
        }
    }
}
