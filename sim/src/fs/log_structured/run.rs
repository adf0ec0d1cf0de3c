//! Runs a script on the log.
//!
//! A statement costs O(blocks of the disk) at most, and so does a pass of the cleaner.

use super::cleaner::{Rating, picked, ranked};
use super::disk::{Address, Disk, What};
use super::say;
use super::script::{Op, Script};
use super::{Scenario, Workload};
use crate::amounts::share;
use crate::engine::{Better, Log, Shot};
use crate::error::ScenarioError;

/// Most segments among which a learner is asked to choose.
const OPTIONS_MAX: usize = 8;

/// A step's snapshot.
#[derive(Debug)]
pub(crate) struct State {
    pub(super) disk: Disk,
    /// Blocks that this step writes.
    pub(super) written: Vec<Address>,
    /// Blocks that it reads.
    pub(super) read: Vec<Address>,
    /// Segments that the cleaner has chosen.
    pub(super) chosen: Vec<usize>,
    pub(super) tally: Tally,
    /// Where the map was at the last checkpoint.
    pub(super) checkpoint: Option<Address>,
}

/// Counts of a run, in blocks unless they say what.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) n_new: u32,
    pub(super) n_read: u32,
    pub(super) n_copied: u32,
    pub(super) n_cleaned: u32,
    /// Blocks of all segments that were cleaned and not empty, live ones first.
    pub(super) n_live_cleaned: u32,
    pub(super) n_passes: u32,
    pub(super) is_full: bool,
}

pub(super) struct Sim<'a> {
    scenario: &'a Scenario,
    pub(super) script: &'a Script,
    pub(super) disk: Disk,
    written: Vec<Address>,
    read: Vec<Address>,
    chosen: Vec<usize>,
    tally: Tally,
    checkpoint: Option<Address>,
    /// Blocks appended since the last checkpoint.
    since: Vec<What>,
    time: u64,
}

type Done = Result<(), ScenarioError>;

/// Runs a script.
pub(super) fn run(scenario: &Scenario, script: &Script, log: &mut Log<State>) -> Done {
    let mut sim = Sim {
        scenario,
        script,
        disk: Disk::new(scenario.segments, scenario.segment_blocks),
        written: Vec::new(),
        read: Vec::new(),
        chosen: Vec::new(),
        tally: Tally::default(),
        checkpoint: None,
        since: Vec::new(),
        time: 0,
    };
    let say = say::start(scenario.segments, scenario.segment_blocks);
    sim.step(log, "start", |_| Said::plain(say))?;
    for &op in &script.statements {
        sim.time += 1;
        match op {
            Op::Write(file, first, last) => sim.write(file, first, last, log)?,
            Op::Delete(file, first, last) => sim.delete(file, first, last, log)?,
            Op::Read(file, block) => sim.look_up(file, block, log)?,
            Op::Clean(n) => {
                sim.clean(n, log)?;
            }
            Op::Checkpoint => sim.set_checkpoint(log)?,
            Op::Crash => sim.crash(log)?,
        }
        if sim.tally.is_full {
            sim.step(log, "full", |sim| Said::plain(say::full(sim.disk.n_live_all())))?;
            break;
        }
    }
    if !sim.written.is_empty() {
        sim.filled(log)?;
    }
    metrics(&sim, log);
    Ok(())
}

/// What a step says and asks.
struct Said {
    say: String,
    ask: Option<(Vec<String>, usize)>,
}

impl Said {
    fn plain(say: String) -> Self {
        Self { say, ask: None }
    }
}

