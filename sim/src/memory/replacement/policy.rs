//! What a policy answers and what it sees: the seam between the kernel and every replacement rule.

use super::kernel::State;
use super::workload::{PageIdx, Workload};
use crate::scene::Slot;

/// Number of a frame, from 0.
pub(crate) type FrameIdx = usize;

/// A page in memory, and what is known about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resident {
    pub(crate) page: PageIdx,
    /// Whether it was written to since it came in.
    pub(crate) dirty: bool,
    /// Its reference bit.
    pub(crate) used: bool,
    /// Reference at which it came in, from 1.
    pub(crate) loaded_at: u32,
    /// Reference at which it was used last.
    pub(crate) used_at: u32,
    /// Reference at which it is used next; [`super::workload::NEVER`] if not again.
    pub(crate) next_use: u32,
    /// How often it was used: since it came in, or at all if the policy keeps counts.
    pub(crate) n_uses: u32,
}

/// What a policy may look at, besides the frames.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    /// Number of the reference that is served, from 1.
    pub(crate) at: u32,
    /// The page that it uses.
    pub(crate) page: PageIdx,
    pub(crate) workload: &'a Workload,
}

/// One move in the search for a victim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seek {
    /// The page in this frame goes.
    Victim(FrameIdx),
    /// Something a reader should see happened on the way; the word is the step's tag.
    Going(&'static str),
}

/// Decides which page goes. The kernel keeps the frames, which fill from frame 0 up; the policy
/// keeps what only it knows. It is asked for a victim only when all frames are full.
pub(crate) trait Policy {
    /// The page in this frame was used while it was in memory.
    fn hit(&mut self, frame: FrameIdx, view: &View<'_>) {
        let _ = (frame, view);
    }

    /// The page of `view` came into this frame.
    fn loaded(&mut self, frame: FrameIdx, view: &View<'_>) {
        let _ = (frame, view);
    }

    /// The next move of the search. Called until it gives a victim, at most a few times a frame.
    fn seek(&mut self, frames: &mut [Resident], view: &View<'_>) -> Seek;

    /// Which frame a search gives that begins now and makes a move before it ends.
    fn foresee(&self, frames: &[Resident], view: &View<'_>) -> Option<FrameIdx> {
        let _ = (frames, view);
        None
    }

    /// References between two clock interrupts; 0 for none.
    fn interval(&self) -> u32 {
        0
    }

    /// The clock interrupts.
    fn tick(&mut self, frames: &mut [Resident]) {
        let _ = frames;
    }

    /// Whether a page comes in with its reference bit set.
    fn bit_when_loaded(&self) -> bool {
        true
    }

    /// Whether a page's count of uses goes on when it comes back.
    fn keeps_counts(&self) -> bool {
        false
    }

    /// Why this frame was chosen, as the end of "…, because …". Asked after the search, before the
    /// page goes.
    fn why(&self, frame: FrameIdx, frames: &[Resident], view: &View<'_>) -> String;

    /// What the last move or the clock interrupt did: a whole sentence.
    fn told(&self, frames: &[Resident], view: &View<'_>) -> String {
        let _ = (frames, view);
        String::new()
    }

    /// What a hit changed, as the end of "…, a hit: …"; empty for nothing.
    fn after_hit(&self, frame: FrameIdx, frames: &[Resident], view: &View<'_>) -> String {
        let _ = (frame, frames, view);
        String::new()
    }

    /// Where the policy puts the page that came in, as a clause of its own; empty for nothing.
    fn after_load(&self, frame: FrameIdx, frames: &[Resident], view: &View<'_>) -> String {
        let _ = (frame, frames, view);
        String::new()
    }

    /// What it shows, as it is now.
    fn look(&self) -> Box<dyn Look>;
}

/// A policy's own part of the picture.
pub(crate) trait Look: std::fmt::Debug + Send + Sync {
    /// Its panels; the same ones at every step.
    fn draw(&self, state: &State) -> Vec<Slot>;

    /// The reference that decides about this page, from 1; `None` if no single one does.
    fn evidence(&self, resident: &Resident) -> Option<u32> {
        let _ = resident;
        None
    }

    /// The frame that the search looks at.
    fn pointed(&self) -> Option<FrameIdx> {
        None
    }
}
