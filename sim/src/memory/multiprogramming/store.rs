//! The frames that all processes share.

use super::process::ProcessIdx;

/// A page in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) owner: ProcessIdx,
    pub(crate) page: u32,
    /// When it was used last, or when its transfer began.
    pub(crate) used_at: u64,
    /// Whether it is still on its way from the disk.
    pub(crate) loading: bool,
}

/// All frames, and where each page is.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) frames: Vec<Option<Held>>,
    /// By process and page.
    frame_of: Vec<Vec<Option<u16>>>,
    pub(crate) n_free: u32,
}

impl Store {
    /// Free frames, for so many processes of so many pages.
    pub(crate) fn new(n_frames: u32, n_processes: usize, pages: u32) -> Self {
        Self {
            frames: vec![None; n_frames as usize],
            frame_of: vec![vec![None; pages as usize]; n_processes],
            n_free: n_frames,
        }
    }

    /// The frame of a page, if it is in memory or on its way.
    pub(crate) fn find(&self, owner: ProcessIdx, page: u32) -> Option<usize> {
        self.frame_of[usize::from(owner)][page as usize].map(usize::from)
    }

    /// Uses a page that is there; whether it is.
    pub(crate) fn touch(&mut self, owner: ProcessIdx, page: u32, now: u64) -> bool {
        let Some(frame) = self.find(owner, page) else { return false };
        match &mut self.frames[frame] {
            Some(held) if !held.loading => {
                held.used_at = now;
                true
            }
            Some(_) | None => false,
        }
    }

    /// The first free frame.
    pub(crate) fn free_frame(&self) -> Option<usize> {
        if self.n_free == 0 { None } else { self.frames.iter().position(Option::is_none) }
    }

    /// The frame of the lowest rank, of those that have one. Pages on their way stay.
    pub(crate) fn lowest<K: Ord>(&self, rank: impl Fn(&Held) -> Option<K>) -> Option<usize> {
        let mut best: Option<(K, usize)> = None;
        for (frame, held) in self.frames.iter().enumerate() {
            let Some(rank) = held.as_ref().filter(|it| !it.loading).and_then(&rank) else {
                continue;
            };
            if best.as_ref().is_none_or(|(least, _)| rank < *least) {
                best = Some((rank, frame));
            }
        }
        best.map(|it| it.1)
    }

    /// Empties a frame.
    pub(crate) fn drop_page(&mut self, frame: usize) -> Option<Held> {
        let held = self.frames[frame].take()?;
        self.frame_of[usize::from(held.owner)][held.page as usize] = None;
        self.n_free += 1;
        Some(held)
    }

    /// Puts a page that is on its way into a free frame.
    pub(crate) fn begin(&mut self, frame: usize, owner: ProcessIdx, page: u32, now: u64) {
        self.frames[frame] = Some(Held { owner, page, used_at: now, loading: true });
        self.frame_of[usize::from(owner)][page as usize] = u16::try_from(frame).ok();
        self.n_free -= 1;
    }

    /// The page has come.
    pub(crate) fn end(&mut self, frame: usize, now: u64) {
        if let Some(held) = &mut self.frames[frame] {
            held.loading = false;
            held.used_at = now;
        }
    }
}
