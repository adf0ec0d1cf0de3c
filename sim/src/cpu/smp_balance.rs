//! The three ways in which tasks move between CPUs.

use super::smp_run::Sim;
use super::smp_state::{Domain, State};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use crate::words::list;

/// Failed rounds in a row after which active balancing pushes a running task.
const FAILED_MAX: u32 = 2;

impl Sim<'_> {
    /// The waiting task that `from` could give to `to`: the first that may run there.
    fn movable(&self, from: usize, to: usize) -> Option<usize> {
        let queue = self.state.cpus[from].queue.iter().copied();
        queue.into_iter().find(|&task| self.plan.tasks[task].allowed[to])
    }

    /// CPUs from which `to` could take a waiting task, the fullest first.
    fn sources(&self, cpus: &[usize], to: usize) -> Vec<usize> {
        let mut from: Vec<usize> = cpus
            .iter()
            .copied()
            .filter(|&cpu| cpu != to && self.movable(cpu, to).is_some())
            .collect();
        crate::order::by_key(&mut from, |&cpu| std::cmp::Reverse(self.state.cpus[cpu].queue.len()));
        from
    }

    /// Newidle balancing: a CPU without work takes one waiting task, from its own node if it can.
    pub(super) fn pull(&mut self, to: usize, log: &mut Log<State>) -> Result<bool, ScenarioError> {
        let node = self.plan.node(to);
        let all: Vec<usize> = (0..self.plan.cpus).collect();
        let near: Vec<usize> =
            all.iter().copied().filter(|&cpu| self.plan.node(cpu) == node).collect();
        let mut sources = self.sources(&near, to);
        if sources.is_empty() {
            sources = self.sources(&all, to);
        }
        let Some(&from) = sources.first() else { return Ok(false) };
        let Some(task) = self.movable(from, to) else { return Ok(false) };
        self.migrate(task, from, to);
        self.n_pulls += 1;
        self.log(log, "pull", |sim, state| {
            let (name, cost, locks) = (sim.name(task), sim.cost(task), sim.locks());
            let say = format!(
                "CPU{to} pulls {name} from CPU{from}, because it has just run out of work; that \
                 takes the {locks}{cost}."
            );
            let mut options = sources.clone();
            crate::order::by_key(&mut options, |&it| it);
            let answer = options.iter().position(|&it| it == from).unwrap_or_default();
            let options = options.iter().map(|cpu| format!("CPU{cpu}")).collect();
            Shot::new(say, state).ask("Which CPU is the task pulled from?", options, answer)
        })?;
        Ok(true)
    }

    fn locks(&self) -> String {
        match self.state.locks.as_slice() {
            [first, second] => format!("locks of CPU{first}, then CPU{second}"),
            _ => "locks".to_owned(),
        }
    }

    /// Checks every domain whose time has come, narrow ones first.
    pub(super) fn balance(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        for at in 0..self.state.domains.len() {
            if self.state.domains[at].next == self.now {
                self.balance_domain(at, log)?;
            }
        }
        Ok(())
    }

    fn load(&self, cpu: usize) -> usize {
        self.state.cpus[cpu].load()
    }

    fn balance_domain(&mut self, at: usize, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let domain = self.state.domains[at].clone();
        let base = self.plan.balance_ticks_per_cpu * domain.cpus.len() as u64;
        // The first idle CPU does it, and if there is none, the least loaded.
        let to = domain.cpus.iter().copied().min_by_key(|&cpu| self.load(cpu)).unwrap_or_default();
        let gap = if domain.wide && self.load(to) != 0 { 3 } else { 2 };
        let mut fuller: Vec<usize> = domain
            .cpus
            .iter()
            .copied()
            .filter(|&cpu| self.load(to) + gap <= self.load(cpu))
            .collect();
        crate::order::by_key(&mut fuller, |&cpu| std::cmp::Reverse(self.load(cpu)));
        let Some(&fullest) = fuller.first() else {
            let slot = &mut self.state.domains[at];
            slot.n_failed = 0;
            slot.interval = (slot.interval * 2).min(2 * base);
            slot.next = self.now + slot.interval;
            return Ok(());
        };
        let slot = &mut self.state.domains[at];
        slot.interval = base;
        slot.next = self.now + base;
        match fuller.iter().copied().find(|&cpu| self.movable(cpu, to).is_some()) {
            Some(from) => {
                self.state.domains[at].n_failed = 0;
                self.take(&domain, from, to, log)
            }
            None => {
                self.state.domains[at].n_failed += 1;
                self.failed(at, fullest, to, log)
            }
        }
    }

    /// Periodic balancing: moves half of the difference.
    fn take(
        &mut self,
        domain: &Domain,
        from: usize,
        to: usize,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let (here, there) = (self.load(to), self.load(from));
        let mut moved = Vec::new();
        while moved.len() < (there - here) / 2
            && let Some(task) = self.movable(from, to)
        {
            self.migrate(task, from, to);
            self.n_balances += 1;
            moved.push(task);
        }
        self.log(log, "balance", |sim, state| {
            let names: Vec<&str> = moved.iter().map(|&it| sim.name(it)).collect();
            let (names, locks, domain) = (list(&names), sim.locks(), &domain.name);
            let say = format!(
                "CPU{to} takes {names} from CPU{from} in the periodic check of {domain}, because \
                 {there} tasks stand against {here}; that takes the {locks}."
            );
            Shot::new(say, state)
        })
    }

    /// Nothing that waits may move. Active balancing pushes the running task in the end.
    fn failed(
        &mut self,
        at: usize,
        from: usize,
        to: usize,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let n_failed = self.state.domains[at].n_failed;
        let running = self.state.cpus[from].running;
        let task = running.filter(|&task| self.plan.tasks[task].allowed[to]);
        match task {
            Some(task) if self.plan.active && FAILED_MAX < n_failed && self.load(to) == 0 => {
                self.state.domains[at].n_failed = 0;
                self.migrate(task, from, to);
                self.n_pushes += 1;
                self.log(log, "push", |sim, state| {
                    let (name, cost, locks) = (sim.name(task), sim.cost(task), sim.locks());
                    let say = format!(
                        "CPU{from}'s stopper thread pushes {name} off to CPU{to}, because nothing \
                         that waits may move; that takes the {locks}{cost}."
                    );
                    Shot::new(say, state)
                })
            }
            // Later failures tell nothing new.
            _ if FAILED_MAX < n_failed => Ok(()),
            _ => self.log(log, "fail", |_, state| {
                let say = format!(
                    "CPU{to} finds CPU{from} fuller but takes nothing, because no task that waits \
                     there may run here."
                );
                Shot::new(say, state)
            }),
        }
    }
}
