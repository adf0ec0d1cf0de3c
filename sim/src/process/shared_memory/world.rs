//! The page, its copies, the two processes, and what a step does.

use serde::Deserialize;

/// Processes.
pub(super) const N: usize = 2;
pub(super) const NAMES: [&str; N] = ["A", "B"];

/// Places in the page: the lock or semaphore, the counter or first half, the second half.
pub(super) const LOCK: usize = 0;
pub(super) const COUNT: usize = 1;
const SECOND: usize = 2;
/// Places in a page.
pub(super) const WORDS: usize = 3;
/// What each half of a whole record holds.
const WHOLE: u8 = 7;

/// What they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Job {
    Counter,
    Record,
}

/// What keeps them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Sync {
    None,
    Mutex,
    Semaphore,
}

/// One step of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Take,
    Give,
    /// From this place into the register of the same place.
    Load(usize),
    Add,
    /// The register of the counter.
    Store,
    /// The half of a whole record.
    Write(usize),
}

/// A step and how it is written.
pub(super) type Line = (Op, &'static str);

/// The scenario made ready.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(super) job: Job,
    pub(super) sync: Sync,
    pub(super) private: bool,
    pub(super) rounds: u8,
    pub(super) lines: [Vec<Line>; N],
}

/// One process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Proc {
    /// The line that comes next; past the last one, it has ended.
    pub(super) line: u8,
    n_done: u8,
    pub(super) registers: [u8; WORDS],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(super) procs: [Proc; N],
    /// The page of the object, then the copies of A and B.
    pub(super) pages: [[u8; WORDS]; 1 + N],
    /// Who has a copy of its own.
    pub(super) copied: [bool; N],
}

impl Setup {
    pub(super) fn new(job: Job, sync: Sync, private: bool, rounds: u8) -> Self {
        let (take, give) = match sync {
            Sync::Semaphore => {
                ((Op::Take, "sem_wait(&box->sem)"), (Op::Give, "sem_post(&box->sem)"))
            }
            _ => ((Op::Take, "lock(&box->lock)"), (Op::Give, "unlock(&box->lock)")),
        };
        let add = vec![
            (Op::Load(COUNT), "r = box->count"),
            (Op::Add, "r = r + 1"),
            (Op::Store, "box->count = r"),
        ];
        let write = vec![(Op::Write(COUNT), "box->x = 7"), (Op::Write(SECOND), "box->y = 7")];
        let read = vec![(Op::Load(COUNT), "x = box->x"), (Op::Load(SECOND), "y = box->y")];
        let mut lines = match job {
            Job::Counter => [add.clone(), add],
            Job::Record => [write, read],
        };
        match (job, sync) {
            (_, Sync::None) => {}
            // The writer tells the reader that the record is there.
            (Job::Record, Sync::Semaphore) => {
                lines[0].push(give);
                lines[1].insert(0, take);
            }
            _ => {
                for it in &mut lines {
                    it.insert(0, take);
                    it.push(give);
                }
            }
        }
        let rounds = if job == Job::Counter { rounds } else { 1 };
        Self { job, sync, private, rounds, lines }
    }

    pub(super) fn start(&self) -> State {
        let proc = Proc { line: 0, n_done: 0, registers: [0; WORDS] };
        let mut page = [0; WORDS];
        page[LOCK] = u8::from(self.sync == Sync::Semaphore && self.job == Job::Counter);
        let pages = [page, [0; WORDS], [0; WORDS]];
        State { procs: [proc; N], pages, copied: [false; N] }
    }

    /// What the counter should be at the end.
    pub(super) const fn expected(&self) -> u8 {
        2 * self.rounds
    }

    /// The step that a process takes next.
    pub(super) fn line(&self, state: &State, who: usize) -> Option<Line> {
        self.lines[who].get(usize::from(state.procs[who].line)).copied()
    }

