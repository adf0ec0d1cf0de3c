//! Policies that rank the pages by one number each: the page of the lowest rank goes.

use super::kernel::{Event, State};
use super::policy::{FrameIdx, Look, Policy, Resident, Seek, View};
use super::scene::{chip, panel};
use super::words::residents;
use super::workload::{NEVER, Tie, Workload};
use crate::memory::words::count;
use crate::order::by_key;
use crate::scene::{Cell, Column, Panel, Queue, QueueRow, Slot, Table, TableRow, Tone};

/// By which number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rank {
    /// When it came in; the first goes.
    Loaded,
    /// When it was used last; the one longest ago goes.
    Used,
    /// When it was used last; the latest goes.
    UsedLatest,
    /// When it is used next; the latest goes.
    Next,
    /// How often it was used; the least often goes.
    Count,
}

/// A rank and what decides among equals.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ranked {
    pub(crate) rank: Rank,
    pub(crate) tie: Tie,
    /// Whether counts outlive a page's stay.
    pub(crate) keep_counts: bool,
}

/// What decides among equals: the lowest goes.
pub(crate) fn tie_key(tie: Tie, frame: FrameIdx, resident: &Resident) -> u64 {
    match tie {
        Tie::Oldest => u64::from(resident.loaded_at),
        Tie::LeastRecent => u64::from(resident.used_at),
        Tie::Frame => frame as u64,
    }
}

/// The frame of the lowest key.
pub(crate) fn lowest(
    frames: &[Resident],
    key: impl Fn(FrameIdx, &Resident) -> (u64, u64),
) -> FrameIdx {
    let mut best = (u64::MAX, u64::MAX);
    let mut found = 0;
    for (frame, resident) in frames.iter().enumerate() {
        let own = key(frame, resident);
        if own < best {
            best = own;
            found = frame;
        }
    }
    found
}

/// ` and of p1 and p2, equal in that, it came in first`, if `equals` are more than one.
pub(crate) fn tie_words(tie: Tie, equals: &[Resident], workload: &Workload) -> String {
    if equals.len() < 2 {
        return String::new();
    }
    let how = match tie {
        Tie::Oldest => "it came in first",
        Tie::LeastRecent => "it was used longest ago",
        Tie::Frame => "it is in the lowest frame",
    };
    format!("; of {}, which are equal in this, {how}", residents(workload, equals))
}

impl Ranked {
    /// A rank in which no two pages are equal.
    pub(crate) const fn strict(rank: Rank) -> Self {
        Self { rank, tie: Tie::Oldest, keep_counts: false }
    }

    fn key(&self, resident: &Resident) -> u64 {
        let from_end = |at: u32| u64::from(u32::MAX - at);
        match self.rank {
            Rank::Loaded => u64::from(resident.loaded_at),
            Rank::Used => u64::from(resident.used_at),
            Rank::UsedLatest => from_end(resident.used_at),
            Rank::Next => from_end(resident.next_use),
            Rank::Count => u64::from(resident.n_uses),
        }
    }

    fn keys(&self, frame: FrameIdx, resident: &Resident) -> (u64, u64) {
        (self.key(resident), tie_key(self.tie, frame, resident))
    }

    /// The pages in the order in which they would go.
    fn queue(&self, state: &State) -> Slot {
        let mut order: Vec<(FrameIdx, Resident)> =
            state.frames.iter().copied().enumerate().collect();
        by_key(&mut order, |(frame, resident)| self.keys(*frame, resident));
        let marks = order.iter().map(|(frame, resident)| {
            let what = self.number(resident);
            let mark = chip(&state.workload, "order", resident.page);
            mark.detail(format!("frame {frame}, {what}")).tone(Tone::Ready)
        });
        let (label, note) = match self.rank {
            Rank::Loaded => ("Queue", "by arrival, the oldest first"),
            Rank::Used => ("Stack", "by last use, the oldest first"),
            Rank::UsedLatest => ("Stack", "by last use, the latest first"),
            Rank::Next | Rank::Count => ("Order", ""),
        };
        let row = QueueRow {
            key: "order".to_owned(),
            label: label.to_owned(),
            note: note.to_owned(),
            marks: marks.collect(),
        };
        panel("order", "Who goes next", Panel::Queue(Queue { rows: vec![row] }))
    }

    /// The number of a page, in words.
    fn number(&self, resident: &Resident) -> String {
        match self.rank {
            Rank::Loaded => format!("came in at reference {}", resident.loaded_at),
            Rank::Used | Rank::UsedLatest => format!("used at reference {}", resident.used_at),
            Rank::Next if resident.next_use == NEVER => "never used again".to_owned(),
            Rank::Next => format!("used next at reference {}", resident.next_use),
            Rank::Count => count(u64::from(resident.n_uses), "uses"),
        }
    }

