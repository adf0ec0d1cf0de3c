//! Giving blocks to files, and finding them again.

use super::script::{Does, Script};
use super::{Fit, Grow, Method, Scenario};
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use crate::fs::guess;
use crate::words::count;

/// What a block of the disk holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    Free,
    /// A file, and which of its blocks.
    Data(usize, u64),
    Index(usize),
}

/// What the directory and the method know of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct File {
    pub(super) blocks: Vec<u64>,
    pub(super) index: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) n_reads: u64,
    pub(super) n_data: u64,
    pub(super) n_steps: u64,
    pub(super) n_copied: u64,
    pub(super) n_failed: u64,
    pub(super) n_unreadable: u64,
    pub(super) arm: u64,
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) disk: Vec<Block>,
    pub(super) lost: Vec<bool>,
    pub(super) files: Vec<File>,
    pub(super) line: Option<usize>,
    pub(super) results: Vec<String>,
    pub(super) reads: Vec<u64>,
    /// Blocks that the step is about.
    pub(super) now: Vec<u64>,
    /// Blocks that the read has passed.
    pub(super) passed: Vec<u64>,
    pub(super) totals: Totals,
    arm: u64,
}

/// A place of the disk as an index.
fn index(block: u64) -> usize {
    usize::try_from(block).unwrap_or(usize::MAX)
}

impl State {
    /// Free runs: first block and length.
    pub(super) fn runs(&self) -> Vec<(u64, u64)> {
        let mut runs: Vec<(u64, u64)> = Vec::new();
        for (at, block) in (0..).zip(&self.disk) {
            if *block != Block::Free || self.lost[index(at)] {
                continue;
            }
            match runs.last_mut() {
                Some(last) if last.0 + last.1 == at => last.1 += 1,
                Some(_) | None => runs.push((at, 1)),
            }
        }
        runs
    }

    fn n_free(&self) -> u64 {
        self.runs().iter().map(|it| it.1).sum()
    }

    pub(super) fn n_index(&self) -> u64 {
        self.files.iter().filter(|it| it.index.is_some()).count() as u64
    }

    fn is_lost(&self, block: u64) -> bool {
        self.lost.get(index(block)).copied().unwrap_or(false)
    }
}

pub(super) struct Runner<'a> {
    scenario: &'a Scenario,
    script: &'a Script,
    pub(super) state: State,
}

/// `block 3` or `blocks 3, 5 and 6`; a run as `blocks 3 to 6`.
fn places(blocks: &[u64]) -> String {
    let is_run = blocks.windows(2).all(|it| it[0] + 1 == it[1]);
    match blocks {
        [] => "no block".to_owned(),
        [one] => format!("block {one}"),
        [first, .., last] if is_run => format!("blocks {first} to {last}"),
        _ => {
            let all: Vec<String> = blocks.iter().map(u64::to_string).collect();
            format!("blocks {}", crate::words::list(&all))
        }
    }
}

impl<'a> Runner<'a> {
    pub(super) fn new(scenario: &'a Scenario, script: &'a Script) -> Self {
        let n = index(scenario.disk_blocks);
        let state = State {
            disk: vec![Block::Free; n],
            lost: vec![false; n],
            files: vec![File::default(); script.names.len()],
            line: None,
            results: Vec::new(),
            reads: Vec::new(),
            now: Vec::new(),
            passed: Vec::new(),
            totals: Totals::default(),
            arm: 0,
        };
        Self { scenario, script, state }
    }

    fn tell(
        &self,
        log: &mut Log<State>,
        tag: &'static str,
        say: String,
        ask: Option<(String, Vec<String>, usize)>,
    ) -> Result<(), ScenarioError> {
        log.step(self.state.totals.n_reads, tag, || {
            let shot = Shot::new(say, self.state.clone());
            match ask {
                Some((question, options, answer)) => shot.ask(&question, options, answer),
                None => shot,
            }
        })
    }

