//! The file system at work: one block write after another, until the script or the power ends.

use super::read::{Check, End, Found, Past, Verdict, check, recovered, see, walk};
use super::tell;
use super::world::{Block, Body, Disk, Does, Mode, Op, Place, Plan, Stage, State, Txn, sum_of};
use crate::engine::{Log, Shot};
use crate::error::{Fault, ScenarioError};

/// Why the script stops early.
#[derive(Debug)]
enum Halt {
    Crash,
    Error(ScenarioError),
}

impl From<ScenarioError> for Halt {
    fn from(error: ScenarioError) -> Self {
        Self::Error(error)
    }
}

/// How many points for a crash there were, and what recovery would have left there.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Points {
    pub(crate) all: u64,
    pub(crate) inconsistent: u64,
    pub(crate) stale: u64,
    pub(crate) mixed: u64,
    pub(crate) lost: u64,
}

/// A question with its options and the right one.
pub(super) type Question = (&'static str, Vec<String>, usize);

/// The running file system.
pub(crate) struct Kernel<'a> {
    plan: &'a Plan,
    log: &'a mut Log<State>,
    pub(crate) state: State,
    pub(crate) points: Points,
    pasts: Vec<Past>,
    stamp: u32,
    unflushed: bool,
}

impl<'a> Kernel<'a> {
    pub(crate) fn new(plan: &'a Plan, log: &'a mut Log<State>) -> Self {
        let state = State::new(plan);
        let past = |&size: &usize| {
            let start = vec![1; size];
            Past { states: vec![start.clone()], synced: start }
        };
        let pasts = plan.sizes.iter().map(past).collect();
        let stamp = u32::try_from(plan.n_homes() + plan.n_slots).unwrap_or_default();
        Self { plan, log, state, points: Points::default(), pasts, stamp, unflushed: false }
    }

    /// Runs the script and, if there is a crash, the recovery.
    pub(crate) fn run(&mut self) -> Result<(), ScenarioError> {
        let end = self.script();
        match end {
            Err(Halt::Error(error)) => Err(error),
            Err(Halt::Crash) => self.recover(),
            Ok(()) => Ok(()),
        }
    }

    fn script(&mut self) -> Result<(), Halt> {
        self.note("start", tell::start(self.plan), None)?;
        for (line, &op) in self.plan.script.iter().enumerate() {
            self.state.line = Some(line);
            self.state.fresh = None;
            match op.does {
                Does::Append => self.append(line, op)?,
                Does::Overwrite => self.overwrite(line, op)?,
                Does::Fsync => self.fsync(op.file)?,
                Does::WriteBack => self.write_back()?,
                Does::Commit if self.state.running().is_some() => self.commit(tell::TIMER)?,
                Does::Commit => self.note("idle", tell::nothing_runs(), None)?,
                Does::Checkpoint => self.checkpoint(tell::ASKED)?,
            }
        }
        self.state.line = None;
        self.state.fresh = None;
        self.point();
        if self.plan.crash_after.is_some() {
            return Err(Halt::Crash);
        }
        let say = tell::end(self.plan, &self.state);
        self.note("end", say, None)?;
        Ok(())
    }

    // What is seen.

    /// What a crash here would leave.
    fn look(&mut self) {
        let disk = recovered(self.plan, &self.state.slots, &self.state.disk);
        self.state.check = check(self.plan, &disk);
        let files = self.pasts.iter().enumerate();
        self.state.seen = files.map(|(file, past)| see(self.plan, &disk, file, past)).collect();
    }

    /// Counts a point at which the power may fail.
    fn point(&mut self) {
        self.look();
        let any = |is: fn(Verdict) -> bool| self.state.seen.iter().any(|it| is(it.verdict));
        self.points.all += 1;
        self.points.inconsistent += u64::from(self.state.check != Check::Clean);
        self.points.stale += u64::from(any(|it| it == Verdict::Stale));
        self.points.mixed += u64::from(any(|it| it == Verdict::Mixed));
        self.points.lost += u64::from(self.state.seen.iter().any(|it| 0 < it.n_lost));
    }

