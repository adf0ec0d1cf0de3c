//! The walk: from a path to an inode, name by name.

use super::cache::Cache;
use super::tree::{Id, What, World};
use crate::amounts::are;
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use crate::fs::guess;
use crate::words::count;
use std::collections::VecDeque;
use std::sync::Arc;

/// Symbolic links that one walk follows; with one more, Linux gives up.
const LINKS_MAX: u32 = 40;

/// A name of the path, with a number that stays its own.
pub(super) type Chip = (u32, String);

/// What happened so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) n_inode_reads: u64,
    pub(super) n_block_reads: u64,
    pub(super) n_hits: u64,
    pub(super) n_symlinks: u64,
    pub(super) n_errors: u64,
}

impl Totals {
    pub(super) const fn reads(&self) -> u64 {
        self.n_inode_reads + self.n_block_reads
    }
}

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) world: Arc<World>,
    pub(super) cache: Arc<Cache>,
    /// Statement that is at work, from 0.
    pub(super) line: Option<usize>,
    /// Where the walk is.
    pub(super) here: Option<Id>,
    /// The entry that was followed last: directory and what it leads to.
    pub(super) edge: Option<(Id, Id)>,
    pub(super) walked: Vec<Chip>,
    pub(super) left: VecDeque<Chip>,
    pub(super) totals: Totals,
    /// How the statements ended, and what each read.
    pub(super) results: Vec<(String, u64)>,
}

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) parent: Id,
    /// The last name; empty if the path ends in `.`, `..` or at a root.
    pub(super) name: String,
    /// `None` if there is no such name in the parent.
    pub(super) id: Option<Id>,
}

pub(super) struct Runner {
    pub(super) state: State,
    /// Whether anything stays in memory.
    pub(super) keeps: bool,
    /// Whether steps are not logged.
    pub(super) is_quiet: bool,
    reads_before: u64,
    serial: u32,
}

/// A failed call: its error, and why.
pub(super) struct Failed {
    pub(super) error: &'static str,
    pub(super) why: String,
}

/// What a walk or a call comes to, beside faults of the scenario.
pub(super) type Ends<T> = Result<Result<T, Failed>, ScenarioError>;

pub(super) fn failed<T>(error: &'static str, why: impl Into<String>) -> Ends<T> {
    Ok(Err(Failed { error, why: why.into() }))
}

impl Runner {
    pub(super) fn new(keeps: bool) -> Self {
        let state = State {
            world: Arc::new(World::new()),
            cache: Arc::default(),
            line: None,
            here: None,
            edge: None,
            walked: Vec::new(),
            left: VecDeque::new(),
            totals: Totals::default(),
            results: Vec::new(),
        };
        Self { state, keeps, is_quiet: true, reads_before: 0, serial: 0 }
    }

    pub(super) fn opening(&self) -> String {
        let world = &self.state.world;
        let n = world.inodes.iter().filter(|it| !it.is_freed).count() as u64;
        let is = are(n);
        let root = if n == 1 { "that of the root" } else { "the root's among them" };
        let memory = match self.keeps {
            true => "nothing of it is in memory yet",
            false => "nothing of it is in memory, and nothing stays there",
        };
        format!("There {is} {} on the disk, {root}; {memory}.", count(n, "inodes"))
    }

    pub(super) fn world(&mut self) -> &mut World {
        Arc::make_mut(&mut self.state.world)
    }

    /// What is kept, if anything is.
    pub(super) fn cache(&mut self) -> &mut Cache {
        Arc::make_mut(&mut self.state.cache)
    }

    pub(super) fn called(&self, id: Id) -> String {
        self.state.world.called(id)
    }

    /// Blocks and inodes that this call has read.
    pub(super) fn reads_now(&self) -> u64 {
        self.state.totals.reads() - self.reads_before
    }

    pub(super) fn begin(&mut self) {
        self.reads_before = self.state.totals.reads();
        self.forget_walk();
    }

    pub(super) fn forget_walk(&mut self) {
        (self.state.here, self.state.edge) = (None, None);
        self.state.walked.clear();
        self.state.left.clear();
    }

    /// Logs a step with a question where there is one.
    pub(super) fn tell(
        &self,
        log: &mut Log<State>,
        tag: &'static str,
        say: impl FnOnce() -> String,
        ask: impl FnOnce() -> Option<(String, Vec<String>, usize)>,
    ) -> Result<(), ScenarioError> {
        if self.is_quiet {
            return Ok(());
        }
        log.step(self.state.totals.reads(), tag, || {
            let shot = Shot::new(say(), self.state.clone());
            match ask() {
                Some((question, options, answer)) => shot.ask(&question, options, answer),
                None => shot,
            }
        })
    }

    fn chips(&mut self, path: &str) -> Vec<Chip> {
        let mut chips = Vec::new();
        for name in path.split('/').filter(|it| !it.is_empty()) {
            self.serial += 1;
            chips.push((self.serial, name.to_owned()));
        }
        // A slash at the end asks for a directory, as a dot behind it would.
        if path.ends_with('/') && !chips.is_empty() {
            self.serial += 1;
            chips.push((self.serial, ".".to_owned()));
        }
        chips
    }

