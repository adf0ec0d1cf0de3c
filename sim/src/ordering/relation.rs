//! Relations over a few events, as one word of bits for each.

/// Most events: initial stores, accesses and fences.
pub(super) const EVENTS_MAX: usize = 24;

/// A set of events.
pub(super) type Set = u32;

/// Pairs of events: bit b of row a says that a comes before b.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rel([Set; EVENTS_MAX]);

/// The members of a set, lowest first.
pub(super) fn members(mut set: Set) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = usize::try_from(set.trailing_zeros()).ok().filter(|_| set != 0)?;
        set &= set - 1;
        Some(at)
    })
}

impl Rel {
    pub(super) const NONE: Self = Self([0; EVENTS_MAX]);

    pub(super) fn add(&mut self, from: usize, to: usize) {
        self.0[from] |= 1 << to;
    }

    pub(super) fn has(&self, from: usize, to: usize) -> bool {
        self.0[from] >> to & 1 == 1
    }

    /// What comes after an event.
    pub(super) fn after(&self, from: usize) -> Set {
        self.0[from]
    }

    #[must_use]
    pub(super) fn or(mut self, other: &Self) -> Self {
        for (row, more) in self.0.iter_mut().zip(other.0) {
            *row |= more;
        }
        self
    }

    #[must_use]
    pub(super) fn and(mut self, other: &Self) -> Self {
        for (row, mask) in self.0.iter_mut().zip(other.0) {
            *row &= mask;
        }
        self
    }

    #[must_use]
    pub(super) fn without(mut self, other: &Self) -> Self {
        for (row, mask) in self.0.iter_mut().zip(other.0) {
            *row &= !mask;
        }
        self
    }

    /// Only the pairs from one set to another.
    #[must_use]
    pub(super) fn within(mut self, from: Set, to: Set) -> Self {
        for (at, row) in self.0.iter_mut().enumerate() {
            *row &= if from >> at & 1 == 1 { to } else { 0 };
        }
        self
    }

    /// One step of this and then one of the other.
    #[must_use]
    pub(super) fn then(&self, other: &Self) -> Self {
        let mut out = Self::NONE;
        for (row, &middle) in out.0.iter_mut().zip(&self.0) {
            *row = members(middle).fold(0, |set, at| set | other.0[at]);
        }
        out
    }

    /// This through the events of a set: in, and out again.
    #[must_use]
    pub(super) fn through(&self, set: Set) -> Self {
        self.within(Set::MAX, set).then(self)
    }

    /// This, or staying where one is.
    #[must_use]
    pub(super) fn or_same(mut self) -> Self {
        for (at, row) in self.0.iter_mut().enumerate() {
            *row |= 1 << at;
        }
        self
    }

    /// Any number of steps, one or more.
    #[must_use]
    pub(super) fn closure(mut self) -> Self {
        for middle in 0..EVENTS_MAX {
            let more = self.0[middle];
            for row in &mut self.0 {
                if *row >> middle & 1 == 1 {
                    *row |= more;
                }
            }
        }
        self
    }

    /// Whether no event comes before itself: events with nothing after them are taken away until
    /// none is left.
    pub(super) fn is_acyclic(&self) -> bool {
        let mut left: Set = members((1 << EVENTS_MAX) - 1)
            .filter(|&at| self.0[at] != 0)
            .fold(0, |set, at| set | 1 << at);
        loop {
            let keeps = members(left).filter(|&at| self.0[at] & left != 0);
            let kept = keeps.fold(0, |set, at| set | 1 << at);
            if kept == left {
                return left == 0;
            }
            left = kept;
        }
    }

    /// The shortest way from one event to another, with both ends; one step at least.
    pub(super) fn path(&self, from: usize, to: usize) -> Option<Vec<usize>> {
        let mut came = [EVENTS_MAX; EVENTS_MAX];
        let mut queue = vec![from];
        let (mut next, mut seen): (usize, Set) = (0, 0);
        while let Some(&at) = queue.get(next) {
            next += 1;
            for step in members(self.0[at] & !seen) {
                seen |= 1 << step;
                came[step] = at;
                if step == to {
                    let mut way = vec![to];
                    let mut back = at;
                    while back != from {
                        way.push(back);
                        back = came[back];
                    }
                    way.push(from);
                    way.reverse();
                    return Some(way);
                }
                queue.push(step);
            }
        }
        None
    }

    /// A shortest circle: its events, the first one again at the end.
    pub(super) fn circle(&self) -> Option<Vec<usize>> {
        (0..EVENTS_MAX).filter_map(|at| self.path(at, at)).min_by_key(Vec::len)
    }
}

#[cfg(test)]
mod tests {
    use super::{EVENTS_MAX, Rel};

    #[test]
    fn circles_are_found_if_and_only_if_they_are_there() {
        let mut rng = crate::Rng::new(94);
        for _ in 0..2_000 {
            let mut rel = Rel::NONE;
            for _ in 0..rng.below(30) {
                let mut end = || usize::try_from(rng.below(EVENTS_MAX as u64)).unwrap();
                rel.add(end(), end());
            }
            let closed = rel.closure();
            let by_closure = (0..EVENTS_MAX).any(|at| closed.has(at, at));
            assert_eq!(rel.is_acyclic(), !by_closure);
            let circle = rel.circle();
            assert_eq!(circle.is_some(), by_closure);
            if let Some(circle) = circle {
                assert_eq!(circle.first(), circle.last());
                assert!(circle.windows(2).all(|it| rel.has(it[0], it[1])));
            }
        }
    }
}