    fn note(
        &mut self,
        tag: &'static str,
        say: String,
        ask: Option<Question>,
    ) -> Result<(), ScenarioError> {
        self.look();
        let time = self.state.counts.written() + self.state.counts.recovery;
        let state = &self.state;
        self.log.step(time, tag, || {
            let shot = Shot::new(say, state.clone());
            match ask {
                Some((question, options, answer)) => shot.ask(question, options, answer),
                None => shot,
            }
        })
    }

    // Programs write into memory.

    fn block(&mut self, body: Body) -> Block {
        self.stamp += 1;
        Block { stamp: self.stamp, body }
    }

    /// Puts new metadata into memory and its home into the running transaction.
    fn join(&mut self, home: usize, body: Option<Body>) {
        if let Some(body) = body {
            let block = self.block(body);
            self.state.mem[home] = Some(block);
        }
        if self.state.running().is_none() {
            let seq = self.state.txns.last().map_or(1, |it| it.seq + 1);
            let (homes, data) = (Vec::new(), Vec::new());
            self.state.txns.push(Txn { seq, stage: Stage::Running, homes, data });
        }
        if let Some(txn) = self.state.txns.last_mut().filter(|it| !it.homes.contains(&home)) {
            txn.homes.push(home);
        }
    }

    /// Commits first if the running transaction has no room for these homes.
    fn make_room(&mut self, homes: &[usize]) -> Result<(), Halt> {
        let Some(txn) = self.state.running() else { return Ok(()) };
        let new = homes.iter().filter(|it| !txn.homes.contains(it)).count();
        // With its descriptor and its commit record, in a ring without the superblock.
        if txn.homes.len() + new + 2 < self.plan.n_slots {
            return Ok(());
        }
        self.commit(tell::FULL)
    }

    fn append(&mut self, line: usize, op: Op) -> Result<(), Halt> {
        let inode = self.plan.inode(op.file);
        let mut homes = self.state.blocks_of(self.plan, op.file);
        let mut versions = self.newest(op.file);
        let mut added = Vec::new();
        for _ in 0..op.n {
            let bits = match self.state.mem[0] {
                Some(Block { body: Body::Bitmap(bits), .. }) => bits,
                _ => u64::MAX,
            };
            let Some(home) = (0..self.plan.n_homes()).find(|it| bits >> it & 1 == 0) else {
                let why = format!("the disk has no free block left for {}", self.name(op.file));
                let at = format!("/script/{line}/n");
                return Err(ScenarioError::one(at, Fault::Conflict(why)).into());
            };
            let logged = self.plan.mode == Mode::Journal;
            let needs = [0, inode, home];
            self.make_room(if logged { &needs } else { &needs[..2] })?;
            self.state.counts.asked += 1;
            let (file, index) = (op.file, homes.len());
            homes.extend(u8::try_from(home));
            let data = self.block(Body::Data { file, index, version: 1 });
            self.state.mem[home] = Some(data);
            self.join(0, Some(Body::Bitmap(bits | 1 << home)));
            self.join(inode, Some(Body::Inode(homes.clone())));
            if logged {
                self.join(home, None);
            } else {
                self.state.dirty[home] = true;
                let ordered = self.plan.mode == Mode::Ordered;
                self.state.txns.last_mut().filter(|_| ordered).into_iter().for_each(|it| {
                    it.data.push(home);
                });
            }
            added.push(home);
            versions.push(1);
        }
        self.pasts[op.file].states.push(versions);
        let say = tell::append(self.plan, &self.state, op.file, &added);
        Ok(self.note("write", say, None)?)
    }

