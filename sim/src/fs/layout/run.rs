//! The calls, one written block after the other.

use super::image::{Image, Kind, POINTERS, Shape, at};
use super::script::Does;
use crate::engine::{Log, Shot};
use crate::error::ScenarioError;
use crate::fs::guess;
use crate::words::{count, list};
use std::collections::BTreeSet;

/// What is seen after a step.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(in crate::fs) image: Image,
    pub(in crate::fs) line: Option<usize>,
    pub(in crate::fs) results: Vec<(String, u64)>,
    /// The block that is written now.
    pub(in crate::fs) now: Option<u64>,
    /// Blocks that the call has changed.
    pub(in crate::fs) changed: BTreeSet<u64>,
    pub(in crate::fs) n_writes: u64,
}

/// A call that cannot be done: its error, and why.
type Refused = (&'static str, String);

pub(in crate::fs) struct Runner {
    pub(in crate::fs) state: State,
}

/// What a block bitmap loses or gains.
fn bits(blocks: &[u64]) -> String {
    let all: Vec<String> = blocks.iter().map(u64::to_string).collect();
    if let [one] = &all[..] { format!("block {one}") } else { format!("blocks {}", list(&all)) }
}

impl Runner {
    pub(super) fn new(shape: Shape) -> Self {
        Self::on(Image::new(shape))
    }

    pub(in crate::fs) fn on(image: Image) -> Self {
        let state = State {
            image,
            line: None,
            results: Vec::new(),
            now: None,
            changed: BTreeSet::new(),
            n_writes: 0,
        };
        Self { state }
    }

    pub(in crate::fs) fn run(
        &mut self,
        ops: &[(Does, String)],
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        log.step(0, "start", || {
            let shape = self.state.image.shape;
            let say = format!(
                "The disk has {} of {}, and {} of each hold what finds the others; inode 2 is the root \
                 directory, and its entries stand in block {}.",
                count(shape.n_groups, "groups"),
                count(shape.blocks, "blocks"),
                shape.overhead(),
                shape.overhead(),
            );
            Shot::new(say, self.state.clone())
        })?;
        for (line, (does, _)) in ops.iter().enumerate() {
            self.state.line = Some(line);
            self.state.now = None;
            self.state.changed.clear();
            let done = match does {
                Does::Create(path, n) => self.create(path, *n, Kind::File, log)?,
                Does::MakeDirectory(path) => self.create(path, 1, Kind::Directory, log)?,
                Does::Append(path, n) => self.append(path, *n, log)?,
                Does::Delete(path) => self.delete(path, log)?,
            };
            self.finish(&done, log)?;
        }
        Ok(())
    }

    fn finish(
        &mut self,
        done: &Result<(), Refused>,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let n = self.state.changed.len() as u64;
        self.state.now = None;
        let (tag, say) = match done {
            Ok(()) => {
                self.state.results.push(("ok".to_owned(), n));
                let say = format!(
                    "The call has changed {}; the disk writes one at a time, so a crash may come between any two.",
                    count(n, "blocks")
                );
                ("done", say)
            }
            Err((error, why)) => {
                self.state.results.push(((*error).to_owned(), n));
                (
                    "refused",
                    format!("The call fails with {error}, because {why}; nothing is written."),
                )
            }
        };
        log.step(self.state.n_writes, tag, || {
            let shot = Shot::new(say, self.state.clone());
            let (options, answer) = guess::numbers(n, &[1, 3, n + 1, n + 2]);
            match done {
                Ok(()) => {
                    shot.ask("How many different blocks has this call changed?", options, answer)
                }
                Err(_) => shot,
            }
        })
    }

    /// Writes a block of the disk.
    fn write(
        &mut self,
        block: u64,
        tag: &'static str,
        say: &str,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let again = if self.state.changed.insert(block) {
            self.state.n_writes += 1;
            ""
        } else {
            " It stands in a block that changes anyway."
        };
        self.state.now = Some(block);
        log.step(self.state.n_writes, tag, || {
            Shot::new(format!("{say}{again}"), self.state.clone())
        })
    }

    fn shape(&self) -> Shape {
        self.state.image.shape
    }

    /// The directory of a path, and the last name.
    fn parent<'a>(&self, path: &'a str) -> Result<(u64, &'a str), Refused> {
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        match self.state.image.find(above) {
            Some(number) if self.state.image.inode(number).kind == Kind::Directory => {
                Ok((number, name))
            }
            Some(_) => Err(("ENOTDIR", format!("{above} is no directory"))),
            None => Err(("ENOENT", format!("there is no {above}"))),
        }
    }

    /// A new file or directory: its directory, name, inode and blocks.
    fn plan(
        &self,
        path: &str,
        n: u64,
        kind: Kind,
    ) -> Result<(u64, String, u64, Vec<u64>), Refused> {
        let image = &self.state.image;
        let (parent, name) = self.parent(path)?;
        if image.find(path).is_some() {
            return Err(("EEXIST", format!("there is a {path} already")));
        }
        let near = self.shape().group_of_inode(parent);
        let group = if kind == Kind::Directory { image.roomy_group() } else { Some(near) };
        let Some(number) = group.and_then(|it| image.free_inode(it)) else {
            return Err((
                "ENOSPC",
                "every inode is in use, though there may be free blocks".to_owned(),
            ));
        };
        let blocks = image.free_blocks(self.shape().group_of_inode(number), n);
        if (blocks.len() as u64) < n {
            return Err(("ENOSPC", self.no_room(n)));
        }
        Ok((parent, name.to_owned(), number, blocks))
    }

    fn no_room(&self, n: u64) -> String {
        let free = self.state.image.n_free_blocks();
        format!("it needs {}, and {free} {} free", count(n, "blocks"), crate::amounts::are(free))
    }

    fn create(
        &mut self,
        path: &str,
        n: u64,
        kind: Kind,
        log: &mut Log<State>,
    ) -> Result<Result<(), Refused>, ScenarioError> {
        let (parent, name, number, blocks) = match self.plan(path, n, kind) {
            Ok(it) => it,
            Err(it) => return Ok(Err(it)),
        };
        let shape = self.shape();
        let group = shape.group_of_inode(number);
        self.state.image.take_inode(number);
        let why = match kind {
            Kind::Directory => {
                "a new directory goes where most is free, so that its files find room near it"
            }
            _ if group == shape.group_of_inode(parent) => {
                "a file's inode stands in the group of its directory"
            }
            _ => "the group of its directory has none free",
        };
        let say = format!(
            "The inode bitmap of group {group} gets the bit of inode {number}, because {why}."
        );
        self.write(group * shape.blocks + 3, "inode_bitmap", &say, log)?;
        self.take_blocks(&blocks, group, log)?;
        let is_directory = kind == Kind::Directory;
        let inode = self.state.image.inode_mut(number);
        inode.kind = kind;
        inode.n_links = if is_directory { 2 } else { 1 };
        inode.parent = parent;
        inode.blocks.clone_from(&blocks);
        let leads = if blocks.is_empty() {
            "to no block".to_owned()
        } else {
            format!("to {}", bits(&blocks))
        };
        let say = format!(
            "Inode {number} is filled in its table: {}, and pointers {leads}.",
            count(if is_directory { 2 } else { 1 }, "links"),
        );
        self.write(shape.table_block(number), "inode", &say, log)?;
        self.write_data(path, &blocks, is_directory, log)?;
        self.state.image.inode_mut(parent).entries.push((name.clone(), number));
        let place = self.state.image.inode(parent).blocks.first().copied().unwrap_or_default();
        let say =
            format!("The directory's block {place} gets the entry {name} for inode {number}.");
        self.write(place, "entry", &say, log)?;
        self.touch(parent, u64::from(is_directory), true, log)?;
        self.counts(log)?;
        Ok(Ok(()))
    }

    /// Sets bits for blocks, bitmap by bitmap.
    fn take_blocks(
        &mut self,
        blocks: &[u64],
        near: u64,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let shape = self.shape();
        for group in 0..shape.n_groups {
            let own: Vec<u64> =
                blocks.iter().copied().filter(|it| shape.group_of_block(*it) == group).collect();
            if own.is_empty() {
                continue;
            }
            own.iter().for_each(|it| self.state.image.take_block(*it));
            let n = count(own.len() as u64, "bits");
            let why = match group == near {
                true => "blocks are sought in the group of the inode",
                false => "the group of the inode is full",
            };
            let say = format!(
                "The block bitmap of group {group} gets {n}, for {}, because {why}.",
                bits(&own)
            );
            self.write(group * shape.blocks + 2, "block_bitmap", &say, log)?;
        }
        Ok(())
    }

    fn write_data(
        &mut self,
        path: &str,
        blocks: &[u64],
        is_directory: bool,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        for &block in blocks {
            let say = match is_directory {
                true => format!("Block {block} gets the entries . and .. of {path}."),
                false => format!("Block {block} gets data of {path}."),
            };
            self.write(block, "data", &say, log)?;
        }
        Ok(())
    }

    /// The inode of a directory that has changed: its time, and a link more or less.
    fn touch(
        &mut self,
        number: u64,
        n_links: u64,
        is_more: bool,
        log: &mut Log<State>,
    ) -> Result<(), ScenarioError> {
        let inode = self.state.image.inode_mut(number);
        inode.n_links = if is_more { inode.n_links + n_links } else { inode.n_links - n_links };
        let links = match n_links {
            0 => String::new(),
            _ => format!(" and {}, because of the .. below it", count(inode.n_links, "links")),
        };
        let say = format!("Inode {number}, the directory's, gets a new time{links}.");
        self.write(self.shape().table_block(number), "inode", &say, log)
    }

    /// The counts of what is free, in the descriptors and in the superblock.
    fn counts(&mut self, log: &mut Log<State>) -> Result<(), ScenarioError> {
        self.write(1, "counts", "The group descriptors get new counts of what is free.", log)?;
        self.state.image.sum_up();
        let (blocks, inodes) = self.state.image.free_sum;
        let say = format!(
            "The superblock gets the sums: {} and {} are free.",
            count(blocks, "blocks"),
            count(inodes, "inodes")
        );
        self.write(0, "counts", &say, log)
    }

    fn append(
        &mut self,
        path: &str,
        n: u64,
        log: &mut Log<State>,
    ) -> Result<Result<(), Refused>, ScenarioError> {
        let image = &self.state.image;
        let Some(number) = image.find(path) else {
            return Ok(Err(("ENOENT", format!("there is no {path}"))));
        };
        let own = image.inode(number);
        if own.kind != Kind::File {
            return Ok(Err(("EISDIR", format!("{path} is a directory"))));
        }
        if POINTERS < own.blocks.len() + at(n) {
            let why = format!("an inode has {POINTERS} pointers here, and no indirect ones");
            return Ok(Err(("EFBIG", why)));
        }
        let group = self.shape().group_of_inode(number);
        let blocks = image.free_blocks(group, n);
        if (blocks.len() as u64) < n {
            return Ok(Err(("ENOSPC", self.no_room(n))));
        }
        self.take_blocks(&blocks, group, log)?;
        self.state.image.inode_mut(number).blocks.extend(&blocks);
        let say = format!(
            "Inode {number} gets a larger size, a new time and {}, to {}.",
            count(n, "pointers"),
            bits(&blocks)
        );
        self.write(self.shape().table_block(number), "inode", &say, log)?;
        self.write_data(path, &blocks, false, log)?;
        self.counts(log)?;
        Ok(Ok(()))
    }

    fn delete(
        &mut self,
        path: &str,
        log: &mut Log<State>,
    ) -> Result<Result<(), Refused>, ScenarioError> {
        let found = self.parent(path).and_then(|(parent, name)| {
            let number = self.state.image.find(path);
            let number = number.ok_or_else(|| ("ENOENT", format!("there is no {path}")))?;
            Ok((parent, name, number))
        });
        let (parent, name, number) = match found {
            Ok(it) => it,
            Err(it) => return Ok(Err(it)),
        };
        if !self.state.image.inode(number).entries.is_empty() {
            return Ok(Err(("ENOTEMPTY", format!("{path} still has entries"))));
        }
        let shape = self.shape();
        self.state.image.inode_mut(parent).entries.retain(|it| it.0 != name);
        let place = self.state.image.inode(parent).blocks.first().copied().unwrap_or_default();
        let say = format!("The directory's block {place} loses the entry {name}.");
        self.write(place, "entry", &say, log)?;
        let is_directory = self.state.image.inode(number).kind == Kind::Directory;
        self.touch(parent, u64::from(is_directory), false, log)?;
        let inode = self.state.image.inode_mut(number);
        (inode.kind, inode.n_links) = (Kind::Free, 0);
        let blocks = std::mem::take(&mut inode.blocks);
        let say = format!("Inode {number} is cleared in its table: no links, no pointers.");
        self.write(shape.table_block(number), "inode", &say, log)?;
        for group in 0..shape.n_groups {
            let own: Vec<u64> =
                blocks.iter().copied().filter(|it| shape.group_of_block(*it) == group).collect();
            if own.is_empty() {
                continue;
            }
            own.iter().for_each(|it| self.state.image.give_block(*it));
            let say = format!(
                "The block bitmap of group {group} loses the bits of {}; what stands in them is not touched.",
                bits(&own)
            );
            self.write(group * shape.blocks + 2, "block_bitmap", &say, log)?;
        }
        self.state.image.give_inode(number);
        let group = shape.group_of_inode(number);
        let say = format!("The inode bitmap of group {group} loses the bit of inode {number}.");
        self.write(group * shape.blocks + 3, "inode_bitmap", &say, log)?;
        self.counts(log)?;
        Ok(Ok(()))
    }
}
