//! Runs a script over an array, one access after another.
//!
//! Every statement costs O(blocks x disks) at most. What an application has written is kept apart,
//! so that a wrong answer is known as one: the array itself cannot know.

use super::array::{Array, Level, Place};
use super::say;
use super::script::{Op, Statement};
use super::{Method, Scenario};
use crate::engine::{Better, Log, Shot};
use crate::error::ScenarioError;

/// A step's snapshot.
#[derive(Debug)]
pub(crate) struct State {
    pub(super) array: Array,
    /// Places that this step reads or writes.
    pub(super) touched: Vec<(Place, Touch)>,
    /// What is added up without carry, and last what comes of it.
    pub(super) sum: Vec<(String, u8)>,
    /// By statement: what came of it.
    pub(super) results: Vec<String>,
    /// Statement that is running; past the last one, none.
    pub(super) at: usize,
    pub(super) tally: Tally,
    /// Whether this step gives a wrong answer.
    pub(super) is_wrong: bool,
}

/// What is done to a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Touch {
    Read,
    Written,
}

/// Counts of a run.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) n_lost: u32,
    pub(super) n_wrong: u32,
    pub(super) n_repaired: u32,
}

pub(super) struct Sim {
    method: Method,
    pub(super) array: Array,
    /// By block: the values that are right. After a power failure the old one is as good.
    truth: Vec<[u8; 2]>,
    touched: Vec<(Place, Touch)>,
    sum: Vec<(String, u8)>,
    results: Vec<String>,
    at: usize,
    tally: Tally,
    is_wrong: bool,
    /// Reads and writes before the statement, as long as its result is what it costs.
    costs_from: Option<(u32, u32)>,
    time: u64,
}

type Done = Result<(), ScenarioError>;

/// Runs a script.
pub(super) fn run(
    scenario: &Scenario,
    array: Array,
    statements: &[Statement],
    log: &mut Log<State>,
) -> Done {
    let truth = array.sums.iter().flatten().map(|&it| [it, it]).collect();
    let mut sim = Sim {
        method: scenario.parity_from,
        array,
        truth,
        touched: Vec::new(),
        sum: Vec::new(),
        results: vec![String::new(); statements.len()],
        at: 0,
        tally: Tally::default(),
        is_wrong: false,
        costs_from: None,
        time: 0,
    };
    let say = say::start(&sim.array);
    sim.step(log, "start", say)?;
    for (at, statement) in statements.iter().enumerate() {
        (sim.at, sim.time, sim.costs_from) = (at, sim.time + 1, None);
        match &statement.op {
            Op::Read(block) => sim.read(*block, log)?,
            Op::Write { first, values, is_cut } => sim.write(*first, values, *is_cut, log)?,
            Op::Flip(block) => sim.flip(*block, log)?,
            Op::Fail(disk) => sim.fail(*disk, log)?,
            Op::Replace(disk) => sim.replace(*disk, log)?,
            Op::Scrub => sim.scrub(log)?,
        }
    }
    metrics(&sim, log);
    Ok(())
}

impl Sim {
    fn shot(&mut self, say: String) -> Shot<State> {
        if let Some(before) = self.costs_from {
            let after = self.accesses();
            self.results[self.at] = say::cost(after.0 - before.0, after.1 - before.1);
        }
        let state = State {
            array: self.array.clone(),
            touched: std::mem::take(&mut self.touched),
            sum: std::mem::take(&mut self.sum),
            results: self.results.clone(),
            at: self.at,
            tally: self.tally,
            is_wrong: std::mem::take(&mut self.is_wrong),
        };
        Shot::new(say, state)
    }

    fn step(&mut self, log: &mut Log<State>, tag: &'static str, say: String) -> Done {
        let shot = self.shot(say);
        log.step(self.time, tag, || shot)
    }

    /// A step that a learner may foresee.
    fn asked(
        &mut self,
        log: &mut Log<State>,
        tag: &'static str,
        say: String,
        ask: (&str, Vec<String>, usize),
    ) -> Done {
        let shot = self.shot(say).ask(ask.0, ask.1, ask.2);
        log.step(self.time, tag, || shot)
    }

    fn result(&mut self, text: String) {
        self.costs_from = None;
        self.results[self.at] = text;
    }

    fn fetch(&mut self, place: Place) -> u8 {
        self.touched.push((place, Touch::Read));
        self.array.read(place)
    }

