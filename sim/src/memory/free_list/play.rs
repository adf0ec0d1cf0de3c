//! Plays a script on the heap, step by step.

use super::heap::{Coalescing, Free, Freed, Heap, Held, Rules, Search};
use super::{Scenario, say};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use crate::memory::alloc_script::{Op, Script, What};
use std::sync::Arc;

/// Most answers that a question offers.
const OPTIONS_MAX: usize = 6;

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) heap: Arc<Heap>,
    /// Statement of the script; `None` before the first.
    pub(super) op: Option<usize>,
    /// Search of this statement.
    pub(super) search: Option<Arc<Seen>>,
    /// How many looks of the search have been taken.
    pub(super) n_seen: usize,
    /// Whether the statement has been carried out.
    pub(super) is_done: bool,
    pub(super) end: End,
    pub(super) totals: Totals,
}

/// A search and the list that it went through.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) list: Vec<Free>,
    pub(super) search: Search,
    pub(super) need: u64,
}

/// How a statement ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It has not.
    Open,
    /// A block was cut at this address.
    Placed(u64),
    /// No block fits.
    Failed,
    /// A block was given back.
    Freed(Freed),
    /// Nothing was done.
    Nothing,
}

/// Numbers of the run so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) n_allocs: u64,
    pub(super) n_failed: u64,
    pub(super) n_fragmented: u64,
    pub(super) n_visits: u64,
    pub(super) n_splits: u64,
    pub(super) n_merges: u64,
    pub(super) n_free_max: u64,
    /// Bytes of the chunks that are held, and those of them that were asked for.
    pub(super) held: u64,
    pub(super) held_max: u64,
    pub(super) asked: u64,
    pub(super) lost: u64,
    pub(super) free: u64,
    pub(super) largest: u64,
    /// Greatest external fragmentation, in millionths.
    pub(super) outside_ppm_max: u64,
}

/// Where a pointer of the script leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pointer {
    Null,
    Held(u64),
    Freed,
}

pub(super) struct Play<'a> {
    rules: Rules,
    script: &'a Script,
    show_search: bool,
    pub(super) heap: Arc<Heap>,
    pointers: Vec<Pointer>,
    pub(super) totals: Totals,
}

impl<'a> Play<'a> {
    pub(super) fn new(scenario: &Scenario, script: &'a Script) -> Self {
        Self {
            rules: scenario.rules(),
            script,
            show_search: scenario.show_search,
            heap: Arc::new(Heap::new(scenario.base_address, scenario.heap_bytes)),
            pointers: vec![Pointer::Null; script.names.len()],
            totals: Totals {
                n_free_max: 1,
                free: scenario.heap_bytes,
                largest: scenario.heap_bytes,
                ..Totals::default()
            },
        }
    }

    pub(super) fn run(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        log.step(0, "start", || {
            let say = say::start(self.heap.largest());
            Shot::new(say, self.state(None, None, 0, End::Open))
        })?;
        for at in 0..self.script.ops.len() {
            let op = self.script.ops[at];
            match op.what {
                What::Alloc(asked) => self.alloc(at, op, asked, log)?,
                What::Free => self.free(at, op, log)?,
            }
        }
        Ok(())
    }

    fn state(
        &self,
        op: Option<usize>,
        search: Option<&Arc<Seen>>,
        n_seen: usize,
        end: End,
    ) -> State {
        State {
            heap: Arc::clone(&self.heap),
            op,
            search: search.map(Arc::clone),
            n_seen,
            is_done: end != End::Open,
            end,
            totals: self.totals,
        }
    }

    fn alloc(
        &mut self,
        at: usize,
        op: Op,
        asked: u64,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let (time, rules) = (at as u64 + 1, self.rules);
        let name = &self.script.names[op.slot];
        if let Pointer::Held(start) = self.pointers[op.slot] {
            self.lose(start);
            log.step(time, "leak", || {
                Shot::new(say::leak(name, start), self.state(Some(at), None, 0, End::Open))
            })?;
        }
        let need = rules.padded(asked) + rules.header;
        let search = self.heap.search(&rules, need);
        self.totals.n_allocs += 1;
        self.totals.n_visits += search.visited.len() as u64;
        let seen = Arc::new(Seen { list: self.heap.list.clone(), search, need });
        let asks = question(&seen);
        if self.show_search {
            for n in 0..seen.search.visited.len() {
                log.step(time, "look", || {
                    let say = say::look(name, rules.policy, &seen, n);
                    let shot = Shot::new(say, self.state(Some(at), Some(&seen), n + 1, End::Open));
                    if n == 0 { asked_first(shot, &asks) } else { shot }
                })?;
            }
        }
        let end = self.place(op.slot, asked, &seen);
        let tag = if end == End::Failed { "fail" } else { "alloc" };
        log.step(time, tag, || {
            let say = match end {
                End::Placed(_) => say::placed(name, asked, &rules, &seen),
                End::Open | End::Failed | End::Freed(_) | End::Nothing => {
                    say::failed(name, need, &self.heap)
                }
            };
            let n_seen = seen.search.visited.len();
            let shot = Shot::new(say, self.state(Some(at), Some(&seen), n_seen, end));
            if self.show_search && 0 < n_seen { shot } else { asked_first(shot, &asks) }
        })
    }

