//! What the CPUs run: locks and counters as small machines of memory accesses.

use super::coherence_bus::{Access, Bus, Caches, Effect};

/// What all CPUs run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Code {
    TestAndSet,
    TestTestAndSet,
    Ticket,
    Mcs,
    Counters,
}

/// What a CPU is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Outside the lock.
    Away,
    /// Wants the lock.
    Spins,
    /// Has the lock.
    Holds,
    /// Has no round left.
    Done,
}

/// Settings of a run.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    pub(super) code: Code,
    pub(super) n_cpus: usize,
    pub(super) rounds: u32,
    pub(super) hold_cycles: u64,
    pub(super) away_cycles: u64,
    pub(super) bus_cycles: u64,
    pub(super) padded: bool,
}

/// Words in one line of 64 bytes.
const WORDS_A_LINE: usize = 8;

impl Setup {
    /// Names of the words that the code uses; those of one node of a queue lie side by side.
    pub(super) fn words(&self) -> Vec<String> {
        let own = |name: &str| (0..self.n_cpus).map(|it| format!("{name}{it}")).collect::<Vec<_>>();
        let some = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        match self.code {
            Code::TestAndSet | Code::TestTestAndSet => some(&["lock", "data"]),
            Code::Ticket => some(&["next", "serving", "data"]),
            Code::Mcs => {
                let nodes =
                    (0..self.n_cpus).flat_map(|it| [format!("wait{it}"), format!("after{it}")]);
                some(&["tail", "data"]).into_iter().chain(nodes).collect()
            }
            Code::Counters => own("count"),
        }
    }

    /// The line of a word. With padding every word has one, or every node of the queue.
    pub(super) fn line(&self, word: usize) -> usize {
        match (self.padded, self.code) {
            (false, _) => word / WORDS_A_LINE,
            (true, Code::Mcs) if 2 <= word => 1 + word / 2,
            (true, _) => word,
        }
    }

    pub(super) fn n_lines(&self) -> usize {
        self.line(self.words().len() - 1) + 1
    }

    fn data(&self) -> usize {
        if self.code == Code::Ticket { 2 } else { 1 }
    }
}

/// One CPU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cpu {
    /// Number of its next access in the code.
    pc: u8,
    pub(super) phase: Phase,
    pub(super) rounds_done: u32,
    /// When it is ready for its next access.
    clock: u64,
    /// The line in its own cache that it watches; it is woken when it loses that.
    pub(super) watches: Option<usize>,
    /// What it keeps in a register.
    kept: u64,
}

/// Everything at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct World {
    pub(super) cpus: Vec<Cpu>,
    pub(super) caches: Caches,
    /// Words of memory, as the newest copy has them.
    words: Vec<u64>,
    bus_free: u64,
    last_on_bus: usize,
}

/// One access that was made.
pub(super) struct Did {
    pub(super) cpu: usize,
    pub(super) time: u64,
    pub(super) word: usize,
    pub(super) effect: Effect,
    /// What was done, such as `exchanges the lock word`.
    pub(super) what: &'static str,
    /// What came of it, such as `and finds it taken`.
    pub(super) found: &'static str,
    /// Whether it got or gave back the lock with it.
    pub(super) turn: Turn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    None,
    Enters,
    Leaves,
}

/// What an access of the code is, before it is made.
struct Plan {
    word: usize,
    access: Access,
    what: &'static str,
}

/// What the code does after an access.
struct Next {
    pc: u8,
    found: &'static str,
    turn: Turn,
    /// Whether it looks at the same word again until that changes.
    spins: bool,
    pause: u64,
}

/// First access of the critical section, the same in every code.
const CRITICAL: u8 = 10;
/// First access of the release.
const RELEASE: u8 = 20;
/// No CPU, in the words of a queue lock.
const NOBODY: u64 = 0;

impl World {
    pub(super) fn new(setup: &Setup) -> Self {
        let phase = if setup.code == Code::Counters { Phase::Away } else { Phase::Spins };
        let cpu = Cpu { pc: 0, phase, rounds_done: 0, clock: 0, watches: None, kept: 0 };
        Self {
            cpus: vec![cpu; setup.n_cpus],
            caches: Caches::new(setup.n_cpus, setup.n_lines()),
            words: vec![0; setup.words().len()],
            bus_free: 0,
            last_on_bus: setup.n_cpus - 1,
        }
    }

