//! Writes, and the moment when blocks are chosen for them.

use super::disk::{Extent, Free, Is, Map, Why, longest};
use super::script::{Does, Script};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use crate::fs::guess;
use crate::words::{grouped, grouped_count as count};
use std::collections::VecDeque;

/// One file.
#[derive(Debug, Clone, Default)]
pub(super) struct File {
    pub(super) map: Map,
    /// Stretches that are in memory and have no block yet, or no content on the disk: first block
    /// and length, in the order of writing.
    pub(super) waiting: Vec<(u64, u64)>,
    /// Blocks up to the end of the file.
    pub(super) size: u64,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) free: Free,
    pub(super) files: Vec<File>,
    pub(super) line: Option<usize>,
    pub(super) results: Vec<String>,
    /// The file that the step is about, and the stretch of the disk.
    pub(super) now: Option<(usize, u64, u64)>,
    /// Blocks that files waited for and never got.
    pub(super) n_spared: u64,
    pub(super) n_choices: u64,
}

pub(super) struct Runner<'a> {
    pub(super) script: &'a Script,
    pub(super) state: State,
    pub(super) delayed: bool,
    pub(super) max: u64,
    time: u64,
}

impl<'a> Runner<'a> {
    pub(super) fn new(script: &'a Script, n_blocks: u64, delayed: bool, max: u64) -> Self {
        let state = State {
            free: Free::new(n_blocks),
            files: vec![File::default(); script.names.len()],
            line: None,
            results: Vec::new(),
            now: None,
            n_spared: 0,
            n_choices: 0,
        };
        Self { script, state, delayed, max, time: 0 }
    }

    fn name(&self, file: usize) -> &str {
        &self.script.names[file]
    }

    fn tell(
        &mut self,
        log: &mut Log<State>,
        tag: &'static str,
        say: impl FnOnce(&Self) -> String,
        asked: Option<usize>,
    ) -> Result<(), ScenarioError> {
        self.time += 1;
        log.step(self.time, tag, || {
            let shot = Shot::new(say(self), self.state.clone());
            let Some(file) = asked else { return shot };
            let n = self.state.files[file].map.extents.len() as u64;
            let (options, answer) = guess::numbers(n, &[n.saturating_sub(1), n + 1, n + 3]);
            shot.ask(&format!("How many extents has {} now?", self.name(file)), options, answer)
        })
    }

    pub(super) fn run(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        log.step(0, "start", || {
            let when = match self.delayed {
                true => "when the data is written back, and not at the write",
                false => "at each write, at once",
            };
            let n = count(self.state.free.n_blocks(), "blocks");
            let say = format!("The disk has {n}, all of them free; blocks are chosen {when}.");
            Shot::new(say, self.state.clone())
        })?;
        for (at, (does, _)) in self.script.ops.iter().enumerate() {
            self.state.line = Some(at);
            self.state.now = None;
            let result = match does {
                Does::Append { files, n, by } => self.append(files, *n, *by, log)?,
                Does::Write { file, n, at } => self.write(*file, *at, *n, log)?,
                Does::Allocate { file, n } => self.allocate(*file, *n, log)?,
                Does::Sync(file) => self.sync(*file, log)?,
                Does::Delete(file) => self.delete(*file, log)?,
            };
            self.state.results.push(result.to_owned());
        }
        Ok(())
    }

