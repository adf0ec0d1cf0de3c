//! Plays a script on the zone: one step for each half and each join.

use super::zone::{Owner, Zone, order_of};
use super::{Scenario, say};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use crate::memory::alloc_script::{Op, Script, What};
use std::sync::Arc;

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) zone: Arc<Zone>,
    /// Statement of the script; `None` before the first.
    pub(super) op: Option<usize>,
    /// The block that the step is about: first page and order.
    pub(super) focus: (u64, u32),
    /// What became of each statement so far.
    pub(super) results: Arc<Vec<Done>>,
    pub(super) totals: Totals,
}

/// How a statement ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    /// It got the block at this page, of this order.
    Got(u64, u32),
    Failed,
    /// It joined the list of this order, after so many merges.
    Back(u32, u32),
    /// Nothing was done.
    Nothing,
}

/// Numbers of the run so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) n_allocs: u64,
    pub(super) n_failed: u64,
    pub(super) n_fragmented: u64,
    pub(super) n_splits: u64,
    pub(super) n_merges: u64,
    /// Pages that are held.
    pub(super) held: u64,
    pub(super) held_max: u64,
    /// What was asked for of what is held, in the unit of the requests.
    pub(super) asked: u64,
    /// Greatest share of held memory that was not asked for, in millionths.
    pub(super) inside_ppm_max: u64,
}

/// Where a pointer leads: first page and what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pointer {
    Null,
    Held(u64, u64),
    Freed,
}

pub(super) struct Play<'a> {
    scenario: &'a Scenario,
    script: &'a Script,
    pub(super) zone: Arc<Zone>,
    pointers: Vec<Pointer>,
    focus: (u64, u32),
    results: Arc<Vec<Done>>,
    pub(super) totals: Totals,
}

impl<'a> Play<'a> {
    pub(super) fn new(scenario: &'a Scenario, script: &'a Script) -> Self {
        let Scenario { memory_pages, max_order, list_order, .. } = *scenario;
        let zone = Zone::new(memory_pages, max_order, list_order);
        let focus = (0, zone.at(0).order);
        Self {
            scenario,
            script,
            zone: Arc::new(zone),
            pointers: vec![Pointer::Null; script.names.len()],
            focus,
            results: Arc::new(Vec::new()),
            totals: Totals::default(),
        }
    }

    pub(super) fn run(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        log.step(0, "start", || Shot::new(say::start(&self.zone), self.state(None)))?;
        for at in 0..self.script.ops.len() {
            let op = self.script.ops[at];
            let done = match op.what {
                What::Alloc(asked) => self.alloc(at, op, asked, log)?,
                What::Free => self.free(at, op, log)?,
            };
            debug_assert_eq!(self.results.len(), at + 1, "{done:?} is noted");
        }
        Ok(())
    }

    fn state(&self, op: Option<usize>) -> State {
        State {
            zone: Arc::clone(&self.zone),
            op,
            focus: self.focus,
            results: Arc::clone(&self.results),
            totals: self.totals,
        }
    }

    fn note(&mut self, done: Done) -> Done {
        Arc::make_mut(&mut self.results).push(done);
        done
    }

    fn alloc(
        &mut self,
        at: usize,
        op: Op,
        asked: u64,
        log: &mut Log<State>,
    ) -> Result<Done, ScenarioError> {
        let time = at as u64 + 1;
        let name = &self.script.names[op.slot];
        let (unit, _) = self.scenario.unit();
        let pages = asked.div_ceil(unit);
        let order = order_of(pages);
        self.totals.n_allocs += 1;
        let source = self.zone.source(order);
        let Some((source, page)) =
            source.and_then(|it| Some((it, Arc::make_mut(&mut self.zone).take(it)?)))
        else {
            self.totals.n_failed += 1;
            if pages <= self.zone.free_pages() {
                self.totals.n_fragmented += 1;
            }
            self.pointers[op.slot] = Pointer::Null;
            self.note(Done::Failed);
            log.step(time, "fail", || {
                let say = say::failed(name, pages, order, &self.zone);
                self.splits_asked(Shot::new(say, self.state(Some(at))), order, None)
            })?;
            return Ok(Done::Failed);
        };
        self.focus = (page, source);
        for half in (order..source).rev() {
            Arc::make_mut(&mut self.zone).split(page);
            self.totals.n_splits += 1;
            self.focus = (page, half);
            log.step(time, "split", || {
                let say = say::split(name, page, half, order);
                let shot = Shot::new(say, self.state(Some(at)));
                let is_first = half + 1 == source;
                if is_first { self.splits_asked(shot, order, Some(source)) } else { shot }
            })?;
        }
        Arc::make_mut(&mut self.zone).own(page, Owner::Held(op.slot));
        self.pointers[op.slot] = Pointer::Held(page, asked);
        self.totals.held += 1 << order;
        self.totals.asked += asked;
        self.measure();
        let done = self.note(Done::Got(page, order));
        log.step(time, "alloc", || {
            let say = say::got(name, asked, self.scenario.unit(), page, order);
            let shot = Shot::new(say, self.state(Some(at)));
            if source == order { self.splits_asked(shot, order, Some(source)) } else { shot }
        })?;
        Ok(done)
    }

