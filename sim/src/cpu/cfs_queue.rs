//! The run queue of `cpu/cfs`: virtual runtimes, the tree, and when the CPU changes hands.
//!
//! Times are in nanoseconds. A vruntime may be below zero, for a sleeper's credit at the start.

use super::cfs::{Decide, Placement, Scenario, Sleeper};
use super::cfs_scene::Look;
use super::cfs_tree::Tree;
use super::cfs_weight::{virtual_time, weight};
use super::jobs::{JobIdx, Tie};
use super::kernel_policy::{Expiry, From, Moment, Policy, View};
use super::kernel_state::{Detail, ReadyRow};
use crate::scene::number;

/// The policy.
pub(super) struct RunQueue {
    rules: Rules,
    tree: Tree,
    /// By job index.
    weights: Vec<u64>,
    /// By job index.
    vruntimes: Vec<i64>,
    /// Never falls.
    min_vruntime: i64,
    /// Weights of all jobs that are ready or run.
    load: u64,
    n_runnable: u64,
    /// Real time the running job has had since it got the CPU.
    ran_ns: u64,
    /// Whether no other job was ready since then.
    alone: bool,
    /// Who became ready at this moment.
    woken: Vec<JobIdx>,
    /// Who takes the CPU at this moment.
    taker: Option<JobIdx>,
    /// Why the slice ended.
    ended: Ended,
}

/// The settings, in nanoseconds and ticks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    decide: Decide,
    timer_ticks: u64,
    tick_ns: u64,
    latency_ns: u64,
    min_granularity_ns: u64,
    wakeup_granularity_ns: u64,
    placement: Placement,
    credit_ns: i64,
    tie: Tie,
}

/// Why the running job goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Its slice is used up.
    Slice,
    /// Its vruntime is too far ahead of the leftmost.
    Ahead,
    /// Its vruntime is not the least.
    NotLeast,
}

impl Rules {
    /// The slice of a job of this weight among `n_jobs` of this load together, to the nearest ns.
    pub(super) fn slice_ns(&self, weight: u64, load: u64, n_jobs: u64) -> u64 {
        let n_fit = self.latency_ns.div_ceil(self.min_granularity_ns);
        let period =
            if n_jobs <= n_fit { self.latency_ns } else { n_jobs * self.min_granularity_ns };
        let load = u128::from(load.max(1));
        let slice = (u128::from(period) * u128::from(weight) + load / 2) / load;
        u64::try_from(slice).unwrap_or(u64::MAX)
    }
}

impl RunQueue {
    /// An empty queue.
    pub(super) fn new(scenario: &Scenario) -> Self {
        let latency_ns = scenario.latency_us * 1_000;
        let credit = match scenario.sleeper {
            Sleeper::None => 0,
            Sleeper::Half => latency_ns / 2,
            Sleeper::Full => latency_ns,
        };
        Self {
            rules: Rules {
                decide: scenario.decide,
                timer_ticks: scenario.timer_ticks,
                tick_ns: scenario.us_per_tick * 1_000,
                latency_ns,
                min_granularity_ns: scenario.min_granularity_us * 1_000,
                wakeup_granularity_ns: scenario.wakeup_granularity_us * 1_000,
                placement: scenario.placement,
                credit_ns: i64::try_from(credit).unwrap_or_default(),
                tie: scenario.tie,
            },
            tree: Tree::new(scenario.jobs.len()),
            weights: scenario.jobs.iter().map(weight).collect(),
            vruntimes: vec![0; scenario.jobs.len()],
            min_vruntime: 0,
            load: 0,
            n_runnable: 0,
            ran_ns: 0,
            alone: false,
            woken: Vec::new(),
            taker: None,
            ended: Ended::Slice,
        }
    }

    /// Virtual runtimes by job index.
    pub(super) fn vruntimes(&self) -> &[i64] {
        &self.vruntimes
    }

    /// The slice of a job of this weight among `n_jobs` of this load together.
    pub(super) fn slice_ns(&self, weight: u64, load: u64, n_jobs: u64) -> u64 {
        self.rules.slice_ns(weight, load, n_jobs)
    }

    fn weight(&self, job: JobIdx) -> u64 {
        self.weights[usize::from(job)]
    }

