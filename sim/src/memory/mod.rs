//! Virtual memory: from an address to a byte.

mod alloc_script;
mod amounts;
mod buddy;
mod free_list;
mod paging;
mod reach;
mod sizes;
mod slab;
mod table_size;
mod tlb_reach;
mod translation;
mod words;

use crate::engine::Entry;

/// In the order in which the course meets them.
pub(crate) const ENGINES: &[Entry] = &[
    Entry::of::<translation::Translation>(),
    Entry::of::<table_size::TableSize>(),
    Entry::of::<tlb_reach::TlbReach>(),
    Entry::of::<free_list::FreeList>(),
    Entry::of::<buddy::Buddy>(),
    Entry::of::<slab::SlabCaches>(),
];
