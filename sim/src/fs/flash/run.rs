//! Reads, writes and trims of the host, and the collection between them.

use super::collect::{Rating, next_open, ranked, to_level};
use super::ftl::{Ftl, Place};
use super::script::Op;
use super::{Scenario, Wear, Workload, say};
use crate::amounts::share;
use crate::engine::{Better, Log, Shot};
use crate::error::ScenarioError;

/// Options that are still a choice for a reader.
const OPTIONS_MAX: usize = 8;

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) ftl: Ftl,
    pub(super) tally: Tally,
    /// Pages that this step has programmed.
    pub(super) fresh: Vec<Place>,
    /// The page that this step has read.
    pub(super) read: Option<Place>,
    /// The block that is collected.
    pub(super) chosen: Option<usize>,
}

/// Pages and blocks so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) n_host: u32,
    pub(super) n_copied: u32,
    pub(super) n_levelled: u32,
    pub(super) n_erased: u32,
    pub(super) n_trimmed: u32,
}

impl Tally {
    pub(super) fn programmed(&self) -> u32 {
        self.n_host + self.n_copied + self.n_levelled
    }

    /// All pages programmed over those of the host.
    pub(super) fn amplification(&self) -> f64 {
        share(self.programmed().into(), self.n_host.into())
    }
}

type Done = Result<(), ScenarioError>;

struct Sim<'a> {
    scenario: &'a Scenario,
    state: State,
    /// Pages written since the last step, where single writes are no steps.
    n_since: usize,
}

pub(super) fn run(scenario: &Scenario, ops: &[Op], log: &mut Log<State>) -> Done {
    let ftl = Ftl::new(scenario.blocks, scenario.pages, scenario.logical);
    let state = State { ftl, tally: Tally::default(), fresh: Vec::new(), read: None, chosen: None };
    let mut sim = Sim { scenario, state, n_since: 0 };
    let spare = scenario.blocks * scenario.pages - scenario.logical;
    sim.step(log, "start", || say::start(scenario.blocks, scenario.pages, spare))?;
    for op in ops {
        match *op {
            Op::Write(page) => sim.write(page, log)?,
            Op::Read(page) => sim.read(page, log)?,
            Op::Trim(page) => sim.trim(page, log)?,
        }
    }
    if sim.n_since != 0 {
        sim.so_far(log)?;
    }
    metrics(&sim.state, scenario, log);
    Ok(())
}