    fn store(&mut self, place: Place, value: u8) {
        if self.array.disks[place.1].works {
            self.touched.push((place, Touch::Written));
        }
        self.array.write(place, value);
    }

    /// Computes what is gone from the other places of its row, or takes the other copy.
    fn computed(&mut self, sources: &[Place], name: String) -> u8 {
        let mut value = 0;
        for &place in sources {
            let part = self.fetch(place);
            value ^= part;
            self.sum.push((say::thing(&self.array, place), part));
        }
        self.sum.push((name, value));
        value
    }

    fn read(&mut self, block: usize, log: &mut Log<State>) -> Done {
        let places = self.array.places_of(block);
        let found = places.iter().copied().find(|&it| self.array.cell(it).is_valid);
        match found {
            Some(place) if self.array.level == Level::Raidz1 => {
                self.read_checked(block, place, log)
            }
            Some(place) => {
                let value = self.fetch(place);
                self.answer(block, value, log, say::read(&self.array, block, place, value))
            }
            None => self.read_computed(block, places[0], log),
        }
    }

    fn read_computed(&mut self, block: usize, place: Place, log: &mut Log<State>) -> Done {
        let Some(sources) = self.array.sources(place) else {
            self.tally.n_lost += 1;
            self.result("lost".to_owned());
            let say = say::lost(&self.array, block);
            return self.step(log, "lost", say);
        };
        let value = self.computed(&sources, format!("block {block}"));
        let say = say::computed(block, place, value, sources.len());
        if self.array.level == Level::Raidz1 && !self.fits_sum(block, value) {
            return self.refuse(block, log);
        }
        self.answer(block, value, log, say)
    }

    /// Whether a value fits the checksum of its block.
    fn fits_sum(&self, block: usize, value: u8) -> bool {
        let width = self.array.width();
        self.array.sums[block / width][block % width] == value
    }

    /// A RAID-Z gives no answer rather than a wrong one.
    fn refuse(&mut self, block: usize, log: &mut Log<State>) -> Done {
        self.tally.n_lost += 1;
        self.result("error".to_owned());
        self.step(log, "lost", say::refused(block))
    }

    /// A RAID-Z reads the data of a whole stripe, and knows by its checksum whether it is right.
    fn read_checked(&mut self, block: usize, place: Place, log: &mut Log<State>) -> Done {
        let width = self.array.width();
        let (stripe, at) = (block / width, block % width);
        let row = place.0;
        let data: Vec<Place> =
            (0..width).flat_map(|it| self.array.disks_of(row, it)).map(|it| (row, it)).collect();
        if data.iter().any(|&it| !self.array.cell(it).is_valid) {
            let value = self.fetch(place);
            if !self.fits_sum(block, value) {
                return self.refuse(block, log);
            }
            let say = say::read(&self.array, block, place, value);
            return self.answer(block, value, log, say);
        }
        let values: Vec<u8> = data.iter().map(|&it| self.fetch(it)).collect();
        let wrong = self.array.wrong_in(stripe);
        let Some(&first) = wrong.first() else {
            let say = say::checked(block, values[at], stripe);
            return self.answer(block, values[at], log, say);
        };
        if 1 < wrong.len() {
            return self.refuse(block, log);
        }
        let bad = stripe * width + first;
        self.step(log, "mismatch", say::mismatch(stripe))?;
        let right = self.heal(data[first], bad);
        let value = if first == at { right } else { values[at] };
        self.answer(block, value, log, say::healed(bad, right, data[first].1))
    }

    /// Computes a block anew and puts it right on its disk.
    fn heal(&mut self, place: Place, block: usize) -> u8 {
        let sources = self.array.others(place);
        let value = self.computed(&sources, format!("block {block}"));
        self.store(place, value);
        self.tally.n_repaired += 1;
        value
    }

    /// What the application gets.
    fn answer(&mut self, block: usize, value: u8, log: &mut Log<State>, say: String) -> Done {
        let is_right = self.truth[block].contains(&value);
        let text = format!("{value:04b}");
        if is_right {
            self.result(text);
            return self.step(log, "read", say);
        }
        self.tally.n_wrong += 1;
        self.is_wrong = true;
        self.result(format!("{text}, which is wrong"));
        let say = say::wrong(&say, self.truth[block][0]);
        self.step(log, "wrong", say)
    }

