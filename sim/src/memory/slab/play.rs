//! Plays a script on the caches.

use super::cache::{From, Held, PAGE_BYTES, Store, To};
use super::{Scenario, say};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use crate::memory::alloc_script::{Op, Script, What};
use std::sync::Arc;

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) store: Arc<Store>,
    /// Statement of the script; `None` before the first.
    pub(super) op: Option<usize>,
    /// Slab and object that the step is about.
    pub(super) focus: Option<(u32, u16)>,
    /// Cache that the step is about.
    pub(super) cache: Option<usize>,
    /// What became of each statement so far.
    pub(super) results: Arc<Vec<Done>>,
    pub(super) totals: Totals,
}

/// How a statement ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Got(From, u32, u16),
    /// So many pages of its own.
    Pages(u64),
    Failed,
    Back(To, u32, u16),
    /// Pages went back.
    PagesBack,
    Nothing,
}

/// Numbers of the run so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) n_allocs: u64,
    pub(super) n_failed: u64,
    pub(super) n_fast: u64,
    pub(super) n_locks: u64,
    pub(super) n_remote: u64,
    pub(super) n_made: u64,
    pub(super) n_returned: u64,
    pub(super) pages_max: u64,
    /// Bytes of what is held, and what was asked for of it.
    pub(super) held: u64,
    pub(super) asked: u64,
}

/// Where a pointer leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pointer {
    Null,
    Object(u32, u16, u64),
    Pages(u64, u64),
    Freed,
}

pub(super) struct Play<'a> {
    script: &'a Script,
    pub(super) store: Arc<Store>,
    pointers: Vec<Pointer>,
    results: Arc<Vec<Done>>,
    pub(super) totals: Totals,
}

const SOURCES: [&str; 4] =
    ["the CPU's own list", "what other CPUs gave back to its slab", "a partial slab", "a new slab"];

const TARGETS: [&str; 4] = [
    "the CPU's own list",
    "the shared list of its slab",
    "the shared list, and the slab becomes partial",
    "its slab is empty and returns its pages",
];

impl<'a> Play<'a> {
    pub(super) fn new(scenario: &Scenario, script: &'a Script) -> Self {
        let min_partial = usize::try_from(scenario.min_partial).unwrap_or_default();
        Self {
            script,
            store: Arc::new(Store::new(scenario.caches(), scenario.memory_pages, min_partial)),
            pointers: vec![Pointer::Null; script.names.len()],
            results: Arc::new(Vec::new()),
            totals: Totals::default(),
        }
    }

    pub(super) fn run(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        log.step(0, "start", || Shot::new(say::start(&self.store), self.state(None, None, None)))?;
        for at in 0..self.script.ops.len() {
            let op = self.script.ops[at];
            match op.what {
                What::Alloc(asked) => self.alloc(at, op, asked, log)?,
                What::Free => self.free(at, op, log)?,
            }
        }
        Ok(())
    }

    fn state(&self, op: Option<usize>, focus: Option<(u32, u16)>, cache: Option<usize>) -> State {
        State {
            store: Arc::clone(&self.store),
            op,
            focus,
            cache,
            results: Arc::clone(&self.results),
            totals: self.totals,
        }
    }

    fn note(&mut self, done: Done) {
        Arc::make_mut(&mut self.results).push(done);
        self.totals.pages_max = self.totals.pages_max.max(self.store.pages);
    }

    fn alloc(
        &mut self,
        at: usize,
        op: Op,
        asked: u64,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        self.totals.n_allocs += 1;
        let Some(cache) = self.store.cache_for(asked) else {
            return self.alloc_pages(at, op, asked, log);
        };
        let name = &self.script.names[op.slot];
        let held = Held::new(op.slot, asked);
        let got = Arc::make_mut(&mut self.store).alloc(op.cpu, cache, held);
        let Some((from, id, object)) = got else {
            return self.fail(at, op, Some(cache), log);
        };
        let bytes = self.store.caches[cache].object;
        self.pointers[op.slot] = Pointer::Object(id, object, asked);
        self.totals.held += bytes;
        self.totals.asked += asked;
        match from {
            From::Own => self.totals.n_fast += 1,
            From::Shared => {}
            From::Partial => self.totals.n_locks += 1,
            From::New => self.totals.n_made += 1,
        }
        self.note(Done::Got(from, id, object));
        let tag = match from {
            From::Own | From::Shared => "alloc",
            From::Partial => "partial",
            From::New => "new_slab",
        };
        log.step(at as u64 + 1, tag, || {
            let say = say::got(name, op.cpu, &self.store.caches[cache], from, id, object);
            let answer = match from {
                From::Own => 0,
                From::Shared => 1,
                From::Partial => 2,
                From::New => 3,
            };
            let state = self.state(Some(at), Some((id, object)), Some(cache));
            let question = format!("Where does the object of {name} come from?");
            Shot::new(say, state).ask(&question, SOURCES.map(str::to_owned).into(), answer)
        })
    }