    /// The number of every page, and of the one that has just gone.
    fn table(&self, state: &State) -> Slot {
        let head = if self.rank == Rank::Next { "Next use at" } else { "Uses" };
        let tie = match self.tie {
            Tie::Oldest => Some("Came in at"),
            Tie::LeastRecent => Some("Last used at"),
            Tie::Frame => None,
        };
        let mut columns =
            vec![Column::words("Page"), Column::words("Frame"), Column::numbers(head)];
        columns.extend(tie.map(Column::numbers));
        let row = |frame: FrameIdx, resident: &Resident, gone: bool| {
            let name = state.workload.name(resident.page);
            let number = match self.rank {
                Rank::Next if resident.next_use == NEVER => "never".to_owned(),
                Rank::Next => resident.next_use.to_string(),
                Rank::Count | Rank::Loaded | Rank::Used | Rank::UsedLatest => {
                    resident.n_uses.to_string()
                }
            };
            let place = if gone { format!("was in {frame}") } else { frame.to_string() };
            let tone = if gone { Tone::Danger } else { Tone::Plain };
            let mut cells =
                vec![Cell::new(name.clone()), Cell::new(place), Cell::new(number).tone(tone)];
            let tie = match self.tie {
                Tie::Oldest => Some(resident.loaded_at),
                Tie::LeastRecent => Some(resident.used_at),
                Tie::Frame => None,
            };
            cells.extend(tie.map(|at| Cell::new(at.to_string())));
            let actor = state.workload.actor(resident.page);
            TableRow { key: format!("rank.{name}"), actor, marked: gone, cells }
        };
        let mut rows = Vec::new();
        if let Event::Replace(frame, victim) = state.event {
            rows.push(row(frame, &victim, true));
        }
        rows.extend(state.frames.iter().enumerate().map(|(frame, it)| row(frame, it, false)));
        let title = if self.rank == Rank::Next { "Next uses" } else { "Counts" };
        panel("order", title, Panel::Table(Table { columns, rows }))
    }
}

impl Policy for Ranked {
    fn seek(&mut self, frames: &mut [Resident], _: &View<'_>) -> Seek {
        let ranked = *self;
        Seek::Victim(lowest(frames, |frame, resident| ranked.keys(frame, resident)))
    }

    fn keeps_counts(&self) -> bool {
        self.keep_counts
    }

    fn why(&self, frame: FrameIdx, frames: &[Resident], view: &View<'_>) -> String {
        let victim = &frames[frame];
        let reason = match self.rank {
            Rank::Loaded => {
                format!("it came in first of all, at reference {}", victim.loaded_at)
            }
            Rank::Used => {
                format!("its last use is the longest ago, at reference {}", victim.used_at)
            }
            Rank::UsedLatest => {
                format!("it was used last of all, at reference {}", victim.used_at)
            }
            Rank::Next if victim.next_use == NEVER => "it is never used again".to_owned(),
            Rank::Next => {
                format!("its next use is the farthest away, at reference {}", victim.next_use)
            }
            Rank::Count => format!("it has the fewest uses, {}", victim.n_uses),
        };
        let key = self.key(victim);
        let equals: Vec<Resident> =
            frames.iter().filter(|it| self.key(it) == key).copied().collect();
        format!("{reason}{}", tie_words(self.tie, &equals, view.workload))
    }

    fn after_hit(&self, frame: FrameIdx, frames: &[Resident], _: &View<'_>) -> String {
        match self.rank {
            Rank::Loaded => "its place in the queue does not change".to_owned(),
            Rank::Used => "it goes to the safe end of the stack".to_owned(),
            Rank::UsedLatest => "it would be the next to go".to_owned(),
            Rank::Next if frames[frame].next_use == NEVER => "it is not used again".to_owned(),
            Rank::Next => format!("its next use is at reference {}", frames[frame].next_use),
            Rank::Count => format!("its count is {} now", frames[frame].n_uses),
        }
    }

    fn after_load(&self, frame: FrameIdx, frames: &[Resident], view: &View<'_>) -> String {
        let n_uses = frames[frame].n_uses;
        if self.rank == Rank::Count && 1 < n_uses {
            return format!("{}'s count goes on at {n_uses}", view.workload.name(view.page));
        }
        String::new()
    }

    fn look(&self) -> Box<dyn Look> {
        Box::new(*self)
    }
}

impl Look for Ranked {
    fn draw(&self, state: &State) -> Vec<Slot> {
        vec![match self.rank {
            Rank::Loaded | Rank::Used | Rank::UsedLatest => self.queue(state),
            Rank::Next | Rank::Count => self.table(state),
        }]
    }

    fn evidence(&self, resident: &Resident) -> Option<u32> {
        match self.rank {
            Rank::Loaded => Some(resident.loaded_at),
            Rank::Used | Rank::UsedLatest => Some(resident.used_at),
            Rank::Next => Some(resident.next_use).filter(|it| *it != NEVER),
            Rank::Count => None,
        }
    }
}