impl Sim<'_> {
    fn step(
        &mut self,
        log: &mut Log<State>,
        tag: &'static str,
        say: impl FnOnce() -> String,
    ) -> Done {
        self.asked(log, tag, say, ("", Vec::new(), 0))
    }

    /// A step with a question; none without options.
    fn asked(
        &mut self,
        log: &mut Log<State>,
        tag: &'static str,
        say: impl FnOnce() -> String,
        (question, options, answer): (&str, Vec<String>, usize),
    ) -> Done {
        log.step(self.state.tally.n_host.into(), tag, || {
            Shot::new(say(), self.state.clone()).ask(question, options, answer)
        })?;
        self.state.fresh.clear();
        self.state.read = None;
        Ok(())
    }

    fn so_far(&mut self, log: &mut Log<State>) -> Done {
        let (n, open) = (std::mem::take(&mut self.n_since), self.state.ftl.open);
        self.step(log, "write", || say::filled(n, open))
    }

    fn write(&mut self, logical: u16, log: &mut Log<State>) -> Done {
        if self.state.ftl.room() == 0 {
            self.make_room(log)?;
        }
        self.state.tally.n_host += 1;
        let now = self.state.tally.n_host;
        let old = self.state.ftl.map[usize::from(logical)];
        let Some(place) = self.state.ftl.program(logical, now, now) else { return Ok(()) };
        self.state.fresh.push(place);
        if self.scenario.workload == Workload::Typed {
            return self.step(log, "write", || say::write(logical, place, old));
        }
        self.n_since += 1;
        if self.state.ftl.room() == 0 { self.so_far(log) } else { Ok(()) }
    }

    fn read(&mut self, logical: u16, log: &mut Log<State>) -> Done {
        let place = self.state.ftl.map[usize::from(logical)];
        let version = self.state.ftl.read(logical);
        self.state.read = place;
        self.step(log, "read", || say::read(logical, place.zip(version)))
    }

    fn trim(&mut self, logical: u16, log: &mut Log<State>) -> Done {
        let now = self.state.tally.n_host;
        let old = self.state.ftl.forget(logical, now);
        self.state.tally.n_trimmed += u32::from(old.is_some());
        match self.scenario.workload {
            Workload::Typed => self.step(log, "trim", || say::trim(logical, old)),
            Workload::Uniform | Workload::HotCold => Ok(()),
        }
    }

    /// The open block is full, or there is none: opens a free one, or collects a full one into it.
    fn make_room(&mut self, log: &mut Log<State>) -> Done {
        let free = self.state.ftl.free();
        if self.scenario.reserve < free.len() {
            let next = next_open(&self.state.ftl, self.scenario.wear, false);
            self.state.ftl.open = next;
            let (worn, wear) = (self.worn(next), self.scenario.wear);
            return self.step(log, "open", || say::open(next, worn, wear));
        }
        if self.scenario.wear == Wear::Static
            && let Some(block) = to_level(&self.state.ftl, self.scenario.gap)
        {
            let (worn, most) = (self.worn(Some(block)), self.state.ftl.wear().1);
            self.state.chosen = Some(block);
            self.step(log, "level", || say::level(block, worn, most))?;
            self.collect(block, true, log)?;
            if self.state.ftl.room() != 0 {
                return Ok(());
            }
        }
        let (policy, size) = (self.scenario.policy, self.scenario.pages);
        let ranked = ranked(&self.state.ftl, policy, self.state.tally.n_host);
        // There is one with a stale page, because the host sees fewer pages than full blocks have.
        let Some(best) = ranked.first().copied() else { return Ok(()) };
        self.state.chosen = Some(best.block);
        let n_free = free.len();
        let (options, answer) = options(&ranked);
        self.asked(
            log,
            "pick",
            || say::pick(&best, policy, size, n_free),
            ("Which block is collected?", options, answer),
        )?;
        self.collect(best.block, false, log)
    }

    fn worn(&self, block: Option<usize>) -> u32 {
        block.map_or(0, |it| self.state.ftl.blocks[it].n_erases)
    }

    /// Copies what is valid in a block to a free one, and erases it.
    fn collect(&mut self, block: usize, is_cold: bool, log: &mut Log<State>) -> Done {
        let now = self.state.tally.n_host;
        let valid = self.state.ftl.valid(block);
        let target = next_open(&self.state.ftl, self.scenario.wear, is_cold);
        self.state.ftl.open = target;
        for (logical, version) in &valid {
            let place = self.state.ftl.program(*logical, *version, now);
            self.state.fresh.extend(place);
        }
        let n = valid.len();
        let copied = u32::try_from(n).unwrap_or_default();
        let tally = &mut self.state.tally;
        *(if is_cold { &mut tally.n_levelled } else { &mut tally.n_copied }) += copied;
        if n != 0 {
            self.step(log, "copy", || say::copy(block, target, n))?;
        }
        self.state.ftl.erase(block);
        self.state.tally.n_erased += 1;
        let (worn, rest) = (self.worn(Some(block)), self.state.ftl.room());
        self.step(log, "erase", || say::erase(block, worn, target, rest))?;
        self.state.chosen = None;
        Ok(())
    }
}

/// Blocks to choose from, by number, and the right one.
fn options(ranked: &[Rating]) -> (Vec<String>, usize) {
    if OPTIONS_MAX < ranked.len() {
        return (Vec::new(), 0);
    }
    let Some(best) = ranked.first() else { return (Vec::new(), 0) };
    let mut all: Vec<usize> = ranked.iter().map(|it| it.block).collect();
    crate::order::by_key(&mut all, |it| *it);
    let right = all.iter().position(|it| *it == best.block).unwrap_or_default();
    (all.iter().map(|it| format!("block {it}")).collect(), right)
}

fn metrics(state: &State, scenario: &Scenario, log: &mut Log<State>) {
    let State { ftl, tally, .. } = state;
    let (lower, neither) = (Better::Lower, Better::Neither);
    log.metric("write_amplification", "Write amplification", tally.amplification(), "", lower);
    let logical = scenario.logical as u64;
    let spare = (scenario.blocks * scenario.pages) as u64 - logical;
    log.metric(
        "spare_share",
        "Spare room over what the host sees",
        share(spare, logical),
        "",
        neither,
    );
    let (least, most) = ftl.wear();
    let mut put = |key: &str, label: &str, n: u32, unit, better| {
        log.metric(key, label, f64::from(n), unit, better);
    };
    put("n_host", "Written by the host", tally.n_host, "pages", neither);
    put("n_copied", "Copied by the collector", tally.n_copied, "pages", lower);
    put("n_levelled", "Copied to level the wear", tally.n_levelled, "pages", lower);
    put("n_erased", "Erasures", tally.n_erased, "blocks", lower);
    put("n_trimmed", "Trimmed", tally.n_trimmed, "pages", neither);
    put("erases_most", "Erasures of the most worn block", most, "erasures", lower);
    put("erases_least", "Erasures of the least worn block", least, "erasures", neither);
    put("erases_gap", "Between the most and the least worn", most - least, "erasures", lower);
}
