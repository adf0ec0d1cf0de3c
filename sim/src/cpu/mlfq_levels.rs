//! The queues of `cpu/mlfq` and each job's account in them.

use super::jobs::{Job, JobIdx, ticks};
use super::kernel_policy::{Expiry, Fired, From, Moment, Policy, View};
use super::kernel_state::{Detail, Live, Phase, ReadyRow, State};
use super::mlfq::{AfterIo, Rule, Scenario};
use crate::engine::Frame;
use crate::scene::{Cell, Column, Panel, Scene, Table, TableRow, Tone};
use std::collections::VecDeque;

/// The policy.
pub(super) struct Levels {
    queues: Vec<VecDeque<JobIdx>>,
    rules: Vec<LevelRule>,
    rule: Rule,
    after_io: AfterIo,
    boost_ticks: u64,
    next_boost: u64,
    /// By job index.
    accounts: Vec<Account>,
}

/// What a level gives.
#[derive(Debug, Clone, Copy)]
struct LevelRule {
    quantum_ticks: u64,
    allotment_quanta: u64,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy)]
struct Account {
    level: u8,
    /// What is left of the quantum.
    left_ticks: u64,
    /// What is left of the allotment, the quantum in use included.
    left_quanta: u64,
    /// Whether it goes past a running job of its level.
    takes: bool,
    /// Whether its last quantum ended with a step down.
    sank: bool,
}

impl Levels {
    /// All jobs at the top, none ready.
    pub(super) fn new(scenario: &Scenario) -> Self {
        let last = scenario.allotments_quanta.last().copied().unwrap_or(1);
        let allotments = scenario.allotments_quanta.iter().copied();
        let rules: Vec<LevelRule> = (scenario.quanta_ticks.iter())
            .zip(allotments.chain(std::iter::repeat(last)))
            .map(|(&quantum_ticks, allotment_quanta)| LevelRule { quantum_ticks, allotment_quanta })
            .collect();
        Self {
            queues: vec![VecDeque::new(); rules.len()],
            accounts: scenario.jobs.iter().map(|_| fresh(&rules, 0)).collect(),
            rules,
            rule: scenario.rule,
            after_io: scenario.after_io,
            boost_ticks: scenario.boost_ticks,
            next_boost: scenario.boost_ticks,
        }
    }

    fn account(&self, job: JobIdx) -> &Account {
        &self.accounts[usize::from(job)]
    }

    fn reset(&mut self, job: JobIdx, level: u8) {
        self.accounts[usize::from(job)] = fresh(&self.rules, level);
    }

    /// The highest level at which a job is ready.
    fn top(&self) -> Option<u8> {
        let filled = (0_u8..).zip(&self.queues).find(|(_, queue)| !queue.is_empty());
        filled.map(|(level, _)| level)
    }

    fn after_io(&mut self, job: JobIdx) {
        let level = self.account(job).level;
        if self.rule == Rule::FreshAfterIo {
            self.reset(job, level);
        }
        self.accounts[usize::from(job)].takes = self.after_io == AfterIo::Cpu;
        let queue = &mut self.queues[usize::from(level)];
        match self.after_io {
            AfterIo::Tail => queue.push_back(job),
            AfterIo::Head | AfterIo::Cpu => queue.push_front(job),
        }
    }

    /// Back to the head, behind those that took the CPU.
    fn put_back(&mut self, job: JobIdx) {
        let queue = &self.queues[usize::from(self.account(job).level)];
        let at = queue.iter().take_while(|&&it| self.account(it).takes).count();
        let level = self.account(job).level;
        self.queues[usize::from(level)].insert(at, job);
    }
}

fn fresh(rules: &[LevelRule], level: u8) -> Account {
    let rule = rules[usize::from(level)];
    Account {
        level,
        left_ticks: rule.quantum_ticks,
        left_quanta: rule.allotment_quanta,
        takes: false,
        sank: false,
    }
}

