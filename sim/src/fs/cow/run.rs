//! Changes in memory, new blocks on the disk, and the root that swings.

use super::disk::{Body, Disks, Does, Look, Op, Plan, Pointer, Stored, Sums, Super};
use super::tell;
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;

/// What was counted so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) changes: u64,
    pub(crate) writes: u64,
    pub(crate) supers: u64,
    pub(crate) repaired: u64,
    pub(crate) errors: u64,
    pub(crate) wrong: u64,
    pub(crate) refused: u64,
}

/// Everything after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) disks: Disks,
    /// Pointers to each block, from roots that are written and from new blocks.
    pub(super) references: Vec<u32>,
    /// By data block: the version that memory has, and how often it was changed since the commit.
    pub(super) memory: Vec<u32>,
    pub(super) dirty: Vec<usize>,
    /// Blocks of a commit that is on its way: written, and not yet under a root.
    pub(super) fresh: Vec<usize>,
    pub(super) line: Option<usize>,
    /// Blocks that the last step was about.
    pub(super) marked: Vec<usize>,
    pub(super) crashed: bool,
    pub(crate) counts: Counts,
}

impl State {
    pub(crate) fn n_used(&self) -> usize {
        self.references.iter().filter(|it| 0 < **it).count()
    }

    /// Blocks that only this root reaches.
    pub(crate) fn own(&self, plan: &Plan, snapshot: Option<usize>) -> usize {
        let Some(newest) = self.disks.newest() else { return 0 };
        let mut seen = vec![0_u32; plan.n_blocks];
        let mut mine = Vec::new();
        let roots = newest.snapshots.iter().map(|it| (Some(it.0), it.1));
        for (of, root) in roots.chain([(None, newest.root)]) {
            let mut reached = self.disks.reach(root);
            reached.sort_unstable();
            reached.dedup();
            reached.iter().for_each(|&it| seen[it] += 1);
            if of == snapshot {
                mine = reached;
            }
        }
        mine.into_iter().filter(|&it| seen[it] == 1).count()
    }
}

/// The power has failed.
struct Crash;

/// Why a step could not be taken.
enum Halt {
    Crash,
    Error(ScenarioError),
}

impl From<ScenarioError> for Halt {
    fn from(error: ScenarioError) -> Self {
        Self::Error(error)
    }
}

impl From<Crash> for Halt {
    fn from(_: Crash) -> Self {
        Self::Crash
    }
}

/// A question with its options and the right one.
pub(super) type Question = (&'static str, Vec<String>, usize);

/// The running file system.
pub(crate) struct Kernel<'a> {
    plan: &'a Plan,
    log: &'a mut Log<State>,
    pub(crate) state: State,
    stamp: u32,
    n_pending: usize,
    /// Data block whose next write the first disk loses.
    lose: Option<usize>,
}

impl<'a> Kernel<'a> {
    pub(crate) fn new(plan: &'a Plan, log: &'a mut Log<State>) -> Self {
        let empty = Stored { stamp: 0, body: Body::Empty, flipped: false };
        let n_copies = if plan.mirror { 2 } else { 1 };
        let copies = vec![vec![empty; plan.n_blocks]; n_copies];
        let disks = Disks { copies, supers: [None, None] };
        let state = State {
            disks,
            references: vec![0; plan.n_blocks],
            memory: vec![1; plan.n_leaves()],
            dirty: Vec::new(),
            fresh: Vec::new(),
            line: None,
            marked: Vec::new(),
            crashed: false,
            counts: Counts::default(),
        };
        let mut kernel = Self { plan, log, state, stamp: 0, n_pending: 0, lose: None };
        let root = kernel.format(plan.depth, 0);
        let newest = Super { generation: 0, root, snapshots: Vec::new() };
        kernel.state.disks.supers[0] = Some(newest);
        kernel.state.references = kernel.state.disks.references();
        kernel
    }

    /// Lays the first tree out: a node before what is below it.
    fn format(&mut self, level: u32, index: usize) -> Pointer {
        let block = self.state.references.iter().position(|it| *it == 0).unwrap_or_default();
        self.state.references[block] = 1;
        let body = if level == 0 {
            Body::Data { leaf: index, version: 1 }
        } else {
            let first = index * self.plan.fanout;
            let below = first..first + self.plan.fanout;
            let children = below.map(|it| self.format(level - 1, it)).collect();
            Body::Node { level, index, children }
        };
        self.store(block, &body, None)
    }