    /// Files in turn; what is left of each in a queue.
    fn append(
        &mut self,
        files: &[usize],
        n: u64,
        by: u64,
        log: &mut Log<State>,
    ) -> Result<&'static str, ScenarioError> {
        let mut turns: VecDeque<(usize, u64)> = files.iter().map(|it| (*it, n)).collect();
        while let Some((file, left)) = turns.pop_front() {
            let n = by.min(left);
            let at = self.state.files[file].size;
            if self.write(file, at, n, log)? != "ok" {
                return Ok("ENOSPC");
            }
            if n < left {
                turns.push_back((file, left - n));
            }
        }
        Ok("ok")
    }

    /// Blocks that are promised to what waits in memory.
    fn n_promised(&self) -> u64 {
        let of =
            |it: &File| -> u64 { it.waiting.iter().map(|(at, n)| it.map.n_missing(*at, *n)).sum() };
        self.state.files.iter().map(of).sum()
    }

    fn write(
        &mut self,
        file: usize,
        at: u64,
        n: u64,
        log: &mut Log<State>,
    ) -> Result<&'static str, ScenarioError> {
        let unasked = self.unasked(file, at, n);
        let map = &self.state.files[file].map;
        let missing = unasked.iter().map(|it| map.n_missing(it.0, it.1 - it.0)).sum();
        if self.state.free.n_blocks() < missing + self.n_promised() {
            return self.no_space(file, missing, log);
        }
        let own = &mut self.state.files[file];
        let size = own.size;
        own.size = size.max(at + n);
        if !self.delayed {
            let told = self.put(file, at, n);
            let hole = if size < at {
                format!(
                    " Blocks {} to {} of the file are a hole and take none.",
                    grouped(size),
                    grouped(at - 1)
                )
            } else {
                String::new()
            };
            let say = |it: &Self| {
                format!("The write of {} to {} {told}.{hole}", count(n, "blocks"), it.name(file))
            };
            self.tell(log, "write", say, Some(file))?;
            return Ok("ok");
        }
        for (from, to) in unasked {
            match own.waiting.last_mut() {
                Some(last) if last.0 + last.1 == from => last.1 += to - from,
                Some(_) | None => own.waiting.push((from, to - from)),
            }
        }
        self.state.now = None;
        let promised = self.n_promised();
        let say = |it: &Self| {
            format!(
                "The write of {} to {} stays in memory, and no block is chosen yet; {} of the free \
                 blocks {} promised.",
                count(n, "blocks"),
                it.name(file),
                grouped(promised),
                crate::amounts::are(promised),
            )
        };
        self.tell(log, "wait", say, None)?;
        Ok("ok")
    }

    /// The parts of a stretch that do not wait yet: first block and the one behind the last.
    fn unasked(&self, file: usize, at: u64, n: u64) -> Vec<(u64, u64)> {
        let mut pieces = vec![(at, at + n)];
        for &(from, len) in &self.state.files[file].waiting {
            let cut = |&(a, b): &(u64, u64)| {
                let (low, high) = (from.clamp(a, b), (from + len).clamp(a, b));
                [(a, low), (high, b)].into_iter().filter(|it| it.0 < it.1)
            };
            pieces = pieces.iter().flat_map(cut).collect();
        }
        pieces
    }

    fn no_space(
        &mut self,
        file: usize,
        n: u64,
        log: &mut Log<State>,
    ) -> Result<&'static str, ScenarioError> {
        let free = self.state.free.n_blocks() - self.n_promised();
        let say = |it: &Self| {
            format!(
                "The call on {} fails with ENOSPC, because it needs {} and only {} left.",
                it.name(file),
                count(n, "blocks"),
                match free {
                    1 => "1 block is".to_owned(),
                    n => format!("{} are", count(n, "blocks")),
                }
            )
        };
        self.tell(log, "full", say, None)?;
        Ok("ENOSPC")
    }

    /// Gives a stretch of a file blocks and content; what was done, as the end of a sentence.
    fn put(&mut self, file: usize, at: u64, n: u64) -> String {
        let (mut place, end, mut told) = (at, at + n, Vec::new());
        while place < end {
            let (is, len) = self.state.files[file].map.at(place, end - place);
            match is {
                Is::Written => told.push("goes over blocks that the file has".to_owned()),
                Is::Unwritten => {
                    let map = &mut self.state.files[file].map;
                    let before = map.extents.len();
                    map.write(place, len, self.max);
                    let n_more = map.extents.len().saturating_sub(before);
                    let then = match n_more {
                        0 => "and the written extent beside them grows".to_owned(),
                        n => format!("which cuts the extent in {}", n + 1),
                    };
                    let n = count(len, "blocks");
                    told.push(format!("gives content to {n} that had none, {then}"));
                }
                Is::Missing => self.take(file, place, len, false, &mut told),
            }
            place += len;
        }
        crate::words::list(&told)
    }

    /// Chooses blocks for a stretch that has none.
    fn take(&mut self, file: usize, at: u64, n: u64, is_unwritten: bool, told: &mut Vec<String>) {
        let (mut at, end) = (at, at + n);
        while at < end {
            let own = &mut self.state.files[file];
            let goal = own.map.goal(at);
            let Some((start, got, why)) = self.state.free.take(goal, end - at) else { return };
            self.state.n_choices += 1;
            let (mut logical, mut physical, mut left) = (at, start, got);
            while 0 < left {
                let len = left.min(longest(self.max, is_unwritten));
                own.map.add(Extent { logical, physical, len, is_unwritten }, self.max);
                (logical, physical, left) = (logical + len, physical + len, left - len);
            }
            self.state.now = Some((file, start, start + got));
            let (from, to) = (grouped(start), grouped(start + got - 1));
            let place =
                if got == 1 { format!("block {from}") } else { format!("blocks {from} to {to}") };
            told.push(match why {
                Why::Behind => format!("takes {place}, just behind the block before"),
                Why::First if goal.is_some() => {
                    format!("takes {place}, because what is behind its last block is not free for all of it")
                }
                Why::First => format!("takes {place}, the first run that holds all of it"),
                Why::Longest => {
                    format!("takes {place}, the longest run, because none holds all that is left")
                }
            });
            at += got;
        }
    }

    fn allocate(
        &mut self,
        file: usize,
        n: u64,
        log: &mut Log<State>,
    ) -> Result<&'static str, ScenarioError> {
        let at = self.state.files[file].size;
        if self.state.free.n_blocks() < n + self.n_promised() {
            return self.no_space(file, n, log);
        }
        self.state.files[file].size += n;
        let mut told = Vec::new();
        self.take(file, at, n, true, &mut told);
        let told = crate::words::list(&told);
        let say = |it: &Self| {
            format!(
                "The call fallocate for {} {told}; the blocks belong to the file and are marked unwritten, so \
                 they read as zeros.",
                it.name(file)
            )
        };
        self.tell(log, "fallocate", say, Some(file))?;
        Ok("ok")
    }

    fn sync(
        &mut self,
        only: Option<usize>,
        log: &mut Log<State>,
    ) -> Result<&'static str, ScenarioError> {
        let files = (0..self.state.files.len()).filter(|it| only.is_none_or(|only| only == *it));
        let waits = |it: &usize| !self.state.files[*it].waiting.is_empty();
        let files: Vec<usize> = files.filter(waits).collect();
        if files.is_empty() {
            self.state.now = None;
            let say =
                |_: &Self| "Nothing waits for a block, so the write-back chooses none.".to_owned();
            self.tell(log, "sync", say, None)?;
        }
        for file in files {
            let waiting = std::mem::take(&mut self.state.files[file].waiting);
            let n: u64 = waiting.iter().map(|it| it.1).sum();
            let told: Vec<String> = waiting.iter().map(|it| self.put(file, it.0, it.1)).collect();
            let told = crate::words::list(&told);
            let say = |it: &Self| {
                format!(
                    "The write-back of {} knows that {} {} waiting, and {told}.",
                    it.name(file),
                    count(n, "blocks"),
                    crate::amounts::are(n)
                )
            };
            self.tell(log, "sync", say, Some(file))?;
        }
        Ok("ok")
    }

    fn delete(&mut self, file: usize, log: &mut Log<State>) -> Result<&'static str, ScenarioError> {
        let waiting: u64 = {
            let own = &self.state.files[file];
            own.waiting.iter().map(|it| own.map.n_missing(it.0, it.1)).sum()
        };
        let old = std::mem::take(&mut self.state.files[file]);
        for extent in &old.map.extents {
            self.state.free.give(extent.physical, extent.len);
        }
        self.state.n_spared += waiting;
        self.state.now = None;
        let n = old.map.n_blocks();
        let say = |it: &Self| {
            let spared = match waiting {
                0 => String::new(),
                n => format!(" {} in memory never get a place on the disk.", count(n, "blocks")),
            };
            let name = it.name(file);
            if n == 0 {
                return format!("The file {name} is deleted; it had no block on the disk.{spared}");
            }
            format!(
                "The file {name} is deleted, and its {} on the disk are free.{spared}",
                count(n, "blocks")
            )
        };
        self.tell(log, "delete", say, None)?;
        Ok("ok")
    }
}
