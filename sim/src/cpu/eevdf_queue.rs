//! The run queue of `cpu/eevdf`: lag, eligibility and virtual deadlines.
//!
//! A choice looks at every ready job: O(n). The kernel keeps a tree by deadline for this.

use super::cfs_weight::{NICE_0, virtual_time, weight};
use super::eevdf::{OnWakeup, Scenario};
use super::jobs::{Job, JobIdx, Tie};
use super::kernel_policy::{Expiry, From, Moment, Policy, View};
use super::kernel_shares;
use super::kernel_state::{Detail, Live, Phase, ReadyRow, State};
use crate::engine::Frame;
use crate::scene::{Cell, Column, Panel, Scene, Table, TableRow, Tone, number};

/// Virtual units in a tick.
const UNIT: u64 = 1_000_000;

/// The policy.
pub(super) struct Fair {
    on_wakeup: OnWakeup,
    keep_lag: bool,
    tie: Tie,
    /// Ready jobs, in the order in which they came.
    ready: Vec<Waiting>,
    /// By job index.
    accounts: Vec<Account>,
    /// Weights of all that are ready or run.
    load: i128,
    /// Their vruntimes times their weights.
    sum: i128,
    /// V when nobody was there any more.
    last_mean: i64,
    /// Whether no other job was ready since the running one got the CPU.
    alone: bool,
    /// Who became ready at this moment.
    woken: Vec<JobIdx>,
    /// Who takes the CPU at this moment.
    taker: Option<JobIdx>,
}

/// A ready job, with what a choice looks at; neither number changes while it waits.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    vruntime: i64,
    deadline: i64,
    job: JobIdx,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy)]
struct Account {
    weight: u64,
    /// What it asks for at a time.
    slice_ticks: u64,
    vruntime: i64,
    deadline: i64,
    /// What is left of the request.
    left_ticks: u64,
    /// V − vruntime when it blocked.
    lag: i64,
}

impl Fair {
    /// An empty queue.
    pub(super) fn new(scenario: &Scenario, weights: Vec<u64>) -> Self {
        let account = |(job, weight): (&Job, u64)| {
            let slice_ticks = job.slice_ticks.unwrap_or(scenario.slice_ticks);
            Account { weight, slice_ticks, vruntime: 0, deadline: 0, left_ticks: 0, lag: 0 }
        };
        Self {
            on_wakeup: scenario.on_wakeup,
            keep_lag: scenario.keep_lag,
            tie: scenario.tie,
            ready: Vec::new(),
            accounts: scenario.jobs.iter().zip(weights).map(account).collect(),
            load: 0,
            sum: 0,
            last_mean: 0,
            alone: false,
            woken: Vec::new(),
            taker: None,
        }
    }

    fn account(&self, job: JobIdx) -> &Account {
        &self.accounts[usize::from(job)]
    }

    /// V, rounded down.
    fn mean(&self) -> i64 {
        match self.load {
            0 => self.last_mean,
            load => i64::try_from(self.sum.div_euclid(load)).unwrap_or(i64::MAX),
        }
    }

    /// What one request adds to the vruntime.
    fn request(&self, job: JobIdx) -> i64 {
        let Account { weight, slice_ticks, .. } = *self.account(job);
        virtual_time(slice_ticks * UNIT, weight)
    }

    fn ask(&mut self, job: JobIdx) {
        let request = self.request(job);
        let account = &mut self.accounts[usize::from(job)];
        account.deadline = account.vruntime + request;
        account.left_ticks = account.slice_ticks;
    }

    /// Sets the vruntime of a job that becomes ready.
    fn place_job(&mut self, job: JobIdx, from: From) {
        let weight = i128::from(self.account(job).weight);
        let mean = self.mean();
        // Its own arrival moves V; this much more lag leaves it with the lag it had.
        let lag = match (from == From::Io && self.keep_lag, self.load) {
            (false, _) => 0,
            (true, 0) => 0,
            (true, load) => i128::from(self.account(job).lag) * (load + weight) / load,
        };
        let vruntime = mean - i64::try_from(lag).unwrap_or_default();
        self.accounts[usize::from(job)].vruntime = vruntime;
        self.load += weight;
        self.sum += i128::from(vruntime) * weight;
        self.ask(job);
        self.woken.push(job);
    }

