//! What each step of a log says.

use super::Policy;
use super::cleaner::{Rating, value};
use super::disk::Address;
use crate::amounts::are;
use crate::scene::number;
use crate::words::{count, list, unit};

/// A small count as 32 bits; disks here are far below.
pub(super) fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn n(n: usize, units: &str) -> String {
    count(n as u64, units)
}

/// `A's block 3`, or `A's blocks 0 to 3`.
fn blocks(name: &str, first: u16, last: u16) -> String {
    match first == last {
        true => format!("{name}'s block {first}"),
        false => format!("{name}'s blocks {first} to {last}"),
    }
}

pub(super) fn start(segments: usize, size: usize) -> String {
    format!(
        "The disk is empty: {segments} segments of {}, and the log begins at segment 0.",
        n(size, "blocks")
    )
}

pub(super) fn so_far(written: usize) -> String {
    format!(
        "The segment is full after {}, and too few are free: the cleaner comes first.",
        n(written, "blocks")
    )
}

pub(super) fn write(name: &str, first: u16, last: u16, n_dead: usize, metadata: bool) -> String {
    let what = blocks(name, first, last);
    let go = if first == last { "goes" } else { "go" };
    let with = match metadata {
        true => ", with a new inode, because it must point there, and a new piece of the map",
        false => "",
    };
    let dead = match n_dead {
        0 => String::new(),
        1 => "; the old version is dead where it was".to_owned(),
        n => format!("; the {n} old versions are dead where they were"),
    };
    format!("{what} {go} to the end of the log{with}{dead}.")
}

/// Writes of a drawn workload, up to the end of a segment.
pub(super) fn filled(written: usize, n_free: usize) -> String {
    format!(
        "The log takes {}; what is replaced is dead where it was, and {} {} free.",
        n(written, "blocks"),
        n(n_free, "segments"),
        are(n_free as u64)
    )
}

pub(super) fn delete(name: &str, first: u16, last: u16, metadata: bool) -> String {
    let what = blocks(name, first, last);
    let rest = match metadata {
        true => "; only a new inode and a new piece of the map are written",
        false => ", and nothing is written",
    };
    let are = if first == last { "is" } else { "are" };
    format!("{what} {are} deleted: the room stays taken until the cleaner comes{rest}.")
}

/// A place as segment and block.
fn place(address: Address, size: usize) -> String {
    format!("segment {}, block {}", address / size, address % size)
}

pub(super) fn hole(name: &str, block: u16) -> String {
    format!("{} does not exist, so nothing need be read.", blocks(name, block, block))
}

pub(super) fn read_plain(name: &str, block: u16) -> String {
    format!("{} is read where its newest version stands.", blocks(name, block, block))
}

pub(super) fn read(name: &str, block: u16, way: &[Address], size: usize) -> String {
    let places: Vec<String> = way.iter().map(|&it| place(it, size)).collect();
    format!(
        "{} is found in three steps: the map at {} says where the inode is, the inode at {} where the block is, \
         and that is at {}.",
        blocks(name, block, block),
        places[0],
        places[1],
        places[2]
    )
}

pub(super) fn checkpoint(has_map: bool) -> String {
    match has_map {
        true => "A checkpoint is written at its fixed place: it says where the newest piece of the map is.",
        false => "A checkpoint is written at its fixed place; there is no map in the log that it could point to.",
    }
    .to_owned()
}

pub(super) fn crash(has_checkpoint: bool) -> String {
    match has_checkpoint {
        true => {
            "The power fails, and the map in memory is gone; the checkpoint says where an older one is."
        }
        false => "The power fails, and there is no checkpoint that points to a map: the log is read from its start.",
    }
    .to_owned()
}

pub(super) fn roll(n_blocks: usize, files: &[String]) -> String {
    match (n_blocks, files.is_empty()) {
        (0, _) => "Nothing was written since, so the checkpoint is the newest state.".to_owned(),
        (_, true) => format!(
            "The log is read on over {}, and the newest versions are found.",
            n(n_blocks, "blocks")
        ),
        (_, false) => format!(
            "The log is read on from there over {}: the newer inodes of {} are found, and nothing is lost.",
            n(n_blocks, "blocks"),
            list(files)
        ),
    }
}

pub(super) fn nothing() -> String {
    "The cleaner finds no segment that it could clean into the room that is left.".to_owned()
}

pub(super) fn no_gain() -> String {
    "The cleaner stops, because every block of the best segment is live: moving it would gain nothing.".to_owned()
}

/// `1 live block`.
fn live(n: usize) -> String {
    format!("{n} live {}", unit(&n.to_string(), "blocks"))
}

fn numbers(picked: &[Rating]) -> String {
    let all: Vec<String> = picked.iter().map(|it| it.segment.to_string()).collect();
    let word = if all.len() == 1 { "segment" } else { "segments" };
    format!("{word} {}", list(&all))
}

pub(super) fn pick(picked: &[Rating], policy: Policy, size: usize) -> String {
    let first = picked[0];
    let live = format!("{} of its {}", first.n_live, n(size, "blocks"));
    let why = match (policy, value(&first, size)) {
        (_, None) => "nothing in it is live, so it need not even be read".to_owned(),
        (Policy::Greedy, Some(_)) => {
            format!("only {live} {} live, as few as in no other", are(first.n_live as u64))
        }
        (Policy::CostBenefit, Some(value)) => format!(
            "{live} {} live and the youngest is {} old, which is worth most: {}",
            are(first.n_live as u64),
            count(first.age.into(), "writes"),
            number(value, 2)
        ),
    };
    let first = first.segment;
    match picked.len() {
        1 => format!("The cleaner takes segment {first}, because {why}."),
        _ => format!("The cleaner takes {}; {first} comes first, because {why}.", numbers(picked)),
    }
}

pub(super) fn clean(picked: &[Rating], n_live: usize, gained: usize, sorts: bool) -> String {
    let free = numbers(picked);
    let are = if picked.len() == 1 { "is" } else { "are" };
    let sorted = if sorts { ", the oldest first" } else { "" };
    match n_live {
        0 => format!(
            "The cleaner copies nothing, and {free} {are} free: {} of room.",
            n(gained, "blocks")
        ),
        live => format!(
            "The cleaner appends {} to the log{sorted}, and {free} {are} free: {} of room.",
            self::live(live),
            n(gained, "blocks")
        ),
    }
}

pub(super) fn full(n_live: usize) -> String {
    format!(
        "The disk is full with {}: the next block has no place, and the run ends.",
        live(n_live)
    )
}
