//! Virtual memory: from an address to a byte, and which pages stay in memory.

mod alloc_script;
mod buddy;
mod faults;
mod free_list;
mod inverted;
mod inverted_table;
mod mapping;
mod mmap;
mod nested;
mod nested_paging;
mod page_fault;
mod paging;
mod paper;
mod paper_checks;
mod per_cpu_pages;
mod pte;
mod pte_bits;
mod reach;
mod replacement;
mod segmentation;
mod shootdown;
mod sizes;
mod slab;
mod table_size;
mod tlb_reach;
mod tlb_shootdown;
mod translation;
mod words;

mod aging;
mod clock;
mod fifo;
mod lfu;
mod lru;
mod mru;
mod multiprogramming;
mod nru;
mod opt;
mod random;
mod thrashing;
mod two_queue;
mod working_set;

use crate::engine::Entry;

/// What lies between an address and a byte, in the order in which the course meets it.
pub(crate) const TRANSLATION: &[Entry] = &[
    Entry::of::<translation::Translation>(),
    Entry::of::<pte_bits::PteBits>(),
    Entry::of::<tlb_shootdown::TlbShootdown>(),
    Entry::of::<nested_paging::NestedPaging>(),
];

/// What stands in the tables, what it costs, and what happens where nothing stands.
pub(crate) const MAPPING: &[Entry] = &[
    Entry::of::<table_size::TableSize>(),
    Entry::of::<tlb_reach::TlbReach>(),
    Entry::of::<page_fault::PageFault>(),
    Entry::of::<mmap::Mmap>(),
    Entry::of::<inverted_table::InvertedTable>(),
];

/// Who gets which piece of memory.
pub(crate) const ALLOCATION: &[Entry] = &[
    Entry::of::<segmentation::Segmentation>(),
    Entry::of::<free_list::FreeList>(),
    Entry::of::<buddy::Buddy>(),
    Entry::of::<slab::SlabCaches>(),
    Entry::of::<per_cpu_pages::PerCpuPages>(),
];

/// Which page leaves when a frame is needed.
pub(crate) const REPLACEMENT: &[Entry] = &[
    Entry::of::<fifo::Fifo>(),
    Entry::of::<opt::Opt>(),
    Entry::of::<lru::Lru>(),
    Entry::of::<clock::Clock>(),
    Entry::of::<nru::Nru>(),
    Entry::of::<aging::Aging>(),
    Entry::of::<lfu::Lfu>(),
    Entry::of::<mru::Mru>(),
    Entry::of::<random::Random>(),
    Entry::of::<two_queue::TwoQueue>(),
    Entry::of::<working_set::WorkingSet>(),
    Entry::of::<thrashing::Thrashing>(),
];