impl Policy for Levels {
    fn enter(&mut self, job: JobIdx, from: From, _: &View<'_>) {
        let level = usize::from(self.account(job).level);
        match from {
            From::Arrival | From::Expired | From::Timer => self.queues[level].push_back(job),
            From::Io => self.after_io(job),
            From::Preempted => self.put_back(job),
        }
    }

    fn choose(&mut self, _: &View<'_>) -> Option<JobIdx> {
        let top = self.top()?;
        let job = self.queues[usize::from(top)].pop_front()?;
        self.accounts[usize::from(job)].takes = false;
        Some(job)
    }

    fn slice(&mut self, job: JobIdx, _: &View<'_>) -> Option<u64> {
        Some(self.account(job).left_ticks)
    }

    fn ran(&mut self, job: JobIdx, ticks: u64, _: &View<'_>) {
        self.accounts[usize::from(job)].left_ticks -= ticks;
    }

    fn expire(&mut self, job: JobIdx, _: &View<'_>) -> Expiry {
        let Account { level, left_quanta, .. } = *self.account(job);
        let lowest = u8::try_from(self.rules.len() - 1).unwrap_or(u8::MAX);
        let sinks = left_quanta <= 1 && level < lowest;
        if left_quanta <= 1 {
            self.reset(job, if sinks { level + 1 } else { level });
        } else {
            let account = &mut self.accounts[usize::from(job)];
            account.left_ticks = self.rules[usize::from(level)].quantum_ticks;
            account.left_quanta -= 1;
        }
        self.accounts[usize::from(job)].sank = sinks;
        let level = self.account(job).level;
        match (self.top().is_some_and(|top| top <= level), sinks) {
            (true, true) => Expiry::Requeue("demote"),
            (true, false) => Expiry::Requeue("expire"),
            (false, true) => Expiry::Keep("demote"),
            (false, false) => Expiry::Keep("keep"),
        }
    }

    fn preempts(&mut self, running: JobIdx, _: &View<'_>) -> bool {
        let level = self.account(running).level;
        let Some(top) = self.top() else { return false };
        let head_takes =
            self.queues[usize::from(top)].front().is_some_and(|&it| self.account(it).takes);
        top < level || (top == level && head_takes)
    }

    fn aside(&self, job: JobIdx) -> Option<String> {
        let level = self.account(job).level;
        self.account(job).sank.then(|| format!("its allotment ends too, so it sinks to Q{level}"))
    }

    fn leave(&mut self, job: JobIdx, _: &View<'_>) {
        self.accounts[usize::from(job)].sank = false;
        // A quantum that ends together with the burst is used up all the same.
        let Account { level, left_ticks, left_quanta, .. } = *self.account(job);
        if left_ticks == 0 && self.rule == Rule::Allotment {
            let lowest = u8::try_from(self.rules.len() - 1).unwrap_or(u8::MAX);
            if left_quanta <= 1 {
                self.reset(job, (level + 1).min(lowest));
                self.accounts[usize::from(job)].sank = level < lowest;
            } else {
                let account = &mut self.accounts[usize::from(job)];
                account.left_ticks = self.rules[usize::from(level)].quantum_ticks;
                account.left_quanta -= 1;
            }
        }
    }

    fn timer(&self) -> Option<u64> {
        (0 < self.boost_ticks).then_some(self.next_boost)
    }

    fn fire(&mut self, view: &View<'_>) -> Fired {
        self.next_boost = (view.now / self.boost_ticks + 1) * self.boost_ticks;
        let all: VecDeque<JobIdx> = self.queues.iter_mut().flat_map(std::mem::take).collect();
        let is_empty = all.is_empty() && view.running.is_none();
        self.queues[0] = all;
        for account in &mut self.accounts {
            let takes = account.takes;
            *account = fresh(&self.rules, 0);
            account.takes = takes;
        }
        if is_empty { Fired::Nothing } else { Fired::Requeue("boost") }
    }

