//! Damage: what is changed on the disk behind the back of the file system.

use super::LOST;
use crate::error::{Problem, ScenarioError};
use crate::fs::layout::image::{Image, Kind, at};
use crate::lines::{Line, lines};
use crate::words::count;

const LINES_MAX: usize = 20;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hurt {
    BlockBit(u64),
    InodeBit(u64),
    Links(u64, u64),
    /// A pointer of a file: which one, and its new block.
    Pointer(u64, u64, u64),
    /// An entry, and its new inode.
    Entry(String, u64),
    Forget(String),
    Clear(u64),
    Count(u64, u64),
}

/// Reads the changes.
pub(super) fn read(text: &str, image: &Image) -> Result<Vec<(Hurt, String)>, ScenarioError> {
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    for mut line in lines(text) {
        let shown = line.text();
        match hurt(&mut line, image).and_then(|it| line.end().map(|()| it)) {
            Ok(_) if LINES_MAX <= all.len() => {
                let why = format!("more than {LINES_MAX} changes");
                problems.push(Problem { at: "/damage".to_owned(), ..line.wrong(&why) });
                break;
            }
            Ok(hurt) => all.push((hurt, shown)),
            Err(problem) => problems.push(Problem { at: "/damage".to_owned(), ..problem }),
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(ScenarioError(problems)) }
}

const VERBS: &str = "block_bit, inode_bit, links, pointer, entry, forget, clear or count";

fn hurt(line: &mut Line<'_>, image: &Image) -> Result<Hurt, Problem> {
    let shape = image.shape;
    Ok(match line.word(VERBS)? {
        "block_bit" => Hurt::BlockBit(line.number_up_to(shape.n_blocks() - 1, "a block")?),
        "inode_bit" => Hurt::InodeBit(inode(line, image)?),
        "links" => Hurt::Links(used(line, image)?, line.number_up_to(99, "a number of links")?),
        "pointer" => {
            let number = used(line, image)?;
            let own = image.inode(number);
            if own.kind != Kind::File || own.blocks.is_empty() {
                return Err(line.wrong("only pointers of files with blocks can be changed"));
            }
            let last = own.blocks.len() as u64 - 1;
            let place = line.number_up_to(last, "one of its pointers, from 0")?;
            Hurt::Pointer(number, place, line.number_up_to(9_999, "a block")?)
        }
        "entry" => Hurt::Entry(path(line, image)?, line.number_up_to(9_999, "an inode")?),
        "forget" => Hurt::Forget(path(line, image)?),
        "clear" => Hurt::Clear(used(line, image)?),
        "count" => {
            let group = line.number_up_to(shape.n_groups - 1, "a group")?;
            Hurt::Count(group, line.number_up_to(999, "a number of free blocks")?)
        }
        _ => return Err(line.wrong(&format!("expected {VERBS}"))),
    })
}

fn inode(line: &mut Line<'_>, image: &Image) -> Result<u64, Problem> {
    match line.number_up_to(image.shape.n_inodes(), "an inode")? {
        0..=LOST => Err(line.wrong("the root and lost+found, inodes 2 and 3, stay as they are")),
        number => Ok(number),
    }
}

fn used(line: &mut Line<'_>, image: &Image) -> Result<u64, Problem> {
    let number = inode(line, image)?;
    match image.inode(number).kind {
        Kind::File | Kind::Directory => Ok(number),
        Kind::Free | Kind::Reserved => Err(line.wrong("this inode is not in use")),
    }
}

fn path(line: &mut Line<'_>, image: &Image) -> Result<String, Problem> {
    let path = line.word("a path, such as /d/a")?;
    match image.find(path) {
        Some(number) if LOST < number => Ok(path.to_owned()),
        Some(_) | None => Err(line.wrong("there is no such name, or it stays as it is")),
    }
}

/// Changes the image. What another change has made impossible is left out.
pub(super) fn hit(image: &mut Image, hurt: &Hurt) {
    match hurt {
        Hurt::BlockBit(block) => image.block_bits[at(*block)] ^= true,
        Hurt::InodeBit(number) => image.inode_bits[at(number - 1)] ^= true,
        Hurt::Links(number, n) => {
            if image.inode(*number).kind != Kind::Free {
                image.inode_mut(*number).n_links = *n;
            }
        }
        Hurt::Pointer(number, place, block) => {
            if let Some(pointer) = image.inode_mut(*number).blocks.get_mut(at(*place)) {
                *pointer = *block;
            }
        }
        Hurt::Entry(path, number) => {
            if let Some(entry) = entry(image, path) {
                entry.1 = *number;
            }
        }
        Hurt::Forget(path) => {
            let name = path.rsplit('/').next().unwrap_or_default();
            if let Some(parent) = parent(image, path) {
                image.inode_mut(parent).entries.retain(|it| it.0 != name);
            }
        }
        Hurt::Clear(number) => {
            let inode = image.inode_mut(*number);
            (inode.kind, inode.n_links) = (Kind::Free, 0);
            inode.blocks.clear();
            inode.entries.clear();
        }
        Hurt::Count(group, n) => image.free[at(*group)].0 = *n,
    }
}

fn parent(image: &Image, path: &str) -> Option<u64> {
    let found = image.find(path.rsplit_once('/')?.0);
    found.filter(|it| (1..=image.shape.n_inodes()).contains(it))
}

fn entry<'a>(image: &'a mut Image, path: &str) -> Option<&'a mut (String, u64)> {
    let parent = parent(image, path)?;
    let name = path.rsplit('/').next()?;
    image.inode_mut(parent).entries.iter_mut().find(|it| it.0 == name)
}

/// What a change has done to the disk, in words.
pub(super) fn told(hurt: &Hurt, image: &Image) -> String {
    match hurt {
        Hurt::BlockBit(block) if image.block_bits[at(*block)] => {
            format!("the bit of block {block} now says used")
        }
        Hurt::BlockBit(block) => format!("the bit of block {block} now says free"),
        Hurt::InodeBit(number) if image.inode_bits[at(number - 1)] => {
            format!("the bit of inode {number} now says used")
        }
        Hurt::InodeBit(number) => format!("the bit of inode {number} now says free"),
        Hurt::Links(number, n) => format!("inode {number} now says {}", count(*n, "links")),
        Hurt::Pointer(number, place, block) => {
            format!("pointer {place} of inode {number} now leads to block {block}")
        }
        Hurt::Entry(path, number) => format!("the entry of {path} now names inode {number}"),
        Hurt::Forget(path) => format!("the entry of {path} is gone, and its inode is still there"),
        Hurt::Clear(number) => format!("inode {number} is all zeros"),
        Hurt::Count(group, n) => {
            format!("the descriptor of group {group} now says {}", count(*n, "free blocks"))
        }
    }
}
