//! The one list of engines, by domain, in the order in which the course meets them.
//!
//! The engines of a domain stand on shelves: those of one shelf share most of their code, so a
//! program that holds some engines and fetches the others fetches whole shelves.

use crate::engine::Entry;

/// Engines that share their code.
#[derive(Debug, Clone, Copy)]
pub struct Shelf {
    /// Its domain and its own name, divided by `_`.
    pub id: &'static str,
    /// Its engines, in the order of the course.
    pub engines: &'static [Entry],
}

/// A domain and its engines.
#[derive(Debug, Clone, Copy)]
pub struct Domain {
    /// First part of the ids.
    pub id: &'static str,
    /// What the gallery calls it.
    pub title: &'static str,
    /// Its engines.
    pub shelves: &'static [&'static Shelf],
}

impl Domain {
    /// Its engines, in the order of the course.
    pub fn engines(&self) -> impl Iterator<Item = &'static Entry> + use<> {
        self.shelves.iter().flat_map(|it| it.engines)
    }
}

/// One static a shelf, and the ids on it as a list of their own: who only asks where an engine is
/// does not need the engine.
macro_rules! shelves {
    ($($feature:literal $name:ident $id:literal $engines:path;)*) => {
        $(
            #[doc = concat!("The shelf `", $id, "`.")]
            #[cfg(feature = $feature)]
            pub static $name: Shelf = Shelf { id: $id, engines: $engines };
        )*

        static IDS: &[(&str, &[&str])] = &[
            $(
                #[cfg(feature = $feature)]
                ($id, &ids::<{ $engines.len() }>($engines)),
            )*
        ];
    };
}

shelves! {
    "process" PROCESS_LIFE "process_life" crate::process::LIFE;
    "process" PROCESS_INSIDE "process_inside" crate::process::INSIDE;
    "memory" MEMORY_TRANSLATION "memory_translation" crate::memory::TRANSLATION;
    "memory" MEMORY_MAPPING "memory_mapping" crate::memory::MAPPING;
    "memory" MEMORY_REPLACEMENT "memory_replacement" crate::memory::REPLACEMENT;
    "memory" MEMORY_ALLOCATION "memory_allocation" crate::memory::ALLOCATION;
    "cpu" CPU_QUEUE "cpu_queue" crate::cpu::QUEUE;
    "cpu" CPU_OTHER "cpu_other" crate::cpu::OTHER;
    "sync" SYNC_PROGRAM "sync_program" crate::sync::PROGRAM;
    "sync" SYNC_COST "sync_cost" crate::sync::COST;
    "deadlock" DEADLOCK_ALL "deadlock_all" crate::deadlock::ENGINES;
    "fs" FS_FILES "fs_files" crate::fs::FILES;
    "fs" FS_CRASH "fs_crash" crate::fs::CRASH;
    "fs" FS_DISK "fs_disk" crate::fs::DISK;
    "io" IO_ALL "io_all" crate::io::ALL;
    "patterns" PATTERNS_TASKS "patterns_tasks" crate::patterns::TASKS;
    "patterns" PATTERNS_WORK "patterns_work" crate::patterns::WORK;
    "ordering" ORDERING_ALL "ordering_all" crate::ordering::ALL;
}

const fn ids<const N: usize>(engines: &[Entry]) -> [&'static str; N] {
    let mut out = [""; N];
    let mut n = 0;
    while n < N {
        out[n] = engines[n].meta.id;
        n += 1;
    }
    out
}

/// Every domain of this build.
pub static DOMAINS: &[Domain] = &[
    #[cfg(feature = "process")]
    Domain {
        id: "process",
        title: "Processes and threads",
        shelves: &[&PROCESS_LIFE, &PROCESS_INSIDE],
    },
    #[cfg(feature = "memory")]
    Domain {
        id: "memory",
        title: "Virtual memory",
        shelves: &[&MEMORY_TRANSLATION, &MEMORY_MAPPING, &MEMORY_ALLOCATION, &MEMORY_REPLACEMENT],
    },
    #[cfg(feature = "cpu")]
    Domain { id: "cpu", title: "CPU scheduling", shelves: &[&CPU_QUEUE, &CPU_OTHER] },
    #[cfg(feature = "sync")]
    Domain { id: "sync", title: "Synchronization", shelves: &[&SYNC_PROGRAM, &SYNC_COST] },
    #[cfg(feature = "deadlock")]
    Domain { id: "deadlock", title: "Deadlock", shelves: &[&DEADLOCK_ALL] },
    #[cfg(feature = "fs")]
    Domain { id: "fs", title: "File systems", shelves: &[&FS_FILES, &FS_CRASH, &FS_DISK] },
    #[cfg(feature = "io")]
    Domain { id: "io", title: "Input and output", shelves: &[&IO_ALL] },
    #[cfg(feature = "patterns")]
    Domain {
        id: "patterns",
        title: "Concurrency patterns",
        shelves: &[&PATTERNS_TASKS, &PATTERNS_WORK],
    },
    #[cfg(feature = "ordering")]
    Domain { id: "ordering", title: "Memory model and atomics", shelves: &[&ORDERING_ALL] },
];

/// Every engine of this build.
pub fn engines() -> impl Iterator<Item = &'static Entry> {
    DOMAINS.iter().flat_map(Domain::engines)
}

/// The engine with this id.
#[must_use]
pub fn engine(id: &str) -> Option<&'static Entry> {
    engines().find(|entry| entry.meta.id == id)
}

/// The shelf on which an engine stands, without the engine itself.
#[must_use]
pub fn shelf_of(id: &str) -> Option<&'static str> {
    IDS.iter().find(|(_, ids)| ids.contains(&id)).map(|(shelf, _)| *shelf)
}

#[cfg(test)]
mod tests {
    use super::{DOMAINS, shelf_of};

    #[test]
    fn every_engine_is_found_on_its_shelf() {
        for domain in DOMAINS {
            for shelf in domain.shelves {
                assert_eq!(shelf.id.split('_').next(), Some(domain.id));
                for entry in shelf.engines {
                    assert_eq!(shelf_of(entry.meta.id), Some(shelf.id));
                }
            }
        }
        assert_eq!(shelf_of("cpu/none"), None);
    }
}
