//! Every step in a sentence.

use super::disk::{Body, Look, Plan, Sums};
use super::run::{Question, State};
use crate::words::{count, list};

/// The letter of a data block.
pub(super) fn letter(leaf: usize) -> String {
    let at = u8::try_from(leaf).unwrap_or_default().min(25);
    char::from(b'A' + at).to_string()
}

/// A node by its level and place: the root, or `N1`, `N2`, … from left to right.
pub(super) fn node(plan: &Plan, level: u32, index: usize) -> String {
    if level == plan.depth {
        return "root".to_owned();
    }
    // Levels below the root, from above, and within them from the left.
    let before: usize = (level + 1..plan.depth).map(|it| plan.fanout.pow(plan.depth - it)).sum();
    format!("N{}", before + index + 1)
}

pub(super) fn start(plan: &Plan) -> String {
    let leaves = count(plan.n_leaves() as u64, "data blocks");
    let levels = count(u64::from(plan.depth), "levels of nodes");
    format!("The tree has {leaves} under {levels}, and the superblock points to its root.")
}

pub(super) fn change(leaf: usize, version: u32, pending: usize, plan: &Plan) -> String {
    let name = letter(leaf);
    let all = plan.commit_every as u64;
    let why = match plan.commit_every {
        1 => "a commit follows at once, because each change makes one".to_owned(),
        n if n <= pending => {
            format!("a commit follows, because there are {} now", count(all, "changes"))
        }
        _ => format!("the commit waits until {} can share their paths", count(all, "changes")),
    };
    format!("The program changes {name} to version {version} in memory; {why}.")
}

pub(super) fn nothing() -> String {
    "The commit writes nothing, because nothing has changed since the last one.".to_owned()
}

pub(super) fn full(needs: usize, free: usize) -> String {
    let (needs, free) = (count(needs as u64, "blocks"), count(free as u64, "blocks"));
    format!(
        "The commit is refused with ENOSPC, because it needs {needs} for data and paths and \
         {free} are free; old ones can be freed only afterwards."
    )
}

pub(super) fn place(plan: &Plan, body: &Body, block: usize, old: usize) -> String {
    match body {
        Body::Node { level, index, .. } => format!(
            "The file system writes a new {} to block {block}, because a pointer in it changes \
             and block {old} is in use.",
            node(plan, *level, *index)
        ),
        Body::Data { leaf, version } => format!(
            "The file system writes {} version {version} to block {block}, because block {old} is \
             in use and is never overwritten.",
            letter(*leaf)
        ),
        Body::Empty => "The file system writes nothing.".to_owned(),
    }
}

pub(super) fn swing(generation: u64, root: usize, n_new: usize, freed: &[usize]) -> String {
    let new = count(n_new as u64, "new blocks");
    let freed: Vec<String> = freed.iter().map(usize::to_string).collect();
    let then = match freed.len() {
        0 => "nothing is freed, because snapshots still point to the old blocks".to_owned(),
        1 => format!("block {} is free, because nobody points to it any more", freed[0]),
        _ => format!("blocks {} are free, because nobody points to them any more", list(&freed)),
    };
    format!(
        "The superblock of generation {generation} points to block {root}: the {new} count from \
         now on, and {then}."
    )
}

pub(super) fn snapshot(name: &str, root: usize) -> String {
    format!(
        "Snapshot {name} keeps a pointer to the root in block {root}, so no block is copied and \
         none below it can be freed."
    )
}

pub(super) fn dropped(name: &str, own: usize) -> String {
    let (n, are) = (count(own as u64, "blocks"), if own == 1 { "is" } else { "are" });
    format!("Snapshot {name} is deleted: {n} {are} free, because only it pointed there.")
}

pub(super) fn flip(leaf: usize, block: usize, n: usize) -> String {
    let which = if n == 1 { "the first disk flips" } else { "both disks flip" };
    format!("Block {block} goes bad: {which} bits of {}, and nobody notices yet.", letter(leaf))
}