    pub(super) fn text(&self, state: &State, who: usize) -> &'static str {
        self.line(state, who).map_or("", |it| it.1)
    }

    /// Which page a process sees.
    pub(super) const fn page(state: &State, who: usize) -> usize {
        if state.copied[who] { 1 + who } else { 0 }
    }

    /// What a process sees at a place.
    pub(super) fn value(&self, state: &State, who: usize, word: usize) -> u8 {
        state.pages[Self::page(state, who)][word]
    }

    /// Whether a process stands before a lock that it cannot take.
    pub(super) fn waits(&self, state: &State, who: usize) -> bool {
        let taken = (self.sync == Sync::Semaphore) == (self.value(state, who, LOCK) == 0);
        self.line(state, who).is_some_and(|it| it.0 == Op::Take) && taken
    }

    /// Who can step.
    pub(super) fn able(&self, state: &State) -> impl Iterator<Item = usize> {
        (0..N).filter(|&it| self.line(state, it).is_some() && !self.waits(state, it))
    }

    pub(super) fn pick(&self, state: &State, pick: u32) -> Option<usize> {
        self.able(state).nth(usize::try_from(pick).ok()?)
    }

    fn put(&self, state: &mut State, who: usize, word: usize, value: u8) {
        if self.private && !state.copied[who] {
            state.copied[who] = true;
            state.pages[1 + who] = state.pages[0];
        }
        state.pages[Self::page(state, who)][word] = value;
    }

    /// Takes the step of a process that can.
    pub(super) fn go(&self, state: &mut State, who: usize) {
        let Some((op, _)) = self.line(state, who) else { return };
        let lock = self.value(state, who, LOCK);
        let is_semaphore = self.sync == Sync::Semaphore;
        match op {
            Op::Take if is_semaphore => self.put(state, who, LOCK, lock.saturating_sub(1)),
            Op::Take => self.put(state, who, LOCK, u8::from(who != 0) + 1),
            Op::Give if is_semaphore => self.put(state, who, LOCK, lock.saturating_add(1)),
            Op::Give => self.put(state, who, LOCK, 0),
            Op::Load(word) => {
                state.procs[who].registers[word] = self.value(state, who, word);
            }
            Op::Add => {
                let register = &mut state.procs[who].registers[COUNT];
                *register = register.saturating_add(1);
            }
            Op::Store => self.put(state, who, COUNT, state.procs[who].registers[COUNT]),
            Op::Write(word) => self.put(state, who, word, WHOLE),
        }
        let n_lines = self.lines[who].len();
        let it = &mut state.procs[who];
        it.line += 1;
        if usize::from(it.line) == n_lines {
            it.n_done += 1;
            if it.n_done < self.rounds {
                it.line = 0;
            }
        }
    }

    /// What a process has loaded from the counter and not stored yet, if it is out of date.
    pub(super) fn stale(&self, state: &State, who: usize) -> Option<u8> {
        let loaded = match (self.job, self.line(state, who)?.0) {
            (Job::Counter, Op::Add) => state.procs[who].registers[COUNT],
            (Job::Counter, Op::Store) => state.procs[who].registers[COUNT].saturating_sub(1),
            _ => return None,
        };
        Some(loaded).filter(|it| *it != self.value(state, who, COUNT))
    }

    pub(super) fn is_over(&self, state: &State) -> bool {
        (0..N).all(|it| self.line(state, it).is_none())
    }

    /// Who waits although nobody can step any more.
    pub(super) fn stuck(&self, state: &State) -> Option<usize> {
        if self.able(state).next().is_some() {
            return None;
        }
        (0..N).find(|&it| self.line(state, it).is_some())
    }

    /// What B has read, once it has read both halves.
    pub(super) fn read(&self, state: &State) -> Option<(u8, u8)> {
        let Proc { line, registers, .. } = state.procs[1];
        let n_loads = self.lines[1].iter().rposition(|it| it.0 == Op::Load(SECOND))?;
        (n_loads < usize::from(line)).then_some((registers[COUNT], registers[SECOND]))
    }

    /// The law that is broken.
    pub(super) fn broken(&self, state: &State) -> Option<&'static str> {
        if self.stuck(state).is_some() {
            return Some("waits for ever");
        }
        match self.job {
            Job::Counter if !self.is_over(state) => None,
            Job::Counter => {
                let full = |it| self.value(state, it, COUNT) == self.expected();
                let law = if self.private { "not shared" } else { "lost update" };
                (!(0..N).all(full)).then_some(law)
            }
            Job::Record => match self.read(state)? {
                (WHOLE, WHOLE) => None,
                (0, 0) if self.private => Some("not shared"),
                (0, 0) => Some("read too early"),
                _ => Some("half a record"),
            },
        }
    }

    /// What it has come to.
    pub(super) fn outcome(&self, state: &State) -> String {
        if let Some(who) = self.stuck(state) {
            return format!("{} waits for ever", NAMES[who]);
        }
        let [a, b] = [0, 1].map(|it| self.value(state, it, COUNT));
        match (self.job, self.read(state)) {
            (Job::Counter, _) if self.private => format!("A counts {a}, B counts {b}"),
            (Job::Record, Some((x, y))) => format!("B reads {x} and {y}"),
            _ => format!("counter = {a}"),
        }
    }
}