    /// The next access; `None` when all are done.
    pub(super) fn next(&mut self, setup: &Setup) -> Option<Did> {
        let n = setup.n_cpus;
        loop {
            // The bus is given in turn, so of two that are ready the next after the last one goes.
            let turn = |it: usize| (it + n - self.last_on_bus - 1) % n;
            let able = |it: &usize| {
                self.cpus[*it].phase != Phase::Done && self.cpus[*it].watches.is_none()
            };
            let cpu = (0..n).filter(able).min_by_key(|&it| (self.cpus[it].clock, turn(it)))?;
            let plan = self.plan(setup, cpu);
            let line = setup.line(plan.word);
            let time = self.cpus[cpu].clock;
            let bus = self.caches.needs(cpu, line, plan.access);
            if bus != Bus::None && time < self.bus_free {
                self.cpus[cpu].clock = self.bus_free;
                continue;
            }
            let effect = self.caches.access(cpu, line, plan.access);
            let mut end = time + 1;
            if bus != Bus::None {
                end = time + setup.bus_cycles;
                (self.bus_free, self.last_on_bus) = (end, cpu);
            }
            // Whoever watched a copy that is gone looks again.
            let gone = plan.access == Access::Write;
            for other in 0..n {
                let lost = gone && effect.others.contains(&other);
                if lost && self.cpus[other].watches == Some(line) {
                    self.cpus[other].watches = None;
                    self.cpus[other].clock = end;
                }
            }
            let next = self.done(setup, cpu, plan.word);
            let it = &mut self.cpus[cpu];
            it.clock = end + next.pause;
            it.pc = next.pc;
            if next.spins {
                it.watches = Some(line);
            }
            let Plan { word, what, .. } = plan;
            let (found, turn) = (next.found, next.turn);
            return Some(Did { cpu, time, word, effect, what, found, turn });
        }
    }

    fn own(cpu: usize) -> u64 {
        cpu as u64 + 1
    }

    /// The access that a CPU makes next.
    fn plan(&self, setup: &Setup, cpu: usize) -> Plan {
        use Access::{Read, Write};
        let it = &self.cpus[cpu];
        let (waits, after) = (2 + 2 * cpu, 3 + 2 * cpu);
        let node = |kept: u64, offset: usize| {
            2 * usize::try_from(kept.saturating_sub(1)).unwrap_or_default() + offset
        };
        let (word, access, what) = match (setup.code, it.pc) {
            (Code::Counters, 0) => (cpu, Read, "reads its own counter"),
            (Code::Counters, _) => (cpu, Write, "writes its own counter"),
            (_, CRITICAL) => (setup.data(), Read, "reads the data"),
            (_, 11..RELEASE) => (setup.data(), Write, "writes the data"),
            (Code::TestAndSet, 0) => (0, Write, "exchanges the lock word"),
            (Code::TestTestAndSet, 0) => (0, Read, "reads the lock word"),
            (Code::TestTestAndSet, 1) => (0, Write, "exchanges the lock word"),
            (Code::TestAndSet | Code::TestTestAndSet, _) => (0, Write, "clears the lock word"),
            (Code::Ticket, 0) => (0, Write, "takes a ticket"),
            (Code::Ticket, 1) => (1, Read, "reads whose turn it is"),
            (Code::Ticket, _) => (1, Write, "calls the next ticket"),
            (Code::Mcs, 0) => (waits, Write, "sets up its own node"),
            (Code::Mcs, 1) => (0, Write, "puts itself at the tail"),
            (Code::Mcs, 2) => (node(it.kept, 3), Write, "links itself behind the one before"),
            (Code::Mcs, 3) => (waits, Read, "reads its own flag"),
            (Code::Mcs, RELEASE | 22) => (after, Read, "reads who comes after it"),
            (Code::Mcs, 21) => (0, Write, "clears the tail if it is still the last"),
            (Code::Mcs, _) => (node(it.kept, 2), Write, "clears the flag of the next one"),
        };
        Plan { word, access, what }
    }

