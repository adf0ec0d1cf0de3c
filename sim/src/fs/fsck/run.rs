//! The passes, one repair after the other.

use super::LOST;
use crate::engine::{Log, Mode, Shot};
use crate::error::ScenarioError;
use crate::fs::layout::image::{Image, Kind, Part, ROOT, at};
use crate::words::{count, list};

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(super) image: Image,
    /// The pass at work; 0 before the first.
    pub(super) pass: usize,
    pub(super) repairs: Vec<Repair>,
    /// Who has each block, as pass 1 finds it; 0 for nobody, and the groups' own as inode 1.
    pub(super) owner: Vec<u64>,
    /// What the step is about: an inode or a block.
    pub(super) inode: Option<u64>,
    pub(super) block: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repair {
    pub(super) pass: usize,
    pub(super) wrong: String,
    pub(super) done: String,
}

/// What the passes are about.
pub(super) const PASSES: [&str; 5] = [
    "inodes and their blocks",
    "entries of directories",
    "connection to the root",
    "numbers of links",
    "bitmaps and counts",
];

/// What each pass does, and why.
const WHY: [&str; 5] = [
    "it reads every inode and notes on a map of its own who has which block, because the bitmaps may be wrong",
    "an entry must lead to an inode in use, and a directory has one name only",
    "every directory must be reached from the root",
    "links are compared with the names that pass 2 has left",
    "they are compared with the map of pass 1",
];

type Done = Result<(), ScenarioError>;

pub(super) struct Runner {
    pub(super) state: State,
    time: u64,
}

/// The first pass that has something to repair on an image; none if it agrees with itself.
pub(super) fn first_pass(image: &Image) -> Option<usize> {
    let mut runner = Runner::new(image.clone());
    runner.run(&mut Log::new(Mode::MetricsOnly)).ok()?;
    runner.state.repairs.first().map(|it| it.pass)
}

/// Entries that name an inode; for a directory its own `.` and the `..` below it too.
pub(super) fn names(image: &Image, number: u64) -> u64 {
    let is_directory =
        |it: &u64| image.inodes.get(at(*it - 1)).is_some_and(|it| it.kind == Kind::Directory);
    let directories = (1..=image.shape.n_inodes()).filter(is_directory);
    let of = |it: u64| image.inode(it).entries.iter().filter(|it| it.1 == number).count() as u64;
    let named: u64 = directories.map(of).sum();
    if !is_directory(&number) {
        return named;
    }
    let below = image.inode(number).entries.iter().filter(|it| 0 < it.1 && is_directory(&it.1));
    // The root has no name, and its .. leads to itself.
    named + 1 + below.count() as u64 + u64::from(number == ROOT)
}

/// `block 4`, `blocks 4 and 5`.
fn blocks(all: &[u64]) -> String {
    let texts: Vec<String> = all.iter().map(u64::to_string).collect();
    format!("{} {}", if all.len() == 1 { "block" } else { "blocks" }, list(&texts))
}

impl Runner {
    pub(super) fn new(image: Image) -> Self {
        let shape = image.shape;
        let own = |block: u64| u64::from(shape.part(block) != Part::Data);
        let owner = (0..shape.n_blocks()).map(own).collect();
        let state = State { image, pass: 0, repairs: Vec::new(), owner, inode: None, block: None };
        Self { state, time: 0 }
    }

    fn tell(&mut self, log: &mut Log<State>, tag: &'static str, say: &str) -> Done {
        self.ask(log, tag, say, None)
    }

    /// A step, with the pass that a question asks for, 0 for none of them.
    pub(super) fn ask(
        &mut self,
        log: &mut Log<State>,
        tag: &'static str,
        say: &str,
        answer: Option<usize>,
    ) -> Done {
        log.step(self.time, tag, || {
            let shot = Shot::new(say.to_owned(), self.state.clone());
            let Some(answer) = answer else { return shot };
            let mut options = vec!["none of them".to_owned()];
            options.extend((1..).zip(PASSES).map(|(at, it)| format!("pass {at}: {it}")));
            shot.ask("Which pass is the first to see this damage?", options, answer)
        })?;
        self.time += 1;
        Ok(())
    }

    /// A repair: what was wrong, and what is done.
    fn repair(
        &mut self,
        log: &mut Log<State>,
        (inode, block): (Option<u64>, Option<u64>),
        wrong: String,
        done: String,
    ) -> Done {
        (self.state.inode, self.state.block) = (inode, block);
        let say = format!("{wrong}: {done}.");
        self.state.repairs.push(Repair { pass: self.state.pass, wrong, done });
        self.tell(log, "repair", &say)
    }