impl Sim<'_> {
    fn step(
        &mut self,
        log: &mut Log<State>,
        tag: &'static str,
        said: impl FnOnce(&Self) -> Said,
    ) -> Done {
        log.step(self.time, tag, || {
            let Said { say, ask } = said(self);
            let state = State {
                disk: self.disk.clone(),
                written: self.written.clone(),
                read: self.read.clone(),
                chosen: self.chosen.clone(),
                tally: self.tally,
                checkpoint: self.checkpoint,
            };
            let (options, answer) = ask.unwrap_or_default();
            Shot::new(say, state).ask("Which segment is cleaned first?", options, answer)
        })?;
        self.written.clear();
        self.read.clear();
        self.chosen.clear();
        Ok(())
    }

    /// Appends new blocks; the cleaner makes room before that where it must. Answers whether all of
    /// them were written.
    fn append(&mut self, all: &[What], log: &mut Log<State>) -> Result<bool, ScenarioError> {
        for &what in all {
            if self.disk.rest_of_head() == 0 {
                while self.disk.n_free() <= self.scenario.reserve {
                    if !self.flush(log)? || !self.clean(self.scenario.at_once, log)? {
                        break;
                    }
                }
            }
            self.tally.n_new += 1;
            let Some(address) = self.disk.append(what, self.tally.n_new) else {
                self.tally.n_new -= 1;
                self.tally.is_full = true;
                return Ok(false);
            };
            self.written.push(address);
            self.since.push(what);
        }
        Ok(true)
    }

    /// Shows what a statement has written so far, before the cleaner comes.
    fn flush(&mut self, log: &mut Log<State>) -> Result<bool, ScenarioError> {
        if !self.written.is_empty() {
            let n = self.written.len();
            self.step(log, "write", |_| Said::plain(say::so_far(n)))?;
        }
        Ok(!self.disk.full().is_empty())
    }

    fn write(&mut self, file: u16, first: u16, last: u16, log: &mut Log<State>) -> Done {
        let data: Vec<What> = (first..=last).map(|it| What::Data(file, it)).collect();
        let n_dead = data.iter().filter(|it| self.disk.places.contains_key(it)).count();
        let mut all = data;
        if self.scenario.metadata {
            all.extend([What::Inode(file), What::Map]);
        }
        if !self.append(&all, log)? {
            return Ok(());
        }
        if self.scenario.workload != Workload::Typed {
            // One step for each segment: the single block does not matter.
            return if self.disk.rest_of_head() == 0 { self.filled(log) } else { Ok(()) };
        }
        let metadata = self.scenario.metadata;
        self.step(log, "write", |sim| {
            let name = &sim.script.files[usize::from(file)];
            Said::plain(say::write(name, first, last, n_dead, metadata))
        })
    }

    /// What a drawn workload has written since the last step.
    fn filled(&mut self, log: &mut Log<State>) -> Done {
        let n = self.written.len();
        self.step(log, "write", |sim| Said::plain(say::filled(n, sim.disk.n_free())))
    }

    fn delete(&mut self, file: u16, first: u16, last: u16, log: &mut Log<State>) -> Done {
        for block in first..=last {
            self.disk.forget(What::Data(file, block));
        }
        if self.scenario.metadata && !self.append(&[What::Inode(file), What::Map], log)? {
            return Ok(());
        }
        let metadata = self.scenario.metadata;
        self.step(log, "delete", |sim| {
            let name = &sim.script.files[usize::from(file)];
            Said::plain(say::delete(name, first, last, metadata))
        })
    }

    /// The way to a block: checkpoint, map, inode, data.
    fn look_up(&mut self, file: u16, block: u16, log: &mut Log<State>) -> Done {
        let place = |what: What| self.disk.places.get(&what).copied();
        let data = place(What::Data(file, block));
        let way = [place(What::Map), place(What::Inode(file)), data];
        let way: Vec<Address> = way.into_iter().flatten().collect();
        let size = self.disk.segment_blocks;
        let n = way.len();
        self.read = way;
        self.step(log, "read", |sim| {
            let name = &sim.script.files[usize::from(file)];
            Said::plain(match data {
                None => say::hole(name, block),
                Some(_) if n < 3 => say::read_plain(name, block),
                Some(_) => say::read(name, block, &sim.read, size),
            })
        })
    }

    fn set_checkpoint(&mut self, log: &mut Log<State>) -> Done {
        self.mark();
        self.step(log, "checkpoint", |sim| Said::plain(say::checkpoint(sim.checkpoint.is_some())))
    }

    fn mark(&mut self) {
        self.checkpoint = self.disk.places.get(&What::Map).copied();
        self.since.clear();
    }

    /// Memory is lost; the checkpoint and what was appended since bring all of it back.
    fn crash(&mut self, log: &mut Log<State>) -> Done {
        self.read = self.checkpoint.into_iter().collect();
        self.step(log, "crash", |sim| Said::plain(say::crash(sim.checkpoint.is_some())))?;
        let mut files: Vec<String> = Vec::new();
        for what in &self.since {
            if let What::Inode(file) = what {
                let name = &self.script.files[usize::from(*file)];
                if !files.contains(name) {
                    files.push(name.clone());
                }
            }
        }
        let newer = self.since.iter().filter_map(|it| self.disk.places.get(it).copied());
        self.read = newer.collect();
        let n = self.since.len();
        self.step(log, "roll", |_| Said::plain(say::roll(n, &files)))
    }

    /// One pass over some segments. Answers whether it has gained room.
    fn clean(&mut self, n: usize, log: &mut Log<State>) -> Result<bool, ScenarioError> {
        let ranked = ranked(&self.disk, self.scenario.policy, self.tally.n_new);
        let picked = picked(&ranked, n, self.disk.room());
        let (size, before) = (self.disk.segment_blocks, self.disk.room());
        if picked.is_empty() {
            self.step(log, "clean", |_| Said::plain(say::nothing()))?;
            return Ok(false);
        }
        let n_live: usize = picked.iter().map(|it| it.n_live).sum();
        if n_live == picked.len() * size {
            self.step(log, "clean", |_| Said::plain(say::no_gain()))?;
            return Ok(false);
        }
        self.chosen = picked.iter().map(|it| it.segment).collect();
        let live = self.gather(&picked);
        let policy = self.scenario.policy;
        self.step(log, "pick", |_| Said {
            say: say::pick(&picked, policy, size),
            ask: Some(options(&ranked)),
        })?;
        self.chosen = picked.iter().map(|it| it.segment).collect();
        for &(what, changed) in &live {
            // There is room: the segments were picked for it.
            self.written.extend(self.disk.append(what, changed));
        }
        for rating in &picked {
            self.disk.free(rating.segment);
        }
        self.mark();
        self.tally.n_copied += say::small(n_live);
        self.tally.n_cleaned += say::small(picked.len());
        self.tally.n_passes += 1;
        let gained = self.disk.room().saturating_sub(before);
        let sorts = self.scenario.sort_by_age && 1 < picked.len();
        self.step(log, "clean", |_| Said::plain(say::clean(&picked, n_live, gained, sorts)))?;
        Ok(0 < gained)
    }

    /// Reads segments; gives what is live in them, in the order in which it is copied.
    fn gather(&mut self, picked: &[Rating]) -> Vec<(What, u32)> {
        let size = self.disk.segment_blocks;
        let mut live = Vec::new();
        for rating in picked.iter().filter(|it| it.n_live != 0) {
            self.tally.n_read += say::small(size);
            self.tally.n_live_cleaned += say::small(rating.n_live);
            for (at, block) in self.disk.segment(rating.segment).iter().enumerate() {
                if let Some(block) = block.filter(|it| it.is_live) {
                    live.push((block.what, block.changed));
                    self.read.push(rating.segment * size + at);
                }
            }
        }
        if self.scenario.sort_by_age {
            crate::order::by_key(&mut live, |it| it.1);
        }
        live
    }
}

