//! Input and output: who waits for a device, who is told, and how often the bytes are copied.

mod blocking_modes;
mod blocking_scene;
mod dma;
#[cfg(test)]
mod dma_laws;
mod dma_scene;
mod epoll_bugs;
mod epoll_herd;
#[cfg(test)]
mod epoll_laws;
mod epoll_room;
mod epoll_stale;
mod epoll_stale_scene;
mod readiness;
mod readiness_run;
mod readiness_scene;
#[cfg(test)]
mod receive_laws;
mod receive_path;
mod receive_run;
mod receive_scene;
mod servers;
mod servers_run;
mod servers_scene;
mod triggering;
mod triggering_run;
mod triggering_scene;
mod uring;
mod uring_run;
mod uring_scene;
mod waiting;
mod zero_copy;
mod zero_copy_scene;

use crate::engine::Entry;

/// In the order in which the course meets them.
pub(crate) const ALL: &[Entry] = &[
    Entry::of::<readiness::Readiness>(),
    Entry::of::<triggering::Triggering>(),
    Entry::of::<epoll_bugs::EpollBugs>(),
    Entry::of::<uring::Uring>(),
    Entry::of::<blocking_modes::BlockingModes>(),
    Entry::of::<zero_copy::ZeroCopy>(),
    Entry::of::<servers::Servers>(),
    Entry::of::<dma::Dma>(),
    Entry::of::<receive_path::ReceivePath>(),
];
