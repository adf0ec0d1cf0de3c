//! Who holds how much of what, who asks for how much, and who can therefore finish.

/// Units by process and resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claims {
    /// All units that exist, by resource.
    total: Vec<u32>,
    /// Units held, one row a process.
    held: Vec<u32>,
    /// Units asked for on top of that, one row a process.
    asked: Vec<u32>,
}

/// In what order a walk looks at the processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scan {
    /// On from the one that finished last, round and round.
    Onwards,
    /// From the first one again after each that finishes.
    Restart,
}

/// One look of a walk at a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) process: usize,
    /// Whether what it asks for was free, so that it finishes.
    pub(crate) fits: bool,
}

impl Claims {
    /// Nobody holds or asks for anything.
    pub(crate) fn new(n_processes: usize, total: Vec<u32>) -> Self {
        let n = n_processes * total.len();
        Self { total, held: vec![0; n], asked: vec![0; n] }
    }

    pub(crate) fn n_resources(&self) -> usize {
        self.total.len()
    }

    pub(crate) fn n_processes(&self) -> usize {
        self.held.len() / self.total.len().max(1)
    }

    pub(crate) fn total(&self) -> &[u32] {
        &self.total
    }

    fn row(&self, process: usize) -> std::ops::Range<usize> {
        let n = self.total.len();
        process * n..(process + 1) * n
    }

    pub(crate) fn held(&self, process: usize) -> &[u32] {
        &self.held[self.row(process)]
    }

    pub(crate) fn asked(&self, process: usize) -> &[u32] {
        &self.asked[self.row(process)]
    }

    pub(crate) fn held_mut(&mut self, process: usize) -> &mut [u32] {
        let row = self.row(process);
        &mut self.held[row]
    }

    pub(crate) fn asked_mut(&mut self, process: usize) -> &mut [u32] {
        let row = self.row(process);
        &mut self.asked[row]
    }

    /// Units that nobody holds, by resource.
    pub(crate) fn free(&self) -> Vec<u32> {
        let mut free = self.total.clone();
        for process in 0..self.n_processes() {
            for (free, held) in free.iter_mut().zip(self.held(process)) {
                *free = free.saturating_sub(*held);
            }
        }
        free
    }

    pub(crate) fn waits(&self, process: usize) -> bool {
        self.asked(process).iter().any(|&it| 0 < it)
    }

    /// Gives a process all it asks for.
    pub(crate) fn grant(&mut self, process: usize) {
        for at in self.row(process) {
            self.held[at] += std::mem::take(&mut self.asked[at]);
        }
    }

    /// Takes back all that a process holds, and what it asks for.
    pub(crate) fn clear(&mut self, process: usize) {
        for at in self.row(process) {
            (self.held[at], self.asked[at]) = (0, 0);
        }
    }

    /// Tries to let every process finish, one after the other: who finds all it asks for free
    /// finishes and gives back what it holds. Every look is in the answer.
    pub(crate) fn walk(&self, scan: Scan) -> Vec<Look> {
        let n = self.n_processes();
        let mut free = self.free();
        let mut finished = vec![false; n];
        let mut looks = Vec::new();
        let (mut at, mut n_in_vain) = (0, 0);
        while n_in_vain < n {
            if finished[at] {
                n_in_vain += 1;
                at = (at + 1) % n;
                continue;
            }
            let fits = fits(self.asked(at), &free);
            looks.push(Look { process: at, fits });
            if !fits {
                n_in_vain += 1;
                at = (at + 1) % n;
                continue;
            }
            finished[at] = true;
            for (free, held) in free.iter_mut().zip(self.held(at)) {
                *free += held;
            }
            n_in_vain = 0;
            at = if scan == Scan::Restart { 0 } else { (at + 1) % n };
        }
        looks
    }

    /// Who can finish, in the order of a walk.
    pub(crate) fn finish_order(&self, scan: Scan) -> Vec<usize> {
        self.walk(scan).into_iter().filter(|it| it.fits).map(|it| it.process).collect()
    }

    /// By process: whether it can never finish.
    pub(crate) fn stuck(&self) -> Vec<bool> {
        let mut stuck = vec![true; self.n_processes()];
        for process in self.finish_order(Scan::Onwards) {
            stuck[process] = false;
        }
        stuck
    }
}

/// Whether every unit of `ask` is there.
pub(crate) fn fits(ask: &[u32], free: &[u32]) -> bool {
    ask.iter().zip(free).all(|(ask, free)| ask <= free)
}

/// Random claims that never hold more than there is, for tests.
#[cfg(test)]
pub(crate) fn random(rng: &mut crate::Rng, n: usize, m: usize, units_max: u64) -> Claims {
    let mut draw = |max: u32| u32::try_from(rng.below(u64::from(max) + 1)).unwrap();
    let total: Vec<u32> = (0..m).map(|_| 1 + draw(u32::try_from(units_max).unwrap() - 1)).collect();
    let mut claims = Claims::new(n, total.clone());
    for process in 0..n {
        let free = claims.free();
        for resource in 0..m {
            let held = draw(free[resource]);
            claims.held_mut(process)[resource] = held;
            claims.asked_mut(process)[resource] = draw(total[resource] - held);
        }
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::{Scan, fits, random};
    use crate::Rng;

    /// Whether some order of the others lets `wanted` finish: every order is tried.
    fn can_finish(claims: &super::Claims, done: u32, wanted: usize) -> bool {
        let mut free = claims.free();
        for process in (0..claims.n_processes()).filter(|it| done >> it & 1 == 1) {
            free.iter_mut().zip(claims.held(process)).for_each(|(free, held)| *free += held);
        }
        (0..claims.n_processes()).filter(|it| done >> it & 1 == 0).any(|process| {
            fits(claims.asked(process), &free)
                && (process == wanted || can_finish(claims, done | 1 << process, wanted))
        })
    }

    #[test]
    fn the_reduction_agrees_with_every_order() {
        let mut rng = Rng::new(5);
        let mut n_stuck = 0;
        for _ in 0..2_000 {
            let (n, m) = (1 + rng.below(5) as usize, 1 + rng.below(3) as usize);
            let claims = random(&mut rng, n, m, 3);
            let stuck = claims.stuck();
            for (process, stuck) in stuck.iter().enumerate() {
                assert_eq!(*stuck, !can_finish(&claims, 0, process), "{claims:?}");
            }
            n_stuck += usize::from(stuck.contains(&true));
            let mut restarted = claims.finish_order(Scan::Restart);
            let mut onwards = claims.finish_order(Scan::Onwards);
            restarted.sort_unstable();
            onwards.sort_unstable();
            assert_eq!(restarted, onwards, "who finishes does not depend on the order");
        }
        assert!((200..1_900).contains(&n_stuck), "{n_stuck}");
    }
}
