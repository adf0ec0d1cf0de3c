//! The table: one entry a frame, more for aliases, anchors, and chains through them.

use super::script::Key;
use serde::Deserialize;

/// How a process and a page pick an anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Hash {
    /// Page and process added up.
    Add,
    /// Both mixed, so that neighbours part.
    Mix,
}

impl Hash {
    /// The anchor of a key.
    pub(crate) fn anchor(self, key: Key, n_anchors: u32) -> u32 {
        let process = u64::from(key.process) + 1;
        let sum = match self {
            Self::Add => key.page + process,
            Self::Mix => {
                let bits = (key.page << 4 | process).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                (bits ^ (bits >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 32
            }
        };
        u32::try_from(sum % u64::from(n_anchors)).unwrap_or_default()
    }
}

/// One entry. The first entries belong to the frames, in order; later ones are aliases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Whose page it translates; `None` if it is in no chain.
    pub(crate) key: Option<Key>,
    pub(crate) frame: u32,
    /// The entry after it in its chain.
    pub(crate) next: Option<u32>,
}

/// The table, and what the kernel knows beside it.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) hash: Hash,
    pub(crate) n_frames: u32,
    /// First entry of each chain.
    pub(crate) anchors: Vec<Option<u32>>,
    pub(crate) entries: Vec<Entry>,
    /// Every mapping, oldest first, as the kernel keeps it for itself.
    pub(crate) known: Vec<(Key, u32)>,
}

impl Table {
    pub(crate) fn new(hash: Hash, n_frames: u32, n_anchors: u32) -> Self {
        let entry = |frame| Entry { key: None, frame, next: None };
        Self {
            hash,
            n_frames,
            anchors: vec![None; n_anchors as usize],
            entries: (0..n_frames).map(entry).collect(),
            known: Vec::new(),
        }
    }

    /// The anchor of a key.
    pub(crate) fn anchor(&self, key: Key) -> u32 {
        let n_anchors = u32::try_from(self.anchors.len()).unwrap_or(u32::MAX);
        self.hash.anchor(key, n_anchors)
    }

    /// The entries of one chain, in order.
    pub(crate) fn chain(&self, anchor: u32) -> Vec<u32> {
        let mut chain = Vec::new();
        let mut at = self.anchors[anchor as usize];
        while let Some(entry) = at {
            chain.push(entry);
            at = self.entries[entry as usize].next;
        }
        chain
    }

    /// The frame of a page, as the kernel knows it.
    pub(crate) fn frame(&self, key: Key) -> Option<u32> {
        self.known.iter().find(|it| it.0 == key).map(|it| it.1)
    }

    /// Pages of a frame, as the kernel knows them.
    pub(crate) fn sharers(&self, frame: u32) -> impl Iterator<Item = Key> + '_ {
        self.known.iter().filter(move |it| it.1 == frame).map(|it| it.0)
    }

    /// The lowest frame that no page has.
    pub(crate) fn free_frame(&self) -> Option<u32> {
        (0..self.n_frames).find(|frame| self.known.iter().all(|it| it.1 != *frame))
    }

    /// Puts an entry at the head of the chain of its key.
    pub(crate) fn link(&mut self, entry: u32, key: Key) {
        let anchor = self.anchor(key) as usize;
        let head = self.anchors[anchor].replace(entry);
        let entry = &mut self.entries[entry as usize];
        (entry.key, entry.next) = (Some(key), head);
    }

    /// Takes an entry out of its chain.
    pub(crate) fn unlink(&mut self, entry: u32) {
        let Some(key) = self.entries[entry as usize].key.take() else { return };
        let anchor = self.anchor(key);
        let next = self.entries[entry as usize].next.take();
        let chain = self.chain_to(anchor, entry);
        match chain {
            Some(before) => self.entries[before as usize].next = next,
            None => self.anchors[anchor as usize] = next,
        }
    }

    /// The entry before `entry` in a chain.
    fn chain_to(&self, anchor: u32, entry: u32) -> Option<u32> {
        let mut at = self.anchors[anchor as usize]?;
        if at == entry {
            return None;
        }
        while let Some(next) = self.entries[at as usize].next {
            if next == entry {
                return Some(at);
            }
            at = next;
        }
        None
    }

    /// Puts an alias of a frame into the table: into a place that is free, or at its end.
    pub(crate) fn link_alias(&mut self, frame: u32, key: Key) -> u32 {
        let aliases = self.n_frames as usize;
        let free = self.entries[aliases..].iter().position(|it| it.key.is_none());
        let at = free.map_or(self.entries.len(), |it| it + aliases);
        let entry = Entry { key: None, frame, next: None };
        match self.entries.get_mut(at) {
            Some(place) => *place = entry,
            None => self.entries.push(entry),
        }
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        self.link(at, key);
        at
    }

    /// The entry that holds a key.
    pub(crate) fn entry_of(&self, key: Key) -> Option<u32> {
        self.chain(self.anchor(key))
            .into_iter()
            .find(|it| self.entries[*it as usize].key == Some(key))
    }

    /// Lengths of all chains.
    pub(crate) fn lengths(&self) -> Vec<u64> {
        let n_anchors = u32::try_from(self.anchors.len()).unwrap_or(u32::MAX);
        (0..n_anchors).map(|it| self.chain(it).len() as u64).collect()
    }
}
