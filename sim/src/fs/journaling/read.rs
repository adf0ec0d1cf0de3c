//! What recovery finds in a journal, and what a program sees afterwards.

use super::world::{Block, Body, Plan, sum_of};

/// How a transaction in the journal ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Whole,
    NoCommit,
    WrongSum,
}

/// A transaction that recovery meets.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) seq: u32,
    pub(super) homes: Vec<usize>,
    pub(super) images: Vec<Block>,
    pub(super) end: End,
    /// Slot after it.
    pub(super) next: usize,
}

/// Walks the ring from its tail, to the first transaction that is not whole, and with it.
pub(super) fn walk(plan: &Plan, slots: &[Block]) -> Vec<Found> {
    let mut out = Vec::new();
    let Body::Super { tail, seq } = slots[0].body else { return out };
    let (mut at, mut seq) = (tail, seq);
    // A ring holds fewer transactions than slots.
    while out.len() < plan.n_slots {
        let Body::Descriptor { seq: found, homes } = &slots[at].body else { break };
        if *found != seq {
            break;
        }
        let mut images = Vec::with_capacity(homes.len());
        at = plan.after(at);
        for _ in homes {
            images.push(slots[at].clone());
            at = plan.after(at);
        }
        let end = match slots[at].body {
            Body::Commit { seq: found, .. } if found != seq => End::NoCommit,
            Body::Commit { sum, .. } if plan.checksums && sum != sum_of(&images) => End::WrongSum,
            Body::Commit { .. } => End::Whole,
            _ => End::NoCommit,
        };
        at = plan.after(at);
        out.push(Found { seq, homes: homes.clone(), images, end, next: at });
        if end != End::Whole {
            break;
        }
        seq += 1;
    }
    out
}

/// The homes after recovery.
pub(super) fn recovered(plan: &Plan, slots: &[Block], disk: &[Block]) -> Vec<Block> {
    let mut disk = disk.to_vec();
    for found in walk(plan, slots).into_iter().filter(|it| it.end == End::Whole) {
        for (home, image) in found.homes.into_iter().zip(found.images) {
            disk[home] = image;
        }
    }
    disk
}

/// Whether the metadata agree with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    Clean,
    /// This home does not hold what belongs there.
    Damaged(usize),
    /// An inode points to this home, and the bitmap calls it free.
    Unmarked(usize),
    /// Two inodes point to this home.
    Twice(usize),
    /// This home is marked and nobody has it.
    Leaked(usize),
}

/// What fsck would find first.
pub(super) fn check(plan: &Plan, disk: &[Block]) -> Check {
    let Body::Bitmap(bits) = disk[0].body else { return Check::Damaged(0) };
    let mut owned = (1_u64 << plan.first_data()) - 1;
    for file in 0..plan.files.len() {
        let home = plan.inode(file);
        let Body::Inode(homes) = &disk[home].body else { return Check::Damaged(home) };
        for &home in homes {
            let bit = 1 << home;
            if owned & bit != 0 {
                return Check::Twice(usize::from(home));
            }
            if bits & bit == 0 {
                return Check::Unmarked(usize::from(home));
            }
            owned |= bit;
        }
    }
    let leaked = (0..plan.n_homes()).find(|it| bits & !owned & (1 << it) != 0);
    leaked.map_or(Check::Clean, Check::Leaked)
}

/// What one file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// By block: its version, or `None` for stale content, which the file never had.
    pub(crate) versions: Vec<Option<u32>>,
    /// Homes with such content.
    pub(crate) stale: Vec<usize>,
    /// Homes that an inode points to.
    pub(super) homes: Vec<usize>,
    pub(crate) verdict: Verdict,
    /// Blocks that were synced and are not there any more.
    pub(crate) n_lost: u64,
}

/// What that amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// As in memory.
    Newest,
    /// As it was after this many changes, fewer than there were.
    Earlier(usize),
    /// Parts of several states.
    Mixed,
    /// Blocks that never belonged to it.
    Stale,
    /// Its inode is gone.
    Gone,
}

/// What each state of a file was, and which of them is promised to be there.
#[derive(Debug, Clone, Default)]
pub(super) struct Past {
    /// Versions of its blocks after each change; the first is the start.
    pub(super) states: Vec<Vec<u32>>,
    /// The versions at the last fsync that returned.
    pub(super) synced: Vec<u32>,
}

/// What a program finds in a file on this disk.
pub(super) fn see(plan: &Plan, disk: &[Block], file: usize, past: &Past) -> Seen {
    let Body::Inode(homes) = &disk[plan.inode(file)].body else {
        let n_lost = past.synced.len() as u64;
        let (versions, stale, homes) = (Vec::new(), Vec::new(), Vec::new());
        return Seen { versions, stale, homes, verdict: Verdict::Gone, n_lost };
    };
    let homes: Vec<usize> = homes.iter().map(|&it| usize::from(it)).collect();
    let version = |(index, &home): (usize, &usize)| match disk[home].body {
        Body::Data { file: its, index: at, version } if its == file && at == index => Some(version),
        _ => None,
    };
    let versions: Vec<Option<u32>> = homes.iter().enumerate().map(version).collect();
    let pairs = homes.iter().zip(&versions);
    let stale: Vec<usize> = pairs.filter(|it| it.1.is_none()).map(|it| *it.0).collect();
    let is = |state: &Vec<u32>| {
        state.len() == versions.len() && state.iter().zip(&versions).all(|it| Some(*it.0) == *it.1)
    };
    let verdict = match past.states.iter().rposition(is) {
        _ if !stale.is_empty() => Verdict::Stale,
        Some(at) if at + 1 == past.states.len() => Verdict::Newest,
        Some(at) => Verdict::Earlier(at),
        None => Verdict::Mixed,
    };
    let kept = |(at, &promised): (usize, &u32)| {
        versions.get(at).is_some_and(|it| it.is_some_and(|it| promised <= it))
    };
    let n_kept = past.synced.iter().enumerate().filter(|it| kept(*it)).count();
    let n_lost = (past.synced.len() - n_kept) as u64;
    Seen { versions, stale, homes, verdict, n_lost }
}
