//! Processes, their states, and what may happen to them.

use super::script::{Does, Op, PROCS_MAX};
use crate::words::list;

/// Index of process 1.
pub(super) const INIT: usize = 0;
/// Exit code of a process that SIGKILL has ended, as a shell tells it.
const KILLED: u8 = 137;

/// The states, in the order of a life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Life {
    New,
    Ready,
    Running,
    Blocked,
    Zombie,
    Gone,
}

pub(super) const LIVES: [Life; 6] =
    [Life::New, Life::Ready, Life::Running, Life::Blocked, Life::Zombie, Life::Gone];

impl Life {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Blocked => "blocked",
            Self::Zombie => "zombie",
            Self::Gone => "gone",
        }
    }
}

/// What a blocked process waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    Event,
    Disk,
    Child,
}

/// A process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proc {
    pub(super) life: Life,
    pub(super) parent: usize,
    /// What it waits for; a process that is ready again inside of `wait` still has this.
    pub(super) waits: Option<For>,
    /// SIGKILL is pending.
    pub(super) killed: bool,
    pub(super) code: u8,
    pub(super) subreaper: bool,
    /// Ignores SIGCHLD, so that its children leave no zombies.
    pub(super) ignores: bool,
    /// Its first parent has ended.
    pub(super) orphan: bool,
}

/// All processes; those that were never made are `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct World {
    pub(super) procs: Vec<Option<Proc>>,
    n_cpus: usize,
    /// Changes of state of the last step.
    pub(super) moves: Vec<(usize, Life, Life)>,
    pub(super) n_orphans: u32,
    pub(super) n_reaped: u32,
    pub(super) n_refused: u32,
}

pub(super) fn name(who: usize) -> String {
    format!("P{}", who + 1)
}

impl World {
    pub(super) fn new(n_cpus: usize) -> Self {
        let mut procs = vec![None; usize::from(PROCS_MAX)];
        procs[INIT] = Some(Proc {
            life: Life::Blocked,
            parent: INIT,
            waits: Some(For::Child),
            killed: false,
            code: 0,
            subreaper: false,
            ignores: false,
            orphan: false,
        });
        Self { procs, n_cpus, moves: Vec::new(), n_orphans: 0, n_reaped: 0, n_refused: 0 }
    }

    pub(super) fn known(&self) -> impl Iterator<Item = (usize, &Proc)> {
        self.procs.iter().enumerate().filter_map(|(who, it)| Some((who, it.as_ref()?)))
    }

    pub(super) fn life(&self, who: usize) -> Option<Life> {
        self.procs[who].as_ref().map(|it| it.life)
    }

    pub(super) fn count(&self, life: Life) -> usize {
        self.known().filter(|it| it.1.life == life).count()
    }

    fn get(&mut self, who: usize) -> Option<&mut Proc> {
        self.procs[who].as_mut()
    }

    fn go(&mut self, who: usize, to: Life) {
        if let Some(it) = self.get(who) {
            let from = it.life;
            it.life = to;
            self.moves.push((who, from, to));
        }
    }

    /// Takes a statement: tag and sentence.
    pub(super) fn take(&mut self, op: &Op) -> (&'static str, String) {
        self.moves.clear();
        match self.allowed(op) {
            Ok(()) => self.act(op),
            Err(why) => {
                self.n_refused += 1;
                ("refused", why)
            }
        }
    }

    /// Whether a statement may be taken now; if not, why not.
    fn allowed(&self, op: &Op) -> Result<(), String> {
        let me = name(op.who);
        let Some(life) = self.life(op.who) else {
            return Err(format!("{me} does not exist yet, because nobody has forked it."));
        };
        if op.who == INIT && !matches!(op.does, Does::Fork(_)) {
            return Err(
                "P1 is init and only forks and waits here, because it must never end.".to_owned()
            );
        }
        let needs = match op.does {
            Does::Fork(child) => {
                if self.life(child).is_some() {
                    return Err(format!("{me} cannot fork {}: it exists already.", name(child)));
                }
                Life::Running
            }
            Does::Admit => Life::New,
            Does::Dispatch => Life::Ready,
            Does::Wake => Life::Blocked,
            Does::Preempt | Does::Block { .. } | Does::Exit(_) | Does::Wait => Life::Running,
            Does::Subreaper | Does::Ignore => Life::Running,
            Does::Kill if life <= Life::Blocked && life != Life::New => return Ok(()),
            Does::Kill if life == Life::New => Life::Ready,
            Does::Kill => {
                return Err(format!("{me} cannot be killed, because it has ended already."));
            }
        };
        if life != needs && op.who != INIT {
            return Err(self.wrong_state(op, life, needs));
        }
        if op.does == Does::Dispatch && self.n_cpus <= self.count(Life::Running) {
            let busy = self.known().filter(|it| it.1.life == Life::Running);
            let names: Vec<String> = busy.map(|it| name(it.0)).collect();
            return Err(format!("{me} stays ready, because {} has the CPU.", list(&names)));
        }
        if op.does == Does::Wake
            && self.procs[op.who].as_ref().and_then(|it| it.waits) == Some(For::Child)
        {
            return Err(format!("{me} stays blocked, because none of its children has ended."));
        }
        Ok(())
    }