    /// The eligible job with the earliest deadline: its place among the ready ones.
    fn best(&self) -> Option<usize> {
        let mean = self.mean();
        let mut best: Option<(usize, i64)> = None;
        for (place, it) in self.ready.iter().enumerate() {
            if it.vruntime <= mean && best.is_none_or(|(_, deadline)| it.deadline < deadline) {
                best = Some((place, it.deadline));
            }
        }
        best.map(|(place, _)| place)
    }
}

impl Policy for Fair {
    fn enter(&mut self, job: JobIdx, from: From, _: &View<'_>) {
        if matches!(from, From::Arrival | From::Io) {
            self.place_job(job, from);
        }
        let Account { vruntime, deadline, .. } = *self.account(job);
        self.ready.push(Waiting { vruntime, deadline, job });
    }

    fn choose(&mut self, _: &View<'_>) -> Option<JobIdx> {
        let place = self.best()?;
        Some(self.ready.remove(place).job)
    }

    fn slice(&mut self, job: JobIdx, _: &View<'_>) -> Option<u64> {
        self.alone = self.ready.is_empty();
        (!self.alone).then_some(self.account(job).left_ticks)
    }

    fn ran(&mut self, job: JobIdx, ticks: u64, _: &View<'_>) {
        self.woken.clear();
        let request = self.request(job);
        let account = &mut self.accounts[usize::from(job)];
        let grown = virtual_time(ticks * UNIT, account.weight);
        account.vruntime += grown;
        self.sum += i128::from(grown) * i128::from(account.weight);
        // Alone, request follows request without a step.
        let over = ticks.saturating_sub(account.left_ticks);
        let n_more = over.div_ceil(account.slice_ticks);
        account.left_ticks = account.left_ticks + n_more * account.slice_ticks - ticks;
        account.deadline += request * i64::try_from(n_more).unwrap_or_default();
    }

    fn joined(&mut self, running: JobIdx, _: &View<'_>) -> Option<u64> {
        if !std::mem::take(&mut self.alone) {
            return None;
        }
        if self.account(running).left_ticks == 0 && self.tie == Tie::PreemptedFirst {
            self.ask(running);
        }
        Some(self.account(running).left_ticks)
    }

    fn expire(&mut self, job: JobIdx, _: &View<'_>) -> Expiry {
        self.ask(job);
        Expiry::Requeue("expire")
    }

    fn preempts(&mut self, running: JobIdx, _: &View<'_>) -> bool {
        let woken = std::mem::take(&mut self.woken);
        if self.on_wakeup == OnWakeup::Finish || woken.is_empty() {
            return false;
        }
        let due = self.account(running).deadline;
        let best = self.best().map(|place| self.ready[place]);
        self.taker =
            best.filter(|it| woken.contains(&it.job) && it.deadline < due).map(|it| it.job);
        self.taker.is_some()
    }

    fn leave(&mut self, job: JobIdx, _: &View<'_>) {
        let mean = self.mean();
        let most = 2 * self.request(job);
        let account = &mut self.accounts[usize::from(job)];
        account.lag = (mean - account.vruntime).clamp(-most, most);
        let weight = i128::from(account.weight);
        self.sum -= i128::from(account.vruntime) * weight;
        self.load -= weight;
        self.last_mean = mean;
    }

    fn rows(&self, _: &View<'_>) -> Vec<ReadyRow> {
        let mut ready = self.ready.clone();
        crate::order::by_key(&mut ready, |it| it.deadline);
        let note = format!("by deadline; V is {}", in_ticks(self.mean()));
        ReadyRow::only(note, ready.into_iter().map(|it| it.job).collect())
    }

    fn place(&self, job: JobIdx) -> String {
        let Account { vruntime, deadline, .. } = *self.account(job);
        let (at, due) = (in_ticks(vruntime), in_ticks(deadline));
        format!("the queue at vruntime {at} with deadline {due}")
    }