    /// Reads an inode unless it is in memory; whether it was read.
    fn read_inode(&mut self, id: Id) -> bool {
        if self.state.cache.inodes.contains(&id) {
            return false;
        }
        self.state.totals.n_inode_reads += 1;
        if self.keeps {
            self.cache().inodes.insert(id);
        }
        true
    }

    fn read_block(&mut self, directory: Id) -> bool {
        if self.state.cache.blocks.contains(&directory) {
            return false;
        }
        self.state.totals.n_block_reads += 1;
        if self.keeps {
            self.cache().blocks.insert(directory);
        }
        true
    }

    /// Walks a path from the root.
    pub(super) fn walk(&mut self, path: &str, follow: bool, log: &mut Log<State>) -> Ends<Found> {
        let root = self.state.world.systems[0].root;
        self.forget_walk();
        self.state.left = self.chips(path).into();
        let is_read = self.read_inode(root);
        self.state.here = Some(root);
        self.tell(log, "root", || root_said(path, is_read), || None)?;
        let mut found = Found { parent: root, name: String::new(), id: Some(root) };
        let mut n_links = 0;
        while let Some(chip) = self.state.left.pop_front() {
            let here = found.id.unwrap_or(root);
            if let Some(failed) = self.refused(here, &chip.1) {
                self.state.left.push_front(chip);
                return Ok(Err(failed));
            }
            let name = chip.1.clone();
            self.state.walked.push(chip);
            match name.as_str() {
                "." => {
                    found.name = String::new();
                    let say = || format!("The name . leads back to {} itself.", self.called(here));
                    self.tell(log, "dot", say, || None)?;
                }
                ".." => {
                    let up = self.up(here, log)?;
                    found = Found { parent: up, name: String::new(), id: Some(up) };
                }
                _ => {
                    let Some(id) = self.look_up(here, &name, log)? else {
                        if self.state.left.is_empty() {
                            return Ok(Ok(Found { parent: here, name, id: None }));
                        }
                        let why = format!("{} has no name {name}", self.called(here));
                        return failed("ENOENT", why);
                    };
                    let target = self.target(id).filter(|_| follow || !self.state.left.is_empty());
                    let Some(target) = target else {
                        let id = self.through_mounts(id, log)?;
                        found = Found { parent: here, name, id: Some(id) };
                        continue;
                    };
                    n_links += 1;
                    if LINKS_MAX < n_links {
                        let why = format!("more than {LINKS_MAX} symbolic links were met");
                        return failed("ELOOP", why);
                    }
                    let to = self.follow(here, &name, &target, log)?;
                    found = Found { parent: to, name: String::new(), id: Some(to) };
                }
            }
        }
        Ok(Ok(found))
    }

    /// Why nothing can be looked up here.
    fn refused(&self, here: Id, name: &str) -> Option<Failed> {
        let world = &self.state.world;
        let (error, why) = match (world.is_directory(here), world.inodes[here].searchable) {
            (false, _) => {
                ("ENOTDIR", format!("{} is no directory and holds no {name}", world.called(here)))
            }
            (true, false) => (
                "EACCES",
                format!("{} may not be searched, its right x is missing", world.called(here)),
            ),
            (true, true) => return None,
        };
        Some(Failed { error, why })
    }

    fn target(&self, id: Id) -> Option<String> {
        match &self.state.world.inodes[id].what {
            What::Link(target) => Some(target.clone()),
            What::File | What::Directory(_) => None,
        }
    }

    /// Looks a name up in a directory, and reads the inode that it leads to.
    fn look_up(
        &mut self,
        here: Id,
        name: &str,
        log: &mut Log<State>,
    ) -> Result<Option<Id>, ScenarioError> {
        let directory = self.called(here);
        let kept = self.state.cache.find(here, name).map(|it| it.leads_to);
        if let Some(kept) = kept {
            self.state.totals.n_hits += 1;
            self.arrive(here, kept);
            let (tag, say) = match kept {
                Some(id) => (
                    "hit",
                    format!(
                        "The dentry cache knows that {name} in {directory} is {}, so nothing is read.",
                        self.called(id)
                    ),
                ),
                None => (
                    "negative",
                    format!(
                        "The dentry cache knows that {directory} has no {name}, so nothing is read."
                    ),
                ),
            };
            self.tell(log, tag, || say, || None)?;
            return Ok(kept);
        }
        let found = self.state.world.entry(here, name);
        let is_read = self.read_block(here);
        self.arrive(here, found);
        if self.keeps {
            self.cache().keep(here, name, found);
        }
        let how = if is_read { " is read and" } else { ", in memory already," };
        let result = match found {
            Some(id) => format!("says that {name} is {}", self.called(id)),
            None => format!("holds no name {name}"),
        };
        let say = || format!("The block of {directory}{how} {result}.");
        let tag = if found.is_some() { "name" } else { "no_name" };
        self.tell(log, tag, say, || None)?;
        if let Some(id) = found
            && self.read_inode(id)
        {
            let say =
                || format!("{} is read, to learn {}.", capital(&self.called(id)), self.learned(id));
            self.tell(log, "inode", say, || None)?;
        }
        Ok(found)
    }