    /// Puts content into every copy of a block but one that is lost.
    fn store(&mut self, block: usize, body: &Body, lost: Option<usize>) -> Pointer {
        self.stamp += 1;
        let stamp = self.stamp;
        for (copy, disk) in self.state.disks.copies.iter_mut().enumerate() {
            if lost != Some(copy) {
                disk[block] = Stored { stamp, body: body.clone(), flipped: false };
            }
        }
        Pointer { block, stamp }
    }

    pub(crate) fn run(&mut self) -> Result<(), ScenarioError> {
        match self.script() {
            Err(Halt::Error(error)) => Err(error),
            Err(Halt::Crash) => self.mount(),
            Ok(()) => Ok(()),
        }
    }

    fn script(&mut self) -> Result<(), Halt> {
        self.note("start", tell::start(self.plan), None)?;
        for (line, op) in self.plan.script.iter().enumerate() {
            self.state.line = Some(line);
            self.state.marked.clear();
            match op.does {
                Does::Write => self.write(op.leaf)?,
                Does::Commit => self.commit(true)?,
                Does::Snapshot => self.snapshot(op)?,
                Does::Drop => self.drop_snapshot(op)?,
                Does::Read => self.read(op.leaf)?,
                Does::Scrub => self.scrub()?,
                Does::Flip => self.flip(op.leaf, 1)?,
                Does::FlipBoth => self.flip(op.leaf, 2)?,
                Does::Lose => {
                    self.lose = Some(op.leaf);
                    self.note("lose", tell::lose(op.leaf), None)?;
                }
            }
        }
        if self.plan.crash_after.is_some() {
            return Err(Halt::Crash);
        }
        self.state.line = None;
        self.state.marked.clear();
        let say = tell::end(&self.state);
        self.note("end", say, None)?;
        Ok(())
    }

    fn note(
        &mut self,
        tag: &'static str,
        say: String,
        ask: Option<Question>,
    ) -> Result<(), ScenarioError> {
        let counts = self.state.counts;
        let state = &self.state;
        self.log.step(counts.writes + counts.supers, tag, || {
            let shot = Shot::new(say, state.clone());
            match ask {
                Some((question, options, answer)) => shot.ask(question, options, answer),
                None => shot,
            }
        })
    }

    // Changes.

    fn write(&mut self, leaf: usize) -> Result<(), Halt> {
        self.state.counts.changes += 1;
        self.state.memory[leaf] += 1;
        if !self.state.dirty.contains(&leaf) {
            self.state.dirty.push(leaf);
        }
        self.n_pending += 1;
        let say = tell::change(leaf, self.state.memory[leaf], self.n_pending, self.plan);
        self.note("change", say, None)?;
        if self.plan.commit_every <= self.n_pending { self.commit(false) } else { Ok(()) }
    }

    /// Whether the power fails before the next block is written.
    fn power(&self) -> Result<(), Crash> {
        let counts = self.state.counts;
        let fails = self.plan.crash_after == Some(counts.writes + counts.supers);
        if fails { Err(Crash) } else { Ok(()) }
    }

    fn newest(&self) -> Super {
        let empty =
            Super { generation: 0, root: Pointer { block: 0, stamp: 0 }, snapshots: Vec::new() };
        self.state.disks.newest().cloned().unwrap_or(empty)
    }

    /// Blocks that a commit needs: the changed data and every node above some of it.
    fn needs(&self) -> usize {
        let level = |level: u32| {
            let mut above: Vec<usize> =
                self.state.dirty.iter().map(|it| it / self.plan.span(level)).collect();
            above.sort_unstable();
            above.dedup();
            above.len()
        };
        (0..=self.plan.depth).map(level).sum()
    }