    fn rows(&self, _: &View<'_>) -> Vec<ReadyRow> {
        let rows = self.queues.iter().zip(&self.rules).enumerate();
        rows.map(|(level, (queue, rule))| ReadyRow {
            label: format!("Q{level}"),
            note: format!("quantum {}", rule.quantum_ticks),
            jobs: queue.iter().copied().collect(),
        })
        .collect()
    }

    fn place(&self, job: JobIdx) -> String {
        format!("Q{}", self.account(job).level)
    }

    fn why(&self, moment: Moment, job: JobIdx, view: &View<'_>) -> String {
        let account = self.account(job);
        let level = account.level;
        match moment {
            Moment::Dispatch if self.top().is_none() => {
                "it is the only job that is ready".to_owned()
            }
            Moment::Dispatch => format!("it was at the head of Q{level}, the highest queue in use"),
            Moment::Preempt => {
                let top = self.top().unwrap_or_default();
                let head = self.queues[usize::from(top)].front().map(|&it| view.name(it));
                let head = head.unwrap_or_default();
                if top == level {
                    format!("{head} is back from I/O and goes past it in Q{level}")
                } else {
                    format!("{head} is ready in Q{top}, above its own Q{level}")
                }
            }
            Moment::Expire | Moment::Keep => {
                let from = if account.sank { level - 1 } else { level };
                let rule = self.rules[usize::from(from)];
                let quantum = ticks(rule.quantum_ticks);
                let mut why = match account.sank {
                    true if 1 < rule.allotment_quanta => {
                        format!(
                            "its allotment of {} quanta in Q{from} is used up",
                            rule.allotment_quanta
                        )
                    }
                    true => format!("its allotment of {quantum} in Q{from} is used up"),
                    false => format!("its quantum of {quantum} is used up"),
                };
                if moment == Moment::Keep {
                    let sinks = if account.sank {
                        format!(" and it sinks to Q{level}")
                    } else {
                        String::new()
                    };
                    why.push_str(&format!("{sinks}, but no job is ready there or above"));
                }
                why
            }
            Moment::Timer => format!(
                "All jobs move to Q0 with a fresh allotment, because the boost comes every {}",
                ticks(self.boost_ticks)
            ),
        }
    }

    fn detail(&self, _: &View<'_>) -> Option<Box<dyn Detail>> {
        let (accounts, rules) = (self.accounts.clone(), self.rules.clone());
        Some(Box::new(Accounts { accounts, rules }))
    }
}

/// What every job has left, by job index, and what the levels give.
#[derive(Debug)]
struct Accounts {
    accounts: Vec<Account>,
    rules: Vec<LevelRule>,
}

impl Detail for Accounts {
    fn draw(&self, scene: Scene, jobs: &[Job], past: &[Frame<State>]) -> Scene {
        let columns = vec![
            Column::words("Job"),
            Column::words("Queue"),
            Column::numbers("Quantum used"),
            Column::numbers("Allotment used"),
        ];
        let live: &[Live] = past.last().map_or(&[], |frame| &frame.state.live);
        let all = jobs.iter().zip(live.iter().zip(&self.accounts));
        let rows = (0..).zip(all).map(|(job, (it, (live, account)))| {
            let rule = self.rules[usize::from(account.level)];
            let mut cells = vec![Cell::new(it.name.clone())];
            if matches!(live.phase, Phase::Future | Phase::Done) {
                cells.extend(["–", "–", "–"].map(|it| Cell::new(it).tone(Tone::Muted)));
            } else {
                let used = rule.quantum_ticks - account.left_ticks;
                let before = rule.allotment_quanta - account.left_quanta;
                let of = rule.allotment_quanta * rule.quantum_ticks;
                let all = before * rule.quantum_ticks + used;
                cells.push(Cell::new(format!("Q{}", account.level)));
                cells.push(Cell::new(format!("{used} of {}", rule.quantum_ticks)));
                cells.push(Cell::new(format!("{all} of {of}")));
            }
            TableRow { key: format!("account.{}", it.name), actor: Some(job), marked: false, cells }
        });
        let table = Table { rows: rows.collect(), columns };
        scene.with("levels", "Allotments", Panel::Table(table))
    }
}