    fn wrong_state(&self, op: &Op, life: Life, needs: Life) -> String {
        let (me, is) = (name(op.who), life.word());
        let why = match (op.does, life) {
            (Does::Dispatch, Life::Blocked) => {
                "its event has not happened, and after that it is ready first".to_owned()
            }
            (Does::Block { .. } | Does::Wait | Does::Fork(_) | Does::Exit(_), Life::Ready) => {
                "whoever asks the kernel for something must be running".to_owned()
            }
            (_, Life::Zombie | Life::Gone) => "it has ended".to_owned(),
            _ => format!("this needs a process that is {}", needs.word()),
        };
        format!("{me} stays {is}, because {why}.")
    }

    fn act(&mut self, op: &Op) -> (&'static str, String) {
        let me = name(op.who);
        match op.does {
            Does::Fork(child) => {
                let new = Proc {
                    life: Life::New,
                    parent: op.who,
                    waits: None,
                    killed: false,
                    code: 0,
                    subreaper: false,
                    ignores: false,
                    orphan: false,
                };
                self.procs[child] = Some(new);
                let child = name(child);
                let say = format!(
                    "{me} forks {child}, which is new, because the kernel is still building its \
                     structures."
                );
                ("fork", say)
            }
            Does::Admit => {
                self.go(op.who, Life::Ready);
                ("admit", format!("{me} is ready, because it lacks nothing but a CPU."))
            }
            Does::Dispatch => self.dispatch(op.who),
            Does::Preempt => {
                self.go(op.who, Life::Ready);
                let say = format!(
                    "{me} is ready again, because the scheduler takes the CPU away and {me} waits \
                     for nothing else."
                );
                ("preempt", say)
            }
            Does::Block { disk } => self.block(op.who, disk),
            Does::Wake => {
                self.wake(op.who);
                let say = format!(
                    "{me} becomes ready, not running, because its event has happened but the CPU \
                     is the scheduler's to give."
                );
                ("wake", say)
            }
            Does::Exit(code) => {
                let (tag, left) = self.end(op.who, code);
                (tag, format!("{me} ends with code {code}; {left}."))
            }
            Does::Wait => self.wait(op.who),
            Does::Kill => self.kill(op.who),
            Does::Subreaper => {
                if let Some(it) = self.get(op.who) {
                    it.subreaper = true;
                }
                let say = format!(
                    "{me} declares itself a subreaper, so orphans among its descendants come to \
                     it and not to init."
                );
                ("subreaper", say)
            }
            Does::Ignore => {
                if let Some(it) = self.get(op.who) {
                    it.ignores = true;
                }
                let say = format!(
                    "{me} ignores SIGCHLD explicitly, so its children leave no zombies and their \
                     exit codes are lost."
                );
                ("ignore", say)
            }
        }
    }

    fn wake(&mut self, who: usize) {
        self.go(who, Life::Ready);
        if let Some(it) = self.get(who)
            && it.waits != Some(For::Child)
        {
            it.waits = None;
        }
    }

    fn dispatch(&mut self, who: usize) -> (&'static str, String) {
        let me = name(who);
        self.go(who, Life::Running);
        let (killed, in_wait) = match &self.procs[who] {
            Some(it) => (it.killed, it.waits == Some(For::Child)),
            None => (false, false),
        };
        if killed {
            let (tag, left) = self.end(who, KILLED);
            let say = format!(
                "{me} gets the CPU only to die, because SIGKILL is pending and it ends before its \
                 own code goes on; {left}."
            );
            return (tag, say);
        }
        if in_wait {
            if let Some(it) = self.get(who) {
                it.waits = None;
            }
            if let Some((child, code)) = self.reap(who) {
                let say = format!(
                    "{me} gets the CPU inside of wait and takes exit code {code}, so {} is gone.",
                    name(child)
                );
                return ("reap", say);
            }
        }
        let say = format!("{me} is running, because the scheduler picks it among the ready ones.");
        ("dispatch", say)
    }

    fn block(&mut self, who: usize, disk: bool) -> (&'static str, String) {
        self.go(who, Life::Blocked);
        if let Some(it) = self.get(who) {
            it.waits = Some(if disk { For::Disk } else { For::Event });
        }
        let why = match disk {
            true => "it waits for a disk: state D, in which no signal wakes it",
            false => "it waits for an event: state S, in which a signal may wake it, too",
        };
        ("block", format!("{} blocks, because {why}.", name(who)))
    }

    fn zombie_of(&self, who: usize) -> Option<usize> {
        self.known().find(|(_, it)| it.parent == who && it.life == Life::Zombie).map(|it| it.0)
    }

    /// Takes the exit code of the first zombie among the children.
    fn reap(&mut self, who: usize) -> Option<(usize, u8)> {
        let child = self.zombie_of(who)?;
        self.go(child, Life::Gone);
        self.n_reaped += 1;
        Some((child, self.procs[child].as_ref()?.code))
    }