    fn overwrite(&mut self, line: usize, op: Op) -> Result<(), Halt> {
        let homes = self.state.blocks_of(self.plan, op.file);
        let Some(&home) = homes.get(op.n) else {
            let max = i64::try_from(homes.len()).unwrap_or_default() - 1;
            let got = i64::try_from(op.n).unwrap_or(i64::MAX);
            let fault = Fault::OutOfRange { got, min: 0, max };
            return Err(ScenarioError::one(format!("/script/{line}/n"), fault).into());
        };
        let (home, inode) = (usize::from(home), self.plan.inode(op.file));
        let logged = self.plan.mode == Mode::Journal;
        let needs = [inode, home];
        self.make_room(if logged { &needs } else { &needs[..1] })?;
        self.state.counts.asked += 1;
        let mut versions = self.newest(op.file);
        versions[op.n] += 1;
        let version = versions[op.n];
        let data = self.block(Body::Data { file: op.file, index: op.n, version });
        self.state.mem[home] = Some(data);
        // Only the time in the inode changes.
        self.join(inode, Some(Body::Inode(homes)));
        if logged {
            self.join(home, None);
        } else {
            self.state.dirty[home] = true;
        }
        self.pasts[op.file].states.push(versions);
        let say = tell::overwrite(self.plan, &self.state, op, home);
        Ok(self.note("write", say, None)?)
    }

    fn newest(&self, file: usize) -> Vec<u32> {
        self.pasts[file].states.last().cloned().unwrap_or_default()
    }

    fn name(&self, file: usize) -> &str {
        &self.plan.files[file]
    }

    // The kernel writes to the disk.

    /// Gives the disk a block. A disk that keeps the order writes it at once.
    fn give(
        &mut self,
        tag: &'static str,
        place: Place,
        block: Block,
        ask: Option<Question>,
    ) -> Result<(), Halt> {
        self.unflushed = true;
        let say = tell::give(self.plan, place, &block, tag);
        if self.plan.disk == Disk::InOrder {
            self.land(place, block)?;
            return Ok(self.note(tag, say, ask)?);
        }
        self.state.fresh = None;
        // A cache holds one version of a place.
        match self.state.cache.iter_mut().find(|it| it.0 == place) {
            Some(it) => it.1 = block,
            None => self.state.cache.push((place, block)),
        }
        self.note(tag, say, ask)?;
        if self.plan.n_cache <= self.state.cache.len() { self.drain() } else { Ok(()) }
    }

    /// A block reaches the disk, unless the power fails first.
    fn land(&mut self, place: Place, block: Block) -> Result<(), Halt> {
        self.point();
        if self.plan.crash_after == Some(self.state.counts.written()) {
            return Err(Halt::Crash);
        }
        let counts = &mut self.state.counts;
        match (place, &block.body) {
            (Place::Slot(_), _) => counts.journal += 1,
            (Place::Home(_), Body::Data { .. }) => counts.data += 1,
            (Place::Home(_), _) => counts.home += 1,
        }
        self.put(place, block);
        Ok(())
    }

    fn put(&mut self, place: Place, block: Block) {
        self.state.fresh = Some(place);
        match place {
            Place::Home(at) => self.state.disk[at] = block,
            Place::Slot(at) => self.state.slots[at] = block,
        }
    }

    /// Writes what the cache holds, the newest first.
    fn drain(&mut self) -> Result<(), Halt> {
        while let Some((place, block)) = self.state.cache.pop() {
            self.write_cached(place, block)?;
        }
        Ok(())
    }

    fn write_cached(&mut self, place: Place, block: Block) -> Result<(), Halt> {
        let say = tell::from_cache(self.plan, place, &block);
        self.land(place, block)?;
        Ok(self.note("platter", say, None)?)
    }

    /// Waits until all that was given is on the disk.
    fn flush(&mut self, why: &str) -> Result<(), Halt> {
        if !self.plan.flushes || !self.unflushed {
            return Ok(());
        }
        self.unflushed = false;
        self.state.counts.flushes += 1;
        self.drain()?;
        self.state.fresh = None;
        Ok(self.note("flush", tell::flush(why), None)?)
    }