    /// Asks how often a block is halved for a request of an order.
    fn splits_asked(&self, shot: Shot<State>, order: u32, source: Option<u32>) -> Shot<State> {
        let most = self.zone.order_max.saturating_sub(order);
        let mut options: Vec<String> = (0..=most).map(|it| it.to_string()).collect();
        options.push("it fails".to_owned());
        let answer = source.map_or(options.len() - 1, |it| super::zone::at(it - order));
        shot.ask("How often is a block halved for this request?", options, answer)
    }

    fn free(&mut self, at: usize, op: Op, log: &mut Log<State>) -> Result<Done, ScenarioError> {
        let time = at as u64 + 1;
        let name = &self.script.names[op.slot];
        let Pointer::Held(first, asked) = self.pointers[op.slot] else {
            let is_null = self.pointers[op.slot] == Pointer::Null;
            let done = self.note(Done::Nothing);
            let tag = if is_null { "free_null" } else { "bad_free" };
            log.step(time, tag, || Shot::new(say::nothing(name, is_null), self.state(Some(at))))?;
            return Ok(done);
        };
        self.pointers[op.slot] = Pointer::Freed;
        let order = self.zone.at(first).order;
        self.totals.held -= 1 << order;
        self.totals.asked -= asked;
        self.focus = (first, order);
        let mut page = first;
        Arc::make_mut(&mut self.zone).own(page, Owner::Hand);
        // The merges are known before the first of them is shown: the question comes first.
        let n_merges = if self.scenario.merging { self.merges(page) } else { 0 };
        if 0 < n_merges {
            log.step(time, "free", || {
                let say = say::freed(name, page, order, n_merges);
                let shot = Shot::new(say, self.state(Some(at)));
                self.merges_asked(shot, name, order, n_merges)
            })?;
        }
        for _ in 0..n_merges {
            let Some(buddy) = self.zone.free_buddy(page) else { break };
            let order = self.zone.at(page).order;
            page = Arc::make_mut(&mut self.zone).merge(page, buddy);
            self.totals.n_merges += 1;
            self.focus = (page, order + 1);
            log.step(time, "merge", || {
                let from = if page == buddy { page + (1 << order) } else { page };
                Shot::new(say::merged(from, buddy, order), self.state(Some(at)))
            })?;
        }
        let order = self.zone.at(page).order;
        Arc::make_mut(&mut self.zone).put(page);
        self.measure();
        let done = self.note(Done::Back(order, n_merges));
        let tag = if n_merges == 0 { "free" } else { "join" };
        log.step(time, tag, || {
            let who = (n_merges == 0).then_some(name.as_str());
            let say = say::joined(who, page, order, &self.zone, self.scenario.merging);
            let shot = Shot::new(say, self.state(Some(at)));
            if n_merges == 0 { self.merges_asked(shot, name, order, 0) } else { shot }
        })?;
        Ok(done)
    }

    /// Asks how often a block of an order merges.
    fn merges_asked(&self, shot: Shot<State>, name: &str, order: u32, n: u32) -> Shot<State> {
        let most = self.zone.order_max - order;
        let options = (0..=most).map(|it| it.to_string()).collect();
        let question = format!("How often does the block of {name} merge?");
        shot.ask(&question, options, super::zone::at(n))
    }

    /// How often the block at `page`, which is in the hand, will merge.
    fn merges(&self, page: u64) -> u32 {
        let mut zone = Zone::clone(&self.zone);
        let (mut page, mut n) = (page, 0);
        while let Some(buddy) = zone.free_buddy(page) {
            page = zone.merge(page, buddy);
            n += 1;
        }
        n
    }

    fn measure(&mut self) {
        let (unit, _) = self.scenario.unit();
        let totals = &mut self.totals;
        totals.held_max = totals.held_max.max(totals.held);
        let held = totals.held * unit;
        let ppm = ((held - totals.asked) * 1_000_000).checked_div(held).unwrap_or(0);
        totals.inside_ppm_max = totals.inside_ppm_max.max(ppm);
    }
}