    pub(super) fn run(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        let how = match self.scenario.method {
            Method::Contiguous => "a file is one run, and the directory notes its start and length",
            Method::Linked => {
                "each block of a file names the next, and the directory notes the first"
            }
            Method::Fat => "a table in memory names for each block the next one of its file",
            Method::Indexed => "a file has an index block, which lists its blocks in order",
        };
        let n = count(self.scenario.disk_blocks, "blocks");
        self.tell(log, "start", format!("The disk has {n}, all of them free; {how}."), None)?;
        for (at, (does, _)) in self.script.ops.iter().enumerate() {
            self.state.line = Some(at);
            self.state.now.clear();
            self.state.passed.clear();
            let before = self.state.totals.n_reads;
            let result = match *does {
                Does::Create(file, n) => self.create(file, n, log)?,
                Does::Extend(file, n) => self.extend(file, n, log)?,
                Does::Delete(file) => self.delete(file, log)?,
                Does::Read(file, block) => self.read(file, block, log)?,
                Does::Lose(block) => self.lose(block, log)?,
            };
            self.state.results.push(result);
            self.state.reads.push(self.state.totals.n_reads - before);
        }
        Ok(())
    }

    fn name(&self, file: usize) -> &'a str {
        &self.script.names[file]
    }

    fn fail(
        &mut self,
        error: &str,
        why: &str,
        log: &mut Log<State>,
    ) -> Result<String, ScenarioError> {
        self.state.totals.n_failed += 1;
        self.tell(log, "full", format!("The call fails with {error}, because {why}."), None)?;
        Ok(error.to_owned())
    }

    fn create(
        &mut self,
        file: usize,
        n: u64,
        log: &mut Log<State>,
    ) -> Result<String, ScenarioError> {
        if !self.state.files[file].blocks.is_empty() {
            return self.fail(
                "EEXIST",
                &format!("there is a file {} already", self.name(file)),
                log,
            );
        }
        self.add(file, n, log)
    }

    fn extend(
        &mut self,
        file: usize,
        n: u64,
        log: &mut Log<State>,
    ) -> Result<String, ScenarioError> {
        if self.state.files[file].blocks.is_empty() {
            return self.fail("ENOENT", &format!("there is no file {}", self.name(file)), log);
        }
        self.add(file, n, log)
    }

    fn add(&mut self, file: usize, n: u64, log: &mut Log<State>) -> Result<String, ScenarioError> {
        match self.scenario.method {
            Method::Contiguous => self.add_run(file, n, log),
            Method::Linked | Method::Fat | Method::Indexed => self.add_any(file, n, log),
        }
    }

    /// Enters blocks at the end of a file.
    fn enter(&mut self, file: usize, blocks: &[u64]) {
        for &block in blocks {
            let own = &mut self.state.files[file].blocks;
            self.state.disk[index(block)] = Block::Data(file, own.len() as u64);
            own.push(block);
        }
        self.state.now = blocks.to_vec();
    }

    /// The run that a contiguous file of `n` blocks gets.
    fn fitting(&self, n: u64) -> Option<u64> {
        let mut runs: Vec<(u64, u64)> =
            self.state.runs().into_iter().filter(|it| n <= it.1).collect();
        match self.scenario.fit {
            Fit::First => {}
            Fit::Best => crate::order::by_key(&mut runs, |it| it.1),
            Fit::Worst => crate::order::by_key(&mut runs, |it| u64::MAX - it.1),
        }
        runs.first().map(|it| it.0)
    }

    fn add_run(
        &mut self,
        file: usize,
        n: u64,
        log: &mut Log<State>,
    ) -> Result<String, ScenarioError> {
        let name = self.name(file);
        let old = self.state.files[file].blocks.clone();
        if let Some(last) = old.last() {
            let behind = self.state.runs().into_iter().find(|it| it.0 == last + 1 && n <= it.1);
            if behind.is_some() {
                let new: Vec<u64> = (last + 1..=last + n).collect();
                self.enter(file, &new);
                let say = format!(
                    "The file {name} grows by {}, because what is behind it is free.",
                    places(&new)
                );
                self.tell(log, "grown", say, None)?;
                return Ok("ok".to_owned());
            }
        }
        let size = old.len() as u64 + n;
        if !old.is_empty() && self.scenario.grow == Grow::Fail {
            let why = format!(
                "{name} could grow only into the {} behind it, and not all are free",
                count(n, "blocks")
            );
            return self.fail("ENOSPC", &why, log);
        }
        let Some(start) = self.fitting(size) else {
            let free = self.state.n_free();
            let longest = self.state.runs().iter().map(|it| it.1).max().unwrap_or(0);
            let why = match size <= free {
                true => format!(
                    "no free run has {}: {} are free, but the longest run has {longest}",
                    count(size, "blocks"),
                    count(free, "blocks")
                ),
                false => {
                    format!("only {} {} free", count(free, "blocks"), crate::amounts::are(free))
                }
            };
            return self.fail("ENOSPC", &why, log);
        };
        let new: Vec<u64> = (start..start + size).collect();
        for &block in &old {
            self.state.disk[index(block)] = Block::Free;
        }
        self.state.files[file].blocks.clear();
        self.enter(file, &new);
        let which = match self.scenario.fit {
            Fit::First => "the first free run that holds it",
            Fit::Best => "the shortest free run that holds it",
            Fit::Worst => "the longest free run",
        };
        if old.is_empty() {
            let say = format!("The file {name} gets {}, at the start of {which}.", places(&new));
            let ask = guess::numbers(start, &[0, start + 1, old.len() as u64 + n]);
            let ask = (format!("At which block does {name} begin?"), ask.0, ask.1);
            self.tell(log, "placed", say, Some(ask))?;
            return Ok(places(&new));
        }
        self.state.totals.n_copied += old.len() as u64;
        let say = format!(
            "The file {name} cannot grow where it is, so all of it moves to {}, {which}, and {} copied.",
            places(&new),
            match old.len() {
                1 => "1 block is".to_owned(),
                n => format!("{n} blocks are"),
            }
        );
        self.tell(log, "moved", say, None)?;
        Ok(places(&new))
    }

    fn add_any(
        &mut self,
        file: usize,
        n: u64,
        log: &mut Log<State>,
    ) -> Result<String, ScenarioError> {
        let name = self.name(file);
        let is_indexed = self.scenario.method == Method::Indexed;
        let own = &self.state.files[file];
        let (size, needs_index) = (own.blocks.len() as u64 + n, is_indexed && own.index.is_none());
        if is_indexed && self.scenario.index_entries < size {
            let why = format!(
                "the index block of {name} has room for {} only",
                count(self.scenario.index_entries, "pointers")
            );
            return self.fail("EFBIG", &why, log);
        }
        let free = self.state.n_free();
        if free < n + u64::from(needs_index) {
            let extra = if needs_index { " and one for the index" } else { "" };
            let why = format!(
                "{name} needs {}{extra}, and only {} {} free",
                count(n, "blocks"),
                count(free, "blocks"),
                crate::amounts::are(free)
            );
            return self.fail("ENOSPC", &why, log);
        }
        let mut blocks: Vec<u64> =
            self.state.runs().into_iter().flat_map(|it| it.0..it.0 + it.1).collect();
        blocks.truncate(index(n + u64::from(needs_index)));
        let mut note = String::new();
        if needs_index {
            let block = blocks.remove(0);
            self.state.disk[index(block)] = Block::Index(file);
            self.state.files[file].index = Some(block);
            note = format!(" block {block} for its index and");
        }
        let last = self.state.files[file].blocks.last().copied();
        self.enter(file, &blocks);
        self.state.now.extend(self.state.files[file].index.filter(|_| needs_index));
        let link = match (self.scenario.method, last) {
            (Method::Linked, Some(last)) => {
                format!("; block {last}, so far the last, now names the next")
            }
            (Method::Fat, Some(last)) => format!("; entry {last} of the table now names the next"),
            _ => String::new(),
        };
        let say = format!(
            "The file {name} gets{note} {}, because any free block will do{link}.",
            places(&blocks)
        );
        let first = blocks.first().copied().unwrap_or_default();
        let ask = guess::numbers(first, &[0, first + 1, first + 2]);
        let what = if last.is_some() { "first new block" } else { "first block of data" };
        let ask = (format!("Which block of the disk is the {what} of {name}?"), ask.0, ask.1);
        self.tell(log, "placed", say, Some(ask))?;
        Ok(places(&blocks))
    }

    fn delete(&mut self, file: usize, log: &mut Log<State>) -> Result<String, ScenarioError> {
        let name = self.name(file);
        let old = std::mem::take(&mut self.state.files[file]);
        if old.blocks.is_empty() {
            return self.fail("ENOENT", &format!("there is no file {name}"), log);
        }
        let mut all = old.blocks;
        all.extend(old.index);
        for &block in &all {
            self.state.disk[index(block)] = Block::Free;
        }
        crate::order::by_key(&mut all, |it| *it);
        let say = format!("The file {name} is deleted, and {} become free.", places(&all));
        let say = if all.len() == 1 { say.replace("become", "becomes") } else { say };
        self.state.now = all;
        self.tell(log, "deleted", say, None)?;
        Ok("ok".to_owned())
    }

    /// Reads a block of the disk; whether it can be read.
    fn fetch(&mut self, block: u64) -> bool {
        self.state.totals.n_reads += 1;
        self.state.totals.arm += self.state.arm.abs_diff(block);
        self.state.arm = block;
        self.state.now = vec![block];
        self.state.passed.push(block);
        !self.state.is_lost(block)
    }

    fn read(
        &mut self,
        file: usize,
        block: Option<u64>,
        log: &mut Log<State>,
    ) -> Result<String, ScenarioError> {
        let (name, own) = (self.name(file), self.state.files[file].clone());
        let n = own.blocks.len() as u64;
        if n == 0 {
            return self.fail("ENOENT", &format!("there is no file {name}"), log);
        }
        let Some(last) = block.or(Some(n - 1)).filter(|it| *it < n) else {
            let say = format!(
                "The read of {name} gets nothing, because the file has only {}.",
                count(n, "blocks")
            );
            self.tell(log, "end", say, None)?;
            return Ok("nothing".to_owned());
        };
        let before = self.state.totals.n_reads;
        if let Some(at) = own.index {
            let is_whole = self.fetch(at);
            if !is_whole {
                return self.broken(
                    file,
                    at,
                    "the index cannot be read, and nobody else knows the blocks",
                    log,
                );
            }
            let say = format!("Index block {at} is read, because it lists the blocks of {name}.");
            self.tell(log, "index", say, None)?;
        }
        for (at, &place) in (0..=last).zip(&own.blocks) {
            let is_wanted = block.is_none() || at == last;
            if !is_wanted && !self.pass(at, place, &own, log)? {
                return self.broken(file, place, "the number of the next block stood in it", log);
            }
            if !is_wanted {
                continue;
            }
            self.state.totals.n_data += 1;
            let why = self.reason(at, place, &own);
            if !self.fetch(place) {
                let rest = self.scenario.method == Method::Linked && at < last;
                let why = if rest {
                    "the number of the next block stood in it"
                } else {
                    "its content is lost"
                };
                return self.broken(file, place, why, log);
            }
            let n = self.state.totals.n_reads - before;
            let say = format!(
                "Block {place} of the disk is read, block {at} of {name}, {why}; so far the call took {}.",
                count(n, "reads")
            );
            let ask = guess::numbers(n, &[1, 2, at + 1, at + 2]);
            let question =
                format!("How many blocks have been read when block {at} of {name} is there?");
            self.tell(log, "found", say, Some((question, ask.0, ask.1)))?;
        }
        Ok(format!("{} read", count(self.state.totals.n_reads - before, "blocks")))
    }

    /// Passes a block on the way to a later one; false if the way ends there.
    fn pass(
        &mut self,
        at: u64,
        place: u64,
        own: &File,
        log: &mut Log<State>,
    ) -> Result<bool, ScenarioError> {
        let next = own.blocks.get(index(at + 1)).copied().unwrap_or_default();
        match self.scenario.method {
            Method::Contiguous | Method::Indexed => {}
            Method::Linked => {
                if !self.fetch(place) {
                    return Ok(false);
                }
                let say = format!(
                    "Block {place} must be read, though it is not asked for, because it says that the next is \
                     {next}."
                );
                self.tell(log, "chain", say, None)?;
            }
            Method::Fat => {
                self.state.totals.n_steps += 1;
                self.state.now = vec![place];
                let say = format!(
                    "Entry {place} of the table says that the next is {next}; the table is in memory, so nothing \
                     is read."
                );
                self.tell(log, "chain", say, None)?;
            }
        }
        Ok(true)
    }

    /// How the place of a block is known.
    fn reason(&self, at: u64, place: u64, own: &File) -> String {
        let first = own.blocks.first().copied().unwrap_or(place);
        match self.scenario.method {
            Method::Contiguous => format!("because {first} + {at} is {place}"),
            Method::Indexed => format!("because entry {at} of the index says so"),
            Method::Linked | Method::Fat if at == 0 => "because the directory says so".to_owned(),
            Method::Linked => "because the block before it says so".to_owned(),
            Method::Fat => "because the table says so".to_owned(),
        }
    }

    fn broken(
        &mut self,
        file: usize,
        place: u64,
        why: &str,
        log: &mut Log<State>,
    ) -> Result<String, ScenarioError> {
        self.state.totals.n_failed += 1;
        let name = self.name(file);
        let say = format!("The read of {name} fails with EIO at block {place}, because {why}.");
        self.tell(log, "lost", say, None)?;
        Ok("EIO".to_owned())
    }

    fn lose(&mut self, block: u64, log: &mut Log<State>) -> Result<String, ScenarioError> {
        self.state.lost[index(block)] = true;
        self.state.now = vec![block];
        let (n, say) = match self.state.disk[index(block)] {
            Block::Free => {
                (0, format!("Block {block} breaks, but it was free: nobody loses anything."))
            }
            Block::Index(file) => {
                let n = self.state.files[file].blocks.len() as u64;
                let say = format!(
                    "Block {block} breaks, and with this index all {} of {} are out of reach.",
                    count(n, "blocks"),
                    self.name(file)
                );
                (n, say)
            }
            Block::Data(file, at) => {
                let n = self.state.files[file].blocks.len() as u64 - at;
                let name = self.name(file);
                match (self.scenario.method, n) {
                    (Method::Linked, 2..) => (
                        n,
                        format!(
                            "Block {block} breaks, and the chain of {name} with it: its {} from there on are out \
                             of reach.",
                            count(n, "blocks")
                        ),
                    ),
                    _ => (
                        1,
                        format!("Block {block} breaks: {name} loses its block {at} and no other."),
                    ),
                }
            }
        };
        self.state.totals.n_unreadable += n;
        let ask = guess::numbers(n, &[0, 1, n + 1, n + 2]);
        let question = format!("Block {block} breaks. How many blocks of data are out of reach?");
        self.tell(log, "lost", say, Some((question, ask.0, ask.1)))?;
        Ok(format!("{} lost", count(n, "blocks")))
    }
}