    fn write(&mut self, first: usize, values: &[u8], is_cut: bool, log: &mut Log<State>) -> Done {
        self.costs_from = Some(self.accesses());
        let width = self.array.width();
        let mut at = 0;
        while at < values.len() {
            let block = first + at;
            let n = (width - block % width).min(values.len() - at);
            let part = &values[at..at + n];
            for (n, &value) in part.iter().enumerate() {
                let old = self.truth[block + n][0];
                self.truth[block + n] = if is_cut { [value, old] } else { [value, value] };
            }
            let was_cut = match self.array.level {
                Level::Raid0 | Level::Raid1 => self.write_plain(block, part, is_cut, log)?,
                Level::Raid4 | Level::Raid5 => self.write_parity(block, part, is_cut, log)?,
                Level::Raidz1 => self.write_elsewhere(block, part, is_cut, log)?,
            };
            at += n;
            if was_cut {
                // What comes after the power failure was never begun.
                for (n, &value) in values.iter().enumerate().skip(at) {
                    let truth = &mut self.truth[first + n];
                    *truth = [value, truth[0]];
                }
                break;
            }
        }
        Ok(())
    }

    fn accesses(&self) -> (u32, u32) {
        let disks = &self.array.disks;
        (disks.iter().map(|it| it.n_reads).sum(), disks.iter().map(|it| it.n_writes).sum())
    }

    fn crash(&mut self, log: &mut Log<State>, say: String) -> Result<bool, ScenarioError> {
        self.result("the power fails".to_owned());
        self.step(log, "crash", say)?;
        Ok(true)
    }

    /// All copies of some blocks. Answers whether the power failed.
    fn write_plain(
        &mut self,
        first: usize,
        values: &[u8],
        is_cut: bool,
        log: &mut Log<State>,
    ) -> Result<bool, ScenarioError> {
        for (n, &value) in values.iter().enumerate() {
            for place in self.array.places_of(first + n) {
                if !self.array.disks[place.1].works {
                    continue;
                }
                self.store(place, value);
                if is_cut {
                    let say = say::cut_plain(&self.array, first + n, place.1);
                    return self.crash(log, say);
                }
            }
        }
        let say = match self.touched.is_empty() {
            true => say::nowhere(first),
            false => say::write_plain(&self.array, first, values.len(), self.touched.len()),
        };
        self.step(log, "write", say)?;
        Ok(false)
    }

    /// Blocks of one stripe, and its parity. Answers whether the power failed.
    fn write_parity(
        &mut self,
        first: usize,
        values: &[u8],
        is_cut: bool,
        log: &mut Log<State>,
    ) -> Result<bool, ScenarioError> {
        let width = self.array.width();
        let row = self.array.row_of[first / width];
        let targets: Vec<Place> =
            (first..first + values.len()).flat_map(|it| self.array.places_of(it)).collect();
        let Some(parity) = self.array.parity_disk(row).map(|it| (row, it)) else {
            return Ok(false);
        };
        let rest: Vec<Place> =
            self.array.others(parity).into_iter().filter(|it| !targets.contains(it)).collect();
        let valid = |it: &Place| self.array.cell(*it).is_valid;
        let (has_old, has_rest) =
            (valid(&parity) && targets.iter().all(valid), rest.iter().all(valid));
        let keeps_parity = self.array.disks[parity.1].works;
        let from_rest = rest.is_empty() || (has_rest && (self.method == Method::Rest || !has_old));
        if keeps_parity && !from_rest && !has_old {
            self.tally.n_lost += 1;
            self.result("lost".to_owned());
            self.step(log, "lost", say::cannot(first))?;
            return Ok(false);
        }
        let mut sum = Vec::new();
        if keeps_parity {
            let sources: Vec<Place> = match from_rest {
                true => rest,
                false => targets.iter().copied().chain([parity]).collect(),
            };
            for &place in &sources {
                let value = self.fetch(place);
                let old = if from_rest { "" } else { "old " };
                sum.push((format!("{old}{}", say::thing(&self.array, place)), value));
            }
            if !sources.is_empty() {
                let say = say::before(&self.array, first, values.len(), from_rest, row);
                self.step(log, "fetch", say)?;
            }
        }
        let news = values.iter().enumerate();
        sum.extend(news.map(|(n, &value)| (format!("new block {}", first + n), value)));
        let new = sum.iter().fold(0, |all, it| all ^ it.1);
        for (&place, &value) in targets.iter().zip(values) {
            self.store(place, value);
            if is_cut && !self.touched.is_empty() {
                let say = say::cut_parity(&self.array, place, parity);
                return self.crash(log, say);
            }
        }
        let say = say::data(&self.array, first, &targets, keeps_parity, parity);
        self.step(log, "write", say)?;
        if keeps_parity {
            let old = self.array.cell(parity).value;
            let options = say::parities(new, old, values, sum[0].1);
            sum.push(("new parity".to_owned(), new));
            self.sum = sum;
            self.store(parity, new);
            let right = options.iter().position(|it| *it == format!("{new:04b}"));
            let ask = ("What is the new parity?", options, right.unwrap_or(usize::MAX));
            self.asked(log, "parity", say::parity(&self.array, parity, new), ask)?;
        }
        Ok(false)
    }

