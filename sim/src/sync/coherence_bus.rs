//! Caches that are kept coherent by MESI over one bus.

/// State of a line in one cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// The only copy, and newer than memory.
    Modified,
    /// The only copy, as in memory.
    Exclusive,
    /// One of perhaps several copies, as in memory.
    Shared,
    /// No copy.
    Invalid,
}

impl Line {
    pub(super) const fn letter(self) -> &'static str {
        match self {
            Self::Modified => "M",
            Self::Exclusive => "E",
            Self::Shared => "S",
            Self::Invalid => "I",
        }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Modified => "modified",
            Self::Exclusive => "exclusive",
            Self::Shared => "shared",
            Self::Invalid => "invalid",
        }
    }
}

/// What a CPU does to a line. An atomic read-modify-write counts as a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// What the bus carried for an access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bus {
    /// Nothing: a hit.
    None,
    /// A read of a line that the cache lacks.
    Read,
    /// A read in order to write.
    Own,
    /// Other copies are taken away from a line that the cache shares.
    Upgrade,
}

/// What an access did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Effect {
    /// State of the line before, in the cache that asked.
    pub(super) before: Line,
    pub(super) after: Line,
    pub(super) bus: Bus,
    /// Whose modified copy was written back for it.
    pub(super) written_back: Option<usize>,
    /// Who had a copy besides.
    pub(super) others: Vec<usize>,
}

/// Totals of the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Traffic {
    pub(super) n_hits: u64,
    pub(super) n_reads: u64,
    pub(super) n_owns: u64,
    pub(super) n_upgrades: u64,
    pub(super) n_write_backs: u64,
    pub(super) n_invalidations: u64,
}

impl Traffic {
    /// Everything that needed the bus.
    pub(super) const fn n_bus(&self) -> u64 {
        self.n_reads + self.n_owns + self.n_upgrades
    }
}

/// The caches of all CPUs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caches {
    n_lines: usize,
    /// One row of lines a CPU.
    lines: Vec<Line>,
    pub(super) traffic: Traffic,
}

impl Caches {
    pub(super) fn new(n_cpus: usize, n_lines: usize) -> Self {
        let lines = vec![Line::Invalid; n_cpus * n_lines];
        Self { n_lines, lines, traffic: Traffic::default() }
    }

    fn n_cpus(&self) -> usize {
        self.lines.len() / self.n_lines.max(1)
    }

    pub(super) fn line(&self, cpu: usize, line: usize) -> Line {
        self.lines[cpu * self.n_lines + line]
    }

    /// What the bus would have to carry.
    pub(super) fn needs(&self, cpu: usize, line: usize, access: Access) -> Bus {
        match (access, self.line(cpu, line)) {
            (Access::Read, Line::Invalid) => Bus::Read,
            (Access::Write, Line::Invalid) => Bus::Own,
            (Access::Write, Line::Shared) => Bus::Upgrade,
            (Access::Write, Line::Modified | Line::Exclusive)
            | (Access::Read, Line::Modified | Line::Exclusive | Line::Shared) => Bus::None,
        }
    }

    pub(super) fn access(&mut self, cpu: usize, line: usize, access: Access) -> Effect {
        let bus = self.needs(cpu, line, access);
        let before = self.line(cpu, line);
        let (mut others, mut written_back) = (Vec::new(), None);
        if bus != Bus::None {
            for other in (0..self.n_cpus()).filter(|&it| it != cpu) {
                let at = other * self.n_lines + line;
                let copy = self.lines[at];
                if copy == Line::Invalid {
                    continue;
                }
                others.push(other);
                if copy == Line::Modified {
                    written_back = Some(other);
                    self.traffic.n_write_backs += 1;
                }
                self.lines[at] = match access {
                    Access::Read => Line::Shared,
                    Access::Write => {
                        self.traffic.n_invalidations += 1;
                        Line::Invalid
                    }
                };
            }
        }
        match bus {
            Bus::None => self.traffic.n_hits += 1,
            Bus::Read => self.traffic.n_reads += 1,
            Bus::Own => self.traffic.n_owns += 1,
            Bus::Upgrade => self.traffic.n_upgrades += 1,
        }
        let after = match (access, bus) {
            (Access::Write, _) => Line::Modified,
            (Access::Read, Bus::None) => before,
            (Access::Read, _) if others.is_empty() => Line::Exclusive,
            (Access::Read, _) => Line::Shared,
        };
        self.lines[cpu * self.n_lines + line] = after;
        Effect { before, after, bus, written_back, others }
    }
}

#[cfg(test)]
mod tests {
    use super::{Access, Bus, Caches, Line};
    use crate::Rng;

    #[test]
    fn one_owner_alone_or_sharers_and_every_read_sees_the_last_write() {
        let mut rng = Rng::new(61);
        for _ in 0..200 {
            let (n_cpus, n_lines) = (1 + rng.below(5) as usize, 1 + rng.below(3) as usize);
            let mut caches = Caches::new(n_cpus, n_lines);
            // What each cache and the memory would hold, kept apart from the states.
            let mut memory = vec![0; n_lines];
            let mut held = vec![vec![None; n_lines]; n_cpus];
            let mut newest = vec![0; n_lines];
            for write in 1..120 {
                let (cpu, line) =
                    (rng.below(n_cpus as u64) as usize, rng.below(n_lines as u64) as usize);
                let access = if rng.below(2) == 0 { Access::Read } else { Access::Write };
                let effect = caches.access(cpu, line, access);
                if let Some(owner) = effect.written_back {
                    memory[line] = held[owner][line].unwrap();
                }
                if matches!(effect.bus, Bus::Read | Bus::Own) {
                    held[cpu][line] = Some(memory[line]);
                }
                if access == Access::Write {
                    newest[line] = write;
                    held[cpu][line] = Some(write);
                }
                for (other, held) in held.iter_mut().enumerate() {
                    if caches.line(other, line) == Line::Invalid {
                        held[line] = None;
                    }
                    assert!(held[line].is_none_or(|it| it == newest[line]));
                }
                let count =
                    |state| (0..n_cpus).filter(|&it| caches.line(it, line) == state).count();
                let owners = count(Line::Modified) + count(Line::Exclusive);
                assert!(owners <= 1 && (owners == 0 || count(Line::Shared) == 0));
            }
        }
    }
}