    fn wait(&mut self, who: usize) -> (&'static str, String) {
        let me = name(who);
        if let Some((child, code)) = self.reap(who) {
            let child = name(child);
            let say = format!(
                "{me} takes exit code {code} of {child}, and {child} is gone, because nothing but \
                 the code was left of it."
            );
            return ("reap", say);
        }
        let has_child =
            self.known().any(|(at, it)| at != who && it.parent == who && it.life != Life::Gone);
        if !has_child {
            let say = format!("{me} gets -1 from wait at once, because it has no child.");
            return ("no_child", say);
        }
        self.go(who, Life::Blocked);
        if let Some(it) = self.get(who) {
            it.waits = Some(For::Child);
        }
        ("block", format!("{me} blocks in wait, because none of its children has ended yet."))
    }

    fn kill(&mut self, who: usize) -> (&'static str, String) {
        let me = name(who);
        let (life, waits) = match &self.procs[who] {
            Some(it) => (it.life, it.waits),
            None => (Life::Gone, None),
        };
        if life == Life::Running {
            let (tag, left) = self.end(who, KILLED);
            return (tag, format!("{me} ends, because SIGKILL cannot be caught; {left}."));
        }
        if let Some(it) = self.get(who) {
            it.killed = true;
        }
        let say = match (life, waits) {
            (Life::Blocked, Some(For::Disk)) => format!(
                "{me} stays blocked with SIGKILL pending, because it waits for a disk and must \
                 not be torn out of that."
            ),
            (Life::Blocked, _) => {
                self.go(who, Life::Ready);
                format!("{me} becomes ready, because SIGKILL wakes it; it will run only to die.")
            }
            _ => format!(
                "{me} stays ready with SIGKILL pending, because it must get the CPU once more to \
                 die."
            ),
        };
        ("kill", say)
    }

    /// The nearest ancestor that adopts orphans.
    fn heir(&self, from: usize) -> usize {
        let mut at = from;
        for _ in 0..PROCS_MAX {
            let Some(it) = &self.procs[at] else { break };
            at = it.parent;
            let fits = self.procs[at]
                .as_ref()
                .is_some_and(|it| it.subreaper && it.life != Life::Zombie && it.life != Life::Gone);
            if fits {
                return at;
            }
        }
        INIT
    }

    /// Ends a process: tag, and what becomes of it and of its children.
    fn end(&mut self, who: usize, code: u8) -> (&'static str, String) {
        let heir = self.heir(who);
        self.go(who, Life::Zombie);
        let parent = match self.get(who) {
            Some(it) => {
                (it.code, it.waits) = (code, None);
                it.parent
            }
            None => INIT,
        };
        let mut parts = vec![self.left(who, parent)];
        let mut tag = if self.life(who) == Some(Life::Zombie) { "zombie" } else { "exit" };
        let mine = |(at, it): (usize, &Proc)| (at != INIT && it.parent == who).then_some(at);
        let children: Vec<usize> = self.known().filter_map(mine).collect();
        let (mut orphans, mut reaped) = (Vec::new(), Vec::new());
        for child in children {
            let Some(it) = self.get(child) else { continue };
            it.parent = heir;
            match it.life {
                Life::Gone => {}
                Life::Zombie => {
                    if self.collects(heir) {
                        self.go(child, Life::Gone);
                        self.n_reaped += 1;
                        reaped.push(name(child));
                    }
                }
                _ => {
                    it.orphan = true;
                    self.n_orphans += 1;
                    orphans.push(name(child));
                }
            }
        }
        let heir = if heir == INIT { "init".to_owned() } else { name(heir) };
        if !reaped.is_empty() {
            parts.push(format!("{heir} inherits and reaps {}", list(&reaped)));
        }
        if !orphans.is_empty() {
            tag = "orphan";
            let is = if orphans.len() == 1 { "is an orphan" } else { "are orphans" };
            parts.push(format!("{} {is} now, adopted by {heir}", list(&orphans)));
        }
        (tag, parts.join("; "))
    }

    /// Whether a parent takes every exit code at once.
    fn collects(&self, parent: usize) -> bool {
        parent == INIT || self.procs[parent].as_ref().is_some_and(|it| it.ignores)
    }

    /// What is left of a process that has just ended.
    fn left(&mut self, who: usize, parent: usize) -> String {
        let up = name(parent);
        if self.collects(parent) {
            self.go(who, Life::Gone);
            self.n_reaped += 1;
            return match parent {
                INIT => "its parent is init, which waits at all times and reaps it".to_owned(),
                _ => format!("{up} ignores SIGCHLD, so nothing is left of it"),
            };
        }
        let waits = self.procs[parent]
            .as_ref()
            .is_some_and(|it| it.life == Life::Blocked && it.waits == Some(For::Child));
        if waits {
            self.go(parent, Life::Ready);
            format!("it is a zombie until {up}, woken out of wait, gets the CPU")
        } else {
            format!("it stays as a zombie, because {up} has not asked for its exit code")
        }
    }
}
