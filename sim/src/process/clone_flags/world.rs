//! Tasks, and the objects of the kernel that they refer to.

use super::flags::{FILES, FS, NAMESPACES, SIGHAND, SYSVSEM, THREAD, VM};
use super::script::TASKS_MAX;

/// Kinds of objects that one flag each shares, in the order in which the kernel gets to them.
pub(super) const KINDS: [Kind; 6] = [
    Kind {
        label: "undo list",
        flag: SYSVSEM,
        name: "CLONE_SYSVSEM",
        copied: false,
        shared_means: "its semaphore operations are undone when the last of them ends",
        own_means: "its list starts empty",
    },
    Kind {
        label: "files",
        flag: FILES,
        name: "CLONE_FILES",
        copied: true,
        shared_means: "what one opens or closes is open or closed for both",
        own_means: "later opens stay apart, but positions in files that are open now are shared",
    },
    Kind {
        label: "directories",
        flag: FS,
        name: "CLONE_FS",
        copied: true,
        shared_means: "chdir of one moves both",
        own_means: "chdir moves only the one that calls it",
    },
    Kind {
        label: "handlers",
        flag: SIGHAND,
        name: "CLONE_SIGHAND",
        copied: true,
        shared_means: "a handler that one sets is set for both",
        own_means: "a handler that is set later is set for one only",
    },
    Kind {
        label: "thread group",
        flag: THREAD,
        name: "CLONE_THREAD",
        copied: false,
        shared_means: "getpid gives the same number in both, for it is a thread",
        own_means: "it is a process with a number of its own, which a parent waits for",
    },
    Kind {
        label: "memory",
        flag: VM,
        name: "CLONE_VM",
        copied: true,
        shared_means: "what one writes the other sees at once",
        own_means: "pages are shared only until one of them writes",
    },
];

/// Index of the thread group and of the memory among the kinds.
pub(super) const GROUP: usize = 4;
pub(super) const MEMORY: usize = 5;
pub(super) const HANDLERS: usize = 3;
pub(super) const OPEN_FILES: usize = 1;

/// A kind of objects.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) label: &'static str,
    pub(super) flag: u64,
    pub(super) name: &'static str,
    /// Whether it is copied if it is not shared; if not, it is new.
    pub(super) copied: bool,
    pub(super) shared_means: &'static str,
    pub(super) own_means: &'static str,
}

/// Number of the first task.
const FIRST_TID: u32 = 700;

/// A task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Task {
    /// For each kind, which object it is; `None` before the kernel has got there.
    pub(super) objects: [Option<usize>; KINDS.len()],
    /// For each namespace, the task for which it was made.
    pub(super) spaces: [usize; NAMESPACES.len()],
    /// Number in the namespace of the first task; `None` before it has one.
    pub(super) tid: Option<u32>,
    /// Number in its own PID namespace.
    pub(super) tid_inside: u32,
    /// The task that leads its group, and the one that leads the group of its parent.
    pub(super) leader: usize,
    pub(super) parent: Option<usize>,
    pub(super) has_tls: bool,
    pub(super) clears_tid: bool,
    /// Sleeps until this task calls exec.
    pub(super) sleeps_for: Option<usize>,
    /// Programs that it has begun by exec.
    pub(super) program: usize,
}

/// All tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct World {
    pub(super) tasks: Vec<Task>,
    /// The flags of the call that is under way, or of the last one.
    pub(super) flags: u64,
    /// The task and the kind, or beyond them the namespaces, that the step is about.
    pub(super) about: Option<(usize, usize)>,
    /// The call was refused.
    pub(super) refused: bool,
    pub(super) n_refused: u32,
    next_tid: u32,
}

/// The object that was made for a task when it ran its nth program.
pub(super) const fn made_for(who: usize, program: usize) -> usize {
    who + TASKS_MAX * program
}

pub(super) fn name(who: usize) -> String {
    format!("T{}", who + 1)
}

impl World {
    pub(super) fn new() -> Self {
        let first = Task {
            objects: [Some(0); KINDS.len()],
            spaces: [0; NAMESPACES.len()],
            tid: Some(FIRST_TID),
            tid_inside: FIRST_TID,
            leader: 0,
            parent: None,
            has_tls: true,
            clears_tid: false,
            sleeps_for: None,
            program: 0,
        };
        Self {
            tasks: vec![first],
            flags: 0,
            about: None,
            refused: false,
            n_refused: 0,
            next_tid: FIRST_TID + 1,
        }
    }

    /// The number that comes next in a PID namespace.
    fn next_inside(&self, space: usize) -> u32 {
        const PID: usize = 3;
        let inside = self.tasks.iter().filter(|it| it.spaces[PID] == space && it.tid.is_some());
        inside.map(|it| it.tid_inside + 1).max().unwrap_or(1)
    }

    /// Gives a task its numbers.
    pub(super) fn number(&mut self, who: usize) {
        let space = self.tasks[who].spaces[3];
        let inside = if space == 0 { self.next_tid } else { self.next_inside(space) };
        let tid = self.next_tid;
        self.next_tid += 1;
        let task = &mut self.tasks[who];
        (task.tid, task.tid_inside) = (Some(tid), inside);
    }

    /// What `getpid` gives: the number of the leader, in the namespace of the task.
    pub(super) fn getpid(&self, who: usize) -> u32 {
        self.tasks[self.tasks[who].leader].tid_inside
    }

    /// What `getppid` gives: 0 if the parent is outside of the namespace.
    pub(super) fn getppid(&self, who: usize) -> Option<u32> {
        let parent = self.tasks[who].parent?;
        let inside = self.tasks[parent].spaces[3] == self.tasks[who].spaces[3];
        Some(if inside { self.tasks[parent].tid_inside } else { 0 })
    }

    pub(super) fn n_groups(&self) -> usize {
        (0..self.tasks.len()).filter(|&it| self.tasks[it].leader == it).count()
    }
}