    fn commit(&mut self, asked: bool) -> Result<(), Halt> {
        self.n_pending = 0;
        if self.state.dirty.is_empty() {
            if asked {
                self.note("idle", tell::nothing(), None)?;
            }
            return Ok(());
        }
        let old = self.newest();
        let n_free = self.plan.n_blocks - self.state.n_used();
        let needs = self.needs();
        if n_free < needs {
            for leaf in std::mem::take(&mut self.state.dirty) {
                self.state.counts.refused += 1;
                let version = self.state.disks.content(old.root).get(leaf).copied();
                self.state.memory[leaf] = version.unwrap_or_default();
            }
            return Ok(self.note("full", tell::full(needs, n_free), None)?);
        }
        let mut dirty = std::mem::take(&mut self.state.dirty);
        dirty.sort_unstable();
        self.state.dirty.clone_from(&dirty);
        let root = self.renew(old.root, self.plan.depth, 0, &dirty)?;
        self.state.dirty.clear();
        self.swing(Super { generation: old.generation + 1, root, snapshots: old.snapshots })
    }

    /// Writes new versions of what lies between a block and the changed data, from below.
    fn renew(
        &mut self,
        old: Pointer,
        level: u32,
        index: usize,
        dirty: &[usize],
    ) -> Result<Pointer, Halt> {
        if level == 0 {
            let body = Body::Data { leaf: index, version: self.state.memory[index] };
            let lost = (self.lose == Some(index)).then_some(0);
            if lost.is_some() {
                self.lose = None;
            }
            return self.place(&body, old.block, lost);
        }
        let mut children = self.state.disks.children(old).to_vec();
        for (at, child) in children.iter_mut().enumerate() {
            let below = index * self.plan.fanout + at;
            let span = self.plan.span(level - 1);
            if dirty.iter().any(|it| it / span == below) {
                *child = self.renew(*child, level - 1, below, dirty)?;
            }
        }
        self.place(&Body::Node { level, index, children }, old.block, None)
    }

    /// Writes a block to the lowest free place.
    fn place(&mut self, body: &Body, old: usize, lost: Option<usize>) -> Result<Pointer, Halt> {
        self.power()?;
        let free = |&it: &usize| self.state.references[it] == 0 && !self.state.fresh.contains(&it);
        let block = (0..self.plan.n_blocks).find(free).unwrap_or_default();
        let say = tell::place(self.plan, body, block, old);
        let tag = if matches!(body, Body::Data { .. }) { "data" } else { "node" };
        self.state.counts.writes += 1;
        let pointer = self.store(block, body, lost);
        self.state.fresh.push(block);
        self.state.marked = vec![block];
        self.note(tag, say, None)?;
        Ok(pointer)
    }

    /// Writes a superblock over the older of the two. It is whole or not there.
    fn put_super(&mut self, newest: Super) -> Result<(), Crash> {
        self.power()?;
        let slot = usize::from(newest.generation % 2 == 1);
        self.state.disks.supers[slot] = Some(newest);
        self.state.counts.supers += 1;
        self.state.fresh.clear();
        self.state.references = self.state.disks.references();
        Ok(())
    }

    /// The new tree becomes the tree, and what nobody reaches any more is free.
    fn swing(&mut self, newest: Super) -> Result<(), Halt> {
        let before = self.state.references.clone();
        let n_new = self.state.fresh.len();
        let (generation, root) = (newest.generation, newest.root.block);
        self.put_super(newest)?;
        let freed: Vec<usize> = (0..self.plan.n_blocks)
            .filter(|&it| 0 < before[it] && self.state.references[it] == 0)
            .collect();
        self.state.marked = vec![root];
        let say = tell::swing(generation, root, n_new, &freed);
        Ok(self.note("root", say, Some(tell::ask_before_swing()))?)
    }

    fn snapshot(&mut self, op: &Op) -> Result<(), Halt> {
        self.commit(false)?;
        let mut newest = self.newest();
        newest.generation += 1;
        newest.snapshots.push((op.snapshot, newest.root));
        let root = newest.root.block;
        let name = &self.plan.snapshots[op.snapshot];
        self.put_super(newest)?;
        self.state.marked = vec![root];
        let say = tell::snapshot(name, root);
        Ok(self.note("snapshot", say, Some(tell::ask_snapshot()))?)
    }

    fn drop_snapshot(&mut self, op: &Op) -> Result<(), Halt> {
        let own = self.state.own(self.plan, Some(op.snapshot));
        let mut newest = self.newest();
        newest.generation += 1;
        newest.snapshots.retain(|it| it.0 != op.snapshot);
        self.put_super(newest)?;
        let say = tell::dropped(&self.plan.snapshots[op.snapshot], own);
        Ok(self.note("drop", say, None)?)
    }

    // Faults of disks, and what is done against them.