    fn arrive(&mut self, from: Id, to: Option<Id>) {
        self.state.here = to.or(Some(from));
        self.state.edge = to.map(|to| (from, to));
    }

    fn learned(&self, id: Id) -> &'static str {
        match &self.state.world.inodes[id].what {
            What::Directory(_) => {
                "that it is a directory, whether it may be searched, and where its blocks are"
            }
            What::File => "that it is a file and who may use it",
            What::Link(_) => "that it is a symbolic link, and which path is in it",
        }
    }

    fn up(&mut self, here: Id, log: &mut Log<State>) -> Result<Id, ScenarioError> {
        let world = &self.state.world;
        if here == world.systems[0].root {
            let say = || {
                "The name .. at the root leads to the root, because nothing is above it.".to_owned()
            };
            self.tell(log, "dotdot", say, || None)?;
            return Ok(here);
        }
        let (mut from, mut crossed) = (here, false);
        while let Some(on) = world.rooted_at(from).and_then(|it| world.systems[it].on) {
            (from, crossed) = (on, true);
        }
        let up = world.entry(from, "..").unwrap_or(from);
        let mut n = 0;
        if !self.keeps {
            n = u64::from(self.read_block(from)) + u64::from(self.read_inode(up));
        }
        self.arrive(here, Some(up));
        let why = match (crossed, n) {
            (true, _) => {
                "because the root of a mounted file system has the parent of its mount point"
            }
            (false, 0) => "its parent, which the dentry cache knows, so nothing is read",
            (false, _) => "because the directory's own block says so",
        };
        let say = || format!("The name .. leads up to {}, {why}.", self.called(up));
        self.tell(log, "dotdot", say, || None)?;
        Ok(up)
    }

    /// Goes to the root of what is mounted here.
    fn through_mounts(&mut self, mut id: Id, log: &mut Log<State>) -> Result<Id, ScenarioError> {
        while let Some(system) = self.state.world.mounted_on(id) {
            let root = self.state.world.systems[system].root;
            self.arrive(id, Some(root));
            let say = || {
                format!(
                    "The file system {} is mounted on {}, so the walk goes on in its root, {}.",
                    self.state.world.systems[system].name,
                    self.called(id),
                    self.called(root)
                )
            };
            self.tell(log, "mount", say, || None)?;
            id = root;
        }
        Ok(id)
    }

    /// Puts the names of a symbolic link before those that are left; where the walk goes on.
    fn follow(
        &mut self,
        here: Id,
        name: &str,
        target: &str,
        log: &mut Log<State>,
    ) -> Result<Id, ScenarioError> {
        self.state.totals.n_symlinks += 1;
        self.state.walked.pop();
        for chip in self.chips(target).into_iter().rev() {
            self.state.left.push_front(chip);
        }
        let root = self.state.world.systems[0].root;
        let is_whole = target.starts_with('/');
        let to = if is_whole { root } else { here };
        if is_whole {
            self.state.walked.clear();
        }
        self.state.here = Some(to);
        let own = format!("in {}, which holds the link", self.called(here));
        let place = if is_whole { "at the root" } else { own.as_str() };
        let why = match is_whole {
            true => "because the path in it begins with a slash",
            false => "because the path in it does not begin with a slash",
        };
        let say =
            || format!("The link {name} holds {target}, and the walk goes on {place}, {why}.");
        let ask = || {
            let options = vec!["at the root".to_owned(), own.clone()];
            let question = format!("The link {name} holds {target}. Where does the walk go on?");
            (here != root).then(|| (question, options, usize::from(!is_whole)))
        };
        self.tell(log, "symlink", say, ask)?;
        Ok(to)
    }

    /// The question how much the call has read.
    pub(super) fn ask_reads(&self) -> Option<(String, Vec<String>, usize)> {
        let n = self.reads_now();
        let (options, answer) = guess::numbers(n, &[0, n + 1, n.saturating_sub(1), n / 2]);
        Some((
            "How many inodes and blocks of directories did this call read?".to_owned(),
            options,
            answer,
        ))
    }

    /// What the call has read, as a part of a sentence.
    pub(super) fn reads_said(&self) -> String {
        match self.reads_now() {
            0 => "nothing had to be read".to_owned(),
            n => format!("it took {}", count(n, "reads")),
        }
    }
}

fn root_said(path: &str, is_read: bool) -> String {
    match is_read {
        true => format!("The walk along {path} begins at the root, whose inode 2 is read first."),
        false => format!("The walk along {path} begins at the root, whose inode 2 is in memory."),
    }
}

/// With a capital letter in front.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |it| it.to_uppercase().chain(letters).collect())
}