    pub(super) fn run(&mut self, log: &mut Log<State>) -> Done {
        for (at, (what, why)) in PASSES.iter().zip(WHY).enumerate() {
            self.state.pass = at + 1;
            (self.state.inode, self.state.block) = (None, None);
            let before = self.state.repairs.len();
            self.tell(log, "pass", &format!("Pass {} checks {what}: {why}.", at + 1))?;
            match at {
                0 => self.inodes(log)?,
                1 => self.entries(log)?,
                2 => self.connection(log)?,
                3 => self.links(log)?,
                _ => self.bitmaps(log)?,
            }
            if self.state.repairs.len() == before {
                (self.state.inode, self.state.block) = (None, None);
                self.tell(log, "clean", &format!("Pass {} finds nothing wrong.", at + 1))?;
            }
        }
        (self.state.inode, self.state.block) = (None, None);
        let say = match self.state.repairs.len() as u64 {
            0 => "The image was clean: the passes have changed nothing.".to_owned(),
            n => format!(
                "The image agrees with itself after {}; what the files should hold, no pass can know.",
                count(n, "repairs")
            ),
        };
        self.tell(log, "done", &say)
    }

    fn live(&self) -> Vec<u64> {
        let is_live = |it: &u64| matches!(self.kind(*it), Kind::File | Kind::Directory);
        (1..=self.state.image.shape.n_inodes()).filter(is_live).collect()
    }

    /// What an inode is; free if there is none with this number.
    fn kind(&self, number: u64) -> Kind {
        let place = number.checked_sub(1).map(at);
        let inode = place.and_then(|it| self.state.image.inodes.get(it));
        inode.map_or(Kind::Free, |it| it.kind)
    }

    fn inodes(&mut self, log: &mut Log<State>) -> Done {
        let mut shared = Vec::new();
        for number in self.live() {
            let mut kept = Vec::new();
            for block in self.state.image.inode(number).blocks.clone() {
                let shape = self.state.image.shape;
                if shape.n_blocks() <= block || shape.part(block) != Part::Data {
                    self.state.image.inode_mut(number).blocks.retain(|it| *it != block);
                    let wrong = format!(
                        "Inode {number} points to block {block}, which is no block of data"
                    );
                    let done = "the pointer is cleared".to_owned();
                    self.repair(log, (Some(number), None), wrong, done)?;
                    continue;
                }
                match self.state.owner[at(block)] {
                    0 => self.state.owner[at(block)] = number,
                    first => shared.push((number, kept.len(), first)),
                }
                kept.push(block);
            }
            (self.state.inode, self.state.block) = (Some(number), None);
            let what = match self.kind(number) {
                Kind::Directory => "a directory",
                Kind::Free | Kind::Reserved | Kind::File => "a file",
            };
            let say = match kept.len() {
                0 => format!("Inode {number} is {what} without blocks, so the map stays as it is."),
                _ => format!(
                    "Inode {number} is {what} in {}: the map gets its number there.",
                    blocks(&kept)
                ),
            };
            self.tell(log, "inode", &say)?;
        }
        shared
            .into_iter()
            .try_for_each(|(number, place, first)| self.copy(number, place, first, log))
    }

    /// A block in two files: the later one gets a copy. One is free, because a pointer that leads to a
    /// block of another file has left its own.
    fn copy(&mut self, number: u64, place: usize, first: u64, log: &mut Log<State>) -> Done {
        let free = self.state.owner.iter().position(|it| *it == 0);
        let pointer = self.state.image.inode_mut(number).blocks.get_mut(place);
        let (Some(free), Some(pointer)) = (free, pointer) else { return Ok(()) };
        let block = std::mem::replace(pointer, free as u64);
        self.state.owner[free] = number;
        let wrong = match first == number {
            true => format!("Block {block} is twice in inode {number}"),
            false => format!("Block {block} is in inode {first} and in inode {number}"),
        };
        let done = format!(
            "inode {number} gets a copy in block {free}, because nobody knows whose content it is"
        );
        self.repair(log, (Some(number), Some(free as u64)), wrong, done)
    }

    fn entries(&mut self, log: &mut Log<State>) -> Done {
        let mut named = vec![ROOT];
        for number in self.live() {
            for (name, to) in self.state.image.inode(number).entries.clone() {
                let is = match self.kind(to) {
                    Kind::Free | Kind::Reserved => {
                        format!("names inode {to}, which is not in use")
                    }
                    Kind::Directory if named.contains(&to) => {
                        format!("is a second name of directory {to}")
                    }
                    Kind::File => continue,
                    Kind::Directory => {
                        named.push(to);
                        continue;
                    }
                };
                self.forget(number, &name);
                let wrong = format!("Entry {name} of directory {number} {is}");
                let done = "the entry is removed".to_owned();
                self.repair(log, (Some(number), None), wrong, done)?;
            }
        }
        Ok(())
    }

    fn forget(&mut self, directory: u64, name: &str) {
        self.state.image.inode_mut(directory).entries.retain(|it| it.0 != name);
    }

    /// Directories that the root leads to.
    fn reached(&self) -> Vec<u64> {
        let mut all = vec![ROOT];
        let mut next = 0;
        while let Some(&number) = all.get(next) {
            next += 1;
            let entries = &self.state.image.inode(number).entries;
            all.extend(
                entries.iter().map(|it| it.1).filter(|it| self.kind(*it) == Kind::Directory),
            );
        }
        all
    }