    fn why(&self, moment: Moment, job: JobIdx, view: &View<'_>) -> String {
        let due = in_ticks(self.account(job).deadline);
        match moment {
            Moment::Dispatch if self.ready.is_empty() => {
                format!("it is the only job that is ready; its deadline is {due}")
            }
            Moment::Dispatch => {
                let mean = self.mean();
                let early = self
                    .ready
                    .iter()
                    .filter(|it| it.deadline < self.account(job).deadline && mean < it.vruntime);
                match early.map(|it| view.name(it.job)).collect::<Vec<_>>()[..] {
                    [] => format!("its deadline {due} is the earliest of the eligible jobs"),
                    [one] => format!(
                        "its deadline {due} is the earliest of the eligible jobs; {one} is due \
                         earlier but has had more than its share"
                    ),
                    [..] => format!(
                        "its deadline {due} is the earliest of the eligible jobs; those due \
                         earlier have had more than their share"
                    ),
                }
            }
            Moment::Preempt => {
                let taker = self.taker.unwrap_or(job);
                let (name, early) = (view.name(taker), in_ticks(self.account(taker).deadline));
                format!("{name} is eligible and due at {early}, before its own {due}")
            }
            Moment::Expire | Moment::Keep | Moment::Timer => {
                let slice = super::jobs::ticks(self.account(job).slice_ticks);
                format!("its request of {slice} is served and it makes the next one")
            }
        }
    }

    fn detail(&self, _: &View<'_>) -> Option<Box<dyn Detail>> {
        Some(Box::new(Standings { accounts: self.accounts.clone(), mean: self.mean() }))
    }
}

/// A virtual time or a lag in text, in ticks.
fn in_ticks(units: i64) -> String {
    number(units as f64 / UNIT as f64, 3)
}

/// Where every job stands, and V.
#[derive(Debug)]
struct Standings {
    accounts: Vec<Account>,
    mean: i64,
}

impl Standings {
    /// Vruntime, lag, eligibility, deadline and what is left of the request.
    fn cells(&self, account: &Account) -> [Cell; 5] {
        let owed = i128::from(self.mean - account.vruntime) * i128::from(account.weight);
        let lag = i64::try_from(owed / i128::from(NICE_0)).unwrap_or_default();
        let eligible = match account.vruntime <= self.mean {
            true => Cell::new("yes").tone(Tone::Good),
            false => Cell::new("no").tone(Tone::Muted),
        };
        [
            Cell::new(in_ticks(account.vruntime)),
            Cell::new(in_ticks(lag)),
            eligible,
            Cell::new(in_ticks(account.deadline)),
            Cell::new(account.left_ticks.to_string()),
        ]
    }
}

impl Detail for Standings {
    fn draw(&self, scene: Scene, jobs: &[Job], past: &[Frame<State>]) -> Scene {
        let heads = ["Weight", "vruntime", "Lag (ticks)", "Eligible", "Deadline", "Request left"];
        let mut columns = vec![Column::words("Job")];
        columns.extend(heads.map(Column::numbers));
        let live: &[Live] = past.last().map_or(&[], |frame| &frame.state.live);
        let all = jobs.iter().zip(live.iter().zip(&self.accounts));
        let rows = (0..).zip(all).map(|(job, (it, (live, account)))| {
            let mut cells = vec![Cell::new(it.name.clone()), Cell::new(weight(it).to_string())];
            match live.phase {
                Phase::Ready | Phase::Running => cells.extend(self.cells(account)),
                Phase::Future | Phase::Blocked | Phase::Done => {
                    cells.extend([(); 5].map(|()| Cell::new("–").tone(Tone::Muted)));
                }
            }
            let marked = live.phase == Phase::Running;
            TableRow { key: format!("fair.{}", it.name), actor: Some(job), marked, cells }
        });
        let table = Table { rows: rows.collect(), columns };
        let scene = scene.with("fair", "Lag and deadlines", Panel::Table(table));
        kernel_shares::draw(scene, jobs, past, weight)
    }
}