    /// A request that no cache can serve takes whole pages.
    fn alloc_pages(
        &mut self,
        at: usize,
        op: Op,
        asked: u64,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let pages = asked.div_ceil(PAGE_BYTES).next_power_of_two();
        if !Arc::make_mut(&mut self.store).take_pages(pages) {
            return self.fail(at, op, None, log);
        }
        self.pointers[op.slot] = Pointer::Pages(pages, asked);
        self.totals.held += pages * PAGE_BYTES;
        self.totals.asked += asked;
        self.note(Done::Pages(pages));
        log.step(at as u64 + 1, "pages", || {
            let say = say::pages(&self.script.names[op.slot], asked, pages);
            Shot::new(say, self.state(Some(at), None, None))
        })
    }

    fn fail(
        &mut self,
        at: usize,
        op: Op,
        cache: Option<usize>,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        self.totals.n_failed += 1;
        self.pointers[op.slot] = Pointer::Null;
        self.note(Done::Failed);
        log.step(at as u64 + 1, "fail", || {
            let say = say::failed(&self.script.names[op.slot], self.store.pages);
            Shot::new(say, self.state(Some(at), None, cache))
        })
    }

    fn free(&mut self, at: usize, op: Op, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let time = at as u64 + 1;
        let name = &self.script.names[op.slot];
        let (id, object, asked) = match self.pointers[op.slot] {
            Pointer::Object(id, object, asked) => (id, object, asked),
            Pointer::Pages(pages, asked) => {
                self.pointers[op.slot] = Pointer::Freed;
                Arc::make_mut(&mut self.store).pages -= pages;
                self.totals.held -= pages * PAGE_BYTES;
                self.totals.asked -= asked;
                self.note(Done::PagesBack);
                return log.step(time, "pages", || {
                    Shot::new(say::pages_back(name, pages), self.state(Some(at), None, None))
                });
            }
            was @ (Pointer::Null | Pointer::Freed) => {
                self.note(Done::Nothing);
                let is_null = was == Pointer::Null;
                let tag = if is_null { "free_null" } else { "bad_free" };
                return log.step(time, tag, || {
                    Shot::new(say::nothing(name, is_null), self.state(Some(at), None, None))
                });
            }
        };
        self.pointers[op.slot] = Pointer::Freed;
        let cache = self.store.slab(id).map_or(0, |it| it.cache);
        let owner = self.store.slab(id).and_then(|it| it.cpu);
        let to = Arc::make_mut(&mut self.store).free(op.cpu, id, object);
        self.totals.held -= self.store.caches[cache].object;
        self.totals.asked -= asked;
        match to {
            To::Own => {}
            To::Shared => self.totals.n_remote += 1,
            To::Partial => {
                self.totals.n_remote += 1;
                self.totals.n_locks += 1;
            }
            To::Gone => {
                self.totals.n_remote += 1;
                self.totals.n_locks += 1;
                self.totals.n_returned += 1;
            }
        }
        self.note(Done::Back(to, id, object));
        let tag = match to {
            To::Own | To::Shared => "free",
            To::Partial => "partial",
            To::Gone => "gone",
        };
        log.step(time, tag, || {
            let say = say::freed(name, op.cpu, owner, to, id, object);
            let answer = match to {
                To::Own => 0,
                To::Shared => 1,
                To::Partial => 2,
                To::Gone => 3,
            };
            let state = self.state(Some(at), Some((id, object)), Some(cache));
            let question = format!("Where does the object of {name} go?");
            Shot::new(say, state).ask(&question, TARGETS.map(str::to_owned).into(), answer)
        })
    }
}