    fn connection(&mut self, log: &mut Log<State>) -> Done {
        loop {
            let reached = self.reached();
            let mut lost = self.live();
            lost.retain(|it| self.kind(*it) == Kind::Directory && !reached.contains(it));
            // The top of a lost tree first; in a circle there is none, and any one will do.
            let is_below = |it: u64| {
                let mut others = lost.iter().filter(|up| **up != it);
                others.any(|up| self.state.image.inode(*up).entries.iter().any(|to| to.1 == it))
            };
            let top = lost.iter().copied().find(|it| !is_below(*it)).or(lost.first().copied());
            let Some(number) = top else { break };
            for up in &lost {
                self.state.image.inode_mut(*up).entries.retain(|it| it.1 != number);
            }
            self.attach(number);
            self.state.image.inode_mut(number).parent = LOST;
            let wrong = format!("Directory {number} is not reached from the root");
            let done = format!("it goes to lost+found as #{number}, because its name is lost");
            self.repair(log, (Some(number), None), wrong, done)?;
        }
        for number in self.reached() {
            for (_, child) in self.state.image.inode(number).entries.clone() {
                let old = self.state.image.inode(child).parent;
                if self.kind(child) == Kind::Directory && old != number {
                    self.state.image.inode_mut(child).parent = number;
                    let wrong = format!("The entry .. of directory {child} names inode {old}");
                    let done = format!("it gets inode {number}, where its name stands");
                    self.repair(log, (Some(child), None), wrong, done)?;
                }
            }
        }
        Ok(())
    }

    fn attach(&mut self, number: u64) {
        let entry = (format!("#{number}"), number);
        self.state.image.inode_mut(LOST).entries.push(entry);
    }

    fn links(&mut self, log: &mut Log<State>) -> Done {
        for number in self.live() {
            if names(&self.state.image, number) == 0 {
                self.attach(number);
                let wrong = format!("Inode {number} is in use, but no entry names it");
                let done = format!(
                    "it goes to lost+found as #{number}, because an inode does not hold its name"
                );
                self.repair(log, (Some(number), None), wrong, done)?;
            }
        }
        for number in self.live() {
            let says = self.state.image.inode(number).n_links;
            let names = names(&self.state.image, number);
            if says != names {
                self.state.image.inode_mut(number).n_links = names;
                let wrong = format!("Inode {number} says {}", count(says, "links"));
                let done = format!("it gets {names}, because so many entries name it");
                self.repair(log, (Some(number), None), wrong, done)?;
            }
        }
        Ok(())
    }

    fn bitmaps(&mut self, log: &mut Log<State>) -> Done {
        let shape = self.state.image.shape;
        for block in 0..shape.n_blocks() {
            let is_used = self.state.owner[at(block)] != 0;
            if self.state.image.block_bits[at(block)] == is_used {
                continue;
            }
            self.state.image.block_bits[at(block)] = is_used;
            let (wrong, done) = match is_used {
                true => (
                    format!("Block {block} is in a file, but its bit says free"),
                    "the bit is set, before the block is given to a second file".to_owned(),
                ),
                false => (
                    format!("Block {block} is in no file, but its bit says used"),
                    "the bit is cleared, and the block is free again".to_owned(),
                ),
            };
            self.repair(log, (None, Some(block)), wrong, done)?;
        }
        for number in 1..=shape.n_inodes() {
            let is_used = self.kind(number) != Kind::Free;
            if self.state.image.inode_bits[at(number - 1)] == is_used {
                continue;
            }
            self.state.image.inode_bits[at(number - 1)] = is_used;
            let is = if is_used {
                "in use, but its bit says free"
            } else {
                "free, but its bit says used"
            };
            let done = format!("the bit is {}", if is_used { "set" } else { "cleared" });
            self.repair(log, (Some(number), None), format!("Inode {number} is {is}"), done)?;
        }
        self.counts(log)
    }

    fn counts(&mut self, log: &mut Log<State>) -> Done {
        let shape = self.state.image.shape;
        for group in 0..shape.n_groups {
            let free = |bits: &[bool], n: u64| {
                bits.iter().skip(at(group * n)).take(at(n)).filter(|it| !**it).count() as u64
            };
            let image = &self.state.image;
            let right =
                (free(&image.block_bits, shape.blocks), free(&image.inode_bits, shape.inodes));
            if image.free[at(group)] == right {
                continue;
            }
            self.state.image.free[at(group)] = right;
            let wrong = format!("The counts of group {group} differ from its bitmaps");
            let done =
                format!("they get {} and {}", count(right.0, "blocks"), count(right.1, "inodes"));
            self.repair(log, (None, None), wrong, done)?;
        }
        let old = self.state.image.free_sum;
        self.state.image.sum_up();
        if old == self.state.image.free_sum {
            return Ok(());
        }
        let wrong = "The superblock's counts differ from those of the groups".to_owned();
        self.repair(log, (None, None), wrong, "they get the sums".to_owned())
    }
}