    fn vruntime(&self, job: JobIdx) -> i64 {
        self.vruntimes[usize::from(job)]
    }

    fn slice_now_ns(&self, job: JobIdx) -> u64 {
        self.slice_ns(self.weight(job), self.load, self.n_runnable)
    }

    fn raise_min(&mut self, running: Option<JobIdx>) {
        let least = running.into_iter().chain(self.tree.first()).map(|it| self.vruntime(it)).min();
        if let Some(least) = least {
            self.min_vruntime = self.min_vruntime.max(least);
        }
    }

    /// Sets the vruntime of a job that becomes ready.
    fn place_job(&mut self, job: JobIdx, from: From, running: Option<JobIdx>) {
        self.raise_min(running);
        self.load += self.weight(job);
        self.n_runnable += 1;
        let vruntime = if from == From::Io {
            self.vruntime(job).max(self.min_vruntime - self.rules.credit_ns)
        } else {
            let debit = match self.rules.placement {
                Placement::Min => 0,
                Placement::Debit => virtual_time(self.slice_now_ns(job), self.weight(job)),
            };
            self.min_vruntime + debit
        };
        self.vruntimes[usize::from(job)] = vruntime;
        self.woken.push(job);
    }

    /// Time to the next timer tick after `now`.
    fn to_timer(&self, now: u64) -> u64 {
        self.rules.timer_ticks - now % self.rules.timer_ticks
    }

    /// What is left of the running job's slice, in ticks, rounded up.
    fn rest_ticks(&self, job: JobIdx) -> u64 {
        self.slice_now_ns(job).saturating_sub(self.ran_ns).div_ceil(self.rules.tick_ns)
    }

    /// Whether the kernel's rules end the slice at a timer tick.
    fn kernel_rules(&self, job: JobIdx, first: JobIdx) -> Option<Ended> {
        let slice = self.slice_now_ns(job);
        if slice <= self.ran_ns {
            return Some(Ended::Slice);
        }
        if self.ran_ns < self.rules.min_granularity_ns {
            return None;
        }
        let ahead = self.vruntime(job) - self.vruntime(first);
        let is_far = u64::try_from(ahead).is_ok_and(|ahead| slice < ahead);
        is_far.then_some(Ended::Ahead)
    }
}

impl Policy for RunQueue {
    fn enter(&mut self, job: JobIdx, from: From, view: &View<'_>) {
        if matches!(from, From::Arrival | From::Io) {
            self.place_job(job, from, view.running);
        }
        self.tree.insert(job, self.vruntime(job));
    }

    fn choose(&mut self, _: &View<'_>) -> Option<JobIdx> {
        self.raise_min(None);
        let job = self.tree.first()?;
        self.tree.remove(job);
        self.ran_ns = 0;
        Some(job)
    }

    fn slice(&mut self, job: JobIdx, view: &View<'_>) -> Option<u64> {
        self.alone = self.tree.first().is_none();
        if self.alone {
            return None;
        }
        Some(match self.rules.decide {
            Decide::Kernel | Decide::EveryTick => self.to_timer(view.now),
            Decide::Exact => self.rest_ticks(job),
        })
    }

    fn ran(&mut self, job: JobIdx, ticks: u64, _: &View<'_>) {
        self.woken.clear();
        let ns = ticks * self.rules.tick_ns;
        self.ran_ns += ns;
        let weight = self.weight(job);
        self.vruntimes[usize::from(job)] += virtual_time(ns, weight);
        self.raise_min(Some(job));
    }

    fn joined(&mut self, running: JobIdx, view: &View<'_>) -> Option<u64> {
        let was_alone = std::mem::take(&mut self.alone);
        match self.rules.decide {
            Decide::Exact => Some(self.rest_ticks(running)),
            Decide::Kernel | Decide::EveryTick if was_alone => {
                let rest = self.to_timer(view.now);
                let is_tick = rest == self.rules.timer_ticks && 0 < self.ran_ns;
                Some(if is_tick && self.rules.tie == Tie::ArrivalFirst { 0 } else { rest })
            }
            Decide::Kernel | Decide::EveryTick => None,
        }
    }

