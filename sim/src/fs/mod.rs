//! File systems: from a name to a block, and what survives a crash.

mod allocation;
mod atomic_replace;
mod caching;
mod copy_on_write;
mod cow;
mod disk;
mod disk_clook;
mod disk_cscan;
mod disk_fcfs;
mod disk_look;
mod disk_scan;
mod disk_sstf;
mod extents;
mod flash;
mod fsck;
mod guess;
mod inode_map;
mod journal;
mod journaling;
mod layout;
mod log_structured;
mod page_cache;
mod paper;
mod path_walk;
mod raid;
mod replace;
mod replace_scene;

use crate::engine::Entry;

/// Where the bytes of a file are.
pub(crate) const FILES: &[Entry] = &[
    Entry::of::<inode_map::InodeMap>(),
    Entry::of::<path_walk::PathWalk>(),
    Entry::of::<extents::Extents>(),
    Entry::of::<allocation::Allocation>(),
    Entry::of::<layout::Layout>(),
    Entry::of::<fsck::Fsck>(),
];

/// What is on the disk after a crash.
pub(crate) const CRASH: &[Entry] = &[
    Entry::of::<journal::Journal>(),
    Entry::of_machine::<atomic_replace::AtomicReplace>(),
    Entry::of::<copy_on_write::CopyOnWrite>(),
    Entry::of::<page_cache::PageCache>(),
];

/// The devices below, and layouts made for them.
pub(crate) const DISK: &[Entry] = &[
    Entry::of::<disk_fcfs::DiskFcfs>(),
    Entry::of::<disk_sstf::DiskSstf>(),
    Entry::of::<disk_scan::DiskScan>(),
    Entry::of::<disk_cscan::DiskCscan>(),
    Entry::of::<disk_look::DiskLook>(),
    Entry::of::<disk_clook::DiskClook>(),
    Entry::of::<raid::Raid>(),
    Entry::of::<log_structured::LogStructured>(),
    Entry::of::<flash::Flash>(),
];