pub(super) fn lose(leaf: usize) -> String {
    format!(
        "The first disk is going to lose the next write of {}: it will report success and write \
         nothing.",
        letter(leaf)
    )
}

pub(super) fn read(leaf: usize, block: usize, looks: &[Look], sums: Sums) -> String {
    let name = letter(leaf);
    let place = match sums {
        Sums::Parent => "the checksum in its parent",
        Sums::Beside => "the checksum beside the data",
        Sums::None => "no checksum",
    };
    match looks.iter().position(|it| *it != Look::Bad).map(|it| (it, looks[it])) {
        None => format!(
            "The read of {name} fails with EIO, because no copy of block {block} fits {place}."
        ),
        Some((_, Look::Wrong)) => format!(
            "The read of {name} returns wrong content of block {block}, because {place} says \
             nothing against it."
        ),
        Some((0, _)) => {
            format!("The read of {name} returns block {block}, and {place} speaks against nothing.")
        }
        Some(_) => format!(
            "The read of {name} finds that the first copy does not fit {place}, returns the second \
             and writes it over the first."
        ),
    }
}

pub(super) fn mended(block: usize) -> String {
    format!("The scrub finds a bad copy of block {block} and writes the good one over it.")
}

pub(super) fn beyond_repair(block: usize) -> String {
    format!("The scrub finds no good copy of block {block}, and can only report it.")
}

pub(super) fn scrubbed(n: usize, repaired: usize, lost: usize, blind: bool) -> String {
    let n = count(n as u64, "blocks");
    let (repaired, lost) = (count(repaired as u64, "copies"), count(lost as u64, "blocks"));
    if blind {
        return format!(
            "The scrub has read {n} and can say nothing, because there is no checksum."
        );
    }
    format!("The scrub has read {n}, mended {repaired} and given up {lost}.")
}

pub(super) fn end(state: &State) -> String {
    let used = count(state.n_used() as u64, "blocks");
    let counts = state.counts;
    let (changes, writes) = (count(counts.changes, "changes"), count(counts.writes, "blocks"));
    format!("The script ends: {changes} have written {writes}, and {used} are in use.")
}

pub(super) fn crash(n: u64) -> String {
    let n = count(n, "writes");
    format!("The power fails after {n} of blocks: what was changed in memory is lost.")
}

pub(super) fn mounted(generation: u64, root: usize, n_fresh: usize) -> String {
    let fresh = match n_fresh {
        0 => "no block was on its way".to_owned(),
        1 => "the new block of an unfinished commit counts as free".to_owned(),
        n => format!("the {n} new blocks of an unfinished commit count as free"),
    };
    format!(
        "The file system is mounted by the newest whole superblock, generation {generation} with \
         its root in block {root}; {fresh}."
    )
}

// Questions.

fn options(all: &[&str]) -> Vec<String> {
    all.iter().map(|it| (*it).to_owned()).collect()
}

pub(super) fn ask_before_swing() -> Question {
    let all = ["The old tree, whole", "The new tree", "A part of each"];
    ("What does a mount find if the power fails just before this write?", options(&all), 0)
}

pub(super) fn ask_snapshot() -> Question {
    let all = ["None: a pointer is enough", "A copy of the root", "A copy of every block"];
    ("How many blocks does the snapshot take now?", options(&all), 0)
}

pub(super) fn ask_mount() -> Question {
    let all = ["The tree of the newest superblock", "A tree that fsck must repair", "No tree"];
    ("What does the mount find?", options(&all), 0)
}

pub(super) fn ask_read(looks: &[Look]) -> Option<Question> {
    let first = looks.iter().position(|it| *it != Look::Bad);
    let answer = match first.map(|it| (it, looks[it])) {
        Some((0, Look::Good)) if looks.iter().all(|it| *it == Look::Good) => return None,
        Some((0, Look::Good)) => return None,
        Some((_, Look::Good)) => 0,
        None => 1,
        Some(_) => 2,
    };
    let all = ["The right content, and mends the copy", "An error", "Wrong content"];
    Some(("What does the read return?", options(&all), answer))
}
