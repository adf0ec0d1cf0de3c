//! The heap: chunks that cover it in order of address, and the list of those that are free.

use crate::order::by_key;
use serde::Deserialize;

/// Which free block serves a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Policy {
    /// The smallest that fits.
    Best,
    /// The largest.
    Worst,
    /// The first of the list that fits.
    First,
    /// The first that fits from where the last search ended.
    Next,
}

/// In which order the list holds the free blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    /// Lowest address first.
    Address,
    /// Smallest first.
    SizeUp,
    /// Largest first.
    SizeDown,
    /// What was freed last first.
    Front,
    /// What was freed last at the end.
    Back,
}

/// Which free blocks become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Coalescing {
    /// Those that touch.
    Neighbours,
    /// Those that touch and follow each other in the list.
    List,
    /// None.
    Off,
}

/// What is set for a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) policy: Policy,
    pub(super) order: Order,
    pub(super) coalescing: Coalescing,
    /// Whether a free block whose size has changed moves to its place in a list sorted by size.
    pub(super) keep_sorted: bool,
    pub(super) header: u64,
    pub(super) align: u64,
}

impl Rules {
    /// What a request takes besides the header: its size, rounded up.
    pub(super) const fn padded(&self, asked: u64) -> u64 {
        asked.next_multiple_of(self.align)
    }
}

/// A stretch of the heap, free or held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Stable name: the rest of a block that is cut keeps it.
    pub(super) id: u32,
    pub(super) start: u64,
    pub(super) len: u64,
    pub(super) held: Option<Held>,
}

/// Who holds a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) slot: usize,
    pub(super) asked: u64,
    /// Whether no pointer leads to it any more.
    pub(super) lost: bool,
}

/// An entry of the free list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Free {
    pub(super) id: u32,
    pub(super) start: u64,
    pub(super) len: u64,
}

/// Which blocks were looked at, and which was taken; indexes into the list as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Search {
    pub(super) visited: Vec<usize>,
    pub(super) chosen: Option<usize>,
}

/// What became of a block that was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Freed {
    /// Its length before it merged.
    pub(super) len: u64,
    /// Whether it took in the free block below it.
    pub(super) below: bool,
    /// Whether the free block above it became a part of it.
    pub(super) above: bool,
    /// Whether a free block touches it that stays apart.
    pub(super) apart: bool,
    /// Place and length of the free block that it is now, or is in.
    pub(super) start: u64,
    pub(super) whole: u64,
}

/// Chunks and list. The chunks cover the heap without gap or overlap; the list holds exactly the
/// free ones.
#[derive(Debug, Clone)]
pub(super) struct Heap {
    pub(super) chunks: Vec<Chunk>,
    pub(super) list: Vec<Free>,
    /// The free block at which the next search of next fit begins.
    pub(super) rover: Option<u32>,
    next_id: u32,
}

impl Heap {
    /// One free block.
    pub(super) fn new(base: u64, len: u64) -> Self {
        Self {
            chunks: vec![Chunk { id: 0, start: base, len, held: None }],
            list: vec![Free { id: 0, start: base, len }],
            rover: None,
            next_id: 1,
        }
    }

    pub(super) fn free_bytes(&self) -> u64 {
        self.list.iter().map(|it| it.len).sum()
    }

    pub(super) fn largest(&self) -> u64 {
        self.list.iter().map(|it| it.len).max().unwrap_or(0)
    }

    /// Looks for a block of at least `need` bytes, in the way of the policy.
    pub(super) fn search(&self, rules: &Rules, need: u64) -> Search {
        let n = self.list.len();
        let first = match rules.policy {
            Policy::Next => self.list.iter().position(|it| Some(it.id) == self.rover).unwrap_or(0),
            Policy::Best | Policy::Worst | Policy::First => 0,
        };
        let mut visited = Vec::new();
        let mut chosen: Option<usize> = None;
        for at in (first..n).chain(0..first) {
            visited.push(at);
            let len = self.list[at].len;
            if len < need {
                continue;
            }
            let best = chosen.map(|it| self.list[it].len);
            match rules.policy {
                Policy::First | Policy::Next => {
                    chosen = Some(at);
                    break;
                }
                Policy::Best if best.is_none_or(|best| len < best) => chosen = Some(at),
                Policy::Worst if best.is_none_or(|best| best < len) => chosen = Some(at),
                Policy::Best | Policy::Worst => {}
            }
        }
        Search { visited, chosen }
    }