    /// Lets an access take effect and says how the code goes on.
    fn done(&mut self, setup: &Setup, cpu: usize, word: usize) -> Next {
        let go = |pc: u8, found: &'static str| Next {
            pc,
            found,
            turn: Turn::None,
            spins: false,
            pause: 0,
        };
        let spin = |pc: u8, found: &'static str| Next { spins: true, ..go(pc, found) };
        let own = Self::own(cpu);
        let pc = self.cpus[cpu].pc;
        match (setup.code, pc) {
            (Code::Counters, 0) => {
                self.cpus[cpu].kept = self.words[word];
                go(1, "")
            }
            (Code::Counters, _) => {
                self.words[word] = self.cpus[cpu].kept + 1;
                self.leave(setup, cpu, "", Turn::None)
            }
            (_, CRITICAL) => {
                self.cpus[cpu].kept = self.words[word];
                Next { pause: setup.hold_cycles, ..go(11, "inside the lock") }
            }
            (_, 11..RELEASE) => {
                self.words[word] = self.cpus[cpu].kept + 1;
                go(RELEASE, "inside the lock")
            }
            (Code::TestAndSet, 0) | (Code::TestTestAndSet, 1) => {
                match std::mem::replace(&mut self.words[word], 1) {
                    0 => self.enter(cpu, "and finds it free"),
                    _ if pc == 0 => spin(0, "and finds it taken"),
                    _ => go(0, "but another was faster"),
                }
            }
            (Code::TestTestAndSet, 0) => match self.words[word] {
                0 => go(1, "and finds it free"),
                _ => spin(0, "and finds it taken"),
            },
            (Code::TestAndSet | Code::TestTestAndSet, _) => {
                self.words[word] = 0;
                self.leave(setup, cpu, "and leaves the lock", Turn::Leaves)
            }
            (Code::Ticket, 0) => {
                self.cpus[cpu].kept = self.words[word];
                self.words[word] += 1;
                go(1, "")
            }
            (Code::Ticket, 1) => match self.words[word] == self.cpus[cpu].kept {
                true => self.enter(cpu, "and it is its own"),
                false => spin(1, "and it is not its own"),
            },
            (Code::Ticket, _) => {
                self.words[word] += 1;
                self.leave(setup, cpu, "and leaves the lock", Turn::Leaves)
            }
            (Code::Mcs, 0) => {
                self.words[word] = 1;
                self.words[word + 1] = NOBODY;
                go(1, "")
            }
            (Code::Mcs, 1) => match std::mem::replace(&mut self.words[word], own) {
                NOBODY => self.enter(cpu, "and finds nobody before it"),
                before => {
                    self.cpus[cpu].kept = before;
                    go(2, "and finds another before it")
                }
            },
            (Code::Mcs, 2) => {
                self.words[word] = own;
                go(3, "")
            }
            (Code::Mcs, 3) => match self.words[word] {
                0 => self.enter(cpu, "and may go on"),
                _ => spin(3, "and must wait"),
            },
            (Code::Mcs, RELEASE | 22) => match self.words[word] {
                NOBODY if pc == RELEASE => go(21, "and finds nobody"),
                NOBODY => spin(22, "and finds nobody yet"),
                after => {
                    self.cpus[cpu].kept = after;
                    go(23, "and finds another")
                }
            },
            (Code::Mcs, 21) => match self.words[word] == own {
                true => {
                    self.words[word] = NOBODY;
                    self.leave(setup, cpu, "and leaves the lock free", Turn::Leaves)
                }
                false => go(22, "but somebody is joining"),
            },
            (Code::Mcs, _) => {
                self.words[word] = 0;
                self.leave(setup, cpu, "and hands the lock over", Turn::Leaves)
            }
        }
    }

    fn enter(&mut self, cpu: usize, found: &'static str) -> Next {
        self.cpus[cpu].phase = Phase::Holds;
        Next { pc: CRITICAL, found, turn: Turn::Enters, spins: false, pause: 0 }
    }

    fn leave(&mut self, setup: &Setup, cpu: usize, found: &'static str, turn: Turn) -> Next {
        let it = &mut self.cpus[cpu];
        it.rounds_done += 1;
        it.phase = match (it.rounds_done < setup.rounds, setup.code) {
            (false, _) => Phase::Done,
            (true, Code::Counters) => Phase::Away,
            (true, _) => Phase::Spins,
        };
        Next { pc: 0, found, turn, spins: false, pause: setup.away_cycles }
    }

    /// Sum of what was counted: as much as rounds that ended.
    pub(super) fn counted(&self, setup: &Setup) -> u64 {
        match setup.code {
            Code::Counters => self.words.iter().sum(),
            _ => self.words[setup.data()],
        }
    }
}