    fn write_data(&mut self, homes: &[usize], ask: Option<Question>) -> Result<(), Halt> {
        let mut ask = ask;
        for &home in homes {
            let Some(block) = self.state.mem[home].clone().filter(|_| self.state.dirty[home])
            else {
                continue;
            };
            self.state.dirty[home] = false;
            self.give("data", Place::Home(home), block, ask.take())?;
        }
        Ok(())
    }

    fn write_back(&mut self) -> Result<(), Halt> {
        let homes: Vec<usize> =
            (0..self.plan.n_homes()).filter(|&it| self.state.dirty[it]).collect();
        if homes.is_empty() {
            return Ok(self.note("idle", tell::nothing_dirty(self.plan.mode), None)?);
        }
        self.write_data(&homes, None)
    }

    fn fsync(&mut self, file: usize) -> Result<(), Halt> {
        let homes = self.state.blocks_of(self.plan, file);
        let homes: Vec<usize> = homes.into_iter().map(usize::from).collect();
        let dirty = homes.iter().any(|&it| self.state.dirty[it]);
        self.write_data(&homes, dirty.then(|| tell::ask_first(true)))?;
        let inode = self.plan.inode(file);
        if self.state.running().is_some_and(|it| it.homes.contains(&inode)) {
            self.commit(tell::SYNCED)?;
        }
        self.flush("fsync promises that all of it is on the disk")?;
        self.pasts[file].synced = self.newest(file);
        let say = tell::synced(self.plan, file);
        Ok(self.note("fsync", say, None)?)
    }

    /// Writes the running transaction into the journal.
    fn commit(&mut self, why: &'static str) -> Result<(), Halt> {
        let Some(txn) = self.state.txns.last_mut() else { return Ok(()) };
        txn.stage = Stage::Committing;
        let Txn { seq, homes, data, .. } = txn.clone();
        let say = tell::begin(self.plan, seq, &homes, why);
        self.state.fresh = None;
        self.note("begin", say, None)?;
        if self.plan.n_slots - 1 < self.state.n_used + homes.len() + 2 {
            self.checkpoint(tell::NO_ROOM)?;
        }
        let dirty = data.iter().any(|&it| self.state.dirty[it]);
        self.write_data(&data, dirty.then(|| tell::ask_first(true)))?;
        if !data.is_empty() {
            self.flush("the data must be there before anything can point to it")?;
        }
        let ask = (!dirty && self.plan.mode != Mode::Ordered).then(|| tell::ask_first(false));
        let descriptor = self.block(Body::Descriptor { seq, homes: homes.clone() });
        self.log_block("descriptor", descriptor, ask)?;
        let images: Vec<Block> =
            homes.iter().filter_map(|&it| self.state.mem[it].clone()).collect();
        for image in &images {
            self.log_block("image", image.clone(), None)?;
        }
        self.flush("the commit record must not come before what it vouches for")?;
        let record = self.block(Body::Commit { seq, sum: sum_of(&images) });
        self.log_block("commit", record, None)?;
        self.flush("only a record that is on the disk counts")?;
        for (home, image) in homes.into_iter().zip(images) {
            match self.state.waiting.iter_mut().find(|it| it.0 == home) {
                Some(it) => it.1 = image,
                None => self.state.waiting.push((home, image)),
            }
        }
        self.set_stage(|it| it == Stage::Committing, Stage::Committed);
        Ok(())
    }

    fn log_block(
        &mut self,
        tag: &'static str,
        block: Block,
        ask: Option<Question>,
    ) -> Result<(), Halt> {
        let slot = self.state.head;
        self.state.head = self.plan.after(slot);
        self.state.n_used += 1;
        self.give(tag, Place::Slot(slot), block, ask)
    }

    fn set_stage(&mut self, of: fn(Stage) -> bool, to: Stage) {
        for txn in self.state.txns.iter_mut().filter(|it| of(it.stage)) {
            txn.stage = to;
        }
    }