    /// Cuts `need` bytes off the front of the free block at `at` of the list, which has that many.
    /// Returns the address.
    pub(super) fn take(&mut self, rules: &Rules, at: usize, need: u64, held: Held) -> u64 {
        let Free { id, start, len } = self.list[at];
        let place = self.place(start);
        let taken = Chunk { id: self.next_id, start, len: need, held: Some(held) };
        self.next_id += 1;
        self.chunks[place] = taken;
        if need < len {
            let rest = Free { id, start: start + need, len: len - need };
            self.list[at] = rest;
            let chunk = Chunk { id, start: rest.start, len: rest.len, held: None };
            self.chunks.insert(place + 1, chunk);
            self.rover = Some(id);
            if rules.keep_sorted {
                self.sort(rules.order);
            }
        } else {
            self.list.remove(at);
            let after = if at < self.list.len() { at } else { 0 };
            self.rover = self.list.get(after).map(|it| it.id);
        }
        start
    }

    /// Marks the chunk at `start` as lost.
    pub(super) fn lose(&mut self, start: u64) {
        let place = self.place(start);
        if let Some(held) = &mut self.chunks[place].held {
            held.lost = true;
        }
    }

    /// Gives back the chunk at `start`, which is held.
    pub(super) fn free(&mut self, rules: &Rules, start: u64) -> Freed {
        let place = self.place(start);
        self.chunks[place].held = None;
        let Chunk { id, len, .. } = self.chunks[place];
        let is_free = |at: Option<usize>| {
            at.and_then(|at| self.chunks.get(at)).is_some_and(|it| it.held.is_none())
        };
        let touched = (is_free(place.checked_sub(1)), is_free(Some(place + 1)));
        let entry = Free { id, start, len };
        match rules.coalescing {
            Coalescing::Neighbours => self.insert(rules, entry, touched),
            Coalescing::List | Coalescing::Off => self.insert(rules, entry, (false, false)),
        }
        if rules.coalescing == Coalescing::List {
            self.merge_list();
            if rules.keep_sorted {
                self.sort(rules.order);
            }
        }
        let now = self.chunks[self.place(start)];
        let (below, above) = (now.start < start, start + len < now.start + now.len);
        let apart = (touched.0 && !below) || (touched.1 && !above);
        Freed { len, below, above, apart, start: now.start, whole: now.len }
    }

    /// Puts a block into the list, after it has taken in the free chunks below and above it as
    /// `merge` says.
    fn insert(&mut self, rules: &Rules, entry: Free, merge: (bool, bool)) {
        let place = self.place(entry.start);
        let mut entry = entry;
        if merge.1 {
            let above = self.chunks.remove(place + 1);
            self.list.retain(|it| it.id != above.id);
            self.absorb(above.id, entry.id);
            entry.len += above.len;
        }
        let mut place = place;
        if merge.0 {
            self.chunks.remove(place);
            place -= 1;
            let below = self.chunks[place];
            self.list.retain(|it| it.id != below.id);
            self.absorb(entry.id, below.id);
            entry = Free { id: below.id, start: below.start, len: below.len + entry.len };
        }
        self.chunks[place] = Chunk { id: entry.id, start: entry.start, len: entry.len, held: None };
        match rules.order {
            Order::Front => self.list.insert(0, entry),
            Order::Address | Order::SizeUp | Order::SizeDown | Order::Back => {
                self.list.push(entry);
            }
        }
        self.sort(rules.order);
    }

    /// Merges each block of the list with the one after it, if it touches it from above.
    fn merge_list(&mut self) {
        let mut merged: Vec<Free> = Vec::new();
        for entry in std::mem::take(&mut self.list) {
            match merged.last_mut() {
                Some(last) if last.start + last.len == entry.start => {
                    last.len += entry.len;
                    let Free { id, start, len } = *last;
                    let place = self.place(start);
                    self.chunks.remove(place + 1);
                    self.chunks[place].len = len;
                    self.absorb(entry.id, id);
                }
                Some(_) | None => merged.push(entry),
            }
        }
        self.list = merged;
    }

    /// The rover follows a block into the one that takes it in.
    fn absorb(&mut self, gone: u32, into: u32) {
        if self.rover == Some(gone) {
            self.rover = Some(into);
        }
    }

    fn sort(&mut self, order: Order) {
        match order {
            Order::Address => by_key(&mut self.list, |it| it.start),
            Order::SizeUp => by_key(&mut self.list, |it| it.len),
            Order::SizeDown => by_key(&mut self.list, |it| u64::MAX - it.len),
            Order::Front | Order::Back => {}
        }
    }

    /// Index of the chunk that holds an address of the heap.
    fn place(&self, address: u64) -> usize {
        self.chunks.partition_point(|it| it.start <= address).saturating_sub(1)
    }
}