    /// A whole new stripe in another row; then the tree points there. Answers whether the power
    /// failed.
    fn write_elsewhere(
        &mut self,
        first: usize,
        values: &[u8],
        is_cut: bool,
        log: &mut Log<State>,
    ) -> Result<bool, ScenarioError> {
        let width = self.array.width();
        let (stripe, at) = (first / width, first % width);
        let own = self.array.row_of[stripe];
        let kept = |it: &usize| !(at..at + values.len()).contains(it);
        let mut keep = (0..width).filter(kept).map(|it| stripe * width + it);
        let has_rest = keep.all(|it| self.array.is_reachable(it));
        let Some(row) = self.array.free_row(stripe).filter(|_| has_rest) else {
            self.tally.n_lost += 1;
            self.result("lost".to_owned());
            self.step(log, "lost", say::cannot(first))?;
            return Ok(false);
        };
        let mut data = self.array.sums[stripe].clone();
        data[at..at + values.len()].copy_from_slice(values);
        if values.len() < width {
            let keep: Vec<Place> = (0..width)
                .filter(kept)
                .flat_map(|it| self.array.disks_of(own, it))
                .map(|it| (own, it))
                .collect();
            let gone = keep.iter().copied().find(|&it| !self.array.cell(it).is_valid);
            for place in gone.map_or(keep, |gone| self.array.others(gone)) {
                self.fetch(place);
            }
            let say = say::before_elsewhere(stripe, first);
            self.step(log, "fetch", say)?;
        }
        let parity = data.iter().fold(0, |all, it| all ^ it);
        let mut puts: Vec<(Place, u8)> = Vec::new();
        for (n, &value) in data.iter().enumerate() {
            puts.extend(self.array.disks_of(row, n).into_iter().map(|it| ((row, it), value)));
        }
        puts.extend(self.array.parity_disk(row).map(|it| ((row, it), parity)));
        for (place, value) in puts {
            self.store(place, value);
            if is_cut && !self.touched.is_empty() {
                return self.crash(log, say::cut_elsewhere(stripe, own));
            }
        }
        self.step(log, "write", say::elsewhere(stripe, own, row))?;
        self.array.row_of[stripe] = row;
        self.array.sums[stripe] = data;
        self.step(log, "root", say::root(stripe, own, row))?;
        Ok(false)
    }

    fn flip(&mut self, block: usize, log: &mut Log<State>) -> Done {
        let place = self.array.places_of(block)[0];
        let cell = &mut self.array.cells[place.0][place.1];
        let is_there = cell.is_valid;
        if is_there {
            cell.value ^= 1;
        }
        self.step(log, "flip", say::flip(block, place, is_there))
    }

    fn fail(&mut self, disk: usize, log: &mut Log<State>) -> Done {
        let had = self.reachable();
        self.array.disks[disk].works = false;
        for row in &mut self.array.cells {
            row[disk].is_valid = false;
        }
        let lost: Vec<usize> = had.into_iter().filter(|&it| !self.array.is_reachable(it)).collect();
        let n = lost.len();
        self.result(if n == 0 { "nothing is lost".to_owned() } else { say::n_lost(n) });
        let tag = if n == 0 { "fail" } else { "loss" };
        let say = say::fail(&self.array, disk, &lost);
        let options = vec!["no".to_owned(), "yes".to_owned()];
        let ask = ("Are data lost now?", options, usize::from(n != 0));
        self.asked(log, tag, say, ask)
    }

    fn reachable(&self) -> Vec<usize> {
        (0..self.array.n_blocks()).filter(|&it| self.array.is_reachable(it)).collect()
    }