    fn expire(&mut self, job: JobIdx, _: &View<'_>) -> Expiry {
        let Some(first) = self.tree.first() else { return Expiry::Keep("keep") };
        let ended = match self.rules.decide {
            Decide::Kernel => self.kernel_rules(job, first),
            Decide::EveryTick => {
                (self.vruntime(first) <= self.vruntime(job)).then_some(Ended::NotLeast)
            }
            Decide::Exact => (self.slice_now_ns(job) <= self.ran_ns).then_some(Ended::Slice),
        };
        match ended {
            None => Expiry::Keep("keep"),
            Some(ended) => {
                self.ended = ended;
                Expiry::Requeue("expire")
            }
        }
    }

    fn preempts(&mut self, running: JobIdx, _: &View<'_>) -> bool {
        let woken = std::mem::take(&mut self.woken);
        if self.rules.decide == Decide::EveryTick {
            return false;
        }
        let far = |&job: &JobIdx| {
            let granularity = virtual_time(self.rules.wakeup_granularity_ns, self.weight(job));
            self.vruntime(job) + granularity < self.vruntime(running)
        };
        self.taker = woken.into_iter().find(far);
        self.taker.is_some()
    }

    fn leave(&mut self, job: JobIdx, _: &View<'_>) {
        self.raise_min(Some(job));
        self.load -= self.weight(job);
        self.n_runnable -= 1;
    }

    fn rows(&self, _: &View<'_>) -> Vec<ReadyRow> {
        let note = format!("min_vruntime {}", ms(self.min_vruntime));
        let jobs = self.tree.in_order().into_iter().map(|(job, _)| job);
        ReadyRow::only(note, jobs.collect())
    }

    fn place(&self, job: JobIdx) -> String {
        format!("the tree at {}", ms(self.vruntime(job)))
    }

    fn why(&self, moment: Moment, job: JobIdx, view: &View<'_>) -> String {
        let own = ms(self.vruntime(job));
        let Some(first) = self.tree.first() else {
            return format!("it is the only job that is ready; its vruntime is {own}");
        };
        let (name, rival) = (view.name(first), ms(self.vruntime(first)));
        let (had, slice) = (ns(self.ran_ns), ns(self.slice_now_ns(job)));
        match (moment, self.ended) {
            (Moment::Dispatch, _) if self.vruntime(first) == self.vruntime(job) => {
                format!("no vruntime is less than its {own}; {name} has as much but stands behind")
            }
            (Moment::Dispatch, _) => {
                format!("its vruntime {own} was leftmost in the tree; {name} follows with {rival}")
            }
            (Moment::Keep, _) if self.rules.decide == Decide::EveryTick => {
                format!("its vruntime {own} is still less than the {rival} of {name}")
            }
            (Moment::Keep, _) => format!("it has had {had} of its slice of {slice}"),
            (Moment::Preempt, _) => {
                let taker = self.taker.unwrap_or(first);
                let (name, rival) = (view.name(taker), ms(self.vruntime(taker)));
                let far = ns(self.rules.wakeup_granularity_ns);
                format!("{name} is at {rival}, more than {far} below its {own}")
            }
            (Moment::Expire | Moment::Timer, Ended::Slice) => {
                format!("it has had {had} and its slice is {slice}")
            }
            (Moment::Expire | Moment::Timer, Ended::Ahead) => {
                format!("its vruntime is more than its slice of {slice} ahead of {name}")
            }
            (Moment::Expire | Moment::Timer, Ended::NotLeast) => {
                format!("its vruntime {own} is no longer less than the {rival} of {name}")
            }
        }
    }

    fn detail(&self, _: &View<'_>) -> Option<Box<dyn Detail>> {
        Some(Box::new(Look {
            rules: self.rules,
            tree: self.tree.clone(),
            vruntimes: self.vruntimes.clone(),
            min_vruntime: self.min_vruntime,
            load: self.load,
            n_runnable: self.n_runnable,
            ran_ns: self.ran_ns,
        }))
    }
}

/// A virtual time in text, in milliseconds.
pub(super) fn ms(ns: i64) -> String {
    number(ns as f64 / 1e6, 3)
}

/// A real time in text.
pub(super) fn ns(ns: u64) -> String {
    format!("{} ms", number(ns as f64 / 1e6, 3))
}