    /// Brings home what is committed, and frees the journal.
    fn checkpoint(&mut self, why: &'static str) -> Result<(), Halt> {
        if self.state.waiting.is_empty() {
            return Ok(self.note("idle", tell::nothing_waits(), None)?);
        }
        let mut waiting = std::mem::take(&mut self.state.waiting);
        crate::order::by_key(&mut waiting, |it| it.0);
        let say = tell::checkpoint(self.plan, &waiting, why);
        self.state.waiting.clone_from(&waiting);
        self.note("checkpoint", say, None)?;
        for (home, image) in waiting {
            self.give("home", Place::Home(home), image, None)?;
            self.state.waiting.retain(|it| it.0 != home);
        }
        self.flush("the journal's copy may go only when the home is written")?;
        let committed = self.state.txns.iter().filter(|it| it.stage == Stage::Committed);
        let seq = committed.map(|it| it.seq + 1).max().unwrap_or(1);
        self.state.tail = self.state.head;
        self.state.n_used = 0;
        self.set_stage(|it| it == Stage::Committed, Stage::AtHome);
        let block = self.block(Body::Super { tail: self.state.head, seq });
        self.give("tail", Place::Slot(0), block, None)?;
        self.flush("the room may be used again only when the tail has moved")
    }

    // After a crash.

    fn lose_memory(&mut self) {
        let n = self.plan.n_homes();
        self.state.mem = vec![None; n];
        self.state.dirty = vec![false; n];
        self.state.cache.clear();
        self.state.waiting.clear();
        self.state.fresh = None;
        self.state.line = None;
        self.state.crashed = true;
        self.set_stage(
            |it| matches!(it, Stage::Running | Stage::Committing | Stage::Committed),
            Stage::Forgotten,
        );
    }

    fn recover(&mut self) -> Result<(), ScenarioError> {
        self.lose_memory();
        let say = tell::crash(self.plan, &self.state);
        self.note("crash", say, None)?;
        let mut again = self.plan.crash_again_after;
        while !self.replay(again)? {
            again = None;
            self.lose_memory();
            self.note("crash", tell::crash_again(), None)?;
        }
        let ask = tell::ask_file(self.plan, &self.state);
        let say = tell::recovered(self.plan, &self.state);
        self.note("recovered", say, ask)
    }

    /// One recovery; whether it came to its end before the power failed again.
    fn replay(&mut self, crash_at: Option<u64>) -> Result<bool, ScenarioError> {
        let all = walk(self.plan, &self.state.slots);
        let Body::Super { tail, seq } = self.state.slots[0].body else { return Ok(true) };
        let (mut tail, mut seq) = (tail, seq);
        for Found { seq: its, homes, images, end, next } in all {
            let whole = end == End::Whole;
            let stage = if whole { Stage::Replayed } else { Stage::Forgotten };
            for txn in self.state.txns.iter_mut().filter(|it| it.seq == its) {
                txn.stage = stage;
            }
            let say = tell::found(its, homes.len(), end);
            let tag = if whole { "scan" } else { "forget" };
            self.note(tag, say, Some(tell::ask_found(whole)))?;
            if !whole {
                break;
            }
            for (home, image) in homes.into_iter().zip(images) {
                if crash_at == Some(self.state.counts.recovery) {
                    return Ok(false);
                }
                let say = tell::replay(self.plan, home, its);
                self.put(Place::Home(home), image);
                self.state.counts.recovery += 1;
                self.note("replay", say, None)?;
            }
            (tail, seq) = (next, its + 1);
        }
        if crash_at == Some(self.state.counts.recovery) {
            return Ok(false);
        }
        let block = self.block(Body::Super { tail, seq });
        self.put(Place::Slot(0), block);
        self.state.counts.recovery += 1;
        (self.state.tail, self.state.head, self.state.n_used) = (tail, tail, 0);
        let n = self.state.txns.iter().filter(|it| it.stage == Stage::Replayed).count();
        self.note("tail", tell::emptied(n as u64), None)?;
        Ok(true)
    }
}
