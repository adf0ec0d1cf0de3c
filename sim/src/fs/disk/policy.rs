//! Where the arm goes next, under each policy.

use super::workload::{RequestIdx, Scenario, Tie, Way};

/// A policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    Fcfs,
    Sstf,
    Scan,
    CScan,
    Look,
    CLook,
}

/// What the arm does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Goes to a request and serves it.
    Serve(RequestIdx),
    /// Turns where it is.
    Turn,
    /// Goes on to the edge ahead.
    Edge,
    /// Runs back to the other edge, without serving.
    Return,
    /// Runs back to a request at the other end, without serving on the way.
    Jump(RequestIdx),
}

/// What the policy sees.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) head: u32,
    pub(crate) way: Way,
    /// Requests that wait, in the order in which they came; not empty.
    pub(crate) waiting: &'a [RequestIdx],
}

impl Policy {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Fcfs => "FCFS",
            Self::Sstf => "SSTF",
            Self::Scan => "SCAN",
            Self::CScan => "C-SCAN",
            Self::Look => "LOOK",
            Self::CLook => "C-LOOK",
        }
    }

    /// Whether it runs to the edge of the disk.
    pub(crate) const fn has_edges(self) -> bool {
        matches!(self, Self::Scan | Self::CScan)
    }

    /// Whether it goes by a direction that it was given.
    pub(crate) const fn follows(self) -> bool {
        !matches!(self, Self::Fcfs | Self::Sstf)
    }

    /// The next thing to do. Only what waits now is looked at.
    pub(crate) fn next(self, view: &View<'_>) -> Next {
        let View { scenario, head, way, waiting } = view;
        match self {
            Self::Fcfs => Next::Serve(waiting[0]),
            Self::Sstf => Next::Serve(nearest(view)),
            Self::Scan | Self::CScan | Self::Look | Self::CLook => match ahead(view) {
                Some(request) => Next::Serve(request),
                None => match self {
                    Self::CLook => Next::Jump(farthest(view)),
                    Self::Scan | Self::CScan if *head != scenario.edge(*way) => Next::Edge,
                    Self::CScan => Next::Return,
                    Self::Scan | Self::Look | Self::Fcfs | Self::Sstf => Next::Turn,
                },
            },
        }
    }
}

/// The waiting request with the least key; of equals the one that came first.
fn least<K: Ord>(view: &View<'_>, key: impl Fn(u32) -> K) -> RequestIdx {
    let cylinder = |it: RequestIdx| view.scenario.requests[it].cylinder;
    let found = view.waiting.iter().copied().min_by_key(|&it| key(cylinder(it)));
    found.unwrap_or_default()
}

fn nearest(view: &View<'_>) -> RequestIdx {
    least(view, |cylinder| {
        let tie = match view.scenario.tie {
            Tie::First => 0,
            Tie::Lower => cylinder,
            Tie::Higher => u32::MAX - cylinder,
        };
        (cylinder.abs_diff(view.head), tie)
    })
}

/// The nearest one in the direction of the arm, its own cylinder included.
fn ahead(view: &View<'_>) -> Option<RequestIdx> {
    let is_ahead = |cylinder: u32| match view.way {
        Way::Down => cylinder <= view.head,
        Way::Up => view.head <= cylinder,
    };
    let found = least(view, |it| (!is_ahead(it), it.abs_diff(view.head)));
    is_ahead(view.scenario.requests[found].cylinder).then_some(found)
}

/// The one farthest behind the arm.
fn farthest(view: &View<'_>) -> RequestIdx {
    least(view, |cylinder| u32::MAX - cylinder.abs_diff(view.head))
}