/// Segments to choose from, by number, and the right one.
fn options(ranked: &[Rating]) -> (Vec<String>, usize) {
    if OPTIONS_MAX < ranked.len() {
        return (Vec::new(), 0);
    }
    let Some(best) = ranked.first() else { return (Vec::new(), 0) };
    let mut all: Vec<&Rating> = ranked.iter().collect();
    crate::order::by_key(&mut all, |it| it.segment);
    let right = all.iter().position(|it| it.segment == best.segment).unwrap_or_default();
    (all.iter().map(|it| format!("segment {}", it.segment)).collect(), right)
}

impl Tally {
    /// All blocks moved over the new ones.
    pub(super) fn write_cost(&self) -> f64 {
        share((self.n_new + self.n_read + self.n_copied).into(), self.n_new.into())
    }

    /// Live share of the segments that were cleaned; empty ones count.
    pub(super) fn cleaned_share(&self, size: usize) -> f64 {
        share(self.n_live_cleaned.into(), u64::from(self.n_cleaned) * size as u64)
    }
}

fn metrics(sim: &Sim<'_>, log: &mut Log<State>) {
    let Sim { disk, tally, .. } = sim;
    let (lower, neither) = (Better::Lower, Better::Neither);
    let size = disk.segment_blocks;
    log.metric("write_cost", "Write cost", tally.write_cost(), "", lower);
    let gained = u64::from(tally.n_cleaned) * size as u64 - u64::from(tally.n_copied);
    let moved = gained + u64::from(tally.n_read) + u64::from(tally.n_copied);
    log.metric("room_cost", "Blocks moved for each block of room", share(moved, gained), "", lower);
    let live = share(disk.n_live_all() as u64, disk.blocks.len() as u64);
    let cleaned = tally.cleaned_share(size);
    log.metric("cleaned_share", "Live share of what was cleaned", cleaned, "", lower);
    log.metric("live_share", "Live share of the disk", live, "", neither);
    let mut put = |key: &str, label: &str, n: u32, unit| {
        log.metric(key, label, f64::from(n), unit, neither);
    };
    put("n_new", "New blocks", tally.n_new, "blocks");
    put("n_read", "Blocks read by the cleaner", tally.n_read, "blocks");
    put("n_copied", "Blocks copied by the cleaner", tally.n_copied, "blocks");
    put("n_cleaned", "Segments cleaned", tally.n_cleaned, "segments");
    put("n_passes", "Passes of the cleaner", tally.n_passes, "passes");
    put("n_live", "Live blocks", say::small(disk.n_live_all()), "blocks");
    put("n_free", "Free segments", say::small(disk.n_free()), "segments");
    put("is_full", "The disk was full", u32::from(tally.is_full), "");
}