    fn leaf_pointer(&self, leaf: usize) -> Pointer {
        let mut at = self.newest().root;
        for level in (0..self.plan.depth).rev() {
            let which = leaf / self.plan.span(level) % self.plan.fanout;
            match self.state.disks.children(at).get(which) {
                Some(&child) => at = child,
                None => break,
            }
        }
        at
    }

    fn flip(&mut self, leaf: usize, n: usize) -> Result<(), Halt> {
        let block = self.leaf_pointer(leaf).block;
        for disk in self.state.disks.copies.iter_mut().take(n) {
            disk[block].flipped = true;
        }
        self.state.marked = vec![block];
        let n = n.min(self.state.disks.copies.len());
        Ok(self.note("flip", tell::flip(leaf, block, n), None)?)
    }

    fn read(&mut self, leaf: usize) -> Result<(), Halt> {
        let to = self.leaf_pointer(leaf);
        self.state.marked = vec![to.block];
        let looks: Vec<Look> = (0..self.state.disks.copies.len())
            .map(|it| self.state.disks.look(self.plan.sums, to, it).1)
            .collect();
        let first = looks.iter().position(|it| *it != Look::Bad);
        match first.map(|it| (it, looks[it])) {
            None => self.state.counts.errors += 1,
            Some((_, Look::Wrong)) => self.state.counts.wrong += 1,
            Some((good, _)) => {
                for copy in 0..good {
                    self.repair(to.block, copy, good);
                }
            }
        }
        let ask = tell::ask_read(&looks);
        let say = tell::read(leaf, to.block, &looks, self.plan.sums);
        let tag = match first {
            None => "error",
            Some(0) => "read",
            Some(_) => "repair",
        };
        Ok(self.note(tag, say, ask)?)
    }

    fn repair(&mut self, block: usize, bad: usize, good: usize) {
        self.state.disks.copies[bad][block] = self.state.disks.copies[good][block].clone();
        self.state.counts.repaired += 1;
    }

    fn scrub(&mut self) -> Result<(), Halt> {
        let newest = self.newest();
        let mut all = Vec::new();
        for root in newest.snapshots.iter().map(|it| it.1).chain([newest.root]) {
            self.pointers(root, &mut all);
        }
        let (mut n_repaired, mut n_lost) = (0, 0);
        for to in &all {
            let n = self.state.disks.copies.len();
            let look =
                |kernel: &Self, it: usize| kernel.state.disks.look(kernel.plan.sums, *to, it).1;
            let bad: Vec<usize> = (0..n).filter(|&it| look(self, it) == Look::Bad).collect();
            if bad.is_empty() {
                continue;
            }
            self.state.marked = vec![to.block];
            match (0..n).find(|it| !bad.contains(it)) {
                Some(good) => {
                    for &copy in &bad {
                        self.repair(to.block, copy, good);
                        n_repaired += 1;
                    }
                    self.note("repair", tell::mended(to.block), None)?;
                }
                None => {
                    n_lost += 1;
                    self.state.counts.errors += 1;
                    self.note("error", tell::beyond_repair(to.block), None)?;
                }
            }
        }
        let say = tell::scrubbed(all.len(), n_repaired, n_lost, self.plan.sums == Sums::None);
        Ok(self.note("scrub", say, None)?)
    }

    /// Every pointer below and with this one, each block once.
    fn pointers(&self, to: Pointer, out: &mut Vec<Pointer>) {
        if out.iter().any(|it| it.block == to.block) {
            return;
        }
        out.push(to);
        for &child in self.state.disks.children(to) {
            self.pointers(child, out);
        }
    }

    // After a crash.

    fn mount(&mut self) -> Result<(), ScenarioError> {
        let n_fresh = self.state.fresh.len();
        self.state.line = None;
        self.state.marked.clear();
        self.state.crashed = true;
        self.state.dirty.clear();
        let say = tell::crash(self.state.counts.writes + self.state.counts.supers);
        self.note("crash", say, None)?;
        let newest = self.newest();
        self.state.fresh.clear();
        self.state.references = self.state.disks.references();
        self.state.memory = self.state.disks.content(newest.root);
        self.state.marked = vec![newest.root.block];
        let say = tell::mounted(newest.generation, newest.root.block, n_fresh);
        self.note("mount", say, Some(tell::ask_mount()))
    }
}