    fn replace(&mut self, disk: usize, log: &mut Log<State>) -> Done {
        if self.array.disks[disk].works {
            self.result("nothing to do".to_owned());
            return self.step(log, "replace", say::whole(disk));
        }
        self.costs_from = Some(self.accesses());
        self.array.disks[disk].works = true;
        self.step(log, "replace", say::replace(&self.array, disk))?;
        for row in 0..self.array.cells.len() {
            let place = (row, disk);
            if self.array.stripe_in(row).is_none() {
                self.step(log, "skip", say::skip(row))?;
                continue;
            }
            let Some(sources) = self.array.sources(place) else {
                self.step(log, "lost", say::gone(&self.array, place))?;
                continue;
            };
            let name = say::thing(&self.array, place);
            let value = self.computed(&sources, name);
            self.store(place, value);
            let say = say::rebuilt(&self.array, place, value);
            self.step(log, "rebuild", say)?;
        }
        Ok(())
    }

    fn scrub(&mut self, log: &mut Log<State>) -> Done {
        let before = self.tally.n_repaired;
        for row in 0..self.array.cells.len() {
            let is_whole = self.array.cells[row].iter().all(|it| it.is_valid);
            if self.array.stripe_in(row).is_some() && is_whole && self.array.level != Level::Raid0 {
                self.scrub_row(row, log)?;
            }
        }
        let n = self.tally.n_repaired - before;
        self.result(format!("{n} repaired"));
        self.step(log, "scrub", say::scrub(&self.array, n))
    }

    /// Reads a row and makes it fit.
    fn scrub_row(&mut self, row: usize, log: &mut Log<State>) -> Done {
        for disk in 0..self.array.n_disks() {
            self.fetch((row, disk));
        }
        if self.array.fits(row) {
            self.touched.clear();
            return Ok(());
        }
        let Some(stripe) = self.array.stripe_in(row) else { return Ok(()) };
        self.step(log, "mismatch", say::unfit(&self.array, stripe))?;
        let width = self.array.width();
        let place = match (self.array.level, self.array.parity_disk(row)) {
            (Level::Raid1, _) | (_, None) => {
                for at in 0..width {
                    let value = self.array.cells[row][2 * at].value;
                    if self.array.cells[row][2 * at + 1].value != value {
                        self.tally.n_repaired += 1;
                        self.store((row, 2 * at + 1), value);
                    }
                }
                let say = say::copied(stripe);
                return self.step(log, "repair", say);
            }
            (Level::Raidz1, Some(parity)) => {
                let wrong = self.array.wrong_in(stripe);
                if 1 < wrong.len() {
                    return self.step(log, "lost", say::hopeless(stripe));
                }
                (row, wrong.first().map_or(parity, |&it| self.array.disks_of(row, it)[0]))
            }
            (_, Some(parity)) => (row, parity),
        };
        let sources = self.array.others(place);
        let value = self.computed(&sources, say::thing(&self.array, place));
        self.store(place, value);
        self.tally.n_repaired += 1;
        let say = say::repaired(&self.array, place, value);
        self.step(log, "repair", say)
    }
}

fn metrics(sim: &Sim, log: &mut Log<State>) {
    let array = &sim.array;
    let (n_reads, n_writes) = sim.accesses();
    let sums = array.disks.iter().map(|it| it.n_reads + it.n_writes);
    let busiest = sums.clone().max().unwrap_or_default();
    let n_unfit = (0..array.cells.len()).filter(|&it| !array.fits(it)).count();
    let n_gone = array.n_blocks() - sim.reachable().len();
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mut put = |key: &str, label: &str, n: u32, unit, better| {
        log.metric(key, label, f64::from(n), unit, better);
    };
    let (lower, neither) = (Better::Lower, Better::Neither);
    put("capacity_blocks", "Room for data", small(array.n_blocks()), "blocks", Better::Higher);
    put("n_reads", "Reads from disks", n_reads, "reads", lower);
    put("n_writes", "Writes to disks", n_writes, "writes", lower);
    put("n_accesses", "Accesses to disks", n_reads + n_writes, "accesses", lower);
    put("n_accesses_max", "Accesses to the busiest disk", busiest, "accesses", lower);
    put("n_wrong", "Wrong answers", sim.tally.n_wrong, "reads", lower);
    put("n_lost", "Requests that failed", sim.tally.n_lost, "requests", lower);
    put("n_gone", "Blocks that are lost", small(n_gone), "blocks", lower);
    put("n_repaired", "Repairs", sim.tally.n_repaired, "blocks", neither);
    put("n_unfit", "Stripes that do not fit", small(n_unfit), "stripes", lower);
    for (disk, n) in sums.enumerate() {
        log.metric_of("n_accesses", &format!("disk_{disk}"), "Accesses", f64::from(n), "accesses");
    }
}