    fn place(&mut self, slot: usize, asked: u64, seen: &Seen) -> End {
        let rules = self.rules;
        let Some(chosen) = seen.search.chosen else {
            self.totals.n_failed += 1;
            if seen.need <= self.heap.free_bytes() {
                self.totals.n_fragmented += 1;
            }
            self.pointers[slot] = Pointer::Null;
            return End::Failed;
        };
        if seen.need < seen.list[chosen].len {
            self.totals.n_splits += 1;
        }
        let held = Held { slot, asked, lost: false };
        let start = Arc::make_mut(&mut self.heap).take(&rules, chosen, seen.need, held);
        self.pointers[slot] = Pointer::Held(start);
        self.totals.held += seen.need;
        self.totals.asked += asked;
        self.measure();
        End::Placed(start)
    }

    fn lose(&mut self, start: u64) {
        let heap = Arc::make_mut(&mut self.heap);
        heap.lose(start);
        let lost = heap.chunks.iter().find(|it| it.start == start).map_or(0, |it| it.len);
        self.totals.lost += lost;
    }

    fn free(&mut self, at: usize, op: Op, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let (time, rules) = (at as u64 + 1, self.rules);
        let name = &self.script.names[op.slot];
        let start = match self.pointers[op.slot] {
            Pointer::Held(start) => start,
            Pointer::Null => {
                return log.step(time, "free_null", || {
                    Shot::new(say::null(name), self.state(Some(at), None, 0, End::Nothing))
                });
            }
            Pointer::Freed => {
                return log.step(time, "bad_free", || {
                    Shot::new(say::twice(name), self.state(Some(at), None, 0, End::Nothing))
                });
            }
        };
        let chunk = self.heap.chunks.iter().find(|it| it.start == start).copied();
        let asked = chunk.and_then(|it| it.held).map_or(0, |it| it.asked);
        let n_before = self.heap.list.len();
        let freed = Arc::make_mut(&mut self.heap).free(&rules, start);
        self.pointers[op.slot] = Pointer::Freed;
        self.totals.held -= freed.len;
        self.totals.asked -= asked;
        self.totals.n_merges += (n_before + 1 - self.heap.list.len()) as u64;
        self.measure();
        let tag = if freed.below || freed.above { "merge" } else { "free" };
        log.step(time, tag, || {
            let say = say::freed(name, start, &rules, &freed);
            let shot = Shot::new(say, self.state(Some(at), None, 0, End::Freed(freed)));
            if rules.coalescing == Coalescing::Off {
                return shot;
            }
            let options = ["none", "the one below", "the one above", "both"];
            let answer = usize::from(freed.below) + 2 * usize::from(freed.above);
            let question = format!("Which free neighbours does the block of {name} merge with?");
            shot.ask(&question, options.map(str::to_owned).into(), answer)
        })
    }

    fn measure(&mut self) {
        let (free, largest) = (self.heap.free_bytes(), self.heap.largest());
        let totals = &mut self.totals;
        totals.held_max = totals.held_max.max(totals.held);
        (totals.free, totals.largest) = (free, largest);
        totals.n_free_max = totals.n_free_max.max(self.heap.list.len() as u64);
        let ppm = ((free - largest) * 1_000_000).checked_div(free).unwrap_or(0);
        totals.outside_ppm_max = totals.outside_ppm_max.max(ppm);
    }
}

/// Blocks that may serve a request, and which does; empty if there are too many to ask.
fn question(seen: &Seen) -> (Vec<String>, usize) {
    let all = seen.list.len();
    let shown: Vec<usize> =
        (0..all).filter(|&at| all <= OPTIONS_MAX || seen.need <= seen.list[at].len).collect();
    if all < 2 || OPTIONS_MAX < shown.len() {
        return (Vec::new(), 0);
    }
    let option = |&at: &usize| {
        let Free { start, len, .. } = seen.list[at];
        format!("the {len} bytes at {start}")
    };
    let mut options: Vec<String> = shown.iter().map(option).collect();
    options.push("none: the request fails".to_owned());
    let answer = shown.iter().position(|&at| Some(at) == seen.search.chosen);
    (options, answer.unwrap_or(shown.len()))
}

fn asked_first(shot: Shot<State>, (options, answer): &(Vec<String>, usize)) -> Shot<State> {
    shot.ask("Which free block serves the request?", options.clone(), *answer)
}
